"""The arm of a register instruction, made of the fields of its row, and what follows from it.

`statements` is all that the loops print. What an instruction traps on, pays, and does to accumulators is read off the
statements, so no row can say one thing and do another.
"""

from __future__ import annotations

from collections.abc import Iterator

from wasmvm.isa.regop.row import Access, Address, Bulk, Field, RegOp
from wasmvm.isa.regop.statements import PAY, Exit, Go, If, Result, Statement, Statements, trap_if

INT_RESULT, F64_RESULT, F32_RESULT, CLOBBERS = range(1, 5)
"""What an instruction does to the accumulators; 0 for nothing."""

_EFFECTS = {"bits": INT_RESULT, "i32": INT_RESULT, "i64": INT_RESULT, "f64": F64_RESULT, "f32": F32_RESULT}


def statements(row: RegOp) -> Statements:
    """What the instruction does, without the way on to the next one."""
    return tuple(_statements(row))


def _statements(row: RegOp) -> Iterator[Statement]:
    if row.bulk is not None:
        yield _size_is_paid(row.bulk, row.enum_name)
    place = ""
    if row.address is not None and row.access is not None:
        yield from _address(row.address, row.access)
        place = "(mem + {ea})"
    elif row.field is not None and row.access is not None:
        yield from _field(row.field)
        place = _place(row.field, row.access.width)
    if row.branch is not None:
        yield from _branch(row)
    elif row.operator is not None and row.lanes is None:
        values = operator_values(row)
        for check in row.operator.check_texts(values):
            yield trap_if(check.condition, check.trap)
        yield Result(row.operator.result, row.operator.text(values))
    elif row.access is not None and row.access.text:
        yield _access(row, row.access, place)
    elif row.lanes is not None:
        yield lanes_call(row)
    yield from row.text


# --- Numbers ---------------------------------------------------------------------------------------------------------


def operator_values(row: RegOp) -> dict[str, str]:
    """What stands for ``a`` and ``b`` in the expression of the row's operator."""
    if row.operator is None:
        raise ValueError(f"{row.name} has no operator")
    slots, constants = iter("abc"), iter("km")
    values = {}
    for name, type_, place in zip("ab", row.operator.params, row.form, strict=False):
        wide = type_ in ("i64", "f64")
        values[name] = f"{{{next(slots) if place == 'r' else 'K' if wide else next(constants)}:{type_}}}"
    return values


# --- Branches --------------------------------------------------------------------------------------------------------


def _branch(row: RegOp) -> Iterator[Statement]:
    branch = row.branch
    if branch is None:
        return
    pays: Statements = PAY if branch.back else ()
    if row.operator is None and not branch.condition:
        yield from (*pays, Go("t"))
        return
    sum_is_written: Statements = ()
    if branch.adds:
        # The sum is written last, since an instruction whose budget is used up begins anew.
        yield "{ea} = <uint32_t>({a:i32} + {k:i32})"
        sum_is_written = ("fp[{d}].u64 = {ea}",)
    yield If(condition(row), (*pays, *sum_is_written, Go("t")), (*sum_is_written, Go()))


def condition(row: RegOp) -> str:
    """What decides the branch, as text."""
    if row.branch is None:
        raise ValueError(f"{row.name} is no branch")
    if row.operator is None:
        text = row.branch.condition
    elif row.branch.adds:
        right = "{b:i32}" if row.form == "rr" else "{m:i32}"
        text = row.operator.text({"a": "<uint32_t>{ea}", "b": right})
    else:
        text = row.operator.text(operator_values(row))
    if row.branch.when:
        return text
    return f"not {text}" if row.operator is None else f"not ({text})"


# --- Memory and objects ----------------------------------------------------------------------------------------------


def address(where: Address) -> str:
    """The sum of an address, as text."""
    if where.wide:
        return f"{{{where.base}:i64}} + {{{where.offset}:i64}}"
    offset = f"<uint32_t>{{{where.offset}}}"
    terms = [f"{{{where.base}:i32}}"] if where.base else []
    if where.second:
        terms.append(f"({{{where.second}:i32}} << {{{where.shift}}})" if where.shift else f"{{{where.second}:i32}}")
    if where.constant:
        terms.append(f"{{{where.constant}:i32}}")
    if len(terms) > 1:
        return f"<uint64_t><uint32_t>({' + '.join(terms)}) + {offset}"
    return f"<uint64_t>{terms[0]} + {offset}" if terms else f"<uint64_t>{offset}"


def _address(where: Address, access: Access) -> Iterator[Statement]:
    width = access.width
    yield "{ea} = " + address(where)
    if access.aligned and width > 1:
        yield trap_if(f"{{ea}} & {width - 1}", "TRAP_UNALIGNED_ATOMIC")
    # A sum of 64 bits may wrap around; what is less than the memory's length is also far from that.
    wraps = f"{{ea}} < {{{where.offset}:i64}} or {{ea}} >= {{mem_len}} or " if where.wide else ""
    yield trap_if(f"{wraps}{{ea}} + {width} > {{mem_len}}", "TRAP_MEMORY_OUT_OF_BOUNDS")


def _field(field: Field) -> Iterator[Statement]:
    yield f"{{ea}} = {{{field.reference}:i64}}"
    yield trap_if("{ea} == 0", f"TRAP_NULL_{field.object.upper()}_REFERENCE")
    if field.element:
        length = "(<object_t*><size_t>{ea}).length"
        yield trap_if(f"{{{field.element}:i32}} >= {length}", "TRAP_ARRAY_OUT_OF_BOUNDS")


def _place(field: Field, width: int) -> str:
    """Where the field or element is, as text."""
    at = f"OBJECT_HEADER + {width} * <uint64_t>{{{field.element}:i32}}" if field.element else f"{{{field.offset}}}"
    return f"(<uint8_t*><size_t>{{ea}} + {at})"


def _access(row: RegOp, access: Access, place: str) -> Statement:
    if access.kind == "store":
        return access.text.format(p=place, v=_value(row, access.value))
    if access.width == 16:
        return access.text.format(p=place)
    return Result(access.type, access.text.format(p=place))


def _value(row: RegOp, letter: str) -> str:
    """The value that is stored, as text."""
    operand = row.operand(letter)
    if operand is None:
        raise ValueError(f"{row.name} stores no {letter}")
    if operand.type == "v128":
        return f"fp[{{{letter}}}]"
    if operand.role == "constant" and operand.type == "i32":
        return f"{{{letter}}}"  # whose lowest bits are stored
    return f"{{{letter}:{'i64' if operand.type == 'bits' else operand.type}}}"


def _size_is_paid(bulk: Bulk, enum_name: str) -> Statement:
    size, unit = bulk.size, bulk.unit
    return If(
        f"{size} > FREE_{unit}",
        (
            f"{{budget}} -= <int64_t>min(<uint64_t>{size} >> {unit}_PER_UNIT, <uint64_t>MAX_UNITS)",
            If("{budget} < 0", (f"machine.now.bulk.op = {enum_name}", Exit("EXIT_BULK")), unlikely=True),
        ),
        unlikely=True,
    )


# --- Vectors ---------------------------------------------------------------------------------------------------------


def function_name(row: RegOp) -> str:
    """The function of a vector instruction; its form with a constant operand calls the same."""
    return "v_" + (row.serves[0] if row.serves else row.name).replace(".", "_")


def lanes_call(row: RegOp) -> str:
    """The call of the function that works on the lanes."""
    passed = ", ".join(
        f"&fp[{{{operand.letter}}}]" if operand.type == "v128" else f"{{{operand.letter}:i32}}"
        for operand in row.operands
    )
    return f"{function_name(row)}({passed})"


# --- What follows ----------------------------------------------------------------------------------------------------


def exits(row: RegOp) -> Iterator[tuple[str, str]]:
    """Every way in which the arm itself leaves the loop: (condition, or "" where there is none; reason, or "" of a
    call)."""
    yield from _exits(statements(row), "")


def _exits(body: Statements, under: str) -> Iterator[tuple[str, str]]:
    for statement in body:
        if isinstance(statement, Exit):
            yield under, statement.reason
        elif isinstance(statement, If):
            yield from _exits(statement.then, statement.condition)
            yield from _exits(statement.otherwise, f"not ({statement.condition})")


def reasons(row: RegOp) -> frozenset[str]:
    """All constants for which the instruction may leave the loop."""
    return frozenset(reason for _, reason in exits(row) if reason) | frozenset(row.raises)


def traps(row: RegOp) -> tuple[tuple[str, str], ...]:
    """What the instruction traps on: (condition, constant), and ("", constant) of functions that it calls."""
    own = tuple((condition_, reason) for condition_, reason in exits(row) if reason.startswith("TRAP_"))
    return own + tuple(("", reason) for reason in row.raises if reason.startswith("TRAP_"))


def pays(row: RegOp) -> bool:
    """Whether it pays for the budget wherever it goes but ahead."""
    return "EXIT_BUDGET" in reasons(row)


def result(row: RegOp) -> Result | None:
    """The result that is passed on in an accumulator besides being written; None where there is none."""
    body = statements(row)
    last = body[-1] if body else None
    return last if isinstance(last, Result) else None


def effect(row: RegOp) -> int:
    """What the instruction does to the accumulators."""
    passed_on = result(row)
    if passed_on is not None:
        return _EFFECTS[passed_on.type]
    if any(operand.role == "written" for operand in row.operands):
        return CLOBBERS
    return 0 if row.falls_through or row.control == "jump" else CLOBBERS
