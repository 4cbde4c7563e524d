"""A large world, made quickly: every pin has its own signature, the pictures behind them are a few."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from pinplan.sandbox.pictures import Kind, Picture
from pinplan.sandbox.world import World

SHARED = 24
_WORDS = (
    "quiet",
    "amber",
    "north",
    "paper",
    "river",
    "velvet",
    "stone",
    "summer",
    "copper",
    "harbour",
    "cedar",
    "dusk",
)


@dataclass(frozen=True, slots=True)
class _Shared(Picture):
    """A picture under another signature."""

    alias: str = ""

    @property
    def signature(self) -> str:
        """The alias."""
        return self.alias

    @property
    def drawn(self) -> Picture:
        """The one that is shared: drawn and encoded once for all its aliases."""
        return Picture(self.kind, self.seed, self.width, self.height, self.format, self.quality)


def large_world(boards: int, pins: int, seed: int = 0) -> World:
    """A world with that many boards and pins, the same for the same seed."""
    world = World()
    kinds = list(Kind)
    drawn = [Picture(kinds[n % len(kinds)], seed * 1000 + n, 600, 720 + 40 * (n % 8)) for n in range(SHARED)]
    made = [
        world.create_board(f"Board {number + 1:04d}", description="made by a generator") for number in range(boards)
    ]
    for board in made[::10]:
        world.create_section(board.id, "First half")
    for number in range(pins):
        board = made[number % boards]
        section = next(iter(board.sections), None) if number // boards % 2 == 0 else None
        picture = drawn[number % SHARED]
        alias = hashlib.md5(f"{seed}/{number}".encode(), usedforsecurity=False).hexdigest()
        shared = _Shared(
            picture.kind, picture.seed, picture.width, picture.height, picture.format, picture.quality, alias=alias
        )
        word = f"{_WORDS[number % 12]} {_WORDS[number // 12 % 12]}"
        world.create_pin(
            board.id,
            (shared,),
            section_id=section,
            title=f"{word.capitalize()} {number}" if number % 9 else None,
            description=f"Found on a walk, number {number}.",
            link=f"https://example.org/{number}" if number % 3 else None,
        )
    return world
