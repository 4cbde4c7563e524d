"""The base in parts: never other records than the table has, and after a change only what it changed is read row by row."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinplan.model.base import Tracked
from pinplan.model.ids import BoardId, PinId, RelPath, SectionId, Sha256
from pinplan.records import base_parts
from pinplan.records.base_parts import COLUMNS
from pinplan.records.database import USER_VERSION
from pinplan.records.state import State, create_state, open_state
from tests.fakes import LIBRARY_ID
from tests.worlds import LINEAGE

PUT = f"REPLACE INTO tracked VALUES ({', '.join('?' * len(COLUMNS))})"
IDS = [f"{n}" for n in (1, 10, 11, 12, 2, 3, 33, 4, 5, 9)]


def record(pin_id: str, slot: int = 0, size: int = 7, section: str | None = None) -> Tracked:
    return Tracked(
        pin_id=PinId(pin_id),
        slot=slot,
        path=RelPath(f"Board/{pin_id}-{slot}.jpg"),
        size=size,
        mtime_ns=1,
        sha256=Sha256("0" * 64),
        width=3,
        height=4,
        format="JPEG",
        board_id=BoardId("77"),
        section_id=SectionId(section) if section is not None else None,
        container="Board",
        template="{board}/{pin_id}",
    )


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    monkeypatch.setattr(base_parts, "_ROWS", 3)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.db"


@pytest.fixture
def state(path):
    with created(path) as state:
        yield state


def created(path: Path) -> State:
    create_state(path, LIBRARY_ID, LINEAGE)
    return open_state(path, LIBRARY_ID, LINEAGE)


def put(state: State, *records: Tracked) -> None:
    with state._db.transaction() as db:
        db.executemany(PUT, [msgspec.structs.astuple(one) for one in records])


def change(state: State, statement: str) -> None:
    with state._db.transaction() as db:
        db.execute(statement)


def rows(state: State) -> list[Tracked]:
    found = state._db.connection.execute(f"SELECT {', '.join(COLUMNS)} FROM tracked ORDER BY pin_id, slot")
    return [Tracked(**dict(zip(COLUMNS, row, strict=True))) for row in found]


def parts(state: State) -> list[tuple[object, ...]]:
    return state._db.rows("SELECT first, until FROM base_parts ORDER BY first")


ids = st.sampled_from(IDS)
changes = st.one_of(
    st.tuples(st.just("put"), ids, st.integers(0, 2), st.integers(0, 5)),
    st.tuples(st.just("delete"), ids, st.integers(0, 2), st.just(0)),
    st.tuples(st.just("resize"), ids, st.integers(0, 2), st.integers(0, 5)),
    st.tuples(st.just("rename"), ids, ids, st.just(0)),
    st.tuples(st.just("damage"), ids, st.just(0), st.just(0)),
)


def made(state: State, what: str, one: str, other: object, size: int) -> None:
    match what:
        case "put":
            put(state, record(one, int(str(other)), size, section=str(size % 2)))
        case "delete":
            change(state, f"DELETE FROM tracked WHERE pin_id = '{one}' AND slot = {other}")
        case "resize":
            change(state, f"UPDATE tracked SET size = {size} WHERE pin_id >= '{one}' AND slot = {other}")
        case "rename":
            change(state, f"UPDATE OR REPLACE tracked SET pin_id = '{other}' WHERE pin_id = '{one}'")
        case _:
            change(state, f"UPDATE base_parts SET records = substr(records, 5) WHERE first >= '{one}'")


@pytest.mark.promise("I14")
@given(st.lists(ids, max_size=12), st.lists(st.tuples(changes, st.booleans(), st.booleans()), max_size=12))
def test_no_record_ever_differs_from_the_table(tmp_path_factory, first, story):
    with created(tmp_path_factory.mktemp("base") / "state.db") as state:
        put(state, *(record(one) for one in first))
        for step, looked_at, keep in story:
            made(state, *step)
            if looked_at:
                assert list(state.base(keep=keep).tracked) == rows(state)
        for keep in (True, False):
            assert list(state.base(keep=keep).tracked) == rows(state)


def test_only_the_part_that_was_changed_is_read_row_by_row(state):
    put(state, *(record(f"{n:03}") for n in range(30)))
    assert parts(state) == []
    state.base()
    assert parts(state) == []
    state.base(keep=True)
    before = parts(state)
    assert before[:2] == [("000", "003"), ("003", "006")]
    assert before[-1] == ("027", None)
    change(state, "UPDATE tracked SET size = 1 WHERE pin_id = '004'")
    assert parts(state) == [one for one in before if one[0] != "003"]
    asked: list[str] = []
    state._db.connection.set_trace_callback(asked.append)
    assert len(state.base(keep=True).tracked) == 30
    state._db.connection.set_trace_callback(None)
    read = [one for one in asked if "FROM tracked WHERE" in one]
    assert [one.partition(" WHERE ")[2].partition(" AND ")[0] for one in read] == ["pin_id >= ''", "pin_id >= '003'"]
    assert parts(state) == before


def test_images_of_a_pin_stay_in_one_part_and_a_small_rest_in_none(state):
    put(state, *(record("1", slot) for slot in range(5)), record("2"))
    state.base(keep=True)
    assert parts(state) == [("1", "2")]


def test_repeated_words_are_in_memory_once(state):
    put(state, *(record(one, section="5") for one in IDS))
    for _ in range(2):
        tracked = state.base(keep=True).tracked
        for name in ("format", "board_id", "section_id", "container", "template"):
            assert len({id(getattr(one, name)) for one in tracked}) == 1


def test_the_table_decides_if_parts_have_another_number_of_records(state):
    put(state, *map(record, IDS))
    state.base(keep=True)
    change(state, "UPDATE base_parts SET until = '0' WHERE first = '1'")
    assert list(state.base().tracked) == rows(state)
    change(state, "DROP TRIGGER base_part_DELETE_OLD")
    change(state, "DELETE FROM tracked WHERE pin_id = '11'")
    for keep in (False, True, False):
        assert list(state.base(keep=keep).tracked) == rows(state)


def test_a_base_is_read_even_if_no_part_can_be_stored(state):
    put(state, *map(record, IDS))
    state._db.connection.execute("PRAGMA query_only = ON")
    assert len(state.base(keep=True).tracked) == len(IDS)
    assert not state._db.connection.in_transaction
    assert parts(state) == []


def test_what_another_process_writes_meanwhile_is_never_hidden_by_a_part(state, path, monkeypatch):
    put(state, *map(record, IDS))
    store = base_parts._Reading.store

    def late(reading: base_parts._Reading) -> None:
        with closing(sqlite3.connect(path)) as other, other:
            other.execute("UPDATE tracked SET size = 99")
        store(reading)

    with monkeypatch.context() as patch:
        patch.setattr(base_parts._Reading, "store", late)
        state.base(keep=True)
    assert {one.size for one in state.base(keep=True).tracked} == {99}


def test_a_state_of_the_version_without_parts_gets_them(state, path):
    put(state, *map(record, IDS))
    state.close()
    with closing(sqlite3.connect(path)) as db, db:
        for (trigger,) in db.execute(
            "SELECT name FROM sqlite_master WHERE name LIKE 'base\\_part\\_%' ESCAPE '\\'"
        ).fetchall():
            db.execute(f"DROP TRIGGER {trigger}")
        db.execute("DROP TABLE base_parts")
        db.execute("DROP TABLE places")
        db.execute("PRAGMA user_version = 8")
    with open_state(path, LIBRARY_ID, LINEAGE) as again:
        assert again._db.rows("PRAGMA user_version") == [(USER_VERSION,)]
        again.base(keep=True)
        assert parts(again)
        change(again, "DELETE FROM tracked")
        assert again.base().tracked == ()
        assert parts(again) == []
