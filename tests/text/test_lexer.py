"""Tokens, comments, strings, identifiers, annotations."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from functools import partial

import pytest

from tests.growth import FACTOR, assert_in_proportion
from wasmvm.errors import TextError
from wasmvm.text.lexer import is_string, open_text, string_bytes, tokenize

TURN = 1 << 15  # as in text/lexer.pxd


def tokens(text: str | bytes) -> list[str]:
    found = tokenize(text).tokens
    while found and not found[-1]:
        found.pop()
    return found


def error(text: str | bytes) -> TextError:
    with pytest.raises(TextError) as caught:
        tokenize(text)
    return caught.value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" \t\r\n", []),
        ("(module)", ["(", "module", ")"]),
        ("(a(b)c)", ["(", "a", "(", "b", ")", "c", ")"]),
        ('(data "a b" "c")', ["(", "data", '"a b"', '"c"', ")"]),
        ('a;;comment ( " \nb', ["a", "b"]),
        ("a;;comment\rb", ["a", "b"]),
        (";; only a comment", []),
        ("(; a (; nested ;) ;; ;) b", ["b"]),
        ("a(;x;)b", ["a", "b"]),
        ('(; " ;)', []),
        ("$x $!#%&*+-./:<=>?@^_`|~'\\ 0x1_0", ["$x", "$!#%&*+-./:<=>?@^_`|~'\\", "0x1_0"]),
        ('$"x" $"a b" $"\\41\\u{42}"', ["$x", "$a b", "$AB"]),
        ('(@unknown ( ) "x" , ; [ ] { } a"b" (; ) ;) (@other)) a', ["a"]),
        ('(@"quoted id" x) a', ["a"]),
    ],
)
def test_tokens(text: str, expected: list[str]) -> None:
    assert tokens(text) == expected


@pytest.mark.parametrize(
    ("literal", "expected"),
    [
        ('""', b""),
        ('"abc"', b"abc"),
        (r'"\t\n\r\"\'\\"', b"\t\n\r\"'\\"),
        (r'"\00\ff\7f"', b"\0\xff\x7f"),
        (r'"\\00"', b"\\00"),
        (r'"\\\\"', b"\\\\"),
        (r'"a\\"', b"a\\"),
        (r'"\u{20ac}\u{1_F600}"', "\u20ac\U0001f600".encode()),
        ('"\u20ac"', "\u20ac".encode()),
    ],
)
def test_string_bytes(literal: str, expected: bytes) -> None:
    assert tokens(literal) == [literal]
    assert string_bytes(literal) == expected


@pytest.mark.parametrize(
    ("text", "message", "line", "column"),
    [
        ('(data "abc', "unclosed string", 1, 7),
        ('a\n "b\n"', "unclosed string", 2, 2),
        ('"\x01"', "illegal character", 1, 2),
        (r'"\q"', "illegal escape", 1, 2),
        (r'"\0"', "illegal escape", 1, 2),
        (r'"\u{110000}"', "malformed UTF-8 encoding", 1, 2),
        (r'"\u{d800}"', "malformed UTF-8 encoding", 1, 2),
        ("\r\n  (; (; ;)", "unclosed comment", 2, 3),
        ('"a"b', "unknown operator", 1, 1),
        ('"a""b"', "unknown operator", 1, 1),
        ('a"b"', "unknown operator", 1, 1),
        ('$a"b"', "unknown operator", 1, 1),
        ('$"a"b', "unknown operator", 1, 1),
        ("a , b", "unknown operator", 1, 3),
        ("\u00e4", "illegal character", 1, 1),
        ("a \0", "illegal character", 1, 3),
        ("$", "empty identifier", 1, 1),
        ('$""', "empty identifier", 1, 1),
        (r'$"\ff"', "malformed UTF-8 encoding", 1, 1),
        ("(@)", "empty annotation id", 1, 1),
        ("(@x (a)", "unclosed annotation", 1, 1),
        ("(@x \u00e4)", "illegal character", 1, 5),
    ],
)
def test_error(text: str, message: str, line: int, column: int) -> None:
    found = error(text)
    assert found.message.startswith(message)
    assert (found.line, found.column) == (line, column)


def test_bytes_that_are_no_utf8() -> None:
    found = error(b"(module\n (func $\xff))")
    assert found.message == "malformed UTF-8 encoding"
    assert (found.line, found.column) == (2, 9)


def test_a_lone_surrogate_is_no_utf8() -> None:
    assert error('(module (@custom "\ud800"))').message == "malformed UTF-8 encoding"


def test_an_error_shows_the_line() -> None:
    assert str(error('(module\n\t(data "a\\x"))')) == ('2:10: illegal escape\n     (data "a\\x"))\n             ^')


def test_an_error_in_a_long_line_shows_what_is_around() -> None:
    found = error("x" * 1000 + ' "\\q" ' + "y" * 1000)
    message, window, caret = str(found).split("\n")
    assert message == "1:1003: illegal escape"
    assert len(window) < 200
    assert window[caret.index("^")] == "\\"


@pytest.mark.parametrize(
    "text",
    [lambda n: '"' + "a" * n, lambda n: '"' + "\\00" * n, lambda n: "a" * n + '"', lambda n: "(;" * n,
     lambda n: " " * n + "\0", lambda n: ";;" + "a" * n + "\n\0", lambda n: "(@a" + " (" * n, lambda n: '(@a "' + "x" * n,
     lambda n: '$"' + "a" * n, lambda n: "a\n" * n + "\0"],
    ids=lambda text: repr(text(1)),
)  # fmt: skip
def test_errors_at_the_end_of_much_text_take_linear_time(text: Callable[[int], str]) -> None:
    assert_in_proportion(lambda size: partial(error, text(size)), 100_000 // FACTOR)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 10_000])
@pytest.mark.parametrize("between", [" ", '\n;; comment \\ " (\n', '(; " ;)', "(@unknown x)"])
def test_a_run_of_strings(count: int, between: str) -> None:
    text = "(data " + between.join(['"a\\00"'] * min(count, 10_000 if between == " " else 9)) + ") b"
    found = tokens(text)
    strings = found[2 : found.index(")")]
    assert len(strings) <= 3
    assert b"".join(map(string_bytes, strings)) == b"a\0" * text.count("a\\00")
    assert found[-2:] == [")", "b"]
    window = tokenize(text)
    assert text[window.start(len(found) - 1)] == "b"


@pytest.mark.parametrize("unit", ["a", "\\ff", "\\u{20AC}", "\u20ac", "\\\\"])
def test_a_long_string_is_not_copied(unit: str) -> None:
    text = f'"{unit * 70_000}"'
    found = tokenize(f"{text} {text}")
    assert [len(token) <= 256 for token in found.tokens[:2]] == [True, True]
    assert string_bytes(found.tokens[0]) == string_bytes(found.tokens[1]) == string_bytes(f'"{unit}"') * 70_000
    assert found.start(1) == len(text.encode()) + 1


def test_a_window_is_a_part_of_the_text() -> None:
    text = open_text('(a (; (b ;) "(" (@x )) (c (d)) (e')
    assert list(text.check(0)) == [0, 22, 23, 30, 31, -1]
    window = text.window(23, 30)
    assert window.tokens[: window.count] == ["(", "c", "(", "d", ")", ")"]
    assert window.tokens[window.count :][:3] == ["(", "e", ""]
    assert list(text.fields(25, 0, False)) == [26, 29]
    assert list(text.check(1)) == [26, 29]


@pytest.mark.parametrize(
    ("token", "expected"),
    [('"a"', True), ('""', True), ('"a""b"', False), ('"a"b', False), ('"a"\\x', False), ("a", False), ("(", False)],
)
def test_strings_among_the_tokens_of_annotations(token: str, expected: bool) -> None:
    assert is_string(token) == expected
    if token != "(":
        assert tokenize(f"(@custom {token})a").annotations[0][0].tokens == [token]


def test_words_that_share_a_place_in_the_lexer_are_told_apart() -> None:
    words = [f"$w{i}" for i in range(20_000)] * 2
    assert tokens(" ".join(words)) == words


@pytest.mark.parametrize(
    "source", [b"\xe2\x82", b"a\xff", b"\x80" * 200_000, b" " * 65_535 + "\u20ac".encode() + b"\n\xe2\x82\xacx\xf0"]
)
def test_where_bytes_stop_being_utf8(source: bytes) -> None:
    with pytest.raises(UnicodeDecodeError) as expected:
        source.decode()
    before = source[: expected.value.start].decode()
    found = error(source)
    assert (found.message, found.line) == ("malformed UTF-8 encoding", before.count("\n") + 1)
    assert found.column == len(before) - before.rfind("\n")


def test_bytes_of_utf8_over_several_pieces() -> None:
    text = '"\u20ac\U0001f600\u00e9" ' * 50_000
    assert string_bytes(tokens(text.encode())[0]).decode() == "\u20ac\U0001f600\u00e9"


MUCH = 4
"""Of the turns that others have while a piece of a text is read."""


@pytest.fixture
def turns(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows by one with each turn that others have."""
    found: list[int] = []
    monkeypatch.setattr("wasmvm.text.lexer.checkpoint", lambda: found.append(1))
    return found


@pytest.mark.parametrize("shift", range(2))
@pytest.mark.parametrize(
    ("begin", "unit", "end"),
    [
        ("", " ", ""), ("", "x", ""), ("", "(", ""), ("", "x ", ""), ("(;", "(;", ";)"), ("(;", " ", ";)"), ("", "(;;)", ""),
        ("", ";;\n", ""), (";;", " ", "\n"), ('"', " ", '"'), ('"', "\\n", '"'), ('"', "\\00", '"'), ('"\\u{', "0", '}"'),
        ("", '"" ', ""), ('$"', "\\n", '"'), ("(@x ", " ", ")"), ("(@x ", "y", ")"), ("(@x ", '""', ")"),
        ("(@x ", '"" ', ")"), ("(@x ", ",", ")"), ("(@x ", ";;\n", ")"), ("(@x ", "(;;)", ")"), ("(@", "x", ")"),
        ("", "(@x)", ""), ("(@custom ", '"\\n" ', ")"), ('(@"', "\\n", '" x)'), ('"', "\\n", "\\q"), ("(@x (;", "a", ";))"),
    ],
)  # fmt: skip
def test_others_have_their_turn(begin: str, unit: str, end: str, shift: int, turns: list[int]) -> None:
    """Whatever a text is made of, and at whatever offsets: signals and other threads wait for some thousand bytes."""
    text = " " * shift + begin + unit * (MUCH * TURN // len(unit)) + end
    for read in (lambda: open_text(text).check(0), lambda: open_text(text).window(0, len(text))):
        turns.clear()
        with contextlib.suppress(TextError):  # half of the texts are none
            read()
        assert MUCH // 2 <= len(turns) <= 3 * MUCH


@pytest.mark.parametrize("text", ['"' + "\\n" * TURN + '"', '"\\n" ' * TURN, '"' + "x" * 2 * TURN + '"'])
def test_others_have_their_turn_when_strings_are_decoded(text: str, turns: list[int]) -> None:
    for token in tokenize(text).tokens:
        if token:
            turns.clear()
            string_bytes(token)
            assert turns or len(token) == 4


def test_a_signal_ends_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("wasmvm.text.lexer.checkpoint", interrupt)
    for text in ("x " * TURN, " " * 2 * TURN, '"' + "x" * 2 * TURN + '"', "(@x " + "y " * TURN + ")"):
        with pytest.raises(KeyboardInterrupt):
            open_text(text).check(0)
