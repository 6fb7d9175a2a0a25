"""`timeout` and `Store.interrupt` while a module is compiled: the checkpoints are counted, never the time."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable

import pytest

import wasmvm
from tests.wat import wat2wasm
from wasmvm import DeadlineTrap, Instance, InterruptTrap, Module, Store
from wasmvm.compiled import CompiledModule, serialize

LONG = "local.get 0 local.get 1 i32.add local.set 0 " * 20_000
TEXT = f"""(module (func (export "f") (param i32 i32) (result i32) {LONG} local.get 0)
  (func (export "_start") (drop (call 0 (i32.const 1) (i32.const 2)))))"""
DURING = "during compilation"


@pytest.fixture(scope="module")
def binary() -> bytes:
    return wat2wasm(TEXT)


def test_timeout_covers_decoding_and_validation(binary: bytes) -> None:
    for run in (wasmvm.instantiate, wasmvm.run):
        with pytest.raises(DeadlineTrap, match=DURING) as info:
            run(binary, timeout=0)
        assert info.value.limit == "timeout"
    assert wasmvm.run(binary, timeout=3600).returncode == 0


@pytest.mark.parametrize("late", [False, True])
def test_timeout_covers_lowering(binary: bytes, late: bool) -> None:
    """Also where the body is validated as late as that."""
    module = Module(binary)
    if late:
        module = Module._of(serialize.load(serialize.dump(module.compiled)))
    instance = Instance(module)
    for _ in range(2):
        instance.store.timeout = 0
        with pytest.raises(DeadlineTrap, match=DURING) as info:
            instance.exports.f(1, 2)
        assert [frame.funcidx for frame in info.value.frames] == [0]
        with pytest.raises(DeadlineTrap) as info:
            instance.exports["_start"]()
        assert [frame.funcidx for frame in info.value.frames][-1] == 1
    instance.store.timeout = None
    assert instance.exports.f(1, 2) == 1 + 2 * 20_000


def test_interrupt_ends_compilation(binary: bytes) -> None:
    store = Store()
    store.interrupt()
    with pytest.raises(InterruptTrap, match=DURING):
        wasmvm.instantiate(binary, store=store)
    assert wasmvm.instantiate(binary, store=store).exports.f(1, 2) == 1 + 2 * 20_000, "the store can be used"


def test_a_store_that_is_held_compiles_and_does_not_run(binary: bytes) -> None:
    store = Store()
    store.hold(True)
    instance = wasmvm.instantiate(binary, store=store)
    for _ in range(2):
        store.interrupt()
        with pytest.raises(InterruptTrap):
            instance.exports.f(1, 2)
        with pytest.raises(InterruptTrap):
            instance.exports.f(1, 2)  # interrupting it does not let go of it
    store.hold(False)
    assert instance.exports.f(1, 2) == 1 + 2 * 20_000


def calls_of(work: Callable[[Callable[[], object]], object]) -> int:
    """How often some work calls its checkpoint; sees that it ends wherever that raises."""
    calls = 0

    def count() -> None:
        nonlocal calls
        calls += 1

    work(count)
    for last in {1, 2, calls // 2, calls} - {0}:
        left = last

        def stop() -> None:
            nonlocal left
            left -= 1
            if not left:
                raise DeadlineTrap("stop", "deadline")

        with pytest.raises(DeadlineTrap, match="stop"):
            work(stop)
    return calls


def test_modules_call_the_checkpoint_that_they_are_given(binary: bytes) -> None:
    assert calls_of(lambda checkpoint: Module(binary, checkpoint=checkpoint)) >= len(binary) >> 17


def test_what_ends_lowering_leaves_nothing_behind(binary: bytes) -> None:
    expected = CompiledModule(binary)
    expected.lower(0)
    for valid in (False, True):
        compiled = CompiledModule(binary, valid=valid)

        def work(checkpoint: Callable[[], object], compiled: CompiledModule = compiled) -> None:
            CompiledModule(binary, valid=compiled._late is not None).lower(0, checkpoint)

        assert calls_of(work) >= len(binary) >> 17

        def stop() -> None:
            raise KeyboardInterrupt

        for _ in range(2):
            with pytest.raises(KeyboardInterrupt):
                compiled.lower(0, stop)
            assert compiled.code.get(0) is None
        compiled.lower(0)
        assert compiled.code.get(0) == expected.code.get(0)


def test_a_module_keeps_no_store(binary: bytes) -> None:
    """Nor what else its checkpoint belongs to."""

    class Checkpoint:
        def __call__(self) -> None:
            pass

    for valid in (False, True):
        checkpoint = Checkpoint()
        compiled = CompiledModule(binary, valid=valid, checkpoint=checkpoint)
        compiled.lower(0, checkpoint)
        gone = weakref.ref(checkpoint)
        del checkpoint
        gc.collect()
        assert gone() is None
        assert compiled.code.get(0) is not None
