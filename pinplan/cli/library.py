"""``pinplan explain``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pinplan.cli.common import Common, command

if TYPE_CHECKING:
    from pinplan.history.status import Past
    from pinplan.model.pins import Pin


@command
def explain(
    *,
    common: Common,
    name: Annotated[
        str, typer.Argument(metavar="PIN|FILE", help="A pin's id or page, an address, or a file of the library.")
    ],
    since: Annotated[
        Path | None,
        typer.Option("--since", metavar="DIR", help="Show what changed in the pin since these saved snapshots."),
    ] = None,
) -> None:
    """Show why a pin or a file is what it is.

    What is recorded, what was done, what the next plan would do.
    """
    from msgspec.structs import replace

    from pinplan.build_plan import look
    from pinplan.errors import ConfigError
    from pinplan.errors.suggestions import suggestion
    from pinplan.events import silent
    from pinplan.history.status import past_of
    from pinplan.pipeline import decide
    from pinplan.reconcile.match import FileSides
    from pinplan.render.why import about, why_lines
    from pinplan.wiring.open_library import looking, open_library, request_of

    config = common.load()
    wanted = _inside(name, config.library)
    with (
        looking(config.library, "explain") as look_only,
        open_library(config, silent if common.out.json else common.out.event, look_only=look_only) as outside,
    ):
        request = request_of(config)
        snapshots = look(outside, request)
        moved = FileSides(snapshots.local, snapshots.base, request.policies.template).moved()
        past = past_of(outside.state, wanted, moved)
        made = decide(snapshots, request, created_at="")
        then = _pin_then(since, past, wanted) if since else None
    common.out.finish()
    found = about(wanted, past, snapshots, made, then, moved)
    if not found.known:
        raise ConfigError(
            [f"{name}: no pin or file is known by this name; look for it with: {suggestion('find', name)}"],
            [("find", name)],
        )
    if common.out.json:
        common.out.document(found)
    else:
        common.out.lines(why_lines(replace(found, findings=common.run.findings(found.findings))))


def _inside(name: str, library: Path) -> str:
    """A file that was named from the current folder, as a path in the library; a pin's page as its id; anything else as it is."""
    from pinplan.model.addresses import pin_id_in

    pin_id = pin_id_in(name)
    if pin_id is not None:
        return pin_id
    here = Path.cwd() / name
    root = library.absolute()
    return here.relative_to(root).as_posix() if here.exists() and here.is_relative_to(root) else name


def _pin_then(folder: Path, past: Past, name: str) -> Pin | None:
    """The pin in saved snapshots. Raises `ConfigError` if it is not in them."""
    from pinplan.errors import ConfigError
    from pinplan.model.ids import PinId
    from pinplan.snapshot.saved import load_snapshots

    ids = {record.pin_id for record in past.tracked} or {PinId(name.rpartition("/")[2])}
    pins = (pin for board in load_snapshots(folder).remote.boards for pin in board.pins)
    found = next((pin for pin in pins if pin.id in ids), None)
    if found is None:
        raise ConfigError([f"{folder}: the saved snapshots do not have {name}"])
    return found
