"""Tables show the time of this computer; documents for programs keep UTC."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from pinplan.records.plan_file import encode_plan, read_plan
from pinplan.render.text_safety import local_time, message
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


@pytest.mark.usefixtures("_in_kathmandu")
def test_a_message_names_its_moments_in_local_time_and_is_harmless():
    assert message("used up; resumes at 2026-01-02 00:00 UTC") == "used up; resumes at 2026-01-02 05:45"
    assert message("\x1b[31m 2026-13-02 00:00 UTC") == "\ufffd[31m 2026-13-02 00:00 UTC"
    assert message("2026-01-02T00:00:00Z") == "2026-01-02T00:00:00Z"


def test_when_calls_go_on_is_local_for_people_and_utc_for_programs(user):  # noqa: F811
    user.types("init", str(user.pins), cwd=user.home)
    (user.pins / "pinplan.toml").write_text("[network]\ndaily_calls = 1\n")
    user.run = installed
    zone = {"TZ": "Etc/GMT-5"}
    assert " 00:00 UTC" in user.types("plan", "--json", "-q", code=3, **zone).partition("\n")[0]
    said = user.types("plan", code=3, **zone)
    assert " 05:00" in said
    assert "UTC" not in said


def test_the_stamp_of_a_gallery_is_local_and_utc_in_its_document(user):  # noqa: F811
    user.library()
    user.run = installed
    document = json.loads(user.types("gallery", "../gallery", "--json", TZ="Etc/GMT-5"))
    local = datetime.fromisoformat(document["made_at"]) + timedelta(hours=5)
    page = (user.home / "gallery" / "index.html").read_text("utf-8")
    assert document["made_at"].endswith("Z")
    assert f"{local:%Y-%m-%d %H:%M:%S}" in page
    assert "UTC" not in page


@pytest.mark.promise("I28")
def test_when_a_plan_was_made_is_shown_in_local_time_and_cannot_command_the_terminal(user):  # noqa: F811
    user.types("init", str(user.pins), cwd=user.home)
    user.types("plan", "-o", "plan.json")
    user.run = installed
    path = user.pins / "plan.json"
    plan = read_plan(path)
    for made, shown in (
        ("2026-01-01T20:00:00Z", "Made 2026-01-02 01:00:00 by"),
        ("\x1b[31mnow", "Made \ufffd[31mnow by"),
    ):
        path.write_bytes(encode_plan(replace(plan, created_at=made, pinplan_version="\x1b]0;x")))
        said = user.types("show", "plan.json", TZ="Etc/GMT-5")
        assert shown in said
        assert "\x1b" not in said
