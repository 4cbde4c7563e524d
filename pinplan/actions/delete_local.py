"""``delete_local``: the pin is gone from Pinterest and the mode says that its file goes too."""

from __future__ import annotations

from typing import ClassVar

from pinplan.actions.base import (
    Action,
    Description,
    Done,
    Drop,
    ExpectFile,
    Phase,
    Ready,
    Receipt,
    Stale,
    Trait,
    Verdict,
    World,
    file_as_expected,
    name_of,
)
from pinplan.model.base import Tracked
from pinplan.model.trash import trash_path


class DeleteLocal(Action, frozen=True, kw_only=True, tag="delete_local", gc=False):
    """Move the file to the trash, from where it can be restored byte for byte (I17)."""

    trait: ClassVar[Trait] = Trait(
        symbol="-",
        verb="to trash locally",
        title="Trash locally",
        phase=Phase.TRASH,
        deletes_local=True,
        always_shown=True,
    )

    expect: ExpectFile
    before: Tracked
    after: None = None

    def describe(self) -> Description:
        """Which file goes."""
        return Description(short=name_of(self.before.path), effect=f"move {self.before.path} to the trash")

    def check(self, world: World) -> Verdict:
        """The file must be the recorded one, and the pin still gone; or the file is in this run's trash already."""
        if world.library.stat(self.expect.path) is None:
            if world.library.trashed(self.expect.path, world.run, self.id) is None:
                return Stale("the file is not there any more")
            return Done(self._receipt(world))
        problem = file_as_expected(world, self.expect)
        if problem is None and world.remote.pin(self.pin_id) is not None:
            problem = "the pin is back on Pinterest"
        return Ready() if problem is None else Stale(problem)

    def execute(self, world: World) -> Receipt:
        """To the trash."""
        world.library.trash(self.expect.path, world.run, self.id)
        return self._receipt(world)

    def _receipt(self, world: World) -> Receipt:
        kept = trash_path(self.expect.path, world.run, self.id)
        return Receipt(changes=(Drop(self.pin_id, self.before.slot),), kept=(kept,))
