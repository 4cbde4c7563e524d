"""File names: safe on every disk, and read back without a database."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinplan.config import template_problem
from pinplan.disk.tree import parts_of
from pinplan.model.naming import cut_bytes, fold, recogniser, render_path, safe_part
from pinplan.policies.bundle import DEFAULT_TEMPLATE

NASTY = st.text() | st.sampled_from(
    ["..", ".", "con", "CON.txt", "a/b", "\\", "nul", "x. ", " x", "\u202e", "\x00", "🐸" * 90, "e\u0301"]
)
FIELDS = st.fixed_dictionaries(
    {
        "board": NASTY.map(safe_part),
        "section": st.just("") | NASTY.map(safe_part),
        "title": NASTY,
        "pin_id": st.integers(1, 10**20).map(str),
        "slot": st.sampled_from(["", "-1", "-5"]),
        "ext": st.sampled_from([".jpg", ".webp"]),
    }
)


@given(NASTY)
def test_a_part_is_safe_on_every_disk(text):
    part = safe_part(text)
    assert part
    assert part == unicodedata.normalize("NFC", part)
    assert not set('<>:"/\\|?*') & set(part)
    assert not part.startswith(".")
    assert part == part.strip(" ")
    assert not part.endswith(".")
    assert not {unicodedata.category(c) for c in part} & {"Cc", "Cs", "Zl", "Zp"}
    assert part.partition(".")[0].lower() not in {"con", "prn", "aux", "nul", "com1", "lpt9"}
    assert safe_part(part) == part


@pytest.mark.promise("I16")
@given(FIELDS)
def test_a_path_stays_inside_the_library_and_says_which_pin(fields):
    path = render_path(DEFAULT_TEMPLATE, fields)
    parts = parts_of(path)
    assert len(parts) == (3 if fields["section"] else 2)
    assert all(len(part.encode()) <= 255 for part in parts)
    assert parts[0] != ".pinplan"
    slot = int(fields["slot"].lstrip("-") or 0)
    assert recogniser(DEFAULT_TEMPLATE)(path) == (fields["pin_id"], slot)


@given(st.text(), st.integers(0, 40))
def test_a_cut_is_a_beginning_that_fits(text, limit):
    try:
        whole = text.encode()
    except UnicodeEncodeError:
        return
    cut = cut_bytes(text, limit)
    assert len(cut.encode()) <= max(limit, 0) or cut == text
    assert text.startswith(cut)
    assert (len(whole) <= limit) <= (cut == text)


@pytest.mark.parametrize(
    "template", ["{pin_id}{slot}{ext}", "{board}/{pin_id}{slot} {title}{ext}", "{title} ({pin_id}){slot}{ext}"]
)
@given(fields=FIELDS)
def test_other_templates_are_read_back_too(template, fields):
    assert template_problem(template) == ""
    found = recogniser(template)(render_path(template, fields))
    assert found == (fields["pin_id"], int(fields["slot"].lstrip("-") or 0))


@pytest.mark.parametrize(
    "template",
    [
        "{title}{pin_id}{slot}{ext}", "{pin_id} {title}{slot}{ext}", "{pin_id}{slot}{title}{ext}", "no{pin_id}{slot}{ext}",
        "{pin_id}{ext}", "{pin_id}{slot}", "../{pin_id}{slot}{ext}", "/{pin_id}{slot}{ext}", "{pin_id!r}{slot}{ext}", "{x}", "{",
        "{board}//{pin_id}{slot}{ext}", "{pin_id}/{slot}{ext}", ".{pin_id}{slot}{ext}",
    ],
)  # fmt: skip
def test_templates_that_could_be_read_back_wrongly_are_refused(template):
    assert template_problem(template) != ""


@pytest.mark.parametrize("name", ["holiday.jpg", "[abc].jpg", "Title [123]", "[123]-x.jpg", "123.jpg"])
def test_other_files_are_not_taken_for_pins(name):
    assert recogniser(DEFAULT_TEMPLATE)(name) is None


@given(st.text())
def test_names_that_differ_in_case_fold_alike(text):
    assert fold(text) == fold(fold(text))
    assert fold("É") == fold("é") == fold("e\u0301")
