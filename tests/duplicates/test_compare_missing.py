"""Whether a picture that is missing may be one that is here: in doubt it may, and its pin is kept (I2)."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from pinplan.duplicates.compare import Resemblance, resemblance
from pinplan.model.ids import Sha256
from pinplan.model.similarity import Fingerprint

DETAILED = Fingerprint(
    sha256=Sha256("a" * 64),
    size=1,
    width=400,
    height=300,
    format="JPEG",
    dhash=0x0123456789ABCDEF,
    pdq=bytes(range(32)),
    colour=b"\x80\x80\x80",
    thumb=b"\x80" * 768,
    detail=60,
    pdq_quality=100,
)
OTHER_BYTES = replace(DETAILED, sha256=Sha256("b" * 64), width=401)
PLAIN = replace(OTHER_BYTES, detail=0, pdq_quality=0)
MOVING = replace(OTHER_BYTES, frames=9)
INVERTED = replace(OTHER_BYTES, dhash=~DETAILED.dhash & (2**64 - 1), pdq=bytes(255 - byte for byte in DETAILED.pdq))


@pytest.mark.promise("I2")
@pytest.mark.parametrize(
    ("here", "verdict"),
    [
        (DETAILED, Resemblance.SAME),
        (OTHER_BYTES, Resemblance.SAME),
        (PLAIN, Resemblance.DOUBTFUL),
        (replace(PLAIN, thumb=b"\xff" * 768), Resemblance.OTHER),
        (MOVING, Resemblance.DOUBTFUL),
        (replace(INVERTED, frames=9), Resemblance.OTHER),
        (INVERTED, Resemblance.OTHER),
    ],
    ids=["bytes", "hashes", "plain", "plain in another colour", "moving", "moving, another", "another"],
)
def test_what_fingerprints_cannot_tell_counts_for_what_is_here(here, verdict):
    assert resemblance(DETAILED, here) is verdict
