"""Guests whose descriptor 3 is a directory, once of the host's and once in memory."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.wasi.guest import Guest
from wasmvm.wasi import HostDirectory, MemoryDirectory, WasiConfig


@pytest.fixture(params=["host", "memory"])
def make_guest(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., Guest]]:
    """Makes a guest with the given files in its directory ``/``, in each kind of tree."""
    guests: list[Guest] = []

    def make(files: dict[str, bytes] | None = None, *, read_only: bool = False, **options: Any) -> Guest:
        if request.param == "host":
            if os.name != "posix":
                pytest.skip("directories of the host need POSIX")
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
