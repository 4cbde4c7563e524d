"""The page about the adversary says what it has."""

from __future__ import annotations

from tests.adversary.page import PAGE, page_with_tables


def test_the_tables_of_the_page_are_up_to_date():
    page = PAGE.read_text("utf-8")
    assert page == page_with_tables(page), "docs/tests.md is not up to date: make docs"
