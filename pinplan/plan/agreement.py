"""What keeps a plan from saying that library and Pinterest agree: differences, and what could not be seen. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import UNSET, Struct

from pinplan.plan.document import FindingKind, Meaning

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pinplan.plan.document import Finding, Plan

UNREAD_BOARDS = "unread-boards"
"""The name under ``--allow`` for boards whose listing could not be read to the end. Not a check: it stops nothing, but the plan exits with 3."""


class Unsettled(Struct, frozen=True, kw_only=True):
    """How many things a plan only reports, by what they mean.

    Attributes:
        differences: between library and Pinterest.
        unread: boards whose listing could not be read to the end, or that are no longer listed.
        not_asked: boards that were not requested from Pinterest.
        unknown: pins and files that could not be checked, except those of unread boards.
        compared: whether the plan compared both sides at all.
        left_out: boards that the config excludes, if nothing was compared.
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
    # Absent means True: defaults are left out, so that plans of format 1.0 keep their digest.
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
    """How many boards could not be read, if more than ``--allow`` accepts; else 0."""
    unread = _count(plan.findings, Meaning.UNREAD)
    return unread if unread > plan.allow.get(UNREAD_BOARDS, 0) else 0


def hindered(plan: Plan) -> int:
    """How many things the mode asks for and the plan cannot do."""
    return sum(finding.count for finding in plan.findings if finding.kind.hinders)


def left_out(plan: Plan) -> int:
    """How many boards the config excludes: they count neither as unread nor as in agreement."""
    count = plan.snapshots.remote.left_out
    return 0 if count is UNSET else count


def _count(findings: Sequence[Finding], meaning: Meaning) -> int:
    return sum(finding.count for finding in findings if finding.kind.means is meaning)


def _unknown(findings: Sequence[Finding]) -> Iterator[Finding]:
    """Yield unknowns, without those of unread boards, which are counted once per board."""
    unread = {finding.address for finding in findings if finding.kind.means is Meaning.UNREAD}
    for finding in findings:
        # The first part of an address is the board's name: a slash in a name is replaced.
        if finding.kind is FindingKind.UNKNOWN and finding.address.partition("/")[0] not in unread:
            yield finding
