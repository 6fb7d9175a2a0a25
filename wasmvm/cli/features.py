"""Proposals on the command line: a list, as ``wasm-tools validate`` takes it, and ``-W NAME=yes`` as wasmtime does."""

from __future__ import annotations

import argparse

from wasmvm.cli.failure import UsageError
from wasmvm.cli.limits import WASMTIME

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wasmvm.features import Features

ANSWERS = {"": True, "y": True, "yes": True, "true": True, "n": False, "no": False, "false": False}


def add_features(parser: argparse.ArgumentParser) -> None:
    """Add the options for commands that only look at modules."""
    parser.add_argument(
        "-f",
        "--features",
        metavar="LIST",
        help="the proposals that modules may need: changes to the default, such as -simd,-gc (write --features=-simd), "
        "or to an edition of the standard, such as mvp or wasm2,tail-call",
    )
    parser.add_argument(
        "-W",
        action="append",
        default=[],
        dest="wasmtime_options",
        metavar="NAME=yes|no,...",
        help="switch proposals on or off, by the same names",
    )


def given_features(args: argparse.Namespace) -> Features | None:
    """The features that the command line allows, or None for the default; raises UsageError."""
    text = getattr(args, "features", None)
    if text is None and not args.wasmtime_options:
        return None
    from wasmvm.features import DEFAULT, parse, switched

    try:
        features = DEFAULT if text is None else parse(text)
    except ValueError as error:
        raise UsageError(f"--features: {error}") from None
    for word in [word for words in args.wasmtime_options for word in words.split(",")]:
        name, _, value = word.partition("=")
        if name in WASMTIME:
            continue
        if value not in ANSWERS:
            raise UsageError(f"-W {word}: expected {name}=yes or {name}=no")
        try:
            features = switched(features, name, on=ANSWERS[value])
        except ValueError as error:
            limits = ", ".join(WASMTIME) if hasattr(args, "fuel") else ""
            raise UsageError(f"-W {word}: {error}{limits and f'; limits: {limits}'}") from None
    return features
