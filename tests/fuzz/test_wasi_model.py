"""The model of `wasi_model.py` in short: fixed seeds, and whether it would notice what is wrong."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fuzz import wasi_model
from wasmvm.wasi.host import errno, memtree
from wasmvm.wasi.host.sandbox import AVAILABLE
from wasmvm.wasi.host.walk import Walk

pytestmark = pytest.mark.skipif(not AVAILABLE, reason="directories of the host need openat and O_NOFOLLOW")


def findings(seed: int, steps: int) -> list[str]:
    lines: list[str] = []
    wasi_model.run(seed, steps, lines.append)
    return lines[:-1]


@pytest.mark.parametrize("seed", [1, 101, 201, 301])
def test_model_host_and_memory_agree(seed: int) -> None:
    assert findings(seed, 600) == []


def test_all_functions_are_tried_and_most_ends_are_seen() -> None:
    tally: dict[str, int] = {}
    for seed in range(500, 512):
        assert wasi_model.sequence(seed, 300, tally) is None
    assert {end.split()[0] for end in tally} == set(wasi_model._FUNCTIONS)
    assert {f"{name} SUCCESS" for name in wasi_model._FUNCTIONS if name != "bad_address"} <= set(tally)
    wanted = "EBADF EEXIST EFAULT EINVAL EISDIR ELOOP ENAMETOOLONG ENOENT ENOTDIR ENOTEMPTY EPERM EBUSY"
    assert set(wanted.split()) <= {end.split()[1] for end in tally}


def _wrong_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rename that counts a byte too many."""
    plain = memtree.MemoryTree.rename

    def rename(self: Any, directory: Any, name: bytes, new_directory: Any, new_name: bytes) -> None:
        plain(self, directory, name, new_directory, new_name)
        self.used += 1

    monkeypatch.setattr(memtree.MemoryTree, "rename", rename)


def _no_trailing_slash(monkeypatch: pytest.MonkeyPatch) -> None:
    """A trailing slash that means nothing."""
    plain = Walk.__init__

    def init(self: Any, tree: Any, start: Any, path: bytes, **options: Any) -> None:
        plain(self, tree, start, path.rstrip(b"/") or path, **options)

    monkeypatch.setattr(Walk, "__init__", init)


def _wrong_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(errno, "ENOTEMPTY", errno.EEXIST)


def _short_write(monkeypatch: pytest.MonkeyPatch) -> None:
    """A byte that is not written."""
    plain = memtree.MemoryFile.pwritev

    def pwritev(self: Any, buffers: Any, offset: int) -> int:
        count = plain(self, buffers, offset)
        if count > 4096:
            self._node.data[offset] ^= 1
        return count

    monkeypatch.setattr(memtree.MemoryFile, "pwritev", pwritev)


@pytest.mark.parametrize("break_it", [_wrong_count, _no_trailing_slash, _wrong_error, _short_write])
def test_it_notices(break_it: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    break_it(monkeypatch)
    assert findings(1, 3000)


def test_a_finding_names_its_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    _wrong_error(monkeypatch)
    first = findings(1, 3000)[0]
    seed = int(first.split(":")[0].removeprefix("seed "))
    assert wasi_model.sequence(seed, wasi_model.SEQUENCE, {}) is not None
