"""Frames as calls begin them: locals that are zero, and the exact size that fits, by every kind of call."""

from __future__ import annotations

import pytest

from tests.wat import wat2wasm
from wasmvm import Instance, Module, Store, Trap

CALLS = {
    "call": "(call $callee (i64.const 5))",
    "call_import": "(call $imported (i64.const 5))",
    "call_indirect": "(call_indirect $t (type $f) (i64.const 5) (i32.const 0))",
    "call_indirect of another instance": "(call_indirect $t (type $f) (i64.const 5) (i32.const 1))",
    "call_ref": "(call_ref $f (i64.const 5) (ref.func $callee))",
    "call_ref of another instance": "(call_ref $f (i64.const 5) (ref.func $imported))",
}
CALLS.update({f"return_{name}": f"(return_{text[1:]}" for name, text in CALLS.items()})
"""How a function calls; each function of another instance is in the table and imported as well."""


def callee(count: int, result: str) -> str:
    """Parameters and results of a function, its locals, and a body that gives `result`."""
    locals_ = " ".join("i64" for _ in range(count))
    return f"(param i64) (result i64) (local {locals_}) {result}"


def exports(callee_text: str, call: str, more: str, store: Store) -> Instance:
    other = Instance(Module(wat2wasm(f'(module (memory 2) (func (export "f") {callee_text}))')), store=store)
    text = f"""(module (type $f (func (param i64) (result i64))) (import "" "f" (func $imported (type $f))) (memory 1)
      (table $t funcref (elem $callee $imported)) (elem declare func $callee $imported)
      (func $callee (export "callee") {callee_text})
      (func (export "caller") {more} {call})
      (func (export "size") (result i32) (memory.size)))"""
    return Instance(Module(wat2wasm(text)), {"": other.exports}, store)


@pytest.mark.parametrize("name", CALLS)
def test_locals_are_zero(name: str) -> None:
    """Whatever was there: the caller's own frame, where it is given away, and those of earlier calls. By the first call,
    which lowers the function, and the next ones."""
    count = 9
    total = "(local.get 1)" + "".join(f"(i64.or (local.get {i}))" for i in range(2, count + 1))
    dirty = "".join(f"(local.set {i} (i64.const -1))" for i in range(1, 60))
    more = f"""(param i64) (result i64) (local {"i64 " * 60}) {dirty}
      (drop (i64.add (call $dirty (i64.const 1)) (local.get 59)))"""
    call = f"""{CALLS[name]}) (func $dirty (param i64) (result i64) (local {"i64 " * 60}) {dirty} (local.get 59)"""
    caller = exports(callee(count, total), call, more, Store()).exports["caller"]
    for _ in range(3):
        assert caller(-1) == 0


@pytest.mark.parametrize("name", CALLS)
def test_the_last_frame_that_fits(name: str) -> None:
    """The first call of a function and the later ones agree about it to the slot: first the machine looks when it lowers
    the function, then in the call itself."""
    outcomes: list[bool] = []
    slots = 65536 // 8
    for count in range(slots - 24, slots + 1):
        locals_ = f"(local {' '.join('i64' for _ in range(count))})"
        text = f"(param i64) (result i64) {locals_} (local.get {count})"
        instance = exports(text, CALLS[name], "(param i64) (result i64)", Store(max_stack=65536))
        seen = []
        for _ in range(3):
            try:
                assert instance.exports.caller(1) == 0
                seen.append(True)
            except Trap as trap:
                assert trap.code == "call_stack_exhausted"
                seen.append(False)
            assert instance.exports.size() == 1
        assert len(set(seen)) == 1, f"{count} locals: {seen}"
        outcomes += seen[:1]
    assert outcomes == sorted(outcomes, reverse=True), "what is larger does not fit either"
    assert outcomes[0] and not outcomes[-1]
