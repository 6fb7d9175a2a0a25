"""Measures wasmvm against its peers, side by side in one run.

    python -m benchmarks [throughput|unseen|start|boundary|threads|growth ...] [--quick] [--json FILE] [--plot FILE]

Needs the extra ``bench`` for the peers; one that is not there is left out with a line.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.display import Progress, expect_known

FAMILIES = ("throughput", "unseen", "start", "boundary", "threads", "growth")


def machine() -> dict[str, Any]:
    """On what was measured."""
    import os

    model = ""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    except OSError:
        pass
    return {
        "processor": model or platform.processor(),
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
    }


def parse(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("families", nargs="*", metavar="FAMILY", help=f"{', '.join(FAMILIES)} (all)")
    parser.add_argument("--quick", action="store_true", help="small inputs, one round: to see that everything works")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all samples")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw the medians; a .png or .svg (both are written)")
    options = parser.parse_args(argv)
    expect_known(parser, options.families, FAMILIES, "no such family")
    return options


def main(argv: list[str] | None = None) -> int:
    options = parse(argv)
    result: dict[str, Any] = {"machine": machine(), "quick": options.quick}
    for name in options.families or FAMILIES:
        family = import_module(f"benchmarks.{name}")
        result[name] = family.measure(Progress(0), quick=options.quick)
        print(family.summary(result[name]), end="\n\n", flush=True)
        if options.json:
            options.json.write_text(json.dumps(result, indent=1) + "\n")  # after each: the next one may take long
    if options.plot:
        from benchmarks.plot import draw

        for path in draw(result, options.plot):
            print(f"written: {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
