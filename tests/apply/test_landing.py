"""A downloaded file has the extension of what it is; nothing else of the planned path may change."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from pinplan.apply.executor import ExecutorOptions
from pinplan.events import ActionEnded
from pinplan.model.ids import PinId, RelPath
from pinplan.model.naming import named_as
from pinplan.policies.mode import Mode
from tests.fakes import Crash, image_bytes
from tests.worlds import SmallWorld, findings, kinds


def notes(world: SmallWorld) -> list[str]:
    return [event.reason for event in world.events if isinstance(event, ActionEnded)]


@pytest.mark.parametrize(
    ("path", "form", "named"),
    [
        ("a/x.jpg", "PNG", "a/x.png"), ("a/x.JPEG", "JPEG", "a/x.JPEG"), ("x.jpe", "GIF", "x.gif"), ("x.tif", "TIFF", "x.tif"),
        ("a.b/x", "WEBP", "a.b/x.webp"), ("x.jpg", "PSD", "x.jpg"), ("x.jpg", "", "x.jpg"), (".x", "PNG", ".x.png"),
    ],
)  # fmt: skip
def test_a_name_for_a_format(path, form, named):
    assert named_as(RelPath(path), form) == named


@pytest.mark.promise("I11")
def test_what_is_a_png_is_named_so_and_the_apply_says_it(world):
    pin = world.pin(world.board("Board"), "Cat", shown="cat~png")
    plan = world.plan()
    assert plan.actions[0].after.path == f"Board/Cat [{pin}].jpg"
    assert world.apply(plan).complete
    assert list(world.library.files) == [world.path_of(pin)] == [f"Board/Cat [{pin}].png"]
    assert notes(world) == [f"image is PNG; saved as Cat [{pin}].png"]
    assert (kinds(world.plan()), findings(world.plan())) == ([], [])
    assert world.apply(world.undo()).complete
    assert world.library.files == {}


def test_a_name_that_is_taken_is_not_given(world):
    pin = world.pin(world.board("Board"), "Cat", shown="cat~png")
    plan = world.plan()
    taken = f"Board/Cat [{pin}].png"
    world.library.write(taken, b"a note")
    assert world.apply(plan).complete
    assert world.library.files[taken] == b"a note"
    assert world.path_of(pin) == f"Board/Cat [{pin}].jpg"
    assert notes(world) == [f"image is PNG, but {taken} is taken; saved as Cat [{pin}].jpg"]


@pytest.mark.promise("I14")
@pytest.mark.parametrize("moment", range(1, 7))
def test_a_crash_in_between_is_made_good(world, moment):
    board = world.board("Board")
    first, second = (world.pin(board, f"Cat {n}", shown="cat~png") for n in range(2))
    same_signature(world, first, second)
    plan = world.plan()
    assert kinds(plan) == ["download", "copy_local"]
    world.effects.crash_at = moment
    try:
        world.apply(plan, ExecutorOptions(parallelism=1))
    except Crash:
        world.restart()
        assert world.apply(plan).complete
    assert sorted(world.library.files) == [f"Board/Cat {n} [{pin}].png" for n, pin in enumerate((first, second))]
    assert kinds(world.plan()) == []


def same_signature(world: SmallWorld, *pins: PinId) -> None:
    for pin_id in pins:
        pin = world.remote.pins_by_id[pin_id]
        images = tuple(replace(image, signature="ab" * 16) for image in pin.images)
        world.remote.pins_by_id[pin_id] = replace(pin, images=images)


def test_a_copy_finds_what_this_very_run_named_otherwise(world):
    board = world.board("Board")
    pins = [world.pin(board, f"Cat {n}", shown="cat~png") for n in range(3)]
    same_signature(world, *pins)
    assert world.apply().complete
    assert {world.path_of(pin) for pin in pins} == {f"Board/Cat {n} [{pin}].png" for n, pin in enumerate(pins)}


def test_files_that_are_here_keep_their_names_and_a_later_plan_expects_the_right_one(world):
    board = world.board("Board")
    here, fetched = world.pin(board, "Here"), world.pin(board, "Fetched", shown="cat~png")
    name = f"Board/Here [{here}].jpg"
    world.library.write(name, image_bytes("drawn by hand~png"))
    same_signature(world, fetched)
    world.apply()
    assert world.path_of(here) == name
    world.library.remove(world.path_of(fetched))
    world.mode(Mode.MIRROR)
    plan = world.plan()
    assert [action.after.path for action in plan.actions] == [f"Board/Fetched [{fetched}].png"]
    world.move_pin(here, world.board("Other"))
    world.apply()
    assert world.path_of(here) == f"Other/Here [{here}].jpg"
