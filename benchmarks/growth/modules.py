"""Modules: decoding, validating, what is declared in them, and what is asked of them."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.growth.curve import Work, curve
from tests.encode import (
    CODE,
    CUSTOM,
    DATA,
    ELEM,
    EXPORT,
    FUNCTION,
    GLOBAL,
    I32,
    IMPORT,
    MEMORY,
    TABLE,
    TYPE,
    functype,
    module,
    section,
    uleb,
    vec,
)
from tests.encode import name as encoded_name
from wasmvm import Module

TAG = 13
ONE_TYPE = section(TYPE, vec([functype()]))
END_BODY = b"\2\0\x0b"


def functions(count: int, *, exported: bool = False) -> bytes:
    """A module of empty functions."""
    exports = section(EXPORT, vec(encoded_name(f"f{i}") + b"\0" + uleb(i) for i in range(count))) if exported else b""
    return module(
        ONE_TYPE, section(FUNCTION, uleb(count) + b"\0" * count), exports, section(CODE, uleb(count) + END_BODY * count)
    )


def distinct_types(count: int) -> bytes:
    """Function types that differ."""
    numbers = (b"\x7f", b"\x7e", b"\x7d", b"\x7c")
    return module(section(TYPE, vec(functype(numbers[i >> 2 * d & 3] for d in range(9)) for i in range(count))))


def of(data: bytes) -> Work:
    return lambda: Module(data)


@curve("Module", "tiny module", 200)
def tiny_modules(count: int) -> Work:
    tiny = functions(1)
    return lambda: [Module(tiny) for _ in range(count)]


@curve("Module of functions", "function", 10_000)
def of_functions(count: int) -> Work:
    return of(functions(count))


@curve("Module of exported functions", "function", 5_000)
def of_exports(count: int) -> Work:
    return of(functions(count, exported=True))


@curve("Module of imports", "import", 10_000)
def of_imports(count: int) -> Work:
    return of(module(ONE_TYPE, section(IMPORT, vec([b"\1a\1b\0\0"] * count))))


@curve("Module of globals", "global", 10_000)
def of_globals(count: int) -> Work:
    return of(module(section(GLOBAL, vec([I32 + b"\0\x41\0\x0b"] * count))))


@curve("Module of active data segments", "segment", 10_000)
def of_data(count: int) -> Work:
    return of(module(section(MEMORY, b"\1\0\1"), section(DATA, vec([b"\0\x41\0\x0b\1x"] * count))))


@curve("Module of element segments", "segment", 10_000)
def of_elements(count: int) -> Work:
    return of(module(section(TABLE, b"\1\x70\0\1"), section(ELEM, vec([b"\0\x41\0\x0b\0"] * count))))


@curve("Module of an element segment", "funcidx", 100_000)
def of_funcidxs(count: int) -> Work:
    elem = section(ELEM, b"\1\1\0" + uleb(count) + b"\0" * count)
    return of(module(ONE_TYPE, section(FUNCTION, b"\1\0"), elem, section(CODE, b"\1" + END_BODY)))


@curve("Module of element expressions", "expression", 25_000)
def of_expressions(count: int) -> Work:
    return of(module(section(ELEM, b"\1\5\x70" + uleb(count) + b"\xd0\x70\x0b" * count)))


@curve("Module of tags", "tag", 10_000)
def of_tags(count: int) -> Work:
    return of(module(ONE_TYPE, section(TAG, vec([b"\0\0"] * count))))


@curve("Module of custom sections", "section", 10_000)
def of_customs(count: int) -> Work:
    return of(module(*[section(CUSTOM, b"\1c")] * count))


@curve("Module of function types that differ", "type", 5_000)
def of_types(count: int) -> Work:
    return of(distinct_types(count))


@curve("Module of structures", "type", 5_000)
def of_structures(count: int) -> Work:
    members = [b"\x5f" + vec([t + b"\0" for t in (b"\x7f", b"\x7e")]) for _ in range(count)]
    return of(module(section(TYPE, b"\1\x4e" + vec(members))))


@curve("Module of types that were there before", "type", 5_000)
def of_types_again(count: int) -> Work:
    data = distinct_types(count)
    kept = Module(data)
    return lambda: (kept, Module(data))


@curve("Module of one long function", "instruction", 100_000)
def of_one_function(count: int) -> Work:
    body = b"\0" + b"\x41\0\x1a" * (count // 2) + b"\x0b"
    return of(module(ONE_TYPE, section(FUNCTION, b"\1\0"), section(CODE, b"\1" + uleb(len(body)) + body)))


@curve("names", "name", 10_000)
def of_names(count: int) -> Work:
    entries = b"".join(uleb(i) + encoded_name(f"f{i}") for i in range(count))
    content = uleb(count) + entries
    data = functions(count) + section(CUSTOM, b"\4name\1" + uleb(len(content)) + content)
    made = Module(data)
    return lambda: made.compiled.names.func_names


@curve("Module.exports", "export", 5_000)
def list_exports(count: int) -> Work:
    made = Module(functions(count, exported=True))
    return lambda: made.exports


@curve("inspect of a stripped module", "function", 2_000)
def inspect(count: int) -> Work:
    from wasmvm.cli.inspect import describe

    made = Module(functions(count, exported=True))
    return lambda: list(describe(made))


@curve("serialize, all lowered", "function", 2_000)
def serialize(count: int) -> Work:
    made = Module(functions(count))
    return lambda: made.serialize(lower_all=True)


@curve("deserialize", "function", 5_000)
def deserialize(count: int) -> Work:
    data = Module(functions(count)).serialize(lower_all=True)
    return lambda: Module.deserialize(data)


@curve("a save among the cache's files", "file", 400, flat=True, times=8)
def save(count: int) -> Work:
    from wasmvm.compiled.cache import SUFFIX, Cache
    from wasmvm.compiled.codefile import KEY_SIZE

    folder = tempfile.TemporaryDirectory()
    for i in range(count):
        Path(folder.name, f"{i:0{2 * KEY_SIZE}x}{SUFFIX}").touch(0o600)
    cache = Cache(folder.name)
    modules = [Module(functions(i + 1)) for i in range(8)]
    for made in modules:
        made.serialize(lower_all=True)

    def work() -> None:
        for i, made in enumerate(modules):
            entry = cache.open(f"{folder.name} {i}".encode())
            assert entry.save(made.compiled.syntax, made.compiled.code, 1 << 20)

    return work
