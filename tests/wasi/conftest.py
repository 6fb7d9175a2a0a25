"""Guests whose descriptor 3 is a directory, of the host's, by each way through its folders, and in memory."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.wasi.guest import Guest
from wasmvm._core import can_open_beneath
from wasmvm.wasi import HostDirectory, MemoryDirectory, WasiConfig
from wasmvm.wasi.host import sandbox

WAYS = ["name by name", "in one step"]
"""How the host is asked for a path of several folders: always name by name, or in one step where that is possible."""


def take_way(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let folders of the host be reached in one of the `WAYS`."""
    if way == "in one step":
        if not can_open_beneath():
            pytest.skip("this host cannot open a path in one step (openat2 of Linux)")
    else:
        monkeypatch.setattr(sandbox._one_step, "_found", False)


@pytest.fixture(params=[*WAYS, "memory"])
def make_guest(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Guest]]:
    """Makes a guest with the given files in its directory ``/``, in each kind of tree."""
    guests: list[Guest] = []
    if request.param != "memory":
        if os.name != "posix":
            pytest.skip("directories of the host need POSIX")
        take_way(request.param, monkeypatch)

    def make(files: dict[str, bytes] | None = None, *, read_only: bool = False, **options: Any) -> Guest:
        if request.param != "memory":
            root = tmp_path / f"root{len(guests)}"
            for name, data in (files or {}).items():
                path = root / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
            root.mkdir(exist_ok=True)
            grant: Any = HostDirectory(root, read_only)
        else:
            grant = MemoryDirectory(files, read_only=read_only)
        guests.append(Guest(WasiConfig(dirs={"/": grant}, **options)))
        return guests[-1]

    yield make
    for guest in guests:
        guest.wasi.close()


@pytest.fixture
def guest(make_guest: Callable[..., Guest]) -> Guest:
    """A guest with an empty directory."""
    return make_guest()
