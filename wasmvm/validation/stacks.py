"""Operand stack and control stack (spec "Validation Algorithm"), in flat arrays.

An operand is one integer, its type. A control frame is an entry in each of the arrays `kinds` to `checked`; the label
that a branch to it means takes the parameters of a loop and the results of any other block. Nothing is copied when a
block begins or ends: its operands stay where they are, above the height that the frame notes.
"""

from __future__ import annotations

from array import array

import cython

from wasmvm.deftype import close_valtype, match_valtype
from wasmvm.errors import ValidationError
from wasmvm.types import is_reftype, valtype_text

if not cython.compiled:
    from wasmvm.generated.opcode import OP_LOOP
    from wasmvm.types import BOTTOM, MAX_LOCALS

    def same_range(one: array[int], first: int, other: array[int], at: int, count: int) -> bool:
        return memoryview(one)[first : first + count] == memoryview(other)[at : at + count]

    def copy_range(target: array[int], first: int, source: array[int], at: int, count: int) -> None:
        target[first : first + count] = source[at : at + count]


MAX_OPERANDS = 1_000_000
"""Operands on the stack of one function. Calls can push a thousand with two bytes: this bounds the memory they take."""
LONG = 16
"""Ranges of at least this many types are compared and copied as a whole."""
SCATTER, SCATTER_TOO = (hash(word) & 0xFFFFFFFFFFFFFFFF | 1 for word in ("actual", "expected"))
"""Different in every process, so that no module can be made to collide."""
PAIR_MASK = 0x3FFF
SHOWN = 8
"""How many operands of the stack an error message shows."""


def result_type_text(valtypes: list[int]) -> str:
    shown = ["..."] if len(valtypes) > SHOWN else []
    for valtype in valtypes[-SHOWN:]:
        shown.append(valtype_text(valtype) if valtype != BOTTOM else "bot")
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
        locals, expanded: by local, its type, or BOTTOM where it may not be read, since it has no default value and was
            not set in this block; and the number of locals that this is known of, which is at most that of the body's
            bytes: eight bytes can declare fifty thousand.
        set_in: by local, the last `body` in which it was set, if it has no default value and is set in this block.
        body: the number of the body that is validated.
        assigned, assigned_count: the locals that were set and have no default, in order, and how many there are.
        same: whether the last long range of operands that was matched had exactly the types asked for.
        pairs: types that were found to match, by a number made of both: a faster, lossy copy of `known`.
        marks: by frame, `assigned_count` when it began.
        type_ids: by typeidx, the id of the defined type (`deftype`).
        known: what `matches` found, by a number made of both types.
    """

    def __init__(self, flat: array[int], type_ids: array[int]) -> None:
        self.flat = flat
        self.type_ids = type_ids
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
        self.locals = array("i", bytes(4 * 64))
        self.local_room = 64
        self.expanded = 0
        self.noting = 0
        self.set_in = array("i", [0])
        self.assigned = array("i", [0])
        self.body = 0
        self.same = 0
        self.pair_mask = 0
        self.pairs = array("q", [0])
        self.max_depth = 64
        self.reset()

    def reset(self) -> None:
        """Forget the body that was validated before."""
        self.height = 0
        self.floor = 0
        self.unreachable = 0
        self.depth = 0
        self.same = 0
        self.assigned_count = 0
        self.body += 1

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

    def expect_locals(self, count: int) -> None:
        """Make room for types of so many locals."""
        if count > self.local_room:
            self.locals = grown(self.locals, self.local_room, 2 * count)
            self.local_room = 2 * count

    def expect_assignments(self) -> None:
        """Make room to note where locals without default value are set: one is declared."""
        if not self.noting:
            self.noting = 1
            self.set_in = array("i", bytes(4 * MAX_LOCALS))
            self.assigned = array("i", bytes(4 * MAX_LOCALS))

    # Operands

    def push(self, valtype: int) -> None:
        if self.height >= self.room:
            self.grow(1)
        self.operands[self.height] = valtype
        self.height += 1

    def push_range(self, at: int, count: int) -> None:
        if self.height + count > self.room:
            self.grow(count)
        if count < LONG:
            for i in range(count):
                self.operands[self.height + i] = self.flat[at + i]
        else:
            copy_range(self.operands, self.height, self.flat, at, count)
        self.height += count

    def pop_any(self) -> int:
        """Pop an operand; return its type, BOTTOM if it may be any."""
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
        """spec "Matching: Value Types": whether an operand of type `actual` may stand for one of type `expected`."""
        if actual in (expected, BOTTOM):
            return True
        if not is_reftype(actual):
            return False
        key = actual * 0x100000000 + expected  # a shift would be one of a C int
        place = (actual * SCATTER + expected * SCATTER_TOO) >> 50 & self.pair_mask
        if self.pairs[place] == key:
            return True
        if key not in self.known:
            if len(self.known) == 8:  # until then, one place is enough
                self.pair_mask = PAIR_MASK
                self.pairs = array("q", bytes(8 * (PAIR_MASK + 1)))
                place = 0
            self.known[key] = match_valtype(
                close_valtype(actual, self.type_ids), close_valtype(expected, self.type_ids)
            )  # fmt: skip
        if not self.known[key]:
            return False
        self.pairs[place] = key
        return True

    def match_range(self, at: int, count: int) -> bool:
        """Whether the topmost operands have these types; `same` then says whether they have exactly these."""
        present = self.height - self.floor
        missing = 0
        self.same = 0
        if present < count:
            if not self.unreachable:
                return False
            missing = count - present
        base = self.height - count
        if count < LONG:
            for i in range(missing, count):
                if self.operands[base + i] != self.flat[at + i] and not self.matches(
                    self.operands[base + i], self.flat[at + i]
                ):
                    return False
            return True
        if same_range(self.operands, base + missing, self.flat, at + missing, count - missing):
            self.same = 1 if missing == 0 else 0
            return True
        return self.match_each(self.operands, base + missing, at + missing, count - missing)

    def match_each(self, actual: array[int], first: int, at: int, count: int) -> bool:
        """Whether each of these types matches that of `flat` in its place. What was just found for a pair is kept."""
        older_actual = older_expected = -1
        for i in range(count):
            one = actual[first + i]
            expected = self.flat[at + i]
            if one != expected and not (one == older_actual and expected == older_expected):
                if not self.matches(one, expected):
                    return False
                older_actual, older_expected = one, expected
        return True

    def match_types(self, at: int, expected: int, count: int) -> bool:
        """Whether values of the types at one place of `flat` may be where those at another are asked for."""
        return same_range(self.flat, at, self.flat, expected, count) or self.match_each(self.flat, at, expected, count)

    def require_range(self, at: int, count: int) -> None:
        """Check that the topmost operands are of these types; they stay."""
        if not self.match_range(at, count):
            raise self.mismatch("instruction", at, count)

    def pop_range(self, at: int, count: int) -> None:
        self.require_range(at, count)
        self.height = max(self.height - count, self.floor)

    def pop_each(self, at: int, count: int) -> None:
        """Remove operands that are all of the one type at this place of `flat`."""
        while count > 0 and not (self.unreachable and self.height == self.floor):  # then all that are missing are there
            self.pop(self.flat[at])
            count -= 1

    def mismatch(self, what: str, at: int, count: int) -> ValidationError:
        wanted: list[int] = []
        for i in range(at, at + count):
            wanted.append(self.flat[i])
        found: list[int] = []
        for i in range(max(self.floor, self.height - SHOWN - 1), self.height):
            found.append(self.operands[i])
        required, present = result_type_text(wanted), result_type_text(found)
        return ValidationError(f"type mismatch: {what} requires {required} but stack has {present}", self.at)

    # Control frames

    def enter(self, kind: int, at: int, params: int, results: int) -> None:
        """Open a block: `at` is where its type is in `flat`."""
        self.require_range(at, params)
        stay = self.same  # the operands are what the block begins with already
        if not stay:
            self.height = max(self.height - params, self.floor)
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
        self.unreachable = 0
        if stay:
            self.floor = self.height - params
        else:
            self.floor = self.height
            self.push_range(at, params)

    def finish(self) -> None:
        """Check that the innermost block may end here, and take its results off the stack."""
        frame = self.depth - 1
        at = self.types[frame] + self.params[frame]
        count = self.results[frame]
        if not self.match_range(at, count):
            raise self.mismatch("instruction", at, count)
        if self.height - self.floor > count:
            raise self.mismatch("block", at, count)
        self.height = self.floor

    def leave(self) -> None:
        """Close the innermost block, which `finish` has checked, and give its results to the one around it."""
        frame = self.depth - 1
        self.forget_assignments(frame)
        self.depth = frame
        self.floor = self.floors[frame]
        self.unreachable = self.unreachables[frame]
        if self.same:
            self.height += self.results[frame]  # what `finish` took off is still there
        else:
            self.push_range(self.types[frame] + self.params[frame], self.results[frame])

    def otherwise(self) -> None:
        """Begin the other arm of the innermost block, an ``if`` that `finish` has checked."""
        self.begin_part()
        self.push_range(self.types[self.depth - 1], self.params[self.depth - 1])

    def begin_part(self) -> None:
        """Begin another part of the innermost block, which `finish` has checked, without operands."""
        self.unreachable = 0
        self.forget_assignments(self.depth - 1)

    def assign(self, local: int, valtype: int) -> None:
        """Let a local that has no default value be read until the innermost block ends."""
        if self.set_in[local] != self.body:
            self.set_in[local] = self.body
            if local < self.expanded:
                self.locals[local] = valtype
            self.assigned[self.assigned_count] = local
            self.assigned_count += 1

    def forget_assignments(self, frame: int) -> None:
        """Take back what was set since the frame began."""
        while self.assigned_count > self.marks[frame]:
            self.assigned_count -= 1
            local = self.assigned[self.assigned_count]
            self.set_in[local] = 0
            if local < self.expanded:
                self.locals[local] = BOTTOM

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
