"""``create_pin``: a pin that an earlier run deleted on Pinterest is created again from what was kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from msgspec import Struct

from pinplan.actions.base import (
    Action,
    Description,
    Done,
    Hindsight,
    Home,
    NotUndone,
    Phase,
    PinWanted,
    Put,
    Ready,
    Receipt,
    Stale,
    Trait,
    Verdict,
    World,
)
from pinplan.actions.companions import Step, carry_along, steps_out_of_trash, trashed_companions, waiting
from pinplan.actions.delete_local import discard
from pinplan.actions.expect import ExpectKept, ExpectPin, kept_as_expected
from pinplan.actions.views import Role, View
from pinplan.model.base import Tracked
from pinplan.model.companions import Companion
from pinplan.model.ids import BoardId, PinId, RelPath, Sha256
from pinplan.model.needs import WRITE_PINS
from pinplan.model.pins import NewPin, NewSlot, Pin

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pinplan.actions.base import KeptImage

MOST_IMAGES = 5
"""That a carousel can be created with (schema PinMediaSourceImagesBase64)."""
_CREATING = "creating"
_CREATED = "created "
"""What earlier versions of pinplan noted before and after the request; runs that they began are still finished."""


class NewFile(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """A file of the pin that comes back; its name holds the id that only Pinterest can give.

    Attributes:
        source: the file in the trash.
        head, tail: its new path, before and behind the pin id.
        companions: what went to the trash with it.
    """

    source: RelPath
    size: int
    mtime_ns: int
    sha256: Sha256
    width: int
    height: int
    format: str
    slot: int
    head: str
    tail: str
    container: str
    template: str
    companions: tuple[Companion, ...] = ()

    def steps(self, path: RelPath) -> list[Step]:
        """The way of its companions to beside its new path."""
        return steps_out_of_trash(self.companions, self.source, path)

    def tracked(self, pin_id: PinId, home: Home) -> Tracked:
        """The base's record of it."""
        return Tracked(
            pin_id=pin_id,
            slot=self.slot,
            path=RelPath(f"{self.head}{pin_id}{self.tail}"),
            size=self.size,
            mtime_ns=self.mtime_ns,
            sha256=self.sha256,
            width=self.width,
            height=self.height,
            format=self.format,
            board_id=home.board_id,
            section_id=home.section_id,
            container=self.container,
            template=self.template,
        )


class CreatePin(Action, frozen=True, kw_only=True, tag="create_pin", gc=False):
    """Create a pin with the board, section, title, description, link, alternative text and images of one that was deleted.

    Pinterest gives it a new id; its age, its saves and its comments are lost. Its files come back from the trash under
    names with the new id, so that both sides agree.

    Attributes:
        expect: the kept images, in the order of their slots.
        before: the pin as it was.
        after: where it goes.
        files: its files.
        twins: pins with the same facts that are there already: none of them is the new one.
    """

    trait: ClassVar[Trait] = Trait(
        symbol="^",
        verb="to create on Pinterest",
        title="Create on Pinterest",
        phase=Phase.FETCH,
        constructive=True,
        scopes=WRITE_PINS,
    )

    expect: tuple[ExpectKept, ...]
    before: Pin
    after: Home
    files: tuple[NewFile, ...]
    twins: tuple[PinId, ...] = ()

    def describe(self) -> Description:
        """What is created, and that its id will be another."""
        title = f", “{self.before.title}”" if self.before.title else ""
        return Description(
            subject=f"as pin {self.pin_id} was{title}",
            of_pin=True,
            effect=f"create a pin in {self.after.container} as {self.pin_id} was{title}; it gets a new id",
        )

    @property
    def calls(self) -> int:
        """One that lists what is there before, and one that creates."""
        return 2

    @property
    def relies_on(self) -> frozenset[BoardId]:
        """The board where it goes: what is there already must be told from what is new."""
        return self.changes_boards

    @property
    def changes_boards(self) -> frozenset[BoardId]:
        """The board where it goes."""
        return frozenset({self.after.board_id})

    def views(self) -> tuple[View, ...]:
        """What was kept of its images."""
        return tuple(
            View(role=Role.IMAGE, pin_id=self.pin_id, kept=image.path, sha256=image.sha256, size=image.size)
            for image in self.expect
        )

    def check(self, world: World) -> Verdict:
        """Everything that was kept must be there; or an earlier try got through."""
        created = self._created(world)
        if created is not None:
            return Done(self._receipt(created)) if self._all_placed(world, created) else Ready()
        if self.half_done(world):
            return Ready()  # nothing will be sent: what was sent is looked for
        problem = next(filter(None, (kept_as_expected(world, image) for image in self.expect)), None)
        return Ready() if problem is None else Stale(problem)

    def half_done(self, world: World) -> bool:
        """Whether Pinterest was asked already."""
        return world.creates.begun(self.id) or _CREATING in world.journal.notes(self.id)

    def execute(self, world: World) -> Receipt:
        """Create the pin, then bring its files back."""
        maybe_sent = _CREATING in world.journal.notes(self.id)
        created = self._created(world) or world.creates.create_pin(self.id, self.wanted(), maybe_sent=maybe_sent)
        bring_back(world, self, self.files, created, self.after)
        return self._receipt(created)

    def undo(self, receipt: Receipt, now: Hindsight) -> tuple[Action, ...] | NotUndone:
        """The files to the trash, and the new pin deleted."""
        from pinplan.actions.delete_remote import DeleteRemote  # noqa: PLC0415 - each of the two undoes the other

        if receipt.created is None:
            return NotUndone("nothing was created")
        files = [record for put in receipt.puts if (record := now.record(put.pin_id, put.slot)) is not None]
        actions: list[Action] = []
        for file in files:
            undone = discard(self, file, now)
            if isinstance(undone, NotUndone):
                return undone  # a pin whose file stays, because somebody changed it, stays as well
            actions.extend(undone)
        pin = now.pin(receipt.created)
        if pin is None:
            return tuple(actions) or NotUndone(f"pin {receipt.created} is not listed any more")
        return (
            *actions,
            DeleteRemote(
                pin_id=pin.id,
                board_id=pin.board_id,
                address=f"{self.after.container}/{pin.id}",
                reason="undo",
                destructive=True,
                reversible=can_be_created_again(pin),
                expect=ExpectPin(pin_id=pin.id, board_id=pin.board_id, section_id=pin.section_id),
                before=pin,
                files=tuple(files),
            ),
        )

    def new_pin(self) -> NewPin:
        """What is asked of Pinterest."""
        pin = self.before
        several = len(pin.images) > 1
        return NewPin(
            board_id=self.after.board_id,
            section_id=self.after.section_id,
            title=pin.title,
            description=pin.description,
            link=pin.link,
            alt_text=pin.alt_text,
            slots=tuple(NewSlot(title=i.title, description=i.description, link=i.link) for i in pin.images)
            if several
            else (),
        )

    def wanted(self) -> PinWanted:
        """The pin, its pictures, and which pins are not it."""
        pictures = tuple(image.path for image in self.expect)
        return PinWanted(subject=self.pin_id, pin=self.new_pin(), pictures=pictures, twins=self.twins)

    def _created(self, world: World) -> PinId | None:
        """The pin that an earlier try created, where its id is known."""
        known = world.creates.known(self.id)
        if known is not None:
            return known
        notes = world.journal.notes(self.id)
        return next((PinId(note.removeprefix(_CREATED)) for note in notes if note.startswith(_CREATED)), None)

    def _all_placed(self, world: World, created: PinId) -> bool:
        """Whether every file has its new name, and only that one."""
        return all(
            world.library.stat(path := file.tracked(created, self.after).path) is not None
            and world.library.kept(file.source) is None
            and not waiting(world, file.steps(path))
            for file in self.files
        )

    def _receipt(self, created: PinId) -> Receipt:
        return Receipt(changes=tuple(Put(file.tracked(created, self.after)) for file in self.files), created=created)


def bring_back(world: World, action: Action, files: Sequence[NewFile], created: PinId, home: Home) -> None:
    """Move files of a pin out of the trash, then their companions; those that are not there any more were brought back before."""
    for file in files:
        path = file.tracked(created, home).path
        if world.library.kept(file.source) is not None:
            world.library.restore(file.source, path)
        carry_along(world, action, waiting(world, file.steps(path)), lambda: None)


def own_facts(pin: Pin) -> tuple[object, ...]:
    """Place and words of a pin, by which one that was just created is known again."""
    return (pin.board_id, pin.section_id, *pin.says)


def facts_of(pin: Pin, home: Home) -> tuple[object, ...]:
    """Place and words that a pin will have when it is created in another place."""
    return (home.board_id, home.section_id, *pin.says)


def can_be_created_again(pin: Pin) -> bool:
    """Whether pinplan could create such a pin: an image, or a carousel of up to five (schema PinCreate); never a video."""
    return 1 <= len(pin.images) <= MOST_IMAGES and all(i.renditions and not i.cover for i in pin.images)


def create_again(
    pin: Pin,
    records: Sequence[Tracked],
    images: Sequence[KeptImage],
    now: Hindsight,
    companions: tuple[Companion, ...] = (),
) -> tuple[Action, ...] | NotUndone:
    """Undo the deletion of a pin.

    Args:
        pin: as it was.
        records: what the base knew of its files.
        images: what was kept of its images.
        now: how things stand.
        companions: what went to the trash with its one file and is there still.
    """
    if not can_be_created_again(pin):
        return NotUndone(
            "such a pin (a video, or more than five images) cannot be created by pinplan; its images are kept"
        )
    already = now.created_already(pin.id)
    if already is not None:
        return NotUndone(already)
    home = now.new_home(pin)
    if home is None:
        return NotUndone("its board is gone from Pinterest; make one, and pin the kept images by hand")
    there = [image for image in images if now.kept(image.path) is not None]
    if len(there) != len(pin.images):
        return NotUndone("its images are not in the trash any more")
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
    now: Hindsight,
    companions: tuple[Companion, ...],
) -> Iterator[NewFile]:
    """Its files: those that lay here themselves if this very run put them into the trash, else the kept images."""
    own = {kept.tracked.slot: kept for kept in now.kept_with(pin.id)}
    by_slot = {image.slot: image for image in images}
    for record in records:
        mine, kept = own.get(record.slot), by_slot.get(record.slot)
        facts: Tracked | KeptImage | None = mine.tracked if mine else kept
        path = mine.path if mine else kept.path if kept else None
        stat = now.kept(path) if path else None
        if facts is None or path is None or stat is None:
            continue  # a slot that the pin had no more when it was deleted
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
