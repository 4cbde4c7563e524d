"""pinplan: Terraform for Pinterest boards.

The Python API is `pinplan.api`; its names can be imported from here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pinplan.api import *  # noqa: F403 - one list of names, kept in pinplan.api

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever is asked for; the type checker reads the import above
    """Load the Python API when a name of it is first asked for: `pinplan --help` needs none of it."""
    if name.startswith("_"):
        raise AttributeError(name)
    from importlib import import_module  # noqa: PLC0415 - only on first use

    api = import_module("pinplan.api")
    if name not in api.__all__:
        raise AttributeError(f"pinplan has no {name!r}")
    return getattr(api, name)
