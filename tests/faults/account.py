"""A small account on the sandbox and a library of it, in which every kind of action has something to do."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pinplan.actions import (
    CreateBoard,
    CreateSection,
    MoveRemote,
    RenameBoard,
    RenameSection,
    UploadCarousel,
    UploadPin,
    UploadVideo,
)
from pinplan.adapters import Adapters
from pinplan.apply.refusals import tried_first
from pinplan.config import load_config
from pinplan.formats.metadata import without_metadata
from pinplan.model.creates import CreateRecord, PlaceRecord
from pinplan.pipeline import apply_plan, make_plan
from pinplan.plan.document import Plan
from pinplan.policies.mode import Mode
from pinplan.sandbox import Sandbox, World
from pinplan.sandbox.pictures import Kind, Picture, encoded, uploaded
from pinplan.wiring.library_setup import init_library
from pinplan.wiring.open_library import open_library, request_of
from tests.small_videos import video
from tests.worlds import EVERYTHING

TITLES = (
    "Stays",
    "Moves",
    "Rots",
    "Deleted there",
    "Removed here",
    "Gone on both sides",
    "Stays too",
    "Saved again",
    "Renamed here",
    "Sorted here",
    "Stays as well",
    "Sorted into a new folder",
)


NEW_HERE = "Painted by me"
PAINTED = encoded(Picture(Kind.SHAPES, 99, 420, 300), "1200x")
NEW_THERE = "Painted for a new board"
PAINTED_TOO = encoded(Picture(Kind.LANDSCAPE, 98, 420, 300), "1200x")
FILMED = "Filmed by me"
COVER = encoded(Picture(Kind.LANDSCAPE, 94, 420, 300), "1200x")
TRIP = tuple(encoded(Picture(Kind.LANDSCAPE, number, 420, 300), "1200x") for number in (95, 96))


def picture(number: int) -> Picture:
    return Picture(Kind.FLAT, number, 120, 100)


def agreed_world() -> World:
    """What both sides agree on; always the same, with the same ids."""
    world = World()
    board = world.create_board("Animals 動物")
    section = world.create_section(board.id, "Cats")
    for number, title in enumerate(TITLES):
        at = section.id if number % 2 else None
        world.create_pin(board.id, (picture(number),), title=title, section_id=at, link=f"https://example.org/{number}")
    world.create_pin(board.id, (picture(0),), title="Shows the same", section_id=section.id)
    named = world.create_board("Old name")
    world.create_pin(named.id, (picture(30),), title="On a board that is renamed")
    part = world.create_section(board.id, "Old part")
    world.create_pin(board.id, (picture(31),), title="In a section that is renamed", section_id=part.id)
    return world


def changed_world() -> World:
    """The same after things happened on Pinterest."""
    world = agreed_world()
    other = world.create_board("Elsewhere")
    by_title = {pin.title: pin for pin in world.pins.values()}
    world.move_pin(by_title["Moves"].id, other.id)
    world.delete_pin(by_title["Deleted there"].id)
    world.delete_pin(by_title["Gone on both sides"].id)
    again = by_title["Saved again"]
    world.delete_pin(again.id)
    world.create_pin(other.id, again.pictures, title=again.title)
    for number in (20, 21):
        world.create_pin(other.id, (picture(number),), title=f"New {number}")
    world.create_pin(other.id, (picture(22),), title="Here already")
    world.create_pin(other.id, (picture(6),), title="Shows the same as another board's")
    return world


def after(plan: Plan) -> World:
    """Pinterest after a plan was applied: what it deletes there is gone, what it uploads is there, under the same id."""
    world = changed_world()
    made: dict[str, str] = {}
    for planned in tried_first(plan.actions):
        action = planned.at_created(made)
        if isinstance(action, CreateBoard):
            made[action.board_id] = world.create_board(action.name, privacy=action.privacy.value).id
        if isinstance(action, CreateSection) and action.after.section_id:
            made[action.after.section_id] = world.create_section(action.board_id, action.name).id
        if action.deletes_pin:
            world.delete_pin(action.pin_id)
        if isinstance(action, MoveRemote):
            world.move_pin(action.pin_id, action.target.board_id, action.target.section_id)
        if isinstance(action, RenameBoard):
            world.update_board(action.board_id, name=action.new_name)
        if isinstance(action, RenameSection) and action.expect.section_id:
            world.rename_section(action.board_id, action.expect.section_id, action.new_name)
        if isinstance(action, UploadPin | UploadVideo | UploadCarousel):
            shown = tuple(uploaded(without_metadata("JPEG", data)) for data in _data_of(action))
            world.create_pin(
                action.board_id,
                shown,
                title=action.title,
                section_id=action.after.section_id,
                video=isinstance(action, UploadVideo),
            )
    return world


def _data_of(action: UploadPin | UploadVideo | UploadCarousel) -> tuple[bytes, ...]:
    """The pictures of an upload."""
    if isinstance(action, UploadCarousel):
        return TRIP
    return (COVER if isinstance(action, UploadVideo) else PAINTED if action.title == NEW_HERE else PAINTED_TOO,)


def change_here(library: Path, world: World) -> None:
    """Things happen in the folder."""
    names = {path.name.partition(" [")[0]: path for path in library.rglob("*.jpg")}
    names["Removed here"].unlink()
    names["Gone on both sides"].unlink()
    names["Renamed here"].rename(library / "best of all.jpg")
    rotten = names["Rots"]
    rotten.write_bytes(rotten.read_bytes()[:300])
    here = next(pin for pin in world.pins.values() if pin.title == "Here already")
    (library / "Elsewhere").mkdir()
    (library / "Old name").rename(library / "New name")
    (library / "Animals 動物" / "Old part").rename(library / "Animals 動物" / "New part")
    names["Sorted here"].rename(library / "Elsewhere" / "sorted.jpg")
    (library / "New board" / "New section").mkdir(parents=True)
    names["Sorted into a new folder"].rename(library / "New board" / "sorted too.jpg")
    (library / "New board" / "New section" / f"{NEW_THERE}.jpg").write_bytes(PAINTED_TOO)
    (library / "Elsewhere" / f"Here already [{here.id}].jpg").write_bytes(names["Stays"].read_bytes())
    for title in ("Moves", "Deleted there", "Stays too"):
        path = names[title]
        path.with_name(f"{path.name}.xmp").write_text(f"what is said of {title}")
    (library / "a note.txt").write_text("mine")
    new = library / "Elsewhere" / f"{NEW_HERE}.jpg"
    new.write_bytes(PAINTED)
    new.with_name(f"{new.name}.xmp").write_text("what is said of it")
    (library / "Elsewhere" / f"{FILMED}.mp4").write_bytes(video())
    (library / "Elsewhere" / f"{FILMED}.jpg").write_bytes(COVER)
    trip = library / "Animals 動物" / "Cats" / "Trip"
    trip.mkdir()
    (trip / ".pin").touch()
    for number, data in enumerate(TRIP, start=1):
        (trip / f"{number}.jpg").write_bytes(data)
    (trip / "2.jpg.xmp").write_text("what is said of the second")


@contextmanager
def opened(library: Path, sandbox: Sandbox, state: Path) -> Iterator[Adapters]:
    # The key of the seals lies beside the states of a test: a library whose state is a fresh one applies the same plan.
    chosen = {"XDG_STATE_HOME": str(state), "XDG_DATA_HOME": str(state.parent)}
    before = {name: os.environ.get(name) for name in chosen}
    os.environ.update(chosen)
    try:
        config = load_config(library=library, environment={"PINPLAN_API_URL": sandbox.url})
        with open_library(config, token=sandbox.token) as adapters:
            yield adapters
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def show(sandbox: Sandbox, world: World) -> None:
    """From now on the sandbox is another world."""
    sandbox.world = world


def agreed_library(library: Path, sandbox: Sandbox, state: Path) -> None:
    """A library on which both sides agree."""
    show(sandbox, agreed_world())
    init_library(library)
    with opened(library, sandbox, state) as adapters:
        assert apply_plan(adapters, two_way(adapters, library, duplicates="report")).complete


def two_way(adapters: Adapters, library: Path, duplicates: str = "both") -> Plan:
    flags: dict[str, object] = {
        "sync.mode": Mode.TWO_WAY.value,
        "dedupe.remove": duplicates,
        "sync.on_new_file": "upload",
    }
    # The file was written a moment ago.
    uploads = {"upload.own_content": True, "upload.settle_seconds": 0}
    config = load_config(library=library, flags=flags | uploads)
    return make_plan(adapters, request_of(config, allow=EVERYTHING))


def resolve_what_is_not_there(adapters: Adapters, world: World) -> int:
    """A person looks at Pinterest for what is unconfirmed, and says so where nothing is there; how often."""
    none = 0
    for record in adapters.state.creates.pending():
        if record.created is None and not _appears(record, world):
            adapters.state.resolve(record, None, "2026-01-01T00:00:00Z")
            none += 1
    for place in adapters.state.places.pending():
        if not _place_appears(place, world):
            adapters.state.resolve_place(place, None, "2026-01-01T00:00:00Z")
            none += 1
    return none


def _place_appears(record: PlaceRecord, world: World) -> bool:
    """The same for a board or section."""
    intent, give_up = record.intent, time.monotonic() + 0.4
    while time.monotonic() < give_up:
        boards = list(world.boards.values())
        names = {one.name for one in boards} if intent.board_id is None else set()
        names |= {s.name for one in boards if one.id == intent.board_id for s in list(one.sections.values())}
        if intent.name in names:
            return True
        time.sleep(0.02)
    return False


def _appears(record: CreateRecord, world: World) -> bool:
    """Whether the pin is there. A request that was on its way when its sender died is carried out a moment later."""
    give_up = time.monotonic() + 0.4
    while time.monotonic() < give_up:
        like_it = [
            p
            for p in list(world.pins.values())
            if (p.title, p.board_id) == (record.intent.pin.title, record.intent.pin.board_id)
        ]
        if any(pin.id not in record.intent.before for pin in like_it):
            return True
        time.sleep(0.02)
    return False


def copied(source: Path, target: Path) -> Path:
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target, symlinks=True)
    return target


def seen(library: Path, sandbox: Sandbox, state: Path) -> dict[str, Any]:
    """Everything that must be the same in two worlds that ended alike."""
    own = library / ".pinplan"
    trees = {
        path.relative_to(library).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in library.rglob("*")
        if path.is_file() and own not in path.parents
    }
    trash = sorted(
        (path.relative_to(own / "trash").as_posix().partition("/")[2], hashlib.sha256(path.read_bytes()).hexdigest())
        for path in (own / "trash").rglob("*")
        if path.is_file()
    )
    world = sandbox.world
    pins = {
        pin.id: (
            pin.board_id,
            pin.section_id,
            pin.title,
            pin.link,
            [shown.signature for shown in pin.pictures],
            pin.video,
        )
        for pin in world.pins.values()
    }
    names = {board.id: (board.name, [one.name for one in board.sections.values()]) for board in world.boards.values()}
    with opened(library, sandbox, state) as adapters:
        base = {(r.pin_id, r.slot): (r.path, r.sha256, r.container) for r in adapters.state.base().tracked}
        ended = [run.ended_at is not None for run in adapters.state.runs()]
        assert adapters.state.audit.verify().breaks == ()
    staging = [path.name for path in (own / "staging").iterdir()] if (own / "staging").exists() else []
    return {
        "files": trees,
        "trash": trash,
        "pins": pins,
        "names": names,
        "base": base,
        "ended": ended,
        "staging": staging,
    }
