"""Traps, their codes and frames."""

from __future__ import annotations

from enum import Enum
from typing import Any

from wasmvm import errors
from wasmvm.compat.wasmtime.managed import Managed
from wasmvm.quoting import escaped

_CODES = """
    STACK_OVERFLOW MEMORY_OUT_OF_BOUNDS HEAP_MISALIGNED TABLE_OUT_OF_BOUNDS INDIRECT_CALL_TO_NULL BAD_SIGNATURE
    INTEGER_OVERFLOW INTEGER_DIVISION_BY_ZERO BAD_CONVERSION_TO_INTEGER UNREACHABLE INTERRUPT OUT_OF_FUEL
    ATOMIC_WAIT_NON_SHARED_MEMORY NULL_REFERENCE ARRAY_OUT_OF_BOUNDS ALLOCATION_TOO_LARGE CAST_FAILURE
    CANNOT_ENTER_COMPONENT NO_ASYNC_RESULT UNHANDLED_TAG CONTINUATION_ALREADY_CONSUMED DISABLED_OPCODE ASYNC_DEADLOCK
    CANNOT_LEAVE_COMPONENT CANNOT_BLOCK_SYNC_TASK INVALID_CHAR DEBUG_ASSERT_STRING_ENCODING_FINISHED
    DEBUG_ASSERT_EQUAL_CODE_UNITS DEBUG_ASSERT_POINTER_ALIGNED DEBUG_ASSERT_UPPER_BITS_UNSET STRING_OUT_OF_BOUNDS
    LIST_OUT_OF_BOUNDS INVALID_DISCRIMINANT UNALIGNED_POINTER TASK_CANCEL_NOT_CANCELLED TASK_CANCEL_OR_RETURN_TWICE
    SUBTASK_CANCEL_AFTER_TERMINAL TASK_RETURN_INVALID WAITABLE_SET_DROP_HAS_WAITERS SUBTASK_DROP_NOT_RESOLVED
    THREAD_NEW_INDIRECT_INVALID_TYPE THREAD_NEW_INDIRECT_UNINITIALIZED BACKPRESSURE_OVERFLOW
    UNSUPPORTED_CALLBACK_CODE CANNOT_RESUME_THREAD CONCURRENT_FUTURE_STREAM_OP REFERENCE_COUNT_OVERFLOW
    STREAM_OP_TOO_BIG WAITABLE_SYNC_AND_ASYNC UNCAUGHT_EXCEPTION
"""

TrapCode = Enum("TrapCode", _CODES.split(), start=0, module=__name__)  # type: ignore[misc]
TrapCode.__doc__ = "Why a trap happened."

REASONS = {
    "unreachable": ("UNREACHABLE", "wasm `unreachable` instruction executed"),
    "memory_out_of_bounds": ("MEMORY_OUT_OF_BOUNDS", "out of bounds memory access"),
    "table_out_of_bounds": ("TABLE_OUT_OF_BOUNDS", "undefined element: out of bounds table access"),
    "undefined_element": ("TABLE_OUT_OF_BOUNDS", "undefined element: out of bounds table access"),
    "uninitialized_element": ("INDIRECT_CALL_TO_NULL", "uninitialized element"),
    "indirect_call_type_mismatch": ("BAD_SIGNATURE", "indirect call type mismatch"),
    "integer_overflow": ("INTEGER_OVERFLOW", "integer overflow"),
    "integer_division_by_zero": ("INTEGER_DIVISION_BY_ZERO", "integer divide by zero"),
    "invalid_conversion": ("BAD_CONVERSION_TO_INTEGER", "invalid conversion to integer"),
    "call_stack_exhausted": ("STACK_OVERFLOW", "call stack exhausted"),
    "interrupt": ("INTERRUPT", "interrupt"),
    "deadline": ("INTERRUPT", "interrupt"),
    "out_of_fuel": ("OUT_OF_FUEL", "all fuel consumed by WebAssembly"),
    "null_reference": ("NULL_REFERENCE", "null reference"),
    "null_function_reference": ("NULL_REFERENCE", "null reference"),
    "null_exception_reference": ("NULL_REFERENCE", "null reference"),
    "null_structure_reference": ("NULL_REFERENCE", "null reference"),
    "null_array_reference": ("NULL_REFERENCE", "null reference"),
    "null_i31_reference": ("NULL_REFERENCE", "null reference"),
    "unaligned_atomic": ("HEAP_MISALIGNED", "unaligned atomic"),
    "expected_shared_memory": ("ATOMIC_WAIT_NON_SHARED_MEMORY", "atomic wait on non-shared memory"),
    "allocation_failed": ("ALLOCATION_TOO_LARGE", "allocation size too large"),
    "array_out_of_bounds": ("ARRAY_OUT_OF_BOUNDS", "out of bounds array access"),
    "cast_failure": ("CAST_FAILURE", "cast failure"),
    "null_descriptor_reference": ("NULL_REFERENCE", "null reference"),
    "descriptor_cast_failure": ("CAST_FAILURE", "cast failure"),
    "uncaught_exception": ("UNCAUGHT_EXCEPTION", "uncaught exception"),
}
"""By wasmvm's code: the name in `TrapCode`, and wasmtime's words."""
_MAX_FRAMES = 20


def with_backtrace(frames: tuple[errors.Frame, ...], causes: list[str]) -> str:
    """A message as wasmtime prints it: where execution was, innermost first, and why it ended."""
    if not frames:
        return causes[-1]
    lines = [_line(i, frame) for i, frame in enumerate(frames[:_MAX_FRAMES])]
    numbered = causes if len(causes) == 1 else [f"{i}: {cause}" for i, cause in enumerate(causes)]
    reasons = "".join(f"    {cause}\n" for cause in numbered)
    return f"error while executing at wasm backtrace:\n{''.join(lines)}\nCaused by:\n{reasons}"


def _line(i: int, frame: errors.Frame) -> str:
    return f"  {i:3}: {frame.offset:#8x} - {escaped(frame.module_name or '<unknown>')}!{frame.shown_name}\n"


class Trap(Exception, Managed[str]):
    """Execution was aborted. Not a `WasmtimeError`.

    Args:
        message: what `message` is, for a trap that a host function raises.
    """

    _frames: tuple[errors.Frame, ...] = ()
    _code: str | None = None

    def __init__(self, message: str) -> None:
        self._message = message
        self._set_ptr(message)

    @classmethod
    def _of_core(cls, cause: errors.Trap) -> Trap:
        reason = f"wasm trap: {REASONS[cause.code][1]}" if cause.code in REASONS else cause.message
        causes = [reason] if cause.fault is None else [cause.fault, reason]
        made = cls(with_backtrace(cause.frames, causes))
        made._frames, made._code = cause.frames, cause.code
        return made

    @classmethod
    def _thrown(cls, cause: errors.WasmException) -> Trap:
        made = cls(with_backtrace(cause.frames, ["thrown Wasm exception"]))
        made._frames = cause.frames
        return made

    @property
    def message(self) -> str:
        """What happened, with a backtrace if wasm was running."""
        self.ptr()
        return self._message

    @property
    def frames(self) -> list[Frame]:
        """The wasm frames that were active, innermost first; at most 20."""
        self.ptr()
        return [Frame._of(frame) for frame in self._frames[:_MAX_FRAMES]]

    @property
    def trap_code(self) -> Any:
        """A `TrapCode`, or None for a trap that the host made and for an exception that nothing caught."""
        self.ptr()
        return TrapCode[REASONS[self._code][0]] if self._code in REASONS else None

    def __str__(self) -> str:
        return self.message


class Frame(Managed[errors.Frame]):
    """A wasm frame of a backtrace."""

    @property
    def func_index(self) -> int:
        """Index of the function in its module."""
        return self.ptr().funcidx

    @property
    def func_name(self) -> str | None:
        """Its name in the name section, if it has one."""
        return self.ptr().name

    @property
    def module_name(self) -> str | None:
        """The module's name in the name section, if it has one."""
        return self.ptr().module_name

    @property
    def module_offset(self) -> int:
        """Byte offset of the instruction in the module."""
        return self.ptr().offset

    @property
    def func_offset(self) -> int:
        """Byte offset of the instruction in the function's body."""
        return self.ptr().func_offset
