"""Lowering of instructions on structures and arrays, and of casts."""

from __future__ import annotations

import cython

from wasmvm.errors import InternalError

if not cython.compiled:
    from wasmvm.generated.opcode import *  # noqa: F403
    from wasmvm.generated.regopcode import *  # noqa: F403
    from wasmvm.lowering.clauses import Clauses
    from wasmvm.lowering.operands import TEMP

    NULLABLE, OF_FUNC, OF_EXACT = 1, 2, 4
    WORDS_OF_A_CAST = 32  # words of other code that take as long as a walk down the longest line of subtypes


class Aggregates(Clauses):
    """Adds a method for each group of instructions.

    Rows of a kind stand one after the other by width, in `isa.regop`: the logarithm of a field's size is added to
    the first of them.
    """

    def aggregate(self, op: int, start: int) -> int:
        """Lower `op`, an instruction on structures, arrays or references to them.

        Raises InternalError if it is none.
        """
        if op == OP_STRUCT_GET or op == OP_STRUCT_GET_S or op == OP_STRUCT_GET_U:
            self.struct_get(op, start)
        elif op == OP_STRUCT_SET:
            self.struct_set(start)
        elif op == OP_ARRAY_GET or op == OP_ARRAY_GET_S or op == OP_ARRAY_GET_U:
            self.array_get(op, start)
        elif op == OP_ARRAY_SET:
            self.consume(R_ARRAY_SET8 + self.element_width(self.u32()), 3, start)
        elif op == OP_ARRAY_LEN:
            self.checked(R_ARRAY_LEN, start)
        elif op == OP_STRUCT_NEW or op == OP_STRUCT_NEW_DEFAULT:
            self.struct_new(op, start)
        elif op == OP_ARRAY_NEW_FIXED:
            self.array_new_fixed(start)
        elif op == OP_ARRAY_NEW or op == OP_ARRAY_NEW_DEFAULT:
            self.array_new(op, start)
        elif op == OP_ARRAY_NEW_DATA or op == OP_ARRAY_NEW_ELEM:
            self.array_new_segment(op, start)
        elif op == OP_ARRAY_FILL:
            self.u32()
            self.consume_row(R_ARRAY_FILL, 4, start)
        elif op == OP_ARRAY_COPY:
            self.u32()
            self.u32()
            self.consume_row(R_ARRAY_COPY, 5, start)
        elif op == OP_ARRAY_INIT_DATA or op == OP_ARRAY_INIT_ELEM:
            self.u32()
            self.consume_row(R_ARRAY_INIT_DATA if op == OP_ARRAY_INIT_DATA else R_ARRAY_INIT_ELEM, 4, start)
            self.word(self.u32())
        elif op == OP_REF_TEST or op == OP_REF_TEST_NULL:
            self.ref_test(op == OP_REF_TEST_NULL)
        elif op == OP_REF_CAST or op == OP_REF_CAST_NULL:
            self.ref_cast(op == OP_REF_CAST_NULL, start)
        elif op == OP_REF_I31:
            self.checked(R_REF_I31, start)
        elif op == OP_STRUCT_NEW_DESC or op == OP_STRUCT_NEW_DEFAULT_DESC:
            self.struct_new_desc(op, start)
        elif op == OP_REF_GET_DESC:
            self.u32()
            self.checked(R_REF_GET_DESC, start)
        elif op == OP_REF_CAST_DESC_EQ or op == OP_REF_CAST_DESC_EQ_NULL:
            self.ref_cast_desc_eq(op == OP_REF_CAST_DESC_EQ_NULL, start)
        elif op == OP_I31_GET_S or op == OP_I31_GET_U:
            self.checked(R_I31_GET_S if op == OP_I31_GET_S else R_I31_GET_U, start)
        elif op != OP_ANY_CONVERT_EXTERN and op != OP_EXTERN_CONVERT_ANY:  # those change nothing but the type
            raise InternalError(f"no rule lowers opcode 0x{op:x}")
        return 0

    def element_width(self, typeidx: int) -> int:
        """The logarithm of the bytes that an element of the array type takes."""
        return self.context.field_widths[self.context.field_at[typeidx]]

    def struct_get(self, op: int, start: int) -> int:
        """Lower `struct.get` and its packed forms: a load from the place of the field."""
        typeidx = self.u32()
        field = self.context.field_at[typeidx] + self.u32()
        width = self.context.field_widths[field]
        a = self.readable(self.h - 1)
        self.pop()
        self.note_offset(start)
        first = R_STRUCT_GET8_S if op == OP_STRUCT_GET_S else R_STRUCT_GET8_U
        self.begin_result(first + width, self.push(TEMP, 2 if width == 4 else 1))
        self.word(a)
        self.word(self.context.field_offsets[field])
        return 0

    def struct_set(self, start: int) -> int:
        """Lower `struct.set`."""
        typeidx = self.u32()
        field = self.context.field_at[typeidx] + self.u32()
        self.consume(R_STRUCT_SET8 + self.context.field_widths[field], 2, start)
        self.word(self.context.field_offsets[field])
        return 0

    def array_get(self, op: int, start: int) -> int:
        """Lower `array.get` and its packed forms."""
        width = self.element_width(self.u32())
        a, b = self.readable(self.h - 2), self.readable(self.h - 1)
        self.pop_to(self.h - 2)
        self.note_offset(start)
        first = R_ARRAY_GET8_S if op == OP_ARRAY_GET_S else R_ARRAY_GET8_U
        self.begin_result(first + width, self.push(TEMP, 2 if width == 4 else 1))
        self.word(a)
        self.word(b)
        return 0

    def checked(self, op: int, start: int) -> int:
        """Write `op`, a register opcode with one operand and one result of a slot, which may trap."""
        a = self.readable(self.h - 1)
        self.pop()
        self.note_offset(start)
        self.begin_result(op, self.push(TEMP, 1))
        self.word(a)
        return 0

    # --- Making objects -------------------------------------------------------------------------------------------

    def begin_new(self, op: int, count: int, start: int) -> int:
        """Pop the top `count` operands and begin `op`, a register opcode that makes an object."""
        live = self.next_slot()
        self.pop_to(self.h - count)
        self.note_offset(start)
        self.begin_result(op, self.push(TEMP, 1))
        self.word(live)
        return 0

    def struct_new(self, op: int, start: int) -> int:
        """Lower `struct.new` and `struct.new_default`."""
        typeidx = self.u32()
        if op == OP_STRUCT_NEW_DEFAULT:
            self.begin_new(R_STRUCT_NEW_DEFAULT, 0, start)
        else:
            count = self.field_count(typeidx)
            first = self.in_a_row(count)
            self.begin_new(R_STRUCT_NEW, count, start)
            self.word(first)
        self.word(typeidx)
        self.paid -= self.field_count(typeidx)  # each is written
        return 0

    def struct_new_desc(self, op: int, start: int) -> int:
        """Lower `struct.new_desc` and `struct.new_default_desc`, whose last operand is the descriptor."""
        typeidx = self.u32()
        if op == OP_STRUCT_NEW_DEFAULT_DESC:
            a = self.readable(self.h - 1)
            self.begin_new(R_STRUCT_NEW_DEFAULT_DESC, 1, start)
            self.word(a)
        else:
            count = self.field_count(typeidx) + 1
            first = self.in_a_row(count)
            b = self.slot[self.h - 1]
            self.begin_new(R_STRUCT_NEW_DESC, count, start)
            self.word(first)
            self.word(b)
        self.word(typeidx)
        self.paid -= self.field_count(typeidx) + 1  # each is written
        return 0

    def array_new_fixed(self, start: int) -> int:
        """Lower `array.new_fixed`."""
        typeidx = self.u32()
        count = self.u32()
        first = self.in_a_row(count)
        self.begin_new(R_ARRAY_NEW_FIXED, count, start)
        self.word(first)
        self.word(count)
        self.word(typeidx)
        self.paid -= count  # each is written
        return 0

    def array_new(self, op: int, start: int) -> int:
        """Lower `array.new` and `array.new_default`."""
        b = self.readable(self.h - 1)
        if op == OP_ARRAY_NEW_DEFAULT:
            self.begin_new(R_ARRAY_NEW_DEFAULT, 1, start)
        else:
            a = self.readable(self.h - 2)
            self.begin_new(R_ARRAY_NEW, 2, start)
            self.word(a)
        self.word(b)
        self.word(self.u32())
        return 0

    def array_new_segment(self, op: int, start: int) -> int:
        """Lower `array.new_data` and `array.new_elem`."""
        a, b = self.readable(self.h - 2), self.readable(self.h - 1)
        self.begin_new(R_ARRAY_NEW_DATA if op == OP_ARRAY_NEW_DATA else R_ARRAY_NEW_ELEM, 2, start)
        self.word(a)
        self.word(b)
        self.word(self.u32())
        self.word(self.u32())
        return 0

    def field_count(self, typeidx: int) -> int:
        """How many fields the structure type has."""
        return self.context.field_at[typeidx + 1] - self.context.field_at[typeidx]

    def in_a_row(self, count: int) -> int:
        """Put the top `count` operands into their canonical slots; return the first of these."""
        first = self.h - count
        self.materialize_from(first)
        return self.slot[first] if count else 0

    def consume_row(self, op: int, count: int, start: int) -> int:
        """Begin the register opcode `op`, which reads the top `count` operands from slots in a row; no result."""
        first = self.in_a_row(count)
        self.pop_to(self.h - count)
        self.note_offset(start)
        self.begin(op)
        self.word(first)
        return 0

    # --- Casts ----------------------------------------------------------------------------------------------------

    def cast_flags(self, heaptype: int, nullable: bool) -> int:
        """What the loop must know besides the heap type that was read last to tell whether a reference is of it."""
        flags = NULLABLE if nullable else 0
        if self.exact:
            flags |= OF_EXACT
        elif heaptype >= 0:
            self.paid -= WORDS_OF_A_CAST
        if heaptype >= 0 and self.context.is_func[heaptype]:
            flags |= OF_FUNC
        return flags

    def ref_test(self, nullable: bool) -> int:
        """Lower `ref.test`; `nullable` says whether null passes."""
        heaptype = self.heaptype()
        a = self.readable(self.h - 1)
        self.pop()
        self.begin_result(R_REF_TEST, self.push(TEMP, 1))
        self.word(a)
        self.word(heaptype)
        self.word(self.cast_flags(heaptype, nullable))
        return 0

    def ref_cast(self, nullable: bool, start: int) -> int:
        """Lower `ref.cast`: check the operand where it is; `nullable` says whether null passes."""
        heaptype = self.heaptype()
        a = self.readable(self.h - 1)
        self.note_offset(start)
        self.begin(R_REF_CAST)
        self.word(a)
        self.word(heaptype)
        self.word(self.cast_flags(heaptype, nullable))
        return 0

    def ref_cast_desc_eq(self, nullable: bool, start: int) -> int:
        """Lower `ref.cast_desc_eq`: pop the descriptor, and check the operand below it where it is."""
        self.heaptype()
        a, b = self.readable(self.h - 2), self.readable(self.h - 1)
        self.pop()
        self.note_offset(start)
        self.begin(R_REF_CAST_DESC_EQ)
        self.word(a)
        self.word(b)
        self.word(NULLABLE if nullable else 0)
        return 0
