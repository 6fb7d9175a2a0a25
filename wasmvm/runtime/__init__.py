"""Instantiation (spec "Execution: Modules: Instantiation"): what the store's objects in `_core` are filled with."""
