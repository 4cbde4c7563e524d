"""The Python API: what the command line does, from a script.

The order of calls: open a library, plan, decide, apply. `docs/library.md` uses every name. ::

    from pathlib import Path

    from pinplan import apply_plan, load_config, make_plan, open_library

    config = load_config(library=Path("~/Pins").expanduser())
    with open_library(config) as library:
        plan = make_plan(library)
        if not any(action.destructive for action in plan.actions):
            result = apply_plan(library, plan)
            print(result.complete)
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from msgspec import UNSET, Struct
from msgspec.structs import replace

from pinplan import pipeline
from pinplan.actions import (
    Adopt,
    AnyAction,
    ConfirmCreate,
    CopyLocal,
    CreateBoard,
    CreatePin,
    CreateSection,
    Dedupe,
    DeleteLocal,
    DeleteRemote,
    Download,
    Forget,
    MoveLocal,
    MoveRemote,
    PostPin,
    Rebind,
    Relocate,
    RenameBoard,
    RenameSection,
    Replace,
    Restore,
    UpdateMetadata,
    UploadCarousel,
    UploadPin,
    UploadVideo,
)
from pinplan.adapters import Adapters
from pinplan.apply.result import ApplyResult
from pinplan.config import Config, load_config
from pinplan.errors import *
from pinplan.errors import PlanEdited
from pinplan.events import Emit, silent
from pinplan.history.verify import VerifyReport
from pinplan.library_view import make
from pinplan.library_view.objects import (
    BoardView,
    Differences,
    DuplicateGroup,
    ImageView,
    LibraryView,
    PinView,
    SectionView,
)
from pinplan.model.ids import RunId
from pinplan.model.similarity import Tier
from pinplan.plan.decisions import Choice, Decisions
from pinplan.plan.document import Check, Finding, FindingKind, Plan, Scope, kind_of
from pinplan.policies.duplicates import Remove
from pinplan.policies.mode import Mode
from pinplan.records.decisions_file import read_decisions, write_decisions
from pinplan.records.plan_file import read_plan, write_plan
from pinplan.wiring import access, post_wanted, requests
from pinplan.wiring import open_library as wiring
from pinplan.wiring.library_setup import init_library

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from concurrent.futures import Executor
    from pathlib import Path
    from threading import Event

    from pinplan.wiring.requests import Targeted

__all__ = [
    "Adopt",
    "AnswerLost",
    "AnyAction",
    "ApiRefused",
    "ApplyResult",
    "ApprovalNeeded",
    "AuditBroken",
    "AuthError",
    "BoardView",
    "CannotUndo",
    "Check",
    "Choice",
    "Config",
    "ConfigError",
    "ConfirmCreate",
    "Conflict",
    "CopyLocal",
    "CreateBoard",
    "CreatePending",
    "CreatePin",
    "CreateSection",
    "DecisionNeeded",
    "Decisions",
    "DecisionsChanged",
    "DecisionsUnbound",
    "Declined",
    "Dedupe",
    "DeleteLocal",
    "DeleteRemote",
    "Differences",
    "DiskRefused",
    "Download",
    "DuplicateGroup",
    "FeatureRestricted",
    "Finding",
    "FindingKind",
    "Forget",
    "ImageRefused",
    "ImageView",
    "LibraryError",
    "LibraryView",
    "LockHeld",
    "MarkerMissing",
    "MarkerUnreadable",
    "Mode",
    "MoveLocal",
    "MoveRemote",
    "NoRoom",
    "NotAPlan",
    "NotPermitted",
    "NotSignedIn",
    "OpenLibrary",
    "PermissionMissing",
    "PinView",
    "PinplanError",
    "Plan",
    "PlanEdited",
    "PlanFormatUnknown",
    "PlanRefused",
    "PlanUnbound",
    "PostPin",
    "QuotaSpent",
    "Rebind",
    "Relocate",
    "RemoteError",
    "Remove",
    "RenameBoard",
    "RenameSection",
    "Replace",
    "Restore",
    "SafetyStop",
    "SectionView",
    "SignInChanged",
    "SignInEnded",
    "SignInFailed",
    "SpamBlocked",
    "StateDamaged",
    "StateMissing",
    "StateRolledBack",
    "StateUnreadable",
    "Throttled",
    "Tier",
    "TokenRefused",
    "TrialRefused",
    "Unconfirmed",
    "UnexpectedAnswer",
    "Unreachable",
    "UnsafePath",
    "UpdateMetadata",
    "UploadCarousel",
    "UploadPin",
    "UploadVideo",
    "VerifyReport",
    "VideoRefused",
    "apply_plan",
    "decide",
    "find_duplicates",
    "init_library",
    "kind_of",
    "load_config",
    "logout",
    "make_plan",
    "make_post",
    "make_restore",
    "make_undo",
    "open_library",
    "read_decisions",
    "read_plan",
    "verify",
    "view_library",
    "write_decisions",
    "write_plan",
]


class OpenLibrary(Struct, frozen=True, kw_only=True):
    """A library with its lock held, connected to Pinterest; from `open_library`."""

    config: Config
    adapters: Adapters

    @property
    def root(self) -> Path:
        """Its folder."""
        return self.config.library


@contextmanager
def open_library(
    config: Config,
    *,
    token: str | None = None,
    emit: Emit = silent,
    lock_timeout: float = 0.0,
    executor: Executor | None = None,
) -> Iterator[OpenLibrary]:
    """Open a library for planning and applying; its lock is held until the block ends.

    Args:
        config: from `load_config`.
        token: the access token (default: token file, then PINPLAN_ACCESS_TOKEN, then the signed-in profile).
        emit: called with every event (`pinplan.events`).
        lock_timeout: seconds to wait for another pinplan.
        executor: computes image fingerprints: any `concurrent.futures.Executor` (default: threads).

    Raises:
        StateDamaged: marker, state or audit log is missing, unreadable or rolled back.
        LockHeld: another pinplan works on this library.
        NotSignedIn: no token is set and no profile is signed in.
        ConfigError: the token or the API address is invalid.
    """
    with (
        wiring.locked(config.library, "a script", lock_timeout),
        wiring.open_library(config, emit, token=token, executor=executor) as adapters,
    ):
        yield OpenLibrary(config=config, adapters=adapters)


def logout(config: Config) -> str:
    """Delete the stored sign-in of the config's profile; returns where it was stored.

    Raises:
        NotSignedIn: the profile is not signed in.
        LockHeld, DiskRefused: another pinplan is renewing it, or the file cannot be removed.
    """
    # No warnings: a script has no listener for them here.
    return access.sign_out(config, lambda _: None)


def view_library(library: OpenLibrary, *, refresh: str = "auto") -> LibraryView:
    """Boards, sections and pins on Pinterest, and images in the library, as read-only objects. Changes nothing.

    Args:
        library: from `open_library`.
        refresh: ``"auto"`` (changed boards), ``"full"`` (all boards) or ``"none"`` (no API call).

    Raises:
        PinplanError: Pinterest or the library could not be read.
    """
    return make.view_library(library.adapters, requests.plan_request(library.config, refresh=refresh))


def find_duplicates(
    library: OpenLibrary, images: Iterable[ImageView], *, similar: bool = False
) -> tuple[DuplicateGroup, ...]:
    """Group images that show the same picture, each with its keeper. Changes nothing.

    Args:
        library: from `open_library`.
        images: the images to compare: of a board, a section or a `LibraryView`.
        similar: include similar images; a plan never removes them.

    Raises:
        PinplanError: the library could not be read.
    """
    tiers = frozenset(Tier) if similar else frozenset({Tier.EXACT, Tier.CONFIRMED})
    order = library.config.settings.dedupe.keep
    return make.find_duplicates(library.adapters, list(images), tiers, order)


def verify(library: OpenLibrary, *, quick: bool = False) -> VerifyReport:
    """Verify every tracked file and every pin. Changes nothing.

    Args:
        library: from `open_library`.
        quick: compare digests without decoding images.

    Raises:
        PinplanError: Pinterest or the library could not be read.
    """
    return pipeline.verify(library.adapters, requests.plan_request(library.config), quick=quick)


def make_plan(
    library: OpenLibrary,
    *,
    targets: Sequence[str | Targeted] = (),
    excludes: Sequence[str | Targeted] = (),
    mode: Mode | str | None = None,
    remove_duplicates: Remove | str | None = None,
    restore: Sequence[str] = (),
    accept: Sequence[str] = (),
    allow: Mapping[str, int] | None = None,
    refresh: str = "auto",
) -> Plan:
    """Compare both sides and make a plan. Changes nothing.

    Args:
        library: from `open_library`.
        targets: limit the plan to addresses such as ``"Animals 動物/Cats"``, or to boards, sections and pins of a `LibraryView`.
        excludes: leave these out; same forms as targets.
        mode: ``"archive"``, ``"mirror"``, ``"two-way"`` or ``"publish"`` (default: from the config).
        remove_duplicates: ``"both"``, ``"local"``, ``"remote"``, ``"report"`` or ``"off"`` (default: ``[dedupe]`` in the config).
        restore: revert local changes: paths with ``*`` and ``?``, addresses or pin ids.
        accept: keep local changes; same forms as restore.
        allow: raised limits of checks, e.g. ``{"remote-deletes": 12}``.
        refresh: ``"auto"`` (changed boards), ``"full"`` (all boards) or ``"none"`` (no API call).

    Raises:
        ConfigError: unknown mode, check or target.
        PinplanError: Pinterest or the library could not be read.
    """
    scope = Scope(
        targets=requests.addresses("targets", targets),
        excludes=requests.addresses("excludes", excludes),
        restore=tuple(restore) or UNSET,
        accept=tuple(accept) or UNSET,
    )
    config = requests.changed_config(library.config, mode, remove_duplicates)
    return pipeline.make_plan(
        library.adapters, requests.plan_request(config, scope=scope, allow=allow, refresh=refresh)
    )


def make_post(
    library: OpenLibrary,
    board: str | Targeted,
    sources: Sequence[str | Path],
    *,
    title: str | None = None,
    description: str = "",
    link: str = "",
    alt_text: str = "",
    keep: bool = True,
    by_url: bool = False,
    carousel: bool = False,
    own_content: bool = False,
    allow: Mapping[str, int] | None = None,
) -> Plan:
    """Plan to post pictures from anywhere as pins, and nothing else; apply that plan to post them.

    Copies the pictures into the library's outbox, and changes nothing besides. What cannot be posted is a finding of the plan.

    Args:
        library: from `open_library`.
        board: a board or section: name, id or URL, or one of a `LibraryView`.
        sources: files, folders (the pictures in them) and https addresses; each picture becomes a pin.
        title: a template with fields such as ``{stem}`` and ``{exif.title}`` (default: the name of each file).
        description: likewise.
        link: of the pins.
        alt_text: a template, too.
        keep: keep the files in the library, under their new names.
        by_url: let Pinterest fetch the addresses itself, when the plan is applied.
        carousel: post the pictures as one pin: 2 to 5 of equal width and height.
        own_content: you may publish these pictures; also true if ``[upload] own_content`` in the config is.
        allow: raised limits of checks, e.g. ``{"uploads": 60}``.

    Raises:
        ConfigError: everything that is wrong with the pictures or texts; or no such board, or one that takes no pins.
        Declined: without ``own_content``: Pinterest allows only content that you may publish.
        PinplanError: Pinterest or the library could not be read.
    """
    (named,) = requests.addresses("board", [board])[:1]
    words = post_wanted.words_of(title=title, description=description, link=link, alt_text=alt_text)
    post_wanted.check_ways(carousel=carousel, by_url=by_url)
    request = requests.plan_request(library.config, allow=allow)
    wanted, listed = post_wanted.wanted_of(
        library.config,
        library.adapters,
        named,
        requests.sources(sources),
        words,
        keep=keep,
        by_url=by_url,
        carousel=carousel,
        consent=requests.consent(given=own_content),
    )
    return pipeline.make_post(library.adapters, request, wanted, listed)


def make_undo(library: OpenLibrary, run: str | None = None, *, allow: Mapping[str, int] | None = None) -> Plan:
    """Plan the reverse of a run; apply that plan to undo it.

    Args:
        library: from `open_library`.
        run: its id from ``pinplan history`` (default: the last run).
        allow: raised limits of checks.

    Raises:
        ConfigError: unknown run.
        CannotUndo: the run is already undone, or its plan is missing.
        PinplanError: Pinterest or the library could not be read.
    """
    request = requests.plan_request(library.config, allow=allow)
    return pipeline.make_undo(library.adapters, request, RunId(run) if run is not None else None)


def make_restore(library: OpenLibrary, wanted: Sequence[str], *, allow: Mapping[str, int] | None = None) -> Plan:
    """Plan to restore files from the trash; apply that plan to restore them.

    Args:
        library: from `open_library`.
        wanted: original paths, with ``*`` and ``?``, or pin ids.
        allow: raised limits of checks.

    Raises:
        ConfigError: no match in the trash.
        PinplanError: Pinterest or the library could not be read.
    """
    return pipeline.make_restore(library.adapters, requests.plan_request(library.config, allow=allow), wanted)


def decide(plan: Plan, verdicts: Mapping[str, Choice | str]) -> Decisions:
    """Make decisions for `apply_plan` or `write_decisions`. Actions without a verdict are approved.

    Args:
        plan: from `make_plan` or `read_plan`.
        verdicts: action id to ``"approve"`` or ``"skip"``; for duplicates also ``"swap"`` (keep the other) or ``"different"``.

    Raises:
        ConfigError: every verdict that does not match the plan.
    """
    return requests.decisions(plan, verdicts)


def apply_plan(
    library: OpenLibrary,
    plan: Plan,
    *,
    kinds: Iterable[str] | None = None,
    decisions: Decisions | None = None,
    parallelism: int | None = None,
    stop: Event | None = None,
    expect_digest: str | None = None,
    accept_changed: bool = False,
) -> ApplyResult:
    """Apply a plan exactly; apply the same plan again to resume.

    Limits and ``[protect]`` of the config are checked again: the stricter of config and plan applies.

    Args:
        library: from `open_library`.
        plan: from `make_plan` or `read_plan`.
        kinds: limit the run to these kinds, e.g. ``{"download", "move_local"}``.
        decisions: from `decide` or `read_decisions`.
        parallelism: concurrent downloads (default: from the config).
        stop: set it to stop after the actions in flight; safe from another thread or a signal handler.
        accept_changed: let ``decisions`` take back or change some under which the run was begun.
        expect_digest: digest of the approved plan; required for a plan from another computer that does more than download.

    Raises:
        ConfigError: unknown kind.
        ApprovalNeeded: the plan has no valid seal and ``expect_digest`` is missing; nothing was done.
        DecisionNeeded: every remaining action waits for a decision (``[apply] require_decisions``, or ``require`` of the decisions).
        DecisionsChanged: see ``accept_changed``; nothing was done.
        PlanRefused: the plan is bound to another account, library or state; nothing was done.
        SafetyStop: a check of the plan failed; nothing was done.
        PinplanError: Pinterest did not confirm the account of the token.
    """
    # Below, another digest only means "not approved", and a sealed plan needs no approval: refuse it here.
    if expect_digest is not None and expect_digest != plan.digest:
        raise PlanEdited(f"plan digest is {plan.digest}, expected {expect_digest}")
    options = requests.executor_options(library.config, kinds=kinds, parallelism=parallelism, stop=stop)
    options = replace(options, decisions=decisions, expect_digest=expect_digest, accept_changed=accept_changed)
    return pipeline.apply_plan(library.adapters, plan, options)
