"""Which images the planner asks the table about, and what it passes over: over snapshots that are made by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from pinplan.actions.contexts import Home
from pinplan.model.base import Base, Refused, Tracked
from pinplan.model.ids import ActionId, BoardId, PinId, RelPath, RunId, Sha256
from pinplan.model.images import Content, FileFact
from pinplan.model.pins import Board, Pin, PinImage, Rendition
from pinplan.model.snapshots import (
    AskedPin,
    BoardSnapshot,
    LocalSnapshot,
    RemoteSnapshot,
    Sighting,
    UnknownPath,
)
from pinplan.plan.document import Finding, FindingKind, Scope, kind_of
from pinplan.policies.bundle import BoardPolicy, Policies
from pinplan.policies.mode import MissingFile, Mode, answers_of
from pinplan.reconcile.plan_input import PendingCreate, PlanContent, PlanInput
from pinplan.reconcile.planner import reconcile
from tests.actions.situations import create_pin
from tests.fakes import LIBRARY_ID, ME
from tests.worlds import LINEAGE, tracked

TEMPLATE = "{board}/{title} [{pin_id}]{slot}{ext}"
SIGNED = "a" * 32


def image(slot: int = 0, signature: str | None = SIGNED, **facts: Any) -> PinImage:
    offered = (Rendition(size="originals", url=f"https://i.test/{signature}.jpg", width=1, height=1),)
    return PinImage(**{"slot": slot, "renditions": offered, "signature": signature, **facts})


def pin(number: str, *images: PinImage, board: str = "1", **facts: Any) -> Pin:
    known: dict[str, Any] = {"title": "Cat", "is_owner": True, "board_owner": ME.username, **facts}
    return Pin(id=PinId(number), board_id=BoardId(board), images=images or (image(),), **known)


def record(number: str, path: str | None = None, **facts: Any) -> Tracked:
    known: dict[str, Any] = {"template": TEMPLATE, "signature": SIGNED, **facts}
    return replace(tracked(number, path or f"Board/Cat [{number}].jpg"), **known)


def file(path: str, sha256: str | None = None, **facts: Any) -> FileFact:
    content = Content(sha256=Sha256(sha256), format="JPEG") if sha256 else None
    return FileFact(**{"path": RelPath(path), "size": 1, "mtime_ns": 1, "content": content, **facts})


def world(
    *pins: Pin,
    records: Sequence[Tracked] = (),
    files: Sequence[FileFact] | None = None,
    listed: Sequence[str] = ("1", "2"),
    boards: Sequence[str] = ("1", "2"),
    asked: Sequence[AskedPin] = (),
    scope: Scope | None = None,
    local: dict[str, Any] | None = None,
    **policies: Any,
) -> PlanInput:
    """Boards ``1`` (Board) and ``2`` (Other); the files of all records are here unless others are given."""
    seen = tuple(
        BoardSnapshot(
            board=Board(id=BoardId(number), name=name, owner=ME.username),
            pins=tuple(one for one in pins if one.board_id == number),
            listed=number in listed,
        )
        for number, name in (("1", "Board"), ("2", "Other"))
        if number in boards
    )
    here = tuple(file(one.path) for one in records) if files is None else tuple(files)
    answers = answers_of(Mode.TWO_WAY)
    known = {"gone_pin": answers.gone_pin, "missing_file": answers.missing_file, "template": TEMPLATE, **policies}
    scope = scope or Scope()
    named = (scope.targets, scope.excludes, scope.restore or (), scope.accept or ())
    return PlanInput(
        policies=Policies(**known),
        remote=RemoteSnapshot(account=ME, boards=seen, asked=tuple(asked), taken_at="2026-01-30T00:00:00Z"),
        local=LocalSnapshot(library_id=LIBRARY_ID, files=here, **(local or {})),
        base=Base(library_id=LIBRARY_ID, lineage=LINEAGE, tracked=tuple(records)),
        scope=scope,
        remembered=frozenset(text for texts in named for text in texts),
    )


def told(decision: PlanContent) -> list[str]:
    """The kinds of actions, then those of findings."""
    return [*map(kind_of, decision.actions), *(one.kind.value for one in decision.findings)]


# -- what is here already --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("known", "shown", "here", "expected"),
    [
        ({}, image(), {}, "copy_local"),
        ({"doubtful": "its end is missing"}, image(), {}, "download"),
        ({}, image(), {"mtime_ns": 2}, "download"),
        ({"signature": None}, image(), {}, "download"),
        ({}, image(signature="b" * 32), {}, "download"),
        ({}, image(renditions=()), {}, "download"),
    ],
)
def test_a_new_pin_with_the_image_of_another_is_copied_where_that_is_surely_here(known, shown, here, expected):
    old = record("501", **known)
    decision = reconcile(world(pin("501", shown), pin("502"), records=[old], files=[file(old.path, **here)]))
    assert [kind_of(action) for action in decision.actions if action.pin_id == "502"] == [expected]


def test_a_file_is_not_copied_as_the_image_that_its_pin_shows_now():
    """The pin shows another image than the one that was fetched: a new pin with that image has no file here."""
    other = image(signature="b" * 32)
    pins = [pin("501", other), pin("502"), pin("503", other)]
    decision = reconcile(world(*pins, records=[record("501")]))
    assert {one.pin_id: kind_of(one) for one in decision.actions} == {"502": "download", "503": "download"}


def test_of_a_carousel_the_file_of_the_very_image_is_copied():
    old = [record("501", f"Board/{slot}.jpg", slot=slot, signature=f"{slot}" * 32) for slot in (1, 2)]
    shown = pin("501", *(image(slot, f"{slot}" * 32) for slot in (1, 2)))
    decision = reconcile(world(shown, pin("502", image(signature="2" * 32)), records=old))
    (action,) = (one for one in decision.actions if one.pin_id == "502")
    assert getattr(action, "source", None) == "Board/2.jpg"


# -- what is left out ------------------------------------------------------------------------------------------------


@pytest.mark.promise("I9")
@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, ["incomplete"]),
        ({"listed": ("2",)}, []),
        ({"boards": ("2",)}, ["vanished"]),
        ({"boards": ("2",), "exclude": ("Board",)}, []),
        ({"boards": ("2",), "exclude": ("Boar?",)}, []),
        ({"boards": ("2",), "include": ("Other",)}, []),
        ({"boards": ("2",), "exclude": ("Other",)}, ["vanished"]),
        ({"ignore_pins": (PinId("501"),)}, []),
        ({"asked": [AskedPin(pin_id=PinId("501"), board_id=BoardId("2"))], "listed": ("1",)}, []),
    ],
)
def test_nothing_is_said_of_what_the_config_leaves_out(facts, expected):
    known = record("501", "Board/Kittens/Cat [501].jpg", container="Board/Kittens")
    decision = reconcile(world(records=[known], files=[], **facts))
    found = [one for one in told(decision) if one not in {"unmatched_selector", "unknown"}]
    assert found == [one for one in expected if one != "incomplete"]
    assert ("unknown" in told(decision)) is bool(expected)


def test_a_pin_that_moved_to_a_board_in_scope_follows_whatever_its_old_board_is():
    decision = reconcile(world(pin("501", board="2"), records=[record("501")], listed=("2",)))
    assert told(decision) == ["move_local"]


@pytest.mark.promise("I29")
@pytest.mark.parametrize(("kept", "expected"), [(True, ["confirm_create"]), (False, ["confirm_create", "download"])])
def test_a_confirmed_pin_is_fetched_unless_its_files_are_still_in_the_trash(kept, expected):
    home = Home(board_id=BoardId("1"), container="Board")
    files = create_pin().files if kept else ()
    create = PendingCreate(
        run=RunId("run"),
        action=ActionId("0001"),
        address="Board/501",
        subject=PinId("501"),
        begun_at="2026-01-29T00:00:00Z",
        found=PinId("601"),
        home=home,
        files=files,
    )
    assert told(reconcile(replace(world(pin("601")), creates=(create,)))) == expected


@pytest.mark.promise("I9")
def test_new_pins_that_are_ignored_or_listed_twice_are_passed_over():
    assert told(reconcile(world(pin("501")))) == ["download"]
    assert told(reconcile(world(pin("501"), ignore_pins=(PinId("501"),)))) == []
    assert told(reconcile(world(pin("501"), pin("501", board="2")))) == []


def test_a_new_pin_without_an_image_is_said():
    (found,) = reconcile(world(replace(pin("501"), images=()))).findings
    assert (found.kind, found.message) == (FindingKind.WITHHELD, "Pinterest offers no image for this pin")


# -- what stands -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("known", "shown", "files", "expected"),
    [
        ({}, [image()], None, []),
        ({"signature": None}, [image()], None, []),
        ({}, [image(cover=True)], None, ["cover_only"]),
        ({}, [image(signature="b" * 32)], None, ["another_image"]),
        ({"width": 0, "height": 0}, [image()], None, []),
        ({"slot": 1}, [image()], None, ["conflict", "withheld"]),
        ({}, [image(), image(1)], None, ["download"]),
        ({"template": "{pin_id}{ext}"}, [image()], None, []),
        ({"container": "Old"}, [image()], None, []),
        ({}, [image()], [file("Board/Cat [501].jpg", "1" * 64)], ["modified_locally"]),
        ({}, [image()], [], ["delete_remote"]),
    ],
)
def test_what_is_plainly_as_agreed_needs_nothing(known, shown, files, expected):
    decision = reconcile(world(pin("501", *shown), records=[record("501", **known)], files=files))
    assert told(decision) == expected


def test_a_smaller_file_is_no_longer_as_agreed():
    large = replace(image(), renditions=(Rendition(size="originals", url="x", width=9, height=9),))
    assert told(reconcile(world(pin("501", large), records=[record("501")]))) == ["replace"]


def test_a_file_that_was_removed_as_a_duplicate_is_not_missing_while_the_other_is_here():
    gone, kept = record("501", duplicate_of=PinId("502")), record("502")
    both = [pin("501"), pin("502")]
    (found,) = reconcile(world(*both, records=[gone, kept], files=[file(kept.path)])).findings
    assert (found.kind, found.pin_id) == (FindingKind.DUPLICATE, "501")
    assert found.message == f"its picture is kept as {kept.path}"
    assert "download" in told(reconcile(world(*both, records=[gone, kept], files=[])))
    there = [file(gone.path), file(kept.path)]
    assert told(reconcile(world(*both, records=[gone, kept], files=there))) == []
    edited = [file(gone.path, "1" * 64), file(kept.path)]
    assert told(reconcile(world(*both, records=[gone, kept], files=edited))) == ["modified_locally"]


def test_of_a_carousel_the_one_file_that_was_removed_as_a_duplicate_is_fetched_again_once_the_other_is_gone():
    signed = {slot: f"{slot}" * 32 for slot in (1, 2)}
    gone = record("501", "Board/1.jpg", slot=1, signature=signed[1], duplicate_of=PinId("502"))
    here = record("501", "Board/2.jpg", slot=2, signature=signed[2])
    shown = pin("501", *(image(slot, signature) for slot, signature in signed.items()))
    decision = reconcile(world(shown, records=[gone, here], files=[file(here.path)]))
    assert [(kind_of(one), getattr(one.after, "slot", None)) for one in decision.actions] == [("download", 1)]


@pytest.mark.promise("I1")
def test_a_pin_that_is_listed_twice_is_unknown_whatever_its_file_is_like():
    both = [pin("501"), pin("501", board="2")]
    for known in (record("501"), record("501", "Other/Cat [501].jpg", board_id=BoardId("2"), container="Other")):
        assert told(reconcile(world(*both, records=[known]))) == ["unknown"]


@pytest.mark.promise("I1")
def test_no_new_image_is_fetched_for_a_pin_that_is_listed_twice():
    shown = [pin("501", image(1), image(2, "b" * 32), board=board) for board in ("1", "2")]
    assert told(reconcile(world(*shown, records=[record("501", slot=1)]))) == ["unknown"]


@pytest.mark.parametrize(
    ("here", "expected"),
    [([1, 2], ["download"]), ([1], ["download", "partly_removed"]), ([], ["delete_remote"])],
)
def test_a_new_image_of_a_carousel_is_fetched_while_any_other_is_here(here, expected):
    old = [record("501", f"Board/{slot}.jpg", slot=slot, signature=f"{slot}" * 32) for slot in (1, 2)]
    shown = pin("501", *(image(slot, f"{slot}" * 32) for slot in (1, 2, 3)))
    decision = reconcile(world(shown, records=old, files=[file(f"Board/{slot}.jpg") for slot in here]))
    assert [one for one in told(decision) if one != "moved_locally"] == expected


# -- saved again -----------------------------------------------------------------------------------------------------

GONE = [AskedPin(pin_id=PinId("501"), gone=True)]


@pytest.mark.parametrize(
    ("facts", "extra", "expected"),
    [
        ({}, [], ["rebind"]),
        ({"ignore_pins": (PinId("502"),)}, [], []),
        ({}, [file("Board/x [502].jpg", "1" * 64)], ["adopt", "delete_local"]),
        ({"asked": []}, [], ["download", "unknown"]),
    ],
)
def test_the_file_of_a_pin_that_was_saved_again_goes_to_the_new_one(facts, extra, expected):
    old = record("501", "Board/x.jpg")
    inputs = world(pin("502"), **{"records": [old], "files": [file(old.path), *extra], "asked": GONE, **facts})
    assert told(reconcile(inputs)) == expected


# -- named ones ------------------------------------------------------------------------------------------------------

MISSING = record("501")


@pytest.mark.parametrize(
    ("named", "again"),
    [
        (("501",), True),
        (("Board/Cat *",), True),
        (("Board",), True),
        (("id:1",), True),
        (("Board/501",), True),
        (("nothing", "501"), True),
        (("nothing", "Board/Cat *"), True),
        (("nothing", "Board/501"), True),
        (("502",), False),
        (("Other",), False),
        ((), False),
    ],
)
def test_what_was_removed_here_is_fetched_again_by_name(named, again):
    decision = reconcile(world(pin("501"), records=[MISSING], files=[], scope=Scope(restore=named)))
    assert [kind_of(action) for action in decision.actions] == ["download" if again else "delete_remote"]


@pytest.mark.parametrize(
    ("named", "last", "again"),
    [
        ((), "29T00", False),
        (("501",), "29T00", True),
        (("502",), "29T00", False),
        ((), "23T12", False),
        ((), "22T12", True),
    ],
)
def test_a_new_image_that_its_host_withholds_is_tried_again_by_name_or_after_a_week(named, last, again):
    refused = Refused(
        pin_id=PinId("501"),
        slot=0,
        image=SIGNED,
        reason="HTTP 403",
        runs=9,
        since="2026-01-01T00:00:00Z",
        last=f"2026-01-{last}:00:00Z",
        answered=True,
    )
    inputs = world(pin("501"), scope=Scope(restore=named))
    decision = reconcile(replace(inputs, base=replace(inputs.base, refused=(refused,))))
    assert decision.applyable
    assert [kind_of(action) for action in decision.actions] == (["download"] if again else [])


@pytest.mark.parametrize(
    ("named", "accepted"),
    [
        (("x.jpg",), True),
        (("Board/Cat *",), True),
        (("501",), True),
        (("nothing", "x.jpg"), True),
        (("y.jpg",), False),
        ((), False),
    ],
)
def test_a_file_that_was_moved_is_agreed_on_by_either_path_or_its_pin(named, accepted):
    known = world(pin("501"), records=[MISSING], files=[file("Other/x.jpg", "0" * 64)], scope=Scope(accept=named))
    if "x.jpg" in named:
        known = replace(known, scope=Scope(accept=tuple(one.replace("x.jpg", "Other/x.jpg") for one in named)))
    assert ("relocate" in told(reconcile(known))) is accepted


@pytest.mark.parametrize(
    ("named", "chosen"),
    [(("a.jpg",), "a.jpg"), (("none", "b.jpg"), "b.jpg"), (("?.jpg",), None), (("501",), None), (("c.jpg",), None)],
)
def test_of_several_files_the_one_that_is_named_is_it(named, chosen):
    copies = [file(path, "0" * 64) for path in ("a.jpg", "b.jpg")]
    decision = reconcile(world(pin("501"), records=[MISSING], files=copies, scope=Scope(accept=named)))
    found = [getattr(action.after, "path", None) for action in decision.actions]
    assert found == ([chosen] if chosen else [])


@pytest.mark.promise("I2")
def test_a_file_that_is_only_suspected_is_not_chosen_by_name():
    """It showed the picture when the snapshot was taken, and is not among the files."""
    sighting = Sighting(path=MISSING.path, files=(RelPath("x.jpg"),), sure=False, why="too plain")
    scope, local = Scope(accept=("x.jpg",)), {"sightings": (sighting,)}
    decision = reconcile(world(pin("501"), records=[MISSING], files=[], scope=scope, local=local))
    assert told(decision) == ["unknown"]


def test_a_file_at_its_own_place_is_not_exchanged_for_one_that_is_named():
    copies = [file(MISSING.path, "0" * 64), file("x [501].jpg", "1" * 64)]
    decision = reconcile(world(pin("501"), records=[MISSING], files=copies, scope=Scope(accept=("x [501].jpg",))))
    assert "conflict" in told(decision)
    assert decision.actions == ()


@pytest.mark.parametrize(
    ("path", "known", "state"),
    [
        ("Board/x.jpg", {}, "relocate"),
        ("x.jpg", {}, "relocate"),
        ("Other/x.jpg", {}, "moved_locally"),
        ("Board/x.jpg", {"template": "{pin_id}{ext}"}, "moved_locally"),
        ("Board/x [502].jpg", {}, "moved_locally"),
    ],
)
def test_a_file_was_renamed_where_it_is_still_in_the_folder_of_its_own_or_of_no_board(path, known, state):
    decision = reconcile(world(pin("501"), records=[record("501", **known)], files=[file(path, "0" * 64)]))
    assert state in told(decision)


# -- per board -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Other", "O*", "2"])
def test_the_answers_of_an_override_hold_on_its_boards_only(name):
    override = BoardPolicy(board=name, missing_file=MissingFile.DOWNLOAD)
    pins = [pin("501"), pin("502", board="2")]
    records = [record("501"), record("502", "Other/Cat [502].jpg", board_id=BoardId("2"), container="Other")]
    decision = reconcile(world(*pins, records=records, files=[], overrides=(override,)))
    assert {action.pin_id: kind_of(action) for action in decision.actions} == {
        "501": "delete_remote",
        "502": "download",
    }


def test_what_could_not_be_looked_at_or_compared_is_said():
    unknown = (UnknownPath(path=RelPath("x"), reason="EACCES"),)
    uncomparable = (UnknownPath(path=RelPath("a.jpg"), reason="too large"),)
    decision = reconcile(world(local={"unknown": unknown, "faceless": uncomparable}))
    assert decision.findings == (
        Finding(
            kind=FindingKind.UNKNOWN,
            address="a.jpg",
            path=RelPath("a.jpg"),
            message="a.jpg cannot be compared: too large",
        ),
        Finding(kind=FindingKind.UNKNOWN, address="x", message="cannot be read: EACCES"),
    )


def test_a_library_and_boards_without_anything_give_nothing():
    decision = reconcile(world())
    assert (decision.actions, decision.findings, decision.compares) == ((), (), True)
    assert Policies().ignore_pins is UNSET
