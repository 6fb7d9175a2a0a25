"""Register code as text, so that anyone can see what lowering did."""

from __future__ import annotations

from wasmvm.generated.forms import LENGTH, NAMES, OPERANDS
from wasmvm.isa.regop.row import WORDS
from wasmvm.isa.regop.rows import BY_NAME
from wasmvm.lowered import CAUGHT_BY_ANY, CLAUSE_TAG, CLAUSE_TARGET, CLAUSE_WORDS, DELEGATES
from wasmvm.lowering.body import lower
from wasmvm.lowering.context import Context

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wasmvm.lowered import Words
    from wasmvm.syntax import Module

BR_TABLE = BY_NAME["br_table"].number


def disassemble(module: Module, funcidx: int) -> str:
    """The register code of a function that the module defines, an instruction a line.

    A line tells the code position, the instruction, its operands and, where it may trap or call, the byte offset in the
    module. Slots are written ``s0``, parameters and locals come first; a label is written as the position it leads to,
    and positions that a branch leads to are marked ``>``. After the code stand its catch clauses: the first that fits
    is taken; one that delegates says with which the search goes on.

    Raises:
        IndexError: the module defines no such function.
    """
    index = funcidx - len(module.func_imports)
    if not 0 <= index < len(module.funcs):
        raise IndexError(f"function {funcidx} is not defined in this module")
    context = Context(module)
    lowered = lower(context, index)
    offsets = dict(zip(lowered.offsets[::2], lowered.offsets[1::2], strict=True))
    head = f"frame of {lowered.frame_size} slots"
    if lowered.zero_from < lowered.zero_to:
        head += f", s{lowered.zero_from} up to s{lowered.zero_to - 1} zeroed"
    lines = [f"func {funcidx} {module.func_type(funcidx)}: {head}"]
    clauses = [lowered.clauses[i : i + CLAUSE_WORDS] for i in range(0, len(lowered.clauses), CLAUSE_WORDS)]
    targets = label_positions(lowered.code) | {
        clause[CLAUSE_TARGET] for clause in clauses if clause[CLAUSE_TAG] != DELEGATES
    }
    position = 0
    while position < len(lowered.code):
        text, length = instruction(lowered.code, position)
        mark = ">" if position in targets else " "
        offset = f"  ; 0x{offsets[position]:x}" if position in offsets else ""
        lines.append(f"{mark}{position:6}  {text}{offset}")
        position += length
    for i, (start, end, target, tag, with_ref, slot) in enumerate(clauses):
        if tag == DELEGATES:
            lines.append(f" {start:6} up to {end}: clause {i} delegates to clause {target}")
            continue
        caught = "all" if tag == CAUGHT_BY_ANY else f"tag {tag}"
        kind = ("catch", "catch_ref", "catch, after its reference,")[with_ref]
        lines.append(f" {start:6} up to {end}: {kind} {caught} -> {target}, s{slot}")
    return "\n".join(lines) + "\n"


def label_positions(code: Words) -> set[int]:
    """Every code position that a branch leads to."""
    found: set[int] = set()
    position = 0
    while position < len(code):
        op = code[position]
        words = label_words(code, position)
        found.update(word + code[word] for word in words)
        position = words[-1] + 1 if op == BR_TABLE else position + LENGTH[op]
    return found


def label_words(code: Words, position: int) -> list[int]:
    """Positions of the words of the instruction that are labels."""
    op = code[position]
    if op == BR_TABLE:
        return list(range(position + 3, position + 4 + code[position + 2]))
    words, word = [], position + 1
    for operand in OPERANDS[op]:
        if operand == "t":
            words.append(word)
        word += WORDS.get(operand, 1)
    return words


def instruction(code: Words, position: int) -> tuple[str, int]:
    """The instruction at a code position as text, and its length in words."""
    op = code[position]
    parts = []
    word = position + 1
    for operand in OPERANDS[op]:
        value = code[word]
        if operand in "deabcfs":
            parts.append(f"s{value}")
        elif operand == "t":
            parts.append(f"-> {word + value}")
        elif operand == "K":
            parts.append(f"#0x{(value & 0xFFFFFFFF) | (code[word + 1] & 0xFFFFFFFF) << 32:x}")
        elif operand == "V":
            parts.append("#0x" + "".join(f"{code[word + i] & 0xFFFFFFFF:08x}" for i in (3, 2, 1, 0)))
        elif operand == "k":
            parts.append(f"#{value}")
        elif operand == "o":
            parts.append(f"+{value & 0xFFFFFFFF}")
        else:
            parts.append(str(value))
        word += WORDS.get(operand, 1)
    length = LENGTH[op]
    if op == BR_TABLE:
        entries = label_words(code, position)
        parts += (f"-> {entry + code[entry]}" for entry in entries)
        length += len(entries)
    return f"{NAMES[op]} {', '.join(parts)}".rstrip(), length
