"""What the tests of the library share."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image

from pinplan.disk.library import DiskLibrary
from pinplan.disk.marker import Marker, write_marker
from pinplan.model.ids import ActionId, LibraryId, Lineage, RunId
from pinplan.model.images import StagedImage

RUN, ACTION = RunId("20261123T141630Z-1f3a"), ActionId("0001")


def png(colour: str = "red") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (8, 6), colour).save(file, "PNG")
    return file.getvalue()


def staged(library: DiskLibrary, data: bytes, name: str = "s") -> StagedImage:
    with library.stage(name) as file:
        file.write(data)
    size, content = library.inspect_staged(name)
    return StagedImage(name=name, url="", size=size, sha256=content.sha256, width=8, height=6, format="PNG")


def files(root: Path) -> dict[str, bytes]:
    """Everything below a folder but pinplan's own."""
    found = {path.relative_to(root).as_posix(): path for path in root.rglob("*") if not path.is_dir()}
    return {name: path.read_bytes() for name, path in found.items() if not name.startswith(".pinplan/")}


def everything(root: Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*"))


def make_library(root: Path) -> Path:
    """An empty library."""
    (root / ".pinplan").mkdir(parents=True)
    write_marker(root, Marker(library_id=LibraryId("lib"), lineage=Lineage("line")))
    return root
