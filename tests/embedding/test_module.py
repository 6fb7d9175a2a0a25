"""Modules: what they say of themselves, and where they come from."""

from __future__ import annotations

from array import array
from pathlib import Path

import pytest

from tests.wat import wat2wasm
from wasmvm import DecodeError, FuncType, GlobalType, Limits, MemoryType, Module, TableType, ValidationError
from wasmvm._core import ModuleCode
from wasmvm.compiled import codefile
from wasmvm.embedding.instance import Instance
from wasmvm.embedding.module import _unpickle
from wasmvm.errors import DeserializeError
from wasmvm.types import EXTERNREF, F64, FUNCREF, I32, I64

TEXT = """(module $named
  (import "a" "f" (func (param i32 i64) (result f64))) (import "a" "t" (table 1 2 externref))
  (import "b" "m" (memory 1)) (import "" "" (global (mut i64)))
  (table (export "table") 3 funcref) (global (export "glob\\"al") i32 (i32.const 1))
  (export "again" (func 0)) (export "mem" (memory 0)) (func (export "own"))
  (@custom "note" "first") (@custom "other" "x") (@custom "note" "second"))"""


def test_imports_and_exports() -> None:
    module = Module(wat2wasm(TEXT))
    assert [(i.module, i.name, i.kind, i.type) for i in module.imports] == [
        ("a", "f", "func", FuncType((I32, I64), (F64,))),
        ("a", "t", "table", TableType(EXTERNREF, Limits(1, 2))),
        ("b", "m", "memory", MemoryType(Limits(1, None))),
        ("", "", "global", GlobalType(I64, True)),
    ]
    assert [(e.name, e.kind, e.type) for e in module.exports] == [
        ("table", "table", TableType(FUNCREF, Limits(3, None))),
        ('glob"al', "global", GlobalType(I32, False)),
        ("again", "func", FuncType((I32, I64), (F64,))),
        ("mem", "memory", MemoryType(Limits(1, None))),
        ("own", "func", FuncType((), ())),
    ]
    assert "'f'" in repr(module.imports[0])
    assert "'own'" in repr(module.exports[-1])


def test_names_and_custom_sections() -> None:
    module = Module(wat2wasm(TEXT))
    assert module.name == "named"
    assert module.custom_sections("note") == [b"first", b"second"]
    assert module.custom_sections("nothing") == []
    assert Module(b"\0asm\1\0\0\0").name is None


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, str, Path])
def test_sources(kind: type, tmp_path: Path) -> None:
    binary = wat2wasm(TEXT)
    path = tmp_path / "module.wasm"
    path.write_bytes(binary)
    source = kind(path) if kind in (str, Path) else kind(binary)
    assert Module(source).name == "named"


def test_a_buffer_that_changes_afterwards() -> None:
    """What was validated is what runs: the module has its own copy of the bytes."""
    source = bytearray(wat2wasm('(module (func (export "f") (result i32) i32.const 5))'))
    module = Module(source)
    source[:] = bytes(len(source))
    from wasmvm import Instance

    assert Instance(module).exports.f() == 5


def test_views_of_all_kinds() -> None:
    """Bytes are taken as they are, everything else is copied: what is not in order too, and what has wide items."""
    binary = wat2wasm(f'(module $named (memory 1) (data (i32.const 0) "{"x" * 100_000}"))')
    while len(binary) % 4:
        binary += b"\0\1\0"  # a custom section without a name
    assert Module(binary).compiled.syntax.loaded is binary
    doubled = bytes(byte for byte in binary for _ in range(2))
    for source in (memoryview(binary).cast("I"), memoryview(doubled)[::2], array("I", binary), memoryview(binary)[:]):
        assert Module(source).compiled.syntax.loaded == binary  # type: ignore[arg-type]
    with pytest.raises(DecodeError, match="unexpected end"):
        Module(bytearray())


def test_what_is_wrong_with_a_source(tmp_path: Path) -> None:
    with pytest.raises(DecodeError, match="magic header not detected"):
        Module(b"\0bsm\1\0\0\0")
    with pytest.raises(DecodeError, match="unexpected end"):
        Module(b"")
    with pytest.raises(ValidationError, match="type mismatch") as caught:
        Module(wat2wasm("(module (func (result i32) i64.const 1))"))
    assert caught.value.offset > 0
    with pytest.raises(FileNotFoundError):
        Module(tmp_path / "nothing.wasm")


@pytest.mark.parametrize("pickled", [False, True])
def test_what_was_serialized_is_validated_again(pickled: bool) -> None:
    source = wat2wasm('(module (func (export "f") i32.const 1 drop) (func (export "g") i32.const 1 drop))')
    body = b"\x41\1\x1a\x0b"
    bad = source.replace(body, b"\x42\7\x14\0")  # i64.const 7, call_ref 0: never valid
    assert len(bad) == len(source)
    declared = source.replace(b"\1g\0\1", b"\1g\0\x7f")

    def load(data: bytes) -> Module:
        packed = b"".join(codefile.pack(ModuleCode(2), codefile.BUILD, data))
        return _unpickle(Module, packed) if pickled else Module.deserialize(packed)

    assert Instance(load(source)).exports["f"]() is None
    instance = Instance(load(bad))
    for _ in range(2):
        with pytest.raises((DecodeError, ValidationError)):
            instance.exports["f"]()
    with pytest.raises(DeserializeError, match="unknown function 127"):
        load(declared)
