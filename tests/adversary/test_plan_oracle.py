"""The further invariants are judged as well: each catches a lie."""

from __future__ import annotations

import json

import pytest

from tests.adversary import plan_invariants
from tests.adversary.invariants import INVARIANTS, judged
from tests.adversary.oracle import Seen
from tests.adversary.stage import Ran, Stage
from tests.adversary.test_oracle import Lie, delete, first, stage, truth

__all__ = ["stage"]


def path_of(ran: Ran) -> str:
    return next(path for path in ran.before.files if first(ran) in path)


def planned(ran: Ran, **action: object) -> dict[str, object]:
    """An action of the plan about the first pin."""
    pin = ran.before.pins[first(ran)]
    made = {"id": "7", "kind": "delete_remote", "pin_id": first(ran), "board_id": pin.board, "address": "a"} | action
    ran.plan["actions"].append(made)
    return made


def file_of_a_pin_is_trashed(_stage: Stage, ran: Ran) -> None:
    planned(ran, kind="delete_local", expect={"path": path_of(ran)}, after=None)
    ran.after.trash["t"] = ran.after.files.pop(path_of(ran))


def plans_to_trash_a_file_of_a_pin(_stage: Stage, ran: Ran) -> None:
    ran.argv = ("plan",)
    planned(ran, kind="delete_local", expect={"path": path_of(ran)}, after=None)


def two_files_are_trashed(stage: Stage, ran: Ran) -> None:
    stage.story.setup["config"]["limits"]["max_local_delete_count"] = 0
    file_of_a_pin_is_trashed(stage, ran)


def deletes_before_it_fetches(stage: Stage, ran: Ran) -> None:
    delete(stage, ran, first(ran))
    planned(ran, kind="download", pin_id="9", after={"path": "Animals/new.jpg"})


def facts_are_not_kept(stage: Stage, ran: Ran) -> None:
    delete(stage, ran, first(ran))
    look = ran.deleted[0][1]
    look.trash = {path: one for path, one in look.trash.items() if not path.endswith(".json")}


def old_facts_are_kept(stage: Stage, ran: Ran) -> None:
    delete(stage, ran, first(ran))
    kept = stage.library / f".pinplan/trash/r/2/{first(ran)}.json"
    kept.parent.mkdir(parents=True)
    kept.write_text('{"title": "what it was called before"}')


def plans(option: str, name: str) -> Lie:
    def lie(_stage: Stage, ran: Ran) -> None:
        ran.argv = ("plan", option, name)
        planned(ran, kind="forget")

    return lie


def archive_deletes(stage: Stage, ran: Ran) -> None:
    stage.story.setup["config"]["sync"] = {"mode": "archive"}
    ran.argv = ("plan",)
    planned(ran)


def twins(how: str) -> Lie:
    def lie(stage: Stage, ran: Ran) -> None:
        ran.argv = ("plan",)
        stage.story.setup["config"]["dedupe"] = {"remove": "local" if how == "remove" else "both"}
        other = max(ran.before.pins, key=int)
        planned(ran, kind="dedupe", remove="both", keeper={"pin": {"pin_id": other}})

    return lie


def all_at_once(stage: Stage, ran: Ran) -> None:
    for pin in [pin for pin, one in ran.before.pins.items() if one.board == ran.before.pins[first(ran)].board]:
        delete(stage, ran, pin)


def leaves_out(how: str) -> Lie:
    def lie(stage: Stage, ran: Ran) -> None:
        if how == "delete":
            delete(stage, ran, first(ran))
        else:
            planned(ran, kind="copy_local", after={"path": "Animals/new.jpg"})
            ran.after.files["Animals/new.jpg"] = Seen("5", 1, 1)
        ran.argv = ("apply", "plan.json", "--kinds", "download")

    return lie


def applies_an_old_plan(stage: Stage, ran: Ran) -> None:
    stage.notes |= {"made": {"d": 0}, "begun": ["another"]}
    delete(stage, ran, first(ran))


def deletes_unannounced(stage: Stage, ran: Ran) -> None:
    delete(stage, ran, first(ran))
    ran.unannounced.append(first(ran))


def audit_log(*announced: str, done: str) -> bytes:
    """Of a run that announced deletes and said how one of them ended."""
    intents = [{"type": "intent", "kind": "delete_remote", "action": one, "pin_id": one} for one in announced]
    lines = [{"type": "run"}, *intents, {"type": "result", "action": done}]
    return "".join(f"{json.dumps(line)}\n" for line in lines).encode()


def announces_two(stage: Stage, ran: Ran) -> None:
    ran.deletes("2", stage.oracle.look(), audit_log("1", "2", "3", done="1"))
    ran.deleted.clear()


def announced_before(stage: Stage, ran: Ran) -> None:
    ran.deletes("1", stage.oracle.look(), audit_log("1", done="1"))
    ran.deleted.clear()


def audit_lacks(kind: str) -> Lie:
    def lie(stage: Stage, ran: Ran) -> None:
        delete(stage, ran, first(ran))
        other = {"intent": "result", "result": "intent"}[kind]
        lines = [{"type": "run", "run": "r", "digest": "d"}, {"type": other, "run": "r", "action": "1"}]
        log = stage.library / ".pinplan/audit.jsonl"
        log.write_text("".join(f"{json.dumps(line)}\n" for line in lines))

    return lie


def counts_one_too_many(_stage: Stage, ran: Ran) -> None:
    ran.out = "Applied: 1 action done, 0 B fetched. Run r."


def restores_nothing(_stage: Stage, ran: Ran) -> None:
    planned(ran, kind="restore", after={"path": "Animals/back.jpg"})


def creates_without_files(_stage: Stage, ran: Ran) -> None:
    planned(ran, kind="create_pin", after={}, files=[{"head": "Animals/back ", "tail": ".jpg"}])


LIES: list[tuple[str, Lie]] = [
    ("trashed-is-gone:done", file_of_a_pin_is_trashed),
    ("trashed-is-gone:planned", plans_to_trash_a_file_of_a_pin),
    ("deletes-come-last", deletes_before_it_fetches),
    ("facts-kept:nothing", facts_are_not_kept),
    ("facts-kept:old", old_facts_are_kept),
    ("target-holds", plans("--target", "Kept")),
    ("target-holds", plans("--exclude", "Animals")),
    ("mode-holds:archive", archive_deletes),
    ("duplicates-as-configured:remove", twins("remove")),
    ("duplicates-as-configured:scope", twins("scope")),
    ("never-all-at-once", all_at_once),
    ("local-limits-hold", two_files_are_trashed),
    ("only-what-is-wanted:delete", leaves_out("delete")),
    ("only-what-is-wanted:download", leaves_out("download")),
    ("stale-plan-refused", applies_an_old_plan),
    ("intent-first", deletes_unannounced),
    ("intent-first", announced_before),
    ("one-delete-open", announces_two),
    ("audit-tells-all:intent", audit_lacks("intent")),
    ("audit-tells-all:result", audit_lacks("result")),
    ("total-is-true", counts_one_too_many),
    ("brought-back:restore", restores_nothing),
    ("brought-back:create", creates_without_files),
]


@pytest.mark.parametrize(("name", "lie"), LIES, ids=[f"{number} {name}" for number, (name, _) in enumerate(LIES)])
def test_every_kind_of_lie_is_caught(stage, name, lie, monkeypatch):
    config = stage.story.setup["config"]
    monkeypatch.setitem(stage.story.setup, "config", {key: dict(table) for key, table in config.items()})
    ran = truth(stage)
    lie(stage, ran)
    assert name in {broken.name for broken in judged(stage, ran)}


def test_every_invariant_has_a_lie_that_it_catches():
    here = {name for name, one in INVARIANTS.items() if one.judge.__module__ == plan_invariants.__name__}
    assert {name.partition(":")[0] for name, _ in LIES} == here
