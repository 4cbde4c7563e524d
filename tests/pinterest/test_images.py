"""Image bytes: whole or not at all, and never with a token."""

from __future__ import annotations

import io

import pytest

from pinplan.errors import ImageRefused, Unreachable
from pinplan.pinterest.hosts import rules_for
from pinplan.pinterest.images import ImageDownloads
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
    with pytest.raises(ImageRefused, match="no web address"):
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
