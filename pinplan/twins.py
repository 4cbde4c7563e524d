"""Groups of files that show the same picture, for a person to look at: of a library, or of any folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from pinplan.dedupe.facts import RECIPE, Fingerprint
from pinplan.dedupe.groups import groups_of
from pinplan.dedupe.keeper import Candidate
from pinplan.errors import ConfigError, PinplanError
from pinplan.model.alike import Alike, Looks, Tier
from pinplan.model.snapshots import UnknownPath
from pinplan.policies.duplicates import DEFAULT_ORDER, Rung
from pinplan.snapshot.alike import AlikeRequest, LookedAt, take_alike

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pinplan.actions import Dedupe
    from pinplan.actions.base import ExpectFile
    from pinplan.events import Emit
    from pinplan.model.base import Base, Tracked
    from pinplan.model.ids import RelPath
    from pinplan.records.state import State
    from pinplan.snapshot.alike import Faces


class TwinFile(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A file of a group; without ``alike`` it is the one that would stay."""

    path: str
    looks: Looks
    alike: Alike | None = None
    rung: Rung | None = None


class TwinGroup(Struct, frozen=True, kw_only=True):
    """Files that show the same picture, the one that would stay first."""

    tier: Tier
    files: tuple[TwinFile, ...]


class TwinReport(Struct, frozen=True, kw_only=True):
    """What was found.

    Attributes:
        looked_at: number of files.
        faceless: files that cannot be compared, and why.
    """

    looked_at: int
    groups: tuple[TwinGroup, ...]
    faceless: tuple[UnknownPath, ...]


def twins_in(
    files: Sequence[LookedAt],
    state: State,
    faces: Faces,
    read: Callable[[RelPath], bytes],
    emit: Emit,
    *,
    tiers: frozenset[Tier],
    order: Sequence[Rung] = DEFAULT_ORDER,
    mirrored: bool = False,
) -> TwinReport:
    """Look which of some files show the same picture; changes nothing but the cache of fingerprints."""
    found = take_alike(AlikeRequest(files=files, faces=faces, read=read, tiers=tiers, mirrored=mirrored), state, emit)
    edges = {(str(pair.one), str(pair.other)): pair.alike for pair in found.pairs}
    looks = {
        path: seen
        for pair in found.pairs
        for path, seen in ((pair.one, pair.one_looks), (pair.other, pair.other_looks))
    }
    candidates = {
        str(path): Candidate(key=path, width=seen.width, height=seen.height, quality=seen.quality)
        for path, seen in looks.items()
    }
    groups = [
        TwinGroup(
            tier=max((member.alike.tier for member in group.members), key=list(Tier).index),
            files=(
                TwinFile(path=group.keeper.key, looks=_looks(group.keeper)),
                *(
                    TwinFile(path=m.candidate.key, looks=_looks(m.candidate), alike=m.alike, rung=m.rung)
                    for m in group.members
                ),
            ),
        )
        for group in groups_of(candidates, edges, order)
    ]
    return TwinReport(looked_at=len(files), groups=tuple(groups), faceless=found.faceless)


def _looks(candidate: Candidate) -> Looks:
    return Looks(width=candidate.width, height=candidate.height, quality=candidate.quality)


def mark_different(
    names: Sequence[str], base: Base, state: State, faces: Faces, read: Callable[[RelPath], bytes]
) -> tuple[str, str]:
    """Remember that two tracked files are no duplicates, however often they are fetched again; their paths.

    Args:
        names: two pin ids, or paths in the library.
        base: what is tracked.
        state: where the verdict is kept.
        faces: takes fingerprints that are not known yet.
        read: gives the bytes of a file.

    Raises:
        ConfigError: a name is not that of exactly one tracked file, or both are the same.
        ImageRefused: a file is no image.
    """
    one, other = (_tracked(name, base) for name in names)
    if one.path == other.path:
        raise ConfigError([f"{one.path}: it cannot differ from itself"])
    looks = [_face(record, state, faces, read).pdq for record in (one, other)]
    state.pictures.mark_different(looks[0], looks[1])
    return one.path, other.path


def remember_different(pair: Dedupe, state: State, faces: Faces, read: Callable[[RelPath], bytes]) -> str | None:
    """Remember that the two of a planned pair are no duplicates; why that cannot be done, None if it was."""
    try:
        one, other = (_face(file, state, faces, read) for file in (pair.expect, pair.keeper.file))
    except (PinplanError, OSError) as error:
        return str(error)
    if (one.sha256, other.sha256) != (pair.expect.sha256, pair.keeper.file.sha256):
        return "one of the two files has changed since the plan"
    state.pictures.mark_different(one.pdq, other.pdq)
    return None


def _tracked(name: str, base: Base) -> Tracked:
    found = [record for record in base.tracked if name in {record.path, record.pin_id}]
    if len(found) != 1:
        problem = "more than one tracked file has this pin id; name a path" if found else "no tracked file is called so"
        raise ConfigError([f"{name}: {problem}"])
    return found[0]


def _face(record: Tracked | ExpectFile, state: State, faces: Faces, read: Callable[[RelPath], bytes]) -> Fingerprint:
    import msgspec  # noqa: PLC0415 - one name of it

    known = state.pictures.face(record.sha256, RECIPE)
    if known is not None:
        return msgspec.msgpack.decode(known, type=Fingerprint)
    return faces.fingerprint(read(record.path), record.path)
