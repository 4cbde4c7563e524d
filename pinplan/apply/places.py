"""Create boards and sections on Pinterest at most once, and recognise those whose response was lost (I29).

The same rule as for pins (`pinplan.apply.creates`): the intent is flushed to disk, the request is sent once, and where the response is lost,
ours is a board or section of that name that was not listed before.
"""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING

from pinplan.apply.creates import LONGEST, search_again, seconds_left
from pinplan.errors import AnswerLost, ConfigError, CreatePending, PinplanError, UnexpectedAnswer
from pinplan.model.creates import PlaceIntent, PlaceRecord
from pinplan.model.ids import BoardId
from pinplan.model.pins import Privacy
from pinplan.model.text_form import fold
from pinplan.model.times import timestamp

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pinplan.actions.contexts import PlaceWanted
    from pinplan.model.ids import ActionId, RunId
    from pinplan.model.pins import Board, Section
    from pinplan.ports import Remote, WaitingClock
    from pinplan.records.places import Places


class PlaceCreator:
    """Creates boards and sections for the actions of one run (protocol `pinplan.actions.contexts.CreatingPlaces`)."""

    def __init__(
        self, run: RunId, records: Places, remote: Remote, clock: WaitingClock, stop: Event | None = None
    ) -> None:
        """Store the ports; ``stop`` ends the waiting."""
        self._run, self._records, self._remote, self._clock = run, records, remote, clock
        self._stop = stop or Event()

    def known(self, action: ActionId) -> str | None:
        """See `pinplan.actions.contexts.CreatingPlaces`."""
        record = self._records.of(self._run, action)
        return record.created if record is not None else None

    def begun(self, action: ActionId) -> bool:
        """See `pinplan.actions.contexts.CreatingPlaces`."""
        return self._records.of(self._run, action) is not None

    def ids(self) -> Mapping[str, str]:
        """See `pinplan.actions.contexts.CreatingPlaces`."""
        return self._records.of_run(self._run)

    def why_not(self, wanted: PlaceWanted) -> str | None:
        """See `pinplan.actions.contexts.CreatingPlaces`."""
        thing = "board" if wanted.board_id is None else "section"
        there = any(fold(name) == fold(wanted.name) for _, name in listed_places(self._remote, wanted.board_id))
        return f"Pinterest has a {thing} of this name by now" if there else None

    def create(self, action: ActionId, wanted: PlaceWanted) -> str:
        """See `pinplan.actions.contexts.CreatingPlaces`."""
        record = self._records.of(self._run, action)
        if record is not None:
            return record.created or self._look(record, seconds_left(record.begun_at, self._clock))
        record = self._begin(action, wanted)
        # Intent on disk, then one request (I29: create at most once).
        sent = self._send(record)
        return sent if isinstance(sent, str) else self._look(record, LONGEST, sent)

    def _begin(self, action: ActionId, wanted: PlaceWanted) -> PlaceRecord:
        intent = PlaceIntent(
            name=wanted.name,
            container=wanted.container,
            board_id=wanted.board_id,
            privacy=wanted.privacy,
            before=tuple(sorted(identity for identity, _ in listed_places(self._remote, wanted.board_id))),
        )
        at = timestamp(self._clock.now())
        same = self._records.begin(self._run, action, intent, at)
        if same is not None:
            run, other = same
            raise CreatePending(
                f"not sent: it may have been created by action {other} of run {run}, which is not confirmed yet; "
                "the next plan shows the command to resolve it"
            )
        return PlaceRecord(run=self._run, action=action, begun_at=at, intent=intent)

    def _send(self, record: PlaceRecord) -> str | AnswerLost:
        intent = record.intent
        try:
            if intent.board_id is None:
                made: Board | Section = self._remote.create_board(intent.name, intent.privacy or Privacy.SECRET)
            else:
                made = self._remote.create_section(intent.board_id, intent.name)
        except AnswerLost as error:
            return error
        except PinplanError:  # certainly not carried out: another attempt is safe
            self._records.end(record, None)
            raise
        # Taken for ours, another board or section would get the pins (I31). A response may leave out the name.
        if self._records.is_known(made.id) or not intent.may_be(made.id, made.name or intent.name):
            return AnswerLost(UnexpectedAnswer(f"the response names {record.thing} {made.id}, which is another one"))
        self._records.end(record, made.id)
        return made.id

    def _look(self, record: PlaceRecord, seconds: float, lost: AnswerLost | None = None) -> str:
        """Poll for it. Raises `Unconfirmed`."""
        found = search_again(
            lambda: place_found(record.intent, listed_places(self._remote, record.intent.board_id)),
            record.thing,
            seconds,
            self._clock,
            self._stop,
            lost,
        )
        self._records.end(record, found)
        return found


def listed_places(remote: Remote, board_id: BoardId | None) -> Iterator[tuple[str, str]]:
    """Ids and names of the sections of a board, or of all boards. Raises `RemoteError`, `AuthError`."""
    if board_id is None:
        yield from ((board.id, board.name) for board in remote.boards().boards)
    else:
        yield from ((section.id, section.name) for section in remote.sections(board_id).sections)


def place_found(intent: PlaceIntent, listed: Iterator[tuple[str, str]]) -> str | None:
    """The id of what was created; None if it is not listed."""
    return next((identity for identity, name in listed if intent.may_be(identity, name)), None)


def unconfirmed_place(places: Places, run: RunId, action: ActionId) -> PlaceRecord | None:
    """The unconfirmed create of a board or section by an action; None if there is none."""
    return next((one for one in places.pending() if (one.run, one.action) == (run, action)), None)


def check_place(remote: Remote, record: PlaceRecord, named: str | None) -> None:
    """Look at Pinterest before a create is resolved by hand. Raises `ConfigError` if it contradicts, `RemoteError`, `AuthError`.

    Args:
        remote: Pinterest.
        record: the create.
        named: the id of what was created, as the user says; None: nothing was.
    """
    intent, thing = record.intent, record.thing
    listed = dict(listed_places(remote, intent.board_id))
    if named is None:
        found = place_found(intent, iter(listed.items()))
        if found is not None:
            raise ConfigError([f"the {thing} was created: it is now listed as {found}; the next plan uses it"])
    elif named in intent.before:
        raise ConfigError([f"{thing} {named} was there before anything was sent; it is not the created one"])
    # There is no request for a single section.
    elif named not in listed and (intent.board_id is not None or remote.board(BoardId(named)) is None):
        raise ConfigError([f"{thing} {named} does not exist on Pinterest"])
