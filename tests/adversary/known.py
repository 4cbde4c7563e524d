"""Invariants that are broken today, by name, with what will mend them. A run goes on behind them; a switch that nothing meets any more must go.

`python -m tests.adversary --seeds 0:2000 --strict` fails where a switch was met by no story: its fault is gone, or the stories do not reach it.
"""

from __future__ import annotations

from typing import NamedTuple


class Known(NamedTuple):
    """A switch.

    Attributes:
        name: of the invariant, with its circumstance where only that is broken; ``*`` at the end stands for every circumstance.
        mends: what will mend it.
        ends: whether a story ends where it meets it, because what comes after would only follow from it.
    """

    name: str
    mends: str
    ends: bool = True


KNOWN: tuple[Known, ...] = ()


def known(name: str, switches: tuple[Known, ...] = KNOWN) -> Known | None:
    """The switch that a broken invariant is under, if there is one."""
    return next(
        (one for one in switches if one.name == name or (one.name.endswith("*") and name.startswith(one.name[:-1]))),
        None,
    )


def without(names: str) -> tuple[Known, ...]:
    """The switches without those that are named, with commas between them; ``all`` names every one."""
    off = {name for name in names.split(",") if name}
    wrong = off - {one.name for one in KNOWN} - {"all"}
    if wrong:
        raise ValueError(
            f"there is no switch {', '.join(sorted(wrong))}; there are {', '.join(one.name for one in KNOWN)}"
        )
    return () if "all" in off else tuple(one for one in KNOWN if one.name not in off)
