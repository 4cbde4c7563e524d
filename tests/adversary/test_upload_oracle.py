"""The invariants about uploads are judged as well: each catches a lie."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.adversary import pictures, upload_invariants
from tests.adversary.invariants import INVARIANTS, judged
from tests.adversary.network import Write
from tests.adversary.oracle import Seen, SeenPin
from tests.adversary.stage import Ran, Stage
from tests.adversary.test_oracle import Lie, stage, truth
from tests.adversary.test_plan_oracle import planned

__all__ = ["stage"]
MINE = "Animals 動物/mine 70001.jpg"


def upload(stage: Stage, ran: Ran, pin_id: str = "8", title: str = "mine 70001", picture: str = "own70001") -> None:
    """A picture of their own is published as planned."""
    board = stage.boards()[0].id
    data = pictures.original(70_001)
    stage.oracle.learn(data, "own70001", "own", 96 * 72)
    stage.story.setup["config"]["upload"] = {"own_content": True}
    stage.story.setup["config"]["sync"] = {"mode": "publish"}
    planned(ran, kind="upload", pin_id="", board_id=board, pin={"title": "mine 70001"}, expect={"path": MINE}, after={})
    digest = next(sha256 for sha256, made in stage.oracle.made.items() if made.picture == "own70001")
    ran.before.files[MINE] = Seen(digest, 1, 1)
    ran.after.files[MINE] = Seen(digest, 1, 1)
    ran.after.pins[pin_id] = SeenPin(board, None, title, (picture,), stage.world.account.username, details=(1,))
    ran.writes.append(Write("POST", "/v5/pins", b"", 201, lost=False, created=pin_id))


def another_title(stage: Stage, ran: Ran) -> None:
    upload(stage, ran, title="something else")


def another_picture(stage: Stage, ran: Ran) -> None:
    upload(stage, ran, picture="own70002")


def another_picture_posted(stage: Stage, ran: Ran) -> None:
    upload(stage, ran)
    digest = ran.before.files[MINE].sha256
    board = stage.boards()[0].id
    planned(ran, kind="post", pin_id="", board_id=board, pin={"title": "mine 70001"}, files=[{"sha256": digest}])
    ran.after.pins["8"] = SeenPin(board, None, "mine 70001", ("own70002",), stage.world.account.username, details=(1,))


def without_consent(stage: Stage, ran: Ran) -> None:
    upload(stage, ran)
    stage.story.setup["config"]["upload"] = {"own_content": False}


def twice(stage: Stage, ran: Ran) -> None:
    upload(stage, ran)
    upload(stage, ran, pin_id="9")


def fetched_all_the_same(stage: Stage, ran: Ran) -> None:
    stage.not_kept = {"8"}
    planned(ran, kind="download", pin_id="8", board_id=stage.boards()[0].id, after={"path": "Animals 動物/x [8].jpg"})
    ran.argv = ("plan", "-o", "plan.json")


def series(stage: Stage, ran: Ran, *numbers: int, more: int = 0, carousels: str = "names") -> None:
    """Numbered pictures become one pin; ``more`` is one that is left out."""
    ran.argv = ("plan",)
    stage.story.setup["config"]["upload"] = {"own_content": True, "carousels": carousels}
    stage.story.setup["config"]["sync"] = {"mode": "publish"}
    paths = [f"Animals 動物/tour 7-{number}.jpg" for number in numbers]
    board = stage.boards()[0].id
    for path in [*paths, *([f"Animals 動物/tour 7-{more}.jpg"] if more else [])]:
        ran.before.files[path] = ran.after.files[path] = Seen("0" * 64, 1, 1)
    expect = [{"path": path} for path in paths]
    planned(ran, kind="upload_carousel", pin_id="", board_id=board, pin={"title": "tour 7"}, expect=expect, after={})


def unasked(stage: Stage, ran: Ran) -> None:
    series(stage, ran, 1, 2, carousels="folders")


def gap(stage: Stage, ran: Ran) -> None:
    series(stage, ran, 1, 3)


def part(stage: Stage, ran: Ran) -> None:
    series(stage, ran, 1, 2, more=3)


def slot_alone(stage: Stage, ran: Ran) -> None:
    series(stage, ran, 1, 2)
    path = "Animals 動物/tour 7-2.jpg"
    planned(ran, kind="upload", pin_id="", board_id=stage.boards()[0].id, pin={}, expect={"path": path}, after={})


def unplanned_video(stage: Stage, ran: Ran) -> None:
    upload(stage, ran)
    ran.after.pins["8"] = replace(ran.after.pins["8"], video=True)


def planned_video(stage: Stage, ran: Ran, cover: str) -> None:
    """A video is planned with a cover."""
    video, board = MINE.replace(".jpg", ".mp4"), stage.boards()[0].id
    ran.argv = ("plan",)
    ran.before.files[video] = ran.after.files[video] = Seen("0" * 64, 1, 1)
    facts = {"cover": {"source": cover}, "video": {"source": video}, "expect": [{"path": cover}, {"path": video}]}
    planned(ran, kind="upload_video", pin_id="", board_id=board, pin={"title": "mine 70001"}, after={}, **facts)


def cover_of_another(stage: Stage, ran: Ran) -> None:
    planned_video(stage, ran, "Animals 動物/mine 70002.jpg")


def cover_alone(stage: Stage, ran: Ran) -> None:
    planned_video(stage, ran, MINE)
    planned(ran, kind="upload", pin_id="", board_id=stage.boards()[0].id, pin={}, expect={"path": MINE}, after={})


LIES: list[tuple[str, Lie]] = [
    ("published-is-planned:title", another_title),
    ("published-is-planned:picture", another_picture),
    ("published-by-consent", without_consent),
    ("published-once", twice),
    ("published-is-planned:picture", another_picture_posted),
    ("not-kept-stays-away", fetched_all_the_same),
    ("series-is-complete:unasked", unasked),
    ("series-is-complete:gap", gap),
    ("series-is-complete:part", part),
    ("series-is-complete:alone", slot_alone),
    ("video-is-planned:unplanned", unplanned_video),
    ("video-is-planned:cover", cover_of_another),
    ("video-is-planned:alone", cover_alone),
]


@pytest.mark.parametrize(("name", "lie"), LIES, ids=[name for name, _ in LIES])
def test_every_kind_of_lie_is_caught(stage, name, lie, monkeypatch):
    monkeypatch.setitem(stage.story.setup, "config", dict(stage.story.setup["config"]))
    ran = truth(stage)
    lie(stage, ran)
    assert name in {broken.name for broken in judged(stage, ran)}


def test_an_upload_as_planned_is_let_pass(stage, monkeypatch):
    monkeypatch.setitem(stage.story.setup, "config", dict(stage.story.setup["config"]))
    ran = truth(stage)
    upload(stage, ran)
    assert not {broken.name for broken in judged(stage, ran)} & {name for name, _ in LIES}


def test_every_invariant_has_a_lie_that_it_catches():
    here = {name for name, one in INVARIANTS.items() if one.judge.__module__ == upload_invariants.__name__}
    assert {name.partition(":")[0] for name, _ in LIES} == here
