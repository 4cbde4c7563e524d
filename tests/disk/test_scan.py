"""The scan: every regular file once, in order; what cannot be looked at is unknown, never absent."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinplan.disk.scan import MAX_DEPTH, scan, tree_of
from pinplan.disk.tree import file_stat
from pinplan.model.file_tree import FileTree

NAMES = st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=20).filter(
    lambda name: name not in {".", "..", ".pinplan", "pinplan.toml"}
)


def by_scan(root: Path):
    handle = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        return scan(handle)
    finally:
        os.close(handle)


def by_tree(root: Path):
    handle = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        tree = tree_of(handle)
    finally:
        os.close(handle)
    digest, files = tree.digest(), tree.drain()
    assert FileTree.of(files).digest() == digest
    return files, tree.unknown


in_both_ways = pytest.mark.parametrize("looked_at", [by_scan, by_tree])


def look(root: Path):
    """A scan; the tree in little memory must have found the same."""
    found = by_scan(root)
    assert by_tree(root) == found
    return found


@given(st.dictionaries(st.tuples(NAMES, NAMES, NAMES), st.integers(0, 50), max_size=12))
def test_it_finds_what_is_there_sorted_by_path(tree):
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for (board, section, name), size in tree.items():
            place = root / board / section
            place.mkdir(parents=True, exist_ok=True)
            (place / name).write_bytes(b"x" * size)
        files, unknown = look(root)
    assert [(file.path, file.size) for file in files] == sorted(("/".join(key), size) for key, size in tree.items())
    assert unknown == []


def test_size_and_time_are_those_of_the_file(tmp_path):
    (tmp_path / "a").write_bytes(b"12345")
    os.utime(tmp_path / "a", ns=(1, 1_700_000_000_123_456_789))
    [file], _ = look(tmp_path)
    assert (file.path, file.size, file.mtime_ns, file.content) == ("a", 5, 1_700_000_000_123_456_789, None)


@pytest.mark.parametrize("seconds", [16_738_272_000, 253_402_300_799, -16_738_272_000])
def test_a_time_that_no_state_can_store_is_the_nearest_one(tmp_path, seconds):
    path = tmp_path / "a"
    path.write_bytes(b"12345")
    try:
        os.utime(path, (seconds, seconds))
    except (OSError, OverflowError):
        pytest.skip("this disk has no such time")
    [file], _ = look(tmp_path)
    assert -(1 << 63) <= file.mtime_ns < 1 << 63
    assert file_stat(path.stat(), "a").mtime_ns == file.mtime_ns


def test_pinplans_own_files_are_left_out_in_the_root_only(tmp_path):
    (tmp_path / ".pinplan/trash").mkdir(parents=True)
    (tmp_path / ".pinplan/trash/x.jpg").touch()
    (tmp_path / "pinplan.toml").touch()
    (tmp_path / "a").mkdir()
    (tmp_path / "a/pinplan.toml").touch()
    assert ([file.path for file in look(tmp_path)[0]], look(tmp_path)[1]) == (["a/pinplan.toml"], [])


@pytest.mark.promise("I16")
def test_links_and_special_files_are_unknown_and_never_followed(tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/secret.jpg").touch()
    (root / "folder").symlink_to(tmp_path / "outside")
    (root / "file").symlink_to(tmp_path / "outside/secret.jpg")
    (root / "loop").symlink_to("loop")
    os.mkfifo(root / "pipe")
    files, unknown = look(root)
    assert files == []
    link = "it is a symbolic link"
    assert [(one.path, one.reason, one.is_folder) for one in unknown] == [
        ("file", link, False),
        ("folder", link, True),
        ("loop", link, False),
        ("pipe", "it is no regular file", False),
    ]


@pytest.mark.promise("I16")
@in_both_ways
def test_a_link_swapped_in_before_a_folder_is_entered_is_not_followed(tmp_path, monkeypatch, looked_at):
    root, adapters = tmp_path / "root", tmp_path / "outside"
    (root / "a").mkdir(parents=True)
    adapters.mkdir()
    (adapters / "secret.jpg").touch()
    real = os.open

    def swap(path, *args, **kwargs):
        if path == "a":
            (root / "a").rmdir()
            (root / "a").symlink_to(adapters)
        return real(path, *args, **kwargs)

    monkeypatch.setattr(os, "open", swap)
    files, unknown = looked_at(root)
    assert (files, [one.path for one in unknown]) == ([], ["a"])


def test_another_library_inside_is_unknown(tmp_path):
    (tmp_path / "old/.pinplan").mkdir(parents=True)
    (tmp_path / "old/.pinplan/library.json").touch()
    (tmp_path / "old/x.jpg").touch()
    files, unknown = look(tmp_path)
    assert files == []
    assert [(one.path, one.reason, one.is_folder) for one in unknown] == [("old", "another library", True)]


def test_a_name_that_is_not_utf8_is_unknown(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / os.fsdecode(b"a/caf\xe9.jpg")).touch()
    (tmp_path / os.fsdecode(b"dir\xff")).mkdir()
    (tmp_path / os.fsdecode(b"dir\xff/below.jpg")).touch()
    files, unknown = look(tmp_path)
    assert files == []
    assert [(one.path, one.is_folder) for one in unknown] == [("a/caf\\xe9.jpg", False), ("dir\\xff", True)]


@pytest.mark.promise("I2")
@pytest.mark.parametrize("number", [errno.EACCES, errno.EIO, errno.ELOOP, errno.ENAMETOOLONG, errno.ENOTDIR])
def test_a_folder_that_cannot_be_opened_is_unknown(tmp_path, monkeypatch, number):
    for name in ("a", "b", "c"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.jpg").touch()
    real = os.open

    def refuse(path, *args, **kwargs):
        if path == "b":
            raise OSError(number, os.strerror(number))
        return real(path, *args, **kwargs)

    monkeypatch.setattr(os, "open", refuse)
    files, unknown = look(tmp_path)
    assert [file.path for file in files] == ["a/x.jpg", "c/x.jpg"]
    assert [(one.path, one.reason, one.is_folder) for one in unknown] == [("b", os.strerror(number), True)]


@pytest.mark.promise("I2")
@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_folder_without_permission_is_unknown(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a/x.jpg").touch()
    (tmp_path / "a").chmod(0)
    try:
        files, unknown = look(tmp_path)
    finally:
        (tmp_path / "a").chmod(0o700)
    assert (files, [one.path for one in unknown]) == ([], ["a"])


@pytest.mark.promise("I2")
@in_both_ways
def test_a_folder_whose_list_breaks_off_is_unknown(tmp_path, monkeypatch, looked_at):
    (tmp_path / "a").mkdir()
    (tmp_path / "a/x.jpg").touch()
    real, opened = os.scandir, []

    def broken(handle):
        opened.append(handle)
        if len(opened) == 2:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return real(handle)

    monkeypatch.setattr(os, "scandir", broken)
    _, unknown = looked_at(tmp_path)
    assert [one.path for one in unknown] == ["a"]


@in_both_ways
def test_too_many_open_files_is_nobodys_folder(tmp_path, monkeypatch, looked_at):
    (tmp_path / "a").mkdir()
    real = os.open

    def refuse(path, *args, **kwargs):
        if path == "a":
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        return real(path, *args, **kwargs)

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(OSError, match="Too many open files"):
        looked_at(tmp_path)


@pytest.mark.promise("I2")
def test_very_deep_folders_are_unknown(tmp_path):
    # Made and removed from inside: the whole path is longer than a path may be.
    handles = [os.open(tmp_path, os.O_RDONLY)]
    for _ in range(MAX_DEPTH + 20):
        os.mkdir("d" * 50, dir_fd=handles[-1])
        handles.append(os.open("d" * 50, os.O_RDONLY, dir_fd=handles[-1]))
    files, unknown = look(tmp_path)
    assert files == []
    [one] = unknown
    assert one.path.count("/") == MAX_DEPTH
    for handle in reversed(handles):
        if handle != handles[-1]:
            os.rmdir("d" * 50, dir_fd=handle)
        os.close(handle)


def test_the_scan_does_not_load_pillow():
    code = "import sys, pinplan.disk.library; sys.exit('PIL' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
