"""Every action looks at the world just before it acts, and leaves alone what is not as the plan saw it (I12)."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from pinplan.actions import Dedupe
from pinplan.actions.base import Action
from pinplan.actions.expect import ExpectFile, ExpectFree
from pinplan.actions.receipts import Drop, Receipt
from pinplan.actions.verdicts import Done, Ready, Stale
from pinplan.errors import ImageRefused
from pinplan.model.ids import BoardId, RelPath, SectionId
from pinplan.model.pins import Board, Words
from pinplan.policies.duplicates import Remove
from tests.actions.situations import (
    BOARD,
    DATA,
    ELSEWHERE,
    HERE,
    KEPT,
    MOVING,
    NEW,
    OTHER,
    POSTED,
    THERE,
    Now,
    adopt,
    beside,
    copy_local,
    create_board,
    create_pin,
    create_section,
    dedupe,
    delete_local,
    delete_remote,
    forget,
    move_local,
    move_remote,
    pin_of,
    post_pin,
    rebind,
    record_of,
    relocate,
    restore,
    update_metadata,
    upload_carousel,
    upload_pin,
    upload_video,
)

TEXT = b"a note under a picture's record"
NOTE = RelPath("Board/note.txt")
STRAY = (beside("Board/other.xmp"),)
BOTH = {HERE: DATA, ELSEWHERE: DATA}
KEEPER = pin_of(OTHER)
MINE = Board(id=BoardId("8"), name="Other", owner="me")
THEIRS = replace(MINE, owner="somebody")
WAS_NOTE = record_of(NOTE, data=TEXT)


def adopt_note() -> Action:
    """A file that is no image by its name, as an edited plan may hold."""
    record = WAS_NOTE
    return type(adopt())(
        pin_id=record.pin_id,
        board_id=record.board_id,
        address="Board/1001",
        reason="new",
        expect=ExpectFile(path=NOTE, size=record.size, mtime_ns=1, sha256=record.sha256),
        after=record,
    )


def with_words(pair: Dedupe) -> Action:
    """The one that stays was to take over a link from the one that goes."""
    return replace(pair, keeper=replace(pair.keeper, words=Words(link="https://example.org/a")))


CASES: list[tuple[Action, Now, str]] = [
    (adopt_note(), Now({NOTE: TEXT}), "it is not an image"),
    (copy_local(), Now({HERE: NEW, ELSEWHERE: DATA}), "a file has appeared at this path"),
    (copy_local(), Now(), f"{ELSEWHERE} does not exist; the next plan downloads the image"),
    (create_pin(), Now(), "the file is no longer in the trash"),
    (create_pin(), Now(kept={KEPT: NEW}), "the trash holds a different file"),
    (dedupe(), Now(BOTH, pins=[KEEPER]), "the pin is gone from Pinterest"),
    (dedupe(), Now(BOTH, pins=[KEEPER, pin_of(is_owner=False)]), "the pin is not yours"),
    (with_words(dedupe()), Now(BOTH, pins=[KEEPER, pin_of()]), "lacks the metadata that it should take over"),
    (dedupe(), Now({ELSEWHERE: DATA}, pins=[KEEPER, pin_of()]), "the file no longer exists"),
    (delete_local(), Now(), "the file no longer exists"),
    (delete_local(companions=STRAY), Now({HERE: DATA}), f"Board/other.xmp is not a companion of {HERE}"),
    (delete_remote(), Now({HERE: DATA}), f"{HERE} is back"),
    (delete_remote(), Now(pins=[pin_of(is_owner=False)]), "the pin is not yours"),
    (delete_remote(), Now(pins=[replace(pin_of(), board_id=BoardId("8"))]), "the pin has moved since the plan"),
    (delete_remote(), Now(pins=[pin_of(link="new")]), "its texts or images have changed since the plan"),
    (forget(ExpectFree(free=HERE)), Now({HERE: DATA}), "the file is back"),
    (move_local(STRAY), Now({HERE: DATA}), f"Board/other.xmp is not a companion of {HERE}"),
    (move_local(), Now({HERE: DATA, THERE: NEW}), f"another file is at {THERE}"),
    (move_remote(), Now({THERE: DATA}), "the pin is gone from Pinterest"),
    (move_remote(), Now({THERE: DATA}, pins=[pin_of(is_owner=False)]), "the pin is not yours"),
    (
        move_remote(),
        Now({THERE: DATA}, pins=[replace(pin_of(), section_id=SectionId("3"))]),
        "the pin has moved since the plan",
    ),
    (move_remote(), Now({THERE: DATA}, pins=[pin_of()]), "the board of Other no longer exists"),
    (move_remote(), Now({THERE: DATA}, pins=[pin_of()], boards=[THEIRS]), "a board may belong to another account"),
    (move_remote(), Now({}, pins=[pin_of()], boards=[MINE]), "the file no longer exists"),
    (move_remote(), Now({}, pins=[replace(pin_of(), board_id=MINE.id)], boards=[MINE]), "the file no longer exists"),
    (rebind(), Now({HERE: DATA, THERE: NEW}), f"another file is at {THERE}"),
    (relocate(WAS_NOTE), Now({NOTE: TEXT}), "it is not an image"),
    # Of the same size and time: only its bytes tell.
    (relocate(), Now({THERE: DATA[:-1] + b"?"}), "the file has changed since the plan"),
    (restore(), Now(), "the file is no longer in the trash"),
    (restore(), Now({HERE: NEW}, kept={KEPT: DATA}), f"another file is at {HERE}"),
    (update_metadata(), Now(), "the pin is gone from Pinterest"),
    (create_board(), Now(), "none of the files that it is for is in its folder any more"),
    (create_board(), Now({HERE: DATA}, there="Pinterest has it"), "Pinterest has it"),
    (create_section(), Now({THERE: DATA}), "the board no longer exists"),
    (
        create_section(),
        Now({HERE: DATA}, boards=[replace(MINE, id=BOARD, owner="she")]),
        "may belong to another account",
    ),
    (upload_pin(), Now(), "the file no longer exists"),
    (upload_pin(), Now({HERE: NEW}), "the file has changed since the plan"),
    (upload_pin(), Now({HERE: DATA, RelPath(f"{HERE}.xmp"): b"tags"}), "has appeared since the plan"),
    (upload_pin((beside(f"{HERE}.xmp"),)), Now({HERE: DATA}), f"{HERE}.xmp no longer exists"),
    (upload_carousel(), Now({HERE: DATA}), "the file no longer exists"),
    (upload_carousel(), Now({HERE: DATA, ELSEWHERE: NEW}), "the file has changed since the plan"),
    (
        upload_carousel(),
        Now({HERE: DATA, ELSEWHERE: DATA, RelPath(f"{ELSEWHERE}.xmp"): b"tags"}),
        "has appeared since the plan",
    ),
    (
        upload_carousel((beside(f"{HERE}.xmp"),)),
        Now({HERE: DATA, ELSEWHERE: DATA}),
        f"{HERE}.xmp no longer exists",
    ),
    (upload_video(), Now({HERE: DATA}), f"{MOVING} no longer exists"),
    (upload_video(), Now({MOVING: NEW}), "the file no longer exists"),
    (upload_video(), Now({HERE: NEW, MOVING: NEW}), "the file has changed since the plan"),
    (post_pin(), Now(), "its copy is no longer in the outbox; post it again"),
    (post_pin(), Now(kept={POSTED: NEW}), "the outbox holds a different file; post it again"),
    (post_pin(), Now(kept={POSTED: DATA[::-1]}), "the outbox holds a different file; post it again"),
    (update_metadata(), Now(pins=[pin_of(is_owner=False, link="old")]), "the pin is not yours"),
    (update_metadata(), Now(pins=[pin_of(link="of the user")]), "its texts have changed since the plan"),
]


@pytest.mark.promise("I12")
@pytest.mark.promise("I30")
@pytest.mark.parametrize(
    ("action", "now", "why"), CASES, ids=[f"{type(action).__name__}: {why}" for action, _, why in CASES]
)
def test_what_is_not_as_the_plan_saw_it_is_left_alone(action, now, why):
    verdict = action.check(now)
    assert isinstance(verdict, Stale)
    assert why in verdict.reason


@pytest.mark.promise("I14")
def test_words_that_are_the_new_ones_already_are_done():
    assert update_metadata().check(Now(pins=[pin_of(link="new")])) == Done(Receipt())


@pytest.mark.promise("I14")
def test_a_pin_that_is_gone_already_is_done():
    verdict = delete_remote().check(Now())
    assert isinstance(verdict, Done)
    assert verdict.receipt.changes == (Drop(delete_remote().pin_id, 0),)


@pytest.mark.promise("I14")
@pytest.mark.parametrize("action", [move_local(), rebind()])
def test_a_rename_that_was_cut_off_between_its_two_names_goes_on(action):
    """The new name is there, the old one too, and both lead to the same bytes: the move itself takes the old one away."""
    assert action.check(Now({HERE: DATA, THERE: DATA})) == Ready()


@pytest.mark.promise("I14")
@pytest.mark.parametrize(
    ("action", "here", "gone"),
    [
        (move_local, {}, {RelPath(f"{THERE}.xmp"): b"tags"}),
        (rebind, {}, {RelPath(f"{THERE}.xmp"): b"tags"}),
        (delete_local, {RelPath(f"{KEPT}.xmp"): b"tags"}, {}),
        (dedupe, {RelPath(f"{KEPT}.xmp"): b"tags"}, {}),
    ],
)
def test_an_action_whose_companion_went_already_is_half_done(action, here, gone):
    """It is finished as it was begun, whatever is decided since."""
    made = action(companions=(beside(f"{HERE}.xmp"),))
    assert made.is_partially_done(Now({HERE: DATA, **gone}, here))
    assert not made.is_partially_done(Now({HERE: DATA, RelPath(f"{HERE}.xmp"): b"tags"}))


@pytest.mark.promise("I14")
def test_a_restore_whose_companion_waits_in_the_trash_is_half_done():
    made = restore(companions=(beside(f"{KEPT}.xmp"),))
    waiting = {RelPath(f"{KEPT}.xmp"): b"tags"}
    assert made.is_partially_done(Now({HERE: DATA}, waiting))
    assert not made.is_partially_done(Now({HERE: DATA}))
    assert not made.is_partially_done(Now({}, {KEPT: DATA, **waiting}))


@pytest.mark.promise("I20")
def test_a_file_that_stays_is_not_put_back_from_where_it_never_went():
    """Only the pin goes. Its file changed between the check and the copy that is kept of it: the pin stays, the file as it is."""
    now = Now({HERE: NEW, ELSEWHERE: DATA}, pins=[KEEPER, pin_of()])
    with pytest.raises(ImageRefused, match="its pin is kept"):
        dedupe(Remove.REMOTE).execute(now)
    assert now.library.files[HERE] == NEW
    assert now.remote.deleted == []
