"""A short run of changed texts, and whether what is wrong is found."""

from __future__ import annotations

from random import Random

import pytest
import wasmtime

import wasmvm
from tests.fuzz import wat
from tests.fuzz.wat import TOKEN, Wrong, changed, check, texts

COUNT = 500


@pytest.fixture(scope="module")
def known() -> list[list[str]]:
    return [TOKEN.findall(text) for text in texts(1)]


def test_texts_are_lists_of_tokens(known: list[list[str]]) -> None:
    assert ["".join(tokens) for tokens in known] == texts(1)
    assert {check("".join(tokens)) for tokens in known} <= {"equal bytes", "equal meaning"}


def test_changed_texts(known: list[list[str]]) -> None:
    outcomes = set()
    for seed in range(COUNT):
        text = changed(Random(seed), known)
        try:
            outcomes.add(check(text))
        except Wrong as error:
            raise AssertionError(f"seed {seed}: {error}\n{text}") from error
    assert {"neither", "equal bytes"} <= outcomes


def test_a_wrong_parser_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = "(module (func (result i32) i32.const 1))", "(module (func (result i32) i32.const 2))"
    right = wasmvm.wat2wasm
    with monkeypatch.context() as patch:
        patch.setattr(wat.wasmvm, "wat2wasm", lambda text: right(two))
        with pytest.raises(Wrong, match="differ"):
            check(one)
        with pytest.raises(Wrong, match="only wasmvm"):
            check("(module (func (result i32) i32.constant 1))")

    def refuse(text: str) -> bytes:
        raise wasmvm.TextError("no", 1, 1)

    monkeypatch.setattr(wat.wasmvm, "wat2wasm", refuse)
    with pytest.raises(Wrong, match="only the other"):
        check(one)
    assert wasmtime.wat2wasm(one)
