"""A place in a window of tokens, and the small pieces that every part of the grammar reads."""

from __future__ import annotations

from wasmvm.errors import TextError
from wasmvm.isa.wasm import ROWS
from wasmvm.text.lexer import Annotation, Strings, Tokens, string_bytes
from wasmvm.text.numbers import is_nat, is_number, parse_float, parse_int, parse_nat
from wasmvm.types import HEAPTYPES, PACKED_NAMES, VALTYPES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wasmvm.numeric import FloatFormat

_GRAMMAR = """
    module rec type sub final func struct array field param result local import export table memory tag global elem data
    start offset item declare mut then else end do catch catch_ref catch_all catch_all_ref null ref
    exact describes descriptor
    binary quote i8x16 i16x8 i32x4 i64x2 f32x4 f64x2
    definition instance register invoke get either nan:canonical nan:arithmetic
"""
TEXT_MNEMONICS = {
    "select_t": "select",
    "ref.test_null": "ref.test",
    "ref.cast_null": "ref.cast",
    "ref.cast_desc_eq_null": "ref.cast_desc_eq",
}
"""Opcodes that share a mnemonic with another: an operand in the text tells them apart."""
KEYWORDS = (
    frozenset(_GRAMMAR.split())
    | {TEXT_MNEMONICS.get(row.mnemonic, row.mnemonic) for row in ROWS}
    | {*VALTYPES, *HEAPTYPES, *PACKED_NAMES.values()}
)
"""Every word that means something somewhere; any other is an unknown operator wherever it stands."""


class Cursor:
    """Reads tokens from left to right.

    Attributes:
        source: the window: tokens with their places.
        tokens: `source.tokens`.
        position: index of the next token.
    """

    __slots__ = ("position", "source", "tokens")

    def __init__(self, source: Tokens, position: int = 0) -> None:
        self.enter(source, position)

    def enter(self, source: Tokens, position: int = 0) -> None:
        """Goes on in another window."""
        self.source = source
        self.tokens = source.tokens
        self.position = position

    def error(self, message: str, index: int | None = None) -> TextError:
        """An error about the token with this index, by default the next one."""
        return self.source.error_at(self.source.start(self.position if index is None else index), message)

    def unexpected(self, index: int | None = None) -> TextError:
        """The error for a token that the grammar does not allow here, or anywhere."""
        token = self.tokens[self.position if index is None else index]
        if not token:
            return self.error("unexpected token: the text ends here", index)
        shown = token if len(token) <= 40 else token[:37] + "..."
        return self.error(f"{'unexpected token' if is_token(token) else 'unknown operator'} {shown}", index)

    def expect(self, token: str) -> None:
        if self.tokens[self.position] != token:
            raise self.unexpected()
        self.position += 1

    def at_field(self, keyword: str) -> bool:
        """Whether ``( keyword`` comes next."""
        return self.tokens[self.position] == "(" and self.tokens[self.position + 1] == keyword

    def open_field(self, keyword: str) -> bool:
        """Steps over ``( keyword`` if it comes next."""
        if self.at_field(keyword):
            self.position += 2
            return True
        return False

    def accept(self, keyword: str) -> bool:
        """Steps over the next token if it is this one."""
        if self.tokens[self.position] == keyword:
            self.position += 1
            return True
        return False

    def optional_id(self) -> str | None:
        token = self.tokens[self.position]
        if token[:1] == "$":
            self.position += 1
            return token
        return None

    def string(self) -> bytes:
        token = self.tokens[self.position]
        if token[:1] != '"' or (isinstance(token, Strings) and token.number > 1):
            raise self.unexpected()
        self.position += 1
        return bytes(string_bytes(token))

    def strings(self) -> bytearray:
        """Reads any number of strings, put together."""
        found = bytearray()
        while self.tokens[self.position][:1] == '"':
            part = string_bytes(self.tokens[self.position])
            if found:
                found += part
            else:
                found = part
            self.position += 1
        return found

    def name(self) -> str:
        """A string that has to be UTF-8 (spec "Text Format: Names")."""
        try:
            return self.string().decode()
        except UnicodeDecodeError:
            raise self.error("malformed UTF-8 encoding", self.position - 1) from None

    def nat(self, bits: int) -> int:
        """Reads an unsigned number of at most `bits` bits."""
        try:
            value = parse_nat(self.tokens[self.position], bits)
        except OverflowError:
            raise self.error(f"i{bits} constant out of range") from None
        if value is None:
            raise self.unexpected()
        self.position += 1
        return value

    def literal(self, bits: int, form: FloatFormat | None = None) -> int:
        """Reads a number: an integer of so many bits, signed or unsigned, or a float; it is given as unsigned bits."""
        token = self.tokens[self.position]
        try:
            value = parse_int(token, bits) if form is None else parse_float(token, form)
        except OverflowError:
            raise self.error("constant out of range") from None
        if value is None:
            raise self.unexpected()
        self.position += 1
        return value

    def at_index(self, ahead: int = 0) -> bool:
        """Whether an index comes next, or so many tokens after that, as a number or an identifier."""
        token = self.tokens[self.position + ahead]
        return token[:1] == "$" or (token[:1].isdigit() and is_nat(token))

    def annotations(self, name: str) -> list[Annotation]:
        """Takes the annotations of this name that stand before the next token."""
        here = self.source.annotations.get(self.position)
        if not here:
            return []
        self.source.annotations[self.position] = [a for a in here if a.name != name]
        return [a for a in here if a.name == name]


def is_token(token: str) -> bool:
    """Whether a token means something somewhere."""
    if not token or token[0] in '()"$' or token in KEYWORDS or is_number(token):
        return True
    return token.startswith(("offset=", "align=")) and is_nat(token.partition("=")[2])
