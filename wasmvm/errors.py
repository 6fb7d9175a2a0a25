"""The exceptions of wasmvm: one class per stage of the pipeline, each with the position it speaks of.

======================  =====================================================================
stage                   class
======================  =====================================================================
binary (decoding)       `DecodeError`, `offset` is a byte offset in the module
validation              `ValidationError`, `offset` is a byte offset in the module
text                    `TextError`, `line` and `column` count from 1
linking, instantiation  `LinkError`, naming the import
lowered code on disk    `DeserializeError`
execution               `Trap`, with `code` and `frames`; `WasmException`, which nothing in wasm caught
limits                  `LimitTrap`: `FuelTrap`, `DeadlineTrap`, `InterruptTrap`, `StackTrap`, `HeapTrap`, `OutputTrap`
our own bugs            `InternalError`
======================  =====================================================================

What a module says is escaped and cut in the text of errors and backtraces; attributes have it as it is.
"""

from __future__ import annotations

import sys
from types import FrameType, FunctionType, TracebackType

from wasmvm.quoting import escaped, escaped_lines

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, Protocol

    class Named(Protocol):
        """A module that knows the names of its parts, as `binary.names` has them."""

        @property
        def names(self) -> Any: ...


_MAX_MESSAGE = 4000
"""How many characters of an error's message are shown; names in it are cut much earlier."""


class WasmError(Exception):
    """Base of everything that wasmvm raises on its own account."""


class _OffsetError(WasmError):
    """An error at a byte offset of a module; the message begins with the specification's own words."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(f"{escaped(message, _MAX_MESSAGE)} (at offset 0x{offset:x})")
        self.message = message
        self.offset = offset

    def __reduce__(self) -> tuple[type[_OffsetError], tuple[str, int]]:
        return type(self), (self.message, self.offset)


class DecodeError(_OffsetError):
    """The bytes are not a module of the binary format (spec "Binary Format")."""


class ModuleSizeError(DecodeError):
    """The module has more bytes than `max_module_size`, which is also the `offset` of the first byte too many."""

    limit = "max_module_size"


class ValidationError(_OffsetError):
    """The module is well-formed but not valid (spec "Validation")."""


class TextError(WasmError):
    """The text is not a module of the text format (spec "Text Format")."""

    def __init__(self, message: str, line: int, column: int, source_line: str = "") -> None:
        begin = max(0, column - 80)  # a module can be one line
        window = source_line[begin : begin + 160].replace("\t", " ")
        if not window.isprintable():
            window = "".join([char if char.isprintable() else "?" for char in window])  # of the same width
        shown = f"\n    {window}\n    {' ' * (column - 1 - begin)}^" if source_line else ""
        super().__init__(f"{line}:{column}: {escaped(message, _MAX_MESSAGE)}{shown}")
        self.message = message
        self.line = line
        self.column = column
        self.source_line = source_line

    def __reduce__(self) -> tuple[type[TextError], tuple[str, int, int, str]]:
        return type(self), (self.message, self.line, self.column, self.source_line)


class LinkError(WasmError):
    """An import is missing or of another type, or a limit of the store forbids the instance.

    Attributes:
        module, name: the import that it is about, or None.
        expected, actual: the types that do not match, or None where the import is missing.
        limit: the option of the store that would have to be larger, such as "max_memory"; or None.
    """

    def __init__(
        self,
        message: str,
        module: str | None = None,
        name: str | None = None,
        expected: object = None,
        actual: object = None,
        limit: str | None = None,
    ) -> None:
        super().__init__(escaped_lines(message, _MAX_MESSAGE))
        self.message = message
        self.module = module
        self.name = name
        self.expected = expected
        self.actual = actual
        self.limit = limit

    def __reduce__(self) -> tuple[type[LinkError], tuple[object, ...]]:
        return type(self), (self.message, self.module, self.name, self.expected, self.actual, self.limit)


class DeserializeError(WasmError):
    """Bytes that should be a serialized module are damaged, or were made by another version of wasmvm."""


class InternalError(WasmError):
    """A bug in wasmvm itself: a stage received what an earlier stage should have refused."""


class Frame:
    """One function activation in a trap's backtrace.

    Attributes:
        funcidx: index in the module's function index space.
        offset: byte offset in the module of the instruction that was being executed.
        func_offset: the same, counted from the start of the function's body.
    """

    __slots__ = ("_module", "func_offset", "funcidx", "offset")

    def __init__(self, module: Named, funcidx: int, offset: int, func_offset: int) -> None:
        self._module = module
        self.funcidx = funcidx
        self.offset = offset
        self.func_offset = func_offset

    @property
    def name(self) -> str | None:
        """From the name section, which is read on first use; or None."""
        name: str | None = self._module.names.func_names.get(self.funcidx)
        return name

    @property
    def shown_name(self) -> str:
        """What to call the function in text for people: its name, escaped and cut, or its index."""
        name = self.name
        return f"<wasm function {self.funcidx}>" if name is None else escaped(name)

    @property
    def module_name(self) -> str | None:
        """The module's name, or None."""
        module_name: str | None = self._module.names.module_name
        return module_name

    def __repr__(self) -> str:
        return f"<Frame {self}>"

    def __str__(self) -> str:
        return f"0x{self.offset:x} - {escaped(self.module_name or '<unknown>')}!{self.shown_name}"


def frame_lines(frames: tuple[Frame, ...]) -> str:
    """A backtrace as text, a frame a line."""
    return "".join(f"    {i}: {frame}\n" for i, frame in enumerate(frames))


class Trap(WasmError):
    """Execution was aborted (spec "Execution: Results").

    What a limit of the embedder ended is one of the subclasses of `LimitTrap`, however it was made: ``Trap(message,
    "out_of_fuel")`` is a `FuelTrap`. So there is one table from codes to classes, `TRAP_CLASSES`.

    Attributes:
        code: a short constant name such as ``"memory_out_of_bounds"`` (all: `machine/driver/traps.pxi`), or None for
            a trap made by a host.
        frames: the wasm frames that were active, innermost first.
        fault: for a load or store out of bounds, which address was meant; else None.
        limit: the option that would have to be larger, such as ``"max_stack"``; or None.
    """

    code: str | None = None
    fault: str | None = None
    limit: str | None = None

    def __new__(cls, message: object = "", code: str | None = None, *_: object, **__: object) -> Trap:
        return super().__new__(TRAP_CLASSES.get(code, cls) if cls is Trap else cls)

    def __init__(self, message: str, code: str | None = None, frames: tuple[Frame, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code
        self.frames = frames

    def __reduce__(self) -> tuple[type[Trap], tuple[object, ...], dict[str, object]]:
        # Frames mean nothing without their module.
        state = {name: value for name, value in self.__dict__.items() if name not in ("message", "code", "frames")}
        return type(self), (self.message, self.code), state

    def backtrace(self) -> str:
        """The frames as text, one a line, innermost first; empty where there are none."""
        return frame_lines(self.frames)


class LimitTrap(Trap):
    """The program was stopped from outside, or wanted more than it was given; the store can be used afterwards."""


class StackTrap(LimitTrap):
    """Calls were nested deeper than `max_stack` allows."""

    code = "call_stack_exhausted"
    limit = "max_stack"


class FuelTrap(LimitTrap):
    """The fuel is used up."""

    code = "out_of_fuel"
    limit = "fuel"


class DeadlineTrap(LimitTrap):
    """A call took longer than its `timeout`. No TimeoutError: that is an OSError, which host functions may handle."""

    code = "deadline"
    limit = "timeout"


class InterruptTrap(LimitTrap):
    """`Store.interrupt` was called, or the epoch of its engine has come."""

    code = "interrupt"


class HeapTrap(LimitTrap):
    """A structure, an array or an exception did not fit in `max_heap`, or the system had no memory for it."""

    code = "allocation_failed"
    limit = "max_heap"


class OutputTrap(LimitTrap):
    """The program wrote more than `max_output`; `stdout` and `stderr` have what was captured, or None."""

    code = "output_limit"
    limit = "max_output"
    stdout: bytes | None = None
    stderr: bytes | None = None


TRAP_CLASSES: dict[str | None, type[Trap]] = {
    class_.code: class_ for class_ in (StackTrap, FuelTrap, DeadlineTrap, InterruptTrap, HeapTrap, OutputTrap)
}
"""The class of a trap by its code; all other codes have plain `Trap`."""


class ExitTrap(Trap):
    """The guest asked to end with an exit code (WASI ``proc_exit``); `exit_code` is that code."""

    def __init__(self, exit_code: int) -> None:
        super().__init__(f"exit with code {exit_code}", "exit")
        self.exit_code = exit_code

    def __reduce__(self) -> tuple[type[ExitTrap], tuple[int]]:  # type: ignore[override]
        return type(self), (self.exit_code,)


class WasmException(WasmError):
    """An exception of WebAssembly (spec "Exception Instances") outside of wasm: one that no wasm frame caught.

    A host function may raise one: handlers of its tag in the wasm frames that it was called from catch it. Other
    exceptions of Python pass through wasm, which cannot catch them.

    Attributes:
        tag: the `Tag` of its kind.
        payload: the values that were thrown, a tuple.
        frames: the wasm frames that were active, innermost first.
        reference: the `ExceptionRef` that wasm knows it by, if wasm has seen it.
    """

    def __init__(self, tag: object, payload: Iterable[object] = (), frames: tuple[Frame, ...] = ()) -> None:
        self.tag = tag
        self.payload = tuple(payload)
        self.frames = frames
        self.reference: object = None
        self.message = f"uncaught wasm exception with the payload {self.payload}"
        super().__init__(self.message)

    def __reduce__(self) -> tuple[type[WasmException], tuple[object, ...]]:
        return type(self), (None, self.payload)  # a tag means nothing outside of its process

    def backtrace(self) -> str:
        """The frames as text, as `Trap.backtrace`."""
        return frame_lines(self.frames)


def _stand_in() -> FrameType:
    return sys._getframe()


def with_wasm_frames(error: BaseException, frames: tuple[Frame, ...]) -> BaseException:
    """Put wasm frames (innermost first) around the traceback of an exception that passes through them; return it.

    Python makes tracebacks of frame objects only, so each wasm frame is stood in for by a frame of a Python function
    of that name, whose file name tells module and byte offset.
    """
    trace = error.__traceback__
    for frame in frames:
        code = _stand_in.__code__.replace(co_name=frame.shown_name, co_filename=f"<{frame}>")
        stand_in: FrameType = FunctionType(code, {"sys": sys, "__name__": "wasm"})()
        trace = TracebackType(trace, stand_in, 0, 1)
    return error.with_traceback(trace)
