"""Changes that no test notices, and why that is accepted: ``survivors.toml``."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import NamedTuple

FILE = Path(__file__).with_name("survivors.toml")
PAGE = Path(__file__).parents[2] / "docs" / "tests.md"


class Accepted(NamedTuple):
    """A change that may survive.

    Attributes:
        function: where it is; with the line's text and the change it is known wherever the file moves.
        equivalent: the changed code does the same in every case that can happen; it does not count.
    """

    function: str
    line: str
    change: str
    why: str
    equivalent: bool = False

    @property
    def key(self) -> tuple[str, str, str]:
        """As `tests.mutants.operators.Mutant.key`."""
        return self.function, self.line, self.change


def accepted(path: Path = FILE) -> dict[tuple[str, str, str], Accepted]:
    """Every one of the list."""
    rows = tomllib.loads(path.read_text("utf-8"))
    found = [
        Accepted(row["function"], row["line"], change, group["why"], kind == "equivalent")
        for kind in ("equivalent", "survivor")
        for group in rows.get(kind, [])
        for row in group["where"]
        for change in row["changes"]
    ]
    return {one.key: one for one in found}


def page_with_survivors(page: str) -> str:
    """The page with the present list."""
    known = accepted().values()
    for name, equivalent in (("survivors", False), ("equivalent", True)):
        rows = [
            f"| `{one.function}` | `{_cell(one.line)}` | `{_cell(one.change)}` | {one.why} |"
            for one in known
            if one.equivalent is equivalent
        ]
        table = "\n".join(["| where | line | change | why |", "|---|---|---|---|", *(rows or ["| none | | | |"])])
        block = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        page, found = block.subn(lambda match, table=table: f"{match[1]}{table}\n{match[2]}", page)  # type: ignore[misc]
        assert found == 1, f"docs/tests.md has no place for {name}"
    return page


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("`", "'")
