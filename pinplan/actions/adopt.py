"""``adopt``: the image is here already; only the base does not know it."""

from __future__ import annotations

from typing import ClassVar

from pinplan.actions.base import (
    Action,
    Description,
    ExpectFile,
    Phase,
    Put,
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


class Adopt(Action, frozen=True, kw_only=True, tag="adopt", gc=False):
    """Record the pair of pin and file. Nothing is fetched, moved or changed."""

    trait: ClassVar[Trait] = Trait(symbol="*", verb="to adopt", title="Adopt", phase=Phase.RECORD, constructive=True)

    expect: ExpectFile
    before: None = None
    after: Tracked

    def describe(self) -> Description:
        """Which file is taken up."""
        return Description(short=name_of(self.after.path), effect=f"track the file that is here: {self.after.path}")

    def check(self, world: World) -> Verdict:
        """The file must be the one that the plan looked into."""
        problem = file_as_expected(world, self.expect)
        return Ready() if problem is None else Stale(problem)

    def execute(self, world: World) -> Receipt:  # noqa: ARG002 - the receipt is the whole effect
        """Hand the record to the base."""
        return Receipt(changes=(Put(self.after),))
