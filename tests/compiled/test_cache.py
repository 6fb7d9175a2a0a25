"""Lowered code on disk: what is kept is used, and whatever is wrong with it only costs time."""

from __future__ import annotations

import errno
import os
import resource
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from examples.programs import BY_NAME
from wasmvm._core import ModuleCode
from wasmvm.compat import wasmtime
from wasmvm.compiled import cache as codecache
from wasmvm.compiled import codefile
from wasmvm.compiled.cache import Cache, RefusedError
from wasmvm.compiled.codefile import keyed
from wasmvm.compiled.module import CompiledModule
from wasmvm.embedding.engine import Config, Engine
from wasmvm.embedding.instance import Instance
from wasmvm.embedding.module import Module
from wasmvm.errors import DeserializeError, ExitTrap, InternalError, Trap
from wasmvm.text import wat2wasm
from wasmvm.wasi import Wasi, WasiConfig, link

HELLO = BY_NAME["hello"].wasm
OUTPUT = b"Hello from hello.wasm one!\n"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="permissions and inodes as POSIX has them")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def run(module: Module) -> bytes:
    output = bytearray()
    with Wasi(WasiConfig(args=["hello.wasm", "one"], stdout=output)) as wasi:
        try:
            Instance(module, link(wasi)).exports["_start"]()
        except ExitTrap as exit_trap:
            assert exit_trap.exit_code == 0
    return bytes(output)


def fill(folder: Path, path: Path = HELLO) -> Path:
    """Run a module and keep its code; returns the file."""
    module = Module.from_file(path, cache=folder)
    assert run(module) == OUTPUT
    module.compiled.save()
    (file,) = folder.glob("*.code")
    return file


def forbid_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let validation and lowering fail from now on."""

    def forbidden(*_: object) -> None:
        raise AssertionError("this should have come from the cache")

    monkeypatch.setattr("wasmvm.validation.validate", forbidden)
    monkeypatch.setattr("wasmvm.lowering.body.lower", forbidden)


def test_second_start_neither_validates_nor_lowers(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(folder)
    forbid_work(monkeypatch)
    assert run(Module.from_file(HELLO, cache=folder)) == OUTPUT
    with pytest.raises(AssertionError, match="from the cache"):
        Module.from_file(HELLO)


def test_traps_have_their_places_after_a_second_start(folder: Path) -> None:
    text = b'(module (func (export "f") (param i32) (result i32) (i32.div_s (i32.const 1) (local.get 0))))'
    frames = []
    for _ in range(2):
        module = Module(text, cache=folder)
        with pytest.raises(Trap, match="integer divide by zero") as caught:
            Instance(module).exports["f"](0)
        frames.append([repr(frame) for frame in caught.value.frames])
        module.compiled.save()
    assert frames[0] == frames[1]
    assert len(frames[0]) == 1


def test_functions_are_added(folder: Path) -> None:
    functions = "".join(f'(func (export "f{i}") (result i32) i32.const {i})' for i in range(4))
    for i in range(4):
        module = Module(f"(module {functions})".encode(), cache=folder)
        assert Instance(module).exports[f"f{i}"]() == i
        module.compiled.save()
        (info,) = Cache(folder).files()
        assert info.functions == i + 1


@pytest.mark.parametrize("where", [0, 8, 20, 40, 44, 48, 52, 60, 200, -1])
def test_a_flipped_bit_is_found(folder: Path, where: int) -> None:
    file = fill(folder)
    data = bytearray(file.read_bytes())
    data[where] ^= 4
    file.write_bytes(data)
    assert not Cache(folder).open(HELLO.read_bytes()).validated
    assert run(Module.from_file(HELLO, cache=folder)) == OUTPUT


@pytest.mark.parametrize("size", [0, 7, 47, 48, 100, 4000])
def test_a_cut_file_is_found(folder: Path, size: int) -> None:
    file = fill(folder)
    file.write_bytes(file.read_bytes()[:size])
    assert not Cache(folder).open(HELLO.read_bytes()).validated
    assert run(Module.from_file(HELLO, cache=folder)) == OUTPUT


def test_damage_is_mended(folder: Path) -> None:
    file = fill(folder)
    good = file.read_bytes()
    file.write_bytes(b"")
    assert fill(folder).read_bytes() == good


def test_another_build_has_other_files(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(folder)
    source = HELLO.read_bytes()
    assert Cache(folder).open(source).validated
    monkeypatch.setattr(codefile, "BUILD", bytes(32))
    assert not Cache(folder).open(source).validated
    assert run(Module.from_file(HELLO, cache=folder)) == OUTPUT


@pytest.mark.parametrize("data", [b"", b"nothing of ours" * 10, b"wasmvm\0\1" + bytes(100), bytes(56)])
def test_what_is_no_file_of_this_format(folder: Path, data: bytes) -> None:
    file = fill(folder)
    file.write_bytes(data)
    (info,) = Cache(folder).files()
    assert info.functions == 0
    assert run(Module.from_file(HELLO, cache=folder)) == OUTPUT


def with_lying_records(data: bytes) -> bytes:
    """A file whose checksum is right, and whose first function has more words than the file."""
    header = codefile.header([memoryview(data)])
    source = data[header.end :]
    code = bytearray(data[codefile.HEADER_SIZE : header.end])
    code[8:12] = (2**31 - 1).to_bytes(4, "little")
    checksum = codefile._checksum(header.key, header.functions, len(source), [bytes(code), source])
    return codefile._HEADER.pack(codefile.MAGIC, header.key, header.functions, len(source), checksum) + code + source


def test_records_that_lie_are_not_used(folder: Path) -> None:
    """The module is what it is: it is validated late, and its functions are lowered again."""
    file = fill(folder)
    file.write_bytes(with_lying_records(file.read_bytes()))
    assert Cache(folder).open(HELLO.read_bytes()).validated
    assert run(Module.from_file(HELLO, cache=folder)) == OUTPUT
    assert fill(folder) == file
    assert Cache(folder).files()[0].functions > 0, "and the file is mended"


def test_a_serialized_module_whose_records_lie_is_refused() -> None:
    data = Module.from_file(HELLO).serialize(lower_all=True)
    assert run(Module.deserialize(data)) == OUTPUT
    with pytest.raises(DeserializeError, match="the serialized module is damaged"):
        Module.deserialize(with_lying_records(data))


def test_a_folder_that_is_gone(folder: Path) -> None:
    """Before and after it is looked into; saving makes no new one in its place for this module, and fails silently."""
    assert Cache(folder).files() == []
    assert Cache(folder).clear() == 0
    Cache(folder).prune()
    module = Module.from_file(HELLO, cache=folder)
    assert run(module) == OUTPUT
    folder.rmdir()
    module.compiled.save()
    assert not folder.exists()


def test_a_path_and_its_text_are_one_module(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(folder)
    forbid_work(monkeypatch)
    for source in (HELLO, str(HELLO), HELLO.read_bytes()):
        assert run(Module(source, cache=folder)) == OUTPUT


def test_the_configuration_of_an_engine(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Engine(Config(cache=folder))
    module = engine.module(HELLO)
    assert run(module) == OUTPUT
    del module
    assert len(Cache(folder).files()) == 1, "written when the module was no longer used"
    forbid_work(monkeypatch)
    assert run(engine.module(HELLO)) == OUTPUT
    with pytest.raises(AssertionError, match="from the cache"):
        Engine().module(HELLO)
    monkeypatch.setenv(codecache.FOLDER_ENV, str(folder))
    assert run(Engine(Config(cache=True)).module(HELLO)) == OUTPUT


def test_the_configuration_of_wasmtime(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(codecache.FOLDER_ENV, str(folder))
    fill(folder)
    forbid_work(monkeypatch)
    config = wasmtime.Config()
    config.cache = True
    assert wasmtime.Module.from_file(wasmtime.Engine(config), HELLO).exports
    with pytest.raises(AssertionError, match="from the cache"):
        wasmtime.Module.from_file(wasmtime.Engine(), HELLO)


def test_another_module_has_another_file(folder: Path) -> None:
    fill(folder)
    assert not Cache(folder).open(HELLO.read_bytes() + b"\0\2\1x").validated


def keep(text: str, folder: Path) -> Path:
    """Run the function `f` of a module and keep its code; returns the file."""
    module = Module(text, cache=folder)
    Instance(module).exports["f"]()
    module.compiled.save()
    return Path(Cache(folder).path(keyed(module.compiled.syntax.source)))


def test_the_code_of_another_module_is_not_used(folder: Path) -> None:
    """The verifier finds nothing wrong with it: its key alone says whose it is."""
    one, two = (f'(module (func (export "f") (result i32) i32.const {i}))' for i in (1, 2))
    first, second = keep(one, folder), keep(two, folder)
    second.write_bytes(first.read_bytes())
    assert not Cache(folder).open(wat2wasm(two)).validated
    assert Instance(Module(two, cache=folder)).exports["f"]() == 2
    assert Instance(Module(one, cache=folder)).exports["f"]() == 1


def test_a_file_is_written_again_when_enough_is_new(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = '(module (func (export "f") (result i32) i32.const 1))'
    file = keep(text, folder)
    monkeypatch.setattr(codecache, "WORTH_SAVING", file.stat().st_size)
    entry = Cache(folder).open(wat2wasm(text))
    compiled = CompiledModule(wat2wasm(text), entry=entry)
    assert not entry.save(compiled.syntax, compiled.code, 0)
    assert not entry.save(compiled.syntax, compiled.code, 1), "no more than the part that WORTH_SAVING says"
    assert entry.save(compiled.syntax, compiled.code, 2)


def test_another_users_file_is_not_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = fill(folder)
    assert codecache.read_private(os.fspath(file)) == file.read_bytes()
    other = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: other)
    assert codecache.read_private(os.fspath(file)) is None


def test_only_regular_files_are_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    writer = os.open(tmp_path / "fifo", os.O_RDWR)  # so that opening the fifo does not wait
    try:
        assert codecache.read_private(os.fspath(tmp_path / "fifo")) is None
    finally:
        os.close(writer)
    assert codecache.read_private(os.fspath(tmp_path)) is None
    assert codecache.read_private(os.fspath(tmp_path / "nothing")) is None


def test_what_is_read_is_marked_as_used(folder: Path) -> None:
    file = fill(folder)
    os.utime(file, (1, 1))
    assert Cache(folder).open(HELLO.read_bytes()).validated
    assert file.stat().st_mtime > 1


def test_a_cache_on_a_disk_that_cannot_be_written(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in the image of a container: what is there is used, and what is new is not kept."""
    monkeypatch.setattr(codecache, "RACY_SECONDS", -1.0)
    path = large_module(tmp_path / "large.wasm")
    fill(folder, path)
    files = {item.name: item.read_bytes() for item in folder.iterdir()}
    assert {Path(name).suffix for name in files} == {".code", ".seen", ".marks"}
    plain = os.open

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    def open_to_read(path: str, flags: int, *rest: Any, **options: Any) -> int:
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            refuse()
        return plain(path, flags, *rest, **options)

    monkeypatch.setattr(os, "utime", refuse)
    monkeypatch.setattr(os, "open", open_to_read)
    with monkeypatch.context() as patched:
        forbid_work(patched)
        module = Module.from_file(path, cache=folder)
        assert module.compiled.syntax.source == path.read_bytes()
        assert run(module) == OUTPUT
        assert run(Module(path.read_bytes(), cache=folder)) == OUTPUT
    new = keep('(module (func (export "f") nop))', folder)
    assert not new.exists()
    assert {item.name: item.read_bytes() for item in folder.iterdir()} == files


@pytest.mark.skipif(sys.platform != "linux", reason="mounts a file system as Linux does")
def test_a_cache_on_a_mount_that_is_read_only(tmp_path: Path) -> None:
    """The same, of the host's own doing: in a namespace of its own, where that is allowed."""
    script = """
        set -e
        mount -t tmpfs none "$0"
        export WASMVM_CACHE_DIR="$0/cache"
        "$1" -m wasmvm run "$2" one
        mount -o remount,ro "$0"
        ! touch "$0/new" 2> "$3"
        echo read-only
        "$1" -c "
import sys
from wasmvm.compiled.cache import Cache
from wasmvm.cli.main import main
assert Cache().open(open(sys.argv[1], 'rb').read()).validated
sys.exit(main(['run', sys.argv[1], 'one']))" "$2"
    """
    place = tmp_path / "mount"
    place.mkdir()
    command = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]
    try:
        subprocess.run([*command, 'mount -t tmpfs none "$0"', place], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this host lets nobody mount anything")
    done = subprocess.run([*command, script, place, sys.executable, HELLO, os.devnull], capture_output=True, check=True)
    assert done.stdout == OUTPUT + b"read-only\n" + OUTPUT
    assert done.stderr == b""


def large_module(path: Path) -> Path:
    """hello with a custom section that makes it large; old enough for its state to be remembered."""
    size = codecache.LARGE
    leb = bytes([size & 0x7F | 0x80, size >> 7 & 0x7F | 0x80, size >> 14])
    path.write_bytes(HELLO.read_bytes() + b"\0" + leb + b"\1x" + bytes(size - 2))
    return path


def test_a_large_file_is_known_by_its_state(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = large_module(tmp_path / "large.wasm")
    assert codecache.RACY_SECONDS >= 2, "as coarse as time stamps of some file systems are"
    monkeypatch.setattr(codecache, "RACY_SECONDS", 3600.0)
    fill(folder, path)
    assert not list(folder.glob("*.seen")), "the file is too new: it could change without another time stamp"
    monkeypatch.setattr(codecache, "RACY_SECONDS", -1.0)
    fill(folder, path)
    assert len(list(folder.glob("*.seen"))) == 1
    status = path.stat()
    cache = Cache(folder)

    def recalled() -> bool:
        with path.open("rb") as file:
            entry = cache.recall(file.fileno(), os.fstat(file.fileno()))
        return entry is not None and entry.validated

    assert recalled()
    # The same size and time of change, put back by hand, is another state.
    while path.stat().st_ctime_ns == status.st_ctime_ns:
        with path.open("r+b") as file:
            file.seek(-1, os.SEEK_END)
            file.write(b"!")
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert path.stat().st_mtime_ns == status.st_mtime_ns
    assert not recalled()
    assert not cache.open(path.read_bytes(), path.stat()).validated


def test_the_time_of_change_counts_as_well(folder: Path, tmp_path: Path) -> None:
    """A file whose time stamp was set back, as tools that unpack do, is as new as its last change of state."""
    path = large_module(tmp_path / "large.wasm")
    os.utime(path, (1e9, 1e9))
    fill(folder, path)
    assert not list(folder.glob("*.seen"))


def test_a_state_with_another_size_is_not_remembered(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file has changed between the look at its state and the reading of it."""
    monkeypatch.setattr(codecache, "RACY_SECONDS", -1.0)
    path = large_module(tmp_path / "large.wasm")
    source = path.read_bytes()
    for content, remembered in ((source + b"\0\1\0", 0), (source, 1)):
        entry = Cache(folder).open(content, path.stat())
        assert entry.save(CompiledModule(content, entry=entry).syntax, ModuleCode(0), 0)
        assert len(list(folder.glob("*.seen"))) == remembered


@pytest.mark.parametrize("mode", [0o755, 0o770, 0o701])
def test_a_folder_open_to_others_is_refused(folder: Path, mode: int) -> None:
    fill(folder)
    folder.chmod(mode)
    with pytest.raises(RefusedError, match="open to other users"):
        Cache(folder).check()
    assert not Cache(folder).open(HELLO.read_bytes()).validated
    assert run(Module.from_file(HELLO, cache=folder)) == OUTPUT


def test_a_folder_of_another_user_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(folder)
    other = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: other)
    with pytest.raises(RefusedError, match="another user"):
        Cache(folder).check()
    assert not Cache(folder).open(HELLO.read_bytes()).validated


def test_links_are_refused(folder: Path, tmp_path: Path) -> None:
    file = fill(folder)
    link_ = tmp_path / "link"
    link_.symlink_to(folder)
    with pytest.raises(RefusedError, match="not a directory"):
        Cache(link_).check()
    file.rename(tmp_path / "elsewhere")
    file.symlink_to(tmp_path / "elsewhere")
    assert not Cache(folder).open(HELLO.read_bytes()).validated


@pytest.mark.timeout(120)
@pytest.mark.parametrize("suffix", [codecache.SUFFIX, codecache.SEEN_SUFFIX, codecache.MARKS_SUFFIX])
def test_a_fifo_is_not_waited_for(folder: Path, tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody writes to it, nor reads it: to open it would take for ever. What is of use is written in its place."""
    monkeypatch.setattr(codecache, "RACY_SECONDS", -1.0)
    path = large_module(tmp_path / "large.wasm")
    fill(folder, path)
    (file,) = folder.glob(f"*{suffix}")
    file.unlink()
    os.mkfifo(file)
    fill(folder, path)
    assert Cache(folder).open(path.read_bytes()).validated
    assert file.is_fifo() == (suffix == codecache.MARKS_SUFFIX)


def test_what_a_clock_that_was_set_back_left_is_removed(folder: Path) -> None:
    folder.mkdir(mode=0o700)
    left, written = (folder / f"{digits * 32}.code.1.0123abcd.tmp" for digits in ("2c", "3d"))
    for path, ahead in ((left, 9000), (written, 1000)):
        path.write_bytes(b"")
        os.utime(path, (time.time() + ahead,) * 2)
    Cache(folder).prune()
    assert not left.exists()
    assert written.exists(), "another process may be writing it"


def test_the_folder_is_made_for_the_user_alone(folder: Path) -> None:
    file = fill(folder / "deeper")
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_full_disk_costs_nothing_but_time(folder: Path) -> None:
    module = Module.from_file(HELLO, cache=folder)
    assert run(module) == OUTPUT
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        module.compiled.save()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(folder.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    module = Module.from_file(HELLO, cache=tmp_path / "file" / "cache")
    assert run(module) == OUTPUT
    module.compiled.save()


def wasmvm(folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "wasmvm", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, codecache.FOLDER_ENV: str(folder)},
    )


def test_writers_at_the_same_time(folder: Path) -> None:
    processes = [wasmvm(folder, "run", str(HELLO), "one") for _ in range(6)]
    for process in processes:
        output, errors = process.communicate()
        assert (output, errors, process.returncode) == (OUTPUT, b"", 0)
    (file,) = folder.glob("*.code")
    assert {path.name for path in folder.iterdir()} == {file.name, codecache.MARKS}
    assert file.suffix == ".code"
    assert Cache(folder).open(HELLO.read_bytes()).validated


def test_command_line(folder: Path) -> None:
    assert wasmvm(folder, "run", "--no-cache", str(HELLO), "one").communicate() == (OUTPUT, b"")
    assert not folder.exists()
    assert wasmvm(folder, "run", str(HELLO), "one").communicate() == (OUTPUT, b"")
    shown, _ = wasmvm(folder, "cache").communicate()
    first, second = shown.decode().splitlines()
    assert first.startswith(f"{folder}: 1 module, ")
    assert second.endswith(" functions")
    assert wasmvm(folder, "cache", "--clear").communicate() == (f"{folder}: 1 file removed\n".encode(), b"")
    assert list(folder.iterdir()) == []
    folder.chmod(0o777)
    process = wasmvm(folder, "cache")
    _, errors = process.communicate()
    assert process.returncode == 1
    assert b"open to other users" in errors


def test_what_was_not_used_for_longest_goes_first(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(folder)
    names = (
        f"{'0a' * 32}.code", f"{'1b' * 32}.code", f"{'2c' * 32}.code.1.0123abcd.tmp", f"{'3d' * 32}.code.1.0123abcd.tmp"
    )  # fmt: skip
    old, young, left, written = (folder / name for name in names)
    for path, age in ((old, 9000), (young, 1000), (left, 9000), (written, 1000)):
        path.write_bytes(bytes(1000))
        os.utime(path, (time.time() - age,) * 2)
    size = sum(path.stat().st_size for path in folder.glob("*.code"))
    monkeypatch.setattr(codecache, "MAX_BYTES", size - 500)
    Cache(folder).prune()
    assert not old.exists()
    assert young.exists()
    assert not left.exists()
    assert written.exists(), "another process may be writing it"


def save_small(folder: Path, number: int) -> None:
    """Make a module of its own and let go of it, which saves it."""
    Module(f"(module (func (i32.const {number}) drop))", cache=folder)


def test_a_save_looks_at_no_other_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only one in `MARKS_PER_PRUNE` does, however many files there are."""
    looks = []
    scandir = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: looks.append(path) or scandir(path))
    for number in range(3 * codecache.MARKS_PER_PRUNE):
        save_small(folder, number)
        assert len(looks) == (number + 1) // codecache.MARKS_PER_PRUNE
    assert len(Cache(folder).files()) == 3 * codecache.MARKS_PER_PRUNE


def test_the_number_of_files_is_bounded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codecache, "MAX_FILES", 10)
    monkeypatch.setattr(codecache, "MARKS_PER_PRUNE", 4)
    for number in range(30):
        save_small(folder, number)
        assert len(list(folder.glob("*.code"))) == (number + 1 if number < 11 else 10 + (number + 1) % 4)
    for number in range(28, 30):  # the youngest are still there, and nothing of them is new
        save_small(folder, number)
        assert len(list(folder.glob("*.code"))) == 12


@pytest.mark.parametrize(("size", "saves"), [(0, 64), ((1 << 22) - 1, 64), (1 << 22, 32), (1 << 27, 2), (1 << 40, 1)])
def test_large_files_let_the_cache_look_sooner(
    folder: Path, monkeypatch: pytest.MonkeyPatch, size: int, saves: int
) -> None:
    pruned = []
    prune = Cache.prune
    monkeypatch.setattr(Cache, "prune", lambda cache: pruned.append(prune(cache)))
    cache = Cache(folder)
    cache.check()
    for _ in range(saves):
        assert not pruned
        cache.mark(size)
    assert len(pruned) == 1
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("hindrance", ["folder", "link"])
def test_where_nobody_can_count_every_save_looks(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hindrance: str
) -> None:
    fill(folder)
    marks, secret = folder / codecache.MARKS, tmp_path / "secret"
    secret.write_bytes(b"mine")
    marks.unlink()
    if hindrance == "folder":
        marks.mkdir()
    else:
        marks.symlink_to(secret)
    monkeypatch.setattr(codecache, "MAX_FILES", 1)
    for number in range(3):
        save_small(folder, number)
        assert len(list(folder.glob("*.code"))) == 1
    assert secret.read_bytes() == b"mine"


def test_what_cannot_be_removed_hinders_no_save(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(folder)
    monkeypatch.setattr(codecache, "MARKS_PER_PRUNE", 1)
    monkeypatch.setattr(codecache, "MAX_FILES", 0)

    def refuse(path: str) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted", path)

    monkeypatch.setattr(os, "unlink", refuse)
    monkeypatch.setattr(codecache, "RACY_SECONDS", -1.0)
    content = wat2wasm('(module (func (export "f") nop))') + b"\0\x81\x80\x40\0" + bytes(1 << 20)
    path = folder.parent / "large.wasm"
    path.write_bytes(content)
    entry = Cache(folder).open(content, path.stat())
    compiled = CompiledModule(content, entry=entry)
    compiled.lower_all()
    assert entry.save(compiled.syntax, compiled.code, 1)
    assert len(list(folder.glob("*.code"))) == 2
    assert len(list(folder.glob("*.seen"))) == 1


OTHERS = (
    "thesis.code",
    "movies.seen",
    "old.tmp",
    f"{'ab' * 32}",
    f"{'ab' * 32}.txt",
    f"{'ab' * 31}.code",
    f"{'ab' * 31}zz.code",
    f"{'AB' * 32}.code",
    f"{'ab' * 32}.code.tmp",
    f"{'ab' * 32}.code.1.tmp",
    f"{'ab' * 32}.code.1.0123abcd.tmp.tmp",
    f"{'ab' * 32}.code.x.0123abcd.tmp",
    f"{'ab' * 32}.code.1.0123abcg.tmp",
)


def test_what_others_have_in_the_folder_stays(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(folder)
    monkeypatch.setattr(codecache, "MAX_BYTES", 0)
    for name in OTHERS:
        (folder / name).write_bytes(b"mine")
        os.utime(folder / name, (1, 1))
    (folder / f"{'cd' * 32}.code").mkdir()
    (folder / f"{'ef' * 32}.code").symlink_to(HELLO)
    kept = {*OTHERS, f"{'cd' * 32}.code", f"{'ef' * 32}.code"}
    assert len(Cache(folder).files()) == 1
    Cache(folder).prune()
    assert {path.name for path in folder.iterdir()} == kept
    monkeypatch.undo()
    fill_again = Module.from_file(HELLO, cache=folder)
    assert run(fill_again) == OUTPUT
    fill_again.compiled.save()
    assert Cache(folder).clear() == 1
    assert {path.name for path in folder.iterdir()} == kept
    assert HELLO.exists()


GOOD = (0, 32, 1, 2, 0, 3, 1, 2)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (0, 1),
        (0, 2**32 - 1),
        (1, 0),
        (1, 28),
        (1, 34),
        (1, 36),
        (1, 2**32 - 4),
        (2, 0),
        (2, 3),
        (2, 2**31 - 1),
        (2, 2**32 - 1),
        (5, 1),
        (5, 2**31),
        (5, 2**32 - 1),
        (6, 3),
        (6, 2**32 - 1),
        (7, 0),
        (7, 4),
        (3, 1),
        (3, 4),
        (3, 2**32 - 2),
        (4, 1),
        (4, 6),
        (4, 2**32 - 4),
    ],
)
def test_records_that_cannot_be_true_are_refused(place: int, value: int) -> None:
    body = struct.pack("=3i", 1, 2, 3)
    ModuleCode(1).adopt(struct.pack("=8I", *GOOD) + body, 0, 1)
    record = [*GOOD]
    record[place] = value
    code = ModuleCode(1)
    with pytest.raises(InternalError):
        code.adopt(struct.pack("=8I", *record) + body, 0, 1)
    assert code.get(0) is None


@pytest.mark.parametrize(("at", "count"), [(-4, 1), (2, 1), (4, 1), (0, 2), (0, -1), (48, 0), (0, 2**58), (2**62, 1)])
def test_records_outside_of_the_file_are_refused(at: int, count: int) -> None:
    with pytest.raises(InternalError):
        ModuleCode(1).adopt(struct.pack("=8I", *GOOD) + bytes(12), at, count)


@pytest.mark.parametrize("indices", [(0, 0), (1, 0)])
def test_functions_are_in_order_and_apart(indices: tuple[int, int]) -> None:
    def records(first: int, second: int, apart: int) -> bytes:
        return struct.pack("=16I", first, 64, *GOOD[2:], second, 64 + apart, *GOOD[2:]) + bytes(24)

    ModuleCode(2).adopt(records(0, 1, 12), 0, 2)
    with pytest.raises(InternalError):
        ModuleCode(2).adopt(records(*indices, 12), 0, 2)
    for apart in (0, 4, 8):
        with pytest.raises(InternalError):
            ModuleCode(2).adopt(records(0, 1, apart), 0, 2)


def test_what_is_offered_is_used_when_it_is_accepted() -> None:
    code = ModuleCode(1)
    data = struct.pack("=8I3i", *GOOD, 7, 8, 9)
    assert code.offered(0) is None
    code.adopt(data, 0, 1)
    offered = code.offered(0)
    assert offered is not None
    assert offered == code.get(0)
    assert [list(part) for part in offered.arrays] == [[7], [8, 9], []]
    assert offered.parts == GOOD[2:]
    code.accept(0)
    assert code.offered(0) is None
    assert code.get(0) is not None
    code = ModuleCode(1)
    code.adopt(data, 0, 1)
    code.refuse(0)
    assert code.offered(0) is code.get(0) is None
    for index in (-1, 1, 2**40):
        code.accept(index)
        code.refuse(index)
        assert code.offered(index) is None


def test_the_bounds_are_those_that_are_told() -> None:
    told = (Path(__file__).parents[2] / "CHANGELOG.md").read_text()
    assert f"The cache holds at most {codecache.MAX_FILES} files." in told
