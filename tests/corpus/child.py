"""What becomes of one module, in a process of its own: `python -m tests.corpus.child FILE ENTRY` prints JSON."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import wasmtime

from tests import oracle
from tests.fuzz.verdict import wasm_tools
from tests.patience import PATIENCE
from wasmvm import Func, Global, Instance, Memory, Module, Store, Table, Tag, WasmError, run
from wasmvm.types import F32, F64, I32, I64, V128, FuncType, GlobalType, MemoryType, TableType, TagType

SPACE = 8 << 30
"""Bytes of addresses that the process may have while only wasmvm works."""
RESERVED = 64 << 30
"""The same with wasmtime, which reserves far more than it uses for each memory."""
MEMORY = 2 << 30
"""Bytes that all memories of a command may have."""
ZEROS = {I32: 0, I64: 0, F32: 0.0, F64: 0.0, V128: bytes(16)}
"""By the type of a global; null for all references."""


def stub(store: Store, name: str, type: Any) -> Any:
    """Something that may be imported as `type`; a function of it fails when it is called."""

    def missing(*args: object) -> None:
        raise NotImplementedError(f"the import {name} is a stub")

    makers: dict[type, Callable[[], Any]] = {
        FuncType: lambda: Func(store, type, missing),
        MemoryType: lambda: Memory(store, type),
        TableType: lambda: Table(store, type),
        GlobalType: lambda: Global(store, type, ZEROS.get(type.valtype)),
        TagType: lambda: Tag(store, type),
    }
    return makers[type.__class__]()


def judged(path: Path) -> tuple[str, str]:
    """The verdicts of `wasm-tools validate` with all features, and of wasmtime: "valid" or the first line of the message."""
    program = wasm_tools()
    if program is None:
        raise FileNotFoundError("wasm-tools is not there (extra `test`)")
    done = subprocess.run(
        [program, "validate", "--features", "all", str(path)], capture_output=True, text=True, check=False
    )
    tools = "valid" if done.returncode == 0 else done.stderr.strip().splitlines()[0]
    try:
        wasmtime.Module.validate(wasmtime.Engine(), path.read_bytes())
    except wasmtime.WasmtimeError as error:
        return tools, str(error).strip().splitlines()[-1].strip()
    return tools, "valid"


def instantiated(module: Module, calls: list[Any]) -> str:
    """What an instantiation with stubs comes to, and calls of exports; these must give what the data says."""
    store = Store(timeout=PATIENCE)
    imports: dict[str, dict[str, Any]] = {}
    for wanted in module.imports:
        imports.setdefault(wanted.module, {})[wanted.name] = stub(store, f"{wanted.module}.{wanted.name}", wanted.type)
    try:
        exports = Instance(module, imports, store=store).exports
        for name, arguments, expected in calls:
            result = exports[name](*arguments)
            if result != expected:
                return f"WRONG: {name}({arguments}) is {result}, not {expected}"
    except (WasmError, NotImplementedError) as error:
        return f"{type(error).__name__}: {str(error).splitlines()[0]}"
    return f"{len(calls)} calls right" if calls else "instantiated"


def commanded(path: Path, wanted: dict[str, Any], by_wasmtime: bool) -> str:
    """What running the command comes to: it must print what the data says, and the same as in wasmtime."""
    arguments, stdin = wanted["args"], wanted.get("stdin", "").encode()
    done = run(path, arguments, stdin=stdin, capture_output=True, argv0=path.name, timeout=PATIENCE, max_memory=MEMORY)
    own = (done.returncode, done.stdout, done.stderr)
    if not (done.stdout or b"").startswith(wanted["stdout"].encode()):
        return f"WRONG: it printed {(done.stdout or b'')[:60]!r} and {(done.stderr or b'')[:60]!r}"
    if not by_wasmtime:
        return f"exit code {done.returncode}, output right"
    other = oracle.run_wasi(path, arguments, stdin=stdin)
    if own != (other.exit_code, other.stdout, other.stderr):
        return "WRONG: wasmtime prints something else"
    return f"exit code {done.returncode}, output that of wasmtime"


def examine(path: Path, wanted: dict[str, Any]) -> dict[str, Any]:
    """All that is to be known of a module; times are seconds of processor time."""
    begin = time.process_time()
    found: dict[str, Any] = {"bytes": path.stat().st_size}
    try:
        module = Module.from_file(path, max_module_size=1 << 30)
    except WasmError as error:
        found["wasmvm"] = f"{type(error).__name__}: {str(error).splitlines()[0]}"
        found["decode"] = round(time.process_time() - begin, 3)
    else:
        found["wasmvm"] = "valid"
        found["decode"] = round(time.process_time() - begin, 3)
        found["features"] = sorted(module.features)
        begin = time.process_time()
        module.compiled.lower_all()
        found["lower"] = round(time.process_time() - begin, 3)
        found["instance"] = instantiated(module, wanted["calls"])
    # before wasmtime works: its memory is not wasmvm's
    found["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    resource.setrlimit(resource.RLIMIT_AS, (RESERVED, RESERVED))
    found["wasm-tools"], found["wasmtime"] = judged(path)
    if found["wasmvm"] == "valid" and wanted["run"] is not None:
        found["run"] = commanded(path, wanted["run"], found["wasmtime"] == "valid")
    return found


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (SPACE, RESERVED))
    print(json.dumps(examine(Path(sys.argv[1]), json.loads(sys.argv[2]))))


if __name__ == "__main__":
    main()
