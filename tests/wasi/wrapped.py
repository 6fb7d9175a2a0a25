"""A module whose exports are the functions of WASI, so that tests can call them one by one in any runtime."""

from __future__ import annotations

from wasmvm.wasi.preview1 import abi
from wasmvm.wasi.preview1.function import functype_of


def wat(module_name: str = abi.MODULE) -> str:
    """The module as text: each export calls the import of its name with the arguments that it gets."""
    names = abi.MODULES[module_name]
    imports, functions = [], []
    for name in names:
        functype = str(functype_of(name)).removeprefix("(func").removesuffix(")")
        arguments = "".join(f" (local.get {index})" for index in range(len(functype_of(name).params)))
        imports.append(f'(import "{module_name}" "{name}" (func ${name}{functype}))')
        functions.append(f'(func (export "{name}"){functype} (call ${name}{arguments}))')
    return "\n".join(["(module", *imports, '(memory (export "memory") 2)', *functions, ")"])
