"""The page as one self-contained HTML document that runs no script but its own (I28)."""

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
    "verdicts.js",
    "elements.js",
    "outcomes.js",
    "memory.js",
    "images.js",
    "saving.js",
    "history.js",
    "decisions.js",
    "staying.js",
    "ties.js",
    "decisions_file.js",
    "filters.js",
    "cards.js",
    "bulk.js",
    "list.js",
    "compare.js",
    "ways.js",
    "facts.js",
    "stage.js",
    "finish.js",
    "keys.js",
    "main.js",
)
"""Concatenated in this order: a later file uses the constants of an earlier one at load time. Why no modules: decision 21."""
STYLES = ("frame.css", "list.css", "controls.css", "stage.css", "screens.css")
"""Concatenated in this order: of two rules that are equally specific the later one holds."""
IN_A_BLOCK = 50
"""Thumbnails per data block; the page parses a block when its first thumbnail is needed. `model.js` has the same figure."""


def document(model: PageModel, thumbnails: Iterable[bytes] = ()) -> Iterator[bytes]:
    """Render the page in pieces, so that a large one is never in memory twice.

    Args:
        model: what it shows.
        thumbnails: WebP images in the order of their numbers; none if the page is served.
    """
    yield (
        _template("page.html.j2")
        .render(
            title=f"pinplan: {model.plan}",
            # A browser ignores frame-ancestors in a <meta> element and logs an error about it.
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
        # As JSON blocks, not <img src>: the browser decodes only what is scrolled to.
        yield embedded([base64.b64encode(image).decode() for image in block]).encode()
        yield b"</script>\n"
    yield b"</body>\n</html>\n"


def policy(*, served: bool, framing: bool = True) -> str:
    """The Content-Security-Policy: only the page's own script and style, and images.

    Args:
        served: also allow images from, and requests to, the page's own server.
        framing: also forbid embedding in frames, which only an HTTP header can do.
    """
    parts = [
        "default-src 'none'",
        # By hash, not 'self' or a nonce: the saved file has no server, and injected script has another hash.
        f"script-src '{_hash(script())}'",
        f"style-src '{_hash(style())}'",
        "img-src data: 'self'" if served else "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
        # Makes innerHTML and its kin throw, should a later change introduce one (Chromium only).
        "require-trusted-types-for 'script'",
    ]
    if served:
        parts.append("connect-src 'self'")
    if framing:
        parts.append("frame-ancestors 'none'")
    return "; ".join(parts)


def embedded(value: object) -> str:
    """JSON that is safe inside a ``<script>`` element."""
    text = msgspec.json.encode(value).decode()
    # "</script" and "<!--" end a script element even inside a string; U+2028/9 were line ends before ES2019.
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
    return "\n".join(_asset(name) for name in STYLES)


def _asset(name: str) -> str:
    return (resources.files("pinplan.review.page") / "assets" / name).read_text("utf-8")


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _template(name: str) -> Template:
    from jinja2 import Environment, StrictUndefined  # noqa: PLC0415 - only a page needs it

    # Autoescape is for title and command; script, style and model are marked safe, being made or escaped here.
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
