"""Tokens and their metadata. None of these prints a secret (I27)."""

from __future__ import annotations

from typing import Any

from msgspec import Struct


class Secretive(Struct, frozen=True, kw_only=True):
    """Base of records with secrets in them: its text names the type and nothing else."""

    def __repr__(self) -> str:
        """Without any value."""
        return f"<{type(self).__name__}>"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """As `__repr__`; msgspec would give every field."""
        return []


class App(Secretive, frozen=True, kw_only=True):
    """An app that is registered at Pinterest, as its owner signs in with it."""

    id: str
    secret: str


class Granted(Secretive, frozen=True, kw_only=True):
    """What the token endpoint gives.

    Attributes:
        refresh_token: empty where there is none.
        scopes: empty where the answer does not say.
        lives: seconds from the answer on that the access token is good; None if the answer does not say.
        refresh_lives: the same for the refresh token.
        clock_ahead: seconds by which this computer's clock is ahead of the server's, as far as the answer tells.
    """

    access_token: str
    refresh_token: str = ""
    scopes: tuple[str, ...] = ()
    lives: int | None = None
    refresh_lives: int | None = None
    clock_ahead: float = 0.0
