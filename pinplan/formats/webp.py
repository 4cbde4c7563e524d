"""WebP: a RIFF file of chunks (RFC 9649)."""

from __future__ import annotations

from pinplan.formats.reading import BROKEN, CUT, Damaged, Seen, check_not_blanked, number, part

_PICTURES = {b"VP8 ", b"VP8L", b"ALPH", b"ANMF"}


def walk(data: bytes, seen: Seen) -> None:
    """Walk the chunks up to the declared length; ignore data after it."""
    end = 8 + number(data, 4, 4, "little")
    if end > len(data) + (end & 1):  # some writers omit the padding byte of an odd chunk
        raise Damaged(CUT)
    seen.end = end
    data = data[:end]
    seen.if_undecodable = BROKEN  # there is one decoder, and it knows the whole format
    at, pictures = 12, 0
    while at + 8 <= len(data):
        name, length = part(data, at, 4), number(data, at + 4, 4, "little")
        if not (name.isascii() and name.decode("ascii").isprintable()):
            raise Damaged("one of its chunks is broken")
        payload = part(data, at + 8, length)
        _measure(name, payload, seen)
        if name in _PICTURES:
            pictures += 1
            check_not_blanked(payload, seen)
        at += 8 + length + (length & 1)
    if not pictures:
        raise Damaged("it has no picture data")


def _measure(name: bytes, payload: bytes, seen: Seen) -> None:
    # Canvas size minus one, in 24 bits (RFC 9649, 2.7.1).
    if name == b"VP8X" and len(payload) >= 10:
        seen.grow(number(payload, 4, 3, "little") + 1, number(payload, 7, 3, "little") + 1)
    elif name == b"VP8 " and payload[3:6] == b"\x9d\x01\x2a" and len(payload) >= 10:
        # 14 bits of size; the upper two are a scaling hint for display.
        seen.grow(number(payload, 6, 2, "little") & 0x3FFF, number(payload, 8, 2, "little") & 0x3FFF)
    elif name == b"VP8L" and payload[:1] == b"\x2f" and len(payload) >= 5:
        bits = number(payload, 1, 4, "little")
        seen.grow((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
