"""An embedded Pinterest API v5 with real image files, for demos, tests, and trying pinplan without an account.

It follows Pinterest's API description, not pinplan's client: nothing here knows the client or the model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pinplan.sandbox.faults import Fault, FaultKind, Faults, read_faults
    from pinplan.sandbox.quotas import Limits, Tier
    from pinplan.sandbox.requests import Texts
    from pinplan.sandbox.sample_worlds import default_world, large_world
    from pinplan.sandbox.server import Sandbox, serve
    from pinplan.sandbox.settings import App, Consent, Lifetimes, Settings, read_settings
    from pinplan.sandbox.world import Clock, World

__all__ = [
    "App",
    "Clock",
    "Consent",
    "Fault",
    "FaultKind",
    "Faults",
    "Lifetimes",
    "Limits",
    "Sandbox",
    "Settings",
    "Texts",
    "Tier",
    "World",
    "default_world",
    "large_world",
    "read_faults",
    "read_settings",
    "serve",
]

_HOMES = {
    "App": "settings",
    "Clock": "world",
    "Consent": "settings",
    "Fault": "faults",
    "FaultKind": "faults",
    "Faults": "faults",
    "Lifetimes": "settings",
    "Limits": "quotas",
    "Sandbox": "server",
    "Settings": "settings",
    "Texts": "requests",
    "Tier": "quotas",
    "World": "world",
    "default_world": "sample_worlds",
    "large_world": "sample_worlds",
    "read_faults": "faults",
    "read_settings": "settings",
    "serve": "server",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever is asked for; the type checker reads the imports above
    """Import a part of the sandbox on first use: web server and image libraries are slow to import."""
    if name not in _HOMES:
        raise AttributeError(name)
    from importlib import import_module  # noqa: PLC0415 - only on first use

    return getattr(import_module(f"pinplan.sandbox.{_HOMES[name]}"), name)
