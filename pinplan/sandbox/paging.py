"""Pages of a listing. A bookmark names the last item that was given, so it stays good when others come or go."""

from __future__ import annotations

import base64
import binascii
from bisect import bisect_left
from typing import TYPE_CHECKING, TypeVar

from pinplan.sandbox.problems import bad_request

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Item = TypeVar("Item")
DEFAULT, MOST = 25, 250


def page_of(
    items: Sequence[Item], number: Callable[[Item], int], query: Mapping[str, str]
) -> tuple[Sequence[Item], str | None]:
    """One page of items that are ordered by falling number, and the bookmark of the next.

    Raises:
        ApiProblem: 400 for a page size out of range or a bookmark that was never given out.
    """
    size = _size(query.get("page_size"))
    start = 0
    if query.get("bookmark"):
        start = bisect_left(items, -_decoded(query["bookmark"]) + 1, key=lambda item: -number(item))
    page = items[start : start + size]
    more = start + size < len(items)
    return page, _encoded(number(page[-1])) if page and more else None


def _size(text: str | None) -> int:
    if text is None:
        return DEFAULT
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= MOST):
        raise bad_request(f"page_size must be a whole number from 1 to {MOST}.")
    return int(text)


def _encoded(number: int) -> str:
    return base64.urlsafe_b64encode(f"after:{number}".encode()).decode().rstrip("=")


def _decoded(bookmark: str) -> int:
    try:
        text = base64.urlsafe_b64decode(bookmark + "=" * (-len(bookmark) % 4)).decode()
        return int(text.removeprefix("after:"))
    except (ValueError, binascii.Error, UnicodeDecodeError) as error:
        raise bad_request("The bookmark is invalid.") from error
