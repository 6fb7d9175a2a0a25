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


KNOWN: tuple[Known, ...] = (
    Known(
        "wasmvm/text/lexer.py",
        "Lexer.check",
        "self.first_bad_escape = -1",
        "self.first_bad_escape = -1",
        "pass",
        "A lexer checks its text once, and is made with this value.",
    ),
    Known(
        "wasmvm/validation/stacks.py",
        "Stacks.__init__",
        "self.reset()",
        "self.reset()",
        "pass",
        "Every body and every constant expression begins with a reset; this one is for those who read the class.",
    ),
    Known(
        "wasmvm/wasi/preview1/abi.py",
        "",
        '"clock_res_get": Row("clock", "id:clockid resolution:>u64", short=True, unstable=True),',
        "True",
        "(False)",
        "A function that never waits does the same where it is called as one that may, a little slower.",
    ),
)
