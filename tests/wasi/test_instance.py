"""WASI linked to instances: through the embedding API and through the command line."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.patience import PATIENCE
from tests.wasi.cases import PROJECT, failures, read_case
from tests.wasi.test_programs import PROGRAMS, SUITE
from tests.wasi.wrapped import wat
from tests.wat import wat2wasm
from wasmvm.embedding.instance import Instance
from wasmvm.embedding.module import Module
from wasmvm.errors import ExitTrap, LinkError
from wasmvm.wasi import MemoryDirectory, Wasi, WasiConfig, link
from wasmvm.wasi.preview1 import abi


def run(wasm: Path, **options: Any) -> int:
    """The exit code of a program that is run in this process."""
    with Wasi(WasiConfig(args=[wasm.name], **options)) as wasi:
        instance = Instance(Module(wasm), link(wasi))
        try:
            instance.exports["_start"]()
        except ExitTrap as exit_trap:
            return exit_trap.exit_code
    return 0


@pytest.mark.parametrize("name", [name for name in PROGRAMS if read_case(SUITE / f"{name}.wasm").dirs])
def test_programs_do_the_same_on_a_tree_in_memory(name: str) -> None:
    """The outputs were recorded on a directory of the host."""
    case = read_case(SUITE / f"{name}.wasm")
    files = {"dir/file": b"twelve bytes"} if name == "stat" else {}
    stdout, stderr = bytearray(), bytearray()
    directory = MemoryDirectory(files)
    code = run(case.wasm, stdout=stdout, stderr=stderr, dirs={"/": directory})
    assert (code, bytes(stdout), bytes(stderr)) == (case.exit_code, case.stdout, b"")


def test_input_and_output_of_the_embedders() -> None:
    case = read_case(SUITE / "stdio.wasm")
    pieces: list[bytes] = []
    assert run(case.wasm, stdin=case.stdin, stdout=pieces.append) == 0
    assert b"".join(pieces) == case.stdout


def test_the_earlier_snapshot_links() -> None:
    module = Module(wat2wasm(wat(abi.UNSTABLE_MODULE)))
    with Wasi(WasiConfig(stdin=b"x", args=["prog"], dirs={"/": MemoryDirectory({"f": b"hello"})})) as wasi:
        exports = Instance(module, link(wasi)).exports
        memory = memoryview(exports["memory"])
        memory[0:1] = b"f"
        assert exports["path_open"](3, 0, 0, 1, 0, abi.FD_READ | abi.FD_SEEK, 0, 0, 64) == 0
        assert exports["fd_seek"](4, -2, 1, 72) == 0  # from the end, in the order of that snapshot
        assert memory[72] == 3


def test_what_wasi_does_not_have_is_not_linked() -> None:
    module = Module(wat2wasm('(module (import "wasi_snapshot_preview1" "fd_no" (func)))'))
    with Wasi() as wasi, pytest.raises(LinkError, match="fd_no"):
        Instance(module, link(wasi))


def test_a_guest_without_memory_gets_an_error() -> None:
    module = Module(
        wat2wasm(
            '(module (import "wasi_snapshot_preview1" "random_get" (func $get (param i32 i32) (result i32)))'
            '(func (export "go") (result i32) (call $get (i32.const 0) (i32.const 4))))'
        )
    )
    with Wasi() as wasi:
        assert Instance(module, link(wasi)).exports["go"]() == abi.ERRNO["EFAULT"]


def test_host_descriptors_go_with_the_instance(tmp_path: Path) -> None:
    folder = "/proc/self/fd" if os.path.isdir("/proc/self/fd") else "/dev/fd"
    if not os.path.isdir(folder):
        pytest.skip("this platform does not list descriptors")
    (tmp_path / "f").touch()
    module = Module(wat2wasm(wat()))
    gc.collect()
    before = len(os.listdir(folder))
    instance = Instance(module, link(Wasi(WasiConfig(dirs={"/": tmp_path}))))
    memoryview(instance.exports["memory"])[0:1] = b"f"
    for _ in range(10):
        assert instance.exports["path_open"](3, 0, 0, 1, 0, abi.FD_READ, 0, 0, 64) == 0
    assert len(os.listdir(folder)) == before + 11
    del instance
    gc.collect()
    assert len(os.listdir(folder)) == before


def test_an_exception_of_the_embedders_stream_passes_through_wasm() -> None:
    def broken(data: bytes) -> None:
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        run(SUITE / "stdio.wasm", stdin=b"x", stdout=broken)


# --- the command line ---


def command(*words: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    return subprocess.run(
        [sys.executable, "-m", "wasmvm", "run", *words],
        input=stdin,
        capture_output=True,
        env=environment,
        timeout=PATIENCE,
    )


def test_tracing() -> None:
    done = command("--trace", "wasi", str(SUITE / "exit.wasm"), "3")
    lines = done.stderr.decode().splitlines()
    assert done.returncode == 3
    assert 'fd_write(fd=1, iovs="leaving\\n") -> nwritten=8' in lines
    assert lines[-1] == "proc_exit(rval=3) -> ExitTrap"
    assert command("--trace", "everything", str(SUITE / "exit.wasm")).returncode == 2


def test_deterministic_runs_are_all_alike() -> None:
    for name in ("clocks", "random"):
        runs = [command("--trace", "wasi", "--deterministic", seed, str(SUITE / f"{name}.wasm")) for seed in "112"]
        assert runs[0].returncode == 0
        assert runs[0].stdout == read_case(SUITE / f"{name}.wasm").stdout
        assert runs[0].stderr == runs[1].stderr
    assert command("--deterministic", "x", str(SUITE / "random.wasm")).returncode == 2


def test_a_directory_for_reading_only(tmp_path: Path) -> None:
    (tmp_path / "dir").mkdir()
    (tmp_path / "dir/file").write_bytes(b"twelve bytes")
    done = command("--dir-ro", f"{tmp_path}::/", str(SUITE / "stat.wasm"))
    assert b"fstat: file of 12 bytes" in done.stdout
    assert b'link("dir/file", "name2"): EROFS' in done.stdout
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["dir", "file"]


@pytest.mark.parametrize("address", ["nonsense", "127.0.0.1:99999"])
def test_an_address_that_is_none(address: str) -> None:
    done = command("--tcplisten", address, str(SUITE / "exit.wasm"))
    assert done.returncode == 2
    assert b"HOST:PORT" in done.stderr


def test_nothing_is_granted_by_itself() -> None:
    case = read_case(SUITE / "files.wasm")
    done = command(str(case.wasm))
    assert failures(case, done_outcome(done)) != []
    assert b"EBADF" in done.stdout or b"ENOENT" in done.stdout


def done_outcome(done: subprocess.CompletedProcess[bytes]) -> Any:
    from tests.wasi.cases import Outcome

    return Outcome(done.returncode, done.stdout, done.stderr, {})


ELSEWHERE = """
import os, select, sys
for name in ("readv", "writev", "preadv", "pwritev", "pread", "pwrite", "O_NOFOLLOW", "O_DIRECTORY", "O_CLOEXEC",
             "O_NONBLOCK", "O_NOCTTY", "O_PATH", "posix_fallocate", "posix_fadvise", "fdatasync", "mkfifo"):
    if hasattr(os, name):
        delattr(os, name)
os.supports_dir_fd = set()
if hasattr(select, "poll"):
    del select.poll
sys.modules["fcntl"] = sys.modules["termios"] = sys.modules["pwd"] = None
from tests.wasi.guest import Guest, RIGHTS_FILE
from wasmvm.wasi import INHERIT, HostDirectory, MemoryDirectory, Wasi, WasiConfig
from wasmvm.wasi.preview1 import abi
try:
    Wasi(WasiConfig(dirs={"/": "."}))
except NotImplementedError as error:
    assert "POSIX" in str(error)
else:
    sys.exit("a directory of the host was granted")
memory = MemoryDirectory({"f": b"hello"})
with Guest(WasiConfig(dirs={"/": memory}, stdin=INHERIT, stdout=INHERIT, stderr=sys.argv[1])) as guest:
    fd = guest.open("f", rights=RIGHTS_FILE)
    assert guest.read(fd, 10) == b"hello"
    line = guest.read(0, 100)
    out = guest.room(4)
    guest.ok("fd_write", 1, *guest.iovs((guest.put(b"got "), 4), (guest.put(line), len(line))), out)
    guest.write(2, b"to a file")
    assert guest.fails("fd_fdstat_set_flags", 2, abi.FDFLAGS_APPEND) == "ENOTSUP"
"""


def test_where_posix_is_not(tmp_path: Path) -> None:
    """What is POSIX only sits in the sandbox; the rest works without (as on Windows, which is acted out here)."""
    log = tmp_path / "log"
    done = subprocess.run(
        [sys.executable, "-c", ELSEWHERE, str(log)],
        input=b"a line\n",
        capture_output=True,
        cwd=PROJECT,
        timeout=PATIENCE,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"got a line\n", b"")
    assert log.read_bytes() == b"to a file"
