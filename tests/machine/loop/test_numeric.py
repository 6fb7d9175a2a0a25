"""Every numeric instruction on edge values, against wasmtime: in each operand form that lowering knows.

Values cross the boundary as integers, so that the bits of a NaN survive. Where the specification leaves the payload of
a NaN open (spec "NaN Propagation"), what it does demand is checked instead of equality.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import pytest
import wasmtime

from tests import oracle
from wasmvm.embedding.instance import Instance
from wasmvm.embedding.module import Module
from wasmvm.errors import Trap
from wasmvm.isa import imm, wasm
from wasmvm.types import F32, F64, I32, I64, VALTYPE_NAMES

ROWS = [
    row
    for row in wasm.ROWS
    if row.imm == imm.NONE and not row.width and row.params and row.results and row.code < 0x300
    and {*row.params, *row.results} <= {I32, I64, F32, F64} and len(row.results) == 1
]  # fmt: skip
TWO_RESULTS = [row for row in wasm.ROWS if row.results and len(row.results) > 1]
"""They are tested in `test_wide_arithmetic`."""
COMPARISONS = ("eqz", "eq", "ne", "lt", "gt", "le", "ge")
EXACT_NAN = ("abs", "neg", "copysign", "reinterpret")

EDGES: dict[int, tuple[int, ...]] = {
    I32: (0, 1, 2, 31, 32, 33, 0x7F, 0x80, 0xFFFF8000, 0x7FFFFFFF, 0x80000000, 0x80000001, 0xFFFFFFFF, 0x12345678),
    I64: (
        0, 1, 2, 63, 64, 65, 0x80, 0x8000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x1_0000_0000, 0x7FFFFFFF_FFFFFFFF,
        0x80000000_00000000, 0x80000000_00000001, 0xFFFFFFFF_FFFFFFFF, 0x20_0000_0000_0001,
    ),
    # zeros, ones, halves, the least and greatest, the borders of i32 and i64, infinities, NaNs with and without payload
    F32: (
        0x00000000, 0x80000000, 0x3F800000, 0xBF800000, 0x3F000000, 0xBF000000, 0x3FC00000, 0x40200000, 0x00000001,
        0x80000001, 0x007FFFFF, 0x7F7FFFFF, 0xFF7FFFFF, 0x4F000000, 0xCF000000, 0x4EFFFFFF, 0x4F800000, 0x4F7FFFFF,
        0xBF7FFFFF, 0x5F000000, 0xDF000000, 0x5F800000, 0x4B000001, 0x7F800000, 0xFF800000, 0x7FC00000, 0xFFC00000,
        0x7FA00000, 0xFFC01234,
    ),
    F64: (
        0x0000000000000000, 0x8000000000000000, 0x3FF0000000000000, 0xBFF0000000000000, 0x3FE0000000000000,
        0xBFE0000000000000, 0x3FF8000000000000, 0x4004000000000000, 0x0000000000000001, 0x8000000000000001,
        0x000FFFFFFFFFFFFF, 0x7FEFFFFFFFFFFFFF, 0xFFEFFFFFFFFFFFFF, 0x41E0000000000000, 0xC1E0000000000000,
        0xC1E0000000200000, 0x41DFFFFFFFC00000, 0x41F0000000000000, 0x41EFFFFFFFFFFFFF, 0xBFEFFFFFFFFFFFFF,
        0x43E0000000000000, 0xC3E0000000000000, 0x43F0000000000000, 0x4330000000000001, 0x47EFFFFFF0000000,
        0x7FF0000000000000, 0xFFF0000000000000, 0x7FF8000000000000, 0xFFF8000000000000, 0x7FF4000000000000,
        0xFFF8000000001234,
    ),
}  # fmt: skip
FEW = {I32: 5, I64: 5, F32: 7, F64: 7}
"""Every so many-th edge value is a constant operand: each is a function of its own."""

BITS = {I32: 32, I64: 64, F32: 32, F64: 64}
INTEGER = {I32: "i32", I64: "i64", F32: "i32", F64: "i64"}


def to_bits(text: str, valtype: int) -> str:
    return f"({INTEGER[valtype]}.reinterpret_{VALTYPE_NAMES[valtype]} {text})" if valtype in (F32, F64) else text


def from_bits(text: str, valtype: int) -> str:
    return f"({VALTYPE_NAMES[valtype]}.reinterpret_{INTEGER[valtype]} {text})" if valtype in (F32, F64) else text


def constant(bits: int, valtype: int) -> str:
    if valtype in (I32, I64):
        return f"({VALTYPE_NAMES[valtype]}.const {bits})"
    mantissa_bits = 23 if valtype == F32 else 52
    exponent, mantissa = bits >> mantissa_bits & ((1 << BITS[valtype] - 1 - mantissa_bits) - 1), bits
    mantissa &= (1 << mantissa_bits) - 1
    sign = "-" if bits >> BITS[valtype] - 1 else ""
    bias = (1 << BITS[valtype] - 2 - mantissa_bits) - 1
    if exponent == 2 * bias + 1:
        number = f"nan:0x{mantissa:x}" if mantissa else "inf"
    elif exponent:
        number = f"0x{mantissa | 1 << mantissa_bits:x}p{exponent - bias - mantissa_bits}"
    else:
        number = f"0x{mantissa:x}p{1 - bias - mantissa_bits}"
    return f"({VALTYPE_NAMES[valtype]}.const {sign}{number})"


def function(name: str, row: wasm.Row, operands: list[str], wrap: str = "{}") -> str:
    """A function of integers that computes `row` on locals, or on what `operands` gives instead of them."""
    assert row.params and row.results
    n = len(row.params)
    params = " ".join(f"(param {INTEGER[t]})" for t in row.params)
    names = " ".join(f"(local {VALTYPE_NAMES[t]})" for t in (*row.params, *row.results))
    sets = " ".join(f"(local.set {n + i} {from_bits(f'(local.get {i})', t)})" for i, t in enumerate(row.params))
    value = wrap.format(f"({row.mnemonic} {' '.join(operands)})")
    result = row.results[0]
    # The result goes to a local and comes back, as compilers do it: lowering writes it there at once.
    body = f"{sets} (local.set {2 * n} {value}) {to_bits(f'(local.get {2 * n})', result)}"
    return f'(func (export "{name}") {params} (result {INTEGER[result]}) {names} {body})'


def functions(row: wasm.Row) -> Iterator[tuple[str, str]]:
    """(name, text) of a function for each form; the name ends in the constant operands."""
    assert row.params
    n = len(row.params)
    names = [f"(local.get {n + i})" for i in range(n)]
    yield "locals", function("locals", row, names)
    temporaries = [f"(block (result {VALTYPE_NAMES[t]}) {name})" for name, t in zip(names, row.params, strict=True)]
    yield "temporaries", function("temporaries", row, temporaries)
    for i, valtype in enumerate(row.params):
        for bits in EDGES[valtype][:: FEW[valtype]]:
            operands = [*names[:i], constant(bits, valtype), *names[i + 1 :]]
            name = f"constant {i} {bits:x}"
            yield name, function(name, row, operands)
    if row.mnemonic.partition(".")[2].split("_")[0] in COMPARISONS:
        one, zero = "(i32.const 1)", "(i32.const 0)"
        forms = {
            "if": f"(if (result i32) {{}} (then {one}) (else {zero}))",
            "if not": f"(if (result i32) (i32.eqz {{}}) (then {zero}) (else {one}))",
            "select": f"(select {one} {zero} {{}})",
            "br_if": f"(block (result i32) (drop (br_if 0 {one} {{}})) {zero})",
        }
        for name, wrap in forms.items():
            yield name, function(name, row, names, wrap)
            for bits in EDGES[row.params[-1]][:: FEW[row.params[-1]]] if n == 2 else ():
                named = f"{name} {bits:x}"
                yield named, function(named, row, [names[0], constant(bits, row.params[1])], wrap)


def is_nan(bits: int, valtype: int) -> bool:
    infinity = 0x7F800000 if valtype == F32 else 0x7FF0000000000000
    return valtype in (F32, F64) and bits & (1 << BITS[valtype] - 1) - 1 > infinity


def is_canonical(bits: int, valtype: int) -> bool:
    canonical = 0x7FC00000 if valtype == F32 else 0x7FF8000000000000
    return bits & (1 << BITS[valtype] - 1) - 1 == canonical


def check_nan(row: wasm.Row, args: tuple[int, ...], bits: int) -> None:
    """spec "NaN Propagation": a canonical NaN if all that came in were canonical, else one with the quiet bit."""
    assert row.params and row.results
    valtype = row.results[0]
    nans = [(arg, t) for arg, t in zip(args, row.params, strict=True) if is_nan(arg, t)]
    quiet = 1 << (22 if valtype == F32 else 51)
    if all(is_canonical(arg, t) for arg, t in nans):
        assert is_canonical(bits, valtype), f"{row.mnemonic}{args}: {bits:#x}"
    assert bits & quiet, f"{row.mnemonic}{args}: {bits:#x}"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.mnemonic)
def test_instruction(row: wasm.Row) -> None:
    assert row.params and row.results
    forms = dict(functions(row))
    binary = wasmtime.wat2wasm(f"(module {' '.join(forms.values())})")
    expected, actual = oracle.Instance(bytes(binary)), Instance(Module(bytes(binary)))
    mask = (1 << BITS[row.results[0]]) - 1
    may_differ = not any(word in row.mnemonic for word in EXACT_NAN)
    checked = 0
    for name in forms:
        operands = [EDGES[t] for t in row.params]
        call = actual.exports[name]
        if name.startswith("constant"):
            _, index, bits = name.split()
            operands[int(index)] = (int(bits, 16),)  # the argument is not used, but `check_nan` looks at it
        elif name not in ("locals", "temporaries"):
            operands = [values[::2] for values in operands]
        for args in product(*operands):
            want = expected.call(name, *args)
            try:
                got: object = call(*args)
            except Trap as trap:
                got = trap.code
            checked += 1
            if isinstance(want, int) and isinstance(got, int):
                want, got = want & mask, got & mask
                if may_differ and is_nan(want, row.results[0]) and is_nan(got, row.results[0]):
                    check_nan(row, args, got)
                    continue
            assert got == want, f"{name}: {row.mnemonic}{tuple(map(hex, args))} is {got!r}, not {want!r}"
    assert checked > 20
