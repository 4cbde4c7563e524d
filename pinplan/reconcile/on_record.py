"""Check the actions of a plan against the records of the base (I10: untracked files and pins stay). Pure.

In a plan made by pinplan they always match. But a plan is a file that can come from anywhere: an apply never moves, replaces or
deletes anything on the word of the plan alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from pinplan.model.naming import name_beside
from pinplan.model.text_form import composed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from pinplan.actions import AnyAction
    from pinplan.actions.provisions import Claim
    from pinplan.actions.receipts import Receipt
    from pinplan.model.base import Tracked
    from pinplan.model.ids import PinId


def records_before(tracked: Iterable[Tracked], done: Sequence[tuple[AnyAction, Receipt]]) -> tuple[Tracked, ...]:
    """The records of the base when a run began.

    Args:
        tracked: the present records.
        done: what the run did so far, in order. Each of these was checked against the base before it was done.
    """
    found = {(record.pin_id, record.slot): record for record in tracked}
    # Backwards: each step replaces what an action recorded by what it found.
    for action, receipt in reversed(done):
        for put in receipt.puts:
            found.pop((put.pin_id, put.slot), None)
        found |= {(record.pin_id, record.slot): record for record in action.records()}
    return tuple(found.values())


class OnRecord:
    """The records of the base when a run began."""

    def __init__(self, records: Sequence[Tracked], created: Collection[PinId] = ()) -> None:
        """Index the records; ``created`` are pins that pinplan created itself, of which the base need not have a file."""
        self.records = records
        self._by_image = {(record.pin_id, record.slot): record for record in records}
        self._by_path = {(record.pin_id, composed(record.path)): record for record in records}
        self._paths = {composed(record.path) for record in records}
        self._of_pin: dict[PinId, set[int]] = {}
        for record in records:
            self._of_pin.setdefault(record.pin_id, set()).add(record.slot)
        self._created = created

    def why_not(self, action: AnyAction) -> str | None:
        """Why the base contradicts an action; None if it matches, or the action only adds."""
        return action.misfit() or self._records(action) or self._claims(action) or self._pins(action)

    def _records(self, action: AnyAction) -> str | None:
        """Require the plan's records to match the base: their fields are written back to it."""
        for record in action.records():
            found = self._by_image.get((record.pin_id, record.slot))
            if found is None or not (_same(found, record) or _at_home(found, record, action)):
                return f"the library does not track {record.path} as the plan says"
        return None

    def _claims(self, action: AnyAction) -> str | None:
        claims = action.claims()
        for claim in claims:
            found = self._by_path.get((claim.pin_id, composed(claim.path))) or self._homeless(claim, action)
            if found is None or found.sha256 != claim.sha256 or claim.slot not in {None, found.slot}:
                return f"the library does not track {claim.path} as a file of pin {claim.pin_id}"
        for path in action.untracked():
            if composed(path) in self._paths:
                return f"the library already tracks {path}"
        paths = [*(claim.path for claim in claims), *action.untracked()]
        for path in action.affected_paths():
            # A companion has no record of its own: its name must tie it to a claimed picture.
            if path not in paths and not any(name_beside(path, picture, picture) for picture in paths):
                return f"the library does not track {path}"
        return None

    def _homeless(self, claim: Claim, action: AnyAction) -> Tracked | None:
        """The record of a displaced file that returns to its recorded path."""
        found = None if claim.slot is None else self._by_image.get((claim.pin_id, claim.slot))
        return found if found is not None and found.path == action.brings_home() else None

    def _pins(self, action: AnyAction) -> str | None:
        for pin_id in action.known_pins():
            if pin_id not in self._of_pin and pin_id not in self._created:
                return f"the library does not track pin {pin_id}"
        if action.trait.deletes_remote:
            # A plan that names only some files of a carousel would delete the pin with files still here.
            left = self._of_pin.get(action.pin_id, set()) - {record.slot for record in action.records()}
            if left:
                return f"the plan leaves out {len(left)} of the files of pin {action.pin_id}"
        return None


def _same(found: Tracked, planned: Tracked) -> bool:
    """Whether two records are the same; the disk may spell a name in another Unicode form."""
    return found == planned or (
        composed(found.path) == composed(planned.path) and found == replace(planned, path=found.path)
    )


def _at_home(found: Tracked, planned: Tracked, action: AnyAction) -> bool:
    """Whether a displaced file returns to its recorded path."""
    return found.path == action.brings_home() and found == replace(planned, path=found.path, mtime_ns=found.mtime_ns)
