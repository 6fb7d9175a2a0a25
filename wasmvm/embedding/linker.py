"""Linkers: imports by name, shared by many instances."""

from __future__ import annotations

from collections.abc import Mapping

from wasmvm._core import Store
from wasmvm.embedding.instance import Importable, Instance
from wasmvm.embedding.module import Module
from wasmvm.errors import LinkError


class Linker:
    """Definitions by name, which modules are instantiated with.

    Args:
        allow_shadowing: whether a name may be defined again.

    Attributes:
        definitions: by module name and name; `Instance` takes it as `imports`.
    """

    def __init__(self, *, allow_shadowing: bool = False) -> None:
        self.allow_shadowing = allow_shadowing
        self.definitions: dict[str, dict[str, Importable]] = {}

    def define(self, module: str, name: str, item: Importable) -> None:
        """Define the import `name` of `module` as `item`.

        Raises:
            LinkError: the name is taken, and shadowing is not allowed.
        """
        names = self.definitions.setdefault(module, {})
        if name in names and not self.allow_shadowing:
            raise LinkError(f'"{module}" "{name}" is defined twice', module, name)
        names[name] = item

    def define_all(self, module: str, items: Mapping[str, Importable]) -> None:
        """Define each of `items`, such as the exports of an instance, by its name."""
        for name, item in items.items():
            self.define(module, name, item)

    def get(self, module: str, name: str) -> Importable | None:
        """The definition of that name, or None."""
        return self.definitions.get(module, {}).get(name)

    def instantiate(self, module: Module, store: Store | None = None) -> Instance:
        """An `Instance` whose imports are taken from here; raises what `Instance` raises."""
        return Instance(module, self.definitions, store)
