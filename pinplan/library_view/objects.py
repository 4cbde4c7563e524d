"""Both sides as objects to read: boards, sections and pins as Pinterest has them, images as the library has them.

Values, no handles: they say how things stood when they were taken, and stay good when the library is closed. Nothing is changed through
them; what is to be changed is an action of a plan.
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
    """What all views have in common."""

    def to_dict(self) -> dict[str, object]:
        """All of its facts, as JSON knows them."""
        facts: dict[str, object] = msgspec.to_builtins(self)
        return facts

    def to_json(self) -> str:
        """The same, as a JSON document."""
        return msgspec.json.format(msgspec.json.encode(self.to_dict()), indent=2).decode()


class ImageView(_View, frozen=True, kw_only=True):
    """A tracked file of the library.

    Attributes:
        path: where it is now, relative to the library.
        slot: 0 for the only image of a pin, 1, 2, … for the images of a carousel.
        board, section: names, as Pinterest has them where it still has the pin.
        width, height, format, size, sha256: of the file, measured when it was last agreed on; ``size`` in bytes.
        on_pinterest: whether Pinterest has the pin; False only where its board was read to the end and Pinterest answers that there is
            no such pin, None where that could not be told.
        difference_hash: 64 bits (`imagehash.dhash`); None where the file cannot be decoded, or was changed since.
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
        """Of its name, with the dot."""
        return PurePosixPath(self.path).suffix

    def is_similar_to(self, other: ImageView, threshold: int = 3) -> bool:
        """Whether the difference hashes differ in at most ``threshold`` of 64 bits; False where one of them is not known.

        A quick look, which takes some different pictures for the same one: nothing is removed because of it. For what pinplan is sure
        of see `pinplan.find_duplicates`.
        """
        if self.difference_hash is None or other.difference_hash is None:
            return False
        return (self.difference_hash ^ other.difference_hash).bit_count() <= threshold

    def to_dict(self) -> dict[str, object]:
        """All of its facts, as JSON knows them."""
        return {**super().to_dict(), "pixel_count": self.pixel_count, "extension": self.extension}


class PinView(_View, frozen=True, kw_only=True):
    """A pin as Pinterest lists it, with its files in the library.

    Attributes:
        image_urls: the best rendition of each of its images; empty where Pinterest offers none.
        declared_size: width and height of the first of them, as Pinterest declares them: they can be nominal.
        images: its files that are in the library now.
        removed_here: a file of it was in the library, and a person removed it.
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
        """The address of its first image in the best size."""
        return self.image_urls[0] if self.image_urls else None

    @property
    def path(self) -> RelPath | None:
        """Where its first file is, relative to the library; None where none is here."""
        return self.images[0].path if self.images else None

    @property
    def width(self) -> int | None:
        """In pixels: measured where the file is here, else as Pinterest declares it."""
        return self.images[0].width if self.images else self.declared_size[0]

    @property
    def height(self) -> int | None:
        """In pixels, as `width`."""
        return self.images[0].height if self.images else self.declared_size[1]

    @property
    def extension(self) -> str | None:
        """Of its file where it is here, else of its image on Pinterest; with the dot."""
        if self.images:
            return self.images[0].extension
        return PurePosixPath(urlsplit(self.image_urls[0]).path).suffix if self.image_urls else None

    def to_dict(self) -> dict[str, object]:
        """All of its facts, as JSON knows them."""
        derived = {name: getattr(self, name) for name in ("image_url", "path", "width", "height", "extension")}
        return {**super().to_dict(), **derived, "images": [image.to_dict() for image in self.images]}


class Differences(_View, frozen=True, kw_only=True):
    """What one side has and the other has not.

    Attributes:
        only_on_pinterest: pins without a file in the library.
        only_in_library: images whose pin is surely gone.
        unknown: images whose state is unknown.
    """

    only_on_pinterest: tuple[PinView, ...]
    only_in_library: tuple[ImageView, ...]
    unknown: tuple[ImageView, ...]


class _Part(_View, frozen=True, kw_only=True):
    """Some pins and images: of a section, of a board, of everything.

    Attributes:
        pins: as Pinterest lists them.
        images: tracked files that are in the library, by path.
    """

    pins: tuple[PinView, ...]
    images: tuple[ImageView, ...]

    @property
    def differences(self) -> Differences:
        """What one side has and the other has not."""
        return Differences(
            only_on_pinterest=tuple(pin for pin in self.pins if not pin.images),
            only_in_library=tuple(image for image in self.images if image.on_pinterest is False),
            unknown=tuple(image for image in self.images if image.on_pinterest is None),
        )

    @property
    def removed_here(self) -> tuple[PinView, ...]:
        """Pins with a file that was removed from the library by hand."""
        return tuple(pin for pin in self.pins if pin.removed_here)

    def pin(self, text: str) -> PinView:
        """The pin of an id, or of the address of its page. Raises `ConfigError` where there is none."""
        wanted = selector(text)
        return _the_one(text, "pin", (pin for pin in self.pins if wanted.names_pin(pin.id)), ())

    def image(self, path: str) -> ImageView:
        """The image at a path relative to the library. Raises `ConfigError` where there is none."""
        paths = [image.path for image in self.images]
        return _the_one(path, "image", (image for image in self.images if image.path == path), paths)

    def to_dict(self) -> dict[str, object]:
        """All of its facts, as JSON knows them; its images stand with their pins, those without a pin in ``images``."""
        lonely = [image.to_dict() for image in self.images if image.on_pinterest is not True]
        return {**super().to_dict(), "pins": [pin.to_dict() for pin in self.pins], "images": lonely}


class SectionView(_Part, frozen=True, kw_only=True):
    """A section of a board.

    Attributes:
        ambiguous: its address may name another section as well: of a board whose name differs in case only, say.
    """

    id: SectionId
    name: str
    board: str
    ambiguous: bool = False

    @property
    def targets(self) -> tuple[str, ...]:
        """What names it, and nothing else, in a plan: its address; where that is ambiguous, its pins."""
        return tuple(pin.id for pin in self.pins) if self.ambiguous else (f"{self.board}/{self.name}",)


class BoardView(_Part, frozen=True, kw_only=True):
    """A board; its pins and images are those of its sections as well.

    Attributes:
        problem: why pins of it may be missing; empty where its listing was read to the end.
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
        return (f"id:{self.id}",)

    def section(self, text: str) -> SectionView:
        """The section of a name (in any case of letters) or an id. Raises `ConfigError` where there is none, or more than one."""
        wanted = selector(text)
        names = [section.name for section in self.sections]
        return _the_one(text, "section", (s for s in self.sections if wanted.names_board(s.name, s.id)), names)

    def to_dict(self) -> dict[str, object]:
        """All of its facts, as JSON knows them; a pin says in which section it is."""
        return {**super().to_dict(), "sections": [{"id": one.id, "name": one.name} for one in self.sections]}


class LibraryView(_Part, frozen=True, kw_only=True):
    """Everything, as `pinplan.view_library` saw it."""

    account: Account
    boards: tuple[BoardView, ...]

    def board(self, text: str) -> BoardView:
        """The board of a name (in any case of letters), an id or an address. Raises `ConfigError` where there is none, or more than one."""
        wanted = selector(text)
        names = [board.name for board in self.boards]
        return _the_one(text, "board", (b for b in self.boards if wanted.names_board(b.name, b.id, b.owner)), names)

    def to_dict(self) -> dict[str, object]:
        """All of its facts, as JSON knows them, board by board; ``images`` are those whose board is not there."""
        ids = {board.id for board in self.boards}
        homeless = [image.to_dict() for image in self.images if image.board_id not in ids]
        account = msgspec.to_builtins(self.account)
        return {"account": account, "boards": [board.to_dict() for board in self.boards], "images": homeless}


class DuplicateGroup(_View, frozen=True, kw_only=True):
    """Images that show the same picture.

    Attributes:
        tier: how sure that is, of the least sure of them.
        keeper: the one that would stay, by ``[dedupe] keep``; a plan knows the pins as well, and may choose another.
        others: those that would go.
    """

    tier: Tier
    keeper: ImageView
    others: tuple[ImageView, ...]


def _the_one(text: str, what: str, found: Iterable[T], names: Sequence[str]) -> T:
    some = list(found)
    if len(some) == 1:
        return some[0]
    if some:
        raise ConfigError([f"{text!r} names {len(some)} {what}s: use an id"])
    raise ConfigError([f"there is no {what} {text!r}{similar_names(text, names)}"])
