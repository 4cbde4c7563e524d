"""A review in a terminal that is not there: textual's pilot presses the keys."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("textual")

from benchmarks.plans import busy_world, plan_of_all_kinds
from pinplan.errors import ImageRefused
from pinplan.plan.document import Plan
from pinplan.review.session import Session
from pinplan.review.terminal import held_keys
from pinplan.review.terminal.app import ReviewApp
from pinplan.review.thumbnails import FetchedImages, ImageSources
from pinplan.sandbox import Sandbox
from pinplan.sandbox.pictures import Kind, Picture, encoded
from tests.fakes import FakeClock


class OneImage(FetchedImages):
    """The same picture for every view; none of action 0001."""

    def __init__(self) -> None:
        super().__init__(ImageSources())

    def read(self, action, number, edge=None):
        if action.id == "0001":
            raise ImageRefused("", "not in the \x1b[31mlibrary")
        return drawing()


@cache
def drawing() -> bytes:
    return encoded(Picture(Kind.SHAPES, 1, 300, 400), "originals")


class Reviewer:
    """Presses keys, and reads what is on the screen."""

    def __init__(self, app: ReviewApp, pilot: Any) -> None:
        self.app, self.pilot = app, pilot

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.pilot.press(key)
            await self.pilot.pause()

    async def types(self, text: str) -> None:
        await self.press(*(key if key != " " else "space" for key in text))

    async def until(self, holds: Callable[[], bool]) -> None:
        for _ in range(400):
            await self.pilot.pause(0.01)
            if holds():
                return
        raise AssertionError(self.screen)

    @property
    def current(self) -> str:
        group = self.app.review.current
        return group.actions[0] if group else ""

    @property
    def screen(self) -> str:
        """The text on the screen, dialogs included."""
        strips = self.app.screen._compositor.render_strips()
        return "\n".join(strip.text for strip in strips)


Story = Callable[[Reviewer], Awaitable[None]]


@pytest.fixture(autouse=True)
def _deliberate(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pilot is quicker than fingers: none of its keys is a repetition."""
    monkeypatch.setattr(held_keys, "QUICK", 0.0)


@pytest.fixture(scope="session")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plan]:
    """A plan with all kinds of actions."""
    with pytest.MonkeyPatch.context() as patch, Sandbox(busy_world()) as sandbox:
        folder = tmp_path_factory.mktemp("busy")
        for name in ("XDG_STATE_HOME", "XDG_DATA_HOME"):
            patch.setenv(name, str(folder / "state"))
        yield plan_of_all_kinds(folder / "Pins", sandbox)


@pytest.fixture
def review(tmp_path: Path) -> Callable[..., Session]:
    """Plays a story in a review of a plan; the decisions are in ``decisions.json``."""

    def play(plan: Plan, story: Story, *, size: tuple[int, int] = (100, 30), **options: Any) -> Session:
        session = Session(plan, tmp_path / "decisions.json", FakeClock(), **options)
        app = ReviewApp(session, plan, "plan.json", OneImage())

        async def run() -> None:
            async with app.run_test(size=size) as pilot:
                await story(Reviewer(app, pilot))

        asyncio.run(run())
        return session

    return play
