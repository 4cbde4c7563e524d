"""What must hold after every command, whatever happened before: one function each, with its name and its sentence.

A judge sees what the oracle saw before, between and after, what the command said, and the plan; it never asks pinplan.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.adversary.oracle import LINK, TRASH

if TYPE_CHECKING:
    from tests.adversary.oracle import Look, Made
    from tests.adversary.stage import Ran, Stage

CONFIRMED = 400 * 300
"""Pixels that a picture must have for the confirmed tier to know it again in a plain re-encode."""
CREATES = ("create_pin", "upload", "upload_carousel", "upload_video", "post")
DELETES = ("delete_remote", "dedupe")
LOOKS = {
    "plan",
    "undo",
    "verify",
    "status",
    "history",
    "explain",
    "dupes",
    "gallery",
    "show",
    "diff",
    "audit",
    "boards",
    "pins",
    "find",
    "whoami",
}
"""Commands that change neither side."""


class Broken(NamedTuple):
    """An invariant that does not hold.

    Attributes:
        name: of the invariant, then of the circumstance, behind a colon.
        message: what was seen.
    """

    name: str
    message: str


Found = Iterator[tuple[str, str]]
"""Circumstance and message of each breach."""
Judge = Callable[["Stage", "Ran"], Found]


class Invariant(NamedTuple):
    """A sentence, and who judges it."""

    name: str
    sentence: str
    judge: Judge


INVARIANTS: dict[str, Invariant] = {}
ACCUSATIONS = {
    "at-rest": "Without anything new, plans that are applied in full come to an end: the next one has nothing to do.",
    "undo-restores": "What was undone in full is as it was before.",
    "edited-plan-refused": "A plan that was edited after it was written does nothing.",
    "selector-selects": "A selector that matches nothing is refused with exit 64.",
    "history-anchored": "An audit log that was rewritten as a whole, with the state, is noticed.",
    "decisions-belong": "Decisions of another plan do nothing.",
    "different-stays": "What a person says is no duplicate is planned as none again.",
    "one-at-a-time": "While another pinplan is at work on a library, nothing is done to it.",
    "resolve-looks": "A person who says that nothing was created is not believed while the pin is listed.",
    "marker-needed": "Without its marker a folder is no library: nothing is planned.",
    "output-spares-files": "An option that names an output file never overwrites an image, the config or a file of pinplan's own.",
}
"""Invariants that a verb judges itself, because they are about several commands."""


def invariant(name: str, sentence: str) -> Callable[[Judge], Judge]:
    """Enter an invariant into the table."""

    def enter(judge: Judge) -> Judge:
        INVARIANTS[name] = Invariant(name, sentence, judge)
        return judge

    return enter


def judged(stage: Stage, ran: Ran) -> list[Broken]:
    """Everything that does not hold after a command."""
    return [
        Broken(f"{one.name}:{circumstance}" if circumstance else one.name, message)
        for one in INVARIANTS.values()
        for circumstance, message in one.judge(stage, ran)
    ]


# -- nothing is lost -----------------------------------------------------------------------------------------------------


@invariant(
    "bytes-kept",
    "Every file of the library is there or in the trash afterwards, byte for byte; the trash is emptied by nobody but its own command.",
)
def bytes_kept(_stage: Stage, ran: Ran) -> Found:
    kept = {seen.sha256 for seen in ran.after.kept}
    emptied = ran.argv[:2] == ("trash", "empty")
    before = list(ran.before.files.items()) + ([] if emptied else list(ran.before.trash.items()))
    for path, seen in before:
        if seen.sha256 not in kept and not (path.startswith(TRASH) and path.endswith(".json")):
            yield "trash" if path.startswith(TRASH) else "library", f"{path} is nowhere any more"


@invariant(
    "picture-kept",
    "Every picture that was in the library, in the trash or on the account can still be had there, with all its detail.",
)
def picture_kept(stage: Stage, ran: Ran) -> Found:
    emptied = ran.argv[:2] == ("trash", "empty")
    before, after = stage.oracle.held(ran.before, trash=not emptied), stage.oracle.held(ran.after)
    there = Counter(shown for pin in ran.before.pins.values() for shown in pin.pictures)
    for picture, detail in sorted(before.items()):
        now = after.get(picture, 0)
        least = stage.detail_there(picture) if there[picture] else detail
        if now < least:
            yield "lost" if not now else "worse", f"of {picture} there were {least} pixels, there are {now}"


@invariant("full-image-kept", "No pin is deleted before its whole image is in the library or in the trash.")
def full_image_kept(stage: Stage, ran: Ran) -> Found:
    for pin_id, look in ran.deleted:
        held = stage.oracle.held(look, account=False)
        for picture, detail in zip(look.pins[pin_id].pictures, look.pins[pin_id].details, strict=False):
            kept = held.get(picture, 0)
            if kept < detail and "HTTP 404" not in ran.weather:
                how = "less" if kept else "nothing"
                yield how, f"pin {pin_id} was deleted, of {picture} {kept} of {detail} pixels were kept"


@invariant(
    "file-is-there",
    "No pin is deleted whose picture is in the library in a file that shows it or carries its id, except as a duplicate of one that stays.",
)
def file_is_there(stage: Stage, ran: Ran) -> Found:
    kinds = {action.get("pin_id"): action["kind"] for action in ran.actions}
    planned = [pin_id for pin_id, kind in kinds.items() if kind == "delete_remote"] if ran.command == "plan" else []
    for pin_id, look in (*ran.deleted, *((pin_id, ran.before) for pin_id in planned if pin_id in ran.before.pins)):
        if pin_id in stage.created and _is_undone(ran, pin_id):
            continue  # the create is undone; its file may have been moved since, and stays
        pin = look.pins[pin_id]
        twin = _stays(stage, look, pin_id)
        kind = kinds.get(pin_id)
        for path, seen in sorted(look.files.items()):
            made = stage.oracle.of_file(path, seen)
            named = pin_id in path.rpartition("/")[2]
            sure = made.how != "saved" or made.detail >= CONFIRMED
            older = (seen.sha256, pin_id) in stage.beside  # its own file was here beside it, and was removed later
            closed = made.how == "opaque" and not older and _folder(path) in _folders_of(stage, pin_id)
            same = (made.plainly or closed) and sure and made.picture in pin.pictures
            if (same and not twin and not _of_another(stage, look, path, pin_id, made.picture)) or (
                named and kind != "dedupe" and not path.endswith((".xmp", ".json", ".txt"))
            ):
                yield (
                    _way(stage, made, pin.pictures),
                    f"pin {pin_id} was deleted, or is to be ({kind}), but {path} is {made.how} {made.picture}",
                )
                break
        behind = _behind_links(stage, look, pin_id)
        if not twin and kinds.get(pin_id) != "dedupe" and set(pin.pictures) & behind.keys():
            yield "behind a link", f"pin {pin_id} was deleted, but {behind[pin.pictures[0]]} shows it"


def _behind_links(stage: Stage, look: Look, pin_id: str) -> dict[str, str]:
    """Pictures that the library has behind a link in the place of a pin's file or folder, or named with its id, each with its place.

    Behind other links is outside the library: nobody looks there.
    """
    places = [path for path in stage.tracked_once if pin_id in path.rpartition("/")[2]]
    targets = [
        seen.sha256.removeprefix(LINK)
        for path, seen in look.files.items()
        if seen.sha256.startswith(LINK)
        and (pin_id in path or any(place == path or place.startswith(f"{path}/") for place in places))
    ]
    found = {}
    for path, seen in look.adapters.items():
        place = str(stage.elsewhere / path)
        if any(place == target or place.startswith(f"{target}/") for target in targets):
            found[stage.oracle.what(seen.sha256, stage.elsewhere / path).picture] = place
    return found


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _folders_of(stage: Stage, pin_id: str) -> set[str]:
    """Where files of a pin once were: a picture there that no program here can open may be one of them."""
    return {_folder(path) for path in stage.tracked_once if pin_id in path.rpartition("/")[2]}


def _of_another(stage: Stage, look: Look, path: str, pin_id: str, picture: str) -> bool:
    """Whether it is the file of another pin, by the id in its name, or by its bytes where that one's own place is empty; that pin shows the same, or
    a person accepted the file for it.

    One of two was removed then, and the other is no proof of it.
    """
    sha256 = look.files[path].sha256
    came_from = [place for place, recorded in stage.recorded.items() if recorded == sha256 and place not in look.files]
    claimed = {*_pins_in(path), stage.agreed.get(path, pin_id)}
    if not any(pin_id in _pins_in(place) for place in came_from):
        claimed.update(pin for place in came_from for pin in _pins_in(place))
    return any(
        picture in stage.shown_once.get(other, ()) or sha256 in stage.taken_for.get(other, ())
        for other in claimed - {pin_id}
    )


def _pins_in(path: str) -> list[str]:
    return re.findall(r"\d{12,}", path.rpartition("/")[2])


def _way(_stage: Stage, made: Made, shown: tuple[str, ...]) -> str:
    return made.how if made.picture in shown else "named"


def _stays(stage: Stage, look: Look, pin_id: str) -> bool:
    """Whether another pin with the same pictures stays, and a file of it that is no worse."""
    pin = look.pins[pin_id]
    others = [other for key, other in look.pins.items() if key != pin_id and set(pin.pictures) <= set(other.pictures)]
    held = stage.oracle.held(look, trash=False, account=False)
    return bool(others) and all(held.get(picture, 0) > 0 for picture in pin.pictures)


@invariant(
    "duplicate-is-same",
    "What is removed as a duplicate shows the same picture as what is kept, and what is kept is no worse.",
)
def duplicate_is_same(stage: Stage, ran: Ran) -> Found:
    pairs = [action for action in ran.actions if action["kind"] == "dedupe"]
    if ran.command == "plan":
        yield from _worse_is_kept(stage, ran, pairs)
    for action in pairs if ran.applies else ():
        loser = ran.before.pins.get(action["pin_id"])
        gone = loser is not None and (action["pin_id"] not in ran.after.pins)
        keeper = ran.after.pins.get(((action.get("keeper") or {}).get("pin") or {}).get("pin_id", ""))
        # After a lost state the id in a name is all that there is: what a person put under it is taken for the pin's.
        if stage.notes.get("state touched") or not (gone and loser is not None and keeper is not None):
            continue
        if loser.pictures != keeper.pictures:
            yield (
                "other picture",
                f"pin {action['pin_id']} ({loser.pictures}) was removed as a duplicate of one that shows {keeper.pictures}",
            )


def _paths_of_pair(action: dict[str, Any]) -> tuple[str, str]:
    """The file that is kept of two, and the one that is to go."""
    keeper = (action.get("keeper") or {}).get("file") or {}
    return keeper.get("path", ""), (action.get("before") or {}).get("path", "")


def _worse_is_kept(stage: Stage, ran: Ran, pairs: list[dict[str, Any]]) -> Found:
    table = stage.story.setup["config"].get("dedupe", {})
    if "reference" in table or "keep" in table:
        return  # a person's own order comes first
    quiet = stage.notes.get("quiet", {})  # the same size and time: a plan goes by these, an apply by the bytes
    for action in pairs:
        kept, lost = _paths_of_pair(action)
        both = kept in ran.before.files and lost in ran.before.files
        if both and ran.before.files[kept].sha256 not in quiet:
            made = [stage.oracle.of_file(path, ran.before.files[path]) for path in (kept, lost)]
            if made[0].detail * 2 < made[1].detail:  # what is only compressed anew counts as much
                yield (
                    "worse",
                    f"{kept} of {made[0].detail} pixels is to be kept, and {lost} of {made[1].detail} is to go",
                )


@invariant("keeper-stays", "No duplicate goes while the file that stands for it is not there.")
def keeper_stays(_stage: Stage, ran: Ran) -> Found:
    pairs = [action for action in ran.actions if action["kind"] == "dedupe"]
    for action in pairs if ran.applies and "--decisions" not in ran.argv else ():
        kept, lost = _paths_of_pair(action)
        went = lost in ran.before.files and lost not in ran.after.files
        if went and kept not in ran.before.files and kept not in ran.after.files:
            yield "", f"{lost} went as a duplicate of {kept}, which is not there"


# -- nothing else is touched ---------------------------------------------------------------------------------------------


def _is_undone(ran: Ran, name: str) -> bool:
    """Whether an undo concerns a path or a pin."""
    return any(action["reason"] == "undo" and name in str(action) for action in ran.actions)


def _asked_back(ran: Ran, path: str) -> bool:
    """Whether a file gives way to what a person asked for with ``--restore``, their changes or not."""
    wanted = [action for action in ran.actions if action["kind"] in {"replace", "download"} and path in str(action)]
    named = bool(ran.plan.get("scope", {}).get("restore"))
    by_name = {"better_size", "another_image"} if named else set()
    return any("restore" in action["reason"] or action["reason"] in by_name for action in wanted)


@invariant(
    "foreign-untouched",
    "No file that pinplan did not make is changed, moved or removed, but a companion that the plan names.",
)
def foreign_untouched(stage: Stage, ran: Ran) -> Found:
    named = str(ran.plan)
    kept = {seen.sha256 for seen in ran.after.kept}
    here = {seen.sha256 for seen in ran.after.files.values()}
    for path, seen in ran.before.files.items():
        made = stage.oracle.of_file(path, seen)
        if made.how not in {"own", "film", "text", "edited", "valid", "link"} or ran.after.files.get(path) == seen:
            continue
        asked = made.how in {"edited", "valid", "own"} and _asked_back(ran, path)
        companion = made.how == "text" and path in named and seen.sha256 in kept
        # A move goes by size and time, as git and rclone do; the bytes stay in the library.
        taken = stage.is_taken(path, seen.sha256)
        # An upload whose undo gave the file its own name back and could not delete the pin yet: it still goes where the pin goes.
        with_pin = any(
            a["kind"] == "move_local"
            and a["expect"]["path"] == path
            and seen.sha256 in stage.taken_for.get(a["pin_id"], ())
            for a in ran.actions
        )
        moved = seen.sha256 in here and (taken or with_pin or (made.how in {"edited", "valid"} and path in named))
        # Whoever lost the state is asked by nobody: what has a pin's id in its name is that pin's file from then on.
        anew = (
            made.how in {"edited", "valid"}
            and stage.notes.get("state touched")
            and path in named
            and seen.sha256 in kept
        )
        # What an apply of pinplan's put there, as an undo did, its own undo takes away again.
        undone = stage.placed.get(path) == seen.sha256 and seen.sha256 in kept and _is_undone(ran, path)
        # What a plan took for a pin's file goes with that pin from then on.
        goes = any(a["kind"] == "delete_local" and a["expect"]["path"] == path for a in ran.actions)
        agreed = goes and made.how != "text" and taken and seen.sha256 in kept
        # An uploaded picture gets the name of its pin, and its own name back when that is undone.
        published = seen.sha256 in here and any(
            a["kind"] in {"upload", "upload_carousel", "upload_video", "confirm_create"} and path in str(a)
            for a in ran.actions
        )
        # A video goes with its cover, wherever that goes, and is never lost.
        along = made.how == "film" and path in named and (seen.sha256 in here or seen.sha256 in kept)
        if not any((asked, companion, moved, anew, undone, agreed, published, along)):
            yield made.how, f"{path} ({made.picture}) is not as it was"


@invariant("outside-untouched", "Nothing outside the library is changed.")
def outside_untouched(_stage: Stage, ran: Ran) -> Found:
    if ran.before.adapters != ran.after.adapters:
        yield "", f"{set(ran.before.adapters.items()) ^ set(ran.after.adapters.items())}"


@invariant(
    "looking-changes-nothing", "A command that only looks sends nothing but GET and changes no file of the library."
)
def looking_changes_nothing(_stage: Stage, ran: Ran) -> Found:
    saves = ran.command == "post" and "-o" in ran.argv
    if ran.command not in LOOKS and not saves and ran.argv[:2] not in {("trash", "list"), ("trash", "restore")}:
        return
    if ran.writes:
        yield "sent", f"{ran.argv[0]} sent {[(w.method, w.path) for w in ran.writes]}"
    before = dict(ran.before.files)
    after = {path: seen for path, seen in ran.after.files.items() if path in before or not _an_output(path, ran)}
    if before != after or ran.before.trash != ran.after.trash:
        changed = set(before.items()) ^ set(after.items()) or "the trash"
        yield "files", f"{' '.join(ran.argv)}: {changed}"


def _an_output(path: str, ran: Ran) -> bool:
    return any(word.endswith(path) for word in ran.argv)


@invariant("sent-is-planned", "Nothing is sent that the plan does not name, and nothing more often than it says.")
def sent_is_planned(stage: Stage, ran: Ran) -> Found:
    if not ran.plan:
        return
    pins = {
        action.get("pin_id")
        for action in ran.actions
        if action["kind"] in DELETES or action["kind"] in {"delete_local", "retire"}
    }
    words = str(ran.actions)
    for write in ran.writes:
        if write.deleted and write.deleted not in pins:
            yield "delete", f"pin {write.deleted} was deleted, which the plan does not name"
        if write.method == "PATCH" and write.path.rpartition("/")[2] not in words:
            yield "patch", f"{write.path} was changed, which the plan does not name"
    for pin_id, look in ran.deleted:
        pin = look.pins[pin_id]
        for action in ran.actions:
            if action["kind"] == "delete_remote" and action["pin_id"] == pin_id and action["board_id"] != pin.board:
                yield "elsewhere", f"pin {pin_id} was deleted in board {pin.board}, where the plan had not seen it"
    done = stage.applied.setdefault(ran.plan.get("digest", ""), {"created": 0})
    done["created"] += sum(bool(write.created) for write in ran.writes)
    wanted = sum(action["kind"] in CREATES for action in ran.actions)
    if done["created"] > wanted:
        yield "created-twice", f"{done['created']} pins were created by a plan that names {wanted}"


@invariant("limits-hold", "Nothing destructive goes beyond the limits, protection or decisions.")
def limits_hold(stage: Stage, ran: Ran) -> Found:
    config = stage.story.setup["config"]
    deleted = [pin_id for pin_id, _ in ran.deleted]
    allowed = ran.plan.get("allow") or {}
    most = config.get("limits", {}).get("max_remote_delete_count")
    if most is not None and len(deleted) > max(most, allowed.get("remote-deletes-count", 0)):
        yield "count", f"{len(deleted)} pins were deleted, the limit is {most}"
    protect = config.get("protect", {})
    for pin_id, look in ran.deleted:
        board = stage.world.boards.get(look.pins[pin_id].board)
        if board is not None and board.name in protect.get("boards", ()):
            yield "protected", f"pin {pin_id} of the protected board {board.name} was deleted"
        if pin_id in protect.get("pins", ()):
            yield "protected", f"the protected pin {pin_id} was deleted"
        if look.pins[pin_id].owner != stage.world.account.username:
            yield "of-others", f"pin {pin_id} is {look.pins[pin_id].owner}'s and was deleted"
        elif board is not None and board.owner != stage.world.account.username:
            yield "of-others", f"pin {pin_id} of {board.owner}'s board {board.name} was deleted"
    decided = stage.notes.get("decided")
    if decided and ran.applies and ran.plan.get("digest") == decided["plan"]:
        skipped = {action["pin_id"] for action in ran.actions if action["id"] in decided["skipped"]}
        approved = {action["pin_id"] for action in ran.actions if action["id"] not in decided["skipped"]}
        for pin_id in deleted:
            if pin_id in skipped - approved:
                yield "decisions", f"pin {pin_id} was deleted, but its action was skipped"


NO_IMAGES = {"one pixel", "half an image", "a page"}


@invariant("placeholder-refused", "What is no image of the pin's size never becomes its file.")
def placeholder_refused(stage: Stage, ran: Ran) -> Found:
    for path, seen in ran.after.files.items():
        made = stage.oracle.of_file(path, seen)
        if path not in ran.before.files and made.how == "placeholder" and made.picture in NO_IMAGES:
            yield "", f"{path} is {made.picture}"


def sentence_of(name: str) -> str:
    """The sentence of an invariant, by its name with or without a circumstance."""
    plain = name.partition(":")[0]
    known: Any = INVARIANTS.get(plain)
    return known.sentence if known else ACCUSATIONS.get(plain, "")
