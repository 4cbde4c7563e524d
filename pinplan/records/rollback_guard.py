"""Rollback detection: the last audit record of each library, noted outside of it (I26).

A restored ``.pinplan`` folder, a rolled back disk snapshot and an outdated copy are all consistent by themselves, and so is a
completely rewritten chain. The note in the user's folder detects them. It is optional: if it is lost or not writable, nothing
else changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from pinplan.documents import decode_as
from pinplan.errors import AuditBroken, DiskRefused, StateDamaged, StateRolledBack
from pinplan.model.ids import Lineage
from pinplan.records.audit import ChainBreak, Head
from pinplan.records.files import read_bytes, write_private

if TYPE_CHECKING:
    from pathlib import Path

    from pinplan.model.ids import LibraryId
    from pinplan.records.audit import ChainReport
    from pinplan.records.state import State


class LastSeenState(msgspec.Struct, frozen=True, kw_only=True):
    """The last audit record of a library seen on this computer."""

    lineage: Lineage
    records: int
    hash: str


def rewritten(memory: LastSeenState, found: str | None) -> str:
    """The problem with the record last seen here, whose hash is now ``found``; empty if it is unchanged.

    A log that was restarted on purpose no longer contains the record (None): its first record names the old log.
    """
    if found is None or found == memory.hash:
        return ""
    return f"record {memory.records} differs from the one last seen on this computer: the log was rewritten at or before it"


class RollbackGuard:
    """What this computer remembers of one library."""

    def __init__(self, folder: Path, library_id: LibraryId, lineage: Lineage) -> None:
        """Name the library; ``folder``: the user's state folder."""
        self._path = folder / "libraries" / f"{library_id}.json"
        self._lineage = lineage

    def check(self, state: State) -> None:
        """Compare the state with what was last seen here.

        Raises:
            StateRolledBack: the library was further ahead (I26).
            AuditBroken: the record last seen here has changed: the log was rewritten as a whole (I25).
        """
        memory, head = self.last_seen(), state.audit.head()
        if memory is None:
            return
        # The number first: an older state has no record of that number to compare hashes with.
        if memory.records > head.seq:
            raise StateRolledBack(
                str(state.path),
                f"state at audit record {head.seq}, but this computer has seen record {memory.records}: "
                "an older state was restored, or this is an outdated copy",
            )
        problem = rewritten(memory, state.audit.hash_of(memory.records))
        if problem:
            raise AuditBroken(str(state.audit.path), problem)

    def judge(self, verdict: ChainReport, state: State) -> ChainReport:
        """Add the result of `check` to a verification of the whole log."""
        try:
            self.check(state)
        except StateDamaged as error:
            end = ChainBreak(line=verdict.records + len(verdict.breaks), problem=str(error))
            return replace(verdict, breaks=(*verdict.breaks, end))
        return verdict

    def remember(self, state: State) -> None:
        """Store the library's last audit record."""
        memory, head = self._read(), state.audit.head()
        if head == Head() or (memory is not None and (memory.lineage, memory.hash) == (self._lineage, head.hash)):
            return
        new = LastSeenState(lineage=self._lineage, records=head.seq, hash=head.hash)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_private(self._path, msgspec.json.encode(new))
        except (OSError, DiskRefused):
            return  # optional: see the module docstring

    def last_seen(self) -> LastSeenState | None:
        """What was last seen of this library in this lineage; None if nothing."""
        memory = self._read()
        return memory if memory is not None and memory.lineage == self._lineage else None

    def _read(self) -> LastSeenState | None:
        try:
            return decode_as(read_bytes(self._path), LastSeenState)
        except (DiskRefused, msgspec.DecodeError, UnicodeDecodeError):
            return None
