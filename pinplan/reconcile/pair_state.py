"""One image of one pin, with its state on both sides."""

from __future__ import annotations

from typing import TypeVar

from msgspec import Struct

from pinplan.actions.contexts import Home
from pinplan.model.base import Tracked
from pinplan.model.ids import PinId
from pinplan.model.images import FileFact
from pinplan.model.pins import PinImage
from pinplan.policies.mode import Answers
from pinplan.reconcile.displaced import SeenFile
from pinplan.reconcile.match import SeenPin
from pinplan.reconcile.truth import PinState

Part = TypeVar("Part")


class PairState(Struct, frozen=True, gc=False, kw_only=True):
    """One image of one pin, with its state on both sides.

    Attributes:
        why: why the pin's state is unknown.
        seen: the pin, if it is listed.
        record: the base's record of the image; None for a new one.
        records: all records of the pin.
        image: what Pinterest offers for this slot.
        home: the board or section in whose folder the file is, if it is not the recorded one.
        accepted, restored: whether --accept or --restore names it.
    """

    pin: PinState
    file: SeenFile
    answers: Answers
    why: str = ""
    seen: SeenPin | None = None
    record: Tracked | None = None
    records: tuple[Tracked, ...] = ()
    image: PinImage | None = None
    home: Home | None = None
    accepted: bool = False
    restored: bool = False

    @property
    def slot(self) -> int:
        """Which image of the pin."""
        return self.record.slot if self.record else surely(self.image).slot

    @property
    def pin_id(self) -> PinId | None:
        """Which pin."""
        return self.seen.pin.id if self.seen else self.record.pin_id if self.record else None

    @property
    def path(self) -> str | None:
        """The path of the file: as recorded, else as found."""
        return self.record.path if self.record else self.file.file.path if self.file.file else None

    @property
    def is_at_pin(self) -> bool:
        """Whether the file is in the folder of the board and section that the pin is on."""
        pin = self.seen.pin if self.seen else None
        return pin is not None and self.home is not None and (pin.board_id, pin.section_id) == self.home.ids

    @property
    def pin_has_moved(self) -> bool:
        """Whether the pin is on another board or section than recorded."""
        pin, record = self.listed.pin, self.tracked
        return (pin.board_id, pin.section_id) != (record.board_id, record.section_id)

    @property
    def tracked(self) -> Tracked:
        """The record; only for outcomes of tracked images."""
        return surely(self.record)

    @property
    def listed(self) -> SeenPin:
        """The pin; only for outcomes of listed pins."""
        return surely(self.seen)

    @property
    def found(self) -> FileFact:
        """The file; only for outcomes of existing files."""
        return surely(self.file.file)


def surely(part: Part | None) -> Part:
    """A part that the truth table guarantees for this outcome."""
    if part is None:  # pragma: no cover - the truth table gives a case without it another outcome
        raise AssertionError("the outcome of a case needs what the case does not have")
    return part
