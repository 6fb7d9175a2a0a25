"""The assembler: modules that are the same, written in different ways; errors and where they are."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from tests.growth import FACTOR, assert_in_proportion
from wasmvm.embedding.module import Module
from wasmvm.embedding.text import wasm2wat
from wasmvm.errors import TextError
from wasmvm.isa import imm, wasm
from wasmvm.text import wat2wasm
from wasmvm.types import VALTYPE_NAMES


def error(text: str | bytes) -> TextError:
    with pytest.raises(TextError) as caught:
        wat2wasm(text)
    return caught.value


def test_the_bytes_of_a_module() -> None:
    assert wat2wasm('(module (func (export "f") (result i32) i32.const -1))') == (
        b"\0asm\1\0\0\0"
        b"\x01\x05\x01\x60\x00\x01\x7f"
        b"\x03\x02\x01\x00"
        b"\x07\x05\x01\x01f\x00\x00"
        b"\x0a\x06\x01\x04\x00\x41\x7f\x0b"
    )


@pytest.mark.parametrize("text", ["", "  ;; nothing\n", "(module)", "(module binary \"\\00asm\" \"\\01\\00\\00\\00\")",
                                  '(module quote "(module)")', '(module quote "")'])  # fmt: skip
def test_empty_modules(text: str) -> None:
    assert wat2wasm(text) == b"\0asm\1\0\0\0"


def test_bytes_are_text_in_utf8() -> None:
    assert wat2wasm('(module (func (export "\u20ac")))'.encode()) == wat2wasm('(func (export "\u20ac"))')


@pytest.mark.parametrize(
    ("short", "long"),
    [
        # folded instructions
        ("(func (drop (i32.add (i32.const 1) (i32.const 2))))", "(func i32.const 1 i32.const 2 i32.add drop)"),
        ("(func (nop) nop (nop))", "(func nop nop nop)"),
        (
            "(func (if (result i32) (i32.const 1) (then (i32.const 2)) (else (i32.const 3))) drop)",
            "(func i32.const 1 if (result i32) i32.const 2 else i32.const 3 end drop)",
        ),
        ("(func (if (i32.const 1) (then)))", "(func i32.const 1 if end)"),
        ("(func (if (i32.const 1) (then) (else)))", "(func i32.const 1 if else end)"),
        ("(func (block (loop (br 1))))", "(func block loop br 1 end end)"),
        ("(func (if (i32.const 1) (i32.const 2) (then)) drop)", "(func i32.const 1 i32.const 2 if end drop)"),
        # type uses
        ("(func (param i32) (param) (param i64 f32))", "(type (func (param i32 i64 f32))) (func (type 0))"),
        ("(func (param i32)) (type (func (param i32)))", "(type (func (param i32))) (func (type 0) (param i32))"),
        ("(func (block (param i32) (drop)))", "(type (func)) (type (func (param i32))) (func block (type 1) drop end)"),
        ("(func (block (result i32) unreachable) drop)", "(func block (result i32) unreachable end drop)"),
        (
            "(table 1 funcref) (func (call_indirect (i32.const 0)))",
            "(type (func)) (table 1 funcref) (func i32.const 0 call_indirect 0 (type 0))",
        ),
        # inline imports and exports
        (
            '(func (import "a" "b") (param i32)) (table (import "a" "c") 1 2 funcref) (memory (import "a" "d") 1)'
            '(global (import "a" "e") (mut i32))',
            '(import "a" "b" (func (param i32))) (import "a" "c" (table 1 2 funcref)) (import "a" "d" (memory 1))'
            '(import "a" "e" (global (mut i32)))',
        ),
        (
            '(func (export "a") (export "b") (import "m" "n"))',
            '(import "m" "n" (func)) (export "a" (func 0)) (export "b" (func 0))',
        ),
        ('(memory (export "m") 1) (global (export "g") i32 (i32.const 0))',
         '(memory 1) (global i32 (i32.const 0)) (export "m" (memory 0)) (export "g" (global 0))'),
        ('(tag (import "a" "b") (param i32))', '(import "a" "b" (tag (param i32)))'),
        ('(tag (export "a") (export "b") (param i32))', '(tag (param i32)) (export "a" (tag 0)) (export "b" (tag 0))'),
        # segments
        ("(type (func)) (func) (table (ref null 0) (elem 0 0))",
         "(type (func)) (func) (table 2 2 (ref null 0))"
         " (elem (table 0) (i32.const 0) (ref null 0) (ref.func 0) (ref.func 0))"),
        ('(memory (data "ab" "c"))', '(memory 1 1) (data (i32.const 0) "abc")'),
        ("(func) (table funcref (elem 0 0))", "(func) (table 2 2 funcref) (elem (i32.const 0) func 0 0)"),
        (
            "(table externref (elem (ref.null extern)))",
            "(table 1 1 externref) (elem (table 0) (i32.const 0) externref (ref.null extern))",
        ),
        ("(func) (table 1 funcref) (elem (i32.const 0) 0)",
         "(func) (table 1 funcref) (elem (offset i32.const 0) func 0)"),
        ("(elem funcref (item ref.null func) (item (ref.null func)))",
         "(elem funcref (ref.null func) (ref.null func))"),
        ('(memory 1) (data (i32.const 1))', '(memory 1) (data (offset (i32.const 1)) "")'),
        # immediates that may be left out
        ("(memory 1) (func memory.size memory.grow drop)", "(memory 1) (func memory.size 0 memory.grow 0 drop)"),
        ("(memory 1) (func (memory.copy (unreachable)))", "(memory 1) (func unreachable memory.copy 0 0)"),
        ("(memory 1) (data) (func unreachable memory.init 0)", "(memory 1) (data) (func unreachable memory.init 0 0)"),
        ("(table 1 funcref) (func unreachable table.get drop)",
         "(table 1 funcref) (func unreachable table.get 0 drop)"),
        ("(memory 1) (func unreachable i32.load drop)",
         "(memory 1) (func unreachable i32.load offset=0 align=4 drop)"),
        ("(memory 1) (func unreachable v128.load8_lane offset=1 15 drop)",
         "(memory 1) (func unreachable v128.load8_lane 0 offset=1 15 drop)"),
        # identifiers
        ("(func (param i32) (local i64) local.get 0 drop local.get 1 drop)",
         '(func (param $"a b" i32) (local $x i64) local.get $"a b" drop local.get $x drop) (@custom "name" "")'),
        ("(func block block br 0 br 1 end end)",
         '(func block $l block $l br $l br 1 end $l end $l) (@custom "name" "")'),
        ("(func unreachable select (result i32) drop)", "(func unreachable (select (result i32)) drop)"),
        ("(func (local i32 i32 i64) (local i64 i32))", "(func (local i32) (local i32) (local i64 i64 i32))"),
        # where the types say nullable reference
        ("(func (param funcref externref))", "(func (param (ref null func) (ref null extern)))"),
    ],
)  # fmt: skip
def test_same_module(short: str, long: str) -> None:
    expected = wat2wasm(long)
    if '(@custom "name"' in long:  # which keeps the identifiers out of the module
        expected = expected.removesuffix(b"\0\5\4name")
    assert wat2wasm(short) == expected


def operands(row: wasm.Row) -> str:
    """Some immediates for an instruction."""
    kinds = {
        imm.I32: "7", imm.I64: "7", imm.F32: "1.5", imm.F64: "1.5", imm.V128: "i64x2 1 2", imm.LANEIDX: "1",
        imm.MEMARG_LANEIDX: "offset=3 1", imm.LANES: " ".join(map(str, range(16))), imm.MEMARG: "offset=3",
        imm.FUNCIDX: "0", imm.DATAIDX: "0", imm.ELEMIDX: "0", imm.MEMORY_INIT: "0", imm.TABLE_INIT: "0",
    }  # fmt: skip
    return kinds.get(row.imm, "")


def test_every_plain_instruction_is_valid_with_its_operands() -> None:
    rows = [row for row in wasm.ROWS if row.params is not None]
    assert len(rows) > 400
    funcs = []
    for row in rows:
        gets = " ".join(f"(local.get {i})" for i in range(len(row.params or ())))
        params = " ".join(VALTYPE_NAMES[t] for t in row.params or ())
        results = " ".join(VALTYPE_NAMES[t] for t in row.results or ())
        funcs.append(f"(func (param {params}) (result {results}) ({row.mnemonic} {operands(row)} {gets}))")
    Module(wat2wasm(f"(memory 1) (table 1 funcref) (data) (elem func 0) (elem declare func 0) {' '.join(funcs)}"))


def test_forward_references_and_the_order_of_types() -> None:
    module = Module(
        wat2wasm(
            """(module
              (func $f (param i64) (call $g (i32.const 1)) (block (param) (result f32 f32) unreachable) drop drop)
              (func $g (type $t))
              (type $t (func (param i32)))
              (start $s) (func $s)
              (elem $e (table $tab) (offset (i32.const 0)) func $s $g)
              (table $tab 5 funcref))"""
        )
    ).compiled.syntax
    assert [len(t.params) for t in module.types] == [1, 1, 0, 0]
    assert list(module.funcs) == [1, 0, 3]
    assert module.start == 2
    assert list(module.elems[0].funcidxs or ()) == [2, 1]


def test_data_count_section_only_where_an_instruction_names_data() -> None:
    assert Module(wat2wasm('(memory 1) (data "x")')).compiled.syntax.data_count is None
    assert Module(wat2wasm('(memory 1) (data "x") (func data.drop 0)')).compiled.syntax.data_count == 1


def test_name_section() -> None:
    names = Module(
        wat2wasm(
            """(module $m
              (type $t (func))
              (import "a" "b" (func $imported))
              (func $f (param $p i32) (param i32) (local $l i32) block $b end block loop $c end end)
              (func (@name "spaced out"))
              (func $id (@name "name"))
              (table $tab 0 funcref) (memory $mem 0) (global $g i32 (i32.const 0)) (elem $e func) (data $d ""))"""
        )
    ).compiled.names
    assert names.module_name == "m"
    assert names.func_names == {0: "imported", 1: "f", 2: "spaced out", 3: "name"}
    assert names.local_names == {1: {0: "p", 2: "l"}}
    assert names.label_names == {1: {0: "b", 2: "c"}}
    assert names.type_names == {0: "t"}
    assert names.table_names == {0: "tab"}
    assert names.mem_names == {0: "mem"}
    assert names.global_names == {0: "g"}
    assert names.elem_names == {0: "e"}
    assert names.data_names == {0: "d"}


def test_custom_sections() -> None:
    module = Module(
        wat2wasm(
            """(module $m
              (@custom "end" "\\01" "\\02")
              (@custom "last" (after last) "l")
              (@custom "first" (before first))
              (@custom "before" (before code) "b")
              (@custom "after" (after type) "a")
              (@custom "end" "3")
              (func))"""
        )
    )
    found = [(c.name, c.after, module.custom_sections(c.name)) for c in module.compiled.syntax.customs]
    name = b"\0\2\1m"
    assert found == [
        ("first", 0, [b""]), ("after", 1, [b"a"]), ("before", 3, [b"b"]), ("end", 10, [b"\1\2", b"3"]),
        ("end", 10, [b"\1\2", b"3"]), ("name", 10, [name]), ("last", 10, [b"l"]),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "message", "line", "column"),
    [
        ("(module) x", "unknown operator x", 1, 10),
        ("(module) (module)", "unexpected token", 1, 10),
        ("(module (func)", "unexpected token", 1, 15),
        ("(module\n (func (i32.ad 1)", "unknown operator i32.ad", 2, 9),
        ("(module (foo))", "unknown operator foo", 1, 10),
        ("(func\n  i32.const\n)", "unexpected token", 3, 1),
        ("(func i32.const 1.5)", "unexpected token", 1, 17),
        ("(func i32.const 0x1_)", "unknown operator", 1, 17),
        ("(func i32.const 4294967296)", "constant out of range", 1, 17),
        ("(func f32.const 1e39)", "constant out of range", 1, 17),
        ("(func f32.const nan:canonical)", "unexpected token", 1, 17),
        ("(func local.get $x)", "unknown local $x", 1, 17),
        ("(func local.get 4294967296)", "i32 constant out of range", 1, 17),
        ("(func br $l)", "unknown label $l", 1, 10),
        ("(func block $l end br $l)", "unknown label $l", 1, 23),
        ("(func (if $l (br $l) (then)))", "unknown label $l", 1, 18),
        ("(func call $f)", "unknown function $f", 1, 12),
        ("(func global.get $g)", "unknown global $g", 1, 18),
        ("(func (type $t))", "unknown type $t", 1, 13),
        ("(func (type 3) (param i32))", "unknown type 3", 1, 13),
        ("(func block $a end $b)", "mismatching label $b", 1, 20),
        ("(func block end $b)", "mismatching label $b", 1, 17),
        ("(func i32.const 0 if $a else $b end)", "mismatching label $b", 1, 30),
        ("(func $f) (func $f)", "duplicate func $f", 1, 17),
        ('(func $f) (import "a" "b" (func $f))', "duplicate func $f", 1, 33),
        ("(func (param $x i32) (local $x i32))", "duplicate local $x", 1, 29),
        ("(type $t (func)) (type $t (func))", "duplicate type $t", 1, 24),
        ("(type (func (param i32))) (func (type 0) (param i64))", "inline function type", 1, 33),
        ("(type (func)) (func (type 0) (result i32) (param i32))", "unexpected token", 1, 44),
        ("(func (result i32) (param i32))", "unexpected token", 1, 21),
        ("(func (local i32) (param i32))", "unexpected token", 1, 20),
        ("(func nop (local i32))", "unexpected token", 1, 12),
        ('(func) (import "a" "b" (func))', "import after function", 1, 9),
        ('(memory 1) (table (import "a" "b") 1 funcref)', "import after memory", 1, 13),
        ("(func $f) (start $f) (start $f)", "multiple start sections", 1, 23),
        ("(func else)", "unexpected token else", 1, 7),
        ("(func end)", "unexpected token end", 1, 7),
        ("(func block else end)", "unexpected token else", 1, 13),
        ("(func (block) end)", "unexpected token end", 1, 15),
        ("(func block)", "unexpected token )", 1, 12),
        ("(func (then))", "unexpected token then", 1, 8),
        ("(func (if (i32.const 0)))", "unexpected token )", 1, 24),
        ("(func (if (i32.const 0) (then) (nop)))", "unexpected token nop", 1, 33),
        ("(func (if (i32.const 0) (then) (else) (else)))", "unexpected token else", 1, 40),
        ("(func (i32.eqz i32.const 0))", "unexpected token i32.const", 1, 16),
        ("(func select_t)", "unknown operator select_t", 1, 7),
        ("(memory 1) (func unreachable i32.load align=3)", "alignment must be a power of two", 1, 39),
        ("(memory 1) (func unreachable i32.load align=0)", "alignment must be a power of two", 1, 39),
        ("(memory 1) (func unreachable i32.load align=)", "unknown operator align=", 1, 39),
        ("(func v128.const i32x4 0 1 2)", "wrong number of lane literals", 1, 24),
        ("(func v128.const i8x16 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 256)", "constant out of range", 1, 54),
        ("(func i8x16.shuffle 0)", "invalid lane length", 1, 22),
        (f"(func i8x16.shuffle {'0 ' * 17})", "invalid lane length", 1, 53),
        (f"(func i8x16.shuffle {'0 ' * 15} -1)", "i8 constant out of range", 1, 52),
        (f"(func i8x16.shuffle {'0 ' * 15} 256)", "i8 constant out of range", 1, 52),
        ("(func v128.const i9x16 0)", "unknown operator i9x16", 1, 18),
        ("(func v128.const (i32.const 0))", "unexpected token (", 1, 18),
        (f"(memory 1) (func unreachable i32.load offset={2**64})", "i64 constant out of range", 1, 39),
        (f"(memory 1) (func unreachable i32.load align={2**64})", "i64 constant out of range", 1, 39),
        ('(import "\\ff" "" (func))', "malformed UTF-8 encoding", 1, 9),
        ('(func (@name "\\ff"))', "@name annotation: malformed UTF-8 encoding", 1, 7),
        ("(func (@name))", "@name annotation: unexpected token", 1, 7),
        ("(func (@name x))", "@name annotation: unexpected token", 1, 7),
        ('(func (@name "a" "b"))', "@name annotation: unexpected token", 1, 7),
        ('(func (@name "a") (@name "b"))', "@name annotation: multiple func", 1, 19),
        ('(module (@name "a") (@name "b"))', "@name annotation: multiple module", 1, 21),
        ('(func (param $p (@name "a") (@name "b") i32))', "@name annotation: multiple param", 1, 29),
        ('(import a "" (func))', "unknown operator a", 1, 9),
        ('(import "a" "" (foo))', "unknown operator foo", 1, 17),
        ('(import "a" "" ())', "unexpected token )", 1, 17),
        ('(func (@"\\q" x))', "illegal escape", 1, 10),
        ('(func (@"" x))', "empty annotation id", 1, 7),
        ("(func (@ x))", "empty annotation id", 1, 7),
        ('(func (@"\\ff" x))', "malformed UTF-8 encoding", 1, 7),
        ("(module (func", "unexpected token: the text ends before what begins here", 1, 9),
        ('(export "x" (foo 0))', "unknown operator foo", 1, 14),
        ("(elem (table 0))", "unexpected token )", 1, 16),
        ("(elem (table 0) funcref)", "unexpected token funcref", 1, 17),
        ('(data (memory 0) "x")', 'unexpected token "x"', 1, 18),
        ("(table 1)", "unexpected token", 1, 9),
        ("(table 1 i32)", "unexpected token", 1, 10),
        ("(func (i32.const 1) if (then) end)", "unexpected token then", 1, 25),
        ("(elem 0)", "unexpected token", 1, 7),
        ('(module (type (@custom "x") (func)))', "misplaced @custom annotation", 1, 15),
        ("(module (@custom))", "@custom annotation: missing section name", 1, 9),
        ('(module (@custom "x" (before last)))', "@custom annotation: malformed section kind", 1, 9),
        ('(module (@custom "x" (after first)))', "@custom annotation: malformed section kind", 1, 9),
        ('(module (@custom "x" (after)))', "@custom annotation: malformed section kind", 1, 9),
        ('(module (@custom "x" (after code type)))', "@custom annotation: malformed section kind", 1, 9),
        ('(module (@custom "x" (after "code")))', "@custom annotation: malformed section kind", 1, 9),
        ('(module (@custom "x" ()))', "@custom annotation: malformed placement", 1, 9),
        ('(module (@custom "x" (beside code)))', "@custom annotation: malformed placement", 1, 9),
        ('(module (@custom "x" y))', "@custom annotation: unexpected token y", 1, 9),
        ('(module (@custom "x" "y" (after code)))', "@custom annotation: unexpected token (", 1, 9),
        ("(module (@custom x))", "@custom annotation: missing section name", 1, 9),
        ('(module (@custom "\\ff"))', "@custom annotation: malformed UTF-8 encoding", 1, 9),
        ('(func nop (@name "x"))', "misplaced @name annotation", 1, 11),
        ('(module quote "(func\\nfoo)")', "unknown operator foo", 2, 1),
    ],
)
def test_error(text: str, message: str, line: int, column: int) -> None:
    found = error(text)
    assert found.message.startswith(message)
    assert (found.line, found.column) == (line, column)


DEEP = 100_000 // FACTOR
"""And 100,000."""
Text = Callable[[int], str]


@pytest.mark.parametrize(
    "text",
    [
        lambda n: "(func" + " (block" * n + ")" * n + ")",
        lambda n: "(func" + " block" * n + " end" * n + ")",
        lambda n: "(func (drop" + " (i32.eqz" * n + " (i32.const 0)" + ")" * n + "))",
        lambda n: "(func" + " (if (i32.const 0) (then" * n + "))" * n + ")",
        lambda n: "(func" + " block $x" * n + " br $x" + " end" * n + ")",
        lambda n: "(func" + " (block $l br $l" * n + ")" * n + ")",
        lambda n: "(func) " * n,
        lambda n: "(func $f " + "(call $f) " * n + ")",
        lambda n: "(func " + "(local i32)" * (n // 2) + ")",
        lambda n: "(func (block (br_table" + " 0" * n + " (i32.const 0))))",
        lambda n: "(;" * n + ";)" * n,
        lambda n: "(@a" + "(@b" * n + ")" * n + ")",
        lambda n: "(data" + ' "x"' * n + ")",
    ],
    ids=lambda text: text(1)[:20],
)
def test_deep_and_long_texts(text: Text) -> None:
    assert_in_proportion(lambda size: partial(wat2wasm, text(size)), DEEP)


@pytest.mark.parametrize(
    "text",
    [lambda n: "(func" + " (block" * n, lambda n: "(" * n, lambda n: "(func " + "(" * n, lambda n: "(module " * n],
    ids=lambda text: text(1),
)
def test_deep_texts_that_do_not_end(text: Text) -> None:
    assert_in_proportion(lambda size: partial(error, text(size)), DEEP)


def test_strings_with_annotations_in_between_take_linear_time() -> None:
    """Each run of strings is read on its own then. It is an error, but only at the end."""
    string = f'"{"x" * 20_000}" (@name "a")'
    assert_in_proportion(lambda size: partial(error, f"(memory 1) (data {string * size})"), 100)


MUCH = "(func nop)\n" * 5_000
LONG = "(func " + "i32.const 1 drop\n" * 5_000


@pytest.mark.parametrize(
    ("text", "message", "line", "column"),
    [
        # What is no sequence of tokens is said first, wherever it is.
        (f'(module (foo)\n{MUCH}"\\q")', "illegal escape", 5_002, 2),
        (f'(module (func (bar))\n{MUCH}(data "\\u{{d800}}"))', "malformed UTF-8 encoding", 5_002, 8),
        (f"(module (func (bar))\n{MUCH}) (;", "unclosed comment", 5_002, 3),
        ('(module (data "\\u{d800}")\n,', "unknown operator ,", 2, 1),
        # Then what is wrong with the fields as such, then types, then the others.
        (f"(module (func (bar))\n{MUCH}(foo))", "unknown operator foo", 5_002, 2),
        (f"(module (func (bar))\n{MUCH}(func $a) (func $a))", "duplicate func $a", 5_002, 17),
        ("(module (func (bar))\n(type (foo)))", "unknown operator foo", 2, 8),
        # A field that does not end: the first thing that means nothing, however far it is.
        (f"(module {LONG}\nfoo", "unknown operator foo", 5_002, 1),
        (f"(module\n {LONG}", "unexpected token: the text ends before what begins here", 2, 2),
        # Strings that are taken together.
        ('(module (import "a" "b"\n"c" "d"))', 'unexpected token "c"', 2, 1),
        ('(module (import "a" "b" "c"\n"d" (func)))', 'unexpected token "c"', 1, 25),
        (f'(module (export\n"{"x" * 100_000}" "b"))', 'unexpected token "b"', 2, 100_004),
        ('(module (data "a" "b" "c"\n"d" 1))', "unexpected token 1", 2, 5),
        (f'(module (func\n"{"x" * 100_000}"))', f'unexpected token "{"x" * 36}...', 2, 1),
        # Imports after definitions, however they are written, and words that only look like it.
        ('(module (func)\n(func $f (export "import") (import "a" "b")))', "import after function", 2, 2),
        ('(module (func)\n(func (block) (import "a" "b")))', "import after function", 2, 2),
        # The first annotation that is left, although others are met before it.
        ("(module (func) (@name \"a\") (type (func (@name \"b\"))))", "misplaced @name annotation", 1, 16),
        ('(module (func (@custom "x")) (@name "a"))', "misplaced @custom annotation", 1, 15),
        ('(module (@custom "a""b"))', '@custom annotation: missing section name', 1, 9),
        ('(module (@custom "a" "b"\\x))', '@custom annotation: unexpected token "b"\\x', 1, 9),
        ('(module (func (@name "a"\\)))', "@name annotation: unexpected token", 1, 15),
    ],
)  # fmt: skip
def test_which_error_comes_first(text: str, message: str, line: int, column: int) -> None:
    for source in (text, text.encode()):
        found = error(source)
        assert (found.message, found.line, found.column) == (message, line, column)


def test_the_word_import_in_a_function_imports_nothing() -> None:
    binary = wat2wasm('(func $import) (func (export "import") (; (import "a" "b") ;) call $import)')
    assert Module(binary).imports == []


def test_large_segments_and_sections() -> None:
    """What is read without tokens for each string."""
    strings = "\n".join(f'"{i:05} \\00\\ff"' for i in range(6_000))
    content = b"".join(b"%05d \0\xff" % i for i in range(6_000))
    binary = wat2wasm(f'(module (memory 9) (data (i32.const 0) {strings}) (@custom "x" {strings}))')
    assert binary == wat2wasm(wasm2wat(binary))
    module = Module(binary)
    assert module.custom_sections("x") == [content]
    assert content in binary.partition(b"\x01x")[0]
    literals = " ".join([f'"\\{byte:02x}"' for byte in binary])
    assert wat2wasm(f"(module binary {literals})") == binary
