"""Exceptions: the class of each trap, and what travels to other processes."""

from __future__ import annotations

import copy
import pickle
import re
from pathlib import Path

import pytest

import wasmvm
from wasmvm import errors
from wasmvm._core import TRAPS

CLASSES = {
    "call_stack_exhausted": wasmvm.StackTrap,
    "out_of_fuel": wasmvm.FuelTrap,
    "deadline": wasmvm.DeadlineTrap,
    "interrupt": wasmvm.InterruptTrap,
    "allocation_failed": wasmvm.HeapTrap,
    "output_limit": wasmvm.OutputTrap,
}


def test_the_class_of_a_trap_follows_from_its_code() -> None:
    assert CLASSES == errors.TRAP_CLASSES
    for code, class_ in CLASSES.items():
        assert type(wasmvm.Trap("words", code)) is type(wasmvm.Trap("words", code=code)) is class_
        assert issubclass(class_, wasmvm.LimitTrap)
        assert class_("words").code == code
    for code, _ in TRAPS:
        assert type(wasmvm.Trap("words", code)) is CLASSES.get(code, wasmvm.Trap)
    assert type(wasmvm.Trap("words")) is wasmvm.Trap
    assert type(wasmvm.ExitTrap(3)) is wasmvm.ExitTrap


def test_reasons_of_the_machine_and_their_names_are_in_one_order() -> None:
    """A reason is an index: one that is missing in `TRAPS`, or stands elsewhere there, would give traps other names."""
    header = (Path(__file__).resolve().parent.parent / "wasmvm/_core.pxd").read_text()
    stated = re.findall(r"^ +TRAP_(\w+)(?: = (\d+))?", header, re.MULTILINE)
    assert all(number for _, number in stated), "each has its number written"
    reasons = {int(number): name.lower() for name, number in stated}
    assert len(reasons) > 20
    assert [reasons[number] for number in sorted(reasons)] == [code for code, _ in TRAPS]
    assert sorted(reasons) == list(range(min(reasons), max(reasons) + 1))


def test_a_deadline_is_not_handled_as_an_error_of_the_system() -> None:
    """WASI makes error codes of OSErrors, of which TimeoutError is one: a guest would go on."""
    assert not issubclass(wasmvm.DeadlineTrap, OSError)


@pytest.mark.parametrize("code", [*CLASSES, "unreachable", None])
@pytest.mark.parametrize("travel", [lambda e: pickle.loads(pickle.dumps(e)), copy.copy], ids=["pickle", "copy"])
def test_traps_travel(code, travel) -> None:  # type: ignore[no-untyped-def]
    trap = wasmvm.Trap("words", code)
    trap.fault = "somewhere"
    trap.stdout = b"before"  # type: ignore[attr-defined]
    again = travel(trap)
    assert type(again) is type(trap)
    assert (again.message, again.code, again.fault, again.stdout) == ("words", code, "somewhere", b"before")
    assert again.frames == ()
    assert again.limit == type(trap).limit


def test_an_exit_travels() -> None:
    assert pickle.loads(pickle.dumps(wasmvm.ExitTrap(7))).exit_code == 7
