"""Findings and their texts: boards not fully seen, files, unconfirmed creates, renamed folders. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import takewhile
from typing import TYPE_CHECKING, NamedTuple

from pinplan.actions import ConfirmCreate
from pinplan.actions.expect import ExpectPin
from pinplan.actions.receipts import Confirmed
from pinplan.errors.suggestions import suggestion
from pinplan.formats.signatures import spoken
from pinplan.model.pins import Board, unnamed_section
from pinplan.model.snapshots import short_listing
from pinplan.plan.document import Finding, FindingKind
from pinplan.policies.bundle import in_scope
from pinplan.reconcile.board_folders import BoardFolders
from pinplan.reconcile.scope import WHOLE
from pinplan.reconcile.truth import FileState, Outcome, PinState

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pinplan.errors.suggestions import Command
    from pinplan.model.base import Tracked
    from pinplan.model.ids import BoardId, PinId
    from pinplan.model.snapshots import BoardSnapshot
    from pinplan.reconcile.match import FileSides, SeenPin
    from pinplan.reconcile.pair_state import PairState
    from pinplan.reconcile.plan_input import PendingCreate, PendingPlace, PlanInput
    from pinplan.reconcile.scope import ScopeFilter


_BLOCKED = "nothing is deleted or moved in"


def about_boards(inputs: PlanInput, scope: ScopeFilter) -> Iterator[Finding]:
    """Findings for every board in scope that was not fully read."""
    yield from _about_the_list(inputs)
    folders = BoardFolders(inputs.remote.boards, inputs.base.tracked)
    # A vanished board is no board of the snapshot: only the base still names it.
    gone = _vanished(inputs)
    noted = [board for board in inputs.remote.boards if board.listed and _is_noted(board)]
    if not (noted or gone):
        return
    # Vanished boards first: a listed board of the same folder name wins.
    every = {folder: records[0].board_id for folder, records in gone.items()}
    every |= {folders.board(one.board.id): one.board.id for one in inputs.remote.boards}
    wanted = scope.boards_of(every, lambda: _pins(inputs, folders))
    not_asked = []
    for board in noted:
        folder = folders.board(board.board.id)
        if folder in wanted:
            yield from _about(board, folder, folders)
            not_asked += [] if board.asked else [board]
    if not_asked:
        yield _not_asked(not_asked)
    for folder, records in gone.items():
        if folder in wanted:
            count = len(records)
            files = f"{count:,} tracked {'file is kept' if count == 1 else 'files are kept'}"
            message = f"Pinterest no longer lists this board: its {files}, {_BLOCKED} it"
            yield Finding(kind=FindingKind.VANISHED, address=folder, message=message)


def compares(inputs: PlanInput, scope: ScopeFilter) -> bool:
    """Whether any board in scope takes part: if the config excludes all of them, nothing was compared."""
    left_out = [one for one in inputs.remote.boards if not one.listed]
    if scope.whole:
        return not left_out or len(left_out) < len(inputs.remote.boards)
    folders = BoardFolders(inputs.remote.boards, inputs.base.tracked)
    # Vanished boards that the config excludes are not among them: what is tracked of these was not compared either.
    taking_part = {folder: records[0].board_id for folder, records in _vanished(inputs).items()}
    taking_part |= {folders.board(one.board.id): one.board.id for one in inputs.remote.boards if one.listed}
    every = {folders.board(one.board.id): one.board.id for one in left_out} | taking_part
    wanted = scope.boards_of(every, lambda: _pins(inputs, folders))
    return any(folder in wanted for folder in taking_part)


def _about_the_list(inputs: PlanInput) -> Iterator[Finding]:
    """Findings about the list of boards; they apply to every scope."""
    count = len(inputs.remote.unreadable)
    if count:
        items = (
            "an item in the list of boards is not a board"
            if count == 1
            else f"{count:,} items in the list of boards are not boards"
        )
        message = f"{items}: {_BLOCKED} any board"
        yield Finding(kind=FindingKind.INCOMPLETE, address=WHOLE, message=message, count=count)
    for item in inputs.remote.unreadable:
        message = f"item {item.item} on page {item.page} of the list of boards is not a board: {item.problem}"
        yield Finding(kind=FindingKind.UNREADABLE_ITEM, address=WHOLE, message=message)


def _is_noted(board: BoardSnapshot) -> bool:
    return not board.complete or bool(board.short_by)


def _about(board: BoardSnapshot, folder: str, folders: BoardFolders) -> Iterator[Finding]:
    # Items and sections are named besides: one bad item alone makes a listing incomplete, too.
    if board.unread:
        message = f"the listing did not end cleanly ({board.problem}): {_BLOCKED} this board"
        yield Finding(kind=FindingKind.INCOMPLETE, address=folder, message=message)
    for item in board.unreadable:
        message = f"item {item.item} on page {item.page} of the listing is not a pin: {item.problem}"
        yield Finding(kind=FindingKind.UNREADABLE_ITEM, address=folder, message=message)
    for item in board.unreadable_sections:
        message = f"item {item.item} on page {item.page} of the list of sections is not a section: {item.problem}"
        yield Finding(kind=FindingKind.UNREADABLE_ITEM, address=folder, message=message)
    # If the sections could not be read at all, each of them would be "missing" for the same reason.
    for section in () if board.unread else board.unnamed:
        message = f"section {section} is missing from the list of sections: its pins use this folder until its name is known, {_BLOCKED} this board"
        yield Finding(
            kind=FindingKind.UNLISTED_SECTION, address=folders.container(board.board.id, section), message=message
        )
    if board.short_by:
        message = short_listing(len(board.pins), board.board)
        yield Finding(kind=FindingKind.SHORT_LISTING, address=folder, message=message)


def _not_asked(boards: list[BoardSnapshot]) -> Finding:
    count, unknown = len(boards), sum(not board.pins for board in boards)
    named = f"{count:,} {'board' if count == 1 else 'boards'}"
    lacking = f", {unknown:,} without pins in the cache" if unknown else ""
    message = f"Pinterest was not queried for {named} (--refresh none{lacking}): {_BLOCKED} them"
    return Finding(kind=FindingKind.NOT_ASKED, address=WHOLE, message=message, count=count)


def _vanished(inputs: PlanInput) -> dict[str, list[Tracked]]:
    """Tracked boards that are no longer listed, by folder, if no other board has their pins."""
    listed = {one.board.id for one in inputs.remote.boards}
    # The common case: no walk over all pins of all boards.
    if all(record.board_id in listed for record in inputs.base.tracked):
        return {}
    seen = {pin.id for one in inputs.remote.boards for pin in one.pins}
    lost: dict[BoardId, list[Tracked]] = defaultdict(list)
    for record in inputs.base.tracked:
        if record.board_id not in listed and record.pin_id not in seen:
            lost[record.board_id].append(record)
    found: dict[str, list[Tracked]] = {}
    for board_id, records in lost.items():
        # A board that is no longer listed has no name but the folder of its files; most of them decide.
        folder = Counter(record.container.partition("/")[0] for record in records).most_common(1)[0][0]
        board = Board(id=board_id, name=folder)
        if in_scope(board, include=inputs.policies.include, exclude=inputs.policies.exclude):
            found.setdefault(folder, []).extend(records)
    return found


def _pins(inputs: PlanInput, folders: BoardFolders) -> Iterator[tuple[str, BoardId, PinId]]:
    """Address, board and id of every pin that a listing or the base has."""
    for one in inputs.remote.boards:
        for pin in one.pins:
            yield f"{folders.container(one.board.id, pin.section_id)}/{pin.id}", one.board.id, pin.id
    for record in inputs.base.tracked:
        yield f"{record.container}/{record.pin_id}", record.board_id, record.pin_id


COVER_ONLY = "video pin: Pinterest offers only its cover image"
WRITE_TO_OTHERS = "[sync] write_to_boards_of_others of pinplan.toml"
"""The option that names boards of other accounts which may be changed."""


def finding_of(case: PairState, result: Outcome) -> tuple[FindingKind, str] | None:
    """Kind and message of the finding for an outcome; None if the outcome is an action."""
    found = _FINDINGS.get(result)
    if found is None:
        return None
    kind, message = found
    if not message:
        return kind, _because(case, result)
    left = case.file.why or "other images of the same pin still exist"
    return kind, message.format(case=case, what=_what_it_is(case), left=left)


_FINDINGS: dict[Outcome, tuple[FindingKind, str]] = {
    Outcome.REMOVED_LOCALLY: (
        FindingKind.REMOVED_LOCALLY,
        "{case.record.path} was removed here; the pin stays on Pinterest and is not fetched again",
    ),
    Outcome.REMOVED_ON_PINTEREST: (
        FindingKind.REMOVED_ON_PINTEREST,
        "the pin was removed on Pinterest; {case.record.path} is kept",
    ),
    Outcome.PARTLY_REMOVED: (
        FindingKind.PARTLY_REMOVED,
        "{case.record.path} was removed here, {left}; nothing is done",
    ),
    Outcome.MODIFIED_LOCALLY: (
        FindingKind.MODIFIED_LOCALLY,
        "{case.record.path} was changed here{what}; it is never overwritten or deleted",
    ),
    Outcome.MOVED_LOCALLY: (FindingKind.MOVED_LOCALLY, ""),
    Outcome.CONFLICT: (FindingKind.CONFLICT, ""),
    Outcome.UNKNOWN: (FindingKind.UNKNOWN, ""),
}


def _what_it_is(case: PairState) -> str:
    """Describe the content of a changed file, unless it is an image of the same format."""
    content = case.file.file.content if case.file.file is not None else None
    if content is None or case.record is None:
        return ""
    form = spoken(content.format) if content.format and content.format != case.record.format else ""
    if content.problem is not None:
        return (
            f": {content.problem}"
            if not form or form in content.problem
            else f": it is {form} image now, and {content.problem}"
        )
    return f": it is {form} image now" if form else ""


def _because(case: PairState, result: Outcome) -> str:
    """Explain a move, a conflict or an unknown state, naming both sides."""
    name = case.record.path if case.record else "the pin"
    if case.file.why and case.file.state is FileState.UNKNOWN:
        return f"cannot tell whether {name} is missing: {case.file.why}"
    if case.file.why and case.file.state is FileState.AMBIGUOUS:
        return f"{name}: {case.file.why}"
    if case.file.state is FileState.AMBIGUOUS:
        here = [case.file.file.path] if case.file.file else []
        claims = sorted({*here, *case.file.others})
        return f"several files claim to be the same image: {', '.join(claims)}"
    if case.pin is PinState.UNKNOWN:
        return f"cannot tell whether {name} is still on Pinterest: {case.why}"
    if case.file.state is FileState.UNKNOWN:
        return f"cannot tell the state of {name}: the scan could not read it"
    if case.pin is PinState.GONE:
        # Every state that the truth table sends here; the default only keeps a new one from raising.
        state = {
            FileState.DAMAGED: "is damaged",
            FileState.CHANGED: "was changed",
            FileState.MOVED: "was moved",
            FileState.REFILED: "was moved",
            FileState.RENAMED: "was moved",
        }
        return f"the pin was removed on Pinterest and {name} {state.get(case.file.state, 'differs')} here; it stays"
    return _moved(name, case, result)


def _moved(name: str, case: PairState, result: Outcome) -> str:
    where = case.file.file.path if case.file.file else "another place"
    found = (
        f"{name} was moved here to {where}"
        if case.file.exact
        else f"{name} does not exist, but {where} {case.file.why}"
    )
    if result is Outcome.CONFLICT:
        there = "its pin was moved" if case.pin_has_moved else "its board or section was renamed"
        return f"{found}, and on Pinterest {there} to {_place(case.listed)}; nothing is done"
    return f"{found}; it is not missing"


def _place(seen: SeenPin) -> str:
    """Board and section of a pin, by their names on Pinterest."""
    names = {section.id: section.name for section in seen.board.sections}
    section = seen.pin.section_id
    return (
        seen.board.board.name
        if section is None
        else f"{seen.board.board.name}/{names.get(section) or unnamed_section(section)}"
    )


def why_not_missing(record: Tracked, files: FileSides) -> str | None:
    """Why a recorded file does not count as missing; None if it does."""
    seen = files.recorded(record)
    match seen.state:
        case FileState.MISSING:
            return None
        case FileState.UNKNOWN:
            return f"cannot tell whether {record.path} is missing: {seen.why or 'the scan could not read its folder'}"
        case FileState.PARTLY_MISSING:
            return f"{record.path} is missing, but {seen.why}"
        case _ if seen.file is None or seen.file.path == record.path:
            return f"{record.path} is back"
        case _:
            return f"{record.path} is not missing: {seen.file.path} {'has its bytes' if seen.exact else seen.why or 'may be it'}"


def why_not_ours(seen: SeenPin, username: str) -> str | None:
    """Why a pin may not be the account's own; the API would delete others' pins on group boards."""
    if seen.pin.is_owner is not True:
        return "the pin belongs to another account"
    # Both sources must agree: each is optional in Pinterest's answers, and a conflict means "not certainly ours".
    owners = {seen.board.board.owner, seen.pin.board_owner} - {None}
    return None if owners == {username} else "its board may belong to another account"


def why_moved(record: Tracked, seen: SeenPin, template: str) -> str:
    """The reason of a move, as saved in the plan."""
    if record.board_id != seen.pin.board_id:
        return "other_board"
    if record.section_id != seen.pin.section_id:
        return "other_section"
    return "renamed" if record.is_placed_by(template) else "new_template"


def confirmations(inputs: PlanInput) -> Iterator[ConfirmCreate]:
    """Record every unconfirmed create whose pin was found."""
    found = {create.found for create in inputs.creates} - {None}
    # A plan between the create and its confirmation may have downloaded the pin.
    tracked = {record.pin_id for record in inputs.base.tracked if record.pin_id in found} if found else set()
    for create in inputs.creates:
        if create.found is not None:
            yield _confirm(create, create.found, known=create.found in tracked)


def _confirm(create: PendingCreate, pin_id: PinId, *, known: bool) -> ConfirmCreate:
    home = create.home
    return ConfirmCreate(
        pin_id=pin_id,
        board_id=home.board_id,
        address=f"{home.container}/{pin_id}",
        reason="confirmed",
        expect=ExpectPin(pin_id=pin_id, board_id=home.board_id, section_id=home.section_id),
        confirms=Confirmed(run=create.run, action=create.action),
        after=home,
        files=() if known else create.files,  # a pin that was downloaded meanwhile already has its files
    )


def unconfirmed(inputs: PlanInput) -> Iterator[Finding]:
    """A finding for every create with an unknown outcome."""
    for create in inputs.creates:
        if create.found is None:
            is_pin, is_none = _settling(create)
            yield Finding(
                kind=FindingKind.UNCONFIRMED,
                address=create.address,
                pin_id=create.subject,
                path=create.path,
                message=f"may have been created by action {create.action} of run {create.run} at {create.begun_at}: the response was lost "
                "and no listing shows the pin. Nothing is sent again; each plan checks for it. "
                f"To resolve it: {suggestion(*is_pin)}, or if nothing was created: {suggestion(*is_none)}",
                commands=(is_pin, is_none),
            )


def places_not_listed(inputs: PlanInput) -> Iterator[Finding]:
    """A finding for every board or section that was or may have been created and is not listed."""
    for place in inputs.places:
        thing = "section" if place.is_section else "board"
        by = f"by action {place.action} of run {place.run} at {place.begun_at}"
        if place.created is not None:
            message = f"{thing} {place.created} was created {by}, and Pinterest does not list it yet; nothing is sent to it until it does"
            yield Finding(kind=FindingKind.UNKNOWN, address=place.container, message=message)
            continue
        is_it, is_none = _settling(place, "ID")
        yield Finding(
            kind=FindingKind.UNCONFIRMED,
            address=place.container,
            message=f"the {thing} may have been created {by}: the response was lost and no listing shows it. "
            f"Nothing is sent again; each plan checks for it. To resolve it: {suggestion(*is_it)}, or if nothing was created: {suggestion(*is_none)}",
            commands=(is_it, is_none),
        )


def _settling(create: PendingCreate | PendingPlace, what: str = "PIN") -> tuple[Command, Command]:
    """The commands that resolve an unconfirmed create."""
    words = ("resolve", create.run, create.action)
    return (*words, "--is", what), (*words, "--none")


def why_not_again(inputs: PlanInput, pin_id: PinId) -> str | None:
    """Why a deleted pin must not be created again; None if no create of it is pending."""
    create = next((one for one in inputs.creates if one.subject == pin_id), None)
    if create is None:
        return None
    if create.found is not None:
        return f"it was created again by run {create.run}, as pin {create.found}"
    return (
        f"it may have been created again by action {create.action} of run {create.run}, which is not confirmed yet; "
        "the unconfirmed finding shows the command to resolve it"
    )


LEAST = 2
"""Minimum number of files for a folder to count as moved: a single file may have moved by itself."""


class _Move(NamedTuple):
    """Old and new folder, without the parts that both paths end with."""

    old: str
    new: str


def folders_for_files(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Combine findings about files of a folder that was moved as a whole; pass on all others."""
    together: dict[_Move, list[Finding]] = defaultdict(list)
    for finding in findings:
        move = _move_of(finding)
        if move is None:
            yield finding
        else:
            together[move].append(finding)
    for move, files in together.items():
        if len(files) < LEAST:
            yield from files
        else:
            message = (
                f"{len(files):,} files were moved together, from {move.old} to {move.new}; none of them is missing"
            )
            yield Finding(kind=FindingKind.MOVED_LOCALLY, address=move.old, path=move.old, message=message)


def _move_of(finding: Finding) -> _Move | None:
    """How a file's folder moved; None if the file was renamed, or has no folder on one side."""
    if finding.kind is not FindingKind.MOVED_LOCALLY or finding.path is None or finding.moved_to is None:
        return None
    old, new = finding.path.split("/"), finding.moved_to.split("/")
    same = len(list(takewhile(lambda pair: pair[0] == pair[1], zip(reversed(old), reversed(new), strict=False))))
    # The whole of the shorter path is shared: then one side is the library's root, which is no folder that moved.
    if not same or same == min(len(old), len(new)):
        return None
    return _Move("/".join(old[:-same]), "/".join(new[:-same]))
