"""The closing table of an apply, and a one-sentence preview of what approved actions would do."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from msgspec import Struct

from pinplan.actions import KINDS
from pinplan.errors.suggestions import suggestion
from pinplan.plan.decisions import decided, performed
from pinplan.plan.document import kind_of
from pinplan.records.journal import ActionOutcome
from pinplan.render.text import Line
from pinplan.render.text_safety import plural, size

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from pinplan.actions import AnyAction
    from pinplan.model.ids import ActionId, RunId
    from pinplan.plan.decisions import Decisions
    from pinplan.plan.document import Plan


def with_declined(ended: Mapping[str, Mapping[str, int]], declined: Mapping[str, int]) -> dict[str, dict[str, int]]:
    """Outcomes of actions, including declined ones."""
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
    not_requested: Mapping[str, int] | None = None,
    duplicates: int = 0,
    plan: str = suggestion("plan", "-o", "plan.json"),
    again: str = suggestion("apply", "PLAN"),
    decide: str = suggestion("apply", "PLAN", "--decisions", "FILE"),
    settle: str = suggestion("resolve", "RUN", "ACTION", "--is", "PIN"),
) -> Iterator[Line]:
    """The summary of a run: a row per kind, a column per outcome, a closing sentence.

    Args:
        run: its id; None if there was nothing to do.
        already: this plan was applied before.
        ended: kind → outcome → number of actions.
        left: actions that were not started.
        fetched: bytes.
        lesser: images that were kept in a smaller size than the best.
        waiting: kind → number of actions that wait for a decision.
        not_requested: kind → number of actions of kinds that were not requested.
        duplicates: how many the next plan will find.
        plan: the command that makes a new plan.
        again: the command that applies this one again.
        decide: the command that applies the plan with decisions.
        settle: the command that resolves an unconfirmed create.
    """
    # Exit 0 either way, but a second apply of the same plan must not look as if it had worked again.
    if already:
        yield Line(f"Already applied in full (run {run}): nothing to do.", "green")
        return
    if run is None:
        yield Line("Nothing to do: the plan has no actions.", "green")
        return
    yield from _table(ended)
    done = sum(row.get(ActionOutcome.DONE, 0) for row in ended.values())
    declined = sum(row.get(ActionOutcome.DECLINED, 0) for row in ended.values())
    not_done = sum(sum(row.values()) for row in ended.values()) - done - declined + left
    # A declined action is a decision, not a failure: it does not make the run partial.
    besides = f", {declined:,} declined" if declined else ""
    if lesser:
        kept = "1 image is" if lesser == 1 else f"{lesser:,} images are"
        yield Line(f"{kept} kept in a smaller size: the best one was refused. A later plan retries it.", "yellow")
    if duplicates:
        yield Line(f"The next plan will find {plural(duplicates, 'duplicate')}: {plan}", "yellow")
    if waiting:
        yield Line(f"Waiting for a decision: {_counted(waiting)}. Decide, then run: {decide}", "yellow")
    if not_requested:
        yield Line(
            f"Of other kinds, not requested: {_counted(not_requested)}. To apply them as well: {again}", "yellow"
        )
    unconfirmed = sum(row.get(ActionOutcome.UNCONFIRMED, 0) for row in ended.values())
    if unconfirmed:
        yield Line(f"Unconfirmed: {unconfirmed:,}. Each plan checks for it. To resolve it now: {settle}", "yellow")
    if not_done:
        stale = sum(row.get(ActionOutcome.STALE, 0) for row in ended.values())
        next_step = _next_step(not_done - stale - sum((waiting or {}).values()), stale, again, plan)
        yield Line(
            f"Applied in part: {plural(done, 'action')} done{besides}, {not_done:,} not.{next_step}", "bold yellow"
        )
    else:
        yield Line(
            f"Applied: {plural(done, 'action')} done{besides}, {size(fetched)} fetched. Run {run}.", "bold green"
        )


def _table(ended: Mapping[str, Mapping[str, int]]) -> Iterator[Line]:
    """A row per kind, a column per outcome."""
    # The "done" column is always there, even for zero; others only if some action ended that way.
    shown = [
        outcome
        for outcome in ActionOutcome
        if outcome is ActionOutcome.DONE or any(row.get(outcome) for row in ended.values())
    ]
    rows = [(KINDS[kind].trait.title, ended[kind]) for kind in KINDS if ended.get(kind)]
    column = max(10, *(len(outcome.value) + 2 for outcome in shown))
    wide = max(22, *(len(title) for title, _ in rows), 0)
    if rows:
        yield Line(f"  {'':{wide}}" + "".join(f"{outcome.value:>{column}}" for outcome in shown), "dim")
    for title, row in rows:
        yield Line(f"  {title:{wide}}" + "".join(f"{row.get(outcome, 0):>{column},}" for outcome in shown))


def _counted(kinds: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {KINDS[kind].trait.counted(count)}" for kind, count in kinds.items())


def _next_step(left: int, stale: int, again: str, plan: str) -> str:
    """What helps where something is not done: the same plan again, or a new one for what has changed since."""
    if left:
        return f" To continue with the same plan: {again}"
    return f" What is stale has changed since the plan. To plan it again: {plan}" if stale else ""


NOTHING = "changes nothing"
LOST_OF_ONE = "(undo creates a new one, without its saves and comments)"
LOST_OF_MANY = "(undo creates new ones, without their saves and comments)"
LOST_FOR_GOOD = "(cannot be created again)"
"""What becomes of a deleted pin: undo creates another one, under a new id."""
PINS = "pins"
FILES = "files"


class Phrase(Struct, frozen=True, kw_only=True):
    """One phrase of the summary sentence, with its count.

    Attributes:
        count: what is counted: pins that are deleted, files that are moved to the trash, or actions of a kind that do neither.
        one, many: the words; ``{}`` stands for the number.
        tone: ``danger`` for what is deleted on Pinterest, ``warn`` for what is moved to the trash, ``calm`` for all else.
    """

    count: str
    one: str
    many: str
    tone: str = "calm"


def phrases() -> Iterator[Phrase]:
    """Every part of the sentence, in its order."""
    pins, files = "deletes {} on Pinterest", "moves {} to the trash"
    one, many = f"{pins.format('{} pin')} {LOST_OF_ONE}", f"{pins.format('{} pins')} {LOST_OF_MANY}"
    # Gravest first: `tone_of` and the page take the tone of the first phrase that counts anything.
    yield Phrase(count=PINS, one=one, many=many, tone="danger")
    yield Phrase(count=FILES, one=files.format("{} file"), many=files.format("{} files"), tone="warn")
    for kind in KINDS:
        yield Phrase(count=kind, one=_does(kind, 1), many=_does(kind, 2))


def counts_of(actions: Iterable[AnyAction]) -> dict[str, int]:
    """What some actions do, counted; see `Phrase`."""
    counts: Counter[str] = Counter()
    for action in actions:
        counts[PINS] += action.deletes_pin
        counts[FILES] += action.trashes_file
        # Each effect is counted once: a dedupe is a deleted pin and a trashed file, not a third thing.
        counts[kind_of(action)] += not (action.deletes_pin or action.trashes_file)
    return {name: count for name, count in counts.items() if count}


def sentence(counts: Mapping[str, int]) -> str:
    """``deletes 3 pins on Pinterest (…), moves 4 files to the trash, downloads 12``."""
    counted = ((phrase, counts.get(phrase.count, 0)) for phrase in phrases())
    parts = ((phrase.one if number == 1 else phrase.many).format(f"{number:,}") for phrase, number in counted if number)
    return ", ".join(parts) or NOTHING


def tone_of(counts: Mapping[str, int]) -> str:
    """That of the gravest part of the sentence."""
    return next((phrase.tone for phrase in phrases() if counts.get(phrase.count)), "calm")


def counts_under(
    plan: Plan,
    decisions: Decisions,
    required: Collection[str] = (),
    begun: Mapping[ActionId, AnyAction] | None = None,
) -> dict[str, int]:
    """Count what an apply with these decisions would still do.

    Args:
        plan: the plan.
        decisions: about it.
        required: kinds that wait until they are named.
        begun: actions that were done already, as they were done.
    """
    begun = begun or {}
    done = performed(decided(plan, decisions, required, begun))
    return counts_of(action for name, action in done.items() if name not in begun)


def _does(kind: str, number: int) -> str:
    """How a kind continues a sentence, with ``{}`` for its number: ``creates {} boards on Pinterest``."""
    trait = KINDS[kind].trait
    verb, _, where = trait.verb.removeprefix("to ").partition(" ")
    # Enough English for the verbs in `actions/`; only "copy" needs the "ies".
    does = f"{verb[:-1]}ies" if verb.endswith("y") else f"{verb}s"
    thing = trait.counted(number).removesuffix(trait.verb).rstrip()
    return " ".join(part for part in (does, "{}", thing, where) if part)


def of_one(action: AnyAction) -> str:
    """``deletes pin 123 on Pinterest (…), moves 1 file to the trash``; what else it does, in its own words."""
    parts = []
    if action.deletes_pin:
        parts.append(f"deletes pin {action.pin_id} on Pinterest {LOST_OF_ONE if action.reversible else LOST_FOR_GOOD}")
    if action.trashes_file:
        parts.append("moves 1 file to the trash")
    return ", ".join(parts) or action.describe().effect
