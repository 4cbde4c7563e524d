"""Golden scenarios: a folder holds a world and the plan that it must give (fixtures/README.md)."""

from __future__ import annotations

from pathlib import Path

import pytest

from pinplan.adapters import PlanRequest
from pinplan.pipeline import decide
from pinplan.plan.document import Plan
from pinplan.records.plan_file import encode_plan
from pinplan.render.text import plan_lines
from pinplan.snapshot.saved import load_snapshots

ROOT = Path(__file__).parents[2] / "fixtures" / "scenarios"
FOLDERS = sorted(path for path in ROOT.iterdir() if path.is_dir())


def planned(folder: Path) -> Plan:
    snapshots = load_snapshots(folder)
    return decide(snapshots, PlanRequest(policies=snapshots.policies), "2026-01-01T00:00:00Z")


def test_there_are_enough_of_them():
    assert len(FOLDERS) >= 28


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_scenario(folder: Path, request: pytest.FixtureRequest):
    plan = planned(folder)
    document = encode_plan(plan)
    text = "".join(f"{line.text}\n" for line in plan_lines(plan, everything=True))
    if request.config.getoption("--golden"):
        (folder / "plan.json").write_bytes(document)
        (folder / "plan.txt").write_text(text, "utf-8")
    assert document.decode() == (folder / "plan.json").read_text("utf-8")
    assert text == (folder / "plan.txt").read_text("utf-8")
