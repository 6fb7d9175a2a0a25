"""Lowering: from a validated body to register code."""
