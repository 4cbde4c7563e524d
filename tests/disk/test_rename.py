"""Renaming never replaces, and whatever cuts it off, the file is whole under its old or its new name."""

from __future__ import annotations

import errno
import os
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from pinplan.disk.rename import rename_to_free

EFFECTS = ["link", "unlink", "rename", "fsync", "open", "utime"]


class Crash(BaseException):
    """The process dies here."""


@contextmanager
def folders(*paths: Path):
    handles = [os.open(path, os.O_RDONLY) for path in paths]
    try:
        yield handles
    finally:
        for handle in handles:
            os.close(handle)


def names(folder: Path) -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in folder.iterdir()}


@pytest.fixture(params=["hard links", "no hard links", "another disk"])
def ends(request, tmp_path, monkeypatch):
    """Two folders, on one disk or two, of a kind that has hard links or not."""
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    other.mkdir()
    if request.param == "no hard links":

        def refuse(*args, **kwargs):
            raise PermissionError(errno.EPERM, "no links here")

        monkeypatch.setattr(os, "link", refuse)
    if request.param != "another disk":
        yield one, other
        return
    here = tmp_path.stat().st_dev
    disks = [Path(place) for place in ("/dev/shm", "/tmp", "/var/tmp")]
    other_disk = next((disk for disk in disks if disk.is_dir() and disk.stat().st_dev != here), None)
    if other_disk is None:
        pytest.skip("there is no second disk here")
    with tempfile.TemporaryDirectory(dir=other_disk) as elsewhere:
        yield one, Path(elsewhere)


def move(ends):
    with folders(*ends) as (one, other):
        rename_to_free((one, "a"), (other, "b"))


def test_the_file_is_the_same_afterwards(ends):
    (ends[0] / "a").write_bytes(b"content")
    os.utime(ends[0] / "a", ns=(1, 1_234_567_890_123_456_789))
    (ends[0] / "a").chmod(0o640)
    move(ends)
    found = (ends[1] / "b").stat()
    assert (names(ends[0]), names(ends[1])) == ({}, {"b": b"content"})
    assert (found.st_mtime_ns, found.st_mode & 0o777) == (1_234_567_890_123_456_789, 0o640)


@pytest.mark.promise("I10")
@pytest.mark.parametrize("there", [b"other", b"content"])
def test_a_file_that_is_there_stays(ends, there):
    (ends[1] / "b").write_bytes(there)
    os.utime(ends[1] / "b", ns=(1, 1))
    (ends[0] / "a").write_bytes(b"content")
    with pytest.raises(FileExistsError):
        move(ends)
    assert (names(ends[0]), names(ends[1])) == ({"a": b"content"}, {"b": there})


@pytest.mark.promise("I10")
def test_a_file_of_the_same_size_and_time_is_not_taken_for_a_copy(ends):
    for place, content in ((ends[0] / "a", b"content"), (ends[1] / "b", b"another")):
        place.write_bytes(content)
        os.utime(place, ns=(1, 1))
    with pytest.raises(FileExistsError):
        move(ends)
    assert (names(ends[0]), names(ends[1])) == ({"a": b"content"}, {"b": b"another"})


@pytest.mark.promise("I10")
def test_an_equal_file_on_the_same_disk_is_somebody_elses(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(b"content")
        os.utime(tmp_path / name, ns=(1, 1))
    with pytest.raises(FileExistsError):
        move((tmp_path, tmp_path))
    assert names(tmp_path) == {"a": b"content", "b": b"content"}


def test_a_link_that_is_there_stays(ends):
    (ends[1] / "b").symlink_to("nowhere")
    (ends[0] / "a").write_bytes(b"content")
    with pytest.raises(FileExistsError):
        move(ends)
    assert (ends[1] / "b").is_symlink()


def crash_at(monkeypatch, point: int, *, after: bool):
    """Die at an effect, before or after it took place; a list that tells how many there were."""
    seen: list[str] = []

    def dying(name, real):
        def effect(*args, **kwargs):
            seen.append(name)
            if len(seen) == point and not after:
                raise Crash
            result = real(*args, **kwargs)
            if len(seen) == point:
                raise Crash
            return result

        return effect

    for name in EFFECTS:
        monkeypatch.setattr(os, name, dying(name, getattr(os, name)))
    return seen


@pytest.mark.promise("I14")
@pytest.mark.parametrize("after", [False, True])
def test_a_crash_at_any_effect_leaves_the_file_whole_and_a_second_try_ends_it(ends, after):
    for point in range(1, 100):
        (ends[0] / "a").write_bytes(b"content")
        with folders(*ends) as (one, other), pytest.MonkeyPatch.context() as patch:
            seen = crash_at(patch, point, after=after)
            with suppress(Crash):
                rename_to_free((one, "a"), (other, "b"))
        assert names(ends[0]).get("a", b"content") == b"content"
        assert names(ends[1]).get("b", b"content") == b"content"
        assert "a" in names(ends[0]) or "b" in names(ends[1])
        if "a" in names(ends[0]):
            move(ends)
        assert (names(ends[0]), names(ends[1])) == ({}, {"b": b"content"})
        (ends[1] / "b").unlink()
        if len(seen) < point:
            break
    assert point > 2


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EROFS])
def test_what_the_disk_refuses_leaves_the_file_where_it_was(ends, monkeypatch, number):
    (ends[0] / "a").write_bytes(b"content")

    def refuse(*args, **kwargs):
        raise OSError(number, os.strerror(number))

    for name in ("link", "rename", "utime"):
        monkeypatch.setattr(os, name, refuse)
    with pytest.raises(OSError, match=os.strerror(number)):
        move(ends)
    assert (names(ends[0]), names(ends[1])) == ({"a": b"content"}, {})


def test_a_change_of_case_works_on_a_disk_that_ignores_case(tmp_path, monkeypatch):
    (tmp_path / "a.jpg").write_bytes(b"content")
    real_stat = os.stat

    def spelling(name, folder):
        return next((one for one in os.listdir(folder) if one.casefold() == name.casefold()), name)  # noqa: PTH208

    def link(source, target, *, src_dir_fd, dst_dir_fd, follow_symlinks):
        raise FileExistsError(errno.EEXIST, "both names lead to it")

    def stat(name, *, dir_fd, follow_symlinks):
        return real_stat(spelling(name, dir_fd), dir_fd=dir_fd, follow_symlinks=follow_symlinks)

    def unlink(name, *, dir_fd):
        raise AssertionError("the only name must not be taken away")

    for name, fake in {"link": link, "stat": stat, "unlink": unlink}.items():
        monkeypatch.setattr(os, name, fake)
    with folders(tmp_path) as [folder]:
        rename_to_free((folder, "a.jpg"), (folder, "A.JPG"))
    monkeypatch.undo()
    assert names(tmp_path) == {"A.JPG": b"content"}
