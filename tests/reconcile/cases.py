"""Cases of the truth table made by hand, and a table on which rules are applied to them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from msgspec.structs import replace

from pinplan.actions import (
    AnyAction,
)
from pinplan.actions.placement import Placement
from pinplan.model.base import Refused, Tracked
from pinplan.model.ids import BoardId, PinId, RelPath, SectionId, Sha256
from pinplan.model.images import Content, FileFact
from pinplan.model.pins import Board, Pin, PinImage, Rendition, Section
from pinplan.model.snapshots import BoardSnapshot, LocalSnapshot, RemoteSnapshot
from pinplan.plan.document import Finding, Scope
from pinplan.policies.bundle import Policies
from pinplan.policies.mode import Mode, answers_of
from pinplan.reconcile.board_folders import BoardFolders
from pinplan.reconcile.displaced import SeenFile
from pinplan.reconcile.draft import Draft
from pinplan.reconcile.fetch_rules import RefusedImages
from pinplan.reconcile.match import FileSides, PinSides
from pinplan.reconcile.pair_state import PairState
from pinplan.reconcile.paths import ImagePaths
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
        self.draft = Draft(ImagePaths(BoardFolders(boards, records), found, TEMPLATE))
        self.rules = Rules(
            self.draft,
            self.pins,
            Policies(template=TEMPLATE, **policies),
            ScopeFilter(scope or Scope(), boards),
            RefusedImages(refused, NOW, 30),
            here,
        )

    def case(self, state: FileState, found: FileFact | None = None, exact: bool = False, **facts: Any) -> PairState:
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
        return PairState(**(known | facts))

    def actions(self, *cases: PairState) -> list[AnyAction]:
        """What is done about cases; nothing is said."""
        for case in cases:
            self.rules.apply(case)
        assert self.draft.findings == []
        return self.draft.actions

    def finding(self, case: PairState) -> Finding:
        """What is said of a case; nothing is done."""
        self.rules.apply(case)
        (finding,) = self.draft.findings
        assert self.draft.actions == []
        return finding


def placed(path: str = PATH, **facts: Any) -> Placement:
    known: dict[str, Any] = {"slot": 0, "board_id": BoardId("1"), "container": "Board", "signature": SIGNED}
    return Placement(path=RelPath(path), template=TEMPLATE, **(known | facts))


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


AS_RECORDED = file(sha256="0" * 64, size=1, mtime_ns=1)


def in_place(table: Table, known: Tracked, **facts: Any) -> PairState:
    return table.case(FileState.AS_RECORDED, AS_RECORDED, exact=True, record=known, **facts)


MOVED = file("Board/x.jpg", sha256="0" * 64)
SAME_BYTES = replace(record(), path=RelPath("Board/x.jpg"), size=9, mtime_ns=8)
