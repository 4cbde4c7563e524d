"""Uploads of videos to the host that Pinterest names for them (port `pinplan.ports.VideoHost`). Sends no token (I27)."""

from __future__ import annotations

import re
import secrets
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import requests
from urllib3.fields import RequestField
from urllib3.filepost import encode_multipart_formdata

from pinplan.errors import ImageRefused, Unreachable, VideoRefused
from pinplan.pinterest.connections import GuardedAdapter, check_certificates, read_whole
from pinplan.pinterest.hosts import UPLOAD_HOSTS, HostRules
from pinplan.pinterest.refusals import one_line
from pinplan.pinterest.retries import MayPass, Retries

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator
    from threading import Event

    from pinplan.model.videos import VideoPlace
    from pinplan.ports import VideoBytes

_REASON = re.compile(rb"<(Code|Message)>([^<]{1,200})</\1>")
"""In an answer of S3."""


class _Form:
    """The body of a request: the fields, then the file, which is streamed."""

    def __init__(self, place: VideoPlace, video: VideoBytes, stop: Event) -> None:
        boundary = secrets.token_hex(16)
        # The file is the last part: S3 ignores what follows it.
        file = RequestField("file", b"", filename="video.mp4")
        file.make_multipart(content_type="application/octet-stream")
        fields = (RequestField.from_tuples(name, value) for name, value in place.fields)
        empty, self.content_type = encode_multipart_formdata([*fields, file], boundary)
        self._after = f"\r\n--{boundary}--\r\n".encode()
        self._before = empty.removesuffix(self._after)
        self._video, self._stop = video, stop

    def __len__(self) -> int:
        # Requests sends it as Content-Length: S3 takes no chunked bodies.
        return len(self._before) + self._video.size + len(self._after)

    def __iter__(self) -> Iterator[bytes]:
        yield self._before
        for chunk in self._video.chunks():
            _check_stop(self._stop)
            yield chunk
        yield self._after


def _check_stop(stop: Event) -> None:
    if stop.is_set():
        raise Unreachable("upload cancelled, interrupted")


class VideoUploads:
    """Streams videos to a host, with a known length and without redirects."""

    def __init__(
        self,
        *,
        user_agent: str,
        rules: HostRules | None = None,
        timeout: float = 60.0,
        retries: int = 3,
        sleep: Callable[[float], None] = time.sleep,
        dice: random.Random | None = None,
    ) -> None:
        """Open a session without credentials; ``rules``: allowed hosts (default: Pinterest's host for uploads)."""
        self._timeout = timeout
        self._retries = Retries(retries, sleep, dice)
        check_certificates()
        self._session = requests.Session()
        self._session.headers.update({"User-Agent": user_agent, "Accept": "*/*"})
        self._session.auth = _no_credentials
        adapter = GuardedAdapter(rules or HostRules(names=UPLOAD_HOSTS, uploads=True), pool_maxsize=1)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def send(self, place: VideoPlace, video: VideoBytes, stop: Event) -> None:
        """See `pinplan.ports.VideoHost`."""
        self._retries.run(lambda: self._once(place, video, stop))

    def _once(self, place: VideoPlace, video: VideoBytes, stop: Event) -> None:
        _check_stop(stop)
        host = _host_of(place.url)
        form = _Form(place, video, stop)
        try:
            answer = self._session.post(
                place.url,
                data=form,
                headers={"Content-Type": form.content_type},
                timeout=self._timeout,
                allow_redirects=False,
                stream=True,
            )
            read_whole(answer, host, self._timeout)
        except ImageRefused as error:  # of the guard: nothing was sent
            raise VideoRefused(f"the video is not sent: {error.reason}") from None
        except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema, requests.exceptions.MissingSchema):
            raise VideoRefused(f"the video is not sent: not an address: {place.url!r:.80}") from None
        except requests.RequestException as error:
            # A host that refuses a large body early closes the connection before the answer is read.
            raise MayPass(Unreachable(f"{host} is unreachable: {type(error).__name__}")) from None
        except ValueError:  # requests parses the target of a redirect even with allow_redirects=False
            raise VideoRefused(f"{host}: redirect to an invalid URL") from None
        _check(host, answer)


def _host_of(url: str) -> str:
    try:
        return urlsplit(url).hostname or url[:80]
    except ValueError:
        return url[:80]


def _check(host: str, answer: requests.Response) -> None:
    status = answer.status_code
    if 200 <= status < 300:
        return
    reasons = ": ".join(one_line(text.decode("utf-8", "replace")) for _, text in _REASON.findall(answer.content))
    refused = VideoRefused(f"{host} does not take the video: HTTP {status}{': ' if reasons else ''}{reasons}")
    if status == 429 or status >= 500:
        raise MayPass(refused)
    raise refused


def _no_credentials(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """An auth callable without credentials: requests would read .netrc without one."""
    request.headers.pop("Authorization", None)
    return request
