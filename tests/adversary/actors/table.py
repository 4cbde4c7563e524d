"""What a table of verbs is made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

Do = Callable[..., str | None]


class Verb(NamedTuple):
    """Something that an actor can do.

    Attributes:
        name: as stories know it; never changed, or kept stories cannot be played any more.
        weight: how often it is drawn, beside the others.
        do: does it: takes the stage, the numbers of the step and the options; says what it did, or None if there was nothing to do.
        actor: whose verb it is.
    """

    name: str
    weight: int
    do: Do
    options: dict[str, Any]
    actor: str


def table(actor: str, *rows: tuple[Any, ...]) -> tuple[Verb, ...]:
    """An actor's verbs from rows of name, weight, function and, where there are any, options."""
    return tuple(Verb(row[0], row[1], row[2], row[3] if len(row) > 3 else {}, actor) for row in rows)
