"""Search untracked pictures for files that seem to be missing, by content.

A photo program that writes tags changes every digest, and a converter may keep neither id nor bytes. So the stored fingerprint of a missing
file is compared with those of all untracked pictures; if none is stored, a small size of the picture is fetched for it. What cannot be
compared makes the missing file unknown. None of this costs anything while no file is missing, or nothing is untracked.
"""

from __future__ import annotations

import io
from collections import defaultdict
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from pinplan.duplicates.cache import Fingerprints, Source, fingerprint_of, rendition_key, rendition_row
from pinplan.duplicates.compare import Resemblance, resemblance
from pinplan.duplicates.limits import MAX_HASH_DISTANCE, MIN_DETAIL
from pinplan.duplicates.marked_different import distinguishing_marks, is_marked_different
from pinplan.errors import PinplanError
from pinplan.events import Emit, Stage, Step
from pinplan.formats.signatures import spoken
from pinplan.model.naming import is_companion, looks_like_image
from pinplan.model.similarity import ALGORITHM_VERSION, Fingerprint
from pinplan.model.snapshots import Sighting
from pinplan.reconcile.match import FileSides
from pinplan.reconcile.truth import FileState
from pinplan.snapshot.local import inspect

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pinplan.duplicates.turned import TurnedImages
    from pinplan.model.base import Base, Tracked
    from pinplan.model.ids import PinId, RelPath, Sha256
    from pinplan.model.images import Content, FileFact
    from pinplan.model.pins import PinImage, Rendition
    from pinplan.model.snapshots import LocalSnapshot, RemoteSnapshot
    from pinplan.ports import ImageSource, Library
    from pinplan.records.fingerprints import FingerprintStore

MAX_FETCHES = 500
"""Maximum number of pictures fetched per scan; the rest stays unknown until the next one."""
_SMALLEST_WIDTH = 400
"""Minimum width in pixels: hashes of smaller sizes drift too far from those of the file."""
_LARGEST = 64 * 1024 * 1024
"""Bytes: a larger file is read only if it is named like a picture."""
_MAX_NEAR = 200
"""Maximum number of pictures compared with one missing file."""
_decode = msgspec.msgpack.Decoder(Fingerprint).decode
Since = dict[str, int]


class MissingFileRequest(Struct, frozen=True, kw_only=True):
    """What to look for, and how.

    Attributes:
        remote: names the pictures of missing files; None: nothing is fetched.
        known: cached contents, by path: size, mtime, content.
        source: how fingerprints are taken; None: nothing can be compared.
        images: fetches pictures.
        last_seen_ns: when the library was scanned for the last applied plan.
        since: the value of `last_seen_ns` when a file was first absent beside undecodable pictures, by its recorded path.
    """

    base: Base
    remote: RemoteSnapshot | None
    template: str
    known: Mapping[str, tuple[int, int, Content]]
    source: Source | None
    images: ImageSource | None
    last_seen_ns: int
    since: Mapping[str, int]


class MissingFileScan(Struct, frozen=True, kw_only=True):
    """A snapshot with candidates for missing files, and contents to cache."""

    snapshot: LocalSnapshot
    inspected: tuple[FileFact, ...] = ()
    since: Since = {}


def find_missing_files(
    library: Library, local: LocalSnapshot, request: MissingFileRequest, pictures: FingerprintStore, emit: Emit
) -> MissingFileScan:
    """Look for missing files among untracked pictures. Writes nothing but the fingerprint cache."""
    sides = FileSides(local, request.base, request.template)
    absent = [record for record in request.base.tracked if record.path not in sides.files]
    missing = _missing(sides, request.base, absent)
    candidates = [f for f in sides.untracked if f.path not in sides.claimed and _may_be_a_picture(f)] if missing else []
    others = [pair for pair in sides.overwritten() if pair[0].path not in sides.claimed] if missing else []
    others += sides.put_by_hand() if missing else []
    closed = sides.overwritten_by_undecodable() if missing else []
    for pair in sides.claimed_by_name() if missing else []:
        (closed if pair[0].content is None or pair[0].content.problem else others).append(pair)
    if not candidates and not others and not closed:
        return MissingFileScan(snapshot=local)
    inspected = inspect(library, candidates, request.known, emit)
    files = tuple(inspected.put_into(local.files))
    unknown = tuple(sorted((*local.unknown, *inspected.unread), key=lambda u: u.path))
    local = replace(local, files=files, unknown=unknown)
    wanted = {file.path for file in candidates}
    search = _Search([file for file in files if file.path in wanted], others, closed, request, pictures, emit)
    sightings = tuple(sorted(search.for_all(missing), key=lambda sighting: sighting.path))
    return MissingFileScan(
        snapshot=replace(local, sightings=sightings), inspected=inspected.read, since=search.since(absent)
    )


def _missing(sides: FileSides, base: Base, absent: Sequence[Tracked]) -> list[Tracked]:
    """Records whose file is found neither by name nor by bytes; without duplicates whose kept file is here."""
    here = {record.pin_id for record in base.tracked if record.path in sides.files} if absent else set()
    return [
        record
        for record in absent
        if sides.recorded(record).state is FileState.MISSING
        and (record.duplicate_of is None or record.duplicate_of not in here)
    ]


def _may_be_a_picture(file: FileFact) -> bool:
    return not is_companion(file.path) and (file.size <= _LARGEST or looks_like_image(file.path))


class _Search:
    """Candidates by appearance and folder."""

    def __init__(
        self,
        candidates: Sequence[FileFact],
        overwritten: Sequence[tuple[FileFact, Tracked]],
        closed: Sequence[tuple[FileFact, Tracked]],
        request: MissingFileRequest,
        pictures: FingerprintStore,
        emit: Emit,
    ) -> None:
        self._request, self._pictures, self._emit = request, pictures, emit
        self._marked_different = distinguishing_marks(pictures.different())
        self._paths: dict[Sha256, list[RelPath]] = defaultdict(list)
        for file in candidates:
            if file.content is not None and file.content.problem is None:
                self._paths[file.content.sha256].append(file.path)
        # A picture saved over another one, or under its name, may be the missing one, unless it is an edit of what was there.
        self._holders: dict[Sha256, Tracked] = {}
        for file, holder in overwritten:
            if file.content is not None and file.content.sha256 not in self._paths:
                self._holders[file.content.sha256] = holder
                self._paths[file.content.sha256].append(file.path)
        self._here = list(self._fingerprints())
        compared = {path for here in self._here for path in self._paths[here.sha256]}
        # The remains of a broken image at its own path are that image, to be replaced: they cannot be another one.
        at_others = [file for file, record in closed if file.content and not file.content.is_broken(record.format)]
        self._closed = _Closed([*at_others, *(file for file in candidates if file.path not in compared)])
        self._images: dict[tuple[PinId, int], PinImage] | None = None
        self._fetches = 0
        self._lost: list[Fingerprint] = []

    def _fingerprints(self) -> Iterator[Fingerprint]:
        if self._request.source is None or not self._paths:
            return
        first = {sha256: paths[0] for sha256, paths in self._paths.items()}
        fingerprints = Fingerprints(first, self._request.source, self._pictures)
        fingerprints.take(self._emit)
        for sha256 in first:
            found = fingerprints.of(sha256)
            if found is not None:
                yield found

    def for_all(self, missing: Sequence[Tracked]) -> Iterator[Sighting]:
        """Candidates for each record; none for files that are really missing."""
        shown = {record.path: self._shown(record) for record in missing} if self._paths else {}
        fingerprints = {
            (path, number): fingerprint
            for path, several in shown.items()
            if not isinstance(several, str)
            for number, fingerprint in enumerate(several)
        }
        self._lost = list(fingerprints.values())
        near = dict(self._near(fingerprints))
        for record in missing:
            several = shown.get(record.path, ())
            if isinstance(several, str):
                yield Sighting(
                    path=record.path, why=f"{_one_of(sum(map(len, self._paths.values())))} may be it: {several}"
                )
                continue
            compared = (
                self._compared(record, fingerprint, near[record.path, n]) for n, fingerprint in enumerate(several)
            )
            found = next(filter(None, compared), None) or self._undecodable(record)
            if found is not None:
                yield found

    def _shown(self, record: Tracked) -> tuple[Fingerprint, ...] | str:
        """What the file showed, and also what its pin shows if the user put the file there; or why that is unknown."""
        fingerprints = [self._kept(record)]
        image = self._image(record)
        if image is not None and image.signature is not None and record.is_by_hand(image.signature):
            fingerprints.append(self._stored(image.signature) or self._fetched(record, image.signature))
        known = tuple(fingerprint for fingerprint in fingerprints if isinstance(fingerprint, Fingerprint))
        return (
            known
            if len(known) == len(fingerprints)
            else next(fingerprint for fingerprint in fingerprints if isinstance(fingerprint, str))
        )

    def _kept(self, record: Tracked) -> Fingerprint | str:
        """Its fingerprint, or why there is none."""
        if self._request.source is None:
            return "pictures are not compared"
        data = self._pictures.stored_one(record.sha256, ALGORITHM_VERSION)
        return (
            _decode(data) if data is not None else self._stored(record.sha256) or self._fetched(record, record.sha256)
        )

    def _stored(self, image: str) -> Fingerprint | None:
        """The fingerprint taken earlier from a rendition of an image."""
        data = self._pictures.stored_one(rendition_key(image), ALGORITHM_VERSION)
        return _decode(data) if data is not None else None

    def _fetched(self, record: Tracked, image: str) -> Fingerprint | str:
        """The fingerprint of a rendition, stored under the key of its image: a digest or a signature."""
        rendition = self._rendition(record)
        if rendition is None or self._request.images is None or self._request.source is None:
            return "no fingerprint of the missing file"
        if self._fetches >= MAX_FETCHES:
            return f"no fingerprint of the missing file yet; this plan has already fetched {MAX_FETCHES} pictures"
        if not self._fetches:
            self._emit(Stage(name="compare"))
        self._fetches += 1
        self._emit(Step(name="compare", what=record.path))
        body = io.BytesIO()
        try:
            self._request.images.fetch(rendition.url, body)
        except PinplanError as error:
            return f"no fingerprint of the missing file, and its picture could not be fetched: {error}"
        taken = fingerprint_of(self._request.source.fingerprinter, body.getvalue(), record.path)
        if taken.fingerprint is None:
            return f"no fingerprint of the missing file: {taken.problem}"
        self._pictures.remember_fingerprints([rendition_row(image, taken)])
        return taken.fingerprint

    def _rendition(self, record: Tracked) -> Rendition | None:
        """The smallest sufficient rendition."""
        image = self._image(record)
        sizes = image.renditions if image is not None else ()
        enough = [size for size in sizes if (size.width or 0) >= _SMALLEST_WIDTH]
        # Reversed: of equal widths the least preferred will do.
        return min(reversed(enough), key=lambda size: size.width or 0) if enough else next(iter(sizes), None)

    def _image(self, record: Tracked) -> PinImage | None:
        """The image of the pin as Pinterest lists it."""
        if self._images is None:
            self._images = dict(_images(self._request.remote))
        return self._images.get((record.pin_id, record.slot))

    def _near(
        self, kept: Mapping[tuple[RelPath, int], Fingerprint]
    ) -> Iterator[tuple[tuple[RelPath, int], list[Fingerprint]]]:
        """For each appearance of a missing file the pictures worth comparing with it."""
        plain = [here for here in self._here if here.detail < MIN_DETAIL]
        rich = [here for here in self._here if here.detail >= MIN_DETAIL]
        wanted = {path: fingerprint for path, fingerprint in kept.items() if fingerprint.detail >= MIN_DETAIL}
        # Hashes of plain pictures are noise: compare each with all plain ones.
        yield from ((path, plain) for path in kept if path not in wanted)
        if not rich or not wanted:
            yield from ((path, []) for path in wanted)
            return
        from pinplan.duplicates.index import near_of  # noqa: PLC0415 - numpy, for those who compare

        found = near_of(
            [fingerprint.dhash for fingerprint in wanted.values()], [here.dhash for here in rich], MAX_HASH_DISTANCE
        )
        yield from zip(wanted, ([rich[place] for place in places] for places in found), strict=True)

    @cached_property
    def _turned(self) -> TurnedImages:
        from pinplan.duplicates.turned import TurnedImages  # noqa: PLC0415 - numpy, for those who compare

        return TurnedImages(self._here, self._lost)

    def _compared(self, record: Tracked, kept: Fingerprint, near: Sequence[Fingerprint]) -> Sighting | None:
        # A crowd of lookalikes decides nothing, and every comparison costs time: unknown.
        if len(near) > _MAX_NEAR:
            return Sighting(path=record.path, why=f"{_one_of(len(near))} with a similar picture may be it")
        same: list[RelPath] = []
        doubtful: list[RelPath] = []
        for here in near:
            found = resemblance(kept, here)
            if found is Resemblance.OTHER or (
                self._marked_different and is_marked_different(kept, here, self._marked_different)
            ):
                continue
            holder = self._holders.get(here.sha256)
            if holder is not None and self._shows_its_own(holder, here, kept):
                continue
            sure = found is Resemblance.SAME and holder is None
            (same if sure else doubtful).extend(self._paths[here.sha256])
        if same:
            return Sighting(path=record.path, files=tuple(sorted(same)), sure=True)
        if doubtful:
            files = tuple(sorted(doubtful))
            return Sighting(path=record.path, files=files, why=f"{files[0]} may show the same picture")
        return self._compared_turned(record, kept)

    def _compared_turned(self, record: Tracked, kept: Fingerprint) -> Sighting | None:
        turned = [
            here
            for here in self._turned.of(kept)
            if not (self._marked_different and is_marked_different(kept, here, self._marked_different))
        ]
        # It may have been saved over another tracked file: then that one no longer shows what belongs there.
        free = [
            here
            for here in turned
            if (holder := self._holders.get(here.sha256)) is None or not self._shows_its_own(holder, here, kept)
        ]
        files = tuple(sorted(path for here in free for path in self._paths[here.sha256]))
        why = f"{files[0]} may show the same picture, rotated or mirrored" if files else ""
        return Sighting(path=record.path, files=files, why=why) if files else None

    def _shows_its_own(self, holder: Tracked, here: Fingerprint, missing: Fingerprint) -> bool:
        """Whether a file that the user changed or put there still shows the picture that belongs there."""
        own = self._belonging(holder)
        if not isinstance(own, Fingerprint) or resemblance(own, here) is not Resemblance.SAME:
            return False
        # Variants resemble both: whose it is, its colours tell where the two differ.
        return _is_nearer(here.thumb, own.thumb, missing.thumb)

    def _belonging(self, holder: Tracked) -> Fingerprint | str | None:
        """What belongs in the place of a file: what was recorded there, but nothing that was put there by hand."""
        if holder.signature is not None:
            return self._kept(holder)
        if self._request.remote is None:
            return self._kept(holder)  # the last look before a delete: the plan knew what the pins show
        image = self._image(holder)
        if image is None:
            return None
        signature = image.signature
        return self._kept(holder) if signature is None else self._stored(signature) or self._fetched(holder, signature)

    def since(self, absent: Iterable[Tracked]) -> Since:
        """The times to record for absent files: one that seems to be elsewhere today may be missed tomorrow."""
        return {record.path: self._absent_since(record) for record in absent} if self._closed else {}

    def _absent_since(self, record: Tracked) -> int:
        last_seen = self._request.last_seen_ns
        # The earliest: a later apply must not make a candidate look too old to be the file.
        return min(last_seen, self._request.since.get(record.path, last_seen))

    def _undecodable(self, record: Tracked) -> Sighting | None:
        file = self._closed.may_be(record, self._absent_since(record))
        if file is None or file.content is None or file.content.format is None:
            return None
        why = (
            f"{file.path} is newer than the last apply, begins like {spoken(file.content.format)} image and cannot be decoded: "
            "it may be this picture"
        )
        return Sighting(path=record.path, files=(file.path,), why=why)


class _Closed:
    """Undecodable files that start like an image, by folder."""

    def __init__(self, files: Iterable[FileFact]) -> None:
        self._by_folder: dict[str, list[FileFact]] = defaultdict(list)
        for file in files:
            if file.content is not None and file.content.format is not None:
                folder = file.path.rpartition("/")[0]
                while True:
                    self._by_folder[folder].append(file)
                    if not folder:
                        break
                    folder = folder.rpartition("/")[0]
        for below in self._by_folder.values():
            # Newest last: one comparison tells whether any file is new enough.
            below.sort(key=lambda file: file.mtime_ns)
        self._by_time = {folder: {f.mtime_ns: f for f in below} for folder, below in self._by_folder.items()}
        self._by_second = {
            folder: {_whole_second(f.mtime_ns): f for f in below} for folder, below in self._by_folder.items()
        }

    def __bool__(self) -> bool:
        return bool(self._by_folder)

    def may_be(self, record: Tracked, since_ns: int) -> FileFact | None:
        """A file in or below the record's folder that is newer, or has the record's mtime, which some converters keep."""
        folder = record.path.rpartition("/")[0]
        below = self._by_folder.get(folder)
        if not below:
            return None
        if below[-1].mtime_ns >= since_ns:
            return below[-1]
        by_time, time = self._by_time[folder], record.mtime_ns
        # Programs and disks that store whole seconds truncate the rest.
        return by_time.get(time) or self._by_second[folder].get(time) or by_time.get(_whole_second(time))


def _whole_second(mtime_ns: int) -> int:
    return mtime_ns // 1_000_000_000 * 1_000_000_000


def _is_nearer(colours: bytes, one: bytes, other: bytes) -> bool:
    """Whether colours lie on the near side of the middle between these two, or the two are the same."""
    apart = [theirs - mine for mine, theirs in zip(one, other, strict=True)]
    towards = sum((here - mine) * step for here, mine, step in zip(colours, one, apart, strict=True))
    # Only where the two differ: the noise of saving anew is everywhere.
    return 2 * towards <= sum(step * step for step in apart)


def _one_of(count: int) -> str:
    return "an untracked picture" if count == 1 else f"one of {count:,} untracked pictures"


def _images(remote: RemoteSnapshot | None) -> Iterator[tuple[tuple[PinId, int], PinImage]]:
    for board in remote.boards if remote is not None else ():
        for pin in board.pins:
            for image in pin.images:
                yield (pin.id, image.slot), image
