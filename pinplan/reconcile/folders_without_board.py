"""Say why the pins of files that were moved to a folder of their own do not follow: no board or section can have its name. Pure."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from pinplan.plan.document import Finding, FindingKind
from pinplan.policies.mode import MovedFile
from pinplan.reconcile.place_names import DEEPER, why_no_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pinplan.model.ids import RelPath
    from pinplan.reconcile.pair_state import PairState
    from pinplan.reconcile.paths import ImagePaths


class _Place(NamedTuple):
    """A folder that no board or section can have, and why; ``container`` is where the pins of its files are."""

    container: str
    folder: str
    why: str


class FoldersWithoutBoard:
    """Collects the relocated files of such folders."""

    def __init__(self, places: ImagePaths) -> None:
        """Begin with none."""
        self._places = places
        self._files: dict[_Place, list[RelPath]] = defaultdict(list)

    def add(self, case: PairState) -> None:
        """Note a file that is relocated, if its pin would have followed it to a folder with another name."""
        record, path = case.tracked, case.found.path
        follows = case.answers.moved_file is MovedFile.MOVE
        # A file that was renamed in such a folder, or accepted there, has nothing to explain.
        if follows and not case.accepted and path.rpartition("/")[0] != record.path.rpartition("/")[0]:
            found = self._why(path)
            if found is not None:
                self._files[_Place(record.container, *found)].append(path)

    def _why(self, path: RelPath) -> tuple[str, str] | None:
        """The folder without a board or section, and why it gets none; None if that is not because of its name or depth."""
        folders = path.split("/")[:-1]
        if self._places.depth is None:
            return None
        home = folders[: len(folders) - self._places.depth]
        for end, name in enumerate(home[:2], start=1):
            at = "/".join(home[:end])
            why = None if self._places.is_taken(at) else why_no_name(name)
            if why is not None:
                return at, why
        return ("/".join(home), DEEPER) if len(home) > 2 else None

    def findings(self) -> Iterator[Finding]:
        """One for each folder."""
        for (container, folder, why), files in self._files.items():
            count = len(files)
            verb, pins = ("is", "its pin stays") if count == 1 else ("are", "their pins stay")
            yield Finding(
                kind=FindingKind.MOVED_LOCALLY,
                address=container,
                path=files[0] if count == 1 else None,
                message=f"{count:,} {'file' if count == 1 else 'files'} {verb} in {folder} now, and {pins} in {container}; no board or section gets this folder: {why}",
                count=count,
            )
