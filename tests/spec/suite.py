"""Where the official test suite is, and which of its files are those of WebAssembly 1.0 and 2.0."""

from __future__ import annotations

import os
from pathlib import Path

from wasmvm.features import OFF

ROOT = Path(__file__).resolve().parent.parent.parent
ABSENT = (
    "the official test suite is not there: clone https://github.com/WebAssembly/testsuite into tests/testsuite, "
    "or say in WASMVM_TESTSUITE where it is"
)

CORE_2_0 = frozenset(
    """
    address align binary-leb128 binary block br br_if br_table bulk call call_indirect comments const
    conversions custom data elem endianness exports f32 f32_bitwise f32_cmp f64 f64_bitwise f64_cmp fac
    float_exprs float_literals float_memory float_misc forward func func_ptrs global i32 i64 if imports
    inline-module int_exprs int_literals labels left-to-right linking load local_get local_set local_tee loop
    memory memory_copy memory_fill memory_grow memory_init memory_redundancy memory_size memory_trap names nop
    obsolete-keywords ref_func ref_is_null ref_null return select skip-stack-guard-page stack start store switch
    table-sub table table_copy table_fill table_get table_grow table_init table_set table_size token traps type
    unreachable unreached-invalid unreached-valid unwind utf8-custom-section-id utf8-import-field
    utf8-import-module utf8-invalid-encoding
    """.split()
)
"""The files of WebAssembly 1.0 and 2.0 without SIMD. Today's suite tests later features in some of them as well."""

PROPOSALS = ("custom-page-sizes", "threads", "wide-arithmetic", "custom-descriptors")
"""Folders of `proposals` that wasmvm has all of."""
PATTERNS = ("*.wast", "custom/*.wast", "legacy/*.wast", *(f"proposals/{name}/*.wast" for name in PROPOSALS))

_SINCE_3_0 = "a module may have several tables and memories since 3.0"
_SEGMENTS = "3.0 names the table or memory of a segment as `(table 0)` or `(memory 0)`, and `0` alone no more"
_MODULES = "it is about a module that 3.0 has not, for the reason before"
_RANGES = "sizes are read as 64 bits since 3.0, and what is too large is invalid, not malformed"
OLDER: dict[str, dict[int, str]] = {
    "threads/imports": {
        **dict.fromkeys((271, 290, 381, 393), _SEGMENTS),
        **dict.fromkeys((*range(283, 288), *range(302, 307), *range(388, 392), *range(399, 403)), _MODULES),
        **dict.fromkeys((309, 313, 317, 404, 408, 412), _SINCE_3_0),
    },
    "threads/memory": {**dict.fromkeys((14, 15), _SINCE_3_0), **dict.fromkeys((83, 87, 91), _RANGES)},
}
"""Commands of files that are older than 3.0 and say something else, by the line: why 3.0 is right. Each must fail."""


def folder() -> Path | None:
    """The suite's folder, if it is there."""
    named = os.environ.get("WASMVM_TESTSUITE")
    path = Path(named) if named else ROOT / "tests" / "testsuite"
    return path if path.is_dir() else None


def files() -> list[Path]:
    """The scripts of the suite, with those about custom sections, about legacy exception handling, and some proposals.

    Its folder ``proposals`` holds what is not part of the standard yet, ``legacy`` what never became part of it.
    """
    found = folder()
    return sorted(path for pattern in PATTERNS for path in found.glob(pattern)) if found else []


def features(path: Path) -> str | None:
    """The proposals that a script is about and that are not on by default, as `wasmvm.Module` takes them."""
    return path.parent.name if path.parent.name in OFF else None


def name(path: Path) -> str:
    """What a script is called: by its file, and by its folder where that has scripts that are called as others are."""
    return f"{path.parent.name}/{path.stem}" if path.parent.name in ("legacy", *PROPOSALS) else path.stem
