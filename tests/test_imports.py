"""Who imports whom: no circles among the modules of the package, and contracts that do catch what they forbid."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "wasmvm"

# --- circles ----------------------------------------------------------------------------------------------------------


def modules_of(package: Path) -> dict[str, Path]:
    """The modules and packages below a folder that is a package, by name; of a module with a stub only the stub."""
    found = {}
    for path in sorted(package.rglob("*.py*")):
        if path.suffix not in (".py", ".pyi") or "__pycache__" in path.parts:
            continue
        parts = path.relative_to(package.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def prefix_of(node: ast.expr) -> str | None:
    """What a string in the code begins with, for f-strings as well; None for anything else."""
    if isinstance(node, ast.JoinedStr):
        node = node.values[0] if node.values else node
        return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None
    return f"{node.value}\0" if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def imports_of(source: str, modules: Mapping[str, object]) -> Iterator[str]:
    """The modules that a source imports anywhere: in functions too, for type checkers only, or by `import_module`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name in modules:
                    yield alias.name
        elif isinstance(node, ast.ImportFrom) and node.module in modules:
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                yield name if name in modules else node.module
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            prefix = prefix_of(node.args[0])
            yield from (name for name in modules if prefix is not None and f"{name}\0".startswith(prefix))


def graph_of(package: Path) -> dict[str, set[str]]:
    """For each module of a package those that it imports."""
    modules = modules_of(package)
    return {name: set(imports_of(path.read_text(), modules)) - {name} for name, path in modules.items()}


def circles(graph: Mapping[str, set[str]]) -> list[set[str]]:
    """The largest sets of modules in which each imports each other, by way of others or not (Tarjan's algorithm)."""
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[set[str]] = []

    def visit(name: str) -> None:
        order[name] = low[name] = len(order)
        stack.append(name)
        for other in sorted(graph[name]):
            if other not in order:
                visit(other)
                low[name] = min(low[name], low[other])
            elif other in stack:
                low[name] = min(low[name], order[other])
        if low[name] == order[name]:
            at = stack.index(name)
            members = set(stack[at:])
            del stack[at:]
            if len(members) > 1:
                found.append(members)

    for name in sorted(graph):
        if name not in order:
            visit(name)
    return found


def test_there_are_no_circles() -> None:
    """Each module can be understood with what it imports, and without what imports it."""
    graph = graph_of(PACKAGE)
    assert len(graph) > 150
    assert circles(graph) == []


def test_every_way_to_import_counts(tmp_path: Path) -> None:
    package = tmp_path / "pack"
    (package / "sub").mkdir(parents=True)
    for name, text in {
        "__init__": "",
        "plain": "import pack.local",
        "local": "def f():\n    from pack import typed",
        "typed": "if TYPE_CHECKING:\n    from pack.plain import X",
        "sub/__init__": "from pack.sub.one import f",
        "sub/one": "import importlib\nimportlib.import_module('pack.sub.two')",
        "sub/two": "from pack.sub.three import x",
        "sub/three": "from importlib import import_module\nimport_module(f'pack.sub.{x}')",
        "end": "import pack.plain, json",
    }.items():
        (package / f"{name}.py").write_text(text)
    graph = graph_of(package)
    assert graph["pack.end"] == {"pack.plain"}
    assert graph["pack.sub"] == {"pack.sub.one"}
    assert circles(graph) == [
        {"pack.plain", "pack.local", "pack.typed"},
        {"pack.sub.one", "pack.sub.two", "pack.sub.three"},
    ]


# --- contracts --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "line", "contract"),
    [
        ("wasi/host/walk.py", "from wasmvm.wasi.preview1 import abi", "WASI: what there is to be granted"),
        (
            "wasi/host/streams.py",
            "def f() -> None:\n    from wasmvm.wasi.config import WasiConfig",
            "WASI: what there is",
        ),
        ("wasi/preview1/guest.py", "from wasmvm.wasi.preview1.link import bind", "WASI preview 1"),
        ("wasi/config.py", "from wasmvm.wasi.preview1.guest import Wasi", "WASI: what there is to be granted"),
    ],
)
def test_contracts_catch_what_they_forbid(file: str, line: str, contract: str, tmp_path: Path) -> None:
    for path in PACKAGE.rglob("*.py"):
        copy = tmp_path / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with (tmp_path / "wasmvm" / file).open("a") as source:
        source.write(f"\n{line}\n")
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout
    broken = [text for text in done.stdout.splitlines() if text.endswith("BROKEN") or " BROKEN " in text]
    assert [text.startswith(contract) for text in broken] == [True], done.stdout
