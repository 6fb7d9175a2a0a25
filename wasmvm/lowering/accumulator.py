"""The pass for the threaded back end: operands from registers, and instructions that run as one.

Every integer, f64 or f32 result is written to its slot and also passed on in a register for its kind, so that the
slot need not be read again right away. This pass goes over finished code once and knows, between labels, which slot
each register mirrors; an instruction that reads that slot gets the opcode of its form that reads the register.
Nothing else changes: the same words, and code without the pass does the same.

Then, an instruction that makes one of `isa.threaded.sequences` with those behind it gets the opcode of the sequence,
which runs all of them and goes on behind the last. The others keep their own opcodes, so branches may still lead to
them.
"""

from __future__ import annotations

from array import array

import cython

from wasmvm.generated import forms

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

if not cython.compiled:
    from wasmvm.generated.regopcode import R_BR_TABLE

    WORDS_BETWEEN_LOOKS = 1 << 16  # some milliseconds

    # What an instruction does to the accumulators, as `isa.threaded.forms.effect` says it.
    INT_RESULT, F64_RESULT, F32_RESULT, CLOBBERS = 1, 2, 3, 4


class Accumulators:
    """The tables that the pass reads, as typed arrays."""

    def __init__(self) -> None:
        self.length, self.effect, self.word = forms.LENGTH, forms.EFFECT, forms.OPERAND_WORD
        self.acc_form, self.facc_form, self.sacc_form = forms.ACC_FORM, forms.FACC_FORM, forms.SACC_FORM
        self.older = forms.OLDER_FORM
        # Which row and column of `fused` an instruction has; 0 is the row, and the column, of those that have none.
        self.row = array("h", bytes(2 * (forms.FUSED_FROM + len(forms.FUSED_FIRST))))
        self.column = array("h", bytes(2 * forms.FUSED_FROM))
        self.fuse(forms.FUSED_FIRST, forms.FUSED_LAST, forms.FUSED_FROM)

    def fuse(self, firsts: array[int], lasts: array[int], number: int) -> int:
        """Make the table of what may be joined to what; the first of these becomes `number`, and so on."""
        rows = self.number(firsts, self.row)
        self.columns = self.number(lasts, self.column)
        self.fused = array("h", bytes(2 * rows * self.columns))
        for i in range(len(firsts)):
            self.fused[self.row[firsts[i]] * self.columns + self.column[lasts[i]]] = number + i
        return 0

    def number(self, instructions: array[int], numbers: array[int]) -> int:
        """Number the different ones of `instructions` from 1 on; return the number behind the last."""
        end = 1
        for i in range(len(instructions)):
            if numbers[instructions[i]] == 0:
                numbers[instructions[i]] = end
                end += 1
        return end

    def rewrite(
        self, code: array[int], n: int, labels: array[int], label_count: int, checkpoint: Callable[[], object] | None
    ) -> None:
        """Rewrite the first `n` words of `code`; `labels` are the positions that branches lead to, ascending.

        `checkpoint` is called again and again, see `Reader`.
        """
        view = code
        targets = labels
        # The slots that the registers mirror, -1 for none.
        acc, facc, sacc = -1, -1, -1
        pos, label = 0, 0
        # What ends before `pos`: the instruction as it was written and as it is now; two as one, three as one, 0 if
        # there are none; and where each begins.
        one_op, one, two, three = 0, 0, 0, 0
        one_pos, two_pos, three_pos = -1, 0, 0
        # What the instruction before `pos` does to a register, and which slot that register mirrored before.
        older_effect, older_slot = 0, -1
        look = WORDS_BETWEEN_LOOKS
        while pos < n:
            if pos >= look:
                if checkpoint is not None:
                    checkpoint()
                look = pos + WORDS_BETWEEN_LOOKS
            while label < label_count and targets[label] <= pos:
                if targets[label] == pos:
                    acc = facc = sacc = older_slot = -1
                label += 1
            op = view[pos]
            form = self.best_form(op, view, pos, acc, facc, sacc)
            older = self.older_form(form, op, view, pos, older_effect, older_slot)
            view[pos] = older
            if three:
                four = self.join(three, three, op, form, older)
                if four:
                    view[three_pos] = four
            three = self.join(two, two, op, form, older) if two else 0
            if three:
                view[two_pos] = three
            two = self.join(one_op, one, op, form, older) if one_pos >= 0 else 0
            if two:
                view[one_pos] = two
            three_pos, two_pos, one_pos = two_pos, one_pos, pos
            one_op, one = op, form
            effect = self.effect[op]
            older_effect, older_slot = effect, -1
            if effect == CLOBBERS:
                acc = facc = sacc = -1
            elif effect:
                result = view[pos + 1]
                older_slot = acc if effect == INT_RESULT else facc if effect == F64_RESULT else sacc
                older_slot = -1 if older_slot == result else older_slot
                acc = result if effect == INT_RESULT else -1 if acc == result else acc
                facc = result if effect == F64_RESULT else -1 if facc == result else facc
                sacc = result if effect == F32_RESULT else -1 if sacc == result else sacc
            pos += self.length[op] + (view[pos + 2] + 1 if op == R_BR_TABLE else 0)

    def best_form(self, op: int, view: array[int], pos: int, acc: int, facc: int, sacc: int) -> int:
        for operand in range(3):
            index = 3 * op + operand
            form = self.acc_form[index]
            if form >= 0 and acc >= 0 and view[pos + self.word[index]] == acc:
                return form
            form = self.facc_form[index]
            if form >= 0 and facc >= 0 and view[pos + self.word[index]] == facc:
                return form
            form = self.sacc_form[index]
            if form >= 0 and sacc >= 0 and view[pos + self.word[index]] == sacc:
                return form
        return op

    def older_form(self, form: int, op: int, view: array[int], pos: int, effect: int, slot: int) -> int:
        """The form that reads what a register held before the last result too, if there is one."""
        if slot >= 0:
            for operand in range(3):
                older = self.older[3 * form + operand]
                index = 3 * op + operand
                if older >= 0 and view[pos + self.word[index]] == slot:
                    if effect == INT_RESULT:
                        known = self.acc_form[index]
                    elif effect == F64_RESULT:
                        known = self.facc_form[index]
                    else:
                        known = self.sacc_form[index]
                    if known >= 0:
                        return older
        return form

    def join(self, first_op: int, first: int, last_op: int, last: int, older: int) -> int:
        """What runs both, or 0. Either may be taken as it was written, reading no register."""
        row, plain_row = self.row[first] * self.columns, self.row[first_op] * self.columns
        found = 0
        if older != last:
            column = self.column[older]
            found = self.fused[row + column] or self.fused[plain_row + column]
        if not found:
            column = self.column[last]
            found = self.fused[row + column] or self.fused[plain_row + column]
        if not found and last != last_op:
            column = self.column[last_op]
            found = self.fused[row + column] or self.fused[plain_row + column]
        return found


_shared: list[Accumulators] = []


def shared() -> Accumulators:
    """One pass for all modules: it changes nothing in itself."""
    if not _shared:
        _shared.append(Accumulators())
    return _shared[0]
