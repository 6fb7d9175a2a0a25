"""Numbers of the binary format are stated once: in `types` and `isa.codes`, of which `generated/codes.pxd` is made."""

import ast
import re
from pathlib import Path

import pytest

from wasmvm import types
from wasmvm.isa import codes

PACKAGE = Path(codes.__file__).parent.parent
ENUM = PACKAGE / "generated/codes.pxd"
NAMES = dict(re.findall(r"^    (\w+) = (-?\d+)$", ENUM.read_text(), re.MULTILINE))
COMPILED = sorted(
    path for path in PACKAGE.rglob("*.py") if path.with_suffix(".pxd").exists() and "generated" not in path.parts
)
CYTHON = sorted(
    path for path in PACKAGE.rglob("*") if path.suffix in (".pyx", ".pxi", ".pxd") and "generated" not in path.parts
)


def test_the_enum_says_the_same() -> None:
    """All that fits into a C int is there, and nothing else."""
    stated = {
        name: value
        for module in (types, codes)
        for name, value in vars(module).items()
        if name.isupper() and type(value) is int and value < 1 << 31
    }
    assert {name: int(value) for name, value in NAMES.items()} == stated
    assert {"I32", "CONCRETE", "PAGE_SIZE", "SECTION_CODE", "MEMIDX_FLAG", "FORM_REC"} <= stated.keys()


def test_types_and_codes_share_no_name() -> None:
    named = [{name for name, value in vars(m).items() if name.isupper() and type(value) is int} for m in (types, codes)]
    assert named[0] & named[1] == set()


def test_sections() -> None:
    ids = [value for name, value in vars(codes).items() if name.startswith("SECTION_") and type(value) is int]
    assert sorted(ids) == list(range(14))
    assert sorted(codes.SECTION_ORDER) == list(range(1, 14))


def aliases(source: str) -> list[str]:
    """Names that a module binds to a number of these modules, or to a number of its own."""
    found = []
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id in NAMES:
            found.append(node.targets[0].id)
    return found


def declared(source: str) -> list[str]:
    """Names that a file in Cython gives a value, or a type, of its own."""
    names = re.findall(r"^\s+(\w+) = ", source, re.MULTILINE) + re.findall(r"^cdef \w+ (\w+)", source, re.MULTILINE)
    return [name for name in names if name in NAMES]


def test_what_is_an_alias() -> None:
    assert aliases("from wasmvm import types\nI32 = types.I32\nREF = 0x64\nOTHER = 1") == ["I32", "REF"]
    assert declared("cdef int CONCRETE\ncdef enum:\n    I32 = 0x7F\n    OTHER = 1\n") == ["I32", "CONCRETE"]


@pytest.mark.parametrize("path", COMPILED, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_compiled_modules_have_no_copies(path: Path) -> None:
    assert aliases(path.read_text()) == []


@pytest.mark.parametrize("path", CYTHON, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_the_machine_has_no_copies(path: Path) -> None:
    assert declared(path.read_text()) == []
