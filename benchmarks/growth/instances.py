"""Stores, instances, and what is reached through them."""

from __future__ import annotations

from benchmarks.growth.curve import Work, curve
from benchmarks.growth.modules import functions
from tests.encode import DATA, MEMORY, module, section, sleb, uleb, vec
from wasmvm import HostFunc, Instance, Linker, Module, Store, functype

WITH_MEMORY = '(module (memory (export "m") 1) (func (export "f") (result i32) i32.const 1))'


@curve("instances in one store", "instance", 1_000)
def in_one_store(count: int) -> Work:
    made, store = Module(WITH_MEMORY), Store(max_instances=count, max_memories=count)
    return lambda: [Instance(made, store=store) for _ in range(count)]


@curve("instances of one store, taken down", "instance", 1_000)
def taken_down(count: int) -> Work:
    made, store = Module(WITH_MEMORY), Store(max_instances=count, max_memories=count)
    kept = [Instance(made, store=store) for _ in range(count)]
    return kept.clear


@curve("stores with an instance", "store", 500)
def own_stores(count: int) -> Work:
    made = Module(WITH_MEMORY)
    return lambda: [Instance(made) for _ in range(count)]


@curve("stores with an instance, taken down", "store", 500)
def stores_taken_down(count: int) -> Work:
    made = Module(WITH_MEMORY)
    kept = [Instance(made) for _ in range(count)]
    return kept.clear


@curve("modules, each with an instance and a call", "module", 250)
def each_its_own(count: int) -> Work:
    texts = [Module(functions(1, exported=True)) for _ in range(count)]
    return lambda: [Instance(made).exports.f0() for made in texts]


@curve("one call of an instance among its exports", "export", 2_500, flat=True, times=20)
def one_of_many(count: int) -> Work:
    made = Module(functions(count, exported=True))
    Instance(made).exports.f1()

    def work() -> None:
        for _ in range(20):
            Instance(made).exports.f1()

    return work


@curve("the memory among the exports", "export", 2_500, flat=True, times=20)
def the_memory(count: int) -> Work:
    text = "".join(f'(export "f{i}" (func 0))' for i in range(count))
    made = Module(f'(module (func) (memory (export "memory") 1) {text})')
    instances = [Instance(made) for _ in range(20)]
    assert Instance(made).exports.memory  # the first one makes a table of the names, for all
    return lambda: [instance.exports.memory for instance in instances]


@curve("all exports of an instance", "export", 2_500)
def all_of_them(count: int) -> Work:
    instance = Instance(Module(functions(count, exported=True)))
    return lambda: dict(instance.exports)


@curve("an instance and its imports", "import", 2_500)
def imports(count: int) -> Work:
    made = Module("(module" + '(import "a" "b" (func))' * count + ")")
    given = {"a": {"b": lambda: None}}
    return lambda: Instance(made, given)


@curve("an instance and its globals", "global", 10_000)
def globals_(count: int) -> Work:
    made = Module("(module" + "(global i32 (i32.const 0))" * count + ")")
    return lambda: Instance(made)


@curve("an instance and its data segments", "segment", 5_000)
def data(count: int) -> Work:
    made = Module("(module (memory 1)" + '(data (i32.const 9) "abc")' * count + ")")
    return lambda: Instance(made)


@curve("an instance and its element segments", "segment", 5_000)
def elements(count: int) -> Work:
    made = Module("(module (table 1 funcref) (func)" + "(elem (i32.const 0) func 0)" * count + ")")
    return lambda: Instance(made)


@curve("another instance of a module", "function", 5_000)
def another(count: int) -> Work:
    made = Module(functions(count))
    kept = Instance(made)
    return lambda: (kept, Instance(made))


@curve("another instance and its 64 KiB pages of data", "page", 16)
def another_with_data(count: int) -> Work:
    segments = [b"\0\x41" + sleb(i << 16) + b"\x0b" + uleb(65536) + b"x" * 65536 for i in range(count)]
    made = Module(module(section(MEMORY, b"\1\0" + uleb(count)), section(DATA, vec(segments))))
    kept = Instance(made)
    return lambda: (kept, Instance(made))


@curve("a linker's instances of a chain", "module", 250)
def chain(count: int) -> Work:
    first = Module('(module (func (export "f") (result i32) i32.const 1))')
    following = Module('(module (import "before" "f" (func (result i32))) (export "f" (func 0)))')

    def work() -> None:
        store = Store(max_instances=count + 1)
        last = Instance(first, store=store)
        for _ in range(count):
            linker = Linker()
            linker.define("before", "f", last.exports.f)
            last = linker.instantiate(following, store)

    return work


@curve("HostFunc.bind", "function", 5_000)
def bind(count: int) -> Work:
    store, type_ = Store(), functype("i32", "i32")
    return lambda: [HostFunc(lambda n: n, type_).bind(store) for _ in range(count)]
