"""What is changed, and by which tests it should be noticed. Whoever moves a file changes it here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[2]

MODULES = (
    "pinplan/reconcile/*.py",
    "pinplan/apply/executor.py",
    "pinplan/plan/decision_rules.py",
    "pinplan/plan/decisions.py",
)
"""The files that are changed."""

TESTS = (
    "tests/actions",
    "tests/apply",
    "tests/model",
    "tests/properties",
    "tests/reconcile",
    "tests/scenarios",
    "tests/test_one_matcher.py",
    "tests/plan",
)
"""Tests that call the core in their own process. Those that start others, and the adversary's stories, would not know that it was changed."""

SLOWEST = 6.0
"""Seconds of the processor: what takes longer when nothing is changed is left out."""

MOST = 5.0
"""Seconds of the processor: so many of the tests that run into a change are tried. Those that noticed one in this module are in front, then the quickest."""


def modules(patterns: Sequence[str], only: str = "") -> list[str]:
    """The files, from the root; those with this in their name."""
    found = sorted(path for pattern in patterns for path in ROOT.glob(pattern))
    return [name for path in found if only in (name := path.relative_to(ROOT).as_posix())]
