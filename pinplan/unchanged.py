"""A plan that found nothing is given again while nothing that it followed from has changed.

Account and list of boards are always requested, every cached listing must still be fresh (`pinplan.snapshot.freshness`), and the library is
always scanned: what is skipped is to load, compare and decide. Kept is only a plan without actions that asked Pinterest for nothing more and
looked into nothing that has no place in `_inputs`. All else that it followed from is in ``state.db``, which drops it with any change
(`pinplan.records.kept_plan`).
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import msgspec
from msgspec import UNSET, Struct
from msgspec.structs import replace

from pinplan import __version__
from pinplan.events import FromCache, Stage
from pinplan.model.file_tree import FileTree
from pinplan.model.similarity import ALGORITHM_VERSION
from pinplan.model.times import fine_timestamp, timestamp
from pinplan.plan.document import FindingKind
from pinplan.policies.bundle import in_scope
from pinplan.records.kept_plan import KeptPlan
from pinplan.records.listings import LastListing
from pinplan.snapshot.freshness import Refresh, may_stand

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pinplan.adapters import Adapters, PlanRequest
    from pinplan.model.ids import BoardId
    from pinplan.model.pins import Board
    from pinplan.plan.document import Plan
    from pinplan.records.listings import CachedListing
    from pinplan.snapshot.remote import ListedAccount
    from pinplan.snapshot.saved import Snapshots

_STEADY = {
    FindingKind.REMOVED_ON_PINTEREST,
    FindingKind.COVER_ONLY,
    FindingKind.SMALLER,
    FindingKind.UNTRACKED,
    FindingKind.DUPLICATE,
}
"""Findings that follow from listings, base, file names and what is cached of them alone: no clock, no request, no file opened again."""


def can_be_kept(request: PlanRequest) -> bool:
    """Whether the request can use a kept plan: not with `--restore`, `--accept` or any `--refresh` but ``auto``."""
    scope = request.scope
    return request.freshness.refresh is Refresh.AUTO and not (scope.restore or scope.accept)


class Unchanged(Struct, frozen=True):
    """The kept plan, if making it again would give it again.

    Attributes:
        plan: with the present times; None if something it followed from has changed.
        tree: the files, if they are what has changed.
    """

    plan: Plan | None = None
    tree: FileTree | None = None


def plan_if_unchanged(adapters: Adapters, request: PlanRequest, listed: ListedAccount) -> Unchanged:
    """The kept plan, if nothing that it followed from has changed. Writes only the list of boards, as every plan does."""
    kept = adapters.state.kept_plan.read()
    fresh = _fresh_listings(adapters, request, listed) if kept is not None else None
    if kept is None or fresh is None or kept.inputs != _inputs(adapters, request, listed, fresh):
        return Unchanged()
    adapters.emit(Stage(name="scan"))
    # Last: it costs most.
    tree = adapters.library.tree()
    if tree.unknown or kept.tree != tree.digest():
        return Unchanged(tree=tree)
    adapters.emit(FromCache(boards=len(fresh)))
    last = LastListing(
        account=listed.account, scopes=listed.scopes, taken_at=fine_timestamp(listed.now), boards=listed.boards
    )
    adapters.state.listings.remember_last_listing(last)
    return Unchanged(plan=_as_of_now(adapters, kept.plan, listed))


def keep_if_nothing_found(
    adapters: Adapters, request: PlanRequest, listed: ListedAccount, snapshots: Snapshots, plan: Plan
) -> None:
    """Keep a plan, if making it again would take no more than `plan_if_unchanged` compares."""
    # A request beside account and boards may be answered otherwise next time.
    if not _found_nothing(plan) or adapters.remote.calls != listed.calls_after or not _is_known(adapters, snapshots):
        return
    listings = adapters.state.listings.kept()
    inputs = _inputs(adapters, request, listed, {board.id: listings[board.id] for board in _in_scope(request, listed)})
    adapters.state.kept_plan.keep(KeptPlan(inputs=inputs, tree=FileTree.of(snapshots.local.files).digest(), plan=plan))


def _found_nothing(plan: Plan) -> bool:
    return plan.applyable and not plan.actions and all(finding.kind in _STEADY for finding in plan.findings)


def _is_known(adapters: Adapters, snapshots: Snapshots) -> bool:
    """Whether both sides were read whole, and the plan used nothing that has to be read again each time."""
    remote, local, base = snapshots.remote, snapshots.local, snapshots.base
    here = local.by_path
    return (
        not remote.unreadable
        and all(board.complete for board in remote.boards if board.listed)
        and all(asked.gone for asked in remote.asked)
        and not local.unknown
        # Tried again each time: a file that could not be read may have become readable.
        and not local.faceless
        # Compared with renditions that are fetched, and limited by the day.
        and not local.uploads
        # A missing file is searched for, by clock and content; a refused image is requested again after some days.
        # Read once because its cached content contradicted the record: next time it will not be.
        and all(record.path in here and here[record.path].content is None for record in base.tracked)
        and not base.refused
        and not snapshots.creates
        and not snapshots.places
        and not snapshots.remembered
        and not adapters.state.creates.pending()
        and not adapters.state.places.pending()
    )


def _fresh_listings(
    adapters: Adapters, request: PlanRequest, listed: ListedAccount
) -> dict[BoardId, CachedListing] | None:
    """The cached listing of each board in scope; None if one has to be listed again."""
    listings = adapters.state.listings.kept()
    found: dict[BoardId, CachedListing] = {}
    for board in _in_scope(request, listed):
        kept = listings.get(board.id)
        if kept is None or not may_stand(kept, board, request.freshness, listed.now, None):
            return None
        found[board.id] = kept
    return found


def _in_scope(request: PlanRequest, listed: ListedAccount) -> list[Board]:
    include, exclude = request.policies.include, request.policies.exclude
    return [board for board in listed.boards if in_scope(board, include=include, exclude=exclude)]


def _inputs(
    adapters: Adapters, request: PlanRequest, listed: ListedAccount, listings: Mapping[BoardId, CachedListing]
) -> str:
    """A digest of what a plan follows from, except the files."""
    facts = adapters.facts
    followed = (
        (__version__, ALGORITHM_VERSION, adapters.fingerprinter is not None),
        (request.policies, request.scope, request.allow, request.max_gone_checks, request.freshness),
        (listed.account, listed.scopes, listed.boards, listed.unreadable),
        listings,
        (adapters.library.library_id, adapters.state.version(), facts.version() if facts is not None else None),
    )
    return sha256(msgspec.json.encode(followed, order="sorted")).hexdigest()


def _as_of_now(adapters: Adapters, plan: Plan, listed: ListedAccount) -> Plan:
    adapters.emit(Stage(name="reconcile"))
    remote = replace(plan.snapshots.remote, taken_at=fine_timestamp(listed.now))
    return replace(
        plan,
        created_at=timestamp(adapters.clock.now()),
        snapshots=replace(plan.snapshots, remote=remote),
        api_calls=adapters.remote.calls - listed.calls_before,
        seal=UNSET,
    )
