"""What is let go of is given back: objects, memory that C code allocated, mappings, descriptors.

Each thing is done until what is made once is made and tables have their sizes, then ten thousand times more;
`WASMVM_LEAK_COUNT` changes that.
"""

from __future__ import annotations

import ctypes
import gc
import itertools
import os
import sys
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import wasmvm
from tests.fuzz.api.guests import GUEST
from tests.wat import wat2wasm

COUNT = int(os.environ.get("WASMVM_LEAK_COUNT", "10000"))
WARM = 300
OBJECTS = 50
"""Objects of Python that may be more afterwards: caches of Python and of the test."""
BLOCKS = 0.1
"""Blocks of Python's allocator for each turn."""
BYTES = 8
"""Bytes of malloc for each turn."""
EXAMPLES = Path(__file__).parents[1] / "examples"


class MallInfo(ctypes.Structure):
    """glibc's `struct mallinfo2`."""

    _fields_ = [(name, ctypes.c_size_t) for name in (
        "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost")]  # fmt: skip


def allocated() -> int:
    """Bytes that malloc has given out, as far as the system can say."""
    try:
        mallinfo = ctypes.CDLL(None).mallinfo2
    except (AttributeError, OSError, TypeError):  # not glibc, or an old one
        return 0
    mallinfo.restype = MallInfo
    found = mallinfo()
    return int(found.uordblks + found.hblkhd)


class Held(NamedTuple):
    """What the process holds."""

    objects: int
    blocks: int  # of Python's allocator
    bytes: int
    mappings: int
    descriptors: int


def held() -> Held:
    if "instance" in SHARED.__dict__:
        SHARED.instance.store.gc()
    for _ in range(3):
        gc.collect()
    mappings = descriptors = 0
    if sys.platform == "linux":
        mappings = Path("/proc/self/maps").read_bytes().count(b"\n")
        descriptors = len(os.listdir("/proc/self/fd"))
    return Held(len(gc.get_objects()), sys.getallocatedblocks(), allocated(), mappings, descriptors)


def host() -> dict[str, dict[str, Any]]:
    """Functions of the host that are closures of their own."""
    kept = [0]
    return {
        "h": {
            "i": lambda x: x + kept[0],
            "r": lambda x: x,
            "a": lambda x, n, d: x,
            "m": lambda *args: (5, args[4], bytes(16)),
            "n": lambda: None,
        }
    }


MODULE = wasmvm.Module(wat2wasm(GUEST))
LIST = wasmvm.Module(
    wat2wasm("""(module
  (rec (type $node (struct (field (ref null $node))))) (global $list (mut (ref null $node)) (ref.null $node))
  (func (export "list") (param i32) (loop $more (global.set $list (struct.new $node (global.get $list)))
    (br_if $more (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))""")
)
SMALL = wat2wasm('(module (type (struct (field i32 i64))) (memory 1) (func (export "f") (result i32) (i32.const 5)))')

SMALL_MODULE = wasmvm.Module(SMALL)
IMAGED = wasmvm.Module(wat2wasm(f'(module (memory (export "m") 4) (data (i32.const 8) "{"x" * 100_000}"))'))


class Shared:
    """A store with an instance that many turns use; where its end is part of the turn, each has its own."""

    instance: wasmvm.Instance


SHARED = Shared()


def shared() -> Any:
    if "instance" not in SHARED.__dict__:
        SHARED.instance = wasmvm.Instance(MODULE, host(), wasmvm.Store(max_heap=1 << 20))
    return SHARED.instance.exports


def stores() -> None:
    wasmvm.Store()


def odd_stores() -> None:
    wasmvm.Store(max_stack=100_000)


def large_stores() -> None:
    """What is large is let go of without the GIL: many objects, a memory, a table."""
    from wasmvm.types import EXTERNREF, Limits

    store = wasmvm.Store()
    wasmvm.Instance(LIST, store=store).exports.list(20_000)
    assert store.heap_size > 20_000 * 16
    wasmvm.Memory(store, wasmvm.MemoryType(Limits(300, None)))
    wasmvm.Table(store, wasmvm.TableType(EXTERNREF, Limits(200_000, None)))


def instances() -> None:
    wasmvm.Instance(MODULE, host())


def instances_that_ran() -> None:
    exports = wasmvm.Instance(MODULE, host()).exports
    exports.hi(1)
    exports.list(3, "x")


def host_closures() -> None:
    from wasmvm.types import I32, FuncType

    store = wasmvm.Store()
    kept = object()
    assert wasmvm.Func(store, FuncType((I32,), (I32,)), lambda x: 1 if kept else x)(3) == 1


def types() -> None:
    """A function type that nothing else has, and no other turn."""
    from wasmvm.types import F64, I32, I64, FuncType

    bits = [(I32, I64)[next(COUNTER) >> i & 1] for i in range(20)]
    assert (
        wasmvm.Func(wasmvm.Store(), FuncType((*bits, F64), tuple(bits) * 3), lambda *args: args).type.params[20] == F64
    )


COUNTER = itertools.count()


def cycles() -> None:
    """The host's function refers to the instance that imports it."""
    box: list[Any] = []
    functions = host()
    functions["h"]["i"] = lambda x: len(box)
    box.append(wasmvm.Instance(MODULE, functions))


def cycles_through_guests() -> None:
    """The guest refers to an object of Python that refers to the instance."""
    instance = wasmvm.Instance(MODULE, host())
    instance.exports.gx.value = [instance]
    instance.exports.xtab[1] = [instance]


def modules() -> None:
    wasmvm.Instance(wasmvm.Module(SMALL)).exports.f()


def memories() -> None:
    instance = wasmvm.Instance(MODULE, host())
    instance.exports.mem.grow(1)
    memoryview(instance.exports.mem)[5] = 1
    instance.exports.mem.array[7] = 2


def images() -> None:
    """A range of addresses that begins with an image is used for a memory without one, and the other way round."""
    assert wasmvm.Instance(IMAGED).exports.m.read(9, 2) == b"xx"
    assert wasmvm.Instance(SMALL_MODULE).exports.f() == 5


def serialized() -> None:
    assert SMALL_MODULE.serialize(lower_all=True)


def traps() -> None:
    try:
        shared().load(-1)
    except wasmvm.Trap as trap:
        assert trap.frames


def exceptions() -> None:
    try:
        shared().throw(5, object())
    except wasmvm.WasmException as error:
        assert error.payload[0] == 5


def caught_exceptions() -> None:
    assert shared().catch(5, object())[0] == 5


def errors_of_the_host() -> None:
    try:
        shared().add(1, "2")
    except TypeError:
        return
    raise AssertionError


def externrefs() -> None:
    shared().ext(object())


def kept_externrefs() -> None:
    shared().gx.value = object()
    shared().xtab[2] = object()


def structures() -> None:
    node = shared().make(1, object(), 2)
    node[1] = node
    shared().garbage(5)


def wasi() -> None:
    done = wasmvm.run(EXAMPLES / "hello.wasm", ["you"], capture_output=True)
    assert done.returncode == 0


def failed_modules() -> None:
    try:
        wasmvm.Module(SMALL[:-3])
    except wasmvm.DecodeError:
        return
    raise AssertionError


def failed_instances() -> None:
    try:
        wasmvm.Instance(MODULE, {"h": {}})
    except wasmvm.LinkError:
        return
    raise AssertionError


TURNS: dict[Callable[[], None], int] = {
    stores: 1, odd_stores: 4, large_stores: 200, instances: 1, instances_that_ran: 2, host_closures: 1, types: 4, cycles: 1, cycles_through_guests: 1,
    modules: 4, memories: 2, images: 4, serialized: 2, traps: 1, exceptions: 1, caught_exceptions: 1, errors_of_the_host: 1, externrefs: 1,
    kept_externrefs: 1, structures: 1, wasi: 40, failed_modules: 2, failed_instances: 1,
}  # fmt: skip
"""What is done, and by how much fewer times than ten thousand, as it takes long."""

FILLING = (exceptions, caught_exceptions, externrefs, kept_externrefs, structures)
"""What leaves garbage in a store, whose tables grow with the garbage that there is before a collection."""


@pytest.mark.parametrize("turn", TURNS, ids=lambda turn: turn.__name__)
def test_everything_is_given_back(turn: Callable[[], None]) -> None:
    count = COUNT // TURNS[turn]
    for _ in range(count if turn in FILLING else min(WARM, count)):
        turn()
    before = held()
    for _ in range(count):
        turn()
    after = held()
    assert after.objects - before.objects < OBJECTS, (before, after)
    assert after.blocks - before.blocks < max(BLOCKS * count, 500), (before, after)
    assert after.bytes - before.bytes < max(BYTES * count, 20_000), (before, after)
    assert after.mappings - before.mappings < 20, (before, after)
    assert after.descriptors == before.descriptors, (before, after)


def test_a_leak_is_found() -> None:
    """The figures show it if something small is kept."""
    kept: list[Any] = []
    before = held()
    for _ in range(1000):
        kept.append(bytes(40))
    assert held().blocks - before.blocks > BLOCKS * 1000
    for _ in range(1000):
        kept.append(ctypes.create_string_buffer(600))  # more than Python's own allocator gives
    if before.bytes:
        assert held().bytes - before.bytes > BYTES * 1000
    for _ in range(1000):
        kept.append([])
    assert held().objects - before.objects > OBJECTS


def test_what_is_let_go_of_is_gone_at_once() -> None:
    """Without a cycle nothing waits for the collector of Python."""

    class Thing:
        pass

    gc.collect()
    gc.disable()
    try:
        store = wasmvm.Store()
        instance = wasmvm.Instance(MODULE, host(), store)
        thing = Thing()
        instance.exports.gx.value = thing
        seen = weakref.ref(thing)
        del thing
        instance.exports.gx.value = None
        store.gc()
        assert seen() is None
    finally:
        gc.enable()
