"""Requests of the Python API: its plain arguments, checked and turned into the pipeline's types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec.structs import replace

from pinplan.actions import KINDS
from pinplan.apply.executor import ExecutorOptions
from pinplan.config import policies_of
from pinplan.errors import ConfigError, Declined
from pinplan.errors.did_you_mean import did_you_mean
from pinplan.model.ids import ActionId
from pinplan.plan.decisions import Choice, Decision, Decisions, judge
from pinplan.policies.duplicates import Remove
from pinplan.policies.mode import Mode
from pinplan.reconcile.checks import NAMES
from pinplan.snapshot.freshness import Refresh
from pinplan.wiring.open_library import request_of
from pinplan.wiring.post_wanted import OWN_CONTENT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path
    from threading import Event

    from pinplan.adapters import PlanRequest
    from pinplan.config import Config
    from pinplan.plan.document import Plan, Scope


class Targeted(Protocol):
    """What a plan can target besides an address: a board, a section or a pin of a `LibraryView`."""

    @property
    def targets(self) -> tuple[str, ...]:
        """The addresses or ids that select it."""


def addresses(what: str, given: Sequence[str | Targeted]) -> tuple[str, ...]:
    """Targets as addresses. Raises `ConfigError` where they select no pin."""
    # A string is a sequence, too: "Cats" would target C, a, t and s.
    if isinstance(given, str):
        raise ConfigError([f"{what}: expected a list, e.g. [{given!r}]"])
    found = tuple(name for one in given for name in ((one,) if isinstance(one, str) else one.targets))
    # A plan without targets covers everything: an empty section must not widen the plan to the whole account.
    if given and not found:
        raise ConfigError([f"{what}: no pins in the given targets"])
    return found


def sources(given: Sequence[str | Path]) -> tuple[str, ...]:
    """What is to be posted, as it is typed on the command line. Raises `ConfigError` for none, or a text in place of a list."""
    # A string is a sequence, too.
    if isinstance(given, str) or not given:
        raise ConfigError([f"sources: expected a list of files, folders and addresses, not {given!r}"])
    return tuple(map(str, given))


def consent(*, given: bool) -> Callable[[int], None]:
    """Called if the config does not say that pictures may be published. Raises `Declined` unless the script says so."""

    def check(_count: int) -> None:
        if not given:
            raise Declined(
                f"{OWN_CONTENT}: pass own_content=True, or set own_content = true in [upload] of pinplan.toml"
            )

    return check


def changed_config(config: Config, mode: Mode | str | None, remove: Remove | str | None) -> Config:
    """The config with the settings of one plan."""
    settings = config.settings
    if mode is not None:
        settings = replace(settings, sync=replace(settings.sync, mode=Mode(_one_of("mode", mode, Mode))))
    if remove is not None:
        chosen = Remove(_one_of("remove_duplicates", remove, Remove))
        settings = replace(settings, dedupe=replace(settings.dedupe, remove=chosen))
    return replace(config, settings=settings)


def plan_request(
    config: Config, *, scope: Scope | None = None, allow: Mapping[str, int] | None = None, refresh: str = "auto"
) -> PlanRequest:
    """A plan request. Raises `ConfigError` for an unknown check or refresh."""
    allowed = {_one_of("allow", name, NAMES): figure for name, figure in (allow or {}).items()}
    return request_of(config, scope=scope, allow=allowed, refresh=Refresh(_one_of("refresh", refresh, Refresh)))


def decisions(plan: Plan, verdicts: Mapping[str, Choice | str]) -> Decisions:
    """Decisions about a plan. Raises `ConfigError` with everything that does not match the plan."""
    made = {ActionId(name): Decision(verdict=Choice(_one_of(name, word, Choice))) for name, word in verdicts.items()}
    result = Decisions(plan=plan.digest, decisions=made)
    problems = [problem.message for problem in judge(plan, result)]
    if problems:
        raise ConfigError(problems)
    return result


def executor_options(
    config: Config, *, kinds: Iterable[str] | None, parallelism: int | None, stop: Event | None
) -> ExecutorOptions:
    """Options of an apply. Raises `ConfigError` for an unknown kind."""
    options = ExecutorOptions(
        parallelism=parallelism or config.network.parallelism,
        kinds=frozenset(_one_of("kinds", kind, KINDS) for kind in kinds) if kinds is not None else None,
        required=frozenset(config.settings.apply.require_decisions),
        policies=policies_of(config),
        approval="a script",
    )
    return options if stop is None else replace(options, stop=stop)


def _one_of(what: str, value: str, known: Iterable[str]) -> str:
    """The value. Raises `ConfigError` if it is unknown."""
    names = [str(name) for name in known]
    if str(value) not in names:
        raise ConfigError([f"{what}: unknown value {str(value)!r}{did_you_mean(str(value), names)}"])
    return value
