"""Function bodies and constant expressions (specification, 3.3 and 3.4.1), decoded and validated in one pass.

This pass is the only one that looks at the bytes of a body before it is lowered, so it raises DecodeError for what is
malformed in it as well as ValidationError for what is invalid. Instructions whose operands and results are data have
no rule of their own here: `isa.wasm` says their types, and each kind of immediates has one rule in `immediates`.
"""

from __future__ import annotations

from array import array

import cython

from wasmvm import types
from wasmvm.errors import DecodeError, InternalError, ValidationError
from wasmvm.isa import flat
from wasmvm.reader import Reader
from wasmvm.types import REFTYPES, VALTYPE_NAMES
from wasmvm.validation import context as tables
from wasmvm.validation.context import Context
from wasmvm.validation.stacks import Stacks

if not cython.compiled:
    from wasmvm.isa.opcode import (
        IMM_DATAIDX,
        IMM_ELEMIDX,
        IMM_F32,
        IMM_F64,
        IMM_FUNCIDX,
        IMM_I32,
        IMM_I64,
        IMM_LANEIDX,
        IMM_LANES,
        IMM_MEMARG,
        IMM_MEMARG_LANEIDX,
        IMM_MEMIDX,
        IMM_MEMORY_COPY,
        IMM_MEMORY_INIT,
        IMM_NONE,
        IMM_TABLE_COPY,
        IMM_TABLE_INIT,
        IMM_TABLEIDX,
        IMM_V128,
        OP_BLOCK,
        OP_BR,
        OP_BR_IF,
        OP_BR_TABLE,
        OP_CALL,
        OP_CALL_INDIRECT,
        OP_DROP,
        OP_ELSE,
        OP_END,
        OP_F32_CONST,
        OP_F64_CONST,
        OP_GLOBAL_GET,
        OP_GLOBAL_SET,
        OP_I32_CONST,
        OP_I64_CONST,
        OP_IF,
        OP_LOCAL_GET,
        OP_LOCAL_SET,
        OP_LOCAL_TEE,
        OP_LOOP,
        OP_REF_FUNC,
        OP_REF_IS_NULL,
        OP_REF_NULL,
        OP_RETURN,
        OP_SELECT,
        OP_SELECT_T,
        OP_TABLE_FILL,
        OP_TABLE_GET,
        OP_TABLE_GROW,
        OP_TABLE_SET,
        OP_UNREACHABLE,
        OP_V128_CONST,
    )

IMM_OF = flat.IMM_OF
LANES_OF = flat.LANES_OF
NO_OPCODE = flat.NO_OPCODE
PARAMS_AT = tables.PARAMS_AT
PARAM_COUNT = tables.PARAM_COUNT
RESULT = tables.RESULT
NATURAL_ALIGNMENT = tables.NATURAL_ALIGNMENT
BOTTOM = tables.BOTTOM
I32 = types.I32
FUNCREF = types.FUNCREF

MAX_LOCALS = types.MAX_LOCALS
LONG_GROUP = 64
"""Locals from which copying a block of bytes is faster than a loop: many functions may declare as many as they can."""
BR_TABLE_ARITY = "type mismatch: br_table labels have different numbers of operands"


class BodyValidator:
    """Validates bodies and constant expressions of one module, one after the other.

    Every method raises ValidationError or DecodeError, at the instruction or the byte that is wrong.
    """

    def __init__(self, source: bytes, context: Context) -> None:
        self.reader = Reader(source)
        self.stack = Stacks(context.flat)
        self.buf = source
        self.type_at = context.type_at
        self.type_params = context.type_params
        self.type_results = context.type_results
        self.type_count = len(context.type_at)
        self.flat = context.flat
        self.funcs = context.funcs
        self.func_count = len(context.funcs)
        self.tables = context.tables
        self.table_count = len(context.tables)
        self.mem_count = context.mem_count
        self.globals = context.globals
        self.global_mutable = context.global_mutable
        self.global_count = len(context.globals)
        self.imported_globals = context.imported_globals
        self.elems = context.elems
        self.elem_count = len(context.elems)
        self.data_count = context.data_count
        self.refs = context.refs
        self.local_bytes = bytearray(MAX_LOCALS)
        self.locals = self.local_bytes
        self.local_count = 0
        self.br_tables = 0
        self.start = 0

    def bodies(self, first: int, code: array[int]) -> None:
        """3.4.1: all functions that the module defines; `first` is the funcidx of the first, `code` as in `Module`."""
        for i in range(len(code) // 2):
            self.body(self.funcs[first + i], code[2 * i], code[2 * i + 1])

    def body(self, typeidx: int, start: int, end: int) -> None:
        reader = self.reader
        stack = self.stack
        self.start = start
        reader.pos = start
        reader.end = end
        self.declare_locals(typeidx)
        stack.reset()
        stack.at = reader.pos
        # The body's own frame takes no operands from the stack: its parameters are locals.
        results = self.type_at[typeidx] + self.type_params[typeidx]
        stack.enter(OP_BLOCK, results, 0, self.type_results[typeidx])
        self.instructions()
        if reader.pos != end:
            raise DecodeError("section size mismatch", reader.pos)

    def declare_locals(self, typeidx: int) -> None:
        """5.5.13: expand parameters and locals to one type each."""
        reader = self.reader
        count = self.type_params[typeidx]
        at = self.type_at[typeidx]
        for i in range(count):
            self.locals[i] = self.flat[at + i]
        for _ in range(reader.length()):
            group = reader.pos
            more = reader.u32()
            valtype = reader.valtype()
            if more > MAX_LOCALS - count:
                raise DecodeError(f"too many locals (limit {MAX_LOCALS})", group)
            if more < LONG_GROUP:
                for i in range(count, count + more):
                    self.locals[i] = valtype
            else:
                self.local_bytes[count : count + more] = bytes([valtype]) * more
            count += more
        self.local_count = count

    def instructions(self) -> None:
        """All instructions up to the one that closes the outermost frame."""
        reader = self.reader
        stack = self.stack
        buf = self.buf
        while stack.depth > 0:
            at = reader.pos
            if at >= reader.end:
                self.missing_end()
            stack.at = at
            op = buf[at]
            if IMM_OF[op] != NO_OPCODE:
                reader.pos = at + 1
            else:
                op = reader.opcode()
            if op == OP_LOCAL_GET:
                if stack.height >= stack.room:
                    stack.grow(1)
                stack.operands[stack.height] = self.local_type()
                stack.height += 1
            elif op == OP_LOCAL_SET:
                stack.pop(self.local_type())
            elif op == OP_LOCAL_TEE:
                valtype = self.local_type()
                stack.pop(valtype)
                stack.push(valtype)
            elif op in (OP_BLOCK, OP_LOOP, OP_IF):
                self.enter(op)
            elif op == OP_ELSE:
                self.otherwise()
            elif op == OP_END:
                self.end()
            elif op == OP_BR:
                self.branch(self.label())
                stack.set_unreachable()
            elif op == OP_BR_IF:
                self.br_if()
            elif op == OP_BR_TABLE:
                self.br_table()
            elif op == OP_RETURN:
                self.branch(0)
                stack.set_unreachable()
            elif op == OP_UNREACHABLE:
                stack.set_unreachable()
            elif op == OP_CALL:
                self.call(self.funcs[self.index(self.func_count, "function")])
            elif op == OP_CALL_INDIRECT:
                self.call_indirect()
            elif op == OP_DROP:
                stack.pop_any()
            elif op == OP_SELECT:
                self.select()
            elif op == OP_SELECT_T:
                self.select_t()
            elif op == OP_GLOBAL_GET:
                stack.push(self.globals[self.index(self.global_count, "global")])
            elif op == OP_GLOBAL_SET:
                self.global_set()
            elif op in (OP_TABLE_GET, OP_TABLE_SET, OP_TABLE_GROW, OP_TABLE_FILL):
                self.table_access(op)
            elif op == OP_REF_NULL:
                stack.push(reader.reftype())
            elif op == OP_REF_IS_NULL:
                self.ref_is_null()
            else:
                self.immediates(op)
                count = PARAM_COUNT[op]
                first = PARAMS_AT[op]
                height = stack.height - count
                if (
                    height >= stack.floor
                    and (count < 1 or stack.operands[height] == stack.flat[first])
                    and (count < 2 or stack.operands[height + 1] == stack.flat[first + 1])
                    and (count < 3 or stack.operands[height + 2] == stack.flat[first + 2])
                ):
                    stack.height = height
                else:
                    stack.pop_range(first, count)
                if RESULT[op] != BOTTOM:
                    if stack.height >= stack.room:
                        stack.grow(1)
                    stack.operands[stack.height] = RESULT[op]
                    stack.height += 1

    def missing_end(self) -> None:
        """The body is over and a block is still open: raise what is found by reading on as if it were longer."""
        reader = self.reader
        reader.pos = self.start
        reader.end = len(self.buf)
        reader.skip_func()
        raise DecodeError("section size mismatch", reader.pos)

    # Immediates

    def index(self, count: int, space: str) -> int:
        """An index into an index space of this length."""
        idx = self.reader.u32()
        if idx >= count:
            raise ValidationError(f"unknown {space} {idx}", self.stack.at)
        return idx

    def zero(self) -> None:
        """A memory index, as long as there is only one memory and its index is a byte."""
        if self.reader.byte() != 0:
            raise DecodeError("zero byte expected", self.reader.pos - 1)

    def memory(self) -> None:
        if self.mem_count == 0:
            raise ValidationError("unknown memory 0", self.stack.at)

    def local_type(self) -> int:
        reader = self.reader
        idx = reader.u32()
        if idx >= self.local_count:
            raise ValidationError(f"unknown local {idx}", self.stack.at)
        return self.locals[idx]

    def label(self) -> int:
        """A label, as the index of its frame."""
        idx = self.reader.u32()
        if idx >= self.stack.depth:
            raise ValidationError(f"unknown label {idx}", self.stack.at)
        return self.stack.depth - 1 - idx

    def dataidx(self) -> int:
        idx = self.reader.u32()
        if self.data_count < 0:
            raise DecodeError("data count section required", self.stack.at)
        return idx

    def data(self, idx: int) -> None:
        if idx >= self.data_count:
            raise ValidationError(f"unknown data segment {idx}", self.stack.at)

    def memarg(self, op: int) -> None:
        """3.3.7: alignment and offset."""
        reader = self.reader
        at = reader.pos
        align = reader.u32()
        if align >= 0x80:
            raise DecodeError("malformed memop flags", at)
        offset = reader.u64()
        self.memory()
        if align > NATURAL_ALIGNMENT[op]:
            raise ValidationError("alignment must not be larger than natural", self.stack.at)
        if offset > 0xFFFFFFFF:
            raise ValidationError("offset out of range", self.stack.at)

    def lanes(self, op: int, count: int) -> None:
        """3.3.3: lane indices."""
        for _ in range(count):
            if self.reader.byte() >= LANES_OF[op]:
                raise ValidationError("invalid lane index", self.stack.at)

    def immediates(self, op: int) -> None:
        """Read and check the immediates of an instruction whose operands and results `isa.wasm` knows."""
        kind = IMM_OF[op]
        reader = self.reader
        if kind == IMM_NONE:
            pass
        elif kind == IMM_MEMARG:
            self.memarg(op)
        elif kind == IMM_I32:
            reader.sint(32)
        elif kind == IMM_I64:
            reader.sint(64)
        elif kind == IMM_F32:
            reader.skip(4)
        elif kind == IMM_F64:
            reader.skip(8)
        elif kind == IMM_MEMIDX:
            self.zero()
            self.memory()
        elif kind == IMM_MEMORY_COPY:
            self.zero()
            self.zero()
            self.memory()
        elif kind == IMM_MEMORY_INIT:
            idx = self.dataidx()
            self.zero()
            self.memory()
            self.data(idx)
        elif kind == IMM_DATAIDX:
            self.data(self.dataidx())
        elif kind == IMM_V128:
            reader.skip(16)
        elif kind == IMM_LANEIDX:
            self.lanes(op, 1)
        elif kind == IMM_MEMARG_LANEIDX:
            self.memarg(op)
            self.lanes(op, 1)
        elif kind == IMM_LANES:
            self.lanes(op, 16)
        elif kind == IMM_FUNCIDX:
            self.ref_func()
        elif kind == IMM_TABLEIDX:
            self.index(self.table_count, "table")
        elif kind == IMM_TABLE_COPY:
            idx = self.index(self.table_count, "table")
            self.match_reftypes(self.tables[idx], self.tables[self.index(self.table_count, "table")])
        elif kind == IMM_TABLE_INIT:
            self.table_init()
        elif kind == IMM_ELEMIDX:
            self.index(self.elem_count, "elem segment")
        else:
            raise InternalError(f"no rule for the immediates of opcode 0x{op:x}")

    def match_reftypes(self, expected: int, actual: int) -> None:
        if actual != expected:
            raise ValidationError(
                f"type mismatch: expected {VALTYPE_NAMES[expected]} elements, found {VALTYPE_NAMES[actual]}",
                self.stack.at,
            )

    # 3.3.8: control instructions

    def enter(self, op: int) -> None:
        """block, loop, if"""
        reader = self.reader
        byte = self.buf[reader.pos] if reader.pos < reader.end else 0
        if byte == 0x40:
            at = params = results = 0
            reader.pos += 1
        elif byte < 0x40 or byte >= 0x80:
            typeidx = reader.sint(33)
            if typeidx < 0:
                raise DecodeError("malformed block type", reader.pos - 1)
            if typeidx >= self.type_count:
                raise ValidationError(f"unknown type {typeidx}", self.stack.at)
            at = self.type_at[typeidx]
            params = self.type_params[typeidx]
            results = self.type_results[typeidx]
        else:
            at = reader.valtype()
            params = 0
            results = 1
        if op == OP_IF:
            self.stack.pop(I32)
        self.stack.enter(op, at, params, results)

    def otherwise(self) -> None:
        """else"""
        stack = self.stack
        if stack.kinds[stack.depth - 1] != OP_IF:
            raise DecodeError("END opcode expected", stack.at)
        stack.finish()
        stack.otherwise()
        stack.kinds[stack.depth - 1] = OP_ELSE

    def end(self) -> None:
        stack = self.stack
        stack.finish()
        if stack.kinds[stack.depth - 1] == OP_IF:
            # The arm that is not there takes the parameters and leaves them as the results.
            stack.otherwise()
            stack.finish()
        stack.leave()

    def branch(self, frame: int) -> None:
        """Check that the operands which a branch to this frame takes are there."""
        self.stack.require_range(self.stack.label_at(frame), self.stack.label_count(frame))

    def br_if(self) -> None:
        stack = self.stack
        frame = self.label()
        stack.pop(I32)
        at = stack.label_at(frame)
        count = stack.label_count(frame)
        # In unreachable code this makes operands of any type have the types of the label.
        stack.pop_range(at, count)
        stack.push_range(at, count)

    def br_table(self) -> None:
        """Each frame is checked once however often it is named: a long table of labels with many operands is linear."""
        stack = self.stack
        reader = self.reader
        count = reader.length()
        stack.pop(I32)
        self.br_tables += 1
        operands = -1
        for _ in range(count + 1):
            frame = self.label()
            if stack.checked[frame] == self.br_tables:
                continue
            stack.checked[frame] = self.br_tables
            if operands < 0:
                operands = stack.label_count(frame)
            elif operands != stack.label_count(frame):
                raise ValidationError(BR_TABLE_ARITY, stack.at)
            self.branch(frame)
        stack.set_unreachable()

    def call(self, typeidx: int) -> None:
        at = self.type_at[typeidx]
        params = self.type_params[typeidx]
        self.stack.pop_range(at, params)
        self.stack.push_range(at + params, self.type_results[typeidx])

    def call_indirect(self) -> None:
        typeidx = self.index(self.type_count, "type")
        table = self.index(self.table_count, "table")
        self.match_reftypes(FUNCREF, self.tables[table])
        self.stack.pop(I32)
        self.call(typeidx)

    # 3.3.3 to 3.3.6: reference, parametric, variable and table instructions

    def ref_func(self) -> None:
        idx = self.index(self.func_count, "function")
        if not self.refs[idx]:
            raise ValidationError("undeclared function reference", self.stack.at)

    def ref_is_null(self) -> None:
        stack = self.stack
        valtype = stack.pop_any()
        if valtype != BOTTOM and valtype not in REFTYPES:
            found = VALTYPE_NAMES[valtype]
            raise ValidationError(f"type mismatch: instruction requires reference type but stack has {found}", stack.at)
        stack.push(I32)

    def select(self) -> None:
        """select without a type, for numbers and vectors only"""
        stack = self.stack
        stack.pop(I32)
        second = stack.pop_any()
        first = stack.pop_any()
        for valtype in (first, second):
            if valtype in REFTYPES:
                found = VALTYPE_NAMES[valtype]
                raise ValidationError(
                    f"type mismatch: instruction requires numeric or vector type but stack has {found}", stack.at
                )
        if first != second and first != BOTTOM and second != BOTTOM:
            expected, found = VALTYPE_NAMES[first], VALTYPE_NAMES[second]
            raise ValidationError(f"type mismatch: select between {expected} and {found}", stack.at)
        stack.push(second if first == BOTTOM else first)

    def select_t(self) -> None:
        stack = self.stack
        reader = self.reader
        count = reader.length()
        valtype = BOTTOM
        for _ in range(count):
            valtype = reader.valtype()
        if count != 1:
            raise ValidationError("invalid result arity other than 1 is not allowed", stack.at)
        stack.pop(I32)
        stack.pop(valtype)
        stack.pop(valtype)
        stack.push(valtype)

    def global_set(self) -> None:
        idx = self.index(self.global_count, "global")
        if not self.global_mutable[idx]:
            raise ValidationError("immutable global", self.stack.at)
        self.stack.pop(self.globals[idx])

    def table_init(self) -> None:
        """The element segment comes first in the bytes, the table first in the rules."""
        elem = self.reader.u32()
        table = self.index(self.table_count, "table")
        if elem >= self.elem_count:
            raise ValidationError(f"unknown elem segment {elem}", self.stack.at)
        self.match_reftypes(self.tables[table], self.elems[elem])

    def table_access(self, op: int) -> None:
        stack = self.stack
        reftype = self.tables[self.index(self.table_count, "table")]
        if op == OP_TABLE_GET:
            stack.pop(I32)
            stack.push(reftype)
        elif op == OP_TABLE_SET:
            stack.pop(reftype)
            stack.pop(I32)
        elif op == OP_TABLE_GROW:
            stack.pop(I32)
            stack.pop(reftype)
            stack.push(I32)
        else:
            stack.pop(I32)
            stack.pop(reftype)
            stack.pop(I32)

    # 3.3.10: constant expressions

    def constant(self, start: int, end: int, valtype: int) -> None:
        """A constant expression with a result of this type; the functions that it refers to become `refs`."""
        reader = self.reader
        stack = self.stack
        reader.pos = start
        reader.end = end
        stack.reset()
        stack.at = start
        stack.enter(OP_BLOCK, valtype, 0, 1)
        while stack.depth > 0:
            stack.at = reader.pos
            op = reader.opcode()
            if op in (OP_I32_CONST, OP_I64_CONST, OP_F32_CONST, OP_F64_CONST, OP_V128_CONST):
                self.immediates(op)
                stack.push(RESULT[op])
            elif op == OP_REF_NULL:
                stack.push(reader.reftype())
            elif op == OP_REF_FUNC:
                self.refs[self.index(self.func_count, "function")] = 1
                stack.push(FUNCREF)
            elif op == OP_GLOBAL_GET:
                idx = self.index(self.imported_globals, "global")
                if self.global_mutable[idx]:
                    raise ValidationError("constant expression required", stack.at)
                stack.push(self.globals[idx])
            elif op == OP_END:
                self.end()
            else:
                raise ValidationError("constant expression required", stack.at)
