"""A library in a temporary folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from pinplan.disk.library import DiskLibrary
from tests.disk.samples import make_library


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_library(tmp_path / "library")


@pytest.fixture
def library(root: Path) -> Iterator[DiskLibrary]:
    with closing(DiskLibrary(root)) as opened:
        yield opened
