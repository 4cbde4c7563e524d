"""What people see: stable lines, and nothing from a pin that could do more than be read."""

from __future__ import annotations

import unicodedata

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinplan.model.ids import RunId
from pinplan.plan import Plan
from pinplan.policies.mode import Mode
from pinplan.render.closing import closing_lines
from pinplan.render.events import plan_events
from pinplan.render.text import FOLD, NO_CHANGES, plan_lines, summary_line
from pinplan.render.words import plain, shortened, size
from tests.worlds import SmallWorld


def text_of(plan: Plan, *, everything: bool = False) -> str:
    return "\n".join(line.text for line in plan_lines(plan, everything=everything))


@pytest.mark.promise("I28")
@given(st.text(max_size=60), st.text(min_size=1, max_size=40))
def test_nothing_from_a_pin_can_move_the_cursor_or_reorder_text(title, board):
    world = SmallWorld()
    world.pin(world.board(board), title)
    shown = text_of(world.plan())
    world.close()
    hidden = {c for c in shown if unicodedata.category(c) in {"Cc", "Cf", "Zl", "Zp"} and c not in "\n\u200c\u200d"}
    assert hidden == set()


@pytest.mark.promise("I28")
@given(st.text())
def test_plain_keeps_what_is_harmless_and_its_length(text):
    shown = plain(text)
    assert len(shown) == len(text)
    assert all(b in {a, "\ufffd"} for a, b in zip(text, shown, strict=True))
    assert plain(shown) == shown


def test_the_summary_line_always_has_the_delete_categories(world):
    world.pin(world.board("Board"))
    plan = world.plan()
    expected = "Plan: 1 to download, 0 to move, 0 to trash locally, 0 to delete on Pinterest, "
    expected += "0 duplicates to remove. (288.0 kB, 3 API calls)"
    assert summary_line(plan) == expected
    world.apply(plan)
    assert summary_line(world.plan()) == NO_CHANGES == "No changes. Library and Pinterest agree."


def test_a_plan_that_could_not_look_at_everything_does_not_just_say_that_all_agrees(world):
    board = world.board("Board")
    world.pin(board)
    world.apply()
    assert [line.text for line in plan_lines(world.plan())][-1] == NO_CHANGES
    world.remote.broken.add(board)
    said = [line.text for line in plan_lines(world.plan())]
    assert said[-2] == NO_CHANGES
    assert said[-1] == "But not everything could be looked at: 2 findings above."


def test_a_large_group_is_folded_with_its_count(world):
    board = world.board("Board")
    for n in range(FOLD + 5):
        world.pin(board, f"Pin {n}")
    plan = world.plan()
    assert "… and 6 more; show them with --all" in text_of(plan)
    assert text_of(plan, everything=True).count("  + Pin ") == FOLD + 5


def test_events_tell_the_whole_plan(world):
    pin = world.pin(world.board("Board"), slots=2)
    world.apply()
    world.library.remove(world.path_of(pin, 1))
    world.library.remove(world.path_of(pin, 2))
    world.mode(Mode.TWO_WAY)
    events = list(plan_events(world.plan(allow={})))
    names = [type(event).__name__ for event in events]
    assert (names[0], names[-1]) == ("PlannedAction", "PlanSummary")
    assert set(names[1:-1]) == {"Checked"}
    first, last = msgspec.to_builtins(events[0]), msgspec.to_builtins(events[-1])
    assert first["destructive"]
    assert not last["applyable"]


def test_the_closing_table_counts_what_was_not_done():
    lines = [
        line.text
        for line in closing_lines(
            run=RunId("r"),
            already=False,
            ended={"download": {"done": 3, "failed": 1}, "forget": {"done": 2}},
            left=4,
            fetched=9,
        )
    ]
    assert lines[-1] == "Applied in part: 5 actions done, 5 not. Apply the same plan again to go on."
    assert lines[1].split() == ["Download", "3", "1"]


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 B"), (999, "999 B"), (14_200_000, "14.2 MB"), (5 * 10**12, "5.0 TB")]
)
def test_sizes_are_decimal(count, text):
    assert size(count) == text


@given(st.text(), st.integers(20, 90))
def test_a_shortened_heading_fits(text, longest):
    assert len(shortened(text, longest)) <= max(longest, 0) or len(text) <= longest
