"""The truth table of the design, whole: every pin × file × answer, against a table written by hand."""

from __future__ import annotations

import itertools

import pytest

from pinplan.policies.mode import Answers, GonePin, MissingFile, Mode, NewPin, answers_of
from pinplan.reconcile.truth import FileState as F
from pinplan.reconcile.truth import Outcome as O
from pinplan.reconcile.truth import PinState as P
from pinplan.reconcile.truth import outcome

#                       archive                  mirror              two-way
TABLE = {
    (P.PRESENT, F.NEVER_HERE): (O.DOWNLOAD, O.DOWNLOAD, O.DOWNLOAD),
    (P.PRESENT, F.MISSING): (O.REMOVED_LOCALLY, O.DOWNLOAD, O.DELETE_REMOTE),
    (P.PRESENT, F.AS_RECORDED): (O.IN_PLACE, O.IN_PLACE, O.IN_PLACE),
    (P.PRESENT, F.RECOGNISED): (O.ADOPT, O.ADOPT, O.ADOPT),
    (P.PRESENT, F.DAMAGED): (O.REPLACE, O.REPLACE, O.REPLACE),
    (P.PRESENT, F.CHANGED): (O.MODIFIED_LOCALLY, O.MODIFIED_LOCALLY, O.MODIFIED_LOCALLY),
    (P.PRESENT, F.REFILED): (O.MOVED_LOCALLY, O.MOVED_LOCALLY, O.MOVE_REMOTE),
    (P.PRESENT, F.MOVED): (O.MOVED_LOCALLY, O.MOVED_LOCALLY, O.MOVED_LOCALLY),
    (P.PRESENT, F.RENAMED): (O.RELOCATE, O.RELOCATE, O.RELOCATE),
    (P.PRESENT, F.PARTLY_MISSING): (O.PARTLY_REMOVED, O.DOWNLOAD, O.PARTLY_REMOVED),
    (P.PRESENT, F.AMBIGUOUS): (O.CONFLICT, O.CONFLICT, O.CONFLICT),
    (P.PRESENT, F.UNKNOWN): (O.UNKNOWN, O.UNKNOWN, O.UNKNOWN),
    (P.GONE, F.NEVER_HERE): (O.NOTHING, O.NOTHING, O.NOTHING),
    (P.GONE, F.MISSING): (O.FORGET, O.FORGET, O.FORGET),
    (P.GONE, F.AS_RECORDED): (O.REMOVED_ON_PINTEREST, O.DELETE_LOCAL, O.DELETE_LOCAL),
    (P.GONE, F.RECOGNISED): (O.NOTHING, O.NOTHING, O.NOTHING),
    (P.GONE, F.DAMAGED): (O.CONFLICT, O.CONFLICT, O.CONFLICT),
    (P.GONE, F.CHANGED): (O.CONFLICT, O.CONFLICT, O.CONFLICT),
    (P.GONE, F.REFILED): (O.CONFLICT, O.CONFLICT, O.CONFLICT),
    (P.GONE, F.MOVED): (O.CONFLICT, O.CONFLICT, O.CONFLICT),
    (P.GONE, F.RENAMED): (O.CONFLICT, O.CONFLICT, O.CONFLICT),
    (P.GONE, F.PARTLY_MISSING): (O.FORGET, O.FORGET, O.FORGET),
    (P.GONE, F.AMBIGUOUS): (O.CONFLICT, O.CONFLICT, O.CONFLICT),
    (P.GONE, F.UNKNOWN): (O.UNKNOWN, O.UNKNOWN, O.UNKNOWN),
    **{(P.UNKNOWN, file): (O.UNKNOWN, O.UNKNOWN, O.UNKNOWN) for file in F},
}
MODES = (Mode.ARCHIVE, Mode.MIRROR, Mode.TWO_WAY)
DELETES = {O.DELETE_LOCAL, O.DELETE_REMOTE, O.MOVE_REMOTE}


def test_the_table_has_every_row():
    assert set(TABLE) == set(itertools.product(P, F))


@pytest.mark.parametrize(("states", "expected"), TABLE.items())
def test_every_cell(states, expected):
    pin, file = states
    found = tuple(outcome(pin, file, answers_of(mode)) for mode in MODES)
    assert found == expected


@pytest.mark.promise("I1")
@pytest.mark.promise("I2")
@pytest.mark.promise("I6")
@pytest.mark.parametrize("answers", [answers_of(mode) for mode in MODES])
def test_what_is_unknown_never_leads_to_an_action(answers):
    unknown = [(p, f) for p, f in itertools.product(P, F) if p is P.UNKNOWN or f is F.UNKNOWN]
    assert {outcome(p, f, answers) for p, f in unknown} == {O.UNKNOWN}


def test_single_answers_change_only_their_own_row():
    keep = Answers(new_pin=NewPin.IGNORE, gone_pin=GonePin.KEEP, missing_file=MissingFile.LEAVE)
    assert outcome(P.PRESENT, F.NEVER_HERE, keep) is O.NOTHING
    found = {outcome(p, f, keep) for p, f in itertools.product(P, F)}
    assert not found & DELETES
