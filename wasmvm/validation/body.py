"""Function bodies and constant expressions (spec "Validation: Instructions"), decoded and validated in one pass.

This pass is the only one that looks at the bytes of a body before it is lowered, so it raises DecodeError for what is
malformed in it as well as ValidationError for what is invalid. Instructions whose operands and results are data have
no rule of their own: `isa.wasm` says their types, and each kind of immediates has one rule in `rules`.
"""

from __future__ import annotations

from array import array

import cython

from wasmvm.errors import DecodeError, ValidationError
from wasmvm.generated import flat
from wasmvm.types import ref, valtype_text
from wasmvm.validation import context as tables
from wasmvm.validation.aggregates import Aggregates
from wasmvm.validation.context import Context

if not cython.compiled:
    from wasmvm.generated.opcode import *  # noqa: F403
    from wasmvm.isa.codes import CATCH_ALL, CATCH_ALL_REF, CATCH_REF
    from wasmvm.types import BOTTOM, CONCRETE, EXNREF, FUNCREF, I32, KIND_FUNC, LOOK, MAX_LOCALS, NON_NULL
    from wasmvm.validation.rules import has_default

IMM_OF = flat.IMM_OF
PARAMS_AT = tables.PARAMS_AT
PARAM_COUNT = tables.PARAM_COUNT
RESULT = tables.RESULT

BR_TABLE_ARITY = "type mismatch: br_table labels have different numbers of operands"


class BodyValidator(Aggregates):
    """Validates bodies and constant expressions of one module, one after the other."""

    @property
    def descriptors_at(self) -> int:
        """The offset of the first thing so far that belongs to the custom-descriptors proposal, or -1."""
        return self.reader.descriptors_at

    def __init__(self, source: bytes, context: Context) -> None:
        Aggregates.__init__(self, source, context)
        self.block_params = 0
        self.block_results = 0
        self.br_tables = 0
        self.start = 0

    def bodies(self, first: int, code: array[int]) -> None:
        """spec "Validation: Functions": all that are defined; `first` is the first funcidx, `code` as in `Module`."""
        looked = 0
        for i in range(len(code) // 2):
            if code[2 * i] >= looked + LOOK:
                looked = code[2 * i]
                self.reader.look_around()
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
        """spec "Code Section": parameters and locals.

        The types of as many as there are bytes are expanded, which is nearly always all: each instruction on the others
        takes some bytes itself.
        """
        reader = self.reader
        stack = self.stack
        count = self.type_params[typeidx]
        at = self.type_at[typeidx]
        self.param_count = count
        self.param_at = at
        self.run_count = 0
        most = min(reader.end - reader.pos, MAX_LOCALS)
        stack.expanded = min(count, most)
        stack.expect_locals(stack.expanded)
        for i in range(stack.expanded):
            stack.locals[i] = self.flat[at + i]
        for run in range(reader.length()):
            if run & (LOOK - 1) == LOOK - 1:
                reader.look_around()
            group = reader.pos
            more = reader.u32()
            stack.at = reader.pos
            valtype = self.known_type(reader.valtype())
            if more > MAX_LOCALS - count:
                raise DecodeError(f"too many locals (limit {MAX_LOCALS})", group)
            if more == 0:
                continue
            last = count + more
            self.declare_run(last, valtype)
            if not has_default(valtype):
                stack.expect_assignments()
                valtype = BOTTOM
            if count < most:
                stack.expanded = min(last, most)
                stack.expect_locals(stack.expanded)
                for i in range(count, stack.expanded):
                    stack.locals[i] = valtype
            count = last
        self.local_count = count

    def instructions(self) -> None:
        """All instructions up to the one that closes the outermost frame."""
        reader = self.reader
        stack = self.stack
        buf = self.buf
        stop = min(reader.end, reader.pos + LOOK)
        while stack.depth > 0:
            at = reader.pos
            if at >= stop:
                if at >= reader.end:
                    self.missing_end()
                reader.look_around()
                stop = min(reader.end, at + LOOK)
            stack.at = at
            op = buf[at]
            if IMM_OF[op] != NO_OPCODE:
                reader.pos = at + 1
            else:
                op = reader.opcode()
            if op == OP_LOCAL_GET:
                self.local_get()
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
                frame = self.label()
                stack.pop(I32)
                self.branch_or_stay(frame)
            elif op == OP_BR_TABLE:
                self.br_table()
            elif op == OP_RETURN:
                self.branch(0)
                stack.set_unreachable()
            elif op == OP_UNREACHABLE:
                stack.set_unreachable()
            elif op in (OP_CALL, OP_CALL_INDIRECT, OP_CALL_REF):
                self.call(self.callee(op))
            elif op in (OP_RETURN_CALL, OP_RETURN_CALL_INDIRECT, OP_RETURN_CALL_REF):
                self.return_call(self.callee(op))
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
                self.ref_null()
            elif op == OP_REF_IS_NULL:
                self.ref_is_null()
            elif op == OP_REF_FUNC:
                self.ref_func()
            elif op == OP_REF_AS_NON_NULL:
                self.ref_as_non_null()
            elif op == OP_BR_ON_NULL:
                self.br_on_null()
            elif op == OP_BR_ON_NON_NULL:
                self.br_on_non_null()
            elif op in (OP_BR_ON_CAST, OP_BR_ON_CAST_FAIL, OP_BR_ON_CAST_DESC_EQ, OP_BR_ON_CAST_DESC_EQ_FAIL):
                self.br_on_cast(op)
            elif op == OP_THROW:
                self.throw()
            elif op == OP_THROW_REF:
                stack.pop(EXNREF)
                stack.set_unreachable()
            elif op == OP_TRY_TABLE:
                self.try_table()
            elif op == OP_TRY:
                self.enter(op)
            elif op in (OP_CATCH, OP_CATCH_ALL):
                self.catch(op)
            elif op == OP_DELEGATE:
                self.delegate()
            elif op == OP_RETHROW:
                self.rethrow()
            elif op in (OP_I64_ADD128, OP_I64_SUB128):
                self.two_results(4)
            elif op in (OP_I64_MUL_WIDE_S, OP_I64_MUL_WIDE_U):
                self.two_results(2)
            else:
                count = PARAM_COUNT[op]
                if count == OWN_RULE:
                    self.aggregate(op)
                    continue
                if IMM_OF[op] != IMM_NONE:
                    self.immediates(op)
                if self.wide_at != 0:
                    self.wide(op)
                    continue
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

    def local_get(self) -> None:
        reader = self.reader
        stack = self.stack
        idx = reader.u32()
        valtype = stack.locals[idx] if idx < stack.expanded else BOTTOM
        if valtype == BOTTOM:
            valtype = self.rare_local(idx)
        if stack.height >= stack.room:
            stack.grow(1)
        stack.operands[stack.height] = valtype
        stack.height += 1

    def missing_end(self) -> None:
        """Raise what is wrong with a body that ends in an open block: what reading on finds, as if it were longer."""
        reader = self.reader
        reader.pos = self.start
        reader.end = len(self.buf)
        reader.skip_func()
        raise DecodeError("section size mismatch", reader.pos)

    # spec "Validation: Control Instructions"

    def label(self) -> int:
        """A label, as the index of its frame."""
        idx = self.reader.u32()
        if idx >= self.stack.depth:
            raise ValidationError(f"unknown label {idx}", self.stack.at)
        return self.stack.depth - 1 - idx

    def enter(self, op: int) -> None:
        """block, loop, if, try."""
        at = self.blocktype()
        if op == OP_IF:
            self.stack.pop(I32)
        self.stack.enter(op, at, self.block_params, self.block_results)

    def blocktype(self) -> int:
        """spec "Validation: Block Types": where it is in `flat`; its arity is in `block_params` and `block_results`."""
        reader = self.reader
        byte = self.buf[reader.pos] if reader.pos < reader.end else 0
        self.block_params = self.block_results = 0
        if byte == 0x40:
            reader.pos += 1
            return 0
        typeidx = reader.blocktype()
        if typeidx < 0:
            self.block_results = 1
            return self.known_type(-2 - typeidx)
        if typeidx >= self.type_count:
            raise ValidationError(f"unknown type {typeidx}", self.stack.at)
        self.expect_kind(typeidx, KIND_FUNC)
        self.block_params = self.type_params[typeidx]
        self.block_results = self.type_results[typeidx]
        return self.type_at[typeidx]

    def otherwise(self) -> None:
        """else."""
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
            # The missing arm takes the parameters and leaves them as the results.
            stack.otherwise()
            stack.finish()
        stack.leave()

    def branch(self, frame: int) -> None:
        """Check that the operands which a branch to this frame takes are there."""
        self.stack.require_range(self.stack.label_at(frame), self.stack.label_count(frame))

    def branch_or_stay(self, frame: int) -> None:
        """A branch that may not be taken: after it, the operands have the types of the label."""
        at = self.stack.label_at(frame)
        count = self.stack.label_count(frame)
        self.stack.require_range(at, count)
        if not self.stack.same:
            self.stack.height = max(self.stack.height - count, self.stack.floor)
            self.stack.push_range(at, count)

    def br_table(self) -> None:
        """Each frame is checked once however often it is named: a long table of labels with many operands is linear."""
        stack = self.stack
        reader = self.reader
        count = reader.length()
        stack.pop(I32)
        self.br_tables += 1
        operands = -1
        for i in range(count + 1):
            if i & (LOOK - 1) == LOOK - 1:
                reader.look_around()
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

    def callee(self, op: int) -> int:
        """The type of what a call instruction calls; removes the operand that says what that is."""
        if op in (OP_CALL, OP_RETURN_CALL):
            return int(self.funcs[self.index(self.func_count, "function")])
        typeidx = self.typeidx(KIND_FUNC)
        if op in (OP_CALL_REF, OP_RETURN_CALL_REF):
            self.stack.pop(CONCRETE + 4 * typeidx + 1)
        else:
            table = self.tableidx()
            self.match_reftypes(FUNCREF, self.tables[table])
            self.stack.pop(self.table_addr[table])
        return typeidx

    def call(self, typeidx: int) -> None:
        at = self.type_at[typeidx]
        params = self.type_params[typeidx]
        self.stack.pop_range(at, params)
        self.stack.push_range(at + params, self.type_results[typeidx])

    def return_call(self, typeidx: int) -> None:
        stack = self.stack
        at = self.type_at[typeidx]
        params = self.type_params[typeidx]
        stack.pop_range(at, params)
        self.match_label(at + params, self.type_results[typeidx], 0, 0)
        stack.set_unreachable()

    def match_label(self, at: int, count: int, more: int, frame: int) -> None:
        """Check that a branch to the label of `frame` may carry values of these types, and one of type `more` if that
        is not 0, which are not on the stack."""
        stack = self.stack
        label = stack.label_at(frame)
        matches = stack.label_count(frame) == count + (1 if more else 0)
        if matches:
            matches = stack.match_types(at, label, count)
            if more:
                matches = matches and stack.matches(more, stack.flat[label + count])
        if not matches:
            raise ValidationError("type mismatch: the label or function takes other types", stack.at)

    def br_on_null(self) -> None:
        stack = self.stack
        frame = self.label()
        reftype = self.pop_ref()
        self.branch_or_stay(frame)
        stack.push(self.non_null(reftype))

    def br_on_non_null(self) -> None:
        stack = self.stack
        frame = self.label()
        stack.push(self.non_null(self.pop_ref()))
        if stack.label_count(frame) == 0:
            raise ValidationError("type mismatch: the label takes no reference", stack.at)
        self.branch_or_stay(frame)
        stack.pop_any()

    def br_on_cast(self, op: int) -> None:
        """br_on_cast, br_on_cast_fail: one kind of reference goes to the label, the other stays.

        By the custom-descriptors proposal, the two types need only be of one hierarchy; there are also
        br_on_cast_desc_eq and br_on_cast_desc_eq_fail, which ask for a descriptor.
        """
        stack = self.stack
        reader = self.reader
        at = reader.pos
        flags = reader.byte()
        if flags > 3:
            raise DecodeError("malformed br_on_cast flags", at)
        frame = self.label()
        given = ref(self.known_type(reader.heaptype()), (flags & 1) != 0)
        wanted = ref(self.known_type(reader.heaptype()), (flags & 2) != 0)
        fails = op in (OP_BR_ON_CAST_FAIL, OP_BR_ON_CAST_DESC_EQ_FAIL)
        if op in (OP_BR_ON_CAST_DESC_EQ, OP_BR_ON_CAST_DESC_EQ_FAIL):
            self.pop_descriptor(wanted)
        elif not stack.matches(wanted, given):
            reader.note_descriptors(stack.at)
        if self.top(wanted) != self.top(given):
            raise ValidationError(
                f"type mismatch: {valtype_text(wanted)} is not of the hierarchy of {valtype_text(given)}", stack.at
            )
        other = self.non_null(given) if flags & 2 else given  # null is wanted if it may be
        stack.pop(given)
        stack.push(other if fails else wanted)
        if stack.label_count(frame) == 0:
            raise ValidationError("type mismatch: the label takes no reference", stack.at)
        self.branch_or_stay(frame)
        stack.pop_any()
        stack.push(wanted if fails else other)

    def throw(self) -> None:
        typeidx = self.tags[self.index(self.tag_count, "tag")]
        self.stack.pop_range(self.type_at[typeidx], self.type_params[typeidx])
        self.stack.set_unreachable()

    def try_table(self) -> None:
        """The labels of its catch clauses are those outside of it."""
        reader = self.reader
        at = self.blocktype()
        params = self.block_params
        results = self.block_results
        for i in range(reader.length()):
            if i & (LOOK - 1) == LOOK - 1:
                reader.look_around()
            kind = reader.byte()
            if kind > CATCH_ALL_REF:
                raise DecodeError("malformed catch clause", reader.pos - 1)
            types_at = count = 0
            if kind < CATCH_ALL:
                typeidx = self.tags[self.index(self.tag_count, "tag")]
                types_at = self.type_at[typeidx]
                count = self.type_params[typeidx]
            more = EXNREF + NON_NULL if kind in (CATCH_REF, CATCH_ALL_REF) else 0
            self.match_label(types_at, count, more, self.label())
        self.stack.enter(OP_TRY_TABLE, at, params, results)

    # Legacy exception handling (legacy/exceptions.md of the exception-handling proposal). A frame's kind says which of
    # its parts is open: OP_TRY, OP_CATCH or OP_CATCH_ALL.

    def catch(self, op: int) -> None:
        """catch, catch_all: what was open before ends as the block does, and a handler begins with the payload."""
        stack = self.stack
        frame = stack.depth - 1
        if stack.kinds[frame] not in (OP_TRY, OP_CATCH):
            raise DecodeError("END opcode expected", stack.at)
        stack.finish()
        stack.begin_part()
        stack.kinds[frame] = op
        if op == OP_CATCH:
            typeidx = self.tags[self.index(self.tag_count, "tag")]
            stack.push_range(self.type_at[typeidx], self.type_params[typeidx])

    def delegate(self) -> None:
        """The end of a try without handlers. Its label is one of those outside of it, the function's included."""
        stack = self.stack
        if stack.kinds[stack.depth - 1] != OP_TRY:
            raise DecodeError("END opcode expected", stack.at)
        idx = self.reader.u32()
        if idx >= stack.depth - 1:
            raise ValidationError(f"unknown label {idx}", stack.at)
        stack.finish()
        stack.leave()

    def rethrow(self) -> None:
        frame = self.label()
        if self.stack.kinds[frame] not in (OP_CATCH, OP_CATCH_ALL):
            raise ValidationError(
                "invalid rethrow label: it is not that of a try whose handler this is in", self.stack.at
            )
        self.stack.set_unreachable()

    # spec "Constant Expressions"

    def constant(self, start: int, end: int, valtype: int, global_count: int) -> None:
        """A constant expression with a result of this type, which may use so many of the first globals.

        The functions that it refers to become `refs`.
        """
        reader = self.reader
        stack = self.stack
        reader.pos = start
        reader.end = end
        stack.reset()
        stack.at = start
        stack.enter(OP_BLOCK, valtype, 0, 1)
        look = start + LOOK
        while stack.depth > 0:
            stack.at = reader.pos
            if reader.pos >= look:
                reader.look_around()
                look = reader.pos + LOOK
            op = reader.opcode()
            if op in (OP_I32_CONST, OP_I64_CONST, OP_F32_CONST, OP_F64_CONST, OP_V128_CONST):
                self.immediates(op)
                stack.push(RESULT[op])
            elif op in (OP_I32_ADD, OP_I32_SUB, OP_I32_MUL, OP_I64_ADD, OP_I64_SUB, OP_I64_MUL):
                stack.pop_range(PARAMS_AT[op], PARAM_COUNT[op])
                stack.push(RESULT[op])
            elif op == OP_REF_NULL:
                self.ref_null()
            elif op == OP_REF_FUNC:
                idx = self.index(self.func_count, "function")
                self.refs[idx] = 1
                self.push_func(idx)
            elif op == OP_GLOBAL_GET:
                idx = self.index(global_count, "global")
                if self.global_mutable[idx]:
                    raise ValidationError("constant expression required", stack.at)
                stack.push(self.globals[idx])
            elif op in (
                OP_STRUCT_NEW, OP_STRUCT_NEW_DEFAULT, OP_STRUCT_NEW_DESC, OP_STRUCT_NEW_DEFAULT_DESC,
                OP_ARRAY_NEW, OP_ARRAY_NEW_DEFAULT, OP_ARRAY_NEW_FIXED,
                OP_REF_I31, OP_ANY_CONVERT_EXTERN, OP_EXTERN_CONVERT_ANY,
            ):  # fmt: skip
                self.aggregate(op)
            elif op == OP_END:
                self.end()
            else:
                raise ValidationError("constant expression required", stack.at)
