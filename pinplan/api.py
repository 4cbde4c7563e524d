"""The Python API: what the command line does, from a script.

One way through it: open a library, look, plan, decide, apply. `docs/library.md` shows every name at work. ::

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
from typing import TYPE_CHECKING, Protocol

from msgspec import UNSET, Struct
from msgspec.structs import replace

from pinplan import pipeline
from pinplan.actions import (
    KINDS,
    Adopt,
    AnyAction,
    ConfirmCreate,
    CopyLocal,
    CreatePin,
    Dedupe,
    DeleteLocal,
    DeleteRemote,
    Download,
    Forget,
    MoveLocal,
    Rebind,
    Relocate,
    Replace,
    Restore,
    UpdateMetadata,
)
from pinplan.adapters import Adapters, PlanRequest
from pinplan.apply.executor import ExecutorOptions
from pinplan.apply.result import ApplyResult
from pinplan.config import Config, load_config, policies_of
from pinplan.errors import (
    AnswerLost,
    ApiRefused,
    ApprovalNeeded,
    AuditBroken,
    AuthError,
    CannotUndo,
    ConfigError,
    Conflict,
    CreatePending,
    DecisionNeeded,
    DecisionsUnbound,
    Declined,
    DiskRefused,
    FeatureRestricted,
    ImageRefused,
    LibraryError,
    LockHeld,
    MarkerMissing,
    MarkerUnreadable,
    NoRoom,
    NotAPlan,
    NotPermitted,
    NotSignedIn,
    PermissionMissing,
    PinplanError,
    PlanEdited,
    PlanFormatUnknown,
    PlanRefused,
    PlanUnbound,
    QuotaSpent,
    RemoteError,
    SafetyStop,
    SignInChanged,
    SignInEnded,
    SignInFailed,
    SpamBlocked,
    StateDamaged,
    StateMissing,
    StateRolledBack,
    StateUnreadable,
    Throttled,
    TokenRefused,
    TrialRefused,
    Unconfirmed,
    UnexpectedAnswer,
    Unreachable,
    UnsafePath,
)
from pinplan.errors.did_you_mean import did_you_mean
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
from pinplan.model.ids import ActionId, RunId
from pinplan.model.similarity import Tier
from pinplan.plan.decisions import Choice, Decision, Decisions, judge
from pinplan.plan.document import Check, Finding, FindingKind, Plan, Scope, kind_of
from pinplan.policies.duplicates import Remove
from pinplan.policies.mode import Mode
from pinplan.reconcile.checks import NAMES
from pinplan.records.decisions_file import read_decisions, write_decisions
from pinplan.records.plan_file import read_plan, write_plan
from pinplan.snapshot.freshness import Refresh
from pinplan.wiring import access
from pinplan.wiring import open_library as wiring
from pinplan.wiring.library_setup import init_library

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from concurrent.futures import Executor
    from pathlib import Path
    from threading import Event

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
    "CreatePending",
    "CreatePin",
    "DecisionNeeded",
    "Decisions",
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
    "QuotaSpent",
    "Rebind",
    "Relocate",
    "RemoteError",
    "Remove",
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
    "VerifyReport",
    "apply_plan",
    "decide",
    "find_duplicates",
    "init_library",
    "kind_of",
    "load_config",
    "logout",
    "make_plan",
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


class Targeted(Protocol):
    """What can be a target of a plan besides an address: a board, a section or a pin of a `LibraryView`."""

    @property
    def targets(self) -> tuple[str, ...]:
        """What names it."""


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
        token: the access token; by default that of the config's token file, else the one in PINPLAN_ACCESS_TOKEN, else that of the
            profile that signed in (``pinplan auth login``).
        emit: called with every event (`pinplan.events`).
        lock_timeout: seconds to wait for another pinplan.
        executor: where fingerprints of images are computed: any of `concurrent.futures`, or a cluster's; by default in threads.

    Raises:
        StatePerson: marker, state or audit log is missing, unreadable or older than what was done.
        LockHeld: another pinplan works on this library.
        NotSignedIn: there is no token, and nobody is signed in.
        ConfigError: the token or the address of the API cannot be used.
    """
    with (
        wiring.locked(config.library, "a script", lock_timeout),
        wiring.open_library(config, emit, token=token, executor=executor) as adapters,
    ):
        yield OpenLibrary(config=config, adapters=adapters)


def logout(config: Config) -> str:
    """Forget the sign-in of the config's profile on this computer; where it was kept.

    Raises:
        NotSignedIn: there is none.
        LockHeld: another pinplan renews it.
        DiskRefused: it cannot be removed.
    """
    return access.sign_out(config, lambda _: None)


# -- looking ---------------------------------------------------------------------------------------------------------


def view_library(library: OpenLibrary, *, refresh: str = "auto") -> LibraryView:
    """Both sides as objects to read: boards, sections and pins as Pinterest has them, images as the library has them. Changes nothing.

    Args:
        library: from `open_library`.
        refresh: ``"auto"``, ``"full"`` or ``"none"``: boards that changed, all, or no call at all.

    Raises:
        PinplanError: Pinterest or the library could not be read.
    """
    return make.view_library(library.adapters, _request(library.config, refresh=refresh))


def find_duplicates(
    library: OpenLibrary, images: Iterable[ImageView], *, similar: bool = False
) -> tuple[DuplicateGroup, ...]:
    """Images that show the same picture, in groups, with the one that would stay. Changes nothing.

    Args:
        library: from `open_library`.
        images: those that are compared: of a board, a section or a whole `LibraryView`.
        similar: also those that are only similar: such are shown, never removed.

    Raises:
        PinplanError: the library could not be read.
    """
    tiers = frozenset(Tier) if similar else frozenset({Tier.EXACT, Tier.CONFIRMED})
    order = library.config.settings.dedupe.keep
    return make.find_duplicates(library.adapters, list(images), tiers, order)


def verify(library: OpenLibrary, *, quick: bool = False) -> VerifyReport:
    """Read every tracked file, and account for every pin; changes nothing.

    Args:
        library: from `open_library`.
        quick: compare bytes, but do not decode images.

    Raises:
        PinplanError: Pinterest or the library could not be read.
    """
    return pipeline.verify(library.adapters, _request(library.config), quick=quick)


# -- planning --------------------------------------------------------------------------------------------------------


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
    """Look at both sides and decide; changes nothing.

    Args:
        library: from `open_library`.
        targets: only these: addresses such as ``"Animals 動物/Cats"``, or boards, sections and pins of a `LibraryView`.
        excludes: not these.
        mode: ``"archive"``, ``"mirror"`` or ``"two-way"``; by default that of the config.
        remove_duplicates: ``"both"``, ``"local"`` or ``"remote"``: from where the one that is not kept goes; ``"report"``, ``"off"``: it
            stays. By default as ``[dedupe]`` of the config says.
        restore: fetch again what was removed or changed here, move back what was moved: paths with ``*`` and ``?``, addresses, pin ids.
        accept: agree with what was changed or moved here, likewise.
        allow: figures up to which a check may be exceeded, e.g. ``{"remote-deletes": 12}``.
        refresh: ``"auto"``, ``"full"`` or ``"none"``: boards that changed, all, or no call at all.

    Raises:
        ConfigError: there is no such mode, check or target.
        PinplanError: Pinterest or the library could not be read.
    """
    scope = Scope(
        targets=_addresses("targets", targets),
        excludes=_addresses("excludes", excludes),
        restore=tuple(restore) or UNSET,
        accept=tuple(accept) or UNSET,
    )
    config = _changed(library.config, mode, remove_duplicates)
    return pipeline.make_plan(library.adapters, _request(config, scope=scope, allow=allow, refresh=refresh))


def make_undo(library: OpenLibrary, run: str | None = None, *, allow: Mapping[str, int] | None = None) -> Plan:
    """Plan the reverse of a run; applying that plan is the undo.

    Args:
        library: from `open_library`.
        run: its id, as ``pinplan history`` shows it; by default the last one.
        allow: figures up to which a check may be exceeded.

    Raises:
        ConfigError: there is no such run.
        CannotUndo: it was undone already, or its plan is not kept any more.
        PinplanError: Pinterest or the library could not be read.
    """
    request = _request(library.config, allow=allow)
    return pipeline.make_undo(library.adapters, request, RunId(run) if run is not None else None)


def make_restore(library: OpenLibrary, wanted: Sequence[str], *, allow: Mapping[str, int] | None = None) -> Plan:
    """Plan the return of files from the trash; applying that plan brings them back.

    Args:
        library: from `open_library`.
        wanted: paths that the files had, with ``*`` and ``?``, or pin ids.
        allow: figures up to which a check may be exceeded.

    Raises:
        ConfigError: nothing in the trash is called so.
        PinplanError: Pinterest or the library could not be read.
    """
    return pipeline.make_restore(library.adapters, _request(library.config, allow=allow), wanted)


def _addresses(what: str, given: Sequence[str | Targeted]) -> tuple[str, ...]:
    """What was given, as addresses. Raises `ConfigError` where that is nothing: a plan without targets is about everything."""
    if isinstance(given, str):
        raise ConfigError([f"{what}: give a list, not one text: [{given!r}]"])
    found = tuple(name for one in given for name in ((one,) if isinstance(one, str) else one.targets))
    if given and not found:
        raise ConfigError([f"{what}: there are no pins in what was given"])
    return found


def _changed(config: Config, mode: Mode | str | None, remove: Remove | str | None) -> Config:
    """The config, with what was given for one plan."""
    settings = config.settings
    if mode is not None:
        settings = replace(settings, sync=replace(settings.sync, mode=Mode(_one_of("mode", mode, Mode))))
    if remove is not None:
        chosen = Remove(_one_of("remove_duplicates", remove, Remove))
        settings = replace(settings, dedupe=replace(settings.dedupe, remove=chosen))
    return replace(config, settings=settings)


def _request(
    config: Config, *, scope: Scope | None = None, allow: Mapping[str, int] | None = None, refresh: str = "auto"
) -> PlanRequest:
    allowed = {_one_of("allow", name, NAMES): figure for name, figure in (allow or {}).items()}
    return wiring.request_of(config, scope=scope, allow=allowed, refresh=Refresh(_one_of("refresh", refresh, Refresh)))


def _one_of(what: str, value: str, known: Iterable[str]) -> str:
    """The value. Raises `ConfigError` if it is none of those that there are."""
    names = [str(name) for name in known]
    if str(value) not in names:
        raise ConfigError([f"{what}: there is no {str(value)!r}{did_you_mean(str(value), names)}"])
    return value


# -- deciding and applying -------------------------------------------------------------------------------------------


def decide(plan: Plan, verdicts: Mapping[str, Choice | str]) -> Decisions:
    """Decide about actions of a plan, for `apply_plan` or `write_decisions`. Actions that are not named are approved.

    Args:
        plan: from `make_plan` or `read_plan`.
        verdicts: action ids with ``"approve"``, ``"skip"``, and for duplicates ``"swap"`` (the other one goes) or ``"different"``
            (they are none).

    Raises:
        ConfigError: with everything in it that does not fit the plan.
    """
    made = {ActionId(name): Decision(verdict=Choice(_one_of(name, word, Choice))) for name, word in verdicts.items()}
    decisions = Decisions(plan=plan.digest, decisions=made)
    problems = [problem.message for problem in judge(plan, decisions)]
    if problems:
        raise ConfigError(problems)
    return decisions


def apply_plan(
    library: OpenLibrary,
    plan: Plan,
    *,
    kinds: Iterable[str] | None = None,
    decisions: Decisions | None = None,
    parallelism: int | None = None,
    stop: Event | None = None,
    expect_digest: str | None = None,
) -> ApplyResult:
    """Perform a plan exactly; the same plan again resumes what is left.

    Limits and ``[protect]`` are judged again from the library's own config: the stricter of config and plan hold.

    Args:
        library: from `open_library`.
        plan: from `make_plan` or `read_plan`.
        kinds: only these kinds of actions, e.g. ``{"download", "move_local"}``.
        decisions: what was decided about its actions, from `decide` or `read_decisions`.
        parallelism: downloads side by side; by default as the config says.
        stop: once it is set, from another thread or by a signal, what is in flight is finished and nothing more is started.
        expect_digest: the digest of the plan that a person approved; needed for one that was not made on this computer and deletes,
            trashes, overwrites or writes to Pinterest.

    Raises:
        ConfigError: there is no such kind.
        ApprovalNeeded: it was not made here, or was edited since, and ``expect_digest`` is not given; nothing was done.
        DecisionNeeded: nothing is left to do but what waits for decisions (``[apply] require_decisions``).
        PlanRefused: it was made for another world; nothing was done.
        SafetyStop: one of its checks failed; nothing was done.
        PinplanError: Pinterest could not be asked whose token this is.
    """
    config = library.config
    if expect_digest is not None and expect_digest != plan.digest:
        raise PlanEdited(f"the plan: its digest is {plan.digest}, not {expect_digest}")
    settings = ExecutorOptions(
        parallelism=parallelism or config.network.parallelism,
        kinds=frozenset(_one_of("kinds", kind, KINDS) for kind in kinds) if kinds is not None else None,
        decisions=decisions,
        required=frozenset(config.settings.apply.require_decisions),
        policies=policies_of(config),
        expect_digest=expect_digest,
        approval="a script",
    )
    if stop is not None:
        settings = replace(settings, stop=stop)
    return pipeline.apply_plan(library.adapters, plan, settings)
