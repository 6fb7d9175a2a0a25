"""Several memories in one module, and tables with indices of 64 bits: what the loop and the driver have to agree on."""

from __future__ import annotations

import pytest

from tests.wat import wat2wasm
from wasmvm import Caller, Func, FuncType, Instance, Limits, Memory, MemoryType, Module, Store, Table, TableType, Trap
from wasmvm.types import FUNCREF, I32, I64

THREE = """
  (memory (export "a") 1 4) (memory (export "b") 1 4) (memory (export "c") i64 1 4)
  (data (memory 0) (i32.const 0) "\\01") (data (memory 1) (i32.const 0) "\\02") (data (memory 2) (i64.const 0) "\\03")
  (data $d "some bytes")
"""


def instantiate(text: str, imports: object = None, store: Store | None = None) -> Instance:
    return Instance(Module(wat2wasm(f"(module {text})")), imports, store)  # type: ignore[arg-type]


BODIES = {
    "one after the other": (
        """i32.const 0  i32.load8_u 1  i32.const 0  i32.load8_u  i32.add
           i64.const 0  i32.load8_u 2  i32.add""",
        6,
    ),
    "a block begins and ends with memory 0": (
        """i32.const 0  i32.load8_u 1
           block (param i32) (result i32)  i32.const 0  i32.load8_u  i32.add  local.get 0  br_if 0
             i64.const 0  i32.load8_u 2  i32.add  end
           i32.const 0  i32.load8_u  i32.add""",
        4,
    ),
    "a branch is taken out of another memory": (
        """block (result i32)  i32.const 0  i32.load8_u 1  i32.const 0  i32.load8_u 1  br_if 0  drop  i32.const 9  end
           i32.const 0  i32.load8_u  i32.add""",
        3,
    ),
    "both arms": (
        """i32.const 0  i32.load8_u 1
           if (result i32)  i64.const 0  i32.load8_u 2  else  i32.const 0  i32.load8_u 1  end
           i32.const 0  i32.load8_u  i32.add""",
        4,
    ),
    "a loop": (
        """(local i32) loop  local.get 1  i32.const 0  i32.load8_u  i32.add  i32.const 0  i32.load8_u 1  i32.add
             local.set 1  local.get 0  i32.const 1  i32.sub  local.tee 0  br_if 0  end  local.get 1""",
        9,
    ),
    "a call": (
        "i32.const 0  i32.load8_u 1  call $first  i32.const 0  i32.load8_u 1  i32.add  i32.add",
        5,
    ),
    "a call whose function is in another instance": (
        "i32.const 0  i32.load8_u 1  call $other  i32.const 0  i32.load8_u 1  i32.add  i32.add",
        44,
    ),
    "a host function": ("i32.const 0  i32.load8_u 1  call $host  i32.const 0  i32.load8_u 1  i32.add  i32.add", 14),
    "growth of this memory and of another": (
        """i32.const 0  i32.load8_u 1  i32.const 1  memory.grow 1  i32.add  i32.const 2  memory.grow 0  i32.add
           i32.const 65536  i32.load8_u 1  i32.add  i32.const 0  i32.load8_u 1  i32.add
           i32.const 131072  i32.load8_u 0  i32.add""",
        6,
    ),
    "growth of a table": (
        "i32.const 0  i32.load8_u 1  ref.null func  i32.const 1  table.grow  i32.add  i32.const 0  i32.load8_u 1 i32.add",
        6,
    ),
    "sizes": ("i32.const 1  memory.grow 1  memory.size 0  memory.size 1  memory.size 2  i32.wrap_i64  "
              "i32.add  i32.add  i32.add", 5),
    "copies from one to another": (
        """i32.const 4  i32.const 0  i32.const 1  memory.copy 1 0
           i64.const 5  i32.const 0  i32.const 1  memory.copy 2 1
           i32.const 6  i64.const 0  i32.const 1  memory.copy 0 2
           i64.const 7  i64.const 0  i64.const 1  memory.copy 2 2
           i32.const 4  i32.load8_u 1  i64.const 5  i32.load8_u 2  i32.add  i32.const 6  i32.load8_u  i32.add
           i64.const 7  i32.load8_u 2  i32.add""",
        9,
    ),
    "fill and init": (
        """i32.const 9  i32.const 5  i32.const 2  memory.fill 1  i64.const 9  i32.const 0  i32.const 2  memory.init 2 $d
           i32.const 9  i32.load8_u  i32.const 10  i32.load8_u 1  i32.add  i64.const 9  i32.load8_u 2  i32.add""",
        5 + ord("s"),
    ),
}  # fmt: skip
IMPORTS = """
  (import "o" "f" (func $other (result i32))) (import "h" "f" (func $host (result i32)))
  (table 2 9 funcref) (func $first (result i32) i32.const 0  i32.load8_u)
"""
OTHER = '(memory 1) (data (i32.const 0) "\\28") (func (export "f") (result i32) i32.const 0  i32.load8_u)'


def host_peeks(caller: Caller) -> int:
    """Ten, and what the caller's memory `a` begins with, after a call that uses another memory of its own."""
    assert caller["nested"](0) == 2
    assert caller["a"].read(0, 1) == b"\1"
    return 10


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("metering", [False, True])
def test_the_memory_that_is_named(body: str, metering: bool) -> None:
    text, expected = BODIES[body]
    store = Store(metering=metering, fuel=10_000 if metering else None)
    other = instantiate(OTHER, None, store)
    host = Func(store, FuncType((), (I32,)), host_peeks, access_caller=True)
    imports = {"o": {"f": other.exports.f}, "h": {"f": host}}
    nested = '(func (export "nested") (param i32) (result i32) local.get 0  i32.load8_u 1)'
    made = instantiate(
        f'{IMPORTS} {THREE} {nested} (func (export "f") (param i32) (result i32) {text})', imports, store
    )
    argument = 3 if body == "a loop" else 1
    assert made.exports.f(argument) == expected
    assert made.exports.nested(0) == 2


def test_a_trap_leaves_nothing_behind() -> None:
    made = instantiate(
        f"""{THREE} (func (export "trap") (param i32) (result i32) local.get 0  i32.load8_u 1)
        (func (export "first") (param i32) (result i32) local.get 0  i32.load8_u)"""
    )
    made.exports.b.grow(1)
    for _ in range(2):
        with pytest.raises(Trap) as caught:
            made.exports.trap(0x20000)
        assert caught.value.fault == "memory fault at wasm address 0x20000 in linear memory of size 0x20000"
        assert made.exports.first(0) == 1
        with pytest.raises(Trap) as caught:
            made.exports.first(0x10000)
        assert caught.value.fault == "memory fault at wasm address 0x10000 in linear memory of size 0x10000"


def test_fault_of_64_bits() -> None:
    made = instantiate(
        """(memory i64 1) (func (export "load") (param i64) (result i64) local.get 0  i64.load offset=0x2_0000_0000)
        (func (export "store") (param i64) local.get 0  f64.const 1  f64.store offset=8)
        (func (export "vector") (param i64) local.get 0  v128.load offset=16  drop)"""
    )
    for name, address, fault in (
        ("load", 0x5_0000_0001, 0x7_0000_0001),
        ("store", 65529, 65537),
        ("vector", 1 << 40, (1 << 40) + 16),
    ):
        with pytest.raises(Trap) as caught:
            made.exports[name](address)
        assert caught.value.fault == f"memory fault at wasm address {fault:#x} in linear memory of size 0x10000"


def test_bulk_instructions_take_every_bit() -> None:
    made = instantiate(
        """(memory i64 1) (memory 1) (data $d "bytes") (table i64 4 funcref) (elem $e func 0)
        (func (export "fill") (param i64 i64) local.get 0  i32.const 1  local.get 1  memory.fill)
        (func (export "copy") (param i64 i64 i64) local.get 0  local.get 1  local.get 2  memory.copy)
        (func (export "mixed") (param i64 i32 i32) local.get 0  local.get 1  local.get 2  memory.copy 0 1)
        (func (export "init") (param i64 i32 i32) local.get 0  local.get 1  local.get 2  memory.init 0 $d)
        (func (export "table_fill") (param i64 i64) local.get 0  ref.null func  local.get 1  table.fill 0)
        (func (export "table_copy") (param i64 i64 i64) local.get 0  local.get 1  local.get 2  table.copy 0 0)
        (func (export "table_init") (param i64 i32 i32) local.get 0  local.get 1  local.get 2  table.init 0 $e)
        (func (export "get") (param i64) (result funcref) local.get 0  table.get 0)
        (func (export "set") (param i64) local.get 0  ref.null func  table.set 0)
        (func (export "call") (param i64) local.get 0  call_indirect 0)"""
    )
    exports = made.exports
    exports.fill(65536, 0)
    exports.copy(65536, 65536, 0)
    exports.table_fill(4, 0)
    exports.table_copy(4, 4, 0)
    big = 1 << 32
    for name, *args in (
        ("fill", big, 1), ("fill", -1, 2), ("fill", 1, -1), ("fill", 0, big), ("fill", 65537, 0),
        ("copy", big, 0, 1), ("copy", 0, big, 1), ("copy", -1, 0, 2), ("copy", 0, -1, 2), ("copy", 1, 1, -1),
        ("mixed", big, 0, 1), ("mixed", 0, 65536, 1), ("mixed", 0, 0, -1), ("init", big, 0, 1), ("init", 0, 0, 6),
        ("table_fill", big, 1), ("table_fill", -1, 2), ("table_fill", 0, big), ("table_copy", big, 0, 1),
        ("table_copy", 0, -1, 2), ("table_init", big, 0, 1), ("get", big), ("get", -1), ("set", big), ("set", 4),
    ):  # fmt: skip
        with pytest.raises(Trap, match="out of bounds"):
            exports[name](*args)
    for index, message in ((big, "undefined element"), (-1, "undefined element"), (2, "uninitialized element 2")):
        with pytest.raises(Trap, match=message):
            exports.call(index)


def test_growing_a_table_of_64_bits() -> None:
    made = instantiate(
        """(table (export "t") i64 1 3 funcref)
        (func (export "grow") (param i64) (result i64) ref.null func  local.get 0  table.grow)
        (func (export "size") (result i64) table.size)"""
    )
    assert [made.exports.grow(n) for n in (1, 1 << 32, -1, 2, 1, 1)] == [1, -1, -1, -1, 2, -1]
    assert made.exports.size() == 3
    assert made.exports.t.type == TableType(FUNCREF, Limits(1, 3), I64)


def test_fuel_for_operands_of_64_bits() -> None:
    """What no memory could hold costs no more than what one could."""
    store = Store(metering=True)
    store.fuel = 1 << 62
    made = instantiate('(memory i64 1) (func (export "grow") (result i64) i64.const -1  memory.grow)', None, store)
    assert made.exports.grow() == -1
    assert 1 << 61 < store.fuel < 1 << 62


def test_imports_and_exports_of_several() -> None:
    store = Store()
    first, second = Memory(store, MemoryType(Limits(1, 2))), Memory(store, MemoryType(Limits(2, None), I64))
    table = Table(store, TableType(FUNCREF, Limits(3, None), I64))
    made = instantiate(
        """(import "m" "a" (memory 1)) (import "m" "b" (memory i64 1)) (import "m" "t" (table i64 1 funcref))
        (memory 3) (export "x" (memory 2)) (export "y" (memory 1)) (export "z" (memory 0)) (export "t" (table 0))
        (data (memory 1) (i64.const 0x1_fff9) "at end")
        (func (export "f") i32.const 1  i32.const 7  i32.store8 0  i64.const 1  i32.const 8  i32.store8 1
          i32.const 1  i32.const 9  i32.store8 2)""",
        {"m": {"a": first, "b": second, "t": table}},
        store,
    )
    made.exports.f()
    assert (made.exports.z, made.exports.y, made.exports.t) == (first, second, table)
    assert [memory.read(1, 1) for memory in (first, second, made.exports.x)] == [b"\7", b"\x08", b"\t"]
    assert second.read(0x1FFF9, 6) == b"at end"
    assert len(made.core.memories) == 3
    assert made.core.memory is None  # none is exported as "memory"


def test_a_memory_that_two_names_mean() -> None:
    store = Store()
    both = Memory(store, MemoryType(Limits(1, 3)))
    made = instantiate(
        """(import "m" "a" (memory 1)) (import "m" "a" (memory 1))
        (func (export "f") (result i32) i32.const 1  memory.grow 1  drop
          i32.const 65536  i32.const 6  i32.store 0  i32.const 65536  i32.load 1)""",
        {"m": {"a": both}},
        store,
    )
    assert made.exports.f() == 6
    assert both.pages == 2
