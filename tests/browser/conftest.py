"""A headless browser that a person drives, a library with a busy plan, and reviews of it in processes of their own.

Without a Chromium the tests are skipped, and say so; with PINPLAN_REQUIRE_BROWSER set that is a failure instead.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from benchmarks.page import FLAGS, chromium
from benchmarks.plans import busy_world, plan_of_all_kinds
from pinplan.plan.document import Plan
from pinplan.records.plan_file import write_plan
from pinplan.sandbox import Sandbox, World

# Read while tests are collected: the tests themselves see no variable of this kind.
REQUIRED = bool(os.environ.get("PINPLAN_REQUIRE_BROWSER"))
PINPLAN = str(Path(sys.executable).with_name("pinplan"))
WIDE = {"width": 1360, "height": 900}


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    path = chromium()
    if path is None:
        if REQUIRED:
            pytest.fail("there is no Chromium, and PINPLAN_REQUIRE_BROWSER says that there must be one")
        pytest.skip("there is no Chromium on this computer: nothing was tried in a browser")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield started
        started.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A tab that fails the test where a script of the page fails, or says that it was kept from something."""
    context = browser.new_context(viewport=WIDE, accept_downloads=True)
    context.set_default_timeout(10_000)
    tab = context.new_page()
    troubles: list[str] = []
    tab.on("pageerror", lambda error: troubles.append(str(error)))
    tab.on("console", lambda message: troubles.append(message.text) if "Content Security" in message.text else None)

    def on_dialog(dialog: Any) -> None:
        troubles.append(f"a dialog: {dialog.message}")
        dialog.dismiss()

    tab.on("dialog", on_dialog)
    yield tab
    context.close()
    assert not troubles


@dataclass
class Home:
    """A library and a plan for it."""

    path: Path
    plan: Plan
    environment: dict[str, str]
    sandbox: Sandbox

    @property
    def plan_file(self) -> Path:
        return self.path / "plan.json"

    def run(self, *words: str, code: int = 0) -> str:
        done = subprocess.run(
            [PINPLAN, *words], cwd=self.path, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr


@contextmanager
def library_in(
    folder: Path,
    world: Callable[[], World] = busy_world,
    plan_of: Callable[[Path, Sandbox], Plan] = plan_of_all_kinds,
) -> Iterator[Home]:
    """A library with a busy plan, in a folder."""
    pins = folder / "Pins"
    before = {name: os.environ.get(name) for name in ("XDG_STATE_HOME", "XDG_DATA_HOME")}
    os.environ.update(dict.fromkeys(before, str(folder / "state")))
    with Sandbox(world()) as sandbox:
        try:
            plan = plan_of(pins, sandbox)
        finally:
            for name, value in before.items():
                os.environ.pop(name) if value is None else os.environ.update({name: value})
        write_plan(plan, pins / "plan.json")
        yield Home(
            pins,
            plan,
            {
                "PATH": os.environ["PATH"],
                "HOME": str(folder),
                "XDG_STATE_HOME": str(folder / "state"),
                "XDG_DATA_HOME": str(folder / "state"),
                "LANG": "C.UTF-8",
                "PINPLAN_API_URL": sandbox.url,
                "PINPLAN_ACCESS_TOKEN": sandbox.token,
            },
            sandbox,
        )


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A library that all tests look at and none applies to."""
    with library_in(tmp_path_factory.mktemp("home")) as made:
        yield made


@pytest.fixture
def own_home(tmp_path: Path) -> Iterator[Home]:
    """A library of a test that applies its plan."""
    with library_in(tmp_path / "home") as made:
        yield made


class Reviewing:
    """A running ``pinplan review``."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        assert process.stdout is not None
        self.said = ""
        while "Review: " not in self.said:
            line = process.stdout.readline()
            assert line, self.said
            self.said += line
        self.url = self.said.partition("Review: ")[2].split()[0]

    def ends(self) -> str:
        """What it says once it has ended, by itself."""
        out, _ = self.process.communicate(timeout=20)
        assert self.process.returncode == 0, out
        return out


@contextmanager
def review_of(home: Home, target: Path, *words: str) -> Iterator[Reviewing]:
    process = subprocess.Popen(
        [PINPLAN, "review", "plan.json", "--no-browser", "-o", str(target), *words],
        cwd=home.path,
        env=home.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield Reviewing(process)
    finally:
        if process.poll() is None:
            process.terminate()
            process.communicate(timeout=20)


@pytest.fixture
def reviewing(home: Home, tmp_path: Path) -> Callable[..., Any]:
    """Reviews of the plan that all tests look at."""
    return lambda out=None, *words: review_of(home, out or tmp_path / "decisions.json", *words)


@pytest.fixture
def reviewing_of() -> Callable[..., Any]:
    """Reviews of the plan of a library."""
    return review_of
