"""The text of an arm, for tests that ask whether it agrees with the fields of its row."""

from __future__ import annotations

import string
from collections.abc import Iterator

from wasmvm.isa.regop.arm import statements
from wasmvm.isa.regop.row import RegOp
from wasmvm.isa.regop.statements import Exit, If, Result, Statement, Statements


def all_statements(body: Statements) -> Iterator[Statement]:
    """Every statement, those within conditions included."""
    for statement in body:
        yield statement
        if isinstance(statement, If):
            yield from all_statements(statement.then)
            yield from all_statements(statement.otherwise)


def texts(row: RegOp) -> Iterator[str]:
    """Every text of the arm: lines, conditions, the value of the result."""
    for statement in all_statements(statements(row)):
        if isinstance(statement, str):
            yield statement
        elif isinstance(statement, If):
            yield statement.condition
        elif isinstance(statement, Result):
            yield statement.value
        else:
            yield (
                statement.reason if isinstance(statement, Exit) else f"{{{statement.label}}}" if statement.label else ""
            )


def text(row: RegOp) -> str:
    return "\n".join(texts(row))


def fields(row: RegOp) -> set[tuple[str, str]]:
    """The fields that the arm names, each with the type that it is read as, or "" for its word."""
    found = set()
    for line in texts(row):
        for _, name, type_, _ in string.Formatter().parse(line):
            if name is not None:
                found.add((name, type_ or ""))
    return found
