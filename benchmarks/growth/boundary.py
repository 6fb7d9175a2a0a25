"""The way between Python and wasm: values of all types, strings, pieces of memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.growth.curve import Work, curve
from wasmvm import Instance, Limits, Memory, MemoryType, Module, Store

CALLS, PIECES = 2_000, 50
LARGE = 1 << 40
"""Python has integers up to 256 already, and makes each larger one anew."""
OBJECT = ["of the host"]
MADE_BY = {
    "i32": "i32.const 1_000_000", "i64": f"i64.const {LARGE}", "f32": "f32.const 0.5", "f64": "f64.const 0.5",
    "v128": "v128.const i64x2 1 2", "funcref": "ref.func $f", "externref": "local.get $object",
}  # fmt: skip
"""By type, an instruction that gives a value of it, in a function that has these names; no reference is null."""

Call = tuple[Callable[..., Any], tuple[Any, ...]]
"""A function and its arguments."""


def value_of(type_: str, function: Callable[..., Any]) -> Any:
    """A Python value of the type, for a function of the same store."""
    return {"i32": 1_000_000, "i64": LARGE, "v128": bytes(16), "funcref": function, "externref": OBJECT}.get(type_, 0.5)


def taking(type_: str, count: int) -> Call:
    """A call with so many parameters."""
    call = Instance(Module(f'(module (func (export "f") (param {f"{type_} " * count})))')).exports.f
    return call, (value_of(type_, call),) * count


def giving(type_: str, count: int) -> Call:
    """A call with so many results."""
    made = Module(
        f"""(module (func $f (export "f") (param $object externref) (result {f"{type_} " * count})
        {(MADE_BY[type_] + " ") * count}))"""
    )
    return Instance(made).exports.f, (OBJECT,)


def calling_out(type_: str, params: int, results: int, times: int) -> Work:
    """A function of wasm that calls one of Python so many times."""
    made = Module(
        f"""(module (import "h" "out" (func $out (param {f"{type_} " * params}) (result {f"{type_} " * results})))
        (func $f (export "run") (param $n i32) (param $object externref)
          (loop $l {f"({MADE_BY[type_]})" * params} (call $out) {"drop " * results}
            (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))"""
    )
    returned: Any = None
    run = Instance(made, {"h": {"out": lambda *_: returned}}).exports.run
    if results:
        returned = (value_of(type_, run),) * results if results > 1 else value_of(type_, run)
    return lambda: run(times, OBJECT)


def repeated(call: Callable[..., Any], arguments: tuple[Any, ...], times: int = CALLS) -> Work:
    def work() -> None:
        for _ in range(times):
            call(*arguments)

    return work


for _type in MADE_BY:

    @curve(f"calls with {_type} parameters", "parameter", 5, times=CALLS)
    def _(count: int, type_: str = _type) -> Work:
        return repeated(*taking(type_, count))

    @curve(f"calls with {_type} results", "result", 5, times=CALLS)
    def _(count: int, type_: str = _type) -> Work:
        return repeated(*giving(type_, count))

    @curve(f"calls of Python with {_type} parameters", "parameter", 5, times=CALLS)
    def _(count: int, type_: str = _type) -> Work:
        return calling_out(type_, count, 0, CALLS)

    @curve(f"calls of Python with {_type} results", "result", 5, times=CALLS)
    def _(count: int, type_: str = _type) -> Work:
        return calling_out(type_, 0, count, CALLS)


def memory(size: int) -> Memory:
    return Memory(Store(), MemoryType(Limits((size >> 16) + 1, None)))


@curve("Memory.read", "KiB", 64, times=PIECES)
def read(count: int) -> Work:
    made = memory(count << 10)
    made.write(0, b"x" * (count << 10))
    return repeated(made.read, (0, count << 10), PIECES)


@curve("Memory.write", "KiB", 64, times=PIECES)
def write(count: int) -> Work:
    made, data = memory(count << 10), bytes(count << 10)
    made.write(0, data)
    return repeated(made.write, (0, data), PIECES)


@curve("Memory.read_cstring", "KiB", 64, times=PIECES)
def read_cstring(count: int) -> Work:
    made = memory(count << 10)
    made.write(0, b"x" * ((count << 10) - 1))
    return repeated(made.read_cstring, (0, 1 << 30), PIECES)


@curve("list of an array of the guest", "element", 10_000)
def list_of(count: int) -> Work:
    made = Instance(
        Module(f"""(module (type $a (array (mut i32)))
        (func (export "f") (result (ref $a)) (array.new_default $a (i32.const {count}))))""")
    )
    array = made.exports.f()
    return lambda: list(array)
