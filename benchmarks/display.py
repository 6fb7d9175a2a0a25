"""What the person who waits gets to see: progress on the error stream, tables on the output."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Container, Iterable, Sequence


class Progress:
    """One line that is written over where the error stream is a terminal; nothing where it is not."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.done = 0
        self.shown = sys.stderr.isatty()

    def next(self, what: str) -> None:
        """The next of `total` parts begins."""
        self.done += 1
        self.what = what
        self("")

    def __call__(self, detail: str) -> None:
        if self.shown:
            line = f"[{self.done}/{self.total}] {self.what} {detail}"
            print(f"\r\x1b[K{line[:100]}", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        if self.shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)

    def note(self, line: str) -> None:
        """A line that stays."""
        self.clear()
        print(line, file=sys.stderr, flush=True)


def expect_known(parser: argparse.ArgumentParser, names: Iterable[str], known: Container[str], what: str) -> None:
    """End the program with a usage message if there are names that it does not know."""
    unknown = [name for name in names if name not in known]
    if unknown:
        parser.error(f"{what}: {', '.join(unknown)}")


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Columns as wide as they need be: the first one aligned to the left, the others to the right."""
    lines = [header, *rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(header))]
    shown = []
    for line in lines:
        cells = [
            line[0].ljust(widths[0]),
            *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)),
        ]
        shown.append("  ".join(cells).rstrip())
    return "\n".join(shown)
