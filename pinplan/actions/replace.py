"""``replace``: fetch an image over a damaged file, or in a better size."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from msgspec.structs import replace

from pinplan.actions.base import Action, Description, KindInfo, Phase, name_of
from pinplan.actions.companion_steps import CompanionStep, steps_to
from pinplan.actions.companions import Carrier, carry_along, companion_problem, waiting, with_names
from pinplan.actions.contexts import ActionContext, UndoContext
from pinplan.actions.expect import ExpectFile, bytes_as_expected, digest_in_trash, expect_kept
from pinplan.actions.landing import lesser_note
from pinplan.actions.placement import Placement, placed_before, tracked_from
from pinplan.actions.provisions import Claim
from pinplan.actions.receipts import Put, Receipt
from pinplan.actions.verdicts import Done, NotUndone, Ready, Stale, Verdict
from pinplan.actions.views import Role, View, view_of, view_there
from pinplan.model.base import Tracked
from pinplan.model.ids import RelPath
from pinplan.model.images import Wanted
from pinplan.model.naming import trash_path
from pinplan.model.pins import Rendition

if TYPE_CHECKING:
    from pinplan.model.ids import BoardId
    from pinplan.model.images import FileStat, StagedImage


class Replace(Carrier, frozen=True, kw_only=True, tag="replace", gc=False):
    """Fetch and verify first, then move the old file to the trash and put the good one in its place.

    The old file is damaged; or it is the recorded one, and a larger one is available (its bytes are then those of ``before``).
    """

    trait: ClassVar[KindInfo] = KindInfo(
        symbol="~",
        verb="to replace",
        title="Replace",
        phase=Phase.FETCH,
        constructive=True,
        parallel=True,
        mends=True,
        estimates=True,
        may_remove=True,
    )

    expect: ExpectFile
    before: Tracked
    after: Placement
    renditions: tuple[Rendition, ...]
    estimated_bytes: int = 0

    def describe(self) -> Description:
        """Name the file, and its new path if the pin has moved."""
        old = "changed" if self.reason == "restored" else "damaged"
        how, which = ("in a better size", "smaller") if self.upgrades else ("again", old)
        description = Description(
            subject=name_of(self.after.path),
            effect=f"fetch {self.after.path} {how}; move the {which} {self.expect.path} to the trash",
        )
        return with_names(description, self.with_it)

    @property
    def upgrades(self) -> bool:
        """Whether the file is undamaged, and only smaller than Pinterest's."""
        return self.expect.sha256 == self.before.sha256

    @property
    def mends(self) -> bool:
        """Whether the file differs from its record."""
        return not self.upgrades

    def affected_paths(self) -> tuple[RelPath, ...]:
        """The old file, and companions that move to the path of the new one."""
        return (self.expect.path, *(one.path for one in self.with_it))

    def carried(self) -> tuple[RelPath, RelPath | None] | None:
        """The file, if the new one has another path; otherwise companions stay."""
        return self.moves()

    def moves(self) -> tuple[RelPath, RelPath] | None:
        """The path of the old file and that of the new one, if they differ."""
        return (self.expect.path, self.after.path) if self.after.path != self.expect.path else None

    def _steps(self) -> list[CompanionStep]:
        return steps_to(self.with_it, self.expect.path, self.after.path)

    @property
    def listing_dependencies(self) -> frozenset[BoardId]:
        """The board of the pin, and the board recorded in the base."""
        return frozenset({self.board_id, self.before.board_id})

    def views(self) -> tuple[View, ...]:
        """The old file and its replacement."""
        return (
            view_of(self.before, Role.BEFORE),
            view_there(self.pin_id, self.renditions, Role.AFTER),
        )

    def records(self) -> tuple[Tracked, ...]:
        """The record of the file."""
        return (self.before,)

    def claims(self) -> tuple[Claim, ...]:
        """Its record. A damaged file is matched by its path; its bytes differ by definition."""
        return (*super().claims(), Claim(self.pin_id, self.expect.path, self.before.sha256, self.after.slot))

    def check(self, context: ActionContext) -> Verdict:
        """The old file must be there, or already in the trash and its path free or filled by an earlier attempt."""
        earlier = placed_before(context, self.id, self.after.path)
        if earlier is not None:
            return Done(self._receipt(context, *earlier))
        in_trash = context.library.trashed(self.expect.path, context.run, self.id)
        # Cut off between trashing the old file and placing the new one: `execute` completes the swap.
        if in_trash is not None and context.library.stat(self.expect.path) is None:
            return Ready()
        problem = bytes_as_expected(context, self.expect) or companion_problem(context, self._steps())
        return Ready() if problem is None else Stale(problem)

    def execute(self, context: ActionContext) -> Receipt:
        """Fetch, verify, note; only then trash the old file and place the new one."""
        staged = context.obtain(self.id, self._wanted())
        # Before the swap: a resume recognises its own image by this note.
        context.journal.staged(self.id, staged)

        def swap() -> FileStat:
            # Missing on a resume: the earlier attempt trashed it already.
            if context.library.stat(self.expect.path) is not None:
                context.library.trash(self.expect.path, context.run, self.id)
            return context.library.place(staged, self.after.path, self.after.mtime_ns)

        return self._receipt(context, staged, carry_along(context, self, waiting(context, self._steps()), swap))

    def undo(self, receipt: Receipt, now: UndoContext) -> tuple[Action, ...] | NotUndone:
        """Swap back: the old file to its path, the new one to the trash."""
        if not receipt.kept or not receipt.puts:
            return NotUndone("nothing was replaced")
        expect = expect_kept(receipt, self.expect, now)
        back = replace(self.before, path=self.expect.path)
        return now.reversals.swap_back(self, expect, back, receipt.puts[0].sha256, now)

    def _wanted(self) -> Wanted:
        """Never fewer pixels than recorded; more for an upgrade."""
        return Wanted(
            pin_id=self.pin_id,
            slot=self.after.slot,
            renditions=self.renditions,
            signature=self.after.signature,
            # An upgrade needs at least one pixel more, a repair only as many.
            min_pixels=self.before.width * self.before.height + self.upgrades,
            doubtful_will_do=not self.upgrades,  # never trash a good file for a doubtful one
        )

    def _receipt(self, context: ActionContext, staged: StagedImage, stat: FileStat) -> Receipt:
        kept = trash_path(self.expect.path, context.run, self.id)
        return Receipt(
            changes=(Put(tracked_from(self.pin_id, self.after, staged, stat)),),
            fetched=staged.size,
            kept=(kept,),
            kept_sha256=digest_in_trash(context, kept),
            note=lesser_note(staged, staged.refused) if staged.refused else "",
            refused=staged.refused,
        )
