"""What must hold for what pinplan says: every word, count and exit code is true."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.adversary.invariants import Found, invariant
from tests.adversary.network import TOKEN

if TYPE_CHECKING:
    from tests.adversary.oracle import Look
    from tests.adversary.stage import Ran, Stage

AGREE = "No changes. Library and Pinterest agree."
EXIT_CODES = {0, 1, 2, 3, 4, 5, 7, 8, 11, 12, 64, 130}


@invariant("no-traceback", "Never a traceback, never “this is a bug in pinplan”.")
def no_traceback(_stage: Stage, ran: Ran) -> Found:
    said = ran.crash or ran.out + ran.err
    if ran.crash or "Traceback (most recent call last)" in said or "this is a bug in pinplan" in said:
        kind = re.search(r"bug in pinplan: (\w+)", said)
        yield kind.group(1) if kind else "traceback", said[-600:]


@invariant("no-token", "The token is in no output.")
def no_token(_stage: Stage, ran: Ran) -> Found:
    if TOKEN in ran.out or TOKEN in ran.err:
        yield "", f"{' '.join(ran.argv)} says the token"


SPOILT = {"null item", "integer id", "same bookmark", "cut"}
"""Weather after which a board counts as not read to its end."""
SCOPED = {"--target", "--exclude", "--board"}


@invariant("exit-code", "Every exit code is one of those that are documented, and says what happened.")
def exit_code(_stage: Stage, ran: Ran) -> Found:
    if ran.code is None:
        return
    if ran.code not in EXIT_CODES:
        yield "unknown", f"{' '.join(ran.argv)} ended with {ran.code}"
    partly = "Applied in part" in ran.out
    if ran.applies and ran.code == 0 and partly:
        yield "in-part", "applied in part, with exit 0"
    spoilt = SPOILT & ran.hidden_by
    if ran.command == "plan" and ran.code in {0, 2} and spoilt and not SCOPED & set(ran.argv):
        yield "unread", f"exit {ran.code} although a listing could not be read to its end: {sorted(spoilt)}"
    died_of_disk = (
        ran.code == 7 and ran.spoilt
    )  # the state itself could not be written any more, in the middle of a run
    if ran.code in {4, 5, 7, 8, 11, 64} and not died_of_disk and ran.applies and "--auto-approve" not in ran.argv:
        moved = _paths(ran.before) != _paths(ran.after)
        if ran.writes or (moved and not partly):
            yield (
                "nothing-done",
                f"exit {ran.code} says that nothing was done; sent {ran.writes}, files changed: {moved}",
            )


def _paths(look: Look) -> dict[str, str]:
    return {path: seen.sha256 for path, seen in look.files.items()}


@invariant(
    "done-is-done",
    "What an apply says is done is done: exit 0 means every action, and “already applied” means that nothing was.",
)
def done_is_done(stage: Stage, ran: Ran) -> Found:
    if not ran.applies or ran.code != 0:
        return
    if "Already applied" in ran.out:
        if ran.writes or _paths(ran.before) != _paths(ran.after):
            yield "already", "already applied, but something was done"
        return
    if "--decisions" in ran.argv or "--kinds" in ran.argv or "declined" in ran.out:
        return
    for action in ran.actions:
        # Weather that answers 404 for a pin is all that pinplan can know of it.
        gone = any("404" in name for name in ran.weather)
        if action["kind"] == "delete_remote" and action["pin_id"] in ran.after.pins and not gone:
            yield "delete", f"pin {action['pin_id']} is there, but its delete is said to be done"
        path = (action.get("after") or {}).get("path") if isinstance(action.get("after"), dict) else None
        landed = path and any(
            one.startswith(path.rpartition(".")[0]) for one in ran.after.files
        )  # the bytes name the extension
        before = path in stage.placed  # by an earlier try; what became of it since is not this one's matter
        if action["kind"] in {"download", "copy_local"} and path and not landed and not before and ran.calm:
            yield "download", f"{path} is not there, but its download is said to be done"


@invariant("counts-true", "The counts of the closing line are what happened.")
def counts_true(_stage: Stage, ran: Ran) -> Found:
    said = re.search(r"Delete on Pinterest\s+(\d+)", ran.out)
    if (
        ran.applies and ran.plan and said and ran.code == 0
    ):  # a plan that is not known may have removed duplicates as well
        sent = len({write.deleted for write in ran.writes if write.deleted})
        gone = len(set(ran.before.pins) - set(ran.after.pins))
        if gone > sent or (int(said.group(1)) < sent and not any(a["kind"] == "dedupe" for a in ran.actions)):
            yield "deletes", f"the closing table says {said.group(1)} deletes, {sent} were sent"


@invariant("agree-is-true", "“Library and Pinterest agree” is said only where everything was seen and nothing differs.")
def agree_is_true(stage: Stage, ran: Ran) -> Found:
    if AGREE not in ran.out or "--target" in ran.argv or "--exclude" in ran.argv:
        return
    if "on_new_pin" in str(stage.story.setup["config"]):
        return  # what is ignored on purpose is no difference
    if ran.hidden:
        yield "unseen", f"said although of Pinterest not everything could be seen: {ran.weather}"
        return
    yield from _differences(stage, ran)


def _names_its_pin(path: str, picture: str, ran: Ran) -> bool:
    return any(
        picture in ran.before.pins[pin_id].pictures
        for pin_id in re.findall(r"\d{12,}", path)
        if pin_id in ran.before.pins
    )


def _differences(stage: Stage, ran: Ran) -> Found:
    shown = {path: stage.oracle.of_file(path, seen) for path, seen in ran.before.files.items()}
    # A picture of their own is a pin's file once its name has the id of a pin that shows it.
    posted = {path for path, made in shown.items() if made.how == "own" and _names_its_pin(path, made.picture, ran)}
    plainly = {made.picture for path, made in shown.items() if made.plainly or path in posted}
    # A plan trusts size and time (decision 5): other bytes under the same ones are for `verify` to find.
    quiet: dict[str, str] = stage.notes.get("quiet", {})
    plainly.update(quiet[seen.sha256] for seen in ran.before.files.values() if seen.sha256 in quiet)
    here = {seen.sha256 for seen in ran.before.files.values()}
    for pin_id, pin in sorted(ran.before.pins.items()):
        if stage.out_of_sight(pin) or stage.left_out(pin_id, pin) or pin_id in stage.accepted | stage.not_kept:
            continue
        missing = [picture for picture in pin.pictures if picture not in plainly]
        if missing and stage.taken_for.get(pin_id, set()) & here:
            continue
        if missing and pin.owner == stage.world.account.username:
            yield "missing", f"pin {pin_id} is on Pinterest, of {missing} there is no file"
            return
    there = {picture for pin in ran.before.pins.values() for picture in pin.pictures}
    if stage.network.lag._seconds:  # a listing may show what is gone already
        there.update(picture for shown in stage.shown_once.values() for picture in shown)
    gone = [
        (path, made.picture)
        for path, seen in sorted(ran.before.files.items())
        if (made := stage.oracle.of_file(path, seen)).how in {"served", "broken"}
        and made.picture not in there
        and "/" in path
        and not any(seen.sha256 in digests for digests in stage.taken_for.values())
    ]
    # What was undone, or whose state was lost, is a file that nobody tracks: no difference, but it has to be said.
    said = re.search(r"(\d+) untracked images? in the library", ran.out)
    if gone and (said is None or int(said.group(1)) < len(gone)):
        yield "gone", f"{gone[0][0]} shows {gone[0][1]}, which no pin shows any more"


@invariant(
    "well-is-true", "`verify` says that all is well only where every board could be read and every file is whole."
)
def well_is_true(stage: Stage, ran: Ran) -> Found:
    if ran.command != "verify" or ran.code != 0:
        return
    # A section that is not listed hides none of its pins; of a short listing all that is listed is well, and that it is short is said.
    # Of a pin that no listing shows and that was never fetched, only the number of pins can tell.
    counted = ran.hidden_by <= {"short", "unlisted pin"} and "short listing" in ran.out
    harmless = set(ran.weather) == {"unlisted section"} or counted
    if ran.hidden and "--offline" not in ran.argv and not harmless:
        yield "unseen", f"all is well, but not everything could be seen: {ran.weather}"
    broken = [
        path
        for path, seen in sorted(ran.before.files.items())
        if (made := stage.oracle.of_file(path, seen)).how == "broken" and stage.tracked_once.get(path) == made.picture
    ]
    # After a lost state they may be files that pinplan does not track: then it has to say how many it knows nothing of.
    said = re.search(r"(\d+) untracked images? in the library", ran.out)
    if broken and (said is None or int(said.group(1)) < len(broken)):
        yield "broken", f"all is well, but {broken[0]} is broken"


@invariant("audit-whole", "The audit log is whole, whatever died.")
def audit_whole(stage: Stage, ran: Ran) -> Found:
    touched = stage.notes.get("state touched") or stage.notes.get("history rewritten")
    if ran.argv[:2] == ("audit", "verify") and ran.code not in {0, 12, None} and not touched:
        yield "", f"audit verify ends with {ran.code}: {ran.out[-200:]}{ran.err[-200:]}"
