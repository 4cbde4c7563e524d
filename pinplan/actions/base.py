"""What every action has.

An action is a step of a plan: a frozen record that can describe, check and execute itself. ``check`` is both the drift
guard (`Stale`) and the resume (`Done`). ``execute`` returns a `Receipt`; the base moves only from receipts.
"""

from __future__ import annotations

from abc import ABCMeta, abstractmethod
from enum import IntEnum
from typing import TYPE_CHECKING, ClassVar, Self, TypeAlias

from msgspec import Struct, StructMeta

from pinplan.actions.receipts import Receipt
from pinplan.model.base import Tracked
from pinplan.model.ids import ActionId, BoardId, PinId, RelPath, SectionId, Sha256
from pinplan.model.images import FileStat, StagedImage
from pinplan.model.naming import title_in
from pinplan.model.times import moment_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pinplan.actions.contexts import ActionContext, UndoContext
    from pinplan.actions.create_again import Creation
    from pinplan.actions.views import View
    from pinplan.errors.suggestions import Command
    from pinplan.model.pins import Pin


EPOCH = 1970
"""No disk has to know an earlier year."""


class Phase(IntEnum):
    """The order of an apply: deletes last, Pinterest at the very end (I18)."""

    RECORD = 0
    MOVE = 1
    FETCH = 2
    COPY = 3
    TRASH = 4
    UPDATE = 5
    REMOTE = 6


class KindInfo(Struct, frozen=True, kw_only=True):
    """Properties of a kind, for code that must not switch on kinds: executor, renderers, checks.

    Attributes:
        symbol, verb, title: ``+``, ``to download``, ``Download``: one wording for summary lines and tables.
        constructive: deletes on Pinterest wait until all constructive actions of the board were done.
        deletes_local, deletes_remote, forgets: counted against the limits.
        mends: the file is not what was recorded any more.
        fetches: an image is not here yet.
        estimates: how many bytes it takes is only estimated: they come from Pinterest's image host.
        parallel: may run beside other actions of its phase.
        for_pairs: it prepares a pin for what is done about its duplicates, and is not done if nothing is.
        may_remove: some actions of the kind move a file to the trash, or delete a pin, though the flags above do not say so of all.
        scopes: what a token needs for it; empty for what writes nothing to Pinterest.
        always_shown: in the summary line even when its count is 0, so that grep is stable.
    """

    symbol: str
    verb: str
    title: str
    phase: Phase
    constructive: bool = False
    deletes_local: bool = False
    deletes_remote: bool = False
    forgets: bool = False
    mends: bool = False
    fetches: bool = False
    estimates: bool = False
    parallel: bool = False
    for_pairs: bool = False
    always_shown: bool = False
    may_remove: bool = False
    scopes: tuple[str, ...] = ()

    @property
    def needs_approval(self) -> bool:
        """Whether a plan that was not made here needs an approval for it: it deletes, trashes, overwrites or writes to Pinterest.

        A fact of the kind, never of a field of the action: those can be edited.
        """
        return self.deletes_local or self.deletes_remote or self.may_remove or bool(self.scopes)


class Description(Struct, frozen=True, kw_only=True):
    """An action in words.

    Attributes:
        subject: what it concerns, below a heading that names kind and folder: the name of a file, or a pin.
        of_pin: the subject is a pin, not a file.
        detail: what else a person wants to see beside it; may be empty.
        effect: all of it in one sentence, with whole paths.
    """

    subject: str
    of_pin: bool = False
    detail: str = ""
    effect: str

    @property
    def short(self) -> str:
        """Subject and detail."""
        return f"{self.subject}  {self.detail}" if self.detail else self.subject


class Placement(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """The path and the record of a file to be placed.

    Attributes:
        mtime: the time that a fetched file is given, RFC 3339; absent: that of the download. Since plan format 1.3.
        title: the title of the pin, for messages; absent where the file name has it. Since plan format 1.3.
    """

    path: RelPath
    slot: int
    board_id: BoardId
    section_id: SectionId | None = None
    container: str
    template: str
    signature: str | None = None
    mtime: str | None = None
    title: str | None = None

    @property
    def mtime_ns(self) -> int | None:
        """The time that a fetched file is given, in nanoseconds since 1970; None for that of the download."""
        moment = moment_of(self.mtime)
        return int(moment.timestamp()) * 1_000_000_000 if moment is not None and moment.year >= EPOCH else None


class FileAt(Struct, frozen=True, gc=False):
    """A file under a path, which one action brings there and another one needs."""

    path: RelPath


class WordsOf(Struct, frozen=True, gc=False):
    """The texts of a pin on Pinterest, which one action changes and another one needs as they are then."""

    pin_id: PinId


Provision: TypeAlias = FileAt | WordsOf


class Claim(Struct, frozen=True, gc=False):
    """The record that the base must hold for an action that moves, replaces or deletes a file.

    Attributes:
        slot: None where the action does not say which image of the pin it is.
    """

    pin_id: PinId
    path: RelPath
    sha256: Sha256
    slot: int | None = None


class Ready(Struct, frozen=True):
    """The world is as the plan expects it."""


class Done(Struct, frozen=True):
    """An earlier try of this action got through; only its receipt is missing."""

    receipt: Receipt


class Stale(Struct, frozen=True):
    """The world has changed since the plan; the action must not be done."""

    reason: str


Verdict: TypeAlias = Ready | Done | Stale


class NotUndone(Struct, frozen=True):
    """Why an action cannot be undone, or need not be.

    Attributes:
        commands: commands that the reason suggests (`pinplan.errors.suggestions`).
    """

    reason: str
    commands: tuple[Command, ...] = ()


class AbstractStructMeta(StructMeta, ABCMeta):
    """Structs with abstract methods."""


class Action(Struct, metaclass=AbstractStructMeta, frozen=True, kw_only=True, tag_field="kind", gc=False):
    """The fields common to all kinds, as saved in the plan file.

    Attributes:
        address: board, section and pin, as a person names it: ``Animals 動物/Cats/1234``.
        reason: why it is planned, for people; it never steers the apply.
        board_id: the board that the action belongs to.
        requires: actions that must be done before.
    """

    trait: ClassVar[KindInfo]

    id: ActionId = ActionId("")
    pin_id: PinId
    board_id: BoardId
    address: str
    reason: str
    requires: tuple[ActionId, ...] = ()
    destructive: bool = False
    reversible: bool = True

    @property
    def title(self) -> str:
        """A readable name: the pin's title, else the title in the file name, else the description."""
        # getattr: not every kind has both sides, and some hold other types there.
        sides = (getattr(self, "before", None), getattr(self, "after", None))
        titles: list[str | None] = [getattr(one, "title", None) for one in sides]
        paths: list[RelPath | None] = [getattr(one, "path", None) for one in sides]
        names = [title_in(name_of(path), self.pin_id) or name_of(path) for path in paths if path]
        known = next(filter(None, (*titles, *names)), None)
        if known:
            return known
        return self.describe().subject

    @property
    def keeper_pin(self) -> PinId | None:
        """The pin that must stay, because this action counts on it; None where it counts on no other pin."""
        return None

    @property
    def slot(self) -> int | None:
        """Which image of its pin it is about; None where it is about the pin as a whole."""
        for one in (getattr(self, "after", None), getattr(self, "before", None)):
            found: int | None = getattr(one, "slot", None)
            # A record may be of another pin: of the one whose file it was.
            if found is not None and getattr(one, "pin_id", self.pin_id) == self.pin_id:
                return found
        return None

    @property
    def pin_ids(self) -> tuple[PinId, ...]:
        """Every pin that it is about; most are about one."""
        return (self.pin_id,)

    @property
    def upgrades(self) -> bool:
        """Whether a file that is whole gives way to a larger one of the same image."""
        return False

    @property
    def mends(self) -> bool:
        """Whether it repairs a file that differs from its record."""
        return self.trait.mends

    @property
    def deletes_pin(self) -> bool:
        """Whether it deletes a pin on Pinterest: counted against the limits."""
        return self.trait.deletes_remote

    @property
    def creation(self) -> Creation | None:
        """The pin that it creates on Pinterest; None where it creates none."""
        return None

    @property
    def deleted_pin(self) -> Pin | None:
        """The deleted pin, as it was; None if it deletes none."""
        return None

    @property
    def scopes(self) -> tuple[str, ...]:
        """The required token scopes; empty if it writes nothing to Pinterest."""
        return self.trait.scopes

    @property
    def trashes_file(self) -> bool:
        """Whether it moves a file to the trash: counted against the limits."""
        return self.trait.deletes_local

    @property
    def calls(self) -> int:
        """API calls without retries, check included. Image downloads cost none."""
        return 0

    @property
    def listing_dependencies(self) -> frozenset[BoardId]:
        """Boards whose listing it relies on; planned only on listings read in the same run, never on cached ones."""
        return frozenset({self.board_id}) if self.affected_paths() or self.trait.forgets else frozenset()

    @property
    def changed_boards(self) -> frozenset[BoardId]:
        """Boards that are not what they were on Pinterest when it is done."""
        return frozenset({self.board_id}) if self.deletes_pin else frozenset()

    def exchanged(self) -> Self:
        """The same pair of duplicates the other way round. Raises `ValueError` where that cannot be; the message says why."""
        raise ValueError("not a pair of duplicates")

    @abstractmethod
    def describe(self) -> Description:
        """The action in words."""

    def views(self) -> tuple[View, ...]:
        """The images to show in a review; most actions have one."""
        return ()

    def affected_paths(self) -> tuple[RelPath, ...]:
        """Files that it moves, replaces or deletes, or whose pin it deletes: what ``[protect]`` guards. Most add only."""
        return ()

    def records(self) -> tuple[Tracked, ...]:
        """The base's records of the images that it is about, as the plan carries them; none for what the base does not know."""
        return ()

    def claims(self) -> tuple[Claim, ...]:
        """What the base must have on record, or the action is stale: nothing else is ever moved, replaced or deleted (I10)."""
        return tuple(claim_of(record) for record in self.records())

    def moves(self) -> tuple[RelPath, RelPath] | None:
        """A picture of the library that it moves, from where to where; None for what moves none."""
        return None

    def provides(self) -> tuple[Provision, ...]:
        """What other actions of the plan may need to be done before them."""
        way = self.moves()
        return () if way is None else (FileAt(way[1]),)

    def needs(self) -> tuple[Provision, ...]:
        """What must be provided before it, where an action of the plan provides it: that one is then among ``requires``."""
        return ()

    def after_moves(self, moved: Mapping[RelPath, RelPath]) -> Self:  # noqa: ARG002 - most kinds move what they are about themselves
        """The same action, once others have moved pictures that it reads."""
        return self

    def brings_home(self) -> RelPath | None:
        """The recorded place, where it brings a file back there from anywhere in the library by its recorded bytes, which it reads."""
        return None

    def known_pins(self) -> tuple[PinId, ...]:
        """Pins that the base must know, or pinplan have created: those that it deletes or changes on Pinterest."""
        return (self.pin_id,) if self.trait.deletes_remote else ()

    def misfit(self) -> str | None:
        """Why its parts are not about the same thing, as they are in every plan that pinplan makes; None if they are."""
        return None

    @abstractmethod
    def check(self, context: ActionContext) -> Verdict:
        """Compare the world with what the plan expects."""

    def is_partially_done(self, context: ActionContext) -> bool:  # noqa: ARG002 - most kinds have one effect, which `check` finds done or not
        """Whether an earlier attempt applied part of it; then it is finished as started, whatever is decided since."""
        return False

    @abstractmethod
    def execute(self, context: ActionContext) -> Receipt:
        """Do it. Called only after `check` said `Ready`. Raises `PinplanError` if it fails; then nothing is changed."""

    @abstractmethod
    def undo(self, receipt: Receipt, now: UndoContext) -> tuple[Action, ...] | NotUndone:
        """The actions that undo this one, given its receipt and the present state. Pure."""


def claim_of(record: Tracked) -> Claim:
    """That the base has exactly this record."""
    return Claim(record.pin_id, record.path, record.sha256, record.slot)


def name_of(path: str) -> str:
    """The last part of a path."""
    return path.rpartition("/")[2]


def tracked_from(pin_id: PinId, placement: Placement, staged: StagedImage, stat: FileStat) -> Tracked:
    """The base's record of a staged image that was placed."""
    return Tracked(
        pin_id=pin_id,
        slot=placement.slot,
        path=placement.path,
        size=stat.size,
        mtime_ns=stat.mtime_ns,
        sha256=staged.sha256,
        width=staged.width,
        height=staged.height,
        format=staged.format,
        board_id=placement.board_id,
        section_id=placement.section_id,
        container=placement.container,
        template=placement.template,
        signature=placement.signature,
        doubtful=staged.doubtful,
    )


def placed_before(context: ActionContext, action: ActionId, path: RelPath) -> tuple[StagedImage, FileStat] | None:
    """The image that an earlier try of this action put under ``path``, if the file there is exactly that one."""
    tries = context.journal.staged_before(action)
    if not tries:
        return None
    found = context.library.stat(path)
    if found is None:
        return None
    sha256 = context.library.inspect(path).sha256
    return next(((image, found) for image in tries if image.sha256 == sha256), None)
