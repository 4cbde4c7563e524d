"""What follows from an outcome: the action with all that it needs, or the finding with its words."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
from pinplan.actions.create_pin import can_be_created_again
from pinplan.actions.expect import ExpectFile, ExpectFree, ExpectPin, expect_of
from pinplan.model.base import Tracked
from pinplan.plan import Finding, FindingKind
from pinplan.policies.gone_pin import GonePin
from pinplan.policies.mtime import Mtime
from pinplan.reconcile.match import shows_another
from pinplan.reconcile.places import extension_of
from pinplan.reconcile.refusals import (
    Refusals,
    another_image,
    better_sizes,
    could_be_larger,
    is_fewer_pixels,
    is_of_a_person,
    restoring,
    sizes_of,
    stands_for_nothing,
    why_withheld,
)
from pinplan.reconcile.scope import ScopeFilter
from pinplan.reconcile.truth import ACCEPTED, RESTORED, FileState, Outcome, PinState, outcome
from pinplan.reconcile.words import COVER_ONLY, finding_of, why_moved, why_not_ours
from pinplan.suggestions import suggestion

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pinplan.model.ids import BoardId, PinId, RelPath
    from pinplan.model.images import FileFact
    from pinplan.model.pins import Pin, PinImage
    from pinplan.policies.bundle import Policies
    from pinplan.reconcile.case import Case
    from pinplan.reconcile.match import PinSides, SeenPin
    from pinplan.reconcile.places import Places
    from pinplan.suggestions import Command

BYTES_PER_PIXEL = 0.15
"""Median of 736 and 1200 pixel wide JPEG photographs on Pinterest's own quality; an estimate for summaries only."""


class Rules:
    """Collects actions and findings, case by case."""

    def __init__(
        self,
        places: Places,
        pins: PinSides,
        policies: Policies,
        scope: ScopeFilter,
        refusals: Refusals,
        here: Iterable[tuple[str, RelPath]] = (),
    ) -> None:
        """Begin with nothing; ``here`` are addresses whose image a tracked file already holds."""
        self._policies, self._scope, self._refusals = policies, scope, refusals
        self._places = places
        self._username = pins.account.username
        self.actions: list[AnyAction] = []
        self.findings: list[Finding] = []
        self.not_fetched: dict[BoardId, set[PinId]] = {}
        self._pins = pins
        self._deleted: set[str] = set()
        self._here_by_address = dict(here)
        self._first_with: dict[str, RelPath] = {}

    # -- words ---------------------------------------------------------------------------------------------------

    def note(self, kind: FindingKind, pin: Pin, message: str) -> None:
        """A finding about a pin that is listed."""
        container = self._places.container(pin.board_id, pin.section_id)
        self.findings.append(Finding(kind=kind, address=f"{container}/{pin.id}", pin_id=pin.id, message=message))

    def note_at(self, kind: FindingKind, address: str, message: str, *, count: int = 1) -> None:
        """A finding about a board, a folder or the whole."""
        self.findings.append(Finding(kind=kind, address=address, message=message, count=count))

    def _say(self, case: Case, kind: FindingKind, message: str, *commands: Command) -> None:
        address = self._address(case)
        file = case.file.file
        moved_to = file.path if kind is FindingKind.MOVED_LOCALLY and file is not None else None
        finding = Finding(
            kind=kind,
            address=address,
            pin_id=case.pin_id,
            path=case.path,
            message=message,
            moved_to=moved_to,
            commands=commands,
        )
        self.findings.append(finding)

    def _address(self, case: Case) -> str:
        suffix = f"#{case.slot}" if case.slot else ""
        if case.seen is not None:
            pin = case.seen.pin
            return f"{self._places.container(pin.board_id, pin.section_id)}/{pin.id}{suffix}"
        where = case.record.container if case.record else ""
        return f"{where}/{case.pin_id}{suffix}"

    # -- one case ------------------------------------------------------------------------------------------------

    def apply(self, case: Case) -> None:
        """Look the case up in the truth table, and spell out what follows."""
        result = outcome(case.pin, case.file.state, case.answers)
        if case.restored or case.accepted:
            result = (RESTORED if case.restored else ACCEPTED).get(result, result)
        if result is Outcome.IN_PLACE:  # by far the most frequent one
            self._in_place(case)
            return
        if result is Outcome.NOTHING:
            self._ignored(case)
            return
        if result in {Outcome.MOVED_LOCALLY, Outcome.RELOCATE} and not case.accepted and self._moved_there_too(case):
            result = Outcome.CONFLICT
        finding = finding_of(case, result)
        if finding is not None:
            self._say(case, *finding)
            return
        self._act(case, result)

    def _ignored(self, case: Case) -> None:
        """A pin that the config leaves on Pinterest; what the plan is not about is not counted."""
        if case.pin is PinState.PRESENT and case.seen is not None:
            pin = case.seen.pin
            if self._scope.has(self._address(case), pin.board_id, pin.id):
                self.not_fetched.setdefault(pin.board_id, set()).add(pin.id)

    def _free(self, case: Case, path: RelPath) -> bool:
        """Whether a path can be given to this case; if not, that is a finding."""
        own = case.record.path if case.record else None
        refusal = self._places.refusal(path, own=own, claimant=f"pin {case.pin_id}")
        if refusal is not None:
            self._say(case, *refusal)
        return refusal is None

    def _moved_there_too(self, case: Case) -> bool:
        if case.seen is None or case.record is None:
            return False
        return case.record.container != self._places.container(case.seen.pin.board_id, case.seen.pin.section_id)

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
            case Outcome.RELOCATE:
                self._relocate(case)
            case Outcome.ACCEPT:
                self._accept(case)
            case Outcome.MOVE_BACK:
                self._move_back(case)
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
            self._say(case, FindingKind.COVER_ONLY, COVER_ONLY)
        if shows_another(seen.pin, (record,)):
            if self._in_another_image(case, seen, record, case.image):
                return
        elif could_be_larger(record, case.image) and self._in_better_size(case, seen, record, case.image):
            return
        container = self._places.container(seen.pin.board_id, seen.pin.section_id)
        if record.container == container and record.template == self._places.template:
            return
        self._move(case, seen, record, self._places.placement(seen.pin, case.image, extension_of(record.path)))

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
                reason=why_moved(record, seen, self._places.template),
                expect=expect_of(record),
                before=record,
                after=after,
            )
        )

    def rebind(self, cases: Sequence[Case], new: SeenPin) -> bool:
        """Let a new pin have the files of an old one, all of them; whether that can be."""
        images = {image.slot: image for image in new.pin.images}
        moved = [
            (record, self._places.placement(new.pin, images[record.slot], extension_of(record.path)))
            for case in cases
            if (record := case.record) is not None
        ]
        if not all(self._places.is_free(after.path, own=record.path) for record, after in moved):
            return False
        for record, after in moved:
            self._places.refusal(after.path, own=record.path, claimant=f"pin {new.pin.id}")
            suffix = f"#{record.slot}" if record.slot else ""
            self.actions.append(
                Rebind(
                    pin_id=new.pin.id,
                    board_id=new.pin.board_id,
                    address=f"{after.container}/{new.pin.id}{suffix}",
                    reason="saved_again",
                    expect=expect_of(record),
                    before=record,
                    after=after,
                )
            )
        return True

    def _download(self, case: Case) -> None:
        seen, image = case.seen, case.image
        if seen is None or image is None or not image.renditions:
            self._say(case, FindingKind.WITHHELD, "Pinterest offers no full image for this pin")
            return
        if image.renditions[0].url not in self._here_by_address and self._withheld(case, image):
            return
        if image.cover:
            self._say(case, FindingKind.COVER_ONLY, COVER_ONLY)
        after = self._dated(self._places.placement(seen.pin, image, _expected_extension(case.record, image)), seen.pin)
        if not self._free(case, after.path):
            return
        reason = "new_pin" if case.record is None else "removed_locally"
        # What this plan leaves out is not here to be copied from when the rest is done.
        wanted = self._scope.has(self._address(case), seen.pin.board_id, seen.pin.id)
        source = self._same_image(image, after.path) if wanted else None
        if source is not None:
            self._copy(case, seen, after, source, reason)
            return
        self.actions.append(
            Download(
                pin_id=seen.pin.id,
                board_id=seen.pin.board_id,
                address=self._address(case),
                reason=reason,
                expect=ExpectFree(free=after.path),
                before=case.record,
                after=after,
                renditions=image.renditions,
                estimated_bytes=estimate(image),
            )
        )

    def _same_image(self, image: PinImage, path: RelPath) -> RelPath | None:
        """The file of another pin with an image under the very same address: here already, or fetched by this plan."""
        url = image.renditions[0].url
        if image.signature is None:
            return None  # an address that is not Pinterest's own says nothing about what is behind it
        if url not in self._first_with:
            self._first_with[url] = self._here_by_address.get(url, path)
        source = self._first_with[url]
        return source if source != path else None

    def _copy(self, case: Case, seen: SeenPin, after: Placement, source: RelPath, reason: str) -> None:
        self.actions.append(
            CopyLocal(
                pin_id=seen.pin.id,
                board_id=seen.pin.board_id,
                address=self._address(case),
                reason=reason,
                expect=ExpectFree(free=after.path),
                before=case.record,
                after=after,
                source=source,
            )
        )

    def _adopt(self, case: Case) -> None:
        seen, image, file = case.seen, case.image, case.file.file
        if seen is None or image is None or file is None or file.content is None:
            return
        if not self._claimed(case, file):
            return
        if image.cover:
            self._say(case, FindingKind.COVER_ONLY, COVER_ONLY)
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
            container=self._places.container(seen.pin.board_id, seen.pin.section_id),
            template=self._places.template,
            signature=image.signature if case.file.exact else None,
        )
        self.actions.append(
            Adopt(
                pin_id=seen.pin.id,
                board_id=seen.pin.board_id,
                address=self._address(case),
                reason="already_here",
                expect=expect_of(record),
                after=record,
            )
        )

    def _relocate(self, case: Case) -> None:
        """The file is agreed on where it is; board and section stay as they were, so that a move of the pin can still be seen."""
        record, file = case.record, case.file.file
        if record is None or file is None:
            return
        after = _as_it_is(record, file)
        if after is None:
            self._say(
                case,
                FindingKind.CONFLICT,
                f"{file.path} cannot be taken for {record.path}: it is no image, or a broken one",
            )
            return
        if not self._claimed(case, file):
            return
        self.actions.append(
            Relocate(
                pin_id=record.pin_id,
                board_id=record.board_id,
                address=self._address(case),
                reason="accepted" if case.accepted else "renamed_here",
                expect=expect_of(after),
                before=record,
                after=after,
            )
        )

    def _claimed(self, case: Case, file: FileFact) -> bool:
        """Whether a file can be this image's; if it is taken for another one already, that is a finding."""
        free = self._places.claim(file.path)
        if not free:
            self._say(case, FindingKind.CONFLICT, f"{file.path} is taken for another image by this plan")
        return free

    def _accept(self, case: Case) -> None:
        """The file is agreed on as it is."""
        record, file = case.record, case.file.file
        after = _as_it_is(record, file) if record is not None and file is not None else None
        if record is None or file is None or after is None:
            self._say(case, FindingKind.CONFLICT, f"{case.path} cannot be accepted: it is no image, or a broken one")
            return
        self.actions.append(
            Adopt(
                pin_id=record.pin_id,
                board_id=record.board_id,
                address=self._address(case),
                reason="accepted",
                expect=expect_of(after),
                before=record,
                after=after,
            )
        )

    def _move_back(self, case: Case) -> None:
        """A file with its recorded bytes goes back to its recorded place."""
        record, file = case.record, case.file.file
        if record is None or file is None:
            return
        if not case.file.exact:
            message = f"{file.path} has other bytes than {record.path} had: it is not moved back"
            self._say(case, FindingKind.MOVED_LOCALLY, message)
            return
        if not self._free(case, record.path):
            return
        here = replace(record, path=file.path, size=file.size, mtime_ns=file.mtime_ns)
        self.actions.append(
            MoveLocal(
                pin_id=record.pin_id,
                board_id=record.board_id,
                address=self._address(case),
                reason="restored",
                expect=expect_of(here),
                before=here,
                after=_own_place(record, record.signature),
                same_bytes=True,
            )
        )

    def _replace(self, case: Case) -> None:
        seen, image, record, file = case.seen, case.image, case.record, case.file.file
        if seen is None or record is None or file is None or file.content is None:
            return
        if image is None or not image.renditions:
            what = "was changed here" if case.file.state is FileState.CHANGED else "is damaged"
            self._say(case, FindingKind.WITHHELD, f"the file {what}, and Pinterest no longer offers this image")
            return
        if self._withheld(case, image, f"{record.path} is damaged, and its image is "):
            return
        expect = ExpectFile(path=file.path, size=file.size, mtime_ns=file.mtime_ns, sha256=file.content.sha256)
        reason = "restored" if case.restored else f"damaged: {file.content.problem}"
        self._fetch_over(case, seen, record, image, expect, reason)

    def _fetch_over(
        self, case: Case, seen: SeenPin, record: Tracked, image: PinImage, expect: ExpectFile, reason: str
    ) -> None:
        after = self._dated(self._place_again(seen, image, record), seen.pin)
        if after.path != record.path and not self._free(case, after.path):
            return
        self.actions.append(
            Replace(
                pin_id=record.pin_id,
                board_id=seen.pin.board_id,
                address=self._address(case),
                reason=reason,
                expect=expect,
                before=record,
                after=after,
                renditions=image.renditions,
                estimated_bytes=estimate(image),
            )
        )

    def _withheld(self, case: Case, image: PinImage, what: str = "") -> bool:
        """Whether the host refused an image so often that it is only reported; by name it is asked for at once."""
        refused = None if case.restored else self._refusals.withheld(image)
        if refused is not None:
            self._say(case, FindingKind.WITHHELD, what + why_withheld(refused), restoring(refused.pin_id))
        return refused is not None

    def _in_another_image(self, case: Case, seen: SeenPin, record: Tracked, image: PinImage) -> bool:
        """Whether the file gives way to the image that its pin shows now: only by name, for it may be the one that is wanted."""
        if case.restored and not is_fewer_pixels(record, image):
            self._fetch_over(case, seen, record, image, expect_of(record), "another_image")
            return True
        self._say(case, FindingKind.ANOTHER_IMAGE, another_image(record, image))
        return False

    def _in_better_size(self, case: Case, seen: SeenPin, record: Tracked, image: PinImage) -> bool:
        """Whether the file is replaced by a larger one. Where it is not, that it is smaller is a finding."""
        refused = self._refusals.of(image)
        nominal = refused is None and not stands_for_nothing(record, image)
        if not case.restored if is_of_a_person(record, image) else nominal:
            self._say(case, FindingKind.SMALLER, sizes_of(record, image))
            return False
        settled = self._refusals.settled(image)
        keep = case.answers.gone_pin is GonePin.KEEP  # an archive throws nothing away by itself
        if not case.restored and (settled is not None or keep):
            again = restoring(record.pin_id if settled is None else settled.pin_id)
            how = f"fetch it with: {suggestion(*again)}" if settled is None else why_withheld(settled)
            self._say(case, FindingKind.BETTER_SIZE, f"{sizes_of(record, image)}; {how}", again)
            return False
        larger = replace(image, renditions=better_sizes(record, image))
        self._fetch_over(case, seen, record, larger, expect_of(record), "better_size")
        return True

    def _dated(self, after: Placement, pin: Pin) -> Placement:
        """The same place, with the time that a fetched file is given there."""
        created = pin.created_at if self._policies.mtime is Mtime.CREATED else None
        return after if created is None else replace(after, mtime=created)

    def _place_again(self, seen: SeenPin, image: PinImage, record: Tracked) -> Placement:
        """Where a damaged file's successor goes: its own place, or the one that the pin has moved to meanwhile."""
        moved = record.container != self._places.container(seen.pin.board_id, seen.pin.section_id)
        if (moved or record.template != self._places.template) and self._surely_moved(seen, record):
            return self._places.placement(seen.pin, image, extension_of(record.path))
        return _own_place(record, image.signature)

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
                expect=expect_of(record),
                before=record,
            )
        )

    def _delete_remote(self, case: Case) -> None:
        """One action for a pin, however many slots it has; only for a pin that is surely ours (I10)."""
        seen = case.seen
        if seen is None or seen.pin.id in self._deleted:
            return
        self._deleted.add(seen.pin.id)
        not_ours = why_not_ours(seen, self._username)
        board = seen.board.board
        of_others = not_ours is not None and self._policies.may_delete_of_others(
            board.name, board.id, seen.pin.id, board.owner
        )
        problem = None if seen.board.complete else "the listing of its board is not complete"
        if not_ours is not None and not of_others:
            problem = not_ours
        if problem is not None:
            self._say(case, FindingKind.BLOCKED, f"the file was removed here; not deleted on Pinterest: {problem}")
            return
        if shows_another(seen.pin, case.records):
            # What was removed here is not what would go there: the new image was never agreed on, and is kept nowhere (I20).
            self._say(case, FindingKind.CONFLICT, "the file was removed here, but the pin shows another image now")
            return
        if not all(image.renditions for image in seen.pin.images):
            self._say(case, FindingKind.BLOCKED, "not deleted on Pinterest: no copy of its image could be kept")
            return
        if any(self._withheld(case, image, "not deleted on Pinterest: its image is ") for image in seen.pin.images):
            return
        pin = seen.pin
        self.actions.append(
            DeleteRemote(
                pin_id=pin.id,
                board_id=pin.board_id,
                address=f"{self._places.container(pin.board_id, pin.section_id)}/{pin.id}",
                reason="removed_locally",
                destructive=True,
                reversible=can_be_created_again(pin),
                expect=ExpectPin(pin_id=pin.id, board_id=pin.board_id, section_id=pin.section_id),
                before=pin,
                files=case.records,
                of_others=of_others or UNSET,
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


def _expected_extension(record: Tracked | None, image: PinImage) -> str:
    """That of the same image when it was here, else that of its address; the bytes decide when they are here."""
    known = record is not None and record.signature is not None and record.signature == image.signature
    return extension_of(record.path if record is not None and known else image.renditions[0].url)


def _own_place(record: Tracked, signature: str | None) -> Placement:
    return Placement(
        path=record.path,
        slot=record.slot,
        board_id=record.board_id,
        section_id=record.section_id,
        container=record.container,
        template=record.template,
        signature=signature,
    )


def _as_it_is(record: Tracked, file: FileFact) -> Tracked | None:
    """The record of an image, with the file as it is here now; None for what is no image, or a broken one."""
    content = file.content
    if content is None or content.sha256 == record.sha256:
        return replace(record, path=file.path, size=file.size, mtime_ns=file.mtime_ns)
    if content.format is None or content.damage is not None:
        return None
    return replace(
        record,
        path=file.path,
        size=file.size,
        mtime_ns=file.mtime_ns,
        sha256=content.sha256,
        width=content.width or 0,
        height=content.height or 0,
        format=content.format,
        signature=None,  # whatever is in it, it is not what Pinterest sent
        doubtful=content.problem,
    )


def estimate(image: PinImage) -> int:
    """Bytes that fetching an image will take, from its declared size in pixels."""
    best = image.renditions[0]
    return int((best.width or 1000) * (best.height or 1500) * BYTES_PER_PIXEL)
