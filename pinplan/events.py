"""Typed progress. Every stage tells what it does through one ``emit``; people, NDJSON and tests are listeners.

The names of the types, in snake case, are the ``type`` of the lines under ``--json``; ``pinplan schema events`` prints
their schema. Adding a type or a field is a minor change.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from msgspec import Struct

from pinplan.model.ids import ActionId, RunId


class Event(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type"):
    """Base of all events."""


class Version(Event, frozen=True, tag="version", omit_defaults=False):
    """The first line under ``--json``."""

    pinplan: str
    ui: str = "1.0"


class Stage(Event, frozen=True, tag="stage"):
    """A stage begins; ``total`` is the number of steps where it is known.

    Attributes:
        name: ``"boards"``, ``"pins"``, ``"gone"``, ``"scan"``, ``"inspect"``, ``"reconcile"``.
    """

    name: str
    total: int | None = None


class Step(Event, frozen=True, tag="step"):
    """A step of the present stage is done."""

    name: str
    what: str = ""


class Warned(Event, frozen=True, tag="warning"):
    """Something a person should know, that stops nothing; ``urgent``: even one who did not ask for more words."""

    message: str
    urgent: bool = False


class FromCache(Event, frozen=True, tag="from_cache"):
    """So many boards are unchanged, as far as Pinterest says: their listings come from the cache."""

    boards: int


class Paused(Event, frozen=True, tag="paused"):
    """The calls of the day are used up: so many boards could not be read to the end; the same command goes on later."""

    message: str
    boards: int


class PlannedAction(Event, frozen=True, tag="planned_action"):
    """One action of a plan."""

    id: ActionId
    kind: str
    address: str
    effect: str
    reason: str
    destructive: bool


class Found(Event, frozen=True, tag="finding"):
    """One finding of a plan."""

    kind: str
    address: str
    message: str


class Checked(Event, frozen=True, tag="check"):
    """One check over the whole plan."""

    name: str
    status: str
    limit: str
    figure: str
    message: str


class PlanSummary(Event, frozen=True, tag="plan_summary"):
    """The end of a plan; ``message`` is the summary line that people see.

    Attributes:
        apply_calls: API calls that applying it takes, when all goes well.
        differences: findings about what differs and is only reported.
        unread_boards: boards that could not be read to their end.
    """

    message: str
    digest: str
    counts: dict[str, int]
    api_calls: int
    applyable: bool
    apply_calls: int = 0
    differences: int = 0
    unread_boards: int = 0


class ApplyStarted(Event, frozen=True, tag="apply_started"):
    """A run begins, or goes on (``resumed``)."""

    run: RunId
    total: int
    done_before: int = 0
    resumed: bool = False
    declined: int = 0
    waiting: int = 0


class ActionStarted(Event, frozen=True, tag="action_started"):
    """An action is being done."""

    id: ActionId
    kind: str
    address: str


class ActionEnded(Event, frozen=True, tag="action_ended"):
    """An action has ended.

    Attributes:
        outcome: ``"done"``, ``"stale"``, ``"failed"``, ``"skipped"`` or ``"unconfirmed"``.
        reason: why; of a done one, what came out otherwise than the plan says, if anything did.
        bytes: bytes that were fetched.
        title: what a person calls what it is about; empty for a done one.
    """

    id: ActionId
    kind: str
    address: str
    outcome: str
    reason: str = ""
    bytes: int = 0
    title: str = ""


class ApplyEnded(Event, frozen=True, tag="apply_ended"):
    """A run has ended; numbers of actions by outcome.

    Attributes:
        run: empty where the plan has no actions.
        already_applied: the plan had been applied in full before, in this run; nothing was done now.
    """

    run: RunId
    done: int
    stale: int
    failed: int
    skipped: int
    unconfirmed: int = 0
    declined: int = 0
    interrupted: bool = False
    serial: int = 0
    already_applied: bool = False


class ReviewOpened(Event, frozen=True, tag="review_opened"):
    """The page of a review can be looked at; the address holds the secret that lets in."""

    url: str


class ReviewEnded(Event, frozen=True, tag="review_ended"):
    """A review has ended.

    Attributes:
        decisions: the file that holds what was decided.
        command: what applies the plan with it.
        consequence: what that would come to, in one sentence.
    """

    decisions: str
    command: str
    consequence: str


class Failed(Event, frozen=True, tag="error"):
    """The command ends with an error; the last line under ``--json``."""

    message: str
    exit_code: int
    next_step: str = ""


AnyEvent: TypeAlias = (
    Version
    | Stage
    | Step
    | Warned
    | FromCache
    | Paused
    | PlannedAction
    | Found
    | Checked
    | PlanSummary
    | ApplyStarted
    | ActionStarted
    | ActionEnded
    | ApplyEnded
    | ReviewOpened
    | ReviewEnded
    | Failed
)
Emit: TypeAlias = Callable[[AnyEvent], None]


def silent(_event: AnyEvent) -> None:
    """A listener that does not listen."""
