"""Safety rules judged over the whole plan: a limit that trips means that no action runs at all (I5)."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pinplan.errors import ConfigError
from pinplan.plan import Check, CheckStatus
from pinplan.policies.limits import Limit, parse_limit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pinplan.actions import AnyAction
    from pinplan.model.base import Base
    from pinplan.model.ids import BoardId
    from pinplan.policies.bundle import Policies

REMOTE_DELETES = "remote-deletes"
LOCAL_DELETES = "local-deletes"
NAMES = (REMOTE_DELETES, LOCAL_DELETES)
"""What ``plan --allow NAME=FIGURE`` knows."""

_WORDS = {REMOTE_DELETES: ("pins", "deleted on Pinterest"), LOCAL_DELETES: ("files", "moved to the trash")}


def judge(policies: Policies, base: Base, actions: Sequence[AnyAction], allow: Mapping[str, int]) -> tuple[Check, ...]:
    """Every check, passed or failed: deletes of each side, per board and over the whole library."""
    pins = {record.pin_id: record for record in base.tracked} if any(_deletes(a) for a in actions) else {}
    counted = (
        (
            REMOTE_DELETES,
            parse_limit(policies.max_remote_deletes),
            Counter(a.board_id for a in actions if a.trait.deletes_remote),
            Counter(record.board_id for record in pins.values()),
        ),
        (
            LOCAL_DELETES,
            parse_limit(policies.max_local_deletes),
            Counter(a.board_id for a in actions if a.trait.deletes_local),
            Counter(record.board_id for record in base.tracked) if pins else Counter(),
        ),
    )
    names = {action.board_id: action.address.partition("/")[0] for action in actions if _deletes(action)}
    checks: list[Check] = []
    for name, limit, deletes, totals in counted:
        checks.extend(_of_boards(name, limit, deletes, totals, names, allow))
        checks.append(_check(name, "library", limit, deletes.total(), totals.total(), allow))
    return tuple(checks)


def _deletes(action: AnyAction) -> bool:
    return action.trait.deletes_remote or action.trait.deletes_local


def _of_boards(
    name: str,
    limit: Limit,
    deletes: Mapping[BoardId, int],
    totals: Mapping[BoardId, int],
    names: Mapping[BoardId, str],
    allow: Mapping[str, int],
) -> Iterator[Check]:
    """Only boards that fail: a plan of 2,000 boards needs no 2,000 lines to say that all is well."""
    for board, count in sorted(deletes.items()):
        check = _check(name, names.get(board, board), limit, count, totals.get(board, 0), allow)
        if check.status is CheckStatus.FAIL:
            yield check


def _check(name: str, where: str, limit: Limit, count: int, total: int, allow: Mapping[str, int]) -> Check:
    most = limit.most(total)
    # A board, or a library, that would lose everything always trips: it looks like an unmounted disk, not like tidying up.
    everything = count > 0 and count >= total
    failed = (count > most or everything) and count > allow.get(name, 0)
    share = f"{100 * count / total:.0f} %" if total else "all"
    limits = "never all at once" if everything and count <= most else f"limit {limit}"
    things, fate = _WORDS[name]
    message = f"[{where}] {count:,} of {total:,} {things} would be {fate} ({share}, {limits})."
    if failed:
        message += f" Allow it once with: pinplan plan --allow {name}={count}"
    return Check(
        name=name,
        status=CheckStatus.FAIL if failed else CheckStatus.PASS,
        limit=str(limit),
        figure=f"{count}/{total}",
        message=message,
    )


def parse_allowances(texts: Sequence[str]) -> dict[str, int]:
    """``["remote-deletes=120"]`` as figures by check. Raises `ConfigError` with all problems."""
    allowed: dict[str, int] = {}
    problems = []
    for text in texts:
        name, _, figure = text.partition("=")
        if name not in NAMES:
            problems.append(f"--allow {text}: there is no check {name!r}; the checks are {', '.join(NAMES)}")
        elif not (figure.isascii() and figure.isdigit()):
            problems.append(f"--allow {text}: write a figure, e.g. {name}=12")
        else:
            allowed[name] = int(figure)
    if problems:
        raise ConfigError(problems)
    return allowed
