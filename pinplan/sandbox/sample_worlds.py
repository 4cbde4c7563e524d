"""Sample worlds: 11 boards with everything awkward about real accounts, and a large one for load tests."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pinplan.sandbox.pictures import Kind, Picture, Size
from pinplan.sandbox.world import World

if TYPE_CHECKING:
    from collections.abc import Sequence


OTHER_PERSON = "somebody_else"
# Longer than a file name may be (255 bytes) once a title is added.
LONG_NAME = "Everything that I would like to look at again some day, " * 3 + "and more to see"
_SHAPES = (Size(736, 1104), Size(1000, 1000), Size(900, 640), Size(640, 960), Size(1280, 853), Size(564, 846))

_CATS: tuple[str | None, ...] = (
    "Sleepy cat", "Cat on a wall / in the sun", "Two kittens", None, "Black cat: portrait", "猫の写真", "A cat called <script>alert(1)</script>",
)  # fmt: skip
_DOGS: tuple[str | None, ...] = ("Good dog", "Dog, running", None, "犬", "Old dog, new tricks")
_ANIMALS: tuple[str | None, ...] = ("Owl at dusk", "Fox", None, "Hedgehog | with pipes", "Whale", "Tiny frog 🐸")
_NATURE: tuple[str | None, ...] = (
    "First light", "Mist over the ridge", "Coast", None, "Autumn in five layers", "Glacier", "שלום ים", "Dunes",
    "Rain \u202ereversed\u202c text", "Valley",
)  # fmt: skip
_ART: tuple[str | None, ...] = (
    "Paper cut",
    "Poster no. 1",
    "Poster no. 2",
    "Marble",
    None,
    "Study in circles",
    "Cloth",
)
_QUOTES: tuple[str | None, ...] = (
    "Begin anywhere",
    "Keep",
    None,
    "One more page",
    "Slow is smooth",
    "The sea",
    "...",
    "con",
)


def default_world(*, every_shape: bool = False) -> World:
    """The demo's world, always the same.

    Args:
        every_shape: add two pins, so that all five media shapes occur.
    """
    world = World()
    _animals(world)
    nature = world.create_board("Nature 自然", description="Hills, mostly.")
    _fill(world, nature.id, _NATURE, Kind.LANDSCAPE, seed=100)
    art = world.create_board("🎨 Art & Ideas")
    _fill(world, art.id, _ART, Kind.SHAPES, seed=200)
    _odd_shapes(world, art.id)
    odd = world.create_board("a/b: c?")
    _fill(world, odd.id, _QUOTES, Kind.QUOTE, seed=300)
    # A device name on Windows, and the parent folder: both must be renamed, not refused.
    for number, name in enumerate(("con", "..")):
        board = world.create_board(name)
        _fill(world, board.id, ("Reserved", None, "Third"), Kind.FLAT, seed=400 + 10 * number)
    _twins(world)
    _secret_and_group(world)
    if every_shape:
        _clips(world, art.id)
    return world


def _fill(
    world: World, board_id: str, titles: Sequence[str | None], kind: Kind, *, seed: int, section_id: str | None = None
) -> None:
    """One pin per title, in varying sizes and file formats."""
    formats = ("JPEG", "JPEG", "JPEG", "PNG", "JPEG", "WEBP", "JPEG", "GIF")
    for number, title in enumerate(titles):
        size = _SHAPES[(seed + number) % len(_SHAPES)]
        form = formats[number % len(formats)] if kind is not Kind.LANDSCAPE else "JPEG"
        world.create_pin(
            board_id,
            # Seeds never overlap between boards: an accidental duplicate would change the demo's plan.
            (Picture(kind, seed + number, size.width, size.height, form),),
            section_id=section_id,
            title=title,
            description=f"About {title}" if title and number % 2 else None,
            link=f"https://example.org/{seed + number}" if number % 3 else None,
            alt_text="A picture" if number % 4 == 0 else None,
        )


def _animals(world: World) -> None:
    board = world.create_board("Animals 動物", description="With sections.")
    cats = world.create_section(board.id, "Cats")
    dogs = world.create_section(board.id, "Dogs 犬")
    _fill(world, board.id, _CATS, Kind.LANDSCAPE, seed=10, section_id=cats.id)
    _fill(world, board.id, _DOGS, Kind.TEXTURE, seed=30, section_id=dogs.id)
    _fill(world, board.id, _ANIMALS, Kind.SHAPES, seed=50)


def _odd_shapes(world: World, board_id: str) -> None:
    """A carousel, a video, one picture twice, and a smaller copy of it."""
    slots = [Picture(Kind.SHAPES, 260 + slot, 800, 1000) for slot in range(3)]
    world.create_pin(board_id, slots, title="Three in a row")
    world.create_pin(board_id, (Picture(Kind.LANDSCAPE, 270, 720, 1280),), title="Waves, moving", video=True)
    twin = Picture(Kind.TEXTURE, 280, 1000, 1300)
    world.create_pin(board_id, (twin,), title="Seen twice")
    world.create_pin(board_id, (twin,), title="Seen twice (again)")
    world.create_pin(
        board_id,
        (Picture(Kind.TEXTURE, 280, 500, 650, quality=70, drawn_at=Size(1000, 1300)),),
        title="Seen twice, small",
    )


def _twins(world: World) -> None:
    """Two boards whose names differ only in case, and one with a name of 180 characters."""
    for number, name in enumerate(("Recipes", "recipes")):
        board = world.create_board(name)
        _fill(world, board.id, ("Soup", "Bread", None, "Soup"), Kind.FLAT, seed=500 + 10 * number)
    long = world.create_board(LONG_NAME[:180])
    section = world.create_section(long.id, ("長い" * 90)[:180])
    _fill(world, long.id, ("X" * 100, None, "Plain"), Kind.TEXTURE, seed=540, section_id=section.id)


def _secret_and_group(world: World) -> None:
    secret = world.create_board("Surprise party", privacy="SECRET")
    _fill(world, secret.id, ("Cake", "Lanterns", None), Kind.FLAT, seed=600)
    group = world.create_board("Shared kitchen", owner=OTHER_PERSON)
    _fill(world, group.id, ("Tiles", "Shelf"), Kind.TEXTURE, seed=620)
    for number in range(3):
        picture = Picture(Kind.LANDSCAPE, 640 + number, 800, 600)
        world.create_pin(group.id, (picture,), title=f"Not mine {number + 1}", owner=OTHER_PERSON)


def _clips(world: World, board_id: str) -> None:
    """A carousel of videos, and a mixed one."""
    clips = [Picture(Kind.TEXTURE, 660 + slot, 720, 1280) for slot in range(2)]
    world.create_pin(board_id, clips, title="Two clips", video=True)
    both = [Picture(Kind.SHAPES, 662, 800, 1000), Picture(Kind.LANDSCAPE, 663, 720, 1280)]
    world.create_pin(board_id, both, title="A picture and a clip", videos=(False, True))


# Distinct pictures in a large world: drawing 100,000 of them would take hours.
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
        """The shared picture, drawn and encoded once for all its aliases."""
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
