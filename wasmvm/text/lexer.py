"""Characters to tokens (spec "Lexical Format").

A token is a string, told apart by its first character: ``(``, ``)``, ``"`` (a string literal, still escaped), ``$`` (an
identifier; the quoted form ``$"..."`` is already resolved to what it names), and anything else is a keyword or number.
The empty string stands for the end of the text. Annotations (spec "Lexical Format: Annotations") are not tokens: those
known here are kept aside under the index of the token that follows them, the others are checked and dropped.

A text can be hundreds of megabytes. It is read once as a whole, without keeping anything but where its fields lie
(`Lexer.check`); whoever then wants the tokens of a field asks for a window (`Lexer.window`).
"""

from __future__ import annotations

import re
from array import array

import cython

from wasmvm.errors import TextError
from wasmvm.record import Record
from wasmvm.text.checkpoint import checkpoint

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_IDCHARS = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&'*+-./:<=>?@\\^_`|~"

if not cython.compiled:
    OTHER, IDCHAR, SPACE, OPENING, CLOSING, QUOTE, SEMICOLON = range(7)
    END, OPEN, CLOSE, STRING, WORD, QUOTED_ID = range(6)
    CONTROL, DELETE = 0x20, 0x7F
    LONG = 1 << 16
    KEPT_WORDS = 4096
    TURN = 1 << 15

# The numbers are those of lexer.pxd. String literals of more than LONG bytes are not copied into tokens. Others have
# their turn after so many bytes (TURN).
CLASSES = bytes(
    [
        1 if byte in _IDCHARS else 2 if byte in b" \t\n\r" else {40: 3, 41: 4, 34: 5, 59: 6}.get(byte, 0)
        for byte in range(256)
    ]
)
"""What a byte can be part of."""
HEX = bytes([int(chr(byte), 16) if byte in b"0123456789ABCDEFabcdef" else 255 for byte in range(256)])
"""The value of a hexadecimal digit; 255 for what is none."""
_SIMPLE = {0x74: 0x09, 0x6E: 0x0A, 0x72: 0x0D, 0x22: 0x22, 0x27: 0x27, 0x5C: 0x5C}
SIMPLE_ESCAPES = bytes([_SIMPLE.get(byte, 0) for byte in range(256)])
"""What a character stands for after a backslash; 0 for those that are no simple escapes."""

_RUN = re.compile(r"[^\s()]{1,40}")

_SHOWN = 256
"""As much of such a literal as messages need."""
_NONE = array("q")
_PIECE = 1 << 16
_LOOKAHEAD = 12
"""How many tokens a window has after its field: a parser looks ahead without asking."""

DATA_COUNT = "wasmvm.data_count"
"""The annotation that asks for a data count section where no instruction does. It is our own; others ignore it."""
BRANCH_HINT = "metadata.code.branch_hint"
"""The annotation that says which way a branch is likely to go, and the name of the custom section of all of them."""
KNOWN_ANNOTATIONS = frozenset(("custom", "name", BRANCH_HINT, DATA_COUNT))
"""Annotations that mean something to the assembler."""


class Annotation(Record):
    """``(@name ...)``; `tokens` are those between the name and the closing parenthesis, `starts` their offsets."""

    name: str
    tokens: list[str]
    starts: list[int]
    offset: int


class Strings(str):
    """The third and all further of a run of string literals, or a long literal: a token that leaves them in the text.

    As a string it is the first of them, shortened where it is long; only messages look at that.

    Attributes:
        source: the text.
        begin, end: where in the text the literals lie, with their quotes.
        number: how many there are.
    """

    __slots__ = ("begin", "end", "number", "source")

    source: bytes
    begin: int
    end: int
    number: int


def string_bytes(token: str) -> bytearray:
    """The bytes that a string literal, or several, stand for (spec "Strings")."""
    out = bytearray()
    if not isinstance(token, Strings):
        source = token.encode()
        if b"\\" not in source:
            return bytearray(source[1 : len(source) - 1])
        Lexer(source).decode(1, len(source) - 1, out)
        return out
    lexer = Lexer(token.source)
    position = token.begin
    lexer.turn = position + TURN
    while position < token.end:
        position = lexer.next(position)
        lexer.decode(lexer.start + 1, position - 1, out)
    return out


def is_string(token: str) -> bool:
    """Whether a token of an annotation, where others may begin as one, is a string literal."""
    source = token.encode()
    return isinstance(token, Strings) or (token[0] == '"' and Lexer(source).string_end(0) == len(source))


class Tokens:
    """A window: the tokens of a part of a text, or all of them.

    Attributes:
        lexer: the text.
        begin: where the part begins.
        tokens: the tokens, with some that follow the part; empty strings after the end of the text.
        count: the number of tokens in the part itself.
        annotations: the annotations that stand before the token with the given index, in order.
    """

    __slots__ = ("annotations", "begin", "count", "lexer", "tokens")

    def __init__(self, lexer: Lexer, begin: int) -> None:
        self.lexer = lexer
        self.begin = begin
        self.tokens: list[str] = []
        self.count = 0
        self.annotations: dict[int, list[Annotation]] = {}

    def start(self, index: int) -> int:
        """The offset of a token in the text. Few are ever asked for, so they are found again."""
        again = Tokens(self.lexer, self.begin)
        self.lexer.fill(again, -1, index + 1)
        return self.lexer.start

    def error_at(self, offset: int, message: str) -> TextError:
        """A TextError about the character at `offset`."""
        return self.lexer.error_at(offset, message)


class Lexer:
    """Reads tokens from a text.

    Attributes:
        source: the text as UTF-8.
        kind, start: of the token that was read last: what it is, and where it begins.
        name: what a quoted identifier names, if it was one.
    """

    def __init__(self, source: bytes) -> None:
        self.source = source
        self.buf = source
        self.size = len(source)
        self.kind = END
        self.start = 0
        self.hash = 0
        self.name = ""
        self.found: list[Annotation] | None = None
        self.bad_escape = -1
        self.first_bad_escape = -1
        self.turn = TURN  # where others have theirs
        self.words: list[str] | None = None
        self.word_starts = _NONE
        self.word_sizes = _NONE

    # Whole texts

    def check(self, depth: int) -> array[int]:
        """Reads the whole text; returns where the fields inside so many parentheses begin and end.

        A field that does not end has -1 for its end. Raises TextError where the text is not a sequence of tokens.
        """
        self.first_bad_escape = -1
        found = self.fields(0, depth, True)
        if self.first_bad_escape >= 0:
            raise self.error_at(self.first_bad_escape, "malformed UTF-8 encoding")
        return found

    def fields(self, position: int, depth: int, whole: bool) -> array[int]:
        """Where the fields inside so many parentheses begin and end, from a place in the text on.

        It reads on to the end of the `whole` text, or to the parenthesis that closes what is around the place.
        """
        found = array("q")
        level = 0
        self.turn = position + TURN
        while True:
            position = self.next(position)
            if self.kind == OPEN:
                if level == depth:
                    found.append(self.start)
                    found.append(-1)
                level += 1
            elif self.kind == CLOSE:
                level -= 1
                if level == depth and len(found):
                    found[len(found) - 1] = position
                if level < 0:
                    if not whole:
                        break
                    level = 0
            elif self.kind == END:
                break
            elif self.kind == STRING and self.bad_escape >= 0 and self.first_bad_escape < 0:
                self.first_bad_escape = self.bad_escape
        return found

    def window(self, begin: int, end: int) -> Tokens:
        """The tokens from one place to another, and some more."""
        found = Tokens(self, begin)
        self.fill(found, end, _LOOKAHEAD)
        return found

    def part(self, begin: int, count: int) -> Tokens:
        """So many tokens from a place on; `start` is then where the last of them begins."""
        found = Tokens(self, begin)
        self.fill(found, -1, count)
        return found

    def fill(self, found: Tokens, end: int, more: int) -> None:
        """Reads tokens up to `end`, and so many more; what was read last is the last of them."""
        tokens: list[str] = found.tokens
        position = found.begin
        run = 0
        left = more
        self.found = []
        first = -1
        self.turn = position + TURN
        while left > 0:
            position = self.next(position)
            if self.found:
                run = 0
                found.annotations[len(tokens)] = self.found
                self.found = []
            if self.start >= end:
                if first < 0:
                    first = len(tokens)
                left -= 1
            if self.kind == STRING:
                run += 1
                if run > 2 or position - self.start > LONG:
                    position = self._strings(tokens, position, run)
                else:
                    tokens.append(self.source[self.start : position].decode())
                continue
            run = 0
            if self.kind == OPEN:
                tokens.append("(")
            elif self.kind == CLOSE:
                tokens.append(")")
            elif self.kind == WORD:
                tokens.append(self._word(position))
            elif self.kind == END:
                tokens.append("")
            else:
                tokens.append(self.name)
        found.count = first
        self.found = None

    def _strings(self, tokens: list[str], position: int, run: int) -> int:
        """Appends a token that stands for the literal that was just read, and those after it; returns where it ends."""
        begin = self.start
        shown = self.source[begin : min(position, begin + _SHOWN)].decode(errors="ignore")
        token = Strings(shown)
        token.source = self.source
        token.begin = begin
        token.end = position
        token.number = 1
        tokens.append(token)
        while run > 2:
            following = self.next(position)
            if self.found or self.kind != STRING:
                break
            position = following
            token.end = position
            token.number += 1
        self.kind, self.start = STRING, begin
        self.found = []
        return position

    def _word(self, position: int) -> str:
        """The keyword, number or identifier that was just read, of which most come again and again."""
        if self.words is None:
            self.words = [""] * KEPT_WORDS
            self.word_starts = array("q", bytes(8 * KEPT_WORDS))
            self.word_sizes = array("q", bytes(8 * KEPT_WORDS))
        slot = self.hash & (KEPT_WORDS - 1)
        size = position - self.start
        if self.word_sizes[slot] == size:
            kept = self.word_starts[slot]
            i = 0
            while i < size and self.buf[kept + i] == self.buf[self.start + i]:
                i += 1
            if i == size:
                return self.words[slot]
        word = self.source[self.start : position].decode("ascii")
        self.words[slot] = word
        self.word_starts[slot] = self.start
        self.word_sizes[slot] = size
        return word

    # Tokens

    def _look_around(self, position: int) -> None:
        """Lets others have their turn once in so many bytes; whoever goes back in the text sets `turn` anew."""
        if position >= self.turn:
            self.turn = position + TURN
            checkpoint()

    def next(self, position: int) -> int:
        """Reads the first token from `position` on; returns where it ends. Raises TextError."""
        size = self.size
        while True:
            self._look_around(position)
            while position < size and CLASSES[self.buf[position]] == SPACE:
                position += 1
                self._look_around(position)
            self.start = position
            if position >= size:
                self.kind = END
                return position
            class_ = CLASSES[self.buf[position]]
            following = self.buf[position + 1] if position + 1 < size else 0
            if class_ == IDCHAR:
                word_hash = 0
                while position < size and CLASSES[self.buf[position]] == IDCHAR:
                    word_hash = (word_hash * 31 + self.buf[position]) & 0xFFFFFFFF
                    position += 1
                    self._look_around(position)
                if position < size and self.buf[position] == 0x22:
                    return self._special(self.start)
                if self.buf[self.start] == 0x24 and position == self.start + 1:
                    return self._special(self.start)
                self.hash = word_hash ^ (word_hash >> 12)
                self.kind = WORD
                return position
            if class_ == OPENING:
                if following == 0x3B:
                    position = self._comment(position)
                    continue
                if following == 0x40:
                    position = self._annotation(position)
                    continue
                self.kind = OPEN
                return position + 1
            if class_ == CLOSING:
                self.kind = CLOSE
                return position + 1
            if class_ == QUOTE:
                end = self.string_end(position)
                if end < 0 or (end < size and CLASSES[self.buf[end]] in (IDCHAR, QUOTE)):
                    return self._special(position)
                self.kind = STRING
                return end
            if class_ == SEMICOLON and following == 0x3B:
                position = self._line_comment(position)
                continue
            return self._special(position)

    def _line_comment(self, position: int) -> int:
        while position < self.size and self.buf[position] != 0x0A and self.buf[position] != 0x0D:
            position += 1
            self._look_around(position)
        return position

    def string_end(self, position: int) -> int:
        """Where the string literal that begins here ends; -1 if it is none. Notes an escape that names no character."""
        size = self.size
        self.bad_escape = -1
        at = position + 1
        while at < size:
            self._look_around(at)
            byte = self.buf[at]
            if byte == 0x22:
                return at + 1
            if byte < CONTROL or byte == DELETE:
                return -1
            if byte == 0x5C:
                end = self._escape_end(at)
                if end < 0:
                    return -1
                at = end
            else:
                at += 1
        return -1

    def _escape_end(self, position: int) -> int:
        """Where the escape that begins here ends (spec "Strings"); -1 if it is none."""
        size = self.size
        if position + 1 >= size:
            return -1
        byte = self.buf[position + 1]
        if SIMPLE_ESCAPES[byte]:
            return position + 2
        if HEX[byte] < 16:
            return position + 3 if position + 2 < size and HEX[self.buf[position + 2]] < 16 else -1
        if byte != 0x75 or position + 2 >= size or self.buf[position + 2] != 0x7B:
            return -1
        at = position + 3
        code = 0
        while at < size and HEX[self.buf[at]] < 16:
            code = min(code * 16 + HEX[self.buf[at]], 0x110000)
            at += 1
            self._look_around(at)
            if at < size and self.buf[at] == 0x5F:
                at += 1
                if at >= size or HEX[self.buf[at]] >= 16:
                    return -1
        if at == position + 3 or at >= size or self.buf[at] != 0x7D:
            return -1
        if (code >= 0x110000 or 0xD800 <= code < 0xE000) and self.bad_escape < 0:
            self.bad_escape = position
        return at + 1

    def decode(self, position: int, end: int, out: bytearray) -> None:
        """Appends the bytes that the inside of a string literal stands for."""
        plain = position
        turn = position + TURN
        while position < end:
            if position > turn:
                checkpoint()
                turn = position + TURN
            if self.buf[position] != 0x5C:
                position += 1
                continue
            if plain < position:
                out += self.source[plain:position]
            byte = self.buf[position + 1]
            if SIMPLE_ESCAPES[byte]:
                out.append(SIMPLE_ESCAPES[byte])
                position += 2
            elif byte == 0x75:
                closing = self.source.index(b"}", position)
                # Surrogates and numbers past the last character become bytes that are not UTF-8: not a name.
                code = int(self.source[position + 3 : closing].replace(b"_", b""), 16)
                out += chr(code).encode("utf-8", "surrogatepass") if code < 0x110000 else b"\xff"
                position = closing + 1
            else:
                out.append(HEX[byte] * 16 + HEX[self.buf[position + 2]])
                position += 3
            plain = position
        if plain < end:
            out += self.source[plain:end]

    def _special(self, position: int) -> int:
        """A quoted identifier, or an error. Returns where it ends."""
        self.start = position
        byte = self.buf[position]
        following = self.buf[position + 1] if position + 1 < self.size else 0
        if byte == 0x24:
            end = self.string_end(position + 1) if following == 0x22 else -1
            if end < 0 and CLASSES[following] != IDCHAR:
                raise self.error_at(position, "empty identifier")
            if end < 0 or (end < self.size and CLASSES[self.buf[end]] in (IDCHAR, QUOTE)):
                raise self.error_at(position, f"unknown operator {self._run(position)}")
            self.name = "$" + self._text_of(position + 1, end, position, "empty identifier")
            self.kind = QUOTED_ID
            return end
        if byte == 0x22 and self.string_end(position) < 0:
            raise self._bad_string(position)
        if CLASSES[byte] == IDCHAR or byte in b',;[]{}"':
            raise self.error_at(position, f"unknown operator {self._run(position)}")
        raise self._illegal_character(position)

    def _comment(self, position: int) -> int:
        """A block comment, which may hold others (spec "Lexical Format: Comments"). Returns where it ends."""
        depth = 1
        at = position + 2
        while at + 1 < self.size:
            self._look_around(at)
            if self.buf[at] == 0x3B and self.buf[at + 1] == 0x29:
                depth -= 1
                at += 2
                if depth == 0:
                    return at
            elif self.buf[at] == 0x28 and self.buf[at + 1] == 0x3B:
                depth += 1
                at += 2
            else:
                at += 1
        raise self.error_at(position, "unclosed comment")

    # Annotations

    def _annotation(self, position: int) -> int:
        """An annotation from its ``(@`` to its closing parenthesis; kept if known. Returns where it ends."""
        at = position + 2
        while at < self.size and CLASSES[self.buf[at]] == IDCHAR:
            at += 1
            self._look_around(at)
        if at > position + 2:
            name = self.source[position + 2 : at].decode("ascii")
        else:
            end = self.string_end(at) if at < self.size and self.buf[at] == 0x22 else -1
            if end < 0:
                if at < self.size and self.buf[at] == 0x22:
                    error = self._bad_string(at)
                    if error.message == "illegal escape":
                        raise error
                raise self.error_at(position, "empty annotation id")
            name = self._text_of(at, end, position, "empty annotation id")
            at = end
        kept = None
        if self.found is not None and name in KNOWN_ANNOTATIONS:
            kept = Annotation(name, [], [], position)
            self.found.append(kept)
        return self._annotation_body(kept, position, at)

    def _annotation_body(self, annotation: Annotation | None, begin: int, position: int) -> int:
        """Reads the tokens inside an annotation; returns where it ends."""
        depth = 1
        run = 0
        while True:
            position = self._annotation_space(position)
            if position >= self.size:
                raise self.error_at(begin, "unclosed annotation")
            byte = self.buf[position]
            end = position + 1
            is_string = False
            if byte == 0x29:
                depth -= 1
                if depth == 0:
                    return end
            elif byte == 0x28:
                depth += 1
            elif CLASSES[byte] == IDCHAR or CLASSES[byte] == QUOTE:
                end = self._annotation_word(position)
                if end == position:
                    raise self._bad_string(position)
                is_string = byte == 0x22 and self.string_end(position) == end
            elif byte not in b",;[]{}":
                raise self._illegal_character(position)
            run = run + 1 if is_string else 0
            if annotation is not None:
                self._keep(annotation, position, end, run)
            position = end

    def _keep(self, annotation: Annotation, position: int, end: int, run: int) -> None:
        """Puts a token into an annotation; `run` counts the string literals that have just come one after the other."""
        tokens: list[Any] = annotation.tokens
        if run > 3:
            last = tokens[len(tokens) - 1]  # compiled, there are no negative indices
            last.end = end
            last.number += 1
            return
        if run == 3 or (run and end - position > LONG):
            token = Strings(self.source[position : min(end, position + _SHOWN)].decode(errors="ignore"))
            token.source = self.source
            token.begin = position
            token.end = end
            token.number = 1
            tokens.append(token)
        else:
            tokens.append(self.source[position:end].decode())
        annotation.starts.append(position)

    def _annotation_space(self, position: int) -> int:
        """Passes over spaces and comments."""
        while position < self.size:
            self._look_around(position)
            byte = self.buf[position]
            following = self.buf[position + 1] if position + 1 < self.size else 0
            if CLASSES[byte] == SPACE:
                position += 1
            elif byte == 0x3B and following == 0x3B:
                position = self._line_comment(position)
            elif byte == 0x28 and following == 0x3B:
                position = self._comment(position)
            else:
                break
        return position

    def _annotation_word(self, position: int) -> int:
        """Where the characters and strings that begin here end: inside annotations they make one token."""
        while position < self.size:
            self._look_around(position)
            if CLASSES[self.buf[position]] == IDCHAR:
                position += 1
            elif self.buf[position] == 0x22:
                end = self.string_end(position)
                if end < 0:
                    break
                position = end
            else:
                break
        return position

    # Messages

    def error_at(self, offset: int, message: str) -> TextError:
        """A TextError about the character at `offset`."""
        return error_in(self.source, offset, message)

    def lines(self, offset: int) -> int:
        """How many lines end before `offset`."""
        return _lines(self.source, offset)

    def _run(self, position: int) -> str:
        """The characters from here to a space or parenthesis, for a message."""
        match = _RUN.match(self.source[position : position + 160].decode(errors="ignore"))
        return match[0] if match else ""

    def _bad_string(self, position: int) -> TextError:
        at = position + 1
        self.turn = at + TURN
        while at < self.size:
            self._look_around(at)
            byte = self.buf[at]
            if byte == 0x5C:
                end = self._escape_end(at)
                if end < 0:
                    return self.error_at(at, "illegal escape")
                at = end
            elif byte in b'\n\r"':
                break
            elif byte < CONTROL or byte == DELETE:
                return self.error_at(at, "illegal character in string literal")
            else:
                at += 1
        return self.error_at(position, "unclosed string")

    def _illegal_character(self, position: int) -> TextError:
        char = self.source[position : position + 4].decode(errors="ignore")[:1]
        return self.error_at(position, f"illegal character {char!a}")

    def _text_of(self, begin: int, end: int, position: int, if_empty: str) -> str:
        """The name that a string literal spells."""
        spelled = bytearray()
        self.decode(begin + 1, end - 1, spelled)
        try:
            name = spelled.decode()
        except UnicodeDecodeError:
            raise self.error_at(position, "malformed UTF-8 encoding") from None
        if not name:
            raise self.error_at(position, if_empty)
        return name


def _lines(text: bytes, offset: int) -> int:
    """How many lines end before `offset`."""
    both = text.count(b"\r\n", 0, offset)
    return text.count(b"\n", 0, offset) + text.count(b"\r", 0, offset) - both


def error_in(text: bytes, offset: int, message: str, rest: str | None = None) -> TextError:
    """A TextError about the character at `offset`; the rest of its line is shown as `rest` if that is given."""
    begin = max(text.rfind(b"\n", 0, offset), text.rfind(b"\r", 0, offset)) + 1
    before = text[begin:offset].decode(errors="surrogatepass")
    if rest is None:
        ends = [end for end in (text.find(b"\n", offset), text.find(b"\r", offset)) if end >= 0]
        rest = text[offset : min(ends, default=len(text))].decode(errors="surrogatepass")
    return TextError(message, _lines(text, offset) + 1, len(before) + 1, before + rest)


def open_text(source: str | bytes) -> Lexer:
    """What reads the tokens of a text, which is UTF-8 if it comes as bytes; raises TextError where it is not."""
    if isinstance(source, str):
        try:
            return Lexer(source.encode())
        except UnicodeEncodeError as error:
            encoded = source.encode(errors="surrogatepass")
            at = len(source[: error.start].encode())
            raise error_in(encoded, at, "malformed UTF-8 encoding") from None
    source = bytes(source)
    begin = 0
    while begin < len(source):
        end = min(begin + _PIECE, len(source))
        while begin < end < len(source) and source[end] & 0xC0 == 0x80:
            end -= 1
        try:
            source[begin : end if end > begin else begin + _PIECE].decode()
        except UnicodeDecodeError as error:
            at = begin + error.start
            raise error_in(source, at, "malformed UTF-8 encoding", "\N{REPLACEMENT CHARACTER}") from None
        begin = end
    return Lexer(source)


def tokenize(source: str | bytes) -> Tokens:
    """All tokens of a text, which is UTF-8 if it comes as bytes; raises TextError."""
    lexer = open_text(source)
    lexer.check(0)
    return lexer.window(0, lexer.size)
