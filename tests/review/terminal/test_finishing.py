"""The end of a review, and decisions about many at once: the consequence is shown before it takes effect."""

from __future__ import annotations

import json

from pinplan.plan.decisions import kinds_to_review
from pinplan.plan.document import kind_of
from pinplan.review.terminal.many import _RULES


def saved(tmp_path):
    return {
        name: one["verdict"] for name, one in json.loads((tmp_path / "decisions.json").read_text())["decisions"].items()
    }


def waiting(plan):
    return {action.id for action in plan.actions if kind_of(action) in kinds_to_review(plan)}


def test_finish_lists_the_unseen_and_skips_them(review, busy, tmp_path):
    async def story(person):
        await person.press("a", "q")
        assert "will be skipped" in person.screen
        assert "approve all" in person.screen
        await person.press("f")
        await person.until(lambda: not person.app.is_running)

    review(busy, story, size=(100, 40))
    assert sorted(saved(tmp_path).values()) == ["approve", *["skip"] * (len(waiting(busy)) - 1)]


def test_one_explicit_press_approves_the_unseen(review, busy, tmp_path):
    async def story(person):
        await person.press("q", "a")
        await person.press("f")
        await person.until(lambda: not person.app.is_running)

    review(busy, story)
    assert saved(tmp_path) == dict.fromkeys(waiting(busy), "approve")


def test_the_others_can_be_skipped_as_well(review, busy, tmp_path):
    async def story(person):
        await person.press("q", "o", "f")
        await person.until(lambda: not person.app.is_running)

    review(busy, story)
    assert saved(tmp_path) == {action.id: "skip" for action in busy.actions}


def test_quitting_leaves_them_waiting(review, busy, tmp_path):
    async def story(person):
        await person.press("s", "q", "u")
        await person.until(lambda: not person.app.is_running)

    session = review(busy, story)
    assert len(saved(tmp_path)) == 1
    assert session.finish().waiting > 0


def test_after_the_last_one_it_asks_whether_to_finish(review, busy, tmp_path):
    async def story(person):
        await person.press(*"s" * len(person.app.queue.shown))
        assert "All decided. Finish?" in person.screen
        await person.press("f")
        assert "Finish" in person.screen
        await person.press("f")
        await person.until(lambda: not person.app.is_running)

    review(busy, story)
    assert saved(tmp_path) == dict.fromkeys(waiting(busy), "skip")


def row_of(person, text):
    lines = [line for line in person.screen.splitlines() if line.startswith(("│", "╭")) or "│" in line]
    listed = [line for line in lines if "Kinds and boards" not in line and line.strip("│ ─╭╮")]
    return next(number for number, line in enumerate(listed) if text in line)


def test_a_whole_kind_is_decided_with_the_consequence_first(review, busy, tmp_path):
    async def story(person):
        await person.press("b")
        await person.press(*["down"] * row_of(person, "Remove duplicates"), "s")
        assert "Skip" in person.screen
        assert "Applied then, the plan" in person.screen
        await person.press("escape")
        assert not person.app.decisions.verdicts
        await person.press("b", *["down"] * 2, "s", "y", "u", "y")

    review(busy, story, size=(100, 40))
    assert saved(tmp_path) == {action.id: "skip" for action in busy.actions if kind_of(action) == "dedupe"}


def test_marked_ones_are_decided_at_once(review, busy, tmp_path):
    marked = []

    async def story(person):
        for _ in range(2):
            marked.append(person.current)
            await person.press("x", "right")
        await person.press("x", "x")
        assert "2 marked" in person.screen
        await person.press("b", "s", "y")

    review(busy, story)
    assert set(saved(tmp_path)) >= set(marked)
    assert set(saved(tmp_path).values()) == {"skip"}


def test_duplicates_are_decided_by_rule(review, busy, tmp_path):
    async def story(person):
        await person.press("b", *["down"] * 2, "r")
        assert all(words in person.screen for words, _ in _RULES)
        await person.press("1", "y")

    review(busy, story)
    groups = {action.id for action in busy.actions if kind_of(action) == "dedupe"}
    assert saved(tmp_path).keys() == groups
