"""Validation (spec "Validation"): whether a decoded module may be run."""

from wasmvm.validation.module import LateValidation, validate

__all__ = ["LateValidation", "validate"]
