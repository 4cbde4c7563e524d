"""A folder that a person renamed is one thing to know, however many files are in it."""

from __future__ import annotations

from pinplan.plan.document import Finding, FindingKind
from pinplan.policies.mode import Mode
from pinplan.reconcile.findings import folders_for_files
from pinplan.render.text import summary_line
from tests.worlds import SmallWorld, findings


def moved(old: str, new: str | None) -> Finding:
    return Finding(kind=FindingKind.MOVED_LOCALLY, address=f"x/{old}", message="m", path=old, moved_to=new)


def paths(*found: Finding) -> list[tuple[str | None, int]]:
    return [(one.path, one.count) for one in folders_for_files(found)]


def test_files_that_moved_with_their_folder_are_one_finding():
    assert paths(moved("A/1.jpg", "B/1.jpg"), moved("A/s/2.jpg", "B/s/2.jpg")) == [("A", 1)]
    assert paths(moved("A/s/1.jpg", "B/t/1.jpg"), moved("A/s/2.jpg", "B/t/2.jpg")) == [("A/s", 1)]


def test_the_finding_names_both_folders():
    (found,) = folders_for_files([moved(f"A/a/{n}.jpg", f"B/b/c/{n}.jpg") for n in (1, 2)])
    assert (found.kind, found.address, found.path) == (FindingKind.MOVED_LOCALLY, "A/a", "A/a")
    assert found.message == "2 files were moved together, from A/a to B/b/c; none of them is missing"


def test_files_that_moved_alone_or_under_other_names_are_told_one_by_one():
    for pair in (
        (moved("A/1.jpg", "B/1.jpg"), moved("A/2.jpg", "C/2.jpg")),
        (moved("A/1.jpg", "B/one.jpg"), moved("A/2.jpg", "B/two.jpg")),
        (moved("A/1.jpg", "1.jpg"), moved("A/2.jpg", "2.jpg")),
        (moved("A/1.jpg", None), moved("A/2.jpg", None)),
    ):
        assert sorted(paths(*pair), key=str) == sorted([(one.path, 1) for one in pair], key=str)


def test_other_findings_stay_as_they_are():
    other = Finding(kind=FindingKind.CONFLICT, address="A/1", message="m", path="A/1.jpg", moved_to="B/1.jpg")
    assert list(folders_for_files([other, other])) == [other, other]


def test_a_section_moved_into_another_boards_folder_is_one_difference(world: SmallWorld):
    cats, dogs = world.board("Cats"), world.board("Dogs")
    section = world.section(cats, "Kittens")
    for n in range(4):
        world.pin(cats, f"Cat {n}", section_id=section)
    world.pin(dogs, "Dog")
    world.apply()
    for path in [path for path in world.library.files if path.startswith("Cats/")]:
        world.library.rename(path, path.replace("Cats/", "Dogs/"))
    # In the other modes the section is created there, and its pins move.
    world.mode(Mode.MIRROR)
    plan = world.plan()
    assert (plan.actions, findings(plan)) == ((), ["moved_locally"])
    said = plan.findings[0]
    assert said.message == "4 files were moved together, from Cats to Dogs; none of them is missing"
    assert summary_line(plan) == "Nothing to do. 1 difference is only reported."
