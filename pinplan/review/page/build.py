"""Turns a plan into the page model. Pure; every text from a pin, a board or a file name is made harmless."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from msgspec import UNSET

from pinplan.actions import KINDS
from pinplan.actions.base import Phase
from pinplan.actions.pairs import Pair
from pinplan.actions.views import Role
from pinplan.model.pins import MediaType, Pin
from pinplan.plan.decision_rules import PERFORMED, rules_of, swapped_of
from pinplan.plan.decisions import OUTCOMES, Choice, Decision, Decisions, judge, undecided
from pinplan.plan.document import CheckStatus, FindingKind, bytes_of, kind_of
from pinplan.render.effects import NOTHING, counts_of, of_one, phrases
from pinplan.render.text import summary_line
from pinplan.render.text_safety import message, plain, spelt
from pinplan.review.page.duplicates import GroupPairs, measured_of, planned_verdict
from pinplan.review.page.model import (
    ActionModel,
    BoardModel,
    Change,
    CheckModel,
    Fact,
    FindingModel,
    GroupModel,
    KindModel,
    Manner,
    PageModel,
    Swapped,
    ViewModel,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from pinplan.actions import AnyAction
    from pinplan.actions.views import View
    from pinplan.model.ids import ActionId, BoardId, PinId
    from pinplan.plan.document import Plan

MOST_FINDINGS = 1000
"""Findings in the page at most; the total is always shown."""


class Seen:
    """For each image the number of its embedded thumbnail, or why it has none."""

    def __init__(
        self, numbers: Mapping[tuple[ActionId, int], int], missing: Mapping[tuple[ActionId, int], str]
    ) -> None:
        """Both are keyed by action and number of the view."""
        self.numbers = numbers
        self.missing = missing


NOTHING_SEEN = Seen({}, {})


def page_model(plan: Plan, name: str, manner: Manner, seen: Seen = NOTHING_SEEN) -> PageModel:
    """Build everything that the page shows.

    Args:
        plan: the plan.
        name: its file name, for display.
        manner: how the page is used.
        seen: the thumbnails.
    """
    name = name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")  # a file's name need not be UTF-8
    groups, boards = grouped(plan)
    no_swap = why_no_swap(plan)
    known = facts_of(plan, boards)
    return PageModel(
        digest=plan.digest,
        plan=plain(name),
        created_at=plain(plan.created_at),
        pinplan_version=plain(plan.pinplan_version),
        username=plain(plan.account.username),
        mode=plan.policies.mode,
        files=plan.snapshots.local.files,
        pins=sum(board.pins for board in plan.snapshots.remote.boards),
        summary=summary_line(plan),
        applyable=plan.applyable,
        kinds=kinds_of(plan),
        counts={kind: tally.count for kind, tally in plan.summary.items()},
        groups=groups,
        checks=tuple(
            CheckModel(
                name=spelt(check.name),
                passed=check.status is CheckStatus.PASS,
                limit=plain(check.limit),
                figure=plain(check.figure),
                message=message(check.message),
            )
            for check in plan.checks
        ),
        findings=tuple(_findings(plan)),
        findings_in_all=len(plan.findings),
        actions={
            action.id: action_model(action, no_swap.get(action.id, ""), manner.waits, known, seen)
            for action in plan.actions
        },
        boards=tuple(boards.known),
        outcomes=OUTCOMES,
        performed=PERFORMED,
        rules=rules_of(plan.actions),
        phrases=tuple(phrases()),
        nothing=NOTHING,
        manner=manner,
    )


class PlanFacts(NamedTuple):
    """What of a plan the images of all its actions need."""

    pairs: GroupPairs
    covers: frozenset[PinId | None]


def facts_of(plan: Plan, boards: PlanBoards) -> PlanFacts:
    """What the images of a plan's actions need."""
    covers = (finding.pin_id for finding in plan.findings if finding.kind is FindingKind.COVER_ONLY)
    return PlanFacts(GroupPairs(plan, boards), frozenset(covers))


class PlanBoards:
    """The boards that actions belong to, numbered in order of appearance."""

    def __init__(self, plan: Plan) -> None:
        """No board is numbered yet."""
        self._names = {board.id: board.name for board in plan.snapshots.remote.boards}
        self._numbers: dict[str, int] = {}
        self.known: list[BoardModel] = []

    def number(self, action: AnyAction) -> int:
        """The number of an action's board."""
        return self.number_of(action.board_id, action.address)

    def number_of(self, board_id: BoardId, address: str) -> int:
        """The number of a board; the address of one of its pins names it where the plan does not."""
        if board_id not in self._numbers:
            self._numbers[board_id] = len(self.known)
            # A board that vanished from Pinterest is in no snapshot, but still has local files to act on.
            name = self._names.get(board_id) or address.partition("/")[0]
            self.known.append(BoardModel(id=board_id, name=plain(name)))
        return self._numbers[board_id]


def kinds_of(plan: Plan) -> dict[str, KindModel]:
    """The kinds that a plan has, those that delete first."""
    present = {kind: tally.count for kind, tally in plan.summary.items() if tally.count}
    return {kind: _kind(kind, present[kind]) for kind in sorted(present, key=_severity)}


def _kind(kind: str, number: int) -> KindModel:
    trait = KINDS[kind].trait
    return KindModel(
        symbol=trait.symbol,
        title=trait.title,
        verb=trait.counted(number),
        tone=_tone(kind),
        queued=trait.waits_for_review,
        writes=bool(trait.scopes),
    )


def _tone(kind: str) -> str:
    trait = KINDS[kind].trait
    if trait.phase is Phase.REMOTE:
        return "danger"
    return "warn" if trait.deletes_local or trait.mends else "calm"


def _severity(kind: str) -> tuple[int, int]:
    """Sort key: kinds that delete first."""
    return ("danger", "warn", "calm").index(_tone(kind)), list(KINDS).index(kind)


def grouped(plan: Plan) -> tuple[tuple[GroupModel, ...], PlanBoards]:
    """The actions that are decided together, and the boards that they name; more of them as actions are drawn.

    Deletes first, across boards, then board by board, largest gain first; all duplicates of one keeper form one group.
    """
    boards = PlanBoards(plan)
    return tuple(_groups(plan.actions, boards)), boards


def _groups(actions: Sequence[AnyAction], boards: PlanBoards) -> Iterator[GroupModel]:
    together: dict[object, list[AnyAction]] = {}
    for action in actions:
        together.setdefault(_decided_together(action), []).append(action)
    found = [_group(group, boards) for group in together.values()]
    yield from sorted(found, key=lambda group: (_severity(group.kind), group.board, -group.gain))


def _decided_together(action: AnyAction) -> object:
    """What actions of one group have in common."""
    if isinstance(action, Pair):
        # The path, too: two images of one carousel are two keepers.
        return action.keeper.pin.pin_id, action.keeper.file.path
    return (kind_of(action), action.pin_id) if action.slot else action.id


def _group(actions: Sequence[AnyAction], boards: PlanBoards) -> GroupModel:
    first = actions[0]
    tiers = [action.evidence.alike.tier for action in actions if isinstance(action, Pair)]
    return GroupModel(
        board=boards.number(first),
        kind=kind_of(first),
        actions=tuple(action.id for action in actions),
        # A group is as sure as its least sure pair.
        tier=max(tiers, key=["exact", "confirmed", "similar"].index, default=""),
        gain=sum(bytes_of(action) for action in actions if action.trashes_file),
    )


def _findings(plan: Plan) -> Iterator[FindingModel]:
    rows = sorted(plan.findings, key=lambda finding: (finding.kind == FindingKind.UNTRACKED, finding.kind))
    for finding in rows[:MOST_FINDINGS]:
        yield FindingModel(
            kind=spelt(finding.kind),
            address="" if finding.address == "." else plain(finding.address),
            message=message(finding.message),
        )


def why_no_swap(plan: Plan) -> dict[ActionId, str]:
    """For each pair that cannot be swapped, the reason."""
    groups: dict[str, list[ActionId]] = {}
    for action in plan.actions:
        if isinstance(action, Pair):
            groups.setdefault(action.keeper.pin.pin_id, []).append(action.id)
    skipped = {one: Decision(verdict=Choice.SKIP) for group in groups.values() for one in group}
    found: dict[ActionId, str] = {}
    # Groups do not affect each other, so one round swaps a pair of every group at once: the number of rounds is that
    # of pairs in the largest group, not in the plan. Each round judges the whole plan, O(actions).
    for number in range(max(map(len, groups.values()), default=0)):
        swapped = {group[number]: Decision(verdict=Choice.SWAP) for group in groups.values() if number < len(group)}
        for problem in judge(plan, Decisions(plan=plan.digest, decisions={**skipped, **swapped})):
            found[problem.entry] = problem.message
    return found


def action_model(
    action: AnyAction, no_swap: str, waits: Sequence[str], known: PlanFacts, seen: Seen = NOTHING_SEEN
) -> ActionModel:
    """What is shown of an action.

    Args:
        action: one of a plan's.
        no_swap: why its pair cannot be swapped (see `why_no_swap`).
        waits: kinds that wait for a decision.
        known: of its plan.
        seen: the thumbnails.
    """
    views = action.views()
    other = action.keeper.exchange if isinstance(action, Pair) else UNSET
    # Most effects are the consequence word for word; the page shows a sentence only once.
    effect, consequence = plain(action.describe().effect), plain(of_one(action))
    return ActionModel(
        id=action.id,
        kind=kind_of(action),
        pin=action.pin_id,
        address=plain(action.address),
        name=name_of(action),
        effect=effect if effect != consequence else "",
        reason=plain(spelt(action.reason)),
        consequence=consequence,
        effects=counts_of((action,)),
        undecided=undecided(kind_of(action), waits),
        swapped=_swapped(swapped_of(action)),
        bytes=bytes_of(action),
        estimated=action.trait.estimates,
        danger=action.deletes_pin,
        destructive=action.destructive,
        reversible=action.reversible,
        requires=action.requires,
        views=tuple(_view(action, number, view, seen, known) for number, view in enumerate(views)),
        edges=tuple(known.pairs.edges(action)),
        same=known.pairs.same(action),
        facts=tuple(_facts(_pin(action))),
        rival_facts=tuple(_facts(other.pin if other else None)),
        no_swap=plain(no_swap),
        changes=tuple(_changes(action)),
        measured=measured_of(action.evidence) if isinstance(action, Pair) else None,
    )


def _swapped(action: AnyAction | None) -> Swapped | None:
    return Swapped(consequence=plain(of_one(action)), effects=counts_of((action,))) if action else None


def name_of(action: AnyAction) -> str:
    """The title of its pin, else the action's own title, else the pin id."""
    pin = _pin(action)
    return plain(pin.title if pin is not None and pin.title else action.title) or f"pin {action.pin_id}"


def _pin(action: AnyAction) -> Pin | None:
    """The facts of the pin, where the action carries them."""
    # Duck-typed over all kinds: a create carries `pin`, a delete `before`; others may carry paths under these names.
    carried = (getattr(action, name, None) for name in ("pin", "before"))
    return next((value for value in carried if isinstance(value, Pin)), None)


def _facts(pin: Pin | None) -> Iterator[Fact]:
    if pin is None:
        return
    for name, value in (
        ("title", pin.title),
        ("description", pin.description),
        ("alternative text", pin.alt_text),
        ("pinned", pin.created_at),
    ):
        if value:
            yield Fact(name=name, value=plain(value))
    if pin.link:
        yield Fact(name="link", value=plain(pin.link), link=pin.link if is_web_address(pin.link) else "")


def is_web_address(text: str) -> bool:
    """Whether a text may become a link: http or https only, without hidden characters."""
    if plain(text) != text or any(character.isspace() for character in text):
        return False
    # urlsplit raises for a malformed IPv6 host such as http://[x/.
    try:
        parts = urlsplit(text)
        return parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        return False


def _changes(action: AnyAction) -> Iterator[Change]:
    """The fields that differ between before and after, of those that a person can judge."""
    before, after = action.before, action.after
    for name in ("path", "link", "description", "alt_text"):
        old, new = getattr(before, name, None), getattr(after, name, None)
        if isinstance(old, str) and isinstance(new, str) and old != new:
            yield Change(name=name.replace("alt_text", "alternative text"), before=plain(old), after=plain(new))


def _view(action: AnyAction, number: int, view: View, seen: Seen, known: PlanFacts) -> ViewModel:
    verdict, why = planned_verdict(action.evidence, view.role) if isinstance(action, Pair) else ("", "")
    return ViewModel(
        role=view.role,
        pin=view.pin_id,
        path=plain(view.places[0]) if view.places else "",
        size=view.size,
        width=view.width,
        height=view.height,
        quality=view.quality,
        format=plain(view.format),
        measured=view.measured,
        thumb=seen.numbers.get((action.id, number), -1),
        missing=plain(seen.missing.get((action.id, number), "")),
        board=known.pairs.board(action, view.role),
        badge=badge_of(action, number, view, known.covers),
        moves=is_gif(view),
        verdict=verdict,
        why=why,
    )


def badge_of(action: AnyAction, number: int, view: View, covers: Collection[PinId | None]) -> str:
    """The badge of an image: carousel, GIF or video; empty for a single still image. ``covers``: pins for which only a cover is available."""
    pin = _pin(action)
    if view.is_cover or view.pin_id in covers or (pin is not None and _is_video(pin, number)):
        return "Video"
    if is_gif(view):
        return "GIF"
    images = len(pin.images) if pin is not None else 0
    if view.role is Role.IMAGE and images > 1 and len(action.views()) == images:
        return f"{number + 1} of {images}"
    return f"slot {action.slot}" if action.slot else ""


def _is_video(pin: Pin, number: int) -> bool:
    if pin.media_type in {MediaType.VIDEO, MediaType.VIDEOS}:
        return True
    return number < len(pin.images) and pin.images[number].cover


def is_gif(view: View) -> bool:
    """Whether an image may be animated, by the format of its file or the name under which Pinterest has it."""
    best = view.renditions[0].url if view.renditions else ""
    return view.format.lower() == "gif" or (not view.format and urlsplit(best).path.lower().endswith(".gif"))
