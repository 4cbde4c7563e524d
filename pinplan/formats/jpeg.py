"""JPEG: markers, segments with a length, scans of entropy-coded data (ITU T.81, annex B)."""

from __future__ import annotations

import re

from pinplan.formats.reading import BROKEN, CUT, Damaged, Seen, number, part

_MARKER = re.compile(rb"\xff([\x01-\xcf\xd8-\xfe])")
"""In coded data, FF 00 is an escaped byte, and D0 to D7 only restart the decoder."""
_START_OF_SCAN, _END = 0xDA, 0xD9
_NO_LENGTH = {0x01, 0xD8}
_FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_KNOWN = {0xC0, 0xC1, 0xC2}
"""Baseline, extended and progressive: known to every decoder."""


def walk(data: bytes, seen: Seen) -> None:
    """Walk the segments up to the end marker; ignore data after it (further pictures, a video)."""
    at, scans, components = 2, 0, 0
    while True:
        found = _MARKER.search(data, at)  # like decoders, skip stray bytes between segments
        if found is None:
            raise Damaged(CUT)
        code, at = found[1][0], found.end()
        if code == _END:
            seen.end = at
            break
        if code in _NO_LENGTH:
            continue
        length = number(data, at, 2)
        segment = part(data, at, length)
        if length < 2:
            raise Damaged("one of its segments has no length")
        if code in _FRAMES:
            components = _frame(code, segment, seen)
        at += length
        if code == _START_OF_SCAN:
            scans = scans or at
    if not scans or not components:
        raise Damaged("it has no picture data")
    _check_no_gap(data, scans, at, components, seen)


def has_every_scan(data: bytes) -> bool:
    """Whether every scan of a truncated file has begun: each coefficient of each component, to its last bit.

    With arithmetic coding the end of the data cannot be found.
    """
    at, wanted, begun = 2, set[int](), dict[tuple[int, int], int]()
    while (found := _MARKER.search(data, at)) is not None and found[1][0] != _END:
        code, at = found[1][0], found.end()
        if code in _NO_LENGTH:
            continue
        segment = data[at : at + int.from_bytes(data[at : at + 2], "big")]
        at += max(2, len(segment))
        if code in _KNOWN and len(segment) >= 8:
            wanted = set(segment[8::3])
        elif code == _START_OF_SCAN and len(segment) >= 6:
            first, last, bits = segment[-3:]
            spectrum = range(first, min(last, 63) + 1)
            # Progressive scans refine bit by bit: the low half of the last byte is the bit reached (Al).
            begun.update(((one, place), bits & 15) for one in segment[3 : 3 + 2 * segment[2] : 2] for place in spectrum)
    return bool(wanted) and all(begun.get((one, place), 1) == 0 for one in wanted for place in range(64))


def _frame(code: int, segment: bytes, seen: Seen) -> int:
    if len(segment) < 8:
        raise Damaged("its header is broken")
    precision, components = segment[2], segment[7]
    seen.size = number(segment, 5, 2), number(segment, 3, 2)
    # Pillow pads RGB to four bytes in memory.
    seen.bytes_per_pixel = 1 if components == 1 else 4
    # Only then is a failing decoder proof of damage: 12-bit and lossless JPEGs are valid, but Pillow cannot read them.
    if code in _KNOWN and precision == 8 and components in {1, 3, 4}:
        seen.if_undecodable = BROKEN
    return components


def _check_no_gap(data: bytes, start: int, end: int, components: int, seen: Seen) -> None:
    """Reject a run of zeros longer than a whole one-colour picture takes: no encoder writes that."""
    longest = seen.pixels * components // 256 + 64
    if longest < end - start and data.find(bytes(longest), start, end) >= 0:
        raise Damaged(f"it has a gap of more than {longest:,} bytes of zeros")
