"""Every register instruction, in the order of their numbers."""

from __future__ import annotations

from wasmvm.isa import wasm
from wasmvm.isa.operators import CHECKS, COMPARISONS, CONSTANT_LEFT, EXPRESSIONS, SAME_BITS, negated
from wasmvm.isa.regop import aggregates, vector
from wasmvm.isa.regop.row import PAY, RegOp, assign, calls, pays, trap_if
from wasmvm.types import VALTYPE_NAMES

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


def _signature(mnemonic: str) -> tuple[list[str], str]:
    row = wasm.BY_MNEMONIC[mnemonic]
    if row.params is None or row.results is None:
        raise ValueError(f"{mnemonic} has operands of any type")
    return [VALTYPE_NAMES[t] for t in row.params], VALTYPE_NAMES[row.results[0]]


def _constant(type_: str) -> str:
    return "k" if type_ in ("i32", "f32") else "K"


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
    if mnemonic.partition(".")[2] in CONSTANT_LEFT:
        forms["_kr"] = {"a": f"{_constant(left)}:{left}", "b": f"a:{right}"}
    return forms


for _mnemonic, _expression in EXPRESSIONS.items():
    _params, _result = _signature(_mnemonic)
    for _suffix, _operands in _forms(_mnemonic, _params).items():
        _body = [_line for _check in CHECKS[_mnemonic] for _line in trap_if(_bind(_check[0], _operands), _check[1])]
        _body.append(assign(_result, _bind(_expression, _operands)))
        _letters = [operand[0] for operand in _operands.values()]
        if _suffix == "_kr":
            _letters.reverse()  # the slot comes first in every form
        _op(_mnemonic + _suffix, "d" + "".join(_letters), *_body)

_op("i32.shl_add", "dabk", "fp[{d}].u64 = <uint32_t>({a:i32} + ({b:i32} << {k}))")

# --- Branches ----------------------------------------------------------------------------------------------------
# Each exists twice: `loop_...` is the form for a back-edge, which also pays for the budget.


def _branch(name: str, operands: str, condition: str) -> None:
    row = RegOp(0, "", operands + "t", (), True)
    jump, skip = f"pc = pc + {{t}} + {row.length - 1}", f"pc = pc + {row.length}"
    if not condition:
        _op(name, operands + "t", jump, jumps=True)
        _op(f"loop_{name}", operands + "t", *PAY, jump, jumps=True)
        return
    _op(name, operands + "t", f"if {condition}:", f"    {jump}", "else:", f"    {skip}", jumps=True)
    taken = (f"    {line}" for line in (*PAY, jump))
    _op(f"loop_{name}", operands + "t", f"if {condition}:", *taken, "else:", f"    {skip}", jumps=True)


_branch("br", "", "")
_branch("br_if", "a", "fp[{a}].u64 != 0")
_branch("br_unless", "a", "fp[{a}].u64 == 0")
_branch("br_if_cast", "akn", aggregates.MATCHES)
_branch("br_unless_cast", "akn", f"not {aggregates.MATCHES}")
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
            *(f"    {line}" for line in PAY),
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
    *(f"    {line}" for line in PAY),
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
    return (f"ea = {address}", *trap_if(f"ea + {width} > mem_len", "TRAP_MEMORY_OUT_OF_BOUNDS"))


for _mnemonic, (_width, _text) in LOADS.items():
    _result = _mnemonic.partition(".")[0]
    for _suffix, (_letters_, _address) in _ADDRESS.items():
        _op(
            _mnemonic + _suffix,
            f"d{_letters_}o",
            *_in_bounds(_address, _width),
            assign(_result if _result[0] == "f" else "i64", _text.replace("{p}", "(mem + ea)")),
        )
    _op(f"{_mnemonic}_wide", "daK", *vector.wide(BY_NAME[_mnemonic].body))
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
    _op(f"{_mnemonic}_wide", "aKc", *vector.wide(BY_NAME[_mnemonic].body))


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
    *pays("memory.fill", "{c:i64}", "BYTES"),
    *calls("memory_fill(inst.mems[{x}], {a:i64}, {b:i32}, {c:i64})"),
)
_op(
    "memory.copy",
    "abcxy",
    *pays("memory.copy", "{c:i64}", "BYTES"),
    *calls("memory_copy(inst.mems[{x}], inst.mems[{y}], {a:i64}, {b:i64}, {c:i64})"),
)
_op(
    "memory.init",
    "abcxy",
    *pays("memory.init", "{c:i64}", "BYTES"),
    *calls("memory_init(inst.mems[{y}], &inst.datas[{x}], {a:i64}, {b:i64}, {c:i64})"),
)
_op("data.drop", "x", "inst.datas[{x}].length = 0")

# --- Variables, references and tables ----------------------------------------------------------------------------

_op("global.get", "dx", "fp[{d}].u64 = inst.globals[{x}].u64")
_op("global.set", "ax", "inst.globals[{x}].u64 = fp[{a}].u64")
_op("global.get_v128", "dx", "memcpy(&fp[{d}], inst.globals[{x}], 2 * sizeof(slot))")
_op("global.set_v128", "ax", "memcpy(inst.globals[{x}], &fp[{a}], 2 * sizeof(slot))")
_op("ref.func", "dx", "fp[{d}].ptr = inst.all_funcs[{x}]")
_op("ref.as_non_null", "a", *trap_if("fp[{a}].u64 == 0", "TRAP_NULL_REFERENCE"))
_op(
    "table.get",
    "dax",
    *trap_if("{a:i64} >= inst.tables[{x}].size", "TRAP_TABLE_OUT_OF_BOUNDS"),
    "fp[{d}].u64 = inst.tables[{x}].elems[{a:i64}]",
)
_op(
    "table.set",
    "abx",
    *trap_if("{a:i64} >= inst.tables[{x}].size", "TRAP_TABLE_OUT_OF_BOUNDS"),
    "inst.tables[{x}].elems[{a:i64}] = fp[{b}].u64",
)
_op("table.size", "dx", "fp[{d}].u64 = inst.tables[{x}].size")
_op(
    "table.fill",
    "abcx",
    *pays("table.fill", "{c:i64}"),
    *calls("table_fill(inst.tables[{x}], {a:i64}, fp[{b}].u64, {c:i64})"),
)
_op(
    "table.copy",
    "abcxy",
    *pays("table.copy", "{c:i64}"),
    *calls("table_copy(inst.tables[{x}], inst.tables[{y}], {a:i64}, {b:i64}, {c:i64})"),
)
_op(
    "table.init",
    "abcxy",
    *pays("table.init", "{c:i64}"),
    *calls("table_init(inst.tables[{y}], &inst.elems[{x}], {a:i64}, {b:i64}, {c:i64})"),
)
_op("elem.drop", "x", "inst.elems[{x}].length = 0")

# --- Structures and arrays ---------------------------------------------------------------------------------------

for _aggregate in aggregates.aggregate_rows():
    _op(_aggregate.name, _aggregate.operands, *_aggregate.body)

# --- Calls -------------------------------------------------------------------------------------------------------
# See "Calls" in docs/architecture.md. A return finds the caller in the frame stack; where the caller belongs to
# another instance, or is Python, the frame in between names the code `leave_instance` or `done`.

_ENTER = (
    *PAY,
    "base = fp + {s}",
    *trap_if("base + callee.frame_size > stack_end", "TRAP_CALL_STACK_EXHAUSTED"),
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
    *trap_if("{a:i64} >= table.size", "TRAP_UNDEFINED_ELEMENT"),
    "callee = <func_t*><size_t>table.elems[{a:i64}]",
    *trap_if("callee == NULL", "TRAP_UNINITIALIZED_ELEMENT"),
    *trap_if(
        "callee.type != inst.types[{x}] and not is_subtype(callee.type, inst.types[{x}])",
        "TRAP_INDIRECT_CALL_TYPE_MISMATCH",
    ),
)
_CALLEE_IN_REFERENCE = (
    "callee = <func_t*>fp[{a}].ptr",
    *trap_if("callee == NULL", "TRAP_NULL_FUNCTION_REFERENCE"),
)
_op("call_indirect", "axys", *_CALLEE_IN_TABLE, *_ENTER_ANY, jumps=True)
_op("call_ref", "as", *_CALLEE_IN_REFERENCE, *_ENTER_ANY, jumps=True)

# A tail call gives its frame to the callee: the arguments are moved to its beginning, in ascending order since they lie
# above it. The frame to return to stays the same, but for one that leaves the instance; there is never more than one.
_TAIL_ENTER = (
    *PAY,
    *trap_if("fp + callee.frame_size > stack_end", "TRAP_CALL_STACK_EXHAUSTED"),
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
# The driver looks for the handler (`machine/driver/exceptions.pxi`). A throw pays for the budget, as going to its
# handler may be the way back in a loop.

_op(
    "throw",
    "xs",
    *PAY,
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
    *PAY,
    *trap_if("fp[{a}].u64 == 0", "TRAP_NULL_EXCEPTION_REFERENCE"),
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

_op("pay", "k", "budget -= <uint32_t>{k}", *PAY[1:])

# --- What ends the loop ------------------------------------------------------------------------------------------
# The driver in `_core.pyx` serves these with the GIL held, reads their operands itself and goes on behind them.

_op("unreachable", "", "reason = TRAP_UNREACHABLE", "break", jumps=True)
_op("memory.grow", "dax", *PAY, "reason = EXIT_MEMORY_GROW", "break", jumps=True)
_op("table.grow", "dabx", *PAY, "reason = EXIT_TABLE_GROW", "break", jumps=True)
_op("lower", "x", "reason = EXIT_LOWER", "break", jumps=True)
_op("done", "", "reason = EXIT_DONE", "break", jumps=True)

# --- Vector instructions -----------------------------------------------------------------------------------------

VECTOR_ROWS = tuple(vector.vector_rows(EXPRESSIONS))
SAME_BITS.update(vector.SAME_BITS)
for _vector in VECTOR_ROWS:
    _op(_vector.name, _vector.operands, *_vector.body)

del _mnemonic, _expression, _params, _result, _suffix, _operands, _body, _letters, _condition
del _text, _letters_, _address, _type, _values, _right, _value, _letter, _read, _vector, _width
del _aggregate
