"""Placeholders for the ids of boards and sections that a plan creates: Pinterest assigns the real ones when it is applied."""

from __future__ import annotations

_PREFIX = "new:"
"""No id of Pinterest begins like this, and a request with such an id is never sent."""


def planned_id(container: str) -> str:
    """The placeholder of a board or section, by its folder."""
    return f"{_PREFIX}{container}"


def is_planned(identity: str | None) -> bool:
    """Whether an id is a placeholder."""
    return identity is not None and identity.startswith(_PREFIX)


def planned_board(identity: str) -> str | None:
    """The name of the board of a placeholder; None for an id of Pinterest."""
    return identity.removeprefix(_PREFIX).partition("/")[0] if is_planned(identity) else None
