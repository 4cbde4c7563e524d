"""Input and output of a decision."""

from __future__ import annotations

from msgspec import Struct, field

from pinplan.actions import AnyAction
from pinplan.actions.contexts import Home
from pinplan.actions.new_file import NewFile
from pinplan.model.base import Base
from pinplan.model.features import Feature
from pinplan.model.ids import ActionId, PinId, RelPath, RunId, Sha256
from pinplan.model.snapshots import LocalSnapshot, RemoteSnapshot
from pinplan.plan.document import Check, CheckStatus, Finding, Scope
from pinplan.policies.bundle import Policies


class PendingCreate(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A create of an earlier run whose outcome is not recorded.

    Attributes:
        address: of its action.
        subject: the deleted pin that it replaces; None for an upload or a post.
        path: the file that was uploaded; None for a pin that was created again or posted.
        pictures: digests of the files that were sent.
        begun_at: when its request was or may have been sent; RFC 3339 in UTC.
        found: the pin that it created; None if no listing shows it and the user has not named it.
        home: where the pin belongs.
        files: its files that are still in the trash or the outbox, or in the library as they were sent.
        wanted_here: False: no file of the pin is wanted in the library.
    """

    run: RunId
    action: ActionId
    address: str
    subject: PinId | None = None
    path: RelPath | None = None
    pictures: tuple[Sha256, ...] = ()
    begun_at: str
    found: PinId | None = None
    home: Home
    files: tuple[NewFile, ...] = ()
    wanted_here: bool = True


class PendingPlace(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A board or section that an earlier run created or may have created, and that Pinterest does not list.

    Attributes:
        container: its folder.
        begun_at: when its request was or may have been sent; RFC 3339 in UTC.
        created: its id; None if it is unknown whether it was created.
        is_section: it is a section.
    """

    run: RunId
    action: ActionId
    container: str
    begun_at: str
    created: str | None = None
    is_section: bool = False


class PlanInput(Struct, frozen=True, kw_only=True):
    """The input of a plan.

    Attributes:
        creates: creates of earlier runs whose outcome is not recorded.
        places: boards and sections of earlier runs that Pinterest does not list.
        remembered: selectors that match something from an earlier run.
        retry_days: days after which an image that its host refused repeatedly, or a closed feature, is tried again.
        closed: features that Pinterest refused to the app.
    """

    policies: Policies
    remote: RemoteSnapshot
    local: LocalSnapshot
    base: Base
    scope: Scope = Scope()
    allow: dict[str, int] = field(default_factory=dict)
    creates: tuple[PendingCreate, ...] = ()
    places: tuple[PendingPlace, ...] = ()
    remembered: frozenset[str] = frozenset()
    retry_days: int = 7
    closed: frozenset[Feature] = frozenset()


class PlanContent(Struct, frozen=True, kw_only=True):
    """The content of a plan: actions, findings, check results.

    Attributes:
        compares: whether both sides were compared; False if something is only restored, or no board in scope takes part.
    """

    actions: tuple[AnyAction, ...]
    findings: tuple[Finding, ...]
    checks: tuple[Check, ...]
    compares: bool

    @property
    def applyable(self) -> bool:
        """Whether every check passed."""
        return all(check.status is not CheckStatus.FAIL for check in self.checks)
