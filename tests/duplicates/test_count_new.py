"""An apply that downloads duplicates says how many the next plan will find; the plan finds them, and then there is nothing left."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from pinplan.model.ids import RunId
from pinplan.plan.document import kind_of
from pinplan.policies.duplicates import Duplicates, Remove, Within
from pinplan.render.effects import closing_lines
from tests.worlds import SmallWorld


def twice(world: SmallWorld, remove: Remove, scope: Within = Within.BOARD) -> None:
    """The same picture in three pins of a board, once in another board, and one that is by itself."""
    board, other = world.board("Board"), world.board("Other")
    for number, size in enumerate(("800x1200", "600x900", "400x600")):
        world.pin(board, f"Same {number}", shown=f"cat~{size}")
    world.pin(other, "Same elsewhere", shown="cat~700x1050")
    world.pin(board, "Alone")
    world.policies = replace(world.policies, duplicates=Duplicates(remove=remove, scope=scope))


@pytest.mark.promise("I23")
@pytest.mark.parametrize(
    ("remove", "scope", "count"),
    [
        (Remove.BOTH, Within.BOARD, 2),
        (Remove.LOCAL, Within.SECTION, 2),
        (Remove.REMOTE, Within.ACCOUNT, 3),
        (Remove.REPORT, Within.BOARD, 0),
        (Remove.OFF, Within.BOARD, 0),
    ],
)
def test_an_apply_says_how_many_duplicates_the_next_plan_will_find(remove, scope, count):
    world = SmallWorld()
    twice(world, remove, scope)
    result = world.apply(world.plan())
    plan = world.plan()
    assert result.duplicates == count == [kind_of(action) for action in plan.actions].count("dedupe")
    again = world.apply(plan)
    assert again.duplicates == 0
    assert not [action for action in world.plan().actions if kind_of(action) == "dedupe"]
    world.close()


def test_the_closing_line_names_them_and_the_command():
    ended = {"download": {"done": 5}}
    lines = closing_lines(run=RunId("r"), already=False, ended=ended, left=0, fetched=9, duplicates=2)
    said = "The next plan will find 2 duplicates: pinplan plan -o plan.json"
    assert said in [line.text for line in lines]
