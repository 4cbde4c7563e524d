"""Why a pin or a file is what it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import to_builtins

from pinplan.history.status import Past
from pinplan.model.ids import PinId
from pinplan.model.json_document import JsonDocument
from pinplan.model.pins import Pin
from pinplan.plan.document import Finding, Plan
from pinplan.render.past import run_lines
from pinplan.render.text import Line
from pinplan.render.text_safety import local_time, message, plain, size, spelt

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pinplan.snapshot.saved import Snapshots


class Explanation(JsonDocument, frozen=True, kw_only=True, tag="pinplan.explain"):
    """The document of ``pinplan explain --json``: everything that is known about one pin or file.

    Attributes:
        pin: as Pinterest has it now; None if no listing has it.
        planned: what the next plan would do, in words.
        moved: where its files are that are not at their recorded place.
        changed: what differs from the older look that was asked for: field → (then, now).
    """

    name: str
    pin: Pin | None
    past: Past
    planned: tuple[str, ...]
    findings: tuple[Finding, ...]
    untracked: bool
    moved: tuple[str, ...] = ()
    changed: dict[str, tuple[str, str]] | None = None

    @property
    def known(self) -> bool:
        """Whether the name stands for anything at all."""
        past = self.past.tracked or self.past.actions
        return bool(self.pin or past or self.planned or self.findings or self.untracked)


def about(
    name: str,
    past: Past,
    snapshots: Snapshots,
    plan: Plan,
    then: Pin | None,
    moved: Mapping[PinId, Sequence[str]],
) -> Explanation:
    """Gather it."""
    ids = {record.pin_id for record in past.tracked} or {PinId(name.rpartition("/")[2].partition("#")[0])}
    now = next((pin for board in snapshots.remote.boards for pin in board.pins if pin.id in ids), None)
    elsewhere = {path for paths in moved.values() for path in paths}
    tracked = {record.path for record in snapshots.base.tracked} | elsewhere
    return Explanation(
        name=name,
        pin=now,
        past=past,
        planned=tuple(
            f"{a.trait.title}: {a.describe().effect} ({a.reason})" for a in plan.actions if ids.intersection(a.pin_ids)
        ),
        findings=tuple(f for f in plan.findings if f.pin_id in ids or (f.path or f.address) == name),
        untracked=any(file.path == name for file in snapshots.local.files) and name not in tracked,
        moved=tuple(path for pin_id in sorted(ids) for path in moved.get(pin_id, ())),
        changed=None if then is None or now is None else what_changed(then, now),
    )


def what_changed(then: Pin, now: Pin) -> dict[str, tuple[str, str]]:
    """The fields in which two looks at a pin differ, with both values."""
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
    yield Line("Done so far:" if found.past.actions else "Nothing was done about it so far.")
    for line in run_lines(found.past.actions):
        yield Line(f"  {line.text}", line.style)
    yield Line("The next plan:" if found.planned or found.findings else "The next plan does nothing about it.")
    for text in found.planned:
        yield Line(f"  {plain(text)}", "cyan")
    for finding in found.findings:
        yield Line(f"  {spelt(finding.kind)}: {message(finding.message)}", "yellow")


def _on_pinterest(found: Explanation) -> Iterator[Line]:
    if found.pin is None:
        yield Line("On Pinterest: in no listing that was read.")
        return
    yield Line(
        f"On Pinterest: pin {found.pin.id}, {plain(found.pin.title or 'no title')}, since {local_time(found.pin.created_at or 'an unknown time')}"
    )
    if found.pin.link:
        yield Line(f"  link: {plain(found.pin.link)}")


def _in_the_library(found: Explanation) -> Iterator[Line]:
    if found.untracked:
        yield Line("In the library: a file that pinplan does not track; it is never touched.")
    elif not found.past.tracked:
        yield Line("In the library: nothing is recorded.")
    for record in found.past.tracked:
        facts = f"{record.width}×{record.height} {record.format}, {size(record.size)}"
        yield Line(f"In the library: {plain(record.path)}  ({facts})")
    for path in found.moved:
        yield Line(f"Found now at {plain(path)}", "yellow")
