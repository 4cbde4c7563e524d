"""Pairs that the user marked as different, stored by appearance, so that the mark survives a new download."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinplan.duplicates.compare import mean_difference
from pinplan.duplicates.limits import MAX_COLOUR_DIFFERENCE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pinplan.model.similarity import Fingerprint

STILL_THE_SAME = 16
"""Bits of a PDQ hash by which a picture may differ once Pinterest has resized or recompressed it: wide enough for a new download,
and narrower than the limit for duplicates."""
_PDQ = 32


def signature_of(fingerprint: Fingerprint) -> bytes:
    """The stored signature of a picture: PDQ hash and 16×16 colours."""
    return fingerprint.pdq + fingerprint.thumb


def is_marked_different(one: Fingerprint, other: Fingerprint, marked: Sequence[tuple[bytes, bytes]]) -> bool:
    """Whether the user marked two such pictures as different.

    Each of the two must look like one of the marked pair, and not more like the other one: else a mark on a picture and its sibling
    would also cover the picture and its copy. For the same reason a mark on two that look exactly the same, because the user wants
    both, only covers such pairs.
    """
    first, second = signature_of(one), signature_of(other)
    return any(
        (a == b) == (first == second) and (_are(first, second, a, b) or _are(first, second, b, a)) for a, b in marked
    )


def distinguishing_marks(marked: Sequence[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The marks on two pictures that do not look exactly the same.

    A mark on two that do says only that both are wanted. Whoever asks whether a file shows a certain picture, as it is missing here or on the account already, must
    not take it for a proof that what looks like that is another picture.
    """
    return [(one, other) for one, other in marked if one != other]


def _are(first: bytes, second: bytes, one: bytes, other: bytes) -> bool:
    away, across = _apart(first, one), _apart(second, other)
    return (
        # Checked both ways by the caller: a mark has no order.
        max(away, across) <= STILL_THE_SAME
        and away <= _apart(first, other)
        and across <= _apart(second, one)
        and _colours_agree(first, one)
        and _colours_agree(second, other)
    )


def _apart(one: bytes, other: bytes) -> int:
    return (int.from_bytes(one[:_PDQ]) ^ int.from_bytes(other[:_PDQ])).bit_count()


def _colours_agree(one: bytes, other: bytes) -> bool:
    return mean_difference(one[_PDQ:], other[_PDQ:]) <= MAX_COLOUR_DIFFERENCE
