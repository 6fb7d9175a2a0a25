"""Translates modules to C with Cython, in a process of its own: setup.py runs two of them at once.

    python tools/translate.py FOLDER INCLUDED SOURCE ...

The C files go to FOLDER; INCLUDED is where `_core.pyx` finds the parts that are printed. Up to date files stay.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools.build_config import directives

DOUBLE_RELEASE = "    int result = PyList_Append(list, x);\n    Py_DECREF(x);\n    return result;\n"
SINGLE_RELEASE = "    int result = PyList_Append(list, x);\n    if (!result) Py_DECREF(x);\n    return result;\n"


def mend(generated: Path) -> None:
    """Mend what Cython 3.3 does in list comprehensions and lists with `*`: without memory it releases an item twice.

    `__Pyx_ListComp_AppendAndDecref` does so, and then the code that cleans up after every error (shown by
    `tests/fuzz/nomemory.py`).
    """
    text = generated.read_text()
    if DOUBLE_RELEASE in text:
        generated.write_text(text.replace(DOUBLE_RELEASE, SINGLE_RELEASE))


def translate(source: str, folder: str, included: str) -> None:
    """Translate one module.

    Raises:
        CompileError: it has errors; Cython has printed them.
    """
    from Cython.Build import cythonize
    from setuptools import Extension

    name = source.rpartition(".")[0].replace("/", ".")
    cythonize(
        [Extension(name, [source])],
        build_dir=folder,
        include_path=[included],
        compiler_directives=directives(source),
        quiet=True,
    )
    mend(Path(folder, source).with_suffix(".c"))


def main() -> int:
    from Cython.Compiler.Errors import CompileError

    folder, included, *sources = sys.argv[1:]
    for source in sources:
        try:
            translate(source, folder, included)
        except CompileError:
            print(f"{source} has errors", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
