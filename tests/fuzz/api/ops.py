"""What a random program may do next: each function does one thing to a world, with choices from a generator of its own."""

from __future__ import annotations

import contextlib
import copy
import gc
import pickle
import signal
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import wasmvm
from tests.fuzz.api import odd
from tests.fuzz.api.guests import GUEST
from tests.fuzz.api.odd import Again, Fin, Odd
from tests.fuzz.api.world import PAGE, View, World, module
from tests.patience import PATIENCE
from wasmvm.types import EXTERNREF, FUNCREF, I32, I64, GlobalType, Limits, MemoryType, TableType, TagType

Op = Callable[[World, Random], None]
VALTYPES = (0x7F, 0x7E, 0x7D, 0x7C, 0x7B, 0x70, 0x6F, 0x6E)
LOADS = {"i8": 1, "u8": 1, "i16": 2, "u16": 2, "i32": 4, "u32": 4, "i64": 8, "u64": 8, "f32": 4, "f64": 8}


@contextlib.contextmanager
def judged(world: World) -> Iterator[None]:
    """What is raised is judged, and goes no further."""
    try:
        yield
    except Exception as error:
        world.caught(error)


def call(world: World, rng: Random) -> None:
    instance, calls = world.guest(rng)
    name = rng.choice(list(calls))
    args = world.arguments(rng, calls[name])
    if rng.random() < 0.03:
        args = args[1:]
    func = instance.exports[name]
    if rng.random() < 0.1:
        result: Any = func.call_bits(args)
    else:
        result = func(*args)
        if name == "add" and all(type(x) is int for x in args):
            wanted = (args[0] + args[1]) & 0xFFFFFFFF
            world.expect(result & 0xFFFFFFFF == wanted, f"add{tuple(args)} is {result}")
    for thing in result if isinstance(result, (tuple, list)) else (result,):
        if thing is not None and not isinstance(thing, (int, float, bytes)):
            world.keep(world.objects, thing, rng)


def call_func(world: World, rng: Random) -> None:
    func = world.pick(world.funcs, rng)
    if func is None:
        return
    args = [world.value(rng, t) for t in func.type.params]
    result = func(*args)
    if isinstance(result, (wasmvm.StructRef, wasmvm.ArrayRef, Fin)):
        world.keep(world.objects, result, rng)
    repr(func)
    assert func.name is None or isinstance(func.name, str)


def make_list(world: World, rng: Random) -> None:
    """A list of objects has the length that it was made with, whatever else happens meanwhile."""
    instance = world.pick(world.instances, rng)
    if instance is None:
        return
    size = rng.randrange(120)
    made = instance.exports.list(size, world.reference(rng))
    if rng.random() < 0.5:
        world.mischief(rng)
    found = instance.exports.length(made)
    world.expect(found == size, f"a list of {size} objects has {found}")
    world.keep(world.objects, made, rng)


def aggregate(world: World, rng: Random) -> None:
    found = world.pick(world.objects, rng)
    if not isinstance(found, (wasmvm.StructRef, wasmvm.ArrayRef)):
        return
    index = odd.integer(rng, world.mischief_of(rng), len(found) + 1)
    roll = rng.random()
    if roll < 0.35:
        thing = found[index]
        if isinstance(thing, (wasmvm.StructRef, wasmvm.ArrayRef, Fin)):
            world.keep(world.objects, thing, rng)
    elif roll < 0.85:
        found[index] = rng.choice((world.reference, lambda r: odd.integer(r, world.mischief_of(r)),
                                   lambda r: odd.number(r, world.mischief_of(r)), lambda r: odd.buffer(r, 16)))(rng)  # fmt: skip
    else:
        repr(found), found.type, found.type_id, len(found), found == world.pick(world.objects, rng), hash(found)


def memory_bytes(world: World, rng: Random) -> None:
    memory = world.pick(world.memories, rng)
    if memory is None:
        return
    offset = odd.integer(rng, world.mischief_of(rng), PAGE)
    if rng.random() < 0.5:
        data = odd.buffer(rng, rng.choice((0, 1, 8, 100, 5000)))
        memory.write(offset, data)
        if type(offset) is int and type(data) is bytes and data and world.depth == 0 and not world.threads:
            world.expect(memory.read(offset, len(data)) == data, "what was written is not read")
    elif rng.random() < 0.7:
        size = odd.integer(rng, world.mischief_of(rng), 5000)
        data = memory.read(offset, size)
        if type(size) is int:
            world.expect(len(data) == size, f"{size} bytes are {len(data)}")
    else:
        rng.choice((
            lambda: memory.read_bytearray(offset, odd.integer(rng, world.mischief_of(rng), 500)),
            lambda: memory.read_cstring(offset, odd.integer(rng, world.mischief_of(rng), 500)),
            lambda: memory.write_cstring(offset, rng.choice(("text", "t\0", b"x" * 50, odd.buffer(rng, 9)))),
        ))()  # fmt: skip


def memory_numbers(world: World, rng: Random) -> None:
    memory = world.pick(world.memories, rng)
    if memory is None:
        return
    kind = rng.choice(list(LOADS))
    offset = odd.integer(rng, world.mischief_of(rng), PAGE)
    if rng.random() < 0.5:
        value = getattr(memory, f"load_{kind}")(offset)
        if kind[0] == "u":
            world.expect(0 <= value < 1 << 8 * LOADS[kind], f"load_{kind} is {value}")
        return
    floats = kind[0] == "f"
    value = odd.number(rng, world.mischief_of(rng)) if floats else odd.integer(rng, world.mischief_of(rng))
    getattr(memory, f"store_{kind}")(offset, value)
    if type(offset) is int and type(value) is int and not floats and world.depth == 0 and not world.threads:
        found = getattr(memory, f"load_{kind}")(offset)
        world.expect((found - value) % (1 << 8 * LOADS[kind]) == 0, f"store_{kind} of {value} reads as {found}")


def memory_other(world: World, rng: Random) -> None:
    memory = world.pick(world.memories, rng)
    if memory is None:
        return
    roll = rng.random()
    if roll < 0.3:
        before = memory.pages
        delta = odd.integer(rng, world.mischief_of(rng), 3)
        old = memory.grow(delta)
        if type(delta) is int and world.depth == 0 and not world.threads:
            wanted = before + delta if old >= 0 else before
            world.expect(old in (-1, before), f"grow from {before} pages says {old}")
            world.expect(memory.pages == wanted, f"{before} pages and {delta} are {memory.pages}")
    elif roll < 0.7:
        view = rng.choice((lambda: memoryview(memory), lambda: memory.array))()
        world.keep(world.views, View(view, memoryview(view).nbytes), rng)
    elif roll < 0.8:
        view = world.pick(world.views, rng)
        if view is not None and view.size:
            at = rng.randrange(view.size)
            view.view[at] = 77
    elif roll < 0.9:
        world.let_go(world.views, rng)
    else:
        repr(memory), len(memory), memory.type, memory.actual_type, memory.address, memory.store


def table(world: World, rng: Random) -> None:
    found = world.pick(world.tables, rng)
    if found is None:
        return
    index = odd.integer(rng, world.mischief_of(rng), 8)
    value = world.value(rng, found.type.reftype)
    roll = rng.random()
    if roll < 0.35:
        thing = found[index]
        if isinstance(thing, (wasmvm.StructRef, wasmvm.ArrayRef, Fin)):
            world.keep(world.objects, thing, rng)
    elif roll < 0.75:
        found[index] = value
        if type(index) is int and index >= 0 and world.depth == 0 and not world.threads and isinstance(value, Fin):
            world.expect(found[index] is value, "another object is in a table than was put there")
    elif roll < 0.9:
        found.grow(odd.integer(rng, world.mischief_of(rng), 4), value)
    else:
        repr(found), len(found), found.type, found.actual_type, list(found)[:3]


def global_(world: World, rng: Random) -> None:
    found = world.pick(world.globals, rng)
    if found is None:
        return
    roll = rng.random()
    if roll < 0.4:
        thing = found.value
        if isinstance(thing, (wasmvm.StructRef, wasmvm.ArrayRef, Fin)):
            world.keep(world.objects, thing, rng)
    elif roll < 0.9:
        value = world.value(rng, found.type.valtype)
        found.value = value
        if isinstance(value, Fin) and world.depth == 0 and not world.threads:
            world.expect(found.value is value, "another object is in a global than was put there")
    else:
        repr(found), found.type, found.actual_type, found.bits


def new_extern(world: World, rng: Random) -> None:
    store = world.store(rng)
    roll = rng.randrange(6)
    big = world.mischief_of(rng)
    if roll == 0:
        limits = Limits(odd.plain_integer(rng, 3), rng.choice((None, 3, 5, 65536)))
        world.keep(world.memories, wasmvm.Memory(store, MemoryType(limits, rng.choice((I32, I64)))), rng)
    elif roll == 1:
        reftype = rng.choice((FUNCREF, EXTERNREF, 0x6E))
        limits = Limits(odd.plain_integer(rng, 9), rng.choice((None, 9, 30)))
        world.keep(world.tables, wasmvm.Table(store, TableType(reftype, limits), world.value(rng, reftype)), rng)
    elif roll == 2:
        valtype = rng.choice(VALTYPES)
        made = wasmvm.Global(store, GlobalType(valtype, rng.random() < 0.8), world.value(rng, valtype))
        world.keep(world.globals, made, rng)
    elif roll == 3:
        params = tuple(rng.choice(VALTYPES) for _ in range(rng.randrange(4)))
        world.keep(world.tags, wasmvm.Tag(store, TagType(wasmvm.FuncType(params, ()))), rng)
    else:
        params = tuple(rng.choice(VALTYPES) for _ in range(rng.randrange(4)))
        results = tuple(rng.choice(VALTYPES) for _ in range(rng.randrange(3)))
        own = Random(rng.getrandbits(64))

        def callable_(*args: Any) -> Any:
            big()
            made = [world.value(own, t) for t in results]
            return None if not made else made[0] if len(made) == 1 else made

        func = wasmvm.Func(store, wasmvm.FuncType(params, results), callable_, access_caller=rng.random() < 0.3)
        world.keep(world.funcs, func, rng)


def new_instance(world: World, rng: Random) -> None:
    if rng.random() < 0.5:
        world.new_instance(rng)
    else:
        world.new_neighbour(rng)


def mix_imports(world: World, rng: Random) -> None:
    """Imports from anywhere: of the wrong kind, of the wrong type, of another store, and right ones."""
    store = world.store(rng)
    host: dict[str, Any] = world.host_functions(rng)
    for name in list(host):
        if rng.random() < 0.15:
            host[name] = rng.choice((None, 5, world.pick(world.funcs, rng), world.pick(world.memories, rng), print,
                                     wasmvm.HostFunc(host[name]), wasmvm.HostFunc(host[name], access_caller=True)))  # fmt: skip
    linker = wasmvm.Linker(allow_shadowing=rng.random() < 0.5)
    if rng.random() < 0.5:
        for name, item in host.items():
            linker.define("h", name, item)
        instance = linker.instantiate(module(GUEST), store)
    else:
        instance = wasmvm.Instance(module(GUEST), {"h": host}, store)
    world.keep(world.instances, instance, rng)


def throw(world: World, rng: Random) -> None:
    """Look at what a guest has thrown."""
    instance = world.pick(world.instances, rng)
    if instance is None:
        return
    value = world.reference(rng)
    try:
        instance.exports.throw(rng.randrange(100), value)
    except wasmvm.WasmException as error:
        world.expect(len(error.payload) == 2, f"the payload is {error.payload!r}")
        if isinstance(value, Fin):
            world.expect(error.payload[1] is value, "another object was thrown")
        repr(error), str(error), error.tag, error.frames
        world.keep(world.objects, error, rng)


def store_other(world: World, rng: Random) -> None:
    store = world.store(rng)
    roll = rng.random()
    if roll < 0.3:
        store.gc()
    elif roll < 0.4:
        store.interrupt()
    elif roll < 0.45:
        store.set_deadline(rng.choice((None, 0, 0.001, 1, -1, odd.number(rng, world.mischief_of(rng)))))
    elif roll < 0.5:
        store.timeout = rng.choice((None, 0, 0.01, 5, odd.number(rng, world.mischief_of(rng))))
    elif roll < 0.55:
        store.fuel = rng.choice((0, 100, 1 << 40, odd.integer(rng, world.mischief_of(rng))))
    elif roll < 0.6:
        store.set_limits(odd.integer(rng, world.mischief_of(rng)), odd.integer(rng, world.mischief_of(rng)))
        store.set_limits(1 << 20, 1000)
    elif roll < 0.65:
        store.wait_slice()
    elif roll < 0.68:
        store.close()
    elif roll < 0.72:
        store.hold(True)
        with judged(world):
            call(world, rng)
        store.hold(False)
    elif roll < 0.8:
        store.stress = world.stress and rng.random() < 0.7
    else:
        repr((store.heap_size, store.deadline, store.fuel, store.metering))


def forget(world: World, rng: Random) -> None:
    """Let go of something."""
    world.let_go(rng.choice((world.instances, world.neighbours, world.memories, world.tables, world.globals, world.funcs,
                             world.tags, world.objects, world.objects, world.views, world.stores)), rng)  # fmt: skip
    if rng.random() < 0.3:
        gc.collect(rng.randrange(3))


def new_object(world: World, rng: Random) -> None:
    """An object with a finalizer, perhaps in a cycle, perhaps with a weak reference whose callback does something."""
    made = Fin(world.mischief_of(rng, 0.3))
    made.other = rng.choice((None, made, [made, world.pick(world.objects, rng)], world.pick(world.instances, rng)))
    if rng.random() < 0.3:
        act = world.mischief_of(rng, 0.3)
        made.watch = weakref.ref(made, lambda ref: act())  # type: ignore[attr-defined]
    world.keep(world.objects, made, rng)


def eager_collector(world: World, rng: Random) -> None:
    """Let Python's collector run whenever an object is made, with something to do each time; or as usual again."""
    if rng.random() < 0.4:
        usual_collector()
    else:
        gc.freeze()  # else each would look at all modules
        Again(world.mischief_of(rng, 0.7), rng.randrange(60))
        gc.set_threshold(1, 1, 1)


def usual_collector() -> None:
    gc.set_threshold(700, 10, 10)
    gc.unfreeze()


def copies(world: World, rng: Random) -> None:
    """What must not be copied is not, and modules can be pickled."""
    thing = rng.choice((world.pick(world.objects, rng), world.pick(world.instances, rng), world.pick(world.memories, rng),
                        world.pick(world.stores, rng), world.pick(world.funcs, rng)))  # fmt: skip
    if isinstance(thing, Fin) or thing is None:
        return
    with contextlib.suppress(TypeError, pickle.PicklingError, AttributeError, RecursionError, NotImplementedError):
        rng.choice((copy.copy, copy.deepcopy, pickle.dumps))(thing)


def exceptions_away(world: World, rng: Random) -> None:
    """A function of the host that changes everything and raises."""
    instance = world.pick(world.instances, rng)
    if instance is not None:
        with judged(world):
            instance.exports.deep(rng.randrange(300))
        with judged(world):
            instance.exports.recurse(1)


def threads(world: World, rng: Random) -> None:
    """Some threads do some things at once, to the same objects."""
    if not world.threads or world.depth:
        return

    def several(own: Random) -> None:
        for _ in range(own.randrange(1, 8)):
            with judged(world):
                op = own.choices(OPS, WEIGHTS)[0]
                if op is not threads and op is not timer:
                    op(world, own)

    started = [
        threading.Thread(target=several, args=(Random(rng.getrandbits(64)),), daemon=True)
        for _ in range(rng.randrange(1, 4))
    ]
    for thread in started:
        thread.start()
    several(Random(rng.getrandbits(64)))
    end = time.monotonic() + PATIENCE
    for thread in started:
        thread.join(max(0, end - time.monotonic()))
        if thread.is_alive():
            world.wrong(f"a thread has not ended after {PATIENCE} seconds")


def timer(world: World, rng: Random) -> None:
    """A signal whose handler does something, in the middle of wasm that runs."""
    if world.depth or threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        return
    act = world.mischief_of(rng)
    before = signal.signal(signal.SIGALRM, lambda number, frame: act())
    signal.setitimer(signal.ITIMER_REAL, rng.choice((0.0005, 0.002)))
    try:
        instance = world.pick(world.instances, rng)
        if instance is not None:
            instance.exports.loop(rng.choice((1000, 0x1FFFF)))
            instance.exports.list(200, world.reference(rng))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


WEIGHTED: dict[Op, int] = {
    call: 30, call_func: 6, make_list: 8, aggregate: 8, memory_bytes: 6, memory_numbers: 6, memory_other: 5, table: 8,
    global_: 7, new_extern: 5, new_instance: 3, mix_imports: 1, throw: 3, store_other: 4, forget: 4, new_object: 4,
    copies: 1, eager_collector: 1, exceptions_away: 1, threads: 1, timer: 1,
}  # fmt: skip
OPS = list(WEIGHTED)
WEIGHTS = list(WEIGHTED.values())


def random_op(world: World, rng: Random) -> None:
    """One thing; what it raises is judged by the one who asked for it."""
    rng.choices(OPS, WEIGHTS)[0](world, rng)


def mischievous(world: World, rng: Random) -> None:
    """One thing in the middle of another, whose exceptions mostly stay inside."""
    try:
        random_op(world, rng)
    except Exception as error:
        world.caught(error)
        if rng.random() < 0.2:
            raise Odd("in the middle") from error
