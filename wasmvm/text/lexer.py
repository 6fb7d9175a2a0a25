"""Characters to tokens (spec "Lexical Format").

A token is a string, told apart by its first character: ``(``, ``)``, ``"`` (a string literal, still escaped), ``$`` (an
identifier; the quoted form ``$"..."`` is already resolved to what it names), and anything else is a keyword or number.
The empty string ends the list. Annotations (spec "Lexical Format: Annotations") are not tokens: those known here are
kept aside under the index of the token that follows them, the others are checked and dropped.
"""

from __future__ import annotations

import re

from wasmvm.errors import TextError
from wasmvm.record import Record

_IDCHAR = r"[0-9A-Za-z!#$%&'*+\-./:<=>?@\\^_`|~]"
_ESCAPE = r"""\\(?:[tnr"'\\]|[0-9A-Fa-f]{2}|u\{[0-9A-Fa-f](?:_?[0-9A-Fa-f])*\})"""
_PLAIN = r'[^"\\\x00-\x1f\x7f]'
# Unrolled, so that a string that never ends is refused in linear time.
_STRING = rf'"{_PLAIN}*(?:{_ESCAPE}{_PLAIN}*)*"'
_SPACE = r"(?:[ \t\n\r]|;;[^\n\r]*)*"
_BREAK = rf'(?!{_IDCHAR}|")'

# Every list of alternatives ends with one that always matches: no failure can send the matcher back into a comment.
_TOKEN = re.compile(
    rf"{_SPACE}(?:(\((?![;@])|\))|((?!\$(?!{_IDCHAR})){_IDCHAR}+){_BREAK}|({_STRING}){_BREAK}|(\Z|[\s\S]))"
)
_ANNOTATION_TOKEN = re.compile(rf"{_SPACE}(?:(\((?!;)|\))|((?:{_IDCHAR}+|{_STRING})+|[,;\[\]{{}}])|(\Z|[\s\S]))")
_ANNOTATION_ID = re.compile(rf"\(@(?:({_IDCHAR}+)|({_STRING}))")
_QUOTED_ID = re.compile(rf"\$({_STRING})({_BREAK})?")
_COMMENT_EDGE = re.compile(r"\(;|;\)")
_STRING_AT = re.compile(_STRING)
_BAD_STRING = re.compile(rf'"{_PLAIN}*(?:{_ESCAPE}{_PLAIN}*)*([\s\S]?)')
_RUN = re.compile(r"[^\s()]{1,40}")
_UNICODE_ESCAPE = re.compile(r"\\u\{[0-9A-Fa-f_]+\}")
_LINE_END = re.compile(r"\r\n|\n|\r")

_SIMPLE_ESCAPES = {"t": 0x09, "n": 0x0A, "r": 0x0D, '"': 0x22, "'": 0x27}

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


def string_bytes(token: str) -> bytes:
    """The bytes that a string literal stands for (spec "Strings"); `token` has its quotes on and is well-formed."""
    body = token[1:-1]
    if "\\" not in body:
        return body.encode()
    pieces = body.split("\\")
    out = bytearray(pieces[0].encode())
    i = 1
    while i < len(pieces):
        piece = pieces[i]
        if not piece:  # an escaped backslash: what follows is plain
            out.append(0x5C)
            i += 1
            out += pieces[i].encode()
        elif piece[0] in _SIMPLE_ESCAPES:
            out.append(_SIMPLE_ESCAPES[piece[0]])
            out += piece[1:].encode()
        elif piece[0] == "u":
            digits, _, rest = piece[2:].partition("}")
            # Surrogates and numbers past the last character become bytes that are not UTF-8: not a name.
            code = int(digits.replace("_", ""), 16)
            out += chr(code).encode("utf-8", "surrogatepass") if code < 0x110000 else b"\xff"
            out += rest.encode()
        else:
            out.append(int(piece[:2], 16))
            out += piece[2:].encode()
        i += 1
    return bytes(out)


class Tokens:
    """The tokens of a text, with what messages about a place in it need.

    Attributes:
        text: the source.
        tokens: the tokens, closed by empty strings.
        starts: the offset in `text` of each token.
        annotations: the annotations that stand before the token with the given index, in order.
    """

    __slots__ = ("annotations", "starts", "text", "tokens")

    def __init__(self, text: str) -> None:
        """Raises TextError where `text` is not a sequence of tokens."""
        self.text = text
        self.tokens: list[str] = []
        self.starts: list[int] = []
        self.annotations: dict[int, list[Annotation]] = {}
        if not text.isascii():
            try:
                text.encode()
            except UnicodeEncodeError as error:
                raise self.error_at(error.start, "malformed UTF-8 encoding") from None
        self._read()

    def error_at(self, offset: int, message: str) -> TextError:
        """A TextError about the character at `offset`."""
        line, begin = 1, 0
        for end in _LINE_END.finditer(self.text, 0, offset):
            line += 1
            begin = end.end()
        following = _LINE_END.search(self.text, offset)
        shown = self.text[begin : following.start() if following else len(self.text)]
        return TextError(message, line, offset - begin + 1, shown)

    def line(self, index: int) -> int:
        """The line of the token with this index, counting from 1."""
        return sum(1 for _ in _LINE_END.finditer(self.text, 0, self.starts[index])) + 1

    def _read(self) -> None:
        text, tokens, starts = self.text, self.tokens, self.starts
        add_token, add_start = tokens.append, starts.append
        position = 0
        while True:
            for match in _TOKEN.finditer(text, position):
                group = match.lastindex
                if group == 4:
                    position = match.start(4)
                    break
                add_token(match[group])  # type: ignore[index]
                add_start(match.start(group))  # type: ignore[arg-type]
            if position == len(text):
                break
            position = self._special(position)
        for _ in range(3):  # a parser looks ahead without asking
            add_token("")
            add_start(len(text))
        if "\\u" in text:
            self._check_unicode_escapes()

    def _special(self, position: int) -> int:
        """What is not a simple token: comments, annotations, quoted identifiers, errors. Returns where it ends."""
        text = self.text
        if text.startswith("(;", position):
            return self._comment(position)
        if text.startswith("(@", position):
            return self._annotation(position)
        char = text[position]
        if char == "$":
            quoted = _QUOTED_ID.match(text, position)
            if quoted is None and re.match(_IDCHAR, text[position + 1 : position + 2]) is None:
                raise self.error_at(position, "empty identifier")
            if quoted is None or quoted[2] is None:
                raise self.error_at(position, f"unknown operator {self._run(position)}")
            self.tokens.append("$" + self._text_of(quoted[1], position, "empty identifier"))
            self.starts.append(position)
            return quoted.end()
        if char == '"' and _STRING_AT.match(text, position) is None:
            raise self._bad_string(position)
        if char in ',;[]{}"' or re.match(_IDCHAR, char):
            raise self.error_at(position, f"unknown operator {self._run(position)}")
        raise self.error_at(position, f"illegal character {char!a}")

    def _run(self, position: int) -> str:
        """The characters from here to a space or parenthesis, for a message."""
        match = _RUN.match(self.text, position)
        return match[0] if match else ""

    def _bad_string(self, position: int) -> TextError:
        match = _BAD_STRING.match(self.text, position)
        culprit = match[1] if match else ""
        if culprit == "\\":
            return self.error_at(match.start(1), "illegal escape")  # type: ignore[union-attr]
        if culprit in ("", "\n", "\r"):
            return self.error_at(position, "unclosed string")
        return self.error_at(match.start(1), "illegal character in string literal")  # type: ignore[union-attr]

    def _text_of(self, string: str, position: int, if_empty: str) -> str:
        """The name that a string literal spells."""
        try:
            name = string_bytes(string).decode()
        except UnicodeDecodeError:
            raise self.error_at(position, "malformed UTF-8 encoding") from None
        if not name:
            raise self.error_at(position, if_empty)
        return name

    def _check_unicode_escapes(self) -> None:
        for token, start in zip(self.tokens, self.starts, strict=True):
            if token[:1] == '"' and "\\u" in token:
                for escape in _UNICODE_ESCAPE.finditer(token.replace("\\\\", "__")):
                    code = int(escape[0][3:-1].replace("_", ""), 16)
                    if code >= 0x110000 or 0xD800 <= code < 0xE000:
                        raise self.error_at(start + escape.start(), "malformed UTF-8 encoding")

    def _comment(self, position: int) -> int:
        """A block comment, which may hold others (spec "Lexical Format: Comments")."""
        depth = 0
        for edge in _COMMENT_EDGE.finditer(self.text, position):
            depth += 1 if edge[0] == "(;" else -1
            if depth == 0:
                return edge.end()
        raise self.error_at(position, "unclosed comment")

    def _annotation(self, position: int) -> int:
        """An annotation from its ``(@`` to its closing parenthesis; kept if it is a known one."""
        begin = _ANNOTATION_ID.match(self.text, position)
        if begin is None:
            if self.text.startswith('"', position + 2) and _STRING_AT.match(self.text, position + 2) is None:
                match = _BAD_STRING.match(self.text, position + 2)
                if match is not None and match[1] == "\\":
                    raise self._bad_string(position + 2)
            raise self.error_at(position, "empty annotation id")
        name = begin[1] or self._text_of(begin[2], position, "empty annotation id")
        found = Annotation(name, [], [], position)
        end = self._annotation_body(found, begin.end())
        if name in KNOWN_ANNOTATIONS:
            self.annotations.setdefault(len(self.tokens), []).append(found)
        return end

    def _annotation_body(self, annotation: Annotation, position: int) -> int:
        """Reads the tokens inside an annotation; returns where it ends."""
        text = self.text
        depth = 1
        while True:
            for match in _ANNOTATION_TOKEN.finditer(text, position):
                group = match.lastindex
                if group == 3:
                    position = match.start(3)
                    break
                token = match[group]  # type: ignore[index]
                if token == ")":
                    depth -= 1
                    if depth == 0:
                        return match.end()
                elif token == "(":
                    depth += 1
                annotation.tokens.append(token)
                annotation.starts.append(match.start(group))  # type: ignore[arg-type]
            if position == len(text):
                raise self.error_at(annotation.offset, "unclosed annotation")
            if text.startswith("(;", position):
                position = self._comment(position)
            elif text[position] == '"':
                raise self._bad_string(position)
            else:
                raise self.error_at(position, f"illegal character {text[position]!a}")


def tokenize(source: str | bytes) -> Tokens:
    """The tokens of a text, which is UTF-8 if it comes as bytes; raises TextError."""
    if isinstance(source, str):
        return Tokens(source)
    try:
        return Tokens(source.decode())
    except UnicodeDecodeError as error:
        good = Tokens.__new__(Tokens)
        good.text = source[: error.start].decode() + "\N{REPLACEMENT CHARACTER}"
        raise good.error_at(len(good.text) - 1, "malformed UTF-8 encoding") from None
