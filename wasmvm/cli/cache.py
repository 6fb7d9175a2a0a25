"""``wasmvm cache``: shows or removes the lowered code on disk."""

from __future__ import annotations

import argparse

from wasmvm.cli.failure import CommandError
from wasmvm.quoting import escaped

ABOUT = {
    "help": "show or clear the lowered code on disk",
    "description": "Shows the folder with the lowered code of modules that were run, and what is in it, the last used "
    "first. `wasmvm run` reads and writes it; it can be removed at any time.",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--clear", action="store_true", help="remove all of it")


def run(args: argparse.Namespace) -> int:
    """Raises CommandError if the folder must not be used, OSError if it cannot be read."""
    from time import localtime, strftime

    from wasmvm.compiled.cache import Cache, RefusedError

    cache = Cache()
    try:
        cache.check()
    except RefusedError as reason:
        raise CommandError(f"no code is kept: {reason}") from None
    if args.clear:
        count = cache.clear()
        print(f"{escaped(str(cache.folder))}: {count} file{'' if count == 1 else 's'} removed")
        return 0
    files = cache.files()
    total = sum(info.size for info in files)
    print(f"{escaped(str(cache.folder))}: {len(files)} module{'' if len(files) == 1 else 's'}, {total / 1e6:.1f} MB")
    for info in files:
        used = strftime("%Y-%m-%d %H:%M", localtime(info.used))
        print(f"{info.key[:16]}  {used}  {info.size:>10} bytes  {info.functions:>6} functions")
    return 0
