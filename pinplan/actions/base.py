"""What every action has.

An action is a step of a plan: a frozen record that can describe, check and execute itself. ``check`` is both the drift
guard (`Stale`) and the resume (`Done`). ``execute`` returns a `Receipt`; the base moves only from receipts.
"""

from __future__ import annotations

from abc import ABCMeta, abstractmethod
from enum import IntEnum
from typing import TYPE_CHECKING, ClassVar, Self

from msgspec import Struct, StructMeta

from pinplan.actions.provisions import Claim, FileAt, Provision
from pinplan.actions.receipts import Receipt
from pinplan.model.base import Tracked
from pinplan.model.features import Feature
from pinplan.model.ids import ActionId, BoardId, PinId, RelPath
from pinplan.model.naming import title_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pinplan.actions.contexts import ActionContext, UndoContext
    from pinplan.actions.new_file import Creation
    from pinplan.actions.verdicts import NotUndone, Verdict
    from pinplan.actions.views import View
    from pinplan.model.pins import Pin


class Phase(IntEnum):
    """The order of an apply: deletes last, Pinterest at the very end (I18)."""

    RECORD = 0
    MOVE = 1
    FETCH = 2
    # After FETCH: the copied file may come from a download of the same plan.
    COPY = 3
    TRASH = 4
    # Before UPDATE: pins are moved and uploaded into it.
    PLACE = 5
    # Before REMOTE: a duplicate is deleted only once the kept pin holds its texts (I20: kept before deleted).
    UPDATE = 6
    REMOTE = 7


class KindInfo(Struct, frozen=True, kw_only=True):
    """Properties of a kind, for code that must not switch on kinds: executor, renderers, checks.

    Attributes:
        symbol, verb, title: ``+``, ``to download``, ``Download``: one wording for summary lines and tables.
        thing: what a number before the verb counts, if that has to be said: ``board``.
        constructive: deletes on Pinterest wait until all constructive actions of the board are done.
        deletes_local, deletes_remote, forgets: counted against the limits.
        mends: it repairs a file that differs from its record.
        fetches: it adds an image that is not here yet.
        estimates: its bytes are an estimate, since they come from Pinterest's image host.
        parallel: may run beside other actions of its phase.
        for_pairs: it prepares a pin for the removal of its duplicates, and is skipped if none is removed.
        may_remove: some actions of the kind move a file to the trash or delete a pin, though the flags above do not hold for all of them.
        publishes: it creates something on Pinterest.
        features: what it needs that Pinterest does not offer to every app.
        sends_ahead: before the request that may be refused it sends something large: it comes last in its phase.
        renames: it renames a board or a section on Pinterest.
        moves_remote: it moves a pin on Pinterest: counted against the limits.
        uploads: it publishes a picture of the library: counted against the limit.
        creates_place: it creates a board or section, only for other actions of the plan: counted against the limit.
        scopes: the token scopes it needs; empty if it writes nothing to Pinterest.
        always_shown: in the summary line even when its count is 0, so that grep is stable.
    """

    symbol: str
    verb: str
    title: str
    phase: Phase
    thing: str = ""
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
    publishes: bool = False
    moves_remote: bool = False
    renames: bool = False
    features: tuple[Feature, ...] = ()
    sends_ahead: bool = False
    uploads: bool = False
    creates_place: bool = False
    scopes: tuple[str, ...] = ()

    def counted(self, number: int) -> str:
        """The words after a number of actions: ``to download``, ``boards to create on Pinterest``."""
        if not self.thing:
            return self.verb
        return f"{self.thing if number == 1 else f'{self.thing}s'} {self.verb}"

    @property
    def waits_for_review(self) -> bool:
        """Whether a review makes it wait for a person: it deletes, here or on Pinterest, or publishes."""
        return self.deletes_local or self.phase is Phase.REMOTE or self.publishes

    @property
    def needs_approval(self) -> bool:
        """Whether a plan made elsewhere needs an approval for it: it deletes, trashes, overwrites or writes to Pinterest.

        Decided by the kind, never by a field of the action: fields can be edited.
        """
        return self.deletes_local or self.deletes_remote or self.may_remove or bool(self.scopes)


class Description(Struct, frozen=True, kw_only=True):
    """An action in words.

    Attributes:
        subject: a file name or a pin, as shown below a heading that names kind and folder.
        of_pin: the subject is a pin, not a file.
        detail: what to show beside it; may be empty.
        effect: the whole effect in one sentence, with full paths.
    """

    subject: str
    of_pin: bool = False
    detail: str = ""
    effect: str

    @property
    def short(self) -> str:
        """Subject and detail."""
        return f"{self.subject}  {self.detail}" if self.detail else self.subject


# msgspec structs have a metaclass of their own; without this one @abstractmethod would not be enforced.
class AbstractStructMeta(StructMeta, ABCMeta):
    """Structs with abstract methods."""


# gc=False: plans hold tens of thousands of actions without cycles, which the collector would visit again and again.
class Action(Struct, metaclass=AbstractStructMeta, frozen=True, kw_only=True, tag_field="kind", gc=False):
    """The fields common to all kinds, as saved in the plan file.

    Attributes:
        address: board, section and pin, as a person names it: ``Animals 動物/Cats/1234``.
        reason: why it is planned, for people; the apply never depends on it.
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
        """The pin that must not be removed, because this action relies on it; None if it relies on no other pin."""
        return None

    @property
    def slot(self) -> int | None:
        """The image of its pin that it is about; None if it is about the whole pin."""
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
        """Whether it replaces an undamaged file with a larger one of the same image."""
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
    def takes_back(self) -> bool:
        """Whether the pin that it deletes was created by the run which it undoes, from files that stay: no share of what was there before is lost."""
        return False

    @property
    def makes_public(self) -> bool:
        """Whether it is planned to show an image of a secret board on one that is not secret: counted against the limits."""
        return False

    @property
    def creation(self) -> Creation | None:
        """The pin that it creates on Pinterest; None if it creates none."""
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
        """Boards whose listing it relies on: these must be read in the same run, never taken from the cache."""
        # What only adds files relies on no listing: a pin that a stale listing lacks is found by the next plan.
        relies = self.affected_paths() or self.trait.forgets
        return self.changed_boards | ({self.board_id} if relies else set())

    @property
    def changed_boards(self) -> frozenset[BoardId]:
        """Boards that it changes on Pinterest: its own, if it writes there."""
        writes = self.deletes_pin or (self.trait.scopes and not self.trait.creates_place)
        return frozenset({self.board_id}) if writes else frozenset()

    def exchanged(self) -> Self:
        """The same pair of duplicates, swapped. Raises `ValueError` if it cannot be swapped; the message says why."""
        raise ValueError("not a pair of duplicates")

    @abstractmethod
    def describe(self) -> Description:
        """The action in words."""

    def views(self) -> tuple[View, ...]:
        """The images to show in a review; most actions have one."""
        return ()

    def affected_paths(self) -> tuple[RelPath, ...]:
        """Files that it moves, replaces or deletes, or whose pin it deletes: guarded by ``[protect]``. Most kinds only add files."""
        return ()

    def guarded_paths(self) -> tuple[RelPath, ...]:
        """What ``[protect]`` guards against it: also files that it only reads, if their pin changes."""
        return self.affected_paths()

    def guarded_pins(self) -> tuple[PinId, ...]:
        """The pins that ``[protect]`` guards against it."""
        return tuple(dict.fromkeys((*self.pin_ids, *(record.pin_id for record in self.records()))))

    def records(self) -> tuple[Tracked, ...]:
        """The base's records of its images, as saved in the plan; none for images that the base does not know."""
        return ()

    def claims(self) -> tuple[Claim, ...]:
        """Records that the base must hold, else the action is stale (I10: untracked files are never moved, replaced or deleted)."""
        return tuple(claim_of(record) for record in self.records())

    def untracked(self) -> tuple[RelPath, ...]:
        """Files that the base must not know yet, because the action makes them its own."""
        return ()

    def moves(self) -> tuple[RelPath, RelPath] | None:
        """Old and new path of the picture that it moves; None if it moves none."""
        return None

    def provides(self) -> tuple[Provision, ...]:
        """What it provides for other actions of the plan."""
        way = self.moves()
        return () if way is None else (FileAt(way[1]),)

    def needs(self) -> tuple[Provision, ...]:
        """What it needs; if an action of the plan provides it, that action becomes one of ``requires``."""
        return ()

    def fills(self) -> tuple[RelPath, ...]:
        """The files for which it needs a board or section (`PlaceAt`)."""
        return ()

    def at_created(self, ids: Mapping[str, str]) -> Self:  # noqa: ARG002 - most kinds are about boards that Pinterest has already
        """The same action, with the ids of boards and sections that were created since, by their placeholders (`pinplan.model.planned_ids`)."""
        return self

    def after_moves(self, moved: Mapping[RelPath, RelPath]) -> Self:  # noqa: ARG002 - most kinds read only files that they move themselves
        """The same action, with the paths that it reads after other actions have moved pictures."""
        return self

    def brings_home(self) -> RelPath | None:
        """The recorded path, if it moves a file back there from elsewhere in the library and compares its bytes with the record."""
        return None

    def known_pins(self) -> tuple[PinId, ...]:
        """Pins that it deletes or changes on Pinterest: the base must know them, or pinplan have created them."""
        return (self.pin_id,) if self.trait.deletes_remote else ()

    def misfit(self) -> str | None:
        """Why its parts contradict each other, as they never do in a plan that pinplan makes; None if they agree."""
        return None

    @abstractmethod
    def check(self, context: ActionContext) -> Verdict:
        """Compare the world with what the plan expects."""

    def is_partially_done(self, context: ActionContext) -> bool:  # noqa: ARG002 - most kinds have one effect, which `check` finds done or not
        """Whether an earlier attempt applied part of it; then it is finished as started, despite later decisions."""
        return False

    @abstractmethod
    def execute(self, context: ActionContext) -> Receipt:
        """Do it. Called only after `check` returned `Ready`. Raises `PinplanError` if it fails; then nothing has changed."""

    @abstractmethod
    def undo(self, receipt: Receipt, now: UndoContext) -> tuple[Action, ...] | NotUndone:
        """The actions that undo this one, given its receipt and the present state. Pure."""


def claim_of(record: Tracked) -> Claim:
    """That the base has exactly this record."""
    return Claim(record.pin_id, record.path, record.sha256, record.slot)


def name_of(path: str) -> str:
    """The last part of a path."""
    return path.rpartition("/")[2]
