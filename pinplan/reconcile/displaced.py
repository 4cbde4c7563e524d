"""Find tracked files that are not at their recorded path: by their bytes, and by the pin id in a name.

Absence needs proof: a file is missing only if no file here, and no picture named by the snapshot (`pinplan.model.snapshots.Sighting`), may be
it. Everything is indexed once: a library in which much was moved still takes a single pass.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from msgspec import Struct

from pinplan.model.ids import PinId
from pinplan.model.naming import is_companion
from pinplan.reconcile.truth import FileState

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pinplan.model.base import Tracked
    from pinplan.model.ids import RelPath
    from pinplan.model.images import FileFact

Image = tuple[PinId, int]
"""A pin and a slot."""

_ID = re.compile(r"(?<![0-9])([0-9]{1,32})(?![0-9])(?=(?:[\])}]?-([0-9]{1,2})(?![0-9]))?)")
"""A whole run of digits, and the slot after it, if any: ``x (501).jpg``, ``501.heic``, ``[501]-2.png``."""


class SeenFile(Struct, frozen=True, gc=False):
    """The state of a file.

    Attributes:
        file: where the image was found.
        others: further files that claim to be it.
        exact: the file has the recorded bytes; for an image that the base does not know, those of another pin with the same image
            signature.
        why: in words, if the state alone is not enough; for a moved file, why it counts as the one sought.
    """

    state: FileState
    file: FileFact | None = None
    others: tuple[RelPath, ...] = ()
    exact: bool = False
    why: str = ""


def ids_in_name(path: str) -> list[tuple[PinId, int | None]]:
    """Every possible pin id in a file name, with the slot that follows, if any."""
    # Only the name: a folder called 2024 would claim a pin for every file in it.
    name = path.rpartition("/")[2]
    return [(PinId(found[1]), int(found[2]) if found[2] else None) for found in _ID.finditer(name)]


def _stem(path: str) -> str:
    """A path without its extension."""
    folder, slash, name = path.rpartition("/")
    return f"{folder}{slash}{name.rpartition('.')[0] or name}"


class Displaced:
    """Files that may belong to records whose own path is empty or holds other bytes."""

    def __init__(
        self,
        absent: Sequence[Tracked],
        overwritten: Sequence[Tracked],
        tracked: Iterable[Tracked],
        untracked: Sequence[FileFact],
        foreign: Mapping[str, tuple[FileFact, Tracked]],
        misnamed: Sequence[tuple[FileFact, Tracked]],
    ) -> None:
        """Index the candidates.

        Args:
            absent: records whose place is empty.
            overwritten: records whose place holds other bytes: looked for by their bytes alone.
            tracked: all records; those of the same pins say which slots there are.
            untracked: files at no recorded place.
            foreign: files at a recorded place that may be another record's, with the record of that place: they are not plainly as recorded
                there, or a person put them there.
            misnamed: files at a recorded place whose names lack the pin's id, with the record: they may hold another's.
        """
        self._found: dict[Image, SeenFile] = {}
        self._foreign = foreign
        self._slots: dict[PinId, set[int]] = {record.pin_id: set() for record in absent}
        for record in tracked if absent else ():
            if record.pin_id in self._slots:
                self._slots[record.pin_id].add(record.slot)
        self._misnamed = {file.path: record.pin_id for file, record in misnamed}
        self._claims = self._by_id([*untracked, *(file for file, _ in misnamed)])
        self._by_stem = self._beside(absent, untracked)
        # Bytes before names: bytes prove, names only suggest.
        self._by_bytes([*absent, *overwritten], untracked, frozenset(_key(record) for record in overwritten))
        self._by_name(absent)

    def of(self, record: Tracked) -> SeenFile | None:
        """Where the file of a record is or may be; None if no file claims to be it."""
        return self._found.get(_key(record))

    def claimed(self) -> Iterable[RelPath]:
        """Files that count as some record's."""
        for seen in self._found.values():
            yield from (*seen.others, *((seen.file.path,) if seen.file else ()))

    def _by_id(self, untracked: Iterable[FileFact]) -> dict[PinId, list[tuple[FileFact, int | None]]]:
        claims: dict[PinId, list[tuple[FileFact, int | None]]] = defaultdict(list)
        for file in untracked:
            if not is_companion(file.path):
                # A title may contain the id as well: a file claims a pin once, and a slot given anywhere in the name counts.
                for pin_id, slot in dict(sorted(ids_in_name(file.path), key=lambda found: found[1] or 0)).items():
                    if pin_id in self._slots:
                        claims[pin_id].append((file, slot))
        return claims

    @staticmethod
    def _beside(absent: Iterable[Tracked], untracked: Iterable[FileFact]) -> dict[str, list[FileFact]]:
        """Files that differ only in extension from an absent one whose name lacks the pin's id: converters keep the name."""
        files: dict[str, list[FileFact]] = {
            _stem(r.path): [] for r in absent if r.pin_id not in r.path.rpartition("/")[2]
        }
        for file in untracked if files else ():
            if _stem(file.path) in files and not is_companion(file.path):
                files[_stem(file.path)].append(file)
        return files

    def _by_bytes(
        self, records: Sequence[Tracked], untracked: Iterable[FileFact], overwritten: frozenset[Image]
    ) -> None:
        wanted: dict[str, list[Tracked]] = defaultdict(list)
        for record in records:
            wanted[record.sha256].append(record)
        holders: dict[str, list[FileFact]] = defaultdict(list)
        for file in untracked:
            if file.content is not None and file.content.sha256 in wanted:
                holders[file.content.sha256].append(file)
        for file, holder in self._foreign.values():
            sha256: str = file.content.sha256 if file.content is not None else holder.sha256
            if sha256 in wanted:
                holders[sha256].append(file)
        for sha256, files in holders.items():
            self._share(wanted[sha256], files, overwritten)

    def _share(self, records: Sequence[Tracked], files: Sequence[FileFact], overwritten: frozenset[Image]) -> None:
        """Assign files with equal bytes to their records: by the ids in their names first, then the rest."""
        naming: dict[PinId, dict[str, tuple[FileFact, set[int | None]]]] = defaultdict(dict)
        for file in files:
            for pin_id, slot in ids_in_name(file.path):
                naming[pin_id].setdefault(file.path, (file, set()))[1].add(slot)
        of_pin = Counter(record.pin_id for record in records)
        taken: set[str] = set()
        left: list[Tracked] = []
        for record in records:
            own = [
                file
                for file, slots in naming.get(record.pin_id, {}).values()
                # Two slots of a pin may have the same bytes once a person accepted that: then the slot must be named, too.
                if (of_pin[record.pin_id] == 1 or record.slot in slots) and self._may_be(record, file, overwritten)
            ]
            # Own id in the name breaks the tie between records with equal bytes.
            if len(own) == 1 and own[0].path not in taken:
                self._found[_key(record)] = self._at(own[0])
                taken.add(own[0].path)
            else:
                left.append(record)
        # A duplicate that pinplan removed does not compete with its keeper for the keeper's file.
        left = [record for record in left if record.duplicate_of is None] or left
        self._share_rest(left, [file for file in files if file.path not in taken], overwritten)

    def _share_rest(self, records: Sequence[Tracked], files: Sequence[FileFact], overwritten: frozenset[Image]) -> None:
        if len(records) == 1:
            possible = [file for file in files if self._may_be(records[0], file, overwritten)]
            if possible:
                self._found[_key(records[0])] = self._at(possible[0]) if len(possible) == 1 else _several(possible)
            return
        # Which file belongs to which record is undecidable: all of them get the same, ambiguous answer.
        # Absent records first, then overwritten ones; spare copies count for the former only.
        for kind in (frozenset[Image](), overwritten):
            of_kind = [record for record in records if (_key(record) in overwritten) is bool(kind)]
            possible = [file for file in files if of_kind and self._may_be(of_kind[0], file, overwritten)]
            if possible:
                self._found.update(dict.fromkeys(map(_key, of_kind), _several(possible)))

    def _may_be(self, record: Tracked, file: FileFact, overwritten: frozenset[Image]) -> bool:
        """Whether a file with the right bytes may be the record's own, and not another's copy of them."""
        if file.path not in self._foreign:
            # For an edited file a spare copy of its old bytes is no find: the edit is what must be reported.
            return _key(record) not in overwritten
        holder = self._foreign[file.path][1]
        if holder.sha256 != record.sha256 or (holder.signature is None and record.signature is not None):
            return True
        # Two pins with the same bytes: a file at the other's path is the other's, unless size and mtime show that it is ours.
        return (file.size, file.mtime_ns) == (record.size, record.mtime_ns)

    def _at(self, file: FileFact) -> SeenFile:
        if file.path not in self._foreign:
            return SeenFile(FileState.MOVED, file, exact=True)
        holder = self._foreign[file.path][1]
        why = f"its bytes are at {file.path} now, where the file of pin {holder.pin_id} was"
        return SeenFile(FileState.AMBIGUOUS, file, exact=True, why=why)

    def _by_name(self, absent: Iterable[Tracked]) -> None:
        taken = {
            seen.file.path: pin_id for (pin_id, _), seen in self._found.items() if seen.exact and seen.file is not None
        }
        for record in absent:
            if _key(record) in self._found:
                continue
            claims = self._claims_on(record)
            files = [file for file in claims if file.path not in taken and file.path not in self._misnamed]
            misnamed = [file for file in claims if file.path in self._misnamed]
            others = [file for file in claims if taken.get(file.path, record.pin_id) != record.pin_id]
            if len(files) == 1:
                self._found[_key(record)] = SeenFile(FileState.MOVED, files[0], why="has its pin id")
            elif files:
                self._found[_key(record)] = _several(files)
            elif others:
                why = f"{others[0].path} has its pin id, and the recorded bytes of pin {taken[others[0].path]}"
                self._found[_key(record)] = SeenFile(FileState.AMBIGUOUS, others[0], why=why)
            elif beside := [f for f in self._by_stem.get(_stem(record.path), ()) if f.path not in taken]:
                self._found[_key(record)] = self._named_like(beside)
            elif misnamed:
                path = misnamed[0].path
                why = f"{path} has its pin id, and is recorded as the file of pin {self._misnamed[path]}"
                self._found[_key(record)] = SeenFile(FileState.AMBIGUOUS, misnamed[0], why=why)

    def _named_like(self, files: Sequence[FileFact]) -> SeenFile:
        if len(files) > 1:
            return _several(files)
        path = files[0].path
        if any(pin_id in self._claims for pin_id, _ in ids_in_name(path)):
            return SeenFile(FileState.AMBIGUOUS, files[0], why=f"{path} has its name, and the id of another pin")
        return SeenFile(FileState.MOVED, files[0], why="has its name")

    def _claims_on(self, record: Tracked) -> list[FileFact]:
        """Files whose name has the pin id, with this slot or none of the pin's other slots."""
        others = self._slots[record.pin_id] - {record.slot}
        return [file for file, slot in self._claims.get(record.pin_id, ()) if slot not in others]


def _several(files: Sequence[FileFact]) -> SeenFile:
    why = "" if len(files) > 1 else f"{files[0].path} has the recorded bytes of several images"
    return SeenFile(FileState.AMBIGUOUS, files[0], tuple(file.path for file in files), why=why)


def _key(record: Tracked) -> Image:
    return record.pin_id, record.slot
