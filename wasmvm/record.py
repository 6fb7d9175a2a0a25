"""`Record`: what `typing.NamedTuple` is to type checkers, made in a tenth of the time.

The standard library compiles source text for every class, which takes milliseconds for all those that a program is
started with. Here the constructor is a template of as many arguments whose names are replaced: it takes the same
arguments, is as fast, and complains in the same words. What type checkers see is `NamedTuple` itself, so what is wrong
with a definition (an underscore before a name, a default before a field that has none) they say, and nothing here does.
"""

from __future__ import annotations

__all__ = ["Record", "made"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NamedTuple as Record
    from typing import TypeVar

    T = TypeVar("T")

    def made(cls: type[T], fields: tuple[object, ...]) -> T:
        """A record of all its fields, in a third of the time: for loops that make one for each item of a module."""
else:
    from types import FunctionType

    try:
        from _collections import _tuplegetter as field_getter  # what named tuples of the standard library have
    except ImportError:
        from operator import itemgetter

        def field_getter(index, doc):
            return property(itemgetter(index), doc=doc)

    made = new = tuple.__new__

    TEMPLATES = (
        lambda _cls, a: new(_cls, (a,)),
        lambda _cls, a, b: new(_cls, (a, b)),
        lambda _cls, a, b, c: new(_cls, (a, b, c)),
        lambda _cls, a, b, c, d: new(_cls, (a, b, c, d)),
        lambda _cls, a, b, c, d, e: new(_cls, (a, b, c, d, e)),
        lambda _cls, a, b, c, d, e, f: new(_cls, (a, b, c, d, e, f)),
        lambda _cls, a, b, c, d, e, f, g: new(_cls, (a, b, c, d, e, f, g)),
        lambda _cls, a, b, c, d, e, f, g, h: new(_cls, (a, b, c, d, e, f, g, h)),
    )
    """Constructors for one field, two fields, ...; a larger record needs a row more."""

    class _Fields(tuple):
        """What all records have in common; the underscores keep the names from those of fields."""

        __slots__ = ()

        @classmethod
        def _make(cls, iterable):
            """A record of the items of `iterable`."""
            made = new(cls, iterable)
            count = tuple.__len__(made)  # a record may have a length of its own
            if count != len(cls._fields):
                raise TypeError(f"{cls.__name__}: expected {len(cls._fields)} fields, got {count}")
            return made

        def _replace(self, /, **changes):
            """The record with other values for some of its fields."""
            return type(self)(**{**self._asdict(), **changes})

        __replace__ = _replace  # for copy.replace

        def _asdict(self):
            """Values by name."""
            return dict(zip(self._fields, self, strict=True))

        def __repr__(self):
            values = ", ".join([f"{name}={value!r}" for name, value in self._asdict().items()])
            return f"{type(self).__name__}({values})"

        def __getnewargs__(self):
            return tuple(self)

    class _Maker(type):
        """Turns the body of a class that is based on `Record` into a class of tuples; that one's class is `type`."""

        def __new__(metacls, name, bases, namespace):
            annotations = namespace["__annotations__"]
            fields = tuple(annotations)
            defaults = {field: namespace[field] for field in fields if field in namespace}
            code = TEMPLATES[len(fields) - 1].__code__.replace(co_varnames=("_cls", *fields))
            construct = FunctionType(code, globals(), "__new__", tuple(defaults.values()))
            construct.__qualname__ = f"{name}.__new__"
            construct.__annotations__ = annotations
            namespace.update(
                __slots__=(),
                __new__=construct,
                __match_args__=fields,
                _fields=fields,
                _field_defaults=defaults,
            )
            for index, field in enumerate(fields):
                namespace[field] = field_getter(index, f"Alias for field number {index}")
            return type(name, (_Fields,), namespace)

    Record = type.__new__(_Maker, "Record", (), {"__doc__": "The base that makes a class of tuples with named fields."})
