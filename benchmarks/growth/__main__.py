"""Some curves and costs by name: ``python -m benchmarks.growth [NAME ...]``."""

from __future__ import annotations

import argparse

from benchmarks import growth
from benchmarks.display import Progress, expect_known


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.growth", description=(growth.__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="only what has one of these in its name")
    parser.add_argument("--quick", action="store_true", help="small sizes, one round: to see that everything works")
    options = parser.parse_args(argv)
    known = [name for name in options.names if growth.chosen([name]) != ([], [])]
    expect_known(parser, options.names, known, "nothing has this in its name")
    print(growth.summary(growth.measure(Progress(0), quick=options.quick, words=options.names)))


if __name__ == "__main__":
    main()
