"""End an unconfirmed create by a person's word, after a last look (I29)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinplan.creates import Recogniser
from pinplan.errors import ConfigError

if TYPE_CHECKING:
    from pinplan.dedupe.same_picture import Fingerprinter
    from pinplan.model.creates import CreateRecord
    from pinplan.model.ids import ActionId, PinId, RunId
    from pinplan.model.pins import Pin
    from pinplan.ports import ImageSource, Library, Remote
    from pinplan.records.creates import Creates


def unconfirmed_create(creates: Creates, run: RunId, action: ActionId) -> CreateRecord:
    """The create of an action. Raises `ConfigError`, which names those that are unconfirmed, if it is none of them."""
    pending = [record for record in creates.pending() if record.created is None]
    found = next((record for record in pending if (record.run, record.action) == (run, action)), None)
    if found is not None:
        return found
    known = ", ".join(f"{record.run} {record.action} ({record.address})" for record in pending)
    raise ConfigError(
        [f"action {action} of run {run} is not unconfirmed; " + (f"these are: {known}" if known else "nothing is")]
    )


def pin_that_may_be(remote: Remote, creates: Creates, record: CreateRecord, pin_id: PinId) -> Pin:
    """The pin that a person names for a create. Raises `ConfigError` if it cannot be the one, `RemoteError`, `AuthError`."""
    if pin_id in record.intent.before:
        raise ConfigError([f"pin {pin_id} was on its board before anything was sent; it is not what was created"])
    if pin_id in creates.created():
        raise ConfigError([f"pin {pin_id} was created by another action"])
    pin = remote.pin(pin_id)
    if pin is None:
        raise ConfigError([f"there is no pin {pin_id} on Pinterest"])
    return pin


def differences(record: CreateRecord, pin: Pin) -> list[str]:
    """In what a pin differs from what was sent, for the person who names it."""
    sent = record.intent.pin
    pairs = (
        ("board", sent.board_id, pin.board_id),
        ("section", sent.section_id, pin.section_id),
        ("title", sent.title, pin.title),
        ("description", sent.description, pin.description),
        ("link", sent.link, pin.link),
        ("alt text", sent.alt_text, pin.alt_text),
        ("number of images", str(len(record.intent.pictures)), str(len(pin.images))),
    )
    return [
        f"{name}: sent {one or '-'}, the pin has {other or '-'}"
        for name, one, other in pairs
        if (one or "") != (other or "")
    ]


def check_nothing_is_listed(
    remote: Remote,
    images: ImageSource,
    library: Library,
    fingerprinter: Fingerprinter | None,
    creates: Creates,
    record: CreateRecord,
) -> None:
    """Look a last time. Raises `ConfigError` if the pin is listed after all, `RemoteError`, `AuthError`."""
    pins = [pin for page in remote.pin_pages(record.intent.pin.board_id) for pin in page.pins]
    found = Recogniser(images, library, fingerprinter).find(record.intent, pins, creates.created())
    if found is not None:
        raise ConfigError([f"the pin was created: it is listed now, as {found}; the next plan records it"])
