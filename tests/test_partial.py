"""Modules whose files are read in parts: what is not needed is not read, and nothing but what was validated is used."""

from __future__ import annotations

import errno
import os
import sys
import threading
from array import array
from pathlib import Path

import pytest

from tests.test_codecache import OUTPUT, fill, forbid_work, large_module, run
from wasmvm import codecache
from wasmvm._core import blank_bytes, copy_into, read_into
from wasmvm.codefile import keyed
from wasmvm.embedding.instance import Instance
from wasmvm.embedding.module import Module
from wasmvm.errors import Trap
from wasmvm.partial import PartialSource
from wasmvm.text import wat2wasm

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there files are always read whole")

CONTENT = bytes(range(256)) * 16


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "file"
    made.write_bytes(CONTENT)
    return made


def opened(path: Path, missing: list[tuple[int, int]], key: bytes = keyed(CONTENT)) -> PartialSource:
    with path.open("rb") as file:
        return PartialSource(file.fileno(), os.fstat(file.fileno()), key, missing, array("I"))


@pytest.fixture
def warm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """The file of a large module, and a cache that knows its state and the functions that it calls."""
    monkeypatch.setattr(codecache, "RACY_SECONDS", -1.0)
    path = large_module(tmp_path / "large.wasm")
    fill(tmp_path / "cache", path)
    return path, tmp_path / "cache"


def test_what_is_needed_is_read(path: Path) -> None:
    source = opened(path, [(10, 1000), (2000, len(CONTENT))])
    assert source.source[:10] == CONTENT[:10]
    assert source.source[1000:2000] == CONTENT[1000:2000]
    assert len(source.source) == len(CONTENT)
    source.load(500, 600)
    assert source.source[500:600] == CONTENT[500:600]
    source.load(0, len(CONTENT))
    assert source.source == CONTENT


def test_the_file_is_let_go_of(path: Path) -> None:
    before = set(os.listdir("/dev/fd"))
    source = opened(path, [(10, 1000)])
    assert len(set(os.listdir("/dev/fd"))) == len(before) + 1
    del source
    assert set(os.listdir("/dev/fd")) == before


def test_what_was_read_whole_is_not_read_again(path: Path) -> None:
    source = opened(path, [(10, 1000)])
    source.load(0, len(CONTENT))
    path.write_bytes(b"something else")
    source.load(10, 20)
    assert source.source == CONTENT


def test_a_file_that_was_renamed_or_removed_is_the_same(path: Path) -> None:
    source = opened(path, [(10, 1000)])
    path.rename(path.with_name("renamed"))
    source.load(10, 20)
    assert source.source == CONTENT, "its state changed, so that all was read and compared"
    path.with_name("renamed").rename(path)
    source = opened(path, [(10, 1000)])
    path.unlink()
    source.load(10, 20)
    assert source.source == CONTENT


def test_a_file_that_grew_is_the_same(path: Path) -> None:
    source = opened(path, [(10, 1000)])
    with path.open("ab") as file:
        file.write(b"more")
    source.load(10, 20)
    assert source.source == CONTENT


@pytest.mark.parametrize("what", ["one byte", "its length"])
def test_a_file_that_was_changed_is_refused(path: Path, what: str) -> None:
    source = opened(path, [(10, 1000)])
    times = path.stat().st_atime_ns, path.stat().st_mtime_ns
    if what == "one byte":
        with path.open("r+b") as file:
            file.seek(3000)
            file.write(b"!")
    else:
        os.truncate(path, 5)
    os.utime(path, ns=times)
    for _ in range(2):
        with pytest.raises(OSError, match="was changed while") as caught:
            source.load(10, 20)
        assert caught.value.errno == errno.ESTALE
    assert source.source[1000:3000] == CONTENT[1000:3000], "what was there stays as it was"
    assert source.source[3000:] == CONTENT[3000:]


def test_a_file_that_changes_while_it_is_opened_is_refused(path: Path) -> None:
    with path.open("rb") as file:
        status = os.fstat(file.fileno())
        os.utime(path, ns=(1, 1))
        with pytest.raises(OSError, match="was changed while"):
            PartialSource(file.fileno(), status, keyed(CONTENT), [], array("I"))


def test_threads_may_ask_at_once(path: Path) -> None:
    source = opened(path, [(0, len(CONTENT))])
    failed: list[int] = []

    def ask(number: int) -> None:
        for start in range(number, len(CONTENT) - 64, 64):
            source.load(start, start + 64)
            if source.source[start : start + 64] != CONTENT[start : start + 64]:
                failed.append(start)
        source.load(0, len(CONTENT))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert source.source == CONTENT


def test_reading_into_bytes(path: Path) -> None:
    target = blank_bytes(100)
    with path.open("rb") as file:
        read_into(target, file.fileno(), 0, 100)
        assert target == CONTENT[:100]
        for start, end in ((-1, 5), (5, 4), (0, 101)):
            with pytest.raises(ValueError, match="no bytes"):
                read_into(target, file.fileno(), start, end)
        with pytest.raises(EOFError):
            read_into(blank_bytes(len(CONTENT) + 1), file.fileno(), 0, len(CONTENT) + 1)
    with pytest.raises(OSError, match="Bad file descriptor"):
        read_into(target, 9999, 0, 1)
    with pytest.raises(ValueError, match="3 bytes for 100"):
        copy_into(target, b"abc")


def test_a_start_from_the_cache_reads_no_bodies(warm: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    path, cache = warm
    forbid_work(monkeypatch)
    monkeypatch.setattr("wasmvm.codecache.keyed", keyed_but_not_of_modules)
    # What is missing may be anything, the very same bytes too, where memory that was let go of is used again: here, zeros.
    monkeypatch.setattr("wasmvm.partial.blank_bytes", bytes)
    module = Module.from_file(path, cache=cache)
    loaded: list[tuple[int, int]] = []
    monkeypatch.setattr(PartialSource, "load", lambda self, start, end: loaded.append((start, end)))
    assert run(module) == OUTPUT
    assert loaded == []
    assert module.compiled.syntax.surface != path.read_bytes()


def keyed_but_not_of_modules(data: bytes) -> bytes:
    assert len(data) < codecache.LARGE, "hashing the module takes time"
    return keyed(data)


def test_a_function_that_is_not_in_the_cache_is_read(warm: tuple[Path, Path]) -> None:
    path, cache = warm
    module = Module.from_file(path, cache=cache)
    fresh = next(i for i in range(module.compiled.code.count) if module.compiled.code.get(i) is None)
    module.compiled.lower(fresh)
    whole = Module(path)
    whole.compiled.lower(fresh)
    assert module.compiled.code.get(fresh) == whole.compiled.code.get(fresh)
    assert module.custom_sections("x") == whole.custom_sections("x")
    assert module.serialize() == Module.deserialize(module.serialize()).serialize()
    assert module.compiled.syntax.source == path.read_bytes()


def test_a_body_that_was_changed_is_not_lowered(warm: tuple[Path, Path]) -> None:
    path, cache = warm
    module = Module.from_file(path, cache=cache)
    fresh = next(i for i in range(module.compiled.code.count) if module.compiled.code.get(i) is None)
    start, end = module.compiled.syntax.code[2 * fresh : 2 * fresh + 2]
    with path.open("r+b") as file:
        file.seek(start)
        file.write(b"\xff" * (end - start))
    with pytest.raises(OSError, match="was changed while"):
        module.compiled.lower(fresh)
    assert run(module) == OUTPUT, "what was lowered before still runs"


def test_the_names_of_a_backtrace_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codecache, "RACY_SECONDS", -1.0)
    monkeypatch.setattr(codecache, "LARGE", 1)
    path = tmp_path / "trap.wasm"
    path.write_bytes(wat2wasm('(module $m (func $boom unreachable) (func $start (export "start") call $boom))'))

    def names() -> list[tuple[str | None, str | None]]:
        module = Module.from_file(path, cache=tmp_path / "cache")
        with pytest.raises(Trap) as caught:
            Instance(module).exports["start"]()
        module.compiled.save()
        return [(frame.module_name, frame.name) for frame in caught.value.frames]

    for _ in range(3):
        assert names() == [("m", "boom"), ("m", "start")]


def test_a_damaged_record_costs_only_time(warm: tuple[Path, Path]) -> None:
    path, cache = warm
    (seen,) = cache.glob("*.seen")
    good = seen.read_bytes()
    for data in (good[:-1], good[:20], b"", good[:-4] + b"????", good[:33] + b"\xff" + good[34:]):
        seen.write_bytes(data)
        assert run(Module.from_file(path, cache=cache)) == OUTPUT
