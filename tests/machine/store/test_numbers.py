"""Numbers from outside: each is converted once, then compared in C, whatever its `__index__` says or does."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from wasmvm import (
    Func,
    FuncType,
    Global,
    GlobalType,
    Instance,
    Limits,
    Memory,
    MemoryType,
    Module,
    Store,
    Table,
    TableType,
    Trap,
    instantiate,
)
from wasmvm.errors import InternalError
from wasmvm.types import ANYREF, EXTERNREF, FUNCREF, I32, I64

SIZE = 65536
NUMPY = [np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.int64, np.uint64]
BESIDE = [
    *(np.dtype(kind).type(value) for kind in NUMPY[4:] for value in (np.iinfo(kind).max, np.iinfo(kind).max - 3)),
    *(np.dtype(kind).type(-1) for kind in (np.int8, np.int16, np.int32, np.int64)),
    np.int64(-(2**63)), np.uint64(2**64 - 4), np.uint32(0xFFFFFFFC), SIZE, SIZE - 1, 2**32, 2**63, 2**64 - 4, 2**64 - 1,
    2**64, -1, -(2**64), -(10**5000), 10**5000,
]  # fmt: skip
"""Offsets where two bytes are not inside a memory of a page."""
ACCESSES: dict[str, Callable[[Memory, Any], Any]] = {
    "read": lambda memory, at: memory.read(at, 2),
    "read_bytearray": lambda memory, at: memory.read_bytearray(at, 2),
    "write": lambda memory, at: memory.write(at, b"xy"),
    "write_cstring": lambda memory, at: memory.write_cstring(at, b"x"),
    "read_cstring": lambda memory, at: memory.read_cstring(at),
    **{
        f"load_{kind}": lambda memory, at, kind=kind: getattr(memory, f"load_{kind}")(at)
        for kind in ("i16", "u16", "i32", "u32", "i64", "u64", "f32", "f64")
    },
    **{
        f"store_{kind}": lambda memory, at, kind=kind: getattr(memory, f"store_{kind}")(at, 1)
        for kind in ("i16", "u16", "i32", "u32", "i64", "u64", "f32", "f64")
    },
}


def page(store: Store | None = None) -> Memory:
    memory = Memory(store or Store(), MemoryType(Limits(1, 2)))
    memory.write(0, b"\xff" * SIZE)
    return memory


@pytest.mark.parametrize("access", ACCESSES)
def test_offsets_outside(access: str) -> None:
    memory = page()
    for offset in BESIDE:
        with pytest.raises(IndexError):
            ACCESSES[access](memory, offset)
    assert memory.read(0, SIZE) == b"\xff" * SIZE
    memory.grow(1)
    assert memory.read(SIZE, SIZE) == bytes(SIZE)  # nothing was written beyond the end


@pytest.mark.parametrize("kind", NUMPY)
def test_lengths_and_offsets_of_every_width(kind: Any) -> None:
    memory = page()
    one, most = kind(1), kind(np.iinfo(kind).max)
    memory.write(one, b"abc")
    assert memory.read(one, one) == b"a"
    assert memory.load_u8(one) == 97
    with pytest.raises(TypeError):
        memory.read(np.bool_(True), 1)  # type: ignore[arg-type]
    if int(most) > SIZE:
        for offset, size in ((most, most), (kind(SIZE - 1 if int(most) < 2**16 else SIZE), most), (most, one)):
            with pytest.raises(IndexError):
                memory.read(offset, size)
            with pytest.raises(IndexError):
                memory.read_bytearray(offset, size)


class Lies(int):
    """An integer that says it is within any bounds, and equal to whatever it is asked for."""

    def __lt__(self, other: Any) -> bool:
        return True

    __le__ = __gt__ = __ge__ = __lt__

    def __eq__(self, other: Any) -> bool:
        return True

    def __hash__(self) -> int:
        return 0

    def __add__(self, other: Any) -> int:
        return 0

    __radd__ = __sub__ = __rsub__ = __mul__ = __and__ = __rshift__ = __add__

    def __index__(self) -> int:
        return 0

    __int__ = __index__


class Changes:
    """Converts to one number, then to another."""

    def __init__(self, *numbers: int) -> None:
        self.numbers = list(numbers)
        self.count = 0

    def __index__(self) -> int:
        self.count += 1
        return self.numbers.pop(0) if len(self.numbers) > 1 else self.numbers[0]

    def __lt__(self, other: Any) -> bool:
        return False

    __gt__ = __lt__

    def __le__(self, other: Any) -> bool:
        return True

    __ge__ = __le__


class Does:
    """Does something while it is converted."""

    def __init__(self, number: int, action: Callable[[], Any]) -> None:
        self.number = number
        self.action = action

    def __index__(self) -> int:
        self.action()
        return self.number

    def __float__(self) -> float:
        return float(self.__index__())


@pytest.mark.parametrize("access", ACCESSES)
def test_numbers_that_lie(access: str) -> None:
    memory = page()
    for lie in (Lies(2**40), Lies(-1), Lies(SIZE - 1), Changes(SIZE - 1, 0), Changes(-1, 0), Changes(2**63, 0)):
        with pytest.raises(IndexError):
            ACCESSES[access](memory, lie)
    memory.write(0, b"\0" * 16)
    changes = Changes(0, 2**40)
    ACCESSES[access](memory, changes)
    assert changes.count == 1


@pytest.mark.parametrize("access", ACCESSES)
def test_numbers_that_are_none(access: str) -> None:
    memory = page()
    for offset in (None, "0", 0.0, np.float32(0), b"", [0], np.zeros(2, np.uint8)):
        with pytest.raises(TypeError):
            ACCESSES[access](memory, offset)

    def fails() -> None:
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        ACCESSES[access](memory, Does(0, fails))


def test_a_memory_that_grows_or_is_dropped_meanwhile() -> None:
    memory = page()
    assert memory.read(0, Does(SIZE + 5, lambda: memory.grow(1))) == b"\xff" * SIZE + bytes(5)
    memory.store_u32(Does(SIZE + 8, lambda: None), Does(7, lambda: None))
    assert memory.load_u32(SIZE + 8) == 7
    held = [page()]
    held[0].write(Does(SIZE - 1, held.clear), b"x") if (last := held[0]) else None
    assert last.read(SIZE - 1, 1) == b"x"
    memories = [page()]
    with pytest.raises(IndexError):
        memories.pop().write(Does(SIZE, gc.collect), b"x")


def test_a_memory_written_with_itself() -> None:
    memory = page()
    memory.write(0, bytes(range(16)))
    memory.write(4, memoryview(memory)[:16])
    assert memory.read(0, 20) == bytes([0, 1, 2, 3, *range(16)])
    with pytest.raises(TypeError, match="contiguous"):
        memory.write(0, memoryview(b"abcd")[::2])
    with pytest.raises(TypeError, match="bytes-like"):
        memory.write(0, "text")  # type: ignore[arg-type]
    content = bytearray(b"abc")
    memory.write(Does(0, lambda: content.extend(b"def")), content)
    assert memory.read(0, 6) == b"abcdef"
    with pytest.raises(IndexError):
        memory.write(SIZE - 5, content)


def test_read_cstring_limits() -> None:
    memory = page()
    for limit in (-1, 2**64, Lies(-1)):
        with pytest.raises(ValueError, match="limit must be"):
            memory.read_cstring(0, limit)
    for limit in (np.int8(100), Changes(100, 2**40)):
        with pytest.raises(ValueError, match="within 100 bytes"):
            memory.read_cstring(0, limit)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "delta", [-1, 2**64, 10**5000, np.int64(-1), Lies(-1), Lies(2**40), 2**48, 2**64 - 1, 2**63], ids=lambda _: ""
)
def test_growing_by_too_much(delta: Any) -> None:
    memory = page()
    table = Table(Store(), TableType(FUNCREF, Limits(1, 5)))
    for grows in (memory, table):
        with pytest.raises(ValueError, match=r"cannot grow"):
            grows.grow(delta)
    assert len(memory) == SIZE
    assert len(table) == 1
    assert table.grow(Changes(1, 2**40)) == 1
    assert len(table) == 2


@pytest.mark.parametrize(
    "index", [-1, 3, 2**64, 10**5000, np.uint64(2**64 - 1), np.int8(-1), Lies(2**40), Lies(-1)], ids=lambda _: ""
)
def test_indices_outside(index: Any) -> None:
    store = Store()
    exports = Instance(Module(AGGREGATES), {}, store).exports
    for indexed in (Table(store, TableType(EXTERNREF, Limits(3))), exports.struct(), exports.array()):
        with pytest.raises(IndexError):
            indexed[index]
        with pytest.raises(IndexError):
            indexed[index] = 0


AGGREGATES = """(module (type $s (struct (field (mut i32)) (field (mut anyref)) (field (mut i64))))
  (type $a (array (mut i8)))
  (func (export "struct") (result (ref $s)) (struct.new_default $s))
  (func (export "array") (result (ref $a)) (array.new_default $a (i32.const 3))))"""


@pytest.mark.parametrize(
    "index", [*(kind(1) for kind in NUMPY), True, Changes(1, 2**40, 2**40, 2**40), Lies(1)], ids=lambda _: ""
)
def test_indices_of_every_kind(index: Any) -> None:
    store = Store()
    exports = Instance(Module(AGGREGATES), {}, store).exports
    table, struct, array = Table(store, TableType(EXTERNREF, Limits(3))), exports.struct(), exports.array()
    for indexed in (table, struct, array):
        if isinstance(index, Changes):
            index.numbers = [1, 2**40, 2**40]
        indexed[index] = 5
        if isinstance(index, Changes):
            index.numbers = [1, 2**40, 2**40]
        assert indexed[index] == 5
    assert [list(map(array.__getitem__, range(3))), struct[1], table[1]] == [[0, 5, 0], 5, 5]


def test_a_table_that_is_filled_by_its_own_element() -> None:
    """The conversion of the value comes before the element is looked up."""
    store = Store()
    table = Table(store, TableType(ANYREF, Limits(2, 10_000)))
    array = Instance(Module(AGGREGATES), {}, store).exports.array()

    table[Does(1, lambda: table.grow(9000))] = array
    assert table[1] == array
    array[Does(1, lambda: None)] = Does(7, store.gc)
    assert array[1] == 7


def test_types_that_lie() -> None:
    """An object's word for its class, or for what its type equals, is not believed."""
    store = Store()

    class Poses:
        def __init__(self, cls: type) -> None:
            self.cls = cls

        @property
        def __class__(self) -> type:  # type: ignore[override]
            return self.cls

    for make, cls in ((Memory, MemoryType), (Table, TableType)):
        with pytest.raises(TypeError):
            make(store, Poses(cls))  # type: ignore[operator]
        with pytest.raises(TypeError):
            make(store, cls(*([FUNCREF] if make is Table else []), Poses(Limits)))
    with pytest.raises(TypeError):
        Global(store, Poses(GlobalType), 1)  # type: ignore[arg-type]

    class Turns(GlobalType):
        turn = 0

        @property
        def valtype(self) -> int:  # type: ignore[override]
            Turns.turn += 1
            return I64 if Turns.turn < 3 else FUNCREF

        def __eq__(self, other: object) -> bool:
            return True

        __hash__ = None  # type: ignore[assignment]

    for type_ in (Turns(I64, False), GlobalType(Lies(I64), False)):
        made = Global(store, type_, 0x4141)
        assert made.value == 0x4141
        assert made.type == GlobalType(I64, False)
        assert made.type != GlobalType(FUNCREF, False)
        from wasmvm import LinkError

        with pytest.raises(LinkError):
            Instance(Module('(module (import "" "g" (global funcref)))'), {"": {"g": made}}, store)


def test_arguments_of_every_kind() -> None:
    vm = instantiate(
        '(module (func (export "i32") (param i32) (result i32) (local.get 0))'
        ' (func (export "i64") (param i64) (result i64) (local.get 0)))'
    )
    for kind in NUMPY:
        value = kind(-1) if np.issubdtype(kind, np.signedinteger) else kind(1)
        assert vm.exports.i32(value) == vm.exports.i64(value) == int(value)
        assert vm.exports.i64.call_bits([value]) == [int(value) % 2**64]
    assert vm.exports.i64(Changes(5, 6)) == 5
    assert vm.exports.i64.call_bits([Changes(5, 6)]) == [5]
    for wrong in (1.0, np.float64(1), "1", None):
        with pytest.raises(TypeError):
            vm.exports.i64(wrong)
        with pytest.raises(TypeError):
            vm.exports.i64.call_bits([wrong])


def test_what_instantiation_alone_may_do() -> None:
    """The methods that take bits and indices for what they are say no once an instance is made, or may be seen."""
    refused = []

    def seen(caller: Any) -> None:
        refused.append(attempt(caller.instance))

    def attempt(core: Any) -> int:
        count = 0
        for method, arguments in (
            ("fill_table", (0, 0x4141)), ("set_elem_bits", (0, 0, 0x4141)), ("set_elem_size", (0, 5, EXTERNREF)),
            ("set_elem_funcs", (0, np.array([0], np.uint32))), ("table_init", (0, 0, 0)), ("memory_init", (0, 0, 0)),
            ("set_data", (0, b"abc", 0, 3)), ("drop_elem", (0,)), ("define_global", (GlobalType(FUNCREF, False), 0x4141)),
            ("add_global", (Global(core.store, GlobalType(I32, False), 1),)),
            ("evaluate", (np.array([0, 0], np.int32), 1, I32)),
        ):  # fmt: skip
            with pytest.raises(InternalError):
                getattr(core, method)(*arguments)
            count += 1
        for space in (core.tables, core.memories, core.globals, core.tags, core.funcs_imported):
            assert type(space) is tuple
        for funcidx in (-1, 3, 2**40):
            with pytest.raises(IndexError):
                core.func(funcidx)
            with pytest.raises(InternalError):
                core.ref_func(funcidx)
        return count

    text = """(module (import "h" "seen" (func $seen)) (table (export "t") 2 funcref) (memory 1) (global i32 (i32.const 1))
      (elem (i32.const 0) $seen) (data "abc") (data (i32.const {offset}) "x") (start $start) (func $start (call $seen))
      (func (export "f") (call $seen)))"""
    from wasmvm import HostFunc

    imports = {"h": {"seen": HostFunc(seen, FuncType((), ()), access_caller=True)}}
    vm = instantiate(text.format(offset=0), imports)
    vm.exports.f()
    assert refused == [11, 11]
    assert attempt(vm.core) == 11
    with pytest.raises(Trap):  # what was written before stays, and so does the instance
        instantiate(text.format(offset=-1), imports)


def test_an_offset_that_lets_another_thread_in() -> None:
    """The length is asked for after the conversion."""
    memory = page()
    threads = []

    def grow() -> None:
        threads.append(threading.Thread(target=memory.grow, args=(1,)))
        threads[-1].start()
        threads[-1].join()

    assert memory.read(Does(SIZE, grow), 4) == bytes(4)
    assert not any(thread.is_alive() for thread in threads)


def test_a_host_functions_results() -> None:
    vm = instantiate(
        '(module (import "h" "f" (func $f (result i64 i64))) (func (export "g") (result i64) (i64.add (call $f))))',
        {"h": {"f": lambda: [Changes(3, 2**40), np.uint8(4)]}},
    )
    assert vm.exports.g() == 7
    time.sleep(0)
    assert isinstance(vm.exports.g, Func)
