"""A plan in the making: its actions and findings, with the messages and paths that every rule needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinplan.plan.document import Finding, FindingKind

if TYPE_CHECKING:
    from pinplan.actions import AnyAction
    from pinplan.errors.suggestions import Command
    from pinplan.model.ids import RelPath
    from pinplan.model.images import FileFact
    from pinplan.model.pins import Pin
    from pinplan.reconcile.pair_state import PairState
    from pinplan.reconcile.paths import ImagePaths


class Draft:
    """Collects actions and findings, and assigns paths.

    Attributes:
        places: the folders of boards and the paths in use.
        actions, findings: of the plan, in the order of the rules.
    """

    def __init__(self, places: ImagePaths) -> None:
        """Begin with nothing."""
        self.places = places
        self.actions: list[AnyAction] = []
        self.findings: list[Finding] = []

    def note(self, kind: FindingKind, pin: Pin, message: str) -> None:
        """Add a finding about a listed pin."""
        container = self.places.container(pin.board_id, pin.section_id)
        self.findings.append(Finding(kind=kind, address=f"{container}/{pin.id}", pin_id=pin.id, message=message))

    def note_at(self, kind: FindingKind, address: str, message: str, *, count: int = 1) -> None:
        """Add a finding about a board, a folder or the whole library."""
        self.findings.append(Finding(kind=kind, address=address, message=message, count=count))

    def note_image(self, case: PairState, kind: FindingKind, message: str, *commands: Command) -> None:
        """Add a finding about an image; ``commands`` are those that the message suggests."""
        address = self.address(case)
        moved_to = case.found.path if kind is FindingKind.MOVED_LOCALLY else None
        finding = Finding(
            kind=kind,
            address=address,
            pin_id=case.pin_id,
            path=case.path,
            message=message,
            moved_to=moved_to,
            commands=commands,
        )
        self.findings.append(finding)

    def address(self, case: PairState) -> str:
        """Where an image belongs: board, section and pin."""
        # Slot 0 has no suffix: nearly every pin has one image, and its address is that of the pin.
        suffix = f"#{case.slot}" if case.slot else ""
        # Where the pin is now, not where the base has it: scopes and headings follow Pinterest.
        if case.seen is not None:
            pin = case.seen.pin
            return f"{self.places.container(pin.board_id, pin.section_id)}/{pin.id}{suffix}"
        return f"{case.tracked.container}/{case.pin_id}{suffix}"

    def is_free(self, case: PairState, path: RelPath) -> bool:
        """Whether a path can be assigned to this image; if not, add a finding."""
        own = case.record.path if case.record else None
        refusal = self.places.refusal(path, own=own, claimant=f"pin {case.pin_id}")
        if refusal is not None:
            self.note_image(case, *refusal)
        return refusal is None

    def is_claimed(self, case: PairState, file: FileFact) -> bool:
        """Whether a file can be assigned to this image; if it is already another's, add a finding."""
        free = self.places.claim(file.path)
        if not free:
            self.note_image(case, FindingKind.CONFLICT, f"{file.path} is already used for another image in this plan")
        return free
