"""``--refresh``: how much is asked of Pinterest; shared by the commands that look at it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from pinplan.errors import ConfigError

if TYPE_CHECKING:
    from pinplan.snapshot.refresh import Refresh

WORDS = ("auto", "full", "none")

RefreshOption: TypeAlias = Annotated[
    str,
    typer.Option(
        "--refresh",
        metavar="auto|full|none",
        help="Ask Pinterest for boards that changed, for all, or for nothing (then nothing is deleted or moved).",
    ),
]


def refresh_of(text: str) -> Refresh:
    """What was asked for. Raises `ConfigError`."""
    from pinplan.snapshot.refresh import Refresh

    if text not in WORDS:
        raise ConfigError([f"--refresh {text}: expected one of {', '.join(WORDS)}"])
    return Refresh(text)
