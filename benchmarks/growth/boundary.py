"""The way between Python and wasm: values of all types, strings, pieces of memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.growth.curve import Work, curve
from wasmvm import Instance, Limits, Memory, MemoryType, Module, Store

CALLS, PIECES = 2_000, 50
VALUES: dict[str, Any] = {
    "i32": 1, "i64": 1, "f32": 1.0, "f64": 1.0, "v128": bytes(16), "funcref": None, "externref": "x",
}  # fmt: skip
"""By type, an argument of it."""


def zero(type_: str) -> str:
    """An instruction that gives a value of the type."""
    if type_.endswith("ref"):
        return f"ref.null {type_.removesuffix('ref')}"
    return "v128.const i64x2 0 0" if type_ == "v128" else f"{type_}.const 0"


def taking(type_: str, count: int) -> Callable[..., Any]:
    return Instance(Module(f'(module (func (export "f") (param {f"{type_} " * count})))')).exports.f  # type: ignore[no-any-return]


def giving(type_: str, count: int) -> Callable[..., Any]:
    made = Module(f'(module (func (export "f") (result {f"{type_} " * count}) {(zero(type_) + " ") * count}))')
    return Instance(made).exports.f  # type: ignore[no-any-return]


def calling_out(type_: str, params: int, results: int, times: int) -> Work:
    """A function of wasm that calls one of Python so many times."""
    returned: Any = None if not results else VALUES[type_] if results == 1 else (VALUES[type_],) * results
    made = Module(
        f"""(module (import "h" "f" (func $f (param {f"{type_} " * params}) (result {f"{type_} " * results})))
        (func (export "run") (param i32) (loop $l {f"({zero(type_)})" * params} (call $f) {"drop " * results}
          (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))"""
    )
    run = Instance(made, {"h": {"f": lambda *_: returned}}).exports.run
    return lambda: run(times)


def repeated(call: Callable[..., Any], arguments: tuple[Any, ...], times: int = CALLS) -> Work:
    def work() -> None:
        for _ in range(times):
            call(*arguments)

    return work


for _type in VALUES:

    @curve(f"calls with {_type} parameters", "parameter", 5, times=CALLS)
    def _(count: int, type_: str = _type) -> Work:
        return repeated(taking(type_, count), (VALUES[type_],) * count)

    @curve(f"calls with {_type} results", "result", 5, times=CALLS)
    def _(count: int, type_: str = _type) -> Work:
        return repeated(giving(type_, count), ())

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
