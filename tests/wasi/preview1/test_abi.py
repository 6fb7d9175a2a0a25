"""The tables of numbers hang together, and agree with the preview 1 document where that can be written down again."""

from __future__ import annotations

import errno
import struct

import pytest

from wasmvm.types import I32, I64
from wasmvm.wasi.preview1 import abi
from wasmvm.wasi.preview1.guest import functype_of, implementation

SIZES = [
    (abi.IOVEC, 8), (abi.PRESTAT, 8), (abi.FDSTAT, 24), (abi.FILESTAT, 64), (abi.DIRENT, 24), (abi.SUBSCRIPTION, 48),
    (abi.EVENT, 32),
]  # fmt: skip
SIGNATURES = {
    "args_get": "ii", "args_sizes_get": "ii", "clock_res_get": "ii", "clock_time_get": "iIi", "environ_get": "ii",
    "environ_sizes_get": "ii", "fd_advise": "iIIi", "fd_allocate": "iII", "fd_close": "i", "fd_datasync": "i",
    "fd_fdstat_get": "ii", "fd_fdstat_set_flags": "ii", "fd_fdstat_set_rights": "iII", "fd_filestat_get": "ii",
    "fd_filestat_set_size": "iI", "fd_filestat_set_times": "iIIi", "fd_pread": "iiiIi", "fd_prestat_dir_name": "iii",
    "fd_prestat_get": "ii", "fd_pwrite": "iiiIi", "fd_read": "iiii", "fd_readdir": "iiiIi", "fd_renumber": "ii",
    "fd_seek": "iIii", "fd_sync": "i", "fd_tell": "ii", "fd_write": "iiii", "path_create_directory": "iii",
    "path_filestat_get": "iiiii", "path_filestat_set_times": "iiiiIIi", "path_link": "iiiiiii",
    "path_open": "iiiiiIIii", "path_readlink": "iiiiii", "path_remove_directory": "iii", "path_rename": "iiiiii",
    "path_symlink": "iiiii", "path_unlink_file": "iii", "poll_oneoff": "iiii", "proc_exit": "i", "proc_raise": "i",
    "random_get": "ii", "sched_yield": "", "sock_accept": "iii", "sock_recv": "iiiiii", "sock_send": "iiiii",
    "sock_shutdown": "ii",
}  # fmt: skip
"""The parameters of all functions as wasm sees them: i for i32, I for i64."""


def test_every_function_has_a_row_and_an_implementation() -> None:
    assert len(SIGNATURES) == 46
    assert set(abi.FUNCTIONS) == set(SIGNATURES)
    for name in SIGNATURES:
        assert implementation(name).__name__ == name


def test_every_function_of_the_earlier_snapshot_is_there() -> None:
    assert set(abi.UNSTABLE_FUNCTIONS) == set(SIGNATURES) - {"sock_accept"}
    for name in abi.UNSTABLE_FUNCTIONS:
        assert implementation(name, abi.UNSTABLE_MODULE).__name__ == name


@pytest.mark.parametrize(
    ("module", "name"),
    [(abi.MODULE, "fd_dup"), (abi.UNSTABLE_MODULE, "sock_accept"), ("wasi_snapshot_preview2", "fd_read"), ("env", "x")],
)
def test_no_such_function(module: str, name: str) -> None:
    with pytest.raises(KeyError):
        implementation(name, module)


@pytest.mark.parametrize("name", SIGNATURES)
def test_signature(name: str) -> None:
    functype = functype_of(name)
    assert functype.params == tuple(I32 if letter == "i" else I64 for letter in SIGNATURES[name])
    assert functype.results == (() if name == "proc_exit" else (I32,))


@pytest.mark.parametrize("name", SIGNATURES)
def test_every_function_tells_its_errors(name: str) -> None:
    documentation = implementation(name).__doc__ or ""
    assert "rror" in documentation or "Right" in documentation or name in ("sched_yield", "proc_exit"), documentation


@pytest.mark.parametrize(("layout", "size"), SIZES)
def test_struct_size(layout: struct.Struct, size: int) -> None:
    assert layout.size == size


def test_error_codes() -> None:
    assert len(abi.ERRNO_NAMES) == 77
    named = {name: getattr(abi, name) for name in abi.ERRNO_NAMES if hasattr(abi, name)}
    assert named == {name: abi.ERRNO_NAMES.index(name) for name in named}
    assert (named["EBADF"], named["ENOENT"], named["EPERM"], named["ENOTCAPABLE"]) == (8, 44, 63, 76)


@pytest.mark.parametrize(
    ("host", "name"),
    [(errno.ENOENT, "ENOENT"), (errno.EXDEV, "EXDEV"), (errno.EWOULDBLOCK, "EAGAIN"), (errno.EOPNOTSUPP, "ENOTSUP"),
     (99_999, "EIO"), (None, "EIO")],
)  # fmt: skip
def test_host_errors(host: int | None, name: str) -> None:
    assert abi.ERRNO_NAMES[abi.code_of(OSError(host, "text"))] == name


def test_rights_do_not_overlap() -> None:
    rights = [value for name, value in vars(abi).items() if name.startswith(("FD_", "PATH_", "POLL_", "SOCK_"))]
    assert len(rights) == 30
    assert sum(rights) == (1 << 30) - 1
