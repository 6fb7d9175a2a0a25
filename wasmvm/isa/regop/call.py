"""Rows of calls, returns and exceptions (spec "Execution: Control Instructions").

A return finds the caller in the frame stack; where the caller belongs to another instance, or is Python, the frame in
between names the code `leave_instance` or `done`.
"""

from __future__ import annotations

from collections.abc import Iterator

from wasmvm.isa.regop.row import RegOp, operands, touched
from wasmvm.isa.regop.statements import PAY, Exit, If, Statements, trap_if

_USE_ITS_MEMORY: Statements = ("mem = {inst}.mem.data", "{mem_len} = wvm_get_length(&{inst}.mem.length)")
_PUSH: Statements = ("frame.pc = pc + {length}", "frame.fp = fp", "frame += 1")
_LEAVE: Statements = ("frame.pc = leave_instance_code", "frame.fp = <slot*>{inst}", "frame += 1")
_TAKE_ITS_INSTANCE: Statements = ("{inst} = {callee}.inst", *_USE_ITS_MEMORY)
_CROSS: Statements = (*_LEAVE, *_TAKE_ITS_INSTANCE)
_HOST = If(
    "{callee}.inst == NULL",
    ("machine.now.callee = {callee}", "machine.now.base = {base}", Exit("EXIT_HOST")),
)
_BEGIN: Statements = (
    "fp = {base}",
    "zero_locals(fp, {callee})",
    "pc = {callee}.code",
)
_ENTER: Statements = (
    *PAY,
    "{base} = fp + {s}",
    trap_if("{base} + {callee}.frame_size > {stack_end}", "TRAP_CALL_STACK_EXHAUSTED"),
)
_ENTER_ANY: Statements = (
    *_ENTER,
    If("{callee}.inst == {inst}", _PUSH, (_HOST, *_PUSH, *_CROSS)),
    *_BEGIN,
)
_DEFINED = "{callee} = &{inst}.funcs[{x}]"
_ANY = "{callee} = {inst}.all_funcs[{x}]"
_CALLEE_IN_TABLE: Statements = (
    "{table} = {inst}.tables[{y}]",
    trap_if("{a:i64} >= {table}.size", "TRAP_UNDEFINED_ELEMENT"),
    "{callee} = <func_t*><size_t>{table}.elems[{a:i64}]",
    trap_if("{callee} == NULL", "TRAP_UNINITIALIZED_ELEMENT"),
    trap_if(
        "{callee}.type != {inst}.types[{x}] and not is_subtype({callee}.type, {inst}.types[{x}])",
        "TRAP_INDIRECT_CALL_TYPE_MISMATCH",
    ),
)
_CALLEE_IN_REFERENCE: Statements = (
    "{callee} = <func_t*>fp[{a}].ptr",
    trap_if("{callee} == NULL", "TRAP_NULL_FUNCTION_REFERENCE"),
)
# A tail call gives its frame to the callee: the arguments are moved to its beginning, in ascending order since they lie
# above it. The frame to return to stays the same, but for one that leaves the instance; there is never more than one.
_TAIL_ENTER: Statements = (
    *PAY,
    trap_if("fp + {callee}.frame_size > {stack_end}", "TRAP_CALL_STACK_EXHAUSTED"),
    "{base} = fp + {s}",
    "for {i} in range({n}):",
    "    fp[{i}] = {base}[{i}]",
    "{base} = fp",
)
_TAIL_CROSS: Statements = (
    If("(frame - 1).pc != leave_instance_code and (frame - 1).pc != done_code", _LEAVE),
    *_TAKE_ITS_INSTANCE,
)
_TAIL_ENTER_ANY: Statements = (
    *_TAIL_ENTER,
    If("{callee}.inst != {inst}", (_HOST, *_TAIL_CROSS)),
    *_BEGIN,
)
_POP: Statements = ("frame -= 1", "pc = frame.pc", "fp = frame.fp")


def call_rows() -> Iterator[RegOp]:
    indirect, by_reference = "a:elemaddr x:typeidx y:tableidx", "a:ref"
    for name, letters, text, touches in (
        ("call", "x:definedidx", (_DEFINED, *_ENTER, *_PUSH, *_BEGIN), touched("functions", "frames")),
        (
            "call_import",
            "x:funcidx",
            (_ANY, *_ENTER, _HOST, *_PUSH, *_CROSS, *_BEGIN),
            touched("functions", "frames", "instance"),
        ),
        (
            "call_indirect",
            indirect,
            (*_CALLEE_IN_TABLE, *_ENTER_ANY),
            touched("functions", "frames", "instance", "tables"),
        ),
        (
            "call_ref",
            by_reference,
            (*_CALLEE_IN_REFERENCE, *_ENTER_ANY),
            touched("functions", "frames", "instance", "references"),
        ),
    ):
        serves = ("call",) if name == "call_import" else ()
        yield RegOp(name, operands(f"{letters} s"), "call", text=text, touches=touches, rare=True, serves=serves)
    for name, letters, text, touches in (
        ("return_call", "x:definedidx", (_DEFINED, *_TAIL_ENTER, *_BEGIN), touched("functions", "frames")),
        (
            "return_call_import",
            "x:funcidx",
            (_ANY, *_TAIL_ENTER_ANY),
            touched("functions", "frames", "instance"),
        ),
        (
            "return_call_indirect",
            indirect,
            (*_CALLEE_IN_TABLE, *_TAIL_ENTER_ANY),
            touched("functions", "frames", "instance", "tables"),
        ),
        (
            "return_call_ref",
            by_reference,
            (*_CALLEE_IN_REFERENCE, *_TAIL_ENTER_ANY),
            touched("functions", "frames", "instance", "references"),
        ),
    ):
        serves = ("return_call",) if name == "return_call_import" else ()
        yield RegOp(name, operands(f"{letters} s n"), "tail_call", text=text, touches=touches, rare=True, serves=serves)
    yield from _returns()


def _returns() -> Iterator[RegOp]:
    frames = touched("frames")
    for name, letters, text in (
        ("return", "", ()),
        ("return_slot", "a", ("fp[0].u64 = {a:i64}",)),
        ("return32", "k", ("fp[0].u64 = <uint32_t>{k}",)),
        ("return_copy", "a:slots n", ("memmove(fp, &fp[{a}], <size_t>{n} * sizeof(slot))",)),
    ):
        yield RegOp(
            name, operands(letters), "return", text=(*text, *_POP), touches=frames, serves=("return", "br", "br_table")
        )
    yield RegOp(
        "leave_instance",
        (),
        "return",
        text=("{inst} = <inst_t*>fp", *_USE_ITS_MEMORY, *_POP),
        touches=touched("frames", "instance"),
    )


def exception_rows() -> Iterator[RegOp]:
    """The driver looks for the clause that catches. A throw pays for the budget: going there may be the way back in a
    loop."""
    yield RegOp(
        "throw",
        operands("x:tagidx s"),
        "throw",
        text=(
            *PAY,
            "machine.now.tag = {inst}.tags[{x}]",
            "machine.now.base = fp + {s}",
            "machine.now.exn = NULL",
            Exit("EXIT_THROW"),
        ),
        touches=touched("frames"),
        rare=True,
    )
    yield RegOp(
        "throw_ref",
        operands("a:ref"),
        "throw",
        text=(
            *PAY,
            trap_if("{a:i64} == 0", "TRAP_NULL_EXCEPTION_REFERENCE"),
            "machine.now.exn = <exn_t*>fp[{a}].ptr",
            "machine.now.tag = machine.now.exn.tag",
            "machine.now.base = machine.now.exn.payload",
            Exit("EXIT_THROW"),
        ),
        touches=touched("frames", "references"),
        rare=True,
        serves=("throw_ref", "rethrow"),
    )
