"""A file that cannot be read is named once in the message that says so."""

from __future__ import annotations

import errno

import pytest
from msgspec.structs import replace

from pinplan.errors import DiskRefused, ImageRefused
from pinplan.plan.document import FindingKind
from pinplan.policies.mode import Mode
from pinplan.policies.uploads import Uploads
from tests.fakes import image_bytes, video_bytes
from tests.worlds import SmallWorld


def refuse(world: SmallWorld, monkeypatch: pytest.MonkeyPatch, *methods: str) -> None:
    """From now on no file can be read in these ways."""

    def refused(path: str, *_: object) -> None:
        raise DiskRefused(path, errno.EACCES, "Permission denied")

    for method in methods:
        monkeypatch.setattr(world.library, method, refused)


def test_an_unknown_file(world, monkeypatch):
    world.pin(world.board("Board"), "One")
    world.apply()
    world.mode(Mode.PUBLISH)
    world.policies = replace(world.policies, uploads=Uploads(own_content=True))
    path = "Board/untracked.jpg"
    world.library.write(path, image_bytes("other"))
    refuse(world, monkeypatch, "inspect")
    found = [one.message for one in world.plan().findings if one.kind is FindingKind.UNKNOWN]
    assert found == ["cannot be read: Permission denied"]


@pytest.mark.parametrize(
    ("method", "paths"),
    [("upload", ("Board/new.jpg",)), ("inspect_video", ("Board/clip.jpg", "Board/clip.mp4"))],
)
def test_a_new_picture_or_video(world, monkeypatch, method, paths):
    world.pin(world.board("Board"), "One")
    world.apply()
    world.mode(Mode.PUBLISH)
    world.policies = replace(world.policies, uploads=Uploads(own_content=True))
    for path in paths:
        world.library.write(path, video_bytes("clip") if path.endswith("4") else image_bytes("new"))
    refuse(world, monkeypatch, method)
    (finding,) = [one for one in world.plan().findings if one.kind is FindingKind.CANNOT_UPLOAD]
    assert finding.path == paths[-1]
    assert finding.message.count(paths[-1].rpartition("/")[2]) <= 1
    assert "Permission denied" in finding.message
    assert f"{paths[-1]}: Permission" not in finding.message


@pytest.mark.parametrize("error", [DiskRefused("a.jpg", errno.EACCES, "no"), ImageRefused("a.jpg", "no")])
def test_a_message_beside_a_name_leaves_it_out(error):
    assert (error.beside("a.jpg"), error.beside("b.jpg")) == ("no", "a.jpg: no")
