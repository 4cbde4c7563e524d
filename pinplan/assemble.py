"""Put a plan together: the decision, what it was made from, and what it is bound to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import UNSET, UnsetType

from pinplan import __version__
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
from pinplan.records.plan_file import with_digest
from pinplan.snapshot.saved import Snapshots, digest_of_local, digest_of_remote

if TYPE_CHECKING:
    from pinplan.model.ids import RunId
    from pinplan.model.snapshots import BoardSnapshot, RemoteSnapshot
    from pinplan.reconcile.plan_input import Decision, World


def plan_of(
    snapshots: Snapshots, world: World, decision: Decision, created_at: str, undoes: RunId | None = None
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
            policies=world.policies,
            scope=world.scope,
            allow=world.allow,
            summary=summarise(decision.actions),
            api_calls=snapshots.remote.api_calls,
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
        if b.listed
    )


def _seen(board: BoardSnapshot) -> BoardSeen | UnsetType:
    if not board.asked:
        return BoardSeen.NOT_ASKED
    return BoardSeen.UNREAD if board.unread else UNSET
