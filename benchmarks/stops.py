"""How soon a guest stops, and how long other threads wait for it, for each kind of work that a guest can do.

    python -m benchmarks.stops [KIND ...]

Each kind runs with a deadline of 0.3 s. Printed are the time until it ended beyond that, and the longest time that
another Python thread, which asks every millisecond, went without the GIL; both in milliseconds. On a busy machine some
of that is the system's (`nothing`, which sleeps, shows how much), so the processor time is printed too that the guest's
thread took in the meantime.
"""

from __future__ import annotations

import argparse
import functools
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import wasmvm
from benchmarks.display import expect_known

SECONDS = 0.3
NOTHING = "nothing"
COUNT = "(global.set $n (i32.add (global.get $n) (i32.const 1)))"


def looped(body: str, around: str = "") -> str:
    return (
        f'(module {around} (global $n (mut i32) (i32.const 0)) (func (export "run") (loop $again {body} (br $again))))'
    )


def recursion(depth: int, tail: str) -> str:
    """Down is quick, up is long."""
    return looped(
        f"(call $deep (i32.const {depth}))",
        f"(func $deep (param i32) (if (local.get 0) (then (call $deep (i32.sub (local.get 0) (i32.const 1))))) {tail})",
    )


LIST = """(type $node (struct (field (ref null $node)))) (type $b (array (mut i8)))
  (global $l (mut (ref null $node)) (ref.null $node))
  (func $fill (param i32) (loop $f (global.set $l (struct.new $node (global.get $l)))
    (br_if $f (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))"""
CLAUSES = "(catch $other 0)" * 20_000
SEGMENT = '"' + 2000 * "x" + '"'
KINDS: dict[str, Callable[[], tuple[str, dict[str, Any]]]] = {
    "loop": lambda: (looped(""), {}),
    "fill of 64 MiB": lambda: (
        looped("(memory.fill (i32.const 0) (i32.const 1) (i32.const 0x4000000))", "(memory 1024)"), {}),
    "fill of 2 GiB": lambda: (
        looped("(memory.fill (i32.const 0) (i32.const 1) (i32.const 0x80000000))",
               "(memory 32768)"), {"max_memory": 1 << 32}),
    "fill of 4 KiB": lambda: (
        looped("(memory.fill (i32.const 0) (i32.const 1) (i32.const 4096))", "(memory 1)"), {}),
    "copy of 16 MiB": lambda: (
        looped("(memory.copy (i32.const 1) (i32.const 0) (i32.const 0x1000000))", "(memory 1024)"), {}),
    "table.copy": lambda: (
        looped("(table.copy (i32.const 1) (i32.const 0) (i32.const 9999999))", "(table 10000000 externref)"), {}),
    "table.grow": lambda: (
        looped("(drop (table.grow (ref.func $f) (i32.const 2000000)))",
               "(table 0 funcref) (func $f) (elem declare func $f)"), {}),
    "array.fill": lambda: (
        looped("(array.fill $a (global.get $x) (i32.const 0) (i64.const 7) (i32.const 30000000))",
               "(type $a (array (mut i64))) (global $x (ref $a) (array.new_default $a (i32.const 30000000)))"), {}),
    "array.new": lambda: (
        looped("(drop (array.new $a (i64.const 7) (i32.const 30000000)))", "(type $a (array (mut i64)))"), {}),
    "straight code": lambda: (looped("(call $long)", f"(func $long {COUNT * 200_000})"), {}),
    "50,000 locals": lambda: (
        looped("(call $wide)",
               f"(func $wide (local{' i64' * 50_000}) (drop (i64.add (local.get 0) (local.get 49999))))"), {}),
    "recursion": lambda: (recursion(200_000, COUNT * 100), {}),
    "throws": lambda: (
        looped("(block (try_table (catch $t 0) (call $deep (i32.const 100))))",
               f"""(tag $t) (tag $other)
               (func $deep (param i32) (block (try_table {CLAUSES}
               (if (local.get 0) (then (call $deep (i32.sub (local.get 0) (i32.const 1))))
               (else (throw $t))))))"""), {}),
    "collections": lambda: (
        looped("(drop (array.new_default $b (i32.const 60000)))(if (i32.eqz (global.get $n)) (then "
               f"(call $fill (i32.const 1000000)) {COUNT}))", LIST), {"max_heap": 72_000_000}),
    "growing": lambda: (looped("(drop (memory.grow (i32.const 0)))", "(memory 1)"), {}),
    "host of 20 ms": lambda: (looped("(call $h)", '(import "h" "nap" (func $h))'), {}),
    "host of C": lambda: (looped("(drop (call $h))", '(import "h" "count" (func $h (result i64)))'), {}),
    "callbacks": lambda: (
        looped("(call $h)", '(import "h" "back" (func $h)) (func (export "fine"))'), {}),
    "segments": lambda: (
        f"(module (memory 100) {''.join(f'(data (i32.const {i}) {SEGMENT})' for i in range(20_000))})", {}),
}  # fmt: skip


class Ticker:
    """A thread that wants the GIL every millisecond.

    Attributes:
        longest: the longest time that it went without, in seconds.
        busiest: the most processor time that the main thread took between two of its turns.
    """

    def __init__(self) -> None:
        self.longest = self.busiest = 0.0
        self.over = False
        self.thread = threading.Thread(target=self.run)

    def run(self) -> None:
        clock = time.pthread_getcpuclockid(threading.main_thread().ident or 0)
        last, used = time.monotonic(), time.clock_gettime(clock)
        while not self.over:
            time.sleep(0.001)
            now, now_used = time.monotonic(), time.clock_gettime(clock)
            self.longest = max(self.longest, now - last - 0.001)
            self.busiest = max(self.busiest, now_used - used)
            last, used = now, now_used


@contextmanager
def ticking() -> Iterator[Ticker]:
    ticker = Ticker()
    ticker.thread.start()
    try:
        yield ticker
    finally:
        ticker.over = True
        ticker.thread.join()


def trial(text: str, limits: dict[str, Any]) -> tuple[float, Ticker, str]:
    """Seconds beyond the deadline, the other thread, how it ended."""
    made: list[Any] = []
    data = bytes(1_000_000)
    names = {"nap": lambda: time.sleep(0.02), "count": lambda: 0, "back": lambda: made[0].exports.fine()}
    imports: dict[str, Any] = {"h": {**names, "count": functools.partial(data.count, b"x")}}
    module = wasmvm.Module(text)
    if "(import" not in text:
        imports = {}
    with ticking() as ticker:
        begin = time.monotonic()
        end = "returned"
        try:
            made.append(wasmvm.instantiate(module, imports, timeout=SECONDS, **limits))
            if "(export" in text:
                ticker.longest = ticker.busiest = 0.0
                begin = time.monotonic()
                made[0].exports.run()
        except wasmvm.Trap as trap:
            end = trap.code or "trap"
        took = time.monotonic() - begin
    return took - SECONDS, ticker, end


def parse(argv: list[str] | None) -> list[str]:
    """The kinds to try, none for all."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.stops",
        description=(__doc__ or "").partition("\n")[0],
        epilog=f"Kinds: {', '.join([NOTHING, *KINDS])}; the first is tried in any case.",
    )
    parser.add_argument("names", nargs="*", metavar="KIND", help="a kind of work; without any, all are tried")
    names: list[str] = parser.parse_args(argv).names
    expect_known(parser, names, (*KINDS, NOTHING), "no such kind")
    return names


def main(argv: list[str] | None = None) -> int:
    names = parse(argv)
    trial(looped(""), {})  # so that all is imported
    with ticking() as ticker:
        time.sleep(SECONDS)
    print(f"{'':20}{'late':>10}{'waited':>10}{'processor':>10}")
    print(f"{NOTHING:20}{'':>10}{1000 * ticker.longest:10.1f}{1000 * ticker.busiest:10.1f}")
    for name, make in KINDS.items():
        if names and name not in names:
            continue
        late, seen, end = trial(*make())
        print(f"{name:20}{1000 * late:10.1f}{1000 * seen.longest:10.1f}{1000 * seen.busiest:10.1f}  {end}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
