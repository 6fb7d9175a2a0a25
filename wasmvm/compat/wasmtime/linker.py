"""Linkers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from wasmvm import _core, errors, types
from wasmvm.compat.wasmtime.caller import Storelike
from wasmvm.compat.wasmtime.config import setter_property
from wasmvm.compat.wasmtime.engine import Engine
from wasmvm.compat.wasmtime.error import WasmtimeError, link_message
from wasmvm.compat.wasmtime.extern import core_extern, wrap_extern
from wasmvm.compat.wasmtime.func import Func, trampoline
from wasmvm.compat.wasmtime.instance import Instance, InstancePre
from wasmvm.compat.wasmtime.managed import Managed
from wasmvm.compat.wasmtime.module import Module
from wasmvm.compat.wasmtime.types import FuncType
from wasmvm.compat.wasmtime.wasifunctions import Bound, wasi_functions
from wasmvm.embedding import linker, module
from wasmvm.embedding.func import HostFunc
from wasmvm.quoting import escaped
from wasmvm.wasi.preview1 import abi


class Linker(Managed[linker.Linker]):
    """Args: engine: an `Engine`."""

    engine: Engine

    def __init__(self, engine: Engine) -> None:
        engine.ptr()
        self._set_ptr(linker.Linker())
        self.engine = engine

    @setter_property
    def allow_shadowing(self, allow: bool) -> None:
        """Set-only; whether a name may be defined again."""
        self.ptr().allow_shadowing = bool(allow)

    def _define(self, module: str, name: str, item: Any) -> None:
        module.encode()
        name.encode()
        try:
            self.ptr().define(module, name, item)
        except errors.LinkError:
            raise WasmtimeError(f"import of `{escaped(module)}::{escaped(name)}` defined twice") from None

    def define(self, store: Storelike, module: str, name: str, item: Any) -> None:
        """Define an object of a store."""
        extern = core_extern(item)
        store._context()
        self._define(module, name, extern)

    def define_func(
        self, module: str, name: str, ty: FuncType, func: Callable[..., Any], access_caller: bool = False
    ) -> None:
        """Define a host function, for any store; the arguments are those of `Func`."""
        module.encode()
        name.encode()
        if not isinstance(ty, FuncType):
            raise TypeError("expected a FuncType")
        functype = ty.ptr()
        host = HostFunc(trampoline(functype, func, access_caller), functype, access_caller=bool(access_caller))
        self._define(module, name, host)

    def define_instance(self, store: Storelike, name: str, instance: Instance) -> None:
        """Define all exports of an instance."""
        if not isinstance(instance, Instance):
            raise TypeError("expected an `Instance`")
        store._context()
        for export, extern in instance._instance.exports.items():
            self._define(name, export, extern)

    def define_wasi(self) -> None:
        """Define the functions of WASI; `Store.set_wasi` says what they may do."""
        for name, function in wasi_functions().items():
            self._define(abi.MODULE, name, function)

    def define_module(self, store: Storelike, name: str, module: Module) -> None:
        """Define the exports of a module; each call into a command gets an instance of its own."""
        if not isinstance(module, Module):
            raise TypeError("expected a `Module`")
        compiled = module.ptr()
        if any(export.name == "_start" and export.kind == "func" for export in compiled.exports):
            for export in compiled.exports:
                if export.kind == "func":
                    run = self._command(store, compiled, export.name)
                    functype: Any = export.type
                    self._define(name, export.name, _core.Func(store._context(), functype, run))
            return
        instance = self.instantiate(store, module)
        exports = instance._instance.exports
        if "_initialize" in exports:
            instance.exports(store)["_initialize"](store)
        for export_name, extern in exports.items():
            if export_name != "_initialize":
                self._define(name, export_name, extern)

    def _command(self, store: Storelike, compiled: module.Module, name: str) -> Callable[..., Any]:
        def run(*params: Any) -> Any:
            function: Any = Instance._linked(store, compiled, self._imports(store))._instance.export(name)
            return function(*params)

        return run

    def _imports(self, store: Storelike) -> dict[str, Any]:
        """What is defined, with the store's own functions of WASI."""
        definitions: dict[str, Any] = self.ptr().definitions
        if abi.MODULE not in definitions:
            return definitions
        return {**definitions, abi.MODULE: Bound(definitions[abi.MODULE], store)}

    def instantiate(self, store: Storelike, module: Module) -> Instance:
        """An instance of `module`, with imports from here."""
        return Instance._linked(store, module.ptr(), self._imports(store))

    def instantiate_pre(self, module: Module) -> InstancePre:
        """Find the imports of `module` now, for instances in any store."""
        if not isinstance(module, Module):
            raise TypeError("expected a `Module`")
        compiled = module.ptr().compiled
        for import_, expected in zip(compiled.syntax.imports, compiled.import_types, strict=True):
            item = self.ptr().get(import_.module, import_.name)
            actual = getattr(item, "actual_type", getattr(item, "type", None))
            if item is None or type(actual) is not type(expected):
                problem = errors.LinkError("", import_.module, import_.name, expected, actual)
                raise WasmtimeError(link_message(problem))
        return InstancePre._of((module.ptr(), self._imports))

    def get_default(self, store: Storelike, name: str) -> Func:
        """The default export of a module: its export named "", or ``_start``, or a function that does nothing."""
        names = self.ptr().definitions.get(name, {})
        for default in ("", "_start"):
            if default in names:
                found = self.get(store, name, default)
                if not isinstance(found, Func):
                    raise WasmtimeError(f"default export in '{escaped(name)}' is not a function")
                return found
        name.encode()
        return Func._of(_core.Func(store._context(), types.FuncType((), ()), lambda: None))

    def get(self, store: Storelike, module: str, name: str) -> Any:
        """What is defined by that name, for `store`; WasmtimeError if there is nothing."""
        module.encode()
        name.encode()
        context = store._context()
        try:
            item: Any = self._imports(store)[module][name]
        except KeyError:
            raise WasmtimeError("item not defined in linker") from None
        if isinstance(item, tuple):
            item = HostFunc(item[1], item[0], access_caller=True)
        return wrap_extern(item.bind(context) if isinstance(item, HostFunc) else item)

    def _unknown(self, module: Module) -> Iterator[tuple[Any, Any]]:
        if not isinstance(module, Module):
            raise TypeError("expected a `Module`")
        for import_ in module.ptr().imports:
            if self.ptr().get(import_.module, import_.name) is None:
                yield import_, import_.type

    def define_unknown_imports_as_traps(self, module: Module) -> None:
        """Define the functions that `module` imports and that are not defined yet: they trap."""
        for import_, type_ in self._unknown(module):
            if import_.kind == "func":
                self._define(import_.module, import_.name, HostFunc(_trapping(import_), type_))

    def define_unknown_imports_as_default_values(self, store: Storelike, module: Module) -> None:
        """Define what `module` imports and is not defined yet: zeros, nulls, and functions that return them."""
        context = store._context()
        for import_, type_ in self._unknown(module):
            item: Any
            if import_.kind == "func":
                zeros = [_zero(valtype) for valtype in type_.results]
                item = HostFunc(_returning(zeros[0] if len(zeros) == 1 else zeros or None), type_)
            elif import_.kind == "global":
                item = _core.Global(context, type_, _zero(type_.valtype))
            elif import_.kind == "table":
                item = _core.Table(context, type_)
            else:
                item = _core.Memory(context, type_)
            self._define(import_.module, import_.name, item)


def _trapping(import_: Any) -> Callable[..., Any]:
    def trap(*params: Any) -> Any:
        raise errors.Trap(f"unknown import: `{escaped(import_.module)}::{escaped(import_.name)}` has not been defined")

    return trap


def _returning(value: Any) -> Callable[..., Any]:
    return lambda *params: value


def _zero(valtype: int) -> Any:
    if types.is_reftype(valtype):
        return None
    return bytes(16) if valtype == types.V128 else 0
