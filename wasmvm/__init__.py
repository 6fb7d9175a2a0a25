"""wasmvm: a Cython-accelerated WebAssembly virtual machine for Python.

>>> import wasmvm
>>> vm = wasmvm.instantiate('(module (func (export "add") (param i32 i32) (result i32)'
...                         '  local.get 0 local.get 1 i32.add))')
>>> vm.exports.add(2, 3)
5
"""

__version__ = "0.1.0"

_PLACES = {
    "wasmvm._core": (
        "ArrayRef",
        "Caller",
        "ExceptionRef",
        "Func",
        "Global",
        "Memory",
        "SharedMemory",
        "Store",
        "StructRef",
        "Table",
        "Tag",
    ),
    "wasmvm.embedding.engine": ("Config", "Engine"),
    "wasmvm.embedding.func": ("HostFunc",),
    "wasmvm.embedding.instance": ("Exports", "Instance", "instantiate"),
    "wasmvm.embedding.linker": ("Linker",),
    "wasmvm.embedding.module": ("ExportType", "ImportType", "Module"),
    "wasmvm.embedding.text": ("wasm2wat", "wat2wasm"),
    "wasmvm.embedding.valtype": ("ValType", "functype"),
    "wasmvm.errors": (
        "DeadlineTrap",
        "DecodeError",
        "DeserializeError",
        "ExitTrap",
        "Frame",
        "FuelTrap",
        "HeapTrap",
        "InternalError",
        "InterruptTrap",
        "LimitTrap",
        "LinkError",
        "ModuleSizeError",
        "OutputTrap",
        "StackTrap",
        "TextError",
        "Trap",
        "ValidationError",
        "WasmError",
        "WasmException",
    ),
    "wasmvm.programs.process": ("CompletedRun", "run"),
    "wasmvm.types": ("FuncType", "GlobalType", "Limits", "MemoryType", "TableType", "TagType"),
    "wasmvm.wasi": ("HostDirectory", "Wasi", "WasiConfig"),
}
"""The public names by the module that has them; `__init__.pyi` says the same to type checkers."""
_PLACE_OF = {name: place for place, names in _PLACES.items() for name in names}

__all__ = sorted(_PLACE_OF)


def _require_main_interpreter() -> None:
    """Refuse to be imported by a sub-interpreter, before any compiled module is, which could then be in no other.

    The machine lets go of the GIL by functions that know one interpreter only (PyGILState): the first call would hang.
    """
    import _signal  # type: ignore[import-not-found]  # always there, and quick

    try:
        _signal.set_wakeup_fd(-2)  # changes nothing, as there is no such file
    except OSError:
        return  # the main thread of the main interpreter
    except ValueError:
        pass  # another thread, or another interpreter
    try:
        try:
            from _thread import _is_main_interpreter as is_main  # type: ignore[attr-defined]
        except ImportError:  # before Python 3.13
            from _xxsubinterpreters import get_current, get_main  # type: ignore[import-not-found]

            main = get_current() == get_main()
        else:
            main = is_main()
    except ImportError:
        return  # there are no others that Python code could make
    if not main:
        raise ImportError(
            "wasmvm cannot be used in a sub-interpreter: import it in the main interpreter, or in a process of its own"
        )


_require_main_interpreter()


def __getattr__(name: str) -> object:
    """Names are imported when they are first used: start-up time is a feature."""
    place = _PLACE_OF.get(name)
    if place is None:
        raise AttributeError(f"module 'wasmvm' has no attribute {name!r}")
    from importlib import import_module

    value = globals()[name] = getattr(import_module(place), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
