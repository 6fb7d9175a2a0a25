"""The tests of wasmvm; the folders mirror those of the package."""
