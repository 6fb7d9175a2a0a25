"""``wasmvm wat2wasm``, ``wasm2wat`` and ``wast``."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from wasmvm.cli.convert import write_output
from wasmvm.cli.main import main
from wasmvm.embedding.text import wasm2wat, wat2wasm

TEXT = '(module (func (export "f") (result i32) (i32.const 7)))'


def test_there_and_back(tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    source = tmp_path / "a.wat"
    source.write_text(TEXT)
    assert main(["wat2wasm", str(source)]) == 0
    binary = tmp_path / "a.wasm"
    assert binary.read_bytes().startswith(b"\0asm")
    assert main(["wasm2wat", str(binary)]) == 0
    assert b"i32.const 7" in capsysbinary.readouterr().out
    assert main(["wasm2wat", str(binary), "-o", str(tmp_path / "b.wat")]) == 0
    assert main(["wat2wasm", str(tmp_path / "b.wat"), "-o", "-"]) == 0
    assert capsysbinary.readouterr().out == binary.read_bytes()


def test_standard_input(monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"(module)")))
    assert main(["wat2wasm", "-"]) == 0
    assert capsysbinary.readouterr().out == b"\0asm\1\0\0\0"


def test_an_error_shows_the_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "a.wat"
    source.write_text("(module\n  (func (i32.ad)))")
    assert main(["wat2wasm", str(source)]) == 1
    assert capsys.readouterr().err == (
        f"wasmvm: {source}:2:10: unknown operator i32.ad\n      (func (i32.ad)))\n             ^\n"
    )
    assert not (tmp_path / "a.wasm").exists()


def test_the_input_is_not_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "a.wasm"
    source.write_text(TEXT)
    assert main(["wat2wasm", str(source)]) == 2
    assert source.read_text() == TEXT
    assert "-o" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["wat2wasm", "wasm2wat", "wast"])
def test_a_file_that_is_not_there(command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, str(tmp_path / "none.wat")]) == 1
    assert "none.wat: No such file" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["wat2wasm", "wasm2wat"])
@pytest.mark.parametrize(
    ("output", "reason"),
    [("none/a.out", "No such file or directory"), ("folder", "Is a directory"), ("file/a.out", "Not a directory")],
)
def test_an_output_that_cannot_be_written(
    command: str, output: str, reason: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_bytes(b"")
    source = tmp_path / "a"
    source.write_bytes(TEXT.encode() if command == "wat2wasm" else wat2wasm(TEXT))
    before = sorted(tmp_path.iterdir())
    assert main([command, str(source), "-o", str(tmp_path / output)]) == 1
    assert tuple(capsys.readouterr()) == ("", f"wasmvm: {tmp_path / output}: {reason}\n")
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
@pytest.mark.parametrize("command", ["wat2wasm", "wasm2wat"])
def test_a_full_disk(command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "a"
    source.write_bytes(TEXT.encode() if command == "wat2wasm" else wat2wasm(TEXT))
    assert main([command, str(source), "-o", "/dev/full"]) == 1
    assert tuple(capsys.readouterr()) == ("", "wasmvm: /dev/full: No space left on device\n")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit of the system's for the size of files")
@pytest.mark.parametrize("command", ["wat2wasm", "wasm2wat"])
def test_a_file_is_there_as_a_whole_or_as_it_was(command: str, tmp_path: Path) -> None:
    """Also if it is the input: nothing is lost when the disk is full in the middle of the output."""
    text = f'(module (memory 9) (data (i32.const 0) "{"x" * 300_000}"))'
    own = tmp_path / "own"
    own.write_bytes(wat2wasm(text) if command == "wasm2wat" else text.encode())
    own.chmod(0o640)
    before = own.read_bytes()
    script = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)); "
        "from wasmvm.cli.main import main; sys.exit(main(sys.argv[1:]))"
    )
    words = [command, str(own), "-o", str(own)]
    done = subprocess.run([sys.executable, "-c", script, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"{own}: File too large" in done.stderr
    assert own.read_bytes() == before
    (tmp_path / "link").symlink_to("own")
    assert main([command, str(own), "-o", str(tmp_path / "link")]) == 0
    assert own.read_bytes() == (wasm2wat(before).encode() if command == "wasm2wat" else wat2wasm(text))
    assert own.stat().st_mode & 0o777 == 0o640
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "own"]
    assert (tmp_path / "link").is_symlink()


def test_an_interruption_leaves_the_output_as_it_was(tmp_path: Path) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"some"
        raise KeyboardInterrupt

    old, new = tmp_path / "old", tmp_path / "new"
    old.write_bytes(b"what was there")
    for path in (old, new):
        with pytest.raises(KeyboardInterrupt):
            write_output(str(path), pieces())
    assert old.read_bytes() == b"what was there"
    assert [path.name for path in tmp_path.iterdir()] == ["old"]


def test_not_a_module(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "a.wasm"
    source.write_bytes(b"\x7fELF....")
    assert main(["wasm2wat", str(source)]) == 1
    assert "magic header not detected" in capsys.readouterr().err


def test_a_body_that_is_none_leaves_the_output_alone(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    source, target = tmp_path / "a.wasm", tmp_path / "b.wat"
    good = wat2wasm("(module " + "(func nop)" * 20_000 + "(func))")
    source.write_bytes(good[:-1] + b"\x05")
    target.write_text("what was there")
    for output in ("-", str(target)):
        assert main(["wasm2wat", str(source), "-o", output]) == 1
        captured = capsysbinary.readouterr()
        assert captured.out == b""
        assert b"else outside of an if (at offset 0x186bf)" in captured.err
    assert target.read_text() == "what was there"


def test_text_comes_in_pieces(tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    source = tmp_path / "a.wasm"
    source.write_bytes(wat2wasm("(module " + '(func (export "\u20ac"))' + "(func nop)" * 5000 + ")"))
    assert main(["wasm2wat", str(source)]) == 0
    text = capsysbinary.readouterr().out
    assert text.decode() == wasm2wat(source.read_bytes())
    assert main(["wasm2wat", str(source), "-o", str(tmp_path / "b.wat")]) == 0
    assert (tmp_path / "b.wat").read_bytes() == text


def test_wast(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = tmp_path / "good.wast", tmp_path / "bad.wast"
    good.write_text(f'{TEXT}\n(assert_return (invoke "f") (i32.const 7))')
    bad.write_text(f'{TEXT}\n(assert_return (invoke "f") (i32.const 8))\n(assert_return (invoke "f") (i32.const 7))')
    assert main(["wast", str(good)]) == 0
    assert capsys.readouterr().out == f"{good}: 1 assertions, all passed\n"
    assert main(["wast", str(bad), str(good)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"{bad}:2: assert_return: expected")
    assert lines[1:] == [f"{bad}: 2 assertions, 1 commands failed", f"{good}: 1 assertions, all passed"]


def test_a_script_that_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "a.wast"
    source.write_text("(module)\n(foo)")
    assert main(["wast", str(source)]) == 1
    assert f"{source}:2:2: unknown operator foo" in capsys.readouterr().err
