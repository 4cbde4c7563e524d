"""Build the read-only objects of `pinplan.library_view.objects` from snapshots."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, NamedTuple

from pinplan.build_plan import take_snapshots
from pinplan.duplicates.cache import Fingerprints
from pinplan.duplicates.find import DuplicateScanRequest, ScannedFiles
from pinplan.duplicates.report import find_file_groups
from pinplan.library_view.objects import BoardView, DuplicateGroup, ImageView, LibraryView, PinView, SectionView
from pinplan.model.matching import selector
from pinplan.model.pins import unnamed_section
from pinplan.model.text_form import fold
from pinplan.reconcile.match import FileSides, PinSides
from pinplan.reconcile.truth import FileState, PinState

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pinplan.adapters import Adapters, PlanRequest
    from pinplan.model.base import Tracked
    from pinplan.model.ids import BoardId, PinId, RelPath, SectionId, Sha256
    from pinplan.model.pins import Pin
    from pinplan.model.similarity import Fingerprint, Tier
    from pinplan.model.snapshots import BoardSnapshot
    from pinplan.policies.duplicates import KeepRule
    from pinplan.snapshot.saved import Snapshots

_MISSING = {FileState.MISSING, FileState.PARTLY_MISSING}
_ON_PINTEREST = {PinState.PRESENT: True, PinState.GONE: False, PinState.UNKNOWN: None}


def view_library(adapters: Adapters, request: PlanRequest) -> LibraryView:
    """Look at both sides, as a plan does; missing fingerprints are computed and cached."""
    snapshots = take_snapshots(adapters, request)
    sides = FileSides(snapshots.local, snapshots.base, request.policies.template)
    files = list(_files(snapshots.base.tracked, sides))
    return _Maker(snapshots, files, _fingerprints(adapters, files)).view()


def find_duplicates(
    adapters: Adapters, images: Sequence[ImageView], tiers: frozenset[Tier], order: Sequence[KeepRule]
) -> tuple[DuplicateGroup, ...]:
    """Groups of images that show the same picture."""
    if adapters.source is None:
        return ()
    by_path = {str(image.path): image for image in images}
    wanted = [ScannedFiles(path=image.path, sha256=image.sha256) for image in images]
    request = DuplicateScanRequest(files=wanted, source=adapters.source, tiers=tiers)
    report = find_file_groups(request, adapters.state.fingerprints, adapters.emit, order=order, of_library=True)
    groups = [(group.tier, [by_path[file.path] for file in group.files]) for group in report.groups]
    return tuple(DuplicateGroup(tier=tier, keeper=first, others=tuple(others)) for tier, (first, *others) in groups)


class _File(NamedTuple):
    """A record of the base, and the present path of its file; None if missing."""

    record: Tracked
    path: RelPath | None


def _files(tracked: Iterable[Tracked], sides: FileSides) -> Iterable[_File]:
    for record in tracked:
        seen = sides.recorded(record)
        # A file whose state is unknown is in neither list: it is neither shown nor reported as missing (I2).
        if seen.file is not None:
            yield _File(record, seen.file.path)
        elif seen.state in _MISSING:
            yield _File(record, None)


def _fingerprints(adapters: Adapters, files: Sequence[_File]) -> dict[Sha256, Fingerprint]:
    paths = {file.record.sha256: file.path for file in files if file.path is not None}
    if adapters.source is None:
        return {}
    found = Fingerprints(paths, adapters.source, adapters.state.fingerprints)
    found.take(adapters.emit)
    taken = {sha256: found.of(sha256) for sha256 in paths if sha256 not in found.unread}
    return {sha256: fingerprint for sha256, fingerprint in taken.items() if fingerprint is not None}


def _with_above(address: str) -> Iterable[str]:
    """An address and all its ancestors: as a target, each of them selects it."""
    parts = address.split("/")
    return ("/".join(parts[:end]) for end in range(1, len(parts) + 1))


class _Maker:
    """Assembles the views, each image and each pin once."""

    def __init__(self, snapshots: Snapshots, files: Sequence[_File], fingerprints: dict[Sha256, Fingerprint]) -> None:
        self._remote = snapshots.remote
        self._sides = PinSides(snapshots.remote)
        self._fingerprints = fingerprints
        self._sections: dict[BoardId, dict[SectionId, str]] = {
            one.board.id: {section.id: section.name for section in one.sections} for one in snapshots.remote.boards
        }
        missing = [file.record for file in files if file.path is None]
        self._named = Counter(
            above
            for one in snapshots.remote.boards
            for section in one.sections
            for above in _with_above(fold(f"{one.board.name}/{section.name}"))
        )
        self._removed = {record.pin_id for record in missing if record.duplicate_of is None}
        self._images = sorted(
            (self._image(file.record, file.path) for file in files if file.path is not None), key=lambda one: one.path
        )
        # By slot here, by path above: a pin's images keep the order of the carousel.
        self._of_pin: dict[PinId, list[ImageView]] = defaultdict(list)
        for image in sorted(self._images, key=lambda one: one.slot):
            self._of_pin[image.pin_id].append(image)
        for record in missing:
            # Removed as a duplicate: the file of the kept pin stands for it.
            if record.duplicate_of is not None:
                self._of_pin[record.pin_id] = self._of_pin.get(record.duplicate_of, [])
        self._of_board: dict[BoardId, list[ImageView]] = defaultdict(list)
        for image in self._images:
            self._of_board[image.board_id].append(image)

    def view(self) -> LibraryView:
        """Everything."""
        # Boards that the config leaves out were not listed: they would look empty.
        boards = tuple(self._board(one) for one in self._remote.boards if one.listed)
        return LibraryView(
            account=self._remote.account,
            boards=boards,
            pins=tuple(pin for board in boards for pin in board.pins),
            images=tuple(self._images),
        )

    def _board(self, seen: BoardSnapshot) -> BoardView:
        board = seen.board
        pins = tuple(self._pin(pin, seen) for pin in seen.pins)
        images = tuple(self._of_board.get(board.id, ()))
        return BoardView(
            id=board.id,
            name=board.name,
            description=board.description,
            privacy=board.privacy,
            owner=board.owner,
            sections=tuple(
                SectionView(
                    id=section.id,
                    name=section.name,
                    board=board.name,
                    ambiguous=self._is_ambiguous(f"{board.name}/{section.name}"),
                    pins=tuple(pin for pin in pins if pin.section_id == section.id),
                    images=tuple(image for image in images if image.section_id == section.id),
                )
                for section in seen.sections
            ),
            pins=pins,
            images=images,
            problem=seen.partial,
        )

    def _is_ambiguous(self, address: str) -> bool:
        """Whether the address, used as a target, selects more than one section."""
        return selector(address).is_pattern or self._named[fold(address)] > 1

    def _pin(self, pin: Pin, seen: BoardSnapshot) -> PinView:
        # Renditions are sorted best first when they are decoded.
        best = [image.renditions[0] for image in pin.images if image.renditions]
        return PinView(
            id=pin.id,
            board_id=pin.board_id,
            board=seen.board.name,
            section_id=pin.section_id,
            section=self._section(pin.board_id, pin.section_id),
            title=pin.title,
            description=pin.description,
            link=pin.link,
            alt_text=pin.alt_text,
            created_at=pin.created_at,
            is_owner=pin.is_owner,
            media_type=pin.media_type,
            image_urls=tuple(rendition.url for rendition in best),
            declared_size=(best[0].width, best[0].height) if best else (None, None),
            images=tuple(self._of_pin.get(pin.id, ())),
            removed_here=pin.id in self._removed,
        )

    def _image(self, record: Tracked, path: RelPath) -> ImageView:
        state, _ = self._sides.of_base(record.pin_id, record.board_id)
        listed = self._sides.pins.get(record.pin_id)
        # Where Pinterest has the pin now; the base only for one that is in no listing.
        board_id, section_id = (
            (listed.pin.board_id, listed.pin.section_id) if listed is not None else (record.board_id, record.section_id)
        )
        board = self._sides.boards.get(board_id)
        folder, _, below = record.container.partition("/")
        fingerprint = self._fingerprints.get(record.sha256)
        return ImageView(
            path=path,
            pin_id=record.pin_id,
            slot=record.slot,
            board_id=board_id,
            board=board.board.name if board is not None else folder,
            section_id=section_id,
            section=self._section(board_id, section_id, below),
            width=record.width,
            height=record.height,
            format=record.format,
            size=record.size,
            sha256=record.sha256,
            on_pinterest=_ON_PINTEREST[state],
            # None if the file could not be decoded, or no Pillow source was given.
            difference_hash=fingerprint.dhash if fingerprint is not None else None,
            average_colour=(fingerprint.colour[0], fingerprint.colour[1], fingerprint.colour[2])
            if fingerprint is not None
            else None,
        )

    def _section(self, board_id: BoardId, section_id: SectionId | None, folder: str = "") -> str | None:
        if section_id is None:
            return None
        return self._sections.get(board_id, {}).get(section_id) or folder or unnamed_section(section_id)
