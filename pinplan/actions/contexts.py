"""Ports for actions: to check and execute, and to plan an undo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec import Struct
from msgspec.structs import replace

from pinplan.model.base import Tracked
from pinplan.model.ids import ActionId, BoardId, PinId, RelPath, RunId, SectionId, Sha256
from pinplan.model.images import FileStat, Preparation, StagedImage
from pinplan.model.naming import Companion
from pinplan.model.pins import NewPin, Privacy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pinplan.actions.reversals import Reversals
    from pinplan.model.images import FileFact, Wanted
    from pinplan.model.pins import Board, Pin
    from pinplan.ports import Journal, Library, Remote


class VideoWanted(Struct, frozen=True, kw_only=True):
    """A video to show; the bytes that its file must have."""

    path: RelPath
    sha256: Sha256


class PinWanted(Struct, frozen=True, kw_only=True):
    """A pin to create.

    Attributes:
        subject: the deleted pin that it replaces, or the file that is uploaded (`pinplan.model.creates.uploaded`).
        pin: board, section and texts; texts too long for Pinterest are cut when they are sent.
        pictures: files in the trash or in the library, in slot order.
        digests: the bytes that these files must have; empty if they were compared before.
        preparation: how pictures of the user are prepared; None for those that came from Pinterest.
        url: the address that Pinterest fetches the picture from; empty: its bytes are sent.
        wanted_here: False: no file of it is kept in the library, and none is wanted there.
        video: the video that it shows, with the only picture as its cover; None: it shows its pictures.
        twins: pins that are certainly not it, besides those listed before it is sent.
    """

    subject: str
    pin: NewPin
    pictures: tuple[RelPath, ...]
    twins: tuple[PinId, ...] = ()
    digests: tuple[Sha256, ...] = ()
    preparation: Preparation | None = None
    url: str = ""
    wanted_here: bool = True
    video: VideoWanted | None = None


class Creating(Protocol):
    """Creates things on Pinterest, each at most once (I29)."""

    def known(self, action: ActionId) -> PinId | None:
        """The pin that an action of this run created, if known."""

    def begun(self, action: ActionId) -> bool:
        """Whether an action of this run created a pin, or may have."""

    def why_not_now(self) -> str | None:
        """Why nothing more may be uploaded today; None if it may."""

    def create_pin(self, action: ActionId, wanted: PinWanted, *, maybe_sent: bool = False) -> PinId:
        """Create a pin; or recognise it, if an earlier attempt may have created it (``maybe_sent``: one that left no intent).

        Raises:
            Unconfirmed: whether it was created is unknown; nothing is sent again.
            CreatePending: the same create of another run is unconfirmed; nothing was sent.
            PinplanError: any other error; nothing was created.
        """


class PlaceWanted(Struct, frozen=True, kw_only=True):
    """A board or section to create.

    Attributes:
        container: its folder.
        board_id: the board of a section; None for a board.
        privacy: of a board; None for a section.
    """

    name: str
    container: str
    board_id: BoardId | None = None
    privacy: Privacy | None = None


class CreatingPlaces(Protocol):
    """Creates boards and sections on Pinterest, each at most once (I29)."""

    def known(self, action: ActionId) -> str | None:
        """The id of what an action of this run created, if known."""

    def begun(self, action: ActionId) -> bool:
        """Whether an action of this run created something, or may have."""

    def ids(self) -> Mapping[str, str]:
        """The ids of everything that this run created, by their placeholders in the plan."""

    def why_not(self, wanted: PlaceWanted) -> str | None:
        """Why it must not be created: it is there already. None if it may."""

    def create(self, action: ActionId, wanted: PlaceWanted) -> str:
        """Create it, or recognise what an earlier attempt may have created. Raises as `Creating.create_pin` does."""


class ActionContext(Protocol):
    """The world that an action may read and change."""

    @property
    def run(self) -> RunId:
        """The run that the action is part of."""

    @property
    def library(self) -> Library:
        """The image tree."""

    @property
    def remote(self) -> Remote:
        """Pinterest."""

    @property
    def journal(self) -> Journal:
        """Where an action notes a file before making it visible."""

    @property
    def creates(self) -> Creating:
        """Creates pins on Pinterest, each at most once."""

    @property
    def places(self) -> CreatingPlaces:
        """Creates boards and sections on Pinterest, each at most once."""

    @property
    def username(self) -> str:
        """The account."""

    def board(self, board_id: BoardId) -> Board | None:
        """A board, as listed once per run, or created by it; None if it is neither."""

    def duplicate(self, action: ActionId, source: RelPath) -> StagedImage:
        """Copy a file of the library and verify the copy; it is staged, not yet visible. Raises `ImageRefused`."""

    def why_not_missing(self, records: Sequence[Tracked]) -> str | None:
        """Why not all files of a pin are missing, by one new scan of the library per run; None if they all are."""

    def obtain(self, action: ActionId, wanted: Wanted) -> StagedImage:
        """The best acceptable image, verified; it is staged, not yet visible. Raises `ImageRefused`."""


class UndoContext(Protocol):
    """The present state for planning an undo: both sides and the base. Sends no request."""

    @property
    def reversals(self) -> Reversals:
        """Makes actions of other kinds."""

    def record(self, pin_id: PinId, slot: int) -> Tracked | None:
        """The base's present record of an image of a pin."""

    def file(self, path: RelPath) -> FileFact | None:
        """The file at a path."""

    def kept(self, path: RelPath) -> FileStat | None:
        """A file in the trash."""

    def kept_with(self, pin_id: PinId) -> Sequence[KeptRecord]:
        """The pin's own files that the same run moved to the trash."""

    def deleted_too(self, pin_id: PinId) -> bool:
        """Whether the same run deleted the pin on Pinterest."""

    def pin(self, pin_id: PinId) -> Pin | None:
        """A pin as it is listed now."""

    def board(self, board_id: BoardId) -> Board | None:
        """A board as it is listed now."""

    def section_name(self, board_id: BoardId, section_id: SectionId) -> str | None:
        """The name of a section as it is listed now."""

    def new_home(self, pin: Pin) -> Home | None:
        """The board for a recreated pin; None if it no longer exists."""

    def name_around_id(self, pin: Pin, home: Home, record: Tracked) -> tuple[str, str]:
        """The parts of a file path before and after the id of a recreated pin."""

    @property
    def template(self) -> str:
        """The file name template that such a path is made with."""

    def created_already(self, pin_id: PinId) -> str | None:
        """Why a deleted pin must not be created again, because it was or may have been; None if it may."""

    def twins(self, pin: Pin, home: Home) -> tuple[PinId, ...]:
        """Existing pins with the same metadata."""


class KeptRecord(Struct, frozen=True, kw_only=True):
    """A file in the trash, its record, and its companions (with their paths in the library)."""

    path: RelPath
    tracked: Tracked
    companions: tuple[Companion, ...] = ()


class Home(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """A board, or a section of it, by id and as an address."""

    board_id: BoardId
    section_id: SectionId | None = None
    container: str

    @property
    def ids(self) -> tuple[BoardId, SectionId | None]:
        """Board and section."""
        return self.board_id, self.section_id

    def at_created(self, ids: Mapping[str, str]) -> Home:
        """The same, with the ids of what was created since, by their placeholders."""
        section = self.section_id
        return replace(
            self,
            board_id=BoardId(ids.get(self.board_id, self.board_id)),
            section_id=section if section is None else SectionId(ids.get(section, section)),
        )
