"""Paths: nothing but regular files below the root, by no spelling and through no link."""

from __future__ import annotations

import os
import socket
import unicodedata
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinplan.disk.tree import Tree, parts_of
from pinplan.errors import DiskRefused, UnsafePath
from pinplan.model.images import FileStat

PARTS = st.one_of(st.sampled_from(["", ".", "..", "a", "...", "動物", "~", "a\\b", "x" * 255, "x" * 256]), st.text())


@pytest.mark.promise("I16")
@given(st.one_of(st.text(), st.lists(PARTS, max_size=5).map("/".join)))
def test_a_path_is_refused_or_stays_below_the_root(path):
    try:
        parts = parts_of(path)
    except UnsafePath:
        return
    assert "/".join(parts) == path
    assert os.path.normpath(f"/root/{path}") == f"/root/{path}"
    assert all(0 < len(os.fsencode(part)) <= 255 and "\0" not in part for part in parts)


@pytest.mark.promise("I16")
@pytest.mark.parametrize(
    "path", ["", ".", "..", "/etc/passwd", "../x", "a/../b", "a//b", "a/", "a/./b", "a\0b", "a/" + "é" * 128, "\udcff"]
)
def test_what_could_mean_another_place_is_refused(path):
    with pytest.raises(UnsafePath):
        parts_of(path)


@pytest.mark.parametrize("path", ["a", "...", "a\\b", "Animals 動物/con", "a b/c", "é" * 127, "~", "$HOME"])
def test_ordinary_names_pass(path):
    assert "/".join(parts_of(path)) == path


def test_a_folder_is_found_however_its_accents_are_written(tmp_path):
    odd = unicodedata.normalize("NFD", "Café")
    (tmp_path / odd).mkdir()
    (tmp_path / odd / "x").write_bytes(b"four")
    with closing(Tree(tmp_path)) as tree:
        assert tree.stat("Café/x") == tree.stat(f"{odd}/x") is not None
        with tree.folder(["Café", "é"], make=True):
            pass
        assert [path.name for path in tmp_path.iterdir()] == [odd]
        (tmp_path / "Café").mkdir()
        assert tree.stat("Café/x") is None  # the very name comes first


def test_stat_tells_a_file_and_an_absent_one(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a/b").write_bytes(b"four")
    found = (tmp_path / "a/b").stat()
    with closing(Tree(tmp_path)) as tree:
        assert tree.stat("a/b") == FileStat(4, found.st_mtime_ns)
        assert tree.stat("a/c") is None
        assert tree.stat("x/y/z") is None


@pytest.mark.promise("I16")
@pytest.mark.parametrize("kind", ["fifo", "folder", "socket", "link", "dangling", "device"])
def test_only_regular_files_are_looked_at_or_opened(tmp_path, monkeypatch, kind):
    monkeypatch.chdir(tmp_path)  # names of sockets are short
    (tmp_path / "file").write_bytes(b"x")
    it = Path("it")
    with closing(socket.socket(socket.AF_UNIX)) as server:
        {
            "fifo": lambda: os.mkfifo(it),
            "folder": it.mkdir,
            "socket": lambda: server.bind("it"),
            "link": lambda: it.symlink_to("file"),
            "dangling": lambda: it.symlink_to("nowhere"),
            "device": lambda: it.symlink_to("/dev/zero"),
        }[kind]()
    with closing(Tree(tmp_path)) as tree:
        with pytest.raises(UnsafePath):
            tree.stat("it")
        with pytest.raises(UnsafePath), tree.open("it"):
            pass


@pytest.mark.promise("I16")
def test_no_folder_is_reached_through_a_link(tmp_path):
    root, adapters = tmp_path / "root", tmp_path / "outside"
    root.mkdir()
    adapters.mkdir()
    (adapters / "secret").write_bytes(b"x")
    (root / "link").symlink_to(adapters)
    with closing(Tree(root)) as tree:
        with pytest.raises(UnsafePath, match="symbolic link"):
            tree.stat("link/secret")
        with pytest.raises(UnsafePath, match="symbolic link"), tree.open("link/secret"):
            pass
        with pytest.raises(UnsafePath, match="symbolic link"), tree.parent("link/new/file", make=True):
            pass
    assert [one.name for one in adapters.iterdir()] == ["secret"]


@pytest.mark.promise("I16")
def test_a_link_swapped_in_before_a_file_is_opened_is_not_followed(tmp_path, monkeypatch):
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "library").mkdir()
    file = tmp_path / "library/file"
    file.write_bytes(b"mine")
    real = os.open

    def swap(path, *args, **kwargs):
        if path == "file":
            file.unlink()
            file.symlink_to("../secret")
        return real(path, *args, **kwargs)

    with closing(Tree(tmp_path / "library")) as tree:
        monkeypatch.setattr(os, "open", swap)
        with pytest.raises(UnsafePath, match="symbolic link"), tree.open("file"):
            pass
    assert file.is_symlink()


def test_a_file_in_the_place_of_a_folder_is_told(tmp_path):
    (tmp_path / "a").write_bytes(b"x")
    with closing(Tree(tmp_path)) as tree, pytest.raises(UnsafePath, match="no folder"):
        tree.stat("a/b")


def test_the_root_may_be_a_link_and_stays_the_same_folder(tmp_path):
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    other.mkdir()
    (one / "file").write_bytes(b"1")
    (tmp_path / "library").symlink_to(one)
    with closing(Tree(tmp_path / "library")) as tree:
        (tmp_path / "library").unlink()
        (tmp_path / "library").symlink_to(other)
        found = tree.stat("file")
    assert found is not None
    assert found.size == 1


def test_a_root_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(DiskRefused):
        Tree(tmp_path / "nothing")


def test_no_handle_is_left_open(tmp_path):
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "link").symlink_to("file")
    before = len(list(Path("/proc/self/fd").iterdir()))
    with closing(Tree(tmp_path)) as tree:
        for path in ("file", "link", "a/b", "link/x", "file/x"):
            for make in (False, True):
                try:
                    with tree.parent(path, make=make):
                        pass
                    tree.stat(path)
                except (UnsafePath, DiskRefused):
                    continue
    assert len(list(Path("/proc/self/fd").iterdir())) == before
