"""Legacy exception handling (legacy/exceptions.md of the exception-handling proposal): what is valid, and what it is blamed for.

Each row's verdict, and the place, is compared with that of wasm-tools.
"""

from __future__ import annotations

import pytest

from tests.encode import one_function
from tests.fuzz import verdict
from wasmvm.binary import decode
from wasmvm.errors import DecodeError, ValidationError
from wasmvm.text import wat2wasm
from wasmvm.validation import validate

MODULE = """(module
    (type $swap (func (param i32 i64) (result i64 i32)))
    (tag $e) (tag $i (param i32)) (tag $two (param i64 i32))
    (func $callee (type $swap) unreachable)
    (func $f {}))"""

VALID = [
    "try end",
    "try catch $e end",
    "try catch_all end",
    "try catch $e catch $e catch $i drop catch_all end",
    "try delegate 0",
    "(result i32) try (result i32) i32.const 1 catch $i end",
    "(result i32) try (result i32) i32.const 1 catch $i catch_all i32.const 2 end",
    "(result i64 i32) i32.const 1 i64.const 2 try (type $swap) call $callee catch $two catch $e i64.const 1 i32.const 2 end",
    "(result i64 i32) i32.const 1 i64.const 2 try (type $swap) call $callee delegate 0",
    "try unreachable catch $i drop end",
    "(result i32) try (result i32) unreachable catch_all unreachable end",
    "(result i32) try (result i32) unreachable catch $i end",
    "try catch_all rethrow 0 end",
    "try catch_all rethrow 0 i32.add drop end",
    "try catch $e i32.const 1 rethrow 0 end",
    "(result i32) try (result i32) i32.const 1 catch $i drop rethrow 0 end",
    "try catch_all block loop rethrow 2 end end end",
    "try catch $e try catch $e rethrow 0 catch_all rethrow 1 end end",
    "try catch $e try rethrow 1 catch $e end end",
    "try catch $e try rethrow 1 delegate 0 end",
    "try catch $e try rethrow 1 delegate 1 end",
    "try try delegate 0 catch $e end",
    "try block try delegate 1 end catch $e end",
    "loop try delegate 0 end",
    "try_table try delegate 0 end",
    "i32.const 0 if try delegate 0 else try delegate 1 end",
    "try br 0 catch $e br 0 catch_all br 0 end",
    "try br 1 delegate 0",
    "(result i32) try (result i32) i32.const 1 br 0 catch $i br 0 end",
    "try block $h (result exnref) try_table (catch_all_ref $h) throw $e end return end throw_ref catch_all rethrow 0 end",
    "unreachable try catch $two drop drop catch_all end",
    "unreachable try delegate 0",
    "(local (ref func)) try ref.func $callee local.set 0 catch_all end",
    "(local (ref func)) ref.func $callee local.set 0 try catch_all local.get 0 drop end local.get 0 drop",
]

INVALID = [
    ("rethrow 0", "invalid rethrow label"),
    ("rethrow 1", "unknown label 1"),
    ("block rethrow 0 end", "invalid rethrow label"),
    ("try rethrow 0 end", "invalid rethrow label"),
    ("try rethrow 0 catch_all end", "invalid rethrow label"),
    ("try rethrow 0 delegate 0", "invalid rethrow label"),
    ("try catch_all block rethrow 0 end end", "invalid rethrow label"),
    ("try catch_all rethrow 1 end", "invalid rethrow label"),
    ("try catch_all rethrow 2 end", "unknown label 2"),
    ("try catch_all end rethrow 0", "invalid rethrow label"),
    ("try_table rethrow 0 end", "invalid rethrow label"),
    ("unreachable rethrow 0", "invalid rethrow label"),
    ("try delegate 1", "unknown label 1"),
    ("try delegate 4294967295", "unknown label 4294967295"),
    ("try try delegate 2 end", "unknown label 2"),
    ("unreachable try delegate 1", "unknown label 1"),
    ("try catch 3 end", "unknown tag 3"),
    ("try i32.const 0 catch $e end", "type mismatch: block requires [] but stack has [i32]"),
    ("try catch $i end", "type mismatch: block requires [] but stack has [i32]"),
    ("try catch $e i32.const 0 catch_all end", "type mismatch: block requires [] but stack has [i32]"),
    ("try i32.const 0 delegate 0", "type mismatch: block requires [] but stack has [i32]"),
    ("try catch $e drop end", "type mismatch: instruction requires [any] but stack has []"),
    ("i32.const 0 try catch $e drop end", "type mismatch: instruction requires [any] but stack has []"),
    ("i32.const 1 try (param i32) drop catch_all drop end", "type mismatch: instruction requires [any]"),
    ("(result i32) try (result i32) catch $i end", "type mismatch: instruction requires [i32] but stack has []"),
    (
        "(result i32) try (result i32) i32.const 1 catch $e end",
        "type mismatch: instruction requires [i32] but stack has []",
    ),
    (
        "(result i32) try (result i32) i32.const 1 catch_all end",
        "type mismatch: instruction requires [i32] but stack has []",
    ),
    (
        "(result i32) try (result i32) i64.const 1 delegate 0",
        "type mismatch: instruction requires [i32] but stack has [i64]",
    ),
    (
        "(result i64) try (result i64) i64.const 1 catch $i end",
        "type mismatch: instruction requires [i64] but stack has [i32]",
    ),
    (
        "(result i32) try (result i32) unreachable catch $e end",
        "type mismatch: instruction requires [i32] but stack has []",
    ),
    ("try catch_all rethrow 0 i64.const 0 f32.neg drop end", "type mismatch"),
    ("(result i32) try (result i32) i32.const 1 catch $i br 0 catch_all br 0 end", "type mismatch"),
    ("try (param i32) drop end", "type mismatch: instruction requires [i32] but stack has []"),
    ("try catch $e block throw $i end end", "type mismatch: instruction requires [i32] but stack has []"),
    ("(local (ref func)) try ref.func $callee local.set 0 catch_all local.get 0 drop end", "uninitialized local"),
    ("(local (ref func)) try ref.func $callee local.set 0 catch_all end local.get 0 drop", "uninitialized local"),
    (
        "(local (ref func)) try catch $e ref.func $callee local.set 0 catch_all local.get 0 drop end",
        "uninitialized local",
    ),
    ("(local (ref func)) try ref.func $callee local.set 0 delegate 0 local.get 0 drop", "uninitialized local"),
]

MALFORMED = [
    (b"\x07\0\x0b", 0),  # catch
    (b"\x19\x0b", 0),  # catch_all
    (b"\x18\0\x0b", 0),  # delegate
    (b"\x02\x40\x19\x0b\x0b", 2),  # catch_all in a block
    (b"\x02\x40\x18\0\x0b", 2),  # delegate in a block
    (b"\x06\x40\x05\x0b\x0b", 2),  # else in a try
    (b"\x06\x40\x19\x19\x0b\x0b", 3),  # catch_all after catch_all
    (b"\x06\x40\x19\x07\0\x0b\x0b", 3),  # catch after catch_all
    (b"\x06\x40\x19\x18\0\x0b", 3),  # delegate after catch_all
    (b"\x06\x40\x19\x05\x0b\x0b", 3),  # else after catch_all
    (b"\x06\x40\x02\x40\x19\x0b\x0b\x0b", 4),  # catch_all in a block in a try
    (b"\0\x06\x40\x06\x40\x0b\x19\x19\x0b\x0b", 7),
    (b"\x04\x40\x19\x0b\x0b", 2),  # catch_all in an if, which lacks its condition as well
]
"""Code, and where the instruction is that belongs to no block there."""


def check_verdict(data: bytes, valid: bool) -> None:
    if verdict.wasm_tools():
        assert verdict.by_wasm_tools(data) == valid


def refusal(data: bytes) -> ValidationError | DecodeError:
    decoded = decode(data)
    with pytest.raises((ValidationError, DecodeError)) as caught:
        validate(decoded)
    return caught.value


def assembled(text: str) -> bytes:
    text = MODULE.format(text)
    return wat2wasm(text.replace("(func $callee", "(elem declare func $callee) (func $callee"))


@pytest.mark.parametrize("text", VALID)
def test_valid(text: str) -> None:
    data = assembled(text)
    check_verdict(data, True)
    validate(decode(data))


@pytest.mark.parametrize(("text", "message"), INVALID)
def test_invalid(text: str, message: str) -> None:
    data = assembled(text)
    check_verdict(data, False)
    error = refusal(data)
    assert isinstance(error, ValidationError)
    assert error.message.startswith(message)
    if verdict.wasm_tools():
        assert error.offset == verdict.offset_by_wasm_tools(data)


@pytest.mark.parametrize(("code", "offset"), MALFORMED)
def test_parts_of_a_try_outside_of_one(code: bytes, offset: int) -> None:
    data = one_function(code)
    if code[:1] == b"\x04":
        data = one_function(b"\x41\0" + code)
        offset += 2
    error = refusal(data)
    assert isinstance(error, DecodeError)
    assert (error.message, error.offset - decode(data).code[0] - 1) == ("END opcode expected", offset)
    check_verdict(data, False)


def test_a_body_that_ends_in_a_try() -> None:
    for code in (b"\x06\x40\x0b", b"\x06\x40\x19\x0b", b"\x06\x40", b"\x06\x40\x06\x40\x18\0\x0b"):
        data = one_function(code)
        assert isinstance(refusal(data), DecodeError)
        check_verdict(data, False)


@pytest.mark.parametrize("code", [b"\x06\x7f\x41\0\x0b\x0b", b"\x06\x7f\x41\0\x18\0\x0b", b"\x09\0\x0b"])
def test_not_in_a_constant_expression(code: bytes) -> None:
    data = b"\0asm\1\0\0\0\x06" + bytes([len(code) + 3]) + b"\1\x7f\0" + code
    assert isinstance(refusal(data), ValidationError)
    check_verdict(data, False)


@pytest.mark.parametrize("code", [b"\x19\x0b", b"\x07\0\x0b", b"\x18\0\x0b"])
def test_a_part_of_a_try_that_is_all_of_a_constant_expression(code: bytes) -> None:
    data = b"\0asm\1\0\0\0\x06" + bytes([len(code) + 3]) + b"\1\x7f\0" + code
    with pytest.raises(DecodeError, match="END opcode expected"):
        decode(data)
    check_verdict(data, False)
