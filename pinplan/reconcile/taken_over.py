"""Which words a pin that stays takes over from its duplicates before they go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from pinplan.model.pins import Words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pinplan.policies.duplicates import Merge


def taken_over(own: Words, others: Sequence[Words], names: Iterable[Merge]) -> Words:
    """Its own words, and for each that it lacks the first that another one has."""
    for name in names:
        if not getattr(own, name):
            own = replace(own, **{name: next((text for words in others if (text := getattr(words, name))), "")})
    return own


def only_new(before: Words, after: Words) -> Words:
    """The words that were taken over, and no others."""
    changed = {
        name: value for name in Words.__struct_fields__ if (value := getattr(after, name)) != getattr(before, name)
    }
    return Words(**changed)
