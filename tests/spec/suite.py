"""Where the official test suite is, and which of its files need what is not there yet."""

from __future__ import annotations

import os
from pathlib import Path

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

LATER_FEATURES: dict[str, str] = {
    "typed function references": "return_call_ref",
    "garbage collection": """
        array array_copy array_fill array_init_data array_init_elem array_new_data array_new_elem br_on_cast
        br_on_cast_fail extern i31 ref_cast ref_eq ref_test struct table_init table_init64 type-subtyping
    """,
    "exception handling": "instance throw throw_ref try_table",
    "tail calls": "return_call return_call_indirect",
}
"""Files that use a later proposal, by the first of those that are missing. They are run and counted all the same, and
a file that passes must not be listed here."""

LATER = {name: feature for feature, names in LATER_FEATURES.items() for name in names.split()}


def folder() -> Path | None:
    """The suite's folder, if it is there."""
    named = os.environ.get("WASMVM_TESTSUITE")
    path = Path(named) if named else ROOT / "tests" / "testsuite"
    return path if path.is_dir() else None


def files() -> list[Path]:
    """The scripts of the suite, with those about custom sections; those of unfinished proposals are left out."""
    found = folder()
    return sorted([*found.glob("*.wast"), *found.glob("custom/*.wast")]) if found else []
