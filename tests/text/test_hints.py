"""Branch hints: annotations to a custom section and back."""

from __future__ import annotations

import pytest

from tests.wat import wat2wasm as reference
from wasmvm.binary import decode
from wasmvm.embedding.text import wasm2wat
from wasmvm.errors import DecodeError, TextError, ValidationError
from wasmvm.text import wat2wasm
from wasmvm.text.encoder import custom_section, section
from wasmvm.text.hints import BRANCH_HINT, check_hints, decode_hints, hint_section

YES, NO = rf'(@{BRANCH_HINT} "\01")', rf'(@{BRANCH_HINT} "\00")'

MODULES = [
    f"(module (func (param i32) local.get 0 {YES} if nop end))",
    f"(module (func (param i32) (local i64) (local f32) {NO} (if (local.get 0) (then {YES} (br_if 0 (i32.const 1))))))",
    f'(module (import "a" "b" (func)) (func) (func block i32.const 1 {YES} br_if 0 i32.const 0 {NO} br_if 0 end))',
    f"(module (func {YES} (if {NO} (if (result i32) (i32.const 0) (then (i32.const 1)) (else (i32.const 2))) (then))))",
]


def hints(binary: bytes) -> dict[int, list[tuple[int, bytes]]]:
    module = decode(binary)
    found = hint_section(module)
    return decode_hints(module, found) if found else {}


@pytest.mark.parametrize("text", MODULES)
def test_hints(text: str) -> None:
    binary = wat2wasm(text)
    assert binary == reference(text)
    printed = wasm2wat(binary)
    assert "@custom" not in printed
    assert wat2wasm(printed) == binary
    check_hints(decode(binary))


def test_offsets_count_from_the_beginning_of_the_code() -> None:
    # one vector of locals (three bytes), then `local.get 0`
    assert hints(wat2wasm(f"(func (param i32) (local i64) local.get 0 {YES} if end)")) == {0: [(5, b"\1")]}


def test_locals_of_any_type_may_stand_before_what_is_hinted_at() -> None:
    types = "(type (func)) (type (func)) (type $t (func))"  # the byte of its index would be a `block`
    text = f"{types} (func (local (ref null $t)) {YES} (if (i32.const 0) (then)))"
    check_hints(decode(wat2wasm(text)))


def test_a_hint_for_something_else_is_invalid() -> None:
    binary = wat2wasm(f"(func {YES} nop)")
    with pytest.raises(ValidationError, match=f"@{BRANCH_HINT} annotation: invalid target"):
        check_hints(decode(binary))
    assert wat2wasm(wasm2wat(binary)) == binary


@pytest.mark.parametrize(
    "content",
    [
        b"\1\0\1\0\1\1",  # for the locals
        b"\1\0\1\x05\1\1",  # for the last end
        b"\1\0\1\x63\1\1",  # after the code
        b"\1\7\1\1\1\1",  # for no function
        b"\1\0\1\1\1\2",  # neither likely nor unlikely
        b"\1\0\1\1\2\1\1",
        b"\1\0\1\x81\0\1\1",  # longer than need be
        b"\1\0\2\1\1\1\1\1\1",  # twice the same
        b"\1\0\1\1\1",  # cut off
        b"\0\0",
    ],
)
def test_sections_that_annotations_cannot_say_are_kept(content: bytes) -> None:
    binary = wat2wasm("(func i32.const 1 br_if 0)")
    code = binary.index(section(10, b"")[:1], 8)
    binary = binary[:code] + custom_section(BRANCH_HINT, content) + binary[code:]
    printed = wasm2wat(binary)
    assert f'(@custom "{BRANCH_HINT}"' in printed
    assert wat2wasm(printed) == binary
    with pytest.raises((DecodeError, ValidationError)):
        check_hints(decode(binary))


def test_a_section_in_another_place_is_kept_there() -> None:
    binary = wat2wasm("(func i32.const 1 br_if 0)") + custom_section(BRANCH_HINT, b"\1\0\1\3\1\1")
    assert wat2wasm(wasm2wat(binary)) == binary


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"(func {YES} {NO} (br_if 0 (i32.const 1)))", f"@{BRANCH_HINT} annotation: duplicate annotation"),
        (f"{YES} (func)", f"@{BRANCH_HINT} annotation: not in a function"),
        (f"(global i32 {YES} (i32.const 1))", f"@{BRANCH_HINT} annotation: not in a function"),
        (f"(func {YES})", f"misplaced @{BRANCH_HINT} annotation"),
        (f"(func (br_if 0 (i32.const 1) {YES}))", f"misplaced @{BRANCH_HINT} annotation"),
        (f"(func (if (i32.const 1) {YES} (then)))", f"misplaced @{BRANCH_HINT} annotation"),
        (f"(func block {YES} end)", f"misplaced @{BRANCH_HINT} annotation"),
        (f"(func (@{BRANCH_HINT}) nop)", f"@{BRANCH_HINT} annotation: "),
        (f'(func (@{BRANCH_HINT} "\\02") nop)', f"@{BRANCH_HINT} annotation: "),
        (f'(func (@{BRANCH_HINT} "\\01" 1) nop)', f"@{BRANCH_HINT} annotation: unexpected token 1"),
    ],
)
def test_error(text: str, message: str) -> None:
    with pytest.raises(TextError) as caught:
        wat2wasm(text)
    assert caught.value.message.startswith(message)
