"""The demo on the sandbox: plan, apply, change both sides, plan, apply, no changes, undo, verify."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from pinplan.config import CONFIG_NAME, Config, load_config
from pinplan.errors import ConfigError, DiskRefused, PinplanError
from pinplan.errors.suggestions import suggestion
from pinplan.pipeline import apply_plan, make_plan, make_undo, verify
from pinplan.plan.document import Scope
from pinplan.records.plan_file import read_plan, write_plan
from pinplan.render.effects import closing_lines
from pinplan.render.reports import verify_lines
from pinplan.render.text import Line, Screen, plan_lines
from pinplan.sandbox import Sandbox, default_world
from pinplan.wiring.library_setup import init_library
from pinplan.wiring.open_library import locked, open_library, request_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from contextlib import AbstractContextManager

    from pinplan.adapters import Adapters
    from pinplan.events import AnyEvent
    from pinplan.plan.document import Plan
    from pinplan.sandbox import World


class DemoOutput(Protocol):
    """Output of the demo."""

    def say(self, text: str = "", style: str = "") -> None:
        """One line."""

    def lines(self, lines: Iterable[Line]) -> None:
        """Many lines."""

    def event(self, event: AnyEvent) -> None:
        """Progress."""

    def finish(self) -> None:
        """Clear the progress."""

    @property
    def screen(self) -> Screen:
        """Size of the screen."""


def run_demo(out: DemoOutput, folder: Path | None) -> tuple[Path, Path]:
    """Run the demo in an empty or new folder (default: temporary); returns the folder and its library.

    Raises:
        ConfigError: the folder is not empty, or is a file.
        DiskRefused: it cannot be made.
        PinplanError: a step did not end as expected: the demo checks itself.
    """
    started = time.monotonic()
    home = folder or Path(tempfile.mkdtemp(prefix="pinplan-demo-"))
    if home.exists() and not home.is_dir():
        raise ConfigError([f"{home} is a file; name a new folder for the demo"])
    try:
        home.mkdir(parents=True, exist_ok=True)
        used = any(home.iterdir())
    except OSError as error:
        raise DiskRefused(str(home), error.errno, error.strerror or str(error)) from error
    # The demo trashes and deletes: never in a folder that holds something.
    if used:
        raise ConfigError([f"{home} is not empty; name a new folder for the demo"])
    with Sandbox(default_world()) as sandbox:
        sandbox.world.follow(sandbox.clock)
        _Story(out, home, sandbox).run()
    out.say(f"Demo finished in {time.monotonic() - started:.0f} s. To look around:", "bold")
    out.say(f"  the library          {home / 'Pins'}")
    out.say(f"  the plans            {home / 'plan-1.json'}, {home / 'plan-2.json'}")
    out.say(f"  the journal          {suggestion('history', '--library', str(home / 'Pins'))}")
    out.say(f"  the audit log        {home / 'Pins' / '.pinplan' / 'audit.jsonl'}")
    out.say(f"  the trash            {home / 'Pins' / '.pinplan' / 'trash'}")
    return home, home / "Pins"


class _Story:
    """One run of the demo."""

    def __init__(self, out: DemoOutput, home: Path, sandbox: Sandbox) -> None:
        self._out = out
        self._home = home
        self._library = home / "Pins"
        self._sandbox = sandbox

    def run(self) -> None:
        """From an empty folder to no changes."""
        self._chapter("A sandbox with boards, and an empty folder")
        self._out.say(f"Sandbox Pinterest: {self._sandbox.url}; library: {self._library}")
        init_library(self._library)
        self._chapter("pinplan plan -o plan-1.json")
        first = self._plan("plan-1.json")
        self._chapter("pinplan apply plan-1.json")
        self._apply(first)
        self._chapter("Now both sides change, and the mode becomes two-way")
        for sentence in _change_pinterest(self._sandbox.world):
            self._out.say(f"  {sentence}")
        for sentence in self._change_library():
            self._out.say(f"  {sentence}")
        self._use_two_way()
        self._chapter("pinplan plan -o plan-2.json")
        second = self._plan("plan-2.json")
        self._chapter("pinplan apply plan-2.json")
        self._apply(second)
        self._chapter("pinplan plan")
        self._nothing_to_do()
        regretted = next(action.pin_id for action in second.actions if action.trait.deletes_remote)
        self._chapter(f"One delete is regretted: pinplan undo --target {regretted} -o undo.json")
        third = self._plan_undo(regretted, "undo.json")
        self._chapter("pinplan apply undo.json")
        self._apply(third)
        self._chapter("pinplan plan")
        self._nothing_to_do()
        self._chapter("pinplan verify")
        self._verify()

    def _chapter(self, title: str) -> None:
        self._out.say()
        self._out.say(f"── {title} " + "─" * max(3, 76 - len(title)), "bold cyan")
        self._out.say()

    def _config(self) -> Config:
        return load_config(library=self._library, flags={"network.api_url": self._sandbox.url})

    def _nothing_to_do(self) -> None:
        # I23: after an apply nothing is left to do.
        if self._plan(None).actions:
            raise PinplanError("demo failed: expected no changes")

    def _plan(self, name: str | None) -> Plan:
        config = self._config()
        with locked(self._library, "plan"), self._open(config) as adapters:
            made = make_plan(adapters, request_of(config))
        return self._shown(made, name)

    def _plan_undo(self, pin: str, name: str) -> Plan:
        config = self._config()
        with locked(self._library, "undo"), self._open(config) as adapters:
            made = make_undo(adapters, request_of(config, scope=Scope(targets=(pin,))))
        return self._shown(made, name)

    def _verify(self) -> None:
        config = self._config()
        with locked(self._library, "verify"), self._open(config) as adapters:
            report = verify(adapters, request_of(config))
            audit = adapters.state.audit.verify()
        self._out.finish()
        self._out.lines(verify_lines(report))
        if not report.well or audit.breaks:
            raise PinplanError("demo failed: library verification found problems")

    def _shown(self, made: Plan, name: str | None) -> Plan:
        self._out.finish()
        self._out.lines(plan_lines(made, screen=self._out.screen))
        if name is None:
            return made
        write_plan(made, self._home / name)
        # Read back: the demo applies what is in the file, as a person would.
        return read_plan(self._home / name)

    def _apply(self, plan: Plan) -> None:
        with locked(self._library, "apply"), self._open(self._config()) as adapters:
            result = apply_plan(adapters, plan)
        self._out.finish()
        self._out.lines(
            closing_lines(
                run=result.run,
                already=result.already_applied,
                ended=result.ended,
                left=result.left,
                fetched=result.fetched,
            )
        )
        if not result.complete:
            raise PinplanError("demo failed: plan not applied in full")

    def _open(self, config: Config) -> AbstractContextManager[Adapters]:
        return open_library(config, self._out.event, token=self._sandbox.token)

    def _use_two_way(self) -> None:
        path = self._library / CONFIG_NAME
        path.write_text(path.read_text("utf-8").replace('mode = "archive"', 'mode = "two-way"'), "utf-8")

    def _change_library(self) -> list[str]:
        cats = sorted((self._library / "Animals 動物" / "Cats").iterdir())
        removed, damaged = cats[0], cats[1]
        removed.unlink()
        data = damaged.read_bytes()
        # Half a JPEG still has its header: it must be noticed by decoding.
        damaged.write_bytes(data[: len(data) // 2])
        return [
            f"here:         {removed.relative_to(self._library)} was removed",
            f"here:         {damaged.relative_to(self._library)} was damaged: its second half is gone",
        ]


def _change_pinterest(world: World) -> list[str]:
    deleted = world.pins_of("Nature 自然")[0]
    world.delete_pin(deleted.id)
    moved = next(pin for pin in world.pins_of("Animals 動物") if pin.section_id is None)
    section = world.section_named("Animals 動物", "Dogs 犬")
    world.move_pin(moved.id, moved.board_id, section.id)
    world.rename_board("recipes", "Recipes for two")
    return [
        f"on Pinterest: pin {deleted.id} of Nature 自然 was deleted",
        f"on Pinterest: pin {moved.id} was moved to the section Dogs 犬",
        "on Pinterest: the board recipes is now called Recipes for two",
    ]
