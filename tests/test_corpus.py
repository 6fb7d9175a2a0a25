"""The corpus of real modules: its page is that of its data, and its command works on what is installed (no network)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.corpus import page
from tests.corpus.__main__ import faults
from tests.corpus.packages import Entry, Wrong, entries, fetched, installed
from tests.patience import PATIENCE

ROOT = Path(__file__).resolve().parent.parent
SMALL = "mquickjs.wasm"


def results() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(page.RESULTS.read_text())
    return found


def test_the_page_is_that_of_the_data() -> None:
    assert page.PAGE.read_text() == page.text(entries(), results())


def test_the_results_are_about_the_modules_of_the_data() -> None:
    told = [(found["package"], found["path"], found["sha256"]) for found in results()]
    assert told == [(entry.package, entry.path, entry.sha256) for entry in entries()]
    assert len(set(told)) == len(told) >= 30


def test_every_refusal_has_a_reason() -> None:
    wrong = [what for entry, found in zip(entries(), results(), strict=True) for what in faults(entry, found)]
    assert not wrong


@pytest.mark.parametrize(
    ("found", "reason", "count"),
    [
        ({"wasmvm": "valid", "wasm-tools": "valid"}, "", 0),
        ({"wasmvm": "DecodeError: no", "wasm-tools": "valid"}, "", 1),
        ({"wasmvm": "DecodeError: no", "wasm-tools": "valid"}, "known", 0),
        ({"wasmvm": "valid", "wasm-tools": "error: no"}, "", 1),
        ({"wasmvm": "valid", "wasm-tools": "valid"}, "known", 1),
        ({"wasmvm": "FAILED: exit code -11"}, "known", 1),
        ({"wasmvm": "valid", "wasm-tools": "valid", "run": "WRONG: 1"}, "", 1),
    ],
)
def test_what_is_a_fault(found: dict[str, Any], reason: str, count: int) -> None:
    assert len(faults(entries()[0]._replace(reason=reason), found)) == count


def small() -> Entry:
    (entry,) = (entry for entry in entries() if entry.path.endswith(f"/{SMALL}"))
    if installed(entry) is None:
        pytest.skip("pwasm 0.2a0 is not installed (extra `test`)")
    return entry


def test_the_command_examines_what_is_installed(tmp_path: Path) -> None:
    small()
    command = [sys.executable, "-m", "tests.corpus", "--installed", "--only", SMALL, "--cache", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 modules, 0 faults" in done.stdout


def test_other_bytes_are_refused(tmp_path: Path) -> None:
    entry = small()
    (tmp_path / f"{entry.sha256}.wasm").write_bytes(b"\0asm\1\0\0\0")
    with pytest.raises(Wrong, match="was changed; remove it"):
        fetched(entry, tmp_path)


def test_wrong_results_of_a_module_are_noticed(tmp_path: Path) -> None:
    wasm = tmp_path / "add.wasm"
    wasm.write_bytes(
        bytes.fromhex("0061736d0100000001050160000 17f03020100070501016600000a06010400412a0b".replace(" ", ""))
    )
    for expected, said in ((42, "1 calls right"), (43, "WRONG: f([]) is 42, not 43")):
        wanted = json.dumps({"run": None, "calls": [["f", [], expected]]})
        command = [sys.executable, "-m", "tests.corpus.child", str(wasm), wanted]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE, cwd=ROOT)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["instance"] == said
