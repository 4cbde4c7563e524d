"""Small MP4 videos, box by box: what the tests upload, and what no program should write."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import NamedTuple

PICTURES, SOUND = b"PICTURE", b"SOUND"
"""What the samples of the tracks begin with."""


class Part(NamedTuple):
    """A track: the kind of its samples, and these. All of one size: that size is in the table, once."""

    kind: bytes
    samples: Sequence[bytes]
    of_one_size: bool = False
    turned: bool = False
    elsewhere: bool = False


def box(name: bytes, *contents: bytes) -> bytes:
    """A box."""
    data = b"".join(contents)
    return struct.pack(">I", 8 + len(data)) + name + data


def full(name: bytes, *contents: bytes, version: int = 0) -> bytes:
    """A box with a version and flags."""
    return box(name, bytes([version, 0, 0, 0]), *contents)


def numbers(*values: int) -> bytes:
    """Numbers of 32 bits."""
    return struct.pack(f">{len(values)}I", *values)


MOTION = Part(b"vide", [PICTURES + bytes([number]) * 50 for number in range(6)])
TONE = Part(b"soun", [SOUND + bytes([number]) * 20 for number in range(6)])
POSITIONS = Part(b"meta", [b"SECRET position"] * 3)
SUBTITLES = Part(b"text", [b"SECRET telemetry", b"SECRET", b"SECRET more"])


def video(
    *parts: Part,
    seconds: float = 12,
    size: tuple[int, int] = (640, 360),
    brand: bytes = b"isom",
    more: bytes = b"",
    in_index: bytes = b"",
    index_first: bool = False,
    seed: bytes = b"",
    version: int = 0,
    wide: bool = False,
) -> bytes:
    """A video of these tracks, whose chunks hold two samples each, in turn.

    Args:
        parts: by default pictures and sound.
        seconds: how long it says that it is.
        size: of its pictures.
        brand: of the file.
        more: further boxes at its end.
        in_index: further boxes in its index.
        index_first: whether the index precedes the samples.
        seed: makes its samples other ones.
        version: of the boxes with times.
        wide: whether sizes and offsets have 64 bits.
    """
    parts = parts or (MOTION, TONE)
    parts = tuple(part._replace(samples=[sample + seed for sample in part.samples]) for part in parts)
    start = box(b"ftyp", brand, numbers(512), brand)
    before = len(start) + (16 if wide else 8)
    if index_first:
        before += len(_index(parts, [[0] * _chunks_of(part) for part in parts], seconds, size, in_index, version, wide))
    samples, offsets = _interleaved(parts, before)
    index = _index(parts, offsets, seconds, size, in_index, version, wide)
    data = numbers(1) + b"mdat" + struct.pack(">Q", 16 + len(samples)) + samples if wide else box(b"mdat", samples)
    return b"".join((start, index, data, more) if index_first else (start, data, index, more))


def _chunks_of(part: Part) -> int:
    return (len(part.samples) + 1) // 2


def _interleaved(parts: Sequence[Part], at: int) -> tuple[bytes, list[list[int]]]:
    made = bytearray()
    offsets: list[list[int]] = [[] for _ in parts]
    for number in range(max(map(_chunks_of, parts))):
        for place, part in enumerate(parts):
            chunk = b"".join(part.samples[2 * number : 2 * number + 2])
            if chunk:
                offsets[place].append(at + len(made))
                made += chunk
    return bytes(made), offsets


def _index(
    parts: Sequence[Part],
    offsets: Sequence[Sequence[int]],
    seconds: float,
    size: tuple[int, int],
    more: bytes,
    version: int,
    wide: bool,
) -> bytes:
    tracks = (
        _track(number, part, places, size, version, wide=wide)
        for number, (part, places) in enumerate(zip(parts, offsets, strict=True), start=1)
    )
    head = full(
        b"mvhd", _times(version), numbers(1000), _long(version, int(seconds * 1000)), bytes(80), version=version
    )
    return box(b"moov", head, *tracks, more)


def _times(version: int) -> bytes:
    return b"\xaa" * (16 if version else 8)


def _long(version: int, value: int) -> bytes:
    return struct.pack(">Q" if version else ">I", value)


def _track(
    number: int, part: Part, offsets: Sequence[int], size: tuple[int, int], version: int, *, wide: bool
) -> bytes:
    straight = (0, 0x10000) if part.turned else (0x10000, 0)
    matrix = numbers(straight[0], straight[1], 0, straight[1], straight[0], 0, 0, 0, 0x40000000)
    shown = numbers(size[0] << 16, size[1] << 16) if part.kind == b"vide" else numbers(0, 0)
    head = full(
        b"tkhd", _times(version), numbers(number, 0), _long(version, 12_000), bytes(16), matrix, shown, version=version
    )
    sizes = [len(sample) for sample in part.samples]
    table = (
        full(b"stsz", numbers(sizes[0], len(sizes)))
        if part.of_one_size
        else full(b"stsz", numbers(0, len(sizes), *sizes))
    )
    places = (
        full(b"co64", numbers(len(offsets)), struct.pack(f">{len(offsets)}Q", *offsets))
        if wide
        else full(b"stco", numbers(len(offsets), *offsets))
    )
    per_chunk = [numbers(1, 2, 1)]
    if len(sizes) % 2:
        per_chunk = [per_chunk[0]] * (len(offsets) > 1) + [numbers(len(offsets), 1, 1)]
    source = full(b"url ", b"SECRET path") if part.elsewhere else box(b"url ", numbers(1))
    name = b"\x0eSECRET encoder" if part.kind == b"vide" else b""
    entry = box(b"avc1" if name else b"data", bytes(12), b"VEND", bytes(26), name.ljust(32, b"\0"), bytes(4))
    return box(
        b"trak",
        head,
        box(b"udta", b"SECRET name"),
        box(
            b"mdia",
            full(b"mdhd", _times(version), numbers(1000), _long(version, 12_000), bytes(4), version=version),
            full(b"hdlr", bytes(4), part.kind, bytes(12), b"SECRET camera\0"),
            box(
                b"minf",
                full(b"vmhd", bytes(8)),
                box(b"dinf", full(b"dref", numbers(1), source)),
                box(
                    b"stbl",
                    full(b"stsd", numbers(1), entry),
                    full(b"stts", numbers(1, len(sizes), 2000)),
                    full(b"stsc", numbers(len(per_chunk)), *per_chunk),
                    table,
                    places,
                ),
            ),
        ),
        box(b"tref", box(b"chap", numbers(3))),
    )
