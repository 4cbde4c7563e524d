"""Videos: what is read of them, why they are not sent, and what of them is sent."""

from __future__ import annotations

import io
import random
from pathlib import Path

import pytest

from pinplan.formats.reading import Damaged
from pinplan.formats.videos import MAX_INDEX, Patch, ReadVideo, patched, read_video
from tests.small_videos import (
    MOTION,
    PICTURES,
    POSITIONS,
    SOUND,
    SUBTITLES,
    TONE,
    Part,
    box,
    full,
    numbers,
    video,
)

REAL = Path(__file__).parents[2] / "fixtures" / "videos" / "ffmpeg.mp4"


def read(data: bytes) -> ReadVideo:
    return read_video(io.BytesIO(data), len(data))


def sent(data: bytes, length: int = 64) -> bytes:
    """The copy without metadata, in parts of some length."""
    patches = read(data).patches
    return b"".join(patched(data[at : at + length], at, patches) for at in range(0, len(data), length))


def refused(data: bytes) -> str:
    with pytest.raises(Damaged) as raised:
        read(data)
    return raised.value.reason


def test_what_a_video_shows_of_itself():
    shown = read(video(seconds=12.34, size=(1080, 1920))).video
    assert (shown.duration_ms, shown.width, shown.height, shown.container) == (12_340, 1080, 1920, "MP4")
    turned = read(video(MOTION._replace(turned=True), size=(1920, 1080), brand=b"qt  ", version=1, wide=True)).video
    assert (turned.duration_ms, turned.width, turned.height, turned.container) == (12_000, 1080, 1920, "QuickTime")


@pytest.mark.promise("I31")
@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("index_first", [False, True])
@pytest.mark.parametrize("length", [1, 7, 64, 100_000])
def test_only_pictures_and_sound_are_sent(length, index_first, wide):
    data = video(
        MOTION,
        POSITIONS,
        TONE,
        SUBTITLES,
        index_first=index_first,
        version=int(wide),
        wide=wide,
        in_index=box(b"udta", box(b"\xa9xyz", b"SECRET")) + full(b"meta", b"SECRET") + b"\0\0\0\0",
        more=box(b"uuid", b"SECRET" * 9) + box(b"free", b"SECRET") + box(b"meta", b"SECRET") + box(b"skip"),
    )
    copy = sent(data, length)
    assert len(copy) == len(data)
    assert b"SECRET" in data
    assert b"SECRET" not in copy
    assert b"\xaa" * 4 not in copy  # times
    assert b"VEND" not in copy
    assert b"tref" not in copy
    # What is left is a video, with the same pictures and the same sound at the same places.
    assert read(copy).video == read(data).video
    for part in (MOTION, TONE):
        for sample in part.samples:
            assert copy.index(sample) == data.index(sample)
    assert sent(copy) == copy


@pytest.mark.promise("I31")
def test_what_no_track_refers_to_is_not_sent():
    data = video(MOTION, more=box(b"mdat", b"SECRET thumbnail"))
    assert b"SECRET" not in sent(data)


def test_samples_of_one_size_reach_to_what_comes_next():
    # QuickTime says 1 for samples of sound that have four bytes.
    tone = Part(b"soun", [SOUND + bytes(8)] * 6, of_one_size=True)
    data = video(MOTION, tone, POSITIONS)
    copy = sent(data)
    assert (copy.count(SOUND), copy.count(PICTURES), copy.count(b"SECRET")) == (6, 6, 0)
    # Behind the last one nothing begins.
    assert sent(video(MOTION, tone)).count(SOUND) == 6


def test_a_part_without_a_patch_is_the_same_object():
    chunk = bytes(10)
    assert patched(chunk, 100, [Patch(0, 50), Patch(200, 300)]) is chunk


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not an MP4 or QuickTime video"),
        (b"\x1aE\xdf\xa3 a WebM", "not an MP4 or QuickTime video"),
        (bytes(100), "not an MP4 or QuickTime video"),
        (box(b"ftyp", b"isom"), "no index (moov)"),
        (box(b"ftyp", b"heic") + full(b"meta"), "no index (moov)"),
        (box(b"ftyp", b"isom") + numbers(4) + b"mdat", "one of its boxes is broken"),
        (box(b"ftyp", b"isom") + numbers(0) + b"mdat", "no index (moov)"),
        (video()[:-1], "cut off"),
        (video() + b"rest", "cut off"),
        (video() + box(b"moov"), "its index is broken"),
        (video() + box(b"moof"), "fragmented"),
        (video(in_index=box(b"mvex")), "fragmented"),
        (video(seconds=0), "its length is not recorded"),
        (video(seconds=4294967.295), "its length is not recorded"),
        (video(TONE), "no pictures"),
        (video(size=(0, 0)), "no pictures"),
        (video(Part(b"vide", [])), "no pictures"),
        (box(b"ftyp", b"isom") + box(b"moov"), "its index is broken"),
        (video(MOTION._replace(elsewhere=True)), "in another file"),
        (video(*[MOTION] * 65), "more than 64 tracks"),
        (box(b"ftyp", b"isom") + box(b"free") * 10_000, "more than 10,000 boxes"),
        (box(b"ftyp", b"isom") + box(b"moov", bytes(MAX_INDEX + 1)), "its index is larger than 16 MB"),
        (video().replace(box(b"mdat"), b"")[:24] + video()[24:].replace(b"mdat", b"free", 1), "not in the file"),
    ],
)  # fmt: skip
def test_why_a_video_is_not_sent(data, reason):
    assert reason in refused(data)


@pytest.mark.parametrize("name", [b"mvhd", b"tkhd", b"mdhd", b"hdlr", b"stsc", b"stsz", b"dref", b"stco"])
def test_an_index_without_a_part_that_is_needed_is_refused(name):
    data = video().replace(name, b"xxxx")
    if name in {b"mdhd", b"stsz"}:  # its length and the sizes of its samples are known otherwise
        assert read(data).video.duration_ms == 12_000
    else:
        assert refused(data)


def test_chunks_that_do_not_add_up_are_refused():
    for wrong in (numbers(2, 2, 1), numbers(1, 2, 1) + numbers(1, 2, 1), numbers(1, 2, 1) + numbers(9, 2, 1), b""):
        data = video(MOTION)
        right = full(b"stsc", numbers(1), numbers(1, 2, 1))
        assert right in data
        # Of the same length, or longer in a box that grows with it: the table is read from the box alone.
        changed = full(b"stsc", numbers(len(wrong) // 12), wrong)[: len(right)].ljust(len(right), b"\0")
        assert refused(data.replace(right, changed))


@pytest.mark.parametrize("seed", range(8))
def test_no_bytes_are_too_wild(seed):
    dice = random.Random(seed)
    good = video(MOTION, POSITIONS, TONE)
    for _ in range(300):
        data = bytearray(good)
        for _ in range(dice.randint(1, 6)):
            at = dice.randrange(len(data))
            data[at : at + dice.choice((1, 4))] = dice.randbytes(dice.choice((1, 4)))
        try:
            patches = read(bytes(data)).patches
        except Damaged:
            continue
        assert len(patched(bytes(data), 0, patches)) == len(data)


def test_a_real_video_is_read_and_cleaned():
    data = REAL.read_bytes()
    shown = read(data).video
    assert (shown.duration_ms, shown.width, shown.height) == (4_000, 160, 120)
    assert b"SECRET" in data
    copy = sent(data)
    assert b"SECRET" not in copy
    assert read(copy).video == shown
