"""Modules made to break validators: depth, counts, and sizes whose product is huge. All end in time that is in proportion to
their bytes, in little memory.

The sizes are for the compiled validator; as ordinary Python it is asked for a fraction of them.
"""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from functools import partial

import pytest

from tests.encode import (
    CODE,
    DATA,
    ELEM,
    EXPORT,
    FUNCTION,
    GLOBAL,
    I32,
    I64,
    IMPORT,
    MEMORY,
    TABLE,
    TYPE,
    body,
    functype,
    module,
    name,
    one_function,
    section,
    sleb,
    uleb,
    vec,
)
from tests.growth import FACTOR, NOISE, assert_in_proportion, seconds
from wasmvm.binary import decode
from wasmvm.errors import DecodeError, ValidationError
from wasmvm.validation import body as validator
from wasmvm.validation import validate

COMPILED = not (validator.__file__ or "").endswith(".py")
MILLION = 1_000_000 if COMPILED else 20_000

NOTHING = functype()
THOUSAND_RESULTS = functype([], [I32] * 1000)
THOUSAND_BOTH = functype([I32] * 1000, [I32] * 1000)
CONST = b"\x41\0"
UNREACHABLE, BLOCK, LOOP, IF, END = b"\0", b"\2\x40", b"\3\x40", b"\4\x40", b"\x0b"
BLOCK_OF_TYPE_1 = b"\2\1"


def check(data: bytes, message: str | None = None) -> None:
    """Validate; `message` is how the refusal begins, None for a valid module."""
    try:
        validate(decode(data))
        refused = None
    except (DecodeError, ValidationError) as error:
        refused = error.message
    if message is None:
        assert refused is None
    else:
        assert refused is not None
        assert refused.startswith(message)


def check_growth(data: Callable[[int], bytes], size: int, message: str | None = None) -> None:
    """As `check`, for a module of a size and one of a fraction of it: the time is in proportion."""
    assert_in_proportion(lambda n: partial(check, data(n), message), size // FACTOR)


# --- depth ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("opener", [BLOCK, LOOP, CONST + IF], ids=["block", "loop", "if"])
def test_nesting(opener: bytes) -> None:
    check_growth(lambda n: one_function(opener * n + END * (n + 1)), MILLION)
    check_growth(lambda n: one_function(opener * n + END * n), MILLION, "unexpected end of section or function")
    check_growth(lambda n: one_function(opener * n + END * (n + 2)), MILLION, "section size mismatch")


def test_branches_out_of_a_deep_nest() -> None:
    check_growth(lambda n: one_function(LOOP * n + b"\x0c" + uleb(n) + END * (n + 1)), MILLION)
    check_growth(lambda n: one_function(LOOP * n + b"\x0c" + uleb(n + 1) + END * (n + 1)), MILLION, "unknown label")
    check_growth(lambda n: one_function((LOOP + CONST + b"\x0d\1") * n + END * (n + 1)), MILLION)
    check_growth(
        lambda n: one_function(LOOP * n + b"".join(CONST + b"\x0d" + uleb(n - i) for i in range(n)) + END * (n + 1)),
        MILLION // 4,
    )


def test_nested_constant_expression() -> None:
    check_growth(
        lambda n: module(section(GLOBAL, vec([I32 + b"\0" + BLOCK * n + END * (n + 1)]))),
        MILLION,
        "constant expression",
    )


def test_blocks_with_a_thousand_parameters() -> None:
    """Fourteen kilobytes that copying the operands at each block would turn into gigabytes."""

    def nested(depth: int) -> bytes:
        code = CONST * 1000 + BLOCK_OF_TYPE_1 * depth + END * depth + UNREACHABLE + END
        return one_function(code, types=[NOTHING, THOUSAND_BOTH])

    check(nested(1000))
    check_growth(nested, MILLION // 10)


# --- operands ---------------------------------------------------------------------------------------------------------


def test_many_operands() -> None:
    check_growth(lambda n: one_function(CONST * n + b"\x1a" * n + END), MILLION)
    message = "type mismatch: block requires [] but stack has [... i32"
    check_growth(lambda n: one_function(CONST * n + END), MILLION, message)


def test_more_operands_than_memory_should_be_spent_on() -> None:
    """A call takes two bytes and can push a thousand operands."""
    data = module(
        section(TYPE, vec([THOUSAND_RESULTS])),
        section(FUNCTION, vec([b"\0"])),
        section(CODE, vec([body(b"\x10\0" * 1_001 + UNREACHABLE + END)])),
    )
    if COMPILED:
        check(data, "too many operands on the stack")


def test_the_last_operand_that_there_may_be() -> None:
    """A million; whether they are pushed alone or many at once."""
    full = UNREACHABLE + (BLOCK_OF_TYPE_1 + UNREACHABLE + END) * 999
    for rest, message in (
        ((BLOCK_OF_TYPE_1 + UNREACHABLE + END), None),
        (CONST * 1000, None),
        (CONST * 1001, "too many operands on the stack (limit 1000000)"),
        ((CONST + BLOCK_OF_TYPE_1 + UNREACHABLE + END), "too many operands on the stack (limit 1000000)"),
    ):
        check(one_function(full + rest + UNREACHABLE + END, types=[NOTHING, THOUSAND_RESULTS]), message)


@pytest.mark.parametrize(("rest", "message"), [(0, None), (1, "too many operands on the stack (limit 1000000)")])
def test_a_million_operands_however_room_was_made_for_them(rest: int, message: str | None) -> None:
    """The room doubles, with what is pushed on top: here it ends a little below the limit, and the last push passes it."""
    room, height, code = 256, 0, b""
    for pushed, typeidx in (*[(232, 1)] * 10, (540, 2)):
        while height + pushed <= room:
            height, code = height + pushed, code + block_of_type(typeidx)
        room, height, code = 2 * room + pushed, height + pushed, code + block_of_type(typeidx)
    assert room == 999_500
    thousands, ones = divmod(999_500 - height, 1000)
    code += block_of_type(3) * thousands + CONST * ones + block_of_type(4)
    types = [NOTHING, *(functype([], [I32] * count) for count in (232, 540, 1000, 500))]
    check(one_function(UNREACHABLE + code + CONST * rest + UNREACHABLE + END, types=types), message)


def block_of_type(typeidx: int) -> bytes:
    return b"\x02" + bytes([typeidx]) + UNREACHABLE + END


def test_blocks_with_a_thousand_results_in_unreachable_code() -> None:
    for count, message in ((1000, None), (1001, "too many operands on the stack")):
        code = UNREACHABLE + (BLOCK_OF_TYPE_1 + UNREACHABLE + END) * count + UNREACHABLE + END
        check(one_function(code, types=[NOTHING, THOUSAND_RESULTS]), message)


@pytest.mark.parametrize("before", [UNREACHABLE, CONST * 1000], ids=["unreachable", "reachable"])
def test_br_if_with_a_thousand_operands(before: bytes) -> None:

    def branching(n: int) -> bytes:
        code = BLOCK_OF_TYPE_1 + before + (CONST + b"\x0d\0") * n + END + UNREACHABLE + END
        return one_function(code, types=[NOTHING, THOUSAND_RESULTS])

    check_growth(branching, MILLION // 50)


# --- tables of labels -------------------------------------------------------------------------------------------------


def test_long_br_table() -> None:
    check_growth(lambda n: one_function(CONST + b"\x0e" + uleb(n) + bytes(n + 1) + END), 5 * MILLION)


def test_long_br_table_with_a_thousand_operands() -> None:
    """The labels alternate: checking the operands for each of them would take a thousand times as long."""

    def table(labels: bytes) -> bytes:
        code = BLOCK_OF_TYPE_1 * 2 + CONST * 1001 + b"\x0e" + uleb(len(labels) - 1) + labels
        return one_function(code + (END + UNREACHABLE) * 2 + END, types=[NOTHING, THOUSAND_RESULTS])

    count = 5 * MILLION
    check(table(b"\0\1" * (count // 2) + b"\0"))
    few = min(seconds(partial(check, table(bytes(count + 1)))) for _ in range(3))
    many = min(seconds(partial(check, table(b"\0\1" * (count // 2) + b"\0"))) for _ in range(3))
    assert many < 50 * few + NOISE


@pytest.mark.parametrize("count", [2**32 - 1, 0xFFFF_FFFC, 100])
def test_br_table_whose_length_lies(count: int) -> None:
    check(one_function(CONST + b"\x0e" + uleb(count) + b"\0\0" + END), "length out of bounds")


def test_br_table_in_a_later_function_forgets_the_earlier_ones() -> None:
    """What one br_table found to fit must not stand for another, with other operands."""
    signatures = [NOTHING, functype([], [I32])]
    good = body(BLOCK_OF_TYPE_1 + CONST + CONST + b"\x0e\1\0\0" + END + b"\x1a" + END)
    bad = body(BLOCK_OF_TYPE_1 + b"\x42\0" + CONST + b"\x0e\1\0\0" + END + b"\x1a" + END)
    for bodies, message in (([good, good], None), ([good, bad], "type mismatch"), ([bad, good], "type mismatch")):
        data = module(
            section(TYPE, vec(signatures)), section(FUNCTION, vec([b"\0", b"\0"])), section(CODE, vec(bodies))
        )
        check(data, message)


# --- declarations -----------------------------------------------------------------------------------------------------


def test_a_million_functions() -> None:

    def functions(count: int) -> bytes:
        return module(
            section(TYPE, vec([NOTHING])),
            section(FUNCTION, uleb(count) + b"\0" * count),
            section(CODE, uleb(count) + b"\2\0\x0b" * count),
        )

    check_growth(functions, MILLION)
    count = MILLION
    decoded = decode(functions(count))
    tracemalloc.start()
    try:
        validate(decoded)
        assert tracemalloc.get_traced_memory()[1] < 20 * count + 1_000_000
    finally:
        tracemalloc.stop()


def test_functions_with_as_many_locals_as_there_may_be() -> None:

    def functions(count: int) -> bytes:
        return module(
            section(TYPE, vec([NOTHING])),
            section(FUNCTION, uleb(count) + b"\0" * count),
            section(CODE, uleb(count) + body(END, [b"\xd0\x86\3\x7f"]) * count),
        )

    check_growth(functions, MILLION // 10)


def test_groups_of_no_locals() -> None:
    check_growth(lambda n: one_function(END, local_groups=[b"\0\x7f"] * n), MILLION)


def test_many_long_types() -> None:
    long = functype([I32] * 999 + [I64], [I64] * 1000)
    check_growth(lambda n: module(section(TYPE, vec([long] * n))), MILLION // 500)


def test_many_types() -> None:
    check_growth(lambda n: module(section(TYPE, uleb(n) + NOTHING * n)), MILLION)


def test_many_element_expressions() -> None:
    check_growth(lambda n: module(section(ELEM, b"\1\5\x70" + uleb(n) + b"\xd0\x70\x0b" * n)), MILLION // 4)


def test_select_with_a_million_types() -> None:
    check_growth(
        lambda n: one_function(UNREACHABLE + b"\x1c" + uleb(n) + I32 * n + END), MILLION, "invalid result arity"
    )


def test_long_work_looks_around() -> None:
    """Decoding and validation call their checkpoint in proportion to the bytes, and end with what it raises."""
    entries = 100_000 if COMPILED else 20_000
    modules = {
        "one body": one_function(CONST + b"\x1a" + (CONST + b"\x1a") * entries + END),
        "many bodies": module(
            section(TYPE, vec([NOTHING])),
            section(FUNCTION, uleb(entries) + b"\0" * entries),
            section(CODE, uleb(entries) + b"\2\0\x0b" * entries),
        ),
        "a table of labels": one_function(CONST + b"\x0e" + uleb(entries) + bytes(entries + 1) + END),
        "globals": module(section(GLOBAL, vec([I32 + b"\0\x41\0\x0b"] * entries))),
        "a constant expression": module(section(GLOBAL, vec([I32 + b"\0\x41\0" + b"\x41\0\x6a" * entries + END]))),
        "types": module(section(TYPE, vec([NOTHING] * entries))),
        "types with supertypes": module(section(TYPE, vec([b"\x50\0\x5f\0"] + [b"\x50\1\0\x5f\0"] * (entries // 8)))),
        "customs": module(*[section(0, b"\0")] * entries),
        "a group of types": module(
            section(TYPE, vec([b"\x4e" + vec([b"\x5f\1\x63" + sleb(i) + b"\0" for i in range(entries)])]))
        ),
        "imports": module(section(IMPORT, vec([b"\0\0\3" + I32 + b"\0"] * entries))),
        "exports": module(
            section(GLOBAL, vec([I32 + b"\0\x41\0\x0b"])),
            section(EXPORT, vec([name(str(i)) + b"\3\0" for i in range(entries)])),
        ),
        "tables": module(section(TABLE, vec([b"\x70\0\0"] * entries))),
        "data": module(section(MEMORY, b"\1\0\1"), section(DATA, vec([b"\0\x41\0\x0b\0"] * entries))),
        "elements": module(
            section(TYPE, vec([NOTHING])),
            section(FUNCTION, vec([b"\0"])),
            section(TABLE, vec([b"\x70\0\0"])),
            section(ELEM, vec([b"\1\0" + uleb(8 * entries) + bytes(8 * entries)])),
            section(CODE, vec([b"\2\0\x0b"])),
        ),
        "element expressions": module(section(ELEM, b"\1\5\x70" + uleb(entries) + b"\xd0\x70\x0b" * entries)),
        "locals": one_function(END, local_groups=[b"\0" + I32] * entries),
    }
    for kind, data in modules.items():
        calls = 0

        def count() -> None:
            nonlocal calls
            calls += 1

        validate(decode(data, None, count), count)
        assert calls >= len(data) >> 17, kind
        assert calls <= 10 + (len(data) >> 8), kind

        def stop(at: int = calls) -> None:
            nonlocal calls
            calls -= 1
            if not calls:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            validate(decode(data, None, stop), stop)
