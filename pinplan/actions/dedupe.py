"""``dedupe``: remove a pin whose picture another pin shows too; that one is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

import msgspec
from msgspec.structs import replace

from pinplan.actions.base import Action, Description, KindInfo, Phase, name_of
from pinplan.actions.companion_steps import CompanionStep
from pinplan.actions.companions import (
    carry_along,
    companion_problem,
    is_begun,
    newcomer,
    place_taken,
    steps_to_trash,
    trashed_companions,
    with_names,
)
from pinplan.actions.contexts import ActionContext, UndoContext
from pinplan.actions.create_again import can_be_created_again
from pinplan.actions.expect import ExpectKept, ExpectPin, bytes_as_expected, digest_in_trash
from pinplan.actions.pairs import KeptCopy, Pair
from pinplan.actions.provisions import Claim, Provision, WordsOf
from pinplan.actions.receipts import Drop, KeptImage, Put, Receipt
from pinplan.actions.verdicts import Done, NotUndone, Ready, Stale, Verdict
from pinplan.actions.views import Role, View, view_with
from pinplan.errors import ImageRefused
from pinplan.model.base import Tracked
from pinplan.model.images import declared_size, is_placeholder
from pinplan.model.naming import trash_path
from pinplan.model.pins import Pin, Words
from pinplan.model.scopes import WRITE_PINS
from pinplan.policies.duplicates import Remove

if TYPE_CHECKING:
    from pinplan.model.ids import BoardId, PinId, RelPath
    from pinplan.model.pins import Rendition


class Dedupe(Pair, frozen=True, kw_only=True, tag="dedupe", gc=False):
    """Move the file to the trash with the pin's metadata beside it, and delete the pin; or only one of the two.

    Attributes:
        remove: where it is removed: here, on Pinterest, or both.
    """

    trait: ClassVar[KindInfo] = KindInfo(
        # REMOTE even for duplicates that are only trashed: the phase is a fact of the kind, and last is safe for both.
        symbol="=",
        verb="duplicates to remove",
        title="Remove duplicates",
        phase=Phase.REMOTE,
        always_shown=True,
        may_remove=True,
    )

    after: None = None
    remove: Remove

    def describe(self) -> Description:
        """Name the removed one, the kept one, and the deciding rule."""
        evidence = self.evidence
        looks = f"{evidence.loser.width}×{evidence.loser.height}, kept {evidence.keeper.width}×{evidence.keeper.height}"
        where = {Remove.BOTH: "here and on Pinterest", Remove.LOCAL: "here", Remove.REMOTE: "on Pinterest"}
        description = Description(
            subject=name_of(self.before.path),
            detail=f"for {name_of(self.keeper.file.path)}  [{evidence.alike.measured}; {looks}; {'chosen' if evidence.chosen else evidence.rung}]",
            effect=(
                f"remove {self.before.path} {where.get(self.remove, '')}: {self.keeper.file.path} shows the same picture "
                f"({evidence.alike.measured}: {evidence.alike.why}) and is kept by {evidence.decided_by}"
            ),
        )
        return with_names(description, self.with_it)

    def views(self) -> tuple[View, ...]:
        """The kept image, then the removed one."""
        kept, looks, other = self.keeper.file, self.evidence.keeper, self.keeper.exchange
        keeper = View(
            role=Role.KEEP,
            pin_id=self.keeper.pin.pin_id,
            places=(kept.path,),
            renditions=_renditions(other.pin, other.before) if other else (),
            sha256=kept.sha256,
            size=kept.size,
            width=looks.width,
            height=looks.height,
            quality=looks.quality,
            format=other.before.format if other else "",
        )
        loser = view_with(self.before, self.evidence.loser, Role.DROP, _renditions(self.pin, self.before))
        return keeper, loser

    def affected_paths(self) -> tuple[RelPath, ...]:
        """The removed file and its companions."""
        return (self.expect.path, *(one.path for one in self.with_it))

    def carried(self) -> tuple[RelPath, RelPath | None] | None:
        """The removed file, if it is moved to the trash."""
        return (self.expect.path, None) if self.trashes_file else None

    @property
    def deletes_pin(self) -> bool:
        """Whether the pin is deleted on Pinterest."""
        return self.remove in {Remove.BOTH, Remove.REMOTE}

    @property
    def deleted_pin(self) -> Pin | None:
        """The pin, if it is deleted."""
        return self.pin if self.deletes_pin else None

    @property
    def scopes(self) -> tuple[str, ...]:
        """The scopes for deleting the pin, if it is deleted."""
        return WRITE_PINS if self.deletes_pin else ()

    @property
    def trashes_file(self) -> bool:
        """Whether the file is moved to the trash."""
        return self.remove in {Remove.BOTH, Remove.LOCAL}

    @property
    def calls(self) -> int:
        """Read both pins, delete one."""
        return 3 if self.deletes_pin else 2

    @property
    def listing_dependencies(self) -> frozenset[BoardId]:
        """The boards of both."""
        # Also the board where the base has it: it may have been moved since.
        return frozenset({self.board_id, self.before.board_id, self.keeper.pin.board_id})

    def exchanged(self) -> Self:
        """The pair swapped: the kept one is removed, the removed one kept.

        A function of the plan alone, so that a resume or an undo gets the same action. What it expects of both sides is
        checked just before it is done, as for any other (I12, I21).

        Raises:
            ValueError: it cannot be swapped; the message says why.
        """
        other = self.keeper.exchange
        if not other:
            raise ValueError("an older pinplan made the plan, without the data for a swap; plan again")
        if other.problem:
            raise ValueError(f"{other.before.path} must be kept: {other.problem}")
        evidence = self.evidence
        pin = ExpectPin(pin_id=self.pin_id, board_id=self.pin.board_id, section_id=self.pin.section_id)
        return replace(
            self,
            pin_id=other.pin.id,
            board_id=other.pin.board_id,
            address=other.address,
            reason=f"duplicate_of_{self.pin_id}",
            # What it required was a merge into the pin that is removed now.
            requires=(),
            reversible=self.remove is Remove.LOCAL or can_be_created_again(other.pin),
            expect=self.keeper.file,
            companions=other.companions,
            before=other.before,
            pin=other.pin,
            keeper=KeptCopy(file=self.expect, pin=pin),
            evidence=replace(
                evidence, alike=evidence.alike.swapped, keeper=evidence.loser, loser=evidence.keeper, chosen=True
            ),
        )

    def needs(self) -> tuple[Provision, ...]:
        """The metadata that the kept pin must hold first, if the removed one is its last source."""
        return (WordsOf(self.keeper.pin.pin_id),) if self.deletes_pin and self.keeper.words != Words() else ()

    def records(self) -> tuple[Tracked, ...]:
        """The record of the removed file."""
        return (self.before,)

    def claims(self) -> tuple[Claim, ...]:
        """The records of the removed and the kept file."""
        keeper = self.keeper
        return (
            *super().claims(),
            Claim(self.pin_id, self.expect.path, self.expect.sha256, self.before.slot),
            Claim(keeper.pin.pin_id, keeper.file.path, keeper.file.sha256),
        )

    def known_pins(self) -> tuple[PinId, ...]:
        """The removed pin."""
        return (self.pin_id,)

    def misfit(self) -> str | None:
        """The inspected pin must be the removed one, not the kept one."""
        if self.pin_id != self.pin.id:
            return "the kept copy belongs to another pin"
        if self.board_id != self.pin.board_id:
            return "the kept copy belongs to another board"
        return "it removes the copy that it keeps" if self.keeper.pin.pin_id == self.pin_id else None

    def check(self, context: ActionContext) -> Verdict:
        """Keeper and loser must be as planned, on both sides; the keeper's bytes are read, not assumed (I21: the last copy stays)."""
        trashed = context.library.trashed(self.expect.path, context.run, self.id) is not None
        here = context.library.stat(self.expect.path) is not None
        pin = context.remote.pin(self.pin_id)
        # A file here while one is in the trash is a newcomer, not the one that was trashed.
        left = not self.trashes_file or (trashed and not here)
        deleted = not self.deletes_pin or pin is None
        # The last condition asks for a trace: something must be gone for an earlier attempt to have done it.
        if left and deleted and (trashed or pin is None):
            return Done(self._receipt(context))
        problem = self._keeper_problem(context) or self._loser_problem(context, pin, trashed=trashed and not here)
        return Ready() if problem is None else Stale(problem)

    def _keeper_problem(self, context: ActionContext) -> str | None:
        expect = self.keeper.file
        if context.library.stat(expect.path) is None:
            return f"the kept file {expect.path} no longer exists"
        # Full read: size and time may be unchanged over changed bytes.
        content = context.library.inspect(expect.path)
        if content.sha256 != expect.sha256 or content.problem is not None:
            return f"the kept file {expect.path} has changed"
        pin = context.remote.pin(self.keeper.pin.pin_id)
        if pin is None or (pin.board_id, pin.section_id) != (self.keeper.pin.board_id, self.keeper.pin.section_id):
            return f"the kept pin {self.keeper.pin.pin_id} is gone or has moved"
        if self.keeper.exchange and pin.shows_another_than(self.keeper.exchange.pin):
            return f"the kept pin {self.keeper.pin.pin_id} has changed its image since the plan"
        # The merge runs before, in its own action; here its effect is verified.
        if not pin.words.hold(self.keeper.words):
            return f"the kept pin {self.keeper.pin.pin_id} lacks the metadata that it should take over"
        return None

    def _loser_problem(self, context: ActionContext, pin: Pin | None, *, trashed: bool) -> str | None:
        problem = self._not_in_trash(context) if trashed else bytes_as_expected(context, self.expect)
        if problem is None and not trashed:
            problem = newcomer(context, self, self.expect.path)
        problem = problem or companion_problem(context, self._steps(context))
        if problem is None and pin is None:
            problem = "the pin is gone from Pinterest"
        if problem is None and pin is not None and self.deletes_pin:
            # On a group board Pinterest would let a collaborator delete other people's pins.
            if pin.is_owner is not True:
                problem = "the pin is not yours"
            elif (pin.board_id, pin.section_id) != (self.pin.board_id, self.pin.section_id):
                problem = "the pin has moved since the plan"
            # The kept metadata is of the planned state: deleting now would lose what changed (I20: kept before deleted).
            elif pin.says != self.pin.says or pin.shows_another_than(self.pin):
                problem = "its texts or images have changed since the plan; the kept copy is out of date"
            else:
                problem = too_small_to_go(self.before, pin)
        return problem

    def _not_in_trash(self, context: ActionContext) -> str | None:
        """Why the file that an earlier attempt trashed is not the recorded one; None if it is."""
        path = trash_path(self.expect.path, context.run, self.id)
        return None if digest_in_trash(context, path) == self.expect.sha256 else f"{path} is not the recorded file"

    def is_partially_done(self, context: ActionContext) -> bool:
        """Whether the file or a companion has been moved already."""
        went = self.trashes_file and context.library.trashed(self.expect.path, context.run, self.id) is not None
        return went or is_begun(context, self._steps(context))

    def _steps(self, context: ActionContext) -> list[CompanionStep]:
        return steps_to_trash(self, self.expect.path, context)

    def execute(self, context: ActionContext) -> Receipt:
        """Facts and file into the trash first; Pinterest last (I18, I20)."""
        # Order of effects: metadata, file, pin; a crash in between only leaves too much in the trash.
        facts = msgspec.json.format(msgspec.json.encode(self.pin, order="sorted"), indent=2)
        context.library.keep_facts(self._facts_name(), facts + b"\n", context.run, self.id)
        if not self.trashes_file:
            # The pin goes, the file stays: undo still needs its bytes.
            context.library.keep_copy(self.expect.path, context.run, self.id)
            self._check_kept(context)
        elif context.library.stat(self.expect.path) is not None:

            def trash() -> None:
                context.library.trash(self.expect.path, context.run, self.id)
                self._check_kept(context)

            carry_along(context, self, self._steps(context), trash)
        if self.deletes_pin:
            context.remote.delete_pin(self.pin_id)
        return self._receipt(context)

    def _check_kept(self, context: ActionContext) -> None:
        """Continue only with the recorded bytes in the trash (I20): the file may change after `check`."""
        path = trash_path(self.expect.path, context.run, self.id)
        if digest_in_trash(context, path) == self.expect.sha256:
            return
        if self.trashes_file:
            # Put the changed file back before failing: it is a user's edit.
            context.library.restore(path, self.expect.path)
        raise ImageRefused(self.expect.path, "it changed during the run; its pin is kept")

    def undo(self, receipt: Receipt, now: UndoContext) -> tuple[Action, ...] | NotUndone:
        """Restore the file from the trash; a deleted pin is created again with it."""
        folder = receipt.images[0].path if receipt.images else None
        companions = trashed_companions(self.with_it, folder, now) if folder is not None else ()
        if self.deletes_pin:
            return now.reversals.create_again(self.pin, (self.before,), receipt.images, now, companions)
        record = now.record(self.pin_id, self.before.slot)
        if record is None or record.duplicate_of is None:
            return NotUndone("its file is already back, or no longer tracked")
        kept = next((image for image in receipt.images if now.kept(image.path) is not None), None)
        if kept is None:
            return NotUndone("its file is no longer in the trash")
        if now.file(self.before.path) is not None:
            return NotUndone(f"another file is at {self.before.path}; move it away and undo again")
        taken = place_taken(companions, now)
        if taken is not None:
            return NotUndone(taken)
        back = ExpectKept(path=kept.path, size=kept.size, sha256=kept.sha256)
        return (now.reversals.bring_out(self, back, record, self.before, companions),)

    def _facts_name(self) -> str:
        return f"{self.pin_id}.json"

    def _receipt(self, context: ActionContext) -> Receipt:
        path = trash_path(self.expect.path, context.run, self.id)
        image = KeptImage(
            slot=self.before.slot,
            path=path,
            size=self.expect.size,
            sha256=self.expect.sha256,
            width=self.before.width,
            height=self.before.height,
            format=self.before.format,
        )
        gone: Put | Drop = Drop(self.pin_id, self.before.slot)
        if not self.deletes_pin:
            # Keep the record: otherwise the next plan downloads the removed file again.
            gone = Put(replace(self.before, duplicate_of=self.keeper.pin.pin_id))
        kept = (self._facts_name(), *(one.path for one in self.with_it))
        return Receipt(
            changes=(gone,),
            kept=(path, *(trash_path(one, context.run, self.id) for one in kept)),
            images=(image,),
            for_pin=self.keeper.pin.pin_id if self.evidence.chosen else None,
        )


def too_small_to_go(record: Tracked, pin: Pin) -> str | None:
    """Why a file is not a full copy of its pin's image, so that the pin must be kept (I20); None if it is."""
    best = next(iter(_renditions(pin, record)), None)
    if best is None or not is_placeholder(record.width, record.height, best):
        return None
    return f"its file is only {record.width}×{record.height}, Pinterest has {declared_size(best)}"


def _renditions(pin: Pin, record: Tracked) -> tuple[Rendition, ...]:
    """Where Pinterest has the image of a record."""
    return next((image.renditions for image in pin.images if image.slot == record.slot), ())
