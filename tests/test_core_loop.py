"""The loop in C: one `switch`, with a case for each register instruction."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from wasmvm.isa import regop

ROOT = Path(__file__).resolve().parent.parent

TRANSLATE = """
import sys
from Cython.Build import cythonize
from setuptools import Extension
cythonize([Extension("wasmvm._core", ["wasmvm/_core.pyx"])], build_dir=sys.argv[1], quiet=True, force=True,
          include_path=["wasmvm/_dispatch/switch"],
          compiler_directives={"language_level": 3, "cdivision": True, "boundscheck": False, "wraparound": False})
"""


@pytest.fixture(scope="module")
def run_in_c(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The text of the C function that `run` of the switch form becomes."""
    folder = tmp_path_factory.mktemp("c")
    subprocess.run([sys.executable, "-c", TRANSLATE, str(folder)], cwd=ROOT, check=True, capture_output=True)
    text = (folder / "wasmvm/_core.c").read_text()
    begin = re.search(r"^static int __pyx_f_6wasmvm_5_core_run\(.*\) \{$", text, re.MULTILINE)
    assert begin
    return text[begin.end() : text.index("\n}\n", begin.end())]


def test_one_switch(run_in_c: str) -> None:
    assert len(re.findall(r"\bswitch \(", run_in_c)) == 1


def test_a_case_for_each_row(run_in_c: str) -> None:
    cases = re.findall(r"^ +case (\w+):", run_in_c, re.MULTILINE)
    assert len(cases) == len(set(cases)) == len(regop.ROWS)
    assert len(re.findall(r"^ +default:", run_in_c, re.MULTILINE)) == 1


def test_it_never_touches_python(run_in_c: str) -> None:
    code = re.sub(r"/\*.*?\*/", "", run_in_c, flags=re.DOTALL)
    assert not re.findall(r"\bPy[A-Z]\w+|__Pyx_(?!UNLIKELY)\w+", code)
