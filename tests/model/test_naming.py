"""File names: safe on every disk, and read back without a database."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinplan.config import template_problem
from pinplan.disk.tree import parts_of
from pinplan.model.naming import cut_bytes, cut_title, recogniser, render_path, safe_part, title_in
from pinplan.model.text_form import fold
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
        "created_at": st.sampled_from(["", "2025-01-31T23:59:00Z", "0001-01-01T00:00:00Z", "yesterday"]),
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
    assert len(f"{parts[-1]}.json".encode()) <= 255  # a companion's name fits as well
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
    "template",
    [
        "{pin_id}{slot}{ext}", "{board}/{pin_id}{slot} {title}{ext}", "{title} ({pin_id}){slot}{ext}", "{title} {pin_id}{slot}{ext}",
        "{board}/{created_at:%Y}/{created_at:%Y-%m-%d} {title:.40} [{pin_id}]{slot}{ext}", "{created_at:%Y%m%d} {pin_id}{slot}{ext}",
    ],
)  # fmt: skip
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
        "{board}//{pin_id}{slot}{ext}", "{pin_id}/{slot}{ext}", ".{pin_id}{slot}{ext}", "{} [{pin_id}]{slot}{ext}",
        "{created_at:%Y/%m} [{pin_id}]{slot}{ext}", "{created_at:%B} [{pin_id}]{slot}{ext}", "{created_at:%-d} [{pin_id}]{slot}{ext}",
        "{title:.0} [{pin_id}]{slot}{ext}", "{title:40} [{pin_id}]{slot}{ext}", "{title:.4{pin_id}} [{pin_id}]{slot}{ext}",
        "{board:.4}/[{pin_id}]{slot}{ext}", "[{pin_id:>9}]{slot}{ext}",
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


# -- fields with a format --------------------------------------------------------------------------------------------


def path_of(template, **fields):
    given = {"board": "Board", "section": "", "title": "", "pin_id": "501", "slot": "", "ext": ".jpg", "created_at": ""}
    return render_path(template, {**given, **fields})


def test_a_date_is_written_as_the_template_says_and_is_empty_where_there_is_none():
    template = "{created_at:%Y}/{created_at:%Y-%m-%d} {title} [{pin_id}]{slot}{ext}"
    assert path_of(template, created_at="2025-01-31T23:59:00Z", title="x") == "2025/2025-01-31 x [501].jpg"
    assert path_of(template, created_at="2025-01-31T23:59:00-05:00") == "2025/2025-02-01 [501].jpg"
    assert path_of(template) == path_of(template, created_at="soon") == "[501].jpg"
    assert path_of("{created_at} [{pin_id}]{slot}{ext}", created_at="2025-01-31T00:00:00Z") == "2025-01-31 [501].jpg"


def test_a_title_is_cut_where_the_template_says():
    template = "{title:.5} [{pin_id}]{slot}{ext}"
    assert path_of(template, title="short") == "short [501].jpg"
    assert path_of(template, title="four and more") == "four [501].jpg"
    assert path_of(template, title="12. 4 6") == "12. 4 [501].jpg"
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
    assert path_of(template, title=f"ab {family}") == "ab [501].jpg"
    assert path_of(template, title="abcdx\u0323\u0302y") == "abcd [501].jpg"
    assert path_of(template, title="Cre\u0300me brûlée") == "Crème [501].jpg"


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("Cat [501].jpg", "Cat"), ("Cat 501-2.jpg", "Cat"), ("[501].jpg", ""), ("501 Cat.jpg", ""), ("Cat [501] [501].jpg", "Cat"),
        ("Cat.jpg", "Cat.jpg"),
    ],
)  # fmt: skip
def test_the_title_in_a_name_stands_before_the_pin_id(name, title):
    assert title_in(name, "501") == title


@given(st.text(min_size=1), st.integers(1, 60))
def test_a_cut_title_is_a_beginning_of_at_most_so_many_characters(title, characters):
    cut = cut_title(title, characters)
    assert len(cut) <= characters or len(unicodedata.normalize("NFC", title)) <= characters
    assert unicodedata.normalize("NFC", title).startswith(cut)
