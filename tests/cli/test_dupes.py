"""Duplicates, typed as a user types them: in a library, in any folder, in a plan."""

from __future__ import annotations

import io
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from pinplan.sandbox import Sandbox, World
from pinplan.sandbox.pictures import Kind, Picture, Size, encoded
from tests.cli.test_cli import User

LARGE = Picture(Kind.TEXTURE, 1, 900, 1200)
SMALL = Picture(Kind.TEXTURE, 1, 450, 600, quality=70, drawn_at=Size(900, 1200))


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
    assert "(confirmed; 450×600 against 900×1200; that one wins by resolution); only reported" in said
    shown = user.types("dupes")
    assert "16 files looked at: 3 duplicates in 1 group." in shown
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
    assert "resolution" in planned
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
    assert "Remembered" in user.types("dupes", "mark-different", small, large)
    assert "450×600" not in user.types("dupes", "--board", "Animals*")
    assert "no tracked file is called so" in user.types("dupes", "mark-different", small, "nothing", code=64)
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
    (folder / "text.jpg").write_text("hello")
    (folder / "empty.png").write_bytes(b"")
    (folder / "cut.jpg").write_bytes(large[: len(large) // 2])
    (folder / "notes.txt").write_text("no picture")
    os.mkfifo(folder / "pipe.jpg")
    (folder / "link.jpg").symlink_to(tmp_path / "elsewhere.jpg")
    shutil.copy(folder / "small.jpg", tmp_path / "elsewhere.jpg")
    said = user.types("dupes", str(folder), PINPLAN_ACCESS_TOKEN=None, PINPLAN_API_URL=None)
    assert "3 duplicates in 1 group" in said
    for name in ("text.jpg", "empty.png", "cut.jpg"):
        assert f"cannot be compared: {name}" in said
    assert "pipe.jpg" not in said
    assert "link.jpg" not in said
    assert "3 duplicates" in user.types("dupes", str(folder))  # from the cache
    assert "the mirror image" not in said
    assert "one is the mirror image of the other" in user.types("dupes", str(folder), "--mirrored")
    assert not (folder / ".pinplan").exists()
    assert "there is no such folder" in user.types("dupes", str(tmp_path / "nothing"), code=64)
    assert "expected one of exact, confirmed, similar" in user.types("dupes", str(folder), "--tier", "x", code=64)


def test_words_that_are_wrong_in_the_config_are_told(user):
    user.types("init", str(user.pins), cwd=user.home)
    (user.pins / "pinplan.toml").write_text('[dedupe]\nremove = "bth"\nscope = "bord"\nkeep = ["size"]\n')
    said = user.types("plan", code=64)
    assert "did you mean both?" in said
    assert "did you mean board?" in said
    assert "dedupe.keep" in said
