"""The measure that other tests use tells what is in proportion from what is not."""

from __future__ import annotations

import pytest

from tests.growth import Work, assert_in_proportion


def linear(size: int) -> Work:
    return lambda: sum(range(size))


def quadratic(size: int) -> Work:
    return lambda: [sum(range(size)) for _ in range(size)]


def test_what_is_in_proportion() -> None:
    assert_in_proportion(linear, 5_000)


def test_what_is_not() -> None:
    with pytest.raises(AssertionError, match=r"16 times the size takes [1-9][0-9][0-9]"):
        assert_in_proportion(quadratic, 150)


def test_one_good_round_is_enough() -> None:
    """What another program takes from the machine now and then does not count."""
    rounds = 0

    def disturbed(size: int) -> Work:
        nonlocal rounds
        rounds += 1
        return linear(size * (100 if rounds in {2, 4} else 1))

    assert_in_proportion(disturbed, 2_000)
    assert rounds == 6
