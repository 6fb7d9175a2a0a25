"""Why an operation fails, as a name: POSIX's, and ENOTCAPABLE, which is WASI's own.

Numbers belong to the interfaces that guests call: each maps the names to what it has (preview 1 in `abi.ERRNO`).
"""

from __future__ import annotations

import errno as host_errno

EACCES = "EACCES"
EAGAIN = "EAGAIN"
EBADF = "EBADF"
EBUSY = "EBUSY"
EDQUOT = "EDQUOT"
EEXIST = "EEXIST"
EFAULT = "EFAULT"
EFBIG = "EFBIG"
EILSEQ = "EILSEQ"
EINVAL = "EINVAL"
EIO = "EIO"
EISDIR = "EISDIR"
ELOOP = "ELOOP"
EMFILE = "EMFILE"
ENAMETOOLONG = "ENAMETOOLONG"
ENOENT = "ENOENT"
ENOMEM = "ENOMEM"
ENOSPC = "ENOSPC"
ENOSYS = "ENOSYS"
ENOTCAPABLE = "ENOTCAPABLE"
ENOTCONN = "ENOTCONN"
ENOTDIR = "ENOTDIR"
ENOTEMPTY = "ENOTEMPTY"
ENOTSOCK = "ENOTSOCK"
ENOTSUP = "ENOTSUP"
EOVERFLOW = "EOVERFLOW"
EPERM = "EPERM"
EPIPE = "EPIPE"
EROFS = "EROFS"
ESPIPE = "ESPIPE"
EXDEV = "EXDEV"

_SAME = {"EWOULDBLOCK": EAGAIN, "EOPNOTSUPP": ENOTSUP, "ESHUTDOWN": EPIPE, "EDEADLOCK": "EDEADLK"}
"""Names that another one stands for; on many hosts both have the same number."""
_names: dict[int, str] = {}
"""By the host's numbers; filled when the host first reports an error."""


class WasiError(Exception):
    """An operation failed; never leaves `wasmvm.wasi`.

    Args:
        name: one of the names above.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def name_of(error: OSError) -> str:
    """The name of a host's error; EIO if the host has no name for it. An interface may not have a number for it."""
    if not _names:
        made = {number: _SAME.get(name, name) for name, number in vars(host_errno).items() if name.startswith("E")}
        _names.update(made)  # all at once: another thread takes what it finds for all there is
    return _names.get(error.errno or 0, EIO)
