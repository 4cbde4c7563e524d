"""Actions as aligned rows, by board and kind, filtered and folded to the screen."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING

from msgspec import Struct

from pinplan.actions import KINDS
from pinplan.actions.base import Phase
from pinplan.errors import ConfigError
from pinplan.errors.did_you_mean import did_you_mean
from pinplan.model.matching import names_board, selector
from pinplan.plan.document import FindingKind, bytes_of, kind_of
from pinplan.render.table import Line, fitted, line_of, padded, width, wrapped
from pinplan.render.text_safety import plain, size, spelt

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pinplan.actions import AnyAction
    from pinplan.plan.document import Finding, Plan


FOLD = 25
"""Rows of a group that are shown unless everything is asked for."""
STYLES = {
    "+": "green",
    ">": "cyan",
    "@": "cyan",
    "*": "cyan",
    ":": "cyan",
    "~": "yellow",
    "^": "green",
    "-": "red",
    "!": "bold red",
    "=": "magenta",
    "x": "dim",
}
LEAST = 3
"""Fewest rows of a group that are worth a heading; with less room, boards are one line each."""
_INDENT = 4
_LONGEST = 72
"""Longest name that still widens the column where the screen width is unknown."""
_LONGEST_WHY = 60
_KEPT_END = 28
"""Cells kept at the end of a shortened file name: the pin id in brackets and the extension."""


class Screen(Struct, frozen=True, kw_only=True):
    """Where lines are shown.

    Attributes:
        columns: None if the width is unlimited (a pipe).
        rows: for all actions together; None if unlimited.
    """

    columns: int | None = None
    rows: int | None = 200


class Row(Struct, frozen=True, kw_only=True):
    """One action in columns.

    Attributes:
        publishes: its detail says what is published, and is never cut.
    """

    id: str
    symbol: str
    folder: str
    name: str
    of_pin: bool
    detail: str
    why: str
    size: str
    style: str
    publishes: bool


class Group(Struct, frozen=True, kw_only=True):
    """Actions of one kind on one board."""

    kind: str
    rows: tuple[Row, ...]
    destructive: bool


def board_of(action: AnyAction) -> str:
    """The board that an action belongs to, as its address names it."""
    return action.address.partition("/")[0]


def action_lines(actions: Sequence[AnyAction], screen: Screen, *, everything: bool) -> Iterator[Line]:
    """The rows, by board in the order of their names, then by kind."""
    order = list(KINDS)
    # sorted() is stable: within a kind the plan's own order, and so the numbers, stay ascending.
    ordered = sorted(actions, key=lambda a: (board_of(a), order.index(kind_of(a))))
    boards = [(board, _groups(list(rows))) for board, rows in groupby(ordered, key=board_of)]
    most = None if everything else _most_of_a_group([g for _, groups in boards for g in groups], screen)
    shown = [row for _, groups in boards for group in groups for row in _shown(group, most)]
    columns = _Columns(shown, [plain(board) for board, _ in boards], screen)
    for board, groups in boards:
        yield from _board(board, groups, most, columns)
    # Even the smallest fold does not fit the screen: one line per board (see `_board`).
    if most == 0:
        yield Line("Folded: see every action with --all, one board with --board NAME.", "dim")
        yield Line()


def _groups(actions: Sequence[AnyAction]) -> list[Group]:
    found = []
    for kind, same in groupby(actions, key=kind_of):
        rows = tuple(_row(action) for action in same)
        found.append(Group(kind=kind, rows=rows, destructive=takes_away(kind)))
    return found


def takes_away(kind: str) -> bool:
    """Whether a kind can remove a file or a pin: such actions are folded last and shown first."""
    return KINDS[kind].trait.phase in {Phase.TRASH, Phase.REMOTE}


def _row(action: AnyAction) -> Row:
    description = action.describe()
    about = "~" if action.trait.estimates else ""
    count = bytes_of(action)
    # An address is board/section/name; a slash in a name was replaced when the plan was made.
    section = action.address.rpartition("/")[0].partition("/")[2]
    return Row(
        id=plain(action.id),
        symbol=action.trait.symbol,
        folder=f"{plain(section)}{': ' if description.of_pin else '/'}" if section else "",
        name=plain(description.subject),
        of_pin=description.of_pin,
        detail=plain(description.detail),
        why=plain(spelt(action.reason)),
        size=f"{about}{size(count)}" if count else "",
        style=STYLES.get(action.trait.symbol, ""),
        publishes=action.trait.publishes,
    )


def _most_of_a_group(groups: Sequence[Group], screen: Screen) -> int:
    """How many rows of a group are shown, so that all fit; of what takes away, more than of the rest (see `_shown`)."""
    # The largest fold that fits: shrink all groups evenly instead of dropping the last.
    for most in range(FOLD, LEAST - 1, -1):
        if screen.rows is None or sum(len(_shown(g, most)) + 1 for g in groups) <= screen.rows:
            return most
    return 0


def _shown(group: Group, most: int | None) -> Sequence[Row]:
    """The visible rows; one fewer where a “… more” line is needed."""
    if most is None:
        return group.rows
    # Deletes are folded last: they are what a reader must see.
    room = max(most, 5) if group.destructive else most
    return group.rows if len(group.rows) <= room else group.rows[: max(room - 1, 0)]


def _board(board: str, groups: Sequence[Group], most: int | None, columns: _Columns) -> Iterator[Line]:
    counts = Counter({group.kind: len(group.rows) for group in groups})
    if most == 0 and not any(group.destructive for group in groups):
        counted = ", ".join(f"{count:,} {KINDS[kind].trait.counted(count)}" for kind, count in counts.items())
        yield line_of((padded(fitted(plain(board), columns.name), columns.name), "bold"), (f"  {counted}", "dim"))
        return
    yield Line(fitted(plain(board), columns.heading), "bold")
    for group in groups:
        trait = KINDS[group.kind].trait
        style = STYLES.get(trait.symbol, "")
        yield line_of((f"  {trait.symbol} {trait.title}", f"bold {style}".strip()), (f" ({len(group.rows):,})", style))
        shown = _shown(group, most)
        for row in shown:
            yield from columns.lines(row)
        if len(shown) < len(group.rows):
            more = f"{len(group.rows) - len(shown):,}{' more' if shown else ''}"
            yield Line(f"{' ' * _INDENT}… {'and ' if shown else ''}{more}; show them with --all", "dim")
    yield Line()


class _Columns:
    """How wide the columns are, for all rows alike."""

    def __init__(self, rows: Sequence[Row], boards: Sequence[str], screen: Screen) -> None:
        self.name = min(max(map(width, boards), default=0), 40)
        self._id = max((width(row.id) for row in rows), default=4)
        self._size = max((width(row.size) for row in rows), default=0)
        self._why = min(max((width(row.why) for row in rows), default=0), _LONGEST_WHY)
        # In a pipe there is no edge, but one 300-character title would push the reasons off to the right.
        longest = _LONGEST if screen.columns is None else screen.columns
        text = max((min(width(_text(row)), longest) for row in rows), default=0)
        self._edge = screen.columns
        self._text = text
        self.heading = screen.columns or 200
        if screen.columns is not None:
            # Indent, symbol, id, size, and two blanks between columns; what is left is for name and reason.
            room = screen.columns - _INDENT - 2 - self._id - 2 - 2 - (self._size + 2 if self._size else 0)
            # Names identify a row, so the reason gives way first, down to a third of the room.
            if text + self._why > room:
                self._why = min(self._why, max(room // 3, 10))
            self._text = max(min(text, room - self._why), 10)

    def lines(self, row: Row) -> Iterator[Line]:
        """One line; the detail has one of its own where it does not fit."""
        whole = width(_text(row)) <= self._text or self._edge is None
        folder = row.folder
        name = f"{row.name}  {row.detail}".rstrip() if whole else row.name
        if self._edge is not None:
            # At most half for the folder: the name identifies the row.
            folder = fitted(folder, self._text // 2) if width(folder + name) > self._text else folder
            # File names keep their end, with pin id and extension.
            keep_end = 0 if row.of_pin else _KEPT_END
            name = fitted(name, self._text - width(folder), keep_end=keep_end)
        rest = self._text - width(folder)
        why = row.why if self._edge is None else fitted(row.why, self._why)
        pieces = [
            (" " * _INDENT, ""),
            (f"{row.symbol} ", row.style),
            (padded(row.id, self._id) + "  ", "dim"),
            (folder, "dim"),
            (padded(name, rest), row.style if row.symbol in "!-" else ""),
        ]
        if self._size:
            pieces.append((f"  {' ' * (self._size - width(row.size))}{row.size}", ""))
        yield line_of(*pieces, (f"  {why}", "dim"))
        if row.detail and not whole:
            indent = _INDENT + 2 + self._id + 2
            room = (self._edge or 200) - indent
            for line in wrapped(row.detail, room, room) if row.publishes else [fitted(row.detail, room)]:
                yield Line(f"{' ' * indent}{line}", "dim")


def _text(row: Row) -> str:
    return f"{row.folder}{row.name}  {row.detail}".rstrip()


class Chosen(Struct, frozen=True, kw_only=True):
    """Names of kinds (of actions or findings) and of boards; none of either means all of them."""

    kinds: frozenset[str] = frozenset()
    boards: frozenset[str] = frozenset()

    @property
    def all(self) -> bool:
        """Whether nothing was chosen."""
        return not (self.kinds or self.boards)

    def has(self, action: AnyAction) -> bool:
        """Whether an action is shown."""
        return self._has(kind_of(action), board_of(action))

    def has_finding(self, finding: Finding) -> bool:
        """Whether a finding is shown."""
        return self._has(finding.kind.value, finding.address.partition("/")[0])

    def _has(self, kind: str, board: str) -> bool:
        return (not self.kinds or kind in self.kinds) and (not self.boards or board in self.boards)


def choose(plan: Plan, kinds: Sequence[str], boards: Sequence[str]) -> Chosen:
    """Select the parts of a plan to show.

    Args:
        plan: whose boards they are.
        kinds: kinds of actions or findings.
        boards: names of boards, with ``*`` and ``?``, upper and lower case alike.

    Raises:
        ConfigError: there is no such kind, or no board of the plan is called so; with the nearest name.
    """
    known = [*KINDS, *FindingKind]
    there = sorted({board_of(a) for a in plan.actions} | {f.address.partition("/")[0] for f in plan.findings} - {"."})
    problems = [f"--kind {kind}: unknown kind{did_you_mean(kind, known)}" for kind in kinds if kind not in known]
    named: set[str] = set()
    for pattern in boards:
        found = {board for board in there if selector(pattern).matches(board)}
        # Quiet boards are no mistake: the plan has nothing to say about them.
        quiet = any(names_board(pattern, board.name, board.id) for board in plan.snapshots.remote.boards)
        if not found and not quiet:
            every = [*there, *(board.name for board in plan.snapshots.remote.boards)]
            problems.append(
                f"--board {pattern}: the plan has no such board{did_you_mean(pattern, dict.fromkeys(every))}"
            )
        named |= found or {pattern}
    if problems:
        raise ConfigError(problems)
    return Chosen(kinds=frozenset(kinds), boards=frozenset(named))
