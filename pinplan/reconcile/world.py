"""Everything that a decision is made from, and the decision."""

from __future__ import annotations

from msgspec import Struct, field

from pinplan.actions import AnyAction
from pinplan.model.base import Base
from pinplan.model.snapshots import LocalSnapshot, RemoteSnapshot
from pinplan.plan import Check, CheckStatus, Finding, Scope
from pinplan.policies.bundle import Policies


class World(Struct, frozen=True, kw_only=True):
    """Everything that a plan is made from."""

    policies: Policies
    remote: RemoteSnapshot
    local: LocalSnapshot
    base: Base
    scope: Scope = Scope()
    allow: dict[str, int] = field(default_factory=dict)


class Decision(Struct, frozen=True, kw_only=True):
    """What is to be done, what is to be said, and how the checks ended."""

    actions: tuple[AnyAction, ...]
    findings: tuple[Finding, ...]
    checks: tuple[Check, ...]

    @property
    def applyable(self) -> bool:
        """Whether every check passed."""
        return all(check.status is not CheckStatus.FAIL for check in self.checks)
