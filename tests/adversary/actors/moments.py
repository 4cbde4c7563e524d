"""What happens at a moment that chance seldom finds: between a plan and its apply, to a world at rest, just before a file goes."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from tests.adversary import pictures
from tests.adversary.actors.asks import EVERYTHING, allowed, applied, in_calm, planned, undo
from tests.adversary.actors.choices import accept, with_duplicates
from tests.adversary.actors.images import refuse as refuse_image
from tests.adversary.actors.table import table
from tests.adversary.actors.weather import SPAM, lose_answer, spoil_page
from tests.adversary.actors.weather import refuse as refuse_call
from tests.adversary.oracle import OWN

if TYPE_CHECKING:
    from tests.adversary.stage import Stage
    from tests.adversary.story import Picks


def think_again(stage: Stage, picks: Picks, *, name: str) -> str | None:
    """Files are removed, a plan is made, and one of them is put back, as it was or under another name, before the plan is applied."""
    files = [stage.library / path for path in stage.images()][: 1 + picks.number(3)]
    if not files:
        return None
    kept = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in files}
    for path in files:
        path.unlink()
    _, plan_file = planned(stage, "--mode", "two-way", *EVERYTHING)
    first = files[0]
    back = first.with_name(name.format(name=first.name, suffix=first.suffix))
    if not back.exists() and back.parent.is_dir():
        data, moment = kept[first]
        back.write_bytes(data)
        os.utime(back, ns=(moment, moment))
    applied(stage, plan_file)
    return f"removes {len(files)} files, plans, puts {back.name} back, applies"


def undo_unheard(stage: Stage, picks: Picks) -> str:
    """An undo whose creates nobody hears of, while listings lag: a later plan has to find them."""
    before, stage.network.lag._seconds = stage.network.lag._seconds, 600.0
    lose_answer(stage, picks, on="POST /pins")
    said = undo(stage, picks)
    stage.network.lag._seconds = before
    stage.clock.sleep(601)
    return f"{said}; the answers to its creates are lost"


def board_unheard(stage: Stage, picks: Picks) -> str | None:
    """A file is moved into a folder of its own; nobody hears that its board was created, while listings lag, and the plan is applied and made again."""
    images = stage.images()
    folder = stage.library / f"Sorted {picks.number(50)}"
    if not images or folder.exists():
        return None
    moved = stage.library / picks.of(images)
    folder.mkdir()
    moved.rename(folder / moved.name)
    _, plan_file = planned(stage, "--mode", "two-way", *EVERYTHING)
    before, stage.network.lag._seconds = stage.network.lag._seconds, 600.0
    lose_answer(stage, picks, on="POST /boards")
    for _ in range(2):
        applied(stage, plan_file)
    _, plan_file = planned(stage, "--mode", "two-way", *EVERYTHING)
    applied(stage, plan_file)
    stage.network.lag._seconds = before
    stage.clock.sleep(601)
    return f"moves {moved.name} to {folder.name}; the answer to the create of its board is lost"


def change_of_mind(stage: Stage, picks: Picks, *, what: str) -> str | None:
    """The file of a pin is removed and a plan is made; before it is applied, somebody moves or edits the pin."""
    own = [pin for pin in stage.pins() if pin.owner == stage.world.account.username]
    files = {pin.id: [path for path in stage.images() if pin.id in path] for pin in own}
    pins = [pin for pin in own if files[pin.id]]
    others = stage.boards()
    if not pins or len(others) < 2:
        return None
    pin = picks.of(pins)
    for path in files[pin.id]:
        (stage.library / path).unlink()
    _, plan_file = planned(stage, "--mode", "two-way", *EVERYTHING)
    if what == "moved":
        target = next(board for board in others if board.id != pin.board_id)
        stage.world.move_pin(pin.id, target.id)
    else:
        stage.world.update_pin(pin.id, title=f"In the meantime {picks.number(100)}")
    applied(stage, plan_file)
    return f"removes the file of pin {pin.id} and plans; the pin is {what} in the meantime; applies"


def back_in_time(stage: Stage, picks: Picks) -> str | None:
    """A pin is deleted and a plan is made; before it is applied, the pin is there again."""
    pins = [pin for pin in stage.pins() if any(pin.id in path for path in stage.images())]
    if not pins:
        return None
    pin = picks.of(pins)
    board = stage.world.board(pin.board_id)
    stage.world.delete_pin(pin.id)
    _, plan_file = planned(stage, "--mode", "mirror", *EVERYTHING)
    board.pins.append(pin)
    stage.world.pins[pin.id] = pin
    stage.world.update_pin(pin.id)
    applied(stage, plan_file)
    return f"pin {pin.id} is deleted, a plan is made, the pin is there again, the plan is applied"


def keeper_goes(stage: Stage, picks: Picks) -> str | None:
    """A plan removes a duplicate; before it is applied, the person removes the one that was to be kept."""
    ran, plan_file = with_duplicates(stage, picks)
    kept = [stage.library / action["keeper"]["file"]["path"] for action in ran.actions if action["kind"] == "dedupe"]
    there = [path for path in kept if path.exists()]
    if not there:
        return None
    path = picks.of(there)
    path.unlink()
    applied(stage, plan_file)
    return f"a plan keeps {path.name} of two; it is removed, and the plan applied"


def keeper_pin_goes(stage: Stage, picks: Picks) -> str | None:
    """A duplicate was removed; later the pin that was kept is no longer there, plans go on, and then it is there again."""
    ran, plan_file = with_duplicates(stage, picks)
    pairs = [action for action in ran.actions if action["kind"] == "dedupe"]
    if not pairs:
        return None
    applied(stage, plan_file)
    pin = stage.world.pins.get(picks.of(pairs)["keeper"]["pin"]["pin_id"])
    if pin is None:
        return None
    board = stage.world.board(pin.board_id)
    stage.world.delete_pin(pin.id)
    _, path = planned(stage, "--mode", "mirror", *EVERYTHING)
    applied(stage, path, "--kinds", "delete_local")
    board.pins.append(pin)
    stage.world.pins[pin.id] = pin
    stage.world.update_pin(pin.id)
    planned(stage, *EVERYTHING)
    return f"of two pins {pin.id} was kept; it is gone for one plan, of which only the trash is applied, and is there again"


def last_pin_goes(stage: Stage, picks: Picks) -> str | None:
    """All pins of a board but one are moved to another board, the file of that one is removed, and nothing is allowed."""
    boards = stage.boards()
    homes = [board for board in boards if any(pin.board_id == board.id for pin in stage.pins())]
    if len(boards) < 2 or not homes:
        return None
    board = picks.of(homes)
    other = next(one for one in boards if one.id != board.id)
    last, *rest = [pin for pin in stage.pins() if pin.board_id == board.id]
    for pin in rest:
        stage.world.move_pin(pin.id, other.id)
    for path in stage.images():
        if last.id in path:
            (stage.library / path).unlink()
    _, plan_file = planned(stage, "--mode", "two-way")
    applied(stage, plan_file)
    return f"of board {board.name} only pin {last.id} is left, and its file is removed"


def named_for_another(stage: Stage, picks: Picks) -> str | None:
    """A file gets the id of another pin as its name, which is agreed with; then the file of that pin is removed."""
    files = {pin.id: [path for path in stage.images() if pin.id in path] for pin in stage.pins()}
    pins = [pin for pin, paths in files.items() if len(paths) == 1]
    if len(pins) < 2:
        return None
    one = picks.of(pins)
    other = picks.of([pin for pin in pins if pin != one])
    source, gone = (stage.library / files[pin][0] for pin in (one, other))
    target = source.with_name(f"like {other}{source.suffix}")
    if target.exists():
        return None
    source.rename(target)
    accept(stage, picks)
    gone.unlink(missing_ok=True)  # the accepted plan may have moved or trashed it
    _, plan_file = planned(stage, "--mode", "two-way", *EVERYTHING)
    applied(stage, plan_file)
    return f"the file of pin {one} is called {target.name} and accepted; the file of pin {other} is removed"


def tagged_over(stage: Stage, picks: Picks) -> str | None:
    """A photo program writes into a file, and saves it over another pin's: neither name nor bytes tell whose it is."""
    files = stage.images()
    if len(files) < 2:
        return None
    source = picks.of(files)
    target = picks.of([path for path in files if path != source])
    data = pictures.tagged((stage.library / source).read_bytes())
    was = stage.oracle.of_file(source, stage.oracle.look().files[source])
    stage.oracle.learn(data, was.picture, "tagged", was.detail)
    stage.write(stage.library / target, data)
    (stage.library / source).unlink()
    _, plan_file = planned(stage, "--mode", "two-way", *EVERYTHING)
    applied(stage, plan_file)
    return f"{source} is tagged and saved over {target}"


def offered_less(stage: Stage, picks: Picks) -> str | None:
    """Files are removed and a plan is made; when it is applied, the host has only smaller images."""
    files = [stage.library / path for path in stage.images()][: 1 + picks.number(3)]
    if not files:
        return None
    for path in files:
        path.unlink()
    _, plan_file = planned(stage, "--mode", "two-way", *EVERYTHING)
    for size in ("1200x", "originals"):
        refuse_image(stage, picks, size=size, status=403)
    applied(stage, plan_file)
    return f"removes {len(files)} files and plans; the host refuses the largest images, and the plan is applied"


def fetch_fails_beside_delete(stage: Stage, picks: Picks) -> str | None:
    """A pin is added to a board, and the file of another one there is removed; the host sends nothing when the plan is applied."""
    files = {pin.id: [path for path in stage.images() if pin.id in path] for pin in stage.pins()}
    pins = [pin for pin in stage.pins() if files[pin.id]]
    if not pins:
        return None
    pin = picks.of(pins)
    home = [board.id for board in stage.boards()].index(pin.board_id)
    new = stage.pin(home, -1, "small", 41_000 + picks.number(1_000))
    for path in files[pin.id]:
        (stage.library / path).unlink()
    _, plan_file = planned(stage, "--mode", "two-way", *EVERYTHING)
    refuse_image(stage, picks, size="*", status=403)
    applied(stage, plan_file)
    return f"pin {new} is added, the file of pin {pin.id} beside it is removed, and the host refuses everything"


def spam_between(stage: Stage, picks: Picks) -> str | None:
    """Files are removed and a plan is made; Pinterest takes the first delete for spam."""
    files = [stage.library / path for path in stage.images()][: 2 + picks.number(3)]
    if len(files) < 2:
        return None
    for path in files:
        path.unlink()
    _, plan_file = planned(stage, "--mode", "two-way", *EVERYTHING)
    refuse_call(stage, picks, on="DELETE /pins*", status=403, code=SPAM, message="This looked like spam.")
    applied(stage, plan_file)
    return f"removes {len(files)} files and plans; deletes are taken for spam"


def owner_changes(stage: Stage, picks: Picks) -> str | None:
    """The file of a pin is removed and a plan is made; before it is applied, the pin turns out to be somebody else's."""
    own = [pin for pin in stage.pins() if pin.owner == stage.world.account.username]
    pins = [pin for pin in own if any(pin.id in path for path in stage.images())]
    if not pins:
        return None
    pin = picks.of(pins)
    for path in (path for path in stage.images() if pin.id in path):
        (stage.library / path).unlink()
    _, plan_file = planned(stage, "--mode", "two-way", *EVERYTHING)
    stage.world.update_pin(pin.id, owner="somebody_else")
    applied(stage, plan_file)
    return f"removes the file of pin {pin.id} and plans; it is somebody else's when the plan is applied"


def one_beyond(stage: Stage, picks: Picks, *, side: str) -> str | None:
    """One more than the config lets go of: files are removed, or pins deleted, and everything but the number is allowed."""
    most = stage.story.setup["config"].get("limits", {}).get(f"max_{side}_delete_count")
    pins = [pin for pin in stage.pins() if any(pin.id in path for path in stage.images())]
    if most is None or len(pins) <= most:
        return None
    first = picks.number(len(pins) - most)
    for pin in pins[first : first + most + 1]:
        if side == "local":
            stage.world.delete_pin(pin.id)
        else:
            for path in (path for path in stage.images() if pin.id in path):
                (stage.library / path).unlink()
    allowed_but = ["--allow", f"{side}-deletes=1000", "--allow", "everything-changed=1000", "--allow", "forgets=1000"]
    _, plan_file = planned(stage, "--mode", "mirror" if side == "local" else "two-way", *allowed_but)
    applied(stage, plan_file)
    return f"{most + 1} pins lose a side, where {most} may"


def odd_at_rest(stage: Stage, picks: Picks, *, how: str) -> str | None:
    """Both sides agree, but a page of a listing is odd: only words can tell."""
    for _ in range(2):
        _, done = in_calm(stage, "plan")
        if done is None:
            break
    said = spoil_page(stage, picks, how=how)
    stage.ask("plan", "--refresh", "full")
    stage.ask("verify")
    return f"at rest, {said}"


def overtaken(stage: Stage, picks: Picks) -> str | None:
    """Of two removed files a plan is made; another plan deletes the pin of one of them; then the first plan is applied."""
    files = {pin.id: [path for path in stage.images() if pin.id in path] for pin in stage.pins()}
    pins = [pin for pin, paths in files.items() if paths]
    if len(pins) < 2:
        return None
    one = picks.of(pins)
    other = picks.of([pin for pin in pins if pin != one])
    for path in (*files[one], *files[other]):
        (stage.library / path).unlink()
    _, first = planned(stage, "--mode", "two-way", *EVERYTHING)
    _, second = planned(stage, "--mode", "two-way", "--target", one, *EVERYTHING)
    applied(stage, second)
    applied(stage, first)
    return f"the files of pins {one} and {other} are removed; a plan for both is applied after one for {one}"


def back_between_deletes(stage: Stage, picks: Picks) -> str | None:
    """Files are removed and a plan is made; while it deletes the first pin, the person puts all files back."""
    files = [stage.library / path for path in stage.images()][: 2 + picks.number(3)]
    kept = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in files}
    for path in files:
        path.unlink()
    ran, plan_file = planned(stage, "--mode", "two-way", *EVERYTHING)
    # Only where it belongs a file is looked for at each delete; the rest of the library is looked at once in a run.
    deletes = [action for action in ran.actions if action["kind"] == "delete_remote"]
    recorded = {
        file["path"]: file["sha256"] for one in deletes for file in one["files"] if one["pin_id"] in file["path"]
    }
    # Nor is it looked for in the place of another pin, over whose file it was saved.
    kept = {
        path: (data, moment)
        for path, (data, moment) in kept.items()
        if recorded.get(str(path.relative_to(stage.library))) == hashlib.sha256(data).hexdigest()
    }
    watched = stage.network.before_delete

    def put_back(pin: object) -> None:
        watched(pin)
        stage.network.before_delete = watched
        for path, (data, moment) in kept.items():
            # An empty folder goes with the last file that was moved out of it.
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            os.utime(path, ns=(moment, moment))

    stage.network.before_delete = put_back
    applied(stage, plan_file)
    stage.network.before_delete = watched
    return f"removes {len(files)} files and plans; they are put back while the first pin is deleted"


def place_taken(stage: Stage, picks: Picks) -> str | None:
    """Just before a file gets its place, the person puts a picture of their own there."""
    if not Path("/proc/self/fd").is_dir():
        return None
    number = 50_000 + picks.number(1_000)
    data = pictures.original(number)
    stage.oracle.learn(data, f"own{number}", "own", 96 * 72)
    taken: list[Path] = []

    def put_there(folder: int, name: str) -> bool:
        path = Path(f"/proc/self/fd/{folder}").readlink() / name  # Linux alone can tell
        if stage.library in path.parents and OWN not in path.parts and not path.exists():
            stage.write(path, data)
            taken.append(path)
        return bool(taken)

    stage.pin(picks.number(10), -1, ("small", "large")[number % 2], number - 10_000)
    _, plan_file = planned(stage, *allowed(picks))
    stage.machine.before_place = put_there
    applied(stage, plan_file)
    for path in taken:
        if not path.is_file() or path.read_bytes() != data:
            stage.accuse(
                "foreign-untouched", f"{path.name} was put there just before, and is not there any more", "just before"
            )
    for _ in range(2 if taken else 0):
        in_calm(stage, "plan")  # it is taken for the pin's file, and is not to be replaced by a larger one
    return f"puts a picture of their own at {taken[0].name} just before pinplan does" if taken else None


VERBS = table(
    "asks",
    ("named_for_another", 2, named_for_another),
    ("offered_less", 4, offered_less),
    ("tagged_over", 3, tagged_over),
    ("spam_between", 2, spam_between),
    ("owner_changes", 2, owner_changes),
    ("fetch_fails_beside_delete", 2, fetch_fails_beside_delete),
    ("one_beyond_here", 3, one_beyond, {"side": "local"}),
    ("one_beyond_there", 3, one_beyond, {"side": "remote"}),
    ("overtaken", 2, overtaken),
    ("back_between_deletes", 2, back_between_deletes),
    ("place_taken", 3, place_taken),
    ("unlisted_at_rest", 5, odd_at_rest, {"how": "unlisted section"}),
    ("short_at_rest", 1, odd_at_rest, {"how": "short"}),
    ("last_pin_goes", 2, last_pin_goes),
    ("keeper_goes", 4, keeper_goes),
    ("keeper_pin_goes", 3, keeper_pin_goes),
    ("pin_moved_meanwhile", 2, change_of_mind, {"what": "moved"}),
    ("pin_edited_meanwhile", 2, change_of_mind, {"what": "edited"}),
    ("pin_back_meanwhile", 2, back_in_time),
    ("put_back_in_time", 3, think_again, {"name": "{name}"}),
    ("put_back_elsewhere", 3, think_again, {"name": "found again{suffix}"}),
    ("undo_unheard", 2, undo_unheard),
    ("board_unheard", 2, board_unheard),
)
