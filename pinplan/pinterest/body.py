"""Reading the body of an answer within limits of time and size, whatever the server sends."""

from __future__ import annotations

import io
import time
from typing import TYPE_CHECKING

import requests
from urllib3.exceptions import DecodeError, HTTPError, ProtocolError, ReadTimeoutError

from pinplan.errors import UnexpectedAnswer
from pinplan.pinterest.prompt import header_seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MAX_BYTES = 64 * 1024 * 1024
"""Of a decoded answer. The largest page of 250 pins is below 1 MB; a few kilobytes of gzip can stand for gigabytes."""
BYTES_PER_SECOND = 100_000
"""Slower than this, after the first ``timeout_seconds``, an answer is given up."""
_CHUNK = 64 * 1024


def read_whole(
    answer: requests.Response, what: str, seconds: float, monotonic: Callable[[], float] = time.monotonic
) -> requests.Response:
    """The same answer with its whole body read and decoded.

    Args:
        answer: one that was asked for as a stream.
        what: names the request in errors.
        seconds: time for header and body together, to which every 100 kB add one second.
        monotonic: the clock; only differences count.

    Raises:
        UnexpectedAnswer: it is larger than `MAX_BYTES`.
        requests.RequestException: it broke, or took too long.
    """
    began, body = monotonic() - header_seconds(answer), bytearray()
    with answer:
        for chunk in _chunks(answer):
            body += chunk
            if len(body) > MAX_BYTES:
                raise UnexpectedAnswer(f"{what}: an answer of more than {MAX_BYTES >> 20} MB")
            if monotonic() - began > seconds + len(body) / BYTES_PER_SECOND:
                raise requests.ReadTimeout("no whole answer in time")
    answer.raw = io.BytesIO(body)
    return answer


def _chunks(answer: requests.Response) -> Iterator[bytes]:
    """What has arrived, as it arrives: reading a fixed amount would wait for a body that trickles in, each byte in time."""
    try:
        while chunk := answer.raw.read1(_CHUNK, decode_content=True):
            yield chunk
    except ProtocolError as error:
        raise requests.exceptions.ChunkedEncodingError(error) from None
    except DecodeError as error:
        raise requests.exceptions.ContentDecodingError(error) from None
    except ReadTimeoutError as error:
        raise requests.ReadTimeout(error) from None
    except HTTPError as error:
        raise requests.exceptions.ConnectionError(error) from None
