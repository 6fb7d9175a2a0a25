"""The tables of numbers hang together, and agree with the preview 1 document where that can be written down again."""

from __future__ import annotations

import errno as host_errno
import os
import struct
from pathlib import Path

import pytest

from tests.wasi.guest import Guest
from wasmvm.types import I32, I64
from wasmvm.wasi import MemoryDirectory, WasiConfig
from wasmvm.wasi.host import errno, terms
from wasmvm.wasi.host.memtree import MemoryTree
from wasmvm.wasi.preview1 import abi
from wasmvm.wasi.preview1.function import functype_of
from wasmvm.wasi.preview1.link import implementation

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


NUMBERS = {
    "CLOCK_": ["REALTIME", "MONOTONIC", "PROCESS_CPUTIME", "THREAD_CPUTIME"],
    "WHENCE_": ["SET", "CUR", "END"],
    "EVENTTYPE_": ["CLOCK", "FD_READ", "FD_WRITE"],
    "FILETYPE_": [
        "UNKNOWN", "BLOCK_DEVICE", "CHARACTER_DEVICE", "DIRECTORY", "REGULAR_FILE", "SOCKET_DGRAM", "SOCKET_STREAM",
        "SYMBOLIC_LINK",
    ],
    "PREOPENTYPE_": ["DIR"],
}  # fmt: skip
"""The document's enumerations, by the prefix that their names have in `abi`."""
FLAGS = {
    "FDFLAGS_": ["APPEND", "DSYNC", "NONBLOCK", "RSYNC", "SYNC"],
    "LOOKUPFLAGS_": ["SYMLINK_FOLLOW"],
    "OFLAGS_": ["CREAT", "DIRECTORY", "EXCL", "TRUNC"],
    "FSTFLAGS_": ["ATIM", "ATIM_NOW", "MTIM", "MTIM_NOW"],
    "EVENTRWFLAGS_": ["HANGUP"],
    "SUBCLOCKFLAGS_": ["ABSTIME"],
    "RIFLAGS_": ["PEEK", "WAITALL"],
    "ROFLAGS_": ["DATA_TRUNCATED"],
    "SDFLAGS_": ["RD", "WR"],
}
"""The document's sets of flags, each from the lowest bit on."""
RIGHTS = (
    "fd_datasync fd_read fd_seek fd_fdstat_set_flags fd_sync fd_tell fd_write fd_advise fd_allocate "
    "path_create_directory path_create_file path_link_source path_link_target path_open fd_readdir path_readlink "
    "path_rename_source path_rename_target path_filestat_get path_filestat_set_size path_filestat_set_times "
    "fd_filestat_get fd_filestat_set_size fd_filestat_set_times path_symlink path_remove_directory path_unlink_file "
    "poll_fd_readwrite sock_shutdown sock_accept"
)
"""The document's rights, from the lowest bit on."""
ERRORS = (
    "success 2big acces addrinuse addrnotavail afnosupport again already badf badmsg busy canceled child connaborted "
    "connrefused connreset deadlk destaddrreq dom dquot exist fault fbig hostunreach idrm ilseq inprogress intr inval "
    "io isconn isdir loop mfile mlink msgsize multihop nametoolong netdown netreset netunreach nfile nobufs nodev "
    "noent noexec nolck nolink nomem nomsg noprotoopt nospc nosys notconn notdir notempty notrecoverable notsock "
    "notsup notty nxio overflow ownerdead perm pipe proto protonosupport prototype range rofs spipe srch stale "
    "timedout txtbsy xdev notcapable"
)
"""The document's error codes, from 0 on."""


@pytest.mark.parametrize(("prefix", "names"), NUMBERS.items())
def test_enumerations_are_the_documents(prefix: str, names: list[str]) -> None:
    assert abi.constants(prefix) == {name: number for number, name in enumerate(names)}


@pytest.mark.parametrize(("prefix", "names"), FLAGS.items())
def test_flags_are_the_documents(prefix: str, names: list[str]) -> None:
    assert abi.constants(prefix) == {name: 1 << bit for bit, name in enumerate(names)}


def test_rights_are_the_documents() -> None:
    assert [getattr(abi, name.upper()) for name in RIGHTS.split()] == [1 << bit for bit in range(30)]


def test_errors_are_the_documents() -> None:
    names = ["SUCCESS", *(f"E{name.upper()}" for name in ERRORS.split()[1:])]
    assert list(abi.ERRNO_NAMES) == names
    assert {name: number for number, name in enumerate(names)} == abi.ERRNO


def test_what_goes_over_all_of_some_flags() -> None:
    for prefix in ("FDFLAGS_", "OFLAGS_", "FSTFLAGS_"):
        assert getattr(abi, f"{prefix}ALL") == sum(abi.constants(prefix).values())
    assert abi.SIGNAL_COUNT == 31  # none, and 30 that the document names


def test_numbers_of_the_host_by_the_documents() -> None:
    assert abi.WHENCE == (os.SEEK_SET, os.SEEK_CUR, os.SEEK_END)
    assert abi.ADVICE == ("NORMAL", "SEQUENTIAL", "RANDOM", "WILLNEED", "DONTNEED", "NOREUSE")
    assert {
        getattr(terms, f"FILETYPE_{name}"): number for number, name in enumerate(NUMBERS["FILETYPE_"])
    } == abi.FILETYPES


def test_every_function_has_a_row_and_an_implementation() -> None:
    assert len(SIGNATURES) == 46
    assert set(abi.FUNCTIONS) == set(SIGNATURES)
    page = (Path(__file__).resolve().parents[3] / "docs/wasi.md").read_text()
    assert f"All {len(SIGNATURES)} functions" in " ".join(page.split())
    for name in SIGNATURES:
        assert implementation(name).__name__ == name


def test_every_function_of_the_earlier_snapshot_is_there() -> None:
    assert set(abi.UNSTABLE_FUNCTIONS) == set(SIGNATURES) - {"sock_accept"}
    assert not abi.Row("fd", "fd:fd").unstable  # what is new is not in what is old
    for name in abi.UNSTABLE_FUNCTIONS:
        assert implementation(name, abi.UNSTABLE_MODULE).__name__ == name


@pytest.mark.parametrize(
    ("module", "name"),
    [(abi.MODULE, "fd_no"), (abi.UNSTABLE_MODULE, "sock_accept"), ("wasi_snapshot_preview2", "fd_read"), ("env", "x")],
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
    assert (
        "Errors: " in documentation
        or "Right: " in documentation
        or "Rights: " in documentation
        or name in ("sched_yield", "proc_exit")
    ), documentation


@pytest.mark.parametrize(("layout", "size"), SIZES)
def test_struct_size(layout: struct.Struct, size: int) -> None:
    assert layout.size == size


def test_error_codes() -> None:
    assert len(abi.ERRNO_NAMES) == len(abi.ERRNO) == 77
    assert [abi.ERRNO[name] for name in ("SUCCESS", "EBADF", "ENOENT", "EPERM", "ENOTCAPABLE")] == [0, 8, 44, 63, 76]


def test_every_error_of_the_host_has_a_number() -> None:
    names = [value for name, value in vars(errno).items() if name.startswith("E")]
    assert len(names) > 30
    assert [abi.ERRNO_NAMES[abi.ERRNO[name]] for name in names] == names


@pytest.mark.parametrize(
    ("host", "name"), [("ENOENT", "ENOENT"), ("EDQUOT", "EDQUOT"), ("ENODATA", "EIO"), ("EL2HLT", "EIO")]
)
def test_errors_of_the_host_that_preview_1_does_not_have(host: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    number = getattr(host_errno, host, 99_999)

    def fail(*_: object) -> None:
        raise OSError(number, "text")

    with Guest(WasiConfig(dirs={"/": MemoryDirectory()})) as guest:
        monkeypatch.setattr(MemoryTree, "make_directory", fail)
        assert guest.fails("path_create_directory", 3, *guest.path("x")) == name


def test_rights_do_not_overlap() -> None:
    rights = [value for name, value in vars(abi).items() if name.startswith(("FD_", "PATH_", "POLL_", "SOCK_"))]
    assert len(rights) == 30
    assert sum(rights) == (1 << 30) - 1


@pytest.mark.parametrize(
    ("there", "prefixes", "terms_prefix"),
    [
        (abi.HOST_RIGHTS, ("FD_", "PATH_", "POLL_", "SOCK_"), "MAY_"),
        (abi.HOST_FDFLAGS, ("FDFLAGS_",), "FLAG_"),
        (abi.HOST_OFLAGS, ("OFLAGS_",), "OPEN_"),
    ],
)
def test_every_flag_has_one_counterpart(there: abi.FlagMap, prefixes: tuple[str, ...], terms_prefix: str) -> None:
    bits = [bit for prefix in prefixes for bit in abi.constants(prefix).values()]
    flags = {value for name, value in vars(terms).items() if name.startswith(terms_prefix)}
    assert len(bits) == len(flags)
    assert {there[bit] for bit in bits} == flags
    back = there.inverse()
    assert [back[there[bit]] for bit in bits] == bits
    assert back[there[sum(bits)]] == sum(bits)
    assert there[abi.MASK64 & ~sum(bits)] == 0


@pytest.mark.parametrize(
    ("there", "prefix"), [(abi.HOST_RIGHTS, "FD_"), (abi.HOST_FDFLAGS, "FDFLAGS_"), (abi.HOST_OFLAGS, "OFLAGS_")]
)
def test_the_host_has_numbers_of_its_own(there: abi.FlagMap, prefix: str) -> None:
    """Where somebody forgets to map, a test has to see it."""
    assert any(there[bit] != bit for bit in abi.constants(prefix).values())


def test_sets_of_flags_do_not_pile_up() -> None:
    there = abi.HOST_RIGHTS.inverse().inverse()
    for bits in range(4 * there.MAX_KEPT):
        assert there[bits << 8] == abi.HOST_RIGHTS[bits << 8]
        assert len(there) <= there.MAX_KEPT


def test_every_kind_of_file_has_one_number() -> None:
    kinds = {value for name, value in vars(terms).items() if name.startswith("FILETYPE_")}
    assert set(abi.FILETYPES) == kinds
    assert sorted(abi.FILETYPES.values()) == sorted(abi.constants("FILETYPE_").values()) == list(range(8))


def test_clocks_and_advice() -> None:
    assert list(abi.CLOCKS) == sorted(abi.constants("CLOCK_").values())  # an embedder's clock is asked by these
    for advice in abi.ADVICE:
        assert not hasattr(os, "POSIX_FADV_NORMAL") or hasattr(os, f"POSIX_FADV_{advice}")
