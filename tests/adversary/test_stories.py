"""The same seed, the same bytes; every kept story, and fresh ones."""

from __future__ import annotations

import os
import random
import sys
import time
from pathlib import Path

import pytest

from tests.adversary.known import KNOWN, known
from tests.adversary.report import readable
from tests.adversary.runner import play_all, replay
from tests.adversary.story import read_story
from tests.thorough import times

STORIES = Path(__file__).parents[2] / "fixtures" / "stories"
KEPT = sorted(STORIES.glob("*.json"))
SECONDS = float(os.environ.get("PINPLAN_ADVERSARY_SECONDS", times(25, 8)))
"""For each of two tests of fresh seeds, which run side by side."""
SEEDS_OF_CI = 3_000
"""Continuous integration plays the same stories each time, as its hypothesis profile does: it judges a change, it does not explore."""


@pytest.mark.promise("I8")
def test_the_same_seed_is_the_same_story_to_the_last_byte():
    seeds = range(5)
    first = [(played.digest, played.words) for played in play_all(seeds)]
    assert [(played.digest, played.words) for played in play_all(seeds)] == first


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.stem)
def test_a_story_that_once_broke_something_breaks_nothing_any_more(path):
    story, _ = read_story(path)
    played = replay(story)
    assert played.broken is None, readable(played)


@pytest.mark.parametrize("switch", KNOWN, ids=lambda switch: switch.name)
def test_every_switch_has_a_kept_story_that_still_meets_it(switch):
    """What was mended loses its switch: from then on whoever breaks it again is found out."""
    kept = [(path, *read_story(path)) for path in KEPT]
    about = [(path, story) for path, story, said in kept if known(said["broken"], (switch,))]
    assert about, f"keep a story that breaks {switch.name} in fixtures/stories"
    met = [path.name for path, story in about if replay(story).met[switch.name]]
    assert met, f"{switch.name} is mended: no story breaks it any more; take its line out of tests/adversary/known.py"


@pytest.mark.promise("I17")
@pytest.mark.promise("I23")
@pytest.mark.parametrize("half", [0, 1])
def test_fresh_stories_break_nothing_that_is_not_known(half, capsys):
    start = (SEEDS_OF_CI if os.environ.get("CI") else random.SystemRandom().randrange(10**9)) * 2 + half
    stories = 0
    for played in play_all(range(start, start + 10_000, 2), until=time.perf_counter() + SECONDS):
        stories += 1
        again = f"python -m tests.adversary --seeds {played.story.seed}:{played.story.seed + 1}"
        assert played.broken is None, f"{again}\n{readable(played)}"
    with capsys.disabled():
        sys.stdout.write(f"\n{stories} fresh stories from seed {start} on\n")
    assert stories
