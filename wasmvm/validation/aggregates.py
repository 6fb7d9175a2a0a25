"""Rules of structures, arrays, and casts (spec "Aggregate Reference Instructions")."""

from __future__ import annotations

import cython

from wasmvm.deftype import close_valtype, top_of
from wasmvm.errors import InternalError, ValidationError
from wasmvm.types import heaptype_of, heaptype_text, is_nullable, is_reftype, ref, valtype_text
from wasmvm.validation.rules import Rules

if not cython.compiled:
    from wasmvm.generated.opcode import (
        OP_ANY_CONVERT_EXTERN,
        OP_ARRAY_COPY,
        OP_ARRAY_FILL,
        OP_ARRAY_GET,
        OP_ARRAY_GET_S,
        OP_ARRAY_GET_U,
        OP_ARRAY_INIT_DATA,
        OP_ARRAY_INIT_ELEM,
        OP_ARRAY_NEW,
        OP_ARRAY_NEW_DATA,
        OP_ARRAY_NEW_DEFAULT,
        OP_ARRAY_NEW_ELEM,
        OP_ARRAY_NEW_FIXED,
        OP_ARRAY_SET,
        OP_EXTERN_CONVERT_ANY,
        OP_REF_CAST,
        OP_REF_CAST_DESC_EQ,
        OP_REF_CAST_DESC_EQ_NULL,
        OP_REF_CAST_NULL,
        OP_REF_GET_DESC,
        OP_REF_I31,
        OP_REF_TEST,
        OP_REF_TEST_NULL,
        OP_STRUCT_GET,
        OP_STRUCT_GET_S,
        OP_STRUCT_GET_U,
        OP_STRUCT_NEW,
        OP_STRUCT_NEW_DEFAULT,
        OP_STRUCT_NEW_DEFAULT_DESC,
        OP_STRUCT_NEW_DESC,
        OP_STRUCT_SET,
    )
    from wasmvm.types import (
        ANYREF,
        BOTTOM_REF,
        CONCRETE,
        EXACT_BIT,
        EXTERNREF,
        I8,
        I16,
        I31REF,
        I32,
        KIND_ARRAY,
        KIND_STRUCT,
        NON_NULL,
    )
    from wasmvm.validation.rules import has_default

MAX_FIXED = 10_000
"""Operands of array.new_fixed, as in the limits of web browsers."""


class Aggregates(Rules):
    """Adds one method for each group of instructions."""

    def aggregate(self, op: int) -> None:
        """An instruction on structures, arrays, or references to either."""
        if op in (OP_STRUCT_NEW, OP_STRUCT_NEW_DEFAULT, OP_STRUCT_NEW_DESC, OP_STRUCT_NEW_DEFAULT_DESC):
            self.struct_new(op)
        elif op in (OP_STRUCT_GET, OP_STRUCT_GET_S, OP_STRUCT_GET_U, OP_STRUCT_SET):
            self.struct_access(op)
        elif op in (OP_ARRAY_NEW, OP_ARRAY_NEW_DEFAULT, OP_ARRAY_NEW_FIXED):
            self.array_new(op)
        elif op in (OP_ARRAY_NEW_DATA, OP_ARRAY_NEW_ELEM, OP_ARRAY_INIT_DATA, OP_ARRAY_INIT_ELEM):
            self.array_segment(op)
        elif op in (OP_ARRAY_GET, OP_ARRAY_GET_S, OP_ARRAY_GET_U, OP_ARRAY_SET, OP_ARRAY_FILL):
            self.array_access(op)
        elif op == OP_ARRAY_COPY:
            self.array_copy()
        elif op in (OP_REF_TEST, OP_REF_TEST_NULL, OP_REF_CAST, OP_REF_CAST_NULL):
            self.cast(op)
        elif op in (OP_ANY_CONVERT_EXTERN, OP_EXTERN_CONVERT_ANY):
            self.convert(op)
        elif op == OP_REF_GET_DESC:
            self.ref_get_desc()
        elif op in (OP_REF_CAST_DESC_EQ, OP_REF_CAST_DESC_EQ_NULL):
            self.cast_desc_eq(op)
        elif op == OP_REF_I31:
            self.stack.pop(I32)
            self.stack.push(I31REF + NON_NULL)
        else:
            raise InternalError(f"no rule validates opcode 0x{op:x}")

    def struct_new(self, op: int) -> None:
        idx = self.typeidx(KIND_STRUCT)
        at = self.type_at[idx]
        count = self.type_params[idx]
        if op in (OP_STRUCT_NEW_DESC, OP_STRUCT_NEW_DEFAULT_DESC):
            self.reader.note_descriptors(self.stack.at)
            if self.descriptors[idx] < 0:
                raise ValidationError("type without descriptor requires non-descriptor allocation", self.stack.at)
            self.stack.pop(CONCRETE + 4 * self.descriptors[idx] + EXACT_BIT + 1)
        elif self.descriptors[idx] >= 0:
            raise ValidationError("type with descriptor requires descriptor allocation", self.stack.at)
        if op in (OP_STRUCT_NEW, OP_STRUCT_NEW_DESC):
            self.stack.pop_range(at, count)
        elif not self.known_defaults[idx]:
            self.defaultable(at, count)
            self.known_defaults[idx] = 1
        self.stack.push(CONCRETE + 4 * idx + EXACT_BIT)

    def defaultable(self, at: int, count: int) -> None:
        for i in range(at, at + count):
            if not has_default(self.flat[i]):
                raise ValidationError(
                    f"type mismatch: {valtype_text(self.flat[i])} has no default value", self.stack.at
                )

    def access(self, at: int, signed: bool, what: str) -> None:
        """Check that an instruction with or without a sign may read the field `storage[at]`; `what` names it."""
        is_packed = self.storage[at] in (I8, I16)
        if is_packed and not signed:
            raise ValidationError(f"type mismatch: {what} is packed", self.stack.at)
        if signed and not is_packed:
            raise ValidationError(f"type mismatch: {what} is not packed", self.stack.at)

    def struct_access(self, op: int) -> None:
        idx = self.typeidx(KIND_STRUCT)
        at = self.type_at[idx] + self.index(self.type_params[idx], "field")
        if op == OP_STRUCT_SET:
            if not self.mutable[at]:
                raise ValidationError("immutable field", self.stack.at)
            self.stack.pop(self.flat[at])
            self.stack.pop(CONCRETE + 4 * idx + 1)
        else:
            self.access(at, op != OP_STRUCT_GET, "field")
            self.stack.pop(CONCRETE + 4 * idx + 1)
            self.stack.push(self.flat[at])

    def array_new(self, op: int) -> None:
        idx = self.typeidx(KIND_ARRAY)
        at = self.type_at[idx]
        if op == OP_ARRAY_NEW_FIXED:
            count = self.reader.u32()
            if count > MAX_FIXED:
                raise ValidationError(f"too many operands of array.new_fixed (limit {MAX_FIXED})", self.stack.at)
            self.stack.pop_each(at, count)
        else:
            self.stack.pop(I32)
            if op == OP_ARRAY_NEW:
                self.stack.pop(self.flat[at])
            else:
                self.defaultable(at, 1)
        self.stack.push(CONCRETE + 4 * idx + EXACT_BIT)

    def array_segment(self, op: int) -> None:
        """array.new_data, array.new_elem, array.init_data, array.init_elem."""
        stack = self.stack
        idx = self.typeidx(KIND_ARRAY)
        at = self.type_at[idx]
        if op in (OP_ARRAY_NEW_DATA, OP_ARRAY_INIT_DATA):
            dataidx = self.dataidx()
            self.data(dataidx)
            if is_reftype(self.flat[at]):
                raise ValidationError("array type is not numeric or vector", stack.at)
        else:
            elemidx = self.reader.u32()
            self.elem(elemidx)
            self.match_reftypes(self.flat[at], self.elems[elemidx])
        stack.pop(I32)
        stack.pop(I32)
        if op in (OP_ARRAY_NEW_DATA, OP_ARRAY_NEW_ELEM):
            stack.push(CONCRETE + 4 * idx + EXACT_BIT)
        else:
            self.mutable_array(at)
            stack.pop(I32)
            stack.pop(CONCRETE + 4 * idx + 1)

    def mutable_array(self, at: int) -> None:
        if not self.mutable[at]:
            raise ValidationError("immutable array", self.stack.at)

    def array_access(self, op: int) -> None:
        stack = self.stack
        idx = self.typeidx(KIND_ARRAY)
        at = self.type_at[idx]
        if op in (OP_ARRAY_SET, OP_ARRAY_FILL):
            self.mutable_array(at)
            if op == OP_ARRAY_FILL:
                stack.pop(I32)
            stack.pop(self.flat[at])
        else:
            self.access(at, op != OP_ARRAY_GET, "array")
        stack.pop(I32)
        stack.pop(CONCRETE + 4 * idx + 1)
        if op not in (OP_ARRAY_SET, OP_ARRAY_FILL):
            stack.push(self.flat[at])

    def array_copy(self) -> None:
        stack = self.stack
        target = self.typeidx(KIND_ARRAY)
        source = self.typeidx(KIND_ARRAY)
        self.mutable_array(self.type_at[target])
        expected = self.storage[self.type_at[target]]
        actual = self.storage[self.type_at[source]]
        if actual != expected and not stack.matches(actual, expected):
            raise ValidationError("array types do not match", stack.at)
        stack.pop(I32)
        stack.pop(I32)
        stack.pop(CONCRETE + 4 * source + 1)
        stack.pop(I32)
        stack.pop(CONCRETE + 4 * target + 1)

    def cast(self, op: int) -> None:
        """ref.test and ref.cast take any reference of the same hierarchy."""
        stack = self.stack
        heaptype = self.known_type(self.reader.heaptype())
        stack.pop(self.top(heaptype))
        if op in (OP_REF_TEST, OP_REF_TEST_NULL):
            stack.push(I32)
        else:
            stack.push(ref(heaptype, op == OP_REF_CAST_NULL))

    def top(self, reftype: int) -> int:
        """The greatest heap type above what a reference type refers to."""
        if reftype not in self.tops:
            self.tops[reftype] = top_of(close_valtype(heaptype_of(reftype), self.stack.type_ids))
        return int(self.tops[reftype])

    # Descriptors (Overview.md of the custom-descriptors proposal)

    def pop_descriptor(self, reftype: int) -> None:
        """Pop a descriptor such as what the type refers to has: an exact one, if the type is exact."""
        stack = self.stack
        self.reader.note_descriptors(stack.at)
        idx = (reftype - CONCRETE) >> 2
        if reftype < CONCRETE or self.descriptors[idx] < 0:
            raise ValidationError(f"type {heaptype_text(heaptype_of(reftype))} does not have a descriptor", stack.at)
        stack.pop(CONCRETE + 4 * self.descriptors[idx] + (reftype & EXACT_BIT) + 1)

    def cast_desc_eq(self, op: int) -> None:
        stack = self.stack
        heaptype = self.known_type(self.reader.heaptype())
        self.pop_descriptor(heaptype)
        stack.pop(self.top(heaptype))
        stack.push(ref(heaptype, op == OP_REF_CAST_DESC_EQ_NULL))

    def ref_get_desc(self) -> None:
        """Of an object whose type is known exactly the type of its descriptor is, too."""
        stack = self.stack
        self.reader.note_descriptors(stack.at)
        idx = self.index(self.type_count, "type")
        if self.descriptors[idx] < 0:
            raise ValidationError(f"type without descriptor: type {idx}", stack.at)
        exact = EXACT_BIT
        if stack.height > stack.floor and not stack.matches(
            stack.operands[stack.height - 1], CONCRETE + 4 * idx + EXACT_BIT + 1
        ):
            exact = 0
        stack.pop(CONCRETE + 4 * idx + exact + 1)
        stack.push(CONCRETE + 4 * self.descriptors[idx] + exact)

    def convert(self, op: int) -> None:
        """any.convert_extern and extern.convert_any; null stays null."""
        stack = self.stack
        actual = self.pop_ref()
        expected, result = (EXTERNREF, ANYREF) if op == OP_ANY_CONVERT_EXTERN else (ANYREF, EXTERNREF)
        if not stack.matches(actual, expected):
            found = valtype_text(actual)
            raise ValidationError(
                f"type mismatch: instruction requires {valtype_text(expected)} but stack has {found}", stack.at
            )
        stack.push(ref(result, actual != BOTTOM_REF and is_nullable(actual)))
