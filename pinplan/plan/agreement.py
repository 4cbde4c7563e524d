"""What keeps a plan from saying that library and Pinterest agree: differences, and what could not be seen. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import UNSET, Struct

from pinplan.plan.document import FindingKind, Meaning

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pinplan.plan.document import Finding, Plan

UNREAD_BOARDS = "unread-boards"
"""What ``--allow`` calls boards that could not be read to their end. No check: they stop nothing, they end a plan with exit code 3."""


class Unsettled(Struct, frozen=True, kw_only=True):
    """How many things of each sort a plan only reports.

    Attributes:
        differences: between library and Pinterest.
        unread: boards that could not be read to their end, or are not listed any more.
        not_asked: boards that Pinterest was not asked for.
        unknown: pins and files that could not be checked, but for those of unread boards.
        compared: whether the plan compared both sides at all.
        left_out: where it did not: boards that the config leaves out.
    """

    differences: int = 0
    unread: int = 0
    not_asked: int = 0
    unknown: int = 0
    compared: bool = True
    left_out: int = 0

    @property
    def agree(self) -> bool:
        """Whether everything in scope was read and nothing differs, whatever the plan will do."""
        return self.compared and not (self.differences or self.unread or self.not_asked or self.unknown)


def unsettled(plan: Plan) -> Unsettled:
    """Count what a plan only reports; like findings, it follows the scope."""
    findings = plan.findings
    compared = plan.compares is UNSET
    return Unsettled(
        differences=_count(findings, Meaning.DIFFERENCE),
        unread=_count(findings, Meaning.UNREAD),
        not_asked=_count(findings, Meaning.NOT_ASKED),
        unknown=sum(finding.count for finding in _unknown(findings)),
        compared=compared,
        left_out=0 if compared else left_out(plan),
    )


def too_many_unread(plan: Plan) -> int:
    """How many boards could not be read, where that is more than the plan was allowed; 0 where it is not."""
    unread = _count(plan.findings, Meaning.UNREAD)
    return unread if unread > plan.allow.get(UNREAD_BOARDS, 0) else 0


def left_out(plan: Plan) -> int:
    """How many boards the config leaves out: they are neither unread nor agreed."""
    count = plan.snapshots.remote.left_out
    return 0 if count is UNSET else count


def _count(findings: Sequence[Finding], meaning: Meaning) -> int:
    return sum(finding.count for finding in findings if finding.kind.means is meaning)


def _unknown(findings: Sequence[Finding]) -> Iterator[Finding]:
    """Count unknowns, without those of unread boards, which are counted once per board."""
    unread = {finding.address for finding in findings if finding.kind.means is Meaning.UNREAD}
    for finding in findings:
        if finding.kind is FindingKind.UNKNOWN and finding.address.partition("/")[0] not in unread:
            yield finding
