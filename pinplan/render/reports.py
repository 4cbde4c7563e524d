"""The proof of a library as lines of text."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING

from pinplan.errors.suggestions import suggestion
from pinplan.history.verify import FileProof, PinProof, Proof
from pinplan.plan.document import Meaning
from pinplan.render.text import FOLD, Line
from pinplan.render.text_safety import message, plain, plural, size, spelt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pinplan.errors.suggestions import Suggest

_PINS = {
    PinProof.ON_DISK: "on disk and on Pinterest",
    PinProof.ONLY_HERE: "only here: removed on Pinterest",
    PinProof.SAVED_AGAIN: "saved again under a new id: the next plan rebinds the file",
    PinProof.REMOVED_HERE: "only on Pinterest: removed here",
    PinProof.TO_FETCH: "not here yet",
    PinProof.IGNORED: "left out, as the config says",
    PinProof.LEFT_OUT: "tracked; their boards are left out by the config",
    PinProof.DUPLICATE: "there twice: its picture is also another pin's",
    PinProof.COVER_ONLY: "cover only: a video",
    PinProof.WITHHELD: "withheld: their image cannot be had",
    PinProof.SMALLER: "here in a smaller size than Pinterest declares",
    PinProof.ANOTHER_IMAGE: "on disk, with another image than Pinterest shows now",
    PinProof.UNKNOWN: "unknown",
}
_STYLES = {FileProof.GOOD: "", FileProof.REMOVED: "", FileProof.DOUBTFUL: "yellow", FileProof.MOVED: "yellow"}
_FETCHED = {FileProof.DAMAGED, FileProof.MISSING, FileProof.PLACEHOLDER}
_BAD = {PinProof.TO_FETCH, PinProof.UNKNOWN}


def proof_lines(proof: Proof, suggest: Suggest = suggestion) -> Iterator[Line]:
    """What is wrong, then the table, then the verdict."""
    yield from _problems(proof)
    yield Line("Files", "bold")
    for kind, count in proof.files.items():
        if count or kind is FileProof.GOOD:
            yield Line(f"  {count:>9,}  {kind}", _STYLES.get(kind, "red"))
    if proof.pins is not None:
        yield Line("Pins", "bold")
        for pin_kind, count in proof.pins.items():
            if count or pin_kind is PinProof.ON_DISK:
                yield Line(f"  {count:>9,}  {_PINS[pin_kind]}", "yellow" if pin_kind in _BAD else "")
    if proof.left_out:
        yield Line(f"{plural(proof.left_out, 'board')} left out by the config: nothing is proved about them.", "dim")
    if proof.untracked and proof.files_tracked:
        yield Line(f"{plural(proof.untracked, 'untracked image')} in the library: nothing is proved about them.", "dim")
    yield from _verdict(proof, suggest)


def _verdict(proof: Proof, suggest: Suggest) -> Iterator[Line]:
    """All is well only where all was seen."""
    how = "bytes compared, not decoded" if proof.quick else "read and decoded"
    what = f"{plural(proof.files_tracked, 'file')}, {size(proof.bytes)}, {how}"
    if not proof.files_tracked and proof.untracked:
        yield Line(
            f"Nothing is tracked, so nothing was verified: {plural(proof.untracked, 'untracked image')} in the library.",
            "bold red",
        )
        yield Line(f"Images that are here already are adopted by: {suggest('plan', '-o', 'plan.json')}", "dim")
    elif not proof.well:
        unread = f"; {plural(proof.unread, 'board')} could not be read" if proof.unread else ""
        yield Line(f"Not all is well ({what}{unread}).", "bold red")
        yield from _ways_on(proof, suggest)
    elif proof.pins is None:
        yield Line(f"All is well: {what}. Pinterest was not asked.", "bold green")
    elif proof.not_asked:
        yield Line(f"The files are well: {what}; Pinterest was not asked.", "bold green")
    elif any(board.kind.means is Meaning.DIFFERENCE for board in proof.boards):
        yield Line(f"All that is listed is well: {what}.", "bold green")
    else:
        yield Line(f"All is well: {what}.", "bold green")


def _ways_on(proof: Proof, suggest: Suggest) -> Iterator[Line]:
    """Only what would do something about it."""
    found = {file.proof for file in proof.problems}
    if found & _FETCHED or any(pin.proof is PinProof.TO_FETCH for pin in proof.told):
        fetch = suggest("plan", "-o", "plan.json")
        yield Line(f"Damaged files and images that are not here yet are fetched by a new plan: {fetch}", "dim")
    changed = [file for file in proof.problems if file.proof is FileProof.CHANGED]
    if changed:
        one = changed[0].pin_id
        accept, restore = suggest("plan", "--accept", one), suggest("plan", "--restore", one)
        yield Line(f"What was changed here is agreed to by: {accept}; undone by: {restore}", "dim")


def _boards(proof: Proof) -> Iterator[Line]:
    for kind, group in groupby(proof.boards, key=lambda board: board.kind):
        boards = list(group)
        style = "red" if kind.means is Meaning.UNREAD else "yellow"
        for board in boards[:FOLD]:
            where = "" if board.address == "." else f"{plain(board.address)}: "
            yield Line(f"{spelt(kind)}: {where}{message(board.message)}", style)
        if len(boards) > FOLD:
            yield Line(f"… and {len(boards) - FOLD:,} more boards; --json has them all", "dim")


def _problems(proof: Proof) -> Iterator[Line]:
    yield from _boards(proof)
    for files in (proof.problems, proof.doubtful, proof.moved):
        for file in files[:FOLD]:
            yield Line(f"{file.proof}: {plain(file.path)}: {message(file.problem)}", _STYLES.get(file.proof, "red"))
        if len(files) > FOLD:
            yield Line(f"… and {len(files) - FOLD:,} more files; --json has them all", "dim")
    told = sorted((pin for pin in proof.told if pin.proof in _BAD), key=lambda pin: pin.proof)
    unread = {board.address for board in proof.boards if board.kind.means is Meaning.UNREAD}
    hidden = Counter(board for pin in told if (board := pin.address.partition("/")[0]) in unread)
    for board, count in hidden.items():
        yield Line(f"unknown: {plain(board)}: {plural(count, 'pin')}, while the board cannot be read", "yellow")
    told = [pin for pin in told if pin.address.partition("/")[0] not in hidden]
    for kind, group in groupby(told, key=lambda pin: pin.proof):
        pins = list(group)
        for pin in pins[:FOLD]:
            yield Line(f"{spelt(kind)}: pin {pin.pin_id}: {message(pin.message)}", "yellow")
        if len(pins) > FOLD:
            yield Line(f"… and {len(pins) - FOLD:,} more pins; --json has them all", "dim")
    if proof.problems or proof.doubtful or proof.moved or told or hidden or proof.boards:
        yield Line()
