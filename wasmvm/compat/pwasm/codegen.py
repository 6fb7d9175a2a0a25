"""pwasm compiles functions to Python here. wasmvm does not: what is left is a setting that programs may use."""

CACHE_DIR: str | None = None
"""Accepted and ignored."""
