"""Every module of the official test suite as text and as bytes, there and back."""

from __future__ import annotations

from pathlib import Path

import pytest
import wasmtime

from tests.spec.suite import ABSENT, OLDER, files, name
from wasmvm.binary import decode
from wasmvm.embedding.text import wasm2wat, wat2wasm
from wasmvm.errors import DecodeError, TextError
from wasmvm.syntax import Extent, Module
from wasmvm.text.script import Source, parse_script

PATHS = files()


def sources(path: Path) -> list[Source]:
    """The modules of a script that ought to be well-formed."""
    commands = parse_script(path.read_bytes())
    older = OLDER.get(name(path), {})
    return [
        command.module
        for command in commands
        if command.module and "malformed" not in command.kind and command.line not in older
    ]


@pytest.mark.parametrize("path", PATHS or [None], ids=lambda path: name(path) if path else "absent")
def test_text_to_binary_to_text_to_binary(path: Path | None) -> None:
    if path is None:
        pytest.skip(ABSENT)
    for source in sources(path):
        binary = source.assemble()
        try:
            again = wat2wasm(wasm2wat(binary))
        except DecodeError:
            assert source.form == "binary"  # invalid ones can be malformed to us, too
            continue
        if source.form == "binary":
            # Integers may have been longer than they need be: but only once.
            assert wat2wasm(wasm2wat(again)) == again
        else:
            assert again == binary, f"{path}:{source.lexer.lines(source.begin) + 1}"


def content(module: Module) -> list[object]:
    """What is in a module, but for choices that the text leaves to the assembler."""
    source = module.source

    def read(extent: Extent | None) -> bytes:
        return source[extent.start : extent.end] if extent else b""

    found: list[object] = []
    for section in module.sections:
        # A segment for table or memory 0 has two encodings; custom sections are compared by themselves.
        if section.id not in (0, 9, 11):
            found.append((section.id, read(section.content)))
    for elem in module.elems:
        items = list(elem.funcidxs) if elem.funcidxs is not None else [read(expr) for expr in elem.exprs or ()]
        found.append(("elem", elem.reftype, elem.mode, elem.tableidx, read(elem.offset_expr), items))
    for data in module.datas:
        found.append(("data", data.mode, data.memidx, read(data.offset_expr), read(data.init)))
    for custom in module.customs:
        bytes_ = read(custom.content)
        if custom.name == "name":
            bytes_ = without_param_names(bytes_)
        if bytes_ or custom.name != "name":
            found.append((custom.name, bytes_))
    return found


def without_param_names(names: bytes) -> bytes:
    """A name section without subsection 12, which some assemblers write: names of parameters of types."""
    return names.partition(b"\x0c")[0] if names[:1] != b"\x0c" else b""


OTHER_TYPE = {"type-rec": 3, "type-subtyping": 2, "exact-casts": 1}
"""Modules by file for which the other assembler takes another type for a type use without one. By spec "Text Format:
Type Uses: Abbreviations" it is the first final type that is alone in its group: theirs takes open ones, and not those with
a ``rec`` around."""


@pytest.mark.parametrize("path", PATHS or [None], ids=lambda path: name(path) if path else "absent")
def test_the_assembler_of_wasmtime_makes_the_same_module(path: Path | None) -> None:
    if path is None:
        pytest.skip(ABSENT)
    compared = 0
    others = 0
    for source in sources(path):
        if source.form != "text" or source.is_definition:
            continue
        text = source.lexer.source[source.begin : source.end].decode()
        if path.parent.name == "legacy":  # wasmtime knows no folded try
            text = wasm2wat(source.assemble())
        text = text.replace("(pagesize 65536)", "")  # theirs would state it, ours does not
        try:
            theirs = bytes(wasmtime.wat2wasm(text))
        except wasmtime.WasmtimeError:
            continue  # it checks some of what is the validator's
        ours = source.assemble()
        if content(decode(ours)) != content(decode(theirs)):
            others += 1
            assert others <= OTHER_TYPE.get(path.stem, 0), f"{path}:{source.lexer.lines(source.begin) + 1}"
        compared += 1
    assert others == OTHER_TYPE.get(path.stem, 0)
    forms = [source.form for source in sources(path) if not source.is_definition]
    assert compared >= forms.count("text") // 2


def test_malformed_text_says_what_the_suite_says() -> None:
    """All text that the suite calls malformed, in the files of every proposal."""
    if not PATHS:
        pytest.skip(ABSENT)
    count = 0
    for path in PATHS:
        for command in parse_script(path.read_bytes()):
            if command.line in OLDER.get(name(path), {}):
                continue
            if command.kind.startswith("assert_malformed") and command.module and command.module.form == "quote":
                with pytest.raises(TextError) as caught:
                    command.module.assemble()
                assert caught.value.message.startswith(command.message)
                count += 1
    assert count > 1200
