"""The Python API: what the command line does, in ten lines of a script.

Example: plan, look, and apply only if nothing would be deleted. ::

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

from msgspec import Struct

from pinplan import pipeline, wiring
from pinplan.actions import (
    Adopt,
    AnyAction,
    CreatePin,
    DeleteLocal,
    DeleteRemote,
    Download,
    Forget,
    MoveLocal,
    Rebind,
    Relocate,
    Replace,
    Restore,
)
from pinplan.apply.executor import Settings
from pinplan.apply.result import ApplyResult
from pinplan.config import Config, load_config, policies_of
from pinplan.decisions import Decisions
from pinplan.errors import PinplanError, PlanEdited
from pinplan.events import Emit, silent
from pinplan.library_setup import init_library
from pinplan.model.ids import RunId
from pinplan.outside import Outside
from pinplan.plan import Finding, Plan, Scope
from pinplan.proof import Proof
from pinplan.records.decisions_file import read_decisions
from pinplan.records.plan_file import read_plan, write_plan
from pinplan.snapshot.refresh import Refresh

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from concurrent.futures import Executor

__all__ = [
    "Adopt",
    "AnyAction",
    "ApplyResult",
    "Config",
    "CreatePin",
    "Decisions",
    "DeleteLocal",
    "DeleteRemote",
    "Download",
    "Finding",
    "Forget",
    "MoveLocal",
    "OpenLibrary",
    "PinplanError",
    "Plan",
    "Proof",
    "Rebind",
    "Relocate",
    "Replace",
    "Restore",
    "apply_plan",
    "init_library",
    "load_config",
    "make_plan",
    "make_undo",
    "open_library",
    "read_decisions",
    "read_plan",
    "verify",
    "write_plan",
]


class OpenLibrary(Struct, frozen=True, kw_only=True):
    """A library with its lock held, connected to Pinterest; from `open_library`."""

    config: Config
    outside: Outside


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
        token: the access token; by default the one in PINPLAN_ACCESS_TOKEN.
        emit: called with every event (`pinplan.events`).
        lock_timeout: seconds to wait for another pinplan.
        executor: where fingerprints of images are computed: any of `concurrent.futures`, or a cluster's; by default in threads.

    Raises:
        PinplanError: see `pinplan.errors` for the kinds: no marker, state unreadable, lock held, no token.
    """
    with (
        wiring.locked(config.library, "a script", lock_timeout),
        wiring.open_library(config, emit, token=token, executor=executor) as outside,
    ):
        yield OpenLibrary(config=config, outside=outside)


def make_plan(
    library: OpenLibrary,
    *,
    targets: Sequence[str] = (),
    excludes: Sequence[str] = (),
    allow: Mapping[str, int] | None = None,
    refresh: str = "auto",
) -> Plan:
    """Look at both sides and decide; changes nothing.

    Args:
        library: from `open_library`.
        targets: only these addresses, e.g. ``"Animals 動物/Cats"``.
        excludes: not these.
        allow: figures up to which a check may be exceeded, e.g. ``{"remote-deletes": 12}``.
        refresh: ``"auto"``, ``"full"`` or ``"none"``: boards that changed, all, or no call at all.

    Raises:
        PinplanError: Pinterest or the library could not be read.
    """
    scope = Scope(targets=tuple(targets), excludes=tuple(excludes))
    request = wiring.request_of(library.config, scope=scope, allow=allow, refresh=Refresh(refresh))
    return pipeline.make_plan(library.outside, request)


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
    request = wiring.request_of(library.config, allow=allow)
    return pipeline.make_undo(library.outside, request, RunId(run) if run is not None else None)


def verify(library: OpenLibrary, *, quick: bool = False) -> Proof:
    """Read every tracked file, and account for every pin; changes nothing.

    Args:
        library: from `open_library`.
        quick: compare bytes, but do not decode images.

    Raises:
        PinplanError: Pinterest or the library could not be read.
    """
    return pipeline.prove(library.outside, wiring.request_of(library.config), quick=quick)


def apply_plan(
    library: OpenLibrary,
    plan: Plan,
    *,
    kinds: frozenset[str] | None = None,
    decisions: Decisions | None = None,
    expect_digest: str | None = None,
) -> ApplyResult:
    """Perform a plan exactly; the same plan again resumes what is left.

    Limits and ``[protect]`` are judged again from the library's own config: the stricter of config and plan hold.

    Args:
        library: from `open_library`.
        plan: from `make_plan` or `read_plan`.
        kinds: only these kinds of actions.
        decisions: what was decided about its actions, from `read_decisions`.
        expect_digest: the digest of the plan that a person approved; needed for one that was not made on this computer and deletes,
            trashes, overwrites or writes to Pinterest.

    Raises:
        ApprovalNeeded: it was not made here, or was edited since, and ``expect_digest`` is not given; nothing was done.
        DecisionNeeded: nothing is left to do but what waits for decisions (``[apply] require_decisions``).
        PlanRefused: it was made for another world; nothing was done.
        SafetyStop: one of its checks failed; nothing was done.
        PinplanError: Pinterest could not be asked whose token this is.
    """
    config = library.config
    if expect_digest is not None and expect_digest != plan.digest:
        raise PlanEdited(f"the plan: its digest is {plan.digest}, not {expect_digest}")
    settings = Settings(
        parallelism=config.network.parallelism,
        kinds=kinds,
        decisions=decisions,
        required=frozenset(config.settings.apply.require_decisions),
        policies=policies_of(config),
        expect_digest=expect_digest,
        approval="a script",
    )
    return pipeline.apply_plan(library.outside, plan, settings)
