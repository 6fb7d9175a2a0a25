"""The pass for the threaded back end: operands from registers, and pairs of instructions that run as one.

Every integer (f64) result is written to its slot and also passed on in a register, so that the slot need not be read
again right away. This pass goes over finished code once and knows, between labels, which slot each register mirrors;
an instruction that reads that slot gets the opcode of its form that reads the register. Nothing else changes: the
same words, and code without the pass does the same.
"""

from __future__ import annotations

from array import array

import cython

from wasmvm.lowering import forms

if not cython.compiled:
    from wasmvm.isa.regopcode import R_BR_TABLE

    # What an instruction does to the accumulators, as `regop.effect` says it.
    INT_RESULT, F64_RESULT, OTHER_RESULT, CLOBBERS = 1, 2, 3, 4


class Accumulators:
    """The tables that the pass reads, as typed arrays."""

    def __init__(self) -> None:
        self.length, self.effect, self.word = forms.LENGTH, forms.EFFECT, forms.OPERAND_WORD
        self.acc_form, self.facc_form = forms.ACC_FORM, forms.FACC_FORM
        # Which row and column of `pairs` an instruction has; 0 is the row, and the column, of those in no pair.
        self.row = array("h", bytes(2 * len(forms.NAMES)))
        self.column = array("h", bytes(2 * len(forms.NAMES)))
        rows = self.number(forms.FIRST, self.row)
        self.columns = self.number(forms.SECOND, self.column)
        self.pairs = array("h", bytes(2 * rows * self.columns))
        for i in range(len(forms.FIRST)):
            index = self.row[forms.FIRST[i]] * self.columns + self.column[forms.SECOND[i]]
            self.pairs[index] = forms.FIRST_PAIR + i

    def number(self, instructions: array[int], numbers: array[int]) -> int:
        """Number the different ones of `instructions` from 1 on; return the number behind the last."""
        end = 1
        for instruction in instructions:
            if numbers[instruction] == 0:
                numbers[instruction] = end
                end += 1
        return end

    def rewrite(self, code: array[int], n: int, labels: array[int], label_count: int) -> None:
        """Rewrite the first `n` words of `code`; `labels` are the positions that branches lead to, ascending."""
        view = code
        targets = labels
        # The slots that the registers mirror, -1 for none.
        acc, facc = -1, -1
        pos, label = 0, 0
        # The instruction before, as it was written and as it is now; and where it begins.
        before_op, before, before_pos = 0, 0, -1
        while pos < n:
            while label < label_count and targets[label] <= pos:
                if targets[label] == pos:
                    acc = facc = -1
                label += 1
            op = view[pos]
            form = self.best_form(op, view, pos, acc, facc)
            view[pos] = form
            if before_pos >= 0:
                pair = self.pair(before_op, before, op, form)
                if pair:
                    view[before_pos] = pair
            before_op, before, before_pos = op, form, pos
            effect = self.effect[op]
            if effect == INT_RESULT:
                acc = view[pos + 1]
                if facc == acc:
                    facc = -1
            elif effect == F64_RESULT:
                facc = view[pos + 1]
                if acc == facc:
                    acc = -1
            elif effect == OTHER_RESULT:
                if view[pos + 1] == acc:
                    acc = -1
                if view[pos + 1] == facc:
                    facc = -1
            elif effect == CLOBBERS:
                acc = facc = -1
            pos += self.length[op] + (view[pos + 2] + 1 if op == R_BR_TABLE else 0)

    def best_form(self, op: int, view: array[int], pos: int, acc: int, facc: int) -> int:
        for operand in range(3):
            index = 3 * op + operand
            form = self.acc_form[index]
            if form >= 0 and acc >= 0 and view[pos + self.word[index]] == acc:
                return form
            form = self.facc_form[index]
            if form >= 0 and facc >= 0 and view[pos + self.word[index]] == facc:
                return form
        return op

    def pair(self, first_op: int, first: int, second_op: int, second: int) -> int:
        """The instruction that runs both, or 0. Either may be taken as it was written, reading no register."""
        row, column = self.row[first] * self.columns, self.column[second]
        found = self.pairs[row + column]
        if not found and first != first_op:
            found = self.pairs[self.row[first_op] * self.columns + column]
        if not found and second != second_op:
            column = self.column[second_op]
            found = self.pairs[row + column]
            if not found and first != first_op:
                found = self.pairs[self.row[first_op] * self.columns + column]
        return found
