"""Guard for all output files (I17).

Output paths are typed by hand: a typo must not overwrite an image, the config or the state. An existing file is replaced only by
a document of the same kind.
"""

from __future__ import annotations

import stat
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from pinplan.documents import decode_as
from pinplan.errors import ConfigError, DiskRefused
from pinplan.records.files import OWN_FOLDER, read_bytes, write_private

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

CONFIG_NAME = "pinplan.toml"
PICTURES = frozenset(
    [
        ".jpg",
        ".jpeg",
        ".jpe",
        ".jfif",
        ".png",
        ".gif",
        ".webp",
        ".avif",
        ".heic",
        ".heif",
        ".jxl",
        ".bmp",
        ".tif",
        ".tiff",
        ".svg",
        ".mp4",
        ".mov",
        ".webm",
        ".psd",
    ]
)
"""Documents never get an image extension: the library scan would take them for images."""
PAGE_MARK = b"<title>pinplan: "
"""Found near the beginning of every page that any version of `pinplan show --html` or `dupes --html` writes."""
_HEAD_BYTES = 4096


class Document(Enum):
    """The kind of an output file; the value is its name in messages."""

    PLAN = "plan"
    DECISIONS = "decisions file"
    PAGE = "page of pinplan"


class _Head(msgspec.Struct):
    """The format of a JSON document."""

    format: Any = None


def check_target(path: Path, document: Document) -> None:
    """Check that a document may be written there. Writes nothing.

    Raises:
        ConfigError: the path is ``-``, inside ``.pinplan``, the config, has an image extension, is a folder or in a missing folder, or exists
            and is not a document of the same kind.
        DiskRefused: the existing file cannot be read.
    """
    problem = _why_not(path, document)
    if problem:
        raise ConfigError([f"{path}: {problem}"])


def write_document(path: Path, data: bytes, document: Document) -> None:
    """Write a document atomically, readable by its owner only; devices and pipes are written to directly.

    Raises:
        ConfigError: see `check_target`, which is repeated.
        DiskRefused: it cannot be written.
    """
    check_target(path, document)  # again: a long listing lies between the first check and the write
    target = path.resolve()
    # /dev/stdout, or a pipe of <(…): a rename would replace the device itself.
    if target.exists() and not target.is_file():
        _write_into(target, data)
    else:
        write_private(target, data)


def check_folder(folder: Path, is_ours: Mapping[str, Callable[[bytes], bool]]) -> None:
    """Check that files of these names may be written into a folder: it is missing, empty, or holds only such files.

    Args:
        folder: the target.
        is_ours: for each file name, a test whether an existing file's content was written by pinplan; a name alone proves little.

    Raises:
        ConfigError: it is inside ``.pinplan``, not a folder, or holds something else.
        DiskRefused: it cannot be read.
    """
    if str(folder) == "-":
        raise ConfigError(["-: snapshots cannot be written to standard output; name a folder"])
    place = folder.resolve()
    if OWN_FOLDER in place.parts:
        raise ConfigError([f"{folder}: {_IN_OWN_FOLDER}"])
    try:
        if place.exists() and not place.is_dir():
            raise ConfigError([f"{folder}: is a file; name a folder"])
        others = sorted(one.name for one in place.iterdir() if not _is_one_of(one, is_ours)) if place.exists() else []
    except OSError as error:
        raise DiskRefused(str(folder), error.errno, error.strerror or str(error)) from error
    if others:
        raise ConfigError([f"{folder}: contains {others[0]}, not written by pinplan; name a new or empty folder"])


def _is_one_of(path: Path, is_ours: Mapping[str, Callable[[bytes], bool]]) -> bool:
    ours = is_ours.get(path.name)
    if ours is None or path.is_symlink() or not path.is_file():
        return False
    data = read_bytes(path)
    # An empty file is what mktemp makes.
    return not data or ours(data)


_IN_OWN_FOLDER = f"{OWN_FOLDER} holds the state of a library; name a file outside it"


def _why_not(path: Path, document: Document) -> str:
    if str(path) == "-":
        return f"a {document.value} cannot be written to standard output; name a file"
    target = path.resolve()  # a symlink must not lead into the state folder
    if OWN_FOLDER in target.parts:
        return _IN_OWN_FOLDER
    if target.name == CONFIG_NAME:
        return "config of a library; name another file"
    if path.suffix.lower() in PICTURES or target.suffix.lower() in PICTURES:
        ending = next(one.suffix for one in (path, target) if one.suffix.lower() in PICTURES)
        return f"{ending} is an image extension; name another file for the {document.value}"
    try:
        found = target.stat()
    except FileNotFoundError:
        return "" if target.parent.is_dir() else f"no such folder {target.parent}"
    except OSError as error:
        raise DiskRefused(str(path), error.errno, error.strerror or str(error)) from error
    if stat.S_ISDIR(found.st_mode):
        return "is a folder; name a file"
    if stat.S_ISREG(found.st_mode) and found.st_size and not _is_of_kind(target, document):
        return f"exists and is not a {document.value}; not overwritten"
    return ""


def _is_of_kind(path: Path, document: Document) -> bool:
    if document is Document.PAGE:
        with path.open("rb") as file:
            return PAGE_MARK in file.read(_HEAD_BYTES)
    wanted = {Document.PLAN: "pinplan.plan", Document.DECISIONS: "pinplan.decisions"}[document]
    try:
        return bool(decode_as(read_bytes(path), _Head).format == wanted)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False


def _write_into(path: Path, data: bytes) -> None:
    try:
        with path.open("wb", buffering=0) as file:
            file.write(data)
    except OSError as error:
        raise DiskRefused(str(path), error.errno, error.strerror or str(error)) from error
