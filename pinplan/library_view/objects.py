"""Both sides as read-only objects: boards, sections and pins from Pinterest, images from the library.

They are plain values, a snapshot of one moment, and remain valid after the library is closed. They change nothing: every change is an
action of a plan.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from pinplan.errors import ConfigError
from pinplan.errors.did_you_mean import similar_names
from pinplan.model.ids import BoardId, PinId, RelPath, SectionId, Sha256
from pinplan.model.matching import selector
from pinplan.model.pins import Account, MediaType, Privacy
from pinplan.model.similarity import Tier

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

T = TypeVar("T")


class _View(Struct, frozen=True, kw_only=True):
    """Base of all views."""

    def to_dict(self) -> dict[str, object]:
        """All fields, as JSON types."""
        facts: dict[str, object] = msgspec.to_builtins(self)
        return facts

    def to_json(self) -> str:
        """The same, as a JSON document."""
        # Not json.dumps: msgspec writes the same key order and Unicode as the documents under --json.
        return msgspec.json.format(msgspec.json.encode(self.to_dict()), indent=2).decode()


class ImageView(_View, frozen=True, kw_only=True):
    """A tracked file of the library.

    Attributes:
        path: its present path, relative to the library.
        slot: 0 for the only image of a pin, 1, 2, … for the images of a carousel.
        board, section: names, from Pinterest if it still has the pin.
        width, height, format, size, sha256: of the file, measured at the last apply; ``size`` in bytes.
        on_pinterest: whether Pinterest has the pin; False only if its board was listed completely and Pinterest answers 404 for the
            pin, None if unknown.
        difference_hash: 64 bits (`imagehash.dhash`); None if the file cannot be decoded, or changed since.
        average_colour: mean red, green and blue, 0 to 255; None likewise.
    """

    path: RelPath
    pin_id: PinId
    slot: int
    board_id: BoardId
    board: str
    section_id: SectionId | None
    section: str | None
    width: int
    height: int
    format: str
    size: int
    sha256: Sha256
    on_pinterest: bool | None = None
    difference_hash: int | None = None
    average_colour: tuple[int, int, int] | None = None

    @property
    def pixel_count(self) -> int:
        """Width times height."""
        return self.width * self.height

    @property
    def extension(self) -> str:
        """The extension of its name, with the dot."""
        return PurePosixPath(self.path).suffix

    def is_similar_to(self, other: ImageView, threshold: int = 3) -> bool:
        """Whether the difference hashes differ in at most ``threshold`` of 64 bits; False if one of them is unknown.

        A quick test with false positives; pinplan removes nothing because of it. For confirmed duplicates see
        `pinplan.find_duplicates`.
        """
        if self.difference_hash is None or other.difference_hash is None:
            return False
        # Hamming distance. Two black images are "similar", too: their hash is 0.
        return (self.difference_hash ^ other.difference_hash).bit_count() <= threshold

    def to_dict(self) -> dict[str, object]:
        """All of its facts, as JSON knows them."""
        return {**super().to_dict(), "pixel_count": self.pixel_count, "extension": self.extension}


class PinView(_View, frozen=True, kw_only=True):
    """A pin as Pinterest lists it, with its files in the library.

    Attributes:
        image_urls: the best rendition of each of its images; empty if Pinterest offers none.
        declared_size: width and height of the first one as declared by Pinterest, which may be nominal.
        images: its files present in the library.
        removed_here: one of its files was removed from the library by hand.
    """

    id: PinId
    board_id: BoardId
    board: str
    section_id: SectionId | None
    section: str | None
    title: str | None
    description: str | None
    link: str | None
    alt_text: str | None
    created_at: str | None
    is_owner: bool | None
    media_type: MediaType
    image_urls: tuple[str, ...]
    declared_size: tuple[int | None, int | None] = (None, None)
    images: tuple[ImageView, ...] = ()
    removed_here: bool = False

    @property
    def targets(self) -> tuple[str, ...]:
        """What names it, and nothing else, in a plan."""
        return (self.id,)

    @property
    def image_url(self) -> str | None:
        """The URL of its first image in the best size."""
        return self.image_urls[0] if self.image_urls else None

    @property
    def path(self) -> RelPath | None:
        """The path of its first file, relative to the library; None if it has none."""
        return self.images[0].path if self.images else None

    @property
    def width(self) -> int | None:
        """In pixels: of the file if present, else as declared by Pinterest."""
        # The file first: Pinterest declares 600 for an image that is 560 pixels wide.
        return self.images[0].width if self.images else self.declared_size[0]

    @property
    def height(self) -> int | None:
        """In pixels, as `width`."""
        return self.images[0].height if self.images else self.declared_size[1]

    @property
    def extension(self) -> str | None:
        """The extension of its file if present, else of its image URL; with the dot."""
        if self.images:
            return self.images[0].extension
        # Of the path only: a query string may contain dots.
        return PurePosixPath(urlsplit(self.image_urls[0]).path).suffix if self.image_urls else None

    def to_dict(self) -> dict[str, object]:
        """All of its facts, as JSON knows them."""
        derived = {name: getattr(self, name) for name in ("image_url", "path", "width", "height", "extension")}
        return {**super().to_dict(), **derived, "images": [image.to_dict() for image in self.images]}


class Differences(_View, frozen=True, kw_only=True):
    """What only one side has.

    Attributes:
        only_on_pinterest: pins without a file in the library.
        only_in_library: images whose pin is gone (404).
        unknown: images whose state is unknown.
    """

    only_on_pinterest: tuple[PinView, ...]
    only_in_library: tuple[ImageView, ...]
    unknown: tuple[ImageView, ...]


class _Part(_View, frozen=True, kw_only=True):
    """Pins and images of a section, a board, or the whole account.

    Attributes:
        pins: as Pinterest lists them.
        images: tracked files present in the library, by path.
    """

    pins: tuple[PinView, ...]
    images: tuple[ImageView, ...]

    @property
    def differences(self) -> Differences:
        """What only one side has."""
        return Differences(
            # Videos and pins without an image count as well: there is no file of them here.
            only_on_pinterest=tuple(pin for pin in self.pins if not pin.images),
            only_in_library=tuple(image for image in self.images if image.on_pinterest is False),
            unknown=tuple(image for image in self.images if image.on_pinterest is None),
        )

    @property
    def removed_here(self) -> tuple[PinView, ...]:
        """Pins with a file that was removed from the library by hand."""
        return tuple(pin for pin in self.pins if pin.removed_here)

    def pin(self, text: str) -> PinView:
        """The pin with that id or page URL. Raises `ConfigError` if there is none."""
        wanted = selector(text)
        return _the_one(text, "pin", (pin for pin in self.pins if wanted.names_pin(pin.id)), ())

    def image(self, path: str) -> ImageView:
        """The image at a path relative to the library. Raises `ConfigError` if there is none."""
        paths = [image.path for image in self.images]
        return _the_one(path, "image", (image for image in self.images if image.path == path), paths)

    def to_dict(self) -> dict[str, object]:
        """All fields, as JSON types; images are listed with their pins, those without a pin in ``images``."""
        # Images of listed pins are inside "pins" already; each is written once.
        lonely = [image.to_dict() for image in self.images if image.on_pinterest is not True]
        return {**super().to_dict(), "pins": [pin.to_dict() for pin in self.pins], "images": lonely}


class SectionView(_Part, frozen=True, kw_only=True):
    """A section of a board.

    Attributes:
        ambiguous: its address also matches another section, for example of a board whose name differs only in case.
    """

    id: SectionId
    name: str
    board: str
    ambiguous: bool = False

    @property
    def targets(self) -> tuple[str, ...]:
        """Targets that select exactly this section: its address, or all its pins if that is ambiguous."""
        return tuple(pin.id for pin in self.pins) if self.ambiguous else (f"{self.board}/{self.name}",)


class BoardView(_Part, frozen=True, kw_only=True):
    """A board; its pins and images include those of its sections.

    Attributes:
        problem: why pins may be missing; empty if its listing was complete.
    """

    id: BoardId
    name: str
    description: str | None
    privacy: Privacy | None
    owner: str | None
    sections: tuple[SectionView, ...]
    problem: str = ""

    @property
    def targets(self) -> tuple[str, ...]:
        """What names it, and nothing else, in a plan."""
        # By id: a name may contain "*" or "?", which a target takes as a pattern.
        return (f"id:{self.id}",)

    def section(self, text: str) -> SectionView:
        """The section with that name (case-insensitive) or id. Raises `ConfigError` if there is none, or more than one."""
        wanted = selector(text)
        names = [section.name for section in self.sections]
        return _the_one(text, "section", (s for s in self.sections if wanted.names_board(s.name, s.id)), names)

    def to_dict(self) -> dict[str, object]:
        """All fields, as JSON types; each pin names its section."""
        return {**super().to_dict(), "sections": [{"id": one.id, "name": one.name} for one in self.sections]}


class LibraryView(_Part, frozen=True, kw_only=True):
    """The whole account and library, from `pinplan.view_library`."""

    account: Account
    boards: tuple[BoardView, ...]

    def board(self, text: str) -> BoardView:
        """The board with that name (case-insensitive), id or page URL. Raises `ConfigError` if there is none, or more than one."""
        wanted = selector(text)
        names = [board.name for board in self.boards]
        return _the_one(text, "board", (b for b in self.boards if wanted.names_board(b.name, b.id, b.owner)), names)

    def to_dict(self) -> dict[str, object]:
        """All fields, as JSON types, board by board; ``images`` are those whose board no longer exists."""
        ids = {board.id for board in self.boards}
        # A board that was deleted on Pinterest leaves its files here.
        homeless = [image.to_dict() for image in self.images if image.board_id not in ids]
        account = msgspec.to_builtins(self.account)
        return {"account": account, "boards": [board.to_dict() for board in self.boards], "images": homeless}


class DuplicateGroup(_View, frozen=True, kw_only=True):
    """Images that show the same picture.

    Attributes:
        tier: the lowest tier of similarity in the group.
        keeper: the image to keep by ``[dedupe] keep``; a plan also considers the pins, and may choose another one.
        others: its duplicates.
    """

    tier: Tier
    keeper: ImageView
    others: tuple[ImageView, ...]


def _the_one(text: str, what: str, found: Iterable[T], names: Sequence[str]) -> T:
    some = list(found)
    if len(some) == 1:
        return some[0]
    if some:
        raise ConfigError([f"{text!r} matches {len(some)} {what}s; use an id"])
    raise ConfigError([f"no {what} {text!r}{similar_names(text, names)}"])
