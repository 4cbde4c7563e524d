"""Whatever a document from outside holds, it is refused in words: never another exception (bounded fuzz of every decoder)."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinplan import documents
from pinplan.config import load_config
from pinplan.disk.marker import read_marker
from pinplan.errors import ConfigError, NotAPlan, PinplanError
from pinplan.errors.crash_report import write_report
from pinplan.model.pins import Pin
from pinplan.pinterest.api import PinterestApi
from pinplan.records.audit import read, verify
from pinplan.records.decisions_file import decode_decisions, read_decisions
from pinplan.records.plan_file import decode_plan, encode_plan, read_plan
from pinplan.records.rollback_guard import RollbackGuard
from pinplan.snapshot.saved import load_snapshots
from tests.fakes import LIBRARY_ID
from tests.worlds import LINEAGE, SmallWorld

DEEP = 100_000
SENTINEL = object()
ODD = {
    "deep arrays": b"[" * DEEP,
    "deep arrays, whole": b"[" * DEEP + b"]" * DEEP,
    "deep objects": b'{"a":' * DEEP,
    "deep in an unknown field": b'{"x":' + b"[" * DEEP + b"]" * DEEP + b"}",
    "nothing": b"",
    "zeros": b"\0" * 1000,
    "null": b"null",
    "a list": b"[]",
    "not UTF-8": b'{"format":"\xff\xfe"}',
    "a lone surrogate": b'{"format":"\\ud800"}',
    "a huge number": b'{"format":1e999,"id":1e308,"items":1e308}',
    "a number of 5,000 digits": b"9" * 5000,
    "a byte order mark": b"\xef\xbb\xbf{}",
    "two documents": b"{} {}",
}


class Bodies:
    """A session that answers with one body, whatever is asked."""

    def __init__(self, body: bytes) -> None:
        self.body = body
        self.calls = 0

    def get(self, path: str, query: object = None) -> bytes:
        return self.body


def remote(body: bytes) -> PinterestApi:
    return PinterestApi(Bodies(body), ())  # type: ignore[arg-type] # as much of a session as is asked


def plan_document() -> bytes:
    world = SmallWorld()
    world.pin(world.board("Board"))
    data = encode_plan(world.plan())
    world.close()
    return data


PLAN = plan_document()


def as_config(data: bytes, folder: Path) -> object:
    (folder / "pinplan.toml").write_bytes(data)
    return load_config(library=folder)


def as_marker(data: bytes, folder: Path) -> object:
    (folder / ".pinplan").mkdir()
    (folder / ".pinplan" / "library.json").write_bytes(data)
    return read_marker(folder)


def as_snapshots(data: bytes, folder: Path) -> object:
    for name in ("remote.json", "local.json", "base.json", "policies.json"):
        (folder / name).write_bytes(data)
    return load_snapshots(folder)


def as_note(data: bytes, folder: Path) -> object:
    path = folder / "libraries" / f"{LIBRARY_ID}.json"
    path.parent.mkdir()
    path.write_bytes(data)
    return RollbackGuard(folder, LIBRARY_ID, LINEAGE).last_seen()


READERS: dict[str, Callable[[bytes, Path], object]] = {
    "plan": lambda data, _: decode_plan(data),
    "plan with it inside": lambda data, _: decode_plan(PLAN.replace(b'"actions": [', b'"actions": [' + data, 1)),
    "decisions": lambda data, _: decode_decisions(data, decode_plan(PLAN)),
    "snapshots": as_snapshots,
    "marker": as_marker,
    "note": as_note,
    "config": as_config,
    "config value": lambda data, folder: as_config(b"[sync]\nmode = " + data, folder),
    "audit log": lambda data, _: (list(read([data])), verify([data])),
    "account": lambda data, _: remote(data).account(),
    "boards": lambda data, _: remote(data).boards(),
    "pin": lambda data, _: remote(data).pin("1"),  # type: ignore[arg-type] # an id
    "any document": lambda data, _: documents.decode_as(data, Pin),
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("odd", ODD)
def test_an_odd_document_is_refused_in_words(tmp_path, reader, odd):
    with suppress(PinplanError, msgspec.DecodeError):  # anything else fails the test
        assert READERS[reader](ODD[odd], tmp_path) is not SENTINEL


@given(st.binary(max_size=60) | st.text(alphabet='[]{}":,0123456789eE-+.null true\\ud8', max_size=60).map(str.encode))
def test_random_documents_are_refused_in_words(data):
    for reader in ("plan", "plan with it inside", "decisions", "audit log", "account", "boards", "pin", "any document"):
        with suppress(PinplanError, msgspec.DecodeError):  # anything else fails the test
            assert READERS[reader](data, Path()) is not SENTINEL


def test_what_is_odd_is_named(tmp_path):
    with pytest.raises(msgspec.DecodeError, match="nested too deeply"):
        documents.decode_as(ODD["deep in an unknown field"], Pin)
    with pytest.raises(PinplanError, match="nested too deeply"):
        decode_plan(PLAN.replace(b'"actions": [', b'"more": ' + ODD["deep arrays"] + b', "actions": [', 1))
    with pytest.raises(ConfigError, match="nested too deeply"):
        as_config(b"[sync]\nmode = " + ODD["deep arrays"], tmp_path)


def test_a_small_file_needs_little_memory():
    class Small(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            assert size is not None
            assert 0 < size <= 1 << 20  # it is reserved before a byte is read
            return super().read(size)

    assert documents.read_bounded(Small(b"{}")) == b"{}"
    assert documents.read_bounded(Small(b"x" * (3 << 20))) == b"x" * (3 << 20)


def test_a_file_without_end_is_refused_in_words_and_not_read_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(documents, "MOST_BYTES", 1 << 20)
    endless = Path("/dev/zero")
    with pytest.raises(NotAPlan, match="larger than 1 MB"):
        read_plan(endless)
    with pytest.raises(ConfigError, match="larger than 1 MB"):
        read_decisions(endless, decode_plan(PLAN))
    (tmp_path / "remote.json").symlink_to(endless)
    with pytest.raises(ConfigError, match="larger than 1 MB"):
        load_snapshots(tmp_path)
    with pytest.raises(ConfigError, match="larger than 4 MB"):
        as_config(b"#" * (5 << 20), tmp_path)


@pytest.mark.promise("I27")
def test_each_crash_has_a_report_of_its_own_that_only_its_owner_can_read(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    said = [write_report(ValueError("one")), write_report(ValueError("\ud800 two"))]
    reports = sorted(tmp_path.rglob("crash-*.txt"))
    assert len(reports) == 2
    assert all(any(str(path) in text for text in said) for path in reports)
    assert {path.stat().st_mode & 0o777 for path in reports} == {0o600}
