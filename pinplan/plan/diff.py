"""What differs between two plans: actions, findings, checks, and the settings that they were made with.

Actions are matched by kind, pin and slot, never by their number: one more download at the top renumbers all that follow. The result
holds the actions and findings themselves, so that a report can be built on it.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict, deque
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

import msgspec
from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from pinplan.actions import AnyAction
from pinplan.model.ids import ActionId, Digest
from pinplan.model.json_document import JsonDocument
from pinplan.plan.document import Check, Finding, Plan, kind_of

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence

T = TypeVar("T")

_KEYS = ("slot", "size", "path")
"""Fields that identify the entries of a list: images of a pin, sizes of an image, files."""
_SETTINGS = ("account", "library", "policies", "scope", "allow", "undoes", "compares")
"""What a plan was made with. Times, call counts and snapshot digests differ between any two plans and are left out."""


class FieldChange(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A field with both values.

    Attributes:
        field: its path in the document; list entries are named by slot, size, path or text if these are unique, else by
            index.
        old, new: absent if the field is.
    """

    field: tuple[str, ...]
    old: Any | UnsetType = UNSET
    new: Any | UnsetType = UNSET


class Change(Struct, Generic[T], frozen=True, kw_only=True):
    """The same action, finding or check in both plans, with the fields that differ."""

    old: T
    new: T
    fields: tuple[FieldChange, ...]


class Compared(Struct, Generic[T], frozen=True, kw_only=True):
    """Actions, findings or checks of two plans.

    Attributes:
        added: only in the new plan, in its order.
        removed: only in the old plan, in its order.
        changed: in both, but not equal.
        unchanged: how many are equal in both.
    """

    added: tuple[T, ...] = ()
    removed: tuple[T, ...] = ()
    changed: tuple[Change[T], ...] = ()
    unchanged: int = 0

    @property
    def differs(self) -> bool:
        """Whether there is a difference."""
        return bool(self.added or self.removed or self.changed)

    def mirrored(self) -> Compared[T]:
        """The same, seen from the new plan."""
        changed = tuple(Change(old=one.new, new=one.old, fields=_swapped(one.fields)) for one in self.changed)
        return Compared(added=self.removed, removed=self.added, changed=changed, unchanged=self.unchanged)


class ComparedPlan(Struct, frozen=True, kw_only=True):
    """Which plan was compared."""

    digest: Digest
    created_at: str


class PlanDiff(JsonDocument, frozen=True, kw_only=True, tag="pinplan.diff"):
    """The document of ``pinplan diff --json``: what differs between two plans.

    Attributes:
        settings: account, library, policies, scope and overrides that the plans were made with, field by field.
    """

    old: ComparedPlan
    new: ComparedPlan
    settings: tuple[FieldChange, ...] = ()
    actions: Compared[AnyAction]
    findings: Compared[Finding]
    checks: Compared[Check]

    @property
    def differs(self) -> bool:
        """Whether there is a difference; if not, both plans do and report the same."""
        return bool(self.settings) or any(part.differs for part in (self.actions, self.findings, self.checks))

    def mirrored(self) -> PlanDiff:
        """The same, seen from the new plan."""
        return PlanDiff(
            old=self.new,
            new=self.old,
            settings=_swapped(self.settings),
            actions=self.actions.mirrored(),
            findings=self.findings.mirrored(),
            checks=self.checks.mirrored(),
        )


def compare_plans(old: Plan, new: Plan) -> PlanDiff:
    """What differs between two plans. Neither has to be of this library, or of this version of the format."""
    return PlanDiff(
        old=ComparedPlan(digest=old.digest, created_at=old.created_at),
        new=ComparedPlan(digest=new.digest, created_at=new.created_at),
        settings=_changed_fields([(_settings(old), _settings(new))])[0],
        actions=_compared(_actions(old), _actions(new)),
        findings=_compared(_findings(old), _findings(new)),
        checks=_compared(_checks(old), _checks(new)),
    )


class _Entry(NamedTuple, Generic[T]):
    """An action, finding or check, and its key in the other plan.

    Attributes:
        identity: entries with the same identity are the same thing.
        place: among several with one identity, those at the same place are matched first.
        content: what must be equal; an action's number is left out.
        digest: of the content.
    """

    value: T
    identity: tuple[str, ...]
    place: str
    content: Struct
    digest: bytes


def _entry(value: T, identity: tuple[str, ...], place: str, content: Struct) -> _Entry[T]:
    # Sorted keys: equal content must give equal bytes.
    data = msgspec.json.encode(content, order="sorted")
    return _Entry(value, identity, place, content, hashlib.blake2b(data, digest_size=16).digest())


def _actions(plan: Plan) -> list[_Entry[AnyAction]]:
    # Numbers shift with every added action: compare what an action is about.
    identities = {action.id: _identity(action) for action in plan.actions}
    return [
        _entry(action, identities[action.id], action.address, _without_numbers(action, identities))
        for action in plan.actions
    ]


def _identity(action: AnyAction) -> tuple[str, ...]:
    # No address: a renamed board changes the address of every action on it.
    return kind_of(action), action.pin_id, "" if action.slot is None else str(action.slot)


def _without_numbers(action: AnyAction, identities: dict[ActionId, tuple[str, ...]]) -> AnyAction:
    """The action with its number removed and its requirements given by identity."""
    # A requirement outside the plan keeps its number, so that a damaged plan can still be compared.
    required = sorted(" ".join(identities.get(number, (number,))).rstrip() for number in action.requires)
    return replace(action, id=ActionId(""), requires=tuple(map(ActionId, required)))


def _findings(plan: Plan) -> list[_Entry[Finding]]:
    return [
        # Without the path in the identity: a finding about a file that was moved is the same finding.
        _entry(one, (one.kind.value, one.pin_id or one.address), f"{one.address}\n{one.path or ''}", one)
        for one in plan.findings
    ]


def _checks(plan: Plan) -> list[_Entry[Check]]:
    """Checks by name; those that fail for several boards also by the board or library at the start of the message."""
    return [
        _entry(one, (one.name,), one.message.partition("]")[0] if one.message.startswith("[") else "", one)
        for one in plan.checks
    ]


def _settings(plan: Plan) -> Any:  # noqa: ANN401 - a document
    return {name: _document(value) for name in _SETTINGS if (value := getattr(plan, name)) is not UNSET}


def _document(value: object) -> Any:  # noqa: ANN401 - a document
    """The value as it is in the plan file."""
    return msgspec.json.decode(msgspec.json.encode(value))


def _compared(olds: list[_Entry[T]], news: list[_Entry[T]]) -> Compared[T]:
    # From the strictest key to the loosest: an unchanged entry must never be paired with a changed one.
    same, olds, news = _matched(olds, news, lambda one: (one.identity, one.digest))
    moved, olds, news = _matched(olds, news, lambda one: (one.identity, one.place))
    others, olds, news = _matched(olds, news, lambda one: one.identity)
    # Sorted independently of which plan is the old one, so that `mirrored` equals the diff of the swapped plans.
    pairs = sorted([*moved, *others], key=lambda pair: (pair[0].identity, sorted(one.digest for one in pair)))
    documents = [(_document(old.content), _document(new.content)) for old, new in pairs]
    return Compared(
        added=tuple(one.value for one in news),
        removed=tuple(one.value for one in olds),
        changed=tuple(
            Change(old=old.value, new=new.value, fields=fields)
            for (old, new), fields in zip(pairs, _changed_fields(documents), strict=True)
        ),
        unchanged=len(same),
    )


def _matched(
    olds: Iterable[_Entry[T]], news: Iterable[_Entry[T]], key: Callable[[_Entry[T]], Hashable]
) -> tuple[list[tuple[_Entry[T], _Entry[T]]], list[_Entry[T]], list[_Entry[T]]]:
    """Pairs with the same key, each entry in one pair at most; and the unpaired entries of both plans."""
    # Queues keep the order of the plan, and keep matching O(n).
    waiting: dict[Hashable, deque[_Entry[T]]] = defaultdict(deque)
    for one in olds:
        waiting[key(one)].append(one)
    pairs, left = [], []
    for one in news:
        found = waiting.get(key(one))
        if found:
            pairs.append((found.popleft(), one))
        else:
            left.append(one)
    # By identity of the object: equal entries are different actions.
    paired = {id(old) for old, _ in pairs}
    return pairs, [one for one in olds if id(one) not in paired], left


def _changed_fields(pairs: Sequence[tuple[Any, Any]]) -> list[tuple[FieldChange, ...]]:
    """The fields that differ, for each pair of documents."""
    found = _differences([(_keyed(old), _keyed(new)) for old, new in pairs])
    # If only the order of a list differs, keyed documents are equal: compare those pairs again by index.
    only_order = [place for place, (old, new) in enumerate(pairs) if not found[place] and old != new]
    by_place = _differences([pairs[place] for place in only_order])
    for place, fields in zip(only_order, by_place, strict=True):
        found[place] = fields
    return [tuple(sorted(fields, key=lambda change: change.field)) for fields in found]


def _differences(pairs: Sequence[tuple[Any, Any]]) -> list[list[FieldChange]]:
    found: list[list[FieldChange]] = [[] for _ in pairs]
    # Two equal plans, the common case of a drift check, never load deepdiff.
    if all(old == new for old, new in pairs):
        return found
    from deepdiff import DeepDiff  # noqa: PLC0415 - half a second of import, only where something differs

    # All pairs in one document, and only what differs of each: DeepDiff takes a millisecond for an action with all its fields.
    trimmed = [_trimmed(old, new) for old, new in pairs]
    tree = DeepDiff(
        {place: old for place, (old, _) in enumerate(trimmed)},
        {place: new for place, (_, new) in enumerate(trimmed)},
        view="tree",
        zip_ordered_iterables=True,  # difflib's matching depends on which of the two comes first
        threshold_to_diff_deeper=0,  # report single fields even if the two have few in common
        ignore_private_variables=False,  # a board may be called "__x"
    )
    for change in (change for kind in tree.values() for change in kind):
        place, *field = change.path(output_format="list")
        found[place].append(FieldChange(field=tuple(map(str, field)), old=_present(change.t1), new=_present(change.t2)))
    return found


def _trimmed(old: dict[str, Any], new: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Two documents without the fields that are equal in both, at any depth."""
    # deepdiff would descend into everything that is equal.
    same = {key for key in old.keys() & new.keys() if old[key] == new[key]}
    kept, other = ({key: one[key] for key in one if key not in same} for one in (old, new))
    for key in kept.keys() & other.keys():
        if isinstance(kept[key], dict) and isinstance(other[key], dict):
            kept[key], other[key] = _trimmed(kept[key], other[key])
    return kept, other


def _present(value: Any) -> Any:  # noqa: ANN401 - any value of a document
    from deepdiff.helper import notpresent  # noqa: PLC0415 - loaded by now

    return UNSET if value is notpresent else value


def _keyed(value: Any) -> Any:  # noqa: ANN401 - any value of a document
    """Turn lists with identifiable entries into objects, so that an added entry counts as one difference."""
    if isinstance(value, dict):
        return {key: _keyed(part) for key, part in value.items()}
    if not isinstance(value, list):
        return value
    names = _names(value)
    if names is None:
        return [_keyed(part) for part in value]
    return {name: _keyed(part) for name, part in zip(names, value, strict=True)}


def _names(values: list[Any]) -> list[str] | None:
    """A unique name for each entry of a list; None if any entry lacks one."""
    for key in _KEYS:
        if all(isinstance(value, dict) and key in value for value in values):
            # Duplicate names would merge entries: such a list is compared by index.
            names = [str(value[key]) for value in values]
            return names if len(set(names)) == len(names) else None
    texts = [value for value in values if isinstance(value, str)]
    return texts if len(set(texts)) == len(values) else None


def _swapped(fields: Iterable[FieldChange]) -> tuple[FieldChange, ...]:
    return tuple(FieldChange(field=one.field, old=one.new, new=one.old) for one in fields)
