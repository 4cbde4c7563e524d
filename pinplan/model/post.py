"""Pins that ``pinplan post`` is asked to create: pictures in the outbox, and texts filled in from templates."""

from __future__ import annotations

from string import Formatter
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from msgspec import Struct

from pinplan.model.ids import BoardId, SectionId
from pinplan.model.images import FileFact
from pinplan.model.pins import MAX_ALT_TEXT, MAX_DESCRIPTION, MAX_LINK, MAX_TITLE, NewPin

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MIN_SLOTS, MAX_SLOTS = 2, 5
FIELDS = ("stem", "name", "number", "exif.title", "exif.description", "exif.artist", "exif.copyright", "exif.date")
"""What a template of a text may name."""


class PostPicture(Struct, frozen=True, kw_only=True):
    """A picture from elsewhere, copied to the outbox.

    Attributes:
        source: the path or address that was given, for messages.
        name: its file name.
        file: the copy, with its content.
        values: the known values of `FIELDS`.
        url: the address that Pinterest fetches it from; empty: its bytes are sent.
    """

    source: str
    name: str
    file: FileFact
    values: dict[str, str]
    url: str = ""


class PostWords(Struct, frozen=True, kw_only=True):
    """The texts of new pins; all but the link are templates.

    Attributes:
        title: None: the name of each file, without its extension; nothing for an address.
    """

    title: str | None = None
    description: str = ""
    link: str = ""
    alt_text: str = ""

    def problems(self) -> Iterator[str]:
        """What is wrong with the templates and the link."""
        for flag, text in (
            ("--title", self.title or ""),
            ("--description", self.description),
            ("--alt", self.alt_text),
        ):
            yield from (f"{flag}: {problem}" for problem in _template_problems(text))
        problem = _link_problem(self.link)
        if problem:
            yield f"--link {self.link:.80}: {problem}"

    def of(self, picture: PostPicture, board_id: BoardId, section_id: SectionId | None) -> NewPin:
        """The pin of a picture, as it is sent."""
        plain = "" if picture.url or _is_address(picture.source) else picture.values.get("stem", "")
        title = plain[:MAX_TITLE] if self.title is None else filled(self.title, picture.values)
        return NewPin(
            board_id=board_id,
            section_id=section_id,
            title=title or None,
            description=filled(self.description, picture.values) or None,
            link=self.link or None,
            alt_text=filled(self.alt_text, picture.values) or None,
        )

    def too_long(self, picture: PostPicture) -> Iterator[str]:
        """Texts of a picture that Pinterest would cut."""
        made = self.of(picture, BoardId(""), None)
        for flag, text, longest in (
            ("--title", made.title, MAX_TITLE),
            ("--description", made.description, MAX_DESCRIPTION),
            ("--alt", made.alt_text, MAX_ALT_TEXT),
        ):
            if text is not None and len(text) > longest:
                yield f"{flag} for {picture.source}: {len(text):,} characters, at most {longest} are allowed; shorten it"


class PostWanted(Struct, frozen=True, kw_only=True):
    """What to post.

    Attributes:
        board_id, section_id: where.
        pictures: each becomes a pin of its own, or all of them one carousel.
        keep: whether the files are kept in the library.
        carousel: whether they become one pin.
    """

    board_id: BoardId
    section_id: SectionId | None = None
    pictures: tuple[PostPicture, ...]
    words: PostWords
    keep: bool = True
    carousel: bool = False

    @property
    def pins(self) -> tuple[tuple[PostPicture, ...], ...]:
        """The pictures of each pin."""
        return (self.pictures,) if self.carousel else tuple((one,) for one in self.pictures)


def carousel_problem(pictures: Sequence[tuple[str, FileFact]]) -> str:
    """Why these pictures cannot be the slots of one carousel; empty if they can (schema PinMediaSourceImagesBase64, API description 5.23)."""
    if not MIN_SLOTS <= len(pictures) <= MAX_SLOTS:
        return f"{len(pictures)} {'picture' if len(pictures) == 1 else 'pictures'}, a carousel takes {MIN_SLOTS} to {MAX_SLOTS}"
    sizes = [(name, _size(file)) for name, file in pictures]
    (name, size), *_ = sizes
    other = next((one for one in sizes if one[1] != size), None)
    if other is None:
        return ""
    return f"{name} is {size}, {other[0]} is {other[1]}; the pictures of a carousel need equal width and height"


def _size(file: FileFact) -> str:
    content = file.content
    return f"{content.width}×{content.height}" if content is not None else ""


def filled(template: str, values: dict[str, str]) -> str:
    """A text with its fields filled in; what a picture does not say is empty."""
    return "".join(literal + (values.get(name, "") if name else "") for literal, name, _, _ in _parts(template)).strip()


def _parts(template: str) -> Iterator[tuple[str, str | None, str | None, str | None]]:
    yield from Formatter().parse(template)


def _template_problems(template: str) -> Iterator[str]:
    try:
        parts = list(_parts(template))
    except ValueError as error:
        yield f"{error}; for a brace itself write {{{{ or }}}}"
        return
    for _, name, spec, conversion in parts:
        if name is not None and (name not in FIELDS or spec or conversion):
            known = ", ".join(f"{{{one}}}" for one in FIELDS)
            yield f"unknown field {{{name}}}; expected {known}"


def _is_address(source: str) -> bool:
    return source.lower().startswith(("http://", "https://"))


def _link_problem(link: str) -> str:
    """Why a link cannot be one of a pin; empty if it can."""
    if not link:
        return ""
    if len(link) > MAX_LINK:
        return f"{len(link):,} characters, at most {MAX_LINK:,} are allowed"
    try:
        parts = urlsplit(link)
        host = parts.hostname
    except ValueError:
        host = None
    web = host is not None and _is_address(link) and not any(sign.isspace() for sign in link)
    return "" if web else "not a web address; expected https://…"
