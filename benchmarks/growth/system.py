"""WASI: streams, files on the host and in memory, directories, descriptors, waiting."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.growth.curve import Work, curve
from wasmvm import Instance, Module
from wasmvm.wasi import MemoryDirectory, Wasi, WasiConfig, link

RIGHTS = "(i64.const 0x1FFFFFFF)"
NAME_AT, VECTOR_AT, OUT_AT, DATA_AT = 0, 4096, 8192, 65536
"""Where things lie in the guest's memory: a path, an iovec, results, data."""
PAGES = 1024
PIECES = 20
"""How often large pieces and deep paths are measured."""
SIGNATURES = {
    "clock_time_get": "i32 i64 i32", "random_get": "i32 i32", "sched_yield": "", "fd_write": "i32 i32 i32 i32",
    "fd_read": "i32 i32 i32 i32", "fd_close": "i32", "fd_readdir": "i32 i32 i32 i64 i32",
    "path_open": "i32 i32 i32 i32 i32 i64 i64 i32 i32", "path_filestat_get": "i32 i32 i32 i32 i32",
    "path_unlink_file": "i32 i32 i32", "path_create_directory": "i32 i32 i32", "poll_oneoff": "i32 i32 i32 i32",
    "args_get": "i32 i32", "environ_get": "i32 i32", "fd_seek": "i32 i64 i32 i32",
}  # fmt: skip
"""By function, the types of its parameters; all return an errno."""


class Guest:
    """A guest that calls functions of WASI in a loop, as often as it is told.

    Args:
        loops: by export, the calls that each turn makes; ``$i`` is the number of turns that are left.
        config: what it is granted.
    """

    def __init__(self, loops: dict[str, str], **config: Any) -> None:
        imports = "".join(
            f'(import "wasi_snapshot_preview1" "{name}" (func ${name} (param {params}) (result i32)))'
            for name, params in SIGNATURES.items()
        )
        run = "".join(
            f"""(func (export "{name}") (param $i i32) (local $e i32) (loop $l {calls}
            (br_if $l (local.tee $i (i32.sub (local.get $i) (i32.const 1))))))"""
            for name, calls in loops.items()
        )
        self.wasi = Wasi(WasiConfig(**config))
        self.instance = Instance(
            Module(f'(module {imports} (memory (export "memory") {PAGES}) {run})'), link(self.wasi)
        )
        self.memory = self.instance.exports.memory

    def vector(self, size: int) -> None:
        """One iovec, of the data."""
        self.memory.store_u32(VECTOR_AT, DATA_AT)
        self.memory.store_u32(VECTOR_AT + 4, size)

    def loop(self, name: str, times: int) -> Work:
        """So many turns; `self` stays open as long as the work."""
        call = self.instance.exports[name]
        return lambda: (self, call(times))


def checked(name: str, *arguments: str) -> str:
    """A call that traps unless it succeeds."""
    given = " ".join(a if a.startswith("(") else f"(i32.const {a})" for a in arguments)
    return f"(local.set $e (call ${name} {given})) (if (local.get $e) (then unreachable))"


def numbered_path() -> str:
    """Write the number of the turn, in hexadecimal, to where a path lies: eight characters."""
    digits = []
    for place in range(8):
        digit = f"(i32.and (i32.shr_u (local.get $i) (i32.const {4 * (7 - place)})) (i32.const 15))"
        digits.append(f"(i32.store8 (i32.const {NAME_AT + place}) (i32.add (i32.const 97) {digit}))")
    return "".join(digits)


def folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="wasmvm-growth-")


# --- What asks nobody -------------------------------------------------------------------------------------------------

SMALL_CALLS = {
    "clock_time_get": checked("clock_time_get", "1", "(i64.const 1)", f"{OUT_AT}"),
    "random_get of 8 bytes": checked("random_get", f"{OUT_AT}", "8"),
}

for _name, _call in SMALL_CALLS.items():

    @curve(_name, "call", 10_000)
    def _(count: int, call: str = _call) -> Work:
        return Guest({"run": call}).loop("run", count)


@curve("sched_yield", "call", 1_000)
def sched_yield(count: int) -> Work:
    return Guest({"run": checked("sched_yield")}).loop("run", count)


@curve("random_get", "64 KiB", 8)
def random_get(count: int) -> Work:
    return Guest({"run": checked("random_get", f"{DATA_AT}", f"{count << 16}")}).loop("run", 1)


# --- Streams and files ------------------------------------------------------------------------------------------------

WRITE = checked("fd_write", "1", f"{VECTOR_AT}", "1", f"{OUT_AT}")
READ = checked("fd_read", "0", f"{VECTOR_AT}", "1", f"{OUT_AT}")


def no_output(data: bytes) -> None:
    pass


def writing(make: Callable[[], Any], count: int, times: int = PIECES) -> Work:
    guest = Guest({"run": WRITE}, stdout=make())
    guest.vector(count)
    return guest.loop("run", times)


SINKS: dict[str, Callable[[], Any]] = {
    "a bytearray": bytearray,
    "a BytesIO": io.BytesIO,
    "a callable": lambda: no_output,
}

for _name, _make in SINKS.items():

    @curve(f"writing to {_name}, at once", "KiB", 64, times=PIECES)
    def _(count: int, make: Callable[[], Any] = _make) -> Work:
        return writing(make, count << 10)

    @curve(f"writing to {_name}, byte by byte", "byte", 2_000)
    def _(count: int, make: Callable[[], Any] = _make) -> Work:
        return writing(make, 1, count)


@curve("reading from bytes, 16 bytes at a time", "read", 2_000)
def reading(count: int) -> Work:
    guest = Guest({"run": READ}, stdin=bytes(16 * count))
    guest.vector(16)
    return guest.loop("run", count)


PATH = (f"{NAME_AT}", "8")
OPEN = numbered_path() + checked("path_open", "3", "0", *PATH, "1", RIGHTS, RIGHTS, "0", f"{OUT_AT}")
CLOSE = checked("fd_close", f"(i32.load (i32.const {OUT_AT}))")
FILES = {
    "open": OPEN,
    "create": OPEN + CLOSE,
    "stat": numbered_path() + checked("path_filestat_get", "3", "0", *PATH, f"{OUT_AT}"),
    "unlink": numbered_path() + checked("path_unlink_file", "3", *PATH),
    "readdir": f"""(loop $more
      {checked("fd_readdir", "3", f"{DATA_AT}", "65536", "(i64.load (i32.const 12288))", f"{OUT_AT}")}
      (i64.store (i32.const 12288) (i64.add (i64.load (i32.const 12288)) (i64.const 1000)))
      (br_if $more (i32.eq (i32.load (i32.const {OUT_AT})) (i32.const 65536))))""",
}


def files(tree: str, what: str, count: int) -> Work:
    """A guest in a directory, of the host or in memory, in which there are files unless it makes them."""
    kept = folder()
    guest = Guest(FILES, dirs={"/": kept.name if tree == "the host" else MemoryDirectory()}, max_descriptors=1 << 20)
    if what != "create":
        guest.loop("create", count)()
    work = guest.loop(what, 1 if what == "readdir" else count)
    return lambda: (kept, work())


for _tree, _count in (("the host", 250), ("memory", 1_000)):
    for _what, _unit in (("create", "file"), ("stat", "file"), ("unlink", "file"), ("readdir", "entry")):

        @curve(f"{_what}, {_tree}", _unit, _count)
        def _(count: int, tree: str = _tree, what: str = _what) -> Work:
            return files(tree, what, count)


@curve("descriptors kept open, memory", "descriptor", 1_000)
def descriptors(count: int) -> Work:
    return files("memory", "open", count)


def in_depth(tree: str, count: int) -> Work:
    """The stat of a path with so many components, the last of them a file."""
    kept = folder()
    path = "d/" * count + "f"
    if tree == "the host":
        before = os.open(kept.name, os.O_RDONLY)
        for _ in range(count):  # by descriptors, since the whole path is too long for the system
            os.mkdir("d", dir_fd=before)
            before, above = os.open("d", os.O_RDONLY, dir_fd=before), before
            os.close(above)
        os.close(os.open("f", os.O_CREAT | os.O_WRONLY, dir_fd=before))
        os.close(before)
    granted: Any = kept.name if tree == "the host" else MemoryDirectory({path: b""})
    call = checked("path_filestat_get", "3", "0", f"{DATA_AT}", f"{len(path)}", f"{OUT_AT}")
    guest = Guest({"run": call}, dirs={"/": granted})
    guest.memory.write(DATA_AT, path.encode())
    work = guest.loop("run", PIECES)
    return lambda: (kept, work())


@curve("stat of a deep path, the host", "component", 100, times=PIECES)
def deep_on_the_host(count: int) -> Work:
    return in_depth("the host", count)


@curve("stat of a deep path, memory", "component", 100, times=PIECES)
def deep_in_memory(count: int) -> Work:
    return in_depth("memory", count)


def file_of(count: int, what: str) -> Work:
    """Reading or writing a file of the host, so many KiB at once."""
    kept = folder()
    Path(kept.name, "f").write_bytes(bytes(count << 10))
    opened = checked("path_open", "3", "0", f"{DATA_AT}", "1", "0", RIGHTS, RIGHTS, "0", f"{OUT_AT}")
    move = checked(what, f"(i32.load (i32.const {OUT_AT}))", f"{VECTOR_AT}", "1", f"{OUT_AT + 8}")
    back = checked("fd_seek", f"(i32.load (i32.const {OUT_AT}))", "(i64.const 0)", "0", f"{OUT_AT + 16}")
    guest = Guest({"open": opened, "run": move + back}, dirs={"/": kept.name})
    guest.memory.write(DATA_AT, b"f")
    guest.loop("open", 1)()
    guest.vector(count << 10)
    work = guest.loop("run", PIECES)
    return lambda: (kept, work())


for _what in ("fd_read", "fd_write"):

    @curve(f"{_what} of a file of the host", "KiB", 64, times=PIECES)
    def _(count: int, what: str = _what) -> Work:
        return file_of(count, what)


# --- Waiting, arguments -----------------------------------------------------------------------------------------------


@curve("poll_oneoff of clocks", "subscription", 1_000)
def clocks(count: int) -> Work:
    guest = Guest({"run": checked("poll_oneoff", f"{DATA_AT}", f"{16 << 20}", f"{count}", f"{OUT_AT}")})
    for i in range(count):
        guest.memory.store_u32(DATA_AT + 48 * i + 16, 1)  # the monotonic clock, which has reached 0
    return guest.loop("run", 1)


@curve("arguments", "argument", 10_000)
def arguments(count: int) -> Work:
    guest = Guest({"run": checked("args_get", f"{DATA_AT}", f"{1 << 20}")}, args=["argument"] * count)
    return guest.loop("run", 1)


@curve("environment", "variable", 10_000)
def environment(count: int) -> Work:
    env = {f"NAME_{i}": "value" for i in range(count)}
    return partial(_environment, env)


def _environment(env: dict[str, str]) -> None:
    Guest({"run": checked("environ_get", f"{DATA_AT}", f"{1 << 20}")}, env=env).loop("run", 1)()
