"""Linkers: what they define, by which names, and what they give to instances."""

from __future__ import annotations

import pytest

import wasmvm

WANTS = """(module (import "e" "f" (func $f (result i32))) (import "e" "g" (global $g i32))
  (func (export "sum") (result i32) (i32.add (call $f) (global.get $g))))"""


def exports(f: int, g: int, store: wasmvm.Store) -> wasmvm.Instance:
    text = f'(module (func (export "f") (result i32) i32.const {f}) (global (export "g") i32 (i32.const {g})))'
    return wasmvm.Instance(wasmvm.Module(text), store=store)


def test_all_exports_of_an_instance_are_defined() -> None:
    store, linker = wasmvm.Store(), wasmvm.Linker()
    given = exports(3, 4, store).exports
    linker.define_all("e", given)
    assert linker.get("e", "f") is given["f"]
    assert linker.get("e", "g") is given["g"]
    assert linker.get("e", "h") is linker.get("other", "f") is None
    instance = linker.instantiate(wasmvm.Module(WANTS), store)
    assert instance.exports.sum() == 7
    assert instance.store is store


def test_names_are_not_defined_again_unless_they_may_be() -> None:
    store, linker = wasmvm.Store(), wasmvm.Linker()
    linker.define_all("e", exports(3, 4, store).exports)
    with pytest.raises(wasmvm.LinkError, match='"e" "f" is defined twice') as caught:
        linker.define_all("e", exports(5, 6, store).exports)
    assert (caught.value.module, caught.value.name) == ("e", "f")
    assert linker.instantiate(wasmvm.Module(WANTS), store).exports.sum() == 7
    linker.define("other", "f", print)
    shadowing = wasmvm.Linker(allow_shadowing=True)
    for f in (3, 5):
        shadowing.define_all("e", exports(f, 6, store).exports)
    assert shadowing.instantiate(wasmvm.Module(WANTS), store).exports.sum() == 11


def test_without_a_store_each_instance_gets_its_own() -> None:
    linker = wasmvm.Linker()
    linker.define("e", "f", lambda: 1)
    module = wasmvm.Module('(module (import "e" "f" (func (result i32))))')
    assert linker.instantiate(module).store is not linker.instantiate(module).store
    with pytest.raises(wasmvm.LinkError, match='unknown import "e" "g"'):
        linker.instantiate(wasmvm.Module(WANTS))
