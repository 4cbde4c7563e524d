"""Which boards and kinds of a plan are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from pinplan.actions import KINDS
from pinplan.errors import ConfigError
from pinplan.errors.did_you_mean import nearest
from pinplan.model.matching import names_board, selector
from pinplan.plan.document import FindingKind, kind_of
from pinplan.render.rows import board_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pinplan.actions import AnyAction
    from pinplan.plan.document import Finding, Plan


class Chosen(Struct, frozen=True, kw_only=True):
    """Names of kinds (of actions or findings) and of boards; none of either means all of them."""

    kinds: frozenset[str] = frozenset()
    boards: frozenset[str] = frozenset()

    @property
    def all(self) -> bool:
        """Whether nothing was chosen."""
        return not (self.kinds or self.boards)

    def has(self, action: AnyAction) -> bool:
        """Whether an action is shown."""
        return self._has(kind_of(action), board_of(action))

    def has_finding(self, finding: Finding) -> bool:
        """Whether a finding is shown."""
        return self._has(finding.kind.value, finding.address.partition("/")[0])

    def _has(self, kind: str, board: str) -> bool:
        return (not self.kinds or kind in self.kinds) and (not self.boards or board in self.boards)


def choose(plan: Plan, kinds: Sequence[str], boards: Sequence[str]) -> Chosen:
    """What is shown of a plan.

    Args:
        plan: whose boards they are.
        kinds: kinds of actions or findings.
        boards: names of boards, with ``*`` and ``?``, upper and lower case alike.

    Raises:
        ConfigError: there is no such kind, or no board of the plan is called so; with the nearest name.
    """
    known = [*KINDS, *FindingKind]
    there = sorted({board_of(a) for a in plan.actions} | {f.address.partition("/")[0] for f in plan.findings} - {"."})
    problems = [f"--kind {kind}: there is no such kind{nearest(kind, known)}" for kind in kinds if kind not in known]
    named: set[str] = set()
    for pattern in boards:
        found = {board for board in there if selector(pattern).matches(board)}
        # Quiet boards are no mistake: the plan has nothing to say about them.
        quiet = any(names_board(pattern, board.name, board.id) for board in plan.snapshots.remote.boards)
        if not found and not quiet:
            every = [*there, *(board.name for board in plan.snapshots.remote.boards)]
            problems.append(f"--board {pattern}: the plan has no such board{nearest(pattern, dict.fromkeys(every))}")
        named |= found or {pattern}
    if problems:
        raise ConfigError(problems)
    return Chosen(kinds=frozenset(kinds), boards=frozenset(named))
