"""Where the trash keeps things: one folder per action of a run, so that two actions never meet."""

from pinplan.model.ids import ActionId, RelPath, RunId


def trash_path(path: RelPath | str, run: RunId, action: ActionId) -> RelPath:
    """The place in the trash of a file that an action of a run put there; relative to the library."""
    return RelPath(f".pinplan/trash/{run}/{action}/{path}")
