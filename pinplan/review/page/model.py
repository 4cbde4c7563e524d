"""The document that the page is drawn from. Text from pins is in it as text, made harmless; the page never parses it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

if TYPE_CHECKING:
    from pinplan.actions.views import Role
    from pinplan.model.ids import ActionId, BoardId, PinId
    from pinplan.plan.decision_rules import DecisionOutcome, Rounds
    from pinplan.plan.decisions import Choice
    from pinplan.render.effects import Phrase


class ViewModel(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An image beside others.

    Attributes:
        role: see `pinplan.actions.views.Role`.
        path: where it lies, or will lie; empty where it never was here.
        thumb: its number among the embedded ones, or -1.
        missing: why there is nothing to see.
        verdict, why: ``KEEP`` or ``DROP``, and what decided.
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
    verdict: str = ""
    why: str = ""


class Fact(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something to know of a pin. ``link`` is set only where it is a web address."""

    name: str
    value: str
    link: str = ""


class Change(Struct, frozen=True, kw_only=True):
    """What becomes other by an action."""

    name: str
    before: str
    after: str


class Measured(Struct, frozen=True, kw_only=True):
    """What was measured of two images that show the same picture."""

    tier: str
    why: str
    rung: str
    distances: tuple[str, ...]


class Swapped(Struct, frozen=True, kw_only=True):
    """A pair of duplicates the other way round; see `ActionModel`."""

    consequence: str
    effects: dict[str, int]


class ActionModel(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An action.

    Attributes:
        consequence: what it comes to, in one sentence.
        effect: all of it in one sentence, where that says more.
        effects: the same, counted, to be added up; see `pinplan.render.effects.Phrase`.
        undecided: what becomes of it if nothing is said of it.
        swapped: the same with the two exchanged, where they can be.
        danger: it deletes on Pinterest.
        rival_facts: of the pin that stays, where this one goes for it.
        no_swap: why the two cannot be exchanged; empty where they can.
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


class GroupModel(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is decided together: one action, or one that stays and all that would go for it.

    Attributes:
        board: its number in the page's list.
        gain: bytes that would be freed.
    """

    board: int
    kind: str
    actions: tuple[ActionId, ...]
    tier: str = ""
    gain: int = 0


class BoardModel(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A board of the account, as far as it plays a part."""

    id: BoardId
    name: str


class KindModel(Struct, frozen=True, kw_only=True):
    """A kind of action, in words.

    Attributes:
        does, where: how a sentence of consequence counts it: ``creates 3 on Pinterest``.
        tone: ``danger``, ``warn`` or ``calm``.
    """

    symbol: str
    title: str
    verb: str
    does: str
    where: str
    tone: str


class CheckModel(Struct, frozen=True, kw_only=True):
    """A safety rule, and how it ended."""

    name: str
    passed: bool
    limit: str
    figure: str
    message: str


class FindingModel(Struct, frozen=True, kw_only=True):
    """Something that is reported and not acted on."""

    kind: str
    address: str
    message: str


class Manner(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How the page is used.

    Attributes:
        serves: it comes from ``pinplan review``: images are asked for, decisions are saved at once.
        read_only: why nothing can be decided; empty where it can.
        done: actions that were done already, and as what.
        decisions: action id → verdict, in the order in which they were made.
        session, revision: which decisions these are; see `pinplan.review.session.Update`.
        waits: kinds that wait for an approval.
        apply: the command that applies the plan with the decisions.
        show: the command that shows the whole plan as text.
        notes: what else a person has to know of what is shown.
    """

    serves: bool = False
    read_only: str = ""
    done: dict[ActionId, DecisionOutcome] = field(default_factory=dict)
    decisions: dict[str, str] = field(default_factory=dict)
    session: str = ""
    revision: int = 0
    waits: tuple[str, ...] = ()
    apply: str = ""
    show: str = ""
    notes: tuple[str, ...] = ()


class PageModel(Struct, frozen=True, kw_only=True):
    """Everything that the page shows, but for the bytes of images.

    Attributes:
        outcomes: what becomes of an action by what is said of it, before rules are followed.
        performed: the outcomes by which it is done.
        rules: what follows from decisions; the page follows them, and knows none of its own.
        phrases, nothing: how it says what actions come to.
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
    actions: dict[str, ActionModel]
    outcomes: dict[Choice, DecisionOutcome]
    performed: tuple[DecisionOutcome, ...]
    rules: Rounds
    phrases: tuple[Phrase, ...]
    nothing: str
    manner: Manner
