"""Find the companions of a picture: ``x.jpg.xmp`` of ``x.jpg``, and ``x.xmp`` if only one picture is named ``x``.

A video goes with its cover in the same way, ``x.mp4`` with ``x.jpg``, but only if its name has the id of the pin that moves: the film of a phone beside
its still is no part of a pin.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, TypeVar

from msgspec.structs import replace

from pinplan.actions.companions import Carrier
from pinplan.actions.pairs import Pair
from pinplan.model.ids import RelPath
from pinplan.model.naming import (
    Companion,
    is_carried,
    is_companion,
    looks_like_video,
    may_go_along,
    name_beside,
    stem_of,
)
from pinplan.model.text_form import composed
from pinplan.plan.document import Finding, FindingKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pinplan.actions import AnyAction
    from pinplan.model.images import FileFact


P = TypeVar("P", bound=Pair)


class Companions:
    """The companions in a library, by the picture that they belong to."""

    def __init__(self, files: Iterable[FileFact]) -> None:
        """Index a snapshot."""
        self._named: dict[str, list[FileFact]] = defaultdict(list)
        self._videos: dict[str, list[FileFact]] = defaultdict(list)
        self._stems: dict[str, set[str]] = defaultdict(set)
        self._paths: set[str] = set()
        found = list(files)
        for file in found:
            # One look at each path: a library has many.
            if may_go_along(file.path):
                named = self._named if is_carried(file.path) else self._videos
                named[composed(file.path.rpartition(".")[0])].append(file)
        # Most libraries have no companions: spare the second pass, which folds every path.
        for file in found if self else ():
            name = composed(file.path)
            self._paths.add(name)
            if not is_companion(file.path) and not looks_like_video(file.path):
                self._stems[composed(stem_of(file.path))].add(name)

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self._named or self._videos)

    def of(self, picture: RelPath) -> tuple[Companion, ...]:
        """The companions of a picture, even of a missing one."""
        name = composed(picture)
        stem = composed(stem_of(picture))
        found = list(self._named.get(name, ()))
        # Not if several pictures have this stem, or a file has it as its whole name: then it is unclear whose companion it is.
        if self._is_alone(name, stem):
            found += self._named.get(stem, ())
        return tuple(map(_companion, sorted(found, key=_path)))

    def videos_of(self, picture: RelPath) -> tuple[Companion, ...]:
        """The videos that a picture may be the cover of."""
        name, stem = composed(picture), composed(stem_of(picture))
        found = self._videos.get(stem, []) if self._is_alone(name, stem) else []
        return tuple(map(_companion, sorted(found, key=_path)))

    def _is_alone(self, name: str, stem: str) -> bool:
        """Whether a picture is the only one with its stem."""
        return stem != name and not self._stems.get(stem, set()) - {name} and stem not in self._paths

    def is_there(self, path: str) -> bool:
        """Whether a file has this name, in any spelling."""
        return composed(path) in self._paths


def _path(file: FileFact) -> str:
    return file.path


def _companion(file: FileFact) -> Companion:
    return Companion(path=file.path, size=file.size, mtime_ns=file.mtime_ns)


def accompanied(actions: Sequence[AnyAction], files: Iterable[FileFact]) -> tuple[list[AnyAction], list[Finding]]:
    """Attach companions to the actions that move their pictures.

    If a companion's new path is taken, the picture stays as well: once separated, nothing shows that the two belong together.
    """
    # Most plans move no picture, and most libraries have no companion: walk only over what may need it.
    companions = Companions(files if any(isinstance(one, Carrier) and one.carried() for one in actions) else ())
    if not companions:
        return list(actions), []
    made: list[AnyAction] = []
    findings: list[Finding] = []
    for action in actions:
        whole, problem = _accompanied(action, companions)
        if problem is None:
            made.append(whole)
        else:
            findings.append(problem)
    return made, findings


def _accompanied(action: AnyAction, companions: Companions) -> tuple[AnyAction, Finding | None]:
    if not isinstance(action, Carrier) or (way := action.carried()) is None:
        return action, None
    picture, target = way
    found = companions.of(picture)
    if isinstance(action, Pair):
        action = _with_those_of_the_other(action, companions)
    else:
        found += tuple(one for one in companions.videos_of(picture) if action.is_own_video(one.path))
    if not found:
        return action, None
    taken = _taken(found, picture, target, companions) if target is not None else None
    if taken is not None:
        message = f"{picture} is not moved: its companion {taken[0]} would move with it, but {taken[1]} already exists"
        return action, Finding(
            kind=FindingKind.CONFLICT, address=action.address, pin_id=action.pin_id, path=picture, message=message
        )
    return replace(action, companions=(*action.with_it, *found)), None


def _taken(
    found: Sequence[Companion], picture: RelPath, target: RelPath, companions: Companions
) -> tuple[RelPath, RelPath] | None:
    """A companion whose new path is taken by another file, and that path."""
    own = {composed(one.path) for one in found}
    for one in found:
        path = name_beside(one.path, picture, target)
        # A sibling companion moves away as well, so its place counts as free.
        if path is not None and companions.is_there(path) and composed(path) not in own:
            return one.path, path
    return None


def _with_those_of_the_other(action: P, companions: Companions) -> P:
    """Attach the other file's companions, for a swap."""
    other = action.keeper.exchange
    found = companions.of(action.keeper.file.path)
    if not other or not found:
        return action
    return replace(action, keeper=replace(action.keeper, exchange=replace(other, companions=found)))
