"""A module as pywasm shows it: types, instructions and sections as objects, made from what wasmvm has decoded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from wasmvm import syntax, types
from wasmvm.binary import sections
from wasmvm.compat.instructions import read_immediates
from wasmvm.compat.pywasm import log, opcode
from wasmvm.compat.pywasm.errors import translated
from wasmvm.compat.pywasm.values import ValType
from wasmvm.compiled import CompiledModule
from wasmvm.errors import DecodeError
from wasmvm.generated.opcode import OP_DELEGATE, OP_ELSE, OP_END, OP_IF
from wasmvm.isa import imm
from wasmvm.isa.codes import EMPTY_BLOCK
from wasmvm.isa.wasm import BY_CODE
from wasmvm.quoting import escaped
from wasmvm.reader import Reader

_KINDS = ("func", "table", "mem", "global")


@contextmanager
def _reading(stream: Any, before: bytes = b"") -> Iterator[Reader]:
    """A reader of the rest of a stream, as if it came after `before`; the stream is left after what was read."""
    start = stream.tell()
    reader = Reader(before + bytes(stream.read()))
    with translated():
        yield reader
    stream.seek(start + reader.pos - len(before))


class Bype:
    """A block type: `kind` 0 has no results, 1 the value type `data`, 2 is the type of index `data`."""

    def __init__(self, kind: int, data: int) -> None:
        assert kind in (0, 1, 2)
        self.kind = kind
        self.data = data

    def __eq__(self, value: object) -> bool:
        assert isinstance(value, self.__class__)
        return self.kind == value.kind and self.data == value.data

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return "empty" if self.kind == 0 else repr(ValType(self.data)) if self.kind == 1 else repr(self.data)

    @classmethod
    def _of(cls, value: int) -> Bype:
        if value >= 0:
            return cls(2, value)
        return cls(0, EMPTY_BLOCK) if value == -1 else cls(1, -2 - value)

    @classmethod
    def from_reader(cls, r: Any) -> Bype:
        with _reading(r) as reader:
            return cls._of(reader.blocktype())


class Inst:
    """An instruction: its number in `opcode`, and its immediates.

    Those of a block are its type and its instructions, and for an ``if`` also those of its ``else``.
    """

    def __init__(self, opcode: int, args: list[Any]) -> None:
        self.opcode = opcode
        self.args = args

    def __repr__(self) -> str:
        return self.into_single()

    def _is_block(self) -> bool:
        return len(self.args) > 1 and isinstance(self.args[0], Bype)

    def into_single(self) -> str:
        """Its text, of a block only the first line."""
        return " ".join([opcode.name[self.opcode], *map(repr, self.args[:1] if self._is_block() else self.args)])

    def into_disasm(self, indent: int) -> None:
        """Print it to the log."""
        log.debugln(f"{' ' * indent}{self.into_single()}")
        if self._is_block():
            Expr(self.args[1]).into_disasm(indent + 4)

    @classmethod
    def from_reader(cls, r: Any) -> Inst:
        with _reading(r) as reader:
            return next(_instructions(reader))


def _arguments(reader: Reader, kind: int) -> list[Any]:
    """The immediates as pywasm has them."""
    if kind == imm.BLOCKTYPE:
        return [Bype._of(reader.blocktype()), []]
    if kind == imm.HEAPTYPE:
        return [reader.heaptype()]
    found = read_immediates(reader, kind)
    if kind in (imm.F32, imm.F64):  # as bits
        return [int.from_bytes(found[0], "little")]
    if kind == imm.V128:
        return [bytearray(found[0])]
    if kind == imm.LANES:
        return list(found[0])
    return [] if kind == imm.MEMORY_COPY else found


def _instructions(reader: Reader) -> Iterator[Inst]:
    """Instructions in a row, each block with all that is in it; the ``end`` of the sequence is the last one."""
    outer: list[Inst] = []
    while True:
        at = reader.pos
        op = reader.opcode()
        row = BY_CODE[op]
        inst = Inst(opcode.number(op), _arguments(reader, row.imm))
        if op == OP_END and outer:
            inst = outer.pop()
        elif op == OP_ELSE:
            if not outer or outer[-1].opcode != OP_IF or len(outer[-1].args) > 2:
                raise DecodeError("else outside of an if", at)
            outer[-1].args.append([])
            continue
        elif op == OP_DELEGATE:
            if not outer:
                raise DecodeError("delegate outside of a try", at)
            outer[-1].args[-1].append(inst)
            inst = outer.pop()
        elif row.imm in (imm.BLOCKTYPE, imm.TRY_TABLE):
            if row.imm == imm.TRY_TABLE:
                inst.args.append([])
            outer.append(inst)
            continue
        if inst.opcode == OP_IF and len(inst.args) == 2:
            inst.args.append([])
        if outer:
            outer[-1].args[-1].append(inst)
        else:
            yield inst
            if inst.opcode == OP_END:
                return


class Expr:
    """A sequence of instructions, without its ``end``."""

    def __init__(self, data: list[Inst]) -> None:
        self.data = data

    def __repr__(self) -> str:
        return repr(self.data)

    def into_disasm(self, indent: int) -> None:
        """Print it to the log."""
        for inst in self.data:
            inst.into_disasm(indent)

    @classmethod
    def _of(cls, reader: Reader) -> Expr:
        return cls(list(_instructions(reader))[:-1])

    @classmethod
    def _at(cls, source: bytes, extent: syntax.Extent | None) -> Expr:
        """The constant expression at that place."""
        if extent is None:
            return cls([])
        reader = Reader(source)
        reader.pos = extent.start
        return cls._of(reader)

    @classmethod
    def from_reader(cls, r: Any) -> Expr:
        with _reading(r) as reader:
            return cls._of(reader)


class LocalsDesc:
    """`n` locals of one type."""

    def __init__(self, n: int, type: ValType) -> None:
        self.n = n
        self.type = type

    def __repr__(self) -> str:
        return f"{self.n}x{self.type}"

    @classmethod
    def _of(cls, reader: Reader) -> LocalsDesc:
        return cls(reader.u32(), ValType(reader.valtype()))

    @classmethod
    def from_reader(cls, r: Any) -> LocalsDesc:
        with _reading(r) as reader:
            return cls._of(reader)


class FuncType:
    """A function type: types of parameters and of results."""

    def __init__(self, args: list[ValType], rets: list[ValType]) -> None:
        self.args = args
        self.rets = rets

    def __eq__(self, value: object) -> bool:
        assert isinstance(value, self.__class__)
        return self.args == value.args and self.rets == value.rets

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"{self.args} -> {self.rets}"

    @classmethod
    def _of(cls, functype: types.FuncType) -> FuncType:
        return cls([ValType(t) for t in functype.params], [ValType(t) for t in functype.results])

    @property
    def _core(self) -> types.FuncType:
        return types.FuncType(tuple(t.data for t in self.args), tuple(t.data for t in self.rets))

    @classmethod
    def from_reader(cls, r: Any) -> FuncType:
        with _reading(r) as reader:
            assert reader.byte() == 0x60
            args = [ValType(reader.valtype()) for _ in range(reader.length())]
            return cls(args, [ValType(reader.valtype()) for _ in range(reader.length())])


class FuncDesc:
    """A function of a module: the index of its type, its locals and its body, which are read when asked for."""

    locals: list[LocalsDesc]
    expr: Expr
    _place: tuple[bytes, int]

    def __init__(self, type: int, locals: list[LocalsDesc], expr: Expr) -> None:
        self.type = type
        self.locals = locals
        self.expr = expr

    def __repr__(self) -> str:
        return f"{self.type} {self.locals}"

    @classmethod
    def _at(cls, typeidx: int, source: bytes, start: int) -> FuncDesc:
        made = cls.__new__(cls)
        made.type = typeidx
        made._place = (source, start)
        return made

    def _read(self, reader: Reader) -> None:
        self.locals = [LocalsDesc._of(reader) for _ in range(reader.length())]
        self.expr = Expr._of(reader)

    def __getattr__(self, name: str) -> Any:
        if name not in ("locals", "expr") or "_place" not in self.__dict__:
            raise AttributeError(name)
        source, start = self._place
        reader = Reader(source)
        reader.pos = start
        self._read(reader)
        return self.__dict__[name]

    @classmethod
    def from_reader_type(cls, r: Any) -> FuncDesc:
        with _reading(r) as reader:
            return cls(reader.u32(), [], Expr([]))

    @classmethod
    def from_reader_code(cls, r: Any) -> FuncDesc:
        made = cls(0, [], Expr([]))
        with _reading(r) as reader:
            made._read(reader)
        return made


class Limits:
    """At least `n`, at most `m`, where 0 stands for no maximum."""

    def __init__(self, n: int, m: int) -> None:
        self.n = n
        self.m = m

    def __repr__(self) -> str:
        return f"[{self.n}, {self.m or 'inf'}]"

    @classmethod
    def _of(cls, limits: types.Limits) -> Limits:
        return cls(limits.min, limits.max or 0)

    @property
    def _core(self) -> types.Limits:
        return types.Limits(self.n, self.m or None)

    def suit(self, value: Limits) -> bool:
        """Whether they match `value`, the limits that are wanted."""
        return types.match_limits(self._core, value._core)

    @classmethod
    def from_reader(cls, r: Any) -> Limits:
        with _reading(r) as reader:
            return cls._of(sections.read_limits(reader)[1])


class MemType:
    """A memory type; its limits count pages."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits

    def __repr__(self) -> str:
        return repr(self.limits)

    @classmethod
    def _of(cls, type: types.MemoryType) -> MemType:
        return cls(Limits._of(type.limits))

    @property
    def _core(self) -> types.MemoryType:
        return types.MemoryType(self.limits._core)

    @classmethod
    def from_reader(cls, r: Any) -> MemType:
        return cls(Limits.from_reader(r))


class TableType:
    """A table type."""

    def __init__(self, type: ValType, limits: Limits) -> None:
        assert types.is_reftype(type.data)
        self.type = type
        self.limits = limits

    def __repr__(self) -> str:
        return f"{self.type} {self.limits}"

    @classmethod
    def _of(cls, type: types.TableType) -> TableType:
        return cls(ValType(type.reftype), Limits._of(type.limits))

    @property
    def _core(self) -> types.TableType:
        return types.TableType(self.type.data, self.limits._core)

    @classmethod
    def from_reader(cls, r: Any) -> TableType:
        return cls(ValType.from_reader(r), Limits.from_reader(r))


class GlobalType:
    """A global type; `mut` is 1 if it can be changed."""

    def __init__(self, type: ValType, mut: int) -> None:
        assert mut in (0, 1)
        self.type = type
        self.mut = mut

    def __repr__(self) -> str:
        return f"{'var' if self.mut else 'const'} {self.type}"

    @classmethod
    def _of(cls, type: types.GlobalType) -> GlobalType:
        return cls(ValType(type.valtype), int(type.mutable))

    @property
    def _core(self) -> types.GlobalType:
        return types.GlobalType(self.type.data, bool(self.mut))

    @classmethod
    def from_reader(cls, r: Any) -> GlobalType:
        return cls(ValType.from_reader(r), ord(r.read(1)))


class GlobalDesc:
    """A global of a module."""

    def __init__(self, type: GlobalType, init: Expr) -> None:
        self.type = type
        self.init = init

    def __repr__(self) -> str:
        return repr(self.type)

    @classmethod
    def from_reader(cls, r: Any) -> GlobalDesc:
        return cls(GlobalType.from_reader(r), Expr.from_reader(r))


class Custom:
    """A custom section."""

    def __init__(self, name: str, data: bytearray) -> None:
        self.name = name
        self.data = data

    @classmethod
    def from_reader(cls, r: Any) -> Custom:
        with _reading(r) as reader:
            name = reader.name()
            start = reader.pos
            reader.pos = reader.end
            return cls(name, bytearray(reader.source[start:]))


class Import:
    """An import; `desc` is the index of a function's type, or the type of something else."""

    def __init__(self, module: str, name: str, kind: int, desc: Any) -> None:
        self.module = module
        self.name = name
        self.kind = kind
        self.desc = desc

    def __repr__(self) -> str:
        return f"{escaped(self.module)}.{escaped(self.name)} {_KINDS[self.kind]} {self.desc}"

    @classmethod
    def _of(cls, import_: syntax.Import) -> Import:
        desc = import_.desc
        classes: dict[int, Any] = {types.TABLE: TableType, types.MEMORY: MemType, types.GLOBAL: GlobalType}
        if import_.kind in classes:
            desc = classes[import_.kind]._of(desc)
        return cls(import_.module, import_.name, import_.kind, desc)

    @classmethod
    def from_reader(cls, r: Any) -> Import:
        with _reading(r) as reader:
            module, name, kind = reader.name(), reader.name(), reader.byte()
            if kind == types.FUNC:
                return cls(module, name, kind, reader.u32())
        return cls(module, name, kind, (None, TableType, MemType, GlobalType)[kind].from_reader(r))  # type: ignore[union-attr]


class ExportDesc:
    """An export of a module; `desc` is an index in the index space of its kind."""

    def __init__(self, name: str, kind: int, desc: int) -> None:
        assert kind in (0, 1, 2, 3)
        self.name = name
        self.kind = kind
        self.desc = desc

    def __repr__(self) -> str:
        return f"{escaped(self.name)} {_KINDS[self.kind]} {self.desc}"

    @classmethod
    def from_reader(cls, r: Any) -> ExportDesc:
        with _reading(r) as reader:
            return cls(reader.name(), reader.byte(), reader.u32())


class ElemDesc:
    """An element segment; `kind` are the flags of the binary format."""

    def __init__(self, kind: int, type: ValType, tidx: int, offset: Expr, init: list[Expr]) -> None:
        assert 0 <= kind <= 7
        self.kind = kind
        self.type = type
        self.tidx = tidx
        self.offset = offset
        self.init = init

    def __repr__(self) -> str:
        return f"{self.tidx}"

    @classmethod
    def _of(cls, source: bytes, elem: syntax.Elem) -> ElemDesc:
        reader = Reader(source)
        reader.pos = elem.offset
        if elem.funcidxs is not None:
            init = [Expr([Inst(opcode.number(0xD2), [funcidx])]) for funcidx in elem.funcidxs]
        else:
            init = [Expr._at(source, extent) for extent in elem.exprs or ()]
        offset = Expr._at(source, elem.offset_expr)
        return cls(reader.u32(), ValType(types.heaptype_of(elem.reftype)), elem.tableidx, offset, init)

    @classmethod
    def from_reader(cls, r: Any) -> ElemDesc:
        with _reading(r) as reader:
            return cls._of(reader.source, sections.read_elem(reader, reader.end))


class DataDesc:
    """A data segment; `kind` are the flags of the binary format."""

    def __init__(self, kind: int, midx: int, offset: Expr, init: bytearray) -> None:
        assert kind in (0, 1, 2)
        assert midx == 0
        self.kind = kind
        self.midx = midx
        self.offset = offset
        self.init = init

    def __repr__(self) -> str:
        return f"{self.midx}"

    @classmethod
    def _of(cls, source: bytes, data: syntax.Data) -> DataDesc:
        reader = Reader(source)
        reader.pos = data.offset
        offset = Expr._at(source, data.offset_expr)
        return cls(reader.u32(), data.memidx, offset, bytearray(source[data.init.start : data.init.end]))

    @classmethod
    def from_reader(cls, r: Any) -> DataDesc:
        with _reading(r, b"\1") as reader:  # read like a section of one segment
            module = syntax.Module(reader.source)
            sections.read_data_section(reader, module, reader.end)
            return cls._of(reader.source, module.datas[0])


class ModuleDesc:
    """A module, as lists of what its sections hold; `star` is the index of the start function, or -1.

    Only one that `from_reader` made can be instantiated. Its contents are made when they are asked for.
    """

    _compiled: CompiledModule | None = None

    def __init__(
        self,
        type: list[Any],
        func: list[FuncDesc],
        tabl: list[TableType],
        mems: list[MemType],
        glob: list[GlobalDesc],
        elem: list[ElemDesc],
        data: list[DataDesc],
        star: int,
        imps: list[Import],
        exps: list[ExportDesc],
    ) -> None:
        given = dict(type=type, func=func, tabl=tabl, mems=mems, glob=glob, elem=elem, data=data)  # noqa: C408
        self.__dict__.update(given, star=star, imps=imps, exps=exps)

    @classmethod
    def from_reader(cls, r: Any) -> ModuleDesc:
        """Decode and validate; AssertionError if it is not a valid module."""
        made = cls.__new__(cls)
        with translated():
            made._compiled = CompiledModule(bytes(r.read()))
        if log.lvl > 0:
            made._log()
        return made

    @property
    def _syntax(self) -> syntax.Module:
        return self.compiled().syntax

    def compiled(self) -> CompiledModule:
        """wasmvm's own module; TypeError if this one was not read."""
        if self._compiled is None:
            raise TypeError("only a module that was read can be instantiated")
        return self._compiled

    @cached_property
    def type(self) -> list[Any]:
        return [FuncType._of(t) if isinstance(t, types.FuncType) else t for t in self._syntax.types]

    @cached_property
    def func(self) -> list[FuncDesc]:
        source, code = self._syntax.source, self._syntax.code
        return [FuncDesc._at(typeidx, source, code[2 * i]) for i, typeidx in enumerate(self._syntax.funcs)]

    @cached_property
    def tabl(self) -> list[TableType]:
        return [TableType._of(table.type) for table in self._syntax.tables]

    @cached_property
    def mems(self) -> list[MemType]:
        return [MemType._of(memory.type) for memory in self._syntax.mems]

    @cached_property
    def glob(self) -> list[GlobalDesc]:
        source = self._syntax.source
        return [GlobalDesc(GlobalType._of(g.type), Expr._at(source, g.init)) for g in self._syntax.globals]

    @cached_property
    def elem(self) -> list[ElemDesc]:
        return [ElemDesc._of(self._syntax.source, elem) for elem in self._syntax.elems]

    @cached_property
    def data(self) -> list[DataDesc]:
        return [DataDesc._of(self._syntax.source, data) for data in self._syntax.datas]

    @cached_property
    def star(self) -> int:
        start = self._syntax.start
        return -1 if start is None else start

    @cached_property
    def imps(self) -> list[Import]:
        return [Import._of(import_) for import_ in self._syntax.imports]

    @cached_property
    def exps(self) -> list[ExportDesc]:
        return [ExportDesc(export.name, export.kind, export.index) for export in self._syntax.exports]

    def _log(self) -> None:
        """Print what it holds; pywasm prints it in the order of the file."""
        for custom in self._syntax.customs:
            log.debugln("section custom", escaped(custom.name))
        lists: tuple[tuple[str, list[Any]], ...] = (
            ("type", self.type),
            ("import", self.imps),
            ("func", [desc.type for desc in self.func]),
            ("table", self.tabl),
            ("memory", self.mems),
            ("global", self.glob),
            ("export", self.exps),
            ("start", [self.star] if self.star >= 0 else []),
            ("elem", self.elem),
        )
        for section, descs in lists:
            for desc in descs:
                log.debugln("section", section, desc)
        for func in self.func:
            log.debugln("section code", func)
            func.expr.into_disasm(4)
        for segment in self.data:
            log.debugln("section data", segment)
