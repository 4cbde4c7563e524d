"""Pinterest's weather: what its API answers instead of what it should. A rule holds for some requests of the next command or two."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import requests

from tests.adversary.actors.table import table
from tests.adversary.network import Act, Answer, Asked, Rule

if TYPE_CHECKING:
    from tests.adversary.stage import Stage
    from tests.adversary.story import Picks

PATIENCE = 60
"""Seconds that pinplan waits at most before it asks again; longer waits end the run."""
LISTING = "/boards/*/pins"
SPAM = 9
"""The code of Pinterest's answer to what it takes for spam."""


def _rule(
    stage: Stage,
    picks: Picks,
    name: str,
    on: str,
    act: Act,
    *,
    times: int = 1_000_000,
    hides: bool = True,
    commands: int = 1,
    after: int = 0,
) -> str:
    method, _, pattern = on.partition(" ")
    if "{board}" in pattern:
        boards = stage.boards()
        pattern = pattern.format(board=picks.of(boards).id if boards else "0")
    stage.network.rules.append(
        Rule(name, method, pattern, act, times=times, commands=commands, hides=hides, after=after)
    )
    return f"{name} on {on} for {commands} command(s)"


def _problem(status: int, code: int, message: str = "Something is not as it should be.") -> Answer:
    return Answer(status, json.dumps({"code": code, "message": message}).encode())


def refuse(
    stage: Stage,
    picks: Picks,
    *,
    on: str,
    status: int,
    code: int = 0,
    times: int = 1_000_000,
    message: str = "No.",
    hides: bool = True,
) -> str:
    """Another status than 200, with the body that Pinterest sends."""
    return _rule(
        stage, picks, "spam" if code == SPAM else f"{status}", on, lambda _: _problem(status, code or status, message), times=times, hides=hides,
        commands=1 + picks.number(2),
    )  # fmt: skip


def _spoil(page: dict[str, Any], how: str, at: int) -> None:
    items: list[Any] = page["items"]
    if how == "short":
        page["items"] = items[: len(items) // 2]
    elif how == "null item":
        items.insert(at % (len(items) + 1), None)
    elif how == "integer id" and items:
        items[at % len(items)]["id"] = int(items[at % len(items)]["id"])
    elif how == "unlisted section" and items:
        items[at % len(items)]["board_section_id"] = "999"
    elif how == "huge width" and items:
        items[at % len(items)].update(_huge(items[at % len(items)]))
    elif how == "unknown fields":
        page["items"] = [{**item, "new_field": {"deep": [1, None]}} for item in items]
    elif how == "same bookmark":
        page["bookmark"] = "the_same"


def spoil_page(stage: Stage, picks: Picks, *, how: str, on: str = "GET /boards/{board}/pins") -> str:
    """A page of a listing that is not what it should be."""
    at = picks.number(50)

    def spoilt(asked: Asked) -> Answer:
        answer = asked.perform()
        if answer.status != 200:
            return answer
        page = json.loads(answer.body)
        items: list[Any] = page["items"]
        if not items and how != "cut":
            stage.network.answered.add((asked.method, asked.path, asked.query))  # there is nothing that this could hide
        _spoil(page, how, at)
        body = json.dumps(page).encode()
        return Answer(200, body[: len(body) // 2] if how == "cut" else body)

    return _rule(
        stage, picks, how, on, spoilt, hides=how not in {"unknown fields", "huge width"}, commands=1 + picks.number(2)
    )


def hide_pin(stage: Stage, picks: Picks, *, status: int) -> str | None:
    """A pin that no listing shows for a while, and that cannot be asked for either."""
    pins = [pin for pin in stage.pins() if pin.id in stage.shown_once]
    if not pins:
        return None
    pin = picks.of(pins)

    def without(asked: Asked) -> Answer:
        answer = asked.perform()
        if answer.status != 200:
            return answer
        page = json.loads(answer.body)
        page["items"] = [item for item in page["items"] if item.get("id") != pin.id]
        return Answer(200, json.dumps(page).encode())

    pattern = f"GET {LISTING.replace('*', pin.board_id)}"
    _rule(stage, picks, "unlisted pin", pattern, without, commands=4)
    _rule(stage, picks, f"{status}", f"GET /pins/{pin.id}", lambda _: _problem(status, status), commands=4)
    return f"pin {pin.id} is in no listing, and asking for it is answered {status}, for 4 commands"


def _huge(item: dict[str, Any]) -> dict[str, Any]:
    """The same pin with images of a width that no integer holds."""
    text = json.dumps(item.get("media"))
    return {"media": json.loads(re.sub(r'"width": \d+', '"width": 1e308', text))}


def deep_json(stage: Stage, picks: Picks, *, on: str) -> str:
    """An answer that nests deeper than a recursive decoder can follow."""
    answer = Answer(200, b"[" * 100_000)
    return _rule(stage, picks, "deep JSON", on, lambda _: answer, times=1 + picks.number(3))


def no_json(stage: Stage, picks: Picks, *, on: str) -> str:
    page = b"<!DOCTYPE html><html><body>Checking your browser</body></html>"
    return _rule(stage, picks, "a page", on, lambda _: Answer(200, page, {"content-type": "text/html"}))


def lose_answer(stage: Stage, picks: Picks, *, on: str) -> str:
    """Done, but nobody hears of it."""

    def lost(asked: Asked) -> Answer:
        asked.perform()
        raise requests.ConnectionError("the connection broke")

    return _rule(stage, picks, "answer lost", on, lost, times=1, hides=False, commands=8)


def unreachable(stage: Stage, picks: Picks, *, on: str, times: int) -> str:
    def broken(_asked: Asked) -> Answer:
        raise requests.ConnectionError("no connection")

    return _rule(stage, picks, "unreachable", on, broken, times=times)


def lag(stage: Stage, picks: Picks) -> str:
    """From now on listings know of changes by calls only after a while."""
    stage.network.lag._seconds = float((0, 5, 60, 600)[picks.number(4)])
    return f"listings lag {stage.network.lag._seconds:.0f} s"


def expire(stage: Stage, picks: Picks) -> str:
    """The token is good for some more calls, and then no more."""
    calls = picks.number(12)
    refused = _problem(401, 2, "Authentication failed.")
    return f"after {calls} calls: " + _rule(stage, picks, "401", "* /*", lambda _: refused, after=calls)


def throttle(stage: Stage, picks: Picks, *, on: str, wait: int) -> str:
    """Too many calls; Pinterest says for how long nobody should ask."""
    body = json.dumps({"code": 8, "message": "You have exceeded your rate limit."}).encode()
    answer = Answer(429, body, {"content-type": "application/json", "retry-after": str(wait)})
    times = 1 + picks.number(3)
    return _rule(stage, picks, "429", on, lambda _: answer, times=times, hides=wait > PATIENCE, commands=2)


def store_and_fail(stage: Stage, picks: Picks, *, on: str, status: int) -> str:
    """Done, but the answer says that something went wrong."""

    def failed(asked: Asked) -> Answer:
        asked.perform()
        return _problem(status, status)

    return _rule(stage, picks, f"stored, {status}", on, failed, times=1, hides=False, commands=8)


def trickle(stage: Stage, picks: Picks, *, on: str, seconds: float) -> str:
    """Bodies come in small pieces: in time, or too slowly."""

    def slow(asked: Asked) -> Answer:
        return replace(asked.perform(), pace=(400, seconds))

    return _rule(stage, picks, "slow", on, slow, times=1 + picks.number(6), hides=seconds > 1)


def lose_scopes(stage: Stage, picks: Picks) -> str:
    """The token has the scopes for secret boards no more, or has them again; sometimes a board becomes secret just then."""
    seen = stage.network.secret_unseen
    stage.network.show_secret(seen=seen)
    if not seen and picks.number(2) and stage.boards():
        stage.world.update_board(picks.of(stage.boards()).id, privacy="SECRET")
    return f"the token {'sees' if seen else 'does not see'} secret boards from now on"


VERBS = table(
    "weather",
    ("board_403", 4, refuse, {"on": "GET /boards/{board}/pins", "status": 403, "code": 29}),
    ("all_boards_403", 2, refuse, {"on": f"GET {LISTING}", "status": 403, "code": 29}),
    ("board_404", 2, refuse, {"on": "GET /boards/{board}/pins", "status": 404, "code": 40}),
    ("board_500", 2, refuse, {"on": "GET /boards/{board}/pins", "status": 500}),
    ("boards_500_once", 1, refuse, {"on": "GET /boards", "status": 500, "times": 1, "hides": False}),
    ("sections_500", 2, refuse, {"on": "GET /boards/{board}/sections", "status": 500}),
    ("pin_403", 2, refuse, {"on": "GET /pins/*", "status": 403, "code": 29}),
    ("pin_404", 1, refuse, {"on": "GET /pins/*", "status": 404, "code": 50, "times": 1, "hides": False}),
    ("token_refused", 1, refuse, {"on": "* /*", "status": 401, "code": 2}),
    ("rate_limit", 1, refuse, {"on": "GET /*", "status": 429, "code": 8, "times": 2, "hides": False}),
    ("delete_409", 1, refuse, {"on": "DELETE /pins/*", "status": 409, "code": 1}),
    ("delete_500", 1, refuse, {"on": "DELETE /pins/*", "status": 500, "times": 2}),
    ("spam_429", 1, refuse, {"on": "* /pins*", "status": 429, "code": 9, "message": "This looked like spam."}),
    ("spam_403", 3, refuse, {"on": "DELETE /pins*", "status": 403, "code": 9, "message": "This looked like spam."}),
    ("short_listing", 4, spoil_page, {"how": "short"}),
    ("hide_pin_403", 3, hide_pin, {"status": 403}),
    ("hide_pin_500", 1, hide_pin, {"status": 500}),
    ("null_item", 3, spoil_page, {"how": "null item"}),
    ("integer_id", 2, spoil_page, {"how": "integer id"}),
    ("null_section", 2, spoil_page, {"how": "null item", "on": "GET /boards/{board}/sections"}),
    ("integer_section", 1, spoil_page, {"how": "integer id", "on": "GET /boards/{board}/sections"}),
    ("unlisted_section", 3, spoil_page, {"how": "unlisted section"}),
    ("unknown_fields", 1, spoil_page, {"how": "unknown fields"}),
    ("same_bookmark", 1, spoil_page, {"how": "same bookmark"}),
    ("cut_listing", 1, spoil_page, {"how": "cut"}),
    ("no_json", 1, no_json, {"on": "GET /boards/{board}/pins"}),
    ("delete_lost", 2, lose_answer, {"on": "DELETE /pins/*"}),
    ("create_lost", 5, lose_answer, {"on": "POST /pins"}),
    ("board_lost", 2, lose_answer, {"on": "POST /boards"}),
    ("section_lost", 1, lose_answer, {"on": "POST /boards/*/sections"}),
    ("unreachable", 1, unreachable, {"on": "* /*", "times": 1_000_000}),
    ("hiccup", 2, unreachable, {"on": "GET /*", "times": 1}),
    ("lag", 2, lag),
    ("huge_width", 1, spoil_page, {"how": "huge width"}),
    ("deep_boards", 1, deep_json, {"on": "GET /boards"}),
    ("deep_listing", 1, deep_json, {"on": "GET /boards/{board}/pins"}),
    ("deep_pin", 1, deep_json, {"on": "GET /pins/*"}),
    ("scope_missing", 2, refuse, {"on": f"GET {LISTING}", "status": 401, "code": 3, "message": "Missing scope."}),
    ("scope_missing_403", 1, refuse, {"on": "GET /pins/*", "status": 403, "code": 3, "message": "Missing scope."}),
    (
        "write_scope_missing",
        2,
        refuse,
        {"on": "DELETE /pins/*", "status": 403, "code": 3, "message": "Missing scope.", "hides": False},
    ),
    ("lose_secret_scopes", 3, lose_scopes),
    ("token_expires", 2, expire),
    ("timeout_408", 1, refuse, {"on": "GET /*", "status": 408, "times": 2, "hides": False}),
    ("write_408", 1, refuse, {"on": "DELETE /pins/*", "status": 408, "times": 2, "hides": False}),
    ("pace_listing", 1, throttle, {"on": "GET /*", "wait": 3}),
    ("pace_day", 1, throttle, {"on": "GET /*", "wait": 86_000}),
    ("pace_delete", 2, throttle, {"on": "DELETE /pins/*", "wait": 3}),
    ("pace_create", 1, throttle, {"on": "POST /pins", "wait": 3}),
    ("pace_edit", 1, throttle, {"on": "PATCH /pins/*", "wait": 3}),
    ("pace_writes_day", 1, throttle, {"on": "* /pins*", "wait": 86_000}),
    ("edit_lost", 2, lose_answer, {"on": "PATCH /pins/*"}),
    ("create_stored_500", 2, store_and_fail, {"on": "POST /pins", "status": 500}),
    ("board_stored_500", 1, store_and_fail, {"on": "POST /boards", "status": 500}),
    ("delete_stored_500", 2, store_and_fail, {"on": "DELETE /pins/*", "status": 503}),
    ("edit_stored_500", 1, store_and_fail, {"on": "PATCH /pins/*", "status": 500}),
    ("slow_bodies", 1, trickle, {"on": "GET /*", "seconds": 0.2}),
    ("trickling_listing", 1, trickle, {"on": "GET /boards/{board}/pins", "seconds": 90.0}),
)
