"""Random changes to valid modules, judged here and by others.

    python -m tests.fuzz.mutations [--seed N] [--count N] [--seconds S]

What comes out must be a `DecodeError`, a `ValidationError` with a position inside the module, or a module whose functions
can all be lowered; and whether it is valid is what wasmtime says, in this process, or else `wasm-tools validate` with the
features that wasmvm has. (Wasmtime has proposals that cannot be switched off, so it alone does not decide.)
"""

from __future__ import annotations

import argparse
import collections
import sys
import time
from collections.abc import Sequence
from random import Random

from tests.encode import uleb
from tests.fuzz import legacy, smith, verdict
from tests.fuzz.kitchensink import DESCRIPTORS, KITCHEN_SINK, KITCHEN_SINK_3
from tests.wat import wat2wasm
from wasmvm.binary import decode
from wasmvm.compiled import CompiledModule
from wasmvm.errors import DecodeError, ValidationError
from wasmvm.text import wat2wasm as wat2wasm_by_us
from wasmvm.validation import validate

Change = tuple[int, float, float, int]

PROFILES = (
    "wasm3", "gc", "exceptions", "memory64", "memories", "relaxed", "tail", "imports", "descriptors", "threads", "wide", "pages",
)  # fmt: skip
CODE_SECTION = 10
EMPTY = 8
"""Bytes of a module without sections."""
KINDS = (0, 0, 1, 1, 1, 1, 2, 2, 3, 3, 4, 5)
BATCH = 2000
"""Changed modules of one set of valid ones."""
INTERESTING = bytes.fromhex(
    "00 01 02 03 05 06 07 08 09 0b 0c 0d 0e 10 11 12 14 18 19 1a 1f 20 22 28 3f 40 41 44 4e 4f 50 5e 5f 60 63 64 69 6a 6b"
    "62 6c 6d 6e 6f 70 71 73 77 78 7b 7c 7f 80 d0 d2 d3 d4 d5 fb fc fd ff"
)


class Wrong(Exception):
    """A changed module is not judged as it should be."""


def valid_modules(seed: int, count: int) -> list[bytes]:
    """Modules to be changed: kitchen sinks, some with legacy exceptions or descriptors, and some by wasm-tools, if installed."""
    own = [wat2wasm_by_us(text) for text in (legacy.program(seed), DESCRIPTORS)]
    made = [wat2wasm(KITCHEN_SINK), wat2wasm(KITCHEN_SINK_3), *own] * 3
    for number in range(count):
        try:
            module = smith.module(PROFILES[number % len(PROFILES)], seed * 1000 + number, ends=False)
        except smith.NotMade:
            continue
        if len(module) > EMPTY:
            made.append(module)
    return made


def ours(data: bytes) -> DecodeError | ValidationError | None:
    try:
        validate(decode(data))
    except (DecodeError, ValidationError) as error:
        if not 0 <= error.offset <= len(data):
            raise Wrong(f"the offset of {error!r} is not inside") from error
        return error
    return None


def lower_all(data: bytes) -> None:
    """Lower every function of a valid module, for stores that meter and for those that do not."""
    for metering in (0, 1):
        module = CompiledModule(data)
        if metering:
            module = module.metered(metering)
        for index in range(module.code.count):
            module.lower(index)


def check(data: bytes) -> str:
    """What ours was. Raises Wrong where the verdicts differ."""
    error = ours(data)
    is_valid = error is None
    differs = is_valid != verdict.by_wasmtime(data) and verdict.wasm_tools() and is_valid != verdict.by_wasm_tools(data)
    if differs and not (is_valid and verdict.disputed(data)):
        raise Wrong(f"{error!r}, but wasm-tools says the opposite")
    if error is None:
        lower_all(data)
    return type(error).__name__ if error else "valid"


def mutate(data: bytes, changes: Sequence[Change]) -> bytes:
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


def changes(rng: Random) -> list[Change]:
    """Some changes, mostly one."""
    return [(rng.randrange(6), rng.random(), rng.random(), rng.randrange(256)) for _ in range(rng.choice((1, 1, 2, 5)))]


def read_u32(data: bytes, at: int) -> tuple[int, int]:
    """An unsigned LEB128 number of a valid module, and where what follows it begins."""
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def mutate_inside(data: bytes, rng: Random) -> bytes:
    """Change what is inside of one section, or of one function body, and make the sizes around it right again."""
    sections = []
    at = 8
    while at < len(data):
        size, begin = read_u32(data, at + 1)
        sections.append((data[at], data[begin : begin + size]))
        at = begin + size
    chosen = rng.randrange(len(sections))
    number, content = sections[chosen]
    if number == CODE_SECTION and content[0]:
        count, at = read_u32(content, 0)
        bodies = []
        for _ in range(count):
            size, begin = read_u32(content, at)
            bodies.append(content[begin : begin + size])
            at = begin + size
        which = rng.randrange(count)
        bodies[which] = mutate(bodies[which], changes(rng))
        content = uleb(count) + b"".join(uleb(len(body)) + body for body in bodies)
    else:
        content = mutate(content, changes(rng))
    sections[chosen] = number, content
    return data[:8] + b"".join(bytes([number]) + uleb(len(content)) + content for number, content in sections)


def changed(seed: int, known: list[bytes]) -> bytes:
    """The changed module of a seed."""
    rng = Random(seed)
    data = rng.choice(known)
    return mutate_inside(data, rng) if rng.random() < 0.7 else mutate(data, changes(rng))


def main() -> int:
    parser = argparse.ArgumentParser(description="Judge modules that were changed at random.")
    parser.add_argument("--seed", type=int, default=0, help=f"of the first; each {BATCH} have the same valid modules")
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=float("inf"))
    options = parser.parse_args()
    counts: collections.Counter[str] = collections.Counter()
    known: list[bytes] = []
    failed = 0
    began = time.monotonic()
    for seed in range(options.seed, options.seed + options.count):
        if not known or seed % BATCH == 0:
            known = valid_modules(seed // BATCH, 24)
            if time.monotonic() - began > options.seconds:
                break
        data = changed(seed, known)
        try:
            counts[check(data)] += 1
        except Exception as error:
            failed += 1
            print(f"seed {seed}: {type(error).__name__}: {error}: {data.hex()}", flush=True)
    took = time.monotonic() - began
    total = sum(counts.values()) + failed
    print(
        f"seeds {options.seed} to {options.seed + total - 1}: {total} changed modules, {dict(counts)}, {failed} wrong, "
        f"{total / took:.0f} a second"
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
