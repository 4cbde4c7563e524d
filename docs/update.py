"""Bring the generated parts up to date: the output of ``pinplan demo`` in README.md, the tests in docs/promises.md, the tables in docs/tests.md."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.adversary.page import PAGE as TESTS
from tests.adversary.page import page_with_tables
from tests.mutants.survivors import page_with_survivors
from tests.promises import PAGE, named_by_tests, page_with

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"(```\n)── Now both sides.*?(\n```)", re.DOTALL)
LONGEST = 118


def demo() -> str:
    """The second half of the story, its long lines cut."""
    with tempfile.TemporaryDirectory() as home:
        command = [str(Path(sys.executable).with_name("pinplan")), "demo", str(Path(home) / "demo")]
        told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    half = told[told.index("── Now both sides") : told.index("The whole story took")].rstrip()
    return "\n".join(line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…" for line in half.splitlines())


def main() -> None:
    """Write README.md, docs/promises.md and docs/tests.md anew."""
    path = ROOT / "README.md"
    text, found = BLOCK.subn(lambda match: match[1] + demo() + match[2], path.read_text("utf-8"))
    if found != 1:
        sys.exit("README.md has no place for the output of the demo")
    path.write_text(text, "utf-8")
    PAGE.write_text(page_with(named_by_tests(), PAGE.read_text("utf-8")), "utf-8")
    TESTS.write_text(page_with_survivors(page_with_tables(TESTS.read_text("utf-8"))), "utf-8")


if __name__ == "__main__":
    main()
