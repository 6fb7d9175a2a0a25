"""One script for two runtimes: what it prints must be the same with PyPI's pwasm and with wasmvm's replacement.

It calls every public name of the package, but what compiles to Python. ``python -m tests.compat.pwasm_script``.
"""

from __future__ import annotations

import io
import math
import os
import struct
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pwasm
from pwasm import (
    BinaryReader,
    DecodeError,
    Export,
    Function,
    FuncType,
    Import,
    Instance,
    Instruction,
    LinkError,
    Module,
    OutOfFuel,
    Timeout,
    TrapError,
    ValidationError,
    WasmError,
    decode_module,
    decode_signed_leb128,
    decode_unsigned_leb128,
    decoder,
    emscripten,
    executor,
    instantiate,
    numeric,
    opcodes,
    runtime,
    sandbox,
    types,
    wasi,
)

from tests.compat.shared import FUNCTIONS, attempt
from tests.patience import PATIENCE
from wasmvm.text import wat2wasm

EXAMPLES = Path(__file__).resolve().parent.parent.parent / "examples"
MAIN = """(module (import "env" "f" (func $f (param i32 i64 f32 f64) (result i32 f64)))
  (import "env" "m" (memory 1 3)) (import "env" "t" (table 3 funcref)) (import "env" "g" (global $g (mut i64)))
  (import "env" "limit" (global $limit i32))
  (global (export "c") f32 (f32.const 1.5)) (global (export "e") (mut externref) (ref.null extern))
  (table $own (export "own-table") 2 5 externref)
"""
MAIN += (
    FUNCTIONS
    + """
  (func (export "limit") (result i32) global.get $limit)
  (func $deep (export "deep") (result i32) (call $deep))
  (func (export "select") (param i32) (result i64) (select (result i64) (i64.const 1) (i64.const 2) (local.get 0))))"""
)
SPIN = """(module (memory (export "memory") 1)
  (func (export "spin") (loop br 0)) (func $leaf) (func (export "start"))
  (func (export "turns") (param i32) (result i32) (local i32) (loop (call $leaf)
    (local.set 1 (i32.add (local.get 1) (local.get 0))) (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    local.get 1)
  (func (export "grow") (param i32) (result i32) local.get 0 memory.grow))"""


def errors() -> None:
    for kind in (DecodeError, ValidationError, TrapError, LinkError, OutOfFuel, Timeout, wasi.Exit):
        print(kind.__name__, [base.__name__ for base in kind.__mro__], issubclass(kind, WasmError))
    print(wasi.Exit(3), wasi.Exit(3).code, pwasm.hello(), pwasm.__version__, sorted(pwasm.__all__))


def reading() -> None:
    reader = BinaryReader(b"\x05\xe5\x8e\x26\x7f\x02hirest")
    print(reader.read_byte(), decode_unsigned_leb128(reader), decode_signed_leb128(reader), decoder.decode_name(reader))
    print(reader.position, reader.remaining(), reader.eof(), reader.read_bytes(4), reader.eof(), reader.data[:2])
    attempt(reader.read_byte, DecodeError)
    attempt(lambda: BinaryReader(b"ab").read_bytes(3), DecodeError)
    attempt(lambda: decode_unsigned_leb128(BinaryReader(b"\x80" * 9)), DecodeError)
    attempt(lambda: decoder.decode_name(BinaryReader(b"\1\xff")), DecodeError)
    print(decode_signed_leb128(BinaryReader(b"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x7f"), 64))
    print([decoder.decode_valtype(BinaryReader(bytes((b,)))) for b in (0x7F, 0x7E, 0x7D, 0x7C, 0x70, 0x6F)])
    attempt(lambda: decoder.decode_valtype(BinaryReader(b"\1")), DecodeError)
    print(decoder.decode_limits(BinaryReader(b"\0\3")), decoder.decode_limits(BinaryReader(b"\1\3\4")))
    print([decoder.decode_blocktype(BinaryReader(data)) for data in (b"\x40", b"\x7f", b"\x05")])
    print(decoder.decode_func_type(BinaryReader(b"\x60\2\x7f\x7e\1\x7d")))
    for data in (b"\x02\x40", b"\x04\x7f", b"\x0e\x02\0\1\2", b"\x28\2\x08", b"\xfc\x0a\0\0", b"\xfc\x0b\0", b"\xfc\x08\1\0",
                 b"\xfc\x09\1", b"\xfc\x0c\1\0", b"\xfc\x0e\0\1", b"\xfc\x0f\1", b"\xfc\0", b"\x43\0\0\xc0\x3f", b"\xd0\x70",
                 b"\x44" + struct.pack("<d", 2.5), b"\x0b", b"\x42\x7f", b"\x41\x80\x01", b"\x0f", b"\x3f\0", b"\x40\0",
                 b"\x11\1\0", b"\xd2\4", b"\x10\3", b"\x20\1", b"\x23\1", b"\x25\1", b"\x1b", b"\x05"):  # fmt: skip
        reader = BinaryReader(data + b"\x01")
        inst = decoder.decode_instruction(reader)
        print(inst, repr(inst.opcode), repr(inst.operand), reader.position)
    attempt(lambda: decoder.decode_instruction(BinaryReader(b"\xfd\0\0\0")), DecodeError)
    attempt(lambda: decoder.decode_instruction(BinaryReader(b"\xff")), DecodeError)
    reader = BinaryReader(b"\xfc\x0b\0")
    reader.read_byte()
    print(decoder.decode_fc_instruction(reader), reader.position)
    print(decoder.decode_expr(BinaryReader(b"\x02\x40\x41\1\x1a\x0b\x0b")), decoder.decode_body(b"\x41\5\x0b"))
    attempt(lambda: decoder.decode_body(b"\x0b\x0b"), DecodeError)
    print(
        Instruction("nop"),
        Instruction("i32.const", 3),
        Instruction("nop") == Instruction("nop"),
        hash(Instruction("a", 1)) == hash(Instruction("a", 1)),
    )
    print(sorted((n, v) for n, v in vars(decoder).items() if n.startswith(("SECTION_", "WASM_", "BLOCK_"))))


def shown(module: Module) -> None:
    for name in (
        "types",
        "funcs",
        "tables",
        "mems",
        "globals",
        "exports",
        "imports",
        "start",
        "elem",
        "data",
        "digest",
    ):
        print(name, getattr(module, name))
    for func in module.funcs:
        print(
            func.type_idx,
            func.locals,
            func.code,
            [i for i in func.body if i.opcode != "select_t" and i.opcode != "select"],
        )


def modules() -> None:
    data = wat2wasm(MAIN)
    module = decode_module(data)
    shown(module)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "x.wasm")
        path.write_bytes(data)
        for source in (bytearray(data), memoryview(data), io.BytesIO(data), path):
            print(decode_module(source).exports == module.exports)
    for wrong in (b"", b"\0asm", b"\0asm\2\0\0\0", b"\0asm\1\0\0\0\x0e\0", b"not wasm", b"\0asm\1\0\0\0\1\5\1"):
        attempt(lambda wrong=wrong: decode_module(wrong), DecodeError)
    empty = Module()
    print(empty.types, empty.exports, empty.start, empty.digest)
    reader = BinaryReader(data[8:])
    while not reader.eof():
        decoder.decode_section(reader, empty)
    print(empty.types == module.types, empty.exports == module.exports, empty.imports == module.imports)
    print(
        empty.elem == module.elem, empty.data == module.data, empty.globals == module.globals, empty.tables, empty.mems
    )
    print(
        [(f.type_idx, f.locals, f.code) for f in empty.funcs] == [(f.type_idx, f.locals, f.code) for f in module.funcs]
    )
    for name, content, field in (
        ("type", b"\1\x60\0\0", "types"), ("import", b"\1\1a\1b\0\0", "imports"), ("table", b"\1\x70\0\1", "tables"),
        ("memory", b"\1\0\1", "mems"), ("global", b"\1\x7f\0\x41\0\x0b", "globals"), ("export", b"\1\1a\0\0", "exports"),
        ("element", b"\1\0\x41\0\x0b\1\2", "elem"), ("data", b"\1\1\3abc", "data"),
    ):  # fmt: skip
        one = Module()
        getattr(decoder, f"decode_{name}_section")(BinaryReader(content), one)
        print(name, getattr(one, field))
    one = Module()
    decoder.decode_function_section(BinaryReader(b"\1\0"), one)
    decoder.decode_code_section(BinaryReader(b"\1\4\1\2\x7f\x0b"), one)
    decoder.decode_start_section(BinaryReader(b"\0"), one)
    print(one.funcs, one.funcs[0].body, one.start)
    print(types.Limits(1), types.MemoryType(types.Limits(1, 2)), types.TableType("funcref", types.Limits(1)))
    print(types.GlobalType("i32", True), types.Memory(types.Limits(1)), types.Table("funcref", types.Limits(1)))
    print(types.Global(types.GlobalType("i32", False), []), types.Element(0, [], [1]), types.Data(0, [], b"x"))
    print(Export("a", "func", 0), Import("a", "b", "func", 0), Function(0, ("i32",), []), FuncType(("i32",), ()))
    print(
        Export("a", "func", 0) == Export("a", "func", 0),
        hash(FuncType((), ())) == hash(FuncType((), ())),
        Function(1, (), [Instruction("end")]).body,
    )
    for name, value in sorted(vars(types).items()):
        if name.startswith(("VALTYPE", "EXPORT")):
            print(name, sorted(value.items()) if isinstance(value, dict) else value)
    print(
        sorted((n, v) for n, v in vars(opcodes).items() if isinstance(v, int) and n[0] != "_"),
        types.ValType,
        {k: v for k, v in opcodes.OPCODE_NAMES.items() if k != 0x1C},
    )
    for name in ("NO_IMMEDIATE", "U32_IMMEDIATE", "I32_IMMEDIATE", "I64_IMMEDIATE", "F32_IMMEDIATE", "F64_IMMEDIATE",
                 "MEMORY_IMMEDIATE", "BLOCK_TYPE", "FC_OPCODE_NAMES"):  # fmt: skip
        print(name, sorted(getattr(opcodes, name)))


def numbers() -> None:
    floats = (0.0, -0.0, 1.5, -2.5, 3e9, -1e30, math.inf, -math.inf, math.nan, 0.1)
    for name in NUMERIC:
        function = getattr(numeric, name)
        operator = name[4:]
        converts = operator.startswith(("trunc_", "reinterpret_f", "demote")) or operator in (
            "promote_f32",
            "round",
            "to_bits",
        )
        takes_floats = (
            name[0] == "f" and "convert" not in name and operator not in ("reinterpret_i64", "from_bits")
        ) or converts
        if takes_floats:
            operands = [numeric.f32_round(x) if "f32" in name and "demote" not in name else x for x in floats]
        else:
            wide = (name.startswith("i64") and "i32" not in name) or "i64" in operator or operator == "convert_u"
            operands = [0, 1, 7, (1 << (64 if wide else 32)) - 1, 1 << (63 if wide else 31), 200]
        binary = operator.split("_")[0] in (
            "add sub mul div rem shl shr rotl rotr lt gt le ge min max copysign".split()
        )
        found = []
        for a in operands:
            for b in operands if binary else (None,):
                try:
                    value = function(a) if b is None else function(a, b)
                except TrapError as error:
                    value = str(error)
                found.append(int(value) if isinstance(value, bool) else "nan" if value != value else value)
        print(name, found)
    nan = numeric.f32_from_bits(0x7FA00000)
    print(nan, nan.bits, numeric.f32_to_bits(nan), numeric.F32NaN(0xFFC00001), numeric.MASK_32, numeric.MASK_64)
    print(numeric.SIGN_32, numeric.SIGN_64, numeric.INF, numeric.NAN)


NUMERIC = """f32_from_bits f32_to_bits f32_round i32_signed i64_signed i32_div_s i32_div_u i32_rem_s i32_rem_u i32_shr_s
i32_rotl i32_rotr i32_clz i32_ctz i32_popcnt i32_extend8_s i32_extend16_s i32_wrap_i64 i64_extend_i32_s i64_add i64_sub i64_mul
i64_div_s i64_div_u i64_rem_s i64_rem_u i64_shl i64_shr_s i64_shr_u i64_rotl i64_rotr i64_lt_s i64_gt_s i64_le_s i64_ge_s
i64_clz i64_ctz i64_eqz i64_extend8_s i64_extend16_s i64_extend32_s f32_add f32_sub f32_mul f32_div f32_sqrt f64_add f64_sub
f64_mul f64_div f64_sqrt f64_min f64_max f64_ceil f64_floor f64_trunc f64_nearest f64_abs f64_neg f64_copysign f32_abs
f32_neg f32_copysign f32_min f32_max i32_trunc_s i32_trunc_u i64_trunc_s i64_trunc_u i32_trunc_sat_s i32_trunc_sat_u
i64_trunc_sat_s i64_trunc_sat_u f32_convert_i32_s f32_convert_i32_u f32_convert_i64_s f32_convert_i64_u f64_convert_i32_s
f64_convert_i64_s f64_convert_u f32_demote_f64 f64_promote_f32 i64_reinterpret_f64 f64_reinterpret_i64""".split()


def objects() -> None:
    memory = runtime.MemoryInstance(1, 3)
    print(memory.size, len(memory.data), memory.max_pages, memory.limit_pages, memory.PAGE_SIZE, memory.read(0, 4))
    memory.write(8, b"hello")
    print(
        memory.read(8, 5),
        bytes(memory.data[8:13]),
        memory.data.find(b"llo"),
        memory.grow(1),
        memory.grow(5),
        memory.size,
    )
    attempt(lambda: memory.read(131072, 1), TrapError)
    attempt(lambda: memory.read(-1, 1), TrapError)
    attempt(lambda: memory.write(131071, b"ab"), TrapError)
    print(
        sorted(memory.views()),
        memory.views()["_M8"][8],
        memory.views()["_M32"][2] == int.from_bytes(b"hell", sys.byteorder),
    )
    table = runtime.TableInstance("externref", 2, 4)
    table.set(1, "x")
    print(
        table.size,
        table.get(0),
        table.get(1),
        table.grow(1, "y"),
        table.grow(9),
        list(table.elements),
        len(table.elements),
    )
    table.fill(0, "z", 2)
    table.init(1, ["a", "b", "c"], 1, 2)
    print(list(table.elements), table.element_type, table.max_size, table.elements[0:2])
    for wrong in (
        lambda: table.get(9),
        lambda: table.set(-1, None),
        lambda: table.fill(2, None, 5),
        lambda: table.init(0, [], 0, 1),
    ):
        attempt(wrong, TrapError)
    for valtype, value in (
        ("i32", 5),
        ("i64", 2**64 - 1),
        ("f32", 1.5),
        ("f64", 2.5),
        ("externref", "obj"),
        ("funcref", None),
    ):
        glob = runtime.GlobalInstance(types.GlobalType(valtype, True), value)
        print(glob.type, glob.mutable, glob.value)
        glob.value = value
        print(glob.value, runtime.GlobalInstance(types.GlobalType(valtype, False)).value)
    attempt(lambda: setattr(runtime.GlobalInstance(types.GlobalType("i32", False), 1), "value", 2), AttributeError)
    host = runtime.HostFunction(FuncType(("i32", "i64"), ("i64",)), lambda a, b: a + b)
    print(
        host,
        host.type,
        host.raw,
        host.n_params,
        host.n_results,
        host(-1, 5),
        host.call([2**32 - 1, 5]),
        host.entry(1, 2),
    )
    raw = runtime.HostFunction(FuncType(("i32",), ("i32", "i32")), lambda a: (a, a), raw=True)
    print(raw.raw, raw(-1), raw.call([5]), host.fn(1, 2))
    print(runtime.PAGE_SIZE, runtime.MAX_PAGES, runtime.MAX_TABLE_SIZE, runtime.MASK_32, runtime.ZERO)
    for name, value in (
        ("i32", -1),
        ("i64", 2**70),
        ("f32", 0.1),
        ("f64", 1),
        ("externref", "x"),
        ("i32", 3.7),
        ("i64", "12"),
    ):
        print(name, runtime.FROM_PYTHON[name](value), runtime.TO_PYTHON[name](runtime.FROM_PYTHON[name](value)))


def instances() -> None:
    module = decode_module(wat2wasm(MAIN))
    seen = []

    def host(*args: Any) -> Any:
        seen.append(args)
        return args[0] + 1, args[3] * 2

    memory, table = runtime.MemoryInstance(1, 2), runtime.TableInstance("funcref", 4)
    memory.write(100, b"before")
    glob = runtime.GlobalInstance(types.GlobalType("i64", True), 42)
    env = {"f": host, "m": memory, "t": table, "g": glob, "limit": 100}
    for mode in (None, "interpret", "compile", "auto"):
        print(instantiate(decode_module(wat2wasm(SPIN)), mode=mode).exports.turns(4))
    attempt(lambda: instantiate(module, {"env": env}, mode="fast"), ValueError)
    instance = instantiate(module, {"env": env})
    e = instance.exports
    print(sorted(e), "seven" in e, "absent" in e, e["seven"]() == e.seven() == 7, e.seven.name, e.seven.type, e.seven)
    print(
        e.memory is memory,
        e.table is table,
        e.own_table is e["own-table"],
        e.c.value,
        e.c.type,
        e.e.value,
        isinstance(e.f, executor.ExportedFunction),
    )
    print(e.host(-1, 2**40, 0.1, 1.5), seen, e.pair(-5, 0.1), e.fac(20), e["global"](), e.limit())
    print(
        e.ref("object"),
        e.ref(None),
        e.null(),
        e.self()("again"),
        e.indirect(1),
        e.trunc(2.9),
        e.rem(-1, 10),
        e.select(1),
        e.select(0),
    )
    print(
        memory.read(8, 5),
        memory.read(100, 6),
        table.size,
        table.get(0),
        table.get(1)(),
        table.get(1) is table.get(1),
        table.get(1) is e.seven.func,
    )
    print(e.div(2**32 - 7, 2), e.div(7.9, "2"), e.load(True), e.load(8))
    failures(e)
    glob.value = -8
    e.e.value = "held"
    print(e["global"](), glob.value, e.e.value, e.grow(1), memory.size, e.grow(1), len(memory.data))
    spaces(instance)
    linking(instance, env)


def failures(e: Any) -> None:
    for name, args, error in (
        ("div", (1, 0), TrapError), ("div", (-(2**31), -1), TrapError), ("rem", (1, 0), TrapError), ("trap", (), TrapError),
        ("trunc", (math.nan,), TrapError), ("trunc", (1e10,), TrapError), ("load", (65536,), TrapError),
        ("indirect", (0,), TrapError), ("indirect", (9,), TrapError), ("seven", (1,), TypeError), ("deep", (), TrapError),
        ("div", ("x", 1), ValueError), ("div", (None, 1), TypeError), ("absent", (), KeyError),
    ):  # fmt: skip
        print(name, args)
        attempt(lambda name=name, args=args: e[name](*args), error)
    attempt(lambda: e.absent, AttributeError)


def spaces(instance: Any) -> None:
    """Index spaces, and functions by their index."""
    e, module = instance.exports, instance.module
    print(
        len(instance.functions),
        instance.funcs is instance.functions or instance.funcs == instance.functions,
        instance.functions[1],
        instance.functions[0],
    )
    print(
        instance.memories[0] is e.memory,
        instance.tables[0] is e.table,
        len(instance.tables),
        [g.value for g in instance.globals],
        instance.datas,
    )
    print(
        [len(segment) for segment in instance.elements],
        type(module) is Module,
        instance.limits,
        instance.mode,
        instance.compile_errors,
    )
    func = instance.functions[1]
    print(
        func.type,
        func.index,
        func.instance is instance,
        func.func is module.funcs[0],
        func.n_params,
        func.n_results,
        func(),
        func.entry(),
    )
    print(
        executor.execute(instance.functions[3], [2**32 - 8, 2]),
        executor.invoke(func, []),
        executor.call_with_python_values(func, ()),
    )
    print(
        executor.execute(e.pair.func, [2**64 - 1, 0.5]),
        executor.ExportedFunction(func)(),
        executor.MODES,
        executor.DEFAULT_MODE,
        executor.AUTO_THRESHOLD,
        executor.AUTO_MAX_SIZE,
    )
    print(executor.is_stack_exhaustion(RecursionError()), executor.is_stack_exhaustion(ValueError()))
    print(
        runtime.WasmFunction(func.type, instance, module.funcs[0], 1)(),
        isinstance(Instance(module).exports, executor.ExportNamespace),
    )


def linking(instance: Any, env: dict[str, Any]) -> None:
    e = instance.exports
    text = """(module (import "main" "seven" (func $s (result i32))) (import "main" "memory" (memory 1))
      (import "env" "late" (func $late (param i32))) (global (export "g") (mut i32) (i32.const 3))
      (func $start i32.const 3 call $late) (start $start) (func (export "eight") (result i32) call $s i32.const 1 i32.add)
      (func (export "peek") (result i32) i32.const 100 i32.load8_u))"""
    seen = []
    second = instantiate(
        decode_module(wat2wasm(text)), {"main": {"seven": e.seven, "memory": e.memory}, "env": {"late": seen.append}}
    )
    print(
        second.exports.eight(),
        second.exports.peek(),
        seen,
        second.exports.memory is e.memory if "memory" in second.exports else None,
    )
    text = '(module (import "a" "eight" (func $e (result i32))) (import "b" "spin" (func)) (func (export "nine") (result i32) call $e i32.const 1 i32.add))'
    spin = instantiate(decode_module(wat2wasm(SPIN)))
    third = instantiate(
        decode_module(wat2wasm(text)), {"a": {"eight": second.exports.eight}, "b": {"spin": spin.exports["start"]}}
    )
    print(third.exports.nine(), third.functions[0] is second.exports.eight.func)
    for wrong, value in (('(func (import "m" "x") (param i32))', e.seven), ('(memory (import "m" "x") 9)', e.memory),
                         ('(global (import "m" "x") (mut f32))', e.c), ('(func (import "m" "x"))', 5), ('(func (import "m" "x"))', e.memory),
                         ('(table (import "m" "x") 99 funcref)', e.table), ('(memory (import "m" "x") 1)', print),
                         ('(global (import "m" "x") (mut i32))', 5), ('(table (import "m" "x") 1 externref)', e.table)):  # fmt: skip
        attempt(
            lambda wrong=wrong, value=value: instantiate(
                decode_module(wat2wasm(f"(module {wrong})")), {"m": {"x": value}}
            ),
            LinkError,
        )
    for imports in ({}, {"m": {}}, None, {"m": 5}):
        attempt(
            lambda imports=imports: instantiate(decode_module(wat2wasm('(module (import "m" "x" (func)))')), imports),
            LinkError,
        )
    attempt(
        lambda: instantiate(decode_module(wat2wasm('(module (memory 1) (data (i32.const 65535) "xy"))'))), TrapError
    )
    attempt(lambda: instantiate(decode_module(wat2wasm("(module (func $f unreachable) (start $f))"))), TrapError)

    def fails() -> int:
        raise LookupError("mine")

    text = '(module (import "env" "f" (func $f (result i32))) (func (export "run") (result i32) call $f))'
    module = decode_module(wat2wasm(text))
    for function, error in (
        (fails, LookupError),
        (lambda: None, TypeError),
        (lambda: (1, 2), ValueError),
        (lambda: "x", ValueError),
    ):
        attempt(instantiate(module, {"env": {"f": function}}).exports.run, error)
    print(
        instantiate(module, {"env": {"f": lambda: (5,)}}).exports.run(),
        instantiate(module, {"env": {"f": lambda: 5.5}}).exports.run(),
    )
    for results, value, error in (("i32 i32", 5, TypeError), ("", 5, TypeError), ("funcref", None, TypeError)):
        text = (
            f'(module (import "env" "f" (func $f (result {results}))) (func (export "run") (result {results}) call $f))'
        )
        attempt(
            instantiate(decode_module(wat2wasm(text)), {"env": {"f": lambda value=value: value}}).exports.run, error
        )
    typed = runtime.HostFunction(FuncType((), ("i32",)), lambda: 6)
    print(instantiate(module, {"env": {"f": typed}}).exports.run())
    attempt(lambda: instantiate(module, {"env": {"f": runtime.HostFunction(FuncType((), ()), print)}}), LinkError)


def limits() -> None:
    module = decode_module(wat2wasm(SPIN))
    budget = runtime.Limits(fuel=1000, max_memory=3 * 65536, check_interval=10)
    print(
        budget.fuel,
        budget.fuel_remaining,
        budget.fuel_consumed,
        budget.deadline,
        budget.max_memory,
        budget.check_interval,
    )
    instance = instantiate(module, limits=budget)
    print(instance.exports.turns(10), budget.fuel_remaining, budget.fuel_consumed, instance.limits is budget)
    attempt(lambda: instance.exports.spin(), OutOfFuel)
    print(budget.fuel_remaining, budget.fuel_consumed, budget.fuel)
    attempt(lambda: instance.exports.turns(1), TrapError)
    budget.set_fuel(50)
    print(budget.fuel_remaining, budget.fuel, instance.exports.turns(3), budget.fuel_remaining)
    budget.set_fuel(None)
    print(budget.fuel_remaining, instance.exports.turns(100), budget.fuel)
    budget.set_deadline(time.monotonic() + 0.05)
    attempt(lambda: instance.exports.spin(), Timeout)
    budget.set_deadline(None)
    print(
        budget.deadline,
        instance.exports.turns(2),
        instance.exports.grow(1),
        instance.exports.grow(5),
        instance.exports.memory.size,
    )
    print(instance.exports.memory.limit_pages, instance.exports.memory.grow(1), instance.exports.memory.grow(1))
    attempt(lambda: instantiate(module, limits=runtime.Limits(max_memory=100)), LinkError)
    free = instantiate(module)
    print(free.limits, free.exports.turns(5))


def boxes() -> None:
    guest = """(module (import "env" "log" (func $log (param i32))) (import "wasi_snapshot_preview1" "fd_write" (func $w (param i32 i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32))) (import "wasi_snapshot_preview1" "odd" (func $odd (result i32)))
      (memory (export "memory") 1) (table (export "__indirect_function_table") 1 funcref) (elem (i32.const 0) $seven)
      (data (i32.const 16) "\\20\\00\\00\\00\\03\\00\\00\\00") (data (i32.const 32) "hi\\0a") (global $n (mut i32) (i32.const 0))
      (func (export "_initialize") (global.set $n (i32.const 5))) (func (export "n") (result i32) global.get $n)
      (func $seven (export "seven") (result i32) i32.const 7) (func (export "odd") (result i32) call $odd)
      (func (export "say") (result i32) (call $w (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 8)))
      (func (export "bye") (call $exit (i32.const 9))) (func (export "log") (call $log (i32.const 4)))
      (func (export "malloc") (param i32) (result i32) (select (i32.const 0) (i32.const 1024) (i32.gt_u (local.get 0) (i32.const 100))))
      (func (export "free") (param i32)) (func (export "spin") (loop br 0)))"""
    data, seen = wat2wasm(guest), []
    box = sandbox.Sandbox(data, imports={"env": {"log": seen.append}}, timeout=PATIENCE, max_memory=1 << 20, fuel=10**9)
    print(box.call("seven"), box.call_indirect(0), box.memory_size, box.call("n"), box.timeout, box.exports.seven())
    pointer = box.alloc(b"text", nul=True)
    print(
        pointer,
        box.read_cstr(pointer),
        box.read(pointer, 5),
        box.call("say"),
        box.stdout,
        repr(box.stderr),
        box.read_u32(8),
    )
    box.write_u32(8, 2**32 - 1)
    box.write_u64(16, 2**64 - 2)
    box.write(40, b"abc")
    box.free(pointer)
    print(
        box.read_u32(8),
        box.read(16, 8),
        box.read(40, 3),
        box.call("odd"),
        box.wasi.unsupported_calls,
        box.memory is box.instance.memories[0],
    )
    box.timeout = 0.1
    attempt(lambda: box.call("spin"), Timeout)
    box.timeout = PATIENCE
    attempt(lambda: box.call("spin", timeout=0.01), Timeout)
    attempt(lambda: box.call("bye"), wasi.Exit)
    attempt(lambda: box.alloc(bytes(200)), MemoryError)
    attempt(lambda: box.read(70000, 1), TrapError)
    attempt(lambda: box.call("absent"), KeyError)
    attempt(lambda: box.call_indirect(5), TrapError)
    box.write(1000, b"x" * 50)
    attempt(lambda: box.read_cstr(1000, 10), ValueError)
    box.call("log")
    print(seen, box.fuel > 0, box.fuel_consumed > 0, box.limits.fuel_remaining == box.fuel)
    box.fuel = 100
    attempt(lambda: box.call("spin", timeout=None), OutOfFuel)
    print(box.fuel)
    attempt(lambda: sandbox.Sandbox(data), LinkError)
    attempt(lambda: sandbox.Sandbox(data, imports={"env": {"log": print}}, wasi=False), LinkError)

    def resolver(module: str, name: str, import_: Import) -> Any:
        return (lambda *args: 3) if import_.kind == "func" and name != "proc_exit" else None

    other = sandbox.Sandbox(
        decode_module(data), imports=resolver, initialize=False, mode="interpret", recursion_limit=2000
    )
    print(other.call("n"), other.call("odd"), other.fuel, other.call("say"), repr(other.stdout))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "x.wasm")
        path.write_bytes(data)
        for source in (path, str(path), bytearray(data)):
            print(sandbox.Sandbox(source, imports=resolver).call("seven"))
    print(sandbox.Imports is not None, callable(sandbox.ImportResolver))
    programs()


def programs() -> None:
    for name, args, given, env in (
        ("hello", ("hello", "a b"), b"", {"A": "1"}),
        ("wordcount", ("wordcount",), b"one two\nthree\n", None),
    ):
        box = sandbox.Sandbox(EXAMPLES / f"{name}.wasm", args=args, stdin=given, env=env, timeout=PATIENCE)
        try:
            print(box.call("_start"))
        except wasi.Exit as end:
            print("exit", end.code)
        print(box.stdout, box.wasi.stdin_pos, box.wasi.args, box.wasi.env)
    lite = wasi.WasiLite(stdin=b"input", args=["prog", 5], env={"A": "b"})
    lite.memory = memory = runtime.MemoryInstance(1)
    print(
        lite.wasi_args_sizes_get(0, 4),
        memory.read(0, 8),
        lite.wasi_args_get(16, 32),
        memory.read(16, 8),
        memory.read(32, 7),
    )
    print(lite.wasi_environ_sizes_get(0, 4), memory.read(0, 8), lite.wasi_environ_get(16, 32), memory.read(32, 4))
    memory.write(64, struct.pack("<IIII", 200, 3, 300, 10))
    print(lite.wasi_fd_read(0, 64, 2, 80), memory.read(80, 4), memory.read(200, 3), lite.stdin_pos)
    memory.write(200, b"out")
    lite.sinks[2] = lambda data: print("  sink", bytes(data))
    print(
        lite.wasi_fd_write(1, 64, 1, 80),
        lite.wasi_fd_write(2, 64, 1, 80),
        lite.wasi_fd_write(7, 64, 1, 80),
        bytes(lite.stdout),
        bytes(lite.stderr),
    )
    print(
        lite.wasi_clock_time_get(0, 0, 96),
        lite.wasi_clock_res_get(1, 104),
        lite.wasi_random_get(112, 8),
        lite.wasi_sched_yield(),
    )
    print(
        lite.wasi_fd_prestat_get(3, 0),
        lite.wasi_fd_prestat_dir_name(3, 0, 0),
        lite.wasi_fd_fdstat_get(9, 0),
        lite.wasi_fd_fdstat_get(1, 400),
    )
    print(
        lite.wasi_fd_fdstat_set_flags(1, 0),
        lite.wasi_fd_seek(1, 0, 0, 500),
        lite.wasi_fd_sync(1),
        lite.wasi_fd_close(9),
        lite.wasi_fd_filestat_get(9, 0),
    )
    print(lite.wasi_path_open(3, 0, 0, 0, 0, 0, 0, 0, 0), lite.wasi_path_filestat_get(3, 0, 0, 0, 0))
    print(
        lite.wasi_path_unlink_file(3, 0, 0), lite.wasi_path_create_directory(3, 0, 0), callable(lite.wasi_poll_oneoff)
    )
    attempt(lambda: lite.wasi_proc_exit(4), wasi.Exit)
    print(
        lite.lookup("nothing")(1, 2), lite.lookup("none", False)(), lite.unsupported_calls, lite.lookup("sched_yield")()
    )
    print(lite.ESUCCESS, lite.EBADF, lite.EINVAL, lite.ENOSYS, lite.ESPIPE, lite.ENOTCAPABLE, wasi.WASI_MODULES)
    module = decode_module((EXAMPLES / "hello.wasm").read_bytes())

    class Louder(wasi.WasiLite):
        def wasi_fd_write(self, *args: int) -> int:
            print("  fd_write", args[0], args[2])
            return super().wasi_fd_write(*args)

    louder = Louder(args=["hello"])
    instance = instantiate(module, {"wasi_snapshot_preview1": louder.imports(module)})
    louder.bind(instance)
    attempt(lambda: instance.exports["_start"](), wasi.Exit)
    print(bytes(louder.stdout), sorted(louder.imports(module)))


SJLJ = """(module (import "env" "invoke_ii" (func $i (param i32 i32) (result i32))) (import "env" "invoke_v" (func $v (param i32)))
  (import "env" "_emscripten_throw_longjmp" (func $throw)) (table (export "__indirect_function_table") 4 funcref)
  (elem (i32.const 1) $double $jump $again) (global (export "__stack_pointer") (mut i32) (i32.const 1000))
  (global $threw (mut i32) (i32.const 0)) (func $double (param i32) (result i32) local.get 0 i32.const 2 i32.mul)
  (func $jump (global.set 0 (i32.const 5)) call $throw) (func $again (param i32) (result i32) (call $i (i32.const 3) (local.get 0)))
  (func (export "setThrew") (param i32 i32) (global.set $threw (local.get 0))) (func (export "over") (call $throw))
  (func (export "run") (param i32 i32) (result i32) (call $i (local.get 0) (local.get 1)))
  (func (export "jump") (result i32) (call $v (i32.const 2)) (global.get $threw)))"""


def jumps() -> None:
    for text in (SJLJ, SJLJ.replace('(export "__stack_pointer")', "").replace("(global $threw", '''(func (export "stackSave") (result i32) global.get 0)
                 (func (export "stackRestore") (param i32) (global.set 0 (local.get 0))) (global $threw''')):  # fmt: skip
        module = decode_module(wat2wasm(text))
        sjlj = emscripten.EmscriptenSjLj(overflow_export="over", max_depth=20)
        imports = sjlj.imports(module)
        print(sorted(imports), isinstance(imports["invoke_v"], runtime.HostFunction))
        instance = instantiate(module, {"env": imports})
        sjlj.bind(instance)
        print(
            instance.exports.run(1, 21), instance.exports.jump(), sjlj.invokes, sjlj.unwinds, sjlj.overflows, sjlj.depth
        )
        print(
            instance.exports.run(3, 1),
            sjlj.invokes,
            sjlj.unwinds,
            sjlj.overflows,
            sjlj.depth,
            sjlj.max_depth,
            sjlj.overflow_export,
        )
        if "__stack_pointer" in instance.exports:
            print(instance.exports["__stack_pointer"].value)
        for index in (0, 99):
            attempt(lambda index=index, run=instance.exports.run: run(index, 1), TrapError)
    for missing in ('(export "__indirect_function_table")', '(export "__stack_pointer")'):
        module = decode_module(wat2wasm(SJLJ.replace(missing, "")))
        sjlj = emscripten.EmscriptenSjLj()
        instance = instantiate(module, {"env": sjlj.imports(module)})
        attempt(lambda sjlj=sjlj, instance=instance: sjlj.bind(instance), LinkError)
    print(issubclass(emscripten.LongjmpUnwind, Exception))


def guests() -> None:
    """The interpreters that come with the package."""
    from pwasm.guests import JSError, MicroPython, MQuickJS, PythonError, QuickJS, guest_path, load_guest

    print(guest_path("micropython.wasm").name, load_guest("micropython.wasm") is load_guest("micropython.wasm"))
    mp = MicroPython(timeout=PATIENCE)
    mp.register("lookup", lambda key: {"key": key, "value": 42})
    print(mp.exec("print([x * x for x in range(5)])"), mp.exec("import host\nprint(host.call('lookup', 'a'))"))
    attempt(lambda: mp.exec("raise ValueError('boom')"), PythonError)
    print(mp.exec("def f(n):\n  return f(n + 1)\ntry:\n  f(0)\nexcept RuntimeError as e:\n  print(e)"))
    print(mp.sjlj.invokes, mp.sjlj.unwinds, mp.sjlj.overflows, mp.fuel_consumed, mp.memory_size)
    attempt(lambda: mp.exec("while True: pass", fuel=3000), OutOfFuel)
    js = QuickJS(max_memory=32 * 1024 * 1024, timeout=PATIENCE)
    js.function(add)
    print(
        js.eval("host.add(40, 2)"), js.eval("({a: [1, 2], b: 'hi'})"), js.eval("console.log('hello')"), js.take_output()
    )
    attempt(lambda: js.eval("throw new Error('x')"), JSError)
    attempt(lambda: js.eval("for (;;);", timeout=0.1), Timeout)
    small = MQuickJS(memory_limit=1024 * 1024)
    print(
        js.fuel_consumed > 0,
        small.eval("Math.max(3, 7)"),
        small.eval("'a' + 1"),
        small.fuel_consumed,
        small.memory_size,
    )
    attempt(lambda: small.eval("throw new Error('x')"), JSError)


def add(a: int, b: int) -> int:
    return a + b


def main() -> None:
    os.environ["PWASM_CACHE_DIR"] = ""
    for section in (errors, reading, modules, numbers, objects, instances, limits, boxes, jumps, guests):
        print("#", section.__name__)
        section()
    print(pwasm.__name__, file=sys.stderr)


if __name__ == "__main__":
    main()
