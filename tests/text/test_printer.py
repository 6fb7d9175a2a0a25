"""Modules as text: readable, and the same bytes when assembled again."""

from __future__ import annotations

from functools import partial

import pytest

from tests.growth import FACTOR, assert_in_proportion
from wasmvm.embedding.text import wasm2wat
from wasmvm.errors import DecodeError
from wasmvm.isa import codes
from wasmvm.text import encoder, wat2wasm
from wasmvm.text.encoder import Names, custom_section, sized, uleb
from wasmvm.text.identifiers import Space, identifier, quoted, quoted_bytes

HEADER = b"\0asm\1\0\0\0"


def test_listing() -> None:
    text = """(module $m
  (type $t (;0;) (func (param i32) (result i32)))
  (type (;1;) (func (result f64)))
  (import "env" "print" (func $print (;0;) (type $t) (param i32) (result i32)))
  (import "env" "k" (global (;0;) (mut i64)))
  (table (;0;) 1 2 funcref)
  (memory $mem (;0;) 1)
  (global $g (;1;) f32 (f32.const nan:0x12345))
  (export "f" (func $f))
  (start $f)
  (elem (;0;) (i32.const 0) func $print $f)
  (elem $e (;1;) declare externref (ref.null extern))
  (func $f (;1;) (type $t) (param $x i32) (result i32)
    (local i64 i64) (local $y f32)
    block $b (result i32)
      loop (;@2;)
        local.get $x
        if (type 1) (result f64) (;@3;)
          br $b
        else
          i32.const -1
          br_table 0 (;@3;) 1 (;@2;) $b
        end
        i32.load16_s offset=8 align=1
        call_indirect (type $t) (param i32) (result i32)
        drop
      end
      memory.init $d
    end
  )
  (func (;2;) (type 1) (result f64)
    i32x4.replace_lane 3
    v128.const i32x4 0x00000001 0x00000000 0x00000000 0xffffffff
    f64.const 0.1
    select (result i32)
    memory.copy
  )
  (data $d (;0;) "a\\00\\"\\5c")
)
"""
    assert wasm2wat(wat2wasm(text)) == text.replace('\\"', "\\22")


@pytest.mark.parametrize(
    "text",
    [
        "(module)",
        '(module (@name ""))',
        '(module $"two words" (func $"\\u{1F600} \\"" (param $"" i32)))'.replace('$""', '$"\\t"'),
        # names that are no identifiers, or are the same
        '(func $a (@name "n")) (func $b (@name "n")) (func $c (@name "")) (func $"n#1")',
        '(func (param $x (@name "p") i32) (param $y (@name "p") i32) (local $z (@name "p") i32))',
        "(func block $l block $l br 1 br $l end br $l end)",
        '(func block $l (@name "other") br $l end)',
        # segments
        "(table 1 funcref) (table 1 externref) (func) (elem (table 0) (i32.const 0) func 0) (elem (i32.const 0) func)"
        "(elem (table 1) (offset) externref (ref.null extern) (item) (item ref.null extern ref.null extern))"
        "(elem func 0) (elem declare func 0) (elem funcref (ref.func 0)) (elem (i32.const 0) funcref (ref.null func))",
        '(memory 0) (data (memory 0) (i32.const 0) "a") (data (i32.const 0)) (data "\\ff") (data (offset) "b")',
        f'(memory 1) (data "{"x" * 1000}")',
        # custom sections
        '(@custom "a" (before first) "1") (@custom "b" "2") (@custom "c" (after type) "3")'
        '(@custom "c" (after type) "") '
        '(func $f) (@custom "d" (after last) "4") (@custom "e" (after data) "5") (@custom "f" (after code))',
        '(@custom "only")',
        '(func $f) (@custom "name" "no names")',
        '(func $f) (@custom "name" (before type) "\\01\\04\\01\\00\\01f")',
        '(memory 1) (func data.drop 0) (data "")',
        "(global i32 block (result i32) i32.const 0 end) (elem (offset block end) func)",  # not valid, but text
        "(func (local i32 i64) (local i64 i64))",
        "(func i64.const -9223372036854775808 f32.const -nan:0x1 f64.const 0x1p-1074 unreachable)",
    ],
)
def test_there_and_back(text: str) -> None:
    binary = wat2wasm(text)
    assert wat2wasm(wasm2wat(binary)) == binary


def name_section(names: Names) -> bytes:
    return custom_section("name", names.content())


def one_function(*sections: bytes) -> bytes:
    return wat2wasm("(func (param i32) block end)") + b"".join(sections)


def test_names_that_the_assembler_would_write_are_not_printed_apart() -> None:
    names = Names()
    names.add(codes.NAME_FUNC, 0, "f")
    names.add_indirect(codes.NAME_LOCAL, 0, 0, "x")
    names.add_indirect(codes.NAME_LABEL, 0, 0, "l")
    binary = one_function(name_section(names), custom_section("producers", b"p"))
    text = wasm2wat(binary)
    assert '"name"' not in text
    assert "(func $f (;0;) (type 0) (param $x i32)" in text
    assert wat2wasm(text) == binary


@pytest.mark.parametrize(
    "sections",
    [
        # an index that is not there, an unknown subsection, an order of its own, padding, damage, two name sections
        [custom_section("name", b"\1\4\1\5\1f")],
        [custom_section("name", b"\1\4\1\0\1f\x7f\1x")],
        [custom_section("name", b"\2\1\0\1\4\1\0\1f")],
        [custom_section("name", b"\1\5\1\x80\0\1f")],
        [custom_section("name", b"\1\4\1\0\1")],
        [custom_section("name", b"\1\4\1\0\1\xff")],
        [custom_section("name", b"")],
        [custom_section("name", b"\1\4\1\0\1f"), custom_section("name", b"\1\4\1\0\1g")],
        [custom_section("name", b"\2\6\1\0\1\7\1x")],
        [custom_section("name", b"\3\6\1\0\1\7\1x")],
    ],
)
def test_other_name_sections_are_kept_as_they_are(sections: list[bytes]) -> None:
    binary = one_function(*sections)
    text = wasm2wat(binary)
    assert '(@custom "name"' in text
    assert wat2wasm(text) == binary


def test_a_name_section_before_others_is_kept_in_its_place() -> None:
    names = custom_section("name", b"\1\4\1\0\1f")
    binary = HEADER + names + wat2wasm("(func)").removeprefix(HEADER)
    assert wat2wasm(wasm2wat(binary)) == binary


def test_longer_encodings_come_back_as_the_shortest() -> None:
    code = b"\x0a\x08\1\6\0\x41\x81\x80\0\x0b"
    binary = wat2wasm("(func (result i32) (i32.const 1))")
    padded = binary[: binary.index(b"\x0a")] + code
    assert wat2wasm(wasm2wat(padded)) == binary


def body(code: bytes) -> bytes:
    function = sized(code)
    return HEADER + b"\1\4\1\x60\0\0\3\2\1\0" + encoder.section(codes.SECTION_CODE, uleb(1) + function)


@pytest.mark.parametrize(
    "code",
    [
        b"\0",  # no end
        b"\0\x0b\x0b",  # two
        b"\0\xff\x0b",  # no instruction
        b"\1\xff\xff\xff\xff\x0f\x7f\x0b",  # four billion locals
        b"\2\x80\x80\x02\x7f\x80\x80\x02\x7f\x0b",
        b"\0\x02\x50\x0b\x0b",  # a block of no type
        b"\0\x41",
        b"\0\x05\x0b",  # else without if
        b"\0\x02\x40\x05\x0b\x0b",
        b"\0\x04\x40\x05\x05\x0b\x0b",
        b"\0\x0e\xff\xff\xff\xff\x0f\0\x0b",  # labels without end
        b"\0\x28\x80\1\0\x0b",  # alignment of 2**128
        b"\0\x1f\x40\1\4\0\x0b\x0b",  # a catch clause of a kind that is none
        b"\0\xfb\x18\4\0\x6e\x6c\x0b",  # br_on_cast with flags that are none
    ],
)
def test_malformed_bodies(code: bytes) -> None:
    with pytest.raises(DecodeError):
        wasm2wat(body(code))


@pytest.mark.parametrize("code", [b"\0\x0c\5\x0b", b"\0\x20\7\x10\7\x23\7\x0b", b"\0\x02\7\x0b\x0b", b"\0\x11\7\7\x0b"])
def test_invalid_bodies_are_printed_all_the_same(code: bytes) -> None:
    assert wat2wasm(wasm2wat(body(code))) == body(code)


def test_deep_blocks_take_linear_time_and_space() -> None:
    def deep(levels: int) -> bytes:
        return wat2wasm("(func" + " block $x" * levels + f" br {levels - 1}" + " end" * levels + ")")

    binary = deep(50_000)
    text = wasm2wat(binary)
    assert len(text) < 50_000 * 250
    assert wat2wasm(text) == binary
    assert_in_proportion(lambda size: partial(wasm2wat, deep(size)), 50_000 // FACTOR)


def test_identifiers() -> None:
    assert identifier("a.b:c") == "$a.b:c"
    assert identifier("a b") == '$"a b"'
    assert identifier("\u20ac\n") == '$"\u20ac\\u{a}"'
    assert quoted('"\\\x7f') == '"\\u{22}\\u{5c}\\u{7f}"'
    assert quoted_bytes(b'a"\\\0\xff') == '"a\\22\\5c\\00\\ff"'


def test_members_of_a_space_are_told_apart() -> None:
    space = Space({0: "a", 1: "a", 2: "a#1", 3: "", 9: "far"}, 5)
    refs = [space.ref(i) for i in range(5)]
    assert len(set(refs)) == 5
    assert refs[0] == "$a" and refs[2] == "$a#1" and refs[4] == "4"
    assert space.bind(1).endswith('(@name "a")')
    assert space.bind(3).endswith('(@name "")')
    assert 9 not in space
    assert space.names == {0: "a", 1: "a", 2: "a#1", 3: ""}
