"""Random programs on structures and arrays, which show what they did in one number.

Each exported function `f0`, `f1`, ... takes an i32 and an i64 and returns an i64. What it does is drawn from the seed:
statements on locals of every type, objects that are linked to each other, casts, bulk instructions. In the end it hashes what
can be reached from its locals and from the module's globals, which live on between calls.
"""

from __future__ import annotations

from random import Random

TYPES = """
  (type $shorts (array (mut i16)))
  (type $a (sub (struct (field $i8 (mut i8)) (field $i16 (mut i16)) (field $i32 (mut i32)) (field $i64 (mut i64))
    (field $f32 f32) (field $f64 (mut f64)) (field $next (mut (ref null $a))) (field $any (mut anyref)))))
  (type $b (sub $a (struct (field (mut i8)) (field (mut i16)) (field (mut i32)) (field (mut i64))
    (field f32) (field (mut f64)) (field (mut (ref null $a))) (field (mut anyref))
    (field $v (mut v128)) (field $more (mut i8)) (field $array (mut (ref null $shorts))))))
  (type $bytes (array (mut i8))) (type $longs (array (mut i64)))
  (type $vectors (array (mut v128))) (type $as (array (mut (ref null $a)))) (type $anys (array (mut anyref)))
  (type $hash (func (param anyref i32) (result i64)))"""
ARRAYS = {"bytes": "i32", "shorts": "i32", "longs": "i64", "as": "a", "anys": "any"}
"""The types of arrays, and of their elements."""
PACKED = ("bytes", "shorts")
LOCALS = {
    "i32": 3,
    "i64": 3,
    "f64": 2,
    "a": 3,
    "b": 2,
    "any": 3,
    "bytes": 2,
    "shorts": 2,
    "longs": 2,
    "as": 2,
    "anys": 2,
}
SUPERTYPES = {"any": ("a", "b", "bytes", "shorts", "longs", "as", "anys", "i31"), "a": ("b",)}
FIELDS = {"i32": "i32", "i64": "i64", "f64": "f64", "next": "a", "any": "any"}
NEW = {
    "a": "(struct.new_default $a)",
    "b": "(struct.new_default $b)",
    "any": "(ref.i31 (local.get $i32p))",
    **dict.fromkeys(ARRAYS, ""),
}
"""What makes one of the kind."""
HASH = """
  (func $hash (type $hash) (local $h i64) (local $i i32) (local $a (ref null $a))
    (if (i32.or (i32.eqz (local.get 1)) (ref.is_null (local.get 0))) (then (return (i64.const 7))))
    (local.set 1 (i32.sub (local.get 1) (i32.const 1)))
    (if (ref.test (ref i31) (local.get 0)) (then
      (return (i64.extend_i32_s (i31.get_s (ref.cast (ref i31) (local.get 0)))))))
    (if (ref.test (ref $a) (local.get 0)) (then
      (local.set $a (ref.cast (ref $a) (local.get 0)))
      (local.set $h (i64.add (i64.extend_i32_s (struct.get_s $a $i8 (local.get $a)))
        (i64.mul (i64.const 31) (i64.extend_i32_u (struct.get_u $a $i16 (local.get $a))))))
      (local.set $h (i64.xor (i64.rotl (local.get $h) (i64.const 9)) (i64.extend_i32_s (struct.get $a $i32 (local.get $a)))))
      (local.set $h (i64.xor (i64.rotl (local.get $h) (i64.const 9)) (struct.get $a $i64 (local.get $a))))
      (local.set $h (i64.xor (i64.rotl (local.get $h) (i64.const 9)) (i64.reinterpret_f64 (struct.get $a $f64 (local.get $a)))))
      (local.set $h (i64.xor (i64.rotl (local.get $h) (i64.const 9))
        (i64.extend_i32_u (i32.reinterpret_f32 (struct.get $a $f32 (local.get $a))))))
      (local.set $h (i64.xor (i64.rotl (local.get $h) (i64.const 9)) (call $hash (struct.get $a $next (local.get $a)) (local.get 1))))
      (local.set $h (i64.xor (i64.rotl (local.get $h) (i64.const 9)) (call $hash (struct.get $a $any (local.get $a)) (local.get 1))))
      (if (ref.test (ref $b) (local.get $a)) (then
        (local.set $h (i64.xor (i64.rotl (local.get $h) (i64.const 9))
          (i64x2.extract_lane 1 (struct.get $b $v (ref.cast (ref $b) (local.get $a))))))
        (local.set $h (i64.xor (i64.rotl (local.get $h) (i64.const 9))
          (call $hash (struct.get $b $array (ref.cast (ref $b) (local.get $a))) (local.get 1))))))
      (return (local.get $h))))
    (loop $more
      (if (i32.lt_u (local.get $i) (array.len (ref.cast arrayref (local.get 0)))) (then
        (local.set $h (i64.rotl (local.get $h) (i64.const 5)))
        ARRAYS
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $more))))
    (local.get $h))"""


def _hash() -> str:
    arms = []
    for array, element in ARRAYS.items():
        get = "get_s" if array in PACKED else "get"
        value = f"(array.{get} ${array} (ref.cast (ref ${array}) (local.get 0)) (local.get $i))"
        if element == "i32":
            value = f"(i64.extend_i32_s {value})"
        elif element != "i64":
            value = f"(call $hash {value} (local.get 1))"
        arms.append(
            f"(if (ref.test (ref ${array}) (local.get 0)) (then (local.set $h (i64.xor (local.get $h) {value}))))"
        )
    return HASH.replace("ARRAYS", "\n        ".join(arms))


def _some() -> str:
    """For each kind a function that gives its argument, or something new where that is null or short."""
    functions = []
    for kind in ("a", "b"):
        functions.append(
            f"(func $some_{kind} (param (ref null ${kind})) (result (ref null ${kind}))"
            f" (if (ref.is_null (local.get 0)) (then (return (struct.new_default ${kind})))) (local.get 0))"
        )
    for kind in ARRAYS:
        functions.append(
            f"(func $some_{kind} (param (ref null ${kind})) (result (ref null ${kind}))"
            f" (if (ref.is_null (local.get 0)) (then (return (array.new_default ${kind} (i32.const 6)))))"
            f" (if (i32.lt_u (array.len (local.get 0)) (i32.const 5)) (then"
            f" (return (array.new_default ${kind} (i32.const 6))))) (local.get 0))"
        )
    return "\n  ".join(functions)


class Program:
    """A module as text; the same seed makes the same."""

    def __init__(self, seed: int) -> None:
        self.rng = Random(seed)
        self.labels = 0
        functions = "\n".join(self._function(i) for i in range(3))
        globals_ = "\n  ".join(f"(global $g{i} (mut anyref) (ref.null any))" for i in range(2))
        data = "".join(f"\\{self.rng.randrange(256):02x}" for _ in range(40))
        self.text = f"""(module {TYPES}
  {globals_}
  (data $d "{data}")
  (elem $e (ref null $a) (item (ref.null $a)) (item (struct.new_default $b)) (item (struct.new_default $a)))
  {_hash()}
  {_some()}
  {functions})"""

    def _function(self, number: int) -> str:
        declared = " ".join(
            f"(local ${kind}{i} {self._type(kind)})" for kind, count in LOCALS.items() for i in range(count)
        )
        made = [f"(local.set ${kind}{i} {self._new(kind)})" for kind in NEW for i in range(LOCALS[kind])]
        body = "\n    ".join([*made, *(self._statement(2) for _ in range(self.rng.randrange(4, 16)))])
        result = "(i64.const 1)"
        for local in ("a0", "a1", "b0", "any0", "any1", "bytes0", "shorts1", "longs0", "as0", "anys0"):
            result = f"(i64.xor (i64.rotl {result} (i64.const 7)) (call $hash (local.get ${local}) (i32.const 3)))"
        for i in range(2):
            result = f"(i64.xor (i64.rotl {result} (i64.const 7)) (call $hash (global.get $g{i}) (i32.const 2)))"
        return f"""(func (export "f{number}") (param $i32p i32) (param $i64p i64) (result i64) {declared}
    {body}
    {result})"""

    def _new(self, kind: str) -> str:
        """A value that is hardly ever null, so that what follows has something to work on."""
        if self.rng.random() < 0.05:
            return self._value(kind, 2)
        if kind in ARRAYS:
            return f"(array.new_default ${kind} (i32.const {self.rng.randrange(4, 9)}))"
        return {"a": self._a, "b": self._b, "any": self._any}[kind](2) if self.rng.random() < 0.3 else NEW[kind]

    def _type(self, kind: str) -> str:
        if kind in ("i32", "i64", "f64"):
            return kind
        return "anyref" if kind == "any" else f"(ref null ${kind})"

    def _local(self, kind: str) -> str:
        return f"${kind}{self.rng.randrange(LOCALS[kind])}"

    def _statement(self, depth: int) -> str:
        rng = self.rng
        kind = rng.choice(list(LOCALS))
        array = rng.choice(list(ARRAYS))
        choice = rng.randrange(14)
        if choice < 4:
            return f"(local.set {self._local(kind)} {self._value(kind, 3)})"
        if choice < 6:
            field = rng.choice([*FIELDS, "i8", "i16"])
            return f"(struct.set $a ${field} {self._object('a', 2)} {self._value(FIELDS.get(field, 'i32'), 2)})"
        if choice < 8:
            return f"(array.set ${array} {self._object(array, 1)} {self._index()} {self._value(ARRAYS[array], 2)})"
        if choice == 8:
            return f"(array.fill ${array} {self._object(array, 1)} {self._index()} {self._value(ARRAYS[array], 2)} {self._index()})"
        if choice == 9:
            return f"(array.copy ${array} ${array} {self._object(array, 1)} {self._index()} (ref.as_non_null {self._object(array, 1)}) {self._index()} {self._index()})"
        if choice == 10:
            number = rng.choice(("bytes", "shorts", "longs"))
            return f"(array.init_data ${number} $d {self._object(number, 1)} {self._index()} {self._index()} {self._index()})"
        if choice == 11:
            return rng.choice((
                f"(array.init_elem $as $e {self._object('as', 1)} {self._index()} {self._index()} {self._index()})",
                f"(global.set $g{rng.randrange(2)} {self._value('any', 2)})",
            ))  # fmt: skip
        if depth == 0:
            return f"(local.set $i32{rng.randrange(3)} {self._value('i32', 2)})"
        inner = " ".join(self._statement(depth - 1) for _ in range(rng.randrange(1, 4)))
        if choice == 12:
            return f"(if {self._value('i32', 2)} (then {inner}))"
        self.labels += 1
        label = f"$l{self.labels}"
        cast = rng.choice(("br_on_cast", "br_on_cast_fail"))
        to = rng.choice(
            ("(ref null $a)", "(ref $b)", "(ref i31)", "(ref null $bytes)", "structref", "(ref eq)", "nullref")
        )
        return (
            f"(local.set $any0 (block {label} (result anyref) ({cast} {label} anyref {to} {self._value('any', 2)})"
            f" (drop) {inner} {self._value('any', 1)}))"
        )

    def _object(self, kind: str, depth: int) -> str:
        """A value that is null or of too few elements only now and then."""
        value = self._value(kind, depth)
        return value if self.rng.random() < 0.03 else f"(call $some_{kind} {value})"

    def _index(self) -> str:
        if self.rng.random() < 0.02:
            return self._value("i32", 1)
        return f"(i32.const {self.rng.randrange(3)})"

    def _value(self, kind: str, depth: int) -> str:
        rng = self.rng
        if kind == "i31":
            return f"(ref.i31 {self._value('i32', depth - 1)})"
        if depth <= 0 or rng.random() < 0.3:
            return f"(local.get {self._local(kind)})"
        if rng.random() < 0.3 and kind in SUPERTYPES:
            return self._value(rng.choice(SUPERTYPES[kind]), depth)
        if kind in ARRAYS:
            return self._array(kind, depth)
        return {"i32": self._i32, "i64": self._i64, "f64": self._f64, "a": self._a, "b": self._b, "any": self._any}[
            kind
        ](depth - 1)

    def _i32(self, depth: int) -> str:
        rng = self.rng
        packed = rng.choice(PACKED)
        return rng.choice((
            "(local.get $i32p)",
            f"(i32.const {rng.choice((0, 1, 2, -1, 255, 65535, -(1 << 31), 1 << 30, rng.randrange(1 << 31)))})",
            f"(i32.add {self._value('i32', depth)} {self._value('i32', depth)})",
            f"(struct.get_{rng.choice('su')} $a ${rng.choice(('i8', 'i16'))} {self._object('a', depth)})",
            f"(struct.get $a $i32 {self._object('a', depth)})",
            f"(array.get_{rng.choice('su')} ${packed} {self._object(packed, depth)} {self._index()})",
            f"(array.len {self._object(rng.choice(list(ARRAYS)), depth)})",
            f"(ref.test {rng.choice(('(ref $b)', '(ref null $a)', 'arrayref', '(ref i31)', 'eqref', 'nullref'))} {self._value('any', depth)})",
            f"(ref.eq {self._value('a', depth)} {self._value('a', depth)})",
            f"(i31.get_{rng.choice('su')} {self._value('i31', depth)})",
            f"(i31.get_s (ref.cast i31ref {self._value('i31' if rng.random() < 0.9 else 'any', depth)}))",
        ))  # fmt: skip

    def _i64(self, depth: int) -> str:
        return self.rng.choice((
            "(local.get $i64p)",
            f"(i64.const {self.rng.randrange(-(1 << 63), 1 << 63)})",
            f"(struct.get $a $i64 {self._object('a', depth)})",
            f"(array.get $longs {self._object('longs', depth)} {self._index()})",
            f"(i64x2.extract_lane 0 (struct.get $b $v {self._object('b', depth)}))",
        ))  # fmt: skip

    def _f64(self, depth: int) -> str:
        return self.rng.choice((
            f"(f64.const {self.rng.random()})",
            f"(struct.get $a $f64 {self._object('a', depth)})",
            f"(f64.add {self._value('f64', depth)} (f64.promote_f32 (struct.get $a $f32 {self._object('a', depth)})))",
        ))  # fmt: skip

    def _a(self, depth: int) -> str:
        numbers = (self._value(kind, depth) for kind in ("i32", "i32", "i32", "i64"))
        new = (
            f"(struct.new $a {' '.join(numbers)} (f32.const {self.rng.random()}) {self._value('f64', depth)}"
            f" {self._value('a', depth)} {self._value('any', depth)})"
        )
        return self.rng.choice((
            new, new, "(struct.new_default $b)",
            f"(struct.get $a $next {self._object('a', depth)})",
            f"(array.get $as {self._object('as', depth)} {self._index()})",
            self._cast("a", depth),
        ))  # fmt: skip

    def _b(self, depth: int) -> str:
        numbers = (self._value(kind, depth) for kind in ("i32", "i32", "i32", "i64"))
        new = (
            f"(struct.new $b {' '.join(numbers)} (f32.const {self.rng.random()}) {self._value('f64', depth)}"
            f" {self._value('a', depth)} {self._value('any', depth)} (i64x2.splat {self._value('i64', depth)})"
            f" {self._value('i32', depth)} {self._value('shorts', depth)})"
        )
        return self.rng.choice((new, new, "(struct.new_default $b)", self._cast("b", depth)))

    def _cast(self, kind: str, depth: int) -> str:
        """Hardly ever one that traps."""
        if self.rng.random() < 0.05:
            return f"(ref.cast (ref null ${kind}) {self._value('any', depth)})"
        self.labels += 1
        label = f"$l{self.labels}"
        return (
            f"(block {label} (result (ref null ${kind})) (br_on_cast {label} anyref (ref null ${kind})"
            f" {self._value('any', depth)}) (drop) {self._value(kind, 0)})"
        )

    def _any(self, depth: int) -> str:
        return self.rng.choice((
            f"(global.get $g{self.rng.randrange(2)})",
            f"(struct.get $a $any {self._object('a', depth)})",
            f"(array.get $anys {self._object('anys', depth)} {self._index()})",
            f"(any.convert_extern (extern.convert_any {self._value('any', depth)}))",
            f"(select (result anyref) {self._value('any', depth)} {self._value('any', depth)} {self._value('i32', depth)})",
            self._value("i31", depth),
        ))  # fmt: skip

    def _array(self, kind: str, depth: int) -> str:
        rng, element = self.rng, ARRAYS[kind]
        count = rng.randrange(2, 7)
        fixed = " ".join(self._value(element, depth - 1) for _ in range(count))
        options = [
            f"(array.new_default ${kind} (i32.const {rng.randrange(3, 9)}))",
            f"(array.new ${kind} {self._value(element, depth - 1)} (i32.const {rng.randrange(3, 9)}))",
            f"(array.new_fixed ${kind} {count} {fixed})",
        ]
        if element in ("i32", "i64"):
            options.append(f"(array.new_data ${kind} $d (i32.const {rng.randrange(9)}) (i32.const {rng.randrange(6)}))")
        if kind == "as":
            options.append(f"(array.new_elem $as $e (i32.const {rng.randrange(2)}) (i32.const {rng.randrange(3)}))")
        if kind == "shorts":
            options.append(f"(struct.get $b $array {self._object('b', depth - 1)})")
        return rng.choice(options)
