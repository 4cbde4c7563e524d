"""From errors to exit codes, sentences and what to do next. The only place that knows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinplan import errors
from pinplan.cli.invocation import IF_SAVED, Invocation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pinplan.errors.suggestions import Command
    from pinplan.plan.document import Plan

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
  2    changes are present (plan, show and diff with --detailed-exitcode)
  3    applied in part, or a day's API calls are used up; the same command again goes on.
       plan, undo, apply without a plan: boards could not be read to their end
  4    plan refused: stale, edited, made for something else, unknown format
  5    stopped by a safety check, nothing done
  7    the state needs a person: corrupt, rolled back, missing marker
  8    declined, or approval needed and no way to ask
  11   the lock is held
  12   not signed in, token refused, or a scope is missing
  64   usage or configuration error
  130  interrupted; consistent, can be resumed
"""

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

_NEXT: tuple[tuple[type[errors.PinplanError], str, tuple[Command, ...]], ...] = (
    (
        errors.MarkerMissing,
        "Is the disk mounted, is this the right folder? A new library is made with: {}",
        (_INIT,),
    ),
    (errors.MarkerUnreadable, "Restore .pinplan/library.json from a backup, or start anew with: {}", (_RECOVER,)),
    (
        errors.StateMissing,
        "Restore .pinplan/state.db from a backup, or start anew with: {} (files are known again by the pin id in their names)",
        (_RECOVER,),
    ),
    (
        errors.StateUnreadable,
        "Restore .pinplan/state.db from a backup, or move it away and start anew with: {}",
        (_RECOVER,),
    ),
    (
        errors.StateRolledBack,
        "Put the newer .pinplan/state.db back. If this is a copy, or the old state is all there is: {} begins a new one (files are known again by the pin id in their names)",
        (_RECOVER,),
    ),
    (
        errors.AuditBroken,
        "See where with: {}. Restore .pinplan/audit.jsonl from a backup, or begin a new log (the old one is kept): {}",
        (("audit", "verify"), ("audit", "restart")),
    ),
    (
        errors.DecisionsUnbound,
        "Nothing was done. Give the plan that was decided about, or decide about this one anew.",
        (),
    ),
    (errors.CannotUndo, "Nothing was done. See all runs with: {}", (("history",),)),
    (errors.PlanFormatUnknown, "Apply it with the pinplan that made it, or plan again: {}", (_PLAN,)),
    (errors.PlanRefused, "Nothing was done. Make a new plan: {}", (_PLAN,)),
    (
        errors.NoRoom,
        "Nothing was done. Make room, or go on all the same (sizes are estimates): {}",
        (("apply", IF_SAVED, "--allow", "free-space"),),
    ),
    (
        errors.SafetyStop,
        "Nothing was done. Look at the plan with: {}; to allow a figure once, make the plan again with --allow NAME=FIGURE",
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
    (errors.Declined, "Nothing was done.", ()),
    (errors.LockHeld, "Wait for it to end, or give --lock-timeout 60s to wait that long.", ()),
    (
        errors.NotSignedIn,
        "Sign in with: {}; or give an access token in PINPLAN_ACCESS_TOKEN or with --token-file. To try pinplan without an account: {}",
        (_SIGN_IN, ("demo",)),
    ),
    (errors.SignInFailed, "Nothing was stored. Try again with: {}", (_SIGN_IN,)),
    (errors.SignInEnded, "Sign in again with: {}", (_SIGN_IN,)),
    (errors.SignInChanged, "Run the same command again.", ()),
    (
        errors.TokenRefused,
        "Sign in again with: {}; where you gave the token yourself (PINPLAN_ACCESS_TOKEN, --token-file), give a fresh one.",
        (_SIGN_IN,),
    ),
    (
        errors.TrialRefused,
        "Ask Pinterest for Standard access for your app (developers.pinterest.com, My apps), or try it on Pinterest's API sandbox: PINPLAN_API_URL=https://api-sandbox.pinterest.com/v5, with a token for it.",
        (),
    ),
    (
        errors.FeatureRestricted,
        "Ask Pinterest for this feature, or go on without it: the rest of the plan does not need it.",
        (),
    ),
    (
        errors.SpamBlocked,
        "Nothing more was written to Pinterest. Wait a day, then apply the same plan again: it goes on where it stopped.",
        (),
    ),
    (errors.Conflict, "Wait a few minutes, then run the same command again.", ()),
    (
        errors.Throttled,
        "Wait until there is quota again (with Trial access 1,000 calls a day), then run the same command again.",
        (),
    ),
    (
        errors.NotPermitted,
        "Look at it on Pinterest with this account. What you cannot change there is left out with [protect] or [boards] exclude; then plan again.",
        (),
    ),
    (
        errors.QuotaSpent,
        "Run the same command again then: what was read is kept, and what was applied is not done twice.",
        (),
    ),
    (errors.Unreachable, "Check the network and PINPLAN_API_URL, then run the same command again.", ()),
    (errors.DiskRefused, "Check space and permissions there, then run the same command again.", ()),
)


def of_plan(made: Plan, *, changes: bool = False) -> int:
    """The exit code of a plan that was just made.

    Args:
        made: the plan.
        changes: whether changes have a code of their own (``--detailed-exitcode``).
    """
    from pinplan.plan.agreement import too_many_unread

    if not made.applyable:
        return STOPPED
    if too_many_unread(made):
        return PARTLY
    return CHANGES if changes and made.actions else DONE


def exit_code(error: errors.PinplanError) -> int:
    """The exit code of an error."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), FAILED)


def next_step(error: errors.PinplanError, run: Invocation = _BARE) -> str:
    """What a person can do now; empty where the message says it already.

    Args:
        error: what ended the command.
        run: how the command was called.
    """
    if isinstance(error, errors.PermissionMissing):
        return _with_scopes(error.missing or error.needed, run)
    return next((run.sentence(words, *commands) for kind, words, commands in _NEXT if isinstance(error, kind)), "")


def _with_scopes(scopes: Sequence[str], run: Invocation) -> str:
    """How to get a token that has these scopes."""
    flags = ["--write"] if any(":write" in scope for scope in scopes) else []
    flags += ["--secret"] if any(scope.endswith("_secret") for scope in scopes) else []
    named = f" with {', '.join(scopes)}" if scopes else ""
    return f"Sign in for more: {run.command('auth', 'login', *flags)}; or give a token{named} in PINPLAN_ACCESS_TOKEN."
