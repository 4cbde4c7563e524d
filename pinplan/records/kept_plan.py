"""The last plan, if it found nothing, and the digests of what it followed from (see `pinplan.unchanged`).

A cache. Triggers of the database drop it in the transaction that changes anything else a plan follows from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from pinplan.errors import PinplanError
from pinplan.records.plan_file import decode_plan, encode_plan

if TYPE_CHECKING:
    from pinplan.plan.document import Plan
    from pinplan.records.database import Database


class KeptPlan(Struct, frozen=True, kw_only=True):
    """A plan that found nothing.

    Attributes:
        inputs: the digest of everything that it followed from, except the files.
        tree: the digest of the files.
    """

    inputs: str
    tree: str
    plan: Plan


class KeptPlanStore:
    """At most one plan."""

    def __init__(self, db: Database) -> None:
        """Use this database."""
        self._db = db

    def read(self) -> KeptPlan | None:
        """The kept plan; None if there is none, or if it is damaged. Raises `StateUnreadable`."""
        rows = self._db.rows("SELECT inputs, tree, plan FROM kept_plan")
        if not rows:
            return None
        inputs, tree, data = rows[0]
        try:
            plan = decode_plan(data if isinstance(data, bytes) else b"")
        except PinplanError:
            return None
        return KeptPlan(inputs=str(inputs), tree=str(tree), plan=plan)

    def keep(self, kept: KeptPlan) -> None:
        """Keep a plan instead of any other."""
        with self._db.transaction() as db:
            db.execute("REPLACE INTO kept_plan VALUES (1, ?, ?, ?)", (kept.inputs, kept.tree, encode_plan(kept.plan)))
