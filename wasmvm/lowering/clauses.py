"""The table of a function's catch clauses: which code, when it throws, goes on where."""

from __future__ import annotations

from array import array

import cython

if not cython.compiled:
    from wasmvm.lowered import (
        CLAUSE_END,
        CLAUSE_REF,
        CLAUSE_SLOT,
        CLAUSE_START,
        CLAUSE_TAG,
        CLAUSE_TARGET,
        CLAUSE_WORDS,
    )
    from wasmvm.lowering.code import enlarged
    from wasmvm.lowering.reading import Reading


class Clauses(Reading):
    """Attributes:

    clauses, clause_words: the table, and how many words of it are written. Clauses of an inner ``try_table`` come
        after those of an outer one, so that the last one that fits is the one to take.

    A clause whose end is not known yet has -1 there. One whose label is not bound yet has as target the position of the
    one before it that goes to the same label, or -1; that is how labels in the code are done, too.
    """

    def make_clauses(self) -> None:
        self.clauses = array("i")
        self.clause_cap = 0
        self.clause_words = 0

    def new_clauses(self, count: int) -> int:
        """Make room for the clauses of a try_table whose body begins here; return where they are."""
        first = self.clause_words
        self.clause_words += CLAUSE_WORDS * count
        if self.clause_words > self.clause_cap:
            self.clause_cap = 2 * self.clause_words
            self.clauses = enlarged(self.clauses, "i", self.clause_cap)
        for i in range(count):
            self.clauses[first + CLAUSE_WORDS * i + CLAUSE_START] = self.n
            self.clauses[first + CLAUSE_WORDS * i + CLAUSE_END] = -1
        return first

    def set_clause(self, clause: int, tag: int, with_ref: int, slot: int, target: int) -> int:
        """Say what a clause catches (`tag` -1 for anything) and where it goes; `target` may be an unbound label."""
        self.clauses[clause + CLAUSE_TARGET] = target
        self.clauses[clause + CLAUSE_TAG] = tag
        self.clauses[clause + CLAUSE_REF] = with_ref
        self.clauses[clause + CLAUSE_SLOT] = slot
        return 0

    def close_clauses(self, first: int) -> int:
        """The body of the try_table whose clauses begin at `first` ends here."""
        while first < self.clause_words and self.clauses[first + CLAUSE_END] < 0:
            self.clauses[first + CLAUSE_END] = self.n
            first += CLAUSE_WORDS
        self.last = self.before = -1  # no instruction moves across the border
        return 0

    def bind_clauses(self, label: int) -> int:
        """Let the clauses that refer to `label` go to the present position."""
        if label >= 0:
            self.mark_label()
        while label >= 0:
            before = self.clauses[label + CLAUSE_TARGET]
            self.clauses[label + CLAUSE_TARGET] = self.n
            label = before
        return 0
