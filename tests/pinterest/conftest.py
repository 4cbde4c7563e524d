"""A web server that answers from a script, on loopback."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from pinplan.pinterest.http import ApiSession

TOKEN = "canary-token-value"


@dataclass
class Answer:
    """What to answer: a body (JSON if it is no bytes), or a connection that breaks; with a ``pause`` byte after byte."""

    body: Any = field(default_factory=dict)
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: int = 0
    hang_up: bool = False
    pause: float = 0.0


@dataclass
class Script:
    """Answers in order; the last one is repeated. ``seen`` has every request: method, path with query, headers; ``bodies`` what came with it."""

    answers: list[Answer] = field(default_factory=lambda: [Answer()])
    seen: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    url: str = ""

    def plays(self, *answers: Answer) -> None:
        self.answers = list(answers)

    def next(self) -> Answer:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture
def script() -> Iterator[Script]:
    script = Script()
    stopped = threading.Event()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _any(self) -> None:
            script.seen.append((self.command, self.path, {k.lower(): v for k, v in self.headers.items()}))
            script.bodies.append(self.rfile.read(int(self.headers.get("content-length", "0"))))
            answer = script.next()
            if answer.hang_up:
                self.close_connection = True
                return
            body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
            self.send_response(answer.status)
            headers = {
                "content-type": "application/json",
                "content-length": str(len(body) + answer.cut),
                **answer.headers,
            }
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            if answer.pause:
                for byte in body:
                    self.wfile.write(bytes([byte]))
                    stopped.wait(answer.pause)
            elif answer.status != 204:
                self.wfile.write(body)
            if answer.cut:
                self.close_connection = True

        do_GET = do_DELETE = do_PATCH = do_POST = _any  # noqa: N815 - the names that http.server calls

        def log_message(self, *_args: object) -> None:
            pass

    class Server(http.server.ThreadingHTTPServer):
        def handle_error(self, *_args: object) -> None:
            """Clients that hang up are part of the play."""

    server = Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    script.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield script
    stopped.set()
    server.shutdown()
    thread.join()
    server.server_close()


Open = Callable[..., ApiSession]


@pytest.fixture
def waits() -> list[float]:
    """How long the client would have slept."""
    return []


@pytest.fixture
def session(script: Script, waits: list[float]) -> Iterator[ApiSession]:
    made = ApiSession(
        f"{script.url}/v5", TOKEN, user_agent="pinplan/test", timeout=(5, 5), retries=3, sleep=waits.append
    )
    yield made
    made.close()
