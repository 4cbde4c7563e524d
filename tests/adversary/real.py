"""Stories in which pinplan is a process of its own: it speaks over a real socket, waits by the real clock, and dies by SIGKILL.

Only verbs take part that need no time of the story's own: what waits for minutes, and what fails in the machine, is for the others.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import requests

from tests.adversary.actors import VERBS
from tests.adversary.known import KNOWN, Known
from tests.adversary.machine import Death
from tests.adversary.runner import Played, play, workplace
from tests.adversary.stage import Stage
from tests.adversary.still import sandbox_at_once
from tests.adversary.story import draw_story

LENGTH = 10
PATIENCE = 30
"""Seconds that the runner may take to end."""
ROOT = Path(__file__).parents[2]
_WAITING = {
    "undo_unheard", "confirm", "resolve_truly", "resolve_wrongly", "review_over", "deep_plan", "old_library", "unmount",
}  # fmt: skip
_WEATHER = {"board_403", "all_boards_403", "board_404", "pin_403", "short_listing", "null_item", "delete_lost"}
_DEATHS = {"die_early", "die_late"}
_DIES = 100
"""How much more often death comes than in other stories."""


def real_verbs() -> list[Any]:
    """The verbs that may happen, death more often than elsewhere."""
    chosen = []
    for verb in VERBS.values():
        if verb.name in _DEATHS:
            chosen.append(verb._replace(weight=_DIES))
        elif verb.name in _WEATHER or (
            verb.actor in {"hands", "people", "slips", "asks"} and verb.name not in _WAITING
        ):
            chosen.append(verb)
    return chosen


class _Host(BaseHTTPRequestHandler):
    """Hands a request on to the network of the story. A rule that breaks the connection really breaks it."""

    protocol_version = "HTTP/1.1"

    def _any(self) -> None:
        server: Any = self.server
        stage: RealStage = server.stage
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        try:
            answer = stage.asked(self.command, f"{stage.origin}{self.path}", dict(self.headers.items()), body)
        except (Death, requests.RequestException):  # the weather, or the end of whoever asked
            self.close_connection = True
            return
        except Exception as error:  # noqa: BLE001 - a fault of the sandbox fails the story, not this thread
            stage.fail(error)
            self.close_connection = True
            return
        try:
            self.send_response(answer.status)
            for key, value in answer.headers.items():
                if key.lower() != "content-length":
                    self.send_header(key, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)
        except OSError:
            self.close_connection = True  # whoever asked is dead

    do_GET = do_POST = do_PATCH = do_DELETE = _any  # noqa: N815 - the names that http.server looks for

    def log_message(self, *_args: Any) -> None:
        return


class _Server(ThreadingHTTPServer):
    """Says nothing of connections that a death broke: it shares its standard error with the story."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class Runner:
    """The process whose children are pinplan."""

    def __init__(self) -> None:
        argv = [sys.executable, "-m", "tests.adversary.real_runner"]
        self._process = subprocess.Popen(argv, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def begin(self, request: dict[str, Any]) -> int:
        """Start a command; the id of its process."""
        assert self._process.stdin
        self._process.stdin.write(f"{json.dumps(request)}\n")
        self._process.stdin.flush()
        return self._answer()

    def end(self) -> int:
        """Wait for its end; its exit code, below zero for the signal that ended it."""
        return self._answer()

    def _answer(self) -> int:
        assert self._process.stdout
        return int(self._process.stdout.readline())

    def close(self) -> None:
        """No more commands."""
        self._process.communicate(timeout=PATIENCE)


class RealStage(Stage):
    """A stage whose pinplan is another process."""

    def __init__(self, story: Any, home: Path, runner: Runner) -> None:
        self._server = _Server(("127.0.0.1", 0), _Host)
        self._server.stage = self  # type: ignore[attr-defined]
        self.origin = f"http://127.0.0.1:{self._server.server_port}"
        self._one_at_a_time = threading.Lock()
        self._runner = runner
        self._child = 0
        self._requests = 0
        self.deaths = 0
        super().__init__(story, home, origin=self.origin)
        os.environ["PINPLAN_API_URL"] = f"{self.origin}/v5"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """No more requests."""
        self._server.shutdown()
        self._server.server_close()

    def write(self, path: Path, data: bytes, *, like: Path | None = None) -> None:
        """At the time of this computer, which pinplan goes by here; the story's own began long before it."""
        self.clock.present = max(self.clock.present, datetime.now(UTC))
        super().write(path, data, like=like)

    def asked(self, method: str, url: str, headers: dict[str, str], body: bytes) -> Any:
        """Answer a request of the process; it may die just before or just after it."""
        with self._one_at_a_time:
            self._requests += 1
            if self._dies_now(before=True):
                raise Death
            answer = self.network.answer(method, url, headers, body)
            if self._dies_now(before=False):
                raise Death
            return answer

    def _dies_now(self, *, before: bool) -> bool:
        """Death comes at a request, before or after it is carried out; every third one comes at a time (see `_run`)."""
        at = self._die_at
        if at and at % 3 and self._requests == 1 + at // 3 % 12 and before is (at % 3 == 1):
            self._kill()
            return True
        return False

    def _kill(self) -> None:
        if self._child:
            os.kill(self._child, signal.SIGKILL)
            self.deaths += 1

    def fail(self, error: Exception) -> None:
        """End the running command, and the story with it: the sandbox itself is at fault, and a retry would be answered no better."""
        self._fault = error
        if self._child:
            os.kill(self._child, signal.SIGKILL)

    def _run(self, argv: tuple[str, ...]) -> int:
        # The machine of the story counts changes of this process; here the process that dies is another one.
        self._die_at, self.machine.die_at, self.machine.fail_at = self.machine.die_at, None, None
        self._requests = 0
        out, err = self.home / "stdout", self.home / "stderr"
        request = {
            "argv": argv, "environment": dict(os.environ), "folder": str(self.home), "in": os.devnull, "out": str(out), "err": str(err),
        }  # fmt: skip
        self._child = self._runner.begin(request)
        timer = None
        if self._die_at and self._die_at % 3 == 0:
            timer = threading.Timer(self._die_at / 500, self._kill)
            timer.start()
        code = self._runner.end()
        self._child = 0
        if timer is not None:
            timer.cancel()
        with self._one_at_a_time:  # what was on its way when it died is carried out now
            sys.stdout.write(out.read_text("utf-8", "replace"))
            sys.stderr.write(err.read_text("utf-8", "replace"))
        if self._fault is not None:
            self.accuse("adversary", "".join(traceback.format_exception(self._fault)), "sandbox")
        if code == -signal.SIGKILL:
            raise Death
        return code

    _die_at: int | None = None
    _fault: Exception | None = None


def play_real(seeds: Iterable[int], switches: tuple[Known, ...] = KNOWN, length: int = LENGTH) -> Iterator[Played]:
    """Play the stories of these seeds with processes of their own. Not within `stillness`: time is real."""
    rows, home, runner = real_verbs(), workplace(), Runner()
    try:
        for seed in seeds:
            with ExitStack() as ending, sandbox_at_once():

                def stage_of(story: Any, place: Path, ending: ExitStack = ending) -> RealStage:
                    stage = RealStage(story, place, runner)
                    ending.callback(stage.close)
                    return stage

                yield play(draw_story(seed, rows, length), home / "story", switches, stage_of=stage_of)
    finally:
        runner.close()
        home.rmdir()
