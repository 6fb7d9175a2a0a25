"""A guest copies a file of 256 MB in pieces of 64 KiB: wasmvm against the package wasmtime.

    python -m benchmarks.wasi_copy [--size MB] [--folder FOLDER] [--build]

Only the copying is timed, not the start of a process or the compilation of the module. The folder should be in memory
or on a fast disk, as what is compared is the way between the guest and the host.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import wasmtime

from benchmarks.measure import best_of
from wasmvm.embedding.instance import Instance
from wasmvm.embedding.module import Module
from wasmvm.errors import ExitTrap
from wasmvm.wasi import Wasi, WasiConfig, link

WASM = Path(__file__).with_suffix(".wasm")
ARGUMENTS = ["wasi_copy", "from", "to"]


def build() -> None:
    """Make the binary with ziglang."""
    flags = ["-target", "wasm32-wasi", "-O2", "-s"]
    subprocess.run([sys.executable, "-m", "ziglang", "cc", *flags, "-o", WASM, WASM.with_suffix(".c")], check=True)


def ours(folder: Path) -> Callable[[], None]:
    """A copy under wasmvm, ready to be made any number of times."""
    module = Module(WASM)

    def copy() -> None:
        with Wasi(WasiConfig(args=ARGUMENTS, dirs={"/": folder})) as wasi:
            instance = Instance(module, link(wasi))
            try:
                instance.exports["_start"]()
            except ExitTrap as exit_trap:
                if exit_trap.exit_code:
                    raise

    return copy


def theirs(folder: Path) -> Callable[[], None]:
    """The same under wasmtime."""
    engine = wasmtime.Engine()
    module = wasmtime.Module.from_file(engine, str(WASM))
    linker = wasmtime.Linker(engine)
    linker.define_wasi()

    def copy() -> None:
        store = wasmtime.Store(engine)
        config = wasmtime.WasiConfig()
        config.argv = ARGUMENTS
        config.preopen_dir(str(folder), "/")
        store.set_wasi(config)
        start = linker.instantiate(store, module).exports(store)["_start"]
        assert isinstance(start, wasmtime.Func)
        try:
            start(store)
        except wasmtime.ExitTrap as exit_trap:
            if exit_trap.code:
                raise
        store.close()

    return copy


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=256, metavar="MB")
    parser.add_argument("--folder", help="where to copy (a temporary folder)")
    parser.add_argument("--build", action="store_true", help="make the binary anew")
    options = parser.parse_args()
    if options.build:
        build()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        piece = os.urandom(1 << 20)
        with open(folder / "from", "wb") as file:
            for _ in range(options.size):
                file.write(piece)

        def checked(copy: Callable[[], None]) -> Callable[[], None]:
            """The copy, after the last one is gone, so that all make a new file."""

            def run() -> None:
                copy()
                assert (folder / "to").stat().st_size == options.size << 20
                (folder / "to").unlink()

            return run

        seconds = best_of({"wasmvm": checked(ours(folder)), "wasmtime": checked(theirs(folder))})
    for side, taken in seconds.items():
        print(f"{side:10} {taken:7.3f} s {options.size / taken:8.0f} MB/s")
    print(f"wasmvm is {seconds['wasmtime'] / seconds['wasmvm']:.2f}x as fast as wasmtime")


if __name__ == "__main__":
    main()
