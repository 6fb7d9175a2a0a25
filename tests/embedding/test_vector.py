"""v128 values across the boundary: 16 bytes here, also as arrays of lanes."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from wasmvm import FuncType, Global, GlobalType, HostFunc, Instance, Module, Store, wat2wasm
from wasmvm.types import F64, I32, I64, V128

LANES = bytes(range(16))


def test_arguments_and_results() -> None:
    """Anything with 16 bytes goes in, bytes come out."""
    text = """(module
      (func (export "same") (param v128) (result v128) (local.get 0))
      (func (export "double") (param v128) (result v128) (f32x4.add (local.get 0) (local.get 0)))
      (func (export "mixed") (param i32 v128 i64 v128 f64) (result v128 f64 v128 i64 i32)
        (local.get 3) (local.get 4) (local.get 1) (local.get 2) (local.get 0)))"""
    exports = Instance(Module(wat2wasm(text))).exports
    lanes = np.array([1.5, -2, float("inf"), 1e-40], dtype=np.float32)
    for given in (LANES, bytearray(LANES), memoryview(LANES), np.frombuffer(LANES, dtype=np.int16)):
        assert exports["same"](given) == LANES
    assert exports["same"](lanes) == lanes.tobytes()
    doubled = np.frombuffer(exports["double"](lanes), dtype=np.float32)
    assert doubled.tolist() == (lanes + lanes).tolist()
    assert exports["mixed"](-1, LANES, 1 << 62, LANES[::-1], 0.5) == (LANES[::-1], 0.5, LANES, 1 << 62, -1)


@pytest.mark.parametrize("value", [b"", bytes(15), bytes(17), 5, None, "0123456789abcdef", np.zeros(3)])
def test_what_is_not_16_bytes_is_refused(value: object) -> None:
    same = Instance(Module(wat2wasm('(module (func (export "f") (param v128)))'))).exports["f"]
    with pytest.raises(TypeError, match="parameter 0: expected 16 bytes"):
        same(value)


def test_host_functions() -> None:
    seen = []

    def host(a: int, v: bytes, b: float) -> tuple[float, bytes, int]:
        seen.append((a, v, b))
        return b, v[::-1], a

    def one(v: bytes) -> bytes:
        return v[1:] + v[:1]

    text = """(module
      (import "" "host" (func $host (param i64 v128 f64) (result f64 v128 i64)))
      (import "" "one" (func $one (param v128) (result v128)))
      (func (export "f") (param v128) (result i64 v128 f64) (local f64 v128 i64)
        (call $host (i64.const -5) (call $one (local.get 0)) (f64.const 2.5))
        (local.set 3) (local.set 2) (local.set 1)
        (local.get 3) (call $one (local.get 2)) (local.get 1)))"""
    store = Store()
    imports = {
        "host": HostFunc(host).bind(store, FuncType((I64, V128, F64), (F64, V128, I64))),
        "one": HostFunc(one).bind(store, FuncType((V128,), (V128,))),
    }
    exports = Instance(Module(wat2wasm(text)), {"": imports}, store).exports
    turned = one(LANES)
    assert exports["f"](LANES) == (-5, one(turned[::-1]), 2.5)
    assert seen == [(-5, turned, 2.5)]


def test_globals() -> None:
    """Imported, exported, mutable, and as the initial value of another."""
    text = """(module
      (import "" "g" (global $imported v128))
      (import "" "m" (global $mutable (mut v128)))
      (global (export "copy") v128 (global.get $imported))
      (global (export "const") v128 (v128.const i64x2 0x0706050403020100 0x0f0e0d0c0b0a0908))
      (global $own (export "own") (mut v128) (v128.const i32x4 1 2 3 4))
      (func (export "add") (global.set $mutable (i8x16.add (global.get $mutable) (global.get $own))))
      (func (export "get") (result v128) (global.get $own)))"""
    store = Store()
    bits = int.from_bytes(LANES, "little")
    mutable = Global(store, GlobalType(V128, True), bytes([1] * 16))
    imports = {"g": Global(store, GlobalType(V128, False), LANES), "m": mutable}
    assert imports["g"].bits == bits
    exports = Instance(Module(wat2wasm(text)), {"": imports}, store).exports
    assert exports["copy"].value == exports["const"].value == LANES
    assert exports["own"].value == struct.pack("<4i", 1, 2, 3, 4)
    exports["own"].value = np.arange(16, dtype=np.uint8)
    exports["add"]()
    assert mutable.value == bytes(i + 1 for i in range(16))
    assert exports["get"]() == LANES
    with pytest.raises(TypeError, match="16 bytes"):
        mutable.value = I32
