"""pinplan: Terraform for Pinterest boards.

The Python API is `pinplan.api`; its names can be imported from here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pinplan.api import (
        Adopt,
        AnyAction,
        ApplyResult,
        Config,
        CreatePin,
        Decisions,
        DeleteLocal,
        DeleteRemote,
        Download,
        Finding,
        Forget,
        MoveLocal,
        OpenLibrary,
        PinplanError,
        Plan,
        Proof,
        Rebind,
        Relocate,
        Replace,
        Restore,
        apply_plan,
        init_library,
        load_config,
        make_plan,
        make_undo,
        open_library,
        read_decisions,
        read_plan,
        verify,
        write_plan,
    )

__version__ = "0.1.0"

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
