"""Commands that only look: in a library that cannot be written, and beside a running apply."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pinplan.wiring.open_library import locked
from tests.cli.test_cli import User
from tests.cli.test_looking_back import files, user  # noqa: F401 - a fixture


def looks(user: User) -> list[tuple[str, ...]]:  # noqa: F811
    picture = next(name for name in sorted(files(user)) if name.endswith(".jpg"))
    return [
        ("status",),
        ("history",),
        ("explain", picture),
        ("trash", "list"),
        ("audit", "verify"),
        ("audit", "show"),
        ("verify", "--offline"),
        ("verify",),
        ("find", "Picture"),
        ("dupes",),
        ("gallery", "../gallery"),
    ]


def everything(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def read_only(user: User) -> Iterator[User]:  # noqa: F811
    """The same library, on a file system where nothing can be written."""
    user.library()
    writable = user.pins.rename(user.home / "writable")
    user.pins.mkdir()
    mount = ["mount", "--bind", str(writable), str(user.pins)]
    try:
        done = subprocess.run(mount, capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("mount is not there")
    if done.returncode:
        pytest.skip("file systems cannot be mounted here")
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", str(user.pins)], check=True)
        yield user
    finally:
        subprocess.run(["umount", str(user.pins)], check=True)


def test_a_read_only_library_can_be_looked_at(read_only):
    before = everything(read_only.pins)
    for words in looks(read_only):
        read_only.types(*words)
    assert (read_only.home / "gallery" / "index.html").is_file()
    assert everything(read_only.pins) == before


@pytest.mark.promise("I26")
def test_a_snapshot_of_an_earlier_state_can_be_looked_at_and_says_so(read_only):
    later = read_only.home / "later"
    shutil.copytree(read_only.pins, later)
    read_only.sandbox.world.delete_pin(read_only.sandbox.world.pins_of("Nature 自然")[0].id)
    read_only.types("apply", "--auto-approve", "--library", str(later), cwd=read_only.home)
    read_only.types("plan", "-o", "p.json", "--mode", "mirror", "--library", str(later), cwd=read_only.home)
    read_only.types("apply", "p.json", "--library", str(later), cwd=read_only.home)
    assert "Earlier:  " in read_only.types("status")
    assert "an older state" in json.loads(read_only.types("status", "--json"))["earlier"]
    for words in looks(read_only):
        if words not in {("audit", "verify"), ("verify",)}:
            read_only.types(*words)
    said = read_only.types("audit", "verify", code=7)
    assert "valid records" in said
    assert "may just be older" in said
    assert "audit restart" not in said  # nothing can be begun where nothing can be written
    writable = read_only.home / "writable"
    assert "an older state" in read_only.types("status", "--library", str(writable), cwd=read_only.home, code=7)


@pytest.mark.parametrize("words", [("init", "--recover", "."), ("gallery",), ("audit", "restart"), ("trash", "empty")])
def test_what_would_write_to_a_read_only_library_says_so(read_only, words):
    assert "Read-only file system" in read_only.types(*words, code=1)


def test_a_read_only_library_is_never_applied_to(read_only):
    read_only.types("plan", code=1)
    read_only.types("apply", "--auto-approve", code=1)
    read_only.types("undo", code=1)
    assert not [method for method, _ in read_only.sandbox.requests if method != "GET"]


def test_a_log_that_was_not_yet_written_back_is_read_too(read_only):
    """What a killed process left in state.db-wal belongs to the state."""
    said = read_only.types("status")
    own = read_only.home / "writable" / ".pinplan"
    db = sqlite3.connect(own / "state.db", isolation_level=None)
    db.execute("PRAGMA wal_autocheckpoint = 0")
    db.execute("DELETE FROM tracked")
    kept = {name: (own / name).read_bytes() for name in ("state.db", "state.db-wal")}
    db.close()
    (own / "state.db").write_bytes(kept["state.db"])
    (own / "state.db-wal").write_bytes(kept["state.db-wal"])
    assert kept["state.db-wal"]
    assert read_only.types("status") != said


def test_beside_a_running_apply_everything_that_only_reads_works(user):  # noqa: F811
    user.library()
    with locked(user.pins, "apply"):
        before = (user.pins / ".pinplan" / "lock").read_bytes()
        user.types("plan", code=11)
        for words in looks(user):
            user.types(*words)
        assert (user.pins / ".pinplan" / "lock").read_bytes() == before
