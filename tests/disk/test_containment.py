"""Nothing outside the library is read or changed: by no path, no name, and no link whenever it is put there."""

from __future__ import annotations

import hashlib
import os
import shutil
from contextlib import closing, suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinplan.disk.library import DiskLibrary
from pinplan.errors import LibraryError, UnsafePath
from pinplan.model.ids import ActionId, RelPath, RunId, Sha256
from pinplan.model.images import Content, StagedImage
from tests.disk.samples import ACTION, RUN, everything, make_library, png, staged

OUTSIDE = [
    "",
    "..",
    "../x",
    "/etc/x",
    "a/../../x",
    "a/./x",
    "a//x",
    "x\0",
    ".pinplan/state.db",
    ".PINPLAN/x",
    ".pinplan",
]


@pytest.mark.promise("I16")
@pytest.mark.parametrize("path", OUTSIDE)
def test_no_path_leads_outside_or_into_pinplans_own_folder(library, root, path):
    (root / "x.png").write_bytes(b"x")
    image = staged(library, png())
    before = everything(root.parent)
    crafted = RelPath(path)
    for change in (
        lambda: library.stat(crafted),
        lambda: library.inspect(crafted),
        lambda: library.place(image, crafted),
        lambda: library.move(crafted, RelPath("y.png")),
        lambda: library.move(RelPath("x.png"), crafted),
        lambda: library.trash(crafted, RUN, ACTION),
    ):
        with pytest.raises(UnsafePath):
            change()
    assert everything(root.parent) == before


@pytest.mark.promise("I16")
@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../x", "/x", "x\0"])
def test_names_of_what_is_staged_or_kept_are_single_parts(library, root, name):
    before = everything(root.parent)
    image = StagedImage(name=name, url="", size=1, sha256=Sha256(""), width=1, height=1, format="PNG")
    for change in (
        lambda: library.stage(name),
        lambda: library.unstage(name),
        lambda: library.inspect_staged(name),
        lambda: library.place(image, RelPath("x.png")),
        lambda: library.keep_facts(name, b"", RUN, ACTION),
        lambda: library.keep_facts("x", b"", RunId("../.."), ACTION),
        lambda: library.keep_facts("x", b"", RUN, ActionId("../../../..")),
        lambda: library.keep_plan(b"", RunId("../x")),
    ):
        with pytest.raises(UnsafePath):
            change()
    assert everything(root.parent) == before


@pytest.mark.promise("I16")
@given(
    path=st.lists(st.sampled_from(["", ".", "..", "a", "link", "file", "pipe", ".pinplan", "x"]), max_size=5).map(
        "/".join
    )
)
def test_whatever_the_path_nothing_outside_changes(tmp_path_factory, path):
    parent = tmp_path_factory.mktemp("parent")
    root, adapters = parent / "library", parent / "outside"
    make_library(root)
    adapters.mkdir()
    (adapters / "x").write_bytes(b"secret")
    (root / "link").symlink_to(adapters)
    (root / "file").write_bytes(b"f")
    os.mkfifo(root / "pipe")
    with closing(DiskLibrary(root)) as library:
        image = staged(library, png())
        for change in (
            lambda: library.place(image, RelPath(path)),
            lambda: library.move(RelPath(path), RelPath("a/y")),
            lambda: library.trash(RelPath(path), RUN, ACTION),
        ):
            try:
                change()
            except LibraryError:
                continue
    assert everything(adapters) == ["x"]
    assert (adapters / "x").read_bytes() == b"secret"
    assert {one.name for one in parent.iterdir()} == {"library", "outside"}


@pytest.mark.promise("I16")
@pytest.mark.parametrize("change", ["place", "move", "trash", "inspect", "stat"])
def test_a_folder_replaced_by_a_link_during_the_run_leads_nowhere(library, root, tmp_path, change):
    adapters = tmp_path / "outside"
    adapters.mkdir()
    (adapters / "x.png").write_bytes(b"secret")
    (root / "Board").mkdir()
    (root / "Board/x.png").write_bytes(b"mine")
    (root / "y.png").write_bytes(b"y")
    image = staged(library, png())
    assert library.stat(RelPath("Board/x.png")) is not None
    (root / "Board").rename(root / "aside")
    (root / "Board").symlink_to(adapters)
    with pytest.raises(UnsafePath):
        {
            "place": lambda: library.place(image, RelPath("Board/new.png")),
            "move": lambda: library.move(RelPath("y.png"), RelPath("Board/new.png")),
            "trash": lambda: library.trash(RelPath("Board/x.png"), RUN, ACTION),
            "inspect": lambda: library.inspect(RelPath("Board/x.png")),
            "stat": lambda: library.stat(RelPath("Board/x.png")),
        }[change]()
    assert everything(adapters) == ["x.png"]
    assert (adapters / "x.png").read_bytes() == b"secret"


@pytest.mark.promise("I16")
@pytest.mark.parametrize("folder", [".pinplan/staging", ".pinplan/trash", ".pinplan/plans"])
def test_pinplans_own_folders_replaced_by_links_lead_nowhere(library, root, tmp_path, folder):
    adapters = tmp_path / "outside"
    adapters.mkdir()
    (adapters / "s").write_bytes(b"secret")
    (root / "x.png").write_bytes(b"x")
    (root / folder).symlink_to(adapters)
    changes = {
        ".pinplan/staging": [
            lambda: library.stage("s"),
            lambda: library.unstage("s"),
            lambda: library.inspect_staged("s"),
            library.clear_staging,
        ],
        ".pinplan/trash": [
            lambda: library.trash(RelPath("x.png"), RUN, ACTION),
            lambda: library.keep_facts("s", b"", RUN, ACTION),
        ],
        ".pinplan/plans": [lambda: library.keep_plan(b"", RUN)],
    }
    for change in changes[folder]:
        with pytest.raises(UnsafePath):
            change()
    assert everything(adapters) == ["s"]
    assert (adapters / "s").read_bytes() == b"secret"


@pytest.mark.promise("I16")
@pytest.mark.parametrize("change", ["place", "move", "trash", "inspect"])
def test_a_link_swapped_in_at_any_moment_leads_nowhere(library, root, tmp_path, change):
    adapters = tmp_path / "outside"
    for point in range(1, 200):
        (adapters / "A").mkdir(parents=True)
        (adapters / "A/x.png").write_bytes(b"secret")
        (root / "Board/A").mkdir(parents=True)
        (root / "Board/A/x.png").write_bytes(b"mine")
        (root / "y.png").write_bytes(b"y")
        image = staged(library, png())
        with pytest.MonkeyPatch.context() as patch:
            seen = swap_at(patch, point, root, adapters)
            with suppress(LibraryError):
                {
                    "place": lambda: library.place(image, RelPath("Board/A/new.png")),  # noqa: B023 - called at once
                    "move": lambda: library.move(RelPath("y.png"), RelPath("Board/A/new.png")),
                    "trash": lambda: library.trash(RelPath("Board/A/x.png"), RUN, ACTION),
                    "inspect": lambda: unlike_the_secret(library.inspect(RelPath("Board/A/x.png"))),
                }[change]()
        assert (everything(adapters), (adapters / "A/x.png").read_bytes()) == (["A", "A/x.png"], b"secret")
        for folder in (adapters, root / "Board", root / "aside", root / f".pinplan/trash/{RUN}"):
            folder.unlink() if folder.is_symlink() else shutil.rmtree(folder, ignore_errors=True)
        if len(seen) < point:
            break
    assert point > 4


def swap_at(patch, point: int, root: Path, adapters: Path) -> list[str]:
    """Put a link in the place of a folder just before a call of the operating system; the list tells which there were."""
    seen: list[str] = []

    def swapping(name, real):
        def call(*args, **kwargs):
            seen.append(name)
            if len(seen) == point:
                with suppress(FileNotFoundError):  # trashing its only file has removed it
                    (root / "Board").rename(root / "aside")
                (root / "Board").symlink_to(adapters)
            return real(*args, **kwargs)

        return call

    for name in ("open", "mkdir", "link", "stat", "unlink", "rmdir"):
        patch.setattr(os, name, swapping(name, getattr(os, name)))
    return seen


def unlike_the_secret(content: Content) -> None:
    assert content.sha256 != hashlib.sha256(b"secret").hexdigest()
