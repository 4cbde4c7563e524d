"""Measurements still run, at a size that says nothing; and the end of an apply is linear."""

from __future__ import annotations

import pytest

from benchmarks import bookkeeping, end_of_apply, start


def test_bookkeeping_can_be_measured():
    assert bookkeeping.measure(40) > 0


def test_the_end_of_an_apply_can_be_measured(capsys):
    end_of_apply.run((20, 40))
    assert "40 actions cost " in capsys.readouterr().out


def test_the_start_can_be_measured(capsys):
    start.run(1)
    assert "pinplan --help: " in capsys.readouterr().out


def test_help_takes_at_most_twice_what_importing_typer_takes():
    ours, typers = start.measure(5)
    assert ours <= 2 * typers


@pytest.mark.promise("I22")
def test_the_end_of_an_apply_does_not_take_longer_for_each_action_of_a_larger_plan():
    """Quadratic, it would be thirty times as long, and Ctrl-C would seem ignored meanwhile."""
    small, large = (min(end_of_apply.measure(count) for _ in range(3)) for count in (200, 6_000))
    assert large < 8 * small
