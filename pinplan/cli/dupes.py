"""``pinplan dupes``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pinplan.cli.common import Common, command
from pinplan.errors import ConfigError

if TYPE_CHECKING:
    from pinplan.model.alike import Tier
    from pinplan.twins import TwinReport

MARK = "mark-different"


@command
def dupes(
    *,
    common: Common,
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar=f"[DIR | {MARK} A B]",
            help=f"Any folder, no library needed; or “{MARK}” and two pin ids or files that are no duplicates.",
            show_default=False,
        ),
    ] = None,
    tier: Annotated[str | None, typer.Option("--tier", help="Only exact or confirmed ones.")] = None,
    similar: Annotated[
        bool, typer.Option("--similar", help="Also what is only similar; it is never acted on.")
    ] = False,
    mirrored: Annotated[bool, typer.Option("--mirrored", help="Also mirror images, as similar ones.")] = False,
    board: Annotated[
        str | None, typer.Option("--board", metavar="NAME", help="Only files below this folder, with * and ?.")
    ] = None,
    show_all: Annotated[bool, typer.Option("--all", help="Show every group.")] = False,
) -> None:
    """Show files that show the same picture; of the library, or of any folder.

    Nothing is changed. What a plan does about them: [dedupe] in pinplan.toml.
    """
    import msgspec

    from pinplan.render.twins import twin_lines

    named = list(words or [])
    if named[:1] == [MARK]:
        _mark(common, named[1:])
        return
    if len(named) > 1:
        raise ConfigError([f"dupes takes one folder, not {len(named)}"])
    tiers = _tiers(tier, similar=similar or mirrored)
    report = (
        _of_folder(common, Path(named[0]), tiers, board, mirrored=mirrored)
        if named
        else _of_library(common, tiers, board, mirrored=mirrored)
    )
    common.out.finish()
    if common.out.json:
        common.out.raw(msgspec.json.encode(report) + b"\n")
    else:
        common.out.lines(twin_lines(report, everything=show_all))


def _tiers(text: str | None, *, similar: bool) -> frozenset[Tier]:
    from pinplan.model.alike import Tier

    if text is not None and text not in set(Tier):
        raise ConfigError([f"--tier {text}: expected one of {', '.join(Tier)}"])
    chosen = {Tier(text)} if text is not None else {Tier.EXACT, Tier.CONFIRMED}
    return frozenset(chosen | ({Tier.SIMILAR} if similar else set()))


def _of_library(common: Common, tiers: frozenset[Tier], board: str | None, *, mirrored: bool) -> TwinReport:
    from pinplan.dedupe.faces import ImageFaces
    from pinplan.disk.images import quiet_pillow
    from pinplan.reconcile.scope import names
    from pinplan.snapshot.alike import LookedAt
    from pinplan.twins import twins_in
    from pinplan.wiring import locked, open_tree

    config = common.load()
    quiet_pillow()
    with locked(config.library, "dupes"), open_tree(config.library) as (library, state):
        files = [
            LookedAt(path=record.path, sha256=record.sha256, heap="")
            for record in state.base().tracked
            if (board is None or names(board, record.path, record.pin_id)) and library.stat(record.path) is not None
        ]
        return twins_in(
            files,
            state,
            ImageFaces(),
            library.read,
            common.out.event,
            tiers=tiers,
            order=config.settings.dedupe.keep,
            mirrored=mirrored,
        )


def _of_folder(
    common: Common, folder: Path, tiers: frozenset[Tier], board: str | None, *, mirrored: bool
) -> TwinReport:
    from pinplan.dedupe.faces import ImageFaces
    from pinplan.disk.folder import PlainFolder
    from pinplan.disk.images import quiet_pillow
    from pinplan.reconcile.scope import names
    from pinplan.twins import twins_in
    from pinplan.wiring import faces_of_this_computer

    if not folder.is_dir():
        raise ConfigError([f"{folder}: there is no such folder"])
    quiet_pillow()
    with PlainFolder(folder) as opened, faces_of_this_computer() as state:
        files = [file for file in opened.images(common.out.event) if board is None or names(board, file.path, "")]
        return twins_in(files, state, ImageFaces(), opened.read, common.out.event, tiers=tiers, mirrored=mirrored)


def _mark(common: Common, named: list[str]) -> None:
    from pinplan.dedupe.faces import ImageFaces
    from pinplan.twins import mark_different
    from pinplan.wiring import locked, open_tree

    if len(named) != 2:
        raise ConfigError([f"dupes {MARK} takes two pin ids or files of the library, not {len(named)}"])
    config = common.load()
    with locked(config.library, "dupes"), open_tree(config.library) as (library, state):
        one, other = mark_different(named, state.base(), state, ImageFaces(), library.read)
    common.out.say(f"Remembered: {one} and {other} are no duplicates.")
