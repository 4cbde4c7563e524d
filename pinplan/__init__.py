"""pinplan: Terraform for Pinterest boards.

The Python API is `pinplan.api`; its names can be imported from here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pinplan.api import *

__version__ = "0.1.0"

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


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever is asked for; the type checker reads the import above
    """Load the Python API when a name of it is first asked for: `pinplan --help` needs none of it.

    Any other name must not load it: `from pinplan import errors` asks here before it looks for a submodule.
    """
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from pinplan import api  # noqa: PLC0415 - only on first use

    return getattr(api, name)


def __dir__() -> list[str]:
    """What is here, loaded or not."""
    return sorted({*globals(), *__all__})
