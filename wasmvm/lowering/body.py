"""Lowering of one function body to register code: the driver, blocks, labels, calls.

One pass over the body, which validation has accepted. Plain instructions are lowered by their shape (the tables of
`forms`); those with a meaning of their own have a method each. After an instruction that does not fall through
nothing is written until the block ends: validation needed the polymorphic stack there, lowering does not.

What is fused or given another result slot, and when that is sound, is said in docs/architecture.md, "Lowering".
"""

from __future__ import annotations

from array import array

import cython

from wasmvm.errors import InternalError
from wasmvm.lowering import forms
from wasmvm.record import Record
from wasmvm.types import METER_CALLS, NO_METERING

if not cython.compiled:
    from wasmvm.isa.opcode import *  # noqa: F403
    from wasmvm.isa.regopcode import *  # noqa: F403
    from wasmvm.lowering.aggregates import Aggregates
    from wasmvm.lowering.code import MOST_WORDS, enlarged, low_word
    from wasmvm.lowering.handlers import CLAUSE_WORDS
    from wasmvm.lowering.operands import CONST, LOCAL, TEMP
    from wasmvm.lowering.reading import CATCH_ALL, CATCH_ALL_REF, CATCH_REF

    CTL_BLOCK, CTL_LOOP, CTL_IF, CTL_ELSE, CTL_TRY = 0, 1, 2, 3, 4

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wasmvm.lowering.accumulator import Accumulators
    from wasmvm.lowering.context import Context


class Lowered(Record):
    """Register code of one function.

    Attributes:
        code: ``array("i")`` of code words.
        frame_size: slots that its frame needs.
        zero_from, zero_to: the slots of locals that must be zero on entry.
        offsets: ``array("i")``, pairs of code position and byte offset in the module, ascending.
        handlers: ``array("i")``, the catch clauses (`lowering.handlers`).
    """

    code: array[int]
    frame_size: int
    zero_from: int
    zero_to: int
    offsets: array[int]
    handlers: array[int]


def lower(context: Context, index: int) -> Lowered:
    """Lower the function `index`, counted among those that the module defines.

    Raises:
        InternalError: the body is not what validation accepts, or code would grow out of proportion.
    """
    return finished(context, Body(context, index, 0, 0))


def lower_expr(context: Context, start: int, end: int) -> Lowered:
    """Lower a constant expression whose result takes one slot, as a function without parameters that costs no fuel.

    Raises:
        InternalError: as `lower`.
    """
    return finished(context, Body(context, -1, start, end))


def stays_inside(op: int) -> bool:
    """Whether an instruction, of those that are lowered by a rule of their own, only ever goes on with the next one."""
    return (OP_DROP <= op <= OP_F64_CONST and op != OP_TRY_TABLE) or OP_MEMORY_INIT <= op <= OP_TABLE_FILL


def finished(context: Context, body: Body) -> Lowered:
    body.run()
    if context.accumulators is not None:
        body.rewrite(context.accumulators)
    return body.result()


class Body(Aggregates):
    """Attributes, besides those of the classes below:

    dead: blocks opened since code became unreachable, or -1 while it is reachable.
    c_kind, c_height, c_slot, c_label, c_else, c_target, c_type, c_log, c_stub, c_catch: the control stack, by depth:
        kind of block; height of the operand stack below its parameters and the slot there; labels of its end and of
        its else; the position a loop begins at, or the clauses of a try_table; its type, as `block_type` reads it;
        length of `assign_log` at its beginning; label of its stub while a br_table is written; label of its end for
        catch clauses.
    depth: entries on the control stack.
    metering, metering_calls: whether fuel is taken, and whether only for calls and turns of loops.
    fuel_at: the word that counts the fuel of the straight run of code being written,
        or -1 between such runs.
    memory: the memory that loads and stores are about where code is being written.
    condition: opcodes that branch if and unless the condition that `take_condition` popped holds; its operands are
        the first `condition_words` of `saved`.
    """

    def __init__(self, context: Context, index: int, start: int, end: int) -> None:
        """The body of the function `index`; where that is -1, the constant expression between `start` and `end`."""
        self.init_reading(context, index, start, end)
        self.init_code(self.end - self.pos)
        self.init_handlers()
        self.shape, self.rr, self.rk, self.kr = forms.SHAPE, forms.RR, forms.RK, forms.KR
        self.mirrored, self.wide, self.traps = forms.MIRRORED, forms.WIDE, forms.TRAPS
        self.params, self.result_slots = forms.PARAMS, forms.RESULT_SLOTS
        self.store_v, self.store_k_v = forms.STORE_V, forms.STORE_K_V
        self.br_if, self.br_unless, self.negated = forms.BR_IF, forms.BR_UNLESS, forms.NEGATED
        self.loop_add, self.mirrored_br = forms.LOOP_ADD, forms.MIRRORED_BR
        self.address_ak, self.address_ab, self.address_shl = forms.ADDRESS_AK, forms.ADDRESS_AB, forms.ADDRESS_SHL
        self.address_wide = forms.ADDRESS_WIDE
        self.loop_form = forms.LOOP
        self.condition = array("i", bytes(4 * MOST_WORDS))
        self.dead = -1
        self.depth = 0
        self.metering = self.context.metering != NO_METERING and index >= 0
        self.metering_calls = self.context.metering == METER_CALLS
        self.fuel_at = -1
        self.memory = 0
        self.control_cap = 0
        self.c_kind = self.c_height = self.c_slot = self.c_label = self.c_else = array("i")
        self.c_target = self.c_type = self.c_log = self.c_stub = self.c_catch = array("i")
        self.grow_control()
        self.read_locals()

    # --- The driver -----------------------------------------------------------------------------------------------

    def run(self) -> None:
        self.push_control(CTL_BLOCK, -1)
        self.c_type[0] = self.result_type  # whose parameters are locals and not on the stack
        if self.metering:
            self.charge(OP_LOCAL_GET, self.pos)  # entering the function costs as much as any instruction
            self.metering = not self.metering_calls  # the turns of loops are counted where these begin
        while self.depth:
            start = self.pos
            op = self.opcode()
            if self.dead >= 0:
                self.skip_dead(op)
                continue
            if self.metering:
                self.charge(op, start)
            shape = self.shape[op]
            if shape == SHAPE_BINARY:
                self.binary(op, start)
            elif shape == SHAPE_UNARY:
                self.unary(op, start)
            elif shape == SHAPE_LOAD:
                self.load(op, start)
            elif shape == SHAPE_STORE:
                self.store(op, start)
            elif shape == SHAPE_OTHER:
                if self.memory and not stays_inside(op):
                    self.use_memory(0)
                self.other(op, start)
            elif shape == SHAPE_VECTOR:
                self.vector(op, start)
        if self.pos != self.end:
            raise InternalError(f"function {self.funcidx} ends at {self.pos}, not {self.end}")

    def charge(self, op: int, start: int) -> int:
        """Count the fuel of an instruction that is about to be lowered.

        The first of a straight run of instructions writes the one that takes the fuel of all of them, so that nothing
        is executed that is not paid for. A run ends where control may come or go, calls included, so that a host
        function sees what has been spent.
        """
        if op == OP_END or op == OP_ELSE or op == OP_LOOP:
            self.fuel_at = -1
            return 0
        if op == OP_NOP or op == OP_DROP or op == OP_BLOCK or op == OP_RETURN or op == OP_UNREACHABLE:
            return 0
        if self.fuel_at < 0:
            self.note_offset(start)
            self.begin(R_FUEL)
            self.fuel_at = self.n
            self.word(0)
        self.code[self.fuel_at] += 1
        if (
            op == OP_IF or op == OP_BR or op == OP_BR_IF or op == OP_BR_TABLE or op == OP_BR_ON_NULL
            or op == OP_BR_ON_NON_NULL or op == OP_CALL or op == OP_CALL_INDIRECT or op == OP_CALL_REF
            or op == OP_BR_ON_CAST or op == OP_BR_ON_CAST_FAIL
            or op == OP_TRY_TABLE
        ):  # fmt: skip
            self.fuel_at = -1
        else:
            self.charge_bulk(op, start)
        return 0

    def charge_bulk(self, op: int, start: int) -> int:
        """Let a bulk instruction pay for its size, which is on top of the stack, as well."""
        if (
            op == OP_MEMORY_FILL or op == OP_MEMORY_COPY or op == OP_MEMORY_INIT or op == OP_MEMORY_GROW
            or op == OP_TABLE_FILL or op == OP_TABLE_COPY or op == OP_TABLE_INIT or op == OP_TABLE_GROW
            or op == OP_ARRAY_NEW or op == OP_ARRAY_NEW_DEFAULT or op == OP_ARRAY_NEW_DATA or op == OP_ARRAY_NEW_ELEM
            or op == OP_ARRAY_FILL or op == OP_ARRAY_COPY or op == OP_ARRAY_INIT_DATA or op == OP_ARRAY_INIT_ELEM
        ):  # fmt: skip
            size = self.readable(self.h - 1)
            self.note_offset(start)
            self.begin(R_FUEL_BULK)
            self.word(size)
        return 0

    def skip_dead(self, op: int) -> int:
        """Pass over an instruction that is never reached, until the block that it is in ends."""
        self.fuel_at = -1
        if op == OP_BLOCK or op == OP_LOOP or op == OP_IF:
            self.block_type()
            self.dead += 1
        elif op == OP_TRY_TABLE:
            self.skip_immediates(IMM_TRY_TABLE)
            self.dead += 1
        elif op == OP_END:
            if self.dead == 0:
                self.end_block()
            else:
                self.dead -= 1
        elif op == OP_ELSE:
            if self.dead == 0:
                self.else_()
        else:
            self.skip_immediates(self.imm_kind[op])
        return 0

    def other(self, op: int, start: int) -> int:
        """Instructions that have a rule of their own."""
        if op == OP_LOCAL_GET:
            self.local_get(self.u32())
        elif op == OP_LOCAL_SET:
            self.local_set(self.u32())
        elif op == OP_LOCAL_TEE:
            self.local_tee(self.u32())
        elif op == OP_I32_CONST:
            self.push_const(self.s64() & 0xFFFFFFFF, 1)
        elif op == OP_I64_CONST:
            self.push_const(self.s64(), 1)
        elif op == OP_F32_CONST:
            self.push_const(self.fixed(4), 1)
        elif op == OP_F64_CONST:
            self.push_const(self.fixed(8), 1)
        elif op == OP_GLOBAL_GET:
            self.global_get(self.u32())
        elif op == OP_GLOBAL_SET:
            self.global_set(self.u32())
        elif op == OP_BLOCK:
            self.block(CTL_BLOCK, start)
        elif op == OP_LOOP:
            self.block(CTL_LOOP, start)
        elif op == OP_IF:
            self.if_()
        elif op == OP_ELSE:
            self.else_()
        elif op == OP_END:
            self.end_block()
        elif op == OP_BR:
            self.br(self.depth - 1 - self.u32())
            self.dead = 0
        elif op == OP_BR_IF:
            self.br_if_(self.depth - 1 - self.u32())
        elif op == OP_BR_TABLE:
            self.br_table()
            self.dead = 0
        elif op == OP_RETURN:
            self.return_()
            self.dead = 0
        elif op == OP_UNREACHABLE:
            self.note_offset(start)
            self.begin(R_UNREACHABLE)
            self.dead = 0
        elif op == OP_TRY_TABLE:
            self.try_table()
        elif op == OP_THROW or op == OP_THROW_REF:
            self.throw(op, start)
            self.dead = 0
        elif op == OP_CALL:
            self.call(self.u32(), start)
        elif op == OP_CALL_INDIRECT:
            self.call_indirect(start)
        elif op == OP_CALL_REF:
            self.call_ref(start)
        elif op == OP_RETURN_CALL or op == OP_RETURN_CALL_INDIRECT or op == OP_RETURN_CALL_REF:
            self.return_call(op, start)
            self.dead = 0
        elif op == OP_BR_ON_NULL:
            self.br_on_null(self.depth - 1 - self.u32())
        elif op == OP_BR_ON_NON_NULL:
            self.br_on_non_null(self.depth - 1 - self.u32())
        elif op == OP_BR_ON_CAST or op == OP_BR_ON_CAST_FAIL:
            self.br_on_cast(op == OP_BR_ON_CAST_FAIL)
        elif op == OP_DROP:
            self.pop()
        elif op == OP_SELECT:
            self.select()
        elif op == OP_SELECT_T:
            self.skip_immediates(IMM_VALTYPES)
            self.select()
        else:
            self.rare(op, start)
        return 0

    def rare(self, op: int, start: int) -> int:
        """Instructions on references, tables and whole memories."""
        if op == OP_REF_NULL:
            self.skip_immediates(IMM_HEAPTYPE)
            self.push_const(0, 1)
        elif op == OP_REF_AS_NON_NULL:
            self.ref_as_non_null(start)
        elif op == OP_REF_FUNC:
            self.indexed_result(R_REF_FUNC, self.u32())
        elif op == OP_TABLE_SIZE:
            self.indexed_result(R_TABLE_SIZE, self.u32())
        elif op == OP_TABLE_GET:
            self.table_get(self.u32(), start)
        elif op == OP_TABLE_SET:
            self.consume(R_TABLE_SET, 2, start)
            self.word(self.u32())
        elif op == OP_TABLE_GROW:
            self.table_grow(self.u32(), start)
        elif op == OP_TABLE_FILL:
            self.consume(R_TABLE_FILL, 3, start)
            self.word(self.u32())
        elif op == OP_TABLE_COPY or op == OP_TABLE_INIT:
            self.consume(R_TABLE_COPY if op == OP_TABLE_COPY else R_TABLE_INIT, 3, start)
            self.word(self.u32())
            self.word(self.u32())
        elif op == OP_ELEM_DROP or op == OP_DATA_DROP:
            self.begin(R_ELEM_DROP if op == OP_ELEM_DROP else R_DATA_DROP)
            self.word(self.u32())
        elif op == OP_MEMORY_SIZE:
            self.indexed_result(R_MEMORY_SIZE, self.u32())
        elif op == OP_MEMORY_GROW:
            self.memory_grow(self.u32(), start)
        elif op == OP_MEMORY_FILL:
            self.consume(R_MEMORY_FILL, 3, start)
            self.word(self.u32())
        elif op == OP_MEMORY_COPY or op == OP_MEMORY_INIT:
            self.consume(R_MEMORY_COPY if op == OP_MEMORY_COPY else R_MEMORY_INIT, 3, start)
            self.word(self.u32())
            self.word(self.u32())
        else:
            self.aggregate(op, start)
        return 0

    # --- Plain instructions, by shape -----------------------------------------------------------------------------

    def binary(self, op: int, start: int) -> int:
        i = self.h - 2
        left, right = self.kind[i], self.kind[i + 1]
        if left == CONST and right != CONST and self.mirrored[op] >= 0:
            return self.binary_const(op, self.rk[self.mirrored[op]], i + 1, i, start)
        if right == CONST:
            return self.binary_const(op, self.rk[op], i, i + 1, start)
        if left == CONST and self.kr[op] >= 0:
            return self.binary_const(op, self.kr[op], i + 1, i, start)
        if op == OP_I32_ADD and self.shift_and_add(i):
            return 0
        a, b = self.readable(i), self.readable(i + 1)
        self.pop()
        self.pop()
        if self.traps[op]:
            self.note_offset(start)
        self.begin_result(self.rr[op], self.push(TEMP, 1))
        self.word(a)
        self.word(b)
        return 0

    def shift_and_add(self, i: int) -> bool:
        """Add the operands `i` and `i + 1`, if one was just shifted left by a constant, in one instruction."""
        if self.last < 0 or self.code[self.last] != R_I32_SHL_RK:
            return False
        if self.is_last_result(i + 1):
            a = self.readable(i)
        elif self.is_last_result(i) and self.kind[i + 1] == LOCAL:
            a = self.val[i + 1]
        else:
            return False
        self.save_last()
        b, k = self.saved[2], self.saved[3] & 31
        self.pop()
        self.pop()
        self.begin_result(R_I32_SHL_ADD, self.push(TEMP, 1))
        self.word(a)
        self.word(b)
        self.word(k)
        return True

    def computed_address(self, op: int, i: int) -> int:
        """The form that computes the address itself, if operand `i` is the sum just computed; else -1.

        If there is one, the instruction that computed it is taken back into `saved`.
        """
        if not self.is_last_result(i):
            return -1
        last = self.code[self.last]
        form = -1
        if last == R_I32_ADD_RK:
            form = self.address_ak[op]
        elif last == R_I32_ADD:
            form = self.address_ab[op]
        elif last == R_I32_SHL_ADD:
            form = self.address_shl[op]
        if form >= 0:
            self.address_words = self.save_last() - 2
        return form

    def address(self) -> None:
        """Append the operands of the instruction that `computed_address` took back."""
        for j in range(self.address_words):
            self.word(self.saved[j + 2])

    def binary_const(self, op: int, form: int, slot: int, const: int, start: int) -> int:
        """A form with one operand constant; `slot` and `const` are where the operands are on the stack."""
        bits = self.val[const]
        a = self.readable(slot)
        self.pop()
        self.pop()
        if self.traps[op]:
            self.note_offset(start)
        self.begin_result(form, self.push(TEMP, 1))
        self.word(a)
        if self.wide[op]:
            self.word64(bits)
        else:
            self.word(bits)
        return 0

    def unary(self, op: int, start: int) -> int:
        i = self.h - 1
        if self.rr[op] == R_I64_EQZ and self.is_last_result(i) and self.negated[self.code[self.last]] >= 0:
            self.code[self.last] = self.negated[self.code[self.last]]
            return 0
        a = self.readable(i)
        self.pop()
        if self.traps[op]:
            self.note_offset(start)
        self.begin_result(self.rr[op], self.push(TEMP, 1))
        self.word(a)
        return 0

    def use_memory(self, memidx: int) -> int:
        """Let the loads and stores that follow be about this memory.

        Whatever comes and goes finds memory 0: before anything that does, the driver in `run` calls this.
        """
        self.memory = memidx
        if memidx == 0:
            self.begin(R_USE_MEMORY_0)
        else:
            self.begin(R_USE_MEMORY)
            self.word(memidx)
        return 0

    def memarg(self) -> int:
        """Read a memarg, see to it that its memory is in use, and return its offset."""
        memidx = self.memidx()
        if memidx != self.memory:
            self.use_memory(memidx)
        return self.u64()

    def constant_address(self, i: int, offset: int) -> bool:
        """Whether operand and offset make an address that fits into an offset."""
        return self.kind[i] == CONST and offset <= 0xFFFFFFFF and self.val[i] <= 0xFFFFFFFF - offset

    def load(self, op: int, start: int) -> int:
        offset = self.memarg()
        i = self.h - 1
        if self.constant_address(i, offset):
            offset += self.val[i]
            self.pop()
            self.note_offset(start)
            self.begin_result(self.rk[op], self.push(TEMP, 1))
            self.word(low_word(offset))
            return 0
        if self.context.mem_wide[self.memory]:
            return self.wide_load(op, offset, start)
        form = self.computed_address(op, i)
        a = self.readable(i)
        self.pop()
        self.note_offset(start)
        if form >= 0:
            self.begin_result(form, self.push(TEMP, 1))
            self.address()
        else:
            self.begin_result(self.rr[op], self.push(TEMP, 1))
            self.word(a)
        self.word(low_word(offset))
        return 0

    def wide_load(self, op: int, offset: int, start: int) -> int:
        """From a memory of 64-bit addresses."""
        a = self.readable(self.h - 1)
        self.pop()
        self.note_offset(start)
        self.begin_result(self.address_wide[op], self.push(TEMP, 1))
        self.word(a)
        self.word64(offset)
        return 0

    def wide_store(self, op: int, offset: int, start: int) -> int:
        """To a memory of 64-bit addresses."""
        a, b = self.readable(self.h - 2), self.readable(self.h - 1)
        self.pop()
        self.pop()
        self.note_offset(start)
        self.begin(self.address_wide[op])
        self.word(a)
        self.word64(offset)
        self.word(b)
        return 0

    def store(self, op: int, start: int) -> int:
        offset = self.memarg()
        i = self.h - 2
        value_const = self.kind[i + 1] == CONST
        bits = self.val[i + 1]
        address_const = self.constant_address(i, offset)
        if self.context.mem_wide[self.memory] and not address_const:
            return self.wide_store(op, offset, start)
        a, form = 0, -1
        if address_const:
            offset += self.val[i]
        else:
            if self.kind[i + 1] == LOCAL:
                form = self.computed_address(op, i)
            a = self.readable(i)
        b = 0 if value_const else self.readable(i + 1)
        self.pop()
        self.pop()
        self.note_offset(start)
        if address_const:
            self.begin(self.store_k_v[op] if value_const else self.rk[op])
        elif form >= 0:
            self.begin(form)
            self.address()
        else:
            self.begin(self.store_v[op] if value_const else self.rr[op])
            self.word(a)
        self.word(low_word(offset))
        if not value_const:
            self.word(b)
        elif self.wide[op]:
            self.word64(bits)
        else:
            self.word(low_word(bits))
        return 0

    # --- Vector instructions --------------------------------------------------------------------------------------

    def vector(self, op: int, start: int) -> int:
        """Any vector instruction: result, first operand, offset of a memarg, other operands, other immediates."""
        count = self.params[op]
        i = self.h - count
        kind = self.imm_kind[op]
        form = self.rr[op]
        accesses = kind == IMM_MEMARG or kind == IMM_MEMARG_LANEIDX
        offset, bits = 0, 0
        if accesses:
            offset = self.memarg()
            if self.context.mem_wide[self.memory]:
                form = self.address_wide[op]
        if self.rk[op] >= 0 and self.kind[self.h - 1] == CONST:
            form, bits = self.rk[op], self.val[self.h - 1]
            self.pop()
            count -= 1
        a = self.readable(i) if count > 0 else 0
        b = self.readable(i + 1) if count > 1 else 0
        c = self.readable(i + 2) if count > 2 else 0
        self.pop_to(i)
        if accesses:
            self.note_offset(start)
        width = self.result_slots[op]
        if width:
            self.begin_result(form, self.push(TEMP, width))
        else:
            self.begin(form)
        if count > 0:
            self.word(a)
        if accesses and form == self.address_wide[op]:
            self.word64(offset)
        elif accesses:
            self.word(low_word(offset))
        if count > 1:
            self.word(b)
        if count > 2:
            self.word(c)
        if form == self.rk[op]:
            self.word(low_word(bits))
        if kind == IMM_LANEIDX or kind == IMM_MEMARG_LANEIDX:
            self.word(self.fixed(1))
        elif kind == IMM_V128 or kind == IMM_LANES:
            self.word64(self.fixed(8))
            self.word64(self.fixed(8))
        return 0

    # --- Parametric, variable, reference instructions -------------------------------------------------------------

    def indexed_result(self, op: int, index: int) -> int:
        self.begin_result(op, self.push(TEMP, 1))
        self.word(index)
        return 0

    def select(self) -> int:
        i = self.h - 3
        width = self.width[i]
        a, b, c = self.readable(i), self.readable(i + 1), self.readable(i + 2)
        self.pop_to(i)
        self.begin_result(R_SELECT if width == 1 else R_SELECT_V128, self.push(TEMP, width))
        self.word(a)
        self.word(b)
        self.word(c)
        return 0

    def local_width(self, local: int) -> int:
        return self.local_widths[local]

    def local_get(self, local: int) -> int:
        slot, width = self.local_slot[local], self.local_width(local)
        if not self.assigned[slot]:
            self.zero_from = min(self.zero_from, slot)
            self.zero_to = max(self.zero_to, slot + width)
        return self.push_local(slot, width)

    def local_set(self, local: int) -> int:
        slot = self.local_slot[local]
        if not self.assigned[slot]:
            self.assigned[slot] = 1
            self.assign_log[self.assign_count] = slot
            self.assign_count += 1
        return self.set_local(slot)

    def local_tee(self, local: int) -> int:
        i = self.h - 1
        kind, bits = self.kind[i], self.val[i]
        self.local_set(local)
        if kind == CONST:
            return self.push_const(bits, 1)
        return self.push_local(self.local_slot[local], self.local_width(local))

    def global_get(self, globalidx: int) -> int:
        width = self.context.global_widths[globalidx]
        self.begin_result(R_GLOBAL_GET_V128 if width == 2 else R_GLOBAL_GET, self.push(TEMP, width))
        self.word(globalidx)
        return 0

    def global_set(self, globalidx: int) -> int:
        a = self.readable(self.h - 1)
        self.pop()
        self.begin(R_GLOBAL_SET_V128 if self.context.global_widths[globalidx] == 2 else R_GLOBAL_SET)
        self.word(a)
        self.word(globalidx)
        return 0

    def table_get(self, tableidx: int, start: int) -> int:
        a = self.readable(self.h - 1)
        self.pop()
        self.note_offset(start)
        self.begin_result(R_TABLE_GET, self.push(TEMP, 1))
        self.word(a)
        self.word(tableidx)
        return 0

    def table_grow(self, tableidx: int, start: int) -> int:
        a, b = self.readable(self.h - 2), self.readable(self.h - 1)
        self.pop()
        self.pop()
        self.note_offset(start)
        self.begin_result(R_TABLE_GROW, self.push(TEMP, 1))
        self.word(a)
        self.word(b)
        self.word(tableidx)
        return 0

    def memory_grow(self, memidx: int, start: int) -> int:
        a = self.readable(self.h - 1)
        self.pop()
        self.note_offset(start)
        self.begin_result(R_MEMORY_GROW, self.push(TEMP, 1))
        self.word(a)
        self.word(memidx)
        return 0

    # --- Control --------------------------------------------------------------------------------------------------

    def grow_control(self) -> int:
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
        self.control_cap = capacity
        return 0

    def push_control(self, kind: int, type_: int) -> int:
        """Open a block whose parameters are the top of the stack."""
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
        return 0

    def block(self, kind: int, start: int) -> int:
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
        return 0

    def else_(self) -> int:
        k = self.depth - 1
        if self.dead < 0:
            self.materialize_from(self.c_height[k])
            self.begin(R_BR)
            self.c_label[k] = self.label_word(self.c_label[k])
        self.dead = -1
        self.forget_assignments(k)
        self.bind(self.c_else[k])
        self.c_else[k] = -1
        self.c_kind[k] = CTL_ELSE
        self.pop_to(self.c_height[k])
        self.push_params(self.c_type[k])
        return 0

    def forget_assignments(self, k: int) -> None:
        """Locals set since the block began may not have been set on another path."""
        while self.assign_count > self.c_log[k]:
            self.assign_count -= 1
            self.assigned[self.assign_log[self.assign_count]] = 0

    def end_block(self) -> int:
        k = self.depth - 1
        joined = self.c_label[k] >= 0 or self.c_else[k] >= 0 or self.c_catch[k] >= 0
        if self.c_kind[k] == CTL_TRY:
            self.close_clauses(self.c_target[k])
        if k == 0:
            return self.end_function(joined)
        if joined:
            if self.dead < 0:
                self.materialize_from(self.c_height[k])
            self.forget_assignments(k)
            self.bind(self.c_label[k])
            self.bind(self.c_else[k])
            self.bind_clauses(self.c_catch[k])
            self.dead = -1
            self.pop_to(self.c_height[k])
            self.push_results(self.c_type[k])
        elif self.dead >= 0:
            # Nothing leads here, so that the code behind it is dead as well.
            self.pop_to(self.c_height[k])
        self.depth -= 1
        return 0

    def end_function(self, joined: bool) -> int:
        if joined:
            if self.dead < 0:
                self.materialize_from(0)
            self.bind(self.c_label[0])
            self.bind_clauses(self.c_catch[0])
            self.dead = -1
            self.pop_to(0)
            self.push_results(self.c_type[0])
        if self.dead < 0:
            self.return_()
        self.depth = 0
        return 0

    def arity(self, k: int) -> int:
        """How many values a branch to the block carries."""
        if self.c_kind[k] == CTL_LOOP:
            return self.param_count(self.c_type[k])
        return self.result_count(self.c_type[k])

    def slots_from(self, height: int) -> int:
        """Slots that the operands from that height up take."""
        if height >= self.h:
            return 0
        return self.slot[self.h - 1] + self.width[self.h - 1] - self.slot[height]

    def refer(self, k: int) -> None:
        """Append the word of a branch that goes to the block's label."""
        if self.c_kind[k] == CTL_LOOP:
            self.word(self.c_target[k] - self.n)
        else:
            self.c_label[k] = self.label_word(self.c_label[k])

    def jump(self, k: int) -> int:
        self.begin(R_LOOP_BR if self.c_kind[k] == CTL_LOOP else R_BR)
        self.refer(k)
        return 0

    def br(self, k: int) -> int:
        if k == 0:
            return self.return_()
        first = self.h - self.arity(k)
        # Target slots are at or below the canonical slots of what is moved: ascending order overwrites nothing.
        target = self.c_slot[k]
        for i in range(first, self.h):
            if self.kind[i] == CONST:
                self.emit_const(target, self.val[i])
            else:
                self.emit_move(target, self.val[i] if self.kind[i] == LOCAL else self.slot[i], self.width[i])
            target += self.width[i]
        return self.jump(k)

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
        """Begin a branch on the condition that was taken."""
        self.begin(op)
        for i in range(self.condition_words):
            self.word(self.condition[i])
        return 0

    def br_if_(self, k: int) -> int:
        self.take_condition()
        return self.branch_on_condition(k)

    def branch_on_condition(self, k: int) -> int:
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
        i = self.h - 1
        kind, bits = self.kind[i], self.val[i]
        self.condition[0] = self.readable(i)
        self.condition_if, self.condition_unless, self.condition_words = R_BR_UNLESS, R_BR_IF, 1
        self.pop()
        self.branch_on_condition(k)
        # What was not null is still where it was.
        return self.push_local(bits, 1) if kind == LOCAL else self.push(TEMP, 1)

    def br_on_non_null(self, k: int) -> int:
        self.materialize(self.h - 1)
        self.condition[0] = self.slot[self.h - 1]
        self.condition_if, self.condition_unless, self.condition_words = R_BR_IF, R_BR_UNLESS, 1
        self.branch_on_condition(k)
        self.pop()
        return 0

    def br_on_cast(self, fails: bool) -> int:
        nullable = self.fixed(1) & 2
        k = self.depth - 1 - self.u32()
        self.s64()  # what it is known to be
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

    def ref_as_non_null(self, start: int) -> int:
        """Check the operand where it is."""
        a = self.readable(self.h - 1)
        self.note_offset(start)
        self.begin(R_REF_AS_NON_NULL)
        self.word(a)
        return 0

    def add_and_branch(self, k: int) -> bool:
        """Branch back on a comparison whose left operand was just added to, in one instruction."""
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
        """Go to the block's label, or return, with the operands from `first` up, which are in their slots."""
        slots = self.slots_from(first)
        if k == 0:
            self.begin(R_RETURN_COPY)
            self.word(self.slot[first])
            self.word(slots)
            return 0
        self.emit_copy(self.c_slot[k], self.slot[first], slots)
        return self.jump(k)

    def br_table(self) -> int:
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
        self.reserve(count + MOST_WORDS)
        self.begin(R_BR_TABLE)
        self.word(a)
        self.word(count)
        # Values that must be moved are moved in a stub behind the table: one for each block, not for each entry.
        stubs = array("i")
        for _ in range(count + 1):
            k = self.depth - 1 - self.u32()
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
        count = self.result_count(self.result_type)
        i = self.h - count
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
        """A block whose catch clauses are written to the table; a clause is a branch from every call in it."""
        type_ = self.block_type()
        self.preserve_all_locals()
        count = self.u32()
        first = self.new_clauses(count)
        for i in range(count):
            clause = first + CLAUSE_WORDS * (count - 1 - i)
            kind = self.source[self.pos]
            self.pos += 1
            tag = self.u32() if kind < CATCH_ALL else -1
            k = self.depth - 1 - self.u32()
            with_ref = kind == CATCH_REF or kind == CATCH_ALL_REF
            if self.c_kind[k] == CTL_LOOP:
                self.set_clause(clause, tag, with_ref, self.c_slot[k], self.c_target[k])
            else:
                self.set_clause(clause, tag, with_ref, self.c_slot[k], self.c_catch[k])
                self.c_catch[k] = clause
        self.push_control(CTL_TRY, type_)
        self.c_target[self.depth - 1] = first
        self.last = self.before = -1  # no instruction moves across the border
        return 0

    def throw(self, op: int, start: int) -> int:
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
        return self.push_results(type_)

    def call_indirect(self, start: int) -> int:
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
        return self.push_results(type_)

    def call_ref(self, start: int) -> int:
        type_ = self.u32()
        a = self.readable(self.h - 1)
        self.pop()
        base = self.arguments(type_)
        self.note_offset(start)
        self.begin(R_CALL_REF)
        self.word(a)
        self.word(base)
        return self.push_results(type_)

    def return_call(self, op: int, start: int) -> int:
        """Any tail call: as the calls above, and how many slots the arguments take."""
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
        """Pop the arguments of a call into their canonical slots; return where they begin."""
        first = self.h - self.param_count(type_)
        self.materialize_from(first)
        base = self.slot[first] if first < self.h else self.next_slot()
        self.pop_to(first)
        # The callee's frame begins here; what a host function needs there is checked when it is called.
        self.top_slot = max(self.top_slot, base)
        return base

    def rewrite(self, accumulators: Accumulators) -> None:
        """Run the accumulator pass."""
        accumulators.rewrite(self.code, self.n, self.labels, self.label_count)

    def result(self) -> Lowered:
        zero_to = max(self.zero_to, self.zero_from) if self.zero_to else self.zero_from
        return Lowered(
            array("i", bytes(memoryview(self.code)[: self.n])),
            max(self.top_slot, self.temp_base),
            self.zero_from,
            zero_to,
            array("i", bytes(memoryview(self.offsets)[: self.m])),
            array("i", bytes(memoryview(self.clauses)[: self.clause_words])),
        )
