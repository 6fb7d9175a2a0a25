"""Lowered code of one function as one record: what `lowering` makes, the machine runs, and files hold.

What the machine has of it is `lowered_t` in `lowered.pxd`, in the same order; `tests/test_lowered.py` compares them.
All others pass it on whole: a new field needs a line here, a line there, and whoever makes or uses it.
"""

from __future__ import annotations

from wasmvm.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from array import array
    from typing import TypeAlias

    Words: TypeAlias = array[int] | memoryview

ARRAYS = 3
"""So many fields of `Lowered` are arrays, the first ones."""

CLAUSE_WORDS = 6
"""Words of a catch clause; which of them is what: see `clause_t` in `lowered.pxd`."""
CLAUSE_START, CLAUSE_END, CLAUSE_TARGET, CLAUSE_TAG, CLAUSE_REF, CLAUSE_SLOT = range(CLAUSE_WORDS)
CAUGHT_BY_ANY, DELEGATES = -1, -2
"""In the place of a clause's tag."""
REF_LAST, REF_FIRST = 1, 2
"""Whether the reference that a clause gives comes after the payload or before it."""


class Lowered(Record):
    """Register code of one function.

    Attributes:
        code: code words, of 32 bits, as are those of all arrays here (``array("i")``, or a memoryview of a file).
        offsets: pairs of code position and byte offset in the module, ascending.
        clauses: the catch clauses (`lowering.clauses`).
        frame_size: slots that its frame needs.
        zero_from, zero_to: the slots of locals that must be zero on entry, without `zero_to`.
    """

    code: Words
    offsets: Words
    clauses: Words
    frame_size: int
    zero_from: int
    zero_to: int

    @property
    def arrays(self) -> tuple[Words, ...]:
        """The fields that are arrays, in their order."""
        return self[:ARRAYS]  # type: ignore[return-value]  # mypy does not see how many these are

    @property
    def size(self) -> int:
        """Words of all arrays together."""
        return sum(map(len, self.arrays))

    @property
    def parts(self) -> tuple[int, ...]:
        """A number for each field, as `parts_t` has them: of an array, how many words it has."""
        return (*map(len, self.arrays), *self[ARRAYS:])  # type: ignore[arg-type]
