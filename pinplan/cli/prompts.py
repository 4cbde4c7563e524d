"""Questions to a person at the terminal."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from pinplan.errors import Declined

if TYPE_CHECKING:
    from pinplan.cli.common import Common


def is_interactive(common: Common, *, no_input: bool = False) -> bool:
    """Whether a person can be asked."""
    # CI systems often attach a pseudo-terminal on which nobody types.
    return not (no_input or common.out.json or os.environ.get("CI")) and sys.stdin.isatty()


def confirm(question: str, answer: str = "yes", *, to: str = "continue") -> None:
    """Ask, and require exactly this answer. Raises `Declined`."""
    try:
        typed = input(f'{question} Type "{answer}" to {to}: ')
    except EOFError:  # Ctrl-D
        sys.stdout.write("\n")
        raise Declined("no answer was given") from None
    if typed.strip() != answer:
        raise Declined(f'the answer was not "{answer}"')
