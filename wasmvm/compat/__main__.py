"""``python -m wasmvm.compat NAME PROGRAM``: runs a Python program with packages replaced."""

from __future__ import annotations

import os
import sys

from wasmvm.compat import NAMES, install

USAGE = f"""usage: python -m wasmvm.compat NAME[,NAME...] (-m MODULE | -c CODE | SCRIPT) [ARGUMENT...]

Runs a Python program in which `import NAME` gives wasmvm's replacement of that package.
NAME is one of: {", ".join(NAMES)}
"""


def main(argv: list[str]) -> None:
    """Never returns a code: the program's own exit is the exit."""
    import runpy

    if argv[:1] in (["-h"], ["--help"]):
        print(USAGE, end="")
        return
    if len(argv) < 2 or (argv[1] in ("-m", "-c") and len(argv) < 3):
        sys.exit(USAGE)
    try:
        for name in argv[0].split(","):
            install(name)
    except ValueError as error:
        sys.exit(f"{USAGE}error: {error}")
    if argv[1] == "-m":
        sys.argv = argv[2:]
        runpy.run_module(argv[2], run_name="__main__", alter_sys=True)
    elif argv[1] == "-c":
        sys.argv = ["-c", *argv[3:]]
        exec(compile(argv[2], "<string>", "exec"), {"__name__": "__main__"})
    else:
        sys.argv = argv[1:]
        sys.path[0] = os.path.dirname(os.path.abspath(argv[1]))
        runpy.run_path(argv[1], run_name="__main__")


if __name__ == "__main__":
    main(sys.argv[1:])
