"""Runs scripts (``.wast``) against the embedding API, as the reference interpreter does.

A message check is a prefix check: what an assertion names must be how the error's message begins.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from wasmvm._core import Aggregate, ArrayRef, ExceptionRef, Func, Global, Memory, Store, StructRef, Table
from wasmvm.binary import decode
from wasmvm.deftype import top_of
from wasmvm.embedding.func import HostFunc
from wasmvm.embedding.instance import Instance
from wasmvm.embedding.module import Module
from wasmvm.errors import DecodeError, LinkError, TextError, Trap, ValidationError, WasmException
from wasmvm.record import Record
from wasmvm.text.hints import check_hints
from wasmvm.text.script import Command, Either, Invoke, Pattern, Ref, Source, Value, parse_script
from wasmvm.types import (
    ANYREF,
    EXTERNREF,
    F32,
    F64,
    FUNCREF,
    HEAPTYPES,
    I32,
    I64,
    V128,
    FuncType,
    GlobalType,
    Limits,
    MemoryType,
    TableType,
    heaptype_of,
    is_reftype,
    valtype_text,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wasmvm.features import Features

_WIDTH = {I32: 32, I64: 64, F32: 32, F64: 64, V128: 128}

STAGES: dict[str, tuple[type[Exception], ...]] = {
    "assert_malformed": (TextError, DecodeError),
    "assert_malformed_custom": (TextError, DecodeError),
    "assert_invalid": (ValidationError,),
    "assert_invalid_custom": (ValidationError,),
    "assert_unlinkable": (LinkError,),
    "assert_trap": (Trap,),
    "assert_exhaustion": (Trap,),
    "assert_exception": (WasmException,),
}
"""By kind of assertion, the exceptions that make it hold."""


class Failure(Record):
    """A command that failed: its line, its kind, and what happened."""

    line: int
    kind: str
    message: str


class Report(Record):
    """The outcome of a script.

    Attributes:
        assertions: their number, by kind.
        failures: the commands that failed, assertions or not.
    """

    assertions: Counter[str]
    failures: list[Failure]

    @property
    def total(self) -> int:
        return sum(self.assertions.values())


class Mismatch(Exception):
    """A command failed."""


class HostRef:
    """The host object that ``(ref.extern n)`` and ``(ref.host n)`` refer to."""

    __slots__ = ("number",)

    def __init__(self, number: int) -> None:
        self.number = number

    def __repr__(self) -> str:
        return f"(ref.host {self.number})"


class Runner:
    """The state of one script: a store, the named instances, and the current one."""

    def __init__(self, features: str | Features | None = None) -> None:
        self.features = features
        self.store = Store(max_memory=1 << 40, max_table=1 << 30)  # scripts declare large ones that they never use
        self.registered: dict[str, dict[str, Any]] = {"spectest": spectest(self.store)}
        self.instances: dict[str, Instance] = {}
        self.definitions: dict[str, Module] = {}
        self.current: Instance | None = None
        self.last_definition: Module | None = None
        self._host_refs: dict[int, HostRef] = {}

    def run(self, command: Command) -> None:
        """Run a command; raises Mismatch, or whatever a command raised that should have succeeded."""
        if command.kind in STAGES:
            self._expect_error(command)
        elif command.kind == "module":
            self._module(command)
        elif command.kind == "instance":
            name, definition = command.identifiers
            module = self.last_definition if definition is None else self.definitions.get(definition)
            if module is None:
                raise Mismatch(f"no module definition {definition or ''}")
            self._enter(name, module)
        elif command.kind == "register":
            self.registered[command.message] = dict(self._instance(command.identifiers[0]).exports)
        elif command.kind == "assert_return":
            self._check(self._run_action(command), command.results)
        elif command.kind == "action":
            self._run_action(command)
        else:
            raise Mismatch(f"{command.kind} is not supported")

    # Modules

    def _module(self, command: Command) -> None:
        source = _source(command)
        self.current = None  # what follows is about this module, even if it cannot be had
        module = Module(source.assemble(), features=self.features)
        if source.is_definition:
            self.last_definition = module
            if source.identifier is not None:
                self.definitions[source.identifier] = module
        else:
            self._enter(source.identifier, module)

    def _enter(self, name: str | None, module: Module) -> None:
        self.current = None
        self.current = self._instantiate(module)
        if name is not None:
            self.instances[name] = self.current

    def _instantiate(self, module: Module) -> Instance:
        return Instance(module, self.registered, self.store)

    def _instance(self, name: str | None) -> Instance:
        found = self.current if name is None else self.instances.get(name)
        if found is None:
            raise Mismatch(f"no instance {name or ''}")
        return found

    # Assertions

    def _expect_error(self, command: Command) -> None:
        try:
            if command.module is None:
                self._run_action(command)
            else:
                binary = command.module.assemble()
                module = Module(binary, features=self.features)
                if command.kind == "assert_invalid_custom":
                    check_hints(decode(binary))
                if command.kind in ("assert_unlinkable", "assert_trap"):
                    self._instantiate(module)
        except STAGES[command.kind] as error:
            message = getattr(error, "message", str(error))
            if not message.startswith(command.message):
                raise Mismatch(f'expected "{command.message}", got "{message}"') from error
        else:
            raise Mismatch(f'expected "{command.message}", but nothing is wrong')

    def _check(self, actual: list[tuple[int, Any]], expected: tuple[Pattern, ...]) -> None:
        if len(actual) != len(expected):
            raise Mismatch(f"expected {len(expected)} results, got {len(actual)}")
        for (valtype, value), pattern in zip(actual, expected, strict=True):
            if not matches(valtype, value, pattern):
                shown = f"0x{value:x}" if isinstance(value, int) else repr(value)
                raise Mismatch(f"expected {pattern}, got {valtype_text(valtype)} {shown}")

    # Actions

    def _run_action(self, command: Command) -> list[tuple[int, Any]]:
        """The results of an action: value types, and bits for numbers or the object for references."""
        action = command.action
        if action is None:
            raise Mismatch("no action")
        exports = self._instance(action.instance).exports
        if action.name not in exports:
            raise Mismatch(f"no export {action.name!r}")
        extern = exports[action.name]
        if isinstance(action, Invoke):
            if not isinstance(extern, Func):
                raise Mismatch(f"{action.name!r} is not a function")
            return self._invoke(extern, action.arguments)
        if not isinstance(extern, Global):
            raise Mismatch(f"{action.name!r} is not a global")
        valtype = extern.type.valtype
        return [(valtype, extern.bits if valtype in _WIDTH else extern.value)]

    def _invoke(self, func: Func, arguments: tuple[Value | Ref, ...]) -> list[tuple[int, Any]]:
        functype: FuncType = func.type
        if len(arguments) != len(functype.params):
            raise Mismatch(f"{len(arguments)} arguments for {functype}")
        results = func.call_bits(tuple(map(self._argument, functype.params, arguments)))
        return list(zip(functype.results, results, strict=True))

    def _argument(self, valtype: int, argument: Value | Ref) -> Any:
        if isinstance(argument, Value):
            if argument.valtype != valtype:
                raise Mismatch(f"an argument {argument} for a parameter {valtype_text(valtype)}")
            return argument.bits()
        if argument.kind == "null":
            return None
        if argument.kind not in ("extern", "host") or argument.number is None:
            raise Mismatch(f"({argument}) as an argument is not supported")
        return self._host_refs.setdefault(argument.number, HostRef(argument.number))


def _source(command: Command) -> Source:
    if command.module is None:
        raise Mismatch("no module")
    return command.module


def matches(valtype: int, value: Any, pattern: Pattern) -> bool:
    """Whether a result is the expected one; `value` is bits for numbers, the object for references."""
    if isinstance(pattern, Either):
        return any(matches(valtype, value, option) for option in pattern.options)
    if isinstance(pattern, Value):
        return pattern.matches(valtype, value)
    if not is_reftype(valtype):
        return False
    if pattern.kind == "null" or value is None:
        # A hierarchy of types has one null: `(ref.null none)` is `(ref.null any)`.
        named = HEAPTYPES.get(pattern.heaptype or "", valtype)
        return pattern.kind == "null" and value is None and top_of(heaptype_of(named)) == top_of(heaptype_of(valtype))
    is_kind = REFERENCES.get(pattern.kind)
    if is_kind is None or not is_kind(valtype, value):
        return False
    return pattern.number in (None, getattr(value, "number", None))


REFERENCES: dict[str, Callable[[int, Any], bool]] = {
    "func": lambda _, value: isinstance(value, Func),
    "extern": lambda valtype, _: heaptype_of(valtype) == EXTERNREF,
    "exn": lambda _, value: isinstance(value, ExceptionRef),
    "host": lambda _, value: isinstance(value, HostRef),
    "any": lambda valtype, _: top_of(heaptype_of(valtype)) == ANYREF,
    "eq": lambda _, value: isinstance(value, (Aggregate, int)),
    "i31": lambda _, value: isinstance(value, int),
    "struct": lambda _, value: isinstance(value, StructRef),
    "array": lambda _, value: isinstance(value, ArrayRef),
}
"""By pattern, such as ``(ref.func)``: whether a result of this type that is not null matches it."""


def spectest(store: Store) -> dict[str, Any]:
    """The module ``spectest``, which every script can import from."""

    def print_(*params: int) -> Func:
        return HostFunc(lambda *_: None).bind(store, FuncType(params, ()))

    return {
        "global_i32": Global(store, GlobalType(I32, False), 666),
        "global_i64": Global(store, GlobalType(I64, False), 666),
        "global_f32": Global(store, GlobalType(F32, False), 666.6),
        "global_f64": Global(store, GlobalType(F64, False), 666.6),
        "table": Table(store, TableType(FUNCREF, Limits(10, 20))),
        "table64": Table(store, TableType(FUNCREF, Limits(10, 20), I64)),
        "memory": Memory(store, MemoryType(Limits(1, 2))),
        "shared_memory": Memory(store, MemoryType(Limits(1, 2), shared=True)),
        "print": print_(),
        "print_i32": print_(I32),
        "print_i64": print_(I64),
        "print_f32": print_(F32),
        "print_f64": print_(F64),
        "print_i32_f32": print_(I32, F32),
        "print_f64_f64": print_(F64, F64),
    }


def run_script(text: str | bytes, features: str | Features | None = None) -> Report:
    """Run all commands of a script, whether or not some fail; raises TextError if it is not a script.

    `features`: as for `Module`.
    """
    assertions: Counter[str] = Counter()
    failures: list[Failure] = []
    runner = Runner(features)
    for command in parse_script(text):
        if command.kind.startswith("assert_"):
            assertions[command.kind] += 1
        try:
            runner.run(command)
        except Mismatch as error:
            failures.append(Failure(command.line, command.kind, str(error)))
        except Exception as error:
            # Whatever was raised, even by a bug of ours, is the outcome of this command; the others still run.
            message = str(error).partition("\n")[0]
            failures.append(Failure(command.line, command.kind, f"{type(error).__name__}: {message}"))
    return Report(assertions, failures)
