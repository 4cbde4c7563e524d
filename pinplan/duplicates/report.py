"""Duplicate groups for review, in a library or in any folder."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from pinplan.duplicates.cache import CHANGED
from pinplan.duplicates.find import Digested, DuplicateScanRequest, ScannedFiles, find_duplicate_pairs
from pinplan.duplicates.groups import groups_of
from pinplan.duplicates.keeper import KeeperCandidate, candidate_of_pin
from pinplan.duplicates.marked_different import signature_of
from pinplan.errors import ConfigError, LibraryError, PinplanError
from pinplan.events import silent
from pinplan.model.images import FileStat
from pinplan.model.json_document import JsonDocument
from pinplan.model.similarity import HashPairs, ImageQuality, Similarity, Tier
from pinplan.model.snapshots import UnknownPath
from pinplan.model.text_form import composed
from pinplan.policies.duplicates import DEFAULT_ORDER, KeepRule, Remove, Within

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from pinplan.actions.pairs import Pair
    from pinplan.duplicates.cache import Source
    from pinplan.duplicates.groups import ImageGroup
    from pinplan.events import Emit
    from pinplan.model.base import Base, Tracked
    from pinplan.model.ids import BoardId, PinId, RelPath, Sha256
    from pinplan.model.pins import Pin
    from pinplan.model.similarity import DuplicatePair
    from pinplan.policies.duplicates import Duplicates
    from pinplan.ports import Library
    from pinplan.records.fingerprints import FingerprintStore
    from pinplan.records.state import State


class DuplicateFile(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A file of a group; without ``alike`` it is the one that would be kept. In an undecided group nothing is removed.

    Attributes:
        looks: 0×0 if it is not compared as a picture: only its bytes are.
    """

    path: str
    looks: ImageQuality
    alike: Similarity | None = None
    rung: KeepRule | None = None
    undecided: bool = False


class FileGroup(Struct, frozen=True, kw_only=True):
    """Files that show the same picture; first the one that would be kept."""

    tier: Tier
    files: tuple[DuplicateFile, ...]


class DuplicateReport(JsonDocument, frozen=True, kw_only=True, tag="pinplan.dupes"):
    """The document of ``pinplan dupes --json``.

    Attributes:
        looked_at: number of files.
        faceless: files that cannot be compared, and why.
        other_kinds: files of the folder that are not looked at, as they are no images by their names; only equal bytes are found.
        of_library: whether a plan may keep other files, since it knows the pins as well.
        by_hash: pairs by the requested hash (``--hash``), in no group; None if none was requested.
    """

    looked_at: int
    groups: tuple[FileGroup, ...]
    faceless: tuple[UnknownPath, ...]
    of_library: bool = False
    by_hash: HashPairs | None = None
    other_kinds: tuple[str, ...] = ()


class OtherFiles(Struct, frozen=True, kw_only=True):
    """Files of a folder that are no images.

    Attributes:
        paths: all of them.
        alike: those that may have the same bytes as others.
    """

    paths: tuple[RelPath, ...] = ()
    alike: tuple[ScannedFiles, ...] = ()


NO_OTHERS = OtherFiles()


class MarkedDifferent(JsonDocument, frozen=True, kw_only=True, tag="pinplan.mark-different"):
    """The document of ``pinplan dupes mark-different --json``: two files that are no duplicates."""

    files: tuple[str, str]


def find_file_groups(
    request: DuplicateScanRequest,
    pictures: FingerprintStore,
    emit: Emit,
    *,
    order: Sequence[KeepRule] = DEFAULT_ORDER,
    left_out: Iterable[UnknownPath] = (),
    of_library: bool = False,
    others: OtherFiles = NO_OTHERS,
    candidate_of: Callable[[RelPath, ImageQuality], KeeperCandidate] | None = None,
) -> DuplicateReport:
    """Group files that show the same picture; changes nothing but the fingerprint cache.

    Args:
        request: the files, and what to look for.
        pictures: where fingerprints are cached.
        emit: the listener for progress.
        order: of the keeper's rules.
        left_out: files that could not be read to begin with, and why.
        of_library: see `DuplicateReport`.
        others: files that are no images, for equal bytes.
        candidate_of: what is known of a file for the keeper's rules, under a key of its own; by default only the file itself.
    """
    candidate_of = candidate_of or _candidate
    found = find_duplicate_pairs(request, pictures, emit)
    looks = {
        path: seen
        for pair in found.pairs
        for path, seen in ((pair.one, pair.one_looks), (pair.other, pair.other_looks))
    }
    candidates = {path: candidate_of(path, seen) for path, seen in looks.items()}
    paths = {candidate.key: path for path, candidate in candidates.items()}
    groups = [_file_group(group, paths) for group in _all_groups(found.pairs, candidates, order)]
    if not of_library and Tier.EXACT in request.tiers:
        groups += _same_bytes((*request.files, *others.alike), looks)
    faceless = sorted({*found.faceless, *left_out}, key=lambda one: (one.path, one.reason))
    return DuplicateReport(
        looked_at=len(request.files),
        groups=tuple(groups),
        faceless=tuple(faceless),
        of_library=of_library,
        by_hash=found.by_hash,
        other_kinds=others.paths,
    )


def _all_groups(
    pairs: Iterable[DuplicatePair], candidates: Mapping[RelPath, KeeperCandidate], order: Sequence[KeepRule]
) -> list[ImageGroup]:
    """The groups that a plan would act on, then those of similar pictures.

    Apart, so that what is only similar never changes which copy is kept. A copy of a keeper takes part in the second only where the keeper
    has no such pair itself.
    """
    sure: dict[tuple[str, str], Similarity] = {}
    similar: dict[tuple[str, str], Similarity] = {}
    for pair in pairs:
        edge = candidates[pair.one].key, candidates[pair.other].key
        (similar if pair.alike.tier is Tier.SIMILAR else sure)[edge] = pair.alike
    by_key = {candidate.key: candidate for candidate in candidates.values()}
    groups = groups_of(by_key, sure, order)
    keepers = {member.candidate.key: group.keeper.key for group in groups for member in group.members}
    seen = {frozenset(edge) for edge in similar}

    def is_shown(edge: tuple[str, str]) -> bool:
        instead = frozenset(keepers.get(key, key) for key in edge)
        return instead == frozenset(edge) or (len(instead) == 2 and instead not in seen)

    shown = {edge: alike for edge, alike in similar.items() if is_shown(edge)}
    return groups + groups_of(by_key, shown, order)


def _file_group(group: ImageGroup, paths: Mapping[str, RelPath]) -> FileGroup:
    keeper = DuplicateFile(path=paths[group.keeper.key], looks=_looks(group.keeper))
    members = (
        DuplicateFile(
            path=paths[m.candidate.key], looks=_looks(m.candidate), alike=m.alike, rung=m.rung, undecided=m.undecided
        )
        for m in group.members
    )
    # The least sure tier of its members: `Tier` is ordered from sure to unsure.
    tier = max((member.alike.tier for member in group.members), key=list(Tier).index)
    return FileGroup(tier=tier, files=(keeper, *members))


class PinFacts(Struct, frozen=True, kw_only=True):
    """What the keeper's rules need to know of a library: its records, its pins as last listed, and boards whose copies always win."""

    records: Mapping[RelPath, Tracked]
    pins: Mapping[PinId, Pin]
    is_reference: Callable[[BoardId], bool]

    def candidate_of(self, path: RelPath, looks: ImageQuality) -> KeeperCandidate:
        """The candidate as a plan would have it. Of a carousel every file is one."""
        record = self.records[path]
        pin = self.pins.get(record.pin_id)
        key = f"{record.pin_id} {record.slot}" if record.slot else record.pin_id
        if pin is None:
            return _candidate(key, looks)
        return replace(candidate_of_pin(pin, looks, reference=self.is_reference(pin.board_id)), key=key)


_OF_NOTHING = hashlib.sha256(b"").hexdigest()


def _same_bytes(files: Iterable[Digested], compared: Collection[RelPath]) -> Iterator[FileGroup]:
    """Groups of equal files that are no pictures, or pictures that cannot be decoded. That files are empty makes them no duplicates."""
    crowds: dict[Sha256, list[RelPath]] = defaultdict(list)
    for file in files:
        crowds[file.sha256].append(file.path)
    equal = [
        sorted(paths, key=_by_name)
        for sha256, paths in crowds.items()
        if len(paths) > 1 and sha256 != _OF_NOTHING and not any(path in compared for path in paths)
    ]
    nothing, same = ImageQuality(width=0, height=0), Similarity(tier=Tier.EXACT, why="the same bytes")
    for keeper, *copies in sorted(equal, key=lambda paths: _by_name(paths[0])):
        going = (DuplicateFile(path=path, looks=nothing, alike=same, rung=KeepRule.NUMBER) for path in copies)
        yield FileGroup(tier=Tier.EXACT, files=(DuplicateFile(path=keeper, looks=nothing), *going))


def _by_name(path: str) -> tuple[int, str]:
    return len(path), path


_REMOVING = {Remove.BOTH, Remove.LOCAL, Remove.REMOTE}


def count_new_duplicates(
    fetched: Collection[PinId], policy: Duplicates, state: State, library: Library, source: Source
) -> int:
    """Count the duplicates among new downloads; 0 if none are removed or the count is unknown."""
    if policy.remove not in _REMOVING:
        return 0
    try:
        return _count_fetched(fetched, state.base(), library, state.fingerprints, source, policy.scope)
    except (PinplanError, OSError):  # only a hint after an apply that succeeded; the next plan reports what is wrong
        return 0


def _count_fetched(
    fetched: Collection[PinId], base: Base, library: Library, pictures: FingerprintStore, source: Source, scope: Within
) -> int:
    """How many duplicates the next plan will find among the pins just downloaded: it compares the same files in the same way.

    Reads only new files, and caches what was compared, so that the plan need not compare it again.
    """
    # Carousels have several records and take no part, as in a plan.
    slots = Counter(record.pin_id for record in base.tracked)
    files, _ = tracked_in(base, library, lambda record: record.doubtful is None)
    records = {record.path: record for record in base.tracked}
    pairs = find_duplicate_pairs(DuplicateScanRequest(files=files, source=source), pictures, silent).pairs
    edges: dict[tuple[str, str], Similarity] = {}
    candidates: dict[str, KeeperCandidate] = {}
    for pair in pairs:
        one, other = records[pair.one], records[pair.other]
        if slots[one.pin_id] == slots[other.pin_id] == 1 and _is_within(one, other, scope):
            edges[one.pin_id, other.pin_id] = pair.alike
            for record, looks in ((one, pair.one_looks), (other, pair.other_looks)):
                candidates[record.pin_id] = _candidate(record.pin_id, looks)
    groups = [
        {group.keeper.key, *(m.candidate.key for m in group.members if not m.undecided)}
        for group in groups_of(candidates, edges)
    ]
    # All but the keeper; groups without a new pin were known before.
    return sum(len(group) - 1 for group in groups if not group.isdisjoint(fetched))


def _candidate(key: str, looks: ImageQuality) -> KeeperCandidate:
    return KeeperCandidate(
        key=key, width=looks.width, height=looks.height, quality=looks.quality, damaged=looks.damaged
    )


def _is_within(one: Tracked, other: Tracked, scope: Within) -> bool:
    if scope is Within.ACCOUNT:
        return True
    same_section = scope is Within.BOARD or one.section_id == other.section_id
    return one.board_id == other.board_id and same_section


def _looks(candidate: KeeperCandidate) -> ImageQuality:
    return ImageQuality(
        width=candidate.width, height=candidate.height, quality=candidate.quality, damaged=candidate.damaged
    )


def tracked_in(
    base: Base, library: Library, wanted: Callable[[Tracked], bool]
) -> tuple[list[ScannedFiles], list[UnknownPath]]:
    """Tracked files as recorded, and those that have changed or cannot be read; missing files are in neither list."""
    files, changed = [], []
    for record in base.tracked:
        if not wanted(record):
            continue
        try:
            found = library.stat(record.path)
        except LibraryError as error:
            changed.append(UnknownPath(path=record.path, reason=error.beside(record.path)))
            continue
        if found == FileStat(record.size, record.mtime_ns):
            files.append(ScannedFiles(path=record.path, sha256=record.sha256))
        elif found is not None:
            changed.append(UnknownPath(path=record.path, reason=CHANGED))
    return files, changed


def mark_different(
    names: Sequence[str], base: Base, pictures: FingerprintStore, source: Source
) -> tuple[RelPath, RelPath]:
    """Mark two tracked files as different, also for copies that are downloaded later; returns their paths.

    Args:
        names: two pin ids, or paths in the library.
        base: what is tracked.
        pictures: where the mark is stored.
        source: reads files and takes missing fingerprints.

    Raises:
        ConfigError: a name does not match exactly one tracked file, or both names are of the same file.
        ImageRefused: a file is not an image.
        DiskRefused: a file cannot be read.
    """
    one, other = (_tracked(name, base) for name in names)
    if one.path == other.path:
        raise ConfigError([f"{one.path}: a file cannot differ from itself"])
    looks = [
        signature_of(source.fingerprinter.fingerprint(source.read(record.path), record.path)) for record in (one, other)
    ]
    pictures.mark_different(looks[0], looks[1])
    return one.path, other.path


def remember_different(pair: Pair, pictures: FingerprintStore, source: Source) -> str | None:
    """Mark the two of a planned pair as different; returns why that failed, None if it did not."""
    looks = []
    for file in (pair.expect, pair.keeper.file):
        try:
            data = source.read(file.path)
            fingerprint = source.fingerprinter.fingerprint(data, file.path)
        except (PinplanError, OSError) as error:
            return str(error)
        # Read again now: the mark must be on the pictures that the person saw in the plan.
        if hashlib.sha256(data).hexdigest() != file.sha256:
            return "one of the two files has changed since the plan"
        looks.append(signature_of(fingerprint))
    pictures.mark_different(looks[0], looks[1])
    return None


def _tracked(name: str, base: Base) -> Tracked:
    # In Unicode NFC: a name typed on macOS is decomposed.
    found = [record for record in base.tracked if name == record.pin_id or composed(name) == composed(record.path)]
    if len(found) != 1:
        problem = (
            "several tracked files have this pin id; give a path"
            if found
            else "no tracked file has this path or pin id"
        )
        raise ConfigError([f"{name}: {problem}"])
    return found[0]
