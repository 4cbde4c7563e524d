"""Pinterest and its image host in this process: the sandbox's own application behind pinplan's own client, without a socket.

Between the two is the weather: rules about the next requests, each a function that answers in Pinterest's place.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import BaseAdapter, HTTPAdapter

from pinplan.pinterest import http
from pinplan.pinterest.http import ApiSession
from pinplan.pinterest.images import ImageDownloads
from pinplan.pinterest.video_host import VideoUploads
from pinplan.sandbox.api import Api
from pinplan.sandbox.context import Site
from pinplan.sandbox.delayed_listing import Lag
from pinplan.sandbox.oauth import Tokens
from pinplan.sandbox.requests import Texts
from pinplan.sandbox.rules import ALL_SCOPES
from pinplan.sandbox.settings import Settings
from pinplan.sandbox.uploads import PATH as UPLOADS
from pinplan.sandbox.uploads import Uploads
from pinplan.sandbox.world import Account, Clock, World
from tests.adversary.still import Chance, SeamMissing, seam

if TYPE_CHECKING:
    from tests.adversary.clock import StoryClock
    from tests.adversary.machine import Machine

ORIGIN = "http://127.0.0.1:9"
API_URL = f"{ORIGIN}/v5"
TOKEN = "pina_TOKEN_OF_THE_STORY_0123456789"
IMAGE = "IMAGE"
"""Stands in the place of a method for requests to the image host."""


class Cut(requests.exceptions.ChunkedEncodingError):
    """The connection broke in the middle of an answer."""


@dataclass
class Answer:
    """An answer as it goes over the wire; with a pace its body comes in pieces of so many bytes, each after so many seconds."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=lambda: {"content-type": "application/json"})
    pace: tuple[int, float] | None = None


@dataclass
class Asked:
    """A request; ``perform`` has the sandbox answer it."""

    method: str
    path: str
    query: str
    body: bytes
    perform: Callable[[], Answer]


Act = Callable[[Asked], Answer]


@dataclass
class Rule:
    """Weather: which requests, what happens to them, how often, and for how many commands.

    Attributes:
        hides: whether something that is there could not be seen because of it.
        took: the requests of the running command that it took: method, path, query.
        after: so many requests that it is about are answered first.
    """

    name: str
    method: str
    pattern: str
    act: Act
    times: int = 1_000_000
    commands: int = 1
    hides: bool = True
    fired: int = 0
    took: set[tuple[str, str, str]] = field(default_factory=set)
    after: int = 0

    def takes(self, method: str, path: str) -> bool:
        """Whether this request is its own; the first ``after`` of them are let pass."""
        if not self.is_about(method, path):
            return False
        self.after -= 1
        return self.after < 0

    def is_about(self, method: str, path: str) -> bool:
        return self.times > 0 and self.method in {method, "*"} and fnmatchcase(path, self.pattern)


@dataclass(frozen=True)
class Write:
    """Something that was sent to change Pinterest, and what came of it."""

    method: str
    path: str
    body: bytes
    status: int
    lost: bool
    created: str = ""
    deleted: str = ""


class Network:
    """Everything beyond the network cable.

    Attributes:
        world: Pinterest's, in which people change things directly.
        rules: the weather.
        files: the image host's: what lies under an address (its path), if it is not what the picture's own would be.
        writes: what pinplan sent to change Pinterest in the running command.
        sent: every request of it that would change Pinterest, also those that the weather took: method and path, and the weather's name.
        asked: paths that it asked for.
        answered: requests that no weather took, at least in the end.
        secret_unseen: whether the token lacks the scopes for secret boards.
        before_delete: called with a pin that is about to be deleted.
    """

    def __init__(self, machine: Machine, clock: StoryClock, origin: str = ORIGIN, texts: Texts = Texts.STRICT) -> None:
        self.world = World(Account())
        self.machine = machine
        self.rules: list[Rule] = []
        self.picture_file: Callable[[str, str], bytes | None] = lambda _size, _signature: None
        self.before_delete: Callable[[Any], None] = lambda _pin: None
        self.writes: list[Write] = []
        self.sent: list[tuple[str, str]] = []
        self.asked: set[str] = set()
        self.answered: set[tuple[str, str, str]] = set()
        self.requests = 0
        self.lag = Lag(0.0, Clock(clock.seconds))
        self.secret_unseen = False
        sandbox_clock = Clock(clock.seconds)
        settings = Settings(min_side=1, texts=texts)  # small pictures, for speed
        self._tokens = Tokens(TOKEN, settings, sandbox_clock)
        api = Api(Site(self.world, origin, self.lag, Uploads(), settings), self._tokens, settings, sandbox_clock)
        self._app = api.app()
        self._log = api.requests

    # -- a command ---------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """A command begins."""
        self.writes, self.sent, self.asked, self.answered = [], [], set(), set()
        self._log.clear()
        self.requests = 0
        for rule in self.rules:
            rule.fired = 0
            rule.took.clear()

    def end(self) -> None:
        """It ended: weather passes."""
        for rule in self.rules:
            rule.commands -= 1
        self.rules = [rule for rule in self.rules if rule.commands > 0 and rule.times > 0]

    @property
    def fired(self) -> list[Rule]:
        """The weather that the running command met."""
        return [rule for rule in self.rules if rule.fired]

    @property
    def hid(self) -> bool:
        """Whether something that is there could not be seen: what was asked for again and answered then was seen."""
        return bool(self.hidden_by)

    @property
    def hidden_by(self) -> set[str]:
        """The names of the weather that hid something."""
        return {rule.name for rule in self.fired if rule.hides and rule.took - self.answered}

    def show_secret(self, *, seen: bool) -> None:
        """Whether the token has the scopes for secret boards."""
        lost = frozenset() if seen else frozenset(scope for scope in ALL_SCOPES if scope.endswith("_secret"))
        self.secret_unseen = not seen
        self._tokens.let_in(TOKEN, ALL_SCOPES - lost)

    # -- requests ----------------------------------------------------------------------------------------------------

    def answer(self, method: str, url: str, headers: dict[str, str], body: bytes) -> Answer:
        """Answer a request. Raises what requests raises where there is no answer."""
        self.requests += 1
        parts = urlsplit(url)
        if not parts.path.startswith("/v5/") and parts.path != UPLOADS:
            asked = Asked(IMAGE, parts.path, parts.query, b"", lambda: self._image(parts.path))
            return self._in_weather(asked)
        path = parts.path.removeprefix("/v5")
        lost: list[bool] = []

        def perform() -> Answer:
            return self._api(method, parts.path, parts.query, headers, body, lost)

        asked = Asked(method, path, parts.query, body, perform)
        if method == "GET":
            return self._in_weather(asked)
        found: Answer = self.machine.effect(f"{method} {path}", lambda: self._in_weather(asked))
        return found

    def _in_weather(self, asked: Asked) -> Answer:
        if asked.method == "GET":
            self.asked.add(asked.path)
        rule = next((one for one in self.rules if one.takes(asked.method, asked.path)), None)
        if asked.method not in {"GET", IMAGE}:
            self.sent.append((f"{asked.method} {asked.path}", rule.name if rule else ""))
        if rule is None:
            self.answered.add((asked.method, asked.path, asked.query))
            return asked.perform()
        rule.fired += 1
        rule.times -= 1
        rule.took.add((asked.method, asked.path, asked.query))
        return rule.act(asked)

    def _image(self, path: str) -> Answer:
        size, _, rest = path.lstrip("/").partition("/")
        signature, _, extension = rest.rpartition("/")[2].partition(".")
        data = self.picture_file(size, signature)
        if data is None:
            return Answer(403, b"<Error><Code>AccessDenied</Code></Error>", {"content-type": "application/xml"})
        return Answer(200, data, {"content-type": f"image/{extension}"})

    def _api(
        self, method: str, path: str, query: str, headers: dict[str, str], body: bytes, _lost: list[bool]
    ) -> Answer:
        if method == "GET":
            return _asgi(self._app, method, path, query, headers, body)
        pins = dict(self.world.pins)
        if method == "DELETE":
            pin = pins.get(path.rpartition("/")[2])
            if pin is not None:
                self.before_delete(pin)
        answer = _asgi(self._app, method, path, query, headers, body)
        created = next(iter(self.world.pins.keys() - pins.keys()), "")
        deleted = next(iter(pins.keys() - self.world.pins.keys()), "")
        write = Write(method, path, body, answer.status, lost=False, created=created, deleted=deleted)
        self.writes.append(write)
        return answer


def _asgi(app: Any, method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> Answer:
    """Have an application answer at once: nothing in it may have to wait."""
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": query.encode(), "root_path": "",
        "headers": [(key.lower().encode(), value.encode("latin-1")) for key, value in headers.items()],
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 9), "state": {}, "extensions": {},
    }  # fmt: skip
    work = app(scope, receive, send)
    try:
        work.send(None)
    except StopIteration:
        pass
    else:
        raise SeamMissing(f"the sandbox waits for something while it answers {method} {path}")
    start, *rest = sent
    said = {key.decode(): value.decode("latin-1") for key, value in start["headers"]}
    return Answer(start["status"], b"".join(part.get("body", b"") for part in rest), said)


class Trickle(io.BytesIO):
    """A body that comes slowly: the story's time passes while it is read."""

    def __init__(self, data: bytes, size: int, seconds: float, clock: StoryClock) -> None:
        super().__init__(data)
        self._piece, self._seconds, self._clock = size, seconds, clock

    def read1(self, size: int | None = -1, /) -> bytes:
        self._clock.sleep(self._seconds)
        return super().read1(self._piece if size is None or size < 0 else min(size, self._piece))

    def read(self, size: int | None = -1, /) -> bytes:
        return self.read1(size)


class InProcess(BaseAdapter):
    """A transport of requests that asks the network of the story."""

    def __init__(self, network: Network, clock: StoryClock) -> None:
        super().__init__()
        self._network, self._clock = network, clock
        self._builder = HTTPAdapter()

    def send(self, request: requests.PreparedRequest, *_args: Any, **options: Any) -> requests.Response:
        body = request.body or b""
        # The body of an upload comes in pieces.
        pieces: Any = [body] if isinstance(body, bytes) else body
        data = body.encode() if isinstance(body, str) else b"".join(pieces)
        try:
            answer = self._network.answer(request.method or "GET", request.url or "", dict(request.headers), data)
        except requests.RequestException as error:
            error.request = request
            raise
        headers = {"content-length": str(len(answer.body)), **answer.headers}
        raw = urllib3.HTTPResponse(
            body=Trickle(answer.body, *answer.pace, self._clock) if answer.pace else io.BytesIO(answer.body),
            headers=headers,
            status=answer.status,
            preload_content=False,
            enforce_content_length=True,
            request_method=request.method,
        )
        return self._builder.build_response(request, raw)

    def close(self) -> None:
        return


@contextmanager
def in_process(network: Network, clock: StoryClock) -> Iterator[None]:
    """As long as the block runs, every session of pinplan's client speaks to this network, and waits by this clock."""

    def mounted(kind: Any) -> Callable[..., None]:
        real = kind.__init__

        def begin(self: Any, *args: Any, **options: Any) -> None:
            options |= {"sleep": clock.sleep, "dice": Chance.dice}
            if kind is ImageDownloads:
                options["monotonic"] = moment
            real(self, *args, **options)
            session = seam(self, "_session")
            session.adapters.clear()
            session.mount("http://", InProcess(network, clock))
            session.mount("https://", InProcess(network, clock))

        return begin

    def moment() -> float:
        return clock.present.timestamp()  # a look that takes no time: bodies are read in many pieces

    read_whole = seam(http, "read_whole")
    http.read_whole = partial(read_whole, monotonic=moment)  # type: ignore[attr-defined]
    before = [(kind, kind.__init__) for kind in (ApiSession, ImageDownloads, VideoUploads)]
    for kind in (ApiSession, ImageDownloads, VideoUploads):
        kind.__init__ = mounted(kind)  # type: ignore[method-assign]
    try:
        yield
    finally:
        for kind, real in before:
            kind.__init__ = real  # type: ignore[method-assign]
        http.read_whole = read_whole  # type: ignore[attr-defined]
