"""What people see: stable lines, and nothing from a pin that could do more than be read."""

from __future__ import annotations

import unicodedata

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pinplan.actions import KINDS
from pinplan.errors import ConfigError
from pinplan.model.ids import RunId
from pinplan.plan.document import Plan
from pinplan.policies.mode import Mode
from pinplan.records.journal import ActionOutcome
from pinplan.render.effects import closing_lines, sentence
from pinplan.render.plan_events import plan_events
from pinplan.render.rows import choose
from pinplan.render.table import fitted, width, wrapped
from pinplan.render.text import FOLD, NO_CHANGES, Screen, plan_lines, summary_line
from pinplan.render.text_safety import plain, shortened, size, spelt
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
    expected += "0 duplicates to remove. (3.0 kB, 3 API calls)"
    assert summary_line(plan) == expected
    world.apply(plan)
    assert summary_line(world.plan()) == NO_CHANGES == "No changes. Library and Pinterest agree."


def test_a_plan_that_could_not_look_at_everything_does_not_just_say_that_all_agrees(world):
    board = world.board("Board")
    world.pin(board)
    world.apply()
    assert [line.text for line in plan_lines(world.plan())][-1] == NO_CHANGES
    world.remote.broken.add(board)
    assert [line.text for line in plan_lines(world.plan())][-1] == "Nothing to do. 1 board could not be read."


def test_a_large_group_is_folded_with_its_count(world):
    board = world.board("Board")
    for n in range(FOLD + 5):
        world.pin(board, f"Pin {n}")
    plan = world.plan()
    assert "… and 6 more; show them with --all" in text_of(plan)
    assert text_of(plan, everything=True).count("  Pin ") == FOLD + 5


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


@pytest.mark.parametrize("outcomes", [["done"], ["done", "unconfirmed"], list(ActionOutcome)])
def test_the_closing_table_stands_in_columns_below_long_titles(outcomes):
    ended = {kind: dict.fromkeys(outcomes, 1) for kind in KINDS}
    lines = [line.text for line in closing_lines(run=RunId("r"), already=False, ended=ended, left=0, fetched=0)]
    assert len({len(line) for line in lines[: len(KINDS) + 1]}) == 1
    assert lines[0].split() == outcomes


@pytest.mark.parametrize("kind", KINDS)
def test_the_words_of_a_kind_fit_their_number(kind):
    trait = KINDS[kind].trait
    # The verb of the deletes is always shown as it is, for scripts.
    assert trait.verb.startswith("to ") or trait.always_shown
    if trait.thing:
        where = trait.verb.split()[-2:]
        assert trait.counted(1) == f"{trait.thing} {trait.verb}"
        assert sentence({kind: 1}).split()[1:] == ["1", trait.thing, *where]
        assert sentence({kind: 2}).split()[1:] == ["2", f"{trait.thing}s", *where]


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
    assert lines[-1] == "Applied in part: 5 actions done, 5 not. To continue with the same plan: pinplan apply PLAN"
    assert lines[1].split() == ["Download", "3", "1"]


def test_what_was_not_requested_is_named_with_the_command_for_it():
    left = {"delete_remote": 5, "delete_local": 1}
    lines = closing_lines(
        run=RunId("r"), already=False, ended={"download": {"done": 3}}, left=0, fetched=9, not_requested=left
    )
    *_, named, last = (line.text for line in lines)
    assert "5 to delete on Pinterest, 1 to trash locally" in named
    assert named.endswith("To apply them as well: pinplan apply PLAN")
    assert last.startswith("Applied: 3 actions done")


@pytest.mark.parametrize(
    ("ended", "left", "said"),
    [
        (
            {"stale": 1, "done": 2},
            0,
            "What is stale has changed since the plan. To plan it again: pinplan plan -o plan.json",
        ),
        ({"stale": 1, "done": 2}, 1, "To continue with the same plan: pinplan apply PLAN"),
        ({"stale": 1, "failed": 1}, 0, "To continue with the same plan: pinplan apply PLAN"),
        ({"unconfirmed": 1}, 0, "To continue with the same plan: pinplan apply PLAN"),
    ],
)
def test_to_apply_again_is_advised_only_where_it_helps(ended, left, said):
    ends = closing_lines(run=RunId("r"), already=False, ended={"dedupe": ended}, left=left, fetched=0)
    assert [line.text for line in ends][-1].endswith(said)


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 B"), (999, "999 B"), (14_200_000, "14.2 MB"), (5 * 10**12, "5.0 TB")]
)
def test_sizes_are_decimal(count, text):
    assert size(count) == text


@given(st.text(), st.integers(20, 90))
def test_a_shortened_heading_fits(text, longest):
    assert len(shortened(text, longest)) <= max(longest, 0) or len(text) <= longest


def shown(plan: Plan, columns: int, rows: int | None = None, **chosen: list[str]) -> list[str]:
    screen = Screen(columns=columns, rows=rows)
    wanted = choose(plan, chosen.get("kinds", []), chosen.get("boards", []))
    return [line.text for line in plan_lines(plan, screen=screen, chosen=wanted)]


@given(st.lists(st.text(max_size=50), min_size=1, max_size=4), st.text(min_size=1, max_size=40), st.integers(60, 140))
@settings(max_examples=30)
def test_rows_fit_the_screen_and_their_columns_stand_below_each_other(titles, name, columns):
    world = SmallWorld()
    board = world.board(name)
    for title in titles:
        world.pin(board, title)
    plan = world.plan()
    world.close()
    rows = [line for line in shown(plan, columns) if line.startswith("    + ")]
    assert len(rows) == len(titles)
    assert all(width(row) <= columns for row in rows)
    assert len({width(row[: row.rindex(" kB")]) for row in rows}) == 1


def test_wide_characters_are_aligned_by_their_cells(world):
    board = world.board("猫")
    for title in ("猫猫猫", "cat", "🐸 frog"):
        world.pin(board, title)
    rows = [line for line in shown(world.plan(), 100) if line.startswith("    + ")]
    assert len({len(row) for row in rows}) > 1
    assert len({width(row[: row.index("~")]) for row in rows}) == 1


def test_a_file_that_is_named_like_a_pin_is_shown_as_the_file_that_it_is(world):
    board = world.board("Board")
    pin = world.pin(board, "Cat", section_id=world.section(board, "Section"))
    world.apply()
    old = world.path_of(pin)
    world.library.write("Board/Section/pin  of a cat.jpg", world.library.files[old])
    world.library.remove(old)
    world.apply()
    world.mode(Mode.MIRROR)
    del world.remote.pins_by_id[pin]
    (row,) = [line for line in shown(world.plan(), 200) if "of a cat" in line]
    assert "Section/pin  of a cat.jpg  " in row


def of_many_boards(world: SmallWorld, boards: int = 30) -> Plan:
    for number in range(boards):
        board = world.board(f"Board {number:02}")
        for pin in range(4):
            world.pin(board, f"Pin {pin}")
    return world.plan()


def test_what_is_more_than_a_screen_is_folded_board_by_board_with_its_counts(world):
    plan = of_many_boards(world)
    lines = shown(plan, 100, rows=40)
    assert lines.count("Board 07  4 to download") == 1
    assert len(lines) < 45
    assert "Folded: see every action with --all, one board with --board NAME." in lines
    assert len(shown(plan, 100)) > 150


def test_what_takes_away_is_not_folded_with_the_rest(world):
    of_many_boards(world)
    world.apply()
    gone = [path for path in sorted(world.library.files) if path.startswith("Board 03")][:2]
    for path in gone:
        world.library.remove(path)
    for number in range(30):
        world.pin(world.board(f"New {number:02}"))
    world.mode(Mode.TWO_WAY)
    lines = shown(world.plan(), 100, rows=10)
    assert sum(line.startswith("    ! ") for line in lines) == 2
    assert "New 01    1 to download" in lines


def test_a_group_is_folded_to_what_the_screen_holds(world):
    plan = of_many_boards(world, 1)
    assert "… and 2 more" in "\n".join(shown(plan, 100, rows=4))


def test_boards_and_kinds_can_be_chosen(world):
    plan = of_many_boards(world, 12)
    lines = shown(plan, 100, boards=["board 0?"], kinds=["download"])
    assert sum(line.startswith("    + ") for line in lines) == 40
    assert "Shown: 40 of 48 actions, 0 of 0 findings" in lines
    assert lines[-2] == summary_line(plan)
    assert shown(plan, 100, kinds=["untracked"])[-3] == "Shown: 0 of 48 actions, 0 of 0 findings"


def test_a_wrong_name_is_told_with_the_nearest_one(world):
    with pytest.raises(ConfigError) as caught:
        choose(of_many_boards(world, 3), ["downlaod"], ["Bord 01"])
    assert caught.value.problems == (
        "--kind downlaod: unknown kind; did you mean download?",
        "--board Bord 01: the plan has no such board; did you mean Board 01?",
    )


def test_a_board_of_which_the_plan_has_nothing_to_say_is_no_mistake(world):
    plan = of_many_boards(world, 3)
    world.apply(plan)
    assert shown(world.plan(), 100, boards=["Board 01"])[-2:] == [
        "Shown: 0 of 0 actions, 0 of 0 findings",
        NO_CHANGES,
    ]


@given(st.text(max_size=60), st.integers(2, 50), st.integers(0, 30))
def test_what_is_fitted_is_no_wider_and_says_that_it_was_cut(text, cells, keep_end):
    found = fitted(text, cells, keep_end=keep_end)
    assert width(found) <= cells
    assert found == text or "…" in found


@given(st.text(max_size=80), st.integers(4, 40))
def test_wrapping_keeps_every_word(text, cells):
    lines = wrapped(text, cells, cells)
    assert all(width(line) <= cells for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_what_a_code_says_is_spelt_and_any_other_text_stays():
    assert spelt("removed_on_pinterest") == "removed on Pinterest"
    assert spelt("duplicate_of_9001") == "duplicate of 9001"
    assert spelt("damaged: my_cat_1.jpg of pinterest_x is cut") == "damaged: my_cat_1.jpg of pinterest_x is cut"
    assert spelt("IMG_0001.jpg") == "IMG_0001.jpg"


def findings_of_many_kinds(world: SmallWorld) -> Plan:
    board = world.board("Board")
    pins = [world.pin(board, f"Pin {n}") for n in range(40)]
    world.apply()
    for pin in pins[:20]:
        world.library.remove(world.path_of(pin))
    for pin in pins[20:]:
        del world.remote.pins_by_id[pin]
    return world.plan()


def test_findings_are_folded_to_the_screen_and_the_closing_line_stands_last(world):
    plan = findings_of_many_kinds(world)
    lines = shown(plan, 100, rows=16)
    assert len(lines) <= 16 + 5
    assert sum("more; show them with --all" in line for line in lines) == 2
    assert [line for line in lines if line.startswith("Nothing to do.")] == [summary_line(plan)] == lines[-1:]


def test_where_findings_fill_more_than_a_screen_the_closing_line_stands_before_them_too(world):
    plan = findings_of_many_kinds(world)
    lines = [line.text for line in plan_lines(plan, everything=True, screen=Screen(columns=100, rows=16))]
    assert [n for n, line in enumerate(lines) if line == summary_line(plan)] == [3, len(lines) - 1]


def test_pins_of_a_board_that_could_not_be_read_are_one_line(world):
    board = world.board("Board")
    for n in range(5):
        world.pin(board, f"Pin {n}")
    world.apply()
    world.remote.broken.add(board)
    lines = text_of(world.plan())
    assert "    Board: 3 pins not checked: the board could not be read" in lines.splitlines()
    assert "cannot tell" not in lines
    assert text_of(world.plan(), everything=True).count("cannot tell") == 3
