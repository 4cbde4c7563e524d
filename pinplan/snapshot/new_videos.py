"""Look at untracked videos that may be uploaded; those with a picture of the same name beside them are read in full."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from pinplan.errors import ImageRefused, PinplanError
from pinplan.events import Emit, Stage, Step
from pinplan.model.ids import Sha256
from pinplan.model.images import Content, FileStat
from pinplan.model.naming import stem_of
from pinplan.model.text_form import composed
from pinplan.model.videos import VideoFacts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pinplan.model.images import FileFact
    from pinplan.model.snapshots import LocalSnapshot
    from pinplan.ports import Library
    from pinplan.records.state import State


def with_video_facts(
    library: Library,
    state: State,
    local: LocalSnapshot,
    videos: Sequence[FileFact],
    pictures: Iterable[FileFact],
    most_bytes: int,
    emit: Emit,
) -> LocalSnapshot:
    """The snapshot with what is known of videos. Writes only caches.

    Args:
        library: where they are.
        state: caches digests.
        local: the snapshot.
        videos: those that may be uploaded.
        pictures: likewise, among them covers.
        most_bytes: a larger video is not read.
        emit: the listener for progress.
    """
    names = {composed(stem_of(picture.path)) for picture in pictures}
    wanted = [file for file in videos if file.size <= most_bytes]
    if not wanted:
        return local
    emit(Stage(name="inspect", total=len(wanted)))
    known = state.known_contents()
    facts: list[VideoFacts] = []
    for file in wanted:
        size, mtime_ns, content = known.get(file.path, (None, None, None))
        same = content is not None and (size, mtime_ns) == (file.size, file.mtime_ns)
        # Without a cover it is not uploaded: what else is wrong with it is told without reading all of it.
        whole = composed(stem_of(file.path)) in names
        facts.append(_facts(library, file, content.sha256 if content is not None and same else None, whole=whole))
        emit(Step(name="inspect", what=file.path))
    read = {one.path: one.sha256 for one in facts if one.sha256}
    state.remember_contents((f.path, f.size, f.mtime_ns, _content(read[f.path])) for f in wanted if f.path in read)
    return replace(local, videos=tuple(sorted(facts, key=lambda one: one.path)))


def _facts(library: Library, file: FileFact, known: Sha256 | None, *, whole: bool) -> VideoFacts:
    facts = VideoFacts(path=file.path)
    try:
        video = library.inspect_video(file.path)
        sha256 = known or (library.digest(file.path) if whole else Sha256(""))
        # Also the size and the time: a file that is being written changes while it is read.
        stat = library.stat(file.path)
    except PinplanError as error:
        return replace(facts, problem=error.reason if isinstance(error, ImageRefused) else error.beside(file.path))
    if stat != FileStat(file.size, file.mtime_ns):
        return replace(facts, problem="it changed while it was read")
    return replace(facts, sha256=sha256, video=video)


def _content(sha256: Sha256) -> Content:
    return Content(sha256=sha256, problem="it is a video")
