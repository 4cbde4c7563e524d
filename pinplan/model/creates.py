"""Record a create on Pinterest, from before its request until its outcome is known."""

from __future__ import annotations

from unicodedata import normalize

from msgspec import Struct

from pinplan.model.ids import ActionId, BoardId, PinId, RelPath, RunId, Sha256
from pinplan.model.images import Preparation
from pinplan.model.pins import NewPin, Pin, Privacy


class SentPicture(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A picture as it was sent.

    Attributes:
        source: the file that it was read from, relative to the library.
        sha256: of the bytes sent, which differ from the file's if it had to be converted.
        of: the digest of the file, if it is a picture of the user.
        preparation: how it was prepared; None for a picture that came from Pinterest.
    """

    source: RelPath
    sha256: Sha256
    of: Sha256 | None = None
    preparation: Preparation | None = None


CREATES_A_MINUTE = 10
"""Pins that a run creates in a minute. Pinterest's limit is not documented; careful clients keep to this."""
_UPLOADED = "file "


def uploaded(path: RelPath) -> str:
    """The subject of a create that uploads a file; a pin id is never one."""
    return f"{_UPLOADED}{path}"


def uploaded_path(subject: str) -> RelPath | None:
    """The file that a create uploads; None if it replaces a pin."""
    return RelPath(subject.removeprefix(_UPLOADED)) if subject.startswith(_UPLOADED) else None


class PinIntent(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="pin"):
    """A pin that is about to be created.

    Attributes:
        subject: the deleted pin that it replaces, or the file that it uploads (`uploaded`).
        pin: board, section and texts as sent, within Pinterest's limits.
        pictures: in slot order.
        before: pins of the board listed before; none of them is the new one.
        wanted_here: False: no file of the pin is kept in the library, and no plan downloads it.
    """

    subject: str
    pin: NewPin
    pictures: tuple[SentPicture, ...]
    before: tuple[PinId, ...] = ()
    wanted_here: bool = True

    def may_be(self, pin: Pin) -> bool:
        """Whether a pin matches the sent place, texts and image count; its picture is compared elsewhere."""
        sent, place = self.pin, (self.pin.board_id, self.pin.section_id)
        texts = (sent.title, sent.description, sent.link, sent.alt_text)
        return (
            (pin.board_id, pin.section_id) == place
            and len(pin.images) == len(self.pictures)
            and all(
                _normal(one) == _normal(other)
                for one, other in zip(texts, (pin.title, pin.description, pin.link, pin.alt_text), strict=True)
            )
        )


class PlaceIntent(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A board or section that is about to be created.

    Attributes:
        name: as sent.
        container: its folder.
        board_id: the board of a section; None for a board.
        privacy: of a board; None for a section.
        before: boards of the account, or sections of the board, listed before; none of them is the new one.
    """

    name: str
    container: str
    board_id: BoardId | None = None
    privacy: Privacy | None = None
    before: tuple[str, ...] = ()

    def may_be(self, identity: str, name: str) -> bool:
        """Whether a listed board or section is the created one: it was not there before, and has the name."""
        return identity not in self.before and _normal(name) == _normal(self.name)


class PlaceRecord(Struct, frozen=True, kw_only=True):
    """The create of a board or section whose request was or may have been sent.

    Attributes:
        begun_at: when the intent was recorded, RFC 3339 in UTC.
        created: the id that Pinterest assigned; None while it is unknown whether anything was created.
    """

    run: RunId
    action: ActionId
    begun_at: str
    intent: PlaceIntent
    created: str | None = None

    @property
    def thing(self) -> str:
        """What it is, in a word."""
        return "board" if self.intent.board_id is None else "section"


class CreateRecord(Struct, frozen=True, kw_only=True):
    """A create whose request was or may have been sent.

    Attributes:
        address: of its action.
        begun_at: when the intent was recorded, RFC 3339 in UTC.
        created: the id that Pinterest assigned; None while it is unknown whether anything was created.
    """

    run: RunId
    action: ActionId
    address: str
    begun_at: str
    intent: PinIntent
    created: PinId | None = None


def _normal(text: str | None) -> str:
    """Normalise a text as a server may: composed, whitespace collapsed, None as empty."""
    return " ".join(normalize("NFC", text or "").split())
