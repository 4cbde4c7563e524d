"""File names: made from pins by a template, and read back without a database.

A name that pinplan makes is NFC, free of control and bidirectional characters, of characters that some system forbids,
of reserved device names and of leading dots and trailing dots or spaces; it is cut to 255 bytes of UTF-8 per part (a file to 250), and
what is cut is the title, never the pin id. Source of the reserved names and characters: Microsoft, "Naming Files,
Paths, and Namespaces".
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from string import Formatter
from typing import TYPE_CHECKING

from pinplan.model.ids import PinId, RelPath
from pinplan.model.spelling import composed
from pinplan.model.times import moment_of

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_PART_BYTES = 255
MAX_NAME_BYTES = MAX_PART_BYTES - len(".json")
"""Of a file: what is named after it with a further extension, a companion, must fit as well."""
UNTITLED = "untitled"
_FORBIDDEN = re.compile(r'[<>:"/\\|?*]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(\.|$)", re.IGNORECASE)
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _,()\[\]'+=&%#@!~-]*[A-Za-z0-9_)\]]\Z")
_DROPPED = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff\u061c")
_SPACES = re.compile(r"\s+")
_CUT_FIELDS = ("title", "section", "board")
DAY = "%Y-%m-%d"
"""How ``{created_at}`` is written where the template does not say."""


def safe_part(text: str) -> str:
    """A part of a path made from any text, never empty, not yet cut to length."""
    if _PLAIN.match(text) and "  " not in text and not _RESERVED.match(text):
        return text
    clean = unicodedata.normalize("NFC", "".join(_printable(c) for c in text if c not in _DROPPED))
    clean = _SPACES.sub(" ", _FORBIDDEN.sub("_", clean)).strip(" ").rstrip(". ")
    if clean.startswith("."):
        clean = "_" + clean[1:]
    if not clean or clean == "_":
        return "_" if text.strip() else UNTITLED
    # "con" and "con.jpg" both mean the device: the underscore goes before the first dot.
    return _RESERVED.sub(r"\1_\2", clean, count=1) if _RESERVED.match(clean) else clean


def _printable(character: str) -> str:
    """Control characters, lone surrogates and line separators become a space."""
    return " " if unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} else character


def cut_bytes(text: str, limit: int) -> str:
    """The longest beginning of ``text`` that fits ``limit`` bytes of UTF-8, without a trailing dot or space."""
    data = text.encode("utf-8")
    if len(data) <= limit:
        return text
    return data[: max(limit, 0)].decode("utf-8", "ignore").rstrip(". ")


def fold(text: str) -> str:
    """The form in which two names are the same for a disk that ignores case."""
    return unicodedata.normalize("NFC", text.casefold())


def slot_suffix(slot: int) -> str:
    """What stands for ``{slot}``: nothing for the only image of a pin, ``-2`` for the second of a carousel."""
    return f"-{slot}" if slot else ""


def cut_title(title: str, characters: int) -> str:
    """The beginning of a title, never cut between a letter and its accent, nor inside an emoji made of several."""
    text = unicodedata.normalize("NFC", title)
    end = characters
    while 0 < end < len(text) and (_joins(text[end]) or text[end - 1] == _JOINER):
        end -= 1
    return text[: end or characters].rstrip(". ") if len(text) > characters else text


_JOINER = "\u200d"


def _joins(character: str) -> bool:
    """Whether a character belongs to the one before it."""
    return character == _JOINER or unicodedata.category(character) in {"Mn", "Mc", "Me"}


def render_path(template: str, fields: dict[str, str]) -> RelPath:
    """The path of a file; ``fields`` has board, section, title, pin_id, slot and ext, of which the first three may be cut.

    ``created_at`` is RFC 3339, or empty. A part of the template that comes out empty (no section) is left out.
    """
    *folders, name = template.split("/")
    rendered = [*(_render_part(part, fields) for part in folders), _render_part(name, fields, MAX_NAME_BYTES)]
    return RelPath("/".join(part for part in rendered if part))


def _render_part(part: str, fields: dict[str, str], limit: int = MAX_PART_BYTES) -> str:
    text = "".join(literal + _field(name, spec, fields) for literal, name, spec in _parsed(part)).strip()
    if not text:
        return ""
    safe = safe_part(text)
    excess = len(safe.encode("utf-8")) - limit
    used = {name: _field(name, spec, fields) for _, name, spec in _parsed(part)} if excess > 0 else {}
    for name in _CUT_FIELDS:
        if used.get(name):
            shorter = cut_bytes(used[name], len(used[name].encode("utf-8")) - excess)
            return _render_part(part, {**fields, name: shorter}, limit)
    return safe if excess <= 0 else cut_bytes(safe, limit)


@lru_cache(maxsize=64)
def _parsed(part: str) -> tuple[tuple[str, str, str], ...]:
    """The text, field and format of each step of a part; the field is empty at its end."""
    return tuple((literal, name or "", spec or "") for literal, name, spec, _ in Formatter().parse(part))


def _field(name: str, spec: str, fields: dict[str, str]) -> str:
    if name == "created_at":
        moment = moment_of(fields.get(name))
        return moment.strftime(spec or DAY) if moment else ""
    if name == "title" and spec:
        return cut_title(fields[name], int(spec.removeprefix(".")))
    return fields[name] if name else ""


@lru_cache(maxsize=16)
def recogniser(template: str) -> Callable[[str], tuple[PinId, int] | None]:
    """A function that reads pin id and slot back from a path made with ``template`` (its last part decides)."""
    groups = {"pin_id": r"(?P<pin_id>[0-9]{1,32})", "slot": r"(?:-(?P<slot>[0-9]{1,2}))?", "ext": r"\.[A-Za-z0-9]{1,5}"}
    steps = _parsed(template.rpartition("/")[2])
    # As little as will do: a longer text would take the first digits of the id with it.
    pattern = "".join(re.escape(literal) + (groups.get(name, ".*?") if name else "") for literal, name, _ in steps)
    # A title that came out empty leaves no space behind: the space between fields is optional.
    expression = re.compile(pattern.replace(r"\ ", " ?"), re.DOTALL)

    def recognise(path: str) -> tuple[PinId, int] | None:
        found = expression.fullmatch(composed(path.rpartition("/")[2]))
        if found is None:
            return None
        return PinId(found["pin_id"]), int(found["slot"] or 0)

    return recognise


def title_in(name: str, pin_id: str) -> str:
    """What the name of a file says, without the pin id and what follows it; empty if nothing stands before the id."""
    title, found, _ = name.partition(pin_id)
    return title.removesuffix("[").rstrip() if found else name
