"""Names of errors, and what they are made of."""

from __future__ import annotations

import errno as host_errno
from collections.abc import Iterator

import pytest

from wasmvm.wasi.host import errno


def test_a_name_is_its_own_value() -> None:
    names = {name: value for name, value in vars(errno).items() if name.startswith("E")}
    assert len(names) > 30
    assert all(name == value for name, value in names.items())
    assert all(hasattr(host_errno, name) for name in names if name != "ENOTCAPABLE")


@pytest.mark.parametrize(
    ("number", "name"),
    [(host_errno.ENOENT, "ENOENT"), (host_errno.EXDEV, "EXDEV"), (host_errno.EWOULDBLOCK, "EAGAIN"),
     (host_errno.EOPNOTSUPP, "ENOTSUP"), (host_errno.EDEADLK, "EDEADLK"), (host_errno.ECONNRESET, "ECONNRESET"),
     (99_999, "EIO"), (None, "EIO")],
)  # fmt: skip
def test_names_of_the_hosts_errors(number: int | None, name: str) -> None:
    assert errno.name_of(OSError(number, "text")) == name


def test_the_error_shows_its_name() -> None:
    error = errno.WasiError(errno.EBADF)
    assert (str(error), error.name) == ("EBADF", "EBADF")


def test_the_names_of_the_host_are_there_all_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread that asks while another one is the first to ask gets the same name."""
    last = max(host_errno.errorcode)
    found: list[str] = []

    class Watched(dict[str, object]):
        def items(self) -> Iterator[tuple[str, object]]:  # type: ignore[override]
            for item in super().items():
                yield item
                if item[0].startswith("E") and not found:
                    found.append("asking")
                    found[0] = errno.name_of(OSError(last, "text"))

    monkeypatch.setattr(errno, "_names", {})
    monkeypatch.setattr(errno, "vars", lambda module: Watched(vars(module)), raising=False)
    assert errno.name_of(OSError(host_errno.ENOENT, "text")) == "ENOENT"
    assert found[0] == errno.name_of(OSError(last, "text")) != "EIO"
