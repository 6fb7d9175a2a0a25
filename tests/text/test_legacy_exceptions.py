"""Legacy exception handling in the text format: flat and folded, labels, names, and what is wrong."""

from __future__ import annotations

import pytest

from tests.text.test_instructions import code_section
from tests.wat import wat2wasm as reference
from wasmvm.binary import decode
from wasmvm.binary.names import read_names
from wasmvm.embedding.text import wasm2wat
from wasmvm.errors import DecodeError, TextError
from wasmvm.text import wat2wasm

FIELDS = "(tag $e) (tag $i (param i32)) (func $f)"

FORMS = [
    ("try end", "(try (do))"),
    ("try nop call $f end", "(try (do nop (call $f)))"),
    ("try catch $e end", "(try (do) (catch $e))"),
    ("try catch_all end", "(try (do) (catch_all))"),
    ("try nop catch $e nop catch $i drop catch_all nop nop end", "(try (do nop) (catch $e nop) (catch $i drop) (catch_all nop nop))"),
    ("try $l br $l catch $e br $l rethrow $l catch_all br 0 rethrow 0 end $l",
     "(try $l (do (br $l)) (catch $e (br $l) (rethrow $l)) (catch_all (br 0) (rethrow 0)))"),
    ("try (result i32) i32.const 1 catch $i i32.const 2 i32.add end drop",
     "(drop (try (result i32) (do (i32.const 1)) (catch $i (i32.const 2) (i32.add))))"),
    ("try $o try $l br $l delegate $o catch $e end", "(try $o (do (try $l (do (br $l)) (delegate $o))) (catch $e))"),
    ("try $l try $l br $l delegate $l catch $e end", "(try $l (do (try $l (do (br $l)) (delegate $l))) (catch $e))"),
    ("block $b try delegate $b end try delegate 0", "(block $b (try (do) (delegate $b))) (try (do) (delegate 0))"),
    ("i32.const 0 if try catch_all end else try delegate 1 end",
     "(if (i32.const 0) (then (try (do) (catch_all))) (else (try (do) (delegate 1))))"),
    ("try try_table (catch $e 0) nop end catch $e end", "(try (do (try_table (catch $e 0) nop)) (catch $e))"),
    ("try_table (catch $e 0) try nop catch $e end end", "(try_table (catch $e 0) (try (do nop) (catch $e)))"),
    ("i32.const 1 try (param i32) drop end", "(try (param i32) (i32.const 1) (do drop))"),
]  # fmt: skip
"""The same code, flat and folded."""


def module(code: str) -> str:
    return f"(module {FIELDS} (func $caller {code}))"


@pytest.mark.parametrize(("flat", "folded"), FORMS[:-1])
def test_both_forms(flat: str, folded: str) -> None:
    binary = wat2wasm(module(flat))
    assert code_section(binary) == code_section(reference(module(flat))), "as an independent assembler has it"
    assert code_section(wat2wasm(module(folded))) == code_section(binary)
    again = wasm2wat(binary)
    assert wat2wasm(again) == binary
    assert code_section(reference(again)) == code_section(binary)


def test_no_operands_before_do() -> None:
    with pytest.raises(TextError, match="unexpected token"):
        wat2wasm(module(FORMS[-1][1]))


ERRORS = [
    ("(try)", "unexpected token )"),
    ("(try nop)", "unexpected token nop"),
    ("(try (nop))", "unexpected token nop"),
    ("(try (catch $e))", "unexpected token catch"),
    ("(try (delegate 0))", "unexpected token delegate"),
    ("(try (do) nop)", "unexpected token nop"),
    ("(try (do) (nop))", "unexpected token nop"),
    ("(try (do) (do))", "unexpected token do"),
    ("(try (do) (catch))", "unexpected token )"),
    ("(try (do) (catch $x))", "unknown tag $x"),
    ("(try (do) (catch $e) nop)", "unexpected token nop"),
    ("(try (do) (catch $e) (delegate 0))", "unexpected token delegate"),
    ("(try (do) (catch_all) (catch $e))", "unexpected token catch"),
    ("(try (do) (catch_all) (catch_all))", "unexpected token catch_all"),
    ("(try (do) (catch_all) (delegate 0))", "unexpected token delegate"),
    ("(try (do) (delegate 0) (catch $e))", "unexpected token catch"),
    ("(try (do) (delegate 0) (delegate 0))", "unexpected token delegate"),
    ("(try (do) (delegate))", "unexpected token )"),
    ("(try (do) (delegate 0 nop))", "unexpected token nop"),
    ("(try $l (do) (delegate $l))", "unknown label $l"),
    ("(try (do) (then))", "unexpected token then"),
    ("(if (i32.const 0) (do))", "unexpected token do"),
    ("(do)", "unexpected token do"),
    ("(catch $e)", "unexpected token catch"),
    ("(catch_all)", "unexpected token catch_all"),
    ("(delegate 0)", "unexpected token delegate"),
    ("(block (catch_all))", "unexpected token catch_all"),
    ("(block (do))", "unexpected token do"),
    ("catch $e", "unexpected token catch"),
    ("catch_all", "unexpected token catch_all"),
    ("delegate 0", "unexpected token delegate"),
    ("do", "unexpected token do"),
    ("block catch_all end", "unexpected token catch_all"),
    ("block delegate 0", "unexpected token delegate"),
    ("i32.const 0 if catch_all end", "unexpected token catch_all"),
    ("try else end", "unexpected token else"),
    ("try catch_all catch_all end", "unexpected token catch_all"),
    ("try catch_all catch $e end", "unexpected token catch"),
    ("try catch $e delegate 0", "unexpected token delegate"),
    ("try catch_all delegate 0", "unexpected token delegate"),
    ("try catch_all else end", "unexpected token else"),
    ("try (do) end", "unexpected token do"),
    ("try block catch_all end end", "unexpected token catch_all"),
    ("try (catch_all) end", "unexpected token catch_all"),
    ("(try (do) catch_all)", "unexpected token catch_all"),
    ("(try (do catch_all))", "unexpected token catch_all"),
    ("(try (do (block catch_all end)))", "unexpected token catch_all"),
    ("try $l delegate $l", "unknown label $l"),
    ("try delegate $caller", "unknown label $caller"),
    ("try $l end $m", "mismatching label $m"),
    ("try nop", "unexpected token )"),
    ("try catch $e", "unexpected token )"),
    ("try delegate 0 end", "unexpected token end"),
    ("(try (do) (catch $e)", "unexpected token"),
]


@pytest.mark.parametrize(("code", "message"), ERRORS)
def test_error(code: str, message: str) -> None:
    with pytest.raises(TextError) as caught:
        wat2wasm(module(code))
    assert caught.value.message.startswith(message), caught.value


def test_labels_of_tries_have_names() -> None:
    text = module("try $a br $a catch_all block $b br $b try $c rethrow $a delegate $b end end")
    binary = wat2wasm(text)
    source = decode(binary)
    assert "try $a" in wasm2wat(binary) and "delegate $b" in wasm2wat(binary) and "rethrow $a" in wasm2wat(binary)
    assert read_names(source)


def test_parts_are_indented_like_their_try() -> None:
    text = wasm2wat(wat2wasm(module("try try call $f delegate 0 catch $e nop catch_all nop end")))
    lines = [line for line in text.splitlines() if line.startswith("    ")]
    assert [line.split(" (;")[0] for line in lines] == [
        "    try",
        "      try",
        "        call $f",
        "      delegate 0",
        "    catch $e",
        "      nop",
        "    catch_all",
        "      nop",
        "    end",
    ]


@pytest.mark.parametrize(
    ("code", "message"),
    [(b"\x19", "catch_all outside of a try"), (b"\x07\0", "catch outside of a try"),
     (b"\x18\0", "delegate outside of a try"), (b"\x02\x40\x19\x0b", "catch_all outside of a try"),
     (b"\x06\x40\x19\x18\0", "delegate outside of a try"), (b"\x06\x40\x05\x0b", "else outside of an if")],
)  # fmt: skip
def test_a_listing_of_what_is_malformed(code: bytes, message: str) -> None:
    """It says what is wrong, and does not lose its way."""
    nop = b"\1" * len(code)
    binary = wat2wasm(f"(module (tag) (func {'nop ' * len(code)}))")
    with pytest.raises(DecodeError, match=message):
        wasm2wat(binary.replace(nop + b"\x0b", code + b"\x0b"))
