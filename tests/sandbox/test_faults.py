"""The sandbox misbehaves as it was told to, and the client copes."""

from __future__ import annotations

import asyncio
import http.server
import io
import json
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import tomllib
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from PIL import Image

from pinplan.errors import (
    ApiRefused,
    ConfigError,
    ImageRefused,
    RemoteError,
    TokenRefused,
    UnexpectedAnswer,
    Unreachable,
)
from pinplan.pinterest.api import PinterestApi
from pinplan.pinterest.hosts import rules_for
from pinplan.pinterest.http import ApiSession
from pinplan.pinterest.images import ImageDownloads
from pinplan.sandbox import Fault, FaultKind, Faults, Sandbox, default_world, large_world, read_faults
from pinplan.sandbox.control import Control
from pinplan.sandbox.fault_middleware import Misbehaving
from pinplan.sandbox.faults import parse_faults
from pinplan.sandbox.oauth import Tokens
from pinplan.sandbox.settings import Settings
from pinplan.sandbox.world import Clock

PINPLAN = str(Path(sys.executable).with_name("pinplan"))
DOCUMENT = (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text("utf-8")
K = FaultKind


class Guest:
    """Somebody with a plain HTTP client, who sees everything that comes."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.base = sandbox.url.removesuffix("/v5")
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {sandbox.token}"

    def suffers(self, kind: FaultKind, on: str = "GET /pins", **facts: Any) -> None:
        self.sandbox.faults.set([Fault(kind=kind, on=on, **facts)])

    def ask(self, path: str = "/pins", method: str = "GET", **options: Any) -> requests.Response:
        return self.session.request(method, self.sandbox.url + path, timeout=10, allow_redirects=False, **options)

    def page(self, bookmark: str | None = None, path: str = "/pins", size: int = 4) -> requests.Response:
        query = {"page_size": str(size)} | ({"bookmark": bookmark} if bookmark else {})
        return self.ask(path, params=query)

    def control(self, method: str = "GET", path: str = "/_sandbox/faults", **options: Any) -> requests.Response:
        return requests.request(method, self.base + path, timeout=10, **options)

    @property
    def fired(self) -> tuple[int, ...]:
        return self.sandbox.faults.fired


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(default_world()) as made:
        yield made


@pytest.fixture
def guest(sandbox: Sandbox) -> Iterator[Guest]:
    made = Guest(sandbox)
    sandbox.requests.clear()
    yield made
    sandbox.faults.clear()
    made.session.close()


def picture(guest: Guest, extension: str = "png") -> str:
    """The address of an original."""
    for pin in guest.ask("/pins?page_size=250").json()["items"]:
        url = str(pin["media"].get("images", {}).get("1200x", {}).get("url", ""))
        if url.endswith(extension):
            return url.replace("/1200x/", "/originals/")
    raise AssertionError(extension)


def raw(sandbox: Sandbox, request: str) -> socket.socket:
    """A connection on which a request was sent."""
    port = int(sandbox.url.split(":")[2].removesuffix("/v5"))
    made = socket.create_connection(("127.0.0.1", port), timeout=10)
    made.sendall(request.encode())
    return made


def rest_of(connection: socket.socket) -> bytes:
    data = b""
    while piece := connection.recv(65536):
        data += piece
    return data


# -- what goes wrong -------------------------------------------------------------------------------------------------


def test_without_rules_nothing_goes_wrong(guest):
    assert guest.page().json()["bookmark"]
    guest.suffers(K.HTML, "GET /boards/*/pins")
    assert guest.page().json()["bookmark"]
    assert guest.fired == (0,)


@pytest.mark.parametrize(("keep", "left"), [(None, 2), (0, 0), (3, 3), (99, 4)])
def test_a_short_listing_ends_early(guest, keep, left):
    whole = guest.page().json()
    guest.suffers(K.SHORT, keep=keep)
    answer = guest.page()
    assert (answer.status_code, answer.json()) == (200, {"items": whole["items"][:left], "bookmark": None})


def test_the_same_bookmark_again_and_again(guest):
    guest.suffers(K.REPEAT_BOOKMARK)
    first = guest.page().json()["bookmark"]
    second = guest.page(first).json()
    assert second["bookmark"] == first
    assert guest.page(first).json() == second
    only = guest.page(size=250).json()["bookmark"]
    assert guest.page(only, size=250).json() == {"items": [], "bookmark": only}


@pytest.mark.parametrize(
    ("kind", "facts", "status", "code"),
    [
        (K.STATUS, {}, 500, 12),
        (K.STATUS, {"status": 503, "retry_after": 7}, 503, 12),
        (K.STATUS, {"status": 404}, 404, 404),
        (K.STATUS, {"status": 499}, 499, 499),
        (K.RATE_LIMIT, {}, 429, 8),
        (K.RATE_LIMIT, {"retry_after": 0}, 429, 8),
        (K.SPAM, {}, 429, 8),
        (K.UNAUTHORIZED, {}, 401, 2),
        (K.FORBIDDEN, {}, 403, 29),
    ],
)
def test_refusals_look_like_pinterests(guest, kind, facts, status, code):
    guest.suffers(kind, **facts)
    answer = guest.ask()
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["message"]
    assert ("spam" in answer.text) == (kind is K.SPAM)
    wait = facts.get("retry_after")
    assert answer.headers.get("retry-after") == (None if wait is None else str(wait))
    assert answer.headers["x-pinterest-rid"].startswith("fault")


def test_a_refusal_is_not_carried_out_but_noted(guest):
    before = len(guest.sandbox.world.boards)
    guest.suffers(K.STATUS, "POST /boards", times=1)
    assert guest.ask("/boards", "POST", json={"name": "Refused"}).status_code == 500
    assert len(guest.sandbox.world.boards) == before
    assert list(guest.sandbox.requests) == [("POST", "/v5/boards")]


@pytest.mark.parametrize(("keep", "left"), [(None, 0.5), (10, None), (0, None)])
def test_json_is_cut_and_its_length_fits(guest, keep, left):
    whole = guest.page().content
    guest.suffers(K.CUT_JSON, keep=keep)
    answer = guest.page()
    assert answer.content == whole[: len(whole) // 2 if left else keep]
    assert answer.headers["content-length"] == str(len(answer.content))
    with pytest.raises(ValueError, match=r"Expecting|Unterminated"):
        answer.json()


def test_a_page_of_html(guest):
    guest.suffers(K.HTML)
    answer = guest.ask()
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert answer.text.startswith("<!DOCTYPE html>")


def test_nothing_at_all(guest):
    guest.suffers(K.EMPTY, "* *")
    assert (guest.ask().status_code, guest.ask().content) == (200, b"")


def test_an_answer_is_slow(guest):
    guest.suffers(K.SLOW, seconds=0.2)
    begin = time.monotonic()
    assert guest.ask().json()["items"]
    assert time.monotonic() - begin >= 0.2


def test_a_body_is_slow_and_its_headers_are_not(guest):
    whole = guest.page().content
    guest.suffers(K.SLOW_BODY, seconds=0.3)
    begin = time.monotonic()
    with guest.session.get(f"{guest.sandbox.url}/pins?page_size=4", stream=True, timeout=10) as answer:
        assert time.monotonic() - begin < 0.2
        assert b"".join(answer.iter_content(None)) == whole
    assert time.monotonic() - begin >= 0.3


def test_who_waits_for_a_slow_answer_does_not_hold_the_sandbox_up():
    with Sandbox(default_world(), faults=[Fault(kind=K.SLOW, on="GET /boards", seconds=600)]) as sandbox:
        waiting = raw(sandbox, "GET /v5/boards HTTP/1.1\r\nHost: localhost\r\n\r\n")
        while not sandbox.faults.fired[0]:
            time.sleep(0.01)
        waiting.close()
        begin = time.monotonic()
    assert time.monotonic() - begin < 1


def test_a_connection_is_reset(guest):
    guest.suffers(K.RESET)
    connection = raw(guest.sandbox, "GET /v5/pins HTTP/1.1\r\nHost: localhost\r\n\r\n")
    with pytest.raises(ConnectionResetError):
        connection.recv(1)
    connection.close()
    assert list(guest.sandbox.requests) == [("GET", "/v5/pins")]


@pytest.mark.parametrize("keep", [None, 5, 10**9])
def test_more_is_announced_than_comes(guest, keep):
    guest.suffers(K.WRONG_LENGTH, keep=keep)
    request = f"GET /v5/pins HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {guest.sandbox.token}\r\n\r\n"
    with raw(guest.sandbox, request) as connection:
        head, _, body = rest_of(connection).partition(b"\r\n\r\n")
    announced = re.search(rb"content-length: (\d+)", head)
    assert announced
    assert int(announced[1]) > len(body) > 0


def test_a_changing_request_whose_answer_is_lost_was_carried_out(guest):
    guest.suffers(K.WRONG_LENGTH, "POST /boards")
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        guest.ask("/boards", "POST", json={"name": "Lost answer"})
    assert guest.sandbox.world.board_named("Lost answer")


@pytest.mark.parametrize(("keep", "left"), [(None, 0.5), (100, None)])
def test_an_image_is_cut(guest, keep, left):
    url = picture(guest)
    whole = requests.get(url, timeout=10).content
    guest.suffers(K.CUT_IMAGE, "image", keep=keep)
    answer = requests.get(url, timeout=10)
    assert answer.content == whole[: len(whole) // 2 if left else keep]
    assert answer.headers["content-type"] == "image/png"


def test_an_image_has_other_bytes_in_its_middle(guest):
    url = picture(guest)
    whole = requests.get(url, timeout=10).content
    guest.suffers(K.CORRUPT_IMAGE, "image /originals/*")
    spoilt = requests.get(url, timeout=10).content
    assert len(spoilt) == len(whole)
    changed = [number for number, (one, other) in enumerate(zip(spoilt, whole, strict=True)) if one != other]
    assert len(whole) * 0.4 < min(changed) < max(changed) < len(whole) * 0.6
    assert requests.get(url.replace("/originals/", "/600x/"), timeout=10).ok
    assert guest.fired == (1,)


def test_redirects_to_itself_and_elsewhere(guest):
    guest.suffers(K.REDIRECT_LOOP)
    answer = guest.page("a b")
    assert (answer.status_code, answer.headers["location"]) == (302, answer.url)
    guest.suffers(K.REDIRECT, "* *", host="localhost:9")
    answer = guest.page("a b")
    assert answer.headers["location"] == answer.url.replace(guest.base, "http://localhost:9")


def test_what_cannot_be_spoilt_passes_and_does_not_count(guest):
    for kind in (K.SHORT, K.CUT_JSON, K.WRONG_LENGTH):
        guest.suffers(kind, "* *", times=1)
        assert guest.ask("/boards/1/pins").json()["code"] == 40
        assert guest.fired == (0,)
    guest.suffers(K.CORRUPT_IMAGE, "image")
    assert requests.get(f"{guest.base}/600x/aa/bb/cc/0.jpg", timeout=10).status_code == 403
    assert guest.fired == (0,)


# -- which requests --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on", "taken"),
    [
        ("GET /boards", ["GET /boards"]),
        ("get /boards*", ["GET /boards", "GET /boards/1", "GET /boards/1/pins"]),
        ("GET /boards/*/pins", ["GET /boards/1/pins"]),
        ("* /boards", ["GET /boards", "POST /boards"]),
        ("* *", ["GET /boards", "GET /boards/1", "GET /boards/1/pins", "POST /boards"]),
        ("image", ["image /600x/a.jpg", "image /originals/a.png"]),
        ("image /600x/*", ["image /600x/a.jpg"]),
        ("image *.png", ["image /originals/a.png"]),
    ],
)
def test_patterns(guest, on, taken):
    asked = ["GET /boards", "GET /boards/1", "GET /boards/1/pins", "POST /boards", "image /600x/a.jpg", "image /originals/a.png"]  # fmt: skip
    guest.suffers(K.STATUS, on, status=418)
    hit = []
    for one in asked:
        method, _, path = one.partition(" ")
        url = guest.base + path if method == "image" else guest.sandbox.url + path
        answer = guest.session.request(method.replace("image", "GET"), url, timeout=10)
        hit += [one] if answer.status_code == 418 else []
    assert sorted(hit) == sorted(taken)


def test_some_are_let_through_and_then_so_many_are_hit(guest):
    guest.suffers(K.STATUS, after=2, times=3)
    assert [guest.ask().status_code for _ in range(7)] == [200, 200, 500, 500, 500, 200, 200]
    assert guest.fired == (3,)


def test_the_first_rule_that_is_due_fires(guest):
    guest.sandbox.faults.set(
        [
            Fault(kind=K.SPAM, on="GET /pins", after=1, times=1),
            Fault(kind=K.STATUS, on="GET /*", times=2),
            Fault(kind=K.FORBIDDEN, on="GET /pins", times=0),
            Fault(kind=K.UNAUTHORIZED, on="GET /pins", after=1),
        ]
    )
    assert [guest.ask().status_code for _ in range(5)] == [500, 429, 500, 200, 401]
    assert guest.fired == (1, 2, 0, 1)


def test_pages_are_counted_along_the_bookmarks(guest):
    guest.suffers(K.STATUS, page=3, times=2)
    bookmarks: list[str | None] = [None]
    for _ in range(2):
        bookmarks.append(guest.page(bookmarks[-1]).json()["bookmark"])
    other = guest.page(size=2).json()["bookmark"]
    assert guest.page(other, size=2).status_code == 200
    assert [guest.page(bookmark).status_code for bookmark in bookmarks] == [200, 200, 500]
    assert [guest.page(bookmarks[2]).status_code for _ in range(2)] == [500, 200]


def test_the_first_page_and_what_is_no_listing(guest):
    guest.suffers(K.STATUS, "* *", page=1)
    assert guest.page().status_code == 500
    assert guest.ask("/user_account").status_code == 200
    assert guest.ask("/boards", "POST", json={}).status_code == 400
    assert guest.page("YWZ0ZXI6NTA").status_code == 200


def test_a_page_can_be_short_or_repeat_its_bookmark(guest):
    guest.suffers(K.REPEAT_BOOKMARK, page=2)
    first = guest.page().json()["bookmark"]
    assert guest.page(first).json()["bookmark"] == first
    guest.suffers(K.SHORT, page=2, keep=1)
    second = guest.page(guest.page().json()["bookmark"]).json()
    assert (len(second["items"]), second["bookmark"]) == (1, None)


def test_threads_may_change_the_rules_while_others_ask(guest):
    ended = threading.Event()

    def change() -> None:
        while not ended.is_set():
            guest.suffers(K.FORBIDDEN)
            guest.sandbox.faults.clear()

    changing = threading.Thread(target=change)
    changing.start()
    try:
        assert {guest.ask().status_code for _ in range(20)} <= {200, 403}
    finally:
        ended.set()
        changing.join()


# -- the address where rules are changed -----------------------------------------------------------------------------


def test_rules_are_changed_while_it_runs(guest):
    assert guest.control().json() == {"fault": []}
    rule = {"kind": "status", "on": "GET /pins", "status": 503}
    assert guest.control("PUT", json={"fault": [rule]}).json() == {"fault": [{**rule, "fired": 0}]}
    assert guest.ask().status_code == 503
    assert guest.control().json() == {"fault": [{**rule, "fired": 1}]}
    assert guest.control("DELETE").json() == {"fault": []}
    assert guest.ask().status_code == 200
    assert [path for _, path in guest.sandbox.requests] == ["/v5/pins"] * 2


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{", "not JSON"), (b"[" * 100_000, "not JSON"), (b"[]", "must be an object"), (b'{"faults": []}', "did you mean fault?"),
        (b'{"fault": {}}', "must be a list"), (b'{"fault": [{"kind": "resett", "on": "GET /pins"}]}', "fault 1: unknown kind 'resett'; did you mean reset?"),
        (b"\xff", "not JSON"), (b" " * 1_000_001, "larger than"),
    ],
)  # fmt: skip
def test_a_bad_body_is_refused_and_the_rules_stay(guest, body, words):
    guest.suffers(K.SPAM)
    answer = guest.control("PUT", data=body)
    assert (answer.status_code, words in answer.json()["message"]) == (400, True), answer.text
    assert guest.control().json()["fault"] == [{"kind": "spam", "on": "GET /pins", "fired": 0}]


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "192.168.0.1:80", "[::2]", "", "[", "0.0.0.0"]
)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_foreign_host_is_refused(guest, host, method):
    guest.suffers(K.SPAM)
    answer = guest.control(method, json={"fault": []}, headers={"Host": host})
    assert answer.status_code == 403
    assert len(guest.fired) == 1


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:80", "127.0.0.1", "127.9.9.9:1", "[::1]:8", "[::ffff:127.0.0.1]"]
)
def test_the_own_host_is_let_in(guest, host):
    assert guest.control(headers={"Host": host}).status_code == 200


def test_other_methods_and_addresses(guest):
    assert guest.control("POST").headers["allow"] == "GET, PUT, DELETE"
    assert guest.control("POST").status_code == 405
    for path in ("/_sandbox", "/_sandbox/", "/_sandbox/other"):
        assert guest.control(path=path).status_code == 404


async def asked_by(client: Any, path: str, *rules: Fault) -> list[dict[str, Any]]:
    """What a server other than uvicorn gets to send, for a client at some address."""
    sent: list[Any] = []

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"whole"})

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": b"", "scheme": "http", "headers": [(b"host", b"localhost")], "client": client, "root_path": ""}  # fmt: skip
    faults, clock = Faults(rules), Clock()
    inner = Misbehaving(app, faults, deque())
    await Control(inner, faults, clock, Tokens("", Settings(), clock))(scope, receive, send)
    return sent


@pytest.mark.parametrize(
    ("client", "status"),
    [
        (("127.0.0.1", 1), 200), (("::1", 1), 200), (("::ffff:127.0.0.1", 1), 200),
        (("10.0.0.7", 1), 403), (("::ffff:10.0.0.7", 1), 403), (("localhost", 1), 403), (None, 403),
    ],
)  # fmt: skip
def test_only_clients_on_this_machine_are_let_in(client, status):
    sent = asyncio.run(asked_by(client, "/_sandbox/faults"))
    assert sent[0]["status"] == status


def test_a_server_without_a_connection_to_abort_is_left_an_incomplete_answer():
    assert asyncio.run(asked_by(None, "/v5/pins", Fault(kind=K.RESET, on="* *"))) == []
    start, body = asyncio.run(asked_by(None, "/v5/pins", Fault(kind=K.WRONG_LENGTH, on="* *", keep=2)))
    assert (start["headers"], body["body"], body["more_body"]) == ([(b"content-length", b"5")], b"wh", True)


# -- bad rules -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        ({"on": "GET /pins"}, "kind is missing"),
        ({"kind": "reset"}, "on is missing"),
        ({"kind": "shrot", "on": "GET /pins"}, "unknown kind 'shrot'; did you mean short?"),
        ({"kind": 5, "on": "GET /pins"}, "kind: "),
        ({"kind": [], "on": []}, "on: Expected `str`"),
        ({"kind": "status", "on": "GET /pins", "stauts": 500}, "unknown key 'stauts'; did you mean status?"),
        ({"kind": "status", "on": "GET /pins", "status": 200}, "status: Expected `int` >= 400"),
        ({"kind": "slow", "on": "GET /pins", "seconds": -0.1}, "seconds: Expected `float` >= 0"),
        ({"kind": "slow", "on": "GET /pins", "seconds": float("nan")}, "seconds: "),
        ({"kind": "slow", "on": "GET /pins", "seconds": float("inf")}, "seconds: "),
        ({"kind": "short", "on": "GET /pins", "keep": -1}, "keep: Expected `int` >= 0"),
        ({"kind": "short", "on": "GET /pins", "page": 0}, "page: Expected `int` >= 1"),
        ({"kind": "short", "on": "GET /pins", "after": -1}, "after: "),
        ({"kind": "short", "on": "GET /pins", "times": 10**30}, "times: "),
        ({"kind": "spam", "on": "GET /pins", "retry_after": "soon"}, "retry_after: "),
        ({"kind": "reset", "on": "GTE /pins"}, "on: unknown method 'GTE'; did you mean GET?"),
        ({"kind": "reset", "on": "images"}, "did you mean image?"),
        ({"kind": "reset", "on": ""}, "on: "),
        ({"kind": "reset", "on": "GET"}, 'on: write "METHOD PATTERN"'),
        ({"kind": "reset", "on": "GET pins"}, "must begin with / or *"),
        ({"kind": "reset", "on": "GET /v5/pins"}, "without /v5"),
        ({"kind": "reset", "on": "GET /pins", "seconds": 1}, "seconds does not apply to reset"),
        ({"kind": "redirect", "on": "GET /pins"}, "redirect requires host"),
        ({"kind": "redirect", "on": "GET /pins", "host": "http://a/b"}, "host: write host or host:port"),
        ({"kind": "redirect", "on": "GET /pins", "host": "a\r\nset-cookie: b"}, "host: write host or host:port"),
        ({"kind": "cut_image", "on": "GET /pins"}, "cut_image is for images"),
        ({"kind": "short", "on": "image"}, "short is for listings"),
        ({"kind": "reset", "on": "image", "page": 1}, "page is for listings"),
        ("reset", "must be a table"),
    ],
)  # fmt: skip
def test_a_bad_rule_is_told_with_its_number(rule, problem):
    good = {"kind": "reset", "on": "* *"}
    with pytest.raises(ConfigError) as caught:
        parse_faults({"fault": [good, rule]}, "here")
    assert problem in str(caught.value)
    assert all(one.startswith("here: fault 2: ") for one in caught.value.problems)


def test_all_problems_are_told_at_once(tmp_path):
    path = tmp_path / "faults.toml"
    path.write_text('[[fault]]\nkind = "rest"\non = "GTE /pins"\nafter = -1\n[[fault]]\non = "image"\nkeeep = 1\n')
    with pytest.raises(ConfigError) as caught:
        read_faults(path)
    assert len(caught.value.problems) == 5
    assert [one.removeprefix(f"{path}: fault ")[0] for one in caught.value.problems] == list("11122")


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("a.toml", b"[[fault", "not TOML"), ("a.toml", b"a = \xff", "not TOML"), ("a.toml", b"a = 2024-13-01", "not TOML"),
        ("a.toml", b"a = " + b"[" * 100_000, "nested too deeply"), ("a.json", b"[[fault]]", "not JSON"),
        ("a.json", b"[" * 100_000, "nested too deeply"), ("a.json", b"[]", "must be an object"), ("a.toml", b"[fault]\nkind = 'reset'", "two brackets"),
        ("a.toml", b"[[faults]]", "did you mean fault?"), ("a.toml", b"", None), ("A.JSON", b'{"fault": []}', None),
    ],
)  # fmt: skip
def test_bad_files_are_told_with_their_name(tmp_path, name, content, problem):
    path = tmp_path / name
    path.write_bytes(content)
    if problem is None:
        assert read_faults(path) == ()
        return
    with pytest.raises(ConfigError, match=problem) as caught:
        read_faults(path)
    assert all(one.startswith(str(path)) for one in caught.value.problems)


def test_a_file_without_end_is_not_read_whole():
    with pytest.raises(ConfigError, match="larger than 4 MB"):
        read_faults(Path("/dev/zero"))


def test_a_file_that_cannot_be_read(tmp_path):
    for path in (tmp_path, tmp_path / "none.toml"):
        with pytest.raises(ConfigError, match="cannot be read"):
            read_faults(path)


def test_rules_made_in_python_are_checked_too():
    with pytest.raises(ConfigError, match="fault 1: redirect requires host"):
        Sandbox(default_world(), faults=[Fault(kind=K.REDIRECT, on="* *")])
    with pytest.raises(ConfigError, match="after"):
        Faults([Fault(kind=K.RESET, on="* *", after=-1)])


# -- the command and its page ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("faults.toml", '[[fault]]\nkind = "status"\non = "GET /boards"\nstatus = 418\n'),
        ("faults.json", '{"fault": [{"kind": "status", "on": "GET /boards", "status": 418}]}'),
    ],
)
def test_the_command_misbehaves_from_the_start(tmp_path, name, content):
    path = tmp_path / name
    path.write_text(content)
    command = [PINPLAN, "sandbox", "serve", "--faults", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        assert server.stdout
        assert server.stderr
        url = json.loads(server.stdout.readline())["url"]
        assert requests.get(f"{url}/boards", timeout=10).status_code == 418
        body = {"fault": [{"kind": "reset", "on": "* *"}]}
        assert requests.put(f"{url.removesuffix('/v5')}/_sandbox/faults", json=body, timeout=10).ok
        with pytest.raises(requests.ConnectionError):
            requests.get(f"{url}/boards", timeout=10)
        server.send_signal(signal.SIGTERM)
        assert server.wait(10) in {0, -signal.SIGTERM, 130, 143}
        assert server.stderr.read() == ""


def test_the_command_refuses_bad_rules(tmp_path):
    path = tmp_path / "faults.toml"
    path.write_text('[[fault]]\nkind = "rest"\non = "GET /pins"\n')
    done = subprocess.run(
        [PINPLAN, "sandbox", "serve", "--faults", str(path)], capture_output=True, text=True, check=False, timeout=20
    )
    assert (done.returncode, done.stdout) == (64, "")
    assert f"{path}: fault 1: unknown kind 'rest'; did you mean reset?" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_page_about_it_says_what_is_true():
    example = re.search(r"```toml\n(.*?)```", DOCUMENT, re.DOTALL)
    assert example
    assert len(parse_faults(tomllib.loads(example[1]), "docs")) == 4
    table = DOCUMENT.partition("| kind |")[2].partition("*Carried out*")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == {str(kind) for kind in K}
    script = re.search(r"```python\n(.*?)```", DOCUMENT, re.DOTALL)
    assert script
    exec(compile(script[1], "docs", "exec"), {"print": lambda *_: None})


# -- the client copes ------------------------------------------------------------------------------------------------


@pytest.fixture
def pinterest(guest: Guest) -> Iterator[PinterestApi]:
    session = ApiSession(
        guest.sandbox.url, guest.sandbox.token, user_agent="test", timeout=(5, 1), retries=3, sleep=lambda _: None
    )
    yield PinterestApi(session)
    session.close()


@pytest.fixture
def images(guest: Guest) -> Iterator[ImageDownloads]:
    made = ImageDownloads(
        user_agent="test", rules=rules_for(guest.sandbox.url), timeout=(5, 1), retries=2, sleep=lambda _: None
    )
    yield made
    made.close()


def fetched(images: ImageDownloads, url: str) -> bytes:
    into = io.BytesIO()
    images.fetch(url, into)
    return into.getvalue()


def test_a_short_listing_cannot_be_told_from_a_shorter_one(guest, pinterest):
    whole = len(pinterest.boards().boards)
    guest.suffers(K.SHORT, "GET /boards")
    assert len(pinterest.boards().boards) == whole // 2


@pytest.mark.parametrize(
    ("kind", "facts", "error", "requests_sent"),
    [
        (K.CUT_JSON, {}, UnexpectedAnswer, 3), (K.HTML, {}, UnexpectedAnswer, 3), (K.EMPTY, {}, UnexpectedAnswer, 3),
        (K.REPEAT_BOOKMARK, {}, UnexpectedAnswer, 2), (K.REDIRECT_LOOP, {}, UnexpectedAnswer, 1),
        (K.REDIRECT, {"host": "127.0.0.1:9"}, UnexpectedAnswer, 1), (K.UNAUTHORIZED, {}, TokenRefused, 1),
        (K.FORBIDDEN, {}, ApiRefused, 1), (K.SPAM, {}, ApiRefused, 1), (K.RATE_LIMIT, {}, ApiRefused, 4),
        (K.STATUS, {"status": 502}, ApiRefused, 4), (K.STATUS, {"status": 400}, ApiRefused, 1),
        (K.RESET, {}, Unreachable, 4), (K.WRONG_LENGTH, {}, RemoteError, 4),
    ],
)  # fmt: skip
def test_what_does_not_pass_is_an_error(guest, pinterest, kind, facts, error, requests_sent):
    guest.suffers(kind, "GET /boards", **facts)
    with pytest.raises(error):
        pinterest.boards()
    assert pinterest.calls == sum(guest.fired) == len(guest.sandbox.requests) == requests_sent


@pytest.mark.parametrize(
    ("kind", "facts"),
    [
        (K.RESET, {}), (K.CUT_JSON, {}), (K.HTML, {}), (K.EMPTY, {}), (K.WRONG_LENGTH, {}), (K.RATE_LIMIT, {"retry_after": 1}),
        (K.STATUS, {"status": 503}), (K.SLOW, {"seconds": 1.2}), (K.SLOW_BODY, {"seconds": 0.1}),
    ],
)  # fmt: skip
def test_what_passes_is_got_over(guest, pinterest, kind, facts):
    whole = pinterest.boards()
    guest.suffers(kind, "GET /boards", times=1, **facts)
    assert pinterest.boards() == whole
    assert guest.fired == (1,)


def test_a_later_page_that_breaks_is_asked_for_again():
    rule = Fault(kind=K.RESET, on="GET /boards/*/pins", page=2, times=2)
    with Sandbox(large_world(1, 600), faults=[rule]) as sandbox:
        session = ApiSession(sandbox.url, sandbox.token, user_agent="test", sleep=lambda _: None)
        pinterest = PinterestApi(session)
        listed = [pin.id for page in pinterest.pin_pages(pinterest.boards().boards[0].id) for pin in page.pins]
        session.close()
        assert len(set(listed)) == len(listed) == 600
        assert sandbox.faults.fired == (2,)


class Elsewhere(http.server.ThreadingHTTPServer):
    """Another host, which notes every header that comes."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        seen = self.seen

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                seen.append(str(self.headers))
                self.send_response(200)
                self.send_header("content-length", "2")
                self.end_headers()
                self.wfile.write(b"\xff\xd8")

            def log_message(self, *_args: object) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Handler)


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    server = Elsewhere()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.promise("I27")
def test_no_redirect_carries_the_token_to_another_host(guest, pinterest, images, elsewhere):
    host = f"127.0.0.1:{elsewhere.server_address[1]}"
    url = picture(guest)
    guest.sandbox.faults.set(
        [Fault(kind=K.REDIRECT, on="* *", host=host), Fault(kind=K.REDIRECT, on="image", host=host)]
    )
    with pytest.raises(UnexpectedAnswer, match="redirect"):
        pinterest.account()
    assert elsewhere.seen == []
    with pytest.raises(ImageRefused, match="not an image host"):
        fetched(images, url)
    assert elsewhere.seen == []


@pytest.mark.parametrize(
    ("kind", "facts", "error"),
    [
        (K.HTML, {}, ImageRefused), (K.EMPTY, {}, ImageRefused), (K.REDIRECT_LOOP, {}, ImageRefused),
        (K.WRONG_LENGTH, {}, ImageRefused), (K.STATUS, {}, ImageRefused), (K.FORBIDDEN, {}, ImageRefused), (K.RESET, {}, Unreachable),
    ],
)  # fmt: skip
def test_an_image_that_does_not_come_is_an_error(guest, images, kind, facts, error):
    url = picture(guest)
    guest.suffers(kind, "image", **facts)
    with pytest.raises(error):
        fetched(images, url)


@pytest.mark.parametrize("kind", [K.RESET, K.WRONG_LENGTH, K.STATUS, K.RATE_LIMIT])
def test_an_image_comes_at_the_second_try(guest, images, kind):
    url = picture(guest)
    guest.suffers(kind, "image", times=1)
    with Image.open(io.BytesIO(fetched(images, url))) as image:
        image.load()
    assert guest.fired == (1,)


@pytest.mark.parametrize("kind", [K.CUT_IMAGE, K.CORRUPT_IMAGE])
@pytest.mark.parametrize("extension", ["jpg", "png", "gif"])
@pytest.mark.promise("I19")
def test_a_spoilt_image_is_found_when_it_is_decoded(guest, images, tmp_path, kind, extension):
    from pinplan.disk.images import inspect_handle

    url = picture(guest, extension)
    guest.suffers(kind, "image")
    path = tmp_path / "image"
    path.write_bytes(fetched(images, url))
    with path.open("rb") as file:
        _, content = inspect_handle(file.fileno())
    assert content.problem
