"""Faults in Python sources, made from the syntax tree."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from pathlib import Path

from tests.mutation.fault import Fault, numbered

LEFT_OUT = (
    "wasmvm/generated/",  # a test holds it against what it is generated from
    "wasmvm/_build.py",
    "wasmvm/isa/regop/",  # what the loop is printed from: faults are put into the loop itself
    "wasmvm/isa/threaded/",
)

COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.GtE),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
ARITHMETIC: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Add,),
    ast.FloorDiv: (ast.Mult,),
    ast.Div: (ast.Mult,),
    ast.Mod: (ast.FloorDiv,),
    ast.LShift: (ast.RShift,),
    ast.RShift: (ast.LShift,),
    ast.BitAnd: (ast.BitOr,),
    ast.BitOr: (ast.BitAnd,),
    ast.BitXor: (ast.BitOr,),
    ast.Pow: (ast.Mult,),
}
TWINS = {"min": "max", "max": "min", "any": "all", "all": "any"}


def python_files(root: Path) -> list[str]:
    names = sorted(path.relative_to(root).as_posix() for path in (root / "wasmvm").rglob("*.py"))
    return [name for name in names if not name.startswith(LEFT_OUT)]


def faults_of(path: str, source: str) -> list[Fault]:
    """All faults for a file.

    Args:
        path: the file, from the root of the project.
    """
    return numbered(Finder(path, source).faults())


class Finder:
    """Goes through a module. What only tools look at is passed over: annotations, documentation, imports, decorators;
    and texts, since what a message says is not what is tested here."""

    def __init__(self, path: str, source: str) -> None:
        self._path, self._source = path, source
        self._lines = source.splitlines(keepends=True)
        self._line = 0  # of the statement that is looked at
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line))

    def faults(self) -> Iterator[Fault]:
        yield from self._block(ast.parse(self._source).body, "")

    def _offset(self, line: int, column: int) -> int:
        """`column` is in bytes of UTF-8."""
        text = self._lines[line - 1]
        return self._starts[line - 1] + len(text.encode()[:column].decode())

    def _fault(
        self, scope: str, node: ast.stmt | ast.expr | ast.ExceptHandler, kind: str, new: str, before: str = ""
    ) -> Fault:
        assert node.end_lineno is not None and node.end_col_offset is not None
        return Fault(
            self._path,
            node.lineno,
            node.end_lineno,
            scope,
            kind,
            before or first_line(ast.unparse(node)),
            first_line(new),
            self._lines[node.lineno - 1].strip(),
            self._offset(node.lineno, node.col_offset),
            self._offset(node.end_lineno, node.end_col_offset),
            new,
            self._line,
        )

    # Statements

    def _block(self, body: list[ast.stmt], scope: str) -> Iterator[Fault]:
        for statement in body:
            yield from self._statement(statement, scope)

    def _statement(self, node: ast.stmt, scope: str) -> Iterator[Fault]:
        self._line = node.lineno
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            if is_overload(node):
                return
            inner = f"{scope}.{node.name}".lstrip(".")
            if not isinstance(node, ast.ClassDef):
                for default in (*node.args.defaults, *node.args.kw_defaults):
                    if default is not None:
                        yield from self._expression(default, inner)
            yield from self._block(without_documentation(node.body), inner)
            return
        if isinstance(
            node, (ast.Import, ast.ImportFrom, ast.Pass, ast.Global, ast.Nonlocal, ast.Assert)
        ) or is_documentation(node):
            return
        if isinstance(node, ast.If) and is_for_checkers(node.test):
            yield from self._block(node.orelse, scope)
            return
        yield from self._whole_statement(node, scope)
        for name, value in ast.iter_fields(node):
            if name in ("annotation", "type_params") or (
                name in ("target", "targets") and not isinstance(node, ast.Delete)
            ):
                continue
            for item in value if isinstance(value, list) else [value]:
                if isinstance(item, ast.stmt):
                    yield from self._statement(item, scope)
                elif isinstance(item, ast.expr):
                    yield from self._expression(item, scope)
                elif isinstance(item, ast.ExceptHandler):
                    yield from self._handler(item, scope)
                elif isinstance(item, ast.withitem):
                    yield from self._expression(item.context_expr, scope)
                elif isinstance(item, ast.match_case):
                    if item.guard is not None:
                        yield from self._expression(item.guard, scope)
                    yield from self._block(item.body, scope)

    def _whole_statement(self, node: ast.stmt, scope: str) -> Iterator[Fault]:
        if isinstance(node, (ast.Expr, ast.AugAssign, ast.Delete, ast.Raise)) and scope:
            if not (isinstance(node, ast.Expr) and isinstance(node.value, (ast.Yield, ast.Constant))):
                yield self._fault(scope, node, "statement left out", "pass")
        elif isinstance(node, ast.Assign) and any(
            isinstance(target, (ast.Attribute, ast.Subscript)) for target in node.targets
        ):
            if scope:
                yield self._fault(scope, node, "assignment left out", "pass")
        elif isinstance(node, ast.Return) and node.value is not None:
            if not (isinstance(node.value, ast.Constant) and node.value.value is None):
                yield self._fault(scope, node, "nothing returned", "return None")
        elif isinstance(node, ast.Break):
            yield self._fault(scope, node, "break for continue", "continue")
        elif isinstance(node, ast.Continue):
            yield self._fault(scope, node, "continue for break", "break")
        if isinstance(node, ast.AugAssign):
            for other in ARITHMETIC.get(type(node.op), ()):
                changed = copy.copy(node)
                changed.op = other()
                yield self._fault(scope, node, "operator", ast.unparse(changed))
        if isinstance(node, (ast.If, ast.While)) and not isinstance(node.test, ast.Constant):
            if not isinstance(node.test, (ast.BoolOp, ast.Compare, ast.UnaryOp)):
                yield self._fault(scope, node.test, "condition", f"(not {ast.unparse(node.test)})")
            if isinstance(node, ast.If):
                yield self._fault(scope, node.test, "condition", "False")
                yield self._fault(scope, node.test, "condition", "True")

    def _handler(self, node: ast.ExceptHandler, scope: str) -> Iterator[Fault]:
        if isinstance(node.type, ast.Tuple):
            for index in range(len(node.type.elts)):
                changed = copy.copy(node.type)
                changed.elts = [item for number, item in enumerate(node.type.elts) if number != index]
                yield self._fault(scope, node.type, "exception left out", ast.unparse(changed))
        yield from self._block(node.body, scope)

    # Expressions

    def _expression(self, node: ast.expr, scope: str) -> Iterator[Fault]:
        if isinstance(node, ast.JoinedStr):
            return  # Python 3.11 does not know the places inside of an f-string
        for kind, changed in changes(node):
            yield self._fault(scope, node, kind, f"({ast.unparse(changed)})")
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                yield from self._expression(child, scope)
            elif isinstance(child, ast.keyword):
                yield from self._expression(child.value, scope)
            elif isinstance(child, ast.comprehension):
                yield from self._expression(child.iter, scope)
                for condition in child.ifs:
                    yield self._fault(scope, condition, "condition", "True")
                    yield from self._expression(condition, scope)


def changes(node: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    """What may stand in place of an expression."""
    if isinstance(node, ast.Compare):
        for index, operator in enumerate(node.ops):
            for other in COMPARISONS[type(operator)]:
                changed = copy.copy(node)
                changed.ops = [other() if number == index else old for number, old in enumerate(node.ops)]
                yield "comparison", changed
    elif isinstance(node, ast.BoolOp):
        changed_op = copy.copy(node)
        changed_op.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield "and, or", changed_op
        for index in range(len(node.values)):
            values = [value for number, value in enumerate(node.values) if number != index]
            yield "operand left out", values[0] if len(values) == 1 else ast.BoolOp(node.op, values)
    elif isinstance(node, ast.UnaryOp):
        yield "sign left out", node.operand
    elif isinstance(node, ast.BinOp):
        if not (isinstance(node.op, ast.Mod) and isinstance(node.left, ast.Constant)):  # no text that is formatted
            for other_op in ARITHMETIC.get(type(node.op), ()):
                changed_bin = copy.copy(node)
                changed_bin.op = other_op()
                yield "operator", changed_bin
    elif isinstance(node, ast.Constant):
        for value in other_constants(node.value):
            yield "constant", ast.Constant(value)
    elif isinstance(node, ast.IfExp):
        yield "condition", ast.IfExp(node.test, node.orelse, node.body)
    elif isinstance(node, ast.Call):
        if isinstance(node.func, ast.Name) and node.func.id in TWINS:
            changed_call = copy.copy(node)
            changed_call.func = ast.Name(TWINS[node.func.id])
            yield "function", changed_call
        if len(node.args) >= 2 and not is_indifferent(node):
            changed_call = copy.copy(node)
            changed_call.args = [node.args[1], node.args[0], *node.args[2:]]
            if ast.dump(node.args[0]) != ast.dump(node.args[1]):
                yield "arguments exchanged", changed_call
    elif isinstance(node, ast.Slice):
        pass
    elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):
        for name in ("lower", "upper"):
            if getattr(node.slice, name) is not None:
                changed_slice, part = copy.copy(node), copy.copy(node.slice)
                setattr(part, name, None)
                changed_slice.slice = part
                yield "end of a slice", changed_slice


def is_indifferent(call: ast.Call) -> bool:
    """Whether exchanging the arguments changes nothing, or is no fault that anybody would make."""
    if any(isinstance(item, ast.Starred) for item in call.args[:2]):
        return True
    name = ast.unparse(call.func)
    return name in ("min", "max", "isinstance", "issubclass", "cast") or name.startswith("cython.")


def other_constants(value: object) -> tuple[object, ...]:
    if isinstance(value, bool):
        return (not value,)
    if isinstance(value, int):
        return (value + 1,) if value == 0 else (value + 1, value - 1)
    if isinstance(value, float):
        return (value + 1.0,)
    return ()


def first_line(text: str) -> str:
    head, more, _ = text.partition("\n")
    return head + (" ..." if more else "")


def is_documentation(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def without_documentation(body: list[ast.stmt]) -> list[ast.stmt]:
    return [node for node in body if not is_documentation(node)]


def is_for_checkers(test: ast.expr) -> bool:
    return ast.unparse(test).endswith("TYPE_CHECKING")


def is_overload(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> bool:
    return any(ast.unparse(decorator).endswith("overload") for decorator in node.decorator_list)
