"""The plan: a versioned data contract between planning and applying.

A plan is a value. It holds every action, what each expects of the world, the findings that lead to no action, the
checks over the whole plan, and what the plan is bound to. Reasons and modes are for people and never steer the apply.
"""

from __future__ import annotations

import hashlib
from enum import Enum, StrEnum, auto
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from msgspec import UNSET, Struct, UnsetType, field
from msgspec.structs import replace

from pinplan.actions import KINDS, AnyAction
from pinplan.errors.suggestions import Command
from pinplan.model.ids import BoardId, Digest, LibraryId, Lineage, PinId, RunId
from pinplan.model.pins import Account
from pinplan.model.snapshots import UnknownPath
from pinplan.policies.bundle import Policies

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

FORMAT = "pinplan.plan"
FORMAT_VERSION = "1.4"
"""1.1 added: kinds restore and create_pin, undoes, restore in the scope, limits, protect and of_others in the policies. 1.2 added: what
an exchange of two duplicates needs. 1.3 added: mtime and ignore_pins in the policies, mtime and title of a placement, local of two
duplicates, companions of actions, kinds rebind, relocate and confirm_create, the findings unconfirmed and unmatched_selector, accept in the
scope, before of an adopt, seen of a board, left_out, compares, kinds of findings about boards and listings, same_bytes of a move, doubtful
of a tracked file, moved_to of a finding, the findings better_size, smaller and another_image. New fields are left out while they hold their
default, so that the digest of a plan of 1.0 stays the same. 1.3 also added: require_decisions in the policies, the seal, commands of a finding.
1.4 added: the kinds move_remote, rename_board, rename_section, create_board, create_section, upload, upload_carousel, upload_video and post, moved_file,
written_of_others, new_file and uploads in the policies, moves, made_public, new_places and uploads in the limits, the findings new_here, cannot_upload and
already_pinned, reason of a finding, files_stay of a delete."""


class Meaning(Enum):
    """What a finding means for library and Pinterest."""

    NOTE = auto()  # both may agree all the same
    DIFFERENCE = auto()
    UNREAD = auto()  # a board could not be read to its end
    NOT_ASKED = auto()  # Pinterest was not asked for boards
    UNKNOWN = auto()  # a pin or a file could not be checked


class FindingKind(StrEnum):
    """Kinds of findings: reported, never acted on.

    Attributes:
        means: what it says about both sides: a difference, unless the kind names another meaning.
        of_boards: whether it is about a board and its listing, not about a pin or a file.
        hinders: whether something that the mode asks for is not done.
    """

    means: Meaning
    of_boards: bool
    hinders: bool

    def __new__(  # enum passes the values of a member by position
        cls,
        value: str,
        means: Meaning = Meaning.DIFFERENCE,
        of_boards: bool = False,  # noqa: FBT001, FBT002 - see above
        hinders: bool = False,  # noqa: FBT001, FBT002 - see above
    ) -> FindingKind:
        """A kind by its name in the plan file, and what it means."""
        # A StrEnum with attributes: the member must equal its name in the plan file, and nothing but the name is saved.
        kind = str.__new__(cls, value)
        kind._value_ = value
        kind.means, kind.of_boards, kind.hinders = means, of_boards, hinders
        return kind

    REMOVED_ON_PINTEREST = "removed_on_pinterest"
    REMOVED_LOCALLY = "removed_locally"
    PARTLY_REMOVED = "partly_removed"
    MODIFIED_LOCALLY = "modified_locally"
    MOVED_LOCALLY = "moved_locally"
    CONFLICT = "conflict", Meaning.DIFFERENCE, False, True
    BLOCKED = "blocked", Meaning.DIFFERENCE, False, True
    UNKNOWN = "unknown", Meaning.UNKNOWN
    INCOMPLETE = "incomplete", Meaning.UNREAD, True
    VANISHED = "vanished", Meaning.UNREAD, True
    NOT_ASKED = "not_asked", Meaning.NOT_ASKED, True
    UNREADABLE_ITEM = "unreadable_item", Meaning.NOTE, True  # its board is incomplete, too
    UNLISTED_SECTION = "unlisted_section", Meaning.DIFFERENCE, True
    SHORT_LISTING = "short_listing", Meaning.DIFFERENCE, True
    NEW_ON_PINTEREST = "new_on_pinterest"
    NEW_HERE = "new_here"
    CANNOT_UPLOAD = "cannot_upload", Meaning.DIFFERENCE, False, True
    ALREADY_PINNED = "already_pinned", Meaning.NOTE  # both sides have the picture
    COVER_ONLY = "cover_only", Meaning.NOTE
    WITHHELD = "withheld", Meaning.DIFFERENCE, False, True
    BETTER_SIZE = "better_size"
    SMALLER = "smaller", Meaning.NOTE  # declared sizes are nominal
    ANOTHER_IMAGE = "another_image"
    UNTRACKED = "untracked", Meaning.NOTE
    NOT_UNDONE = "not_undone", Meaning.DIFFERENCE, False, True
    DUPLICATE = "duplicate", Meaning.NOTE
    UNCONFIRMED = "unconfirmed", Meaning.DIFFERENCE, False, True
    UNMATCHED_SELECTOR = "unmatched_selector", Meaning.NOTE


class Finding(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """A report for the user.

    Attributes:
        address: pin, board or folder concerned.
        count: how many things a summarising finding stands for.
        moved_to: where a file of ``path`` is now.
        commands: commands that the message suggests (`pinplan.errors.suggestions`).
        reason: why, for programs, e.g. ``capability``; empty for most.
    """

    kind: FindingKind
    address: str
    message: str
    pin_id: PinId | None = None
    path: str | None = None
    count: int = 1
    moved_to: str | None = None
    commands: tuple[Command, ...] = ()
    reason: str = ""


class CheckStatus(StrEnum):
    """How a check ended."""

    PASS = "pass"  # noqa: S105 - not a password
    FAIL = "fail"


class Check(Struct, frozen=True, kw_only=True):
    """A safety rule judged over the whole plan.

    Attributes:
        limit, figure: as displayed, e.g. ``"10%"`` and ``"16/21"``.
    """

    name: str
    status: CheckStatus
    limit: str
    figure: str
    message: str


class PlannedLibrary(Struct, frozen=True):
    """The library that the plan is bound to."""

    id: LibraryId


class PlannedBase(Struct, frozen=True, kw_only=True):
    """The state that the plan is bound to."""

    lineage: Lineage
    serial: int


class BoardSeen(StrEnum):
    """Why the listing of a board is not complete."""

    UNREAD = "unread"
    NOT_ASKED = "not_asked"


class PlannedBoard(Struct, frozen=True, kw_only=True):
    """A board as the plan saw it.

    Attributes:
        pins: how many were listed.
        complete: the listing ended cleanly, and the folder of every pin is known.
        seen: why the listing is not complete; absent if it is.
    """

    id: BoardId
    name: str
    pins: int
    complete: bool
    seen: BoardSeen | UnsetType = UNSET


class PlannedRemote(Struct, frozen=True, kw_only=True):
    """Which snapshot of Pinterest the plan was made from.

    Attributes:
        left_out: how many boards the config excludes; absent if none.
    """

    digest: Digest
    taken_at: str
    boards: tuple[PlannedBoard, ...]
    scopes: tuple[str, ...] = ()
    left_out: int | UnsetType = UNSET


class PlannedLocal(Struct, frozen=True, kw_only=True):
    """Which snapshot of the library the plan was made from."""

    digest: Digest
    files: int
    unknown: tuple[UnknownPath, ...] = ()


class PlannedSnapshots(Struct, frozen=True, kw_only=True):
    """The snapshots of both sides."""

    remote: PlannedRemote
    local: PlannedLocal


class Scope(Struct, frozen=True, kw_only=True):
    """What the plan was narrowed to: addresses with ``*`` and ``?``, or pin ids.

    Attributes:
        restore: locally removed, changed or moved files to bring back, by path, address or pin id; absent means none.
        accept: locally changed or moved files to accept as they are, likewise.
    """

    targets: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    restore: tuple[str, ...] | UnsetType = UNSET
    accept: tuple[str, ...] | UnsetType = UNSET


class Tally(Struct, frozen=True, kw_only=True):
    """Count and bytes of one kind (estimated for downloads)."""

    count: int = 0
    bytes: int = 0


class Plan(Struct, frozen=True, kw_only=True):
    """An explicit, serialisable plan; `pinplan.records.plan_file` reads and writes it.

    Attributes:
        digest: of everything but itself, the seal, time stamps, call counts and pinplan's own version (see `digest_of`).
        seal: proof that the plan was made on this computer (`pinplan.records.seals`); absent if it was not. Since 1.3.
        allow: raised limits of named checks, for this plan only (``plan --allow NAME=FIGURE``).
        undoes: the run that this plan reverses; absent for any other plan.
        compares: False for a plan that compared nothing, because it restores something or the config excludes every board in scope;
            absent otherwise.
        applyable: False if a check failed; such a plan can be shown, never applied.
    """

    format: str = FORMAT
    format_version: str = FORMAT_VERSION
    pinplan_version: str
    created_at: str
    digest: Digest = Digest("")
    seal: str | UnsetType = UNSET
    account: Account
    library: PlannedLibrary
    base: PlannedBase
    snapshots: PlannedSnapshots
    policies: Policies
    scope: Scope = field(default_factory=Scope)
    allow: dict[str, int] = field(default_factory=dict)
    summary: dict[str, Tally] = field(default_factory=dict)
    api_calls: int = 0
    undoes: RunId | UnsetType = UNSET
    compares: bool | UnsetType = UNSET
    applyable: bool = True
    checks: tuple[Check, ...] = ()
    actions: tuple[AnyAction, ...] = ()
    findings: tuple[Finding, ...] = ()


class Parts(NamedTuple):
    """The canonical document in three parts; joined, they are the whole document.

    In parts because the actions are nearly all of it: they are encoded once for digest and document, and not copied.
    """

    head: bytes
    actions: memoryview
    tail: bytes


_NO_ACTIONS = b'\n  "actions": []'
"""The place of the actions. JSON strings cannot contain a raw line break, so these bytes match the key and nothing else."""
_ACTIONS_ALONE = (b'{\n  "actions": ', b"\n}")


def parts_of(plan: Plan) -> Parts:
    """The canonical document: UTF-8, sorted keys, two-space indent, newline at the end."""
    head, tail = frame_of(plan)
    return Parts(head, _ENCODED.actions_of(plan), tail)


class _LastEncoded:
    """The actions that were encoded last: a new plan gets its digest, its seal and its file one after the other."""

    def __init__(self) -> None:
        self._last: tuple[tuple[AnyAction, ...], memoryview] | None = None

    def actions_of(self, plan: Plan) -> memoryview:
        """The encoded actions of a plan."""
        last = self._last
        # The very tuple: to compare 100,000 actions would cost more.
        if last is not None and last[0] is plan.actions:
            return last[1]
        start, end = _ACTIONS_ALONE
        # Formatted inside an object, since the indent of a value depends on how deep it is nested.
        alone = msgspec.json.format(msgspec.json.encode({"actions": plan.actions}, order="sorted"), indent=2)
        encoded = memoryview(alone)[len(start) : -len(end)]
        self._last = (plan.actions, encoded)
        return encoded

    def forget(self) -> None:
        """Free the memory."""
        self._last = None


_ENCODED = _LastEncoded()


def frame_of(plan: Plan) -> tuple[bytes, bytes]:
    """The canonical document around its actions: head and tail."""
    return _framed(msgspec.json.encode(replace(plan, actions=()), order="sorted"))


def _framed(compact: bytes) -> tuple[bytes, bytes]:
    head, _, tail = msgspec.json.format(compact, indent=2).partition(_NO_ACTIONS)
    return head + _NO_ACTIONS.removesuffix(b"[]"), tail + b"\n"


def encoded(plan: Plan) -> bytes:
    """The canonical document as a whole."""
    document = b"".join(parts_of(plan))
    _ENCODED.forget()
    return document


def digest_of(plan: Plan, actions: bytes | memoryview | None = None) -> Digest:
    """SHA-256 of the canonical document without what may differ in the same world.

    Those fields are ``digest``, ``seal``, ``created_at``, ``taken_at``, ``api_calls`` and ``pinplan_version``. With public tools::

        jq -S 'del(.digest, .seal, .created_at, .snapshots.remote.taken_at, .api_calls, .pinplan_version)' plan.json | sha256sum

    Args:
        plan: any plan; its own digest plays no part.
        actions: the encoded actions of the document, if the caller has them.
    """
    # As a plain dict: a struct cannot leave out a field that has a value.
    document = msgspec.json.decode(msgspec.json.encode(replace(plan, seal=UNSET, actions=())))
    for field_name in ("digest", "created_at", "api_calls", "pinplan_version"):
        del document[field_name]
    del document["snapshots"]["remote"]["taken_at"]
    head, tail = _framed(msgspec.json.encode(document, order="sorted"))
    return sha256_digest((head, parts_of(plan).actions if actions is None else actions, tail))


def sha256_digest(data: Iterable[bytes | memoryview]) -> Digest:
    """Digest a stream of bytes, in the form used by plans and snapshots."""
    digest = hashlib.sha256()
    for piece in data:
        digest.update(piece)
    return Digest(f"sha256:{digest.hexdigest()}")


def bytes_of(action: AnyAction) -> int:
    """Bytes of an action: estimated for downloads, measured for files."""
    # Only kinds that fetch have an estimate, and not every kind expects a file.
    estimated: int | None = getattr(action, "estimated_bytes", None)
    if estimated is not None:
        return estimated
    size: int = getattr(action.expect, "size", 0)
    return size


def summarise(actions: Sequence[AnyAction]) -> dict[str, Tally]:
    """Counts and bytes per kind; kinds that are always shown appear even with 0."""
    counts = dict.fromkeys(KINDS, 0)
    sizes = dict.fromkeys(KINDS, 0)
    for action in actions:
        kind = kind_of(action)
        counts[kind] += 1
        sizes[kind] += bytes_of(action)
    return {
        kind: Tally(count=counts[kind], bytes=sizes[kind])
        for kind, of_kind in KINDS.items()
        if counts[kind] or of_kind.trait.always_shown
    }


def kind_of(action: AnyAction) -> str:
    """The kind's name in the plan file, e.g. ``"download"``."""
    tag = action.__struct_config__.tag
    return str(tag)
