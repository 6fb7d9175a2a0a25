"""One script for two runtimes: what it prints must be the same with PyPI's wasmtime and with wasmvm's replacement.

It calls every public name of the package. Run as ``python -m tests.compat.scripts`` it says which runtime it found.
"""

from __future__ import annotations

import ctypes
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import wasmtime
from wasmtime import (
    Caller,
    Config,
    Engine,
    ExitTrap,
    ExportType,
    Frame,
    Func,
    FuncType,
    Global,
    GlobalType,
    ImportType,
    Instance,
    InstancePre,
    Limits,
    Linker,
    Memory,
    MemoryType,
    Module,
    SharedMemory,
    Store,
    StoreContext,
    Table,
    TableType,
    Tag,
    TagType,
    Trap,
    TrapCode,
    Val,
    ValType,
    WasiConfig,
    WasmtimeError,
    wat2wasm,
)

I32, I64, F32, F64 = ValType.i32, ValType.i64, ValType.f32, ValType.f64
MAIN = """(module $main (import "env" "f" (func $imp (param i32)))
  (memory (export "memory") 1 2) (table (export "t") 1 3 funcref) (global (export "g") (mut i32) (i32.const 1))
  (func $foo (export "a") i32.const 1 call $imp)
  (func (export "load") (param i32) (result i32) local.get 0 i32.load)
  (func (export "load_far") (param i32) (result i64) local.get 0 i64.load offset=65530)
  (func (export "div") (param i32) (result i32) i32.const 1 local.get 0 i32.div_s)
  (func (export "indirect") (param i32) local.get 0 call_indirect)
  (func $rec (export "rec") call $rec)
  (func (export "trunc") (param f64) (result i32) local.get 0 i32.trunc_f64_s)
  (func (export "fill") (param i32) i32.const 0 i32.const 0 local.get 0 memory.fill)
  (func (export "refs") (param externref funcref) (result externref funcref) local.get 0 local.get 1)
  (func (export "floats") (param f32 f64) (result f64 f32) local.get 1 local.get 0)
  (func (export "long") (param i64) (result i64) local.get 0)
  (func $inner unreachable) (func $outer (export "deep") call $inner))"""
EXIT = """(module (import "wasi_snapshot_preview1" "proc_exit" (func $e (param i32)))
  (memory (export "memory") 1) (func (export "_start") i32.const {code} call $e))"""
HELLO = r"""(module (import "wasi_snapshot_preview1" "fd_write" (func $w (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $env (param i32 i32) (result i32)))
  (memory (export "memory") 1) (data (i32.const 8) "\10\00\00\00\06\00\00\00") (data (i32.const 16) "hello\n")
  (func (export "args") (result i32) (drop (call $sizes (i32.const 64) (i32.const 68))) (i32.load (i32.const 64)))
  (func (export "env") (result i32) (drop (call $env (i32.const 64) (i32.const 68))) (i32.load (i32.const 64)))
  (func (export "hello") (param i32) (result i32)
    (call $w (local.get 0) (i32.const 8) (i32.const 1) (i32.const 72))))"""
FUEL = """(module (memory 1)
  (func (export "sum") (param i32) (result i32) (local i32)
    (loop (local.set 1 (i32.add (local.get 1) (local.get 0)))
      (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) local.get 1)
  (func (export "branch") (param i32) (result i32)
    (block (block (br_table 0 1 (local.get 0))) (return (i32.const 1))) (nop) (drop (i32.const 4)) i32.const 9)
  (func (export "fill") (param i32) (memory.fill (i32.const 0) (i32.const 1) (local.get 0)))
  (func (export "spin") (loop br 0)))"""


def plain(text: object) -> str:
    """Without addresses, and without the packages' own names for classes."""
    text = re.sub(r" at 0x[0-9a-f]{6,}>", ">", str(text))
    return re.sub(r"<(?:wasmtime|wasmvm\.compat\.wasmtime)\.[\w.]*?(\w+) object>", r"<\1>", text)


def show(what: str, call: Callable[[], object]) -> None:
    """Print the value, or what was raised."""
    try:
        print(what, "->", plain(repr(call())))
    except BaseException as error:
        code = getattr(error, "code", None)
        print(what, "raised", type(error).__name__, plain(repr(str(error))), code)


def outcome(what: str, call: Callable[[], object]) -> None:
    """Print the value, or the type of what was raised: for messages that tell of the runtime's insides."""
    try:
        print(what, "->", plain(repr(call())))
    except BaseException as error:
        print(what, "raised", type(error).__name__)


def put(target: object, name: str, value: object) -> Callable[[], None]:
    return lambda: setattr(target, name, value)


def main_instance(store: Store, host: Callable[..., Any] = lambda x: None) -> Any:
    func = Func(store, FuncType([I32()], []), host)
    return Instance(store, Module(store.engine, MAIN), [func]).exports(store)


def script_calls() -> None:
    store = Store()
    e = main_instance(store)
    print(list(e), len(e), e.by_index[1] is e["t"], "a" in e)
    show("missing", lambda: e["missing"])
    for value in (5, -1, 2**31, 2**32 + 5, True, 2**70, Val.i64(7), Val.i32(7), 1.0, "a", None):
        show(f"long {plain(value)}", lambda value=value: e["long"](store, value))  # type: ignore[misc]
    show("too few", lambda: e["long"](store))
    show("too many", lambda: e["long"](store, 1, 2))
    show("floats", lambda: e["floats"](store, 0.1, 0.2))
    show("int for float", lambda: e["floats"](store, 1, 0.2))
    show("no float", lambda: e["floats"](store, 0.1, None))
    show("refs", lambda: e["refs"](store, "x", e["a"]))
    show("nulls", lambda: e["refs"](store, None, None))
    show("no func", lambda: e["refs"](store, 1, 1))
    show("same object", lambda: e["refs"](store, store, None)[0] is store)
    print([str(t) for t in e["floats"].type(store).params], [str(t) for t in e["floats"].type(store).results])
    show("type", lambda: len(e["a"].type(store).params))


def script_traps() -> None:
    store = Store()
    e = main_instance(store)
    for name, value in [("load", 65536), ("load", 65533), ("load", -1), ("load_far", 0), ("div", 0), ("indirect", 0),
                        ("indirect", 5), ("trunc", 1e300), ("trunc", float("nan")), ("fill", 70000)]:  # fmt: skip
        show(f"{name} {value}", lambda name=name, value=value: e[name](store, value))  # type: ignore[misc]
        try:
            e[name](store, value)
        except Trap as trap:
            print(trap.trap_code, trap.trap_code == TrapCode(trap.trap_code.value), isinstance(trap, WasmtimeError))
    try:
        e["deep"](store)
    except Trap as trap:
        print(trap.message, [(f.func_index, f.func_name, f.module_name, f.module_offset, f.func_offset)
                             for f in trap.frames])  # fmt: skip
    try:
        e["rec"](store)
    except Trap as trap:
        print(len(trap.frames), isinstance(trap.frames[1], Frame), trap.trap_code, trap.message[-40:])
    mine = Trap("mine")
    print(mine.message, mine.frames, mine.trap_code, repr(mine), str(WasmtimeError("w")))
    with mine:
        pass
    show("closed", lambda: mine.message)
    print([code.name for code in TrapCode][:18], [code.value for code in TrapCode][:18])


def script_host() -> None:
    store = Store()
    one, two = [I32()], [I32(), I32()]

    def trap() -> None:
        raise Trap("mine")

    def interrupt() -> None:
        raise KeyboardInterrupt("stop")

    for what, results, host in [
        ("none", one, lambda: None), ("value", [], lambda: 1), ("short", two, lambda: [1]), ("tuple", two, lambda: (1, 2)),
        ("scalar", two, lambda: 5), ("float", one, lambda: 1.5), ("val", one, lambda: Val.i32(3)), ("trap", [], trap),
        ("wide", one, lambda: 2**33 + 1), ("interrupt", [], interrupt),
        ("int", [F64()], lambda: 1), ("ok", [F64()], lambda: 1.0), ("ext", [ValType.externref()], lambda: "x"),
    ]:  # fmt: skip
        func = Func(store, FuncType([], results), host)
        show(what, lambda func=func: func(store))  # type: ignore[misc]
    kept: list[Caller] = []

    def with_caller(caller: Caller, number: int) -> None:
        kept.append(caller)
        memory = caller["memory"]
        print(number, memory.size(caller), caller.get("missing"))
        show("missing", lambda: caller["missing"])
        raise ValueError("from the host")

    linker = Linker(store.engine)
    linker.define_func("env", "f", FuncType([I32()], []), with_caller, access_caller=True)
    e = linker.instantiate(store, Module(store.engine, MAIN)).exports(store)
    show("host", lambda: e["a"](store))
    show("dead get", lambda: kept[0].get("memory"))
    show("dead index", lambda: kept[0]["memory"])
    show("dead store", lambda: e["memory"].size(kept[0]))
    show("not a store", lambda: Func(1, FuncType([], []), print))  # type: ignore[arg-type]
    show("not a type", lambda: Func(store, 1, print))  # type: ignore[arg-type]
    print(StoreContext.__name__)


def script_memory() -> None:
    store = Store()
    memory = main_instance(store)["memory"]
    show("write", lambda: memory.write(store, b"abcdef", 4))
    for start, stop in [(0, 8), (4, None), (-3, None), (None, 3), (8, 4), (65534, 70000), (70000, None), (-70000, 2)]:
        show(f"read {start} {stop}", lambda a=start, b=stop: bytes(memory.read(store, a, b)[:10]))  # type: ignore[misc]
    for value, start in [(b"xyz", -3), (b"wxyz", -3), (b"", 0), (bytearray(b"q"), None), (b"a", 65536)]:
        show(f"write {value!r} {start}", lambda v=value, s=start: memory.write(store, v, s))  # type: ignore[misc]
    pointer, length = memory.data_ptr(store), memory.data_len(store)
    pointer[9] = 65
    print(type(pointer).__name__, pointer[4], length, isinstance(memory.get_buffer_ptr(store, 3, 8), ctypes.Array))
    print(bytes(memory.get_buffer_ptr(store, 3, 8)), len(memory.get_buffer_ptr(store)))
    for delta in (0, -1, "", 5, 1, 1):
        show(f"grow {delta!r}", lambda d=delta: memory.grow(store, d))  # type: ignore[misc]
    print(memory.size(store), memory.page_size(store), memory.page_size_log2(store))
    limits = memory.type(store).limits
    print(limits.min, limits.max, limits == Limits(1, 2), Limits(1, None) == Limits(1, 2))
    own = Memory(store, MemoryType(Limits(2, 3)))
    print(own.size(store), own.type(store).is_64, own.type(store).is_shared, own.type(store).page_size)
    show("not a store", lambda: Memory(1, MemoryType(Limits(1, 2))))  # type: ignore[arg-type]
    show("no limits", lambda: MemoryType(1))  # type: ignore[arg-type]
    for arguments in [(Limits(2**33, None),), (Limits(0, 2**33),), (Limits(5, 2),), (Limits(1, None), False, True),
                      (Limits(1, 2), False, False, 3), (Limits(65537, None),), (Limits(0, 65537),),
                      (Limits(2**48, None), True), (Limits(2**64, None), True), (Limits(5, 3), True)]:  # fmt: skip
        show("memory type", lambda a=arguments: MemoryType(*a))  # type: ignore[misc]
    wide = MemoryType(Limits(1, 2), is_64=True, shared=True, page_size_log2=0)
    print(wide.is_64, wide.is_shared, wide.page_size, wide.page_size_log2)
    script_several_memories()
    config = Config()
    config.shared_memory = True
    config.wasm_threads = True
    engine = Engine(config)
    shared = SharedMemory(engine, MemoryType(Limits(1, 2), shared=True))
    print(shared.data_len(), shared.grow(1), shared.data_len(), shared.type().limits.max, bool(shared.data_ptr()))
    show("grow shared", lambda: shared.grow(5))
    show("not shared", lambda: SharedMemory(engine, MemoryType(Limits(1, 2))))
    show("disabled", lambda: SharedMemory(store.engine, MemoryType(Limits(1, 2), shared=True)))


def script_several_memories() -> None:
    config = Config()
    config.wasm_multi_memory = True
    config.wasm_memory64 = True
    store = Store(Engine(config))
    wide = Memory(store, MemoryType(Limits(1, 3), is_64=True))
    print(wide.type(store).is_64, wide.size(store), wide.type(store).limits.max)
    for delta in (1, 2**48, 2**60, 1, 1):
        show(f"grow wide {delta}", lambda d=delta: wide.grow(store, d))  # type: ignore[misc]
    narrow = Memory(store, MemoryType(Limits(1, None)))
    text = """(module (import "" "a" (memory 1)) (import "" "b" (memory i64 1)) (memory (export "c") i64 2)
      (memory (export "d") 1 2) (table (export "t") i64 2 5 funcref)
      (func (export "get") (param i64) (result i32) local.get 0  i32.load 1)
      (func (export "put") (param i64 i64) local.get 0  local.get 1  i64.store 2 offset=0x10000)
      (func (export "grow") (param i64) (result i64) local.get 0  memory.grow 2)
      (func (export "copy") (param i32 i64 i32) local.get 0  local.get 1  local.get 2  memory.copy 3 2))"""
    module = Module(store.engine, text)
    print([(e.name, e.type.is_64) for e in module.exports if isinstance(e.type, MemoryType)])
    print([(i.name, i.type.is_64) for i in module.imports if isinstance(i.type, MemoryType)])
    show("other width", lambda: Instance(store, module, [wide, narrow]))
    show("too small", lambda: Instance(store, module, [Memory(store, MemoryType(Limits(0, None))), wide]))
    e = Instance(store, module, [narrow, wide]).exports(store)
    wide.write(store, b"\1\2\3\4", 8)
    print(e["get"](store, 8), e["grow"](store, 1), e["grow"](store, 2**48), e["c"].size(store), e["t"].size(store))
    e["put"](store, 8, -2)
    e["copy"](store, 3, 65536 + 8, 8)
    print(e["c"].read(store, 65536, 65552), e["d"].read(store, 0, 16))
    show("copy", lambda: e["copy"](store, 0, 2**40, 1))
    show("grow table", lambda: e["t"].grow(store, 2, None))
    for type_ in ("(table 1 funcref)", "(table i64 3 externref)", "(table i64 5 funcref)", "(table i64 1 4 funcref)"):
        asking = Module(store.engine, f'(module (import "" "t" {type_}))')
        show(type_, lambda m=asking: Instance(store, m, [e["t"]]))  # type: ignore[misc]


def script_what_does_not_match() -> None:
    config = Config()
    config.wasm_memory64 = True
    store = Store(Engine(config))
    i32, funcref = ValType.i32(), ValType.funcref()
    memories = [Memory(store, MemoryType(Limits(1, high))) for high in (None, 3)]
    tables = [Table(store, TableType(type_, Limits(1, None)), None) for type_ in (funcref, ValType.externref())]
    globals_ = [Global(store, GlobalType(i32, mutable), Val.i32(1)) for mutable in (False, True)]
    wanted: list[tuple[str, list[Any]]] = [
        ("memory 2", memories), ("memory 1 2", memories), ("memory i64 1", memories), ("memory i64 5", memories),
        ("table 1 funcref", tables), ("table 5 funcref", tables), ("table 1 5 externref", tables),
        ("table i64 5 externref", tables), ("global i32", globals_), ("global i64", globals_),
        ("global (mut i32)", globals_), ("global (mut i64)", globals_), ("func (param i32)", [*memories, *globals_]),
    ]  # fmt: skip
    for text, given in wanted:
        module = Module(store.engine, f'(module (import "a" "b" ({text})))')
        for item in given:
            show(text, lambda item=item, module=module: Instance(store, module, [item]) and None)  # type: ignore[misc]


def script_tables_and_globals() -> None:
    store = Store()
    e = main_instance(store)
    table = e["t"]
    for amount in (9, 1):
        show(f"grow {amount}", lambda n=amount: table.grow(store, n, None))  # type: ignore[misc]
    show("null", lambda: table.get(store, 0))
    print(table.get(store, 0) == None, table.get(store, 99))  # noqa: E711 - a null compares equal to None
    show("set out of bounds", lambda: table.set(store, 99, None))
    show("set wrong", lambda: table.set(store, 0, 1))
    show("set", lambda: table.set(store, 0, e["div"]))
    show("call element", lambda: table.get(store, 0)(store, 1))
    print(table.size(store), str(table.type(store).element), table.type(store).limits.max)
    objects = Table(store, TableType(ValType.externref(), Limits(2, None)), {"a": 1})
    print(objects.get(store, 1), objects.set(store, 1, None), plain(objects.get(store, 1)), objects.size(store))
    show("wrong init", lambda: Table(store, TableType(ValType.funcref(), Limits(1, None)), 1))
    show("grow much", lambda: objects.grow(store, 2**33, None))
    cell = e["g"]
    for value in (5, 2.0, Val.i32(6), -1):
        show(f"set {plain(value)}", lambda v=value: cell.set_value(store, v))  # type: ignore[misc]
        print(cell.value(store))
    print(str(cell.type(store).content), cell.type(store).mutable)
    fixed = Global(store, GlobalType(F64(), False), 0.5)
    show("immutable", lambda: fixed.set_value(store, 1.0))
    show("wrong", lambda: Global(store, GlobalType(I32(), False), "x"))
    show("no type", lambda: Global(store, 1, 1))  # type: ignore[arg-type]
    null = Global(store, GlobalType(ValType.funcref(), True), None)
    show("null global", lambda: null.value(store))
    tag = Tag(store, TagType(FuncType([I32()], [])))
    print(
        tag.eq(store, tag), tag.eq(store, Tag(store, TagType(FuncType([], [])))), len(tag.type(store).functype.params)
    )
    show("no tag type", lambda: Tag(store, 1))  # type: ignore[arg-type]
    used = FuncType([], [])
    TagType(used)
    show("used up", lambda: used.params)
    show("no func type", lambda: TagType(1))  # type: ignore[arg-type]


def script_values_and_types() -> None:
    for val in (Val.i32(2**33), Val.i32(-1), Val.i64(2**64 - 1), Val.f32(0.1), Val.f64(0.1), Val.externref("x"),
                Val.funcref(None), Val.ref_null(ValType.externref())):  # fmt: skip
        print(val.value, str(val.type), val == val.value, val.as_i32(), val.as_i64(), val.as_f32(), val.as_f64(),
              val.as_externref())  # fmt: skip
    print(Val.i32(1) == Val.i64(1), Val.i32(1) == Val.i32(1), Val.i32(1) != 2)
    func = Func(Store(), FuncType([], []), lambda: None)
    print(Val.funcref(func).as_funcref() is func)
    show("ref_null", lambda: Val.ref_null(I32()))
    show("no int", lambda: Val.i32(1.0))  # type: ignore[arg-type]
    show("no float", lambda: Val.f32(1))
    show("construct", lambda: ValType())
    print(
        [str(make()) for make in (I32, I64, F32, F64, ValType.externref, ValType.funcref)], repr(I32()), I32() == I32()
    )
    print(I32() != I64(), I32() == 1)
    show("no params", lambda: FuncType([1], []))  # type: ignore[list-item]
    show("no content", lambda: GlobalType(1, True))  # type: ignore[arg-type]
    show("no table limits", lambda: TableType(ValType.funcref(), 1))  # type: ignore[arg-type]
    functype = FuncType([I32()], [])
    functype.close()
    functype.close()
    show("closed", lambda: functype.params)


def script_modules() -> None:
    engine = Engine()
    module = Module(engine, MAIN)
    for import_ in module.imports:
        print(isinstance(import_, ImportType), import_.module, import_.name, type(import_.type).__name__)
    for export in module.exports:
        print(isinstance(export, ExportType), export.name, type(export.type).__name__)
    data = module.serialize()
    print(type(data).__name__, [e.name for e in Module.deserialize(engine, data).exports][:2])
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "m").write_bytes(data)
        (Path(folder) / "m.wat").write_text("(module)")
        print(len(Module.deserialize_file(engine, f"{folder}/m").exports))
        print(len(Module.from_file(engine, Path(folder) / "m.wat").exports))
    for what, call in {
        "bytes": lambda: Module(engine, wat2wasm("(module)")).exports,
        "wat bytes": lambda: Module(engine, b"(module)").imports,
        "int": lambda: Module(engine, 1),  # type: ignore[arg-type]
        "engine": lambda: Module(1, ""),  # type: ignore[arg-type]
        "no file": lambda: Module.from_file(engine, "/nothing"),
        "no serialized file": lambda: Module.deserialize_file(engine, "/nothing"),
        "valid": lambda: Module.validate(engine, bytes(wat2wasm("(module)"))),
        "text": lambda: Module.validate(engine, "(module)"),  # type: ignore[arg-type]
        "deserialize text": lambda: Module.deserialize(engine, "x"),  # type: ignore[arg-type]
        "wat": lambda: wat2wasm("(module)"),
    }.items():
        show(what, call)
    for what, call in {
        "empty": lambda: Module(engine, b""),
        "short": lambda: Module(engine, b"\0"),
        "invalid": lambda: Module(engine, "(module (func (param i32) local.get 1))"),
        "bad text": lambda: wat2wasm("(modul"),
        "bad bytes": lambda: Module.validate(engine, b"\0asm"),
        "garbage": lambda: Module.deserialize(engine, b"abc"),
    }.items():
        outcome(what, call)
    with module:
        pass
    show("closed", lambda: module.exports)
    show("is_pulley", engine.is_pulley)
    show("ptr", lambda: engine.ptr() is not None)


def mismatches(store: Store) -> None:
    """Imports of the right kind and the wrong type."""
    for wanted, given in (
        ("memory 3", "memory 1"), ("memory 1 2", "memory 1"), ("memory 1 2", "memory 1 3"), ("memory i64 1", "memory 1"),
        ("table 3 funcref", "table 1 funcref"), ("table 1 externref", "table 1 funcref"),
        ("table i64 1 funcref", "table 1 funcref"), ("table 1 2 funcref", "table 1 funcref"),
        ("global i32", "global i64 (i64.const 0)"), ("global (mut i32)", "global i32 (i32.const 0)"),
        ("func (param i32)", "func"),
    ):  # fmt: skip
        kind, _, type_ = given.partition(" ")
        exporter = Module(store.engine, f'(module ({kind} (export "a") {type_}))')
        given_extern = Instance(store, exporter, []).exports(store).by_index[0]
        importer = Module(store.engine, f'(module (import "" "a" ({wanted})))')
        show(f"{wanted} for {given}", lambda m=importer, e=given_extern: Instance(store, m, [e]))  # type: ignore[misc]


def script_linking() -> None:
    store = Store()
    engine = store.engine
    module = Module(engine, '(module (import "env" "f" (func (param i32))) (func (export "a")))')
    nothing = Func(store, FuncType([], []), lambda: None)
    memory = Memory(store, MemoryType(Limits(1, None)))
    for imports in ([], [nothing], [memory], [1], [nothing, nothing]):
        show(f"instance {len(imports)}", lambda i=imports: Instance(store, module, i))  # type: ignore[misc]
    mismatches(store)
    linker = Linker(engine)
    show("unknown", lambda: linker.instantiate(store, module))
    show("unknown pre", lambda: linker.instantiate_pre(module))
    linker.define(store, "env", "f", memory)
    show("kind", lambda: linker.instantiate(store, module))
    show("twice", lambda: linker.define_func("env", "f", FuncType([], []), lambda: None))
    linker.allow_shadowing = True
    linker.define_func("env", "f", FuncType([], []), lambda: None)
    show("type", lambda: linker.instantiate(store, module))
    linker.define_func("env", "f", FuncType([I32()], []), lambda x: None)
    pre = linker.instantiate_pre(module)
    print(type(pre) is InstancePre, list(pre.instantiate(store).exports(store)), len(pre.module.exports))
    show("get", lambda: linker.get(store, "env", "f"))
    show("get missing", lambda: linker.get(store, "env", "g"))
    show("no extern", lambda: linker.define(store, "env", "g", 2))  # type: ignore[arg-type]
    show("no name", lambda: linker.define(store, 1, "g", memory))  # type: ignore[arg-type]
    show("no type", lambda: linker.define_func("a", "b", 1, print))  # type: ignore[arg-type]
    show("no instance", lambda: linker.define_instance(store, "a", 1))  # type: ignore[arg-type]
    show("no module", lambda: linker.define_module(store, "a", 1))  # type: ignore[arg-type]
    show("default", lambda: linker.get_default(store, "none")(store))
    linker.define_instance(store, "copy", linker.instantiate(store, module))
    show("copied", lambda: linker.get(store, "copy", "a")(store))
    traps = Linker(engine)
    big = Module(engine, MAIN)
    traps.define_unknown_imports_as_traps(big)
    show("trap", lambda: traps.instantiate(store, big).exports(store)["a"](store))
    zeros = Linker(engine)
    wanting = Module(
        engine,
        """(module (import "m" "f" (func $f (result i32 f64))) (import "m" "g" (global i64))
      (func (export "f") (result i32 f64) call $f) (func (export "g") (result i64) global.get 0))""",
    )
    zeros.define_unknown_imports_as_default_values(store, wanting)
    e = zeros.instantiate(store, wanting).exports(store)
    print(e["f"](store), e["g"](store))
    reactor = Module(
        engine,
        """(module (global $n (mut i32) (i32.const 0))
      (func (export "_initialize") (global.set $n (i32.const 10)))
      (func (export "next") (result i32) (global.set $n (i32.add (global.get $n) (i32.const 1))) global.get $n))""",
    )
    traps.define_module(store, "counter", reactor)
    print([traps.get(store, "counter", "next")(store) for _ in range(3)])
    show("shared start", lambda: Instance(store, Module(engine, "(module (func unreachable) (start 0))"), []))


def script_stores() -> None:
    store = Store(data={"a": 1})
    print(store.data(), store.engine is not None, Store().data(), store.gc())
    show("set_fuel", lambda: store.set_fuel(1))
    show("get_fuel", store.get_fuel)
    show("engine", lambda: Store(1))  # type: ignore[arg-type]
    show("deadline", lambda: store.set_epoch_deadline(1))
    store.close()
    show("closed", store.data)
    limited = Store()
    limited.set_limits(memory_size=65536, instances=3, memories=1, tables=1, table_elements=5)
    for text in ("(module (memory 2))", "(module (table 6 funcref))", "(module)", "(module)"):
        show(text, lambda t=text: Instance(limited, Module(limited.engine, t), []))  # type: ignore[misc]
    limited = Store()
    limited.set_limits(tables=1)
    two = Module(limited.engine, "(module (table 6 funcref) (table 1 funcref))")
    show("tables", lambda: Instance(limited, two, []))
    growing = Store()
    growing.set_limits(memory_size=2 << 16)
    memory = Memory(growing, MemoryType(Limits(1, None)))
    show("grow", lambda: memory.grow(growing, 1))
    show("grow more", lambda: memory.grow(growing, 1))


def script_fuel() -> None:
    config = Config()
    config.consume_fuel = True
    engine = Engine(config)
    show("used up", lambda: Engine(config))
    store = Store(engine)
    print(store.get_fuel())
    store.set_fuel(10**6)
    e = Instance(store, Module(engine, FUEL), []).exports(store)
    for name, value in [
        ("sum", 10),
        ("sum", 1),
        ("branch", 0),
        ("branch", 1),
        ("branch", 7),
        ("fill", 0),
        ("fill", 640),
    ]:
        store.set_fuel(10**6)
        print(name, value, e[name](store, value), 10**6 - store.get_fuel())
    store.set_fuel(1000)
    try:
        e["spin"](store)
    except Trap as trap:
        print(trap.trap_code, store.get_fuel(), "all fuel consumed by WebAssembly" in trap.message)
    store.set_fuel(2**64 - 1)
    print(store.get_fuel())


def script_epochs() -> None:
    config = Config()
    config.epoch_interruption = True
    engine = Engine(config)
    store = Store(engine)
    text = '(module (import "e" "f" (func $f)) (func (export "spin") (loop call $f br 0)) (func (export "n")))'
    module = Module(engine, text)
    e = Instance(store, module, [Func(store, FuncType([], []), engine.increment_epoch)]).exports(store)
    show("deadline 0", lambda: e["n"](store))
    store.set_epoch_deadline(3)
    show("in time", lambda: e["n"](store))
    try:
        e["spin"](store)
    except Trap as trap:
        print(trap.trap_code, "wasm trap: interrupt" in trap.message)
    show("too late", lambda: e["n"](store))


def script_wasi() -> None:
    engine = Engine()
    linker = Linker(engine)
    linker.define_wasi()
    show("twice", linker.define_wasi)
    for code in (0, 3):
        store = Store(engine)
        store.set_wasi(WasiConfig())
        start = linker.instantiate(store, Module(engine, EXIT.format(code=code))).exports(store)["_start"]
        show("exit", lambda start=start, store=store: start(store))  # type: ignore[misc]
        try:
            start(store)
        except ExitTrap as error:
            print(error.code, isinstance(error, WasmtimeError))
    store = Store(engine)
    store.set_wasi(WasiConfig())
    linker.define_module(store, "command", Module(engine, EXIT.format(code=4)))
    show("command", lambda: linker.get_default(store, "command")(store))
    with tempfile.TemporaryDirectory() as folder:
        script_wasi_config(engine, linker, Path(folder))


def script_wasi_config(engine: Engine, linker: Linker, folder: Path) -> None:
    out: list[bytes] = []
    config = WasiConfig()
    config.argv = ["a", "b", "c"]
    config.env = [("X", "1"), ("Y", "2")]
    config.stdout_custom = lambda data: out.append(data)
    config.stderr_file = str(folder / "err")
    (folder / "in").write_text("x")
    config.stdin_file = folder / "in"
    config.preopen_dir(str(folder), "/data")
    store = Store(engine)
    store.set_wasi(config)
    show("used up", lambda: store.set_wasi(config))
    e = linker.instantiate(store, Module(engine, HELLO)).exports(store)
    print(e["args"](store), e["env"](store), e["hello"](store, 1), e["hello"](store, 2), e["hello"](store, 9), out)
    store.close()
    print((folder / "err").read_text())
    config = WasiConfig()
    config.inherit_stdin()
    config.inherit_stdout()
    config.inherit_stderr()
    config.inherit_env()
    config.inherit_argv()
    config.stderr_custom = lambda data: 2
    config.stdout_file = str(folder / "out")
    config.preopen_dir(str(folder), "/", fs_mutable=False)
    for name, value in [
        ("stdin_file", "/no/file"),
        ("stdout_file", "/no/file"),
        ("stderr_file", "/no/file"),
        ("argv", [1]),
    ]:
        show(name, put(config, name, value))
    show("no folder", lambda: config.preopen_dir("/no/folder", "/x"))
    outcome("get argv", lambda: config.argv)


def script_config() -> None:
    names = sorted(name for name, value in vars(Config).items() if isinstance(value, property))
    print(names)
    choices: dict[str, Any] = {"strategy": "cranelift", "cranelift_opt_level": "speed", "profiler": "none",
                               "max_wasm_stack": 1 << 20, "memory_reservation": 1 << 30, "memory_guard_size": 1 << 20,
                               "memory_reservation_for_growth": 1 << 20, "target": "x86_64-unknown-linux-gnu",
                               "cache": "/no/file"}  # fmt: skip
    for name in names:
        config = Config()
        outcome(f"get {name}", lambda config=config, name=name: getattr(config, name))  # type: ignore[misc]
        show(f"set {name}", put(config, name, choices.get(name, True)))
        show(f"wrong {name}", put(config, name, []))
    config = Config()
    for name in ("strategy", "cranelift_opt_level", "profiler", "target"):
        show(f"unknown {name}", put(config, name, "x"))
    show("cache", put(config, "cache", False))
    outcome("enable", lambda: config.cranelift_flag_enable("has_sse3"))
    outcome("set", lambda: config.cranelift_flag_set("opt_level", "speed"))
    show("enable nothing", lambda: config.cranelift_flag_enable(1))  # type: ignore[arg-type]
    show("no config", lambda: Engine(1))  # type: ignore[arg-type]
    config.close()
    show("closed", put(config, "wasm_simd", True))
    show("closed config", lambda: Engine(config))


def script_subclasses() -> None:
    class MyStore(Store):
        def __init__(self) -> None:
            super().__init__()
            self.mine = 1

    class MyFunc(Func):
        pass

    class MyModule(Module):
        pass

    store = MyStore()
    module = MyModule(store.engine, MAIN)
    func = MyFunc(store, FuncType([I32()], []), lambda x: print("called", x))
    Instance(store, module, [func]).exports(store)["a"](store)
    print(store.mine, type(module).__name__, type(MyModule.deserialize(store.engine, module.serialize())).__name__)


def scripts() -> Iterator[tuple[str, Callable[[], None]]]:
    return (
        (name, call)
        for name, call in list(globals().items())
        if name.startswith("script_") and name != "script_wasi_config"
    )


def main() -> None:
    print(wasmtime.__name__, file=sys.stderr)
    for name, call in scripts():
        print(f"== {name}")
        call()


if __name__ == "__main__":
    main()
