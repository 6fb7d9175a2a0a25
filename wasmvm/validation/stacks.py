"""Operand stack and control stack (specification, appendix "Validation Algorithm"), in flat arrays.

An operand is one integer, its type. A control frame is an entry in each of the arrays `kinds` to `checked`; the label
that a branch to it means takes the parameters of a loop and the results of any other block. Nothing is copied when a
block begins or ends: its operands stay where they are, above the height that the frame notes.
"""

from __future__ import annotations

from array import array

import cython

from wasmvm.deftype import close_valtype, match_valtype
from wasmvm.errors import ValidationError
from wasmvm.types import MAX_LOCALS, is_reftype, valtype_text
from wasmvm.validation import context

if not cython.compiled:
    from wasmvm.isa.opcode import OP_LOOP
BOTTOM = context.BOTTOM

MAX_OPERANDS = 25_000_000
"""Operands on the stack of one function. Calls can push a thousand with two bytes: this bounds the memory they take."""
SHOWN = 8
"""Operands of the stack that an error message shows."""


def result_type_text(valtypes: list[int]) -> str:
    shown = ["..."] if len(valtypes) > SHOWN else []
    shown += [valtype_text(valtype) if valtype != BOTTOM else "bot" for valtype in valtypes[-SHOWN:]]
    return f"[{' '.join(shown)}]"


class Stacks:
    """The two stacks of the body under validation. Methods raise ValidationError at `at`.

    Attributes:
        at: byte offset of the instruction under validation.
        flat: types; a list of them is a range ``at, count`` (see `context`).
        operands, height, room: the operand stack; its length; how long it may become before the next `grow`.
        floor, unreachable: of the innermost frame: the height at which it began, and whether the rest of it cannot
            be reached, so that any operand that is missing is there.
        depth: the number of frames.
        kinds: by frame, the opcode that opened it.
        types, params, results: by frame, where its type is in `flat`, and its numbers of parameters and results.
        floors, unreachables: by frame, the two properties above as they are to be again when the frame inside it ends.
        checked: by frame, the last `br_table` that found its label to fit (see `body`).
        local_set: by local, whether it may be read: the type has a default value, or it was set in this block.
        assigned, assigned_count: the locals that were set and have no default, in order, and how many there are.
        marks: by frame, `assigned_count` when it began.
        numbers: the module's types as `deftype` numbers them.
        known: what `matches` found, by a number that both types make.
    """

    def __init__(self, flat: array[int], numbers: array[int]) -> None:
        self.flat = flat
        self.numbers = numbers
        self.known: dict[int, bool] = {}
        self.at = 0
        self.operands = array("i", bytes(4 * 256))
        self.room = 256
        self.kinds = array("i", bytes(4 * 64))
        self.types = array("i", bytes(4 * 64))
        self.params = array("i", bytes(4 * 64))
        self.results = array("i", bytes(4 * 64))
        self.floors = array("i", bytes(4 * 64))
        self.unreachables = array("i", bytes(4 * 64))
        self.checked = array("i", bytes(4 * 64))
        self.marks = array("i", bytes(4 * 64))
        self.local_set = bytearray(b"\1" * MAX_LOCALS)
        self.assigned = array("i", bytes(4 * MAX_LOCALS))
        self.max_depth = 64
        self.reset()

    def reset(self) -> None:
        """Forget the body that was validated before."""
        self.height = 0
        self.floor = 0
        self.unreachable = 0
        self.depth = 0
        self.assigned_count = 0

    def grow(self, count: int) -> None:
        """Make room for `count` more operands."""
        if self.height + count > MAX_OPERANDS:
            raise ValidationError(f"too many operands on the stack (limit {MAX_OPERANDS})", self.at)
        room = min(2 * self.room + count, MAX_OPERANDS)
        self.operands = grown(self.operands, self.room, room)
        self.room = room

    def grow_frames(self) -> None:
        length = self.max_depth
        self.max_depth = 4 * length
        self.kinds = grown(self.kinds, length, self.max_depth)
        self.types = grown(self.types, length, self.max_depth)
        self.params = grown(self.params, length, self.max_depth)
        self.results = grown(self.results, length, self.max_depth)
        self.floors = grown(self.floors, length, self.max_depth)
        self.unreachables = grown(self.unreachables, length, self.max_depth)
        self.checked = grown(self.checked, length, self.max_depth)
        self.marks = grown(self.marks, length, self.max_depth)

    # Operands

    def push(self, valtype: int) -> None:
        if self.height >= self.room:
            self.grow(1)
        self.operands[self.height] = valtype
        self.height += 1

    def push_range(self, at: int, count: int) -> None:
        if self.height + count > self.room:
            self.grow(count)
        for i in range(count):
            self.operands[self.height + i] = self.flat[at + i]
        self.height += count

    def pop_any(self) -> int:
        """The type of the topmost operand, BOTTOM where it is any; removes it."""
        if self.height == self.floor:
            if self.unreachable:
                return BOTTOM
            raise ValidationError("type mismatch: instruction requires [any] but stack has []", self.at)
        self.height -= 1
        return self.operands[self.height]

    def pop(self, valtype: int) -> None:
        if self.height > self.floor and self.operands[self.height - 1] == valtype:
            self.height -= 1
        else:
            self.pop_range(valtype, 1)

    def matches(self, actual: int, expected: int) -> bool:
        """3.3.5: whether an operand of type `actual` may be where one of type `expected` is asked for."""
        if actual in (expected, BOTTOM):
            return True
        if not is_reftype(actual):
            return False
        key = actual * 0x100000000 + expected  # a shift would be one of a C int
        if key not in self.known:
            self.known[key] = match_valtype(
                close_valtype(actual, self.numbers), close_valtype(expected, self.numbers)
            )  # fmt: skip
        return self.known[key]

    def match_range(self, at: int, count: int) -> bool:
        """Whether the topmost operands are of these types."""
        present = self.height - self.floor
        missing = 0
        if present < count:
            if not self.unreachable:
                return False
            missing = count - present
        base = self.height - count
        for i in range(missing, count):
            if self.operands[base + i] != self.flat[at + i] and not self.matches(
                self.operands[base + i], self.flat[at + i]
            ):
                return False
        return True

    def require_range(self, at: int, count: int) -> None:
        """Check that the topmost operands are of these types, and leave them."""
        if not self.match_range(at, count):
            raise self.mismatch("instruction", at, count)

    def pop_range(self, at: int, count: int) -> None:
        self.require_range(at, count)
        self.height = max(self.height - count, self.floor)

    def mismatch(self, what: str, at: int, count: int) -> ValidationError:
        required = result_type_text([self.flat[at + i] for i in range(count)])
        first = max(self.floor, self.height - SHOWN - 1)
        present = result_type_text([self.operands[i] for i in range(first, self.height)])
        return ValidationError(f"type mismatch: {what} requires {required} but stack has {present}", self.at)

    # Control frames

    def enter(self, kind: int, at: int, params: int, results: int) -> None:
        """Open a block: `at` is where its type is in `flat`."""
        self.pop_range(at, params)
        if self.depth == self.max_depth:
            self.grow_frames()
        depth = self.depth
        self.kinds[depth] = kind
        self.types[depth] = at
        self.params[depth] = params
        self.results[depth] = results
        self.floors[depth] = self.floor
        self.unreachables[depth] = self.unreachable
        self.checked[depth] = 0
        self.marks[depth] = self.assigned_count
        self.depth = depth + 1
        self.floor = self.height
        self.unreachable = 0
        self.push_range(at, params)

    def finish(self) -> None:
        """Check that the innermost block may end here, and take its results off the stack."""
        frame = self.depth - 1
        at = self.types[frame] + self.params[frame]
        count = self.results[frame]
        if not self.match_range(at, count) or self.height - self.floor > count:
            raise self.mismatch("block", at, count)
        self.height = self.floor

    def leave(self) -> None:
        """Close the innermost block, which `finish` has checked, and give its results to the one around it."""
        frame = self.depth - 1
        self.forget_assignments(frame)
        self.depth = frame
        self.floor = self.floors[frame]
        self.unreachable = self.unreachables[frame]
        self.push_range(self.types[frame] + self.params[frame], self.results[frame])

    def otherwise(self) -> None:
        """Begin the other arm of the innermost block, an ``if`` that `finish` has checked."""
        self.unreachable = 0
        self.forget_assignments(self.depth - 1)
        self.push_range(self.types[self.depth - 1], self.params[self.depth - 1])

    def assign(self, local: int) -> None:
        """Let a local that has no default value be read until the innermost block ends."""
        self.local_set[local] = 1
        self.assigned[self.assigned_count] = local
        self.assigned_count += 1

    def forget_assignments(self, frame: int) -> None:
        """Take back what was set since the frame began."""
        while self.assigned_count > self.marks[frame]:
            self.assigned_count -= 1
            self.local_set[self.assigned[self.assigned_count]] = 0

    def set_unreachable(self) -> None:
        self.height = self.floor
        self.unreachable = 1

    def label_at(self, frame: int) -> int:
        """Where the types that a branch to this frame takes are in `flat`; there are `label_count` of them."""
        if self.kinds[frame] == OP_LOOP:
            return self.types[frame]
        return self.types[frame] + self.params[frame]

    def label_count(self, frame: int) -> int:
        if self.kinds[frame] == OP_LOOP:
            return self.params[frame]
        return self.results[frame]


def grown(old: array[int], length: int, longer: int) -> array[int]:
    new = array("i", bytes(4 * longer))
    for i in range(length):
        new[i] = old[i]
    return new
