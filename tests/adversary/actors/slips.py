"""Slips and attacks: hands that mistype, and plans from elsewhere."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

from tests.adversary.actors.table import table

if TYPE_CHECKING:
    from tests.adversary.stage import Stage
    from tests.adversary.story import Picks

STATE = (".pinplan/state.db", ".pinplan/state.db-wal", ".pinplan/state.db-shm")


REMOVING = {"delete_local", "delete_remote", "dedupe", "replace", "restore", "create_pin", "update_metadata"}


def canonical(document: object) -> str:
    """As plans are written."""
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def digest_of(plan: dict[str, Any]) -> str:
    """What anybody can compute: the digest of a plan, without pinplan."""
    free = {"digest", "seal", "created_at", "api_calls", "pinplan_version"}
    document = json.loads(json.dumps({key: value for key, value in plan.items() if key not in free}))
    del document["snapshots"]["remote"]["taken_at"]
    return f"sha256:{hashlib.sha256(canonical(document).encode()).hexdigest()}"


def edit_plan(stage: Stage, picks: Picks) -> str | None:
    """A plan in which one action is about another pin or file; where it removes anything, the digest is made right again.

    A plan that only adds needs no approval: with the right digest it would rightly be applied.
    """
    if not stage.saved:
        return None
    path = stage.saved[-1]
    plan = json.loads(path.read_bytes())
    if not plan.get("actions"):
        return None
    action = picks.of(plan["actions"])
    pins = stage.pins()
    if pins:
        other = picks.of(pins).id
        if other == action["pin_id"]:
            return None
        action["pin_id"] = other
    if {one["kind"] for one in plan["actions"]} & REMOVING:
        plan["digest"] = digest_of(plan)
    path.write_text(canonical(plan), encoding="utf-8")
    ran = stage.ask("apply", str(path), plan=path)
    if ran.code == 0 and ran.writes:
        stage.accuse("edited-plan-refused", f"an edited plan was applied: {ran.argv}")
    return f"{path.name} is edited and applied"


def plan_over(stage: Stage, picks: Picks, *, what: str) -> str | None:
    """An output option that names a file of somebody's."""
    images = stage.images()
    if what == "a picture" and not images:
        return None
    target = (
        stage.library
        / {"a picture": picks.of(images or [""]), "config": "pinplan.toml", "state": ".pinplan/state.db"}[what]
    )
    begins = target.read_bytes()[:16]
    stage.ask("plan", "-o", str(target))
    if target.read_bytes()[:16] != begins:
        stage.accuse("output-spares-files", f"plan -o wrote over {what}", what)
    return f"plan -o over {what}"


def old_state(stage: Stage, _picks: Picks) -> str:
    """A backup of the state is made, or the one that was made is put back."""
    backup = stage.home / "backup"
    if not backup.exists():
        backup.mkdir()
        for name in STATE:
            if (stage.library / name).exists():
                shutil.copy2(stage.library / name, backup)
        return "a backup of the state is made"
    stage.notes["state touched"] = True
    for name in STATE:
        (stage.library / name).unlink(missing_ok=True)
        saved = backup / name.rpartition("/")[2]
        if saved.exists():
            shutil.copy2(saved, stage.library / name)
    return "the backup of the state is put back"


def lose_state(stage: Stage, _picks: Picks) -> str:
    """The state is gone; the library is begun anew."""
    stage.notes["state touched"] = True
    for name in STATE:
        (stage.library / name).unlink(missing_ok=True)
    stage.ask("plan")
    stage.ask("init", "--recover", str(stage.library))
    return "the state is lost and begun anew"


def rewrite_history(stage: Stage, _picks: Picks) -> str | None:
    """The audit log with another first record, every hash computed anew, and the state made to fit; afterwards everything is put back."""
    log, state = stage.library / ".pinplan/audit.jsonl", stage.library / STATE[0]
    seen = list((stage.home / "state").rglob("libraries/*.json"))
    if stage.notes.get("state touched") or not seen or not log.exists() or log.stat().st_size == 0:
        return None
    kept = {name: (stage.library / name).read_bytes() for name in STATE if (stage.library / name).exists()}
    before = log.read_bytes()
    lines, digest = [], ""
    for number, line in enumerate(before.decode().splitlines()):
        body = line[: line.rindex(',"hash":')]
        body = (
            body.replace('"at":"2', '"at":"1', 1)
            if number == 0
            else re.sub(r'^\{"prev":"\w+', f'{{"prev":"{digest}', body)
        )
        digest = hashlib.sha256(body.encode()).hexdigest()
        lines.append(f'{body},"hash":"{digest}"}}\n')
    with closing(sqlite3.connect(state)) as db:
        if db.execute("SELECT count(*) FROM audit").fetchone()[0]:
            return None  # records on their way to the file
        db.execute("UPDATE meta SET value = ? WHERE key = 'audit_hash'", (digest,))
        db.commit()
    log.write_text("".join(lines), encoding="utf-8")
    stage.notes["history rewritten"] = True
    for command in (("audit", "verify"), ("plan",)):
        ran = stage.ask(*command)
        if ran.calm and ran.code in {0, 2}:
            stage.accuse(
                "history-anchored", f"{' '.join(command)} ends with {ran.code} on a rewritten audit log", command[0]
            )
    stage.notes["history rewritten"] = False
    log.write_bytes(before)
    for name in STATE:
        (stage.library / name).unlink(missing_ok=True)
        if name in kept:
            (stage.library / name).write_bytes(kept[name])
    return "the audit log is rewritten, looked at and put back"


def deep_plan(stage: Stage, _picks: Picks) -> str:
    """A file that nests deeper than a recursive decoder can follow is given for a plan."""
    path = stage.new_plan()
    path.write_bytes(b"[" * 100_000)
    stage.ask("apply", str(path))
    stage.ask("show", str(path))
    return "a deep file is applied"


VERBS = table(
    "slips",
    ("edit_plan", 3, edit_plan),
    ("plan_over_picture", 1, plan_over, {"what": "a picture"}),
    ("plan_over_config", 1, plan_over, {"what": "config"}),
    ("plan_over_state", 1, plan_over, {"what": "state"}),
    ("old_state", 2, old_state),
    ("lose_state", 1, lose_state),
    ("rewrite_history", 3, rewrite_history),
    ("deep_plan", 1, deep_plan),
)
