"""Structures with descriptors, and exact types (the custom-descriptors proposal), beyond what its own tests ask."""

from __future__ import annotations

import gc
import pickle
from random import Random
from typing import Any

import pytest

from wasmvm import DecodeError, FuncType, Instance, LinkError, Module, Store, Trap, ValidationError
from wasmvm.text import wat2wasm


def module(text: str) -> Module:
    return Module(wat2wasm(f"(module {text})"), features="all")


def exports(text: str, imports: Any = None, store: Store | None = None) -> Any:
    return Instance(module(text), imports, store).exports


PAIR = """(rec (type $a (descriptor $b) (struct (field $x i32) (field $v v128)))
              (type $b (describes $a) (struct (field $n i64))))"""


def test_fields_and_the_descriptor_do_not_overlap() -> None:
    """Fields of every width, in subtypes that add some: each is what was written, and so is the descriptor."""
    widths = ("i8", "i16", "i32", "i64", "f32", "f64", "v128", "anyref")
    rng = Random(5)
    for _ in range(20):
        first = [rng.choice(widths) for _ in range(rng.randrange(5))]
        more = [rng.choice(widths) for _ in range(rng.randrange(5))]
        fields = [" ".join(f"(field (mut {t}))" for t in part) for part in (first, first + more)]
        sets = []
        for i, valtype in enumerate(first + more):
            value = {"i8": "(i32.const -1)", "i16": "(i32.const -1)", "v128": "(v128.const i64x2 -1 -1)",
                     "anyref": "(ref.i31 (i32.const -1))"}.get(valtype, f"({valtype}.const -1)")  # fmt: skip
            sets.append(f"(struct.set $t {i} (local.get $o) {value})")
        same = exports(
            f"""(rec (type $s (sub (descriptor $sd) (struct {fields[0]}))) (type $sd (sub (describes $s) (struct)))
                     (type $t (sub $s (descriptor $td) (struct {fields[1]})))
                     (type $td (sub $sd (describes $t) (struct (field i64)))))
            (func (export "run") (result i64) (local $o (ref null $t)) (local $d (ref null (exact $td)))
              (local.set $d (struct.new $td (i64.const 77)))
              (local.set $o (struct.new_default_desc $t (local.get $d)))
              {"".join(sets)}
              (if (i32.eqz (ref.eq (local.get $d) (ref.get_desc $s (local.get $o)))) (then unreachable))
              (struct.get $td 0 (ref.get_desc $t (local.get $o))))"""
        )
        assert same.run() == 77


def test_an_object_keeps_its_descriptor() -> None:
    store = Store()
    store.stress = True
    made = exports(
        f"""{PAIR} (global $kept (mut (ref null $a)) (ref.null $a))
        (func (export "make") (param i64)
          (global.set $kept (struct.new_default_desc $a (struct.new $b (local.get 0)))))
        (func (export "churn") (drop (struct.new $b (i64.const 0))))
        (func (export "object") (result anyref) (global.get $kept))
        (func (export "number") (param (ref $a)) (result i64) (struct.get $b $n (ref.get_desc $a (local.get 0))))
        (func (export "drop") (global.set $kept (ref.null $a)))""",
        store=store,
    )
    empty = store.heap_size
    for number in range(20):
        made.make(number)
        made.churn()
        held = made.object()
        made.drop()
        store.gc()
        assert made.number(held) == number  # Python alone holds the object
        assert len(held) == 2  # the descriptor is no field
        with pytest.raises(IndexError):
            held[2]
        del held
    gc.collect()
    store.gc()
    assert store.heap_size == empty


def test_python_values_are_asked_for_the_exact_type() -> None:
    made = exports(
        """(type $s (sub (struct))) (type $t (sub $s (struct))) (type $f (sub (func))) (type $g (sub $f (func)))
        (func (export "s") (result (ref $s)) (struct.new $s)) (func (export "t") (result (ref $s)) (struct.new $t))
        (func (export "exactly") (param (ref null (exact $s)))) (func (export "any") (param (ref null $s)))
        (func (export "f") (type $f)) (func (export "g") (type $g))
        (func (export "exact_func") (param (ref null (exact $f)))) (func (export "any_func") (param (ref null $f)))"""
    )
    s, t = made.s(), made.t()
    for value in (s, None):
        made.exactly(value)
    for value in (s, t, None):
        made.any(value)
    with pytest.raises(TypeError, match="exact"):
        made.exactly(t)
    made.exact_func(made.f)
    made.any_func(made.g)
    with pytest.raises(TypeError, match="exact"):
        made.exact_func(made.g)


def test_imports_of_exact_functions() -> None:
    types = "(type $f (sub (func))) (type $g (sub $f (func)))"
    store = Store()
    made = exports(f'{types} (func (export "f") (type $f)) (func (export "g") (type $g))', store=store)
    text = f'{types} (import "m" "f" (func (exact (type $f))))'
    exports(text, {"m": {"f": made.f}}, store)
    exports(text, {"m": {"f": lambda: None}}, store)  # made of that very type
    with pytest.raises(LinkError, match="expected exactly"):
        exports(text, {"m": {"f": made.g}}, store)
    exports(text.replace("(exact (type $f))", "(type $f)"), {"m": {"f": made.g}}, store)
    assert module(text).imports[0].type == FuncType((), ())


@pytest.mark.parametrize("nullable", ["", "null "])
@pytest.mark.parametrize("exact", ["$a", "(exact $a)"])
def test_casts_by_descriptor(nullable: str, exact: str) -> None:
    """Every kind of value, against a descriptor that is its own, another, or null."""
    reftype = f"(ref {nullable}{exact})"
    made = exports(
        f"""{PAIR} (type $arr (array i8))
        (func (export "mine") (param i64) (result anyref) (struct.new_default_desc $a (struct.new $b (local.get 0))))
        (func (export "desc") (param (ref $a)) (result anyref) (ref.get_desc $a (local.get 0)))
        (func (export "array") (result anyref) (array.new_default $arr (i32.const 3)))
        (func (export "plain") (result anyref) (struct.new $b (i64.const 1)))
        (func (export "cast") (param anyref (ref null (exact $b))) (result anyref)
          (ref.cast_desc_eq {reftype} (local.get 0) (local.get 1)))
        (func (export "on") (param anyref (ref null (exact $b))) (result i32)
          (block $yes (result anyref)
            (drop (br_on_cast_desc_eq $yes anyref {reftype} (local.get 0) (local.get 1)))
            (return (i32.const 0)))
          (drop) (i32.const 1))
        (func (export "on_fail") (param anyref (ref null (exact $b))) (result i32)
          (block $no (result anyref)
            (drop (br_on_cast_desc_eq_fail $no anyref {reftype} (local.get 0) (local.get 1)))
            (return (i32.const 1)))
          (drop) (i32.const 0))"""
    )
    mine, other = made.mine(1), made.mine(1)
    values = {
        "mine": mine,
        "other": other,
        "array": made.array(),
        "plain": made.plain(),
        "i31": 5,
        "host": object(),
        "null": None,
    }
    for name, value in values.items():
        passes = name == "mine" or (name == "null" and bool(nullable))
        assert made.on(value, made.desc(mine)) == passes, name
        assert made.on_fail(value, made.desc(mine)) == passes, name
        if passes:
            made.cast(value, made.desc(mine))
        else:
            with pytest.raises(Trap) as caught:
                made.cast(value, made.desc(mine))
            assert caught.value.code == "descriptor_cast_failure"
        for function in (made.cast, made.on, made.on_fail):
            with pytest.raises(Trap) as caught:
                function(value, None)
            assert caught.value.code == "null_descriptor_reference"


def test_a_branch_back_by_descriptor() -> None:
    """The loop form pays, so an endless one ends."""
    store = Store(timeout=0.2)
    made = exports(
        f"""{PAIR} (func (export "forever") (local $d (ref null (exact $b))) (local $o anyref)
          (local.set $d (struct.new $b (i64.const 0)))
          (struct.new_default_desc $a (local.get $d))
          (loop (param anyref) (br_on_cast_desc_eq 0 anyref (ref $a) (local.get $d)) (drop)))""",
        store=store,
    )
    with pytest.raises(Trap) as caught:
        made.forever()
    assert caught.value.code == "deadline"


def test_structures_compare_by_clauses() -> None:
    """Equal types of two modules are one type; a clause more makes another."""
    store = Store()
    text = '{} (func (export "make") (result anyref) {}) (func (export "is") (param anyref) (result i32) {})'
    make = "(struct.new_default_desc $a (struct.new $b (i64.const 1)))"
    is_ = "(ref.test (ref (exact $a)) (local.get 0))"
    first = exports(text.format(PAIR, make, is_), store=store)
    second = exports(text.format("(type (func (param f32)))" + PAIR, make, is_), store=store)
    plain = PAIR.replace("(descriptor $b)", "").replace("(describes $a)", "")
    third = exports(text.format(plain, "(struct.new_default $a)", is_), store=store)
    assert [v.is_(o.make()) if hasattr(v, "is_") else v["is"](o.make()) for v in (first, second, third)
            for o in (first, second, third)] == [1, 1, 0, 1, 1, 0, 0, 0, 1]  # fmt: skip


def test_large_groups() -> None:
    """Positions in a group that are larger than the numbers of types are taken for positions."""
    count = 1500
    types = "".join(
        f"(type $a{i} (descriptor $b{i}) (struct (field i32) (field (ref null $a{i})))) (type $b{i} (describes $a{i}) (struct))"
        for i in range(count)
    )
    made = exports(
        f"""(rec {types}) (func (export "last") (result i32)
          (struct.get $a{count - 1} 0 (struct.new_desc $a{count - 1} (i32.const 9) (ref.null none) (struct.new $b{count - 1}))))"""
    )
    assert made.last() == 9


def test_it_is_off_unless_it_is_asked_for() -> None:
    for text in (
        PAIR,
        "(type (func)) (func (param (ref (exact 0))))",
        "(func (result anyref) (br_on_cast 0 eqref anyref (unreachable)))",
    ):
        binary = wat2wasm(f"(module {text})")
        with pytest.raises(ValidationError, match="custom-descriptors proposal, which is switched off"):
            Module(binary)
        with pytest.raises(ValidationError, match="custom-descriptors"):
            Module(binary, features="wasm3")
        Module(binary, features="custom-descriptors")


def test_functions_that_are_validated_late_are_refused_too() -> None:
    """Data that was serialized where the proposal is on, loaded where it is off."""
    binary = wat2wasm(
        '(module (func (export "f") (result anyref) (br_on_cast 0 eqref anyref (ref.null eq)) (drop) (ref.i31 (i32.const 5))))'
    )
    data = Module(binary, features="all").serialize()
    assert Instance(Module.deserialize(data, features="all")).exports.f() is None
    with pytest.raises(ValidationError, match="custom-descriptors"):
        Instance(Module.deserialize(data)).exports.f()


def test_the_typeidx_of_an_exact_type_is_unsigned() -> None:
    """As wasm-tools writes it; the overview of the proposal says so."""
    types = "".join(f"(type (sub (struct {'(field i32)' * (i % 9)} (field i64))))" for i in range(130))
    text = f"(module {types} (func (param (ref (exact 64)) (ref (exact 98)) (ref (exact 129)))))"
    binary = wat2wasm(text)
    assert b"\x64\x62\x40\x64\x62\x62\x64\x62\x81\x01" in binary
    Module(binary, features="all")


def test_malformed() -> None:
    header = b"\0asm\1\0\0\0"
    for section, message in {
        b"\1\x4c": "length|unexpected end",
        b"\1\x4d\0\x4c\0\x5f\0": "malformed definition type",
        b"\1\x5f\1\x62\0\0": "malformed storage type",
        b"\1\x5f\1\x64\x62\x62\0\0": "malformed storage type",
        b"\1\x5f\1\x64\x62\x80\x80\x80\x80\x10\0": "integer too large",
    }.items():
        with pytest.raises(DecodeError, match=message):
            Module(header + b"\1" + bytes([len(section)]) + section, features="all")


def test_a_pickled_module_may_go_on() -> None:
    binary = wat2wasm(
        f'(module {PAIR} (func (export "f") (result i64) (struct.get $b 0 (struct.new $b (i64.const 3)))))'
    )
    made = pickle.loads(pickle.dumps(Module(binary, features="all")))
    assert Instance(made).exports.f() == 3


def test_one_of_a_pair_may_be_final() -> None:
    """The proposal's tests have such modules; wasm-tools refuses them."""
    for first, second in ("sub", "sub final"), ("sub final", "sub"):
        module(f"(rec (type ({first} (descriptor 1) (struct))) (type ({second} (describes 0) (struct))))")
