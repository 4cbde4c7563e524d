"""``pinplan review --tui`` as it is typed in a terminal, and where there is none."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Iterator

import pytest

from pinplan.sandbox import Sandbox, World
from pinplan.sandbox.pictures import Kind, Picture
from tests.cli.terminal import PINPLAN
from tests.cli.test_cli import User

pytest.importorskip("textual")

HOSTILE = "Cat \x1b]0;owned\x07\x9b31m\u202egnp\x1b[2J"
# What begins a picture: kitty's protocol (APC), sixel (DCS), iTerm's (OSC 1337).
PICTURES = ("\x1b_", "\x1bP", "\x1b]1337", "\x9f", "\x90")


@pytest.fixture(scope="module")
def user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[User]:
    world = World()
    board = world.create_board("Animals")
    for number in range(3):
        world.create_pin(board.id, (Picture(Kind.LANDSCAPE, number, 300, 400),), title=f"{HOSTILE} {number}")
    with Sandbox(world) as sandbox:
        made = User(tmp_path_factory.mktemp("home"), sandbox)
        made.environment["XDG_STATE_HOME"] = str(made.home / "state")
        made.types("init", str(made.pins), cwd=made.home)
        made.types("plan", "-o", "plan.json")
        yield made


class Window:
    """A terminal of 80 by 24 that shows nothing, but keeps what it is sent."""

    def __init__(self, user: User, *words: str, **environment: str) -> None:
        self._master, slave = pty.openpty()
        self._set_size(80, 24)
        self.process = subprocess.Popen(
            [PINPLAN, "review", "--tui", "plan.json", *words],
            cwd=user.pins, env={**user.environment, "TERM": "xterm-256color", **environment}, start_new_session=True,
            stdin=slave, stdout=slave, stderr=slave,
        )  # fmt: skip
        os.close(slave)
        self.sent = b""

    def resize(self, columns: int, rows: int) -> None:
        self._set_size(columns, rows)
        self.process.send_signal(signal.SIGWINCH)

    def _set_size(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def until(self, words: bytes, seconds: float = 20.0) -> None:
        ends = time.monotonic() + seconds
        start = len(self.sent)
        while words not in self.sent[start:] and time.monotonic() < ends:
            if not self._read():
                break
        assert words in self.sent[start:], self.sent[-3000:]

    def _read(self) -> bool:
        if not select.select([self._master], [], [], 0.1)[0]:
            return True
        try:
            data = os.read(self._master, 65536)
        except OSError:  # the other side is closed
            return False
        self.sent += data
        return bool(data)

    def types(self, keys: bytes) -> None:
        os.write(self._master, keys)

    def ends(self) -> int:
        while self._read() and self.process.poll() is None:
            pass
        while self._read() and select.select([self._master], [], [], 0)[0]:
            pass
        os.close(self._master)
        return self.process.wait(20)


@pytest.mark.promise("I28")
@pytest.mark.parametrize(
    ("environment", "picture"),
    [
        ({"COLORTERM": "truecolor"}, rb"38;2;\d+;\d+;\d+;48;2"),
        ({}, rb"38;5;\d+;48;5"),
        ({"NO_COLOR": "1"}, "[░▒▓]{3}".encode()),
        ({"TERM": "linux"}, "[░▒▓]{3}".encode()),
    ],
)
def test_a_terminal_is_sent_only_what_it_understands(user, tmp_path, environment, picture):
    window = Window(user, "-o", str(tmp_path / "d.json"), **environment)
    window.until(b"finish")
    ends = time.monotonic() + 20
    while not re.search(picture, window.sent) and time.monotonic() < ends:
        window._read()
    window.resize(200, 50)
    window.until(b"finish")
    window.types(b"s")
    window.until(b"Skipped")
    window.types(b"q")
    window.until(b"save and finish")
    window.types(b"f")
    assert window.ends() == 0
    assert re.search(picture, window.sent), environment
    assert not any(begin in window.sent.decode() for begin in PICTURES)
    for text in (b"\x1b]0;", b"\x07", "\x9b".encode(), "\u202e".encode(), b"gnp\x1b[2J"):
        assert text not in window.sent
    if "NO_COLOR" in environment:
        assert not re.search(rb"\x1b\[(\d+;)*[34][0-8](;\d+)*m", window.sent)
    assert b"?1049l" in window.sent  # the terminal is as it was
    assert b"With these decisions, the plan downloads 2" in window.sent
    assert list(json.loads((tmp_path / "d.json").read_text())["decisions"].values()) == [{"verdict": "skip"}]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_ends_it_with_everything_saved(user, tmp_path, number):
    window = Window(user, "-o", str(tmp_path / "d.json"))
    window.until(b"finish")
    window.types(b"s")
    window.until(b"Skipped")
    window.process.send_signal(number)
    assert window.ends() == 0
    assert len(json.loads((tmp_path / "d.json").read_text())["decisions"]) == 1


def test_a_kill_loses_nothing_that_was_shown_as_saved(user, tmp_path):
    window = Window(user, "-o", str(tmp_path / "d.json"))
    window.until(b"finish")
    window.types(b"s")
    window.until(b"Skipped")
    ends = time.monotonic() + 10
    while not (tmp_path / "d.json").exists() and time.monotonic() < ends:
        window._read()
    window.process.kill()
    window.ends()
    assert len(json.loads((tmp_path / "d.json").read_text())["decisions"]) == 1


def test_without_a_terminal_it_says_so_and_sends_nothing_else(user, tmp_path):
    said = user.types("review", "--tui", "plan.json", "-o", str(tmp_path / "d.json"), code=64)
    assert "--tui needs a terminal" in said
    assert "\x1b" not in said
    assert not (tmp_path / "d.json").exists()
    said = user.types("review", "--tui", "plan.json", "--port", "8000", code=64)
    assert "--port" in said


def test_it_ends_with_its_terminal_also_where_no_signal_is_sent(user, tmp_path):
    window = Window(user, "-o", str(tmp_path / "d.json"))
    window.until(b"finish")
    window.types(b"s")
    window.until(b"Skipped")
    os.close(window._master)  # not its controlling terminal: as under nohup, nothing tells it
    assert window.process.wait(30) in {0, 120}  # 120: Python, of what a library could not print any more
    assert list(json.loads((tmp_path / "d.json").read_text())["decisions"].values()) == [{"verdict": "skip"}]


def test_a_dumb_terminal_is_told_so_and_sent_no_sequence(user, tmp_path):
    window = Window(user, "-o", str(tmp_path / "d.json"), TERM="dumb")
    assert window.ends() == 64
    assert b"TERM is dumb" in window.sent
    assert b"\x1b" not in window.sent


def test_the_result_can_be_piped(user, tmp_path):
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [PINPLAN, "review", "--tui", "plan.json", "-o", str(tmp_path / "d.json"), "--json", "-q"],
        cwd=user.pins, env={**user.environment, "TERM": "xterm"}, stdin=slave, stdout=subprocess.PIPE, stderr=slave,
    )  # fmt: skip
    os.close(slave)
    sent = b""
    while b"finish" not in sent:
        sent += os.read(master, 65536)
    os.write(master, b"\x03")
    while process.poll() is None:
        if select.select([master], [], [], 0.05)[0]:
            try:
                os.read(master, 65536)
            except OSError:
                break
    out, _ = process.communicate(timeout=20)
    os.close(master)
    assert process.returncode == 0
    assert json.loads(out)["consequence"] == "downloads 3"
    assert b"\x1b" not in out
