"""Programs in a process of their own, with the packages that are installed or with their replacements."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent


def run(*command: str) -> str:
    """What Python prints when it is called so; it must succeed."""
    done = subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def run_on(package: str, *command: str) -> str:
    """The same with a package replaced; `command` begins with ``-m``, ``-c`` or the name of a script."""
    return run("-m", "wasmvm.compat", package, *command)


def _own_names(module: ModuleType) -> set[str]:
    """Names that a module defines at its top level, and does not import."""
    found: set[str] = set()
    for node in ast.parse(Path(str(module.__file__)).read_text()).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found.update(target.id for target in targets if isinstance(target, ast.Name))
    return found


def public_names(name: str) -> Iterator[tuple[str, Any]]:
    """The public names of a module and what they stand for; of classes also the members, as ``class.member``.

    Of a package all names count but those of modules, of a module in it those that it defines itself.
    """
    module = importlib.import_module(name)
    own = set(vars(module)) if hasattr(module, "__path__") else _own_names(module)
    for member, value in vars(module).items():
        if member.startswith("_") or member not in own or isinstance(value, ModuleType):
            continue
        yield member, value
        if isinstance(value, type) and value.__module__.startswith(name.partition(".")[0]):
            inside = [base for base in value.__mro__ if base.__module__.startswith(name.partition(".")[0])]
            slots = {slot for base in inside for slot in base.__dict__.get("__slots__", ())}
            for base in inside:
                for attribute, found in vars(base).items():
                    if not attribute.startswith("_") and attribute not in slots:
                        yield f"{member}.{attribute}", found


def missing(original: str, replacement: str, absent: dict[str, str]) -> list[str]:
    """Public names that a replacement has not, and integers that differ.

    `absent` are names that it is not to have, with the reason.
    """
    ours = importlib.import_module(replacement)
    found = []
    for name, value in public_names(original):
        owner, _, last = name.rpartition(".")
        there = getattr(getattr(ours, owner, None) if owner else ours, last, None)
        if there is None and value is not None and name not in absent:
            found.append(name)
        elif isinstance(value, int) and there != value:
            found.append(f"{name} is {value}")
    return found


def names_in(script: Path) -> set[str]:
    """Names and attributes that a program uses, and words of its strings, by which it may get at attributes."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(script.read_text())):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.update(node.value.split())
        elif isinstance(node, ast.alias):
            found.add(node.name)
    return found


def unused(original: str, script: Path, absent: dict[str, str], by_name: set[str]) -> list[str]:
    """Public functions and classes, and methods of these, that a script does not use.

    `by_name` are names that it makes of parts.
    """
    used = names_in(script) | by_name
    return [
        name
        for name, value in public_names(original)
        if callable(value) and name not in absent and name.rpartition(".")[2] not in used
    ]
