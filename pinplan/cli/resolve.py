"""``pinplan resolve``."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from pinplan.cli.common import Common, command
from pinplan.errors import ConfigError, Declined
from pinplan.model.times import timestamp

if TYPE_CHECKING:
    from pinplan.adapters import Outside
    from pinplan.model.creates import CreateRecord
    from pinplan.model.ids import PinId
    from pinplan.model.pins import Pin


@command
def resolve(
    *,
    common: Common,
    run: Annotated[str, typer.Argument(metavar="RUN", help="The run, as the plan names it.")],
    action: Annotated[str, typer.Argument(metavar="ACTION", help="The action, as the plan names it.")],
    pin: Annotated[str | None, typer.Option("--is", metavar="PIN", help="This pin is what was created.")] = None,
    none: Annotated[bool, typer.Option("--none", help="Nothing was created; it may be tried again.")] = False,
    auto_approve: Annotated[bool, typer.Option("--auto-approve", help="Do not ask.")] = False,
    no_input: Annotated[bool, typer.Option("--no-input", help="Never ask; what needs an answer is declined.")] = False,
    lock_timeout: Annotated[
        str, typer.Option("--lock-timeout", metavar="TIME", help="How long to wait for the lock, e.g. 30s.")
    ] = "0s",
) -> None:
    """Say what came of an unconfirmed create: a pin, or nothing.

    A create is unconfirmed when Pinterest's answer was lost and no listing shows the pin. Nothing is sent again until a plan finds
    the pin or this command ends it. Look at the board on Pinterest first. The answer goes to the audit log.
    """
    from pinplan.cli.documents import CreateResolved
    from pinplan.cli.times import seconds
    from pinplan.model.ids import ActionId, RunId
    from pinplan.resolve import unconfirmed_create
    from pinplan.wiring.open_library import locked, open_library

    if (pin is None) is not none:
        raise ConfigError(["give either --is PIN or --none"])
    config = common.load()
    with (
        locked(config.library, "resolve", seconds(lock_timeout)),
        open_library(config, common.progress) as outside,
    ):
        outside.state.audit.settle()
        record = unconfirmed_create(outside.state.creates, RunId(run), ActionId(action))
        created = _pin_named(pin) if pin is not None else None
        question = _question(common, outside, record, created)
        if not auto_approve:
            _ask(question, no_input=no_input or common.out.json)
        outside.state.resolve(record, created, timestamp(outside.clock.now()))
    common.out.document(CreateResolved(run=record.run, action=record.action, created=created))
    if created is None:
        common.out.say("Recorded: nothing was created. Apply the same plan again, or make a new one.")
    else:
        common.out.say(f"Recorded: pin {created} was created. The next plan brings its files back.")


def _pin_named(text: str) -> PinId:
    from pinplan.model.addresses import pin_id_in

    found = pin_id_in(text)
    if found is None:
        raise ConfigError([f"--is {text!r:.60}: not a pin; give its id, or the address of its page"])
    return found


def _question(common: Common, outside: Outside, record: CreateRecord, created: PinId | None) -> str:
    """Look at Pinterest first; then what a person has to confirm."""
    from pinplan.resolve import check_nothing_is_listed, pin_that_may_be

    creates = outside.state.creates
    if created is None:
        check_nothing_is_listed(outside.remote, outside.images, outside.library, outside.faces, creates, record)
        return "If the pin is there after all, the next try creates it a second time. Was nothing created?"
    found = pin_that_may_be(outside.remote, creates, record, created)
    _show(common, record, found)
    return f"Did action {record.action} of run {record.run} create pin {created}?"


def _show(common: Common, record: CreateRecord, pin: Pin) -> None:
    from pinplan.render.text_safety import plain
    from pinplan.resolve import differences

    for difference in differences(record, pin):
        common.out.note(plain(difference), "yellow")


def _ask(question: str, *, no_input: bool) -> None:
    if no_input or not sys.stdin.isatty() or os.environ.get("CI"):
        raise Declined("approval required, but no terminal is attached: give --auto-approve")
    if input(f'{question} Type "yes" to go on: ').strip() != "yes":
        raise Declined('the answer was not "yes"')
