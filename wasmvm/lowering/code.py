"""The code being written: words, labels, and the table from code positions to byte offsets."""

from __future__ import annotations

from array import array

import cython

from wasmvm.errors import InternalError
from wasmvm.generated import forms

if not cython.compiled:
    from wasmvm.generated.regopcode import R_CONST32, R_CONST64, R_COPY, R_MOVE, R_MOVE_V128, R_PAY

    # The longest instruction but br_table, rounded up: what `reserve` makes room for.
    MAX_WORDS = 12

    def enlarged(old: array[int], typecode: str, capacity: int) -> array[int]:
        """A copy of `old` with room for `capacity` items, the others 0."""
        grown = array(typecode, [0]) * capacity
        view = memoryview(old)
        memoryview(grown)[: len(view)] = view
        return grown

    def first_words(words: array[int], count: int) -> array[int]:
        """A copy of the first `count` words."""
        return array("i", bytes(memoryview(words)[:count]))


class Code:
    """A growing array of code words.

    A label that is not bound yet is the position of the last word that refers to it, or -1; that word holds the
    position of the one before it, and so on. A bound label is written as the distance from the word to the target.

    Attributes:
        code, n: the words, and how many there are.
        cap, limit: words that there is room for, and words that the code may have at most.
        last: where the last instruction begins if its result may still be given another slot or be fused into what
            consumes it; -1 after a label or an instruction without result. Whoever changes it must also see that the
            result slot is the very operand that is consumed.
        before: where the instruction before `last` begins, if that one has a result too and no label lies between.
        offsets, m: pairs of code position and byte offset for instructions that may trap or call; numbers in it.
        paid: the position from which on the words count that may have run since the budget was last paid.
        labels, label_count: the positions that branches lead to, ascending; how many there are.
        saved: the words of the instruction that `save_last` took away; saved_from: the position where it began.
        length_of: by register opcode, the words of the instruction (`forms.LENGTH`).
    """

    def make_code(self) -> None:
        """Allocate the arrays, once for all bodies."""
        self.cap = 0
        self.code = array("i")
        self.offset_cap = 64
        self.offsets = array("i", bytes(4 * self.offset_cap))
        self.label_cap = 64
        self.labels = array("i", bytes(4 * self.label_cap))
        self.length_of = forms.LENGTH
        self.saved = array("i", bytes(4 * MAX_WORDS))

    def begin_code(self, size: int) -> None:
        """Begin a body of `size` bytes, which bounds how much code it may become."""
        self.limit = 4096 + 64 * size
        if self.cap < 64 + 2 * size:
            self.cap = 64 + 2 * size
            self.code = array("i")  # before there is another one
            self.code = enlarged(self.code, "i", self.cap)
        self.n = 0
        self.paid = 0
        self.last = self.before = -1
        self.m = 0
        self.label_count = 0
        self.saved_from = 0

    def reserve(self, words: int) -> int:
        """Make room for an instruction of `words` words. Raises InternalError if the code becomes too long."""
        if self.n + words <= self.cap:
            return 0
        if self.n + words > self.limit:
            raise InternalError("lowered code grows out of proportion to the function's body")
        self.cap = 2 * self.cap + words
        self.code = enlarged(self.code, "i", self.cap)
        return 0

    def word(self, value: int) -> None:
        """Append a word, for which there must be room; of a larger number, its low 32 bits."""
        if not cython.compiled:  # C does it by itself
            value = low_word(value)
        self.code[self.n] = value
        self.n += 1

    def begin(self, op: int) -> int:
        """Append the register opcode `op` of an instruction without result."""
        self.reserve(MAX_WORDS)
        self.last = -1
        self.code[self.n] = op
        self.n += 1
        return 0

    def begin_result(self, op: int, dst: int) -> int:
        """Append the register opcode `op` and result slot of an instruction whose result may still be moved."""
        self.reserve(MAX_WORDS)
        self.before = self.last
        self.last = self.n
        self.code[self.n] = op
        self.code[self.n + 1] = dst
        self.n += 2
        return 0

    def word64(self, value: int) -> None:
        """Append a constant of 64 bits as two words, low word first."""
        self.code[self.n] = low_word(value)
        self.code[self.n + 1] = low_word(value >> 32)
        self.n += 2

    def emit_move(self, dst: int, src: int, width: int) -> int:
        """Copy a value of `width` slots from slot `src` to slot `dst`; nothing is written if they are the same."""
        if dst == src:
            return 0
        self.begin_result(R_MOVE if width == 1 else R_MOVE_V128, dst)
        self.word(src)
        return 0

    def emit_copy(self, dst: int, src: int, slots: int) -> int:
        """Copy a run of `slots` slots from `src` on to `dst` on, all by one instruction."""
        if dst != src and slots:
            self.begin(R_COPY)
            self.word(dst)
            self.word(src)
            self.word(slots)
            self.paid -= slots >> 1
        return 0

    def pay(self, units: int, offset: int) -> int:
        """Take `units` from the budget; if the machine stops there, it is at byte offset `offset` of the module."""
        self.note_offset(offset)
        self.begin(R_PAY)
        self.word(units)
        self.paid = self.n
        return 0

    def emit_const(self, dst: int, bits: int) -> int:
        """Write a constant of one slot to slot `dst`."""
        if (bits >> 32) == 0:
            self.begin_result(R_CONST32, dst)
            self.word(low_word(bits))
        else:
            self.begin_result(R_CONST64, dst)
            self.word64(bits)
        return 0

    def note_offset(self, offset: int) -> int:
        """Note that the instruction written next, which may trap or call, stands at byte offset `offset`."""
        if self.m + 2 > self.offset_cap:
            self.offset_cap *= 2
            self.offsets = enlarged(self.offsets, "i", self.offset_cap)
        self.offsets[self.m] = self.n
        self.offsets[self.m + 1] = offset
        self.m += 2
        return 0

    def label_word(self, label: int) -> int:
        """Append a word that refers to an unbound label; return the new value of the label."""
        self.code[self.n] = label
        self.n += 1
        return self.n - 1

    def mark_label(self) -> int:
        """Note that branches lead to the present position."""
        if self.label_count >= self.label_cap:
            self.label_cap *= 2
            self.labels = enlarged(self.labels, "i", self.label_cap)
        self.labels[self.label_count] = self.n
        self.label_count += 1
        self.last = self.before = -1
        return 0

    def bind(self, label: int) -> int:
        """Let all words that refer to `label` lead to the present position."""
        if label >= 0:
            self.mark_label()
        while label >= 0:
            before = self.code[label]
            self.code[label] = self.n - label
            label = before
        return 0

    def save_last(self) -> int:
        """Take the last instruction away again, into `saved`; return its length in words."""
        length = self.length_of[self.code[self.last]]
        for i in range(length):
            self.saved[i] = self.code[self.last + i]
        self.n = self.last
        self.last, self.before = self.before, -1
        return length

    def restore_last(self, length: int, dst: int) -> int:
        """Write the instruction in `saved`, of `length` words, again, with `dst` as result slot."""
        if self.m and self.offsets[self.m - 2] >= self.saved_from:
            self.offsets[self.m - 2] = self.n
        self.begin_result(self.saved[0], dst)
        for i in range(2, length):
            self.word(self.saved[i])
        return 0


def low_word(value: int) -> int:
    """The low 32 bits as a signed word."""
    value &= 0xFFFFFFFF
    return value - 0x100000000 if value & 0x80000000 else value
