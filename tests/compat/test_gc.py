"""Garbage of guests in `compat.wasmtime`, where wasmtime itself aborts the process on some of these types."""

from __future__ import annotations

import weakref

import pytest

from tests.wat import wat2wasm
from wasmvm import StructRef
from wasmvm.compat import wasmtime


class Thing:
    """Something that can be referred to weakly."""


def exports(store: wasmtime.Store, text: str) -> wasmtime.InstanceExports:
    module = wasmtime.Module(store.engine, wat2wasm(text))
    return wasmtime.Instance(store, module, []).exports(store)


def test_gc_lets_go_of_externrefs() -> None:
    store = wasmtime.Store()
    vm = exports(store, '(module (global (export "g") (mut externref) (ref.null extern)))')
    thing = Thing()
    alive = weakref.ref(thing)
    vm["g"].set_value(store, wasmtime.Val.externref(thing))
    del thing
    store.gc()
    assert vm["g"].value(store) is alive() is not None
    vm["g"].set_value(store, wasmtime.Val.externref(None))
    store.gc()
    assert alive() is None


def test_functions_on_structures_and_i31() -> None:
    store = wasmtime.Store()
    vm = exports(
        store,
        """(module (type $s (struct (field i32)))
          (func (export "make") (param i32) (result (ref $s)) (struct.new $s (local.get 0)))
          (func (export "get") (param (ref $s)) (result i32) (struct.get $s 0 (local.get 0)))
          (func (export "id") (param anyref) (result anyref) (local.get 0)))""",
    )
    made = vm["make"](store, 5)
    assert isinstance(made, StructRef)
    assert vm["get"](store, made) == 5
    assert vm["id"](store, made) == made
    assert vm["id"](store, 7) == 7
    assert vm["id"](store, None) is None
    assert [str(t) for t in vm["id"].type(store).results]
    with pytest.raises(TypeError):
        vm["get"](store, None)
    with pytest.raises(TypeError):
        vm["get"](store, 5)
