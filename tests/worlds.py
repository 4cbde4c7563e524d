"""A small world with both sides, a state and everything that a plan and an apply need."""

from __future__ import annotations

import itertools
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from pinplan.adapters import Adapters, PlanRequest
from pinplan.apply.executor import ExecutorOptions
from pinplan.apply.places import listed_places, place_found
from pinplan.apply.result import ApplyResult
from pinplan.duplicates.cache import Source
from pinplan.events import AnyEvent
from pinplan.model.base import Base, Tracked
from pinplan.model.ids import BoardId, Lineage, PinId, RelPath, RunId, SectionId, Sha256
from pinplan.model.pins import Board, MediaType, Pin, PinImage, Rendition, Section
from pinplan.pipeline import apply_plan, make_plan, make_undo
from pinplan.plan.document import Plan, Scope, kind_of
from pinplan.policies.bundle import Policies, in_mode
from pinplan.policies.mode import Mode
from pinplan.ports import Features
from pinplan.reconcile.checks import NAMES
from pinplan.reconcile.match import FileSides
from pinplan.records.plan_file import with_digest
from pinplan.records.seals import SealKey
from pinplan.records.state import State, create_state, open_state
from pinplan.snapshot.library_files import scan_library
from tests.fakes import (
    LIBRARY_ID,
    ME,
    Effects,
    FakeClock,
    FakeFaces,
    FakeImages,
    FakeLibrary,
    FakeRemote,
    FakeVideoHost,
    size_in,
)

LINEAGE = Lineage("00000000-0000-4000-8000-000000000002")
EVERYTHING = dict.fromkeys(NAMES, 1_000_000)
PLANNED: Counter[str] = Counter()
"""How often each kind stood in a plan since the test began: what `tests/properties/conftest.py` holds laws to."""


def rendition(shown: str, size: str = "1200x") -> Rendition:
    """An address whose last part says what the image shows, declared as large as the fakes' images are (``~WxH``)."""
    width, height = size_in(shown)
    return Rendition(size=size, url=f"https://images.test/{size}/{shown}.jpg", width=width, height=height)


class SmallWorld:
    """Pinterest, a library and a state; boards are named ``b0``, ``b1`` …, pins get ids by and by."""

    def __init__(self, folder: Path | None = None) -> None:
        self._temporary = None if folder else tempfile.TemporaryDirectory()
        home = folder or Path(self._temporary.name if self._temporary else "")
        self.path = home / "state.db"
        create_state(self.path, LIBRARY_ID, LINEAGE)
        self.state: State = open_state(self.path, LIBRARY_ID, LINEAGE)
        self.effects = Effects()
        self.remote = FakeRemote(self.effects)
        self.images = FakeImages()
        self.videos = FakeVideoHost(self.effects)
        self.library = FakeLibrary(self.effects)
        self.clock = FakeClock()
        self.seal_key = SealKey(home)
        self.fingerprinter = FakeFaces()
        self.features: Features | None = None
        self.events: list[AnyEvent] = []
        self.policies = Policies()
        self._numbers = itertools.count(1)

    def close(self) -> None:
        self.state.close()
        if self._temporary is not None:
            self._temporary.cleanup()

    def restart(self) -> None:
        """As after a crash: the state is opened anew, no more crashes."""
        self.state.close()
        self.state = open_state(self.path, LIBRARY_ID, LINEAGE)
        self.effects.crash_at = None

    def lose_the_state(self) -> None:
        """The library has a new, empty state, as after ``init --recover``."""
        self.state.close()
        for path in self.path.parent.iterdir():
            if path.name.startswith((self.path.name, "audit")):
                path.unlink()
        create_state(self.path, LIBRARY_ID, LINEAGE)
        self.state = open_state(self.path, LIBRARY_ID, LINEAGE)

    # -- Pinterest

    def board(self, name: str, *, owner: str = ME.username) -> BoardId:
        board_id = BoardId(str(100 + next(self._numbers)))
        self.remote.boards_by_id[board_id] = Board(id=board_id, name=name, owner=owner)
        self.remote.sections_of[board_id] = {}
        return board_id

    def rename_board(self, board_id: BoardId, name: str) -> None:
        self.remote.boards_by_id[board_id] = replace(self.remote.boards_by_id[board_id], name=name)

    def section(self, board_id: BoardId, name: str) -> SectionId:
        section_id = SectionId(str(500 + next(self._numbers)))
        self.remote.sections_of[board_id][section_id] = Section(id=section_id, name=name)
        return section_id

    def pin(
        self,
        board_id: BoardId,
        title: str | None = "Title",
        *,
        section_id: SectionId | None = None,
        slots: int = 1,
        is_owner: bool | None = True,
        cover: bool = False,
        shown: str | None = None,
        **facts: Any,
    ) -> PinId:
        pin_id = PinId(str(9000 + next(self._numbers)))
        numbers = range(1, slots + 1) if slots > 1 else (0,)
        images = tuple(
            PinImage(
                slot=slot,
                renditions=(rendition(shown or f"{pin_id}-{slot}"), rendition(shown or f"{pin_id}-{slot}", "600x")),
                cover=cover,
                signature=None if shown else f"{int(pin_id):016x}{slot:016x}",
            )
            for slot in numbers
        )
        self.remote.pins_by_id[pin_id] = Pin(
            id=pin_id,
            board_id=board_id,
            section_id=section_id,
            title=title,
            is_owner=is_owner,
            board_owner=self.remote.boards_by_id[board_id].owner,
            media_type=MediaType.IMAGES if slots > 1 else MediaType.IMAGE,
            images=images,
            **facts,
        )
        return pin_id

    def offer(self, pin_id: PinId, *sizes: str, signature: str | None = None) -> list[str]:
        """Let the image of a pin be had in these sizes, ``800x600`` first; their addresses."""
        renditions = tuple(rendition(f"{pin_id}-0~{size}", size) for size in sizes)
        pin = self.remote.pins_by_id[pin_id]
        image = replace(pin.images[0], renditions=renditions, signature=signature)
        self.remote.pins_by_id[pin_id] = replace(pin, images=(image,))
        return [one.url for one in renditions]

    def move_pin(self, pin_id: PinId, board_id: BoardId, section_id: SectionId | None = None) -> None:
        pin = self.remote.pins_by_id[pin_id]
        self.remote.pins_by_id[pin_id] = replace(pin, board_id=board_id, section_id=section_id)

    def save_again(self, pin_id: PinId, board_id: BoardId, title: str | None = "Saved again") -> PinId:
        """The very same images under a new id, and the pin deleted: how a pin is moved where Pinterest lets nobody move it."""
        old = self.remote.pins_by_id.pop(pin_id)
        again = self.pin(board_id, title)
        new = self.remote.pins_by_id[again]
        self.remote.pins_by_id[again] = replace(new, images=old.images, media_type=old.media_type)
        return again

    # -- pinplan

    def adapters(self) -> Adapters:
        return Adapters(
            remote=self.remote,
            images=self.images,
            library=self.library,
            state=self.state,
            clock=self.clock,
            videos=self.videos,
            seal_key=self.seal_key,
            fingerprinter=self.fingerprinter,
            features=self.features,
            emit=self.events.append,
        )

    def mode(self, mode: Mode) -> None:
        self.policies = in_mode(self.policies, mode)

    def plan(self, *, allow: dict[str, int] | None = None, scope: Scope | None = None, **changes: object) -> Plan:
        policies = replace(self.policies, **changes) if changes else self.policies
        request = PlanRequest(policies=policies, allow=EVERYTHING if allow is None else allow, scope=scope or Scope())
        return counted(make_plan(self.adapters(), request))

    def sealed(self, plan: Plan) -> Plan:
        """A plan that was changed, as if pinplan had made it so here."""
        return self.seal_key.sealed(with_digest(plan))

    def undo(self, run: str | None = None, *, allow: dict[str, int] | None = None) -> Plan:
        request = PlanRequest(policies=self.policies, allow=EVERYTHING if allow is None else allow)
        return counted(make_undo(self.adapters(), request, RunId(run) if run else None))

    def apply(self, plan: Plan | None = None, settings: ExecutorOptions | None = None) -> ApplyResult:
        return apply_plan(self.adapters(), plan or self.plan(), settings)

    def resume(self, plan: Plan, settings: ExecutorOptions | None = None) -> ApplyResult:
        """Apply a plan again after a crash. A create of which nothing is on Pinterest is resolved by a person first."""
        for record in self.state.creates.pending():
            there = [p for p in self.remote.pins_by_id.values() if record.intent.may_be(p)]
            if record.created is None and all(pin.id in record.intent.before for pin in there):
                self.state.resolve(record, None, "2026-01-01T00:00:00Z")
        for place in self.state.places.pending():
            if place_found(place.intent, listed_places(self.remote, place.intent.board_id)) is None:
                self.state.resolve_place(place, None, "2026-01-01T00:00:00Z")
        return self.apply(plan, settings)

    def where_files_are(self) -> tuple[Base, FileSides]:
        source = Source(fingerprinter=self.fingerprinter, read=self.library.read)
        return scan_library(self.library, self.state, self.policies.template, source, self.clock)

    def path_of(self, pin_id: PinId, slot: int = 0) -> str:
        """Where the base has the file of a pin."""
        return next(t.path for t in self.state.base().tracked if (t.pin_id, t.slot) == (pin_id, slot))

    def places(self) -> dict[PinId, tuple[BoardId, SectionId | None]]:
        """Board and section of every pin."""
        return {pin.id: (pin.board_id, pin.section_id) for pin in self.remote.pins_by_id.values()}

    def names(self) -> dict[str, str]:
        """Names of all boards and sections."""
        found: dict[str, str] = {board.id: board.name for board in self.remote.boards_by_id.values()}
        for of_board in self.remote.sections_of.values():
            found |= {section.id: section.name for section in of_board.values()}
        return found

    def seen(self) -> tuple[dict[str, bytes], set[PinId], set[tuple[PinId, int, RelPath]]]:
        """Files, pins and base as they can be compared between two worlds."""
        base = {(t.pin_id, t.slot, t.path) for t in self.state.base().tracked}
        return dict(self.library.files), set(self.remote.pins_by_id), base


def counted(plan: Plan) -> Plan:
    """The plan, its kinds counted."""
    PLANNED.update(kinds(plan))
    return plan


def tracked(pin_id: str, path: str) -> Tracked:
    """A record of a file of which nothing but pin and path matters."""
    return Tracked(
        pin_id=PinId(pin_id),
        slot=0,
        path=RelPath(path),
        size=1,
        mtime_ns=1,
        sha256=Sha256("0" * 64),
        width=1,
        height=1,
        format="JPEG",
        board_id=BoardId("1"),
        container="Board",
        template="{pin_id}{slot}{ext}",
    )


def kinds(plan: Plan) -> list[str]:
    """The kinds of a plan's actions, in order."""
    return [kind_of(action) for action in plan.actions]


def findings(plan: Plan) -> list[str]:
    """The kinds of a plan's findings, in order."""
    return [finding.kind.value for finding in plan.findings]
