"""``wasmvm wasm2wat``: prints a module in the text format."""

from __future__ import annotations

import argparse

from wasmvm.cli.convert import read_input, write_output
from wasmvm.cli.failure import about_file
from wasmvm.errors import DecodeError

ABOUT = {
    "help": "print a module in the text format",
    "description": "Prints a module in the text format, with the names of its name section.",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-o", "--output", metavar="OUT", default="-", help="where to write; default: standard output")
    parser.add_argument("file", metavar="FILE", help="the module; - is the standard input")


def run(args: argparse.Namespace) -> int:
    from wasmvm.embedding.text import wasm2wat_pieces

    source = read_input(args.file)
    try:
        pieces = wasm2wat_pieces(source)
    except DecodeError as error:
        raise about_file(args.file, error) from error
    write_output(args.output, (piece.encode() for piece in pieces))
    return 0
