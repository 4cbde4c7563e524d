"""The reports of verify, history, trash, audit, dupes and explain as lines of text."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING

from msgspec import to_builtins

from pinplan.actions import KINDS
from pinplan.errors.suggestions import suggestion
from pinplan.history.status import PinHistory
from pinplan.history.verify import FileStatus, PinStatus, VerifyReport
from pinplan.model.ids import PinId
from pinplan.model.json_document import JsonDocument
from pinplan.model.pins import Pin
from pinplan.plan.document import Finding, Meaning, Plan
from pinplan.reconcile.closed_features import CAPABILITY
from pinplan.reconcile.consent import CONSENT
from pinplan.reconcile.named_series import series_address
from pinplan.render.text import FOLD, Line
from pinplan.render.text_safety import local_time, message, plain, plural, size, spelt

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pinplan.actions import AnyAction
    from pinplan.duplicates.report import DuplicateFile, DuplicateReport, FileGroup
    from pinplan.errors.suggestions import Suggest
    from pinplan.history.trash import InTrash
    from pinplan.model.ids import RunId
    from pinplan.model.similarity import HashPairs, Similarity
    from pinplan.records.journal import ActionRecord, RunRecord
    from pinplan.records.pin_metadata import PartialBoard
    from pinplan.snapshot.saved import Snapshots


_PINS = {
    PinStatus.ON_DISK: "on disk and on Pinterest",
    PinStatus.ONLY_HERE: "only here: removed on Pinterest",
    PinStatus.SAVED_AGAIN: "saved again under a new id: the next plan rebinds the file",
    PinStatus.REMOVED_HERE: "only on Pinterest: removed here",
    PinStatus.TO_FETCH: "not here yet",
    PinStatus.IGNORED: "left out, as the config says",
    PinStatus.LEFT_OUT: "tracked; their boards are left out by the config",
    PinStatus.DUPLICATE: "duplicate: another pin has the same picture",
    PinStatus.COVER_ONLY: "cover only: a video",
    PinStatus.WITHHELD: "withheld: the image host refuses the image",
    PinStatus.SMALLER: "here in a smaller size than Pinterest declares",
    PinStatus.ANOTHER_IMAGE: "on disk, with another image than Pinterest shows now",
    PinStatus.UNKNOWN: "unknown",
}
_STYLES = {FileStatus.GOOD: "", FileStatus.REMOVED: "", FileStatus.DOUBTFUL: "yellow", FileStatus.MOVED: "yellow"}
_FETCHED = {FileStatus.DAMAGED, FileStatus.MISSING, FileStatus.PLACEHOLDER}
_BAD = {PinStatus.TO_FETCH, PinStatus.UNKNOWN}


def verify_lines(report: VerifyReport, suggest: Suggest = suggestion) -> Iterator[Line]:
    """Problems, then the table, then the verdict."""
    yield from _problems(report)
    yield Line("Files", "bold")
    for kind, count in report.files.items():
        if count or kind is FileStatus.GOOD:
            yield Line(f"  {count:>9,}  {kind}", _STYLES.get(kind, "red"))
    if report.pins is not None:
        yield Line("Pins", "bold")
        for pin_kind, count in report.pins.items():
            if count or pin_kind is PinStatus.ON_DISK:
                yield Line(f"  {count:>9,}  {_PINS[pin_kind]}", "yellow" if pin_kind in _BAD else "")
    if report.left_out:
        yield Line(f"{plural(report.left_out, 'board')} left out by the config, not verified.", "dim")
    if report.untracked and report.files_tracked:
        yield Line(f"{plural(report.untracked, 'untracked image')} in the library, not verified.", "dim")
    yield from _verdict(report, suggest)


def _verdict(report: VerifyReport, suggest: Suggest) -> Iterator[Line]:
    """Report success only for what was really seen."""
    how = "bytes compared, not decoded" if report.quick else "read and decoded"
    what = f"{plural(report.files_tracked, 'file')}, {size(report.bytes)}, {how}"
    # Zero tracked files also have zero problems: without this, the wrong folder would verify.
    if not report.files_tracked and report.untracked:
        yield Line(
            f"Nothing is tracked, so nothing was verified: {plural(report.untracked, 'untracked image')} in the library.",
            "bold red",
        )
        yield Line(f"Adopt existing images with: {suggest('plan', '-o', 'plan.json')}", "dim")
    elif not report.well:
        unread = f"; {plural(report.unread, 'board')} could not be read" if report.unread else ""
        yield Line(f"Problems found ({what}{unread}).", "bold red")
        yield from _next_steps(report, suggest)
    elif report.pins is None:
        yield Line(f"No problems found: {what}. Pinterest was not checked.", "bold green")
    elif report.not_asked:
        yield Line(f"No problems found in the files: {what}; Pinterest was not checked.", "bold green")
    # Pinterest's own `pin_count` disagrees with its listing: nothing here can prove the rest.
    elif any(board.kind.means is Meaning.DIFFERENCE for board in report.boards):
        yield Line(f"No problems found in what Pinterest lists: {what}.", "bold green")
    else:
        yield Line(f"No problems found: {what}.", "bold green")


def _next_steps(report: VerifyReport, suggest: Suggest) -> Iterator[Line]:
    """Commands that would fix what was found, and no others."""
    found = {file.proof for file in report.problems}
    # A command that changes nothing about this problem would be run in vain.
    if found & _FETCHED or any(pin.proof is PinStatus.TO_FETCH for pin in report.told):
        fetch = suggest("plan", "-o", "plan.json")
        yield Line(f"Fetch damaged and missing images with a new plan: {fetch}", "dim")
    changed = [file for file in report.problems if file.proof is FileStatus.CHANGED]
    if changed:
        # One example is enough: --accept and --restore take the same names.
        one = changed[0].pin_id
        accept, restore = suggest("plan", "--accept", one), suggest("plan", "--restore", one)
        yield Line(f"Accept local changes with: {accept}; undo them with: {restore}", "dim")


def _boards(report: VerifyReport) -> Iterator[Line]:
    for kind, group in groupby(report.boards, key=lambda board: board.kind):
        boards = list(group)
        style = "red" if kind.means is Meaning.UNREAD else "yellow"
        for board in boards[:FOLD]:
            where = "" if board.address == "." else f"{plain(board.address)}: "
            yield Line(f"{spelt(kind)}: {where}{message(board.message)}", style)
        if len(boards) > FOLD:
            yield Line(f"… and {len(boards) - FOLD:,} more boards; --json has them all", "dim")


def _problems(report: VerifyReport) -> Iterator[Line]:
    yield from _boards(report)
    # Worst first, each list folded by itself: moved files must not push damaged ones off the screen.
    for files in (report.problems, report.doubtful, report.moved):
        for file in files[:FOLD]:
            yield Line(f"{file.proof}: {plain(file.path)}: {message(file.problem)}", _STYLES.get(file.proof, "red"))
        if len(files) > FOLD:
            yield Line(f"… and {len(files) - FOLD:,} more files; --json has them all", "dim")
    told = sorted((pin for pin in report.told if pin.proof in _BAD), key=lambda pin: pin.proof)
    unread = {board.address for board in report.boards if board.kind.means is Meaning.UNREAD}
    # An unread board is one problem; its pins would be thousands of lines that say the same.
    hidden = Counter(board for pin in told if (board := pin.address.partition("/")[0]) in unread)
    for board, count in hidden.items():
        yield Line(
            f"unknown: {plain(board)}: {plural(count, 'pin')} not checked: the board could not be read", "yellow"
        )
    told = [pin for pin in told if pin.address.partition("/")[0] not in hidden]
    for kind, group in groupby(told, key=lambda pin: pin.proof):
        pins = list(group)
        for pin in pins[:FOLD]:
            yield Line(f"{spelt(kind)}: pin {pin.pin_id}: {message(pin.message)}", "yellow")
        if len(pins) > FOLD:
            yield Line(f"… and {len(pins) - FOLD:,} more pins; --json has them all", "dim")
    if report.problems or report.doubtful or report.moved or told or hidden or report.boards:
        yield Line()


def runs_lines(runs: Sequence[RunRecord], done: Mapping[RunId, int], declined: Mapping[RunId, int]) -> Iterator[Line]:
    """One line for each run, the newest last."""
    if not runs:
        yield Line("Nothing has been applied yet.")
    # Only a finished undo counts: an interrupted one leaves the run partly in place.
    undone = {run.undoes: run.id for run in runs if run.undoes and run.ended_at}
    for run in runs:
        # A kind that a later version added is left out here, not an error: the journal outlives the program.
        counts = ", ".join(
            f"{t.count} {KINDS[k].trait.counted(t.count)}" for k, t in run.summary.items() if t.count and k in KINDS
        )
        state = "" if run.ended_at else f"  (unfinished: {done.get(run.id, 0)} of {run.total} done)"
        state += f"  ({declined[run.id]:,} declined)" if run.id in declined else ""
        state += f"  (undoes {run.undoes})" if run.undoes else ""
        state += f"  (undone by {undone[run.id]})" if run.id in undone else ""
        yield Line(f"{run.id}  {local_time(run.started_at)}  {counts}{state}", "" if run.ended_at else "yellow")


def partial_lines(boards: Sequence[PartialBoard], suggest: Suggest = suggestion) -> Iterator[Line]:
    """Boards whose last listing was incomplete."""
    if not boards:
        return
    which = plural(len(boards), "board was", "boards were")
    yield Line(f"{which} not listed completely last time; pins may be missing here:", "yellow")
    for board in boards[:FOLD]:
        yield Line(f"  {plain(board.name)}: {message(board.problem)}", "yellow")
    if len(boards) > FOLD:
        yield Line(f"  … and {len(boards) - FOLD:,} more; {suggest('status', '--json')} has them all", "dim")


def run_lines(records: Sequence[ActionRecord]) -> Iterator[Line]:
    """One line for each action of a run."""
    for record in records:
        # The journal may come from a newer pinplan.
        symbol = KINDS[record.kind].trait.symbol if record.kind in KINDS else "?"
        reason = f": {message(record.reason)}" if record.reason else ""
        outcome = record.outcome or "begun"
        style = "" if outcome == "done" else "yellow"
        yield Line(f"{record.action}  {symbol} {record.kind:<14} {outcome:<11} {plain(record.address)}{reason}", style)


def trash_lines(files: Sequence[InTrash], suggest: Suggest = suggestion) -> Iterator[Line]:
    """Files by run, the oldest run first."""
    if not files:
        yield Line("The trash is empty.")
        return
    for run, group in groupby(files, key=lambda file: file.run):
        rows = list(group)
        held = "; its run is not finished" if rows[0].held else ""
        yield Line(f"{run}  {local_time(rows[0].since)}  ({plural(rows[0].days, 'day')} ago{held})", "bold")
        for file in rows:
            yield Line(f"    {size(file.size):>9}  {plain(file.was)}")
    total = sum(file.size for file in files)
    restore = suggest("trash", "restore", "NAME", "-o", "restore.json")
    yield Line(f"{plural(len(files), 'file')}, {size(total)}. To bring one back: {restore}")


def audit_lines(records: Iterable[dict[str, object]]) -> Iterator[Line]:
    """One line for each record."""
    for record in records:
        # Kind-specific fields only; hashes and numbers of the chain are for `audit verify`.
        about = {key: value for key, value in record.items() if key not in {"prev", "hash", "seq", "at", "type", "run"}}
        words = "  ".join(f"{key}={plain(str(value))}" for key, value in about.items())
        seq, at, run, kind = (plain(str(record.get(key, ""))) for key in ("seq", "at", "run", "type"))
        yield Line(f"{seq:>6}  {local_time(at)}  {run:<21}  {kind:<9} {words}")


_TWINS_STYLES = {"exact": "green", "confirmed": "green", "similar": "yellow"}


def duplicate_lines(report: DuplicateReport, *, everything: bool = False) -> Iterator[Line]:
    """Every group with its keeper first, then files that cannot be compared, then the totals."""
    shown = report.groups if everything else report.groups[:FOLD]
    for group in shown:
        yield from _group(group)
    if len(shown) < len(report.groups):
        yield Line(f"… and {plural(len(report.groups) - len(shown), 'more group')}; show them with --all", "dim")
    if report.by_hash is not None:
        yield from _by_hash(report.by_hash, everything=everything)
    for one in report.faceless[: None if everything else FOLD]:
        yield Line(f"cannot be compared: {plain(one.path)}: {plain(one.reason)}", "yellow")
    if report.of_library and report.groups:
        yield Line(
            "Keepers are those of a plan, by what was last known of the pins; a plan lists them again.",
            "dim",
        )
    if report.other_kinds:
        kinds = plural(len(report.other_kinds), "file of another kind", "files of other kinds")
        yield Line(f"{kinds} not looked at; equal bytes are found among them, too.", "dim")
    extra = sum(len(group.files) - 1 for group in report.groups)
    yield Line(
        f"{plural(report.looked_at, 'file')} compared: {plural(extra, 'duplicate')} in {plural(len(report.groups), 'group')}.",
        "bold",
    )


def _group(group: FileGroup) -> Iterator[Line]:
    keeper, *others = group.files
    yield Line(f"{_size(keeper)}  {plain(keeper.path)}", "bold")
    for file in others:
        alike = file.alike
        why = f"  ({alike.measured}: {alike.why}; {duplicate_outcome(file, alike)})" if alike is not None else ""
        yield Line(f"{_size(file)}  = {plain(file.path)}{why}", _TWINS_STYLES[alike.tier] if alike else "")
    yield Line()


def _by_hash(found: HashPairs, *, everything: bool) -> Iterator[Line]:
    """Pairs by a perceptual hash, nearest first, and their number."""
    shown = found.pairs if everything else found.pairs[:FOLD]
    for pair in shown:
        why = f"({pair.tier}: {pair.bits} of {found.length} bits of {found.hash} differ)"
        yield Line(f"{plain(pair.one)} ~ {plain(pair.other)}  {why}", _TWINS_STYLES[pair.tier])
    if len(shown) < len(found.pairs):
        yield Line(f"… and {plural(len(found.pairs) - len(shown), 'more pair')}; show them with --all", "dim")
    limit = f"{found.limit} of {found.length} bits of {found.hash}"
    yield Line(f"{plural(len(found.pairs), 'pair')} within {limit}: listed only, no plan acts on this hash.", "dim")


def duplicate_outcome(file: DuplicateFile, alike: Similarity) -> str:
    """Why it would go, or why both would stay."""
    if file.undecided:
        return f"not sure which is better: {alike.detail}"
    words = f": {alike.detail}" if file.rung == "detail" and alike.detail else ""
    return f"loses by {spelt(str(file.rung))}{words}"


def _size(file: DuplicateFile) -> str:
    if not file.looks.width:
        return " " * 11
    return f"{file.looks.width}×{file.looks.height}".rjust(11)


class Explanation(JsonDocument, frozen=True, kw_only=True, tag="pinplan.explain"):
    """The document of ``pinplan explain --json``: everything that is known about one pin or file.

    Attributes:
        pin: as Pinterest has it now; None if no listing has it.
        planned: what the next plan would do.
        moved: present paths of its files that left their recorded path.
        changed: what differs from the older snapshot given: field → (then, now).
    """

    name: str
    pin: Pin | None
    past: PinHistory
    planned: tuple[str, ...]
    findings: tuple[Finding, ...]
    untracked: bool
    moved: tuple[str, ...] = ()
    changed: dict[str, tuple[str, str]] | None = None

    @property
    def known(self) -> bool:
        """Whether the name matches anything."""
        past = self.past.tracked or self.past.actions
        return bool(self.pin or past or self.planned or self.findings or self.untracked)


def about(
    name: str,
    past: PinHistory,
    snapshots: Snapshots,
    plan: Plan,
    then: Pin | None,
    moved: Mapping[PinId, Sequence[str]],
    otherwise: Plan | None = None,
) -> Explanation:
    """Gather it.

    Args:
        name: the pin or file, as the user named it.
        past: its records.
        snapshots: both sides.
        plan: the next plan.
        then: the pin in earlier snapshots, if asked for.
        moved: where files of pins are now.
        otherwise: the next plan if Pinterest offered everything to the app, where it does not.
    """
    # A name may be a pin id, "board/…/id" or "id#slot"; a path is known by its tracked record instead.
    ids = {record.pin_id for record in past.tracked} or {PinId(name.rpartition("/")[2].partition("#")[0])}
    now = next((pin for board in snapshots.remote.boards for pin in board.pins if pin.id in ids), None)
    elsewhere = {path for paths in moved.values() for path in paths}
    tracked = {record.path for record in snapshots.base.tracked} | elsewhere
    untracked = any(file.path == name for file in snapshots.local.files) and name not in tracked
    # Several new pictures of a folder, or of a series, are one finding, which names the folder or the series.
    places = {name, name.rpartition("/")[0], series_address(name)} if untracked else {name}

    def of(made: Plan) -> list[AnyAction]:
        # A picture that is to be uploaded has no pin yet.
        return [a for a in made.actions if ids.intersection(a.pin_ids) or name in a.affected_paths()]

    held_back = otherwise is not None and len(of(otherwise)) > len(of(plan))
    return Explanation(
        name=name,
        pin=now,
        past=past,
        planned=tuple(f"{a.trait.title}: {a.describe().effect} ({spelt(a.reason)})" for a in of(plan)),
        findings=tuple(
            f
            for f in plan.findings
            # One finding for all that the app may not do, or that waits for one consent.
            if f.pin_id in ids
            or (f.path or f.address) in places
            or (held_back and f.reason == CAPABILITY)
            or (untracked and f.reason == CONSENT)
        ),
        untracked=untracked,
        moved=tuple(path for pin_id in sorted(ids) for path in moved.get(pin_id, ())),
        changed=None if then is None or now is None else what_changed(then, now),
    )


def what_changed(then: Pin, now: Pin) -> dict[str, tuple[str, str]]:
    """The fields that changed between two versions of a pin, with both values."""
    from deepdiff import DeepDiff  # noqa: PLC0415 - half a second of import, for one pin a person asks about

    difference = DeepDiff(to_builtins(then), to_builtins(now), view="tree")
    changes = [change for kind in difference.values() for change in kind]
    return {
        ".".join(str(part) for part in change.path(output_format="list")): (_value(change.t1), _value(change.t2))
        for change in changes
    }


def _value(value: object) -> str:
    text = str(value)
    return "nothing" if text == "not present" or value is None else text


def why_lines(found: Explanation) -> Iterator[Line]:
    """An explanation in words."""
    yield Line(plain(found.name), "bold")
    yield from _on_pinterest(found)
    yield from _in_the_library(found)
    if found.changed is not None:
        yield Line("Changed since:" if found.changed else "Unchanged since.")
        for field, (then, now) in sorted(found.changed.items()):
            yield Line(f"  {plain(field)}: {plain(then)} → {plain(now)}")
    yield Line("History:" if found.past.actions else "No action has been applied yet.")
    for line in run_lines(found.past.actions):
        yield Line(f"  {line.text}", line.style)
    yield Line("The next plan:" if found.planned or found.findings else "The next plan has no action for it.")
    for text in found.planned:
        yield Line(f"  {plain(text)}", "cyan")
    for finding in found.findings:
        yield Line(f"  {spelt(finding.kind)}: {message(finding.message)}", "yellow")


def _on_pinterest(found: Explanation) -> Iterator[Line]:
    if found.pin is None:
        yield Line("On Pinterest: not in any listing.")
        return
    yield Line(
        f"On Pinterest: pin {found.pin.id}, {plain(found.pin.title or 'no title')}, since {local_time(found.pin.created_at or 'an unknown time')}"
    )
    if found.pin.link:
        yield Line(f"  link: {plain(found.pin.link)}")


def _in_the_library(found: Explanation) -> Iterator[Line]:
    if found.untracked:
        yield Line(f"In the library: an untracked file{'' if found.planned else ', not touched'}.")
    elif not found.past.tracked:
        yield Line("In the library: not tracked.")
    for record in found.past.tracked:
        facts = f"{record.width}×{record.height} {record.format}, {size(record.size)}"
        yield Line(f"In the library: {plain(record.path)}  ({facts})")
    for path in found.moved:
        yield Line(f"Found now at {plain(path)}", "yellow")
