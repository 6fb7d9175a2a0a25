"""Faults that no test can notice, and why."""

from __future__ import annotations

from typing import NamedTuple


class Known(NamedTuple):
    """A fault that changes nothing that anybody can observe. It is named by its content, as `Fault.content` is, so that it is
    still known when it stands elsewhere in its file; where its lines have changed, it has to be looked at again.
    """

    path: str
    scope: str
    context: str
    before: str
    after: str
    reason: str
    turn: int = 0

    @property
    def content(self) -> tuple[str, str, str, str, str, int]:
        return (self.path, self.scope, self.context, self.before, self.after, self.turn)


KNOWN: tuple[Known, ...] = ()
