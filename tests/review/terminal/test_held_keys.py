"""A key that is held down decides once: a terminal sends it again and again."""

from __future__ import annotations

import pytest

from pinplan.review.terminal import held_keys
from pinplan.review.terminal.held_keys import HeldKeys


@pytest.fixture(autouse=True)
def _as_it_is(monkeypatch):
    monkeypatch.setattr(held_keys, "QUICK", 0.1)


@pytest.mark.parametrize("rate", [10.9, 25, 40])
def test_repetitions_are_known_and_the_first_one_is_told_of(rate):
    held = HeldKeys()
    times = [0.0, 0.5, *(0.5 + number / rate for number in range(1, 20))]
    found = [(held.repeats("a", time), held.first) for time in times]
    assert found[:2] == [(False, False), (False, False)]
    assert found[2] == (True, True)
    assert set(found[3:]) == {(True, False)}


def test_fingers_are_slower_and_other_keys_are_others():
    held = HeldKeys()
    assert not any(held.repeats(key, time) for key, time in (("a", 0), ("a", 0.15), ("s", 0.2), ("a", 0.21), ("a", 5)))


def test_two_at_once_are_one_and_nothing_is_taken_back():
    held = HeldKeys()
    assert not held.repeats("a", 0)
    assert held.repeats("a", 0.01)
    assert not held.first


def test_a_held_key_leaves_one_decision(review, busy, monkeypatch):
    async def story(person):
        second = person.app.queue.shown[1].actions[0]
        await person.press("a")
        await person.press("a")
        monkeypatch.setattr(held_keys, "QUICK", 60.0)
        await person.press("a", "a", "a")
        assert person.current == second
        assert len(person.app.decisions.verdicts) == 1
        assert "held down" in person.screen

    review(busy, story)
