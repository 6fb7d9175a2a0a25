"""Chooses the sequences of instructions that the threaded back end runs as one, by counting what programs execute.

    WASMVM_DISPATCH=counting python setup.py build_ext --inplace
    python tools/sequences.py count FILE.json run PROGRAM.wasm [ARGUMENT ...]    (a command line of `wasmvm`)
    python tools/sequences.py choose [--kernels FILE.json ...] [--programs FILE.json ...] \\
        > wasmvm/isa/threaded/sequences.py

Half of the weight is the kernels', half the large programs'; within a half all files weigh the same. So what a single
program does all day counts for little, and what many do a little counts. The programs of `benchmarks/programs/unseen`
must not be counted: they show what others get of all this.
"""

from __future__ import annotations

import argparse
import json
import sys
import textwrap
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from wasmvm.isa.regop import arm  # noqa: E402
from wasmvm.isa.threaded import forms  # noqa: E402

PAIRS, PLAIN_PAIRS, TRIPLES = 1600, 1100, 500
"""How many are chosen: of all pairs, of those without regard to accumulators that the second does not have from the
first, and of threes. Each is a function for the C compiler: about 10 ms of building."""

ROW = {number: forms.row_of(instruction) for number, instruction in enumerate(forms.INSTRUCTIONS)}
NAMES = [instruction.name for instruction in forms.INSTRUCTIONS]
BASE = {previous.number: previous.base.number for previous in forms.PREVIOUS_FORMS}
"""What an instruction is that does not follow another one in a sequence."""
NUMBERS = {name: number for number, name in enumerate(NAMES)}

_HEAD = '''\
"""Sequences of instructions that the threaded back end runs as one: what may follow on an instruction or a sequence.

Chosen by counting what runs, not by hand: `python tools/sequences.py` says how, docs/rationale.md why.
"""

SEQUENCES: dict[str, str] = {
'''


class Counts(NamedTuple):
    """What ran in one program, by place in the code.

    Attributes:
        op: the instruction, by its number.
        times: how often it ran.
        following: the place that follows where it does not jump away, or -1.
    """

    op: list[int]
    times: list[int]
    following: list[int]

    def fell_through(self, i: int) -> int:
        """How often what follows `i` ran next; of a branch that is at most as often as either ran."""
        return min(self.times[i], self.times[self.following[i]]) if ROW[self.op[i]].control != "next" else self.times[i]

    def runs(self, length: int) -> Iterator[tuple[tuple[int, ...], int]]:
        """Every run of so many adjacent instructions, and how often it ran."""
        for start in range(len(self.op)):
            i, ops, times = start, [BASE.get(self.op[start], self.op[start])], self.times[start]
            while len(ops) < length and self.following[i] >= 0:
                times = min(times, self.fell_through(i))
                i = self.following[i]
                ops.append(self.op[i])
            if len(ops) == length:
                yield tuple(ops), times


def count(path: Path, arguments: list[str]) -> None:
    """Run a command line of wasmvm and write what ran."""
    from wasmvm import _core
    from wasmvm.cli.main import main

    try:
        main(arguments)
    except SystemExit as exit_:
        print(f"exit {exit_.code}", file=sys.stderr)
    counts = getattr(_core, "counts", None)
    if counts is None:
        sys.exit("this is not the counting build of wasmvm._core")
    first = {made.number: made.parts[0].number for made in forms.SEQUENCES_BY_NUMBER}
    places = [(at, times, first.get(op, op)) for at, times, op in counts()]
    index = {at: i for i, (at, _, _) in enumerate(places)}
    following = [index.get(at + 4 * ROW[op].length, -1) if ROW[op].falls_through else -1 for at, _, op in places]
    path.write_text(json.dumps([[NAMES[op] for _, _, op in places], [times for _, times, _ in places], following]))


def read(path: Path) -> Counts:
    names, times, following = json.loads(path.read_text())
    return Counts([NUMBERS[name] for name in names], times, following)


def without_accumulators(pair: tuple[int, ...]) -> tuple[int, ...]:
    """The pair with a first part, and unless it reads what the first leaves a second, that reads no accumulator."""
    of_accumulators = {form.number: form for form in forms.ACCUMULATOR_FORMS}
    first, second = pair
    row, second = ROW[first], BASE.get(second, second)
    leaves = forms.REGISTERS.get(arm.effect(row))
    if second in of_accumulators and of_accumulators[second].register != leaves:
        second = ROW[second].number
    return row.number, second


def most(values: dict[tuple[int, ...], float]) -> list[tuple[int, ...]]:
    return sorted(values, key=values.__getitem__, reverse=True)


def choose(groups: Sequence[Sequence[Counts]]) -> set[tuple[int, ...]]:
    """The sequences that save most, counted over groups of programs of equal weight."""
    weighed: dict[int, dict[tuple[int, ...], float]] = {2: defaultdict(float), 3: defaultdict(float)}
    for group in groups:
        for counts in group:
            weight = 1 / len(groups) / len(group) / sum(counts.times)
            for length, counter in weighed.items():
                for ops, times in counts.runs(length):
                    counter[ops] += times * weight
    plain: dict[tuple[int, ...], float] = defaultdict(float)
    for pair, value in weighed[2].items():
        plain[without_accumulators(pair)] += value
    chosen = set(islice(most(plain), PLAIN_PAIRS))
    others = (pair for pair in most(weighed[2]) if pair not in chosen)
    chosen.update(islice(others, PAIRS - len(chosen)))
    longer = (ops for ops in most(weighed[3]) if ops[:2] in chosen)
    return chosen | {*islice(longer, TRIPLES)}


def module(chosen: Iterable[tuple[int, ...]]) -> str:
    """The text of `wasmvm/isa/threaded/sequences.py`."""
    lasts: dict[tuple[int, ...], list[int]] = {}
    for ops in chosen:
        lasts.setdefault(ops[:-1], []).append(ops[-1])
    out = [_HEAD]
    for first in sorted(lasts, key=lambda ops: (len(ops), ops)):
        key, text = " ".join(NAMES[op] for op in first), " ".join(NAMES[op] for op in sorted(lasts[first]))
        if len(key) + len(text) < 109:
            out.append(f'    "{key}": "{text}",\n')
        else:
            *lines, last = textwrap.wrap(text, 108, break_long_words=False, break_on_hyphens=False)
            out.append(f'    "{key}": (\n' + "".join(f'        "{line} "\n' for line in lines))
            out.append(f'        "{last}"\n    ),\n')
    return "".join([*out, "}\n"])


def main() -> None:
    if sys.argv[1:2] == ["count"]:
        count(Path(sys.argv[2]), sys.argv[3:])
        return
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("command", choices=["choose"])
    parser.add_argument("--kernels", nargs="*", type=Path, default=[])
    parser.add_argument("--programs", nargs="*", type=Path, default=[])
    options = parser.parse_args()
    groups = [[read(path) for path in paths] for paths in (options.kernels, options.programs) if paths]
    print(module(choose(groups)), end="")


if __name__ == "__main__":
    main()
