"""The specification is cited by title: ``spec "Title"``, or ``spec "Chapter: Section: Title"``; never by number.

Every title must be one of `spec_titles.txt`: the headings of the edition that CONTRIBUTING.md names, each indented below
the one it belongs to (without those that are formulas). A citation is the whole path of headings down from a chapter, or
else some of them, in order, which only one heading fits.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = ("wasmvm", "tests", "tools", "benchmarks", "examples", "docs")
CITATION = re.compile(r'\bspec\s+"([^"]+)"')
UNCHECKED = re.compile(r'\b[Ss]pec(?:ification)?\b(?!\s")[^"\n]{0,12}\s"|\bspec\s+"[^"]+"(?:,|,? and|,? or)?\s+"')
"""What looks like a citation, but is not read as one: with an edition, or of several titles at once."""
THREE_PARTS = re.compile(r"(?<![\w.])[1-7]\.\d{1,2}\.\d{1,2}(?![\w.]*\d)")
TWO_PARTS = re.compile(
    r"""
    [Ss]pecification(?:'s)?,?\s(?:chapter\s|section\s)?(?!3\.0\b)[1-7A]\b  # specification, 5.4
    | \bchapter\s[1-7]\b
    | \A\s*[1-7]\.\d{1,2}\b(?:\s"|[:;,.]|\sto\s)                # 5.4: instructions
    | (?<![`)])\s\([1-7]\.\d{1,2}(?:[,;]\s[^)]*|\s"[^)]*)?\)    # a name (5.2)
    """,
    re.VERBOSE,
)
VERSION = re.compile(r"(?:Python|Cython|pywasm|wasmtime|numpy|version|CPython|GCC|clang)\S*\s$")


@cache
def headings() -> tuple[tuple[str, ...], ...]:
    """Every heading, as its path down from its chapter."""
    paths: list[tuple[str, ...]] = []
    for line in (ROOT / "tests/spec_titles.txt").read_text().splitlines():
        title = line.lstrip()
        depth = (len(line) - len(title)) // 2
        paths.append((*paths[-1][:depth], title) if paths else (title,))
        assert len(paths[-1]) == depth + 1, line
    return tuple(paths)


def meant(citation: str) -> list[tuple[str, ...]]:
    """The headings that a citation can mean."""
    parts = tuple(citation.split(": "))
    if parts in headings():
        return [parts]

    def fits(path: tuple[str, ...]) -> bool:
        rest = iter(path)
        return parts[-1] == path[-1] and all(part in rest for part in parts)

    return [path for path in headings() if fits(path)]


def files() -> list[Path]:
    found = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*")] + [
        *ROOT.glob("*.md"),
        ROOT / "setup.py",
    ]
    return sorted(
        path
        for path in found
        if path.suffix in (".py", ".pyx", ".pxd", ".pxi", ".pyi", ".md") and path.name not in ("CHANGELOG.md",)
    )


def remarks(path: Path) -> Iterator[str]:
    """Comments (those on consecutive lines as one) and strings that are statements; of a page, its paragraphs."""
    text = path.read_text()
    if path.suffix == ".md":
        yield from text.split("\n\n")
    elif path.suffix in (".py", ".pyi"):
        yield from python_remarks(text)
    else:
        yield from re.findall(r'"""(.*?)"""', text, re.DOTALL)
        code = re.sub(r'""".*?"""', "", text, flags=re.DOTALL)
        yield from (re.sub(r"^\s*# ?", "", block, flags=re.M) for block in re.findall(r"(?:^\s*#.*\n)+", code, re.M))
        yield from re.findall(r"\S.*?\s# (.*)", code)


def python_remarks(text: str) -> Iterator[str]:
    begins, comment, last = True, "", -2
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            if comment and token.start[0] != last + 1:
                yield comment
                comment = ""
            comment, last = f"{comment} {token.string.lstrip('# ')}".strip(), token.start[0]
        elif token.type == tokenize.STRING and begins:
            yield token.string.strip("\"'rR")
        if token.type not in (tokenize.COMMENT, tokenize.NL):
            begins = token.type in (tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING)
    if comment:
        yield comment


def numbers(remark: str) -> list[str]:
    """Section numbers in a comment or docstring."""
    found = [match.group() for match in THREE_PARTS.finditer(remark) if not VERSION.search(remark[: match.start()])]
    return found + [match.group() for match in TWO_PARTS.finditer(remark)]


def citations(remark: str) -> list[str]:
    return [re.sub(r"\s+", " ", title) for title in CITATION.findall(remark)]


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_citations(path: Path) -> None:
    if path == Path(__file__):
        return
    for remark in remarks(path):
        for citation in citations(remark):
            assert len(meant(citation)) == 1, f'spec "{citation}" may mean {meant(citation)}'
        if path.name != "corpus.md":  # which is full of versions of packages
            assert numbers(remark) == [], remark
        assert not UNCHECKED.search(remark), remark


def test_there_are_citations() -> None:
    """All parts of the package cite, so that what finds citations finds them in each kind of file."""
    cited: dict[str, int] = {}
    for path in files():
        for remark in remarks(path):
            cited[path.suffix] = cited.get(path.suffix, 0) + len(citations(remark))
    assert cited[".py"] > 100
    assert cited[".pxi"] > 10
    assert cited[".pxd"] > 5


@pytest.mark.parametrize(
    ("citation", "count"),
    [
        ("Memory Instances", 1),
        ("Binary Format", 1),
        ("Validation: Types", 1),  # a whole path; as a part it would fit three
        ("Matching: Limits", 1),
        ("Limits", 5),
        ("Validation: Limits", 2),
        ("Memory Instance", 0),
        ("Memory instances", 0),
        ("Limits: Matching", 0),
        ("4.2.9", 0),
    ],
)
def test_meant(citation: str, count: int) -> None:
    assert len(meant(citation)) == count


@pytest.mark.parametrize(
    ("remark", "found"),
    [
        ('A memory (spec "Memory\n    Instances"), and spec "Limits".', ["Memory Instances", "Limits"]),
        ("the spec says nothing", []),
        ('inspec "x"', []),
    ],
)
def test_what_is_a_citation(remark: str, found: list[str]) -> None:
    assert citations(remark) == found


@pytest.mark.parametrize(
    "remark",
    [
        "4.2.8", "see 3.4.12.", "Memories (specification, 4.2.8): a range", "(specification, chapter 3)", "5.3: types",
        '4.3.3 "NaN Propagation": a canonical NaN', "# Types (6.4)", "2.5.4; `init` is an expression",
        "of the specification's chapter 3", "3.3.9 to 3.3.11.",
    ],
)  # fmt: skip
def test_what_is_a_section_number(remark: str) -> None:
    assert numbers(remark)


@pytest.mark.parametrize(
    "remark",
    [
        "Python 3.13.1 does",
        "WebAssembly 3.0",
        "1.5 times as long",
        "a factor of 2.31",
        "``pywasm`` (2.2) over wasmvm",
        "10.0.0.1",
    ],
)
def test_what_is_no_section_number(remark: str) -> None:
    assert numbers(remark) == []


@pytest.mark.parametrize(
    "remark",
    ['spec 3.0 "Numerics"', 'the specification\'s "Numerics"', 'spec "Numerics" and "Values"', 'spec "A", "B"'],
)
def test_what_only_looks_like_a_citation(remark: str) -> None:
    assert UNCHECKED.search(remark)
    assert not UNCHECKED.search('(spec "Execution: Numeric Instructions", spec "Values")')


def test_the_edition_is_stated() -> None:
    assert "WebAssembly core specification 3.0" in (ROOT / "CONTRIBUTING.md").read_text()
