"""What follows from the outcome of a case, whole: each action with everything that is in it, each finding with its words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from pinplan.actions import (
    Adopt,
    AnyAction,
    CopyLocal,
    DeleteLocal,
    DeleteRemote,
    Download,
    Forget,
    MoveLocal,
    Rebind,
    Relocate,
    Replace,
)
from pinplan.actions.base import Placement
from pinplan.actions.expect import ExpectFile, ExpectFree, ExpectPin, expect_of
from pinplan.model.base import Tracked
from pinplan.model.ids import BoardId, PinId, RelPath, SectionId, Sha256
from pinplan.model.images import Content, FileFact
from pinplan.model.pins import Board, MediaType, Pin, PinImage, Rendition, Section
from pinplan.model.refused import Refused
from pinplan.model.snapshots import BoardSnapshot, LocalSnapshot, RemoteSnapshot
from pinplan.plan import Finding, FindingKind, Scope
from pinplan.policies.bundle import Policies
from pinplan.policies.mode import Mode, answers_of
from pinplan.policies.mtime import Mtime
from pinplan.policies.new_pin import NewPin
from pinplan.reconcile.case import Case
from pinplan.reconcile.displaced import SeenFile
from pinplan.reconcile.draft import Draft
from pinplan.reconcile.folders import Folders
from pinplan.reconcile.match import FileSides, PinSides, SeenPin
from pinplan.reconcile.places import Places
from pinplan.reconcile.refusals import Refusals
from pinplan.reconcile.rules import Rules
from pinplan.reconcile.scope import ScopeFilter
from pinplan.reconcile.truth import FileState, PinState
from tests.fakes import LIBRARY_ID, ME
from tests.reconcile.test_sides import base_of
from tests.worlds import tracked

TEMPLATE = "{board}/{title} [{pin_id}]{slot}{ext}"
URL = "https://i.pinimg.test/originals/a.png"
NOW = "2026-01-30T00:00:00Z"
PATH, SIGNED = RelPath("Board/Cat [501].jpg"), "a" * 32
SECTION = Section(id=SectionId("7"), name="Kittens")


def image(slot: int = 0, size: tuple[int, int] | None = (100, 200), **facts: Any) -> PinImage:
    width, height = size or (None, None)
    offered = (Rendition(size="originals", url=URL, width=width, height=height),)
    return PinImage(**{"slot": slot, "renditions": offered, "signature": SIGNED, **facts})


def pin(*images: PinImage, **facts: Any) -> Pin:
    mine: dict[str, Any] = {"board_id": BoardId("1"), "title": "Cat", "is_owner": True, "board_owner": ME.username}
    return Pin(id=PinId("501"), images=images or (image(),), **(mine | facts))


def record(path: str = PATH, slot: int = 0, **facts: Any) -> Tracked:
    known: dict[str, Any] = {"slot": slot, "template": TEMPLATE, "signature": SIGNED, "width": 100, "height": 200}
    return replace(tracked("501", path), **(known | facts))


def file(path: str = PATH, sha256: str = "f" * 64, size: int = 9, mtime_ns: int = 8, **content: Any) -> FileFact:
    known: dict[str, Any] = {"width": 30, "height": 40, "format": "PNG"}
    seen = Content(sha256=Sha256(sha256), **(known | content))
    return FileFact(path=RelPath(path), size=size, mtime_ns=mtime_ns, content=seen)


class Table:
    """Boards ``1`` (Board, with the section Kittens) and ``2`` (Other), and what rules make of cases on them."""

    def __init__(
        self,
        *pins: Pin,
        files: Sequence[FileFact] = (),
        records: Sequence[Tracked] = (),
        refused: Iterable[Refused] = (),
        here: Iterable[tuple[str, RelPath]] = (),
        scope: Scope | None = None,
        complete: bool = True,
        **policies: Any,
    ) -> None:
        boards = tuple(
            BoardSnapshot(
                board=Board(id=BoardId(number), name=name, owner=ME.username),
                pins=tuple(one for one in pins if one.board_id == number),
                sections=(SECTION,) if number == "1" else (),
                complete=complete,
                problem=None if complete else "HTTP 500",
            )
            for number, name in (("1", "Board"), ("2", "Other"))
        )
        self.pins = PinSides(RemoteSnapshot(account=ME, boards=boards))
        found = FileSides(LocalSnapshot(library_id=LIBRARY_ID, files=tuple(files)), base_of(*records), TEMPLATE)
        self.draft = Draft(Places(Folders(boards, records), found, TEMPLATE))
        self.rules = Rules(
            self.draft,
            self.pins,
            Policies(template=TEMPLATE, **policies),
            ScopeFilter(scope or Scope(), boards),
            Refusals(refused, NOW, 30),
            here,
        )

    def case(self, state: FileState, found: FileFact | None = None, exact: bool = False, **facts: Any) -> Case:
        seen = self.pins.pins.get(PinId("501"))
        known: dict[str, Any] = {
            "pin": PinState.PRESENT if seen else PinState.GONE,
            "file": SeenFile(state, found, exact=exact),
            "answers": answers_of(Mode.TWO_WAY),
            "seen": seen,
            "image": seen.pin.images[0] if seen and seen.pin.images else None,
        }
        if "record" in facts:
            known["records"] = (facts["record"],)
        return Case(**(known | facts))

    def actions(self, *cases: Case) -> list[AnyAction]:
        """What is done about cases; nothing is said."""
        for case in cases:
            self.rules.apply(case)
        assert self.draft.findings == []
        return self.draft.actions

    def finding(self, case: Case) -> Finding:
        """What is said of a case; nothing is done."""
        self.rules.apply(case)
        (finding,) = self.draft.findings
        assert self.draft.actions == []
        return finding


def placed(path: str = PATH, **facts: Any) -> Placement:
    known: dict[str, Any] = {"slot": 0, "board_id": BoardId("1"), "container": "Board", "signature": SIGNED}
    return Placement(path=RelPath(path), template=TEMPLATE, **(known | facts))


# -- fetched ---------------------------------------------------------------------------------------------------------

PNG = "Board/Cat [501].png"


def download(path: str = PNG, **facts: Any) -> Download:
    known: dict[str, Any] = {
        "address": "Board/501",
        "reason": "new_pin",
        "before": None,
        "after": placed(path),
        "renditions": image().renditions,
        "estimated_bytes": 3000,
    }
    expect = ExpectFree(free=RelPath(path))
    return Download(pin_id=PinId("501"), board_id=BoardId("1"), expect=expect, **(known | facts))


def test_a_new_image_is_downloaded():
    table = Table(pin())
    assert table.actions(table.case(FileState.NEVER_HERE)) == [download()]


def test_a_missing_image_is_downloaded_again_under_the_extension_that_it_had():
    table, known = Table(pin()), record()
    case = table.case(FileState.MISSING, record=known, answers=answers_of(Mode.MIRROR))
    assert table.actions(case) == [download(PATH, reason="removed_locally", before=known)]
    table, known = Table(pin(image(signature=None))), record(signature=None)
    case = table.case(FileState.MISSING, record=known, answers=answers_of(Mode.MIRROR))
    after = placed(PNG, signature=None)
    assert table.actions(case) == [download(reason="removed_locally", before=known, after=after)]
    table, known = Table(pin()), record(signature="b" * 32)
    case = table.case(FileState.MISSING, record=known, answers=answers_of(Mode.MIRROR))
    assert table.actions(case) == [download(reason="removed_locally", before=known)]


def test_an_image_of_a_carousel_is_downloaded_under_its_number():
    path = "Board/Cat [501]-2.png"
    table = Table(pin(image(1), image(2)))
    case = table.case(FileState.NEVER_HERE, image=image(2))
    assert table.actions(case) == [download(path, address="Board/501#2", after=placed(path, slot=2))]


def test_a_download_is_given_the_time_of_its_pin_where_that_is_asked_for():
    made = pin(created_at="2020-01-02T03:04:05Z")
    table = Table(made, mtime=Mtime.CREATED)
    (action,) = table.actions(table.case(FileState.NEVER_HERE))
    assert action == download(after=placed(PNG, mtime="2020-01-02T03:04:05Z"))
    table = Table(made)
    assert table.actions(table.case(FileState.NEVER_HERE)) == [download()]
    table = Table(pin(), mtime=Mtime.CREATED)
    assert table.actions(table.case(FileState.NEVER_HERE)) == [download()]


@pytest.mark.parametrize(
    ("size", "expected"), [((100, 200), 3000), ((None, 200), 30_000), ((100, None), 22_500), ((None, None), 225_000)]
)
def test_the_bytes_of_a_download_are_estimated_from_its_pixels(size, expected):
    table = Table(pin(image(size=size)))
    (action,) = table.actions(table.case(FileState.NEVER_HERE))
    assert isinstance(action, Download)
    assert action.estimated_bytes == expected


def test_a_video_is_downloaded_as_its_cover_and_that_is_said():
    table = Table(pin(image(cover=True)))
    table.rules.apply(table.case(FileState.NEVER_HERE))
    assert table.draft.actions == [download(renditions=image().renditions)]
    assert [one.kind for one in table.draft.findings] == [FindingKind.COVER_ONLY]


@pytest.mark.parametrize("offered", [None, image(renditions=())])
def test_what_pinterest_does_not_offer_is_not_fetched(offered):
    table = Table(pin())
    case = table.case(FileState.MISSING, image=offered, record=record(), answers=answers_of(Mode.MIRROR))
    assert table.finding(case).kind is FindingKind.WITHHELD


def test_an_image_that_is_here_under_the_same_address_is_copied():
    table = Table(pin(), here=[(URL, RelPath("Other/x.png"))])
    assert table.actions(table.case(FileState.NEVER_HERE)) == [
        CopyLocal(
            pin_id=PinId("501"),
            board_id=BoardId("1"),
            address="Board/501",
            reason="new_pin",
            expect=ExpectFree(free=RelPath(PNG)),
            before=None,
            after=placed(PNG),
            source=RelPath("Other/x.png"),
        )
    ]
    table, known = Table(pin(), here=[(URL, RelPath("Other/x.png"))]), record()
    (action,) = table.actions(table.case(FileState.MISSING, record=known, answers=answers_of(Mode.MIRROR)))
    assert isinstance(action, CopyLocal)
    assert (action.reason, action.before, action.after.path) == ("removed_locally", known, PATH)


def test_an_address_that_is_not_pinterests_own_is_never_copied_from():
    unsigned = image(signature=None)
    table = Table(pin(unsigned), here=[(URL, RelPath("Other/x.png"))])
    assert table.actions(table.case(FileState.NEVER_HERE)) == [download(after=placed(PNG, signature=None))]


def test_the_second_of_two_new_pins_with_one_image_is_copied_from_the_first():
    other = replace(pin(), id=PinId("502"))
    table = Table(pin(), other)
    first, second = table.actions(
        table.case(FileState.NEVER_HERE), table.case(FileState.NEVER_HERE, seen=table.pins.pins[other.id])
    )
    assert first == download()
    assert isinstance(second, CopyLocal)
    assert (second.pin_id, second.source, second.address) == ("502", PNG, "Board/502")


@pytest.mark.promise("I9")
def test_nothing_is_copied_from_what_the_plan_leaves_out():
    other = replace(pin(), id=PinId("502"), board_id=BoardId("2"))
    table = Table(pin(), other, scope=Scope(excludes=("Board",)))
    _, second = table.actions(
        table.case(FileState.NEVER_HERE), table.case(FileState.NEVER_HERE, seen=table.pins.pins[other.id])
    )
    assert isinstance(second, Download)
    table = Table(pin(), other, scope=Scope(excludes=("Cats",)))
    _, second = table.actions(
        table.case(FileState.NEVER_HERE), table.case(FileState.NEVER_HERE, seen=table.pins.pins[other.id])
    )
    assert isinstance(second, CopyLocal)


REFUSED = Refused(
    pin_id=PinId("501"),
    slot=0,
    image=SIGNED,
    reason="HTTP 403",
    runs=9,
    since="2026-01-29T00:00:00Z",
    last=NOW,
    answered=True,
)


def test_an_image_that_is_refused_again_and_again_is_only_reported_unless_it_is_asked_for_by_name():
    table = Table(pin(), refused=[REFUSED])
    found = table.finding(table.case(FileState.NEVER_HERE))
    assert (found.kind, found.commands) == (FindingKind.WITHHELD, (("plan", "--restore", "501"),))
    assert found.message.startswith("withheld: HTTP 403 since 2026-01-29")
    table = Table(pin(), refused=[REFUSED])
    assert table.actions(table.case(FileState.NEVER_HERE, restored=True)) == [download()]
    table = Table(pin(), refused=[REFUSED], here=[(URL, RelPath("Other/x.png"))])
    (action,) = table.actions(table.case(FileState.NEVER_HERE))
    assert isinstance(action, CopyLocal)


def test_a_place_that_is_taken_is_a_conflict():
    table = Table(pin(), files=[file(PNG)])
    found = table.finding(table.case(FileState.NEVER_HERE))
    assert (found.kind, found.message) == (FindingKind.CONFLICT, f"{PNG} is taken by {PNG}")


# -- fetched over a file ---------------------------------------------------------------------------------------------

DAMAGED = file(format=None, problem="it is empty", damage="it is empty")


def replaced(**facts: Any) -> Replace:
    known: dict[str, Any] = {
        "address": "Board/501",
        "reason": "damaged: it is empty",
        "expect": ExpectFile(path=PATH, size=9, mtime_ns=8, sha256=Sha256("f" * 64)),
        "before": record(),
        "after": placed(),
        "renditions": image().renditions,
        "estimated_bytes": 3000,
    }
    return Replace(pin_id=PinId("501"), board_id=BoardId("1"), **(known | facts))


def test_a_damaged_file_is_replaced():
    table = Table(pin(), files=[DAMAGED])
    assert table.actions(table.case(FileState.DAMAGED, DAMAGED, record=record())) == [replaced()]


def test_a_changed_file_is_replaced_only_by_name():
    changed = file()
    table = Table(pin(), files=[changed])
    assert table.finding(table.case(FileState.CHANGED, changed, record=record())).kind is FindingKind.MODIFIED_LOCALLY
    table = Table(pin(), files=[changed])
    case = table.case(FileState.CHANGED, changed, record=record(), restored=True)
    assert table.actions(case) == [replaced(reason="restored")]


@pytest.mark.parametrize(
    ("moved_to", "known", "complete", "path"),
    [
        ("2", record(), True, "Other/Cat [501].jpg"),
        ("2", record(), False, PATH),
        ("1", record(template="{pin_id}{slot}{ext}"), True, PATH),
        ("1", record("Board/x.jpg", template="{pin_id}{slot}{ext}"), True, PATH),
        ("1", record("Board/x.jpg", template="{pin_id}{slot}{ext}"), False, "Board/x.jpg"),
        ("1", record("Board/x.jpg"), True, "Board/x.jpg"),
    ],
)
def test_a_damaged_file_is_replaced_where_its_pin_is_now(moved_to, known, complete, path):
    damaged = file(known.path, format=None, problem="it is empty", damage="it is empty")
    table = Table(pin(board_id=BoardId(moved_to)), files=[damaged], complete=complete)
    (action,) = table.actions(table.case(FileState.DAMAGED, damaged, record=known))
    assert isinstance(action, Replace)
    assert (action.after.path, action.before, action.board_id) == (path, known, moved_to)


@pytest.mark.parametrize(
    ("state", "restored", "what"),
    [(FileState.DAMAGED, False, "is damaged"), (FileState.CHANGED, True, "was changed here")],
)
@pytest.mark.parametrize("offered", [None, image(renditions=())])
def test_a_file_is_not_replaced_where_pinterest_offers_nothing(state, restored, what, offered):
    table = Table(pin(), files=[DAMAGED])
    case = table.case(state, DAMAGED, record=record(), restored=restored, image=offered)
    found = table.finding(case)
    assert (found.kind, found.message) == (
        FindingKind.WITHHELD,
        f"the file {what}, and Pinterest no longer offers this image",
    )


def test_a_damaged_file_whose_image_is_refused_is_only_reported():
    table = Table(pin(), files=[DAMAGED], refused=[REFUSED])
    found = table.finding(table.case(FileState.DAMAGED, DAMAGED, record=record()))
    assert found.message.startswith(f"{PATH} is damaged, and its image is withheld: HTTP 403")


AS_RECORDED = file(sha256="0" * 64, size=1, mtime_ns=1)


def in_place(table: Table, known: Tracked, **facts: Any) -> Case:
    return table.case(FileState.AS_RECORDED, AS_RECORDED, exact=True, record=known, **facts)


def test_a_pin_that_shows_another_image_keeps_its_file_unless_that_is_asked_for_by_name():
    known = record(signature="b" * 32)
    table = Table(pin(), files=[AS_RECORDED])
    found = table.finding(in_place(table, known))
    assert (found.kind, found.commands) == (FindingKind.ANOTHER_IMAGE, (("plan", "--restore", "501"),))
    table = Table(pin(), files=[AS_RECORDED])
    assert table.actions(in_place(table, known, restored=True)) == [
        replaced(reason="another_image", expect=expect_of(known), before=known)
    ]


@pytest.mark.promise("I20")
@pytest.mark.parametrize("restored", [True, False])
def test_fewer_pixels_of_another_image_never_take_a_files_place(restored):
    known = record(signature="b" * 32, width=101)
    table = Table(pin(), files=[AS_RECORDED])
    found = table.finding(in_place(table, known, restored=restored))
    assert (found.kind, found.commands) == (FindingKind.ANOTHER_IMAGE, ())


@pytest.mark.parametrize("state", [True, False])
def test_another_image_does_not_keep_a_file_from_following_its_pin(state):
    known = record(signature="b" * 32)
    table = Table(pin(board_id=BoardId("2")), files=[AS_RECORDED])
    table.rules.apply(in_place(table, known, restored=state))
    assert [type(action) for action in table.draft.actions] == [Replace if state else MoveLocal]
    assert [one.kind for one in table.draft.findings] == ([] if state else [FindingKind.ANOTHER_IMAGE])


@pytest.mark.promise("I19")
@pytest.mark.parametrize("refused", [[], [replace(REFUSED, runs=1)]], ids=["placeholder", "refused once"])
def test_a_file_that_stands_for_a_larger_one_is_fetched_again_in_the_sizes_that_are_larger(refused):
    size: dict[str, Any] = {"width": 50, "height": 100} if refused else {"width": 10, "height": 10}
    known, larger = record(**size), image().renditions[0]
    small = Rendition(size="10x", url="small", width=10, height=10)
    table = Table(pin(image(renditions=(larger, small))), files=[AS_RECORDED], refused=refused)
    assert table.actions(in_place(table, known)) == [
        replaced(reason="better_size", expect=expect_of(known), before=known)
    ]


SMALL, HALF = {"width": 10, "height": 10}, {"width": 50, "height": 100}


@pytest.mark.parametrize(
    ("facts", "mode", "refused", "kind", "why", "again"),
    [
        (SMALL, Mode.ARCHIVE, [], FindingKind.BETTER_SIZE, "; fetch it with: pinplan plan --restore 501", "501"),
        (SMALL, Mode.TWO_WAY, [REFUSED], FindingKind.BETTER_SIZE, "withheld: HTTP 403 since 2026-01-29", "502"),
        (SMALL, Mode.ARCHIVE, [REFUSED], FindingKind.BETTER_SIZE, "withheld: HTTP 403 since 2026-01-29", "502"),
        (HALF, Mode.TWO_WAY, [], FindingKind.SMALLER, "is 50×100, Pinterest has 100×200", None),
        (SMALL | {"signature": None}, Mode.TWO_WAY, [], FindingKind.SMALLER, "is 10×10, Pinterest has", None),
    ],
)
def test_a_smaller_file_stays_with_the_way_to_a_larger_one(facts, mode, refused, kind, why, again):
    known, answers = record(**facts), answers_of(mode)
    shared = [replace(one, pin_id=PinId("502")) for one in refused]
    table = Table(pin(), files=[AS_RECORDED], refused=shared)
    found = table.finding(in_place(table, known, answers=answers))
    assert (found.kind, found.commands) == (kind, (("plan", "--restore", again),) if again else ())
    assert why in found.message
    table = Table(pin(board_id=BoardId("2")), files=[AS_RECORDED], refused=shared)
    table.rules.apply(in_place(table, known, answers=answers))
    assert [type(action) for action in table.draft.actions] == [MoveLocal], "it follows its pin all the same"


@pytest.mark.parametrize(("board", "path"), [("1", PATH), ("2", "Other/Cat [501].jpg")])
@pytest.mark.parametrize("facts", [SMALL, SMALL | {"signature": None}])
def test_a_larger_image_is_fetched_by_name(facts, board, path):
    known = record(**facts)
    table = Table(pin(board_id=BoardId(board)), files=[AS_RECORDED], refused=[REFUSED])
    (action,) = table.actions(in_place(table, known, restored=True, answers=answers_of(Mode.ARCHIVE)))
    assert isinstance(action, Replace)
    assert (action.reason, action.before, action.after.path) == ("better_size", known, path)


# -- here already ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("exact", "signature"), [(True, SIGNED), (False, None)])
def test_a_file_that_is_here_is_adopted_as_it_is(exact, signature):
    table = Table(pin(section_id=SECTION.id))
    after = Tracked(
        pin_id=PinId("501"),
        slot=0,
        path=RelPath("x.png"),
        size=9,
        mtime_ns=8,
        sha256=Sha256("f" * 64),
        width=30,
        height=40,
        format="PNG",
        board_id=BoardId("1"),
        section_id=SECTION.id,
        container="Board/Kittens",
        template=TEMPLATE,
        signature=signature,
    )
    assert table.actions(table.case(FileState.RECOGNISED, file("x.png"), exact=exact)) == [
        Adopt(
            pin_id=PinId("501"),
            board_id=BoardId("1"),
            address="Board/Kittens/501",
            reason="already_here",
            expect=expect_of(after),
            after=after,
        )
    ]


def test_a_file_is_adopted_once():
    table, here = Table(pin()), file("x.png")
    table.rules.apply(table.case(FileState.RECOGNISED, here))
    table.rules.apply(table.case(FileState.RECOGNISED, here))
    assert [type(action) for action in table.draft.actions] == [Adopt]
    (found,) = table.draft.findings
    assert (found.kind, found.message) == (FindingKind.CONFLICT, "x.png is taken for another image by this plan")


def test_of_a_file_that_is_no_picture_nothing_is_known_but_its_bytes():
    table = Table(pin())
    (action,) = table.actions(table.case(FileState.RECOGNISED, file("x.png", width=None, height=None, format=None)))
    assert isinstance(action, Adopt)
    assert (action.after.width, action.after.height, action.after.format) == (0, 0, "")


def as_it_is(path: str, **facts: Any) -> Tracked:
    known: dict[str, Any] = {
        "path": RelPath(path),
        "size": 9,
        "mtime_ns": 8,
        "sha256": Sha256("f" * 64),
        "width": 30,
        "height": 40,
        "format": "PNG",
        "signature": None,
        "doubtful": None,
    }
    return replace(record(), **(known | facts))


MOVED = file("Board/x.jpg", sha256="0" * 64)
SAME_BYTES = replace(record(), path=RelPath("Board/x.jpg"), size=9, mtime_ns=8)


def relocated(after: Tracked, reason: str) -> Relocate:
    return Relocate(
        pin_id=PinId("501"),
        board_id=BoardId("1"),
        address="Board/501",
        reason=reason,
        expect=expect_of(after),
        before=record(),
        after=after,
    )


def test_a_renamed_file_is_agreed_on_where_it_is():
    table = Table(pin())
    case = table.case(FileState.RENAMED, MOVED, exact=True, record=record())
    assert table.actions(case) == [relocated(SAME_BYTES, "renamed_here")]


@pytest.mark.parametrize(
    ("found", "after"),
    [
        (file("x.png"), as_it_is("x.png")),
        (file("x.png", problem="its end is missing"), as_it_is("x.png", doubtful="its end is missing")),
        (file("x.png", width=None, height=None), as_it_is("x.png", width=0, height=0)),
        (MOVED, SAME_BYTES),
    ],
)
def test_a_moved_file_is_agreed_on_by_name_with_what_is_in_it(found, after):
    table = Table(pin())
    case = table.case(FileState.MOVED, found, record=record(), accepted=True)
    assert table.actions(case) == [relocated(after, "accepted")]


def test_a_file_is_agreed_on_for_one_image_only():
    table = Table(pin())
    for state in (FileState.RENAMED, FileState.RENAMED):
        table.rules.apply(table.case(state, MOVED, exact=True, record=record()))
    assert [type(action) for action in table.draft.actions] == [Relocate]
    assert [one.kind for one in table.draft.findings] == [FindingKind.CONFLICT]


def test_a_moved_file_that_was_not_looked_into_is_agreed_on_by_name_as_it_was():
    table, found = Table(pin()), FileFact(path=MOVED.path, size=9, mtime_ns=8)
    case = table.case(FileState.MOVED, found, record=record(), accepted=True)
    assert table.actions(case) == [relocated(SAME_BYTES, "accepted")]


@pytest.mark.parametrize("broken", [{"format": None}, {"damage": "it is empty", "problem": "it is empty"}])
def test_what_is_no_image_is_not_agreed_on(broken):
    table, found = Table(pin()), file("x.png", **broken)
    said = table.finding(table.case(FileState.MOVED, found, record=record(), accepted=True))
    assert said.message == f"x.png cannot be taken for {PATH}: it is no image, or a broken one"
    table, found = Table(pin()), file(**broken)
    said = table.finding(table.case(FileState.CHANGED, found, record=record(), accepted=True))
    assert said.message == f"{PATH} cannot be accepted: it is no image, or a broken one"


def test_a_changed_file_is_agreed_on_by_name():
    table, after = Table(pin()), as_it_is(PATH)
    assert table.actions(table.case(FileState.CHANGED, file(), record=record(), accepted=True)) == [
        Adopt(
            pin_id=PinId("501"),
            board_id=BoardId("1"),
            address="Board/501",
            reason="accepted",
            expect=expect_of(after),
            before=record(),
            after=after,
        )
    ]


def test_a_moved_file_goes_back_by_name():
    table = Table(pin(), files=[MOVED])
    case = table.case(FileState.MOVED, MOVED, exact=True, record=record(), restored=True)
    assert table.actions(case) == [
        MoveLocal(
            pin_id=PinId("501"),
            board_id=BoardId("1"),
            address="Board/501",
            reason="restored",
            expect=expect_of(SAME_BYTES),
            before=SAME_BYTES,
            after=placed(),
            same_bytes=True,
        )
    ]


def test_other_bytes_do_not_go_back():
    table = Table(pin())
    found = table.finding(table.case(FileState.MOVED, file("x.jpg"), record=record(), restored=True))
    assert (found.kind, found.moved_to, found.path) == (FindingKind.MOVED_LOCALLY, "x.jpg", PATH)
    assert found.message == f"x.jpg has other bytes than {PATH} had: it is not moved back"


# -- moved and removed -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "known", "path", "container", "reason"),
    [
        (pin(board_id=BoardId("2")), record(), "Other/Cat [501].jpg", "Other", "other_board"),
        (pin(section_id=SECTION.id), record(), PATH, "Board/Kittens", None),
        (pin(), record("x.jpg", template="{pin_id}{slot}{ext}"), PATH, "Board", "new_template"),
        (pin(), record("Old/Cat [501].jpg", container="Old"), PATH, "Board", "renamed"),
        (pin(), record("Board/Dog [501].jpg"), None, "Board", None),
    ],
)
def test_a_file_follows_its_pin_its_board_and_the_template(now, known, path, container, reason):
    table = Table(now)
    here = replace(AS_RECORDED, path=known.path)
    made = table.actions(table.case(FileState.AS_RECORDED, here, exact=True, record=known))
    if reason is None:
        assert made == []
        return
    assert made == [
        MoveLocal(
            pin_id=PinId("501"),
            board_id=now.board_id,
            address=f"{container}/501",
            reason=reason,
            expect=expect_of(known),
            before=known,
            after=placed(path, board_id=now.board_id, section_id=now.section_id, container=container),
        )
    ]


@pytest.mark.parametrize(
    ("offered", "kind", "message"),
    [
        (None, FindingKind.WITHHELD, "Pinterest no longer offers this image; the file stays"),
        (image(cover=True), FindingKind.COVER_ONLY, "a video: only its cover image can be had"),
    ],
)
def test_a_file_in_its_place_is_told_of_where_pinterest_has_no_image_like_it(offered, kind, message):
    table = Table(pin())
    found = table.finding(in_place(table, record(), image=offered))
    assert (found.kind, found.message, found.pin_id, found.path) == (kind, message, "501", PATH)
    assert found.moved_to is None


def test_the_cover_of_a_video_follows_its_pin():
    table = Table(pin(image(cover=True), board_id=BoardId("2")))
    table.rules.apply(in_place(table, record()))
    assert [type(action) for action in table.draft.actions] == [MoveLocal]


MOVED_AWAY = file("Board/x.jpg", sha256="0" * 64)


@pytest.mark.parametrize(
    ("state", "facts", "board", "kind"),
    [
        (FileState.MOVED, {}, "1", FindingKind.MOVED_LOCALLY),
        (FileState.MOVED, {}, "2", FindingKind.CONFLICT),
        (FileState.RENAMED, {}, "2", FindingKind.CONFLICT),
        (FileState.MOVED, {"accepted": True}, "2", None),
        (FileState.RENAMED, {"accepted": True}, "2", None),
        (FileState.RENAMED, {}, "1", None),
    ],
)
def test_a_file_that_was_moved_here_while_its_pin_was_moved_there_is_a_conflict(state, facts, board, kind):
    table = Table(pin(board_id=BoardId(board)))
    case = table.case(state, MOVED_AWAY, exact=True, record=record(), **facts)
    if kind is None:
        assert [type(action) for action in table.actions(case)] == [Relocate]
    else:
        assert table.finding(case).kind is kind


@pytest.mark.promise("I9")
@pytest.mark.parametrize(
    ("scope", "counted"),
    [
        (Scope(), {"1": {"501"}}),
        (Scope(targets=("Board",)), {"1": {"501"}}),
        (Scope(targets=("501",)), {"1": {"501"}}),
        (Scope(targets=("Other",)), {}),
    ],
)
def test_pins_that_are_not_fetched_are_counted_where_the_plan_is_about_them(scope, counted):
    table = Table(pin(), scope=scope)
    case = table.case(FileState.NEVER_HERE, answers=replace(answers_of(Mode.ARCHIVE), new_pin=NewPin.IGNORE))
    assert table.actions(case) == []
    assert table.rules.not_fetched == counted
    table = Table()
    assert table.actions(table.case(FileState.NEVER_HERE)) == []
    assert table.rules.not_fetched == {}


def test_a_finding_about_a_pin_has_its_address():
    table = Table(pin(section_id=SECTION.id))
    table.draft.note(FindingKind.WITHHELD, pin(section_id=SECTION.id), "why")
    table.draft.note_at(FindingKind.UNKNOWN, "a/b", "why")
    assert table.draft.findings == [
        Finding(kind=FindingKind.WITHHELD, address="Board/Kittens/501", pin_id=PinId("501"), message="why"),
        Finding(kind=FindingKind.UNKNOWN, address="a/b", message="why", count=1),
    ]


def test_a_file_does_not_follow_where_a_listing_is_not_complete():
    table = Table(pin(board_id=BoardId("2")), complete=False)
    found = table.finding(in_place(table, record()))
    assert (found.kind, found.message) == (
        FindingKind.UNKNOWN,
        "it seems to have moved, but a listing is not complete",
    )


def test_the_file_of_a_pin_that_is_gone_goes_to_the_trash():
    table = Table()
    case = table.case(FileState.AS_RECORDED, AS_RECORDED, exact=True, record=record())
    assert table.actions(case) == [
        DeleteLocal(
            pin_id=PinId("501"),
            board_id=BoardId("1"),
            address="Board/501",
            reason="removed_on_pinterest",
            destructive=True,
            expect=expect_of(record()),
            before=record(),
        )
    ]


def test_what_is_gone_on_both_sides_is_forgotten():
    table, known = Table(), record(slot=2)
    assert table.actions(table.case(FileState.MISSING, record=known)) == [
        Forget(
            pin_id=PinId("501"),
            board_id=BoardId("1"),
            address="Board/501#2",
            reason="gone_on_both_sides",
            expect=ExpectFree(free=PATH),
            before=known,
        )
    ]


def test_the_pin_of_files_that_were_removed_here_is_deleted_once():
    now = pin(image(1), image(2), section_id=SECTION.id)
    table, known = Table(now), (record(slot=1), record("Board/b.jpg", slot=2))
    cases = [table.case(FileState.MISSING, record=one, records=known) for one in known]
    assert table.actions(*cases) == [
        DeleteRemote(
            pin_id=PinId("501"),
            board_id=BoardId("1"),
            address="Board/Kittens/501",
            reason="removed_locally",
            destructive=True,
            reversible=True,
            expect=ExpectPin(pin_id=PinId("501"), board_id=BoardId("1"), section_id=SECTION.id),
            before=now,
            files=known,
        )
    ]


@pytest.mark.promise("I10")
@pytest.mark.parametrize("allowed", [("501",), ("Board",), ("B*",), ("id:1",), ("502",), ()])
def test_a_pin_of_another_person_is_deleted_only_where_the_config_says_so(allowed):
    table = Table(pin(is_owner=False), of_others=allowed)
    table.rules.apply(table.case(FileState.MISSING, record=record()))
    if allowed in {("502",), ()}:
        (found,) = table.draft.findings
        assert (table.draft.actions, found.kind) == ([], FindingKind.BLOCKED)
        assert found.message.endswith("not deleted on Pinterest: the pin is another person's")
        return
    (action,) = table.draft.actions
    assert isinstance(action, DeleteRemote)
    assert action.of_others is True
    table = Table(pin(), of_others=allowed)
    (action,) = table.actions(table.case(FileState.MISSING, record=record()))
    assert isinstance(action, DeleteRemote)
    assert action.of_others is UNSET, "it is ours"


def test_a_pin_that_cannot_be_made_again_is_deleted_as_such():
    table = Table(pin(image(cover=True), media_type=MediaType.VIDEO))
    (action,) = table.actions(table.case(FileState.MISSING, record=record()))
    assert isinstance(action, DeleteRemote)
    assert action.reversible is False


@pytest.mark.promise("I20")
@pytest.mark.parametrize(
    ("now", "known", "refused", "complete", "kind", "why"),
    [
        (pin(), record(), [], False, FindingKind.BLOCKED, "the listing of its board is not complete"),
        (pin(), record(signature="b" * 32), [], True, FindingKind.CONFLICT, "the pin shows another image now"),
        (pin(image(renditions=())), record(), [], True, FindingKind.BLOCKED, "no copy of its image could be kept"),
        (pin(image(1), image(2, renditions=())), record(slot=1), [], True, FindingKind.BLOCKED, "no copy of its image"),
        (pin(), record(), [REFUSED], True, FindingKind.WITHHELD, "not deleted on Pinterest: its image is withheld"),
        (
            pin(image(1, signature="c" * 32), image(2)),
            record(slot=2),
            [REFUSED],
            True,
            FindingKind.WITHHELD,
            "its image is withheld",
        ),
    ],
)
def test_a_pin_is_not_deleted_where_it_could_not_be_made_again(now, known, refused, complete, kind, why):
    table = Table(now, refused=refused, complete=complete)
    found = table.finding(table.case(FileState.MISSING, record=known))
    assert found.kind is kind
    assert why in found.message


# -- saved again -----------------------------------------------------------------------------------------------------


def rebound(table: Table, new: Pin, *known: Tracked) -> bool:
    cases = [table.case(FileState.AS_RECORDED, record=one, records=known) for one in known]
    return table.rules.rebind(cases, SeenPin(new, table.pins.boards[new.board_id]))


def test_a_pin_that_was_saved_again_takes_over_all_files():
    new = Pin(id=PinId("601"), board_id=BoardId("2"), title="New", images=(image(1), image(2)))
    known = record(slot=1), record("Board/b.png", slot=2)
    table = Table(new, files=[file(one.path) for one in known])
    assert rebound(table, new, *known)
    paths = ("Other/New [601]-1.jpg", "Other/New [601]-2.png")
    assert table.draft.actions == [
        Rebind(
            pin_id=PinId("601"),
            board_id=BoardId("2"),
            address=f"Other/601#{one.slot}",
            reason="saved_again",
            expect=expect_of(one),
            before=one,
            after=placed(path, slot=one.slot, board_id=BoardId("2"), container="Other"),
        )
        for one, path in zip(known, paths, strict=True)
    ]
    assert [table.draft.places.is_free(RelPath(path), own="") for path in paths] == [False, False]


def test_a_pin_that_was_saved_again_takes_over_no_file_where_one_place_is_taken():
    new = Pin(id=PinId("601"), board_id=BoardId("2"), title="New", images=(image(1), image(2)))
    table = Table(new, files=[file("Other/New [601]-2.jpg")])
    assert not rebound(table, new, record(slot=1), record("Board/b.jpg", slot=2))
    assert (table.draft.actions, table.draft.findings) == ([], [])


def test_a_single_image_is_saved_again_without_a_number():
    new = Pin(id=PinId("601"), board_id=BoardId("2"), title="New", images=(image(),))
    table = Table(new)
    assert rebound(table, new, record())
    assert [action.address for action in table.draft.actions] == ["Other/601"]
