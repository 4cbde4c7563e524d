"""The law of words: that both sides agree is said only where everything in scope was seen and nothing differs.

The oracle looks at the fakes, never at what pinplan says of them.
"""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import event, example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from pinplan.adapters import PlanRequest
from pinplan.errors import ApiRefused
from pinplan.model.ids import BoardId
from pinplan.model.snapshots import ListedSections, UnknownPath
from pinplan.pipeline import make_plan, verify
from pinplan.plan.agreement import too_many_unread, unsettled
from pinplan.plan.document import Plan, Scope
from pinplan.policies.mode import Mode, NewPin
from pinplan.records.plan_file import decode_plan, encode_plan
from pinplan.render.markdown import plan_markdown
from pinplan.render.reports import verify_lines
from pinplan.render.text import plan_lines, summary_line
from pinplan.snapshot.freshness import Freshness, Refresh
from tests.worlds import SmallWorld

NAMES = ("Recipes", "Recipes 2", "Animals 動物")
FAULTS = (
    "broken", "odd", "sections", "odd section", "unlisted", "vanished", "hidden", "short", "new", "removed", "modified", "scan",
)  # fmt: skip
faults = st.lists(st.tuples(st.sampled_from(FAULTS), st.integers(0, 2)), max_size=3)
ALL = (0, 1, 2)
PARTS = (("Animals 動物/Part",), ("9009",))
"""Targets that are less than a board: the rest of it may differ."""
scopes = st.sampled_from(  # and the boards that a person means by each
    [
        (Scope(), ALL),
        (Scope(), ALL),
        (Scope(), ALL),
        (Scope(targets=("Recipes",)), (0,)),
        (Scope(targets=("Recipes*",)), (0, 1)),
        (Scope(targets=("Animals 動物/Part",)), (2,)),
        (Scope(targets=("9009",)), (1,)),  # a pin of the second board
        (Scope(excludes=("Recipes",)), (1, 2)),
        (Scope(targets=("Recipes", "Animals 動物"), excludes=("Animals*",)), (0,)),
    ]
)
modes = st.sampled_from(list(Mode))


class Told:
    """A world, what was done to it, and what of it is in scope."""

    def __init__(self) -> None:
        self.world = SmallWorld()
        self.boards = [self.world.board(name) for name in NAMES]
        for board in self.boards:
            section = self.world.section(board, "Part")
            for n in range(2):
                self.world.pin(board, f"Pin {n}", section_id=section if n else None)
        self.world.apply()
        self.refused: set[BoardId] = set()
        self.unlisted: set[BoardId] = set()
        self.short: set[BoardId] = set()
        self.vanished: set[BoardId] = set()
        self.local: set[BoardId] = set()
        self.left_out: set[BoardId] = set()
        plainly = self.world.remote.sections

        def sections(board_id: BoardId) -> ListedSections:
            if board_id in self.refused:
                raise ApiRefused("GET sections", 500, None, "no", None)
            listed = plainly(board_id)
            return replace(listed, sections=()) if board_id in self.unlisted else listed

        self.world.remote.sections = sections  # type: ignore[method-assign]

    def break_it(self, what: str, number: int) -> None:  # noqa: C901, PLR0912
        remote, board = self.world.remote, self.boards[number]
        pins = [pin for pin in remote.pins_by_id.values() if pin.board_id == board]
        paths = [path for path in self.world.library.files if path.startswith(f"{NAMES[number]}/")]
        match what:
            case "broken":
                remote.broken.add(board)
            case "odd":
                remote.odd[board] = {1: "it is no object"}
            case "sections":
                self.refused.add(board)
            case "odd section":
                remote.odd_sections[board] = [2]
            case "unlisted":
                self.unlisted.add(board)
            case "vanished" if board in remote.boards_by_id:
                self.vanished.add(board)
                del remote.boards_by_id[board]
            case "hidden":
                remote.hidden.add(pins[0].id)
            case "short" if board in remote.boards_by_id:
                self.short.add(board)
                remote.boards_by_id[board] = replace(remote.boards_by_id[board], pin_count=50)
            case "new" if board in remote.boards_by_id:
                self.world.pin(board, "new")
            case "removed" if paths:
                self.world.library.remove(paths[0])
            case "modified" if paths:
                self.world.library.write(paths[0], b"IMAGE of something else")
            case "scan":
                self.local.add(board)
                self.world.library.unknown.append(UnknownPath(path=NAMES[number], reason="Permission denied"))
            case _:
                pass

    def unread(self) -> set[BoardId]:
        """Boards that could not be read to their end; without an unlisted section, whose pins were all read."""
        remote = self.world.remote
        asked = {pin.board_id for pin in remote.pins_by_id.values() if pin.section_id and pin.id not in remote.hidden}
        broken = (remote.broken | set(remote.odd) | ((self.refused | set(remote.odd_sections)) & asked)) & set(
            remote.boards_by_id
        )
        return (broken | self.vanished) - self.left_out

    def equal(self, board: BoardId) -> bool:
        """Whether every pin of a board has its file, as it was fetched, and the board has no other."""
        world = self.world
        tracked = {record.pin_id: record for record in world.state.base().tracked if record.board_id == board}
        pins = {pin.id for pin in world.remote.pins_by_id.values() if pin.board_id == board}
        good = (world.library.files.get(r.path, b"").endswith(f"{r.pin_id}-0.jpg".encode()) for r in tracked.values())
        return pins == set(tracked) and all(good) and not pins & world.remote.hidden


SEEN: Counter[str] = Counter()


@pytest.mark.promise("I1")
@pytest.mark.promise("I6")
@given(
    faults,
    scopes,
    modes,
    st.sampled_from([*[Refresh.AUTO] * 4, Refresh.NONE]),
    st.sampled_from(list(NewPin)),
    st.sampled_from([(), (), (), ("recipes",), ("recipes", "Animals*")]),
)
@example([("odd section", 0), ("unlisted", 0)], (Scope(), ALL), Mode.ARCHIVE, Refresh.AUTO, NewPin.DOWNLOAD, ())
@example(
    [("vanished", 0)], (Scope(targets=("Recipes",)), (0,)), Mode.ARCHIVE, Refresh.AUTO, NewPin.DOWNLOAD, ("recipes",)
)
@settings(max_examples=150)
def test_agreement_is_said_only_where_everything_in_scope_was_seen(story, drawn, mode, refresh, new_pin, exclude):
    told = Told()
    try:
        if refresh is Refresh.NONE:
            planned(told.world, Scope(), Refresh.AUTO)
        for what, number in story:
            told.break_it(what, number)
        told.world.mode(mode)
        told.world.policies = replace(told.world.policies, new_pin=new_pin, exclude=exclude)
        told.left_out = set(told.boards[: 1 if exclude else 0]) | set(told.boards[2:] if len(exclude) > 1 else ())
        scope, numbers = drawn
        _holds(told, scope, {told.boards[number] for number in numbers}, refresh)
    finally:
        told.world.close()


def planned(world: SmallWorld, scope: Scope, refresh: Refresh) -> Plan:
    request = PlanRequest(policies=world.policies, allow={}, scope=scope, freshness=Freshness(refresh=refresh))
    return make_plan(world.adapters(), request)


def _holds(told: Told, scope: Scope, wanted: set[BoardId], refresh: Refresh) -> None:
    wanted = wanted - told.left_out
    plan = planned(told.world, scope, refresh)
    left = unsettled(plan)
    unread = told.unread() & wanted if refresh is not Refresh.NONE else set()
    assert {*_addresses(plan)} == {NAMES[told.boards.index(board)] for board in unread}
    assert left.unread == too_many_unread(plan) == len(unread)
    agrees = "agree" in summary_line(plan)
    whole = (
        not told.unread() & wanted
        and refresh is not Refresh.NONE
        and not (told.local | told.short | told.unlisted) & wanted
    )
    if agrees:
        assert whole
        assert wanted
        assert scope.targets in PARTS or all(told.equal(board) for board in wanted)
        assert not plan.actions
    elif whole and not plan.actions and refresh is Refresh.AUTO and wanted == set(told.boards):
        assert not all(told.equal(board) for board in wanted)  # and it is said where it is so
    word = "agree" if agrees else "changes" if plan.actions else "unread" if unread else "reported"
    SEEN[word] += 1
    event(word)
    for text in (plan_markdown(plan), "\n".join(line.text for line in plan_lines(decode_plan(encode_plan(plan))))):
        assert ("agree" in text) == agrees
    _verify_holds(told, refresh)


def _addresses(plan: Plan) -> set[str]:
    return {finding.address for finding in plan.findings if finding.kind in {"incomplete", "vanished"}}


def _verify_holds(told: Told, refresh: Refresh) -> None:
    request = PlanRequest(policies=told.world.policies, freshness=Freshness(refresh=refresh))
    proof = verify(told.world.adapters(), request)
    said = [line.text for line in verify_lines(proof)]
    if refresh is Refresh.NONE:
        assert not any(line.startswith("No problems found:") for line in said)
        return
    assert proof.unread == len(told.unread())
    if told.unread():
        assert not proof.well
        assert any(line.startswith("Problems found") for line in said[-3:])  # suggestions follow
    if any(line.startswith("No problems found:") for line in said):
        assert not (told.short | told.unlisted) - told.left_out


def test_the_law_met_its_cases():
    """Run behind the law, in the same process."""
    if sum(SEEN.values()) >= 100:
        assert all(SEEN[word] for word in ("agree", "changes", "unread", "reported")), SEEN
