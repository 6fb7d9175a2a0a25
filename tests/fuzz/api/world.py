"""The state of one random program: stores and what lives in them, what is known of it, and what went wrong."""

from __future__ import annotations

import contextlib
import sys
from random import Random
from typing import Any

import numpy as np

import wasmvm
from tests.fuzz.api import odd
from tests.fuzz.api.guests import CALLS, GUEST, NEIGHBOUR, NEIGHBOUR_CALLS
from tests.fuzz.api.odd import Fin, Odd

MODULES: dict[str, wasmvm.Module] = {}
PAGE = 65536
KEPT = 12
"""Objects of each kind that a program holds at most."""
EXPECTED = (
    wasmvm.WasmError, TypeError, ValueError, IndexError, OverflowError, MemoryError, BufferError, RecursionError, Odd,
)  # fmt: skip
"""What a call of the API may raise. A `RuntimeError` only says that another thread has the store."""
THREAD_WORDS = ("another thread", "other thread")


def module(text: str) -> wasmvm.Module:
    made = MODULES.get(text)
    if made is None:
        made = MODULES[text] = wasmvm.Module(text)
    return made


def is_expected(error: BaseException) -> bool:
    if isinstance(error, wasmvm.InternalError):
        return False
    if isinstance(error, EXPECTED):
        return True
    return type(error) is RuntimeError and any(words in str(error) for words in THREAD_WORDS)


class View:
    """A view of a memory, and the size that it must keep."""

    def __init__(self, view: Any, size: int) -> None:
        self.view = view
        self.size = size


class World:
    """What a program has made so far. All of it may change whenever Python runs: lists are picked from with care."""

    def __init__(self, seed: int, stress: bool, threads: bool = True) -> None:
        self.seed = seed
        self.stress = stress
        self.threads = threads
        self.findings: list[str] = []
        self.alive = True
        self.depth = 0
        self.mischief_left = 3000
        self.step = 0
        self.mischiefs = 0
        self.op: Any = None
        self.stores: list[wasmvm.Store] = []
        self.instances: list[wasmvm.Instance] = []
        self.neighbours: list[wasmvm.Instance] = []
        self.memories: list[wasmvm.Memory] = []
        self.tables: list[wasmvm.Table] = []
        self.globals: list[wasmvm.Global] = []
        self.funcs: list[wasmvm.Func] = []
        self.tags: list[wasmvm.Tag] = []
        self.objects: list[Any] = []
        self.views: list[View] = []
        self.kinds = {
            wasmvm.Memory: self.memories, wasmvm.Table: self.tables, wasmvm.Global: self.globals,
            wasmvm.Func: self.funcs, wasmvm.Tag: self.tags,
        }  # fmt: skip

    # --- what is wrong ------------------------------------------------------------------------------------------------

    def wrong(self, what: str) -> None:
        self.findings.append(f"seed {self.seed} step {self.step}: {what}")

    def expect(self, condition: bool, what: str) -> None:
        if not condition:
            self.wrong(what)

    def caught(self, error: BaseException) -> None:
        """Judge an exception that came out of the API."""
        if not is_expected(error):
            import traceback

            frames = traceback.extract_tb(error.__traceback__)
            own = [f"{f.filename.rsplit('/', 1)[-1]}:{f.lineno} {f.name}" for f in frames]
            self.wrong(f"{type(error).__name__}: {error} at {' < '.join(reversed(own[-6:]))}")

    def unraisable(self, args: Any) -> None:
        if args.exc_value is not None:
            self.caught(args.exc_value)

    # --- odd things ---------------------------------------------------------------------------------------------------

    def mischief(self, rng: Random) -> None:
        """Do one more thing, in the middle of another: for odd numbers, finalizers and functions of the host."""
        if not self.alive or self.depth >= 3 or self.mischief_left <= 0 or self.op is None or sys.is_finalizing():
            return
        self.mischief_left -= 1
        self.mischiefs += 1
        self.depth += 1
        try:
            self.op(self, rng)
        finally:
            self.depth -= 1

    def mischief_of(self, rng: Random, often: float = 0.6) -> odd.Mischief:
        """A mischief that can be done again and again; it may raise."""
        own = Random(rng.getrandbits(64))

        def act() -> None:
            if own.random() < often:
                self.mischief(own)
            if own.random() < 0.05:
                raise Odd("on purpose")

        return act

    def host_functions(self, rng: Random) -> dict[str, Any]:
        own = Random(rng.getrandbits(64))

        def before(*kept: Any) -> None:
            roll = own.random()
            if roll < 0.35:
                self.mischief(own)
            elif roll < 0.4:
                raise Odd("of the host")
            elif roll < 0.45:
                raise self.exception(own)

        def i(x: int) -> Any:
            before()
            return own.choice((x, x, x, 1, odd.integer(own, self.mischief_of(own))))

        def r(x: Any) -> Any:
            before(x)
            return own.choice((x, x, self.reference(own)))

        def a(x: Any, n: int, d: float) -> Any:
            before(x)
            return own.choice((x, x, self.reference(own), n, None))

        def m(*args: Any) -> Any:
            before(args)
            made = (5, args[4], bytes(16))
            return own.choice((
                made, made, list(made), iter(made), made[:2], (odd.integer(own, self.mischief_of(own)), *made[1:]),
                (5, self.reference(own), odd.buffer(own, 16)), None, Fin(self.mischief_of(own)),
            ))  # fmt: skip

        def n() -> Any:
            before()
            return None if own.random() < 0.95 else 5

        return {"i": i, "r": r, "a": a, "m": m, "n": n}

    def exception(self, rng: Random) -> BaseException:
        tag = self.pick(self.tags, rng)
        if tag is None:
            return Odd("without a tag")
        payload = [self.value(rng, t) for t in tag.type.functype.params]
        if rng.random() < 0.1:
            payload = payload[1:]
        return wasmvm.WasmException(tag, payload)

    # --- picking ------------------------------------------------------------------------------------------------------

    def pick(self, things: list[Any], rng: Random) -> Any:
        try:
            return things[rng.randrange(len(things))]
        except (IndexError, ValueError):
            return None

    def keep(self, things: list[Any], thing: Any, rng: Random) -> None:
        """Hold a thing; another one is let go of where there are many."""
        if len(things) < KEPT:
            things.append(thing)
        else:
            try:
                things[rng.randrange(len(things))] = thing
            except (IndexError, ValueError):
                things.append(thing)

    def let_go(self, things: list[Any], rng: Random) -> None:
        with contextlib.suppress(IndexError, ValueError):
            del things[rng.randrange(len(things))]

    def reference(self, rng: Random) -> Any:
        """Something that a reference may be to, of whatever store."""
        roll = rng.random()
        if roll < 0.2:
            return None
        if roll < 0.45:
            return self.pick(self.objects, rng)
        if roll < 0.6:
            return Fin(self.mischief_of(rng, 0.2))
        if roll < 0.7:
            made = Fin(self.mischief_of(rng, 0.2))
            made.other = [made, self.pick(self.instances, rng), self.pick(self.stores, rng)]
            return made
        if roll < 0.8:
            return self.pick(self.funcs, rng)
        return rng.choice((1, -1, 1 << 30, (1 << 30) - 1, 1 << 62, "text", [], 2.5, object(), self.pick(self.instances, rng),
                           self.pick(self.memories, rng), Odd, np.int32(5), True))  # fmt: skip

    def value(self, rng: Random, valtype: int) -> Any:
        """A value for a type, mostly one that fits."""
        if valtype in (0x7F, 0x7E):
            return odd.integer(rng, self.mischief_of(rng))
        if valtype in (0x7D, 0x7C):
            return odd.number(rng, self.mischief_of(rng))
        if valtype == 0x7B:
            return odd.buffer(rng, 16)
        if valtype == 0x70:
            return rng.choice((None, self.pick(self.funcs, rng), self.pick(self.funcs, rng), self.reference(rng)))
        return self.reference(rng)

    def arguments(self, rng: Random, kinds: str) -> list[Any]:
        """Arguments of a function of the guests; what the letters mean is said there."""
        small = {"i": None, "l": None, "n": 200, "p": 2 * PAGE, "e": 8, "g": 2}
        made: list[Any] = []
        for kind in kinds:
            if kind in small:
                made.append(odd.integer(rng, self.mischief_of(rng), small[kind]))
            elif kind in "sd":
                made.append(odd.number(rng, self.mischief_of(rng)))
            elif kind == "v":
                made.append(odd.buffer(rng, 16))
            elif kind == "f":
                made.append(self.pick(self.funcs, rng))
            else:
                made.append(self.reference(rng))
        return made

    # --- making -------------------------------------------------------------------------------------------------------

    def new_store(self, rng: Random) -> wasmvm.Store:
        options: dict[str, Any] = {
            "max_memory": rng.choice((2 * PAGE, 6 * PAGE, 1 << 22)),
            "max_table": rng.choice((8, 1000)),
        }
        if rng.random() < 0.3:
            options["max_stack"] = rng.choice((65536, 1 << 17, 1 << 20))
        if rng.random() < 0.3:
            options["max_heap"] = rng.choice((2000, 20_000, 1 << 20))
        else:
            options["max_heap"] = 1 << 23
        if rng.random() < 0.2:
            options["metering"] = rng.choice((1, 2, True))
        store = wasmvm.Store(**options)
        if "metering" in options:
            store.fuel = rng.choice((100, 10_000, 1 << 40))
        if rng.random() < 0.3:
            store.timeout = rng.choice((0, 0.001, 0.05, 5))
        store.stress = self.stress and rng.random() < 0.7
        self.keep(self.stores, store, rng)
        return store

    def store(self, rng: Random) -> wasmvm.Store:
        found = self.pick(self.stores, rng)
        return found if found is not None else self.new_store(rng)

    def adopt(self, instance: wasmvm.Instance, rng: Random) -> None:
        """Hold some of what an instance exports."""
        for name, extern in dict(instance.exports).items():
            if name != "bad" and rng.random() < 0.5:
                self.keep(self.kinds[type(extern)], extern, rng)

    def new_instance(self, rng: Random) -> wasmvm.Instance:
        store = self.store(rng)
        instance = wasmvm.Instance(module(GUEST), {"h": self.host_functions(rng)}, store)
        self.keep(self.instances, instance, rng)
        self.adopt(instance, rng)
        return instance

    def new_neighbour(self, rng: Random) -> wasmvm.Instance:
        other = self.pick(self.instances, rng)
        if other is None:
            other = self.new_instance(rng)
        store = other.store if rng.random() < 0.9 else self.store(rng)
        imports = {"h": self.host_functions(rng), "o": other.exports}
        instance = wasmvm.Instance(module(NEIGHBOUR), imports, store)
        self.keep(self.neighbours, instance, rng)
        self.adopt(instance, rng)
        return instance

    def guest(self, rng: Random) -> tuple[Any, dict[str, str]]:
        if rng.random() < 0.2:
            found = self.pick(self.neighbours, rng)
            if found is not None:
                return found, NEIGHBOUR_CALLS
        found = self.pick(self.instances, rng)
        return (found if found is not None else self.new_instance(rng)), CALLS

    # --- looking ------------------------------------------------------------------------------------------------------

    def look(self) -> None:
        """Check what must be true after every step."""
        for view in list(self.views):
            seen = memoryview(view.view)
            self.expect(seen.nbytes == view.size, f"a view of {view.size} bytes has {seen.nbytes}")
            if view.size:
                view.view[0], view.view[view.size - 1]
        for instance in [*self.instances, *self.neighbours]:
            bad = dict(instance.exports)["bad"].value
            self.expect(bad == 0, f"a guest finds what it kept changed: {bad}")
