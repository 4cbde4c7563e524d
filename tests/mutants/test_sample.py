"""Good tests of a small module: they notice every change of it (`test_mutants.py`)."""

from __future__ import annotations

from tests.mutants.sample import Sizes, is_large


def test_three_is_the_first_large_number():
    assert [is_large(number) for number in (2, 3, 4)] == [False, True, True]


def test_large_numbers_are_counted():
    sizes = Sizes()
    assert (sizes.large, sizes.some) == (0, False)
    sizes.add(1, 5)
    assert (sizes.large, sizes.some) == (1, True)
    sizes.add(7)
    assert (sizes.large, sizes.some) == (2, True)
