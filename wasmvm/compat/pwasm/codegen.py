"""pwasm compiles functions to Python here. wasmvm does not: only a setting is left that programs may use."""

CACHE_DIR: str | None = None
"""Accepted and ignored."""
