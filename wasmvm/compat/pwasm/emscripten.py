"""setjmp and longjmp as Emscripten has them: a host exception ends the wasm frames up to the last ``invoke_...``."""

from __future__ import annotations

from typing import Any

from wasmvm import _core
from wasmvm.compat.pwasm.errors import LinkError, TrapError
from wasmvm.compat.pwasm.runtime import HostFunction, Shared


class LongjmpUnwind(Exception):
    """Raised by ``_emscripten_throw_longjmp``, caught by the ``invoke_...`` around it."""


class _Import(HostFunction):
    """A function that takes and returns exactly what wasmvm does, so that a level of invoking takes little stack."""

    def _make(self, shared: Shared) -> _core.Func:
        return _core.Func(shared.store, self.type._core, self.fn)


class EmscriptenSjLj:
    """The imports ``invoke_...`` and ``_emscripten_throw_longjmp`` of one instance.

    Args:
        overflow_export: an export that is called instead of the function if calls are nested too deeply.
        max_depth: how deeply calls may be nested.

    Attributes:
        invokes, unwinds, overflows: how often each happened. depth: how deeply calls are nested now.
    """

    def __init__(self, overflow_export: str | None = None, max_depth: int = 400) -> None:
        self.overflow_export = overflow_export
        self.max_depth = max_depth
        self.invokes = 0
        self.unwinds = 0
        self.overflows = 0
        self.depth = 0
        self._exports: Any = None

    def imports(self, module: Any) -> dict[str, HostFunction]:
        """Those that a module imports, by name."""
        found: dict[str, HostFunction] = {}
        for import_ in module.imports:
            if import_.kind == "func" and import_.module == "env":
                type = module.types[import_.desc]
                if import_.name.startswith("invoke_"):
                    found[import_.name] = _Import(type, self._invoke_with if type.results else self._invoke_without)
                elif import_.name == "_emscripten_throw_longjmp":
                    found[import_.name] = _Import(type, self._throw)
        return found

    def bind(self, instance: Any) -> None:
        """Work on an instance.

        Raises:
            LinkError: if it does not export what that takes.
        """
        exports = instance.exports
        for name in ("__indirect_function_table", "setThrew"):
            if name not in exports:
                raise LinkError(f"module does not export {name}")
        self._table = exports["__indirect_function_table"].core()
        self._set_threw = exports["setThrew"]
        self._overflow = None if self.overflow_export is None else exports[self.overflow_export]
        if "__stack_pointer" in exports:
            pointer = exports["__stack_pointer"].core()
            self._save: Any = lambda: pointer.value
            self._restore: Any = lambda value: setattr(pointer, "value", value)
            return
        for save, restore in (("stackSave", "stackRestore"), ("stack_save", "stack_restore")):
            if save in exports and restore in exports:
                self._save, self._restore = exports[save], exports[restore]
                return
        raise LinkError("module exports neither __stack_pointer nor stackSave")

    def _throw(self, *_: int) -> None:
        self.unwinds += 1
        raise LongjmpUnwind

    def _invoke_without(self, index: int, *args: Any) -> None:
        self._invoke(index, args)

    def _invoke_with(self, index: int, *args: Any) -> Any:
        found = self._invoke(index, args)
        return 0 if found is None else found

    def _invoke(self, index: int, args: tuple[Any, ...]) -> Any:
        """Call a function of the table; None if a longjmp ended it."""
        self.invokes += 1
        saved = self._save()
        func = self._table[index] if 0 <= index < len(self._table) else None
        if func is None:
            raise TrapError(f"uninitialized element {index}")
        self.depth += 1
        try:
            if self.depth > self.max_depth and self._overflow is not None:
                self.overflows += 1
                return self._overflow()
            return func(*args)
        except LongjmpUnwind:
            self._restore(saved)
            self._set_threw(1, 0)
            return None
        finally:
            self.depth -= 1
