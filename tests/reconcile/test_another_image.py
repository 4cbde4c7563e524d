"""A pin that shows another image than the one that was agreed on is not deleted for a file that is gone (I20, I21)."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from pinplan.model.ids import PinId
from pinplan.plan.agreement import unsettled
from pinplan.plan.document import Plan, Scope, kind_of
from pinplan.policies.duplicates import Duplicates, Remove, Within
from pinplan.policies.mode import Mode
from pinplan.records.journal import ActionOutcome
from tests.fakes import image_bytes
from tests.worlds import EVERYTHING, SmallWorld, findings, kinds, rendition


def show(world: SmallWorld, pin_id: PinId, shown: str, signature: str) -> None:
    pin = world.remote.pins_by_id[pin_id]
    image = replace(pin.images[0], renditions=(rendition(shown),), signature=signature * 32)
    world.remote.pins_by_id[pin_id] = replace(pin, images=(image,))


def agreed(world: SmallWorld) -> list[PinId]:
    board = world.board("Board")
    pins = [world.pin(board, f"Pin {number}") for number in range(3)]
    show(world, pins[0], "cat~400x600", "a")
    show(world, pins[1], "cat~800x1200", "b")
    world.apply(world.plan(duplicates=Duplicates(remove=Remove.OFF)))
    return pins


def removed(world: SmallWorld, pin: PinId) -> Plan:
    world.library.remove(world.path_of(pin))
    world.mode(Mode.TWO_WAY)
    return world.plan()


@pytest.mark.promise("I20")
def test_a_pin_with_a_new_image_is_not_deleted_for_its_old_file(world):
    pin = agreed(world)[2]
    show(world, pin, "another", "f")
    plan = removed(world, pin)
    assert "delete_remote" not in kinds(plan)
    assert "conflict" in findings(plan)


@pytest.mark.promise("I20")
def test_a_pin_whose_image_changes_after_the_plan_is_not_deleted(world):
    pin = agreed(world)[2]
    plan = removed(world, pin)
    assert "delete_remote" in kinds(plan)
    show(world, pin, "another", "f")
    assert world.apply(plan).count(ActionOutcome.STALE) == 1
    assert world.remote.deleted == []


@pytest.mark.promise("I21")
@pytest.mark.parametrize("changed", [0, 1])
@pytest.mark.parametrize("when", ["before the plan", "after the plan"])
def test_neither_of_a_pair_goes_where_one_shows_another_image(world, changed, when):
    pins = agreed(world)
    both = Duplicates(remove=Remove.BOTH, scope=Within.ACCOUNT)
    assert kinds(world.plan(duplicates=both)) == ["dedupe"]
    if when == "before the plan":
        show(world, pins[changed], "another", "f")
        assert "dedupe" not in kinds(world.plan(duplicates=both))
        return
    plan = world.plan(duplicates=both)
    show(world, pins[changed], "another", "f")
    assert world.apply(plan).count(ActionOutcome.STALE) == 1
    assert world.remote.deleted == []


@pytest.mark.promise("I8")
@pytest.mark.parametrize("mode", list(Mode))
def test_a_pin_that_shows_another_image_than_its_file_is_said_and_fetched_by_name(world, mode):
    pin = agreed(world)[1]
    path = world.path_of(pin)
    old = world.library.files[path]
    world.mode(mode)
    show(world, pin, "another~900x1300", "f")
    plan = world.plan()
    assert (kinds(plan), findings(plan)) == ([], ["another_image"])
    assert unsettled(plan).differences == 1
    plan = world.plan(scope=Scope(restore=(pin,)))
    assert [(kind_of(action), action.reason) for action in plan.actions] == [("replace", "another_image")]
    assert world.apply(plan).complete
    assert world.library.files[path] != old
    assert old in world.library.kept_files.values()
    assert (kinds(world.plan()), findings(world.plan())) == ([], [])


@pytest.mark.promise("I20")
def test_another_image_of_fewer_pixels_takes_the_place_of_no_file(world):
    pin = agreed(world)[1]
    show(world, pin, "another~400x500", "f")
    plan = world.plan(scope=Scope(restore=(pin,)))
    assert kinds(plan) == []
    assert "with fewer pixels; the file is kept" in plan.findings[0].message


def by_hand(world: SmallWorld, title: str, shown: str, signature: str, put: str) -> PinId:
    """A pin whose file a person put there, named with its id: it is adopted."""
    pin = world.pin(world.board(f"Board of {title}"), title)
    show(world, pin, shown, signature)
    world.library.write(f"Board of {title}/mine [{pin}].jpg", image_bytes(put))
    return pin


@pytest.mark.promise("I20")
def test_a_file_that_was_put_there_by_hand_does_not_stand_for_what_its_pin_shows(world):
    """Before the pin is deleted, its own image is fetched and kept."""
    pin = by_hand(world, "One", "cat~400x600", "a", "dog~400x600")
    world.apply()
    world.library.remove(world.path_of(pin))
    world.mode(Mode.TWO_WAY)
    assert world.apply(world.plan(allow=EVERYTHING)).complete
    assert world.remote.deleted == [pin]
    assert [
        data for path, data in world.library.kept_files.items() if path.endswith(f"/{pin}-0.jpeg") and b"cat" in data
    ]


@pytest.mark.promise("I21")
def test_no_pin_goes_as_a_duplicate_for_a_file_that_was_put_there_by_hand(world):
    """What the pin shows may be another picture."""
    one = by_hand(world, "One", "cat~400x600", "a", "dog~400x600")
    other = world.pin(world.board("Other"), "Other")
    show(world, other, "dog~400x600", "b")
    world.apply(world.plan(duplicates=Duplicates(remove=Remove.OFF)))
    plan = world.plan(duplicates=Duplicates(remove=Remove.BOTH, scope=Within.ACCOUNT))
    assert (kinds(plan), findings(plan)) == ([], ["blocked"])
    assert f"[{one}].jpg was added or changed by hand" in plan.findings[0].message
    local = world.plan(duplicates=Duplicates(remove=Remove.LOCAL, scope=Within.ACCOUNT))
    assert kinds(local) == ["dedupe"]
