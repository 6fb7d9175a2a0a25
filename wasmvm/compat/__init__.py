"""Drop-in replacements for other runtimes' Python packages, over the public embedding API.

Either import the replacement::

    from wasmvm.compat import wasmtime

or, for programs whose imports cannot be changed, let the name stand for it: `install` from code, or from the command
line ``python -m wasmvm.compat wasmtime -m package args...``.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import CodeType, ModuleType

NAMES = ("wasmtime", "pywasm", "pwasm")
"""The packages that can be replaced."""


class _Alias(MetaPathFinder, Loader):
    """Finds a package, and what is below it, in its replacement."""

    def __init__(self, name: str) -> None:
        self.name = name

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> ModuleSpec | None:
        if fullname != self.name and not fullname.startswith(f"{self.name}."):
            return None
        try:
            replacement = import_module(f"{__name__}.{fullname}")
        except ModuleNotFoundError as error:
            if error.name != f"{__name__}.{fullname}":
                raise
            return None
        return ModuleSpec(fullname, self, is_package=hasattr(replacement, "__path__"))

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return import_module(f"{__name__}.{spec.name}")

    def exec_module(self, module: ModuleType) -> None:
        """The module has been executed under its own name."""

    def get_code(self, fullname: str) -> CodeType | None:
        """The code of a module that is to be run as a program."""
        from importlib.util import find_spec

        spec = find_spec(f"{__name__}.{fullname}")
        return None if spec is None else spec.loader.get_code(spec.name)  # type: ignore[union-attr]


def install(name: str) -> None:
    """Let ``import name`` give the replacement from now on, in this process.

    Args:
        name: one of `NAMES`.

    Raises:
        ValueError: there is no replacement for that package.
        RuntimeError: the package itself has been imported already.
    """
    if name not in NAMES:
        raise ValueError(f"there is no replacement for {name!r}; there is for {', '.join(NAMES)}")
    replacement = import_module(f"{__name__}.{name}")
    loaded = sys.modules.get(name)
    if loaded is replacement:
        return
    if loaded is not None:
        raise RuntimeError(f"{name} has been imported already: install its replacement first")
    sys.meta_path.insert(0, _Alias(name))
    sys.modules[name] = replacement
