"""What may leave the trash."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from pinplan.history.trash import to_empty, trash_of

NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("run", "started_at", "days"),
    [
        ("20261023T000000Z-1f3a", "2026-10-23T00:00:00Z", 31),
        ("20261023T000000Z-1f3a", None, 31),
        ("20261023T000000Z-1f3a", "some time ago", 0),
        ("20201023", None, 0),
        ("my pictures", None, 0),
    ],
)
def test_nothing_leaves_for_want_of_a_date(run, started_at, days):
    file = SimpleNamespace(path=f".pinplan/trash/{run}/x.jpg", was="x.jpg", run=run, size=1)
    runs = [SimpleNamespace(id=run, started_at=started_at, ended_at="")] if started_at is not None else []
    state: Any = SimpleNamespace(runs=lambda: runs, creates=SimpleNamespace(pending=list))
    library: Any = SimpleNamespace(in_trash=lambda: [file])
    clock: Any = SimpleNamespace(now=lambda: NOW)
    (found,) = trash_of(library, state, clock)
    assert found.days == days
    assert bool(to_empty([found], days=30)) == (days >= 30)
