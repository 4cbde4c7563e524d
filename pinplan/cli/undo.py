"""``pinplan undo``, ``trash`` and ``resolve``: take back, restore, and settle what a run left open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pinplan.cli.common import Common, command
from pinplan.cli.options import LockTimeoutOption, NoInputOption, OutOption, RefreshOption, ShowAllOption, allow_option
from pinplan.cli.prompts import confirm, is_interactive
from pinplan.errors import ConfigError, Declined
from pinplan.model.times import timestamp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pinplan.adapters import Adapters
    from pinplan.history.trash import InTrash
    from pinplan.model.creates import CreateRecord, PlaceRecord
    from pinplan.model.ids import PinId
    from pinplan.model.pins import Pin


@command
def undo(
    *,
    common: Common,
    run: Annotated[
        str | None, typer.Argument(metavar="[RUN]", help="The run to undo (default: the last one).", show_default=False)
    ] = None,
    out: OutOption = None,
    target: Annotated[
        list[str] | None,
        typer.Option("--target", metavar="ADDRESS", help="Undo only actions at this address; repeatable."),
    ] = None,
    allow: Annotated[list[str] | None, allow_option("local-deletes=75")] = None,
    refresh: RefreshOption = "auto",
    show_all: ShowAllOption = False,
    lock_timeout: LockTimeoutOption = "0s",
) -> int:
    """Plan the reverse of a run; apply that plan to undo it.

    Restores files from the trash, reverts moves and renames, deletes pins that were uploaded or posted, creates deleted pins again under
    a new id. A new board or section stays. Changes nothing by itself.
    """
    from pinplan.cli.options import check_plan_target, refresh_of
    from pinplan.cli.output import seconds
    from pinplan.cli.plan import present
    from pinplan.model.ids import RunId
    from pinplan.pipeline import make_undo
    from pinplan.plan.document import Scope
    from pinplan.reconcile.checks import parse_allowances
    from pinplan.wiring.open_library import locked, open_library, request_of

    check_plan_target(common, out)
    config = common.load()
    scope, allowed = Scope(targets=tuple(target or ())), parse_allowances(allow or [])
    request = request_of(config, scope=scope, allow=allowed, refresh=refresh_of(refresh))
    with (
        locked(config.library, "undo", seconds(lock_timeout)),
        open_library(config, common.out.event) as adapters,
    ):
        made = make_undo(adapters, request, RunId(run) if run is not None else None)
    return present(common, made, out, everything=show_all)


trash = typer.Typer(
    name="trash",
    help="List, restore or delete trashed files.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@trash.command("list")
@command
def list_(*, common: Common) -> None:
    """List the trash, run by run. Needs no network."""
    from pinplan.history.trash import TrashList, trash_of
    from pinplan.render.reports import trash_lines
    from pinplan.wiring.open_library import SystemClock, open_tree

    with open_tree(common.load().library) as (library, state):
        files = trash_of(library, state, SystemClock())
    if common.out.json:
        common.out.document(TrashList(files=tuple(files)))
    else:
        common.out.lines(trash_lines(files, common.run.command))


@trash.command()
@command
def restore(
    *,
    common: Common,
    wanted: Annotated[list[str], typer.Argument(metavar="NAME…", help="Original paths, with * and ?, or pin ids.")],
    out: OutOption = None,
    allow: Annotated[list[str] | None, allow_option("local-deletes=75")] = None,
) -> int:
    """Plan to restore files from the trash, and their deleted pins. Changes nothing by itself."""
    from pinplan.cli.options import check_plan_target
    from pinplan.cli.plan import present
    from pinplan.pipeline import make_restore
    from pinplan.reconcile.checks import parse_allowances
    from pinplan.wiring.open_library import locked, open_library, request_of

    check_plan_target(common, out)
    config = common.load()
    request = request_of(config, allow=parse_allowances(allow or []))
    with locked(config.library, "trash restore"), open_library(config, common.out.event) as adapters:
        made = make_restore(adapters, request, wanted)
    return present(common, made, out)


@trash.command()
@command
def empty(
    *,
    common: Common,
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME…]", help="Only these original paths or runs.", show_default=False),
    ] = None,
    older_than: Annotated[
        int | None,
        typer.Option("--older-than", metavar="DAYS", min=0, help="Minimum age (default: [library] trash_days)."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Skip the prompt.")] = False,
) -> None:
    """Permanently delete old files from the trash.

    Deleted files cannot be restored, and their deleted pins cannot be created again.
    """
    from pinplan.history import trash as rooms
    from pinplan.render.text_safety import plural, size
    from pinplan.wiring.open_library import SystemClock, locked, open_tree

    config = common.load()
    days = config.settings.library.trash_days if older_than is None else older_than
    clock = SystemClock()
    with locked(config.library, "trash empty"), open_tree(config.library) as (library, state):
        # Before the prompt: a damaged log must stop the command before a person confirms anything.
        state.audit.settle()
        # Selected under the lock that the deletion holds: no run can need a file in between.
        files = rooms.to_empty(rooms.trash_of(library, state, clock), days=days, wanted=names or ())
        if not files:
            common.out.say(f"Nothing in the trash is {plural(days, 'day')} old.")
            common.out.document(rooms.TrashEmptied(older_than_days=days))
            return
        if not yes:
            _ask(common, files)
        count = rooms.empty(library, state, clock, files)
    gone = sum(file.size for file in files)
    common.out.document(rooms.TrashEmptied(older_than_days=days, files=tuple(files), bytes=gone))
    common.out.say(f"{plural(count, 'file')} permanently deleted, {size(gone)}.")


def _ask(common: Common, files: Sequence[InTrash]) -> None:
    from pinplan.render.reports import trash_lines
    from pinplan.render.text_safety import plural

    common.out.lines(trash_lines(files, common.run.command))
    wanted = f"delete {plural(len(files), 'file')}"
    # Unlike an apply, nothing brings these files back: --yes has to be typed.
    if not is_interactive(common):
        raise Declined("approval required, but no terminal is attached: use --yes to delete these files permanently")
    confirm("These files will be permanently deleted.", wanted)


@command
def resolve(
    *,
    common: Common,
    run: Annotated[str, typer.Argument(metavar="RUN", help="Run id from the plan.")],
    action: Annotated[str, typer.Argument(metavar="ACTION", help="Action id from the plan.")],
    pin: Annotated[str | None, typer.Option("--is", metavar="PIN", help="The created pin, board or section.")] = None,
    none: Annotated[bool, typer.Option("--none", help="Nothing was created; allows a retry.")] = False,
    auto_approve: Annotated[bool, typer.Option("--auto-approve", help="Skip the prompt.")] = False,
    no_input: NoInputOption = False,
    lock_timeout: LockTimeoutOption = "0s",
) -> None:
    """Resolve an unconfirmed create: name what was created, or none.

    A create is unconfirmed if Pinterest's response was lost and no listing shows it. Nothing is sent again
    until a plan finds it or this command resolves it. Check on Pinterest first. The resolution is recorded in the audit log.
    """
    from pinplan.apply.creates import unconfirmed_create
    from pinplan.apply.places import unconfirmed_place
    from pinplan.cli.documents import CreateResolved
    from pinplan.cli.output import seconds
    from pinplan.model.creates import PlaceRecord
    from pinplan.model.ids import ActionId, RunId
    from pinplan.wiring.open_library import locked, open_library

    # Exactly one of the two.
    if (pin is None) is not none:
        raise ConfigError(["use either --is PIN or --none"])
    config = common.load()
    with (
        locked(config.library, "resolve", seconds(lock_timeout)),
        open_library(config, common.progress) as adapters,
    ):
        # As above: the resolution must be recordable before it is asked for.
        adapters.state.audit.settle()
        place = unconfirmed_place(adapters.state.places, RunId(run), ActionId(action))
        record = place or unconfirmed_create(adapters.state.creates, RunId(run), ActionId(action))
        created = _id_named(pin) if pin is not None else None
        # Looks at Pinterest first: a mistyped id would be recorded for ever.
        question = _question(common, adapters, record, created)
        if not auto_approve:
            if not is_interactive(common, no_input=no_input):
                raise Declined("approval required, but no terminal is attached: use --auto-approve")
            confirm(question)
        at = timestamp(adapters.clock.now())
        if isinstance(record, PlaceRecord):
            adapters.state.resolve_place(record, created, at)
        else:
            adapters.state.resolve(record, created, at)
    common.out.document(CreateResolved(run=record.run, action=record.action, created=created))
    if created is None:
        common.out.say("Recorded: nothing was created. Apply the same plan again, or make a new one.")
    elif place is not None:
        common.out.say(f"Recorded: {place.thing} {created} was created. The next plan uses it.")
    else:
        common.out.say(f"Recorded: pin {created} was created. The next plan restores its files.")


def _id_named(text: str) -> PinId:
    from pinplan.model.pins import pin_id_in

    found = pin_id_in(text)
    if found is None:
        raise ConfigError([f"--is {text!r:.60}: not a pin; give its id, or the address of its page"])
    return found


def _question(common: Common, adapters: Adapters, record: CreateRecord | PlaceRecord, created: PinId | None) -> str:
    """Check Pinterest again, then build the question to confirm."""
    from pinplan.apply.creates import check_nothing_is_listed, pin_that_may_be
    from pinplan.apply.places import check_place
    from pinplan.model.creates import PlaceRecord

    if isinstance(record, PlaceRecord):
        check_place(adapters.remote, record, created)
        if created is None:
            return f"If the {record.thing} exists after all, the next attempt may create another. Was nothing created?"
        return f"Did action {record.action} of run {record.run} create {record.thing} {created}?"
    creates = adapters.state.creates
    if created is None:
        check_nothing_is_listed(
            adapters.remote, adapters.images, adapters.library, adapters.fingerprinter, creates, record
        )
        return "If the pin exists after all, the next attempt creates a duplicate. Was nothing created?"
    found = pin_that_may_be(adapters.remote, creates, record, created)
    _show(common, record, found)
    return f"Did action {record.action} of run {record.run} create pin {created}?"


def _show(common: Common, record: CreateRecord, pin: Pin) -> None:
    from pinplan.apply.creates import differences
    from pinplan.render.text_safety import plain

    for difference in differences(record, pin):
        common.out.note(plain(difference), "yellow")
