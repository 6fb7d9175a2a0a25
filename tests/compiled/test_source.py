"""Where modules come from, and when what is new of them is written to the cache."""

from __future__ import annotations

import contextlib
import io
import os
import threading
from pathlib import Path

import pytest

from wasmvm.compiled import open_file, open_module
from wasmvm.compiled.cache import Cache
from wasmvm.compiled.source import is_path
from wasmvm.errors import ModuleSizeError
from wasmvm.programs.process import run
from wasmvm.text import wat2wasm

TEXT = '(module (func (export "f") (result i32) i32.const 7))'


@pytest.mark.parametrize("text", [TEXT, f"\n {TEXT}", f";; a comment\n{TEXT}", f"(; another ;) {TEXT}"])
def test_text_is_no_path(text: str) -> None:
    assert not is_path(text)
    for source in (text, text.encode(), bytearray(text.encode()), memoryview(text.encode())):
        assert open_module(source).syntax.source == wat2wasm(TEXT)


@pytest.mark.parametrize("name", ["m.wasm", "a (1).wasm", "(1).wasm", "; .wasm"])
def test_files_of_any_name(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_text(TEXT)
    for source in (name, Path(name)):
        assert open_file(source).syntax.source == wat2wasm(TEXT)
    assert is_path(Path(name))
    assert is_path(name) == (name[0] not in "(;")
    assert open_module(Path(name)).syntax.source == wat2wasm(TEXT)


def test_a_program_is_called_like_its_file(tmp_path: Path) -> None:
    path = tmp_path / "a (1).wasm"
    path.write_text('(module (func (export "_start")))')
    for source in (path, str(path)):
        assert run(source).args == ["a (1).wasm"]
    assert run(path.read_text()).args == ["main.wasm"]


@pytest.mark.parametrize("source", [None, 5, [1], io.BytesIO(), object()])
def test_what_is_no_source(source: object) -> None:
    assert not is_path(source)
    with pytest.raises(TypeError, match="source: expected bytes, text or a path, got"):
        open_module(source)  # type: ignore[arg-type]


@pytest.mark.skipif(not Path("/dev/fd").exists(), reason="a name for descriptors")
def test_a_pipe_is_read_to_its_end() -> None:
    """It has no size to begin with; what is too much of it is not kept."""
    binary = wat2wasm(TEXT) + b"\0\x83\x80\xc0\0\1x" + bytes((1 << 20) + 1)  # a custom section of more than one piece
    for limit in (None, len(binary), len(binary) - 1, 8):
        reading, writing = os.pipe()

        def write(writing: int = writing) -> None:
            with contextlib.suppress(BrokenPipeError), open(writing, "wb") as file:
                file.write(binary)

        thread = threading.Thread(target=write)
        thread.start()
        try:
            if limit is None or limit >= len(binary):
                assert open_file(f"/dev/fd/{reading}", max_module_size=limit).syntax.source == binary
            else:
                with pytest.raises(ModuleSizeError, match=f"max_module_size={limit}"):
                    open_file(f"/dev/fd/{reading}", max_module_size=limit)
        finally:
            os.close(reading)
            thread.join()


def test_the_text_and_its_module_may_have_so_many_bytes() -> None:
    few = "(func )" * 10
    assert len(wat2wasm(few)) < len(few)
    open_module(few, max_module_size=len(few))
    with pytest.raises(ModuleSizeError):
        open_module(few, max_module_size=len(few) - 1)
    many = "(func" + " nop" * 3 + ")"
    size = len(wat2wasm(many))
    assert size > len(many)
    open_module(many, max_module_size=size)
    with pytest.raises(ModuleSizeError):
        open_module(many, max_module_size=size - 1)


class Owner:
    """Anything that can be gone."""


def test_code_is_written_once_the_owner_is_gone(tmp_path: Path) -> None:
    owner = Owner()
    compiled = open_module(TEXT, cache=tmp_path / "cache", owner=owner)
    compiled.lower(0)
    assert not Cache(tmp_path / "cache").files()
    del owner
    assert [info.functions for info in Cache(tmp_path / "cache").files()] == [1]


def test_code_without_an_owner_is_written_by_hand(tmp_path: Path) -> None:
    (tmp_path / "m.wat").write_text(TEXT)
    compiled = open_file(tmp_path / "m.wat", cache=tmp_path / "cache")
    compiled.lower_all()
    assert not Cache(tmp_path / "cache").files()
    compiled.save()
    assert [info.functions for info in Cache(tmp_path / "cache").files()] == [1]
