"""The text format: text to bytes, bytes to text, and scripts (spec "Text Format")."""

from __future__ import annotations

from wasmvm.text.parser import wat2wasm, wat2wasm_pieces
from wasmvm.text.printer import print_module

__all__ = ["print_module", "wat2wasm", "wat2wasm_pieces"]
