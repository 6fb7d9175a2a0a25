"""The state behind one run of a guest, and what all functions have in common.

A function of WASI is a Python function ``name(wasi, mem, *arguments)`` in the file of its topic, with the decorator
`wasi_function`: `wasi` is the `Wasi` it works on, `mem` a writable view of the guest's memory, the arguments are
unsigned integers (one that the document calls signed is signed). It returns nothing when it succeeded and raises
`WasiError` or OSError when not; decorated, it returns the error code instead and never raises for what a guest passed.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from operator import and_
from struct import error as StructError

from wasmvm import types
from wasmvm.wasi.config import DirectoryGrant, HostDirectory, WasiConfig
from wasmvm.wasi.host.directory import Directory
from wasmvm.wasi.host.fdtable import FdTable
from wasmvm.wasi.host.streams import open_input, open_output
from wasmvm.wasi.host.timesource import Clock
from wasmvm.wasi.host.waiting import waiter
from wasmvm.wasi.preview1 import abi
from wasmvm.wasi.preview1.abi import WasiError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

Implementation = Callable[..., int]
"""A decorated function: ``(wasi, mem, *arguments) -> errno``."""

_implementations: dict[str, Implementation] = {}
_unstable_implementations: dict[str, Implementation] = {}
_MASKS = {"i": abi.MASK32, "I": abi.MASK64, "s": -1}
_VALTYPES = {"i": types.I32, "I": types.I64, "s": types.I64}


def wasi_function(body: Callable[..., None]) -> Implementation:
    """Make `body` the function of its name in `abi.FUNCTIONS`.

    What it adds: ranges of memory that the arguments name directly are checked before `body` runs (EFAULT, and nothing
    has happened), a struct that would be read or written outside of memory is EFAULT, an OSError is its error code.
    """
    return _register(body, abi.FUNCTIONS, _implementations)


def unstable_function(body: Callable[..., None]) -> Implementation:
    """The same for a function that is another one in ``wasi_unstable``."""
    return _register(body, abi.UNSTABLE_FUNCTIONS, _unstable_implementations)


def _register(
    body: Callable[..., None], rows: dict[str, str], implementations: dict[str, Implementation]
) -> Implementation:
    results, arrays = abi.spans_of(rows[body.__name__])

    def function(wasi: Wasi, mem: memoryview, *arguments: int) -> int:
        try:
            size = len(mem)
            for address, width in results:
                if arguments[address] + width > size:
                    return abi.EFAULT
            for address, width in arrays:
                if arguments[address] + arguments[address + 1] * width > size:
                    return abi.EFAULT
            body(wasi, mem, *arguments)
        except WasiError as error:
            return error.code
        except OSError as error:
            if error.errno is None and isinstance(error, TimeoutError):
                raise  # no host's error: what handlers of SIGALRM raise
            return abi.code_of(error)
        except StructError:
            return abi.EFAULT
        return abi.SUCCESS

    function.__name__ = function.__qualname__ = body.__name__
    function.__doc__ = body.__doc__
    function.__module__ = body.__module__
    implementations[body.__name__] = function
    return function


def implementation(name: str, module_name: str = abi.MODULE) -> Implementation:
    """A function by name. Only the file of its topic is imported, as starting up has to be quick.

    Raises:
        KeyError: if there is no such module, or no such function in it.
    """
    topic = name.partition("_")[0]
    if module_name == abi.UNSTABLE_MODULE and name in abi.UNSTABLE_FUNCTIONS:
        import_module("wasmvm.wasi.preview1.unstable")
        if name in _unstable_implementations:
            return _unstable_implementations[name]
    elif module_name != abi.MODULE or name not in abi.FUNCTIONS:
        raise KeyError((module_name, name))
    if name not in _implementations:
        import_module(f"wasmvm.wasi.preview1.{'fd_dir' if name in abi.DIRECTORY_FUNCTIONS else topic}")
    return _implementations[name]


def buffers_of(mem: memoryview, iovs: int, iovs_len: int) -> list[memoryview]:
    """The regions of memory that an array of ``iovec`` names, without the empty ones.

    At most 1024 are taken (hosts take no more at once): the function then reads or writes a part, which it is allowed
    to, and a guest cannot make the host build a list as long as its memory.

    Raises:
        WasiError: EFAULT if one is outside of memory, EINVAL if their lengths do not fit a u32.
    """
    size = len(mem)
    if iovs_len == 1:  # as nearly always
        buf, buf_len = abi.IOVEC.unpack_from(mem, iovs)
        if buf + buf_len > size:
            raise WasiError(abi.EFAULT)
        return [mem[buf : buf + buf_len]] if buf_len else []
    total = 0
    buffers = []
    for buf, buf_len in abi.IOVEC.iter_unpack(mem[iovs : iovs + min(iovs_len, 1024) * abi.IOVEC.size]):
        if buf_len:
            end = buf + buf_len
            if end > size:
                raise WasiError(abi.EFAULT)
            total += buf_len
            buffers.append(mem[buf:end])
    if total > abi.MASK32:
        raise WasiError(abi.EINVAL)
    return buffers


_signatures: dict[str, tuple[types.FuncType, list[int]]] = {}


def signature_of(name: str) -> tuple[types.FuncType, list[int]]:
    """The type of a function of `abi.FUNCTIONS`, and for each parameter the mask that makes it unsigned."""
    found = _signatures.get(name)
    if found is None:
        letters = [letter for param in abi.params_of(abi.FUNCTIONS[name]) for letter in param.code]
        results = () if name == "proc_exit" else (types.I32,)
        functype = types.FuncType(tuple(_VALTYPES[letter] for letter in letters), results)
        found = _signatures[name] = functype, [_MASKS[letter] for letter in letters]
    return found


def functype_of(name: str) -> types.FuncType:
    """The type of a function of `abi.FUNCTIONS`."""
    return signature_of(name)[0]


class Wasi:
    """One guest's WASI: its arguments, clocks and descriptors. A context manager; `close` closes the descriptors.

    Attributes:
        config: what was granted.
        table: the open descriptors.
        clock: `config.clock`.
    """

    def __init__(self, config: WasiConfig | None = None) -> None:
        """Open what `config` grants (by default nothing).

        Raises:
            OSError: if a directory or file that it names cannot be opened; nothing stays open then.
            TypeError: if it names something that cannot be a stream or a directory.
            NotImplementedError: for a `HostDirectory` on a platform without the calls that confine a guest to it.
        """
        self.config = config = config if config is not None else WasiConfig()
        self.clock = config.clock
        self.table = FdTable(config.max_descriptors)
        try:
            self.table.add(open_input(config.stdin))
            self._add_outputs(config)
            for name, source in config.dirs:
                self.table.add(_open_preopen(name, source, self.clock))
            for address in config.tcplisten:
                from wasmvm.wasi.host.sockets import open_listener

                self.table.add(open_listener(address))
        except BaseException:
            self.close()
            raise

    def _add_outputs(self, config: WasiConfig) -> None:
        limit = None
        if config.max_output is not None:
            from wasmvm.wasi.host.outputlimit import OutputLimit

            limit = OutputLimit(config.max_output)
        for fileno, sink in enumerate((config.stdout, config.stderr), 1):
            descriptor = open_output(sink, fileno)
            descriptor.limit = limit
            self.table.add(descriptor)

    def imports(self, module_name: str = abi.MODULE) -> dict[str, tuple[types.FuncType, Callable[..., int | None]]]:
        """Type and callable of every function, to be linked as imports of `module_name`.

        A callable is called as ``f(caller, *args)`` with Python integers of either sign; ``caller.memory`` is the
        calling instance's memory, or None.
        """
        names = abi.UNSTABLE_FUNCTIONS if module_name == abi.UNSTABLE_MODULE else abi.FUNCTIONS
        return {name: self.bind(name, module_name) for name in names}

    def bind(self, name: str, module_name: str = abi.MODULE) -> tuple[types.FuncType, Callable[..., int | None]]:
        """One of `imports`. Raises KeyError if there is no such module or function."""
        body = implementation(name, module_name)
        functype, masks = signature_of(name)
        if self.config.trace is not None:
            from wasmvm.wasi.preview1.trace import traced

            body = traced(name, abi.FUNCTIONS[name], body, self.config.trace)
        no_memory = memoryview(b"")
        if name in abi.SHORT_FUNCTIONS:

            def function(caller: Any, *args: int) -> int:
                memory = caller.memory
                return body(self, no_memory if memory is None else memoryview(memory), *map(and_, args, masks))

        else:

            def function(caller: Any, *args: int) -> int:
                memory, before = caller.memory, waiter.caller
                waiter.caller = caller
                try:
                    return body(self, no_memory if memory is None else memoryview(memory), *map(and_, args, masks))
                finally:
                    waiter.caller = before

        return functype, function

    def close(self) -> None:
        """Close all descriptors. Harmless when done twice."""
        self.table.close()

    def __del__(self) -> None:
        table = getattr(self, "table", None)  # there is none if the constructor raised early
        if table is not None:
            try:  # noqa: SIM105 - contextlib would take a millisecond of every start
                table.close()
            except OSError:
                pass

    def __enter__(self) -> Wasi:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()


def _open_preopen(name: bytes, source: Any, clock: Clock) -> Directory:
    """The descriptor of a directory that the embedder grants under the guest's name `name`."""
    grant: DirectoryGrant = source if hasattr(source, "attach") else HostDirectory(source)
    tree, handle = grant.attach(clock)
    rights, inheriting = abi.RIGHTS_DIRECTORY, abi.RIGHTS_DIRECTORY | abi.RIGHTS_FILE
    if grant.read_only:
        rights &= ~abi.RIGHTS_CHANGING
        inheriting &= ~abi.RIGHTS_CHANGING
    directory = Directory(tree, handle, rights, inheriting)
    directory.read_only = grant.read_only
    directory.preopen = name
    return directory
