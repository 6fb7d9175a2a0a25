"""``wasmvm inspect``."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from examples.programs import BY_NAME
from tests.wat import wat2wasm
from wasmvm.cli.main import main

MODULE = """(module $sample
  (import "env" "print" (func $print (param i32)))
  (import "env" "limit" (global i64))
  (memory (export "memory") 1 3)
  (table 2 funcref)
  (global (export "counter") (mut f64) (f64.const 1))
  (func $twice (export "double") (param i32) (result i32) (i32.add (local.get 0) (local.get 0)))
  (func (export "run") (call $print (call $twice (i32.const 4))))
  (start $nop) (func $nop))"""


@pytest.fixture
def sample(tmp_path: Path) -> str:
    path = tmp_path / "sample.wasm"
    path.write_bytes(wat2wasm(MODULE))
    return str(path)


def test_lists_everything(sample: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", sample]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert lines[0].startswith("module sample, ")
    for line in (
        "imports: 2",
        'func "env" "print": (func (param i32))',
        'global "env" "limit": i64',
        "exports: 4",
        'memory 0 "memory": 1 to 3 pages',
        'global 1 "counter": (mut f64)',
        'func 1 "double": (func (param i32) (result i32))',
        "tables: 1",
        "2 funcref",
        "functions: 3",
        "start: function 3",
    ):
        assert line in lines
    functions = [line for line in lines if " bytes <" in line]
    assert [line.split("<")[1] for line in functions] == [
        "twice> (func (param i32) (result i32))",
        "run> (func)",
        "nop> (func)",
    ]


def test_addresses_of_64_bits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "wide.wasm"
    path.write_bytes(wat2wasm("(module (memory i64 1) (memory 2) (memory i64 1 3) (table i64 4 funcref))"))
    assert main(["inspect", str(path)]) == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert {"i64 1 pages", "2 pages", "i64 1 to 3 pages", "i64 4 funcref"} <= {*lines}


def test_sections_are_where_the_file_has_them(sample: str, capsys: pytest.CaptureFixture[str]) -> None:
    main(["inspect", sample])
    rows = [
        line.split() for line in capsys.readouterr().out.splitlines() if line.startswith("  0x") and "(" not in line
    ]
    sections = [(int(row[0], 16), int(row[1]), " ".join(row[3:])) for row in rows]
    names = [name for _, _, name in sections]
    assert names == [
        "type", "import", "function", "table", "memory", "global", "export", "start", "code", 'custom "name"',
    ]  # fmt: skip
    source = Path(sample).read_bytes()
    assert sections[-1][0] + sections[-1][1] == len(source)
    assert all(left[0] + left[1] < right[0] for left, right in pairwise(sections))


@pytest.mark.parametrize("function", ["1", "twice", "double"])
def test_lowered(function: str, sample: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`local.get` emits nothing: one addition and the return are left."""
    assert main(["inspect", "--lowered", function, sample]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "func 1 <twice> (func (param i32) (result i32))"
    assert any("i32.add" in line for line in lines[1:])
    assert not any("local.get" in line for line in lines[1:])


@pytest.mark.parametrize(
    ("function", "message"),
    [("99", "no function"), ("gone", "no function"), ("0", "imported"), ("print", "imported")],
)
def test_lowered_refuses(function: str, message: str, sample: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", "--lowered", function, sample]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err
    assert err.count("\n") == 1


def test_every_function_of_a_program_can_be_shown(capsys: pytest.CaptureFixture[str]) -> None:
    wasm = str(BY_NAME["format"].wasm)
    main(["inspect", wasm])
    indices = [line.split()[0] for line in capsys.readouterr().out.splitlines() if " bytes  <" in line]
    assert len(indices) > 50
    for index in indices:
        assert main(["inspect", "--lowered", index, wasm]) == 0
        assert capsys.readouterr().out.count("\n") > 1


def test_modules_of_the_third_version(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "new.wat"
    path.write_text("""(module
      (type $list (sub (struct (field (ref null $list)))))
      (import "m" "t" (tag (param i64)))
      (tag (export "oops") (param i32))
      (memory i64 1) (memory 2)
      (global (export "g") (ref null $list) (ref.null $list))
      (func (export "f") (param (ref $list)) (result anyref) (local.get 0)))""")
    assert main(["inspect", str(path)]) == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    for line in (
        'tag "m" "t": (func (param i64))',
        'tag 1 "oops": (func (param i32))',
        'global 0 "g": (ref null 0)',
        "proposals: reference-types, function-references, gc, exceptions, memory64, multi-memory",
        "tags: 1",
        "memories: 2",
    ):
        assert line in lines
    assert any(line.endswith("bytes tag") for line in lines)
