"""Lowering of one function body to register code: the pass, fuel, and which rule an instruction has.

One pass over the body, which validation has accepted. `plain` knows the instructions after which the next one follows,
`control` the others. After an instruction that does not fall through nothing is written until the block ends:
validation needed the polymorphic stack there, lowering does not.

docs/architecture.md, "Lowering", says what is fused or given another result slot, and when that is sound.
"""

from __future__ import annotations

import cython

from wasmvm.errors import InternalError
from wasmvm.generated import forms
from wasmvm.lowered import Lowered

if not cython.compiled:
    from wasmvm.generated.opcode import *  # noqa: F403
    from wasmvm.generated.regopcode import *  # noqa: F403
    from wasmvm.lowered import CAUGHT_BY_ANY
    from wasmvm.lowering.code import first_words
    from wasmvm.lowering.control import CTL_BLOCK, CTL_LOOP, MAX_UNPAID, Control
    from wasmvm.types import LOOK, METER_CALLS, NO_METERING

    MAX_ZEROED = 512  # slots of locals that are zeroed for one unit of the budget
    MAX_KEPT = 1 << 17  # elements of an array that is kept for the next body
    LOOK_LOWERING = LOOK // 4  # as `types.LOOK`: here each byte takes longer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from wasmvm.lowering.accumulator import Accumulators
    from wasmvm.lowering.context import Context


def lower(context: Context, index: int, checkpoint: Callable[[], object] | None = None) -> Lowered:
    """Lower the function `index`, counted among those that the module defines.

    Args:
        checkpoint: is called again and again, see `Reader`; what it raises ends the work.

    Raises:
        InternalError: the body is not what validation accepts, or code would grow out of proportion.
    """
    return lowered(context, index, 0, 0, checkpoint)


def lower_expr(context: Context, start: int, end: int) -> Lowered:
    """Lower a constant expression whose result takes one slot, as a function without parameters that costs no fuel.

    Args:
        start, end: byte offsets of the expression and of what follows it.

    Raises:
        InternalError: as `lower`.
    """
    return lowered(context, -1, start, end, None)


def lowered(context: Context, index: int, start: int, end: int, checkpoint: Callable[[], object] | None) -> Lowered:
    """Lower a function, or if `index` is -1 the expression between `start` and `end`; as `lower` and `lower_expr`."""
    # Making its arrays takes longer than lowering a short function. Meanwhile another thread, or the handler of a
    # signal, makes its own; what ended in an error is not used again.
    spare = context.spare
    context.spare = None
    body = Body() if spare is None else spare
    body.begin_body(context, index, start, end, checkpoint)
    body.run()
    if context.accumulators is not None:
        body.rewrite(context.accumulators)
    result = body.result()
    if body.end_body():
        context.spare = body
    return result


class Body(Control):
    """Attributes, besides those of the classes below:

    shape, flow: by opcode, how it is lowered, and what it does to control and fuel (`forms.SHAPE`, `forms.FLOW`).
    metering: whether the instruction that comes next costs fuel.
    fuel_at: the word that counts the fuel of the straight run of code being written, or -1 between such runs.
    """

    def __init__(self) -> None:
        """Allocate what all bodies use."""
        self.make_reading()
        self.make_code()
        self.make_operands()
        self.make_clauses()
        self.make_plain()
        self.make_control()
        self.shape, self.flow = forms.SHAPE, forms.FLOW

    def begin_body(
        self, context: Context, index: int, start: int, end: int, checkpoint: Callable[[], object] | None
    ) -> None:
        """Begin with the function `index`, or if that is -1 with the constant expression from `start` to `end`."""
        self.begin_reading(context, index, start, end)
        self.begin_code(self.end - self.pos)
        self.clause_words = 0
        self.memory = 0
        self.begin_control(self.context.metering == METER_CALLS)
        self.metering = self.context.metering != NO_METERING and index >= 0
        self.fuel_at = -1
        self.checkpoint = checkpoint
        self.read_locals()

    def end_body(self) -> bool:
        """Make ready for another body; return whether what is kept of memory is little enough to be kept."""
        self.end_operands()
        self.end_reading()
        self.checkpoint = None
        return self.cap <= MAX_KEPT and self.stack_cap <= MAX_KEPT and self.control_cap <= MAX_KEPT

    # --- The pass -------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Lower the body."""
        self.push_control(CTL_BLOCK, -1)
        self.c_type[0] = self.result_type  # whose parameters are locals and not on the stack
        if self.metering:
            self.charge(OP_LOCAL_GET, self.pos)  # entering the function costs as much as any instruction
            self.metering = not self.metering_calls  # the turns of loops are counted where these begin
        if self.temp_base > MAX_ZEROED:
            self.pay(self.temp_base // MAX_ZEROED, self.pos)  # for the zeroing of locals
        look = self.pos + LOOK_LOWERING
        while self.depth:
            start = self.pos
            if start >= look:
                self.look_around()
                look = start + LOOK_LOWERING
            op = self.opcode()
            if self.dead >= 0:
                self.skip_dead(op)
                continue
            if self.n - self.paid > MAX_UNPAID:
                self.pay((self.n - self.paid) // MAX_UNPAID, start)
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
                if self.memory and self.flow[op] & FLOW_LEAVES:
                    self.use_memory(0)
                self.other(op, start)
            elif shape == SHAPE_VECTOR:
                self.vector(op, start)
            elif shape == SHAPE_ATOMIC:
                self.atomic(op, start)
        if self.pos != self.end:
            raise InternalError(f"function {self.funcidx} ends at {self.pos}, not {self.end}")

    def skip_dead(self, op: int) -> int:
        """Pass over `op`, an instruction that is never reached; its block may end with it."""
        self.fuel_at = -1
        if op == OP_BLOCK or op == OP_LOOP or op == OP_IF or op == OP_TRY_TABLE or op == OP_TRY:
            self.skip_immediates(op)
            self.dead += 1
        elif self.dead == 0 and (op == OP_CATCH or op == OP_CATCH_ALL or op == OP_DELEGATE):
            self.legacy(op, self.pos)
        elif op == OP_END:
            if self.dead == 0:
                self.end_block()
            else:
                self.dead -= 1
        elif op == OP_ELSE:
            if self.dead == 0:
                self.else_()
        else:
            self.skip_immediates(op)
            if op == OP_DELEGATE:
                self.dead -= 1
        return 0

    def other(self, op: int, start: int) -> int:
        """Lower `op`, an instruction that has a rule of its own."""
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
        elif op == OP_TRY or op == OP_CATCH or op == OP_CATCH_ALL or op == OP_DELEGATE or op == OP_RETHROW:
            self.legacy(op, start)
        elif op == OP_BR_ON_NULL:
            self.br_on_null(self.depth - 1 - self.u32())
        elif op == OP_BR_ON_NON_NULL:
            self.br_on_non_null(self.depth - 1 - self.u32())
        elif op == OP_BR_ON_CAST or op == OP_BR_ON_CAST_FAIL:
            self.br_on_cast(op == OP_BR_ON_CAST_FAIL)
        elif op == OP_BR_ON_CAST_DESC_EQ or op == OP_BR_ON_CAST_DESC_EQ_FAIL:
            self.br_on_cast_desc_eq(op == OP_BR_ON_CAST_DESC_EQ_FAIL, start)
        elif op == OP_DROP:
            self.pop()
        elif op == OP_SELECT:
            self.select()
        elif op == OP_SELECT_T:
            for _ in range(self.u32()):
                self.valtype_width()
            self.select()
        else:
            self.rare(op, start)
        return 0

    def legacy(self, op: int, start: int) -> int:
        """Lower `op`, an instruction of legacy exception handling."""
        if op == OP_TRY:
            self.try_()
        elif op == OP_CATCH:
            self.handler(self.u32())
        elif op == OP_CATCH_ALL:
            self.handler(CAUGHT_BY_ANY)
        elif op == OP_DELEGATE:
            self.delegate()
        else:
            self.rethrow(start)
            self.dead = 0
        return 0

    # --- Fuel -----------------------------------------------------------------------------------------------------

    def charge(self, op: int, start: int) -> int:
        """Count the fuel of an instruction that is about to be lowered.

        The first of a straight run of instructions writes the one that takes the fuel of all of them, so that nothing
        is executed that is not paid for. A run ends where control may come or go, calls included, so that a host
        function sees what has been spent.
        """
        flow = self.flow[op]
        if flow & FLOW_FREE:
            if flow & FLOW_LEAVES:
                self.fuel_at = -1
            return 0
        if self.fuel_at < 0:
            self.note_offset(start)
            self.begin(R_FUEL)
            self.fuel_at = self.n
            self.word(0)
        self.code[self.fuel_at] += 1
        if flow & FLOW_LEAVES:
            self.fuel_at = -1
        elif flow & FLOW_BULK:
            self.charge_bulk(start)
        return 0

    def charge_bulk(self, start: int) -> int:
        """Let a bulk instruction pay for its size, which is on top of the stack, as well.

        Those that grow something pay for what they are granted, when the driver grants it.
        """
        size = self.readable(self.h - 1)
        self.note_offset(start)
        self.begin(R_FUEL_BULK)
        self.word(size)
        return 0

    # --- The result -----------------------------------------------------------------------------------------------

    def rewrite(self, accumulators: Accumulators) -> None:
        """Run the accumulator pass."""
        accumulators.rewrite(self.code, self.n, self.labels, self.label_count, self.checkpoint)

    def result(self) -> Lowered:
        """What was written, copied."""
        zero_to = max(self.zero_to, self.zero_from) if self.zero_to else self.zero_from
        return Lowered(  # by position: by keyword, lowering took 1.5 % longer
            first_words(self.code, self.n),
            first_words(self.offsets, self.m),
            first_words(self.clauses, self.clause_words),
            max(self.top_slot, self.temp_base),
            self.zero_from,
            zero_to,
        )
