"""What a directory of the host lets a guest reach that nobody means to grant; `run` and the command line warn of it.

The whole file system includes the keys of its user. In ``/proc`` and ``/sys`` the kernel shows itself as files: there a
guest can read and write the memory of this process, its environment and its descriptors. That is no sandbox.
"""

from __future__ import annotations

import os

_KERNEL = {"proc": "processes, this one included", "sysfs": "the machine's devices and settings"}
"""Types of file systems that are not files, and what they show."""


def exposure(path: str | bytes | os.PathLike[str]) -> str | None:
    """A line on what granting the directory `path` means, or None if it has only files."""
    found = os.path.realpath(os.fsdecode(path))
    if found == os.path.dirname(found):
        return f"{found} grants the guest every file of this machine that its user can reach, and its processes"
    for mount, kind in _kernel_mounts():
        if _is_within(found, mount) or _is_within(mount, found):
            return f"{found} shows the guest {mount}: {_KERNEL[kind]}"
    return None


def _is_within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def _kernel_mounts() -> list[tuple[str, str]]:
    """Where such file systems are mounted, and their types; the usual places if the host does not say."""
    try:
        with open("/proc/self/mountinfo", "rb") as file:
            lines = file.read().splitlines()
    except OSError:
        return [("/proc", "proc"), ("/sys", "sysfs")] if os.name == "posix" else []
    mounts = []
    for line in lines:
        before, _, after = line.partition(b" - ")
        kind, place = after.split(b" ")[0].decode("ascii", "replace"), before.split(b" ")
        if kind in _KERNEL and len(place) > 4:
            mounts.append((_unescaped(place[4]), kind))
    return mounts


def _unescaped(text: bytes) -> str:
    """A path as mountinfo writes it: spaces and other special bytes as a backslash and three octal digits."""
    for byte in b" \t\n\\":
        text = text.replace(b"\\%03o" % byte, bytes([byte]))
    return os.fsdecode(text)
