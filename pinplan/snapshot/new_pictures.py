"""Look at untracked pictures that may be uploaded: what would be sent, and whether Pinterest shows their picture already.

They are compared with every tracked file by fingerprint, and with pins that have no file here by a rendition, of which a limited number is fetched. What
cannot be compared is not uploaded.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from pinplan.duplicates.cache import Fingerprints, fingerprint_of, rendition_key, rendition_row
from pinplan.duplicates.compare import Resemblance, compare, resemblance
from pinplan.duplicates.limits import MAX_HASH_DISTANCE
from pinplan.duplicates.marked_different import distinguishing_marks, is_marked_different
from pinplan.errors import ImageRefused, PinplanError, RemoteError
from pinplan.events import Emit, Stage, Step
from pinplan.model.base import image_key
from pinplan.model.images import Preparation
from pinplan.model.naming import is_in_outbox, looks_like_video
from pinplan.model.similarity import ALGORITHM_VERSION, Fingerprint, Tier
from pinplan.model.snapshots import UploadFacts
from pinplan.policies.bundle import may_upload
from pinplan.reconcile.new_files import upload_candidates
from pinplan.snapshot.local import inspect
from pinplan.snapshot.new_videos import with_video_facts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pinplan.duplicates.cache import Source
    from pinplan.model.base import Base
    from pinplan.model.creates import PinIntent
    from pinplan.model.ids import PinId, RelPath, Sha256
    from pinplan.model.images import FileFact, Upload
    from pinplan.model.pins import PinImage, Rendition
    from pinplan.model.snapshots import LocalSnapshot, RemoteSnapshot
    from pinplan.policies.bundle import Policies
    from pinplan.ports import ImageSource, Library
    from pinplan.records.fingerprints import FingerprintStore
    from pinplan.records.state import State

MAX_FETCHES = 500
"""Maximum number of renditions fetched per plan; the rest is fetched by the next ones."""
_SMALLEST_WIDTH = 400
"""Minimum width in pixels: hashes of smaller sizes drift too far."""
_decode = msgspec.msgpack.Decoder(Fingerprint).decode


class NewPicturesRequest(Struct, frozen=True, kw_only=True):
    """What to look at, and how.

    Attributes:
        source: how fingerprints are taken; None: pictures are compared by their bytes alone.
        day: today, in UTC.
        images: fetches renditions; None: nothing is fetched.
        posted: copies in the outbox, to look at instead of the library's new pictures.
        is_gone: whether a pin is not on Pinterest any more; asked only about pins that were posted without keeping a file.
    """

    policies: Policies
    base: Base
    remote: RemoteSnapshot
    source: Source | None
    day: str
    images: ImageSource | None
    is_gone: Callable[[PinId], bool]
    posted: tuple[FileFact, ...] = ()


def with_upload_facts(
    library: Library, state: State, local: LocalSnapshot, request: NewPicturesRequest, emit: Emit
) -> LocalSnapshot:
    """The snapshot with everything that decides about uploads. Writes only caches."""
    if request.posted:
        return _with_facts(library, state, local, request.posted, request, emit)
    if not may_upload(request.policies):
        return local
    candidates = upload_candidates(request.remote, local, request.base, request.policies)
    if not candidates:
        return local
    videos = [file for file in candidates if looks_like_video(file.path)]
    pictures = [file for file in candidates if not looks_like_video(file.path)]
    inspected = inspect(library, pictures, state.known_contents(), emit)
    state.remember_contents((f.path, f.size, f.mtime_ns, f.content) for f in inspected.read if f.content)
    here = {file.path: file for file in inspected.put_into(pictures)}
    local = replace(
        local,
        files=tuple(here.get(file.path, file) for file in local.files),
        unknown=tuple(sorted((*local.unknown, *inspected.unread), key=lambda one: one.path)),
    )
    most = request.policies.about_uploads.max_video_bytes
    local = with_video_facts(library, state, local, videos, pictures, most, emit)
    return _with_facts(library, state, local, list(here.values()), request, emit)


def _with_facts(
    library: Library,
    state: State,
    local: LocalSnapshot,
    files: Sequence[FileFact],
    request: NewPicturesRequest,
    emit: Emit,
) -> LocalSnapshot:
    same = _SamePictures(files, request, state.fingerprints, emit)
    same.add_posted(state.creates.not_kept())
    preparation = Preparation(keep_metadata=request.policies.about_uploads.keep_metadata)
    facts = (_facts(library, file, preparation, same) for file in files)
    return replace(
        local,
        uploads=tuple(sorted(facts, key=lambda one: one.path)),
        uploaded_today=state.creates.uploaded_on(request.day),
    )


def read_anywhere(library: Library) -> Callable[[RelPath], bytes]:
    """A function that reads files of the library, and those of the outbox."""
    return lambda path: library.read_kept(path) if is_in_outbox(path) else library.read(path)


def _facts(library: Library, file: FileFact, preparation: Preparation, same: _SamePictures) -> UploadFacts:
    facts = facts_alone(library, file, preparation)
    # Without a type nothing could be prepared.
    return same.added_to(facts, file.content.sha256) if facts.content_type and file.content is not None else facts


def facts_alone(library: Library, file: FileFact, preparation: Preparation) -> UploadFacts:
    """What would be sent of a picture; nothing about pins that show the same."""
    facts = UploadFacts(path=file.path)
    if file.content is None or file.content.problem is not None:
        return replace(facts, problem=file.content.problem or "" if file.content else "it cannot be read")
    try:
        upload = library.upload(file.path, preparation)
        # Also the size and the time: a file that is being written changes while it is read.
        stat = library.kept(file.path) if is_in_outbox(file.path) else library.stat(file.path)
    except PinplanError as error:
        return replace(facts, problem=error.reason if isinstance(error, ImageRefused) else error.beside(file.path))
    if stat is None or (stat.size, stat.mtime_ns) != (file.size, file.mtime_ns) or upload.of != file.content.sha256:
        return replace(facts, problem="it changed while it was read")
    return _prepared(facts, upload)


def _prepared(facts: UploadFacts, upload: Upload) -> UploadFacts:
    return replace(
        facts,
        content_type=upload.content_type,
        size=len(upload.data),
        problem="it is animated, and Pinterest accepts animations by URL only: post its address with --by-url"
        if upload.frames > 1
        else "",
    )


class _SamePictures:
    """Which pins and files show the picture of a candidate."""

    def __init__(
        self, files: Sequence[FileFact], request: NewPicturesRequest, pictures: FingerprintStore, emit: Emit
    ) -> None:
        self._request, self._pictures, self._emit = request, pictures, emit
        self._different = distinguishing_marks(pictures.different())
        self._pins: dict[Sha256, list[PinId]] = {}
        for record in request.base.tracked:
            self._pins.setdefault(record.sha256, []).append(record.pin_id)
        self._files: dict[Sha256, list[RelPath]] = {}
        for file in files:
            if file.content is not None and file.content.problem is None:
                self._files.setdefault(file.content.sha256, []).append(file.path)
        self._fingerprints = self._taken()
        self._near = dict(self._near_files())
        self._elsewhere, self._left = self._elsewhere_shown() if self._files else ([], 0)

    def add_posted(self, pins: Mapping[PinId, PinIntent]) -> None:
        """Add pins that were posted without keeping a file: a listing may not show them yet."""
        for pin_id, intent in pins.items():
            for of in {sent.of for sent in intent.pictures} & set(self._files):
                if of is not None and not self._request.is_gone(pin_id):
                    self._pins.setdefault(of, []).append(pin_id)

    def _taken(self) -> Fingerprints | None:
        if self._request.source is None or not self._files:
            return None
        recorded = {record.sha256: record.path for record in self._request.base.tracked}
        paths = recorded | {sha256: paths[0] for sha256, paths in self._files.items()}
        found = Fingerprints(paths, self._request.source, self._pictures)
        found.take(self._emit)
        return found

    def _near_files(self) -> Iterator[tuple[Sha256, list[Sha256]]]:
        """Digests of files whose hash is near that of a candidate."""
        fingerprints = {
            sha256: fingerprint for sha256 in self._files if (fingerprint := self._fingerprint(sha256)) is not None
        }
        if self._fingerprints is None or not fingerprints:
            return
        from pinplan.duplicates.index import near_of  # noqa: PLC0415 - numpy, for those who compare

        known = self._fingerprints.outlines()
        # Stored as signed numbers: SQLite has no others.
        hashes = [dhash & (1 << 64) - 1 for _, dhash, _ in known]
        found = near_of([fingerprint.dhash for fingerprint in fingerprints.values()], hashes, MAX_HASH_DISTANCE)
        for sha256, places in zip(fingerprints, found, strict=True):
            yield sha256, [known[place][0] for place in places if known[place][0] != sha256]

    def _fingerprint(self, sha256: Sha256) -> Fingerprint | None:
        return self._fingerprints.of(sha256) if self._fingerprints is not None else None

    def added_to(self, facts: UploadFacts, sha256: Sha256) -> UploadFacts:
        """The facts, with the pins and files that show the same picture."""
        same = [sha256, *(other for other in self._near.get(sha256, ()) if self._is_same(sha256, other))]
        pins = {pin for one in same for pin in self._pins.get(one, ())} | set(self._pins_shown(sha256))
        earlier = [path for one in same for path in self._files.get(one, ()) if path < facts.path]
        return replace(facts, pins=tuple(sorted(pins)), files=tuple(sorted(earlier)), unsure=self._why_unsure(sha256))

    def _is_same(self, sha256: Sha256, other: Sha256) -> bool:
        one, two = self._fingerprint(sha256), self._fingerprint(other)
        if self._fingerprints is None or one is None or two is None or self._are_different(one, two):
            return False
        found = compare(one, two, self._fingerprints)
        return found is not None and found.tier in {Tier.EXACT, Tier.CONFIRMED}

    def _are_different(self, one: Fingerprint, other: Fingerprint) -> bool:
        return bool(self._different) and is_marked_different(one, other, self._different)

    def _pins_shown(self, sha256: Sha256) -> Iterator[PinId]:
        """Pins without a file here that show a picture."""
        fingerprint = self._fingerprint(sha256)
        for pin_id, shown in self._elsewhere if fingerprint is not None else ():
            same = resemblance(shown, fingerprint) is Resemblance.SAME if fingerprint is not None else False
            if fingerprint is not None and same and not self._are_different(shown, fingerprint):
                yield pin_id

    def _why_unsure(self, sha256: Sha256) -> str:
        if self._request.source is not None and self._fingerprint(sha256) is None:
            return "its picture cannot be compared with those on Pinterest"
        return f"{self._left:,} pins are not compared with it yet" if self._left else ""

    def _elsewhere_shown(self) -> tuple[list[tuple[PinId, Fingerprint]], int]:
        """Fingerprints of pins without a file here, and how many pins are not compared yet."""
        here = {record.pin_id for record in self._request.base.tracked}
        shown: list[tuple[PinId, Fingerprint]] = []
        fetched = left = 0
        for pin_id, image in _images_of_others(self._request.remote, here, every=bool(self._request.posted)):
            key = image_key(image.signature, image.renditions)
            known = self._pictures.stored_one(rendition_key(key), ALGORITHM_VERSION)
            if known is not None:
                shown.append((pin_id, _decode(known)))
            elif self._request.images is None or fetched >= MAX_FETCHES:
                left += 1
            else:
                fetched += 1
                try:
                    fingerprint = self._fetched(key, image)
                except RemoteError:
                    left += 1  # no answer: the picture may be the same
                    continue
                shown += [(pin_id, fingerprint)] if fingerprint is not None else []
        return shown, left

    def _fetched(self, key: str, image: PinImage) -> Fingerprint | None:
        """The fingerprint of a rendition; None if its host refuses it, which the next plan would meet as well. Raises `RemoteError`."""
        source, images = self._request.source, self._request.images
        rendition = _rendition(image)
        if source is None or images is None or rendition is None:
            return None
        self._emit(Stage(name="compare"))
        self._emit(Step(name="compare", what=rendition.url))
        body = io.BytesIO()
        try:
            images.fetch(rendition.url, body)
        except ImageRefused:
            return None
        taken = fingerprint_of(source.fingerprinter, body.getvalue(), rendition.url)
        if taken.fingerprint is not None:
            self._pictures.remember_fingerprints([rendition_row(key, taken)])
        return taken.fingerprint


def _images_of_others(remote: RemoteSnapshot, here: set[PinId], *, every: bool) -> Iterator[tuple[PinId, PinImage]]:
    for board in remote.boards:
        for pin in board.pins:
            # The first image stands for a carousel, unless what is compared may be one as well.
            images = () if pin.id in here else pin.images if every else pin.images[:1]
            yield from ((pin.id, image) for image in images if image.renditions)


def _rendition(image: PinImage) -> Rendition | None:
    """The smallest sufficient rendition."""
    enough = [size for size in image.renditions if (size.width or 0) >= _SMALLEST_WIDTH]
    return min(reversed(enough), key=lambda size: size.width or 0) if enough else next(iter(image.renditions), None)
