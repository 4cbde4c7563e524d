"""The library: staged, placed, moved, trashed; never over a file."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import stat
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pinplan.disk.library import DiskLibrary
from pinplan.disk.tree import parts_of
from pinplan.errors import DiskRefused, ImageRefused, UnsafePath
from pinplan.model.ids import ActionId, RelPath
from pinplan.model.images import FileStat
from tests.disk.samples import ACTION, RUN, everything, files, make_library, png, staged


def test_a_staged_image_is_hidden_until_it_is_placed(library, root):
    image = staged(library, png())
    assert library.scan() == ([], [])
    placed = library.place(image, RelPath("Board 動物/Cats/x.png"))
    assert files(root) == {"Board 動物/Cats/x.png": png()}
    assert placed == library.stat(RelPath("Board 動物/Cats/x.png"))
    assert os.listdir(root / ".pinplan/staging") == []  # noqa: PTH208 - one call says it
    [file], _ = library.scan()
    assert FileStat(file.size, file.mtime_ns) == placed


def test_a_placed_file_has_the_time_that_it_is_given(library, root):
    placed = library.place(staged(library, png()), RelPath("x.png"), 1_738_317_600 * 10**9)
    assert placed.mtime_ns == os.stat(root / "x.png").st_mtime_ns == 1_738_317_600 * 10**9  # noqa: PTH116 - in nanoseconds


def test_a_staged_image_is_measured(library):
    with library.stage("s") as file:
        file.write(png())
    size, content = library.inspect_staged("s")
    assert (size, content.width, content.height, content.format) == (len(png()), 8, 6, "PNG")
    assert content.sha256 == hashlib.sha256(png()).hexdigest()


def test_staging_again_starts_anew_and_unstaging_twice_is_fine(library):
    staged(library, b"first, and longer")
    assert staged(library, b"second").size == 6
    library.unstage("s")
    library.unstage("s")
    with pytest.raises(DiskRefused):
        library.inspect_staged("s")


def test_what_was_left_in_staging_is_cleared(library, root):
    library.clear_staging()
    staged(library, b"x", "one")
    staged(library, b"x", "two")
    library.clear_staging()
    assert everything(root / ".pinplan/staging") == []


def test_a_placed_file_has_the_permissions_that_the_user_wants(library, root):
    before = os.umask(0o027)
    try:
        library.place(staged(library, png()), RelPath("a/x.png"))
    finally:
        os.umask(before)
    assert stat.S_IMODE((root / "a/x.png").stat().st_mode) == 0o640
    assert stat.S_IMODE((root / "a").stat().st_mode) == 0o750


@pytest.mark.promise("I10")
def test_nothing_is_placed_or_moved_over_a_file(library, root):
    (root / "x.png").write_bytes(b"mine")
    (root / "y.png").write_bytes(b"other")
    image = staged(library, png())
    for change in (
        lambda: library.place(image, RelPath("x.png")),
        lambda: library.move(RelPath("y.png"), RelPath("x.png")),
    ):
        with pytest.raises(DiskRefused) as caught:
            change()
        assert caught.value.errno == errno.EEXIST
    assert files(root) == {"x.png": b"mine", "y.png": b"other"}


def test_a_move_removes_the_folders_that_it_emptied_but_not_the_root(library, root):
    (root / "a/b").mkdir(parents=True)
    (root / "a/b/x.png").write_bytes(b"x")
    moved = library.move(RelPath("a/b/x.png"), RelPath("x.png"))
    assert moved == library.stat(RelPath("x.png"))
    assert (files(root), (root / "a").exists()) == ({"x.png": b"x"}, False)
    library.trash(RelPath("x.png"), RUN, ACTION)
    assert root.exists()


def test_a_folder_with_something_else_in_it_stays(library, root):
    (root / "a/b").mkdir(parents=True)
    (root / "a/b/x.png").write_bytes(b"x")
    (root / "a/note.txt").write_bytes(b"n")
    library.move(RelPath("a/b/x.png"), RelPath("c/x.png"))
    assert files(root) == {"a/note.txt": b"n", "c/x.png": b"x"}
    assert not (root / "a/b").exists()


@pytest.mark.parametrize("names", [("a.jpg", "A.jpg"), ("a/x.jpg", "a/b/x.jpg"), ("a/b/x.jpg", "a/x.jpg")])
def test_a_move_to_a_near_place_works(library, root, names):
    (root / names[0]).parent.mkdir(parents=True, exist_ok=True)
    (root / names[0]).write_bytes(b"x")
    library.move(RelPath(names[0]), RelPath(names[1]))
    assert files(root) == {names[1]: b"x"}


@pytest.mark.parametrize("change", ["move", "trash"])
def test_a_file_that_is_not_there_is_told_by_its_name_and_nothing_is_made(library, root, change):
    before = everything(root)
    with pytest.raises(DiskRefused) as caught:
        {
            "move": lambda: library.move(RelPath("gone.png"), RelPath("new/folder/x.png")),
            "trash": lambda: library.trash(RelPath("gone.png"), RUN, ACTION),
        }[change]()
    assert (caught.value.path, caught.value.errno, everything(root)) == ("gone.png", errno.ENOENT, before)


@pytest.mark.promise("I17")
@given(data=st.binary(max_size=3000), mtime=st.integers(0, 4_000_000_000_000_000_000))
def test_the_trash_gives_back_every_byte(tmp_path_factory, data, mtime):
    root = make_library(tmp_path_factory.mktemp("library"))
    (root / "Board").mkdir()
    (root / "Board/x.jpg").write_bytes(data)
    os.utime(root / "Board/x.jpg", ns=(mtime, mtime))
    with closing(DiskLibrary(root)) as library:
        before = library.stat(RelPath("Board/x.jpg"))
        assert library.trashed(RelPath("Board/x.jpg"), RUN, ACTION) is None
        place = library.trash(RelPath("Board/x.jpg"), RUN, ACTION)
        assert place == f".pinplan/trash/{RUN}/{ACTION}/Board/x.jpg"
        assert library.stat(RelPath("Board/x.jpg")) is None
        assert library.trashed(RelPath("Board/x.jpg"), RUN, ACTION) == before
    assert (root / place).read_bytes() == data


def test_two_actions_never_meet_in_the_trash(library, root):
    for action in ("0001", "0002"):
        (root / "x.png").write_bytes(action.encode())
        library.trash(RelPath("x.png"), RUN, ActionId(action))
    assert (root / f".pinplan/trash/{RUN}/0001/x.png").read_bytes() == b"0001"
    assert (root / f".pinplan/trash/{RUN}/0002/x.png").read_bytes() == b"0002"


def test_what_is_in_the_trash_is_not_trashed_over(library, root):
    (root / "x.png").write_bytes(b"first")
    place = library.trash(RelPath("x.png"), RUN, ACTION)
    (root / "x.png").write_bytes(b"second")
    with pytest.raises(DiskRefused):
        library.trash(RelPath("x.png"), RUN, ACTION)
    assert ((root / place).read_bytes(), files(root)) == (b"first", {"x.png": b"second"})


@pytest.mark.promise("I20")
def test_what_an_action_keeps_is_there_and_replaces_an_earlier_try(library, root):
    for data in (b"first", b"second"):
        image = library.keep(staged(library, data), "1-0.png", RUN, ACTION)
        facts = library.keep_facts("1.json", data, RUN, ACTION)
        plan = library.keep_plan(data, RUN)
        assert [(root / path).read_bytes() for path in (image, facts, plan)] == [data] * 3
    assert everything(root / f".pinplan/trash/{RUN}/{ACTION}") == ["1-0.png", "1.json"]


def test_an_unreadable_root_is_refused(library, monkeypatch):
    def refuse(*args):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(DiskRefused):
        library.scan()


def test_every_path_that_it_gives_back_is_a_relative_path(library, root):
    (root / "x.png").write_bytes(b"x")
    given_back = [library.trash(RelPath("x.png"), RUN, ACTION), library.keep_plan(b"", RUN)]
    assert [parts_of(path)[0] == ".pinplan" for path in given_back] == [True, True]


# -- the trash -------------------------------------------------------------------------------------------------------


@pytest.mark.promise("I17")
def test_what_was_trashed_comes_back_with_its_time_and_the_trash_is_tidy(library, root):
    image = staged(library, png())
    stat = library.place(image, RelPath("a/b.png"))
    kept = library.trash(RelPath("a/b.png"), RUN, ACTION)
    assert [file.was for file in library.in_trash()] == ["a/b.png"]
    assert library.kept(kept).size == stat.size
    assert library.inspect_kept(kept).sha256 == image.sha256
    assert library.restore(kept, RelPath("a/b.png")) == stat
    assert files(root) == {"a/b.png": png()}
    assert library.in_trash() == []
    assert list((root / ".pinplan" / "trash").iterdir()) == []


@pytest.mark.promise("I10")
def test_nothing_is_restored_over_a_file(library, root):
    library.place(staged(library, png()), RelPath("a.png"))
    kept = library.trash(RelPath("a.png"), RUN, ACTION)
    (root / "a.png").write_bytes(b"mine")
    with pytest.raises(DiskRefused):
        library.restore(kept, RelPath("a.png"))
    assert (root / "a.png").read_bytes() == b"mine"
    assert library.kept(kept) is not None


@pytest.mark.promise("I16")
@pytest.mark.parametrize(
    "path",
    [
        "a.png",
        ".pinplan/state.db",
        ".pinplan/trash/../state.db",
        ".pinplan/trash",
        ".pinplan/trash/run/a.png",
        ".pinplan/trashed/run/1/a.png",
        "/etc/passwd",
        ".pinplan/trash/run/1/../../../../../etc/passwd",
    ],
)
def test_out_of_the_trash_means_out_of_the_trash(library, path):
    for reach in (library.kept, library.inspect_kept, library.destroy):
        with pytest.raises(UnsafePath):
            reach(RelPath(path))
    if path != "a.png":  # a file of the library may be uploaded as well
        with pytest.raises(UnsafePath):
            library.upload(RelPath(path))
    with pytest.raises(UnsafePath):
        library.restore(RelPath(path), RelPath("b.png"))


@pytest.mark.promise("I16")
def test_a_link_in_the_trash_is_not_followed(library, root, tmp_path):
    adapters = tmp_path / "outside.png"
    adapters.write_bytes(png())
    place = root / ".pinplan" / "trash" / RUN / ACTION
    place.mkdir(parents=True)
    (place / "a.png").symlink_to(adapters)
    path = RelPath(f".pinplan/trash/{RUN}/{ACTION}/a.png")
    assert library.in_trash() == []
    for reach in (library.kept, library.inspect_kept, library.upload):
        with pytest.raises(UnsafePath):
            reach(path)
    with pytest.raises(UnsafePath):
        library.restore(path, RelPath("a.png"))
    library.destroy(path)
    assert adapters.read_bytes() == png()


@pytest.mark.promise("I16")
def test_the_outbox_holds_copies_under_their_digests(library, root):
    posted = library.post(png())
    assert posted.path == f".pinplan/outbox/{hashlib.sha256(png()).hexdigest()}.png"
    assert (library.read_kept(posted.path), library.digest_kept(posted.path)) == (png(), posted.content.sha256)
    assert library.kept(posted.path) == FileStat(posted.size, posted.mtime_ns)
    assert library.upload(posted.path).data == png()
    assert [file.path for file in library.in_outbox()] == [posted.path]
    assert library.scan() == ([], [])
    assert library.in_trash() == []
    broken = library.post(png()[:40])
    assert broken.content.problem
    assert library.kept(broken.path) is None
    with pytest.raises(UnsafePath):
        library.restore(posted.path, RelPath("a.png"))
    with pytest.raises(UnsafePath):
        library.move(posted.path, RelPath("a.png"))
    with pytest.raises(UnsafePath):
        library.destroy(posted.path)
    library.unpost(posted.path)
    library.unpost(posted.path)
    assert library.in_outbox() == []


@pytest.mark.promise("I16")
@pytest.mark.parametrize(
    "path", [".pinplan/outbox/../state.db", ".pinplan/outbox", ".pinplan/outbox/a/b.png", "a.png", ".pinplan/state.db"]
)
def test_out_of_the_outbox_means_out_of_the_outbox(library, path):
    with pytest.raises(UnsafePath):
        library.unpost(RelPath(path))
    with pytest.raises(UnsafePath):
        library.read_kept(RelPath(path))


@pytest.mark.promise("I16")
def test_a_link_in_the_outbox_is_not_followed(library, root, tmp_path):
    outside = tmp_path / "outside.png"
    outside.write_bytes(png())
    posted = library.post(png())
    library.unpost(posted.path)
    (root / posted.path).symlink_to(outside)
    with pytest.raises(UnsafePath):
        library.read_kept(posted.path)
    assert library.post(png()).path == posted.path
    assert not (root / posted.path).is_symlink()
    assert outside.read_bytes() == png()


def test_an_outbox_is_empty_before_anything_is_posted(library):
    assert library.in_outbox() == []


def test_nothing_is_destroyed_twice(library):
    library.place(staged(library, png()), RelPath("a.png"))
    kept = library.trash(RelPath("a.png"), RUN, ACTION)
    library.destroy(kept)
    library.destroy(kept)
    assert library.in_trash() == []


@pytest.mark.parametrize(
    ("form", "content_type"),
    [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/png"), ("GIF", "image/png")],
)
def test_an_upload_is_jpeg_or_png_and_keeps_every_pixel(library, root, form, content_type):
    shown = Image.effect_noise((40, 30), 60).convert("RGB")
    place = root / ".pinplan" / "trash" / RUN / ACTION
    place.mkdir(parents=True)
    shown.save(place / "a", form, **({"lossless": True} if form == "WEBP" else {}))
    upload = library.upload(RelPath(f".pinplan/trash/{RUN}/{ACTION}/a"))
    assert upload.content_type == content_type
    with Image.open(place / "a") as kept, Image.open(io.BytesIO(upload.data)) as sent:
        assert kept.convert("RGB").tobytes() == sent.convert("RGB").tobytes()
    if form in {"JPEG", "PNG"}:
        assert upload.data == (place / "a").read_bytes()


def test_what_is_no_image_is_not_uploaded(library, root):
    place = root / ".pinplan" / "trash" / RUN / ACTION
    place.mkdir(parents=True)
    (place / "a").write_bytes(b"<html>")
    with pytest.raises(ImageRefused):
        library.upload(RelPath(f".pinplan/trash/{RUN}/{ACTION}/a"))


def test_a_plan_is_kept_and_read_back(library):
    assert library.kept_plan(RUN) is None
    library.keep_plan(b"plan", RUN)
    assert library.kept_plan(RUN) == b"plan"


def test_a_digest_is_that_of_the_bytes(library):
    image = staged(library, png())
    library.place(image, RelPath("a.png"))
    assert library.digest(RelPath("a.png")) == image.sha256


@pytest.mark.promise("I14")
def test_what_is_kept_again_is_never_gone_in_between(library, root, monkeypatch):
    """A death before the second copy is in place leaves the first one."""
    first = library.keep(staged(library, b"first"), "1-0.png", RUN, ACTION)
    image = staged(library, b"second")
    monkeypatch.setattr("os.rename", refuse_to_rename)
    with pytest.raises(DiskRefused):
        library.keep(image, "1-0.png", RUN, ACTION)
    assert (root / first).read_bytes() == b"first"


def refuse_to_rename(*_args: object, **_options: object) -> None:
    raise OSError(5, "Input/output error")
