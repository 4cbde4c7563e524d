"""What is undone is only what is still as its action left it; otherwise it says why, and nothing is planned (I24)."""

from __future__ import annotations

from typing import TypeVar

import pytest
from msgspec.structs import replace

from pinplan.actions import Adopt, CreatePin, DeleteLocal, Restore
from pinplan.actions.base import Action
from pinplan.actions.expect import expect_of
from pinplan.actions.receipts import KeptImage, Put, Receipt
from pinplan.actions.reversals import Reversals
from pinplan.actions.verdicts import NotUndone
from pinplan.model.ids import PinId
from pinplan.model.naming import trash_path
from pinplan.model.pins import Board
from pinplan.policies.duplicates import Remove
from tests.actions.situations import (
    BOARD,
    DATA,
    ELSEWHERE,
    HERE,
    ID,
    KEPT,
    NEW,
    NEXT,
    OTHER,
    RUN,
    THERE,
    Present,
    adopt,
    beside,
    copy_local,
    create_board,
    create_pin,
    create_section,
    dedupe,
    delete_local,
    download,
    elsewhere,
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

IMAGE = KeptImage(slot=0, path=KEPT, size=len(DATA), sha256=record_of().sha256, width=1, height=1, format="JPEG")
NOTHING, TRASHED, KEPT_IMAGE = Receipt(), Receipt(kept=(KEPT,)), Receipt(images=(IMAGE,))
CREATED = Receipt(created=PinId("2001"), changes=(Put(record_of(pin_id=PinId("2001"))),))
SWAPPED = Receipt(kept=(KEPT,), changes=(Put(record_of(data=NEW)),))
STANDS_FOR = replace(record_of(), duplicate_of=OTHER)
MOVED = record_of(THERE)
AT_FIRST = Board(id=BOARD, name="Board", owner="me")
NAMED_NOW = replace(AT_FIRST, name="Other")
THERE_NOW = replace(pin_of(), board_id=NEXT.board_id)
XMP = (beside(f"{HERE}.xmp"),)
XMP_KEPT = trash_path(f"{HERE}.xmp", RUN, ID)
FORGOTTEN = Present()
Kind = TypeVar("Kind", bound=Action)

CASES: list[tuple[Action, Receipt, Present, str]] = [
    (adopt(), NOTHING, FORGOTTEN, "it is no longer tracked"),
    (adopt(record_of(data=NEW)), NOTHING, Present(record_of(), files={HERE: NEW}), "has changed since"),
    (copy_local(), NOTHING, FORGOTTEN, "nothing was copied"),
    (create_pin(), NOTHING, FORGOTTEN, "nothing was created"),
    (create_pin(), CREATED, FORGOTTEN, "pin 2001 is no longer listed"),
    (create_board(), NOTHING, FORGOTTEN, "pinplan deletes no board and no section"),
    (create_section(), NOTHING, FORGOTTEN, "pinplan deletes no board and no section"),
    (upload_pin(), NOTHING, FORGOTTEN, "nothing was created"),
    (upload_pin(), CREATED, FORGOTTEN, "pin 2001 is no longer listed"),
    (upload_carousel(), NOTHING, FORGOTTEN, "nothing was created"),
    (upload_carousel(), CREATED, FORGOTTEN, "pin 2001 is no longer listed"),
    (upload_video(), NOTHING, FORGOTTEN, "nothing was created"),
    (upload_video(), CREATED, FORGOTTEN, "pin 2001 is no longer listed"),
    (post_pin(), NOTHING, FORGOTTEN, "nothing was created"),
    (post_pin(), CREATED, FORGOTTEN, "pin 2001 is no longer listed"),
    (dedupe(), KEPT_IMAGE, FORGOTTEN, "its images are no longer in the trash"),
    (dedupe(Remove.LOCAL), KEPT_IMAGE, FORGOTTEN, "its file is already back, or no longer tracked"),
    (dedupe(Remove.LOCAL), KEPT_IMAGE, Present(record_of()), "its file is already back"),
    (dedupe(Remove.LOCAL), KEPT_IMAGE, Present(STANDS_FOR), "its file is no longer in the trash"),
    (
        dedupe(Remove.LOCAL),
        KEPT_IMAGE,
        Present(STANDS_FOR, files={HERE: NEW}, kept={KEPT: DATA}),
        f"another file is at {HERE}; move it away",
    ),
    (
        dedupe(Remove.LOCAL, XMP),
        KEPT_IMAGE,
        Present(STANDS_FOR, files={XMP[0].path: NEW}, kept={KEPT: DATA, XMP_KEPT: b"tags"}),
        f"another file is at {HERE}.xmp; move it away",
    ),
    (delete_local(), TRASHED, Present(record_of()), "its file is already tracked again"),
    (delete_local(), NOTHING, FORGOTTEN, "its file is no longer in the trash"),
    (
        delete_local(companions=XMP),
        TRASHED,
        Present(files={XMP[0].path: NEW}, kept={KEPT: DATA, XMP_KEPT: b"tags"}),
        f"another file is at {HERE}.xmp; move it away",
    ),
    (download(), NOTHING, FORGOTTEN, "nothing was downloaded"),
    (forget(), NOTHING, Present(record_of()), "it is already tracked again"),
    (forget(), NOTHING, FORGOTTEN, f"its file is lost: {HERE} no longer exists"),
    (move_local(), NOTHING, FORGOTTEN, "its file is no longer tracked"),
    (move_local(), NOTHING, Present(MOVED, files={THERE: NEW}), f"{THERE} has changed since"),
    (move_local(), NOTHING, Present(MOVED, files={THERE: DATA, HERE: NEW}), f"another file is at {HERE}"),
    (move_remote(), NOTHING, FORGOTTEN, "the pin is no longer listed"),
    (move_remote(), NOTHING, Present(pins=[pin_of()]), "the pin has been moved since"),
    (move_remote(), NOTHING, Present(pins=[THERE_NOW]), "the board of Board no longer exists"),
    (move_remote(), NOTHING, Present(pins=[THERE_NOW], boards=[AT_FIRST]), "its file is no longer tracked"),
    (
        move_remote(),
        NOTHING,
        Present(MOVED, pins=[THERE_NOW], boards=[AT_FIRST], files={THERE: NEW}),
        f"{THERE} no longer exists, or has changed since",
    ),
    (rename_board(), NOTHING, FORGOTTEN, "it was renamed on Pinterest since, or no longer exists"),
    (rename_section(), NOTHING, FORGOTTEN, "it was renamed on Pinterest since, or no longer exists"),
    (rename_board(), NOTHING, Present(boards=[NAMED_NOW]), "none of its files is tracked any more"),
    (
        rename_board(),
        NOTHING,
        Present(MOVED, boards=[NAMED_NOW], files={THERE: NEW}),
        "a file in its folder no longer exists, or has changed since",
    ),
    (rebind(), NOTHING, FORGOTTEN, "its file is no longer tracked"),
    (rebind(), NOTHING, Present(MOVED, record_of(pin_id=OTHER)), f"pin {OTHER} has a file again"),
    (rebind(), NOTHING, Present(MOVED, files={THERE: NEW}), f"{THERE} has changed since"),
    (rebind(), NOTHING, Present(MOVED, files={THERE: DATA, HERE: NEW}), f"another file is at {HERE}"),
    (relocate(), NOTHING, FORGOTTEN, "its file is no longer tracked"),
    (relocate(), NOTHING, Present(elsewhere(record_of())), f"its file is now recorded at {ELSEWHERE}"),
    (relocate(), NOTHING, Present(MOVED, files={THERE: NEW}), f"{THERE} has changed since"),
    (replace_image(), NOTHING, FORGOTTEN, "nothing was replaced"),
    (replace_image(), SWAPPED, FORGOTTEN, "its file is no longer tracked"),
    (replace_image(), SWAPPED, Present(record_of(data=NEW)), f"{KEPT} is no longer in the trash"),
    (replace_image(), SWAPPED, Present(record_of(data=NEW), files={HERE: b"edited"}, kept={KEPT: DATA}), "has changed"),
    (
        replace_image(),
        SWAPPED,
        Present(record_of(THERE, data=NEW), files={THERE: NEW, HERE: b"mine"}, kept={KEPT: DATA}),
        f"another file is at {HERE}",
    ),
    (restore(), NOTHING, FORGOTTEN, "its file is no longer tracked"),
    (restore(), NOTHING, Present(record_of(data=NEW)), f"{HERE} was replaced by a later run"),
    (update_metadata(), NOTHING, FORGOTTEN, "the pin is no longer listed"),
    (update_metadata(), NOTHING, Present(pins=[pin_of(link="of the user")]), "its texts have changed since"),
]


def only(undone: tuple[Action, ...] | NotUndone, kind: type[Kind]) -> Kind:
    """The one action that undoes another."""
    assert not isinstance(undone, NotUndone)
    (action,) = undone
    assert isinstance(action, kind)
    return action


@pytest.mark.promise("I24")
@pytest.mark.parametrize(
    ("action", "receipt", "now", "why"), CASES, ids=[f"{type(action).__name__}: {why}" for action, _, _, why in CASES]
)
def test_what_was_changed_since_is_not_undone(action, receipt, now, why):
    undone = action.undo(receipt, now)
    assert isinstance(undone, NotUndone)
    assert why in undone.reason


@pytest.mark.promise("I23")
def test_a_file_whose_pin_was_deleted_in_the_same_run_comes_back_with_its_pin():
    assert delete_local().undo(TRASHED, Present(deleted=True)) == ()


@pytest.mark.promise("I23")
def test_a_file_that_was_let_go_of_and_is_here_is_tracked_again():
    again = only(forget().undo(NOTHING, Present(files={HERE: DATA})), Adopt)
    assert (again.after, again.expect) == (record_of(), expect_of(record_of()))


@pytest.mark.promise("I23")
def test_what_was_known_and_missing_before_is_known_and_missing_again():
    """A file that was fetched again and has gone since is as it was before: nothing is left to do."""
    assert Reversals().discard(download(record_of()), record_of(), Present(record_of()), record_of()) == ()


@pytest.mark.promise("I23")
def test_the_old_file_comes_back_where_the_new_one_is_gone():
    back = only(replace_image().undo(SWAPPED, Present(record_of(data=NEW), kept={KEPT: DATA})), Restore)
    assert (back.over, back.destructive, back.after) == (None, False, record_of())


@pytest.mark.promise("I23")
def test_what_gave_way_to_a_restored_file_comes_back():
    there = Present(record_of(), files={HERE: DATA}, kept={KEPT: NEW})
    back = only(restore(over=expect_of(record_of(data=NEW))).undo(TRASHED, there), Restore)
    assert (back.over, back.destructive) == (expect_of(record_of()), True)
    assert back.after == record_of(data=NEW)


@pytest.mark.promise("I23")
def test_a_pin_that_is_gone_again_leaves_its_file_to_undo():
    record = record_of(pin_id=PinId("2001"))
    assert only(create_pin().undo(CREATED, Present(record, files={HERE: DATA})), DeleteLocal).before == record


@pytest.mark.promise("I23")
def test_a_slot_that_a_pin_had_no_more_when_it_was_deleted_does_not_come_back():
    """It was a carousel once: its other file is tracked still, and no image of it was kept."""
    records = (record_of(), record_of(ELSEWHERE, slot=2))
    made = only(Reversals().create_again(pin_of(), records, (IMAGE,), Present(kept={KEPT: DATA})), CreatePin)
    assert [file.slot for file in made.files] == [0]


def test_bytes_that_an_older_receipt_does_not_say_are_those_of_the_plan():
    """A receipt of before plan format 1.3 has no digest of what went to the trash."""
    back = only(delete_local().undo(TRASHED, Present(kept={KEPT: DATA})), Restore)
    assert (back.expect.size, back.expect.sha256) == (len(DATA), record_of().sha256)
    longer = Present(kept={KEPT: DATA + b"!"})
    read = only(delete_local().undo(replace(TRASHED, kept_sha256="of the trash"), longer), Restore)
    assert (read.expect.size, read.expect.sha256) == (len(DATA) + 1, "of the trash")
