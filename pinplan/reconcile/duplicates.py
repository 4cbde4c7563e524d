"""Plan the removal of duplicates: groups, the keeper, and the metadata that it takes over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import UNSET, Struct
from msgspec.structs import replace

from pinplan.actions.create_again import can_be_created_again
from pinplan.actions.dedupe import Dedupe, too_small_to_go
from pinplan.actions.expect import ExpectPin, expect_of
from pinplan.actions.pairs import DuplicateSide, Edge, Evidence, KeptCopy, Swap
from pinplan.actions.update_metadata import UpdateMetadata
from pinplan.duplicates.groups import GroupMember, ImageGroup, groups_of
from pinplan.duplicates.keeper import candidate_of_pin
from pinplan.model.base import Tracked
from pinplan.model.ids import PinId
from pinplan.model.matching import names_board
from pinplan.model.pins import Words
from pinplan.plan.document import Finding, FindingKind
from pinplan.policies.duplicates import Remove, Within
from pinplan.reconcile.fetch_rules import is_of_a_person
from pinplan.reconcile.findings import why_not_ours
from pinplan.reconcile.match import SeenPin, shows_another
from pinplan.reconcile.truth import FileState

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from pinplan.actions import AnyAction
    from pinplan.duplicates.keeper import KeeperCandidate
    from pinplan.model.similarity import DuplicatePair, ImageQuality, Similarity
    from pinplan.policies.duplicates import Merge
    from pinplan.reconcile.match import FileSides, PinSides
    from pinplan.reconcile.paths import ImagePaths
    from pinplan.reconcile.plan_input import PlanInput


def merged_metadata(own: Words, others: Sequence[Words], names: Iterable[Merge]) -> Words:
    """The pin's own texts, with each empty one filled from the first duplicate that has it."""
    for name in names:
        # Only empty fields: the keeper's own texts are never overwritten.
        if not getattr(own, name):
            own = replace(own, **{name: next((text for words in others if (text := getattr(words, name))), "")})
    return own


def new_metadata(before: Words, after: Words) -> Words:
    """Only the texts that the merge adds."""
    changed = {
        name: value for name in Words.__struct_fields__ if (value := getattr(after, name)) != getattr(before, name)
    }
    return Words(**changed)


class TrackedPair(Struct, frozen=True, gc=False):
    """A tracked pair: record, pin, and measured quality."""

    record: Tracked
    seen: SeenPin
    looks: ImageQuality


def _sent_for_both(one: TrackedPair, other: TrackedPair) -> bool:
    """Whether two files are equal although their pins show different images by Pinterest's own signatures.

    The same image has the same signature: addresses of all its sizes carry the digest of what was uploaded. Equal bytes behind two
    signatures are a placeholder or a mistake of the host: neither file proves what its pin shows (I21).
    """
    signatures = {one.record.signature, other.record.signature}
    return one.record.sha256 == other.record.sha256 and None not in signatures and len(signatures) == 2


class DuplicatePlanner:
    """The pairs of a snapshot, and what follows from them."""

    def __init__(self, inputs: PlanInput, pins: PinSides, files: FileSides, places: ImagePaths) -> None:
        """Find the records and pins of all pairs; a pair is left out unless both are plainly as agreed on both sides."""
        self._policy = inputs.policies.about_duplicates
        self._pins, self._places = pins, places
        self._twins: dict[str, TrackedPair] = {}
        self._by_key: dict[str, TrackedPair] = {}
        records = {record.path: record for record in inputs.base.tracked} if inputs.local.alike else {}
        slots: dict[PinId, int] = {}
        for record in records.values():
            slots[record.pin_id] = slots.get(record.pin_id, 0) + 1
        for pair in inputs.local.alike:
            for path, looks in ((pair.one, pair.one_looks), (pair.other, pair.other_looks)):
                known = records.get(path)
                seen = pins.pins.get(known.pin_id) if known is not None else None
                if known is None or seen is None or slots[known.pin_id] != 1 or len(seen.pin.images) != 1:
                    continue  # a carousel is more than one picture
                if seen.pin.images[0].cover:
                    continue  # a cover says nothing about its video, which nobody could create again
                if known.doubtful is not None:
                    continue  # a doubtful file proves nothing, and must not be a keeper
                if shows_another(seen.pin, (known,)):
                    continue  # the file no longer represents what the pin shows
                if files.plainly_as_recorded(known) and known.pin_id not in pins.twice:
                    self._twins[path] = TrackedPair(known, seen, looks)
        self._pairs = [pair for pair in inputs.local.alike if pair.one in self._twins and pair.other in self._twins]

    def decide(
        self, busy: set[PinId], ignored: frozenset[PinId] = frozenset()
    ) -> tuple[list[AnyAction], list[Finding]]:
        """Actions and findings; pins with another action in this plan are left for the next one.

        Ignored pins take part in the groups, but what follows for them is dropped: without them a group could have another
        keeper, and a pin that would have been kept would be removed (I9: narrowing never deletes).
        """
        free = [
            pair for pair in self._pairs if not busy & {self._twins[p].record.pin_id for p in (pair.one, pair.other)}
        ]
        actions: list[AnyAction] = []
        findings: list[Finding] = []
        gone: set[str] = set()
        for group in self._groups(pair for pair in free if self._within(pair)):
            gone.update(member.candidate.key for member in group.members)
            outcomes = [self._member(group, member) for member in group.members if not _of(group, member) & ignored]
            findings.extend(outcome for outcome in outcomes if isinstance(outcome, Finding))
            going = [outcome for outcome in outcomes if not isinstance(outcome, Finding)]
            actions.extend(self._merged(group, self._with_edges(group, going)))
        # Pairs beyond the configured scope; not those of which this plan already removes one.
        beyond = [pair for pair in free if not gone & self._keys(pair)]
        for group in self._groups(beyond):
            listed = [member for member in group.members if not _of(group, member) & ignored]
            findings.extend(
                self._reported(group, member, "outside the [dedupe] scope: only reported") for member in listed
            )
        return actions, findings

    def _keys(self, pair: DuplicatePair) -> set[str]:
        return {self._twins[pair.one].record.pin_id, self._twins[pair.other].record.pin_id}

    def _within(self, pair: DuplicatePair) -> bool:
        one, other = self._twins[pair.one].seen.pin, self._twins[pair.other].seen.pin
        match self._policy.scope:
            case Within.ACCOUNT:
                return True
            case Within.BOARD:
                return one.board_id == other.board_id
            case Within.SECTION:  # pragma: no branch - the last of the three
                return (one.board_id, one.section_id) == (other.board_id, other.section_id)

    def _groups(self, pairs: Iterable[DuplicatePair]) -> list[ImageGroup]:
        edges: dict[tuple[str, str], Similarity] = {}
        candidates: dict[str, KeeperCandidate] = {}
        for pair in pairs:
            one, other = self._twins[pair.one], self._twins[pair.other]
            edges[(one.record.pin_id, other.record.pin_id)] = pair.alike
            for twin in (one, other):
                candidates[twin.record.pin_id] = self._candidate(twin)
                self._by_key[twin.record.pin_id] = twin
        return groups_of(candidates, edges, self._policy.keep)

    def _candidate(self, twin: TrackedPair) -> KeeperCandidate:
        board = twin.seen.board.board
        reference = any(names_board(pattern, board.name, board.id, board.owner) for pattern in self._policy.reference)
        return candidate_of_pin(twin.seen.pin, twin.looks, reference=reference)

    def _member(self, group: ImageGroup, member: GroupMember) -> Dedupe | Finding:
        loser, keeper = self._by_key[member.candidate.key], self._by_key[group.keeper.key]
        remove = self._policy.remove
        if remove is Remove.REPORT:
            return self._reported(group, member, "only reported")
        if member.undecided:
            return self._reported(
                group, member, f"not removed: it is not clear which copy is better: {member.alike.detail}"
            )
        problem = self._why_not(loser, keeper, remove)
        if problem is not None:
            return self._reported(group, member, f"not removed: {problem}", FindingKind.BLOCKED)
        pin = loser.seen.pin
        return Dedupe(
            pin_id=pin.id,
            board_id=pin.board_id,
            address=self._address(loser),
            reason=f"duplicate_of_{keeper.record.pin_id}",
            destructive=True,
            reversible=remove is Remove.LOCAL or can_be_created_again(pin),
            expect=expect_of(loser.record),
            before=loser.record,
            pin=pin,
            keeper=self._kept(keeper, loser),
            remove=remove,
            evidence=Evidence(
                alike=member.alike,
                rung=member.rung,
                keeper=_side(group.keeper, keeper),
                loser=_side(member.candidate, loser),
            ),
        )

    def _with_edges(self, group: ImageGroup, going: Sequence[Dedupe]) -> Sequence[Dedupe]:
        """The removed pins, each with the others that could be kept instead."""
        known = {member.candidate.key: member.edges for member in group.members}
        removed = {action.pin_id for action in going}
        return [self._with_own_edges(action, known[action.pin_id], removed) for action in going]

    def _with_own_edges(
        self, action: Dedupe, known: Iterable[tuple[str, Similarity]], removed: Collection[str]
    ) -> Dedupe:
        loser = self._by_key[action.pin_id]
        edges = tuple(
            Edge(pin_id=self._by_key[key].record.pin_id, alike=alike)
            for key, alike in known
            if key in removed and self._why_not(loser, self._by_key[key], self._policy.remove) is None
        )
        return replace(action, edges=edges) if edges else action

    def _merged(self, group: ImageGroup, going: Sequence[Dedupe]) -> Iterator[AnyAction]:
        """The removed pins, after the metadata merge into the keeper; no merge into another account's pin."""
        keeper = self._by_key[group.keeper.key]
        # A pin that stays on Pinterest keeps its texts there.
        leaving = [action.pin.words for action in going if action.deletes_pin]
        if why_not_ours(keeper.seen, self._pins.account.username) is not None:
            leaving = []
        before = keeper.seen.pin.words
        after = merged_metadata(before, leaving, self._policy.merge)
        if after != before:
            yield UpdateMetadata(
                pin_id=keeper.seen.pin.id,
                board_id=keeper.seen.pin.board_id,
                address=self._address(keeper),
                reason="from_its_duplicate",
                before=before,
                after=after,
            )
        taken = new_metadata(before, after)
        for action in going:
            yield replace(action, keeper=replace(action.keeper, words=taken)) if action.deletes_pin else action

    def _why_not(self, loser: TrackedPair, keeper: TrackedPair, remove: Remove) -> str | None:
        if not (loser.seen.board.complete and keeper.seen.board.complete):
            return "the listing of one of the two boards is incomplete"
        if _sent_for_both(loser, keeper):
            return "Pinterest declares two different images, but the image host sent the same file for both"
        # Nothing on Pinterest is at stake: the file alone goes to the trash.
        if remove is Remove.LOCAL:
            return None
        for twin in (loser, keeper):
            if is_of_a_person(twin.record, twin.seen.pin.images[0]):
                return f"{twin.record.path} was added or changed by hand; its pin may show another picture"
        return why_not_ours(loser.seen, self._pins.account.username) or too_small_to_go(loser.record, loser.seen.pin)

    def _kept(self, keeper: TrackedPair, loser: TrackedPair) -> KeptCopy:
        pin, board = keeper.seen.pin, keeper.seen.board.board
        # Judged with the roles exchanged: a swap in the review must pass the same rules.
        problem = self._why_not(keeper, loser, self._policy.remove)
        if problem is None and any(
            names_board(pattern, board.name, board.id, board.owner) for pattern in self._policy.reference
        ):
            problem = f"copies of the board {board.name} are always kept"
        return KeptCopy(
            file=expect_of(keeper.record),
            pin=ExpectPin(pin_id=pin.id, board_id=pin.board_id, section_id=pin.section_id),
            exchange=Swap(address=self._address(keeper), before=keeper.record, pin=pin, problem=problem or UNSET),
        )

    def _reported(
        self, group: ImageGroup, member: GroupMember, why: str, kind: FindingKind = FindingKind.DUPLICATE
    ) -> Finding:
        loser, keeper = self._by_key[member.candidate.key], self._by_key[group.keeper.key]
        sizes = f"{loser.looks.width}×{loser.looks.height} against {keeper.looks.width}×{keeper.looks.height}"
        message = (
            f"{loser.record.path} shows the same picture as {keeper.record.path} "
            f"({member.alike.measured}; {sizes}; kept by {member.rung}); {why}"
        )
        pin_id = loser.record.pin_id
        return Finding(kind=kind, address=self._address(loser), pin_id=pin_id, path=loser.record.path, message=message)

    def _address(self, twin: TrackedPair) -> str:
        pin = twin.seen.pin
        return f"{self._places.container(pin.board_id, pin.section_id)}/{pin.id}"


def _of(group: ImageGroup, member: GroupMember) -> frozenset[str]:
    """The pins of a member and of its keeper."""
    return frozenset({member.candidate.key, group.keeper.key})


def _side(candidate: KeeperCandidate, twin: TrackedPair) -> DuplicateSide:
    return DuplicateSide(
        width=candidate.width,
        height=candidate.height,
        quality=candidate.quality,
        size=twin.record.size,
        reference=candidate.reference,
        own_upload=candidate.own_upload,
        has_link=candidate.has_link,
        created_at=candidate.created_at,
    )


def exchanged_for(record: Tracked, files: FileSides, pins: PinSides, records: dict[PinId, list[Tracked]]) -> str | None:
    """The kept file of a duplicate removed locally; None if it no longer exists.

    Wherever the kept file is, and also while that is unknown: the removed one is fetched again only if the kept one is really missing.
    """
    if record.duplicate_of is None or record.duplicate_of not in pins.pins:
        return None
    kept = records.get(record.duplicate_of, ())
    for other in kept:
        seen = files.recorded(other)
        if seen.exact or seen.state is FileState.UNKNOWN:
            return seen.file.path if seen.file is not None else other.path
    return None


def uncomparable(faceless: Iterable[tuple[str, str]]) -> Iterator[Finding]:
    """Findings about tracked files that cannot be fingerprinted."""
    for path, reason in faceless:
        message = f"{path} cannot be compared: {reason}"
        yield Finding(kind=FindingKind.UNKNOWN, address=path, path=path, message=message)
