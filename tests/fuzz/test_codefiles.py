"""Changed serialized modules, pickles and files of the cache, the same ones every time; `tests.fuzz.codefiles` has more."""

from __future__ import annotations

import sys

import pytest

from tests.fuzz import codefiles

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="limits of processes as POSIX has them")

COUNT = 400


def test_changed_files_are_refused_or_harmless() -> None:
    found, findings = codefiles.run_batch(0, COUNT)
    assert not findings, "\n".join(findings)
    assert sum(found.values()) == COUNT
    loaded = sum(n for outcome, n in found.items() if outcome.endswith("ran") or ": trap " in outcome)
    refused = sum(n for outcome, n in found.items() if outcome.endswith("Error"))
    assert loaded > COUNT // 4, "most are to get past the checksum"
    assert refused > COUNT // 20


def test_some_changed_code_is_run_as_it_is() -> None:
    """Otherwise nothing would be shown: the verifier accepts what is only wrong and not harmful."""
    victims = codefiles.victims()
    accepted = 0
    for seed in range(300):
        mutant = codefiles.mutant(victims, seed)
        if mutant.how == "deserialize" and mutant.victim.source in mutant.data:
            try:
                module = codefiles.Module.deserialize(mutant.data)
            except codefiles.WasmError:
                continue
            code = module.compiled.code
            for index, fields in mutant.victim.functions:
                offered = code.offered(index)
                if offered is not None and offered.code.tolist() != fields[0].tolist():
                    accepted += module.compiled._accept(index)
    assert accepted > 10
