"""Makes a story that broke something small: steps are dropped, then what is left is made simpler."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from tests.adversary.runner import Played
from tests.adversary.story import Step, Story

Play = Callable[[Story], Played]
_MOST = 600


def shrunk(played: Played, play: Play, most: int = _MOST) -> Played:
    """The smallest story that was found which breaks the same invariant; at most so many are tried."""
    assert played.broken is not None
    name, tries = played.broken.name, 0
    best = replace_story(played, replace(played.story, steps=played.story.steps[: played.step]))
    again = True
    while again and tries < most:
        again = False
        for smaller in _smaller(best.story):
            tries += 1
            found = play(smaller)
            if found.broken is not None and found.broken.name == name:
                best, again = replace_story(found, replace(smaller, steps=smaller.steps[: found.step])), True
                break
            if tries >= most:
                break
    return best


def replace_story(played: Played, story: Story) -> Played:
    """The same outcome, told of another story."""
    played.story = story
    return played


def _smaller(story: Story) -> Iterator[Story]:
    """Stories that are simpler, the boldest cuts first."""
    steps = story.steps
    size = len(steps) // 2
    while size >= 1:
        for start in range(0, len(steps), size):
            if len(steps) > size:
                yield replace(story, steps=steps[:start] + steps[start + size :])
        size //= 2
    for setup in _simpler_setups(story.setup):
        yield replace(story, setup=setup)
    for number, step in enumerate(steps):
        for picks in _simpler_picks(step.picks):
            yield replace(story, steps=(*steps[:number], Step(step.verb, picks), *steps[number + 1 :]))


def _simpler_setups(setup: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for number in range(len(setup["pins"])):
        yield setup | {"pins": setup["pins"][:number] + setup["pins"][number + 1 :]}
    if len(setup["boards"]) > 1:
        yield setup | {"boards": setup["boards"][:1]}
    for table in setup["config"]:
        yield setup | {"config": {key: value for key, value in setup["config"].items() if key != table}}
    for number, (board, section, sort, name) in enumerate(setup["pins"]):
        for plain in ([board, -1, sort, name], [board, section, "small", name], [0, section, sort, name]):
            if plain != setup["pins"][number]:
                other = copy.deepcopy(setup)
                other["pins"][number] = plain
                yield other


def _simpler_picks(picks: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    if picks and any(picks):
        yield (0,) * len(picks)
    for number, pick in enumerate(picks):
        for smaller in {0, 1, pick % 10} - {pick}:
            if smaller < pick:
                yield (*picks[:number], smaller, *picks[number + 1 :])
    while picks and picks[-1] == 0:
        picks = picks[:-1]
        yield picks
