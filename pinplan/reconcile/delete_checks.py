"""Limit the deletes of a plan: shares, counts and bytes, per board and over the whole library; never everything at once (I4).

Shares are of what was there before. A pin that an upload or a post created was not: the undo of that run takes it back, its files stay, and its images are kept in the trash as those of
every deleted pin. Someone who posted a picture by mistake, perhaps as the first of the library, takes it back without raising a limit. Limits that the config gives as a number or in
bytes count such pins as well: whoever wrote ``max_remote_deletes = 0`` wants nothing deleted. An apply believes this of the pins only that its own state knows as published.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct

from pinplan.plan.document import Check, CheckStatus
from pinplan.policies.limits import SMALL, Limit, parse_limit
from pinplan.reconcile.check_results import verdict, with_one_hint

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from pinplan.actions import AnyAction
    from pinplan.model.base import Tracked
    from pinplan.model.ids import BoardId, PinId
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


class _Counts(NamedTuple):
    """What a board, or the library, would lose."""

    lost: int
    taken_back: int
    total: int
    emptied: bool


class Side(Struct, frozen=True):
    """What one side would lose.

    Attributes:
        actions: the deletes of what was there before.
        totals: what the base has of that, and what is deleted besides, by board; for a board that would lose every pin, what it would lose.
        emptied: boards of which the other side, which the deletes follow, has nothing at all.
        taken_back: the deletes of pins that the undone run published.
    """

    name: str
    limit: Limit
    most: int | None
    most_bytes: int | None
    actions: Sequence[AnyAction]
    totals: Counter[BoardId]
    emptied: frozenset[BoardId]
    taken_back: Sequence[AnyAction] = ()

    @property
    def every(self) -> Sequence[AnyAction]:
        """All of its deletes."""
        return (*self.actions, *self.taken_back)


def judge_deletes(inputs: PlanInput, actions: Sequence[AnyAction]) -> Iterator[Check]:
    """The checks of both sides (failing boards, then the whole library), and of what would be forgotten."""
    yield from _judge_sides(_sides(inputs, actions), actions, inputs.allow)
    yield _forgets(inputs.base.tracked, actions, inputs.allow)


def judge_again(
    policies: Policies,
    allow: Mapping[str, int],
    records: Sequence[Tracked],
    actions: Sequence[AnyAction],
    published: Collection[PinId] = (),
) -> Iterator[Check]:
    """Check the limits before an apply, against the base alone: no request, and nothing taken from the plan.

    ``published`` are pins that this library uploaded or posted: only these may be taken back.
    """
    none: frozenset[BoardId] = frozenset()
    yield from _judge_sides(_sides_of(policies, actions, records, (none, none), published), actions, allow)
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
    lost, back = (Counter(action.board_id for action in some) for some in (side.actions, side.taken_back))
    for board in sorted(lost | back):
        counts = _Counts(lost[board], back[board], side.totals[board], board in side.emptied)
        check = _share(side, names[board], counts, allow)
        if check.status is CheckStatus.FAIL:
            checks.append(check)
    figures = [_figure(check) for check in checks]
    emptied = side.emptied >= side.totals.keys()
    # The library as a whole passes or fails in its own line, always shown.
    counts = _Counts(len(side.actions), len(side.taken_back), side.totals.total(), emptied)
    checks.append(_share(side, "library", counts, allow))
    return with_one_hint(checks, [*figures, _figure(checks[-1])])


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
    published: Collection[PinId] | None = None,
) -> Iterator[Side]:
    """Both sides; ``emptied`` are boards without a file here, and boards without a pin there."""
    further = policies.further_limits
    remote = [action for action in actions if action.deletes_pin]
    local = [action for action in actions if action.trashes_file]
    back = [one for one in remote if one.takes_back and (published is None or one.pin_id in published)]
    taken = {action.pin_id for action in back}
    # A carousel counts once on Pinterest, but once per file locally. A pin counts where it is deleted: it may have moved, or have no record as its file was not kept.
    pins = {one.pin_id: one.board_id for one in records} | {action.pin_id: action.board_id for action in remote}
    yield Side(
        REMOTE_DELETES,
        parse_limit(policies.max_remote_deletes),
        further.remote_delete_count,
        further.remote_delete_bytes,
        [action for action in remote if action.pin_id not in taken],
        Counter(board for pin_id, board in pins.items() if pin_id not in taken),
        emptied[0],
        back,
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
    deleted = {action.pin_id for action in side.every}
    counts = Counter(action.board_id for action in side.actions)
    return {
        # Lowers the total to what is deleted, so that the share is 100 % and trips.
        one.board.id: counts[one.board.id] - side.totals[one.board.id]
        for one in inputs.remote.boards
        if counts[one.board.id] and deleted.issuperset(pin.id for pin in one.pins)
    }


def _share(side: Side, where: str, counts: _Counts, allow: Mapping[str, int]) -> Check:
    # A number means every delete; a share is one of what was there before.
    back = counts.taken_back if side.limit.count is not None else 0
    count, total = counts.lost + back, counts.total + back
    most = side.limit.most(total)
    # A side that is empty, or would be, always trips: that looks like an unmounted disk, not like tidying up (I4).
    everything = counts.lost > 0 and (counts.emptied or counts.lost >= counts.total)
    share = f"{100 * count / total:.0f} %" if total else "all"
    floor = f", at least {most}" if side.limit.count is None and most == SMALL else ""
    limits = "never all at once" if everything and count <= most else f"limit {side.limit}{floor}"
    things, verb = _WORDS[side.name]
    uncounted = counts.taken_back - back
    besides = f", besides {uncounted:,} that the undone run created" if uncounted else ""
    return verdict(
        side.name,
        tripped=count > most or everything,
        count=count,
        total=total,
        limit=str(side.limit),
        message=f"[{where}] {count:,} of {total:,} {things} would be {verb} ({share}, {limits}){besides}.",
        allow=allow,
    )


def _figure(check: Check) -> int:
    """How many it counted."""
    return int(check.figure.partition("/")[0])


def _absolutes(side: Side, allow: Mapping[str, int]) -> Iterator[Check]:
    """The limits in counts and bytes, if they are set."""
    things, verb = _WORDS[side.name]
    if side.most is not None:
        count = len(side.every)
        message = f"[library] {count:,} {things} would be {verb} (limit {side.most:,})."
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
        size = sum(_size(action) for action in side.every)
        message = f"[library] {things} of {size:,} bytes would be {verb} (limit {side.most_bytes:,} bytes)."
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
