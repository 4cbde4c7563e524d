"""The library marker ``.pinplan/library.json``. Without it pinplan does nothing: the disk may be unmounted (I3)."""

from __future__ import annotations

from pathlib import Path

import msgspec

from pinplan.documents import decode_as, read_bounded
from pinplan.errors import DiskRefused, MarkerMissing, MarkerUnreadable
from pinplan.model.ids import LibraryId, Lineage
from pinplan.records.files import write_private

MARKER_PATH = ".pinplan/library.json"
FORMAT = "pinplan.library"
FORMAT_VERSION = "1.0"


class Marker(msgspec.Struct, frozen=True, kw_only=True):
    """Identity of the library and lineage of its state."""

    format: str = FORMAT
    format_version: str = FORMAT_VERSION
    library_id: LibraryId
    lineage: Lineage


def read_marker(root: Path) -> Marker:
    """The marker of a library. Raises `MarkerMissing`, `MarkerUnreadable`, `DiskRefused`."""
    path = root / MARKER_PATH
    try:
        if path.exists() and not path.is_file():  # opening a FIFO would block forever
            raise MarkerUnreadable(str(path), "not a regular file")
        with path.open("rb") as file:
            marker = decode_as(read_bounded(file), Marker)
    except FileNotFoundError as error:
        raise MarkerMissing(str(root), "no library marker (.pinplan/library.json)") from error
    except OSError as error:
        # Not damaged, as far as anybody knows: nothing must suggest to start over.
        raise DiskRefused(str(path), error.errno, error.strerror or str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MarkerUnreadable(str(path), f"damaged: {error}") from error
    major = marker.format_version.partition(".")[0]
    if marker.format != FORMAT or major != "1":
        problem = f"unsupported format {marker.format} {marker.format_version}, expected {FORMAT} 1"
        newer = marker.format == FORMAT and major.isdecimal() and int(major) > 1
        raise MarkerUnreadable(str(path), problem, newer=newer)
    return marker


def write_marker(root: Path, marker: Marker) -> None:
    """Write the marker atomically. Raises `DiskRefused`."""
    write_private(root / MARKER_PATH, msgspec.json.format(msgspec.json.encode(marker), indent=2) + b"\n")


def find_library_above(folder: Path) -> Path | None:
    """The nearest library at or above a folder."""
    return next((one for one in (folder, *folder.parents) if _has_marker(one)), None)


def _has_marker(folder: Path) -> bool:
    try:
        return (folder / MARKER_PATH).exists()
    except OSError:
        return False  # no permission: not a library of this user
