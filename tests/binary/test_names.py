"""The name section: read on request, and never an error."""

from __future__ import annotations

import pytest

from tests.encode import CUSTOM, module, name, section, uleb, vec
from tests.wat import wat2wasm
from wasmvm.binary import decode
from wasmvm.binary.names import read_names

MODULE_NAME = section(0, name("answer"))
FUNC_NAMES = section(1, vec([uleb(0) + name("main"), uleb(700) + name("größe")]))
LOCAL_NAMES = section(
    2,
    vec(
        [
            uleb(0) + vec([uleb(0) + name("x"), uleb(1) + name("y")]),
            uleb(2) + vec([uleb(1) + name("z")]),
        ]
    ),
)


def named(content: bytes) -> bytes:
    return module(section(CUSTOM, name("name") + content))


def test_subsections() -> None:
    names = read_names(decode(named(MODULE_NAME + FUNC_NAMES + LOCAL_NAMES)))
    assert names.module_name == "answer"
    assert names.func_names == {0: "main", 700: "größe"}
    assert names.local_names == {0: {0: "x", 1: "y"}, 2: {1: "z"}}
    assert names.label_names == {}
    assert names.global_names == {}


def test_names_that_an_assembler_writes() -> None:
    source = """(module $m
        (type $t (func)) (memory $mem 1) (table $tab 1 funcref) (global $g i32 i32.const 0)
        (elem $e func $f) (data $d "x")
        (func $f (param $p i32) (local $l i64) (block $b (br $b))))"""
    names = read_names(decode(wat2wasm(source)))
    assert names.module_name == "m"
    assert names.func_names == {0: "f"}
    assert names.local_names == {0: {0: "p", 1: "l"}}
    assert names.label_names == {0: {0: "b"}}
    assert names.type_names == {0: "t"}
    assert names.table_names == {0: "tab"}
    assert names.mem_names == {0: "mem"}
    assert names.global_names == {0: "g"}
    assert names.elem_names == {0: "e"}
    assert names.data_names == {0: "d"}


def test_no_name_section() -> None:
    names = read_names(decode(module(section(CUSTOM, name("other") + FUNC_NAMES))))
    assert names.module_name is None
    assert names.func_names == {}
    assert names.local_names == {}


def test_the_first_section_and_subsection_count() -> None:
    first = section(CUSTOM, name("name") + MODULE_NAME + section(0, name("again")))
    second = section(CUSTOM, name("name") + section(0, name("last")) + FUNC_NAMES)
    names = read_names(decode(module(first, second)))
    assert names.module_name == "answer"
    assert names.func_names == {}


@pytest.mark.parametrize("cut", range(len(MODULE_NAME + FUNC_NAMES + LOCAL_NAMES)))
def test_cut_section_keeps_what_was_before(cut: int) -> None:
    content = MODULE_NAME + FUNC_NAMES + LOCAL_NAMES
    names = read_names(decode(named(content[:cut])))
    assert names.module_name == ("answer" if cut >= len(MODULE_NAME) else None)
    expected = {0: "main", 700: "größe"} if cut >= len(MODULE_NAME + FUNC_NAMES) else {}
    assert names.func_names == expected
    assert names.local_names == {}


def test_damaged_subsections() -> None:
    func_names = section(1, b"\3" + uleb(0) + name("good") + uleb(1) + b"\2\xff\xff" + uleb(2) + name("lost"))
    local_names = section(2, b"\2" + uleb(5) + vec([uleb(0) + name("x")]) + uleb(6) + b"\1\0\1\x80")
    names = read_names(decode(named(section(0, b"\1\xff") + func_names + local_names)))
    assert names.module_name is None
    assert names.func_names == {0: "good"}
    assert names.local_names == {5: {0: "x"}, 6: {}}


def test_counts_that_lie() -> None:
    lie = b"\xff\xff\xff\xff\x0f"
    names = read_names(decode(named(section(1, lie) + section(2, b"\1\0" + lie))))
    assert names.func_names == {}
    assert names.local_names == {0: {}}


def test_nothing_after_damage_is_a_name() -> None:
    """Of a list that goes on after a damaged entry; and of the lists after a damaged list."""
    damaged = uleb(1) + uleb(2) + b"\xff\xfe"
    names = read_names(decode(named(section(1, vec([uleb(0) + name("a"), damaged, uleb(2) + name("b")])))))
    assert names.func_names == {0: "a"}
    lists = [uleb(0) + vec([uleb(0) + name("x"), damaged]), uleb(1) + vec([uleb(0) + name("y")])]
    assert read_names(decode(named(section(2, vec(lists))))).local_names == {0: {0: "x"}}
