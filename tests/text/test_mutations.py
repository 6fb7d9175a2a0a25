"""Damaged texts and damaged modules: each is refused by the one exception of its stage, or goes there and back."""

from __future__ import annotations

import random

import pytest

from tests.text.test_instructions import CODE, FIELDS, module
from wasmvm.embedding.text import wasm2wat
from wasmvm.errors import DecodeError, TextError
from wasmvm.text import wat2wasm
from wasmvm.text.lexer import tokenize

TEXT = f"""(module $m {FIELDS}
  (func $f (export "f") (type $i) (param $x i32) (result i32) (local $s (ref null $s))
    {" ".join(CODE)}
    (if $l (local.get $x) (then (br $l)) (else (br_table 0 $l (i32.const 1)))) block $l end $l f64.const -0x1.8p3)
  (data (memory $n) (offset i64.const 1) "\\00\\u{{20ac}}"))"""
INTERESTING = bytes.fromhex("00 01 02 03 04 05 0b 1f 40 4e 4f 50 5e 5f 60 63 64 69 6b 70 71 74 77 78 7f 80 fb fc fd ff")
ROUNDS = 4000


@pytest.mark.parametrize("seed", range(2))
def test_damaged_text(seed: int) -> None:
    rng = random.Random(seed)
    tokens = tokenize(TEXT).tokens[:-3]
    texts = 0
    for _ in range(ROUNDS // 8):
        damaged = list(tokens)
        for _ in range(rng.choice([1, 1, 2, 4])):
            at = rng.randrange(len(damaged))
            damaged[at : at + rng.randrange(2)] = rng.choices(tokens, k=rng.randrange(3))
        try:
            binary = wat2wasm(" ".join(damaged))
        except TextError:
            continue
        texts += 1
        assert wat2wasm(wasm2wat(binary)) == binary
    assert texts > ROUNDS // 200


@pytest.mark.parametrize("seed", range(2))
def test_damaged_modules(seed: int) -> None:
    rng = random.Random(seed)
    # A module per snippet: the smaller, the more of the damage is in something else.
    binaries = [wat2wasm(module(code)) for code in CODE]
    modules = 0
    for _ in range(ROUNDS // 4):
        damaged = bytearray(rng.choice(binaries))
        for _ in range(rng.choice([1, 1, 2, 4])):
            at = rng.randrange(8, len(damaged))
            damaged[at : at + rng.randrange(2)] = rng.choices(INTERESTING, k=rng.randrange(3))
        try:
            text = wasm2wat(damaged)
        except DecodeError:
            continue
        modules += 1
        again = wat2wasm(text)  # without empty sections and integers that are longer than they need be
        assert wat2wasm(wasm2wat(again)) == again
    assert modules > ROUNDS // 100
