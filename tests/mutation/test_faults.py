"""The faults: that they are made where they should be, that they can be read, and that they keep their names."""

from __future__ import annotations

import ast
import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.mutation import known, machine, machine_build, machine_faults, python_faults, sampling, trees
from tests.mutation.fault import Fault, package_of

SOURCE = '''"""Documentation, which is no code."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    LIMIT = 3


class Thing:
    """With documentation."""

    def get(self, n: int = 2) -> int:
        """And more of it."""
        if n > 3 and self.open:
            raise ValueError(f"{n + 1} is too much")
        self.n = n
        return n + 1
'''


def in_python(source: str) -> set[tuple[str, str, str]]:
    return {(fault.scope, fault.before, fault.after) for fault in python_faults.faults_of("wasmvm/thing.py", source)}


def test_what_is_changed_in_python() -> None:
    condition = "n > 3 and self.open"
    assert in_python(SOURCE) == {
        ("Thing.get", "2", "(3)"),
        ("Thing.get", "2", "(1)"),
        ("Thing.get", condition, "(n > 3 or self.open)"),
        ("Thing.get", condition, "(n > 3)"),
        ("Thing.get", condition, "(self.open)"),
        ("Thing.get", condition, "True"),
        ("Thing.get", condition, "False"),
        ("Thing.get", "n > 3", "(n >= 3)"),
        ("Thing.get", "n > 3", "(n < 3)"),
        ("Thing.get", "3", "(4)"),
        ("Thing.get", "3", "(2)"),
        ("Thing.get", "raise ValueError(f'{n + 1} is too much')", "pass"),
        ("Thing.get", "self.n = n", "pass"),
        ("Thing.get", "return n + 1", "return None"),
        ("Thing.get", "n + 1", "(n - 1)"),
        ("Thing.get", "1", "(2)"),
        ("Thing.get", "1", "(0)"),
    }


PXI = """
cdef struct pair_t:
    int n  # 3 + 4


cdef inline int get(const pair_t* p, int n) noexcept nogil:
    '''Documentation with 1 + 1.'''
    cdef const pair_t* q = <const pair_t*>p
    if n < q[0].n and (  # broken
            not n):
        return <int>sizeof(pair_t) - n
    for i in range(n):
        n += i
    return 0
"""


def test_what_is_changed_in_the_machine() -> None:
    found = {(fault.scope, fault.before, fault.after) for fault in machine_faults.faults_of("wasmvm/x.pxi", PXI)}
    condition = "if n < q[0].n and (not n):"
    assert found == {
        ("get", condition, "if False:"),
        ("get", condition, "if True:"),
        ("get", condition, "if n <= q[0].n and (not n):"),
        ("get", condition, "if n < q[1].n and (not n):"),
        ("get", condition, "if n < q[0].n or (not n):"),
        ("get", condition, "if n < q[0].n and (n):"),
        ("get", condition, "if n < q[0].n:"),
        ("get", condition, "if (not n):"),
        ("get", "return <int>sizeof(pair_t) - n", "return <int>sizeof(pair_t) + n"),
        ("get", "for i in range(n):", "for i in range(n - 1):"),
        ("get", "n += i", "pass"),
        ("get", "n += i", "n -= i"),
        ("get", "return 0", "return 1"),
    }  # fmt: skip


def test_a_fault_keeps_its_name_when_it_moves() -> None:
    moved = SOURCE.replace("class Thing", "ADDED = 1\n\n\nclass Thing")
    ids = {fault.id for fault in python_faults.faults_of("wasmvm/thing.py", SOURCE)}
    assert ids <= {fault.id for fault in python_faults.faults_of("wasmvm/thing.py", moved)}
    changed = SOURCE.replace("return n + 1", "return n + 2")
    assert ids - {fault.id for fault in python_faults.faults_of("wasmvm/thing.py", changed)}


def all_python_faults() -> list[Fault]:
    found = []
    for path in python_faults.python_files(trees.ROOT):
        found += python_faults.faults_of(path, (trees.ROOT / path).read_text())
    return found


@pytest.fixture(scope="module")
def python_ones() -> list[Fault]:
    return all_python_faults()


@pytest.fixture(scope="module")
def machine_ones() -> list[Fault]:
    return machine.all_faults()[1]


def test_names_are_different(python_ones: list[Fault], machine_ones: list[Fault]) -> None:
    names = [fault.id for fault in (*python_ones, *machine_ones)]
    assert len(set(names)) == len(names) > 20_000


def test_faults_in_python_can_be_read(python_ones: list[Fault]) -> None:
    """And are no faults that leave the program as it is."""
    for fault in random.Random(1).sample(python_ones, 150):
        source = (trees.ROOT / fault.path).read_text()
        changed = fault.apply(source)
        assert ast.dump(ast.parse(changed)) != ast.dump(ast.parse(source)), fault


def test_every_package_has_its_share(python_ones: list[Fault]) -> None:
    chosen = sampling.sample(python_ones, 200, 7)
    assert len({(fault.path, fault.scope, fault.context) for fault in chosen}) == len(chosen) == 200
    assert {package_of(fault.path) for fault in chosen} == {package_of(fault.path) for fault in python_ones}
    assert chosen == sampling.sample(list(reversed(python_ones)), 200, 7)
    assert set(chosen) != set(sampling.sample(python_ones, 200, 8))


def test_known_faults_are_there(python_ones: list[Fault], machine_ones: list[Fault]) -> None:
    """An entry of the list whose lines have changed says nothing any more: look at it again."""
    contents = {fault.content for fault in (*python_ones, *machine_ones)}
    gone = [entry for entry in known.KNOWN if entry.content not in contents]
    assert not gone, gone
    assert len({entry.content for entry in known.KNOWN}) == len(known.KNOWN)
    assert all(len(entry.reason) > 20 for entry in known.KNOWN)


GUARDED = """
cdef int absolute(int n) noexcept nogil:
    if n < 0 or n == 0:
        return -n
    return n


cdef int total(int n) noexcept nogil:
    cdef int sum = 0 + n
    cdef int i
    for i in range(1, n):
        sum += i
    return sum


def results():
    return absolute(0), absolute(3), total(3), total(4)
"""


def test_one_build_has_all_faults(tmp_path: Path) -> None:
    """Each is chosen by its number, alone, and where none is chosen there is none."""
    faults = machine_faults.faults_of("thing.pyx", GUARDED)
    wanted = {
        "if n < 0 or n != 0:": (0, -3, 6, 10),
        "cdef int sum = 1 + n": (0, 3, 7, 11),
        "for i in range(1, n - 1):": (0, 3, 4, 7),
        "sum -= i": (0, 3, 0, -2),
    }
    chosen = [fault for fault in faults if fault.after in wanted]
    assert len(chosen) == 4
    header = machine_build.HEADER.format(
        count=len(chosen), chosen=machine_build.CHOSEN_ENV, reached=machine_build.REACHED_ENV
    )
    source = header + machine_faults.with_faults(GUARDED, list(enumerate(chosen)))
    (tmp_path / "thing.pyx").write_text(source)
    subprocess.run(
        [sys.executable, "-m", "Cython.Build.Cythonize", "-3", "-q", "-i", "thing.pyx"], cwd=tmp_path, check=True
    )
    for number, expected in [(None, (0, 3, 6, 10)), *enumerate(wanted[fault.after] for fault in chosen)]:
        environment = {} if number is None else {machine_build.CHOSEN_ENV: str(number)}
        (tmp_path / "reached").write_bytes(bytes(len(chosen)))
        done = subprocess.run(
            [sys.executable, "-c", "import thing; print(thing.results())"],
            cwd=tmp_path, stdout=subprocess.PIPE, text=True, check=True, env={**environment, machine_build.REACHED_ENV: "reached"},
        )  # fmt: skip
        assert done.stdout.strip() == str(expected), number
        assert (tmp_path / "reached").read_bytes() == b"\x01" * len(chosen)
