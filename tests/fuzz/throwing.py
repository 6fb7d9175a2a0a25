"""Random programs that throw, catch and call in tail position, as text; what they did is in their export `trace`."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

FUNCTIONS = 6
TAGS = {"$t0": (), "$t1": ("i32",), "$t2": ("i64", "f64"), "$t3": ("v128", "i32")}
HEAD = """(module
  (tag $t0) (tag $t1 (param i32)) (tag $t2 (param i64 f64)) (tag $t3 (param v128 i32))
  (global $trace (export "trace") (mut i64) (i64.const 0))
  (global $left (mut i32) (i32.const 400))
  (global $kept (mut exnref) (ref.null exn))
  (type $f (func (param i32 i64) (result i32)))
  (table $table funcref (elem $f0 $f1 $f2 $f3 $f4 $f5))
  (func $note (param i64)
    (global.set $trace (i64.xor (i64.rotl (global.get $trace) (i64.const 7)) (local.get 0))))
  (func $step (result i32)
    (global.set $left (i32.sub (global.get $left) (i32.const 1)))
    (i32.gt_s (global.get $left) (i32.const 0)))
"""


class Writer:
    """Writes one program; all choices come from `random`."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.labels = 0
        self.function = 0

    def program(self) -> str:
        functions = []
        for number in range(FUNCTIONS):
            self.function = number
            functions.append(
                f'  (func $f{number} (export "f{number}") (type $f) (local $x i32) (local $y i64) (local $e exnref)\n'
                f"    {self.function_body()})\n"
            )
        return HEAD + "".join(functions) + ")"

    def function_body(self) -> str:
        return f"{self.statements(4)}\n    {self.i32(3)}"

    def label(self) -> str:
        self.labels += 1
        return f"$l{self.labels}"

    def statements(self, depth: int) -> str:
        return " ".join(self.statement(depth) for _ in range(self.random.randint(1, 3)))

    def statement(self, depth: int) -> str:
        choices = [self.note, self.set_local, self.set_local, self.throw_maybe]
        if depth > 0:
            choices += [self.try_, self.try_, self.try_, self.loop, self.if_, self.call, self.tail_call, self.loop_try]
        return self.random.choice(choices)(depth - 1)

    def note(self, depth: int) -> str:
        return f"(call $note {self.i64(depth)})"

    def set_local(self, depth: int) -> str:
        if self.random.random() < 0.5:
            return f"(local.set {self.random.choice(['0', '$x'])} {self.i32(depth)})"
        return f"(local.set {self.random.choice(['1', '$y'])} {self.i64(depth)})"

    def i32(self, depth: int) -> str:
        kind = self.random.randint(0, 9 if depth > 0 else 3)
        if kind < 2:
            return f"(local.get {self.random.choice(['0', '$x'])})"
        if kind < 4:
            return f"(i32.const {self.random.randint(-9, 9)})"
        if kind < 7:
            return f"(i32.{self.random.choice(['add', 'xor', 'lt_s'])} {self.i32(depth - 1)} {self.i32(depth - 1)})"
        if kind == 7 and self.function + 1 < FUNCTIONS:
            return self.called(depth)
        if kind == 8:
            return f"(local.tee {self.random.choice(['0', '$x'])} {self.i32(depth - 1)})"
        label, inner = self.label(), self.label()
        # The value that a handler gets is the value of the whole, with operands below that name locals.
        body = self.body(inner, lambda: f"{self.statement(depth - 1)} {self.i32(depth - 1)}", "(result i32)")
        return f"(block {label} (result i32) (try_table {inner} (result i32) (catch $t1 {label}) {body}))"

    def body(self, label: str, write: Callable[[], str], result: str = "") -> str:
        """The body of the block with this label that catches: what `write` writes."""
        return write()

    def i64(self, depth: int) -> str:
        kind = self.random.randint(0, 3)
        if kind < 2:
            return f"(local.get {self.random.choice(['1', '$y'])})"
        if kind == 2:
            return f"(i64.const {self.random.getrandbits(63)})"
        return f"(i64.add (i64.extend_i32_s {self.i32(depth - 1)}) (local.get $y))"

    def value(self, type_: str, depth: int) -> str:
        if type_ == "i32":
            return self.i32(depth)
        if type_ == "i64":
            return self.i64(depth)
        if type_ == "f64":
            return f"(f64.convert_i32_s {self.i32(depth)})"
        return f"(i32x4.splat {self.i32(depth)})"

    def thrown(self, depth: int) -> str:
        tag, types = self.random.choice(list(TAGS.items()))
        return f"(throw {tag} {' '.join(self.value(t, depth) for t in types)})"

    def throw_maybe(self, depth: int) -> str:
        kind = self.random.randint(0, 9)
        if kind < 6:
            return f"(if {self.i32(depth)} (then {self.thrown(depth)}))"
        if kind == 6:
            return self.thrown(depth)
        reference = self.random.choice(["(local.get $e)", "(global.get $kept)"])
        return f"(if (i32.eqz (ref.is_null {reference})) (then (throw_ref {reference})))"

    def target(self) -> str:
        return f"$f{self.random.randint(self.function + 1, FUNCTIONS - 1)}"

    def called(self, depth: int) -> str:
        arguments = f"{self.i32(depth - 1)} {self.i64(depth - 1)}"
        if self.random.random() < 0.3:
            return f"(call_indirect $table (type $f) {arguments} (i32.const {self.target()[2:]}))"
        return f"(call {self.target()} {arguments})"

    def call(self, depth: int) -> str:
        return f"(drop {self.called(depth)})" if self.function + 1 < FUNCTIONS else self.note(depth)

    def tail_call(self, depth: int) -> str:
        if self.function + 1 >= FUNCTIONS:
            return self.note(depth)
        arguments = f"{self.i32(depth - 1)} {self.i64(depth - 1)}"
        call = self.random.choice(
            [
                f"(return_call {self.target()} {arguments})",
                f"(return_call_indirect $table (type $f) {arguments} (i32.const {self.target()[2:]}))",
            ]
        )
        return f"(if {self.i32(depth)} (then {call}))"

    def if_(self, depth: int) -> str:
        return f"(if {self.i32(depth)} (then {self.statements(depth)}) (else {self.statements(depth)}))"

    def loop(self, depth: int) -> str:
        label = self.label()
        return f"(loop {label} {self.statements(depth)} (br_if {label} (i32.and (call $step) {self.i32(depth)})))"

    def loop_try(self, depth: int) -> str:
        """A handler that is the way back in a loop, with a parameter."""
        label, inner = self.label(), self.label()
        return (
            f"(i32.const 1) (loop {label} (param i32) (if (i32.eqz (call $step)) (then (drop) (return {self.i32(0)}))"
            " (else (call $note (i64.extend_i32_s)))) "
            f"(try_table {inner} (catch $t1 {label}) {self.body(inner, lambda: self.statements(depth))}))"
        ).replace("(if (i32.eqz (call $step)) (then (drop)", "(if (param i32) (i32.eqz (call $step)) (then (drop)")

    def try_(self, depth: int) -> str:
        """A try_table with some clauses, each with a handler of its own."""
        out, inner = self.label(), self.label()
        clauses = self.random.sample([*TAGS, "all"], self.random.randint(0, 3))
        opened, caught, handlers = [], [], []
        for tag in clauses:
            label, with_ref = self.label(), self.random.random() < 0.5
            types = list(TAGS.get(tag, ()))
            name = (
                f"catch_all{'_ref' if with_ref else ''}" if tag == "all" else f"catch{'_ref' if with_ref else ''} {tag}"
            )
            caught.append(f"({name} {label})")
            results = [*types, *(["exnref"] if with_ref else [])]
            opened.append(f"(block {label}{f' (result {chr(32).join(results)})' if results else ''}")
            use = []
            if with_ref:
                use.append(self.random.choice(["(local.set $e)", "(global.set $kept)", "(drop)", "(throw_ref)"]))
            if not use or use[-1] != "(throw_ref)":
                for type_ in reversed(types):
                    use.append(
                        {
                            "i32": "(call $note (i64.extend_i32_s))",
                            "i64": "(call $note)",
                            "f64": "(call $note (i64.reinterpret_f64))",
                            "v128": "(call $note (i64x2.extract_lane 1))",
                        }[type_]
                    )
                use.append(self.statements(depth))
            handlers.append(f") {' '.join(use)} (br {out})")
        body = self.body(inner, lambda: self.statements(depth))
        text = f"(try_table {inner} {' '.join(caught)} {body}) (br {out})"
        for begin, end in zip(reversed(opened), reversed(handlers), strict=True):
            text = f"{begin} {text} {end}"
        return f"(block {out} {text})"


def program(seed: int) -> str:
    """The program that belongs to a seed."""
    return Writer(Random(seed)).program()
