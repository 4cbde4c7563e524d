"""Videos are sent to hosts that the config names, whole, without a token, and with the fields that Pinterest gave."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from python_multipart.multipart import parse_form

from pinplan.errors import PermissionMissing, UnexpectedAnswer, Unreachable, VideoRefused
from pinplan.model.ids import BoardId, Sha256
from pinplan.model.images import Upload
from pinplan.model.pins import NewPin
from pinplan.model.videos import VideoPlace, VideoStatus
from pinplan.pinterest.api import PinterestApi
from pinplan.pinterest.connections import GuardedAdapter
from pinplan.pinterest.convert import new_pin_body
from pinplan.pinterest.hosts import UPLOAD_HOSTS, HostRules, rules_for
from pinplan.pinterest.http import ApiSession
from pinplan.pinterest.video_host import VideoUploads
from pinplan.sandbox import Sandbox, World
from tests.fakes import digest_of
from tests.pinterest.conftest import Answer
from tests.pinterest.test_hosts import PUBLIC, Network
from tests.small_videos import video

DATA = video()
FIELDS = (("Content-Type", "multipart/form-data"), ("key", "uploads/1"), ("policy", 'a"b\r\nc'))


class Bytes:
    """A video in pieces, which counts its passes."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = pieces
        self.passes = 0
        self.sha256 = Sha256("")

    @property
    def size(self) -> int:
        return sum(map(len, self.pieces))

    def chunks(self) -> Iterator[bytes]:
        self.passes += 1
        yield from self.pieces
        self.sha256 = digest_of(b"".join(self.pieces))


@pytest.fixture
def host(script, waits):
    made = VideoUploads(
        user_agent="pinplan/test", rules=rules_for(script.url, uploads=True), timeout=5, retries=2, sleep=waits.append
    )
    yield made
    made.close()


def place(url: str, **facts: Any) -> VideoPlace:
    return VideoPlace(media_id="1", url=url, fields=facts.get("fields", FIELDS))


@pytest.mark.promise("I27")
def test_the_fields_come_first_and_the_file_last_and_no_token(script, host, tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password other\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    script.plays(Answer(b"", 204))
    host.send(place(f"{script.url}/up"), Bytes(b"one", b"", b"two"), Event())
    ((method, path, headers),) = script.seen
    assert (method, path) == ("POST", "/up")
    assert "authorization" not in headers
    assert "transfer-encoding" not in headers
    body = script.bodies[0]
    assert int(headers["content-length"]) == len(body)
    fields: list[object] = []
    files: list[object] = []
    parse_form(
        {"Content-Type": headers["content-type"].encode(), "Content-Length": str(len(body)).encode()},
        io.BytesIO(body),
        lambda field: fields.append((field.field_name, field.value)),
        lambda file: files.append((file.field_name, _content(file.file_object))),
    )
    assert fields == [(name.encode(), value.encode()) for name, value in FIELDS]
    assert files == [(b"file", b"onetwo")]
    assert body.index(b'name="file"') > body.index(b'name="policy"')


def _content(file: Any) -> bytes:
    file.seek(0)
    return bytes(file.read())


@pytest.mark.parametrize("trouble", [Answer(hang_up=True), Answer(b"", 503), Answer(b"", 429)])
def test_what_may_pass_is_tried_again_from_the_beginning(script, host, trouble):
    sent = Bytes(b"data")
    script.plays(trouble, Answer(b"", 201))
    host.send(place(script.url), sent, Event())
    assert sent.passes == 2
    assert b"data" in script.bodies[1]


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        (Answer(b"<Error><Code>AccessDenied</Code><Message>Expired</Message></Error>", 403), VideoRefused, "HTTP 403: AccessDenied: Expired"),
        (Answer(b"", 400), VideoRefused, "does not take the video: HTTP 400"),
        (Answer(b"", 307, {"location": "https://evil.test/"}), VideoRefused, "HTTP 307"),
        (Answer(b"", 302, {"location": "http://[x"}), VideoRefused, "redirect to an invalid URL"),
        (Answer(hang_up=True), Unreachable, "is unreachable"),
        (Answer(b"", 500), VideoRefused, "HTTP 500"),
    ],
)  # fmt: skip
def test_a_host_that_does_not_take_it(script, host, answer, error, words):
    script.plays(answer)
    with pytest.raises(error, match=words):
        host.send(place(script.url), Bytes(b"data"), Event())


def test_an_interrupt_ends_the_sending(script, host):
    stop = Event()
    stop.set()
    with pytest.raises(Unreachable, match="interrupted"):
        host.send(place(script.url), Bytes(b"data"), stop)
    assert script.seen == []


def test_an_interrupt_ends_it_between_two_pieces(script, host):
    stop = Event()

    class Stopping(Bytes):
        def chunks(self):
            for chunk in super().chunks():
                yield chunk
                stop.set()

    with pytest.raises(Unreachable, match="interrupted"):
        host.send(place(script.url), Stopping(b"one", b"two"), stop)
    assert all(b"two" not in body for body in script.bodies)


@pytest.mark.promise("I27")
@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://evil.test/", "evil.test is not a host for uploads; if you trust it, add it to upload_hosts in"),
        (f"http://{UPLOAD_HOSTS[0]}/", "requires https"),
        (f"https://{UPLOAD_HOSTS[0]}:8443/", "is not a host for uploads"),
        (f"https://{UPLOAD_HOSTS[0]}@evil.test/", "evil.test is not a host for uploads"),
        ("https://i.pinimg.com/", "is not a host for uploads"),
        ("http://localhost:1/", "is this machine, not a host for uploads"),
        ("ftp://x/", "the video is not sent"),
        ("", "the video is not sent"),
        ("x", "the video is not sent"),
        ("https://[x/", "the video is not sent"),
    ],
)
def test_only_hosts_that_the_config_names_get_a_video(url, words):
    network, uploads = Network(PUBLIC), VideoUploads(user_agent="test", retries=0)
    _connected(uploads, network)
    with pytest.raises(VideoRefused, match=words):
        uploads.send(place(url), Bytes(b"data"), Event())
    assert network.dialled == []
    uploads.close()


@pytest.mark.promise("I27")
@pytest.mark.parametrize(("address", "asked"), [(PUBLIC, True), ("10.0.0.1", False), ("127.0.0.1", False)])
def test_a_named_host_must_have_a_public_address(address, asked):
    network, uploads = Network(address), VideoUploads(user_agent="test", retries=0)
    _connected(uploads, network)
    with pytest.raises((VideoRefused, Unreachable)):
        uploads.send(place(f"https://{UPLOAD_HOSTS[0]}/"), Bytes(b"data"), Event())
    assert bool(network.dialled) is asked
    uploads.close()


def _connected(uploads: VideoUploads, network: Network) -> None:
    """Behind a network of names."""
    uploads._session.trust_env = False
    rules = HostRules(names=UPLOAD_HOSTS, uploads=True)
    adapter = GuardedAdapter(rules, pool_maxsize=1, resolve=network.resolve, connect=network.connect)
    for scheme in ("https://", "http://"):
        uploads._session.mount(scheme, adapter)


# -- the API -----------------------------------------------------------------------------------------------------------


def test_registering_is_repeated_until_it_is_answered(script, session):
    answer = {"media_id": "12", "media_type": "video", "upload_url": "https://u.test/", "upload_parameters": {"b": "1", "a": "2"}}  # fmt: skip
    script.plays(Answer(b"", 503), Answer(answer, 201))
    assert PinterestApi(session).register_video() == VideoPlace(
        media_id="12", url="https://u.test/", fields=(("b", "1"), ("a", "2"))
    )


@pytest.mark.parametrize(
    "answer",
    [{}, {"media_id": "1"}, {"media_id": "../1", "upload_url": "u", "upload_parameters": {}}, {"media_id": "1", "upload_url": "u", "upload_parameters": {"a": 1}}],
)  # fmt: skip
def test_an_answer_without_a_place_is_an_error(script, session, answer):
    script.plays(Answer(answer, 201))
    with pytest.raises(UnexpectedAnswer):
        PinterestApi(session).register_video()


def test_the_status_of_a_video(script, session):
    api = PinterestApi(session)
    for status in VideoStatus:
        script.plays(Answer({"media_id": "1", "status": status.value}))
        assert api.video_status("1") is status
    script.plays(Answer({"media_id": "1", "status": "lost"}))
    with pytest.raises(UnexpectedAnswer, match="unknown status: 'lost'"):
        api.video_status("1")
    with pytest.raises(UnexpectedAnswer):
        api.video_status("1/2")
    script.plays(Answer({"code": 3, "message": "scopes"}, 401))
    with pytest.raises(PermissionMissing, match="pins:read"):
        api.video_status("1")


def test_the_body_of_a_pin_with_a_video():
    cover = Upload(content_type="image/png", data=b"png")
    assert new_pin_body(NewPin(board_id=BoardId("7")), [cover], "12")["media_source"] == {
        "source_type": "video_id",
        "media_id": "12",
        "cover_image_content_type": "image/png",
        "cover_image_data": "cG5n",
    }


def test_the_sandbox_takes_what_is_sent(tmp_path: Path):
    with Sandbox(World()) as sandbox:
        session = ApiSession(sandbox.url, sandbox.token, user_agent="test", retries=0)
        api = PinterestApi(session)
        uploads = VideoUploads(user_agent="test", rules=rules_for(sandbox.url, uploads=True))
        there, sent = api.register_video(), Bytes(DATA[:100], DATA[100:])
        assert api.video_status(there.media_id) is VideoStatus.REGISTERED
        uploads.send(there, sent, Event())
        assert [api.video_status(there.media_id) for _ in range(3)][-1] is VideoStatus.SUCCEEDED
        assert sandbox._site.uploads.get(there.media_id).digest == sent.sha256
        uploads.close()
        session.close()
