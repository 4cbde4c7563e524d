"""Everything that pinplan imports sooner or later, imported now: forks of a process that did so begin where the work begins."""

from __future__ import annotations

import gc
import importlib
import pkgutil

import pinplan


def import_everything() -> None:
    """Import each module of pinplan, and what they import only when it is used; a fork then has little to copy."""
    from PIL import Image

    for module in pkgutil.walk_packages(pinplan.__path__, "pinplan."):
        importlib.import_module(module.name)
    importlib.import_module("platformdirs.unix")
    Image.init()
    gc.collect()
    gc.freeze()
