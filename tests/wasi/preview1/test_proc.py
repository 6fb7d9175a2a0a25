"""``proc_exit``, ``proc_raise`` and ``sched_yield``."""

from __future__ import annotations

import pytest

from tests.wasi.guest import Guest
from wasmvm.errors import ExitTrap


@pytest.mark.parametrize("code", [0, 1, 255, 256, 0xFFFFFFFF])
def test_proc_exit(code: int) -> None:
    with Guest() as guest:
        with pytest.raises(ExitTrap) as raised:
            guest.call("proc_exit", code)
        assert raised.value.exit_code == code


def test_proc_raise() -> None:
    with Guest() as guest:
        guest.ok("proc_raise", 0)
        assert guest.fails("proc_raise", 9) == "ENOSYS"
        assert guest.fails("proc_raise", 30) == "ENOSYS"
        assert guest.fails("proc_raise", 31) == "EINVAL"
        assert guest.fails("proc_raise", 0xFFFFFFFF) == "EINVAL"


def test_sched_yield() -> None:
    with Guest() as guest:
        guest.ok("sched_yield")
