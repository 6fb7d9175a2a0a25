"""Lowering of plain instructions: those after which the next one follows.

These are the numeric, vector, parametric, variable, table, memory and reference instructions; structures, arrays and
casts are in `aggregates`. Most are lowered by their shape (the tables of `forms`), those with a meaning of their own
have a method each. `shift_and_add` and `computed_address` take the previous instruction back, to do its work as well;
docs/architecture.md, "Lowering", says when that is sound.
"""

from __future__ import annotations

import cython

from wasmvm.generated import forms

if not cython.compiled:
    from wasmvm.generated.opcode import *  # noqa: F403
    from wasmvm.generated.regopcode import *  # noqa: F403
    from wasmvm.lowering.aggregates import Aggregates
    from wasmvm.lowering.code import low_word
    from wasmvm.lowering.operands import CONST, LOCAL, TEMP


class Plain(Aggregates):
    """Attributes:

    rr, rk, kr, mirrored, wide, traps, params, result_slots, store_v, store_k_v, address_ak, address_ab, address_shl,
        address_wide: the tables of `forms`, by WebAssembly opcode.
    negated: the table of `forms`, by register opcode.
    address_words: how many words of `saved` are the operands of the address that `computed_address` took back.
    memory: the memory that loads and stores are about where code is being written.
    """

    def make_plain(self) -> None:
        """Take the tables of `forms`."""
        self.rr, self.rk, self.kr = forms.RR, forms.RK, forms.KR
        self.mirrored, self.wide, self.traps = forms.MIRRORED, forms.WIDE, forms.TRAPS
        self.params, self.result_slots = forms.PARAMS, forms.RESULT_SLOTS
        self.store_v, self.store_k_v, self.negated = forms.STORE_V, forms.STORE_K_V, forms.NEGATED
        self.address_ak, self.address_ab, self.address_shl = forms.ADDRESS_AK, forms.ADDRESS_AB, forms.ADDRESS_SHL
        self.address_wide = forms.ADDRESS_WIDE

    # --- Numeric --------------------------------------------------------------------------------------------------

    def binary(self, op: int, start: int) -> int:
        """Lower a numeric instruction with two operands; a constant operand goes into the code if a form has it."""
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

    def binary_const(self, op: int, form: int, slot: int, const: int, start: int) -> int:
        """Write `form`, with one operand constant; `slot` and `const` are where the operands are on the stack."""
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

    def unary(self, op: int, start: int) -> int:
        """Lower a numeric instruction with one operand; `i64.eqz` of a comparison just made turns that around."""
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

    # --- Vector ---------------------------------------------------------------------------------------------------

    def vector(self, op: int, start: int) -> int:
        """Lower any vector instruction: result, first operand, offset of a memarg, other operands, other immediates."""
        count = self.params[op]
        i = self.h - count
        kind = self.imm_of[op]
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

    # --- Parametric and variable ----------------------------------------------------------------------------------

    def select(self) -> int:
        """Lower `select`: the top three operands, the last of which chooses."""
        i = self.h - 3
        width = self.width[i]
        a, b, c = self.readable(i), self.readable(i + 1), self.readable(i + 2)
        self.pop_to(i)
        self.begin_result(R_SELECT if width == 1 else R_SELECT_V128, self.push(TEMP, width))
        self.word(a)
        self.word(b)
        self.word(c)
        return 0

    def local_get(self, local: int) -> int:
        """Push the local, given by its localidx; note it for zeroing if it may not have been set."""
        slot, width = self.slot_of(local), self.width_of(local)
        if not self.assigned[slot]:
            self.zero_from = min(self.zero_from, slot)
            self.zero_to = max(self.zero_to, slot + width)
        return self.push_local(slot, width)

    def local_set(self, local: int) -> int:
        """Pop into the local, given by its localidx."""
        slot = self.slot_of(local)
        if not self.assigned[slot]:
            self.assigned[slot] = 1
            self.assign_log[self.assign_count] = slot
            self.assign_count += 1
        return self.set_local(slot)

    def local_tee(self, local: int) -> int:
        """Set the local, given by its localidx, and leave what was set on the stack."""
        i = self.h - 1
        kind, bits = self.kind[i], self.val[i]
        self.local_set(local)
        if kind == CONST:
            return self.push_const(bits, 1)
        return self.push_local(self.slot_of(local), self.width_of(local))

    def global_get(self, globalidx: int) -> int:
        """Lower `global.get`."""
        width = self.context.global_widths[globalidx]
        self.begin_result(R_GLOBAL_GET_V128 if width == 2 else R_GLOBAL_GET, self.push(TEMP, width))
        self.word(globalidx)
        return 0

    def global_set(self, globalidx: int) -> int:
        """Lower `global.set`."""
        a = self.readable(self.h - 1)
        self.pop()
        self.begin(R_GLOBAL_SET_V128 if self.context.global_widths[globalidx] == 2 else R_GLOBAL_SET)
        self.word(a)
        self.word(globalidx)
        return 0

    # --- Loads and stores -----------------------------------------------------------------------------------------

    def use_memory(self, memidx: int) -> int:
        """Let the loads and stores that follow be about memory `memidx`.

        Code that comes or goes expects memory 0 in use: before all that does, `Body.run` calls this.
        """
        self.memory = memidx
        if memidx == 0:
            self.begin(R_USE_MEMORY_0)
        else:
            self.begin(R_USE_MEMORY)
            self.word(memidx)
        return 0

    def memarg(self) -> int:
        """Read a memarg and write `use_memory` if its memory is not in use; return the offset in bytes."""
        memidx = self.memidx()
        if memidx != self.memory:
            self.use_memory(memidx)
        return self.u64()

    def constant_address(self, i: int, offset: int) -> bool:
        """Whether operand `i` is a constant whose sum with `offset` fits into an offset of 32 bits."""
        return self.kind[i] == CONST and offset <= 0xFFFFFFFF and self.val[i] <= 0xFFFFFFFF - offset

    def computed_address(self, op: int, i: int) -> int:
        """The form of `op` that computes the address itself, if operand `i` is the sum just computed; else -1.

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

    def load(self, op: int, start: int) -> int:
        """Lower a load of one slot."""
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
        """Write a load from a memory of 64-bit addresses."""
        a = self.readable(self.h - 1)
        self.pop()
        self.note_offset(start)
        self.begin_result(self.address_wide[op], self.push(TEMP, 1))
        self.word(a)
        self.word64(offset)
        return 0

    def store(self, op: int, start: int) -> int:
        """Lower a store of one slot; address or value may be constant, and the address a sum just computed."""
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

    def wide_store(self, op: int, offset: int, start: int) -> int:
        """Write a store to a memory of 64-bit addresses."""
        a, b = self.readable(self.h - 2), self.readable(self.h - 1)
        self.pop()
        self.pop()
        self.note_offset(start)
        self.begin(self.address_wide[op])
        self.word(a)
        self.word64(offset)
        self.word(b)
        return 0

    def atomic(self, op: int, start: int) -> int:
        """Lower any instruction of the proposal threads: result, address, offset, other operands."""
        if op == OP_ATOMIC_FENCE:
            self.fixed(1)
            self.begin(R_ATOMIC_FENCE)
            return 0
        offset = self.memarg()
        count = self.params[op]
        i = self.h - count
        a = self.readable(i)
        b = self.readable(i + 1) if count > 1 else 0
        c = self.readable(i + 2) if count > 2 else 0
        self.pop_to(i)
        self.note_offset(start)
        if self.result_slots[op]:
            self.begin_result(self.rr[op], self.push(TEMP, 1))
        else:
            self.begin(self.rr[op])
        self.word(a)
        self.word64(offset)
        if count > 1:
            self.word(b)
        if count > 2:
            self.word(c)
        return 0

    # --- References, tables, whole memories -----------------------------------------------------------------------

    def rare(self, op: int, start: int) -> int:
        """Lower `op`, an instruction on references, tables or whole memories."""
        if op == OP_REF_NULL:
            self.heaptype()
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
        elif op == OP_I64_ADD128 or op == OP_I64_SUB128:
            self.two_results(R_I64_ADD128 if op == OP_I64_ADD128 else R_I64_SUB128, 4)
        elif op == OP_I64_MUL_WIDE_S or op == OP_I64_MUL_WIDE_U:
            self.two_results(R_I64_MUL_WIDE_S if op == OP_I64_MUL_WIDE_S else R_I64_MUL_WIDE_U, 2)
        else:
            self.aggregate(op, start)
        return 0

    def two_results(self, form: int, count: int) -> int:
        """Write `form`, of so many operands. Neither result may still be moved: an instruction is known to have one."""
        i = self.h - count
        a, b = self.readable(i), self.readable(i + 1)
        c = self.readable(i + 2) if count > 2 else 0
        f = self.readable(i + 3) if count > 2 else 0
        self.pop_to(i)
        d, e = self.push(TEMP, 1), self.push(TEMP, 1)
        self.begin(form)
        self.word(d)
        self.word(e)
        self.word(a)
        self.word(b)
        if count > 2:
            self.word(c)
            self.word(f)
        return 0

    def indexed_result(self, op: int, index: int) -> int:
        """Write `op`, a register opcode without operands, with an index of the module as immediate."""
        self.begin_result(op, self.push(TEMP, 1))
        self.word(index)
        return 0

    def ref_as_non_null(self, start: int) -> int:
        """Check the operand where it is."""
        a = self.readable(self.h - 1)
        self.note_offset(start)
        self.begin(R_REF_AS_NON_NULL)
        self.word(a)
        return 0

    def table_get(self, tableidx: int, start: int) -> int:
        """Lower `table.get`."""
        a = self.readable(self.h - 1)
        self.pop()
        self.note_offset(start)
        self.begin_result(R_TABLE_GET, self.push(TEMP, 1))
        self.word(a)
        self.word(tableidx)
        return 0

    def table_grow(self, tableidx: int, start: int) -> int:
        """Lower `table.grow`."""
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
        """Lower `memory.grow`."""
        a = self.readable(self.h - 1)
        self.pop()
        self.note_offset(start)
        self.begin_result(R_MEMORY_GROW, self.push(TEMP, 1))
        self.word(a)
        self.word(memidx)
        return 0
