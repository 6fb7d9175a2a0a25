"""The benchmarks in quick mode: every engine that is there gives the same results, and reports come out."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks import __main__ as command_line
from benchmarks import boundary, build, decode, measure, start, steps, stops, threads, throughput, unseen
from benchmarks.display import Progress, table
from benchmarks.engines import Run
from benchmarks.growth import __main__ as growth
from benchmarks.programs import BY_NAME, PROGRAMS, UNSEEN, Program
from wasmvm import binary
from wasmvm.text import wat2wasm

ROOT = Path(__file__).resolve().parents[2]


def test_engines_agree_on_every_program() -> None:
    """`measure` raises Mismatch where two engines print different results."""
    result = throughput.measure(Progress(0), quick=True)
    assert set(result["small"]) == {program.name for program in PROGRAMS}
    for name, by_engine in result["small"].items():
        assert "wasmvm" in by_engine or BY_NAME[name].simd, name
        assert all(seconds >= 0 for samples in by_engine.values() for seconds in samples)
    assert "geometric mean" in throughput.summary(result)


def test_engines_agree_on_the_programs_that_no_sequence_was_chosen_by() -> None:
    result = unseen.measure(Progress(0), quick=True)
    assert set(result["small"]) == {program.name for program in UNSEEN}
    assert all("wasmvm" in by_engine for by_engine in result["small"].values())
    assert unseen.summary(result).startswith("unseen programs, ")


def test_programs_are_complete() -> None:
    assert len([program for program in PROGRAMS if not program.simd]) >= 12
    assert len(BY_NAME) == len(PROGRAMS) + len(UNSEEN)
    for program in (*PROGRAMS, *UNSEEN):
        assert program.source.exists(), program.name
        assert program.wasm.read_bytes()[:4] == b"\0asm"
        assert program.large != program.small or program.simd


@pytest.mark.parametrize("program", [build, stops, growth])
def test_commands_explain_themselves(program: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """And do nothing then, nor if a name is wrong."""
    with pytest.raises(SystemExit) as caught:
        program.main(["--help"])
    assert caught.value.code == 0
    name = program.__name__.removesuffix(".__main__")
    assert capsys.readouterr().out.startswith(f"usage: python -m {name} [-h] [")
    with pytest.raises(SystemExit) as caught:
        program.main(["nothing of that name"])
    assert caught.value.code == 2
    assert "nothing of that name" in capsys.readouterr().err


def test_each_step_of_a_module_is_measured(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "m.wasm").write_bytes(BY_NAME["nbody"].wasm.read_bytes())
    assert steps.main([str(tmp_path / "m.wasm"), "--kinds", "params_1000", "--size", "1000", "--rounds", "1"]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()[1:]]
    names = "decode validate names lower serialize deserialize pickle unpickle save from".split()
    assert [row[:2] for row in rows] == [[module, step] for module in ("m.wasm", "params_1000") for step in names]
    assert all(float(number) >= 0 for row in rows for number in row[-2:])
    with pytest.raises(SystemExit):
        steps.main(["--help"])


class Fake:
    """An engine whose output is given."""

    small = False

    def __init__(self, name: str, outputs: list[bytes]) -> None:
        self.name = name
        self.outputs = outputs

    def version(self) -> str:
        return "0"

    def load(self, program: Program):  # type: ignore[no-untyped-def]
        return lambda arguments: Run(2.0 if self.name == "wasmvm" else 3.0, self.outputs.pop(0))


def test_a_difference_is_an_error() -> None:
    fib = BY_NAME["fib"]
    same = throughput.compare(fib, [Fake("wasmvm", [b"1"] * 2), Fake("b", [b"1"] * 2)], ("1",), 1, Progress(1))
    assert throughput.ratios({"fib": same}) == {"b": {"fib": 1.5}}
    with pytest.raises(throughput.Mismatch, match="prints different results"):
        throughput.compare(fib, [Fake("wasmvm", [b"1"]), Fake("b", [b"2"])], ("1",), 1, Progress(1))
    with pytest.raises(throughput.Mismatch, match="a second run"):
        throughput.compare(fib, [Fake("wasmvm", [b"1", b"2"])], ("1",), 1, Progress(1))


def test_sides_take_turns() -> None:
    order: list[str] = []
    sides = {name: lambda name=name: float(order.append(name) or 1) for name in "ab"}  # type: ignore[misc,func-returns-value]
    assert measure.in_turns(sides, 2, lambda _: None) == {"a": [1.0, 1.0], "b": [1.0, 1.0]}
    assert order == ["a", "b", "a", "b"]


def test_quick_run_writes_a_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "report.json"
    assert command_line.main(["boundary", "threads", "--quick", "--json", str(target)]) == 0
    report = json.loads(target.read_text())
    assert report["quick"] is True
    assert set(report["boundary"]) == {"call in", "call out", "memory read", "memory write", "instantiate"}
    assert {"wasmvm", "wasmvm as wasmtime", "wasmtime"} <= set(report["boundary"]["call in"])
    assert {"wasmvm, 1", "wasmvm, 2"} <= set(report["threads"])
    shown = capsys.readouterr().out
    assert "boundary: microseconds" in shown
    assert "threads: " in shown
    assert boundary.summary(report["boundary"]) in shown
    assert threads.summary(report["threads"]) in shown


def test_the_best_of_several_calls_by_any_clock() -> None:
    ticks = iter(range(100))
    calls: list[str] = []
    sides = {"a": lambda: calls.append("a"), "b": lambda: calls.extend(("b", str(next(ticks))))}
    assert measure.best_of(sides, 2, lambda: next(ticks)) == {"a": 1, "b": 2}
    assert calls == ["a", "b", "3", "a", "b", "8"]


def test_instructions_are_counted() -> None:
    text = """(module (memory 1) (func) (func (param i32) (local i64 f32) (block (br_table 0 1 0 (local.get 0)))
      (i32.store8 offset=300 (i32.const 1) (i32.const -5)) (drop (v128.const i64x2 1 2))))"""
    assert decode.count_instructions(binary.decode(wat2wasm(text))) == 1 + 10


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        ("decode examples/hello.wasm --rounds 1", "ns an instruction"),
        ("lowering examples/hello.wasm --rounds 1", "lowered at"),
        ("worst deep --size 2000 --rounds 1", "times; lowered"),
        ("stops nothing", "nothing"),
    ],
)
def test_programs_that_are_no_families(command: str, shown: str) -> None:
    name, *words = command.split()
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{name}", *words], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert shown in done.stdout


def test_start() -> None:
    result = start.measure(Progress(0), quick=True)
    assert {"tiny", "hello"} <= set(result["seconds"])
    assert {"wasmvm cold", "wasmvm cached"} <= set(result["seconds"]["tiny"])
    assert "tiny" in start.summary(result)


def test_a_family_that_there_is_not() -> None:
    with pytest.raises(SystemExit, match="2"):
        command_line.main(["nothing"])


def test_plot(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib is not installed (extra `bench`): nothing can be drawn")
    from benchmarks.plot import draw

    large = {"fib": {"wasmvm": [1.0], "wasm3": [2.0]}, "mix": {"wasmvm": [1.0], "wasm3": [1.5]}}
    small = {"fib": {"wasmvm": [1.0], "pwasm": [50.0]}}
    seconds = {"tiny": {"wasmvm cold": [0.1], "wasmvm cached": [0.05], "wasmtime cold": [0.2]}}
    result = {
        "machine": command_line.machine(),
        "throughput": {"large": large, "small": small},
        "start": {"sizes": {"tiny": 200}, "seconds": seconds},
    }
    png, svg = draw(result, tmp_path / "plot.png")
    assert png.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    assert svg.read_text().count("<svg ") == 1
    with pytest.raises(ValueError, match="nothing to draw"):
        draw({"machine": command_line.machine()}, tmp_path / "plot.png")


def test_tables_are_aligned() -> None:
    assert table(["a", "b"], [["long", "1"], ["x", "22"]]) == "a      b\nlong   1\nx     22"
