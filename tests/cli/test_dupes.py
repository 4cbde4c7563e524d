"""Duplicates, typed as a user types them: in a library, in any folder, in a plan."""

from __future__ import annotations

import io
import json
import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from PIL import Image, ImageOps

from pinplan.actions.dedupe import Dedupe
from pinplan.records.plan_file import read_plan
from pinplan.review.page.build import page_model
from pinplan.review.page.model import Manner
from pinplan.sandbox import Sandbox, World
from pinplan.sandbox.pictures import Kind, Picture, Size, encoded
from tests.cli.test_cli import User
from tests.duplicates.test_fingerprint import png_of

LARGE = Picture(Kind.SHAPES, 1, 900, 1200)
SMALL = Picture(Kind.SHAPES, 1, 450, 600, quality=70, drawn_at=Size(900, 1200))


@pytest.fixture
def user(tmp_path: Path) -> Iterator[User]:
    world = World()
    board = world.create_board("Animals 動物")
    other = world.create_board("Other")
    for number in range(12):
        world.create_pin(board.id, (Picture(Kind.LANDSCAPE, 100 + number, 600, 800),), title=f"Plain {number}")
    world.create_pin(board.id, (SMALL,), title="Small")
    world.create_pin(board.id, (LARGE,), title="Large")
    world.create_pin(board.id, (LARGE,), title="Large again")
    world.create_pin(other.id, (SMALL,), title="Elsewhere")
    with Sandbox(world) as sandbox:
        yield User(tmp_path, sandbox)


def files(user: User) -> set[str]:
    return {path.name.partition(" [")[0] for path in user.pins.rglob("*.jpg") if ".pinplan" not in path.parts}


@pytest.mark.promise("I21")
def test_duplicates_are_said_looked_at_removed_and_brought_back(user):
    user.types("init", str(user.pins), cwd=user.home)
    assert "14 to download, 0 to move, 2 to copy" in user.types("plan", "-o", "plan.json")
    user.types("apply", "plan.json")
    said = user.types("plan", "--detailed-exitcode")
    assert said.count("shows the same picture as") == 3
    assert " of 256 bits differ; 450×600 against 900×1200; kept by detail); only reported" in said
    shown = user.types("dupes")
    assert "16 files compared: 3 duplicates in 1 group." in shown
    assert "exact: the same bytes" in shown
    (group,) = json.loads(user.types("dupes", "--json"))["groups"]
    assert group["files"][0]["looks"] == {
        "width": 900,
        "height": 1200,
        "quality": group["files"][0]["looks"]["quality"],
    }
    assert "1 duplicate in 1 group" in user.types("dupes", "--tier", "exact", "--board", "Animals*")
    config = user.pins / "pinplan.toml"
    config.write_text(config.read_text("utf-8") + '\n[dedupe]\nremove = "both"\n', "utf-8")
    planned = user.types("plan", "-o", "plan.json")
    assert "2 duplicates to remove." in planned
    assert "  Small [" in planned
    assert "detail" in planned
    user.types("apply", "plan.json")
    assert files(user) == {*(f"Plain {n}" for n in range(12)), "Large", "Elsewhere"}
    titles = {pin.title for pin in user.sandbox.world.pins.values()}
    assert titles == files(user)
    assert "No changes" in user.types("plan")
    user.types("undo", "-o", "undo.json")
    user.types("apply", "undo.json")
    assert "Small" in files(user)
    assert len(user.sandbox.world.pins) == 16
    user.types("audit", "verify")


def test_a_verdict_is_remembered(user):
    user.library()
    names = {path.name.partition(" [")[0]: path for path in user.pins.rglob("*.jpg")}
    small, large = (names[name].relative_to(user.pins).as_posix() for name in ("Small", "Large"))
    assert "Marked as different" in user.types("dupes", "mark-different", small, large)
    said = user.types("dupes", "--board", "Animals*")
    assert "1 duplicate in 1 group" in said
    assert "450×600" not in said
    again = names["Large again"].relative_to(user.pins).as_posix()
    user.types("dupes", "mark-different", large, again)  # the very same bytes, and somebody wants both
    assert "0 duplicates in 0 groups" in user.types("dupes", "--board", "Animals 動物")
    assert "no tracked file has this path or pin id" in user.types("dupes", "mark-different", small, "nothing", code=64)
    assert "takes two" in user.types("dupes", "mark-different", small, code=64)
    assert "cannot differ from itself" in user.types("dupes", "mark-different", small, small, code=64)


def test_any_folder_can_be_looked_at_without_an_account(user, tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    large = encoded(LARGE, "originals")
    (folder / "large.jpg").write_bytes(large)
    (folder / "copy of large.jpg").write_bytes(large)
    (folder / "small.jpg").write_bytes(encoded(SMALL, "originals"))
    Image.open(io.BytesIO(large)).save(folder / "again.png")
    Image.open(folder / "small.jpg").transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(folder / "turned.png")
    Image.open(folder / "small.jpg").save(folder / "small.bmp")
    framed = ImageOps.expand(Image.open(folder / "small.jpg"), 25, "white")
    framed.save(folder / "framed.jpg")
    bad = spoil(folder, tmp_path, large)
    said = user.types("dupes", str(folder), PINPLAN_ACCESS_TOKEN=None, PINPLAN_API_URL=None)
    assert "5 duplicates in 2 groups" in said
    assert "= cut again.jpg  (exact: the same bytes" in said
    for name, reason in bad.items():
        assert f"cannot be compared: {name}: {reason}" in said
        assert f"= {name}  (confirmed" not in said
    assert "notes.txt" not in said
    assert "1 file of another kind not looked at" in said
    assert "5 duplicates" in user.types("dupes", str(folder))  # from the cache
    assert "exact: the same pixels" in user.types("dupes", str(folder), "--tier", "exact", "--board", "small.*")
    assert "the mirror image" not in said
    assert "a border around it" not in said
    assert "one is the mirror image of the other" in user.types("dupes", str(folder), "--mirrored")
    assert "one has a border around it" in user.types("dupes", str(folder), "--borders")
    assert not (folder / ".pinplan").exists()
    assert "no such folder" in user.types("dupes", str(tmp_path / "nothing"), code=64)
    assert "expected one of exact, confirmed, similar" in user.types("dupes", str(folder), "--tier", "x", code=64)


def test_equal_bytes_are_found_whatever_the_files_are(user, tmp_path):
    folder = tmp_path / "things"
    (folder / "below").mkdir(parents=True)
    large = encoded(LARGE, "originals")
    for name, data in {
        "film.mp4": b"film" * 99_999,
        "below/film again.mov": b"film" * 99_999,
        "other.mp4": b"mlif" * 99_999,
        "notes.txt": b"some words",
        "below/notes.md": b"some words",
        "third": b"some words",
        "a.jpg": large,
        "a.jpg.backup": large,  # a picture under another name
        "a.jpg.xmp": b"<x/>",
        "below/b.jpg": encoded(SMALL, "originals"),
        "below/b.xmp": b"<x/>",  # of two pictures, and no copy of the other
        "alone.txt": b"alone",
        "empty": b"",
        "empty too": b"",
        "void.png": b"",
    }.items():
        (folder / name).write_bytes(data)
    for _ in range(2):  # the second time from the cache
        said = user.types("dupes", str(folder))
        assert "4 files compared: 5 duplicates in 3 groups." in said
        assert "9 files of other kinds not looked at; equal bytes are found among them, too." in said
        found = json.loads(user.types("dupes", str(folder), "--json"))
        groups = [[file["path"] for file in group["files"]] for group in found["groups"]]
        assert groups == [
            ["a.jpg", "below/b.jpg", "a.jpg.backup"],
            ["third", "notes.txt", "below/notes.md"],
            ["film.mp4", "below/film again.mov"],
        ]
        assert [group["tier"] for group in found["groups"]] == ["confirmed", "exact", "exact"]
        assert found["groups"][1]["files"][0]["looks"] == {"width": 0, "height": 0}
        assert found["other_kinds"] == [
            *("alone.txt", "below/film again.mov", "below/notes.md"),
            *("empty", "empty too", "film.mp4", "notes.txt", "other.mp4", "third"),
        ]
    assert "2 duplicates in 1 group" not in user.types("dupes", str(folder), "--tier", "confirmed")
    with (folder / "notes.txt").open("ab") as file:
        file.write(b"!")
    assert "= notes.txt" not in user.types("dupes", str(folder))
    said = user.types("dupes", str(folder), "--board", "below*")
    assert "4 files of other kinds" not in said
    assert "2 files of other kinds" in said


def test_the_report_is_written_as_a_page(user, tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    changed = Image.open(io.BytesIO(encoded(LARGE, "originals"))).convert("RGB")
    changed.save(folder / "one.jpg", quality=92)
    changed.paste((255, 255, 255), (700, 100, 800, 200))
    changed.resize((600, 800)).save(folder / "other <b>.jpg", quality=90)
    (folder / "a.txt").write_text("the same")
    (folder / "b.txt").write_text("the same")
    page = tmp_path / "page.html"
    said = user.types("dupes", str(folder), "--similar", "--html", str(page))
    assert f"{page}: 2 groups, 2 pictures, " in said
    written = page.read_text("utf-8")
    assert " of the picture, top right" in written
    assert written.count('<g class="differs">') == 2
    assert written.count("data:image/webp;base64,") == 2
    assert page.stat().st_mode & 0o777 == 0o600
    document = json.loads(user.types("dupes", str(folder), "--similar", "--html", str(page), "--json"))
    (place,) = document["groups"][0]["files"][1]["alike"]["region"]["places"]
    assert place["left"] == pytest.approx(700 / 900, abs=0.02)
    small = user.types("dupes", str(folder), "--similar", "--html", str(page), "--max-size", "9kB")
    assert "left out: --max-size 9kB reached" in small
    (folder / "notes.html").write_text("mine")
    assert "not overwritten" in user.types("dupes", str(folder), "--html", str(folder / "notes.html"), code=64)
    assert "no such folder" in user.types("dupes", str(folder), "--html", str(tmp_path / "no" / "x.html"), code=64)
    assert "--max-size" in user.types("dupes", str(folder), "--html", str(page), "--max-size", "big", code=64)


@pytest.mark.promise("I21")
def test_pairs_by_a_hash_are_listed_and_in_no_plan(user):
    user.types("init", str(user.pins), cwd=user.home)
    config = user.pins / "pinplan.toml"
    config.write_text(config.read_text("utf-8") + '\n[dedupe]\nremove = "both"\n', "utf-8")
    user.types("apply", "--auto-approve")
    user.types("plan", "-o", "before.json")
    without = json.loads(user.types("dupes", "--json"))
    assert without["by_hash"] is None
    said = user.types("dupes", "--hash", "ahash:12", "--all")
    found = json.loads(user.types("dupes", "--hash", "ahash:12", "--json"))
    assert (found["by_hash"]["hash"], found["by_hash"]["length"]) == ("imagehash.average_hash", 64)
    similar = [pair for pair in found["by_hash"]["pairs"] if pair["tier"] == "similar"]
    assert similar
    for pair in similar:
        why = f"(similar: {pair['bits']} of 64 bits of imagehash.average_hash differ)"
        assert f"{pair['one']} ~ {pair['other']}  {why}" in said
    assert {key: found[key] for key in ("groups", "faceless")} == {key: without[key] for key in ("groups", "faceless")}
    user.types("plan", "-o", "after.json")
    user.types("diff", "before.json", "after.json", "--detailed-exitcode")
    assert "imagehash" not in (user.pins / "after.json").read_text("utf-8")


@pytest.mark.parametrize("limit", ["pash:3", "phash", "phash:13", "phash:-1", "crop_resistant:3"])
def test_a_hash_that_is_none_is_refused_with_the_names_of_all(user, tmp_path, limit):
    said = user.types("dupes", str(tmp_path), "--hash", limit, code=64)
    assert "ahash, phash, phash_simple, dhash, dhash_vertical, whash, colorhash, BITS is 0 to 12" in said


def spoil(folder: Path, elsewhere: Path, large: bytes) -> dict[str, str]:
    """Put into a folder what is no image, or none to be looked at; the names, and what is said of them."""
    (folder / "text.jpg").write_text("hello")
    (folder / "empty.png").write_bytes(b"")
    (folder / "cut.jpg").write_bytes(large[: len(large) // 2])
    (folder / "cut again.jpg").write_bytes(large[: len(large) // 2])
    (folder / "bomb.png").write_bytes(png_of(30_000, 30_000))
    (folder / "notes.txt").write_text("no picture")
    Image.new("RGB", (1, 1)).save(folder / "dot.png")
    Image.new("RGB", (1, 1)).save(folder / "dot.bmp")
    os.mkfifo(folder / "pipe.jpg")
    (elsewhere / "elsewhere.jpg").write_bytes(large)
    (folder / "link.jpg").symlink_to(elsewhere / "elsewhere.jpg")
    return {
        "text.jpg": "it is not an image",
        "empty.png": "it is empty",
        "cut.jpg": "it is cut off: its end is missing",
        "cut again.jpg": "it is cut off: its end is missing",
        "bomb.png": "too large to decode: 30000×30000 takes 3.4 GB of memory",
        "dot.png": "too small to compare: 1×1",
        "dot.bmp": "too small to compare: 1×1",
        "pipe.jpg": "it is no regular file",
        "link.jpg": "it is a symbolic link",
    }


def test_a_file_that_was_edited_is_not_taken_for_what_it_was(user):
    """Its fingerprint would be remembered under the digest of what it was, and outlive the edit."""
    user.library()
    with closing(sqlite3.connect(user.pins / ".pinplan" / "state.db", isolation_level=None)) as state:
        state.execute("DELETE FROM fingerprints")  # as in a library of a version that took them later
    names = {path.name.partition(" [")[0]: path for path in user.pins.rglob("*.jpg")}
    original, facts = names["Plain 1"].read_bytes(), names["Plain 1"].stat()
    for keep_time in (False, True):  # the second time nothing but the bytes gives the edit away
        edited = names["Large"].read_bytes()
        names["Plain 1"].write_bytes(edited if not keep_time else edited[: len(original)].ljust(len(original), b"\0"))
        if keep_time:
            os.utime(names["Plain 1"], ns=(facts.st_atime_ns, facts.st_mtime_ns))
        said = user.types("dupes")
        assert "it has changed since it was recorded" in said
        assert "= Animals 動物/Plain 1" not in said
    names["Plain 1"].write_bytes(original)
    os.utime(names["Plain 1"], ns=(facts.st_atime_ns, facts.st_mtime_ns))
    said = user.types("dupes")
    assert "cannot be compared" not in said
    assert "Plain 1" not in said


def test_words_that_are_wrong_in_the_config_are_told(user):
    user.types("init", str(user.pins), cwd=user.home)
    (user.pins / "pinplan.toml").write_text('[dedupe]\nremove = "bth"\nscope = "bord"\nkeep = ["size"]\n')
    said = user.types("plan", code=64)
    assert "did you mean both?" in said
    assert "did you mean board?" in said
    assert "dedupe.keep" in said


PLAIN = {"parent_pin_id": "1", "link": None}


@pytest.mark.promise("I21")
@pytest.mark.parametrize(
    ("younger", "in_zoo", "kept"),
    [
        ({}, False, "Elder with a long name"),
        ({}, True, "B"),
        ({"link": "https://example.org/x"}, False, "B"),
        ({"parent_pin_id": None}, False, "B"),
    ],
    ids=["older", "reference", "has_link", "own_upload"],
)
def test_dupes_a_plan_and_the_review_name_the_same_keeper(user, younger, in_zoo, kept):
    """A tie by the files alone: by their names the younger one would be kept, being shorter."""
    world = user.sandbox.world
    board, zoo = world.create_board("Ties"), world.create_board("Zoo")
    picture = Picture(Kind.TEXTURE, 7, 500, 700)
    world.create_pin(board.id, (picture,), title="Elder with a long name", **PLAIN)
    user.sandbox.clock.advance(90)
    world.create_pin((zoo if in_zoo else board).id, (picture,), title="B", **(PLAIN | younger))
    user.types("init", str(user.pins), cwd=user.home)
    config = user.pins / "pinplan.toml"
    rules = 'remove = "both"\nscope = "account"\nreference = ["Zoo"]\n'
    config.write_text(config.read_text("utf-8") + f"\n[dedupe]\n{rules}", "utf-8")
    user.types("apply", "--auto-approve")
    user.types("plan", "-o", "plan.json", code=5)  # all pins of a board: written, and not to be applied
    plan = read_plan(user.pins / "plan.json")
    by_plan = {action.pin_id: action.keeper.pin.pin_id for action in plan.actions if isinstance(action, Dedupe)}
    page = page_model(plan, "plan.json", Manner())
    by_page = {
        action.pin: view.pin for action in page.actions.values() for view in action.views if view.verdict == "KEEP"
    }
    report = json.loads(user.types("dupes", "--json"))
    ids = [[re.findall(r"\[(\d+)\]", file["path"])[-1] for file in group["files"]] for group in report["groups"]]
    by_dupes = {loser: keeper for keeper, *losers in ids for loser in losers}
    assert by_dupes == by_plan == by_page
    assert kept in {world.pins[keeper].title for keeper in by_plan.values()}


def test_what_is_only_similar_changes_no_keeper_of_copies(user, tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    picture = Image.open(io.BytesIO(encoded(LARGE, "originals"))).convert("RGB")
    picture.resize((600, 800)).save(folder / "copy.jpg", quality=85)
    picture.resize((450, 600)).save(folder / "small.jpg", quality=85)
    picture.paste((255, 255, 255), (700, 100, 800, 200))
    picture.save(folder / "other and larger.jpg", quality=95)
    groups = json.loads(user.types("dupes", str(folder), "--json"))["groups"]
    with_similar = json.loads(user.types("dupes", str(folder), "--json", "--similar"))["groups"]
    assert [file["path"] for file in groups[0]["files"]] == ["copy.jpg", "small.jpg"]
    assert with_similar[: len(groups)] == groups
    assert [[file["path"] for file in group["files"]] for group in with_similar[1:]] == [
        ["other and larger.jpg", "copy.jpg"]
    ]
