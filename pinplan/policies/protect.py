"""Protection rules, which override every plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from pinplan.model.matching import names_board, selector

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pinplan.model.ids import BoardId, PinId


class Protect(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Rules that turn actions into ``blocked`` findings.

    Attributes:
        boards: names with ``*`` and ``?``, or ids: nothing of theirs is moved, replaced or deleted, on either side.
        pins: ids, the same for single pins.
        globs: paths below the library with ``*``, ``?`` and ``[…]`` (``*`` crosses ``/``), the same for files and their pins.
        kinds: kinds of actions that are never performed.
    """

    boards: tuple[str, ...] = ()
    pins: tuple[str, ...] = ()
    globs: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()


class Touched(Struct, frozen=True, kw_only=True):
    """The parts of an action that protection rules match.

    Attributes:
        paths: the files that it moves, replaces or deletes, or whose pin it deletes; empty for what only adds.
        deletes_pin: whether it deletes a pin, of which there need be no file.
    """

    kind: str
    board_id: BoardId
    board: str
    pin_id: PinId
    paths: Sequence[str]
    deletes_pin: bool = False


def why_protected(protect: Protect, touched: Touched) -> str | None:
    """The rule that forbids an action, in words; None if there is none."""
    # Before the path test: a protected kind is off even where it only adds.
    if touched.kind in protect.kinds:
        return f"the kind {touched.kind} is protected"
    # Additions are allowed on protected boards: they take nothing away.
    if not touched.paths and not touched.deletes_pin:
        return None
    if any(names_board(pattern, touched.board, touched.board_id) for pattern in protect.boards):
        return f"the board {touched.board} is protected"
    if touched.pin_id in protect.pins:
        return f"pin {touched.pin_id} is protected"
    for glob in protect.globs:
        hit = next((path for path in touched.paths if selector(glob).matches(path)), None)
        if hit is not None:
            return f"{hit} is protected by {glob}"
    return None
