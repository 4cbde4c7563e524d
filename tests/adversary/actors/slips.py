"""Slips and attacks: hands that mistype, and plans from elsewhere."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from pinplan.cli import review
from tests.adversary.actors.table import table
from tests.adversary.still import seam

if TYPE_CHECKING:
    from pathlib import Path

    from tests.adversary.stage import Stage
    from tests.adversary.story import Picks

STATE = (".pinplan/state.db", ".pinplan/state.db-wal", ".pinplan/state.db-shm")
LOG = ".pinplan/audit.jsonl"
FOLDERS = {"gallery", "snapshots"}
"""Commands whose output option names a folder."""


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
    fits = bool({one["kind"] for one in plan["actions"]} & REMOVING)
    if fits:
        plan["digest"] = digest_of(plan)
    path.write_text(canonical(plan), encoding="utf-8")
    ran = stage.ask("apply", str(path), plan=path)
    if ran.code == 0 and (ran.writes or not fits):
        stage.accuse("edited-plan-refused", f"an edited plan was applied: {ran.argv}")
    return f"{path.name} is edited and applied"


def unseal_plan(stage: Stage, picks: Picks) -> str | None:
    """A plan that removes something, without the proof that it was made here: nobody approves it."""
    from tests.adversary.actors.asks import EVERYTHING, planned

    images = stage.images()
    if not images:
        return None
    (stage.library / picks.of(images)).unlink()
    _, path = planned(stage, "--mode", "two-way", *EVERYTHING)
    if not path.exists():
        return None
    plan = json.loads(path.read_bytes())
    plan.pop("seal", None)
    plan["digest"] = digest_of(plan)
    path.write_text(canonical(plan), encoding="utf-8")
    ran = stage.ask("apply", str(path), plan=path)
    if ran.writes:
        stage.accuse("edited-plan-refused", f"a plan without a seal was applied: {ran.argv}", "unsealed")
    return f"{path.name} is applied without its seal"


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
        stage.notes["records in the backup"] = _records(stage)
        return "a backup of the state is made"
    stage.notes["state touched"] = True
    for name in STATE:
        (stage.library / name).unlink(missing_ok=True)
        saved = backup / name.rpartition("/")[2]
        if saved.exists():
            shutil.copy2(saved, stage.library / name)
    ran = stage.ask("plan")
    if _records(stage) > stage.notes["records in the backup"] and ran.calm and ran.code in {0, 2}:
        stage.accuse("history-anchored", f"plan ends with {ran.code} on a state of before", "older")
    return "the backup of the state is put back"


def _records(stage: Stage) -> int:
    log = stage.library / LOG
    return log.read_bytes().count(b"\n") if log.exists() else 0


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
    with _history_put_back(stage) as before:
        if before is None:
            return None
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
        if _on_their_way(stage):
            return None
        with closing(sqlite3.connect(stage.library / STATE[0])) as db:
            db.execute("UPDATE meta SET value = ? WHERE key = 'audit_hash'", (digest,))
            db.commit()
        (stage.library / LOG).write_text("".join(lines), encoding="utf-8")
        for command in (("audit", "verify"), ("plan",)):
            _must_notice(stage, command, "is rewritten", command[0])
    return "the audit log is rewritten, looked at and put back"


def _on_their_way(stage: Stage) -> bool:
    """Whether the state still has records for the audit log: what is cut off may be among them, and is written again."""
    with closing(sqlite3.connect(stage.library / STATE[0])) as db:
        return bool(db.execute("SELECT count(*) FROM audit").fetchone()[0])


def cut_history(stage: Stage, picks: Picks, *, where: str) -> str | None:
    """Lines of the audit log are taken out; afterwards everything is put back."""
    with _history_put_back(stage) as before:
        if before is None:
            return None
        lines = before.splitlines(keepends=True)
        first = len(lines) // 2 if where == "end" else 1 + picks.number(max(1, len(lines) - 2))
        left = lines[:first] if where == "end" else [*lines[:first], *lines[first + 1 :]]
        if len(left) == len(lines) or _on_their_way(stage):
            return None
        (stage.library / LOG).write_bytes(b"".join(left))
        _must_notice(stage, ("audit", "verify"), f"lacks lines at the {where}", f"cut {where}")
    return f"lines at the {where} of the audit log are cut, looked at and put back"


def _must_notice(stage: Stage, command: tuple[str, ...], what: str, circumstance: str) -> None:
    ran = stage.ask(*command)
    if ran.calm and ran.code in {0, 2}:
        stage.accuse(
            "history-anchored", f"{' '.join(command)} ends with {ran.code} on an audit log that {what}", circumstance
        )


@contextmanager
def _history_put_back(stage: Stage) -> Iterator[bytes | None]:
    """The audit log, which may be changed in the block; None where there is none, or the state was changed by hand before."""
    log = stage.library / LOG
    seen = list((stage.home / "state").rglob("libraries/*.json"))
    if stage.notes.get("state touched") or not seen or not log.exists() or log.stat().st_size == 0:
        yield None
        return
    kept = {name: (stage.library / name).read_bytes() for name in STATE if (stage.library / name).exists()}
    before = log.read_bytes()
    stage.notes["history rewritten"] = True
    yield before
    stage.notes["history rewritten"] = False
    log.write_bytes(before)
    for name in STATE:
        (stage.library / name).unlink(missing_ok=True)
        if name in kept:
            (stage.library / name).write_bytes(kept[name])


def output_over(stage: Stage, picks: Picks, *, command: str) -> str | None:
    """An output option of another command that names a picture, a board's folder, the config or the state."""
    images = stage.images()
    target, path = _something_of_theirs(stage, picks, folder=command in FOLDERS), stage.new_plan()
    if not images or target is None:
        return None
    if command in {"show", "review"}:
        stage.ask("plan", "-o", str(path), plan=path)
    words = {
        "show": ("show", str(path), "--offline", "--html", str(target)),
        "undo": ("undo", "-o", str(target)),
        "trash": ("trash", "restore", "*", "-o", str(target)),
        "review": ("review", str(path), "--no-browser", "-o", str(target)),
        "terraform": ("plan", f"-out={target}"),
        "gallery": ("gallery", str(target)),
        "snapshots": ("plan", "--save-snapshots", str(target)),
    }[command]
    before = _bytes_below(target)
    with _no_page():
        stage.ask(*words)
    if _bytes_below(target) != before:
        stage.accuse("output-spares-files", f"{' '.join(words)} wrote there", command)
    return f"{command} over {target.relative_to(stage.home).as_posix()}"


def _something_of_theirs(stage: Stage, picks: Picks, *, folder: bool) -> Path | None:
    images = stage.images()
    if not images:
        return None
    picture = stage.library / picks.of(images)
    if folder:
        return picks.of([picture.parent, stage.library, stage.library / ".pinplan"])
    return picks.of([picture, stage.library / "pinplan.toml", stage.library / STATE[0], stage.library / LOG])


def _bytes_below(target: Path) -> dict[str, bytes]:
    """A file, or every file of a folder; pinplan's own change by themselves (SQLite's, the log of what was asked)."""
    if target.is_file():
        return {"": target.read_bytes()[:16]}
    found = (path for path in sorted(target.rglob("*")) if path.is_file())
    return {str(path): b"" if ".pinplan" in path.parts else path.read_bytes() for path in found if not _passing(path)}


def _passing(path: Path) -> bool:
    """What any command makes anew where it is missing, and what SQLite keeps beside a database."""
    made = path.parent.name == ".pinplan" and path.name in {"lock", "facts.db"}
    return (
        made or path.name.endswith(("-wal", "-shm", "-journal")) or path.parent.name in {"staging", "cache", "listings"}
    )


@contextmanager
def _no_page() -> Iterator[None]:
    """A review that is let through, against all rules, does not wait for somebody at a browser."""
    before = seam(review, "_wait")
    review._wait = lambda ended: None
    try:
        yield
    finally:
        review._wait = before


def others_decisions(stage: Stage, picks: Picks) -> str | None:
    """Decisions about another plan."""
    from tests.adversary.actors.asks import allowed, applied, planned
    from tests.adversary.actors.choices import decisions_file

    other, _ = planned(stage, *allowed(picks))
    ran, path = planned(stage, "--mode", picks.of(["mirror", "archive", "two-way"]), *allowed(picks))
    if not ran.actions or other.plan.get("digest") in {None, ran.plan.get("digest")}:
        return None
    file = decisions_file(stage, other.plan["digest"], {action["id"]: "approve" for action in other.actions})
    done = applied(stage, path, "--decisions", str(file))
    if done and (done.writes or done.before.files != done.after.files):
        stage.accuse("decisions-belong", f"{path.name} was applied with decisions about another plan")
    return f"{path.name} is applied with decisions about another plan"


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
    ("unseal_plan", 2, unseal_plan),
    ("plan_over_picture", 1, plan_over, {"what": "a picture"}),
    ("plan_over_config", 1, plan_over, {"what": "config"}),
    ("plan_over_state", 1, plan_over, {"what": "state"}),
    ("old_state", 2, old_state),
    ("lose_state", 1, lose_state),
    ("rewrite_history", 3, rewrite_history),
    ("deep_plan", 1, deep_plan),
    ("cut_history_end", 1, cut_history, {"where": "end"}),
    ("cut_history_middle", 1, cut_history, {"where": "middle"}),
    ("others_decisions", 1, others_decisions),
    ("show_over", 1, output_over, {"command": "show"}),
    ("undo_over", 1, output_over, {"command": "undo"}),
    ("trash_restore_over", 1, output_over, {"command": "trash"}),
    ("review_over", 1, output_over, {"command": "review"}),
    ("terraform_over", 1, output_over, {"command": "terraform"}),
    ("gallery_over", 1, output_over, {"command": "gallery"}),
    ("snapshots_over", 1, output_over, {"command": "snapshots"}),
)
