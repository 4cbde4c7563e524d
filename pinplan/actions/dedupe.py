"""``dedupe``: another pin shows the same picture and is kept; this one goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

import msgspec
from msgspec.structs import replace

from pinplan.actions.base import (
    Action,
    Claim,
    Description,
    Done,
    KindInfo,
    NotUndone,
    Phase,
    Provision,
    Ready,
    Stale,
    Verdict,
    WordsOf,
    name_of,
)
from pinplan.actions.companions import (
    Step,
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
from pinplan.actions.receipts import Drop, KeptImage, Put, Receipt
from pinplan.actions.reversals import bring_out, create_again
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
    """Move the file to the trash, keep the pin's facts beside it, and delete the pin; or only one of the two.

    Attributes:
        remove: from where it goes.
    """

    trait: ClassVar[KindInfo] = KindInfo(
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
        """Which one goes, which one stays, and what decided."""
        proof = self.evidence
        looks = f"{proof.loser.width}×{proof.loser.height}, kept {proof.keeper.width}×{proof.keeper.height}"
        where = {Remove.BOTH: "here and on Pinterest", Remove.LOCAL: "here", Remove.REMOTE: "on Pinterest"}
        said = Description(
            subject=name_of(self.before.path),
            detail=f"for {name_of(self.keeper.file.path)}  [{proof.alike.measured}; {looks}; {'chosen' if proof.chosen else proof.rung}]",
            effect=(
                f"remove {self.before.path} {where.get(self.remove, '')}: {self.keeper.file.path} shows the same picture "
                f"({proof.alike.measured}: {proof.alike.why}) and is kept by {proof.decided_by}"
            ),
        )
        return with_names(said, self.with_it)

    def views(self) -> tuple[View, ...]:
        """The one that stays, then the one that goes."""
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
        """The file that goes, and its companions."""
        return (self.expect.path, *(one.path for one in self.with_it))

    def carried(self) -> tuple[RelPath, RelPath | None] | None:
        """The file that goes, to the trash, if it goes."""
        return (self.expect.path, None) if self.trashes_file else None

    @property
    def deletes_pin(self) -> bool:
        """Whether the pin goes from Pinterest."""
        return self.remove in {Remove.BOTH, Remove.REMOTE}

    @property
    def deleted_pin(self) -> Pin | None:
        """The pin that goes, if it is deleted."""
        return self.pin if self.deletes_pin else None

    @property
    def scopes(self) -> tuple[str, ...]:
        """What deleting the pin needs, if it is deleted."""
        return WRITE_PINS if self.deletes_pin else ()

    @property
    def trashes_file(self) -> bool:
        """Whether the file goes to the trash."""
        return self.remove in {Remove.BOTH, Remove.LOCAL}

    @property
    def calls(self) -> int:
        """A look at both pins, and the end of one."""
        return 3 if self.deletes_pin else 2

    @property
    def listing_dependencies(self) -> frozenset[BoardId]:
        """The boards of both."""
        return frozenset({self.board_id, self.before.board_id, self.keeper.pin.board_id})

    def exchanged(self) -> Self:
        """The same pair the other way round: what was to stay goes, what was to go stays.

        A function of the plan alone, so that a run that is taken up again, or undone, knows the same action. What it
        expects of both sides is checked just before it is done, as for any other (I12, I21).

        Raises:
            ValueError: it cannot be exchanged; the message says why.
        """
        other = self.keeper.exchange
        if not other:
            raise ValueError("the plan is of an older pinplan and does not hold what an exchange needs; plan again")
        if other.problem:
            raise ValueError(f"{other.before.path} must not go: {other.problem}")
        proof = self.evidence
        pin = ExpectPin(pin_id=self.pin_id, board_id=self.pin.board_id, section_id=self.pin.section_id)
        return replace(
            self,
            pin_id=other.pin.id,
            board_id=other.pin.board_id,
            address=other.address,
            reason=f"duplicate_of_{self.pin_id}",
            requires=(),
            reversible=self.remove is Remove.LOCAL or can_be_created_again(other.pin),
            expect=self.keeper.file,
            companions=other.companions,
            before=other.before,
            pin=other.pin,
            keeper=KeptCopy(file=self.expect, pin=pin),
            evidence=replace(proof, keeper=proof.loser, loser=proof.keeper, chosen=True),
        )

    def needs(self) -> tuple[Provision, ...]:
        """The words that the pin that stays takes over, if the one that goes is the last to have them."""
        return (WordsOf(self.keeper.pin.pin_id),) if self.deletes_pin and self.keeper.words != Words() else ()

    def records(self) -> tuple[Tracked, ...]:
        """The record of the file that goes."""
        return (self.before,)

    def claims(self) -> tuple[Claim, ...]:
        """The records of both: the one that goes and the one that stays."""
        keeper = self.keeper
        return (
            *super().claims(),
            Claim(self.pin_id, self.expect.path, self.expect.sha256, self.before.slot),
            Claim(keeper.pin.pin_id, keeper.file.path, keeper.file.sha256),
        )

    def known_pins(self) -> tuple[PinId, ...]:
        """The pin that goes."""
        return (self.pin_id,)

    def misfit(self) -> str | None:
        """The pin that was looked at is the one that goes, and not the one that stays."""
        if self.pin_id != self.pin.id:
            return "what is kept is of another pin"
        if self.board_id != self.pin.board_id:
            return "what is kept is of another board"
        return "it would remove what it keeps" if self.keeper.pin.pin_id == self.pin_id else None

    def check(self, context: ActionContext) -> Verdict:
        """Keeper and loser must be what the plan saw, on both sides; the keeper's bytes are read, not believed (I21)."""
        trashed = context.library.trashed(self.expect.path, context.run, self.id) is not None
        here = context.library.stat(self.expect.path) is not None
        pin = context.remote.pin(self.pin_id)
        left = not self.trashes_file or (trashed and not here)
        deleted = not self.deletes_pin or pin is None
        if left and deleted and (trashed or pin is None):
            return Done(self._receipt(context))
        problem = self._keeper_problem(context) or self._loser_problem(context, pin, trashed=trashed and not here)
        return Ready() if problem is None else Stale(problem)

    def _keeper_problem(self, context: ActionContext) -> str | None:
        expect = self.keeper.file
        if context.library.stat(expect.path) is None:
            return f"{expect.path}, which was to be kept, is not there any more"
        content = context.library.inspect(expect.path)
        if content.sha256 != expect.sha256 or content.problem is not None:
            return f"{expect.path}, which was to be kept, has changed"
        pin = context.remote.pin(self.keeper.pin.pin_id)
        if pin is None or (pin.board_id, pin.section_id) != (self.keeper.pin.board_id, self.keeper.pin.section_id):
            return f"pin {self.keeper.pin.pin_id}, which was to be kept, is gone or has moved"
        if self.keeper.exchange and pin.shows_another_than(self.keeper.exchange.pin):
            return f"pin {self.keeper.pin.pin_id}, which was to be kept, shows another image since the plan"
        if not pin.words.hold(self.keeper.words):
            return f"pin {self.keeper.pin.pin_id}, which is to be kept, has not taken over what it was to"
        return None

    def _loser_problem(self, context: ActionContext, pin: Pin | None, *, trashed: bool) -> str | None:
        problem = self._not_in_trash(context) if trashed else bytes_as_expected(context, self.expect)
        if problem is None and not trashed:
            problem = newcomer(context, self, self.expect.path)
        problem = problem or companion_problem(context, self._steps(context))
        if problem is None and pin is None:
            problem = "the pin is gone from Pinterest"
        if problem is None and pin is not None and self.deletes_pin:
            if pin.is_owner is not True:
                problem = "the pin is not yours"
            elif (pin.board_id, pin.section_id) != (self.pin.board_id, self.pin.section_id):
                problem = "the pin has moved since the plan"
            elif pin.says != self.pin.says or pin.shows_another_than(self.pin):
                problem = "its texts or images have changed since the plan: what would be kept is not what it is now"
            else:
                problem = too_small_to_go(self.before, pin)
        return problem

    def _not_in_trash(self, context: ActionContext) -> str | None:
        """Why what an earlier try moved to the trash is not the recorded file; None if it is."""
        path = trash_path(self.expect.path, context.run, self.id)
        return None if digest_in_trash(context, path) == self.expect.sha256 else f"{path} is another file than recorded"

    def is_partially_done(self, context: ActionContext) -> bool:
        """Whether the file, or a companion, went already."""
        went = self.trashes_file and context.library.trashed(self.expect.path, context.run, self.id) is not None
        return went or is_begun(context, self._steps(context))

    def _steps(self, context: ActionContext) -> list[Step]:
        return steps_to_trash(self, self.expect.path, context)

    def execute(self, context: ActionContext) -> Receipt:
        """Facts and file into the trash first; Pinterest last (I18, I20)."""
        facts = msgspec.json.format(msgspec.json.encode(self.pin, order="sorted"), indent=2)
        context.library.keep_facts(self._facts_name(), facts + b"\n", context.run, self.id)
        if not self.trashes_file:
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
        """Only with its recorded bytes in the trash does anything go (I20): the file may have changed since `check` read it."""
        path = trash_path(self.expect.path, context.run, self.id)
        if digest_in_trash(context, path) == self.expect.sha256:
            return
        if self.trashes_file:
            context.library.restore(path, self.expect.path)
        raise ImageRefused(self.expect.path, "it has changed just now; its pin stays")

    def undo(self, receipt: Receipt, now: UndoContext) -> tuple[Action, ...] | NotUndone:
        """The file back from the trash; a pin that was deleted is created again with it."""
        folder = receipt.images[0].path if receipt.images else None
        companions = trashed_companions(self.with_it, folder, now) if folder is not None else ()
        if self.deletes_pin:
            return create_again(self.pin, (self.before,), receipt.images, now, companions)
        record = now.record(self.pin_id, self.before.slot)
        if record is None or record.duplicate_of is None:
            return NotUndone("its file is here again already, or not tracked any more")
        kept = next((image for image in receipt.images if now.kept(image.path) is not None), None)
        if kept is None:
            return NotUndone("its file is not in the trash any more")
        if now.file(self.before.path) is not None:
            return NotUndone(f"another file is at {self.before.path}; move it away and undo again")
        taken = place_taken(companions, now)
        if taken is not None:
            return NotUndone(taken)
        back = ExpectKept(path=kept.path, size=kept.size, sha256=kept.sha256)
        return (bring_out(self, back, record, self.before, companions),)

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
            gone = Put(replace(self.before, duplicate_of=self.keeper.pin.pin_id))
        kept = (self._facts_name(), *(one.path for one in self.with_it))
        return Receipt(
            changes=(gone,), kept=(path, *(trash_path(one, context.run, self.id) for one in kept)), images=(image,)
        )


def too_small_to_go(record: Tracked, pin: Pin) -> str | None:
    """Why a file is no copy of its pin's image, so that the pin must not go (I20); None if it is one."""
    best = next(iter(_renditions(pin, record)), None)
    if best is None or not is_placeholder(record.width, record.height, best):
        return None
    return f"its file is only {record.width}×{record.height}, Pinterest has {declared_size(best)}"


def _renditions(pin: Pin, record: Tracked) -> tuple[Rendition, ...]:
    """Where Pinterest has the image of a record."""
    return next((image.renditions for image in pin.images if image.slot == record.slot), ())
