"""``replace``: a file is damaged, and Pinterest still has the image."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from msgspec.structs import replace

from pinplan.actions.base import (
    Action,
    Description,
    Done,
    Hindsight,
    NotUndone,
    Phase,
    Placement,
    Put,
    Ready,
    Receipt,
    Stale,
    Trait,
    Verdict,
    World,
    name_of,
    placed_before,
    tracked_from,
)
from pinplan.actions.companions import Carrier, Step, carry_along, companion_problem, steps_to, waiting, with_names
from pinplan.actions.expect import ExpectFile, ExpectKept, file_as_expected
from pinplan.actions.restore import swap_back
from pinplan.actions.views import Role, View, view_of, view_there
from pinplan.model.base import Tracked
from pinplan.model.ids import RelPath
from pinplan.model.pins import Rendition
from pinplan.model.trash import trash_path

if TYPE_CHECKING:
    from pinplan.model.ids import BoardId
    from pinplan.model.images import FileStat, StagedImage


class Replace(Carrier, frozen=True, kw_only=True, tag="replace", gc=False):
    """Fetch and verify first, then move the damaged file to the trash and put the good one in its place."""

    trait: ClassVar[Trait] = Trait(
        symbol="~", verb="to replace", title="Replace", phase=Phase.FETCH, constructive=True, parallel=True, mends=True
    )

    expect: ExpectFile
    before: Tracked
    after: Placement
    renditions: tuple[Rendition, ...]
    estimated_bytes: int = 0

    def describe(self) -> Description:
        """Which file is fetched again, and where it goes if its pin has moved meanwhile."""
        said = Description(
            short=name_of(self.after.path),
            effect=f"fetch {self.after.path} again; the damaged {self.expect.path} to the trash",
        )
        return with_names(said, self.with_it)

    def touched(self) -> tuple[RelPath, ...]:
        """The damaged file, and companions that go to where the good one will be."""
        return (self.expect.path, *(one.path for one in self.with_it))

    def carried(self) -> tuple[RelPath, RelPath | None] | None:
        """The file, if the good one has another place; in its own place companions stay."""
        return (self.expect.path, self.after.path) if self.after.path != self.expect.path else None

    def _steps(self) -> list[Step]:
        return steps_to(self.with_it, self.expect.path, self.after.path)

    @property
    def relies_on(self) -> frozenset[BoardId]:
        """The board where the pin is, and the one where the base has it."""
        return frozenset({self.board_id, self.before.board_id})

    def views(self) -> tuple[View, ...]:
        """The damaged file, and what comes instead."""
        return (
            view_of(self.before, Role.BEFORE),
            view_there(self.pin_id, self.renditions, Role.AFTER),
        )

    def check(self, world: World) -> Verdict:
        """The damaged file must be there, or already in the trash with its place free or filled by an earlier try."""
        earlier = placed_before(world, self.id, self.after.path)
        if earlier is not None:
            return Done(self._receipt(world, *earlier))
        in_trash = world.library.trashed(self.expect.path, world.run, self.id)
        if in_trash is not None and world.library.stat(self.expect.path) is None:
            return Ready()
        problem = file_as_expected(world, self.expect) or companion_problem(world, self._steps())
        return Ready() if problem is None else Stale(problem)

    def execute(self, world: World) -> Receipt:
        """Fetch, verify, note; only then trash the damaged file and place the good one."""
        staged = world.obtain(self.id, self.renditions)
        world.journal.staged(self.id, staged)

        def swap() -> FileStat:
            if world.library.stat(self.expect.path) is not None:
                world.library.trash(self.expect.path, world.run, self.id)
            return world.library.place(staged, self.after.path, self.after.mtime_ns)

        return self._receipt(world, staged, carry_along(world, self, waiting(world, self._steps()), swap))

    def undo(self, receipt: Receipt, now: Hindsight) -> tuple[Action, ...] | NotUndone:
        """Swap back: the damaged file to its place, the good one to the trash."""
        if not receipt.kept or not receipt.puts:
            return NotUndone("nothing was replaced")
        expect = ExpectKept(path=receipt.kept[0], size=self.expect.size, sha256=self.expect.sha256)
        back = replace(self.before, path=self.expect.path)
        return swap_back(self, expect, back, receipt.puts[0].sha256, now)

    def _receipt(self, world: World, staged: StagedImage, stat: FileStat) -> Receipt:
        return Receipt(
            changes=(Put(tracked_from(self.pin_id, self.after, staged, stat)),),
            fetched=staged.size,
            kept=(trash_path(self.expect.path, world.run, self.id),),
        )
