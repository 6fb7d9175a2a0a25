"""``wasmvm wast``: runs scripts of the official test suite and reports each command that failed."""

from __future__ import annotations

import argparse

from wasmvm.cli.failure import CommandError, about_file, describe
from wasmvm.cli.features import add_features, given_features
from wasmvm.errors import TextError
from wasmvm.quoting import escaped

ABOUT = {
    "help": "run test scripts",
    "description": "Runs .wast scripts; prints each command that failed, with its line, and how many assertions each "
    "file has; exits with 1 if any command failed.",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", metavar="FILE")
    add_features(parser)


def run(args: argparse.Namespace) -> int:
    from wasmvm.programs.wast import run_script

    features = given_features(args)
    failed = 0
    for path in args.files:
        try:
            with open(path, "rb") as file:
                report = run_script(file.read(), features)
        except OSError as error:
            raise about_file(path, error) from error
        except TextError as error:
            raise CommandError(f"{escaped(path)}:{describe(error)}") from error
        for failure in report.failures:
            print(f"{escaped(path)}:{failure.line}: {failure.kind}: {escaped(failure.message)}")
        ended = f"{len(report.failures)} commands failed" if report.failures else "all passed"
        print(f"{escaped(path)}: {report.total} assertions, {ended}")
        failed += len(report.failures)
    return 1 if failed else 0
