"""Output: results on stdout, progress and errors on stderr, colour on terminals only. Also parses durations."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING

import msgspec

from pinplan import __version__
from pinplan.cli.invocation import Invocation
from pinplan.errors import ConfigError
from pinplan.events import (
    ActionEnded,
    AnyEvent,
    ApplyEnded,
    ApplyStarted,
    FromCache,
    Paused,
    Stage,
    Step,
    Uploading,
    Version,
    Warned,
)
from pinplan.render.text_safety import message, plain, plural, size

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console
    from rich.progress import Progress, TaskID

    from pinplan.events import Failed
    from pinplan.model.json_document import JsonDocument
    from pinplan.render.rows import Screen
    from pinplan.render.table import Line


_STAGES = {
    "boards": "Reading boards",
    "pins": "Reading pins",
    "gone": "Checking missing pins",
    "scan": "Scanning the library",
    "inspect": "Inspecting files",
    "verify": "Reading tracked files",
    "fingerprint": "Computing fingerprints",
    "digest": "Reading files",
    "compare": "Comparing missing files",
    "reconcile": "Making the plan",
}


class Output:
    """Output in one of four modes: terminal, pipe, events (``--json``), single document (``--json -q``)."""

    def __init__(
        self,
        *,
        json: bool = False,
        color: bool = True,
        quiet: bool = False,
        verbose: bool = False,
        run: Invocation | None = None,
    ) -> None:
        """Choose the mode. ``color``: the flag; NO_COLOR, TERM=dumb and pipes disable colour, too."""
        self.run = run or Invocation()
        self.json = json
        self.quiet = quiet
        self.verbose = verbose
        # no-color.org: any non-empty value of NO_COLOR counts.
        self._color = color and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        # Created on first use: rich costs about 30 ms of import, which --json and pipes do not need.
        self._consoles: dict[bool, Console] = {}
        self._progress: _Bars | None = None
        self._announced = False
        self._has_document = False

    # -- lines ---------------------------------------------------------------------------------------------------

    def say(self, text: str = "", style: str = "") -> None:
        """A line of the result, on stdout; not under ``--json``."""
        if not self.json:
            self._write(text, style, error=False)

    def lines(self, lines: Iterable[Line]) -> None:
        """Lines of the result."""
        for line in lines:
            if line.parts and not self.json and sys.stdout.isatty():
                self._write_parts(line)
            else:
                self.say(line.text, line.style)

    @property
    def color(self) -> bool:
        """Whether a terminal is to show colours."""
        return self._color

    @property
    def room(self) -> int | None:
        """Width of the terminal; None on a pipe."""
        return self.console(error=False).width if sys.stdout.isatty() else None

    def note(self, text: str, style: str = "dim") -> None:
        """A line on stderr beside the result; hidden by ``--quiet`` and ``--json``."""
        if not self.quiet and not self.json:
            self._write(text, style, error=True)

    def problem(self, text: str) -> None:
        """An error, on stderr."""
        self._write(text, "bold red", error=True)

    def raw(self, data: bytes) -> None:
        """A document on stdout, byte for byte."""
        self._has_document = True
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()

    @property
    def document_only(self) -> bool:
        """Whether a command that prints events prints one document instead."""
        return self.json and self.quiet

    def document(self, document: JsonDocument) -> None:
        """Print the result as one line of JSON; only under ``--json``."""
        if self.json:
            self.raw(msgspec.json.encode(document) + b"\n")

    def outcome(self, document: JsonDocument) -> None:
        """Print the result of a command with events; only under ``--json -q``."""
        if self.document_only:
            self.document(document)

    def failed(self, failed: Failed) -> None:
        """Print an error under ``--json``: the last event, or the document; nothing after another document."""
        from pinplan.cli.documents import CommandFailed

        # `jq` reads one document: a second one would break the script that reads the first.
        if not self.json or self._has_document:
            return
        if self.document_only:
            self.document(CommandFailed(message=failed.message, exit_code=failed.exit_code, next_step=failed.next_step))
        else:
            self.event(failed)

    def _write(self, text: str, style: str, *, error: bool) -> None:
        stream = sys.stderr if error else sys.stdout
        if not stream.isatty():
            stream.write(f"{text}\n")  # not through rich, which wraps at 80 columns on a pipe
            return
        self.console(error=error).print(
            text, style=style or None, markup=False, highlight=False, emoji=False, overflow="fold"
        )

    def _write_parts(self, line: Line) -> None:
        from rich.text import Text

        text = Text(line.text, style=line.style, overflow="fold")
        for start, end, style in line.parts:
            text.stylize(style, start, end)
        self.console(error=False).print(text, markup=False, highlight=False, emoji=False, overflow="fold")

    @property
    def screen(self) -> Screen:
        """Size of the screen; unlimited on a pipe."""
        from pinplan.render.rows import Screen

        if not sys.stdout.isatty():
            return Screen()
        console = self.console(error=False)
        # Eight rows for header, summary and prompt; at least 16, as tiny terminals can scroll.
        return Screen(columns=console.width, rows=max(console.height - 8, 16))

    def console(self, *, error: bool) -> Console:
        """The rich console of a stream."""
        if error not in self._consoles:
            from rich.console import Console

            self._consoles[error] = Console(stderr=error, no_color=not self._color, highlight=False)
        return self._consoles[error]

    # -- events --------------------------------------------------------------------------------------------------

    def event(self, event: AnyEvent) -> None:
        """The listener of all stages."""
        if self.json:
            if not self.quiet:
                self._write_event(event)
        elif not self.quiet:
            self._progressing(event)

    def _write_event(self, event: AnyEvent) -> None:
        """Write an event; the first one is the version."""
        if not self._announced:
            self._announced = True
            self._write_event(Version(pinplan=__version__))
        sys.stdout.buffer.write(msgspec.json.encode(event) + b"\n")
        sys.stdout.buffer.flush()  # a reader follows a run of hours line by line

    def _progressing(self, event: AnyEvent) -> None:
        if isinstance(event, Warned):
            if self.verbose or event.urgent:
                self.note(f"warning: {message(event.message)}", "yellow")
        elif isinstance(event, FromCache):
            if event.boards:
                self.note(f"{plural(event.boards, 'board')} unchanged, from the cache")
        elif isinstance(event, Paused):
            self.note(
                f"{message(event.message)}. {plural(event.boards, 'board')} incomplete: run the same command again then.",
                "yellow",
            )
        # stderr decides, not stdout: `pinplan plan | less` still shows progress.
        elif sys.stderr.isatty():
            if self._progress is None:
                self._progress = _Bars(self.console(error=True))
            self._progress.take(event)
        else:
            self._in_lines(event)

    def _in_lines(self, event: AnyEvent) -> None:
        """Progress on a pipe, in lines."""
        match event:
            case Stage(name=name) if self.verbose and name in _STAGES:
                self.note(_STAGES[name] + " …")
            case ApplyStarted(run=run, total=total, done_before=before, resumed=resumed):
                how = f", resuming after {plural(before, 'action')}" if resumed else ""
                self.note(f"Run {run}: {plural(total, 'action')}{how}")
            case Uploading(path=path, sent=sent, total=total) if self.verbose:
                self.note(f"sent: {size(sent)} of {size(total)} of {plain(path)}", "dim")
            case ActionEnded() if self.verbose or _is_worth_a_line(event):
                self.note(*_line_of(event))
            case _:
                return

    def finish(self) -> None:
        """Remove the progress bars."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None


def _is_worth_a_line(event: ActionEnded) -> bool:
    # Thousands of successful downloads would push the few failures off the screen.
    return event.outcome != "done" or bool(event.reason)


def _line_of(event: ActionEnded) -> tuple[str, str]:
    """The line of an ended action, and its style. If not done: title and reason before the address."""
    reason = f": {message(event.reason)}" if event.reason else ""
    if event.outcome == "done":
        return f"{event.outcome}: {event.kind} {plain(event.address)}{reason}", "dim"
    return f"{plain(event.title)}{reason}. {event.outcome}: {event.kind} {plain(event.address)}", "yellow"


class _Bars:
    """Progress bars on a terminal: for the stages of a plan, and for a run with its bytes."""

    def __init__(self, console: Console) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self._console = console
        self._bars: Progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[extra]}", markup=False),
            console=console,
            # Bars vanish at the end: only results stay in the scrollback.
            transient=True,
        )
        self._task: TaskID | None = None
        self._bytes = 0
        self._bars.start()

    def take(self, event: AnyEvent) -> None:
        """Show an event."""
        match event:
            case Stage(name=name, total=total):
                self._begin(_STAGES.get(name, name), total)
            case Step() if self._task is not None:
                self._bars.advance(self._task)
            case ApplyStarted(total=total, done_before=before):
                self._begin("Applying", total, before)
            case Uploading(sent=sent, total=total) if self._task is not None:
                text = f"{size(sent)} of {size(total)}" if sent < total else "Pinterest processes the video"
                self._bars.update(self._task, extra=text)
            case ActionEnded():
                self._ended(event)
            case ApplyEnded():
                self.stop()
            case _:
                return

    def _ended(self, event: ActionEnded) -> None:
        self._bytes += event.bytes
        if self._task is not None:
            self._bars.update(self._task, advance=1, extra=size(self._bytes))
        if _is_worth_a_line(event):
            text, style = _line_of(event)
            self._console.print(text, style=style, markup=False, emoji=False)

    def _begin(self, description: str, total: int | None, completed: int = 0) -> None:
        if self._task is not None:
            self._bars.remove_task(self._task)
        self._task = self._bars.add_task(description, total=total, completed=completed, extra="")

    def stop(self) -> None:
        """Remove the bars."""
        self._bars.stop()


_UNITS = {"": 1, "ms": 0.001, "s": 1, "m": 60, "h": 3600}


def seconds(text: str) -> float:
    """``30s``, ``5m``, ``500ms`` or a bare number of seconds. Raises `ConfigError`."""
    found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|)", text.strip())
    if found is None:
        raise ConfigError([f"{text!r} is not a duration; use e.g. 30s or 5m"])
    return float(found[1]) * _UNITS[found[2]]
