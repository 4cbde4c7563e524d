"""Commands that a text suggests.

The core knows the command, but not how this run was called: it writes the bare command into its text and yields the words beside
it, and who shows the text fills in the library, config and account of this run (`pinplan.cli.invocation`).
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Sequence

Command = tuple[str, ...]
"""The words of a command, without the leading ``pinplan``; words in capitals stand for what a person fills in."""

Suggest = Callable[..., str]
"""Makes of the words of a command what is typed in a shell."""


def suggestion(*words: str) -> str:
    """The bare command, quoted for a shell."""
    return shlex.join(("pinplan", *words))


def filled(text: str, commands: Sequence[Command], suggest: Suggest) -> str:
    """A text with its bare commands replaced by what ``suggest`` makes of them; nothing else of it is changed."""
    if not commands:
        return text
    made = {suggestion(*words): suggest(*words) for words in commands}
    bare = "|".join(map(re.escape, sorted(made, key=len, reverse=True)))  # the longest first: one may begin another
    return re.sub(bare, lambda found: made[found[0]], text)
