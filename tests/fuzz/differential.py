"""Runs generated modules here and in wasmtime, and compares everything that can be seen.

    python -m tests.fuzz.differential [--generator smith|own|vectors|memories] [--seed N] [--count N] [--keep FOLDER]
    python -m tests.fuzz.differential --check FILE      (exit code 1 if it differs: a predicate for `wasm-tools shrink`)

Every exported function is called with arguments drawn from the seed; results, traps with their frames and byte offsets,
the bytes of memories, the values of globals and the sizes of tables must be the same after every call.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import wasmtime

import wasmvm
from tests.fuzz import throwing
from tests.fuzz.generator import FUEL, Module
from tests.fuzz.verdict import wasm_tools
from tests.fuzz.vocabulary import MEMORIES, VECTORS, VOCABULARIES
from tests.oracle import trap_code
from wasmvm.types import EXTERNREF, F32, F64, FUNCREF, I32, I64, GlobalType

CALLS = 5
"""Calls of each exported function."""
COMPARED_FRAMES = 8
COMPARED = frozenset((I32, I64, F32, F64, FUNCREF, EXTERNREF))
"""The types of values that the Python API of wasmtime knows."""
SMITH = {
    "relaxed_simd_enabled": False, "exceptions_enabled": True, "gc_enabled": False,
    "tail_call_enabled": True, "threads_enabled": False, "extended_const_enabled": False,
    "wide_arithmetic_enabled": False, "custom_page_sizes_enabled": False, "shared_everything_threads_enabled": False,
    "custom_descriptors_enabled": False, "compact_imports_enabled": False,
    "memory64_enabled": True, "max_memories": 3,
    "max_imports": 0, "max_tables": 3, "export_everything": True, "canonicalize_nans": True,
    "max_memory32_bytes": 1 << 20, "max_memory64_bytes": 1 << 20, "memory_max_size_required": True, "max_table_elements": 1000,
    "table_max_size_required": True, "allow_start_export": True, "max_instructions": 400,
    "generate_custom_sections": True,
    "min_funcs": 2, "memory_offset_choices": [60, 30, 10],
}  # fmt: skip
INTERESTING = (0, 1, 2, 3, 8, -1, -2, 31, 63, 255, 65535, 0x7FFFFFFF, -0x80000000, 0x7FFFFFFFFFFFFFFF, -(1 << 63))
FLOATS = (0.0, -0.0, 1.0, -1.5, 3.7e9, -2147483649.0, 1e300, 2.0**-149, float("inf"), float("-inf"), float("nan"))
SAME_TRAP = {"undefined_element": "table_out_of_bounds", "null_exception_reference": None}
"""Where wasmtime has one code for two of ours, or its Python API none at all."""

LOAD_OPCODES = range(0x28, 0x36)
VECTOR_PREFIX = 0xFD
VECTOR_LOADS = (*range(11), *range(0x54, 0x58), 0x5C, 0x5D)
CALL_OPCODES = (0x10, 0x11)

_config = wasmtime.Config()
_config.cranelift_opt_level = "none"
_config.wasm_memory64 = _config.wasm_multi_memory = True
_config.wasm_exceptions = True
_engine = wasmtime.Engine(_config)


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


def smith_module(seed: int) -> bytes:
    """What `wasm-tools smith` makes of bytes drawn from the seed."""
    rng = Random(seed)
    program = wasm_tools()
    if program is None:
        raise Skip("wasm-tools is not installed")
    with tempfile.NamedTemporaryFile("w", suffix=".json") as config:
        json.dump({name.replace("_", "-"): value for name, value in SMITH.items()}, config)
        config.flush()
        done = subprocess.run(
            [program, "smith", "--ensure-termination", "--fuel", "300", "-c", config.name],
            input=rng.randbytes(rng.choice((300, 1000, 4000))), capture_output=True, check=False,
        )  # fmt: skip
    if done.returncode:
        raise Skip(f"smith: {done.stderr.decode()[:100]}")
    return done.stdout


def throwing_module(seed: int) -> bytes:
    return bytes(wasmtime.wat2wasm(throwing.program(seed)))


GENERATORS: dict[str, Callable[[int], bytes]] = {
    "own": own_module,
    "vectors": vector_module,
    "throwing": throwing_module,
    "memories": memory_module,
    "smith": smith_module,
}


def seen(value: Any) -> object:
    """A value in a form that compares: the bits of floats, all NaN alike, and all references (wasmtime shows some that
    are null as functions; that they are null is seen by programs)."""
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return "nan" if value != value else struct.pack("<d", value)
    if isinstance(value, (tuple, list)):
        return tuple(map(seen, value))
    return "reference"


def is_load(source: bytes, offset: int) -> bool:
    byte = source[offset]
    return byte in LOAD_OPCODES or (byte == VECTOR_PREFIX and source[offset + 1] in VECTOR_LOADS)


class Trapped(NamedTuple):
    """A trap: its code, and (funcidx, offset in the module, offset in the body) of the innermost frames.

    An exception that nothing caught is the same without a code: that is how wasmtime's Python API shows it.
    """

    code: str | None
    frames: list[tuple[int, int, int]]

    def agrees(self, other: Trapped, source: bytes) -> bool:
        """Whether it is the trap that wasmtime shows as `other`.

        Wasmtime's offsets are not exact: it sinks a load into the instruction that uses the value, and may show a
        caller at what follows its call. Ours must be at a load then, or at a call.
        """
        if self.code != other.code or [f[0] for f in self.frames] != [f[0] for f in other.frames]:
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


def peer_of(source: bytes) -> bytes | None:
    """The module that a generated module imports functions of."""
    for import_ in wasmvm.Module(source).imports:
        if import_.module.startswith("peer "):
            _, vocabulary, seed = import_.module.split()
            return bytes(wasmtime.wat2wasm(Module(int(seed), VOCABULARIES[vocabulary], is_peer=True).text))
    return None


THROWN_AT_START = Trapped("exception", [])
"""A start function that throws: wasmtime has an error for that, but it has no frames."""


class Ours:
    """The module in wasmvm."""

    def __init__(self, source: bytes, peer: Ours | None = None, metering: bool = False) -> None:
        self.module = wasmvm.Module(source)
        self.instance: wasmvm.Instance | None = None
        self.peer = peer
        self.store = peer.store if peer else wasmvm.Store(metering=metering)
        if metering:
            self.store.fuel = 1 << 60

    def start(self) -> object:
        try:
            return self.outcome(self.instantiate, uncaught=())
        except wasmvm.WasmException:
            return THROWN_AT_START

    def instantiate(self) -> None:
        host = host_functions(lambda x: self.exports["leaf"](x))
        imports = {
            import_.module: host if import_.module == "host" else self.peer.exports if self.peer else {}
            for import_ in self.module.imports
        }
        self.instance = wasmvm.Instance(self.module, imports, self.store)

    def outcome(
        self,
        action: Callable[..., object],
        *args: object,
        uncaught: tuple[type[wasmvm.WasmException], ...] = (wasmvm.WasmException,),
    ) -> object:
        """What the action returns, or a trap's code with its frames."""
        try:
            return seen(action(*args))
        except (wasmvm.Trap, *uncaught) as trap:
            frames = [(frame.funcidx, frame.offset, frame.func_offset) for frame in trap.frames[:COMPARED_FRAMES]]
            code = trap.code if isinstance(trap, wasmvm.Trap) else None
            return Trapped(SAME_TRAP.get(code or "", code), frames)

    @property
    def exports(self) -> dict[str, Any]:
        assert self.instance is not None
        return dict(self.instance.exports)

    def call(self, name: str, args: list[Any]) -> object:
        return self.outcome(self.exports[name], *args)

    def refuel(self) -> None:
        if self.peer:
            self.peer.refuel()
        if "fuel" in self.exports:
            self.exports["fuel"].value = FUEL

    def state(self) -> dict[str, object]:
        found: dict[str, object] = {"peer": self.peer.state()} if self.peer else {}
        for name, extern in self.exports.items():
            if isinstance(extern, wasmvm.Memory):
                found[name] = len(extern), hashlib.sha1(memoryview(extern)).hexdigest()
            elif isinstance(extern, wasmvm.Table):
                found[name] = len(extern)
            elif isinstance(extern, wasmvm.Global) and extern.type.valtype in COMPARED:
                found[name] = seen(extern.value)
        return found


class Theirs:
    """The module in wasmtime; `unknown` names the exported globals whose types its Python API does not know."""

    def __init__(self, source: bytes, store: wasmtime.Store, peer: Theirs | None = None) -> None:
        self.module = wasmtime.Module(_engine, source)
        self.peer = peer
        self.store = store
        self.exports: dict[str, Any] = {}
        self.unknown = {
            e.name
            for e in wasmvm.Module(source).exports
            if isinstance(e.type, GlobalType) and e.type.valtype not in COMPARED
        }

    def start(self) -> object:
        try:
            return self.outcome(self.instantiate)
        except wasmtime.WasmtimeError as error:
            if "thrown Wasm exception" not in str(error):
                raise
            return THROWN_AT_START

    def instantiate(self) -> None:
        host = host_functions(lambda x: self.exports["leaf"](self.store, x))
        externs: list[Any] = []
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
            return seen(action(*args))
        except wasmtime.Trap as trap:
            frames = [(f.func_index, f.module_offset, f.func_offset) for f in trap.frames[:COMPARED_FRAMES]]
            return Trapped(trap_code(trap), frames)

    def call(self, name: str, args: list[Any]) -> object:
        return self.outcome(self.exports[name], self.store, *args)

    def refuel(self) -> None:
        if self.peer:
            self.peer.refuel()
        if "fuel" in self.exports:
            self.exports["fuel"].set_value(self.store, wasmtime.Val.i32(FUEL))

    def state(self) -> dict[str, object]:
        found: dict[str, object] = {"peer": self.peer.state()} if self.peer else {}
        for name, extern in self.exports.items():
            if isinstance(extern, wasmtime.Memory):
                size = extern.data_len(self.store)
                found[name] = size, hashlib.sha1(extern.read(self.store, 0, size)).hexdigest()
            elif isinstance(extern, wasmtime.Table):
                found[name] = extern.size(self.store)
            elif isinstance(extern, wasmtime.Global) and name not in self.unknown:
                found[name] = seen(extern.value(self.store))
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


def compare(source: bytes, seed: int) -> int:
    """Compare the engines on one module; return the number of calls. Raises Difference."""
    store = wasmtime.Store(_engine)
    try:
        return compare_in(store, source, seed)
    finally:
        store.close()  # otherwise it would never go: host functions keep what they use


def compare_in(store: wasmtime.Store, source: bytes, seed: int) -> int:
    peer = peer_of(source)
    metering = seed % 5 == 0  # code for stores that meter is other code
    our_peer, their_peer = (Ours(peer, None, metering), Theirs(peer, store)) if peer else (None, None)
    if our_peer and their_peer:
        agree("instantiation of the peer", our_peer.start(), their_peer.start())
    try:
        theirs = Theirs(source, store, their_peer)
    except wasmtime.WasmtimeError as error:
        raise Skip(f"wasmtime: {str(error)[:100]}") from error
    ours = Ours(source, our_peer, metering)
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
            calls += 1
            agree(f"{name}{tuple(args)}", ours.call(name, args), theirs.call(name, args), source)
            agree(f"state after {name}{tuple(args)}", ours.state(), theirs.state())
    return calls


def agree(what: str, ours: object, theirs: object, source: bytes = b"") -> None:
    if isinstance(ours, Trapped) and isinstance(theirs, Trapped) and ours.agrees(theirs, source):
        return
    if ours != theirs:
        if isinstance(ours, dict) and isinstance(theirs, dict):
            wrong = {name for name in ours if ours[name] != theirs.get(name)}
            what += f" {wrong}"
            ours, theirs = ({k: side[k] for k in wrong} for side in (ours, theirs))
        raise Difference(f"{what}: {ours!r} is not {theirs!r}")


def differences(generator: str, seeds: Iterator[int] | range) -> Iterator[tuple[int, bytes, str | None]]:
    """(seed, module, what differs or None) of each seed whose module can be compared."""
    for seed in seeds:
        source = b""
        try:
            source = GENERATORS[generator](seed)
            compare(source, seed)
            yield seed, source, None
        except Skip:
            continue
        except Difference as difference:
            yield seed, source, str(difference)
        except (wasmvm.WasmError, ArithmeticError, LookupError, TypeError, ValueError) as error:
            yield seed, source, f"{type(error).__name__}: {error}"


def main() -> int:
    parser = argparse.ArgumentParser(description="Compare wasmvm with wasmtime on generated modules.")
    parser.add_argument("--generator", choices=GENERATORS, default="own")
    parser.add_argument("--seed", type=int, default=0, help="of the first module")
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--keep", type=Path, help="folder for the modules that differ")
    parser.add_argument("--check", type=Path, help="only this module")
    options = parser.parse_args()
    if options.check:
        try:
            compare(options.check.read_bytes(), options.seed)
        except (Difference, Skip, wasmvm.WasmError) as error:
            print(f"{type(error).__name__}: {error}")
            return isinstance(error, Difference)
        return 0
    failed = compared = 0
    for seed, source, difference in differences(options.generator, range(options.seed, options.seed + options.count)):
        compared += 1
        if difference is not None:
            failed += 1
            print(f"seed {seed}: {difference[:1000]}", flush=True)
            if options.keep:
                options.keep.mkdir(parents=True, exist_ok=True)
                (options.keep / f"{options.generator}-{seed}.wasm").write_bytes(source)
    print(f"{compared} modules compared, {failed} differ")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
