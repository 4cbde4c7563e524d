"""What must hold for the answers that a plan and the commands that look give: nothing that was seen is dropped, and all say the same."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from tests.adversary.invariants import Found, invariant
from tests.adversary.oracle import LINK

if TYPE_CHECKING:
    from tests.adversary.oracle import SeenPin
    from tests.adversary.stage import Ran, Stage

BESIDE = {"null item", "unlisted section", "unknown fields"}
"""Weather that spoils something of a listing, and leaves every pin of it readable."""
_SCOPES = ("--target", "--exclude")


def _a_plan(ran: Ran) -> bool:
    """Whether it is a plan over everything, that the machine let be made."""
    return (
        ran.command == "plan"
        and bool(ran.plan)
        and not ran.spoilt
        and not any(option in ran.argv for option in _SCOPES)
    )


def _in_good_time(stage: Stage) -> bool:
    """Whether listings are up to date."""
    return stage.network.lag._seconds == 0


@invariant("listed-is-planned", "A new pin that a listing holds is in the plan, whatever else the listing holds.")
def listed_is_planned(stage: Stage, ran: Ran) -> Found:
    if not _a_plan(ran) or set(ran.weather) - BESIDE or not _in_good_time(stage):
        return
    shown = Counter(picture for pin in ran.before.pins.values() for picture in pin.pictures)
    planned = {one.get("pin_id") for one in (*ran.actions, *ran.plan.get("findings", ()))}
    here = {stage.oracle.of_file(path, seen).picture for path, seen in ran.before.files.items()}
    for pin_id, pin in sorted(ran.before.pins.items()):
        alone = all(shown[picture] == 1 and picture not in here for picture in pin.pictures)
        asked = f"/boards/{pin.board}/pins" in ran.asked
        if asked and alone and _to_fetch(stage, pin_id, pin) and pin_id not in planned:
            yield (
                ran.weather[0] if ran.weather else "",
                f"pin {pin_id} is new and in the listing of its board, but not in the plan; weather: {ran.weather}",
            )


def _to_fetch(stage: Stage, pin_id: str, pin: SeenPin) -> bool:
    config = str(stage.story.setup["config"])
    if stage.left_out(pin_id, pin) or "on_new_pin" in config or "publish" in config:
        return False
    return pin_id not in stage.shown_once and not pin.video and pin.owner == stage.world.account.username


@invariant("short-is-said", "A listing that is shorter than Pinterest says is a finding of the plan.")
def short_is_said(stage: Stage, ran: Ran) -> Found:
    if not _a_plan(ran) or set(ran.weather) != {"short"} or not _in_good_time(stage):
        return
    for place in ran.places:
        board = place.split("/")[2]
        pins = sum(pin.board == board for pin in ran.before.pins.values())
        if pins and "Pinterest says" not in ran.out + str(ran.plan.get("findings")):
            yield "", f"{pins // 2} of the {pins} pins of board {board} were listed, and the plan does not say so"


@invariant(
    "smaller-is-planned", "For an image that was kept smaller because the best one failed, the best one is planned."
)
def smaller_is_planned(stage: Stage, ran: Ran) -> Found:
    if not _a_plan(ran) or not ran.calm or not _in_good_time(stage) or stage.notes.get("state touched"):
        return
    words = str(ran.plan.get("actions")) + str(ran.plan.get("findings"))
    for path, digest in stage.small_for_now.items():
        seen = ran.before.files.get(path)
        pin_id = next((name for name in ran.before.pins if name in path), "")
        if seen is None or seen.sha256 != digest or not pin_id:
            continue
        made, pin = stage.oracle.of_file(path, seen), stage.world.pins[pin_id]
        whole = stage.oracle.shown_by(pin.pictures[0]) if len(pin.pictures) == 1 else made
        if whole.picture == made.picture and made.detail < whole.detail and pin_id not in words:
            yield "", f"{path} has {made.detail} of {whole.detail} pixels, and the plan says nothing of it"


@invariant("spam-stops", "What Pinterest takes for spam ends writing: nothing is sent after it.")
def spam_stops(_stage: Stage, ran: Ran) -> Found:
    at = next((number for number, (_, weather) in enumerate(ran.sent) if weather == "spam"), None)
    if at is not None and ran.sent[at + 1 :]:
        yield "", f"after {ran.sent[at][0]} was taken for spam, {len(ran.sent) - at - 1} more were sent"


@invariant("one-answer", "A file that was only moved is missing for no command.")
def one_answer(stage: Stage, ran: Ran) -> Found:
    if ran.command != "verify" or ran.code is None:
        return
    there: dict[tuple[str, int], str] = {}
    for path, seen in ran.before.files.items():
        made = stage.oracle.of_file(path, seen)
        if made.how == "served":
            there.setdefault((made.picture, made.detail), path)
    for path in re.findall(r"^missing: (.+?): ", ran.out, re.MULTILINE):
        picture = stage.tracked_once.get(path)
        pin_id = next((name for name in ran.before.pins if name in path), None)
        moved = next((to for (shown, _), to in there.items() if shown == picture and pin_id and pin_id in to), None)
        if path not in ran.before.files and moved is not None:
            yield "verify", f"verify says that {path} is missing; it is at {moved}"


@invariant("whereabouts-known", "`status` and `explain` know where a file is that was only moved within the library.")
def whereabouts_known(stage: Stage, ran: Ran) -> Found:
    touched = stage.notes.get("state touched")
    if ran.command not in {"status", "explain"} or ran.code is None or touched or any(_links(ran)):
        return
    here = {
        (one.picture, path)
        for path, seen in ran.before.files.items()
        if (one := stage.oracle.of_file(path, seen)).how == "served"
    }
    places: dict[str, list[str]] = {}
    for picture, path in sorted(here):
        places.setdefault(picture, []).append(path)
    shown = Counter(picture for pin in ran.before.pins.values() for picture in pin.pictures)
    files = Counter(picture for picture, _ in here)
    tracked = Counter(stage.tracked_once.values())
    gone = [picture for picture, number in tracked.items() if files[picture] < number]
    missing = re.search(r"^Not here: ([\d,]+) file", ran.out, re.MULTILINE)
    if missing and int(missing[1].replace(",", "")) > 0 and not gone and stage.all_tracked_is_served(ran):
        yield "status", f"status says that {missing[1]} files are not here, but every one is"
    if ran.command == "explain" and ran.calm and ran.argv[1] in ran.before.pins and ran.code == 0:
        pin = ran.before.pins[ran.argv[1]]
        picture = pin.pictures[0]
        alone = len(pin.pictures) == 1 and shown[picture] == 1 and len(places.get(picture, ())) == 1
        old = any(path not in ran.before.files for path, one in stage.tracked_once.items() if one == picture)
        of_another = alone and _names_another(
            places[picture][0], ran.argv[1]
        )  # of two pins with the same bytes it is that one's
        if alone and old and not of_another and places[picture][0] not in ran.out:
            yield "explain", f"explain {ran.argv[1]} does not name {places[picture][0]}"


def _names_another(path: str, pin_id: str) -> bool:
    ids = re.findall(r"987\d{12}", path.rpartition("/")[2])
    return bool(ids) and pin_id not in ids


def _links(ran: Ran) -> list[str]:
    return [path for path, seen in ran.before.files.items() if seen.sha256.startswith(LINK)]


@invariant("smaller-is-said", "An apply that keeps a smaller image than there is says so.")
def smaller_is_said(stage: Stage, ran: Ran) -> Found:
    if not ran.applies or ran.code not in {0, 3} or "Applied" not in ran.out:
        return
    refused = {"HTTP 403", "HTTP 404", "HTTP 500"} & set(ran.weather)
    for path, seen in ran.after.files.items():
        made = stage.oracle.of_file(path, seen)
        fetched = (
            made.how == "served"
            and path not in ran.before.files
            and seen.sha256 not in {s.sha256 for s in ran.before.kept}
        )
        if fetched and refused and made.detail < stage.detail_there(made.picture) and "smaller size" not in ran.out:
            yield (
                "",
                f"{path} has {made.detail} of {stage.detail_there(made.picture)} pixels, and the apply does not say so",
            )


@invariant("scope-holds", "A plan for a part says nothing of pins of other parts.")
def scope_holds(stage: Stage, ran: Ran) -> Found:
    if ran.command != "plan" or "--target" not in ran.argv or not ran.plan:
        return
    name = ran.argv[ran.argv.index("--target") + 1]
    if name not in {board.name for board in stage.boards()}:
        return
    for finding in ran.plan.get("findings", ()):
        pin = ran.before.pins.get(finding.get("pin_id", ""))
        board = stage.world.boards.get(pin.board) if pin else None
        if board is not None and board.name != name and not _about(finding, stage, name):
            yield "", f"a plan for {name} tells of pin {finding['pin_id']} of {board.name}: {finding['kind']}"


def _about(finding: dict[str, str], stage: Stage, name: str) -> bool:
    """Whether it has to do with the board all the same: its file or its place there."""
    folder = finding.get("path", "").partition("/")[0]
    others = {board.name for board in stage.boards()} - {name}
    return not any(other == folder or finding["address"].startswith(f"{other}/") for other in others)


_IMAGE = r"\d{12,}(?:\]-\d)?"
"""The id of a pin in a name, with the slot."""


@invariant(
    "renamed-is-relocated",
    "A file with its recorded bytes that was only renamed in its folder is no finding: its place is recorded.",
)
def renamed_is_relocated(stage: Stage, ran: Ran) -> Found:
    for finding in ran.plan.get("findings", ()) if ran.command == "plan" else ():
        old, new = finding.get("path") or "", finding.get("moved_to") or ""
        seen = ran.before.files.get(new)
        if set(re.findall(_IMAGE, new)) - set(re.findall(_IMAGE, old)):
            continue  # the name of another image's file
        alone = seen is not None and [other.sha256 for other in ran.before.files.values()].count(seen.sha256) == 1
        if (
            finding["kind"] == "moved_locally"
            and seen is not None
            and alone
            and stage.recorded.get(old) == seen.sha256
            and old.rpartition("/")[0] == new.rpartition("/")[0]
        ):
            yield "", f"{new} is {old}, byte for byte and in the same folder, and the plan only reports it"
