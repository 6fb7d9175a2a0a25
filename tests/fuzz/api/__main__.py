"""Runs random programs of calls to the API, in processes of their own.

    python -m tests.fuzz.api [--seed N] [--count N] [--steps N] [--seconds S] [--jobs N] [--stress] [--no-threads]
    python -m tests.fuzz.api --replay SEED [--only STEP,STEP,...]    in this process, with every step said
    python -m tests.fuzz.api --shrink SEED                           the fewest steps that still fail

A program that crashes, hangs, raises what is not documented or finds other values than it wrote is a finding; it is told by
its seed. What a step does is drawn from the seed and its number alone, so that steps can be left out. Threads make programs
that are not the same every time: `--no-threads` checks more values.
"""

from __future__ import annotations

import argparse
import faulthandler
import gc
import os
import subprocess
import sys
import time
from pathlib import Path
from random import Random

from tests.patience import PATIENCE

SOME = 10
"""Programs that one process runs."""


def program(seed: int, steps: list[int], stress: bool, threads: bool, say: bool = False) -> tuple[list[str], int]:
    """Run one program; what is wrong, and how many things were done in the middle of others."""
    from tests.fuzz.api import ops
    from tests.fuzz.api.world import World

    world = World(seed, stress, threads)
    world.op = ops.mischievous
    sys.unraisablehook = world.unraisable
    for step in steps:
        rng = Random(f"{seed}/{step}")
        world.step = step
        try:
            if step == 0:
                world.new_instance(rng)
            else:
                op = rng.choices(ops.OPS, ops.WEIGHTS)[0]
                if say:
                    print(step, op.__name__, flush=True)
                op(world, rng)
        except Exception as error:
            if say:
                print("   ", type(error).__name__, str(error)[:150], flush=True)
            world.caught(error)
        try:
            world.look()
        except Exception as error:
            world.caught(error)
        if world.findings:
            break
    ops.usual_collector()
    if seed % 8:
        world.alive = False  # else finalizers go on while everything is taken down
    world.__dict__.update(
        {name: [] for name, value in list(world.__dict__.items()) if type(value) is list and name != "findings"}
    )
    gc.collect()
    found = list(world.findings)
    world.alive = False
    return found, world.mischiefs


def work(options: argparse.Namespace) -> int:
    """Run programs one after the other; say what begins and what is done, so that the one that crashes is known."""
    # What wasmvm imports when it is first needed: a signal's handler in the middle of such an import, which needs the same
    # module, gets an ImportError (found by seed 100040, which had it happen in the first trap of a process).
    import wasmvm.binary.names
    import wasmvm.lowering.body  # noqa: F401
    from tests.fuzz.api import guests, world

    faulthandler.enable()
    failed = False
    for text in (guests.GUEST, guests.NEIGHBOUR):
        world.module(text)  # which must be valid
    for seed in range(options.seed, options.seed + options.count):
        print("begin", seed, flush=True)
        if os.environ.get("WASMVM_FUZZ_CRASH") == str(seed):
            os.abort()  # for the test that crashes are found
        faulthandler.dump_traceback_later(options.patience, exit=True)
        found, mischiefs = program(seed, options.only or list(range(options.steps)), options.stress, options.threads)
        for finding in found[:3]:
            print("found", finding.replace("\n", " ")[:1500], flush=True)
        failed = failed or bool(found)
        print("done", seed, mischiefs, flush=True)
    return 1 if failed else 0


def command(options: argparse.Namespace, seed: int, count: int, only: list[int] | None = None) -> list[str]:
    made = [sys.executable, "-m", "tests.fuzz.api", "--worker", "--seed", str(seed), "--count", str(count), "--steps",
            str(options.steps), "--patience", str(options.patience)]  # fmt: skip
    if options.stress:
        made.append("--stress")
    if not options.threads:
        made.append("--no-threads")
    if only is not None:
        made += ["--only", ",".join(map(str, only))]
    return made


class Result:
    """What a process said: its findings, the programs it has done, and the one to go on with."""

    def __init__(self, process: subprocess.Popen[str], seed: int, count: int, patience: float) -> None:
        self.findings: list[str] = []
        self.done = 0
        self.mischiefs = 0
        last = seed
        try:
            output, errors = process.communicate(timeout=(patience + 5) * count)
        except subprocess.TimeoutExpired:
            process.kill()
            output, errors = process.communicate()
        for line in output.splitlines():
            word, _, rest = line.partition(" ")
            if word == "begin":
                last = int(rest)
            elif word == "done":
                self.done += 1
                self.mischiefs += int(rest.split()[1])
                last = int(rest.split()[0]) + 1
            elif word == "found":
                self.findings.append(rest)
        self.next = last
        if self.done < count:
            self.next = last + 1
            self.findings.append(f"seed {last}: exit code {process.returncode}\n{errors[-4000:]}")
        elif process.returncode not in (0, 1):
            self.findings.append(
                f"seeds {seed} to {last - 1}: exit code {process.returncode} at the end\n{errors[-4000:]}"
            )


def start(options: argparse.Namespace, seed: int, count: int, only: list[int] | None = None) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command(options, seed, count, only), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        cwd=Path(__file__).resolve().parents[3], env={**os.environ},
    )  # fmt: skip


def pool(options: argparse.Namespace) -> int:
    """Run all programs, in as many processes at once as there may be jobs."""
    began = time.monotonic()
    end_seed = options.seed + options.count
    next_seed = options.seed
    running: list[tuple[subprocess.Popen[str], int, int]] = []
    findings = done = mischiefs = 0
    while running or (next_seed < end_seed and time.monotonic() - began < options.seconds):
        while len(running) < options.jobs and next_seed < end_seed and time.monotonic() - began < options.seconds:
            count = min(SOME, end_seed - next_seed)
            running.append((start(options, next_seed, count), next_seed, count))
            next_seed += count
        process, seed, count = running.pop(0)
        result = Result(process, seed, count, options.patience)
        done += result.done
        mischiefs += result.mischiefs
        findings += len(result.findings)
        for finding in result.findings:
            print(finding, flush=True)
        left = seed + count - result.next
        if left > 0:
            running.append((start(options, result.next, left), result.next, left))
    took = time.monotonic() - began
    print(
        f"seeds {options.seed} to {next_seed - 1}: {done} programs of {options.steps} steps ({done * options.steps} steps, and "
        f"{mischiefs} things in the middle of others), {findings} findings, {done * options.steps / took:.0f} steps a second"
    )
    return 1 if findings else 0


def shrink(options: argparse.Namespace) -> int:
    """Leave out steps as long as the program still fails."""

    def fails(steps: list[int]) -> bool:
        return any(
            Result(start(options, options.shrink, 1, steps), options.shrink, 1, options.patience).findings
            for _ in range(options.tries)
        )

    steps = list(range(options.steps))
    if not fails(steps):
        print("it does not fail")
        return 1
    size = len(steps) // 2
    while size:
        at = 0
        while at < len(steps):
            fewer = steps[:at] + steps[at + size :]
            if fewer and fails(fewer):
                steps = fewer
                print(len(steps), "steps", flush=True)
            else:
                at += size
        size //= 2
    print(
        f"python -m tests.fuzz.api --replay {options.shrink} --only {','.join(map(str, steps))}"
        f"{' --stress' if options.stress else ''}{'' if options.threads else ' --no-threads'}"
    )
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description="Random programs of calls to the API.")
    parser.add_argument("--seed", type=int, default=0, help="of the first program")
    parser.add_argument("--count", type=int, default=20, help="programs")
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="start no more programs after that")
    parser.add_argument("--jobs", type=int, default=1, help="processes at once")
    parser.add_argument("--stress", action="store_true", help="collect garbage at every allocation, in most stores")
    parser.add_argument("--no-threads", dest="threads", action="store_false")
    parser.add_argument("--patience", type=float, default=2 * PATIENCE, help="seconds that a program may take")
    parser.add_argument("--only", type=lambda text: [int(word) for word in text.split(",")], help="steps")
    parser.add_argument("--replay", type=int, metavar="SEED")
    parser.add_argument("--shrink", type=int, metavar="SEED")
    parser.add_argument("--tries", type=int, default=1, help="runs after which a shrunk program counts as passing")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        return work(options)
    if options.shrink is not None:
        return shrink(options)
    if options.replay is not None:
        faulthandler.enable()
        found, _ = program(
            options.replay, options.only or list(range(options.steps)), options.stress, options.threads, say=True
        )
        print("\n".join(found) or "nothing is wrong")
        return 1 if found else 0
    return pool(options)


if __name__ == "__main__":
    sys.exit(main())
