"""Files of the commands that convert one file to another; ``-`` is the standard stream."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

from wasmvm.cli.failure import CommandError, UsageError, about_file
from wasmvm.quoting import escaped


def read_input(path: str) -> bytes:
    """The content of a file; raises CommandError, which names it."""
    if path == "-":
        if sys.stdin is None:
            raise CommandError("-: this process has no standard input")
        return sys.stdin.buffer.read()
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise about_file(path, error) from error


def write_output(path: str, pieces: Iterable[bytes | bytearray]) -> None:
    """Write a file as its pieces come; raises CommandError, which names it."""
    if path == "-":
        if sys.stdout is None:  # the process was started without
            return
        sys.stdout.flush()
        sys.stdout.buffer.writelines(pieces)
        sys.stdout.buffer.flush()
        return
    try:
        with open(path, "wb") as file:
            file.writelines(pieces)
    except OSError as error:
        raise about_file(path, error) from error


def default_output(path: str, suffix: str) -> str:
    """The input's path with another suffix; raises UsageError if that is the input itself."""
    if path == "-":
        return "-"
    stem, old = os.path.splitext(path)
    if old == suffix:
        raise UsageError(f"{escaped(path)} ends in {suffix}: say with -o where to write")
    return stem + suffix
