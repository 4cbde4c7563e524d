"""What an action requires: the plan says it where it is true, and an apply keeps to it."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from msgspec.structs import replace

from pinplan.actions import CopyLocal, Dedupe
from pinplan.model.ids import PinId
from pinplan.plan.document import Plan, Scope, kind_of
from pinplan.policies.duplicates import Duplicates, Merge, Remove, Within
from pinplan.policies.protect import Protect
from pinplan.reconcile.dependencies import left_without, with_needed
from tests.decision_table import copies_of_an_image, words_of_duplicates
from tests.plan.test_decisions import outcomes
from tests.worlds import SmallWorld


def requires(plan: Plan) -> dict[str, tuple[str, ...]]:
    return {f"{action.id} {kind_of(action)}": action.requires for action in plan.actions}


def showing(world: SmallWorld, source: PinId, *pins: PinId) -> None:
    """These pins show the very image of another one."""
    for pin in pins:
        world.remote.pins_by_id[pin] = replace(
            world.remote.pins_by_id[pin], images=world.remote.pins_by_id[source].images
        )


def test_a_copy_requires_what_fetches_or_moves_its_source(world):
    plan = copies_of_an_image(world)
    assert requires(plan) == {
        "0001 move_local": (),
        "0002 download": (),
        "0003 copy_local": ("0002",),
        "0004 copy_local": ("0001",),
    }
    assert world.apply(plan).complete
    assert world.plan().actions == ()


def test_a_copy_of_a_file_that_stays_where_it_is_requires_nothing(world):
    board = world.board("Board")
    old = world.pin(board, "Old")
    world.apply()
    showing(world, old, world.pin(board, "New"))
    assert requires(world.plan()) == {"0001 copy_local": ()}


def test_a_copy_of_what_could_not_be_fetched_is_not_tried(world):
    plan = copies_of_an_image(world)
    world.images.broken = {rendition.url for rendition in plan.actions[1].renditions}  # type: ignore[union-attr] # a download
    assert not world.apply(plan).complete
    assert outcomes(world) == {"0001": "done", "0002": "failed", "0003": "skipped", "0004": "done"}


def test_a_duplicate_requires_that_its_words_are_taken_over(world):
    plan = words_of_duplicates(world)
    assert requires(plan) == {
        "0001 download": (),
        "0002 update_metadata": (),
        "0003 dedupe": ("0002",),
        "0004 dedupe": ("0002",),
    }
    pair = plan.actions[2]
    assert isinstance(pair, Dedupe)
    assert pair.exchanged().requires == (), "the pin that would take them over goes"
    assert world.apply(plan).complete


@pytest.mark.parametrize("remove", [Remove.BOTH, Remove.LOCAL])
def test_a_duplicate_without_words_of_its_own_requires_nothing(world, remove):
    board = world.board("Board")
    for number in range(3):
        world.pin(board, f"Other {number}")
    world.pin(board, shown="cat~400x600")
    world.pin(board, shown="cat~800x1200")
    world.apply()
    plan = world.plan(duplicates=Duplicates(remove=remove, merge=(Merge.LINK,)))
    assert requires(plan) == {"0001 dedupe": ()}


def test_what_is_not_moved_is_copied_from_where_it_is(world):
    plan = copies_of_an_image(world)
    narrowed = world.plan(scope=Scope(targets=(plan.actions[3].pin_id,)))
    (copy,) = narrowed.actions
    assert isinstance(copy, CopyLocal)
    assert (copy.source, copy.requires) == ("Board/Old [9003].jpg", ())
    assert world.apply(narrowed).complete


# -- narrowed plans ----------------------------------------------------------------------------------------------------


def of_kind(plan: Plan, kind: str) -> list[PinId]:
    return [action.pin_id for action in plan.actions if kind_of(action) == kind]


@pytest.mark.promise("I9")
@pytest.mark.parametrize("narrow", ["targets", "excludes"])
def test_what_would_be_a_copy_is_fetched_where_its_source_is_out_of_scope(world, narrow):
    _, source, copy, _ = (action.pin_id for action in copies_of_an_image(world).actions)
    narrowed = world.plan(scope=Scope(targets=(copy,)) if narrow == "targets" else Scope(excludes=(source,)))
    assert (copy in of_kind(narrowed, "download"), source in of_kind(narrowed, "download")) == (True, False)
    assert world.apply(narrowed).complete


@pytest.mark.promise("I9")
def test_a_targeted_duplicate_takes_along_the_words_that_its_keeper_needs(world):
    plan = words_of_duplicates(world)
    pair = plan.actions[2]
    assert isinstance(pair, Dedupe)
    narrowed = world.plan(duplicates=plan.policies.duplicates, scope=Scope(targets=(pair.pin_id,)))
    assert [kind_of(action) for action in narrowed.actions] == ["update_metadata", "dedupe"]
    assert world.apply(narrowed).complete


@pytest.mark.promise("I9")
@pytest.mark.parametrize("targets", [(), ("First",)])
def test_no_duplicate_goes_while_the_board_that_takes_over_its_words_is_excluded(world, targets):
    first, second = world.board("First"), world.board("Second")
    for number in range(4):
        world.pin(first, f"Other {number}")
        world.pin(second, f"More {number}")
    world.pin(first, "Small", shown="cat~400x600", link="https://a")
    world.pin(second, "Large", shown="cat~800x1200")
    world.apply()
    account = Duplicates(remove=Remove.BOTH, scope=Within.ACCOUNT, merge=tuple(Merge))
    assert [kind_of(action) for action in world.plan(duplicates=account).actions] == ["update_metadata", "dedupe"]
    assert world.plan(duplicates=account, scope=Scope(targets=targets, excludes=("Second",))).actions == ()


@pytest.mark.promise("I18")
def test_what_needs_something_protected_is_blocked_with_it(world):
    plan = words_of_duplicates(world)
    blocked = world.plan(duplicates=plan.policies.duplicates, protect=Protect(kinds=("update_metadata",)))
    assert of_kind(blocked, "dedupe") == []
    messages = [finding.message for finding in blocked.findings if finding.kind == "blocked"]
    assert len(messages) == 3
    assert sum("it needs an action that [protect] blocks" in message for message in messages) == 2
    assert world.apply(blocked).complete


class Needy(NamedTuple):
    """Stands for an action."""

    name: str
    given: tuple[str, ...] = ()
    wanted: tuple[str, ...] = ()

    def needs(self) -> tuple[str, ...]:
        return self.wanted

    def provides(self) -> tuple[str, ...]:
        return self.given


everything: list[Any] = [
    Needy("a", wanted=("b",)),
    Needy("b", given=("b",), wanted=("c", "of another plan")),
    Needy("c", given=("c",)),
    Needy("d", wanted=("e",)),
    Needy("e", given=("e",)),
]
A, B, C, D, E = everything


@pytest.mark.parametrize(("some", "all_"), [([A], [A, B, C]), ([C], [C]), ([D, B], [B, C, D, E]), ([], [])])
def test_what_is_needed_comes_along_and_nothing_else(some, all_):
    assert with_needed(some, everything) == all_


def test_two_that_need_each_other_come_along_once():
    both: list[Any] = [Needy("f", given=("f",), wanted=("g",)), Needy("g", given=("g",), wanted=("f",))]
    assert with_needed(both[:1], both) == both


@pytest.mark.parametrize(("left", "dropped"), [([A, C], [A]), ([A, B], [B, A]), ([A, B, C, D, E], []), ([D], [D])])
def test_what_lacks_something_goes_and_so_does_what_needs_that(left, dropped):
    assert left_without(left, everything) == dropped
