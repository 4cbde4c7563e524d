"""The sandbox, over HTTP: as faithful to Pinterest as its description and the reports about it say."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pinplan.errors import ConfigError
from pinplan.sandbox import Sandbox, World, default_world, large_world
from pinplan.sandbox.pictures import Kind, Picture, encoded
from pinplan.sandbox.responses import page_of
from tests.description import description, needs_description

SECRET = "the secret board"


class Client:
    """Somebody who knows the API by heart."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {sandbox.token}"

    def call(self, method: str, path: str, code: int = 200, **options: Any) -> Any:
        answer = self.session.request(method, self.sandbox.url + path, timeout=10, **options)
        assert answer.status_code == code, answer.text
        assert answer.headers["x-pinterest-rid"]
        assert '100;w=1;name="safety_net_app_id_user_id"' in answer.headers["x-ratelimit-limit"]
        return answer.json() if answer.content else None

    def get(self, path: str, **options: Any) -> Any:
        return self.call("GET", path, **options)

    def all(self, path: str, size: int = 250) -> list[dict[str, Any]]:
        items, bookmark = [], None
        while True:
            query = {"page_size": str(size)} | ({"bookmark": bookmark} if bookmark else {})
            page = self.get(path, params=query)
            items += page["items"]
            bookmark = page["bookmark"]
            if not bookmark:
                return items


@pytest.fixture(scope="module")
def reader() -> Iterator[Client]:
    """For tests that change nothing."""
    with Sandbox(default_world(every_shape=True)) as sandbox:
        client = Client(sandbox)
        yield client
        client.session.close()


@pytest.fixture
def client() -> Iterator[Client]:
    with Sandbox(default_world()) as sandbox:
        made = Client(sandbox)
        yield made
        made.session.close()


def jpeg() -> str:
    out = io.BytesIO()
    Image.new("RGB", (300, 200), "red").save(out, "JPEG")
    return base64.b64encode(out.getvalue()).decode()


# -- reading ---------------------------------------------------------------------------------------------------------


def test_the_default_world_has_what_makes_accounts_awkward(reader):
    boards = reader.all("/boards")
    names = {board["name"] for board in boards}
    assert {"Animals 動物", "Nature 自然", "a/b: c?", "con", "..", "Recipes", "recipes", "🎨 Art & Ideas"} <= names
    assert any(len(name) == 180 for name in names)
    assert {board["privacy"] for board in boards} == {"PUBLIC", "SECRET"}
    pins = [pin for board in boards for pin in reader.all(f"/boards/{board['id']}/pins")]
    assert 70 <= len(pins) <= 90
    shapes = {"image", "multiple_images", "video", "multiple_videos", "multiple_mixed"}
    assert shapes == {pin["media"]["media_type"] for pin in pins}
    assert {True, False} == {pin["is_owner"] for pin in pins}
    assert any(pin["title"] is None for pin in pins)
    urls = [image["url"] for pin in pins for image in pin["media"].get("images", {}).values()]
    assert {url.rpartition(".")[2] for url in urls} == {"jpg", "png", "gif", "webp"}


def test_only_the_token_gets_in(reader):
    for headers in ({}, {"Authorization": "Bearer other"}, {"Authorization": reader.sandbox.token}):
        answer = requests.get(f"{reader.sandbox.url}/boards", headers=headers, timeout=10)
        assert (answer.status_code, answer.json()) == (401, {"code": 2, "message": "Authentication failed."})


@pytest.mark.parametrize("size", [1, 3, 25, 250])
def test_every_page_size_lists_every_pin_once(reader, size):
    board = reader.sandbox.world.board_named("Animals 動物")
    listed = [pin["id"] for pin in reader.all(f"/boards/{board.id}/pins", size)]
    assert listed == [pin.id for pin in reversed(board.pins)]


@pytest.mark.parametrize(
    "query",
    [
        "page_size=0",
        "page_size=251",
        "page_size=x",
        "bookmark=nonsense",
        "bookmark=%00",
        "privacy=NONE",
        "ad_account_id=x",
    ],
)
def test_bad_queries_are_refused(reader, query):
    assert reader.get(f"/boards?{query}", code=400)["code"] == 1


@pytest.mark.parametrize(
    "query", ["pin_filter=x", "pin_type=PUBLIC", "creative_types=REGULAR&creative_types=x", "include_protected_pins=2"]
)
def test_bad_filters_are_refused(reader, query):
    assert reader.get(f"/pins?{query}", code=400)["code"] == 1


def test_the_default_page_has_25(reader):
    assert len(reader.get("/pins")["items"]) == 25


@pytest.mark.parametrize(
    ("path", "code"), [("/boards/1", 40), ("/pins/1", 50), ("/boards/1/pins", 40), ("/nothing", 404)]
)
def test_what_is_not_there_has_pinterests_codes(reader, path, code):
    assert reader.get(path, code=404)["code"] == code


def test_sections_and_their_pins(reader):
    board = reader.sandbox.world.board_named("Animals 動物").id
    sections = {section["name"]: section["id"] for section in reader.all(f"/boards/{board}/sections")}
    assert set(sections) == {"Cats", "Dogs 犬"}
    pins = reader.all(f"/boards/{board}/sections/{sections['Cats']}/pins")
    assert len(pins) == 7
    assert {pin["board_section_id"] for pin in pins} == {sections["Cats"]}
    assert reader.get(f"/boards/{board}/sections/9/pins", code=404)["code"] == 2031


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("creative_types=VIDEO", lambda pin: pin["creative_type"] == "VIDEO"),
        ("creative_types=VIDEO&creative_types=CAROUSEL", lambda pin: pin["creative_type"] != "REGULAR"),
        ("pin_filter=exclude_repins", lambda pin: pin["parent_pin_id"] is None),
        ("pin_filter=exclude_native", lambda pin: pin["parent_pin_id"] is not None),
        ("pin_filter=has_been_promoted", lambda pin: pin["has_been_promoted"]),
        ("pin_type=PRIVATE", lambda pin: pin["board_id"] == SECRET),
        ("include_protected_pins=true&ad_account_id=549755885175&pin_metrics=true", lambda pin: True),
    ],
)
def test_listings_of_pins_can_be_filtered(reader, query, wanted):
    everything = reader.get("/pins?page_size=250")["items"]
    secret = reader.sandbox.world.board_named("Surprise party").id
    expected = [
        pin["id"] for pin in everything if wanted(pin | {"board_id": SECRET if pin["board_id"] == secret else ""})
    ]
    assert [pin["id"] for pin in reader.get(f"/pins?page_size=250&{query}")["items"]] == expected
    board = reader.sandbox.world.board_named("🎨 Art & Ideas")
    if query.startswith("creative_types"):
        here = reader.get(f"/boards/{board.id}/pins?page_size=250&{query}")["items"]
        assert {pin["id"] for pin in here} == set(expected) & {pin.id for pin in board.pins}


def test_ad_only_boards_are_protected_and_their_pins_not_listed_unasked(client):
    board = client.call("POST", "/boards", 201, json={"name": "Mine", "is_ads_only": True})
    assert (board["name"], board["privacy"], board["is_ads_only"]) == ("Ad-only Pins", "PROTECTED", True)
    source = {"source_type": "image_base64", "content_type": "image/jpeg", "data": jpeg()}
    pin = client.call("POST", "/pins", 201, json={"board_id": board["id"], "media_source": source})["id"]
    listed = [[one["id"] for one in client.get(f"/pins?{q}")["items"]] for q in ("", "include_protected_pins=true")]
    assert [pin in ids for ids in listed] == [False, True]


def test_privacy_filters_boards(reader):
    assert [b["name"] for b in reader.get("/boards?privacy=SECRET")["items"]] == ["Surprise party"]


# -- images ----------------------------------------------------------------------------------------------------------


def test_every_address_serves_an_image_of_the_declared_size(reader):
    pins = reader.get("/pins?page_size=40")["items"]
    for pin in pins[::4]:
        for details in pin["media"].get("images", {}).values():
            answer = requests.get(details["url"], timeout=20)
            assert answer.status_code == 200
            assert answer.headers["content-type"].startswith("image/")
            with Image.open(io.BytesIO(answer.content)) as image:
                assert image.size == (details["width"], details["height"])


def test_the_image_host_asks_for_no_token_and_denies_in_xml(reader):
    base = reader.sandbox.url.removesuffix("/v5")
    answer = requests.get(f"{base}/600x/aa/bb/cc/{'0' * 32}.jpg", timeout=10)
    assert (answer.status_code, b"AccessDenied" in answer.content) == (403, True)


def test_pictures_are_the_same_from_the_same_recipe():
    for kind in Kind:
        one = Picture(kind, 5, 200, 260)
        encoded.cache_clear()
        first = encoded(one, "600x")
        encoded.cache_clear()
        assert encoded(one, "600x") == first
        assert one.signature != Picture(kind, 6, 200, 260).signature


# -- changing --------------------------------------------------------------------------------------------------------


def test_boards_come_change_and_go(client):
    board = client.call("POST", "/boards", 201, json={"name": "New", "privacy": "SECRET", "description": None})
    assert client.call("POST", "/boards", 400, json={"name": "New"})["message"].startswith("The board name")
    assert client.call("PATCH", f"/boards/{board['id']}", json={"name": "Newer"})["name"] == "Newer"
    client.call("PATCH", f"/boards/{board['id']}", 400, json={"privacy": "PROTECTED"})
    client.call("DELETE", f"/boards/{board['id']}", 204)
    client.get(f"/boards/{board['id']}", code=404)


def test_a_pin_from_base64_is_served_back_byte_for_byte(client):
    board = client.call("POST", "/boards", 201, json={"name": "New"})["id"]
    source = {"source_type": "image_base64", "content_type": "image/jpeg", "data": jpeg()}
    made = client.call("POST", "/pins", 201, json={"board_id": board, "title": "T", "media_source": source})
    url = made["media"]["images"]["1200x"]["url"]
    assert requests.get(url.replace("/1200x/", "/originals/"), timeout=10).content == base64.b64decode(source["data"])
    by_url = client.call(
        "POST", "/pins", 201, json={"board_id": board, "media_source": {"source_type": "image_url", "url": url}}
    )
    assert by_url["media"]["images"]["1200x"]["url"] == url
    items = [{k: source[k] for k in ("content_type", "data")}] * 3
    foreign = {"source_type": "image_url", "url": "https://example.org/a.jpg"}
    drawn = [client.call("POST", "/pins", 201, json={"board_id": board, "media_source": foreign}) for _ in range(2)]
    urls = {pin["media"]["images"]["600x"]["url"] for pin in drawn}
    assert len(urls) == 1
    assert requests.get(urls.pop(), timeout=10).headers["content-type"] == "image/jpeg"
    several = client.call(
        "POST",
        "/pins",
        201,
        json={"board_id": board, "media_source": {"source_type": "multiple_image_base64", "items": items}},
    )
    assert len(several["media"]["items"]) == 3
    seen = client.get(f"/boards/{board}")
    assert seen["pin_count"] == 5


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"title": "x" * 101}, 400), ({"title": 5}, 400), ({"link": "x" * 2049}, 400), ({"board_id": "x"}, 400), ({"board_id": None}, 400),
        ({"media_source": None}, 400), ({"media_source": {"source_type": "pin_url"}}, 401), ({"media_source": {"source_type": "image_id"}}, 400),
        ({"media_source": {"source_type": "image_url", "url": "https://a.invalid/a.jpg"}}, 400),
        ({"media_source": {"source_type": "image_url", "url": "file:///etc/passwd"}}, 400),
        ({"media_source": {"source_type": "image_url", "url": "http://[::1"}}, 400), ({"media_source": {"source_type": "image_url"}}, 400),
        ({"media_source": {"source_type": "video_id", "media_id": "1", "cover_image_key_frame_time": 1}}, 400),
        ({"media_source": {"source_type": "multiple_image_urls", "index": -1, "items": [{"url": "https://example.org/1"}] * 2}}, 400),
        ({"media_source": {"source_type": "image_base64", "content_type": "image/gif", "data": "aaaa"}}, 400),
        ({"media_source": {"source_type": "image_base64", "content_type": "image/png", "data": "a a"}}, 400),
        ({"media_source": {"source_type": "image_base64", "content_type": "image/png", "data": "aaaa"}}, 403),
        ({"media_source": {"source_type": "multiple_image_base64", "items": []}}, 400), ({"board_section_id": "1"}, 404), ({"board_id": "1"}, 404),
    ],
)  # fmt: skip
def test_bad_pins_are_refused_and_nothing_is_made(client, change, code):
    board = client.sandbox.world.board_named("con").id
    before = len(client.sandbox.world.pins)
    good = {
        "board_id": board,
        "media_source": {"source_type": "image_base64", "content_type": "image/jpeg", "data": jpeg()},
    }
    client.call("POST", "/pins", code, json={**good, **change})
    client.call("POST", "/pins", 400, data=b"{not json")
    assert len(client.sandbox.world.pins) == before


def test_pins_are_saved_moved_changed_and_deleted(client):
    world: World = client.sandbox.world
    animals = world.board_named("Animals 動物").id
    pin = world.pins_of("Nature 自然")[0].id
    before = client.get(f"/boards/{animals}")
    saved = client.call("POST", f"/pins/{pin}/save", 201, json={"board_id": animals})
    assert (saved["parent_pin_id"], saved["board_id"], saved["is_owner"]) == (pin, animals, True)
    section = world.section_named("Animals 動物", "Cats").id
    moved = client.call(
        "PATCH", f"/pins/{pin}", json={"board_id": animals, "board_section_id": section, "title": "Moved"}
    )
    assert (moved["id"], moved["board_section_id"], moved["title"]) == (pin, section, "Moved")
    after = client.get(f"/boards/{animals}")
    assert after["pin_count"] == before["pin_count"] + 2
    assert after["board_pins_modified_at"] > before["board_pins_modified_at"]
    client.call("DELETE", f"/pins/{pin}", 204)
    client.call("DELETE", f"/pins/{pin}", 404)
    assert pin not in [p["id"] for p in client.all(f"/boards/{animals}/pins")]


def test_sections_come_change_and_go_and_leave_their_pins(client):
    world: World = client.sandbox.world
    board = world.board_named("Nature 自然").id
    section = client.call("POST", f"/boards/{board}/sections", 201, json={"name": "New"})["id"]
    client.call("POST", f"/boards/{board}/sections", 409, json={"name": "New"})
    client.call("POST", f"/boards/{board}/sections", 400, json={"name": "x" * 181})
    assert client.call("PATCH", f"/boards/{board}/sections/{section}", json={"name": "Newer"})["name"] == "Newer"
    pin = world.pins_of("Nature 自然")[0].id
    client.call("PATCH", f"/pins/{pin}", json={"board_section_id": section})
    client.call("DELETE", f"/boards/{board}/sections/{section}", 204)
    assert client.get(f"/pins/{pin}")["board_section_id"] is None


# -- paging, large worlds, ports -------------------------------------------------------------------------------------


@given(st.sets(st.integers(0, 200)), st.integers(1, 250), st.data())
def test_a_listing_stays_whole_when_items_go_between_pages(numbers, size, data):
    items = sorted(numbers, reverse=True)
    gone: set[int] = set()
    listed: list[int] = []
    bookmark: str | None = None
    while True:
        page, bookmark = page_of(
            [n for n in items if n not in gone],
            int,
            {"page_size": str(size)} | ({"bookmark": bookmark} if bookmark else {}),
        )
        listed += page
        if bookmark is None:
            break
        gone |= data.draw(st.sets(st.sampled_from(items), max_size=3)) if items else set()
    assert listed == sorted(set(listed), reverse=True)
    assert set(items) - gone <= set(listed)


def test_a_large_world_is_the_same_for_the_same_seed():
    one, same, other = large_world(7, 300, 1), large_world(7, 300, 1), large_world(7, 300, 2)
    assert (len(one.boards), len(one.pins)) == (7, 300)
    signatures = [{pin.pictures[0].signature for pin in world.pins.values()} for world in (one, same, other)]
    assert signatures[0] == signatures[1] != signatures[2]
    assert len(signatures[0]) == 300
    assert len({pin.pictures[0].drawn for pin in one.pins.values()}) == 24


def test_a_port_that_is_taken_is_said_so(reader):
    port = int(reader.sandbox.url.split(":")[2].removesuffix("/v5"))
    with pytest.raises(ConfigError, match=str(port)):
        Sandbox(default_world(), port=port)


# -- the description -------------------------------------------------------------------------------------------------


@needs_description
def test_every_documented_key_of_a_pin_and_a_board_is_there(reader):
    schemas = description()["components"]["schemas"]
    pin = reader.get("/pins?page_size=1")["items"][0]
    assert set(schemas["Pin"]["properties"]) - set(pin) <= {"media_source", "sponsor_id"}
    board = reader.get("/boards?page_size=1")["items"][0]
    assert set(schemas["BoardBase"]["properties"]) | set(schemas["Board"]["properties"]) <= set(board)
    account = reader.get("/user_account")
    assert set(schemas["Account"]["properties"]) <= set(account)
