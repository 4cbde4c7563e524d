"""What must hold of pictures that become pins: nothing else is published, and nothing twice."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from tests.adversary.invariants import Found, invariant

if TYPE_CHECKING:
    from tests.adversary.stage import Ran, Stage


@invariant("published-is-planned", "No picture is published that the plan does not name, with its title and its board.")
def published_is_planned(stage: Stage, ran: Ran) -> Found:
    uploads = [action for action in ran.actions if action["kind"] == "upload"]
    created = [write.created for write in ran.writes if write.created]
    for pin_id in created if ran.applies and not any(one["kind"] == "create_pin" for one in ran.actions) else ():
        pin = ran.after.pins.get(pin_id)
        if pin is None:
            continue  # a person deleted it in the same moment
        named = [one for one in uploads if (one["pin"].get("title"), one["board_id"]) == (pin.title, pin.board)]
        shown = {
            stage.oracle.of_file(path, seen).picture
            for one in named
            if (seen := ran.before.files.get(path := one["expect"]["path"])) is not None
        }
        if not named:
            yield (
                "title",
                f"pin {pin_id}, {pin.title!r}, was created on board {pin.board}, which the plan does not name",
            )
        elif not set(pin.pictures) <= shown:
            yield "picture", f"pin {pin_id} shows {pin.pictures}, the plan names {shown}"


@invariant("published-by-consent", "Nothing is published where the config does not say that it may be.")
def published_by_consent(stage: Stage, ran: Ran) -> Found:
    config = stage.story.setup["config"]
    if any(action["kind"] == "upload" for action in ran.actions) and not config.get("upload", {}).get("own_content"):
        yield "", "an upload is planned, but own_content is not set"


@invariant("published-once", "Of one file no two pins are made.")
def published_once(stage: Stage, ran: Ran) -> Found:
    own = Counter(
        picture
        for pin_id, pin in ran.after.pins.items()
        if pin_id in stage.created or any(write.created == pin_id for write in ran.writes)
        for picture in pin.pictures
        if picture.startswith("own")
    )
    for picture, pins in own.items():
        files = sum(made.picture == picture and made.how != "saved" for made in stage.oracle.made.values())
        if pins > max(1, files):
            yield "", f"{picture} is shown by {pins} pins, and there was {files} file of it"
