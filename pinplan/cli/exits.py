"""Exit codes and next steps of errors. The only place that knows them."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from pinplan import errors
from pinplan.cli.invocation import IF_SAVED, Invocation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pinplan.errors.suggestions import Command
    from pinplan.plan.document import Plan

# A contract: scripts depend on these numbers (docs/commands.md). 2 is as in Terraform, 64 as EX_USAGE of sysexits.h.
DONE = 0
FAILED = 1
CHANGES = 2
PARTLY = 3
REFUSED = 4
STOPPED = 5
STATE = 7
DECLINED = 8
LOCKED = 11
SIGNED_OUT = 12
USAGE = 64
INTERRUPTED = 130

TABLE = """\
Exit codes:

\b
  0    done; plan: nothing to do, or changes without --detailed-exitcode
  1    an error not named below
  2    changes are present (plan, show and diff with --detailed-exitcode);
       plan --fail-on: findings
  3    applied in part, or daily API calls used up; run the same command again to resume.
       plan, undo, apply without a plan: incomplete board listings
  4    plan refused: stale, edited, bound to another library, unknown format
  5    stopped by a safety check, nothing done
  7    library state damaged (corrupt, rolled back, missing marker); manual recovery needed
  8    declined, or approval required and no terminal attached
  11   library locked by another pinplan
  12   not signed in, token refused, or scope missing
  64   usage or configuration error
  130  interrupted; consistent and resumable
"""

# No entry for RemoteError: its subclass QuotaSpent is the only one with a code of its own.
_CODES: tuple[tuple[type[errors.PinplanError], int], ...] = (
    (errors.ConfigError, USAGE),
    (errors.StateDamaged, STATE),
    (errors.PlanRefused, REFUSED),
    (errors.SafetyStop, STOPPED),
    (errors.Declined, DECLINED),
    (errors.LockHeld, LOCKED),
    (errors.AuthError, SIGNED_OUT),
    (errors.QuotaSpent, PARTLY),
)

_BARE = Invocation()
_INIT, _RECOVER = ("init", "DIR"), ("init", "--recover", "DIR")
_PLAN, _SHOW, _SIGN_IN = ("plan", "-o", "plan.json"), ("show", "PLAN"), ("auth", "login")

# First match wins: a subclass stands before its base.
_NEXT: tuple[tuple[type[errors.PinplanError], str, tuple[Command, ...]], ...] = (
    (
        errors.MarkerMissing,
        "Check that the disk is mounted and the folder is right. To create a library: {}",
        (_INIT,),
    ),
    (errors.MarkerUnreadable, "Restore .pinplan/library.json from a backup, or start over with: {}", (_RECOVER,)),
    (
        errors.StateMissing,
        "Restore .pinplan/state.db from a backup, or start over with: {} (files are adopted by the pin id in their name)",
        (_RECOVER,),
    ),
    (
        errors.StateUnreadable,
        "Restore .pinplan/state.db from a backup, or move it away and create a new state with: {}",
        (_RECOVER,),
    ),
    (
        errors.StateRolledBack,
        "Put the newer .pinplan/state.db back. For a copy, or if the newer state is lost, start over with: {} (files are adopted by the pin id in their name)",
        (_RECOVER,),
    ),
    (
        errors.AuditBroken,
        "Locate the damage with: {}. Restore .pinplan/audit.jsonl from a backup, or start a new log (the old one is kept): {}",
        (("audit", "verify"), ("audit", "restart")),
    ),
    (
        errors.DecisionsUnbound,
        "Nothing was done. Use the plan of these decisions, or review this plan again.",
        (),
    ),
    (errors.CannotUndo, "Nothing was done. List all runs with: {}", (("history",),)),
    (errors.PlanFormatUnknown, "Apply it with the pinplan version that made it, or plan again: {}", (_PLAN,)),
    (
        errors.PlanRefused,
        "Nothing was done. Make a new plan: {}; or type the post or undo again that made it",
        (_PLAN,),
    ),
    (
        errors.NoRoom,
        "Nothing was done. Free some space, or override the check (sizes are estimates): {}",
        (("apply", IF_SAVED, "--allow", "free-space"),),
    ),
    (
        errors.SafetyStop,
        "Nothing was done. Show the plan with: {}; to raise a limit once, plan again with --allow NAME=FIGURE",
        (_SHOW,),
    ),
    (
        errors.DecisionNeeded,
        "Nothing was done. Decide about each action, then: {}; or approve the whole plan with its digest (shown by {}): {}",
        (
            ("apply", "PLAN", "--decisions", "FILE"),
            _SHOW,
            ("apply", "PLAN", "--expect-digest", "DIGEST"),
        ),
    ),
    (
        errors.ApprovalNeeded,
        "Nothing was done. Review it with: {}; to apply exactly this plan: {}",
        (_SHOW, ("apply", "PLAN", "--expect-digest", "DIGEST")),
    ),
    (
        errors.DecisionsChanged,
        "Nothing was done. Go on under the earlier decisions: {}; or accept the change: {}",
        (("apply", "PLAN"), ("apply", "PLAN", "--decisions", "FILE", "--auto-approve")),
    ),
    (errors.Declined, "Nothing was done.", ()),
    (errors.LockHeld, "Wait until it ends, or use --lock-timeout 60s.", ()),
    (
        errors.NotSignedIn,
        "Sign in with: {}; or set PINPLAN_ACCESS_TOKEN or --token-file. To try pinplan without an account: {}",
        (_SIGN_IN, ("demo",)),
    ),
    (errors.SignInFailed, "Nothing was stored. Try again with: {}", (_SIGN_IN,)),
    (errors.SignInEnded, "Sign in again with: {}", (_SIGN_IN,)),
    (errors.SignInChanged, "Run the same command again.", ()),
    (
        errors.TokenRefused,
        "Sign in again with: {}; with PINPLAN_ACCESS_TOKEN or --token-file, provide a new token.",
        (_SIGN_IN,),
    ),
    (
        errors.TrialRefused,
        "Ask Pinterest for Standard access for your app (developers.pinterest.com, My apps), or use Pinterest's API sandbox: PINPLAN_API_URL=https://api-sandbox.pinterest.com/v5, with a sandbox token.",
        (),
    ),
    (
        errors.FeatureRestricted,
        "Ask Pinterest for this feature; the rest of the plan works without it.",
        (),
    ),
    (
        errors.SpamBlocked,
        "Writing to Pinterest stopped. Wait a day, then apply the same plan again to resume.",
        (),
    ),
    (errors.Conflict, "Wait a few minutes, then run the same command again.", ()),
    (
        errors.Throttled,
        "Wait for the quota to reset (Trial access: 1,000 calls a day), then run the same command again.",
        (),
    ),
    (
        errors.NotPermitted,
        "Check it on Pinterest with this account. Leave out what you cannot change with [protect] or [boards] exclude, then plan again.",
        (),
    ),
    (
        errors.QuotaSpent,
        "Run the same command again then: listings are cached, applied actions are not repeated.",
        (),
    ),
    (errors.Unreachable, "Check the network and PINPLAN_API_URL, then run the same command again.", ()),
)


class FailOn(StrEnum):
    """Findings for which ``plan --fail-on`` exits with 2."""

    FINDINGS = "findings"
    BLOCKED = "blocked"


def of_plan(made: Plan, *, changes: bool = False, fail_on: FailOn | None = None) -> int:
    """The exit code of a new plan.

    Args:
        made: the plan.
        changes: exit 2 for changes (``--detailed-exitcode``).
        fail_on: exit 2 for differences that are only reported, or only for what could not be done.
    """
    from pinplan.plan.agreement import hindered, too_many_unread, unsettled

    # Worst first: 5 hides 3, 3 hides 2.
    if not made.applyable:
        return STOPPED
    if too_many_unread(made):
        return PARTLY
    found = {FailOn.FINDINGS: lambda: unsettled(made).differences, FailOn.BLOCKED: lambda: hindered(made)}
    failed = fail_on is not None and found[fail_on]() > 0
    return CHANGES if failed or (changes and made.actions) else DONE


def exit_code(error: errors.PinplanError) -> int:
    """The exit code of an error."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), FAILED)


def next_step(error: errors.PinplanError, run: Invocation = _BARE) -> str:
    """What to do next; empty if the message says it.

    Args:
        error: the error of the command.
        run: the invocation, for suggested commands.
    """
    if isinstance(error, errors.PermissionMissing):
        return _with_scopes(error.missing or error.needed, run)
    # Whatever is said about damaged files would make an older state of it, or none.
    if isinstance(error, errors.StateDamaged) and error.newer:
        return "It was written by a newer pinplan and is not damaged: install that version."
    if isinstance(error, errors.DiskRefused):
        from pinplan.errors.shortage import step_of

        return step_of(error.errno)
    return next((run.sentence(words, *commands) for kind, words, commands in _NEXT if isinstance(error, kind)), "")


def _with_scopes(scopes: Sequence[str], run: Invocation) -> str:
    """How to get a token with these scopes."""
    flags = ["--write"] if any(":write" in scope for scope in scopes) else []
    flags += ["--secret"] if any(scope.endswith("_secret") for scope in scopes) else []
    named = f" with {', '.join(scopes)}" if scopes else ""
    return f"Sign in with more scopes: {run.command('auth', 'login', *flags)}; or set PINPLAN_ACCESS_TOKEN to a token{named}."
