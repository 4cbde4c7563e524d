"""Limit the deletes of a plan: shares, counts and bytes, per board and over the whole library; never everything at once (I4)."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from msgspec import Struct

from pinplan.plan.document import Check, CheckStatus
from pinplan.policies.limits import SMALL, Limit, parse_limit
from pinplan.reconcile.check_results import verdict, with_one_way_on

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pinplan.actions import AnyAction
    from pinplan.model.base import Tracked
    from pinplan.model.ids import BoardId
    from pinplan.policies.bundle import Policies
    from pinplan.reconcile.plan_input import PlanInput

REMOTE_DELETES = "remote-deletes"
LOCAL_DELETES = "local-deletes"
FORGETS = "forgets"
DELETE_CHECKS = (
    REMOTE_DELETES,
    f"{REMOTE_DELETES}-count",
    f"{REMOTE_DELETES}-bytes",
    LOCAL_DELETES,
    f"{LOCAL_DELETES}-count",
    f"{LOCAL_DELETES}-bytes",
    FORGETS,
)
_WORDS = {REMOTE_DELETES: ("pins", "deleted on Pinterest"), LOCAL_DELETES: ("files", "moved to the trash")}


class Side(Struct, frozen=True):
    """What one side would lose.

    Attributes:
        actions: the deletes.
        totals: what the base has, by board; for a board that would lose every pin, what it would lose.
        emptied: boards of which the other side, which the deletes follow, has nothing at all.
    """

    name: str
    limit: Limit
    most: int | None
    most_bytes: int | None
    actions: Sequence[AnyAction]
    totals: Counter[BoardId]
    emptied: frozenset[BoardId]


def judge_deletes(inputs: PlanInput, actions: Sequence[AnyAction]) -> Iterator[Check]:
    """The checks of both sides (failing boards, then the whole library), and of what would be forgotten."""
    yield from _judge_sides(_sides(inputs, actions), actions, inputs.allow)
    yield _forgets(inputs.base.tracked, actions, inputs.allow)


def judge_again(
    policies: Policies, allow: Mapping[str, int], records: Sequence[Tracked], actions: Sequence[AnyAction]
) -> Iterator[Check]:
    """Check the limits before an apply, against the base alone: no request, and nothing taken from the plan."""
    none: frozenset[BoardId] = frozenset()
    yield from _judge_sides(_sides_of(policies, actions, records, (none, none)), actions, allow)
    yield _forgets(records, actions, allow)


def _judge_sides(sides: Iterator[Side], actions: Sequence[AnyAction], allow: Mapping[str, int]) -> Iterator[Check]:
    # Board names from addresses: `judge_again` has no listing to take them from.
    names = {action.board_id: action.address.partition("/")[0] for action in actions}
    for side in sides:
        yield from _shares(side, names, allow)
        yield from _absolutes(side, allow)


def _shares(side: Side, names: Mapping[BoardId, str], allow: Mapping[str, int]) -> list[Check]:
    """Check each board, listing failures only, then the library."""
    checks: list[Check] = []
    figures: list[int] = []
    for board, count in sorted(Counter(action.board_id for action in side.actions).items()):
        check = _share(side, names[board], count, side.totals[board], board in side.emptied, allow)
        if check.status is CheckStatus.FAIL:
            checks.append(check)
            figures.append(count)
    emptied = side.emptied >= side.totals.keys()
    # The library as a whole passes or fails in its own line, always shown.
    checks.append(_share(side, "library", len(side.actions), side.totals.total(), emptied, allow))
    return with_one_way_on(checks, [*figures, len(side.actions)])


def _sides(inputs: PlanInput, actions: Sequence[AnyAction]) -> Iterator[Side]:
    remote = any(action.deletes_pin for action in actions)
    local = any(action.trashes_file for action in actions)
    # Without a delete there is nothing to limit: skip the walk over the base.
    records = inputs.base.tracked if remote or local else ()
    emptied_here = _without_files(inputs, records) if remote else frozenset()
    emptied_there = _without_pins(inputs, records) if local else frozenset()
    for side in _sides_of(inputs.policies, actions, records, (emptied_here, emptied_there)):
        if side.name == REMOTE_DELETES and remote:
            side.totals.update(_left_without_pins(inputs, side))
        yield side


def _sides_of(
    policies: Policies,
    actions: Sequence[AnyAction],
    records: Sequence[Tracked],
    emptied: tuple[frozenset[BoardId], frozenset[BoardId]],
) -> Iterator[Side]:
    """Both sides; ``emptied`` are boards without a file here, and boards without a pin there."""
    further = policies.further_limits
    remote = [action for action in actions if action.deletes_pin]
    local = [action for action in actions if action.trashes_file]
    # A carousel counts once on Pinterest, but once per file locally.
    pins = {record.pin_id: record for record in records}
    yield Side(
        REMOTE_DELETES,
        parse_limit(policies.max_remote_deletes),
        further.remote_delete_count,
        further.remote_delete_bytes,
        remote,
        Counter(record.board_id for record in pins.values()),
        emptied[0],
    )
    yield Side(
        LOCAL_DELETES,
        parse_limit(policies.max_local_deletes),
        further.local_delete_count,
        further.local_delete_bytes,
        local,
        Counter(record.board_id for record in records),
        emptied[1],
    )


def _without_files(inputs: PlanInput, records: Sequence[Tracked]) -> frozenset[BoardId]:
    """Boards with none of their recorded files in the library."""
    here = inputs.local.by_path
    return frozenset(r.board_id for r in records) - {r.board_id for r in records if r.path in here}


def _without_pins(inputs: PlanInput, records: Sequence[Tracked]) -> frozenset[BoardId]:
    """Boards with tracked files but no listed pin."""
    listed = {board.board.id for board in inputs.remote.boards if board.pins}
    return frozenset(record.board_id for record in records) - listed


def _left_without_pins(inputs: PlanInput, side: Side) -> dict[BoardId, int]:
    """Boards that would lose every listed pin, to correct totals that count pins no longer there."""
    deleted = {action.pin_id for action in side.actions}
    counts = Counter(action.board_id for action in side.actions)
    return {
        # Lowers the total to what is deleted, so that the share is 100 % and trips.
        one.board.id: min(0, counts[one.board.id] - side.totals[one.board.id])
        for one in inputs.remote.boards
        if counts[one.board.id] and deleted.issuperset(pin.id for pin in one.pins)
    }


def _share(side: Side, where: str, count: int, total: int, emptied: bool, allow: Mapping[str, int]) -> Check:  # noqa: FBT001 - a fact
    most = side.limit.most(total)
    # A side that is empty, or would be, always trips: that looks like an unmounted disk, not like tidying up (I4).
    everything = count > 0 and (emptied or count >= total)
    share = f"{100 * count / total:.0f} %" if total else "all"
    floor = f", at least {most}" if side.limit.count is None and most == SMALL else ""
    limits = "never all at once" if everything and count <= most else f"limit {side.limit}{floor}"
    things, fate = _WORDS[side.name]
    return verdict(
        side.name,
        tripped=count > most or everything,
        count=count,
        total=total,
        limit=str(side.limit),
        message=f"[{where}] {count:,} of {total:,} {things} would be {fate} ({share}, {limits}).",
        allow=allow,
    )


def _absolutes(side: Side, allow: Mapping[str, int]) -> Iterator[Check]:
    """The limits in counts and bytes, if they are set."""
    things, fate = _WORDS[side.name]
    if side.most is not None:
        count = len(side.actions)
        message = f"[library] {count:,} {things} would be {fate} (limit {side.most:,})."
        yield verdict(
            f"{side.name}-count",
            tripped=count > side.most,
            count=count,
            total=None,
            limit=str(side.most),
            message=message,
            allow=allow,
        )
    if side.most_bytes is not None:
        size = sum(_size(action) for action in side.actions)
        message = f"[library] {things} of {size:,} bytes would be {fate} (limit {side.most_bytes:,} bytes)."
        yield verdict(
            f"{side.name}-bytes",
            tripped=size > side.most_bytes,
            count=size,
            total=None,
            limit=str(side.most_bytes),
            message=message,
            allow=allow,
        )


def _size(action: AnyAction) -> int:
    """Recorded bytes of the files that a delete concerns."""
    # A pin delete lists its records; a file delete expects one file.
    files: Sequence[Tracked] = getattr(action, "files", ())
    return sum(file.size for file in files) or int(getattr(action.expect, "size", 0))


def _forgets(records: Sequence[Tracked], actions: Sequence[AnyAction], allow: Mapping[str, int]) -> Check:
    """Fail if everything would be forgotten: gone from both sides at once is more likely a mistake than true."""
    count, total = sum(action.trait.forgets for action in actions), len(records)
    return verdict(
        FORGETS,
        tripped=count >= total > SMALL,
        count=count,
        total=total,
        limit="never all at once",
        message=f"[library] {count:,} of {total:,} files would be forgotten.",
        allow=allow,
    )
