"""Modules: what they are made of, pickles, and lowered code as bytes."""

from __future__ import annotations

import multiprocessing
import pickle
from pathlib import Path

import pytest

import wasmvm
from wasmvm.compiled import codefile

TEXT = """(module $calc (import "e" "f" (func)) (memory (export "memory") 1)
  (func (export "square") (param i32) (result i32) local.get 0 local.get 0 i32.mul)
  (func (export "cube") (param i32) (result i32) local.get 0 local.get 0 local.get 0 i32.mul i32.mul))"""


def use(module: wasmvm.Module, number: int) -> int:
    return wasmvm.Instance(module, {"e": {"f": print}}).exports.square(number)  # type: ignore[no-any-return]


def test_text_bytes_and_files(tmp_path: Path) -> None:
    binary = wasmvm.wat2wasm(TEXT)
    (tmp_path / "m.wasm").write_bytes(binary)
    (tmp_path / "m.wat").write_text(";; comment\n" + TEXT)
    sources = [TEXT, " \n" + TEXT, TEXT.encode(), binary, bytearray(binary), memoryview(binary), tmp_path / "m.wasm",
               str(tmp_path / "m.wat")]  # fmt: skip
    assert [use(wasmvm.Module(source), 3) for source in sources] == [9] * len(sources)
    with pytest.raises(FileNotFoundError):
        wasmvm.Module("nothing.wasm")
    with pytest.raises(wasmvm.TextError):
        wasmvm.Module("(module")
    with pytest.raises(wasmvm.DecodeError):
        wasmvm.Module(b"\0asm")


def test_imports_and_exports_are_described() -> None:
    module = wasmvm.Module(TEXT)
    assert module.name == "calc"
    assert [(i.module, i.name, i.kind) for i in module.imports] == [("e", "f", "func")]
    assert [(e.name, e.kind) for e in module.exports] == [("memory", "memory"), ("square", "func"), ("cube", "func")]
    assert str(module.exports[1].type) == "(func (param i32) (result i32))"


def test_validate_keeps_nothing_and_raises() -> None:
    wasmvm.Module.validate(TEXT)
    with pytest.raises(wasmvm.ValidationError):
        wasmvm.Module.validate("(module (func (result i32)))")


def test_a_pickle_carries_lowered_code() -> None:
    module = wasmvm.Module(TEXT)
    bare = len(pickle.dumps(module))
    assert use(module, 4) == 16
    pickled = pickle.dumps(module)
    assert len(pickled) > bare
    assert use(pickle.loads(pickled), 5) == 25


def test_modules_travel_to_other_processes() -> None:
    module = wasmvm.Module(TEXT)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.starmap(use, [(module, 2), (module, 3)]) == [4, 9]


def test_serialized_modules_come_back(tmp_path: Path) -> None:
    data = wasmvm.Module(TEXT).serialize(lower_all=True)
    (tmp_path / "m.bin").write_bytes(data)
    for source in (data, bytearray(data), tmp_path / "m.bin"):
        module = wasmvm.Module.deserialize(source)
        assert module.compiled.code.get(1) is not None
        assert use(module, 7) == 49


@pytest.mark.parametrize("at", [0, 3, 50, 60, 100, -1])
def test_a_damaged_byte_is_found(at: int) -> None:
    data = bytearray(wasmvm.Module(TEXT).serialize(lower_all=True))
    data[at] ^= 1
    with pytest.raises(wasmvm.DeserializeError):
        wasmvm.Module.deserialize(data)


def test_what_is_cut_off_is_found() -> None:
    data = wasmvm.Module(TEXT).serialize(lower_all=True)
    for length in range(len(data)):
        with pytest.raises(wasmvm.DeserializeError):
            wasmvm.Module.deserialize(data[:length])


def test_another_build_is_refused_but_unpickles(monkeypatch: pytest.MonkeyPatch) -> None:
    module = wasmvm.Module(TEXT)
    data = module.serialize()
    monkeypatch.setattr(codefile, "BUILD", bytes(32))
    other = module.serialize()
    monkeypatch.undo()
    with pytest.raises(wasmvm.DeserializeError, match="another version or build of wasmvm; compile it again"):
        wasmvm.Module.deserialize(other)
    with pytest.raises(wasmvm.DeserializeError, match="format is that of another version"):
        wasmvm.Module.deserialize(data[:7] + b"\1" + data[8:])
    with pytest.raises(wasmvm.DeserializeError, match="does not begin as one"):
        wasmvm.Module.deserialize(wasmvm.wat2wasm(TEXT) + bytes(100))
    function, (cls, _) = module.__reduce__()
    assert use(function(cls, other), 6) == 36
