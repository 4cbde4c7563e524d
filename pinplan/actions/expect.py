"""Preconditions of actions, checked just before each acts (I12)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from pinplan.model.ids import BoardId, PinId, RelPath, SectionId, Sha256
from pinplan.model.images import FileStat

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pinplan.actions.contexts import ActionContext, UndoContext
    from pinplan.actions.receipts import Receipt
    from pinplan.model.base import Tracked


class ExpectFile(Struct, frozen=True, gc=False, kw_only=True):
    """A file must still be as planned."""

    path: RelPath
    size: int
    mtime_ns: int
    sha256: Sha256


class ExpectFree(Struct, frozen=True, gc=False, kw_only=True):
    """Nothing may be at this path."""

    free: RelPath


class ExpectKept(Struct, frozen=True, gc=False, kw_only=True):
    """A file must still be in the trash, unchanged; the path is relative to the library."""

    path: RelPath
    size: int
    sha256: Sha256


class ExpectPin(Struct, frozen=True, gc=False, kw_only=True):
    """A pin must still be on the planned board and section."""

    pin_id: PinId
    board_id: BoardId
    section_id: SectionId | None = None


def file_as_expected(context: ActionContext, expect: ExpectFile) -> str | None:
    """Why the file differs from the planned one; None if it matches.

    If size and mtime are as planned it matches; otherwise its bytes decide. Enough for a file that stays in the library.
    """
    found = context.library.stat(expect.path)
    if found is None:
        return "the file no longer exists"
    if found == FileStat(expect.size, expect.mtime_ns):
        return None
    # Size before digest, which reads the whole file. A restored backup has another mtime over the same bytes.
    if found.size == expect.size and context.library.inspect(expect.path).sha256 == expect.sha256:
        return None
    return "the file has changed since the plan"


def bytes_as_expected(context: ActionContext, expect: ExpectFile) -> str | None:
    """Why the bytes differ from the planned file; None if they match. For files about to be removed (I17).

    Bytes can change under the same size and mtime: an editor restores the time, or the disk decays.
    """
    found = context.library.stat(expect.path)
    if found is None:
        return "the file no longer exists"
    if found.size == expect.size and context.library.digest(expect.path) == expect.sha256:
        return None
    if found == FileStat(expect.size, expect.mtime_ns):
        # Without this note every later plan would again take it for unchanged, by size and mtime.
        context.journal.remember_content(expect.path, found, context.library.inspect(expect.path))
    return "the file has changed since the plan"


def digest_in_trash(context: ActionContext, path: RelPath) -> Sha256 | None:
    """The digest of the file that this action trashed; None if it is gone."""
    return None if context.library.kept(path) is None else context.library.digest_kept(path)


def expect_kept(receipt: Receipt, expect: ExpectFile, now: UndoContext) -> ExpectKept:
    """The file that an action moved to the trash, with the digest read there; older receipts lack it."""
    path = receipt.kept[0]
    found = now.kept(path)
    if receipt.kept_sha256 is None or found is None:
        return ExpectKept(path=path, size=expect.size, sha256=expect.sha256)
    return ExpectKept(path=path, size=found.size, sha256=receipt.kept_sha256)


def kept_as_expected(context: ActionContext, expect: ExpectKept) -> str | None:
    """Why a file in the trash is not the planned one; None if it is."""
    found = context.library.kept(expect.path)
    if found is None:
        return "the file is no longer in the trash"
    if found.size == expect.size and context.library.inspect_kept(expect.path).sha256 == expect.sha256:
        return None
    return "the trash holds a different file"


def untouched(record: Tracked, now: UndoContext) -> str | None:
    """Why the file of a record is no longer the recorded one; None if it is."""
    file = now.file(record.path)
    if file is None:
        return f"{record.path} no longer exists"
    # The scan reads only files whose size or mtime differs: no content means that it had no reason to.
    if (file.size, file.mtime_ns) == (record.size, record.mtime_ns) and file.content is None:
        return None
    if file.content is not None and file.content.sha256 == record.sha256:
        return None
    return f"{record.path} has changed since"


def found_at(records: Iterable[Tracked], now: UndoContext) -> Tracked | None:
    """The first of several records of a file at whose path it is, as recorded; None if it is at none."""
    return next((record for record in records if untouched(record, now) is None), None)


def expect_of(record: Tracked) -> ExpectFile:
    """The file of a record, as last agreed on."""
    return ExpectFile(path=record.path, size=record.size, mtime_ns=record.mtime_ns, sha256=record.sha256)
