"""`open_beneath`: one step down into folders of the host, and never out of them. It aims at decoys in a temporary folder."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.beside import beside
from tests.patience import PATIENCE
from wasmvm import _core

pytestmark = pytest.mark.skipif(not _core.can_open_beneath(), reason="this host has no openat2, or not all of it")


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[int]:
    (tmp_path / "root/a/b/c").mkdir(parents=True)
    (tmp_path / "outside").mkdir()
    (tmp_path / "root/a/file").touch()
    (tmp_path / "root/a/back").symlink_to("b")
    (tmp_path / "root/a/b/out").symlink_to("../../../outside")
    (tmp_path / "root/a/b/absolute").symlink_to(tmp_path / "root/a")
    fileno = os.open(tmp_path / "root", os.O_RDONLY)
    yield fileno
    os.close(fileno)


@pytest.mark.parametrize("path", ["a", "a/b", "a/b/c"])
def test_what_is_below(folder: int, path: str, tmp_path: Path) -> None:
    found = _core.open_beneath(folder, path.encode())
    assert os.path.samestat(os.fstat(found), (tmp_path / "root" / path).stat())
    assert not os.get_inheritable(found)
    with pytest.raises(OSError) as caught:  # it is good for nothing but calls on what is in it
        os.listdir(found)
    assert caught.value.errno == errno.EBADF
    os.close(found)


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("..", "EXDEV"), ("a/../..", "EXDEV"), ("a/b/../../../outside", "EXDEV"), ("/", "EXDEV"), ("/tmp", "EXDEV"),
        ("a/back", "ELOOP ENOTDIR"), ("a/back/c", "ELOOP"), ("a/b/out", "ELOOP ENOTDIR"), ("a/b/out/x", "ELOOP"),
        ("a/b/out/", "ELOOP ENOTDIR"), ("a/b/absolute/b", "ELOOP"), ("a/file", "ENOTDIR"), ("a/file/x", "ENOTDIR"),
        ("a/none", "ENOENT"), ("a/none/x", "ENOENT"), ("", "ENOENT"), ("a/" + "x" * 256, "ENAMETOOLONG"),
        ("a/" * 3000, "ENAMETOOLONG"),
    ],
)  # fmt: skip
def test_what_is_not(folder: int, path: str, names: str) -> None:
    before = set(os.listdir("/proc/self/fd"))
    assert _core.open_beneath(folder, path.encode()) in [-getattr(errno, name) for name in names.split()]
    assert set(os.listdir("/proc/self/fd")) == before


def test_links_of_the_kernel(tmp_path: Path) -> None:
    """They lead anywhere whatever their text says; aimed at an empty folder of our own."""
    target = os.open(tmp_path, os.O_RDONLY)
    proc = os.open("/proc/self", os.O_RDONLY)
    for path in (f"fd/{target}", f"fd/{target}/", f"fd/{target}/x", "cwd/.", "root/."):
        assert _core.open_beneath(proc, path.encode()) in (-errno.ELOOP, -errno.ENOTDIR)
    os.close(target)
    os.close(proc)


def test_what_cannot_be_a_path(folder: int) -> None:
    with pytest.raises(ValueError, match="null"):
        _core.open_beneath(folder, b"a\0/../../outside")
    for path in ("a", None, 1, bytearray(b"a")):
        with pytest.raises(TypeError):
            _core.open_beneath(folder, path)  # type: ignore[arg-type]
    with pytest.raises(OverflowError):
        _core.open_beneath(1 << 40, b"a")
    assert _core.open_beneath(-1, b"a") == -errno.EBADF


def test_a_folder_that_is_swapped_with_a_link(folder: int, tmp_path: Path) -> None:
    """Whatever is opened is inside: a link on the way is refused, not followed."""
    root = tmp_path / "root"
    (tmp_path / "outside/c").mkdir()
    outside = (tmp_path / "outside/c").stat()
    (root / "link").symlink_to("../../outside")

    def swap() -> None:
        os.rename(root / "a/b", root / "away")
        os.rename(root / "link", root / "a/b")
        os.rename(root / "a/b", root / "link")
        os.rename(root / "away", root / "a/b")

    seen = {"opened": 0, "refused": 0}
    with beside(swap):
        end = time.monotonic() + PATIENCE
        while (sum(seen.values()) < 20_000 or min(seen.values()) < 100) and time.monotonic() < end:
            found = _core.open_beneath(folder, b"a/b/c")
            if found >= 0:
                assert not os.path.samestat(os.fstat(found), outside)
                os.close(found)
            else:
                assert found in (-errno.ELOOP, -errno.ENOENT, -errno.EAGAIN)
            seen["opened" if found >= 0 else "refused"] += 1
    assert min(seen.values()) >= 100, "there was no race"
