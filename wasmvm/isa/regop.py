"""A row per register instruction: its operands, what it does, how it may trap.

Numbers, names and lengths of the register instructions, the arms of the dispatch loop, the enum that the loop and the
lowerer share and the disassembler all come from these rows. `tools/generate.py` prints the loop. The forms that only
the threaded back end has are in `isa.regform`.

A row's body is the Cython text of its arm. Operands are named by one letter each, and stand in the code words in the
order of the row:

======  ==================================================  =====
letter  operand                                             words
======  ==================================================  =====
d       slot of the result                                  1
e       slot of a second result                             1
a b c   slots that are read                                 1
k m     32-bit constants                                    1
K       64-bit constant, low word first                     2
V       16 bytes: a vector constant, or lane indices        4
o       memarg offset, unsigned                             1
t       label: distance from this word to the target        1
s       slot where a callee's frame begins, or values end   1
x y     indices of the specification (funcidx, laneidx)     1
n       a count                                             1
======  ==================================================  =====

In a body ``{d}`` stands for the word itself, ``{a:i32}`` for the value read as that type. The locals of the loop
(`pc`, `fp`, `mem`, `mem_len`, `inst`, ...) are explained in `_core.pyx`.
"""

from __future__ import annotations

from typing import NamedTuple

from wasmvm.isa import regop_gc, regop_simd, wasm
from wasmvm.types import VALTYPE_NAMES

WORDS = {"K": 2, "V": 4}
"""Words that an operand takes, where it is not one."""


class RegOp(NamedTuple):
    """`jumps`: the body sets `pc` itself; otherwise the loop goes on behind the instruction."""

    number: int
    name: str
    operands: str
    body: tuple[str, ...]
    jumps: bool

    @property
    def length(self) -> int:
        """Words, the opcode included; for `br_table` without the table's own words."""
        return 1 + sum(WORDS.get(operand, 1) for operand in self.operands)

    @property
    def falls_through(self) -> bool:
        """Whether the loop may go on behind it: not behind a call, which comes back there by a return."""
        return not self.jumps or ("t" in self.operands and "else:" in self.body)


ROWS: list[RegOp] = []
BY_NAME: dict[str, RegOp] = {}


def _op(name: str, operands: str, *body: str, jumps: bool = False) -> None:
    row = RegOp(len(ROWS), name, operands, body, jumps)
    ROWS.append(row)
    BY_NAME[name] = row


# --- Moves and constants -----------------------------------------------------------------------------------------

_op("move", "da", "fp[{d}].u64 = fp[{a}].u64")
_op("move2", "daeb", "fp[{d}].u64 = fp[{a}].u64", "fp[{e}].u64 = fp[{b}].u64")
_op("const32", "dk", "fp[{d}].u64 = <uint32_t>{k}")
_op("const64", "dK", "fp[{d}].u64 = {K:i64}")
_op("copy", "dan", "memmove(&fp[{d}], &fp[{a}], <size_t>{n} * sizeof(slot))")
# Without a branch: compilers write `select` where they expect that nobody can predict the condition.
_op(
    "select",
    "dabc",
    "fp[{d}].u64 = fp[{b}].u64 ^ ((fp[{a}].u64 ^ fp[{b}].u64) & -<uint64_t>({c:i32} != 0))",
)
_op("select_v128", "dabc", "memmove(&fp[{d}], &fp[(&{a})[{c:i32} == 0]], 2 * sizeof(slot))")

# --- Numeric instructions ----------------------------------------------------------------------------------------
# A plain numeric instruction costs one row: the expression over {a} and {b}, whose types the wasm row gives.

EXPRESSIONS: dict[str, str] = {}
CHECKS: dict[str, tuple[tuple[str, str], ...]] = {}
SAME_BITS: dict[str, str | None] = {}
"""Instructions that do on the bits of a slot what another one does; None for those that do nothing at all."""


def _numeric(mnemonic: str, expression: str, *checks: tuple[str, str]) -> None:
    EXPRESSIONS[mnemonic] = expression
    CHECKS[mnemonic] = checks


_DIVISION_BY_ZERO = ("{b} == 0", "TRAP_INTEGER_DIVISION_BY_ZERO")
for _t, _u, _s, _mask, _min in (
    ("i32", "uint32_t", "int32_t", 31, "0x80000000u"),
    ("i64", "uint64_t", "int64_t", 63, "0x8000000000000000u"),
):
    _n = _t[1:]
    _numeric(f"{_t}.add", "{a} + {b}")
    _numeric(f"{_t}.sub", "{a} - {b}")
    _numeric(f"{_t}.mul", "{a} * {b}")
    _numeric(
        f"{_t}.div_s",
        f"<{_u}>(<{_s}>{{a}} // <{_s}>{{b}})",
        _DIVISION_BY_ZERO,
        (f"{{a}} == {_min} and {{b}} == <{_u}>-1", "TRAP_INTEGER_OVERFLOW"),
    )
    _numeric(f"{_t}.div_u", "{a} // {b}", _DIVISION_BY_ZERO)
    _numeric(f"{_t}.rem_s", f"i{_n}_rem_s({{a}}, {{b}})", _DIVISION_BY_ZERO)
    _numeric(f"{_t}.rem_u", "{a} % {b}", _DIVISION_BY_ZERO)
    _numeric(f"{_t}.and", "{a} & {b}")
    _numeric(f"{_t}.or", "{a} | {b}")
    _numeric(f"{_t}.xor", "{a} ^ {b}")
    _numeric(f"{_t}.shl", f"{{a}} << ({{b}} & {_mask})")
    _numeric(f"{_t}.shr_s", f"<{_u}>(<{_s}>{{a}} >> ({{b}} & {_mask}))")
    _numeric(f"{_t}.shr_u", f"{{a}} >> ({{b}} & {_mask})")
    _numeric(f"{_t}.rotl", f"i{_n}_rotl({{a}}, {{b}})")
    _numeric(f"{_t}.rotr", f"i{_n}_rotr({{a}}, {{b}})")
    _numeric(f"{_t}.clz", f"i{_n}_clz({{a}})")
    _numeric(f"{_t}.ctz", f"i{_n}_ctz({{a}})")
    _numeric(f"{_t}.popcnt", f"i{_n}_popcnt({{a}})")
    _numeric(f"{_t}.eq", "{a} == {b}")
    _numeric(f"{_t}.ne", "{a} != {b}")
    for _name, _operator in (("lt", "<"), ("gt", ">"), ("le", "<="), ("ge", ">=")):
        _numeric(f"{_t}.{_name}_s", f"<{_s}>{{a}} {_operator} <{_s}>{{b}}")
        _numeric(f"{_t}.{_name}_u", f"{{a}} {_operator} {{b}}")
    for _width in (8, 16, 32)[: 2 if _t == "i32" else 3]:
        _numeric(f"{_t}.extend{_width}_s", f"<{_u}><{_s}><int{_width}_t>{{a}}")

_numeric("i64.eqz", "{a} == 0")
SAME_BITS["i32.eqz"] = "i64.eqz"  # an i32 is stored zero-extended

for _t, _c in (("f32", "float"), ("f64", "double")):
    _numeric(f"{_t}.add", "{a} + {b}")
    _numeric(f"{_t}.sub", "{a} - {b}")
    _numeric(f"{_t}.mul", "{a} * {b}")
    _numeric(f"{_t}.div", "{a} / {b}")
    _numeric(f"{_t}.min", f"{_t}_min({{a}}, {{b}})")
    _numeric(f"{_t}.max", f"{_t}_max({{a}}, {{b}})")
    # These change nothing but the sign, of a signalling NaN too: compilers make operations on bits of them.
    _numeric(f"{_t}.abs", f"{_t}_abs({{a}})")
    _numeric(f"{_t}.neg", "-{a}")
    _numeric(f"{_t}.copysign", f"{_t}_copysign({{a}}, {{b}})")
    for _name in ("ceil", "floor", "trunc", "nearest", "sqrt"):
        _numeric(f"{_t}.{_name}", f"{_t}_{_name}({{a}})")
    for _name, _operator in (("eq", "=="), ("ne", "!="), ("lt", "<"), ("gt", ">"), ("le", "<="), ("ge", ">=")):
        _numeric(f"{_t}.{_name}", f"{{a}} {_operator} {{b}}")
    for _from, _cast in (
        ("i32_s", "<int32_t>"),
        ("i32_u", "<uint32_t>"),
        ("i64_s", "<int64_t>"),
        ("i64_u", "<uint64_t>"),
    ):
        _numeric(f"{_t}.convert_{_from}", f"<{_c}>{_cast}{{a}}")
    # The bounds are exclusive; each is the nearest float outside the range, which differs by width.
    for _to, _sc, _lo_s, _hi_s, _hi_u in (
        (
            "i32",
            "int32_t",
            "-2147483904.0" if _t == "f32" else "-2147483649.0",
            "2147483648.0",
            "4294967296.0",
        ),
        (
            "i64",
            "int64_t",
            "-9223373136366403584.0" if _t == "f32" else "-9223372036854777856.0",
            "9223372036854775808.0",
            "18446744073709551616.0",
        ),
    ):
        _nan = ("{a} != {a}", "TRAP_INVALID_CONVERSION")
        _numeric(
            f"{_to}.trunc_{_t}_s",
            f"<u{_sc}><{_sc}>{{a}}",
            _nan,
            (f"not ({{a}} > {_lo_s} and {{a}} < {_hi_s})", "TRAP_INTEGER_OVERFLOW"),
        )
        _numeric(
            f"{_to}.trunc_{_t}_u",
            f"<u{_sc}>{{a}}",
            _nan,
            (f"not ({{a}} > -1.0 and {{a}} < {_hi_u})", "TRAP_INTEGER_OVERFLOW"),
        )
        for _sx in "su":
            _numeric(f"{_to}.trunc_sat_{_t}_{_sx}", f"{_to}_trunc_sat_{_sx}({{a}})")

_numeric("i32.wrap_i64", "{a}")
_numeric("i64.extend_i32_s", "<uint64_t><int64_t><int32_t>{a}")
_numeric("f32.demote_f64", "<float>{a}")
_numeric("f64.promote_f32", "<double>{a}")
for _name in ("i64.extend_i32_u", "i32.reinterpret_f32", "i64.reinterpret_f64", "f32.reinterpret_i32"):
    SAME_BITS[_name] = None
SAME_BITS["f64.reinterpret_i64"] = None
SAME_BITS["ref.is_null"] = "i64.eqz"
SAME_BITS["ref.eq"] = "i64.eq"

# --- What follows from the rows above ----------------------------------------------------------------------------

COMPARISONS = frozenset("eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u lt gt le ge".split())
_MIRRORED = {"lt": "gt", "gt": "lt", "le": "ge", "ge": "le"}
_COMMUTATIVE = frozenset("add mul and or xor eq ne".split())
_NEGATED = {"eq": "ne", "ne": "eq", "lt": "ge", "ge": "lt", "gt": "le", "le": "gt"}
_CONSTANT_LEFT = frozenset("sub shl shr_s shr_u div".split())
"""Operators worth a form with the constant on the left; elsewhere it is put into a slot first."""


def mirrored(mnemonic: str) -> str | None:
    """The operator that gives the same with its operands swapped; None where there is none.

    Float `add` and `mul` are not among them: which NaN is propagated would not matter to the specification, but
    keeping the order costs nothing.
    """
    type_, _, name = mnemonic.partition(".")
    base, _, sign = name.partition("_")
    if name in _COMMUTATIVE and (type_[0] == "i" or name in COMPARISONS):
        return mnemonic
    if base in _MIRRORED:
        return f"{type_}.{_MIRRORED[base]}{f'_{sign}' if sign else ''}"
    return None


def negated(mnemonic: str) -> str | None:
    """The comparison that is true where this one is not; None for ordered comparisons of floats, because of NaN."""
    type_, _, name = mnemonic.partition(".")
    base, _, sign = name.partition("_")
    if name not in COMPARISONS or (type_[0] == "f" and base not in ("eq", "ne")):
        return None
    return f"{type_}.{_NEGATED[base]}{f'_{sign}' if sign else ''}"


def _signature(mnemonic: str) -> tuple[list[str], str]:
    row = wasm.BY_MNEMONIC[mnemonic]
    if row.params is None or row.results is None:
        raise ValueError(f"{mnemonic} has operands of any type")
    return [VALTYPE_NAMES[t] for t in row.params], VALTYPE_NAMES[row.results[0]]


def _constant(type_: str) -> str:
    return "k" if type_ in ("i32", "f32") else "K"


def _trap_if(condition: str, trap: str) -> tuple[str, ...]:
    return (f"if unlikely({condition}):", f"    reason = {trap}", "    break")


def _assign(type_: str, expression: str) -> str:
    """Text that writes a result; the upper half of a slot that holds an i32 or f32 is zero."""
    if type_ == "f32":
        return f"set_f32(&fp[{{d}}], {expression})"
    if type_ == "f64":
        return f"fp[{{d}}].f64 = {expression}"
    return f"fp[{{d}}].u64 = <{'uint32_t' if type_ == 'i32' else 'uint64_t'}>({expression})"


def _bind(text: str, operands: dict[str, str]) -> str:
    """Replace ``{a}`` and ``{b}`` by typed operands such as ``{a:i32}`` or ``{k:i32}``."""
    for name, operand in operands.items():
        text = text.replace(f"{{{name}}}", f"{{{operand}}}")
    return text


def _forms(mnemonic: str, params: list[str]) -> dict[str, dict[str, str]]:
    """For each form's suffix, what stands for {a} and {b}."""
    if len(params) == 1:
        return {"": {"a": f"a:{params[0]}"}}
    left, right = params
    forms = {
        "": {"a": f"a:{left}", "b": f"b:{right}"},
        "_rk": {"a": f"a:{left}", "b": f"{_constant(right)}:{right}"},
    }
    if mnemonic.partition(".")[2] in _CONSTANT_LEFT:
        forms["_kr"] = {"a": f"{_constant(left)}:{left}", "b": f"a:{right}"}
    return forms


for _mnemonic, _expression in EXPRESSIONS.items():
    _params, _result = _signature(_mnemonic)
    for _suffix, _operands in _forms(_mnemonic, _params).items():
        _body = [_line for _check in CHECKS[_mnemonic] for _line in _trap_if(_bind(_check[0], _operands), _check[1])]
        _body.append(_assign(_result, _bind(_expression, _operands)))
        _letters = [operand[0] for operand in _operands.values()]
        if _suffix == "_kr":
            _letters.reverse()  # the slot comes first in every form
        _op(_mnemonic + _suffix, "d" + "".join(_letters), *_body)

_op("i32.shl_add", "dabk", "fp[{d}].u64 = <uint32_t>({a:i32} + ({b:i32} << {k}))")

# --- Branches ----------------------------------------------------------------------------------------------------
# Each exists twice: `loop_...` is the form for a back-edge, which also pays for the budget.

_PAY = ("budget -= 1", "if unlikely(budget < 0):", "    reason = EXIT_BUDGET", "    break")


def _branch(name: str, operands: str, condition: str) -> None:
    row = RegOp(0, "", operands + "t", (), True)
    jump, skip = f"pc = pc + {{t}} + {row.length - 1}", f"pc = pc + {row.length}"
    if not condition:
        _op(name, operands + "t", jump, jumps=True)
        _op(f"loop_{name}", operands + "t", *_PAY, jump, jumps=True)
        return
    _op(name, operands + "t", f"if {condition}:", f"    {jump}", "else:", f"    {skip}", jumps=True)
    taken = (f"    {line}" for line in (*_PAY, jump))
    _op(f"loop_{name}", operands + "t", f"if {condition}:", *taken, "else:", f"    {skip}", jumps=True)


_branch("br", "", "")
_branch("br_if", "a", "fp[{a}].u64 != 0")
_branch("br_unless", "a", "fp[{a}].u64 == 0")
_branch("br_if_cast", "akn", regop_gc.MATCHES)
_branch("br_unless_cast", "akn", f"not {regop_gc.MATCHES}")
for _mnemonic in EXPRESSIONS:
    if _mnemonic.partition(".")[2] not in COMPARISONS:
        continue
    _params, _ = _signature(_mnemonic)
    for _suffix, _operands in _forms(_mnemonic, _params).items():
        _condition = _bind(EXPRESSIONS[_mnemonic], _operands)
        _letters = [operand[0] for operand in _operands.values()]
        _branch(f"br_if_{_mnemonic}{_suffix}", "".join(_letters), _condition)
        if negated(_mnemonic) is None:
            _branch(f"br_unless_{_mnemonic}{_suffix}", "".join(_letters), f"not ({_condition})")

# The end of a counting loop: add a constant, compare the sum, go back. The sum is written last, since an instruction
# whose budget is used up begins anew.
for _mnemonic in EXPRESSIONS:
    if _mnemonic.partition(".")[2] not in COMPARISONS or not _mnemonic.startswith("i32"):
        continue
    for _suffix, _right in {"": "b:i32", "_rk": "c:i32"}.items():
        _condition = _bind(EXPRESSIONS[_mnemonic], {"a": "sum", "b": _right}).replace("{sum}", "<uint32_t>ea")
        _condition = _condition.replace("{c:i32}", "(<uint32_t>{m})")
        _letters = ["d", "a", "k", "m" if _suffix else "b", "t"]
        _op(
            f"loop_add_br_if_{_mnemonic}{_suffix}",
            "".join(_letters),
            "ea = <uint32_t>({a:i32} + {k:i32})",
            f"if {_condition}:",
            *(f"    {line}" for line in _PAY),
            "    fp[{d}].u64 = ea",
            "    pc = pc + {t} + 5",
            "else:",
            "    fp[{d}].u64 = ea",
            "    pc = pc + 6",
            jumps=True,
        )
_op(
    "br_table",
    "an",
    "entry = &pc[3 + min({a:i32}, <uint32_t>{n})]",
    "if entry[0] < 0:",
    *(f"    {line}" for line in _PAY),
    "pc = entry + entry[0]",
    jumps=True,
)

# --- Memory instructions -----------------------------------------------------------------------------------------

LOADS: dict[str, tuple[int, str]] = {
    "i32.load": (4, "load_u32({p})"),
    "i64.load": (8, "load_u64({p})"),
    "i32.load8_s": (1, "<uint32_t><int32_t><int8_t>{p}[0]"),
    "i32.load8_u": (1, "{p}[0]"),
    "i32.load16_s": (2, "<uint32_t><int32_t><int16_t>load_u16({p})"),
    "i32.load16_u": (2, "load_u16({p})"),
    "i64.load8_s": (1, "<uint64_t><int64_t><int8_t>{p}[0]"),
    "i64.load16_s": (2, "<uint64_t><int64_t><int16_t>load_u16({p})"),
    "i64.load32_s": (4, "<uint64_t><int64_t><int32_t>load_u32({p})"),
    # On their own, although the bits are those of integers: what consumes them wants them in an accumulator for floats.
    "f32.load": (4, "load_f32({p})"),
    "f64.load": (8, "load_f64({p})"),
}
STORES: dict[str, tuple[int, str]] = {
    "i32.store": (4, "store_u32({p}, <uint32_t>{v})"),
    "i64.store": (8, "store_u64({p}, {v})"),
    "f32.store": (4, "store_f32({p}, {v})"),
    "f64.store": (8, "store_f64({p}, {v})"),
    "i32.store8": (1, "{p}[0] = <uint8_t>{v}"),
    "i32.store16": (2, "store_u16({p}, <uint16_t>{v})"),
}
SAME_BITS.update(
    {
        "i64.load8_u": "i32.load8_u",
        "i64.load16_u": "i32.load16_u",
        "i64.load32_u": "i32.load",
        "i64.store8": "i32.store8",
        "i64.store16": "i32.store16",
        "i64.store32": "i32.store",
    }
)
_ADDRESS = {
    "": ("a", "<uint64_t>{a:i32} + <uint32_t>{o}"),
    "_k": ("", "<uint64_t><uint32_t>{o}"),
    "_ak": ("ak", "<uint64_t><uint32_t>({a:i32} + {k:i32}) + <uint32_t>{o}"),
    "_ab": ("ab", "<uint64_t><uint32_t>({a:i32} + {b:i32}) + <uint32_t>{o}"),
    "_shl": ("abk", "<uint64_t><uint32_t>({a:i32} + ({b:i32} << {k})) + <uint32_t>{o}"),
}
"""An address is a slot plus offset; with `_k` it was constant and is wholly in the offset; the others compute it as the
i32.add, or i32.shl and i32.add, before them did. The sum wraps at 32 bits, adding the offset does not. For addresses
of 64 bits there is the form `_wide`, with an offset of two words."""


def _in_bounds(address: str, width: int) -> tuple[str, ...]:
    return (f"ea = {address}", *_trap_if(f"ea + {width} > mem_len", "TRAP_MEMORY_OUT_OF_BOUNDS"))


for _mnemonic, (_width, _text) in LOADS.items():
    _result = _mnemonic.partition(".")[0]
    for _suffix, (_letters_, _address) in _ADDRESS.items():
        _op(
            _mnemonic + _suffix,
            f"d{_letters_}o",
            *_in_bounds(_address, _width),
            _assign(_result if _result[0] == "f" else "i64", _text.replace("{p}", "(mem + ea)")),
        )
    _op(f"{_mnemonic}_wide", "daK", *regop_simd.wide(BY_NAME[_mnemonic].body))
for _mnemonic, (_width, _text) in STORES.items():
    _type = _mnemonic.partition(".")[0] if _mnemonic[0] == "f" else "i64"
    _values = {"": ("c", f"{{c:{_type}}}")}
    for _suffix, (_letters_, _address) in _ADDRESS.items():
        if "k" not in _letters_:  # a constant value beside a computed address is rare
            _letter = "K" if _width == 8 else "k"
            _values["_v"] = (_letter, f"{{{_letter}:{_type}}}" if _width == 8 or _type != "i64" else "{k}")
        else:
            _values.pop("_v", None)
        for _value, (_letter, _read) in _values.items():
            _op(
                _mnemonic + _suffix + _value,
                f"{_letters_}o{_letter}",
                *_in_bounds(_address, _width),
                _text.replace("{p}", "(mem + ea)").replace("{v}", _read),
            )
    _op(f"{_mnemonic}_wide", "aKc", *regop_simd.wide(BY_NAME[_mnemonic].body))


_calls = regop_gc.calls
_pays = regop_gc.pays
# Loads and stores are about the memory in `mem` and `mem_len`: memory 0, but for where lowering says otherwise.
_op(
    "use_memory",
    "x",
    "machine.other_mem = inst.mems[{x}]",
    "mem = machine.other_mem.data",
    "mem_len = machine.other_mem.length",
)
_op("use_memory_0", "", "machine.other_mem = NULL", "mem = inst.mem.data", "mem_len = inst.mem.length")
_op("memory.size", "dx", "fp[{d}].u64 = inst.mems[{x}].length >> 16")
_op(
    "memory.fill",
    "abcx",
    *_pays("memory.fill", "{c:i64}", "BYTES"),
    *_calls("memory_fill(inst.mems[{x}], {a:i64}, {b:i32}, {c:i64})"),
)
_op(
    "memory.copy",
    "abcxy",
    *_pays("memory.copy", "{c:i64}", "BYTES"),
    *_calls("memory_copy(inst.mems[{x}], inst.mems[{y}], {a:i64}, {b:i64}, {c:i64})"),
)
_op(
    "memory.init",
    "abcxy",
    *_pays("memory.init", "{c:i64}", "BYTES"),
    *_calls("memory_init(inst.mems[{y}], &inst.datas[{x}], {a:i64}, {b:i64}, {c:i64})"),
)
_op("data.drop", "x", "inst.datas[{x}].length = 0")

# --- Variables, references and tables ----------------------------------------------------------------------------

_op("global.get", "dx", "fp[{d}].u64 = inst.globals[{x}].u64")
_op("global.set", "ax", "inst.globals[{x}].u64 = fp[{a}].u64")
_op("global.get_v128", "dx", "memcpy(&fp[{d}], inst.globals[{x}], 2 * sizeof(slot))")
_op("global.set_v128", "ax", "memcpy(inst.globals[{x}], &fp[{a}], 2 * sizeof(slot))")
_op("ref.func", "dx", "fp[{d}].ptr = inst.all_funcs[{x}]")
_op("ref.as_non_null", "a", *_trap_if("fp[{a}].u64 == 0", "TRAP_NULL_REFERENCE"))
_op(
    "table.get",
    "dax",
    *_trap_if("{a:i64} >= inst.tables[{x}].size", "TRAP_TABLE_OUT_OF_BOUNDS"),
    "fp[{d}].u64 = inst.tables[{x}].elems[{a:i64}]",
)
_op(
    "table.set",
    "abx",
    *_trap_if("{a:i64} >= inst.tables[{x}].size", "TRAP_TABLE_OUT_OF_BOUNDS"),
    "inst.tables[{x}].elems[{a:i64}] = fp[{b}].u64",
)
_op("table.size", "dx", "fp[{d}].u64 = inst.tables[{x}].size")
_op(
    "table.fill",
    "abcx",
    *_pays("table.fill", "{c:i64}"),
    *_calls("table_fill(inst.tables[{x}], {a:i64}, fp[{b}].u64, {c:i64})"),
)
_op(
    "table.copy",
    "abcxy",
    *_pays("table.copy", "{c:i64}"),
    *_calls("table_copy(inst.tables[{x}], inst.tables[{y}], {a:i64}, {b:i64}, {c:i64})"),
)
_op(
    "table.init",
    "abcxy",
    *_pays("table.init", "{c:i64}"),
    *_calls("table_init(inst.tables[{y}], &inst.elems[{x}], {a:i64}, {b:i64}, {c:i64})"),
)
_op("elem.drop", "x", "inst.elems[{x}].length = 0")

# --- Structures and arrays ---------------------------------------------------------------------------------------

for _aggregate in regop_gc.aggregate_rows():
    _op(_aggregate.name, _aggregate.operands, *_aggregate.body)

# --- Calls -------------------------------------------------------------------------------------------------------
# See "Calls" in docs/architecture.md. A return finds the caller in the frame stack; where the caller belongs to
# another instance, or is Python, the frame in between names the code `leave_instance` or `done`.

_ENTER = (
    *_PAY,
    "base = fp + {s}",
    *_trap_if("base + callee.frame_size > stack_end", "TRAP_CALL_STACK_EXHAUSTED"),
)
_PUSH = (
    "frame.pc = pc + {length}",
    "frame.fp = fp",
    "frame += 1",
)
_BEGIN = (
    "fp = base",
    "for i in range(callee.zero_from, callee.zero_to):",
    "    fp[i].u64 = 0",
    "pc = callee.code",
)
_CROSS = (
    "frame.pc = leave_instance_code",
    "frame.fp = <slot*>inst",
    "frame += 1",
    "inst = callee.inst",
    "mem = inst.mem.data",
    "mem_len = inst.mem.length",
)
_HOST = (
    "if callee.inst == NULL:",
    "    machine.callee = callee",
    "    machine.base = base",
    "    reason = EXIT_HOST",
    "    break",
)
_ENTER_ANY = (
    *_ENTER,
    "if callee.inst == inst:",
    *(f"    {line}" for line in _PUSH),
    "else:",
    *(f"    {line}" for line in (*_HOST, *_PUSH, *_CROSS)),
    *_BEGIN,
)
_op("call", "xs", "callee = &inst.funcs[{x}]", *_ENTER, *_PUSH, *_BEGIN, jumps=True)
_op("call_import", "xs", "callee = inst.all_funcs[{x}]", *_ENTER, *_HOST, *_PUSH, *_CROSS, *_BEGIN, jumps=True)
_CALLEE_IN_TABLE = (
    "table = inst.tables[{y}]",
    *_trap_if("{a:i64} >= table.size", "TRAP_UNDEFINED_ELEMENT"),
    "callee = <func_t*><size_t>table.elems[{a:i64}]",
    *_trap_if("callee == NULL", "TRAP_UNINITIALIZED_ELEMENT"),
    *_trap_if(
        "callee.type != inst.types[{x}] and not is_subtype(callee.type, inst.types[{x}])",
        "TRAP_INDIRECT_CALL_TYPE_MISMATCH",
    ),
)
_CALLEE_IN_REFERENCE = (
    "callee = <func_t*>fp[{a}].ptr",
    *_trap_if("callee == NULL", "TRAP_NULL_FUNCTION_REFERENCE"),
)
_op("call_indirect", "axys", *_CALLEE_IN_TABLE, *_ENTER_ANY, jumps=True)
_op("call_ref", "as", *_CALLEE_IN_REFERENCE, *_ENTER_ANY, jumps=True)

# A tail call gives its frame to the callee: the arguments are moved to its beginning, in ascending order since they lie
# above it. The frame to return to stays the same, but for one that leaves the instance; there is never more than one.
_TAIL_ENTER = (
    *_PAY,
    *_trap_if("fp + callee.frame_size > stack_end", "TRAP_CALL_STACK_EXHAUSTED"),
    "base = fp + {s}",
    "for i in range({n}):",
    "    fp[i] = base[i]",
    "base = fp",
)
_TAIL_CROSS = (
    "if (frame - 1).pc != leave_instance_code and (frame - 1).pc != done_code:",
    "    frame.pc = leave_instance_code",
    "    frame.fp = <slot*>inst",
    "    frame += 1",
    "inst = callee.inst",
    "mem = inst.mem.data",
    "mem_len = inst.mem.length",
)
_TAIL_ENTER_ANY = (
    *_TAIL_ENTER,
    "if callee.inst != inst:",
    *(f"    {line}" for line in (*_HOST, *_TAIL_CROSS)),
    *_BEGIN,
)
_op("return_call", "xsn", "callee = &inst.funcs[{x}]", *_TAIL_ENTER, *_BEGIN, jumps=True)
_op("return_call_import", "xsn", "callee = inst.all_funcs[{x}]", *_TAIL_ENTER_ANY, jumps=True)
_op("return_call_indirect", "axysn", *_CALLEE_IN_TABLE, *_TAIL_ENTER_ANY, jumps=True)
_op("return_call_ref", "asn", *_CALLEE_IN_REFERENCE, *_TAIL_ENTER_ANY, jumps=True)
_POP = ("frame -= 1", "pc = frame.pc", "fp = frame.fp")
_op("return", "", *_POP, jumps=True)
_op("return_slot", "a", "fp[0].u64 = fp[{a}].u64", *_POP, jumps=True)
_op("return32", "k", "fp[0].u64 = <uint32_t>{k}", *_POP, jumps=True)
_op("return_copy", "an", "memmove(fp, &fp[{a}], <size_t>{n} * sizeof(slot))", *_POP, jumps=True)
_op(
    "leave_instance",
    "",
    "inst = <inst_t*>fp",
    "mem = inst.mem.data",
    "mem_len = inst.mem.length",
    *_POP,
    jumps=True,
)

# --- Exceptions --------------------------------------------------------------------------------------------------
# The driver looks for the handler (`_core_exception.pxi`). A throw pays for the budget, as going to its handler may be
# the way back in a loop.

_op(
    "throw",
    "xs",
    *_PAY,
    "machine.tag = inst.tags[{x}]",
    "machine.base = fp + {s}",
    "machine.exn = NULL",
    "reason = EXIT_THROW",
    "break",
    jumps=True,
)
_op(
    "throw_ref",
    "a",
    *_PAY,
    *_trap_if("fp[{a}].u64 == 0", "TRAP_NULL_EXCEPTION_REFERENCE"),
    "machine.exn = <exn_t*>fp[{a}].ptr",
    "machine.tag = machine.exn.tag",
    "machine.base = machine.exn.payload",
    "reason = EXIT_THROW",
    "break",
    jumps=True,
)

# --- Fuel --------------------------------------------------------------------------------------------------------
# Written only where the module is compiled for a store that meters.

_TAKE = ("if unlikely(machine.fuel < 0):", "    machine.fuel = 0", "    reason = TRAP_OUT_OF_FUEL", "    break")
_op("fuel", "k", "machine.fuel -= <uint32_t>{k}", *_TAKE)
# No memory or table has as many as 2^40 of anything.
_op("fuel_bulk", "a", "machine.fuel -= <int64_t>min({a:i64}, <uint64_t>1 << 40)", *_TAKE)

# --- The budget --------------------------------------------------------------------------------------------------
# Written where code would run long without a back-edge or a call (`lowering.budget`).

_op("pay", "k", "budget -= <uint32_t>{k}", *_PAY[1:])

# --- What ends the loop ------------------------------------------------------------------------------------------
# The driver in `_core.pyx` serves these with the GIL held, reads their operands itself and goes on behind them.

_op("unreachable", "", "reason = TRAP_UNREACHABLE", "break", jumps=True)
_op("memory.grow", "dax", *_PAY, "reason = EXIT_MEMORY_GROW", "break", jumps=True)
_op("table.grow", "dabx", *_PAY, "reason = EXIT_TABLE_GROW", "break", jumps=True)
_op("lower", "x", "reason = EXIT_LOWER", "break", jumps=True)
_op("done", "", "reason = EXIT_DONE", "break", jumps=True)

# --- Vector instructions -----------------------------------------------------------------------------------------

VECTOR_ROWS = tuple(regop_simd.vector_rows(EXPRESSIONS))
SAME_BITS.update(regop_simd.SAME_BITS)
for _vector in VECTOR_ROWS:
    _op(_vector.name, _vector.operands, *_vector.body)

del _t, _u, _s, _mask, _min, _n, _name, _operator, _width, _c, _from, _cast, _to, _sc, _lo_s, _hi_s, _hi_u
del _nan, _sx, _mnemonic, _expression, _params, _result, _suffix, _operands, _body, _letters, _condition
del _text, _letters_, _address, _type, _values, _right, _value, _letter, _read, _vector
del _aggregate
