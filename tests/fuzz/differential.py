"""Runs generated modules here and in wasmtime, and compares everything that can be seen.

    python -m tests.fuzz.differential [--generator NAME|all] [--seed N] [--count N] [--seconds S] [--keep FOLDER]
    python -m tests.fuzz.differential --check FILE      (exit code 1 if it differs: a predicate for `wasm-tools shrink`)

Every exported function is called with arguments drawn from the seed; results, traps with their frames and byte offsets,
the bytes of memories, the values of globals and the sizes of tables must be the same after every call.
"""

from __future__ import annotations

import argparse
import collections
import ctypes
import functools
import hashlib
import struct
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import wasmtime

import wasmvm
from tests.fuzz import aggregates, legacy, smith, throwing
from tests.fuzz.generator import FUEL, Module
from tests.fuzz.vocabulary import MEMORIES, VECTORS, VOCABULARIES
from tests.oracle import trap_code
from wasmvm.text import wat2wasm
from wasmvm.types import EXTERNREF, F32, F64, FUNCREF, I32, I64, FuncType, GlobalType, MemoryType, TableType

CALLS = 5
"""Calls of each exported function."""
COMPARED_FRAMES = 8
PLENTY = 1 << 40
"""Units of fuel that nothing uses up."""
COMPARED = frozenset((I32, I64, F32, F64, FUNCREF, EXTERNREF))
"""The types of values that the Python API of wasmtime knows."""
INTERESTING = (0, 1, 2, 3, 8, -1, -2, 31, 63, 255, 65535, 0x7FFFFFFF, -0x80000000, 0x7FFFFFFFFFFFFFFF, -(1 << 63))
FLOATS = (0.0, -0.0, 1.0, -1.5, 3.7e9, -2147483649.0, 1e300, 2.0**-149, float("inf"), float("-inf"), float("nan"))
SAME_TRAP = {
    "undefined_element": "table_out_of_bounds",
    **{f"null_{kind}_reference": "null_reference" for kind in ("function", "exception", "structure", "array", "i31")},
}
"""Where wasmtime has one code for several of ours."""

LIMITS = ("call_stack_exhausted", "allocation_failed")
"""Traps that happen where each engine likes."""

LOAD_OPCODES = range(0x28, 0x36)
VECTOR_PREFIX = 0xFD
VECTOR_LOADS = (*range(11), *range(0x54, 0x58), 0x5C, 0x5D)
CALL_OPCODES = (0x10, 0x11)
ATOMIC_PREFIX = 0xFE
WAIT_AND_NOTIFY = range(3)


@functools.cache
def engine(with_fuel: bool = False) -> wasmtime.Engine:
    """The other side, which compiles as quickly as it can."""
    config = wasmtime.Config()
    config.cranelift_opt_level = "none"
    config.parallel_compilation = False
    config.consume_fuel = with_fuel
    config.wasm_relaxed_simd_deterministic = True
    config.wasm_threads = config.shared_memory = config.wasm_wide_arithmetic = config.wasm_custom_page_sizes = True
    for name in ("memory64", "multi_memory", "exceptions", "gc", "function_references", "tail_call", "relaxed_simd"):
        setattr(config, f"wasm_{name}", True)
    return wasmtime.Engine(config)


class Difference(Exception):
    """The two engines do not agree."""


class Skip(Exception):
    """The module cannot be compared, for the reason told."""


def own_module(seed: int) -> bytes:
    return bytes(wasmtime.wat2wasm(Module(seed).text))


def vector_module(seed: int) -> bytes:
    return bytes(wasmtime.wat2wasm(Module(seed, VECTORS).text))


def memory_module(seed: int) -> bytes:
    return bytes(wasmtime.wat2wasm(Module(seed, MEMORIES).text))


def smith_module(profile: str, seed: int) -> bytes:
    try:
        return smith.module(profile, seed)
    except smith.NotMade as reason:
        raise Skip(str(reason)) from reason


def throwing_module(seed: int) -> bytes:
    return bytes(wasmtime.wat2wasm(throwing.program(seed)))


def legacy_module(seed: int) -> bytes:
    return wat2wasm(legacy.program(seed))


def legacy_twin(seed: int) -> bytes:
    return bytes(wasmtime.wat2wasm(legacy.program(seed, legacy=False)))


def aggregates_module(seed: int) -> bytes:
    return bytes(wasmtime.wat2wasm(aggregates.Program(seed).text))


GENERATORS: dict[str, Callable[[int], bytes]] = {
    "own": own_module,
    "vectors": vector_module,
    "throwing": throwing_module,
    "legacy": legacy_module,
    "memories": memory_module,
    "aggregates": aggregates_module,
    **{f"smith-{profile}": functools.partial(smith_module, profile) for profile in smith.PROFILES},
}

TWINS: dict[str, Callable[[int], bytes]] = {"legacy": legacy_twin}
"""Of what wasmtime does not have: the same programs in other words, which it runs."""


def seen(value: Any, valtype: int | None = None) -> object:
    """A value in a form that compares: the bits of floats, all NaN alike, and all references (wasmtime shows some that
    are null as functions, and i31 as objects; what they are is seen by programs)."""
    if valtype in (FUNCREF, EXTERNREF):
        return "reference"
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return "nan" if value != value else struct.pack("<d", value)
    if isinstance(value, (tuple, list)):
        return tuple(map(seen, value))
    return "reference"


def results_seen(value: Any, results: tuple[int, ...]) -> object:
    """What a call returned, by the types of its results."""
    if len(results) < 2:
        return seen(value, *results)
    return tuple(seen(v, t) for v, t in zip(value, results, strict=True))


def is_load(source: bytes, offset: int) -> bool:
    byte = source[offset]
    return byte in LOAD_OPCODES or (byte == VECTOR_PREFIX and source[offset + 1] in VECTOR_LOADS)


def is_wait_or_notify(source: bytes, offset: int) -> bool:
    return source[offset] == ATOMIC_PREFIX and source[offset + 1] in WAIT_AND_NOTIFY


class Trapped(NamedTuple):
    """A trap: its code, and (funcidx, offset in the module, offset in the body) of the innermost frames.

    An exception that nothing caught is the same without a code: that is how wasmtime's Python API shows it.
    """

    code: str | None
    frames: list[tuple[int, int, int]]

    def agrees(self, other: Trapped, source: bytes) -> bool:
        """Whether it is the trap that wasmtime shows as `other`.

        Wasmtime's offsets are not exact: it sinks a load into the instruction that uses the value, and may show a
        caller at what follows its call. Ours must be at a load then, or at a call. Where an instruction waits or notifies,
        an address of more than 32 bits is out of bounds to it before it asks for the alignment.
        """
        if [f[0] for f in self.frames] != [f[0] for f in other.frames]:
            return False
        if self.code != other.code and not (
            (self.code, other.code) == ("unaligned_atomic", "memory_out_of_bounds")
            and self.frames[0] == other.frames[0]
            and is_wait_or_notify(source, self.frames[0][1])
        ):
            return False
        for i, (mine, theirs) in enumerate(zip(self.frames, other.frames, strict=True)):
            if mine == theirs:
                continue
            if i == 0:
                if not is_load(source, mine[1]):
                    return False
            elif source[mine[1]] not in CALL_OPCODES or source[theirs[1]] in CALL_OPCODES:
                return False
        return True


def host_functions(reenter: Callable[[int], Any]) -> dict[str, Callable[..., object]]:
    """What generated modules import from "host", each by its type in `generator.HOST_FUNCTIONS`."""

    def mix(a: int, b: int) -> int:
        value = a * 31 + b & 0xFFFFFFFF
        return value - (value >> 31 << 32)

    return {
        "nothing": lambda: None,
        "mix": mix,
        "swap": lambda a, b, c: (c, b, a),
        "reenter": lambda x: reenter(x),
    }


def is_own(module: wasmvm.Module) -> bool:
    """Whether the imports of a module are those of our own generators."""
    return all(import_.module == "host" or import_.module.startswith("peer ") for import_ in module.imports)


def peer_of(module: wasmvm.Module) -> bytes | None:
    """The module that a generated module imports functions of."""
    for import_ in module.imports:
        if import_.module.startswith("peer "):
            _, vocabulary, seed = import_.module.split()
            return bytes(wasmtime.wat2wasm(Module(int(seed), VOCABULARIES[vocabulary], is_peer=True).text))
    return None


class Imported(NamedTuple):
    """What a module imports, for wasmvm and for wasmtime."""

    ours: dict[str, dict[str, Any]]
    theirs: list[Any]


RESULTS = {I32: 3, I64: -5, F32: 1.5, F64: -2.5, FUNCREF: None, EXTERNREF: None}
"""What functions of the host return, by type; integers besides depend on the arguments."""


def stand_in(params: tuple[int, ...], results: tuple[int, ...]) -> Callable[..., object]:
    """A function of the host that returns what its arguments and its types alone decide."""

    def called(*args: object) -> object:
        numbers = [arg for arg, t in zip(args, params, strict=True) if t in (I32, I64)]
        total = sum(numbers) & 0x3FFFFFFF  # type: ignore[arg-type]
        made = [total + RESULTS[t] if t in (I32, I64) else RESULTS[t] for t in results]  # type: ignore[operator]
        return None if not made else made[0] if len(made) == 1 else tuple(made)

    return called


def supplied(module: wasmvm.Module, store: wasmvm.Store, other: wasmtime.Module, theirs: wasmtime.Store) -> Imported:
    """For each import something of its type, in both engines."""
    ours: dict[str, dict[str, Any]] = {}
    seen_: list[Any] = []
    kinds: dict[tuple[str, str], str] = {}
    for mine, their in zip(module.imports, other.imports, strict=True):
        if kinds.setdefault((mine.module, mine.name), str(mine.type)) != str(mine.type):
            raise Skip("two imports of one name and of different types")
        made: Any
        twin: Any
        if isinstance(mine.type, FuncType):
            if not COMPARED.issuperset((*mine.type.params, *mine.type.results)):
                raise Skip("an import whose type the Python API of wasmtime does not know")
            made = stand_in(mine.type.params, mine.type.results)
            twin = wasmtime.Func(theirs, their.type, made)  # type: ignore[arg-type]
        elif isinstance(mine.type, MemoryType):
            made, twin = wasmvm.Memory(store, mine.type), wasmtime.Memory(theirs, their.type)  # type: ignore[arg-type]
        elif isinstance(mine.type, TableType) and mine.type.reftype in COMPARED:
            made = wasmvm.Table(store, mine.type, None)
            twin = wasmtime.Table(theirs, their.type, None)  # type: ignore[arg-type]
        elif isinstance(mine.type, GlobalType) and mine.type.valtype in COMPARED:
            made = wasmvm.Global(store, mine.type, RESULTS[mine.type.valtype])
            twin = wasmtime.Global(theirs, their.type, RESULTS[mine.type.valtype])  # type: ignore[arg-type]
        else:
            raise Skip("an import whose type the Python API of wasmtime does not know")
        ours.setdefault(mine.module, {})[mine.name] = made
        seen_.append(twin)
    return Imported(ours, seen_)


THROWN_AT_START = Trapped("exception", [])
"""A start function that throws: wasmtime has an error for that, but it has no frames."""


class Ours:
    """The module in wasmvm. `imports`: what it imports, unless it is one of our own generators'."""

    def __init__(self, module: wasmvm.Module, store: wasmvm.Store, peer: Ours | None = None) -> None:
        self.module = module
        self.store = store
        self.instance: wasmvm.Instance | None = None
        self.peer = peer
        self.imports: dict[str, Any] | None = None
        self.exports: dict[str, Any] = {}

    def start(self) -> object:
        try:
            return self.outcome(self.instantiate, uncaught=())
        except wasmvm.WasmException:
            return THROWN_AT_START

    def instantiate(self) -> None:
        imports = self.imports
        if imports is None:
            host = host_functions(lambda x: self.exports["leaf"](x))
            imports = {
                import_.module: host if import_.module == "host" else self.peer.exports if self.peer else {}
                for import_ in self.module.imports
            }
        self.instance = wasmvm.Instance(self.module, imports, self.store)
        self.exports = dict(self.instance.exports)

    def outcome(
        self,
        action: Callable[..., object],
        *args: object,
        uncaught: tuple[type[wasmvm.WasmException], ...] = (wasmvm.WasmException,),
    ) -> object:
        """What the action returns, or a trap's code with its frames."""
        try:
            return action(*args)
        except (wasmvm.Trap, *uncaught) as trap:
            frames = [(frame.funcidx, frame.offset, frame.func_offset) for frame in trap.frames[:COMPARED_FRAMES]]
            code = trap.code if isinstance(trap, wasmvm.Trap) else None
            return Trapped(SAME_TRAP.get(code or "", code), frames)

    def call(self, name: str, args: list[Any]) -> object:
        func = self.exports[name]
        return self.outcome(lambda: results_seen(func(*args), func.type.results))

    def refuel(self) -> None:
        if self.peer:
            self.peer.refuel()
        if "fuel" in self.exports:
            self.exports["fuel"].value = FUEL

    def state(self) -> dict[str, object]:
        found: dict[str, object] = {"peer": self.peer.state()} if self.peer else {}
        for name, extern in self.exports.items():
            if isinstance(extern, wasmvm.Memory):
                found[name] = bytes(extern)
            elif isinstance(extern, wasmvm.Table):
                found[name] = len(extern)
            elif isinstance(extern, wasmvm.Global) and extern.type.valtype in COMPARED:
                found[name] = seen(extern.value, extern.type.valtype)
        return found


class Theirs:
    """The module in wasmtime; `types` are those of its exported globals."""

    def __init__(
        self, module: wasmtime.Module, ours: wasmvm.Module, store: wasmtime.Store, peer: Theirs | None = None
    ) -> None:
        self.module = module
        self.peer = peer
        self.store = store
        self.imports: list[Any] | None = None
        self.exports: dict[str, Any] = {}
        self.types = {e.name: e.type.valtype for e in ours.exports if isinstance(e.type, GlobalType)}

    def start(self) -> object:
        try:
            return self.outcome(self.instantiate)
        except wasmtime.WasmtimeError as error:
            if "thrown Wasm exception" not in str(error):
                raise
            return THROWN_AT_START

    def instantiate(self) -> None:
        externs = self.imports
        if externs is None:
            host = host_functions(lambda x: self.exports["leaf"](self.store, x))
            externs = []
            for import_ in self.module.imports:
                if import_.module == "host":
                    assert isinstance(import_.type, wasmtime.FuncType)
                    externs.append(wasmtime.Func(self.store, import_.type, host[import_.name or ""]))
                else:
                    externs.append(self.peer.exports[import_.name or ""] if self.peer else None)
        instance = wasmtime.Instance(self.store, self.module, externs)
        self.exports = dict(instance.exports(self.store).items())

    def outcome(self, action: Callable[..., object], *args: object) -> object:
        try:
            return action(*args)
        except wasmtime.Trap as trap:
            frames = [(f.func_index, f.module_offset, f.func_offset) for f in trap.frames[:COMPARED_FRAMES]]
            return Trapped(trap_code(trap), frames)

    def call(self, name: str, args: list[Any], results: tuple[int, ...]) -> object:
        func = self.exports[name]
        return self.outcome(lambda: results_seen(func(self.store, *args), results))

    def refuel(self) -> None:
        if self.peer:
            self.peer.refuel()
        if "fuel" in self.exports:
            self.exports["fuel"].set_value(self.store, wasmtime.Val.i32(FUEL))

    def state(self) -> dict[str, object]:
        found: dict[str, object] = {"peer": self.peer.state()} if self.peer else {}
        for name, extern in self.exports.items():
            if isinstance(extern, wasmtime.SharedMemory):
                found[name] = ctypes.string_at(extern.data_ptr(), extern.data_len())
            elif isinstance(extern, wasmtime.Memory):
                found[name] = ctypes.string_at(extern.data_ptr(self.store), extern.data_len(self.store))
            elif isinstance(extern, wasmtime.Table):
                found[name] = extern.size(self.store)
            elif isinstance(extern, wasmtime.Global) and self.types[name] in COMPARED:
                found[name] = seen(extern.value(self.store), self.types[name])
        return found


def argument(rng: Random, valtype: int) -> object:
    if valtype == I32:
        value = rng.choice(INTERESTING) & 0xFFFFFFFF
        return value - (value >> 31 << 32)
    if valtype == I64:
        return rng.choice(INTERESTING)
    if valtype in (F32, F64):
        value = rng.choice(FLOATS)
        return value if valtype == F64 or abs(value) < 3e38 or value in (FLOATS[8], FLOATS[9]) else 0.5
    assert valtype in (FUNCREF, EXTERNREF)
    return None


def compare(source: bytes, seed: int, with_fuel: bool = False, twin: bytes | None = None) -> int:
    """Compare the engines on one module; return the number of calls. Raises Difference.

    Of a `twin`, which wasmtime runs instead, places in the code are its own and not compared.
    """
    store = wasmtime.Store(engine(with_fuel))
    try:
        return compare_in(store, source, seed, with_fuel, twin)
    finally:
        store.close()  # otherwise it would never go: host functions keep what they use


def compare_in(store: wasmtime.Store, source: bytes, seed: int, with_fuel: bool, twin: bytes | None) -> int:
    metering = with_fuel or seed % 5 == 0  # code for stores that meter is other code
    our_store = wasmvm.Store(metering=metering)
    if metering:
        our_store.fuel = PLENTY
    if with_fuel:
        store.set_fuel(PLENTY)
    try:
        their_module = wasmtime.Module(engine(with_fuel), source if twin is None else twin)
    except wasmtime.WasmtimeError as error:
        raise Skip(f"wasmtime: {str(error)[:100]}") from error
    module = wasmvm.Module(source)
    our_peer = their_peer = None
    peer = peer_of(module)
    if peer:
        peer_module = wasmvm.Module(peer)
        our_peer = Ours(peer_module, our_store)
        their_peer = Theirs(wasmtime.Module(engine(with_fuel), peer), peer_module, store)
        agree("instantiation of the peer", our_peer.start(), their_peer.start())
    ours, theirs = Ours(module, our_store, our_peer), Theirs(their_module, module, store, their_peer)
    if not is_own(module):
        ours.imports, theirs.imports = supplied(module, our_store, their_module, store)
    agree("instantiation", ours.start(), theirs.start(), source)
    if ours.instance is None:
        return 1
    agree("state after instantiation", ours.state(), theirs.state())
    rng = Random(seed)
    calls = 0
    for name, extern in sorted(ours.exports.items()):
        if not isinstance(extern, wasmvm.Func) or not COMPARED.issuperset((*extern.type.params, *extern.type.results)):
            continue
        for _ in range(CALLS if extern.type.params else 2):
            args = [argument(rng, t) for t in extern.type.params]
            ours.refuel()
            theirs.refuel()
            if with_fuel:  # what instantiation costs is not the same
                our_store.fuel = PLENTY
                store.set_fuel(PLENTY)
            calls += 1
            outcome, other = ours.call(name, args), theirs.call(name, args, extern.type.results)
            if twin is not None:
                outcome, other = without_places(outcome), without_places(other)
            agree(f"{name}{tuple(args)}", outcome, other, source)
            if with_fuel and not isinstance(outcome, Trapped):
                agree(f"fuel after {name}{tuple(args)}", our_store.fuel, store.get_fuel())
            agree(f"state after {name}{tuple(args)}", ours.state(), theirs.state())
    return calls


def without_places(outcome: object) -> object:
    return outcome._replace(frames=[]) if isinstance(outcome, Trapped) else outcome


def brief(value: object) -> object:
    """A state as a message shows it: of a memory the length and a hash."""
    return (len(value), hashlib.sha1(value).hexdigest()) if isinstance(value, bytes) else value


def agree(what: str, ours: object, theirs: object, source: bytes = b"") -> None:
    if isinstance(ours, Trapped) and isinstance(theirs, Trapped) and ours.agrees(theirs, source):
        return
    for side in (ours, theirs):
        if isinstance(side, Trapped) and side.code in LIMITS:
            raise Skip(f"{side.code}, whose limits are not the same")
    if ours != theirs:
        if isinstance(ours, dict) and isinstance(theirs, dict):
            wrong = {name for name in ours if ours[name] != theirs.get(name)}
            what += f" {wrong}"
            ours, theirs = ({k: brief(side.get(k)) for k in wrong} for side in (ours, theirs))
        raise Difference(f"{what}: {ours!r} is not {theirs!r}")


def differences(
    generator: str, seeds: Iterator[int] | range, skipped: collections.Counter[str] | None = None
) -> Iterator[tuple[int, bytes, str | None]]:
    """(seed, module, what differs or None) of each seed whose module can be compared; `skipped` counts why others cannot."""
    for seed in seeds:
        source = b""
        try:
            source = GENERATORS[generator](seed)
            compare(source, seed, generator == "smith-fuel", TWINS[generator](seed) if generator in TWINS else None)
            yield seed, source, None
        except Skip as reason:
            if skipped is not None:
                skipped[str(reason)[:60]] += 1
        except Difference as difference:
            yield seed, source, str(difference)
        except (wasmvm.WasmError, ArithmeticError, LookupError, TypeError, ValueError, wasmtime.WasmtimeError) as error:
            yield seed, source, f"{type(error).__name__}: {error}"


def run(generator: str, first: int, count: int, end: float, keep: Path | None) -> tuple[int, int]:
    """Compare modules until there are `count` or it is the time `end`; how many were compared and how many differ."""
    began = time.monotonic()
    failed = compared = 0
    seed = first - 1
    skipped: collections.Counter[str] = collections.Counter()
    for seed, source, difference in differences(generator, range(first, first + count), skipped):
        compared += 1
        if difference is not None:
            failed += 1
            print(f"{generator} seed {seed}: {difference[:1000]}", flush=True)
            if keep:
                keep.mkdir(parents=True, exist_ok=True)
                (keep / f"{generator}-{seed}.wasm").write_bytes(source)
        if time.monotonic() > end:
            break
    took = time.monotonic() - began
    print(
        f"{generator}: seeds {first} to {seed}, {compared} modules compared, {failed} differ, {sum(skipped.values())} skipped"
        f" {dict(skipped.most_common(4))}, {compared / took:.0f} a second",
        flush=True,
    )
    return compared, failed


def main() -> int:
    parser = argparse.ArgumentParser(description="Compare wasmvm with wasmtime on generated modules.")
    parser.add_argument("--generator", choices=[*GENERATORS, "all"], default="own")
    parser.add_argument("--seed", type=int, default=0, help="of the first module")
    parser.add_argument("--count", type=int, default=100, help="modules of each generator")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="for each generator, at most")
    parser.add_argument("--keep", type=Path, help="folder for the modules that differ")
    parser.add_argument("--check", type=Path, help="only this module")
    options = parser.parse_args()
    if options.check:
        try:
            compare(options.check.read_bytes(), options.seed, options.generator == "smith-fuel")
        except (Difference, Skip, wasmvm.WasmError) as error:
            print(f"{type(error).__name__}: {error}")
            return isinstance(error, Difference)
        return 0
    chosen = list(GENERATORS) if options.generator == "all" else [options.generator]
    done = [run(name, options.seed, options.count, time.monotonic() + options.seconds, options.keep) for name in chosen]
    print(f"all: {sum(d[0] for d in done)} modules compared, {sum(d[1] for d in done)} differ")
    return 1 if any(failed for _, failed in done) else 0


if __name__ == "__main__":
    sys.exit(main())
