"""The base of all errors, and the commands that a message suggests."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pinplan.errors.suggestions import Command


class PinplanError(Exception):
    """Base of all errors that pinplan raises on purpose."""

    def __init__(self, message: str = "", commands: Sequence[Command] = ()) -> None:
        """Keep the commands that the message suggests (`pinplan.errors.suggestions`)."""
        self.commands = tuple(commands)
        super().__init__(message)

    def beside(self, name: str) -> str:
        """The message without ``name`` at its beginning, for a place that names the file or image already."""
        return str(self).removeprefix(f"{name}: ")
