"""The world as an action sees it during a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

import msgspec

from pinplan.actions.base import Receipt
from pinplan.errors import DiskRefused, ImageRefused
from pinplan.model.extensions import stem_of
from pinplan.model.images import StagedImage
from pinplan.model.pins import Rendition
from pinplan.reconcile.words import why_not_missing

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from pinplan.apply.creates import Creator
    from pinplan.model.base import Tracked
    from pinplan.model.ids import ActionId, RelPath, RunId
    from pinplan.model.images import Content
    from pinplan.ports import ImageSource, Library, Remote
    from pinplan.reconcile.match import FileSides
    from pinplan.records.state import State

_READ_RECEIPT = msgspec.json.Decoder(Receipt)

TRIES = 2
"""How often one address is fetched if what it gave was no complete image; connections are retried below this."""


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
        if wanted not in self._landed:  # rare: what was fetched has another extension than its address
            receipts = (_READ_RECEIPT.decode(r.receipt) for r in self._state.journal(run=self._run) if r.receipt)
            self._landed = {stem_of(put.path): put.path for receipt in receipts for put in receipt.puts}
        return self._landed.get(wanted, path)

    def note(self, action: ActionId, text: str) -> None:
        """See `pinplan.ports.Journal`."""
        self._state.note(self._run, action, text)

    def notes(self, action: ActionId) -> Sequence[str]:
        """See `pinplan.ports.Journal`."""
        return self._state.notes(self._run, action)


class RunWorld:
    """Library, Pinterest and journal of one run (protocol `pinplan.actions.base.World`)."""

    def __init__(
        self,
        run: RunId,
        library: Library,
        remote: Remote,
        images: ImageSource,
        journal: RunJournal,
        creates: Creator,
        files: Callable[[], FileSides],
    ) -> None:
        """Hold the ports; ``files`` looks at the whole library: done once in a run, and only if something rests on it."""
        self.run = run
        self.library = library
        self.remote = remote
        self.journal = journal
        self.creates = creates
        self._images = images
        self._look = files
        self._files: FileSides | None = None

    def why_not_missing(self, records: Sequence[Tracked]) -> str | None:
        """See `pinplan.actions.base.World`."""
        if self._files is None:  # what asks for it runs one by one, behind everything that changes the library
            self._files = self._look()
        return next((why for record in records if (why := why_not_missing(record, self._files)) is not None), None)

    def obtain(self, action: ActionId, renditions: Sequence[Rendition]) -> StagedImage:
        """The best rendition that can be had, complete and verified (I19).

        Raises:
            ImageRefused: no rendition gave a complete image; says what each was.
            RemoteError: the image host cannot be reached.
            DiskRefused: it could not be written.
        """
        problems = []
        name = f"{self.run}-{action}"
        for rendition in renditions:
            for _ in range(TRIES):
                try:
                    return self._fetch(name, rendition)
                except ImageRefused as error:
                    problems.append(f"{rendition.size}: {error.reason}")
                    if error.gone or error.forbidden:
                        break
        raise ImageRefused(
            str(renditions[0].url) if renditions else "pin", "; ".join(dict.fromkeys(problems)) or "no image"
        )

    def duplicate(self, action: ActionId, source: RelPath) -> StagedImage:
        """See `pinplan.actions.base.World`."""
        name = f"{self.run}-{action}"
        return self._staged(
            name, Rendition(size="copy", url=source), lambda file: file.write(self.library.read(source))
        )

    def _fetch(self, name: str, rendition: Rendition) -> StagedImage:
        return self._staged(name, rendition, lambda file: self._images.fetch(rendition.url, file))

    def _staged(self, name: str, rendition: Rendition, fill: Callable[[BinaryIO], int]) -> StagedImage:
        try:
            with self.library.stage(name) as file:
                fill(file)
            size, content = self.library.inspect_staged(name)
            _check(rendition, content)
        except OSError as error:
            self.library.unstage(name)
            raise DiskRefused(name, error.errno, error.strerror or str(error)) from error
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
        )


def _check(rendition: Rendition, content: Content) -> None:
    """Only a complete image may become visible (I19)."""
    if content.problem is not None:
        raise ImageRefused(rendition.url, content.problem)
