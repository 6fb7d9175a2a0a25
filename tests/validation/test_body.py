"""Instructions with a rule of their own, control flow, unreachable code, locals and constant expressions.

Each row's verdict is also compared with wasmtime's, so that a wrong row shows.
"""

from __future__ import annotations

import itertools

import pytest

from tests.encode import (
    CODE,
    FUNCTION,
    GLOBAL,
    I32,
    I64,
    TYPE,
    body,
    functype,
    module,
    one_function,
    section,
    uleb,
    vec,
)
from tests.fuzz import verdict
from tests.wat import wat2wasm
from wasmvm.binary import decode
from wasmvm.embedding.module import Module
from wasmvm.errors import DecodeError, ValidationError
from wasmvm.validation import validate

MODULE = """(module
    (type $none (func))
    (type $swap (func (param i32 i64) (result i64 i32)))
    (type $pair (func (result i32 i64)))
    (memory 1)
    (table $funcs 1 funcref)
    (table $externs 1 externref)
    (global $constant i32 (i32.const 0))
    (global $variable (mut f64) (f64.const 0))
    (elem declare func $callee)
    (elem $e externref)
    (func $callee (type $swap) unreachable)
    (func $f {}))"""
"""What the rows below stand in: the text of a function, parameters and results first."""

VALID = [
    "(result i32) (local i32 i64) local.get 0",
    "(param i64) (local f32) local.get 1 local.set 1 local.get 0 local.tee 0 drop",
    "block end loop end",
    "(result i32) block (result i32) i32.const 1 end",
    "(result i64 i32) i32.const 1 i64.const 2 block (type $swap) call $callee end",
    "(result i64 i32) i32.const 1 i64.const 2 loop (type $swap) br 0 end",
    "(result i64 i32) i32.const 1 i64.const 2 i32.const 0 if (type $swap) call $callee else call $callee end",
    "i32.const 1 i64.const 2 block (type $swap) call $callee end drop drop block end loop end block (result i32)"
    " i32.const 1 end drop i32.const 0 if end",
    "(param anyref) (drop (block (result i31ref) (br_on_cast 0 anyref i31ref (local.get 0)) (drop) (ref.null i31)))",
    "(param anyref) (drop (block (result anyref) (br_on_cast_fail 0 anyref i31ref (local.get 0)) (i31.get_u)"
    " (drop) (ref.null any)))",
    "(param i32) (result i32) local.get 0 i32.const 1 if (param i32) (result i32) end",
    "i32.const 1 if nop else nop end",
    "block block br 0 end br 0 end",
    "block i32.const 0 br_if 0 end",
    "block loop i32.const 0 br_table 0 1 2 end end",
    "(result i32 i64) i32.const 1 i64.const 2 i32.const 3 br_if 0",
    "(result i32 i64) i32.const 1 i64.const 2 i32.const 3 br_table 0 0",
    "(result i32) i32.const 1 return",
    "(result i32) (i64.const 0) (i32.const 1) return",
    "i32.const 0 i64.const 1 call $callee drop drop",
    "i32.const 0 i64.const 1 i32.const 0 call_indirect $funcs (type $swap) drop drop",
    "i32.const 0 drop ref.null extern drop",
    "(result f32) f32.const 1 f32.const 2 i32.const 3 select",
    "(result externref) ref.null extern ref.null extern i32.const 3 select (result externref)",
    "(result i32) global.get $constant",
    "(result f64) global.get $variable global.get $variable global.set $variable",
    "(result funcref) i32.const 0 table.get $funcs",
    "i32.const 0 ref.func $callee table.set $funcs",
    "(result i32) ref.null extern i32.const 0 table.grow $externs",
    "i32.const 0 ref.null extern i32.const 0 table.fill $externs",
    "i32.const 0 i32.const 0 i32.const 0 table.init $externs $e",
    "(result i32) ref.null func ref.is_null",
    "(param v128) (result v128) local.get 0",
    "(param v128) (result v128) local.get 0 local.get 0 i32.const 0 select",
    # after an instruction that does not return, any operands are there, of any type
    "(result i32) unreachable",
    "(result i32) unreachable i32.add",
    "(result i32) unreachable select",
    "(result externref) unreachable select (result externref)",
    "(result i32) unreachable i32.const 0 select",
    "(result i64) unreachable i64.const 0 i32.const 0 select",
    "(result i32) unreachable ref.is_null",
    "(result i32 i64) unreachable i64.const 0",
    "(result i32) unreachable drop drop",
    "(result i32) i32.const 0 br 0 i32.const 0",
    "unreachable br_if 0",
    "(result i64) unreachable br_if 0",
    "(result i32) block (result i32) unreachable br_table 0 0 end",
    "(result i32) block (result f32) unreachable br_table 0 1 end drop i32.const 0",
    "(result i64 i32) unreachable call $callee",
    "(result i64 i32) unreachable i64.const 0 call $callee",
    "unreachable global.set $variable",
    "unreachable table.set $externs",
    "unreachable if else end",
    "(result i32) unreachable if (param i64) (result i32) drop i32.const 0 else drop i32.const 1 end",
    "block unreachable end",
    "(result i32) loop br 0 end unreachable",
    "(result i32) i32.const 1 block i32.const 2 br 1 end",
]

INVALID = [
    ("(drop (block $h (result i64) (try_table (catch_all_ref $h)) (i64.const 0)))", "type mismatch"),
    ("(drop (block $h (result externref) (try_table (catch_all_ref $h)) (ref.null extern)))", "type mismatch"),
    ("(param anyref) (block $h (drop (br_on_cast $h anyref i31ref (local.get 0))))", "type mismatch: the label"),
    ("(param anyref) (block $h (drop (br_on_cast_fail $h anyref i31ref (local.get 0))))", "type mismatch: the label"),
    ("(block $h (drop (br_on_cast $h anyref i31ref (ref.null any))))", "type mismatch: the label takes no reference"),
    (
        "(param anyref) (drop (block (result i31ref) (br_on_cast_fail 0 anyref i31ref (local.get 0)) (drop) (ref.null i31)))",
        "type mismatch",
    ),
    (
        "(param anyref) (drop (block (result anyref) (br_on_cast 0 anyref i31ref (local.get 0)) (i31.get_u) (drop)"
        " (ref.null any)))",
        "type mismatch",
    ),
    ("local.get 0 drop", "unknown local 0"),
    ("(param i32) (local i32) i32.const 0 local.set 2", "unknown local 2"),
    ("local.get 4294967295 drop", "unknown local 4294967295"),
    ("(local i64) i32.const 0 local.set 0", "type mismatch: instruction requires [i64] but stack has [i32]"),
    ("(local i64) i32.const 0 local.tee 0 drop", "type mismatch"),
    (
        "(result i32) (local i64) i64.const 0 local.tee 0",
        "type mismatch: instruction requires [i32] but stack has [i64]",
    ),
    ("(result i32)", "type mismatch: instruction requires [i32] but stack has []"),
    ("i32.const 0", "type mismatch: block requires [] but stack has [i32]"),
    ("drop", "type mismatch: instruction requires [any] but stack has []"),
    ("i32.const 0 block drop end", "type mismatch: instruction requires [any] but stack has []"),
    ("i32.const 0 block (param i64) drop end", "type mismatch: instruction requires [i64] but stack has [i32]"),
    ("block (type 9) end", "unknown type 9"),
    ("block (result i32) end drop", "type mismatch: instruction requires [i32] but stack has []"),
    ("i32.const 1 if (result i32) i32.const 1 end drop", "type mismatch: instruction requires [i32] but stack has []"),
    (
        "i32.const 1 if (result i32) i32.const 1 else end drop",
        "type mismatch: instruction requires [i32] but stack has []",
    ),
    (
        "i32.const 1 if (result i32) else i32.const 1 end drop",
        "type mismatch: instruction requires [i32] but stack has []",
    ),
    ("i64.const 1 if end", "type mismatch: instruction requires [i32] but stack has [i64]"),
    ("br 1", "unknown label 1"),
    ("br 4294967295", "unknown label 4294967295"),
    ("i32.const 0 br_if 1", "unknown label 1"),
    ("i32.const 0 br_table 0 1 0", "unknown label 1"),
    ("i32.const 0 br_table 0 0 1", "unknown label 1"),
    ("(result i32) br 0", "type mismatch: instruction requires [i32] but stack has []"),
    ("br_if 0", "type mismatch: instruction requires [i32] but stack has []"),
    ("(result i32) i64.const 0 i32.const 0 br_if 0 drop i32.const 1", "type mismatch: instruction requires [i32]"),
    (
        "(result i32 i64) i64.const 2 i32.const 3 br_if 0 drop i32.const 1",
        "type mismatch: instruction requires [i32 i64]",
    ),
    ("(result i32) block i32.const 0 i32.const 0 br_table 0 1 end i32.const 0", "type mismatch"),
    ("(result i32) block (result f32) i32.const 0 i32.const 0 br_table 1 0 end drop i32.const 0", "type mismatch"),
    ("(result i32) block unreachable br_table 0 1 end i32.const 0", "type mismatch"),
    ("(result i32) return", "type mismatch"),
    ("call 7", "unknown function 7"),
    (
        "i64.const 0 i32.const 1 call $callee drop drop",
        "type mismatch: instruction requires [i32 i64] but stack has [i64 i32]",
    ),
    ("i32.const 0 call_indirect $externs (type $none)", "type mismatch"),
    ("i32.const 0 call_indirect 2 (type $none)", "unknown table 2"),
    ("i32.const 0 call_indirect $funcs (type 9)", "unknown type 9"),
    ("i64.const 0 call_indirect $funcs (type $none)", "type mismatch"),
    ("(result f32) f32.const 1 f64.const 2 i32.const 3 select", "type mismatch"),
    ("(result externref) ref.null extern ref.null extern i32.const 3 select", "type mismatch"),
    ("(result externref) unreachable ref.null extern i32.const 3 select", "type mismatch"),
    ("(result i32) i32.const 0 i32.const 0 i32.const 3 select (result)", "invalid result arity"),
    ("(result i32) i32.const 0 i32.const 0 i32.const 3 select (result i32 i32)", "invalid result arity"),
    ("(result i32) i32.const 0 i64.const 0 i32.const 3 select (result i32)", "type mismatch"),
    ("global.get 2 drop", "unknown global 2"),
    ("i32.const 0 global.set $constant", "immutable global"),
    ("i32.const 0 global.set $variable", "type mismatch"),
    ("i32.const 0 table.get 2 drop", "unknown table 2"),
    ("i32.const 0 ref.null func table.set $externs", "type mismatch"),
    ("ref.null func i32.const 0 table.grow $externs drop", "type mismatch"),
    ("i32.const 0 ref.null func i32.const 0 table.fill $externs", "type mismatch"),
    ("i32.const 0 i32.const 0 i32.const 0 table.init $funcs $e", "type mismatch"),
    ("i32.const 0 i32.const 0 i32.const 0 table.copy $funcs $externs", "type mismatch"),
    ("ref.func $f drop", "undeclared function reference"),
    ("i32.const 0 ref.is_null drop", "type mismatch"),
    ("unreachable i32.const 0 f32.add drop", "type mismatch: instruction requires [f32 f32] but stack has [i32]"),
    ("(result i32) unreachable i64.const 0", "type mismatch: instruction requires [i32] but stack has [i64]"),
    ("unreachable i32.const 0", "type mismatch: block requires [] but stack has [i32]"),
    ("block unreachable end drop", "type mismatch: instruction requires [any] but stack has []"),
    ("(result i32) unreachable br_if 0 drop f32.const 0 f32.neg", "type mismatch"),
    ("(result i64) unreachable br_if 0 i32.eqz drop i64.const 0", "type mismatch: instruction requires [i32]"),
]


LONG = 16  # operands that are compared in one step, as `validation/stacks.py` has it
LENGTHS = (2, LONG - 1, LONG, LONG + 1, 3 * LONG)


@pytest.mark.parametrize("count", LENGTHS)
@pytest.mark.parametrize("there", [0, 1, LONG, LONG + 1])
def test_operands_that_a_branch_leaves_in_unreachable_code(count: int, there: int) -> None:
    """Those that were missing are there afterwards, of the label's types, however many they are."""
    there = min(there, count)
    given = " i64.const 0" * there
    text = f"(result{' i64' * count}) unreachable{given} i32.const 0 br_if 0"
    good = f"{text}{' drop' * count} i32.add drop unreachable"
    data = wat2wasm(MODULE.format(good))
    assert verdict.by_wasmtime(data)
    validate(decode(data))
    for wrong in (f"{text}{' drop' * (count - 1)} i32.eqz drop unreachable", f"{text} i32.eqz drop unreachable"):
        data = wat2wasm(MODULE.format(wrong))
        assert not verdict.by_wasmtime(data)
        assert refusal(data).message.startswith("type mismatch: instruction requires [i32] but stack has")


def given_and_wanted(count: int) -> tuple[list[str], list[str]]:
    """Operands and types that they match, some of them because they are subtypes; neighbours are never alike."""
    given = [("i32.const 0", "ref.func $take", "i64.const 0")[i % 3] for i in range(count)]
    return given, [("i32", "funcref", "i64")[i % 3] for i in range(count)]


@pytest.mark.parametrize("count", [1, *LENGTHS])
@pytest.mark.parametrize("use", ["call", "block", "br", "end", "if"])
def test_ranges_of_operands(use: str, count: int) -> None:
    """As many as are asked for, of these types, none of those below the block, and only in unreachable code fewer."""
    operands, types = given_and_wanted(count)
    module_text = f"""(module (func $below (result{" f64" * 3} {" ".join(types)}) unreachable)
      (func $take (param {" ".join(types)})) (elem declare func $take)
      (func {{}}))"""
    params, results = f"(param {' '.join(types)})", f"(result {' '.join(types)})"
    inside, after = {
        "call": ("block {} call $take end", ""),
        "block": (f"block {{}} block {params} call $take end end", ""),
        "if": (f"block {{}} i32.const 1 if {params} call $take else call $take end end", ""),
        "br": (f"block {results} {{}} br 0 end", "call $take"),
        "end": (f"block {results} {{}} end", "call $take"),
    }[use]
    for dead in ("", "unreachable "):
        cases = [(given, fits(given, operands, dead, use)) for given in sequences(operands)]
        for given, fine in cases:
            text = f"call $below {inside.format(dead + ' '.join(given))} {after} {'drop ' * (count + 3)}"
            data = wat2wasm(module_text.format(text))
            assert verdict.by_wasmtime(data) == fine, (dead, given)
            if fine:
                validate(decode(data))
            else:
                assert refusal(data).message.startswith("type mismatch"), (dead, given)


def sequences(operands: list[str]) -> list[list[str]]:
    """All of them, fewer, one more; one wrong at either end; and those from the beginning where the last are asked for."""
    found = [["f64.const 0", *operands]]
    for present in {0, 1, len(operands) - 1, len(operands)}:
        last = operands[len(operands) - present :]
        found += [last, operands[:present]]
        if present:
            found += [["f64.const 0", *last[1:]], [*last[:-1], "f64.const 0"]]
    return found


def fits(given: list[str], operands: list[str], dead: str, use: str) -> bool:
    if len(given) > len(operands):
        return use == "br"
    return given == operands[len(operands) - len(given) :] and (bool(dead) or len(given) == len(operands))


@pytest.mark.parametrize("count", [1, *LENGTHS])
@pytest.mark.parametrize("at", [0, -1])
def test_what_passes_a_block_is_of_the_types_of_the_block(count: int, at: int) -> None:
    """Also where it was of a smaller type before, and whichever of the operands that is."""
    wide, narrow = ["funcref"] * count, ["funcref"] * count
    narrow[at] = "(ref func)"
    module_text = f"""(module (func $give (result {" ".join(narrow)}) unreachable)
      (func $wide (param {" ".join(wide)})) (func $narrow (param {" ".join(narrow)}))
      (func $long_result (result{" i32" * LONG}) unreachable) (func $long_param (param{" i32" * LONG}))
      (func {{}}))"""
    params, results = f"(param {' '.join(wide)})", f"(result {' '.join(wide)})"
    for text, fine in (
        ("call $give call $narrow", True),
        ("call $give call $wide", True),
        (f"call $give block {params} call $wide end", True),
        (f"call $give block {params} call $narrow end", False),
        (f"call $give loop {params} call $narrow end", False),
        (f"call $give i32.const 1 if {params} call $narrow else call $wide end", False),
        (f"call $give i32.const 1 if {params} call $wide else call $narrow end", False),
        (f"block {results} call $give end call $wide", True),
        (f"block {results} call $give end call $narrow", False),
        (f"block {results} call $give br 0 end call $narrow", False),
        (f"block {results} call $give i32.const 1 br_if 0 call $wide call $give end call $wide", True),
        (f"block {results} call $give i32.const 1 br_if 0 call $narrow call $give end call $wide", False),
    ):
        # What was found about the long range before says nothing about this one.
        data = wat2wasm(module_text.format(f"call $long_result call $long_param {text}"))
        assert verdict.by_wasmtime(data) == fine, text
        if fine:
            validate(decode(data))
        else:
            assert refusal(data).message.startswith("type mismatch"), text


@pytest.mark.parametrize("count", LENGTHS)
@pytest.mark.parametrize(
    ("given", "wanted", "fine"),
    [
        ("(ref func) (ref func)", "funcref funcref", True),
        ("(ref func) (ref func)", "funcref externref", False),
        ("(ref func) externref", "funcref funcref", False),
        ("(ref func) (ref extern)", "funcref externref", True),
        ("(ref func) i32", "funcref i32", True),
        ("(ref func) (ref func)", "funcref i32", False),
    ],
)
def test_each_operand_is_matched(given: str, wanted: str, fine: bool, count: int) -> None:
    """What was found for one says nothing about its neighbour, unless both types are the same."""
    pairs = count // 2
    data = wat2wasm(f"""(module (func $give (result{" i32" * (count % 2)} {f"{given} " * pairs}) unreachable)
      (func $take (param{" i32" * (count % 2)} {f"{wanted} " * pairs})) (func call $give call $take))""")
    assert verdict.by_wasmtime(data) == fine
    if fine:
        validate(decode(data))
    else:
        assert refusal(data).message.startswith("type mismatch: instruction requires")


@pytest.mark.parametrize("op", ["br_on_cast", "br_on_cast_fail"])
@pytest.mark.parametrize("given", ["anyref", "(ref any)"])
@pytest.mark.parametrize("wanted", ["anyref", "(ref any)", "i31ref", "(ref i31)", "funcref"])
def test_where_each_kind_of_reference_goes(op: str, given: str, wanted: str) -> None:
    """Of all types that may be cast, at the label, and left: what wasmtime accepts, and by default nothing else.

    Custom descriptors let a cast go between any two types of a hierarchy.
    """
    some = ["anyref", "(ref any)", "i31ref", "(ref i31)"]
    accepted = 0
    for operand, label, left in itertools.product(["anyref", "(ref any)"], some, some):
        data = wat2wasm(f"""(module (func $take (param {left})) (func (param {operand})
          (drop (block (result {label}) (call $take ({op} 0 {given} {wanted} (local.get 0))) unreachable))))""")
        if verdict.by_wasmtime(data):
            validate(decode(data))
            accepted += 1
        else:
            with pytest.raises(ValidationError, match=r"^type mismatch"):
                Module(data)
            if verdict.wasm_tools():
                assert verdict.by_wasm_tools(data) == is_valid(data), (operand, label, left)
    assert (accepted == 0) == (
        wanted == "funcref" or (given, wanted) in [("(ref any)", "anyref"), ("(ref any)", "i31ref")]
    )


@pytest.mark.parametrize("count", [255, 256, 257, 511, 513, 5000])
@pytest.mark.parametrize(
    ("push", "each"),
    [("local.get 0", 1), ("i32.const 1", 1), ("local.get 0 local.tee 0", 1), ("global.get $constant", 1),
     ("call $pair", 2), ("i32.const 1 i64.const 2 call $callee", 2), ("memory.size", 1)],
)  # fmt: skip
def test_many_operands(push: str, each: int, count: int) -> None:
    """Whatever pushes them makes room, and none is lost."""
    text = MODULE.replace("(func $callee", "(func $pair (type $pair) unreachable) (func $callee")
    validate(decode(wat2wasm(text.format(f"(param i32) {f'{push} ' * count} {'drop ' * each * count}"))))
    error = refusal(wat2wasm(text.format(f"(param i32) {f'{push} ' * count} {'drop ' * (each * count + 1)}")))
    assert error.message == "type mismatch: instruction requires [any] but stack has []"


def is_valid(data: bytes) -> bool:
    """Whether it is, with all proposals that there are."""
    try:
        validate(decode(data))
    except ValidationError:
        return False
    return True


def refusal(data: bytes) -> ValidationError | DecodeError:
    decoded = decode(data)
    with pytest.raises((ValidationError, DecodeError)) as caught:
        validate(decoded)
    return caught.value


@pytest.mark.parametrize("text", VALID)
def test_valid(text: str) -> None:
    data = wat2wasm(MODULE.format(text))
    assert verdict.by_wasmtime(data)
    validate(decode(data))


@pytest.mark.parametrize(("text", "message"), INVALID)
def test_invalid(text: str, message: str) -> None:
    data = wat2wasm(MODULE.format(text))
    assert not verdict.by_wasmtime(data)
    error = refusal(data)
    assert isinstance(error, ValidationError)
    assert error.message.startswith(message)


@pytest.mark.skipif(verdict.wasm_tools() is None, reason="the program wasm-tools is not installed")
@pytest.mark.parametrize("text", [row[0] for row in INVALID])
def test_offset_of_the_error(text: str) -> None:
    """The same instruction is to blame as wasm-tools says."""
    data = wat2wasm(MODULE.format(text))
    assert refusal(data).offset == verdict.offset_by_wasm_tools(data)


# --- what no assembler writes -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "message", "offset"),
    [
        (b"\xff\x0b", "illegal opcode ff", 0),
        (b"\xfc\x12\x0b", "illegal opcode fc 12: the memory-control proposal is not supported", 0),
        (b"\xe0\x0b", "illegal opcode e0: the stack-switching proposal is not supported", 0),
        (b"\x1d\x0b", "illegal opcode 1d", 0),
        (b"\x05\x0b", "END opcode expected", 0),
        (b"\x02\x40\x05\x0b\x0b", "END opcode expected", 2),
        (b"\x41\0\x04\x40\x05\x05\x0b\x0b", "END opcode expected", 5),
        (b"\x02\x41\x0b\x0b", "malformed value type", 1),
        (b"\x02\xff\x7f\x0b\x0b", "malformed block type", 1),
        (b"\x02\x80\x80\x80\x80\x80\0\x0b\x0b", "integer representation too long", 5),
        (b"\xd0\x7f\x1a\x0b", "malformed heap type", 1),
        (b"\0\x1c\1\x40\x0b", "malformed value type", 3),
        (b"\0\x0e\xff\xff\xff\xff\x0f\0\x0b", "length out of bounds", 2),
        (b"\0\x0e\xfc\xff\xff\xff\x0f\0\x0b", "length out of bounds", 2),
        (b"\0\x0e\3\0\0\0\x0b", "unknown label 11", 1),
        (b"\xfc\x09\0\x0b", "data count section required", 0),
        (b"\0\xfc\x08\0\0\x0b", "data count section required", 1),
        (b"\x0b\x0b", "section size mismatch", 1),
        (b"\x02\x40\x0b", "unexpected end of section or function", 3),
        (b"\x41\x80", "unexpected end of section or function", 2),
        (b"\x43\0\0", "unexpected end of section or function", 3),
    ],
)
def test_malformed_code(code: bytes, message: str, offset: int) -> None:
    data = one_function(code)
    error = refusal(data)
    assert (error.message, error.offset - decode(data).code[0] - 1) == (message, offset)
    assert not verdict.by_wasmtime(data)


def test_missing_end_is_explained_by_what_follows() -> None:
    """The words of the reference interpreter, which reads on."""
    two = [b"\4\0\x41\1\x1a", b"\5\0\x41\1\x1a\x0b"]
    data = module(section(TYPE, vec([functype()])), section(FUNCTION, vec([b"\0", b"\0"])), section(CODE, vec(two)))
    assert refusal(data).message == "END opcode expected"
    data = one_function(b"\x41\1\x1a") + section(0x0B, b"\0")
    assert refusal(data).message == "section size mismatch"


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ([b"\xff\xff\xff\xff\x0f\x7f"], "too many locals"),
        ([b"\x80\x80\x80\x80\4\x7f"] * 4, "too many locals"),
        ([b"\xff\xff\xff\xff\x0f\x7f", b"\2\x7e"], "too many locals"),
        ([b"\x80\x80\x80\x80\x10\x7f"], "integer too large"),
        ([b"\1\x40"], "malformed value type"),
        ([b"\xd1\x86\3\x7f"], "too many locals"),
        ([b"\xd0\x86\3\x7f", b"\1\x7f"], "too many locals"),
        ([b"\xd0\x86\3\x7f", b"\0\x7f"], None),
        ([b"\0\x7f", b"\xd0\x86\3\x7f"], None),
    ],
)
def test_number_of_locals(groups: list[bytes], message: str | None) -> None:
    data = one_function(b"\x0b", local_groups=groups)
    if message is None:
        validate(decode(data))
    else:
        error = refusal(data)
        assert isinstance(error, DecodeError)
        assert error.message.startswith(message)


def test_types_of_locals() -> None:
    """Parameters, then each group, long and short; what an earlier function declared is forgotten."""
    signature = [functype([I64, I32]), functype()]

    def code(*locals_and_ends: bytes) -> bytes:
        return module(
            section(TYPE, vec(signature)),
            section(FUNCTION, vec([b"\1", b"\0"])),
            section(CODE, vec([body(b"\x0b", [b"\xd0\x86\3\x7c"]), *locals_and_ends])),
        )

    groups = [b"\2\x7d", b"\xe8\7\x7e", b"\1\x7c"]  # parameters 0 and 1, 2 and 3 f32, 4 to 1003 i64, 1004 f64
    typed = {0: 0x50, 1: 0x45, 2: 0x8B, 3: 0x8B, 4: 0x50, 1003: 0x50, 1004: 0x99}
    for localidx, opcode in typed.items():
        index = bytes([localidx & 0x7F | 0x80, localidx >> 7])
        for other in set(typed.values()):
            data = code(body(b"\x20" + index + bytes([other]) + b"\x1a\x0b", groups))
            if other == opcode:
                validate(decode(data))
            else:
                assert refusal(data).message.startswith("type mismatch")
    assert refusal(code(body(b"\x20\xed\7\x1a\x0b", groups))).message == "unknown local 1005"


SET, GET = b"\xd2\0\x21", b"\x20"  # ref.func 0 and local.set; local.get


@pytest.mark.parametrize("padding", [0, 6_000], ids=["more locals than bytes", "more bytes than locals"])
@pytest.mark.parametrize("localidx", [2, 3, 5, 4_001])
def test_locals_without_default(padding: int, localidx: int) -> None:
    """Each must be set in the block, or one around it, that reads it; eight bytes may declare all of them."""
    index = uleb(localidx)
    get = GET + index + b"\x1a"
    block, end = b"\2\x40", b"\x0b"
    good = [
        SET + index + get,
        SET + index + block + get + end + get,
        block + SET + index + get + end + SET + index + get,
        block + SET + index + SET + index + get + end,
        b"\xd2\0\x22" + index + b"\x1a" + get,
    ]
    bad = [get, block + SET + index + end + get, SET + uleb(localidx ^ 1) + get, get + SET + index]

    def function(code: bytes) -> bytes:
        return body(code + b"\1" * padding + b"\x0b", [b"\2\x7f", uleb(4_000) + b"\x64\x70"])

    def of(*codes: bytes) -> bytes:
        return module(
            section(TYPE, vec([functype()])),
            section(FUNCTION, vec([b"\0"] * len(codes))),
            section(7, vec([b"\1f\0\0"])),
            section(CODE, vec(map(function, codes))),
        )

    validate(decode(of(*good)))
    for code in bad:
        for codes in ((code,), (good[0], code), (good[2], code), (*good, code)):
            assert refusal(of(*codes)).message == f"uninitialized local {localidx}"
    assert refusal(of(GET + uleb(4_002) + b"\x1a")).message == "unknown local 4002"
    assert refusal(of(SET + uleb(4_002))).message == "unknown local 4002"


def test_parameters_without_default_are_set() -> None:
    """Also those of a function that has fewer bytes than parameters."""
    many = functype([b"\x64\x70"] * 999 + [I32])
    for localidx, opcode in ((0, 0xD1), (998, 0xD1), (999, 0x45)):
        code = body(GET + uleb(localidx) + bytes([opcode]) + b"\x1a\x0b")
        validate(
            decode(module(section(TYPE, vec([many])), section(FUNCTION, vec([b"\0"])), section(CODE, vec([code]))))
        )


# --- constant expressions ---------------------------------------------------------------------------------------------

GLOBALS = """(module
    (import "m" "i" (global $imported i32))
    (import "m" "v" (global $changes (mut i32)))
    (global $own i32 (i32.const 0))
    (global $g {}))"""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("i32 (i32.const 0)", None),
        ("i64 (i64.const 0)", None),
        ("f32 (f32.const 0)", None),
        ("f64 (f64.const 0)", None),
        ("v128 (v128.const i64x2 0 0)", None),
        ("externref (ref.null extern)", None),
        ("funcref (ref.null func)", None),
        ("i32 (global.get $imported)", None),
        ("i32 (global.get $changes)", "constant expression required"),
        ("i32 (global.get $own)", None),
        ("i32 (global.get $g)", "unknown global 3"),
        ("i32", "type mismatch: instruction requires [i32] but stack has []"),
        ("i32 (i64.const 0)", "type mismatch: instruction requires [i32] but stack has [i64]"),
        ("i32 (i32.const 0) (i32.const 0)", "type mismatch: block requires [i32] but stack has [i32 i32]"),
        ("funcref (ref.null extern)", "type mismatch"),
        ("funcref (ref.func 0)", "unknown function 0"),
        ("i32 (i32.add (i32.const 0) (i32.const 0))", None),
        ("i64 (i64.mul (i64.const 2) (i64.sub (i64.const 0) (i64.const 3)))", None),
        ("i64 (i64.add (i32.const 0) (i64.const 0))", "type mismatch"),
        ("i32 (i32.and (i32.const 0) (i32.const 0))", "constant expression required"),
        ("(ref i31) (ref.i31 (i32.const 1))", None),
        ("externref (extern.convert_any (ref.i31 (i32.const 1)))", None),
        ("(ref extern) (ref.null extern)", "type mismatch"),
        ("i32 unreachable", "constant expression required"),
        ("i32 (block (result i32) (i32.const 0))", "constant expression required"),
        ("i32 (i32.const 0) nop", "constant expression required"),
    ],
)
def test_constant_expressions(text: str, message: str | None) -> None:
    data = wat2wasm(GLOBALS.format(text))
    if message is None:
        validate(decode(data))
    else:
        error = refusal(data)
        assert isinstance(error, ValidationError)
        assert error.message.startswith(message)


def test_offset_in_a_constant_expression() -> None:
    data = module(section(GLOBAL, vec([I32 + b"\0\x41\0\x0b", I32 + b"\0\x41\0\x45\x0b"])))
    error = refusal(data)
    assert (error.message, data[error.offset]) == ("constant expression required", 0x45)
