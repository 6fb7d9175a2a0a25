"""Programs around the embedding API: WASI programs run like native ones, scripts of the test suite."""
