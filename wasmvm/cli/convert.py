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
    """Write a file as its pieces come; raises CommandError, which names it.

    A file is there as a whole or as it was before, which may be what the pieces are made of.
    """
    if path == "-":
        if sys.stdout is None:  # the process was started without
            return
        sys.stdout.flush()
        sys.stdout.buffer.writelines(pieces)
        sys.stdout.buffer.flush()
        return
    try:
        target = os.path.realpath(path)  # where a symbolic link leads
        if os.path.exists(target) and not os.path.isfile(target):  # a device, a pipe
            with open(target, "wb") as file:
                file.writelines(pieces)
        else:
            _replace(target, pieces)
    except OSError as error:
        raise about_file(path, error) from error


def _replace(target: str, pieces: Iterable[bytes | bytearray]) -> None:
    """Write a regular file beside its place, then put it there; what cannot be written to is not replaced."""
    mode = None
    if os.path.exists(target):
        with open(target, "r+b") as file:
            mode = os.fstat(file.fileno()).st_mode & 0o7777
    beside = f"{target}.{os.getpid()}.part"
    try:
        with open(beside, "xb") as file:
            file.writelines(pieces)
        if mode is not None:
            os.chmod(beside, mode)
        os.replace(beside, target)
    except BaseException:
        if os.path.exists(beside):
            os.unlink(beside)
        raise


def default_output(path: str, suffix: str) -> str:
    """The input's path with another suffix; raises UsageError if that is the input itself."""
    if path == "-":
        return "-"
    stem, old = os.path.splitext(path)
    if old == suffix:
        raise UsageError(f"{escaped(path)} ends in {suffix}: say with -o where to write")
    return stem + suffix
