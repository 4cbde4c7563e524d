"""Fingerprints that an apply takes of what it records: a batch costs the same, however many are known."""

from __future__ import annotations

from pathlib import Path

from pinplan.duplicates.cache import NewFingerprints, Source
from pinplan.model.ids import LibraryId, Lineage, Sha256
from pinplan.model.similarity import ALGORITHM_VERSION
from pinplan.records.state import create_state, open_state
from tests.fakes import FakeFaces
from tests.reconcile.test_planner import record


def steps_of_a_batch(path: Path, known: int) -> int:
    """Steps of SQLite for one recorded file whose fingerprint is known, among so many others."""
    create_state(path, LibraryId("l"), Lineage("l"))
    steps = 0

    def step() -> int:
        nonlocal steps
        steps += 1
        return 0

    with open_state(path, LibraryId("l"), Lineage("l")) as state:
        rows = ((f"{number:064x}", ALGORITHM_VERSION, 1, 1, 1, 9, None, b"") for number in range(known))
        state.fingerprints.remember_fingerprints(rows)
        source = Source(fingerprinter=FakeFaces(), read=lambda path: b"")
        taken = NewFingerprints(source, state.fingerprints)
        state._db.connection.set_progress_handler(step, 1)
        taken.add([record("1", sha256=Sha256(f"{1:064x}"))])
        taken.take()
        state._db.connection.set_progress_handler(None, 0)
    return steps


def test_a_batch_costs_the_same_however_many_fingerprints_are_known(tmp_path):
    few, many = steps_of_a_batch(tmp_path / "few.db", 10), steps_of_a_batch(tmp_path / "many.db", 2_000)
    assert 0 < many < few + 20
