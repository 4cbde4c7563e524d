"""The loop that lists boards again until no decision relies on a cached listing (decision 11)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Callable

    from pinplan.model.snapshots import RemoteSnapshot
    from pinplan.reconcile.plan_input import PlanContent
    from pinplan.snapshot.remote import RemoteScan
    from pinplan.snapshot.saved import Snapshots


def list_until_decided(
    remotely: RemoteScan,
    snapshots: Snapshots,
    decide: Callable[[Snapshots], PlanContent],
    with_remote: Callable[[RemoteSnapshot], Snapshots],
) -> tuple[Snapshots, PlanContent | None]:
    """List cached boards again until the decision relies on none of them.

    Returns the final snapshots and the decision made from exactly these; None as decision if no board came from the cache, so that nothing
    had to be decided here.

    A decision relies on the boards of every action that moves, replaces, deletes or forgets something, or changes something on Pinterest.

    Args:
        remotely: the scan of Pinterest, which is continued.
        snapshots: the first snapshots.
        decide: makes the decision.
        with_remote: the snapshots for another snapshot of Pinterest.
    """
    while remotely.from_cache:  # every round removes a board from it, or is the last
        decision = decide(snapshots)
        concerned = remotely.from_cache & {
            board for action in decision.actions for board in action.listing_dependencies
        }
        if not concerned:
            return snapshots, decision
        remote = remotely.list_again(snapshots.remote, concerned)
        # Nothing new on Pinterest: skip another scan of the library.
        same = (remote.boards, remote.asked) == (snapshots.remote.boards, snapshots.remote.asked)
        snapshots = replace(snapshots, remote=remote) if same else with_remote(remote)
    return snapshots, None
