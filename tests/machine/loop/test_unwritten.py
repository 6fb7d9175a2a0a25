"""Instructions that today's lowering does not write, and a code file may contain: run by hand, as a constant expression."""

from __future__ import annotations

import struct
from array import array

import pytest

from tests.lowering.test_every_row import IN_VAIN
from wasmvm import Limits, Memory, MemoryType, Module, Store, Trap, _core
from wasmvm.isa.regop.rows import BY_NAME
from wasmvm.types import F32, F64, I64

HOLDS = {
    "lt": lambda a, b: a < b, "le": lambda a, b: a <= b, "gt": lambda a, b: a > b, "ge": lambda a, b: a >= b,
}  # fmt: skip
LOOPS = sorted(name for name in IN_VAIN if name.startswith("loop_br_unless_"))
STORES = sorted(name for name in IN_VAIN if name.endswith("_ab_v"))


def words(bits: bytes) -> list[int]:
    return list(struct.unpack(f"<{len(bits) // 4}i", bits))


def evaluate(code: list[int], valtype: int, store: Store | None = None, memory: Memory | None = None) -> int:
    """Run code whose result is in slot 0."""
    store = store or Store()
    module = Module("(module (memory 1))" if memory else "(module)").compiled
    made = _core.Instance(store, module, (), (), (memory,) if memory else (), ())
    bits = made.evaluate(array("i", [*code, BY_NAME["return"].number]), 8, valtype)
    assert isinstance(bits, int)
    return bits


@pytest.mark.parametrize("name", LOOPS)
def test_branches_back_on_floats(name: str) -> None:
    """They go back until the comparison holds; a NaN never lets it, and each turn pays."""
    t, comparison, *form = name.removeprefix("loop_br_unless_").replace(".", "_").split("_")
    valtype, pattern = (F32, "<f") if t == "f32" else (F64, "<d")
    load = BY_NAME["const32" if t == "f32" else "const64"].number
    add = BY_NAME[f"{t}.add"].number

    def value(number: float) -> list[int]:
        return words(struct.pack(pattern, number))

    def run(start: float, step: float, end: float, store: Store | None = None) -> float:
        code = [load, 0, *value(start), load, 1, *value(step), load, 2, *value(end)]
        body = [add, 0, 0, 1]
        operand = value(end) if form else [2]
        code += [*body, BY_NAME[name].number, 0, *operand]
        code.append(-len(body) - 2 - len(operand))  # from the word that holds it
        bits = evaluate(code, valtype, store)
        return float(struct.unpack(pattern, struct.pack("<Q", bits)[: struct.calcsize(pattern)])[0])

    for start, step, end in (
        (10, -1, 5),
        (0, 1, 5),
        (4, 1, 5),
        (6, -1, 5),
        (1, 0, 5),
        (5, 0, 5),
        (9, 0, 5),
        (0, 1, 5000),
    ):
        expected = start + step
        while not HOLDS[comparison](expected, end) and step and abs(expected) < 10_000:
            expected += step
        if HOLDS[comparison](expected, end):
            assert run(start, step, end) == expected
        else:
            store = Store()
            store.set_deadline(0)
            with pytest.raises(Trap, match="time limit"):
                run(start, 0, end, store) if not step else run(start, step, float("nan"), store)


@pytest.mark.parametrize("name", STORES)
def test_stores_of_constants_at_sums(name: str) -> None:
    size = {"i32.store8": 1, "i32.store16": 2, "i64.store": 8, "f64.store": 8}.get(name.removesuffix("_ab_v"), 4)
    load, constant = BY_NAME["const32"].number, words(bytes(range(1, 9)))[: 2 if size == 8 else 1]
    store = Store()
    memory = Memory(store, MemoryType(Limits(1, 1)))
    for place in (0, 77, 65536 - size, 65536 - size + 1, 65535, 65536, 0x1_0000_0003):
        a, b, offset = (place - 3 & 0xFFFFFFFF if place else 0xFFFFFFFD), (0 if place != 0x1_0000_0003 else 3), 3
        if not place or place == 0x1_0000_0003:
            a, b, offset = 0xFFFFFFFD, 3 + (3 if place else 0), 0
        code = [load, 0, *words(struct.pack("<I", a)), load, 1, b, BY_NAME[name].number, 0, 1, offset, *constant]
        at = place & 0xFFFFFFFF
        if at + size > 65536:
            with pytest.raises(Trap, match="out of bounds"):
                evaluate(code, I64, store, memory)
            continue
        evaluate(code, I64, store, memory)
        assert memory.read(max(at - 2, 0), size + 2)[-size - (2 if at < 2 else 0) :][:size] == bytes(range(1, 9))[:size]
        memory.write(at, bytes(size))
        assert not any(memory.read(0, 65536))


def test_two_moves_as_one() -> None:
    load, move = BY_NAME["const32"].number, BY_NAME["move2"].number
    assert evaluate([load, 1, 7, load, 2, 9, move, 3, 1, 0, 3], I64) == 7
    assert evaluate([load, 1, 7, load, 2, 9, move, 0, 1, 3, 2], I64) == 7
