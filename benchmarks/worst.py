"""Prints what decoding, validating and lowering cost a byte, of modules made to be slow and of real ones.

    python -m benchmarks.worst [NAME ...] [--size BYTES] [--rounds N] [--memory]

Each module is of one kind of thing that is cheap to say and may be dear to check: many locals in a few bytes, types of
a thousand parameters, nested blocks that take them, names of no characters. The figure to look at is how many times the
mean of real modules a byte costs; 20 times is the bound that docs/security.md states. NAME takes those whose names
contain it.
"""

from __future__ import annotations

import argparse
import gc
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from benchmarks.decode import resvg
from benchmarks.measure import best_of
from tests.encode import (
    CODE,
    CUSTOM,
    DATA,
    ELEM,
    EXPORT,
    FUNCTION,
    GLOBAL,
    IMPORT,
    MEMORY,
    TABLE,
    TYPE,
    functype,
    module,
    section,
    sleb,
    uleb,
    vec,
)
from wasmvm._core import DISPATCH
from wasmvm.binary import decode
from wasmvm.errors import WasmError
from wasmvm.lowering.body import lower
from wasmvm.lowering.context import Context
from wasmvm.validation import validate

TAG = 13
END, DROP, UNREACHABLE, CONST = b"\x0b", b"\x1a", b"\0", b"\x41\0"
I32, I64, V128, FUNCREF = b"\x7f", b"\x7e", b"\x7b", b"\x70"
NOTHING = functype()
THOUSAND = 1000
WIDE = functype([I32] * THOUSAND, [I32] * THOUSAND)
GIVES = functype([], [I32] * THOUSAND)
TAKES = functype([I32] * THOUSAND)

Maker = Callable[[int], bytes]
FAMILY: dict[str, Maker] = {}
"""By name, what makes a valid module of about so many bytes."""


def kind(make: Maker) -> Maker:
    FAMILY[make.__name__] = make
    return make


def functions(
    body: bytes, size: int, types: list[bytes] | None = None, *, locals_: bytes = b"\0", before: tuple[bytes, ...] = (),
    between: tuple[bytes, ...] = (), after: tuple[bytes, ...] = (), typeidx: int = 0,
) -> bytes:  # fmt: skip
    """As many functions of this body, which ends with its own ``end``, as fill `size` bytes."""
    entry = uleb(len(locals_) + len(body)) + locals_ + body
    count = max(1, size // (len(entry) + 1))
    return module(
        section(TYPE, vec(types or [NOTHING])),
        *before,
        section(FUNCTION, uleb(count) + uleb(typeidx) * count),
        *between,
        section(CODE, uleb(count) + entry * count),
        *after,
    )


def one(code: bytes, types: list[bytes] | None = None, **options: object) -> bytes:
    """One function of this code, without its ``end``."""
    return functions(code + END, 1, types, **options)  # type: ignore[arg-type]


def repeated(what: bytes, size: int, before: bytes = b"", after: bytes = b"") -> bytes:
    return before + what * max(1, size // len(what)) + after


def nested(opener: bytes, size: int, inner: bytes = b"") -> bytes:
    count = max(1, size // (len(opener) + 1))
    return opener * count + inner + END * count


# --- Locals -----------------------------------------------------------------------------------------------------------


@kind
def locals_50000(size: int) -> bytes:
    return functions(END, size, locals_=b"\1" + uleb(50_000) + I32)


@kind
def locals_50000_v128(size: int) -> bytes:
    return functions(END, size, locals_=b"\1" + uleb(50_000) + V128)


@kind
def locals_50000_without_default(size: int) -> bytes:
    return functions(END, size, locals_=b"\1" + uleb(50_000) + b"\x64\0")


@kind
def locals_50000_read(size: int) -> bytes:
    return functions(b"\x20" + uleb(49_999) + DROP + b"\x20\0" + DROP + END, size, locals_=b"\1" + uleb(50_000) + I32)


@kind
def locals_of_two_types(size: int) -> bytes:
    """Groups of one: each is a run of its own, and each is read."""
    groups = 25_000
    declared = uleb(2 * groups) + (b"\1" + I32 + b"\1" + I64) * groups
    read = b"".join(b"\x20" + uleb((i * 7919) % (2 * groups)) + DROP for i in range(groups))
    return functions(read + END, size, locals_=declared)


@kind
def locals_set_without_default(size: int) -> bytes:
    body = b"\xd2\0\x21\0" * 20 + END
    return functions(body, size, locals_=b"\1" + uleb(40_000) + b"\x64\0", between=(exported(0),))


@kind
def locals_of_no_width(size: int) -> bytes:
    return functions(END, size, locals_=uleb(1000) + (b"\0" + I32) * 1000)


@kind
def params_1000(size: int) -> bytes:
    return functions(END, size, [TAKES])


# --- Types ------------------------------------------------------------------------------------------------------------


def of_types(types: list[bytes]) -> bytes:
    return module(section(TYPE, vec(types)))


def distinct(i: int) -> list[bytes]:
    """Six value types that say which number this is."""
    numbers = (b"\x7f", b"\x7e", b"\x7d", b"\x7c")
    return [numbers[i >> 2 * digit & 3] for digit in range(9)]


@kind
def types_equal(size: int) -> bytes:
    return of_types([NOTHING] * (size // 3))


@kind
def types_distinct(size: int) -> bytes:
    return of_types([functype(distinct(i)) for i in range(size // 12)])


@kind
def types_structures(size: int) -> bytes:
    return of_types([b"\x5f" + vec([t + b"\0" for t in distinct(i)]) for i in range(size // 20)])


@kind
def types_empty_structures(size: int) -> bytes:
    return of_types([b"\x5f\0"] * (size // 2))


@kind
def types_arrays(size: int) -> bytes:
    return of_types([b"\x5e" + b"\x63" + sleb(max(i - 1, 0)) + b"\0" for i in range(size // 5)])


@kind
def types_subtypes(size: int) -> bytes:
    """Chains as deep as they may be."""
    types = []
    for i in range(size // 10):
        super_ = b"\0" if i % 63 == 0 else b"\1" + uleb(i - 1)
        types.append(b"\x50" + super_ + b"\x5f" + vec([I32 + b"\0"] * (i % 63 // 20)))
    return of_types(types)


@kind
def types_one_group(size: int) -> bytes:
    count = size // 6
    members = [b"\x5f" + vec([b"\x63" + sleb(i * 7 % count) + b"\0"]) for i in range(count)]
    return module(section(TYPE, b"\1\x4e" + vec(members)))


@kind
def types_small_groups(size: int) -> bytes:
    count = size // 12
    groups = [b"\x4e\2\x5f\1\x63" + sleb(2 * i + 1) + b"\0\x5f\1\x63" + sleb(2 * i) + b"\0" for i in range(count)]
    return module(section(TYPE, vec(groups)))


@kind
def types_empty_groups(size: int) -> bytes:
    return module(section(TYPE, vec([b"\x4e\0"] * (size // 2))))


@kind
def types_each_of_two_before(size: int) -> bytes:
    refs = [b"\x63" + sleb(max(i - 1, 0)) + b"\0\x63" + sleb(max(i - 2, 0)) + b"\0" for i in range(size // 10)]
    return of_types([b"\x5f\0"] + [b"\x5f\2" + two for two in refs])


@kind
def types_long(size: int) -> bytes:
    return of_types([functype([I32] * 995 + distinct(i)[:5], [I64] * 1000) for i in range(max(1, size // 2005))])


@kind
def structures_10000_fields(size: int) -> bytes:
    return of_types(
        [b"\x5f" + vec([I32 + b"\0"] * 9991 + [t + b"\0" for t in distinct(i)]) for i in range(size // 20_000)]
    )


@kind
def structures_10000_deep(size: int) -> bytes:
    """A chain of subtypes, each of ten thousand fields that are compared with those above."""
    types = []
    for i in range(max(2, size // 20_000)):
        super_ = b"\0" if i % 60 == 0 else b"\1" + uleb(i - 1)
        types.append(b"\x50" + super_ + b"\x5f" + vec([b"\x6e\0"] * 10_000))
    return of_types(types)


# --- Declarations -----------------------------------------------------------------------------------------------------


def exported(funcidx: int) -> bytes:
    return section(EXPORT, vec([b"\1f\0" + uleb(funcidx)]))


def short_name(i: int) -> bytes:
    encoded = bytes(0x21 + i // 90**digit % 90 for digit in range(4))
    return b"\4" + encoded


@kind
def imports_functions(size: int) -> bytes:
    return module(section(TYPE, vec([NOTHING])), section(IMPORT, vec([b"\0\0\0\0"] * (size // 4))))


@kind
def imports_globals(size: int) -> bytes:
    return module(section(IMPORT, vec([b"\0\0\3\x7f\0"] * (size // 5))))


@kind
def imports_named(size: int) -> bytes:
    entries = [short_name(i) + short_name(i + 1) + b"\0\0" for i in range(size // 12)]
    return module(section(TYPE, vec([NOTHING])), section(IMPORT, vec(entries)))


@kind
def exports_(size: int) -> bytes:
    exports = vec([short_name(i) + b"\0\0" for i in range(size // 7)])
    return module(
        section(TYPE, vec([NOTHING])),
        section(FUNCTION, b"\1\0"),
        section(EXPORT, exports),
        section(CODE, b"\1\2\0\x0b"),
    )


@kind
def functions_empty(size: int) -> bytes:
    return functions(END, size)


@kind
def tables(size: int) -> bytes:
    return module(section(TABLE, vec([FUNCREF + b"\0\0"] * (size // 3))))


@kind
def tables_with_values(size: int) -> bytes:
    return module(section(TABLE, vec([b"\x40\0" + FUNCREF + b"\0\0\xd0\x70\x0b"] * (size // 8))))


@kind
def memories(size: int) -> bytes:
    return module(section(MEMORY, vec([b"\0\0"] * (size // 2))))


@kind
def globals_(size: int) -> bytes:
    return module(section(GLOBAL, vec([I32 + b"\0\x41\0\x0b"] * (size // 5))))


@kind
def globals_that_compute(size: int) -> bytes:
    return module(section(GLOBAL, vec([I32 + b"\0\x41\0" + b"\x41\1\x6a" * 1000 + END] * max(1, size // 3005))))


@kind
def tags(size: int) -> bytes:
    return module(section(TYPE, vec([NOTHING])), section(TAG, vec([b"\0\0"] * (size // 2))))


@kind
def tags_1000(size: int) -> bytes:
    return module(section(TYPE, vec([TAKES])), section(TAG, vec([b"\0\0"] * (size // 2))))


@kind
def elements_empty(size: int) -> bytes:
    return module(section(ELEM, vec([b"\1\0\0"] * (size // 3))))


@kind
def elements_active(size: int) -> bytes:
    return module(section(TABLE, b"\1\x70\0\0"), section(ELEM, vec([b"\0\x41\0\x0b\0"] * (size // 5))))


@kind
def elements_of_expressions(size: int) -> bytes:
    count = size // 3
    return module(section(ELEM, b"\1\5\x70" + uleb(count) + b"\xd0\x70\x0b" * count))


@kind
def data_empty(size: int) -> bytes:
    return module(section(DATA, vec([b"\1\0"] * (size // 2))))


@kind
def data_active(size: int) -> bytes:
    return module(section(MEMORY, b"\1\0\0"), section(DATA, vec([b"\0\x41\0\x0b\0"] * (size // 5))))


@kind
def customs(size: int) -> bytes:
    return module(*[section(CUSTOM, b"\0")] * (size // 3))


@kind
def names(size: int) -> bytes:
    count = size // 4
    entries = b"".join(uleb(i) + b"\0" for i in range(count))
    content = uleb(count) + entries
    return module(section(CUSTOM, b"\4name\1" + uleb(len(content)) + content))


@kind
def padded_numbers(size: int) -> bytes:
    return functions(b"\x41\x80\x80\x80\x80\0\x1a" * 50 + END, size)


# --- Control ----------------------------------------------------------------------------------------------------------


@kind
def blocks_nested(size: int) -> bytes:
    return one(nested(b"\2\x40", size))


@kind
def blocks_of_1000(size: int) -> bytes:
    return one(CONST * THOUSAND + nested(b"\2\1", size) + UNREACHABLE, [NOTHING, WIDE])


@kind
def blocks_of_1000_in_a_row(size: int) -> bytes:
    return one(CONST * THOUSAND + repeated(b"\2\1\x0b", size) + UNREACHABLE, [NOTHING, WIDE])


@kind
def loops_of_1000_in_a_row(size: int) -> bytes:
    return one(CONST * THOUSAND + repeated(b"\3\1\x0b", size) + UNREACHABLE, [NOTHING, WIDE])


@kind
def ifs_of_1000(size: int) -> bytes:
    return one(CONST * THOUSAND + repeated(CONST + b"\4\1\x0b", size) + UNREACHABLE, [NOTHING, WIDE])


@kind
def ifs_and_elses_of_1000(size: int) -> bytes:
    return one(CONST * THOUSAND + repeated(CONST + b"\4\1\x05\x0b", size) + UNREACHABLE, [NOTHING, WIDE])


@kind
def dead_blocks_of_1000_results(size: int) -> bytes:
    return one(UNREACHABLE + repeated(b"\2\1\0\x0b", size) + UNREACHABLE, [NOTHING, GIVES])


@kind
def calls_of_1000(size: int) -> bytes:
    """Each takes what the one before gave."""
    body = repeated(b"\x10\0", 2000) + END
    return functions(CONST * THOUSAND + body, size, [WIDE], locals_=b"\0")


@kind
def calls_that_give_1000(size: int) -> bytes:
    return functions(b"\x10\1" * 20 + UNREACHABLE + END, size, [NOTHING, GIVES], before=(import_of(1),), typeidx=0)


def import_of(typeidx: int) -> bytes:
    """Two imported functions, the second of this type."""
    return section(IMPORT, vec([b"\0\0\0\0", b"\0\0\0" + uleb(typeidx)]))


@kind
def calls_dead(size: int) -> bytes:
    return one(UNREACHABLE + repeated(b"\x10\1", size), [NOTHING, TAKES], before=(import_of(1),))


@kind
def calls_dead_that_give(size: int) -> bytes:
    return one(UNREACHABLE + repeated(b"\x10\1\0", size), [NOTHING, GIVES], before=(import_of(1),))


@kind
def branches_of_1000(size: int) -> bytes:
    arm = CONST + b"\4\1\x0c\1\x0b"
    return one(CONST + CONST * THOUSAND + b"\2\1" + repeated(arm, size) + END + UNREACHABLE, [NOTHING, WIDE])


@kind
def branches_of_1000_moved(size: int) -> bytes:
    """The label wants the values a slot lower than they are."""
    inner = functype([I32] * 999, [I32] * 999)
    body = b"\2\2" + CONST * THOUSAND + repeated(CONST + b"\4\1\x0c\1\x0b", size) + UNREACHABLE + END + UNREACHABLE
    return one(body, [NOTHING, inner, functype([], [I32] * 999)])


@kind
def conditional_branches_of_1000(size: int) -> bytes:
    return one(b"\2\1" + CONST * THOUSAND + repeated(CONST + b"\x0d\0", size) + END + UNREACHABLE, [NOTHING, GIVES])


@kind
def returns_of_1000(size: int) -> bytes:
    arm = CONST + b"\4\0\x0f\x0b"
    return one(CONST * THOUSAND + repeated(arm, size), [WIDE])


@kind
def branches_on_null_of_1000(size: int) -> bytes:
    arm = b"\xd0\x70\xd5\0\x1a"
    return one(b"\2\1" + CONST * THOUSAND + repeated(arm, size) + END + UNREACHABLE, [NOTHING, GIVES])


@kind
def branches_on_casts_of_1000(size: int) -> bytes:
    gives = functype([], [I32] * 999 + [b"\x6e"])
    arm = b"\xfb\x18\3\0\x6e\x6b"
    return one(
        b"\2\1" + CONST * 999 + b"\xd0\x6e" + repeated(arm, size) + UNREACHABLE + END + UNREACHABLE, [NOTHING, gives]
    )


@kind
def tables_of_labels(size: int) -> bytes:
    return one(CONST + b"\x0e" + uleb(size) + bytes(size + 1))


@kind
def tables_of_labels_of_1000(size: int) -> bytes:
    table = CONST + b"\x0e\2\0\1\0"
    arm = CONST + b"\4\2" + table + END
    body = b"\2\1" * 2 + CONST * THOUSAND + repeated(arm, size) + (END + UNREACHABLE) * 2
    return one(body, [NOTHING, GIVES, WIDE])


@kind
def tables_of_labels_of_a_deep_nest(size: int) -> bytes:
    depth = size // 8
    labels = b"".join(uleb(i) for i in range(depth))
    return one(b"\2\x40" * depth + CONST + b"\x0e" + uleb(depth) + labels + b"\0" + END * depth)


@kind
def tries_of_200_clauses(size: int) -> bytes:
    return one(nested(b"\x1f\x40" + vec([b"\2\0"] * 200), size))


@kind
def clauses_of_1000(size: int) -> bytes:
    clause = b"\0\0\0"
    body = b"\2\1" + b"\x1f\x40" + vec([clause] * (size // 3)) + END + UNREACHABLE + END + UNREACHABLE
    return one(body, [NOTHING, GIVES, TAKES], between=(section(TAG, b"\1\0\2"),))


@kind
def throws_of_1000(size: int) -> bytes:
    body = UNREACHABLE + repeated(b"\x08\0", size)
    return one(body, [NOTHING, GIVES, TAKES], between=(section(TAG, b"\1\0\2"),))


@kind
def tail_calls_of_1000(size: int) -> bytes:
    return one(CONST * THOUSAND + repeated(CONST + b"\4\0\x12\0\x0b", size), [WIDE])


@kind
def selects_with_a_type(size: int) -> bytes:
    return one(CONST + repeated(CONST + CONST + b"\x1c\1\x7f", size) + DROP)


@kind
def select_with_many_types(size: int) -> bytes:
    """Not valid, which is told only after the last of them."""
    return one(UNREACHABLE + b"\x1c" + uleb(size) + I32 * size)


@kind
def operands(size: int) -> bytes:
    return one(CONST * (size // 3) + DROP * (size // 3))


@kind
def local_operands_saved(size: int) -> bytes:
    """Many operands name a local, which is set again and again."""
    return one((b"\x20\0" * 100 + CONST + b"\x21\0" + DROP * 100) * (size // 305), locals_=b"\1\1\x7f")


@kind
def vectors(size: int) -> bytes:
    return functions((b"\xfd\x0c" + bytes(16) + DROP) * 20 + END, size)


@kind
def numeric(size: int) -> bytes:
    return functions(CONST + b"\x41\1\x6a\x41\3\x6c" * 100 + DROP + END, size)


@kind
def reference_types_matched(size: int) -> bytes:
    """Each pair of types is compared once, by their chains of supertypes."""
    count = 60
    types = [NOTHING] + [b"\x50" + (b"\0" if i == 0 else b"\1" + uleb(i)) + b"\x5f\0" for i in range(count)]
    pairs = b"".join(
        b"\2\x63" + sleb(1 + low) + b"\xd0" + sleb(1 + high) + END + DROP
        for high in range(count)
        for low in range(high)
    )
    return functions(pairs + END, size, types)


@kind
def structures_dead(size: int) -> bytes:
    return one(UNREACHABLE + repeated(b"\xfb\0\1\x1a", size), [NOTHING, b"\x5f" + vec([I32 + b"\0"] * 10_000)])


@kind
def structures_default(size: int) -> bytes:
    """Whether all fields have a default is asked of each."""
    return one(repeated(b"\xfb\1\1\x1a", size), [NOTHING, b"\x5f" + vec([I32 + b"\0"] * 10_000)])


@kind
def structures_of_1000_from_calls(size: int) -> bytes:
    types = [NOTHING, GIVES, b"\x5f" + vec([I32 + b"\0"] * THOUSAND)]
    return one(repeated(b"\x10\1\xfb\0\2\x1a", size), types, before=(import_of(1),))


@kind
def arrays_fixed_dead(size: int) -> bytes:
    return one(UNREACHABLE + repeated(b"\xfb\x08\1" + uleb(10_000) + DROP, size), [NOTHING, b"\x5e\x7f\0"])


@kind
def function_references(size: int) -> bytes:
    return functions(b"\xd2\0\x1a" * 50 + END, size, between=(exported(0),))


# --- Measuring --------------------------------------------------------------------------------------------------------


class Cost(NamedTuple):
    """Nanoseconds a byte of the module (of its function bodies for lowering); bytes of memory a byte at the peak."""

    size: int
    check: float
    lower: float
    memory: float


def real_modules() -> list[Path]:
    here = Path(__file__).resolve().parent
    return [resvg(), here / "kernels.wasm", *sorted((here.parent / "examples").glob("*.wasm"))]


def checked(data: bytes) -> object:
    """Decode and validate; what is not valid costs as much."""
    try:
        decoded = decode(data)
        validate(decoded)
    except WasmError:
        return None
    return decoded


def lower_all(data: bytes, seconds: float) -> tuple[float, int]:
    """Seconds that lowering takes, and of how many bytes of bodies, in about as long as was said."""
    syntax = decode(data)
    context = Context(syntax, accumulators=DISPATCH == "threaded")
    start, done = time.process_time(), 0
    for index in range(len(syntax.funcs)):
        lower(context, index)
        done += syntax.code[2 * index + 1] - syntax.code[2 * index]
        if time.process_time() - start > seconds:
            break
    return time.process_time() - start, done


def peak(data: bytes) -> int:
    """Bytes of memory that decoding and validating takes at the peak."""
    tracemalloc.start()
    try:
        checked(data)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def cost(data: bytes, rounds: int, memory: bool) -> Cost:
    gc.collect()
    gc.freeze()  # what is there by now costs nothing
    check = best_of({"check": lambda: checked(data)}, rounds, time.process_time)["check"]
    seconds, done = (0.0, 0) if checked(data) is None else min(lower_all(data, 1.0) for _ in range(rounds))
    return Cost(
        len(data),
        check / len(data) * 1e9,
        seconds / done * 1e9 if done else 0.0,
        peak(data) / len(data) if memory else 0.0,
    )


def chosen(words: list[str]) -> Iterator[tuple[str, Maker]]:
    for name, make in FAMILY.items():
        if not words or any(word in name for word in words):
            yield name, make


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--size", type=int, default=200_000, help="bytes of a module, about")
    parser.add_argument("--rounds", type=int, default=2, help="the best of so many rounds is taken")
    parser.add_argument("--memory", action="store_true", help="measure memory too")
    options = parser.parse_args()
    costs = [cost(path.read_bytes(), options.rounds, options.memory) for path in real_modules()]
    total = sum(real.size for real in costs)
    check = sum(real.check * real.size for real in costs) / total
    lowering = sum(real.lower * real.size for real in costs) / total
    print(f"{len(costs)} real modules, {total} bytes: {check:.1f} ns a byte checked, {lowering:.1f} ns lowered")
    rows = [(name, cost(make(options.size), options.rounds, options.memory)) for name, make in chosen(options.names)]
    for name, (size, ns, lower_ns, memory) in sorted(
        rows, key=lambda row: -max(row[1].check / check, row[1].lower / lowering)
    ):
        print(
            f"{name:40} {size:8} bytes: {ns:8.1f} ns, {ns / check:6.1f} times; lowered {lower_ns:8.1f} ns, "
            f"{lower_ns / lowering:6.1f} times" + (f"; {memory:6.1f} bytes of memory a byte" if options.memory else "")
        )


if __name__ == "__main__":
    main()
