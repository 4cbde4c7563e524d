"""What the environment says about connections: proxies and certificates, looked up once for a session."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pinplan.errors import ConfigError
from pinplan.pinterest.hosts import is_loopback

if TYPE_CHECKING:
    import requests


def apply_environment(session: requests.Session, url: str) -> None:
    """Take proxies and certificates for an address from the environment, once, not for each of a thousand requests.

    What is on this machine is asked directly: a proxy would get a token that is meant for a program here (I27).

    Raises:
        ConfigError: REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE names nothing that is there.
    """
    settings = session.merge_environment_settings(url, {}, None, None, None)
    loopback = is_loopback(urlsplit(url).hostname or "")
    session.proxies = {} if loopback else settings["proxies"]
    session.verify = settings["verify"]
    session.trust_env = False
    check_certificates()


def check_certificates() -> None:
    """Raises `ConfigError` where the environment names certificates that are not there: requests would fail with an `OSError`."""
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        path = os.environ.get(name)
        if path:
            if not Path(path).exists():
                raise ConfigError([f"{name}={path}: there is no such file or folder; correct it or unset it"])
            return  # requests reads the second one only where the first is not set
