"""The sandbox as a server: in a thread of this process, or in the foreground."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pinplan.errors import ConfigError
from pinplan.local_server import LocalServer, listen
from pinplan.sandbox.api import Api
from pinplan.sandbox.context import Site
from pinplan.sandbox.control import Control
from pinplan.sandbox.delayed_listing import Lag
from pinplan.sandbox.fault_middleware import Misbehaving
from pinplan.sandbox.faults import Faults
from pinplan.sandbox.oauth import Tokens
from pinplan.sandbox.settings import Settings
from pinplan.sandbox.uploads import Uploads
from pinplan.sandbox.world import Clock

if TYPE_CHECKING:
    import socket
    from collections import deque
    from collections.abc import Callable, Iterable
    from types import TracebackType

    from pinplan.sandbox.faults import Fault
    from pinplan.sandbox.world import World


class Sandbox:
    """A running sandbox: ``with Sandbox(world) as sandbox: … sandbox.url …``.

    Attributes:
        url: of the API, with ``/v5``; known before serving starts.
        authorize_url: of the consent page.
        token: the fixed one, which never expires; others are issued by OAuth.
        requests: method and path of every API request so far.
        faults: its fault rules; may be changed while it runs.
        settings: app, scopes, lifetimes and the rest.
        clock: its clock, which may be advanced.
        tokens: all issued tokens, which may be revoked.
    """

    def __init__(
        self,
        world: World,
        *,
        token: str = "sandbox",  # noqa: S107 - of the sandbox
        host: str = "127.0.0.1",
        port: int = 0,
        faults: Iterable[Fault] = (),
        settings: Settings | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Bind the port; requests are served inside the ``with`` block.

        Raises:
            ConfigError: the port is in use or not permitted, or a fault is invalid.
        """
        self.faults = Faults(faults)
        # Bound here, not in __enter__: the URL is needed to build the world's image addresses.
        listener = _listen(host, port)
        name, number = listener.getsockname()[:2]
        # Brackets for IPv6 (RFC 3986).
        origin = f"http://[{name}]:{number}" if ":" in name else f"http://{name}:{number}"
        self.settings = settings or Settings()
        self.clock = clock or Clock()
        self.tokens = Tokens(token, self.settings, self.clock)
        self._site = Site(
            world, origin, Lag(self.settings.lag, self.clock, self.settings.lags), Uploads(), self.settings
        )
        api = Api(self._site, self.tokens, self.settings, self.clock)
        self.url = f"{origin}/v5"
        self.authorize_url = f"{origin}/oauth/"
        self.token = token
        self.requests: deque[tuple[str, str]] = api.requests
        # Control stays outside: its own requests must never be hit by a fault.
        app = Misbehaving(api.app(), self.faults, self.requests)
        controlled = Control(app, self.faults, self.clock, self.tokens)
        self._server = LocalServer(controlled, listener, name="the sandbox")

    @property
    def world(self) -> World:
        """The served world; its changes are visible at once. It may be replaced."""
        return self._site.world

    @world.setter
    def world(self, world: World) -> None:
        self._site.world = world

    def __enter__(self) -> Sandbox:
        """Serve in a thread."""
        self._server.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop serving and free the port."""
        self._server.__exit__(kind, error, trace)

    def wait(self) -> None:
        """Serve until SIGINT or SIGTERM."""
        self._server.wait()


def _listen(host: str, port: int) -> socket.socket:
    try:
        return listen(host, port)
    except OSError as error:
        raise ConfigError([f"cannot listen on {host}:{port}: {error.strerror}; try another --port"]) from error


def serve(
    world: World,
    *,
    host: str,
    port: int,
    token: str,
    announce: Callable[[str], None],
    faults: Iterable[Fault] = (),
    settings: Settings | None = None,
) -> None:
    """Serve in the foreground; ``announce`` gets one JSON object with URLs, token and app once requests are accepted.

    Raises:
        ConfigError: the port is not available, or a fault is invalid.
    """
    with Sandbox(world, token=token, host=host, port=port, faults=faults, settings=settings) as sandbox:
        world.follow(sandbox.clock)
        app = sandbox.settings.app
        serving = {
            "url": sandbox.url,
            "token": token,
            "authorize_url": sandbox.authorize_url,
            "app_id": app.id,
            "app_secret": app.secret,
        }
        announce(json.dumps(serving))
        sandbox.wait()
