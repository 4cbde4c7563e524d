"""Videos: registered, uploaded, processed, pinned. And the five shapes that a pin's media can have."""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from PIL import Image

from pinplan.sandbox import Sandbox, World
from pinplan.sandbox.pictures import Kind, Picture
from pinplan.sandbox.uploads import Received
from tests.small_videos import video

MP4 = b"\x00\x00\x00\x18ftypmp42" + bytes(2_000_000)


class Filmer:
    """Somebody with videos."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.board = sandbox.world.create_board("Films").id

    def call(self, method: str, path: str, status: int = 200, **options: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.sandbox.token}"}
        answer = requests.request(method, self.sandbox.url + path, headers=headers, timeout=10, **options)
        assert answer.status_code == status, answer.text
        return answer.json()

    def register(self) -> dict[str, Any]:
        registered: dict[str, Any] = self.call("POST", "/media", 201, json={"media_type": "video"})
        return registered

    def upload(self, registered: dict[str, Any], data: bytes = MP4, **changes: str) -> int:
        fields = registered["upload_parameters"] | changes
        return requests.post(registered["upload_url"], data=fields, files={"file": data}, timeout=10).status_code

    def video(self) -> str:
        """The id of a video that was processed."""
        registered = self.register()
        self.upload(registered)
        while self.status(registered) == "processing":
            pass
        return str(registered["media_id"])

    def status(self, registered: dict[str, Any]) -> str:
        return str(self.call("GET", f"/media/{registered['media_id']}")["status"])

    def pin(self, media_id: str, status: int = 201, **cover: Any) -> dict[str, Any]:
        source = {"source_type": "video_id", "media_id": media_id, **cover}
        made: dict[str, Any] = self.call(
            "POST", "/pins", status, json={"board_id": self.board, "title": "Film", "media_source": source}
        )
        return made


@pytest.fixture(scope="module")
def filmer() -> Iterator[Filmer]:
    with Sandbox(World()) as sandbox:
        yield Filmer(sandbox)


def test_a_video_goes_from_registered_to_succeeded_and_becomes_a_pin(filmer):
    registered = filmer.register()
    assert filmer.status(registered) == "registered"
    filmer.pin(registered["media_id"], 400, cover_image_key_frame_time=1)
    assert filmer.upload(registered) == 204
    assert [filmer.status(registered) for _ in range(4)] == ["processing", "processing", "succeeded", "succeeded"]
    media = filmer.pin(registered["media_id"], cover_image_key_frame_time=1.5)["media"]
    assert (media["media_type"], media["video_url"]) == ("video", None)
    with Image.open(io.BytesIO(requests.get(media["cover_image_url"], timeout=10).content)) as still:
        assert still.size == (media["width"], media["height"])


def test_covers_come_by_address_bytes_or_moment_and_one_is_needed(filmer):
    out = io.BytesIO()
    Image.new("RGB", (300, 200), "red").save(out, "PNG")
    data = base64.b64encode(out.getvalue()).decode()
    by_bytes = filmer.pin(filmer.video(), cover_image_content_type="image/png", cover_image_data=data)
    assert (by_bytes["media"]["width"], by_bytes["media"]["height"]) == (300, 200)
    filmer.pin(filmer.video(), cover_image_url=by_bytes["media"]["cover_image_url"])
    moments = {filmer.pin(filmer.video(), cover_image_key_frame_time=n)["media"]["cover_image_url"] for n in (0, 1, 1)}
    assert len(moments) == 2
    number = filmer.video()
    filmer.pin(number, 400)
    filmer.pin(number, 400, cover_image_key_frame_time=-1)
    filmer.pin(number, 400, cover_image_data=data)
    large = base64.b64encode(bytes(10 * 1024 * 1024 + 1)).decode()
    filmer.pin(number, 400, cover_image_content_type="image/png", cover_image_data=large)


def test_a_video_is_used_by_one_pin(filmer):
    number = filmer.video()
    filmer.pin(number, 400)  # refused: not used yet
    filmer.pin(number, cover_image_key_frame_time=1)
    filmer.pin(number, 400, cover_image_key_frame_time=1)


@pytest.mark.parametrize(("seconds", "end"), [(3.9, "failed"), (4, "succeeded"), (900, "succeeded"), (901, "failed")])
@pytest.mark.parametrize("version", [0, 1])
def test_a_video_has_a_length(filmer, version, seconds, end):
    registered = filmer.register()
    filmer.upload(registered, video(seconds=seconds, version=version))
    assert [filmer.status(registered) for _ in range(3)][-1] == end


def test_the_length_is_found_however_the_file_is_cut():
    data = video(seconds=12.5)
    for length in (1, 3, 50, len(data)):
        received = Received()
        for at in range(0, len(data), length):
            received.take(data[at : at + length])
        assert received.seconds == 12.5
    received = Received()
    received.take(b"mvhd" + bytes(40))  # no time scale
    assert received.seconds is None


def test_what_is_no_video_fails_to_be_processed(filmer):
    registered = filmer.register()
    assert filmer.upload(registered, b"<html>") == 204
    assert [filmer.status(registered) for _ in range(3)] == ["processing", "processing", "failed"]
    filmer.pin(registered["media_id"], 400, cover_image_key_frame_time=1)


def test_an_upload_needs_all_its_parameters_and_a_file(filmer):
    registered = filmer.register()
    for change in ({"policy": "x"}, {"x-amz-signature": ""}, {"key": "x"}):
        assert filmer.upload(registered, **change) == 403
    assert requests.post(registered["upload_url"], data=registered["upload_parameters"], timeout=10).status_code == 403
    assert requests.post(registered["upload_url"], data=b"x", timeout=10).status_code == 403
    content_type = "multipart/form-data; boundary=x"
    for body in (b"--x\r\n", b"nothing", b"--x--\r\n"):
        answer = requests.post(registered["upload_url"], data=body, headers={"content-type": content_type}, timeout=10)
        assert answer.status_code == 403
    assert filmer.status(registered) == "registered"


def test_a_file_without_a_name_is_a_file_as_the_quickstart_sends_it(filmer):
    registered = filmer.register()
    parts = {"file": (None, io.BytesIO(MP4))}
    answer = requests.post(registered["upload_url"], data=registered["upload_parameters"], files=parts, timeout=10)
    assert answer.status_code == 204
    assert [filmer.status(registered) for _ in range(3)] == ["processing", "processing", "succeeded"]
    assert filmer.sandbox._site.uploads.get(registered["media_id"]).digest == hashlib.sha256(MP4).hexdigest()


def test_media_are_listed_newest_first_in_pages(filmer):
    made = [filmer.register()["media_id"] for _ in range(3)]
    first = filmer.call("GET", "/media?page_size=2")
    second = filmer.call("GET", f"/media?page_size=2&bookmark={first['bookmark']}")
    assert [one["media_id"] for one in first["items"] + second["items"]][:3] == made[::-1]
    filmer.call("GET", "/media/1", 404)
    filmer.call("POST", "/media", 400, json={"media_type": "image"})


@pytest.mark.parametrize(
    ("pictures", "facts", "shape", "kind"),
    [
        (1, {}, "image", "REGULAR"), (1, {"video": True}, "video", "VIDEO"), (2, {}, "multiple_images", "CAROUSEL"),
        (2, {"video": True}, "multiple_videos", "CAROUSEL"), (3, {"videos": (True, False, True)}, "multiple_mixed", "CAROUSEL"),
    ],
)  # fmt: skip
def test_media_have_five_shapes(filmer, pictures, facts, shape, kind):
    shown = [Picture(Kind.FLAT, number, 100, 120) for number in range(pictures)]
    pin = filmer.sandbox.world.create_pin(filmer.board, shown, **facts)
    answer = filmer.call("GET", f"/pins/{pin.id}")
    assert (answer["media"]["media_type"], answer["creative_type"]) == (shape, kind)
    kinds = [item["item_type"] for item in answer["media"].get("items", [])]
    assert kinds == [["image", "video"][pin.moving(slot)] for slot in range(pictures if pictures > 1 else 0)]
    saved = filmer.call("POST", f"/pins/{pin.id}/save", 201, json={"board_id": filmer.board})
    assert saved["media"] == answer["media"]
