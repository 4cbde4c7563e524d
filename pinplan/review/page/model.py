"""The data behind the page. Text from pins is made harmless here, and the page never parses it as HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from pinplan.model.similarity import Place

if TYPE_CHECKING:
    from pinplan.actions.views import Role
    from pinplan.model.ids import ActionId, BoardId, PinId
    from pinplan.plan.decision_rules import DecisionOutcome, Rounds
    from pinplan.plan.decisions import Choice
    from pinplan.render.effects import Phrase


class ViewModel(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One image of an action.

    Attributes:
        role: see `pinplan.actions.views.Role`.
        path: its present or future path; empty if it never was in the library.
        thumb: index of its embedded thumbnail, or -1.
        missing: why it cannot be shown.
        board: of the pins of a pair the board's index in `PageModel.boards`, or -1.
        badge: what kind of image it is, if it is not a simple one: ``GIF``, ``Video``, ``2 of 4``.
        moves: it may be animated.
        verdict, why: ``KEEP`` or ``DROP``, and the deciding reason.
    """

    role: Role
    pin: PinId
    path: str = ""
    size: int = 0
    width: int = 0
    height: int = 0
    quality: int = 0
    format: str = ""
    measured: bool = True
    thumb: int = -1
    missing: str = ""
    board: int = -1
    badge: str = ""
    moves: bool = False
    verdict: str = ""
    why: str = ""


class Fact(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One field of a pin. ``link`` is set only for a web address."""

    name: str
    value: str
    link: str = ""


class Change(Struct, frozen=True, kw_only=True):
    """A field that an action changes."""

    name: str
    before: str
    after: str


class Measured(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The similarity measured between two images; ``places``: where they come nearest to differing."""

    tier: str
    why: str
    rung: str
    distances: tuple[str, ...]
    places: tuple[Place, ...] = ()


class EdgeModel(Struct, frozen=True, kw_only=True):
    """What was measured between the removed pin of an action and that of another one."""

    action: ActionId
    measured: Measured


class DecisionModel(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A decision that was made; see `pinplan.plan.decisions.Decision.text`."""

    action: ActionId
    verdict: str
    note: str = ""


class Swapped(Struct, frozen=True, kw_only=True):
    """A duplicate pair with keeper and duplicate swapped; see `ActionModel`."""

    consequence: str
    effects: dict[str, int]


class ActionModel(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An action.

    Attributes:
        consequence: its effect on pins and files, in one sentence.
        effect: the full description, if it says more than the consequence.
        effects: the consequence as counts that add up; see `pinplan.render.effects.Phrase`.
        undecided: its outcome without a decision.
        swapped: consequence and effects with the pair swapped, if it can be.
        danger: it deletes a pin on Pinterest.
        rival_facts: fields of the pin that is kept instead of this one.
        no_swap: why the pair cannot be swapped; empty if it can.
        edges: other removed pins for which this one could be removed instead.
        same: a number that actions of one group share whose files have the same bytes; 0 if there are none.
    """

    id: ActionId
    kind: str
    pin: PinId
    address: str
    name: str
    reason: str
    consequence: str
    effects: dict[str, int]
    undecided: DecisionOutcome
    swapped: Swapped | None = None
    effect: str = ""
    bytes: int = 0
    estimated: bool = False
    danger: bool = False
    destructive: bool = False
    reversible: bool = True
    requires: tuple[ActionId, ...] = ()
    views: tuple[ViewModel, ...] = ()
    facts: tuple[Fact, ...] = ()
    rival_facts: tuple[Fact, ...] = ()
    changes: tuple[Change, ...] = ()
    measured: Measured | None = None
    no_swap: str = ""
    edges: tuple[EdgeModel, ...] = ()
    same: int = 0


class GroupModel(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Actions decided together: a single action, a keeper with all its duplicates, or the slots of a carousel.

    Attributes:
        board: index into `PageModel.boards`.
        gain: bytes freed.
    """

    board: int
    kind: str
    actions: tuple[ActionId, ...]
    tier: str = ""
    gain: int = 0


class BoardModel(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A board that actions belong to."""

    id: BoardId
    name: str


class KindModel(Struct, frozen=True, kw_only=True):
    """A kind of action, in words.

    Attributes:
        verb: the words after the number of them in the plan: ``boards to create on Pinterest``.
        tone: ``danger``, ``warn`` or ``calm``.
        queued: it deletes or publishes, so that a person has to look at each.
        writes: it changes something on Pinterest, so that its card says what: no picture shows a text, a board or who may see it.
    """

    symbol: str
    title: str
    verb: str
    tone: str
    queued: bool
    writes: bool


class CheckModel(Struct, frozen=True, kw_only=True):
    """A safety check and its result."""

    name: str
    passed: bool
    limit: str
    figure: str
    message: str


class FindingModel(Struct, frozen=True, kw_only=True):
    """Something reported but not acted on."""

    kind: str
    address: str
    message: str


class Manner(Struct, frozen=True, kw_only=True):
    """How the page is used.

    Attributes:
        serves: served by ``pinplan review``: images are requested, decisions are saved at once.
        read_only: why nothing can be decided; empty if it can.
        done: actions already performed, with their outcome.
        decisions: in the order they were made. A list: an object of JavaScript would sort ids from 1000 on as numbers.
        session, revision: which decisions these are; see `pinplan.review.session.Update`.
        waits: kinds that wait for a decision.
        requires: those of them that an exported decisions file names.
        reviewer: who decides.
        apply: the command that applies the plan with the decisions.
        show: the command that shows the whole plan as text.
        notes: further remarks shown as banners.
    """

    serves: bool = False
    read_only: str = ""
    done: dict[ActionId, DecisionOutcome] = field(default_factory=dict)
    decisions: tuple[DecisionModel, ...] = ()
    session: str = ""
    revision: int = 0
    waits: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    reviewer: str = ""
    apply: str = ""
    show: str = ""
    notes: tuple[str, ...] = ()


class PageModel(Struct, frozen=True, kw_only=True):
    """Everything that the page shows except image bytes.

    Attributes:
        outcomes: verdict → outcome, before decision rules apply.
        performed: the outcomes that perform an action.
        rules: the decision rules; the page has none of its own.
        phrases, nothing: the parts of the summary sentence.
    """

    digest: str
    plan: str
    created_at: str
    pinplan_version: str
    username: str
    mode: str
    files: int
    pins: int
    summary: str
    applyable: bool
    kinds: dict[str, KindModel]
    counts: dict[str, int]
    boards: tuple[BoardModel, ...]
    checks: tuple[CheckModel, ...]
    findings: tuple[FindingModel, ...]
    findings_in_all: int
    groups: tuple[GroupModel, ...]
    actions: dict[ActionId, ActionModel]
    outcomes: dict[Choice, DecisionOutcome]
    performed: tuple[DecisionOutcome, ...]
    rules: Rounds
    phrases: tuple[Phrase, ...]
    nothing: str
    manner: Manner
