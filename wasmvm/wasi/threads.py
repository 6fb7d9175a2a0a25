"""wasi-threads: the threads of one program, each a Python thread with a store and an instance of its own.

They share the memory that the module imports, and the state of WASI. The program is over when its first thread is, or
when one of them traps or calls `proc_exit`: then the others are interrupted, and all are joined.
"""

from __future__ import annotations

from _thread import allocate_lock
from collections.abc import Callable, Mapping
from threading import Thread
from time import monotonic

from wasmvm import types
from wasmvm._core import Func, SharedMemory, Store, check_limit
from wasmvm.embedding.func import HostFunc
from wasmvm.embedding.instance import Instance
from wasmvm.errors import LinkError
from wasmvm.wasi.preview1.guest import Wasi
from wasmvm.wasi.preview1.link import link

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wasmvm.embedding.module import Module

MODULE = "wasi"
SPAWN = "thread-spawn"
START = "wasi_thread_start"
MAX_THREADS = 64
"""Threads that a program may have besides its first, unless the embedder says otherwise."""
MAX_TID = 0x1FFFFFFF
EAGAIN = -6
"""What `thread-spawn` returns where no thread can be made: less than zero, as errors are."""
TYPE = types.FuncType((types.I32,), (types.I32,))


class Threads:
    """The threads of a program, and its imports. A context manager: at its end all threads are over.

    Args:
        module: the program.
        wasi: its state of WASI, which all threads share.
        store: that of the first thread. The shared memory counts for its limits.
        new_store: makes a store for a thread, with the limits of the program.
        imports: further imports, which take precedence.
        max_threads: threads that there may be at once besides the first; for more `thread-spawn` returns -6.

    Raises:
        MemoryError: the memory does not fit in the limits.
        ValueError, TypeError: `max_threads` is no number of threads.
    """

    def __init__(
        self,
        module: Module,
        wasi: Wasi,
        store: Store,
        new_store: Callable[[], Store],
        imports: Mapping[str, Any] | None = None,
        max_threads: int | None = None,
    ) -> None:
        limit = check_limit("max_threads", max_threads, 0, MAX_TID)
        self._max_threads: int = MAX_THREADS if limit is None else limit
        self._module, self._new_store = module, new_store
        self._lock = allocate_lock()
        self._stores = {0: store}
        self._threads: dict[int, Thread] = {}
        self._last_tid = 0
        self._over = False
        self._failure: BaseException | None = None
        self._end = None if store.timeout is None else monotonic() + store.timeout
        wasi.table.share()
        given = dict(imports or {})
        self.imports: dict[str, Any] = {**link(wasi), MODULE: {SPAWN: HostFunc(self._spawn, TYPE)}, **given}
        for import_ in module.imports:
            type_ = import_.type
            if (
                isinstance(type_, types.MemoryType)
                and type_.shared
                and import_.name not in given.get(import_.module, {})
            ):
                others = self.imports.get(import_.module, {})
                self.imports[import_.module] = {**others, import_.name: SharedMemory(type_, store)}

    def __enter__(self) -> Threads:
        return self

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        """End all threads; raise what ended the program, if it was not what this one raised."""
        with self._lock:
            failure = self._failure
            self._over = True
            stores, threads = list(self._stores.items()), list(self._threads.values())
        for tid, store in stores:
            if tid:
                store.hold(True)
        for thread in threads:
            thread.join()
        if failure is not None:
            self._stores[0].hold(False)
        if failure is not None and (error is None or getattr(error, "code", None) == "interrupt"):
            raise failure from None

    def _spawn(self, argument: int) -> int:
        """``thread-spawn``: the number of a new thread, which calls `wasi_thread_start` with that and the argument."""
        with self._lock:
            if self._over or len(self._threads) >= self._max_threads or self._last_tid >= MAX_TID:
                return EAGAIN
            self._last_tid += 1
            tid = self._last_tid
            thread = Thread(target=self._run, args=(tid, argument), name=f"wasi-thread-{tid}", daemon=True)
            self._threads[tid] = thread
        try:
            thread.start()
        except RuntimeError:  # the system has no more
            with self._lock:
                del self._threads[tid]
            return EAGAIN
        return tid

    def _run(self, tid: int, argument: int) -> None:
        try:
            store = self._new_store()
            if not self._add(tid, store):
                return
            self._give_time(store)
            exports = Instance(self._module, self.imports, store).exports
            start = exports.get(START)
            if not isinstance(start, Func) or start.type != types.FuncType((types.I32, types.I32), ()):
                raise LinkError(f"a program with threads exports a function {START} of two i32 without results")
            self._give_time(store)
            start(tid, argument)
        except BaseException as error:
            self._fail(error)
        finally:
            with self._lock:
                self._stores.pop(tid, None)
                self._threads.pop(tid, None)

    def _add(self, tid: int, store: Store) -> bool:
        """Whether the program still runs; the store is one of its own then."""
        with self._lock:
            if not self._over:
                self._stores[tid] = store
            return not self._over

    def _give_time(self, store: Store) -> None:
        """All threads have the time that the program has."""
        if self._end is not None:
            store.timeout = max(0.0, self._end - monotonic())

    def _fail(self, error: BaseException) -> None:
        """The program ends with what a thread has raised, unless it is over already."""
        with self._lock:
            if self._over:
                return
            self._over = True
            self._failure = error
            stores = list(self._stores.values())
        for store in stores:
            store.hold(True)
