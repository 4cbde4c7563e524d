"""What pinplan is asked to do by somebody who decides: verdicts, marks, what is agreed with, what became of a create."""

from __future__ import annotations

import fcntl
import json
import re
from typing import TYPE_CHECKING, Any

from tests.adversary.actors.asks import allowed as drawn_allowances
from tests.adversary.actors.asks import applied, in_calm, planned, undo, up_to_date
from tests.adversary.actors.hands import move_over, remove
from tests.adversary.actors.table import table
from tests.adversary.actors.weather import lose_answer
from tests.adversary.oracle import OWN

if TYPE_CHECKING:
    from pathlib import Path

    from tests.adversary.stage import Ran, Stage
    from tests.adversary.story import Picks


def decisions_file(stage: Stage, digest: str, verdicts: dict[str, str]) -> Path:
    """A file of decisions, as a person or a review writes it."""
    document = {
        "format": "pinplan.decisions",
        "format_version": "1.0",
        "plan": digest,
        "decisions": {key: {"verdict": word} for key, word in verdicts.items()},
    }
    file = stage.plans / f"decisions-{len(stage.words)}.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    return file


def apply_decided(stage: Stage, ran: Ran, path: Path, verdicts: dict[str, str]) -> Ran | None:
    """Apply a plan with verdicts; the judges know them."""
    file = decisions_file(stage, ran.plan["digest"], verdicts)
    stage.notes["decided"] = {
        "plan": ran.plan["digest"],
        "skipped": [key for key, word in verdicts.items() if word in {"skip", "different"}],
        "swapped": [key for key, word in verdicts.items() if word == "swap"],
    }
    return applied(stage, path, "--decisions", str(file))


def decide(stage: Stage, picks: Picks) -> str | None:
    """A decision about each action: approve or skip; then apply with them."""
    ran, path = planned(stage, *drawn_allowances(picks))
    if not ran.actions:
        return None
    verdicts = {action["id"]: "approve" if picks.number(3) else "skip" for action in ran.actions}
    apply_decided(stage, ran, path, verdicts)
    return f"apply with decisions: {verdicts}"


def decide_pair(stage: Stage, picks: Picks, *, verdict: str) -> str | None:
    """Of two duplicates the other one goes, or they are none; a pair is made where there is none."""
    ran, path = with_duplicates(stage, picks)
    pairs = [action for action in ran.actions if action["kind"] == "dedupe"]
    if not pairs:
        return None
    one = picks.of(pairs)
    ran = apply_decided(stage, ran, path, {one["id"]: verdict}) or ran
    pair = {one["pin_id"], one["keeper"]["pin"]["pin_id"]}
    if verdict == "different" and ran.code == 0 and ran.calm:
        again, _ = planned(stage)
        _must_not_pair(stage, again, pair)
    return f"decides {verdict} of {sorted(pair)}"


def with_duplicates(stage: Stage, picks: Picks) -> tuple[Ran, Path]:
    """A plan, and another one after a copy of a pin was saved, if the first removes no duplicate."""
    from tests.adversary.actors.people import add_like

    ran, path = planned(stage, *drawn_allowances(picks))
    if any(action["kind"] == "dedupe" for action in ran.actions) or not stage.pins():
        return ran, path
    add_like(stage, picks, how="a copy")
    applied(stage, path)
    ran, path = planned(stage, *drawn_allowances(picks))
    if any(action["kind"] == "dedupe" for action in ran.actions):
        return ran, path
    applied(stage, path)
    return planned(stage, *drawn_allowances(picks))


def _must_not_pair(stage: Stage, ran: Ran, pair: set[str]) -> None:
    # A mark is about what the files hold; a plan goes by size and time, and takes what changed under them for what was there before.
    quiet = stage.notes.get("quiet", {})
    if any(seen.sha256 in quiet and any(one in path for one in pair) for path, seen in ran.before.files.items()):
        return
    for action in ran.actions:
        if action["kind"] == "dedupe" and {action["pin_id"], action["keeper"]["pin"]["pin_id"]} == pair:
            stage.accuse("different-stays", f"{sorted(pair)} were said to be different, and are planned as duplicates")


def mark_different(stage: Stage, picks: Picks) -> str | None:
    """Two pins, said to be no duplicates whether they were planned as such or not."""
    ran, _ = with_duplicates(stage, picks)
    pairs = [action for action in ran.actions if action["kind"] == "dedupe"]
    if not pairs:
        return None
    one = picks.of(pairs)
    pair = {one["pin_id"], one["keeper"]["pin"]["pin_id"]}
    ran = stage.ask("dupes", "mark-different", *sorted(pair))
    if ran.code == 0 and ran.calm:
        again, _ = planned(stage)
        _must_not_pair(stage, again, pair)
    return f"marks {sorted(pair)} as different"


def accept(stage: Stage, picks: Picks) -> str:
    """What was done here is agreed with."""
    _, path = planned(stage, "--accept", "*", *drawn_allowances(picks))
    applied(stage, path)
    return "plan --accept and apply"


def accept_over(stage: Stage, picks: Picks) -> str | None:
    """A file is moved over another pin's, which is agreed with; then plans go on."""
    done = move_over(stage, picks)
    if done is None:
        return None
    accept(stage, picks)
    _, path = planned(stage, "--mode", "two-way", *drawn_allowances(picks))
    applied(stage, path)
    return f"{done}, accepts it and plans"


def apply_parallel(stage: Stage, picks: Picks) -> str:
    _, path = planned(stage, *drawn_allowances(picks))
    applied(stage, path, "--parallelism", str(2 + picks.number(7)))
    return "plan, and apply with --parallelism"


def apply_kinds(stage: Stage, picks: Picks) -> str | None:
    """Some kinds of a plan's actions, and later the rest of it."""
    ran, path = planned(stage, *drawn_allowances(picks))
    kinds = sorted({action["kind"] for action in ran.actions})
    if len(kinds) < 2:
        return None
    chosen = [kind for kind in kinds if picks.number(2)] or kinds[:1]
    applied(stage, path, "--kinds", ",".join(chosen))
    applied(stage, path)
    return f"apply --kinds {','.join(chosen)}, then the rest"


def second_pinplan(stage: Stage, picks: Picks) -> str:
    """Another pinplan holds the library while this one is asked."""
    _, path = planned(stage, *drawn_allowances(picks))
    with (stage.library / OWN / "lock").open("a+b") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        commands = (("plan",), ("apply", str(path)), ("undo",), ("apply", "--auto-approve"))
        ran = stage.ask(*commands[picks.number(4)])
        stage.ask("status")
    if ran.calm and (ran.code == 0 or ran.writes):
        stage.accuse("one-at-a-time", f"{' '.join(ran.argv)} ends with {ran.code} while another pinplan is at work")
    return f"{ran.command} while another pinplan is at work"


def undo_a_delete_unheard(stage: Stage, picks: Picks, lag: float = 600.0) -> list[str]:
    """A pin is deleted here, and brought back by an undo of whose creates nobody hears while listings lag; the new pins."""
    up_to_date(stage)
    remove(stage, picks)
    in_calm(stage, "plan")
    there = set(stage.world.pins)
    before, stage.network.lag._seconds = stage.network.lag._seconds, lag
    lose_answer(stage, picks, on="POST /pins")
    undo(stage, picks)
    stage.network.lag._seconds = before
    return sorted(set(stage.world.pins) - there)


def confirm(stage: Stage, picks: Picks) -> str:
    """A create that nobody heard of is found by the next plan."""
    undo_a_delete_unheard(stage, picks)
    stage.clock.sleep(601)
    stage.network.rules.clear()
    in_calm(stage, "plan")
    return "a delete is undone unheard, and the next plan looks for the pin"


def resolve(stage: Stage, picks: Picks, *, truly: bool) -> str | None:
    """A create that nobody heard of is ended by a person's word, which is right or not."""
    before = stage.network.lag._seconds
    made = undo_a_delete_unheard(stage, picks, lag=36_000.0)
    stage.network.lag._seconds = 36_000.0
    ran, _ = planned(stage)
    stage.network.lag._seconds = before
    found = [one for one in ran.plan.get("findings", ()) if one["kind"] == "unconfirmed"]
    if len(found) != 1 or len(made) != 1:
        return None
    named: Any = re.search(r"pinplan resolve (\S+) (\S+) --is", found[0]["message"])
    stage.clock.sleep(36_001)
    word = ("--is", made[0]) if truly else ("--none",)
    ran = stage.ask("resolve", named[1], named[2], *word, "--auto-approve")
    if ran.calm and ran.code == 0 and not truly:
        stage.accuse("resolve-looks", f"resolve --none is believed, but pin {made[0]} was created and is listed")
    in_calm(stage, "plan")
    return f"resolve {' '.join(word)}, {'which is true' if truly else 'which is not true'}"


VERBS = table(
    "asks",
    ("decide", 3, decide),
    ("decide_swap", 3, decide_pair, {"verdict": "swap"}),
    ("decide_different", 2, decide_pair, {"verdict": "different"}),
    ("mark_different", 1, mark_different),
    ("accept", 3, accept),
    ("accept_over", 2, accept_over),
    ("apply_parallel", 2, apply_parallel),
    ("apply_kinds", 2, apply_kinds),
    ("second_pinplan", 2, second_pinplan),
    ("confirm", 2, confirm),
    ("resolve_truly", 1, resolve, {"truly": True}),
    ("resolve_wrongly", 1, resolve, {"truly": False}),
)
