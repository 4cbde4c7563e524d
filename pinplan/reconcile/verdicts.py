"""How a check is put into words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinplan.plan import Check, CheckStatus

if TYPE_CHECKING:
    from collections.abc import Mapping


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
    """A check with its figure and, where it fails, the way on.

    Args:
        name: of the check; also what ``--allow`` calls it.
        tripped: the figure is beyond the limit.
        count: the figure; it passes all the same up to what is allowed.
        total: of how many, where that can be said.
        limit: as it is shown.
        message: what is so, in one sentence.
        allow: what was allowed; None for a check that cannot be let pass.
    """
    allowed = (allow or {}).get(name, 0)
    failed = tripped and count > allowed
    if failed and allow is not None:
        message += f" Allow it once with: --allow {name}={count}"
    elif tripped and not failed:
        message += f" Allowed up to {allowed:,}."
    return Check(
        name=name,
        status=CheckStatus.FAIL if failed else CheckStatus.PASS,
        limit=limit,
        figure=str(count) if total is None else f"{count}/{total}",
        message=message,
    )
