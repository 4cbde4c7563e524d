"""Names are the same however their accents are written."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from pinplan.model.base import Base
from pinplan.model.ids import RelPath
from pinplan.model.naming import Spellings, on_disk
from pinplan.model.text_form import composed, is_composed
from tests.fakes import LIBRARY_ID
from tests.worlds import LINEAGE, tracked

PATHS = st.lists(st.sampled_from(["Café", "Cafe", "ザ", "é", "x", "ü [1]"]), min_size=1, max_size=3).map("/".join)
FORMS = st.sampled_from(["NFC", "NFD"])


def base_of(*paths: str) -> Base:
    records = tuple(tracked(str(n), path) for n, path in enumerate(paths, 1))
    return Base(library_id=LIBRARY_ID, lineage=LINEAGE, tracked=records)


def paths_of(base: Base) -> list[str]:
    return [record.path for record in base.tracked]


@given(st.text())
def test_composing_twice_changes_nothing_more(text):
    assert is_composed(composed(text))
    assert composed(composed(text)) == composed(text)


@given(st.lists(st.tuples(PATHS, FORMS, FORMS), unique_by=lambda row: row[0]))
def test_every_record_finds_its_file_in_any_spelling(rows):
    base = base_of(*(unicodedata.normalize(recorded, path) for path, recorded, _ in rows))
    here = [unicodedata.normalize(on_it, path) for path, _, on_it in rows]
    assert paths_of(on_disk(base, here)) == here


def test_a_record_whose_own_path_is_there_keeps_it():
    one, other = "Café.jpg", unicodedata.normalize("NFD", "Café.jpg")
    assert paths_of(on_disk(base_of(one), [one, other])) == [one]
    assert paths_of(on_disk(base_of(one, other), [other])) == [one, other]
    half = unicodedata.normalize("NFD", "é") + "é"
    assert paths_of(on_disk(base_of("éé"), [half, unicodedata.normalize("NFD", half)])) == [
        "éé"
    ]  # which one is not known
    assert on_disk(base := base_of(one), [one, "x"]) is base


def test_a_new_file_goes_into_the_folders_that_are_there():
    odd = unicodedata.normalize("NFD", "Café/ü")
    spellings = Spellings([f"{odd}/x.jpg", "Ö/x.jpg", unicodedata.normalize("NFD", "Ö/y.jpg"), "y.jpg"])
    assert spellings.placed(RelPath("Café/ü/y.jpg")) == f"{odd}/y.jpg"
    assert spellings.placed(RelPath("Café/ü/new/é.jpg")) == f"{odd}/new/é.jpg"
    assert spellings.placed(RelPath("Café/z.jpg")) == f"{odd.partition('/')[0]}/z.jpg"
    assert spellings.placed(RelPath("Ö/z.jpg")) == "Ö/z.jpg"
    assert spellings.placed(RelPath("é.jpg")) == "é.jpg"
