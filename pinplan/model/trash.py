"""Where the trash keeps things: one folder per action of a run, so that two actions never meet."""

from pinplan.model.ids import ActionId, RelPath, RunId

_TRASH = ".pinplan/trash/"


def is_in_trash(path: str) -> bool:
    """Whether a path lies in the trash."""
    return path.startswith(_TRASH)


def path_before_trash(kept: RelPath) -> RelPath:
    """The path that a file in the trash had in the library."""
    return RelPath(kept.removeprefix(_TRASH).split("/", 2)[-1])


def trash_path(path: RelPath | str, run: RunId, action: ActionId) -> RelPath:
    """The place in the trash of a file that an action of a run put there; relative to the library."""
    return RelPath(f"{_TRASH}{run}/{action}/{path}")
