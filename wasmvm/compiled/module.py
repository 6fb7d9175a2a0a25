"""Compiled modules, which instances are made of: the one place that knows decode -> validate -> lower."""

from __future__ import annotations

from wasmvm._core import DISPATCH, ModuleCode
from wasmvm.binary import decode
from wasmvm.deftype import close_externtype, define
from wasmvm.errors import DecodeError, Frame
from wasmvm.types import NO_METERING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from array import array
    from collections.abc import Callable
    from typing import Any

    from wasmvm.binary.names import Names
    from wasmvm.compiled.cache import Entry
    from wasmvm.lowered import Lowered
    from wasmvm.lowering.context import Context
    from wasmvm.lowering.verify import Verifier
    from wasmvm.syntax import Export, Extent, Module
    from wasmvm.types import ExternType
    from wasmvm.validation import LateValidation


def look_around() -> None:
    """The default checkpoint, which compiled code calls every few milliseconds of long work.

    It does nothing; but it is plain Python, so other threads and signal handlers can run here.
    """


class CompiledModule:
    """A validated module whose functions are lowered when they are first called.

    Nothing is lowered that this process has not validated. If a cache or serialized data says that the module is valid,
    its declarations are validated at once, and each function before it is lowered.

    Attributes:
        syntax: the decoded module.
        code: the functions lowered so far, shared by all instances.
        metering: the metering mode that its code is lowered for (`types.NO_METERING`, ...).
        plan: what `runtime.instantiate` keeps for the next instance.
    """

    def __init__(
        self,
        source: bytes,
        *,
        valid: bool = False,
        entry: Entry | None = None,
        checkpoint: Callable[[], object] = look_around,
    ) -> None:
        """Decode and validate a module.

        Args:
            source: its bytes, in the binary format; those that `entry` reads later are arbitrary.
            valid: whether the module was validated before, so that an error in a function body may be found when the
                function is first called.
            entry: the cache's entry of the module: functions that it knows are not lowered again, and `save` writes
                new ones to it.
            checkpoint: called every few milliseconds; what it raises, such as a deadline's trap, ends the work.

        Raises:
            DecodeError, ValidationError: the module is not valid.
            OSError: its file cannot be read any more.
        """
        self._entry = entry
        self._fresh = 0
        partial = None if entry is None else entry.partial
        syntax = decode(source, partial, checkpoint)
        if partial is not None and not partial.is_of(syntax):
            raise DecodeError("parts are missing from the module", 0)
        self._late: LateValidation | None = None
        if valid or (entry is not None and entry.validated):
            from wasmvm.validation import LateValidation

            self._late = LateValidation(syntax, checkpoint)
        else:
            from wasmvm.validation import validate

            validate(syntax, checkpoint)
        self._variants: dict[int, CompiledModule] = {}
        self._names: Names | None = None
        self._begin(syntax, NO_METERING)
        if entry is not None:
            entry.install(self.code)

    def _begin(self, syntax: Module, metering: int) -> None:
        self.syntax = syntax
        self.metering = metering
        self.plan: Any = None
        self.code = ModuleCode(len(syntax.funcs))
        self._context: Context | None = None
        self._verifier: Verifier | None = None
        self._exprs: dict[int, Lowered] = {}
        self._type_ids: array[int] | None = None
        self._import_types: list[ExternType] | None = None
        self._variants[metering] = self

    def metered(self, metering: int) -> CompiledModule:
        """The same module for stores with this metering mode: the code itself takes the fuel."""
        found = self._variants.get(metering)
        if found is None:
            found = CompiledModule.__new__(CompiledModule)
            found._variants = self._variants
            found._names = self._names
            found._late = self._late
            found._entry = None  # only code without metering is kept
            found._fresh = 0
            found._begin(self.syntax, metering)
        return found

    @property
    def names(self) -> Names:
        """The name section, read on first use."""
        if self._names is None:
            from wasmvm.binary.names import read_names

            self._names = read_names(self.syntax)
        return self._names

    def _accept(self, index: int) -> bool:
        """Use the code that a file offers for a function, if the verifier accepts it; otherwise forget that code."""
        offered = self.code.offered(index)
        if offered is None:
            return False
        if self._verifier is None:
            from wasmvm.lowering.verify import Verifier

            self._verifier = Verifier(self.syntax, DISPATCH == "threaded")
        if not self._verifier.accepts(index, offered):
            self.code.refuse(index)
            return False
        self.code.accept(index)
        return True

    def lower(self, index: int, checkpoint: Callable[[], object] = look_around) -> None:
        """Put the code of the function `index`, counted among those defined here, into `code`: a file's or new code.

        Args:
            checkpoint: called every few milliseconds; what it raises ends the work, and the next call starts over.

        Raises:
            DecodeError, ValidationError: the function is not valid, if it had not been validated yet.
            OSError: its body cannot be read any more.
        """
        known = self.code.offered(index) is not None
        if known and self._accept(index):
            return
        from wasmvm.lowering.body import lower

        self.syntax.load_body(index)
        if self._late is not None:
            self._late.body(index, checkpoint)
        lowered = lower(self._lowering_context(), index, checkpoint)
        self.code.put(index, lowered)
        if not known:
            self._fresh += 4 * lowered.size

    def lower_all(self) -> None:
        """Lower each function that has no code yet; raises what `lower` raises."""
        for index in range(self.code.count):
            if self.code.get(index) is None:
                self.lower(index)

    def lower_expr(self, extent: Extent) -> Lowered:
        """The lowered code of a constant expression, which must not give a v128."""
        from wasmvm.lowering.body import lower_expr

        found = self._exprs.get(extent.start)
        if found is None:
            found = self._exprs[extent.start] = lower_expr(self._lowering_context(), extent.start, extent.end)
        return found

    def _lowering_context(self) -> Context:
        from wasmvm.lowering.context import Context

        if self._context is None:
            self._context = Context(self.syntax, accumulators=DISPATCH == "threaded", metering=self.metering)
        return self._context

    @property
    def type_ids(self) -> array[int]:
        """By typeidx, the id of the defined type (`deftype`)."""
        if self._type_ids is None:
            self._type_ids = define(self.syntax)
        return self._type_ids

    @property
    def import_types(self) -> list[ExternType]:
        """The types of the imports, closed, in the order of the module."""
        if self._import_types is None:
            syntax, type_ids = self.syntax, self.type_ids
            self._import_types = [close_externtype(syntax.import_type(import_), type_ids) for import_ in syntax.imports]
        return self._import_types

    def export_type(self, export: Export) -> ExternType:
        """The type of an export, closed."""
        return close_externtype(self.syntax.export_type(export), self.type_ids)

    def save(self) -> None:
        """Write new code to the cache if there is enough of it; without a cache, do nothing."""
        if self._entry is not None:
            self._entry.save(self.syntax, self.code, self._fresh)

    def frame(self, funcidx: int, offset: int) -> Frame:
        """A frame of a backtrace: a function, and the byte offset in the module of the instruction being executed."""
        start = self.syntax.code[2 * (funcidx - len(self.syntax.func_imports))]
        return Frame(self, funcidx, offset, max(offset - start, 0))
