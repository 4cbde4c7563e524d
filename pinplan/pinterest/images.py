"""Image bytes (port `pinplan.ports.ImageSource`) from Pinterest's image host. No token ever comes here (I27)."""

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

MAX_BYTES = 64 * 1024 * 1024
_CHUNK = 64 * 1024
_REDIRECTS = 5
MIN_PACE = 1000
"""Bytes a second. What comes slower than this over the whole timeout would hold a worker for hours."""


class _TooSlow(Exception):
    """It comes, but would take for ever."""


class ImageDownloads:
    """Streams images to files. Threads may share it."""

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
        """Open a session of its own, without any credentials; ``rules`` say who may be asked (default: Pinterest's image host)."""
        self._timeout = timeout
        self._retries = Retries(retries, sleep, dice)
        self._monotonic = monotonic
        check_certificates()
        self._session = requests.Session()
        self._session.headers.update({"User-Agent": user_agent, "Accept": "image/*", "Accept-Encoding": "identity"})
        self._session.auth = _no_credentials
        adapter = GuardedAdapter(rules or HostRules(), pool_maxsize=parallelism)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)

    def close(self) -> None:
        """Let go of the connections."""
        self._session.close()

    def fetch(self, url: str, into: BinaryIO, *, announced: bool = False) -> int:
        """See `pinplan.ports.ImageSource`.

        Raises:
            ImageRefused: the host has no image there, or what it sends is none or comes too slowly; or the host, or one that it
                redirects to, may not be asked (``forbidden``).
            Unreachable: no connection, after several tries.
            OSError: ``into`` cannot be written.
        """
        slow = 0

        def once() -> int:
            nonlocal slow
            while slow <= 1:
                into.seek(0)
                into.truncate()
                try:
                    return self._once(url, into, announced=announced)
                except _TooSlow:
                    # Once more, however many retries there are: each of them may take a whole timeout.
                    slow += 1
            raise ImageRefused(url, f"slower than {MIN_PACE // 1000} kB/s for {self._timeout[1]:g} s", slow=True)

        return self._retries.run(once)

    def _once(self, url: str, into: BinaryIO, *, announced: bool) -> int:
        try:
            with self._open(url) as answer:
                if announced and not answer.headers.get("content-length", "").isdigit():
                    raise ImageRefused(url, "its length was not announced")
                return self._copy(url, answer, into)
        except ProtocolError:
            raise MayPass(ImageRefused(url, "the connection broke in the middle of the image")) from None
        except DecodeError:
            raise MayPass(ImageRefused(url, "the host packed it in a way that cannot be unpacked")) from None
        except ReadTimeoutError:
            raise _TooSlow from None
        except HTTPError as error:
            raise _no_connection(url, type(error).__name__) from None
        except requests.Timeout as error:
            raise (_TooSlow() if header_trickles(error) else _no_connection(url, "no answer in time")) from None
        except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema, requests.exceptions.MissingSchema):
            raise ImageRefused(url, "it is no address of an image", forbidden=True) from None
        except requests.RequestException as error:
            raise _no_connection(url, type(error).__name__) from None
        except ValueError:
            # requests reads the target of a redirect even where it is not to follow it.
            raise ImageRefused(url, "a redirect to something that is no web address", forbidden=True) from None

    def _open(self, url: str) -> requests.Response:
        """The answer with the image, after redirects; the adapter judges each of them anew."""
        for _ in range(_REDIRECTS + 1):
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
            if start in {b"<", b"{"}:
                raise ImageRefused(url, "a page of text instead of an image")
            size += len(chunk)
            if size > MAX_BYTES:
                raise ImageRefused(url, f"larger than {MAX_BYTES // 1024 // 1024} MB")
            into.write(chunk)
            passed = self._monotonic() - since
            if passed >= self._timeout[1]:
                if size - before < MIN_PACE * passed:
                    raise _TooSlow
                since, before = since + passed, size
        if announced.isdigit() and int(announced) != size:
            raise MayPass(ImageRefused(url, f"{size} bytes came, {announced} were announced"))
        if size == 0:
            raise ImageRefused(url, "nothing came: 0 bytes")
        return size


def _read(answer: requests.Response) -> Iterator[bytes]:
    """The body as it arrives: a whole chunk of a trickle would be waited for until the end of the day."""
    while chunk := answer.raw.read1(_CHUNK, decode_content=True):
        yield chunk


def _redirected(url: str, location: str) -> str:
    try:
        target = urljoin(url, location)
        usable = urlsplit(target).scheme in {"http", "https"}
    except ValueError:
        usable, target = False, location
    if not usable:
        raise ImageRefused(url, f"a redirect to something that is no web address: {target!r:.80}", forbidden=True)
    return target


def _no_connection(url: str, reason: str) -> MayPass:
    """The host did not answer at all."""
    return MayPass(Unreachable(f"{urlsplit(url).netloc} cannot be reached: {reason}"))


def _no_credentials(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Keeps requests from looking for credentials in .netrc."""
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
