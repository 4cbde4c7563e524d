"""An app to which Pinterest does not offer PATCH on pins: found once, said once, and the rest goes on."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime

import pytest

from pinplan.errors import FeatureRestricted
from pinplan.model.features import Feature
from pinplan.model.ids import BoardId, PinId
from pinplan.plan.document import Scope
from pinplan.policies.duplicates import Duplicates, Merge, Remove
from pinplan.policies.mode import Mode
from pinplan.records.journal import ActionOutcome
from tests.worlds import SmallWorld, findings, kinds


class Kept:
    """Port `Features`, in memory."""

    def __init__(self) -> None:
        self.refused: set[Feature] = set()

    def closed(self, now: datetime) -> tuple[Feature, ...]:
        return tuple(self.refused)

    def learn(self, refused: Collection[Feature], worked: Collection[Feature], now: datetime) -> None:
        self.refused = (self.refused | set(refused)) - set(worked)


@pytest.fixture
def world() -> Iterator[SmallWorld]:
    made = SmallWorld()
    made.features = Kept()
    cats, dogs = made.board("Cats"), made.board("Dogs")
    for title in ("One", "Two"):
        made.pin(cats, title)
    made.pin(dogs, "Dog")
    made.apply()
    made.mode(Mode.TWO_WAY)
    for record in made.state.base().tracked:
        if record.container == "Cats":
            made.library.rename(record.path, record.path.replace("Cats/", "Dogs/"))
    made.pin(dogs, "New")
    yield made
    made.close()


def refuse(world: SmallWorld) -> list[PinId]:
    """From now on Pinterest refuses it; what was asked."""
    asked: list[PinId] = []

    def move_pin(pin_id: PinId, board_id: BoardId, section_id: object) -> None:
        asked.append(pin_id)
        raise FeatureRestricted(f"PATCH /pins/{pin_id}", 401, 3, "restricted feature", None)

    world.remote.move_pin = move_pin  # type: ignore[method-assign] # this Pinterest refuses
    return asked


def test_it_is_asked_once_and_the_rest_goes_on(world):
    asked = refuse(world)
    result = world.apply()
    assert (result.count(ActionOutcome.FAILED), result.count(ActionOutcome.SKIPPED)) == (1, 1)
    assert result.count(ActionOutcome.DONE) == 1
    assert len(asked) == 1
    plan = world.plan()
    assert kinds(plan) == []
    assert [(f.kind.value, f.reason, f.count, f.address) for f in plan.findings] == [("blocked", "capability", 2, ".")]
    assert plan.findings[0].message.startswith(
        "not possible: 2 to move on Pinterest (move_remote). Pinterest does not offer apps like yours to"
    )
    assert len(asked) == 1


def test_it_is_tried_again_and_what_works_is_open(world):
    real = world.remote.move_pin
    refuse(world)
    world.apply()
    world.features.refused.clear()  # as after `full_refresh_days`
    world.remote.move_pin = real
    assert world.apply().complete
    world.features.refused.add(Feature.UPDATE_PINS)
    assert (world.plan().actions, world.plan().findings) == ((), ())
    plan = world.undo()
    assert (kinds(plan), findings(plan)) == ([], ["blocked"])


def test_a_run_that_moves_something_opens_the_feature(world):
    plan = world.plan()
    world.features.refused.add(Feature.UPDATE_PINS)
    assert world.apply(plan).complete
    assert world.features.refused == set()


def test_scopes_and_actions_that_rely_on_it_follow(world):
    board = world.board("Twins")
    world.pin(board, "Twin 0", shown="same", description="what it says")
    world.pin(board, "Twin 1", shown="same", link="https://example.org")
    world.apply(world.plan(scope=Scope(targets=("Twins",)), duplicates=Duplicates(remove=Remove.OFF)))
    merging = Duplicates(remove=Remove.BOTH, merge=(Merge.DESCRIPTION,))
    assert sorted(kinds(world.plan(scope=Scope(targets=("Twins",)), duplicates=merging))) == [
        "dedupe",
        "update_metadata",
    ]
    world.features.refused.add(Feature.UPDATE_PINS)
    plan = world.plan(scope=Scope(targets=("Twins",)), duplicates=merging)
    assert kinds(plan) == []
    assert (
        "not possible: 1 duplicates to remove (dedupe), 1 to update on Pinterest (update_metadata)."
        in plan.findings[0].message
    )
    assert kinds(world.plan(scope=Scope(targets=("Twins",)), duplicates=Duplicates(remove=Remove.BOTH))) == ["dedupe"]


def test_a_token_without_a_sign_in_keeps_nothing(world):
    refuse(world)
    world.features = None
    world.apply()
    assert kinds(world.plan()) == ["move_remote", "move_remote"]
