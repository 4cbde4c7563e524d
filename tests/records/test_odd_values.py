"""SQLite stores any value in any column, and its checks find no fault with it: an odd one is a damaged state or a lost cache, never a crash."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from msgspec.structs import replace

from pinplan.adapters import PlanRequest
from pinplan.build_plan import take_snapshots
from pinplan.errors import PinplanError, StateUnreadable
from pinplan.history.status import pin_history_of, status_of
from pinplan.model.ids import ActionId
from pinplan.pipeline import make_plan, make_undo, verify
from pinplan.policies.mode import Mode
from pinplan.records.pin_metadata import PinMetadata
from pinplan.records.state import State, open_state
from pinplan.snapshot.library_files import scan_library
from tests.fakes import LIBRARY_ID, Answers, Crash, FakeClock
from tests.thorough import times
from tests.worlds import LINEAGE, SmallWorld

ODD = [-(2**63), 1.5, "", "x", "{}", "9" * 5000, b"\xff\xfe", '{"x":' + "[" * 5000, b"\x81\xa1x" + b"\x91" * 5000]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallWorld]:
    """A library in whose state nearly every table has rows."""
    made = SmallWorld(tmp_path_factory.mktemp("home"))
    cats, dogs = made.board("Cats"), made.board("Dogs")
    one, two, *_ = [made.pin(board, f"Pin {number}") for number, board in enumerate([cats, cats, dogs, dogs])]
    again = made.pin(dogs, "Shows the same", shown="same"), made.pin(dogs, "As this", shown="same")
    made.images.broken.update(made.offer(again[0], "900x900", "600x600")[:1])
    made.apply()
    made.mode(Mode.TWO_WAY)
    # An undo whose answer is lost, and so is that to a create of a board.
    made.library.remove(made.path_of(one))
    made.apply()
    made.remote.answers = Answers.LOST_AFTER
    made.apply(made.undo())
    made.library.rename(made.path_of(two), f"New/Pin [{two}].jpg")
    made.apply()
    # A run that was killed between two images.
    made.pin(cats, "Never complete", slots=3)
    plan = made.plan()
    made.effects.count, made.effects.crash_at = 0, 6
    with suppress(Crash):
        made.apply(plan)
    made.effects.crash_at = None
    yield made
    made.close()


@pytest.fixture(scope="module")
def tables(world: SmallWorld) -> dict[str, list[str]]:
    """Columns of all tables, each with at least a row."""
    with closing(sqlite3.connect(world.path, isolation_level=None)) as db:
        names = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        found = {name: [row[1] for row in db.execute(f"PRAGMA table_info({name})")] for name in names}
        for name, columns in found.items():
            if not db.execute(f"SELECT count(*) FROM {name}").fetchone()[0]:
                db.execute(f"INSERT INTO {name} VALUES ({', '.join('1' * len(columns))})")
    return found


def looks(world: SmallWorld, state: State) -> Iterator[Callable[[], object]]:
    """Whatever only looks at the state."""
    clock, pin, request = FakeClock(), min(world.remote.pins_by_id), PlanRequest(policies=world.policies)
    adapters = replace(world.adapters(), state=state)
    yield state.check_whole
    yield lambda: make_plan(adapters, request)
    yield lambda: make_undo(adapters, request)
    yield lambda: verify(adapters, request)
    yield lambda: status_of(state, *scan_library(world.library, state, "", None, clock), "")
    yield lambda: pin_history_of(state, pin)
    yield state.audit.verify
    yield state.fingerprints.different
    yield lambda: [state.notes(run.id, ActionId("0001")) for run in state.runs()]
    yield lambda: [state.staged(run.id, ActionId("0001")) for run in state.runs()]
    yield lambda: [state.creates.of(run.id, ActionId("0001")) for run in state.runs()]
    yield lambda: [state.places.of_run(run.id) for run in state.runs()]
    yield lambda: state.daily_calls(100, clock).used_today()


def with_odd(world: SmallWorld, folder: Path, table: str, column: str, value: object) -> State:
    """A copy of the state, with a value in all rows of a column. Raises `StateUnreadable`."""
    for path in world.path.parent.iterdir():
        if path.is_file():
            shutil.copy(path, folder)
    with closing(sqlite3.connect(folder / world.path.name, isolation_level=None)) as db:
        db.execute("PRAGMA synchronous = OFF")
        with suppress(sqlite3.IntegrityError):  # a number of a row takes no text
            db.execute(f"UPDATE OR IGNORE {table} SET {column} = ?", (value,))
    return open_state(folder / world.path.name, LIBRARY_ID, LINEAGE, read_only=True)


@pytest.mark.promise("I14")
@pytest.mark.parametrize("first", ["x", *range(times(len(ODD), 2))])
def test_an_odd_value_is_no_crash(world, tables, tmp_path, first):
    unreadable = set()
    every = [(table, column) for table, columns in tables.items() for column in columns]
    for number, (table, column) in enumerate(every):
        value = first if isinstance(first, str) else ODD[(number + first) % len(ODD)]
        try:
            state = with_odd(world, tmp_path, table, column, value)
        except StateUnreadable:
            unreadable.add(table)
            continue
        with state:
            for look_at in looks(world, state):
                try:
                    look_at()
                except StateUnreadable:
                    unreadable.add(table)
                except PinplanError:
                    pass
    if first == "x":
        assert unreadable >= {"meta", "tracked", "runs", "journal", "creates", "places", "refused", "staged"}


def test_odd_metadata_of_a_pin_is_as_none(world, tmp_path):
    path = tmp_path / "facts.db"
    remote = take_snapshots(world.adapters(), PlanRequest(policies=world.policies)).remote
    with closing(PinMetadata(path)) as metadata:
        metadata.remember(remote)
        pins = metadata.pins(world.remote.pins_by_id)
        assert len(pins) == len(world.remote.pins_by_id)
    for table in ("boards", "pins"):
        for value in ODD:
            copy = shutil.copy(path, tmp_path / "copy.db")
            with closing(sqlite3.connect(copy)) as db, db:
                db.execute(f"UPDATE {table} SET facts = ?", (value,))
            with closing(PinMetadata(copy)) as metadata:
                assert metadata.pins(pins) == ({} if table == "pins" else pins)
                assert bool(metadata.boards()) == (table == "pins")
                assert metadata.partial() == ()
                metadata.remember(replace(remote, boards=()))
                metadata.remember(remote)
                assert metadata.boards()
