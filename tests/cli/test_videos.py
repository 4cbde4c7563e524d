"""Videos put into the library become pins, as a user meets it."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from pinplan.formats.videos import patched, read_video
from pinplan.sandbox import Fault, FaultKind
from pinplan.sandbox.uploads import Upload
from tests.cli.test_cli import User
from tests.cli.test_uploads import BOARD, CONFIG, drawn, findings, publisher, put
from tests.small_videos import MOTION, POSITIONS, TONE, video

DATA = video(MOTION, POSITIONS, TONE, size=(1280, 720))


@pytest.fixture
def user(tmp_path: Path) -> Iterator[User]:
    yield from publisher(tmp_path)


def media(user: User) -> list[Upload]:
    return user.sandbox._site.uploads.all()


def without_metadata(data: bytes) -> bytes:
    return patched(data, 0, read_video(io.BytesIO(data), len(data)).patches)


@pytest.mark.promise("I31")
def test_a_video_is_planned_applied_and_undone(user):
    put(user, "clip.mp4", DATA)
    cover = put(user, "clip.png", drawn(1))
    shown = user.types("plan", "-o", "plan.json")
    assert "1 to upload as a video" in shown
    assert f"clip.mp4 “clip”, 12 s, {len(DATA) / 1000:.1f} kB, cover clip.png" in " ".join(shown.split())
    assert media(user) == []
    user.types("apply", "plan.json")
    pin = next(pin for pin in user.sandbox.world.pins.values() if pin.title == "clip")
    assert pin.video
    names = sorted(path.name for path in cover.parent.iterdir() if "clip" in path.name)
    assert names == [f"clip [{pin.id}].mp4", f"clip [{pin.id}].png"]
    # What arrived has no positions in it; the file here has them still.
    (sent,) = media(user)
    assert (sent.digest, sent.pinned) == (hashlib.sha256(without_metadata(DATA)).hexdigest(), True)
    assert (cover.parent / names[0]).read_bytes() == DATA
    assert user.sandbox.requests.count(("POST", "/v5/media")) == 1
    assert "No changes" in user.types("plan")
    user.types("undo", "-o", "undo.json")
    user.types("apply", "undo.json")
    assert sorted(path.name for path in cover.parent.iterdir() if "clip" in path.name) == ["clip.mp4", "clip.png"]
    assert pin.id not in user.sandbox.world.pins


@pytest.mark.promise("I31")
def test_metadata_are_sent_if_a_person_wants_that(user):
    (user.pins / "pinplan.toml").write_text(
        CONFIG.replace("own_content = true", "own_content = true\nkeep_metadata = true")
    )
    put(user, "clip.mp4", DATA)
    put(user, "clip.png", drawn(1))
    assert "with its metadata" in user.types("plan", "-o", "plan.json")
    user.types("apply", "plan.json")
    assert media(user)[0].digest == hashlib.sha256(DATA).hexdigest()


def test_a_video_without_a_cover_or_cut_off_is_a_finding(user):
    put(user, "bare.mov", DATA)
    put(user, "cut.mp4", DATA[:-5])
    put(user, "cut.png", drawn(1))
    put(user, "short.mp4", video(seconds=2))
    put(user, "short.png", drawn(2))
    assert findings(user) == [
        ("cannot_upload", "bare.mov: put a picture named bare.jpg beside it: it becomes the cover"),
        ("cannot_upload", "cut.mp4: it is cut off: its end is missing"),
        ("cannot_upload", "short.mp4: 2.0 seconds long, between 4 seconds and 15 minutes are allowed"),
    ]


def test_what_pinterest_cannot_process_is_said_and_creates_nothing(user, monkeypatch):
    put(user, "clip.mp4", DATA)
    put(user, "clip.png", drawn(1))
    user.types("plan", "-o", "plan.json")
    monkeypatch.setattr("pinplan.sandbox.uploads.SECONDS", (100, 200))
    shown = user.types("apply", "plan.json", code=3)
    assert "Pinterest cannot process the video; nothing was created" in " ".join(shown.split())
    assert len(user.sandbox.world.pins) == 3
    monkeypatch.undo()
    user.types("apply", "plan.json")
    assert len(user.sandbox.world.pins) == 4


@pytest.mark.promise("I29")
def test_a_lost_answer_creates_it_once(user):
    put(user, "clip.mp4", DATA)
    put(user, "clip.png", drawn(1))
    user.types("plan", "-o", "plan.json")
    user.sandbox.faults.set([Fault(kind=FaultKind.LOST, on="POST /pins", times=1)])
    user.types("apply", "plan.json")
    assert [pin.title for pin in user.sandbox.world.pins.values()].count("clip") == 1
    assert "No changes" in user.types("plan")


@pytest.mark.promise("I27")
def test_a_host_that_the_config_does_not_name_gets_nothing(user, monkeypatch):
    put(user, "clip.mp4", DATA)
    put(user, "clip.png", drawn(1))
    user.types("plan", "-o", "plan.json")
    monkeypatch.setattr("pinplan.sandbox.operations.media.PATH", "@evil.example/")
    shown = " ".join(user.types("apply", "plan.json", code=3).split())
    assert "evil.example" in shown
    assert "upload_hosts in [network]" in shown
    assert len(user.sandbox.world.pins) == 3


def test_a_plan_with_a_video_is_shown_everywhere(user):
    put(user, "clip.mp4", DATA)
    put(user, "clip.png", drawn(1))
    user.types("plan", "-o", "plan.json")
    (action,) = json.loads((user.pins / "plan.json").read_text())["actions"]
    assert (action["kind"], action["address"]) == ("upload_video", f"{BOARD}/clip.mp4")
    assert {"duration_ms": 12_000, "width": 1280, "height": 720, "container": "MP4"}.items() <= action["video"].items()
    for form in ("--markdown", "--json"):
        assert "clip.mp4" in user.types("show", "plan.json", form)
    user.types("show", "plan.json", "--html=page.html")
    page = (user.pins / "page.html").read_text()
    assert "clip.mp4" in page
    assert '"badge":"Video"' in page.replace('": "', '":"')
