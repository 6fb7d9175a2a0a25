"""Compiles the extension module and the hot pure-Python modules with Cython; all metadata is in pyproject.toml."""

import os
import sys
import sysconfig

from setuptools import Extension, setup

HOT = [
    "wasmvm/reader.py",
    "wasmvm/binary/sections.py",
    "wasmvm/validation/stacks.py",
    "wasmvm/validation/body.py",
    "wasmvm/lowering/body.py",
]
"""Modules in Cython's pure Python mode: each has a .pxd beside it and also runs uncompiled."""
EXTENSION = ["wasmvm/_core.pyx"]

FLAGS = ["-O2", "-fwrapv", "-falign-loops=64"] if sys.platform != "win32" else ["/O2"]


def extensions() -> list[Extension]:
    from Cython.Build import cythonize

    modules = [
        Extension(source.rsplit(".", 1)[0].replace("/", "."), [source], extra_compile_args=FLAGS)
        for source in HOT + EXTENSION
        if os.path.exists(source)
    ]
    return cythonize(
        modules,
        language_level=3,
        compiler_directives={"boundscheck": False, "wraparound": False, "initializedcheck": False, "cdivision": True},
        nthreads=0,
    )


setup(ext_modules=extensions())
