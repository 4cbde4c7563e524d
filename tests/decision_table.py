"""The table of fixtures/decisions: plans, decisions about them, and what follows. Python and the page's script must both say so.

``python -m tests.decision_table`` writes the plans; what is expected of them is written by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from pinplan.actions import AnyAction, Dedupe
from pinplan.actions.pairs import Pair
from pinplan.model.ids import ActionId, PinId
from pinplan.plan.decision_rules import DecisionOutcome
from pinplan.plan.decisions import DecidedOutcome, Decisions, Declined, Perform, Waiting, decision_of, pairs_by_pin
from pinplan.plan.document import Plan
from pinplan.policies.duplicates import Duplicates, Merge, Remove, Within
from pinplan.policies.mode import Mode
from pinplan.records.plan_file import decode_plan, encode_plan, with_digest
from tests.worlds import SmallWorld

ROOT = Path(__file__).parents[1] / "fixtures" / "decisions"


class Case(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Decisions about a plan, and what follows.

    Attributes:
        decisions: action → verdict, with the pin that is kept where it names one: `pinplan.plan.decisions.decision_of`.
        waits: kinds that wait until they are named.
        done: actions that an earlier try has done, and as what.
        outcomes: what becomes of every action.
        reasons: why, of those of which a rule says what becomes of them.
        totals: the sentence that is shown.
    """

    name: str
    decisions: dict[ActionId, str] = {}
    waits: tuple[str, ...] = ()
    done: dict[ActionId, DecisionOutcome] = {}
    outcomes: dict[ActionId, DecisionOutcome]
    reasons: dict[ActionId, str] = {}
    totals: str

    def decided(self, plan: Plan) -> Decisions:
        said = {name: decision_of(verdict) for name, verdict in self.decisions.items()}
        return Decisions(plan=plan.digest, decisions=said)

    def begun(self, plan: Plan) -> dict[ActionId, AnyAction]:
        actions, of_pin = {action.id: action for action in plan.actions}, pairs_by_pin(plan.actions)
        return {
            name: done_as(actions[name], outcome, self.decisions.get(name, ""), of_pin)
            for name, outcome in self.done.items()
        }


def done_as(action: AnyAction, outcome: DecisionOutcome, verdict: str, of_pin: Mapping[PinId, Pair]) -> AnyAction:
    """An action as an earlier try has done it."""
    if outcome is DecisionOutcome.SWAP:
        return action.exchanged()
    if outcome is DecisionOutcome.INSTEAD:
        assert isinstance(action, Pair)
        return action.keeping(of_pin[PinId(verdict.partition(":")[2])])
    return action


def outcome_of(one: DecidedOutcome) -> tuple[DecisionOutcome, str]:
    """What becomes of an action, and why."""
    match one:
        case Declined(reason):
            return DecisionOutcome.DECLINED, reason
        case Waiting(reason):
            return DecisionOutcome.WAITING, reason
        case Perform(held=held) if held:
            return DecisionOutcome.HELD, held
        case Perform(instead=True):
            return DecisionOutcome.INSTEAD, ""
        case Perform(swapped=swapped):
            return (DecisionOutcome.SWAP if swapped else DecisionOutcome.PERFORM), ""


def plan_of(folder: str) -> Plan:
    return decode_plan((ROOT / folder / "plan.json").read_bytes())


def cases_of(folder: str) -> list[Case]:
    return msgspec.json.decode((ROOT / folder / "cases.json").read_bytes(), type=list[Case])


def table() -> list[Any]:
    """Every case, by the folder of its plan."""
    return [(path.name, case) for path in sorted(ROOT.iterdir()) for case in cases_of(path.name)]


# -- how the plans came about ----------------------------------------------------------------------------------------


def delete_beside_download(world: SmallWorld) -> Plan:
    """On one board a new pin and one whose file was removed here; on another one only such."""
    boards = [world.board("First"), world.board("Second")]
    pins = [world.pin(board, f"Pin {number}") for board in boards for number in range(4)]
    world.apply()
    for pin in (pins[0], pins[4]):
        world.library.remove(world.path_of(pin))
    world.pin(boards[0], "New")
    world.mode(Mode.TWO_WAY)
    return world.plan()


def words_of_duplicates(world: SmallWorld) -> Plan:
    """Three pins show the same; the one that stays takes over a link. A new pin is on their board as well."""
    board = world.board("Board")
    for number in range(3):
        world.pin(board, f"Other {number}")
    world.pin(board, "Small", shown="cat~400x600", link="https://example.org/small")
    world.pin(board, "Middle", shown="cat~410x615")
    world.pin(board, "Large", shown="cat~800x1200")
    world.apply()
    world.pin(board, "New")
    return world.plan(duplicates=Duplicates(remove=Remove.BOTH, merge=(Merge.LINK,)))


def copies_of_an_image(world: SmallWorld) -> Plan:
    """Two new pins show one image, and a third that of a pin that moved to a section meanwhile."""
    board = world.board("Board")
    section = world.section(board, "Section")
    old = world.pin(board, "Old")
    world.apply()
    first, second, third = (world.pin(board, title) for title in ("First", "Second", "Third"))
    pins = world.remote.pins_by_id
    pins[second] = replace(pins[second], images=pins[first].images)
    pins[third] = replace(pins[third], images=pins[old].images)
    pins[old] = replace(pins[old], section_id=section)
    return world.plan()


def duplicates_of_two_boards(world: SmallWorld) -> Plan:
    """The one that stays is on another board, to which a new pin was added."""
    first, second = world.board("First"), world.board("Second")
    for number in range(4):
        world.pin(first, f"Other {number}")
        world.pin(second, f"More {number}")
    world.pin(first, "Small", shown="cat~400x600")
    world.pin(second, "Large", shown="cat~800x1200")
    world.apply()
    world.pin(second, "New")
    return world.plan(duplicates=Duplicates(remove=Remove.BOTH, scope=Within.ACCOUNT))


def _without(action: AnyAction, one: AnyAction, other: AnyAction) -> AnyAction:
    """An action; one that was not compared with another if it is this one."""
    if action.id != one.id or not isinstance(action, Dedupe):
        return action
    return replace(action, edges=tuple(edge for edge in action.edges or () if edge.pin_id != other.pin_id))


def group_of_four(world: SmallWorld) -> Plan:
    """Four pins show the same; of those that are removed two were not compared with each other. A new pin is on their board as well."""
    board = world.board("Board")
    for number in range(4):
        world.pin(board, f"Other {number}")
    world.pin(board, "Small", shown="cat~400x600", link="https://example.org/small")
    world.pin(board, "Middle", shown="cat~410x615")
    world.pin(board, "Wide", shown="cat~420x630")
    world.pin(board, "Large", shown="cat~800x1200")
    world.apply()
    world.pin(board, "New")
    plan = world.plan(duplicates=Duplicates(remove=Remove.BOTH, merge=(Merge.LINK,)))
    _, middle, wide = (action for action in plan.actions if isinstance(action, Pair))
    actions = tuple(_without(_without(one, middle, wide), wide, middle) for one in plan.actions)
    return with_digest(replace(plan, actions=actions))


def one_needs_another(world: SmallWorld) -> Plan:
    """Downloads, of which each needs the one before; the last needs one of another plan as well."""
    board = world.board("Board")
    for number in range(4):
        world.pin(board, f"Pin {number}")
    plan = world.plan()
    needs = {"0002": ("0001",), "0003": ("0002",), "0004": ("0003", "0099")}
    actions = tuple(replace(action, requires=needs.get(action.id, ())) for action in plan.actions)
    return with_digest(replace(plan, actions=actions))


STORIES: tuple[Callable[[SmallWorld], Plan], ...] = (
    delete_beside_download,
    words_of_duplicates,
    copies_of_an_image,
    duplicates_of_two_boards,
    group_of_four,
    one_needs_another,
)


def main() -> None:
    for story in STORIES:
        with closing(SmallWorld()) as world:
            folder = ROOT / story.__name__
            folder.mkdir(exist_ok=True)
            (folder / "plan.json").write_bytes(encode_plan(story(world)))


if __name__ == "__main__":
    main()
