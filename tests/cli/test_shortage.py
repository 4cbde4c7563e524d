"""A computer that refuses memory, open files or a path, and files of a newer pinplan: one sentence, never a traceback, and never called a bug or a damaged state."""

from __future__ import annotations

import errno
import os
import resource
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from pinplan.cli.common import guarded
from pinplan.cli.output import Output
from pinplan.errors.shortage import shortage_of
from pinplan.sandbox import Sandbox, World
from pinplan.sandbox.pictures import Kind, Picture
from tests.cli.terminal import PINPLAN
from tests.cli.test_cli import User

LONG = "a" * 300


@pytest.fixture
def user(tmp_path: Path) -> Iterator[User]:
    """Somebody with a library of one picture."""
    world = World()
    board = world.create_board("Nature")
    world.create_pin(board.id, (Picture(Kind.SHAPES, 1, 120, 90),), title="Lake")
    with Sandbox(world) as sandbox:
        yield User(tmp_path, sandbox).library()


def limited(user: User, kind: int, limit: int) -> subprocess.CompletedProcess[str]:
    """A plan under a limit of this process."""
    return subprocess.run(
        [PINPLAN, "plan"],
        cwd=user.pins,
        env=user.environment,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(kind, (limit, limit)),
    )


@pytest.mark.skipif(sys.platform != "linux", reason="limits of Linux")
@pytest.mark.parametrize(
    ("kind", "limits"),
    [(resource.RLIMIT_NOFILE, (5, 7, 8, 11)), (resource.RLIMIT_AS, (29_000_000, 33_000_000, 38_000_000, 50_000_000))],
    ids=["files", "memory"],
)
def test_a_limit_of_the_computer_is_neither_a_bug_nor_a_damaged_library(user, kind, limits):
    for limit in limits:
        done = limited(user, kind, limit)
        assert done.returncode in {0, 1}, (limit, done.stderr)
        assert "Traceback" not in done.stderr, (limit, done.stderr)
        for word in ("bug in pinplan", "Permission denied", "--recover"):
            assert word not in done.stderr, (limit, done.stderr)
        if kind == resource.RLIMIT_NOFILE and done.returncode:
            assert "Too many open files" in done.stderr, limit
            assert "ulimit -n" in done.stderr, limit


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ImportError("libffi.so.8: failed to map segment from shared object"), "not enough memory"),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), "not enough memory"),
        (OSError(errno.EIO, "Input/output error", "/mnt/x"), "/mnt/x: Input/output error"),
        (OSError(errno.ENFILE, "Too many open files in system"), "Too many open files in system"),
    ],
)
def test_what_the_computer_refuses_is_said_as_it_is(capfd, error, words):
    def refused() -> None:
        raise error

    assert guarded(Output(), refused) == 1
    assert f"Error: {words}\n" in capfd.readouterr().err


def test_an_import_that_fails_for_want_of_memory_is_told_by_its_cause():
    wrapped = ImportError("Unable to import required dependencies")
    wrapped.__cause__ = MemoryError()
    assert shortage_of(wrapped)
    for bug in (ImportError("No module named 'x'"), OSError(errno.EBADF, "Bad file descriptor"), ValueError("x")):
        assert shortage_of(bug) is None


@pytest.mark.parametrize(
    "words",
    [
        ("plan", "--config"),
        ("plan", "--library"),
        ("plan", "--token-file"),
        ("plan", "-o"),
        ("plan", "--from-snapshots"),
        ("plan", "--save-snapshots"),
        ("show",),
        ("show", "plan.json", "--html"),
        ("apply",),
        ("apply", "plan.json", "--decisions"),
        ("review",),
        ("diff", "plan.json"),
        ("init",),
        ("dupes", "--html"),
        ("gallery",),
        ("demo",),
        ("explain", "Nature", "--since"),
        ("sandbox", "serve", "--faults"),
    ],
)
def test_a_path_that_no_system_looks_up_is_named_and_nothing_is_done(user, words):
    (user.home / "loop").symlink_to("loop")
    for path, why in ((LONG, os.strerror(errno.ENAMETOOLONG)), (str(user.home / "loop"), os.strerror(errno.ELOOP))):
        said = user.types(*words, path, code=64)
        assert why in said, said


def test_a_path_among_other_words_is_not_called_a_bug(user):
    for words, code in ((("explain", LONG), 1), (("dupes", LONG), 1), (("post", "Nature", LONG), 64)):
        assert "File name too long" in user.types(*words, code=code)
    assert "File name too long" in user.types("plan", code=1, PINPLAN_LIBRARY=LONG)


@pytest.mark.parametrize(
    ("path", "words"),
    [("/dev/zero", "a device or a pipe"), (".", "is a folder"), ("none.toml", "no such config file")],
)
def test_a_config_that_is_no_file_is_refused_for_what_it_is(user, path, words):
    assert words in user.types("plan", "--config", path, code=64)


def test_a_device_is_no_folder(user):
    assert "name a new folder" in user.types("demo", os.devnull, code=64)
    assert "is a file; name a folder" in user.types("dupes", os.devnull, code=64)


@pytest.mark.parametrize("which", ["state.db", "library.json"])
def test_a_library_of_a_newer_pinplan_is_not_to_be_started_over(user, which):
    file = user.pins / ".pinplan" / which
    if which == "state.db":
        with closing(sqlite3.connect(file)) as db:
            db.execute("PRAGMA user_version = 99")
    else:
        file.write_text(file.read_text("utf-8").replace('"format_version": "1.0"', '"format_version": "2.0"'), "utf-8")
    for command in ("plan", "status", "verify", "history", "undo"):
        said = user.types(command, code=7)
        assert "install that version" in said
        assert "--recover" not in said
