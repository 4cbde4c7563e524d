"""The audit log: ``audit.jsonl``, one record per line, each bound to the one before it (I25).

A line begins with the hash of the line before and ends with its own, which is the SHA-256 of everything in front of it::

    {"prev":"<64 hex>","seq":12,"at":"…","type":"intent",…,"hash":"<64 hex>"}

To check a line with public tools: ``sed -E 's/,"hash":"[0-9a-f]{64}"}$//'``, without the line's end, into ``sha256sum``. An edit, removal or
reordering breaks the chain at that line; a truncated end is detected because ``state.db`` knows the last hash.

Records are written in the same ``state.db`` transaction as the change they describe, then appended to the file: after a kill
in between, the next process appends them (`pinplan.records.state`).
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, TypeAlias

import msgspec
from msgspec import Struct

from pinplan.documents import decode_as
from pinplan.model.ids import AccountId, ActionId, Digest, LibraryId, Lineage, PinId, RelPath, RunId

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

NAME = "audit.jsonl"
START = "0" * 64
"""The previous hash of the first record."""
# Fixed bytes at both ends: a line is checked without parsing its JSON, and a key inside a title cannot pose as them.
_HEAD = re.compile(rb'\{"prev":"([0-9a-f]{64})","seq":([1-9][0-9]{0,15}),"at":"')
_TAIL = len(b',"hash":""}') + 64
_RESTART = b'","type":"restart",'
_END = re.compile(rb',"hash":"([0-9a-f]{64})"\}\Z')


class Entry(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type"):
    """Base of all records."""


class RunBegun(Entry, frozen=True, tag="run"):
    """A run starts, or resumes (``resumed``)."""

    run: RunId
    digest: Digest
    library_id: LibraryId
    lineage: Lineage
    serial: int
    account_id: AccountId
    actions: int
    resumed: bool = False
    undoes: RunId | None = None


class Judged(Entry, frozen=True, tag="check"):
    """The result of a check of the run's plan."""

    run: RunId
    name: str
    status: str
    limit: str
    figure: str


class Overridden(Entry, frozen=True, tag="override"):
    """A raised limit of a check."""

    run: RunId
    name: str
    figure: int


class Decided(Entry, frozen=True, tag="decision"):
    """The approval of a run, or the decision about an action; ``keep``: the pin that a swap keeps, if it names one."""

    run: RunId
    decision: str
    action: ActionId | None = None
    keep: PinId | None = None
    reviewer: str | None = None
    note: str | None = None


class Intended(Entry, frozen=True, tag="intent"):
    """An action is about to start."""

    run: RunId
    action: ActionId
    kind: str
    pin_id: PinId
    address: str


class Ended(Entry, frozen=True, tag="result"):
    """An action has ended."""

    run: RunId
    action: ActionId
    outcome: str
    reason: str = ""
    kept: tuple[RelPath, ...] = ()
    created: str | None = None


class Resolved(Entry, frozen=True, tag="resolved"):
    """An unconfirmed create was resolved by hand: the created pin, or none."""

    run: RunId
    action: ActionId
    created: str | None = None


class RunEnded(Entry, frozen=True, tag="run_end"):
    """A run completed."""

    run: RunId


class Destroyed(Entry, frozen=True, tag="destroyed"):
    """A file was permanently deleted from the trash on request."""

    path: RelPath
    size: int


class Restarted(Entry, frozen=True, tag="restart"):
    """A new log after a damaged one; keeps the name and last known hash of the old log."""

    old: str
    head: str
    records: int


AnyEntry: TypeAlias = (
    RunBegun | Judged | Overridden | Decided | Intended | Ended | Resolved | RunEnded | Destroyed | Restarted
)


class Head(Struct, frozen=True):
    """The end of a chain: the number and the hash of its last record."""

    seq: int = 0
    hash: str = START


def chained(head: Head, entries: Iterable[AnyEntry], at: str) -> Iterator[tuple[Head, bytes]]:
    """Chain entries to a head; yields each line with its new head."""
    for entry in entries:
        seq = head.seq + 1
        body = msgspec.json.encode(entry)
        # Built by hand: prev comes first and hash last, whatever the fields of the entry.
        line = b'{"prev":"%s","seq":%d,"at":"%s",%s' % (head.hash.encode(), seq, at.encode(), body[1:-1])
        digest = hashlib.sha256(line).hexdigest()
        head = Head(seq, digest)
        yield head, b'%s,"hash":"%s"}\n' % (line, digest.encode())


def read(lines: Iterable[bytes]) -> Iterator[dict[str, object]]:
    """Decode the records; an invalid line becomes a ``damaged`` record."""
    for line in lines:
        try:
            yield decode_as(line, dict[str, object])
        except (msgspec.DecodeError, UnicodeDecodeError):
            yield {"type": "damaged", "line": line.decode("utf-8", "replace")}


def hashes(lines: Iterable[bytes]) -> Iterator[tuple[int, str]]:
    """Number and hash of each record, without verifying them; skips invalid lines."""
    for line in lines:
        stripped = line.rstrip(b"\n")
        found, ending = _HEAD.match(line), _END.match(stripped, max(0, len(stripped) - _TAIL))
        if found is not None and ending is not None:
            yield int(found[2]), ending[1].decode()


class ChainBreak(Struct, frozen=True, kw_only=True):
    """A place where the chain is broken.

    Attributes:
        line: number of the line in the file, from 1; one more than the last for what is missing at the end.
        problem: the defect.
    """

    line: int
    problem: str


class ChainReport(Struct, frozen=True, kw_only=True):
    """The result of verifying a log.

    Attributes:
        records: valid lines.
        head: the last record.
        breaks: positions where the chain is broken; empty if intact.
    """

    records: int
    head: Head
    breaks: tuple[ChainBreak, ...] = ()


def verify(lines: Iterable[bytes]) -> ChainReport:
    """Verify every line and the chain; a restarted log begins at the number in its first record."""
    head = Head()
    good = 0
    breaks: list[ChainBreak] = []
    # One pass, O(n): about a microsecond per record; nothing is held in memory but the head.
    for number, line in enumerate(lines, start=1):
        found = _HEAD.match(line)
        stripped = line.rstrip(b"\n")
        # Only as the first line: a restart record further down would hide what is missing before it.
        if number == 1 and found is not None and _RESTART in line:
            head = Head(int(found[2]) - 1, found[1].decode())
        ending = _END.match(stripped, len(stripped) - _TAIL) if len(stripped) > _TAIL else None
        if found is None or ending is None or stripped + b"\n" != line:
            breaks.append(ChainBreak(line=number, problem="truncated, or not an audit record"))
            continue
        digest = ending[1]
        if hashlib.sha256(stripped[:-_TAIL]).hexdigest().encode() != digest:
            breaks.append(ChainBreak(line=number, problem=f"record {int(found[2])} was modified (hash mismatch)"))
        elif found[1] != head.hash.encode() or int(found[2]) != head.seq + 1:
            breaks.append(ChainBreak(line=number, problem=_gap(head.seq + 1, int(found[2]))))
        else:
            good += 1
        # Go on from the line as found: one edit is one break, not one per following line.
        head = Head(int(found[2]), digest.decode("ascii", "replace"))
    return ChainReport(records=good, head=head, breaks=tuple(breaks))


def _gap(expected: int, found: int) -> str:
    if found > expected:
        missing = f"record {expected}" if found == expected + 1 else f"records {expected} to {found - 1}"
        return f"{missing} missing before record {found}: removed or moved"
    if found < expected:
        return f"record {found} after record {expected - 1}: moved or duplicated"
    return f"record {found} does not match the record before it, which was replaced"
