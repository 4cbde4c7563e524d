"""The state: one transaction or none, and never an empty base in place of an unreadable one."""

from __future__ import annotations

import errno
import os
import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinplan.actions.receipts import Put, Receipt
from pinplan.errors import DiskRefused, StateMissing, StateUnreadable
from pinplan.history.status import pin_history_of, status_of
from pinplan.model.base import Tracked
from pinplan.model.ids import ActionId, LibraryId, Lineage, RunId
from pinplan.records.journal import ActionOutcome, Result
from pinplan.records.state import create_state, open_state
from tests.fakes import LIBRARY_ID, content_of
from tests.worlds import LINEAGE, SmallWorld

WORDS = st.text(min_size=1, max_size=20)
RECORDS = st.lists(
    st.builds(
        Tracked,
        pin_id=st.integers(1, 10**18).map(str),
        slot=st.integers(0, 5),
        path=WORDS,
        size=st.integers(0, 2**40),
        mtime_ns=st.integers(-(2**62), 2**62),
        sha256=WORDS,
        width=st.integers(1, 10**5),
        height=st.integers(1, 10**5),
        format=WORDS,
        board_id=WORDS,
        section_id=st.none() | WORDS,
        container=WORDS,
        template=WORDS,
        signature=st.none() | WORDS,
    ),
    max_size=8,
    unique_by=lambda record: (record.pin_id, record.slot),
)


@given(RECORDS)
def test_the_base_comes_back_as_it_was_put(records):
    world = SmallWorld()
    put = Receipt(changes=tuple(Put(record) for record in records))
    world.state.record(RunId("run"), [Result(action=ActionId("1"), outcome=ActionOutcome.DONE, receipt=put)], "now")
    found = world.state.base().tracked
    world.close()
    assert sorted(found, key=repr) == sorted(records, key=repr)


@pytest.mark.promise("I14")
def test_receipts_and_base_change_together_or_not_at_all(world):
    world.pin(world.board("Board"))
    world.apply()
    run = world.state.runs()[0].id
    before = world.state.base(), world.state.journal(run=run)
    bad = Tracked(
        **{**{f: getattr(before[0].tracked[0], f) for f in Tracked.__struct_fields__}, "path": None, "slot": 7}
    )
    results = [
        Result(action=ActionId("0001"), outcome=ActionOutcome.FAILED, reason="changed"),
        Result(action=ActionId("0002"), outcome=ActionOutcome.DONE, receipt=Receipt(changes=(Put(bad),))),
    ]
    with pytest.raises(StateUnreadable):
        world.state.record(run, results, "now")
    assert (world.state.base(), world.state.journal(run=run)) == before


@pytest.mark.parametrize("damage", [b"", b"not a database at all", None])
def test_a_damaged_state_is_an_error_never_an_empty_base(tmp_path, damage):
    path = tmp_path / "state.db"
    create_state(path, LIBRARY_ID, LINEAGE)
    if damage is None:
        data = path.read_bytes()
        path.write_bytes(data[:100] + b"\xff" * (len(data) - 100))
    else:
        path.write_bytes(damage)
    with pytest.raises(StateUnreadable), open_state(path, LIBRARY_ID, LINEAGE) as state:
        state.base()


@pytest.mark.promise("I16")
@pytest.mark.parametrize("kind", ["link", "folder", "pipe"])
def test_a_state_that_is_no_file_is_not_opened(tmp_path, kind):
    create_state(tmp_path / "elsewhere.db", LIBRARY_ID, LINEAGE)
    path = tmp_path / "state.db"
    match kind:
        case "folder":
            path.mkdir()
        case "pipe":
            os.mkfifo(path)
        case _:
            path.symlink_to(tmp_path / "elsewhere.db")
    with pytest.raises(StateUnreadable, match="not a regular file"):
        open_state(path, LIBRARY_ID, LINEAGE)


def test_damage_where_nobody_looks_is_found_by_reading_all(tmp_path):
    path = tmp_path / "state.db"
    create_state(path, LIBRARY_ID, LINEAGE)
    with open_state(path, LIBRARY_ID, LINEAGE) as state:
        state.remember_contents([(f"{n}.jpg", 1, 1, content_of(b"IMAGE x" * 50)) for n in range(2000)])
        state.check_whole()
    data = bytearray(path.read_bytes())
    data[-200_000:-100_000] = b"\xa5" * 100_000
    path.write_bytes(data)
    with open_state(path, LIBRARY_ID, LINEAGE) as state:
        assert state.base().tracked == ()
        with pytest.raises(StateUnreadable) as damaged:
            state.check_whole()
    # Not SQLite's heading, but what it found.
    assert "***" not in str(damaged.value)


@pytest.mark.promise("I14")
def test_a_full_disk_is_never_taken_for_a_damaged_state(world):
    world.state._db.connection.execute("PRAGMA max_page_count = 20")
    many = [(f"{n}.jpg", 1, 1, content_of(b"IMAGE x" * 50)) for n in range(5000)]
    with pytest.raises(DiskRefused) as caught:
        world.state.remember_contents(many)
    assert caught.value.errno == errno.ENOSPC
    assert world.state.known_contents() == {}


@pytest.mark.promise("I26")
def test_what_a_failed_commit_did_not_store_is_not_read_as_if_it_were(world):
    """Else the library is remembered as further ahead than it is, and every later run takes it for an older copy."""
    db = world.state._db
    before, real = world.state.audit.head(), db.connection

    class Refusing:
        def __getattr__(self, name: str) -> object:
            return getattr(real, name)

        def execute(self, sql: str, *args: object) -> object:
            if sql == "COMMIT":
                raise sqlite3.OperationalError("disk I/O error")
            return real.execute(sql, *args)

    db.connection = Refusing()
    with pytest.raises((DiskRefused, StateUnreadable)), db.transaction() as connection:
        connection.execute("REPLACE INTO meta VALUES ('seq', '99')")
    db.connection = real
    assert world.state.audit.head() == before
    assert not real.in_transaction
    world.state.note(RunId("r"), ActionId("0001"), "goes on")


def test_a_missing_state_is_told_from_a_new_one(tmp_path):
    with pytest.raises(StateMissing):
        open_state(tmp_path / "state.db", LIBRARY_ID, LINEAGE)


def test_a_state_of_another_library_lineage_or_version_is_refused(tmp_path):
    path = tmp_path / "state.db"
    create_state(path, LIBRARY_ID, LINEAGE)
    with pytest.raises(StateUnreadable, match="library_id"):
        open_state(path, LibraryId("other"), LINEAGE)
    with pytest.raises(StateUnreadable, match="lineage"):
        open_state(path, LIBRARY_ID, Lineage("other"))
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StateUnreadable, match="99") as later:
        open_state(path, LIBRARY_ID, LINEAGE)
    assert later.value.newer


def test_an_existing_state_is_never_overwritten(tmp_path):
    create_state(tmp_path / "state.db", LIBRARY_ID, LINEAGE)
    with pytest.raises(StateUnreadable, match="already"):
        create_state(tmp_path / "state.db", LIBRARY_ID, LINEAGE)


def test_contents_that_were_looked_at_are_remembered(world):
    world.pin(world.board("Board"))
    world.apply()
    path = next(iter(world.library.files))
    world.library.write(path, world.library.files[path])
    world.plan()
    known = world.state.known_contents()
    assert known[path][0] == len(world.library.files[path])


def test_status_and_the_past_of_a_pin(world):
    board = world.board("Board")
    pins = [world.pin(board, "One"), world.pin(board, "Two", slots=2)]
    world.apply()
    base, sides = world.where_files_are()
    status = status_of(world.state, base, sides, world.policies.template)
    assert (status.files, status.pins, status.serial, status.unfinished) == (3, 2, 1, None)
    assert [(f.name, f.files) for f in status.folders] == [("Board", 3)]
    for name in (pins[1], f"Board/{pins[1]}", f"Board/{pins[1]}#2", world.path_of(pins[1], 2)):
        past = pin_history_of(world.state, name)
        assert len(past.tracked) == 2
        assert [a.kind for a in past.actions] == ["download", "download"]
