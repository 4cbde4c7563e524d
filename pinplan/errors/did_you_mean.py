"""Suggestions for misspelled names."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_LONGEST = 60
"""difflib is quadratic: a pasted page would take minutes."""
_SHOWN = 10


def similar_names(text: str, names: Sequence[str]) -> str:
    """Message suffix for an unmatched name: up to three similar names, else the first ten."""
    by_key = {name.casefold(): name for name in names if name}
    wanted = text.casefold()
    # Board names are long, hence 200 here; there are at most a few hundred of them.
    near = difflib.get_close_matches(wanted[:200], by_key, n=3, cutoff=0.5)
    # difflib compares whole strings: "cats" would not find "Cats and other animals".
    near += [key for key in by_key if wanted and wanted in key and key not in near]
    if near:
        return f"; did you mean {' or '.join(by_key[key] for key in near[:3])}?"
    more = " …" if len(by_key) > _SHOWN else ""
    return f"; available: {', '.join(list(by_key.values())[:_SHOWN])}{more}" if by_key else ""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Message suffix for an unknown name: the nearest known name (case-insensitive), or all names."""
    words = {word.casefold(): word for word in map(str, known)}
    found = difflib.get_close_matches(name[:_LONGEST].casefold(), words, n=1, cutoff=0.5)
    return f"; did you mean {words[found[0]]}?" if found else f"; expected one of {', '.join(words.values()) or 'none'}"
