"""The plan as a file: one canonical JSON document (UTF-8, sorted keys, two-space indent, newline at the end, 0600)."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace

from pinplan.documents import decode, decode_as
from pinplan.errors import ConfigError, NotAPlan, PlanEdited, PlanFormatUnknown
from pinplan.plan.document import FORMAT, FORMAT_VERSION, Plan, digest_of, encoded, frame_of
from pinplan.records.files import read_bytes, write_private

if TYPE_CHECKING:
    from pathlib import Path


@functools.cache
def _decoder() -> msgspec.json.Decoder[Plan]:
    """Made with the first plan that is read: it takes as long as a short command has."""
    return msgspec.json.Decoder(Plan)


class _Head(msgspec.Struct):
    """Format and version of any JSON document."""

    format: Any = None
    format_version: Any = None


def with_digest(plan: Plan) -> Plan:
    """The plan with its digest. It protects from accidents only; `SealKey` protects from edits."""
    return replace(plan, digest=digest_of(plan))


def encode_plan(plan: Plan) -> bytes:
    """The canonical document of a plan with its digest."""
    return encoded(plan)


def decode_plan(data: bytes, where: str = "plan") -> Plan:
    """A plan from its document.

    Raises:
        NotAPlan: not JSON, truncated, or not a plan.
        PlanFormatUnknown: unknown major version.
        PlanEdited: digest mismatch, or not in canonical form.
    """
    try:
        plan = decode(data, _decoder())
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _refusal(data, where, error) from error
    # Version first: a newer plan must be called newer, not modified.
    _known(plan.format, plan.format_version, where)
    head, tail = frame_of(plan)
    if not (data.startswith(head) and data.endswith(tail) and len(data) >= len(head) + len(tail)):
        raise PlanEdited(f"{where}: plan was modified after it was written (not in canonical form)")
    # Actions need no byte comparison: any change in them, white space included, changes the digest.
    found = digest_of(plan, memoryview(data)[len(head) : len(data) - len(tail)])
    if found != plan.digest:
        raise PlanEdited(
            f"{where}: plan was modified after it was written (digest mismatch: {plan.digest}, content {found})"
        )
    return plan


def _refusal(data: bytes, where: str, error: Exception) -> NotAPlan | PlanFormatUnknown:
    """Tell another version, another document and a damaged plan apart."""
    try:
        head = decode_as(data, _Head)
    except (msgspec.DecodeError, UnicodeDecodeError):
        cut = data.lstrip().startswith(b"{")
        what = "truncated or damaged" if cut else "not JSON"
        return NotAPlan(f"{where}: not a plan: {what} ({error})")
    try:
        _known(head.format, head.format_version, where)
    except (NotAPlan, PlanFormatUnknown) as refused:
        return refused
    return NotAPlan(f"{where}: not a plan of format {FORMAT_VERSION}: {error}")


def _known(name: object, version: object, where: str) -> None:
    if name != FORMAT:
        raise NotAPlan(f"{where}: not a plan: format {name!r}, expected {FORMAT!r}")
    major = str(version).partition(".")[0]
    if major != FORMAT_VERSION.partition(".")[0]:
        raise PlanFormatUnknown(f"{where}: unsupported plan format {version}, expected {FORMAT_VERSION}")


def write_plan(plan: Plan, path: Path) -> None:
    """Write a plan, atomically, readable by its owner only. Raises `DiskRefused`."""
    write_private(path, encode_plan(plan))


def read_plan(path: Path) -> Plan:
    """Read a plan.

    Raises:
        PlanRefused: see `decode_plan`.
        ConfigError: no such file.
        DiskRefused: it cannot be read.
    """
    if not path.exists():
        raise ConfigError([f"{path}: no such plan file"])
    return decode_plan(read_bytes(path), str(path))
