"""A machine that has many faults, of which a variable of the environment chooses one, and that tells which were reached."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.mutation import machine_faults
from tests.mutation.fault import Fault
from tests.mutation.machine_faults import PRINTED

CHOSEN_ENV = "WASMVM_FAULT"
"""The number of the fault that the machine has; none if it is not set."""
REACHED_ENV = "WASMVM_FAULTS_REACHED"
"""A file with a byte for each fault, which becomes 1 where the statement runs."""

HEADER = '''cdef extern from *:
    """
    #include <fcntl.h>
    #include <stdlib.h>
    #include <sys/mman.h>
    #include <unistd.h>
    static int wvm_fault = -1;
    static unsigned char wvm_unseen[{count}];
    static unsigned char *wvm_reached = wvm_unseen;
    __attribute__((constructor)) static void wvm_choose_fault(void) {{
        const char *text = getenv("{chosen}");
        int file;
        void *shared;
        if (text) wvm_fault = atoi(text);
        text = getenv("{reached}");
        if (text && (file = open(text, O_RDWR)) >= 0) {{
            shared = mmap(NULL, {count}, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
            if (shared != MAP_FAILED) wvm_reached = shared;
            close(file);
        }}
    }}
    static inline int wvm_has_fault(int number) {{ wvm_reached[number] = 1; return wvm_fault == number; }}
    """
    bint wvm_has_fault(int) noexcept nogil


'''
FLAGS = ["-O1", "-fwrapv", "-ffp-contract=off", "-fno-math-errno", "-g0", "-w", "-DNDEBUG"]
"""Quicker to compile than the released form, and the same arithmetic."""
ERROR = re.compile(r"^(?P<path>[\w./-]+\.px[id]):(?P<line>\d+):\d+: ", re.MULTILINE)


def printed(root: Path) -> dict[str, str]:
    """The parts of the machine that are printed from the rows, in the form of one `switch`.

    Raises:
        CalledProcessError: they cannot be printed.
    """
    program = "from tools import generate, vector\nimport pathlib, sys\ngenerate.write_loop('switch', pathlib.Path(sys.argv[1]))\n"
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-c", program, folder], cwd=root, check=True)
        return {PRINTED + path.name: path.read_text() for path in sorted(Path(folder).glob("*.pxi"))}


def build(tree: Path, sources: dict[str, str], faults: Sequence[Fault]) -> list[int]:
    """Build the machine of a tree with these faults in it, and return the numbers of those that can be compiled.

    Raises:
        RuntimeError: it cannot be built for another reason.
    """
    numbers = list(range(len(faults)))
    while True:
        wrong = translate(tree, sources, [(number, faults[number]) for number in numbers], len(faults))
        if not wrong:
            break
        numbers = [number for number in numbers if number not in wrong]
    compile_c(tree)
    return numbers


def translate(tree: Path, sources: dict[str, str], faults: Sequence[tuple[int, Fault]], count: int) -> set[int]:
    """Translate to C; the numbers of the faults that Cython refuses, if there are any."""
    places: dict[tuple[str, int], int] = {}  # file's name, line
    included = tree / "build/mutation/included"
    included.mkdir(parents=True, exist_ok=True)
    for path, source in sources.items():
        inside = [(number, fault) for number, fault in faults if fault.path == path]
        text = machine_faults.with_faults(source, inside)
        name = Path(path).name
        (included / name if path.startswith(PRINTED) else tree / path).write_text(text)
        places.update({(name, line): number for line, number in lines_of(text).items()})
    core = tree / "wasmvm/_core.pyx"
    header = HEADER.format(count=max(count, 1), chosen=CHOSEN_ENV, reached=REACHED_ENV)
    text = core.read_text()
    if "wvm_has_fault" not in text:
        core.write_text(text.replace('include "machine/host.pxi"', header + 'include "machine/host.pxi"', 1))
    done = subprocess.run(
        [sys.executable, "tools/translate.py", "build/mutation/c", str(included), "wasmvm/_core.pyx"],
        cwd=tree, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    if not done.returncode:
        return set()
    wrong = set()
    for match in ERROR.finditer(done.stdout):
        name, line = Path(match["path"]).name, int(match["line"])
        wrong |= {places[name, near] for near in (line, line - 1, line + 2) if (name, near) in places}
    if not wrong:
        raise RuntimeError(f"The machine with faults cannot be translated:\n{done.stdout[-5000:]}")
    return wrong


def lines_of(text: str) -> dict[int, int]:
    """The faults by the lines of a source in which they are."""
    found = {}
    for line, content in enumerate(text.splitlines(), 1):
        asked = re.search(r"wvm_has_fault\((\d+)\)", content)
        if asked:
            found[line] = int(asked[1])
            if content.strip().startswith("if wvm"):
                found[line + 1] = int(asked[1])
    return found


def compile_c(tree: Path) -> None:
    settings = sysconfig.get_config_vars("LDSHARED", "CCSHARED", "EXT_SUFFIX")
    target = tree / f"wasmvm/_core{settings[2]}"
    made = target.with_suffix(".new")
    command = [*shlex.split(settings[0]), *shlex.split(settings[1]), *FLAGS, f"-I{sysconfig.get_path('include')}"]
    done = subprocess.run(
        [*command, "build/mutation/c/wasmvm/_core.c", "-o", str(made)],
        cwd=tree, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"The machine with faults cannot be compiled:\n{done.stdout[-5000:]}")
    made.replace(target)
