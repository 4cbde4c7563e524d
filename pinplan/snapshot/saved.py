"""Save snapshots as files, for tests, bug reports and CI: a folder with the whole input of a plan."""

from __future__ import annotations

from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

import msgspec

from pinplan.documents import decode_as
from pinplan.errors import ConfigError, DiskRefused
from pinplan.model.base import Base
from pinplan.model.features import Feature
from pinplan.model.snapshots import LocalSnapshot, RemoteSnapshot
from pinplan.plan.document import sha256_digest
from pinplan.policies.bundle import Policies
from pinplan.reconcile.plan_input import PendingCreate, PendingPlace
from pinplan.records.files import read_bytes, write_private
from pinplan.records.output_file import check_folder

if TYPE_CHECKING:
    from pathlib import Path

    from pinplan.model.ids import Digest

T = TypeVar("T")
_ENCODER = msgspec.json.Encoder()
_AT_ONCE = 1_000
"""Files that are digested in one piece."""
NAMES = ("remote.json", "local.json", "base.json", "policies.json")
FURTHER = ("creates.json", "places.json", "remembered.json", "closed.json")
"""Written only if not empty."""
FILES = (*NAMES, *FURTHER)
_KINDS: dict[str, type[object]] = {
    "remote.json": RemoteSnapshot,
    "local.json": LocalSnapshot,
    "base.json": Base,
    "policies.json": Policies,
    "creates.json": tuple,
    "places.json": tuple,
    "remembered.json": tuple,
    "closed.json": tuple,
}


class Snapshots(msgspec.Struct, frozen=True, kw_only=True):
    """Both sides, the base, the policies, and data of earlier runs (see `pinplan.reconcile.plan_input.PlanInput`)."""

    remote: RemoteSnapshot
    local: LocalSnapshot
    base: Base
    policies: Policies
    creates: tuple[PendingCreate, ...] = ()
    places: tuple[PendingPlace, ...] = ()
    remembered: tuple[str, ...] = ()
    closed: tuple[Feature, ...] = ()


def save_snapshots(folder: Path, snapshots: Snapshots) -> None:
    """Write the files into a folder, creating it if needed. Raises `DiskRefused`."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DiskRefused(str(folder), error.errno, error.strerror or str(error)) from error
    for name in FILES:
        value = getattr(snapshots, name.removesuffix(".json"))
        if name in FURTHER and not value:
            # Left over from an earlier save, it would become part of this input.
            (folder / name).unlink(missing_ok=True)
            continue
        data = msgspec.json.format(msgspec.json.encode(value, order="sorted"), indent=1)
        write_private(folder / name, data + b"\n")


def check_snapshot_folder(folder: Path) -> None:
    """Require a folder in which snapshots may be saved. Raises as `pinplan.records.output_file.check_folder`."""
    check_folder(folder, {name: partial(_is_saved, _KINDS[name]) for name in FILES})


def _is_saved(kind: type[object], data: bytes) -> bool:
    """Whether a document looks like a saved snapshot of this kind."""
    try:
        if not issubclass(kind, msgspec.Struct):
            return isinstance(decode_as(data, list[msgspec.Raw]), list)
        fields = msgspec.structs.fields(kind)
        keys = decode_as(data, dict[str, msgspec.Raw]).keys()
        required = {field.encode_name for field in fields if field.required}
        # By its keys alone: a file of something else must not be overwritten, and a large snapshot is not decoded for that.
        return bool(keys) and required <= keys <= {field.encode_name for field in fields}
    except msgspec.DecodeError:
        return False


def load_snapshots(folder: Path) -> Snapshots:
    """Read the files. Raises `ConfigError`, naming the file and the position in it, and `DiskRefused`."""
    return Snapshots(
        remote=_load(folder / "remote.json", RemoteSnapshot),
        local=_load(folder / "local.json", LocalSnapshot),
        base=_load(folder / "base.json", Base),
        policies=_load(folder / "policies.json", Policies),
        creates=_load_further(folder / "creates.json", tuple[PendingCreate, ...], ()),
        places=_load_further(folder / "places.json", tuple[PendingPlace, ...], ()),
        remembered=_load_further(folder / "remembered.json", tuple[str, ...], ()),
        closed=_load_further(folder / "closed.json", tuple[Feature, ...], ()),
    )


def _load_further(path: Path, kind: type[T], empty: T) -> T:
    return _load(path, kind) if path.exists() else empty


def _load(path: Path, kind: type[T]) -> T:
    try:
        return decode_as(read_bytes(path), kind)
    except msgspec.DecodeError as error:
        raise ConfigError([f"{path}: not a saved snapshot: {error}"]) from error


def digest_of_remote(snapshot: RemoteSnapshot) -> Digest:
    """Digest the snapshot, without its time and call count."""
    # Board by board: encoding a large account in one piece would double the memory of a plan.
    bare = msgspec.structs.replace(snapshot, taken_at="", api_calls=0, boards=())
    return sha256_digest(map(_ENCODER.encode, (bare, *snapshot.boards)))


def digest_of_local(snapshot: LocalSnapshot) -> Digest:
    """Digest the snapshot, without its time."""
    bare = msgspec.structs.replace(snapshot, taken_at="", files=())
    pieces = map(_ENCODER.encode, snapshot.files)
    # Many at a time: a piece of 90 bytes takes longer to hand over than to digest.
    return sha256_digest((_ENCODER.encode(bare), *iter(lambda: b"".join(islice(pieces, _AT_ONCE)), b"")))
