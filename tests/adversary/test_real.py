"""Some stories with a pinplan that is a process of its own: over real sockets, by the real clock, killed by SIGKILL."""

from __future__ import annotations

import os
import random
import sys
import time
from typing import Any

import pytest

from tests.adversary.network import Answer, Network
from tests.adversary.real import play_real
from tests.adversary.report import readable

STORIES = 5
SECONDS = 40
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")


def test_a_fault_of_the_sandbox_fails_the_story_by_its_name(monkeypatch):
    def at_fault(*_args: Any) -> Answer:
        raise LookupError("no such backend")

    monkeypatch.setattr(Network, "answer", at_fault)
    began = time.perf_counter()
    (played,) = play_real([1])
    assert played.broken is not None
    assert played.broken.name == "adversary:sandbox"
    assert "LookupError: no such backend" in played.broken.message
    assert time.perf_counter() - began < SECONDS, "pinplan must not go on asking"


@pytest.mark.promise("I14")
@pytest.mark.promise("I20")
def test_real_processes_that_are_killed_lose_nothing(capsys):
    start = 9_000 if os.environ.get("CI") else random.SystemRandom().randrange(10**9)
    began, stories, deaths = time.perf_counter(), 0, 0
    for played in play_real(range(start, start + 100)):
        stories += 1
        deaths += sum(number for (_, _, outcome), number in played.counts.items() if outcome == "died")
        assert played.broken is None, f"seed {played.story.seed}\n{readable(played)}"
        if (stories >= STORIES or time.perf_counter() - began > SECONDS) and deaths:
            break
    with capsys.disabled():
        sys.stdout.write(f"\n{stories} stories with real processes from seed {start} on, {deaths} of them killed\n")
    assert deaths
