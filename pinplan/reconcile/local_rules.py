"""Plan local files: adopt, accept, move back, rebind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from pinplan.actions import Adopt, MoveLocal, Rebind, Relocate
from pinplan.actions.expect import expect_of
from pinplan.actions.placement import placement_of
from pinplan.model.base import Tracked
from pinplan.plan.document import FindingKind
from pinplan.reconcile.findings import COVER_ONLY
from pinplan.reconcile.pair_state import surely
from pinplan.reconcile.paths import extension_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pinplan.model.images import FileFact
    from pinplan.reconcile.draft import Draft
    from pinplan.reconcile.match import SeenPin
    from pinplan.reconcile.pair_state import PairState


class LocalRules:
    """Plans changes without a download: only names, paths and the base change."""

    def __init__(self, draft: Draft) -> None:
        """Add to a draft."""
        self._draft, self._places = draft, draft.places

    def adopt(self, case: PairState) -> None:
        """Track an existing file as the file of the image."""
        seen, image, file = case.listed, surely(case.image), case.found
        if not self._draft.is_claimed(case, file):
            return
        if image.cover:
            self._draft.note_image(case, FindingKind.COVER_ONLY, COVER_ONLY)
        content = surely(file.content)
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
            # By name alone the bytes may be anything: without a signature they count as the user's own.
            signature=image.signature if case.file.exact else None,
        )
        if not self._places.is_at_home(record):
            # Without a record nobody knows who put it there, the user or Pinterest: later plans must not take it for a move (I31).
            record = replace(record, template="")
        self._draft.actions.append(
            Adopt(
                pin_id=seen.pin.id,
                board_id=seen.pin.board_id,
                address=self._draft.address(case),
                reason="already_here",
                expect=expect_of(record),
                after=record,
            )
        )

    def relocate(self, case: PairState) -> None:
        """Record the file's present path; board and section stay as recorded, so that a move is still noticed, unless both sides moved it."""
        record, file = case.tracked, case.found
        after = as_it_is(record, file)
        if after is None:
            self._draft.note_image(
                case,
                FindingKind.CONFLICT,
                f"{file.path} cannot be tracked in place of {record.path}: it is not a valid image",
            )
            return
        if not self._draft.is_claimed(case, file):
            return
        if record.adopted_elsewhere:
            after = replace(after, template=self._places.template)  # now it was moved
        home, reason = case.home, "accepted" if case.accepted else "renamed_here"
        if home is not None and case.is_at_pin:
            # Both sides moved it to the same place: that is agreed from now on.
            after = replace(after, board_id=home.board_id, section_id=home.section_id, container=home.container)
            reason = "moved_on_both_sides"
        self._draft.actions.append(
            Relocate(
                pin_id=record.pin_id,
                board_id=after.board_id,
                address=self._draft.address(case),
                reason=reason,
                expect=expect_of(after),
                before=record,
                after=after,
            )
        )

    def accept(self, case: PairState) -> None:
        """Record the file as it is."""
        record = case.tracked
        # Not only a changed digest: a text file in place of the picture must not be tracked as one.
        after = as_it_is(record, case.found)
        if after is None:
            message = f"{record.path} cannot be accepted: it is not a valid image"
            self._draft.note_image(case, FindingKind.CONFLICT, message)
            return
        self._draft.actions.append(
            Adopt(
                pin_id=record.pin_id,
                board_id=record.board_id,
                address=self._draft.address(case),
                reason="accepted",
                expect=expect_of(after),
                before=record,
                after=after,
            )
        )

    def move_back(self, case: PairState) -> None:
        """Move a file with its recorded bytes back to its recorded path."""
        record, file = case.tracked, case.found
        if not case.file.exact:
            message = f"{file.path} does not have the recorded bytes of {record.path}; it is not moved back"
            self._draft.note_image(case, FindingKind.MOVED_LOCALLY, message)
            return
        if not self._draft.is_free(case, record.path):
            return
        # The base has the old path; the action must expect the file where it is.
        here = replace(record, path=file.path, size=file.size, mtime_ns=file.mtime_ns)
        self._draft.actions.append(
            MoveLocal(
                pin_id=record.pin_id,
                board_id=record.board_id,
                address=self._draft.address(case),
                reason="restored",
                expect=expect_of(here),
                before=here,
                after=placement_of(record),
                same_bytes=True,
            )
        )

    def rebind(self, cases: Sequence[PairState], new: SeenPin) -> bool:
        """Assign all files of an old pin to a new one; whether that is possible."""
        images = {image.slot: image for image in new.pin.images}
        moved = [
            (record, self._places.placement(new.pin, images[record.slot], extension_of(record.path)))
            for case in cases
            if (record := case.record) is not None
        ]
        # Check all before claiming any: a refusal halfway would leave paths claimed for nothing.
        if not all(self._places.is_free(after.path, own=record.path) for record, after in moved):
            return False
        for record, after in moved:
            self._places.refusal(after.path, own=record.path, claimant=f"pin {new.pin.id}")
            suffix = f"#{record.slot}" if record.slot else ""
            self._draft.actions.append(
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


def as_it_is(record: Tracked, file: FileFact) -> Tracked | None:
    """The record with the present file; None if that is not a valid image."""
    content = file.content
    # Its recorded bytes, at whatever path: all that was measured still holds.
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
        # The signature marks what Pinterest sent: without it no later plan takes the file for the pin's image (I20).
        signature=None,  # the user's own content: Pinterest never sent it
        doubtful=content.problem,
    )
