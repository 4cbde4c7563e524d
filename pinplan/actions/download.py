"""``download``: fetch an image of a pin that is not in the library."""

from __future__ import annotations

from typing import ClassVar

from pinplan.actions.base import Action, Description, KindInfo, Phase, name_of
from pinplan.actions.companions import Carrier, with_names
from pinplan.actions.contexts import ActionContext, UndoContext
from pinplan.actions.expect import ExpectFree
from pinplan.actions.landing import land, landed_before, landing_of
from pinplan.actions.placement import Placement
from pinplan.actions.provisions import FileAt, Provision
from pinplan.actions.receipts import Receipt
from pinplan.actions.verdicts import Done, NotUndone, Ready, Stale, Verdict
from pinplan.actions.views import View, view_to_come
from pinplan.model.base import Tracked
from pinplan.model.ids import RelPath
from pinplan.model.images import Wanted
from pinplan.model.pins import Rendition


class Download(Carrier, frozen=True, kw_only=True, tag="download", gc=False):
    """Fetch the best image of a slot to a hidden file, verify it, then make it visible under its final name.

    The extension is that of the fetched format; nothing else of the planned path may change.

    Attributes:
        before: the base's record of the image, if an earlier file of it is fetched again.
        renditions: the available sizes of the image, best first.
        estimated_bytes: from the declared size in pixels; the API does not state the length.
    """

    trait: ClassVar[KindInfo] = KindInfo(
        symbol="+",
        verb="to download",
        title="Download",
        phase=Phase.FETCH,
        constructive=True,
        fetches=True,
        estimates=True,
        parallel=True,
        always_shown=True,
    )

    expect: ExpectFree
    before: Tracked | None = None
    after: Placement
    renditions: tuple[Rendition, ...]
    estimated_bytes: int = 0

    def describe(self) -> Description:
        """Name the new path."""
        description = Description(subject=name_of(self.after.path), effect=f"download to {self.after.path}")
        return with_names(description, self.with_it)

    def affected_paths(self) -> tuple[RelPath, ...]:
        """Companions of an earlier file, which move to the new path."""
        return tuple(one.path for one in self.with_it)

    def carried(self) -> tuple[RelPath, RelPath | None] | None:
        """The earlier file: its companions are still here, and the new path or extension may differ."""
        return (self.before.path, self.after.path) if self.before else None

    def provides(self) -> tuple[Provision, ...]:
        """The file."""
        return (FileAt(self.after.path),)

    def views(self) -> tuple[View, ...]:
        """The image on Pinterest."""
        return (view_to_come(self.pin_id, self.after, self.renditions),)

    def records(self) -> tuple[Tracked, ...]:
        """The record of the earlier file, if there was one: its companions are moved."""
        return (self.before,) if self.before else ()

    def check(self, context: ActionContext) -> Verdict:
        """The path must be free, unless an earlier attempt at this action filled it."""
        earlier = landed_before(context, self.id, self.after)
        if earlier is not None:
            landing, stat = earlier
            return Done(landing.receipt(self.pin_id, stat, fetched=landing.image.size))
        # Never over an existing file, not even an identical one: it may be the user's (I10: untracked files stay).
        if context.library.stat(self.expect.free) is None:
            return Ready()
        return Stale("a file has appeared at this path since the plan")

    def execute(self, context: ActionContext) -> Receipt:
        """Fetch, verify, note in the journal, place."""
        staged = context.obtain(self.id, self._wanted())
        # Before the file becomes visible: a resume recognises it by this digest (I14: crash-safe).
        context.journal.staged(self.id, staged)
        landing = landing_of(context, self.after, staged)
        return landing.receipt(self.pin_id, land(context, self, landing), fetched=staged.size)

    def _wanted(self) -> Wanted:
        """Any rendition: a smaller one is better than none, and later plans ask for the best again."""
        return Wanted(
            pin_id=self.pin_id,
            slot=self.after.slot,
            renditions=self.renditions,
            signature=self.after.signature,
            # A flawed image that the host has nothing better for is still worth keeping.
            doubtful_will_do=True,
        )

    def undo(self, receipt: Receipt, now: UndoContext) -> tuple[Action, ...] | NotUndone:
        """Trash the file."""
        if not receipt.puts:
            return NotUndone("nothing was downloaded")
        return now.reversals.discard(self, receipt.puts[0], now, self.before, self.before.path if self.before else None)
