"""Names of files, as a person meets them at the command line."""

from __future__ import annotations

import os
import subprocess
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from pinplan.sandbox import Sandbox, World
from pinplan.sandbox.pictures import Kind, Picture
from tests.cli.test_cli import User


def picture(number: int) -> Picture:
    return Picture(Kind.TEXTURE, number, 600, 900)


@pytest.fixture
def user(tmp_path: Path) -> Iterator[User]:
    world = World()
    board = world.create_board("Café ザ")
    section = world.create_section(board.id, "Brûlée")
    for number in range(4):
        at = section.id if number % 2 else None
        world.create_pin(board.id, (picture(number),), title=f"Crème {number}", section_id=at)
    with Sandbox(world) as sandbox:
        yield User(tmp_path, sandbox).library()


def tree(user: User) -> list[Path]:
    own = user.pins / ".pinplan"
    return sorted(path for path in user.pins.rglob("*") if own not in (path, *path.parents))


def through_a_mac(user: User) -> None:
    for path in sorted(tree(user), key=lambda path: -len(path.parts)):
        path.rename(path.with_name(unicodedata.normalize("NFD", path.name)))


def test_a_tree_that_came_through_a_mac_is_the_same_tree(user):
    through_a_mac(user)
    before = tree(user)
    assert "No changes" in user.types("plan", "--detailed-exitcode")
    assert "No problems found: 4 files" in user.types("verify")
    assert "1 board, 4 pins" in user.types("gallery")
    assert "4 files compared" in user.types("dupes")
    name = next(path for path in before if path.name.startswith("Cre")).relative_to(user.pins).as_posix()
    for spelled in (name, unicodedata.normalize("NFC", name)):
        assert "In the library:" in user.types("explain", spelled)
    world = user.sandbox.world
    board = next(iter(world.boards.values()))
    world.create_pin(board.id, (picture(9),), title="Crème 9")
    user.types("apply", "--auto-approve")
    (folder,) = (path for path in user.pins.iterdir() if path.name.startswith("Caf"))
    assert folder.name == unicodedata.normalize("NFD", "Café ザ")
    assert "1 to trash locally" in user.types("undo", "-o", "undo.json")
    user.types("apply", "undo.json")
    assert [path for path in tree(user) if path.suffix == ".jpg"] == [path for path in before if path.suffix == ".jpg"]


def test_a_move_and_its_undo_find_decomposed_names(user):
    through_a_mac(user)
    world = user.sandbox.world
    world.rename_board("Café ザ", "Bar é")
    user.types("apply", "--auto-approve")
    assert not [path for path in user.pins.iterdir() if path.name.startswith("Caf")]
    through_a_mac(user)
    user.types("undo", "-o", "undo.json")
    user.types("apply", "undo.json")
    assert len([path for path in tree(user) if path.suffix == ".jpg"]) == 4
    assert not [path for path in user.pins.iterdir() if path.name.startswith("Bar")]


@pytest.mark.skipif(os.name == "nt", reason="names on Windows are Unicode")
def test_a_library_in_a_folder_whose_name_is_not_utf8(user):
    home = user.pins.with_name("caf\udce9 of mine")  # as Latin-1 has it
    try:
        user.pins.rename(home)
    except OSError:
        pytest.skip("this disk takes no such name")
    options = ("--library", str(home))
    world = user.sandbox.world
    world.create_pin(
        next(iter(world.boards)), (picture(9),), title="Crème 9"
    )  # a plan without actions suggests nothing
    said = user.types("plan", "-o", str(home / "plan.json"), *options)
    command = said.partition("pinplan apply ")[2].partition("\n")[0]
    shown = subprocess.run(
        ["bash", "-c", f"printf %s {command.partition(' --library')[0]}"], capture_output=True, check=True
    )
    assert shown.stdout == os.fsencode(home / "plan.json")
    user.types("apply", str(home / "plan.json"), *options)
    for words in (
        ("show", str(home / "plan.json"), "--html", str(home / "page \udce9.html")),
        ("show", str(home / "plan.json"), "--markdown"),
        ("gallery", str(user.home / "pages")),
        ("dupes", "--json"),
        ("verify",),
    ):
        user.types(*words, *options)
    pages = "".join(path.read_text("utf-8") for path in (user.home / "pages").rglob("*.html"))
    assert "caf%E9%20of%20mine" in pages
