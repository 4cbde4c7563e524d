"""Find the files of a library that show the same picture, and near pairs by a hash of imagehash (only listed).

Fingerprints and verdicts are cached by the digest of the file, so that they survive moves and new downloads; a scan of a library in
which nothing is new reads no file at all.
"""

from __future__ import annotations

import hashlib
import itertools
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import msgspec
from msgspec import Struct

from pinplan.duplicates.cache import Fingerprints, Source
from pinplan.duplicates.candidates import candidate_crowds
from pinplan.duplicates.comparisons import MAX_BY_PAIRS, Comparisons, folders_of
from pinplan.duplicates.marked_different import is_marked_different
from pinplan.duplicates.variants import find_variants
from pinplan.formats.decoding import decoded_formats
from pinplan.formats.signatures import DECODED
from pinplan.model.similarity import (
    COMPARISON_VERSION,
    SAME_BYTES,
    DuplicatePair,
    HashPair,
    HashPairs,
    ImageQuality,
    Similarity,
    Tier,
)
from pinplan.model.snapshots import UnknownPath

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from pinplan.duplicates.image_hashes import HashLimit
    from pinplan.events import Emit
    from pinplan.model.base import Base, Tracked
    from pinplan.model.ids import RelPath, Sha256
    from pinplan.model.similarity import Fingerprint
    from pinplan.model.snapshots import LocalSnapshot
    from pinplan.records.fingerprints import FingerprintStore


MAX_PAIRS = 20_000
"""Maximum number of listed pairs, the nearest first: under too wide a limit nearly every two pictures are a pair."""
_LINES = 1_000
"""Files at once in the text of a key, which for a large library would be a tenth of the memory of a plan."""
_MAX_IN_A_BUCKET = 300
"""See `pinplan.duplicates.index`: enough for 100,000 hashes at the widest limit, few enough for crowds."""


class NearByHash(NamedTuple):
    """The result of a search.

    Attributes:
        pairs: digests whose hashes are near, and their distance in bits, the nearest first.
        incomplete: digests that may have further pairs.
    """

    pairs: list[tuple[Sha256, Sha256, int]]
    incomplete: set[Sha256]


def near_by_hash(fingerprints: Fingerprints, limit: HashLimit, emit: Emit) -> NearByHash:
    """All file pairs within a hash distance, up to the listing limit."""
    import numpy as np  # noqa: PLC0415 - for those who ask for a hash

    from pinplan.duplicates.index import near  # noqa: PLC0415 - as above

    hashes = fingerprints.take_hashes(limit.kind, emit)
    # By digest, so that the listing does not depend on the order in which files were scanned.
    digests = sorted(hashes)
    found = near(
        np.array([hashes[one] for one in digests], dtype=np.int64).view(np.uint64),
        limit.bits,
        most_in_a_bucket=_MAX_IN_A_BUCKET,
    )
    crowds: dict[int, list[int]] = defaultdict(list)
    for place, first in enumerate(found.same.tolist()):
        crowds[first].append(place)
    incomplete = {place for first in found.capped.tolist() for place in crowds[first]}
    incomplete.update(place for crowd in crowds.values() for place in crowd[MAX_BY_PAIRS:])
    order = np.argsort(found.distances, kind="stable")
    pairs = _pairs(crowds, found.pairs[order], found.distances[order])
    listed = list(itertools.islice(pairs, MAX_PAIRS))
    # Cut off: whatever is as far apart as the last listed pair, or farther, may have pairs that were not listed.
    if next(pairs, None) is not None:
        farther = np.unique(found.pairs[found.distances >= listed[-1][2]]).tolist()
        same = [first for first, crowd in crowds.items() if listed[-1][2] == 0 and len(crowd) > 1]
        incomplete.update(place for first in (*farther, *same) for place in crowds[first])
    return NearByHash(
        [(digests[one], digests[other], bits) for one, other, bits in listed],
        {digests[place] for place in incomplete},
    )


def _pairs(
    crowds: dict[int, list[int]], pairs: NDArray[np.int64], distances: NDArray[np.uint8]
) -> Iterator[tuple[int, int, int]]:
    """Index pairs and their distance in bits; identical hashes first."""
    for crowd in crowds.values():
        for one, other in itertools.combinations(crowd[:MAX_BY_PAIRS], 2):
            yield one, other, 0
    for place in range(len(pairs)):  # not `tolist()`: there may be millions, of which only the first are used
        first, second = pairs[place].tolist()
        for one, other in itertools.product(crowds[first][:MAX_BY_PAIRS], crowds[second][:MAX_BY_PAIRS]):
            yield one, other, int(distances[place])


_encode = msgspec.msgpack.Encoder().encode


class ScannedFiles(Struct, frozen=True, gc=False, kw_only=True):
    """A file that takes part."""

    path: RelPath
    sha256: Sha256


Digested: TypeAlias = "ScannedFiles | Tracked"
"""What a scan takes; a record as it is, for a large library has many."""


class DuplicateScan(Struct, frozen=True, kw_only=True):
    """The result of a scan: pairs, files not compared with all others, and pairs by the requested hash."""

    pairs: tuple[DuplicatePair, ...]
    faceless: tuple[UnknownPath, ...]
    by_hash: HashPairs | None = None


class DuplicateScanRequest(Struct, frozen=True, kw_only=True):
    """What to look for.

    Attributes:
        tiers: which verdicts are wanted.
        mirrored: also pairs in which one is the mirror image of the other; they are only ever similar.
        bordered: also pairs in which one has a border around it; likewise.
        of_pins: which file is kept depends on what is known of its pin, too.
        by_hash: also pairs that have similar hashes of imagehash, listed separately; a plan never asks for them.
    """

    files: Sequence[Digested]
    source: Source
    tiers: frozenset[Tier] = frozenset({Tier.EXACT, Tier.CONFIRMED})
    mirrored: bool = False
    bordered: bool = False
    of_pins: bool = True
    by_hash: HashLimit | None = None


def find_duplicate_pairs(request: DuplicateScanRequest, pictures: FingerprintStore, emit: Emit) -> DuplicateScan:
    """Find all pairs within reach. Reads only new files, and the files of new pairs.

    The whole result is cached as well: if nothing at all is new, nothing is compared.
    """
    # One row answers the next plan: without it 100,000 unchanged files would be indexed again.
    key = _key_of(request, pictures)
    remembered = pictures.cached_scan(key)
    if remembered is not None:
        return msgspec.msgpack.decode(remembered, type=DuplicateScan)
    paths: dict[Sha256, list[RelPath]] = defaultdict(list)
    for file in request.files:
        paths[file.sha256].append(file.path)
    fingerprints = Fingerprints({sha256: files[0] for sha256, files in paths.items()}, request.source, pictures)
    fingerprints.take(emit)
    found = _Scan(request, paths, fingerprints, pictures).take(emit)
    # A file that could not be read this time must be tried again by the next scan.
    if not fingerprints.unread:
        pictures.cache_scan(key, _encode(found))
    return found


def _key_of(request: DuplicateScanRequest, pictures: FingerprintStore) -> str:
    """The cache key of a scan: files, options, algorithm version, and pairs marked different."""
    # An absent hash leaves no trace in the key: entries from before `--hash` existed stay valid.
    wanted = f"{sorted(request.tiers)} {request.mirrored} {request.bordered} {request.by_hash or ''}".rstrip()
    # Nor do decoders that are always there: a picture that had none may show the same as another one.
    wanted += " ".join(form for form in decoded_formats() if form not in DECODED)
    digest = hashlib.sha256(f"{COMPARISON_VERSION} {wanted} {pictures.count_different()}".encode())
    for start in range(0, len(request.files), _LINES):
        some = request.files[start : start + _LINES]
        lines = "\n".join(f"{file.sha256} {file.path}" for file in some)
        digest.update(f"\n{lines}".encode() if start else lines.encode())
    return digest.hexdigest()


class _Scan:
    """One scan over fingerprinted files."""

    def __init__(
        self,
        request: DuplicateScanRequest,
        paths: dict[Sha256, list[RelPath]],
        fingerprints: Fingerprints,
        pictures: FingerprintStore,
    ) -> None:
        self._request, self._fingerprints, self._pictures = request, fingerprints, pictures
        self._paths = paths
        self._crowded: dict[RelPath, str] = {}
        self._marked = pictures.different()

    def take(self, emit: Emit) -> DuplicateScan:
        found = {(pair.one, pair.other): pair for pair in self._pairs(emit)}
        limit = self._request.by_hash
        by_hash = self._near_by_hash(limit, found, emit) if limit is not None else None
        problems: dict[RelPath, str] = dict(self._crowded)
        for sha256, problem in self._fingerprints.problems().items():
            problems.update((path, problem) for path in self._paths[sha256])
        return DuplicateScan(
            pairs=tuple(found[key] for key in sorted(found)),
            faceless=tuple(UnknownPath(path=path, reason=problems[path]) for path in sorted(problems)),
            by_hash=by_hash,
        )

    def _pairs(self, emit: Emit) -> Iterator[DuplicatePair]:
        """All pairs of files. A pair may come up more than once: the last one counts, and is the surest."""
        if Tier.SIMILAR in self._request.tiers:
            wanted = self._request
            changed = find_variants(self._fingerprints, emit, mirrored=wanted.mirrored, bordered=wanted.bordered)
            yield from self._files_of(changed)
        yield from self._files_of(self._compared())
        if Tier.EXACT in self._request.tiers:
            yield from self._same_bytes()

    def _near_by_hash(
        self, limit: HashLimit, found: Mapping[tuple[RelPath, RelPath], DuplicatePair], emit: Emit
    ) -> HashPairs:
        """Pairs that are near by the requested hash."""
        near = near_by_hash(self._fingerprints, limit, emit)
        same = ((sha256, sha256, 0) for sha256, paths in self._paths.items() if len(paths) > 1)
        pairs: list[HashPair] = []
        for first, second, bits in itertools.chain(same, near.pairs):
            files = self._all_files_of(first, second, Similarity(tier=Tier.SIMILAR))
            room = max(0, MAX_PAIRS - len(pairs))
            pairs.extend(
                _by_hash(found.get((pair.one, pair.other), pair), bits) for pair in itertools.islice(files, room)
            )
            if next(files, None) is not None:
                near.incomplete.update({first, second})
        self._note_incomplete(sorted(near.incomplete), "have similar hashes")
        # Function name, not ours: people compare it with other tools.
        name = f"imagehash.{limit.kind.function}"
        ordered = sorted(pairs, key=lambda pair: (pair.bits, pair.one, pair.other))
        return HashPairs(hash=name, length=limit.kind.bits, limit=limit.bits, pairs=tuple(ordered))

    def _same_bytes(self) -> Iterator[DuplicatePair]:
        for sha256, paths in self._paths.items():
            if len(paths) > 1:
                yield from self._all_files_of(sha256, sha256, SAME_BYTES)

    def _files_of(self, found: Iterable[tuple[Sha256, Sha256, Similarity]]) -> Iterator[DuplicatePair]:
        for first, second, alike in found:
            if alike.tier in self._request.tiers:
                yield from self._all_files_of(first, second, alike)

    def _all_files_of(self, first: Sha256, second: Sha256, alike: Similarity) -> Iterator[DuplicatePair]:
        """Every pair of files with these bytes, unless marked different."""
        one, other = self._fingerprints.of(first), self._fingerprints.of(second)
        if one is not None and other is not None and not self._is_different(one, other):
            # Of a crowd with the same bytes a few stand for all: `groups_of` knows which are the same.
            paths, twins = self._paths[first], self._paths[second][:MAX_BY_PAIRS]
            pairs = itertools.product(paths[:MAX_BY_PAIRS], twins) if first != second else _of_the_same(paths)
            for path, twin in pairs:
                yield _pair(path, twin, alike, one, other)

    def _is_different(self, one: Fingerprint, other: Fingerprint) -> bool:
        return bool(self._marked) and is_marked_different(one, other, self._marked)

    def _compared(self) -> Iterator[tuple[Sha256, Sha256, Similarity]]:
        """Every similar pair of digests within reach; new pairs are compared now and cached."""
        found = candidate_crowds(self._fingerprints)
        self._note_incomplete(found.incomplete)
        wanted = self._request
        comparisons = Comparisons(self._fingerprints, self._pictures, self._paths, of_pins=wanted.of_pins)
        try:
            for crowd in found.crowds:
                yield from comparisons.within(crowd)
        finally:
            comparisons.remember()  # also on Ctrl-C: the next scan continues from here
        self._note_incomplete(comparisons.left_over)

    def _note_incomplete(self, crowd: Iterable[Sha256], what: str = "look nearly the same") -> None:
        """Record that these files were not compared with all others."""
        reason = _crowd(what)
        self._crowded.update((path, reason) for sha256 in crowd for path in self._paths[sha256])


_EVERYWHERE = "/"
"""No folder of a path is called that."""


def _of_the_same(paths: Sequence[RelPath]) -> Iterator[tuple[RelPath, RelPath]]:
    """Pairs that connect files with the same bytes: all, or of a large crowd each with the first one of all, of its board and of its section."""
    if len(paths) <= MAX_BY_PAIRS:
        yield from itertools.combinations(paths, 2)
        return
    heads: dict[str, RelPath] = {}
    for path in paths:
        for head in {heads.setdefault(folder, path): None for folder in (_EVERYWHERE, *folders_of(path))}:
            if head != path:
                yield head, path


def _crowd(what: str) -> str:
    return f"too many files {what}: not all pairs were compared"


def _pair(one: RelPath, other: RelPath, alike: Similarity, first: Fingerprint, second: Fingerprint) -> DuplicatePair:
    # In order of path, so that a pair has one key whichever digest came first.
    if other < one:
        one, other, first, second, alike = other, one, second, first, alike.swapped
    return DuplicatePair(
        one=one, other=other, alike=alike, one_looks=_quality_of(first), other_looks=_quality_of(second)
    )


def _by_hash(pair: DuplicatePair, bits: int) -> HashPair:
    return HashPair(one=pair.one, other=pair.other, tier=pair.alike.tier, bits=bits)


def _quality_of(fingerprint: Fingerprint) -> ImageQuality:
    return ImageQuality(
        width=fingerprint.width, height=fingerprint.height, quality=fingerprint.quality, damaged=fingerprint.damaged
    )


def plainly_tracked(base: Base, local: LocalSnapshot) -> list[Tracked]:
    """The unchanged tracked files; also across boards, for reports.

    Doubtful files are left out: none may be kept in place of another, nor be the reason why another is removed.
    """
    here = local.by_path
    return [
        record
        for record in base.tracked
        if record.doubtful is None
        and (file := here.get(record.path)) is not None
        and file.size == record.size
        and file.mtime_ns == record.mtime_ns
        and file.content is None
    ]
