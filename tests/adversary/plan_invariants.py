"""Further invariants, about what a plan may do at all, and about what is written down of it."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from tests.adversary.invariants import Found, invariant
from tests.adversary.oracle import OWN

if TYPE_CHECKING:
    from tests.adversary.oracle import Look
    from tests.adversary.stage import Ran, Stage

ADDS = ("download", "copy_local")
SENT = ("move_remote", "rename_board", "rename_section", "create_board", "create_section")
"""What changes Pinterest because of the library."""


def _is_undo(ran: Ran) -> bool:
    """Whether a plan reverses something: then it follows the run that it reverses, not the config."""
    return bool(ran.plan.get("undoes")) or any(action.get("reason") == "undo" for action in ran.actions)


def _first_time(stage: Stage, ran: Ran) -> bool:
    """Whether this is the first apply of a plan: a later one goes on, and what the first one did may be gone since."""
    number = len(stage.words)
    seen: dict[str, int] = stage.notes.setdefault("first applies", {})
    return seen.setdefault(ran.plan.get("digest", ""), number) == number


@invariant(
    "trashed-is-gone", "No file goes to the trash, or is planned to, because its pin is gone, unless it is gone."
)
def trashed_is_gone(_stage: Stage, ran: Ran) -> Found:
    if "HTTP 404" in ran.weather or _said_to_be_gone(ran):
        return
    for action in ran.actions:
        path = (action.get("expect") or {}).get("path") if action["kind"] == "delete_local" else None
        if not path or action.get("pin_may_stay") or action["pin_id"] not in ran.before.pins:
            continue
        if ran.command == "plan" and ran.code in {0, 2}:
            yield "planned", f"{path} is to go to the trash, but pin {action['pin_id']} is there"
        if ran.applies and path in ran.before.files and path not in ran.after.files:
            yield "done", f"{path} went to the trash, but pin {action['pin_id']} is there"


def _said_to_be_gone(ran: Ran) -> bool:
    """Whether Pinterest answered 404 for a pin that is there: that is all that pinplan can know of it."""
    return any(
        name == "404" and place.startswith("/pins/") for name, place in zip(ran.weather, ran.places, strict=True)
    )


@invariant(
    "deletes-come-last", "No pin of a board is deleted before everything that a plan adds to the board is there."
)
def deletes_come_last(stage: Stage, ran: Ran) -> Found:
    if not ran.applies or not _first_time(stage, ran) or "--decisions" in ran.argv:
        return  # who declines a download and approves a delete by name gets both
    boards = {action["pin_id"]: action.get("board_id") for action in ran.actions if action["kind"] != "create_pin"}
    for pin_id, look in ran.deleted:
        for action in ran.actions:
            wanted = action["kind"] in ADDS and action.get("board_id") == boards.get(pin_id)
            if wanted and not _is_there(action, look):
                yield "", f"pin {pin_id} was deleted while {action['after']['path']} was not there yet"
                return


def _is_there(action: dict[str, Any], look: Look) -> bool:
    stem = action["after"]["path"].rpartition(".")[0]
    return any(path.startswith(stem) for path in look.files)


@invariant("facts-kept", "No pin is deleted before its facts, as they are then, are in the trash.")
def facts_kept(stage: Stage, ran: Ran) -> Found:
    for pin_id, look in ran.deleted:
        kept = [path for path in look.trash if path.endswith(f"/{pin_id}.json")]
        if not kept:
            yield "nothing", f"pin {pin_id} was deleted, its facts are not in the trash"
            continue
        title = look.pins[pin_id].title or ""
        if ran.calm and all(_title_in(stage, path) not in {title, None} for path in kept):
            yield "old", f"pin {pin_id} is called {title!r}, what is kept of it says otherwise"


def _title_in(stage: Stage, path: str) -> str | None:
    try:
        return str(json.loads((stage.library / path).read_bytes()).get("title") or "")
    except (OSError, ValueError):
        return None


@invariant("target-holds", "Nothing is planned outside what --target names, or inside what --exclude does.")
def target_holds(stage: Stage, ran: Ran) -> Found:
    for option in ("--target", "--exclude"):
        if ran.command != "plan" or option not in ran.argv or ran.code not in {0, 2}:
            continue
        name = ran.argv[ran.argv.index(option) + 1]
        needed = {one for action in ran.actions for one in action.get("requires", ())} if option == "--target" else ()
        for action in (one for one in ran.actions if one["id"] not in needed):
            board = stage.world.boards.get(action["board_id"])
            named = board is not None and name in {board.name, action["pin_id"]}
            if board is not None and named is (option == "--exclude"):
                yield "", f"{' '.join(ran.argv)} plans {action['kind']} of {action['address']}"
                return


@invariant("mode-holds", "No mode deletes what it is to keep.")
def mode_holds(stage: Stage, ran: Ran) -> Found:
    config = stage.story.setup["config"]
    sync = config.get("sync", {})
    answers = {"on_missing_file", "on_gone_pin"} & set(sync)
    if ran.command != "plan" or "--mode" in ran.argv or "override" in config or answers:
        return
    keeping = {
        "archive": {"delete_remote", "delete_local", *SENT, "upload", "upload_carousel", "upload_video"},
        "mirror": {"delete_remote", *SENT, "upload", "upload_carousel", "upload_video"},
        "two-way": {"upload", "upload_carousel", "upload_video"},
        "publish": {"delete_local"},
    }
    kept = keeping.get(sync.get("mode", ""), set())
    for action in ran.actions:
        if action["kind"] in kept:
            yield sync["mode"], f"{sync['mode']} plans {action['kind']} of {action['address']}"
            return


@invariant("duplicates-as-configured", "Of duplicates only that goes which the config says, and only where it says.")
def duplicates_as_configured(stage: Stage, ran: Ran) -> Found:
    table = stage.story.setup["config"].get("dedupe", {})
    if ran.command != "plan":
        return
    for action in ran.actions:
        if action["kind"] != "dedupe":
            continue
        if action["remove"] != table.get("remove"):
            yield "remove", f"{action['address']}: {action['remove']}, the config says {table.get('remove')}"
        one = ran.before.pins.get(action["pin_id"])
        other = ran.before.pins.get(action["keeper"]["pin"]["pin_id"])
        if one and other and table.get("scope", "board") == "board" and one.board != other.board:
            yield "scope", f"{action['address']} is taken for a duplicate of one in another board"


@invariant("never-all-at-once", "No plan deletes every pin of a board unless that was allowed.")
def never_all_at_once(stage: Stage, ran: Ran) -> Found:
    if not ran.applies or any(name.startswith("remote-deletes") for name in ran.plan.get("allow") or {}):
        return
    gone = Counter(look.pins[pin_id].board for pin_id, look in ran.deleted)
    others = {action.get("board_id") for action in ran.actions if action["kind"] not in {"delete_remote", "download"}}
    for board, count in sorted(gone.items()):
        there = sum(pin.board == board for pin in ran.before.pins.values())
        if count == there and board not in others and board in stage.world.boards and not _is_undo(ran):
            yield "", f"all {count} pins of a board were deleted, and nothing allowed that"


@invariant("local-limits-hold", "No more files go to the trash than the limit says.")
def local_limits_hold(stage: Stage, ran: Ran) -> Found:
    most = stage.story.setup["config"].get("limits", {}).get("max_local_delete_count")
    if most is None or not ran.applies:
        return
    most = max(most, (ran.plan.get("allow") or {}).get("local-deletes-count", 0))
    gone = [
        action["expect"]["path"]
        for action in ran.actions
        if action["kind"] == "delete_local"
        and action["expect"]["path"] in ran.before.files
        and action["expect"]["path"] not in ran.after.files
    ]
    if len(gone) > most:
        yield "", f"{len(gone)} files went to the trash, the limit is {most}"


@invariant("only-what-is-wanted", "What decisions or --kinds leave out is not done.")
def only_what_is_wanted(stage: Stage, ran: Ran) -> Found:
    if not ran.applies:
        return
    skipped: set[str] = set()
    if "--kinds" in ran.argv:
        kinds = ran.argv[ran.argv.index("--kinds") + 1].split(",")
        skipped = {action["id"] for action in ran.actions if action["kind"] not in kinds}
    elif "--decisions" in ran.argv and ran.plan.get("digest") == stage.notes.get("decided", {}).get("plan"):
        skipped = set(stage.notes["decided"]["skipped"])
    deleted = {pin_id for pin_id, _ in ran.deleted}
    wanted = {action["pin_id"] for action in ran.actions if action["id"] not in skipped}
    for action in ran.actions:
        if action["id"] not in skipped:
            continue
        if action["kind"] in {"delete_remote", "dedupe"} and action["pin_id"] in deleted - wanted:
            yield "delete", f"pin {action['pin_id']} was deleted, though that was left out"
        path = action["after"]["path"] if action["kind"] in ADDS else None
        if path and path in ran.after.files and path not in ran.before.files:
            yield "download", f"{path} is there, though that was left out"


@invariant("stale-plan-refused", "A plan from before another one was applied does nothing.")
def stale_plan_refused(stage: Stage, ran: Ran) -> Found:
    made: dict[str, int] = stage.notes.setdefault("made", {})
    begun: list[str] = stage.notes.setdefault("begun", [])
    digest = ran.plan.get("digest", "")
    did = bool(ran.writes) or {p: s.sha256 for p, s in ran.before.files.items()} != {
        p: s.sha256 for p, s in ran.after.files.items()
    }
    if ran.applies and digest in made and digest not in begun and did and len(begun) > made[digest]:
        yield "", f"{ran.argv[1]} was applied, though another plan was applied since it was made"
    if ran.applies and did and "--auto-approve" not in ran.argv and digest not in begun:
        begun.append(digest)
    if not ran.applies and digest:
        made[digest] = len(begun)


@invariant("intent-first", "Nothing is deleted on Pinterest before the audit log on disk says that it will be.")
def intent_first(_stage: Stage, ran: Ran) -> Found:
    if ran.unannounced:
        yield "", f"the audit log did not name {', '.join(ran.unannounced)} when they were deleted"


@invariant(
    "one-delete-open",
    "A crash leaves at most one delete on Pinterest of which the audit log cannot tell whether it was done.",
)
def one_delete_open(_stage: Stage, ran: Ran) -> Found:
    if ran.early:
        yield "", f"the deletion of {', '.join(sorted(ran.early))} was announced while another pin was being deleted"


@invariant("audit-tells-all", "What was done in full has an intent and a result for every action in the audit log.")
def audit_tells_all(stage: Stage, ran: Ran) -> Found:
    nothing = not ran.actions or "Already applied" in ran.out or "--kinds" in ran.argv
    if not ran.applies or ran.code != 0 or nothing or "declined" in ran.out or not ran.calm:
        return
    log = stage.library / OWN / "audit.jsonl"
    if not log.exists():
        return  # `audit verify` says so
    lines = [json.loads(line) for line in log.read_bytes().splitlines()]
    runs = [line["run"] for line in lines if line.get("digest") == ran.plan.get("digest") and "run" in line]
    for kind in ("intent", "result"):
        told = {line.get("action") for line in lines if line.get("type") == kind and line.get("run") in runs[-1:]}
        missing = sorted({action["id"] for action in ran.actions} - told)
        if missing:
            yield kind, f"the audit log has no {kind} of {', '.join(missing)}"


@invariant(
    "total-is-true", "The closing line counts no more actions than the plan has, and all of them where all were done."
)
def total_is_true(_stage: Stage, ran: Ran) -> Found:
    said = re.search(r"Applied: ([\d,]+) actions? done", ran.out)
    if not ran.applies or not said or not ran.plan:
        return
    count = int(said[1].replace(",", ""))
    if count > len(ran.actions):
        yield "", f"the closing line counts {count} actions, the plan has {len(ran.actions)}"


@invariant("brought-back", "What is restored, copied or brought back with a pin is there afterwards.")
def brought_back(_stage: Stage, ran: Ran) -> Found:
    if not ran.applies or ran.code != 0 or not ran.calm or "Already applied" in ran.out:
        return
    if any(option in ran.argv for option in ("--kinds", "--decisions")) or "declined" in ran.out:
        return
    for action in ran.actions:
        if action["kind"] == "restore" and action["after"]["path"] not in ran.after.files:
            yield "restore", f"{action['after']['path']} is not there"
        for file in action["files"] if action["kind"] == "create_pin" else ():
            if not any(p.startswith(file["head"]) and p.endswith(file["tail"]) for p in ran.after.files):
                yield "create", f"{file['head']}…{file['tail']} is not there"
