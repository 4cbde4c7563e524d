"""Slips and attacks: hands that mistype, and plans from elsewhere."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

from tests.adversary.actors.table import table

if TYPE_CHECKING:
    from tests.adversary.stage import Stage
    from tests.adversary.story import Picks

STATE = (".pinplan/state.db", ".pinplan/state.db-wal", ".pinplan/state.db-shm")


def edit_plan(stage: Stage, picks: Picks) -> str | None:
    """A plan in which one action is about another pin or file, and the digest is the old one."""
    if not stage.saved:
        return None
    path = stage.saved[-1]
    plan = json.loads(path.read_bytes())
    if not plan.get("actions"):
        return None
    action = picks.of(plan["actions"])
    pins = stage.pins()
    if pins:
        action["pin_id"] = picks.of(pins).id
    path.write_text(json.dumps(plan, indent=2, sort_keys=True) + "\n", encoding="utf-8")
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


VERBS = table(
    "slips",
    ("edit_plan", 3, edit_plan),
    ("plan_over_picture", 1, plan_over, {"what": "a picture"}),
    ("plan_over_config", 1, plan_over, {"what": "config"}),
    ("plan_over_state", 1, plan_over, {"what": "state"}),
    ("old_state", 2, old_state),
    ("lose_state", 1, lose_state),
)
