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
BOARDS = ("Animals 動物", "a/b: c?", "Recipes", "recipes old", "con")
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
    setup = draw_setup(dice)
    asks = [verb for verb in verbs if verb.actor == "asks"]
    others = [verb for verb in verbs if verb.actor != "asks"]
    steps = [Step("sync", tuple(dice.randrange(10_000) for _ in range(PICKS)))]
    while len(steps) < length:
        pool = (asks or others) if dice.random() < ASKING else (others or asks)
        verb = dice.choices(pool, [one.weight for one in pool])[0]
        steps.append(Step(verb.name, tuple(dice.randrange(10_000) for _ in range(PICKS))))
    return Story(seed, setup, tuple(steps))


def draw_setup(dice: random.Random) -> dict[str, Any]:
    """A config from the whole schema, boards and pins."""
    names = dice.sample(BOARDS, dice.randint(1, 3))
    boards = [{"name": name, "sections": ["Section", "Other"][: dice.choice((0, 1, 1, 2))]} for name in names]
    sorts = ("small",) * 8 + ("large", "png", "carousel", "copy", "recompressed", "variant", "webp", "video", "titled")
    pins = []
    for number in range(dice.randint(2, 9)):
        board = dice.randrange(len(boards))
        sections = len(boards[board]["sections"])
        section = dice.randrange(sections) if sections and dice.random() < 0.4 else -1
        pins.append([board, section, dice.choice(sorts), number])
    return {"config": draw_config(dice, boards), "boards": boards, "pins": pins}


def draw_config(dice: random.Random, boards: list[dict[str, Any]]) -> dict[str, Any]:
    """Tables of pinplan.toml; high enough limits that things happen, mostly."""
    config: dict[str, Any] = {"sync": {"mode": dice.choice(("two-way",) * 5 + ("mirror",) * 2 + ("archive",) * 2)}}
    if dice.random() < 0.5:
        config["dedupe"] = {"remove": dice.choice(("both", "both", "both", "local", "remote", "report", "off"))}
        if dice.random() < 0.5:
            config["dedupe"]["scope"] = dice.choice(("section", "board", "account"))
        if dice.random() < 0.5:
            config["dedupe"]["merge"] = ["description", "link", "alt_text"]
    if dice.random() < 0.2:
        config["limits"] = {"max_remote_delete_count": dice.randint(0, 2), "max_local_delete_count": dice.randint(0, 2)}
    elif dice.random() < 0.5:
        config["limits"] = {"max_remote_deletes": "100%", "max_local_deletes": "100%"}
    if dice.random() < 0.15:
        config["protect"] = {"boards": [dice.choice(boards)["name"]]}
    if dice.random() < 0.1:
        config.setdefault("sync", {})["on_missing_file"] = dice.choice(("leave", "download", "delete"))
    if dice.random() < 0.15:
        config["override"] = [
            {"board": dice.choice(boards)["name"], "mode": dice.choice(("archive", "mirror", "two-way"))}
        ]
    if dice.random() < 0.15:
        config["library"] = {"template": "{board}/{title} ({pin_id}){slot}{ext}"}
    return config
