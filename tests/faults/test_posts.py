"""SIGKILL at any moment of a post, of a carousel, and of their undo (I14): applied again, each ends as if nobody had disturbed it."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from pinplan.adapters import Adapters, PlanRequest
from pinplan.apply.executor import ExecutorOptions
from pinplan.config import load_config
from pinplan.model.ids import BoardId, SectionId
from pinplan.model.post import PostWanted, PostWords
from pinplan.pipeline import apply_plan, make_plan, make_post, make_undo
from pinplan.plan.document import Plan, kind_of
from pinplan.records.plan_file import write_plan
from pinplan.sandbox import Sandbox, World
from pinplan.sandbox.pictures import Kind, Picture, encoded
from pinplan.sandbox.responses import image_url
from pinplan.snapshot.post_pictures import PostSource, copy_to_outbox
from pinplan.wiring.library_setup import init_library
from pinplan.wiring.open_library import request_of
from tests.faults.account import copied, opened, picture, resolve_what_is_not_there, seen, show
from tests.faults.test_sweep import Runner, runner, sandbox
from tests.thorough import THOROUGH, times
from tests.worlds import EVERYTHING

__all__ = ["runner", "sandbox"]
POINTS = times(26, 8)
FOLDER = Path("Animals 動物", "Cats", "Trip")
CASES = {"kept": 1, "not kept": 0, "carousel": 1, "carousel that is not kept": 0, "by its address": 1, "folder": 1}
"""How a pin is created, and how many deaths must at least fall between two effects; one that brings no files here has one effect only."""
ON_THE_WEB = Picture(Kind.SHAPES, 77, 420, 300)
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")


def account() -> World:
    """A board with a section; always the same, with the same ids."""
    world = World()
    board = world.create_board("Animals 動物")
    section = world.create_section(board.id, "Cats")
    world.pictures[ON_THE_WEB.signature] = ON_THE_WEB
    for number, title in enumerate(("First", "Second")):
        world.create_pin(board.id, (picture(number),), title=title, section_id=section.id)
    return world


def drawn(number: int) -> bytes:
    return encoded(Picture(Kind.SHAPES, 200 + number, 420, 300), "1200x")


def carousel_of(adapters: Adapters, library: Path) -> Plan:
    """The plan that makes a pin of a folder."""
    folder = library / FOLDER
    folder.mkdir(parents=True)
    (folder / ".pin").touch()
    for number in (1, 2, 3):
        (folder / f"{number}.jpg").write_bytes(drawn(number))
    (folder / "2.jpg.xmp").write_text("what is said of it")
    flags = {"sync.mode": "publish", "upload.own_content": True, "upload.settle_seconds": 0}
    return make_plan(adapters, request_of(load_config(library=library, flags=flags), allow=EVERYTHING))


def post_of(adapters: Adapters, library: Path, case: str, url: str) -> Plan:
    """The plan that posts pictures from elsewhere."""
    pictures = [drawn(1), drawn(2)] if case.startswith("carousel") else [drawn(1)]
    if case == "by its address":
        given = [PostSource(source=url, name="a.jpg", read=lambda: encoded(ON_THE_WEB, "originals"), url=url)]
    else:
        given = [PostSource(source="a.jpg", name="a.jpg", read=partial(bytes, data)) for data in pictures]
    request = request_of(load_config(library=library), allow=EVERYTHING)
    words = PostWords(title="Posted", link="https://example.org/posted")
    copies = copy_to_outbox(adapters.library, given, words, request.policies.about_uploads)
    board = next(iter(account().boards.values()))
    wanted = PostWanted(
        board_id=BoardId(board.id),
        section_id=SectionId(next(iter(board.sections))),
        pictures=copies,
        words=words,
        keep="not kept" not in case,
        carousel=len(copies) > 1,
    )
    return make_post(adapters, request, wanted)


def prepared(home: Path, sandbox: Sandbox, case: str) -> Plan:
    """A library on which both sides agree, and a plan that creates one pin."""
    library = home / "start"
    show(sandbox, account())
    init_library(library)
    with opened(library, sandbox, home / "state") as adapters:
        assert apply_plan(adapters, make_plan(adapters, request_of(load_config(library=library)))).complete
        url = image_url(ON_THE_WEB, "originals", sandbox.url.removesuffix("/v5"))
        plan = carousel_of(adapters, library) if case == "folder" else post_of(adapters, library, case, url)
    write_plan(plan, home / "plan.json")
    return plan


def world_after(sandbox: Sandbox) -> Callable[[], World]:
    """Pinterest as it is now, made anew each time: its newest pin beside what was there before."""
    pin = list(sandbox.world.pins.values())[-1]

    def world() -> World:
        made = account()
        made.create_pin(pin.board_id, pin.pictures, title=pin.title, section_id=pin.section_id, link=pin.link)
        return made

    return world


class Sweep:
    """Deaths spread over one plan, and how many of its effects each left behind."""

    def __init__(self, home: Path, sandbox: Sandbox, runner: Runner, world: Callable[[], World]) -> None:
        self.home, self.sandbox, self.runner, self.world = home, sandbox, runner, world
        self.reached: Counter[str] = Counter()
        calm = copied(home / "start", home / "calm library")
        show(sandbox, world())
        assert runner.apply(calm, home / "plan.json", home / "calm", kill_at=0) == 0
        self.expected = seen(calm, sandbox, home / "calm")
        self.new = set(self.expected["files"]) - files_in(home / "start")
        total = int((home / "count").read_text())
        self.moments = [1 + (total - 1) * point // (POINTS - 1) for point in range(POINTS)]

    def die_at_each(self) -> None:
        """Kill a run at each moment, and apply its plan again: it must end as the undisturbed one."""
        for moment in self.moments:
            state = self.home / f"state-{moment}"
            library = copied(self.home / "start", self.home / "library")
            show(self.sandbox, self.world())
            if self.runner.apply(library, self.home / "plan.json", state, kill_at=moment) == -9:
                self.reached[self.how_far(library)] += 1
            with opened(library, self.sandbox, state) as adapters:
                resolve_what_is_not_there(adapters, self.sandbox.world)
            assert self.runner.apply(library, self.home / "plan.json", state) == 0, f"moment {moment}"
            assert seen(library, self.sandbox, state) == self.expected, f"moment {moment}"

    def how_far(self, library: Path) -> str:
        """Before the first effect, between two, or after the last one: that on Pinterest, and a new name for each file."""
        done = len(self.new & files_in(library)) + (set(self.sandbox.world.pins) == set(self.expected["pins"]))
        return "between" if 0 < done < 1 + len(self.new) else "after" if done else "before"


def files_in(library: Path) -> set[str]:
    return {path.relative_to(library).as_posix() for path in library.rglob("*") if path.is_file()}


def meets_its_case(sweep: Sweep, between: int) -> None:
    """The pin was there, and its files or its receipt were not. Of a few moments all may come too early."""
    if THOROUGH:
        assert sweep.reached["between"] >= between
        assert sweep.reached["between"] + sweep.reached["after"] >= 1


@pytest.mark.promise("I14")
@pytest.mark.promise("I29")
@pytest.mark.parametrize(("case", "between"), CASES.items())
def test_a_create_survives_sigkill_at_any_moment(tmp_path, sandbox, runner, case, between):
    plan = prepared(tmp_path, sandbox, case)
    assert [kind_of(action) for action in plan.actions] == ["upload_carousel" if case == "folder" else "post"]
    sweep = Sweep(tmp_path, sandbox, runner, account)
    sweep.die_at_each()
    assert sweep.reached.total() >= POINTS - 2
    meets_its_case(sweep, between)


@pytest.mark.promise("I14")
@pytest.mark.promise("I20")
@pytest.mark.promise("I23")
@pytest.mark.parametrize("case", ["kept", "not kept", "carousel", "folder"])
def test_its_undo_survives_sigkill_at_any_moment(tmp_path, sandbox, runner, case):
    plan = prepared(tmp_path, sandbox, case)
    library = tmp_path / "start"
    with opened(library, sandbox, tmp_path / "state") as adapters:
        assert apply_plan(adapters, plan, ExecutorOptions(parallelism=1)).complete
        undo = make_undo(adapters, PlanRequest(policies=plan.policies, allow=EVERYTHING))
    write_plan(undo, tmp_path / "plan.json")
    moved = {"move_local"} if case == "folder" else set()
    assert {kind_of(action) for action in undo.actions} == {"delete_remote"} | moved
    sweep = Sweep(tmp_path, sandbox, runner, world_after(sandbox))
    assert set(sweep.expected["pins"]) == set(account().pins)
    assert sweep.expected["trash"]
    sweep.die_at_each()
    assert sweep.reached.total() >= POINTS - 2
    meets_its_case(sweep, 1 if moved else 0)
