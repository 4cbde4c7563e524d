"""A library whose plan has pins of every media type in actions of many kinds, made on the sandbox."""

from __future__ import annotations

from pathlib import Path

from benchmarks.plans import planned
from pinplan.plan.document import Plan
from pinplan.sandbox import Sandbox, World
from pinplan.sandbox.pictures import Kind, Picture, Size

LARGE = Picture(Kind.TEXTURE, 1, 900, 1200)
COPIES = tuple(
    Picture(Kind.TEXTURE, 1, width, width * 4 // 3, quality=70, drawn_at=Size(900, 1200)) for width in (450, 600)
)


def media_world() -> World:
    """One board: pictures of all formats, a GIF, a video, carousels, three of a picture, and one pin that stays."""
    world = World()
    board = world.create_board("Media")
    world.create_section(board.id, "Moved")
    one = lambda number, **more: Picture(Kind.LANDSCAPE, number, 600, 800, **more)  # noqa: E731 - a short name
    world.create_pin(board.id, (one(1),), title="Stays")
    world.create_pin(board.id, (one(2, format="GIF"),), title="GIF that goes")
    world.create_pin(board.id, (one(3),), title="Video that goes", video=True)
    world.create_pin(board.id, (one(4), one(5), one(6)), title="Carousel that goes")
    world.create_pin(board.id, (one(7, format="PNG"),), title="PNG gone from Pinterest")
    world.create_pin(board.id, (one(8, format="WEBP"),), title="WebP that moves")
    world.create_pin(board.id, (one(9), one(10)), title="Carousel gone from Pinterest")
    world.create_pin(board.id, (one(11),), title="Damaged")
    for number, picture in enumerate((LARGE, *COPIES)):
        world.create_pin(board.id, (picture,), title=f"Copy {number}")
    return world


def plan_of_media(folder: Path, sandbox: Sandbox) -> Plan:
    """Let both sides of a new library change, and plan."""
    return planned(folder, sandbox, _change)


def _change(world: World, folder: Path) -> None:
    pins = {pin.title: pin for pin in world.pins_of("Media")}
    for path in sorted((folder / "Media").rglob("*")):
        if "that goes" in path.name and path.is_file():
            path.unlink()
        elif path.name.startswith("Damaged"):
            path.write_bytes(path.read_bytes()[:2000])
    for title, pin in pins.items():
        if title and title.endswith("gone from Pinterest"):
            world.delete_pin(pin.id)
    moved = pins["WebP that moves"]
    world.move_pin(moved.id, moved.board_id, world.section_named("Media", "Moved").id)
    board = moved.board_id
    new = [Picture(Kind.SHAPES, number, 500, 700) for number in range(1, 4)]
    world.create_pin(board, new, title="New carousel")
    world.create_pin(board, (Picture(Kind.SHAPES, 5, 500, 500, format="GIF"),), title="New GIF")
    world.create_pin(board, (Picture(Kind.SHAPES, 6, 500, 700),), title="New video", video=True)
