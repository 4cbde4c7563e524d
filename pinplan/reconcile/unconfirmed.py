"""Creates of earlier runs whose answer was lost: reported by every plan, recorded once the pin is there (I29). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinplan.actions import ConfirmCreate
from pinplan.actions.expect import ExpectPin
from pinplan.actions.receipts import Confirmed
from pinplan.errors.suggestions import suggestion
from pinplan.plan.document import Finding, FindingKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pinplan.errors.suggestions import Command
    from pinplan.model.ids import PinId
    from pinplan.reconcile.plan_input import PendingCreate, World


def confirmations(world: World) -> Iterator[ConfirmCreate]:
    """Record every pin that was found."""
    tracked = {record.pin_id for record in world.base.tracked}
    for create in world.creates:
        if create.found is not None:
            yield _confirm(create, create.found, known=create.found in tracked)


def _confirm(create: PendingCreate, pin_id: PinId, *, known: bool) -> ConfirmCreate:
    home = create.home
    return ConfirmCreate(
        pin_id=pin_id,
        board_id=home.board_id,
        address=f"{home.container}/{pin_id}",
        reason="confirmed",
        expect=ExpectPin(pin_id=pin_id, board_id=home.board_id, section_id=home.section_id),
        confirms=Confirmed(run=create.run, action=create.action),
        after=home,
        files=() if known else create.files,  # a pin that was downloaded meanwhile has its files
    )


def unconfirmed(world: World) -> Iterator[Finding]:
    """Tell of every create of which it is not known whether it was carried out."""
    for create in world.creates:
        if create.found is None:
            is_pin, is_none = _settling(create)
            yield Finding(
                kind=FindingKind.UNCONFIRMED,
                address=create.address,
                pin_id=create.subject,
                message=f"may have been created by action {create.action} of run {create.run} at {create.begun_at}: its answer was lost, "
                "and no listing shows it. Nothing is sent again; every plan looks for it. "
                f"To end it: {suggestion(*is_pin)}, or where nothing was created: {suggestion(*is_none)}",
                commands=(is_pin, is_none),
            )


def _settling(create: PendingCreate) -> tuple[Command, Command]:
    """The commands by which a person ends a create."""
    words = ("resolve", create.run, create.action)
    return (*words, "--is", "PIN"), (*words, "--none")


def why_not_again(world: World, pin_id: PinId) -> str | None:
    """Why a deleted pin must not be created again; None if no create of it is pending."""
    create = next((one for one in world.creates if one.subject == pin_id), None)
    if create is None:
        return None
    if create.found is not None:
        return f"it was created again by run {create.run}, as pin {create.found}"
    return (
        f"it may have been created again by action {create.action} of run {create.run}, which is not confirmed yet; "
        "the finding unconfirmed has the command that ends that"
    )
