"""`pinplan diff`, typed as a user types it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import jsonschema
import pytest

from tests.cli.terminal import PINPLAN, ROOT
from tests.cli.test_cli import User, user  # noqa: F401 - a fixture

OLD = ROOT / "fixtures" / "plans" / "v1"


@pytest.fixture
def compared(user: User) -> User:  # noqa: F811
    """A library with two plans: before a file was removed, and after that."""
    user.library()
    first, second, *_ = sorted(path for path in user.pins.rglob("*.jpg") if ".pinplan" not in path.parts)
    first.unlink()
    user.types("plan", "--mode", "mirror", "-o", "old.json")
    second.unlink()
    user.types("plan", "--mode", "mirror", "-o", "new.json")
    return user


def test_what_is_new_and_what_went_is_told(compared):
    said = compared.types("diff", "old.json", "new.json")
    (added,) = [line for line in said.splitlines() if line.startswith("  + ")]
    assert added.startswith("  + Download: ")
    assert "Diff: actions: 1 added, 0 removed, 0 changed; findings: 0 added, 0 removed, 0 changed; checks: " in said
    assert "\n  ~ everything-changed\n      figure: 0/74 → 0/73\n" in said
    back = compared.types("diff", "new.json", "old.json")
    assert f"  - {added[4:]}" in back
    assert "No differences." in compared.types("diff", "new.json", "new.json")


def test_a_plan_may_come_on_standard_input(compared):
    data = (compared.pins / "new.json").read_text("utf-8")
    said = compared.types("diff", "old.json", "new.json")
    for words in (("diff", "old.json", "-"), ("diff", "-", "new.json")):
        given = data if words[2] == "-" else (compared.pins / "old.json").read_text("utf-8")
        done = subprocess.run(
            [PINPLAN, *words],
            cwd=compared.pins,
            env=compared.environment,
            input=given,
            stdout=-1,
            text=True,
            check=True,
        )
        assert done.stdout == said
    assert "standard input holds one plan" in compared.types("diff", "-", "-", code=64)


def test_the_exit_code_tells_if_it_is_asked_to(compared):
    compared.types("diff", "old.json", "new.json")
    compared.types("diff", "old.json", "new.json", "--detailed-exitcode", code=2)
    compared.types("diff", "old.json", "old.json", "--detailed-exitcode")
    compared.types("diff", "old.json", "new.json", "--json", "--detailed-exitcode", code=2)


def test_the_document_fits_its_schema_and_holds_whole_actions(compared):
    found = json.loads(compared.types("diff", "old.json", "new.json", "--json"))
    jsonschema.validate(found, json.loads(compared.types("schema", "diff")))
    plan = json.loads((compared.pins / "new.json").read_text("utf-8"))
    (added,) = found["actions"]["added"]
    assert added in plan["actions"]
    assert found["new"]["digest"] == plan["digest"]


@pytest.mark.promise("I11")
def test_bad_files_are_refused_as_by_show(user, tmp_path):  # noqa: F811
    good = str(OLD / "mirror.json")
    edited, text, newer = tmp_path / "edited.json", tmp_path / "text.json", tmp_path / "newer.json"
    edited.write_text(Path(good).read_text("utf-8").replace('"removed_locally"', '"new_pin"'), "utf-8")
    text.write_text("hello")
    newer.write_text('{"format": "pinplan.plan", "format_version": "9.0"}')
    for bad, code in ((edited, 4), (text, 4), (newer, 4), (tmp_path / "nothing.json", 64)):
        shown = user.types("show", str(bad), code=code)
        assert user.types("diff", good, str(bad), code=code) == shown
        assert user.types("diff", str(bad), good, code=code) == shown


def test_plans_of_every_format_are_compared_without_a_library(user):  # noqa: F811
    for one in sorted(OLD.iterdir()):
        for other in sorted(OLD.iterdir()):
            code = 0 if one == other else 2
            user.types("diff", str(one), str(other), "--detailed-exitcode", PINPLAN_ACCESS_TOKEN=None, code=code)
