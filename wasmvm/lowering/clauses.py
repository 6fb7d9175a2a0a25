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

    clauses, clause_words: the table, and how many words of it are written.

    The clauses of a block are written when its body has ended, from the first to the last, and so after those of the
    blocks in it: the first one that fits is the one to take. One whose label is not bound yet has as target the
    position of the one before it that goes to the same label, or -1; that is how labels in the code are done, too.
    """

    def make_clauses(self) -> None:
        self.clauses = array("i")
        self.clause_cap = 0
        self.clause_words = 0

    def new_clause(self, start: int, end: int, tag: int, slot: int, target: int) -> int:
        """Append a clause without reference for the code from `start` to `end`; return where it is.

        `tag` may be CAUGHT_BY_ANY or DELEGATES, and `target` an unbound label.
        """
        clause = self.clause_words
        self.clause_words += CLAUSE_WORDS
        if self.clause_words > self.clause_cap:
            self.clause_cap = 2 * self.clause_words
            self.clauses = enlarged(self.clauses, "i", self.clause_cap)
        self.clauses[clause + CLAUSE_START] = start
        self.clauses[clause + CLAUSE_END] = end
        self.clauses[clause + CLAUSE_TARGET] = target
        self.clauses[clause + CLAUSE_TAG] = tag
        self.clauses[clause + CLAUSE_REF] = 0
        self.clauses[clause + CLAUSE_SLOT] = slot
        return clause

    def bind_clauses(self, label: int) -> int:
        """Let the clauses that refer to `label` go to the present position."""
        if label >= 0:
            self.mark_label()
        while label >= 0:
            before = self.clauses[label + CLAUSE_TARGET]
            self.clauses[label + CLAUSE_TARGET] = self.n
            label = before
        return 0

    def bind_delegates(self, label: int) -> int:
        """Let the clauses of the list `label`, which delegate, go on with the one that is written next."""
        while label >= 0:
            before = self.clauses[label + CLAUSE_TARGET]
            self.clauses[label + CLAUSE_TARGET] = self.clause_words // CLAUSE_WORDS
            label = before
        return 0
