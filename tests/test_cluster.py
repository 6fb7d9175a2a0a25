"""Modules on the workers of a Dask cluster: compiled once, held once in each process, run by all of its tasks."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.patience import PATIENCE

ROOT = Path(__file__).resolve().parent.parent

pytest.importorskip("distributed", reason="the package `distributed` is not installed")


def run(*command: str) -> str:
    """What a program prints; it and all that it started are ended after a while, so that no test can hang."""
    process = subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        output, errors = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
        output, errors = process.communicate()
        pytest.fail(f"not done after {PATIENCE} seconds: {errors}")
    assert process.returncode == 0, errors
    return output


def test_each_worker_holds_one_module() -> None:
    result = json.loads(run("-m", "tests.cluster"))
    modules = {}
    for pid, identity, lowered in result["looks"]:
        assert lowered, "the code that was lowered here came along"
        assert modules.setdefault(pid, identity) == identity, "a process has the module once"
    assert len(modules) == 2
    assert result["parent"] not in modules
    assert result["found"] == [216, 2919]


def test_the_example() -> None:
    assert run("examples/cluster.py", "--below", "3000") == (
        "2919 takes 216 steps, more than any other number below 3000\n"
    )
