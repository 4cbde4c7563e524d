"""The image host: what it sends instead of an image."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import requests

from tests.adversary import pictures
from tests.adversary.actors.table import table
from tests.adversary.network import IMAGE, Answer, Asked, Rule

if TYPE_CHECKING:
    from tests.adversary.stage import Stage
    from tests.adversary.story import Picks


def _rule(stage: Stage, picks: Picks, name: str, size: str, act: object, *, times: int = 1_000_000) -> str:
    commands = 1 + picks.number(3)
    stage.network.rules.append(Rule(name, IMAGE, f"/{size}/*", act, commands=commands, times=times, hides=False))  # type: ignore[arg-type]
    return f"the image host: {name} for {size}, {commands} command(s)"


def refuse(stage: Stage, picks: Picks, *, size: str, status: int) -> str:
    return _rule(
        stage, picks, f"HTTP {status}", size, lambda _: Answer(status, b"<Error/>", {"content-type": "application/xml"})
    )


def placeholder(stage: Stage, picks: Picks, *, size: str, what: str) -> str:
    """A picture with 200, but not the one that was asked for."""
    if what == "one pixel":
        data = pictures.encoded(pictures.drawn(1).resize((1, 1)), "JPEG")
    else:
        data = pictures.original(99_999)
    stage.oracle.learn(data, what, "placeholder", 1)
    return _rule(stage, picks, f"{what} with 200", size, lambda _: Answer(200, data, {"content-type": "image/jpeg"}))


def cut(stage: Stage, picks: Picks) -> str:
    def half(asked: Asked) -> Answer:
        answer = asked.perform()
        data = answer.body[: len(answer.body) // 2]
        if answer.status == 200 and data:
            stage.oracle.learn(data, "half an image", "placeholder", 0)
        return Answer(answer.status, data, {"content-type": "image/jpeg"})

    return _rule(stage, picks, "half an image", "*", half, times=1 + picks.number(5))


def page(stage: Stage, picks: Picks) -> str:
    text = b"<html></html>"
    stage.oracle.learn(text, "a page", "placeholder", 0)
    return _rule(stage, picks, "a page with 200", "*", lambda _: Answer(200, text, {"content-type": "text/html"}))


def empty(stage: Stage, picks: Picks) -> str:
    return _rule(stage, picks, "nothing with 200", "*", lambda _: Answer(200, b"", {"content-type": "image/jpeg"}))


def unreachable(stage: Stage, picks: Picks) -> str:
    def broken(_asked: Asked) -> Answer:
        raise requests.ConnectionError("no connection")

    return _rule(stage, picks, "unreachable", "*", broken, times=1 + picks.number(8))


def trickle(stage: Stage, picks: Picks) -> str:
    """Images come in pieces of a few bytes, too slowly to wait for them."""

    def slow(asked: Asked) -> Answer:
        return replace(asked.perform(), pace=(200, 30.0))

    return _rule(stage, picks, "slow", "*", slow, times=1 + picks.number(6))


VERBS = table(
    "images",
    ("best_refused", 4, refuse, {"size": "1200x", "status": 403}),
    ("best_gone", 2, refuse, {"size": "1200x", "status": 404}),
    ("best_500", 2, refuse, {"size": "1200x", "status": 500}),
    ("all_refused", 2, refuse, {"size": "*", "status": 403}),
    ("placeholder", 4, placeholder, {"size": "*", "what": "one pixel"}),
    ("wrong_picture", 2, placeholder, {"size": "*", "what": "a wrong picture"}),
    ("cut_images", 5, cut),
    ("page_for_image", 1, page),
    ("empty_image", 1, empty),
    ("host_unreachable", 1, unreachable),
    ("slow_images", 2, trickle),
)
