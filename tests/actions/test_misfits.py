"""A plan that was edited so that the parts of an action are not about the same thing is refused (I11)."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from pinplan.actions.base import Action
from pinplan.model.ids import BoardId
from tests.actions.situations import (
    NEXT,
    NOW,
    OTHER,
    adopt,
    copy_local,
    create_pin,
    dedupe,
    delete_local,
    delete_remote,
    download,
    forget,
    move_local,
    move_remote,
    pin_of,
    rebind,
    record_of,
    relocate,
    replace_image,
    restore,
    update_metadata,
)

FITTING: list[Action] = [
    adopt(), copy_local(), create_pin(), dedupe(), delete_local(), delete_remote(), download(), forget(), move_local(), move_remote(), rebind(), relocate(),
    replace_image(), restore(), update_metadata(),
]  # fmt: skip
MISFITS: list[tuple[Action, str]] = [
    (replace(dedupe(), pin=pin_of(OTHER)), "the kept copy belongs to another pin"),
    (replace(dedupe(), board_id=BoardId("8")), "the kept copy belongs to another board"),
    (replace(delete_remote(), before=pin_of(OTHER)), "the kept copy belongs to another pin"),
    (replace(delete_remote(), board_id=BoardId("8")), "the kept copy belongs to another board"),
    (delete_local(after=record_of(pin_id=OTHER)), "the kept record belongs to another image"),
    (delete_local(after=record_of(slot=1)), "the kept record belongs to another image"),
    (replace(move_remote(), after=()), "the plan names other images"),
    (replace(move_remote(), before=(), after=()), "the plan names other images"),
    (replace(move_remote(), pin_id=OTHER), "the plan names another pin"),
    (replace(move_remote(), files=()), "the plan names other files"),
    (replace(move_remote(), target=NOW), "the plan names other boards"),
    (replace(move_remote(), source=NEXT), "the plan names other boards"),
    (replace(delete_local(), board_id=BoardId("8")), "its board differs from the board of its file"),
]


@pytest.mark.promise("I11")
@pytest.mark.parametrize(("action", "why"), MISFITS, ids=[why for _, why in MISFITS])
def test_parts_that_are_not_about_the_same_thing_are_named(action, why):
    assert action.misfit() == why


@pytest.mark.parametrize("action", FITTING, ids=[type(action).__name__ for action in FITTING])
def test_what_pinplan_makes_fits(action):
    assert action.misfit() is None
