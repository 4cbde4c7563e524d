"""``apply --allow free-space``, as a person types it; what it allows is tested in tests/apply/test_space.py."""

from __future__ import annotations

from tests.cli.test_looking_back import files, user  # noqa: F401 - a fixture


def test_free_space_may_be_allowed_with_a_saved_plan_and_without(user):  # noqa: F811
    user.types("init", str(user.pins), cwd=user.home)
    user.types("plan", "-o", "plan.json")
    user.types("apply", "plan.json", "--allow", "free-space")
    assert len(files(user)) > 10
    user.types("apply", "--auto-approve", "--allow", "free-space", "--allow", "unread-boards=1")
    user.types("apply", "plan.json", "--allow", "unread-boards=1", code=64)
    user.types("apply", "plan.json", "--allow", "free-room", code=64)
