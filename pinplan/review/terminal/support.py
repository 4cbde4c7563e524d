"""Whether a terminal can show a review, without asking it: no bytes are sent to one that cannot."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Mapping

EXTRA = "textual"


def why_not(environment: Mapping[str, str], keyboard: TextIO | None, screen: TextIO | None) -> str:
    """Why there can be no review here; empty if there can be one.

    Args:
        environment: of the process.
        keyboard: where keys come from.
        screen: where it is drawn.
    """
    if find_spec(EXTRA) is None:
        return "--tui needs the package textual: pip install 'pinplan[tui]'"
    if keyboard is None or screen is None or not keyboard.isatty() or not screen.isatty():
        return (
            "--tui needs a terminal, but standard input or standard error is none; review without --tui, or show --html"
        )
    kind = environment.get("TERM", "")
    if kind in {"", "dumb", "unknown"}:
        return f"--tui needs a terminal that can move its cursor, but TERM is {kind or 'not set'}; review without --tui"
    if (screen.encoding or "").lower().replace("-", "") != "utf8":
        return f"--tui needs a terminal that shows UTF-8, but its encoding is {screen.encoding}; set LC_ALL=C.UTF-8"
    return ""
