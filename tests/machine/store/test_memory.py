"""Memories, tables and globals as Python sees them, and memory access at the exact byte."""

from __future__ import annotations

import ctypes
import os
import struct
import subprocess
import sys
from pathlib import Path

import numpy
import pytest

from tests.wat import wat2wasm
from wasmvm import (
    Global,
    GlobalType,
    Instance,
    Limits,
    LinkError,
    Memory,
    MemoryType,
    Module,
    Store,
    Table,
    TableType,
    Trap,
)
from wasmvm.isa import wasm
from wasmvm.types import EXTERNREF, F32, F64, FUNCREF, I32, I64, VALTYPE_NAMES

EDGE = 65536
ACCESSES = [row for row in wasm.ROWS if row.width and row.code < 0x100]
PATTERN = bytes(range(0x81, 0x89)) + bytes(range(0x01, 0x09))


MEMORIES = {
    "only": ("i32", 0, '(memory (export "m") 1)'),
    "second": ("i32", 1, '(memory 3) (memory (export "m") 1)'),
    "64-bit": ("i64", 0, '(memory (export "m") i64 1)'),
    "second, 64-bit": ("i64", 1, '(memory 0) (memory (export "m") i64 1) (memory i64 2)'),
}
"""Type of addresses, index, fields of the module."""


def access(row: wasm.Row, offset: int, constant: int | None, t: str = "i32", memidx: int = 0) -> str:
    """A function that loads from, or stores at, its parameter or a constant address."""
    assert row.params is not None and row.results is not None
    address = "local.get 0" if constant is None else f"{t}.const {constant}"
    instruction = f"{row.mnemonic} {memidx} offset={offset}"
    if row.results:
        result = VALTYPE_NAMES[row.results[0]]
        return f"(param {t}) (result {result}) {address}  {instruction}"
    return f"(param {t} {VALTYPE_NAMES[row.params[1]]}) {address}  local.get 1  {instruction}"


@pytest.mark.parametrize("memory", MEMORIES)
@pytest.mark.parametrize("row", ACCESSES, ids=lambda row: row.mnemonic)
def test_exact_byte(row: wasm.Row, memory: str) -> None:
    """The last place that an access fits in is fine, the next one traps, however the address is made up."""
    last = EDGE - row.width
    assert row.params is not None
    forms = {"plain": (0, None, last), "offset": (last, None, 0), "both": (last - 5, None, 5)}
    for name, (offset, constant, address) in {**forms, "constant": (0, last, 0), "split": (last - 9, 9, 0)}.items():
        for beyond in (0, 1):
            moved = offset + beyond if constant is not None else offset
            t, memidx, fields = MEMORIES[memory]
            text = f'(module {fields} (func (export "f") {access(row, moved, constant, t, memidx)}))'
            exports = Instance(Module(wat2wasm(text))).exports
            exports.m.write(EDGE - 16, PATTERN)
            args = [address + beyond if constant is None else 0]
            if not row.results:
                args.append(0x1122334455667788 if row.params[1] == I64 else 0x11223344 if row.params[1] == I32 else 1)
            if beyond:
                with pytest.raises(Trap) as caught:
                    exports.f(*args)
                assert caught.value.code == "memory_out_of_bounds", name
                assert exports.m.read(EDGE - 16, 16) == PATTERN, "nothing was written"
            elif row.results:
                assert exports.f(*args) == loaded(row, PATTERN[-row.width :]), name
            else:
                exports.f(*args)
                assert exports.m.read(EDGE - 16, 16) == PATTERN[: -row.width] + stored(row), name


def loaded(row: wasm.Row, data: bytes) -> float:
    assert row.results
    if row.results[0] in (F32, F64):
        return float(struct.unpack("<f" if row.results[0] == F32 else "<d", data)[0])
    natural = row.mnemonic.endswith("load")  # results come out signed
    return int.from_bytes(data, "little", signed=natural or row.mnemonic.endswith("_s"))


def stored(row: wasm.Row) -> bytes:
    assert row.params
    if row.params[1] in (F32, F64):
        return struct.pack("<f" if row.params[1] == F32 else "<d", 1.0)
    value = 0x1122334455667788 if row.params[1] == I64 else 0x11223344
    return value.to_bytes(8, "little")[: row.width]


@pytest.mark.parametrize("row", ACCESSES, ids=lambda row: row.mnemonic)
def test_addresses_do_not_wrap(row: wasm.Row) -> None:
    """Address and offset are added in 33 bits: 2^32 is never 0 (spec "Execution: Memory Instructions")."""
    args = [1] if row.params and len(row.params) > 1 else []
    for offset, constant in ((0xFFFFFFFF, None), (0xFFFFFFFF, 1), (1, -1), (0xFFFFFFFF, -1), (0x80000000, -0x80000000)):
        text = f'(module (memory 1) (func (export "f") {access(row, offset, constant)}))'
        function = Instance(Module(wat2wasm(text))).exports.f
        for address in (0, 1, 2, -1, -0x80000000):
            with pytest.raises(Trap, match="out of bounds memory access"):
                function(address, *args)


@pytest.mark.parametrize("row", ACCESSES, ids=lambda row: row.mnemonic)
def test_wide_addresses_do_not_wrap(row: wasm.Row) -> None:
    """Address and offset are added in 65 bits, and all of them count."""
    args = [1] if row.params and len(row.params) > 1 else []
    for offset, constant in (
        (0x1_0000_0000, None), (2**64 - 1, None), (0xFFFFFFFF, None), (1, -1), (0xFFFFFFFF, -1), (2**64 - 8, 8),
        (0x8000_0000_0000_0000, 0x8000_0000_0000_0000), (0, 0x1_0000_0000), (0xFFFFFFFF, 1),
    ):  # fmt: skip
        text = f'(module (memory i64 1) (func (export "f") {access(row, offset, constant, "i64")}))'
        function = Instance(Module(wat2wasm(text))).exports.f
        for address in (0, 1, 2, 8, -1, -8, -(1 << 63), 1 << 32, 0xFFFFFFFF):
            with pytest.raises(Trap, match="out of bounds memory access") as caught:
                function(address, *args)
            assert caught.value.fault is not None


def test_unaligned_access() -> None:
    text = """(module (memory (export "m") 1) (func (export "f") (param i32) (result i64) local.get 0  i64.load align=1)
      (func (export "g") (param i32 i64) local.get 0  local.get 1  i64.store align=8))"""
    exports = Instance(Module(wat2wasm(text))).exports
    for address in range(16):
        exports.g(address, 0x0102030405060708 + address)
        assert exports.f(address) == 0x0102030405060708 + address
        assert exports.m.read(address, 8) == (0x0102030405060708 + address).to_bytes(8, "little")


# --- memories --------------------------------------------------------------------------------------------------------


def memory(low: int = 1, high: int | None = None, store: Store | None = None) -> Memory:
    return Memory(store or Store(), MemoryType(Limits(low, high)))


def test_memory_read_and_write() -> None:
    made = memory()
    made.write(EDGE - 3, b"abc")
    assert made.read(EDGE - 3, 3) == b"abc"
    made.write(0, bytearray(b"xy"))
    made.write(2, memoryview(b"zw"))
    made.write(4, numpy.array([1, 2], dtype=numpy.uint16))
    assert made.read(0, 8) == b"xyzw\1\0\2\0"
    made.write(EDGE, b"")
    assert made.read(EDGE, 0) == b""
    for offset, size in ((EDGE - 2, 3), (EDGE, 1), (-1, 1), (0, -1), (1 << 70, 1), (0, 1 << 70), (EDGE + 1, 0)):
        with pytest.raises(IndexError):
            made.read(offset, size)
    for offset, data in ((EDGE - 2, b"abc"), (-1, b"a"), (EDGE + 1, b""), (1 << 70, b"")):
        with pytest.raises(IndexError):
            made.write(offset, data)
    assert made.read(EDGE - 3, 3) == b"abc"
    with pytest.raises(TypeError):
        made.write(0, "text")  # type: ignore[arg-type]


def test_memory_grow() -> None:
    made = memory(1, 4)
    assert (len(made), made.pages) == (EDGE, 1)
    assert made.grow(2) == 1
    assert made.grow(0) == 3
    for delta in (2, -1, 1 << 16, 1 << 40):
        with pytest.raises(ValueError, match="cannot grow"):
            made.grow(delta)
    assert (len(made), made.pages) == (3 * EDGE, 3)
    assert made.read(3 * EDGE - 1, 1) == b"\0"
    assert made.type == MemoryType(Limits(1, 4))


def test_views_are_the_memory_and_outlive_growth() -> None:
    made = memory(1, 3)
    view, array = memoryview(made), made.array
    assert (view.nbytes, view.format, view.readonly, view.contiguous) == (EDGE, "B", False, True)
    assert (array.dtype, array.shape, array.flags.writeable) == (numpy.dtype("uint8"), (EDGE,), True)
    view[3] = 9
    assert array[3] == 9
    made.grow(2)
    array[4] = 8
    assert made.read(3, 2) == b"\x09\x08"
    assert len(made.array) == 3 * EDGE
    assert (len(view), len(array)) == (EDGE, EDGE)
    assert bytes(memoryview(made)[EDGE : EDGE + 2]) == b"\0\0"


def test_empty_memory() -> None:
    made = memory(0, 1)
    assert (len(made), len(memoryview(made)), len(made.array)) == (0, 0, 0)
    assert made.read(0, 0) == b""
    assert made.grow(1) == 0
    assert len(made.array) == EDGE


@pytest.mark.parametrize(
    "limits", [Limits(3, 2), Limits(-1, None), Limits(65537, None), Limits(1, 65537), Limits(1 << 70, None)]
)
def test_limits_that_no_memory_has(limits: Limits) -> None:
    with pytest.raises(ValueError, match="invalid limits"):
        Memory(Store(max_memory=1 << 60), MemoryType(limits))


def test_limits_of_64_bits() -> None:
    """2^48 pages are what the type may say, and more than there are."""
    store = Store(max_memory=1 << 60)
    made = Memory(store, MemoryType(Limits(1, 1 << 48), I64))
    assert (made.pages, made.type.limits.max, made.actual_type.addrtype) == (1, 1 << 48, I64)
    for limits in (Limits((1 << 48) + 1, None), Limits(0, (1 << 48) + 1)):
        with pytest.raises(ValueError, match="invalid limits"):
            Memory(store, MemoryType(limits, I64))
    with pytest.raises(MemoryError, match="exceeds memory limits"):
        Memory(store, MemoryType(Limits(1 << 48, None), I64))
    for delta in (1 << 24, 1 << 48, 1 << 64):
        with pytest.raises(ValueError, match="cannot grow"):
            made.grow(delta)


BYTES = """(module (memory (export "m") {} (pagesize 1)) (data (i32.const 0) "abc")
  (func (export "size") (result i32) (memory.size))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "load8") (param i32) (result i32) (i32.load8_u (local.get 0)))
  (func (export "load") (param i32) (result i64) (i64.load (local.get 0)))
  (func (export "fill") (param i32 i32) (memory.fill (local.get 0) (i32.const 255) (local.get 1))))"""


def test_pages_of_one_byte() -> None:
    """Every length is one; the bytes that are not there yet are out of bounds, and zero when they come."""
    store = Store(max_memory=200_000)
    exports = Instance(Module(wat2wasm(BYTES.format("5 100001"))), store=store).exports
    made = exports.m
    assert (exports.size(), made.pages, len(made), made.read(0, 5)) == (5, 5, 5, b"abc\0\0")
    assert (str(made.type), made.actual_type.page_size) == ("(memory 5 100001 (pagesize 1))", 1)
    assert repr(made) == "<wasmvm.Memory of 5 bytes>"
    for call in (lambda: exports.load8(5), lambda: exports.load(0), lambda: exports.fill(2, 4)):
        with pytest.raises(Trap, match="out of bounds memory access"):
            call()
    exports.fill(2, 3)
    assert exports.grow(3) == 5
    assert exports.load(0) == int.from_bytes(b"ab\xff\xff\xff\0\0\0", "little")
    view = memoryview(made)
    assert (made.grow(99_993), len(view), len(made), store.memory_size) == (8, 8, 100_001, 100_001)
    assert exports.load8(100_000) == 0
    with pytest.raises(Trap, match="out of bounds memory access"):
        exports.load8(100_001)
    assert exports.grow(1) == -1, "over the type's maximum"
    with pytest.raises(ValueError, match="cannot grow a memory of 100001 pages by 1"):
        made.grow(1)
    other = Instance(Module(wat2wasm(BYTES.format("3"))), store=store).exports
    refused = (other.grow(99_997), other.grow(0xFFFF_FFFF), other.grow(-1 << 31))
    assert (refused, store.memory_size) == ((-1, -1, -1), 100_004)
    assert (other.grow(99_996), store.memory_size) == (3, 200_000)


@pytest.mark.parametrize("page_size", [0, 2, 3, 4096, 1 << 17, -1, 1 << 80, 1.0, "1", None])
def test_page_sizes_that_no_memory_has(page_size: object) -> None:
    with pytest.raises((ValueError, TypeError), match=r"page[_ ]size"):
        Memory(Store(), MemoryType(Limits(1), I32, page_size))  # type: ignore[arg-type]


@pytest.mark.parametrize(("addrtype", "most"), [(I32, (1 << 32) - 1), (I64, (1 << 64) - 1)])
def test_most_pages_of_one_byte(addrtype: int, most: int) -> None:
    store = Store(max_memory=1 << 60)
    assert MemoryType(Limits(1), addrtype, 1).most_pages() == most
    made = Memory(store, MemoryType(Limits(0, most), addrtype, 1))
    assert (made.type.limits.max, made.grow(70_001)) == (most, 0)
    with pytest.raises(ValueError, match="invalid limits"):
        Memory(store, MemoryType(Limits(0, most + 1), addrtype, 1))


def test_no_bytes_of_others_come_with_pages_of_one_byte() -> None:
    """Ranges that are used again are cleared as far as they were written to."""
    for length in (1, 4095, 4097, 65535, 65537):
        first = Memory(Store(), MemoryType(Limits(length, None), I32, 1))
        first.write(0, b"\xff" * length)
        del first
        second = Memory(Store(), MemoryType(Limits(0), I32, 1))
        second.grow(2 * length)
        assert not any(memoryview(second))


def test_imports_have_pages_of_the_same_size() -> None:
    small = Memory(Store(), MemoryType(Limits(70_000), I32, 1))
    module = Module(wat2wasm('(module (import "" "m" (memory 70_000 (pagesize 1))))'))
    Instance(module, {"": {"m": small}}, store=small.store)
    for text in ("(memory 1)", "(memory 0 (pagesize 65536))"):
        other = Module(wat2wasm(f'(module (import "" "m" {text}))'))
        with pytest.raises(LinkError, match=r"expected \(memory [01]\), got \(memory 70000 \(pagesize 1\)\)"):
            Instance(other, {"": {"m": small}}, store=small.store)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere pages that nobody touched may count")
def test_more_than_4_gib() -> None:
    text = """(module (memory (export "m") i64 1)
      (func (export "grow") (param i64) (result i64) local.get 0  memory.grow)
      (func (export "size") (result i64) memory.size)
      (func (export "store") (param i64 i32) local.get 0  local.get 1  i32.store offset=0x1_0000_0000)
      (func (export "load") (param i64) (result i32) local.get 0  i32.load)
      (func (export "fill") (param i64 i32 i64) local.get 0  local.get 1  local.get 2  memory.fill)
      (func (export "copy") (param i64 i64 i64) local.get 0  local.get 1  local.get 2  memory.copy))"""
    exports = Instance(Module(wat2wasm(text)), store=Store(max_memory=9 << 30)).exports
    assert exports.grow(0x2_0000 - 1) == 1
    assert exports.size() == 0x2_0000
    assert exports.grow(0x1_0000) == -1
    exports.store(8, 77)
    assert exports.load(0x1_0000_0008) == 77
    assert exports.load(8) == 0
    last = 0x2_0000_0000 - 4
    exports.fill(last, 5, 4)
    assert exports.load(last) == 0x05050505
    exports.copy(0, last, 4)
    assert exports.load(0) == 0x05050505
    assert exports.m.read(last, 4) == b"\5" * 4
    for call in (
        lambda: exports.load(last + 1),
        lambda: exports.fill(last, 5, 5),
        lambda: exports.copy(0, last, 1 << 62),
        lambda: exports.copy(-1, 0, 2),
    ):
        with pytest.raises(Trap, match="out of bounds memory access"):
            call()


@pytest.mark.parametrize("limits", [Limits(3, 2), Limits(-1, None), Limits(1, 1 << 32), Limits(1 << 70, None)])
def test_limits_that_no_table_has(limits: Limits) -> None:
    with pytest.raises(ValueError, match="invalid limits"):
        Table(Store(), TableType(FUNCREF, limits))


ADDRESS_SPACE = """
import resource
from wasmvm import Limits, Memory, MemoryType, Store
store = Store(max_memory=1 << 33)
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
memory = Memory(store, MemoryType(Limits(1, None)))
memory.write(65535, b"x")
grown = 0
try:
    for _ in range(65536):
        memory.grow(1)
        grown += 1
except ValueError:
    memory.write(len(memory) - 1, b"y")
    print(memory.read(65535, 1), grown > 100)
try:
    Memory(store, MemoryType(Limits(65536, None)))
except MemoryError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_AS bounds what can be reserved on Linux")
def test_a_system_that_does_not_give_the_whole_range() -> None:
    """A memory that can be made is made; it grows less far."""
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run([sys.executable, "-c", ADDRESS_SPACE], cwd=root, capture_output=True, text=True, check=False)
    found, error = done.stdout.splitlines()
    assert found == "b'x' True", done.stderr
    assert error.startswith(
        "cannot reserve a memory of 65536 pages: the system has no room for 4294967296 bytes of addresses"
    )
    assert "in 1 memories of this process" in error
    assert "max_memory" in error


MANY_STORES = """
import gc, sys
from tests.wat import wat2wasm
from wasmvm import Instance, Module, Store
module = Module(wat2wasm('(module (memory (export "m") 1) (func (export "f") (result i32) (i32.load8_u (i32.const 7))))'))
kept = []
while len(kept) < 40_000:
    instance = Instance(module, store=Store())
    if len(kept) % 100 == 0:
        instance.exports.m.write(7, bytes([len(kept) // 100 % 251]))
        assert instance.exports.f() == len(kept) // 100 % 251
    kept.append(instance)
assert all(kept[i].exports.f() == i // 100 % 251 for i in range(0, len(kept), 100))
last = kept[-1].exports.m
last.grow((1 << 14) - 1)
last.write((1 << 30) - 1, b"x")
with open("/proc/self/maps") as maps:
    print(len(kept), len(maps.readlines()) < 60_000)
del last, instance
kept.clear()
gc.collect()
instance = Instance(module, store=Store(max_memory=4 << 30))
instance.exports.m.grow((1 << 16) - 1)
print(len(instance.exports.m))
"""


@pytest.mark.skipif(sys.platform != "linux" or sys.maxsize < 1 << 32, reason="counts on 128 TiB of addresses")
def test_forty_thousand_stores_in_a_process() -> None:
    """Each with a memory that can grow to what its store allows, and what they had is there for others when they are gone."""
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run([sys.executable, "-c", MANY_STORES], cwd=root, capture_output=True, text=True, check=False)
    assert done.stdout == "40000 True\n4294967296\n", done.stderr


NO_ADDRESSES = """
from wasmvm import Limits, Memory, MemoryType, Store
kept = []
try:
    while True:  # nothing of it is touched
        kept.append(Memory(Store(max_memory=1 << 40), MemoryType(Limits(0, 1 << 24), 0x7E)))
except MemoryError as error:
    print(len(kept) < 200, error)
more = [bytes(1 << 24) for _ in range(10)]
kept.pop()
Memory(Store(), MemoryType(Limits(1, 1 << 16)))
"""


@pytest.mark.skipif(sys.platform != "linux" or "ASAN_OPTIONS" in os.environ, reason="uses all addresses up")
def test_no_addresses_left() -> None:
    """The message says what is used up; and there is some left for all else that the process does."""
    done = subprocess.run([sys.executable, "-c", NO_ADDRESSES], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(
        "True cannot reserve a memory of 0 pages: the system has no room for 1099511627776 bytes"
    )


def test_memory_over_the_stores_limit() -> None:
    with pytest.raises(MemoryError):
        memory(3, None, Store(max_memory=2 * EDGE))
    made = memory(1, None, Store(max_memory=2 * EDGE))
    made.grow(1)
    with pytest.raises(ValueError, match="cannot grow"):
        made.grow(1)


# --- tables and globals ----------------------------------------------------------------------------------------------


def test_table() -> None:
    store = Store()
    table = Table(store, TableType(EXTERNREF, Limits(2, 4)), "init")
    assert (len(table), table[0], table[1]) == (2, "init", "init")
    table[1] = None
    assert table[1] is None
    assert table.grow(2, 5) == 2
    assert (len(table), table[3]) == (4, 5)
    assert table.grow(0) == 4
    for delta in (1, -1, 1 << 32, 1 << 70):
        with pytest.raises(ValueError, match="cannot grow"):
            table.grow(delta)
    for index in (4, -1, 1 << 70):
        with pytest.raises(IndexError):
            table[index]
        with pytest.raises(IndexError):
            table[index] = None
    assert table.type == TableType(EXTERNREF, Limits(2, 4))
    assert table.actual_type == TableType(EXTERNREF, Limits(4, 4))
    with pytest.raises(TypeError):
        Table(store, TableType(FUNCREF, Limits(1, None)), "no function")


@pytest.mark.parametrize(
    ("valtype", "given", "seen"),
    [
        (I32, -1, -1), (I32, 0xFFFFFFFF, -1), (I32, 1 << 40 | 5, 5), (I32, True, 1), (I32, numpy.int64(7), 7),
        (I64, 1 << 63, -(1 << 63)), (I64, -1, -1), (I64, 1 << 64, 0),
        (F32, 0.1, struct.unpack("<f", struct.pack("<f", 0.1))[0]), (F32, 3, 3.0), (F32, 1e300, float("inf")),
        (F64, 0.1, 0.1), (F64, -7, -7.0), (F64, numpy.float32(0.5), 0.5),
        (EXTERNREF, None, None), (FUNCREF, None, None),
    ],
)  # fmt: skip
def test_global(valtype: int, given: object, seen: object) -> None:
    made = Global(Store(), GlobalType(valtype, True), given)
    assert made.value == seen
    assert type(made.value) is type(seen)
    made.value = given
    assert made.value == seen
    frozen = Global(Store(), GlobalType(valtype, False), given)
    with pytest.raises(TypeError, match="immutable"):
        frozen.value = given
    assert frozen.value == seen


@pytest.mark.parametrize(
    ("valtype", "given"),
    [(I32, 1.0), (I32, "1"), (I64, None), (F32, "1.0"), (F64, None), (F64, b"1"), (F64, 1j), (FUNCREF, 5), (I64, [1])],
)
def test_value_of_the_wrong_type(valtype: int, given: object) -> None:
    with pytest.raises(TypeError):
        Global(Store(), GlobalType(valtype, True), given)
    text = f'(module (func (export "f") (param {VALTYPE_NAMES[valtype]})))'
    with pytest.raises(TypeError, match="parameter 0"):
        Instance(Module(wat2wasm(text))).exports.f(given)


def test_wrong_number_of_arguments() -> None:
    exports = Instance(Module(wat2wasm('(module (func $add (export "add") (param i32 i32)))'))).exports
    for args in ((), (1,), (1, 2, 3)):
        with pytest.raises(TypeError, match=f"takes 2 arguments, got {len(args)}"):
            exports.add(*args)


def test_a_global_written_in_both_worlds() -> None:
    text = """(module (global $g (export "g") (mut i64) (i64.const 5))
      (func (export "get") (result i64) global.get $g)
      (func (export "add") (param i64) global.get $g  local.get 0  i64.add  global.set $g))"""
    exports = Instance(Module(wat2wasm(text))).exports
    exports.g.value = 1 << 62
    exports.add(-1)
    assert exports.g.value == exports["get"]() == (1 << 62) - 1


class View(ctypes.Structure):
    """What C code asks a memory to fill in: `Py_buffer`."""

    _fields_ = [("buf", ctypes.c_void_p), ("obj", ctypes.py_object), ("len", ctypes.c_ssize_t), ("itemsize", ctypes.c_ssize_t),
                ("readonly", ctypes.c_int), ("ndim", ctypes.c_int), ("format", ctypes.c_void_p), ("shape", ctypes.c_void_p),
                ("strides", ctypes.c_void_p), ("suboffsets", ctypes.c_void_p), ("internal", ctypes.c_void_p)]  # fmt: skip


@pytest.mark.parametrize(
    ("flags", "formatted", "strided"), [(0, False, False), (4, True, False), (24, False, True), (28, True, True)]
)
def test_every_field_of_a_buffer_is_filled_in(flags: int, formatted: bool, strided: bool) -> None:
    """Whatever was there before: PyBUF_SIMPLE, PyBUF_FORMAT, PyBUF_STRIDES, and both."""
    memory = Memory(Store(), MemoryType(Limits(1, 1)))
    view = View()
    ctypes.memset(ctypes.byref(view), 0x55, ctypes.sizeof(view))
    assert ctypes.pythonapi.PyObject_GetBuffer(ctypes.py_object(memory), ctypes.byref(view), flags) == 0
    assert (view.len, view.itemsize, view.readonly, view.ndim) == (65536, 1, 0, 1)
    assert (view.format is not None, view.strides is not None, view.suboffsets) == (formatted, strided, None)
    assert ctypes.string_at(view.format or b"B") == b"B"
    assert ctypes.c_ssize_t.from_address(view.shape).value == 65536
    ctypes.pythonapi.PyBuffer_Release(ctypes.byref(view))
