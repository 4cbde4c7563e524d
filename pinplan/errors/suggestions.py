"""Commands suggested in messages.

The core writes the bare command and keeps its words beside the message; the CLI adds the --library, --config and --profile of this run (`pinplan.cli.invocation`).
"""

from __future__ import annotations

import os
import re
import shlex
import string
from collections.abc import Callable, Sequence

Command = tuple[str, ...]
"""The words of a command without ``pinplan``; words in capitals are placeholders."""

Suggest = Callable[..., str]
"""Formats the words of a command for a shell."""


def suggestion(*words: str) -> str:
    """The bare command, quoted for a shell."""
    return " ".join(map(_quoted, ("pinplan", *words)))


def _quoted(word: str) -> str:
    """A word for a shell; one with bytes that are not UTF-8 as ``$'…'``, which any output can show and a shell reads back."""
    if word.isascii() or not any("\udc80" <= character <= "\udcff" for character in word):
        return shlex.quote(word)
    plain = string.ascii_letters + string.digits + "/._-+=:,@"
    return "$'" + "".join(chr(byte) if chr(byte) in plain else f"\\x{byte:02x}" for byte in os.fsencode(word)) + "'"


def filled(text: str, commands: Sequence[Command], suggest: Suggest) -> str:
    """The text with each bare command replaced by ``suggest(*words)``."""
    if not commands:
        return text
    made = {suggestion(*words): suggest(*words) for words in commands}
    bare = "|".join(map(re.escape, sorted(made, key=len, reverse=True)))  # the longest first: one may begin another
    return re.sub(bare, lambda found: made[found[0]], text)
