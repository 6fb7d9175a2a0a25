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


def fields(error: BaseException) -> dict[str, object]:
    return {name: getattr(error, name) for name in MADE[type(error)][1]} | {"text": str(error)}


MADE: dict[type[BaseException], tuple[tuple[object, ...], tuple[str, ...]]] = {
    wasmvm.DecodeError: (("unexpected end", 0x1F), ("message", "offset")),
    wasmvm.ModuleSizeError: (("module of 9 bytes is larger", 8), ("message", "offset", "limit")),
    wasmvm.ValidationError: (("type mismatch", 77), ("message", "offset")),
    wasmvm.TextError: (
        ("unknown operator", 3, 5, "(mod\tule)"), ("message", "line", "column", "source_line")
    ),
    wasmvm.LinkError: (
        ("no memory", "m", "n", "expected", "actual", "max_memory"),
        ("message", "module", "name", "expected", "actual", "limit"),
    ),
    wasmvm.DeserializeError: (("damaged",), ("args",)),
    wasmvm.WasmException: ((None, (1, 2.5, "object")), ("tag", "payload", "frames", "reference", "message")),
}  # fmt: skip
"""By class, what it is made with, and what it has."""


@pytest.mark.parametrize("class_", MADE)
@pytest.mark.parametrize("travel", [lambda e: pickle.loads(pickle.dumps(e)), copy.copy], ids=["pickle", "copy"])
def test_errors_travel(class_, travel) -> None:  # type: ignore[no-untyped-def]
    error = class_(*MADE[class_][0])
    again = travel(error)
    assert type(again) is class_
    assert again is not error
    assert fields(again) == fields(error)


def test_the_tag_of_an_exception_and_its_frames_stay_behind() -> None:
    """They mean nothing without their store and their module; values that travel come along."""
    vm = wasmvm.instantiate(
        '(module (tag $t (export "t") (param i32 f64)) (func (export "f") (throw $t (i32.const 4) (f64.const 0.5))))'
    )
    with pytest.raises(wasmvm.WasmException) as caught:
        vm.exports.f()
    assert caught.value.tag is vm.exports["t"]
    assert len(caught.value.frames) == 1
    again = pickle.loads(pickle.dumps(caught.value))
    assert (again.payload, again.tag, again.frames, again.reference) == ((4, 0.5), None, (), None)
    assert again.backtrace() == ""


def test_every_class_of_errors_is_tried() -> None:
    found = {
        class_ for class_ in vars(errors).values()
        if isinstance(class_, type) and issubclass(class_, errors.WasmError) and not class_.__name__.startswith("_")
    }  # fmt: skip
    assert found - {errors.WasmError, errors.InternalError} == {
        *MADE, *CLASSES.values(), wasmvm.Trap, wasmvm.LimitTrap, wasmvm.ExitTrap
    }  # fmt: skip


def test_long_source_lines_are_shown_around_the_place() -> None:
    line = "x" * 1000 + "?" + "y" * 1000
    shown = str(wasmvm.TextError("unknown", 1, 1001, line)).splitlines()
    assert shown[0] == "1:1001: unknown"
    assert len(shown[1]) == 160 + 4
    assert shown[1][shown[2].index("^")] == "?"
    shown = str(wasmvm.TextError("unknown", 1, 3, "a\x1b?\tb")).splitlines()
    assert shown[1:] == ["    a?? b", "      ^"]
