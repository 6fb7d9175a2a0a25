"""``wasmvm wat2wasm``: assembles a module in the text format."""

from __future__ import annotations

import argparse

from wasmvm.cli.convert import default_output, read_input, write_output
from wasmvm.cli.failure import CommandError
from wasmvm.errors import TextError
from wasmvm.quoting import escaped

ABOUT = {
    "help": "assemble a module in the text format",
    "description": "Assembles a module in the text format. It is not validated: `wasmvm validate` does that.",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-o", "--output", metavar="OUT", help="where to write; - is the standard output; default: FILE, ending in .wasm"
    )
    parser.add_argument("file", metavar="FILE", help="the text; - is the standard input")


def run(args: argparse.Namespace) -> int:
    from wasmvm.text import wat2wasm_pieces

    output = args.output or default_output(args.file, ".wasm")
    source = read_input(args.file)
    try:
        pieces = wat2wasm_pieces(source)
    except TextError as error:
        raise CommandError(f"{escaped(args.file)}:{error}") from error
    write_output(output, pieces)
    return 0
