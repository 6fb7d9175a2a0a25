"""Random changes to modules in the text format, assembled here and by others.

    python -m tests.fuzz.wat [--seed N] [--count N] [--seconds S]

A changed text is assembled, or it is a `TextError` with a place in it: nothing else, and soon. What becomes a valid module must
be one for the `wat` crate (through wasmtime, in this process) too and mean the same: equal bytes but for custom sections, or
equal text when printed. What only the other assembles must not be a module that is valid here.
"""

from __future__ import annotations

import argparse
import collections
import re
import sys
import time
from random import Random

import wasmtime

import wasmvm
from tests.fuzz import aggregates, smith, throwing
from tests.fuzz.api.guests import GUEST, NEIGHBOUR
from tests.fuzz.generator import Module
from tests.fuzz.kitchensink import KITCHEN_SINK, KITCHEN_SINK_3
from tests.fuzz.vocabulary import MEMORIES, VECTORS

BATCH = 500
"""Changed texts of one set of texts."""
SLOW = 5.0
"""Processor seconds that no text of these sizes may take."""
TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|;;[^\n]*|[()]|[^\s()";]+|\s+|.')
LEGACY = re.compile(r"\((data|elem)\s*(\(;.*?;\)\s*|\$\S+\s+)*[0-9$]\S*?\s*\(")
"""`(data 0 (i32.const 1) "")`: an index of a memory or table without a word before it, which no specification has any more."""
PIECES = (
    "(", ")", "((", "))", '"', "\\", ";;", "(;", ";)", "\0", "\x7f", "é", "\u202e", "0", "-1", "0x", "0x1p", "1_000", "1__0",
    "nan:0x0", "nan:0x1", "inf", "4294967296", "18446744073709551616", "-9223372036854775809", "1e400", "$", "$a", "@a", "(@a",
    "(@name \"x\")", "(type 0)", "(type 99)", "(param i32)", "(result i32)", "(local i64)", "(export \"e\")",
    "(import \"a\" \"b\")", "offset=1", "align=3", "align=4", "i32.const", "block", "end", "else", "if", "then", "try_table",
    "(catch_all 0)", "(ref null 0)", "ref.null", "func", "mut", "(mut i32)", "shared", "i64", "\\ff", "\"\\ff\"", "\"\\u{d800}\"",
    "$\"a b\"", "module", "(module", "data", "elem", "memory", "table", "(rec", "(sub", "final", "struct", "array", "field",
    "(start 0)", "(table 1 funcref)", "i32x4", "v128.const i32x4 0 0 0 0", "declare", "item", "quote", "binary",
)  # fmt: skip


class Wrong(Exception):
    """A text is not assembled as it should be."""


def texts(seed: int) -> list[str]:
    """Texts of all kinds to be changed."""
    made = [KITCHEN_SINK, KITCHEN_SINK_3, KITCHEN_SINK_3, GUEST, NEIGHBOUR, throwing.program(seed),
            aggregates.Program(seed).text, Module(seed).text, Module(seed, VECTORS).text, Module(seed, MEMORIES).text]  # fmt: skip
    for number, profile in enumerate(("wasm3", "gc", "exceptions", "memory64", "imports", "simd")):
        try:
            made.append(wasmvm.wasm2wat(smith.module(profile, seed * 100 + number, ends=False)))
        except smith.NotMade:
            continue
    return made


def changed(rng: Random, known: list[list[str]]) -> str:
    """A text of the known ones, which are lists of tokens, with some changes."""
    tokens = list(rng.choice(known))
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        if not tokens:
            break
        at = rng.randrange(len(tokens))
        roll = rng.randrange(9)
        if roll == 0:
            del tokens[at]
        elif roll == 1:
            tokens.insert(at, tokens[at])
        elif roll == 2:
            tokens[at] = rng.choice(rng.choice(known))
        elif roll == 3:
            tokens[at] = rng.choice(PIECES)
        elif roll == 4:
            tokens.insert(at, " " + rng.choice(PIECES) + " ")
        elif roll == 5:
            other = rng.randrange(len(tokens))
            tokens[at], tokens[other] = tokens[other], tokens[at]
        elif roll == 6:
            size = rng.randrange(1, 12)
            del tokens[at : at + size]
        elif roll == 7:
            source = rng.choice(known)
            begin = rng.randrange(len(source))
            tokens[at:at] = source[begin : begin + rng.randrange(1, 12)]
        else:
            word = tokens[at]
            place = rng.randrange(len(word) + 1)
            tokens[at] = word[:place] + rng.choice((*PIECES[:30], "")) + word[place + rng.randrange(2) :]
    return "".join(tokens)


def without_customs(data: bytes) -> bytes:
    """The module without its custom sections."""
    made, at = data[:8], 8
    while at < len(data):
        size = shift = 0
        begin = at + 1
        while True:
            byte = data[begin]
            size |= (byte & 0x7F) << shift
            begin, shift = begin + 1, shift + 7
            if byte < 0x80:
                break
        if data[at]:
            made += data[at : begin + size]
        at = begin + size
    return made


def meaning(data: bytes) -> str:
    """The module as text, without what says the same in other bytes."""
    text = wasmvm.wasm2wat(data)
    for word in ("(@wasmvm.data_count)", "(memory 0) ", "(table 0) "):
        text = text.replace(word, "")
    return re.sub(r"\s+", " ", text)


def is_known(error: str, text: str) -> bool:
    """Whether the other refuses what the specification allows.

    That is an empty module, an annotation after a module, characters in comments that change the direction of writing, and
    after `(type x)` parameters or results that are none.
    """
    if "likely-confusing unicode character" in error:
        return True
    if "inline function type doesn't match" in error:
        return re.search(r"\((param|result)\s*\)", text) is not None
    return "expected at least one module field" in error or ("extra tokens remaining" in error and "(@" in text)


def is_valid(data: bytes) -> bool:
    try:
        wasmvm.Module(data)
    except (wasmvm.DecodeError, wasmvm.ValidationError):
        return False
    return True


def assembled(text: str) -> bytes | wasmvm.TextError:
    """What wasmvm makes of it."""
    begin = time.process_time()
    try:
        return bytes(wasmvm.wat2wasm(text))
    except wasmvm.TextError as error:
        lines = text.count("\n") + 1
        if not 1 <= error.line <= lines + 1 or error.column < 1:
            raise Wrong(f"line {error.line}, column {error.column} of {lines} lines: {error}") from error
        return error
    finally:
        if time.process_time() - begin > SLOW:
            raise Wrong(f"it took {time.process_time() - begin:.1f} s")


def check(text: str) -> str:
    """What became of the text. Raises Wrong."""
    ours = assembled(text)
    try:
        theirs: bytes | None = bytes(wasmtime.wat2wasm(text))
    except (wasmtime.WasmtimeError, UnicodeEncodeError) as error:
        theirs = None
        if is_known(str(error), text):
            return "only wasmvm, as it should"
    if isinstance(ours, wasmvm.TextError):
        if theirs is None:
            return "neither"
        if LEGACY.search(text):
            return "only the other, an old form of segments"
        if is_valid(theirs):
            raise Wrong(f"only the other assembles it: {ours}")
        return "only the other, not valid"
    if theirs is None:
        if is_valid(ours):
            raise Wrong("only wasmvm assembles it, to a valid module")
        return "only wasmvm, not valid"
    mine, yours = without_customs(ours), without_customs(theirs)
    if mine == yours:
        return "equal bytes"
    if not is_valid(ours) and not is_valid(theirs):
        return "different and not valid"
    if not is_valid(ours) or not is_valid(theirs) or meaning(mine) != meaning(yours):
        raise Wrong("the two modules differ")
    return "equal meaning"


def main() -> int:
    parser = argparse.ArgumentParser(description="Assemble texts that were changed at random.")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--seconds", type=float, default=float("inf"))
    options = parser.parse_args()
    counts: collections.Counter[str] = collections.Counter()
    known: list[list[str]] = []
    failed = 0
    began = time.monotonic()
    for seed in range(options.seed, options.seed + options.count):
        if not known or seed % BATCH == 0:
            if time.monotonic() - began > options.seconds:
                break
            known = [TOKEN.findall(text) for text in texts(seed // BATCH)]
        text = changed(Random(seed), known)
        try:
            counts[check(text)] += 1
        except Exception as error:
            failed += 1
            print(f"seed {seed}: {type(error).__name__}: {str(error)[:300]}", flush=True)
    took = time.monotonic() - began
    total = sum(counts.values()) + failed
    print(f"seeds {options.seed} to {options.seed + total - 1}: {total} changed texts, {dict(counts)}, {failed} wrong, "
          f"{total / took:.0f} a second")  # fmt: skip
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
