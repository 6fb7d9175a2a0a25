"""Random valid modules, heavy in what lowering could get wrong.

`wasm-tools smith` makes modules of every shape, but rarely the ones at which a translator from stack to registers
stumbles: locals overwritten while an older value of theirs is on the stack, values left beneath blocks, branches with
values to several labels, blocks with parameters. This generator makes little else. It writes the text format, one
instruction a line and none of them folded, so that a failure can be read and shortened by hand.

Programs end: loops and functions begin with the use of some fuel, in a global, and trap without.
"""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from tests.fuzz.vocabulary import EDGES, INTEGERS, SCALARS, Vocabulary

FUEL = 300
MEMORY_PAGES = 1

Signature = tuple[tuple[str, ...], tuple[str, ...]]


class Label(NamedTuple):
    """A block on the control stack; a branch to it carries `arity`."""

    arity: tuple[str, ...]
    results: tuple[str, ...]
    height: int


class Function:
    """Writes one body. `stack` holds the types of the operands; after code became unreachable it is cut off."""

    def __init__(self, rng: Random, signature: Signature, module: Module, size: int) -> None:
        self.rng = rng
        self.module = module
        self.params, self.results = signature
        self.words = module.vocabulary
        self.locals = [rng.choice(self.words.weighted) for _ in range(rng.choice((0, 1, 2, 3, 4, 6, 9)))]
        self.variables = [*self.params, *self.locals]
        self.lines: list[str] = []
        self.stack: list[str] = []
        self.labels = [Label(self.results, self.results, 0)]
        self.size = size
        self.unreachable = False
        self.memory_in_use = 0

    def text(self) -> str:
        self.use_fuel()
        self.body(0)
        self.finish(self.results, 0)
        params = f"(param {' '.join(self.params)})" if self.params else ""
        results = f"(result {' '.join(self.results)})" if self.results else ""
        locals_ = f"(local {' '.join(self.locals)})" if self.locals else ""
        lines = "\n    ".join(self.lines)
        return f"{params} {results} {locals_}\n    {lines}"

    def emit(self, line: str) -> None:
        self.lines.append("  " * len(self.labels) + line)

    def use_fuel(self) -> None:
        self.emit("call $use_fuel")

    # --- what to write next -------------------------------------------------------------------------------------------

    def body(self, depth: int) -> None:
        """Some instructions, until it is enough or code became unreachable."""
        actions = (
            [self.get] * 12 + [self.set] * 9 + [self.tee] * 8 + [self.constant] * 5 + [self.operator] * 16
            + [self.drop] + [self.select] * 2 + [self.load] * 3 + [self.store] * 2 + [self.global_] * 2
            + [self.br_if] * 5 + [self.call] * 4 + [self.call_indirect] + [self.memory] + [self.table]
        )  # fmt: skip
        nested = [self.block] * 3 + [self.loop] * 2 + [self.if_] * 4
        leaving = [self.br, self.br_table, self.br_table, self.return_, self.trap]
        for _ in range(self.rng.randint(1, 14)):
            if self.unreachable:
                break
            roll = self.rng.random()
            if roll < 0.17 and depth < 6 and self.size > 0:
                self.rng.choice(nested)(depth)
            elif roll < 0.20 and depth:
                self.rng.choice(leaving)()
            else:
                self.rng.choice(actions)()
            self.size -= 1

    def finish(self, results: tuple[str, ...], height: int) -> None:
        """Make the operands above `height` those that a block must leave."""
        if self.unreachable:
            # Sometimes the polymorphic stack is left to itself, sometimes it gets some of the values.
            for t in results[self.rng.randint(0, len(results)) :]:
                self.push_something(t)
            # What was pushed is a suffix of the results; the rest comes from below.
            return
        while len(self.stack) > height and tuple(self.stack[height:]) != results:
            have = tuple(self.stack[height:])
            if have == results[: len(have)]:
                break
            is_on_top = len(have) > len(results) and have[len(have) - len(results) :] == results
            if is_on_top and self.labels[-1].arity == results and self.rng.random() < 0.7:
                self.emit("br 0")
                self.unreachable = True
                return
            self.emit("drop")
            self.stack.pop()
        for t in results[len(self.stack) - height :]:
            self.push_something(t)

    # --- plain instructions -------------------------------------------------------------------------------------------

    @property
    def floor(self) -> int:
        return self.labels[-1].height

    def variable(self, valtype: str | None = None) -> int | None:
        found = [i for i, t in enumerate(self.variables) if valtype is None or t == valtype]
        # A few variables are favourites: the same one read and written again and again is where the danger is.
        return self.rng.choice(found[: self.rng.choice((1, 2, len(found)))]) if found else None

    def push_something(self, valtype: str) -> None:
        index = self.variable(valtype)
        if index is not None and self.rng.random() < 0.7:
            self.emit(f"local.get {index}")
        else:
            self.emit(f"{valtype}.const {self.rng.choice(EDGES[valtype])}")
        self.stack.append(valtype)

    def want(self, valtypes: tuple[str, ...]) -> None:
        """Have operands of these types on top, written now unless they are there already."""
        have = tuple(self.stack[self.floor :])
        for count in range(len(valtypes), 0, -1):
            if have[len(have) - count :] == valtypes[:count] and len(have) >= count:
                break
        else:
            count = 0
        for t in valtypes[count:]:
            self.push_something(t)

    def pop(self, count: int) -> None:
        del self.stack[len(self.stack) - count :]

    def get(self) -> None:
        index = self.variable()
        if index is not None:
            self.emit(f"local.get {index}")
            self.stack.append(self.variables[index])

    def constant(self) -> None:
        t = self.rng.choice(self.words.weighted)
        self.emit(f"{t}.const {self.rng.choice(EDGES[t])}")
        self.stack.append(t)

    def set(self) -> None:
        if len(self.stack) > self.floor:
            index = self.variable(self.stack[-1])
            if index is not None:
                self.emit(f"local.set {index}")
                self.pop(1)

    def tee(self) -> None:
        if len(self.stack) > self.floor:
            index = self.variable(self.stack[-1])
            if index is not None:
                self.emit(f"local.tee {index}")

    def operator(self) -> None:
        if len(self.stack) > self.floor:
            top = self.stack[-1]
            fitting = [row for row in self.words.operators if row[1][-1] == top or row[1][0] == top]
        else:
            fitting = self.words.operators
        mnemonic, operands, result = self.rng.choice(fitting)
        if ("div_" in mnemonic or "rem_" in mnemonic) and self.rng.random() < 0.8:
            return
        self.want(operands)
        self.emit(mnemonic + self.lanes(mnemonic))
        self.pop(len(operands))
        self.stack.append(result)

    def lanes(self, mnemonic: str) -> str:
        """The lane indices that the instruction needs."""
        count, below = self.words.lanes.get(mnemonic, (0, 0))
        return "".join(f" {self.rng.randrange(below)}" for _ in range(count))

    def drop(self) -> None:
        if len(self.stack) > self.floor:
            self.emit("drop")
            self.pop(1)

    def select(self) -> None:
        t = self.stack[-1] if len(self.stack) > self.floor else self.rng.choice(self.words.valtypes)
        if len(self.stack) - self.floor >= 3 and self.stack[-1] == "i32" and self.stack[-2] == self.stack[-3]:
            t = self.stack[-2]
        self.want((t, t, "i32"))
        self.emit(self.rng.choice(("select", f"select (result {t})")))
        self.pop(3)
        self.stack.append(t)

    def some_memory(self) -> str:
        """Take a memory into use, often the same as before; return the type of its addresses."""
        memories = self.module.memories
        if len(memories) > 1 and self.rng.random() < 0.5:
            self.memory_in_use = self.rng.randrange(len(memories))
        return memories[self.memory_in_use]

    def memarg(self, offset: str) -> str:
        """What follows the mnemonic of a load or store in the memory in use."""
        return f"{self.memory_in_use} {offset}" if self.memory_in_use else offset

    def address(self, t: str) -> str:
        """An offset; most addresses are made small, so that most accesses are inside the memory."""
        if self.rng.random() < 0.75:
            self.emit(f"{t}.const 0xfff")
            self.emit(f"{t}.and")
        if self.rng.random() < 0.4:
            self.address_arithmetic(t)
        offsets = ["", "offset=1", "offset=8", "offset=0xf000", "offset=0xffffffff", "offset=0x80000000"]
        if t == "i64":
            offsets += ["offset=0x100000000", "offset=0xfffffffffffffff8"]
        return self.rng.choice(offsets)

    def address_arithmetic(self, t: str) -> None:
        """What compilers compute addresses with; sums wrap at 2^32 before the offset is added."""
        roll = self.rng.random()
        if roll < 0.4:
            self.emit(f"{t}.const {self.rng.choice((1, 4, 8, -1, -4, -8, 64, 0x7FFFFFFF, -0x1000))}")
            self.emit(self.rng.choice((f"{t}.add", f"{t}.sub")))
            return
        if roll < 0.7:
            self.emit(f"{t}.const {self.rng.choice((1, 2, 3, 35))}")
            self.emit(f"{t}.shl")
        self.want_above(t)
        if self.rng.random() < 0.7:
            self.emit(f"{t}.const 0xff")
            self.emit(f"{t}.and")
        self.emit(f"{t}.add")

    def load(self) -> None:
        mnemonic, result = self.rng.choice(self.words.loads)
        t = self.some_memory()
        self.want((t,))
        offset = self.address(t)
        if mnemonic in self.words.lanes:
            self.push_something(result)
            self.pop(1)
        self.emit(f"{mnemonic} {self.memarg(offset if self.rng.random() < 0.5 else '')}{self.lanes(mnemonic)}")
        self.pop(1)
        self.stack.append(result)

    def store(self) -> None:
        mnemonic, operand = self.rng.choice(self.words.stores)
        t = self.some_memory()
        self.want((t,))
        offset = self.address(t)
        if self.rng.random() < 0.3:
            self.emit(f"{t}.const 0xfff")
            self.emit(f"{t}.and")
        self.push_something(operand)
        if self.rng.random() < 0.3 and operand == "i32":
            self.emit("i32.const 1")
            self.emit("i32.add")
        self.emit(f"{mnemonic} {self.memarg(offset if self.rng.random() < 0.3 else '')}{self.lanes(mnemonic)}")
        self.pop(2)

    def global_(self) -> None:
        t = self.rng.choice(self.words.valtypes)
        if self.rng.random() < 0.5:
            self.emit(f"global.get $g_{t}")
            self.stack.append(t)
        else:
            self.want((t,))
            self.emit(f"global.set $g_{t}")
            self.pop(1)

    def memory(self) -> None:
        choice = self.rng.random()
        t, index = self.some_memory(), self.memory_in_use
        if choice < 0.4:
            self.emit(f"memory.size {index}")
            self.stack.append(t)
        elif choice < 0.6:
            self.want((t,))
            self.emit(f"memory.grow {index}")
        else:
            source, length = "i32", t
            bulk = self.rng.choice(("memory.fill", "memory.copy", "memory.init"))
            if bulk == "memory.copy":
                source = self.some_memory()
                length = min(t, source)
            elif bulk == "memory.init":
                length = "i32"
            self.want((t, source))
            self.emit(f"{length}.const {self.rng.randint(0, 40)}")
            operands = {"memory.copy": f" {self.memory_in_use}", "memory.init": " $d"}.get(bulk, "")
            self.emit(f"{bulk} {index}{operands}")
            self.pop(2)

    def table(self) -> None:
        choice = self.rng.random()
        t = self.module.table
        if choice < 0.4:
            self.emit("table.size $t")
            self.stack.append(t)
        elif choice < 0.7:
            self.want((t,))
            self.emit(f"{t}.const {self.rng.choice((7, 15))}")
            self.emit(f"{t}.and")
            self.emit("table.get $t")
            self.emit("ref.is_null")
            self.pop(1)
            self.stack.append("i32")
        else:
            self.emit(f"ref.func $f{self.rng.randrange(self.module.functions)}")
            self.want_above(t)
            self.emit("table.grow $t")
            self.stack.append(t)

    def want_above(self, valtype: str) -> None:
        """Push an operand that what is below on the stack must not serve as."""
        self.push_something(valtype)
        self.pop(1)

    # --- calls --------------------------------------------------------------------------------------------------------

    def call(self) -> None:
        name, params, results = self.rng.choice(self.module.callees)
        self.want(params)
        self.emit(f"call {name}")
        self.pop(len(params))
        self.stack += results

    def call_indirect(self) -> None:
        _, params, results = self.rng.choice(self.module.callees)
        t = self.module.table
        self.want((*params, t))
        if self.rng.random() < 0.85:
            self.emit(f"{t}.const 7")
            self.emit(f"{t}.and")
        self.emit(f"call_indirect $t{written((params, results))}")
        self.pop(len(params) + 1)
        self.stack += results

    # --- control ------------------------------------------------------------------------------------------------------

    def block_type(self) -> Signature:
        """A block's type; its parameters are some of the operands at hand."""
        available = self.stack[self.floor :]
        count = min(self.rng.choice((0, 0, 0, 1, 1, 2, 3)), len(available))
        params = tuple(available[len(available) - count :])
        results = tuple(self.rng.choice(self.words.weighted) for _ in range(self.rng.choice((0, 0, 1, 1, 1, 2, 3))))
        return params, results

    def enter(self, opener: str, params: tuple[str, ...], results: tuple[str, ...], is_loop: bool = False) -> None:
        self.emit(f"{opener}{written((params, results))}")
        self.labels.append(Label(params if is_loop else results, results, len(self.stack) - len(params)))

    def leave(self, depth: int) -> None:
        """The rest of a block, up to and without `end` or `else`; the stack is as it was before its parameters."""
        self.body(depth + 1)
        label = self.labels[-1]
        self.finish(label.results, label.height)
        del self.stack[label.height :]
        self.unreachable = False

    def end(self) -> None:
        label = self.labels.pop()
        self.emit("end")
        self.stack += label.results

    def block(self, depth: int) -> None:
        params, results = self.block_type()
        self.enter("block", params, results)
        self.leave(depth)
        self.end()

    def loop(self, depth: int) -> None:
        params, results = self.block_type()
        self.enter("loop", params, results, is_loop=True)
        self.use_fuel()
        if not params and self.rng.random() < 0.5:
            self.body(depth + 1)
            if not self.unreachable:
                self.count_and_branch()
        self.leave(depth)
        self.end()

    def count_and_branch(self) -> None:
        """The end of a counting loop, as compilers write it."""
        index = self.variable(self.rng.choice(INTEGERS))
        if index is None:
            return
        t = self.variables[index]
        limit = self.variable(t)
        self.emit(f"local.get {index}")
        self.emit(f"{t}.const {self.rng.choice((1, -1, 2, 4, 0x7FFFFFFF))}")
        self.emit(f"{t}.{self.rng.choice(('add', 'add', 'sub'))}")
        self.emit(f"local.tee {index}")
        if self.rng.random() < 0.7:
            self.emit(
                f"local.get {limit}" if self.rng.random() < 0.5 else f"{t}.const {self.rng.choice((0, 5, 100, -3))}"
            )
            self.emit(f"{t}.{self.rng.choice('eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u'.split())}")
        elif t == "i64":
            self.emit("i64.eqz")
        self.emit("br_if 0")

    def if_(self, depth: int) -> None:
        self.want(("i32",))
        self.pop(1)
        params, results = self.block_type()
        one_armed = self.rng.random() < 0.3
        if one_armed:
            results = params
        self.enter("if", params, results)
        self.leave(depth)
        if not one_armed:
            self.emit("else")
            self.stack += params
            self.leave(depth)
        self.end()

    def target(self) -> int:
        return self.rng.randrange(len(self.labels))

    def arity(self, depth: int) -> tuple[str, ...]:
        return self.labels[-1 - depth].arity

    def br_if(self) -> None:
        depth = self.target()
        values = self.arity(depth)
        self.want((*values, "i32"))
        self.emit(f"br_if {depth}")
        self.pop(1)

    def br(self) -> None:
        depth = self.target()
        self.want(self.arity(depth))
        self.emit(f"br {depth}")
        self.unreachable = True

    def br_table(self) -> None:
        default = self.target()
        values = self.arity(default)
        fitting = [depth for depth in range(len(self.labels)) if self.arity(depth) == values]
        self.want((*values, "i32"))
        entries = [self.rng.choice(fitting) for _ in range(self.rng.choice((0, 1, 2, 3, 5, 9)))]
        self.emit(f"br_table {' '.join(map(str, entries))} {default}")
        self.unreachable = True

    def return_(self) -> None:
        self.want(self.results)
        self.emit("return")
        self.unreachable = True

    def trap(self) -> None:
        if self.rng.random() < 0.2:
            self.emit("unreachable")
            self.unreachable = True


HOST_FUNCTIONS: dict[str, Signature] = {
    "nothing": ((), ()),
    "mix": (("i32", "i64"), ("i32",)),
    "swap": (("i64", "i32", "f64"), ("f64", "i32", "i64")),
    "reenter": (("i32",), ("i32",)),
}
"""What modules import from "host"; `reenter` calls the export "leaf" with its argument."""


def written(signature: Signature) -> str:
    return "".join(f" (param {t})" for t in signature[0]) + "".join(f" (result {t})" for t in signature[1])


class Module:
    """A module of several functions that call each other, with a memory, a table and globals of every type.

    `memories` and `table` are the types of their addresses; one memory of i32, unless the vocabulary has several.

    Some call host functions, and functions of another generated module, which lives in an instance of its own: it is
    imported from "peer V N", where V names its vocabulary and N is its seed.

    Wasmtime's Python API knows no v128: functions of such a type are called by others only, and `g_v128_...` give back
    the lanes of the global.
    """

    def __init__(self, seed: int, vocabulary: Vocabulary = SCALARS, is_peer: bool = False) -> None:
        self.vocabulary = vocabulary
        rng = Random(f"peer {seed}" if is_peer else seed)
        self.memories, self.table = ["i32"], "i32"
        if vocabulary.several_memories:
            self.memories = [rng.choice(INTEGERS) for _ in range(rng.randint(1, 4))]
            self.table = rng.choice(INTEGERS)
        self.functions = rng.randint(1, 4)
        self.signatures = [self.signature(rng) for _ in range(self.functions)]
        self.callees = [(f"$f{i}", *signature) for i, signature in enumerate(self.signatures)]
        imports: list[tuple[str, str, Signature]] = []
        if not is_peer and rng.random() < 0.6:
            imports += [("host", name, HOST_FUNCTIONS[name]) for name in sorted(HOST_FUNCTIONS)]
            peer = Module(seed, vocabulary, is_peer=True)
            imports += [(f"peer {vocabulary.name} {seed}", f"f{i}", s) for i, s in enumerate(peer.signatures)]
        self.callees += [(f"${module.split()[0]}_{name}", *signature) for module, name, signature in imports]
        imported = "\n".join(
            f'  (import "{module}" "{name}" (func ${module.split()[0]}_{name}{written(signature)}))'
            for module, name, signature in imports
        )
        bodies = [Function(rng, s, self, rng.choice((10, 30, 80, 200))).text() for s in self.signatures]
        functions = "\n".join(f'  (func $f{i} (export "f{i}") {body})' for i, body in enumerate(bodies))
        scalars = [t for t in vocabulary.valtypes if t != "v128"]
        globals_ = "\n".join(f'  (global $g_{t} (export "g_{t}") (mut {t}) ({t}.const 7))' for t in scalars)
        if "v128" in vocabulary.valtypes:
            globals_ += "\n  (global $g_v128 (mut v128) (v128.const i64x2 7 -7))"
            for lane in range(2):
                get = f"(i64x2.extract_lane {lane} (global.get $g_v128))"
                functions += f'\n  (func (export "g_v128_{lane}") (result i64) {get})'
        refs = " ".join(name for name, _, _ in self.callees[:8])
        self.text = f"""(module
{imported}
{self.memory_fields()}
  (table $t (export "table") {self.table} 8 20 funcref)
  (elem (table $t) ({self.table}.const 0) func {refs})
  (data $d "some bytes for memory.init, \\00\\ff\\80\\7f, long enough for all of them")
  (global $fuel (export "fuel") (mut i32) (i32.const {FUEL}))
{globals_}
{functions}
{self.leaf()}
  (func $use_fuel
    (if (i32.eqz (global.get $fuel)) (then unreachable))
    (global.set $fuel (i32.sub (global.get $fuel) (i32.const 1)))))
"""

    def memory_fields(self) -> str:
        bytes_ = "\\01\\02\\fe\\ff\\80\\00\\00\\80"
        fields = []
        for i, t in enumerate(self.memories):
            fields.append(f'  (memory (export "memory{i or ""}") {t} {MEMORY_PAGES} {MEMORY_PAGES + 2})')
            fields.append(f'  (data (memory {i}) ({t}.const {3 * i}) "{bytes_}")')
        return "\n".join(fields)

    def leaf(self) -> str:
        """A function that changes the last memory, and that host functions call."""
        t, last = self.memories[-1], len(self.memories) - 1
        word = f"(i32.load {last} ({t}.const 16))"
        delta = "(i32.and (local.get 0) (i32.const 1))"
        grown = f"(memory.grow {last} {delta})"
        if t == "i64":
            grown = f"(i32.wrap_i64 (memory.grow {last} (i64.extend_i32_u {delta})))"
        return f"""  (func (export "leaf") (param i32) (result i32)
    (i32.store {last} ({t}.const 16) (i32.add {word} (local.get 0)))
    (i32.add {grown} {word}))"""

    def signature(self, rng: Random) -> Signature:
        has_vectors = "v128" in self.vocabulary.valtypes and rng.random() < 0.4
        weighted = self.vocabulary.weighted if has_vectors else SCALARS.weighted
        params = tuple(rng.choice(weighted) for _ in range(rng.choice((0, 1, 2, 3, 4, 6))))
        results = tuple(rng.choice(weighted) for _ in range(rng.choice((0, 1, 1, 1, 2, 3))))
        return params, results
