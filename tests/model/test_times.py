"""Points in time as they are written down: one form, one home."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pinplan
from pinplan.actions.placement import Placement
from pinplan.model.ids import BoardId, RelPath
from pinplan.model.times import compact_timestamp, fine_timestamp, moment_of, storable_ns, timestamp

zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = st.datetimes(datetime(1970, 1, 2), datetime(2999, 12, 30), timezones=zones)  # noqa: DTZ001 - of any zone


@given(moments)
def test_what_is_written_down_is_read_again_in_any_zone(moment):
    assert moment_of(fine_timestamp(moment)) == moment
    assert moment_of(timestamp(moment)) == moment.replace(microsecond=0)
    assert compact_timestamp(moment) == timestamp(moment).replace("-", "").replace(":", "")


def test_the_forms():
    moment = datetime(2026, 11, 23, 15, 16, 30, 7, tzinfo=timezone(timedelta(hours=1)))
    assert timestamp(moment) == "2026-11-23T14:16:30Z"
    assert fine_timestamp(moment) == "2026-11-23T14:16:30.000007Z"
    assert compact_timestamp(moment) == "20261123T141630Z"


def test_without_a_zone_it_is_utc():
    assert moment_of("2026-11-23T14:16:30") == datetime(2026, 11, 23, 14, 16, 30, tzinfo=UTC)


@pytest.mark.parametrize("text", [None, "", "yesterday", "9999-12-31T23:59:59-14:00", "2026-13-01T00:00:00Z"])
def test_what_cannot_be_read_is_none(text):
    assert moment_of(text) is None


def test_no_other_module_writes_points_in_time_by_itself():
    root = Path(pinplan.__file__).parent
    home = {root / "model" / "times.py"}
    apart = {root / "sandbox" / "responses.py"}  # the sandbox knows nothing of its client
    found = {path for path in root.rglob("*.py") if "%Y-%m-%dT" in path.read_text("utf-8")}
    assert found == home | apart


@pytest.mark.parametrize(
    ("found", "stored"),
    [(0, 0), (1 << 62, 1 << 62), (1 << 63, (1 << 63) - 1), (10**21, (1 << 63) - 1), (-(10**21), -(1 << 63))],
)
def test_a_time_of_a_file_is_stored_as_the_nearest_one(found, stored):
    assert storable_ns(found) == stored


@pytest.mark.parametrize(("date", "is_set"), [("2026-01-01", True), ("1969-01-01", False), ("2500-01-01", False)])
def test_a_file_gets_no_date_that_cannot_be_stored(date, is_set):
    placed = Placement(
        path=RelPath("a.jpg"),
        slot=0,
        board_id=BoardId("1"),
        container="Board",
        template="{board}/{section}/{pin_id}",
        mtime=f"{date}T00:00:00Z",
    )
    assert (placed.mtime_ns is not None) == is_set
