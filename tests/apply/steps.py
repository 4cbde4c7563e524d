"""An executor by itself: actions that only note that they were done, a state that only notes what it was given."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, cast

from msgspec import Struct, field

from pinplan.actions import AnyAction
from pinplan.actions.base import KindInfo, Phase
from pinplan.actions.receipts import Receipt
from pinplan.actions.verdicts import Ready
from pinplan.apply.executor import Executor, ExecutorOptions
from pinplan.events import AnyEvent
from pinplan.model.base import Tracked
from pinplan.model.ids import ActionId, BoardId, PinId, RunId
from pinplan.records.journal import ActionRecord, Result
from tests.fakes import FakeClock

TRAIT = KindInfo(symbol="+", verb="to do", title="Do", phase=Phase.RECORD)


class Step(Struct, tag="step", kw_only=True):
    """An action with nothing behind it."""

    id: ActionId
    trait: KindInfo = TRAIT
    board_id: BoardId = BoardId("1")
    pin_id: PinId = PinId("9")
    address: str = "Board/9"
    title: str = "Title"
    requires: tuple[ActionId, ...] = ()
    scopes: tuple[str, ...] = ()
    calls: int = 0
    verdict: Any = field(default_factory=Ready)
    receipt: Receipt = field(default_factory=Receipt)
    error: BaseException | None = None
    on_done: Callable[[], object] = lambda: None

    def at_created(self, ids: Any) -> Step:
        return self

    def check(self, world: Any) -> Any:
        return self.verdict

    def execute(self, world: Any) -> Receipt:
        world.done.append(self.id)
        self.on_done()
        if self.error is not None:
            raise self.error
        return self.receipt


class World:
    """What actions act on; ``required`` are the calls that were asked for."""

    def __init__(self, scopes: tuple[str, ...] = ()) -> None:
        self.run, self.remote, self.scopes = RunId("r"), self, scopes
        self.done: list[str] = []
        self.required: list[int] = []
        self.places = self

    def ids(self) -> dict[str, str]:
        return {}

    def require_calls(self, count: int) -> None:
        self.required.append(count)


class Journal:
    """A state that notes what is intended and recorded, each portion by itself."""

    def __init__(self) -> None:
        self.intended: list[list[ActionRecord]] = []
        self.recorded: list[list[Result]] = []

    def intend(self, run: RunId, records: Sequence[ActionRecord], at: str) -> None:
        if records:
            self.intended.append(list(records))

    def record(self, run: RunId, results: Sequence[Result], at: str) -> None:
        self.recorded.append(list(results))


class Noted:
    """Fingerprints that are only noted; ``None`` where those that wait are taken."""

    def __init__(self) -> None:
        self.seen: list[Tracked | None] = []

    def add(self, records: Iterable[Tracked]) -> None:
        self.seen.extend(records)

    def take(self) -> None:
        self.seen.append(None)


class Ran:
    """An executor that has performed steps."""

    def __init__(
        self,
        *steps: Step,
        done_before: Iterable[str] = (),
        held_back: Iterable[str] = (),
        off_record: dict[ActionId, str] | None = None,
        scopes: tuple[str, ...] = (),
        state: Journal | None = None,
        **settings: Any,
    ) -> None:
        self.world, self.state, self.events = World(scopes), state or Journal(), cast("list[AnyEvent]", [])
        self.fingerprints = Noted()
        executor = Executor(
            cast("Any", self.world),
            cast("Any", self.state),
            FakeClock(),
            self.events.append,
            ExecutorOptions(**{"parallelism": 1, **settings}),
            self.fingerprints,
            off_record=off_record,
        )
        actions = cast("list[AnyAction]", list(steps))
        self.tallies = executor.perform(actions, map(ActionId, done_before), map(BoardId, held_back))

    @property
    def outcomes(self) -> dict[str, str]:
        return {one.action: one.outcome.value for portion in self.state.recorded for one in portion}

    @property
    def reasons(self) -> dict[str, str]:
        return {one.action: one.reason for portion in self.state.recorded for one in portion if one.reason}


def step(name: str, **facts: Any) -> Step:
    return Step(id=ActionId(name), **facts)


def of(phase: Phase, **flags: Any) -> KindInfo:
    return KindInfo(symbol="+", verb="to do", title="Do", phase=phase, **flags)


DELETE, ADD, MOVE = of(Phase.REMOTE, deletes_remote=True), of(Phase.FETCH, constructive=True), of(Phase.MOVE)
SIDE_BY_SIDE = of(Phase.FETCH, constructive=True, parallel=True)
WRITES = ("pins:write",)


def portions(ran: Ran) -> list[int]:
    return [len(portion) for portion in ran.state.intended]
