"""The forms in which names are compared."""

from __future__ import annotations

import unicodedata


def is_composed(text: str) -> bool:
    """Whether a text is in NFC, the form that pinplan writes."""
    return text.isascii() or unicodedata.is_normalized("NFC", text)


def composed(text: str) -> str:
    """The text in NFC, in which two spellings of one name are equal."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def fold(text: str) -> str:
    """The form in which names are compared: without case and Unicode form, as on a disk that ignores case."""
    if text.isascii():
        return text.lower()
    # NFD first: casefold treats composed and decomposed letters differently (Unicode 3.13, D145).
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).casefold())
