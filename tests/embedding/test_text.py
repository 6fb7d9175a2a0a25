"""The text format, both ways: what it takes in memory, and when errors come."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable

import pytest

from wasmvm.embedding.text import wasm2wat, wasm2wat_pieces, wat2wasm
from wasmvm.errors import DecodeError
from wasmvm.text import wat2wasm_pieces
from wasmvm.text.encoder import section, sized, vec

FUNC = "  (func (param i32) (result i32) local.get 0" + " i32.const {} i32.add ;; a sum\n" * 30 + "  )\n"


def peak(work: Callable[[], object]) -> int:
    """The most memory that a piece of work takes at once, its result among it."""
    work()  # what is only made once does not count
    tracemalloc.start()
    try:
        result = work()
        return tracemalloc.get_traced_memory()[1] if result is not None else 0
    finally:
        tracemalloc.stop()


def functions(count: int) -> bytes:
    return f"(module\n{''.join(FUNC.format(*[i] * 30) for i in range(count))})".encode()


def test_the_pieces_are_the_text() -> None:
    binary = wat2wasm(functions(200))
    pieces = list(wasm2wat_pieces(binary))
    assert len(pieces) > 3
    assert "".join(pieces) == wasm2wat(binary)


def test_pieces_of_text_take_no_memory_for_the_whole() -> None:
    binary = wat2wasm(functions(1000))
    size = sum(map(len, wasm2wat_pieces(binary)))

    def go_through() -> int:
        return sum(1 for _ in wasm2wat_pieces(binary))

    assert peak(go_through) < size // 3


def test_printing_takes_little_more_than_the_text() -> None:
    binary = wat2wasm(functions(1000))
    size = len(wasm2wat(binary))
    assert peak(lambda: wasm2wat(binary)) < size * 5 // 2


@pytest.mark.parametrize(
    "text",
    [
        functions(1000),
        b"(module (memory 1) (data (i32.const 0)\n" + b'  "\\00\\01\\02abcdefghijklmnopqrstuvwxyz"\n' * 20_000 + b"))",
        b'(module (memory 1) (data (i32.const 0) "' + b"\\00" * 200_000 + b'"))',
        b'(module (@custom "x"\n' + b'  "\\00\\01\\02abcdefghijklmnopqrstuvwxyz"\n' * 20_000 + b"))",
        b"(module " + b"(; comment ;) " * 60_000 + b")",
    ],
    ids=["functions", "data", "a long literal", "custom section", "comments"],
)
def test_assembling_takes_no_memory_for_all_tokens(text: bytes) -> None:
    """The tokens of such a text take many times its size."""
    size = sum(map(len, wat2wasm_pieces(text)))
    assert peak(lambda: wat2wasm_pieces(text)) < len(text) // 2 + 5 * size + 250_000


def body(code: bytes) -> bytes:
    types = section(1, vec([b"\x60\0\0"]))
    return b"\0asm\1\0\0\0" + types + section(3, vec([b"\0"])) + section(10, vec([sized(b"\0" + code)]))


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (b"\x05\x0b", "END opcode expected"),
        (b"\x02\x40\x05\x0b\x0b", "else outside of an if"),
        (b"\x0b\x01", "instructions after the end of an expression"),
        (b"\x01", "unexpected end"),
        (b"\x28\x7f\0\x0b", "malformed memop flags"),
    ],
)
def test_a_body_that_is_none_is_found_before_the_first_piece(code: bytes, message: str) -> None:
    with pytest.raises(DecodeError) as whole:
        wasm2wat(body(code))
    with pytest.raises(DecodeError) as pieces:
        wasm2wat_pieces(body(code))
    assert str(whole.value) == str(pieces.value)


def test_a_module_need_not_be_valid() -> None:
    binary = body(b"\x6a\x0b")  # an addition without operands
    assert "i32.add" in "".join(wasm2wat_pieces(binary))
