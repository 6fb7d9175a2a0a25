"""`wasmvm.compat.pwasm`: against the package it replaces, and what the original's documentation shows."""

from __future__ import annotations

import gc
import importlib.util
import struct
import sys
import threading
import time
import weakref
from pathlib import Path
from typing import Any

import pytest

from tests.compat.running import missing, run, run_on, unused
from tests.patience import PATIENCE
from tests.wat import wat2wasm
from wasmvm.compat import pwasm
from wasmvm.compat.pwasm import contents, runtime, types
from wasmvm.compat.pwasm.executor import ExportedFunction
from wasmvm.compat.pwasm.runtime import GlobalInstance, Limits, MemoryInstance, TableInstance
from wasmvm.compat.pwasm.sandbox import Sandbox
from wasmvm.compat.pwasm.wasi import Exit, WasiLite

EXAMPLES = Path(__file__).resolve().parent.parent.parent / "examples"
SCRIPT = Path(__file__).with_name("pwasm_script.py")
MODULES = (
    "",
    ".decoder",
    ".types",
    ".errors",
    ".runtime",
    ".executor",
    ".numeric",
    ".opcodes",
    ".sandbox",
    ".wasi",
    ".emscripten",
)
ABSENT = {
    **dict.fromkeys(("Limits.refill", "Limits.countdown"), "how pwasm counts fuel"),
    **dict.fromkeys(("WasmFunction.compile", "WasmFunction.tier_up", "WasmFunction.code", "WasmFunction.pyfunc"),
                    "how pwasm compiles to Python"),
}  # fmt: skip
needs_original = pytest.mark.skipif(
    importlib.util.find_spec("pwasm") is None, reason="pwasm is not installed (extra `test`)"
)
GUEST = wat2wasm("""(module (import "env" "log" (func $log (param i32)))
  (memory (export "memory") 1) (table (export "__indirect_function_table") 1 funcref) (elem (i32.const 0) $seven)
  (global (export "g") (mut i32) (i32.const 5))
  (func $seven (export "seven") (result i32) i32.const 7)
  (func (export "add") (param i32 i32) (result i32) (call $log (local.get 0)) local.get 0 local.get 1 i32.add)
  (func (export "malloc") (param i32) (result i32) i32.const 1024) (func (export "free") (param i32))
  (func (export "spin") (loop br 0)) (func (export "trap") unreachable) (func $deep (export "deep") call $deep)
  (func (export "turns") (param i32) (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))""")


@needs_original
def test_the_same_script_prints_the_same() -> None:
    expected = run("-m", "tests.compat.pwasm_script")
    assert expected.count("\n") > 400
    assert run_on("pwasm", "-m", "tests.compat.pwasm_script").splitlines() == expected.splitlines()


@needs_original
@pytest.mark.parametrize("name", MODULES)
def test_every_public_name_is_there(name: str) -> None:
    assert not missing(f"pwasm{name}", f"wasmvm.compat.pwasm{name}", ABSENT)


@needs_original
@pytest.mark.parametrize("name", MODULES)
def test_every_public_name_is_in_the_script(name: str) -> None:
    sections = "type import table memory global export element data".split()
    assert not unused(f"pwasm{name}", SCRIPT, ABSENT, {f"decode_{section}_section" for section in sections})


def load(imports: Any = None, **options: Any) -> Any:
    given = {"env": {"log": lambda value: None}} if imports is None else imports
    return pwasm.instantiate(pwasm.decode_module(GUEST), given, **options)


def test_instances() -> None:
    seen: list[int] = []
    instance = load({"env": {"log": seen.append}})
    assert instance.exports.add(1, 2) == instance.exports["add"](1, 2) == 3
    assert seen == [1, 1]
    assert instance.exports.g.value == 5
    instance.exports.memory.write(3, b"xyz")
    assert (instance.exports.memory.read(3, 3), instance.exports.memory.size) == (b"xyz", 1)
    with pytest.raises(pwasm.TrapError, match="unreachable"):
        instance.exports.trap()
    with pytest.raises(pwasm.TrapError, match="call stack exhausted"):
        instance.exports.deep()
    assert isinstance(instance.exports.seven, ExportedFunction)


def test_arguments_are_converted() -> None:
    add = load().exports.add
    assert add(2**32 + 5, "3") == 8
    assert add(2.9, True) == 3
    with pytest.raises(TypeError, match="takes 2 arguments"):
        add(1)


TWO = wat2wasm("""(module (import "env" "two" (func $two (result i32 f64))) (import "env" "one" (func $one (result i64)))
  (func (export "two") (result i32 f64) call $two) (func (export "one") (result i64) call $one))""")


@pytest.mark.parametrize("found", [5, None, (), (1,), (1, 2.0, 3), [1, 2, 3], "12", {1: 2, 3: 4}, {1, 2}], ids=repr)
def test_host_functions_return_as_many_values_as_their_type_says(found: Any) -> None:
    instance = pwasm.instantiate(pwasm.decode_module(TWO), {"env": {"two": lambda: found, "one": lambda: 3}})
    with pytest.raises(TypeError, match="host function must return 2 values"):
        instance.exports.two()


def test_host_functions_return_a_tuple_a_list_or_a_number() -> None:
    for pair in ((7, 0.5), [7, 0.5]):
        for one in (-3, (-3,), [-3]):
            given = {"two": lambda pair=pair: pair, "one": lambda one=one: one}
            exports = pwasm.instantiate(pwasm.decode_module(TWO), {"env": given}).exports
            assert tuple(exports.two()) == (7, 0.5)
            assert exports.one() == -3


def test_errors() -> None:
    for data in (b"", b"\0asm", b"(module)"):
        with pytest.raises(pwasm.DecodeError):
            pwasm.decode_module(data)
    with pytest.raises(pwasm.ValidationError, match="type mismatch"):
        pwasm.decode_module(b"\0asm\1\0\0\0\1\5\1\x60\0\1\x7f\3\2\1\0\x0a\4\1\2\0\x0b")
    with pytest.raises(pwasm.LinkError, match=r"env\.log"):
        load({})
    with pytest.raises(TypeError, match="decoded"):
        pwasm.instantiate(pwasm.Module())


def test_fuel_is_charged_by_call_and_turn() -> None:
    limits = Limits(fuel=1000)
    instance = load(limits=limits)
    instance.exports.turns(10)
    assert (limits.fuel_consumed, limits.fuel_remaining) == (11, 989)
    with pytest.raises(pwasm.OutOfFuel):
        instance.exports.spin()
    assert (limits.fuel_remaining, limits.fuel_consumed) == (0, 1000)
    limits.set_fuel(3)
    instance.exports.turns(2)
    with pytest.raises(pwasm.OutOfFuel, match="1003 units"):
        instance.exports.turns(1)


def test_a_deadline() -> None:
    limits = Limits()
    instance = load(limits=limits)
    limits.set_deadline(time.monotonic() + 0.05)
    with pytest.raises(pwasm.Timeout):
        instance.exports.spin()
    with pytest.raises(pwasm.Timeout):  # it has passed
        instance.exports.seven()
    limits.set_deadline(None)
    assert instance.exports.seven() == 7


def test_memory_has_a_limit() -> None:
    instance = load(limits=Limits(max_memory=2 * 65536))
    assert (instance.exports.memory.grow(1), instance.exports.memory.grow(1)) == (1, -1)
    with pytest.raises(pwasm.LinkError, match="max_memory"):
        load(limits=Limits(max_memory=65535))


def shared(text: str, imports: Any = None, **options: Any) -> Any:
    return pwasm.instantiate(pwasm.decode_module(wat2wasm(text)), imports, **options)


READER = """(module (import "m" "memory" (memory 1)) (import "m" "table" (table 1 funcref)) (import "m" "g" (global $g (mut i64)))
  (func (export "peek") (result i32) i32.const 0 i32.load8_u) (func (export "g") (result i64) global.get $g)
  (func (export "call") (result i32) (call_indirect (result i32) (i32.const 0))))"""


def test_what_is_made_by_hand_comes_together_in_an_instance() -> None:
    memory, table = MemoryInstance(1), TableInstance("funcref", 1)
    counter = GlobalInstance(types.GlobalType("i64", True), 2**64 - 1)
    memory.write(0, b"x")
    before = memory.data
    instance = shared(READER, {"m": {"memory": memory, "table": table, "g": counter}})
    assert (instance.exports.peek(), instance.exports.g()) == (ord("x"), -1)
    counter.value = 5
    table.set(0, load().exports.seven.func)  # a function of another store
    assert (instance.exports.g(), instance.exports.call(), table.get(0)()) == (5, 7, 7)
    assert before is not memory.data  # bytes that were taken before it lived in a store are a copy
    again = shared(READER, {"m": {"memory": memory, "table": table, "g": counter}})
    memory.write(0, b"y")
    assert again.exports.peek() == instance.exports.peek() == ord("y")


def test_what_lives_in_two_stores_does_not_come_together() -> None:
    one, two = load().exports, TableInstance("funcref", 1)
    two.set(0, load().exports.seven)
    with pytest.raises(pwasm.LinkError, match="share nothing"):
        shared(READER, {"m": {"memory": one.memory, "table": two, "g": GlobalInstance(types.GlobalType("i64", True))}})
    with pytest.raises(pwasm.LinkError, match="with these limits"):
        shared('(module (import "m" "memory" (memory 1)))', {"m": {"memory": one.memory}}, limits=Limits())


def test_functions_are_called_across_stores() -> None:
    text = '(module (import "m" "f" (func $f (result i32))) (func (export "f") (result i32) (i32.add (call $f) (i32.const 1))))'
    limited = load(limits=Limits(fuel=100))
    instance = shared(text, {"m": {"f": limited.exports.seven}}, limits=Limits(fuel=100))
    assert (instance.exports.f(), instance.limits.fuel_consumed, limited.limits.fuel_consumed) == (8, 1, 1)


def test_instances_that_share_a_store_are_let_go() -> None:
    library = load()
    text = """(module (import "m" "f" (func $f (result i32))) (memory (export "memory") 1)
      (func (export "f") (result i32) call $f))"""
    gone = []
    for _ in range(3):
        instance = shared(text, {"m": {"f": library.exports.seven}})
        assert instance.exports.f() == 7
        gone.append(weakref.ref(instance))
        instance.exports.memory.write(0, b"x")
        del instance
    gc.collect()
    assert [reference() for reference in gone] == [None] * 3
    assert library.exports.seven() == 7


def test_instances_are_used_in_threads() -> None:
    results = []
    threads = [threading.Thread(target=lambda: results.append(load().exports.add(1, 2))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [3] * 8


def test_a_host_exception_comes_out_as_it_is() -> None:
    mine = LookupError("mine")

    def fail(value: int) -> None:
        raise mine

    with pytest.raises(LookupError) as caught:
        load({"env": {"log": fail}}).exports.add(1, 2)
    assert caught.value is mine


def test_a_sandbox() -> None:
    sandbox = Sandbox(GUEST, imports={"env": {"log": print}}, timeout=PATIENCE, max_memory=1 << 20)
    assert (sandbox.call("seven"), sandbox.call_indirect(0), sandbox.memory_size) == (7, 7, 65536)
    assert sandbox.read_cstr(sandbox.alloc(b"text", nul=True)) == b"text"
    sandbox.write_u32(8, 2**32 - 1)
    assert sandbox.read_u32(8) == 2**32 - 1
    sandbox.timeout = 0.05
    with pytest.raises(pwasm.Timeout):
        sandbox.call("spin")
    with pytest.raises(pwasm.LinkError, match=r"unresolved imports: env\.log"):
        Sandbox(GUEST)


def test_a_sandbox_has_wasi() -> None:
    sandbox = Sandbox(EXAMPLES / "hello.wasm", args=("hello", "x"))
    sandbox.call("_start")
    assert "hello x" in sandbox.stdout


def test_wasi_gives_no_files() -> None:
    wasi = WasiLite(stdin=b"typed", args=["prog"])
    wasi.memory = memory = MemoryInstance(1)
    memory.write(0, struct.pack("<II", 100, 3))
    assert (wasi.lookup("fd_read")(0, 0, 1, 20), memory.read(100, 3), wasi.stdin_pos) == (0, b"typ", 3)
    assert wasi.lookup("path_open")(3, 0, 0, 0, 0, 0, 0, 0, 0) == WasiLite.ENOTCAPABLE
    assert wasi.lookup("sock_accept")(0, 0, 0) == WasiLite.ENOSYS
    assert wasi.unsupported_calls == ["sock_accept"]
    seen: list[bytes] = []
    wasi.sinks[1] = seen.append
    assert wasi.lookup("fd_write")(1, 0, 1, 20) == 0
    assert (seen, wasi.stdout) == ([b"typ"], b"")
    with pytest.raises(Exit) as caught:
        wasi.lookup("proc_exit")(3)
    assert caught.value.code == 3


def test_a_guest_that_nests_without_end_is_stopped() -> None:
    text = """(module (import "env" "again" (func $again)) (func $f (export "f") (call $again)) (memory (export "memory") 1))"""
    box = Sandbox(wat2wasm(text), imports={"env": {"again": lambda: box.call("f")}})
    with pytest.raises(pwasm.TrapError, match="call stack exhausted"):
        box.call("f")
    assert sys.getrecursionlimit() <= 4000


def test_the_guests_come_with_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.machinery.PathFinder.find_spec", lambda name: None)
    monkeypatch.delitem(sys.modules, "wasmvm.compat.pwasm.guests", raising=False)
    with pytest.raises(ImportError, match="pip install pwasm"):
        exec(Path(pwasm.__file__).with_name("guests.py").read_text(), {"__name__": "wasmvm.compat.pwasm.guests"})


def test_what_a_table_holds_is_always_the_same_object() -> None:
    instance = load()
    table = instance.exports["__indirect_function_table"]
    func = table.get(0)
    assert func is table.get(0) is instance.functions[1] is instance.exports.seven.func
    assert (func.index, func.instance, func.func.body[0].opcode) == (1, instance, "i32.const")
    assert runtime.WasmFunction(func.type, instance, func.func, 1)() == 7


def test_blocks_that_catch_end_where_they_do() -> None:
    code = bytes.fromhex("0640 0640 1000 1800 0700 01 19 0900 0b 1f40 00 1000 0b 4107 0b")
    assert [instruction.opcode for instruction in contents.decode_body(code)] == [
        "try", "try", "call", "delegate", "catch", "nop", "catch_all", "rethrow", "end", "try_table", "call", "end",
        "i32.const", "end",
    ]  # fmt: skip
