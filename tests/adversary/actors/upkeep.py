"""What people do to a library as a whole: backups, links to other disks, parts of ``.pinplan`` that are thrown away."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from tests.adversary.actors.table import table
from tests.adversary.oracle import OWN

if TYPE_CHECKING:
    from tests.adversary.stage import Stage
    from tests.adversary.story import Picks


def old_library(stage: Stage, picks: Picks) -> str:
    """A backup of the whole library is made, or the one that was made is put back."""
    backup = stage.home / "backup of everything"
    if not backup.exists():
        shutil.copytree(stage.library, backup, symlinks=True)
        return "a backup of the library is made"
    stage.notes["state touched"] = True
    _emptied(stage.library)
    shutil.copytree(backup, stage.library, symlinks=True, dirs_exist_ok=True)
    stage.ask("plan")
    if picks.number(3):
        stage.ask("init", "--recover", str(stage.library))
        return "the backup of the library is put back and recovered"
    return "the backup of the library is put back"


def _emptied(folder: Path) -> None:
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def lose_part(stage: Stage, picks: Picks, *, part: str) -> str | None:
    """Something of ``.pinplan`` is thrown away; what nothing works without is put back after two commands."""
    path = stage.library / OWN / part
    if not path.exists():
        return None
    kept = stage.home / "thrown away"
    shutil.rmtree(kept, ignore_errors=True)
    if part in {"trash", "plans", "facts.db", "lock"}:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
        return f"{OWN}/{part} is thrown away"
    path.rename(kept)
    stage.notes["history rewritten"] = True
    for command in (("plan",), ("audit", "verify"), ("apply", "--auto-approve"))[picks.number(2) :]:
        ran = stage.ask(*command)
        if part == "library.json" and ran.code in {0, 2}:
            stage.accuse("marker-needed", f"{' '.join(command)} ends with {ran.code} without {OWN}/{part}")
        if part == "audit.jsonl" and command[0] == "audit" and ran.calm and ran.code == 0:
            stage.accuse("history-anchored", "audit verify ends with 0 without an audit log", "lost")
    stage.notes["history rewritten"] = False
    path.unlink(missing_ok=True)
    kept.rename(path)
    return f"{OWN}/{part} is away for a moment"


def link(stage: Stage, picks: Picks, *, how: str) -> str | None:
    """A symbolic link where a file or a folder was, or beside it."""
    images = stage.images()
    if not images:
        return None
    path = stage.library / picks.of(images)
    if how == "beside it":
        place = path.with_name(f"link {picks.number(100)}{path.suffix}")
        target = Path(path.name)
    elif how == "of a folder":
        place = stage.library / path.relative_to(stage.library).parts[0]
        target = stage.elsewhere / place.name
    else:
        place, target = path, stage.elsewhere / path.name
    if how == "beside it":
        if place.is_symlink() or place.exists():
            return None
    elif target.exists() or place.is_symlink():
        return None
    else:
        place.rename(target)
    place.symlink_to(target)
    return f"links {place.relative_to(stage.library).as_posix()} to {target.name}, {how}"


VERBS = table(
    "upkeep",
    ("old_library", 3, old_library),
    ("lose_trash", 1, lose_part, {"part": "trash"}),
    ("lose_plans", 1, lose_part, {"part": "plans"}),
    ("lose_facts", 1, lose_part, {"part": "facts.db"}),
    ("lose_lock", 1, lose_part, {"part": "lock"}),
    ("lose_marker", 1, lose_part, {"part": "library.json"}),
    ("lose_audit", 1, lose_part, {"part": "audit.jsonl"}),
    ("link_beside", 1, link, {"how": "beside it"}),
    ("link_out", 2, link, {"how": "to another disk"}),
    ("link_folder", 1, link, {"how": "of a folder"}),
)
