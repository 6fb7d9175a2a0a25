"""Whether register code that comes from outside of the process is safe to run.

`lower` makes code that is safe because validation accepted the body. Code from a file (`codefile`) has no such past,
and the machine checks nothing. So one pass goes over each function before it is used. Code that it accepts can read and
write only its own frame, the memories, the globals that are numbers, and its callees' results; it cannot read what a
slot held before; and it pays for each branch back and each call, so that it can be stopped. It may still compute
something other than the function it stands for: only lowering that function again would show it.

Code that works on references is refused, as a number in the place of a reference is an address: such functions are
lowered again, which is always possible and never wrong. To be refused is not an error.

The pass knows which slots hold numbers that this function has put there, a bit for each slot: those of the parameters
and of zeroed locals at the beginning, fewer where paths meet, after a call only its results of the callee's frame.
It goes over the code again if that changes at a label that it has already passed, which is rare.
"""

from __future__ import annotations

from array import array

import cython

from wasmvm.generated import wordkinds
from wasmvm.types import F32, F64, FUNCREF, I32, I64, NON_NULL, V128, FuncType

if not cython.compiled:
    from wasmvm.generated.wordkinds import *  # noqa: F403
    from wasmvm.lowered import (
        CAUGHT_BY_ANY,
        CLAUSE_END,
        CLAUSE_REF,
        CLAUSE_SLOT,
        CLAUSE_START,
        CLAUSE_TAG,
        CLAUSE_TARGET,
        CLAUSE_WORDS,
        DELEGATES,
    )

    NOT_NUMBERS = -1  # what is said of types with references
    MAX_SLOTS = 1 << 16  # of a frame that is looked at; functions with larger ones are lowered again
    MAX_UNPAID = 8192  # words that run for a unit of the budget; lowering pays sooner
    MAX_UNPAID_RETURN = 1024  # before a return: a deep recursion comes back through all its frames without a call
    MAX_MOVED = 2000  # slots at once: as many as the values of a block may have
    MAX_PASSES = 16

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wasmvm.lowered import Lowered, Words
    from wasmvm.syntax import Module

NUMBERS = frozenset((I32, I64, F32, F64, V128))


def slots_of(types: tuple[int, ...]) -> int:
    """The slots that values of these types take; NOT_NUMBERS where one is a reference."""
    if not NUMBERS.issuperset(types):
        return NOT_NUMBERS
    return len(types) + types.count(V128)


class Verifier:
    """Verifies functions of one module.

    Attributes, about the module:

    params, results: by typeidx, the slots of a function type; NOT_NUMBERS where it has references, or is none.
    kinds: by typeidx, a number that function types with the same results have in common.
    typeidxs, imported, defined: by funcidx, the typeidx; how many of them are imported, and how many are not.
    globals: by globalidx, its slots, plus 4 if it may be set; 0 for a reference.
    callable: by tableidx, whether its elements are functions of any type, or null.
    tags: by tagidx, the slots of the payload, or NOT_NUMBERS.
    opcodes: how many opcodes this form of the machine has.

    Attributes, about the function that is being verified:

    code, n: its words. frame_size: slots of its frame. words: numbers of 64 bits that have a bit for each slot.
    marks: by position, 1 where an instruction begins, 2 where a branch leads to, 3 for both.
    label: by position, the number of the label there.
    states: for each label the bits of the slots that are known to hold numbers, on all paths so far.
    reached: by label, whether there was a path.
    state, live: the same at the present position, and whether that is reached. scratch: room for one more.
    room, label_room, state_room, word_room: how long the arrays are.
    busy: whether a function is being verified.
    paid, owed: the words from the position `paid` on have run since the budget was last paid; by label, the most that
        have on any way to it.
    changed: whether a label before the present position lost bits, which the code after it was checked with.
    """

    def __init__(self, module: Module, threaded: bool) -> None:
        self.row_of, self.following = wordkinds.ROW, wordkinds.FOLLOWING
        self.rule, self.length, self.word_kinds = wordkinds.RULE, wordkinds.LENGTH, wordkinds.KINDS
        self.sequences_from = wordkinds.SEQUENCES_FROM
        self.opcodes = wordkinds.OPCODE_COUNT if threaded else wordkinds.ROW_COUNT
        count = max(len(module.types), 1)
        params, results, kinds = (array("i", [NOT_NUMBERS]) * count for _ in range(3))
        known: dict[tuple[int, ...], int] = {}
        for i, type_ in enumerate(module.types):
            if isinstance(type_, FuncType):
                params[i], results[i] = slots_of(type_.params), slots_of(type_.results)
                kinds[i] = known.setdefault(type_.results, len(known))
        self.params, self.results, self.kinds = params, results, kinds
        self.type_count = len(module.types)
        self.imported, self.defined = len(module.func_imports), len(module.funcs)
        self.typeidxs = array("I", [i.desc for i in module.func_imports]) + module.funcs
        self.globals = bytes(
            [
                (slots_of((g.valtype,)) if g.valtype in NUMBERS else 0) + (4 if g.mutable else 0)
                for g in module.global_types()
            ]
        )
        self.callable = bytes([t.reftype in (FUNCREF, FUNCREF + NON_NULL) for t in module.table_types()])
        self.tags = array("i", [slots_of(module.functype(typeidx).params) for typeidx in module.tag_typeidxs()])
        self.mem_count = len(module.mem_types())
        self.data_count, self.elem_count = len(module.datas), len(module.elems)
        self.bodies = module.code
        self.code: Words = array("i", [0])
        self.clauses: Words = array("i", [0])
        self.label = array("i", [0])
        self.marks, self.reached = bytearray(1), bytearray(1)
        self.states, self.state, self.scratch = (array("Q", [0]) for _ in range(3))
        self.owed = array("i", [0])
        self.paid = 0
        self.room = self.label_room = self.state_room = self.word_room = 1
        self.n = self.frame_size = self.words = self.clause_count = self.own = self.passed = self.most = self.here = (
            self.pos
        ) = 0
        self.live = self.changed = self.other_memory = self.busy = False

    def accepts(self, index: int, lowered: Lowered) -> bool:
        """Whether this is code that the function `index`, counted among those defined here, may have."""
        if self.busy or index < 0 or index >= self.defined:  # a finalizer that runs meanwhile may have code lowered
            return False
        frame_size, zero_from, zero_to = lowered.frame_size, lowered.zero_from, lowered.zero_to
        self.own = self.typeidxs[self.imported + index]
        params, results = self.params[self.own], self.results[self.own]
        if params < 0 or results < 0 or frame_size < params or frame_size < results or frame_size > MAX_SLOTS:
            return False
        if (
            zero_from < 0
            or zero_from > zero_to
            or zero_to > frame_size
            or len(lowered.code) == 0
            or len(lowered.clauses) % CLAUSE_WORDS
        ):
            return False
        self.busy = True
        try:
            self.code, self.clauses = lowered.code, lowered.clauses
            self.n, self.frame_size, self.clause_count = (
                len(self.code), frame_size, len(self.clauses) // CLAUSE_WORDS,
            )  # fmt: skip
            if self.n >= self.room:
                self.room = 2 * self.n
                self.marks = bytearray(self.room)
                self.label = array("i", bytes(4 * self.room))
            for i in range(self.n + 1):
                self.marks[i] = 0
            return (
                self.find_instructions()
                and self.check_clauses()
                and self.check_offsets(lowered.offsets, self.bodies[2 * index], self.bodies[2 * index + 1])
                and self.number_labels()
                and self.follow_paths(params, zero_from, zero_to)
            )
        finally:
            self.busy = False

    # --- Where instructions and labels are ------------------------------------------------------------------------

    def find_instructions(self) -> bool:
        """Mark where instructions begin and where branches lead to; whether all are of this machine and whole."""
        pos, n, length, rule = 0, self.n, 0, RULE_REFUSED
        while pos < n:
            op = self.code[pos]
            if op < 0 or op >= self.opcodes:
                return False
            row = self.row_of[op]
            rule = self.rule[row]
            length = self.length[row]
            if rule == RULE_REFUSED or length > n - pos:
                return False
            self.marks[pos] |= 1
            if rule == RULE_BR_TABLE:
                count = self.code[pos + 2]
                if count < 0 or count >= n - pos - length:
                    return False
                for i in range(count + 1):
                    if not self.mark_label(pos + length + i):
                        return False
                length += count + 1
            elif rule == RULE_PLAIN or rule == RULE_BR:
                for i in range(length - 1):
                    kind = self.word_kinds[STRIDE * row + i]
                    if kind == WORD_LABEL or kind == WORD_LOOP_LABEL:
                        at = pos + 1 + i
                        if not self.mark_label(at) or (kind == WORD_LABEL and at + self.code[at] <= pos):
                            return False  # a way back that is not paid for
            pos += length
        return rule == RULE_BR or rule == RULE_BR_TABLE or (RULE_RETURN <= rule <= RULE_RETURN_COPY) or (
            RULE_RETURN_CALL <= rule <= RULE_UNREACHABLE
        )  # fmt: skip

    def mark_label(self, at: int) -> bool:
        """Mark where the label in the word `at` leads to, if that is in the code."""
        target = at + self.code[at]
        if target < 0 or target >= self.n:
            return False
        self.marks[target] |= 2
        return True

    def check_clauses(self) -> bool:
        """Whether catch clauses cover whole instructions, and their targets, tags and slots are there; mark targets."""
        for i in range(self.clause_count):
            at = CLAUSE_WORDS * i
            start, end = self.clauses[at + CLAUSE_START], self.clauses[at + CLAUSE_END]
            target, tag = self.clauses[at + CLAUSE_TARGET], self.clauses[at + CLAUSE_TAG]
            with_ref, slot = self.clauses[at + CLAUSE_REF], self.clauses[at + CLAUSE_SLOT]
            if start < 0 or start > end or end > self.n or target < 0 or with_ref:
                return False
            if not self.marks[start] & 1 and start < self.n:
                return False
            if not self.marks[end] & 1 and end < self.n:
                return False
            if tag == DELEGATES:
                if target <= i or target > self.clause_count:  # a clause, and a later one, so that the search ends
                    return False
                continue
            if target >= self.n or tag < CAUGHT_BY_ANY or tag >= len(self.tags) or (tag >= 0 and self.tags[tag] < 0):
                return False
            if not self.in_frame(slot, self.tags[tag] if tag >= 0 else 0):
                return False
            self.marks[target] |= 2
        return True

    def check_offsets(self, offsets: Words, start: int, end: int) -> bool:
        """Whether the table of byte offsets speaks of this code, in order, and of the function's body."""
        last = 0
        if len(offsets) % 2:
            return False
        for i in range(0, len(offsets), 2):
            if offsets[i] < last or offsets[i] >= self.n or offsets[i + 1] < start or offsets[i + 1] >= end:
                return False
            last = offsets[i]
        return True

    def number_labels(self) -> bool:
        """Make room for what is known at each label; whether all are where instructions begin."""
        count = 0
        for i in range(self.n):
            if self.marks[i] == 2:
                return False
            if self.marks[i] == 3:
                self.label[i] = count
                count += 1
        self.words = self.frame_size // 64 + 1
        self.most = 64 * self.n + 4096  # what a function of this length may cost
        if count * self.words > self.most:
            return False
        if count >= self.label_room:
            self.label_room = 2 * count
            self.reached = bytearray(self.label_room)
            self.owed = array("i", bytes(4 * self.label_room))
        if count * self.words >= self.state_room:
            self.state_room = 2 * count * self.words
            self.states = array("Q", bytes(8 * self.state_room))
        if self.words > self.word_room:
            self.word_room = 2 * self.words
            self.state = array("Q", bytes(8 * self.word_room))
            self.scratch = array("Q", bytes(8 * self.word_room))
        for i in range(count):
            self.reached[i] = 0
            self.owed[i] = 0
        for i in range(count * self.words):
            self.states[i] = 0xFFFFFFFFFFFFFFFF
        return True

    # --- What slots hold ------------------------------------------------------------------------------------------

    def in_frame(self, slot: int, count: int) -> bool:
        """Whether `count` slots from `slot` on are in the frame."""
        return slot >= 0 and count >= 0 and slot <= self.frame_size and count <= self.frame_size - slot

    def reads(self, slot: int, count: int) -> bool:
        """Whether `count` slots from `slot` on are in the frame and hold numbers."""
        if not self.in_frame(slot, count):
            return False
        if count > 2:
            self.passed += count
        if self.live:
            for i in range(slot, slot + count):
                if not (self.state[i >> 6] >> (i & 63)) & 1:
                    return False
        return True

    def writes(self, slot: int, count: int) -> bool:
        """Note that `count` slots from `slot` on hold numbers now; return whether they are in the frame."""
        if not self.in_frame(slot, count):
            return False
        for i in range(slot, slot + count):
            self.state[i >> 6] |= cython.cast(cython.ulonglong, 1) << (i & 63)
        return True

    def forget_from(self, slot: int) -> None:
        """Note that a callee has used the frame from `slot` on."""
        word = slot >> 6
        if word < self.words:
            self.state[word] &= (cython.cast(cython.ulonglong, 1) << (slot & 63)) - 1
            for i in range(word + 1, self.words):
                self.state[i] = 0

    def leads_to(self, target: int) -> bool:
        """Join what is known here to what is known at a label; whether that is still affordable."""
        if not self.live:
            return True
        label = self.label[target]
        at = label * self.words
        self.passed += self.words
        if target > self.here and self.pos - self.paid > self.owed[label]:  # a way back has been paid for
            self.owed[label] = self.pos - self.paid
        if not self.reached[label]:
            self.reached[label] = 1
            self.changed = self.changed or target <= self.here
        for i in range(self.words):
            both = self.states[at + i] & self.state[i]
            if both != self.states[at + i]:
                self.states[at + i] = both
                self.changed = self.changed or target <= self.here
        return self.passed <= MAX_PASSES * self.most

    def throws(self, kept: int) -> bool:
        """Whether catch clauses around the present position may be gone to, with the slots below `kept`."""
        i = 0
        while i < self.clause_count:
            at = CLAUSE_WORDS * i
            i += 1
            self.passed += 1
            if self.clauses[at + CLAUSE_START] <= self.here < self.clauses[at + CLAUSE_END]:
                tag = self.clauses[at + CLAUSE_TAG]
                if tag == DELEGATES:
                    i = self.clauses[at + CLAUSE_TARGET]
                    continue
                for j in range(self.words):
                    self.scratch[j] = self.state[j]
                self.forget_from(kept)
                found = (tag < 0 or self.writes(self.clauses[at + CLAUSE_SLOT], self.tags[tag])) and self.leads_to(
                    self.clauses[at + CLAUSE_TARGET]
                )
                for j in range(self.words):
                    self.state[j] = self.scratch[j]
                if not found:
                    return False
        return self.passed <= MAX_PASSES * self.most

    def follow_paths(self, params: int, zero_from: int, zero_to: int) -> bool:
        """Whether each instruction reads only what is there, on all paths that lead to it."""
        self.passed = 0
        for _ in range(MAX_PASSES):
            for i in range(self.words):
                self.state[i] = 0
            self.live, self.changed, self.other_memory, self.paid = True, False, False, 0
            if not (self.writes(0, params) and self.writes(zero_from, zero_to - zero_from) and self.one_pass()):
                return False
            if not self.changed:
                return True
        return False

    def one_pass(self) -> bool:
        pos, n = 0, self.n
        while pos < n:
            self.here = self.pos = pos
            if self.marks[pos] == 3:
                self.here = -1  # to come to it from above is not a branch back
                if self.other_memory or not self.leads_to(pos):
                    return False
                self.here = pos
                self.passed += self.words
                label = self.label[pos]
                self.live = self.reached[label] != 0
                self.paid = pos - self.owed[label]
                for i in range(self.words):
                    self.state[i] = self.states[label * self.words + i]
            op = self.code[pos]
            row = self.row_of[op]
            rule = self.rule[row]
            length = self.length[row]
            if rule == RULE_PLAIN:
                if not self.plain(row, pos, length):
                    return False
            else:
                if rule == RULE_BR_TABLE:
                    length += self.code[pos + 2] + 1
                if not self.special(rule, pos, length):
                    return False
            if (
                pos + length - self.paid > MAX_UNPAID
                or self.passed > MAX_PASSES * self.most
                or (op >= self.sequences_from and not self.is_followed(op, pos + length))
            ):
                return False
            pos += length
        return True

    def is_followed(self, op: int, pos: int) -> bool:
        """Whether the instructions that the sequence `op` at `pos` runs stand after the first of them."""
        for i in range(MAX_FOLLOWING):
            row = self.following[MAX_FOLLOWING * (op - self.sequences_from) + i]
            if row == NO_ROW:
                break
            if pos >= self.n or self.row_of[self.code[pos]] != row:
                return False
            pos += self.length[row]
        return True

    # --- Instructions ---------------------------------------------------------------------------------------------

    def plain(self, row: int, pos: int, length: int) -> bool:
        """An instruction whose words say all: first what it reads, then what it writes, then where it may lead."""
        written = labels = 0
        for i in range(length - 1):
            kind = self.word_kinds[STRIDE * row + i]
            word = self.code[pos + 1 + i]
            if kind == WORD_READ:
                if not self.reads(word, 1):
                    return False
            elif kind == WORD_WRITE or kind == WORD_WRITE_V128:
                written += 1
            elif kind == WORD_LABEL or kind == WORD_LOOP_LABEL:
                labels += 1
            elif kind != WORD_FREE and not self.word_is(kind, word):
                return False
        if written:
            for i in range(length - 1):
                kind = self.word_kinds[STRIDE * row + i]
                if kind == WORD_WRITE:
                    if not self.writes(self.code[pos + 1 + i], 1):
                        return False
                elif kind == WORD_WRITE_V128 and not self.writes(self.code[pos + 1 + i], 2):
                    return False
        if labels:
            if self.other_memory:
                return False
            for i in range(length - 1):
                kind = self.word_kinds[STRIDE * row + i]
                if (kind == WORD_LABEL or kind == WORD_LOOP_LABEL) and not self.leads_to(
                    pos + 1 + i + self.code[pos + 1 + i]
                ):
                    return False
        return True

    def word_is(self, kind: int, word: int) -> bool:
        """Whether a word is what its kind says, where that is rare."""
        if kind == WORD_READ_V128:
            return self.reads(word, 2)
        if word < 0 and kind != WORD_LANES:
            return False
        if kind == WORD_MEMIDX:
            return word < self.mem_count
        if kind == WORD_DATAIDX:
            return word < self.data_count
        if kind == WORD_ELEMIDX:
            return word < self.elem_count
        if kind == WORD_TABLEIDX:
            return word < len(self.callable)
        if kind == WORD_SHIFT:
            return word < 32
        if kind == WORD_LANE_2:
            return word < 2
        if kind == WORD_LANE_4:
            return word < 4
        if kind == WORD_LANE_8:
            return word < 8
        if kind == WORD_LANE_16:
            return word < 16
        return kind == WORD_LANES and not word & 0xE0E0E0E0

    def special(self, rule: int, pos: int, length: int) -> bool:
        """An instruction with a rule of its own."""
        if rule == RULE_USE_MEMORY:
            self.other_memory = True
            return self.code[pos + 1] >= 0 and self.code[pos + 1] < self.mem_count
        if rule == RULE_USE_MEMORY_0:
            self.other_memory = False
            return True
        if rule == RULE_PAY:
            self.paid = pos + length
            return self.code[pos + 1] > 0
        if rule == RULE_MOVE2:
            return self.moves(pos + 1, 1) and self.moves(pos + 3, 1)
        if rule == RULE_COPY:
            return self.moves(pos + 1, self.code[pos + 3])
        if rule == RULE_SELECT_V128:
            return self.reads(self.code[pos + 4], 1) and self.reads(self.code[pos + 3], 2) and self.moves(pos + 1, 2)
        if rule >= RULE_GLOBAL_GET:
            return self.global_access(rule, self.code[pos + 1], self.code[pos + 2])
        # What is left leads elsewhere, and does so with memory 0.
        if self.other_memory:
            return False
        if rule == RULE_CALL or rule == RULE_CALL_IMPORT or rule == RULE_CALL_INDIRECT:
            self.paid = pos + length
            return self.call(self.callee(rule, pos), self.code[pos + length - 1])
        accepted = self.ends(rule, pos, length)
        self.live = False
        self.passed += self.words
        for i in range(self.words):
            self.state[i] = 0xFFFFFFFFFFFFFFFF
        return accepted

    def moves(self, at: int, count: int) -> bool:
        """Move `count` slots: the word at `at` says where to, the one after it where from."""
        return count <= MAX_MOVED and self.reads(self.code[at + 1], count) and self.writes(self.code[at], count)

    def global_access(self, rule: int, slot: int, globalidx: int) -> bool:
        if globalidx < 0 or globalidx >= len(self.globals):
            return False
        kind = self.globals[globalidx]
        if rule == RULE_GLOBAL_GET:
            return kind & 3 == 1 and self.writes(slot, 1)
        if rule == RULE_GLOBAL_GET_V128:
            return kind & 3 == 2 and self.writes(slot, 2)
        if rule == RULE_GLOBAL_SET:
            return kind == 5 and self.reads(slot, 1)
        return kind == 6 and self.reads(slot, 2)

    def callee(self, rule: int, pos: int) -> int:
        """The typeidx of what a call calls, which takes and gives numbers; -1 where it must not be called."""
        first = self.code[pos + 1]
        if rule == RULE_CALL or rule == RULE_RETURN_CALL:
            if first < 0 or first >= self.defined:
                return -1
            found = self.typeidxs[self.imported + first]
        elif rule == RULE_CALL_IMPORT or rule == RULE_RETURN_CALL_IMPORT:
            if first < 0 or first >= self.imported + self.defined:
                return -1
            found = self.typeidxs[first]
        else:
            table = self.code[pos + 3]
            if table < 0 or table >= len(self.callable) or not self.callable[table] or not self.reads(first, 1):
                return -1
            found = self.code[pos + 2]
            if found < 0 or found >= self.type_count:
                return -1
        return -1 if self.params[found] < 0 or self.results[found] < 0 else found

    def call(self, typeidx: int, base: int) -> bool:
        """A call whose callee's frame begins at `base`; every frame begins above its caller's."""
        if typeidx < 0 or base < 1 or not self.reads(base, self.params[typeidx]):
            return False
        if self.clause_count and not self.throws(base):
            return False
        self.passed += self.words
        self.forget_from(base)
        return self.writes(base, self.results[typeidx])

    def ends(self, rule: int, pos: int, length: int) -> bool:
        """An instruction after which the next one does not follow."""
        if rule == RULE_BR:
            return self.leads_to(pos + 1 + self.code[pos + 1])
        if rule == RULE_BR_TABLE:
            found = self.reads(self.code[pos + 1], 1)
            for i in range(pos + 3, pos + length):
                found = found and self.leads_to(i + self.code[i])
            return found
        if rule == RULE_UNREACHABLE:
            return True
        if rule == RULE_THROW:
            tag = self.code[pos + 1]
            if (
                tag < 0
                or tag >= len(self.tags)
                or self.tags[tag] < 0
                or not self.reads(self.code[pos + 2], self.tags[tag])
            ):
                return False
            return self.throws(self.frame_size)
        if rule == RULE_RETURN_CALL or rule == RULE_RETURN_CALL_IMPORT or rule == RULE_RETURN_CALL_INDIRECT:
            typeidx = self.callee(rule, pos)
            base, count = self.code[pos + length - 2], self.code[pos + length - 1]
            return (
                typeidx >= 0 and count == self.params[typeidx] and self.kinds[typeidx] == self.kinds[self.own]
                and self.reads(base, count)
            )  # fmt: skip
        if self.pos - self.paid > MAX_UNPAID_RETURN:
            return False
        found = True
        if rule == RULE_RETURN_SLOT:
            found = self.reads(self.code[pos + 1], 1) and self.writes(0, 1)
        elif rule == RULE_RETURN32:
            found = self.writes(0, 1)
        elif rule == RULE_RETURN_COPY:
            count = self.code[pos + 2]
            found = count <= MAX_MOVED and self.reads(self.code[pos + 1], count) and self.writes(0, count)
        return found and self.reads(0, self.results[self.own])
