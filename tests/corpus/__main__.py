"""Fetches the modules of the corpus, examines each in a process of its own, and writes docs/corpus.md.

python -m tests.corpus                      (all; writes results.json and the page if nothing is missing)
python -m tests.corpus --only clingo        (those whose package or path has the word; writes nothing)
python -m tests.corpus --installed          (those that the extra `test` installs: no network)
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.display import table
from tests.corpus import page
from tests.corpus.packages import Entry, Wrong, entries, fetched, installed

ROOT = Path(__file__).resolve().parents[2]
LONGEST = 900
"""Seconds that one module may take."""


def examined(entry: Entry, path: Path) -> dict[str, Any]:
    """What `tests.corpus.child` found, or how it ended."""
    wanted = json.dumps({"run": entry.run, "calls": entry.calls})
    command = [sys.executable, "-m", "tests.corpus.child", str(path.resolve()), wanted]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=LONGEST, cwd=ROOT)
    except subprocess.TimeoutExpired:
        return {"wasmvm": f"FAILED: not done after {LONGEST} seconds"}
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        return {"wasmvm": f"FAILED: {lines[-1]}"}
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def faults(entry: Entry, found: dict[str, Any]) -> list[str]:
    """What is wrong: other verdicts without a reason, wrong results, a process that ended."""
    wrong = [f"{key}: {found[key]}" for key in ("wasmvm", "run", "instance") if page.is_wrong(found.get(key, ""))]
    refused = found["wasmvm"] != "valid"
    if not wrong and refused != (found["wasm-tools"] != "valid") and not entry.reason:
        wrong.append(f"wasmvm: {found['wasmvm']}; wasm-tools: {found['wasm-tools']}")
    if entry.reason and not refused:
        wrong.append(f"it is valid now; the reason is out of date: {entry.reason}")
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.corpus", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--only", metavar="WORD", help="modules whose package or path has this word")
    parser.add_argument("--installed", action="store_true", help="only what is installed; nothing is downloaded")
    parser.add_argument(
        "--cache",
        type=Path,
        default=Path(tempfile.gettempdir()) / f"wasmvm-corpus-{os.getuid()}",
        help="the folder for downloads",
    )
    args = parser.parse_args()
    args.cache.mkdir(mode=0o700, parents=True, exist_ok=True)
    results: list[dict[str, Any]] = []
    wrong: list[str] = []
    for entry in entries():
        if args.only and args.only not in f"{entry.package} {entry.path}":
            continue
        if args.installed and installed(entry) is None:
            continue
        try:
            found = examined(entry, fetched(entry, args.cache))
        except Wrong as error:
            wrong.append(str(error))
            continue
        wrong += [f"{entry.name}: {what}" for what in faults(entry, found)]
        results.append({"package": entry.package, "path": entry.path, "sha256": entry.sha256, **found})
        print(f"{entry.name}: {found['wasmvm']}", file=sys.stderr, flush=True)
    print(table(page.HEADER, page.rows(entries(), results)))
    print(*wrong, f"{len(results)} modules, {len(wrong)} faults", sep="\n")
    if not args.only and not args.installed and len(results) == len(entries()):
        page.RESULTS.write_text(json.dumps(results, indent=1) + "\n")
        page.PAGE.write_text(page.text(entries(), results))
    return 1 if wrong or not results else 0


if __name__ == "__main__":
    sys.exit(main())
