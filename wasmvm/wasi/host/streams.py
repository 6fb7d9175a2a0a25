"""Where the bytes of the standard streams come from and go to: whatever the embedder names.

====================  ===============================================  ================================================
given                 as standard input                                as standard output or error
====================  ===============================================  ================================================
None                  empty                                            thrown away
`INHERIT`             the process's own                                the process's own
an int                that host descriptor, which stays open           the same
a str or path         that file, opened for reading                    that file, made or emptied
bytes-like            these bytes                                      (a bytearray) appended to it
a file-like object    its ``read1`` or ``read``                        its ``write``, then ``flush``
a callable            called with a size, returns at most that many    called with bytes
                      bytes; none at the end
====================  ===============================================  ================================================

A text stream (one without a ``buffer``) is written to as UTF-8. Exceptions of the embedder's objects reach the caller
of the guest unchanged, except OSError, which the guest gets as an error code.

A wait for a host descriptor ends with the call's deadline, by `Store.interrupt` and by Ctrl-C; so does one inside of
Python's own files (what `open`, `os.fdopen`, `subprocess.Popen` give). Any other object or callable of the
embedder may wait for any time: the deadline is looked at between its calls; during them Python only looks for Ctrl-C.

`INHERIT` is what the process was started with. If it was started without that stream, or has closed it, the guest's is
closed too (EBADF): whatever else has that number by now is not for the guest.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence

from wasmvm.wasi.host import errno, terms
from wasmvm.wasi.host.errno import WasiError
from wasmvm.wasi.host.fdtable import Descriptor
from wasmvm.wasi.host.hostfile import HostFile, filetype_of, scatter, wait_ready, write_room
from wasmvm.wasi.host.waiting import wait_slice

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_READ_RIGHTS = terms.RIGHTS_STREAM & ~terms.MAY_WRITE
_WRITE_RIGHTS = terms.RIGHTS_STREAM & ~terms.MAY_READ
_MAX_PIECE = 1 << 20
"""Bytes that an embedder's object is asked for, or given, at once, however much the guest reads or writes."""


class _Inherit:
    __slots__ = ()

    def __repr__(self) -> str:
        return "INHERIT"


INHERIT = _Inherit()
"""Stands for the process's own standard stream."""


class ReadStream(Descriptor):
    """Input from a callable, which gets the size that is wanted at most."""

    __slots__ = ("_pull",)

    def __init__(self, pull: Callable[[int], bytes], prompt: bool = False) -> None:
        super().__init__(terms.FILETYPE_UNKNOWN, _READ_RIGHTS)
        self._pull = pull
        self.prompt = prompt

    def readv(self, buffers: Sequence[memoryview]) -> int:
        room = min(sum(map(len, buffers)), _MAX_PIECE)
        return 0 if room == 0 else scatter(self._pulled(room), buffers)

    def read_bytes(self, size: int) -> bytes | bytearray:
        data = self._pulled(size)
        if type(data) is bytes:
            return data
        copy = bytearray(size)  # of what is as long as it says
        return copy[: scatter(data, (memoryview(copy),))]

    def _pulled(self, room: int) -> bytes:
        data = self._pull(room)
        if len(data) > room:
            raise ValueError(f"standard input gave {len(data)} bytes where at most {room} were asked for")
        return data


class WriteStream(Descriptor):
    """Output to a callable that takes all the bytes that it is given."""

    __slots__ = ("_push",)

    def __init__(self, push: Callable[[bytes], object], prompt: bool = False) -> None:
        super().__init__(terms.FILETYPE_UNKNOWN, _WRITE_RIGHTS)
        self._push = push
        self.prompt = prompt

    def write_bytes(self, data: bytes) -> int:
        if self.limit is not None:
            return super().write_bytes(data)
        self._push(data)
        return len(data)

    def writev(self, buffers: Sequence[memoryview]) -> int:
        total = sum(map(len, buffers))
        if 0 < total <= _MAX_PIECE:
            self._push(b"".join(buffers))
        elif total:  # the buffers may overlap, so all of them together can be larger than the guest's memory
            for buffer in buffers:
                for at in range(0, len(buffer), _MAX_PIECE):
                    wait_slice()
                    self._push(bytes(buffer[at : at + _MAX_PIECE]))
        return total


def _host_stream(fileno: int, rights: int, owned: bool) -> Descriptor:
    """A stream that is a host descriptor; if that is a regular file, the guest can seek, as a native process can."""
    try:
        filetype = filetype_of(os.fstat(fileno).st_mode)
    except OSError:  # it is closed in this process
        return Descriptor(terms.FILETYPE_UNKNOWN, rights)
    if filetype == terms.FILETYPE_REGULAR_FILE:
        rights |= terms.MAY_SEEK | terms.MAY_TELL | terms.MAY_ADVISE
    return HostFile(fileno, filetype, rights, owned=owned)


def _inherited(fileno: int, rights: int) -> Descriptor:
    """A standard stream of the process; a closed one if it has none.

    Other programs inherit standard streams, but not what Python opens: so a file that got the number of a closed
    stream is not taken for it.
    """
    names = ("__stdin__", "__stdout__", "__stderr__")
    if getattr(sys, names[fileno]) is not None:  # Python looked when it started
        try:
            if os.name != "posix" or os.get_inheritable(fileno):
                return _host_stream(fileno, rights, owned=False)
        except OSError:
            pass
    return Descriptor(terms.FILETYPE_UNKNOWN, rights)


def _stoppable(file: Any, write: bool, method: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A method of one of Python's files that reads or writes, made so that the store can end its waiting (`waiting`).

    Such a file finally calls its raw file's method `readinto` (`write`) by name. Meanwhile there is another method by
    that name, which waits first.
    """
    import io

    raw = getattr(file, "raw", file)
    if not isinstance(raw, io.FileIO):
        return method
    name = "write" if write else "readinto"
    plain = getattr(raw, name)

    def waiting(buffer: Any) -> Any:
        fileno = raw.fileno()
        wait_ready(fileno, write)
        return plain(memoryview(buffer).cast("B")[: write_room(fileno)] if write else buffer)

    def stoppable(argument: Any) -> Any:
        if raw is file and argument is not None:
            if write:
                return waiting(argument)
            wait_ready(raw.fileno(), False)
            return method(argument)
        if name in raw.__dict__:  # a signal's handler or another thread is inside too
            return method(argument)
        raw.__dict__[name] = waiting
        try:
            return method(argument)
        finally:
            raw.__dict__.pop(name, None)

    return stoppable


def _reader(source: Any) -> Callable[[int], bytes]:
    """A function that reads at most a given number of bytes from a file-like object, by the method that waits least."""
    source = getattr(source, "buffer", source)
    for name in ("read1", "read"):
        method = getattr(source, name, None)
        if method is not None:
            break
    else:
        raise TypeError(f"standard input cannot be a {type(source).__name__}")
    method = _stoppable(source, False, method)

    def pull(size: int) -> bytes:
        data = method(size)
        if data is None:  # a non-blocking raw file has nothing right now
            raise WasiError(errno.EAGAIN)
        return data.encode() if isinstance(data, str) else data

    return pull


def _text_reader(source: Any) -> Callable[[int], bytes]:
    """The same for a text stream: a character may have more bytes than are wanted, so the rest is kept."""
    kept = b""

    def pull(size: int) -> bytes:
        nonlocal kept
        if not kept:
            kept = source.read(size).encode()
        data, kept = kept[:size], kept[size:]
        return data

    return pull


def _writer(sink: Any) -> Callable[[bytes], object]:
    """A function that writes all bytes to a file-like object, and flushes it."""
    sink = getattr(sink, "buffer", sink)
    write: Callable[[Any], Any] | None = getattr(sink, "write", None)
    if write is None:
        raise TypeError(f"a standard output cannot be a {type(sink).__name__}")
    flush = getattr(sink, "flush", None)
    if flush is not None:
        plain = flush  # a raw file's does nothing
        flush = _stoppable(sink, True, lambda _: plain())
    write = _stoppable(sink, True, write)

    def push(data: bytes) -> None:
        rest: bytes = data
        while rest:  # a raw file may take a part
            count = write(rest)
            if not isinstance(count, int) or count >= len(rest):
                break
            rest = rest[count:]
        if flush is not None:
            flush(None)

    return push


def _text_writer(sink: Any) -> Callable[[bytes], object]:
    """The same for a text stream; the bytes of a character may come in two pieces."""
    import codecs

    decode = codecs.getincrementaldecoder("utf-8")("replace").decode

    def push(data: bytes) -> None:
        sink.write(decode(data))

    return push


def _is_text(stream: Any) -> bool:
    import io

    return isinstance(stream, io.TextIOBase) and not hasattr(stream, "buffer")


def open_input(source: Any) -> Descriptor:
    """The descriptor for what the embedder gave as standard input (see above)."""
    if source is None:
        return ReadStream(lambda size: b"", prompt=True)
    if source is INHERIT:
        return _inherited(0, _READ_RIGHTS)
    if isinstance(source, int):
        return _host_stream(source, _READ_RIGHTS, owned=False)
    if isinstance(source, (str, os.PathLike)):
        fileno = os.open(source, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0))
        return _host_stream(fileno, _READ_RIGHTS, owned=True)
    if isinstance(source, (bytes, bytearray, memoryview)):
        import io

        return ReadStream(io.BytesIO(source).read, prompt=True)
    if _is_text(source):
        return ReadStream(_text_reader(source))
    if hasattr(source, "read") or hasattr(source, "buffer"):
        return ReadStream(_reader(source))
    if callable(source):
        return ReadStream(source)
    raise TypeError(f"standard input cannot be a {type(source).__name__}")


def open_output(sink: Any, fileno: int) -> Descriptor:
    """The descriptor for what the embedder gave as standard output (`fileno` 1) or error (2) (see above)."""
    if sink is None:
        return WriteStream(len, prompt=True)
    if sink is INHERIT:
        python_stream = sys.stdout if fileno == 1 else sys.stderr
        if python_stream is not None and not getattr(python_stream, "closed", False):
            python_stream.flush()  # what Python printed before comes out before
        return _inherited(fileno, _WRITE_RIGHTS)
    if isinstance(sink, int):
        return _host_stream(sink, _WRITE_RIGHTS, owned=False)
    if isinstance(sink, (str, os.PathLike)):
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
        return _host_stream(os.open(sink, flags, 0o666), _WRITE_RIGHTS, owned=True)
    if isinstance(sink, bytearray):
        return WriteStream(sink.extend, prompt=type(sink) is bytearray)
    if _is_text(sink):
        return WriteStream(_text_writer(sink))
    if hasattr(sink, "write") or hasattr(sink, "buffer"):
        return WriteStream(_writer(sink))
    if callable(sink):
        return WriteStream(sink)
    raise TypeError(f"a standard output cannot be a {type(sink).__name__}")
