"""The base: what both sides agreed on at the last apply, and which images the host refused since."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from pinplan.model.ids import AccountId, BoardId, LibraryId, Lineage, PinId, RelPath, RunId, SectionId, Sha256

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pinplan.model.pins import Rendition


SETTLED_AFTER = 2
"""Runs with the same refusal before it is only reported: a single one may be an outage."""


class Refused(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The best rendition of an image that the host refused.

    Attributes:
        image: its signature, or its best address: another image in the same slot starts a count of its own.
        reason: of the best rendition, e.g. ``"HTTP 403"``.
        answered: the host answered for every rendition, with 403, 404, 410 or an unacceptable picture. A broken transfer is no answer.
        size, width, height: of the best rendition, as declared.
        since, last: when it was first and last refused; RFC 3339 in UTC.
        run: the last run with this refusal.
        runs: the number of runs with it.
    """

    pin_id: PinId
    slot: int
    image: str
    reason: str
    answered: bool = False
    size: str = ""
    width: int | None = None
    height: int | None = None
    since: str = ""
    last: str = ""
    run: RunId | None = None
    runs: int = 0

    @property
    def offered(self) -> str:
        """The best size in words: ``1200×900``, or Pinterest's name for it."""
        return f"{self.width}×{self.height}" if self.width and self.height else self.size

    @property
    def since_day(self) -> str:
        """The day of the first refusal."""
        return self.since.partition("T")[0]

    def settled(self, now: str, retry_days: int) -> bool:
        """Whether it is only reported and not fetched: refused in enough runs, the last one not too long ago."""
        if self.runs < SETTLED_AFTER:
            return False
        # In either direction: after a clock was set back, the pause must not last for years.
        return abs(datetime.fromisoformat(now) - datetime.fromisoformat(self.last)) < timedelta(days=retry_days)


def once_more(earlier: Refused | None, now: Refused, run: RunId, at: str) -> Refused:
    """Merge a refusal into the recorded one; a resumed run counts once."""
    # Another image, or another kind of refusal: start counting again.
    if earlier is None or (earlier.image, earlier.answered) != (now.image, now.answered):
        return replace(now, since=at, last=at, run=run, runs=1)
    # bool as int: a resumed run adds nothing.
    runs = earlier.runs + (earlier.run != run)
    return replace(now, since=earlier.since, last=at, run=run, runs=runs)


def image_key(signature: str | None, renditions: Sequence[Rendition]) -> str:
    """Identify an image: by its signature, else by its best address."""
    return signature or (renditions[0].url if renditions else "")


class Tracked(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """One agreed pair: an image of a pin and a file.

    Attributes:
        container: the folder address of board and section when the file was placed, e.g. ``"Animals 動物/Cats"``.
        template: the file name template that the path was made with; empty for a file that was adopted outside of the folder of its board or section.
        size, mtime_ns, sha256, width, height, format: of the file, measured when it was last agreed on.
        signature: Pinterest's signature of the image, if the file certainly holds it; None for a file that the user added or changed.
        duplicate_of: the pin whose file is kept in place of this one, which was removed as a duplicate.
        doubtful: why the file is flawed, although its host sent exactly these bytes twice: it is kept, but proves nothing.
    """

    pin_id: PinId
    slot: int
    path: RelPath
    size: int
    mtime_ns: int
    sha256: Sha256
    width: int
    height: int
    format: str
    board_id: BoardId
    section_id: SectionId | None = None
    container: str
    template: str
    signature: str | None = None
    duplicate_of: PinId | None = None
    doubtful: str | None = None

    @property
    def adopted_elsewhere(self) -> bool:
        """Whether the file was adopted outside the folder of its board or section. That is no move: file and pin stay where they are."""
        return not self.template

    def is_placed_by(self, template: str) -> bool:
        """Whether the file has no reason to move when the template is this one."""
        return self.adopted_elsewhere or self.template == template

    def is_by_hand(self, signature: str | None) -> bool:
        """Whether the user added or changed the file; such a file proves nothing about the pin's image."""
        # Only if the pin's image has a signature: without one a download has none on record either.
        return self.signature is None and signature is not None


class Base(Struct, frozen=True, dict=True, kw_only=True, omit_defaults=True):
    """Everything agreed on.

    Attributes:
        serial: counts the runs; a plan is bound to it.
        account_id: None until the first apply.
        scopes: the token's scopes at the last apply, if known.
        refused: images that were refused, or not available in the best size.
        not_kept: pins that were posted without keeping a file: none is wanted here.
    """

    library_id: LibraryId
    lineage: Lineage
    serial: int = 0
    account_id: AccountId | None = None
    scopes: tuple[str, ...] = ()
    tracked: tuple[Tracked, ...] = field(default_factory=tuple)
    refused: tuple[Refused, ...] = ()
    not_kept: tuple[PinId, ...] = ()

    @cached_property
    def by_path(self) -> dict[RelPath, Tracked]:
        """The records by path. Kept with the value, as many stages ask for it: of a large library it takes long to build."""
        return {record.path: record for record in self.tracked}
