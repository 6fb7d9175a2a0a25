"""Random changes to valid modules: only ever DecodeError, ValidationError or success, as an independent validator says.

``WASMVM_FUZZ_EXAMPLES`` sets the number of changed modules (default 2000); with it the run is random instead of the
same every time. `python -m tests.fuzz.test_mutations SECONDS [SEED]` runs without hypothesis, and faster.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz import verdict
from tests.wat import wat2wasm
from wasmvm.binary import decode
from wasmvm.errors import DecodeError, ValidationError
from wasmvm.validation import validate

EXAMPLES = os.environ.get("WASMVM_FUZZ_EXAMPLES")

KITCHEN_SINK = """(module
    (type $swap (func (param i32 i64) (result i64 i32)))
    (import "m" "f" (func $imported (param f32)))
    (import "m" "g" (global $base i32))
    (import "m" "t" (table 1 funcref))
    (memory 1 2)
    (table $externs 1 5 externref)
    (global $g (mut f64) (f64.const 1))
    (global funcref (ref.func $main))
    (export "main" (func $main))
    (export "memory" (memory 0))
    (start $begin)
    (elem (global.get $base) func $begin $main)
    (elem $e externref (ref.null extern) (ref.null extern))
    (elem declare func $begin)
    (data (i32.const 8) "text")
    (data $passive "passive")
    (func $begin (local i32 i64 f32 f64 v128 funcref externref)
        (local.set 0 (i32.const -1)) (local.set 1 (i64.const 0x123456789))
        (local.set 3 (f64.convert_i64_s (local.get 1)))
        (local.set 4 (i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 31 (local.get 4) (local.get 4)))
        (local.set 5 (ref.func $begin))
        (i32x4.extract_lane 1 (v128.const i32x4 1 2 3 4)) drop
        (v128.load8_lane 3 (i32.const 0) (local.get 4)) drop
        (memory.init $passive (i32.const 0) (i32.const 1) (i32.const 2)) (data.drop $passive)
        (memory.copy (i32.const 0) (i32.const 1) (i32.const 2)) (memory.fill (i32.const 0) (i32.const 1) (i32.const 2))
        (table.init $externs $e (i32.const 0) (i32.const 0) (i32.const 1)) (elem.drop $e)
        (table.copy $externs $externs (i32.const 0) (i32.const 0) (i32.const 1))
        (table.set $externs (i32.const 0) (local.get 6))
        (drop (table.grow $externs (ref.null extern) (i32.const 1)))
        (table.fill $externs (i32.const 0) (table.get $externs (i32.const 0)) (table.size $externs))
        (global.set $g (f64.add (global.get $g) (local.get 3)))
        (call $imported (local.get 2)))
    (func $main (type $swap)
        (local.get 0) (local.get 1)
        (loop $again (type $swap)
            (if (param i32 i64) (result i64 i32) (local.tee 0 (i32.eqz (local.get 0)))
                (then (local.set 1) (local.set 0) (local.get 1) (local.get 0))
                (else (drop) (br_if $again (i64.const 7) (local.get 0)) (drop) (drop) (i64.const 1) (i32.const 2))))
        (block $out (type $swap_back) (br_table $out $out (i32.const 1)))
        (select (result i32) (memory.size) (i32.load16_u offset=3 align=1 (i32.const 0)))
        (i64.store8 (i32.const 1) (i64.const 5)) (return))
    (type $swap_back (func (param i64 i32) (result i64 i32))))"""
KITCHEN_SINK_3 = """(module
    (rec
        (type $list (sub (struct (field $next (mut (ref null $list))) (field $byte (mut i8)))))
        (type $longer (sub final $list (struct (field (mut (ref null $list))) (field (mut i8)) (field f64)))))
    (type $bytes (array (mut i8)))
    (type $refs (array (mut (ref null $list))))
    (type $fn (func (param i32) (result i32)))
    (import "m" "e" (tag $e (param i32 i64)))
    (tag $own)
    (memory 1) (memory $wide i64 1 2)
    (table $t 2 (ref null $fn) (ref.func $f))
    (table $big i64 0 10 externref)
    (global $start i32 (i32.mul (i32.const 3) (i32.add (i32.const 1) (i32.const 2))))
    (global $head (mut (ref $list)) (struct.new $longer (ref.null none) (i32.const 1) (f64.const 2)))
    (global (ref i31) (ref.i31 (global.get $start)))
    (elem $lists (ref null $list) (ref.null $list) (struct.new_default $list))
    (elem declare func $f)
    (data $d "data")
    (func $f (type $fn)
        (if (i32.eqz (local.get 0)) (then (return (i32.const 0))))
        (return_call_ref $fn (i32.sub (local.get 0) (i32.const 1)) (ref.func $f)))
    (func (param $any anyref) (local $l (ref $list)) (local i64)
        (local.set $l (global.get $head))
        (struct.set $list $next (local.get $l) (ref.null $list))
        (drop (struct.get_u $list $byte (local.get $l)))
        (drop (array.new_data $bytes $d (i32.const 0) (i32.const 2)))
        (drop (array.get_s $bytes (array.new_fixed $bytes 1 (i32.const 7)) (i32.const 0)))
        (array.copy $refs $refs (array.new_elem $refs $lists (i32.const 0) (i32.const 1)) (i32.const 0)
            (array.new_default $refs (i32.const 3)) (i32.const 0) (i32.const 1))
        (drop (ref.test (ref $longer) (local.get $any)))
        (drop (block $is (result (ref $longer))
            (br_on_cast $is anyref (ref $longer) (local.get $any)) (drop)
            (ref.cast (ref $longer) (global.get $head))))
        (block $null (br_on_null $null (ref.cast (ref null $list) (local.get $any))) (drop))
        (drop (ref.eq (ref.i31 (i32.const 1)) (local.get $l)))
        (block $caught (result i32 i64)
            (try_table (catch $e $caught) (catch_all 1) (throw $e (i32.const 1) (i64.const 2))) (unreachable))
        (drop) (drop)
        (i64.store $wide offset=0x100000000 (i64.const 1) (i64.load32_u $wide (i64.const 0)))
        (memory.copy $wide 0 (i64.const 0) (i32.const 0) (i32.const 1))
        (drop (table.grow $big (ref.null extern) (i64.const 1)))
        (drop (call_indirect $t (type $fn) (i32.const 0) (i32.const 1)))
        (drop (call_ref $fn (i32.const 3) (table.get $t (i32.const 0))))
        (drop (extern.convert_any (any.convert_extern (table.get $big (i64.const 0)))))))"""
INTERESTING = bytes.fromhex(
    "00 01 02 03 05 08 0b 0c 0d 0e 10 11 12 14 1a 1f 20 22 28 3f 40 41 44 4e 4f 50 5e 5f 60 63 64 69 6a 6b 6c 6d 6e 6f 70 71"
    "73 77 78 7b 7c 7f 80 d0 d2 d3 d4 d5 fb fc fd ff"
)

SMITH = [
    "--max-funcs=20", "--max-instructions=200", "--max-memories=3", "--max-tables=3", "--max-tags=3",
    *(f"--{feature}-enabled=true" for feature in (
        "bulk-memory", "reference-types", "simd", "relaxed-simd", "gc", "exceptions", "memory64", "tail-call",
        "extended-const",
    )),
    *(f"--{feature}-enabled=false" for feature in (
        "threads", "wide-arithmetic", "custom-page-sizes", "shared-everything-threads", "compact-imports",
        "custom-descriptors",
    )),
]  # fmt: skip


def smith(seed: random.Random, count: int) -> list[bytes]:
    """Random valid modules of WebAssembly 3.0 by wasm-tools; none where it is not installed."""
    program = verdict.wasm_tools()
    if program is None:
        return []
    made = []
    for _ in range(count):
        done = subprocess.run(
            [program, "smith", *SMITH],
            input=seed.randbytes(seed.choice([300, 3000])),
            capture_output=True,
            check=True,
        )
        made.append(done.stdout)
    return made


def seeds(seed: random.Random, count: int) -> list[bytes]:
    return [wat2wasm(KITCHEN_SINK), wat2wasm(KITCHEN_SINK_3)] * 3 + smith(seed, count)


def ours(data: bytes) -> DecodeError | ValidationError | None:
    try:
        validate(decode(data))
    except (DecodeError, ValidationError) as error:
        assert 0 <= error.offset <= len(data)
        return error
    return None


def check(data: bytes) -> str:
    """Fails where the verdicts differ; what ours was."""
    error = ours(data)
    if (error is None) != verdict.by_wasmtime(data) and verdict.wasm_tools() is not None:
        assert verdict.by_wasm_tools(data) == (error is None), (data.hex(), error)
    return type(error).__name__


def mutate(data: bytes, changes: Sequence[tuple[int, float, float, int]]) -> bytes:
    """Apply changes (kind, two positions as fractions, a byte)."""
    mutated = bytearray(data)
    for kind, where, other, value in changes:
        at, source = int(where * len(mutated)), int(other * len(mutated))
        if kind == 0:
            mutated[at : at + 1] = bytes([value])
        elif kind == 1:
            mutated[at : at + 1] = INTERESTING[value % len(INTERESTING)].to_bytes(1, "big")
        elif kind == 2 and at < len(mutated):
            mutated[at] ^= 1 << value % 8
        elif kind == 3:
            mutated[at : at + value % 8] = mutated[source : source + value % 8]
        elif kind == 4:
            del mutated[at : at + value % 4]
        elif kind == 5:
            mutated[at:at] = bytes([value])
    return bytes(mutated)


FRACTION = st.integers(0, 0xFFFF).map(lambda n: n / 0x10000)
CHANGE = st.tuples(st.integers(0, 5), FRACTION, FRACTION, st.integers(0, 255))


@pytest.fixture(scope="module")
def modules() -> list[bytes]:
    return seeds(random.Random(1), 20)


def test_seeds_are_valid(modules: list[bytes]) -> None:
    assert {check(data) for data in modules} == {"NoneType"}


@settings(
    max_examples=int(EXAMPLES or 2000),
    derandomize=EXAMPLES is None,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(st.integers(0, 10_000), st.lists(CHANGE, min_size=1, max_size=6))
def test_mutations(modules: list[bytes], which: int, changes: list[tuple[int, float, float, int]]) -> None:
    check(mutate(modules[which % len(modules)], changes))


def main() -> None:
    seconds = float(sys.argv[1])
    seed = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else None)
    known = seeds(seed, 40)
    counts: dict[str, int] = {}
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        count = seed.choice([1, 1, 2, 5])
        changes = [(seed.randrange(6), seed.random(), seed.random(), seed.randrange(256)) for _ in range(count)]
        outcome = check(mutate(seed.choice(known), changes))
        counts[outcome] = counts.get(outcome, 0) + 1
    print(counts)


if __name__ == "__main__":
    main()
