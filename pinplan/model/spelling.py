"""Names that are the same but for how their accents are written: é as one character (NFC) or as two (NFD).

A tree that comes through a Mac or a zip has decomposed names. They are other bytes to Linux and the same name to a person, so they are
the same name here as well. Plans hold every path exactly as it is on disk.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from typing import TYPE_CHECKING

from msgspec.structs import replace

from pinplan.model.ids import RelPath

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pinplan.model.base import Base, Tracked


def is_composed(text: str) -> bool:
    """Whether a text is in the form that pinplan writes."""
    return text.isascii() or unicodedata.is_normalized("NFC", text)


def composed(text: str) -> str:
    """The form in which two spellings of one name are equal."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


class Spellings:
    """The paths of a snapshot, and how the folders above them are spelled."""

    def __init__(self, paths: Iterable[str]) -> None:
        """Index them; only those that are decomposed take any room."""
        self._paths = frozenset(paths)
        self._odd: dict[str, list[str]] = defaultdict(list)
        for path in sorted(path for path in self._paths if not is_composed(path)):
            self._odd[composed(path)].append(path)
        there = {folder for path in self._paths for folder in _folders_above(path)} if self._odd else set()
        # Of several spellings that are there the composed one is used, else the first.
        self._folders = {composed(folder): folder for folder in sorted(there, reverse=True)}
        self._folders.update((folder, folder) for folder in there if is_composed(folder))

    @property
    def any_odd(self) -> bool:
        """Whether any path is decomposed."""
        return bool(self._odd)

    def others(self, path: str) -> list[str]:
        """Other spellings of a path that are there, where the path itself is not."""
        if path in self._paths:
            return []
        name = composed(path)
        return [name] if name in self._paths else self._odd.get(name, [])

    def placed(self, path: RelPath) -> RelPath:
        """A path for a new file, in the folders that are there already however they are spelled."""
        folder, slash, name = path.rpartition("/")
        return RelPath(f"{self._folder(folder)}{slash}{name}") if self._folders else path

    def _folder(self, folder: str) -> str:
        known = self._folders.get(composed(folder))
        if known is not None or not folder:
            return known or ""
        above, slash, name = folder.rpartition("/")
        return f"{self._folder(above)}{slash}{name}"


def _folders_above(path: str) -> Iterable[str]:
    while path := path.rpartition("/")[0]:
        yield path


def on_disk(base: Base, paths: Iterable[str]) -> Base:
    """The base with the path of every file as it is spelled on disk; the same base where nothing is spelled otherwise.

    A record whose own path is there keeps it: a second file of the same name is another file.
    """
    spellings = Spellings(paths)
    if not spellings.any_odd and all(is_composed(record.path) for record in base.tracked):
        return base
    recorded = {record.path for record in base.tracked}
    return replace(base, tracked=tuple(_respelled(record, spellings, recorded) for record in base.tracked))


def _respelled(record: Tracked, spellings: Spellings, recorded: set[RelPath]) -> Tracked:
    others = [path for path in spellings.others(record.path) if path not in recorded]
    return replace(record, path=RelPath(others[0])) if len(others) == 1 else record
