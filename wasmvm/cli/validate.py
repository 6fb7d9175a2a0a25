"""``wasmvm validate``: says nothing about files that hold valid modules, and one line about each that does not."""

from __future__ import annotations

import argparse

from wasmvm.cli.failure import CommandError, complain
from wasmvm.cli.features import add_features, given_features
from wasmvm.cli.limits import add_module_size
from wasmvm.cli.load import load_module

ABOUT = {
    "help": "check that files are valid modules",
    "description": "Decodes and validates modules; prints one line for each file that is not one; exits with 1 then.",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_features(parser)
    add_module_size(parser)
    parser.add_argument("files", nargs="+", metavar="FILE")


def run(args: argparse.Namespace) -> int:
    features = given_features(args)
    failures = 0
    for path in args.files:
        try:
            load_module(path, max_module_size=args.max_module_size, features=features)
        except CommandError as error:
            failures += 1
            complain(str(error))
    return 1 if failures else 0
