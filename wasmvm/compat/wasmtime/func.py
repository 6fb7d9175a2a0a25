"""Functions."""

from __future__ import annotations

from collections.abc import Callable
from operator import is_
from typing import TYPE_CHECKING, Any

from wasmvm import _core, errors, types
from wasmvm.compat.wasmtime.caller import Caller, Storelike, check
from wasmvm.compat.wasmtime.error import WasmtimeError, raised
from wasmvm.compat.wasmtime.extern import Extern
from wasmvm.compat.wasmtime.store import Store
from wasmvm.compat.wasmtime.types import FuncType
from wasmvm.compat.wasmtime.val import EXACT, converter, from_core

if TYPE_CHECKING:
    from typing_extensions import Self


class _Shape:
    """What a function type says about calls.

    Attributes:
        convert: what converts each parameter: its index, its type, the class whose objects are the same for wasmvm and
            for wasmtime, and a function as `to_core`.
        selected: of these, where wasmvm takes more than wasmtime does, or something else.
        many: whether there are several results.
        plain: whether no result needs to be wrapped.
    """

    __slots__ = ("convert", "many", "plain", "selected")

    def __init__(self, functype: types.FuncType) -> None:
        self.convert = [(i, t, _SAME.get(t, type(None)), converter(t)) for i, t in enumerate(functype.params)]
        self.selected = [entry for entry in self.convert if entry[1] not in _INTEGERS]
        self.many = len(functype.results) > 1
        self.plain = not any(map(types.is_reftype, functype.results))


_INTEGERS = frozenset((types.I32, types.I64))
_SAME = {**EXACT, types.V128: bytes}
MAX_SHAPES = 1024
_shapes: dict[types.FuncType, _Shape] = {}


def _shape_of(functype: types.FuncType) -> _Shape:
    found = _shapes.get(functype)
    if found is None:
        found = _Shape(functype)
        # What the number of a defined type means may change with time.
        if all(t < types.CONCRETE for part in functype for t in part):
            if len(_shapes) >= MAX_SHAPES:
                _shapes.clear()
            _shapes[functype] = found
    return found


class Func(Extern, wraps=_core.Func, held_in="_func"):
    """A function.

    Args:
        store: a `Store`.
        ty: its `FuncType`.
        func: called with plain Python values; it returns None, a value, or a sequence of several.
        access_caller: pass a `Caller` first.
    """

    _func: _core.Func
    _shape: _Shape

    def __init__(self, store: Store, ty: FuncType, func: Callable[..., Any], access_caller: bool = False) -> None:
        if not isinstance(store, Store):
            raise TypeError("expected a Store")
        if not isinstance(ty, FuncType):
            raise TypeError("expected a FuncType")
        functype = ty.ptr()
        host = trampoline(functype, func, access_caller)
        self._func = _core.Func(store._context(), functype, host, access_caller=access_caller)
        self._shape = _shape_of(self._func.type)

    @classmethod
    def _of(cls, extern: _core.Func) -> Self:
        made = cls.__new__(cls)
        made._func, made._shape = extern, _shape_of(extern.type)
        return made

    def type(self, store: Storelike) -> FuncType:
        check(store, self._func.store)
        return FuncType._of(self._func.type)

    def __call__(self, store: Storelike, *params: Any) -> Any:
        """None, a value, or a list of several. Raises Trap, WasmtimeError, TypeError, or what a host raised."""
        func = self._func
        if store._core is not func.store:
            check(store, func.store)
        shape = self._shape
        given: Any = params
        try:
            for i, valtype, same, to_core in shape.selected:
                if type(params[i]) is not same:
                    if given is params:
                        given = self._listed(params)
                    given[i] = to_core(valtype, params[i])
        except (IndexError, TypeError):
            self._convert(params)  # says what is wrong with the first that is
            raise
        try:
            try:
                result = func(*given)
            except TypeError:
                converted = self._convert(params)
                if all(map(is_, converted, given)):
                    raise  # nothing was wrong with the arguments
                result = func(*converted)
        except errors.WasmError as error:
            raise raised(error) from None
        if shape.many:
            return [*result] if shape.plain else [*map(from_core, result)]
        return result if shape.plain else from_core(result)

    def _listed(self, params: tuple[Any, ...]) -> list[Any]:
        """The parameters as a list; WasmtimeError unless there are as many as there should be."""
        expected = len(self._shape.convert)
        if len(params) != expected:
            amount = "many" if len(params) > expected else "few"
            raise WasmtimeError(f"too {amount} parameters provided: given {len(params)}, expected {expected}")
        return [*params]

    def _convert(self, params: tuple[Any, ...]) -> list[Any]:
        converted = self._listed(params)
        for i, valtype, _, to_core in self._shape.convert:
            converted[i] = to_core(valtype, params[i])
        return converted


def trampoline(functype: types.FuncType, func: Callable[..., Any], access_caller: bool) -> Callable[..., Any]:
    """What wasmvm is to call for `func`: it converts as wasmtime does."""
    wraps = any(map(types.is_reftype, functype.params))
    convert = [(t, converter(t)) for t in functype.results]
    count = len(convert)
    valtype, to_core = convert[0] if count == 1 else (0, _no_result)
    exact = EXACT.get(valtype)

    def host(*params: Any) -> Any:
        result = func(*map(from_core, params)) if wraps else func(*params)
        if type(result) is exact:  # of a single result
            return result
        if count < 2:
            return to_core(valtype, result)
        if len(result) != count:
            raise WasmtimeError("callback produced wrong number of results")
        return [convert[i][1](convert[i][0], value) for i, value in enumerate(result)]

    def host_with_caller(caller: _core.Caller, *params: Any) -> Any:
        wrapped = Caller(caller)
        try:
            return host(wrapped, *params)
        finally:
            wrapped._caller = wrapped._core = None  # as `_invalidate`

    return host_with_caller if access_caller else host


def _no_result(valtype: int, result: Any) -> None:
    if result is not None:
        raise WasmtimeError("callback produced results when it shouldn't")
