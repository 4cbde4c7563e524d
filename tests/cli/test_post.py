"""``pinplan post``, as a user types it."""

from __future__ import annotations

import json
import os
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from pinplan.sandbox import Fault, FaultKind, Sandbox, World
from pinplan.sandbox.pictures import Kind, Picture, encoded
from pinplan.sandbox.responses import image_url
from tests.cli.terminal import at_a_terminal
from tests.cli.test_cli import User

NATURE = "Nature 自然"
MINE = "[upload]\nown_content = true\n"
YES = ("--auto-approve",)


@pytest.fixture
def user(tmp_path: Path) -> Iterator[User]:
    """Board Nature with a section and one pin, agreed on; two pictures elsewhere."""
    world = World()
    board = world.create_board(NATURE)
    section = world.create_section(board.id, "Sea")
    world.create_pin(board.id, (Picture(Kind.LANDSCAPE, 1, 600, 800),), title="Old")
    world.create_pin(board.id, (Picture(Kind.SHAPES, 2, 600, 800),), title="Deep", section_id=section.id)
    with Sandbox(world) as sandbox:
        user = User(tmp_path, sandbox)
        user.environment |= {"XDG_STATE_HOME": str(tmp_path / "state"), "XDG_DATA_HOME": str(tmp_path)}
        user.library()
        (user.pins / "pinplan.toml").write_text(MINE)
        draw(user, "sunset.jpg", 11)
        draw(user, "dunes.jpg", 12)
        yield user


def draw(user: User, name: str, number: int, width: int = 420, height: int = 300, **saved: Any) -> Path:
    """A picture in the user's home."""
    path = user.home / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(encoded(Picture(Kind.SHAPES, number, width, height), "1200x"))
    if saved or not name.endswith(".jpg"):
        with Image.open(path) as image:
            image.copy().save(path, **saved)
    return path


def pins(user: User) -> dict[str, Any]:
    return {str(pin.title): pin for pin in user.sandbox.world.pins.values()}


def here(user: User) -> list[str]:
    return sorted(
        str(path.relative_to(user.pins)) for path in user.pins.glob("*/**/*.*") if ".pinplan" not in str(path)
    )


def posted(user: User, *words: str, code: int = 0) -> str:
    return user.types("post", NATURE, *words, *YES, code=code)


@pytest.mark.promise("I31")
def test_a_file_becomes_a_pin_and_its_copy_lies_in_the_library(user):
    said = posted(user, "../sunset.jpg", "--description", "Evening", "--link", "https://example.com/", "--alt", "A sun")
    assert "1 to post" in said
    assert "publish" in said or "Post" in said
    pin = pins(user)["sunset"]
    assert (pin.description, pin.link, pin.alt_text) == ("Evening", "https://example.com/", "A sun")
    assert f"{NATURE}/sunset [{pin.id}].jpg" in here(user)
    assert (user.home / "sunset.jpg").is_file()
    assert "No changes. Library and Pinterest agree." in user.types("plan", "--detailed-exitcode")
    assert "No problems found: 3 files" in user.types("verify")
    user.types("audit", "verify")


@pytest.mark.promise("I7")
@pytest.mark.promise("I16")
def test_a_plan_names_only_the_copy_and_the_original_may_vanish(user):
    before = len(user.sandbox.requests)
    said = user.types("post", f"{NATURE}/Sea", "../sunset.jpg", "-o", "plan.json")
    assert "apply plan.json" in said
    assert {method for method, _ in list(user.sandbox.requests)[before:]} == {"GET"}
    text = (user.pins / "plan.json").read_text()
    assert str(user.home) not in text
    (action,) = json.loads(text)["actions"]
    assert (action["kind"], action["reason"]) == ("post", "requested")
    assert action["files"][0]["source"].startswith(".pinplan/outbox/")
    (user.home / "sunset.jpg").unlink()
    user.types("apply", "plan.json")
    assert pins(user)["sunset"].section_id is not None
    assert any(name.startswith(f"{NATURE}/Sea/sunset [") for name in here(user))


def test_a_folder_posts_each_of_its_pictures(user):
    for number, name in enumerate(("b.jpg", "a.png", ".hidden.jpg")):
        draw(user, f"trip/{name}", 20 + number)
    (user.home / "trip" / "notes.txt").write_text("not a picture")
    (user.home / "trip" / "deeper").mkdir()
    (user.home / "trip" / "link.jpg").symlink_to(user.home / "sunset.jpg")
    said = posted(user, "../trip", "--title", "Trip {number}: {stem}")
    assert "2 to post" in said
    assert {"Trip 1: a", "Trip 2: b"} <= set(pins(user))


def test_fields_of_titles_are_taken_from_the_picture(user):
    exif = Image.Exif()
    exif[0x010E], exif[0x013B] = "A description", "Anna"
    exif[0x9C9B] = "Däwn".encode("utf-16-le")
    draw(user, "signed.jpg", 13, exif=exif)
    posted(
        user, "../signed.jpg", "../sunset.jpg", "--title", "{exif.title} {name}", "--description", "{exif.description}"
    )
    assert pins(user)["Däwn signed.jpg"].description == "A description"
    assert pins(user)["sunset.jpg"].description in {"", None}
    # What it says of itself is not sent in the file.
    assert "unknown field {exif.camera}; expected {stem}" in posted(
        user, "../dunes.jpg", "--title", "{exif.camera}", code=64
    )


@pytest.mark.promise("I10")
@pytest.mark.parametrize("mode", ["archive", "mirror", "two-way", "publish"])
def test_what_is_not_kept_is_wanted_in_no_mode(user, mode):
    posted(user, "../sunset.jpg", "--no-keep")
    assert len(here(user)) == 2
    assert "No changes. Library and Pinterest agree." in user.types("plan", "--mode", mode, "--detailed-exitcode")
    assert "1  left out" in user.types("verify")
    assert "posted with --no-keep" in user.types("verify", "--json")
    # Until it is asked for, in a mode that fetches.
    if mode != "publish":
        assert "1 to download" in user.types("plan", "--mode", mode, "--restore", pins(user)["sunset"].id)


def on_the_web(user: User, number: int = 77) -> str:
    """The address of a picture that no pin shows."""
    picture = Picture(Kind.SHAPES, number, 500, 400)
    user.sandbox.world.pictures[picture.signature] = picture
    return image_url(picture, "originals", user.sandbox.url.removesuffix("/v5"))


@pytest.mark.promise("I16")
def test_an_address_is_fetched_once_and_sent_as_bytes(user):
    address = on_the_web(user)
    user.types("post", NATURE, address, "--title", "From the web", "-o", "plan.json")
    user.sandbox.world.pictures.pop(Picture(Kind.SHAPES, 77, 500, 400).signature)
    user.types("apply", "plan.json")
    pin = pins(user)["From the web"]
    assert any(name.startswith(f"{NATURE}/From the web [{pin.id}]") for name in here(user))
    assert address not in (user.pins / "plan.json").read_text()


def test_an_address_gives_no_title_of_its_own(user):
    posted(user, on_the_web(user))
    assert "" in pins(user) or "None" in pins(user)


def test_pinterest_fetches_an_address_by_itself(user):
    address = on_the_web(user)
    said = posted(user, address, "--by-url", "--title", "By its address")
    assert f"fetched by Pinterest from {address}" in said
    pin = pins(user)["By its address"]
    assert pin.pictures[0].uploaded is None
    assert any(name.startswith(f"{NATURE}/By its address [{pin.id}]") for name in here(user))
    assert "No changes" in user.types("plan")


def test_an_address_that_gives_no_picture_is_said(user):
    address = on_the_web(user)
    assert "x.jpg: HTTP 403" in posted(user, address.replace(".jpg", "x.jpg"), code=64)
    assert "not posted" not in posted(user, address)


@pytest.mark.promise("I31")
def test_several_files_become_one_pin(user):
    said = posted(user, "../sunset.jpg", "../dunes.jpg", "--carousel", "--title", "Trip")
    assert "1 to post" in said
    assert "2 images" in said
    pin = pins(user)["Trip"]
    assert len(pin.pictures) == 2
    assert {f"{NATURE}/Trip [{pin.id}]-1.jpg", f"{NATURE}/Trip [{pin.id}]-2.jpg"} <= set(here(user))
    assert "No changes. Library and Pinterest agree." in user.types("plan", "--detailed-exitcode")
    assert "shows the same pictures" in posted(user, "../sunset.jpg", "../dunes.jpg", "--carousel")
    user.types("undo", "-o", "undo.json")
    user.types("apply", "undo.json")
    assert ("Trip" in pins(user), len(here(user))) == (False, 4)


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("../nothing.jpg",), "../nothing.jpg: No such file or directory"),
        (("../empty.jpg",), "../empty.jpg: it is empty"),
        (("../cut.jpg",), "../cut.jpg: it is cut off"),
        (("../narrow.jpg",), "10×300 pixels, at least 100"),
        (("../sunset.jpg", "../same.jpg", "--carousel"), "../same.jpg is the same file as ../sunset.jpg; give it once"),
        (("../sunset.jpg", "--title", "x" * 101), "101 characters, at most 100"),
        (("../sunset.jpg", "--description", "x" * 801), "801 characters, at most 800"),
        (("../sunset.jpg", "--alt", "x" * 501), "501 characters, at most 500"),
        (("../sunset.jpg", "--link", "ftp://example.com"), "not a web address"),
        (("../sunset.jpg", "--link", "https://example.com/" + "x" * 2048), "at most 2,048"),
        (("../sunset.jpg", "--title", "{"), "--title: "),
        (("../sunset.jpg", "--by-url"), "--by-url needs an address, not a file"),
        (("../sunset.jpg", "--allow", "uploads=9"), "add -o plan.json"),
        (("../hollow",), "no pictures in this folder"),
        (("",), "an empty path was given"),
        (("http://example.com/a.jpg",), "requires https"),
        (("https://127.0.0.1/a.jpg",), "is this machine"),
        (("https://",), "not a web address"),
        (("../moving.gif",), "post its address with --by-url"),
        (("/dev/null",), "not a regular file"),
        (("../sunset.jpg", "--carousel"), "--carousel: 1 picture, a carousel takes 2 to 5"),
        (("../sunset.jpg", "../tall.jpg", "--carousel"), "need equal width and height"),
        (("https://example.com/a.jpg", "--carousel", "--by-url"), "mutually exclusive"),
        (("../notes.txt",), "../notes.txt: "),
        (("../clip.mp4",), "../clip.mp4: only pictures can be posted; put the video into the folder of its board"),
    ],
)
def test_bad_input_is_said_before_pinterest_is_asked(user, words, problem):
    (user.home / "empty.jpg").write_bytes(b"")
    (user.home / "notes.txt").write_text("no picture")
    (user.home / "clip.mp4").write_bytes(b"no picture")
    (user.home / "cut.jpg").write_bytes((user.home / "sunset.jpg").read_bytes()[:5000])
    draw(user, "narrow.jpg", 3, 10, 300)
    draw(user, "tall.jpg", 4, 300, 420)
    shutil.copy(user.home / "sunset.jpg", user.home / "same.jpg")
    (user.home / "hollow").mkdir()
    frames = [Image.new("RGB", (200, 200), colour) for colour in ("red", "blue")]
    frames[0].save(user.home / "moving.gif", save_all=True, append_images=frames[1:])
    before = len(user.sandbox.requests)
    assert problem in posted(user, *words, code=64)
    assert len(user.sandbox.requests) == before


def test_an_unknown_board_suggests_near_names(user):
    assert f"no board “Natur”; did you mean {NATURE}" in user.types(
        "post", "Natur", "../sunset.jpg", *YES, code=64
    ) or NATURE in user.types("post", "Natur 自然", "../sunset.jpg", *YES, code=64)
    assert "has no section “See”" in user.types("post", NATURE, "../sunset.jpg", "--section", "See", *YES, code=64)


@pytest.mark.promise("I31")
def test_consent_and_approval_are_asked_for(user):
    (user.pins / "pinplan.toml").write_text("")
    assert "own_content = true" in posted(user, "../sunset.jpg", code=8)
    assert "own_content = true" in user.types("post", NATURE, "../sunset.jpg", "-o", "plan.json", code=8)
    (user.pins / "pinplan.toml").write_text(MINE)
    assert "no terminal is attached: save the plan with post -o" in user.types("post", NATURE, "../sunset.jpg", code=8)
    assert "no terminal is attached" in user.types("post", NATURE, "../sunset.jpg", "--no-input", code=8)
    assert "sunset" not in pins(user)


@pytest.mark.promise("I29")
def test_a_picture_is_posted_once(user):
    posted(user, "../sunset.jpg")
    said = posted(user, "../sunset.jpg")
    assert "shows the same picture" in said
    assert said.count("Nothing to do") == 1
    assert list(pins(user)).count("sunset") == 1
    user.types("post", NATURE, "../dunes.jpg", "-o", "plan.json")
    user.types("apply", "plan.json")
    assert "Already applied in full" in user.types("apply", "plan.json")
    assert len(user.sandbox.world.pins) == 4


def test_undo_deletes_the_pin_and_the_file_stays(user):
    posted(user, "../sunset.jpg")
    user.types("undo", "-o", "undo.json")
    user.types("apply", "undo.json")
    assert "sunset" not in pins(user)
    assert any("sunset [" in name for name in here(user))


@pytest.mark.promise("I20")
@pytest.mark.parametrize("keep", [(), ("--no-keep",)])
def test_the_first_picture_of_a_library_is_taken_back_without_a_flag(user, keep):
    for pin in list(user.sandbox.world.pins):
        user.sandbox.world.delete_pin(pin)
    for path in user.pins.glob("*/**/*.jpg"):
        path.unlink()
    user.types("apply", "--auto-approve")  # both are forgotten
    posted(user, "../sunset.jpg", *keep)
    said = user.types("undo", "-o", "undo.json")
    assert "--allow" not in said
    assert "1 to delete on Pinterest" in said
    user.types("apply", "undo.json")
    assert pins(user) == {}
    assert [path for path in (user.pins / ".pinplan" / "trash").rglob("*") if path.suffix in {".jpeg", ".jpg"}]
    # Kept, it is an untracked file now.
    assert ("No changes. Library and Pinterest agree." in user.types("plan", "--mode", "mirror")) is bool(keep)


@pytest.mark.promise("I5")
def test_limits_hold(user):
    (user.pins / "pinplan.toml").write_text(MINE + "per_day = 1\n[limits]\nmax_uploads = 1\n")
    said = posted(user, "../sunset.jpg", "../dunes.jpg", code=5)
    assert "2 pictures would be uploaded (limit 1)" in said
    user.types("post", NATURE, "../sunset.jpg", "../dunes.jpg", "--allow", "uploads=2", "-o", "plan.json")
    user.types("apply", "plan.json")
    assert "not posted today: the limit is 1 uploads a day" in posted(user, "../dunes.jpg", code=3)
    assert "dunes" not in pins(user)


@pytest.mark.promise("I29")
def test_a_refused_create_is_sent_again_by_the_same_plan(user):
    (user.pins / "pinplan.toml").write_text(MINE + "[network]\nretries = 0\n")
    user.types("post", NATURE, "../sunset.jpg", "-o", "plan.json")
    user.sandbox.faults.set([Fault(kind=FaultKind.STATUS, on="POST /pins", status=400)])
    user.types("apply", "plan.json", code=3)
    user.sandbox.faults.clear()
    (user.home / "sunset.jpg").unlink()
    user.types("apply", "plan.json")
    assert "sunset" in pins(user)


def test_a_post_that_was_done_in_part_names_the_command_that_continues_it(user):
    (user.pins / "pinplan.toml").write_text(MINE + "[network]\nretries = 0\n")
    user.sandbox.faults.set([Fault(kind=FaultKind.STATUS, on="POST /pins", status=400)])
    said = posted(user, "../sunset.jpg", code=3)
    user.sandbox.faults.clear()
    again = shlex.split(said.partition("To continue with the same plan: pinplan ")[2].splitlines()[0])
    assert "Applied: 1 action done" in user.types(*again)
    assert "sunset" in pins(user)


def test_old_copies_leave_the_outbox(user):
    outbox = user.pins / ".pinplan" / "outbox"
    user.types("post", NATURE, "../sunset.jpg", "-o", "plan.json")
    (old,) = outbox.iterdir()
    os.utime(old, (1, 1))
    user.types("post", NATURE, "../dunes.jpg", "-o", "other.json")
    assert [path.name for path in outbox.iterdir()] != [old.name]
    assert "its copy is no longer in the outbox; post it again" in user.types("apply", "plan.json", code=3)
    assert "sunset" not in pins(user)


def answering(user: User, *answers: str) -> tuple[int, str]:
    return at_a_terminal(
        ["post", NATURE, "../sunset.jpg"], user.pins, user.environment, *(f"{answer}\n" for answer in answers)
    )


@pytest.mark.promise("I31")
def test_a_person_confirms_the_content_and_approves_the_plan(user):
    (user.pins / "pinplan.toml").write_text("")
    code, said = answering(user, "no")
    assert (code, "May you publish 1 picture?" in said) == (8, True)
    assert answering(user, "yes", "no")[0] == 8
    assert "sunset" not in pins(user)
    code, said = answering(user, "yes", "yes")
    assert (code, "Apply this plan?" in said) == (0, True), said
    assert "sunset" in pins(user)


@pytest.mark.promise("I10")
def test_a_board_of_others_is_not_posted_to(user):
    user.sandbox.world.create_board("Theirs", owner="somebody")
    assert "Theirs: the board may belong to another account" in user.types(
        "post", "Theirs", "../sunset.jpg", *YES, code=64
    )
