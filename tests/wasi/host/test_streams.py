"""Standard streams: everything that an embedder can give for them."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.patience import PATIENCE
from tests.wasi.guest import Guest
from wasmvm.wasi import INHERIT, WasiConfig
from wasmvm.wasi.host import streams
from wasmvm.wasi.preview1 import abi


def read_all(source: Any, size: int = 7) -> bytes:
    """What a guest reads from standard input, in pieces."""
    with Guest(WasiConfig(stdin=source), size=1 << 18) as guest:
        data = b""
        while piece := guest.read(0, size):
            data += piece
            assert len(piece) <= size
        return data


def written_by(sink: Any, *pieces: bytes, fd: int = 1) -> None:
    with Guest(WasiConfig(**{"stdout" if fd == 1 else "stderr": sink})) as guest:
        for piece in pieces:
            assert guest.write(fd, piece) == len(piece)


class RawPieces(io.RawIOBase):
    """A raw file that gives and takes three bytes at a time."""

    def __init__(self, data: bytes = b"") -> None:
        self.data = data

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        piece, self.data = self.data[: min(3, len(buffer))], self.data[min(3, len(buffer)) :]
        buffer[: len(piece)] = piece
        return len(piece)

    def write(self, data: Any) -> int:
        self.data += bytes(data[:3])
        return min(3, len(data))


DATA = "a lïne\nand another\r\nwithout an end".encode()


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_inputs(tmp_path: Path, size: int) -> None:
    path = tmp_path / "input"
    path.write_bytes(DATA)
    pieces = [DATA[:5], DATA[5:6], DATA[6:], b""]
    sources: list[Any] = [
        DATA, bytearray(DATA), memoryview(DATA), path, str(path), io.BytesIO(DATA), RawPieces(DATA),
        io.BufferedReader(RawPieces(DATA)), io.StringIO(DATA.decode(), newline=""),
        io.TextIOWrapper(io.BytesIO(DATA), "latin-1"),
    ]  # fmt: skip
    for source in sources:
        assert read_all(source, size) == DATA, source
    if size >= 7:

        def pull(room: int) -> bytes:
            assert room >= 1
            piece = pieces[0][:room]
            pieces[0] = pieces[0][room:]
            if not pieces[0] and len(pieces) > 1:
                del pieces[0]
            return piece

        assert read_all(pull, size) == DATA
    with open(path, "rb", buffering=0) as file:
        assert read_all(file.fileno(), size) == DATA
        os.fstat(file.fileno())  # still open


def test_no_input() -> None:
    assert read_all(None) == b""
    assert read_all(b"") == b""


def test_input_of_many_buffers() -> None:
    with Guest(WasiConfig(stdin=b"abcdef")) as guest:
        out = guest.room(4)
        guest.ok("fd_read", 0, *guest.iovs((100, 2), (0, 0), (200, 10)), out)
        assert (guest.u32(out), guest.memory[100:102], guest.memory[200:204]) == (6, b"ab", b"cdef")


def test_the_guest_does_not_decide_how_much_an_object_is_asked_for() -> None:
    asked: list[int] = []

    def pull(size: int) -> bytes:
        asked.append(size)
        return b""

    with Guest(WasiConfig(stdin=pull), size=1 << 22) as guest:
        guest.ok("fd_read", 0, *guest.iovs(*[(0, 1 << 22)] * 512), 64)
    assert asked == [1 << 20]


def test_the_guest_does_not_decide_how_much_an_object_is_given_at_once() -> None:
    sizes: list[int] = []
    with Guest(WasiConfig(stdout=lambda data: sizes.append(len(data))), size=1 << 22) as guest:
        guest.ok("fd_write", 1, *guest.iovs(*[(0, (1 << 22) - 5)] * 20), 64)
        assert guest.u32(64) == sum(sizes) == 20 * ((1 << 22) - 5)
    assert max(sizes) == 1 << 20


def test_outputs(tmp_path: Path) -> None:
    path = tmp_path / "output"
    path.write_bytes(b"what was there before, and is longer")
    pieces = (DATA[:3], DATA[3:4], b"", DATA[4:])
    for fd in (1, 2):
        for sink in (path, str(path)):
            written_by(sink, *pieces, fd=fd)
            assert path.read_bytes() == DATA
        array = bytearray(b">")
        written_by(array, *pieces, fd=fd)
        assert array == b">" + DATA
        binary = io.BytesIO()
        written_by(binary, *pieces, fd=fd)
        assert binary.getvalue() == DATA
        raw = RawPieces()
        written_by(raw, *pieces, fd=fd)
        assert raw.data == DATA
        text = io.StringIO(newline="")
        written_by(text, *pieces, fd=fd)
        assert text.getvalue() == DATA.decode()
        calls: list[bytes] = []
        written_by(calls.append, *pieces, fd=fd)
        assert calls == [piece for piece in pieces if piece]
        written_by(None, *pieces, fd=fd)


def test_a_character_in_two_pieces() -> None:
    text = io.StringIO()
    written_by(text, b"\xc3", b"\xbc\xff", b"!")
    assert text.getvalue() == "ü\ufffd!"


@pytest.mark.skipif(os.name != "posix", reason="files have modes on POSIX only")
def test_a_file_that_is_made_for_output_is_as_open_to_others_as_the_process_makes_them(tmp_path: Path) -> None:
    old = os.umask(0o027)
    try:
        Guest(WasiConfig(stdout=tmp_path / "log")).wasi.close()
    finally:
        os.umask(old)
    assert (tmp_path / "log").stat().st_mode & 0o7777 == 0o640


def test_output_comes_at_once() -> None:
    raw = RawPieces()
    with Guest(WasiConfig(stdout=io.BufferedWriter(raw))) as guest:
        guest.write(1, b"now")
        assert raw.data == b"now"


def test_inherited_streams_are_the_processs_own(capfd: pytest.CaptureFixture[str]) -> None:
    with Guest(WasiConfig(stdin=INHERIT, stdout=INHERIT, stderr=INHERIT)) as guest:
        print("before", end=" ")
        guest.write(1, b"out")
        guest.write(2, b"err")
    sys.stdout.write(" after")
    sys.stdout.flush()
    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("before out after", "err")


@pytest.mark.parametrize("given", [[], object(), 1.5, b""], ids=lambda given: type(given).__name__)
def test_what_is_no_output(given: Any) -> None:
    with pytest.raises(TypeError, match=f"a standard output cannot be a {type(given).__name__}"):
        Guest(WasiConfig(stdout=given))


@pytest.mark.parametrize(
    "given", [[], object(), 1.5, SimpleNamespace(buffer=object())], ids=lambda given: type(given).__name__
)
def test_what_is_no_input(given: Any) -> None:
    with pytest.raises(TypeError, match="standard input cannot be a"):
        Guest(WasiConfig(stdin=given))


def test_an_output_whose_buffer_cannot_be_written() -> None:
    with pytest.raises(TypeError, match="a standard output cannot be a object"):
        Guest(WasiConfig(stderr=SimpleNamespace(buffer=object())))


def test_a_file_that_has_nothing_at_the_moment() -> None:
    class Empty(io.RawIOBase):
        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> None:
            return None

    with Guest(WasiConfig(stdin=Empty())) as guest:
        assert guest.fails("fd_read", 0, *guest.iovs((64, 8)), 128) == "EAGAIN"


@pytest.mark.parametrize("name", ["stdout", "stderr"])
def test_what_python_printed_comes_out_before(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed: list[str] = []
    for stream in ("stdout", "stderr"):
        file = SimpleNamespace(closed=False, flush=lambda stream=stream: flushed.append(stream))
        monkeypatch.setattr(sys, stream, file)
    Guest(WasiConfig(**{name: INHERIT})).wasi.close()
    assert flushed == [name]
    for gone in (SimpleNamespace(closed=True), None):
        monkeypatch.setattr(sys, name, gone)
        Guest(WasiConfig(**{name: INHERIT})).wasi.close()
    assert flushed == [name]


def test_inherited_descriptors_stay_open_and_keep_their_flags() -> None:
    read_end, write_end = os.pipe()
    with Guest(WasiConfig(stdin=read_end, stdout=write_end)) as guest:
        guest.ok("fd_fdstat_set_flags", 0, abi.FDFLAGS_NONBLOCK)
        assert os.get_blocking(read_end)
        assert guest.fails("fd_read", 0, *guest.iovs((64, 8)), 128) == "EAGAIN"
        guest.write(1, b"abc")
        assert guest.read(0, 10) == b"abc"
        guest.ok("fd_close", 0)
        guest.ok("fd_close", 1)
    os.close(read_end)
    os.close(write_end)


def test_a_redirected_file_can_be_sought_in(tmp_path: Path) -> None:
    path = tmp_path / "input"
    path.write_bytes(b"hello")
    with Guest(WasiConfig(stdin=path)) as guest:
        guest.ok("fd_seek", 0, 3, abi.WHENCE_SET, 64)
        assert guest.read(0, 10) == b"lo"
        assert guest.fails("fd_filestat_set_size", 0, 0) == "EINVAL"
    assert path.read_bytes() == b"hello"


def test_directions() -> None:
    with Guest(WasiConfig(stdin=b"x", stdout=bytearray())) as guest:
        assert guest.fails("fd_write", 0, *guest.iovs((64, 1)), 128) == "EBADF"
        assert guest.fails("fd_read", 1, *guest.iovs((64, 1)), 128) == "EBADF"
        assert guest.fails("fd_read", 2, *guest.iovs((64, 1)), 128) == "EBADF"


class Own(bytearray):
    """The embedder's own code may be what takes the bytes."""


def test_what_never_runs_code_of_the_embedder_is_known() -> None:
    """Only for that the store need not be at hand, which the embedder's code may want to be asked."""
    for source in (None, b"x", bytearray(b"x"), memoryview(b"x")):
        assert streams.open_input(source).prompt, source
    for sink in (None, bytearray()):
        assert streams.open_output(sink, 1).prompt, sink
    for given in (io.BytesIO(b"x"), io.StringIO("x"), RawPieces(b"x"), lambda size: b""):
        assert not streams.open_input(given).prompt, given
    for taken in (Own(), io.BytesIO(), io.StringIO(), [].append):
        assert not streams.open_output(taken, 1).prompt, taken


def test_a_terminal_is_a_character_device() -> None:
    pty = pytest.importorskip("pty", reason="there are no terminals to be made on this platform")
    main, terminal = pty.openpty()
    with Guest(WasiConfig(stdout=terminal, stderr=bytearray())) as guest:
        guest.ok("fd_fdstat_get", 1, 64)
        assert guest.memory[64:72] == b"\x02\0\0\0\0\0\0\0"
        assert not guest.u64(72) & (abi.FD_SEEK | abi.FD_TELL)  # by which C libraries know a terminal
        guest.ok("fd_fdstat_get", 2, 64)
        assert guest.memory[64] == abi.FILETYPE_UNKNOWN
    os.close(main)
    os.close(terminal)


def test_an_error_of_the_embedders_object_is_an_error_of_the_call() -> None:
    def full(data: bytes) -> None:
        raise OSError(28, "No space left on device")

    with Guest(WasiConfig(stdout=full)) as guest:
        assert guest.fails("fd_write", 1, *guest.iovs((64, 1)), 128) == "ENOSPC"


def test_another_exception_of_the_embedders_object_is_the_embedders() -> None:
    def broken(data: object) -> bytes:
        raise ZeroDivisionError("mine")

    with Guest(WasiConfig(stdin=broken, stdout=broken)) as guest:
        for fd, name in ((0, "fd_read"), (1, "fd_write")):
            with pytest.raises(ZeroDivisionError, match="mine"):
                guest.call(name, fd, *guest.iovs((64, 1)), 128)
    with Guest(WasiConfig(stdin=lambda size: bytes(size + 1))) as guest, pytest.raises(ValueError, match="at most 1 "):
        guest.call("fd_read", 0, *guest.iovs((64, 1)), 128)


@pytest.mark.parametrize("stream", [1.5, object(), ["x"]])
def test_what_cannot_be_a_stream(stream: object) -> None:
    for name in ("stdin", "stdout", "stderr"):
        with pytest.raises(TypeError, match="cannot be a"):
            Guest(WasiConfig(**{name: stream}))


def test_closed_streams_of_the_process_are_errors() -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    os.close(write_end)
    with Guest(WasiConfig(stdin=read_end)) as guest:
        assert guest.fails("fd_read", 0, *guest.iovs((64, 1)), 128) == "EBADF"


CLOSED = """
import os, sys
from tests.wasi.guest import Guest
from wasmvm.wasi import INHERIT, WasiConfig
from wasmvm.wasi.preview1 import abi
number, how, path = int(sys.argv[1]), sys.argv[2], sys.argv[3]
if how == "closed":
    os.close(number)
victim = os.open(path, os.O_RDWR)
assert victim == number, victim
config = {("stdin", "stdout", "stderr")[number]: INHERIT}
with Guest(WasiConfig(**config)) as guest:
    out = guest.room(4)
    name = "fd_write" if number else "fd_read"
    code = guest.call(name, number, *guest.iovs((guest.put(b"stolen"), 6)), out)
    assert abi.ERRNO_NAMES[code] == "EBADF", code
    assert abi.ERRNO_NAMES[guest.call("fd_seek", number, 0, 0, guest.room(8))] in ("ESPIPE", "EBADF")
os.lseek(victim, 0, 0)
os._exit(os.read(victim, 100) != b"kept")
"""


@pytest.mark.skipif(os.name != "posix", reason="numbers of descriptors as on POSIX")
@pytest.mark.parametrize("number", [0, 1, 2])
@pytest.mark.parametrize("how", ["closed", "started"])
def test_inherit_takes_no_file_that_has_got_the_number(number: int, how: str, tmp_path: Path) -> None:
    """The process closed the stream, or was started without it, and a file was opened since."""
    (tmp_path / "victim").write_bytes(b"kept")
    code = f'exec "{sys.executable}" -c "$0" {number} {how} "{tmp_path}/victim"'
    if how == "started":
        code += f" {number}{'>' if number else '<'}&-"
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run(["sh", "-c", code, CLOSED], cwd=root, capture_output=True, timeout=PATIENCE)
    assert done.returncode == 0, (done.stdout, done.stderr)
    assert (tmp_path / "victim").read_bytes() == b"kept"


@pytest.mark.skipif(os.name != "posix", reason="redirects as on POSIX")
def test_inherit_takes_what_was_put_there_on_purpose(tmp_path: Path) -> None:
    """`os.dup2` is how a process redirects its streams."""
    code = (
        "import os, sys; from tests.wasi.guest import Guest; from wasmvm.wasi import INHERIT, WasiConfig;"
        f"os.dup2(os.open({str(tmp_path / 'log')!r}, os.O_RDWR | os.O_CREAT), 1);"
        "Guest(WasiConfig(stdout=INHERIT)).write(1, b'redirected')"
    )
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "log").read_bytes() == b"redirected"


def test_streams_tell_no_numbers_of_the_host() -> None:
    read_end, write_end = os.pipe()
    with Guest(WasiConfig(stdin=read_end, stdout=write_end)) as guest:
        for fd in (0, 1):
            assert guest.wasi.table.get(fd).stat()[:2] == (0, 0)
    os.close(read_end)
    os.close(write_end)
