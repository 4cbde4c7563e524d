"""A story: how everything is at first, and what happens then. Plain data, the same for the same seed."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

Thing = TypeVar("Thing")
PICKS = 6
LENGTH = 20
ASKING = 0.4
"""The share of steps in which pinplan is asked for something."""


@dataclass(frozen=True)
class Step:
    """Something that happens: a verb of the tables, and numbers that are resolved against what is there when it happens.

    Because no step names a file or a pin, any part of a story is a story: that is what makes shrinking possible.
    """

    verb: str
    picks: tuple[int, ...] = ()


@dataclass(frozen=True)
class Story:
    """How it begins, and what happens then.

    Attributes:
        seed: where it was drawn from; only told, never used again.
        setup: ``config`` (tables of pinplan.toml), ``boards`` (name and sections) and ``pins`` (board, section, sort, number).
        steps: what happens.
    """

    seed: int
    setup: dict[str, Any]
    steps: tuple[Step, ...] = field(default=())

    def as_json(self, **besides: object) -> str:
        """The story as a file, a step a line; ``besides`` is what else a reader of it wants to know."""
        head = {"seed": self.seed, **besides, "setup": self.setup}
        lines = [json.dumps([step.verb, *step.picks], ensure_ascii=False) for step in self.steps]
        body = json.dumps(head, ensure_ascii=False, indent=1)[:-2]
        return body + ',\n "steps": [\n  ' + ",\n  ".join(lines) + "\n ]\n}\n"


def read_story(path: Path) -> tuple[Story, dict[str, Any]]:
    """A story from its file, and everything that the file says."""
    said = json.loads(path.read_text(encoding="utf-8"))
    steps = tuple(Step(line[0], tuple(line[1:])) for line in said["steps"])
    return Story(said["seed"], said["setup"], steps), said


class Picks:
    """The numbers of a step, taken one after the other."""

    def __init__(self, numbers: Sequence[int]) -> None:
        self._numbers = list(numbers)

    def number(self, below: int) -> int:
        """A number from 0 to ``below`` - 1."""
        return (self._numbers.pop(0) if self._numbers else 0) % below

    def of(self, things: Sequence[Thing]) -> Thing:
        """One of several."""
        return things[self.number(len(things))]


def draw_story(seed: int, verbs: Sequence[Any], length: int = LENGTH) -> Story:
    """The story of a seed; ``verbs`` are rows of the tables (see `tests.adversary.actors`)."""
    dice = random.Random(f"story {seed}")
    from tests.adversary.setup import draw_setup

    setup = draw_setup(dice)
    asks = [verb for verb in verbs if verb.actor == "asks"]
    others = [verb for verb in verbs if verb.actor != "asks"]
    steps = [Step("sync", tuple(dice.randrange(10_000) for _ in range(PICKS)))]
    while len(steps) < length:
        pool = (asks or others) if dice.random() < ASKING else (others or asks)
        verb = dice.choices(pool, [one.weight for one in pool])[0]
        steps.append(Step(verb.name, tuple(dice.randrange(10_000) for _ in range(PICKS))))
    return Story(seed, setup, tuple(steps))
