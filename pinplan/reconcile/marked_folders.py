"""Folders whose pictures become one pin: those that hold a file called ``.pin``. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pinplan.model.images import FileFact

MARK = ".pin"
"""The name of the file that makes the pictures of its folder one pin; what it contains does not matter."""


def marked_folders(files: Iterable[FileFact]) -> frozenset[str]:
    """The folders that hold such a file."""
    return frozenset(file.path.rpartition("/")[0] for file in files if file.path.rpartition("/")[2] == MARK)
