"""Verify a library: read every tracked file and account for every pin."""

from __future__ import annotations

import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from pinplan.errors import LibraryError
from pinplan.events import Emit, Stage, Step
from pinplan.model.base import image_key
from pinplan.model.ids import PinId, RelPath
from pinplan.model.images import Content
from pinplan.model.json_document import JsonDocument
from pinplan.model.naming import on_disk
from pinplan.plan.document import Finding, FindingKind, Meaning
from pinplan.reconcile.fetch_rules import sizes_of, stands_for_nothing
from pinplan.reconcile.truth import FileState

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pinplan.model.base import Base, Tracked
    from pinplan.plan.document import Plan
    from pinplan.ports import Library
    from pinplan.reconcile.displaced import SeenFile
    from pinplan.reconcile.match import FileSides
    from pinplan.records.state import State
    from pinplan.snapshot.saved import Snapshots


class FileStatus(StrEnum):
    """The status of a tracked file.

    Removed: deleted by a person, which the mode allows. Moved: the recorded bytes are at another path. Unknown: cannot tell whether
    it is missing. Doubtful: as recorded, though not a perfect image (see `pinplan.model.base.Tracked`). Placeholder: as recorded, but
    with less than half of the width or height that Pinterest declares, and not because a better size was refused.
    """

    GOOD = "good"
    DOUBTFUL = "doubtful"
    MOVED = "moved"
    REMOVED = "removed"
    MISSING = "missing"
    CHANGED = "changed"
    DAMAGED = "damaged"
    PLACEHOLDER = "placeholder"
    UNREADABLE = "unreadable"
    UNKNOWN = "unknown"


class PinStatus(StrEnum):
    """The status of a pin."""

    ON_DISK = "on_disk"
    ONLY_HERE = "only_here"
    SAVED_AGAIN = "saved_again"
    REMOVED_HERE = "removed_here"
    TO_FETCH = "to_fetch"
    IGNORED = "ignored"
    LEFT_OUT = "left_out"
    DUPLICATE = "duplicate"
    COVER_ONLY = "cover_only"
    WITHHELD = "withheld"
    SMALLER = "smaller"
    ANOTHER_IMAGE = "another_image"
    UNKNOWN = "unknown"


class VerifiedFile(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The result of one tracked file.

    Attributes:
        content: its content, if that differs from what was recorded.
    """

    path: str
    pin_id: PinId
    proof: FileStatus
    problem: str = ""
    size: int = 0
    mtime_ns: int = 0
    content: Content | None = None


class VerifiedPin(Struct, frozen=True, kw_only=True):
    """A pin that is not simply on both sides.

    Attributes:
        address: board, section and pin if its status is unknown; else empty.
    """

    pin_id: PinId
    proof: PinStatus
    message: str
    address: str = ""


class VerifyReport(JsonDocument, frozen=True, kw_only=True, tag="pinplan.verify"):
    """The document of ``pinplan verify --json``.

    Attributes:
        well: every file is good and every pin accounted for; nothing is unknown and nothing is left to fetch.
        quick: files were not decoded.
        files: number of tracked files by status.
        bytes: of the files that were read.
        problems: every file that is not as recorded.
        doubtful: files as recorded, but not perfect images; they are no problem.
        moved: files with their recorded bytes at another path; no problem either.
        pins: number of pins by status; None if Pinterest was not checked.
        told: pins worth reporting.
        boards: findings about boards and their listings; an unread board is a problem.
        left_out: boards left out by the config, which are not verified.
        untracked: untracked images, which are not verified either. Untracked images in a library that tracks nothing (after a lost
            state, say) are a problem.
    """

    well: bool
    quick: bool
    files: dict[FileStatus, int]
    bytes: int
    problems: tuple[VerifiedFile, ...]
    doubtful: tuple[VerifiedFile, ...] = ()
    moved: tuple[VerifiedFile, ...] = ()
    pins: dict[PinStatus, int] | None = None
    told: tuple[VerifiedPin, ...] = ()
    boards: tuple[Finding, ...] = ()
    left_out: int = 0
    untracked: int = 0

    @property
    def files_tracked(self) -> int:
        """Tracked files, whatever their status."""
        return sum(self.files.values())

    @property
    def unread(self) -> int:
        """Boards whose listing was incomplete."""
        return sum(finding.count for finding in self.boards if finding.kind.means is Meaning.UNREAD)

    @property
    def not_asked(self) -> int:
        """Boards that were not listed, as requested (``--refresh none``)."""
        return sum(finding.count for finding in self.boards if finding.kind.means is Meaning.NOT_ASKED)


def verify_files(library: Library, base: Base, emit: Emit, *, quick: bool = False) -> list[VerifiedFile]:
    """Read every tracked file. ``quick``: compare its digest with the recorded one, but do not decode it."""
    emit(Stage(name="verify", total=len(base.tracked)))
    proved: list[VerifiedFile] = []
    # Hashing and Pillow's decoders release the GIL: threads use all cores.
    with ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="verify") as pool:
        for found in pool.map(lambda record: _prove(library, record, quick=quick), base.tracked):
            emit(Step(name="verify", what=found.path))
            proved.append(found)
    return proved


def verify_library(library: Library, state: State, emit: Emit, *, quick: bool = False) -> list[VerifiedFile]:
    """Read every tracked file, and remember for the next plan those whose size and time cannot be trusted.

    Raises:
        StateUnreadable: the state itself is damaged.
    """
    state.check_whole()  # first: a damaged state would make every result wrong
    base = on_disk(state.base(), [file.path for file in library.scan()[0]])
    files = verify_files(library, base, emit, quick=quick)
    # Bytes that changed under an unchanged size and mtime (bit rot) would otherwise stay invisible to plans.
    state.remember_contents((f.path, f.size, f.mtime_ns, f.content) for f in files if f.content is not None)
    return files


def _prove(library: Library, record: Tracked, *, quick: bool) -> VerifiedFile:
    try:
        stat = library.stat(record.path)
        if stat is None:
            return VerifiedFile(
                path=record.path, pin_id=record.pin_id, proof=FileStatus.MISSING, problem="no such file"
            )
        content = _content(library, record, quick=quick)
    except LibraryError as error:
        return VerifiedFile(
            path=record.path, pin_id=record.pin_id, proof=FileStatus.UNREADABLE, problem=error.beside(record.path)
        )
    proof, problem = _judge(record, stat.size, content)
    return VerifiedFile(
        path=record.path,
        pin_id=record.pin_id,
        proof=proof,
        problem=problem,
        size=stat.size,
        mtime_ns=stat.mtime_ns,
        # Good files are the rule: keeping their content would hold a library's metadata in memory twice.
        content=None if proof in {FileStatus.GOOD, FileStatus.DOUBTFUL} else content,
    )


def _content(library: Library, record: Tracked, *, quick: bool) -> Content:
    """The content of a file; if its bytes differ from the recorded ones it is always decoded, to tell damaged from changed."""
    if quick:
        digest = library.digest(record.path)
        if digest == record.sha256:
            return Content(sha256=digest)
    return library.inspect(record.path)


def _judge(record: Tracked, size: int, content: Content) -> tuple[FileStatus, str]:
    """Recorded bytes are never broken; other bytes are damaged only if certainly remains of the recorded ones."""
    if content.sha256 == record.sha256:
        doubt = record.doubtful or content.problem
        return (FileStatus.DOUBTFUL, doubt) if doubt is not None else (FileStatus.GOOD, "")
    if content.is_broken(record.format):
        return FileStatus.DAMAGED, content.problem or ""
    if content.problem is not None:
        return FileStatus.CHANGED, f"changed: {content.problem}"
    sizes = "" if size == record.size else f", {size:,} bytes instead of {record.size:,}"
    return FileStatus.CHANGED, f"not the recorded image{sizes}"


def find_displaced(
    library: Library, base: Base, files: Sequence[VerifiedFile], sides: FileSides, *, quick: bool = False
) -> list[VerifiedFile]:
    """Search for missing files as a plan does, and verify them where they are found.

    Args:
        library: the files.
        base: what is tracked.
        files: the results of `verify_files`, in the order of the base.
        sides: where everything is.
        quick: see `verify_files`.
    """
    return [
        _displaced(library, record, file, sides.recorded(record), quick=quick)
        if file.proof is FileStatus.MISSING
        else file
        for record, file in zip(base.tracked, files, strict=True)
    ]


def _displaced(library: Library, record: Tracked, file: VerifiedFile, seen: SeenFile, *, quick: bool) -> VerifiedFile:
    if seen.state is FileState.UNKNOWN:
        why = seen.why or "the scan could not read its folder"
        return replace(file, proof=FileStatus.UNKNOWN, problem=f"cannot tell whether it is missing: {why}")
    if seen.file is None:
        return file
    found = _prove(library, replace(record, path=seen.file.path), quick=quick)
    if found.proof in {FileStatus.GOOD, FileStatus.DOUBTFUL}:
        return replace(file, proof=FileStatus.MOVED, problem=f"now at {found.path}", size=found.size)
    return replace(file, proof=FileStatus.CHANGED, problem=f"missing, but {found.path} may be it")


def judge_sizes(files: Sequence[VerifiedFile], snapshots: Snapshots) -> list[VerifiedFile]:
    """Compare the files with the sizes declared in the newest listing."""
    records = {record.path: record for record in snapshots.base.tracked}
    images = {
        (pin.id, image.slot): image
        for board in snapshots.remote.boards
        for pin in board.pins
        for image in pin.images
        if image.renditions
    }
    refused = {one.image for one in snapshots.base.refused}

    def judged(file: VerifiedFile) -> VerifiedFile:
        record = records.get(RelPath(file.path)) if file.proof in _WELL else None
        image = images.get((record.pin_id, record.slot)) if record is not None else None
        if record is None or image is None or not stands_for_nothing(record, image):
            return file
        # A smaller size was stored because the image host refused the best one: reported per pin, not as a broken file.
        if image_key(image.signature, image.renditions) in refused:
            return file
        return replace(file, proof=FileStatus.PLACEHOLDER, problem=sizes_of(record, image))

    return [judged(file) for file in files]


def account_for_pins(snapshots: Snapshots, plan: Plan) -> list[VerifiedPin]:
    """The status of every listed or tracked pin, one entry each.

    Args:
        snapshots: those that the plan was made from.
        plan: its actions and findings explain the pins that are not on both sides.
    """
    # Reversed: of several findings about a pin the first one wins.
    found = {f.pin_id: f for f in reversed(plan.findings) if f.pin_id is not None and f.kind in _OF_FINDINGS}
    fetched = {action.pin_id for action in plan.actions if action.trait.fetches}
    larger = {action.pin_id for action in plan.actions if action.upgrades}
    new_ids = {old: action.pin_id for action in plan.actions for old in action.pin_ids if old != action.pin_id}
    tracked = {record.pin_id for record in snapshots.base.tracked} | set(new_ids.values())
    listed = {pin.id for board in snapshots.remote.boards for pin in board.pins}
    gone = {asked.pin_id for asked in snapshots.remote.asked if asked.gone}
    ignored = frozenset(snapshots.policies.ignore_pins or ())
    not_kept = frozenset(snapshots.base.not_kept)
    return [
        VerifiedPin(
            pin_id=pin_id,
            proof=proof,
            message=message,
            address=found[pin_id].address if proof is PinStatus.UNKNOWN else "",
        )
        for pin_id in sorted(tracked | listed, key=lambda pin_id: (len(pin_id), pin_id))
        # Order matters: a deliberate exclusion explains a pin before anything else does.
        for proof, message in [
            (PinStatus.IGNORED, LEFT_OUT)
            if pin_id in ignored
            else (PinStatus.SAVED_AGAIN, f"saved again as pin {new_ids[pin_id]}; a plan would rebind its file")
            if pin_id in new_ids
            else (PinStatus.IGNORED, NOT_KEPT)
            if pin_id in not_kept and pin_id not in tracked | fetched
            else (PinStatus.SMALLER, "Pinterest has a better size; a plan would fetch it")
            if pin_id in larger
            else _account(pin_id, found.get(pin_id), fetched, gone, on_disk=pin_id in tracked, seen=pin_id in listed)
        ]
    ]


LEFT_OUT = "left out by [boards] ignore_pins"
NOT_KEPT = "posted with --no-keep: no file of it is wanted here"

_OF_FINDINGS = {
    FindingKind.UNKNOWN: PinStatus.UNKNOWN,
    FindingKind.CONFLICT: PinStatus.UNKNOWN,
    FindingKind.WITHHELD: PinStatus.WITHHELD,
    FindingKind.BETTER_SIZE: PinStatus.SMALLER,
    FindingKind.SMALLER: PinStatus.SMALLER,
    FindingKind.ANOTHER_IMAGE: PinStatus.ANOTHER_IMAGE,
    FindingKind.COVER_ONLY: PinStatus.COVER_ONLY,
    FindingKind.REMOVED_LOCALLY: PinStatus.REMOVED_HERE,
    FindingKind.PARTLY_REMOVED: PinStatus.REMOVED_HERE,
    FindingKind.REMOVED_ON_PINTEREST: PinStatus.ONLY_HERE,
    FindingKind.DUPLICATE: PinStatus.DUPLICATE,
}


def _account(
    pin_id: PinId, finding: Finding | None, fetched: set[PinId], gone: set[PinId], *, on_disk: bool, seen: bool
) -> tuple[PinStatus, str]:
    of_finding = _OF_FINDINGS[finding.kind] if finding is not None else None
    message = finding.message if finding is not None else ""
    # Unknown wins over everything: what could not be read must never count as fine.
    if of_finding is PinStatus.UNKNOWN:
        return PinStatus.UNKNOWN, message
    if pin_id in fetched:
        return PinStatus.TO_FETCH, "Pinterest has an image that is not here; a plan would fetch it"
    if pin_id in gone:
        return PinStatus.ONLY_HERE, "removed on Pinterest"
    if of_finding is not None:
        return of_finding, message
    if on_disk and not seen:
        return PinStatus.LEFT_OUT, "its board is left out by the config"
    if on_disk:
        return PinStatus.ON_DISK, ""
    return PinStatus.IGNORED, "new pins of its board are not fetched"


def account_for_boards(plan: Plan) -> tuple[Finding, ...]:
    """The findings of a plan about boards."""
    return tuple(finding for finding in plan.findings if finding.kind.of_boards)


def conclude(
    files: Sequence[VerifiedFile],
    pins: Sequence[VerifiedPin] | None,
    *,
    quick: bool,
    boards: tuple[Finding, ...] = (),
    left_out: int = 0,
    untracked: int = 0,
) -> VerifyReport:
    """The report as a whole."""
    told = tuple(pin for pin in pins or () if pin.proof is not PinStatus.ON_DISK)
    chosen = {
        pin.pin_id for pin in told if pin.proof in {PinStatus.REMOVED_HERE, PinStatus.DUPLICATE, PinStatus.IGNORED}
    }
    files = [_on_purpose(file, chosen) for file in files]
    problems = tuple(file for file in files if file.proof not in _WELL)
    open_pins = [pin for pin in told if pin.proof in {PinStatus.UNKNOWN, PinStatus.TO_FETCH}]
    return VerifyReport(
        well=not problems
        and not open_pins
        and not any(board.kind.means is Meaning.UNREAD for board in boards)
        and bool(files or not untracked),
        quick=quick,
        files=dict(_counted(FileStatus, [file.proof for file in files])),
        bytes=sum(file.size for file in files),
        problems=problems,
        doubtful=tuple(file for file in files if file.proof is FileStatus.DOUBTFUL),
        moved=tuple(file for file in files if file.proof is FileStatus.MOVED),
        pins=None if pins is None else dict(_counted(PinStatus, [pin.proof for pin in pins])),
        told=told,
        boards=boards,
        left_out=left_out,
        untracked=untracked,
    )


_WELL = {FileStatus.GOOD, FileStatus.REMOVED, FileStatus.DOUBTFUL, FileStatus.MOVED}


def _on_purpose(file: VerifiedFile, chosen: set[PinId]) -> VerifiedFile:
    """A file that was removed on purpose, or whose pin is left out, is not missing: the pin's status explains it."""
    return (
        replace(file, proof=FileStatus.REMOVED) if file.proof is FileStatus.MISSING and file.pin_id in chosen else file
    )


Kind = TypeVar("Kind", FileStatus, PinStatus)


def _counted(kinds: type[Kind], found: Sequence[Kind]) -> Iterator[tuple[Kind, int]]:
    counts = Counter(found)
    return ((kind, counts[kind]) for kind in kinds)
