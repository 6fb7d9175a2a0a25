"""What an arm says as text agrees with what the fields of its row say, as far as a text can be asked."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from tests.isa.regop.texts import all_statements, fields, text
from wasmvm.isa.regop import arm
from wasmvm.isa.regop.row import RegOp
from wasmvm.isa.regop.rows import ROWS
from wasmvm.isa.regop.statements import LOCALS, Exit, Go, Result

PACKAGE = Path(arm.__file__).parent.parent.parent


def each_row(test: Callable[[RegOp], None]) -> Callable[[], None]:
    """A test of one row as a test of all: nine hundred tests of a millisecond would take longer to list than to run."""

    def over_all() -> None:
        for row in ROWS:
            try:
                test(row)
            except AssertionError as error:
                raise AssertionError(f"{row.name}: {error}") from error

    return over_all


BY_DRIVER = frozenset(
    ("memory.grow", "table.grow", "lower", "memory.atomic.wait32", "memory.atomic.wait64", "memory.atomic.notify")
)
"""Rows whose operands the driver reads."""


@each_row
def test_the_arm_names_what_there_is(row: RegOp) -> None:
    letters = {operand.letter for operand in row.operands}
    others = {"inst", "budget", "stack_end", "mem_len", "length", *LOCALS}
    assert {name for name, _ in fields(row)} <= letters | others


@each_row
def test_the_arm_reads_every_operand(row: RegOp) -> None:
    if row.name not in BY_DRIVER:
        named = {name for name, _ in fields(row)}
        written = {"d"} if arm.result(row) is not None else set()
        # The collector reads `s`, and of two slots in words side by side the second is reached from the first.
        beside = {"s"} if row.touches is not None and "heap" in row.touches else set()
        beside |= {"b"} if row.name == "select_v128" else set()
        assert {operand.letter for operand in row.operands} <= named | written | beside


@each_row
def test_operands_are_read_as_what_they_are(row: RegOp) -> None:
    """As their own type, or as less of it; 64 bits of any kind as those, and what is an address of slots never."""
    for name, type_ in fields(row):
        operand = row.operand(name)
        if operand is None or not type_:
            continue
        as_bits = {"bits", "ref", "elemaddr", "i64"}
        assert operand.type == type_ or (type_ == "i64" and operand.type in as_bits), (name, type_, operand)


@each_row
def test_what_may_be_in_a_register_is_read_for_its_value_alone(row: RegOp) -> None:
    for operand in row.operands:
        if operand.role == "read" and operand.type in ("i32", "i64", "f32", "f64", "bits") and not row.rare:
            assert {type_ for name, type_ in fields(row) if name == operand.letter} != {""}, operand


@each_row
def test_only_a_checked_address_is_gone_to(row: RegOp) -> None:
    left_to_driver = row.name.startswith("memory.atomic.")  # which goes there
    assert ("mem +" in text(row)) == (row.address is not None and not left_to_driver)
    if row.address is not None:
        assert "TRAP_MEMORY_OUT_OF_BOUNDS" in arm.reasons(row)
        assert row.touches is not None and "memory" in row.touches


SIGNS = {
    "memories": r"\.mems\b|\.mem\.|EXIT_MEMORY_GROW",
    "datas": r"\.datas\b",
    "elems": r"\.elems\[\{[xy]\}\]",
    "tables": r"\.tables\b|EXIT_TABLE_GROW",
    "globals": r"\.globals\b",
    "heap": r"\bheap\b|object_t|<uint8_t\*><size_t>\{ea\}|\barray_\w+\(|\bstruct_\w+\(|descriptor_at|is_described_by",
    "functions": r"\{callee\}|\.all_funcs\b|EXIT_LOWER",
    "frames": r"\bframe\b|\{stack_end\}|EXIT_DONE|EXIT_THROW",
    "fuel": r"\bfuel\b",
    "instance": r"\{inst\} = |\.other_mem = ",
    "references": r"\.ptr\b|is_of_heaptype|\.elems\[\{a:i64\}\]|table_\w+\(|EXIT_TABLE_GROW|<size_t>\{ea\}|(array|struct)_\w+\(|descriptor_at|is_described_by",
}
"""By what a row declares to touch, the text that does it."""


@each_row
def test_rows_declare_what_their_text_touches(row: RegOp) -> None:
    assert row.touches is not None
    crosses = {"instance", "memories"} if row.control in ("call", "tail_call", "return") else set()
    uses_memory = {"references"} if row.control in ("call", "tail_call") else set()  # functions that are validated
    for touched, sign in SIGNS.items():
        found = re.search(sign, text(row)) is not None
        if touched in crosses | uses_memory:
            continue
        assert found == (touched in row.touches), (touched, text(row))


@each_row
def test_what_leaves_or_jumps_says_so(row: RegOp) -> None:
    body = list(all_statements(arm.statements(row)))
    goes = {statement.label for statement in body if isinstance(statement, Go)}
    last = arm.statements(row)[-1] if arm.statements(row) else ""
    sets_pc = any(isinstance(statement, str) and statement.startswith("pc = ") for statement in body)
    assert goes == {"branch": {"t", ""}, "jump": {"t"}}.get(row.control, set())
    assert sets_pc == (row.control in ("table", "call", "tail_call", "return"))
    assert isinstance(last, Exit) == (row.control in ("driver", "stop", "throw"))


@each_row
def test_a_result_is_written_last_and_once(row: RegOp) -> None:
    body = list(all_statements(arm.statements(row)))
    results = [statement for statement in body if isinstance(statement, Result)]
    assert len(results) <= 1
    if results:
        written = row.operand("d")
        assert written is not None
        assert arm.statements(row)[-1] == results[0]
        narrow = {"f32", "f64"}
        assert (results[0].type if results[0].type in narrow else "") == (
            written.type if written.type in narrow else ""
        )


@each_row
def test_ways_back_calls_and_throws_pay(row: RegOp) -> None:
    back = row.branch is not None and row.branch.back
    pays = back or row.control in ("table", "call", "tail_call", "throw", "driver")
    assert arm.pays(row) == (pays or row.name == "pay")


# --- the functions that arms call ------------------------------------------------------------------------------------

DEFINITION = re.compile(r"^cdef (?:inline )?[\w*]+ (\w+)\(", re.MULTILINE)


def functions() -> dict[str, str]:
    """The text of each function of the loop, by name."""
    found = {}
    for path in sorted((PACKAGE / "machine/loop").glob("*.pxi")):
        source = path.read_text()
        starts = [*DEFINITION.finditer(source)]
        for match, following in zip(starts, [*starts[1:], None], strict=True):
            found[match[1]] = source[match.start() : following.start() if following else None]
    return found


FUNCTIONS = functions()


def reasons_of(name: str, seen: set[str]) -> set[str]:
    """The traps and exits that a function names, or one that it calls."""
    seen.add(name)
    body = FUNCTIONS[name]
    found = set(re.findall(r"\b(?:TRAP|EXIT)_[A-Z0-9_]+", body))
    for called in re.findall(r"\b(\w+)\(", body):
        if called in FUNCTIONS and called not in seen:
            found |= reasons_of(called, seen)
    return found


@each_row
def test_rows_say_what_the_functions_they_call_return(row: RegOp) -> None:
    called = [name for name in re.findall(r"\{reason\} = (\w+)\(", text(row)) if name in FUNCTIONS]
    found = {reason for name in called for reason in reasons_of(name, set())}
    assert found == set(row.raises)
    by_call = [s for s in all_statements(arm.statements(row)) if isinstance(s, Exit) and not s.reason]
    assert bool(called) == bool(by_call)


def test_traps_have_conditions() -> None:
    by_name = {row.name: row for row in ROWS}
    assert [trap for _, trap in arm.traps(by_name["i32.div_s"])] == [
        "TRAP_INTEGER_DIVISION_BY_ZERO",
        "TRAP_INTEGER_OVERFLOW",
    ]
    assert arm.traps(by_name["i64.rem_u_rk"]) == (("{K:i64} == 0", "TRAP_INTEGER_DIVISION_BY_ZERO"),)
    assert arm.traps(by_name["i32.add"]) == ()
    assert arm.traps(by_name["memory.fill"]) == (("", "TRAP_MEMORY_OUT_OF_BOUNDS"),)
    assert [trap for _, trap in arm.traps(by_name["i31.get_s"])] == ["TRAP_NULL_I31_REFERENCE"]
