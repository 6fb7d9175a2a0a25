"""Instantiation (specification, 4.5.4): what the store's objects in `_core` are filled with."""
