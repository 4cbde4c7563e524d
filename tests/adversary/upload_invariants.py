"""What must hold of pictures that become pins: nothing else is published, and nothing twice."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from tests.adversary.invariants import Found, invariant
from tests.adversary.place_invariants import real_id

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from tests.adversary.stage import Ran, Stage


_TOUR = re.compile(r"tour \d+-[0-5]\.jpg$")
PUBLISHES = {"upload", "upload_carousel", "upload_video", "post"}


def _named(stage: Stage, ran: Ran, action: dict[str, Any]) -> Iterator[str]:
    """The pictures that an action names."""
    if action["kind"] == "post":
        yield from (stage.oracle.made[file["sha256"]].picture for file in action["files"])
        return
    expected = action["expect"] if isinstance(action["expect"], list) else [action["expect"]]
    for path in (one["path"] for one in expected):
        seen = ran.before.files.get(path)
        if seen is not None:
            yield stage.oracle.of_file(path, seen).picture


@invariant("published-is-planned", "No picture is published that the plan does not name, with its title and its board.")
def published_is_planned(stage: Stage, ran: Ran) -> Found:
    uploads = [action for action in ran.actions if action["kind"] in PUBLISHES]
    created = [write.created for write in ran.writes if write.created]
    for pin_id in created if ran.applies and not any(one["kind"] == "create_pin" for one in ran.actions) else ():
        pin = ran.after.pins.get(pin_id)
        if pin is None:
            continue  # a person deleted it in the same moment
        named = [
            one
            for one in uploads
            if (one["pin"].get("title"), real_id(stage, one["board_id"])) == (pin.title, pin.board)
        ]
        shown = {picture for one in named for picture in _named(stage, ran, one)}
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
    if any(action["kind"] in PUBLISHES for action in ran.actions) and not config.get("upload", {}).get("own_content"):
        yield "", "an upload is planned, but own_content is not set"


@invariant(
    "series-is-complete",
    "Names make one pin only where the config says so, and then only a complete series; no part of one is a pin.",
)
def series_is_complete(stage: Stage, ran: Ran) -> Found:
    by_names = stage.story.setup["config"].get("upload", {}).get("carousels") == "names"
    for action in ran.actions if ran.command == "plan" else ():
        if action["kind"] == "upload_carousel":
            paths = [one["path"] for one in action["expect"]]
            if f"{paths[0].rpartition('/')[0]}/.pin" in ran.before.files:
                continue
            title = f"{paths[0].rpartition('-')[0]}-"
            if not by_names:
                yield "unasked", f"{paths} become one pin, and the config does not say so"
            elif [path.rpartition(".")[0] for path in paths] != [f"{title}{n}" for n in range(1, len(paths) + 1)]:
                yield "gap", f"{paths} become one pin"
            elif any(re.fullmatch(rf"{re.escape(title)}\d+\.jpg", path) for path in {*ran.before.files} - {*paths}):
                yield "part", f"{paths} become one pin, and there are more of them"
        elif action["kind"] == "upload" and by_names and _TOUR.search(action["expect"]["path"]):
            yield "alone", f"{action['expect']['path']} becomes a pin of its own"


@invariant("video-is-planned", "A pin shows a video where the plan says so, with its own cover, and nowhere else.")
def video_is_planned(stage: Stage, ran: Ran) -> Found:
    videos = [action for action in ran.actions if action["kind"] == "upload_video"]
    for action in videos if ran.command == "plan" else ():
        stems = {path.rpartition(".")[0] for path in (action["cover"]["source"], action["video"]["source"])}
        if len(stems) > 1:
            yield "cover", f"{action['video']['source']} gets the cover {action['cover']['source']}"
    for action in ran.actions if ran.command == "plan" else ():
        path = action["expect"]["path"] if action["kind"] == "upload" else ""
        if f"{path.rpartition('.')[0]}.mp4" in ran.before.files:
            yield "alone", f"{path} becomes a pin of its own, and is the cover of a video"
    for write in ran.writes:
        pin = ran.after.pins.get(write.created)
        if pin is not None and pin.video is not any(one["pin"].get("title") == pin.title for one in videos):
            yield "unplanned", f"pin {write.created} {'shows a video' if pin.video else 'shows no video'}"


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


@invariant("not-kept-stays-away", "What was posted without keeping a file is not downloaded, unless it is asked for.")
def not_kept_stays_away(stage: Stage, ran: Ran) -> Found:
    if stage.notes.get("state touched") or "--restore" in ran.argv:
        return
    for action in ran.actions:
        fetched = action["kind"] == "download" and not action.get("before")
        if ran.command == "plan" and fetched and action["pin_id"] in stage.not_kept:
            yield "", f"pin {action['pin_id']} was posted without keeping a file, and is downloaded"
