"""Compiles the machine and the hot pure-Python modules with Cython; all metadata is in pyproject.toml.

A build that cannot go on ends in one message that says what is missing. The C files go to a folder of ``build/`` that
is named after what they depend on besides their sources: another Cython or other directives never meet old files.
"""

from __future__ import annotations

import hashlib
import logging
import os
import platform
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import NoReturn

from setuptools import Extension, setup
from setuptools.command.build import build
from setuptools.command.build_ext import build_ext
from setuptools.errors import CCompilerError, ExecError, PlatformError

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT))  # a build in isolation does not start there

from tools import build_config, generate  # noqa: E402
from tools.build_config import FORMS  # noqa: E402

HOT = build_config.hot_modules(ROOT)
EXTENSION = [build_config.EXTENSION]
MACHINE = "wasmvm._core"

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
    """The extension modules. The machine comes first, which takes as long as all others together."""
    for source in EXTENSION + HOT:
        if not os.path.exists(source):
            give_up(f"there is no {source}.", "The checkout or the source distribution is not complete.")
    write_build_file()
    return [Extension(source.rpartition(".")[0].replace("/", "."), [source]) for source in EXTENSION + HOT]


class Translation:
    """Sources that become C files in a process of their own.

    Attributes:
        folder: where the C files go.
    """

    def __init__(self, sources: list[str], folder: str, included: str) -> None:
        self.sources, self.folder = sources, folder
        command = [sys.executable, str(ROOT / "tools/translate.py"), folder, included, *sources]
        self._process = subprocess.Popen(command, cwd=ROOT)

    def finish(self) -> None:
        if self._process.wait():
            what = self.sources[0] if len(self.sources) == 1 else "a module"
            give_up(
                f"Cython failed to translate {what} to C.",
                "The messages above name the file and the line. Cython 3.1 or newer is needed.",
            )

    def stop(self) -> None:
        """End it; if it is not done, what it was writing must not look like a finished file."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
            for source in self.sources:
                Path(self.folder, source).with_suffix(".c").unlink(missing_ok=True)


class CleanBuild(build):
    """Starts from an empty tree: setuptools would install modules of an earlier build that no longer exist."""

    def run(self) -> None:
        if Path(self.build_lib).is_dir() and not getattr(self, "editable_mode", False):
            shutil.rmtree(self.build_lib)
        super().run()


class BuildExtensions(build_ext):
    """Translates to C and compiles on all cores, with the flags of the compiler at hand.

    While one process translates the machine, another one translates the hot modules, which are compiled as soon as that
    is done: then one core works on the machine from the beginning to the end, and another on all the rest.
    """

    def finalize_options(self) -> None:
        super().finalize_options()
        # What was built with the other form of the machine may be newer than its sources.
        self.force = self.force or bool(os.environ.get(DISPATCH_ENV)) or CHECKS
        if self.parallel is None:
            self.parallel = min(os.cpu_count() or 1, len(self.extensions or ()) or 1)

    def build_extensions(self) -> None:
        try:
            from Cython import __version__ as cython_version
        except ImportError as error:
            give_up(
                f"Cython is not installed ({error}).",
                "Install it (`pip install 'cython>=3.1'`), or let pip do so by building without "
                "`--no-build-isolation`.",
            )
        settings = f"{cython_version} {dispatch()} {CHECKS} {sorted(build_config.HOT_DIRECTIVES.items())}"
        key = hashlib.sha256(settings.encode()).hexdigest()[:12]
        folder, included = f"build/cython-{key}", write_loop(dispatch())
        for extension in self.extensions:
            self.prepare(extension, key, folder)
        self.began, self.built = time.monotonic(), 0
        self.machine, hot = Translation(EXTENSION, folder, included), Translation(HOT, folder, included)
        try:
            hot.finish()
            self.report("the hot modules are translated to C")
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
        finally:
            self.machine.stop()
            hot.stop()

    def prepare(self, extension: Extension, key: str, folder: str) -> None:
        """Say what an extension module is compiled from, and how."""
        flags = list(FLAGS.get(self.compiler.compiler_type, FLAGS["unix"]))
        is_machine = extension.sources == EXTENSION
        if self.compiler.compiler_type != "msvc":
            if is_machine and dispatch() != "switch":
                flags += THREADED_FLAGS
            # Python's own flags ask for debug information, which is nine tenths of a library: only who asks gets it.
            if not any(flag.startswith("-g") for flag in os.environ.get("CFLAGS", "").split()):
                flags.append("-g0")
        extension.extra_compile_args = flags
        if CHECKS and is_machine:
            extension.define_macros = [*extension.define_macros, ("WASMVM_CHECK", "1")]
        extension.depends = ["setup.py", settings_file(key)]
        extension.sources = [Path(folder, source).with_suffix(".c").as_posix() for source in extension.sources]

    def build_extension(self, extension: Extension) -> None:
        if extension.name == MACHINE:
            self.machine.finish()
            self.report("the machine is translated to C")
        super().build_extension(extension)
        self.built += 1
        self.report(f"{self.built} of {len(self.extensions)} modules are built, the last one {extension.name}")

    def report(self, what: str) -> None:
        """Say how far the build is; pip shows it with -v."""
        self.announce(f"wasmvm, {time.monotonic() - self.began:.0f} s: {what}", logging.INFO)


setup(ext_modules=extensions(), cmdclass={"build": CleanBuild, "build_ext": BuildExtensions})
