"""Prints `wasmvm/generated/wordkinds.py`: what each word of a register instruction must be, for `lowering.verify`.

All of it follows from the rows: which words are slots from their letters, what is a vector, a lane or a shift from the
text of the arm. An instruction is *plain* if its text works on slots, constants and the memory in use alone. Of the
others, those that `_RULES` and `_INDICES` name are known to the verifier; what is in neither is refused, so a new row
that touches more than numbers is refused until somebody has thought about it.
"""

from __future__ import annotations

import re

from wasmvm.isa.regop import row as regop
from wasmvm.isa.regop import rows
from wasmvm.isa.regop.row import RegOp
from wasmvm.isa.threaded import forms as regform

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
"""Instructions that have one name here have a rule of their own; `br` are those behind which nothing follows."""

_RULES = {name.replace("_", ".", 1) if name.startswith("global") else name: name for name in RULES[2:]}
_RULES["loop_br"] = "br"
_INDICES = {
    "memory.size": {"x": "memidx"},
    "memory.grow": {"x": "memidx"},
    "memory.fill": {"x": "memidx"},
    "memory.copy": {"x": "memidx", "y": "memidx"},
    "memory.init": {"x": "dataidx", "y": "memidx"},
    "data.drop": {"x": "dataidx"},
    "elem.drop": {"x": "elemidx"},
    "table.size": {"x": "tableidx"},
}
"""Instructions whose rule is the plain one, but for indices of the module."""
_MORE_THAN_NUMBERS = re.compile(
    r"\b(?:inst|machine|frame|callee|table|heap|object_t|size_t|is_of_heaptype|(?:struct|array|table|memory)_\w+"
    r"|EXIT_(?!BUDGET\b)\w+)\b|\bptr\b"
)
STRIDE = 8
NONE = 0xFFFF
MOST_PARTS = 4


def is_plain(row: RegOp) -> bool:
    return row.name in _INDICES or not _MORE_THAN_NUMBERS.search(" ".join(row.body))


def rule_of(row: RegOp) -> str:
    if row.name in _RULES:
        return _RULES[row.name]
    return "plain" if is_plain(row) else "refused"


def _is_vector(row: RegOp, letter: str) -> bool:
    if row.name in _INDICES:
        return False
    text = " ".join(row.body).replace("set_f32(&fp[{d}]", "")
    return f"&fp[{{{letter}}}]" in text or f"fp[{{{letter}}} + 1]" in text


def _kinds_of(row: RegOp, letter: str) -> list[str]:
    """The kinds of the words of an operand."""
    text = " ".join(row.body)
    if letter in "abc":
        return ["read_v128" if _is_vector(row, letter) else "read"]
    if letter in "de":
        return ["write_v128" if _is_vector(row, letter) else "write"]
    if letter == "t":
        return ["loop_label" if "EXIT_BUDGET" in text else "label"]
    if letter == "V":
        return ["lanes" if row.name == "i8x16.shuffle" else "free"] * 4
    if letter in "xy":
        index = _INDICES.get(row.name, {}).get(letter)
        width = re.search(rf"(\d+) \* {{{letter}}}", text)
        if index is None and width is None:
            raise ValueError(f"{row.name}: what is its operand {letter}?")
        return [index or f"lane_{16 // int(width[1] if width else 0)}"]
    if letter in "km":
        return ["shift" if f"<< {{{letter}}}" in text else "free"]
    if letter in "oK":
        return ["free"] * regop.WORDS.get(letter, 1)
    raise ValueError(f"{row.name}: what is its operand {letter}?")


def kinds_of(row: RegOp) -> list[int]:
    """The kind of each word behind the opcode, with an end; nothing where there is a rule of its own."""
    operands = row.operands if rule_of(row) in ("plain", "br") else ""
    numbers = [KINDS.index(kind) for letter in operands for kind in _kinds_of(row, letter)]
    if len(numbers) >= STRIDE:
        raise ValueError(f"{row.name} has {len(numbers)} words")
    return numbers + [0] * (STRIDE - len(numbers))


_HEAD = '''\
"""{note}

What the words of register instructions must be (`tools/verification.py` says how that follows from the rows).

ROW_COUNT, OPCODE_COUNT: how many opcodes the switch knows, and the threaded form. ROW: by opcode, the row of the
instruction, the first one of a sequence. FUSED_FROM: the first opcode of a sequence. FOLLOWING: {most} for each of
these, the rows of the instructions that must follow, or {none}. RULE, LENGTH: by row, the rule (`RULE_...`) and the
number of words. KINDS: {stride} for each row, the kinds of the words behind the opcode (`WORD_...`).
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
    return [*kinds, *((f"RULE_{rule.upper()}", number) for number, rule in enumerate(RULES))]


def module(note: str) -> str:
    numbers_of = [regform.row_of(instruction).number for instruction in regform.INSTRUCTIONS]
    following: list[int] = []
    for fused in regform.FUSED:
        parts = [regform.row_of(part).number for part in fused.parts]
        numbers_of.append(parts[0])
        following += parts[1:] + [NONE] * (MOST_PARTS - len(parts))
    tables = {
        "RULE": bytes(RULES.index(rule_of(row)) for row in rows.ROWS),
        "LENGTH": bytes(row.length for row in rows.ROWS),
        "KINDS": bytes(kind for row in rows.ROWS for kind in kinds_of(row)),
    }
    numbers = {
        "ROW_COUNT": len(rows.ROWS),
        "OPCODE_COUNT": len(numbers_of),
        "FUSED_FROM": len(regform.INSTRUCTIONS),
    }
    wide = {"ROW": numbers_of, "FOLLOWING": following}
    return (
        "# fmt: off\n"
        + _HEAD.format(note=note, most=MOST_PARTS - 1, none=NONE, stride=STRIDE)
        + "".join(f"{name} = {value}\n" for name, value in numbers.items())
        + "".join(_hex(name, b"".join(v.to_bytes(2, "little") for v in vs), words=True) for name, vs in wide.items())
        + 'if array("H", b"\\1\\0")[0] != 1:\n    ROW.byteswap()\n    FOLLOWING.byteswap()\n'
        + "".join(_hex(name, data) for name, data in tables.items())
        + "".join(f"{name} = {value}\n" for name, value in constants())
    )
