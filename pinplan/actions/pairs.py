"""What actions on two duplicates share: the pair, its keeper, and the evidence that both show the same picture."""

from __future__ import annotations

from abc import abstractmethod
from typing import Self

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from pinplan.actions.companions import Carrier
from pinplan.actions.expect import ExpectFile, ExpectPin
from pinplan.model.base import Tracked
from pinplan.model.ids import PinId
from pinplan.model.naming import Companion
from pinplan.model.pins import Pin, Words
from pinplan.model.similarity import SAME_BYTES, ImageQuality, Similarity
from pinplan.policies.duplicates import KeepRule


class Swap(Struct, frozen=True, gc=False, kw_only=True):
    """The data for a swap, if the user keeps the other one of a pair.

    Attributes:
        address: of the keeper.
        before: the base's record of its file.
        pin: its pin, with everything needed to recreate it.
        problem: why it must not be removed; absent if it may.
        companions: of its file; absent if there are none.
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
        words: the texts that its pin must have taken over from the removed one by then; empty if none.
    """

    file: ExpectFile
    pin: ExpectPin
    exchange: Swap | UnsetType = UNSET
    words: Words = Words()


class DuplicateSide(ImageQuality, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """The facts about one side that the keep rules compare, saved to explain the choice.

    Attributes:
        size: of the file in bytes.
        reference: its board is one whose copies are always kept.
        own_upload: the account created the pin itself, rather than saving someone else's.
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
        keeper, loser: what was measured of the files, and the facts about their pins.
        chosen: True if a person overruled the rule.
    """

    alike: Similarity
    rung: KeepRule
    keeper: DuplicateSide
    loser: DuplicateSide
    chosen: bool | UnsetType = UNSET

    @property
    def decided_by(self) -> str:
        """What decided which one is kept, in words."""
        if self.chosen:
            return "a person's choice"
        detail = f" ({self.alike.detail})" if self.rung is KeepRule.DETAIL else ""
        return f"the rule {self.rung}{detail}"


class Edge(Struct, frozen=True, gc=False, kw_only=True):
    """A verified pair of the removed pin and another one that is removed for the same keeper.

    Attributes:
        pin_id: the other one.
        alike: what was measured, seen from the other one as `Evidence.alike` is from the keeper.
    """

    pin_id: PinId
    alike: Similarity


class Pair(Carrier, frozen=True, kw_only=True, gc=False):
    """An action on two duplicates: one is kept, one removed; the two can be swapped or marked different.

    Attributes:
        before: the base's record of the removed file.
        pin: its pin, with everything needed to recreate it.
        keeper: the kept copy.
        evidence: why the two match, and why this one is removed.
        edges: which other removed ones it could be removed for instead; those with the same bytes are left out.
    """

    expect: ExpectFile
    before: Tracked
    pin: Pin
    keeper: KeptCopy
    evidence: Evidence
    edges: tuple[Edge, ...] | UnsetType = UNSET

    @property
    def keeper_pin(self) -> PinId:
        """The kept pin."""
        return self.keeper.pin.pin_id

    @abstractmethod
    def exchanged(self) -> Self:
        """See `Action.exchanged`."""

    @property
    def same_bytes(self) -> tuple[str, str]:
        """What pairs of a group have in common whose removed files need no comparison.

        The signature as well: the same bytes for two images by Pinterest's own account prove nothing about either.
        """
        return self.expect.sha256, self.before.signature or ""

    def alike_with(self, other: Pair) -> Similarity | None:
        """What was measured between the two that are removed for one keeper, seen from the other one; None if nothing was."""
        groups = {(one.keeper.pin.pin_id, one.keeper.file.path) for one in (self, other)}
        if len(groups) > 1 or other.pin_id == self.pin_id:
            return None
        if self.same_bytes == other.same_bytes:
            return SAME_BYTES
        return next((edge.alike for edge in self.edges or () if edge.pin_id == other.pin_id), None)

    def keeping(self, other: Pair) -> Self:
        """The same removal, with the copy kept that another pair would remove.

        Never a chain: only a copy with which the removed one has a verified edge of its own (I21: the last copy stays).
        What it expects is checked just before it is done, as for any other.

        Raises:
            ValueError: the two were not compared; the message says so.
        """
        alike = self.alike_with(other)
        if alike is None:
            raise ValueError(f"{self.pin_id} and {other.pin_id} were not compared with each other")
        pin = ExpectPin(pin_id=other.pin_id, board_id=other.pin.board_id, section_id=other.pin.section_id)
        kept = Swap(address=other.address, before=other.before, pin=other.pin)
        return replace(
            self,
            reason=f"duplicate_of_{other.pin_id}",
            # What it required was a merge into the pin that was to be kept.
            requires=(),
            keeper=KeptCopy(file=other.expect, pin=pin, exchange=kept),
            evidence=replace(self.evidence, alike=alike, keeper=other.evidence.loser, chosen=True),
        )
