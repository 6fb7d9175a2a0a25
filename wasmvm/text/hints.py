"""Branch hints: the custom section that says which way branches are likely to go, and its annotations.

Hints lie by function. Each gives the offset of its instruction in the function's code (its locals and body), and what
it says. Engines may ignore hints, and this one does: they are here for tools.
"""

from __future__ import annotations

from wasmvm.errors import DecodeError, TextError, ValidationError
from wasmvm.generated import flat
from wasmvm.generated.opcode import OP_BR_IF, OP_IF
from wasmvm.isa import codes
from wasmvm.reader import Reader
from wasmvm.syntax import Custom, Module
from wasmvm.text import encoder
from wasmvm.text.cursor import Cursor
from wasmvm.text.lexer import BRANCH_HINT, is_string, string_bytes

Hints = dict[int, list[tuple[int, bytes]]]
"""By funcidx: offsets, ascending, and what is said there."""


def take_hint(cursor: Cursor) -> bytes | None:
    """The hint that stands before the next token, if there is one; raises TextError."""
    annotations = cursor.annotations(BRANCH_HINT)
    if not annotations:
        return None

    def error(message: str, offset: int) -> TextError:
        return cursor.source.error_at(offset, f"@{BRANCH_HINT} annotation: {message}")

    annotation = annotations[0]
    if len(annotations) > 1:
        raise error("duplicate annotation", annotations[1].offset)
    for index, (token, start) in enumerate(zip(annotation.tokens, annotation.starts, strict=True)):
        if index or not is_string(token):
            raise error(f"unexpected token {token}", start)
    hint = b"".join(map(string_bytes, annotation.tokens))
    if hint not in (b"\0", b"\1"):
        raise error("a hint is one byte, 0 or 1", annotation.offset)
    return hint


def annotation(hint: bytes) -> str:
    """The annotation for a hint, as `take_hint` reads it."""
    return f'(@{BRANCH_HINT} "\\{hint[0]:02x}")'


def encode_hints(hints: Hints) -> bytes:
    """The content of the section."""

    def encoded(funcidx: int) -> bytes:
        found = [encoder.uleb(offset) + encoder.sized(hint) for offset, hint in hints[funcidx]]
        return encoder.uleb(funcidx) + encoder.vec(found)

    return encoder.vec(map(encoded, sorted(hints)))


def hint_section(module: Module) -> Custom | None:
    """The section, if there is exactly one."""
    found = [custom for custom in module.customs if custom.name == BRANCH_HINT]
    return found[0] if len(found) == 1 else None


def decode_hints(module: Module, section: Custom) -> Hints:
    """What the section says; raises DecodeError where it is malformed."""
    reader = Reader(module.source)
    reader.pos, reader.end = section.content
    hints: Hints = {}
    for _ in range(reader.length()):
        of_func = hints.setdefault(reader.u32(), [])
        for _ in range(reader.length()):
            offset = reader.u32()
            size = reader.length()
            of_func.append((offset, module.source[reader.pos : reader.pos + size]))
            reader.skip(size)
    if reader.pos != reader.end:
        raise DecodeError("section size mismatch", reader.pos)
    return hints


def printable_hints(module: Module, section: Custom) -> Hints | None:
    """What the section says, if the assembler makes the same bytes, in the same place, from annotations."""
    places = [index for index, found in enumerate(module.sections) if found.content.end == section.content.end]
    following = module.sections[places[0] + 1 :][:1]
    if not following or following[0].id != codes.SECTION_CODE:
        return None
    try:
        hints = decode_hints(module, section)
        if encode_hints(hints) != module.source[slice(*section.content)]:
            return None
        for funcidx, of_func in hints.items():
            opcodes = _opcodes(module, funcidx)
            if any(hint not in (b"\0", b"\1") or offset not in opcodes for offset, hint in of_func):
                return None
            # Two hints for one instruction cannot be written.
            if len(dict(of_func)) != len(of_func) or of_func != sorted(of_func):
                return None
    except DecodeError:
        return None
    return hints


def check_hints(module: Module) -> None:
    """Raises ValidationError for a hint at anything but a conditional branch, DecodeError for a malformed section."""
    section = hint_section(module)
    if section is None:
        return
    for funcidx, of_func in decode_hints(module, section).items():
        opcodes = _opcodes(module, funcidx)
        for offset, _ in of_func:
            if opcodes.get(offset) not in (OP_IF, OP_BR_IF):
                at = section.content.start
                raise ValidationError(f"@{BRANCH_HINT} annotation: invalid target", at)


def _opcodes(module: Module, funcidx: int) -> dict[int, int]:
    """The opcodes of a function by offset, without its last ``end``; none if no such function is defined here."""
    code = 2 * (funcidx - len(module.func_imports))
    if not 0 <= code < len(module.code):
        return {}
    start, end = module.code[code], module.code[code + 1]
    reader = Reader(module.source)
    reader.pos, reader.end = start, end
    for _ in range(reader.length()):
        reader.u32()
        reader.valtype()
    found: dict[int, int] = {}
    while reader.pos < end - 1:
        at = reader.pos
        opcode = reader.opcode()
        found[at - start] = opcode
        reader.skip_immediates(flat.IMM_OF[opcode])
    return found
