"""The account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinplan.sandbox.responses import account_answer

if TYPE_CHECKING:
    from pinplan.sandbox.context import Call


async def get(call: Call) -> tuple[int, bytes]:
    """``GET /user_account``."""
    return 200, account_answer(call.world)
