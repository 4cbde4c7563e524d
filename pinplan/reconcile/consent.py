"""The consent to publish, given once for the whole library: without it nothing is uploaded, and one finding says so. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinplan.plan.document import Finding
from pinplan.reconcile.scope import WHOLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

OWN_CONTENT = (
    "not uploaded: Pinterest allows only content that you may publish; confirm that with [upload] own_content = true"
)
CONSENT = "own_content"
"""`Finding.reason` where it is missing."""


def asked_once(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Combine findings about the missing consent, one for each folder, into one that counts; pass on all others."""
    asking: list[Finding] = []
    for finding in findings:
        if finding.reason == CONSENT:
            asking.append(finding)
        else:
            yield finding
    if len(asking) <= 1:
        yield from asking
        return
    count = sum(finding.count for finding in asking)
    message = f"{count:,} files: {OWN_CONTENT}"
    yield Finding(kind=asking[0].kind, address=WHOLE, message=message, count=count, reason=CONSENT)
