"""Records: the same definitions, made by `Record` and by `typing.NamedTuple`, do the same."""

from __future__ import annotations

import copy
import inspect
import pickle
import sys
import typing
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from wasmvm import deftype, numeric, syntax, types
from wasmvm.compiled import cache as codecache
from wasmvm.compiled import codefile
from wasmvm.lowering import body
from wasmvm.record import Record
from wasmvm.wasi.host import fdtable


def define(base: Any) -> Any:
    """The classes that the rows are about."""

    class Single(base):
        """One field."""

        item: tuple[int, ...]

    class Limits(base):
        """A default, a method, a property, special methods, a name that hides one of tuple's."""

        min: int
        count: int | None = None

        def __str__(self) -> str:
            return f"{self.min}.."

        def __len__(self) -> int:
            return 7

        @property
        def double(self) -> int:
            return 2 * self.min

        @staticmethod
        def unit() -> int:
            return 1

        @classmethod
        def empty(cls) -> Any:
            return cls(0)

    class Wide(base):
        """As many fields as any record has; some are called as parts of the class are."""

        type: int
        name: str
        index: int
        new: int
        a: int
        b: int = 6
        c: int = 7
        cls: tuple[int, ...] = ()

    class Derived(Limits):
        """An ordinary class below a record: its instances have a dictionary."""

        note = "a note"

    return SimpleNamespace(Single=Single, Limits=Limits, Wide=Wide, Derived=Derived)


OURS = define(Record)
THEIRS = define(typing.NamedTuple)

SAME: dict[str, Callable[[Any], object]] = {
    "by position": lambda m: tuple(m.Limits(1, 2)),
    "by name": lambda m: tuple(m.Limits(count=1, min=2)),
    "both ways": lambda m: tuple(m.Wide(1, "n", 2, b=3, a=4, new=5)),
    "defaults": lambda m: tuple(m.Limits(1)),
    "one field": lambda m: (m.Single((1,)).item, m.Single(item=(2,))),
    "all fields": lambda m: m.Wide(*"12345678"),
    "by attribute": lambda m: [getattr(m.Wide(*"12345678"), name) for name in m.Wide._fields],
    "by index": lambda m: (m.Limits(1, 2)[0], m.Limits(1, 2)[-1], m.Limits(1, 2)[:1], type(m.Limits(1, 2)[:])),
    "unpacking": lambda m: [*m.Limits(1, 2)],
    "too few": lambda m: m.Wide(1, 2),
    "none of one": lambda m: m.Single(),
    "too many": lambda m: m.Limits(1, 2, 3),
    "unknown name": lambda m: m.Limits(1, size=2),
    "name given twice": lambda m: m.Limits(1, min=2),
    "equality": lambda m: (m.Limits(1, 2) == (1, 2), m.Limits(1) == m.Limits(2), m.Limits(1) != m.Derived(1)),
    "order": lambda m: (m.Limits(1, 2) < m.Limits(1, 3), max(m.Limits(4, 0), m.Limits(3, 9))),
    "hash": lambda m: hash(m.Limits(1, 2)),
    "sum": lambda m: m.Limits(1, 2) + m.Single(3),
    "repr": lambda m: (repr(m.Limits(1)), repr(m.Single((1, "x"))), repr(m.Derived(1))),
    "str": lambda m: (str(m.Limits(1)), f"{m.Limits(2)}", str(m.Single(()))),
    "truth and length": lambda m: (len(m.Limits(1)), bool(m.Single(0)), len(m.Wide(*"12345678"))),
    "methods": lambda m: (m.Limits(3).double, m.Limits.unit(), m.Limits.empty()),
    "_fields": lambda m: (m.Limits._fields, m.Wide._fields, m.Derived._fields),
    "_field_defaults": lambda m: (m.Single._field_defaults, m.Wide._field_defaults),
    "__match_args__": lambda m: (m.Limits.__match_args__, m.Single.__match_args__),
    "_asdict": lambda m: list(m.Limits(1, 2)._asdict().items()),
    "_make": lambda m: (m.Single._make([1]), m.Wide._make(iter("12345678"))),
    "_make of too few": lambda m: type(fails(lambda: m.Wide._make([1]))),
    "_make of too many": lambda m: type(fails(lambda: m.Single._make([1, 2]))),
    "_replace": lambda m: (m.Single(1)._replace(item=2), m.Wide(*"12345678")._replace(cls=0, type=1)),
    "_replace of nothing": lambda m: m.Single(1)._replace(),
    "getnewargs": lambda m: m.Limits(1, 2).__getnewargs__(),
    "copy": lambda m: (copy.copy(m.Limits(1, 2)), copy.deepcopy(m.Single([1]))),
    "setting a field": lambda m: type(fails(lambda: setattr(m.Limits(1), "min", 2))),
    "setting anything": lambda m: type(fails(lambda: setattr(m.Limits(1), "other", 2))),
    "no dictionary": lambda m: (
        hasattr(m.Limits(1), "__dict__"),
        m.Limits.__slots__,
        hasattr(m.Derived(1), "__dict__"),
    ),
    "size": lambda m: sys.getsizeof(m.Wide(*"12345678")),
    "class": lambda m: (type(m.Limits), m.Limits.__name__, m.Limits.__qualname__, m.Limits.__module__),
    "bases": lambda m: (issubclass(m.Limits, tuple), isinstance(m.Derived(1), m.Limits), m.Derived.note),
    "doc": lambda m: (m.Limits.__doc__, m.Limits.min.__doc__, m.Limits.count.__doc__),
    "annotations": lambda m: list(m.Limits.__annotations__),
    "parameters": lambda m: [(p.name, p.kind, p.default) for p in inspect.signature(m.Wide).parameters.values()],
    "constructor": lambda m: (m.Limits.__new__.__name__, m.Limits.__new__.__qualname__),
}
"""Expressions with the same value for the classes of both; an exception is its type and message."""


def fails(call: Callable[[], object]) -> BaseException | None:
    try:
        call()
    except Exception as error:
        return error
    return None


def outcome(row: Callable[[Any], object], classes: Any) -> object:
    try:
        value = row(classes)
    except Exception as error:
        return type(error), str(error)
    return type(value).__name__, value


@pytest.mark.parametrize("row", SAME.values(), ids=SAME)
def test_like_a_named_tuple(row: Callable[[Any], object]) -> None:
    assert outcome(row, OURS) == outcome(row, THEIRS)


def test_match_statements_see_the_fields() -> None:
    match types.Limits(1, 2):
        case types.Limits(3, _) | types.Limits(max=None):
            pytest.fail("not these")
        case types.Limits(low, max=high):
            assert (low, high) == (1, 2)


def test_errors_name_the_class() -> None:
    with pytest.raises(TypeError, match=r"GlobalType\.__new__\(\) missing 1 required positional argument: 'mutable'"):
        types.GlobalType(types.I32)
    with pytest.raises(TypeError, match="Limits: expected 2 fields, got 3"):
        types.Limits._make([1, 2, 3])
    with pytest.raises(TypeError, match=r"Limits.*'size'"):
        types.Limits(1)._replace(size=2)


def test_a_length_of_its_own_leaves_the_fields_alone() -> None:
    elem = syntax.Elem(types.FUNCREF, syntax.PASSIVE, 0, None, None, (), 1, 2)
    assert len(elem) == 0
    assert syntax.Elem._make(elem) == elem
    assert elem._replace(offset=9).offset == 9
    assert pickle.loads(pickle.dumps(elem)) == elem


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickling(protocol: int) -> None:
    made = types.MemoryType(types.Limits(1, 2), types.I64)
    again = pickle.loads(pickle.dumps(made, protocol))
    assert again == made
    assert type(again) is types.MemoryType
    assert type(again.limits) is types.Limits


@pytest.mark.skipif(sys.version_info < (3, 13), reason="copy.replace is new in Python 3.13")
def test_copy_replace() -> None:
    assert copy.replace(types.Limits(1), max=3) == types.Limits(1, 3)


@pytest.mark.parametrize("module", [body, codecache, codefile, deftype, fdtable, numeric, syntax, types])
def test_every_record_has_its_fields(module: Any) -> None:
    """All of them, the compiled ones too, are made with as many values as they have fields."""
    records = [value for value in vars(module).values() if isinstance(value, type) and hasattr(value, "_fields")]
    assert records
    for record in records:
        made = record(*range(len(record._fields)))
        assert [getattr(made, name) for name in record._fields] == list(made)
        assert type(record) is type
