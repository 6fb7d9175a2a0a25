"""What runs: calls, exceptions, traps, objects and their collection, memories and tables."""

from __future__ import annotations

from contextlib import suppress

from benchmarks.growth.curve import Work, curve
from wasmvm import Instance, Module, Store, Trap, WasmException

MAX_STACK = 1 << 28


def instance(text: str, **limits: int) -> Instance:
    return Instance(Module(text), store=Store(**limits))  # type: ignore[arg-type]


# --- Exceptions and traps ---------------------------------------------------------------------------------------------


def throwers(count: int) -> Module:
    """Functions that throw and catch, and one that calls each once."""
    one = "(func (block $h (try_table (catch $e $h) (throw $e))))"
    calls = "".join(f"(call {i})" for i in range(count))
    return Module(f'(module (tag $e) {one * count} (func (export "all") {calls}))')


@curve("the first throw of each function", "function", 1_000)
def first_throws(count: int) -> Work:
    return Instance(throwers(count)).exports.all


@curve("the first throw of each function, second instance", "function", 1_000)
def first_throws_again(count: int) -> Work:
    made = throwers(count)
    Instance(made).exports.all()
    return Instance(made).exports.all


@curve("later throws", "throw", 2_000)
def later_throws(count: int) -> Work:
    throwing = Instance(throwers(count)).exports.all
    throwing()
    return throwing


@curve("a throw through frames", "frame", 20_000)
def through_frames(count: int) -> Work:
    call = instance(
        """(module (tag $e)
        (func $deep (param i32) (if (local.get 0) (then (call $deep (i32.sub (local.get 0) (i32.const 1))))
          (else (throw $e))))
        (func (export "run") (param i32) (block $h (try_table (catch $e $h) (call $deep (local.get 0))))))""",
        max_stack=MAX_STACK,
    ).exports.run
    return lambda: call(count)


@curve("an uncaught throw", "function", 5_000, flat=True, times=50)
def uncaught(count: int) -> Work:
    call = instance(f'(module (tag $e) {"(func)" * count} (func (export "run") (throw $e)))').exports.run

    def work() -> None:
        for _ in range(50):
            with suppress(WasmException):
                call()

    return work


def trap_at_depth(count: int, depth: int) -> Work:
    call = instance(
        f"""(module {"(func)" * count}
        (func $deep (export "run") (param i32) (if (local.get 0)
          (then (call $deep (i32.sub (local.get 0) (i32.const 1)))) (else unreachable))))"""
    ).exports.run

    def work() -> None:
        for _ in range(10):
            with suppress(Trap):
                call(depth)

    return work


@curve("a trap in the last function", "function", 5_000, flat=True, times=10)
def trap(count: int) -> Work:
    return trap_at_depth(count, 0)


@curve("a trap 99 frames deep", "function", 5_000, flat=True, times=10)
def deep_trap(count: int) -> Work:
    return trap_at_depth(count, 99)


@curve("an exception of a host function, 10 frames deep", "function", 5_000, flat=True, times=20)
def host_exception(count: int) -> Work:
    def fail() -> None:
        raise KeyError

    made = Module(f"""(module (import "h" "fail" (func $fail)) {"(func)" * count}
        (func $deep (export "run") (param i32) (if (local.get 0)
          (then (call $deep (i32.sub (local.get 0) (i32.const 1)))) (else (call $fail)))))""")
    call = Instance(made, {"h": {"fail": fail}}).exports.run

    def work() -> None:
        for _ in range(20):
            with suppress(KeyError):
                call(10)

    return work


@curve("a recursion, then a trap", "frame", 20_000)
def recursion(count: int) -> Work:
    call = instance(
        """(module (func $deep (export "run") (param i32) (if (local.get 0)
          (then (call $deep (i32.sub (local.get 0) (i32.const 1)))) (else unreachable))))""",
        max_stack=MAX_STACK,
    ).exports.run

    def work() -> None:
        with suppress(Trap):
            call(count)

    return work


@curve("the first call of each function", "function", 1_000)
def first_calls(count: int) -> Work:
    calls = "".join(f"(call {i})" for i in range(count))
    return instance(f'(module {"(func)" * count} (func (export "all") {calls}))').exports.all


# --- Objects ----------------------------------------------------------------------------------------------------------

OBJECTS = """(module
  (type $s (struct (field i64))) (type $list (struct (field (ref null $list))))
  (type $tree (struct (field (ref null $tree)) (field (ref null $tree)))) (type $refs (array (mut anyref)))
  (global $kept (mut (ref null $list)) (ref.null $list)) (global $array (mut (ref null $refs)) (ref.null $refs))
  (func (export "garbage") (param i32)
    (loop $l (drop (struct.new_default $s)) (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
  (func (export "list") (param i32)
    (loop $l (global.set $kept (struct.new $list (global.get $kept)))
      (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
  (func (export "array") (param i32) (global.set $array (array.new_default $refs (local.get 0)))
    (loop $l (array.set $refs (global.get $array) (i32.sub (local.get 0) (i32.const 1)) (struct.new_default $s))
      (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
  (func $tree (export "tree") (param i32) (result (ref null $tree))
    (if (result (ref null $tree)) (local.get 0)
      (then (struct.new $tree (call $tree (i32.sub (local.get 0) (i32.const 1)))
                              (call $tree (i32.sub (local.get 0) (i32.const 1)))))
      (else (ref.null $tree))))
  (func $deep (export "deep") (param i32 i32)
    (if (local.get 0) (then (call $deep (i32.sub (local.get 0) (i32.const 1)) (local.get 1)))
      (else (loop $l (drop (struct.new_default $s))
        (br_if $l (local.tee 1 (i32.sub (local.get 1) (i32.const 1)))))))))"""
HEAP = {"max_heap": 1 << 30}


@curve("garbage", "structure", 200_000)
def garbage(count: int) -> Work:
    call = instance(OBJECTS, **HEAP).exports.garbage
    return lambda: call(count)


@curve("garbage beside 400,000 live objects", "structure", 2_000_000)
def garbage_beside(count: int) -> Work:
    exports = instance(OBJECTS, **HEAP).exports
    exports.list(400_000)
    return lambda: exports.garbage(count)


@curve("a linked list that is kept", "node", 100_000)
def linked_list(count: int) -> Work:
    call = instance(OBJECTS, **HEAP).exports.list
    return lambda: call(count)


@curve("an array of references", "reference", 100_000)
def array(count: int) -> Work:
    call = instance(OBJECTS, **HEAP).exports.array
    return lambda: call(count)


@curve("a tree", "leaf", 1 << 16)
def tree(count: int) -> Work:
    call = instance(OBJECTS, **HEAP).exports.tree
    return lambda: call(count.bit_length())


@curve("garbage under a stack", "frame", 20_000)
def garbage_under(count: int) -> Work:
    call = instance(OBJECTS, max_heap=1 << 30, max_stack=MAX_STACK).exports.deep
    return lambda: call(count, 20 * count)


@curve("garbage, then Store.gc, beside instances", "instance", 1_000)
def roots(count: int) -> Work:
    store = Store(max_instances=count + 1, max_heap=1 << 30)
    made = Module(OBJECTS)
    kept = [Instance(made, store=store) for _ in range(count)]
    kept[0].exports.garbage(1000)
    return store.gc


@curve("dead externrefs and Store.gc", "externref", 50_000)
def externrefs(count: int) -> Work:
    store = Store(max_heap=1 << 30)
    call = Instance(Module('(module (func (export "f") (param externref)))'), store=store).exports.f
    for i in range(count):
        call([i])
    return store.gc


# --- Tables and memories ----------------------------------------------------------------------------------------------

TABLES = """(module
  (table $e (export "e") 0 externref) (table $f (export "f") 0 funcref) (func $f) (elem declare func $f)
  (func (export "set") (param i32) (drop (table.grow $f (ref.null func) (local.get 0)))
    (loop $l (table.set $f (i32.sub (local.get 0) (i32.const 1)) (ref.func $f))
      (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
  (func (export "grow") (param i32)
    (loop $l (drop (table.grow $f (ref.null func) (i32.const 1)))
      (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))"""


@curve("a table's externrefs, set and read from Python", "element", 20_000)
def table_of_objects(count: int) -> Work:
    table = instance(TABLES).exports.e
    table.grow(count)

    def work() -> None:
        for i in range(count):
            table[i] = i
        assert table[count - 1] == count - 1

    return work


@curve("table.set", "element", 200_000)
def table_set(count: int) -> Work:
    call = instance(TABLES).exports.set
    return lambda: call(count)


@curve("table.grow by one", "element", 100_000)
def table_grow(count: int) -> Work:
    call = instance(TABLES).exports.grow
    return lambda: call(count)


@curve("memory.grow by a page", "page", 2_000)
def memory_grow(count: int) -> Work:
    call = instance(
        """(module (memory 0) (func (export "grow") (param i32)
        (loop $l (drop (memory.grow (i32.const 1))) (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))"""
    ).exports.grow
    return lambda: call(count)


@curve("memory.fill", "64 KiB page", 256)
def memory_fill(count: int) -> Work:
    made = instance(
        f"""(module (memory {count}) (func (export "fill") (param i32)
        (memory.fill (i32.const 0) (local.get 0) (i32.const {count << 16}))))"""
    )
    made.exports.fill(1)
    return lambda: made.exports.fill(2)


@curve("an instance that touches its memory", "64 KiB page", 64)
def touched(count: int) -> Work:
    made = Module(
        f"""(module (memory {count}) (func (export "fill") (memory.fill (i32.const 0) (i32.const 1)
        (i32.const {count << 16}))))"""
    )
    return lambda: Instance(made).exports.fill()
