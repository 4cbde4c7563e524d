"""Preconditions of actions, checked just before each acts (I12)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from pinplan.model.ids import BoardId, PinId, RelPath, SectionId, Sha256
from pinplan.model.images import FileStat

if TYPE_CHECKING:
    from pinplan.actions.contexts import ActionContext, UndoContext
    from pinplan.actions.receipts import Receipt
    from pinplan.model.base import Tracked


class ExpectFile(Struct, frozen=True, gc=False, kw_only=True):
    """A file must still be the one that the plan saw."""

    path: RelPath
    size: int
    mtime_ns: int
    sha256: Sha256


class ExpectFree(Struct, frozen=True, gc=False, kw_only=True):
    """Nothing may be under this path."""

    free: RelPath


class ExpectKept(Struct, frozen=True, gc=False, kw_only=True):
    """A file must still be in the trash, unchanged; the path is relative to the library."""

    path: RelPath
    size: int
    sha256: Sha256


class ExpectPin(Struct, frozen=True, gc=False, kw_only=True):
    """A pin must still be where the plan saw it."""

    pin_id: PinId
    board_id: BoardId
    section_id: SectionId | None = None


def file_as_expected(context: ActionContext, expect: ExpectFile) -> str | None:
    """Why the file differs from the planned one; None if it matches.

    Size and time decide where both are as planned; otherwise the bytes do. Enough for a file that stays in the library.
    """
    found = context.library.stat(expect.path)
    if found is None:
        return "the file no longer exists"
    if found == FileStat(expect.size, expect.mtime_ns):
        return None
    if found.size == expect.size and context.library.inspect(expect.path).sha256 == expect.sha256:
        return None
    return "the file has changed since the plan"


def bytes_as_expected(context: ActionContext, expect: ExpectFile) -> str | None:
    """Why the bytes differ from the planned file; None if they match. For files about to be removed (I17).

    Size and time can be kept while the bytes change: by an editor that puts the time back, or by a disk that rots.
    """
    found = context.library.stat(expect.path)
    if found is None:
        return "the file no longer exists"
    if found.size == expect.size and context.library.digest(expect.path) == expect.sha256:
        return None
    if found == FileStat(expect.size, expect.mtime_ns):
        # Otherwise the next plan would take it for unchanged again, and so on for ever.
        context.journal.looked_into(expect.path, found, context.library.inspect(expect.path))
    return "the file has changed since the plan"


def digest_in_trash(context: ActionContext, path: RelPath) -> Sha256 | None:
    """The digest of the file that this action trashed; None if it is gone."""
    return None if context.library.kept(path) is None else context.library.digest_kept(path)


def expect_kept(receipt: Receipt, expect: ExpectFile, now: UndoContext) -> ExpectKept:
    """The file that an action moved to the trash: its bytes as they were read there; an older receipt does not say them."""
    path = receipt.kept[0]
    found = now.kept(path)
    if receipt.kept_sha256 is None or found is None:
        return ExpectKept(path=path, size=expect.size, sha256=expect.sha256)
    return ExpectKept(path=path, size=found.size, sha256=receipt.kept_sha256)


def kept_as_expected(context: ActionContext, expect: ExpectKept) -> str | None:
    """Why a file in the trash is not the one that the plan saw; None if it is."""
    found = context.library.kept(expect.path)
    if found is None:
        return "the file is no longer in the trash"
    if found.size == expect.size and context.library.inspect_kept(expect.path).sha256 == expect.sha256:
        return None
    return "the trash holds a different file"


def untouched(record: Tracked, now: UndoContext) -> str | None:
    """Why the file of a record is not the recorded one now; None if it is."""
    file = now.file(record.path)
    if file is None:
        return f"{record.path} no longer exists"
    if (file.size, file.mtime_ns) == (record.size, record.mtime_ns) and file.content is None:
        return None
    if file.content is not None and file.content.sha256 == record.sha256:
        return None
    return f"{record.path} was changed since"


def expect_of(record: Tracked) -> ExpectFile:
    """The file of a record, as it was when it was last agreed on."""
    return ExpectFile(path=record.path, size=record.size, mtime_ns=record.mtime_ns, sha256=record.sha256)
