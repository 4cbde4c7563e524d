"""Typed progress events. Every stage reports through one ``emit``; terminal, NDJSON and tests are listeners.

The type names in snake case are the ``type`` of the lines under ``--json``; ``pinplan schema events`` prints their schema. New types
and fields are minor changes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from msgspec import Struct

from pinplan.model.ids import ActionId, RunId


# omit_defaults: an event is one line of hundreds of thousands; most fields of most events are defaults.
class Event(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type"):
    """Base of all events."""


# Written out although it is a default: readers check `ui` first.
class Version(Event, frozen=True, tag="version", omit_defaults=False):
    """The first line under ``--json``."""

    pinplan: str
    ui: str = "1.0"


class Stage(Event, frozen=True, tag="stage"):
    """A stage begins; ``total``: the number of steps, if known.

    Attributes:
        name: ``"boards"``, ``"pins"``, ``"gone"``, ``"scan"``, ``"inspect"``, ``"reconcile"``.
    """

    name: str
    total: int | None = None


class Step(Event, frozen=True, tag="step"):
    """A step of the current stage is done."""

    name: str
    what: str = ""


class Warned(Event, frozen=True, tag="warning"):
    """A warning that stops nothing; ``urgent``: shown even without ``--verbose``."""

    message: str
    urgent: bool = False


class FromCache(Event, frozen=True, tag="from_cache"):
    """Boards that Pinterest reports as unchanged: their listings come from the cache."""

    boards: int


class Paused(Event, frozen=True, tag="paused"):
    """The daily calls are used up, and some boards could not be listed completely; the same command resumes later."""

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
    """The end of a plan; ``message``: its summary line.

    Attributes:
        apply_calls: API calls of an apply without retries.
        differences: differences that are only reported.
        unread_boards: boards that could not be listed completely.
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
    """A run begins, or resumes (``resumed``)."""

    run: RunId
    total: int
    done_before: int = 0
    resumed: bool = False
    declined: int = 0
    waiting: int = 0


class ActionStarted(Event, frozen=True, tag="action_started"):
    """An action begins."""

    id: ActionId
    kind: str
    address: str


class Uploading(Event, frozen=True, tag="uploading"):
    """A part of a video was sent; then Pinterest processes it. At most a hundred for a video, unless it is sent again.

    Attributes:
        id: the action.
        sent, total: in bytes.
    """

    id: ActionId
    path: str
    sent: int
    total: int


class ActionEnded(Event, frozen=True, tag="action_ended"):
    """An action has ended.

    Attributes:
        outcome: ``"done"``, ``"stale"``, ``"failed"``, ``"skipped"`` or ``"unconfirmed"``.
        reason: why it failed; if done, how the result differs from the plan.
        bytes: bytes downloaded.
        title: name of the pin or file; empty if done.
    """

    id: ActionId
    kind: str
    address: str
    outcome: str
    reason: str = ""
    bytes: int = 0
    title: str = ""


class ApplyEnded(Event, frozen=True, kw_only=True, tag="apply_ended"):
    """A run has ended; numbers of actions by outcome.

    Attributes:
        run: absent if the plan has no actions.
        not_requested: actions of kinds that were not requested, not done yet.
        already_applied: this run had already applied the plan in full; nothing was done.
    """

    run: RunId | None = None
    done: int
    stale: int
    failed: int
    skipped: int
    unconfirmed: int = 0
    declined: int = 0
    not_requested: int = 0
    interrupted: bool = False
    serial: int = 0
    already_applied: bool = False


class ReviewOpened(Event, frozen=True, tag="review_opened"):
    """A review page is available; its URL contains the access secret."""

    url: str


class ReviewEnded(Event, frozen=True, tag="review_ended"):
    """A review has ended.

    Attributes:
        decisions: the decisions file.
        command: applies the plan with these decisions.
        consequence: the effect of that command, in one sentence.
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
    | Uploading
    | ActionEnded
    | ApplyEnded
    | ReviewOpened
    | ReviewEnded
    | Failed
)
Emit: TypeAlias = Callable[[AnyEvent], None]


def silent(_event: AnyEvent) -> None:
    """A listener that ignores all events."""
