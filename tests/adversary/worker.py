"""What a process does that plays stories beside others. Imports nothing of pinplan before it knows whose."""

from __future__ import annotations

import sys
import time
from itertools import chain
from pathlib import Path
from typing import Any

_CHOSEN: dict[str, Any] = {}


def begin(options: dict[str, Any]) -> None:
    if options["pinplan"]:
        sys.path.insert(0, str(Path(options["pinplan"]).resolve()))
    _CHOSEN.update(options)


def play_some(work: tuple[int, int, float | None]) -> list[dict[str, Any]]:
    """Play a few stories; those that broke something are made small here."""
    from tests.adversary.known import without
    from tests.adversary.real import play_real
    from tests.adversary.report import write_story
    from tests.adversary.runner import play_all, playing
    from tests.adversary.shrink import shrunk
    from tests.adversary.still import stillness

    first, stop, until = work
    if until is not None and time.time() > until:
        return []
    switches = without(_CHOSEN["unknown"])
    only = [name for name in _CHOSEN["only"].split(",") if name]
    told = []
    every = _CHOSEN["real"]
    plain = [seed for seed in range(first, stop) if not every or seed % every]
    really = sorted(set(range(first, stop)) - set(plain))
    stories = play_all(plain, length=_CHOSEN["steps"], only=only, switches=switches)
    for played in chain(stories, play_real(really, switches) if really else ()):
        one: dict[str, Any] = {
            "seed": played.story.seed, "steps": played.step, "met": dict(played.met), "first": played.first,
            "counts": [[*key, number] for key, number in played.counts.items()],
        }  # fmt: skip
        told.append(one)
        if played.broken is None:
            continue
        one |= {"broken": played.broken.name, "message": played.broken.message}
        marker = Path(_CHOSEN["out"]) / f".{played.broken.name.replace(':', '-').replace(' ', '-')}"
        if _CHOSEN["no_shrink"] or marker.exists() or played.story.seed in really:
            continue
        marker.parent.mkdir(parents=True, exist_ok=True)
        marker.touch()
        with stillness():
            small = shrunk(played, playing(switches))
        one |= {"file": str(write_story(small, Path(_CHOSEN["out"]))), "small": len(small.story.steps)}
    return told
