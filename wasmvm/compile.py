"""From bytes to what instances are made of: the one place that knows decode -> validate -> lower."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wasmvm._core import DISPATCH, ModuleCode
from wasmvm.binary import decode
from wasmvm.errors import Frame
from wasmvm.validation import validate

if TYPE_CHECKING:
    from wasmvm.binary.names import Names
    from wasmvm.lowering.context import Context
    from wasmvm.syntax import Module


class CompiledModule:
    """A validated module whose functions are lowered when they are first called.

    Attributes:
        syntax: the decoded module.
        code: the functions lowered so far, shared by all instances.
    """

    def __init__(self, source: bytes) -> None:
        """Raises DecodeError and ValidationError."""
        self.syntax: Module = decode(source)
        validate(self.syntax)
        self.code = ModuleCode(len(self.syntax.funcs))
        self._context: Context | None = None
        self._names: Names | None = None

    @property
    def names(self) -> Names:
        """The name section, read when somebody asks."""
        if self._names is None:
            from wasmvm.binary.names import read_names

            self._names = read_names(self.syntax)
        return self._names

    def lower(self, index: int) -> None:
        """Lower the function `index`, counted among those defined here, into `code`."""
        from wasmvm.lowering.body import lower
        from wasmvm.lowering.context import Context

        if self._context is None:
            self._context = Context(self.syntax, accumulators=DISPATCH == "threaded")
        lowered = lower(self._context, index)
        self.code.put(
            index, lowered.code, lowered.frame_size, lowered.zero_from, lowered.zero_to, lowered.offsets
        )  # fmt: skip

    def frame(self, funcidx: int, offset: int) -> Frame:
        """A frame of a backtrace: the function and the byte offset in the module that was being executed."""
        start = self.syntax.code[2 * (funcidx - len(self.syntax.func_imports))]
        names = self.names
        return Frame(funcidx, names.func_names.get(funcidx), names.module_name, offset, max(offset - start, 0))
