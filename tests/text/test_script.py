"""Scripts: every kind of command, as records."""

from __future__ import annotations

import pytest

from wasmvm.errors import TextError
from wasmvm.text.script import ARITHMETIC, CANONICAL, Either, Get, Invoke, Ref, Value, parse_script
from wasmvm.types import V128


def test_commands() -> None:
    commands = parse_script(
        """(module $m (func))
        (module binary "\\00asm" "\\01\\00\\00\\00")
        (module $q quote "(func" ")")
        (module definition $d (memory 1))
        (module instance $i $d)
        (register "r" $i)
        (invoke "f" (i32.const -1) (ref.null extern) (ref.extern 7))
        (get $m "g")
        (assert_return (invoke $m "f"))
        (assert_trap (invoke "f") "unreachable")
        (assert_trap (module (start 0)) "unreachable")
        (assert_exhaustion (invoke "f") "call stack exhausted")
        (assert_exception (invoke "f"))
        (assert_invalid (module (func (i32.const 1))) "type mismatch")
        (assert_malformed (module quote "(bad") "unexpected token")
        (assert_unlinkable (module (import "a" "b" (func))) "unknown import")
        (assert_malformed_custom (module quote "") "x")"""
    )
    assert [c.kind for c in commands] == [
        "module", "module", "module", "module", "instance", "register", "action", "action", "assert_return",
        "assert_trap", "assert_trap", "assert_exhaustion", "assert_exception", "assert_invalid", "assert_malformed",
        "assert_unlinkable", "assert_malformed_custom",
    ]  # fmt: skip
    assert [c.line for c in commands] == list(range(1, 18))
    modules = [c.module for c in commands if c.module]
    assert [(m.identifier, m.form, m.is_definition) for m in modules[:4]] == [
        ("$m", "text", False), (None, "binary", False), ("$q", "quote", False), ("$d", "text", True),
    ]  # fmt: skip
    assert modules[1].assemble() == b"\0asm\1\0\0\0"
    assert b"\5\3\1\0\1" in modules[3].assemble()
    assert commands[4].identifiers == ("$i", "$d")
    assert (commands[5].message, commands[5].identifiers) == ("r", ("$i",))
    call = commands[6].action
    assert isinstance(call, Invoke)
    assert [a.bits() for a in call.arguments if isinstance(a, Value)] == [0xFFFFFFFF]
    assert call.arguments[1:] == (Ref("null", "extern", None), Ref("extern", None, 7))
    assert commands[7].action == Get("$m", "g")
    assert commands[9].message == "unreachable"


def test_references() -> None:
    (command,) = parse_script(
        '(assert_return (invoke "f" (ref.host 3) (ref.null $t)) (ref.i31) (ref.host 3) (ref.null 1))'
    )
    assert isinstance(command.action, Invoke)
    assert command.action.arguments == (Ref("host", None, 3), Ref("null", "$t", None))
    assert command.results == (Ref("i31", None, None), Ref("host", None, 3), Ref("null", "1", None))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("(i32.const -1)", "i32 0xffffffff"),
        ("(f32.const nan:canonical)", "f32 nan:canonical"),
        ("(v128.const i32x4 1 2 3 4)", "v128 0x1 0x2 0x3 0x4"),
        ("(ref.null func)", "ref.null func"),
        ("(ref.null)", "ref.null"),
        ("(ref.extern 7)", "ref.extern 7"),
        ("(either (i32.const 1) (i64.const 2))", "i32 0x1 or i64 0x2"),
    ],
)
def test_results_as_messages_show_them(text: str, shown: str) -> None:
    (result,) = results(text)
    assert str(result) == shown


@pytest.mark.parametrize(
    ("text", "message", "column"),
    [
        ("(assert_return (call))", "unexpected token call", 17),
        ("(assert_return ())", "unexpected token )", 17),
        ('(assert_return (invoke "f") (v128.const i9x16 0))', "unknown operator i9x16", 41),
        ('(assert_return (invoke "f") (i8.const 0))', "unknown operator i8.const", 30),
    ],
)
def test_errors(text: str, message: str, column: int) -> None:
    with pytest.raises(TextError) as caught:
        parse_script(text)
    assert caught.value.message.startswith(message)
    assert (caught.value.line, caught.value.column) == (1, column)


def test_a_script_of_fields_is_a_module() -> None:
    (command,) = parse_script('(func $f) (export "f" (func $f))')
    assert command.kind == "module"
    assert command.module is not None
    assert command.module.assemble().startswith(b"\0asm")


def test_a_bad_module_is_only_bad_when_it_is_assembled() -> None:
    first, second = parse_script("(module (func (bad)))\n(module)")
    assert first.module and second.module
    with pytest.raises(TextError, match="unknown operator bad"):
        first.module.assemble()
    assert second.module.assemble() == b"\0asm\1\0\0\0"


def results(text: str) -> tuple[object, ...]:
    (command,) = parse_script(f'(assert_return (invoke "f") {text})')
    return command.results


def test_results() -> None:
    found = results(
        "(f32.const nan:canonical) (v128.const f32x4 nan:arithmetic 1 nan:canonical 0) (ref.func) (ref.null)"
        "(ref.null func) (either (i32.const 1) (i32.const 2))"
    )
    assert isinstance(found[0], Value) and found[0].lanes == (CANONICAL,)
    assert isinstance(found[1], Value) and found[1].lanes == (ARITHMETIC, 0x3F800000, CANONICAL, 0)
    assert found[1].valtype == V128
    assert found[2:5] == (Ref("func", None, None), Ref("null", None, None), Ref("null", "func", None))
    assert isinstance(found[5], Either) and len(found[5].options) == 2


@pytest.mark.parametrize(
    ("pattern", "bits", "matches"),
    [
        ("(f32.const 1)", 0x3F800000, True),
        ("(f32.const 0)", 0x80000000, False),
        ("(f32.const nan)", 0x7FC00000, True),
        ("(f32.const nan)", 0xFFC00000, False),
        ("(f32.const nan:canonical)", 0x7FC00000, True),
        ("(f32.const nan:canonical)", 0xFFC00000, True),
        ("(f32.const nan:canonical)", 0x7FC00001, False),
        ("(f32.const nan:arithmetic)", 0xFFC00001, True),
        ("(f32.const nan:arithmetic)", 0x7F800001, False),
        ("(f32.const nan:arithmetic)", 0x7F800000, False),
        ("(v128.const f32x4 nan:canonical 0 0 1)", 0x3F800000_00000000_00000000_FFC00000, True),
        ("(v128.const f32x4 nan:canonical 0 0 1)", 0x3F800000_00000000_00000001_FFC00000, False),
        ("(v128.const i8x16 -1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0x80)", 0x80 << 120 | 0xFF, True),
    ],
)
def test_matches(pattern: str, bits: int, matches: bool) -> None:
    (value,) = results(pattern)
    assert isinstance(value, Value)
    assert value.matches(value.valtype, bits) is matches


def test_another_type_does_not_match() -> None:
    (value,) = results("(i32.const 1)")
    assert isinstance(value, Value)
    assert not value.matches(0x7E, 1)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("(module)\n(assert_foo)", 2),
        ("(module)\n(module", 2),
        ('(module)\n(invoke "f" (i32.const nan:canonical))', 2),
        ('(module)\n(invoke "f" (f32.const nan:canonical))', 2),
        ('(module)\n(invoke "f" (i32.const 4294967296))', 2),
        ('(module)\n(assert_return (invoke "f") (v128.const i32x4 1 2))', 2),
        ("(module)\nmodule", 2),
        ('(module)\n(invoke "f" (nop))', 2),
        ('(module)\n(invoke "f" (ref.null i32))', 2),
        ('(module)\n(assert_return (invoke "f") (ref.cast))', 2),
        ('(module)\n(assert_malformed (func) "x")', 2),
    ],
)
def test_error(text: str, line: int) -> None:
    with pytest.raises(TextError) as caught:
        parse_script(text)
    assert caught.value.line == line
