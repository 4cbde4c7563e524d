"""Folders that become one pin each: new pictures below the folder of a board or section, beside a file called ``.pin``. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import UNSET
from msgspec.structs import replace

from pinplan.actions.expect import ExpectFile
from pinplan.actions.upload_carousel import UploadCarousel
from pinplan.model.ids import RelPath
from pinplan.model.pins import NewPin
from pinplan.model.post import carousel_problem
from pinplan.plan.document import Finding
from pinplan.reconcile.companions import Companions
from pinplan.reconcile.marked_folders import MARK
from pinplan.reconcile.upload_rules import NO_ID, Reason, UploadRules, cannot, planned_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pinplan.actions.create_again import NewFile as PlannedFile
    from pinplan.model.images import FileFact
    from pinplan.reconcile.new_files import NewFile
    from pinplan.reconcile.paths import ImagePaths


def split(files: Sequence[NewFile], folders: frozenset[str]) -> tuple[list[NewFile], list[list[NewFile]]]:
    """New pictures that become a pin each, and those of each marked folder, by path."""
    alone: list[NewFile] = []
    together: dict[str, list[NewFile]] = {}
    for new in sorted(files, key=lambda one: one.file.path):
        folder = new.file.path.rpartition("/")[0]
        (together.setdefault(folder, []) if folder in folders else alone).append(new)
    return alone, list(together.values())


class CarouselRules:
    """Decides about folders by the rules for single pictures, and those for carousels."""

    def __init__(self, rules: UploadRules, places: ImagePaths, files: Iterable[FileFact]) -> None:
        """Judge single pictures by these rules; companions are among the files."""
        self._rules, self._places = rules, places
        self._companions = Companions(files)

    def decide(self, groups: Iterable[Sequence[NewFile]]) -> Iterator[UploadCarousel | Finding]:
        """An upload or a finding for each folder."""
        for group in groups:
            if any(self._rules.is_pending(new) for new in group):
                continue  # it has a finding of its own
            reason = self._why_not(group)
            yield self._upload(group) if reason is None else _finding(group, reason)

    def _why_not(self, group: Sequence[NewFile]) -> Reason | None:
        folder = _folder_of(group)
        if self._places.is_folder_of(group[0].home, group[0].file.path):
            return cannot(f"{MARK} is in the folder of a board or section itself; put them into a folder below it")
        # The folder must be where a single picture would have to be: in the very folder of a board or section.
        reason = self._rules.of_place(replace(group[0], file=replace(group[0].file, path=folder)))
        reasons = (judge(new) for new in group for judge in (self._rules.of_name, self._rules.of_file))
        reason = reason or next(filter(None, reasons), None)
        if reason is not None:
            return reason
        problem = carousel_problem([(new.name, new.file) for new in group])
        if problem:
            return cannot(problem)
        shown = next(filter(None, map(self._rules.of_picture, group)), None)
        return shown or self._rules.of_day(group)

    def _upload(self, group: Sequence[NewFile]) -> UploadCarousel:
        folder, home = _folder_of(group), group[0].home
        name = folder.rpartition("/")[2]
        # Cut as it is sent: the plan names what will be published (I31).
        pin = NewPin(board_id=home.board_id, section_id=home.section_id, title=name).within_limits()
        files = tuple(self._planned(new, pin, slot) for slot, new in enumerate(group, start=1))
        return UploadCarousel(
            pin_id=NO_ID,
            board_id=home.board_id,
            address=f"{home.container}/{name}",
            reason="new_here",
            expect=tuple(
                ExpectFile(path=one.source, size=one.size, mtime_ns=one.mtime_ns, sha256=one.sha256) for one in files
            ),
            after=home,
            pin=pin,
            files=files,
            sent_as=self._rules.converted(files) or UNSET,
            keep_metadata=self._rules.keeps_metadata or UNSET,
            of_others=self._rules.is_foreign(home.board_id) or UNSET,
        )

    def _planned(self, new: NewFile, pin: NewPin, slot: int) -> PlannedFile:
        planned = planned_file(self._places, new.home, pin, new.file, slot)
        return replace(planned, companions=self._companions.of(new.file.path))


def _folder_of(group: Sequence[NewFile]) -> RelPath:
    return RelPath(group[0].file.path.rpartition("/")[0])


def _finding(group: Sequence[NewFile], reason: Reason) -> Finding:
    folder = _folder_of(group)
    name = folder.rpartition("/")[2]
    return Finding(
        kind=reason.kind,
        address=f"{group[0].home.container}/{name}",
        path=folder,
        message=f"{name}, {len(group)} pictures for one pin: {reason.message}",
        count=len(group),
    )
