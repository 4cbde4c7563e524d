"""What a person is shown of an action before it is done: its words, and the images that it concerns."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from pinplan.actions.expect import expect_of
from pinplan.actions.views import Role
from pinplan.model.ids import RelPath
from pinplan.model.pins import NewPin, Privacy
from tests.actions.situations import (
    BOARD,
    ELSEWHERE,
    HERE,
    KEPT,
    NEW,
    POSTED,
    THERE,
    adopt,
    beside,
    copy_local,
    create_board,
    create_pin,
    create_section,
    dedupe,
    delete_local,
    download,
    forget,
    move_local,
    move_remote,
    place,
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

OVER = expect_of(record_of(data=NEW))


@pytest.mark.parametrize(
    ("action", "shown"),
    [
        (create_pin(), [(Role.IMAGE, (), KEPT)]),
        (restore(), [(Role.IMAGE, (HERE,), KEPT)]),
        (restore(over=OVER), [(Role.BEFORE, (HERE,), None), (Role.AFTER, (HERE,), KEPT)]),
        (update_metadata(), [(Role.IMAGE, (), None)]),
        (delete_local(), [(Role.IMAGE, (HERE,), None)]),
        (move_local(), [(Role.IMAGE, (HERE, THERE), None)]),
        (relocate(), [(Role.IMAGE, (THERE,), None)]),
        (move_remote(), [(Role.IMAGE, (THERE,), None)]),
        (rename_board(), [(Role.IMAGE, (THERE,), None)]),
        (forget(), []),
        (upload_pin(), [(Role.IMAGE, (HERE,), None)]),
        (post_pin(), [(Role.IMAGE, (), POSTED)]),
        (create_board(), [(Role.IMAGE, (HERE,), None)]),
        (create_section(), [(Role.IMAGE, (HERE,), None), (Role.IMAGE, (THERE,), None)]),
        (upload_video(), [(Role.IMAGE, (HERE,), None)]),
        (upload_carousel(), [(Role.IMAGE, (HERE,), None), (Role.IMAGE, (ELSEWHERE,), None)]),
    ],
)
def test_the_images_of_an_action_and_where_they_lie(action, shown):
    assert [(view.role, view.places, view.kept) for view in action.views()] == shown


@pytest.mark.parametrize(
    ("action", "words"),
    [
        (adopt(), "track existing file Board/a.jpg"),
        (adopt(record_of(data=NEW)), "accept Board/a.jpg as the file of its pin"),
        (copy_local(), "copy Board/b.jpg to Board/a.jpg"),
        (create_pin(), "create a pin in Board in place of 1001; it gets a new id"),
        (dedupe(), "remove Board/a.jpg here and on Pinterest: Board/b.jpg shows the same picture"),
        (delete_local(companions=(beside("Board/a.jpg.xmp"),)), "move Board/a.jpg to the trash; with a.jpg.xmp"),
        (download(), "download to Board/a.jpg"),
        (forget(), "forget Board/a.jpg: no longer tracked"),
        (move_local(), "Other/a.jpg"),
        (move_remote(), "move pin 1001 from Board to Other on Pinterest; its id and saves stay"),
        (
            replace(move_remote(becomes_public=True), pin_title="Cat"),
            "pin 1001 “Cat” from Board to Other on Pinterest; its id and saves stay; its image becomes public",
        ),
        (rename_board(), "rename the board Board to Other on Pinterest, as its folder here; its file stays in it"),
        (rename_section(), "rename the section Cats to Kittens on Pinterest, as its folder here"),
        (rebind(), "rename Board/a.jpg to Other/a.jpg and track it for pin 1001"),
        (rebind(to=HERE), "keep Board/a.jpg and track it for pin 1001"),
        (relocate(), "record Other/a.jpg as the new path of Board/a.jpg"),
        (replace_image(), "fetch Board/a.jpg in a better size"),
        (restore(), "restore Board/a.jpg from the trash, byte for byte"),
        (restore(over=OVER), "; move Board/a.jpg to the trash"),
        (update_metadata(), "change link of pin 1001 on Pinterest"),
        (create_board(), "create the secret board Birds on Pinterest for 1 file here; undo does not delete it"),
        (create_board(Privacy.PUBLIC), "create the public board Birds"),
        (create_section(), "create the section Night in Board on Pinterest for 2 files here; undo does not delete it"),
        (upload_pin(), "publish Board/a.jpg as a pin in Board, “a”; the file gets the id in its name"),
        (
            upload_carousel(),
            "publish a.jpg, b.jpg of Board as one pin in Board, “Trip”, 2 images; the files get the id in their names",
        ),
        (
            upload_video(),
            "publish Board/a.mp4 as a pin in Board, “a”, 3 min 20 s, 0.1 kB, cover a.jpg; both files get the id in their names",
        ),
        (post_pin(), "publish a.jpg as a pin in Board, “a”; it is kept in the library"),
        (post_pin(keep=False), "publish a.jpg as a pin in Board, “a”; no file is kept in the library"),
    ],
)
def test_an_action_says_what_it_does(action, words):
    assert words in action.describe().effect


@pytest.mark.parametrize(
    ("action", "subject", "detail", "of_pin"),
    [
        (copy_local(), "a.jpg", "from b.jpg", False),
        (delete_local(), "a.jpg", "", False),
        (delete_local(companions=(beside("Board/a.jpg.xmp"),)), "a.jpg", "with a.jpg.xmp", False),
        (move_local(), "a.jpg", "from Board", False),
        (move_local(companions=(beside("Board/a.jpg.xmp"),)), "a.jpg", "from Board, with a.jpg.xmp", False),
        (move_remote(), "a.jpg", "to Other", False),
        (rename_section(), "Cats", "to Kittens", False),
        (move_remote(becomes_public=True), "a.jpg", "to Other, becomes public", False),
        (update_metadata(), "pin 1001: link", "", True),
        (upload_pin(), "a.jpg", "“a”", False),
        (create_board(), "Birds", "secret board, for 1 file here", False),
        (create_section(), "Night", "in Board, for 2 files here", False),
        (upload_pin(sent_as="PNG", keep_metadata=True), "a.jpg", "“a”, converted to PNG, with its metadata", False),
        (upload_pin(companions=(beside("Board/a.jpg.xmp"),)), "a.jpg", "“a”, with a.jpg.xmp", False),
        (
            upload_video((beside("Board/a.jpg.xmp"),), sent_as="PNG", keep_metadata=True),
            "a.mp4",
            "“a”, 3 min 20 s, 0.1 kB, cover a.jpg converted to PNG, with its metadata, with a.jpg.xmp",
            False,
        ),
        (
            replace(upload_video(), video=replace(upload_video().video, size=3_440_000, duration_ms=12_300)),
            "a.mp4",
            "“a”, 12 s, 3.4 MB, cover a.jpg",
            False,
        ),
        (post_pin(), "a.jpg", "“a”", False),
        (
            upload_carousel(sent_as="PNG", keep_metadata=True, of_others=True),
            "Trip",
            "“Trip”, 2 images, converted to PNG, with its metadata, on a board of another account",
            False,
        ),
        (
            post_pin(keep=False, sent_as="PNG", keep_metadata=True),
            "a.jpg",
            "“a”, converted to PNG, with its metadata, not kept here",
            False,
        ),
        (
            replace(post_pin(url="https://example.com/a.jpg"), pin=NewPin(board_id=BOARD, link="https://example.com/")),
            "a.jpg",
            "without a title, link https://example.com/, fetched by Pinterest from https://example.com/a.jpg",
            False,
        ),
    ],
)
def test_an_action_says_what_it_concerns(action, subject, detail, of_pin):
    said = action.describe()
    assert (said.subject, said.detail, said.of_pin) == (subject, detail, of_pin)
    assert said.short == (f"{subject}  {detail}" if detail else subject)


@pytest.mark.parametrize(
    ("path", "title", "shown"),
    [
        ("Board/Cat [1001].jpg", None, "Cat"),
        ("Board/Cat [1001].jpg", "Cat?", "Cat?"),
        ("1001.jpg", "Cat", "Cat"),
        ("1001.jpg", None, "1001.jpg"),
        ("Board/[1001].jpg", None, "[1001].jpg"),
    ],
)
def test_a_title_is_that_of_the_pin_else_what_the_name_of_the_file_says(path, title, shown):
    placed = replace(place(RelPath(path)), title=title)
    assert replace(download(), after=placed).title == shown
    assert replace(download(), before=record_of(RelPath("1001.jpg")), after=placed).title == (title or "1001.jpg")


@pytest.mark.promise("I9")
@pytest.mark.parametrize(
    "action", [delete_local(), dedupe(), move_local(), move_remote(), rebind(), replace_image(), update_metadata()]
)
def test_what_changes_something_relies_on_the_board_of_its_pin(action):
    assert BOARD in action.listing_dependencies


@pytest.mark.promise("I10")
def test_what_an_action_takes_away_is_what_protection_asks_about():
    assert restore().affected_paths() == ()
    assert restore(over=OVER, companions=(beside(f"{KEPT}.xmp"), beside("Board/a.json"))).affected_paths() == (
        HERE,
        "Board/a.json",
    )
    assert delete_local(companions=(beside(f"{HERE}.xmp"),)).affected_paths() == (HERE, f"{HERE}.xmp")


def test_the_evidence_names_what_decided_which_one_is_kept():
    evidence = dedupe().evidence
    assert evidence.decided_by == "the rule oldest"
    assert replace(evidence, chosen=True).decided_by == "a person's choice"
