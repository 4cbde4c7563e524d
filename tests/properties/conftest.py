"""A law proves nothing about a kind of action that its stories never brought up: such a law fails.

``@pytest.mark.meets("delete_remote", …)`` names the kinds that a law is about. They are counted where a plan holds them
(`tests.worlds.SmallWorld.plan`, `undo`), over all examples of the law.
"""

from __future__ import annotations

from collections.abc import Generator

import pytest

from tests.worlds import PLANNED


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    """Run a law, and fail it if it never met the kinds that it is about."""
    PLANNED.clear()
    yield
    wanted = [kind for mark in item.iter_markers("meets") for kind in mark.args]
    missing = [kind for kind in wanted if not PLANNED[kind]]
    assert not missing, f"never planned in any example: {', '.join(missing)}; planned were {dict(PLANNED)}"
