"""One finding for a folder that a person renamed or moved, in place of one for each file in it. Pure."""

from __future__ import annotations

from collections import defaultdict
from itertools import takewhile
from typing import TYPE_CHECKING, NamedTuple

from pinplan.plan.document import Finding, FindingKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LEAST = 2
"""Files that moved together: one alone was moved by itself, as far as anybody can tell."""


class _Move(NamedTuple):
    """From one folder to another, each without the parts that both paths end with."""

    old: str
    new: str


def folders_for_files(findings: Iterable[Finding]) -> Iterator[Finding]:
    """The findings, those about files of a folder that moved as a whole put together; everything else as it is."""
    together: dict[_Move, list[Finding]] = defaultdict(list)
    for finding in findings:
        move = _move_of(finding)
        if move is None:
            yield finding
        else:
            together[move].append(finding)
    for move, files in together.items():
        if len(files) < LEAST:
            yield from files
        else:
            message = (
                f"{len(files):,} files were moved here together, from {move.old} to {move.new}; none of them is missing"
            )
            yield Finding(kind=FindingKind.MOVED_LOCALLY, address=move.old, path=move.old, message=message)


def _move_of(finding: Finding) -> _Move | None:
    """How a file's folder moved; None if the file got another name, or has no folder on one side."""
    if finding.kind is not FindingKind.MOVED_LOCALLY or finding.path is None or finding.moved_to is None:
        return None
    old, new = finding.path.split("/"), finding.moved_to.split("/")
    same = len(list(takewhile(lambda pair: pair[0] == pair[1], zip(reversed(old), reversed(new), strict=False))))
    if not same or same == min(len(old), len(new)):
        return None
    return _Move("/".join(old[:-same]), "/".join(new[:-same]))
