"""The library as all commands see it: scanned, inspected where needed, searched for missing files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from pinplan.events import Emit, silent
from pinplan.model.naming import on_disk
from pinplan.reconcile.match import FileSides
from pinplan.snapshot.local import LocalRequest, take_local
from pinplan.snapshot.missing_files import MissingFileRequest, find_missing_files

if TYPE_CHECKING:
    from pinplan.duplicates.cache import Source
    from pinplan.model.base import Base
    from pinplan.model.file_tree import FileTree
    from pinplan.model.snapshots import LocalSnapshot, RemoteSnapshot
    from pinplan.ports import Clock, ImageSource, Library
    from pinplan.records.state import State


class FilesRequest(Struct, frozen=True, kw_only=True):
    """The options of a scan.

    Attributes:
        remote: the snapshot of Pinterest; None if it was not queried.
        source: how fingerprints are taken; None: pictures are not compared.
        images: fetches the picture of a file that seems to be missing; None: nothing is fetched.
        for_plan: record which files may or may not be missing, for later plans.
        tree: the files, if they have been scanned already.
    """

    base: Base
    template: str
    remote: RemoteSnapshot | None = None
    source: Source | None = None
    images: ImageSource | None = None
    for_plan: bool = False
    tree: FileTree | None = None


def scan_files(
    library: Library, state: State, request: FilesRequest, clock: Clock, emit: Emit = silent
) -> LocalSnapshot:
    """Take the snapshot. Writes only caches. Raises `DiskRefused` only if the library itself cannot be read."""
    known = state.known_contents()
    wanted = LocalRequest(
        base=request.base, remote=request.remote, template=request.template, known=known, tree=request.tree
    )
    taken = take_local(library, wanted, clock, emit)
    inspected = list(taken.inspected)
    snapshot, since = taken.snapshot, {}
    # Only then: the search may decode every untracked picture.
    if taken.absent:
        seeking = MissingFileRequest(
            base=on_disk(request.base, snapshot.by_path),
            remote=request.remote,
            template=request.template,
            known=known,
            source=request.source,
            images=request.images,
            last_seen_ns=_last_seen_ns(state, clock),
            since=state.missing_since(),
        )
        found = find_missing_files(library, snapshot, seeking, state.fingerprints, emit)
        snapshot, since = found.snapshot, found.since
        inspected.extend(found.inspected)
    # Unreadable files have no content and are read again next time.
    state.remember_contents((f.path, f.size, f.mtime_ns, f.content) for f in inspected if f.content)
    if request.for_plan:
        here = snapshot.by_path if state.missing_since() else ()
        # Also for paths without a record now: an undo may restore the record, and the file is no newer than that run.
        kept = {path: time for path, time in state.missing_since().items() if path not in here}
        state.remember_missing_since(kept | since)
    return snapshot


def _last_seen_ns(state: State, clock: Clock) -> int:
    """When the library was last looked at for an applied plan; 0 if the clock was set back since, so that no file is known to be older."""
    last = state.last_seen_ns()
    return last if clock.now().timestamp() * 1e9 >= last else 0


def scan_library(
    library: Library, state: State, template: str, source: Source | None, clock: Clock
) -> tuple[Base, FileSides]:
    """The tracked files and their present paths; sends no request."""
    base = state.base()
    local = scan_files(library, state, FilesRequest(base=base, template=template, source=source), clock)
    base = on_disk(base, local.by_path)
    return base, FileSides(local, base, template)
