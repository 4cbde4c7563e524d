"""What actions about two duplicates share: the pair, its keeper, and the evidence that both show one picture."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Self

from msgspec import UNSET, Struct, UnsetType

from pinplan.actions.companions import Carrier
from pinplan.actions.expect import ExpectFile, ExpectPin
from pinplan.model.base import Tracked
from pinplan.model.naming import Companion
from pinplan.model.pins import Pin, Words
from pinplan.model.similarity import ImageQuality, Similarity
from pinplan.policies.duplicates import KeepRule

if TYPE_CHECKING:
    from pinplan.model.ids import PinId


class Swap(Struct, frozen=True, gc=False, kw_only=True):
    """The data for a swap, if the user keeps the other one of a pair.

    Attributes:
        address: of the one that was to stay.
        before: the base's record of its file.
        pin: its pin, with everything that is needed to create it again.
        problem: why it must not go; absent if it may.
        companions: of its file; absent where there are none.
    """

    address: str
    before: Tracked
    pin: Pin
    problem: str | UnsetType = UNSET
    companions: tuple[Companion, ...] | UnsetType = UNSET


class KeptCopy(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """The kept copy: its file and pin must exist when the other is removed (I21).

    Attributes:
        exchange: since plan format 1.2; absent in older plans.
        words: what the pin must have taken over from the one that goes by then; nothing where it is empty.
    """

    file: ExpectFile
    pin: ExpectPin
    exchange: Swap | UnsetType = UNSET
    words: Words = Words()


class DuplicateSide(ImageQuality, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """The facts about one side that the keep rules compare, saved to explain the choice.

    Attributes:
        size: of the file in bytes.
        reference: its board is one whose copies always stay.
        own_upload: the account made the pin itself, and did not save another's.
        created_at: of the pin; empty if unknown.
    """

    size: int = 0
    reference: bool = False
    own_upload: bool = False
    has_link: bool = False
    created_at: str = ""


class Evidence(Struct, frozen=True, gc=False, kw_only=True):
    """Why the two pictures match, and why this one is removed.

    Attributes:
        alike: what was measured.
        rung: the rule by which it lost.
        keeper, loser: what was measured of the files, and what is known of their pins.
        chosen: True where a person chose otherwise than the rule.
    """

    alike: Similarity
    rung: KeepRule
    keeper: DuplicateSide
    loser: DuplicateSide
    chosen: bool | UnsetType = UNSET

    @property
    def decided_by(self) -> str:
        """What decided which one stays, in words."""
        return "a person's choice" if self.chosen else f"the rule {self.rung}"


class Pair(Carrier, frozen=True, kw_only=True, gc=False):
    """An action on two duplicates: one is kept, one removed; the two can be swapped or marked different.

    Attributes:
        before: the base's record of the file that goes.
        pin: its pin, with everything that is needed to create it again.
        keeper: the one that stays.
        evidence: why these two, and why this one goes.
    """

    expect: ExpectFile
    before: Tracked
    pin: Pin
    keeper: KeptCopy
    evidence: Evidence

    @property
    def keeper_pin(self) -> PinId:
        """The pin that stays."""
        return self.keeper.pin.pin_id

    @abstractmethod
    def exchanged(self) -> Self:
        """See `Action.exchanged`."""
