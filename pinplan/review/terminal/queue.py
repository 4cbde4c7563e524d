"""What is reviewed, in which order: the groups of a plan that need a person first, the others on demand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from pinplan.actions.pairs import Pair
from pinplan.plan.decisions import Choice
from pinplan.render.text_safety import plain
from pinplan.review.page.build import action_model, facts_of, grouped, kinds_of, name_of, why_no_swap
from pinplan.review.terminal.staying import KeptImages, keeping

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from pinplan.model.ids import ActionId
    from pinplan.plan.document import Plan
    from pinplan.review.page.model import ActionModel, Fact, GroupModel, ViewModel
    from pinplan.review.session import Verdict


class Member(Struct, frozen=True):
    """One image of a group of duplicates: its action, the index of its view, and the fields of its pin."""

    action: ActionId
    number: int
    view: ViewModel
    facts: Sequence[Fact]

    @property
    def pinned(self) -> str:
        """When it was pinned; empty if that is unknown."""
        return next((fact.value for fact in self.facts if fact.name == "pinned"), "")


class Part(Struct, frozen=True):
    """Groups that can be decided together: those of a kind, or of a kind on one board.

    Attributes:
        kind: the kind.
        board: the name of the board; empty for all of the kind.
    """

    kind: str
    board: str
    groups: tuple[GroupModel, ...]


class ReviewQueue:
    """The groups of a plan in the order of the review.

    Attributes:
        groups: all of them.
        kinds: the kinds, those that delete first.
        shown: those that are reviewed now.
        text: what they are searched for.
    """

    def __init__(self, plan: Plan, waits: Collection[str]) -> None:
        """Order the groups. ``waits``: kinds that wait for a decision."""
        self._actions = {action.id: action for action in plan.actions}
        self._waits = tuple(sorted(waits))
        self._no_swap = why_no_swap(plan)
        # Models are made when they are shown: of 10,000 actions few ever are.
        self._models: dict[ActionId, ActionModel] = {}
        self.groups, self._boards = grouped(plan)
        self._facts = facts_of(plan, self._boards)
        self.kinds = kinds_of(plan)
        self._opened: set[str] = set()
        self._group_of = {name: group for group in self.groups for name in group.actions}
        self.text = ""
        self.shown: tuple[GroupModel, ...] = ()
        self._place: dict[ActionId, int] = {}
        self._choose()

    # -- which groups ------------------------------------------------------------------------------------------------

    def needs_person(self, kind: str) -> bool:
        """Whether a kind deletes, publishes or waits; the others are done as planned."""
        return self.kinds[kind].queued or kind in self._waits

    def is_open(self, kind: str) -> bool:
        """Whether the groups of a kind are shown."""
        return self.needs_person(kind) or kind in self._opened or not any(map(self.needs_person, self.kinds))

    def open(self, kind: str) -> None:
        """Show the groups of a kind, too."""
        self._opened.add(kind)
        self._choose()

    def search(self, text: str) -> None:
        """Show only groups with a text in a name, an address or a file; of any kind. An empty text: as before."""
        self.text = text
        self._choose()

    def _choose(self) -> None:
        wanted = self.text.casefold()
        if wanted:
            self.shown = tuple(group for group in self.groups if any(wanted in text for text in self._texts(group)))
        else:
            self.shown = tuple(group for group in self.groups if self.is_open(group.kind))
        self._place = {group.actions[0]: place for place, group in enumerate(self.shown)}

    def _texts(self, group: GroupModel) -> Iterator[str]:
        for name in group.actions:
            action = self._actions[name]
            yield f"{name}\n{name_of(action)}\n{plain(action.address)}\n{plain(action.describe().effect)}".casefold()

    # -- from one to the next ----------------------------------------------------------------------------------------

    def place(self, group: GroupModel | None) -> int:
        """The place of a group among those shown; -1 if it is not."""
        return -1 if group is None else self._place.get(group.actions[0], -1)

    def step(self, group: GroupModel | None, by: int) -> GroupModel | None:
        """The group some places on; the first or last one at an end."""
        if not self.shown:
            return None
        at = self.place(group)
        to = (0 if by > 0 else len(self.shown) - 1) if at < 0 else at + by
        return self.shown[max(0, min(len(self.shown) - 1, to))]

    def next_open(self, group: GroupModel | None, is_open: Callable[[GroupModel], bool]) -> GroupModel | None:
        """The next group that is open; from the beginning if there is none behind. None if all are decided."""
        at = self.place(group)
        return next(filter(is_open, self.shown[at + 1 :]), next(filter(is_open, self.shown[: max(0, at)]), None))

    def group_of(self, action: ActionId) -> GroupModel:
        """The group of an action."""
        return self._group_of[action]

    def reach(self, group: GroupModel) -> None:
        """Make sure that a group is shown."""
        if self.place(group) < 0:
            self.text = ""
            self._opened.add(group.kind)
            self._choose()

    def parts(self) -> Iterator[Part]:
        """Each kind, and below it each of its boards."""
        for kind in self.kinds:
            mine = tuple(group for group in self.groups if group.kind == kind)
            yield Part(kind, "", mine)
            boards = dict.fromkeys(group.board for group in mine)
            for board in boards:
                yield Part(kind, self.board_name(board), tuple(group for group in mine if group.board == board))

    # -- of what a group consists ------------------------------------------------------------------------------------

    def board(self, group: GroupModel) -> str:
        """The name of its board."""
        return self.board_name(group.board)

    def board_name(self, number: int) -> str:
        """The name of a board; empty for -1."""
        return self._boards.known[number].name if number >= 0 else ""

    def action(self, name: ActionId) -> ActionModel:
        """What is shown of an action."""
        if name not in self._models:
            self._models[name] = action_model(
                self._actions[name], self._no_swap.get(name, ""), self._waits, self._facts
            )
        return self._models[name]

    def is_pair(self, group: GroupModel) -> bool:
        """Whether a group is one of duplicates."""
        return isinstance(self._actions[group.actions[0]], Pair)

    def members(self, group: GroupModel) -> Sequence[Member]:
        """The images of a group of duplicates: the keeper, then each duplicate."""
        first = self.action(group.actions[0])
        others = (self.action(name) for name in group.actions)
        return [
            Member(first.id, 0, first.views[0], first.rival_facts),
            *(Member(other.id, 1, other.views[1], other.facts) for other in others),
        ]

    # -- what is decided about it ------------------------------------------------------------------------------------

    def all(self, group: GroupModel, verdict: Verdict) -> dict[ActionId, Verdict]:
        """The same verdict for all of a group."""
        return dict.fromkeys(group.actions, verdict)

    def actions(self, group: GroupModel) -> list[ActionModel]:
        """What is shown of its actions."""
        return [self.action(name) for name in group.actions]

    def keeping(self, group: GroupModel, wanted: Iterable[int]) -> KeptImages:
        """The decisions by which some images of a group of duplicates stay."""
        return keeping(self.actions(group), wanted)

    def why_no_keeper(self, group: GroupModel, number: int) -> str:
        """Why an image cannot be the only one that is kept; empty if it can."""
        return self.action(group.actions[number - 1]).no_swap if number else ""

    def keeping_best(self, group: GroupModel, worth: Callable[[Member], float]) -> dict[ActionId, Verdict]:
        """Verdicts that keep the best image; all of them where it cannot be swapped with the keeper."""
        values = [worth(member) for member in self.members(group)]
        best = values.index(max(values))
        return (
            self.all(group, Choice.SKIP.value)
            if self.why_no_keeper(group, best)
            else self.keeping(group, {best}).changes
        )
