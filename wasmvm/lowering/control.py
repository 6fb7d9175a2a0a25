"""Lowering of control instructions (spec "Structure: Control Instructions"): blocks, branches, exceptions, calls.

The operands that a label carries are in the same slots on every path to it, and a comparison is fused with the branch
that it decides; docs/architecture.md, "Lowering", says how.
"""

from __future__ import annotations

from array import array

import cython

from wasmvm.generated import forms

if not cython.compiled:
    from wasmvm.generated.opcode import *  # noqa: F403
    from wasmvm.generated.regopcode import *  # noqa: F403
    from wasmvm.isa.codes import CATCH_ALL, CATCH_ALL_REF, CATCH_REF
    from wasmvm.lowered import (
        CAUGHT_BY_ANY,
        CLAUSE_END,
        CLAUSE_REF,
        CLAUSE_SLOT,
        CLAUSE_START,
        DELEGATES,
        REF_FIRST,
        REF_LAST,
    )
    from wasmvm.lowering.code import MAX_WORDS, enlarged, low_word
    from wasmvm.lowering.operands import CONST, LOCAL, TEMP
    from wasmvm.lowering.plain import Plain

    CTL_BLOCK, CTL_LOOP, CTL_IF, CTL_ELSE, CTL_TRY_TABLE, CTL_TRY, CTL_HANDLER = range(7)
    # Values that an unconditional branch moves one by one, and not by one instruction for all of them.
    MAX_MOVES = 4
    MAX_UNPAID = 512  # words that may run for one unit of the budget
    # Words between a function's last call and its return: what a deep recursion may run per frame on its way back.
    MAX_AT_RETURN = 64


class Control(Plain):
    """Attributes:

    dead: blocks opened since code became unreachable, or -1 while it is reachable.
    c_kind, c_height, c_slot, c_label, c_else, c_target, c_type, c_log, c_stub, c_catch, c_owed, c_clause, c_delegate:
        the control stack, by depth: kind of block; height of the operand stack below its parameters and the slot there;
        labels of its end and of its else; the position that a loop, try_table or try begins at, or what is owed at an
        if; its type, as `block_type` reads it; length of `assign_log` at its beginning; label of its stub while a
        br_table is written; label of its end for catch clauses; the most words that may have run unpaid on a way to its
        label; the byte offset of the clauses of a try_table, or the clause of the handler that is open; the clauses
        that delegate to it, as a list.
    depth: entries on the control stack.
    calls: whether the function has called.
    metering_calls: whether fuel is taken for calls and turns of loops, and for nothing else.
    br_if, br_unless, loop_form, loop_add, mirrored_br: the tables of `forms`, by register opcode.
    condition_if, condition_unless: opcodes that branch if and unless the condition that `take_condition` popped holds;
        its operands are the first `condition_words` of `condition`.
    """

    def make_control(self) -> None:
        """Allocate the arrays and take the tables of `forms`, once for all bodies."""
        self.br_if, self.br_unless, self.loop_form = forms.BR_IF, forms.BR_UNLESS, forms.LOOP
        self.loop_add, self.mirrored_br = forms.LOOP_ADD, forms.MIRRORED_BR
        self.condition = array("i", bytes(4 * MAX_WORDS))
        self.control_cap = 0
        self.c_kind = self.c_height = self.c_slot = self.c_label = self.c_else = array("i")
        self.c_target = self.c_type = self.c_log = self.c_stub = self.c_catch = self.c_owed = array("i")
        self.c_clause = self.c_delegate = array("i")
        self.grow_control()

    def begin_control(self, metering_calls: bool) -> None:
        """Begin a body; `metering_calls` says whether fuel is taken for calls and turns of loops only."""
        self.dead = -1
        self.depth = 0
        self.calls = False
        self.metering_calls = metering_calls

    # --- Blocks ---------------------------------------------------------------------------------------------------

    def grow_control(self) -> int:
        """Double the room for blocks."""
        capacity = 2 * self.control_cap or 32
        self.c_kind = enlarged(self.c_kind, "i", capacity)
        self.c_height = enlarged(self.c_height, "i", capacity)
        self.c_slot = enlarged(self.c_slot, "i", capacity)
        self.c_label = enlarged(self.c_label, "i", capacity)
        self.c_else = enlarged(self.c_else, "i", capacity)
        self.c_target = enlarged(self.c_target, "i", capacity)
        self.c_type = enlarged(self.c_type, "i", capacity)
        self.c_log = enlarged(self.c_log, "i", capacity)
        self.c_stub = enlarged(self.c_stub, "i", capacity)
        self.c_catch = enlarged(self.c_catch, "i", capacity)
        self.c_owed = enlarged(self.c_owed, "i", capacity)
        self.c_clause = enlarged(self.c_clause, "i", capacity)
        self.c_delegate = enlarged(self.c_delegate, "i", capacity)
        self.control_cap = capacity
        return 0

    def push_control(self, kind: int, type_: int) -> int:
        """Open a block of kind `CTL_...` and type `type_`, whose parameters are the top of the stack."""
        if self.depth >= self.control_cap:
            self.grow_control()
        k = self.depth
        self.depth += 1
        height = self.h - self.param_count(type_)
        self.c_kind[k] = kind
        self.c_height[k] = height
        self.c_slot[k] = self.slot[height] if height < self.h else self.next_slot()
        self.c_label[k] = -1
        self.c_else[k] = -1
        self.c_target[k] = 0
        self.c_type[k] = type_
        self.c_log[k] = self.assign_count
        self.c_stub[k] = -1
        self.c_catch[k] = -1
        self.c_owed[k] = 0
        self.c_delegate[k] = -1
        return 0

    # --- What is owed to the budget -------------------------------------------------------------------------------
    # Back-edges, calls and throws pay. Where other code runs long without, `pay` is written, so that what a unit of the
    # budget can cost is limited on every path: docs/architecture.md, "The budget".

    def owe(self, k: int) -> None:
        """Note that what is written now leads to the label of block `k`, with what it has not paid yet."""
        self.c_owed[k] = max(self.c_owed[k], self.n - self.paid)

    def owe_at_label(self, k: int) -> None:
        """Note that the label of block `k` is here: who does not come from a branch comes from the code before."""
        owed = self.c_owed[k]
        if self.dead < 0:
            owed = max(owed, self.n - self.paid)
        self.paid = self.n - owed

    def called(self) -> None:
        """Note that a call was written, which has paid for what came before it."""
        self.paid = self.n
        self.calls = True

    def pay_at_return(self, slots: int) -> int:
        """Pay before a return that copies `slots` slots."""
        owed = self.n - self.paid + (slots >> 1)
        if self.calls and owed > MAX_AT_RETURN:
            self.pay(1 + owed // MAX_UNPAID, self.pos - 1)
        return 0

    def block(self, kind: int, start: int) -> int:
        """Lower `block` or `loop`; `kind` is CTL_BLOCK or CTL_LOOP."""
        type_ = self.block_type()
        self.preserve_all_locals()
        self.push_control(kind, type_)
        if kind == CTL_LOOP:
            # A branch back finds the parameters in their canonical slots, so they must begin there.
            self.materialize_from(self.c_height[self.depth - 1])
            self.c_target[self.depth - 1] = self.n
            self.note_offset(start)  # where it is said to be when it is stopped
            self.mark_label()
            if self.metering_calls:
                self.begin(R_FUEL)
                self.word(1)
        return 0

    def if_(self) -> int:
        """Lower `if`: a branch to the `else`, if the condition does not hold."""
        type_ = self.block_type()
        self.take_condition()
        words = self.condition_words
        self.preserve_all_locals()
        self.push_control(CTL_IF, type_)
        # Both arms begin with the parameters in their canonical slots.
        self.materialize_from(self.c_height[self.depth - 1])
        self.begin(self.condition_unless)
        for i in range(words):
            self.word(self.condition[i])
        self.c_else[self.depth - 1] = self.label_word(-1)
        self.owe(self.depth - 1)
        self.c_target[self.depth - 1] = self.c_owed[self.depth - 1]
        return 0

    def else_(self) -> int:
        """Lower `else`, which the then-branch jumps over if its end can be reached."""
        k = self.depth - 1
        if self.dead < 0:
            self.materialize_from(self.c_height[k])
            self.begin(R_BR)
            self.refer(k)
        self.paid = self.n - self.c_target[k]
        self.dead = -1
        self.forget_assignments(k)
        self.bind(self.c_else[k])
        self.c_else[k] = -1
        self.c_kind[k] = CTL_ELSE
        self.pop_to(self.c_height[k])
        self.push_params(self.c_type[k])
        return 0

    def forget_assignments(self, k: int) -> None:
        """Take back which locals were set since block `k` began: on another path they may not have been."""
        while self.assign_count > self.c_log[k]:
            self.assign_count -= 1
            self.assigned[self.assign_log[self.assign_count]] = 0

    def end_block(self) -> int:
        """Lower `end`: bind the labels of the innermost block, and leave its results on the stack."""
        k = self.depth - 1
        joined = self.c_label[k] >= 0 or self.c_else[k] >= 0 or self.c_catch[k] >= 0
        self.bind_delegates(self.c_delegate[k])
        if self.c_kind[k] == CTL_TRY_TABLE:
            self.close_try_table(k)
        elif self.c_kind[k] == CTL_HANDLER and self.dead < 0:
            self.settle(k)
        if k == 0:
            return self.end_function(joined)
        if joined:
            if self.dead < 0:
                self.materialize_from(self.c_height[k])
            self.owe_at_label(k)
            self.forget_assignments(k)
            self.bind(self.c_label[k])
            self.bind(self.c_else[k])
            self.bind_clauses(self.c_catch[k])
            self.dead = -1
            self.pop_to(self.c_height[k])
            self.push_results(self.c_type[k])
        elif self.dead >= 0:
            # Nothing leads here, so the code after it is dead as well.
            self.pop_to(self.c_height[k])
        self.depth -= 1
        return 0

    def end_function(self, joined: bool) -> int:
        """Lower the last `end`; `joined` says whether branches lead there."""
        if joined:
            if self.dead < 0:
                self.materialize_from(0)
            self.owe_at_label(0)
            self.bind(self.c_label[0])
            self.bind_clauses(self.c_catch[0])
            self.dead = -1
            self.pop_to(0)
            self.push_results(self.c_type[0])
        if self.dead < 0:
            self.return_()
        self.depth = 0
        return 0

    # --- Branches -------------------------------------------------------------------------------------------------

    def arity(self, k: int) -> int:
        """How many values a branch to block `k` carries."""
        if self.c_kind[k] == CTL_LOOP:
            return self.param_count(self.c_type[k])
        return self.result_count(self.c_type[k])

    def slots_from(self, height: int) -> int:
        """How many slots the operands from `height` up take."""
        if height >= self.h:
            return 0
        return self.slot[self.h - 1] + self.width[self.h - 1] - self.slot[height]

    def refer(self, k: int) -> None:
        """Append the word of a branch that goes to the label of block `k`."""
        if self.c_kind[k] == CTL_LOOP:
            self.word(self.c_target[k] - self.n)
        else:
            self.c_label[k] = self.label_word(self.c_label[k])
            self.owe(k)

    def jump(self, k: int) -> int:
        """Write a branch to the label of block `k`; the values it carries are in its slots already."""
        self.begin(R_LOOP_BR if self.c_kind[k] == CTL_LOOP else R_BR)
        self.refer(k)
        return 0

    def br(self, k: int) -> int:
        """Lower `br` to block `k`."""
        if k == 0:
            return self.return_()
        self.move_to_label(k, self.h - self.arity(k))
        return self.jump(k)

    def move_to_label(self, k: int, first: int) -> int:
        """Write the operands from `first` up to where the label of block `k` wants them."""
        target = self.c_slot[k]
        if self.h - first > MAX_MOVES:
            # A branch of two bytes must not become code for a thousand moves, see `leave_with`.
            self.materialize_from(first)
            return self.emit_copy(target, self.slot[first], self.slots_from(first))
        # Target slots are at or below the canonical slots of what is moved: ascending order overwrites nothing.
        for i in range(first, self.h):
            if self.kind[i] == CONST:
                self.emit_const(target, self.val[i])
            else:
                self.emit_move(target, self.val[i] if self.kind[i] == LOCAL else self.slot[i], self.width[i])
            target += self.width[i]
        return 0

    def take_condition(self) -> None:
        """Pop an i32 that decides a branch; if it is a comparison just computed, take that back to be fused."""
        i = self.h - 1
        if self.is_last_result(i) and self.br_if[self.code[self.last]] >= 0:
            op = self.code[self.last]
            length = self.save_last()
            self.condition_if, self.condition_unless = self.br_if[op], self.br_unless[op]
            self.condition_words = length - 2
            for j in range(length - 2):
                self.condition[j] = self.saved[j + 2]
        else:
            self.condition[0] = self.readable(i)
            self.condition_if, self.condition_unless = R_BR_IF, R_BR_UNLESS
            self.condition_words = 1
        self.pop()

    def conditional(self, op: int) -> int:
        """Begin `op`, a register opcode that branches on the condition that was taken."""
        self.begin(op)
        for i in range(self.condition_words):
            self.word(self.condition[i])
        return 0

    def br_if_(self, k: int) -> int:
        """Lower `br_if` to block `k`."""
        self.take_condition()
        return self.branch_on_condition(k)

    def branch_on_condition(self, k: int) -> int:
        """Branch to block `k` if the condition that was taken holds; the values it carries stay on the stack."""
        count = self.arity(k)
        first = self.h - count
        if count:
            self.materialize_from(first)
        if count == 0 and self.c_kind[k] == CTL_LOOP and self.add_and_branch(k):
            return 0
        if count == 0 or (k > 0 and self.slot[first] == self.c_slot[k]):
            self.conditional(self.loop_form[self.condition_if] if self.c_kind[k] == CTL_LOOP else self.condition_if)
            self.refer(k)
            return 0
        # The values must be moved, or returned, but only if the branch is taken. One counted copy does it, however
        # many they are: each was put into its slot above once, not once for every branch.
        self.conditional(self.condition_unless)
        skip = self.label_word(-1)
        self.leave_with(k, first)
        self.bind(skip)
        return 0

    def br_on_null(self, k: int) -> int:
        """Lower `br_on_null` to block `k`."""
        i = self.h - 1
        kind, bits = self.kind[i], self.val[i]
        self.condition[0] = self.readable(i)
        self.condition_if, self.condition_unless, self.condition_words = R_BR_UNLESS, R_BR_IF, 1
        self.pop()
        self.branch_on_condition(k)
        # What was not null is still where it was.
        return self.push_local(bits, 1) if kind == LOCAL else self.push(TEMP, 1)

    def br_on_non_null(self, k: int) -> int:
        """Lower `br_on_non_null` to block `k`, which gets the reference as its last value."""
        self.materialize(self.h - 1)
        self.condition[0] = self.slot[self.h - 1]
        self.condition_if, self.condition_unless, self.condition_words = R_BR_IF, R_BR_UNLESS, 1
        self.branch_on_condition(k)
        self.pop()
        return 0

    def br_on_cast(self, fails: bool) -> int:
        """Lower `br_on_cast`, or if `fails` is set `br_on_cast_fail`."""
        nullable = self.fixed(1) & 2
        k = self.depth - 1 - self.u32()
        self.heaptype()  # what it is known to be
        heaptype = self.heaptype()
        self.materialize(self.h - 1)
        self.condition[0] = self.slot[self.h - 1]
        self.condition[1] = heaptype
        self.condition[2] = self.cast_flags(heaptype, nullable != 0)
        self.condition_if, self.condition_unless = R_BR_IF_CAST, R_BR_UNLESS_CAST
        if fails:
            self.condition_if, self.condition_unless = R_BR_UNLESS_CAST, R_BR_IF_CAST
        self.condition_words = 3
        return self.branch_on_condition(k)  # and the reference stays

    def br_on_cast_desc_eq(self, fails: bool, start: int) -> int:
        """Lower `br_on_cast_desc_eq`, or if `fails` is set `br_on_cast_desc_eq_fail`."""
        nullable = self.fixed(1) & 2
        k = self.depth - 1 - self.u32()
        self.heaptype()
        self.heaptype()
        self.materialize(self.h - 2)
        b = self.readable(self.h - 1)
        self.pop()
        self.note_offset(start)
        self.begin(R_REF_AS_DESC)
        self.word(b)
        self.condition[0] = self.slot[self.h - 1]
        self.condition[1] = b
        self.condition[2] = 1 if nullable else 0
        self.condition_if, self.condition_unless = R_BR_IF_CAST_DESC, R_BR_UNLESS_CAST_DESC
        if fails:
            self.condition_if, self.condition_unless = R_BR_UNLESS_CAST_DESC, R_BR_IF_CAST_DESC
        self.condition_words = 3
        return self.branch_on_condition(k)

    def add_and_branch(self, k: int) -> bool:
        """Branch back to the loop `k` on a comparison whose left operand was just added to, in one instruction.

        Returns False, and has done nothing, where there is no such instruction.
        """
        if self.last < 0 or self.code[self.last] != R_I32_ADD_RK:
            return False
        op, other, dst = self.condition_if, self.condition[1], self.code[self.last + 1]
        if self.mirrored_br[op] >= 0 and self.condition[1] == dst:
            op, other = self.mirrored_br[op], self.condition[0]
        elif self.condition[0] != dst:
            return False
        op = self.loop_add[op]
        if op < 0 or (self.mirrored_br[self.condition_if] >= 0 and other == dst):
            return False
        self.save_last()
        self.begin(op)
        for j in range(1, 4):
            self.word(self.saved[j])
        self.word(other)
        self.refer(k)
        return True

    def leave_with(self, k: int, first: int) -> int:
        """Go to the label of block `k`, or return, with the operands from `first` up, which are in their slots."""
        slots = self.slots_from(first)
        if k == 0:
            self.pay_at_return(slots)
            self.begin(R_RETURN_COPY)
            self.word(self.slot[first])
            self.word(slots)
            return 0
        self.emit_copy(self.c_slot[k], self.slot[first], slots)
        return self.jump(k)

    def br_table(self) -> int:
        """Lower `br_table`."""
        a = self.readable(self.h - 1)
        self.pop()
        count = self.u32()
        default = self.pos
        for _ in range(count):
            self.u32()
        k = self.depth - 1 - self.u32()
        first = self.h - self.arity(k)
        self.materialize_from(first)
        self.pos = default
        self.reserve(count + MAX_WORDS)
        self.begin(R_BR_TABLE)
        self.word(a)
        self.word(count)
        # Values that must be moved are moved in a stub after the table: one for each block, not for each entry.
        stubs = array("i")
        for i in range(count + 1):
            if i & 0xFFFF == 0xFFFF:
                self.look_around()
            k = self.depth - 1 - self.u32()
            self.paid += 1  # the table's words do not run
            if first == self.h or (k > 0 and self.slot[first] == self.c_slot[k]):
                self.refer(k)
            else:
                if self.c_stub[k] < 0:
                    stubs.append(k)
                self.c_stub[k] = self.label_word(self.c_stub[k])
        for k in stubs:
            self.bind(self.c_stub[k])
            self.c_stub[k] = -1
            self.leave_with(k, first)
        return 0

    def return_(self) -> int:
        """Lower `return`."""
        count = self.result_count(self.result_type)
        i = self.h - count
        self.pay_at_return(0)
        if count == 0:
            self.begin(R_RETURN)
        elif count == 1 and self.is_last_result(i):
            self.code[self.last + 1] = 0
            self.begin(R_RETURN)
        elif count == 1 and self.width[i] == 1:
            if self.kind[i] == CONST and (self.val[i] >> 32) == 0:
                bits = self.val[i]
                self.begin(R_RETURN32)
                self.word(low_word(bits))
            else:
                a = self.readable(i)
                self.begin(R_RETURN_SLOT)
                self.word(a)
        else:
            # Results go to the start of the frame, where locals are that other results may still name.
            self.materialize_from(i)
            self.leave_with(0, i)
        return 0

    # --- Exceptions -----------------------------------------------------------------------------------------------

    def try_table(self) -> int:
        """Lower `try_table`, a block whose catch clauses are written to the table when it ends."""
        type_ = self.block_type()
        self.preserve_all_locals()
        clauses = self.pos
        for _ in range(self.u32()):
            self.pos += 1
            if self.source[self.pos - 1] < CATCH_ALL:
                self.u32()
            self.u32()
        self.push_control(CTL_TRY_TABLE, type_)
        self.c_target[self.depth - 1] = self.n
        self.c_clause[self.depth - 1] = clauses
        self.last = self.before = -1  # no instruction moves across the border
        return 0

    def close_try_table(self, k: int) -> int:
        """Write the catch clauses of the try_table `k`, whose body ends here: branches from every call in the block."""
        back = self.pos
        self.pos = self.c_clause[k]
        for _ in range(self.u32()):
            kind = self.source[self.pos]
            self.pos += 1
            tag = self.u32() if kind < CATCH_ALL else CAUGHT_BY_ANY
            to = k - 1 - self.u32()
            if self.c_kind[to] == CTL_LOOP:
                clause = self.new_clause(self.c_target[k], self.n, tag, self.c_slot[to], self.c_target[to])
            else:
                clause = self.new_clause(self.c_target[k], self.n, tag, self.c_slot[to], self.c_catch[to])
                self.c_catch[to] = clause
            if kind == CATCH_REF or kind == CATCH_ALL_REF:
                self.clauses[clause + CLAUSE_REF] = REF_LAST
        self.pos = back
        self.last = self.before = -1
        return 0

    # Legacy exception handling. A handler begins with one operand more than it knows of: the slot below the payload is
    # for the exception, which its clause puts there if the handler has a `rethrow`.

    def try_(self) -> int:
        """Lower `try`, a block whose clauses are written when its handlers begin."""
        type_ = self.block_type()
        self.preserve_all_locals()
        self.push_control(CTL_TRY, type_)
        self.c_target[self.depth - 1] = self.n
        self.last = self.before = -1  # no instruction moves across the border
        return 0

    def handler(self, tag: int) -> int:
        """Lower `catch`, or `catch_all` if `tag` is CAUGHT_BY_ANY: what was open before jumps to the end."""
        k = self.depth - 1
        start, end = self.c_target[k], self.n
        if self.c_kind[k] == CTL_HANDLER:
            start = self.clauses[self.c_clause[k] + CLAUSE_START]
            end = self.clauses[self.c_clause[k] + CLAUSE_END]
        else:
            self.bind_delegates(self.c_delegate[k])
            self.c_delegate[k] = -1
            self.last = self.before = -1
        if self.dead < 0:
            self.settle(k)
            self.begin(R_BR)
            self.refer(k)
        self.dead = -1
        self.forget_assignments(k)
        self.c_kind[k] = CTL_HANDLER
        self.pop_to(self.c_height[k])
        slot = self.push(TEMP, 1)
        self.mark_label()
        self.paid = self.n  # as a throw pays
        self.c_clause[k] = self.new_clause(start, end, tag, slot + 1, self.n)
        if tag != CAUGHT_BY_ANY:
            self.push_params(self.context.tag_types[tag])
        return 0

    def settle(self, k: int) -> int:
        """Put the results of block `k`, of which a part ends here, into the slots of its label."""
        if self.c_kind[k] == CTL_HANDLER:
            self.move_to_label(k, self.c_height[k] + 1)
            self.pop_to(self.c_height[k])
            return self.push_results(self.c_type[k])
        return self.materialize_from(self.c_height[k])

    def delegate(self) -> int:
        """Lower `delegate`: what its block throws passes by the clauses of the blocks inside of the label."""
        k = self.depth - 1
        to = k - 1 - self.u32()
        self.bind_delegates(self.c_delegate[k])
        self.c_delegate[k] = -1
        self.c_delegate[to] = self.new_clause(self.c_target[k], self.n, DELEGATES, 0, self.c_delegate[to])
        self.last = self.before = -1
        return self.end_block()

    def rethrow(self, start: int) -> int:
        """Lower `rethrow`, which finds the exception below the operands of the handler."""
        k = self.depth - 1 - self.u32()
        self.clauses[self.c_clause[k] + CLAUSE_REF] = REF_FIRST
        self.clauses[self.c_clause[k] + CLAUSE_SLOT] = self.c_slot[k]
        self.note_offset(start)
        self.begin(R_THROW_REF)
        self.word(self.c_slot[k])
        return 0

    def throw(self, op: int, start: int) -> int:
        """Lower `throw` and `throw_ref`."""
        if op == OP_THROW_REF:
            return self.consume(R_THROW_REF, 1, start)
        tag = self.u32()
        base = self.arguments(self.context.tag_types[tag])
        self.note_offset(start)
        self.begin(R_THROW)
        self.word(tag)
        self.word(base)
        return 0

    # --- Calls ----------------------------------------------------------------------------------------------------

    def call(self, funcidx: int, start: int) -> int:
        """Lower `call`."""
        context = self.context
        type_ = context.func_types[funcidx]
        base = self.arguments(type_)
        self.note_offset(start)
        if funcidx < context.import_count:
            self.begin(R_CALL_IMPORT)
            self.word(funcidx)
        else:
            self.begin(R_CALL)
            self.word(funcidx - context.import_count)
        self.word(base)
        self.called()
        return self.push_results(type_)

    def call_indirect(self, start: int) -> int:
        """Lower `call_indirect`."""
        type_ = self.u32()
        tableidx = self.u32()
        a = self.readable(self.h - 1)
        self.pop()
        base = self.arguments(type_)
        self.note_offset(start)
        self.begin(R_CALL_INDIRECT)
        self.word(a)
        self.word(type_)
        self.word(tableidx)
        self.word(base)
        self.called()
        return self.push_results(type_)

    def call_ref(self, start: int) -> int:
        """Lower `call_ref`."""
        type_ = self.u32()
        a = self.readable(self.h - 1)
        self.pop()
        base = self.arguments(type_)
        self.note_offset(start)
        self.begin(R_CALL_REF)
        self.word(a)
        self.word(base)
        self.called()
        return self.push_results(type_)

    def return_call(self, op: int, start: int) -> int:
        """Lower any tail call: as the calls above, and how many slots the arguments take."""
        context = self.context
        index = self.u32()
        type_ = context.func_types[index] if op == OP_RETURN_CALL else index
        tableidx = self.u32() if op == OP_RETURN_CALL_INDIRECT else 0
        a = 0
        if op != OP_RETURN_CALL:
            a = self.readable(self.h - 1)
            self.pop()
        slots = self.slots_from(self.h - self.param_count(type_))
        base = self.arguments(type_)
        self.note_offset(start)
        if op == OP_RETURN_CALL_INDIRECT:
            self.begin(R_RETURN_CALL_INDIRECT)
            self.word(a)
            self.word(type_)
            self.word(tableidx)
        elif op == OP_RETURN_CALL_REF:
            self.begin(R_RETURN_CALL_REF)
            self.word(a)
        elif index < context.import_count:
            self.begin(R_RETURN_CALL_IMPORT)
            self.word(index)
        else:
            self.begin(R_RETURN_CALL)
            self.word(index - context.import_count)
        self.word(base)
        self.word(slots)
        return 0

    def arguments(self, type_: int) -> int:
        """Pop the arguments of a call of type `type_` into their canonical slots; return the first of these."""
        first = self.h - self.param_count(type_)
        self.materialize_from(first)
        base = self.slot[first] if first < self.h else self.next_slot()
        self.pop_to(first)
        # The callee's frame begins here; what a host function needs there is checked when it is called.
        self.top_slot = max(self.top_slot, base)
        return base
