"""Groups of files that show the same picture, as lines of text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinplan.render.text import FOLD, Line
from pinplan.render.text_safety import plain, plural, spelt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pinplan.duplicates.report import TwinFile, TwinGroup, TwinReport
    from pinplan.model.similarity import HashPairs

_STYLES = {"exact": "green", "confirmed": "green", "similar": "yellow"}


def twin_lines(report: TwinReport, *, everything: bool = False) -> Iterator[Line]:
    """Every group with the one that would stay first, then what cannot be compared, then the sum."""
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
            "Who stays is told by the files alone here; a plan also asks for reference boards, own uploads, links and age.",
            "dim",
        )
    extra = sum(len(group.files) - 1 for group in report.groups)
    yield Line(
        f"{plural(report.looked_at, 'file')} looked at: {plural(extra, 'duplicate')} in {plural(len(report.groups), 'group')}.",
        "bold",
    )


def _group(group: TwinGroup) -> Iterator[Line]:
    keeper, *others = group.files
    yield Line(f"{_size(keeper)}  {plain(keeper.path)}", "bold")
    for file in others:
        alike = file.alike
        why = f"  ({alike.measured}: {alike.why}; loses by {spelt(str(file.rung))})" if alike is not None else ""
        yield Line(f"{_size(file)}  = {plain(file.path)}{why}", _STYLES[alike.tier] if alike else "")
    yield Line()


def _by_hash(found: HashPairs, *, everything: bool) -> Iterator[Line]:
    """Pairs by a hash, the nearest first; and how many there are."""
    shown = found.pairs if everything else found.pairs[:FOLD]
    for pair in shown:
        why = f"({pair.tier}: {pair.bits} of {found.length} bits of {found.hash} differ)"
        yield Line(f"{plain(pair.one)} ~ {plain(pair.other)}  {why}", _STYLES[pair.tier])
    if len(shown) < len(found.pairs):
        yield Line(f"… and {plural(len(found.pairs) - len(shown), 'more pair')}; show them with --all", "dim")
    limit = f"{found.limit} of {found.length} bits of {found.hash}"
    yield Line(f"{plural(len(found.pairs), 'pair')} within {limit}: listed only, no plan acts on this hash.", "dim")


def _size(file: TwinFile) -> str:
    return f"{file.looks.width}×{file.looks.height}".rjust(11)
