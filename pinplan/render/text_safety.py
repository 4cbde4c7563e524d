"""Text from pins, made harmless, and figures for people."""

from __future__ import annotations

import re
import unicodedata

from pinplan.model.times import moment_of

# Unicode categories: control (ESC and C1, too), format (bidi overrides), surrogates, line and paragraph separators.
_HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
_JOINERS = "\u200c\u200d"
"""Zero-width joiners hold emoji and some scripts together; they cannot reorder or hide text."""


def plain(text: str) -> str:
    """Text that cannot move the cursor, change colours, reorder or hide anything (I28): such characters become U+FFFD."""
    # Fast path for nearly every text: none of those categories is printable.
    if text.isprintable():
        return text
    return "".join("\ufffd" if unicodedata.category(c) in _HIDDEN and c not in _JOINERS else c for c in text)


_CODE = re.compile(r"[a-z]+(_[a-z0-9]+)*\Z")


def spelt(code: str) -> str:
    """A code of the plan file (kind, reason, check) as words; other text unchanged, since file names have underscores of their own."""
    return code.replace("_", " ").replace("pinterest", "Pinterest") if _CODE.match(code) else code


def shortened(text: str, longest: int = 80) -> str:
    """A heading that fits a line: the middle of a very long name is left out."""
    half = longest // 2
    return text if len(text) <= longest else f"{text[: half - 1]}…{text[-half:]}"


def size(count: int) -> str:
    """Bytes in decimal units: ``14.2 MB``."""
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"


def plural(count: int, one: str, many: str | None = None) -> str:
    """``1 file``, ``2 files``."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def local_time(moment: str) -> str:
    """A UTC timestamp in local time; other text is returned unchanged."""
    then = moment_of(moment)
    # The year 9999 in a time zone ahead of UTC has no local time.
    try:
        return f"{then.astimezone():%Y-%m-%d %H:%M:%S}" if then is not None else moment
    except (ValueError, OverflowError):
        return moment


_MOMENT = re.compile(r"\b(\d{4}-\d\d-\d\d \d\d:\d\d) UTC\b")
_TO_THE_MINUTE = 16


def message(text: str) -> str:
    """A message for people: made harmless, its times in local time. Documents keep UTC."""
    return plain(_MOMENT.sub(_locally, text))


def _locally(found: re.Match[str]) -> str:
    # Cut to minutes only after a conversion: what cannot be parsed is shown as it is, with its "UTC".
    local = local_time(found[1])
    return found[0] if local == found[1] else local[:_TO_THE_MINUTE]
