"""wasm3 by its binding pywasm3, which has no WASI: the few functions that the programs call are here."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from importlib.metadata import version
from time import thread_time, time_ns
from typing import Any

from benchmarks.engines import Absent, Run, Runner
from benchmarks.programs import Program

try:
    import wasm3
except ImportError:
    raise Absent("the package pywasm3 is not installed") from None

STACK = 1 << 20
BAD_DESCRIPTOR, SEEK_ON_PIPE = 8, 70
CHARACTER_DEVICE = 2


class Exited(Exception):
    """The guest called ``proc_exit``."""


class Wasi:
    """What the programs need of WASI preview 1: arguments, output, the clock, the end."""

    def __init__(self, arguments: Sequence[str], memory: Callable[[], Any]) -> None:
        self.arguments = [argument.encode() + b"\0" for argument in arguments]
        self.memory = memory
        self.output = bytearray()
        self.exit_code: int | None = None

    def args_sizes_get(self, count: int, size: int) -> int:
        return self._put("<I", count, len(self.arguments)) or self._put("<I", size, sum(map(len, self.arguments)))

    def args_get(self, pointers: int, buffer: int) -> int:
        memory = self.memory()
        for i, argument in enumerate(self.arguments):
            self._put("<I", pointers + 4 * i, buffer)
            memory[buffer : buffer + len(argument)] = argument
            buffer += len(argument)
        return 0

    def fd_write(self, descriptor: int, vectors: int, count: int, written: int) -> int:
        if descriptor not in (1, 2):
            return BAD_DESCRIPTOR
        memory, total = self.memory(), 0
        for i in range(count):
            start, length = struct.unpack_from("<II", memory, vectors + 8 * i)
            total += length
            if descriptor == 1:
                self.output += memory[start : start + length]
        return self._put("<I", written, total)

    def fd_fdstat_get(self, descriptor: int, result: int) -> int:
        return self._put("<BxHxxxxQQ", result, CHARACTER_DEVICE, 0, 0, 0)

    def fd_seek(self, descriptor: int, offset: int, whence: int, result: int) -> int:
        return SEEK_ON_PIPE

    def fd_close(self, descriptor: int) -> int:
        return 0

    def fd_prestat_get(self, descriptor: int, result: int) -> int:
        return BAD_DESCRIPTOR

    def fd_prestat_dir_name(self, descriptor: int, path: int, length: int) -> int:
        return BAD_DESCRIPTOR

    def fd_read(self, descriptor: int, vectors: int, count: int, read: int) -> int:
        return self._put("<I", read, 0)

    def environ_sizes_get(self, count: int, size: int) -> int:
        return self._put("<I", count, 0) or self._put("<I", size, 0)

    def environ_get(self, pointers: int, buffer: int) -> int:
        return 0

    def clock_time_get(self, clock: int, precision: int, result: int) -> int:
        return self._put("<Q", result, time_ns())

    def proc_exit(self, code: int) -> None:
        self.exit_code = code
        raise Exited

    def _put(self, form: str, address: int, *values: int) -> int:
        struct.pack_into(form, self.memory(), address, *values)
        return 0


SIGNATURES = {
    "args_sizes_get": "i(ii)",
    "args_get": "i(ii)",
    "fd_write": "i(iiii)",
    "fd_read": "i(iiii)",
    "fd_fdstat_get": "i(ii)",
    "fd_seek": "i(iIii)",
    "fd_close": "i(i)",
    "fd_prestat_get": "i(ii)",
    "fd_prestat_dir_name": "i(iii)",
    "environ_sizes_get": "i(ii)",
    "environ_get": "i(ii)",
    "clock_time_get": "i(iIi)",
    "proc_exit": "v(i)",
}


class Wasm3:
    name = "wasm3"
    small = False

    def version(self) -> str:
        return f"wasm3 {wasm3.M3_VERSION} (pywasm3 {version('pywasm3')})"

    def load(self, program: Program) -> Runner:
        if program.simd:
            raise Absent("it has no vector instructions")
        source = program.wasm.read_bytes()
        self._instantiate(source, ())  # so that a module it cannot read fails here

        def run(arguments: Sequence[str]) -> Run:
            # wasm3 keeps no module apart from its instances, and compiles a function when it is found or called:
            # functions that are called later are compiled within the run, which takes well below a millisecond.
            wasi, start = self._instantiate(source, [program.wasm.name, *arguments])
            begin = thread_time()
            try:
                start()
            except Exception:
                if wasi.exit_code != 0:
                    raise
            return Run(thread_time() - begin, bytes(wasi.output))

        return run

    def _instantiate(self, source: bytes, arguments: Sequence[str]) -> tuple[Wasi, Callable[[], object]]:
        environment = wasm3.Environment()
        runtime = environment.new_runtime(STACK)
        module = environment.parse_module(source)
        runtime.load(module)
        wasi = Wasi(arguments, lambda: runtime.get_memory(0))
        for name, signature in SIGNATURES.items():
            module.link_function("wasi_snapshot_preview1", name, signature, getattr(wasi, name))
        return wasi, runtime.find_function("_start")
