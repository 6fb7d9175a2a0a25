"""No row of the register instructions is there in vain: lowering writes each, for some small function."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from tests.isa.test_every_instruction import CONTEXTUAL, text
from wasmvm.binary import decode
from wasmvm.isa import wasm
from wasmvm.isa.regop.rows import ROWS
from wasmvm.lowering.body import lower
from wasmvm.lowering.context import Context
from wasmvm.lowering.disasm import instruction
from wasmvm.text import wat2wasm
from wasmvm.types import METER_INSTRUCTIONS, NO_METERING, VALTYPE_NAMES

CONST = {"i32": "(i32.const 77)", "i64": "(i64.const 77)", "f32": "(f32.const 77)", "f64": "(f64.const 77)",
         "v128": "(v128.const i64x2 7 8)"}  # fmt: skip
ADDRESSES = (
    "(local.get $i)", "(i32.const 8)", "(i32.add (local.get $i) (i32.const 8))", "(i32.add (local.get $i) (local.get $j))",
    "(i32.add (local.get $i) (i32.shl (local.get $j) (i32.const 2)))",
)  # fmt: skip
BRANCHES = (
    "(block (br_if 0 {}) (local.set $i (i32.const 5)))",
    "(if {} (then (local.set $i (i32.const 5))))",
    "(loop (br_if 0 {}))",
    "(loop (if {} (then) (else (br 1))))",
    "(loop (br_if 0 (i32.eqz {})))",
    "(block (br_if 0 (i32.eqz {})) (local.set $i (i32.const 5)))",
)


def operands(valtype: str) -> tuple[str, str]:
    """A local and a constant."""
    return f"(local.get ${valtype})", CONST[valtype]


def numeric(row: wasm.Row) -> Iterator[str]:
    """Instructions of `row`, with operands in locals and constant."""
    types = [VALTYPE_NAMES[t] for t in row.params or ()]
    lane = " 1" if row.lanes and not row.width else ""
    lane = " " + " ".join("1" * 16) if row.mnemonic == "i8x16.shuffle" else lane
    values = [operands(t) for t in types]
    for place in range(-1, len(types)):
        yield f"({row.mnemonic}{lane} {' '.join(value[i == place] for i, value in enumerate(values))})"


def memory(row: wasm.Row) -> Iterator[str]:
    types = [VALTYPE_NAMES[t] for t in row.params or ()][1:]
    lane = " 0" if row.lanes else ""
    for address in ADDRESSES:
        for constant in (False, True):
            yield f"({row.mnemonic}{lane} {address} {' '.join(operands(t)[constant] for t in types)})"
    yield f"({row.mnemonic}{lane} $wide (local.get $i64) {' '.join(operands(t)[0] for t in types)})"


def functions() -> Iterator[str]:
    """Bodies of functions with a local of each type, `$i` and `$j`."""
    for row in wasm.ROWS:
        if (
            row.params is None
            or row.mnemonic.endswith(".const")
            or row.mnemonic in ("nop", "i31.get_s", "i31.get_u", "array.len")
        ):
            continue
        if not row.width and row.mnemonic.partition(".")[0] in ("memory", "table", "data", "elem"):
            continue
        for code in memory(row) if row.width else numeric(row):
            if not row.results:
                yield code
                continue
            yield f"(drop {code})"
            yield f"(local.set ${VALTYPE_NAMES[row.results[0]]} {code})"
            if VALTYPE_NAMES[row.results[0]] == "i32":
                yield from (branch.format(code) for branch in BRANCHES)
        if row.width == 0 and len(row.params) == 2 and row.results and VALTYPE_NAMES[row.params[0]] in ("i32", "i64"):
            t = VALTYPE_NAMES[row.params[0]]
            for step in (f"(local.tee ${t} ({t}.add (local.get ${t}) ({t}.const 1)))",):
                for other in operands(t):
                    if VALTYPE_NAMES[row.results[0]] == "i32":
                        yield f"(loop (br_if 0 ({row.mnemonic} {step} {other})))"
                        yield f"(loop (br_if 0 (i32.eqz ({row.mnemonic} {step} {other}))))"


MORE = (
    "(memory.size)",
    "(memory.grow (local.get $i))",
    "(table.size)",
)


@cache
def written() -> set[int]:
    found: set[int] = set()
    body = "".join(
        f"(func (param $i i32) (param $j i32) (param $i32 i32) (param $i64 i64) (param $f32 f32) (param $f64 f64) (param $v128 v128) {code})"
        for code in functions()
    )
    texts = [f"(module (memory 1) (memory $wide i64 1) {body})", *(text(code) for code in CONTEXTUAL.values())]
    for source in texts:
        module = decode(wat2wasm(source))
        for metering in (NO_METERING, METER_INSTRUCTIONS):
            context = Context(module, metering=metering)
            for index in range(len(module.funcs)):
                code = lower(context, index).code
                position = 0
                while position < len(code):
                    found.add(code[position])
                    position += instruction(code, position)[1]
    return found


def test_every_row_is_written() -> None:
    missing = {row.name for row in ROWS if row.number not in written()}
    assert missing == set()
