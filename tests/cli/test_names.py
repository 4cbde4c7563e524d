"""Names of files, as a person meets them at the command line."""

from __future__ import annotations

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
