"""What pinplan is asked to do."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from tests.adversary import pictures
from tests.adversary.actors.table import table
from tests.adversary.stage import ALLOWANCES

if TYPE_CHECKING:
    from pathlib import Path

    from tests.adversary.oracle import Look
    from tests.adversary.stage import Ran, Stage
    from tests.adversary.story import Picks

EVERYTHING = [word for name in ALLOWANCES for word in ("--allow", f"{name}=1000")]
ROUNDS = 4
"""So many plans are applied until there must be nothing left to do: a download may show a duplicate, whose end may show another."""


def allowed(picks: Picks) -> list[str]:
    """Mostly everything is allowed, so that things happen."""
    if picks.number(4) == 0:
        return []
    return EVERYTHING


def planned(stage: Stage, *besides: str, command: tuple[str, ...] = ("plan",)) -> tuple[Ran, Path]:
    """A plan that is saved."""
    path = stage.new_plan()
    ran = stage.ask(*command, "-o", str(path), *besides, plan=path)
    if path.exists():
        stage.saved.append(path)
    return ran, path


def applied(stage: Stage, path: Path, *besides: str) -> Ran | None:
    """A saved plan is applied; None if it was not saved."""
    return stage.ask("apply", str(path), *besides, plan=path) if path.exists() else None


def plan(stage: Stage, picks: Picks, *, mode: str = "") -> str:
    besides = ["--mode", mode] if mode else []
    planned(stage, *besides, *allowed(picks))
    return f"a plan {mode}".rstrip()


def plan_part(stage: Stage, picks: Picks, *, option: str) -> str | None:
    boards = stage.boards()
    if not boards:
        return None
    board = picks.of(boards)
    _, path = planned(stage, option, board.name, *allowed(picks))
    applied(stage, path)
    return f"plan and apply {option} {board.name}"


def plan_typo(stage: Stage, picks: Picks, *, option: str) -> str:
    """A selector with a slip in it: it names nothing."""
    boards = stage.boards()
    name = f"{picks.of(boards).name} qqzz" if boards else "qqzz"
    ran, _ = planned(stage, option, name, *allowed(picks))
    seen = "exclude" not in stage.story.setup["config"].get("boards", {})  # it may be about what is left out
    if ran.calm and seen and ran.code in {0, 2}:
        stage.accuse("selector-selects", f"plan {option} {name!r} names nothing, and ends with {ran.code}", option[2:])
    return f"plan {option} {name}"


def restore_removed(stage: Stage, picks: Picks) -> str:
    _, path = planned(stage, "--restore", "*", *allowed(picks))
    applied(stage, path)
    return "plan --restore and apply"


def sync(stage: Stage, picks: Picks) -> str:
    _, path = planned(stage, *allowed(picks))
    applied(stage, path)
    return "plan and apply"


def sync_twice(stage: Stage, picks: Picks) -> str:
    """The same plan again: it goes on, or was applied already."""
    _, path = planned(stage, *allowed(picks))
    applied(stage, path)
    applied(stage, path)
    return "plan, apply, and apply again"


def apply_saved(stage: Stage, picks: Picks) -> str | None:
    """A plan from before, perhaps of yesterday."""
    if not stage.saved:
        return None
    path = stage.saved[-1 - picks.number(min(3, len(stage.saved)))]
    applied(stage, path)
    return f"{path.name} is applied"


def apply_now(stage: Stage, _picks: Picks) -> str:
    """Without a saved plan."""
    stage.ask("apply", "--auto-approve")
    return "apply --auto-approve"


def apply_kind(stage: Stage, picks: Picks) -> str | None:
    """One kind of a plan's actions, and no other."""
    ran, path = planned(stage, *allowed(picks))
    kinds = sorted({action["kind"] for action in ran.actions})
    if not kinds:
        return None
    kind = picks.of(kinds)
    applied(stage, path, "--kinds", kind)
    return f"apply --kinds {kind}"


def post(stage: Stage, picks: Picks, *, keep: str = "--keep") -> str | None:
    """Pictures of their own from elsewhere, one or two; the originals may be gone before the plan is applied."""
    boards = stage.boards()
    if not boards:
        return None
    board = picks.of(boards)
    sections = sorted(board.sections)
    place = f"id:{board.id}" + (f"/id:{sections[0]}" if sections and picks.number(3) == 0 else "")
    files = []
    for _ in range(1 + (picks.number(3) == 0)):
        number = 71_000 + picks.number(30)
        data = pictures.original(number)
        stage.oracle.learn(data, f"own{number}", "own", 96 * 72)
        files.append(stage.elsewhere / f"mine {number}.jpg")
        stage.write(files[-1], data)
    words = ("post", place, *dict.fromkeys(map(str, files)))
    ran, path = planned(stage, keep, *allowed(picks), command=words)
    if picks.number(2):
        for file in files:
            file.unlink(missing_ok=True)
    applied(stage, path)
    return f"posts {len(ran.actions)} of {len(files)} pictures to {board.name} {keep}"


def post_carousel(stage: Stage, picks: Picks) -> str | None:
    """Two or three pictures of their own as one pin; the same pictures are always posted together."""
    boards = stage.boards()
    if not boards:
        return None
    board, first = picks.of(boards), 72_000 + 10 * picks.number(8)
    files = []
    for number in range(first, first + 2 + first // 10 % 2):
        data = pictures.original(number)
        stage.oracle.learn(data, f"own{number}", "own", 96 * 72)
        files.append(stage.elsewhere / f"mine {number}.jpg")
        stage.write(files[-1], data)
    words = ("post", f"id:{board.id}", *map(str, files), "--carousel")
    ran, path = planned(stage, *allowed(picks), command=words)
    applied(stage, path)
    return f"posts {len(files)} pictures as {len(ran.actions)} carousels to {board.name}"


def undo(stage: Stage, picks: Picks) -> str:
    """What was not done at first is tried again, as people do."""
    _, path = planned(stage, *allowed(picks), command=("undo",))
    for _ in range(3):
        ran = applied(stage, path)
        if ran is None or ran.code != 3:
            break
    return "undo and apply"


def _calm(stage: Stage) -> None:
    """Good weather, a good machine, and time for listings to come up to date."""
    stage.network.rules.clear()
    stage.machine.die_at = stage.machine.fail_at = None
    up_to_date(stage)


def up_to_date(stage: Stage) -> None:
    """Time passes until listings know of every change."""
    stage.clock.sleep(stage.network.lag._seconds + 1)


def in_calm(stage: Stage, command: str) -> tuple[Ran, Ran | None]:
    """A plan that allows everything, and its apply, where there is something to do."""
    found, path = planned(stage, *EVERYTHING, command=(command,))
    up_to_date(stage)
    if found.code != 0 or not found.actions:
        return found, None
    done = applied(stage, path)
    up_to_date(stage)
    return found, done


def rest(stage: Stage, _picks: Picks) -> str:
    """A world in which nothing more happens comes to rest."""
    _calm(stage)
    left: Counter[str] = Counter()
    for _ in range(ROUNDS):
        found, done = in_calm(stage, "plan")
        if done is None:
            return "comes to rest"
        if done.code != 0:
            return "does not come to rest: something could not be done"
        left = Counter(action["kind"] for action in found.actions)
    stage.accuse(
        "at-rest", f"the {ROUNDS}th plan in a row still had {dict(left)}, all of them applied in full", min(left)
    )
    return "does not come to rest"


def there_and_back(stage: Stage, _picks: Picks) -> str:
    """Plan, apply, undo, apply: both sides are as before."""
    _calm(stage)
    way_there, there = in_calm(stage, "plan")
    if there is None:
        return "nothing to undo"
    way_back, back = in_calm(stage, "undo")
    new = [action for action in way_there.actions if (action["kind"], action["reason"]) == ("download", "new_pin")]
    left = [finding for finding in way_back.plan.get("findings", ()) if finding["kind"] == "blocked"]
    if there.code == 0 and way_back.code == 0 and len(way_back.actions) + len(left) < len(new):
        stage.accuse(
            "undo-restores", f"{len(new)} downloads, of which {len(way_back.actions)} would be undone", "fewer"
        )
    if back is None or (there.code, back.code) != (0, 0):
        return "there, but not all the way back"
    if len(way_back.actions) < len(way_there.actions):
        return "there, and back as far as it can be"
    _compare(stage, {action["kind"] for action in way_there.actions}, there.before, back.after)
    return "there and back"


def _compare(stage: Stage, kinds: set[str], before: Look, after: Look) -> None:
    """What was done and undone in full is as it was; only of kinds whose undo promises that."""
    # What lies beside a picture goes where it goes, also where it lay there before the picture came.
    kept = {seen.sha256 for seen in (*after.trash.values(), *after.files.values())}
    was, now = (
        {p: seen.sha256 for p, seen in look.files.items() if not _is_beside(p) or seen.sha256 not in kept}
        for look in (before, after)
    )
    if kinds <= {"delete_local", "move_local", "download"} and was != now:
        paths = sorted(dict(was.items() ^ now.items()))
        stage.accuse("undo-restores", f"undone in full, but {paths} are not as they were", min(kinds))
    # Pinterest takes titles of 100 characters: a longer one cannot be created again as it was.
    pins = [
        Counter((p.board, p.section, (p.title or "")[:100], p.pictures) for p in look.pins.values())
        for look in (before, after)
    ]
    if kinds <= {"delete_remote"} and pins[0] != pins[1]:
        stage.accuse(
            "undo-restores", f"undone in full, but these pins are not as they were: {pins[0] - pins[1]}", "pins"
        )


def _is_beside(path: str) -> bool:
    return path.endswith((".json", ".xmp"))


def trash_restore(stage: Stage, picks: Picks) -> str | None:
    trash = sorted(stage.oracle.look().trash)
    if not trash:
        return None
    name = picks.of(trash).split("/", 4)[-1]
    path = stage.new_plan()
    stage.ask("trash", "restore", name, "-o", str(path), plan=path)
    applied(stage, path)
    return f"trash restore {name}"


def trash_empty(stage: Stage, _picks: Picks) -> str:
    stage.ask("trash", "empty", "--older-than", "0", "--yes")
    return "trash empty"


def look(stage: Stage, _picks: Picks, *, command: tuple[str, ...]) -> str:
    """A command that only looks."""
    stage.ask(*command)
    return " ".join(command)


def explain(stage: Stage, picks: Picks) -> str | None:
    names = [*stage.files(), *(pin.id for pin in stage.pins())]
    if not names:
        return None
    name = picks.of(names)
    stage.ask("explain", name)
    return f"explain {name}"


def gallery(stage: Stage, _picks: Picks) -> str:
    stage.ask("gallery", str(stage.home / "gallery"))
    return "gallery"


VERBS = table(
    "asks",
    ("sync", 20, sync),
    ("sync_twice", 6, sync_twice),
    ("plan", 5, plan),
    ("plan_two_way", 3, plan, {"mode": "two-way"}),
    ("plan_mirror", 2, plan, {"mode": "mirror"}),
    ("plan_target", 2, plan_part, {"option": "--target"}),
    ("plan_exclude", 1, plan_part, {"option": "--exclude"}),
    ("restore_removed", 1, restore_removed),
    ("post", 4, post, {}),
    ("post_without_keeping", 2, post, {"keep": "--no-keep"}),
    ("post_carousel", 2, post_carousel),
    ("apply_saved", 6, apply_saved),
    ("apply_now", 2, apply_now),
    ("apply_kind", 2, apply_kind),
    ("undo", 5, undo),
    ("rest", 4, rest),
    ("there_and_back", 4, there_and_back),
    ("trash_restore", 2, trash_restore),
    ("trash_empty", 1, trash_empty),
    ("trash_list", 1, look, {"command": ("trash", "list")}),
    ("verify", 4, look, {"command": ("verify",)}),
    ("verify_offline", 1, look, {"command": ("verify", "--offline")}),
    ("verify_quick", 1, look, {"command": ("verify", "--quick")}),
    ("status", 1, look, {"command": ("status",)}),
    ("history", 1, look, {"command": ("history",)}),
    ("dupes", 1, look, {"command": ("dupes",)}),
    ("audit_verify", 2, look, {"command": ("audit", "verify")}),
    ("boards", 1, look, {"command": ("boards",)}),
    ("find", 1, look, {"command": ("find", "Pin")}),
    ("explain", 2, explain),
    ("gallery", 1, gallery),
    ("target_typo", 1, plan_typo, {"option": "--target"}),
    ("exclude_typo", 1, plan_typo, {"option": "--exclude"}),
)
