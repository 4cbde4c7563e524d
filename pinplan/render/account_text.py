"""The account at a glance, as lines of text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinplan.render.table import table_lines
from pinplan.render.text import Line
from pinplan.render.text_safety import local_time, message, plain, plural, spelt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pinplan.account.listing import BoardList, BoardRow, PinList, WhoReport
    from pinplan.account.search import FindReport, Match

_KINDS = {"board": "cyan", "section": "cyan", "file": "yellow"}


def board_lines(found: BoardList, *, whole: bool = False, room: int | None = None) -> Iterator[Line]:
    """One row per board with its sections below it, then the totals."""
    rows = [row for board in found.boards for row in _board_rows(board)]
    if rows:
        yield from _table(
            ("Board", "Pins", "Privacy", "Owner", "Last change", "Id"), rows, right={1}, ids={5}, whole=whole, room=room
        )
        yield Line()
    # After the table: an error inside it would be cut to a column's width.
    for board in found.boards:
        if board.problem:
            yield Line(f"The sections of {plain(board.name)} could not be read: {message(board.problem)}", "bold red")
    for problem in found.partial:
        yield Line(f"Not all boards could be read: {message(problem)}", "bold red")
    pins = sum(board.pins or 0 for board in found.boards)
    hidden = f"; {plural(found.hidden_empty, 'empty one')} left out" if found.hidden_empty else ""
    yield Line(
        f"{plural(len(found.boards), 'board')} of {plain(found.account.username)}, {plural(pins, 'pin')}{hidden}. ({plural(found.api_calls, 'API call')})",
        "bold",
    )


def _board_rows(board: BoardRow) -> Iterator[tuple[str, ...]]:
    # None means that Pinterest did not say whose board it is; only a clear "not yours" is a group board.
    owner = f"{board.owner} (group)" if board.yours is False else ""
    # `pin_count` is optional in Pinterest's schema: absent is not zero.
    pins = "?" if board.pins is None else f"{board.pins:,}"
    yield board.name, pins, str(board.privacy or "?").lower(), owner, _day(board.modified_at), board.id
    for section in board.sections or ():
        yield f"  / {section.name}", "", "", "", "", section.id


def pin_lines(found: PinList, *, whole: bool = False, room: int | None = None) -> Iterator[Line]:
    """One row per pin, newest first as Pinterest lists them, then the total."""
    heads = ("Id", "Section", "Title", "Created", "Media", "Yours", "File", "Link")
    rows: list[tuple[str, ...]] = [
        (
            pin.id,
            pin.section or "",
            pin.title or "",
            _day(pin.created_at),
            f"{pin.images} images" if pin.images > 1 else spelt(pin.media_type),
            {True: "yes", False: "no", None: "?"}[pin.is_owner],
            pin.files[0] if pin.files else "",
            pin.link or "",
        )
        for pin in found.pins
    ]
    if rows:
        yield from _table(*_without_empty_columns(heads, rows), ids={0}, whole=whole, room=room)
        yield Line()
    for problem in found.partial:
        yield Line(f"Incomplete: {message(problem)}", "yellow")
    where = f"{found.board.name}/{found.section.name}" if found.section else found.board.name
    yield Line(f"{plural(len(rows), 'pin')} in {plain(where)}. ({plural(found.api_calls, 'API call')})", "bold")
    if found.board.yours is False:
        yield Line(f"A group board of {plain(found.board.owner or '')}: pins of others are never deleted.", "yellow")


def _without_empty_columns(
    heads: tuple[str, ...], rows: list[tuple[str, ...]]
) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    # Links and sections are rare on many boards: an empty column would take room that titles need.
    kept = [column for column in range(len(heads)) if any(row[column] for row in rows)]
    return tuple(heads[c] for c in kept), [tuple(row[c] for c in kept) for row in rows]


def find_lines(found: FindReport) -> Iterator[Line]:
    """Every match with its context, unread boards, and the totals."""
    for match in found.matches:
        yield Line(f"{match.kind:<7} {plain(match.address)}{_about(match)}", _KINDS.get(match.kind, ""))
        for path in match.files:
            yield Line(f"          {plain(path)}", "dim")
    for board, problem in found.unread.items():
        yield Line(f"{plain(board)} could not be read completely: {message(problem)}", "bold red")
    for board, problem in found.short.items():
        yield Line(f"{plain(board)}: {message(problem)}", "yellow")
    files = "" if found.searched_files is None else f" and {plural(found.searched_files, 'tracked file')}"
    matches = plural(len(found.matches), "match", "matches")
    yield Line(
        f"“{plain(found.wanted)}”: {matches}. (Searched Pinterest{files}; {plural(found.api_calls, 'API call')}.)",
        "bold",
    )


def _about(match: Match) -> str:
    title = f"  “{plain(match.title)}”" if match.title else ""
    # The address or the title already shows the matching text.
    if match.found_in[0] in {"name", "title", "file", "id"}:
        return title
    # Descriptions hold line breaks; one match is one line, or grep would lose its address.
    text = " ".join(plain(match.text).split())
    return f"{title}  {spelt(match.found_in[0])}: {text[:80]}{'…' if len(text) > 80 else ''}"


def who_lines(found: WhoReport) -> Iterator[Line]:
    """An account, fact by fact."""
    profile = found.profile
    yield Line(
        f"Account:   {plain(profile.account.username) or 'no user name'} (id {plain(profile.account.id)})", "bold"
    )
    facts = {
        "Kind": (profile.kind or "").lower(),
        "Business": profile.business_name or "",
        "Boards": _count(profile.board_count),
        "Pins": _count(profile.pin_count),
        "Followers": _count(profile.follower_count),
        "Following": _count(profile.following_count),
        "API": found.api_url,
        "Scopes": ", ".join(found.scopes) or "not known",
    }
    for name, value in facts.items():
        if value:
            yield Line(f"{name + ':':<10} {plain(value)}")


def _count(figure: int | None) -> str:
    return "" if figure is None else f"{figure:,}"


def _table(
    heads: tuple[str, ...],
    rows: list[tuple[str, ...]],
    *,
    ids: set[int],
    right: set[int] | None = None,
    whole: bool,
    room: int | None,
) -> Iterator[Line]:
    lines = table_lines(heads, rows, right=frozenset(right or ()), ids=frozenset(ids), whole=whole, room=room)
    for number, text in enumerate(lines):
        yield Line(text, "" if number else "bold")


def _day(moment: str | None) -> str:
    return local_time(moment)[:10] if moment else ""
