"""Which faults are tried: a sample that is the same for the same seed and source, spread over all packages."""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Iterable

from tests.mutation.fault import Fault, package_of


def sample(faults: Iterable[Fault], count: int, seed: int) -> list[Fault]:
    """Choose `count` faults, or all if there are not so many, and no two of the same line.

    A package gets a share that follows the root of its number of lines, so that small ones are not left out. Of a package,
    lines are chosen, and then one of the faults of each.
    """
    packages: dict[str, dict[tuple[str, str, str], list[Fault]]] = defaultdict(lambda: defaultdict(list))
    for fault in faults:
        packages[package_of(fault.path)][fault.path, fault.scope, fault.context].append(fault)
    shares = shared_out({name: len(lines) for name, lines in packages.items()}, count)
    chosen = []
    for name, lines in sorted(packages.items()):
        generator = random.Random(f"{seed} {name}")
        for key in generator.sample(sorted(lines), shares[name]):
            chosen.append(generator.choice(sorted(lines[key], key=lambda fault: fault.content)))
    random.Random(seed).shuffle(chosen)
    return chosen


def shared_out(sizes: dict[str, int], count: int) -> dict[str, int]:
    """`count`, or as much of it as there is, shared out by the roots of the sizes."""
    weights = {name: math.sqrt(size) for name, size in sizes.items()}
    total = sum(weights.values())
    shares = {name: min(sizes[name], int(count * weight / total)) for name, weight in weights.items()}
    while sum(shares.values()) < min(count, sum(sizes.values())):
        open_ = [name for name in sorted(sizes) if shares[name] < sizes[name]]
        shares[max(open_, key=lambda name: weights[name] / (shares[name] + 1))] += 1
    return shares
