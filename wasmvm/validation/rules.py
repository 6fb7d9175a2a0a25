"""Rules of instructions that are not control (spec "Validation: Instructions"): immediates, types that rows do not say.

`Rules` knows numeric, parametric, variable, table, memory and reference instructions; `aggregates` builds upon it, and
`body`, which drives, upon that.
"""

from __future__ import annotations

from array import array

import cython

from wasmvm.errors import DecodeError, InternalError, ValidationError
from wasmvm.generated import flat
from wasmvm.reader import Reader
from wasmvm.types import heaptype_of, is_nullable, is_reftype, ref, valtype_text
from wasmvm.validation import context as tables
from wasmvm.validation.context import Context
from wasmvm.validation.stacks import Stacks

if not cython.compiled:
    from wasmvm.generated.opcode import (
        IMM_DATAIDX,
        IMM_ELEMIDX,
        IMM_F32,
        IMM_F64,
        IMM_FENCE,
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
        OP_MEMORY_ATOMIC_NOTIFY,
        OP_MEMORY_FILL,
        OP_TABLE_GET,
        OP_TABLE_GROW,
        OP_TABLE_SET,
    )
    from wasmvm.isa.codes import MEMIDX_FLAG
    from wasmvm.types import BOTTOM, BOTTOM_REF, CONCRETE, EXACT_BIT, F32, F64, I32, I64, NON_NULL
    from wasmvm.validation.stacks import grown

IMM_OF = flat.IMM_OF
LANES_OF = flat.LANES_OF
PARAMS_AT = tables.PARAMS_AT
PARAM_COUNT = tables.PARAM_COUNT
RESULT = tables.RESULT
NATURAL_ALIGNMENT = tables.NATURAL_ALIGNMENT
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


class Rules:
    """What instructions of one module are validated with; methods are called with the reader after the opcode.

    Every method raises ValidationError or DecodeError, at the instruction or the byte that is wrong.

    Attributes:
        local_count: the locals of the body, parameters included. The first have their types in ``stack.locals``,
            each of the others is found by `declared_local`:
        param_count, param_at: how many are parameters, and where these are in `flat`.
        run_count, run_ends, run_types: groups of other locals of one type, in order; the local after each, its type.
        known_defaults: by typeidx, whether all fields of the structure were found to have default values.
        tops: what `top_of` said, by heap type.
        wide_at: while an instruction is validated, where i64 stands among its operands instead of i32, as bits: the
            addresses of a memory or table of 64-bit addresses; bit 3 is the result.
    """

    def __init__(self, source: bytes, context: Context) -> None:
        self.reader = Reader(source, context.checkpoint)
        self.stack = Stacks(context.flat, context.type_ids)
        self.buf = source
        self.type_kind = context.type_kind
        self.type_at = context.type_at
        self.type_params = context.type_params
        self.type_results = context.type_results
        self.type_count = len(context.type_at)
        self.flat = context.flat
        self.storage = context.storage
        self.mutable = context.mutable
        self.funcs = context.funcs
        self.func_count = len(context.funcs)
        self.tags = context.tags
        self.tag_count = len(context.tags)
        self.tables = context.tables
        self.table_addr = context.table_addr
        self.table_count = len(context.tables)
        self.mems = context.mems
        self.mem_count = len(context.mems)
        self.globals = context.globals
        self.global_mutable = context.global_mutable
        self.global_count = len(context.globals)
        self.elems = context.elems
        self.elem_count = len(context.elems)
        self.data_count = context.data_count
        self.refs = context.refs
        self.inexact = context.inexact
        self.descriptors = context.descriptors
        self.local_count = 0
        self.param_count = 0
        self.param_at = 0
        self.run_count = 0
        self.run_room = 16
        self.run_ends = array("i", bytes(4 * 16))
        self.run_types = array("i", bytes(4 * 16))
        self.wide_at = 0
        self.known_defaults = bytearray(self.type_count)
        self.tops: dict[int, int] = {}

    def look_with(self, checkpoint: Callable[[], object] | None) -> None:
        """Call this from now on, see `Reader`."""
        self.reader.checkpoint = checkpoint

    # Immediates

    def index(self, count: int, space: str) -> int:
        """An index into an index space of this length."""
        idx = self.reader.u32()
        if idx >= count:
            raise ValidationError(f"unknown {space} {idx}", self.stack.at)
        return idx

    def typeidx(self, kind: int) -> int:
        """The index of a type of this kind."""
        idx = self.index(self.type_count, "type")
        self.expect_kind(idx, kind)
        return idx

    def expect_kind(self, idx: int, kind: int) -> None:
        if self.type_kind[idx] != kind:
            name = ("function", "structure", "array")[kind]
            raise ValidationError(f"type mismatch: type {idx} is not a {name} type", self.stack.at)

    def known_type(self, valtype: int) -> int:
        """Check that the type which the value type refers to exists; return the value type."""
        if valtype >= CONCRETE and (valtype - CONCRETE) >> 2 >= self.type_count:
            raise ValidationError(f"unknown type {(valtype - CONCRETE) >> 2}", self.stack.at)
        return valtype

    def memidx(self) -> int:
        return self.index(self.mem_count, "memory")

    def tableidx(self) -> int:
        return self.index(self.table_count, "table")

    def dataidx(self) -> int:
        idx = self.reader.u32()
        if self.data_count < 0:
            raise DecodeError("data count section required", self.stack.at)
        return idx

    def data(self, idx: int) -> None:
        if idx >= self.data_count:
            raise ValidationError(f"unknown data segment {idx}", self.stack.at)

    def elem(self, idx: int) -> None:
        if idx >= self.elem_count:
            raise ValidationError(f"unknown elem segment {idx}", self.stack.at)

    def memarg(self, op: int) -> None:
        """spec "Validation: Memory Instructions": alignment, memory and offset."""
        reader = self.reader
        at = reader.pos
        align = reader.u32()
        memidx = 0
        if align & MEMIDX_FLAG and align < 2 * MEMIDX_FLAG:
            align -= MEMIDX_FLAG
            memidx = reader.u32()
        if align >= MEMIDX_FLAG:
            raise DecodeError("malformed memop flags", at)
        offset = reader.u64()
        if memidx >= self.mem_count:
            raise ValidationError(f"unknown memory {memidx}", self.stack.at)
        if align > NATURAL_ALIGNMENT[op]:
            raise ValidationError("alignment must not be larger than natural", self.stack.at)
        if align < NATURAL_ALIGNMENT[op] and op >= OP_MEMORY_ATOMIC_NOTIFY:
            raise ValidationError("atomic alignment must be natural", self.stack.at)
        if self.mems[memidx] == I64:
            self.wide_at = 1
        elif offset > 0xFFFFFFFF:
            raise ValidationError("offset out of range", self.stack.at)

    def lanes(self, op: int, count: int) -> None:
        """spec "Validation: Vector Instructions": lane indices."""
        for _ in range(count):
            if self.reader.byte() >= LANES_OF[op]:
                raise ValidationError("invalid lane index", self.stack.at)

    def wide(self, op: int) -> None:
        """An instruction on a memory or table with 64-bit addresses."""
        stack = self.stack
        for i in range(PARAM_COUNT[op] - 1, -1, -1):
            stack.pop(I64 if self.wide_at >> i & 1 else self.flat[PARAMS_AT[op] + i])
        if RESULT[op] != BOTTOM:
            stack.push(I64 if self.wide_at & 8 else RESULT[op])
        self.wide_at = 0

    def immediates(self, op: int) -> None:
        """Read and check the immediates of an instruction whose operands and results its row says."""
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
            if self.mems[self.memidx()] == I64:
                # memory.size and memory.grow return an address, memory.fill takes two of three
                self.wide_at = 5 if op == OP_MEMORY_FILL else 9
        elif kind == IMM_MEMORY_COPY:
            idx = self.memidx()
            self.copies(self.mems[idx], self.mems[self.memidx()])
        elif kind == IMM_MEMORY_INIT:
            idx = self.dataidx()
            self.wide_at = 1 if self.mems[self.memidx()] == I64 else 0
            self.data(idx)
        elif kind == IMM_DATAIDX:
            self.data(self.dataidx())
        elif kind == IMM_V128:
            reader.skip(16)
        elif kind == IMM_FENCE:
            at = reader.pos
            if reader.byte():
                raise DecodeError("zero byte expected", at)
        elif kind == IMM_LANEIDX:
            self.lanes(op, 1)
        elif kind == IMM_MEMARG_LANEIDX:
            self.memarg(op)
            self.lanes(op, 1)
        elif kind == IMM_LANES:
            self.lanes(op, 16)
        elif kind == IMM_TABLEIDX:
            if self.table_addr[self.tableidx()] == I64:
                self.wide_at = 8  # table.size
        elif kind == IMM_TABLE_COPY:
            idx = self.tableidx()
            source = self.tableidx()
            self.match_reftypes(self.tables[idx], self.tables[source])
            self.copies(self.table_addr[idx], self.table_addr[source])
        elif kind == IMM_TABLE_INIT:
            self.table_init()
        elif kind == IMM_ELEMIDX:
            self.elem(reader.u32())
        else:
            raise InternalError(f"no rule for the immediates of opcode 0x{op:x}")

    def copies(self, target: int, source: int) -> None:
        """A copy between these address types: the length has the smaller one."""
        self.wide_at = (1 if target == I64 else 0) + (2 if source == I64 else 0)
        if self.wide_at == 3:
            self.wide_at = 7

    def match_reftypes(self, expected: int, actual: int) -> None:
        if not self.stack.matches(actual, expected):
            raise ValidationError(
                f"type mismatch: expected {valtype_text(expected)} elements, found {valtype_text(actual)}",
                self.stack.at,
            )

    # spec "Validation: Parametric Instructions", spec "Validation: Variable Instructions",
    # spec "Validation: Table Instructions"

    def local_type(self) -> int:
        """The type of the local whose index is read, which local.set and local.tee have set."""
        idx = self.reader.u32()
        stack = self.stack
        valtype = stack.locals[idx] if idx < stack.expanded else BOTTOM
        if valtype == BOTTOM:
            valtype = self.declared_local(idx)
            if idx >= self.param_count and not has_default(valtype):
                stack.assign(idx, valtype)
        return valtype

    def rare_local(self, idx: int) -> int:
        """The type of a local that is read and is not among ``stack.locals``."""
        valtype = self.declared_local(idx)
        if idx >= self.param_count and not has_default(valtype) and self.stack.set_in[idx] != self.stack.body:
            raise ValidationError(f"uninitialized local {idx}", self.stack.at)
        return valtype

    def declared_local(self, idx: int) -> int:
        """The type of any local, as it was declared."""
        if idx >= self.local_count:
            raise ValidationError(f"unknown local {idx}", self.stack.at)
        if idx < self.param_count:
            return self.flat[self.param_at + idx]
        low = 0
        high = self.run_count - 1
        while low < high:  # the first run that ends after it
            middle = (low + high) // 2
            if self.run_ends[middle] > idx:
                high = middle
            else:
                low = middle + 1
        return self.run_types[low]

    def declare_run(self, end: int, valtype: int) -> None:
        """The next locals, up to that one, have this type."""
        count = self.run_count
        if count == self.run_room:
            self.run_room = 4 * count
            self.run_ends = grown(self.run_ends, count, self.run_room)
            self.run_types = grown(self.run_types, count, self.run_room)
        self.run_ends[count] = end
        self.run_types[count] = valtype
        self.run_count = count + 1

    def select(self) -> None:
        """select without a type, which is for numbers and vectors only."""
        stack = self.stack
        stack.pop(I32)
        second = stack.pop_any()
        first = stack.pop_any()
        if first != second or first not in (I32, I64, F64, F32):
            self.check_select(first, second)
        stack.push(second if first == BOTTOM else first)

    def check_select(self, first: int, second: int) -> None:
        for valtype in (first, second):
            if is_reftype(valtype):
                found = valtype_text(valtype)
                raise ValidationError(
                    f"type mismatch: instruction requires numeric or vector type but stack has {found}", self.stack.at
                )
        if first != second and first != BOTTOM and second != BOTTOM:
            expected, found = valtype_text(first), valtype_text(second)
            raise ValidationError(f"type mismatch: select between {expected} and {found}", self.stack.at)

    def select_t(self) -> None:
        stack = self.stack
        reader = self.reader
        count = reader.length()
        valtype = BOTTOM
        for _ in range(count):
            valtype = self.known_type(reader.valtype())
        if count != 1:
            raise ValidationError("invalid result arity other than 1 is not allowed", stack.at)
        stack.pop(I32)
        stack.pop(valtype)
        stack.pop(valtype)
        stack.push(valtype)

    def two_results(self, count: int) -> None:
        """Of the proposal wide-arithmetic: `count` operands, two results."""
        stack = self.stack
        for _ in range(count):
            stack.pop(I64)
        stack.push(I64)
        stack.push(I64)

    def global_set(self) -> None:
        idx = self.index(self.global_count, "global")
        if not self.global_mutable[idx]:
            raise ValidationError("immutable global", self.stack.at)
        self.stack.pop(self.globals[idx])

    def table_init(self) -> None:
        """The element segment comes first in the bytes, the table first in the rules."""
        elem = self.reader.u32()
        table = self.tableidx()
        self.elem(elem)
        self.match_reftypes(self.tables[table], self.elems[elem])
        self.wide_at = 1 if self.table_addr[table] == I64 else 0

    def table_access(self, op: int) -> None:
        stack = self.stack
        table = self.tableidx()
        reftype = self.tables[table]
        addrtype = self.table_addr[table]
        if op == OP_TABLE_GET:
            stack.pop(addrtype)
            stack.push(reftype)
        elif op == OP_TABLE_SET:
            stack.pop(reftype)
            stack.pop(addrtype)
        elif op == OP_TABLE_GROW:
            stack.pop(addrtype)
            stack.pop(reftype)
            stack.push(addrtype)
        else:
            stack.pop(addrtype)
            stack.pop(reftype)
            stack.pop(addrtype)

    # spec "Validation: Reference Instructions"

    def ref_func(self) -> None:
        idx = self.index(self.func_count, "function")
        if not self.refs[idx]:
            raise ValidationError("undeclared function reference", self.stack.at)
        self.push_func(idx)

    def push_func(self, idx: int) -> None:
        """A reference to this function, whose type is known exactly unless it is imported as of a type or one below."""
        exact = 0 if self.inexact[idx] else EXACT_BIT
        self.stack.push(CONCRETE + 4 * self.funcs[idx] + exact)

    def ref_null(self) -> None:
        self.stack.push(self.known_type(self.reader.heaptype()))

    def pop_ref(self) -> int:
        """The type of a reference, BOTTOM_REF where it may be any; removes it."""
        valtype = self.stack.pop_any()
        if valtype == BOTTOM:
            return BOTTOM_REF
        if not is_reftype(valtype):
            found = valtype_text(valtype)
            raise ValidationError(
                f"type mismatch: instruction requires reference type but stack has {found}", self.stack.at
            )
        return valtype

    def ref_is_null(self) -> None:
        self.pop_ref()
        self.stack.push(I32)

    def ref_as_non_null(self) -> None:
        self.stack.push(self.non_null(self.pop_ref()))

    def non_null(self, reftype: int) -> int:
        return ref(heaptype_of(reftype), False) if reftype != BOTTOM_REF and is_nullable(reftype) else reftype


def has_default(valtype: int) -> bool:
    """As `types.is_defaultable`."""
    if valtype >= CONCRETE:
        return (valtype & 1) != 0
    return valtype < NON_NULL
