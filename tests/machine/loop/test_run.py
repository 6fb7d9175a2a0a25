"""The loop in C: one `switch`, with a case for each register instruction."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from wasmvm.isa.regop import rows

ROOT = Path(__file__).resolve().parents[3]

TRANSLATE = """
import sys
from Cython.Build import cythonize
from pathlib import Path
from setuptools import Extension
from tools.build_config import DIRECTIVES, EXTENSION
from tools.generate import write_loop
write_loop("switch", Path(sys.argv[1]) / "loop")
cythonize([Extension("wasmvm._core", [EXTENSION])], build_dir=sys.argv[1], quiet=True, force=True,
          include_path=[sys.argv[1] + "/loop"], compiler_directives=DIRECTIVES)
"""


@pytest.fixture(scope="module")
def run_in_c(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The text of the C function that `run` of the switch form becomes."""
    folder = tmp_path_factory.mktemp("c")
    subprocess.run([sys.executable, "-c", TRANSLATE, str(folder)], cwd=ROOT, check=True)
    text = (folder / "wasmvm/_core.c").read_text()
    begin = re.search(r"^static int __pyx_f_6wasmvm_5_core_run\(.*\) \{$", text, re.MULTILINE)
    assert begin
    return text[begin.end() : text.index("\n}\n", begin.end())]


def test_one_switch(run_in_c: str) -> None:
    assert len(re.findall(r"\bswitch \(", run_in_c)) == 1


def test_a_case_for_each_row(run_in_c: str) -> None:
    cases = re.findall(r"^ +case (\w+):", run_in_c, re.MULTILINE)
    assert len(cases) == len(set(cases)) == len(rows.ROWS)
    assert len(re.findall(r"^ +default:", run_in_c, re.MULTILINE)) == 1


def test_it_never_touches_python(run_in_c: str) -> None:
    code = re.sub(r"/\*.*?\*/", "", run_in_c, flags=re.DOTALL)
    assert not re.findall(r"\bPy[A-Z]\w+|__Pyx_(?!UNLIKELY)\w+", code)


SMALL_STACK = """
import threading
from tests.wat import wat2wasm
from wasmvm import Instance, Module
instance = Instance(Module(wat2wasm('''(module (memory 1)
  (func $id (param i64) (result i64) local.get 0)
  (func (export "f") (param i32) (result i64) (local i64 f64)
    (loop
      local.get 1  i64.const 3  i64.mul  local.get 0  i64.extend_i32_u  i64.add  call $id  local.set 1
      i32.const 8  local.get 1  i64.store  i32.const 8  i64.load  local.set 1
      local.get 2  f64.const 0.5  f64.add  local.set 2
      local.get 0  i32.const 1  i32.and  if  local.get 1  i64.const 1  i64.xor  local.set 1  end
      block  block  local.get 0  br_table 0 1 0  end  local.get 1  i64.const 7  i64.rotl  local.set 1  end
      local.get 0  i32.const 1  i32.sub  local.tee 0  br_if 0)
    local.get 1))''')))
instance.exports.f(1)
results = []
threading.stack_size(256 * 1024)
thread = threading.Thread(target=lambda: results.append(instance.exports.f(1_000_000)))
thread.start()
thread.join()
threading.stack_size(0)
assert results == [instance.exports.f(1_000_000)]
print("done")
"""


def test_long_runs_take_no_c_stack() -> None:
    """In the threaded form every instruction ends in a call, which the compiler has to make a jump."""
    done = subprocess.run([sys.executable, "-c", SMALL_STACK], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout == "done\n", f"exit code {done.returncode}: {done.stderr}"
