"""A disk that refuses, a process that dies, threads that meet: every file stays whole."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path

import pytest

from pinplan.disk.library import DiskLibrary
from pinplan.errors import DiskRefused, UnsafePath
from pinplan.model.ids import RelPath
from pinplan.model.images import StagedImage
from tests.disk.samples import ACTION, RUN, files, png, staged


def test_a_file_in_the_place_of_a_folder_is_told(library, root):
    (root / "Board").write_bytes(b"a file")
    with pytest.raises(UnsafePath, match="Board: it is no folder"):
        library.place(staged(library, png()), RelPath("Board/x.png"))
    assert files(root) == {"Board": b"a file"}


FULL = """
import resource, sys
from pathlib import Path
from pinplan.disk.library import DiskLibrary
from pinplan.errors import DiskRefused
library = DiskLibrary(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
try:
    library.keep_facts("facts.json", b"x" * 5000, "run", "0001")
except DiskRefused as error:
    print("refused", error.path)
try:
    with library.stage("s") as file:
        file.write(b"x" * 5000)
except OSError as error:
    print("too large")
    library.unstage("s")
"""


@pytest.mark.promise("I14")
def test_a_full_disk_leaves_nothing_half_written(root):
    found = subprocess.run([sys.executable, "-c", FULL, str(root)], check=True, capture_output=True, text=True)
    assert found.stdout.splitlines() == ["refused .pinplan/trash/run/0001/facts.json", "too large"]
    assert [path.name for path in root.rglob("*") if path.is_file()] == ["library.json"]


@pytest.mark.promise("I14")
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EROFS, errno.EIO, errno.EDQUOT])
def test_what_the_disk_refuses_is_told_and_the_file_stays(library, root, monkeypatch, number):
    (root / "x.png").write_bytes(b"x")
    image = staged(library, png())

    def refuse(*args, **kwargs):
        raise OSError(number, os.strerror(number))

    for name in ("mkdir", "link", "rename"):
        monkeypatch.setattr(os, name, refuse)
    for change in (
        lambda: library.place(image, RelPath("Board/y.png")),
        lambda: library.move(RelPath("x.png"), RelPath("Board/y.png")),
        lambda: library.trash(RelPath("x.png"), RUN, ACTION),
        lambda: library.keep_facts("x", b"", RUN, ACTION),
    ):
        with pytest.raises(DiskRefused) as caught:
            change()
        assert (caught.value.errno, caught.value.reason) == (number, os.strerror(number))
    assert files(root) == {"x.png": b"x"}


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_folder_without_permission_to_write_is_told(library, root):
    image = staged(library, png())
    (root / "Board").mkdir(mode=0o500)
    with pytest.raises(DiskRefused) as caught:
        library.place(image, RelPath("Board/x.png"))
    assert caught.value.errno == errno.EACCES


class Crash(BaseException):
    """The process dies here."""


def crash_at(patch, point: int) -> list[str]:
    seen: list[str] = []

    def dying(name, real):
        def effect(*args, **kwargs):
            result = real(*args, **kwargs)
            seen.append(name)
            if len(seen) == point:
                raise Crash
            return result

        return effect

    for name in ("link", "unlink", "rename", "mkdir", "rmdir", "fsync"):
        patch.setattr(os, name, dying(name, getattr(os, name)))
    return seen


@pytest.mark.promise("I14")
@pytest.mark.parametrize("change", ["place", "move", "trash"])
def test_after_a_crash_at_any_effect_the_same_again_ends_in_the_same_world(root, change):
    for point in range(1, 100):
        with closing(DiskLibrary(root)) as library, pytest.MonkeyPatch.context() as patch:
            (root / "A").mkdir()
            (root / "A/x.png").write_bytes(b"x")
            image = staged(library, png())
            seen = crash_at(patch, point)
            with suppress(Crash):
                act(library, image, change)
        everywhere = [path.read_bytes() for path in root.rglob("*") if path.is_file()]
        assert b"x" in everywhere
        assert png() in everywhere
        # It may have been done already; in a run the action's check tells that before.
        with closing(DiskLibrary(root)) as library, suppress(DiskRefused):
            act(library, image, change)
        expected = {"place": {"A/x.png": b"x", "B/y.png": png()}, "move": {"B/y.png": b"x"}, "trash": {}}
        assert files(root) == expected[change]
        forget(root)
        if len(seen) < point:
            break
    assert point > 4


def act(library: DiskLibrary, image: StagedImage, change: str) -> None:
    if change == "place":
        library.place(image, RelPath("B/y.png"))
    elif change == "move":
        library.move(RelPath("A/x.png"), RelPath("B/y.png"))
    else:
        library.trash(RelPath("A/x.png"), RUN, ACTION)


def forget(root: Path) -> None:
    """Back to an empty library."""
    for path in sorted(root.rglob("*"), reverse=True):
        if path.is_dir() and path.name != ".pinplan":
            path.rmdir()
        elif path.is_file() and path.name != "library.json":
            path.unlink()


def test_threads_that_make_and_empty_the_same_folders_do_not_meet(library, root):
    names = [f"{number}.png" for number in range(8)]
    for name in names:
        (root / name).write_bytes(name.encode())

    def wander(name: str) -> None:
        for _ in range(40):
            library.move(RelPath(name), RelPath(f"A/B/{name}"))
            library.move(RelPath(f"A/B/{name}"), RelPath(f"A/{name}"))
            library.move(RelPath(f"A/{name}"), RelPath(name))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(wander, names))
    assert files(root) == {name: name.encode() for name in names}
    assert not (root / "A").exists()


def test_threads_stage_and_place_at_once(library, root):
    def one(number: int) -> None:
        image = staged(library, f"{number}".encode(), f"s{number}")
        library.place(image, RelPath(f"Board {number % 3}/Section/{number}.png"))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(120)))
    assert sorted(files(root).values()) == sorted(f"{number}".encode() for number in range(120))
