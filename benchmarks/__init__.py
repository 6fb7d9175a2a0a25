"""Measurements: of this project against others, in the same run on the same machine."""
