"""``wasmvm wasm2wat``: prints a module in the text format."""

from __future__ import annotations

import argparse

from wasmvm.cli.convert import read_input, write_output
from wasmvm.cli.failure import CommandError, describe
from wasmvm.errors import DecodeError
from wasmvm.quoting import escaped

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wasmvm.cli.parser import Subparsers


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser(
        "wasm2wat",
        help="print a module in the text format",
        description="Prints a module in the text format, with the names of its name section.",
        allow_abbrev=False,
    )
    parser.add_argument("-o", "--output", metavar="OUT", default="-", help="where to write; default: standard output")
    parser.add_argument("file", metavar="FILE", help="the module; - is the standard input")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from wasmvm.embedding.text import wasm2wat

    source = read_input(args.file)
    try:
        text = wasm2wat(source)
    except DecodeError as error:
        raise CommandError(f"{escaped(args.file)}: {describe(error)}") from error
    write_output(args.output, text.encode())
    return 0
