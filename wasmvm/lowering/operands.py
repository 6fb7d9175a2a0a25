"""The abstract operand stack: what each operand of the WebAssembly stack is while a body is lowered.

An operand is a *temporary* (its value lies in the slot that its place on the stack owns), a *local* (its value is
what the local holds now) or a *constant*. Pushing the latter two writes no code. Every operand owns one slot, its
canonical slot, by what lies below it on the stack; temporaries are always in theirs, which makes joins agree and lets
values be moved to a label in ascending order without one overwriting another.

Operands that name the same local are linked, so that `local.set` finds those that need the old value in time
proportional to their number, however deep the stack.
"""

from __future__ import annotations

from array import array

import cython

if not cython.compiled:
    from wasmvm.lowering.code import Code, enlarged

    TEMP, LOCAL, CONST = 0, 1, 2


class Operands(Code):
    """Attributes (arrays by height on the stack, unless said otherwise):

    kind: TEMP, LOCAL or CONST.
    val: for LOCAL the local's slot, for CONST the bits of the value.
    slot: the canonical slot.
    width: slots that the value takes, 2 for a v128.
    above, below: for LOCAL, the next operands that name the same local, -1 at the ends.
    head: by slot of a local, the uppermost operand that names it, or -1; all are -1 between two bodies.
    h: the height of the stack; stack_cap: how high it may become before `grow_stack`.
    locals_on_stack: how many operands are LOCAL.
    temp_base: the first slot after the locals.
    top_slot: one more than the highest slot used by temporaries so far.
    """

    def make_operands(self) -> None:
        """Allocate the arrays, once for all bodies."""
        self.head_cap = 0
        self.head = array("i")
        self.stack_cap = 64
        self.kind = array("b", bytes(64))
        self.width = array("b", bytes(64))
        self.slot = array("i", bytes(4 * 64))
        self.above = array("i", bytes(4 * 64))
        self.below = array("i", bytes(4 * 64))
        self.val = array("Q", bytes(8 * 64))

    def begin_operands(self, local_slots: int) -> None:
        """Begin a body whose locals take `local_slots` slots, with an empty stack."""
        # A callee's frame must begin after the beginning of its caller's (`frame_bytes` of the driver): at least 1.
        self.temp_base = max(local_slots, 1)
        self.top_slot = self.temp_base
        if self.head_cap <= local_slots:
            self.head_cap = 2 * local_slots + 64
            self.head = array("i", [-1]) * self.head_cap
        self.h = 0
        self.locals_on_stack = 0

    def end_operands(self) -> None:
        """Leave all as `begin_operands` expects it."""
        for i in range(self.h):
            if self.kind[i] == LOCAL:
                self.head[self.val[i]] = -1

    def grow_stack(self) -> int:
        """Double the room for operands."""
        self.stack_cap *= 2
        self.kind = enlarged(self.kind, "b", self.stack_cap)
        self.width = enlarged(self.width, "b", self.stack_cap)
        self.slot = enlarged(self.slot, "i", self.stack_cap)
        self.above = enlarged(self.above, "i", self.stack_cap)
        self.below = enlarged(self.below, "i", self.stack_cap)
        self.val = enlarged(self.val, "Q", self.stack_cap)
        return 0

    def next_slot(self) -> int:
        """The canonical slot of the operand that would be pushed now."""
        if self.h == 0:
            return self.temp_base
        return self.slot[self.h - 1] + self.width[self.h - 1]

    def push(self, kind: int, width: int) -> int:
        """Push an operand of `kind` that takes `width` slots; return its canonical slot."""
        if self.h >= self.stack_cap:
            self.grow_stack()
        slot = self.next_slot()
        self.kind[self.h] = kind
        self.slot[self.h] = slot
        self.width[self.h] = width
        self.h += 1
        if slot + width > self.top_slot:
            self.top_slot = slot + width
        return slot

    def push_local(self, local: int, width: int) -> int:
        """Push what the local at slot `local` holds, which takes `width` slots."""
        self.push(LOCAL, width)
        i = self.h - 1
        older = self.head[local]
        self.val[i] = local
        self.below[i] = older
        self.above[i] = -1
        if older >= 0:
            self.above[older] = i
        self.head[local] = i
        self.locals_on_stack += 1
        return 0

    def push_const(self, bits: int, width: int) -> int:
        """Push a constant that takes `width` slots; `bits` are its value."""
        self.push(CONST, width)
        self.val[self.h - 1] = bits
        return 0

    def unlink(self, i: int) -> None:
        """Take the LOCAL operand `i` out of the list of its local."""
        above, below = self.above[i], self.below[i]
        if above >= 0:
            self.below[above] = below
        else:
            self.head[self.val[i]] = below
        if below >= 0:
            self.above[below] = above
        self.locals_on_stack -= 1

    def pop(self) -> None:
        """Drop the top operand; what was written for it stays."""
        self.h -= 1
        if self.kind[self.h] == LOCAL:
            self.unlink(self.h)

    def pop_to(self, height: int) -> None:
        """Drop all operands from `height` up."""
        while self.h > height:
            self.pop()

    def materialize(self, i: int) -> int:
        """Put operand `i` into its canonical slot."""
        if self.kind[i] == LOCAL:
            self.unlink(i)
            self.kind[i] = TEMP
            self.emit_move(self.slot[i], self.val[i], self.width[i])
        elif self.kind[i] == CONST:
            self.kind[i] = TEMP
            self.emit_const(self.slot[i], self.val[i])
        return 0

    def materialize_from(self, height: int) -> int:
        """Put all operands from `height` up into their canonical slots, where they lie one after the other."""
        for i in range(height, self.h):
            self.materialize(i)
        return 0

    def readable(self, i: int) -> int:
        """A slot in which the value of operand `i` can be read."""
        if self.kind[i] == LOCAL:
            return self.val[i]
        if self.kind[i] == CONST:
            self.materialize(i)
        return self.slot[i]

    def is_last_result(self, i: int) -> bool:
        """Whether operand `i` is the result of the last instruction, which nothing else can have seen yet."""
        return self.kind[i] == TEMP and self.last >= 0 and self.code[self.last + 1] == self.slot[i]

    def preserve_local(self, local: int) -> int:
        """Save the operands that name the local at slot `local`, which is about to change."""
        while self.head[local] >= 0:
            self.materialize(self.head[local])
        return 0

    def preserve_all_locals(self) -> int:
        """Save every operand that names a local: code that may run more or less often may change them.

        Each operand is looked at once in its life, since all below the lowest LOCAL were saved before.
        """
        i = self.h
        while self.locals_on_stack:
            i -= 1
            if self.kind[i] == LOCAL:
                self.materialize(i)
        return 0

    def set_local(self, local: int) -> int:
        """Pop the top operand into the local at slot `local`."""
        i = self.h - 1
        kind, width, slot, bits = self.kind[i], self.width[i], self.slot[i], self.val[i]
        retarget = self.is_last_result(i)
        self.pop()
        if kind == LOCAL and bits == local:
            return 0
        if retarget and self.head[local] >= 0:
            # Operands still need the old value: save them first, then compute into the local. The saved instruction
            # reads nothing that saving writes, since what it reads was above them on the stack.
            self.saved_from = self.last
            length = self.save_last()
            self.preserve_local(local)
            return self.restore_last(length, local)
        self.preserve_local(local)
        if retarget:
            self.code[self.last + 1] = local
        elif kind == CONST:
            self.emit_const(local, bits)
        else:
            self.emit_move(local, bits if kind == LOCAL else slot, width)
        return 0

    def consume(self, op: int, count: int, start: int) -> int:
        """Begin an instruction that reads the top `count` operands (1 to 3), has no result, and may trap.

        `op` is the register opcode. Appends the slots of the operands; the caller appends what follows them.
        """
        i = self.h - count
        a = self.readable(i)
        b = self.readable(i + 1) if count > 1 else 0
        c = self.readable(i + 2) if count > 2 else 0
        self.pop_to(i)
        self.note_offset(start)
        self.begin(op)
        self.word(a)
        if count > 1:
            self.word(b)
        if count > 2:
            self.word(c)
        return 0
