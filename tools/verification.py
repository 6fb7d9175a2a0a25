"""Prints `wasmvm/generated/wordkinds.py`: what each word of a register instruction must be, for `lowering.verify`.

All of it follows from the rows. An instruction is *plain* if its row says that it touches nothing but its slots,
memories, and what `PLAIN` names besides. Of the others, those in `OWN_RULES` are known to the verifier; what is in
neither is refused, so a new row is refused until somebody has thought about it.
"""

from __future__ import annotations

from wasmvm.isa.regop import arm, rows
from wasmvm.isa.regop.row import Operand, RegOp, Touched
from wasmvm.isa.threaded import forms

KINDS = (
    "end", "free", "read", "read_v128", "write", "write_v128", "label", "loop_label", "memidx", "dataidx", "elemidx",
    "tableidx", "shift", "lanes", "lane_2", "lane_4", "lane_8", "lane_16",
)  # fmt: skip
"""Of a word: it may be anything; a slot that is read or written, and its neighbour with a vector; the distance to a
label that must lie ahead, or that may lie anywhere, since going there is paid for; an index; less than 32; four bytes,
each less than 32; less than so many."""
RULES = (
    "refused", "plain", "move2", "copy", "select_v128", "br", "br_table", "return", "return_slot", "return32",
    "return_copy", "call", "call_import", "call_indirect", "return_call", "return_call_import", "return_call_indirect",
    "throw", "unreachable", "use_memory", "use_memory_0", "pay", "global_get", "global_set", "global_get_v128",
    "global_set_v128",
)  # fmt: skip
"""Instructions that have one name here have a rule of their own; `br` are those that nothing follows."""

OWN_RULES = {
    **{name: name for name in RULES[2:] if name in rows.BY_NAME},
    "loop_br": "br",
    "global.get": "global_get",
    "global.set": "global_set",
    "global.get_v128": "global_get_v128",
    "global.set_v128": "global_set_v128",
}
"""By row, the rule of its own."""
PLAIN: frozenset[Touched] = frozenset(("memory", "memories", "datas", "elems", "tables"))
"""What a plain instruction may touch: the memory in use within its bounds; memories, segments and tables by a valid
index, but no reference in them."""
INDICES = frozenset(("memidx", "dataidx", "elemidx", "tableidx"))
"""The indices that the plain rule knows."""
STRIDE = 8
"""How many kinds of words the table has for a row, the end among them."""
MAX_FOLLOWING = 3
"""How many instructions may follow the first of a sequence."""
NO_ROW = 0xFFFF


def is_plain(row: RegOp) -> bool:
    """Whether the row declares what it touches, and that is nothing that could harm with any numbers in its slots."""
    if row.touches is None or not row.touches <= PLAIN or row.control not in ("next", "branch", "driver"):
        return False
    return "memory" not in row.touches or row.address is not None  # whose bounds are checked


def rule_of(row: RegOp) -> str:
    if row.name in OWN_RULES:
        return OWN_RULES[row.name]
    return "plain" if is_plain(row) else "refused"


def _kinds_of(row: RegOp, operand: Operand) -> list[str]:
    """The kinds of the words of an operand.

    Raises:
        ValueError: the verifier has no rule for it.
    """
    if operand.role in ("read", "written") and operand.type not in ("slots", "ref"):
        kind = "read" if operand.role == "read" else "write"
        return [f"{kind}_v128" if operand.type == "v128" else kind]
    if operand.role == "label":
        return ["loop_label" if arm.pays(row) else "label"]
    if operand.role in ("constant", "offset"):
        special = operand.type if operand.type in ("lanes", "shift") else "free"
        return [special] * operand.words
    if operand.role == "index" and operand.type == "laneidx":
        return [f"lane_{operand.below}"]
    if operand.role == "index" and operand.type in INDICES:
        return [operand.type]
    raise ValueError(f"{row.name}: what must its operand {operand.letter} be?")


def kinds_of(row: RegOp) -> list[int]:
    """The kind of each word after the opcode, with an end; nothing where there is a rule of its own."""
    operands = row.operands if rule_of(row) in ("plain", "br") else ()
    numbers = [KINDS.index(kind) for operand in operands for kind in _kinds_of(row, operand)]
    if len(numbers) >= STRIDE:
        raise ValueError(f"{row.name} has {len(numbers)} words")
    return numbers + [0] * (STRIDE - len(numbers))


_HEAD = '''\
"""{note}

What the words of register instructions must be (`tools/verification.py` says how that follows from the rows).

ROW_COUNT, OPCODE_COUNT: how many opcodes the switch knows, and the threaded form. ROW: by opcode, the row of the
instruction, the first one of a sequence. SEQUENCES_FROM: the first opcode of a sequence. FOLLOWING: MAX_FOLLOWING for
each of these, the rows of the instructions that must follow, or NO_ROW. RULE, LENGTH: by row, the rule (`RULE_...`)
and the number of words. KINDS: STRIDE for each row, the kinds of the words after the opcode (`WORD_...`).
"""

from array import array

'''


def _hex(name: str, data: bytes, *, words: bool = False) -> str:
    text = data.hex()
    lines = "".join(f'    "{text[i : i + 112]}"\n' for i in range(0, len(text), 112))
    start, end = (f'{name} = array("H", bytes.fromhex(\n', "))\n") if words else (f"{name} = bytes.fromhex(\n", ")\n")
    return f"{start}{lines}{end}"


def constants() -> list[tuple[str, int]]:
    kinds = [(f"WORD_{kind.upper()}", number) for number, kind in enumerate(KINDS)]
    sizes = [("STRIDE", STRIDE), ("MAX_FOLLOWING", MAX_FOLLOWING), ("NO_ROW", NO_ROW)]
    return [*sizes, *kinds, *((f"RULE_{rule.upper()}", number) for number, rule in enumerate(RULES))]


def module(note: str) -> str:
    numbers_of = [forms.row_of(instruction).number for instruction in forms.INSTRUCTIONS]
    following: list[int] = []
    for made in forms.SEQUENCES_BY_NUMBER:
        parts = [forms.row_of(part).number for part in made.parts]
        numbers_of.append(parts[0])
        following += parts[1:] + [NO_ROW] * (1 + MAX_FOLLOWING - len(parts))
    tables = {
        "RULE": bytes(RULES.index(rule_of(row)) for row in rows.ROWS),
        "LENGTH": bytes(row.length for row in rows.ROWS),
        "KINDS": bytes(kind for row in rows.ROWS for kind in kinds_of(row)),
    }
    numbers = {
        "ROW_COUNT": len(rows.ROWS),
        "OPCODE_COUNT": len(numbers_of),
        "SEQUENCES_FROM": len(forms.INSTRUCTIONS),
    }
    wide = {"ROW": numbers_of, "FOLLOWING": following}
    return (
        "# fmt: off\n"
        + _HEAD.format(note=note)
        + "".join(f"{name} = {value}\n" for name, value in numbers.items())
        + "".join(_hex(name, b"".join(v.to_bytes(2, "little") for v in vs), words=True) for name, vs in wide.items())
        + 'if array("H", b"\\1\\0")[0] != 1:\n    ROW.byteswap()\n    FOLLOWING.byteswap()\n'
        + "".join(_hex(name, data) for name, data in tables.items())
        + "".join(f"{name} = {value}\n" for name, value in constants())
    )
