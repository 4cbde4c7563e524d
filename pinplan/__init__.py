"""pinplan: Terraform for Pinterest boards.

The Python API is `pinplan.api`; its names can be imported from here.
"""

from __future__ import annotations

import os.path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pinplan.api import *

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever is asked for; the type checker reads the import above
    """Load the Python API when a name of it, or the list of them, is first asked for: `pinplan --help` needs none of it.

    Names of modules must not load it: `from pinplan import errors` asks here before it looks for a submodule.
    """
    if (name.startswith("_") and name != "__all__") or _is_module(name):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from pinplan import api  # noqa: PLC0415 - only on first use

    if name == "__all__":
        return api.__all__
    if name not in api.__all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(api, name)


def _is_module(name: str) -> bool:
    return any(os.path.exists(os.path.join(folder, name + end)) for folder in __path__ for end in ("", ".py"))  # noqa: PTH110, PTH118 - pathlib takes a tenth of the time of `pinplan --help`


def __dir__() -> list[str]:
    """What is here, loaded or not."""
    from pinplan import api  # noqa: PLC0415 - only on first use

    return sorted({*globals(), *api.__all__})
