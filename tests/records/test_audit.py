"""The audit log: whatever is done to it afterwards is found, and where."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinplan.errors import AuditBroken, StateRolledBack
from pinplan.model.ids import LibraryId, RunId
from pinplan.policies.mode import Mode
from pinplan.records.audit import START, Decided, Head, chained, read, verify
from pinplan.records.audit_log import AuditFile
from pinplan.records.rollback_guard import RollbackGuard
from pinplan.records.state import open_state
from pinplan.render.reports import audit_lines
from pinplan.wiring.library_setup import restart_audit
from tests.fakes import LIBRARY_ID, Crash
from tests.worlds import LINEAGE, SmallWorld

AT = "2026-01-01T00:00:00Z"
LINES = [
    line for _, line in chained(Head(), [Decided(run=RunId(f"r{n}"), decision="saved plan") for n in range(12)], AT)
]


def test_a_sound_log_is_sound():
    verdict = verify(LINES)
    assert (verdict.records, verdict.breaks, verdict.head.seq) == (12, (), 12)
    assert verify([]).head == Head()


def test_the_hash_of_a_line_can_be_had_with_public_tools():
    line = LINES[3].decode().rstrip("\n")
    body, _, rest = line.rpartition(',"hash":"')
    assert hashlib.sha256(body.encode()).hexdigest() == rest.removesuffix('"}')
    assert json.loads(line)["prev"] == json.loads(LINES[2])["hash"]


@pytest.mark.promise("I25")
@given(st.integers(0, 11), st.data())
def test_any_edited_byte_is_found_in_its_line(line, data):
    place = data.draw(st.integers(0, len(LINES[line]) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda byte: byte != LINES[line][place]))
    edited = LINES[line][:place] + bytes([byte]) + LINES[line][place + 1 :]
    whole = b"".join([*LINES[:line], edited, *LINES[line + 1 :]])
    found = verify(whole.splitlines(keepends=True))
    assert found.breaks
    assert found.breaks[0].line in {line + 1, line + 2}  # an edited hash shows in the next line, too


@pytest.mark.promise("I25")
@given(st.permutations(range(12)), st.integers(1, 12))
def test_any_removal_or_change_of_order_is_found(order, length):
    kept = list(order)[:length]
    if kept == list(range(length)):
        return
    found = verify([LINES[n] for n in kept])
    first = next(n for n, line in enumerate(kept) if n != line)
    assert found.breaks[0].line == first + 1


def applied(world: SmallWorld, pins: int = 4) -> Path:
    board = world.board("Board")
    made = [world.pin(board, f"{n}") for n in range(pins)]
    world.apply()
    world.library.remove(world.path_of(made[0]))
    world.mode(Mode.TWO_WAY)
    world.apply()
    return world.path.with_name("audit.jsonl")


@pytest.mark.promise("I25")
def test_a_run_is_told_with_its_checks_overrides_approval_intents_and_results(world):
    path = applied(world)
    records = [json.loads(line) for line in path.read_text().splitlines()]
    second = [record for record in records if record["run"] == world.state.runs()[-1].id]
    assert [record["type"] for record in second if record["type"] != "check" and record["type"] != "override"] == [
        "run",
        "decision",
        "intent",
        "result",
        "run_end",
    ]
    checks = {record["name"]: record for record in second if record["type"] == "check"}
    assert checks["remote-deletes"]["figure"] == "1/4"
    assert {record["name"] for record in second if record["type"] == "override"} >= {"remote-deletes", "forgets"}
    intent, result = (next(r for r in second if r["type"] == kind) for kind in ("intent", "result"))
    assert (intent["kind"], result["outcome"]) == ("delete_remote", "done")
    assert any(kept.endswith("-0.jpeg") for kept in result["kept"])
    assert world.state.audit.verify().breaks == ()
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.promise("I25")
def test_every_intent_stands_before_its_effect(world):
    world.pin(world.board("Board"))
    world.effects.crash_at = 1
    with pytest.raises(Crash):
        world.apply()
    lines = world.path.with_name("audit.jsonl").read_text().splitlines()
    assert json.loads(lines[-1])["type"] == "intent"


@pytest.mark.promise("I25")
@pytest.mark.parametrize("lost", [1, 3])
def test_a_log_that_was_cut_at_its_end_is_found_and_stops_an_apply(world, lost):
    path = applied(world)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-lost]))
    found = world.state.audit.verify().breaks
    assert [b.line for b in found] == [len(lines) - lost + 1]
    assert f"last {lost} records missing" in found[0].problem
    with pytest.raises(AuditBroken, match=f"ends at record {len(lines) - lost}, expected {len(lines)}"):
        world.apply()


@pytest.mark.parametrize("what", ["missing", "empty", "nonsense", "last exchanged"])
def test_a_log_that_is_lost_or_another_is_told_and_can_be_begun_anew(world, what):
    path = applied(world)
    old = path.read_bytes()
    if what == "missing":
        path.unlink()
    else:
        other = list(chained(Head(), [Decided(run=RunId("x"), decision="y")] * len(old.splitlines()), AT))
        path.write_bytes({"empty": b"", "nonsense": b"nonsense\n"}.get(what, b"".join(line for _, line in other)))
    with pytest.raises(AuditBroken):
        world.apply()
    assert world.state.audit.verify().breaks
    aside = restart_audit(world.state)
    assert (aside is None) is (what == "missing")
    world.pin(next(iter(world.remote.boards_by_id)), "New")
    assert world.apply().complete
    verdict = world.state.audit.verify()
    assert verdict.breaks == ()
    first = json.loads(path.read_text().splitlines()[0])
    assert (first["type"], first["records"]) == ("restart", len(old.splitlines()))


@pytest.mark.promise("I14")
@pytest.mark.parametrize("cut", [0, 1, 40, 200])
def test_lines_that_a_crash_kept_from_the_file_are_written_later(tmp_path, cut):
    """The process ends after the transaction, before or within the write to the file."""
    world = SmallWorld(tmp_path)
    for n in range(3):
        world.pin(world.board(f"{n}"))
    file = tmp_path / "audit.jsonl"
    world.effects.crash_at = 4
    with pytest.raises(Crash):
        world.apply()
    whole = file.read_bytes()
    end = whole[:-1].rfind(b"\n") + 1
    file.write_bytes(whole[: end + cut])
    world.restart()
    assert world.apply().complete
    assert world.state.audit.verify().breaks == ()
    assert file.read_bytes().startswith(whole)
    world.close()


@pytest.mark.promise("I26")
def test_a_state_that_was_put_back_is_noticed(tmp_path):
    world = SmallWorld(tmp_path)
    world.pin(world.board("Board"))
    world.apply()
    world.state.close()
    old = {path: path.read_bytes() for path in tmp_path.glob("state.db*")}
    world.restart()
    world.pin(next(iter(world.remote.boards_by_id)), "New")
    world.apply()
    world.state.close()
    for path in tmp_path.glob("state.db*"):
        path.unlink()
    for path, data in old.items():
        path.write_bytes(data)
    world.restart()
    world.pin(next(iter(world.remote.boards_by_id)), "More")
    plan = world.plan()
    with pytest.raises(StateRolledBack, match="older than the audit log"):
        world.apply(plan)
    with pytest.raises(StateRolledBack):
        world.state.audit.check()
    assert "more than in state.db" in world.state.audit.verify().breaks[-1].problem
    world.close()


@pytest.mark.promise("I26")
def test_a_whole_library_that_was_put_back_or_copied_is_noticed_on_the_same_computer(tmp_path):
    for name in ("library", "copy"):
        (tmp_path / name).mkdir()
    world = SmallWorld(tmp_path / "library")
    witness = RollbackGuard(tmp_path / "user", LIBRARY_ID, LINEAGE)
    witness.check(world.state)
    witness.remember(world.state)
    assert not (tmp_path / "user").exists()  # nothing was done yet
    world.pin(world.board("Board"))
    world.apply()
    witness.remember(world.state)
    witness.check(world.state)
    older = SmallWorld(tmp_path / "copy")
    with pytest.raises(StateRolledBack, match="has seen record"):
        witness.check(older.state)
    RollbackGuard(tmp_path / "user", LibraryId("other"), LINEAGE).check(older.state)
    (tmp_path / "user" / "libraries" / f"{LIBRARY_ID}.json").write_text("nonsense")
    witness.check(older.state)
    world.close()
    older.close()


def rewrite(world: SmallWorld, wanted: bytes, instead: bytes) -> None:
    """Another history in log and state, sound by itself and of the same length."""
    path, head, lines = world.state.audit.path, START, []
    for line in path.read_bytes().splitlines():
        body = line[: line.rindex(b',"hash":"')].replace(wanted, instead)
        body = b'{"prev":"%s%s' % (head.encode(), body[len(b'{"prev":"') + 64 :])
        head = hashlib.sha256(body).hexdigest()
        lines.append(b'%s,"hash":"%s"}\n' % (body, head.encode()))
    path.write_bytes(b"".join(lines))
    world.state.close()
    with closing(sqlite3.connect(world.path)) as db, db:
        db.execute("UPDATE meta SET value = ? WHERE key = 'audit_hash'", (head,))
    world.restart()


@pytest.mark.promise("I25")
@pytest.mark.parametrize("went_on", [False, True])
def test_a_log_rewritten_as_a_whole_does_not_match_what_this_computer_saw(tmp_path, world, went_on):
    witness = RollbackGuard(tmp_path / "user", LIBRARY_ID, LINEAGE)
    world.pin(world.board("Board"))
    world.apply()
    witness.remember(world.state)
    if went_on:  # on another computer, or this one died before it could note it
        world.pin(next(iter(world.remote.boards_by_id)), "New")
        world.apply()
        witness.check(world.state)
    assert witness.judge(world.state.audit.verify(), world.state).breaks == ()
    rewrite(world, b'"decision":"saved plan"', b'"decision":"approved"')
    world.state.audit.check()
    assert world.state.audit.verify().breaks == ()  # by itself it is sound
    with pytest.raises(AuditBroken, match="differs from the one last seen"):
        witness.check(world.state)
    found = witness.judge(world.state.audit.verify(), world.state)
    assert "was rewritten" in found.breaks[-1].problem


def test_a_log_restarted_by_a_person_is_accepted_on_a_computer_that_saw_the_old_one(tmp_path, world):
    witness = RollbackGuard(tmp_path / "user", LIBRARY_ID, LINEAGE)
    world.pin(world.board("Board"))
    world.apply()
    witness.remember(world.state)
    restart_audit(world.state)
    witness.check(world.state)


def test_a_rollback_guard_that_cannot_be_written_does_not_stop_a_run(tmp_path, world):
    world.pin(world.board("Board"))
    world.apply()
    (tmp_path / "user").write_text("a file")
    RollbackGuard(tmp_path / "user", LIBRARY_ID, LINEAGE).remember(world.state)
    assert (tmp_path / "user").read_text() == "a file"


@pytest.mark.promise("I16")
@pytest.mark.parametrize("kind", ["link", "dangling link", "folder", "pipe", "device"])
def test_a_log_that_is_no_file_is_neither_read_nor_written(tmp_path, kind):
    elsewhere, log = tmp_path / "elsewhere", tmp_path / "audit.jsonl"
    match kind:
        case "folder":
            log.mkdir()
        case "pipe":
            os.mkfifo(log)
        case "device":
            log.symlink_to("/dev/zero")
        case _:
            log.symlink_to(elsewhere)
            if kind == "link":
                elsewhere.write_bytes(b"".join(LINES))
    file = AuditFile(log)
    for use in (file.verify, file.lines, file.flush, lambda: file.append([b"x\n"]), lambda: file.check(Head(), [])):
        with pytest.raises(AuditBroken, match="not a regular file"):
            use()
    assert kind != "link" or elsewhere.read_bytes() == b"".join(LINES)
    assert kind != "dangling link" or not elsewhere.exists()


@pytest.mark.parametrize(
    "line", [b"garbage", b"{}", b"\xff\x00", b'{"seq": null, "at": 7, "type": ["x"], "a\x1b[2J": 1}']
)
def test_damaged_records_are_shown_as_such(line):
    (shown,) = audit_lines(read([line]))
    assert "\x1b" not in shown.text


def test_a_state_of_the_first_version_is_brought_up_to_date(tmp_path):
    world = SmallWorld(tmp_path)
    world.state.close()
    with closing(sqlite3.connect(tmp_path / "state.db")) as db, db:
        for (trigger,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            db.execute(f"DROP TRIGGER {trigger}")
        for table in ("kept_plan", "base_parts"):
            db.execute(f"DROP TABLE {table}")
        for table in ("notes", "audit", "fingerprints", "alike", "looks", "different"):
            db.execute(f"DROP TABLE {table}")
        for table in ("last_look", "listings", "listing_pages", "api_calls", "creates", "refused", "places"):
            db.execute(f"DROP TABLE {table}")
        db.execute("ALTER TABLE runs DROP COLUMN undoes")
        for column in ("duplicate_of", "doubtful"):
            db.execute(f"ALTER TABLE tracked DROP COLUMN {column}")
        db.execute("PRAGMA user_version = 1")
    with open_state(tmp_path / "state.db", LIBRARY_ID, LINEAGE) as state:
        assert state.runs() == []
        assert state.audit.head() == Head()
    world.restart()
    world.pin(world.board("Board"))
    assert world.apply().complete
    world.close()


def test_records_beyond_what_may_wait_are_settled_in_between(world, monkeypatch):
    monkeypatch.setattr("pinplan.records.audit_log._UNSETTLED", 5)
    for n in range(20):
        world.pin(world.board(f"{n}"))
    world.apply()
    assert world.state.audit.verify().breaks == ()
    assert world.state.audit.waiting() == []
    assert world.path.with_name("audit.jsonl").stat().st_size > 0
