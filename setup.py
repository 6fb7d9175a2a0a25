"""Compiles the machine and the hot pure-Python modules with Cython; all metadata is in pyproject.toml.

A build that cannot go on ends in one message that says what is missing. The C files go to a folder of ``build/`` that
is named after what they depend on besides their sources: another Cython or other directives never meet old files.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import sys
from pathlib import Path
from typing import NoReturn

from setuptools import Extension, setup
from setuptools.command.build import build
from setuptools.command.build_ext import build_ext
from setuptools.errors import CCompilerError, ExecError, PlatformError

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT))  # a build in isolation does not start there

from tools import build_config, generate  # noqa: E402
from tools.build_config import DIRECTIVES, FORMS  # noqa: E402

HOT = build_config.hot_modules(ROOT)
EXTENSION = [build_config.EXTENSION]

FLAGS = {
    "msvc": ["/O2"],
    # A dispatch block, or a handler of the threaded form, that straddles a cache line makes all 1.5 times slower.
    # No contraction: a product and a sum must be rounded one by one, which GCC on ARM would not do.
    "unix": ["-O2", "-fwrapv", "-falign-loops=64", "-falign-functions=64", "-ffp-contract=off", "-fno-math-errno"],
}
"""Compiler flags by the kind of compiler, as setuptools names it."""
THREADED_FLAGS = ["-fno-tree-ter", "-fno-tree-loop-distribute-patterns"]
"""More of them for the threaded form of the machine: its handlers then need fewer registers, and calls zero locals
without calling `memset`. The `switch` would become 7 % slower."""

DISPATCH_ENV = "WASMVM_DISPATCH"
CHECK_ENV = "WASMVM_CHECK"
CHECKS = os.environ.get(CHECK_ENV) not in (None, "", "0")
"""Whether the machine looks at its invariants while it runs (docs/invariants.md): a build for tests, not for use."""


def give_up(reason: str, advice: str) -> NoReturn:
    line = "=" * 100
    sys.exit(f"\n{line}\nwasmvm cannot be built: {reason}\n{advice}\n{line}")


def dispatch() -> str:
    """The form of the machine to build, "switch" or "threaded" (docs/rationale.md, "Why two back ends?").

    The threaded form needs a compiler that turns calls in tail position into jumps: GCC and clang at -O2, where all
    arguments of a handler fit into registers.
    """
    wanted = os.environ.get(DISPATCH_ENV)
    if wanted not in (None, "", *FORMS):
        give_up(
            f"{DISPATCH_ENV} is {wanted!r}.", "It must be switch or threaded (or counting, for tools/sequences.py)."
        )
    known_good = sys.platform != "win32" and platform.machine() in ("x86_64", "AMD64", "aarch64", "arm64")
    return wanted or ("threaded" if known_good and sys.maxsize > 1 << 32 else "switch")


def settings_file(key: str) -> str:
    """A file that is newer than all that was compiled with other settings, so that it is compiled again."""
    path = Path("build/settings")
    if not path.exists() or path.read_text() != key:
        path.parent.mkdir(exist_ok=True)
        path.write_text(key)
    return str(path)


def write_build_file() -> None:
    """Tell the package what it is made of: code that it lowers and keeps is of no use to another build."""
    path = ROOT / build_config.BUILD_FILE
    text = f'"""Written by setup.py."""\n\nSOURCES = "{build_config.digest(ROOT)}"\n'
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def write_loop(form: str) -> str:
    """Print the loop of the machine in this form, and return the folder in which it is."""
    folder = f"build/generated/{form}"
    generate.write_loop(form, ROOT / folder)
    return folder


def extensions() -> list[Extension]:
    """The extension modules, their sources translated to C."""
    try:
        from Cython import __version__ as cython_version
        from Cython.Build import cythonize
        from Cython.Compiler.Errors import CompileError
    except ImportError as error:
        give_up(
            f"Cython is not installed ({error}).",
            "Install it (`pip install 'cython>=3.1'`), or let pip do so by building without `--no-build-isolation`.",
        )
    for source in HOT + EXTENSION:
        if not os.path.exists(source):
            give_up(f"there is no {source}.", "The checkout or the source distribution is not complete.")
    write_build_file()
    settings = f"{cython_version} {dispatch()} {CHECKS} {sorted(DIRECTIVES.items())}"
    key = hashlib.sha256(settings.encode()).hexdigest()[:12]
    modules = [
        Extension(source.rsplit(".", 1)[0].replace("/", "."), [source], depends=["setup.py", settings_file(key)])
        for source in HOT + EXTENSION
    ]
    try:
        made = cythonize(
            modules,
            build_dir=f"build/cython-{key}",
            include_path=[write_loop(dispatch())],
            compiler_directives=DIRECTIVES,
            nthreads=0,
        )
    except CompileError as error:
        give_up(
            f"Cython {cython_version} failed to translate a module to C: {error}",
            "The messages above name the file and the line. Cython 3.1 or newer is needed.",
        )
    for module in made:
        for source in module.sources:
            mend(Path(source))
    return list(made)


DOUBLE_RELEASE = "    int result = PyList_Append(list, x);\n    Py_DECREF(x);\n    return result;\n"
SINGLE_RELEASE = "    int result = PyList_Append(list, x);\n    if (!result) Py_DECREF(x);\n    return result;\n"


def mend(generated: Path) -> None:
    """Mend what Cython 3.3 does in list comprehensions: where there is no memory for an item it releases it twice.

    `__Pyx_ListComp_AppendAndDecref` does so, and then the code that cleans up after every error (shown by
    `tests/fuzz/nomemory.py`).
    """
    if generated.suffix == ".c":
        text = generated.read_text()
        if DOUBLE_RELEASE in text:
            generated.write_text(text.replace(DOUBLE_RELEASE, SINGLE_RELEASE))


class CleanBuild(build):
    """Starts from an empty tree: setuptools would install modules of an earlier build that no longer exist."""

    def run(self) -> None:
        if Path(self.build_lib).is_dir() and not getattr(self, "editable_mode", False):
            shutil.rmtree(self.build_lib)
        super().run()


class BuildExtensions(build_ext):
    """Compiles in parallel, with the flags of the compiler at hand."""

    def finalize_options(self) -> None:
        super().finalize_options()
        # What was built with the other form of the machine may be newer than its sources.
        self.force = self.force or bool(os.environ.get(DISPATCH_ENV)) or CHECKS
        if self.parallel is None:
            self.parallel = min(os.cpu_count() or 1, len(self.extensions or ()) or 1)

    def build_extensions(self) -> None:
        for extension in self.extensions:
            flags = FLAGS.get(self.compiler.compiler_type, FLAGS["unix"])
            threaded = extension.name == "wasmvm._core" and dispatch() != "switch" and flags is FLAGS["unix"]
            extension.extra_compile_args = flags + THREADED_FLAGS if threaded else flags
            if CHECKS and extension.name == "wasmvm._core":
                extension.define_macros = [*extension.define_macros, ("WASMVM_CHECK", "1")]
        try:
            super().build_extensions()
        except (CCompilerError, ExecError, PlatformError, OSError) as error:
            give_up(
                f"the C compiler is missing or failed: {str(error).strip()}",
                "The machine is compiled C, so a C compiler and Python's header files are needed, for example\n"
                "    Debian, Ubuntu:  apt install gcc python3-dev\n"
                "    Fedora:          dnf install gcc python3-devel\n"
                "    Alpine:          apk add gcc musl-dev python3-dev\n"
                "    macOS:           xcode-select --install\n"
                "    Windows:         the Build Tools for Visual Studio, with C++\n"
                "The environment variable CC names another compiler.",
            )


setup(ext_modules=extensions(), cmdclass={"build": CleanBuild, "build_ext": BuildExtensions})
