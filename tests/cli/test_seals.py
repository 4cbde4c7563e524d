"""Plans made on this computer, and plans from elsewhere, as a user meets them."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from pinplan.records.plan_file import decode_plan, encode_plan, read_plan, with_digest
from tests.cli.terminal import at_a_terminal
from tests.cli.test_cli import User, user

__all__ = ["user"]


def deletes(user: User, *words: str) -> Path:
    """A saved plan that deletes a pin."""
    user.library()
    min((user.pins / "Recipes").iterdir()).unlink()
    user.types("plan", "--mode", "two-way", "-o", "plan.json", *words)
    return user.pins / "plan.json"


def unseal(path: Path) -> str:
    """The plan as an older pinplan, or one elsewhere, would have made it; its digest."""
    plan = msgspec.structs.replace(read_plan(path), seal=msgspec.UNSET)
    path.write_bytes(encode_plan(plan))
    return plan.digest


@pytest.mark.promise("I11")
def test_a_plan_made_here_is_applied_and_one_from_elsewhere_waits_for_its_digest(user):
    path = deletes(user)
    assert read_plan(path).seal
    pins = len(user.sandbox.world.pins)
    other = str(user.home / "another user")
    said = user.types("apply", "plan.json", code=8, HOME=other)
    assert "was not made on this computer, or was edited since" in said
    assert "--expect-digest DIGEST" in said
    digest = unseal(path)
    user.types("apply", "plan.json", "--auto-approve", code=8)
    user.types("apply", "plan.json", "--expect-digest", "sha256:0", code=4)
    assert len(user.sandbox.world.pins) == pins
    user.types("apply", "plan.json", "--expect-digest", digest)
    assert len(user.sandbox.world.pins) == pins - 1
    kept = max((user.pins / ".pinplan" / "plans").iterdir(), key=lambda one: one.stat().st_mtime_ns)
    assert kept.read_bytes() == path.read_bytes()


@pytest.mark.promise("I11")
def test_an_edited_plan_with_the_right_digest_waits_as_well(user):
    path = deletes(user)
    document = json.loads(path.read_bytes())
    document["allow"] = {"remote-deletes": 1000}
    edited = with_digest(msgspec.convert(document, type(read_plan(path))))
    path.write_bytes(encode_plan(edited))
    assert decode_plan(path.read_bytes()).seal
    user.types("apply", "plan.json", code=8)


@pytest.mark.promise("I11")
def test_a_plan_cannot_escape_the_decisions_that_its_own_config_asks_for(user):
    strict = user.home / "strict.toml"
    strict.write_text('[apply]\nrequire_decisions = ["delete_remote"]\n')
    deletes(user, "--config", str(strict), "--library", str(user.pins))
    said = user.types("apply", "plan.json", code=8)
    assert "waits for a decision (delete_remote)" in said


def test_undo_and_trash_restore_are_sealed(user):
    user.library()
    user.types("undo", "-o", "undo.json", "--allow", "local-deletes=1000")
    assert read_plan(user.pins / "undo.json").seal
    user.types("apply", "undo.json")
    name = next(
        path.name for path in (user.pins / ".pinplan" / "trash").rglob("*") if path.suffix.lower() in {".jpg", ".png"}
    )
    user.types("trash", "restore", f"*{name[:4]}*", "-o", "restore.json")
    assert read_plan(user.pins / "restore.json").seal


def answering(user: User, answer: str) -> tuple[int, str]:
    return at_a_terminal(["apply", "plan.json"], user.pins, user.environment, f"{answer}\n")


def test_at_a_terminal_it_is_shown_and_asked_about(user):
    unseal(deletes(user))
    pins = len(user.sandbox.world.pins)
    code, said = answering(user, "yes")
    assert (code, 'Type "delete 1 pin" to continue' in said, "Plan: " in said) == (8, True, True), said
    assert len(user.sandbox.world.pins) == pins
    code, said = answering(user, "delete 1 pin")
    assert (code, len(user.sandbox.world.pins)) == (0, pins - 1), said
    assert "typed answer" in (user.pins / ".pinplan" / "audit.jsonl").read_text()
