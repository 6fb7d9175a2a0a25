"""Options. Those of wasmtime's compiler mean nothing to an interpreter: they are checked, and then ignored.

What has a meaning: `consume_fuel`, `epoch_interruption`, `max_wasm_stack`, `shared_memory`, `cache`, and the options
``wasm_...`` of proposals: all that wasmvm has are on unless they are switched off.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wasmvm.compat.wasmtime.error import WasmtimeError
from wasmvm.compat.wasmtime.managed import Managed


def setter_property(fset: Callable[..., None]) -> property:
    """A property that can only be set."""
    return property(fset=fset, doc=fset.__doc__)


def _typed(name: str, type_: type, expected: str) -> property:
    def fset(self: Config, value: Any) -> None:
        if not isinstance(value, type_):
            raise TypeError(expected)
        self.ptr()[name] = value

    return property(fset=fset, doc=f"Set-only; {expected[len('expected ') :]}.")


def _chosen(name: str, what: str, choices: tuple[str, ...]) -> property:
    def fset(self: Config, value: str) -> None:
        if value not in choices:
            raise WasmtimeError(f"unknown {what}: {value}")
        self.ptr()[name] = value

    return property(fset=fset, doc=f"Set-only; one of {', '.join(choices)}.")


def _flag(name: str) -> property:
    return _typed(name, bool, "expected a bool")


def _number(name: str) -> property:
    return _typed(name, int, "expected an int")


class Config(Managed[dict[str, Any]]):
    """Options for an `Engine`, which uses the configuration up. All can be set only."""

    def __init__(self) -> None:
        self._set_ptr({})

    debug_info = _flag("debug_info")
    wasm_threads = _flag("wasm_threads")
    wasm_tail_call = _flag("wasm_tail_call")
    wasm_reference_types = _flag("wasm_reference_types")
    wasm_simd = _flag("wasm_simd")
    wasm_bulk_memory = _flag("wasm_bulk_memory")
    wasm_multi_value = _flag("wasm_multi_value")
    wasm_multi_memory = _flag("wasm_multi_memory")
    wasm_memory64 = _flag("wasm_memory64")
    wasm_relaxed_simd = _flag("wasm_relaxed_simd")
    wasm_relaxed_simd_deterministic = _flag("wasm_relaxed_simd_deterministic")
    wasm_component_model = _flag("wasm_component_model")
    wasm_component_model_map = _flag("wasm_component_model_map")
    wasm_component_model_implements = _flag("wasm_component_model_implements")
    wasm_exceptions = _flag("wasm_exceptions")
    wasm_function_references = _flag("wasm_function_references")
    wasm_gc = _flag("wasm_gc")
    wasm_wide_arithmetic = _flag("wasm_wide_arithmetic")
    wasm_custom_page_sizes = _flag("wasm_custom_page_sizes")
    wasm_stack_switching = _flag("wasm_stack_switching")
    strategy = _chosen("strategy", "strategy", ("auto", "cranelift"))
    cranelift_debug_verifier = _flag("cranelift_debug_verifier")
    cranelift_opt_level = _chosen("cranelift_opt_level", "opt level", ("none", "speed", "speed_and_size"))
    profiler = _chosen("profiler", "profiler", ("none", "jitdump", "vtune", "perfmap"))
    consume_fuel = _typed("consume_fuel", bool, "expected an bool")
    parallel_compilation = _flag("parallel_compilation")
    shared_memory = _flag("shared_memory")
    max_wasm_stack = _number("max_wasm_stack")
    gc_support = _flag("gc_support")
    cranelift_nan_canonicalization = _flag("cranelift_nan_canonicalization")
    memory_may_move = _flag("memory_may_move")
    memory_reservation = _number("memory_reservation")
    memory_guard_size = _number("memory_guard_size")
    memory_reservation_for_growth = _number("memory_reservation_for_growth")
    native_unwind_info = _flag("native_unwind_info")
    macos_use_mach_ports = _flag("macos_use_mach_ports")
    signals_based_traps = _flag("signals_based_traps")
    memory_init_cow = _flag("memory_init_cow")

    @setter_property
    def cache(self, enabled: bool | str) -> None:
        """Set-only; True, or the path of a TOML file, which must exist: either way lowered code is kept on disk, in the
        user's cache directory.
        """
        if isinstance(enabled, bool):
            if not enabled:
                raise WasmtimeError("caching cannot be explicitly disabled")
        elif isinstance(enabled, str):
            try:
                with open(enabled, "rb"):
                    pass
            except OSError as error:
                cause = f"{error.strerror} (os error {error.errno})"
                raise WasmtimeError(f"failed to read config file: {enabled}\n\nCaused by:\n    {cause}\n") from None
        else:
            raise TypeError("expected string or bool")
        self.ptr()["cache"] = enabled

    @setter_property
    def epoch_interruption(self, enabled: bool) -> None:
        """Set-only; whether stores trap at their epoch deadline."""
        self.ptr()["epoch_interruption"] = bool(enabled)

    @setter_property
    def target(self, triple: str) -> None:
        """Set-only; a target triple, whose architecture must exist."""
        if not isinstance(triple, str):
            raise TypeError("expected a str")
        architecture = triple.partition("-")[0]
        known = ("x86_64", "aarch64", "arm64", "riscv64", "riscv64gc", "s390x", "pulley32", "pulley64", "i686")
        if architecture not in known:
            raise WasmtimeError(f"Unrecognized architecture: {architecture}")
        self.ptr()["target"] = triple

    def cranelift_flag_enable(self, flag: str) -> None:
        """Accepted and ignored."""
        if not isinstance(flag, str):
            raise TypeError("expected a str")
        self.ptr()

    def cranelift_flag_set(self, key: str, value: str) -> None:
        """Accepted and ignored."""
        if not isinstance(key, str):
            raise TypeError("expected a str for key")
        if not isinstance(value, str):
            raise TypeError("expected a str for value")
        self.ptr()
