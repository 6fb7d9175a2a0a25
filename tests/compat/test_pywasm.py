"""`wasmvm.compat.pywasm`: against the package it replaces where that can be installed, and by itself everywhere."""

from __future__ import annotations

import importlib.util
import io
import os
import socket
from pathlib import Path
from typing import Any

import pytest

from tests.compat.running import missing, run, run_on, unused
from tests.wat import wat2wasm
from wasmvm.compat import pywasm
from wasmvm.compat.pywasm import core, wasi
from wasmvm.compat.pywasm.errors import Failure
from wasmvm.errors import Trap
from wasmvm.wasi.preview1.abi import FUNCTIONS

EXAMPLES = Path(__file__).resolve().parent.parent.parent / "examples"
SCRIPT = Path(__file__).with_name("pywasm_script.py")
ABSENT = {
    f"Machine.{name}": "a step of pywasm's interpreter"
    for name in (
        "allocate", "evaluate", "evaluate_br", "evaluate_bype", "evaluate_call", "evaluate_mem_load", "evaluate_mem_save",
    )
}  # fmt: skip
MODULES = ("", ".core", ".wasi", ".arith", ".leb128", ".log", ".opcode")
needs_original = pytest.mark.skipif(
    importlib.util.find_spec("pywasm") is None,
    reason="pywasm is not installed: it needs Python 3.12 (extra `test`)",
)


@needs_original
def test_the_same_script_prints_the_same() -> None:
    expected = run("-m", "tests.compat.pywasm_script")
    assert expected.count("\n") > 400
    assert run_on("pywasm", "-m", "tests.compat.pywasm_script").splitlines() == expected.splitlines()


@needs_original
@pytest.mark.parametrize("name", MODULES)
def test_every_public_name_is_there(name: str) -> None:
    assert not missing(f"pywasm{name}", f"wasmvm.compat.pywasm{name}", ABSENT)


@needs_original
@pytest.mark.parametrize("name", MODULES)
def test_every_public_name_is_in_the_script(name: str) -> None:
    shapes = "i8 u8 i16 u16 i32 u32 i64 u64 f32 f64".split()
    by_name = {f"{way}_v128_{shape}" for way in ("from", "into") for shape in shapes} | set(FUNCTIONS)
    assert not unused(f"pywasm{name}", SCRIPT, ABSENT, by_name)


def test_the_script_runs_without_the_original() -> None:
    assert run_on("pywasm", "-m", "tests.compat.pywasm_script").count("\n") > 400


def instantiate(text: str, runtime: core.Runtime | None = None) -> tuple[core.Runtime, core.ModuleInst]:
    runtime = core.Runtime() if runtime is None else runtime
    return runtime, runtime.instance(core.ModuleDesc.from_reader(io.BytesIO(wat2wasm(text))))


NUMBERS = """(module (memory (export "memory") 1 2) (global (export "g") (mut i32) (i32.const 5))
  (func (export "none")) (func (export "one") (result i32) i32.const -1)
  (func (export "two") (param i32 f32) (result f32 i32) local.get 1 local.get 0)
  (func (export "v") (param v128) (result v128) local.get 0)
  (func (export "div") (param i32 i32) (result i32) local.get 0 local.get 1 i32.div_s)
  (func (export "load") (param i32) (result i32) local.get 0 i32.load)
  (func (export "trap") unreachable) (func $deep (export "deep") call $deep))"""


def test_results_are_lists() -> None:
    runtime, module = instantiate(NUMBERS)
    assert runtime.invocate(module, "none", []) == []
    assert runtime.invocate(module, "one", []) == [-1]
    assert runtime.invocate(module, "two", [-7, 0.5]) == [0.5, -7]
    assert runtime.invocate(module, "v", [bytearray(range(16))]) == [bytearray(range(16))]


def test_a_trap_is_an_assertion_that_fails_and_what_python_would_raise() -> None:
    runtime, module = instantiate(NUMBERS)
    for name, args, kinds in (
        ("div", [1, 0], (AssertionError, ZeroDivisionError)),
        ("div", [-(2**31), -1], (AssertionError, OverflowError)),
        ("load", [65536], (AssertionError, IndexError)),
        ("trap", [], (AssertionError,)),
        ("deep", [], (AssertionError,)),
    ):
        for kind in kinds:
            with pytest.raises(kind) as caught:
                runtime.invocate(module, name, args)
            assert isinstance(caught.value, Failure)
            assert isinstance(caught.value.__cause__, Trap)
        assert runtime.invocate(module, "one", []) == [-1]  # nothing is left on a stack


def test_arguments_are_checked() -> None:
    runtime, module = instantiate(NUMBERS)
    for args, error in (
        ([2**31, 1], OverflowError),
        ([1], AssertionError),
        ([1, 2, 3], AssertionError),
        (["1", 2], TypeError),
    ):
        with pytest.raises(error):
            runtime.invocate(module, "div", args)
    with pytest.raises(IndexError):
        runtime.invocate(module, "absent", [])


@pytest.mark.parametrize("data", [b"", b"\0asm", b"\0asm\2\0\0\0", b"(module)", wat2wasm("(module)") + b"\1\1\5"])
def test_what_is_no_module_fails_an_assertion(data: bytes) -> None:
    with pytest.raises(AssertionError):
        core.ModuleDesc.from_reader(io.BytesIO(data))


def test_an_invalid_module_fails_an_assertion() -> None:
    body = b"\0asm\1\0\0\0\1\5\1\x60\0\1\x7f\3\2\1\0\x0a\4\1\2\0\x0b"  # a function without the result it promises
    with pytest.raises(AssertionError, match="type mismatch"):
        core.ModuleDesc.from_reader(io.BytesIO(body))


def test_a_host_function_sees_its_caller() -> None:
    runtime = core.Runtime()
    seen = []

    def host(machine: core.Machine, args: list[Any]) -> list[Any]:
        module = machine.stack.frame[-1].module
        seen.append((args, machine.store.mems[module.mems[0]].get(args[0], 2)))
        return [args[0] * 2]

    i32 = pywasm.ValType.i32()
    runtime.imports["env"] = {"host": runtime.allocate_func_host(pywasm.FuncType([i32], [i32]), host)}
    text = """(module (import "env" "host" (func $h (param i32) (result i32))) (memory 1) (data (i32.const 4) "ab")
      (func (export "f") (param i32) (result i32) local.get 0 call $h))"""
    _, module = instantiate(text, runtime)
    assert runtime.invocate(module, "f", [4]) == [8]
    assert seen == [([4], bytearray(b"ab"))]
    assert runtime.machine.stack.frame == []


@pytest.mark.parametrize(
    ("returned", "error"), [(None, TypeError), ([2**31], OverflowError), (["x"], TypeError), ([], TypeError)]
)
def test_a_host_function_must_return_a_list_of_what_was_promised(returned: Any, error: type[BaseException]) -> None:
    runtime = core.Runtime()
    i32 = pywasm.ValType.i32()
    runtime.imports["env"] = {
        "host": runtime.allocate_func_host(pywasm.FuncType([], [i32]), lambda machine, args: returned)
    }
    text = '(module (import "env" "host" (func $h (result i32))) (func (export "f") (result i32) call $h))'
    _, module = instantiate(text, runtime)
    with pytest.raises(error):
        runtime.invocate(module, "f", [])


def test_a_host_exception_comes_out_as_it_is() -> None:
    runtime = core.Runtime()
    mine = LookupError("mine")

    def host(machine: core.Machine, args: list[Any]) -> list[Any]:
        raise mine

    runtime.imports["env"] = {"host": runtime.allocate_func_host(pywasm.FuncType([], []), host)}
    _, module = instantiate('(module (import "env" "host" (func $h)) (func (export "f") call $h))', runtime)
    with pytest.raises(LookupError) as caught:
        runtime.invocate(module, "f", [])
    assert caught.value is mine


def test_memory_stays_the_same_object_when_it_grows() -> None:
    runtime, module = instantiate(NUMBERS)
    memory = runtime.exported_memory(module, "memory")
    data = memory.data
    memory.data[8:12] = b"\1\0\0\0"
    memory.grow(1)
    assert (memory.size, len(memory.data), memory.get_u32(8)) == (2, 131072, 1)
    data[8] = 2  # what was taken before shows the same bytes
    assert runtime.invocate(module, "load", [8]) == [2]
    assert memory.data[8:10] == bytearray(b"\2\0")
    assert isinstance(memory.data[8:10], bytearray)
    with pytest.raises(ValueError, match="cannot take the place"):
        memory.data[0:4] = b"longer"
    with pytest.raises(AssertionError):
        memory.grow(1)
    with pytest.raises(TypeError):
        {memory.data: 1}  # noqa: B018


def test_a_global_can_be_replaced() -> None:
    runtime, module = instantiate(NUMBERS)
    glob = runtime.exported_global(module, "g")
    glob.data = pywasm.ValInst.from_i32(-3)
    assert runtime.exported_global(module, "g").data.into_i32() == -3
    with pytest.raises(AssertionError):
        runtime.exported_global(module, "memory")


def test_only_a_module_that_was_read_can_be_instantiated() -> None:
    made = core.ModuleDesc([], [], [], [], [], [], [], -1, [], [])
    assert (made.type, made.star) == ([], -1)
    with pytest.raises(TypeError, match="read"):
        core.Runtime().instance(made)


def run_guest(name: str, args: list[str], **options: Any) -> tuple[int, wasi.Preview1]:
    runtime = core.Runtime()
    guest = wasi.Preview1(args, options.get("dirs", {}), options.get("envs", {}))
    guest.fd[0].pipe = io.BytesIO(options.get("given", b""))
    guest.fd[1].pipe = io.BytesIO()
    guest.bind(runtime)
    return guest.main(runtime, runtime.instance_from_file(str(EXAMPLES / name))), guest


def test_output_is_piped() -> None:
    code, guest = run_guest("hello.wasm", ["hello", "you"])
    assert code == 0
    assert b"you" in guest.fd[1].pipe.read()


def test_input_is_piped() -> None:
    code, guest = run_guest("wordcount.wasm", ["wordcount"], given=b"one two\nthree\n")
    assert code == 0
    assert guest.fd[1].pipe.read().startswith(b"2 lines")


def test_a_directory_is_granted_and_closed_at_the_end(tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("text")
    code, guest = run_guest("copy.wasm", ["copy", "/d/in.txt", "/d/out.txt"], dirs={"/d": str(tmp_path)})
    assert code == 0
    assert (tmp_path / "out.txt").read_text() == "text"
    assert [file.host_status for file in guest.fd[3:]] == [guest.FILE_STATUS_CLOSED] * len(guest.fd[3:])
    assert (guest.FILE_STATUS_OPENED, guest.FILE_STATUS_CLOSED) == (0, 1)  # as pywasm's own are
    assert [file.wasm_status for file in guest.fd[:4]] == [guest.FILE_STATUS_OPENED] * 4
    with pytest.raises(OSError, match="Bad file"):
        os.fstat(guest.fd[3].host_fd)


def test_what_is_outside_stays_outside(tmp_path: Path) -> None:
    (tmp_path / "inside").mkdir()
    (tmp_path / "secret").write_text("secret")
    code, _ = run_guest("copy.wasm", ["copy", "/d/../secret", "/d/x"], dirs={"/d": str(tmp_path / "inside")})
    assert code != 0
    assert not (tmp_path / "inside/x").exists()


EXIT = """(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32))) (memory (export "memory") 1)
  (func (export "_start") i32.const 7 call $exit))"""


def test_proc_exit() -> None:
    for returns, error in ((1, Exception), (0, SystemExit)):
        guest = wasi.Preview1(["x"], {}, {})
        guest.return_on_exit = returns
        runtime = core.Runtime()
        guest.bind(runtime)
        _, module = instantiate(EXIT, runtime)
        if returns:
            assert guest.main(runtime, module) == 7
        with pytest.raises(error) as caught:
            runtime.invocate(module, "_start", [])
        assert caught.value.args == ((SystemExit, 7) if returns else (7,))


def test_a_function_can_be_overridden() -> None:
    calls = []

    class Mine(wasi.Preview1):
        def proc_exit(self, m: core.Machine, args: list[int]) -> list[int]:
            calls.append(args)
            return super().proc_exit(m, [args[0] + 1])

    guest = Mine([], {}, {})
    runtime = core.Runtime()
    guest.bind(runtime)
    assert guest.main(runtime, instantiate(EXIT, runtime)[1]) == 8
    assert calls == [[7]]


def test_a_socket_is_served() -> None:
    near, far = socket.socketpair()
    runtime = core.Runtime()
    guest = wasi.Preview1([], {}, {})
    rights = guest.RIGHTS_FD_READ | guest.RIGHTS_FD_WRITE
    guest.fd.append(
        guest.File(near.fileno(), 0, "near", 0, None, 3, 0, "near", rights, rights, 0, guest.FILETYPE_SOCKET_STREAM)
    )
    guest.bind(runtime)
    text = """(module (import "wasi_snapshot_preview1" "sock_send" (func $send (param i32 i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 1) (data (i32.const 0) "\\10\\00\\00\\00\\02\\00\\00\\00") (data (i32.const 16) "hi")
      (func (export "f") (result i32) (call $send (i32.const 3) (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 32))))"""
    _, module = instantiate(text, runtime)
    with near, far:
        assert runtime.invocate(module, "f", []) == [0]
        assert far.recv(10) == b"hi"


def test_streams_without_a_descriptor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    monkeypatch.setattr("sys.stderr", None)
    assert [file.host_fd for file in wasi.Preview1([], {}, {}).fd][::2] == [0, 2]


def test_the_command_line(tmp_path: Path) -> None:
    path = tmp_path / "x.wasm"
    path.write_bytes(wat2wasm(NUMBERS))
    assert (
        run("-m", "wasmvm.compat.pywasm", "--func", "two", "--func-args", "5", "--func-args", "1.5", str(path))
        == "[1.5, 5]\n"
    )
    words = ("--func", "v", "--func-args", "0x" + "01" * 16, str(path))
    assert run_on("pywasm", "-m", "pywasm", *words) == f"[{bytearray([1] * 16)!r}]\n"
    hello = str(EXAMPLES / "hello.wasm")
    assert "you" in run_on("pywasm", "-m", "pywasm", "--wasi", "preview1", "--wasi-args", "you", hello)
    assert run_on("pywasm", "-m", "pywasm", "--version") == f"pywasm {pywasm.version}\n"


def test_the_log(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pywasm.log, "lvl", 1)
    instantiate('(module (memory 1) (func (export "f") (result i32) (block (nop)) i32.const 5))')
    printed = [line.split(" pywasm: ")[1] for line in capsys.readouterr().out.splitlines()]
    assert {"section type [] -> [i32]", "section memory [1, inf]", "section export f func 0", "        nop"} <= set(
        printed
    )


def test_install_from_code() -> None:
    code = """
import wasmvm.compat
wasmvm.compat.install("pywasm")
import pywasm, pywasm.wasi
from pywasm.core import Runtime
print(pywasm.Runtime is Runtime is wasmvm.compat.pywasm.core.Runtime, pywasm.wasi.Preview1.__module__)
"""
    assert run("-c", code) == "True wasmvm.compat.pywasm.wasi\n"


def test_blocks_that_catch_hold_what_is_in_them() -> None:
    """pywasm has no such instructions: they are shown, and none ends what is around it."""
    code = bytes.fromhex("0640 0640 1000 1800 0700 01 19 0900 0b 1f40 00 1000 0b 4107 0b")
    data = core.Expr.from_reader(io.BytesIO(code)).data
    assert [inst.opcode for inst in data] == [0x06, 0x1F, 0x41]
    assert [inst.opcode for inst in data[0].args[-1]] == [0x06, 0x07, 0x01, 0x19, 0x09]
    assert [inst.opcode for inst in data[0].args[-1][0].args[-1]] == [0x10, 0x18]
    assert [inst.opcode for inst in data[1].args[-1]] == [0x10]
    with pytest.raises(Failure, match="delegate outside of a try"):
        core.Expr.from_reader(io.BytesIO(b"\x18\0\x0b"))


def test_an_element_segment_of_expressions_has_them_all() -> None:
    text = """(module (func $f) (global $g funcref (ref.null func))
      (table 3 funcref) (elem (i32.const 0) funcref (ref.func $f) (ref.null func) (global.get $g)))"""
    (elem,) = core.ModuleDesc.from_reader(io.BytesIO(wat2wasm(text))).elem
    assert [expr.data[0].opcode for expr in elem.init] == [0xD2, 0xD0, 0x23]
