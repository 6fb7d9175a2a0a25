"""``wasmvm inspect``: the parts of a module, or the register code of a function."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from wasmvm.cli.failure import CommandError
from wasmvm.cli.limits import add_module_size
from wasmvm.cli.load import load_module
from wasmvm.features import SUPPORTED
from wasmvm.isa import codes
from wasmvm.quoting import cut, escaped, quoted
from wasmvm.types import (
    EXTERN_KINDS,
    FUNC,
    I64,
    PAGE_SIZE,
    ExternType,
    FuncType,
    GlobalType,
    MemoryType,
    TableType,
    TagType,
    valtype_text,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wasmvm.binary.names import Names
    from wasmvm.embedding.module import Module
    from wasmvm.syntax import Module as SyntaxModule

SECTION_NAMES = {
    getattr(codes, name): name.removeprefix("SECTION_").lower().replace("_", " ")
    for name in vars(codes)
    if name.startswith("SECTION_") and name != "SECTION_ORDER"
}
"""By the ids of sections, what they are called."""


ABOUT = {
    "help": "show what is in a module",
    "description": "Shows what a module is made of, or the code that one function runs as.",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--lowered", metavar="FUNC", help="show the register code of a function, by index or by name")
    add_module_size(parser)
    parser.add_argument("file", metavar="FILE")


def run(args: argparse.Namespace) -> int:
    module = load_module(args.file, max_module_size=args.max_module_size, features=SUPPORTED)
    if args.lowered is not None:
        syntax, names = module.compiled.syntax, module.compiled.names
        funcidx = find_function(syntax, names, args.lowered)
        from wasmvm.lowering.disasm import disassemble

        name = function_name(syntax, names, function_exports(syntax), funcidx)
        print(f"func {funcidx} {name} {syntax.func_type(funcidx)}")
        print(disassemble(syntax, funcidx).rstrip("\n"))
        return 0
    for line in describe(module):
        print(line)
    return 0


def find_function(syntax: SyntaxModule, names: Names, wanted: str) -> int:
    """The funcidx of a function that is given by its index, its name in the name section, or that of an export.

    Raises CommandError if there is no such function, or it is imported and so has no code.
    """
    if wanted.isascii() and wanted.isdigit():
        found = [int(wanted)] if int(wanted) < syntax.func_count else []
    else:
        found = [funcidx for funcidx, name in names.func_names.items() if name == wanted]
        found += [e.index for e in syntax.exports if e.kind == FUNC and e.name == wanted]
    if not found:
        raise CommandError(f"there is no function {cut(wanted)!r}")
    if found[0] < len(syntax.func_imports):
        raise CommandError(f"function {cut(wanted)!r} is imported: it has no code here")
    return found[0]


def function_name(syntax: SyntaxModule, names: Names, exported: dict[int, str], funcidx: int) -> str:
    """How to call a function: its name in the name section, otherwise that of an export or import."""
    if funcidx in names.func_names:
        return f"<{escaped(names.func_names[funcidx])}>"
    if funcidx < len(syntax.func_imports):
        import_ = syntax.func_imports[funcidx]
        return f"<{escaped(import_.module)}.{escaped(import_.name)}>"
    return f"<{escaped(exported[funcidx])}>" if funcidx in exported else "<>"


def function_exports(syntax: SyntaxModule) -> dict[int, str]:
    """By funcidx, the first name under which a function is exported."""
    return {e.index: e.name for e in reversed(syntax.exports) if e.kind == FUNC}


def describe(module: Module) -> Iterator[str]:
    """The lines about a module as a whole."""
    syntax, names = module.compiled.syntax, module.compiled.names
    yield f"module {escaped(names.module_name or '<unnamed>')}, {len(syntax.loaded)} bytes"
    yield f"proposals: {', '.join(module.features) or 'none'}"
    yield from _group("sections", _sections(syntax))
    yield from _group(
        "imports",
        [
            f"{EXTERN_KINDS[i.kind]:6} {quoted(i.module)} {quoted(i.name)}: {'exactly ' if i.exact else ''}"
            f"{describe_type(syntax.import_type(i))}"
            for i in syntax.imports
        ],
    )
    yield from _group(
        "exports",
        [
            f"{EXTERN_KINDS[e.kind]:6} {e.index:5} {quoted(e.name)}: {describe_type(syntax.export_type(e))}"
            for e in syntax.exports
        ],
    )
    yield from _group("tables", [describe_type(t.type) for t in syntax.tables])
    yield from _group("memories", [describe_type(m.type) for m in syntax.mems])
    yield from _group("globals", [describe_type(g.type) for g in syntax.globals])
    yield from _group("tags", [str(syntax.functype(tag.typeidx)) for tag in syntax.tags])
    yield from _group("functions", _functions(syntax, names))
    if syntax.start is not None:
        yield f"start: function {syntax.start}"


def _group(title: str, lines: list[str]) -> Iterator[str]:
    if lines:
        yield f"{title}: {len(lines)}"
        for line in lines:
            yield f"  {line}"


def _sections(syntax: SyntaxModule) -> list[str]:
    lines = []
    customs = iter(syntax.customs)
    for section in syntax.sections:
        name = (
            f"custom {quoted(next(customs).name)}" if section.id == codes.SECTION_CUSTOM else SECTION_NAMES[section.id]
        )
        start, end = section.content
        lines.append(f"0x{start:08x} {end - start:8} bytes  {name}")
    return lines


def _functions(syntax: SyntaxModule, names: Names) -> list[str]:
    lines = []
    first, exported = len(syntax.func_imports), function_exports(syntax)
    for i in range(len(syntax.funcs)):
        start, end = syntax.code[2 * i], syntax.code[2 * i + 1]
        name = function_name(syntax, names, exported, first + i)
        lines.append(f"{first + i:5} 0x{start:08x} {end - start:6} bytes  {name} {syntax.func_type(first + i)}")
    return lines


def describe_type(type_: ExternType) -> str:
    """A type in the notation of the text format, without a keyword that the heading says already."""
    if isinstance(type_, FuncType):
        return str(type_)
    if isinstance(type_, MemoryType):
        shared = ", shared" if type_.shared else ""
        return f"{_limits(type_)} {'pages' if type_.page_size == PAGE_SIZE else 'bytes'}{shared}"
    if isinstance(type_, GlobalType):
        name = valtype_text(type_.valtype)
        return f"(mut {name})" if type_.mutable else name
    if isinstance(type_, TagType):
        return str(type_.functype)
    return f"{_limits(type_)} {valtype_text(type_.reftype)}"


def _limits(type_: MemoryType | TableType) -> str:
    low, high = type_.limits
    addrtype = "i64 " if type_.addrtype == I64 else ""
    return f"{addrtype}{low}" if high is None else f"{addrtype}{low} to {high}"
