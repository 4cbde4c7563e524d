"""Match images to files and determine the state of both."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from pinplan.model.ids import BoardId, PinId, RelPath
from pinplan.model.images import Content
from pinplan.model.naming import is_companion, looks_like_image, looks_like_video, recogniser
from pinplan.model.text_form import composed
from pinplan.reconcile.displaced import Displaced, SeenFile, ids_in_name
from pinplan.reconcile.truth import FileState, PinState

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pinplan.model.base import Base, Tracked
    from pinplan.model.images import FileFact
    from pinplan.model.pins import Pin, PinImage
    from pinplan.model.snapshots import AskedPin, BoardSnapshot, LocalSnapshot, RemoteSnapshot


class SeenPin(Struct, frozen=True, gc=False):
    """A pin in a listing."""

    pin: Pin
    board: BoardSnapshot


class PinSides:
    """The remote side: pins by id, and pins queried individually."""

    def __init__(self, remote: RemoteSnapshot) -> None:
        """Index a snapshot."""
        self.account = remote.account
        self.boards: dict[BoardId, BoardSnapshot] = {b.board.id: b for b in remote.boards}
        self.asked: dict[PinId, AskedPin] = {a.pin_id: a for a in remote.asked}
        self.pins: dict[PinId, SeenPin] = {}
        self.twice: set[PinId] = set()
        for board in remote.boards:
            for pin in board.pins:
                # Listings are read one after another: a pin moved meanwhile appears in both boards.
                if pin.id in self.pins:
                    self.twice.add(pin.id)
                self.pins[pin.id] = SeenPin(pin, board)

    def surely_moved(self, seen: SeenPin, record: Tracked) -> bool:
        """Whether a pin listed elsewhere has certainly moved: both boards were read to the end (I1: broken listings move nothing)."""
        source = self.boards.get(record.board_id)
        return seen.board.complete and (source is None or not source.listed or source.complete)

    def of_base(self, pin_id: PinId, board_id: BoardId) -> tuple[PinState, str]:
        """The state of a tracked pin, and the reason if it is unknown."""
        # Before PRESENT: the place is unknown, so nothing may move.
        if pin_id in self.twice:
            return PinState.UNKNOWN, "it was listed on two boards: it moved while the boards were read"
        if pin_id in self.pins:
            return PinState.PRESENT, ""
        board = self.boards.get(board_id)
        if board is None:
            return PinState.UNKNOWN, "its board is no longer listed"
        if not board.complete:
            return PinState.UNKNOWN, "the listing of its board is incomplete"  # the board has a finding with the reason
        asked = self.asked.get(pin_id)
        # Beyond max_gone_checks (I6: gone needs a 404).
        if asked is None:
            return PinState.UNKNOWN, "it was not listed, and not queried by id"
        if asked.gone:
            return PinState.GONE, ""
        return PinState.UNKNOWN, asked.problem or "it was not listed, but Pinterest still has it"

    def moved_out_of_scope(self, pin_id: PinId) -> bool:
        """The pin is now in a board that the config leaves out."""
        asked = self.asked.get(pin_id)
        board = self.boards.get(asked.board_id) if asked is not None and asked.board_id is not None else None
        return board is not None and not board.listed


class FileSides:
    """The local side: files by path, and which of them claim to be which image."""

    def __init__(self, local: LocalSnapshot, base: Base, template: str) -> None:
        """Index a snapshot against the base."""
        self.files = local.by_path
        # In NFC: a disk may list a folder in another Unicode form than the base has it.
        self._unknown = {composed(unknown.path): None for unknown in sorted(local.unknown, key=lambda u: u.path)}
        self._unknown_folders = sorted(composed(unknown.path) for unknown in local.unknown if unknown.is_folder)
        self._sightings = {sighting.path: sighting for sighting in local.sightings}
        self._tracked = base.tracked
        recorded = base.by_path
        # The common case first: no step of Python for each file.
        strange = not self.files.keys() <= recorded.keys()
        self.untracked = [file for path, file in self.files.items() if path not in recorded] if strange else []
        self._recognise = recogniser(template)
        self._named: dict[tuple[PinId, int], list[FileFact]] = defaultdict(list)
        self._by_content: dict[str, list[FileFact]] = defaultdict(list)
        self.claimed: set[str] = {path for sighting in local.sightings for path in sighting.files}
        self._disputed: set[str] = set()
        """Second files of tracked images: not to be adopted for a new pin that shows the same."""
        for file in self.untracked:
            if file.content is None or file.content.problem is not None or is_companion(file.path):
                continue
            # Only decodable images claim a pin: a broken download must not be adopted.
            self._by_content[file.content.sha256].append(file)
            claim = self._recognise(file.path)
            if claim is not None:
                self._named[claim].append(file)
        # Built only if some file is untracked: else nothing could be recognised by it.
        self._content_of_signature = (
            {t.signature: t.sha256 for t in base.tracked if t.signature} if self.untracked else {}
        )

    @cached_property
    def _displaced(self) -> Displaced:
        """Built only if a file is not plainly at its place: most plans never need it."""
        absent: list[Tracked] = []
        overwritten: list[Tracked] = []
        foreign: dict[str, tuple[FileFact, Tracked]] = {}
        misnamed: list[tuple[FileFact, Tracked]] = []
        for record in self._tracked:
            file = self.files.get(record.path)
            if file is None:
                if not self.is_unknown(record.path):
                    absent.append(record)
                continue
            # A user may have swapped two files, or renamed one over another: its name no longer shows whose it is.
            if record.pin_id not in file.path.rpartition("/")[2]:
                misnamed.append((file, record))
            if file.content is not None:
                foreign[file.path] = (file, record)
                if file.content.sha256 != record.sha256 and not file.content.is_broken(record.format):
                    overwritten.append(record)
        foreign.update(self._accepted_copies(absent))
        found = Displaced(absent, overwritten, self._tracked, self.untracked, foreign, misnamed)
        self.claimed.update(found.claimed())
        return found

    def _accepted_copies(self, absent: Sequence[Tracked]) -> dict[str, tuple[FileFact, Tracked]]:
        """Files that the user put at another pin's path, with the recorded bytes of an absent image."""
        # A second pin that Pinterest serves with the same bytes is no such copy: its signature is known.
        wanted = {one.sha256 for one in absent if one.signature is not None and one.duplicate_of is None}
        return {
            record.path: (self.files[record.path], record)
            for record in (self._tracked if wanted else ())
            if record.signature is None and record.sha256 in wanted and record.path in self.files
        }

    def untracked_images(self) -> list[FileFact]:
        """Untracked images that no record claims: never touched, not verified."""
        return [file for file in self.untracked if file.path not in self.claimed and looks_like_image(file.path)]

    def untracked_videos(self) -> list[FileFact]:
        """Untracked videos; one named after a pin belongs to that pin, whose cover is tracked."""
        return [file for file in self.untracked if looks_like_video(file.path) and self._recognise(file.path) is None]

    def pins_of_videos(self) -> set[PinId]:
        """The pins after which untracked videos are named."""
        names = (self._recognise(file.path) for file in self.untracked if looks_like_video(file.path))
        return {name[0] for name in names if name is not None}

    def is_of_record(self, path: RelPath) -> bool:
        """Whether a file at no recorded path counts as that of a record: it was moved there."""
        _ = self._displaced  # adds to the claimed ones
        return path in self.claimed

    def overwritten(self) -> list[tuple[FileFact, Tracked]]:
        """Files at a recorded path that hold another valid picture than recorded."""
        return [
            (file, record)
            for record in self._tracked
            if (file := self.files.get(record.path)) is not None
            and file.content is not None
            and file.content.problem is None
            and file.content.sha256 != record.sha256
        ]

    def put_by_hand(self) -> list[tuple[FileFact, Tracked]]:
        """Files as recorded, moved or not, that a person put there: each may show the picture of another pin."""
        found = ((self._with_recorded_bytes(record), record) for record in self._tracked if record.signature is None)
        return [(file, record) for file, record in found if file is not None]

    def _with_recorded_bytes(self, record: Tracked) -> FileFact | None:
        file = self.files.get(record.path)
        if file is None:
            seen = self.recorded(record)
            return seen.file if seen.state is FileState.MOVED and seen.exact else None
        if file.content is None:  # size and time as recorded
            return replace(file, content=Content(sha256=record.sha256))
        return file if file.content.sha256 == record.sha256 else None

    def claimed_by_name(self) -> list[tuple[FileFact, Tracked]]:
        """Files that claim an image by the pin id in their name, alone or among others, but have other bytes."""
        return [
            (file, record)
            for record in self._tracked
            if record.path not in self.files
            and (seen := self.recorded(record)).state in {FileState.MOVED, FileState.AMBIGUOUS}
            and not seen.exact
            for file in self._all_of(seen)
            if file.content is not None
            and file.content.sha256 != record.sha256
            and (file.content.problem is None or file.content.format is not None)
        ]

    def _all_of(self, seen: SeenFile) -> list[FileFact]:
        """The file, and the further ones that claim to be it."""
        paths = dict.fromkeys((*((seen.file.path,) if seen.file is not None else ()), *seen.others))
        return [self.files[path] for path in paths if path in self.files]

    def overwritten_by_undecodable(self) -> list[tuple[FileFact, Tracked]]:
        """Files at a recorded path with other bytes that begin like an image but cannot be decoded."""
        return [
            (file, record)
            for record in self._tracked
            if (file := self.files.get(record.path)) is not None
            and file.content is not None
            and file.content.problem is not None
            and file.content.format is not None
            and file.content.sha256 != record.sha256
        ]

    def is_unknown(self, path: str) -> bool:
        """Whether the scan could not read this path or a folder above it."""
        if not self._unknown:
            return False
        # "" is the root: if it could not be read, everything is unknown.
        return "" in self._unknown or any(above in self._unknown for above in _with_folders_above(composed(path)))

    def is_named(self, pin_id: PinId, slot: int) -> bool:
        """Whether an untracked file is named as this image."""
        return (pin_id, slot) in self._named

    def plainly_as_recorded(self, tracked: Tracked) -> bool:
        """Whether the file is at its path with its size and mtime, and no other file claims to be it."""
        file = self.files.get(tracked.path)
        return (
            file is not None
            and file.size == tracked.size
            and file.mtime_ns == tracked.mtime_ns
            and (file.content is None or file.content.sha256 == tracked.sha256)
            and (not self._named or (tracked.pin_id, tracked.slot) not in self._named)
        )

    def recorded(self, tracked: Tracked) -> SeenFile:
        """The state of a recorded file."""
        file = self.files.get(tracked.path)
        if file is None:
            return self._not_at_its_path(tracked)
        named = self._named.get((tracked.pin_id, tracked.slot), ()) if self._named else ()
        if named:
            self._disputed.update(other.path for other in named)
            return SeenFile(FileState.AMBIGUOUS, file, tuple(other.path for other in named))
        if self.plainly_as_recorded(tracked):
            return SeenFile(FileState.AS_RECORDED, file, exact=True)
        # Size or time differ, and the content was not read: unknown, not changed.
        if file.content is None:
            return SeenFile(FileState.UNKNOWN, file)
        if file.content.sha256 == tracked.sha256:
            return SeenFile(FileState.AS_RECORDED, file, exact=True)
        if file.content.is_broken(tracked.format):
            return SeenFile(FileState.DAMAGED, file)
        return self._displaced.of(tracked) or SeenFile(FileState.CHANGED, file)

    def where(self, record: Tracked) -> RelPath | None:
        """The path where the file of a record is or may be; None if it is not here."""
        seen = self.recorded(record)
        return seen.file.path if seen.file is not None else None

    def moved(self) -> dict[PinId, list[RelPath]]:
        """Present paths of files that are not at their recorded path, by pin."""
        found: dict[PinId, list[RelPath]] = {}
        for record in self._tracked:
            path = self.where(record) if record.path not in self.files else None
            if path is not None:
                found.setdefault(record.pin_id, []).append(path)
        return found

    def all_of(self, records: Sequence[Tracked]) -> list[SeenFile]:
        """The state of a pin's files; MISSING only if all of them are."""
        seen = [self.recorded(record) for record in records]
        # One file left of a carousel: the pin was not removed as a whole.
        if all(file.state is FileState.MISSING for file in seen):
            return seen
        return [SeenFile(FileState.PARTLY_MISSING) if file.state is FileState.MISSING else file for file in seen]

    def names_no_other(self, file: FileFact, record: Tracked) -> bool:
        """Whether a file does not have the name that pinplan would give to another image."""
        return self._recognise(file.path) in {None, (record.pin_id, record.slot)}

    @cached_property
    def recorded_places(self) -> frozenset[RelPath]:
        """The paths of all records."""
        return frozenset(record.path for record in self._tracked)

    def chosen(self, record: Tracked, seen: SeenFile, path: str) -> SeenFile:
        """The file that the user chose among several."""
        file = self.files[path]
        exact = file.content is not None and file.content.sha256 == record.sha256
        return SeenFile(FileState.MOVED, file, exact=exact, why=seen.why)

    def _not_at_its_path(self, tracked: Tracked) -> SeenFile:
        if self.is_unknown(tracked.path):
            return SeenFile(FileState.UNKNOWN)
        seen = self._displaced.of(tracked)
        video = _named_video(seen)
        if video is not None:
            # The cover is not here, but what it is the cover of: the pin was not removed as a whole.
            why = self._unread_near(tracked)
            state = FileState.PARTLY_MISSING if why is None else FileState.UNKNOWN
            return SeenFile(state, why=why or f"its video {video} is still here")
        return seen or self._sighted(tracked) or SeenFile(FileState.MISSING)

    def _sighted(self, tracked: Tracked) -> SeenFile | None:
        """What may be the file of a record that is found neither by name nor by bytes."""
        why = self._unread_near(tracked)
        if why is not None:
            return SeenFile(FileState.UNKNOWN, why=why)
        found = self._sightings.get(tracked.path)
        here = [self.files[path] for path in found.files if path in self.files] if found is not None else []
        if found is None:
            return None
        if not found.sure or not here:
            return SeenFile(FileState.UNKNOWN, others=found.files, why=found.why)
        if len(here) == 1:
            return SeenFile(FileState.MOVED, here[0], why="shows the same picture")
        return SeenFile(FileState.AMBIGUOUS, here[0], tuple(file.path for file in here))

    def _unread_near(self, tracked: Tracked) -> str | None:
        """Why a path that the scan could not read may be, or contain, the file of a record.

        It is in the same folder, or has the pin's id in its name; or the folder is gone, and may have been renamed to it.
        """
        if not self._unknown:
            return None
        folder = composed(tracked.path).rpartition("/")[0]
        by_id, by_folder = self._unread
        near = by_id.get(tracked.pin_id) or by_folder.get(folder)
        if near is not None:
            return f"{near} cannot be read: it may be this file"
        if folder and self._unknown_folders and folder not in self._folders:
            return f"{folder} is gone, and {self._unknown_folders[0]} cannot be read: the file may be there"
        return None

    @cached_property
    def _folders(self) -> set[str]:
        """All folders that contain files."""
        return {above for file in self.files for above in _with_folders_above(composed(file.rpartition("/")[0]))}

    @cached_property
    def _unread(self) -> tuple[dict[PinId, str], dict[str, str]]:
        by_id = {pin_id: path for path in self._unknown for pin_id, _ in ids_in_name(path)}
        by_folder = {above: path for path in self._unknown for above in _with_folders_above(path)}
        by_folder.update({path.rpartition("/")[0]: path for path in self._unknown})
        return by_id, by_folder

    def new(self, pin: Pin, image: PinImage) -> SeenFile:
        """Whether a file claims to be an image that the base does not know: by the pin id in its name, or by content.

        By content: an untracked file has the bytes that the base records for another pin with the same image signature.
        """
        claims = self._named.get((pin.id, image.slot), [])
        if not claims and image.signature in self._content_of_signature:
            same = self._by_content.get(self._content_of_signature[image.signature], [])
            # Any one of several equal files will do.
            claims = [file for file in same if file.path not in self.claimed | self._disputed][:1]
        self.claimed.update(file.path for file in claims)
        if len(claims) > 1:
            return SeenFile(FileState.AMBIGUOUS, claims[0], tuple(file.path for file in claims))
        if not claims:
            return SeenFile(FileState.NEVER_HERE)
        content = claims[0].content
        known = self._content_of_signature.get(image.signature) if image.signature else None
        return SeenFile(FileState.RECOGNISED, claims[0], exact=content is not None and content.sha256 == known)


def _named_video(seen: SeenFile | None) -> RelPath | None:
    """The video that is all that has the id of a pin in its name; None if it is something else."""
    if seen is None or seen.exact or seen.state is not FileState.MOVED or seen.file is None:
        return None
    return seen.file.path if looks_like_video(seen.file.path) else None


def _with_folders_above(path: str) -> Iterator[str]:
    while path:
        yield path
        path = path.rpartition("/")[0]


def shows_another(pin: Pin, records: Iterable[Tracked]) -> bool:
    """Whether a pin certainly shows another image than recorded, by Pinterest's own signatures."""
    now = {image.slot: image.signature for image in pin.images}
    return any(
        record.signature is not None and now.get(record.slot) is not None and now[record.slot] != record.signature
        for record in records
    )


def by_pin(tracked: Iterable[Tracked]) -> dict[PinId, list[Tracked]]:
    """Base records grouped by pin, slots in order."""
    grouped: dict[PinId, list[Tracked]] = {}
    for record in tracked:
        # Nearly every pin has one image.
        if record.pin_id in grouped:
            grouped[record.pin_id].append(record)
        else:
            grouped[record.pin_id] = [record]
    return grouped
