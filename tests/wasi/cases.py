"""Programs and what they are to do, in the layout of the official suite (WebAssembly/wasi-testsuite).

A folder holds ``NAME.wasm`` files, each with a ``NAME.json`` or none, and folders to work in. The json is

    {"args": [...], "env": {...}, "dirs": [...], "root": "...", "exit_code": 0, "stdout": "...", "stderr": "..."}

where each of `dirs` is a folder preopened by its own name and `root` one that is preopened as ``/``, or

    {"operations": [{"type": "run", "args": ...}, {"type": "write", "id": "stdin", "payload": "..."},
                    {"type": "read", "id": "stdout", "payload": "..."}, {"type": "wait", "exit_code": 0}]}
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

from tests.patience import PATIENCE

PROJECT = Path(__file__).resolve().parents[2]


class UnsupportedCase(Exception):
    """The description asks for something that this runner does not do; the message says what."""


class Case(NamedTuple):
    """A program and what it is to do; None for an output that may be anything."""

    wasm: Path
    args: list[str]
    env: dict[str, str]
    dirs: list[tuple[str, str]]
    stdin: bytes
    stdout: bytes | None
    stderr: bytes | None
    exit_code: int


class Outcome(NamedTuple):
    """What a program did; `tree` is what its folders held afterwards, by path."""

    exit_code: int
    stdout: bytes
    stderr: bytes
    tree: dict[str, str]


def _folders(item: dict[str, Any]) -> list[tuple[str, str]]:
    folders = [(name, name) for name in item.get("dirs", [])]
    if "root" in item:
        folders.append((item["root"], "/"))
    return folders


def read_case(wasm: Path) -> Case:
    """The case of a program. Raises UnsupportedCase."""
    if wasm.read_bytes()[4:8] != b"\x01\0\0\0":
        raise UnsupportedCase("it is a component, no core module")
    path = wasm.with_suffix(".json")
    item: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    if item.get("proposals"):
        raise UnsupportedCase(f"it needs the proposals {item['proposals']}")
    if "operations" not in item:
        outputs = [None if (text := item.get(name)) is None else text.encode() for name in ("stdout", "stderr")]
        return Case(
            wasm, item.get("args", []), item.get("env", {}), _folders(item), b"", outputs[0], outputs[1],
            item.get("exit_code", 0),
        )  # fmt: skip
    case = Case(wasm, [], {}, [], b"", None, None, 0)
    for step in item["operations"]:
        kind, stream = step["type"], step.get("id", "stdout")
        if kind == "run":
            case = case._replace(args=step.get("args", []), env=step.get("env", {}), dirs=_folders(step))
        elif kind == "write" and stream == "stdin":
            case = case._replace(stdin=case.stdin + step["payload"].encode())
        elif kind == "read" and stream == "stdout":
            case = case._replace(stdout=(case.stdout or b"") + step["payload"].encode())
        elif kind == "read" and stream == "stderr":
            case = case._replace(stderr=(case.stderr or b"") + step["payload"].encode())
        elif kind == "wait":
            case = case._replace(exit_code=step.get("exit_code", 0))
        else:
            raise UnsupportedCase(f"it has the operation {kind} of {stream}")
    return case


def fresh_copy(case: Case, folder: Path) -> list[tuple[Path, str]]:
    """Copies of the folders of a case in an empty `folder`, each with the guest's name."""
    copies = []
    for number, (name, guest) in enumerate(case.dirs):
        source, target = case.wasm.parent / name, folder / f"{number}"
        if source.is_dir():
            shutil.copytree(source, target, symlinks=True, ignore=shutil.ignore_patterns("*.cleanup", ".gitkeep"))
        else:
            target.mkdir()
        copies.append((target, guest))
    return copies


def tree_of(folder: Path) -> dict[str, str]:
    """What a folder holds: for each path its kind, and a file's contents or a link's text."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            found[name] = f"link to {os.readlink(path)}"
        elif path.is_dir():
            found[name] = "directory"
        else:
            found[name] = f"file with {path.read_bytes()!r}"
    return found


def run_case(case: Case, folder: Path) -> Outcome:
    """Run a case with ``wasmvm run`` on a fresh copy of its folders, made in the empty `folder`."""
    command = [sys.executable, "-m", "wasmvm", "run"]
    for host, guest in fresh_copy(case, folder):
        command += ["--dir", f"{host}::{guest}"]
    for name, value in case.env.items():
        command += ["--env", f"{name}={value}"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(PROJECT), os.environ.get("PYTHONPATH", "")])}
    done = subprocess.run(
        [*command, str(case.wasm), *case.args], input=case.stdin, capture_output=True, env=environment, timeout=PATIENCE
    )
    return Outcome(done.returncode, done.stdout, done.stderr, tree_of(folder))


def run_oracle(case: Case, folder: Path) -> Outcome:
    """The same with the package ``wasmtime``."""
    from tests.oracle import run_wasi

    copies = fresh_copy(case, folder)
    run = run_wasi(case.wasm, case.args, stdin=case.stdin, dirs=copies, env=case.env.items())
    return Outcome(run.exit_code, run.stdout, run.stderr, tree_of(folder))


def failures(case: Case, outcome: Outcome) -> list[str]:
    """How an outcome differs from what the case asks for."""
    found = []
    for name in ("exit_code", "stdout", "stderr"):
        wanted, got = getattr(case, name), getattr(outcome, name)
        if wanted is not None and wanted != got:
            found.append(f"{name}: {got!r} instead of {wanted!r}")
    if found and not any(text.startswith("stderr") for text in found):
        found.append(f"stderr was: {outcome.stderr.decode(errors='replace')}")
    return found
