"""What lowering asks a module, in flat arrays: made once a module."""

from __future__ import annotations

from array import array

from wasmvm.lowering.accumulator import shared
from wasmvm.types import I64, NO_METERING, ArrayType, FuncType, StructType, layout, storage_size, valtype_slots

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wasmvm.syntax import Module


class Context:
    """Attributes:

    loaded, source: the module's bytes, as an object and as an array; those of the body to be lowered must be there.
    widths: in slots, the parameters and then the results of every type, one after another; type `t` has its parameters
        at ``first[t]`` up to ``middle[t]`` and its results from there up to ``first[t + 1]``.
    field_at: for every type and one more, where its fields begin in `field_offsets`, the bytes from an object's
        beginning to the field (0 for that of an array), and in `field_widths`, the logarithm of its size.
    is_func: for every type, whether it is a function type.
    func_types: the typeidx of each function of the index space.
    global_widths: in slots, each global of the index space.
    mem_wide: by memory of the index space, whether its addresses are i64.
    tag_types: the typeidx of each tag of the index space.
    import_count: imported functions, the first of the index space.
    accumulators: the pass to run on finished code, or None (the switch back end has no accumulators).
    spare: a `body.Body` that is not in use, or None.
    metering: what to write instructions for that take fuel, `NO_METERING` or another of the three.
    """

    def __init__(self, module: Module, *, accumulators: bool = False, metering: int = NO_METERING) -> None:
        """Args:
        module: a valid module.
        accumulators: whether code is for the threaded back end.
        metering: see the attribute.
        """
        first, middle, widths = array("i", [0]), array("i"), bytearray()
        for type_ in module.types:
            functype = type_ if isinstance(type_, FuncType) else FuncType((), ())
            widths += bytes(map(valtype_slots, functype.params))
            middle.append(len(widths))
            widths += bytes(map(valtype_slots, functype.results))
            first.append(len(widths))
        self._lay_out(module)
        self.loaded = module.loaded
        self.source = module.loaded
        self.widths = bytes(widths) or b"\0"
        self.first = first
        self.middle = middle if len(middle) else array("i", [0])
        func_types = array("I")
        for import_ in module.func_imports:
            func_types.append(import_.desc)
        func_types.extend(module.funcs)
        self.func_types = func_types if len(func_types) else array("I", [0])
        global_widths, mem_wide = bytearray(), bytearray()
        for global_type in module.global_types():
            global_widths.append(valtype_slots(global_type.valtype))
        for mem_type in module.mem_types():
            mem_wide.append(mem_type.addrtype == I64)
        self.global_widths = bytes(global_widths) or b"\0"
        self.mem_wide = bytes(mem_wide) or b"\0"
        self.tag_types = array("I", module.tag_typeidxs() or [0])
        self.import_count = len(module.func_imports)
        self.code = module.code
        self.accumulators = shared() if accumulators else None
        self.metering = metering
        self.spare: Any = None

    def _lay_out(self, module: Module) -> None:
        """Find the place of every field."""
        at, offsets, widths, is_func = array("i"), array("i"), bytearray(), bytearray()
        for type_ in module.types:
            at.append(len(offsets))
            is_func.append(isinstance(type_, FuncType))
            if isinstance(type_, StructType):
                offsets.extend(layout(type_.fields)[0])
                for field in type_.fields:
                    widths.append(storage_size(field.storage).bit_length() - 1)
            elif isinstance(type_, ArrayType):
                offsets.append(0)
                widths.append(storage_size(type_.field.storage).bit_length() - 1)
        at.append(len(offsets))
        self.field_at = at
        self.field_offsets = offsets or array("i", [0])
        self.field_widths = bytes(widths) or b"\0"
        self.is_func = bytes(is_func) or b"\0"
