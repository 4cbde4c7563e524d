"""The HTML of a gallery: no script, no external resource, all pin texts escaped (I28)."""

from __future__ import annotations

import base64
import hashlib
import re
from importlib.resources import files
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from pinplan.errors.suggestions import suggestion
from pinplan.render.text_safety import message, plain, plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jinja2 import Environment

    from pinplan.gallery.catalog import Album, Gallery, Picture
    from pinplan.model.ids import RelPath

INDEX = "index.html"
_ASSETS = files("pinplan.gallery") / "assets"


def gallery_pages(
    gallery: Gallery, library: str, made: str, fetch: str = suggestion("apply")
) -> Iterator[tuple[str, str]]:
    """The pages: names and contents, the index first.

    Args:
        gallery: what is shown.
        library: the library's root relative to the pages, as a URL path, e.g. ``"../.."``.
        made: when it was made.
        fetch: the command that downloads missing images.
    """
    # A file: page has an opaque origin: 'self' does not cover its images, the scheme does.
    environment = environment_of("gallery.css", "'self' file:", made)

    # quote() also escapes "#" and "?", which would cut off the rest of a file name.
    def address(path: RelPath) -> str:
        return f"{library}/{quote(path)}"

    environment.globals.update(address=address, page_of=page_of, link_of=link_of)
    yield INDEX, environment.get_template("index.html.j2").render(gallery=gallery, fetch=plain(fetch))
    page = environment.get_template("board.html.j2")
    for album in gallery.albums:
        yield page_of(album), page.render(album=album)


def page_of(album: Album) -> str:
    """The file name of a board's page, which does not change when the board is renamed."""
    # The id comes from a state file: as a file name it must not hold a slash or be too long.
    safe = re.fullmatch(r"[0-9A-Za-z]{1,40}", album.board_id)
    name = album.board_id if safe else hashlib.sha256(album.board_id.encode("utf-8", "replace")).hexdigest()[:20]
    return f"board-{name}.html"


def link_of(picture: Picture) -> str:
    """The pin's link if it is a web address; anything else is shown as text only."""
    try:
        parts = urlsplit(picture.link)
    except ValueError:
        return ""
    return (
        picture.link
        if parts.scheme in {"http", "https"} and parts.netloc and plain(picture.link) == picture.link
        else ""
    )


def _host(address: str) -> str:
    return urlsplit(address).hostname or address


def _lines(text: str) -> str:
    return "\n".join(plain(line) for line in text.splitlines())


def _asset(name: str) -> str:
    return (_ASSETS / name).read_text("utf-8")


def environment_of(style_sheet: str, images: str, made: str) -> Environment:
    """The templates, with what all pages have: a style sheet, a policy that allows nothing else but images, and the time.

    Args:
        style_sheet: its file name; `base.css` comes before it.
        images: sources of images, as in a Content-Security-Policy.
        made: when the page was made.
    """
    style = _asset("base.css") + _asset(style_sheet)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; img-src {images}; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    environment = _environment()
    environment.globals.update(style=style, policy=policy, made=made, plural=plural)
    return environment


def _environment() -> Environment:
    from jinja2 import Environment, FunctionLoader, StrictUndefined  # noqa: PLC0415 - only a gallery needs it

    environment = Environment(
        # Autoescape is the only thing between a pin's title and the page: no template marks pin text as safe.
        loader=FunctionLoader(_asset),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(plain=plain, message=message, lines=_lines, host=_host)
    return environment
