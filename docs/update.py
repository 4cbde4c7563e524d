"""Update what is generated: parts of README.md and of pages in docs, and the types of the page's data in model.d.ts."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests import page_types
from tests.adversary.page import PAGE as TESTS
from tests.adversary.page import page_with_tables
from tests.cli.terminal import installed
from tests.mutants.survivors import page_with_survivors
from tests.promises import PAGE, named_by_tests, page_with
from tests.readme import PAGE as README
from tests.readme import page_with_plan

WALKTHROUGH = Path(__file__).with_name("walkthrough.md")
BLOCK = re.compile(r"(```\n)── Now both sides.*?(\n```)", re.DOTALL)
RUN = re.compile(r"Run \d{8}T\d{6}Z-[0-9a-f]+")
LONGEST = 118


def demo() -> str:
    """The second half of the story, its long lines cut."""
    with tempfile.TemporaryDirectory() as home:
        command = [str(Path(sys.executable).with_name("pinplan")), "demo", str(Path(home) / "demo")]
        told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    half = told[told.index("── Now both sides") : told.index("Demo finished in")].rstrip()
    return "\n".join(line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…" for line in half.splitlines())


def walkthrough(page: str) -> str:
    """The page with the present output of the demo; the page as it is where nothing but the ids of runs would change."""
    text, found = BLOCK.subn(lambda match: match[1] + demo() + match[2], page)
    if found != 1:
        sys.exit(f"{WALKTHROUGH.name} has no place for the output of the demo")
    return page if RUN.sub("", text) == RUN.sub("", page) else text


def readme(page: str) -> str:
    """The page with the present output of its first plan."""
    with tempfile.TemporaryDirectory() as home:
        return page_with_plan(page, Path(home), installed)


def main() -> None:
    """Write README.md, docs/walkthrough.md, docs/promises.md, docs/tests.md and the types of the page's data."""
    README.write_text(readme(README.read_text("utf-8")), "utf-8")
    WALKTHROUGH.write_text(walkthrough(WALKTHROUGH.read_text("utf-8")), "utf-8")
    PAGE.write_text(page_with(named_by_tests(), PAGE.read_text("utf-8")), "utf-8")
    page_types.FILE.write_text(page_types.declarations(), "utf-8")
    TESTS.write_text(page_with_survivors(page_with_tables(TESTS.read_text("utf-8"))), "utf-8")


if __name__ == "__main__":
    main()
