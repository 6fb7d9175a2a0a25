"""Which exports of an instance a program is run by."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from wasmvm._core import Func, Store
from wasmvm.errors import LinkError
from wasmvm.quoting import listed, quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wasmvm.embedding.instance import Imports
    from wasmvm.embedding.module import Module
    from wasmvm.wasi import Wasi
    from wasmvm.wasi.threads import Threads

INITIALIZE = "_initialize"
"""What is called before everything else (WASI "Application ABI": reactors)."""
COMMANDS = ("_start", "")
"""What the function of a command may be named: WASI's name, else the empty one of a default export (as in itk-wasm)."""


def threads_of(
    module: Module,
    wasi: Wasi,
    store: Store,
    new_store: Callable[[], Store],
    imports: Imports | None = None,
    max_threads: int | None = None,
) -> Threads | None:
    """The threads of a program that can make some (wasi-threads), else None; see `Threads`."""
    if not any(i.module == "wasi" and i.name == "thread-spawn" for i in module.compiled.syntax.func_imports):
        return None
    from wasmvm.wasi.threads import Threads

    return Threads(module, wasi, store, new_store, imports, max_threads)


def initialize(exports: Mapping[str, object]) -> bool:
    """Call the function `_initialize`, and say whether there is one; LinkError if it takes parameters."""
    function = exports.get(INITIALIZE)
    if not isinstance(function, Func):
        return False
    call(function, INITIALIZE)
    return True


def start(exports: Mapping[str, object], *, initialized: bool) -> None:
    """Call the function that is the command, which a module need not have if `initialize` has done its work.

    Raises:
        LinkError: there is nothing to call, or it takes parameters.
    """
    for name in COMMANDS:
        function = exports.get(name)
        if isinstance(function, Func):
            call(function, name)
            return
    if not initialized:
        functions = [name for name, export in exports.items() if isinstance(export, Func)]
        raise LinkError(
            'the module is no program: it exports no function "_start", nor one named ""; '
            f"exported functions: {listed(functions)}"
        )


def call(function: Func, name: str) -> None:
    """Call a function that a program is run by; LinkError if it takes parameters."""
    params = len(function.type.params)
    if params:
        raise LinkError(f"the module is no program: its function {quoted(name)} takes {params} parameters")
    function()
