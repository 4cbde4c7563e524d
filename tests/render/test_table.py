"""Tables line up in any script, and nothing from a pin can break out of its cell."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinplan.render.table import WIDEST, table_lines, width_of

cells = st.one_of(st.sampled_from(["動物", "🎨 Art", "שלום", "e\u0301", "\x1b[31m", "a\nb", "\u202ereversed", "x" * 200, "長い" * 60, ""]), st.text(max_size=60))  # fmt: skip
tables = st.integers(1, 4).flatmap(lambda columns: st.lists(st.tuples(*[cells] * columns), min_size=1, max_size=5))


@pytest.mark.promise("I28")
@given(tables, st.booleans())
def test_columns_begin_at_the_same_cell_in_every_row(rows, whole):
    heads = [f"H{number}" for number in range(len(rows[0]))]
    marked = [[f"{text}" for text in row] for row in rows]
    lines = list(table_lines([*heads, "|"], [[*row, "|"] for row in marked], whole=whole))
    assert len(lines) == len(rows) + 1
    assert len({width_of(line.removesuffix("|")) for line in lines if line.endswith("|")}) == 1
    assert all(line.endswith("|") for line in lines)
    for line in lines:
        assert "\x1b" not in line
        assert "\n" not in line
        assert "\u202e" not in line


@given(cells)
def test_what_is_too_long_is_cut_to_the_width_and_marked(text):
    head, row = table_lines(["H"], [[text]])
    assert width_of(row) <= WIDEST
    (_, whole) = table_lines(["H"], [[text]], whole=True)
    assert whole == row or row.endswith("…")
    assert head.startswith("H")


@given(tables, st.integers(40, 200))
def test_a_table_fits_into_the_room_that_there_is(rows, room):
    heads = [f"H{number}" for number in range(len(rows[0]))]
    assert all(width_of(line) <= max(room, 54) for line in table_lines(heads, rows, room=room))


def test_ids_are_never_cut():
    _, row = table_lines(["Id", "Title"], [["9" * 20, "t" * 90]], ids=frozenset({0}), room=40)
    assert row == f"{'9' * 20}  {'t' * 17}…"


def test_numbers_are_set_to_the_right():
    assert list(table_lines(["N", "X"], [["1", "a"], ["1,000", "b"]], right=frozenset({0}))) == [
        "    N  X",
        "    1  a",
        "1,000  b",
    ]
