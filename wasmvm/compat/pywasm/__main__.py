"""pywasm's command line: calls a function of a module, or runs a WASI program."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from wasmvm.compat import pywasm


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="pywasm")
    parser.add_argument("--version", "-v", action="version", version=f"pywasm {pywasm.version}")
    parser.add_argument("--func", default="_start", help="the function to call")
    parser.add_argument("--func-args", action="append", default=[], help="an argument of it")
    parser.add_argument("--wasi-envs", action="append", default=[], help="an environment variable, KEY=VALUE")
    parser.add_argument("--wasi-dirs", action="append", default=[], help="a directory, GUEST:HOST")
    parser.add_argument("--wasi-args", action="append", default=[], help="an argument of the program")
    parser.add_argument("--wasi", choices=["preview1"], help="the version of WASI")
    parser.add_argument("file", help="the module")
    return parser


def _value(type: pywasm.ValType, word: str) -> Any:
    name = repr(type)
    if name == "v128":
        return bytearray.fromhex(word[2:])
    assert name[0] in "if", name
    return int(word) if name[0] == "i" else float(word)


def main() -> None:
    options = _parser().parse_args()
    runtime = pywasm.core.Runtime()
    if options.wasi:
        dirs = dict(entry.split(":", 1) for entry in options.wasi_dirs)
        envs = dict(entry.split("=", 1) for entry in options.wasi_envs)
        wasi = pywasm.wasi.Preview1([options.file, *options.wasi_args], dirs, envs)
        wasi.bind(runtime)
        sys.exit(wasi.main(runtime, runtime.instance_from_file(options.file)))
    module = runtime.instance_from_file(options.file)
    func = runtime.machine.store.func[[e for e in module.exps if e.name == options.func][0].data.data]  # noqa: RUF015
    assert len(func.type.args) == len(options.func_args)
    print(runtime.invocate(module, options.func, list(map(_value, func.type.args, options.func_args))))


if __name__ == "__main__":
    main()
