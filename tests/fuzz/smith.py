"""Random modules by `wasm-tools smith`, by profile: which proposals they use."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import tempfile
from pathlib import Path
from random import Random

from tests.fuzz.verdict import wasm_tools

PROPOSALS = (
    "simd", "relaxed_simd", "bulk_memory", "reference_types", "multi_value", "sign_extension_ops",
    "saturating_float_to_int", "exceptions", "gc", "tail_call", "memory64", "extended_const",
)  # fmt: skip
LATER = ("threads", "wide_arithmetic", "custom_page_sizes")
"""Those after edition 3.0 that wasmvm and wasmtime both have."""
NEVER = ("shared_everything_threads", "custom_descriptors", "compact_imports")
"""Proposals that wasmvm does not have, or that wasmtime, which runs the same modules, does not."""
MVP = ()
WASM2 = ("simd", "bulk_memory", "reference_types", "multi_value", "sign_extension_ops", "saturating_float_to_int")
PROFILES: dict[str, tuple[tuple[str, ...], dict[str, object]]] = {
    "mvp": (MVP, {"max_memories": 1, "max_tables": 1}),
    "wasm2": (WASM2, {"max_memories": 1}),
    "simd": (("simd", "bulk_memory", "multi_value"), {"max_memories": 1, "min_memories": 1}),
    "relaxed": (("simd", "relaxed_simd", "bulk_memory", "multi_value"), {"max_memories": 1}),
    "tail": ((*WASM2, "tail_call"), {"max_memories": 1}),
    "exceptions": ((*WASM2, "exceptions", "tail_call"), {"min_tags": 1, "max_tags": 4}),
    "memory64": ((*WASM2, "memory64", "extended_const"), {"min_memories": 1}),
    "memories": ((*WASM2, "memory64"), {"min_memories": 2, "max_memories": 5}),
    "gc": ((*WASM2, "gc", "tail_call"), {"max_types": 40}),
    "threads": ((*WASM2, "threads", "memory64"), {"min_memories": 1}),
    "wide": ((*WASM2, "wide_arithmetic"), {}),
    "pages": ((*WASM2, "custom_page_sizes", "memory64", "threads"), {"min_memories": 1}),
    "wasm3": (PROPOSALS, {}),
    "imports": (tuple(p for p in PROPOSALS if p not in ("gc", "exceptions", "simd", "relaxed_simd")),
                {"min_imports": 1, "max_imports": 12}),
    "fuel": ((*WASM2, "tail_call", "memory64"), {}),
}  # fmt: skip
"""By name: the proposals that are on, and other options."""
ALONE: dict[str, tuple[tuple[str, ...], dict[str, object]]] = {
    "descriptors": ((*WASM2, "gc", "tail_call", "custom_descriptors"), {"max_types": 40}),
}  # fmt: skip
"""Those that only wasmvm can run."""
COMMON = {
    "max_imports": 0, "max_tables": 3, "max_memories": 3, "export_everything": True, "canonicalize_nans": True,
    "max_memory32_bytes": 1 << 20, "max_memory64_bytes": 1 << 20, "memory_max_size_required": True,
    "max_table_elements": 1000, "table_max_size_required": True, "allow_start_export": True, "max_instructions": 400,
    "generate_custom_sections": True, "min_funcs": 2, "memory_offset_choices": [60, 30, 10],
    "limit_arrays_in_const_exprs": True,
}  # fmt: skip
WAITS = (b"\xfe\x01", b"\xfe\x02")
"""What `memory.atomic.wait32` and `wait64` begin with: nobody would end a wait."""
SIZES = (150, 300, 600, 1500, 4000)
"""Of the random bytes that a module is made of, which decide how large it gets."""


class NotMade(Exception):
    """There is no module for this seed: smith wants other bytes, or there is no smith."""


@functools.cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="wasmvm-smith-")


@functools.cache
def _config(profile: str) -> str:
    """The path of a file with the profile's options."""
    proposals, options = {**PROFILES, **ALONE}[profile]
    made: dict[str, object] = {f"{name}_enabled": name in proposals for name in (*PROPOSALS, *LATER, *NEVER)}
    made.update({**COMMON, **options})
    path = Path(_folder().name) / f"{profile}.json"
    path.write_text(json.dumps({name.replace("_", "-"): value for name, value in made.items()}))
    return str(path)


def module(profile: str, seed: int, ends: bool = True) -> bytes:
    """The module of a seed; `ends`: with a counter that makes all of its loops and calls end.

    Raises:
        NotMade: there is none.
    """
    program = wasm_tools()
    if program is None:
        raise NotMade("wasm-tools is not installed")
    rng = Random(f"{profile} {seed}")
    size = rng.choice(SIZES)
    done = subprocess.run(
        [program, "smith", "-c", _config(profile), *(["--ensure-termination", "--fuel", "300"] if ends else [])],
        input=rng.randbytes(size), capture_output=True, check=False, env={"PATH": os.defpath},
    )  # fmt: skip
    if done.returncode:
        raise NotMade(f"smith: {done.stderr.decode(errors='replace')[:100]}")
    if "threads" in {**PROFILES, **ALONE}[profile][0] and any(wait in done.stdout for wait in WAITS):
        raise NotMade("it may wait for ever")
    return done.stdout
