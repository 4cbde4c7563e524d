"""Take both snapshots with the data of earlier runs, and assemble a plan: the decision, its input, and what it is bound to."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from pinplan import __version__
from pinplan.apply.creates import Recogniser, day_of
from pinplan.duplicates.find import DuplicateScanRequest, find_duplicate_pairs, plainly_tracked
from pinplan.history.pending_places import pending_places
from pinplan.history.undo_source import is_gone, pending_creates, remembered
from pinplan.model.naming import on_disk
from pinplan.plan.document import (
    BoardSeen,
    Plan,
    PlannedBase,
    PlannedBoard,
    PlannedLibrary,
    PlannedLocal,
    PlannedRemote,
    PlannedSnapshots,
    summarise,
)
from pinplan.policies.duplicates import Remove
from pinplan.reconcile.new_files import boards_with_folders
from pinplan.reconcile.plan_input import PlanInput
from pinplan.reconcile.planner import reconcile
from pinplan.reconcile.scope import unmatched
from pinplan.records.plan_file import with_digest
from pinplan.snapshot.freshness import Refresh
from pinplan.snapshot.library_files import FilesRequest, scan_files
from pinplan.snapshot.new_pictures import NewPicturesRequest, read_anywhere, with_upload_facts
from pinplan.snapshot.refresh import list_until_decided
from pinplan.snapshot.remote import RemoteRequest, RemoteScan
from pinplan.snapshot.saved import Snapshots, digest_of_local, digest_of_remote

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pinplan.adapters import Adapters, PlanRequest
    from pinplan.model.base import Base
    from pinplan.model.file_tree import FileTree
    from pinplan.model.ids import BoardId, RunId
    from pinplan.model.snapshots import BoardSnapshot, LocalSnapshot, RemoteSnapshot
    from pinplan.policies.bundle import Policies
    from pinplan.reconcile.plan_input import PendingCreate, PendingPlace, PlanContent
    from pinplan.snapshot.remote import ListedAccount


def take_snapshots(
    adapters: Adapters, request: PlanRequest, *, sections_of: frozenset[BoardId] = frozenset()
) -> Snapshots:
    """Take both snapshots, as `pinplan.pipeline.make_plan` does. Sends only GET requests and writes only caches (I7)."""
    return snapshots_until_decided(adapters, request, reconcile, sections_of)[0]


def snapshots_until_decided(
    adapters: Adapters,
    request: PlanRequest,
    decide_from: Callable[[PlanInput], PlanContent],
    sections_of: frozenset[BoardId] = frozenset(),
    listed: ListedAccount | None = None,
    tree: FileTree | None = None,
) -> tuple[Snapshots, PlanContent | None]:
    """Take both snapshots, and return the decision if taking them required one.

    Boards that Pinterest reports as unchanged may come from the cache. Nothing is deleted or moved because of the cache alone
    (`pinplan.snapshot.refresh.list_until_decided`).

    Args:
        adapters: both sides; only read.
        request: policies and freshness.
        decide_from: makes the decision.
        sections_of: boards whose sections are listed even if no pin is in one.
        listed: account and list of boards, if they have been requested already.
        tree: the files, if they have been looked at already.
    """
    # Read once: every part of the plan must see the same serial.
    base = adapters.state.base(keep=True)
    wanted = RemoteRequest(
        policies=request.policies,
        base=base,
        max_gone_checks=request.max_gone_checks,
        # A section that may have been created is looked for.
        sections_of=sections_of
        | {one.intent.board_id for one in adapters.state.places.pending() if one.intent.board_id is not None},
        targets=(*request.scope.targets, *request.scope.excludes, *(request.scope.restore or ())),
        # A cached listing is older than the create it should show.
        fresh=frozenset(record.intent.pin.board_id for record in adapters.state.creates.pending()),
        freshness=request.freshness,
    )
    remotely = RemoteScan(adapters.remote, wanted, adapters.state.listings, adapters.clock, adapters.emit)
    taken = remotely.take(listed)
    first = _with_library(adapters, request, base, taken, remotely.listed_at, tree)
    # Only the library's new pictures say which sections there may be; a post names its own.
    wanting = (
        frozenset() if request.posted else boards_with_folders(first.remote, first.local, first.base, request.policies)
    )
    if wanting:
        remote = remotely.with_sections(first.remote, wanting)
        first = _with_library(adapters, request, base, remote, remotely.listed_at)
    # Before the first decision: it must know which pins are ours.
    first = replace(
        first,
        creates=_pending_creates(adapters, request, first.remote),
        places=_pending_places(adapters, request, first),
    )
    closed = adapters.features.closed(adapters.clock.now()) if adapters.features is not None else ()
    first = replace(first, closed=tuple(closed))
    first = replace(first, remembered=remembered(adapters.state, unmatched(plan_input_of(first, request))))

    def with_remote(remote: RemoteSnapshot) -> Snapshots:
        again = _with_library(adapters, request, base, remote, remotely.listed_at)
        # None of them depends on the boards that are listed again.
        return replace(
            again, creates=first.creates, places=first.places, remembered=first.remembered, closed=first.closed
        )

    return list_until_decided(
        remotely, first, lambda snapshots: decide_from(plan_input_of(snapshots, request)), with_remote
    )


def _pending_creates(adapters: Adapters, request: PlanRequest, remote: RemoteSnapshot) -> tuple[PendingCreate, ...]:
    """Unconfirmed creates of earlier runs, with the pin if the listings show it now."""
    asks = request.freshness.refresh is not Refresh.NONE
    # It downloads candidate images, which --refresh none must not.
    recogniser = Recogniser(adapters.images, adapters.library, adapters.fingerprinter) if asks else None
    return pending_creates(adapters.library, adapters.state, remote, recogniser)


def _pending_places(adapters: Adapters, request: PlanRequest, seen: Snapshots) -> tuple[PendingPlace, ...]:
    """Boards and sections of earlier runs that are not listed."""
    asks = request.freshness.refresh is not Refresh.NONE
    return pending_places(adapters.state.places, seen.remote, seen.local, adapters.remote if asks else None)


def _with_library(
    adapters: Adapters,
    request: PlanRequest,
    base: Base,
    remote: RemoteSnapshot,
    listed_at: Mapping[BoardId, str],
    tree: FileTree | None = None,
) -> Snapshots:
    """Scan the library for one remote snapshot: new pins determine which files are inspected."""
    wanted = FilesRequest(
        base=base,
        template=request.policies.template,
        remote=remote,
        source=adapters.source,
        images=adapters.images,
        for_plan=True,
        tree=tree,
    )
    local = scan_files(adapters.library, adapters.state, wanted, adapters.clock, adapters.emit)
    # The base in the spelling on disk, else every NFD path looks renamed.
    base = on_disk(base, local.by_path)
    if adapters.facts is not None:
        adapters.facts.remember(remote, listed_at)
    local = _with_upload_facts(adapters, request, base, remote, local)
    snapshot = with_duplicates(adapters, request.policies, base, local)
    return Snapshots(remote=remote, local=snapshot, base=base, policies=request.policies)


def _with_upload_facts(
    adapters: Adapters, request: PlanRequest, base: Base, remote: RemoteSnapshot, local: LocalSnapshot
) -> LocalSnapshot:
    wanted = NewPicturesRequest(
        policies=request.policies,
        base=base,
        remote=remote,
        source=replace(adapters.source, read=read_anywhere(adapters.library)) if adapters.source else None,
        day=day_of(adapters.clock.now()),
        images=None if request.freshness.refresh is Refresh.NONE else adapters.images,
        posted=request.posted,
        is_gone=partial(is_gone, adapters.remote),
    )
    return with_upload_facts(adapters.library, adapters.state, local, wanted, adapters.emit)


def with_duplicates(adapters: Adapters, policies: Policies, base: Base, local: LocalSnapshot) -> LocalSnapshot:
    """Add the pairs of tracked files with the same picture. Writes only the fingerprint cache."""
    source = adapters.source
    # The search is the costliest stage: skip it where its result is unused.
    if source is None or policies.about_duplicates.remove is Remove.OFF:
        return local
    wanted = DuplicateScanRequest(files=plainly_tracked(base, local), source=source)
    found = find_duplicate_pairs(wanted, adapters.state.fingerprints, adapters.emit)
    if not (found.pairs or found.faceless):
        return local
    return replace(local, alike=found.pairs, faceless=found.faceless)


def plan_input_of(snapshots: Snapshots, request: PlanRequest) -> PlanInput:
    """The input of a decision."""
    return PlanInput(
        policies=request.policies,
        remote=snapshots.remote,
        local=snapshots.local,
        base=snapshots.base,
        scope=request.scope,
        allow=dict(request.allow),
        creates=snapshots.creates,
        places=snapshots.places,
        remembered=frozenset(snapshots.remembered),
        closed=frozenset(snapshots.closed),
        retry_days=request.freshness.full_days,
    )


def build_plan(
    snapshots: Snapshots, inputs: PlanInput, decision: PlanContent, created_at: str, undoes: RunId | None = None
) -> Plan:
    """The plan of a decision, with its digest."""
    return with_digest(
        Plan(
            pinplan_version=__version__,
            created_at=created_at,
            account=snapshots.remote.account,
            library=PlannedLibrary(snapshots.local.library_id),
            base=PlannedBase(lineage=snapshots.base.lineage, serial=snapshots.base.serial),
            snapshots=_planned_snapshots(snapshots),
            policies=inputs.policies,
            scope=inputs.scope,
            allow=inputs.allow,
            summary=summarise(decision.actions),
            api_calls=snapshots.remote.api_calls,
            # UNSET fields are left out of the file: plans of older versions keep their digest.
            undoes=undoes or UNSET,
            compares=UNSET if decision.compares else False,
            applyable=decision.applyable,
            checks=decision.checks,
            actions=decision.actions,
            findings=decision.findings,
        )
    )


def _planned_snapshots(snapshots: Snapshots) -> PlannedSnapshots:
    remote, local = snapshots.remote, snapshots.local
    return PlannedSnapshots(
        remote=PlannedRemote(
            digest=digest_of_remote(remote),
            taken_at=remote.taken_at,
            boards=_planned_boards(remote),
            scopes=remote.scopes,
            left_out=sum(not board.listed for board in remote.boards) or UNSET,
        ),
        local=PlannedLocal(digest=digest_of_local(local), files=len(local.files), unknown=local.unknown),
    )


def _planned_boards(remote: RemoteSnapshot) -> tuple[PlannedBoard, ...]:
    return tuple(
        PlannedBoard(id=b.board.id, name=b.board.name, pins=len(b.pins), complete=b.complete, seen=_seen(b))
        for b in remote.boards
        # Boards left out by the config are only counted (`left_out`): their names do not belong in a shared plan.
        if b.listed
    )


def _seen(board: BoardSnapshot) -> BoardSeen | UnsetType:
    # Not asked before unread: a cached board says nothing about whether it could be read today.
    if not board.asked:
        return BoardSeen.NOT_ASKED
    return BoardSeen.UNREAD if board.unread else UNSET
