"""One decoder for every document from outside: answers of the API, plans, decisions, snapshots, notes.

Whatever is odd about a hostile or damaged document, it ends in a `msgspec.DecodeError`.
"""

from __future__ import annotations

from typing import TypeVar

import msgspec

T = TypeVar("T")

MOST_BYTES = 512 << 20
"""The plan of a library of 200,000 pins, all to be fetched, takes half of it. Who reads one from outside reads one byte more at most."""


class DocumentRefused(msgspec.DecodeError):
    """It is too large, nested too deeply, or not UTF-8."""


def decode(data: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    """The value in a document.

    Raises:
        msgspec.ValidationError: it is JSON, but does not fit.
        msgspec.DecodeError: anything else that is wrong with it (`DocumentRefused` where msgspec raises something else).
    """
    check_size(data)
    try:
        return decoder.decode(data)
    except RecursionError:
        raise DocumentRefused("it is nested too deeply") from None
    except UnicodeDecodeError as error:
        raise DocumentRefused(f"it is not UTF-8 (byte {error.start})") from error


def check_size(data: bytes) -> None:
    """See whether a document is larger than any of ours can be. Raises `DocumentRefused`."""
    if len(data) > MOST_BYTES:
        raise DocumentRefused(f"it is larger than {MOST_BYTES >> 20} MB")


def decode_as(data: bytes, kind: type[T]) -> T:
    """The value of a type in a document. Raises as `decode`."""
    return decode(data, msgspec.json.Decoder(kind))


def without_white_space(data: bytes) -> bytes:
    """The same document, compact. Raises `msgspec.DecodeError`."""
    check_size(data)
    try:
        return msgspec.json.format(data, indent=-1)
    except RecursionError:
        raise DocumentRefused("it is nested too deeply") from None
