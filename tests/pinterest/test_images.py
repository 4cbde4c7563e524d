"""Image bytes: whole or not at all, and never with a token."""

from __future__ import annotations

import io
import itertools
import socket
import threading
import time
from contextlib import closing, suppress

import pytest

from pinplan.config import load_config
from pinplan.errors import ImageRefused, Unreachable
from pinplan.pinterest.hosts import rules_for
from pinplan.pinterest.images import ImageDownloads
from pinplan.wiring import open_library
from tests.pinterest.conftest import Answer

JPEG = b"\xff\xd8" + b"x" * 200_000


@pytest.fixture
def images(script, waits):
    made = ImageDownloads(
        user_agent="pinplan/test", rules=rules_for(script.url), timeout=(5, 5), retries=2, sleep=waits.append
    )
    yield made
    made.close()


def fetch(images: ImageDownloads, url: str) -> bytes:
    into = io.BytesIO(b"from an earlier try, longer than what comes")
    into.seek(0, 2)
    size = images.fetch(url, into)
    assert size == len(into.getvalue())
    return into.getvalue()


@pytest.mark.promise("I27")
def test_an_image_is_streamed_without_any_credentials(script, images, tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password other\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    script.plays(Answer(JPEG))
    assert fetch(images, f"{script.url}/1200x/a.jpg") == JPEG
    headers = script.seen[0][2]
    assert "authorization" not in headers
    assert headers["accept-encoding"] == "identity"


@pytest.mark.promise("I19")
def test_a_body_that_is_cut_is_fetched_again_from_its_beginning(script, images):
    script.plays(Answer(JPEG[:1000], cut=5), Answer(hang_up=True), Answer(JPEG))
    assert fetch(images, f"{script.url}/a.jpg") == JPEG


@pytest.mark.promise("I19")
def test_a_body_that_stays_cut_is_refused(script, images):
    script.plays(Answer(JPEG[:1000], cut=5))
    with pytest.raises(ImageRefused):
        fetch(images, f"{script.url}/a.jpg")
    assert len(script.seen) == 3


@pytest.mark.promise("I19")
@pytest.mark.parametrize("body", [b"<html>hotel wifi</html>", b"  <?xml?><Error/>", b'{"code": 1}', b""])
def test_pages_of_text_and_nothing_are_no_images(script, images, body):
    script.plays(Answer(body))
    with pytest.raises(ImageRefused) as caught:
        fetch(images, f"{script.url}/a.jpg")
    assert not caught.value.gone
    assert len(script.seen) == 1


@pytest.mark.parametrize("status", [403, 404, 410])
def test_what_is_not_there_is_said_to_be_gone(script, images, status):
    script.plays(Answer(b"<Error/>", status))
    with pytest.raises(ImageRefused) as caught:
        fetch(images, f"{script.url}/a.jpg")
    assert caught.value.gone


def test_overload_is_waited_out(script, images, waits):
    script.plays(Answer(b"", 503, {"retry-after": "3"}), Answer(b"", 429), Answer(JPEG))
    assert fetch(images, f"{script.url}/a.jpg") == JPEG
    assert waits[0] == 3.0


def test_redirects_are_followed_a_few_times_and_only_to_the_web(script, images):
    script.plays(Answer(b"", 301, {"location": "/564x/a.jpg"}), Answer(JPEG))
    assert fetch(images, f"{script.url}/600x/a.jpg") == JPEG
    script.plays(Answer(b"", 302, {"location": "/again.jpg"}))
    with pytest.raises(ImageRefused, match="redirects"):
        fetch(images, f"{script.url}/a.jpg")
    script.plays(Answer(b"", 302, {"location": "file:///etc/passwd"}))
    with pytest.raises(ImageRefused, match="invalid URL"):
        fetch(images, f"{script.url}/a.jpg")


@pytest.mark.parametrize("url", ["", "x", "file:///etc/passwd", "ftp://127.0.0.1/a.jpg"])
def test_addresses_that_are_none(images, url):
    with pytest.raises(ImageRefused):
        fetch(images, url)


def test_nobody_there(waits):
    images = ImageDownloads(user_agent="x", rules=rules_for("http://127.0.0.1:1/v5"), retries=1, sleep=waits.append)
    with pytest.raises(Unreachable):
        fetch(images, "http://127.0.0.1:1/a.jpg")
    images.close()


def test_a_disk_that_refuses_is_not_retried(script, images):
    class Full(io.BytesIO):
        def write(self, _data):
            raise OSError(28, "No space left on device")

    script.plays(Answer(JPEG))
    with pytest.raises(OSError, match="No space"):
        images.fetch(f"{script.url}/a.jpg", Full())
    assert len(script.seen) == 1


@pytest.mark.promise("I19")
def test_an_image_that_trickles_is_tried_once_more_and_given_up(script, waits):
    images = ImageDownloads(
        user_agent="x", rules=rules_for(script.url), timeout=(5, 0.2), retries=9, sleep=waits.append
    )
    script.plays(Answer(JPEG[:500], pause=0.02))
    with pytest.raises(ImageRefused, match=r"slower than 1 kB/s for 0\.2 s") as caught:
        images.fetch(f"{script.url}/a.jpg", io.BytesIO())
    images.close()
    assert caught.value.slow
    assert len(script.seen) == 2


@pytest.mark.promise("I19")
def test_a_header_that_trickles_is_tried_once_more_like_a_body(waits):
    came: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def trickle() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                came.append(connection.recv(4096))
                with suppress(OSError):
                    for byte in b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100:
                        connection.send(bytes([byte]))
                        time.sleep(0.02)
                connection.close()

        threading.Thread(target=trickle, daemon=True).start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        images = ImageDownloads(user_agent="x", rules=rules_for(url), timeout=(5, 0.2), retries=9, sleep=waits.append)
        with pytest.raises(ImageRefused, match="slower than 1 kB/s") as caught:
            images.fetch(f"{url}/a.jpg", io.BytesIO())
        images.close()
    assert caught.value.slow
    assert len(came) == 2


@pytest.mark.promise("I27")
@pytest.mark.parametrize("name", ["HTTP_PROXY", "ALL_PROXY"])
def test_an_image_on_this_machine_is_asked_for_directly(script, images, monkeypatch, name):
    monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    script.plays(Answer(JPEG))
    assert fetch(images, f"{script.url}/a.jpg") == JPEG


def test_what_comes_in_small_pieces_but_fast_enough_is_taken(script):
    ticks = itertools.count(0, 0.0005)  # never more than one for a byte: 2 kB/s
    images = ImageDownloads(
        user_agent="x", rules=rules_for(script.url), timeout=(5, 0.05), monotonic=lambda: next(ticks)
    )
    script.plays(Answer(JPEG[:300], pause=0.0003))
    into = io.BytesIO()
    assert images.fetch(f"{script.url}/a.jpg", into) == 300
    images.close()


@pytest.mark.parametrize(("status", "for_good"), [(403, False), (404, True), (410, True), (418, False)])
def test_only_404_and_410_are_for_good(script, images, status, for_good):
    script.plays(Answer(b"", status))
    with pytest.raises(ImageRefused) as caught:
        fetch(images, f"{script.url}/a.jpg")
    assert caught.value.for_good is for_good


def test_a_page_of_text_is_known_behind_white_space(script, images):
    script.plays(Answer(b" \n<html>hotel wifi</html>", pause=0.001))
    with pytest.raises(ImageRefused, match="text page"):
        fetch(images, f"{script.url}/a.jpg")


@pytest.mark.parametrize("retries", [0, 2])
def test_the_configured_retries_hold_for_images(script, tmp_path, retries):
    (tmp_path / "pinplan.toml").write_text(f"[network]\nretries = {retries}\n")
    config = load_config(library=tmp_path, flags={"network.api_url": f"{script.url}/v5"})
    script.plays(Answer(b"", 503, {"retry-after": "0"}))
    with closing(open_library._images(config)) as images, pytest.raises(ImageRefused, match="HTTP 503"):
        images.fetch(f"{script.url}/a.jpg", io.BytesIO())
    assert len(script.seen) == retries + 1
