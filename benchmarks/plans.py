"""A plan with actions of nearly all kinds, and the library that it is about, made on the sandbox."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pinplan.config import CONFIG_NAME, load_config
from pinplan.pipeline import apply_plan, make_plan
from pinplan.plan.document import Plan
from pinplan.reconcile.checks import NAMES
from pinplan.sandbox import Sandbox, World
from pinplan.sandbox.pictures import Kind, Picture, Size
from pinplan.wiring.library_setup import init_library
from pinplan.wiring.open_library import locked, open_library, request_of

HOSTILE = "<script>document.title='pwned'</script>\u202e\x1b[31m | x | y ](javascript:alert(1))"
LARGE = Picture(Kind.TEXTURE, 1, 900, 1200)
SMALL = Picture(Kind.TEXTURE, 1, 450, 600, quality=70, drawn_at=Size(900, 1200))
OTHER = Picture(Kind.TEXTURE, 7, 800, 1000)
OTHER_SMALL = Picture(Kind.TEXTURE, 7, 400, 500, quality=70, drawn_at=Size(800, 1000))


def busy_world() -> World:
    """Two boards with duplicates, and titles that mean harm."""
    world = World()
    animals = world.create_board("Animals 動物")
    other = world.create_board("Other <b>board</b>")
    world.create_section(animals.id, "Cats")
    for number in range(6):
        world.create_pin(animals.id, (Picture(Kind.LANDSCAPE, 100 + number, 600, 800),), title=f"Plain {number}")
    world.create_pin(animals.id, (SMALL,), title="Small", link="javascript:alert(1)")
    world.create_pin(animals.id, (LARGE,), title="Large", link="https://example.org/large")
    world.create_pin(animals.id, (LARGE,), title="Large again")
    world.create_pin(other.id, (OTHER,), title="Kept")
    world.create_pin(other.id, (OTHER_SMALL,), title=HOSTILE, link="javascript:alert(2)")
    for number in range(3):
        twin = Picture(Kind.TEXTURE, 20 + number, 500, 700)
        for _ in range(2):
            world.create_pin(other.id, (twin,), title=f"Twin {number}")
    return world


def plan_of_all_kinds(folder: Path, sandbox: Sandbox | None = None) -> Plan:
    """Make the library in a new folder, let both sides change, and plan."""
    if sandbox is None:
        with Sandbox(busy_world()) as own:
            return plan_of_all_kinds(folder, own)
    return planned(folder, sandbox, _change)


def planned(folder: Path, sandbox: Sandbox, change: Callable[[World, Path], None]) -> Plan:
    """Make a library of everything in a sandbox, let both sides change, and plan; everything may be deleted."""
    init_library(folder)
    config_file = folder / CONFIG_NAME
    _apply(folder, sandbox)
    text = config_file.read_text("utf-8").replace('mode = "archive"', 'mode = "two-way"')
    config_file.write_text(text + '\n[dedupe]\nremove = "both"\n', "utf-8")
    change(sandbox.world, folder)
    return _plan(folder, sandbox)


def _change(world: World, folder: Path) -> None:
    by_title = {pin.title: pin for pin in world.pins_of("Animals 動物")}
    world.delete_pin(by_title["Plain 0"].id)
    section = world.section_named("Animals 動物", "Cats")
    moved = by_title["Plain 1"]
    world.move_pin(moved.id, moved.board_id, section.id)
    world.create_pin(moved.board_id, (Picture(Kind.LANDSCAPE, 300, 700, 500),), title="New")
    files = {path.name.partition(" [")[0]: path for path in (folder / "Animals 動物").rglob("*.jpg")}
    files["Plain 2"].unlink()
    damaged = files["Plain 3"]
    damaged.write_bytes(damaged.read_bytes()[:2000])


def _plan(folder: Path, sandbox: Sandbox) -> Plan:
    config = load_config(library=folder, flags={"network.api_url": sandbox.url})
    with locked(folder, "plan"), open_library(config, token=sandbox.token) as adapters:
        return make_plan(adapters, request_of(config, allow=dict.fromkeys(NAMES, 1_000_000)))


def _apply(folder: Path, sandbox: Sandbox) -> None:
    config = load_config(library=folder, flags={"network.api_url": sandbox.url})
    with locked(folder, "apply"), open_library(config, token=sandbox.token) as adapters:
        assert apply_plan(adapters, make_plan(adapters, request_of(config))).complete
