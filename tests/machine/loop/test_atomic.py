"""Every atomic instruction on every kind of memory, compared with wasmtime."""

from __future__ import annotations

import pytest
import wasmtime

from tests.wat import wat2wasm
from wasmvm import Instance, Module, Trap
from wasmvm.isa import wasm
from wasmvm.types import VALTYPE_NAMES

ATOMIC = [row for row in wasm.ROWS if row.code >= wasm.PREFIX_BASE[0xFE] and row.width and "wait" not in row.mnemonic]
VALUES = (0, 1, 0x7F, 0x80, 0xFF, 0xFFFF, 0x8000_0000, 0xFFFF_FFFF, 0x0123_4567_89AB_CDEF, (1 << 64) - 1)
START = b"\x11\x22\x33\x44\x55\x66\x77\x88\xff\xff\xff\xff\xff\xff\xff\xff\x80" + bytes(15) + b"\x01"
KINDS = {"unshared": "1 3", "shared": "1 3 shared", "wide": "i64 1 3", "second": "1 3"}


def text(row: wasm.Row, kind: str) -> str:
    address = "i64" if kind == "wide" else "i32"
    params = [address, *(VALTYPE_NAMES[t] for t in (row.params or ())[1:])]
    result = "".join(f" (result {VALTYPE_NAMES[t]})" for t in row.results or ())
    gets = " ".join(f"(local.get {i})" for i in range(len(params)))
    memory = f'(memory (export "m") {KINDS[kind]})'
    memories, index = (f"(memory 1) {memory}", "1") if kind == "second" else (memory, "")
    return f"""(module {memories}
      (func (export "f") (param {" ".join(params)}){result} ({row.mnemonic} {index} offset=8 {gets})))"""


def operands(row: wasm.Row) -> list[tuple[int, ...]]:
    count = len(row.params or ()) - 1
    bits = [(1 << (32 if VALTYPE_NAMES[t] == "i32" else 64)) - 1 for t in (row.params or ())[1:]]
    if count == 0:
        return [()]
    if count == 1:
        return [(value & bits[0],) for value in VALUES]
    known = [int.from_bytes(START[at : at + row.width], "little") for at in (8, 16)]
    # Of what is expected only the bits count that are compared: some hit, some miss, some have more bits than fit.
    wanted = [*known, known[0] | (bits[0] ^ ((1 << 8 * row.width) - 1)), 1]
    return [(expected & bits[0], value & bits[1]) for expected in wanted for value in VALUES[:3]]


def signed(row: wasm.Row, values: tuple[int, ...]) -> list[int]:
    found = []
    for type_, value in zip((row.params or ())[1:], values, strict=True):
        width = 32 if VALTYPE_NAMES[type_] == "i32" else 64
        found.append(value - (1 << width) if value >> (width - 1) else value)
    return found


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("row", ATOMIC, ids=lambda row: row.mnemonic)
def test_as_wasmtime(row: wasm.Row, kind: str) -> None:
    binary = wat2wasm(text(row, kind))
    ours = Instance(Module(binary)).exports
    config = wasmtime.Config()
    config.wasm_threads = config.shared_memory = config.wasm_memory64 = config.wasm_multi_memory = True
    store = wasmtime.Store(wasmtime.Engine(config))
    theirs = wasmtime.Instance(store, wasmtime.Module(store.engine, binary), []).exports(store)
    their_memory = theirs["m"]
    start = their_memory.data_ptr() if kind == "shared" else their_memory.data_ptr(store)
    for values in operands(row):
        # Inside, not aligned, at the end and beyond it, beyond all.
        for address in (0, 8, 1, 65536 - 8 - row.width, 65536 - 8, -1):
            ours.m.write(0, START)
            for i, byte in enumerate(START):
                start[i] = byte
            outcomes = []
            for run in (ours.f, lambda *a: theirs["f"](store, *a)):
                try:
                    outcomes.append(run(address, *signed(row, values)))
                except Trap as trap:
                    outcomes.append(trap.code)
                except wasmtime.Trap as trap:
                    name = trap.trap_code.name
                    outcomes.append({"HEAP_MISALIGNED": "unaligned_atomic"}.get(name, name.lower()))
            if address == -1 and row.width > 1:  # both at once: which of them it says is nobody's promise
                assert set(outcomes) <= {"unaligned_atomic", "memory_out_of_bounds"}
            else:
                assert outcomes[0] == outcomes[1], (address, values)
            assert ours.m.read(0, 40) == bytes(start[:40])


def test_a_fence_does_nothing_else() -> None:
    module = Module(wat2wasm('(module (func (export "f") (result i32) i32.const 7 atomic.fence))'))
    assert Instance(module).exports.f() == 7


@pytest.mark.parametrize("bits", (32, 64))
def test_waiting_for_an_unshared_memory_traps(bits: int) -> None:
    body = f"(memory.atomic.wait{bits} (local.get 0) (i{bits}.const 0) (i64.const 0))"
    f = Instance(Module(f'(module (memory 1) (func (export "f") (param i32) (result i32) {body}))')).exports.f
    for address, code in ((0, "expected_shared_memory"), (2, "unaligned_atomic"), (65536, "memory_out_of_bounds")):
        with pytest.raises(Trap) as caught:
            f(address)
        assert caught.value.code == code


def test_nobody_is_woken_in_an_unshared_memory() -> None:
    body = "(memory.atomic.notify (local.get 0) (i32.const -1))"
    f = Instance(Module(f'(module (memory 1) (func (export "f") (param i32) (result i32) {body}))')).exports.f
    assert f(4) == 0
    for address, code in ((2, "unaligned_atomic"), (65536, "memory_out_of_bounds")):
        with pytest.raises(Trap) as caught:
            f(address)
        assert caught.value.code == code
