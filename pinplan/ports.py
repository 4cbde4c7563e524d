"""What pinplan needs from the outside, as protocols. Adapters: ``pinterest/``, ``disk/``, ``records/``; fakes in the tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import datetime
    from threading import Event

    from pinplan.model.ids import ActionId, BoardId, LibraryId, PinId, RelPath, RunId, Sha256
    from pinplan.model.images import Content, FileFact, FileStat, StagedImage, TrashedFile, Upload
    from pinplan.model.pins import Account, NewPin, Pin, Profile
    from pinplan.model.snapshots import ListedBoards, ListedSections, UnknownPath
    from pinplan.model.tokens import App, Granted


class PinPage(Protocol):
    """One page of a board's listing."""

    @property
    def pins(self) -> list[Pin]:
        """The pins, as listed."""

    @property
    def foreign(self) -> int:
        """How many items were no pins of this board."""

    @property
    def bookmark(self) -> str | None:
        """The bookmark of the next page; None on the last."""

    @property
    def unreadable(self) -> Sequence[tuple[int, str]]:
        """Unreadable items by position on the page, from 1, with the problem."""


class Remote(Protocol):
    """Pinterest, as pinplan needs it. Methods raise `RemoteError` or `AuthError`; a listing raises where it breaks."""

    @property
    def calls(self) -> int:
        """Requests sent so far, retries included."""

    @property
    def scopes(self) -> Sequence[str]:
        """The scopes of the token, where known; otherwise empty."""

    def give_up(self) -> None:
        """Ask nothing more: what waits for another try ends with an error. For a program that is about to end."""

    def require_calls(self, count: int) -> None:
        """Raises `QuotaSpent` if it is known that fewer calls than that can be made now."""

    def account(self) -> Account:
        """The account of the token."""

    def boards(self) -> ListedBoards:
        """All boards or an error, never a part; unreadable items of the list are returned beside them."""

    def sections(self, board_id: BoardId) -> ListedSections:
        """All sections of a board, or an error. An item of the list that is no section is named beside them."""

    def pin_pages(self, board_id: BoardId, bookmark: str | None = None) -> Iterator[PinPage]:
        """The pins of a board, those in sections included, page by page; ends only if the listing ended cleanly.

        With a bookmark that an earlier page gave, it goes on behind that page.
        """

    def pin(self, pin_id: PinId) -> Pin | None:
        """A pin; None only if Pinterest answered 404."""

    def delete_pin(self, pin_id: PinId) -> bool:
        """Delete a pin for ever; False if it was gone already (404)."""

    def update_pin(self, pin_id: PinId, changes: Mapping[str, str]) -> None:
        """Change link, description or alternative text of a pin; an empty text takes it away."""

    def create_pin(self, pin: NewPin, images: Sequence[Upload]) -> Pin:
        """Create a pin, by one request that is never repeated.

        Raises:
            AnswerLost: the pin may have been created all the same.
            AuthError, RemoteError of any other kind: it was not.
        """


class Profiles(Remote, Protocol):
    """The account endpoints of Pinterest."""

    def profile(self) -> Profile:
        """The account of the token, with all its details."""


class ImageSource(Protocol):
    """The source of image bytes. Never sees a token."""

    def fetch(self, url: str, into: BinaryIO, *, announced: bool = False) -> int:
        """Stream the body to ``into``; the number of bytes. Raises `ImageRefused` or `RemoteError`.

        The status was 200, the body as long as announced, and it does not begin like HTML, XML or JSON. With ``announced``, a body
        whose length was not announced is refused.
        """


class Library(Protocol):
    """The image tree. Every path is relative to the root; none can lead outside it (`UnsafePath`)."""

    @property
    def library_id(self) -> LibraryId:
        """From the marker."""

    def scan(self) -> tuple[list[FileFact], list[UnknownPath]]:
        """All regular files, sorted by path, and the unreadable paths; links are never followed."""

    def stat(self, path: RelPath) -> FileStat | None:
        """Size and time of a regular file; None if missing. Raises `UnsafePath` for any other type."""

    def inspect(self, path: RelPath) -> Content:
        """Read and decode a file; a bad image is reported in ``problem``, not raised."""

    def read(self, path: RelPath) -> bytes:
        """A whole file. Raises `ImageRefused` if it is larger than any image that pinplan looks into."""

    def digest(self, path: RelPath) -> Sha256:
        """Read a file, and take its digest without decoding it."""

    def stage(self, name: str) -> BinaryIO:
        """A new, empty, hidden file named ``name`` in the staging folder (same file system), open for writing."""

    def inspect_staged(self, name: str) -> tuple[int, Content]:
        """Size in bytes and content of a staged file that was closed; flushed to disk."""

    def unstage(self, name: str) -> None:
        """Remove a staged file if it exists."""

    def clear_staging(self) -> None:
        """Remove what runs that were cut off left in the staging folder."""

    def place(self, staged: StagedImage, path: RelPath, mtime_ns: int | None = None) -> FileStat:
        """Make a staged file visible under ``path``, atomically; never over an existing file (`DiskRefused`, EEXIST).

        With a time, that is its modification time from the moment on that it is visible.
        """

    def move(self, source: RelPath, target: RelPath) -> FileStat:
        """Rename inside the library; never over an existing file. Folders that become empty are removed."""

    def trash(self, path: RelPath, run: RunId, action: ActionId) -> RelPath:
        """Move a file to the trash; the path in the trash (under ``.pinplan/trash/<run>/<action>/``)."""

    def trashed(self, path: RelPath, run: RunId, action: ActionId) -> FileStat | None:
        """The file that this action put into the trash, if it did."""

    def keep(self, staged: StagedImage, name: str, run: RunId, action: ActionId) -> RelPath:
        """Put a staged image into the trash folder of an action; the path there. Replaces an earlier try."""

    def keep_facts(self, name: str, data: bytes, run: RunId, action: ActionId) -> RelPath:
        """Write a metadata file into the trash, atomically and flushed; returns its path."""

    def keep_copy(self, path: RelPath, run: RunId, action: ActionId) -> RelPath:
        """Put a copy of a file into the trash folder of an action, atomically and flushed; the path there."""

    def kept(self, path: RelPath) -> FileStat | None:
        """Size and time of a file in the trash, by its whole path; None if it is not there."""

    def inspect_kept(self, path: RelPath) -> Content:
        """Read and decode a file in the trash, by its whole path."""

    def read_kept(self, path: RelPath) -> bytes:
        """A whole file in the trash, by its whole path. Raises `ImageRefused` as `read` does."""

    def digest_kept(self, path: RelPath) -> Sha256:
        """Read a file in the trash, by its whole path, and take its digest without decoding it."""

    def upload(self, path: RelPath) -> Upload:
        """A file in the trash as Pinterest takes it: JPEG and PNG as they are, others as PNG. Raises `ImageRefused`."""

    def restore(self, kept: RelPath, path: RelPath) -> FileStat:
        """Move a file out of the trash; never over an existing file. Folders of the trash that become empty are removed."""

    def in_trash(self) -> list[TrashedFile]:
        """Everything in the trash, sorted by path."""

    def destroy(self, kept: RelPath) -> None:
        """Delete a file from the trash for good; no error if it is missing."""

    def free_space(self) -> int:
        """Bytes that can still be written where the library lies."""

    def kept_plan(self, run: RunId) -> bytes | None:
        """The plan of a run, as it was kept; None if it is not there."""

    def keep_plan(self, data: bytes, run: RunId) -> RelPath:
        """Write the plan of a run to ``.pinplan/plans/<run>.json``, atomically and flushed; the path there."""


class Clock(Protocol):
    """Time from outside, so that the core needs none."""

    def now(self) -> datetime:
        """The present, aware, in UTC."""


class WaitingClock(Clock, Protocol):
    """Time that can be waited for."""

    def wait(self, seconds: float, stop: Event) -> None:
        """Wait so long, or until ``stop`` is set."""


class Journal(Protocol):
    """What an action records while it runs."""

    def looked_into(self, path: RelPath, stat: FileStat, content: Content) -> None:
        """Remember what a file holds whose size and time cannot be trusted: the next plan looks into it."""

    def staged(self, action: ActionId, image: StagedImage) -> None:
        """Note a verified image before it becomes visible, so that a run cut off right then can tell it is its own."""

    def staged_before(self, action: ActionId) -> Collection[StagedImage]:
        """What earlier tries of this action in this run noted."""

    def landed(self, path: RelPath) -> RelPath:
        """Where this run put an image that was planned for a path: there, or there with another extension."""

    def notes(self, action: ActionId) -> Sequence[str]:
        """The words that this action wrote down in this run, in their order; before version 5 of the state creates did."""


class Tokens(Protocol):
    """The source of access tokens. Thread-safe."""

    def current(self) -> str:
        """The token to use now, renewed before if it is about to expire. Raises `AuthError`, `RemoteError`, `DiskRefused`."""

    def renewed(self, refused: str) -> str | None:
        """Another token, after the API refused one; None if there is none to be had. Raises as `current` does."""


class TokenEndpoint(Protocol):
    """Where tokens are given out: ``POST /oauth/token``. Methods raise `RemoteError` where nothing is known about the outcome."""

    def redeem(self, app: App, code: str, redirect_uri: str) -> Granted:
        """Tokens for a code. Raises `SignInFailed` if app or code is refused."""

    def renew(self, app: App, refresh_token: str) -> Granted:
        """Tokens for a refresh token, which may be used up by that. Raises `SignInEnded` if app or token is refused."""
