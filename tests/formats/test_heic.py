"""HEIC: decoded with pillow-heif, only named without it, and looked at again once it is there."""

import io
import sys
from pathlib import Path

import pillow_heif
import pytest

from pinplan.disk.images import inspect_bytes
from pinplan.duplicates.cache import Source
from pinplan.duplicates.find import DuplicateScanRequest, ScannedFiles, find_duplicate_pairs
from pinplan.duplicates.fingerprinter import ImageFingerprinter
from pinplan.events import silent
from pinplan.formats.decoding import decoded_formats, opened
from pinplan.model.ids import LibraryId, Lineage, RelPath, Sha256
from pinplan.model.similarity import Tier
from pinplan.records.state import create_state, open_state
from tests.duplicates.drawn import PHOTO
from tests.duplicates.drawn import saved as saved_by_pillow
from tests.fakes import digest_of

HEIC = Path(__file__).parents[2] / "fixtures" / "images" / "heif-enc.heic"


@pytest.fixture
def without(monkeypatch):
    """pillow-heif is not installed, until the function is called."""

    def install():
        monkeypatch.undo()
        decoded_formats.cache_clear()

    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    decoded_formats.cache_clear()
    yield install
    install()


def look(data):
    return inspect_bytes(data, Sha256(""))


def saved(image):
    file = io.BytesIO()
    pillow_heif.from_pillow(image).save(file, quality=90)
    return file.getvalue()


def test_what_another_program_wrote_is_whole():
    data = HEIC.read_bytes()
    content = look(data)
    assert (content.problem, content.damage, content.format) == (None, None, "HEIC")
    with opened(data, "x.heic") as image:
        image.load()
        assert image.size == (content.width, content.height)


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_a_truncated_file_is_damaged(share):
    data = HEIC.read_bytes()
    content = look(data[: int(share * len(data))])
    assert content.problem is not None
    assert content.is_broken("HEIC")


@pytest.mark.usefixtures("without")
def test_without_the_extra_it_is_named_and_no_damage():
    content = look(HEIC.read_bytes())
    assert content.problem == "it is a HEIC image, which pinplan cannot decode without pillow-heif"
    assert (content.format, content.damage) == ("HEIC", None)


def test_once_it_can_be_decoded_its_copies_are_found(without, tmp_path):
    library = {"a.jpg": saved_by_pillow(PHOTO, "JPEG", quality=90), "b.heic": saved(PHOTO)}
    create_state(tmp_path / "state.db", LibraryId("l"), Lineage("l"))
    with open_state(tmp_path / "state.db", LibraryId("l"), Lineage("l")) as state:
        before = scan(library, state.fingerprints)
        assert before.pairs == ()
        assert [unknown.path for unknown in before.faceless] == ["b.heic"]
        without()
        (pair,) = scan(library, state.fingerprints).pairs
        assert (pair.one, pair.other, pair.alike.tier) == ("a.jpg", "b.heic", Tier.CONFIRMED)


def scan(library, pictures):
    files = [ScannedFiles(path=RelPath(name), sha256=digest_of(data)) for name, data in library.items()]
    source = Source(read=library.__getitem__, fingerprinter=ImageFingerprinter())
    return find_duplicate_pairs(DuplicateScanRequest(files=files, source=source), pictures, silent)
