"""Changes what wasmvm keeps outside of the process, and runs what it makes of that.

    python -m tests.fuzz.codefiles [--seed N] [--count N] [--batch N]
    python -m tests.fuzz.codefiles --one SEED       (one mutant, in this process)

A mutant is a serialized module, a pickle, a file of the cache or a file of it that is read in parts, with flipped bits,
or with words of lowered code, records, sections or hashes exchanged and the checksum made right again. Whatever is in it,
the only outcomes are: it is refused (an error of the module's own, or as if it had not been there), or it runs and ends,
by a result, a trap or its time limit. A mutant that ends the process, raises anything else or says that wasmvm itself is
wrong is a finding. Batches run in processes of their own with bounded memory and time.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import resource
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import traceback
from array import array
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from tests.fuzz.generator import Module as Generated
from tests.fuzz.vocabulary import SCALARS, VECTORS
from tests.patience import PATIENCE
from tests.wat import wat2wasm
from wasmvm._core import DISPATCH
from wasmvm.compiled import CompiledModule, codefile
from wasmvm.compiled import cache as codecache
from wasmvm.compiled.partial import layout_of
from wasmvm.embedding.instance import Instance
from wasmvm.embedding.module import Module, _unpickle
from wasmvm.errors import InternalError, Trap, WasmError, WasmException
from wasmvm.generated import wordkinds
from wasmvm.isa.regop.rows import BY_NAME
from wasmvm.lowered import ARRAYS, CLAUSE_WORDS, Lowered
from wasmvm.types import F32, F64, I32, I64, FuncType

TEXTS = (
    """(module
      (memory (export "m") 1) (table 4 funcref) (elem (i32.const 0) $fib $leaf) (global $g (mut i64) (i64.const 3))
      (func $fib (export "fib") (param i32) (result i32)
        (if (result i32) (i32.lt_s (local.get 0) (i32.const 2)) (then (local.get 0))
          (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
                         (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
      (func $leaf (param i32) (result i32) (i32.load (i32.shl (local.get 0) (i32.const 2))))
      (func (export "loop") (param i32) (result i32) (local $i i32) (local $s i32)
        (loop $l
          (local.set $s (i32.xor (local.get $s) (call_indirect (param i32) (result i32) (local.get $i)
            (i32.and (local.get $i) (i32.const 1)))))
          (i32.store offset=64 (i32.shl (local.get $i) (i32.const 2)) (local.get $s))
          (br_if $l (i32.lt_s (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.and (local.get 0) (i32.const 15)))))
        (local.get $s))
      (func (export "table") (param i32) (result i64)
        (block $d (block $c (block $b (block $a (br_table $a $b $c $d (local.get 0))) (global.set $g (i64.const 9)))
          (memory.fill (i32.const 8) (local.get 0) (i32.const 40))) (drop (memory.grow (i32.const 0))))
        (i64.add (global.get $g) (i64.load (i32.const 8)))))""",
    """(module
      (import "" "h" (func $h (param i32) (result i32)))
      (memory 1) (memory i64 1) (data $d "some text") (tag $e (param i64 v128)) (tag $f (param i32))
      (global $v (mut v128) (v128.const i64x2 1 2))
      (func (export "simd") (param i32 f64) (result f64) (local $x v128)
        (local.set $x (i32x4.add (i32x4.splat (local.get 0)) (global.get $v)))
        (global.set $v (i8x16.shuffle 31 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 (local.get $x) (global.get $v)))
        (v128.store offset=16 (i32.const 4) (local.get $x))
        (f64.add (f64x2.extract_lane 1 (v128.load 0 (i32.const 12))) (local.get 1)))
      (func $thrower (param i32 v128) (result v128)
        (if (i32.and (local.get 0) (i32.const 1)) (then (throw $e (i64.const 5) (local.get 1))))
        (if (i32.and (local.get 0) (i32.const 2)) (then (throw $f (local.get 0)))) (local.get 1))
      (func (export "catch") (param i32) (result i64) (local $n i64)
        (block $all
          (block $one (result i64 v128)
            (try_table (catch $e $one) (catch_all $all)
              (local.set $n (i64x2.extract_lane 0 (call $thrower (local.get 0) (global.get $v)))))
            (return (local.get $n)))
          (i64x2.extract_lane 1) (return (i64.add)))
        (i64.const 77))
      (func (export "memories") (param i32) (result i32)
        (memory.init 0 $d (i32.const 0) (i32.const 2) (i32.const 5)) (memory.copy 1 0 (i64.const 8) (i32.const 0) (i32.const 9))
        (i32.add (i32.load8_u 1 offset=9 (i64.extend_i32_u (local.get 0))) (call $h (local.get 0))))
      (func $down (export "down") (param i32) (result i32)
        (if (i32.eqz (local.get 0)) (then (return (i32.const 42))))
        (return_call $down (i32.and (i32.sub (local.get 0) (i32.const 1)) (i32.const 1023)))))""",
)
GENERATED = 3
TIME_LIMIT = 0.05
ADDRESS_SPACE = 6 << 30
OPCODES = wordkinds.OPCODE_COUNT if DISPATCH == "threaded" else wordkinds.ROW_COUNT
INTERESTING = (0, 1, -1, 2, 3, 4, 7, 8, 63, 64, 127, 255, 4096, 1 << 18, (1 << 31) - 1, -(1 << 31), 1 << 30)


class Victim(NamedTuple):
    """A module and all of its functions lowered, as `codefile.pack` has them."""

    source: bytes
    module: Module
    functions: list[tuple[int, list[Any]]]
    """By index, the fields of their `Lowered`."""


def victims() -> list[Victim]:
    sources = [wat2wasm(text) for text in TEXTS]
    for vocabulary in (SCALARS, VECTORS):
        sources += [wat2wasm(Generated(seed, vocabulary, is_peer=True).text) for seed in range(GENERATED)]
    found = []
    for source in sources:
        module = Module(source)
        module.serialize(lower_all=True)
        code = module.compiled.code
        functions: list[tuple[int, list[Any]]] = []
        for index in range(code.count):
            lowered = code.get(index)
            assert lowered is not None
            functions.append((index, [*(array("i", words) for words in lowered.arrays), *lowered[ARRAYS:]]))
        found.append(Victim(source, module, functions))
    return found


# --- Mutants ----------------------------------------------------------------------------------------------------------


def packed(functions: list[tuple[int, list[Any]]], key: bytes, source: bytes, rng: Random, records: bool) -> bytes:
    """A file with these functions; with `records` one word of their records is changed."""
    body = bytearray()
    table = []
    start = codefile.HEADER_SIZE + 32 * len(functions)
    for index, fields in functions:
        lowered = Lowered(*fields)
        table.append([index, start + len(body), *lowered.parts])
        body += b"".join(lowered.arrays)
    if records and table:
        record = rng.choice(table)
        place = rng.randrange(8)
        record[place] = changed_word(record[place], rng)
        if rng.random() < 0.2:
            rng.shuffle(table)
    head = b"".join(struct.pack("=8I", *(word & 0xFFFFFFFF for word in record)) for record in table)
    return sealed(key, len(functions), head + body, source)


def sealed(key: bytes, count: int, content: bytes, source: bytes) -> bytes:
    """With a checksum that is right."""
    checksum = codefile._checksum(key, count, len(source), [content, source])
    return codefile._HEADER.pack(codefile.MAGIC, key, count, len(source), checksum) + content + source


def changed_word(word: int, rng: Random) -> int:
    kind = rng.randrange(5)
    if kind == 0:
        word += rng.choice((-3, -2, -1, 1, 2, 3))
    elif kind == 1:
        word = rng.choice(INTERESTING)
    elif kind == 2:
        word ^= 1 << rng.randrange(32)
    elif kind == 3:
        word = rng.randrange(12)
    else:
        word = rng.randrange(-(1 << 31), 1 << 31)
    word &= 0xFFFFFFFF
    return word - (1 << 32) if word >> 31 else word


def change_function(fields: list[Any], rng: Random) -> None:
    """Exchange something in the lowered code of a function, the fields of a `Lowered`."""
    kind = rng.randrange(10)
    words = fields[0]
    starts = instruction_starts(words)
    if 5 <= kind <= 7 and not starts:
        kind = 0
    if kind < 5 and words:
        place = rng.randrange(len(words))
        words[place] = changed_word(words[place], rng)
    elif kind == 5:  # an instruction that is like another
        place = rng.choice(starts)
        row = wordkinds.ROW[words[place]]
        alike = [op for op in range(OPCODES) if wordkinds.LENGTH[wordkinds.ROW[op]] == wordkinds.LENGTH[row]]
        words[place] = rng.choice(alike)
    elif kind == 6:
        place = rng.choice(starts)
        words[place] = rng.randrange(OPCODES)
    elif kind == 7:  # instructions elsewhere
        one, other = rng.choice(starts), rng.choice(starts)
        length = wordkinds.LENGTH[wordkinds.ROW[words[other]]]
        words[one : one + length] = words[other : other + length]
    elif kind == 8:
        place = rng.randrange(ARRAYS, len(fields))
        fields[place] = changed_word(fields[place], rng) & 0x7FFFFFFF
    else:
        table = fields[rng.randrange(1, ARRAYS)]
        if table:
            place = rng.randrange(len(table))
            table[place] = changed_word(table[place], rng)
        elif rng.random() < 0.5:
            fields[2] = array("i", [rng.randrange(-1, 40) for _ in range(CLAUSE_WORDS)])


def instruction_starts(words: array[int]) -> list[int]:
    found: list[int] = []
    place = 0
    while place < len(words) and 0 <= words[place] < wordkinds.OPCODE_COUNT:
        found.append(place)
        row = wordkinds.ROW[words[place]]
        more = words[place + 2] + 1 if row == BY_NAME["br_table"].number and place + 2 < len(words) else 0
        place += max(wordkinds.LENGTH[row] + more, 1)
    return found


def flipped(data: bytes, rng: Random) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 8))):
        if changed:
            changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed[: rng.randrange(len(changed) + 1)]) if rng.random() < 0.1 else bytes(changed)


class Mutant(NamedTuple):
    """What is to be loaded: `how` one of "deserialize", "pickle", "cache", "seen"."""

    how: str
    victim: Victim
    data: bytes
    seen: bytes
    source: bytes


def mutant(all_victims: list[Victim], seed: int) -> Mutant:
    rng = Random(seed)
    victim = rng.choice(all_victims)
    how = rng.choice(("deserialize", "deserialize", "pickle", "cache", "cache", "seen"))
    source = victim.source
    if rng.random() < 0.1:
        source = flipped(source, rng)
    inside = how in ("deserialize", "pickle")
    key = codefile.BUILD if inside else codefile.keyed(source)
    functions = [(index, [*map(_copied, parts)]) for index, parts in victim.functions]
    kind = rng.random()
    if kind < 0.7:
        for _ in range(rng.choice((1, 1, 1, 2, 3, 6))):
            change_function(rng.choice(functions)[1], rng)
    elif kind < 0.75 and len(functions) > 1:  # code of other functions
        one, other = rng.sample(functions, 2)
        one[1][:], other[1][:] = other[1][:], one[1][:]
    data = packed(functions, key, source if inside else b"", rng, 0.75 <= kind < 0.85)
    if kind >= 0.95:
        content = flipped(data[codefile.HEADER_SIZE :], rng)
        size = len(source) if inside else 0
        split = max(len(content) - size, 0)
        data = sealed(key, len(functions), content[:split], content[split:])
    elif kind >= 0.85:
        data = flipped(data, rng)
    seen = b""
    if how == "seen":
        seen, source = mutant_of_seen(victim, source, key, rng)
    return Mutant(how, victim, data, seen, source)


def _copied(part: Any) -> Any:
    return part[:] if isinstance(part, array) else part


def mutant_of_seen(victim: Victim, source: bytes, key: bytes, rng: Random) -> tuple[bytes, bytes]:
    """A file that tells where to read, and the module's file."""
    layout = layout_of(victim.module.compiled.syntax, key)
    kind = rng.randrange(4)
    if kind == 0:
        source = flipped(victim.source, rng)
    elif kind == 1:
        positions = [layout.gaps[:], layout.code[:]]
        chosen = rng.choice([p for p in positions if p] or [array("I", [0])])
        place = rng.randrange(len(chosen))
        chosen[place] = changed_word(chosen[place], rng) & 0xFFFFFFFF
        layout = type(layout)(layout.key, layout.secret, positions[0], positions[1], layout.tags)
    packed_seen = b"".join(codecache._pack_seen(bytes(32), layout))
    if kind == 2:
        packed_seen = flipped(packed_seen, rng)
    elif kind == 3 and rng.random() < 0.5:  # hashes that are those of the changed module
        source = flipped(source, rng)
        try:
            syntax = CompiledModule(victim.source).syntax
            syntax.loaded = source
            packed_seen = b"".join(codecache._pack_seen(bytes(32), layout_of(syntax, key)))
        except ValueError:
            pass  # it became shorter
    return packed_seen, source


# --- Running ----------------------------------------------------------------------------------------------------------


def load(mutant: Mutant, folder: str) -> Module:
    if mutant.how == "deserialize":
        return Module.deserialize(mutant.data)
    if mutant.how == "pickle":
        return _unpickle(Module, mutant.data)
    cache = codecache.Cache(os.path.join(folder, "cache"))
    cache.check()
    path = os.path.join(folder, "m.wasm")
    with open(path, "wb") as file:
        file.write(mutant.source)
    key = codefile.keyed(mutant.source if mutant.how == "cache" else mutant.victim.source)
    cache.write(cache.path(key), [mutant.data])
    if mutant.how == "cache":
        return Module(mutant.source, cache=cache.folder)
    cache.write(cache.path(bytes(32), codecache.SEEN_SUFFIX), [mutant.seen])
    return Module.from_file(path, cache=cache.folder)


def arguments(functype: FuncType, rng: Random) -> list[Any]:
    values = {I32: lambda: rng.randrange(-3, 40), I64: lambda: rng.randrange(1 << 40), F32: rng.random, F64: rng.random}
    return [values[valtype]() if valtype in values else None for valtype in functype.params]


def run(mutant: Mutant, folder: str, seed: int) -> str:
    """What became of it; raises what should not have happened."""
    from wasmvm import Store

    try:
        module = load(mutant, folder)
        store = Store(max_memory=4 << 20, max_table=1000, max_heap=1 << 20)
        store.timeout = TIME_LIMIT
        imports = {(i.module, i.name): (lambda *_: 7) for i in module.imports if i.kind == "func"}
        named: dict[str, dict[str, Any]] = {}
        for (of, name), function in imports.items():
            named.setdefault(of, {})[name] = function
        instance = Instance(module, named, store=store)
        outcome = "ran"
        rng = Random(seed)
        for export in module.exports:
            if export.kind != "func" or not isinstance(export.type, FuncType):
                continue
            try:
                instance.exports[export.name](*arguments(export.type, rng))
            except InternalError:
                raise
            except (Trap, WasmException) as error:
                outcome = f"trap {error.code}" if isinstance(error, Trap) else "threw"
        module.serialize()
        return outcome
    except InternalError:
        raise
    except WasmError as error:
        return type(error).__name__
    except OSError as error:
        if "was changed while" in str(error):
            return "changed"
        raise
    except (TypeError, OverflowError) as error:
        # A module whose bytes were changed may ask for other imports and arguments than it gets here.
        if mutant.source != mutant.victim.source or mutant.victim.source not in mutant.data:
            return f"{type(error).__name__} of a changed module"
        raise


def run_some(first: int, count: int, report: Path | None) -> Counter[str]:
    """Run mutants in this process; `report` is where the present seed is noted."""
    codecache.LARGE = 1
    codecache._seen = lambda status: bytes(32)  # type: ignore[assignment]
    found: Counter[str] = Counter()
    all_victims = victims()
    note = None if report is None else os.open(report, os.O_WRONLY | os.O_CREAT)
    folder = tempfile.mkdtemp()
    try:
        for seed in range(first, first + count):
            if note is not None:
                os.pwrite(note, f"{seed:20}".encode(), 0)
            made = mutant(all_victims, seed)
            try:
                found[f"{made.how}: {run(made, folder, seed)}"] += 1
            except Exception:
                found["WRONG"] += 1
                print(f"mutant {seed} ({made.how}):\n{traceback.format_exc()}", file=sys.stderr)
            shutil.rmtree(os.path.join(folder, "cache"), ignore_errors=True)
            if seed % 50 == 0:
                gc.collect()  # stores that are in cycles take address space
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if note is not None:
            os.close(note)
    return found


def limits() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def run_batch(first: int, count: int) -> tuple[Counter[str], list[str]]:
    """Run mutants in processes of their own; go on after one that ends its process. Returns findings as text too."""
    total: Counter[str] = Counter()
    findings = []
    end = first + count
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "seed"
        while first < end:
            command = [
                sys.executable,
                "-m",
                "tests.fuzz.codefiles",
                "--child",
                str(first),
                str(end - first),
                str(report),
            ]
            try:
                done = subprocess.run(
                    command, capture_output=True, text=True, timeout=PATIENCE + (end - first) * 1.0, preexec_fn=limits
                )
                code, output, errors = done.returncode, done.stdout, done.stderr
            except subprocess.TimeoutExpired:
                code, output, errors = "no end", "", ""
            if code == 0:
                total.update(json.loads(output))
                if errors:
                    findings.append(errors)
                return total, findings
            seed = int(report.read_text()) if report.exists() else first
            findings.append(f"mutant {seed}: the process ended with {code}\n{errors[-2000:]}")
            total["WRONG"] += 1
            first = seed + 1
    return total, findings


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--batch", type=int, default=1000)
    parser.add_argument("--one", type=int, metavar="SEED")
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        first, count, report = options.child
        print(json.dumps(run_some(int(first), int(count), Path(report))))
        return 0
    if options.one is not None:
        print(dict(run_some(options.one, 1, None)))
        return 0
    begin = time.monotonic()
    total: Counter[str] = Counter()
    wrong = 0
    for first in range(options.seed, options.seed + options.count, options.batch):
        found, findings = run_batch(first, min(options.batch, options.seed + options.count - first))
        total.update(found)
        wrong += len(findings)
        for text in findings:
            print(text, flush=True)
    for outcome, count in total.most_common():
        print(f"{count:8} {outcome}")
    print(
        f"{options.count} mutants from {options.seed}, {wrong} findings, {time.monotonic() - begin:.0f} s, {DISPATCH}"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
