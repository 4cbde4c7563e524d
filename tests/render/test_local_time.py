"""Tables show the time of this computer; documents for programs keep UTC."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from pinplan.render.words import local_time
from tests.cli.terminal import installed
from tests.cli.test_looking_back import user  # noqa: F401 - a fixture


@pytest.fixture
def _in_kathmandu(monkeypatch) -> Iterator[None]:
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "Asia/Kathmandu")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("_in_kathmandu")
@pytest.mark.parametrize(
    ("recorded", "shown"),
    [
        ("2026-01-01T20:00:00Z", "2026-01-02 01:45:00"),
        ("2026-01-01T20:00:00", "2026-01-02 01:45:00"),
        ("2026-01-01T20:00:00+02:00", "2026-01-01 23:45:00"),
        ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
        ("long ago", "long ago"),
        ("", ""),
    ],
)
def test_moments_are_shown_in_local_time(recorded, shown):
    assert local_time(recorded) == shown


def test_json_keeps_utc(user):  # noqa: F811
    user.library()
    user.run = installed  # a fork has read the time zone already
    zone = {"TZ": "Etc/GMT-5"}
    (run,) = json.loads(user.types("history", "--json", **zone))["runs"]
    assert run["started_at"].endswith("Z")
    clock = run["started_at"].removesuffix("Z").partition("T")[2]
    hour = (int(clock[:2]) + 5) % 24
    assert f" {hour:02}{clock[2:]} " in user.types("history", **zone)
