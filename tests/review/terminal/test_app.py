"""``review --tui``: keys become decisions, the same ones as on the page, and each is on disk."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec.structs import replace

from pinplan.model.ids import ActionId
from pinplan.plan.decisions import Choice, Decision, Decisions, judge, kinds_to_review
from pinplan.plan.document import kind_of, summarise
from pinplan.records.decisions_file import read_decisions, write_decisions
from pinplan.records.plan_file import with_digest
from pinplan.review.page.build import grouped
from pinplan.review.watched import Progress
from tests.actions.situations import create_board
from tests.decision_table import plan_of

HOSTILE = "a\x1b[2J\x1b]0;title\x07\x9b31m\u202egnp.exe\u2066\r\nb[bold red]c[/]"


def saved(tmp_path):
    return {
        name: one["verdict"] for name, one in json.loads((tmp_path / "decisions.json").read_text())["decisions"].items()
    }


def duplicates(plan):
    groups, _ = grouped(plan)
    return [group for group in groups if group.kind == "dedupe"]


def test_each_key_decides_and_the_next_group_comes(review, busy, tmp_path):
    groups, _ = grouped(busy)
    queued = [group for group in groups if group.kind in kinds_to_review(busy)]

    async def story(person):
        assert person.current == queued[0].actions[0]
        assert "1 of" in person.screen
        await person.press("a", "s")
        assert person.current == queued[2].actions[0]
        assert "If applied now: deletes 1 pin on Pinterest" in person.screen

    review(busy, story)
    assert saved(tmp_path) == {queued[0].actions[0]: "approve", **dict.fromkeys(queued[1].actions, "skip")}
    document = json.loads((tmp_path / "decisions.json").read_text())
    assert set(document["require"]) == set(kinds_to_review(busy))


@pytest.mark.promise("I31")
def test_a_new_board_is_shown_with_who_may_see_it_and_no_pin(review, busy):
    board = replace(create_board(), id=ActionId("0001"))
    plan = with_digest(replace(busy, actions=(board,), summary=summarise((board,))))

    async def story(person):
        assert "create the secret board" in person.screen
        assert "why: " in person.screen
        assert "pin: " not in person.screen

    review(plan, story)


def test_duplicates_are_kept_swapped_or_marked(review, busy, tmp_path):
    pairs = [group for group in duplicates(busy) if len(group.actions) == 1]

    async def story(person):
        for group, key in ((pairs[0], "k"), (pairs[1], "n"), (pairs[2], "2"), (pairs[3], "1")):
            person.app.review.go_to(group)
            await person.press(key)
        person.app.review.go_to(pairs[2])
        await person.pilot.pause()
        assert "2 KEEP: your choice" in person.screen
        await person.press("c", "2")

    review(busy, story)
    assert saved(tmp_path) == {
        pairs[0].actions[0]: "skip",
        pairs[1].actions[0]: "different",
        pairs[2].actions[0]: "swap",
        pairs[3].actions[0]: "approve",
    }


def test_of_four_any_number_stays(review, tmp_path):
    """The third and the fourth were not compared with each other."""
    plan = plan_of("group_of_four")
    group = duplicates(plan)[0]

    async def story(person):
        person.app.review.go_to(group)
        await person.press("3", "escape")
        assert person.app.decisions.choice_of(group) == "swap"
        await person.press("down", "down")
        assert "4 KEEP: was not compared" in person.screen
        assert "were not compared" not in person.screen
        await person.press("shift+down", "shift+down")
        assert "3 and 4 were not compared" in person.screen
        await person.press("up", "t")

    session = review(plan, story, size=(160, 40))
    made = read_decisions(session.path, plan).decisions
    assert {one.verdict for one in made.values()} >= {Choice.SWAP, Choice.SKIP}
    assert next(judge(plan, read_decisions(session.path, plan)), None) is None


def test_keys_of_duplicates_do_nothing_elsewhere(review, busy, tmp_path):
    async def story(person):
        await person.press("n", "2", "9", "down", "z")
        assert "0 decided" in person.screen

    review(busy, story)
    assert not (tmp_path / "decisions.json").exists()


def test_undo_and_redo_lead_back_to_the_group(review, busy, tmp_path):
    async def story(person):
        first = person.current
        await person.press("a", "s", "u", "u")
        assert person.current == first
        assert "Undone" in person.screen
        await person.press("u")
        assert "Nothing to undo" in person.screen
        await person.press("y", "y", "y")
        assert "Nothing to redo" in person.screen

    review(busy, story)
    assert "approve" in saved(tmp_path).values()


def test_a_note_is_saved_with_its_decision(review, busy, tmp_path):
    async def story(person):
        await person.press("w")
        await person.types("not mine")
        await person.press("enter")
        assert "Note: not mine" in person.screen
        await person.press("s", "left", "w", "escape", "w")
        await person.types("!")
        await person.press("enter")

    review(busy, story, reviewer="Anna")
    document = json.loads((tmp_path / "decisions.json").read_text())
    assert [one["note"] for one in document["decisions"].values()] == ["not mine!"]
    assert document["reviewer"] == "Anna"


def test_actions_that_need_each_other_are_asked_about_together(review, tmp_path):
    plan = plan_of("one_needs_another")
    needed = {one for action in plan.actions for one in action.requires}
    needing = next(action for action in plan.actions if action.requires)

    async def story(person):
        groups = {group.actions[0]: group for group in person.app.queue.groups}
        person.app.review.go_to(groups[next(iter(needing.requires))])
        await person.press("s")
        assert "need" in person.screen
        assert "would not be done either" in person.screen
        await person.press("escape")
        assert not person.app.decisions.verdicts
        await person.press("s", "b")

    review(plan, story)
    assert saved(tmp_path)[needing.id] == "skip"
    assert needed & saved(tmp_path).keys()


def test_what_is_decided_elsewhere_is_shown_and_never_overwritten(review, busy, tmp_path):
    path = tmp_path / "decisions.json"

    async def story(person):
        first = person.current
        write_decisions(Decisions(plan=busy.digest, decisions={first: Decision(verdict=Choice.APPROVE)}), path)
        await person.press("s")
        await person.until(lambda: "Decided otherwise since" in person.screen)
        assert person.app.decisions.verdicts[first] == Choice.APPROVE
        path.write_text("broken")
        await person.press("s")
        await person.until(lambda: "NOT SAVED" in person.screen)
        assert path.read_text() == "broken"
        path.unlink()
        await person.until(lambda: not person.app.saving)

    review(busy, story)
    assert set(saved(tmp_path).values()) == {"approve", "skip"}


def test_an_apply_meanwhile_ends_the_deciding(review, busy):
    progress = [Progress()]

    async def story(person):
        done = busy.actions[0]
        progress[0] = Progress(done={done.id: done}, read_only="Read-only: plan applied in run 1.")
        await person.until(lambda: "Read-only: plan applied" in person.screen)
        await person.press("a")
        assert not person.app.decisions.verdicts
        await person.press("q")

    review(busy, story, progress=lambda: progress[0])


def test_a_plan_that_cannot_be_decided_is_shown(review, busy):
    async def story(person):
        await person.press("a", "s", "right", "x")
        assert "Read-only: checked" in person.screen
        assert not person.app.decisions.verdicts
        await person.press("b")
        assert "approve" not in person.screen

    review(busy, story, progress=lambda: Progress(read_only="Read-only: checked."))


def test_earlier_decisions_are_there_again(review, busy, tmp_path):
    async def first(person):
        await person.press("a")

    async def second(person):
        assert "1 decided" in person.screen
        await person.press("v")
        assert "approve" in person.screen
        await person.press("t", "escape")

    review(busy, first)
    review(busy, second)
    assert saved(tmp_path) == {}


def test_ctrl_c_ends_from_anywhere_with_everything_saved(review, busy, tmp_path):
    async def story(person):
        await person.press("a", "question_mark", "ctrl+c")
        await person.until(lambda: not person.app.is_running)

    review(busy, story)
    assert len(saved(tmp_path)) == 1


@pytest.mark.parametrize("size", [(80, 24), (200, 50), (40, 12), (20, 6), (5, 2)])
def test_every_size_of_a_window_is_drawn(review, busy, size):
    async def story(person):
        for group in person.app.queue.groups:
            person.app.review.go_to(group)
            await person.pilot.pause()
        await person.press("enter", "f", "f", "escape")
        for key in ("b", "v", "i", "question_mark", "q", "w"):
            await person.press(key, "escape")
        await person.pilot.resize_terminal(120, 40)
        await person.press("right")

    review(busy, story, size=size)


def test_pictures_are_drawn_or_their_absence_is_explained(review, busy):
    async def story(person):
        await person.until(lambda: "▓" in person.screen)
        person.app.review.go_to(person.app.queue.group_of("0001"))
        await person.until(lambda: "no picture: not in the \ufffd[31mlibrary" in person.screen)

    review(busy, story)


@pytest.mark.parametrize("width", [40, 76, 80])
def test_the_line_of_keys_fits_and_a_name_keeps_its_end(review, busy, width):
    async def story(person):
        await person.press("right")
        keys = person.screen.splitlines()[-1]
        assert "? help" in keys
        assert "Q finish" in keys
        files = [line for line in person.screen.splitlines() if "].jpg" in line]
        assert files or width == 40

    review(busy, story, size=(width, 24))


@pytest.mark.promise("I28")
def test_text_of_a_pin_reaches_the_screen_as_text_only(review, busy):
    hostile = [_renamed(action) for action in busy.actions]
    plan = with_digest(replace(busy, actions=tuple(hostile)))

    async def story(person):
        seen = ""
        for group in person.app.queue.groups:
            person.app.review.go_to(group)
            await person.pilot.pause()
            seen += person.screen
        for key in ("b", "i", "q"):
            await person.press(key)
            seen += person.screen
            await person.press("escape")
        assert not {character for character in seen if character in "\x1b\x07\x9b\r\u202e\u2066"}
        assert "b[bold red]c[/]" in seen

    review(plan, story, size=(160, 40))


def _renamed(action):
    changed: dict[str, Any] = {"address": f"{HOSTILE}/{action.pin_id}"}
    for name in ("pin", "before"):
        pin: Any = getattr(action, name, None)
        if hasattr(pin, "description"):
            changed[name] = replace(pin, title=HOSTILE, description=HOSTILE)
    return replace(action, **changed)


def test_a_kind_that_runs_as_planned_is_found_by_search(review, busy):
    download = next(action for action in busy.actions if kind_of(action) == "download")

    async def story(person):
        await person.press("slash")
        await person.types(download.id)
        await person.press("enter")
        assert person.current == download.id
        await person.press("escape", "slash", *"zzz", "enter")
        assert "Nothing matches" in person.screen

    review(busy, story)


def test_the_decisions_are_what_an_apply_reads(review, busy, tmp_path):
    async def story(person):
        await person.press(*"asksn")

    session = review(busy, story)
    assert read_decisions(tmp_path / "decisions.json", busy).decisions.keys() == session.verdicts.keys()
