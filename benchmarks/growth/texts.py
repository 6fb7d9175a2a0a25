"""The text format, both ways, and scripts of the specification."""

from __future__ import annotations

import io
from contextlib import redirect_stdout

from benchmarks.growth.curve import Work, curve
from benchmarks.growth.modules import functions
from wasmvm import wasm2wat, wat2wasm


def assembled(text: str) -> Work:
    return lambda: wat2wasm(text)


@curve("wat2wasm of nested blocks", "block", 500)
def nested(count: int) -> Work:
    return assembled("(module (func " + "(block " * count + ")" * count + "))")


@curve("wat2wasm of statements", "statement", 5_000)
def statements(count: int) -> Work:
    return assembled(
        "(module (func (local $x i32)" + "(local.set $x (i32.add (local.get $x) (i32.const 1)))" * count + "))"
    )


@curve("wat2wasm of functions", "function", 2_500)
def of_functions(count: int) -> Work:
    return assembled("(module" + "".join(f'(func $f{i} (export "f{i}") (call $f{i // 2}))' for i in range(count)) + ")")


@curve("wat2wasm of named locals", "local", 2_500)
def locals_(count: int) -> Work:
    declared = "".join(f"(local $l{i} i32)" for i in range(count))
    return assembled(f"(module (func {declared} {''.join(f'(local.set $l{i} (i32.const 0))' for i in range(count))}))")


@curve("wat2wasm of types that are written inline", "type", 1_000)
def inline_types(count: int) -> Work:
    names = ("i32", "i64", "f32", "f64")
    params = [" ".join(names[i >> 2 * d & 3] for d in range(7)) for i in range(count)]
    return assembled("(module" + "".join(f"(func (param {p}))" for p in params) + ")")


@curve("wat2wasm of a string", "KiB", 64)
def string(count: int) -> Work:
    return assembled('(module (memory 1) (data "' + "abc\\00" * (256 * count) + '"))')


@curve("wat2wasm of numbers", "number", 5_000)
def numbers(count: int) -> Work:
    return assembled("(module (func" + "".join(f"(drop (f64.const {i}.25e-3))" for i in range(count)) + "))")


@curve("wasm2wat of functions", "function", 5_000)
def printed(count: int) -> Work:
    data = functions(count, exported=True)
    return lambda: wasm2wat(data)


@curve("wasm2wat of one function", "instruction", 10_000)
def printed_body(count: int) -> Work:
    data = wat2wasm("(module (func" + "(drop (i32.const 1))" * (count // 2) + "))")
    return lambda: wasm2wat(data)


@curve("a script's assertions", "assertion", 500)
def script(count: int) -> Work:
    from wasmvm.programs.wast import run_script

    text = (
        '(module (func (export "f") (result i32) i32.const 7))' + '(assert_return (invoke "f") (i32.const 7))' * count
    )

    def work() -> None:
        with redirect_stdout(io.StringIO()):
            run_script(text)

    return work
