"""What pinplan needs from the outside, as protocols. Adapters: ``pinterest/``, ``disk/``, ``records/``; fakes in the tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime
    from threading import Event

    from pinplan.model.features import Feature
    from pinplan.model.file_tree import FileTree
    from pinplan.model.ids import ActionId, BoardId, LibraryId, PinId, RelPath, RunId, SectionId, Sha256
    from pinplan.model.images import Content, FileFact, FileStat, Preparation, StagedImage, TrashedFile, Upload
    from pinplan.model.pins import Account, Board, NewPin, Pin, Privacy, Profile, Section
    from pinplan.model.snapshots import ListedBoards, ListedSections, UnknownPath
    from pinplan.model.tokens import App, Granted
    from pinplan.model.videos import Video, VideoPlace, VideoStatus


class PinPage(Protocol):
    """One page of a board's listing."""

    @property
    def pins(self) -> list[Pin]:
        """The pins, as listed."""

    @property
    def foreign(self) -> int:
        """Number of items that are not pins of this board."""

    @property
    def bookmark(self) -> str | None:
        """The bookmark of the next page; None on the last."""

    @property
    def unreadable(self) -> Sequence[tuple[int, str]]:
        """Unreadable items by position on the page, from 1, with the problem."""


class Remote(Protocol):
    """Pinterest. Methods raise `RemoteError` or `AuthError`; a listing raises at the page that fails."""

    @property
    def calls(self) -> int:
        """Requests sent so far, retries included."""

    @property
    def scopes(self) -> Sequence[str]:
        """The scopes of the token; empty if unknown."""

    def give_up(self) -> None:
        """Send nothing more: pending retries end with an error. For a program that is about to exit."""

    def require_calls(self, count: int) -> None:
        """Raises `QuotaSpent` if fewer calls are known to be available."""

    def account(self) -> Account:
        """The account of the token."""

    def boards(self) -> ListedBoards:
        """All boards or an error, never a part; unreadable items of the list are returned beside them."""

    def board(self, board_id: BoardId) -> Board | None:
        """A board; None only if Pinterest answered 404."""

    def rename_board(self, board_id: BoardId, name: str) -> None:
        """Give a board a name; safe to repeat."""

    def rename_section(self, board_id: BoardId, section_id: SectionId, name: str) -> None:
        """Give a section a name; safe to repeat."""

    def sections(self, board_id: BoardId) -> ListedSections:
        """All sections of a board, or an error; unreadable items are returned beside them."""

    def pin_pages(self, board_id: BoardId, bookmark: str | None = None) -> Iterator[PinPage]:
        """The pins of a board, those in sections included, page by page; ends only if the listing ended cleanly.

        A bookmark of an earlier page continues after that page.
        """

    def pin(self, pin_id: PinId) -> Pin | None:
        """A pin; None only if Pinterest answered 404."""

    def delete_pin(self, pin_id: PinId) -> bool:
        """Delete a pin permanently; False if it was already gone (404)."""

    def update_pin(self, pin_id: PinId, changes: Mapping[str, str]) -> None:
        """Change link, description or alternative text of a pin; an empty text removes it."""

    def move_pin(self, pin_id: PinId, board_id: BoardId, section_id: SectionId | None) -> None:
        """Move a pin to a board, and to a section of it or to none; safe to repeat."""

    def create_board(self, name: str, privacy: Privacy) -> Board:
        """Create a board, by one request that is never repeated. Raises as `create_pin` does."""

    def create_section(self, board_id: BoardId, name: str) -> Section:
        """Create a section of a board, likewise."""

    def register_video(self) -> VideoPlace:
        """Register a video upload. Safe to repeat: a video is invisible until a pin uses it."""

    def video_status(self, media_id: str) -> VideoStatus:
        """What has become of a registered video."""

    def create_video_pin(self, pin: NewPin, cover: Upload, media_id: str) -> Pin:
        """Create a pin that shows a processed video. Raises as `create_pin` does."""

    def create_pin(self, pin: NewPin, images: Sequence[Upload]) -> Pin:
        """Create a pin, by one request that is never repeated.

        Raises:
            AnswerLost: the pin may have been created.
            AuthError, RemoteError of any other kind: it was not.
        """


class Features(Protocol):
    """Which features Pinterest refused to the app."""

    def closed(self, now: datetime) -> Sequence[Feature]:
        """Those that were refused, and are not to be tried again yet."""

    def learn(self, refused: Collection[Feature], worked: Collection[Feature], now: datetime) -> None:
        """Record what a run found."""


class Profiles(Remote, Protocol):
    """The account endpoints of Pinterest."""

    def profile(self) -> Profile:
        """The account of the token, with its profile."""


class ImageSource(Protocol):
    """The source of image bytes. Never sees a token."""

    def fetch(self, url: str, into: BinaryIO, *, announced: bool = False) -> int:
        """Stream the body to ``into``; the number of bytes. Raises `ImageRefused` or `RemoteError`.

        The status was 200, the body has the announced length, and does not begin like HTML, XML or JSON. With ``announced``, a response
        without Content-Length is refused.
        """


class VideoBytes(Protocol):
    """The bytes of a video as they are sent."""

    @property
    def size(self) -> int:
        """How many there are."""

    @property
    def sha256(self) -> Sha256:
        """The digest of the file, as it was read by the last complete pass; empty before."""

    def chunks(self) -> Iterator[bytes]:
        """One pass over the bytes, from the beginning. Raises `LibraryError` or `OSError`."""


class VideoHost(Protocol):
    """The host that Pinterest takes videos at. Never sees a token."""

    def send(self, place: VideoPlace, video: VideoBytes, stop: Event) -> None:
        """Send a video. Safe to repeat.

        Raises:
            VideoRefused: the host does not take it, or is not one that the config allows.
            Unreachable: no connection after all retries, or ``stop`` was set.
        """


class Library(Protocol):
    """The image tree. Paths are relative to the root and never lead outside it (`UnsafePath`)."""

    @property
    def library_id(self) -> LibraryId:
        """The library's id, from its marker."""

    def scan(self) -> tuple[list[FileFact], list[UnknownPath]]:
        """All regular files, sorted by path, and the unreadable paths; links are never followed."""

    def tree(self) -> FileTree:
        """What `scan` finds, in little memory."""

    def stat(self, path: RelPath) -> FileStat | None:
        """Size and time of a regular file; None if missing. Raises `UnsafePath` for any other type."""

    def inspect(self, path: RelPath) -> Content:
        """Read and decode a file; a bad image is reported in ``problem``, not raised."""

    def read(self, path: RelPath) -> bytes:
        """A whole file. Raises `ImageRefused` above the size limit for images."""

    def digest(self, path: RelPath) -> Sha256:
        """The digest of a file, without decoding it."""

    def stage(self, name: str) -> BinaryIO:
        """A new, empty, hidden file named ``name`` in the staging folder (same file system), open for writing."""

    def inspect_staged(self, name: str) -> tuple[int, Content]:
        """Size in bytes and content of a closed staged file, flushed to disk."""

    def unstage(self, name: str) -> None:
        """Remove a staged file if it exists."""

    def clear_staging(self) -> None:
        """Remove what interrupted runs left in the staging folder."""

    def place(self, staged: StagedImage, path: RelPath, mtime_ns: int | None = None) -> FileStat:
        """Make a staged file visible under ``path``, atomically; never over an existing file (`DiskRefused`, EEXIST).

        With a time, it is visible with that modification time from the start.
        """

    def move(self, source: RelPath, target: RelPath) -> FileStat:
        """Rename inside the library; never over an existing file. Folders that become empty are removed."""

    def trash(self, path: RelPath, run: RunId, action: ActionId) -> RelPath:
        """Move a file to the trash; the path in the trash (under ``.pinplan/trash/<run>/<action>/``)."""

    def trashed(self, path: RelPath, run: RunId, action: ActionId) -> FileStat | None:
        """The file that this action moved to the trash; None if it did not."""

    def keep(self, staged: StagedImage, name: str, run: RunId, action: ActionId) -> RelPath:
        """Move a staged image to an action's trash folder; returns its path there. Replaces that of an earlier attempt."""

    def keep_facts(self, name: str, data: bytes, run: RunId, action: ActionId) -> RelPath:
        """Write a metadata file into the trash, atomically and flushed; returns its path."""

    def keep_copy(self, path: RelPath, run: RunId, action: ActionId) -> RelPath:
        """Copy a file to an action's trash folder, atomically and flushed; returns its path there."""

    def kept(self, path: RelPath) -> FileStat | None:
        """Size and time of a file in the trash or the outbox, by its full path; None if missing."""

    def inspect_kept(self, path: RelPath) -> Content:
        """Read and decode a file in the trash or the outbox, by its full path."""

    def read_kept(self, path: RelPath) -> bytes:
        """A whole file in the trash or the outbox, by its full path. Raises `ImageRefused` as `read` does."""

    def digest_kept(self, path: RelPath) -> Sha256:
        """The digest of a file in the trash or the outbox, by its full path, without decoding it."""

    def upload(self, path: RelPath, preparation: Preparation | None = None) -> Upload:
        """A file of the library, its trash or its outbox in a format that Pinterest accepts. Raises `ImageRefused`.

        Without a preparation JPEG and PNG are unchanged, others become PNG. With one (for a user's own picture), metadata are removed, and
        other formats become JPEG or PNG.
        """

    def inspect_video(self, path: RelPath) -> Video:
        """Read the structure of a video of the library. Raises `ImageRefused` if it is no complete one."""

    def open_video(self, path: RelPath, preparation: Preparation) -> AbstractContextManager[VideoBytes]:
        """A video of the library as it is sent: without metadata, unless the preparation keeps them. Raises `ImageRefused`."""

    def restore(self, kept: RelPath, path: RelPath) -> FileStat:
        """Move a file out of the trash; never over an existing file. Emptied trash folders are removed."""

    def in_trash(self) -> list[TrashedFile]:
        """Everything in the trash, sorted by path."""

    def destroy(self, kept: RelPath) -> None:
        """Permanently delete a file from the trash; no error if it is missing."""

    def post(self, data: bytes) -> FileFact:
        """Inspect a picture from elsewhere, and copy a good one to the outbox, under its digest; a bad one is reported in ``problem``."""

    def in_outbox(self) -> list[FileFact]:
        """The files of the outbox, without their content."""

    def unpost(self, path: RelPath) -> None:
        """Delete a file of the outbox; no error if it is missing."""

    def free_space(self) -> int:
        """Free bytes on the library's disk."""

    def kept_plan(self, run: RunId) -> bytes | None:
        """The saved plan of a run; None if missing."""

    def keep_plan(self, data: bytes, run: RunId) -> RelPath:
        """Write the plan of a run to ``.pinplan/plans/<run>.json``, atomically and flushed; returns its path."""


class Clock(Protocol):
    """The current time, so that the core needs no clock."""

    def now(self) -> datetime:
        """The current time, aware, in UTC."""


class WaitingClock(Clock, Protocol):
    """A clock that can wait."""

    def wait(self, seconds: float, stop: Event) -> None:
        """Wait for some seconds, or until ``stop`` is set."""


class Journal(Protocol):
    """What an action records while it runs."""

    def remember_content(self, path: RelPath, stat: FileStat, content: Content) -> None:
        """Store the content of a file whose size and time cannot be trusted, for the next plan."""

    def staged(self, action: ActionId, image: StagedImage) -> None:
        """Note a verified image before it becomes visible, so that an interrupted run recognises it as its own."""

    def staged_before(self, action: ActionId) -> Collection[StagedImage]:
        """Images noted by earlier attempts of this action in this run."""

    def landed(self, path: RelPath) -> RelPath:
        """The path where this run put an image planned for ``path``: the same, or with another extension."""

    def notes(self, action: ActionId) -> Sequence[str]:
        """This action's notes in this run, in order; written by creates before version 5 of the state."""


class Tokens(Protocol):
    """The source of access tokens. Thread-safe."""

    def current(self) -> str:
        """The current token, renewed if it is about to expire. Raises `AuthError`, `RemoteError`, `DiskRefused`."""

    def renewed(self, refused: str) -> str | None:
        """Another token after the API refused one; None if there is none. Raises as `current` does."""


class TokenEndpoint(Protocol):
    """The token endpoint, ``POST /oauth/token``. Methods raise `RemoteError` if the outcome is unknown."""

    def redeem(self, app: App, code: str, redirect_uri: str) -> Granted:
        """Tokens for a code. Raises `SignInFailed` if app or code is refused."""

    def renew(self, app: App, refresh_token: str) -> Granted:
        """Tokens for a refresh token, which may thereby be used up. Raises `SignInEnded` if app or token is refused."""
