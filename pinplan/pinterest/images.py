"""Image downloads from Pinterest's image host (port `pinplan.ports.ImageSource`). Sends no token (I27)."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import urljoin, urlsplit

import requests
from urllib3.exceptions import DecodeError, HTTPError, ProtocolError, ReadTimeoutError

from pinplan.errors import ImageRefused, Unreachable
from pinplan.pinterest.connections import GuardedAdapter, check_certificates, header_seconds, header_trickles
from pinplan.pinterest.hosts import HostRules
from pinplan.pinterest.ratelimit import wait_asked_for
from pinplan.pinterest.retries import MayPass, Retries

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator

# Pinterest accepts uploads of up to 20 or 32 MB (sources differ), so no honest image is larger.
MAX_BYTES = 64 * 1024 * 1024
_CHUNK = 64 * 1024
_REDIRECTS = 5
MIN_PACE = 1000
"""Bytes per second. A slower download would block a worker for hours."""


class _TooSlow(Exception):
    """The download is too slow."""


class ImageDownloads:
    """Streams images to files. Thread-safe."""

    def __init__(
        self,
        *,
        user_agent: str,
        rules: HostRules | None = None,
        parallelism: int = 8,
        timeout: tuple[float, float] = (10.0, 60.0),
        retries: int = 3,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
        dice: random.Random | None = None,
    ) -> None:
        """Open a session without credentials; ``rules``: allowed hosts (default: Pinterest's image host)."""
        self._timeout = timeout
        self._retries = Retries(retries, sleep, dice)
        self._monotonic = monotonic
        check_certificates()
        self._session = requests.Session()
        self._session.headers.update({"User-Agent": user_agent, "Accept": "image/*", "Accept-Encoding": "identity"})
        # Identity encoding above: Content-Length must count the bytes of the file, to notice a truncated one.
        self._session.auth = _no_credentials
        adapter = GuardedAdapter(rules or HostRules(), pool_maxsize=parallelism)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def fetch(self, url: str, into: BinaryIO, *, announced: bool = False) -> int:
        """See `pinplan.ports.ImageSource`.

        Raises:
            ImageRefused: no image at the URL, not an image, or too slow; or a forbidden host or redirect
                (``forbidden``).
            Unreachable: no connection after all retries.
            OSError: writing to ``into`` failed.
        """
        slow = 0

        def once() -> int:
            nonlocal slow
            while slow <= 1:
                into.seek(0)  # a retry must not append to the bytes of a broken attempt
                into.truncate()
                try:
                    return self._once(url, into, announced=announced)
                except _TooSlow:
                    # Only once more, regardless of retries: each attempt may take a whole timeout.
                    slow += 1
            raise ImageRefused(url, f"slower than {MIN_PACE // 1000} kB/s for {self._timeout[1]:g} s", slow=True)

        return self._retries.run(once)

    def _once(self, url: str, into: BinaryIO, *, announced: bool) -> int:
        try:
            with self._open(url) as answer:
                if announced and not answer.headers.get("content-length", "").isdigit():
                    raise ImageRefused(url, "no Content-Length")
                return self._copy(url, answer, into)
        except ProtocolError:
            raise MayPass(ImageRefused(url, "connection lost during the download")) from None
        except DecodeError:
            raise MayPass(ImageRefused(url, "invalid Content-Encoding")) from None
        except ReadTimeoutError:
            raise _TooSlow from None
        except HTTPError as error:
            raise _no_connection(url, type(error).__name__) from None
        except requests.Timeout as error:
            raise (_TooSlow() if header_trickles(error) else _no_connection(url, "timed out")) from None
        except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema, requests.exceptions.MissingSchema):
            raise ImageRefused(url, "not an image URL", forbidden=True) from None
        except requests.RequestException as error:
            raise _no_connection(url, type(error).__name__) from None
        except ValueError:
            # requests parses the target of a redirect even with allow_redirects=False.
            raise ImageRefused(url, "redirect to an invalid URL", forbidden=True) from None

    def _open(self, url: str) -> requests.Response:
        """The response after redirects; the adapter checks each target."""
        for _ in range(_REDIRECTS + 1):
            # Redirects by hand, so that each target passes the host rules before it is connected to.
            answer = self._session.get(url, stream=True, timeout=self._timeout, allow_redirects=False)
            if not answer.is_redirect:
                _check_status(url, answer)
                return answer
            answer.close()
            url = _redirected(url, answer.headers["location"])
        raise ImageRefused(url, f"more than {_REDIRECTS} redirects")

    def _copy(self, url: str, answer: requests.Response, into: BinaryIO) -> int:
        announced = answer.headers.get("content-length", "")
        size, begun = 0, False
        since, before = self._monotonic() - header_seconds(answer), 0
        for chunk in _read(answer):
            start = b"" if begun else chunk.lstrip()[:1]
            begun = begun or bool(start)
            if start in {b"<", b"{"}:  # error pages with status 200: do not download them to the end
                raise ImageRefused(url, "a text page instead of an image")
            size += len(chunk)
            if size > MAX_BYTES:
                raise ImageRefused(url, f"larger than {MAX_BYTES // 1024 // 1024} MB")
            into.write(chunk)
            passed = self._monotonic() - since
            if passed >= self._timeout[1]:
                if size - before < MIN_PACE * passed:
                    raise _TooSlow
                since, before = since + passed, size  # the pace is measured per window, not over the whole download
        # Worth a retry: a proxy or CDN node closed early. Nothing below compares the two.
        if announced.isdigit() and int(announced) != size:
            raise MayPass(ImageRefused(url, f"got {size} of {announced} bytes"))
        if size == 0:
            raise ImageRefused(url, "empty response")
        return size


def _read(answer: requests.Response) -> Iterator[bytes]:
    """Chunks as they arrive: a read of a fixed size would block on a trickle."""
    while chunk := answer.raw.read1(_CHUNK, decode_content=True):
        yield chunk


def _redirected(url: str, location: str) -> str:
    try:
        target = urljoin(url, location)
        usable = urlsplit(target).scheme in {"http", "https"}
    except ValueError:
        usable, target = False, location
    if not usable:
        raise ImageRefused(url, f"redirect to an invalid URL: {target!r:.80}", forbidden=True)
    return target


def _no_connection(url: str, reason: str) -> MayPass:
    """No response from the host."""
    return MayPass(Unreachable(f"{urlsplit(url).netloc} is unreachable: {reason}"))


def _no_credentials(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """An auth callable without credentials: requests would read .netrc without one."""
    request.headers.pop("Authorization", None)
    return request


def _check_status(url: str, answer: requests.Response) -> None:
    status = answer.status_code
    if status == 200:
        return
    answer.close()
    refused = ImageRefused(url, f"HTTP {status}", status=status)
    if status == 429 or status >= 500:
        raise MayPass(refused, wait_asked_for(answer.headers, datetime.now(UTC)))
    raise refused
