"""``pinplan diff``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pinplan.cli.common import Common, command
from pinplan.errors import ConfigError


@command
def diff(
    *,
    common: Common,
    old: Annotated[Path, typer.Argument(metavar="OLD", help="A plan file; - for standard input.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="The plan file to compare it with; - likewise.")],
    detailed_exitcode: Annotated[bool, typer.Option("--detailed-exitcode", help="Exit 2 if the plans differ.")] = False,
    show_all: Annotated[bool, typer.Option("--all", help="Show every difference.")] = False,
) -> int:
    """Compare two saved plans.

    Actions are matched by kind, pin and slot, findings by kind and pin, checks by name: + only in NEW, - only in OLD,
    ~ in both, but not the same. To compare the library with Pinterest: pinplan plan.
    """
    from pinplan.cli.exits import CHANGES, DONE
    from pinplan.cli.options import is_stdin, read_plan_argument
    from pinplan.plan.diff import compare_plans
    from pinplan.render.diff_text import diff_lines

    if is_stdin(old) and is_stdin(new):
        raise ConfigError(["OLD and NEW cannot both be -: standard input holds one plan"])
    found = compare_plans(read_plan_argument(old), read_plan_argument(new))
    if common.out.json:
        common.out.document(found)
    else:
        common.out.lines(diff_lines(found, everything=show_all))
    return CHANGES if detailed_exitcode and found.differs else DONE
