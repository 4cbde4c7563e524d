"""The closing table of an apply."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinplan.actions import KINDS
from pinplan.errors.suggestions import suggestion
from pinplan.records.journal import ActionOutcome
from pinplan.render.text import Line
from pinplan.render.text_safety import plural, size

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pinplan.model.ids import RunId


def with_declined(ended: Mapping[str, Mapping[str, int]], declined: Mapping[str, int]) -> dict[str, dict[str, int]]:
    """How actions ended, with those that somebody decided against."""
    rows = {kind: dict(row) for kind, row in ended.items()}
    for kind, count in declined.items():
        rows.setdefault(kind, {})[ActionOutcome.DECLINED] = count
    return rows


def closing_lines(
    *,
    run: RunId | None,
    already: bool,
    ended: Mapping[str, Mapping[str, int]],
    left: int,
    fetched: int,
    lesser: int = 0,
    waiting: Mapping[str, int] | None = None,
    duplicates: int = 0,
    plan: str = suggestion("plan", "-o", "plan.json"),
    decide: str = suggestion("apply", "PLAN", "--decisions", "FILE"),
    settle: str = suggestion("resolve", "RUN", "ACTION", "--is", "PIN"),
) -> Iterator[Line]:
    """What a run came to: a row for each kind, a column for each outcome, and one sentence.

    Args:
        run: its id; None if there was nothing to do.
        already: it was done before.
        ended: kind → outcome → number of actions.
        left: actions that were not started.
        fetched: bytes.
        lesser: images that were kept in a smaller size than the best.
        waiting: kind → number of actions that wait for a decision.
        duplicates: how many a plan will find.
        plan: the command that makes it.
        decide: the command that applies the plan with decisions.
        settle: the command by which a person ends a create that is not confirmed.
    """
    if already:
        yield Line(f"Already applied in full (run {run}): nothing to do.", "green")
        return
    if run is None:
        yield Line("Nothing to do: the plan has no actions.", "green")
        return
    shown = [
        outcome
        for outcome in ActionOutcome
        if outcome is ActionOutcome.DONE or any(row.get(outcome) for row in ended.values())
    ]
    rows = [(KINDS[kind].trait.title, ended[kind]) for kind in KINDS if ended.get(kind)]
    if rows:
        yield Line(f"  {'':22}" + "".join(f"{outcome.value:>10}" for outcome in shown), "dim")
    for title, row in rows:
        yield Line(f"  {title:22}" + "".join(f"{row.get(outcome, 0):>10,}" for outcome in shown))
    done = sum(row.get(ActionOutcome.DONE, 0) for row in ended.values())
    declined = sum(row.get(ActionOutcome.DECLINED, 0) for row in ended.values())
    not_done = sum(sum(row.values()) for row in ended.values()) - done - declined + left
    besides = f", {declined:,} declined" if declined else ""
    if lesser:
        kept = "1 image is" if lesser == 1 else f"{lesser:,} images are"
        yield Line(
            f"{kept} kept in a smaller size: the best one was refused. A later plan asks for it again.", "yellow"
        )
    if duplicates:
        yield Line(f"A plan will find {plural(duplicates, 'duplicate')} among what is here now: {plan}", "yellow")
    if waiting:
        named = ", ".join(f"{count:,} {KINDS[kind].trait.verb}" for kind, count in waiting.items())
        yield Line(f"Waiting for a decision: {named}. Decide, then: {decide}", "yellow")
    unconfirmed = sum(row.get(ActionOutcome.UNCONFIRMED, 0) for row in ended.values())
    if unconfirmed:
        yield Line(f"Not confirmed: {unconfirmed:,}. Every plan looks for it. To end it yourself: {settle}", "yellow")
    if not_done:
        way_on = "" if waiting and not_done == sum(waiting.values()) else " Apply the same plan again to go on."
        yield Line(f"Applied in part: {plural(done, 'action')} done{besides}, {not_done:,} not.{way_on}", "bold yellow")
    else:
        yield Line(
            f"Applied: {plural(done, 'action')} done{besides}, {size(fetched)} fetched. Run {run}.", "bold green"
        )
