"""Tokens and their metadata. None of these prints a secret (I27)."""

from __future__ import annotations

from typing import Any

from msgspec import Struct


class Secretive(Struct, frozen=True, kw_only=True):
    """Base of records with secrets: their text names the type and nothing else."""

    def __repr__(self) -> str:
        """Without any value."""
        return f"<{type(self).__name__}>"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """As `__repr__`; msgspec would give every field."""
        return []


class App(Secretive, frozen=True, kw_only=True):
    """An app registered at Pinterest, with the secret that its owner signs in with."""

    id: str
    secret: str


class Granted(Secretive, frozen=True, kw_only=True):
    """The answer of the token endpoint.

    Attributes:
        refresh_token: empty if there is none.
        scopes: empty if the answer does not name them.
        lives: validity of the access token, in seconds from the answer on; None if the answer does not state it.
        refresh_lives: the same for the refresh token.
        clock_ahead: seconds by which this computer's clock is ahead of the server's; 0 if the answer does not show it.
    """

    access_token: str
    refresh_token: str = ""
    scopes: tuple[str, ...] = ()
    lives: int | None = None
    refresh_lives: int | None = None
    clock_ahead: float = 0.0
