"""Take missing fingerprints, on any executor, and cache them by the digest of the file.

Every file is digested again when it is read: if it no longer has the expected digest it is reported, and nothing is cached.
"""

from __future__ import annotations

import hashlib
import os
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property, lru_cache, partial
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import msgspec
from msgspec import Struct

from pinplan.duplicates.image_hashes import HASHES, image_hash
from pinplan.errors import ImageRefused, LibraryError
from pinplan.events import Emit, Stage, Step, silent
from pinplan.formats.decoding import is_decoded_by_now
from pinplan.model.ids import Sha256
from pinplan.model.similarity import ALGORITHM_VERSION, Fingerprint, InnerImage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from concurrent.futures import Executor

    from pinplan.duplicates.compare import Fingerprinter, Opened
    from pinplan.duplicates.copies import Copy
    from pinplan.duplicates.image_hashes import HashKind
    from pinplan.duplicates.local_difference import PictureAtSize
    from pinplan.duplicates.pixel_reader import Judgement, LocalDifference
    from pinplan.duplicates.spectrum import Spectra
    from pinplan.model.base import Tracked
    from pinplan.model.ids import RelPath
    from pinplan.records.fingerprints import FingerprintStore

_BATCH = 500
"""Fingerprints per transaction: a scan that is killed loses at most this many."""
_MOST_WAITING, _MOST_BYTES_WAITING = 32, 64 * 1024 * 1024
"""Files, and bytes of them, read ahead of an executor: enough to keep a cluster busy, too few to fill the memory."""
_MOST_WAITING_HERE = 2
"""Files read ahead per thread of our own: there is no network to wait for."""
_RECORDED_AT_ONCE = 64
_MAX_SMALL, _MAX_OPENED = 1000, 2
"""Entries in the caches of small values (kilobytes each) and of opened pictures (megabytes each): one picture is compared with many others in turn."""
CHANGED = "it has changed since it was recorded"
_INSIDES = 2000 + ALGORITHM_VERSION
"""In the place of an algorithm version: what is inside a border is taken for those who ask, in a row of its own."""
_decode = msgspec.msgpack.Decoder(Fingerprint).decode
_decode_inside = msgspec.msgpack.Decoder(InnerImage).decode
Look = TypeVar("Look")


class Source(Struct, frozen=True, kw_only=True):
    """Access to files and fingerprints.

    Attributes:
        read: gives the bytes of a file.
        executor: where fingerprints are computed; by default as many threads as there are processors. It is given bytes and
            functions that can be pickled, so processes work as well, on this computer or on others.
    """

    fingerprinter: Fingerprinter
    read: Callable[[RelPath], bytes]
    executor: Executor | None = None


class TakenFingerprints(Struct, frozen=True, gc=False):
    """The result for one file: its digest, and a fingerprint, a hash, what is inside its border, or the reason why there is none."""

    sha256: Sha256
    fingerprint: Fingerprint | None = None
    problem: str = ""
    hashed: int | None = None
    inside: InnerImage | None = None


def fingerprint_of(fingerprinter: Fingerprinter, data: bytes, where: str) -> TakenFingerprints:
    """Fingerprint one file; runs on the executor."""
    try:
        found = fingerprinter.fingerprint(data, where)
    except ImageRefused as error:
        return TakenFingerprints(Sha256(hashlib.sha256(data).hexdigest()), problem=error.reason)
    return TakenFingerprints(found.sha256, found)


class _Way(NamedTuple):
    """What to compute per file on the executor, and how to cache it."""

    look: Callable[[bytes, str], TakenFingerprints]
    row: Callable[[TakenFingerprints], tuple[object, ...]]


def hash_of(function: str, data: bytes, where: str) -> TakenFingerprints:
    """Take an imagehash hash of one file; runs on the executor."""
    sha256 = Sha256(hashlib.sha256(data).hexdigest())
    try:
        return TakenFingerprints(sha256, hashed=image_hash(data, where, function))
    except ImageRefused as error:
        return TakenFingerprints(sha256, problem=error.reason)


def look_inside(fingerprinter: Fingerprinter, data: bytes, where: str) -> TakenFingerprints:
    """Look inside the border of one file; runs on the executor."""
    sha256 = Sha256(hashlib.sha256(data).hexdigest())
    try:
        return TakenFingerprints(sha256, inside=fingerprinter.inside_of(data, where))
    except ImageRefused as error:
        return TakenFingerprints(sha256, problem=error.reason)


class Fingerprints:
    """The fingerprints of some files, by digest."""

    def __init__(self, paths: Mapping[Sha256, RelPath], source: Source, pictures: FingerprintStore) -> None:
        """Start with what is cached.

        Args:
            paths: one path for each digest.
            source: where files and fingerprints come from.
            pictures: where they are cached.
        """
        self._paths, self._source, self._pictures = paths, source, pictures
        self._loaded: dict[Sha256, Fingerprint | None] = {}
        # What is read again for a pair is kept for the next ones: similar files come together.
        take = source.fingerprinter
        self._grey_of = lru_cache(_MAX_SMALL)(partial(self._again, take.grey64_of))
        self._pixels_of = lru_cache(_MAX_SMALL)(partial(self._again, take.pixels_of))
        self._opened = lru_cache(_MAX_OPENED)(partial(self._again, take.opened))
        self._at_size = lru_cache(_MAX_OPENED)(self._opened_at)
        self._unhashed: dict[Sha256, str] = {}
        self.unread: dict[Sha256, str] = {}
        """Why a file could not be read this time. Never cached: a disk error or a missing permission may pass."""

    def take(self, emit: Emit) -> None:
        """Take the missing fingerprints."""
        # Of these files only: an apply asks after every few actions, and must not read the reasons of all files each time.
        found = self._pictures.known(ALGORITHM_VERSION, list(self._paths))
        known = {sha256 for sha256, problem in found.items() if problem is None or not is_decoded_by_now(problem)}
        missing = [sha256 for sha256 in self._paths if sha256 not in known]
        if not missing:
            return
        # Rows of older algorithm versions are never read again; hashes of imagehash have version numbers of their own.
        self._pictures.drop_recipes_but(ALGORITHM_VERSION, [_INSIDES, *(kind.recipe for kind in HASHES.values())])
        self._take_each(missing, _Way(partial(fingerprint_of, self._source.fingerprinter), _row), emit)

    def take_hashes(self, kind: HashKind, emit: Emit) -> dict[Sha256, int]:
        """An imagehash hash (signed) of every file that has a fingerprint; missing ones are taken."""
        known = self._pictures.known(kind.recipe, list(self._paths))
        # What Pillow refused once is refused again, and an unreadable file was tried a moment ago.
        without = self._pictures.faceless(ALGORITHM_VERSION).keys() | self.unread.keys()
        missing = [sha256 for sha256 in self._paths if sha256 not in known and sha256 not in without]
        if missing:
            self._take_each(missing, _Way(partial(hash_of, kind.function), partial(_hash_row, kind.recipe)), emit)
        self._unhashed.update({Sha256(one): why for one, why in self._pictures.faceless(kind.recipe).items()})
        hashes = {Sha256(sha256): value for sha256, value, *_ in self._pictures.stored(kind.recipe)}
        return {sha256: hashes[sha256] for sha256 in self._paths if sha256 in hashes}

    def take_insides(self, emit: Emit) -> dict[Sha256, InnerImage]:
        """What every file that has a fingerprint shows inside its border; files without a border are left out."""
        known = self._pictures.known(_INSIDES, list(self._paths))
        without = self._pictures.faceless(ALGORITHM_VERSION).keys() | self.unread.keys()
        missing = [sha256 for sha256 in self._paths if sha256 not in known and sha256 not in without]
        if missing:
            self._take_each(missing, _Way(partial(look_inside, self._source.fingerprinter), _inside_row), emit)
        bordered = {Sha256(sha256) for sha256, *_ in self._pictures.stored(_INSIDES)}
        rows = ((sha256, self._pictures.stored_one(sha256, _INSIDES)) for sha256 in self._paths if sha256 in bordered)
        return {sha256: _decode_inside(row) for sha256, row in rows if row is not None}

    def _take_each(self, missing: Sequence[Sha256], way: _Way, emit: Emit) -> None:
        emit(Stage(name="fingerprint", total=len(missing)))
        if self._source.executor is not None:
            self._take_on(self._source.executor, _MOST_WAITING, missing, way, emit)
            return
        threads = os.cpu_count() or 1
        with ThreadPoolExecutor(threads, thread_name_prefix="fingerprint") as pool:
            self._take_on(pool, threads * _MOST_WAITING_HERE, missing, way, emit)

    def _take_on(self, executor: Executor, ahead: int, missing: Sequence[Sha256], way: _Way, emit: Emit) -> None:
        rows: list[tuple[object, ...]] = []
        try:
            for sha256, taken in self._results(executor, ahead, missing, way.look):
                emit(Step(name="fingerprint"))
                # The digest of the bytes just read: a file changed since the scan must not be cached under the old one.
                if taken is not None and taken.sha256 == sha256:
                    rows.append(way.row(taken))
                elif taken is not None:
                    self.unread[sha256] = CHANGED
                if len(rows) >= _BATCH:
                    self._pictures.remember_fingerprints(rows)
                    rows = []
        finally:
            self._pictures.remember_fingerprints(rows)  # also on Ctrl-C: the next scan continues from here

    def _results(
        self, executor: Executor, most: int, missing: Iterable[Sha256], look: Callable[[bytes, str], TakenFingerprints]
    ) -> Iterator[tuple[Sha256, TakenFingerprints | None]]:
        """Results in file order, with a few files read ahead; None for an unreadable one."""
        waiting: deque[tuple[Sha256, int, Future[TakenFingerprints]]] = deque()
        ahead = 0
        for sha256 in missing:
            data = self._data(sha256)
            if data is None:
                yield sha256, None
                continue
            # Bytes travel, not paths: an executor may be another process, or another computer.
            waiting.append((sha256, len(data), executor.submit(look, data, self._paths[sha256])))
            ahead += len(data)
            # Bounded by count and bytes: a few huge files must not fill the memory.
            while len(waiting) >= most or (waiting and ahead > _MOST_BYTES_WAITING):
                first, size, future = waiting.popleft()
                ahead -= size
                yield first, future.result()
        # File order, not order of completion: progress and results must not depend on how fast threads are.
        for first, _, future in waiting:
            yield first, future.result()

    def _data(self, sha256: Sha256) -> bytes | None:
        try:
            return self._source.read(self._paths[sha256])
        except ImageRefused as error:
            self.unread[sha256] = error.reason
        except LibraryError as error:
            self.unread[sha256] = error.beside(self._paths[sha256])
        return None

    def of(self, sha256: Sha256) -> Fingerprint | None:
        """The fingerprint of a file; None if there is none."""
        if sha256 not in self._loaded:
            # One row at a time: all fingerprints of 100,000 files would take 100 MB.
            data = self._pictures.stored_one(sha256, ALGORITHM_VERSION)
            self._loaded[sha256] = _decode(data) if data is not None else None
        return self._loaded[sha256]

    def outlines(self) -> list[tuple[Sha256, int, int]]:
        """Digest, difference hash (signed) and detail of all that have a fingerprint."""
        return [
            (Sha256(sha256), dhash, detail)
            for sha256, dhash, _, _, detail in self._pictures.stored(ALGORITHM_VERSION)
            if sha256 in self._paths
        ]

    def problems(self) -> dict[Sha256, str]:
        """Why there is no fingerprint, or none to be trusted this time, by digest."""
        known = self._pictures.faceless(ALGORITHM_VERSION)
        known = self._unhashed | known
        return {sha256: known[sha256] for sha256 in self._paths if sha256 in known} | self.unread

    def greys(self, first: Sha256, second: Sha256) -> tuple[bytes, bytes] | None:
        """64×64 grey pixels of two files; None if one cannot be read again."""
        one, other = self._grey_of(first), self._grey_of(second)
        return (one, other) if one is not None and other is not None else None

    def local_difference(self, first: Sha256, second: Sha256, size: tuple[int, int]) -> LocalDifference | None:
        """The largest local difference at a size; None if one file cannot be read again."""
        from pinplan.duplicates.local_difference import local_difference  # noqa: PLC0415 - numpy, for those who compare

        one, other = self._at_size(first, size), self._at_size(second, size)
        return local_difference(one, other) if one is not None and other is not None else None

    def _opened_at(self, sha256: Sha256, size: tuple[int, int]) -> PictureAtSize | None:
        return self._asked(sha256, lambda opened: opened.at_size(size))

    def judge(self, first: Sha256, second: Sha256) -> Judgement | None:
        """Which of two copies is better; None if one file cannot be read again."""
        from pinplan.duplicates.detail import judge  # noqa: PLC0415 - as above

        one, other = self._asked(first, _copy), self._asked(second, _copy)
        if one is None or other is None:
            return None
        return judge(one, other, self._spectra)

    @cached_property
    def _spectra(self) -> Spectra:
        from pinplan.duplicates.spectrum import Spectra  # noqa: PLC0415 - as above

        return Spectra()

    def _asked(self, sha256: Sha256, ask: Callable[[Opened], Look]) -> Look | None:
        """What an opened file answers; None if it cannot be read again, or not be decoded in full."""
        opened = self._opened(sha256)
        return self._unless_refused(sha256, lambda: ask(opened)) if opened is not None else None

    def same_pixels(self, first: Sha256, second: Sha256) -> bool:
        """Whether every pixel of two files is the same."""
        one, other = self._pixels_of(first), self._pixels_of(second)
        # None is "cannot be compared exactly", and two of them are not the same pixels.
        return one is not None and one == other

    def _again(self, look: Callable[[bytes, str], Look | None], sha256: Sha256) -> Look | None:
        data = self._data(sha256)
        if data is None:
            return None
        # The cached fingerprint is of other bytes: a verdict over both would be of a file that no longer exists.
        if hashlib.sha256(data).hexdigest() != sha256:
            self.unread[sha256] = CHANGED
            return None
        return self._unless_refused(sha256, lambda: look(data, self._paths[sha256]))

    def _unless_refused(self, sha256: Sha256, look: Callable[[], Look]) -> Look | None:
        try:
            return look()
        except ImageRefused as error:
            self.unread[sha256] = error.reason
            return None


class NewFingerprints:
    """Takes the fingerprints of files that were just recorded, in batches: once a file is gone it is too late.

    A fingerprint that cannot be taken is no failure: a plan that needs it downloads the picture again.
    """

    def __init__(self, source: Source, pictures: FingerprintStore) -> None:
        """See `Fingerprints`."""
        self._source, self._pictures = source, pictures
        self._waiting: dict[Sha256, RelPath] = {}

    def add(self, records: Iterable[Tracked]) -> None:
        """Queue recorded files; fingerprint a full batch at once."""
        self._waiting.update((record.sha256, record.path) for record in records)
        if len(self._waiting) >= _RECORDED_AT_ONCE:
            self.take()

    def take(self) -> None:
        """Fingerprint the queued files."""
        # Swap first: a failing batch is not tried again with every later record.
        waiting, self._waiting = self._waiting, {}
        if waiting:
            Fingerprints(waiting, self._source, self._pictures).take(silent)


def _copy(opened: Opened) -> Copy:
    return opened.copy()


def rendition_row(image: str, taken: TakenFingerprints) -> tuple[object, ...]:
    """The cache row for an image whose file is not here, fingerprinted from another size of its picture."""
    return (rendition_key(image), *_row(taken)[1:])


def rendition_key(image: str) -> str:
    """The cache key of an image, named by the digest of its file or its signature: never a digest, so that it matches no file."""
    return f"rendition of {image}"


def _row(taken: TakenFingerprints) -> tuple[object, ...]:
    """The cache row of a fingerprint, or of the reason why there is none."""
    fingerprint = taken.fingerprint
    if fingerprint is None:
        return (taken.sha256, ALGORITHM_VERSION, None, None, None, None, taken.problem, None)
    data = msgspec.msgpack.encode(fingerprint)
    return (
        taken.sha256,
        ALGORITHM_VERSION,
        _signed(fingerprint.dhash),
        fingerprint.width,
        fingerprint.height,
        fingerprint.detail,
        None,
        data,
    )


def _hash_row(recipe: int, taken: TakenFingerprints) -> tuple[object, ...]:
    """The cache row of an imagehash hash."""
    if taken.hashed is None:
        return (taken.sha256, recipe, None, None, None, None, taken.problem, None)
    return (taken.sha256, recipe, _signed(taken.hashed), 0, 0, 0, None, None)


def _inside_row(taken: TakenFingerprints) -> tuple[object, ...]:
    """The cache row of what is inside a border, or that there is none."""
    inside = taken.inside
    if inside is None:
        return (taken.sha256, _INSIDES, None, None, None, None, taken.problem, None)
    data = msgspec.msgpack.encode(inside)
    return (taken.sha256, _INSIDES, _signed(inside.dhash), inside.width, inside.height, 0, None, data)


def _signed(bits: int) -> int:
    """64 bits as a signed integer: SQLite has no unsigned ones."""
    return bits - (1 << 64) if bits >> 63 else bits
