"""PNG: chunks, each with a checksum (PNG specification, section 5)."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from pinplan.formats.reading import Damaged, Seen, number, part

if TYPE_CHECKING:
    from collections.abc import Iterator

_SIGNATURE = 8
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_MOST_INFLATED = 1032
"""Maximum expansion of deflate: 1,032 bytes from one."""
_MOST_TEXT = 1024 * 1024
_MOST_TEXTS = 16 * _MOST_TEXT
_TEXTS = {b"tEXt", b"zTXt", b"iTXt", b"iCCP"}


def walk(data: bytes, seen: Seen) -> None:
    """Walk the chunks up to IEND; ignore data after it."""
    held, needed = 0, None
    for name, at, length in _chunks(data):
        if name == b"IHDR":
            needed = _header(part(data, at, length), seen)
        elif name == b"IDAT":
            held += length
        seen.end = at + length + 4
    if needed is None or not held:
        raise Damaged("it has no picture data")
    # Detects a header that declares a bomb without inflating anything.
    if held * _MOST_INFLATED < needed:
        raise Damaged("it has fewer pixels than it declares")


def _chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Name, offset and length of every chunk, with its checksum verified. Raises `Damaged` if IEND is missing."""
    at, name = _SIGNATURE, b""
    while name != b"IEND":
        length, name = number(data, at, 4), part(data, at + 4, 4)
        if not name.isalpha():
            raise Damaged("one of its chunks is broken")
        found = number(data, at + 8 + length, 4)
        if zlib.crc32(memoryview(data)[at + 4 : at + 8 + length]) != found:
            raise Damaged(f"its {name.decode()} chunk does not match its checksum")
        yield name, at + 8, length
        at += length + 12


def inflated_share(data: bytes) -> float:
    """The share of pixel data in a truncated file; 0 if a critical chunk is broken."""
    at, held, needed, inflate = _SIGNATURE, 0, 1, zlib.decompressobj()
    while at + 8 < len(data):
        length, name = number(data, at, 4), data[at + 4 : at + 8]
        body, checksum = data[at + 8 : at + 8 + length], data[at + 8 + length : at + 12 + length]
        # An upper-case first letter marks a critical chunk (section 5.4); a broken text costs no pixel.
        if len(checksum) == 4 and name[:1].isupper() and zlib.crc32(name + body) != int.from_bytes(checksum, "big"):
            return 0.0
        if name == b"IHDR":
            needed = max(1, _header(body, Seen()))
        while name == b"IDAT" and body:
            held += len(inflate.decompress(body, _MOST_TEXT))  # in pieces: it may expand a thousandfold
            body = inflate.unconsumed_tail
        at += length + 12
    return held / needed


def _header(header: bytes, seen: Seen) -> int:
    """Record the size; return the bytes of its pixels before compression."""
    if len(header) < 13:
        raise Damaged("its header is broken")
    width, height, depth, colour = number(header, 0, 4), number(header, 4, 4), header[8], header[9]
    seen.size = width, height
    channels = _CHANNELS.get(colour, 1)
    seen.bytes_per_pixel = 4 if channels > 1 else max(1, depth // 8)
    return height * (1 + width * channels * depth // 8)


def without_large_texts(data: bytes) -> tuple[bytes, bytes | None]:
    """The same picture without profiles and texts of more than a megabyte, for which Pillow refuses a file.

    Returns:
        The file, and a colour profile that was left out, as stored in the file.
    """
    # Nearly every file: a search for four bytes instead of a walk with checksums.
    if not any(name in data for name in _TEXTS):
        return data, None
    kept, total, profile, begin = [], 0, None, 0
    for name, at, length in _chunks(data):
        if name not in _TEXTS:
            continue
        size = _inflated(name, part(data, at, length))
        total += size
        if size >= _MOST_TEXT or total > _MOST_TEXTS:
            kept.append(data[begin : at - 8])
            begin = at + length + 4
            profile = part(data, at, length) if name == b"iCCP" else profile
    return (b"".join([*kept, data[begin:]]), profile) if kept else (data, None)


def _inflated(name: bytes, chunk: bytes) -> int:
    """The size of a text after decompression, counted up to the limit."""
    if name == b"tEXt":
        return len(chunk)
    packed = chunk.find(b"\0") + 1
    # Keyword, flags, language and translated keyword precede the text.
    if name == b"iTXt":
        compressed = chunk[packed : packed + 1] == b"\1"
        packed = chunk.find(b"\0", chunk.find(b"\0", packed + 2) + 1) + 1
        if not compressed:
            return len(chunk)
    else:
        packed += 1
    try:
        return len(zlib.decompressobj().decompress(chunk[packed:], _MOST_TEXT))
    except zlib.error:
        return len(chunk)
