"""The marker: without a readable one of this format nothing is ever done."""

from __future__ import annotations

import os
import stat

import pytest

from pinplan.disk.library import DiskLibrary
from pinplan.disk.marker import MARKER_PATH, Marker, find_library_above, read_marker, write_marker
from pinplan.errors import DiskRefused, MarkerMissing, MarkerUnreadable, StateDamaged
from pinplan.model.ids import LibraryId, Lineage

MARKER = Marker(library_id=LibraryId("lib"), lineage=Lineage("line"))


def test_it_reads_back_what_was_written(tmp_path):
    (tmp_path / ".pinplan").mkdir()
    write_marker(tmp_path, MARKER)
    assert read_marker(tmp_path) == MARKER
    assert stat.S_IMODE((tmp_path / MARKER_PATH).stat().st_mode) == 0o600
    assert [one.name for one in (tmp_path / ".pinplan").iterdir()] == ["library.json"]


def test_it_is_not_written_where_nothing_can_be(tmp_path):
    with pytest.raises(DiskRefused):
        write_marker(tmp_path / "nowhere", MARKER)


@pytest.mark.promise("I3")
def test_without_a_marker_there_is_no_library(tmp_path):
    with pytest.raises(MarkerMissing):
        read_marker(tmp_path)
    with pytest.raises(MarkerMissing):
        DiskLibrary(tmp_path)
    with pytest.raises(MarkerMissing):
        DiskLibrary(tmp_path / "not mounted")


@pytest.mark.promise("I3")
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b"{}",
        b'{"library_id": 5, "lineage": "l"}',
        b'{"format": "other", "format_version": "1.0", "library_id": "a", "lineage": "l"}',
        b'{"format": "pinplan.library", "format_version": "2.0", "library_id": "a", "lineage": "l"}',
    ],
)
def test_a_foreign_or_damaged_marker_is_refused(tmp_path, data):
    (tmp_path / ".pinplan").mkdir()
    (tmp_path / MARKER_PATH).write_bytes(data)
    with pytest.raises(MarkerUnreadable):
        read_marker(tmp_path)


@pytest.mark.promise("I3")
def test_every_truncation_is_refused(tmp_path):
    (tmp_path / ".pinplan").mkdir()
    write_marker(tmp_path, MARKER)
    whole = (tmp_path / MARKER_PATH).read_bytes().rstrip()
    for length in range(len(whole)):
        (tmp_path / MARKER_PATH).write_bytes(whole[:length])
        with pytest.raises(MarkerUnreadable):
            read_marker(tmp_path)


def test_a_later_minor_version_is_read(tmp_path):
    (tmp_path / ".pinplan").mkdir()
    (tmp_path / MARKER_PATH).write_bytes(
        b'{"format":"pinplan.library","format_version":"1.7","library_id":"lib","lineage":"line","new":1}'
    )
    assert read_marker(tmp_path).library_id == "lib"


@pytest.mark.promise("I3")
@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_a_marker_that_is_no_file_is_refused(tmp_path, make):
    (tmp_path / ".pinplan").mkdir()
    make(tmp_path / MARKER_PATH)
    with pytest.raises(StateDamaged):
        read_marker(tmp_path)


def test_a_library_above_is_found(tmp_path):
    below = tmp_path / "a/b"
    below.mkdir(parents=True)
    assert find_library_above(below) is None
    (tmp_path / ".pinplan").mkdir()
    write_marker(tmp_path, MARKER)
    assert find_library_above(below) == tmp_path
    assert find_library_above(tmp_path) == tmp_path
