"""Running WASI programs the way `subprocess.run` runs native ones."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from wasmvm._core import Store
from wasmvm.compiled.source import Source, is_path
from wasmvm.embedding.instance import Countdown, Imports, Instance, compiled_module
from wasmvm.embedding.module import Module
from wasmvm.errors import ExitTrap
from wasmvm.programs import entry
from wasmvm.wasi import INHERIT, Wasi, WasiConfig, link

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


MAX_CAPTURED = 64 << 20
"""The most bytes of captured output by default: they are in the memory of this process."""


class CompletedRun:
    """What `run` returns.

    Attributes:
        args: the guest's arguments, its name first.
        returncode: the exit code; 0 if the guest just returned.
        stdout, stderr: the captured output as bytes, or None.
    """

    __slots__ = ("args", "returncode", "stderr", "stdout")

    def __init__(self, args: list[str], returncode: int, stdout: bytes | None, stderr: bytes | None) -> None:
        self.args = args
        self.returncode = returncode
        self.stdout = stdout
        self.stderr = stderr

    def check_returncode(self) -> None:
        """Raise `subprocess.CalledProcessError` unless the exit code is 0."""
        if self.returncode:
            from subprocess import CalledProcessError

            raise CalledProcessError(self.returncode, self.args, self.stdout, self.stderr)

    def __repr__(self) -> str:
        return f"CompletedRun(args={self.args!r}, returncode={self.returncode})"


def run(
    source: Module | Source,
    args: Iterable[str] = (),
    *,
    stdin: Any = INHERIT,
    stdout: Any = INHERIT,
    stderr: Any = INHERIT,
    capture_output: bool = False,
    env: Mapping[str, str] | None = None,
    dirs: Mapping[str, Any] | None = None,
    argv0: str | None = None,
    imports: Imports | None = None,
    check: bool = False,
    fuel: int | None = None,
    timeout: float | None = None,
    max_memory: int | None = None,
    max_table: int | None = None,
    max_heap: int | None = None,
    max_stack: int | None = None,
    max_instances: int | None = None,
    max_tables: int | None = None,
    max_memories: int | None = None,
    max_module_size: int | None = None,
    max_output: int | None = None,
    max_threads: int | None = None,
) -> CompletedRun:
    """Run a WASI program and wait for it.

    Args:
        source: a module, its bytes, its text, or the path of a file.
        args: the guest's arguments, without its name.
        stdin, stdout, stderr: bytes, a path, a file, a callable, None for nothing, or by default the process's own
            stream; see `wasmvm.wasi.host.streams`.
        capture_output: collect standard output and error, as bytes.
        env: the guest's environment; empty by default.
        dirs: the directories that the guest sees, its names for them mapped to paths of the host. The whole file
            system, and a directory from which ``/proc`` or ``/sys`` can be reached, is a RuntimeWarning.
        argv0: the guest's name for itself; by default that of the file.
        imports: further imports, which take precedence over those of WASI.
        check: raise `subprocess.CalledProcessError` where the exit code is not 0.
        fuel, max_memory, max_table, max_heap, max_stack, max_instances, max_tables, max_memories,
            max_module_size: see `wasmvm.instantiate`.
        timeout: seconds for everything together, compiling the module included (except assembling its text).
        max_output: the most bytes that it may write to standard output and standard error together; by default 64 MiB
            if they are captured, and unlimited if not.
        max_threads: threads that it may have at once besides its first (wasi-threads); 64 by default. `fuel` and the
            limits of stores hold for each thread by itself, `timeout` for all together.

    Raises:
        Trap, WasmException: the program was aborted, or threw an exception that nothing caught; the attributes `stdout`
            and `stderr` have what was captured until then.
        LinkError: it needs other imports, or exports no function ``_start``, none named ``""``, and no ``_initialize``.
        DecodeError, ValidationError, TextError, OSError: see `Module`.
    """
    if argv0 is None:
        argv0 = os.path.basename(source) if is_path(source) else "main.wasm"
    captured: tuple[bytearray | None, bytearray | None] = (None, None)
    if capture_output:
        captured = stdout, stderr = bytearray(), bytearray()
        max_output = MAX_CAPTURED if max_output is None else max_output
    words = [argv0, *args]

    def new_store() -> Store:
        return Store(
            fuel=fuel, timeout=timeout, max_memory=max_memory, max_table=max_table, max_heap=max_heap,
            max_stack=max_stack, max_instances=max_instances, max_tables=max_tables, max_memories=max_memories,
        )  # fmt: skip

    store = new_store()
    countdown = Countdown(store)
    module = compiled_module(source, store, max_module_size)
    countdown.renew()
    if dirs:
        _warn_of(dirs)
    config = WasiConfig(
        args=words, env=env, stdin=stdin, stdout=stdout, stderr=stderr, dirs=dirs, max_output=max_output
    )
    returncode = 0
    with Wasi(config) as wasi:
        try:
            threads = entry.threads_of(module, wasi, store, new_store, imports, max_threads)
            if threads is None:
                _start(module, {**link(wasi), **(imports or {})}, store, countdown)
            else:
                with threads:
                    _start(module, threads.imports, store, countdown)
        except ExitTrap as exit_trap:
            returncode = exit_trap.exit_code
        except Exception as error:
            if capture_output:
                error.stdout, error.stderr = map(_bytes, captured)  # type: ignore[attr-defined]
            raise
    done = CompletedRun(words, returncode, _bytes(captured[0]), _bytes(captured[1]))
    if check:
        done.check_returncode()
    return done


def _warn_of(dirs: Mapping[str, Any]) -> None:
    """Warn of directories that expose more than files (`wasmvm.wasi.host.exposure`)."""
    from warnings import warn

    from wasmvm.wasi.host.exposure import exposure

    for source in dirs.values():
        path = getattr(source, "path", source)
        danger = exposure(path) if isinstance(path, (str, bytes, os.PathLike)) else None
        if danger is not None:
            warn(danger, RuntimeWarning, stacklevel=3)


def _bytes(captured: bytearray | None) -> bytes | None:
    return None if captured is None else bytes(captured)


def _start(module: Module, imports: Any, store: Store, countdown: Countdown) -> None:
    exports = Instance(module, imports, store).exports
    countdown.renew()
    initialized = entry.initialize(exports)
    if initialized:
        countdown.renew()
    entry.start(exports, initialized=initialized)
