"""One bounded decoder for every document from outside: API responses, plans, decisions, snapshots, notes.

Any hostile or damaged document ends in a `msgspec.DecodeError`.
"""

from __future__ import annotations

from typing import BinaryIO, TypeVar

import msgspec

T = TypeVar("T")

MOST_BYTES = 512 << 20
"""Twice the size of a plan that downloads 200,000 pins. Readers read at most one byte more, to notice a larger document."""


_AT_ONCE = 1 << 20


def read_bounded(file: BinaryIO) -> bytes:
    """The content of a file, at most one byte more than a document may have. Raises `OSError`."""
    parts: list[bytes] = []
    left = MOST_BYTES + 1
    # In pieces: read(n) reserves n bytes first, which a small computer refuses even for a file of 200 bytes.
    while left and (part := file.read(min(left, _AT_ONCE))):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


class DocumentRefused(msgspec.DecodeError):
    """The document is too large, nested too deeply, or not UTF-8."""


def decode(data: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    """The value in a document.

    Raises:
        msgspec.ValidationError: valid JSON of another shape.
        msgspec.DecodeError: any other defect (`DocumentRefused` where msgspec would raise something else).
    """
    check_size(data)
    try:
        # msgspec recurses in C and raises RecursionError at Python's limit; "[" * 100,000 is enough for that.
        return decoder.decode(data)
    except RecursionError:
        raise DocumentRefused("nested too deeply") from None
    except UnicodeDecodeError as error:
        raise DocumentRefused(f"not UTF-8 (byte {error.start})") from error


def check_size(data: bytes) -> None:
    """Raises `DocumentRefused` for a document larger than any of pinplan's."""
    if len(data) > MOST_BYTES:
        raise DocumentRefused(f"larger than {MOST_BYTES >> 20} MB")


def decode_as(data: bytes, kind: type[T]) -> T:
    """Decode a document as a type. Raises as `decode`."""
    return decode(data, msgspec.json.Decoder(kind))
