"""An answer ends within limits of time and size; a token for this machine passes through no proxy."""

from __future__ import annotations

import contextlib
import gzip
import io
import itertools
import socket
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import closing
from types import SimpleNamespace

import pytest
import requests

from pinplan.errors import ConfigError, ImageRefused, PinplanError, UnexpectedAnswer, Unreachable
from pinplan.pinterest.connections import MAX_BYTES, read_whole
from pinplan.pinterest.convert import to_images
from pinplan.pinterest.hosts import rules_for
from pinplan.pinterest.http import ApiSession
from pinplan.pinterest.images import ImageDownloads
from pinplan.pinterest.responses import MediaAnswer, SizeAnswer, SizesAnswer
from tests.pinterest.conftest import TOKEN, Answer


def bomb(megabytes: int) -> bytes:
    squeeze = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = b"A" * (1 << 20)
    return (
        squeeze.compress(b'{"x":"')
        + b"".join(squeeze.compress(block) for _ in range(megabytes))
        + squeeze.compress(b'"}')
        + squeeze.flush()
    )


def test_a_small_answer_that_stands_for_gigabytes_is_refused_without_another_try(script, session):
    script.plays(Answer(bomb((MAX_BYTES >> 20) + 8), headers={"content-encoding": "gzip"}))
    with pytest.raises(UnexpectedAnswer, match="larger than 64 MB"):
        session.get("/boards")
    assert session.calls == 1


def test_a_compressed_answer_is_read(script, session):
    script.plays(Answer(gzip.compress(b'{"id": "1"}'), headers={"content-encoding": "gzip"}))
    assert session.get("/pins/1") == b'{"id": "1"}'


def test_compressed_nonsense_is_unreachable_after_its_retries(script, session):
    script.plays(Answer(b"\x1f\x8b nonsense", headers={"content-encoding": "gzip"}))
    with pytest.raises(PinplanError):
        session.get("/pins/1")
    assert session.calls == 4


class Trickle:
    """A body that comes a byte at a time, each in time."""

    status_code = 200

    def __init__(self) -> None:
        self.raw, self.reads = self, 0

    def read1(self, amount: int, *, decode_content: bool) -> bytes:
        self.reads += 1
        return b" "

    def __enter__(self) -> Trickle:
        return self

    def __exit__(self, *_: object) -> None:
        pass


def test_a_body_that_trickles_in_is_given_up_after_the_time_for_the_whole():
    seconds = itertools.count()
    body = Trickle()
    with pytest.raises(requests.ReadTimeout):
        read_whole(body, "GET /boards", 30, lambda: float(next(seconds)))  # type: ignore[arg-type] # as a response
    assert 29 <= body.reads <= 32


@contextlib.contextmanager
def trickling_header() -> Iterator[str]:
    """A host that sends a byte of its header every tenth of a second, for ever."""
    ended = threading.Event()

    def trickle(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while not ended.wait(0.1):
                connection.sendall(b"x")

    def serve() -> None:
        with contextlib.suppress(OSError):  # closed at the end
            while True:
                threading.Thread(target=trickle, args=(host.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as host:
        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{host.getsockname()[1]}"
        ended.set()


def test_a_header_that_trickles_in_is_given_up():
    began = time.monotonic()
    with trickling_header() as url:
        session = ApiSession(url, TOKEN, user_agent="t", timeout=(1, 0.5), retries=0)
        images = ImageDownloads(user_agent="t", rules=rules_for(url), timeout=(1, 0.5), retries=0)
        with closing(session), pytest.raises(Unreachable):
            session.get("/boards")
        with closing(images), pytest.raises(ImageRefused, match="slower than"):
            images.fetch(f"{url}/a.jpg", io.BytesIO())
    assert time.monotonic() - began < 5


def test_the_time_of_the_header_is_part_of_the_time_of_the_answer():
    seconds = itertools.count()
    body = Trickle()
    body._original_response = SimpleNamespace(header_seconds=25.0)  # type: ignore[attr-defined]
    with pytest.raises(requests.ReadTimeout):
        read_whole(body, "GET /boards", 30, lambda: float(next(seconds)))  # type: ignore[arg-type] # as a response
    assert body.reads <= 7


@pytest.mark.promise("I27")
@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_a_token_for_this_machine_is_not_handed_to_a_proxy(script, monkeypatch, name):
    proxied: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        proxy.settimeout(0.2)

        def listen() -> None:
            try:
                connection, _ = proxy.accept()
                proxied.append(connection.recv(4096))
                connection.close()
            except OSError:
                return

        thread = threading.Thread(target=listen)
        thread.start()
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.getsockname()[1]}")
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        made = ApiSession(f"{script.url}/v5", TOKEN, user_agent="t", timeout=(1, 1), retries=0)
        made.get("/user_account")
        made.close()
        thread.join()
    assert proxied == []
    assert script.seen[0][2]["authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_certificates_that_are_not_there_are_named(monkeypatch, name):
    for one in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(one, raising=False)
    monkeypatch.setenv(name, "/nonexistent/ca.pem")
    with pytest.raises(ConfigError, match=f"{name}=/nonexistent/ca.pem"):
        ApiSession("https://api.example/v5", TOKEN, user_agent="t")
    with pytest.raises(ConfigError, match=name):
        ImageDownloads(user_agent="t")


@pytest.mark.parametrize("odd", [1e308, float("inf"), float("nan"), -5.0, 0.0, 1e15])
def test_sizes_that_no_picture_has_are_unknown(odd):
    sizes = SizesAnswer(originals=SizeAnswer(url="https://i.pinimg.com/x.jpg", width=odd, height=odd))
    (image,) = to_images(MediaAnswer(media_type="image", images=sizes))
    assert (image.renditions[0].width, image.renditions[0].height) == (None, None)
