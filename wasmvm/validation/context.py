"""The context C that instructions are validated in (specification, 3.1.1), laid out in flat arrays.

A list of value types is a *range* ``at, count`` of the array `Context.flat`, which begins with two parts that are the
same for every module: a value type as a range of one (`flat[t] == t`), then the operands of the instructions whose
types are data (`isa.wasm`). What follows are the module's function types, parameters and results of each in a row.
"""

from __future__ import annotations

from array import array

from wasmvm.isa import wasm
from wasmvm.syntax import Module

BOTTOM = 0
"""The type of an operand that unreachable code may take for any type; no value type is 0."""

SINGLES = 0x80
"""Value types are below this number, and so are the ranges of one value type."""

PREFIX = array("i", range(SINGLES))
"""The first part of every `Context.flat`, completed below."""

# Of each opcode whose row gives its signature: where its operands are in the prefix, how many there are, and its
# result (BOTTOM for none; no such instruction has two).
PARAMS_AT = array("i", bytes(4 * wasm.OPCODE_END))
PARAM_COUNT = bytearray(wasm.OPCODE_END)
RESULT = bytearray(wasm.OPCODE_END)
NATURAL_ALIGNMENT = bytearray(wasm.OPCODE_END)
"""The base-2 logarithm of the width of a memory instruction's access."""


def _fill_tables() -> None:
    places: dict[tuple[int, ...], int] = {}
    for row in wasm.ROWS:
        NATURAL_ALIGNMENT[row.code] = max(row.width, 1).bit_length() - 1
        if row.params is None or row.results is None:
            continue
        if row.params not in places:
            places[row.params] = len(PREFIX)
            PREFIX.extend(row.params)
        PARAMS_AT[row.code] = places[row.params]
        PARAM_COUNT[row.code] = len(row.params)
        if row.results:
            (RESULT[row.code],) = row.results


_fill_tables()


class Context:
    """What a module declares, as the validator's inner loop wants it.

    Attributes:
        flat: see above.
        type_at, type_params, type_results: by typeidx, where the type is in `flat` and its numbers of parameters
            and results.
        funcs: by funcidx, the typeidx.
        tables: by tableidx, the reftype.
        mem_count: the length of the memory index space.
        globals, global_mutable: by globalidx, the value type and whether it may be set.
        imported_globals: how many of them are imported: constant expressions can use no others.
        elems: by elemidx, the reftype.
        data_count: what the data count section says, or -1 without one.
        refs: by funcidx, whether the function occurs outside of function bodies, which `ref.func` asks for.
    """

    def __init__(self, module: Module) -> None:
        self.flat = PREFIX[:]
        self.type_at = array("i")
        self.type_params = array("i")
        self.type_results = array("i")
        for functype in module.types:
            self.type_at.append(len(self.flat))
            self.type_params.append(len(functype.params))
            self.type_results.append(len(functype.results))
            self.flat.extend(functype.params)
            self.flat.extend(functype.results)
        self.funcs = array("I", [i.desc for i in module.func_imports if isinstance(i.desc, int)])
        self.funcs.extend(module.funcs)
        self.tables = bytes([t.reftype for t in module.table_types()])
        self.mem_count = len(module.mem_imports) + len(module.mems)
        global_types = module.global_types()
        self.globals = bytes([g.valtype for g in global_types])
        self.global_mutable = bytes([g.mutable for g in global_types])
        self.imported_globals = len(module.global_imports)
        self.elems = bytes([e.reftype for e in module.elems])
        self.data_count = -1 if module.data_count is None else module.data_count
        self.refs = bytearray(len(self.funcs))
