"""Random programs on structures and arrays do here what they do in wasmtime, however often garbage is collected."""

from __future__ import annotations

import pytest
import wasmtime

from tests.fuzz.aggregates import Program
from wasmvm import Instance, Module, Store, Trap

COUNT = 30
CODES = {
    "NULL_REFERENCE": "null reference",
    "ARRAY_OUT_OF_BOUNDS": "array_out_of_bounds",
    "CAST_FAILURE": "cast_failure",
    "MEMORY_OUT_OF_BOUNDS": "memory_out_of_bounds",
    "TABLE_OUT_OF_BOUNDS": "table_out_of_bounds",
}
ARGUMENTS = ((0, 0), (-1, 1 << 40), (5, -7))

_config = wasmtime.Config()
_config.wasm_gc = True
_config.wasm_function_references = True
_config.cranelift_opt_level = "none"
_engine = wasmtime.Engine(_config)


def theirs(binary: bytes) -> list[object]:
    store = wasmtime.Store(_engine)
    exports = wasmtime.Instance(store, wasmtime.Module(_engine, binary), []).exports(store)
    seen: list[object] = []
    for name in ("f0", "f1", "f2"):
        for arguments in ARGUMENTS:
            try:
                seen.append(exports[name](store, *arguments))  # type: ignore[operator]
            except wasmtime.Trap as trap:
                seen.append(CODES[trap.trap_code.name] if trap.trap_code is not None else str(trap))
    return seen


def ours(binary: bytes, stress: bool) -> list[object]:
    store = Store()
    store.stress = stress
    exports = Instance(Module(binary), {}, store).exports
    seen: list[object] = []
    for name in ("f0", "f1", "f2"):
        for arguments in ARGUMENTS:
            try:
                seen.append(exports[name](*arguments))
            except Trap as trap:
                seen.append("null reference" if "null" in trap.message else trap.code)
    return seen


@pytest.mark.parametrize("first", [0, 1 << 20])
def test_same_as_wasmtime(first: int) -> None:
    numbers = 0
    for seed in range(first, first + COUNT):
        binary = bytes(wasmtime.wat2wasm(Program(seed).text))
        expected = theirs(binary)
        assert ours(binary, stress=False) == expected, f"seed {seed}"
        assert ours(binary, stress=True) == expected, f"seed {seed}, with stress"
        numbers += sum(isinstance(value, int) for value in expected)
    assert numbers > 100
