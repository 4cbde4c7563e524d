"""A word that does not exist, and the one that was probably meant."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def nearest(name: str, known: Iterable[str]) -> str:
    """The end of a sentence about an unknown name: the nearest known one, or all of them."""
    words = list(known)
    found = difflib.get_close_matches(name, words, n=1, cutoff=0.5)
    return f"; did you mean {found[0]}?" if found else f"; there is {', '.join(words) or 'nothing'}"
