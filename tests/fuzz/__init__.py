"""Differential fuzzing: generated modules run here and in wasmtime. `python -m tests.fuzz.differential --help`."""
