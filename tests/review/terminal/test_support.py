"""Which terminals can show a review: found out without sending them anything."""

from __future__ import annotations

import io

import pytest

from pinplan.review.terminal import support
from pinplan.review.terminal.support import why_not


class Terminal(io.StringIO):
    def __init__(self, *, encoding: str = "utf-8", is_one: bool = True) -> None:
        super().__init__()
        self._encoding, self._is_one = encoding, is_one

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._encoding

    def isatty(self) -> bool:
        return self._is_one


@pytest.mark.parametrize("kind", ["xterm-256color", "linux", "tmux-256color", "xterm-kitty", "vt100"])
def test_a_terminal_that_moves_its_cursor_will_do(kind):
    assert why_not({"TERM": kind}, Terminal(), Terminal()) == ""


@pytest.mark.parametrize(
    ("environment", "keyboard", "screen", "words"),
    [
        ({"TERM": "dumb"}, Terminal(), Terminal(), "TERM is dumb"),
        ({}, Terminal(), Terminal(), "TERM is not set"),
        ({"TERM": "xterm"}, None, Terminal(), "needs a terminal"),
        ({"TERM": "xterm"}, Terminal(is_one=False), Terminal(), "needs a terminal"),
        ({"TERM": "xterm"}, Terminal(), Terminal(is_one=False), "needs a terminal"),
        ({"TERM": "xterm"}, Terminal(), Terminal(encoding="latin-1"), "encoding is latin-1"),
    ],
)
def test_any_other_is_told_why_not_and_sent_nothing(environment, keyboard, screen, words):
    assert words in why_not(environment, keyboard, screen)
    assert screen.getvalue() == ""


def test_without_the_extra_it_is_said_how_to_install_it(monkeypatch):
    monkeypatch.setattr(support, "find_spec", lambda _: None)
    assert "pip install 'pinplan[tui]'" in why_not({"TERM": "xterm"}, Terminal(), Terminal())
