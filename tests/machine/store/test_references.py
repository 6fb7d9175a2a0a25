"""Structures, arrays and other references: what they are to Python, and to the types of arguments."""

from __future__ import annotations

import gc
from typing import Any

import pytest

from tests.wat import wat2wasm
from wasmvm import ArrayRef, Func, FuncType, Global, GlobalType, Instance, Module, Store, StructRef, Trap
from wasmvm.types import ANYREF, I8, I31REF, ArrayType, FieldType, StructType, ref_typeidx

TYPES = """(type $node (sub (struct (field $value i32) (field $next (mut (ref null $node))))))
  (type $wide (sub $node (struct (field i32) (field (mut (ref null $node))) (field (mut v128)) (field (mut i8))
    (field (mut i16)) (field (mut f32)) (field (mut f64)) (field (mut i64)) (field (mut anyref))
    (field (mut externref)) (field (mut funcref)))))
  (type $bytes (array (mut i8))) (type $anys (array (mut anyref))) (type $constant (array i32))
"""
MODULE = f"""(module {TYPES}
  (func (export "node") (param i32 (ref null $node)) (result (ref $node)) (struct.new $node (local.get 0) (local.get 1)))
  (func (export "wide") (result (ref $wide)) (struct.new_default $wide))
  (func (export "bytes") (param i32) (result (ref $bytes)) (array.new_default $bytes (local.get 0)))
  (func (export "anys") (param i32) (result (ref $anys)) (array.new_default $anys (local.get 0)))
  (func (export "constant") (result (ref $constant)) (array.new_fixed $constant 3 (i32.const 1) (i32.const -2) (i32.const 3)))
  (func (export "id") (param anyref) (result anyref) (local.get 0))
  (func (export "internalize") (param externref) (result anyref) (any.convert_extern (local.get 0)))
  (func (export "externalize") (param anyref) (result externref) (extern.convert_any (local.get 0)))
  (func (export "i31") (param i32) (result (ref i31)) (ref.i31 (local.get 0)))
  (func (export "eq") (param eqref eqref) (result i32) (ref.eq (local.get 0) (local.get 1)))
  (func (export "take_node") (param (ref $node)))
  (func (export "take_struct") (param structref))
  (func (export "take_i31") (param i31ref) (result i32) (i31.get_u (local.get 0)))
  (func (export "take_none") (param nullref))
  (func (export "list") (param $n i32) (result (ref null $node)) (local $list (ref null $node))
    (loop $more
      (if (local.get $n) (then
        (local.set $list (struct.new $node (local.get $n) (local.get $list)))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br $more))))
    (local.get $list))
  (func (export "sum") (param $list (ref null $node)) (result i32) (local $sum i32)
    (block $done
      (loop $more
        (local.set $sum (i32.add (struct.get $node $value (br_on_null $done (local.get $list))) (local.get $sum)))
        (local.set $list (struct.get $node $next (local.get $list)))
        (br $more)))
    (local.get $sum))
  (func (export "garbage") (param $n i32)
    (loop $more
      (drop (struct.new $node (local.get $n) (ref.null $node)))
      (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))"""


class Thing:
    """Something that can be referred to weakly."""


def exports(store: Store | None = None, text: str = MODULE, **imports: Any) -> Any:
    return Instance(Module(wat2wasm(text)), {"h": imports}, store).exports


def test_a_structure_shows_its_fields() -> None:
    vm = exports()
    wide = vm.wide()
    assert isinstance(wide, StructRef)
    assert len(wide) == 11
    assert [wide[i] for i in range(11)] == [0, None, bytes(16), 0, 0, 0.0, 0.0, 0, None, None, None]
    node = vm.node(-7, None)
    thing = Thing()
    values = [node, bytes(range(16)), 0xFE, -1, 1.5, -2.25, -(1 << 63), 5, thing, vm.sum]
    for i, value in enumerate(values, 1):
        wide[i] = value
    read = [wide[i] for i in range(1, 11)]
    assert read == [*values[:3], 0xFFFF, *values[4:]]
    assert read[8] is thing
    assert wide[1][0] == -7
    wide[8] = wide
    assert wide[8] == wide
    assert hash(wide[8]) == hash(wide)
    assert wide != node
    assert isinstance(wide.type, StructType)


def test_an_array_is_a_sequence() -> None:
    vm = exports()
    array = vm.bytes(4)
    assert isinstance(array, ArrayRef)
    array[1] = 255
    array[3] = -1
    assert list(array) == [0, 255, 0, 255]
    assert array.type == ArrayType(FieldType(I8, True))
    assert list(vm.constant()) == [1, -2, 3]


@pytest.mark.parametrize("index", [-1, 3, 1 << 70])
def test_what_is_no_field_or_element(index: int) -> None:
    vm = exports()
    for aggregate in (vm.constant(), vm.node(1, None)):
        with pytest.raises(IndexError):
            aggregate[index]
        with pytest.raises(IndexError):
            aggregate[index] = 0


def test_immutable_fields_and_wrong_values() -> None:
    vm = exports()
    with pytest.raises(TypeError, match="field 0 is immutable"):
        vm.node(1, None)[0] = 2
    with pytest.raises(TypeError, match="element is immutable"):
        vm.constant()[0] = 2
    with pytest.raises(TypeError, match="field 1: expected"):
        vm.node(1, None)[1] = vm.bytes(1)
    for class_ in (StructRef, ArrayRef):
        with pytest.raises(TypeError, match="made by wasm"):
            class_()
        with pytest.raises(TypeError, match="made by wasm"):
            class_.__new__(class_)


def test_arguments_are_checked_against_their_types() -> None:
    vm, other = exports(), exports()
    vm.take_node(vm.node(1, None))
    vm.take_node(vm.wide())
    vm.take_struct(vm.wide())
    for value in (None, vm.bytes(1), 5, "text", other.sum):
        with pytest.raises(TypeError):
            vm.take_node(value)
    with pytest.raises(ValueError, match="another store"):
        vm.take_node(other.node(1, None))
    for value in (vm.bytes(1), 5, Thing()):
        with pytest.raises(TypeError):
            vm.take_struct(value)
    with pytest.raises(TypeError):
        vm.take_none(vm.wide())
    with pytest.raises(TypeError):
        vm.eq(Thing(), None)


def test_integers_are_i31_for_any() -> None:
    vm = exports()
    assert vm.i31(-1) == -1
    assert vm.i31(0x7FFFFFFF) == -1
    assert vm.take_i31(-1) == 0x7FFFFFFF
    assert [vm.id(n) for n in (0, 5, -(1 << 30), (1 << 30) - 1)] == [0, 5, -(1 << 30), (1 << 30) - 1]
    assert vm.eq(7, vm.i31(7)) == 1
    assert vm.eq(7, 8) == 0
    for n in (1 << 30, -(1 << 30) - 1, 1 << 80):
        with pytest.raises(ValueError, match="31 bits"):
            vm.id(n)
    with pytest.raises(Trap, match="null i31 reference"):
        vm.take_i31(None)


def test_objects_keep_their_identity_whatever_refers_to_them() -> None:
    vm = exports()
    thing, node = Thing(), vm.node(1, None)
    assert vm.internalize(thing) is thing
    assert vm.id(thing) is thing
    assert vm.externalize(thing) is thing
    assert vm.externalize(node) == node
    assert vm.internalize(vm.externalize(node)) == node
    assert vm.eq(node, vm.internalize(vm.externalize(node))) == 1
    assert vm.internalize(None) is None
    assert vm.externalize(5) == 5
    for value in (5, "text", Thing, vm.sum):
        assert vm.internalize(value) is value


def test_raw_bits_of_calls_have_references_as_they_are() -> None:
    vm = exports()
    (node,) = vm.node.call_bits([0xFFFFFFFF, None])
    assert node[0] == -1
    assert vm.sum.call_bits([node]) == [0xFFFFFFFF]


def test_a_function_in_a_structure_outlives_its_instance() -> None:
    store = Store()
    text = """(module (type $f (func (result i32))) (type $box (struct (field (ref $f))))
      (func $five (type $f) (i32.const 5)) (elem declare func $five)
      (func (export "box") (result (ref $box)) (struct.new $box (ref.func $five)))
      (func (export "call") (param (ref $box)) (result i32) (call_ref $f (struct.get $box 0 (local.get 0)))))"""
    box = exports(store, text).box()
    gc.collect()
    assert exports(store, text).call(box) == 5
    assert box[0]() == 5


def test_types_of_imports() -> None:
    store = Store()
    vm = exports(store)
    text = f"""(module {TYPES} (import "h" "g" (global (ref null $node))) (import "h" "f" (func $f (param i31ref) (result anyref)))
      (func (export "read") (result anyref) (global.get 0))
      (func (export "call") (result anyref) (call $f (ref.i31 (i32.const 3)))))"""
    node = vm.node(1, None)
    host = Func(store, FuncType((I31REF,), (ANYREF,)), lambda n: [node, n][0])
    number = node.type_id
    global_ = Global(store, GlobalType(ref_typeidx(number, True), False), node)
    imported = exports(store, text, g=global_, f=host)
    assert imported.read() == node
    assert imported.call() == node


def test_an_object_that_has_no_reference_for_want_of_memory_goes() -> None:
    testcapi = pytest.importorskip("_testcapi")
    text = """(module (type $s (struct (field i32)))
      (func (export "make") (result (ref $s)) (struct.new $s (i32.const 5))))"""
    store = Store()
    make = Instance(Module(wat2wasm(text)), store=store).exports.make
    make()
    store.gc()
    size, failed = store.heap_size, 0
    for at in range(60):
        testcapi.set_nomemory(at, at + 1)
        try:
            make()
        except MemoryError:
            failed += 1
        finally:
            testcapi.remove_mem_hooks()
    assert failed
    store.gc()
    assert store.heap_size == size
