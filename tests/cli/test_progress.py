"""Progress of long work: bars on a terminal, lines on a pipe, events under ``--json``."""

from __future__ import annotations

import io
import json

import pytest
from rich.console import Console

from pinplan.cli.output import Output, _Bars
from pinplan.events import ActionEnded, AnyEvent, ApplyStarted, Uploading
from pinplan.model.ids import ActionId, RunId

FIRST = ActionId("0001")
SENT = [Uploading(id=FIRST, path="Travel/Rome.mp4", sent=sent, total=500_000_000) for sent in (5_000_000, 500_000_000)]


def test_a_bar_says_how_much_of_a_video_was_sent():
    written = io.StringIO()
    bars = _Bars(Console(file=written, force_terminal=True, width=120))
    bars.take(ApplyStarted(run=RunId("r"), total=2))
    shown = []
    ended: AnyEvent = ActionEnded(id=FIRST, kind="upload_video", address="Travel/Rome.mp4", outcome="done")
    events: list[AnyEvent] = [*SENT, ended]
    for event in events:
        bars.take(event)
        shown.append(str(bars._bars.tasks[0].fields["extra"]))
    bars.stop()
    assert shown == ["5.0 MB of 500.0 MB", "Pinterest processes the video", "0 B"]


@pytest.mark.parametrize(("verbose", "lines"), [(False, 0), (True, 2)])
def test_a_pipe_is_told_on_request(capsys, verbose, lines):
    out = Output(verbose=verbose)
    for event in SENT:
        out.event(event)
    told = capsys.readouterr().err.splitlines()
    assert len(told) == lines
    assert told[:1] == ["sent: 5.0 MB of 500.0 MB of Travel/Rome.mp4"][:lines]


def test_events_have_the_numbers(capsys):
    out = Output(json=True)
    for event in SENT:
        out.event(event)
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert found[-1] == {
        "type": "uploading",
        "id": "0001",
        "path": "Travel/Rome.mp4",
        "sent": 500_000_000,
        "total": 500_000_000,
    }
