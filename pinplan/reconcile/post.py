"""Decide about the pictures that ``pinplan post`` was given: create a pin of each, or say why not. Pure.

What can be known of a picture alone was checked before (`pinplan.snapshot.post_pictures`); here it meets Pinterest and the library.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from msgspec import UNSET
from msgspec.structs import replace

from pinplan.actions.contexts import Home
from pinplan.actions.expect import ExpectKept
from pinplan.actions.post_pin import PostPin
from pinplan.errors import ConfigError
from pinplan.plan.document import Finding, FindingKind
from pinplan.reconcile.board_folders import BoardFolders
from pinplan.reconcile.finalise import finalise
from pinplan.reconcile.findings import WRITE_TO_OTHERS, confirmations, unconfirmed
from pinplan.reconcile.match import FileSides, PinSides
from pinplan.reconcile.paths import ImagePaths
from pinplan.reconcile.upload_rules import NO_ID, Reason, cannot, converted, planned_file, why_not_again_today

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pinplan.actions import AnyAction
    from pinplan.model.ids import BoardId, PinId
    from pinplan.model.post import PostPicture, PostWanted
    from pinplan.model.snapshots import BoardSnapshot
    from pinplan.reconcile.plan_input import PlanContent, PlanInput


OF_OTHERS = f"the board may belong to another account; to post to it, name it in {WRITE_TO_OTHERS}"


def post(inputs: PlanInput, wanted: PostWanted) -> PlanContent:
    """Plan the pins. Raises `ConfigError` for a board that takes none."""
    rules = _PostRules(inputs, wanted)
    # Pending creates first: the same picture must not be sent a second time (I29: creates at most once).
    actions: list[AnyAction] = [*confirmations(inputs)]
    findings: list[Finding] = [*unconfirmed(inputs)]
    for pictures in wanted.pins:
        reason = rules.why_not(pictures)
        if reason is None:
            actions.append(rules.action(pictures))
        else:
            address = f"{rules.home.container}/{pictures[0].name}"
            message = f"{', '.join(picture.source for picture in pictures)}: {reason.message}"
            findings.append(Finding(kind=reason.kind, address=address, message=message))
    content = finalise(inputs, actions, findings, postponed=rules.postponed)
    # It looks only at its own pictures: an empty plan does not mean that both sides agree.
    return replace(content, compares=False)


class _PostRules:
    """Decides in the order of the command line."""

    def __init__(self, inputs: PlanInput, wanted: PostWanted) -> None:
        self._inputs, self._wanted = inputs, wanted
        self._conditions = inputs.policies.about_uploads
        pins = PinSides(inputs.remote)
        self._board = _listed(pins.boards.get(wanted.board_id))
        self._is_foreign = self._board.board.owner != pins.account.username
        if self._is_foreign and not inputs.policies.may_write_to(*_names(self._board)):
            raise ConfigError([f"{self._board.board.name}: {OF_OTHERS}"])
        files = FileSides(inputs.local, inputs.base, inputs.policies.template)
        folders = BoardFolders(inputs.remote.boards, inputs.base.tracked)
        self._places = ImagePaths(folders, files, inputs.policies.template)
        self.home = Home(
            board_id=wanted.board_id,
            section_id=wanted.section_id,
            container=self._places.container(wanted.board_id, wanted.section_id),
        )
        self._facts = {one.path: one for one in inputs.local.uploads}
        self._pending = {sha256 for create in inputs.creates if create.found is None for sha256 in create.pictures}
        self._same: dict[str, set[str]] = defaultdict(set)
        for facts in inputs.local.uploads:
            for other in facts.files:
                self._same[facts.path].add(other)
                self._same[other].add(facts.path)
        self._planned: dict[str, str] = {}
        self._left = max(0, self._conditions.per_day - inputs.local.uploaded_today)
        self.postponed = 0

    def why_not(self, pictures: Sequence[PostPicture]) -> Reason | None:
        """Why the pictures of a pin are not posted; None if they are."""
        of_each = next(filter(None, map(self._of_picture, pictures)), None)
        unsure = next(filter(None, map(self._of_doubt, pictures)), None)
        return self._of_board() or of_each or self._of_pin(pictures) or unsure or self._of_day(pictures)

    def _of_board(self) -> Reason | None:
        if self._board.complete and self._board.asked:
            return None
        return cannot("not posted: the listing of the board is incomplete; run the same command again later")

    def _of_picture(self, picture: PostPicture) -> Reason | None:
        facts = self._facts[picture.file.path]
        if picture.file.content is not None and picture.file.content.sha256 in self._pending:
            return cannot("not posted: the same picture was sent before, which is not confirmed yet")
        # By its address Pinterest takes the file as it is, animations as well.
        if facts.problem and not picture.url:
            return cannot(f"not posted: {facts.problem}")
        return None

    def _of_doubt(self, picture: PostPicture) -> Reason | None:
        unsure = self._facts[picture.file.path].unsure
        return cannot(f"not posted yet: {unsure}; run the same command again") if unsure else None

    def _of_pin(self, pictures: Sequence[PostPicture]) -> Reason | None:
        shown = self._shown_by(pictures)
        if shown is not None:
            what = "the same picture" if len(pictures) == 1 else "the same pictures"
            return Reason(FindingKind.ALREADY_PINNED, f"pin {shown} shows {what}")
        if len(pictures) > 1:
            return None
        same = self._planned.get(pictures[0].file.path)
        if same is not None:
            return Reason(FindingKind.ALREADY_PINNED, f"the same file as {same}, which was named before")
        before = next((path for path in sorted(self._same[pictures[0].file.path]) if path in self._planned), None)
        if before is None:
            return None
        return Reason(FindingKind.ALREADY_PINNED, f"{self._planned[before]}, which is posted, shows the same picture")

    def _shown_by(self, pictures: Sequence[PostPicture]) -> PinId | None:
        """A pin that shows all of the pictures."""
        first, *others = (self._facts[picture.file.path].pins for picture in pictures)
        return next((pin for pin in first if all(pin in of for of in others)), None)

    def _of_day(self, pictures: Sequence[PostPicture]) -> Reason | None:
        if self._left == 0:
            self.postponed += 1
            return cannot(why_not_again_today("posted", self._conditions))
        self._left -= 1
        self._planned |= {picture.file.path: picture.source for picture in pictures}
        return None

    def action(self, pictures: Sequence[PostPicture]) -> PostPin:
        """The action of a pin; a carousel has the texts of its first picture."""
        first = pictures[0]
        pin = self._wanted.words.of(first, *self.home.ids)
        slots = range(1, len(pictures) + 1) if len(pictures) > 1 else (0,)
        files = tuple(
            # Without the time of the copy: the same pictures give the same plan, whenever they were copied (I8).
            replace(planned_file(self._places, self.home, pin, one.file, slot), mtime_ns=0)
            for one, slot in zip(pictures, slots, strict=True)
        )
        return PostPin(
            pin_id=NO_ID,
            board_id=self.home.board_id,
            address=f"{self.home.container}/{first.name}",
            reason="requested",
            expect=tuple(ExpectKept(path=file.source, size=file.size, sha256=file.sha256) for file in files),
            after=self.home,
            pin=pin,
            files=files,
            keep=UNSET if self._wanted.keep else False,
            url=first.url or UNSET,
            sent_as=UNSET if first.url else converted(files, self._facts) or UNSET,
            of_others=self._is_foreign or UNSET,
            keep_metadata=(self._conditions.keep_metadata and not first.url) or UNSET,
        )


def _listed(board: BoardSnapshot | None) -> BoardSnapshot:
    """The board, if the config lets it take part. Raises `ConfigError`."""
    if board is None or not board.listed:
        raise ConfigError(["the config leaves this board out ([boards]); include it to post to it"])
    return board


def _names(board: BoardSnapshot) -> tuple[str, BoardId, str | None]:
    return board.board.name, board.board.id, board.board.owner
