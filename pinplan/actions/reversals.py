"""What undoes what, if an action is undone by one of another kind.

Kinds know nothing of each other (a contract, see ``pyproject.toml``): besides the list of kinds, only this module knows several of them.
A kind gets it with the present state (`pinplan.actions.contexts.UndoContext.reversals`), so that none imports another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import UNSET
from msgspec.structs import replace

from pinplan.actions.adopt import Adopt
from pinplan.actions.companions import trashed_companions
from pinplan.actions.create_again import can_be_created_again
from pinplan.actions.create_pin import CreatePin
from pinplan.actions.delete_local import DeleteLocal
from pinplan.actions.delete_remote import DeleteRemote
from pinplan.actions.expect import ExpectFile, ExpectFree, ExpectKept, ExpectPin, expect_of, untouched
from pinplan.actions.forget import Forget
from pinplan.actions.move_local import MoveLocal
from pinplan.actions.new_file import NewFile
from pinplan.actions.placement import placement_of
from pinplan.actions.restore import Restore
from pinplan.actions.verdicts import NotUndone

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pinplan.actions.base import Action
    from pinplan.actions.contexts import Home, UndoContext
    from pinplan.actions.receipts import KeptImage
    from pinplan.model.base import Tracked
    from pinplan.model.ids import RelPath, Sha256
    from pinplan.model.naming import Companion
    from pinplan.model.pins import Pin


class Reversals:
    """Makes the actions of other kinds that undo one (`UndoContext.reversals`)."""

    def let_go(self, action: Action, record: Tracked, *, missing: bool = False) -> Action:
        """Forget a pair; with ``missing`` only while its file is gone."""
        return Forget(
            pin_id=record.pin_id,
            board_id=record.board_id,
            address=action.address,
            reason="undo",
            expect=ExpectFree(free=record.path) if missing else None,
            before=record,
        )

    def take_up(self, action: Action, record: Tracked) -> Action:
        """Track a forgotten file again."""
        return Adopt(
            pin_id=action.pin_id,
            board_id=action.board_id,
            address=action.address,
            reason="undo",
            expect=expect_of(record),
            after=record,
        )

    def bring_out(
        self,
        action: Action,
        kept: ExpectKept,
        before: Tracked | None,
        after: Tracked,
        companions: tuple[Companion, ...],
    ) -> Action:
        """Restore a file from the trash.

        Args:
            action: the action to undo.
            kept: the file in the trash.
            before: the base's present record of it.
            after: its record once it is restored.
            companions: its companions in the trash.
        """
        return Restore(
            pin_id=action.pin_id,
            board_id=after.board_id,
            address=action.address,
            reason="undo",
            expect=kept,
            companions=companions or UNSET,
            before=before,
            after=after,
        )

    def delete_again(self, pin: Pin, home: Home, files: Sequence[Tracked], *, files_stay: bool = False) -> Action:
        """Delete a created pin; with ``files_stay`` its files are the user's and stay, untracked."""
        return DeleteRemote(
            pin_id=pin.id,
            board_id=pin.board_id,
            address=f"{home.container}/{pin.id}",
            reason="undo",
            destructive=True,
            reversible=can_be_created_again(pin),
            expect=ExpectPin(pin_id=pin.id, board_id=pin.board_id, section_id=pin.section_id),
            before=pin,
            files=tuple(files),
            files_stay=files_stay or UNSET,
        )

    def take_off(self, pin: Pin, home: Home, files: Sequence[NewFile], now: UndoContext) -> tuple[Action, ...]:
        """Delete the pin of uploaded files, which stay and get their old names back, if these are free.

        Args:
            pin: as it is listed.
            home: where it was created.
            files: as they were before the upload.
            now: the present state.
        """
        found = [(file, record) for file in files if (record := now.record(pin.id, file.slot)) is not None]
        back = (
            MoveLocal(
                pin_id=pin.id,
                board_id=pin.board_id,
                address=f"{home.container}/{pin.id}",
                reason="undo",
                expect=expect_of(record),
                before=record,
                same_bytes=True,
                after=replace(placement_of(record), path=file.source),
            )
            for file, record in found
            # A file that the user moved or changed since keeps its name.
            if now.file(file.source) is None and untouched(record, now) is None
        )
        return (*back, self.delete_again(pin, home, [record for _, record in found], files_stay=True))

    def discard(
        self,
        action: Action,
        learned: Tracked,
        now: UndoContext,
        known: Tracked | None = None,
        beside: RelPath | None = None,
    ) -> tuple[Action, ...] | NotUndone:
        """Undo what brought a file: trash it, or only forget it if it is already gone.

        Args:
            action: the action to undo.
            learned: the pair that the base added for it.
            now: the present state.
            known: the base's earlier record of the pair, which it gets back.
            beside: the path beside which companions were before the file came, and return to; None: they are trashed with it.
        """
        record = now.record(learned.pin_id, learned.slot)
        if record is None:
            return NotUndone("its file is no longer tracked")
        # Only undo what this run did: a later run's file stays (I24: later changes win).
        if record.sha256 != learned.sha256:
            return NotUndone(f"{record.path} was replaced by a later run")
        if now.file(record.path) is None:
            if known is not None:
                return ()  # tracked, and without its file: just as before
            return (self.let_go(action, record, missing=True),)
        problem = untouched(record, now)
        if problem is not None:
            return NotUndone(f"{problem}; it stays")
        return (
            DeleteLocal(
                pin_id=record.pin_id,
                board_id=record.board_id,
                address=action.address,
                reason="undo",
                destructive=True,
                expect=expect_of(record),
                before=record,
                after=known,
                pin_may_stay=True,
                leave_beside=beside or UNSET,
            ),
        )

    def swap_back(
        self, action: Action, expect: ExpectKept, back: Tracked, came: Sha256, now: UndoContext
    ) -> tuple[Action, ...] | NotUndone:
        """Undo a replacement: trash the new file (with these bytes), restore the old one.

        Args:
            action: the action to undo.
            expect: the old file, in the trash.
            back: its record.
            came: the digest of the new file.
            now: the present state.
        """
        record = now.record(back.pin_id, back.slot)
        if record is None:
            return NotUndone("its file is no longer tracked")
        if now.kept(expect.path) is None:
            return NotUndone(f"{expect.path} is no longer in the trash")
        there = now.file(record.path)
        # No file there is fine: the user removed the new one, and the old one still comes back.
        over = None
        if there is not None:
            if (there.content.sha256 if there.content else record.sha256) != came:
                return NotUndone(f"{record.path} has changed since")
            over = ExpectFile(path=there.path, size=there.size, mtime_ns=there.mtime_ns, sha256=came)
        if back.path != record.path and now.file(back.path) is not None:
            return NotUndone(f"another file is at {back.path}")
        return (
            Restore(
                pin_id=back.pin_id,
                board_id=back.board_id,
                address=action.address,
                reason="undo",
                # Only if it trashes a file on its way.
                destructive=over is not None,
                expect=expect,
                over=over,
                before=record,
                after=back,
            ),
        )

    def create_again(
        self,
        pin: Pin,
        records: Sequence[Tracked],
        images: Sequence[KeptImage],
        now: UndoContext,
        companions: tuple[Companion, ...] = (),
    ) -> tuple[Action, ...] | NotUndone:
        """Undo the deletion of a pin.

        Args:
            pin: as it was.
            records: the base's records of its files.
            images: its kept images.
            now: the present state.
            companions: what was trashed with its one file and is still there.
        """
        if not can_be_created_again(pin):
            return NotUndone("pinplan cannot create videos or pins with more than five images; its images are kept")
        # An undo that was begun twice must not create the pin twice (I29: creates at most once).
        already = now.created_already(pin.id)
        if already is not None:
            return NotUndone(already)
        home = now.new_home(pin)
        if home is None:
            return NotUndone("its board no longer exists on Pinterest; create one and pin the kept images by hand")
        # All images or none: with fewer it would be a different pin.
        there = [image for image in images if now.kept(image.path) is not None]
        if len(there) != len(pin.images):
            return NotUndone("its images are no longer in the trash")
        return (
            CreatePin(
                pin_id=pin.id,
                board_id=home.board_id,
                address=f"{home.container}/{pin.id}",
                reason="undo",
                expect=tuple(ExpectKept(path=i.path, size=i.size, sha256=i.sha256) for i in there),
                before=pin,
                after=home,
                files=tuple(_new_files(pin, records, there, home, now, companions)),
                twins=now.twins(pin, home),
            ),
        )


def _new_files(
    pin: Pin,
    records: Sequence[Tracked],
    images: Sequence[KeptImage],
    home: Home,
    now: UndoContext,
    companions: tuple[Companion, ...],
) -> Iterator[NewFile]:
    """Its files: the library's own if the same run trashed them, else the kept images."""
    # The user's own bytes before Pinterest's rendition of them.
    own = {kept.tracked.slot: kept for kept in now.kept_with(pin.id)}
    by_slot = {image.slot: image for image in images}
    for record in records:
        mine, kept = own.get(record.slot), by_slot.get(record.slot)
        facts: Tracked | KeptImage | None = mine.tracked if mine else kept
        path = mine.path if mine else kept.path if kept else None
        stat = now.kept(path) if path else None
        if facts is None or path is None or stat is None:
            continue  # the pin no longer had this slot when it was deleted
        head, tail = now.name_around_id(pin, home, record)
        yield NewFile(
            source=path,
            size=stat.size,
            mtime_ns=stat.mtime_ns,
            sha256=facts.sha256,
            width=facts.width,
            height=facts.height,
            format=facts.format,
            slot=record.slot,
            head=head,
            tail=tail,
            container=home.container,
            template=now.template,
            companions=trashed_companions(mine.companions, path, now) if mine else companions,
        )
