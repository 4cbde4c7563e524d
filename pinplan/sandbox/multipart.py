"""Reads the form by which a file is uploaded, piece by piece.

A part called ``file`` is the file, with or without a file name: Pinterest's quickstart sends none, and a web framework would take
such a part for a short text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

FILE = b"file"
_MOST_OF_A_FIELD = 100_000


class _Form:
    """What was read so far."""

    def __init__(self, take: Callable[[bytes], None]) -> None:
        self.fields: dict[str, str] = {}
        self.whole = False
        self.seen_file = False
        self._take = take
        self._header = [b"", b""]
        self._name = b""
        self._value = b""

    def begin(self) -> None:
        self._header, self._name, self._value = [b"", b""], b"", b""

    def header_field(self, data: bytes, start: int, end: int) -> None:
        self._header[0] += data[start:end]

    def header_value(self, data: bytes, start: int, end: int) -> None:
        self._header[1] += data[start:end]

    def header_end(self) -> None:
        name, value = self._header
        if name.lower() == b"content-disposition":
            self._name = parse_options_header(value)[1].get(b"name", b"")
            self.seen_file |= self._name == FILE
        self._header = [b"", b""]

    def data(self, data: bytes, start: int, end: int) -> None:
        if self._name == FILE:
            self._take(data[start:end])
        elif len(self._value) <= _MOST_OF_A_FIELD:
            self._value += data[start:end]

    def end(self) -> None:
        if self._name != FILE:
            self.fields[self._name.decode("utf-8", "replace")] = self._value.decode("utf-8", "replace")

    def finish(self) -> None:
        self.whole = True


async def read_form(
    content_type: str, body: AsyncIterator[bytes], take: Callable[[bytes], None]
) -> dict[str, str] | None:
    """The fields of a form; ``take`` gets the file in pieces. None if it is no form, is not whole, or has no file."""
    kind, options = parse_options_header(content_type)
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        return None
    form = _Form(take)
    parser = MultipartParser(
        options[b"boundary"],
        {
            "on_part_begin": form.begin,
            "on_header_field": form.header_field,
            "on_header_value": form.header_value,
            "on_header_end": form.header_end,
            "on_part_data": form.data,
            "on_part_end": form.end,
            "on_end": form.finish,
        },
    )
    try:
        async for piece in body:
            parser.write(piece)
    except MultipartParseError:
        return None
    return form.fields if form.whole and form.seen_file else None
