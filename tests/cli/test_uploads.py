"""Pictures put into the library become pins, as a user meets it: what is sent, what is not and why, and what is left open."""

from __future__ import annotations

import io
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace
from PIL import Image

from pinplan.apply.executor import ExecutorOptions
from pinplan.pipeline import apply_plan
from pinplan.records.plan_file import read_plan
from pinplan.sandbox import Fault, FaultKind, Sandbox, Tier, World
from pinplan.sandbox import Settings as SandboxSettings
from pinplan.sandbox.pictures import Kind, Picture
from tests.cli.test_cli import User
from tests.faults.account import opened
from tests.faults.runner import Hasty

BOARD = "Nature 自然"
CONFIG = """
[sync]
mode = "two-way"
on_new_file = "upload"
[upload]
own_content = true
[network]
retries = 0
[limits]
max_remote_deletes = "100%"
"""
LOST = Fault(kind=FaultKind.LOST, on="POST /pins")
REFUSED = Fault(kind=FaultKind.STATUS, on="POST /pins", status=502)


def publisher(home: Path, **settings: Any) -> Iterator[User]:
    """Somebody whose library publishes, with a board of three pins."""
    world = World()
    board = world.create_board(BOARD)
    for number in range(3):
        world.create_pin(board.id, (Picture(Kind.LANDSCAPE, 30 + number, 300, 400),), title=f"Pin {number}")
    with Sandbox(world, settings=SandboxSettings(**settings)) as sandbox:
        user = User(home, sandbox)
        user.environment |= {"XDG_STATE_HOME": str(home / "state"), "XDG_DATA_HOME": str(home)}
        user.library()
        (user.pins / "pinplan.toml").write_text(CONFIG)
        sandbox.requests.clear()
        yield user


@pytest.fixture
def user(tmp_path: Path) -> Iterator[User]:
    yield from publisher(tmp_path)


@pytest.fixture
def delayed(tmp_path: Path) -> Iterator[User]:
    """The same, but listings show nothing new for a day."""
    yield from publisher(tmp_path, lag=86_400)


def drawn(number: int, width: int = 120, height: int = 110, form: str = "PNG") -> bytes:
    """A picture of noise, unlike that of any other number."""
    dice = np.random.default_rng(number)
    out = io.BytesIO()
    Image.fromarray(dice.integers(0, 256, (height, width, 3), dtype=np.uint8)).save(out, form)
    return out.getvalue()


def put(user: User, name: str, data: bytes, folder: str = BOARD) -> Path:
    """Put a file into a folder, as if a minute ago."""
    path = user.pins / folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    past = time.time() - 60
    os.utime(path, (past, past))
    return path


def posts(user: User) -> int:
    return [method for method, _ in user.sandbox.requests].count("POST")


def titles(user: User) -> list[str]:
    return sorted(pin.title or "" for pin in user.sandbox.world.pins.values())


def findings(user: User, *words: str, code: int = 0) -> list[tuple[str, str]]:
    """Kind and message of each finding of a plan."""
    user.types("plan", "-o", "plan.json", *words, code=code)
    return [(one["kind"], one["message"]) for one in json.loads((user.pins / "plan.json").read_text())["findings"]]


# -- what is sent ------------------------------------------------------------------------------------------------------


def test_explain_says_what_becomes_of_a_new_picture(user):
    put(user, "Sunset.png", drawn(1))
    put(user, "a.png", drawn(2, width=50))
    put(user, "b.png", drawn(3, width=50))
    said = user.types("explain", f"{BOARD}/Sunset.png")
    assert "In the library: an untracked file.\n" in said
    assert f"  Upload: publish {BOARD}/Sunset.png as a pin in {BOARD}, “Sunset”" in said
    (user.pins / "pinplan.toml").write_text(CONFIG.replace("true", "false"))
    said = user.types("explain", f"{BOARD}/a.png")
    assert "an untracked file, not touched.\n" in said
    assert "new here: 3 pictures: not uploaded: " in said
    # One finding for the whole library, which this file is part of.
    user.sandbox.world.create_board("Other")
    (user.pins / "Other").mkdir()
    (user.pins / "Other" / "c.png").write_bytes(drawn(4))
    assert "new here: 4 files: not uploaded: " in user.types("explain", f"{BOARD}/a.png")


def test_explain_says_what_becomes_of_a_series(user):
    (user.pins / "pinplan.toml").write_text(CONFIG.replace("[network]", 'carousels = "names"\n[network]'))
    for number, name in enumerate(("rome-1.png", "rome-2.png", "oslo-1.png", "oslo-3.png")):
        put(user, name, drawn(number))
    assert f"Upload as one pin: publish rome-1.png, rome-2.png of {BOARD} as one pin in {BOARD}" in user.types(
        "explain", f"{BOARD}/rome-2.png"
    )
    assert "oslo, 2 pictures for one pin: number 2 is missing" in user.types("explain", f"{BOARD}/oslo-3.png")


@pytest.mark.parametrize("name", ["x" * 251, "ü" * 125 + "x"], ids=["ascii", "umlauts"])
def test_a_file_with_the_longest_name_that_a_disk_takes_is_uploaded_moved_and_undone(user, name):
    path = put(user, f"{name}.png", drawn(1))
    user.types("apply", "--auto-approve")
    (new,) = (one for one in (user.pins / BOARD).glob(f"{name[0]}*"))
    user.types("undo", "-o", "undo.json")
    user.types("apply", "undo.json")
    assert (path.is_file(), new.exists()) == (True, False)


@pytest.mark.promise("I31")
def test_a_name_becomes_a_title_of_one_line(user):
    put(user, " new\nline \x1b[31mred \u202e3pj.png", drawn(1))
    put(user, "cafe\u0301.png", drawn(2))
    user.types("apply", "--auto-approve")
    assert {"new line [31mred 3pj", "caf\u00e9"} < set(titles(user))
    assert "No changes." in user.types("plan")


@pytest.mark.promise("I31")
def test_a_new_picture_is_planned_applied_and_undone(user):
    path = put(user, "Sunset.png", drawn(1))
    data = path.read_bytes()
    assert "1 to upload" in user.types("plan", "-o", "plan.json")
    assert posts(user) == 0
    user.types("apply", "plan.json")
    made = max(user.sandbox.world.pins, key=int)
    assert titles(user) == ["Pin 0", "Pin 1", "Pin 2", "Sunset"]
    assert (path.with_name(f"Sunset [{made}].png").read_bytes(), path.exists()) == (data, False)
    assert "No changes" in user.types("plan")
    user.types("undo", "-o", "undo.json")
    user.types("apply", "undo.json")
    assert (titles(user), path.read_bytes()) == (["Pin 0", "Pin 1", "Pin 2"], data)


# -- what is not sent --------------------------------------------------------------------------------------------------


@pytest.mark.promise("I31")
@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.jpg", b"", "it is empty"),
        ("a.jpg", drawn(1, form="JPEG")[:-900], "its end is missing"),
        ("a.png", drawn(1, 2700, 2600), "at most 20,000,000 are allowed"),
        ("a.png", drawn(1, 40_000, 10), "40000×10 pixels, at least 100 on each side"),
        ("a.jpg", b"<html>", ""),
    ],
    ids=["empty", "truncated", "21 MB", "40,000 × 10", "no picture"],
)
def test_a_file_that_pinterest_would_refuse_is_a_finding(user, name, data, message):
    path = put(user, name, data)
    found = findings(user)
    assert [kind for kind, text in found if message in text] == ["cannot_upload"], found
    user.types("apply", "plan.json")
    assert (posts(user), path.read_bytes()) == (0, data)


@pytest.mark.promise("I11")
def test_six_hundred_new_files_are_not_published_by_mistake(user):
    for number in range(600):
        put(user, f"{number}.png", drawn(number, 100, 100))
    said = user.types("plan", "-o", "plan.json", code=5)
    assert "600 pictures would be uploaded (limit 50)" in said
    user.types("apply", "plan.json", code=5)
    assert posts(user) == 0
    found = findings(user, "--allow", "uploads=600")
    assert [text for kind, text in found if kind == "new_here" and text.startswith("550 pictures: not uploaded today")]


@pytest.mark.promise("I31")
def test_two_files_with_one_picture_become_one_pin(user):
    for name in ("one.png", "two.png"):
        put(user, name, drawn(1))
    assert [text for kind, text in findings(user) if kind == "already_pinned"] == [
        f"two.png: {BOARD}/one.png, which is uploaded, shows the same picture"
    ]
    user.types("apply", "plan.json")
    assert (posts(user), titles(user)) == (1, ["Pin 0", "Pin 1", "Pin 2", "one"])
    assert "two.png" in str(findings(user))
    assert posts(user) == 1


@pytest.mark.promise("I31")
def test_two_files_that_claim_one_pin_are_not_uploaded(user):
    pin = next(iter(user.sandbox.world.pins))
    for name in ("one", "two"):
        put(user, f"{name} [{pin}].png", drawn(len(name)))
    user.types("plan", "-o", "plan.json")
    user.types("apply", "plan.json")
    assert (posts(user), len(titles(user))) == (0, 3)


@pytest.mark.promise("I31")
def test_a_folder_that_differs_from_a_board_only_in_case_is_told_apart(user):
    folder = BOARD.upper()
    other = user.sandbox.world.create_board(folder)
    put(user, "a.png", drawn(1), folder=folder)
    message = f"a.png: not uploaded: another board or section has nearly the same name; the folder of this one is spelled {BOARD}"
    assert ("new_here", message) in findings(user)
    user.types("apply", "plan.json")
    assert posts(user) == 0
    (user.pins / folder / "a.png").rename(put(user, "a.png", b"", folder=f"{folder} [{other.id}]"))
    user.types("apply", "--auto-approve")
    assert [pin.title for pin in other.pins] == ["a"]


@pytest.mark.promise("I31")
def test_a_folder_that_differs_from_the_only_board_of_its_name_in_case_is_its_folder(user):
    put(user, "a.png", drawn(1), folder=BOARD.upper())
    assert findings(user) == []
    user.types("apply", "plan.json")
    made = max(user.sandbox.world.pins, key=int)
    assert (user.pins / BOARD / f"a [{made}].png").exists()
    assert "No changes" in user.types("plan")


def test_what_the_server_finds_too_small_fails_alone(tmp_path):
    for user in publisher(tmp_path, min_side=115):
        put(user, "small.png", drawn(1, 120, 110))
        put(user, "large.png", drawn(2, 120, 120))
        user.types("plan", "-o", "plan.json")
        said = user.types("apply", "plan.json", code=3)
        assert "(code 233): The image is too small." in said
        assert "not permitted" not in said
        assert titles(user) == ["Pin 0", "Pin 1", "Pin 2", "large"]


def test_with_trial_access_uploads_stop_and_the_rest_is_done(tmp_path):
    for user in publisher(tmp_path, tier=Tier.TRIAL):
        world = user.sandbox.world
        other = world.create_board("Other").id
        for title in ("There", "Goes"):
            world.create_pin(other, (Picture(Kind.SHAPES, len(title), 300, 400),), title=title)
        user.types("apply", "--auto-approve")
        for number in range(3):
            put(user, f"{number}.png", drawn(number))
        next((user.pins / "Other").glob("Goes*")).unlink()
        world.create_pin(other, (Picture(Kind.SHAPES, 9, 300, 400),), title="New there")
        user.types("plan", "-o", "plan.json")
        said = user.types("apply", "plan.json", code=3)
        assert "Trial access" in said
        assert "Ask Pinterest for Standard access" in said
        assert (posts(user), titles(user)) == (1, ["New there", "Pin 0", "Pin 1", "Pin 2", "There"])
        assert len(list((user.pins / "Other").glob("New there*"))) == 1
        assert sorted(path.name for path in (user.pins / BOARD).glob("?.png")) == ["0.png", "1.png", "2.png"]
        assert "3 to upload" in user.types("plan")


# -- what is left open -------------------------------------------------------------------------------------------------


def lose(user: User, fault: Fault) -> list[str]:
    """Upload a picture and hear nothing of it; two minutes pass in no time. The command that the next plan gives for it."""
    put(user, "Sunset.png", drawn(1))
    user.types("plan", "-o", "plan.json")
    user.sandbox.faults.set([fault])
    with opened(user.pins, user.sandbox, user.home / "state") as adapters:
        plan = read_plan(user.pins / "plan.json")
        result = apply_plan(replace(adapters, clock=Hasty()), plan, ExecutorOptions(parallelism=1))
    assert result.ended == {"upload": {"unconfirmed": 1}}
    user.sandbox.faults.clear()
    said = user.types("plan")
    assert "to upload" not in said
    assert "unconfirmed (1)" in said
    return said.partition("pinplan resolve ")[2].split()[:2]


@pytest.mark.promise("I29")
def test_a_person_names_the_pin_of_an_upload_whose_answer_was_lost(delayed):
    run, action = lose(delayed, LOST)
    made = max(delayed.sandbox.world.pins, key=int)
    delayed.types("resolve", run, action, "--is", made, code=8)
    delayed.types("resolve", run, action, "--is", made, "--auto-approve")
    assert "1 to confirm as created" in delayed.types("plan", "-o", "plan.json")
    delayed.types("apply", "plan.json")
    assert [path.name for path in (delayed.pins / BOARD).glob("Sunset*")] == [f"Sunset [{made}].png"]
    assert (posts(delayed), titles(delayed)) == (1, ["Pin 0", "Pin 1", "Pin 2", "Sunset"])
    assert "to upload" not in delayed.types("plan")
    delayed.types("audit", "verify")


@pytest.mark.promise("I29")
def test_a_person_says_that_no_pin_was_made_and_it_is_uploaded_once(delayed):
    run, action = lose(delayed, REFUSED)
    delayed.types("resolve", run, action, "--none", "--auto-approve")
    assert "1 to upload" in delayed.types("plan", "-o", "plan.json")
    delayed.types("apply", "plan.json")
    assert titles(delayed) == ["Pin 0", "Pin 1", "Pin 2", "Sunset"]
    assert len(list((delayed.pins / BOARD).glob("Sunset [[]*"))) == 1


@pytest.mark.promise("I29")
def test_the_next_plan_finds_it_by_itself_once_it_is_listed(delayed):
    lose(delayed, LOST)
    delayed.sandbox.clock.advance(90_000)
    delayed.types("apply", "--auto-approve")
    assert (posts(delayed), titles(delayed)) == (1, ["Pin 0", "Pin 1", "Pin 2", "Sunset"])
    assert "No changes" in delayed.types("plan")
