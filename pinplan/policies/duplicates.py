"""What to do if two pins show the same picture."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Remove(StrEnum):
    """Where the duplicate is removed; report: list it only; off: skip the search."""

    BOTH = "both"
    LOCAL = "local"
    REMOTE = "remote"
    REPORT = "report"
    OFF = "off"


class Within(StrEnum):
    """How far apart two pins may be; duplicates beyond that are only reported."""

    SECTION = "section"
    BOARD = "board"
    ACCOUNT = "account"


class KeepRule(StrEnum):
    """A rule for choosing the kept image; the first that distinguishes two decides."""

    REFERENCE = "reference"
    WELL_FORMED = "well_formed"
    DETAIL = "detail"
    RESOLUTION = "resolution"
    QUALITY = "quality"
    OWN_UPLOAD = "own_upload"
    HAS_LINK = "has_link"
    OLDEST = "oldest"
    NUMBER = "number"


class Merge(StrEnum):
    """Texts that the kept pin may take over from the others if it has none itself."""

    LINK = "link"
    DESCRIPTION = "description"
    ALT_TEXT = "alt_text"


DEFAULT_ORDER = (
    KeepRule.DETAIL,
    KeepRule.RESOLUTION,
    KeepRule.QUALITY,
    KeepRule.OWN_UPLOAD,
    KeepRule.HAS_LINK,
    KeepRule.OLDEST,
)


class Duplicates(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The policy for duplicates.

    Attributes:
        keep: the rules for choosing the keeper, in order.
        reference: boards (names with ``*`` and ``?``, or ids) whose copies are always kept.
        merge: texts that the kept pin takes over first if it has none itself.
    """

    remove: Remove = Remove.REPORT
    scope: Within = Within.BOARD
    keep: tuple[KeepRule, ...] = DEFAULT_ORDER
    reference: tuple[str, ...] = ()
    merge: tuple[Merge, ...] = ()
