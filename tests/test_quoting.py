"""What outsiders say, in text for people: nothing that a terminal obeys, no line of its own, nothing without end."""

from __future__ import annotations

import random

from wasmvm.quoting import MAX_LENGTH, cut, escaped, escaped_lines, listed, quoted, quoted_bytes

HOSTILE = (
    "".join(map(chr, range(0x20)))
    + "\x7f\x80\x9b\u00ad\u061c\u200b\u200e\u2028\u2029\u202e\u2066\ufeff\udc80\U000e0041"
)


def test_what_is_printable_stays() -> None:
    for text in ("", "main", "a b", "größe", "日本語", 'C:\\dir "x"'):
        assert escaped(text) == text
        assert escaped_lines(text) == text


def test_nothing_else_does() -> None:
    for char in HOSTILE:
        assert escaped(char).isascii() and escaped(char).isprintable() and escaped(char).startswith("\\"), repr(char)
        assert quoted(char).isprintable()
    assert escaped("a\x1b[2J\nb\u202e") == "a\\x1b[2J\\nb\\u202e"
    assert escaped_lines("a\x1b\nb\r\nc") == "a\\x1b\nb\\r\nc"


def test_any_character_and_any_length() -> None:
    rng = random.Random(11)
    for _ in range(500):
        text = "".join(
            chr(rng.choice((rng.randrange(0x100), rng.randrange(0x110000)))) for _ in range(rng.randrange(400))
        )
        assert escaped(text).isprintable()
        assert quoted(text).isprintable()
        assert all(line.isprintable() for line in escaped_lines(text).split("\n"))
        escaped(text).encode()  # surrogates are none any more


def test_long_texts_are_cut() -> None:
    assert cut("x" * MAX_LENGTH) == escaped("x" * MAX_LENGTH) == "x" * MAX_LENGTH
    assert cut("x" * (MAX_LENGTH + 1)) == escaped("x" * 10**6) == "x" * MAX_LENGTH + "..."
    assert quoted("x" * (MAX_LENGTH + 1)) == '"' + "x" * MAX_LENGTH + '"...'
    assert len(escaped("\0" * 10**6)) == 4 * MAX_LENGTH + 3
    assert len(escaped_lines("\n" * 1000, 10)) == 13


def test_literals_are_unambiguous() -> None:
    assert quoted('a"\\b') == '"a\\"\\\\b"'
    assert quoted("\\n") != quoted("\n")
    assert quoted_bytes(b"a\xffb", 64) == '"a\\\\xffb"'
    assert quoted_bytes("é".encode(), 1) == '"\\\\xc3"...'


def test_lists() -> None:
    assert listed([]) == "none"
    assert listed(["a", "b\n"]) == "a, b\\n"
    assert listed([""]) == '""'
    assert listed(map(str, range(30))).endswith("18, 19 and 10 more")
