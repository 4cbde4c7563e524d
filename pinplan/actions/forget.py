"""``forget``: gone on both sides."""

from __future__ import annotations

from typing import ClassVar

from pinplan.actions.base import (
    Action,
    Description,
    Drop,
    ExpectFree,
    Phase,
    Ready,
    Receipt,
    Stale,
    Trait,
    Verdict,
    World,
    name_of,
)
from pinplan.model.base import Tracked


class Forget(Action, frozen=True, kw_only=True, tag="forget", gc=False):
    """Drop the pair from the base; there is nothing left to do anywhere else."""

    trait: ClassVar[Trait] = Trait(symbol="x", verb="to forget", title="Forget", phase=Phase.RECORD)

    expect: ExpectFree
    before: Tracked
    after: None = None

    def describe(self) -> Description:
        """Which file is forgotten."""
        return Description(short=name_of(self.before.path), effect=f"forget {self.before.path}: gone on both sides")

    def check(self, world: World) -> Verdict:
        """The file must still be missing."""
        if world.library.stat(self.expect.free) is not None:
            return Stale("the file is back")
        return Ready()

    def execute(self, world: World) -> Receipt:  # noqa: ARG002 - the receipt is the whole effect
        """Drop it from the base."""
        return Receipt(changes=(Drop(self.pin_id, self.before.slot),))
