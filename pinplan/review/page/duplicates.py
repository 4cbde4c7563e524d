"""What the page says of duplicates: what was measured, which one stays as planned, and which could stay instead. Pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Protocol

from pinplan.actions.pairs import Pair
from pinplan.actions.views import Role
from pinplan.plan.decisions import pairs_by_pin
from pinplan.policies.duplicates import KeepRule
from pinplan.render.text_safety import plain, spelt
from pinplan.review.page.model import EdgeModel, Measured

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pinplan.actions import AnyAction
    from pinplan.actions.pairs import Evidence
    from pinplan.model.ids import BoardId
    from pinplan.plan.document import Plan


class Boards(Protocol):
    """The boards of the page, numbered."""

    def number_of(self, board_id: BoardId, address: str) -> int:
        """The number of a board; the address of one of its pins names it where the plan does not."""


class GroupPairs:
    """What pairs know of each other: edges within their group, and their boards."""

    def __init__(self, plan: Plan, boards: Boards) -> None:
        """Take the pairs of a plan."""
        self._boards = boards
        self._of_pin = pairs_by_pin(plan.actions)
        of_bytes = Counter(pair.same_bytes for pair in self._of_pin.values())
        several = [same for same, number in of_bytes.items() if number > 1]
        self._same = {same: number for number, same in enumerate(several, 1)}

    def same(self, action: AnyAction) -> int:
        """See `ActionModel.same`."""
        return self._same.get(action.same_bytes, 0) if isinstance(action, Pair) else 0

    def edges(self, action: AnyAction) -> Iterator[EdgeModel]:
        """See `ActionModel.edges`."""
        for edge in (action.edges or ()) if isinstance(action, Pair) else ():
            other = self._of_pin.get(edge.pin_id)
            if other is not None and isinstance(action, Pair):
                yield EdgeModel(action=other.id, measured=measured_of(action.keeping(other).evidence))

    def board(self, action: AnyAction, role: Role) -> int:
        """The board of one of the two pins of a pair; -1 for other actions."""
        if not isinstance(action, Pair):
            return -1
        if role is Role.DROP:
            return self._boards.number_of(action.board_id, action.address)
        other = action.keeper.exchange
        return self._boards.number_of(action.keeper.pin.board_id, other.address if other else "")


def planned_verdict(evidence: Evidence, role: Role) -> tuple[str, str]:
    """The planned verdict and its reason: ``KEEP``, ``2048×3072 beats 736×1104``."""
    if role not in {Role.KEEP, Role.DROP}:
        return "", ""
    winner, loser = evidence.keeper, evidence.loser
    keep, drop = {
        KeepRule.REFERENCE: ("its board is a reference", "the other board is a reference"),
        KeepRule.WELL_FORMED: ("the other file is damaged", "its file is damaged"),
        KeepRule.DETAIL: (f"more detail: {evidence.alike.detail}", f"less detail: {evidence.alike.detail}"),
        KeepRule.RESOLUTION: (
            f"{winner.width}×{winner.height} beats {loser.width}×{loser.height}",
            f"{loser.width}×{loser.height} loses to {winner.width}×{winner.height}",
        ),
        KeepRule.QUALITY: (
            f"quality {winner.quality} beats {loser.quality}",
            f"quality {loser.quality} loses to {winner.quality}",
        ),
        KeepRule.OWN_UPLOAD: ("your own upload", "saved from someone else; the other is your own upload"),
        KeepRule.HAS_LINK: ("its pin has a link", "its pin has no link; the other has one"),
        KeepRule.OLDEST: ("the older pin", "the newer pin"),
        KeepRule.NUMBER: ("the lower pin number; nothing else differs", "the higher pin number; nothing else differs"),
    }[evidence.rung]
    return ("KEEP", keep) if role is Role.KEEP else ("DROP", drop)


def measured_of(evidence: Evidence) -> Measured:
    """What was measured between the two of a pair, in words."""
    alike = evidence.alike
    distances = [f"difference hash {alike.dhash} of 64 bits", f"PDQ {alike.pdq} of 256 bits"]
    if alike.grey is not None:
        distances.append(f"grey at most {alike.grey} levels apart")
    if alike.local is not None:
        distances.append(f"colours at most {alike.local} levels apart anywhere")
    if alike.colour:
        distances.append(f"colours {alike.colour:.1f} levels apart")
    if alike.region is not None:
        distances.append(f"nearest to a difference in {alike.region.words}")
    return Measured(
        tier=alike.tier,
        why=plain(alike.why),
        rung="" if evidence.chosen else spelt(evidence.rung),
        # Distances of zero say nothing where the bytes were equal in the first place.
        distances=tuple(distances) if alike.tier != "exact" or alike.dhash or alike.pdq else ("the same bytes",),
        places=alike.region.places if alike.region is not None else (),
    )
