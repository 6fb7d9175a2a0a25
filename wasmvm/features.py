"""The proposals that WebAssembly is made of, by the names that wasm-tools gives them, and sets of them.

Decoder and validator know all that there is. `validation.needs` finds out which of it a module has, and refuses what is
switched off: so a proposal that is on costs nothing, and what belongs to it is said in one place.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

Features = frozenset[str]
"""The proposals that are on."""

# fmt: off
WASM1 = ("floats", "mutable-global")
"""Edition 1.0 of the standard, as far as it can be switched off."""
WASM2 = (
    *WASM1, "saturating-float-to-int", "sign-extension", "reference-types", "multi-value", "bulk-memory",
    "bulk-memory-opt", "call-indirect-overlong", "simd",
)
"""Edition 2.0."""
WASM3 = (
    *WASM2, "relaxed-simd", "tail-call", "multi-memory", "exceptions", "memory64", "extended-const",
    "function-references", "gc",
)
"""Edition 3.0."""
LATER = ("legacy-exceptions", "custom-page-sizes", "wide-arithmetic", "custom-descriptors", "threads")
"""What wasmvm has besides."""
OFF = ("custom-descriptors",)
"""Of these, what is off unless it is asked for: no browser has it yet, or it contradicts the standard."""
MISSING = (
    "stack-switching",
    "shared-everything-threads", "memory-control", "compact-imports", "component-model",
)
"""What it does not have."""

SUPPORTED: Features = frozenset((*WASM3, *LATER))
DEFAULT: Features = SUPPORTED.difference(OFF)
GROUPS: Mapping[str, Features] = {
    "mvp": frozenset(("floats",)),
    "wasm1": frozenset(WASM1),
    "wasm2": frozenset(WASM2),
    "wasm3": frozenset(WASM3),
    "lime1": frozenset((
        *WASM1, "saturating-float-to-int", "sign-extension", "multi-value", "extended-const", "bulk-memory-opt",
        "call-indirect-overlong",
    )),
    "all": SUPPORTED,
}
"""Names of sets: editions of the standard, and what compilers agreed upon."""
PARTS = {"bulk-memory": "bulk-memory-opt", "reference-types": "call-indirect-overlong"}
"""Proposals of which a part can be had alone."""
WHOLE = {part: whole for whole, part in PARTS.items()}
# fmt: on


def switched(features: Features, name: str, *, on: bool) -> Features:
    """The set after one proposal is switched on or off, or replaced by that of a group.

    Raises:
        ValueError: there is no such proposal, wasmvm does not have it, or a group is to be switched off.
    """
    name = name.replace("_", "-")
    if name in GROUPS:
        if on:
            return GROUPS[name]
        if name == "all":
            return frozenset()
        raise ValueError(f"{name} is a set of features, which can only be switched on")
    if name in MISSING:
        if on:
            raise ValueError(f"the {name} proposal is not supported")
        return features
    if name not in SUPPORTED:
        known = ", ".join((*WASM3, *LATER, *GROUPS))
        raise ValueError(f"unknown feature {name[:80]!r}; there are: {known}")
    both = {name}
    for whole, part in PARTS.items():
        if name == whole or (name == part and not on):
            both = {whole, part}
    return features | both if on else features - both


def parse(text: str | Features, features: Features = DEFAULT) -> Features:
    """The set that a list such as ``"mvp,simd"`` or ``"-gc"`` says, as ``wasm-tools validate --features`` reads it.

    Args:
        text: the list; or a set, which is the result then.
        features: what the list begins with.

    Raises:
        ValueError: see `switched`.
        TypeError: `text` is something else.
    """
    if isinstance(text, frozenset):
        return text
    if not isinstance(text, str):
        raise TypeError(f"features: expected a str such as 'mvp,simd', got {type(text).__name__}")
    for word in text.split(","):
        name = word.strip()
        features = switched(features, name.removeprefix("-"), on=not name.startswith("-"))
    return features
