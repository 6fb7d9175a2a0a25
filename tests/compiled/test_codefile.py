"""The format of kept code: what is left out where a file would become too large, and how headers are refused."""

from __future__ import annotations

import pytest

from wasmvm.compiled import codefile
from wasmvm.compiled.module import CompiledModule
from wasmvm.lowered import Lowered
from wasmvm.text import wat2wasm

RECORD_SIZE = 4 * (2 + len(Lowered._fields))
BODIES = ("nop", "i32.const 1 drop", "block br 0 end", "i64.const 1 i64.const 2 i64.add drop", "unreachable")


def compiled() -> CompiledModule:
    """Functions of different sizes, all lowered."""
    made = CompiledModule(wat2wasm(f"(module {' '.join(f'(func {body})' for body in BODIES)})"))
    made.lower_all()
    return made


def test_functions_that_do_not_fit_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many of the first ones are kept as fit below the limit, whatever that is."""
    code = compiled().code
    sizes = [codefile.HEADER_SIZE]
    for index in range(code.count):
        lowered = code.get(index)
        assert lowered is not None
        sizes.append(sizes[-1] + RECORD_SIZE + sum(4 * len(part) for part in lowered.arrays))
    assert sizes[-1] == len(b"".join(codefile.pack(code, bytes(codefile.KEY_SIZE))))
    for limit in range(1, sizes[-1] + 3):
        monkeypatch.setattr(codefile, "_MAX_BYTES", limit)
        data = b"".join(codefile.pack(code, bytes(codefile.KEY_SIZE), b"source"))
        found = codefile.header([memoryview(data)])
        assert found.functions == max(sum(size < limit for size in sizes) - 1, 0)
        assert found.end == sizes[found.functions] == len(data) - len(b"source")
        again = type(code)(code.count)
        codefile.install(data[: found.end], found.functions, again)
        assert [again.offered(i) for i in range(code.count)] == [
            code.get(i) if i < found.functions else None for i in range(code.count)
        ]


def test_the_limit_is_what_offsets_can_say() -> None:
    assert codefile._MAX_BYTES <= 2**32
