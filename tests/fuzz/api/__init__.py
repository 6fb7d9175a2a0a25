"""Random programs of calls to wasmvm's Python API. `python -m tests.fuzz.api --help`."""
