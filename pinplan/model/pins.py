"""The fields of pins, boards and sections that pinplan uses, and the addresses of their pages.

Field names follow the Pinterest API v5 (schemas Pin, Board, BoardSection of its OpenAPI description 5.23), shortened
if the type already says it. Only ids are always present; everything else may be missing from an answer.
"""

from __future__ import annotations

import re
from enum import StrEnum
from urllib.parse import unquote, urlsplit

from msgspec import Struct
from msgspec.structs import replace

from pinplan.model.ids import AccountId, BoardId, PinId, SectionId
from pinplan.model.text_form import fold


class Privacy(StrEnum):
    """Who sees a board."""

    PUBLIC = "PUBLIC"
    PROTECTED = "PROTECTED"
    SECRET = "SECRET"  # noqa: S105 - Pinterest's word for a kind of board


class MediaType(StrEnum):
    """The media type of a pin; ``NONE`` if the response has no media."""

    IMAGE = "image"
    VIDEO = "video"
    IMAGES = "multiple_images"
    VIDEOS = "multiple_videos"
    MIXED = "multiple_mixed"
    NONE = "none"


class Account(Struct, frozen=True, kw_only=True):
    """The account that a token belongs to."""

    id: AccountId
    username: str


class Profile(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Account details beyond the name (schema Account); the counts are hints.

    Attributes:
        kind: ``"PINNER"`` or ``"BUSINESS"``.
    """

    account: Account
    kind: str | None = None
    business_name: str | None = None
    board_count: int | None = None
    pin_count: int | None = None
    follower_count: int | None = None
    following_count: int | None = None


class Board(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """A board.

    Attributes:
        owner: user name of the owner, who may be another account on a group board.
        pin_count: Pinterest's own figure, which may count pins that cannot be listed: a hint only.
        pins_modified_at: RFC 3339 in UTC; a hint only.
    """

    id: BoardId
    name: str
    privacy: Privacy | None = None
    owner: str | None = None
    description: str | None = None
    pin_count: int | None = None
    created_at: str | None = None
    pins_modified_at: str | None = None


def is_made_public(source: Board | None, target: Board | None) -> bool:
    """Whether an image that moves from one board to another is not secret any more; a board that is not listed is not known to be secret."""
    secret = source is not None and source.privacy is Privacy.SECRET
    return secret and (target is None or target.privacy is not Privacy.SECRET)


class Section(Struct, frozen=True, gc=False, kw_only=True):
    """A section of a board."""

    id: SectionId
    name: str


def unnamed_section(section_id: SectionId) -> str:
    """The placeholder name of a section until its real name is known."""
    return f"section {section_id}"


class Rendition(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """One size of an image at an address.

    Attributes:
        size: Pinterest's key, e.g. ``"1200x"``. Width and height are declared, not measured: they can be nominal.
    """

    size: str
    url: str
    width: int | None = None
    height: int | None = None


class PinImage(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """One image of a pin.

    Attributes:
        slot: 0 for the only image of a pin, 1, 2, … for the images of a carousel.
        renditions: best first, crops left out; empty if Pinterest offers none.
        cover: the still of a video, not an image in its own right.
        signature: the 32 hexadecimal digits in the address, the same for every size of one image; None if absent.
        title, description, link: of this slot of a carousel.
    """

    slot: int
    renditions: tuple[Rendition, ...]
    signature: str | None = None
    cover: bool = False
    title: str | None = None
    description: str | None = None
    link: str | None = None


class Words(Struct, frozen=True, gc=False, kw_only=True):
    """Texts and link of a pin; empty if it has none."""

    link: str = ""
    description: str = ""
    alt_text: str = ""

    def hold(self, wanted: Words) -> bool:
        """Whether every wanted text matches; an empty one is not wanted."""
        return all(getattr(wanted, name) in {"", getattr(self, name)} for name in self.__struct_fields__)


MAX_TITLE, MAX_DESCRIPTION, MAX_ALT_TEXT, MAX_LINK = 100, 800, 500, 2048
"""Maximum characters of the texts of a new pin (schema PinCreate)."""


class NewSlot(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Texts and link of one carousel image."""

    title: str | None = None
    description: str | None = None
    link: str | None = None


class NewPin(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A pin to create (schema PinCreate).

    Attributes:
        slots: one per image of a carousel; empty for a single image.
    """

    board_id: BoardId
    section_id: SectionId | None = None
    title: str | None = None
    description: str | None = None
    link: str | None = None
    alt_text: str | None = None
    slots: tuple[NewSlot, ...] = ()

    def within_limits(self) -> NewPin:
        """The pin as sent: long texts are cut, as in Pinterest's quickstart; a long link is dropped, since a cut one points elsewhere."""
        return replace(
            self,
            title=_cut(self.title, MAX_TITLE),
            description=_cut(self.description, MAX_DESCRIPTION),
            alt_text=_cut(self.alt_text, MAX_ALT_TEXT),
            link=self.link if self.link and len(self.link) <= MAX_LINK else None,
        )


def _cut(text: str | None, longest: int) -> str | None:
    return text[:longest] if text else None


class Pin(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """A pin.

    Attributes:
        created_at: RFC 3339 in UTC.
        is_owner: whether the account owns the pin; None if Pinterest does not say.
        board_owner: user name of the board's owner.
    """

    id: PinId
    board_id: BoardId
    section_id: SectionId | None = None
    title: str | None = None
    description: str | None = None
    link: str | None = None
    alt_text: str | None = None
    created_at: str | None = None
    is_owner: bool | None = None
    board_owner: str | None = None
    parent_pin_id: PinId | None = None
    creative_type: str | None = None
    media_type: MediaType = MediaType.NONE
    images: tuple[PinImage, ...] = ()

    @property
    def words(self) -> Words:
        """Its texts and link; Pinterest returns a missing text as null or as an empty string."""
        return Words(link=self.link or "", description=self.description or "", alt_text=self.alt_text or "")

    @property
    def says(self) -> tuple[str, str, str, str, int]:
        """All that a pin is recreated from besides its board and its bytes: texts, link, number of images."""
        # Pinterest returns a missing text as null or as an empty string.
        return (self.title or "", self.description or "", self.link or "", self.alt_text or "", len(self.images))

    def shows_another_than(self, before: Pin) -> bool:
        """Whether Pinterest's signatures prove that an image has changed; unknown ones prove nothing."""
        was = {image.slot: image.signature for image in before.images}
        known = ((was.get(image.slot), image.signature) for image in self.images)
        return any(None not in {then, now} and then != now for then, now in known)


_HOST = re.compile(r"([a-z0-9-]+\.)*pinterest(\.[a-z]{2,3}){1,2}", re.IGNORECASE)
_PIN = re.compile(r"/pin/(?:[^/]*--)?([0-9]{1,32})(?:/.*)?", re.ASCII)
# First parts of Pinterest's own pages, which are no user names.
_NO_OWNERS = frozenset({"pin", "search", "ideas", "today", "settings", "business", "_"})
_ID = re.compile(r"[0-9]{1,32}", re.ASCII)


def pin_id_in(text: str) -> PinId | None:
    """The pin named by an id or by the address of its page; None if the text names none.

    Addresses have the forms ``https://www.pinterest.com/pin/123/`` and ``https://pinterest.de/pin/words-of-its-title--123/``.
    """
    text = text.strip()
    if _ID.fullmatch(text):
        return PinId(text)
    found = _PIN.fullmatch(_path_in(text))
    return PinId(found[1]) if found else None


class BoardAddress(Struct, frozen=True):
    """The page of a board, or of a section of it: ``https://www.pinterest.com/OWNER/BOARD/SECTION/``.

    Pinterest derives the parts from names, in lower case, with dashes for everything but letters and digits. Its API does not return
    them, so they are compared by letters and digits only.
    """

    owner: str
    board: str
    section: str = ""

    def is_of(self, name: str, owner: str | None) -> bool:
        """Whether it is the page of a board of this name, or of a section of it; the owner must match if known."""
        # A name without letters and digits has an empty address part, and would match any other such name.
        return _letters(name) == self.board != "" and (owner is None or owner.casefold() == self.owner)

    def has_section(self, name: str) -> bool:
        """Whether it is the page of a section of this name."""
        return _letters(name) == self.section != ""


def board_address_in(text: str) -> BoardAddress | None:
    """The board or section named by the address of its page on Pinterest; None if it is no such address."""
    parts = [unquote(part) for part in _path_in(text.strip()).split("/") if part]
    if len(parts) not in {2, 3} or parts[0] in _NO_OWNERS:
        return None
    return BoardAddress(parts[0].casefold(), *map(_letters, parts[1:]))


def _path_in(text: str) -> str:
    """The path of an address on one of Pinterest's hosts; empty for any other text."""
    # Cheap test first: selectors are matched against every pin, and most are plain names.
    if "." not in text or "/" not in text:
        return ""
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        host = parts.hostname or ""
    except ValueError:
        return ""
    return parts.path if parts.scheme in {"http", "https"} and _HOST.fullmatch(host) else ""


def _letters(text: str) -> str:
    return "".join(character for character in fold(text) if character.isalnum())
