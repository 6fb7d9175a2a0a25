"""The examples of the documentation do what they say, and its links lead somewhere."""

from __future__ import annotations

import doctest
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import wasmvm

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
OPTIONS = doctest.ELLIPSIS | doctest.REPORT_UDIFF

pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def blocks(page: Path, language: str) -> list[str]:
    return [text for name, text in BLOCK.findall(page.read_text()) if name == language]


@pytest.fixture(autouse=True)
def in_the_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def run_doctest(text: str, name: str) -> None:
    example = doctest.DocTestParser().get_doctest(text, {}, name, name, 0)
    output: list[str] = []
    failed, attempted = doctest.DocTestRunner(optionflags=OPTIONS).run(example, out=output.append)
    assert attempted
    assert not failed, "".join(output)


@pages
def test_python_examples(page: Path) -> None:
    text = "\n".join(blocks(page, "pycon"))
    if not text:
        pytest.skip("the page has no examples in Python")
    run_doctest(text, page.name)


@pages
def test_excerpts(page: Path) -> None:
    """A ``python`` block is part of an example, which has a test of its own."""
    examples = [path.read_text() for path in (ROOT / "examples").glob("*.py")]
    for block in blocks(page, "python"):
        assert any(block in text for text in examples), block


PLACES = ("README.md", "docs/embedding.md", "docs/wasi.md", "docs/security.md", "docs/compat.md")
"""What users read; the other pages are for those who work on the code."""


def test_every_public_name_is_told() -> None:
    text = "".join((ROOT / page).read_text() for page in PLACES)
    assert not [name for name in wasmvm.__all__ if not re.search(rf"\b{name}\b", text)]


def test_every_subcommand_is_told_and_there() -> None:
    """A command is a module of `wasmvm.cli` with `ABOUT`, a name in `COMMANDS`, and told in the README or its pages."""
    from wasmvm.cli.main import COMMANDS

    made = {path.stem for path in (ROOT / "wasmvm/cli").glob("*.py") if "\nABOUT = " in path.read_text()}
    assert set(COMMANDS) == made
    text = "".join((ROOT / page).read_text() for page in PLACES)
    assert not [name for name in COMMANDS if not re.search(rf"\bwasmvm {name}\b", text)]


def test_docstring_of_the_package() -> None:
    assert wasmvm.__doc__
    run_doctest(wasmvm.__doc__, "wasmvm")


@pages
def test_commands(page: Path) -> None:
    """In a ``console`` block, what follows ``$ command`` is what it prints; ``...`` stands for anything."""
    text = "".join(blocks(page, "console"))
    if not text:
        pytest.skip("the page has no commands")
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, expected = part.partition("\n")
        words = shlex.split(command)
        assert words[0] == "wasmvm"
        done = subprocess.run([sys.executable, "-m", "wasmvm", *words[1:]], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, ""), command
        assert doctest.OutputChecker().check_output(expected, done.stdout, OPTIONS), done.stdout


def test_the_readme_names_the_two_commands() -> None:
    """Those that continuous integration runs, word for word."""
    readme = (ROOT / "README.md").read_text()
    workflow = (ROOT / ".github/workflows/ci.yml").read_text()
    commands = [line for block in blocks(ROOT / "README.md", "sh") for line in block.splitlines()]
    assert len(commands) == 2, readme
    for command in commands:
        assert f"run: {command}\n" in workflow


@pages
def test_links(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", BLOCK.sub("", page.read_text())):
        if "://" not in target:
            assert os.path.exists(page.parent / target), target
