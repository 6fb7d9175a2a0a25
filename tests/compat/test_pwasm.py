"""`wasmvm.compat.pwasm`: what the original's documentation shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.wat import wat2wasm
from wasmvm.compat import pwasm
from wasmvm.compat.pwasm.runtime import Limits
from wasmvm.compat.pwasm.sandbox import Sandbox

EXAMPLES = Path(__file__).resolve().parent.parent.parent / "examples"
GUEST = wat2wasm("""(module (import "env" "log" (func $log (param i32)))
  (memory (export "memory") 1) (table (export "__indirect_function_table") 1 funcref) (elem (i32.const 0) $seven)
  (global (export "g") (mut i32) (i32.const 5))
  (func $seven (export "seven") (result i32) i32.const 7)
  (func (export "add") (param i32 i32) (result i32) (call $log (local.get 0)) local.get 0 local.get 1 i32.add)
  (func (export "malloc") (param i32) (result i32) i32.const 1024) (func (export "free") (param i32))
  (func (export "spin") (loop br 0)) (func (export "trap") unreachable))""")


def test_instances() -> None:
    seen: list[int] = []
    instance = pwasm.instantiate(pwasm.decode_module(GUEST), {"env": {"log": seen.append}})
    assert instance.exports.add(1, 2) == instance.exports["add"](1, 2) == 3
    assert seen == [1, 1]
    assert instance.exports.g.value == 5
    instance.exports.memory.write(3, b"xyz")
    assert (instance.exports.memory.read(3, 3), instance.exports.memory.size) == (b"xyz", 1)
    with pytest.raises(pwasm.TrapError):
        instance.exports.trap()


def test_errors() -> None:
    for data in (b"", b"\0asm"):
        with pytest.raises(pwasm.DecodeError):
            pwasm.decode_module(data)
    with pytest.raises(pwasm.LinkError):
        pwasm.instantiate(pwasm.decode_module(GUEST))
    limits = Limits(fuel=1000)
    instance = pwasm.instantiate(pwasm.decode_module(GUEST), {"env": {"log": print}}, limits=limits)
    with pytest.raises(pwasm.OutOfFuel):
        instance.exports.spin()
    assert (limits.fuel_remaining, limits.fuel_consumed) == (0, 1000)


def test_a_sandbox() -> None:
    sandbox = Sandbox(GUEST, imports={"env": {"log": print}}, timeout=0.05, max_memory=1 << 20)
    assert (sandbox.call("seven"), sandbox.call_indirect(0), sandbox.memory_size) == (7, 7, 65536)
    assert sandbox.read_cstr(sandbox.alloc(b"text", nul=True)) == b"text"
    sandbox.write_u32(8, 2**32 - 1)
    assert sandbox.read_u32(8) == 2**32 - 1
    with pytest.raises(pwasm.Timeout):
        sandbox.call("spin")
    with pytest.raises(pwasm.LinkError, match=r"unresolved imports: env\.log"):
        Sandbox(GUEST)


def test_a_sandbox_has_wasi() -> None:
    sandbox = Sandbox(EXAMPLES / "hello.wasm", args=("hello", "x"))
    sandbox.call("_start")
    assert "hello x" in sandbox.stdout
