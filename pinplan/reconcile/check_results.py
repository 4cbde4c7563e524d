"""Build check results with their messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from pinplan.plan.document import Check, CheckStatus

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_HINT = " Allow it once with: --allow "


def with_one_hint(checks: Sequence[Check], figures: Sequence[int]) -> list[Check]:
    """Keep the --allow hint on the last failed check of a name, with the figure that lets all pass."""
    failed = [n for n, check in enumerate(checks) if check.status is CheckStatus.FAIL]
    if len(failed) < 2:
        return list(checks)
    most = max(figures[n] for n in failed)
    reported = [
        replace(check, message=check.message.partition(_HINT)[0]) if check.status is CheckStatus.FAIL else check
        for check in checks
    ]
    # One --allow for all of them, with the largest figure: the flag applies to the whole plan.
    last = reported[failed[-1]]
    reported[failed[-1]] = replace(last, message=f"{last.message}{_HINT}{last.name}={most}")
    return reported


def verdict(
    name: str,
    *,
    tripped: bool,
    count: int,
    total: int | None,
    limit: str,
    message: str,
    allow: Mapping[str, int] | None,
) -> Check:
    """A check with its figure and, if it fails, the ``--allow`` hint.

    Args:
        name: of the check, also for ``--allow``.
        tripped: whether the figure exceeds the limit.
        count: the figure; it passes nevertheless up to what is allowed.
        total: what the figure is a part of, if it is a part.
        limit: as displayed.
        message: one sentence.
        allow: raised limits; None for a check that cannot be overridden.
    """
    allowed = (allow or {}).get(name, 0)
    failed = tripped and count > allowed
    if failed and allow is not None:
        message += f"{_HINT}{name}={count}"
    elif tripped and not failed:
        message += f" Allowed up to {allowed:,}."
    return Check(
        name=name,
        status=CheckStatus.FAIL if failed else CheckStatus.PASS,
        limit=limit,
        figure=str(count) if total is None else f"{count}/{total}",
        message=message,
    )
