"""Completed actions for undo, from the journal and the saved plans."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinplan.actions.contexts import Home
from pinplan.actions.receipts import Receipt
from pinplan.errors import CannotUndo, ConfigError, PinplanError, PlanRefused, RemoteError
from pinplan.errors.suggestions import suggestion
from pinplan.model.creates import uploaded_path
from pinplan.model.ids import PinId
from pinplan.model.images import FileStat
from pinplan.model.matching import names, selector
from pinplan.model.naming import is_in_outbox
from pinplan.plan.decisions import as_executed, pairs_by_pin
from pinplan.reconcile.plan_input import PendingCreate
from pinplan.reconcile.undo import DoneAction
from pinplan.records.plan_file import decode_plan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pinplan.actions.new_file import Creation, NewFile
    from pinplan.apply.creates import Recogniser
    from pinplan.model.creates import CreateRecord
    from pinplan.model.ids import ActionId, BoardId, RunId
    from pinplan.model.snapshots import RemoteSnapshot
    from pinplan.plan.document import Plan
    from pinplan.ports import Library, Remote
    from pinplan.reconcile.scope import Written
    from pinplan.records.journal import RunRecord
    from pinplan.records.state import State


def run_to_undo(runs: Sequence[RunRecord], wanted: RunId | None) -> RunRecord:
    """The run with that id, or the last run.

    Raises:
        ConfigError: there is none.
        CannotUndo: another run undid it already.
    """
    if not runs:
        raise ConfigError(["nothing to undo: no run yet"])
    record = runs[-1] if wanted is None else next((run for run in runs if run.id == wanted), None)
    if record is None:
        raise ConfigError([f"no run {wanted}; list all runs with: {suggestion('history')}"], [("history",)])
    # An interrupted undo does not count: undoing again resumes what is left.
    undone_by = next((run.id for run in runs if run.undoes == record.id and run.ended_at is not None), None)
    if undone_by is not None:
        back, restore = ("undo", undone_by), ("trash", "restore", "NAME")
        raise CannotUndo(
            f"run {record.id} is already undone by {undone_by}; to revert that: {suggestion(*back)}; "
            f"to restore files that it left in the trash: {suggestion(*restore)}",
            [back, restore],
        )
    return record


def done_actions(library: Library, state: State, run: RunRecord) -> list[DoneAction]:
    """The completed actions of a run, in the order of its plan.

    Raises:
        CannotUndo: its plan no longer exists.
        PlanRefused: the stored plan is damaged.
    """
    plan = _kept_plan(library, run)
    receipts = _receipts(state, run.id)
    # Under a swap decision the journal names the other pin of the pair than the plan does.
    pin_ids = {record.action: record.pin_id for record in state.journal(run=run.id)}
    of_pin = pairs_by_pin(plan.actions)
    ids = state.places.of_run(run.id)
    return [
        DoneAction(
            run=run.id,
            action=as_executed(action.at_created(ids), pin_ids[action.id], receipts[action.id].for_pin, of_pin),
            receipt=receipts[action.id],
        )
        for action in plan.actions
        if action.id in receipts
    ]


def _kept_plan(library: Library, run: RunRecord) -> Plan:
    where = f".pinplan/plans/{run.id}.json"
    data = library.kept_plan(run.id)
    if data is None:
        raise CannotUndo(f"run {run.id} cannot be undone: its plan no longer exists ({where})")
    plan = decode_plan(data, where)
    # Receipts only mean anything for the very plan that was applied.
    if plan.digest != run.digest:
        raise CannotUndo(f"run {run.id} cannot be undone: {where} is not the applied plan")
    return plan


def _receipts(state: State, run: RunId) -> dict[ActionId, Receipt]:
    return {
        record.action: receipt
        for record in state.journal(run=run)
        if record.outcome == "done" and (receipt := state.receipt(record)) is not None
    }


def pending_creates(
    library: Library, state: State, remote: RemoteSnapshot, recogniser: Recogniser | None
) -> tuple[PendingCreate, ...]:
    """Creates without a recorded outcome, each with the pin that a listing shows for it. Reads images, writes nothing (I7).

    Args:
        library: whose trash holds their files.
        state: whose runs they belong to.
        remote: the listings.
        recogniser: compares listed pins with what was sent; None: do not search.
    """
    pins = {board.board.id: board.pins for board in remote.boards}
    # A pin can only be the result of one create: two equal pictures must not both claim it.
    taken = set(state.creates.created())
    runs = {run.id: run for run in state.runs()}
    pending: list[PendingCreate] = []
    for record in state.creates.pending():
        found = record.created
        if found is None and recogniser is not None:
            found = recogniser.find(record.intent, pins.get(record.intent.pin.board_id, ()), taken)
        taken |= {found} if found is not None else set()
        pending.append(_pending(library, record, found, _planned(library, runs.get(record.run), record.action)))
    return tuple(pending)


def _planned(library: Library, run: RunRecord | None, action: ActionId) -> Creation | None:
    """What the action was to create; None if its plan no longer exists."""
    try:
        plan = _kept_plan(library, run) if run is not None else None
    except (CannotUndo, PlanRefused):
        return None
    found = next((one for one in plan.actions if one.id == action), None) if plan is not None else None
    return found.creation if found is not None else None


def _pending(library: Library, record: CreateRecord, found: PinId | None, planned: Creation | None) -> PendingCreate:
    pin, container = record.intent.pin, record.address.rpartition("/")[0]
    # By the ids that were sent: the plan may have placeholders for them.
    container = planned.home.container if planned else container
    home = Home(board_id=pin.board_id, section_id=pin.section_id, container=container)
    files = planned.files if planned else ()
    path = uploaded_path(record.intent.subject)
    return PendingCreate(
        run=record.run,
        action=record.action,
        address=record.address,
        subject=PinId(record.intent.subject) if path is None else None,
        path=None if path is not None and is_in_outbox(path) else path,
        pictures=tuple(picture.of for picture in record.intent.pictures if picture.of is not None),
        begun_at=record.begun_at,
        found=found,
        home=home,
        files=tuple(file for file in files if _is_there(library, file)),
        wanted_here=record.intent.wanted_here,
    )


def _is_there(library: Library, file: NewFile) -> bool:
    """Whether the file of a create is still where it was, unchanged."""
    if file.is_trashed or file.is_posted:
        return library.kept(file.source) is not None
    return library.stat(file.source) == FileStat(file.size, file.mtime_ns)


def remembered(state: State, missing: Sequence[Written]) -> tuple[str, ...]:
    """The selectors that match something an earlier run acted on, whether or not it still exists."""
    left = {one.text: selector(one.text) for one in missing}
    found: set[str] = set()
    for record in state.journal() if left else ():
        receipt = state.receipt(record)
        # The paths that it added to the base.
        paths = [tracked.path for tracked in receipt.puts] if receipt is not None else []
        board = record.address.partition("/")[0]
        # Each selector is settled by its first hit, so a long journal gets cheaper as it is read.
        for text, one in list(left.items()):
            if (
                one.names_pin(record.pin_id)
                or one.names_place(record.address, "", board)
                or any(map(one.names_path, paths))
            ):
                found.add(text)
                del left[text]
    return tuple(sorted(found))


def created_again(remote: Remote, state: State, done: Sequence[DoneAction]) -> dict[PinId, PinId]:
    """Pins that these actions deleted and that were already created again, each with the pin that replaces it.

    Each is requested by its id, because a listing may not show it yet; only a 404 means that it is gone.
    """
    deleted = {one.action.pin_id for one in done if one.action.deletes_pin}
    made = {pin: PinId(subject) for pin, subject in state.creates.created().items() if subject in deleted}
    return {subject: pin for pin, subject in made.items() if not is_gone(remote, pin)}


def is_gone(remote: Remote, pin_id: PinId) -> bool:
    """Whether Pinterest answers 404 for a pin."""
    try:
        return remote.pin(pin_id) is None
    except RemoteError:  # only a 404 proves it: unknown counts as present, or a second pin would be created
        return False


def trashed_by(library: Library, state: State, wanted: Sequence[str]) -> list[DoneAction]:
    """The actions whose trashed files had one of these names and are still in the trash.

    Args:
        library: whose trash.
        state: its journal.
        wanted: paths that the files had, with ``*`` and ``?``, or pin ids.

    Raises:
        ConfigError: nothing in the trash matches.
        CannotUndo, PlanRefused: nothing matches, and the plan of a run with trashed files no longer exists.
    """
    trash = library.in_trash()
    present = {file.path for file in trash}
    runs = {file.run for file in trash}
    found: list[DoneAction] = []
    lost: PinplanError | None = None
    for run in state.runs():
        if run.id not in runs:
            continue
        try:
            done = done_actions(library, state, run)
        except (CannotUndo, PlanRefused) as error:
            lost = error  # files of other runs may still match
            continue
        found.extend(one for one in done if present.intersection(one.receipt.kept) and _named(one, wanted))
    if found:
        return found
    if lost is not None:
        raise lost
    problem = f"no match in the trash for {' or '.join(wanted)}; list it with: {suggestion('trash', 'list')}"
    raise ConfigError([problem], [("trash", "list")])


def _named(done: DoneAction, wanted: Sequence[str]) -> bool:
    was = [kept.split("/", 4)[-1] for kept in done.receipt.kept]
    candidates = [*was, *done.action.affected_paths(), done.action.address]
    return any(names(name, candidate, done.action.pin_id) for name in wanted for candidate in candidates)


def boards_with_sections(done: Sequence[DoneAction]) -> frozenset[BoardId]:
    """Boards whose sections must be listed before their pins can be created again."""
    pins = (one.action.deleted_pin for one in done)
    return frozenset(pin.board_id for pin in pins if pin is not None and pin.section_id is not None)
