"""Sets of proposals, as `wasm-tools validate --features` reads them."""

from __future__ import annotations

import pytest

from wasmvm.features import DEFAULT, GROUPS, MISSING, OFF, SUPPORTED, parse, switched


@pytest.mark.parametrize(
    ("text", "there", "gone"),
    [
        ("all", SUPPORTED, ()),
        ("-all", (), SUPPORTED),
        ("mvp", ("floats",), SUPPORTED - {"floats"}),
        ("mvp,simd", ("floats", "simd"), ("relaxed-simd",)),
        ("simd,mvp", ("floats",), ("simd",)),  # an edition replaces what stands before it
        ("wasm2", ("simd", "multi-value", "bulk-memory-opt"), ("gc", "tail-call", "relaxed-simd")),
        ("wasm3,-gc", ("tail-call", "memory64"), ("gc",)),
        ("-simd", ("gc",), ("simd",)),
        (" -simd , -gc ", (), ("simd", "gc")),
        ("-bulk-memory", (), ("bulk-memory", "bulk-memory-opt")),
        ("-bulk-memory-opt", (), ("bulk-memory", "bulk-memory-opt")),
        ("mvp,bulk-memory", ("bulk-memory", "bulk-memory-opt"), ()),
        ("mvp,bulk-memory-opt", ("bulk-memory-opt",), ("bulk-memory",)),
        ("lime1", ("bulk-memory-opt", "extended-const"), ("bulk-memory", "simd")),
        ("-stack-switching", DEFAULT, OFF),
        ("custom-descriptors", SUPPORTED, ()),
    ],
)
def test_lists(text: str, there: tuple[str, ...], gone: tuple[str, ...]) -> None:
    features = parse(text)
    assert features >= set(there)
    assert not features & set(gone)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("simdd", "unknown feature 'simdd'; there are: floats"),
        ("", "unknown feature ''"),
        ("mvp,,simd", "unknown feature ''"),
        ("--simd", "unknown feature '-simd'"),
        ("-wasm2", "wasm2 is a set of features, which can only be switched on"),
        ("stack-switching", "the stack-switching proposal is not supported"),
    ],
)
def test_wrong_lists(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse(text)


def test_other_types() -> None:
    assert parse(frozenset(["simd"])) == {"simd"}
    with pytest.raises(TypeError, match="features: expected a str"):
        parse(["simd"])  # type: ignore[arg-type]


def test_names() -> None:
    """Names with underscores are keywords of `Config`; no name is in two lists."""
    assert switched(frozenset(), "tail_call", on=True) == {"tail-call"}
    assert not SUPPORTED & set(MISSING)
    assert all(group <= SUPPORTED for group in GROUPS.values())
