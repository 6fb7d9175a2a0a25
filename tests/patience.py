"""How long tests wait for what should have come long ago: it only ends what would hang, however busy the machine is."""

from __future__ import annotations

PATIENCE = 600.0
"""Seconds."""
