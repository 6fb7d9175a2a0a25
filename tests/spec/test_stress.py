"""The suite's files on references with a collection at every object that is made: nothing in use is freed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.spec.suite import ABSENT, features, folder
from wasmvm._core import Store
from wasmvm.programs import wast

FILES = """
    array array_copy array_fill array_init_data array_init_elem array_new_data array_new_elem br_on_cast br_on_cast_fail
    call_ref elem extern global i31 ref_cast ref_eq ref_is_null ref_test select struct table table_get table_grow table_init
    type-subtyping proposals/custom-descriptors/struct_new_desc proposals/custom-descriptors/ref_get_desc
    proposals/custom-descriptors/ref_cast_desc_eq proposals/custom-descriptors/br_on_cast_desc_eq
""".split()


def stressed(*args: Any, **options: Any) -> Store:
    store = Store(*args, **options)
    store.stress = True
    return store


@pytest.mark.parametrize("name", FILES)
def test_file(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    suite = folder()
    if suite is None:
        pytest.skip(ABSENT)
    monkeypatch.setattr(wast, "Store", stressed)
    path = suite / f"{name}.wast"
    assert wast.run_script(path.read_bytes(), features(path)).failures == []
