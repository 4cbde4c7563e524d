"""Access to the review page: the secret in the address, the right Host, and no other origin (I28)."""

from __future__ import annotations

import hmac
import secrets
import threading
from typing import TYPE_CHECKING

from pinplan.review.address import SECRET_BYTES

if TYPE_CHECKING:
    from collections.abc import Mapping


class Guard:
    """Decides which requests are served.

    The secret is a part of every address, not a cookie: a cookie for 127.0.0.1 would be sent to whatever listens on any
    other port of it. Command lines are visible to every user of the computer (``ps``), so the browser is started with a
    token that works once, and is redirected from there.
    """

    def __init__(self, port: int, secret: str = "") -> None:
        """Take the secret, or make one up."""
        self.secret = secret or secrets.token_urlsafe(SECRET_BYTES)
        self._once = secrets.token_urlsafe(SECRET_BYTES)
        self._lock = threading.Lock()
        # DNS rebinding: a foreign name may resolve to 127.0.0.1, but the browser still sends that name as Host.
        self._hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}
        self.address = f"http://127.0.0.1:{port}/{self.secret}/"
        self.first_address = f"http://127.0.0.1:{port}/open/{self._once}"

    def problem(self, method: str, headers: Mapping[str, str]) -> str | None:
        """Why a request is refused, whatever its address; None if it is not."""
        if headers.get("host", "") not in self._hosts:
            return "unexpected Host header"
        origin = headers.get("origin")
        if origin is not None and origin.removeprefix("http://") not in self._hosts:
            return "cross-origin request refused"
        # Browsers send Origin with every POST; only a program without one gets here.
        if origin is None and method not in {"GET", "HEAD"}:
            return "Origin header missing"
        # Images and scripts are loaded without Origin: Sec-Fetch-Site catches those. Older browsers do not send it.
        if headers.get("sec-fetch-site", "none") not in {"none", "same-origin"} and not _opens_the_page(headers):
            return "cross-origin request refused"
        return None

    def knows(self, given: str) -> bool:
        """Whether this is the secret; compared in constant time."""
        return hmac.compare_digest(given.encode(), self.secret.encode())

    def first_time(self, given: str) -> bool:
        """Whether this is the one-time token, on its first use."""
        with self._lock:
            # After use the token is empty, and an empty path must not match it.
            good = bool(self._once) and hmac.compare_digest(given.encode(), self._once.encode())
            if good:
                self._once = ""
            return good


def _opens_the_page(headers: Mapping[str, str]) -> bool:
    """Whether a person follows a link, which is harmless: the page that linked cannot read the answer."""
    return headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
