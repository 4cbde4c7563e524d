"""``copy_local``: copy the file of another pin that shows the same image, instead of downloading it again."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from msgspec.structs import replace

from pinplan.actions.base import Action, Description, KindInfo, Phase, name_of
from pinplan.actions.companions import Carrier, with_names
from pinplan.actions.contexts import ActionContext, UndoContext
from pinplan.actions.expect import ExpectFree
from pinplan.actions.landing import land, landed_before, landing_of
from pinplan.actions.placement import Placement
from pinplan.actions.provisions import FileAt, Provision
from pinplan.actions.receipts import Receipt
from pinplan.actions.verdicts import Done, NotUndone, Ready, Stale, Verdict
from pinplan.actions.views import Role, View
from pinplan.model.base import Tracked
from pinplan.model.ids import RelPath

if TYPE_CHECKING:
    from collections.abc import Mapping


class CopyLocal(Carrier, frozen=True, kw_only=True, tag="copy_local", gc=False):
    """Copy the file of a pin that carries the same image signature; verify the copy like a download.

    The signature is part of an image's addresses, and the same for all its sizes (docs/decisions/0010-duplicates.md).

    Attributes:
        source: the file of the other pin; the same plan may download it.
    """

    trait: ClassVar[KindInfo] = KindInfo(
        symbol="+", verb="to copy", title="Copy", phase=Phase.COPY, constructive=True, fetches=True
    )

    expect: ExpectFree
    before: Tracked | None = None
    after: Placement
    source: RelPath

    def describe(self) -> Description:
        """Name source and target."""
        description = Description(
            subject=name_of(self.after.path),
            detail=f"from {name_of(self.source)}",
            effect=f"copy {self.source} to {self.after.path}: both pins show the same image",
        )
        return with_names(description, self.with_it)

    def affected_paths(self) -> tuple[RelPath, ...]:
        """Companions of an earlier file, which move to the new path."""
        return tuple(one.path for one in self.with_it)

    def carried(self) -> tuple[RelPath, RelPath | None] | None:
        """The earlier file, as for a download."""
        return (self.before.path, self.after.path) if self.before else None

    def needs(self) -> tuple[Provision, ...]:
        """The source, if an action downloads it or moves it there."""
        return (FileAt(self.source),)

    def after_moves(self, moved: Mapping[RelPath, RelPath]) -> Self:
        """The same copy from the moved source: moves come before copies."""
        return replace(self, source=moved[self.source]) if self.source in moved else self

    def views(self) -> tuple[View, ...]:
        """The source, or else its copy."""
        return (View(role=Role.IMAGE, pin_id=self.pin_id, places=(self.source, self.after.path)),)

    def records(self) -> tuple[Tracked, ...]:
        """The record of the earlier file, if there was one: its companions are moved."""
        return (self.before,) if self.before else ()

    def check(self, context: ActionContext) -> Verdict:
        """The path must be free, unless an earlier attempt filled it, and the source must exist."""
        # First: after a success the path is taken by this action's own file.
        earlier = landed_before(context, self.id, self.after)
        if earlier is not None:
            landing, stat = earlier
            return Done(landing.receipt(self.pin_id, stat))
        if context.library.stat(self.expect.free) is not None:
            return Stale("a file has appeared at this path since the plan")
        # Existence is enough: `duplicate` decodes and digests whatever it copies.
        there = context.library.stat(self._source(context)) is not None
        return Ready() if there else Stale(f"{self.source} does not exist; the next plan downloads the image")

    def _source(self, context: ActionContext) -> RelPath:
        """The source; if this run downloaded it, its extension may differ from the planned one."""
        return self.source if context.library.stat(self.source) is not None else context.journal.landed(self.source)

    def execute(self, context: ActionContext) -> Receipt:
        """Copy, verify, note in the journal, place."""
        # Decoded like a download: the source may have been damaged since it was recorded.
        staged = context.duplicate(self.id, self._source(context))
        context.journal.staged(self.id, staged)
        landing = landing_of(context, self.after, staged)
        return landing.receipt(self.pin_id, land(context, self, landing))

    def undo(self, receipt: Receipt, now: UndoContext) -> tuple[Action, ...] | NotUndone:
        """Trash the copy."""
        if not receipt.puts:
            return NotUndone("nothing was copied")
        return now.reversals.discard(self, receipt.puts[0], now, self.before, self.before.path if self.before else None)
