"""What approved actions would come to, in one sentence."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from msgspec import Struct

from pinplan.actions import KINDS
from pinplan.plan.decisions import decided, performed
from pinplan.plan.document import kind_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from pinplan.actions import AnyAction
    from pinplan.model.ids import ActionId
    from pinplan.plan.decisions import Decisions
    from pinplan.plan.document import Plan

NOTHING = "changes nothing"
PINS = "pins"
FILES = "files"


class Phrase(Struct, frozen=True, kw_only=True):
    """One part of the sentence, which says how often something is done.

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
    pins, files = "deletes {} on Pinterest (cannot be restored)", "moves {} to the trash"
    yield Phrase(count=PINS, one=pins.format("{} pin"), many=pins.format("{} pins"), tone="danger")
    yield Phrase(count=FILES, one=files.format("{} file"), many=files.format("{} files"), tone="warn")
    for kind in KINDS:
        does, where = does_of(kind)
        yield Phrase(count=kind, one=f"{does} {{}}{where}", many=f"{does} {{}}{where}")


def counts_of(actions: Iterable[AnyAction]) -> dict[str, int]:
    """What some actions do, counted; see `Phrase`."""
    counts: Counter[str] = Counter()
    for action in actions:
        counts[PINS] += action.deletes_pin
        counts[FILES] += action.trashes_file
        counts[kind_of(action)] += not (action.deletes_pin or action.trashes_file)
    return {name: count for name, count in counts.items() if count}


def sentence(counts: Mapping[str, int]) -> str:
    """``deletes 3 pins on Pinterest (cannot be restored), moves 4 files to the trash, downloads 12``."""
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
    """What an apply of the plan with these decisions would still do, counted.

    Args:
        plan: the plan.
        decisions: about it.
        required: kinds that wait until they are named.
        begun: actions that were done already, as they were done.
    """
    begun = begun or {}
    done = performed(decided(plan, decisions, required, begun))
    return counts_of(action for name, action in done.items() if name not in begun)


def does_of(kind: str) -> tuple[str, str]:
    """How a kind's verb continues a sentence: ``to create on Pinterest`` becomes ``("creates", " on Pinterest")``."""
    verb, _, where = KINDS[kind].trait.verb.removeprefix("to ").partition(" ")
    does = f"{verb[:-1]}ies" if verb.endswith("y") else f"{verb}s"
    return does, f" {where}" if where else ""


def of_one(action: AnyAction) -> str:
    """``deletes pin 123 on Pinterest (cannot be restored), moves 1 file to the trash``; what else it does, in its own words."""
    parts = []
    if action.deletes_pin:
        parts.append(f"deletes pin {action.pin_id} on Pinterest (cannot be restored)")
    if action.trashes_file:
        parts.append("moves 1 file to the trash")
    return ", ".join(parts) or action.describe().effect
