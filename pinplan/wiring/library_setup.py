"""Create a library, or recreate its lost records."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pinplan.config import CONFIG_NAME, default_config_text
from pinplan.disk.marker import Marker, find_library_above, read_marker, write_marker
from pinplan.errors import ConfigError, DiskRefused, MarkerMissing
from pinplan.model.ids import LibraryId, Lineage
from pinplan.model.times import compact_timestamp, timestamp
from pinplan.records.audit import Restarted
from pinplan.records.files import OWN_FOLDER
from pinplan.records.state import create_state

if TYPE_CHECKING:
    from pathlib import Path

    from pinplan.records.state import State


def init_library(folder: Path) -> list[Path]:
    """Create a library; returns the written files, none for an existing library.

    Raises:
        ConfigError: it is inside another library, or has a pinplan.toml.
        MarkerUnreadable: it is a library with a damaged marker.
        DiskRefused: it cannot be written.
    """
    if (folder / OWN_FOLDER / "library.json").exists():
        read_marker(folder)
        return []
    _may_become_a_library(folder)
    own, config_file = folder / OWN_FOLDER, folder / CONFIG_NAME
    marker = Marker(library_id=LibraryId(str(uuid.uuid4())), lineage=Lineage(str(uuid.uuid4())))
    try:
        # Private: state and trash may hold secret boards.
        own.mkdir(mode=0o700, parents=True)
        create_state(own / "state.db", marker.library_id, marker.lineage)
        # "x": a pinplan.toml that appeared since the check above is not overwritten.
        with config_file.open("x", encoding="utf-8") as file:
            file.write(default_config_text())
    except OSError as error:
        raise DiskRefused(str(error.filename or folder), error.errno, error.strerror or str(error)) from error
    # The marker comes last: it makes the folder a library, and an interrupted init leaves none.
    write_marker(folder, marker)
    return [config_file, own / "library.json"]


def _may_become_a_library(folder: Path) -> None:
    problems = []
    if (folder / CONFIG_NAME).exists():
        problems.append(f"{folder / CONFIG_NAME} already exists; not overwritten")
    elif (folder / OWN_FOLDER).exists():
        problems.append(f"{folder / OWN_FOLDER} already exists without a marker; move it away first")
    above = find_library_above(folder.resolve().parent)  # `..` and symlinks lead elsewhere
    if above is not None:
        problems.append(f"{folder} is inside the library {above}; libraries cannot be nested")
    if problems:
        raise ConfigError(problems)


def recover_library(folder: Path) -> list[Path]:
    """Create a new state with a new lineage; returns the old files, renamed.

    Raises:
        MarkerMissing: this never was a library.
        DiskRefused: it cannot be written.
    """
    own = folder / OWN_FOLDER
    if not own.is_dir():
        raise MarkerMissing(str(folder), "not a library")
    stamp = compact_timestamp(datetime.now(UTC))
    # -wal and -shm go along: an old WAL beside a new state.db would be replayed into it.
    names = ("state.db", "state.db-wal", "state.db-shm", "library.json", "audit.jsonl")
    marker = Marker(library_id=LibraryId(str(uuid.uuid4())), lineage=Lineage(str(uuid.uuid4())))
    try:
        # Renamed, never deleted: the damaged state may still be repaired.
        kept = [(own / name).rename(own / f"{name}.{stamp}.old") for name in names if (own / name).exists()]
        create_state(own / "state.db", marker.library_id, marker.lineage)
        if not (folder / CONFIG_NAME).exists():
            (folder / CONFIG_NAME).write_text(default_config_text(), encoding="utf-8")
    except OSError as error:
        raise DiskRefused(str(error.filename or folder), error.errno, error.strerror or str(error)) from error
    write_marker(folder, marker)
    return kept


def restart_audit(state: State) -> Path | None:
    """Start a new audit log that names the old file, which is renamed; returns its new path."""
    now = datetime.now(UTC)
    head = state.audit.head()
    old = state.audit.set_aside(compact_timestamp(now))
    entry = Restarted(old=old.name if old else "", head=head.hash, records=head.seq)
    state.audit.restart(entry, timestamp(now))
    return old
