"""New pictures that become one pin: those of a folder below that of a board or section, beside a file called ``.pin``, and series of names. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import UNSET
from msgspec.structs import replace

from pinplan.actions.expect import ExpectFile
from pinplan.actions.upload_carousel import UploadCarousel
from pinplan.model.ids import RelPath
from pinplan.model.naming import one_line
from pinplan.model.pins import NewPin
from pinplan.model.post import carousel_problem
from pinplan.plan.document import Finding
from pinplan.reconcile.companions import Companions
from pinplan.reconcile.consent import CONSENT
from pinplan.reconcile.marked_folders import MARK
from pinplan.reconcile.upload_rules import NO_ID, Reason, UploadRules, cannot, planned_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pinplan.actions.new_file import NewFile
    from pinplan.model.images import FileFact
    from pinplan.reconcile.paths import ImagePaths
    from pinplan.reconcile.pin_groups import Group
    from pinplan.reconcile.untracked_file import UntrackedFile

NUMBER_THEM, RENAME = "number them 1, 2, 3 …, or ", "rename what is to be a pin of its own"
"""What to do with pictures that look like a carousel by their names, and are none."""


class CarouselRules:
    """Decides about groups by the rules for single pictures, and those for carousels."""

    def __init__(self, rules: UploadRules, places: ImagePaths, files: Iterable[FileFact]) -> None:
        """Judge single pictures by these rules; companions are among the files."""
        self._rules, self._places = rules, places
        self._companions = Companions(files)

    def decide(self, groups: Iterable[Group]) -> Iterator[UploadCarousel | Finding]:
        """An upload or a finding for each group."""
        for group in groups:
            if any(self._rules.is_pending(new) for new in group.files):
                continue  # it has a finding of its own
            reason = self._why_not(group)
            yield self._upload(group) if reason is None else _finding(group, reason)

    def _why_not(self, group: Group) -> Reason | None:
        if group.folder and self._places.is_folder_of(group.home, group.files[0].file.path):
            return cannot(f"{MARK} is in the folder of a board or section itself; put them into a folder below it")
        reason = self._rules.of_place(group.place) or _of_one(group, self._rules.of_name, self._rules.of_file)
        if reason is not None:
            return reason
        problem = group.problem or carousel_problem([(new.name, new.file) for new in group.files])
        if problem and not group.folder:
            # Numbers are no remedy for pictures of unequal size.
            problem += f"; nothing of it is uploaded; {NUMBER_THEM if group.problem else ''}{RENAME}"
        if problem:
            return cannot(problem)
        return _of_one(group, self._rules.of_picture) or self._rules.of_day(group.files)

    def _upload(self, group: Group) -> UploadCarousel:
        home = group.home
        # Cut as it is sent: the plan names what will be published (I31).
        pin = NewPin(board_id=home.board_id, section_id=home.section_id, title=one_line(group.name)).within_limits()
        files = tuple(self._planned(new, pin, slot) for slot, new in enumerate(group.files, start=1))
        return UploadCarousel(
            pin_id=NO_ID,
            board_id=home.board_id,
            address=group.address,
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

    def _planned(self, new: UntrackedFile, pin: NewPin, slot: int) -> NewFile:
        planned = planned_file(self._places, new.home, pin, new.file, slot)
        return replace(planned, companions=self._companions.of(new.file.path))


def _of_one(group: Group, *judges: Callable[[UntrackedFile], Reason | None]) -> Reason | None:
    """Why one of the pictures keeps all of them from being uploaded."""
    found = ((new, judge(new)) for new in group.files for judge in judges)
    new, reason = next(((new, reason) for new, reason in found if reason is not None), (None, None))
    if new is None or reason is None or reason.code == CONSENT:
        return reason
    return Reason(reason.kind, f"{new.name}: {reason.message}")


def _finding(group: Group, reason: Reason) -> Finding:
    count = len(group.files)
    return Finding(
        kind=reason.kind,
        address=group.address,
        path=RelPath(group.folder) if group.folder else group.files[0].file.path if count == 1 else None,
        message=f"{group.name}, {count} {'picture' if count == 1 else 'pictures'} for one pin: {reason.message}",
        count=count,
        reason=reason.code,
    )
