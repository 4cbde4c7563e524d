"""Whatever people, Pinterest, crashes and clocks do in whatever order: nothing is lost, and both sides come to agree.

A state machine over the real thing: an account on the sandbox, a folder, the client, the journal. Only death is played: it comes
as an exception that nothing catches, before or after the k-th effect. `test_sweep` uses real SIGKILLs.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from msgspec.structs import replace

from pinplan.adapters import Adapters
from pinplan.apply.executor import ExecutorOptions
from pinplan.apply.result import ApplyResult
from pinplan.config import load_config
from pinplan.errors import CannotUndo, ConfigError, PlanRefused
from pinplan.pipeline import apply_plan, make_plan, make_undo
from pinplan.plan.document import Plan
from pinplan.policies.mode import Mode
from pinplan.records.plan_file import read_plan, write_plan
from pinplan.sandbox import Sandbox, World
from pinplan.sandbox.pictures import encoded
from pinplan.wiring.library_setup import init_library, recover_library
from pinplan.wiring.open_library import request_of
from tests.fakes import Crash, Effects
from tests.faults.account import opened, picture, resolve_what_is_not_there, show
from tests.worlds import EVERYTHING

EFFECTS = frozenset(
    {"place", "move", "trash", "keep", "keep_facts", "keep_plan", "restore", "delete_pin", "create_pin"}
    | {"begin_run", "resume_run", "intend", "record", "end_run", "note", "note_staged"}
    | {"begin", "end"}
)
NUMBERS = st.integers(0, 1000)
FILE_CHANGES = ("remove", "remove", "damage", "edit", "move", "touch")
CHANGES = (*FILE_CHANGES, "add_pin", "delete_pin", "move_pin", "rename_board", "put_a_file")


class Mortal:
    """Something whose effects may be the last."""

    def __init__(self, inner: Any, effects: Effects) -> None:
        self._inner, self._effects = inner, effects

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if name == "creates":
            return Mortal(found, self._effects)
        if name not in EFFECTS:
            return found

        def effect(*args: Any, **options: Any) -> Any:
            self._effects.before()
            result = found(*args, **options)
            self._effects.after()
            return result

        return effect


class Clock:
    """A clock that somebody sets now and then."""

    def __init__(self) -> None:
        self.present = datetime(2026, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        self.present += timedelta(seconds=1)
        return self.present

    def wait(self, seconds: float, stop: object) -> None:
        self.present += timedelta(seconds=seconds)


class Machine(RuleBasedStateMachine):
    """One library and one account, and everything that may happen to them."""

    sandbox: Sandbox

    def __init__(self) -> None:
        super().__init__()
        self.home = Path(tempfile.mkdtemp(prefix="pinplan-machine-"))
        self.library = self.home / "library"
        self.clock = Clock()
        self.made = 0
        self.saved: Path | None = None
        self.strangers: dict[Path, bytes] = {}

    def teardown(self) -> None:
        shutil.rmtree(self.home)

    @initialize(pins=st.integers(1, 5))
    def begin(self, pins: int) -> None:
        world = World()
        for name in ("Animals 動物", "a/b: c?"):
            board = world.create_board(name)
            world.create_section(board.id, "Section")
        show(self.sandbox, world)
        init_library(self.library)
        for number in range(pins):
            self.add_pin(number)
        with self.opened() as adapters:
            assert apply_plan(adapters, self.decided(adapters, Mode.ARCHIVE)).complete

    # -- what pinplan is asked to do

    @contextmanager
    def opened(self, crash_at: int | None = None) -> Iterator[Adapters]:
        effects = Effects()
        effects.crash_at = crash_at
        with opened(self.library, self.sandbox, self.home / "state") as adapters:
            yield replace(
                adapters,
                clock=self.clock,
                library=Mortal(adapters.library, effects),
                remote=Mortal(adapters.remote, effects),
                state=Mortal(adapters.state, effects),
            )

    def decided(self, adapters: Adapters, mode: Mode) -> Plan:
        config = load_config(library=self.library, flags={"sync.mode": mode.value})
        return make_plan(adapters, request_of(config, allow=EVERYTHING))

    def images(self) -> dict[Path, bytes]:
        own = self.library / ".pinplan"
        return {p: p.read_bytes() for p in self.library.rglob("*") if p.is_file() and own not in p.parents}

    def kept(self) -> dict[Path, bytes]:
        trash = self.library / ".pinplan" / "trash"
        return {path: path.read_bytes() for path in trash.rglob("*") if path.is_file()}

    @contextmanager
    def nothing_is_lost(self) -> Iterator[None]:
        """Every picture that lay here lies here or in the trash; what goes from Pinterest can be created again (I17, I20)."""
        before, kept = self.images(), self.kept()
        pins = dict(self.sandbox.world.pins)
        yield
        after = {hashlib.sha256(data).digest() for data in (*self.images().values(), *self.kept().values())}
        for path, data in (*before.items(), *kept.items()):
            assert path.name.endswith(".json") or hashlib.sha256(data).digest() in after, path
        names = {path.name for path in self.kept()}
        for pin_id in pins.keys() - self.sandbox.world.pins.keys():
            assert f"{pin_id}.json" in names, pin_id
            assert any(name.startswith(f"{pin_id}-") for name in names), pin_id

    @rule(mode=st.sampled_from(list(Mode)))
    def plan(self, mode: Mode) -> None:
        before, pins = self.images(), set(self.sandbox.world.pins)
        with self.opened() as adapters:
            plan = self.decided(adapters, mode)
        assert (self.images(), set(self.sandbox.world.pins)) == (before, pins)
        self.saved = self.home / "plan.json"
        write_plan(plan, self.saved)

    @rule(mode=st.sampled_from(list(Mode)), moments=st.lists(st.integers(1, 40), max_size=2))
    def bring_together(self, mode: Mode, moments: list[int]) -> None:
        """Plan and apply, with deaths on the way; then there is nothing left to do."""
        self.plan(mode)
        with self.nothing_is_lost():
            for moment in moments:
                self.try_to_apply(moment)
            result = self.try_to_apply(None)
        assert result is not None
        assert result.complete or result.already_applied, result.ended
        with self.opened() as adapters:
            assert self.decided(adapters, mode).actions == ()

    @precondition(lambda self: self.saved is not None)
    @rule()
    def apply(self) -> None:
        with self.nothing_is_lost():
            self.try_to_apply(None)

    @precondition(lambda self: self.saved is not None)
    @rule(moment=st.integers(1, 30))
    def die_while_applying(self, moment: int) -> None:
        with self.nothing_is_lost():
            self.try_to_apply(moment)

    def try_to_apply(self, crash_at: int | None) -> ApplyResult | None:
        assert self.saved is not None
        try:
            with self.opened(crash_at) as adapters:
                resolve_what_is_not_there(adapters, self.sandbox.world)
                return apply_plan(adapters, read_plan(self.saved), ExecutorOptions(parallelism=1))
        except (Crash, PlanRefused):
            return None

    @precondition(lambda self: self.saved is not None)
    @rule(place=NUMBERS, byte=st.integers(0, 255))
    def tamper(self, place: int, byte: int) -> None:
        assert self.saved is not None
        whole = self.saved.read_bytes()
        at = place % len(whole)
        edited = whole[:at] + bytes([byte]) + whole[at + 1 :]
        if edited == whole:
            return
        self.saved.write_bytes(edited)
        before, pins = self.images(), set(self.sandbox.world.pins)
        try:
            assert read_plan(self.saved).digest.encode() in whole  # only a time stamp or the like was hit
        except PlanRefused:
            assert self.try_to_apply(None) is None
            assert (self.images(), set(self.sandbox.world.pins)) == (before, pins)
        self.saved.write_bytes(whole)

    @rule(moment=st.none() | st.integers(1, 20))
    def undo(self, moment: int | None) -> None:
        """Undo the last run, if it can be, perhaps with a death on the way."""
        try:
            with self.opened() as adapters:
                config = load_config(library=self.library)
                plan = make_undo(adapters, request_of(config, allow=EVERYTHING))
        except (CannotUndo, ConfigError):
            return
        self.saved = self.home / "undo.json"
        write_plan(plan, self.saved)
        with self.nothing_is_lost():
            result = self.try_to_apply(moment)
            if result is None:
                result = self.try_to_apply(None)
        assert result is not None
        assert result.complete or result.already_applied, result.ended

    @rule()
    def lose_the_state(self) -> None:
        self.saved = None
        recover_library(self.library)

    @rule(days=st.integers(-4000, 4000))
    def set_the_clock(self, days: int) -> None:
        self.clock.present = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=days)

    @rule(changes=st.lists(st.tuples(st.sampled_from(CHANGES), NUMBERS), min_size=1, max_size=6))
    def both_sides_change(self, changes: list[tuple[str, int]]) -> None:
        for what, number in changes:
            if what in FILE_CHANGES:
                self.change_file(number, what)
            else:
                getattr(self, what)(number)

    @rule(
        changes=st.lists(st.tuples(st.sampled_from(CHANGES), NUMBERS), min_size=3, max_size=8),
        mode=st.sampled_from([Mode.TWO_WAY, Mode.MIRROR, Mode.TWO_WAY]),
        moments=st.lists(st.integers(1, 40), max_size=2),
        times=st.integers(1, 2),
    )
    def change_one_s_mind(self, changes: list[tuple[str, int]], mode: Mode, moments: list[int], times: int) -> None:
        """A day's changes, brought together, undone, and perhaps done again: what chance alone seldom puts in a row."""
        self.both_sides_change(changes)
        self.bring_together(mode, moments)
        for _ in range(times):
            self.undo(moments[0] if moments else None)

    # -- what people do on Pinterest

    def add_pin(self, number: int) -> None:
        world = self.sandbox.world
        board = sorted(world.boards.values(), key=lambda board: board.id)[number % len(world.boards)]
        section = min(board.sections) if number % 3 == 0 else None
        self.made += 1
        world.create_pin(board.id, (picture(self.made),), title=f"Pin {self.made}", section_id=section)

    def some_pin(self, number: int) -> str | None:
        pins = sorted(self.sandbox.world.pins)
        return pins[number % len(pins)] if pins else None

    def delete_pin(self, number: int) -> None:
        pin = self.some_pin(number)
        if pin is not None:
            self.sandbox.world.delete_pin(pin)

    def move_pin(self, number: int) -> None:
        pin = self.some_pin(number)
        boards = sorted(self.sandbox.world.boards)
        if pin is not None:
            self.sandbox.world.move_pin(pin, boards[number % len(boards)])

    def rename_board(self, number: int) -> None:
        boards = sorted(self.sandbox.world.boards)
        self.made += 1
        self.sandbox.world.update_board(boards[number % len(boards)], name=f"Renamed {self.made}")

    # -- what people do here

    def some_file(self, number: int) -> Path | None:
        files = sorted(p for p in self.images() if p.suffix == ".jpg" and p not in self.strangers)
        return files[number % len(files)] if files else None

    def change_file(self, number: int, how: str) -> None:
        path = self.some_file(number)
        if path is None:
            return
        match how:
            case "remove":
                path.unlink()
            case "damage":
                path.write_bytes(path.read_bytes()[: 100 + number % 100])
            case "edit":
                self.made += 1
                path.write_bytes(encoded(picture(5000 + self.made), "originals"))
            case "move":
                (self.library / "best").mkdir(exist_ok=True)
                target = self.library / "best" / path.name
                if not target.exists():
                    path.rename(target)
            case _:
                path.touch()

    def put_a_file(self, number: int) -> None:
        path = self.library / "mine" / f"{number}.jpg"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(encoded(picture(9000 + number), "originals"))
        self.strangers[path] = path.read_bytes()

    @invariant()
    def what_nobody_tracks_is_never_touched(self) -> None:
        assert all(path.read_bytes() == data for path, data in self.strangers.items())

    @invariant()
    def the_audit_log_is_whole(self) -> None:
        if (self.library / ".pinplan" / "library.json").exists():
            with opened(self.library, self.sandbox, self.home / "state") as adapters:
                assert adapters.state.audit.verify().breaks == ()


@pytest.mark.promise("I10")
@pytest.mark.promise("I14")
@pytest.mark.promise("I17")
@pytest.mark.promise("I20")
@pytest.mark.promise("I23")
@pytest.mark.promise("I25")
def test_nothing_is_lost_whatever_happens_in_whatever_order():
    profile = hypothesis.settings()
    few = max(30, profile.max_examples // 3)
    with Sandbox(World()) as sandbox:
        Machine.sandbox = sandbox
        hypothesis.stateful.run_state_machine_as_test(
            Machine,
            settings=hypothesis.settings(max_examples=few, stateful_step_count=14, deadline=None, parent=profile),
        )
