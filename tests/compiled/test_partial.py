"""Modules whose files are read in parts: what is not needed is not read, and nothing but what was validated is used."""

from __future__ import annotations

import errno
import mmap
import os
import random
import sys
import threading
from array import array
from pathlib import Path

import pytest

from tests.compiled.test_cache import OUTPUT, fill, forbid_work, large_module, run
from wasmvm._core import ModuleCode, blank_bytes, copy_into, read_into, tags
from wasmvm.binary import decode
from wasmvm.compiled import cache as codecache
from wasmvm.compiled import codefile
from wasmvm.compiled.codefile import keyed
from wasmvm.compiled.partial import Layout, PartialSource, _customs, layout_of
from wasmvm.embedding.instance import Instance
from wasmvm.embedding.module import Module
from wasmvm.errors import Trap, ValidationError
from wasmvm.text import wat2wasm

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there files are always read whole")

CONTENT = bytes(range(256)) * 16
CUSTOM = (2000, 2600)
BODIES = array("I", [1000, 1100, 1102, 1300, 1303, 1500])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "file"
    made.write_bytes(CONTENT)
    return made


def opened(path: Path) -> PartialSource:
    """A file of which a custom section and three bodies are not read at first."""
    gaps = array("I", [BODIES[0], BODIES[-1], *CUSTOM])
    ranges = array("I", [0, 1000, 1500, 2000, 2600, len(CONTENT), *CUSTOM]) + BODIES
    layout = Layout(keyed(CONTENT), 12345, gaps, BODIES, tags(CONTENT, ranges, 12345))
    with path.open("rb") as file:
        return PartialSource(file.fileno(), len(CONTENT), layout, lambda: path.with_name("forgotten").touch())


def forgotten(path: Path) -> bool:
    return path.with_name("forgotten").exists()


@pytest.fixture
def warm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """The file of a large module, and a cache that knows its state and the functions that it calls."""
    monkeypatch.setattr(codecache, "RACY_SECONDS", -1.0)
    path = large_module(tmp_path / "large.wasm")
    fill(tmp_path / "cache", path)
    return path, tmp_path / "cache"


def test_what_is_needed_is_read(path: Path) -> None:
    source = opened(path)
    assert len(source.source) == len(CONTENT)
    for start, end in ((0, 1000), (1500, 2000), (2600, len(CONTENT))):
        assert source.source[start:end] == CONTENT[start:end]
    for i in range(3):
        start, end = BODIES[2 * i : 2 * i + 2]
        source.body(i)
        assert source.source[start:end] == CONTENT[start:end]
    source.load(*CUSTOM)
    assert source.source[2000:2600] == CONTENT[2000:2600]
    source.load(0, len(CONTENT))
    assert source.source == CONTENT
    assert not forgotten(path)


def test_the_file_is_let_go_of(path: Path) -> None:
    before = set(os.listdir("/dev/fd"))
    source = opened(path)
    assert len(set(os.listdir("/dev/fd"))) == len(before) + 1
    del source
    assert set(os.listdir("/dev/fd")) == before


def test_what_was_read_whole_is_not_read_again(path: Path) -> None:
    source = opened(path)
    source.load(0, len(CONTENT))
    path.write_bytes(b"something else")
    source.body(0)
    source.load(*CUSTOM)
    assert source.source == CONTENT


def test_a_file_that_was_renamed_or_removed_is_the_same(path: Path) -> None:
    source = opened(path)
    path.rename(path.with_name("renamed"))
    source.body(0)
    assert source.source[1000:1100] == CONTENT[1000:1100]
    path.with_name("renamed").unlink()
    source.load(0, len(CONTENT))
    assert source.source == CONTENT


def test_a_file_that_grew_is_the_same(path: Path) -> None:
    source = opened(path)
    with path.open("ab") as file:
        file.write(b"more")
    source.body(0)
    source.load(0, len(CONTENT))
    assert source.source == CONTENT


def poke(path: Path, position: int, text: bytes = b"!") -> None:
    """Change a file through a mapping, which on some file systems gives it no other time."""
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as mapping:
        mapping[position : position + len(text)] = text


@pytest.mark.parametrize("position", [1000, 1099, 2000, 2599, 1101, 1301])
def test_what_was_changed_is_refused(path: Path, position: int) -> None:
    source = opened(path)
    poke(path, position)
    source.body(1)  # which is the same
    assert not forgotten(path)
    for _ in range(2):
        with pytest.raises(OSError, match="was changed while") as caught:
            if position < 1100:
                source.body(0)
            elif position >= 2000:
                source.load(*CUSTOM)
            else:
                source.load(0, len(CONTENT))
        assert caught.value.errno == errno.ESTALE
    assert forgotten(path)
    assert source.source[1102:1300] == CONTENT[1102:1300], "what was there stays as it was"
    assert source.source[:1000] == CONTENT[:1000]


@pytest.mark.parametrize("position", [0, 999, 1500, 1999, 2600, len(CONTENT) - 1])
def test_what_is_read_at_the_start_is_compared_as_well(path: Path, position: int) -> None:
    poke(path, position)
    with pytest.raises(OSError, match="was changed while"):
        opened(path)


@pytest.mark.parametrize("size", [0, 500, 1600])
def test_a_file_that_became_shorter_is_refused(path: Path, size: int) -> None:
    source = opened(path)
    os.truncate(path, size)
    with pytest.raises(OSError, match="was changed while"):
        source.load(*CUSTOM)
    with pytest.raises(OSError, match="was changed while"):
        source.load(0, len(CONTENT))
    with pytest.raises(OSError, match="was changed while"):
        opened(path)


def test_what_was_read_never_changes(path: Path) -> None:
    source = opened(path)
    source.body(1)
    poke(path, 1150)
    source.body(1)
    assert source.source[1102:1300] == CONTENT[1102:1300]


@pytest.mark.parametrize(
    ("gaps", "tag_count"),
    [
        ([1000, 1500, 2000, 2600], 6),
        ([1000, 1500, 2000, 2600], 8),
        ([1000, 900, 2000, 2600], 7),
        ([1000, 1500, 1400, 2600], 7),
        ([1000, 1500, 2000, len(CONTENT) + 1], 7),
        ([1000, 1500, 2000, 2**32 - 1], 7),
    ],
)
def test_layouts_that_are_none(path: Path, gaps: list[int], tag_count: int) -> None:
    layout = Layout(keyed(CONTENT), 1, array("I", gaps), BODIES, bytes(8 * tag_count))
    with path.open("rb") as file, pytest.raises((ValueError, OSError)):
        PartialSource(file.fileno(), len(CONTENT), layout, lambda: None)


def test_hashes_are_values_of_a_polynomial() -> None:
    prime = (1 << 61) - 1
    rng = random.Random(1)
    for size in (*range(130), 1000, 4097):
        content, secret = rng.randbytes(size), rng.getrandbits(64)
        expected = 0
        for i in range(0, size, 7):
            expected = (expected + int.from_bytes(content[i : i + 7], "little")) * secret % prime
        expected = (expected + size) * secret % prime
        around = b"before" + content + b"after"
        assert tags(around, array("I", [6, 6 + size]), secret) == expected.to_bytes(8, sys.byteorder)
    with pytest.raises(ValueError, match="no bytes"):
        tags(b"abc", array("I", [0, 4]), 1)
    with pytest.raises(ValueError, match="no bytes"):
        tags(b"abc", array("I", [2, 1]), 1)


def test_threads_may_ask_at_once(path: Path) -> None:
    source = opened(path)
    failed: list[int] = []

    def ask(number: int) -> None:
        for i in range(300):
            source.body((i + number) % 3)
            start, end = BODIES[2 * ((i + number) % 3) :][:2]
            if source.source[start:end] != CONTENT[start:end]:
                failed.append(i)
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
    for at in (-1, 98, 101):
        with pytest.raises(ValueError, match="3 bytes at"):
            copy_into(target, at, b"abc")
    copy_into(target, 97, b"abc")
    copy_into(target, 100, b"")
    copy_into(target, 50, memoryview(b"?abc?")[1:4])
    assert target == CONTENT[:50] + b"abc" + CONTENT[53:97] + b"abc"
    large = os.urandom(1 << 17)  # without the GIL
    target = blank_bytes(len(large) + 10)
    copy_into(target, 0, bytes(5))
    copy_into(target, 5 + len(large), bytes(5))
    copy_into(target, 5, large)
    assert target == bytes(5) + large + bytes(5)


def test_a_start_from_the_cache_reads_no_bodies(warm: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    path, cache = warm
    forbid_work(monkeypatch)
    monkeypatch.setattr("wasmvm.compiled.cache.keyed", keyed_but_not_of_modules)
    # What is missing may be anything, the very same bytes too, where memory that was let go of is used again: here, zeros.
    monkeypatch.setattr("wasmvm.compiled.partial.blank_bytes", bytes)
    module = Module.from_file(path, cache=cache)
    loaded: list[tuple[int, int]] = []
    monkeypatch.setattr(PartialSource, "_load", lambda self, number, start, end: loaded.append((start, end)))
    monkeypatch.setattr(PartialSource, "_load_all", lambda self: loaded.append((0, 0)))
    assert run(module) == OUTPUT
    assert loaded == []
    assert module.compiled.syntax.loaded != path.read_bytes()


def keyed_but_not_of_modules(data: bytes) -> bytes:
    assert len(data) < codecache.LARGE, "hashing the module takes time"
    return keyed(data)


def test_a_function_that_is_not_in_the_cache_is_read(warm: tuple[Path, Path]) -> None:
    path, cache = warm
    module = Module.from_file(path, cache=cache)
    fresh = first_unknown(module)
    module.compiled.lower(fresh)
    whole = Module(path)
    whole.compiled.lower(fresh)
    assert module.compiled.code.get(fresh) == whole.compiled.code.get(fresh)
    assert module.custom_sections("x") == whole.custom_sections("x")
    assert module.serialize() == Module.deserialize(module.serialize()).serialize()
    assert module.compiled.syntax.source == path.read_bytes()


def first_unknown(module: Module) -> int:
    return next(i for i in range(module.compiled.code.count) if module.compiled.code.get(i) is None)


def test_a_body_that_was_changed_is_not_lowered(warm: tuple[Path, Path]) -> None:
    path, cache = warm
    module = Module.from_file(path, cache=cache)
    fresh = first_unknown(module)
    start, end = module.compiled.syntax.code[2 * fresh : 2 * fresh + 2]
    poke(path, start, b"\xff" * (end - start))
    with pytest.raises(OSError, match="was changed while"):
        module.compiled.lower(fresh)
    assert run(module) == OUTPUT, "what was lowered before still runs"
    assert not list(cache.glob("*.seen")), "the next start reads all of it"


@pytest.fixture
def unseen_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a file system where writing through a mapping leaves a file in the same state."""
    monkeypatch.setattr(codecache, "_seen", lambda status: bytes(32))


TYPE = wat2wasm('(module (func (export "good")) (func (export "evil") (result i32) i32.const 1 i32.const 2 i32.add))')


@pytest.fixture
def small(tmp_path: Path, unseen_changes: None) -> tuple[Path, Path]:
    """The file of a small module one of whose functions the cache knows."""
    path, cache = tmp_path / "small.wasm", tmp_path / "cache"
    path.write_bytes(TYPE)
    module = Module.from_file(path, cache=cache)
    Instance(module).exports["good"]()
    module.compiled.save()
    assert len(list(cache.glob("*.seen"))) == 1
    assert Module.from_file(path, cache=cache).compiled.syntax.partial is not None
    return path, cache


def test_a_body_that_was_exchanged_is_noticed(small: tuple[Path, Path]) -> None:
    path, cache = small
    poke(path, TYPE.index(b"\x41\1\x41\2\x6a"), b"\x42\7\x14\0\1")  # i64.const 7, call_ref
    instance = Instance(Module.from_file(path, cache=cache))
    with pytest.raises(OSError, match="was changed while"):
        instance.exports["evil"]()
    with pytest.raises(ValidationError):
        Module.from_file(path, cache=cache)


def test_a_section_that_was_exchanged_is_noticed(small: tuple[Path, Path]) -> None:
    path, cache = small
    poke(path, TYPE.index(b"\4good\0\0") + 6, b"\x7f")
    with pytest.raises(ValidationError, match="unknown function 127"):
        Module.from_file(path, cache=cache)


def test_a_change_to_another_valid_module_is_noticed(small: tuple[Path, Path]) -> None:
    path, cache = small
    poke(path, TYPE.index(b"\x41\1\x41\2\x6a"), b"\x41\5")
    instance = Instance(Module.from_file(path, cache=cache))
    with pytest.raises(OSError, match="was changed while"):
        instance.exports["evil"]()
    assert Instance(Module.from_file(path, cache=cache)).exports["evil"]() == 7


def forged(path: Path, cache: Path, layout: Layout) -> None:
    """Let the cache say that of a file which it said of another."""
    (seen,) = cache.glob("*.seen")
    seen.write_bytes(b"".join(codecache._pack_seen(bytes(32), layout)))


def test_hashes_that_lie_let_nothing_run_that_is_not_valid(small: tuple[Path, Path]) -> None:
    path, cache = small
    syntax = Module(TYPE).compiled.syntax
    key = codecache.keyed(TYPE)
    content = TYPE.replace(b"\x41\1\x41\2\x6a", b"\x42\7\x14\0\1")
    path.write_bytes(content)
    forged(path, cache, layout_of(decode(content), key))
    instance = Instance(Module.from_file(path, cache=cache))
    instance.exports["good"]()
    with pytest.raises(ValidationError):
        instance.exports["evil"]()
    content = TYPE.replace(b"\4good\0\0", b"\4good\0\x7f")
    path.write_bytes(content)
    forged(path, cache, layout_of(decode(content), key))
    with pytest.raises(ValidationError, match="unknown function 127"):
        Module.from_file(path, cache=cache)
    assert syntax.loaded == TYPE


@pytest.mark.parametrize(
    "what", ["a gap more", "a gap less", "bodies elsewhere", "bodies out of order", "fewer bodies"]
)
def test_layouts_that_lie_cost_only_time(small: tuple[Path, Path], what: str) -> None:
    path, cache = small
    layout = layout_of(decode(TYPE), codecache.keyed(TYPE))
    gaps, code = layout.gaps, layout.code
    if what == "a gap more":
        gaps = array("I", [8, 10]) + gaps
    elif what == "a gap less":
        gaps = array("I")
    elif what == "bodies elsewhere":
        code = array("I", [position - 1 for position in code])
        gaps = array("I", [code[0], code[-1]])
    elif what == "bodies out of order":
        code = array("I", [code[0], code[3], code[2], code[3]])
    else:
        code = array("I", [code[0], code[-1]])
    ranges = array("I", [0, *gaps, len(TYPE)]) + _customs(gaps, code) + code
    forged(path, cache, Layout(layout.key, 1, gaps, code, tags(TYPE, ranges, 1)))
    assert Instance(Module.from_file(path, cache=cache)).exports["evil"]() == 3


def test_a_file_of_code_does_not_make_a_module_valid(tmp_path: Path) -> None:
    for content, late in (
        (TYPE.replace(b"\x41\1\x41\2\x6a", b"\x42\7\x14\0\1"), True),
        (TYPE.replace(b"\4good\0\0", b"\4good\0\x7f"), False),
    ):
        cache = codecache.Cache(tmp_path / "cache")
        cache.check()
        cache.write(cache.path(keyed(content)), codefile.pack(ModuleCode(2), keyed(content)))
        assert cache.open(content).validated
        if late:
            instance = Instance(Module(content, cache=cache.folder))
            with pytest.raises(ValidationError):
                instance.exports["evil"]()
        else:
            with pytest.raises(ValidationError, match="unknown function 127"):
                Module(content, cache=cache.folder)


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
