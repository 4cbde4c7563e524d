"""Read MP4 and QuickTime videos, and what of them is sent: the pictures and the sound, without metadata.

Both are files of boxes (ISO/IEC 14496-12; QuickTime File Format Specification). ``moov`` is the index, ``mdat`` holds the samples of all
tracks. Only boxes that are needed to play a video are kept: every other box becomes ``free``, and every byte of ``mdat`` that belongs
neither to pictures nor to sound becomes zero. So all offsets stay valid, and what is not known to be harmless is left out: positions
(``udta``, GoPro's and Apple's tracks of timed metadata), telemetry in subtitles, texts, thumbnails.

The samples are never read into memory, and an index has a limit: a crafted file costs little.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise
from struct import iter_unpack
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from pinplan.formats.boxes import each_box
from pinplan.formats.reading import CUT, Damaged, number, part
from pinplan.model.videos import Video

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

MAX_INDEX = 16 * 1024 * 1024
"""Bytes of ``moov``. A quarter of an hour with 60 pictures a second has about 2 MB."""
_MOST_BOXES, _MOST_TRACKS = 10_000, 64
_BROKEN = "its index is broken"
_PADDING = {b"free", b"skip", b"wide"}
# Box by box: only what is listed here is sent. A container lists what it may hold.
_KEPT: dict[bytes, frozenset[bytes]] = {
    b"moov": frozenset({b"mvhd", b"iods", b"trak"}),
    b"trak": frozenset({b"tkhd", b"tapt", b"edts", b"mdia"}),
    b"mdia": frozenset({b"mdhd", b"hdlr", b"minf"}),
    b"minf": frozenset({b"vmhd", b"smhd", b"hdlr", b"dinf", b"stbl"}),
    b"stbl": frozenset(
        {
            b"stsd", b"stts", b"ctts", b"cslg", b"stss", b"stps", b"sdtp", b"stsc", b"stsz", b"stz2", b"stco", b"co64",
            b"sgpd", b"sbgp", b"subs", b"padb", b"stdp",
        }
    ),
}  # fmt: skip
_SENT_TRACKS = {b"vide", b"soun"}
# Offset and length, per version, of the times at which a file and its tracks were made and changed.
_TIMES = {0: 8, 1: 16}
_HANDLER_NAME = 24
"""In a handler, behind version, two types and three numbers: a name, such as that of a camera."""
_VENDOR, _CODEC_NAME = 12, 42
"""In a sample entry: who made the encoder; and, of pictures, its name, which may be that of a camera."""
_OPEN = 1 << 63
Span = tuple[int, int]


class Patch(NamedTuple):
    """Bytes of a file that are sent otherwise; zeros where ``data`` is empty."""

    start: int
    end: int
    data: bytes = b""


class ReadVideo(NamedTuple):
    """A complete video, and what is changed in the copy that is sent without metadata, by offset."""

    video: Video
    patches: tuple[Patch, ...]


class _Box(NamedTuple):
    """A box: its name, where it begins, and the extent of its contents."""

    name: bytes
    at: int
    start: int
    end: int


class _Track(NamedTuple):
    """A track, by what its samples are; extents of its chunks: the second number is 0 where the length is not in a table."""

    kind: bytes
    size: tuple[int, int]
    chunks: tuple[Span, ...]


def read_video(file: BinaryIO, size: int) -> ReadVideo:
    """Read the structure of a video.

    Args:
        file: seekable.
        size: of the file, in bytes.

    Raises:
        Damaged: it is no video that can be sent, and why.
        OSError: it cannot be read.
    """
    boxes = list(_outermost(file, size))
    if not boxes or boxes[0].name != b"ftyp":
        raise Damaged("it is not an MP4 or QuickTime video")
    if any(box.name == b"moof" for box in boxes):
        raise _fragmented()
    index = _only(boxes, b"moov", "it has no index (moov), so it was not written to its end")
    if index.end - index.start > MAX_INDEX:
        raise Damaged(f"its index is larger than {MAX_INDEX >> 20} MB")
    moov = _read(file, index.at, index.end)
    inner = index.start - index.at, len(moov)
    tracks = [_track(moov, box) for box in _inside(moov, inner) if box.name == b"trak"]
    if len(tracks) > _MOST_TRACKS:
        raise Damaged(f"it has more than {_MOST_TRACKS} tracks")
    pictures = [track for track in tracks if track.kind == b"vide" and track.chunks and all(track.size)]
    if not pictures:
        raise Damaged("it has no pictures, only sound or other tracks" if tracks else _BROKEN)
    width, height = pictures[0].size
    # "qt  " is the brand of QuickTime files; all others are kinds of MP4.
    container = "QuickTime" if _read(file, boxes[0].start, boxes[0].end)[:4] == b"qt  " else "MP4"
    samples = [(box.start, box.end) for box in boxes if box.name == b"mdat"]
    kept = _kept(tracks)
    _check_inside(samples, kept)
    video = Video(duration_ms=_duration(moov, inner), width=width, height=height, container=container)
    dropped = [patch for box in boxes for patch in _left_out(box)]
    patches = (*dropped, Patch(index.at, index.end, _without_metadata(moov, inner)), *_gaps(samples, kept))
    return ReadVideo(video, tuple(sorted(patches)))


def patched(chunk: bytes, at: int, patches: Sequence[Patch]) -> bytes:
    """A part of a file, which begins at an offset, as it is sent."""
    end = at + len(chunk)
    # Patches are sorted and do not overlap: the last one that begins before may reach into this part.
    first = max(0, bisect_right(patches, at, key=lambda patch: patch.start) - 1)
    changed: bytearray | None = None
    for patch in patches[first:]:
        if patch.start >= end:
            break
        start, stop = max(patch.start, at), min(patch.end, end)
        if start < stop:
            changed = changed if changed is not None else bytearray(chunk)
            data = patch.data[start - patch.start : stop - patch.start] if patch.data else bytes(stop - start)
            changed[start - at : stop - at] = data
    return bytes(changed) if changed is not None else chunk


def _outermost(file: BinaryIO, size: int) -> Iterator[_Box]:
    """The boxes of the file, which reach its end exactly."""
    at = 0
    for _ in range(_MOST_BOXES):
        if at == size:
            return
        head = _read(file, at, min(at + 16, size))
        length, name, begins = number(head, 0, 4), part(head, 4, 4), 8
        if length == 1:  # the size is a 64-bit number behind the name
            length, begins = number(head, 8, 8), 16
        elif length == 0:  # up to the end of the file
            length = size - at
        if at == 0 and name != b"ftyp":
            yield _Box(name, at, at, at)
            return
        if length < begins:
            raise Damaged("one of its boxes is broken")
        if at + length > size:
            raise Damaged(CUT)
        yield _Box(name, at, at + begins, at + length)
        at += length
    raise Damaged(f"it has more than {_MOST_BOXES:,} boxes")


def _read(file: BinaryIO, start: int, end: int) -> bytes:
    file.seek(start)
    data = file.read(end - start)
    if len(data) != end - start:
        raise Damaged(CUT)
    return data


def _fragmented() -> Damaged:
    return Damaged("it is a fragmented MP4, as recorders write it; copy it into a plain one (ffmpeg -i … -c copy …)")


def _only(boxes: Iterable[_Box], name: bytes, problem: str) -> _Box:
    found = [box for box in boxes if box.name == name]
    if len(found) != 1:
        raise Damaged(_BROKEN if found else problem)
    return found[0]


def _inside(data: bytes, extent: Span) -> Iterator[_Box]:
    """The boxes in a part of the index. Raises `Damaged` if one reaches out of it."""
    at = extent[0]
    for name, start, end in each_box(data, *extent):
        if end > extent[1]:
            raise Damaged(_BROKEN)
        yield _Box(name, at, start, end)
        at = end


def _find(data: bytes, extent: Span, *path: bytes) -> Span | None:
    """The extent of the contents of a box, by the names that lead there."""
    for name in path:
        found = next((box for box in _inside(data, extent) if box.name == name), None)
        if found is None:
            return None
        extent = found.start, found.end
    return extent


def _need(data: bytes, extent: Span, *path: bytes) -> Span:
    found = _find(data, extent, *path)
    if found is None:
        raise Damaged(_BROKEN)
    return found


def _duration(moov: bytes, inner: Span) -> int:
    """The length of the video, in milliseconds."""
    if _find(moov, inner, b"mvex") is not None:
        raise _fragmented()
    start, _ = _need(moov, inner, b"mvhd")
    wide = 8 if number(moov, start, 1) == 1 else 4
    at = start + 4 + 2 * wide
    scale, duration = number(moov, at, 4), number(moov, at + 4, wide)
    if scale == 0 or duration in {0, (1 << 8 * wide) - 1}:
        raise Damaged("its length is not recorded")
    return duration * 1000 // scale


def _track(moov: bytes, box: _Box) -> _Track:
    extent = box.start, box.end
    kind = _kind_of(moov, extent)
    table = _find(moov, extent, b"mdia", b"minf", b"stbl")
    chunks = tuple(_chunks(moov, table)) if table is not None else ()
    if kind in _SENT_TRACKS:
        _check_sources(moov, extent)
    return _Track(kind, _shown_size(moov, _need(moov, extent, b"tkhd")[0]), chunks)


def _check_sources(moov: bytes, extent: Span) -> None:
    """Raises `Damaged` if samples are in another file (``dref``), whose path would be sent as well."""
    start, end = _need(moov, extent, b"mdia", b"minf", b"dinf", b"dref")
    if any(number(moov, source.start, 4) & 1 == 0 for source in _inside(moov, (start + 8, end))):
        raise Damaged("its pictures or its sound are in another file")


def _shown_size(moov: bytes, start: int) -> tuple[int, int]:
    """Width and height as shown (``tkhd``): turned if the camera was."""
    after_times = start + (4 + 32 if number(moov, start, 1) == 1 else 4 + 20)
    matrix = after_times + 8 + 8
    width, height = number(moov, matrix + 36, 4) >> 16, number(moov, matrix + 40, 4) >> 16
    straight = number(moov, matrix, 4), number(moov, matrix + 16, 4)
    return (width, height) if any(straight) else (height, width)


def _chunks(moov: bytes, table: Span) -> Iterator[Span]:
    """Offset and length of each chunk of samples; length 0 where all samples have one size, which may be nominal (QuickTime sound)."""
    offsets, sizes = _offsets(moov, table), _sizes(moov, table)
    if not sizes:
        yield from ((offset, 0) for offset in offsets)
        return
    at = 0
    for offset, count in zip(offsets, _samples_per_chunk(moov, table, len(offsets)), strict=True):
        yield offset, sum(sizes[at : at + count])
        at += count


def _offsets(moov: bytes, table: Span) -> list[int]:
    """Where each chunk begins (``stco``, ``co64``)."""
    for name, width, form in ((b"stco", 4, ">I"), (b"co64", 8, ">Q")):
        found = _find(moov, table, name)
        if found is not None:
            return _numbers(moov, found[0] + 4, width, form)
    return []


def _sizes(moov: bytes, table: Span) -> list[int]:
    """The size of each sample; empty if all have the same (``stsz``)."""
    found = _find(moov, table, b"stsz")
    if found is None or number(moov, found[0] + 4, 4) != 0:
        return []
    return _numbers(moov, found[0] + 8, 4, ">I")


def _numbers(moov: bytes, at: int, width: int, form: str) -> list[int]:
    count = number(moov, at, 4)
    return [entry[0] for entry in iter_unpack(form, part(moov, at + 4, count * width))]


def _samples_per_chunk(moov: bytes, table: Span, chunks: int) -> list[int]:
    """How many samples each chunk has (``stsc``: each entry holds until the next one begins)."""
    start, _ = _need(moov, table, b"stsc")
    entries = list(iter_unpack(">III", part(moov, start + 8, number(moov, start + 4, 4) * 12)))
    counts: list[int] = []
    # Chunks are numbered from 1; the last entry holds to the end.
    for (first, samples, _), (after, _, _) in pairwise([*entries, (chunks + 1, 0, 0)]):
        if not first == len(counts) + 1 <= after <= chunks + 1:
            raise Damaged(_BROKEN)
        counts += [samples] * (after - first)
    if len(counts) != chunks:
        raise Damaged(_BROKEN)
    return counts


def _kept(tracks: Sequence[_Track]) -> list[Span]:
    """Extents of the pictures and the sound, sorted."""
    begins = sorted({offset for track in tracks for offset, _ in track.chunks})
    kept: list[Span] = []
    for track in tracks:
        for offset, length in track.chunks if track.kind in _SENT_TRACKS else ():
            # Without a length: up to where anything else begins.
            after = bisect_right(begins, offset)
            end = offset + length if length else (begins[after] if after < len(begins) else _OPEN)
            kept.append((offset, end))
    return sorted(kept)


def _check_inside(samples: Sequence[Span], kept: Iterable[Span]) -> None:
    """Raises `Damaged` if pictures or sound are not where samples are."""
    starts = [start for start, _ in samples]
    for begin, end in kept:
        place = bisect_right(starts, begin) - 1
        if place < 0 or (end != _OPEN and end > samples[place][1]) or begin > samples[place][1]:
            raise Damaged("its index points to pictures or sound that are not in the file")


def _gaps(samples: Iterable[Span], kept: Sequence[Span]) -> Iterator[Patch]:
    """What of ``mdat`` is neither picture nor sound."""
    for start, end in samples:
        at = start
        first = max(0, bisect_right(kept, (start, 0)) - 1)
        for begin, stop in kept[first:]:
            if begin >= end:
                break
            if begin > at:
                yield Patch(at, begin)
            at = max(at, min(stop, end))
        if at < end:
            yield Patch(at, end)


def _left_out(box: _Box) -> Iterator[Patch]:
    """An outermost box that is not sent: it becomes ``free``."""
    if box.name not in {b"ftyp", b"moov", b"mdat"}:
        if box.name not in _PADDING:
            yield Patch(box.at + 4, box.at + 8, b"free")
        if box.start < box.end:
            yield Patch(box.start, box.end)


def _without_metadata(moov: bytes, inner: Span) -> bytes:
    """The index without metadata, of the same length."""
    made = bytearray(moov)
    _clean(made, moov, b"moov", inner)
    return bytes(made)


def _clean(made: bytearray, moov: bytes, name: bytes, extent: Span, kind: bytes = b"") -> None:
    """Clean a container: what it may not hold becomes ``free``. ``kind``: of the track that it is in."""
    at = extent[0]
    for box in _inside(moov, extent):
        at = box.end
        of = _kind_of(moov, (box.start, box.end)) if box.name == b"trak" else kind
        if box.name not in _KEPT[name] or (box.name == b"trak" and of not in _SENT_TRACKS):
            made[box.at + 4 : box.at + 8] = b"free"
            _zero(made, box, 0)
        elif box.name in _KEPT:
            _clean(made, moov, box.name, (box.start, box.end), of)
        elif box.name in {b"mvhd", b"tkhd", b"mdhd"}:
            _zero(made, box, 4, _TIMES.get(made[box.start], 0))
        elif box.name == b"hdlr":
            _zero(made, box, _HANDLER_NAME)
        elif box.name == b"stsd":
            for entry in _inside(moov, (box.start + 8, box.end)):
                _zero(made, entry, _VENDOR, 4)
                _zero(made, entry, _CODEC_NAME, 32 if of == b"vide" else 0)
    # A few bytes that are no box: QuickTime ends lists with a zero.
    made[at : extent[1]] = bytes(extent[1] - at)


def _kind_of(moov: bytes, track: Span) -> bytes:
    """What the samples of a track are."""
    return part(moov, _need(moov, track, b"mdia", b"hdlr")[0] + 8, 4)


def _zero(made: bytearray, box: _Box, after: int, length: int = _OPEN) -> None:
    """Make a part of the contents of a box zero."""
    start = min(box.start + after, box.end)
    stop = min(start + length, box.end)
    made[start:stop] = bytes(stop - start)
