"""The page's script and styles as files to read: what holds without Node.js, which `make script` needs."""

from __future__ import annotations

from pathlib import Path

import pytest

from pinplan.review.page.document import SCRIPTS, STYLES
from tests import page_types

ROOT = Path(__file__).parents[2]
ASSETS = sorted(path for path in (ROOT / "pinplan").glob("**/assets/*") if path.suffix in {".js", ".css", ".j2"})
TYPES = sorted((ROOT / "pinplan").glob("**/types/*.d.ts"))


def test_every_script_and_style_is_part_of_the_page():
    there = [path.name for path in ASSETS if path.is_relative_to(ROOT / "pinplan" / "review")]
    assert sorted([*SCRIPTS, *STYLES, "page.html.j2"]) == there


@pytest.mark.parametrize("path", [*ASSETS, *TYPES], ids=lambda path: path.name)
def test_no_asset_has_a_line_over_120_columns(path):
    lines = path.read_text("utf-8").splitlines()
    assert [(number, line) for number, line in enumerate(lines, 1) if len(line) > 120] == []


def test_the_types_of_the_page_model_are_those_of_the_structs():
    assert page_types.FILE.read_text("utf-8") == page_types.declarations(), "model.d.ts is not up to date: make docs"
