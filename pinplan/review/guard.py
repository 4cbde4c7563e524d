"""Who is let in: whoever knows the secret part of the address, from a page of this very server, by its own name (I28)."""

from __future__ import annotations

import hmac
import secrets
import threading
from typing import TYPE_CHECKING

from pinplan.review.address import SECRET_BYTES

if TYPE_CHECKING:
    from collections.abc import Mapping


class Guard:
    """The addresses that are let in.

    The secret is a part of every address, not a cookie: a cookie for 127.0.0.1 would be sent to whatever listens on any
    other port of it. What starts the browser is seen by every user of the computer in the list of processes; so the
    browser is started with a word that is good once, and is led on from there.
    """

    def __init__(self, port: int, secret: str = "") -> None:
        """Take the secret, or make one up."""
        self.secret = secret or secrets.token_urlsafe(SECRET_BYTES)
        self._once = secrets.token_urlsafe(SECRET_BYTES)
        self._lock = threading.Lock()
        self._hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}
        self.address = f"http://127.0.0.1:{port}/{self.secret}/"
        self.first_address = f"http://127.0.0.1:{port}/open/{self._once}"

    def problem(self, method: str, headers: Mapping[str, str]) -> str | None:
        """Why a request is refused, whatever its address; None if it is not."""
        if headers.get("host", "") not in self._hosts:
            return "this address is not called so"
        origin = headers.get("origin")
        if origin is not None and origin.removeprefix("http://") not in self._hosts:
            return "this request comes from another page"
        if origin is None and method not in {"GET", "HEAD"}:
            return "this request does not say from which page it comes"
        if headers.get("sec-fetch-site", "none") not in {"none", "same-origin"} and not _opens_the_page(headers):
            return "this request comes from another page"
        return None

    def knows(self, given: str) -> bool:
        """Whether somebody knows the secret."""
        return hmac.compare_digest(given.encode(), self.secret.encode())

    def first_time(self, given: str) -> bool:
        """Whether this is the word that is good once, and the first time that it is given."""
        with self._lock:
            good = bool(self._once) and hmac.compare_digest(given.encode(), self._once.encode())
            if good:
                self._once = ""
            return good


def _opens_the_page(headers: Mapping[str, str]) -> bool:
    """Whether a person follows a link: to see the page is harmless, for no other page can read it."""
    return headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
