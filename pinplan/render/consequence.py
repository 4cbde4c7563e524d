"""What approved actions would come to, in one sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from pinplan.actions import KINDS
from pinplan.decisions import Perform, decided
from pinplan.plan import kind_of
from pinplan.render.words import plural

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from pinplan.actions import AnyAction
    from pinplan.decisions import Decisions
    from pinplan.model.ids import ActionId
    from pinplan.plan import Plan

NOTHING = "changes nothing"


class Effects(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What some actions do, counted.

    Attributes:
        pins: deleted on Pinterest.
        trashed: files moved to the trash.
        other: actions that do neither, by kind.
    """

    pins: int = 0
    trashed: int = 0
    other: dict[str, int] = field(default_factory=dict)


def effects_of(actions: Iterable[AnyAction]) -> Effects:
    """Count."""
    pins = trashed = 0
    other = dict.fromkeys(KINDS, 0)
    for action in actions:
        pins += action.deletes_pin
        trashed += action.trashes_file
        if not (action.deletes_pin or action.trashes_file):
            other[kind_of(action)] += 1
    return Effects(pins=pins, trashed=trashed, other={kind: count for kind, count in other.items() if count})


def sentence(effects: Effects) -> str:
    """``deletes 3 pins on Pinterest (cannot be restored), moves 4 files to the trash, downloads 12``."""
    parts = []
    if effects.pins:
        parts.append(f"deletes {plural(effects.pins, 'pin')} on Pinterest (cannot be restored)")
    if effects.trashed:
        parts.append(f"moves {plural(effects.trashed, 'file')} to the trash")
    for kind, count in effects.other.items():
        does, where = does_of(kind)
        parts.append(f"{does} {count:,}{where}")
    return ", ".join(parts) or NOTHING


def sentence_under(
    plan: Plan, decisions: Decisions, required: Collection[str] = (), done: Collection[ActionId] = ()
) -> str:
    """The sentence for what an apply of the plan with these decisions would still do.

    Args:
        plan: the plan.
        decisions: about it.
        required: kinds that wait until they are named.
        done: actions that were done already.
    """
    fates = decided(plan, decisions, required)
    performed = (fate.action for id_, fate in fates.items() if isinstance(fate, Perform) and id_ not in done)
    return sentence(effects_of(performed))


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
