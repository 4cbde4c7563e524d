"""Decide about each new picture: upload it, or say why not. Pure.

Everything that can be known before a request is sent is known here: size and format of what would be sent, whether Pinterest shows the picture already, and
how many uploads of the day are left. What Pinterest refuses all the same fails one action.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from msgspec import UNSET

from pinplan.actions.expect import ExpectFile
from pinplan.actions.new_file import NewFile
from pinplan.actions.upload_pin import UploadPin
from pinplan.model.ids import PinId
from pinplan.model.naming import one_line, recogniser, stem_of
from pinplan.model.pins import NewPin, Pin, PinImage
from pinplan.plan.document import Finding, FindingKind
from pinplan.reconcile.consent import CONSENT, OWN_CONTENT
from pinplan.reconcile.findings import WRITE_TO_OTHERS
from pinplan.reconcile.pair_state import surely
from pinplan.reconcile.paths import ID_PLACE, extension_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pinplan.actions.contexts import Home
    from pinplan.model.ids import BoardId, RelPath
    from pinplan.model.images import Content, FileFact
    from pinplan.model.snapshots import BoardSnapshot, UploadFacts
    from pinplan.policies.uploads import Uploads
    from pinplan.reconcile.match import PinSides
    from pinplan.reconcile.paths import ImagePaths
    from pinplan.reconcile.plan_input import PlanInput
    from pinplan.reconcile.untracked_file import UntrackedFile

NO_ID = PinId("")
"""In place of the id that Pinterest has yet to assign."""


class Reason(NamedTuple):
    """Why a picture is not uploaded; ``code`` is that of the finding, for programs."""

    kind: FindingKind
    message: str
    code: str = ""


class UploadRules:
    """Decides in the order of the paths, so that the same world gives the same plan."""

    def __init__(self, inputs: PlanInput, pins: PinSides, places: ImagePaths) -> None:
        """Decide about a plan's input."""
        self._inputs, self._pins, self._places = inputs, pins, places
        self._conditions = inputs.policies.about_uploads
        self._facts = {one.path: one for one in inputs.local.uploads}
        self._recognise = recogniser(inputs.policies.template)
        self._pending = {sha256 for create in inputs.creates for sha256 in create.pictures}
        self._pending_paths = {create.path for create in inputs.creates if create.path is not None}
        self._left = max(0, self._conditions.per_day - inputs.local.uploaded_today)
        self._planned: dict[str, str] = {}
        self.postponed = 0

    def decide(self, files: Sequence[UntrackedFile]) -> tuple[list[UploadPin], list[Finding]]:
        """The uploads of files in the order of their paths, and one finding for each reason and folder."""
        actions: list[UploadPin] = []
        refused: dict[tuple[str, Reason], list[UntrackedFile]] = defaultdict(list)
        for new in files:
            if self.is_pending(new):
                continue  # it has a finding of its own
            reason = self._why_not(new)
            if reason is None:
                actions.append(self._upload(new))
            else:
                refused[new.home.container, reason].append(new)
        return actions, [finding_of_files(address, reason, some) for (address, reason), some in refused.items()]

    def is_pending(self, new: UntrackedFile) -> bool:
        """Whether a create of this picture is unconfirmed: it must not be sent a second time (I29: creates at most once)."""
        content = new.file.content
        return new.file.path in self._pending_paths or (content is not None and content.sha256 in self._pending)

    def _why_not(self, new: UntrackedFile) -> Reason | None:
        for judge in (self.of_place, self.of_name, self.of_file, self.of_picture):
            reason = judge(new)
            if reason is not None:
                return reason
        return self.of_day((new,))

    def of_place(self, new: UntrackedFile) -> Reason | None:
        """Why nothing is uploaded to its board, or from its folder."""
        board = self._pins.boards[new.home.board_id]
        if self._is_foreign(board) and not self._may_write_to(board):
            return _here(
                f"not uploaded: the board may belong to another account; to upload to it, name it in {WRITE_TO_OTHERS}"
            )
        if not board.complete or not board.asked:
            return _here("not uploaded: the listing of the board is incomplete")
        if not self._places.is_folder_of(new.home, new.file.path):
            return _here(
                f"not uploaded: {new.file.path.rpartition('/')[0]} is not the folder of a board or section on Pinterest"
            )
        if not self._places.is_spelled_as(new.home, new.file.path):
            return _here(
                f"not uploaded: another board or section has nearly the same name; the folder of this one is spelled {new.home.container}"
            )
        return None

    def of_name(self, new: UntrackedFile) -> Reason | None:
        """Why nothing of this name is uploaded, or nothing at all without consent."""
        if new.name.startswith("."):
            # Programs hide what they are still writing, or have deleted: .pending-1-a.jpg, .trashed-1-a.jpg.
            return _here("not uploaded: the file is hidden; rename it to upload it")
        claimed = self._recognise(new.file.path)
        if claimed is not None:
            return _here(f"not uploaded: the file name is that of pin {claimed[0]}; rename the file to upload it")
        return None if self._conditions.own_content else Reason(FindingKind.NEW_HERE, OWN_CONTENT, CONSENT)

    def _is_foreign(self, board: BoardSnapshot) -> bool:
        return board.board.owner != self._pins.account.username

    def _may_write_to(self, board: BoardSnapshot) -> bool:
        """Whether the config names a board of another account (I10)."""
        return self._inputs.policies.may_write_to(board.board.name, board.board.id, board.board.owner)

    def is_foreign(self, board_id: BoardId) -> bool:
        """Whether a board is another account's."""
        return self._is_foreign(self._pins.boards[board_id])

    @property
    def keeps_metadata(self) -> bool:
        """Whether what files say of themselves is sent as well."""
        return self._conditions.keep_metadata

    def converted(self, files: Sequence[NewFile]) -> str:
        """The formats that files are converted to; empty if they are sent as they are."""
        return converted(files, self._facts)

    def of_file(self, new: UntrackedFile) -> Reason | None:
        """Why the file itself cannot be sent."""
        settling = self.of_settling(new)
        if settling is not None:
            return settling
        facts = self._facts.get(new.file.path)
        if facts is None or new.file.content is None:
            return cannot("it cannot be read")
        problem = why_not_sent(new.file.content, facts, self._conditions)
        return cannot(problem) if problem else None

    def of_settling(self, new: UntrackedFile) -> Reason | None:
        """Why a file may still be written."""
        # The snapshot of Pinterest is taken first: its time is on record, and files are looked at later.
        seen = datetime.fromisoformat(self._inputs.local.taken_at).timestamp()
        if abs(seen - new.file.mtime_ns / 1e9) >= self._conditions.settle_seconds:
            return None
        return _here(f"not uploaded yet: changed in the last {self._conditions.settle_seconds} seconds")

    def size_as_sent(self, new: UntrackedFile) -> int:
        """Bytes of a picture as it is sent."""
        return self._facts[new.file.path].size

    def of_picture(self, new: UntrackedFile) -> Reason | None:
        """Why its picture is not to be published, as it is already, or may be."""
        facts = self._facts[new.file.path]
        if facts.pins:
            return Reason(FindingKind.ALREADY_PINNED, f"pin {facts.pins[0]} shows the same picture")
        before = next((path for path in facts.files if path in self._planned), None)
        if before is not None:
            return Reason(FindingKind.ALREADY_PINNED, f"{before}, which is uploaded, shows the same picture")
        return _here(f"not uploaded yet: {facts.unsure}") if facts.unsure else None

    def of_day(self, files: Sequence[UntrackedFile]) -> Reason | None:
        """Why the files of one pin are not uploaded today; if they are, they are counted."""
        if self._left == 0:
            self.postponed += 1
            return _here(why_not_again_today("uploaded", self._conditions))
        self._left -= 1
        self._planned |= {new.file.path: new.address for new in files}
        return None

    def _upload(self, new: UntrackedFile) -> UploadPin:
        file, home = new.file, new.home
        # Cut as it is sent: the plan names what will be published (I31).
        pin = NewPin(
            board_id=home.board_id, section_id=home.section_id, title=one_line(stem_of(new.name))
        ).within_limits()
        planned = planned_file(self._places, home, pin, file)
        return UploadPin(
            pin_id=NO_ID,
            board_id=home.board_id,
            address=new.address,
            reason="new_here",
            expect=ExpectFile(path=file.path, size=file.size, mtime_ns=file.mtime_ns, sha256=planned.sha256),
            after=home,
            pin=pin,
            file=planned,
            sent_as=self.converted((planned,)) or UNSET,
            keep_metadata=self._conditions.keep_metadata or UNSET,
            of_others=self.is_foreign(home.board_id) or UNSET,
        )


def why_not_sent(content: Content, facts: UploadFacts, conditions: Uploads) -> str:
    """Why Pinterest would not take a picture; empty if it may."""
    if facts.problem:
        return facts.problem
    width, height = content.width or 0, content.height or 0
    if min(width, height) < conditions.min_side:
        return f"{width}×{height} pixels, at least {conditions.min_side} on each side are needed"
    if facts.size > conditions.max_bytes:
        return f"{facts.size:,} bytes, at most {conditions.max_bytes:,} are allowed ([upload] max_bytes)"
    return ""


def converted(files: Sequence[NewFile], facts: Mapping[RelPath, UploadFacts]) -> str:
    """The formats that files are converted to; empty if they are sent as they are."""
    forms = ((facts[file.source].content_type.rpartition("/")[2].upper(), file.format) for file in files)
    return " and ".join(sorted({sent for sent, form in forms if sent != form}))


def why_not_again_today(done: str, conditions: Uploads) -> str:
    """That the limit of a day is reached; ``done`` is the verb."""
    return f"not {done} today: the limit is {conditions.per_day} uploads a day, in UTC ([upload] per_day)"


def planned_file(places: ImagePaths, home: Home, new: NewPin, file: FileFact, slot: int = 0) -> NewFile:
    """A file of a pin to be created: as it is now, and its path in the library once the pin has an id."""
    content = surely(file.content)
    pin = Pin(id=PinId(ID_PLACE), board_id=new.board_id, section_id=new.section_id, title=new.title)
    placed = places.placement(pin, PinImage(slot=slot, renditions=()), extension_of(file.path)).path
    head, _, tail = placed.rpartition(ID_PLACE)
    return NewFile(
        source=file.path,
        size=file.size,
        mtime_ns=file.mtime_ns,
        sha256=content.sha256,
        width=content.width or 0,
        height=content.height or 0,
        format=content.format or "",
        slot=slot,
        head=head,
        tail=tail,
        container=home.container,
        template=places.template,
    )


def _here(message: str) -> Reason:
    return Reason(FindingKind.NEW_HERE, message)


def cannot(message: str) -> Reason:
    """A picture that cannot be sent."""
    return Reason(FindingKind.CANNOT_UPLOAD, message)


def finding_of_files(address: str, reason: Reason, files: Sequence[UntrackedFile], things: str = "pictures") -> Finding:
    """A finding about one file or several, which are not uploaded for one reason."""
    count = len(files)
    subject = files[0].name if count == 1 else f"{count:,} {things}"
    return Finding(
        kind=reason.kind,
        address=address,
        path=files[0].file.path if count == 1 else None,
        message=f"{subject}: {reason.message}",
        count=count,
        reason=reason.code,
    )
