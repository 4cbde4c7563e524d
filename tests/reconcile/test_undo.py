"""What undoes the actions of a run, over receipts and snapshots that are made by hand."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from pinplan.actions import AnyAction, ConfirmCreate, CreatePin
from pinplan.actions.contexts import Home
from pinplan.actions.expect import ExpectPin
from pinplan.actions.receipts import Confirmed, KeptImage, Receipt
from pinplan.model.base import Base
from pinplan.model.ids import ActionId, PinId, RelPath, RunId, SectionId
from pinplan.model.images import FileFact, FileStat
from pinplan.model.naming import trash_path
from pinplan.model.pins import Board, Pin, Section
from pinplan.model.snapshots import BoardSnapshot, LocalSnapshot, RemoteSnapshot
from pinplan.plan.document import FindingKind, kind_of
from pinplan.policies.bundle import Policies
from pinplan.reconcile.plan_input import PlanContent, PlanInput
from pinplan.reconcile.undo import DoneAction, undo
from tests.actions.situations import BOARD, DATA, HERE, KEPT, OTHER, PIN, RUN, beside, delete_local, delete_remote
from tests.fakes import LIBRARY_ID, ME, digest_of
from tests.worlds import LINEAGE

LATER, SECTION = RunId("later"), SectionId("70")
IMAGE = trash_path("1001-0.jpg", RUN, ActionId("0002"))
"""The image that was kept when the pin was deleted."""
TAGS = trash_path("Board/a.xmp", RUN, ActionId("0001"))
STAT = FileStat(len(DATA), 1)
TRASH = {KEPT: STAT, IMAGE: STAT, TAGS: beside("Board/a.xmp").stat}
TRASHED = Receipt(kept=(KEPT, TAGS), kept_sha256=digest_of(DATA))
COPY = KeptImage(slot=0, path=IMAGE, size=len(DATA), sha256=digest_of(DATA), width=100, height=200, format="JPEG")
DELETED = Receipt(kept=(IMAGE,), images=(COPY,))


def inputs(*pins: Pin, files: Sequence[str] = (), **policies: Any) -> PlanInput:
    """A board with a section; nothing is tracked."""
    board = BoardSnapshot(
        board=Board(id=BOARD, name="Board", owner=ME.username),
        sections=(Section(id=SECTION, name="Kittens"),),
        pins=pins,
    )
    here = tuple(FileFact(path=RelPath(path), size=1, mtime_ns=1) for path in files)
    return PlanInput(
        policies=Policies(**policies),
        remote=RemoteSnapshot(account=ME, boards=(board,)),
        local=LocalSnapshot(library_id=LIBRARY_ID, files=here),
        base=Base(library_id=LIBRARY_ID, lineage=LINEAGE, tracked=()),
    )


def done(action: AnyAction, receipt: Receipt, run: RunId = RUN) -> DoneAction:
    return DoneAction(run=run, action=action, receipt=receipt)


def undone(
    *actions: DoneAction,
    now: PlanInput | None = None,
    trash: Mapping[RelPath, FileStat] = TRASH,
    created: Mapping[PinId, PinId] | None = None,
) -> PlanContent:
    return undo(now or inputs(), actions, trash, created or {})


def created(pin: Pin | None = None, now: PlanInput | None = None) -> CreatePin:
    """What creates a deleted pin again."""
    action = delete_remote()
    (found,) = undone(done(replace(action, before=pin or action.before), DELETED), now=now).actions
    assert isinstance(found, CreatePin)
    return found


WITH_TAGS = done(delete_local(companions=(beside("Board/a.xmp"),)), TRASHED)
GONE = done(delete_remote(), DELETED)


@pytest.mark.promise("I23")
def test_a_pin_that_a_run_deleted_with_its_file_comes_back_with_that_file_and_its_companions():
    (action,) = undone(WITH_TAGS, GONE).actions
    assert isinstance(action, CreatePin)
    (file,) = action.files
    assert (file.source, [one.path for one in file.companions]) == (KEPT, [TAGS])


@pytest.mark.promise("I23")
def test_without_that_file_it_comes_back_with_the_image_that_was_kept():
    (action,) = undone(WITH_TAGS, GONE, trash={IMAGE: STAT}).actions
    assert isinstance(action, CreatePin)
    assert [(file.source, file.companions) for file in action.files] == [(IMAGE, ())]


@pytest.mark.promise("I23")
def test_what_two_runs_trashed_and_deleted_comes_back_by_itself():
    """As `trash restore` does; the file belongs to the pin that its own run left on Pinterest."""
    actions = undone(WITH_TAGS, replace(GONE, run=LATER)).actions
    assert {kind_of(action) for action in actions} == {"restore", "create_pin"}
    (create,) = (action for action in actions if isinstance(action, CreatePin))
    assert [file.source for file in create.files] == [IMAGE]


@pytest.mark.promise("I29")
def test_a_pin_that_was_created_again_is_not_created_twice():
    content = undone(GONE, created={PIN: OTHER})
    assert content.actions == ()
    assert [finding.message.rpartition(": ")[2] for finding in content.findings] == [
        f"it was already created again, as pin {OTHER}"
    ]


@pytest.mark.parametrize(
    ("receipt", "files", "why"),
    [
        (Receipt(), [], "its file is no longer in the trash"),
        (TRASHED, [HERE], f"another file is at {HERE}"),
        (TRASHED, [], None),
    ],
)
def test_a_file_comes_back_from_the_trash_or_it_is_said_why_not(receipt, files, why):
    content = undone(done(delete_local(), receipt), now=inputs(files=files))
    assert [kind_of(action) for action in content.actions] == ([] if why else ["restore"])
    assert [finding.kind for finding in content.findings] == ([FindingKind.NOT_UNDONE] if why else [])
    assert all(why in finding.message for finding in content.findings if why)


@pytest.mark.promise("I24")
@pytest.mark.parametrize(("was", "now"), [("NFC", "NFD"), ("NFD", "NFC")])
def test_a_file_of_the_same_name_in_another_spelling_has_the_place(was, now):
    path, there = (RelPath(unicodedata.normalize(form, "Board/é.jpg")) for form in (was, now))
    action = delete_local()
    action = replace(action, expect=replace(action.expect, path=path), before=replace(action.before, path=path))
    content = undone(done(action, TRASHED), now=inputs(files=[there]))
    assert content.actions == ()
    assert f"another file is at {path}" in content.findings[0].message


def test_the_command_that_would_undo_it_is_named():
    confirm = ConfirmCreate(
        pin_id=PIN,
        board_id=BOARD,
        address="Board/1001",
        reason="created",
        expect=ExpectPin(pin_id=PIN, board_id=BOARD),
        confirms=Confirmed(run=LATER, action=ActionId("0001")),
        after=Home(board_id=BOARD, container="Board"),
    )
    (finding,) = undone(done(confirm, Receipt(created=PIN))).findings
    assert (finding.kind, finding.commands) == (FindingKind.NOT_UNDONE, (("undo", LATER),))


def test_an_undo_never_says_that_both_sides_agree():
    assert undone().compares is False


# -- the pin that comes back -----------------------------------------------------------------------------------------

TEMPLATE = "{board}/{section}/{created_at:%Y} {title} [{pin_id}]{slot}{ext}"


@pytest.mark.parametrize(
    ("facts", "head"),
    [
        ({"title": "Cat", "created_at": "2024-05-06T07:08:09"}, "Board/2024 Cat ["),
        ({"title": "Cat", "section_id": SECTION}, "Board/Kittens/Cat ["),
        ({"title": None}, "Board/["),
    ],
)
def test_its_file_is_named_by_the_template_around_the_new_id(facts, head):
    pin = replace(delete_remote().before, **facts)
    (file,) = created(pin, inputs(template=TEMPLATE)).files
    assert (file.head, file.tail, file.template) == (head, "].jpg", TEMPLATE)


@pytest.mark.promise("I29")
def test_pins_of_the_same_words_on_its_board_are_not_the_new_one():
    pin = replace(delete_remote().before, title="Cat")
    others = [
        replace(pin, id=PinId("1")),
        replace(pin, id=PinId("2"), title="Dog"),
        replace(pin, id=PinId("3"), section_id=SECTION),
        replace(pin, id=PinId("4")),
    ]
    assert created(pin, inputs(*others)).twins == ("1", "4")
