"""What follows from an outcome: the action with all that it needs, or the finding with its words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from pinplan.actions import Adopt, AnyAction, DeleteLocal, DeleteRemote, Download, Forget, MoveLocal, Replace
from pinplan.actions.base import ExpectFile, ExpectFree, ExpectPin, Placement
from pinplan.model.base import Tracked
from pinplan.model.ids import BoardId, RelPath, SectionId
from pinplan.model.naming import fold, render_path, slot_suffix
from pinplan.model.pins import Pin, PinImage
from pinplan.plan import Finding, FindingKind
from pinplan.policies.mode import Answers
from pinplan.reconcile.match import SeenFile, SeenPin
from pinplan.reconcile.truth import FileState, Outcome, PinState, outcome

if TYPE_CHECKING:
    from pinplan.reconcile.folders import Folders
    from pinplan.reconcile.match import FileSides, PinSides

BYTES_PER_PIXEL = 0.15
"""Median of 736 and 1200 pixel wide JPEG photographs on Pinterest's own quality; an estimate for summaries only."""


class Case(Struct, frozen=True, gc=False, kw_only=True):
    """One image of one pin, and how it stands on both sides.

    Attributes:
        why: why the pin's state is unknown.
        seen: the pin, where a listing has it.
        record: what the base knows of the image; None for a new one.
        records: all that the base knows of the pin.
        image: what Pinterest offers for this slot.
    """

    pin: PinState
    file: SeenFile
    answers: Answers
    why: str = ""
    seen: SeenPin | None = None
    record: Tracked | None = None
    records: tuple[Tracked, ...] = ()
    image: PinImage | None = None


class Rules:
    """Collects actions and findings, case by case."""

    def __init__(self, folders: Folders, files: FileSides, pins: PinSides, template: str) -> None:
        """Begin with nothing."""
        self.folders = folders
        self._username = pins.account.username
        self.actions: list[AnyAction] = []
        self.findings: list[Finding] = []
        self._files = files
        self._pins = pins
        self._template = template
        self._containers: dict[tuple[BoardId, SectionId | None], str] = {}
        self._deleted: set[str] = set()
        self._taken: dict[str, str] | None = None

    # -- words ---------------------------------------------------------------------------------------------------

    def note(self, kind: FindingKind, pin: Pin, message: str) -> None:
        """A finding about a pin that is listed."""
        container = self.container(pin.board_id, pin.section_id)
        self.findings.append(Finding(kind=kind, address=f"{container}/{pin.id}", pin_id=pin.id, message=message))

    def note_at(self, kind: FindingKind, address: str, message: str, *, count: int = 1) -> None:
        """A finding about a board, a folder or the whole."""
        self.findings.append(Finding(kind=kind, address=address, message=message, count=count))

    def _say(self, case: Case, kind: FindingKind, message: str) -> None:
        pin_id = case.seen.pin.id if case.seen else case.record.pin_id if case.record else None
        path = case.record.path if case.record else case.file.file.path if case.file.file else None
        finding = Finding(kind=kind, address=self._address(case), pin_id=pin_id, path=path, message=message)
        self.findings.append(finding)

    def _address(self, case: Case) -> str:
        slot = case.record.slot if case.record else case.image.slot if case.image else 0
        suffix = f"#{slot}" if slot else ""
        if case.seen is not None:
            pin = case.seen.pin
            return f"{self.container(pin.board_id, pin.section_id)}/{pin.id}{suffix}"
        if case.record is not None:
            return f"{case.record.container}/{case.record.pin_id}{suffix}"
        return "?"  # pragma: no cover - a case has a pin or a record

    def container(self, board_id: BoardId, section_id: SectionId | None) -> str:
        """Board and section as an address."""
        key = (board_id, section_id)
        found = self._containers.get(key)
        if found is None:
            found = self._containers[key] = self.folders.container(board_id, section_id)
        return found

    # -- one case ------------------------------------------------------------------------------------------------

    def apply(self, case: Case) -> None:
        """Look the case up in the truth table, and spell out what follows."""
        result = outcome(case.pin, case.file.state, case.answers)
        if result is Outcome.IN_PLACE:  # by far the most frequent one
            self._in_place(case)
            return
        if result is Outcome.NOTHING:
            return
        if result is Outcome.MOVED_LOCALLY and self._moved_there_too(case):
            result = Outcome.CONFLICT
        finding = _FINDINGS.get(result)
        if finding is not None:
            kind, message = finding
            self._say(case, kind, message.format(case=case) if message else _because(case))
            return
        self._act(case, result)

    def _moved_there_too(self, case: Case) -> bool:
        if case.seen is None or case.record is None:
            return False
        return case.record.container != self.container(case.seen.pin.board_id, case.seen.pin.section_id)

    def _act(self, case: Case, result: Outcome) -> None:
        match result:
            case Outcome.DOWNLOAD:
                self._download(case)
            case Outcome.ADOPT:
                self._adopt(case)
            case Outcome.REPLACE:
                self._replace(case)
            case Outcome.DELETE_LOCAL:
                self._delete_local(case)
            case Outcome.DELETE_REMOTE:
                self._delete_remote(case)
            case Outcome.FORGET:
                self._forget(case)
            case _:  # pragma: no cover - findings and nothing were dealt with above
                raise AssertionError(result)

    def _in_place(self, case: Case) -> None:
        seen, record = case.seen, case.record
        if seen is None or record is None:
            return
        if case.image is None:
            self._say(case, FindingKind.WITHHELD, "Pinterest no longer offers this image; the file stays")
            return
        if case.image.cover:
            self._say(case, FindingKind.COVER_ONLY, "a video: only its cover image can be had")
        container = self.container(seen.pin.board_id, seen.pin.section_id)
        if record.container == container and record.template == self._template:
            return
        self._move(case, seen, record, self._placement(seen, case.image, extension_of(record.path)))

    def _move(self, case: Case, seen: SeenPin, record: Tracked, after: Placement) -> None:
        if after.path == record.path:
            return
        if not self._surely_moved(seen, record):
            self._say(case, FindingKind.UNKNOWN, "it seems to have moved, but a listing is not complete")
            return
        if not self._free(case, after.path):
            return
        self.actions.append(
            MoveLocal(
                pin_id=record.pin_id,
                board_id=seen.pin.board_id,
                address=self._address(case),
                reason=_why_moved(record, seen, self._template),
                expect=_expect(record),
                before=record,
                after=after,
            )
        )

    def _download(self, case: Case) -> None:
        seen, image = case.seen, case.image
        if seen is None or image is None or not image.renditions:
            self._say(case, FindingKind.WITHHELD, "Pinterest offers no full image for this pin")
            return
        if image.cover:
            self._say(case, FindingKind.COVER_ONLY, "a video: only its cover image can be had")
        after = self._placement(seen, image, extension_of(image.renditions[0].url))
        if not self._free(case, after.path):
            return
        reason = "new_pin" if case.record is None else "removed_locally"
        self.actions.append(
            Download(
                pin_id=seen.pin.id,
                board_id=seen.pin.board_id,
                address=self._address(case),
                reason=reason,
                expect=ExpectFree(free=after.path),
                after=after,
                renditions=image.renditions,
                estimated_bytes=estimate(image),
            )
        )

    def _adopt(self, case: Case) -> None:
        seen, image, file = case.seen, case.image, case.file.file
        if seen is None or image is None or file is None or file.content is None:
            return
        if image.cover:
            self._say(case, FindingKind.COVER_ONLY, "a video: only its cover image can be had")
        content = file.content
        record = Tracked(
            pin_id=seen.pin.id,
            slot=image.slot,
            path=file.path,
            size=file.size,
            mtime_ns=file.mtime_ns,
            sha256=content.sha256,
            width=content.width or 0,
            height=content.height or 0,
            format=content.format or "",
            board_id=seen.pin.board_id,
            section_id=seen.pin.section_id,
            container=self.container(seen.pin.board_id, seen.pin.section_id),
            template=self._template,
            signature=image.signature,
        )
        self.actions.append(
            Adopt(
                pin_id=seen.pin.id,
                board_id=seen.pin.board_id,
                address=self._address(case),
                reason="already_here",
                expect=_expect(record),
                after=record,
            )
        )

    def _replace(self, case: Case) -> None:
        seen, image, record, file = case.seen, case.image, case.record, case.file.file
        if seen is None or record is None or file is None or file.content is None:
            return
        if image is None or not image.renditions:
            self._say(case, FindingKind.WITHHELD, "the file is damaged, and Pinterest no longer offers this image")
            return
        expect = ExpectFile(path=file.path, size=file.size, mtime_ns=file.mtime_ns, sha256=file.content.sha256)
        after = self._place_again(seen, image, record)
        if after.path != record.path and not self._free(case, after.path):
            return
        self.actions.append(
            Replace(
                pin_id=record.pin_id,
                board_id=seen.pin.board_id,
                address=self._address(case),
                reason=f"damaged: {file.content.problem}",
                expect=expect,
                before=record,
                after=after,
                renditions=image.renditions,
                estimated_bytes=estimate(image),
            )
        )

    def _place_again(self, seen: SeenPin, image: PinImage, record: Tracked) -> Placement:
        """Where a damaged file's successor goes: its own place, or the one that the pin has moved to meanwhile."""
        moved = record.container != self.container(seen.pin.board_id, seen.pin.section_id)
        if (moved or record.template != self._template) and self._surely_moved(seen, record):
            return self._placement(seen, image, extension_of(record.path))
        return Placement(
            path=record.path,
            slot=record.slot,
            board_id=record.board_id,
            section_id=record.section_id,
            container=record.container,
            template=record.template,
            signature=image.signature,
        )

    def _surely_moved(self, seen: SeenPin, record: Tracked) -> bool:
        """Both boards were read to the end (I1)."""
        source = self._pins.boards.get(record.board_id)
        return seen.board.complete and (source is None or not source.listed or source.complete)

    def _delete_local(self, case: Case) -> None:
        record = case.record
        if record is None:
            return
        self.actions.append(
            DeleteLocal(
                pin_id=record.pin_id,
                board_id=record.board_id,
                address=self._address(case),
                reason="removed_on_pinterest",
                destructive=True,
                expect=_expect(record),
                before=record,
            )
        )

    def _delete_remote(self, case: Case) -> None:
        """One action for a pin, however many slots it has; only for a pin that is surely ours (I10)."""
        seen = case.seen
        if seen is None or seen.pin.id in self._deleted:
            return
        self._deleted.add(seen.pin.id)
        problem = _not_ours(seen, self._username) or (
            None if seen.board.complete else "the listing of its board is not complete"
        )
        if problem is not None:
            self._say(case, FindingKind.BLOCKED, f"the file was removed here; not deleted on Pinterest: {problem}")
            return
        if not all(image.renditions for image in seen.pin.images):
            self._say(case, FindingKind.BLOCKED, "not deleted on Pinterest: no copy of its image could be kept")
            return
        pin = seen.pin
        self.actions.append(
            DeleteRemote(
                pin_id=pin.id,
                board_id=pin.board_id,
                address=f"{self.container(pin.board_id, pin.section_id)}/{pin.id}",
                reason="removed_locally",
                destructive=True,
                reversible=False,
                expect=ExpectPin(pin_id=pin.id, board_id=pin.board_id, section_id=pin.section_id),
                before=pin,
                files=case.records,
            )
        )

    def _forget(self, case: Case) -> None:
        record = case.record
        if record is None:
            return
        self.actions.append(
            Forget(
                pin_id=record.pin_id,
                board_id=record.board_id,
                address=self._address(case),
                reason="gone_on_both_sides",
                expect=ExpectFree(free=record.path),
                before=record,
            )
        )

    # -- places --------------------------------------------------------------------------------------------------

    def _placement(self, seen: SeenPin, image: PinImage, extension: str) -> Placement:
        pin = seen.pin
        fields = {
            "board": self.folders.board(pin.board_id),
            "section": self.folders.section(pin.board_id, pin.section_id),
            "title": pin.title or "",
            "pin_id": pin.id,
            "slot": slot_suffix(image.slot),
            "ext": extension,
        }
        return Placement(
            path=render_path(self._template, fields),
            slot=image.slot,
            board_id=pin.board_id,
            section_id=pin.section_id,
            container=self.container(pin.board_id, pin.section_id),
            template=self._template,
            signature=image.signature,
        )

    def _free(self, case: Case, path: RelPath) -> bool:
        """Whether a path can be given to this case: seen by the scan, and neither planned nor taken by a stranger's file."""
        if self._files.is_unknown(path):
            self._say(case, FindingKind.UNKNOWN, f"{path} lies where the scan could not look")
            return False
        if self._taken is None:
            self._taken = {fold(other): other for other in self._files.files}
        other = self._taken.get(fold(path))
        if other is not None and not (case.record is not None and other == case.record.path):
            self._say(case, FindingKind.CONFLICT, f"{path} is taken by {other}")
            return False
        self._taken[fold(path)] = f"pin {case.seen.pin.id if case.seen else ''}"
        return True


_FINDINGS: dict[Outcome, tuple[FindingKind, str]] = {
    Outcome.REMOVED_LOCALLY: (
        FindingKind.REMOVED_LOCALLY,
        "{case.record.path} was removed here; the pin stays on Pinterest and is not fetched again",
    ),
    Outcome.REMOVED_ON_PINTEREST: (
        FindingKind.REMOVED_ON_PINTEREST,
        "the pin was removed on Pinterest; {case.record.path} is kept",
    ),
    Outcome.PARTLY_REMOVED: (
        FindingKind.PARTLY_REMOVED,
        "{case.record.path} was removed here, other images of the same pin are still there; nothing is done",
    ),
    Outcome.MODIFIED_LOCALLY: (
        FindingKind.MODIFIED_LOCALLY,
        "{case.record.path} was changed here; it is never overwritten nor deleted",
    ),
    Outcome.MOVED_LOCALLY: (
        FindingKind.MOVED_LOCALLY,
        "{case.record.path} was moved here to {case.file.file.path}; it is not missing",
    ),
    Outcome.CONFLICT: (FindingKind.CONFLICT, ""),
    Outcome.UNKNOWN: (FindingKind.UNKNOWN, ""),
}


def _because(case: Case) -> str:
    """The words of a conflict or of something unknown, with both sides named."""
    name = case.record.path if case.record else "the pin"
    if case.file.state is FileState.AMBIGUOUS:
        here = [case.file.file.path] if case.file.file else []
        claims = sorted({*here, *case.file.others})
        return f"several files claim to be the same image: {', '.join(claims)}"
    if case.pin is PinState.UNKNOWN:
        return f"it cannot be told whether {name} is still on Pinterest: {case.why}"
    if case.file.state is FileState.UNKNOWN:
        return f"it cannot be told how {name} stands: the scan could not look"
    if case.pin is PinState.GONE:
        state = {FileState.DAMAGED: "is damaged", FileState.CHANGED: "was changed", FileState.MOVED: "was moved"}
        return f"the pin was removed on Pinterest and {name} {state.get(case.file.state, 'differs')} here; it stays"
    if case.file.state is FileState.MOVED and case.file.file is not None:
        return f"{name} was moved here to {case.file.file.path}, and its pin was moved on Pinterest; nothing is done"
    return ""


def _not_ours(seen: SeenPin, username: str) -> str | None:
    """Why a pin is not surely the account's own. On group boards the API would delete the pins of others, too."""
    if seen.pin.is_owner is not True:
        return "the pin is another person's"
    owners = {seen.board.board.owner, seen.pin.board_owner} - {None}
    return None if owners == {username} else "its board is not known to be yours"


def _why_moved(record: Tracked, seen: SeenPin, template: str) -> str:
    if record.board_id != seen.pin.board_id:
        return "other_board"
    if record.section_id != seen.pin.section_id:
        return "other_section"
    return "new_template" if record.template != template else "renamed"


def _expect(record: Tracked) -> ExpectFile:
    return ExpectFile(path=record.path, size=record.size, mtime_ns=record.mtime_ns, sha256=record.sha256)


def estimate(image: PinImage) -> int:
    """Bytes that fetching an image will take, from its declared size in pixels."""
    best = image.renditions[0]
    return int((best.width or 1000) * (best.height or 1500) * BYTES_PER_PIXEL)


def extension_of(address: str) -> str:
    """The extension of a path or an address, in lower case and with its dot; ``.jpg`` where there is none to trust."""
    name = address.partition("?")[0].rpartition("/")[2]
    stem, dot, extension = name.rpartition(".")
    plain = extension.isascii() and extension.isalnum() and 1 <= len(extension) <= 5
    return f".{extension.lower()}" if stem and dot and plain else ".jpg"
