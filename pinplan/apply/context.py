"""The world of an action during a run."""

from __future__ import annotations

import hashlib
import io
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, BinaryIO

from msgspec.structs import replace

from pinplan.apply.image_check import (
    DoubtfulImage,
    NothingFetched,
    RefusedRendition,
    check_complete,
    check_wanted,
    what_was_refused,
)
from pinplan.errors import DiskRefused, ImageRefused, LibraryError
from pinplan.model.images import StagedImage
from pinplan.model.naming import is_in_outbox, stem_of
from pinplan.model.pins import Rendition
from pinplan.reconcile.findings import why_not_missing

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from pinplan.apply.creates import Creator
    from pinplan.apply.image_check import PictureMatch
    from pinplan.apply.places import PlaceCreator
    from pinplan.model.base import Tracked
    from pinplan.model.ids import ActionId, BoardId, RelPath, RunId, Sha256
    from pinplan.model.images import Content, FileStat, TrashedFile, Wanted
    from pinplan.model.pins import Board
    from pinplan.ports import ImageSource, Library, Remote
    from pinplan.reconcile.match import FileSides
    from pinplan.records.state import State


TRIES = 2
"""Attempts per address that returns an incomplete image; connection errors are retried by the image source itself."""


class RunJournal:
    """The journal of one run, for its actions (port `Journal`)."""

    def __init__(self, state: State, run: RunId) -> None:
        """Write into this state, under this run."""
        self._state, self._run = state, run
        self._landed: dict[str, RelPath] = {}

    def staged(self, action: ActionId, image: StagedImage) -> None:
        """See `pinplan.ports.Journal`."""
        self._state.note_staged(self._run, action, image)

    def staged_before(self, action: ActionId) -> Collection[StagedImage]:
        """See `pinplan.ports.Journal`."""
        return self._state.staged(self._run, action)

    def landed(self, path: RelPath) -> RelPath:
        """See `pinplan.ports.Journal`."""
        wanted = stem_of(path)
        if wanted not in self._landed:  # rare: the fetched format differs from the extension in the address
            receipts = map(self._state.receipt, self._state.journal(run=self._run))
            self._landed = {stem_of(put.path): put.path for one in receipts if one is not None for put in one.puts}
        return self._landed.get(wanted, path)

    def remember_content(self, path: RelPath, stat: FileStat, content: Content) -> None:
        """See `pinplan.ports.Journal`."""
        self._state.remember_contents([(path, stat.size, stat.mtime_ns, content)])

    def notes(self, action: ActionId) -> Sequence[str]:
        """See `pinplan.ports.Journal`."""
        return self._state.notes(self._run, action)


class RunContext:
    """Library, Pinterest and journal of one run (protocol `pinplan.actions.contexts.ActionContext`)."""

    def __init__(
        self,
        run: RunId,
        library: Library,
        remote: Remote,
        images: ImageSource,
        journal: RunJournal,
        creates: Creator,
        places: PlaceCreator,
        files: Callable[[], FileSides],
        *,
        picture_match: PictureMatch | None = None,
        username: str = "",
    ) -> None:
        """Store the ports; ``files`` scans the whole library, at most once per run and only on demand."""
        self.run = run
        self.library = library
        self.remote = remote
        self.journal = journal
        self.creates = creates
        self.places = places
        self.username = username
        self._images = images
        self._kept_doubtful: set[Sha256] = set()  # of this run: a copy of a doubtful file is no worse than the file
        self._trash: list[TrashedFile] | None = None
        self._look = files
        self._picture_match = picture_match
        self._files: FileSides | None = None
        self._boards: dict[BoardId, Board] | None = None

    def board(self, board_id: BoardId) -> Board | None:
        """See `pinplan.actions.contexts.ActionContext`."""
        if self._boards is None:  # callers run one by one
            self._boards = {board.id: board for board in self.remote.boards().boards}
        # A board that this run created is not listed yet, or was listed before it was there.
        if board_id not in self._boards and board_id in self.places.ids().values():
            made = self.remote.board(board_id)
            if made is not None:
                self._boards[board_id] = made
        return self._boards.get(board_id)

    def why_not_missing(self, records: Sequence[Tracked]) -> str | None:
        """See `pinplan.actions.contexts.ActionContext`."""
        if self._files is None:  # callers run one by one, after everything that changes the library
            self._files = self._look()
        return next((why for record in records if (why := why_not_missing(record, self._files)) is not None), None)

    def obtain(self, action: ActionId, wanted: Wanted) -> StagedImage:
        """Fetch the best available image, complete and verified (I19, I20); a doubtful one only without an alternative.

        Raises:
            NothingFetched: no rendition is acceptable; has the reason for each.
            ImageRefused: the host was too slow.
            RemoteError: the image host cannot be reached.
            DiskRefused: the file could not be written.
        """
        name = f"{self.run}-{action}"
        # A local copy of the recorded bytes beats any download, and costs no request.
        kept = self._recorded(name, wanted.recorded) if wanted.recorded is not None else None
        if kept is not None:
            return kept
        problems: list[RefusedRendition] = []
        for rendition in wanted.renditions:
            try:
                staged = self._complete(name, rendition, wanted)
            except ImageRefused as error:
                # A slow host is slow for every size: trying them all could hold up the run for minutes each.
                if error.slow:
                    raise
                problems.append(RefusedRendition(rendition, error))
                # A temporary error on the best size must not settle for a lesser one.
                if not (wanted.lesser_will_do or error.for_good):
                    break
            else:
                return replace(staged, refused=what_was_refused(wanted, problems)) if problems else staged
        doubtful = self._doubtful(name, wanted, problems) if wanted.doubtful_will_do else None
        if doubtful is None:
            raise NothingFetched(wanted, problems)
        return doubtful

    def duplicate(self, action: ActionId, source: RelPath) -> StagedImage:
        """See `pinplan.actions.contexts.ActionContext`."""
        name = f"{self.run}-{action}"
        return self._staged(
            name,
            Rendition(size="copy", url=source),
            lambda file: file.write((self.library.read_kept if is_in_outbox(source) else self.library.read)(source)),
            doubtful=self._kept_doubtful,
        )

    def _doubtful(self, name: str, wanted: Wanted, problems: Sequence[RefusedRendition]) -> StagedImage | None:
        """The best doubtful rendition, if a second download gives the same bytes at the announced length."""
        for place, (rendition, error) in enumerate(problems):
            if not isinstance(error, DoubtfulImage):
                continue
            with suppress(ImageRefused):
                fetch = partial(self._images.fetch, rendition.url, announced=True)
                # Only the same bytes twice count: a broken transfer differs, a broken original does not.
                staged = self._staged(name, rendition, fetch, wanted, doubtful={error.sha256})
                self._kept_doubtful.add(staged.sha256)
                return replace(staged, refused=what_was_refused(wanted, problems[:place]) if place else None)
        return None

    def _recorded(self, name: str, record: Tracked) -> StagedImage | None:
        """A copy of the recorded bytes, if the trash has them, or the library as another pin's file."""
        for path, read in self._of_size(record.size):
            with suppress(LibraryError, ImageRefused):
                # One read serves digest and copy: the file may change between two.
                data = read(path)
                # Size alone only selects candidates.
                if hashlib.sha256(data).hexdigest() == record.sha256:
                    return self._staged(name, Rendition(size="kept", url=path), partial(_write, data))
        return None

    def _of_size(self, size: int) -> Iterator[tuple[RelPath, Callable[[RelPath], bytes]]]:
        """Files of this size, and the function that reads them; for the library as scanned by `why_not_missing`."""
        if self._trash is None:  # as above: listed once, after everything that fills it
            self._trash = self.library.in_trash()
        yield from ((file.path, self.library.read_kept) for file in self._trash if file.size == size)
        here = self._files.files.values() if self._files is not None else ()
        yield from ((file.path, self.library.read) for file in here if file.size == size)

    def _complete(self, name: str, rendition: Rendition, wanted: Wanted) -> StagedImage:
        """Fetch and verify, retrying an incomplete image once; refusals are not retried."""
        for left in reversed(range(TRIES)):
            try:
                return self._fetch(name, rendition, wanted)
            except ImageRefused as error:
                if not (left and error.broken):
                    raise
        raise AssertionError(rendition)  # pragma: no cover - the loop returns or raises

    def _fetch(self, name: str, rendition: Rendition, wanted: Wanted) -> StagedImage:
        if wanted.recorded is not None or wanted.as_sent:
            return self._fetch_compared(name, rendition, wanted)
        return self._staged(name, rendition, lambda file: self._images.fetch(rendition.url, file), wanted)

    def _fetch_compared(self, name: str, rendition: Rendition, wanted: Wanted) -> StagedImage:
        """Fetch a picture that is known and compare its appearance: the host may send a different one of the same size."""
        # In memory: the comparison needs the same bytes that are staged.
        body = io.BytesIO()
        self._images.fetch(rendition.url, body)
        staged = self._staged(name, rendition, partial(_write, body.getvalue()), wanted)
        problem = self._why_another(wanted, rendition, staged, body.getvalue())
        if problem is not None:
            self.library.unstage(name)
            raise ImageRefused(rendition.url, problem, lesser=True)
        return staged

    def _why_another(self, wanted: Wanted, rendition: Rendition, staged: StagedImage, data: bytes) -> str | None:
        """Why an image does not show what it should. Re-encoded bytes are fine, another picture is not (I20: never delete the last copy)."""
        match, recorded = self._picture_match, wanted.recorded
        if match is None or (recorded is not None and staged.sha256 == recorded.sha256):
            return None
        return match.why_not_sent(wanted, rendition.url, data) if recorded is None else match.why_not(recorded, data)

    def _staged(
        self,
        name: str,
        rendition: Rendition,
        fill: Callable[[BinaryIO], int],
        wanted: Wanted | None = None,
        doubtful: Collection[Sha256] = (),
    ) -> StagedImage:
        try:
            with self.library.stage(name) as file:
                fill(file)
            size, content = self.library.inspect_staged(name)
            # A digest in ``doubtful`` was confirmed by a second download, or is that of a local file.
            if content.sha256 not in doubtful:
                check_complete(rendition, content, size)
            if wanted is not None:
                check_wanted(wanted, rendition, content)
        except OSError as error:
            self.library.unstage(name)
            raise DiskRefused(name, error.errno, error.strerror or str(error)) from error
        # Also on Ctrl-C: a half-written staged file must not outlive the action.
        except BaseException:
            self.library.unstage(name)
            raise
        return StagedImage(
            name=name,
            url=rendition.url,
            size=size,
            sha256=content.sha256,
            width=content.width or 0,
            height=content.height or 0,
            format=content.format or "",
            doubtful=content.problem,
        )


def _write(data: bytes, file: BinaryIO) -> int:
    return file.write(data)
