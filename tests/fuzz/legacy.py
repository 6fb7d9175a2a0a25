"""Random programs with legacy exception handling, and the same programs with `try_table`, which other engines run.

Each program is written twice from the same choices. The translation knows nothing of how wasmvm lowers: a handler keeps the
exception in a local for `rethrow`, and what delegates goes by a branch to the end of the body that its label names, where
it is thrown again. Instructions of both kinds stand in one function, and in one another.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import NamedTuple

from tests.fuzz.throwing import TAGS, Writer

LOCALS = 24
"""Locals for exceptions that `rethrow` may want, in the translation; deeper handlers do without."""
USES = {
    "i32": "(call $note (i64.extend_i32_s))",
    "i64": "(call $note)",
    "f64": "(call $note (i64.reinterpret_f64))",
    "v128": "(call $note (i64x2.extract_lane 1))",
}


class Block(NamedTuple):
    """A block that `delegate` may name; `target` is the label of the translation to which what delegates to it goes."""

    label: str
    target: str


class LegacyWriter(Writer):
    """As `Writer`, but most of what catches is a legacy try; with `legacy` unset, its translation.

    Attributes:
        blocks: those around the present place that `delegate` may name, the innermost last.
        handlers: the handlers around it: the label, and the local of the translation, or none.
        delegated: targets that are in use.
    """

    def __init__(self, random: Random, legacy: bool) -> None:
        super().__init__(random)
        self.legacy = legacy
        self.blocks: list[Block] = []
        self.handlers: list[tuple[str, int]] = []
        self.delegated: set[str] = set()

    def program(self) -> str:
        kept = " ".join(f"(local $x{i} exnref)" for i in range(LOCALS))
        return super().program().replace("(local $e exnref)", f"(local $e exnref) {kept if not self.legacy else ''}")

    def function_body(self) -> str:
        """All in one block, so that what delegates can name the caller."""
        text = self.body("$caller", lambda: f"{self.statements(4)}\n    {self.i32(3)}", "(result i32)")
        return f"(block $caller (result i32) {text})" if self.legacy else text

    def statement(self, depth: int) -> str:
        kind = self.random.randint(0, 9)
        if depth > 0 and kind < 4:
            return self.legacy_try(depth - 1)
        if depth > 0 and kind == 4:
            return self.delegating(depth - 1)
        if self.handlers and kind == 5:
            return self.rethrow(depth)
        return super().statement(depth)

    def i32(self, depth: int) -> str:
        if depth > 0 and self.random.randint(0, 9) == 0:
            return self.valued(depth - 1)
        return super().i32(depth)

    def rethrow(self, depth: int) -> str:
        label, local = self.random.choice(self.handlers)
        again = f"(rethrow {label})" if self.legacy else f"(throw_ref (local.get $x{local}))"
        return again if self.random.random() < 0.3 else f"(if {self.i32(depth)} (then {again}))"

    def body(self, label: str, write: Callable[[], str], result: str = "") -> str:
        """As in `Writer`; in the translation, what delegates to the block comes here and is thrown again."""
        target = f"{label}d"
        self.blocks.append(Block(label, target))
        inside = write()
        self.blocks.pop()
        if self.legacy or target not in self.delegated:
            return inside
        return f"(block {target}end {result} (throw_ref (block {target} (result exnref) {inside} (br {target}end))))"

    def legacy_try(self, depth: int, result: str = "") -> str:
        """A try with handlers, or with none; with a `result`, it is the value that what ends a part leaves."""
        label = self.label()
        tags = self.random.sample(list(TAGS), self.random.randint(0, 2))
        if self.random.random() < 0.4 or (result and not tags):
            tags.append("all")
        inside = self.body(label, lambda: f"{self.statements(depth)} {self.i32(depth) if result else ''}", result)
        parts = []
        self.blocks.append(
            Block(label, self.blocks[-1].target)
        )  # in a handler, to name it is to name what is around it
        for tag in tags:
            local = len(self.handlers) if len(self.handlers) < LOCALS else -1
            if local >= 0:
                self.handlers.append((label, local))
            uses = [] if tag == "all" else [USES[type_] for type_ in reversed(TAGS[tag])]
            if result and tag == "$t1" and self.random.random() < 0.5:
                rest = "(i32.add (i32.const 3))"
                uses = []
            else:
                rest = f"{self.statements(depth)} {self.i32(depth) if result else ''}"
            if local >= 0:
                self.handlers.pop()
            parts.append((tag, local, f"{' '.join(uses)} {rest}"))
        self.blocks.pop()
        if self.legacy:
            caught = " ".join(f"({'catch_all' if tag == 'all' else f'catch {tag}'} {code})" for tag, _, code in parts)
            return f"(try {label} {result} (do {inside}) {caught})"
        return self.translated(label, result, inside, parts)

    def translated(self, label: str, result: str, inside: str, parts: list[tuple[str, int, str]]) -> str:
        out = f"{label}o"
        clauses, opened, closed = [], "", ""
        for i, (tag, local, code) in enumerate(parts):
            types = " ".join((*TAGS.get(tag, ()), "exnref"))
            clauses.append(f"({'catch_all_ref' if tag == 'all' else f'catch_ref {tag}'} {label}h{i})")
            opened = f"(block {label}h{i} (result {types}) {opened}"
            closed += f") {f'(local.set $x{local})' if local >= 0 else '(drop)'} {code} (br {out})"
        text = f"(try_table {label} {result} {' '.join(clauses)} {inside}) (br {out})"
        return f"(block {out} {result} {opened} {text} {closed})"

    def valued(self, depth: int) -> str:
        """A try with a value, and operands below it."""
        return f"(i32.sub {self.i32(depth)} {self.legacy_try(depth, '(result i32)')})"

    def delegating(self, depth: int) -> str:
        """A try that delegates to one of the blocks around it, or such a try in a plain block that it may name."""
        label = self.label()
        outer = self.blocks[-1].target
        if self.random.random() < 0.3:
            self.blocks.append(Block(label, outer))
            text = f"(block {label} {self.statements(depth)} {self.delegating(depth - 1) if depth > 0 else ''})"
            self.blocks.pop()
            return text
        to = self.random.choice(self.blocks)
        self.delegated.add(to.target)
        self.blocks.append(Block(label, to.target))  # to name it is to name what it names
        inside = self.statements(depth)
        self.blocks.pop()
        if self.legacy:
            return f"(try {label} (do {inside}) (delegate {to.label}))"
        return f"(try_table {label} (catch_all_ref {to.target}) {inside})"


def program(seed: int, legacy: bool = True) -> str:
    """The program that belongs to a seed, as it is or in the translation."""
    return LegacyWriter(Random(seed), legacy).program()
