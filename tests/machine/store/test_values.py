"""Values on their way in and out: what is taken, what is refused and in which words, whichever way they come."""

from __future__ import annotations

import contextlib
import functools
import gc
import struct
import subprocess
import sys
import weakref
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from tests.wat import wat2wasm
from wasmvm import Caller, Func, FuncType, Global, GlobalType, HostFunc, Instance, Module, Store, WasmException
from wasmvm.types import ANYREF, EXTERNREF, F32, F64, FUNCREF, I32, I64, V128, VALTYPE_NAMES

TYPES = """(type $point (sub (struct (field i32)))) (type $colored (sub $point (struct (field i32 i32))))
  (type $list (array (mut i32))) (type $nothing (func))"""
DEEP = 30
"""More parameters than any way in or out treats as few."""


class Index:
    def __init__(self, number: int) -> None:
        self.number = number

    def __index__(self) -> int:
        return self.number


class Real:
    def __float__(self) -> float:
        return 2.5


class Small(int):
    """An integer that claims to be another one."""

    def __index__(self) -> int:
        return 99

    def __float__(self) -> float:
        return 99.0


class Float(float):
    def __float__(self) -> float:
        return 99.0


def f32(number: float) -> float:
    return float(struct.unpack("<f", struct.pack("<f", number))[0])


LANES = bytes(range(16))
ANY_OBJECT = object()
TAKEN: dict[int, list[tuple[object, object]]] = {
    I32: [(5, 5), (-1, -1), (1 << 31, -(1 << 31)), (1 << 70 | 3, 3), (True, 1), (Index(-7), -7), (Small(4), 4)],
    I64: [(5, 5), (-1, -1), (1 << 63, -(1 << 63)), (1 << 70 | 3, 3), (True, 1), (Index(-7), -7), (Small(4), 4)],
    F32: [
        (1.5, 1.5),
        (0.1, f32(0.1)),
        (3, 3.0),
        (-(1 << 53) - 1, f32(-(1 << 53) - 1)),
        (1 << 80, float(1 << 80)),
        (True, 1.0),
        (Index(6), 6.0),
        (Fraction(1, 4), 0.25),
        (Real(), 2.5),
        (Float(4.5), 4.5),
        (Small(4), 99.0),
    ],
    F64: [
        (1.5, 1.5),
        (0.1, 0.1),
        (3, 3.0),
        ((1 << 53) + 1, float((1 << 53) + 1)),
        (1 << 80, float(1 << 80)),
        (True, 1.0),
        (Index(6), 6.0),
        (Fraction(1, 4), 0.25),
        (Real(), 2.5),
        (Float(4.5), 4.5),
        (Small(4), 99.0),
    ],
    V128: [
        (LANES, LANES),
        (bytearray(LANES), LANES),
        (memoryview(LANES), LANES),
        (memoryview(LANES).cast("I"), LANES),
        (memoryview(LANES).cast("B", (4, 4)), LANES),
    ],
    EXTERNREF: [(None, None), (ANY_OBJECT, ANY_OBJECT), (5, 5), ("text", "text"), (1.5, 1.5)],
    ANYREF: [
        (None, None),
        (ANY_OBJECT, ANY_OBJECT),
        (5, 5),
        (-(1 << 30), -(1 << 30)),
        ((1 << 30) - 1, (1 << 30) - 1),
        (True, 1),
        ("text", "text"),
    ],
    FUNCREF: [(None, None)],
}
"""By value type: what is given, and what comes back."""

REFUSED: dict[int, list[tuple[object, type[Exception], str]]] = {
    I32: [(1.0, TypeError, "{}: expected an integer, got float"), ("1", TypeError, "{}: expected an integer, got str")],
    I64: [(None, TypeError, "{}: expected an integer, got NoneType")],
    F32: [
        ("1", TypeError, "{}: expected a number, got str"),
        (b"1", TypeError, "{}: expected a number, got bytes"),
        (None, TypeError, "{}: expected a number, got NoneType"),
        (1 << 2000, OverflowError, "int too large to convert to float"),
    ],
    F64: [
        ([], TypeError, "{}: expected a number, got list"),
        (-1 << 2000, OverflowError, "int too large to convert to float"),
    ],
    V128: [
        (b"", TypeError, "{}: expected 16 bytes, got 0"),
        (LANES + b"!", TypeError, "{}: expected 16 bytes, got 17"),
        (bytearray(15), TypeError, "{}: expected 16 bytes, got 15"),
        (memoryview(bytes(32))[::2], TypeError, "{}: expected 16 bytes, got memoryview"),
        (5, TypeError, "{}: expected 16 bytes, got int"),
    ],
    FUNCREF: [(len, TypeError, "{}: expected a wasmvm function or None, got builtin_function_or_method")],
    ANYREF: [
        (1 << 30, ValueError, "{}: 1073741824 does not fit into the 31 bits of an i31"),
        (-(1 << 30) - 1, ValueError, "{}: -1073741825 does not fit into the 31 bits of an i31"),
        (1 << 90, ValueError, "{}: a number of 91 bits does not fit into the 31 bits of an i31"),
    ],
}
"""By value type: what is given, the error, and its message, where {} is what the value is for."""


class Ways:
    """The ways that a value of a type can take, each from Python into wasm and back to Python again."""

    def __init__(self, valtype: int) -> None:
        name, self.valtype, self.store = VALTYPE_NAMES[valtype], valtype, Store()
        self.returned: Any = None
        self.given: tuple[Any, ...] = ()
        many = f"{name} " * DEEP
        self.exports = Instance(
            Module(
                wat2wasm(
                    f"""(module {TYPES} (type $box (struct (field (mut {name})))) (tag $tag (export "tag") (param {name}))
                    (import "e" "one" (func $one (result {name}))) (import "e" "many" (func $many (result {many})))
                    (import "e" "two" (func $two (param {name} {name})))
                    (import "e" "take" (func $take (param {many})))
                    (global (export "global") (import "e" "global") (mut {name}))
                    (func (export "same") (param {name}) (result {name})  local.get 0)
                    (func (export "last") (param {many}) (result {name})  local.get {DEEP - 1})
                    (func (export "all") (param {name}) (result {many})  {"local.get 0 " * DEEP})
                    (func (export "one") (result {name})  call $one)
                    (func (export "many") (result {many})  call $many)
                    (func (export "two") (param {name})  local.get 0  local.get 0  call $two)
                    (func (export "take") (param {name})  {"local.get 0 " * DEEP}  call $take)
                    (func (export "box") (param {name}) (result (ref $box))  local.get 0  struct.new $box)
                    (func (export "throw") (param {name})  local.get 0  throw $tag)
                    (func (export "catch") (result {name})
                      (block $caught (result {name})  (drop (try_table (result {name}) (catch $tag $caught)  call $one))
                        unreachable)))"""
                )
            ),
            {
                "e": {
                    "one": lambda: self.returned,
                    "many": lambda: self.returned,
                    "two": self.take,
                    "take": self.take,
                    "global": Global(self.store, GlobalType(valtype, True), DEFAULT[valtype]),
                }
            },
            store=self.store,
        ).exports

    def take(self, *given: Any) -> None:
        self.given = given

    def parameter(self, value: Any) -> Any:
        return self.exports.same(value)

    def last_parameter(self, value: Any) -> Any:
        return self.exports.last(*[DEFAULT[self.valtype]] * (DEEP - 1), value)

    def results(self, value: Any) -> Any:
        results = self.exports.all(value)
        assert len(results) == DEEP
        assert len({repr(result) for result in results}) == 1
        return results[-1]

    def result_of_host(self, value: Any) -> Any:
        self.returned = value
        return self.exports.one()

    def results_of_host(self, value: Any) -> Any:
        self.returned = (*[DEFAULT[self.valtype]] * (DEEP - 1), value)
        return self.exports.many()[-1]

    def listed_results_of_host(self, value: Any) -> Any:
        self.returned = [*[DEFAULT[self.valtype]] * (DEEP - 1), value]
        return self.exports.many()[-1]

    def parameters_of_host(self, value: Any) -> Any:
        self.exports.two(value)
        assert len(self.given) == 2
        return self.given[1]

    def many_parameters_of_host(self, value: Any) -> Any:
        self.exports.take(value)
        assert len(self.given) == DEEP
        return self.given[-1]

    def global_value(self, value: Any) -> Any:
        self.exports["global"].value = value
        return self.exports["global"].value

    def field(self, value: Any) -> Any:
        box = self.exports.box(DEFAULT[self.valtype])
        box[0] = value
        return box[0]

    def payload(self, value: Any) -> Any:
        with pytest.raises(WasmException) as caught:
            self.exports.throw(value)
        return caught.value.payload[0]

    def thrown_by_host(self, value: Any) -> Any:
        error = WasmException(self.exports.tag, (value,))

        def throw() -> None:
            raise error

        store = self.store
        function = Func(store, FuncType((), (self.valtype,)), throw)
        module = Module(
            wat2wasm(
                f"""(module (import "e" "f" (func $f (result {VALTYPE_NAMES[self.valtype]})))
                (import "e" "tag" (tag $tag (param {VALTYPE_NAMES[self.valtype]})))
                (func (export "catch") (result {VALTYPE_NAMES[self.valtype]})
                  (block $caught (result {VALTYPE_NAMES[self.valtype]})
                    (drop (try_table (result {VALTYPE_NAMES[self.valtype]}) (catch $tag $caught)  call $f)) unreachable)))"""
            )
        )
        return Instance(module, {"e": {"f": function, "tag": self.exports.tag}}, store=store).exports.catch()


DEFAULT: dict[int, Any] = {
    I32: 0,
    I64: 0,
    F32: 0.0,
    F64: 0.0,
    V128: bytes(16),
    EXTERNREF: None,
    ANYREF: None,
    FUNCREF: None,
}
WAYS: dict[Callable[[Ways, Any], Any], str] = {
    Ways.parameter: "parameter 0",
    Ways.last_parameter: f"parameter {DEEP - 1}",
    Ways.results: "parameter 0",
    Ways.result_of_host: "result of a host function",
    Ways.results_of_host: f"result {DEEP - 1} of a host function",
    Ways.listed_results_of_host: f"result {DEEP - 1} of a host function",
    Ways.parameters_of_host: "parameter 0",
    Ways.many_parameters_of_host: "parameter 0",
    Ways.global_value: "value",
    Ways.field: "field 0",
    Ways.payload: "parameter 0",
    Ways.thrown_by_host: "payload 0",
}
"""Each way, and what messages call a value that takes it."""

all_types = pytest.mark.parametrize("valtype", TAKEN, ids=VALTYPE_NAMES.get)


def alike(found: object, expected: object) -> bool:
    return (
        found is expected
        if isinstance(expected, (type(ANY_OBJECT), str)) and expected is ANY_OBJECT
        else (type(found) is type(expected) and found == expected)
    )


@all_types
def test_what_is_taken_comes_back_whichever_way(valtype: int) -> None:
    ways = Ways(valtype)
    for way in WAYS:
        for value, expected in TAKEN[valtype]:
            found = way(ways, value)
            assert alike(found, expected), (way.__name__, value, found)


@all_types
def test_what_is_refused_in_the_same_words_whichever_way(valtype: int) -> None:
    ways = Ways(valtype)
    for way, name in WAYS.items():
        for value, error, message in REFUSED.get(valtype, []):
            with pytest.raises(error) as caught:
                way(ways, value)
            assert str(caught.value) == message.format(name), way.__name__
            good, expected = TAKEN[valtype][0]
            assert alike(way(ways, good), expected), "the store is usable afterwards"


def test_what_the_conversion_raises_gets_out() -> None:
    class Bad:
        def __index__(self) -> int:
            raise LookupError("no number today")

        def __float__(self) -> float:
            raise LookupError("no number today")

    for valtype in (I32, I64, F32, F64):
        ways = Ways(valtype)
        for way in WAYS:
            with pytest.raises(LookupError, match="no number today"):
                way(ways, Bad())


REFERENCES = f"""(module {TYPES}
  (func (export "point") (result (ref $point))  (struct.new $point (i32.const 1)))
  (func (export "colored") (result (ref $point))  (struct.new $colored (i32.const 1) (i32.const 2)))
  (func (export "list") (result (ref $list))  (array.new_default $list (i32.const 3)))
  (func (export "nothing") (type $nothing)) (func (export "other") (param i32))
  {
    "".join(
        f'(func (export "{i}") (param {t}) (result {t}) local.get 0)'
        for i, t in enumerate(
            (
                "(ref $point)",
                "(ref null $point)",
                "(ref $colored)",
                "(ref null $colored)",
                "(ref $list)",
                "(ref $nothing)",
                "(ref null $nothing)",
                "structref",
                "arrayref",
                "eqref",
                "anyref",
                "i31ref",
                "externref",
                "(ref any)",
                "(ref extern)",
                "(ref func)",
                "funcref",
                "(ref i31)",
                "exnref",
                "(ref exn)",
                "nullref",
                "nullfuncref",
                "nullexternref",
                "nullexnref",
                "(ref none)",
                "(ref eq)",
                "(ref struct)",
                "(ref array)",
            )
        )
    )
})"""
ACCEPTS = {
    "point": {0, 1, 7, 9, 10, 12, 13, 14, 25, 26},
    "colored": {0, 1, 2, 3, 7, 9, 10, 12, 13, 14, 25, 26},
    "list": {4, 8, 9, 10, 12, 13, 14, 25, 27},
    "nothing": {5, 6, 10, 12, 13, 14, 15, 16},
    "other": {10, 12, 13, 14, 15, 16},
    "host": {5, 6, 10, 12, 13, 14, 15, 16},
    "None": {1, 3, 6, 7, 8, 9, 10, 11, 12, 16, 18, 20, 21, 22, 23},
    "5": {9, 10, 11, 12, 13, 14, 17, 25},
    "object": {10, 12, 13, 14},
}
"""By kind of value: which of the functions of `REFERENCES` take it. A function is an object of the host for anyref."""


@pytest.mark.parametrize("first_time", [True, False])
def test_references_are_taken_by_their_types(first_time: bool) -> None:
    store = Store()
    exports = Instance(Module(wat2wasm(REFERENCES)), store=store).exports
    values: dict[str, Any] = {name: exports[name]() for name in ("point", "colored", "list")}
    values |= {"nothing": exports.nothing, "other": exports.other, "None": None, "5": 5, "object": object()}
    values["host"] = Func(store, FuncType((), ()), lambda: None)
    for name, value in values.items():
        accepted = set()
        for i in range(28):
            try:
                if not first_time:
                    exports["12"](value)
                found = exports[str(i)](value)
            except (TypeError, ValueError):
                continue
            accepted.add(i)
            assert found == value if name in ("point", "colored", "list") else found is value, (name, i)
        assert accepted == ACCEPTS[name], name
        for foreign in Store(), Store():
            stranger = Instance(Module(wat2wasm(REFERENCES)), store=foreign).exports
            for i in accepted if name in ("point", "colored", "list") else ():
                with pytest.raises(ValueError, match=r"^parameter 0: the object belongs to another store$"):
                    stranger[str(i)](value)


def test_functions_and_exceptions_of_another_store() -> None:
    exports, others = (Instance(Module(wat2wasm(REFERENCES))).exports for _ in range(2))
    for i in (5, 6, 15, 16):
        with pytest.raises(ValueError, match=r"^parameter 0: the function belongs to another store$"):
            exports[str(i)](others.nothing)
    with pytest.raises(
        TypeError, match=r"^parameter 0: expected \(ref \d+\), got a function of type \(func \(param i32\)\)$"
    ):
        exports["5"](exports.other)


def test_a_type_that_takes_the_place_of_another_one_is_not_taken_for_it() -> None:
    """Whether a reference is to a function is remembered by type: of many types, each is asked for in turn."""
    store = Store()
    for round in range(300):
        fields, is_func = "i64 " * (round // 2), round % 2
        made = "(func (param $fields))" if is_func else "(struct (field $fields))"
        text = f"""(module (type $t {made.replace("$fields", fields)})
          (func $f (export "f") (type $t)) (elem declare func $f)
          (func (export "get") (result (ref $t))  (ref.func $f)))"""
        if not is_func:
            text = f"""(module (type $t {made.replace("$fields", fields)})
              (func (export "get") (result (ref $t))  (struct.new_default $t)))"""
        exports = Instance(Module(wat2wasm(text)), store=store).exports
        for _ in range(2):
            assert isinstance(exports["get"](), Func) == bool(is_func)


def identity(store: Store, type: str) -> Func:
    text = f'(module (func (export "f") (param {type}) (result {type})  local.get 0))'
    function = Instance(Module(wat2wasm(text)), store=store).exports.f
    assert isinstance(function, Func)
    return function


@pytest.mark.parametrize("count", [1, 63, 64, 65, 5000])
def test_an_object_of_the_host_is_found_again_among_many(count: int) -> None:
    store = Store()
    same = identity(store, "externref")
    objects = [object() for _ in range(count)]
    for _ in range(3):
        for value in objects:
            assert same(value) is value
    size = store.heap_size
    for value in reversed(objects):
        assert same(value) is value
    assert store.heap_size == size, "no object is entered twice"


def test_an_object_of_the_host_goes_when_nothing_refers_to_it() -> None:
    class Value:
        pass

    store = Store()
    same = identity(store, "externref")
    for _ in range(200):
        value = Value()
        gone = weakref.ref(value)
        assert same(value) is value
        assert same(value) is value
        del value
        store.gc()
        assert gone() is None
        again = Value()  # often at the same address
        assert same(again) is again


def test_an_object_that_finalizers_bring_back_while_it_is_released() -> None:
    """Between being found dead and being freed, an object is asked for again."""
    store = Store()
    same = identity(store, "externref")
    shared = object()
    found = []

    class Value:
        def __del__(self) -> None:
            found.append(same(shared) is shared)

    for _ in range(50):
        same(shared)
        for _ in range(10):
            same(Value())
        store.gc()
        assert same(shared) is shared
    assert len(found) == 500
    assert all(found)


def test_finalizers_ask_for_objects_when_the_store_is_garbage() -> None:
    """Python's collector has emptied what the store knows its objects by: None, or the object, but nothing freed."""
    seen: list[object] = []

    class Value:
        def __init__(self, store: Store, same: Func) -> None:
            self.store, self.same = store, same

        def __del__(self) -> None:
            try:
                for _ in range(3):
                    seen.append(self.same(self.others[0]) is self.others[0])
                    seen.append(self.get() is None or sys.getrefcount(self.get()) > 1)
            except ValueError as error:
                seen.append(str(error))

        others: list[object]
        get: Func

    for _ in range(20):
        store = Store()
        text = """(module (global $g (mut externref) (ref.null extern))
          (func (export "f") (param externref) (result externref)  local.get 0)
          (func (export "put") (param externref)  local.get 0  global.set $g)
          (func (export "get") (result externref)  global.get $g))"""
        exports = Instance(Module(wat2wasm(text)), store=store).exports
        value = Value(store, exports.f)
        value.get, value.others = exports["get"], [object() for _ in range(70)]
        for other in (*value.others, value):
            exports.f(other)
            exports.put(other)
        del store, exports, value
        gc.collect()
    assert seen
    assert set(seen) <= {True, "the store is gone"}


def test_functions_are_the_same_objects_however_many_there_are() -> None:
    count = 100
    text = f"""(module (table $t {count} funcref) (elem $t (i32.const 0) func {" ".join(f"$f{i}" for i in range(count))})
      {"".join(f"(func $f{i} (result i32) i32.const {i})" for i in range(count))}
      (func (export "get") (param i32) (result funcref)  local.get 0  table.get $t))"""
    get = Instance(Module(wat2wasm(text))).exports["get"]
    for _ in range(2):  # the first time they are made, and go at once
        assert [get(i)() for i in range(count)] == [*range(count)]
    kept = [get(i) for i in range(count)]
    assert [function() for function in kept] == [*range(count)]
    assert all(get(i) is function for i, function in enumerate(kept))
    gone = [weakref.ref(function) for function in kept]
    del kept
    assert all(function() is None for function in gone), "nothing but its users keeps one"
    assert [get(i)() for i in range(count)] == [*range(count)]


def test_a_function_that_is_asked_for_while_it_goes() -> None:
    text = """(module (func $f (result i32) i32.const 7) (elem declare func $f)
      (func (export "get") (result funcref)  ref.func $f))"""
    get = Instance(Module(wat2wasm(text))).exports["get"]
    for _ in range(10):
        found: list[Func] = []
        function = get()
        watch = weakref.ref(function, lambda _, found=found: found.append(get()))  # type: ignore[misc]
        del function
        assert watch() is None
        assert found[0]() == 7
        assert get() is found[0]


def test_calls_by_every_protocol_of_python() -> None:
    add = Instance(
        Module(wat2wasm('(module (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add))'))
    ).exports.add
    assert add(1, 2) == 3
    assert add(*[1, 2]) == 3
    assert add(*(1,), *(2,)) == 3
    assert add.__call__(1, 2) == 3
    assert type(add).__call__(add, 1, 2) == 3
    assert functools.partial(add, 1)(2) == 3
    assert [*map(add, [1, 2], [3, 4])] == [4, 6]
    assert functools.reduce(add, [1, 2, 3, 4]) == 10
    for call in (add, add.__call__):
        for arguments in ((), (1,), (1, 2, 3)):
            with pytest.raises(TypeError, match=rf"^function\(\) takes 2 arguments, got {len(arguments)}$"):
                call(*arguments)
        with pytest.raises(TypeError, match="unexpected keyword argument 'x'"):
            call(1, x=2)
        with pytest.raises(TypeError, match="unexpected keyword argument 'x'"):
            call(1, 2, x=2)


@pytest.mark.parametrize("access_caller", [False, True])
@pytest.mark.parametrize("count", [0, 1, 2, 11, 12, 13, 14, 40])
def test_parameters_of_host_functions_come_in_order(count: int, access_caller: bool) -> None:
    kinds = {I32: 1, V128: LANES, F32: 2.5, I64: 1 << 40, EXTERNREF: ANY_OBJECT, F64: 0.1}
    params = [*kinds] * 7
    seen: list[tuple[Any, ...]] = []
    store = Store()
    function = HostFunc(
        lambda *args: seen.append(args), FuncType(tuple(params[:count]), ()), access_caller=access_caller
    )
    names = " ".join(VALTYPE_NAMES[t] for t in params[:count])
    text = f"""(module (import "e" "f" (func $f (param {names})))
      (func (export "f") (param {names})  {" ".join(f"local.get {i}" for i in range(count))}  call $f))"""
    exports = Instance(Module(wat2wasm(text)), {"e": {"f": function}}, store=store).exports
    values = [kinds[t] for t in params[:count]]
    exports.f(*values)
    if access_caller:
        assert isinstance(seen[0][0], Caller)
    assert [*seen[0][access_caller:]] == values


@pytest.mark.parametrize("count", [1, 12, 13])
def test_no_reference_is_lost_or_kept(count: int) -> None:
    """Of what is passed and returned, both ways, whether it goes well or not."""
    value, fails = object(), [False]

    def host(*args: object) -> object:
        if fails[0]:
            raise KeyError("of the host")
        return args[0] if count == 1 else args

    store = Store()
    many = "externref " * count
    text = f"""(module (import "e" "f" (func $f (param {many}) (result {many})))
      (func (export "f") (param {many}) (result {many})  {" ".join(f"local.get {i}" for i in range(count))}  call $f))"""
    function = Instance(Module(wat2wasm(text)), {"e": {"f": host}}, store=store).exports.f
    function(*[value] * count)
    before = sys.getrefcount(value)
    for _ in range(50):
        function(*[value] * count)
        fails[0] = True
        with contextlib.suppress(KeyError):
            function(*[value] * count)
        fails[0] = False
        with contextlib.suppress(TypeError):
            function(*[value] * (count + 1))
    gc.collect()
    assert sys.getrefcount(value) == before


def test_functions_that_are_host_functions_of_one_another_end() -> None:
    """Each goes through its own store, and none through Python code: Python's limit of recursion bounds them."""
    depth = 2 * sys.getrecursionlimit()
    function = Func(Store(), FuncType((), ()), lambda: None)
    for _ in range(depth):
        function = Func(Store(max_stack=1 << 16), FuncType((), ()), function)
    with pytest.raises(RecursionError):
        function()


def test_numpy_scalars() -> None:
    numpy = pytest.importorskip("numpy")
    for valtype, value, expected in (
        (I32, numpy.int8(-3), -3),
        (I64, numpy.uint64(1 << 63), -(1 << 63)),
        (F32, numpy.float64(1.5), 1.5),
        (F64, numpy.float32(0.5), 0.5),
        (F64, numpy.int16(4), 4.0),
        (V128, numpy.arange(16, dtype=numpy.uint8), LANES),
    ):
        ways = Ways(valtype)
        for way in WAYS:
            assert alike(way(ways, value), expected), (way.__name__, value)


FIRST_TYPE = """
import wasmvm
text = '(module (type $t (func)) (func (export "f") (param (ref $t)) (result (ref $t)) (local.get 0)) (func $g (export "g") (type $t)))'
vm = wasmvm.Instance(wasmvm.Module(text))
assert vm.exports.f.type.params == (wasmvm.types.CONCRETE,), vm.exports.f.type
assert vm.exports.f(vm.exports.g) is not None
try:
    vm.exports.f(None)
except TypeError as error:
    print(error)
"""


def test_the_first_type_of_a_process_is_checked_as_all_others() -> None:
    """Its number is the lowest that a defined type can have: null is no value of the type without null."""
    done = subprocess.run([sys.executable, "-c", FIRST_TYPE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "expected" in done.stdout
