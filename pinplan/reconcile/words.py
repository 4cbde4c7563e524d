"""The words of findings: what is so, with both sides named, and why nothing is done about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinplan.formats.signatures import spoken
from pinplan.plan.document import FindingKind
from pinplan.reconcile.truth import FileState, Outcome, PinState

if TYPE_CHECKING:
    from pinplan.model.base import Tracked
    from pinplan.reconcile.match import FileSides, SeenPin
    from pinplan.reconcile.pair_state import Case

COVER_ONLY = "a video: only its cover image can be had"


def finding_of(case: Case, result: Outcome) -> tuple[FindingKind, str] | None:
    """Kind and words of the finding that an outcome is; None if it is an action."""
    found = _FINDINGS.get(result)
    if found is None:
        return None
    kind, message = found
    return kind, message.format(case=case, what=_what_it_is(case)) if message else _because(case, result)


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
        "{case.record.path} was removed here, other images of the same pin are still there; nothing is done",
    ),
    Outcome.MODIFIED_LOCALLY: (
        FindingKind.MODIFIED_LOCALLY,
        "{case.record.path} was changed here{what}; it is never overwritten nor deleted",
    ),
    Outcome.MOVED_LOCALLY: (FindingKind.MOVED_LOCALLY, ""),
    Outcome.CONFLICT: (FindingKind.CONFLICT, ""),
    Outcome.UNKNOWN: (FindingKind.UNKNOWN, ""),
}


def _what_it_is(case: Case) -> str:
    """What is in a changed file, where that is not simply another image of the same format."""
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


def _because(case: Case, result: Outcome) -> str:
    """The words of a move, a conflict or of something unknown, with both sides named."""
    name = case.record.path if case.record else "the pin"
    if case.file.why and case.file.state is FileState.UNKNOWN:
        return f"it cannot be told whether {name} is missing: {case.file.why}"
    if case.file.why and case.file.state is FileState.AMBIGUOUS:
        return f"{name}: {case.file.why}"
    if case.file.state is FileState.AMBIGUOUS:
        here = [case.file.file.path] if case.file.file else []
        claims = sorted({*here, *case.file.others})
        return f"several files claim to be the same image: {', '.join(claims)}"
    if case.pin is PinState.UNKNOWN:
        return f"it cannot be told whether {name} is still on Pinterest: {case.why}"
    if case.file.state is FileState.UNKNOWN:
        return f"it cannot be told how {name} stands: the scan could not look"
    if case.pin is PinState.GONE:
        state = {
            FileState.DAMAGED: "is damaged",
            FileState.CHANGED: "was changed",
            FileState.MOVED: "was moved",
            FileState.RENAMED: "was moved",
        }
        return f"the pin was removed on Pinterest and {name} {state.get(case.file.state, 'differs')} here; it stays"
    return _moved(name, case, result)


def _moved(name: str, case: Case, result: Outcome) -> str:
    where = case.file.file.path if case.file.file else "another place"
    found = (
        f"{name} was moved here to {where}" if case.file.exact else f"{name} is not there, but {where} {case.file.why}"
    )
    if result is Outcome.CONFLICT:
        return f"{found}, and its pin was moved on Pinterest; nothing is done"
    return f"{found}; it is not missing"


def why_not_missing(record: Tracked, files: FileSides) -> str | None:
    """Why the file of a record cannot be called missing; None if it is missing indeed."""
    seen = files.recorded(record)
    match seen.state:
        case FileState.MISSING:
            return None
        case FileState.UNKNOWN:
            return f"it cannot be told whether {record.path} is missing: {seen.why or 'the scan could not look'}"
        case _ if seen.file is None or seen.file.path == record.path:
            return f"{record.path} is back"
        case _:
            return f"{record.path} is not missing: {seen.file.path} {'has its bytes' if seen.exact else seen.why or 'may be it'}"


def why_not_ours(seen: SeenPin, username: str) -> str | None:
    """Why a pin is not surely the account's own. On group boards the API would delete the pins of others, too."""
    if seen.pin.is_owner is not True:
        return "the pin is another person's"
    owners = {seen.board.board.owner, seen.pin.board_owner} - {None}
    return None if owners == {username} else "its board is not known to be yours"


def why_moved(record: Tracked, seen: SeenPin, template: str) -> str:
    """The reason of a move, as it stands in the plan."""
    if record.board_id != seen.pin.board_id:
        return "other_board"
    if record.section_id != seen.pin.section_id:
        return "other_section"
    return "new_template" if record.template != template else "renamed"
