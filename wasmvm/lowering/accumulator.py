"""The pass for the threaded back end: operands from registers, and instructions that run as one.

Every integer, f64 or f32 result is written to its slot and also passed on in a register for its kind, so that the
slot need not be read again right away. This pass goes over finished code once and knows, between labels, which slot
each register mirrors; an instruction that reads that slot gets the opcode of its form that reads the register.
Nothing else changes: the same words, and code without the pass does the same.

Then, an instruction that makes one of `isa.threaded.sequences` with those that follow it gets the opcode of the
sequence, which runs all of them and goes on after the last. The others keep their own opcodes, so branches may still
lead to them.
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

    # What an instruction does to the accumulators, as `isa.regop.arm.effect` says it.
    INT_RESULT, F64_RESULT, F32_RESULT, CLOBBERS = 1, 2, 3, 4


class Window:
    """What is known of the code before the instruction that is looked at.

    Up to three instructions before it, and what runs from each of them to here as one::

        three_at         two_at           one_at           here
        |                |                |                |
        +-- three ----------------------------------------+
                         +-- two -------------------------+
                                          +-- one --------+

    Attributes:
        one_as_written, one: the opcode that lowering wrote there, and the one it has now.
        two, three: the sequence that runs two, or three, as one; 0 if there is none.
        one_at, two_at, three_at: where each begins; `one_at` is -1 at the beginning of the code.
        acc_i, acc_d, acc_f: the slots that the registers for integers, f64 and f32 mirror; -1 for none.
        effect: what the instruction before does to the registers.
        previous: the slot that the register which it writes mirrored before; -1 for none.
    """

    def __init__(self) -> None:
        self.one_as_written = self.one = self.two = self.three = 0
        self.one_at, self.two_at, self.three_at = -1, 0, 0
        self.effect = 0
        self.forget()

    def forget(self) -> None:
        """A label: control may come from anywhere, so nothing is known of the registers."""
        self.acc_i = self.acc_d = self.acc_f = self.previous = -1

    def move_on(self, pos: int, op: int, form: int, two: int, three: int) -> None:
        """The instruction at `pos` is done; `two` and `three` are the sequences that end with it."""
        self.three_at, self.two_at, self.one_at = self.two_at, self.one_at, pos
        self.one_as_written, self.one, self.two, self.three = op, form, two, three

    def note_result(self, effect: int, result: int) -> None:
        """An instruction has written the slot `result`, and the register for its kind."""
        self.previous = self.acc_i if effect == INT_RESULT else self.acc_d if effect == F64_RESULT else self.acc_f
        if self.previous == result:
            self.previous = -1
        if effect == INT_RESULT or self.acc_i == result:
            self.acc_i = result if effect == INT_RESULT else -1
        if effect == F64_RESULT or self.acc_d == result:
            self.acc_d = result if effect == F64_RESULT else -1
        if effect == F32_RESULT or self.acc_f == result:
            self.acc_f = result if effect == F32_RESULT else -1


class Accumulators:
    """The tables that the pass reads, as typed arrays; the pass changes nothing in them."""

    def __init__(self) -> None:
        self.length, self.effect, self.word = forms.LENGTH, forms.EFFECT, forms.OPERAND_WORD
        self.acc_i_form, self.acc_d_form, self.acc_f_form = forms.ACC_I_FORM, forms.ACC_D_FORM, forms.ACC_F_FORM
        self.previous_form = forms.PREVIOUS_FORM
        # Which row and column of `joined` an instruction has; 0 is the row, and the column, of those that have none.
        self.row = array("h", bytes(2 * (forms.SEQUENCES_FROM + len(forms.SEQUENCE_FIRST))))
        self.column = array("h", bytes(2 * forms.SEQUENCES_FROM))
        self.make_joined(forms.SEQUENCE_FIRST, forms.SEQUENCE_LAST, forms.SEQUENCES_FROM)

    def make_joined(self, firsts: array[int], lasts: array[int], number: int) -> int:
        """Make the table of what may be joined to what; the first of these becomes `number`, and so on."""
        rows = self.number(firsts, self.row)
        self.columns = self.number(lasts, self.column)
        self.joined = array("h", bytes(2 * rows * self.columns))
        for i in range(len(firsts)):
            self.joined[self.row[firsts[i]] * self.columns + self.column[lasts[i]]] = number + i
        return 0

    def number(self, instructions: array[int], numbers: array[int]) -> int:
        """Number the different ones of `instructions` from 1 on; return one more than the last number."""
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
        window = Window()
        pos, label = 0, 0
        look = WORDS_BETWEEN_LOOKS
        while pos < n:
            if pos >= look:
                if checkpoint is not None:
                    checkpoint()
                look = pos + WORDS_BETWEEN_LOOKS
            while label < label_count and targets[label] <= pos:
                if targets[label] == pos:
                    window.forget()
                label += 1
            op = view[pos]
            form = self.accumulator_form(window, op, view, pos)
            best = self.with_previous(window, form, op, view, pos)
            view[pos] = best
            if window.three:
                four = self.join(window.three, window.three, op, form, best)
                if four:
                    view[window.three_at] = four
            three = self.join(window.two, window.two, op, form, best) if window.two else 0
            if three:
                view[window.two_at] = three
            two = self.join(window.one_as_written, window.one, op, form, best) if window.one_at >= 0 else 0
            if two:
                view[window.one_at] = two
            window.move_on(pos, op, form, two, three)
            effect = self.effect[op]
            window.effect, window.previous = effect, -1
            if effect == CLOBBERS:
                window.forget()
            elif effect:
                window.note_result(effect, view[pos + 1])
            pos += self.length[op] + (view[pos + 2] + 1 if op == R_BR_TABLE else 0)

    def accumulator_form(self, window: Window, op: int, view: array[int], pos: int) -> int:
        """The form that reads an operand from an accumulator, or `op` itself where no operand is in one."""
        for operand in range(3):
            index = 3 * op + operand
            form = self.acc_i_form[index]
            if form >= 0 and window.acc_i >= 0 and view[pos + self.word[index]] == window.acc_i:
                return form
            form = self.acc_d_form[index]
            if form >= 0 and window.acc_d >= 0 and view[pos + self.word[index]] == window.acc_d:
                return form
            form = self.acc_f_form[index]
            if form >= 0 and window.acc_f >= 0 and view[pos + self.word[index]] == window.acc_f:
                return form
        return op

    def with_previous(self, window: Window, form: int, op: int, view: array[int], pos: int) -> int:
        """The form of `form` that reads what a register held before the last result, too, if there is one."""
        if window.previous >= 0:
            for operand in range(3):
                found = self.previous_form[3 * form + operand]
                index = 3 * op + operand
                if found >= 0 and view[pos + self.word[index]] == window.previous:
                    if window.effect == INT_RESULT:
                        known = self.acc_i_form[index]
                    elif window.effect == F64_RESULT:
                        known = self.acc_d_form[index]
                    else:
                        known = self.acc_f_form[index]
                    if known >= 0:
                        return found
        return form

    def join(self, first_as_written: int, first: int, last_as_written: int, last: int, best: int) -> int:
        """The sequence that runs both, or 0. Either may be taken as it was written, reading no register.

        `last` reads the accumulators, `best` (the same, where that is not to be had) also what one held before.
        """
        row, plain_row = self.row[first] * self.columns, self.row[first_as_written] * self.columns
        found = 0
        if best != last:
            column = self.column[best]
            found = self.joined[row + column] or self.joined[plain_row + column]
        if not found:
            column = self.column[last]
            found = self.joined[row + column] or self.joined[plain_row + column]
        if not found and last != last_as_written:
            column = self.column[last_as_written]
            found = self.joined[row + column] or self.joined[plain_row + column]
        return found


_shared: list[Accumulators] = []


def shared() -> Accumulators:
    """One pass for all modules: it changes nothing in itself."""
    if not _shared:
        _shared.append(Accumulators())
    return _shared[0]
