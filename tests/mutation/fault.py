"""A fault that is put into the project."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple


class Fault(NamedTuple):
    """A small change of the source that should make a test fail.

    Attributes:
        path: the file, from the root of the project.
        line, last: its first and last line, from 1.
        scope: the functions and classes around it, "" for the module.
        kind: what kind of change it is.
        before, after: what is changed, on one line each.
        context: the line in which it begins.
        start, end: what is replaced, as offsets in the file.
        text: by what.
        statement: the first line of the statement that it is in.
        turn: which it is of those that are alike in the same scope.
    """

    path: str
    line: int
    last: int
    scope: str
    kind: str
    before: str
    after: str
    context: str
    start: int
    end: int
    text: str
    statement: int
    turn: int = 0

    @property
    def content(self) -> tuple[str, str, str, str, str, int]:
        """What names it as long as these lines stay as they are, wherever they stand."""
        return (self.path, self.scope, self.context, self.before, self.after, self.turn)

    @property
    def id(self) -> str:
        return hashlib.sha256(repr(self.content).encode()).hexdigest()[:10]

    def apply(self, source: str) -> str:
        return source[: self.start] + self.text + source[self.end :]


def numbered(faults: Iterable[Fault]) -> list[Fault]:
    """The faults, those that are alike told apart."""
    seen: Counter[tuple[object, ...]] = Counter()
    found = []
    for fault in faults:
        found.append(fault._replace(turn=seen[fault.content]))
        seen[fault.content] += 1
    return found


def package_of(path: str) -> str:
    """The part of the project that a file belongs to, as results are counted."""
    parts = path.split("/")
    if len(parts) == 2:
        return "wasmvm"
    return "/".join(parts[1:3]) if parts[1] in ("wasi", "machine", "compat") and len(parts) > 3 else parts[1]
