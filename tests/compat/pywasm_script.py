"""One script for two runtimes: what it prints must be the same with PyPI's pywasm and with wasmvm's replacement.

It calls every public name of the package but the steps of its interpreter. ``python -m tests.compat.pywasm_script``.
"""

from __future__ import annotations

import io
import math
import os
import socket
import struct
import sys
import tempfile
from pathlib import Path
from typing import Any

import pywasm
from pywasm import arith, core, leb128, log, opcode, wasi
from pywasm.core import FuncType, Limits, Runtime, ValInst, ValType

from tests.compat.shared import FUNCTIONS, attempt
from wasmvm.text import wat2wasm

EXAMPLES = Path(__file__).resolve().parent.parent.parent / "examples"
I32, I64, F32, F64, V128 = ValType.i32(), ValType.i64(), ValType.f32(), ValType.f64(), ValType.v128()
FUNC, EXTERN = ValType.ref_func(), ValType.ref_extern()
MAIN = """(module (import "env" "f" (func $f (param i32 i64 f32 f64) (result i32 f64)))
  (import "env" "m" (memory 1 3)) (import "env" "t" (table 3 funcref)) (import "env" "g" (global $g (mut i64)))
  (global $c (export "c") f32 (f32.const 1.5)) (global (export "v") (mut v128) (v128.const i32x4 1 2 3 4))
  (global (export "e") (mut externref) (ref.null extern))
  (table $own (export "own") 2 5 externref)
"""
MAIN += (
    FUNCTIONS
    + """
  (func (export "vector") (param v128) (result v128) local.get 0))"""
)


def stream(data: bytes) -> io.BytesIO:
    return io.BytesIO(data)


def values() -> None:
    types = [I32, I64, F32, F64, V128, FUNC, EXTERN]
    print(types, [t.data for t in types], ValType(0x7F) == I32, I32 == I64, {I32: 1}[ValType.i32()])
    print(ValType.from_reader(stream(b"\x7c")))
    attempt(lambda: ValType(1), AssertionError)
    attempt(lambda: I32 == 1, AssertionError)
    made = [ValInst.from_i32(-5), ValInst.from_u32(2**32 - 1), ValInst.from_i64(-1), ValInst.from_u64(2**64 - 1),
            ValInst.from_f32(0.1), ValInst.from_f64(0.1), ValInst.from_f32_u32(0x3FC00000), ValInst.from_f64_u64(1 << 62),
            ValInst.from_v128(bytearray(range(16))), ValInst.from_ref(FUNC, 3), ValInst.from_ref(EXTERN, 7),
            ValInst.zero(FUNC), ValInst.zero(EXTERN), ValInst.zero(F64)]  # fmt: skip
    for value in made:
        print(value, value.type, value.data.hex(), value == ValInst(value.type, value.data.copy()))
        print(" ", value.into_i32(), value.into_u32(), value.into_i64(), value.into_u64(), value.into_v128().hex())
        attempt(value.into_all, AssertionError)
        attempt(value.into_ref, AssertionError)
    print(made[4].into_f32(), made[5].into_f64(), made[0].blen)
    for type, python in ((I32, 5), (I64, -5), (F32, 2.5), (F64, 2), (V128, bytearray(16)), (FUNC, 1), (EXTERN, 2)):
        print(ValInst.from_all(type, python), ValInst.from_all(type, python).into_all())
    for wrong in (2**31, -(2**31) - 1):
        attempt(lambda wrong=wrong: ValInst.from_i32(wrong), OverflowError)
    attempt(lambda: ValInst.from_v128(bytearray(3)), AssertionError)
    attempt(lambda: ValInst(I32, bytearray(4)), AssertionError)
    for shape, lane in (("i8", -3), ("u8", 200), ("i16", -300), ("u16", 60000), ("i32", -70000), ("u32", 2**32 - 2),
                        ("i64", -(2**40)), ("u64", 2**64 - 9), ("f32", 1.25), ("f64", -0.5)):  # fmt: skip
        lanes = [lane] * (128 // int(shape[1:]))
        vector = getattr(ValInst, f"from_v128_{shape}")(lanes)
        print(shape, vector, getattr(vector, f"into_v128_{shape}")())


def numbers() -> None:
    print(arith.I(2).max, arith.U(2).max, isinstance(arith.f32, arith.F32), isinstance(arith.f64, arith.F64))
    for kind in (arith.i8, arith.i16, arith.i32, arith.i64):
        print(kind.bits_length, kind.byte_length, kind.mask, kind.mask_sign, kind.min, kind.max)
        print(kind.fit(2**70 + 200), kind.sat(2**70), kind.sat(-(2**70)), kind.add(kind.max, 1), kind.sub(kind.min, 1))
        print(
            kind.add_sat(kind.max, 1),
            kind.sub_sat(kind.min, 1),
            kind.mul(kind.max, 2),
            kind.div(-7, 2),
            kind.rem(-7, 2),
        )
        print(kind.shl(-1, 3), kind.shr(-100, 2), kind.into_bytearray(-2), kind.from_bytearray(kind.into_bytearray(-2)))
        attempt(lambda kind=kind: kind.div(1, 0), ZeroDivisionError)
        attempt(lambda kind=kind: kind.rem(1, 0), ZeroDivisionError)
        attempt(lambda kind=kind: kind.div(kind.min, -1), AssertionError)
    for kind in (arith.u8, arith.u16, arith.u32, arith.u64):
        print(kind.bits_length, kind.byte_length, kind.mask, kind.mask_sign, kind.min, kind.max)
        print(kind.fit(-1), kind.sat(2**70), kind.sat(-1), kind.add(kind.max, 1), kind.sub(0, 1), kind.mul(kind.max, 2))
        print(kind.add_sat(kind.max, 1), kind.sub_sat(0, 1), kind.div(200, 7), kind.rem(200, 7), kind.shl(200, 3))
        print(kind.shr(200, 3), kind.rotl(200, 3), kind.rotr(200, 3), kind.clz(20), kind.ctz(20), kind.popcnt(77))
        print(kind.into_bytearray(9), kind.from_bytearray(kind.into_bytearray(9)), kind.clz(0), kind.ctz(0))
        attempt(lambda kind=kind: kind.div(1, 0), ZeroDivisionError)
    for kind in (arith.f32, arith.f64):
        print(kind.fit(0.1), kind.into_bytearray(0.1), kind.from_bytearray(kind.into_bytearray(0.1)))
        for a, b in ((1.0, 3.0), (1.0, 0.0), (-1.0, 0.0), (0.0, 0.0), (math.inf, 2.0), (math.nan, 1.0)):
            print(kind.div(a, b), kind.min(a, b), kind.max(a, b))
    for n in (0, 1, 127, 128, 624485, 2**32 - 1, 2**63):
        data = leb128.u.encode(n)
        print(data, leb128.u.decode(data), leb128.u.decode_reader(stream(data + b"rest")))
    for n in (0, 1, -1, 63, 64, -64, -65, -123456, 2**31 - 1, -(2**63)):
        data = leb128.i.encode(n)
        print(data, leb128.i.decode(data), leb128.i.decode_reader(stream(data + b"rest")))
    attempt(lambda: leb128.u.decode_reader(stream(b"\x80")), EOFError)
    attempt(lambda: leb128.u.encode(-1), AssertionError)
    attempt(lambda: leb128.i.decode(bytearray()), AssertionError)


def names() -> None:
    print(sorted(opcode.name.items()))
    print(sorted((name, value) for name, value in vars(opcode).items() if isinstance(value, int) and name[0] != "_"))
    print(sorted((n, v) for n, v in vars(wasi.Preview1).items() if isinstance(v, int) and n[0] != "_"))
    print(pywasm.version, log.lvl)
    log.println  # noqa: B018
    log.debugln("nothing is printed at level 0")


def shown(desc: core.ModuleDesc) -> None:
    for section in ("type", "func", "tabl", "mems", "glob", "elem", "data", "star", "imps", "exps"):
        print(section, getattr(desc, section))
    for func in desc.func:
        print(func.type, func.locals, func.expr, [inst.opcode for inst in func.expr.data])
        print([inst.args for inst in func.expr.data])
    for glob in desc.glob:
        print(glob.type, glob.type.type, glob.type.mut, glob.init)
    for elem in desc.elem:
        print(elem.kind, elem.type, elem.tidx, elem.offset, elem.init)
    for data in desc.data:
        print(data.kind, data.midx, data.offset, data.init)
    for export in desc.exps:
        print(export.name, export.kind, export.desc)
    for import_ in desc.imps:
        print(import_.module, import_.name, import_.kind, import_.desc)


def modules() -> None:
    shown(core.ModuleDesc.from_reader(stream(wat2wasm(MAIN))))
    empty = core.ModuleDesc.from_reader(stream(wat2wasm("(module (func $s) (start $s))")))
    print(empty.star, empty.imps, empty.exps)
    for data in (b"", b"\0asm\2\0\0\0", b"not a module"):
        attempt(lambda data=data: core.ModuleDesc.from_reader(stream(data)), AssertionError)
    r = stream(b"\x41\x05\x6a\x0b tail")
    print(core.Expr.from_reader(r), r.tell())
    for data in (b"\x02\x40\x41\x01\x1a\x0b", b"\x04\x7f\x41\x01\x05\x41\x02\x0b", b"\x0e\x02\0\1\2", b"\x28\2\x08",
                 b"\xfc\x0a\0\0", b"\xfd\x0c" + bytes(range(16)), b"\xfd\x6d", b"\x43\0\0\xc0\x3f", b"\xd0\x70",
                 b"\x44" + struct.pack("<d", 2.5), b"\x1c\1\x7f", b"\xfd\x15\3", b"\x0b", b"\x42\x7f", b"\x0f",
                 b"\xfd\x54\0\1\2", b"\x3f\0", b"\x40\0", b"\x11\1\0", b"\xd2\4", b"\xfd\x0d" + bytes(range(16))):  # fmt: skip
        r = stream(data + b"\x01\x0b")
        inst = core.Inst.from_reader(r)
        print(inst, inst.opcode, inst.args, r.tell(), inst.into_single())
    print(core.Inst(opcode.call, [3]), core.Expr([core.Inst(opcode.nop, [])]))
    core.Expr([core.Inst(opcode.nop, [])]).into_disasm(2)
    for data in (b"\x40", b"\x7f", b"\x05"):
        block = core.Bype.from_reader(stream(data))
        print(block, block.kind, block.data, block == core.Bype(0, 0x40))
    print(
        core.LocalsDesc.from_reader(stream(b"\3\x7e")),
        core.LocalsDesc(2, F32).n,
        core.LocalsInst([ValInst.from_i32(1)]),
    )
    print(FuncType.from_reader(stream(b"\x60\2\x7f\x7e\1\x7d")), FuncType([I32], []) == FuncType([I32], []))
    print(core.FuncDesc.from_reader_type(stream(b"\5")), core.FuncDesc.from_reader_code(stream(b"\1\2\x7f\1\x0b")).expr)
    print(Limits.from_reader(stream(b"\0\3")), Limits.from_reader(stream(b"\1\3\4")), Limits(1, 0).suit(Limits(1, 5)))
    print(Limits(2, 4).suit(Limits(1, 5)), Limits(1, 0).suit(Limits(2, 0)), Limits(1, 3).n, Limits(1, 3).m)
    print(core.MemType.from_reader(stream(b"\0\3")), core.MemType(Limits(1, 0)).limits)
    print(core.TableType.from_reader(stream(b"\x70\0\3")), core.TableType(EXTERN, Limits(1, 2)))
    attempt(lambda: core.TableType(I32, Limits(1, 2)), AssertionError)
    print(core.GlobalType.from_reader(stream(b"\x7f\1")), core.GlobalType(I64, 0))
    print(core.GlobalDesc.from_reader(stream(b"\x7f\1\x41\3\x0b")).init)
    custom = core.Custom.from_reader(stream(b"\2abrest"))
    print(custom.name, custom.data)
    for data in (b"\1a\1b\0\5", b"\1a\1b\1\x70\0\1", b"\1a\1b\2\0\1", b"\1a\1b\3\x7f\0"):
        print(core.Import.from_reader(stream(data)))
    print(core.ExportDesc.from_reader(stream(b"\1a\2\0")))
    for data in (b"\0\x41\1\x0b\2\3\4", b"\1\0\1\5", b"\5\x70\1\xd0\x70\x0b", b"\2\1\x41\0\x0b\0\1\2"):
        elem = core.ElemDesc.from_reader(stream(data))
        print(elem, elem.kind, elem.type, elem.tidx, elem.offset, elem.init)
    for data in (b"\0\x41\1\x0b\2hi", b"\1\3abc"):
        segment = core.DataDesc.from_reader(stream(data))
        print(segment, segment.kind, segment.midx, segment.offset, segment.init)
    print(core.Label(1, 0, 0, 1, [], 0), core.Frame(core.ModuleInst(), core.LocalsInst([]), 2, 0, 0))
    print(core.Stack().value, core.Stack().label, core.Stack().frame, core.DataInst(bytearray(b"x")).data)
    print(
        core.ElemInst(FUNC, []), core.DataInst(bytearray()), core.Extern(0, 5), core.ExportInst("x", core.Extern(2, 1))
    )


def memories() -> None:
    memory = core.MemInst(core.MemType(Limits(1, 2)))
    print(memory.size, len(memory.data), memory.type, memory.data[:4], memory.data[0])
    memory.put(4, bytearray(b"hello"))
    memory.put_u8(0, 200)
    memory.put_u16(100, 60000)
    memory.put_u32(104, 2**32 - 2)
    memory.put_u64(112, 2**64 - 3)
    memory.put_i32(120, -4)
    memory.put_i64(128, -5)
    print(memory.get(4, 5), memory.get_u8(0), memory.get_u16(100), memory.get_u32(104), memory.get_u64(112))
    print(
        memory.get_i32(120),
        memory.get_i64(128),
        memory.get_i32(104),
        memory.data[4:9].decode(),
        memory.data.find(b"llo"),
    )
    memory.data[4:6] = b"HE"
    memory.data[9] = 33
    print(bytes(memory.data[4:10]), bytes(memory.data)[:6], memory.data[4:6] == b"HE", 33 in memory.data)
    print(memory.data.index(33), memory.data.find(b"absent"), memory.data.find(b"H", 5), memory.data.copy()[4:6])
    print(struct.unpack_from("<I", memory.data, 104), memoryview(memory.data)[4], next(iter(memory.data)))
    struct.pack_into("<I", memory.data, 104, 77)
    attempt(lambda: memory.put(0, b"bytes"), AssertionError)
    memory.grow(1)
    print(memory.size, len(memory.data), memory.get_u32(104), memory.suit(Limits(2, 2)), memory.suit(Limits(3, 0)))
    attempt(lambda: memory.grow(1), AssertionError)
    attempt(lambda: memory.get_u8(200000), IndexError)
    table = core.TableInst(core.TableType(EXTERN, Limits(2, 4)))
    table.elem[1] = ValInst.from_ref(EXTERN, 9)
    table.grow(1, ValInst.from_ref(EXTERN, 4))
    print(table.size, len(table.elem), list(table.elem), table.type, table.suit(Limits(3, 4)), table.elem[1])
    attempt(lambda: table.grow(5, ValInst.zero(EXTERN)), AssertionError)
    attempt(lambda: table.grow(1, ValInst.zero(FUNC)), AssertionError)
    for value in (ValInst.from_i32(-1), ValInst.from_f32(0.1), ValInst.from_f64(2.5), ValInst.from_u64(2**63),
                  ValInst.from_v128(bytearray(range(16))), ValInst.from_ref(EXTERN, 5), ValInst.zero(EXTERN)):  # fmt: skip
        glob = core.GlobalInst(value, 1)
        print(glob, glob.data, glob.mut, glob.data == value)


def runtimes() -> None:
    runtime = Runtime()

    def host(machine: core.Machine, args: list[Any]) -> list[Any]:
        module = machine.stack.frame[-1].module
        memory = machine.store.mems[module.mems[0]]
        print("  host", args, memory.get(8, 5), len(module.exps))
        return [args[0] + 1, args[3] * 2]

    type = FuncType([I32, I64, F32, F64], [I32, F64])
    env = runtime.imports["env"] = {}
    env["f"] = runtime.allocate_func_host(type, host)
    env["m"] = runtime.allocate_memory(core.MemType(Limits(1, 2)))
    env["t"] = runtime.allocate_table(core.TableType(FUNC, Limits(3, 0)))
    env["g"] = runtime.allocate_global(core.GlobalType(I64, 1), ValInst.from_i64(42))
    print(env)
    module = runtime.instance(core.ModuleDesc.from_reader(stream(wat2wasm(MAIN))))
    print(module.type, module.func, module.tabl, module.mems, module.glob, module.elem, module.data, module.exps)
    store = runtime.machine.store
    print(
        store.func, len(store.tabl), len(store.mems), store.glob, store.elem, store.data, [f.kind for f in store.func]
    )
    print(store.func[1].module is module, store.func[1].code, store.func[0].hostcode is host, store.elem[1].data)
    call = lambda name, *args: runtime.invocate(module, name, list(args))  # noqa: E731
    print(call("seven"), call("host", -1, 2**40, 0.5, 1.5), call("pair", -5, 0.1), call("fac", 20), call("global"))
    print(call("vector", bytearray(range(16))), call("ref", 5), call("self"), call("trunc", 2.9), call("rem", 7, 4))
    print(call("load", 8), call("indirect", 1), call("div", -7, 2))
    for name, args, error in (
        ("div", (1, 0), ZeroDivisionError), ("div", (-(2**31), -1), AssertionError), ("rem", (1, 0), ZeroDivisionError),
        ("trunc", (math.nan,), ValueError), ("trunc", (1e10,), OverflowError), ("load", (65536,), AssertionError),
        ("indirect", (0,), AssertionError), ("indirect", (9,), IndexError), ("trap", (), AssertionError),
        ("null", (), AssertionError), ("seven", (1,), AssertionError), ("absent", (), IndexError),
        ("div", (2**31, 1), OverflowError), ("div", ("x", 1), Exception), ("trunc", ("x",), Exception),
    ):  # fmt: skip
        print(name, args)
        attempt(lambda name=name, args=args: call(name, *args), error)
        runtime.machine.stack = core.Stack()
    memory = runtime.exported_memory(module, "memory")
    memory.put_u32(16, 99)
    print(call("load", 16), memory.size, call("grow", 1), memory.size, len(memory.data), call("grow", 1))
    print(memory is store.mems[module.mems[0]], memory is store.mems[env["m"].data])
    for name in ("c", "v", "e"):
        print(name, runtime.exported_global(module, name), runtime.exported_global(module, name).mut)
    glob = store.glob[env["g"].data]
    glob.data = ValInst.from_i64(-8)
    print(call("global"), glob.data, [str(e) for e in store.tabl[0].elem])
    attempt(lambda: runtime.exported_global(module, "memory"), AssertionError)
    attempt(lambda: runtime.exported_memory(module, "absent"), IndexError)
    print(
        runtime.machine.invocate(module.func[1], []),
        runtime.machine.invocate(module.func[3], [ValInst.from_i32(9), ValInst.from_i32(2)]),
    )
    link(runtime, module)


def link(runtime: Runtime, module: core.ModuleInst) -> None:
    """A second module, which imports from the first."""
    runtime.imports["main"] = {export.name: export.data for export in module.exps}
    text = """(module (import "main" "seven" (func $s (result i32))) (import "main" "memory" (memory 1))
      (import "env" "late" (func $late (param i32)))
      (func $start i32.const 3 call $late) (start $start) (func (export "eight") (result i32) call $s i32.const 1 i32.add))"""
    seen = []
    late = lambda machine, args: seen.append((args, machine.stack.frame[-1].module.mems)) or []  # noqa: E731
    runtime.imports["env"]["late"] = runtime.allocate_func_host(FuncType([I32], []), late)
    second = runtime.instance(core.ModuleDesc.from_reader(stream(wat2wasm(text))))
    print(runtime.invocate(second, "eight", []), second.func, second.mems, second.exps, seen)
    for wrong in ('(func (import "main" "seven") (param i32))', '(memory (import "main" "memory") 9)',
                  '(global (import "main" "c") (mut f32))', '(func (import "main" "memory"))'):  # fmt: skip
        desc = core.ModuleDesc.from_reader(stream(wat2wasm(f"(module {wrong})")))
        attempt(lambda desc=desc: runtime.instance(desc), AssertionError)
    desc = core.ModuleDesc.from_reader(stream(wat2wasm('(module (import "main" "absent" (func)))')))
    attempt(lambda: runtime.instance(desc), KeyError)
    desc = core.ModuleDesc.from_reader(stream(wat2wasm('(module (memory 1) (data (i32.const 65535) "xy"))')))
    attempt(lambda: runtime.instance(desc), AssertionError)
    runtime.machine.stack = core.Stack()
    store, more = runtime.machine.store, core.Store()
    print(more.allocate_func_host(core.FuncHost(FuncType([], []), late)), more.func, more.func[0].type)
    print(more.allocate_memory(core.MemType(Limits(1, 0))), more.allocate_table(core.TableType(FUNC, Limits(1, 0))))
    print(
        more.allocate_global(core.GlobalType(I32, 0), ValInst.from_i32(3)),
        more.glob,
        more.allocate_data(bytearray(b"x")),
    )
    print(
        more.allocate_elem(FUNC, []), more.elem, store.allocate_func_wasm(second, core.FuncDesc(0, [], core.Expr([])))
    )
    print(core.FuncInst(FuncType([], []), second, core.FuncDesc(0, [], core.Expr([]))), len(more.data))

    def fails(machine: core.Machine, args: list[Any]) -> list[Any]:
        raise LookupError("mine")

    other = Runtime()
    other.imports["env"] = {"f": other.allocate_func_host(FuncType([], [I32]), fails)}
    text = '(module (import "env" "f" (func $f (result i32))) (func (export "run") (result i32) call $f))'
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "x.wasm")
        Path(path).write_bytes(wat2wasm(text))
        instance = other.instance_from_file(path)
    attempt(lambda: other.invocate(instance, "run", []), LookupError)


def run(
    name: str, args: list[str], dirs: dict[str, str], envs: dict[str, str], given: bytes = b""
) -> tuple[int, bytes, Any]:
    runtime = Runtime()
    guest = wasi.Preview1(args, dirs, envs)
    guest.fd[0].pipe = io.BytesIO(given)
    guest.fd[1].pipe = io.BytesIO(bytearray())
    guest.fd[2].pipe = io.BytesIO(bytearray())
    guest.bind(runtime)
    code = guest.main(runtime, runtime.instance_from_file(str(EXAMPLES / name)))
    return code, guest.fd[1].pipe.read(), guest


GUEST = """(module (import "wasi_snapshot_preview1" "fd_write" (func $w (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32))) (memory (export "memory") 1)
  (data (i32.const 16) "\\20\\00\\00\\00\\03\\00\\00\\00") (data (i32.const 32) "hi\\0a")
  (func (export "_start") (drop (call $w (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 8))) (call $exit (i32.const 7))))"""


def every_import() -> str:
    """A module that imports every function of preview 1, and exports one that calls it."""
    from wasmvm.wasi.preview1.abi import FUNCTIONS
    from wasmvm.wasi.preview1.function import functype_of

    names = {0x7F: "i32", 0x7E: "i64"}
    parts = []
    for name in FUNCTIONS:
        type = functype_of(name)
        params = " ".join(names[t] for t in type.params)
        result = "(result i32)" if type.results else ""
        gets = " ".join(f"local.get {i}" for i in range(len(type.params)))
        parts.append((f'(import "wasi_snapshot_preview1" "{name}" (func ${name} (param {params}) {result}))',
                      f'(func (export "{name}") (param {params}) {result} {gets} call ${name})'))  # fmt: skip
    return f'(module {"".join(p[0] for p in parts)} (memory (export "memory") 2) {"".join(p[1] for p in parts)})'


class Trial:
    """A guest that can be made to call every function of preview 1."""

    def __init__(self, folder: str) -> None:
        self.runtime = Runtime()
        self.guest = wasi.Preview1(["prog", "arg"], {"/d": folder}, {"B": "2", "A": "1"})
        self.guest.bind(self.runtime)
        self.guest.fd[0].pipe, self.guest.fd[1].pipe = io.BytesIO(b"input"), io.BytesIO(bytearray())
        with_socket(self.guest)
        self.module = self.runtime.instance(core.ModuleDesc.from_reader(stream(wat2wasm(every_import()))))
        self.memory = self.runtime.exported_memory(self.module, "memory")

    def call(self, name: str, *args: int) -> None:
        print(name, self.runtime.invocate(self.module, name, list(args)))

    def show(self, size: int, at: int = 1000) -> None:
        print("  wrote", self.memory.get(at, size).hex())

    def text_at(self, at: int, value: str) -> tuple[int, int]:
        self.memory.put(at, bytearray(value.encode()))
        return at, len(value)


def every_function(folder: str) -> None:
    """Calls each function of preview 1 on a directory, and prints what it returns."""
    trial = Trial(folder)
    surroundings(trial)
    fd = one_file(trial)
    many_paths(trial)
    descriptors(trial, fd)
    endings(trial, folder)


def surroundings(trial: Trial) -> None:
    guest, memory, call, show = trial.guest, trial.memory, trial.call, trial.show
    for name in ("args", "environ"):
        call(f"{name}_sizes_get", 1000, 1004)
        show(8)
        call(f"{name}_get", 1000, 1100)
        show(8)
        show(10, 1100)
    call("clock_res_get", 1, 1000)
    call("clock_time_get", 0, 0, 1000)
    print("  now", memory.get_u64(1000) > 1e18, guest.help_time(1) > 0, guest.help_time(0) > 1e18, guest.help_time(9))
    call("random_get", 1000, 8)
    call("sched_yield")
    call("proc_raise", 0)
    memory.put(1000, bytearray(64))  # pywasm leaves the padding of results as it was
    call("fd_prestat_get", 3, 1000)
    show(8)
    call("fd_prestat_dir_name", 3, 1000, 2)
    show(2)
    call("fd_prestat_get", 9, 1000)
    call("fd_fdstat_get", 1, 1000)
    show(1)


def one_file(trial: Trial) -> int:
    guest, memory, call, show = trial.guest, trial.memory, trial.call, trial.show
    file = trial.text_at(2000, "file.txt")
    call("path_open", 3, 0, *file, 1, (1 << 29) - 1, 0, 0, 1000)
    fd = memory.get_u32(1000)
    print(
        "  opened",
        fd,
        guest.help_idir(fd),
        guest.help_badf(fd),
        guest.help_sock(fd),
        guest.fd[fd].wasm_name,
        guest.fd[fd].wasm_type,
    )
    trial.text_at(2100, "some words")
    memory.put(2200, bytearray(struct.pack("<IIII", 2100, 4, 2104, 6)))
    call("fd_write", fd, 2200, 2, 1000)
    show(4)
    call("fd_pwrite", fd, 2200, 1, 2, 1000)
    call("fd_seek", fd, 0, 0, 1000)
    call("fd_tell", fd, 1000)
    show(8)
    memory.put(2300, bytearray(struct.pack("<II", 3000, 100)))
    call("fd_read", fd, 2300, 1, 1000)
    show(4)
    print("  read", memory.get(3000, memory.get_u32(1000)))
    call("fd_pread", fd, 2300, 1, 5, 1000)
    print("  read", memory.get(3000, memory.get_u32(1000)))
    call("fd_filestat_set_size", fd, 3)
    call("fd_filestat_set_times", fd, 10**18, 10**18, 5)
    call("fd_filestat_get", fd, 4000)
    print("  size", memory.get_u64(4032), memory.get_u8(4016), memory.get_u64(4040), memory.get_u64(4048))
    call("fd_allocate", fd, 0, 20)
    call("fd_advise", fd, 0, 0, 0)
    call("fd_sync", fd)
    call("fd_datasync", fd)
    call("fd_fdstat_set_flags", fd, 1)
    call("fd_fdstat_set_rights", fd, 2, 0)
    print("  rights", guest.fd[fd].wasm_rights_base, guest.help_perm(fd, 64), guest.help_perm(fd, 2))
    return fd


def many_paths(trial: Trial) -> None:
    memory, call, text_at = trial.memory, trial.call, trial.text_at
    file = text_at(2000, "file.txt")
    call("path_filestat_get", 3, 0, *file, 4000)
    print("  size", memory.get_u64(4032))
    call("path_filestat_set_times", 3, 0, *file, 10**18, 10**18, 5)
    sub = text_at(2400, "sub")
    call("path_create_directory", 3, *sub)
    call("path_create_directory", 3, *sub)
    other, third = text_at(2500, "other"), text_at(2600, "third")
    call("path_link", 3, 0, *file, 3, *other)
    call("path_rename", 3, *other, 3, *third)
    call("path_symlink", *file, 3, *other)
    call("path_readlink", 3, *other, 1000, 50, 1100)
    print("  link", memory.get(1000, memory.get_u32(1100)))
    call("fd_readdir", 3, 5000, 1000, 0, 1000)
    at, found = 5000, []
    while at < 5000 + memory.get_u32(1000):
        length = memory.get_u32(at + 16)
        found.append((memory.get(at + 24, length).decode(), memory.get_u8(at + 20) if length > 2 else 3))
        at += 24 + length
    print("  found", sorted(name for name, _ in found))
    call("path_unlink_file", 3, *third)
    call("path_unlink_file", 3, *other)
    call("path_remove_directory", 3, *sub)
    call("path_open", 3, 0, *third, 0, 2, 0, 0, 1000)


def descriptors(trial: Trial, fd: int) -> None:
    guest, memory, call, show = trial.guest, trial.memory, trial.call, trial.show
    call("fd_renumber", fd, 3)
    call("fd_close", 3)
    call("fd_close", 3)
    call("fd_read", 0, 2300, 1, 1000)
    print("  read", memory.get(3000, memory.get_u32(1000)))
    call("fd_write", 1, 2200, 2, 1000)
    print("  piped", guest.fd[1].pipe.getvalue(), guest.help_pipe(1), guest.help_pipe(2))
    call("fd_write", 77, 2200, 2, 1000)
    memory.put(6000, bytearray(48))
    memory.put_u64(6000, 5)
    memory.put_u32(6016, 1)
    memory.put_u64(6024, 1000)
    call("poll_oneoff", 6000, 6100, 1, 6200)
    print("  events", memory.get_u32(6200), memory.get(6100, 11).hex())
    call("sock_send", 4, 2200, 2, 0, 1000)
    show(4)
    print("  sent", guest.peer.recv(100))
    guest.peer.send(b"answer")
    call("sock_recv", 4, 2300, 1, 0, 1000, 1100)
    print("  received", memory.get(3000, memory.get_u32(1000)))
    call("sock_shutdown", 4, 3)
    call("sock_accept", 1, 0, 1000)


def endings(trial: Trial, folder: str) -> None:
    guest, runtime, module = trial.guest, trial.runtime, trial.module
    print(guest.help_escp("/d", "../x"), guest.help_escp("/d", "x"), guest.help_wasm_type(os.stat(folder)))
    try:
        runtime.invocate(module, "proc_exit", [9])
    except Exception as error:
        print("exit", error.args)
    runtime.machine.stack = core.Stack()
    guest.return_on_exit = 0
    attempt(lambda: runtime.invocate(module, "proc_exit", [9]), SystemExit)
    guest.near.close()
    guest.peer.close()


def with_socket(guest: Any) -> None:
    """Add one end of a pair of sockets to the guest's descriptors; the other is its attribute `peer`."""
    guest.near, guest.peer = socket.socketpair()
    rights = sum((guest.RIGHTS_FD_READ, guest.RIGHTS_FD_WRITE, guest.RIGHTS_SOCK_SHUTDOWN))
    guest.fd.append(wasi.Preview1.File(
        host_fd=guest.near.fileno(), host_flag=os.O_RDWR, host_name="near", host_status=guest.FILE_STATUS_OPENED,
        pipe=None, wasm_fd=len(guest.fd), wasm_flag=0, wasm_name="near", wasm_rights_base=rights, wasm_rights_root=rights,
        wasm_status=guest.FILE_STATUS_OPENED, wasm_type=guest.FILETYPE_SOCKET_STREAM))  # fmt: skip


def programs() -> None:
    print(run("hello.wasm", ["hello", "a b"], {}, {"NAME": "value"})[:2])
    print(run("wordcount.wasm", ["wordcount"], {}, {}, b"one two\nthree\n")[:2])
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "in.txt").write_text("some text\n")
        print(run("copy.wasm", ["copy", "/d/in.txt", "/d/out.txt"], {"/d": folder}, {})[:2], sorted(os.listdir(folder)))
        print(run("copy.wasm", ["copy", "/d/absent", "/d/out.txt"], {"/d": folder}, {})[0])
        path = Path(folder, "guest.wasm")
        path.write_bytes(wat2wasm(GUEST))

        class Louder(wasi.Preview1):
            def fd_write(self, m: core.Machine, args: list[int]) -> list[int]:
                print("fd_write", args)
                return super().fd_write(m, args)

        runtime, guest = Runtime(), Louder(["guest"], {}, {})
        guest.fd[1].pipe = io.BytesIO(bytearray())
        guest.bind(runtime)
        print(guest.main(runtime, runtime.instance_from_file(str(path))), guest.fd[1].pipe.read())
        print(guest.args, guest.dirs, guest.envs, [f.wasm_type for f in guest.fd], [f.wasm_fd for f in guest.fd])
    with tempfile.TemporaryDirectory() as folder:
        every_function(folder)


def main() -> None:
    for section in (values, numbers, names, modules, memories, runtimes, programs):
        print("#", section.__name__)
        section()
    print(pywasm.__name__, file=sys.stderr)


if __name__ == "__main__":
    main()
