"""The audit log between ``state.db`` and its file: made in the transaction of what it tells, then appended, then let go of."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from msgspec.structs import replace

from pinplan.errors import AuditBroken
from pinplan.records import audit
from pinplan.records.audit import AnyEntry, Break, Head, Restarted, Verdict
from pinplan.records.audit_file import AuditFile

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from pinplan.records.database import Database

_UNSETTLED = 10_000
"""Records of the audit log that may wait in ``state.db`` for the file to be flushed."""


class AuditLog:
    """The log of one library."""

    def __init__(self, db: Database) -> None:
        """The file lies beside the database."""
        self._db = db
        self._file = AuditFile(db.path.parent / audit.NAME)
        self._written: int | None = None
        self._settled = 0

    def tell_in(self, db: sqlite3.Connection, told: Iterable[AnyEntry], at: str) -> None:
        """Put records behind the last one, in the transaction of what they tell."""
        head = _head_of(dict(db.execute("SELECT key, value FROM meta WHERE key IN ('audit_seq', 'audit_hash')")))
        lines = list(audit.chained(head, told, at))
        if lines:
            last = lines[-1][0]
            db.executemany("INSERT INTO audit VALUES (?, ?)", [(made.seq, line) for made, line in lines])
            values = [("audit_seq", str(last.seq)), ("audit_hash", last.hash)]
            db.executemany("REPLACE INTO meta VALUES (?, ?)", values)

    def head(self) -> Head:
        """The last record that was made, also if it has not reached the file."""
        return _head_of({str(key): str(value) for key, value in self._db.rows("SELECT key, value FROM meta")})

    @property
    def path(self) -> Path:
        """The file."""
        return self._file.path

    def hash_of(self, seq: int) -> str | None:
        """The hash of a record; None where the log does not hold it. Reads the file only for a record before the last.

        Raises:
            DiskRefused, AuditBroken: the file cannot be read.
        """
        head = self.head()
        if seq == head.seq:
            return head.hash
        return next((digest for number, digest in audit.hashes(self.all_lines()) if number == seq), None)

    def all_lines(self) -> list[bytes]:
        """The lines of the file, then those that have not reached it. Raises `DiskRefused`, `AuditBroken`."""
        with self._db.lock:
            lines = self._file.lines()
            last = next((number for number, _ in audit.hashes(reversed(lines))), 0)
            return [*lines, *(line for _, line in self.waiting(last))]

    def waiting(self, behind: int = 0) -> list[tuple[int, bytes]]:
        """Records that are not known to have reached the file for good, with their numbers."""
        rows = self._db.rows("SELECT seq, line FROM audit WHERE seq > ? ORDER BY seq", (behind,))
        return [(int(str(seq)), line) for seq, line in rows if isinstance(line, bytes)]

    def write(self) -> None:
        """Append what was just told. What does not get there is appended by `settle` when it is next called."""
        with self._db.lock:
            if self._written is None or self._written - self._settled > _UNSETTLED:
                self.settle()
                return
            lines = self.waiting(self._written)
            if lines:
                written, self._written = self._written, None  # should it fail, nobody knows how far it got
                self._file.append([line for _, line in lines])
                self._written = written + len(lines)

    def check(self) -> None:
        """See whether state and audit log belong together, as `settle` does, and change nothing.

        Raises:
            AuditBroken, StateRolledBack: they do not.
        """
        self._file.check(self.head(), self.waiting())

    def check_last(self) -> None:
        """See whether the last record that the state knows is the one in the log. An apply may go on meanwhile: what follows is not judged.

        Raises:
            AuditBroken: it is another one, or is not there.
            DiskRefused: the file cannot be read.
        """
        head = self.head()
        if not head.seq:
            return
        found = next(
            (digest for number, digest in audit.hashes(reversed(self.all_lines())) if number == head.seq), None
        )
        if found != head.hash:
            raise AuditBroken(str(self.path), f"its record {head.seq} is not the one that was written")

    def settle(self) -> None:
        """Bring the file up to date after whatever cut an earlier process off, and let go of what has reached it.

        Raises:
            AuditBroken, StateRolledBack: see `AuditFile.catch_up`.
            DiskRefused: it cannot be read or written.
        """
        with self._db.lock:
            head = self.head()
            self._file.catch_up(head, self.waiting())
            if head.seq:
                self._file.flush()
            with self._db.transaction() as db:
                db.execute("DELETE FROM audit WHERE seq <= ?", (head.seq,))
            self._written = self._settled = head.seq

    def verify(self) -> Verdict:
        """Check the whole log, and that it ends where the state says that it does. Raises `DiskRefused`."""
        with self._db.lock:
            head, waiting = self.head(), dict(self.waiting())
            verdict = self._file.verify()
        found = verdict.head
        late = [seq for seq in range(found.seq + 1, head.seq + 1) if seq in waiting]  # told, and not written yet
        problem = ""
        if found.seq > head.seq:
            problem = f"{found.seq - head.seq:,} records more than state.db knows of: an older state was put back"
        elif found.seq + len(late) < head.seq:
            problem = f"the last {head.seq - found.seq - len(late):,} records are missing: {head.seq:,} were written"
        elif found.seq == head.seq and found.hash != head.hash:
            problem = f"record {found.seq}, the last, is not the one that was written"
        if not problem:
            return verdict
        end = Break(line=len(self.lines()) + 1, problem=problem)
        return replace(verdict, breaks=(*verdict.breaks, end))

    def lines(self) -> list[bytes]:
        """The lines of the log as they are, without their line ends. Raises `DiskRefused`."""
        return self._file.lines()

    def set_aside(self, stamp: str) -> Path | None:
        """Move a damaged log away; where to. None if there was none."""
        if not os.path.lexists(self._file.path):
            return None
        return self._file.path.rename(self._file.path.with_name(f"{audit.NAME}.{stamp}.old"))

    def tell(self, told: Sequence[AnyEntry], at: str) -> None:
        """Record something that is no part of a run."""
        with self._db.transaction() as db:
            self.tell_in(db, told, at)
        self.write()

    def restart(self, told: Restarted, at: str) -> None:
        """Begin a new file, which must have been moved away, with a record that says so; the numbers go on."""
        with self._db.transaction() as db:
            db.execute("DELETE FROM audit")
            self.tell_in(db, [told], at)
        self._file.append([line for _, line in self.waiting()])
        self.settle()


def _head_of(meta: Mapping[str, str]) -> Head:
    return Head(int(meta["audit_seq"]), meta["audit_hash"]) if "audit_seq" in meta else Head()
