"""Records of runs and actions."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from pinplan.actions.receipts import Drop, Put, Receipt
from pinplan.model.base import Refused, Tracked
from pinplan.model.ids import ActionId, Digest, PinId, RunId
from pinplan.plan.document import Tally


class ActionOutcome(StrEnum):
    """How an action ended."""

    DONE = "done"
    STALE = "stale"
    FAILED = "failed"
    SKIPPED = "skipped"
    UNCONFIRMED = "unconfirmed"
    DECLINED = "declined"


class RunRecord(Struct, frozen=True, kw_only=True):
    """One apply of one plan, including resumes.

    Attributes:
        ended_at: set when every action is done; None while resumable.
        undoes: the run that it reverses.
    """

    id: RunId
    digest: Digest
    serial: int
    total: int
    started_at: str
    ended_at: str | None = None
    undoes: RunId | None = None
    summary: dict[str, Tally]


class ActionRecord(Struct, frozen=True, kw_only=True):
    """An intent, and the result once there is one."""

    run: RunId
    action: ActionId
    kind: str
    pin_id: PinId
    address: str
    intended_at: str = ""
    ended_at: str | None = None
    outcome: ActionOutcome | None = None
    reason: str | None = None
    receipt: str | None = None


class Settled(Struct, frozen=True, kw_only=True):
    """The decisions of a run when it starts or resumes.

    Attributes:
        document: the decisions as a document; None without decisions.
        declined: declined actions with the reason.
    """

    document: str | None = None
    declined: tuple[ActionRecord, ...] = ()


class Result(Struct, frozen=True, kw_only=True):
    """The result of an action.

    Attributes:
        nothing_fetched: the image that could not be downloaded, if the action failed for it.
    """

    action: ActionId
    outcome: ActionOutcome
    reason: str = ""
    receipt: Receipt | None = None
    nothing_fetched: Refused | None = None

    @property
    def refused(self) -> Refused | None:
        """The image that its host refused, entirely or in its best size."""
        return self.receipt.refused if self.receipt else self.nothing_fetched

    @property
    def puts(self) -> list[Tracked]:
        """Records to add to the base."""
        return [change.tracked for change in self._changes() if isinstance(change, Put)]

    @property
    def drops(self) -> list[tuple[PinId, int]]:
        """Keys of records to remove from the base."""
        return [(change.pin_id, change.slot) for change in self._changes() if isinstance(change, Drop)]

    def _changes(self) -> tuple[Put | Drop, ...]:
        return self.receipt.changes if self.receipt else ()
