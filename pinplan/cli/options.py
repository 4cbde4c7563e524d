"""``-o FILE`` and PLAN as people type them: ``-`` is standard output or standard input.

``--refresh``: how much is asked of Pinterest; shared by the commands that look at it.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from pinplan.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from pinplan.cli.common import Common
    from pinplan.plan.document import Plan
    from pinplan.snapshot.freshness import Refresh


def is_stdout(path: Path) -> bool:
    """Whether a path stands for standard output."""
    return str(path) == "-"


def is_stdin(path: Path) -> bool:
    """Whether a path stands for standard input."""
    return str(path) == "-"


def check_plan_target(common: Common, out: Path | None) -> None:
    """See, before anything is looked at, whether a plan can be written there. Raises `ConfigError`, `DiskRefused`."""
    from pinplan.records.output_file import Document, check_target

    if out is None:
        return
    if not is_stdout(out):
        check_target(out, Document.PLAN)
    elif common.out.json:
        raise ConfigError(["--json and -o - both write to standard output: use one of them"])


def read_plan_argument(path: Path) -> Plan:
    """The plan in a file, or on standard input. Raises as `pinplan.records.plan_file.read_plan`."""
    from pinplan.documents import MOST_BYTES
    from pinplan.records.plan_file import decode_plan, read_plan

    if is_stdin(path):
        return decode_plan(sys.stdin.buffer.read(MOST_BYTES + 1), "standard input")
    return read_plan(path)


WORDS = ("auto", "full", "none")

RefreshOption: TypeAlias = Annotated[
    str,
    typer.Option(
        "--refresh",
        metavar="auto|full|none",
        help="Ask Pinterest for boards that changed, for all, or for nothing (then nothing is deleted or moved).",
    ),
]


def refresh_of(text: str) -> Refresh:
    """What was asked for. Raises `ConfigError`."""
    from pinplan.snapshot.freshness import Refresh

    if text not in WORDS:
        raise ConfigError([f"--refresh {text}: expected one of {', '.join(WORDS)}"])
    return Refresh(text)
