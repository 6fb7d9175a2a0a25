"""What all tests need of their process."""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

# A process that a shell started with `&` ignores Ctrl-C, and so do its children; tests send it to both.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# How long an example takes, and how long it takes to make one, says how busy the machine is.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


@pytest.fixture(scope="session", autouse=True)
def _cache_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Code that an earlier run has lowered would hide faults, and the folder of whoever runs the tests is theirs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WASMVM_CACHE_DIR", os.fspath(tmp_path_factory.mktemp("cache")))
        yield


def set_aside() -> None:
    """What is there now is nothing that a collection looks at: for 15,000 tests and what they left each took 0.3 s."""
    gc.collect()
    gc.freeze()


def pytest_collection_finish() -> None:
    set_aside()


@pytest.fixture(scope="module", autouse=True)
def _what_a_module_leaves() -> Iterator[None]:
    yield
    set_aside()
