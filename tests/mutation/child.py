"""Runs pytest in processes that are forks of this one, which has loaded what every run needs.

The package itself is never loaded here: each run sees the files of its tree as they are.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import json
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
import types
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tests.mutation.trees import ROOT

PRELOADED = ("pytest", "numpy", "hypothesis", "cython", "coverage", "asyncio", "unittest.mock", "concurrent.futures")
PYTEST_OPTIONS = (
    "-x",
    "-q",
    "-s",
    "--no-header",
    "-p",
    "no:cacheprovider",
    "-p",
    "no:xdist",
    "-p",
    "no:randomly",
    "-p",
    "no:faulthandler",
    "-W",
    "ignore",
)
POLL = 0.02  # seconds between two looks at a process
MOST_BYTES = 6 << 30  # of memory that is in use
PR_SET_CHILD_SUBREAPER = 36
NOT_BEGUN = 71
"""The exit code of a process that did not come as far as pytest: that says nothing about a fault."""


class Run(NamedTuple):
    """How a run of tests ended.

    Attributes:
        events: what the observer has written.
        ended: "exit N", "signal N", "time", "memory".
        output: the end of what it printed.
        seconds: how long it took, by the clock on the wall.
    """

    events: list[dict[str, Any]]
    ended: str
    output: str
    seconds: float


class Limits(NamedTuple):
    """When a run is taken for one that will not end: `processor` seconds altogether, `silence` seconds by the clock in
    which no test begins or ends. A busy machine reaches neither."""

    processor: float
    silence: float


def preload() -> None:
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # a process with threads should not be forked
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    for name in PRELOADED:
        importlib.import_module(name)


def run(
    tree: Path,
    arguments: Sequence[str],
    observer: Callable[[Any], Any],
    limits: Limits,
    environment: dict[str, str],
) -> Run:
    """Run pytest in `tree`.

    Args:
        arguments: for pytest, besides the usual ones.
        observer: makes the plugin that goes along, in the new process, of the file that it writes to.
        environment: variables that are set there.

    Raises:
        RuntimeError: the process could not begin.
    """
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        place = Path(folder)
        began, others = time.monotonic(), set(children())
        pid = os.fork()
        if not pid:
            serve(tree, arguments, observer, limits, environment, place)  # does not come back
        ended = wait(pid, place / "events", limits)
        seconds = time.monotonic() - began
        end_orphans(pid, others)
        events = [json.loads(line) for line in read_lines(place / "events")]
        output = (place / "output").read_text(errors="replace")[-3000:] if (place / "output").exists() else ""
        make_removable(place)
    if ended == f"exit {NOT_BEGUN}":
        raise RuntimeError(f"no tests can be run in {tree}: {output}")
    return Run(events, ended, output, seconds)


def serve(
    tree: Path,
    arguments: Sequence[str],
    observer: Callable[[Any], Any],
    limits: Limits,
    environment: dict[str, str],
    place: Path,
) -> None:
    """Be the new process."""
    status = NOT_BEGUN
    try:
        os.setsid()
        output = os.open(place / "output", os.O_WRONLY | os.O_CREAT)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for descriptor, source in ((0, nothing), (1, output), (2, output)):
            os.dup2(source, descriptor)
        seconds = int(limits.processor) + 1
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 60))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.chdir(tree)
        for name in ("cache", "tmp"):
            (place / name).mkdir()
        os.environ.update(
            {
                "WASMVM_CACHE_DIR": str(place / "cache"),
                "TMPDIR": str(place / "tmp"),
                "PYTHONPATH": str(tree),
                **environment,
            }
        )
        tempfile.tempdir = None
        forget_the_checkout(tree)
        import pytest

        with open(place / "events", "a") as log:
            status = 70
            status = int(pytest.main([*PYTEST_OPTIONS, *arguments], plugins=[observer(log)]))
    except BaseException as error:
        with contextlib.suppress(BaseException):
            os.write(2, f"{type(error).__name__}: {error}".encode())
    finally:
        with contextlib.suppress(BaseException):
            sys.stdout.flush()
        os._exit(status)


def forget_the_checkout(tree: Path) -> None:
    """Import the project's modules from the tree from now on."""
    for name in [
        name for name in sys.modules if name.partition(".")[0] in ("tests", "tools", "wasmvm", "benchmarks", "examples")
    ]:
        del sys.modules[name]
    sys.path[:] = [str(tree), *(path for path in sys.path if not path or Path(path).resolve() != ROOT)]
    sys.path[:] = [path for path in sys.path if path]  # "" is the current folder
    sys.modules["__main__"] = types.ModuleType("__main__")  # which processes that tests spawn would run anew


def wait(pid: int, events: Path, limits: Limits) -> str:
    """Wait for its end, or end it."""
    seen, since = -1, time.monotonic()
    while True:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            if os.WIFSIGNALED(status):
                number = os.WTERMSIG(status)
                return "time" if number == signal.SIGXCPU else f"signal {number}"
            return f"exit {os.WEXITSTATUS(status)}"
        size = events.stat().st_size if events.exists() else 0
        if size != seen:
            seen, since = size, time.monotonic()
        reason = "time" if time.monotonic() - since > limits.silence else "memory" if resident(pid) > MOST_BYTES else ""
        if reason:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            return reason
        time.sleep(POLL)


def resident(pid: int) -> int:
    """Bytes of memory that a process has in use."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize()
    except (OSError, IndexError):
        return 0


def end_orphans(session: int, others: set[int]) -> None:
    """End what a run has started and left behind: its process group, and what became a child of this process, which had
    the children `others` before."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(session, signal.SIGKILL)
    for orphan in set(children()) - others:
        with contextlib.suppress(ProcessLookupError, ChildProcessError):
            os.kill(orphan, signal.SIGKILL)
            os.waitpid(orphan, 0)


def children() -> Iterator[int]:
    path = Path(f"/proc/self/task/{os.getpid()}/children")
    if path.exists():
        yield from map(int, path.read_text().split())


def read_lines(path: Path) -> list[str]:
    """The whole lines of a file; a process that was ended may have left half of one."""
    if not path.exists():
        return []
    text = path.read_text()
    return text[: text.rfind("\n") + 1].splitlines()


def make_removable(folder: Path) -> None:
    """Tests of permissions may have been ended before they took them back."""
    for path, _, _ in os.walk(folder):
        with contextlib.suppress(OSError):
            os.chmod(path, 0o700)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(exist_ok=True)
