"""What lowering asks a module, in flat arrays: made once a module."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

from wasmvm.lowering.accumulator import Accumulators
from wasmvm.types import I64, NO_METERING, FuncType, valtype_slots

if TYPE_CHECKING:
    from wasmvm.syntax import Module


class Context:
    """Attributes:

    source: the module's bytes.
    widths: in slots, the parameters and then the results of every type, one after another; type `t` has its parameters
        at ``first[t]`` up to ``middle[t]`` and its results from there up to ``first[t + 1]``.
    func_types: the typeidx of each function of the index space.
    global_widths: in slots, each global of the index space.
    mem_wide: by memory of the index space, whether its addresses are i64.
    import_count: imported functions, the first of the index space.
    accumulators: the pass to run on finished code, or None (the switch back end has no accumulators).
    metering: what to write instructions for that take fuel, `NO_METERING` or another of the three.
    """

    def __init__(self, module: Module, *, accumulators: bool = False, metering: int = NO_METERING) -> None:
        first, middle, widths = array("i", [0]), array("i"), bytearray()
        for type_ in module.types:
            functype = type_ if isinstance(type_, FuncType) else FuncType((), ())
            widths += bytes(map(valtype_slots, functype.params))
            middle.append(len(widths))
            widths += bytes(map(valtype_slots, functype.results))
            first.append(len(widths))
        self.source = module.source
        self.widths = bytes(widths) or b"\0"
        self.first = first
        self.middle = middle if len(middle) else array("i", [0])
        func_types = array("I", [i.desc for i in module.func_imports])
        func_types.extend(module.funcs)
        self.func_types = func_types if len(func_types) else array("I", [0])
        self.global_widths = bytes([valtype_slots(g.valtype) for g in module.global_types()]) or b"\0"
        self.mem_wide = bytes([type_.addrtype == I64 for type_ in module.mem_types()]) or b"\0"
        self.import_count = len(module.func_imports)
        self.code = module.code
        self.accumulators = Accumulators() if accumulators else None
        self.metering = metering
