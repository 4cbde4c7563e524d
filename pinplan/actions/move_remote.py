"""``move_remote``: move a pin to the board or section in whose folder its file is now."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from pinplan.actions.base import Action, Description, KindInfo, Phase, name_of
from pinplan.actions.contexts import ActionContext, Home, UndoContext
from pinplan.actions.expect import ExpectFile, ExpectPin, expect_of, file_as_expected, found_at
from pinplan.actions.provisions import PlaceAt, Provision
from pinplan.actions.receipts import Put, Receipt
from pinplan.actions.verdicts import Done, NotUndone, Ready, Stale, Verdict
from pinplan.actions.views import View, view_of
from pinplan.errors import ApiRefused, AuthError, RemoteError
from pinplan.model.base import Tracked
from pinplan.model.features import Feature
from pinplan.model.ids import BoardId, PinId, RelPath
from pinplan.model.pins import is_made_public
from pinplan.model.scopes import WRITE_PINS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

    from pinplan.model.pins import Pin


class MoveRemote(Action, frozen=True, kw_only=True, tag="move_remote", gc=False):
    """Change board and section of a pin on Pinterest: its id and its saves stay. No file is touched.

    Attributes:
        before: the records of all its files.
        after: the same, at their present paths, with the new board and section.
        files: the files, where they are.
        source, target: board and section before and after.
        title: of the pin.
        becomes_public: True if the pin leaves a secret board for one that is not secret; absent otherwise.
        of_others: True if a board of another account is concerned, which the config names; absent otherwise.
    """

    trait: ClassVar[KindInfo] = KindInfo(
        symbol=">",
        verb="to move on Pinterest",
        title="Move on Pinterest",
        phase=Phase.UPDATE,
        constructive=True,
        moves_remote=True,
        scopes=WRITE_PINS,
        features=(Feature.UPDATE_PINS,),
    )

    expect: ExpectPin
    before: tuple[Tracked, ...]
    after: tuple[Tracked, ...]
    files: tuple[ExpectFile, ...]
    source: Home
    target: Home
    pin_title: str | UnsetType = UNSET
    becomes_public: bool | UnsetType = UNSET
    of_others: bool | UnsetType = UNSET

    @property
    def title(self) -> str:
        """The title of the pin, else the name of its file."""
        return self.pin_title or name_of(self.files[0].path)

    def describe(self) -> Description:
        """Name both places, and whether the image becomes public."""
        public = ", becomes public" if self.becomes_public else ""
        named = f" “{self.pin_title}”" if self.pin_title else ""
        shown = "; its image becomes public" if self.becomes_public else ""
        return Description(
            subject=name_of(self.files[0].path),
            detail=f"to {self.target.container}{public}",
            effect=f"move pin {self.pin_id}{named} from {self.source.container} to {self.target.container} on Pinterest; "
            f"its id and saves stay{shown}",
        )

    @property
    def makes_public(self) -> bool:
        """Whether it was planned as one that does."""
        return bool(self.becomes_public)

    @property
    def calls(self) -> int:
        """Read the pin, move it."""
        return 2

    @property
    def listing_dependencies(self) -> frozenset[BoardId]:
        """Both boards, and the board recorded in the base."""
        return self.changed_boards | {record.board_id for record in self.before}

    @property
    def changed_boards(self) -> frozenset[BoardId]:
        """The board that it leaves, and the one that it comes to."""
        return frozenset({self.source.board_id, self.target.board_id})

    def views(self) -> tuple[View, ...]:
        """Its files, where they are."""
        return tuple(view_of(record) for record in self.after)

    def affected_paths(self) -> tuple[RelPath, ...]:
        """Its files, as recorded."""
        return tuple(record.path for record in self.before)

    def guarded_paths(self) -> tuple[RelPath, ...]:
        """Its files, as recorded and where they are now."""
        return tuple(dict.fromkeys((*self.affected_paths(), *(file.path for file in self.files))))

    def records(self) -> tuple[Tracked, ...]:
        """The records of its files."""
        return self.before

    def known_pins(self) -> tuple[PinId, ...]:
        """The pin."""
        return (self.pin_id,)

    def needs(self) -> tuple[Provision, ...]:
        """The board or section that it comes to, if that is created by the same plan."""
        return (PlaceAt(self.target.container),)

    def fills(self) -> tuple[RelPath, ...]:
        """Its files."""
        return tuple(file.path for file in self.files)

    def at_created(self, ids: Mapping[str, str]) -> Self:
        """To the board or section that was created."""
        target = self.target.at_created(ids)
        after = tuple(replace(one, board_id=target.board_id, section_id=target.section_id) for one in self.after)
        return replace(self, target=target, after=after)

    def misfit(self) -> str | None:
        """All parts must be about the same images of the pin, and about the same two places."""
        images = [(record.pin_id, record.slot, record.sha256) for record in self.before]
        if not images or images != [(record.pin_id, record.slot, record.sha256) for record in self.after]:
            return "the plan names other images"
        if any(pin_id != self.pin_id for pin_id, _, _ in images) or self.expect.pin_id != self.pin_id:
            return "the plan names another pin"
        if [file.sha256 for file in self.files] != [sha256 for _, _, sha256 in images]:
            return "the plan names other files"
        homes = {(record.board_id, record.section_id) for record in self.after}
        if (self.expect.board_id, self.expect.section_id) != self.source.ids or homes != {self.target.ids}:
            return "the plan names other boards"
        return None

    def check(self, context: ActionContext) -> Verdict:
        """The pin must be where it was, and its files where they are; or the pin is already there."""
        pin = context.remote.pin(self.pin_id)
        if pin is None:
            return Stale("the pin is gone from Pinterest")
        if pin.is_owner is not True:
            return Stale("the pin is not yours")
        if self._has_arrived(pin):
            # Also where Pinterest's own page was faster: both sides agree on the place.
            return self._unless_files_differ(context, Done(self._receipt()))
        if (pin.board_id, pin.section_id) != (self.expect.board_id, self.expect.section_id):
            return Stale("the pin has moved since the plan")
        problem = self._why_not_there(context, pin)
        return Stale(problem) if problem is not None else self._unless_files_differ(context, Ready())

    def _unless_files_differ(self, context: ActionContext, otherwise: Verdict) -> Verdict:
        problems = (file_as_expected(context, file) for file in self.files)
        problem = next((one for one in problems if one is not None), None)
        return otherwise if problem is None else Stale(problem)

    def _why_not_there(self, context: ActionContext, pin: Pin) -> str | None:
        """Why the pin must not come to the board, which may have changed since the plan."""
        source, target = context.board(self.source.board_id), context.board(self.target.board_id)
        if target is None:
            return f"the board of {self.target.container} no longer exists"
        owners = {source.owner if source is not None else None, pin.board_owner} - {None}
        if not self.of_others and (owners | {target.owner}) != {context.username}:
            return "a board may belong to another account"
        # I31: what the plan did not name as public is not made public.
        if not self.becomes_public and is_made_public(source, target):
            return f"{self.target.container} is not secret any more, and the plan does not say that the image becomes public"
        return None

    def execute(self, context: ActionContext) -> Receipt:
        """Move the pin."""
        try:
            context.remote.move_pin(self.pin_id, self.target.board_id, self.target.section_id)
        except ApiRefused:
            raise
        except RemoteError as error:
            # The request may have been carried out, only its response was lost: look before it counts as failed.
            if not self._is_there_now(context):
                raise error from None
        return self._receipt()

    def _is_there_now(self, context: ActionContext) -> bool:
        try:
            pin = context.remote.pin(self.pin_id)
        except (RemoteError, AuthError):
            return False
        return pin is not None and self._has_arrived(pin)

    def _has_arrived(self, pin: Pin) -> bool:
        return (pin.board_id, pin.section_id) == self.target.ids

    def _receipt(self) -> Receipt:
        return Receipt(changes=tuple(Put(record) for record in self.after))

    def undo(self, receipt: Receipt, now: UndoContext) -> tuple[Action, ...] | NotUndone:  # noqa: ARG002 - the plan says it all
        """Move the pin back, and record its files as before, wherever they are now."""
        pin = now.pin(self.pin_id)
        if pin is None:
            return NotUndone("the pin is no longer listed")
        if not self._has_arrived(pin):
            return NotUndone("the pin has been moved since")
        back = now.board(self.source.board_id)
        if back is None:
            return NotUndone(f"the board of {self.source.container} no longer exists")
        records = [record for one in self.after if (record := now.record(self.pin_id, one.slot)) is not None]
        if len(records) != len(self.after):
            return NotUndone("its file is no longer tracked")
        files = []
        for old, record in zip(self.before, records, strict=True):
            at = found_at((old, record), now)
            if at is None:
                return NotUndone(f"{record.path} no longer exists, or has changed since")
            files.append(expect_of(at))
        return (
            MoveRemote(
                pin_id=self.pin_id,
                board_id=pin.board_id,
                address=f"{self.target.container}/{self.pin_id}",
                reason="undo",
                expect=ExpectPin(pin_id=self.pin_id, board_id=pin.board_id, section_id=pin.section_id),
                before=tuple(records),
                after=self.before,
                files=tuple(files),
                source=self.target,
                target=self.source,
                pin_title=self.pin_title,
                becomes_public=is_made_public(now.board(pin.board_id), back) or UNSET,
                of_others=self.of_others,
            ),
        )
