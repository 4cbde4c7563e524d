"""What an action finds when it looks at the world: whether it may be done, was done, or cannot be undone."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

from pinplan.actions.receipts import Receipt

if TYPE_CHECKING:
    from pinplan.errors.suggestions import Command


class Ready(Struct, frozen=True):
    """The world is as the plan expects it."""


class Done(Struct, frozen=True):
    """An earlier attempt at this action succeeded; only its receipt is missing."""

    receipt: Receipt


class Stale(Struct, frozen=True):
    """The world has changed since the plan; the action must not be done."""

    reason: str


Verdict: TypeAlias = Ready | Done | Stale


class NotUndone(Struct, frozen=True):
    """Why an action cannot be undone, or need not be.

    Attributes:
        commands: commands that the reason suggests (`pinplan.errors.suggestions`).
    """

    reason: str
    commands: tuple[Command, ...] = ()
