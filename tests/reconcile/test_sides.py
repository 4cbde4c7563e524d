"""How both sides stand where one of them cannot be told: unknown, never absent and never changed (I1, I2)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pinplan.model.base import Base
from pinplan.model.ids import BoardId, PinId, RelPath
from pinplan.model.images import FileFact
from pinplan.model.snapshots import LocalSnapshot, UnknownPath
from pinplan.pinterest.api import PinPage
from pinplan.policies.mode import Mode
from pinplan.reconcile.match import FileSides
from pinplan.reconcile.truth import FileState
from tests.fakes import LIBRARY_ID
from tests.worlds import LINEAGE, SmallWorld, findings, kinds, tracked

TEMPLATE = "{board}/{title} [{pin_id}]{slot}{ext}"


def agreed(world: SmallWorld, titles: tuple[str | None, ...] = ("First", "Second")) -> list[PinId]:
    board = world.board("Board")
    made = [world.pin(board, title) for title in titles]
    world.apply()
    return made


def messages(world: SmallWorld) -> str:
    return " | ".join(finding.message for finding in world.plan().findings)


@pytest.mark.promise("I1")
def test_a_pin_that_moves_while_boards_are_read_is_unknown(world, monkeypatch):
    """It was listed in both: which of the two is the older one cannot be told."""
    first, _ = agreed(world)
    other = world.board("Other")
    pages = world.remote.pin_pages

    def moving(board: BoardId, bookmark: str | None = None) -> Iterator[PinPage]:
        yield from pages(board, bookmark)
        world.move_pin(first, other)

    monkeypatch.setattr(world.remote, "pin_pages", moving)
    world.mode(Mode.MIRROR)
    plan = world.plan()
    assert (kinds(plan), findings(plan)) == ([], ["unknown"])
    assert "it was listed in two boards" in plan.findings[0].message


@pytest.mark.promise("I2")
def test_a_file_of_another_size_that_was_not_looked_into_is_unknown():
    record = tracked("501", "Board/501.jpg")
    longer = FileFact(path=record.path, size=record.size + 1, mtime_ns=record.mtime_ns)
    files = FileSides(LocalSnapshot(library_id=LIBRARY_ID, files=(longer,)), base_of(record), TEMPLATE)
    assert files.recorded(record).state is FileState.UNKNOWN


@pytest.mark.promise("I2")
def test_what_cannot_be_read_may_be_a_missing_file():
    """One path could not be read. A file that is missing near it is unknown, one that is missing elsewhere is looked for as ever."""
    near, far, there = tracked("501", "Board/501.jpg"), tracked("502", "Other/502.jpg"), tracked("503", "Other/503.jpg")
    unread = UnknownPath(path=RelPath("Board/x.jpg"), reason="EIO")
    local = LocalSnapshot(
        library_id=LIBRARY_ID, files=(FileFact(path=there.path, size=1, mtime_ns=1),), unknown=(unread,)
    )
    files = FileSides(local, base_of(near, far, there), TEMPLATE)
    assert files.recorded(near).state is FileState.UNKNOWN
    assert "Board/x.jpg cannot be read" in files.recorded(near).why
    assert files.recorded(far).state is FileState.MISSING


def base_of(*records: object) -> Base:
    return Base(library_id=LIBRARY_ID, lineage=LINEAGE, tracked=records)  # type: ignore[arg-type] # records
