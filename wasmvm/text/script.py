"""Scripts (``.wast``): the commands of the official test suite, as records.

The grammar is that of the reference interpreter's README ("Scripts"). A module inside a script is assembled
when it is asked for, so one bad module spoils one command.
"""

from __future__ import annotations

from wasmvm.errors import TextError
from wasmvm.numeric import F32_FORMAT, F64_FORMAT, FloatFormat
from wasmvm.record import Record
from wasmvm.text.cursor import Cursor
from wasmvm.text.instructions import LANE_TYPES
from wasmvm.text.lexer import Lexer, open_text
from wasmvm.text.parser import ModuleParser, parse_module
from wasmvm.types import F32, F64, HEAPTYPES, I32, I64, V128, VALTYPE_NAMES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

CANONICAL, ARITHMETIC = "nan:canonical", "nan:arithmetic"
"""Lanes of expected results that stand for a set of NaNs."""


class Value(Record):
    """A number or vector, lane by lane, as an argument or an expected result.

    Attributes:
        valtype: its type.
        lane_bits: bits in a lane; a number has one lane.
        form: the format of float lanes, or None.
        lanes: the bits of each, or `CANONICAL` or `ARITHMETIC`.
    """

    valtype: int
    lane_bits: int
    form: FloatFormat | None
    lanes: tuple[int | str, ...]

    def __str__(self) -> str:
        return " ".join([VALTYPE_NAMES[self.valtype], *(hex(x) if isinstance(x, int) else x for x in self.lanes)])

    def bits(self) -> int:
        """The lanes put together; for values without NaN patterns."""
        total = 0
        for i, lane in enumerate(self.lanes):
            total |= int(lane) << (i * self.lane_bits)
        return total

    def matches(self, valtype: int, bits: int) -> bool:
        """Whether a result of this type, with these bits, is the expected one."""
        if valtype != self.valtype:
            return False
        mask = (1 << self.lane_bits) - 1
        return all(self._lane_matches(lane, bits >> (i * self.lane_bits) & mask) for i, lane in enumerate(self.lanes))

    def _lane_matches(self, lane: int | str, bits: int) -> bool:
        if isinstance(lane, int) or self.form is None:
            return bits == lane
        magnitude = bits & ~self.form.sign
        quiet = self.form.canonical_nan
        return magnitude == quiet if lane == CANONICAL else magnitude & quiet == quiet


REF_KINDS = frozenset(("null", "func", "extern", "host", "exn", "any", "eq", "i31", "struct", "array"))
"""Kinds of references that patterns tell apart: the words after ``ref.``."""


class Ref(Record):
    """A reference.

    Attributes:
        kind: what it refers to: one of `REF_KINDS`.
        heaptype: for null, the name of the type, if one is given.
        number: for an object of the host (``"extern"``, ``"host"``), which one; None matches all.
    """

    kind: str
    heaptype: str | None
    number: int | None

    def __str__(self) -> str:
        return " ".join([f"ref.{self.kind}", *(str(part) for part in self[1:] if part is not None)])


class Either(Record):
    """Any of several expected results."""

    options: tuple[Pattern, ...]

    def __str__(self) -> str:
        return " or ".join(map(str, self.options))


Pattern: TypeAlias = "Value | Ref | Either"
"""An expected result."""


class Source(Record):
    """A module of a script: where it is, and what it is called.

    Attributes:
        lexer: the script.
        begin, end: where in it the module is.
        identifier: its identifier, or None.
        form: ``"text"``, ``"binary"``, ``"quote"``, or ``"inline"`` for a script that is a module's fields.
        is_definition: whether it is defined only, to be instantiated by another command.
    """

    lexer: Lexer
    begin: int
    end: int
    identifier: str | None
    form: str
    is_definition: bool

    def assemble(self) -> bytes:
        """The module's bytes; raises TextError."""
        if self.form == "inline":
            return b"".join(ModuleParser(self.lexer, 0, self.lexer.fields(0, 0, True)).parse(""))
        # ( module definition
        return b"".join(parse_module(self.lexer, self.begin, self.end, 2 + self.is_definition)[0])


class Invoke(Record):
    """``(invoke $instance? "name" argument*)``."""

    instance: str | None
    name: str
    arguments: tuple[Value | Ref, ...]


class Get(Record):
    """``(get $instance? "name")``."""

    instance: str | None
    name: str


Action: TypeAlias = "Invoke | Get"


class Command(Record):
    """A command of a script.

    Attributes:
        kind: its keyword: ``"module"``, ``"instance"``, ``"register"``, ``"action"`` or that of an assertion.
        line: where it begins, counting from 1.
        module: the module it is about, or None.
        action: the action it is about, or None.
        results: for ``assert_return``, what is expected.
        message: for other assertions, how the error's message begins; for ``register``, the name.
        identifiers: for ``instance``, those of the instance and the definition; for ``register``, that of the instance.
    """

    kind: str
    line: int
    module: Source | None = None
    action: Action | None = None
    results: tuple[Pattern, ...] = ()
    message: str = ""
    identifiers: tuple[str | None, ...] = ()


ASSERTIONS_ON_ACTIONS = frozenset(("assert_return", "assert_trap", "assert_exhaustion", "assert_exception"))
ASSERTIONS_ON_MODULES = frozenset(
    ("assert_malformed", "assert_invalid", "assert_unlinkable", "assert_malformed_custom", "assert_invalid_custom")
)
_COMMANDS = ASSERTIONS_ON_ACTIONS | ASSERTIONS_ON_MODULES | {"module", "register", "invoke", "get"}

_NUMBERS: dict[str, tuple[int, int, FloatFormat | None]] = {
    "i32.const": (I32, 32, None),
    "i64.const": (I64, 64, None),
    "f32.const": (F32, 32, F32_FORMAT),
    "f64.const": (F64, 64, F64_FORMAT),
}


class _ScriptParser:
    def __init__(self, lexer: Lexer) -> None:
        self.lexer = lexer
        self.cursor = Cursor(lexer.window(0, 0))

    def commands(self) -> list[Command]:
        cursor, lexer = self.cursor, self.lexer
        extents = lexer.check(0)
        if cursor.tokens[0] == "(" and cursor.tokens[1] not in _COMMANDS:
            return [Command("module", 1, Source(lexer, 0, lexer.size, None, "inline", False))]
        commands = []
        position, line, counted = 0, 1, 0
        for begin, end in zip(extents[::2], extents[1::2], strict=True):
            line += lexer.source.count(b"\n", counted, begin)
            counted = begin
            cursor.enter(lexer.window(position, end if end >= 0 else lexer.size))
            commands.append(self._command(line))
            position = end
        cursor.enter(lexer.window(position, position))
        if cursor.tokens[0]:
            raise cursor.unexpected()
        return commands

    def _command(self, line: int) -> Command:
        cursor = self.cursor
        start = cursor.position
        cursor.expect("(")
        keyword = cursor.tokens[cursor.position]
        if keyword == "module":
            return self._module_command(start, line)
        if keyword in ("invoke", "get"):
            cursor.position = start
            return Command("action", line, action=self._action())
        if keyword not in _COMMANDS:
            raise cursor.unexpected()
        cursor.position += 1
        if keyword == "register":
            name = cursor.name()
            command = Command(keyword, line, message=name, identifiers=(cursor.optional_id(),))
        elif keyword in ASSERTIONS_ON_MODULES or cursor.at_field("module"):
            source = self._source()
            command = Command(keyword, line, source, message=cursor.name())
        else:
            action = self._action()
            if keyword == "assert_return":
                command = Command(keyword, line, action=action, results=self._patterns())
            else:
                message = "" if keyword == "assert_exception" else cursor.name()
                command = Command(keyword, line, action=action, message=message)
        cursor.expect(")")
        return command

    def _module_command(self, start: int, line: int) -> Command:
        cursor = self.cursor
        if cursor.tokens[start + 2] != "instance":
            cursor.position = start
            return Command("module", line, self._source())
        cursor.position = start + 3
        instance = cursor.optional_id()
        definition = cursor.optional_id()
        cursor.expect(")")
        return Command("instance", line, identifiers=(instance, definition))

    def _source(self) -> Source:
        """Steps over a module."""
        cursor, tokens = self.cursor, self.cursor.tokens
        start = position = cursor.position
        if not cursor.at_field("module"):
            raise cursor.unexpected(start + 1)
        is_definition = tokens[start + 2] == "definition"
        after = start + 2 + is_definition
        identifier = tokens[after] if tokens[after][:1] == "$" else None
        form = tokens[after + (identifier is not None)]
        depth = 0
        while True:
            token = tokens[position]
            if token == "(":
                depth += 1
            elif token == ")":
                depth -= 1
            elif not token:
                raise cursor.error("unexpected token: the text ends before what begins here", start)
            position += 1
            if depth == 0:
                break
        cursor.position = position
        begin, end = cursor.source.start(start), cursor.source.start(position - 1) + 1
        form = form if form in ("binary", "quote") else "text"
        return Source(self.lexer, begin, end, identifier, form, is_definition)

    def _action(self) -> Action:
        cursor = self.cursor
        cursor.expect("(")
        keyword = cursor.tokens[cursor.position]
        if keyword not in ("invoke", "get"):
            raise cursor.unexpected()
        cursor.position += 1
        instance = cursor.optional_id()
        name = cursor.name()
        action: Action
        if keyword == "get":
            action = Get(instance, name)
        else:
            arguments = []
            while cursor.tokens[cursor.position] == "(":
                start = cursor.position
                argument = self._pattern()
                if isinstance(argument, Either) or (
                    isinstance(argument, Value) and any(isinstance(lane, str) for lane in argument.lanes)
                ):
                    raise cursor.unexpected(start + 1)
                arguments.append(argument)
            action = Invoke(instance, name, tuple(arguments))
        cursor.expect(")")
        return action

    def _patterns(self) -> tuple[Pattern, ...]:
        patterns: list[Pattern] = []
        while self.cursor.tokens[self.cursor.position] == "(":
            patterns.append(self._pattern())
        return tuple(patterns)

    def _pattern(self) -> Pattern:
        cursor = self.cursor
        cursor.expect("(")
        keyword = cursor.tokens[cursor.position]
        cursor.position += 1
        found: Pattern
        if keyword in _NUMBERS:
            valtype, bits, form = _NUMBERS[keyword]
            found = Value(valtype, bits, form, (self._lane(bits, form),))
        elif keyword == "v128.const":
            shape = LANE_TYPES.get(cursor.tokens[cursor.position])
            if shape is None:
                raise cursor.unexpected()
            cursor.position += 1
            count, bits, form = shape
            found = Value(V128, bits, form, tuple(self._lane(bits, form) for _ in range(count)))
        elif keyword == "either":
            found = Either(self._patterns())
        else:
            found = self._ref(keyword)
        cursor.expect(")")
        return found

    def _lane(self, bits: int, form: FloatFormat | None) -> int | str:
        cursor = self.cursor
        token = cursor.tokens[cursor.position]
        if form is not None and token in (CANONICAL, ARITHMETIC):
            cursor.position += 1
            return token
        return cursor.literal(bits, form)

    def _ref(self, keyword: str) -> Ref:
        cursor = self.cursor
        prefix, _, kind = keyword.partition("ref.")
        if prefix or kind not in REF_KINDS:
            raise cursor.unexpected(cursor.position - 1)
        token = cursor.tokens[cursor.position]
        if token == ")":
            return Ref(kind, None, None)
        if kind == "null":
            if token not in HEAPTYPES and not cursor.at_index():
                raise cursor.unexpected()
            cursor.position += 1
            return Ref(kind, token, None)
        return Ref(kind, None, cursor.nat(32))


def parse_script(text: str | bytes) -> list[Command]:
    """The commands of a script; raises TextError if it is not one."""
    return _ScriptParser(open_text(text)).commands()


__all__ = [
    "Action",
    "Command",
    "Either",
    "Get",
    "Invoke",
    "Pattern",
    "Ref",
    "Source",
    "TextError",
    "Value",
    "parse_script",
]
