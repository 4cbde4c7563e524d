"""``pinplan review`` and ``show --html`` as they are typed, with what can be wrong about it."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
from collections.abc import Iterator

import pytest
import requests

from pinplan.sandbox import Sandbox, World
from pinplan.sandbox.pictures import Kind, Picture
from tests.cli.terminal import PINPLAN
from tests.cli.test_cli import User


@pytest.fixture(scope="module")
def user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[User]:
    world = World()
    board = world.create_board("Animals 動物")
    for number in range(3):
        world.create_pin(board.id, (Picture(Kind.FLAT, number, 300, 400),), title=f"Plain {number}")
    with Sandbox(world) as sandbox:
        made = User(tmp_path_factory.mktemp("home"), sandbox)
        made.environment["XDG_STATE_HOME"] = str(made.home / "state")
        made.types("init", str(made.pins), cwd=made.home)
        made.types("plan", "-o", "plan.json")
        yield made


def started(user: User, *words: str) -> tuple[subprocess.Popen[str], str]:
    process = subprocess.Popen(
        [PINPLAN, "review", *words, "--no-browser"],
        cwd=user.pins, env=user.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    said = ""
    while "http://" not in said:
        line = process.stdout.readline()
        assert line, said
        said += line
    return process, said


def url_in(said: str) -> str:
    return next(word.strip('"},') for word in said.replace('"url":', " ").split() if "http://" in word)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_at_ctrl_c_with_a_file_and_a_command(user, tmp_path, number):
    out = tmp_path / "my decisions.json"
    process, said = started(user, "plan.json", "-o", str(out))
    url = url_in(said)
    page = requests.get(url, timeout=10)
    assert "Plain 1" in page.text
    assert requests.get(f"{url}thumb/0001/0", timeout=10).content[8:12] == b"WEBP"
    process.send_signal(number)
    ended, _ = process.communicate(timeout=20)
    assert process.returncode == 0, ended
    assert f"pinplan apply plan.json --decisions '{out}'" in ended
    assert "downloads 3:" in ended
    assert json.loads(out.read_text("utf-8"))["decisions"] == {}


def test_under_json_it_speaks_in_events(user, tmp_path):
    process, said = started(user, "plan.json", "-o", str(tmp_path / "d.json"), "--json")
    assert json.loads(said.splitlines()[1])["type"] == "review_opened"
    process.send_signal(signal.SIGINT)
    ended, _ = process.communicate(timeout=20)
    assert json.loads(ended.splitlines()[-1]) == {
        "type": "review_ended",
        "decisions": str(tmp_path / "d.json"),
        "command": f"pinplan apply plan.json --decisions {tmp_path / 'd.json'}",
        "consequence": "downloads 3",
    }


def test_a_port_that_is_taken_is_said(user):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        said = user.types("review", "plan.json", "--no-browser", "--port", port, code=64)
    assert f"cannot listen on 127.0.0.1:{port}" in said


def test_a_plan_that_apply_would_refuse_is_refused(user, tmp_path):
    plan = (user.pins / "plan.json").read_text("utf-8")
    edited = tmp_path / "edited.json"
    edited.write_text(plan.replace("Plain 1", "Plain 7"), "utf-8")
    assert "edited" in user.types("review", str(edited), "--no-browser", code=4)
    assert "edited" in user.types("show", str(edited), "--html", str(tmp_path / "x.html"), code=4)
    edited.write_text(plan.replace('"format_version": "1', '"format_version": "9'), "utf-8")
    assert "unsupported plan format" in user.types("review", str(edited), "--no-browser", code=4)
    assert "no such plan file" in user.types("review", str(tmp_path / "none.json"), "--no-browser", code=64)
    other = User(tmp_path, user.sandbox)
    other.types("init", str(other.pins), cwd=tmp_path)
    said = other.types("review", str(user.pins / "plan.json"), "--no-browser", code=4)
    assert "plan is for library" in said


def test_decisions_that_do_not_fit_are_named_and_left_alone(user, tmp_path):
    digest = json.loads((user.pins / "plan.json").read_text("utf-8"))["digest"]
    path = tmp_path / "d.json"
    document = {
        "format": "pinplan.decisions",
        "format_version": "1.0",
        "plan": digest,
        "decisions": {"0001": {"verdict": "maybe"}},
    }
    path.write_text(json.dumps(document, indent=1), "utf-8")
    before = path.read_bytes()
    assert "line 6" in user.types("review", "plan.json", "-o", str(path), "--no-browser", code=64)
    assert path.read_bytes() == before
    path.write_text(json.dumps({**document, "plan": "sha256:" + "0" * 64, "decisions": {}}), "utf-8")
    assert "decisions are for plan" in user.types("review", "plan.json", "-o", str(path), "--no-browser", code=4)


def test_the_page_is_one_private_file_of_the_size_that_was_asked_for(user, tmp_path):
    page = tmp_path / "page.html"
    said = user.types("show", "plan.json", "--html", str(page))
    assert "3 actions, 3 pictures" in said
    assert page.stat().st_mode & 0o777 == 0o600
    full = page.stat().st_size
    user.types("show", "plan.json", "--html", str(page), "--max-size", f"{full - 1000}")
    assert page.stat().st_size <= full - 1000
    said = user.types("show", "plan.json", "--html", str(page), "--max-size", "1 kB")
    assert "3 pictures left out" in said
    offline = user.types("show", "plan.json", "--html", str(page), "--offline")
    assert "3 pictures missing" in offline
    assert "--offline" in page.read_text("utf-8")
    assert "expected a size" in user.types("show", "plan.json", "--html", str(page), "--max-size", "big", code=64)
    nowhere = str(tmp_path / "none" / "page.html")
    assert "no such folder" in user.types("show", "plan.json", "--html", nowhere, code=64)
    user.types("show", "plan.json", "--html", str(page), "--detailed-exitcode", code=2)


def test_a_plan_can_be_looked_at_away_from_its_library(user, tmp_path):
    before = len(user.sandbox.requests)
    plan = user.pins / "plan.json"
    said = user.types("show", str(plan), "--html", str(tmp_path / "page.html"), cwd=tmp_path)
    assert "Made without the library" in said
    assert len(user.sandbox.requests) == before


@pytest.mark.promise("I27")
def test_the_token_is_not_in_the_page(user, tmp_path):
    token = "secret-token-of-somebody"
    user.types("show", "plan.json", "--html", str(tmp_path / "page.html"), PINPLAN_ACCESS_TOKEN=token)
    assert token not in (tmp_path / "page.html").read_text("utf-8")


def test_zz_a_plan_that_was_applied_is_shown_read_only(user, tmp_path):
    user.types("apply", "plan.json")
    process, said = started(user, "plan.json", "-o", str(tmp_path / "d.json"))
    page = requests.get(url_in(said), timeout=10).text
    process.send_signal(signal.SIGINT)
    ended, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "plan applied in run" in said + ended
    assert '"read_only":"Read-only: plan applied' in page
    assert not (tmp_path / "d.json").exists()
