"""One fact, one answer: plan, verify, status, gallery and explain find a moved file at the same place."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from pinplan.adapters import PlanRequest
from pinplan.build_plan import take_snapshots
from pinplan.gallery.catalog import gallery_of
from pinplan.history.status import pin_history_of, status_of
from pinplan.history.verify import FileStatus, VerifyReport
from pinplan.pipeline import verify
from pinplan.plan.document import FindingKind
from pinplan.policies.mode import Mode
from pinplan.reconcile.match import FileSides
from pinplan.records.pin_metadata import PinMetadata
from pinplan.render.reports import about, verify_lines, why_lines
from tests.cli.test_cli import CATS, user
from tests.fakes import image_bytes
from tests.properties.test_absence import NOW
from tests.worlds import SmallWorld

__all__ = ["user"]


@pytest.fixture
def world() -> Iterator[SmallWorld]:
    made = SmallWorld()
    board, dogs = made.board("Cats"), made.board("Dogs")
    made.pin(board, "One")
    made.pin(board, "Two")
    made.pin(dogs, "Dog")
    made.apply()
    yield made
    made.close()


def proved(world: SmallWorld) -> VerifyReport:
    return verify(world.adapters(), PlanRequest(policies=world.policies))


def moved(world: SmallWorld, target: str, data: bytes | None = None) -> str:
    record = next(record for record in world.state.base().tracked if "One" in record.path)
    content = world.library.files[record.path]
    world.library.rename(record.path, target)
    if data is not None:
        world.library.write(target, data)
    assert world.library.files[target] == (data or content)
    return record.path


@pytest.mark.parametrize("target", ["Dogs/my cat.jpg", "Cats/my cat.jpg", "Sorted/a/my cat.jpg"])
def test_a_file_that_was_moved_is_found_by_all(world, tmp_path, target):
    old = moved(world, target)
    base, sides = world.where_files_are()
    record = next(record for record in base.tracked if record.path == old)

    plan = world.plan()
    told = [f.message for f in plan.findings if f.kind is FindingKind.MOVED_LOCALLY]
    told += [action.describe().effect for action in plan.actions]
    assert [target in words for words in told] == [True]

    proof = proved(world)
    assert proof.well
    assert [(f.path, f.proof, f.problem) for f in proof.moved] == [(old, FileStatus.MOVED, f"now at {target}")]
    assert proof.files[FileStatus.MISSING] == 0
    assert any(target in line.text for line in verify_lines(proof))

    status = status_of(world.state, base, sides, world.policies.template)
    folder = "Cats" if target.startswith("Cats/") else target.rpartition("/")[0]
    assert {f.name: f.files for f in status.folders} == {"Cats": 1, "Dogs": 1} | {
        folder: 2 if folder in {"Cats", "Dogs"} else 1
    }
    assert (status.moved, status.missing, status.files) == (1, 0, 3)

    with closing(PinMetadata(tmp_path / "facts.db")) as facts:
        gallery = gallery_of(base, facts.boards(), {}, sides.where)
    assert gallery.missing == 0
    assert target in {path for album in gallery.albums for picture in album.pictures for path in picture.paths}

    snapshots = take_snapshots(world.adapters(), PlanRequest(policies=world.policies))
    where = FileSides(snapshots.local, snapshots.base, world.policies.template).moved()
    for name in (target, old, record.pin_id, target.upper()):
        past = pin_history_of(world.state, name, where)
        found = about(name, past, snapshots, plan, None, where)
        assert [record.path for record in found.past.tracked] == [old]
        assert not found.untracked
        assert f"Found now at {target}" in {line.text for line in why_lines(found)}


def test_a_file_with_other_bytes_is_changed_not_missing(world):
    record = next(record for record in world.state.base().tracked if "One" in record.path)
    moved(world, f"Dogs/{record.pin_id}.jpg", image_bytes("edited"))
    proof = proved(world)
    assert [file.proof for file in proof.problems] == [FileStatus.CHANGED]
    assert f"Dogs/{record.pin_id}.jpg" in proof.problems[0].problem


def test_what_cannot_be_told_is_unknown_to_verify_as_well(world):
    moved(world, "Cats/IMG 1.heic", b"HEIC of a camera")
    world.library.times["Cats/IMG 1.heic"] = NOW
    proof = proved(world)
    assert [file.proof for file in proof.problems] == [FileStatus.UNKNOWN]
    assert not proof.well


def test_a_file_that_is_nowhere_is_missing_to_all(world):
    record = next(record for record in world.state.base().tracked if "One" in record.path)
    world.library.remove(record.path)
    world.mode(Mode.MIRROR)
    assert [file.proof for file in proved(world).problems] == [FileStatus.MISSING]
    base, sides = world.where_files_are()
    status = status_of(world.state, base, sides, world.policies.template)
    assert (status.moved, status.missing) == (0, 1)


def test_looking_leaves_alone_what_plans_remember(world):
    moved(world, "Cats/IMG 1.heic", b"HEIC of a camera")
    world.library.times["Cats/IMG 1.heic"] = NOW
    world.plan()
    before = world.state.missing_since()
    assert before
    world.library.remove("Cats/IMG 1.heic")
    world.where_files_are()
    assert world.state.missing_since() == before


def test_all_commands_as_they_are_typed(user):
    user.library()
    old = next(path for path in sorted((user.pins / CATS).iterdir()) if path.is_file())
    new = user.pins / "Best" / f"my cat{old.suffix}"
    new.parent.mkdir()
    old.rename(new)
    name = new.relative_to(user.pins).as_posix()
    assert name in user.types("plan")
    assert name in user.types("verify")
    assert name in user.types("verify", "--offline")
    assert name in user.types("explain", name)
    assert "  Best: 1 file" in user.types("status")
    assert json.loads(user.types("status", "--json"))["moved"] == 1
    assert "not in the library" not in user.types("gallery")
    pages = "".join(page.read_text("utf-8") for page in Path(user.pins / ".pinplan" / "gallery").glob("*.html"))
    assert "Best/my%20cat" in pages
