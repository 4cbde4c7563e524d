"""A plan that was edited so that the parts of an action are not about the same thing is refused (I11)."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from pinplan.actions.base import Action
from pinplan.actions.contexts import Home
from pinplan.actions.expect import ExpectKept, expect_of
from pinplan.model.ids import BoardId, SectionId
from tests.actions.situations import (
    BOARD,
    NEW_BOARD,
    NEXT,
    NOW,
    OTHER,
    THERE,
    adopt,
    copy_local,
    create_board,
    create_pin,
    create_section,
    dedupe,
    delete_local,
    delete_remote,
    download,
    forget,
    move_local,
    move_remote,
    pin_of,
    post_pin,
    rebind,
    record_of,
    relocate,
    rename_board,
    rename_section,
    replace_image,
    restore,
    update_metadata,
    upload_carousel,
    upload_pin,
    upload_video,
)

ELSEWHERE_KEPT = (ExpectKept(path=THERE, size=1, sha256=post_pin().files[0].sha256),)

FITTING: list[Action] = [
    adopt(), copy_local(), create_board(), create_pin(), create_section(), create_section(NEW_BOARD), dedupe(), delete_local(), delete_remote(), download(), forget(), move_local(), move_remote(), rename_board(), rename_section(), rebind(), relocate(),
    replace_image(), restore(), update_metadata(), upload_pin(), post_pin(), upload_carousel(), upload_video(),
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
    (replace(upload_pin(), expect=expect_of(record_of(THERE))), "the plan names a different file to publish"),
    (replace(upload_pin(), board_id=BoardId("8")), "the plan names another board"),
    (
        replace(upload_pin(), after=Home(board_id=BOARD, section_id=SectionId("3"), container="B")),
        "the plan names another board",
    ),
    (replace(upload_carousel(), expect=()), "the plan names a different file to publish"),
    (replace(upload_carousel(), expect=(), files=()), "the plan names a different file to publish"),
    (replace(upload_carousel(), board_id=BoardId("8")), "the plan names another board"),
    (replace(upload_video(), expect=()), "the plan names a different file to publish"),
    (replace(upload_video(), expect=upload_video().expect[1:]), "the plan names a different file to publish"),
    (replace(upload_video(), expect=upload_video().expect[1:] * 2), "the plan names a different file to publish"),
    (replace(upload_video(), board_id=BoardId("8")), "the plan names another board"),
    (
        replace(
            upload_video(),
            expect=(upload_video().expect[0], replace(upload_video().expect[1], path=THERE)),
            video=replace(upload_video().video, source=THERE),
        ),
        "the plan names a cover that is not beside its video",
    ),
    (replace(post_pin(), expect=()), "the plan names a different file to publish"),
    (replace(post_pin(), expect=(), files=()), "the plan names a different file to publish"),
    (
        replace(post_pin(), expect=ELSEWHERE_KEPT, files=(replace(post_pin().files[0], source=THERE),)),
        "the plan names a file outside the outbox",
    ),
    (replace(post_pin(), board_id=BoardId("8")), "the plan names another board"),
    (replace(rename_board(), before=(), after=()), "the plan names other images"),
    (replace(rename_board(), after=(record_of(THERE, OTHER),)), "the plan names other images"),
    (replace(rename_board(), files=()), "the plan names other files"),
    (replace(rename_board(), board_id=BoardId("8")), "the plan names other boards"),
    (
        replace(rename_section(), expect=replace(rename_section().expect, section_id=SectionId("4"))),
        "the plan names other boards",
    ),
    (replace(rename_section(), expect=rename_board().expect), "the plan names no section"),
    (replace(create_board(), name="Beasts"), "the plan names another place"),
    (replace(create_board(), board_id=BOARD), "the plan names another place"),
    (replace(create_board(), after=create_section(NEW_BOARD).after, name="Night"), "the plan names another place"),
    (replace(create_section(), after=create_board().after, name="Birds"), "the plan names another place"),
    (replace(create_section(), board_id=NEW_BOARD), "the plan names another place"),
    (replace(delete_local(), board_id=BoardId("8")), "its board differs from the board of its file"),
]


@pytest.mark.promise("I11")
@pytest.mark.parametrize(("action", "why"), MISFITS, ids=[why for _, why in MISFITS])
def test_parts_that_are_not_about_the_same_thing_are_named(action, why):
    assert action.misfit() == why


@pytest.mark.parametrize("action", FITTING, ids=[type(action).__name__ for action in FITTING])
def test_what_pinplan_makes_fits(action):
    assert action.misfit() is None
