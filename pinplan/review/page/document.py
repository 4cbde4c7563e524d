"""The page as one HTML document: nothing in it comes from elsewhere, and nothing runs in it but its own script (I28)."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

import msgspec

from pinplan.render.text_safety import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from jinja2 import Template

    from pinplan.review.page.model import PageModel

SCRIPTS = (
    "faults.js",
    "model.js",
    "elements.js",
    "outcomes.js",
    "memory.js",
    "images.js",
    "saving.js",
    "decisions.js",
    "decisions_file.js",
    "filters.js",
    "cards.js",
    "list.js",
    "compare.js",
    "stage.js",
    "finish.js",
    "keys.js",
    "main.js",
)
"""In the order in which they make up the one script of the page."""
IN_A_BLOCK = 50
"""Thumbnails in one block of data: a block is parsed when the first of them is looked at."""


def document(model: PageModel, thumbnails: Iterable[bytes] = ()) -> Iterator[bytes]:
    """The page, in pieces.

    Args:
        model: what it shows.
        thumbnails: WebP images, in the order of their numbers; none where the page is served.
    """
    yield (
        _template("page.html.j2")
        .render(
            title=f"pinplan: {model.plan}",
            policy=policy(served=model.manner.serves, framing=False),
            style=style(),
            script=script(),
            model=embedded(model),
            show=plain(model.manner.show),
        )
        .encode()
    )
    for number, block in enumerate(_blocks(thumbnails)):
        yield f'<script type="application/json" id="thumbs-{number}">'.encode()
        yield embedded([base64.b64encode(image).decode() for image in block]).encode()
        yield b"</script>\n"
    yield b"</body>\n</html>\n"


def policy(*, served: bool, framing: bool = True) -> str:
    """The Content-Security-Policy: nothing but what stands in the page itself, and its images.

    Args:
        served: images and decisions go to the server that the page came from.
        framing: also forbid frames around it, which only a header can.
    """
    parts = [
        "default-src 'none'",
        f"script-src '{_hash(script())}'",
        f"style-src '{_hash(style())}'",
        "img-src data: 'self'" if served else "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
        "require-trusted-types-for 'script'",
    ]
    if served:
        parts.append("connect-src 'self'")
    if framing:
        parts.append("frame-ancestors 'none'")
    return "; ".join(parts)


def embedded(value: object) -> str:
    """JSON that can stand in a script block: no character of it can end the block or a line of script."""
    text = msgspec.json.encode(value).decode()
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


@cache
def script() -> str:
    """The page's script."""
    return "\n".join(['"use strict";', *(_asset(name) for name in SCRIPTS)])


@cache
def style() -> str:
    """The page's style sheet."""
    return _asset("page.css")


def _asset(name: str) -> str:
    return (resources.files("pinplan.review.page") / "assets" / name).read_text("utf-8")


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _template(name: str) -> Template:
    from jinja2 import Environment, StrictUndefined  # noqa: PLC0415 - only a page needs it

    environment = Environment(autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True)
    return environment.from_string(_asset(name))


def _blocks(images: Iterable[bytes]) -> Iterator[Sequence[bytes]]:
    block: list[bytes] = []
    for image in images:
        block.append(image)
        if len(block) == IN_A_BLOCK:
            yield block
            block = []
    if block:
        yield block
