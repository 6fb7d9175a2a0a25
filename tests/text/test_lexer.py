"""Tokens, comments, strings, identifiers, annotations."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from tests.growth import FACTOR, assert_in_proportion
from wasmvm.errors import TextError
from wasmvm.text.lexer import string_bytes, tokenize


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
