"""Modules: what they are made of, pickles, and lowered code as bytes."""

from __future__ import annotations

import copy
import multiprocessing
import pickle
import sys
import tracemalloc
from collections import Counter
from pathlib import Path
from types import CodeType

import pytest

import wasmvm
from wasmvm.compiled import codefile
from wasmvm.embedding.module import PIECE, _Piece, _piece

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


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("size", [0, 1 << 20, 3_456_789])
def test_a_large_module_is_pickled_in_pieces(protocol: int, size: int) -> None:
    """Python copies each piece while no other thread runs, and between them it calls what lets others run."""
    module = wasmvm.Module(TEXT[:-1] + f'(data "{"w" * size}"))')
    assert use(module, 3) == 9
    data = module.serialize()
    count = -(-len(data) // PIECE)
    calls: Counter[CodeType] = Counter()
    sys.setprofile(lambda frame, event, _: calls.update([frame.f_code] if event == "call" else []))
    try:
        again = pickle.loads(pickle.dumps(module, protocol))
    finally:
        sys.setprofile(None)
    assert calls[_Piece.__reduce__.__code__] == calls[_piece.__code__] == count - 1
    _, (_, *pieces) = module.__reduce__()
    assert [len(piece if isinstance(piece, bytes) else piece.data) for piece in pieces[:-1]] == [PIECE] * (count - 1)
    for other in (again, copy.copy(module), copy.deepcopy(module)):
        assert type(other) is wasmvm.Module
        assert other.serialize() == data
        assert use(other, 4) == 16


def test_what_an_earlier_version_pickled_is_read() -> None:
    """It gave all bytes as one object."""
    module = wasmvm.Module(TEXT)
    function, (cls, *_) = module.__reduce__()
    assert use(function(cls, module.serialize(lower_all=True)), 3) == 9


@pytest.mark.parametrize("lower_all", [False, True])
def test_serializing_takes_no_memory_besides_its_result(lower_all: bool) -> None:
    functions = "(func (param i32) (result i32) (i32.mul (local.get 0) (i32.load (local.get 0))))" * 10_000
    module = wasmvm.Module(f'(module (memory 200) (data (i32.const 7) "{"wasm" * 1_000_000}") {functions})')
    if lower_all:
        module.compiled.lower_all()
    tracemalloc.start()
    try:
        data = module.serialize()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(data) <= peak <= 1.2 * len(data)


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
    function, (cls, *_) = module.__reduce__()
    assert use(function(cls, other), 6) == 36
