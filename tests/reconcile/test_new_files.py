"""Untracked pictures: which are new in the folder of a board, and which are only counted."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from pinplan.plan.agreement import hindered, unsettled
from pinplan.plan.document import Finding, FindingKind, Plan, Scope
from pinplan.policies.mode import Mode
from pinplan.render.text import plan_lines
from tests.fakes import image_bytes
from tests.worlds import SmallWorld, findings


def seen(plan: Plan) -> list[tuple[str, str, int]]:
    return [(one.kind.value, one.address, one.count) for one in plan.findings]


def put(world: SmallWorld, *paths: str) -> None:
    for path in paths:
        world.library.write(path, image_bytes(path))


@pytest.fixture
def agreed(world: SmallWorld) -> SmallWorld:
    for name in ("Cats", "Dogs"):
        board = world.board(name)
        world.pin(board, section_id=world.section(board, "Young"))
    world.apply()
    return world


@pytest.mark.promise("I10")
def test_new_pictures_of_a_folder_are_one_finding(agreed):
    put(
        agreed,
        "Cats/a.jpg",
        "Cats/b.png",
        "Cats/deeper/c.gif",
        "Cats/Young/d.jpg",
        "Cats/notes.txt",
        "e.jpg",
        "Mine/f.jpg",
    )
    plan = agreed.plan()
    assert (plan.actions, seen(plan)) == (
        (),
        [("new_here", "Cats", 3), ("new_here", "Cats/Young", 1), ("untracked", ".", 2)],
    )
    assert [one.path for one in plan.findings] == [None, "Cats/Young/d.jpg", None]
    assert unsettled(plan).differences == 4
    assert hindered(plan) == 0
    said = "\n".join(line.text for line in plan_lines(plan))
    assert "Nothing to do. 4 differences are only reported." in said


def test_a_thousand_new_pictures_are_one_line(agreed):
    put(agreed, *(f"Cats/{number}.jpg" for number in range(1000)))
    assert seen(agreed.plan()) == [("new_here", "Cats", 1000)]


def test_pictures_of_boards_that_the_config_excludes_are_only_counted(agreed):
    put(agreed, "Cats/a.jpg", "Dogs/b.jpg")
    assert seen(agreed.plan(exclude=("Dogs",))) == [("new_here", "Cats", 1), ("untracked", ".", 1)]


@pytest.mark.parametrize(
    ("scope", "addresses"),
    [
        (Scope(targets=("Cats",)), ["Cats", "Cats/Young"]),
        (Scope(targets=("Cats/Young",)), ["Cats/Young"]),
        (Scope(excludes=("Cats/Young",)), ["Cats", "Dogs", "."]),
    ],
)
def test_new_pictures_follow_the_scope(agreed, scope, addresses):
    put(agreed, "Cats/a.jpg", "Cats/Young/b.jpg", "Dogs/c.jpg", "d.jpg")
    assert [one.address for one in agreed.plan(scope=scope).findings] == addresses


def test_a_template_without_folders_of_boards_leaves_pictures_untracked(agreed):
    put(agreed, "Cats/a.jpg")
    plan = agreed.plan(template="{title} [{pin_id}]{slot}{ext}")
    assert [one for one in seen(plan) if one[0] in {"new_here", "untracked"}] == [("untracked", ".", 1)]


@pytest.mark.parametrize("template", ["{title} [{pin_id}]{slot}{ext}", "{board}/{title} [{pin_id}]{slot}{ext}"])
def test_where_no_folder_says_on_which_board_uploads_are_one_finding(agreed, template):
    put(agreed, "Cats/a.jpg", "Dogs/b.jpg", "New/c.jpg", "d.jpg")
    agreed.mode(Mode.PUBLISH)
    plan = agreed.plan(template=template)
    assert not [action for action in plan.actions if action.trait.publishes]
    (said,) = [one for one in plan.findings if one.kind is FindingKind.NEW_HERE]
    assert (said.address, said.count) == (".", 4)
    assert "4 pictures are not uploaded: [library] template does not begin with {board}/{section}/" in said.message


def test_a_file_that_is_adopted_is_not_new(agreed):
    pin = agreed.pin(next(iter(agreed.remote.boards_by_id)), "Mine")
    put(agreed, f"Cats/Mine [{pin}].jpg")
    assert findings(agreed.plan()) == []


def test_what_could_not_be_done_is_counted_by_a_field_of_its_kind(agreed):
    plan = agreed.plan()
    assert {kind for kind in FindingKind if kind.hinders} == {
        "blocked",
        "conflict",
        "withheld",
        "not_undone",
        "unconfirmed",
        "cannot_upload",
    }
    two = Finding(kind=FindingKind.BLOCKED, address="Cats", message="m", count=2)
    assert hindered(replace(plan, findings=(two,))) == 2
