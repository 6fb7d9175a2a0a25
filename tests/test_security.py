"""docs/security.md says what is true: the table of limits is that of the code, and the recommended settings hold."""

from __future__ import annotations

import contextlib
import doctest
import gc
import inspect
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import wasmvm
from wasmvm import errors
from wasmvm._core import LIMITS
from wasmvm.compiled.source import MAX_MODULE_SIZE
from wasmvm.programs.process import MAX_CAPTURED
from wasmvm.wasi.threads import MAX_THREADS

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "security.md").read_text()
ROWS = {
    name: (default, over)
    for name, default, over in re.findall(r"^\| `(\w+)` \| [^|]* \| ([^|]*) \| ([^|]*) \|$", PAGE, re.MULTILINE)
}
UNITS = {"GiB": 1 << 30, "MiB": 1 << 20}


def number(text: str) -> int | None:
    """``64 MiB``, ``10,000``, or None for ``none``."""
    digits, _, unit = text.replace(",", "").partition(" ")
    return None if text == "none" else int(digits) * UNITS.get(unit, 1)


# --- the table --------------------------------------------------------------------------------------------------------


def test_the_defaults_are_those_of_the_code() -> None:
    defaults = {name: default for name, (default, _) in ROWS.items()}
    captured, where = defaults.pop("max_output").split("; ")[::-1]
    assert (where, captured) == ("none", f"{MAX_CAPTURED >> 20} MiB where they are captured")
    expected = {
        "fuel": None, "timeout": None, **LIMITS, "max_module_size": MAX_MODULE_SIZE, "max_threads": MAX_THREADS,
    }  # fmt: skip
    assert {name: number(text) for name, text in defaults.items()} == expected
    store = wasmvm.Store()
    assert {name: getattr(store, name) for name in ("fuel", "timeout", *LIMITS)} == {
        name: limit for name, limit in expected.items() if name not in ("max_module_size", "max_threads")
    }


def test_the_names_are_the_same_everywhere() -> None:
    def named(function: Callable[..., object]) -> set[str]:
        return set(inspect.signature(function).parameters) & set(ROWS)

    everywhere = set(ROWS) - {"max_output", "max_module_size", "max_threads"}
    assert named(wasmvm.instantiate) == named(wasmvm.Config) == everywhere | {"max_module_size"}
    assert named(wasmvm.run) == set(ROWS)
    assert named(wasmvm.WasiConfig) == {"max_output"}
    assert named(wasmvm.Module) == named(wasmvm.Module.from_file) == {"max_module_size"}
    assert all(getattr(wasmvm.Store(**{name: 70_000}), name) for name in everywhere)  # type: ignore[arg-type]
    options = subprocess.run(
        [sys.executable, "-m", "wasmvm", "run", "--help"], capture_output=True, text=True, check=True
    )
    for name in ROWS:
        assert f"--{name.replace('_', '-')} " in options.stdout


def test_every_trap_for_a_limit_is_in_the_table() -> None:
    for class_ in errors.TRAP_CLASSES.values():
        if class_ is not wasmvm.InterruptTrap:
            assert class_.limit is not None
            assert f"`{class_.__name__}`" in ROWS[class_.limit][1]


# --- what is over a limit ---------------------------------------------------------------------------------------------

GUEST = """(module
  (type $box (struct (field (ref null $box))))
  (memory 1) (table $t 5 funcref)
  (func (export "loop") (loop (br 0)))
  (func $deep (export "deep") (call $deep))
  (func (export "heap") (local $all (ref null $box))
    (loop $more (local.set $all (struct.new $box (local.get $all))) (br $more)))
  (func (export "grow") (result i32) (memory.grow (i32.const 1)))
  (func (export "table") (result i32) (table.grow $t (ref.null func) (i32.const 1)))
  (func (export "one") (result i32) (i32.const 1)))"""
TALK = """(module (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1) (data (i32.const 4) "\\ff\\ff\\00\\00")
  (func (export "_start")
    (loop $again (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 20))) (br $again))))"""

CALLS: list[tuple[str, Any, str]] = [
    ("fuel", 1000, "loop"),
    ("timeout", 0.05, "loop"),
    ("max_stack", 65536, "deep"),
    ("max_heap", 1 << 20, "heap"),
    ("max_memory", 65536, "grow"),
    ("max_table", 5, "table"),
]


@pytest.mark.parametrize(("name", "limit", "export"), CALLS)
def test_what_ends_a_call(name: str, limit: Any, export: str) -> None:
    vm = wasmvm.instantiate(GUEST, **{name: limit})
    over = ROWS[name][1]
    for _ in range(3):
        if "returns -1" in over:
            assert vm.exports[export]() == -1
        else:
            with pytest.raises(wasmvm.LimitTrap) as caught:
                vm.exports[export]()
            assert f"`{type(caught.value).__name__}`" in over
            assert caught.value.limit == name
            del caught
        if name == "fuel":
            vm.store.fuel = 1000
        assert vm.exports.one() == 1, "the store can be used afterwards"


BEGINNINGS: list[tuple[str, str]] = [
    ("max_memory", "(module (memory 16385))"),
    ("max_table", "(module (table 10000001 funcref))"),
    ("max_tables", "(module " + "(table 0 funcref)" * 10_001 + ")"),
]


@pytest.mark.parametrize(("name", "text"), BEGINNINGS)
def test_what_a_module_may_not_begin_with(name: str, text: str) -> None:
    store = wasmvm.Store()
    with pytest.raises(wasmvm.LinkError) as caught:
        wasmvm.instantiate(text, store=store)
    assert "`LinkError`" in ROWS[name][1]
    assert caught.value.limit == name
    del caught
    gc.collect()
    assert wasmvm.instantiate(GUEST, store=store).exports.one() == 1


def test_how_many_memories() -> None:
    """A module has a hundred at most."""
    store = wasmvm.Store()
    module = wasmvm.Module("(module " + "(memory 0)" * 100 + ")")
    held = [wasmvm.Instance(module, store=store) for _ in range(10)]
    with pytest.raises(wasmvm.LinkError) as caught:
        wasmvm.Instance(module, store=store)
    assert caught.value.limit == "max_memories"
    del held


def test_how_many_instances() -> None:
    store = wasmvm.Store()
    module = wasmvm.Module("(module)")
    held = [wasmvm.Instance(module, store=store) for _ in range(10_000)]
    with pytest.raises(wasmvm.LinkError) as caught:
        wasmvm.Instance(module, store=store)
    assert caught.value.limit == "max_instances"
    held.pop()
    wasmvm.Instance(module, store=store)


@pytest.mark.parametrize("text", [b"\0asm\1\0\0\0" + b"\0\7\1x12345", "(module)      ", b"(module (memory 0))"])
def test_how_large_a_module(text: bytes | str, tmp_path: Path) -> None:
    path = tmp_path / "module"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    engine = wasmvm.Engine(wasmvm.Config(max_module_size=len(text) - 1))
    for call in (
        lambda: wasmvm.Module(text, max_module_size=len(text) - 1),
        lambda: wasmvm.Module(path, max_module_size=len(text) - 1),
        lambda: wasmvm.Module.from_file(path, max_module_size=len(text) - 1),
        lambda: wasmvm.instantiate(text, max_module_size=len(text) - 1),
        lambda: wasmvm.run(path, max_module_size=len(text) - 1),
        lambda: engine.module(path),
        lambda: wasmvm.Module.validate(path, max_module_size=len(text) - 1),
    ):
        with pytest.raises(wasmvm.ModuleSizeError, match="max_module_size=") as caught:
            call()
        assert (caught.value.limit, caught.value.offset) == ("max_module_size", len(text) - 1)
    assert wasmvm.Module(text, max_module_size=len(text)).exports == []


def test_a_text_that_makes_a_larger_module() -> None:
    text = '(module (func (export "f")))'
    with pytest.raises(wasmvm.ModuleSizeError):
        wasmvm.Module(text, max_module_size=len(text))
    module = wasmvm.Module(text)
    with pytest.raises(wasmvm.ModuleSizeError):
        wasmvm.instantiate(module, max_module_size=10)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes of POSIX")
def test_a_module_in_a_pipe(tmp_path: Path) -> None:
    """Which does not say how much is coming."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    content = b"\0asm\1\0\0\0" + b"\0\xfe\xff\x3f\1x".ljust((1 << 20) - 6, b"y")

    def write(count: int) -> threading.Thread:
        def run() -> None:
            with contextlib.suppress(BrokenPipeError), pipe.open("wb") as file:
                for _ in range(count):
                    file.write(content)

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    thread = write(50)
    with pytest.raises(wasmvm.ModuleSizeError):
        wasmvm.Module(pipe, max_module_size=3 << 20)
    thread.join()
    pipe.unlink()
    os.mkfifo(pipe)
    thread = write(2)
    with pytest.raises(wasmvm.DecodeError):
        wasmvm.Module(pipe)
    thread.join()


EXCEPTIONS = """(module (import "" "object" (func $object (result externref)))
  (import "" "raise" (func $raise))
  (tag $t (export "t") (param i64 i64 i64)) (table $e 100000 exnref) (table $x 100000 externref)
  (func (export "exceptions") (local $i i32) (local $e exnref)
    (loop $l
      (block $h (result exnref)
        (try_table (catch_all_ref $h) (throw $t (i64.const 1) (i64.const 1) (i64.const 1))) unreachable)
      (local.set $e) (table.set $e (local.get $i) (local.get $e))
      (local.set $i (i32.add (local.get $i) (i32.const 1))) (br $l)))
  (func (export "host exceptions") (local $i i32) (local $e exnref)
    (loop $l
      (block $h (result exnref) (try_table (catch_all_ref $h) (call $raise)) unreachable)
      (local.set $e) (table.set $e (local.get $i) (local.get $e))
      (local.set $i (i32.add (local.get $i) (i32.const 1))) (br $l)))
  (func (export "objects") (local $i i32)
    (loop $l
      (table.set $x (local.get $i) (call $object))
      (local.set $i (i32.add (local.get $i) (i32.const 1))) (br $l)))
  (func (export "garbage") (local $i i32) (local $e exnref)
    (loop $l
      (block $h (result exnref)
        (try_table (catch_all_ref $h) (throw $t (i64.const 1) (i64.const 1) (i64.const 1))) unreachable)
      (local.set $e) (drop (call $object))
      (local.set $i (i32.add (local.get $i) (i32.const 1))) (br_if $l (i32.lt_u (local.get $i) (i32.const 100000)))))
  (func (export "one") (result i32) (i32.const 1)))"""


@pytest.mark.parametrize("export", ["exceptions", "host exceptions", "objects"])
def test_what_else_is_in_the_heap(export: str) -> None:
    def fail() -> None:
        raise wasmvm.WasmException(vm.exports.t, [1, 2, 3])

    vm = wasmvm.instantiate(EXCEPTIONS, {"": {"object": object, "raise": fail}}, max_heap=1 << 18)
    for _ in range(2):
        with pytest.raises(wasmvm.HeapTrap) as caught:
            vm.exports[export]()
        assert caught.value.limit == "max_heap"
        del caught
        assert vm.exports.one() == 1
    assert vm.store.heap_size < 1 << 19


def test_what_is_garbage_takes_no_room() -> None:
    vm = wasmvm.instantiate(EXCEPTIONS, {"": {"object": object, "raise": print}}, max_heap=1 << 18)
    vm.exports.garbage()
    assert vm.store.heap_size < 1 << 19


def test_how_much_output() -> None:
    with pytest.raises(wasmvm.OutputTrap) as caught:
        wasmvm.run(TALK, capture_output=True)
    assert caught.value.stdout is not None
    assert len(caught.value.stdout) == MAX_CAPTURED
    assert "`OutputTrap`" in ROWS["max_output"][1]


# --- the recommended settings -----------------------------------------------------------------------------------------

HOSTILE = {
    "loop": '(module (func (export "f") (loop (br 0))))',
    "start": '(module (func $s (loop (br 0))) (start $s) (func (export "f")))',
    "recursion": '(module (func $f (export "f") (call $f)))',
    "tail calls": '(module (func $f (export "f") (return_call $f)))',
    "large frames": '(module (func $f (export "f") (local' + " i64" * 5000 + ") (call $f)))",
    "growing": """(module (memory 0) (func (export "f") (loop (drop (memory.grow (i32.const 1))) (br 0))))""",
    "growing and touching": """(module (memory 1) (func (export "f") (local $at i32) (loop
        (drop (memory.grow (i32.const 1)))
        (local.set $at (i32.mul (memory.size) (i32.const 65536)))
        (i32.store8 (i32.sub (local.get $at) (i32.const 1)) (i32.const 1)) (br 0))))""",
    "filling": """(module (memory 1024) (func (export "f")
        (loop (memory.fill (i32.const 0) (i32.const 1) (i32.const 67108864)) (br 0))))""",
    "growing a table": """(module (table 0 funcref) (func (export "f")
        (loop (drop (table.grow (ref.null func) (i32.const 1000))) (br 0))))""",
    "structures": """(module (type $l (struct (field (ref null $l)))) (func (export "f") (local (ref null $l))
        (loop (local.set 0 (struct.new $l (local.get 0))) (br 0))))""",
    "a large array": """(module (type $a (array (mut i64))) (func (export "f")
        (drop (array.new_default $a (i32.const 2147483647)))))""",
    "exceptions": """(module (tag $t (param i64)) (func (export "f") (loop
        (block $h (result i64) (try_table (catch $t $h) (throw $t (i64.const 1))) (i64.const 0)) drop (br 0))))""",
    "a memory": '(module (memory 65536) (func (export "f")))',
    "many memories": "(module " + "(memory 1)" * 500 + '(func (export "f")))',
    "a table": '(module (table 10000000 funcref) (func (export "f")))',
    "many tables": "(module " + "(table 10000000 funcref)" * 1000 + '(func (export "f")))',
    "a large module": '(module (func (export "f")) ;;' + "x" * (17 << 20) + "\n)",
    "unreachable": '(module (func (export "f") unreachable))',
    "beyond the memory": '(module (memory 1) (func (export "f") (drop (i32.load (i32.const -1)))))',
    "no import of the kind": '(module (import "env" "system" (func)) (func (export "f")))',
    "no module": "\0asm",
    "not valid": '(module (func (export "f") (result i32) (f32.const 1)))',
}

DRIVER = """
import json, resource, sys
text, programs = json.loads(sys.stdin.read())
namespace = {}
exec(text, namespace)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
found = {name: namespace["attempt"](source.encode(), "f") for name, source in programs.items()}
print(json.dumps([found, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before]))
"""


def test_the_recommended_settings() -> None:
    """Each program ends, as a limit or an error, and all of them take no more than they were given."""
    pytest.importorskip("resource")
    blocks = re.findall(r"^```pycon\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    (block,) = [block for block in blocks if "def attempt" in block]
    examples = doctest.DocTestParser().get_examples(block)
    text = "".join(example.source for example in examples if example.source.startswith(("import", "LIMITS", "def")))
    done = subprocess.run(
        [sys.executable, "-c", DRIVER], input=json.dumps([text, HOSTILE]), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found, kilobytes = json.loads(done.stdout.splitlines()[-1])
    for name, outcome in found.items():
        assert str(outcome).startswith(("too much: ", "wrong: ")), (name, outcome)
    # 64 MiB of memory and 64 MiB of heap each, a module's text of 17 MB some times over, one program at a time.
    assert kilobytes < 500_000


def test_memory_is_zero_whoever_had_it() -> None:
    text = (
        '(module (memory (export "m") 1) (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))'
    )
    for _ in range(20):
        vm = wasmvm.instantiate(text)
        assert vm.exports.grow(30) == 1
        memory = vm.exports.m
        assert not any(memoryview(memory)[::997])
        memory.write(0, b"\xff" * len(memory))
        del vm, memory
