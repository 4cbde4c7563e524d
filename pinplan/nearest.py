"""A word that does not exist, and the one that was probably meant."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_LONGEST = 60
"""What somebody wrote may be a whole page."""


def nearest(name: str, known: Iterable[str]) -> str:
    """The end of a sentence about an unknown name: the nearest known one, in any case of letters, or all of them."""
    words = {word.casefold(): word for word in map(str, known)}
    found = difflib.get_close_matches(name[:_LONGEST].casefold(), words, n=1, cutoff=0.5)
    return f"; did you mean {words[found[0]]}?" if found else f"; there is {', '.join(words.values()) or 'nothing'}"
