"""Look which files of the library show the same picture.

Fingerprints and verdicts are remembered by the digest of the file, so that they outlive moves and new downloads; a look at a library in
which nothing is new reads no file at all.
"""

from __future__ import annotations

import hashlib
import itertools
import os
from collections import defaultdict
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import TYPE_CHECKING, Protocol

import msgspec
from msgspec import Struct

from pinplan.dedupe.facts import RECIPE, Fingerprint
from pinplan.dedupe.mirror import mirror_of_thumb, mirrored_pairs
from pinplan.dedupe.tiers import LEAST_DETAIL, MOST_COLOUR, REACH, compare, mean_difference, same_shape
from pinplan.errors import ImageRefused, LibraryError
from pinplan.events import Emit, Stage, Step
from pinplan.model.alike import Alike, AlikeFiles, Looks, Tier
from pinplan.model.ids import Sha256
from pinplan.model.snapshots import UnknownPath

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from pinplan.model.base import Base
    from pinplan.model.ids import RelPath
    from pinplan.model.snapshots import LocalSnapshot
    from pinplan.records.state import State

_BATCH = 500
"""Fingerprints that are remembered at once: what a look that is cut off has to do again."""
_MOST_ALIKE = 50
"""Files with the same bytes, or the same hash, of which every pair is looked at; a larger heap is compared with its first one only."""
_encode = msgspec.msgpack.Encoder().encode
_decode_face = msgspec.msgpack.Decoder(Fingerprint).decode
_decode_alike = msgspec.msgpack.Decoder(Alike | None).decode


class Faces(Protocol):
    """How fingerprints are taken (see `pinplan.dedupe.fingerprint`)."""

    def fingerprint(self, data: bytes, where: str) -> Fingerprint:
        """The fingerprint of a file. Raises `ImageRefused`."""

    def grey64_of(self, data: bytes, where: str) -> bytes:
        """Its 64×64 grey pixels. Raises `ImageRefused`."""


class LookedAt(Struct, frozen=True, gc=False, kw_only=True):
    """A file that takes part.

    Attributes:
        heap: only files of the same heap are compared, e.g. those of one board.
    """

    path: RelPath
    sha256: Sha256
    heap: str


class AlikeLook(Struct, frozen=True, kw_only=True):
    """What a look found: pairs, and files of which no fingerprint can be taken."""

    pairs: tuple[AlikeFiles, ...]
    faceless: tuple[UnknownPath, ...]


class AlikeRequest(Struct, frozen=True, kw_only=True):
    """What to look for.

    Attributes:
        read: gives the bytes of a file.
        tiers: which verdicts are wanted.
        mirrored: also pairs of which one is the mirror image of the other; they are only ever similar.
        executor: where fingerprints are computed; by default as many threads as there are processors.
    """

    files: Sequence[LookedAt]
    faces: Faces
    read: Callable[[RelPath], bytes]
    tiers: frozenset[Tier] = frozenset({Tier.EXACT, Tier.CONFIRMED})
    executor: Executor | None = None
    mirrored: bool = False


def take_alike(request: AlikeRequest, state: State, emit: Emit) -> AlikeLook:
    """Find all pairs within reach. Reads only files that are new, and those of pairs that are new.

    What was found is remembered as a whole as well: where nothing at all is new, nothing is compared.
    """
    key = _key_of(request, state)
    remembered = state.pictures.remembered_look(key)
    if remembered is not None:
        return msgspec.msgpack.decode(remembered, type=AlikeLook)
    look = _Look(request, state, emit)
    found = look.take()
    if not look.unread:
        state.pictures.remember_look(key, _encode(found))
    return found


def _key_of(request: AlikeRequest, state: State) -> str:
    """What a look depends on: the files, the tiers, the recipe, and what a person said of pairs."""
    about = f"{RECIPE} {sorted(request.tiers)} {request.mirrored} {state.pictures.count_different()}"
    digest = hashlib.sha256(about.encode())
    digest.update("\n".join(f"{file.sha256} {file.heap} {file.path}" for file in request.files).encode())
    return digest.hexdigest()


class _Look:
    """One look."""

    def __init__(self, request: AlikeRequest, state: State, emit: Emit) -> None:
        self._request, self._state, self._emit = request, state, emit
        self._paths: dict[Sha256, list[LookedAt]] = defaultdict(list)
        for file in request.files:
            self._paths[file.sha256].append(file)
        self._loaded: dict[Sha256, Fingerprint | None] = {}
        self.unread: dict[Sha256, str] = {}

    def take(self) -> AlikeLook:
        known = {row[0] for row in self._state.pictures.faces(RECIPE)}
        faceless = self._state.pictures.faceless(RECIPE)
        self._fingerprint_all([sha for sha in self._paths if sha not in known and sha not in faceless])
        found = sorted(self._pairs(), key=lambda pair: (pair.one, pair.other))
        faceless |= self._state.pictures.faceless(RECIPE) | {str(sha): problem for sha, problem in self.unread.items()}
        problems = (
            UnknownPath(path=file.path, reason=faceless[sha])
            for sha, files in self._paths.items()
            if sha in faceless
            for file in files
        )
        return AlikeLook(pairs=tuple(found), faceless=tuple(sorted(problems, key=lambda one: one.path)))

    # -- fingerprints --------------------------------------------------------------------------------------------

    def _fingerprint_all(self, digests: Sequence[Sha256]) -> None:
        if not digests:
            return
        self._emit(Stage(name="fingerprint", total=len(digests)))
        executor = self._request.executor
        if executor is not None:
            self._fingerprint_on(executor, digests)
            return
        with ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="fingerprint") as pool:
            self._fingerprint_on(pool, digests)

    def _fingerprint_on(self, executor: Executor, digests: Sequence[Sha256]) -> None:
        for start in range(0, len(digests), _BATCH):
            rows = []
            for row in executor.map(self._row, digests[start : start + _BATCH]):
                self._emit(Step(name="fingerprint"))
                if row is not None:
                    rows.append(row)
            self._state.pictures.remember_faces(rows)

    def _row(self, sha256: Sha256) -> tuple[object, ...] | None:
        path = self._paths[sha256][0].path
        try:
            face = self._request.faces.fingerprint(self._request.read(path), path)
        except ImageRefused as error:
            return (sha256, RECIPE, None, None, None, None, error.reason, None)
        except LibraryError as error:
            self.unread[sha256] = str(error)  # the disk's fault, which may pass: nothing is remembered
            return None
        return (
            sha256,
            RECIPE,
            face.dhash - (1 << 64) if face.dhash >> 63 else face.dhash,
            face.width,
            face.height,
            face.detail,
            None,
            _encode(face),
        )

    def _face(self, sha256: Sha256) -> Fingerprint | None:
        if sha256 not in self._loaded:
            data = self._state.pictures.face(sha256, RECIPE)
            self._loaded[sha256] = _decode_face(data) if data is not None else None
        return self._loaded[sha256]

    # -- pairs ---------------------------------------------------------------------------------------------------

    def _pairs(self) -> Iterator[AlikeFiles]:
        if Tier.EXACT in self._request.tiers:
            same = Alike(tier=Tier.EXACT, why="the same bytes")
            for files in self._paths.values():
                for one, other in _within_heaps(files, files):
                    yield from self._told(one, other, same)
        if self._request.mirrored:
            yield from self._mirrored()
        for first, second, alike in self._compared():
            if alike is not None and alike.tier in self._request.tiers:
                for one, other in _within_heaps(self._paths[first], self._paths[second]):
                    yield from self._told(one, other, alike)

    def _told(self, one: LookedAt, other: LookedAt, alike: Alike) -> Iterator[AlikeFiles]:
        one, other = sorted((one, other), key=lambda file: file.path)
        faces = self._face(one.sha256), self._face(other.sha256)
        if faces[0] is not None and faces[1] is not None:
            yield AlikeFiles(
                one=one.path,
                other=other.path,
                alike=alike,
                one_looks=_looks(faces[0]),
                other_looks=_looks(faces[1]),
            )

    def _compared(self) -> Iterator[tuple[Sha256, Sha256, Alike | None]]:
        """Every pair of digests within reach, with its verdict; those that are new are compared now, and remembered."""
        before, different = self._state.pictures.compared(RECIPE), self._state.pictures.different()
        fresh: list[tuple[str, str, int, bytes]] = []
        for first, second in self._candidates():
            remembered = before.get((first, second))
            if remembered is None:
                alike = self._compare(first, second)
                fresh.append((first, second, RECIPE, _encode(alike)))
            else:
                alike = _decode_alike(remembered)
            if alike is not None and (not different or self._looks_of(first, second) not in different):
                yield first, second, alike
        if fresh:
            self._state.pictures.remember_compared(fresh)

    def _looks_of(self, first: Sha256, second: Sha256) -> tuple[bytes, bytes]:
        faces = [face.pdq for face in (self._face(first), self._face(second)) if face is not None]
        return (min(faces), max(faces)) if len(faces) == 2 else (b"", b"")

    def _compare(self, first: Sha256, second: Sha256) -> Alike | None:
        one, other = self._face(first), self._face(second)
        if one is None or other is None:
            return None
        return compare(one, other, lambda: self._greys(first, second))

    def _greys(self, first: Sha256, second: Sha256) -> tuple[bytes, bytes] | None:
        faces, read = self._request.faces, self._request.read
        try:
            one, other = (self._paths[sha][0].path for sha in (first, second))
            return faces.grey64_of(read(one), one), faces.grey64_of(read(other), other)
        except (ImageRefused, LibraryError):
            return None

    def _candidates(self) -> Iterator[tuple[Sha256, Sha256]]:
        """Digests whose difference hashes are within reach, smaller first, each once; only where files of one heap have them."""
        from pinplan.dedupe.neighbours import near  # noqa: PLC0415 - a plan in which nothing is new needs no numpy

        digests, hashes = self._hashes()
        found = near(hashes, REACH)
        self.unread.update(
            (digests[index], "too many files look nearly the same: not all pairs were compared")
            for index in found.capped.tolist()
        )
        alike: dict[int, list[Sha256]] = defaultdict(list)
        for index, first in enumerate(found.same.tolist()):
            alike[first].append(digests[index])
        for heap in alike.values():
            yield from self._sharing_a_heap(_all_pairs(heap))
        for first, second in found.pairs.tolist():
            yield from self._sharing_a_heap(itertools.product(alike[first][:_MOST_ALIKE], alike[second][:_MOST_ALIKE]))

    def _mirrored(self) -> Iterator[AlikeFiles]:
        """Pairs of which one is the mirror image of the other: by their hashes, then by their colours."""
        digests, hashes = self._hashes()
        for one, other in mirrored_pairs(hashes, REACH):
            first, second = self._face(digests[one]), self._face(digests[other])
            if first is None or second is None or first.sha256 == second.sha256:
                continue
            colour = mean_difference(first.thumb, mirror_of_thumb(second.thumb))
            if same_shape(first, second) and colour <= MOST_COLOUR:
                alike = Alike(tier=Tier.SIMILAR, colour=round(colour, 1), why="one is the mirror image of the other")
                for file, twin in _within_heaps(self._paths[first.sha256], self._paths[second.sha256]):
                    yield from self._told(file, twin, alike)

    def _hashes(self) -> tuple[list[Sha256], NDArray[np.uint64]]:
        """Digests and difference hashes of all files with enough in them."""
        import numpy as np  # noqa: PLC0415 - a plan without duplicates to look for needs none of it

        rows = [row for row in self._state.pictures.faces(RECIPE) if row[0] in self._paths and row[4] >= LEAST_DETAIL]
        hashes = np.array([row[1] for row in rows], dtype=np.int64).view(np.uint64)
        return [Sha256(row[0]) for row in rows], hashes

    def _sharing_a_heap(self, pairs: Iterable[tuple[Sha256, Sha256]]) -> Iterator[tuple[Sha256, Sha256]]:
        for one, other in pairs:
            heaps = {file.heap for file in self._paths[one]}
            if any(file.heap in heaps for file in self._paths[other]):
                yield (one, other) if one < other else (other, one)


def _all_pairs(heap: Sequence[Sha256]) -> Iterator[tuple[Sha256, Sha256]]:
    if len(heap) <= _MOST_ALIKE:
        return itertools.combinations(heap, 2)
    return ((heap[0], other) for other in heap[1:])


def _within_heaps(ones: Sequence[LookedAt], others: Sequence[LookedAt]) -> Iterator[tuple[LookedAt, LookedAt]]:
    """Pairs of different files of the same heap, each once."""
    same = ones is others
    first, second = ones[:_MOST_ALIKE], others[:_MOST_ALIKE]
    pairs = itertools.combinations(first, 2) if same else itertools.product(first, second)
    return ((one, other) for one, other in pairs if one.heap == other.heap and one.path != other.path)


def _looks(face: Fingerprint) -> Looks:
    return Looks(width=face.width, height=face.height, quality=face.quality)


def plainly_tracked(base: Base, local: LocalSnapshot) -> list[LookedAt]:
    """The tracked files that are plainly there, all in one heap: what lies in different boards is compared, too, to be reported."""
    here = {file.path: file for file in local.files}
    return [
        LookedAt(path=record.path, sha256=record.sha256, heap="")
        for record in base.tracked
        if (file := here.get(record.path)) is not None
        and (file.size, file.mtime_ns) == (record.size, record.mtime_ns)
        and file.content is None
    ]
