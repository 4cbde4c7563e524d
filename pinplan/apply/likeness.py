"""Whether a fetched image shows the recorded picture: by the fingerprint that is kept with every tracked file (I20)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from pinplan.dedupe.facts import Fingerprint
from pinplan.dedupe.resemblance import Resemblance, resemblance
from pinplan.errors import ImageRefused

if TYPE_CHECKING:
    from collections.abc import Callable

    from pinplan.dedupe.same_picture import Fingerprinter
    from pinplan.model.base import Tracked
    from pinplan.model.ids import Sha256

_DECODE = msgspec.msgpack.Decoder(Fingerprint).decode


class Likeness:
    """Compares images with what is kept of tracked files."""

    def __init__(self, fingerprinter: Fingerprinter | None, kept: Callable[[Sha256], bytes | None]) -> None:
        """Take fingerprints with this, and find those that are kept by the digest of a file with that."""
        self._fingerprinter, self._kept = fingerprinter, kept

    def why_not(self, record: Tracked, data: bytes) -> str | None:
        """Why an image is not the recorded picture, judged by fingerprint; None also where no fingerprint was kept."""
        face = self._kept(record.sha256) if self._fingerprinter is not None else None
        if face is None or self._fingerprinter is None:
            return None
        try:
            here = self._fingerprinter.fingerprint(data, record.path)
        except ImageRefused as error:
            return f"it cannot be compared with the recorded picture: {error.reason}"
        other = resemblance(_DECODE(face), here) is Resemblance.OTHER
        return "it does not show the recorded picture" if other else None
