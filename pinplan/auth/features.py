"""Features that Pinterest refused to the app of a sign-in, kept beside its profile (port `pinplan.ports.Features`)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct, field

from pinplan import documents
from pinplan.auth import private_files
from pinplan.errors import DiskRefused
from pinplan.model.features import Feature
from pinplan.model.times import timestamp

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from pinplan.auth.private_files import Warn

_FORMAT = "pinplan.features"


class _Kept(Struct, frozen=True, kw_only=True, tag_field="format", tag=_FORMAT):
    """The document.

    Attributes:
        closed: by feature, when it was refused; RFC 3339 in UTC.
    """

    format_version: str = "1.0"
    closed: dict[str, str] = field(default_factory=dict)


_KEPT = msgspec.json.Decoder(_Kept)


class KeptFeatures:
    """The closed features of one profile. Without a file, or with an unreadable one, all count as open: they are tried."""

    def __init__(self, path: Path, warn: Warn, retry_days: int) -> None:
        """Name the file, and the days after which a closed feature is tried again."""
        self._path, self._warn, self._retry = path, warn, timedelta(days=retry_days)

    def since(self) -> dict[Feature, str]:
        """The closed features, with the time of the last refusal."""
        found = self._read()
        return {one: found[one] for one in Feature if one in found}

    def closed(self, now: datetime) -> tuple[Feature, ...]:
        """See `pinplan.ports.Features`."""
        # In either direction: after a clock was set back, the pause must not last for years.
        return tuple(one for one, at in self.since().items() if abs(now - datetime.fromisoformat(at)) < self._retry)

    def learn(self, refused: Collection[Feature], worked: Collection[Feature], now: datetime) -> None:
        """See `pinplan.ports.Features`."""
        before = self._read()
        after = {name: at for name, at in before.items() if name not in worked}
        after |= {str(one): timestamp(now) for one in refused if one not in worked}
        if after == before:
            return
        try:
            data = msgspec.json.format(msgspec.json.encode(_Kept(closed=after)), indent=2)
            private_files.write(self._path, data + b"\n", self._warn)
        except DiskRefused as error:  # only an extra request of a later run depends on it
            self._warn(f"not saved: {error}")

    def _read(self) -> dict[str, str]:
        try:
            data = private_files.read(self._path, self._warn)
            kept = documents.decode(data, _KEPT).closed if data is not None else {}
        except (DiskRefused, msgspec.DecodeError, UnicodeDecodeError):
            return {}
        return {name: at for name, at in kept.items() if _is_time(at)}


def _is_time(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
